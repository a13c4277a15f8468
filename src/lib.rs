//! gradspace: distorted representation space characterization through backpropagated gradients, in pure Rust.
//!
//! The gradient of an autoencoder's loss with respect to its weights says how the model would have to change to accept a new
//! image; Kwon, Prabhushankar, Temel and AlRegib (ICIP 2019) show that it is a better feature of a distortion than the model's
//! activations are. This crate reproduces that from scratch: the automatic differentiation, the convolutions, the training, the
//! scores and the statistics are all here, small enough to be audited, and give the same bits on every machine.
//!
//! # The map
//!
//! Each layer uses only those above it in this table; a test holds the source to it.
//!
//! | layer | what it is |
//! |---|---|
//! | [`lanes`] | the scalar abstraction: one image per SIMD lane; exp, ln and their relatives; the only `unsafe` |
//! | [`autodiff`] | the tape, one file per operation, the gradient checker |
//! | [`nn`], [`models`] | parameters by name, Adam, L-BFGS, checkpoints; the sparse autoencoder and its training, the variational autoencoder, the classifier |
//! | [`stats`], [`imaging`] | correlations, fits, intervals, random numbers; decoding, resize, colour, patches, whitening, distortions, challenges, drawn scenes and signs |
//! | [`datasets`], [`gradients`], [`iqa`] | the readers of data; features from gradients, one row per image, streamed; UNIQUE, MS-UNIQUE, the gradient score and its ablation, the field's metrics |
//! | [`ood`] | out-of-distribution detection: training the variational autoencoder on clean images, and classifiers on its features |
//! | [`report`], [`experiment`] | tables, charts and manifests; from an experiment file to results |
//!
//! [`error`] and [`files`] lie below all of them.
//!
//! # Where to begin
//!
//! To follow the mathematics, read [`autodiff::tape`], then any file of [`autodiff::ops`], then [`autodiff::check`]. To score two
//! images:
//!
//! ```no_run
//! use gradspace::imaging::decode::read_image;
//! use gradspace::iqa::{Method, Models, Scorer, Scratch};
//! use gradspace::models::SparseAutoencoder;
//!
//! # fn main() -> gradspace::Result<()> {
//! let models = Models { autoencoder: SparseAutoencoder::load("weights.safetensors")?, ms_unique: Vec::new() };
//! let scorer = Scorer::new(&[Method::UNIQUE, Method::GRADIENT], models)?;
//! let mut scratch = Scratch::default();
//! let reference = scorer.reference(&read_image("reference.png")?, &mut scratch)?;
//! let scores = reference.score(&read_image("distorted.png")?, &mut scratch)?;
//! println!("UNIQUE {:.3}, gradient {:.3}", scores[0].value, scores[1].value);
//! # Ok(()) }
//! ```
//!
//! or, with every metric of the field beside them, from the command line: `gradspace score reference.png distorted.png`.
//!
//! # What is promised
//!
//! * **The same bits.** No result depends on the instruction set, the number of threads, the order of a hash or the platform's
//!   mathematics library. Sums are folded in an order that the algorithm fixes.
//! * **Checked derivatives.** Every operation is checked against exact adjoints, finite differences and stored PyTorch
//!   gradients, and the checks against planted faults: `gradspace check-gradients`.
//! * **No silent fallback.** A run without data says in every title that it used drawn scenes, and never shows a published
//!   number beside its own as if they were comparable.
#![deny(missing_docs)]

pub mod autodiff;
pub mod datasets;
pub mod error;
pub mod experiment;
pub mod files;
pub mod gradients;
pub mod imaging;
pub mod iqa;
pub mod lanes;
pub mod models;
pub mod nn;
pub mod ood;
pub mod report;
pub mod stats;

pub use error::{Error, Result};
