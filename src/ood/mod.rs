//! Out-of-distribution detection by gradients: the paper's second application (METHOD §2).
//!
//! A variational autoencoder learns clean traffic signs. What it computes of an image, or how it would have to change to accept it,
//! is the image's feature; a small classifier learns from one kind and one level of bad weather to tell clean from not, and is
//! then tried on the others.
//!
//! | file | idea |
//! |---|---|
//! | [`images`] | images in memory as bytes, put on a tape one per lane |
//! | [`batches`] | a batch's loss and gradient, in groups that are the same on any number of threads |
//! | [`autoencoder`] | training the variational autoencoder, with checkpoints that it goes on from to the same bits |
//! | [`features`] | rows of features: raw, by direction, by sign |
//! | [`classifier`] | telling clean images from others by their features |
//!
//! Training is in f32, sixteen images at a time.

pub mod autoencoder;
pub mod batches;
pub mod classifier;
pub mod features;
pub mod images;

pub use autoencoder::{Data, Training};
pub use features::{Features, Form};
pub use images::Images;
