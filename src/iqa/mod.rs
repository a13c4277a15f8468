//! Image quality assessment: UNIQUE, MS-UNIQUE, the gradient method with its ablation, and the metrics of the field.
//!
//! The methods compare a distorted image with its reference in three steps (each has its module).
//!
//! 1. Both images are halved ([`resize`](crate::imaging::resize)), converted to the channels Y, G and Cr
//!    ([`color`](crate::imaging::color)), and divided into 8×8 blocks ([`patches`](crate::imaging::patches)), which are
//!    whitened by the statistics of their own image ([`whitening`](crate::imaging::whitening)).
//! 2. The whitened patches are projected on the units of an autoencoder, or on the [`gradient`] of its loss. The
//!    projections give features ([`features`]), multiplied by factors of the units ([`unit_weights`]).
//! 3. The score is |ρ|¹⁰, where ρ is Spearman's rank correlation of the two images' features: 1 for identical images.
//!
//! A [`Method`] defines step 2. A [`Scorer`] computes several methods at once, and a [`Reference`] is the part of the
//! reference image, computed once for all its distorted versions. A [`map`] shows where in the image the difference
//! lies.
//!
//! A [`Measure`] is a method or one of the field's [`metrics`], and [`Measures`] score many images by many of them, on
//! all threads.
//!
//! # Memory
//! The memory is proportional to the number of blocks, 3,906 per megapixel of the original image. A [`Scratch`] and a
//! reference need 125 MB per megapixel for UNIQUE and the gradient method (1.5 GB for a photograph of 12 megapixels).
//! The 800 features per block and their ranking are the larger half. The gradient is computed over 1024 patches at a
//! time, and its memory does not grow.

pub mod features;
pub mod gradient;
pub mod map;
pub mod measures;
pub mod method;
pub mod metrics;
pub mod score;
pub mod scoring;
pub mod unit_weights;

pub use measures::Measure;
pub use method::{Features, GradientOf, Method, Projection, UnitWeights};
pub use score::{Models, Reference, Score, Scorer, Scratch};
pub use scoring::{Measures, Scored, Value};
