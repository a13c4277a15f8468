//! Reading and writing image files.
//!
//! [`read_image`] recognises PNG, BMP and JPEG by their first bytes, never by the extension, and gives what a viewer
//! would show as 8-bit RGB:
//! * grey becomes R = G = B, palettes are looked up;
//! * 16-bit samples are rounded to 8 bits, `round(v · 255 / 65535)`;
//! * an alpha channel that is opaque everywhere is dropped. Any transparency is an error: what is seen would depend
//!   on a background that the file does not name, and no quality score should depend on a guess;
//! * sequential JPEG (nearly every photograph) is decoded as libjpeg does, bit for bit, by [`jpeg`]. The kinds which
//!   that decoder leaves out (progressive above all) go to the image crate's, whose samples differ from libjpeg's by
//!   a level here and there;
//! * orientation tags, gamma and colour profiles are not applied: the samples are what the file stores, as with
//!   MATLAB's `imread` and Pillow.
//!
//! What cannot be read in full is an error; no image is ever returned with a part missing.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageError, ImageFormat, ImageReader};

use super::Rgb8;
use super::jpeg::{self, JpegError};
use crate::error::{Error, Result};
use crate::files;

/// Reads a PNG, BMP or JPEG file, whatever its name; the [module](self) says how other pixel formats become 8-bit RGB.
///
/// # Errors
/// [`Error::Data`] naming the file when it cannot be opened, is none of the three, is damaged or cut short, or is not
/// opaque.
pub fn read_image(path: impl AsRef<Path>) -> Result<Rgb8> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
    decode(&bytes).map_err(|problem| Error::data(path, problem))
}

/// [`read_image`] of a file's bytes; the error is the sentence without the file's name.
pub fn decode(bytes: &[u8]) -> std::result::Result<Rgb8, String> {
    match bytes {
        [] => Err("the file is empty; put the image in its place".to_string()),
        [0x89, b'P', b'N', b'G', ..] => decode_with_crate(bytes, ImageFormat::Png),
        [b'B', b'M', ..] => decode_with_crate(bytes, ImageFormat::Bmp),
        [0xFF, 0xD8, ..] => match jpeg::decode(bytes) {
            Ok(image) => Ok(image),
            Err(JpegError::Unsupported(_)) if reaches_eoi(bytes) => decode_with_crate(bytes, ImageFormat::Jpeg),
            Err(JpegError::Unsupported(kind)) => Err(damaged(format!("the {kind} JPEG stream ends early"))),
            Err(JpegError::Damaged(reason)) => Err(damaged(reason)),
        },
        _ => Err("is not a PNG, BMP or JPEG image; convert it to one of these".to_string()),
    }
}

fn damaged(reason: impl std::fmt::Display) -> String {
    format!("is damaged or cut short ({reason}); fetch or convert the image again")
}

fn decode_with_crate(bytes: &[u8], format: ImageFormat) -> std::result::Result<Rgb8, String> {
    let image = ImageReader::with_format(Cursor::new(bytes), format).decode().map_err(|error| match error {
        ImageError::Limits(_) => "is too large: it would take more than 512 MB; cut or shrink it".to_string(),
        ImageError::Unsupported(reason) => format!("is of a kind that is not read here ({reason}); convert it to PNG"),
        reason => damaged(reason),
    })?;
    let opaque = match &image {
        DynamicImage::ImageLumaA8(pixels) => pixels.pixels().all(|p| p[1] == u8::MAX),
        DynamicImage::ImageRgba8(pixels) => pixels.pixels().all(|p| p[3] == u8::MAX),
        DynamicImage::ImageLumaA16(pixels) => pixels.pixels().all(|p| p[1] == u16::MAX),
        DynamicImage::ImageRgba16(pixels) => pixels.pixels().all(|p| p[3] == u16::MAX),
        _ => true,
    };
    if !opaque {
        return Err("has transparent pixels, and a score depends on what is behind them; flatten it first".to_string());
    }
    let pixels = image.into_rgb8(); // 16 bits: (v + 128) / 257, which is round(v · 255 / 65535)
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    if width == 0 || height == 0 {
        return Err("has no pixels; put the image in its place".to_string());
    }
    Ok(Rgb8::new(width, height, pixels.into_raw()))
}

/// Whether a JPEG stream goes on to its EOI marker: the image crate's decoder shows grey where a stream was cut.
fn reaches_eoi(bytes: &[u8]) -> bool {
    let mut position = 2;
    while let Some(&[0xFF, marker]) = bytes.get(position..position + 2).map(|pair| <&[u8; 2]>::try_from(pair).unwrap())
    {
        position += match marker {
            0xD9 => return true,
            0xFF => 1,
            _ => match bytes.get(position + 2..position + 4) {
                Some(length) => 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2),
                None => return false,
            },
        };
        if marker == 0xDA {
            // Coded data last until the next marker that is neither a stuffed byte nor a restart.
            let rest = bytes.get(position..).unwrap_or_default();
            let end = rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7));
            position += end.unwrap_or(rest.len());
        }
    }
    false
}

/// Writes a PNG file, beside its place first and then renamed, so that no half file ever bears the name.
pub fn write_png(path: impl AsRef<Path>, image: &Rgb8) -> Result<()> {
    write_as(path.as_ref(), image, ImageFormat::Png)
}

/// Writes a BMP file of 24 bits per pixel, rows from the bottom up, as TID2013's are; beside its place first and then
/// renamed.
pub fn write_bmp(path: impl AsRef<Path>, image: &Rgb8) -> Result<()> {
    write_as(path.as_ref(), image, ImageFormat::Bmp)
}

fn write_as(path: &Path, image: &Rgb8, format: ImageFormat) -> Result<()> {
    let mut bytes = Cursor::new(Vec::new());
    let (width, height) = (image.width as u32, image.height as u32);
    image::write_buffer_with_format(&mut bytes, &image.samples, width, height, image::ExtendedColorType::Rgb8, format)
        .map_err(|reason| Error::Write { path: path.to_path_buf(), source: std::io::Error::other(reason) })?;
    files::write(path, bytes.get_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, write_buffer_with_format};

    fn encoded(samples: &[u8], width: u32, height: u32, color: ExtendedColorType, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        write_buffer_with_format(&mut bytes, samples, width, height, color, format).unwrap();
        bytes.into_inner()
    }

    fn picture() -> Rgb8 {
        Rgb8::from_fn(13, 7, |x, y| [(x * 19) as u8, (y * 36) as u8, (x * y * 3) as u8])
    }

    #[test]
    fn what_is_written_is_read_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, write) in [("a.png", write_png as fn(_, &Rgb8) -> Result<()>), ("b.jpg", write_bmp)] {
            let path = folder.path().join(name);
            write(path.clone(), &picture()).unwrap();
            assert_eq!(read_image(&path).unwrap(), picture());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no .part is left");
        let error = write_png(folder.path().join("a.png/not a folder.png"), &picture()).unwrap_err();
        assert!(matches!(error, Error::Write { .. }) && error.to_string().contains("not a folder"), "{error}");
    }

    #[test]
    fn bmp_rows_are_stored_from_the_bottom() {
        let folder = tempfile::tempdir().unwrap();
        write_bmp(folder.path().join("a.bmp"), &picture()).unwrap();
        let bytes = std::fs::read(folder.path().join("a.bmp")).unwrap();
        let start = u32::from_le_bytes(bytes[10..14].try_into().unwrap()) as usize;
        let [r, g, b] = picture().pixel(0, 6);
        assert_eq!((bytes[28], &bytes[start..start + 3]), (24, &[b, g, r][..]));
    }

    #[test]
    fn other_pixel_formats_become_rgb() {
        use ExtendedColorType::{L8, L16, La8, Rgb16, Rgba8};
        // 16 bits are stored in the machine's order for the encoder; both bytes of each value are alike, or the
        // sample is named.
        let sixteen: Vec<u8> =
            [0u16, 128, 129, 65535 - 128, 65535 - 129, 65535].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let cases = [
            (encoded(&[7, 200], 2, 1, L8, ImageFormat::Png), vec![7, 7, 7, 200, 200, 200]),
            (encoded(&[7, 200], 2, 1, L8, ImageFormat::Bmp), vec![7, 7, 7, 200, 200, 200]),
            (encoded(&[7, 255, 200, 255], 2, 1, La8, ImageFormat::Png), vec![7, 7, 7, 200, 200, 200]),
            (encoded(&[1, 2, 3, 255], 1, 1, Rgba8, ImageFormat::Png), vec![1, 2, 3]),
            (encoded(&sixteen, 2, 1, Rgb16, ImageFormat::Png), vec![0, 0, 1, 255, 254, 255]),
            (encoded(&sixteen[2..6], 2, 1, L16, ImageFormat::Png), vec![0, 0, 0, 1, 1, 1]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(decode(&bytes).unwrap().samples, expected);
        }
    }

    #[test]
    fn a_progressive_stream_is_close_to_libjpeg_and_never_cut() {
        let stream = include_bytes!("../../tests/data/progressive.jpg");
        let image = decode(stream).unwrap();
        assert_eq!((image.width, image.height), (24, 16));
        for length in 3..stream.len() {
            assert!(decode(&stream[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        use ExtendedColorType::{Rgb8 as Rgb, Rgba8};
        let png = encoded(&picture().samples, 13, 7, Rgb, ImageFormat::Png);
        let bmp = encoded(&picture().samples, 13, 7, Rgb, ImageFormat::Bmp);
        let cases: [(&[u8], &str); 8] = [
            (&[], "empty"),
            (b"GIF89a", "not a PNG, BMP or JPEG"),
            (&png[..8], "cut short"),
            (&png[..png.len() / 2], "cut short"),
            (&bmp[..30], "cut short"),
            (&bmp[..bmp.len() - 1], "cut short"),
            (&[0xFF, 0xD8, 0xFF], "cut short"),
            (&encoded(&[1, 2, 3, 254], 1, 1, Rgba8, ImageFormat::Png), "transparent"),
        ];
        for (bytes, expected) in cases {
            let error = decode(bytes).unwrap_err();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let error = read_image("no such file.png").unwrap_err();
        assert!(error.to_string().contains("no such file.png: cannot be read"), "{error}");
    }

    #[test]
    fn a_changed_byte_never_panics() {
        for format in [ImageFormat::Png, ImageFormat::Bmp] {
            let mut bytes = encoded(&picture().samples, 13, 7, ExtendedColorType::Rgb8, format);
            for position in 0..bytes.len() {
                for change in [0x01, 0x80, 0xFF] {
                    bytes[position] ^= change;
                    let _ = decode(&bytes);
                    bytes[position] ^= change;
                }
            }
        }
        let mut bytes = include_bytes!("../../tests/data/progressive.jpg").to_vec();
        for position in 0..bytes.len() {
            bytes[position] ^= 0x41;
            let _ = decode(&bytes);
            bytes[position] ^= 0x41;
        }
    }
}
