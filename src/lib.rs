//! gradspace reproduces the paper “Distorted Representation Space Characterization Through Backpropagated Gradients” in pure Rust.
//!
//! The paper's feature is the gradient of an autoencoder's loss with respect to its weights. This gradient shows how the model would
//! have to change to represent a new image. Kwon, Prabhushankar, Temel and AlRegib (ICIP 2019) show that it characterises a distortion
//! better than the activations of the model. This crate implements the paper from scratch: the automatic differentiation, the
//! convolutions, the training, the scores and the statistics. All results have the same bits on every machine.
//!
//! To score two images:
//!
//! ```
//! use gradspace::imaging::Rgb8;
//! use gradspace::iqa::{Method, Models, Scorer, Scratch};
//! use gradspace::models::SparseAutoencoder;
//!
//! # fn main() -> gradspace::Result<()> {
//! let reference = Rgb8::from_fn(64, 64, |x, y| [(x * y % 251) as u8, (x + y) as u8, (x ^ y) as u8]);
//! let distorted = Rgb8::new(64, 64, reference.samples.iter().map(|sample| sample / 32 * 32).collect());
//!
//! // The weights that are part of the crate.
//! let models = Models { autoencoder: SparseAutoencoder::shipped(), ms_unique: Vec::new() };
//! let scorer = Scorer::new(&[Method::GRADIENT], models)?;
//! let mut scratch = Scratch::default();
//! let score = scorer.reference(&reference, &mut scratch)?.score(&distorted, &mut scratch)?[0].value;
//! assert!(0.0 < score && score < 1.0);
//! # Ok(()) }
//! ```
//!
//! `examples/` contains three programs: per-image gradients of your own network, scores of two images in memory, and your own loss with
//! its gradient check.
//!
//! # The map
//!
//! Each layer uses only the layers above it in this table. A test checks this. It also checks that no files use each other in a circle.
//!
//! | layer | content | invariant |
//! |---|---|---|
//! | [`error`], [`nearest`], [`files`] | the error type; suggestions for misspelt names; files that are written completely or not at all, and their hashes | an error names the file, row or key, and the remedy |
//! | [`lanes`] | the scalar abstraction: one image per SIMD lane; exp, ln and related functions | the only `unsafe` code; the same bits on every instruction set |
//! | [`autodiff`] | the tape, one file per operation, the gradient checker | no files, clock, threads or randomness |
//! | [`nn`], [`models`] | named parameters, Adam, L-BFGS, checkpoints; the networks | a parameter is identified by its name |
//! | [`stats`], [`imaging`] | correlations, fits, intervals, random numbers; decoding, colour, patches, distortions, synthetic scenes and signs | a random number is a function of its seed, its purpose and its index |
//! | [`datasets`], [`gradients`], [`iqa`] | the readers of datasets; features from gradients, one row per image; image-quality scores | a score is a function of its two images |
//! | [`learn`] | the training of the networks | a training run that was interrupted and resumed gives the same bits |
#![cfg_attr(
    feature = "program",
    doc = "| [`report`] | tables, charts, claims and manifests; the reader of results | a result file contains no time, path or machine name |
| [`settings`], [`run`] | the settings of an experiment, read and checked; the stage cache and the record of a run | they do not refer to any kind of experiment |
| [`studies`] | the kinds of experiment, one folder each | a run computes the items of its plan and no others |
| [`cli`] | the command line | it finds the kinds of experiment in their registry only |"
)]
//!
//! The last four rows need the feature `program`, which is on by default. Without it the crate needs neither a command-line parser
//! nor a drawing library.
//!
//! # Where to begin
//!
//! To audit the mathematics, read the engine in this order: [`autodiff::tape`], the files of [`autodiff::ops`], [`autodiff::check`],
//! [`models::vae`], [`gradients`], [`iqa::score`], [`stats`]. The engine can be audited in an afternoon; the whole crate takes longer.
//! `paper/mathematics.md` lists every equation with the file that implements it.
//!
//! To add something, write one file and add its name to one list:
//!
//! | to add | write | add it to |
//! |---|---|---|
//! | an operation with its derivative and its checks | `src/autodiff/ops/NAME.rs` | the list in `src/autodiff/ops/mod.rs` |
//! | a metric | `src/iqa/metrics/NAME.rs` | `METRICS` in `src/iqa/metrics/mod.rs` |
//! | a database | `src/datasets/NAME.rs` | `DATABASES` in `src/datasets/mod.rs` |
//! | a network | `src/models/NAME.rs`, and its training in `src/learn/NAME.rs` | `src/models/mod.rs`, `src/learn/mod.rs` |
//! | a kind of experiment | the folder `src/studies/NAME/` | the list in `src/studies/mod.rs` |
//! | a chart | `src/report/charts/NAME.rs` | `src/report/charts/mod.rs` |
//! | a command | `src/cli/NAME.rs` | `Command` in `src/cli/mod.rs` |
//!
//! # Guarantees
//!
//! * **The same bits.** No result depends on the instruction set, the number of threads, the order of a hash map or the platform's
//!   mathematics library. The algorithm fixes the order of every sum.
//! * **Checked derivatives.** Every operation is compared with exact adjoints, finite differences and stored PyTorch gradients.
//!   Planted faults show that these checks detect errors: `gradspace check-gradients`.
//! * **No silent fallback.** A run without data states in every title that it used synthetic images. It never presents a published
//!   number as comparable with its own.
//!
//! # Crates, and why some things are written here
//!
//! `ndarray` stores tensors and matrices. `rand` and `rand_chacha` generate random numbers, and `ndarray-rand` draws the initial weights
//! of networks from them. `rayon` runs work on all threads; its results are collected in order and never summed in parallel. `plotters`
//! draws the charts. `serde`, `toml`, `serde_json`, `csv` and `safetensors` read and write files, and `clap` reads the command line.
//! In tests, `approx` compares numbers, `proptest` checks properties, and `statrs` gives reference values of the distributions.
//! `statrs` uses the platform's logarithms, so result files use our own distributions.
//!
//! Some things that crates also offer are written here. The Fourier transform, the eigenvalues and the JPEG decoder must give the same
//! bits on every instruction set. The decoder must also give the bits of libjpeg. The reader of MATLAB files supports cell arrays, which
//! the crates for this format lack. The writer of `.npy` files streams, so a table of any length needs only the memory of one chunk.
#![deny(missing_docs)]

pub mod autodiff;
#[cfg(feature = "program")]
pub mod cli;
pub mod datasets;
pub mod error;
pub mod files;
pub mod gradients;
pub mod imaging;
pub mod iqa;
pub mod lanes;
pub mod learn;
pub mod models;
pub mod nearest;
pub mod nn;
#[cfg(feature = "program")]
pub mod report;
#[cfg(feature = "program")]
pub mod run;
#[cfg(feature = "program")]
pub mod settings;
pub mod stats;
#[cfg(feature = "program")]
pub mod studies;

pub use error::{Error, Result};
