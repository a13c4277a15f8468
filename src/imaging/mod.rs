//! Image processing: decoding, resizing, colour, patches, whitening, the distortions of TID2013 and the challenges of
//! CURE-TSR.
//!
//! Synthetic scenes and signs replace these databases in runs without them. Planes, filters, transforms and pyramids
//! serve the quality metrics.

pub mod challenge;
pub mod color;
pub mod decode;
pub mod distortion;
pub mod fft;
pub mod filter;
pub mod formats;
pub mod image;
pub mod imresize;
pub mod jpeg;
pub mod laplacian_pyramid;
pub mod linalg;
pub mod patches;
pub mod phase_congruency;
pub mod plane;
pub mod resize;
pub mod resize_bilinear;
pub mod scenes;
pub mod signs;
pub mod steerable_pyramid;
pub mod whitening;

pub use image::{Rgb8, Rgb16};
