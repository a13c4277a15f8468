//! Image quality from a learned representation: UNIQUE, MS-UNIQUE, and the gradient method with its ablation.
//!
//! All of them compare a distorted image with its reference as follows (each step has its module).
//!
//! 1. Both images are halved ([`resize`](crate::imaging::resize)), brought into the channels Y, G and Cr ([`color`](crate::imaging::color)), and cut
//!    into 8×8 blocks ([`patches`](crate::imaging::patches)), which are whitened by the statistics of their own image
//!    ([`whitening`](crate::imaging::whitening)).
//! 2. The whitened patches are projected on the units of an autoencoder, or on the [`gradient`] of its loss, and features are made of the
//!    projections ([`features`]), times factors of the units ([`unit_weights`]).
//! 3. The score is |ρ|¹⁰, where ρ is Spearman's rank correlation of the two images' features: 1 for identical images.
//!
//! A [`Method`] declares what step 2 is; a [`Scorer`] carries several of them out at once, and a [`Reference`] is the reference's side,
//! computed once for all its distorted versions. A [`map`] says where in the image the difference lies.
//!
//! # Memory
//! Everything is proportional to the number of blocks, 3,906 per megapixel of an image as given. A [`Scratch`] and a reference take 125 MB per
//! megapixel for UNIQUE and the gradient method (1.5 GB for a photograph of 12 megapixels), of which the 800 features per block
//! and their ranking are the larger half. The gradient itself is taken over 1024 patches at a time and does not grow.

pub mod features;
pub mod gradient;
pub mod map;
pub mod method;
pub mod metrics;
pub mod score;
pub mod unit_weights;

pub use method::{Features, GradientOf, Method, Projection, UnitWeights};
pub use score::{Models, Reference, Score, Scorer, Scratch};
