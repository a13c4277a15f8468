//! A JPEG decoder with the same samples as libjpeg, bit for bit.
//!
//! The standard (ITU-T T.81) leaves the rounding of the inverse DCT, the upsampling of chroma and the colour conversion
//! to the decoder. So decoders differ by a level in about 5 % of the samples. Image databases were made with libjpeg,
//! and a quality score is sensitive enough to change (by 7e-4 in the gradient score). This decoder therefore follows
//! the defaults of libjpeg 6b and libjpeg-turbo: the accurate integer IDCT (`idct`), triangle-filter chroma upsampling
//! (`upsample`) and the 16-bit fixed-point colour conversion (`colour`). The two libraries differ only for chroma
//! halved in height alone (4:4:0); there this decoder uses libjpeg-turbo's filter. Streams of four components become
//! RGB as by Pillow's `convert("RGB")`, which takes all of them as inverted CMYK.
//!
//! # Supported streams
//! Huffman-coded streams of 8 bits: baseline, extended (so 16-bit quantisation tables too) and progressive. They have
//! one component (grey), three or four, any whole sampling ratio, interleaved or not, with or without restart
//! intervals. The other kinds of the standard are [`JpegError::Unsupported`]: arithmetic coding, 12 bits, lossless,
//! hierarchical, and a height that follows the first scan. Orientation tags and colour profiles are not applied, as in
//! libjpeg.
//!
//! # Damage
//! The decoder is strict where libjpeg repairs. It refuses:
//! * a code that no table has, or that stands for more values than a block or a run has;
//! * coded data that end before the last block of a scan, or go on after it by a byte or more;
//! * a restart marker that is missing or has the wrong number;
//! * a progressive scan that does not follow from those before it;
//! * scans that do not bring every bit of every coefficient of every component;
//! * a progressive stream without its EOI marker. A sequential one is complete after its last scan. What follows is
//!   ignored, since cameras append previews there.
//!
//! No decoder can see damage that leaves a valid stream: a changed bit that turns a code into another one, a changed
//! entry of a quantisation table, or a removed stretch whose remaining codes fill the same number of blocks. The bits
//! that fill the last byte of a scan carry no information and are not checked. Coefficients far outside the range of any
//! 8-bit image are decoded; there libjpeg's own variants disagree with each other.
//!
//! # Memory and time
//! A stream that is too short for the size in its header is refused before memory is taken. For n pixels and c
//! components without subsampling, a sequential stream needs c·n bytes for samples, a progressive one 2c·n for
//! coefficients. These are replaced in place by c·n samples before the 3n bytes of the result are taken. So no stream
//! needs more than twice its c·n decoded bytes and a few MB (for grey, c = 3: the result is RGB). The work of a
//! progressive stream is bounded by its length, whatever the number of its scans.

mod bits;
mod blocks;
mod colour;
mod frame;
mod huffman;
mod idct;
mod progressive;
mod scan;
mod segments;
mod sequential;
mod tables;
mod upsample;

use crate::imaging::Rgb8;
use colour::Colour;
use frame::Frame;
use scan::Work;
use segments::{next_marker, next_segment};
use tables::Tables;

/// The reason why a stream was not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JpegError {
    /// A valid kind of JPEG that this decoder does not support, with its name and article.
    #[error("is {0}, which is not read; convert it to PNG")]
    Unsupported(&'static str),
    /// The stream violates the standard, usually because it is truncated.
    #[error("{0}")]
    Damaged(&'static str),
    /// The size in the header is more than the stream can hold, or than is decoded; a sentence that follows the file's
    /// name.
    #[error("{0}")]
    Size(String),
}

type Result<T> = std::result::Result<T, JpegError>;

const ENDS_EARLY: JpegError = damaged("the JPEG stream ends early");
const HEIGHT_FOLLOWS: JpegError = JpegError::Unsupported("a JPEG whose height follows its first scan");

const fn damaged(reason: &'static str) -> JpegError {
    JpegError::Damaged(reason)
}

/// Position in a block, row by row, of the k-th coefficient in the stream (T.81, figure A.6).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Decodes a whole JPEG stream; grey becomes R = G = B.
///
/// # Errors
/// [`JpegError`]; the [module](self) lists the damage and the kinds of streams that are refused.
pub fn decode(bytes: &[u8]) -> Result<Rgb8> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(damaged("the JPEG stream has no SOI marker"));
    }
    let mut position = 2;
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let mut work = Work::new(bytes.len());
    let mut is_complete = false;
    while !is_complete {
        let marker = next_marker(bytes, &mut position)?;
        match marker {
            0xD9 => break,
            // These have no segment.
            0x00 | 0x01 | 0xD0..=0xD8 => return Err(damaged("a JPEG marker is in an invalid position")),
            _ => {}
        }
        let segment = next_segment(bytes, &mut position)?;
        match marker {
            0xC0..=0xC2 if frame.is_some() => return Err(damaged("the JPEG stream has two frames")),
            0xC0..=0xC2 => frame = Some(Frame::read(segment, marker == 0xC2, bytes.len())?),
            0xC4 => tables.read_huffman(segment)?,
            0xC3 => return Err(JpegError::Unsupported("a lossless JPEG")),
            0xC9 | 0xCA | 0xCC => return Err(JpegError::Unsupported("an arithmetic-coded JPEG")),
            0xCB => return Err(JpegError::Unsupported("a lossless, arithmetic-coded JPEG")),
            0xC5..=0xC7 | 0xCD..=0xCF | 0xDE | 0xDF => return Err(JpegError::Unsupported("a hierarchical JPEG")),
            0xC8 | 0xF0..=0xFD => return Err(JpegError::Unsupported("a JPEG-LS or otherwise extended JPEG")),
            0xDC => return Err(HEIGHT_FOLLOWS),
            0xDA => {
                let frame = frame.as_mut().ok_or(damaged("a JPEG scan precedes its frame"))?;
                position += scan::decode(segment, &bytes[position..], frame, &tables, &mut work)?;
                is_complete = !frame.progressive && frame.is_complete();
            }
            0xDB => tables.read_quantisation(segment)?,
            0xDD => tables.read_restart_interval(segment)?,
            0xE0 => tables.jfif |= segment.starts_with(b"JFIF\0"),
            0xEE if segment.starts_with(b"Adobe") => tables.adobe_transform = segment.get(11).copied(),
            0xE1..=0xEF | 0xFE => {}
            _ => return Err(damaged("a JPEG marker is in an invalid position")),
        }
    }
    finish(frame.ok_or(ENDS_EARLY)?, &tables)
}

/// The image of a stream that was read to its end.
fn finish(mut frame: Frame, tables: &Tables) -> Result<Rgb8> {
    if !frame.is_complete() {
        return Err(damaged("the scans of the JPEG stream do not bring every coefficient to full precision"));
    }
    if frame.progressive {
        frame.components.iter_mut().for_each(|component| component.transform());
    }
    let colour = Colour::of(&frame, tables);
    let (width, height) = (frame.width, frame.height);
    let mut samples = vec![0; 3 * width * height];
    let mut rows = vec![Vec::new(); frame.components.len()];
    for (y, out) in samples.chunks_exact_mut(3 * width).enumerate() {
        for (row, component) in rows.iter_mut().zip(&frame.components) {
            let factors = (frame.max_sampling.0 / component.sampling.0, frame.max_sampling.1 / component.sampling.1);
            upsample::upsample(component, factors, y, row);
        }
        colour.convert(&rows, out);
    }
    Ok(Rgb8::new(width, height, samples))
}

#[cfg(test)]
mod tests;
