//! Images: decoding, resize, colour, patches, whitening, and the distortions of TID2013.

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
