//! Reading and writing of image files.
//!
//! [`read_image`] recognises PNG, BMP, JPEG, TIFF, lossless WebP and PNM by their first bytes, not by the extension, and
//! returns 8-bit RGB as a viewer would show it:
//! * grey becomes R = G = B, and palettes are applied;
//! * samples of another range are rounded to 8 bits, `round(v · 255 / range)`. [`read_picture`] keeps them;
//! * an alpha channel that is opaque everywhere is dropped. Any transparency is an error: the visible colours would
//!   depend on a background that the file does not name, and a quality score must not depend on a guess;
//! * JPEG, sequential or progressive, is decoded by [`jpeg`], with the same bits as libjpeg. Lossy WebP is refused,
//!   because its samples depend on the decoder;
//! * the image is turned as the orientation in its EXIF data says;
//! * gamma and colour profiles are not applied: the samples are those stored in the file, as in MATLAB's `imread` and
//!   Pillow. [`Picture::notes`] says so.
//!
//! A file that cannot be read completely, or whose check sums are wrong, is an error; no image is ever returned with a
//! part missing. BMP, PNM, WebP, and TIFF without zlib have no check sums: nothing shows that a sample was changed.
//! A size that the bytes of a file cannot reach is refused before memory is taken. Decoding takes at most 64 MB and
//! twice the size that the header declares.

use std::io::{Cursor, Read};
use std::path::Path;

use image::ImageFormat;

use super::formats::{self, Samples, Stored, bmp, damaged, exif, png, pnm, tiff, webp};
use super::jpeg::{self, JpegError};
use super::{Rgb8, Rgb16};
use crate::error::{Error, Result};
use crate::files;

/// An image with everything that its file says about its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The image in 8 bits.
    pub image: Rgb8,
    /// The samples as stored, if their range is not 255.
    pub fine: Option<Rgb16>,
    /// What was applied to the pixels (an orientation) or not (a colour profile), in words that follow the file's name.
    pub notes: Vec<String>,
}

/// Reads a PNG, BMP, JPEG, TIFF, lossless WebP or PNM file, whatever its name. The [module](self) describes the
/// conversion of other pixel formats to 8-bit RGB.
///
/// # Errors
/// [`Error::Data`] naming the file if it cannot be opened, is not one of these formats, is damaged or truncated, or is
/// not opaque.
pub fn read_image(path: impl AsRef<Path>) -> Result<Rgb8> {
    Ok(read_picture(path, None)?.image)
}

/// [`read_image`] with samples of up to 16 bits. `range` is their largest value, for files of 16 bits whose samples do
/// not use all of them (1023 for 10 bits).
///
/// # Errors
/// The errors of [`read_image`], and [`Error::Data`] if a sample is above `range`.
pub fn read_picture(path: impl AsRef<Path>, range: Option<u16>) -> Result<Picture> {
    let path = path.as_ref();
    let bytes = read_bytes(path)?;
    let stored = decode_stored(&bytes);
    // The file and the image together would be more than twice the image.
    drop(bytes);
    stored.and_then(|stored| shown(stored, range)).map_err(|problem| Error::data(path, problem))
}

/// The bytes of an image file or of a pipe, or of standard input if the path is `-`.
///
/// # Errors
/// [`Error::Data`] naming the file if it cannot be read, is not an image, or is larger than any image that is decoded.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |reason| Error::data(path, format!("cannot be read: {reason}"));
    let mut file: Box<dyn Read> = match path {
        path if path == Path::new("-") => Box::new(std::io::stdin().lock()),
        path => Box::new(std::fs::File::open(path).map_err(unreadable)?),
    };
    let mut bytes = Vec::new();
    // The first bytes decide whether the rest, perhaps without an end, is worth reading.
    file.by_ref().take(64).read_to_end(&mut bytes).map_err(unreadable)?;
    Format::of(&bytes).map_err(|problem| Error::data(path, problem))?;
    file.take(2 * formats::MOST).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > 2 * formats::MOST {
        return Err(Error::data(path, "is too large: it has more than 1 GB; crop or shrink it"));
    }
    Ok(bytes)
}

/// [`read_image`] for the bytes of a file; the error is the sentence without the file's name.
pub fn decode(bytes: &[u8]) -> std::result::Result<Rgb8, String> {
    Ok(decode_picture(bytes, None)?.image)
}

/// [`read_picture`] for the bytes of a file; the error is the sentence without the file's name.
pub fn decode_picture(bytes: &[u8], range: Option<u16>) -> std::result::Result<Picture, String> {
    shown(decode_stored(bytes)?, range)
}

/// The image as it is stored.
fn decode_stored(bytes: &[u8]) -> std::result::Result<Stored, String> {
    Ok(match Format::of(bytes)? {
        Format::Png => png::decode(bytes)?,
        Format::Bmp => bmp::decode(bytes)?,
        Format::Tiff => tiff::decode(bytes)?,
        Format::WebP => webp::decode(bytes)?,
        Format::Pnm => pnm::decode(bytes)?,
        Format::Jpeg => {
            let Rgb8 { width, height, samples } = decode_jpeg(bytes)?;
            let (orientation, profile) = exif::of_jpeg(bytes);
            let notes = profile.into_iter().collect();
            Stored { width, height, samples: Samples::Eight(samples), orientation, notes }
        }
    })
}

/// The image as a viewer shows it.
fn shown(stored: Stored, range: Option<u16>) -> std::result::Result<Picture, String> {
    let Stored { width, height, samples, orientation, mut notes } = stored;
    if (2..=8).contains(&orientation) {
        notes.insert(0, format!("is turned as its EXIF orientation {orientation} says"));
    }
    let (image, fine) = match samples {
        Samples::Eight(samples) => {
            let (width, height, samples) = exif::turn((width, height), samples, orientation);
            (Rgb8::new(width, height, samples), None)
        }
        Samples::Fine(samples, own) => {
            let range = if own == u16::MAX { range.unwrap_or(own) } else { own };
            if let Some(sample) = samples.iter().find(|&&sample| sample > range) {
                return Err(format!("has a sample of {sample}, above the range {range}; correct --range"));
            }
            let largest = samples.iter().copied().max().unwrap_or(range);
            // Samples of 8 to 12 bits, the depths of video, in a file of 16.
            if range == u16::MAX && (1..1 << 12).contains(&largest) {
                let bits = (u16::BITS - largest.leading_zeros()).max(8).next_multiple_of(2);
                let declared = (1u32 << bits) - 1;
                notes.push(format!(
                    "its samples are at most {largest} of 65535; if they have {bits} bits, `score --range {declared}` says so"
                ));
            }
            let (width, height, samples) = exif::turn((width, height), samples, orientation);
            let fine = Rgb16::new(width, height, samples, range);
            (fine.rounded(), Some(fine))
        }
    };
    Ok(Picture { image, fine, notes })
}

/// A format, by its first bytes.
enum Format {
    Png,
    Bmp,
    Jpeg,
    Tiff,
    WebP,
    Pnm,
}

impl Format {
    fn of(bytes: &[u8]) -> std::result::Result<Format, String> {
        match bytes {
            [] => Err("the file is empty; replace it by the image".to_string()),
            bytes if files::is_pointer(bytes) => Err(files::POINTER.to_string()),
            [0x89, b'P', b'N', b'G', ..] => Ok(Format::Png),
            [b'B', b'M', ..] => Ok(Format::Bmp),
            [0xFF, 0xD8, ..] => Ok(Format::Jpeg),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Ok(Format::Tiff),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
            [b'P', b'1'..=b'6', space, ..] if space.is_ascii_whitespace() || *space == b'#' => Ok(Format::Pnm),
            _ => Err("is not a PNG, BMP, JPEG, TIFF, WebP or PNM image; convert it to one of these".to_string()),
        }
    }
}

fn decode_jpeg(bytes: &[u8]) -> std::result::Result<Rgb8, String> {
    jpeg::decode(bytes).map_err(|error| match error {
        JpegError::Damaged(reason) => damaged(reason),
        JpegError::Unsupported(_) | JpegError::Size(_) => error.to_string(),
    })
}

/// Writes a PNG file, under a temporary name first: no incomplete file ever has the final name.
pub fn write_png(path: impl AsRef<Path>, image: &Rgb8) -> Result<()> {
    write_as(path.as_ref(), image, ImageFormat::Png)
}

/// Writes a BMP file of 24 bits per pixel with rows from the bottom up, like those of TID2013; under a temporary name
/// first.
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
        // The encoder expects 16-bit samples in the machine's byte order. The two bytes of each value are equal, or the
        // sample is listed.
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
    fn what_cannot_be_read_says_why() {
        use ExtendedColorType::{Rgb8 as Rgb, Rgba8};
        let png = encoded(&picture().samples, 13, 7, Rgb, ImageFormat::Png);
        let bmp = encoded(&picture().samples, 13, 7, Rgb, ImageFormat::Bmp);
        let cases: [(&[u8], &str); 8] = [
            (&[], "empty"),
            (b"GIF89a", "not a PNG, BMP, JPEG, TIFF"),
            (&png[..8], "truncated"),
            (&png[..png.len() / 2], "truncated"),
            (&bmp[..30], "truncated"),
            (&bmp[..bmp.len() - 1], "truncated"),
            (&[0xFF, 0xD8, 0xFF], "truncated"),
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
    }
}
