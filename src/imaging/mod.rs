//! Images: decoding, resize, colour, patches, whitening, the distortions of TID2013, the challenges of CURE-TSR, drawn scenes
//! and signs for where those are not at hand, and what the field's metrics stand on: planes, filters, transforms, pyramids.

pub mod challenge;
pub mod color;
pub mod decode;
pub mod distortion;
pub mod fft;
pub mod filter;
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

pub use image::Rgb8;
