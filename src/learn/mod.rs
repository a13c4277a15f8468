//! Training: the sparse autoencoder of the paper's first application; the variational autoencoder and the classifiers of its second.
//!
//! In the second application a variational autoencoder learns clean traffic signs. An image's feature is either an
//! activation of the network or the gradient of its loss. A small classifier learns from one kind and level of
//! challenge to separate clean images from others. It is then tested on the other kinds and levels.
//!
//! | file | content |
//! |---|---|
//! | [`sparse_autoencoder`] | training the sparse autoencoder on all patches at once, by L-BFGS, in f64 |
//! | [`vae`] | training the variational autoencoder, with checkpoints; a resumed training ends with the same bits |
//! | [`classifier`] | training a classifier on features of clean and of other images |
//! | [`sparsity`] | the sparsity penalty of both autoencoders |
//! | [`features`] | rows of features: raw, by direction, by sign |
//! | [`images`] | images in memory as bytes, placed on a tape one per lane |
//! | [`batches`] | a batch's loss and gradient, in groups that are the same on any number of threads |
//!
//! The second application's training is in f32, sixteen images at a time.

pub mod batches;
pub mod classifier;
pub mod features;
pub mod images;
pub mod sparse_autoencoder;
pub mod sparsity;
pub mod vae;

pub use classifier::ClassifierSettings;
pub use features::{FeatureRows, Form};
pub use images::Images;
pub use sparse_autoencoder::SparseSettings;
pub use sparsity::Sparsity;
pub use vae::{Data, Epoch, VaeSettings, VaeTraining};

const ABOVE_0: &str = "must be a finite number above 0";
const AT_LEAST_0: &str = "must be a finite number of at least 0";
/// The most images of a batch, and the most epochs.
const MOST: usize = 1_000_000;
const UP_TO_MOST: &str = "must be between 1 and 1000000";
const BETWEEN_0_AND_1: &str = "must be between 0 and 1";

/// The first setting whose rule is broken: its key and the rule. `rules` contains keys, whether the value fits, and the
/// rule as text.
fn broken_rule(rules: &[(&'static str, bool, &'static str)]) -> Option<(&'static str, &'static str)> {
    rules.iter().find(|(_, fits, _)| !fits).map(|&(key, _, rule)| (key, rule))
}
