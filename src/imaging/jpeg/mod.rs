//! A JPEG decoder with the same samples as libjpeg, bit for bit.
//!
//! The standard (ITU-T T.81) leaves the rounding of the inverse DCT, the upsampling of chroma and the colour conversion
//! to the decoder. So decoders differ by a level in about 5 % of the samples. Image databases were made with libjpeg,
//! and a quality score is sensitive enough to change (by 7e-4 in the gradient score). This decoder therefore follows
//! the defaults of libjpeg 6b and libjpeg-turbo: the accurate integer IDCT (`idct`), triangle-filter chroma upsampling
//! and the 16-bit fixed-point colour conversion (`upsample`). The two libraries differ only for chroma halved in height
//! alone (4:4:0); there this decoder uses libjpeg-turbo's filter.
//!
//! It decodes sequential Huffman-coded streams of 8 bits (baseline and extended, so 16-bit quantisation tables too),
//! with one component (grey) or three, any whole sampling ratio, interleaved or not, with restart intervals. All other
//! kinds in the standard (progressive, arithmetic, 12 bits, lossless, four components) are [`JpegError::Unsupported`];
//! see [`read_image`](crate::imaging::decode::read_image) for those.
//!
//! It is strict where libjpeg repairs: a bad code, a missing restart marker or coded data that end early are errors,
//! not grey blocks. It is lenient in one place: once every sample is decoded, the rest of the stream is ignored, even a
//! missing EOI. Orientation tags and colour profiles are not applied, as in libjpeg.

mod huffman;
mod idct;
mod upsample;

use crate::imaging::Rgb8;
use huffman::{BitReader, HuffmanTable};

/// The reason why a stream was not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JpegError {
    /// A valid kind of JPEG that this decoder does not support, with its name.
    #[error("{0} JPEG is not supported")]
    Unsupported(&'static str),
    /// The stream violates the standard, usually because it is truncated.
    #[error("{0}")]
    Damaged(&'static str),
}

type Result<T> = std::result::Result<T, JpegError>;

const ENDS_EARLY: JpegError = JpegError::Damaged("the JPEG stream ends early");

/// Position in a block, row by row, of the k-th coefficient in the stream (T.81, figure A.6).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// One colour component: its geometry and, after its scan, its samples.
struct Component {
    id: u8,
    /// Sampling factors, horizontal and vertical.
    sampling: (usize, usize),
    quantisation: usize,
    /// Width and height in real samples; the plane is padded to whole MCUs.
    size: (usize, usize),
    stride: usize,
    plane: Vec<u8>,
    decoded: bool,
}

struct Frame {
    width: usize,
    height: usize,
    /// The largest sampling factors: an MCU covers 8 times these in pixels.
    max_sampling: (usize, usize),
    components: Vec<Component>,
}

/// The tables of the segments before a scan.
#[derive(Default)]
struct Tables {
    quantisation: [Option<[i32; 64]>; 4],
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
    /// MCUs between restart markers; 0 for none.
    restart_interval: usize,
    jfif: bool,
    adobe_transform: Option<u8>,
}

/// Decodes a whole JPEG stream; grey becomes R = G = B.
pub fn decode(bytes: &[u8]) -> Result<Rgb8> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(JpegError::Damaged("the JPEG stream has no SOI marker"));
    }
    let mut position = 2;
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    loop {
        let marker = next_marker(bytes, &mut position)?;
        if marker == 0xD9 {
            return Err(ENDS_EARLY);
        }
        let segment = next_segment(bytes, &mut position)?;
        match marker {
            0xC0 | 0xC1 if frame.is_some() => return Err(JpegError::Damaged("the JPEG stream has two frames")),
            0xC0 | 0xC1 => frame = Some(read_frame(segment, bytes.len())?),
            0xC4 => read_huffman_tables(segment, &mut tables)?,
            0xC2 => return Err(JpegError::Unsupported("progressive")),
            0xC3 | 0xC5..=0xC7 | 0xCB | 0xCD..=0xCF => return Err(JpegError::Unsupported("lossless or hierarchical")),
            0xC9 | 0xCA => return Err(JpegError::Unsupported("arithmetic-coded")),
            0xDA => {
                let frame = frame.as_mut().ok_or(JpegError::Damaged("a JPEG scan precedes its frame"))?;
                position += decode_scan(segment, &bytes[position..], frame, &tables)?;
                if frame.components.iter().all(|component| component.decoded) {
                    return Ok(assemble(frame, &tables));
                }
            }
            0xDB => read_quantisation_tables(segment, &mut tables)?,
            0xDD => tables.restart_interval = be16(segment, 0)?,
            0xE0 => tables.jfif |= segment.starts_with(b"JFIF\0"),
            0xEE if segment.starts_with(b"Adobe") => tables.adobe_transform = segment.get(11).copied(),
            0xE1..=0xEF | 0xFE => {}
            _ => return Err(JpegError::Damaged("a JPEG marker is in an invalid position")),
        }
    }
}

fn be16(bytes: &[u8], at: usize) -> Result<usize> {
    match bytes.get(at..at + 2) {
        Some(pair) => Ok(usize::from(pair[0]) << 8 | usize::from(pair[1])),
        None => Err(ENDS_EARLY),
    }
}

/// The code of the marker at `position`, which may be preceded by fill bytes.
fn next_marker(bytes: &[u8], position: &mut usize) -> Result<u8> {
    if *bytes.get(*position).ok_or(ENDS_EARLY)? != 0xFF {
        return Err(JpegError::Damaged("a JPEG marker is missing"));
    }
    while *bytes.get(*position).ok_or(ENDS_EARLY)? == 0xFF {
        *position += 1;
    }
    *position += 1;
    Ok(bytes[*position - 1])
}

/// The body of the segment at `position`, without its length.
fn next_segment<'a>(bytes: &'a [u8], position: &mut usize) -> Result<&'a [u8]> {
    let length = be16(bytes, *position)?;
    let segment = bytes.get(*position + 2..*position + length.max(2)).ok_or(ENDS_EARLY)?;
    *position += length.max(2);
    Ok(segment)
}

fn read_frame(segment: &[u8], stream_length: usize) -> Result<Frame> {
    let (height, width) = (be16(segment, 1)?, be16(segment, 3)?);
    let count = usize::from(*segment.get(5).ok_or(ENDS_EARLY)?);
    if segment[0] != 8 {
        return Err(JpegError::Unsupported("12-bit"));
    }
    if count != 1 && count != 3 {
        return Err(JpegError::Unsupported("two- or four-component"));
    }
    if width == 0 || height == 0 {
        return Err(JpegError::Damaged("the JPEG frame has no pixels"));
    }
    let mut components = Vec::with_capacity(count);
    for entry in segment.get(6..6 + 3 * count).ok_or(ENDS_EARLY)?.chunks_exact(3) {
        // A single component is never interleaved, so its sampling factors have no effect.
        let sampling = if count == 1 { (1, 1) } else { (usize::from(entry[1] >> 4), usize::from(entry[1] & 15)) };
        if !(1..=4).contains(&sampling.0) || !(1..=4).contains(&sampling.1) || entry[2] > 3 {
            return Err(JpegError::Damaged("the JPEG frame has invalid sampling factors or tables"));
        }
        components.push(Component {
            id: entry[0],
            sampling,
            quantisation: usize::from(entry[2]),
            size: (0, 0),
            stride: 0,
            plane: Vec::new(),
            decoded: false,
        });
    }
    let max_h = components.iter().map(|c| c.sampling.0).max().unwrap_or(1);
    let max_v = components.iter().map(|c| c.sampling.1).max().unwrap_or(1);
    if components.iter().any(|c| max_h % c.sampling.0 != 0 || max_v % c.sampling.1 != 0) {
        return Err(JpegError::Unsupported("fractionally sampled"));
    }
    let mcus = (width.div_ceil(8 * max_h), height.div_ceil(8 * max_v));
    for c in &mut components {
        let (h, v) = c.sampling;
        c.size = ((width * h).div_ceil(max_h), (height * v).div_ceil(max_v));
    }
    // A block needs at least two bits. This limits the memory that a header can request.
    let blocks: usize = components.iter().map(|c| c.size.0.div_ceil(8) * c.size.1.div_ceil(8)).sum();
    if blocks > 4 * stream_length {
        return Err(JpegError::Damaged("the JPEG stream is far too short for the size in its header"));
    }
    for c in &mut components {
        c.stride = 8 * c.sampling.0 * mcus.0;
        c.plane = vec![0; c.stride * 8 * c.sampling.1 * mcus.1];
    }
    Ok(Frame { width, height, max_sampling: (max_h, max_v), components })
}

fn read_quantisation_tables(mut segment: &[u8], tables: &mut Tables) -> Result<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let (wide, id) = (usize::from(head >> 4), usize::from(head & 15));
        if wide > 1 || id > 3 {
            return Err(JpegError::Damaged("a JPEG quantisation table has an invalid precision or number"));
        }
        let values = rest.get(..64 * (1 + wide)).ok_or(ENDS_EARLY)?;
        let mut table = [0; 64];
        for (k, entry) in values.chunks_exact(1 + wide).enumerate() {
            table[k] = entry.iter().fold(0, |value, &byte| value << 8 | i32::from(byte));
        }
        tables.quantisation[id] = Some(table);
        segment = &rest[values.len()..];
    }
    Ok(())
}

fn read_huffman_tables(mut segment: &[u8], tables: &mut Tables) -> Result<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let (class, id) = (head >> 4, usize::from(head & 15));
        if class > 1 || id > 3 {
            return Err(JpegError::Damaged("a JPEG Huffman table has an invalid class or number"));
        }
        let (table, length) = HuffmanTable::read(rest)?;
        let tables = if class == 0 { &mut tables.dc } else { &mut tables.ac };
        tables[id] = Some(table);
        segment = &rest[length..];
    }
    Ok(())
}

/// Decodes one scan into its components' planes; returns the length of its coded data.
fn decode_scan(header: &[u8], data: &[u8], frame: &mut Frame, tables: &Tables) -> Result<usize> {
    let count = usize::from(*header.first().ok_or(ENDS_EARLY)?);
    let mut scan = Vec::with_capacity(count);
    for entry in header.get(1..1 + 2 * count).ok_or(ENDS_EARLY)?.chunks_exact(2) {
        let index = frame.components.iter().position(|c| c.id == entry[0] && !c.decoded);
        let index =
            index.ok_or(JpegError::Damaged("a JPEG scan names a component that is not in the frame, or twice"))?;
        let component = &mut frame.components[index];
        component.decoded = true;
        let missing = JpegError::Damaged("a JPEG scan uses a table that was never defined");
        let table = |of: &'_ [Option<HuffmanTable>; 4], id: u8| of.get(usize::from(id)).cloned().flatten();
        let dc = table(&tables.dc, entry[1] >> 4).ok_or(missing.clone())?;
        let ac = table(&tables.ac, entry[1] & 15).ok_or(missing.clone())?;
        scan.push((index, tables.quantisation[component.quantisation].ok_or(missing)?, dc, ac));
    }
    // In a scan of one component an MCU is one block and the padding blocks are left out (T.81, A.2.2).
    let mcus = match scan.as_slice() {
        [] => return Err(JpegError::Damaged("a JPEG scan has no components")),
        [(only, ..)] => {
            let (width, height) = frame.components[*only].size;
            (width.div_ceil(8), height.div_ceil(8))
        }
        _ => {
            let (h, v) = frame.max_sampling;
            (frame.width.div_ceil(8 * h), frame.height.div_ceil(8 * v))
        }
    };
    let interleaved = scan.len() > 1;
    let mut bits = BitReader::new(data);
    let mut predictions = [0; 3];
    for mcu in 0..mcus.0 * mcus.1 {
        if tables.restart_interval > 0 && mcu > 0 && mcu % tables.restart_interval == 0 {
            bits.restart((mcu / tables.restart_interval - 1) as u8 & 7)?;
            predictions = [0; 3];
        }
        let (mcu_x, mcu_y) = (mcu % mcus.0, mcu / mcus.0);
        for (index, quantisation, dc, ac) in &scan {
            let component = &mut frame.components[*index];
            let (h, v) = if interleaved { component.sampling } else { (1, 1) };
            for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
                let block = bits.block(dc, ac, quantisation, &mut predictions[*index])?;
                let start = 8 * (mcu_y * v + y) * component.stride + 8 * (mcu_x * h + x);
                idct::inverse(&block, &mut component.plane[start..], component.stride);
            }
        }
    }
    Ok(bits.finish())
}

/// Upsamples, converts and crops the decoded planes.
fn assemble(frame: &Frame, tables: &Tables) -> Rgb8 {
    let (width, height) = (frame.width, frame.height);
    let planes: Vec<Vec<u8>> = frame
        .components
        .iter()
        .map(|c| {
            let factors = (frame.max_sampling.0 / c.sampling.0, frame.max_sampling.1 / c.sampling.1);
            upsample::upsample(&c.plane, c.stride, c.size, factors, (width, height))
        })
        .collect();
    let mut samples = Vec::with_capacity(3 * width * height);
    match planes.as_slice() {
        [r, g, b] if is_rgb(frame, tables) => {
            (0..width * height).for_each(|i| samples.extend_from_slice(&[r[i], g[i], b[i]]));
        }
        [y, cb, cr] => (0..width * height).for_each(|i| samples.extend_from_slice(&upsample::rgb(y[i], cb[i], cr[i]))),
        _ => planes[0].iter().for_each(|&grey| samples.extend_from_slice(&[grey; 3])),
    }
    Rgb8::new(width, height, samples)
}

/// Whether three components are RGB and not YCbCr. The rules are libjpeg's, since the standard has no rule.
fn is_rgb(frame: &Frame, tables: &Tables) -> bool {
    match (tables.jfif, tables.adobe_transform) {
        (true, _) => false,
        (false, Some(transform)) => transform == 0,
        (false, None) => frame.components.iter().map(|c| c.id).eq(*b"RGB"),
    }
}

#[cfg(test)]
mod tests;
