//! Images: decoding, resize, colour, patches, whitening, the distortions of TID2013, the challenges of CURE-TSR, and
//! drawn scenes and signs for where those are not at hand.

pub mod challenge;
pub mod color;
pub mod decode;
pub mod distortion;
pub mod image;
pub mod jpeg;
pub mod linalg;
pub mod patches;
pub mod resize;
pub mod resize_bilinear;
pub mod scenes;
pub mod signs;
pub mod whitening;

pub use image::Rgb8;
