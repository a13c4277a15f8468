//! The image formats, one file each. [`decode`](super::decode) chooses among them.
//!
//! Each checks the size that a header declares before memory is taken: a size that the bytes of the file cannot reach
//! is an error that states the bound.

pub(super) mod bmp;
pub(super) mod exif;
pub(super) mod png;
pub(super) mod pnm;
pub(super) mod tiff;
pub(super) mod webp;

use std::io::ErrorKind;

use image::{DynamicImage, ImageError};

/// An image as it is stored, and what has to be said about it.
pub(super) struct Stored {
    pub width: usize,
    pub height: usize,
    /// R G B R G B …
    pub samples: Samples,
    /// EXIF's orientation, 1 to 8; 1 is upright.
    pub orientation: u8,
    /// What a viewer would do and this program does not, in words that follow the file's name.
    pub notes: Vec<String>,
}

pub(super) enum Samples {
    /// Samples from 0 to 255.
    Eight(Vec<u8>),
    /// Samples from 0 to the second field.
    Fine(Vec<u16>, u16),
}

/// A result whose error is a sentence without the file's name.
pub(super) type Result<T> = std::result::Result<T, String>;

/// The most memory of a decoded image, in bytes.
pub(super) const MOST: u64 = 512 << 20;
/// The most memory of a decoder beside the image, in bytes.
pub(super) const WORKING: u64 = 64 << 20;
/// The most bytes that a byte of zlib's data can stand for.
pub(super) const ZLIB: u64 = 1032;

/// The error of a file that is cut or changed.
pub(super) fn damaged(reason: impl std::fmt::Display) -> String {
    format!("is damaged or truncated ({reason}); fetch or convert the image again")
}

/// The error of a file that is sound and not supported.
pub(super) fn unsupported(reason: impl std::fmt::Display) -> String {
    format!("has an unsupported format ({reason}); convert it to PNG")
}

/// The error of the image crate by its kind. The crate's own texts name its parts and Rust's types.
pub(super) fn by_kind(error: &ImageError, format: &str) -> String {
    match error {
        ImageError::Unsupported(_) => unsupported(format!("a {format} file of a rare kind")),
        ImageError::Limits(_) => damaged("decoding it needs more than 64 MB of memory beside the image"),
        ImageError::IoError(reason) if reason.kind() == ErrorKind::UnexpectedEof => damaged("its image data end early"),
        _ => damaged(format!("its header or its image data break the rules of {format}")),
    }
}

/// Checks that the image has pixels, and that they fit into the memory of a decoded image. A pixel has at least the 3 bytes
/// of RGB.
pub(super) fn check_size(width: u64, height: u64, bytes_per_pixel: u64) -> Result<()> {
    if width == 0 || height == 0 {
        return Err("has no pixels; replace it by the image".to_owned());
    }
    match width.checked_mul(height).and_then(|pixels| pixels.checked_mul(bytes_per_pixel.max(3))) {
        Some(bytes) if bytes <= MOST => Ok(()),
        _ => {
            Err(format!("is too large: its {width}×{height} pixels need more than 512 MB of memory; crop or shrink it"))
        }
    }
}

/// Checks that `held` bytes of the file can give the `needed` bytes of the image, at `ratio` to 1.
pub(super) fn check_reach((width, height): (u64, u64), needed: u64, held: u64, ratio: u64, coding: &str) -> Result<()> {
    if held.saturating_mul(ratio) >= needed {
        return Ok(());
    }
    let bound = if ratio == 1 { String::new() } else { format!(", at most {ratio} to 1 for {coding}") };
    Err(damaged(format!(
        "its header declares {width}×{height} pixels, {needed} bytes; the file has {held} bytes of image data{bound}"
    )))
}

/// The bytes of an image in `bits` per pixel, each row in whole bytes.
pub(super) fn packed(width: u64, height: u64, bits: u64) -> u64 {
    width.saturating_mul(bits).div_ceil(8).saturating_mul(height)
}

/// The samples of a decoded image as RGB. An alpha channel that is opaque everywhere is dropped.
///
/// # Errors
/// If a pixel is transparent.
pub(super) fn opaque_rgb(image: DynamicImage) -> Result<(usize, usize, Samples)> {
    let opaque = match &image {
        DynamicImage::ImageLumaA8(pixels) => pixels.pixels().all(|p| p[1] == u8::MAX),
        DynamicImage::ImageRgba8(pixels) => pixels.pixels().all(|p| p[3] == u8::MAX),
        DynamicImage::ImageLumaA16(pixels) => pixels.pixels().all(|p| p[1] == u16::MAX),
        DynamicImage::ImageRgba16(pixels) => pixels.pixels().all(|p| p[3] == u16::MAX),
        _ => true,
    };
    if !opaque {
        return Err("has transparent pixels, so its score would depend on the background; flatten it first".to_owned());
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let samples = match image.color() {
        image::ColorType::L8 | image::ColorType::La8 | image::ColorType::Rgb8 | image::ColorType::Rgba8 => {
            Samples::Eight(image.into_rgb8().into_raw())
        }
        image::ColorType::L16 | image::ColorType::La16 | image::ColorType::Rgb16 | image::ColorType::Rgba16 => {
            Samples::Fine(image.into_rgb16().into_raw(), u16::MAX)
        }
        _ => return Err(unsupported("samples of floating point")),
    };
    Ok((width, height, samples))
}

/// The note about a colour profile, unless it is that of sRGB.
pub(super) fn profile_note(profile: &[u8]) -> Option<String> {
    // The description is ASCII in version 2 of the format, and UTF-16 in version 4.
    let says = |name: &[u8]| profile.windows(name.len()).any(|part| part == name);
    (!says(b"sRGB") && !says(b"s\0R\0G\0B")).then(|| "its colour profile is not applied".to_owned())
}

/// The big-endian number of four bytes at `at`.
pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The little-endian number of four bytes at `at`.
pub(super) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The little-endian number of two bytes at `at`.
pub(super) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}
