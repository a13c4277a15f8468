//! Lossless WebP. Lossy WebP is refused: decoders of it differ in their samples. The format has no check sum.

use std::io::Cursor;

use image::DynamicImage;
use image::codecs::webp::WebPDecoder;

use super::{Result, Stored, WORKING, ZLIB, by_kind, check_size, damaged, exif, le32, opaque_rgb, profile_note};

const LOSSY: &str = "is a lossy WebP file, whose samples depend on the decoder; convert it to PNG with `dwebp` of libwebp, or save it as lossless WebP";

/// Decodes a whole WebP file.
pub(in crate::imaging) fn decode(bytes: &[u8]) -> Result<Stored> {
    let chunks = Chunks::read(bytes)?;
    let image = WebPDecoder::new(Cursor::new(bytes)).and_then(DynamicImage::from_decoder);
    let (width, height, samples) = opaque_rgb(image.map_err(|error| by_kind(&error, "WebP"))?)?;
    Ok(Stored { width, height, samples, orientation: chunks.orientation, notes: chunks.notes })
}

struct Chunks {
    orientation: u8,
    notes: Vec<String>,
}

impl Chunks {
    fn read(bytes: &[u8]) -> Result<Chunks> {
        let ends = || damaged("it ends early");
        let end = 8 + le32(bytes, 4).ok_or_else(ends)? as usize;
        let bytes = bytes.get(..end).ok_or_else(ends)?;
        let mut chunks = Chunks { orientation: 1, notes: Vec::new() };
        let (mut at, mut canvas, mut image) = (12, None, None);
        while at < end {
            let length = le32(bytes, at + 4).ok_or_else(ends)? as usize;
            let body = bytes.get(at + 8..at + 8 + length).ok_or_else(ends)?;
            match &bytes[at..at + 4] {
                b"VP8 " | b"ALPH" => return Err(LOSSY.to_owned()),
                b"ANIM" | b"ANMF" => return Err("is an animation; save one of its images as PNG".to_owned()),
                b"VP8X" if canvas.is_none() => canvas = Some(canvas_of(body)?),
                b"VP8L" if image.is_none() => image = Some(check_declared(body)?),
                b"EXIF" => chunks.orientation = exif::orientation(body),
                b"ICCP" if chunks.notes.is_empty() => chunks.notes.extend(profile_note(body)),
                _ => {}
            }
            at += 8 + length.next_multiple_of(2);
        }
        match (canvas, image) {
            (_, None) => Err(damaged("it has no VP8L chunk")),
            (Some(canvas), Some(image)) if canvas != image => {
                let [(width, height), (across, down)] = [canvas, image];
                Err(damaged(format!("its header declares {width}×{height} pixels, and its image data {across}×{down}")))
            }
            _ => Ok(chunks),
        }
    }
}

/// The size in the header of the extended format.
fn canvas_of(header: &[u8]) -> Result<(u64, u64)> {
    let side = |at: usize| Some(u64::from(le32(&[header.get(at..at + 3)?, &[0]].concat(), 0)?) + 1);
    side(4).zip(side(7)).ok_or_else(|| damaged("its VP8X chunk is too short"))
}

/// Checks and returns the size in the first bytes of the image data. A pixel may take no bit at all, so that the size of the file
/// bounds only large images.
fn check_declared(data: &[u8]) -> Result<(u64, u64)> {
    let packed = le32(data, 1).ok_or_else(|| damaged("its image data end early"))?;
    let side = |bits: u32| u64::from(bits & 0x3FFF) + 1;
    let (width, height) = (side(packed), side(packed >> 14));
    check_size(width, height, 4)?;
    let (needed, held) = (4 * width * height, data.len() as u64);
    if needed > WORKING && needed > held * ZLIB {
        return Err(format!(
            "declares {width}×{height} pixels, {needed} bytes, in {held} bytes of image data; images above 64 MB are read \
             up to {ZLIB} to 1; convert it to PNG"
        ));
    }
    Ok((width, height))
}
