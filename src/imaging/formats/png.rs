//! PNG, with every check sum verified: the CRC of each chunk, and the Adler-32 of the image data.

use std::io::Cursor;

use flate2::Crc;
use image::DynamicImage;
use png::{DecodeOptions, Decoder, DecodingError, Limits, OutputInfo, Transformations};

use super::{
    Result, Stored, WORKING, ZLIB, be32, check_reach, check_size, damaged, exif, opaque_rgb, packed, profile_note,
};

/// Apple's tools for iPhones write PNG files of another format; this chunk marks them.
const APPLE: &str = "is a PNG file in the format of Apple's iPhone tools (it has a CgBI chunk), which other programs cannot read; \
     convert it with `pngcrush -revert-iphone-optimizations`";

/// Decodes a whole PNG file.
pub(in crate::imaging) fn decode(bytes: &[u8]) -> Result<Stored> {
    let chunks = Chunks::read(bytes)?;
    if let Some(colours) = chunks.colours {
        check_colours(&samples(bytes, Transformations::IDENTITY)?, colours)?;
    }
    let (info, samples) = samples(bytes, Transformations::EXPAND)?;
    let sixteen = info.bit_depth == png::BitDepth::Sixteen;
    let image = dynamic(info.width, info.height, info.color_type, sixteen, samples);
    let (width, height, samples) = opaque_rgb(image.ok_or_else(|| damaged("its pixels have no known kind"))?)?;
    Ok(Stored { width, height, samples, orientation: chunks.orientation, notes: chunks.notes })
}

/// The samples of the first image.
fn samples(bytes: &[u8], transformations: Transformations) -> Result<(OutputInfo, Vec<u8>)> {
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(false);
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(Limits { bytes: WORKING as usize });
    decoder.set_transformations(transformations);
    let mut reader = decoder.read_info().map_err(|error| plain(&error))?;
    let size = reader.output_buffer_size().ok_or_else(|| damaged("its size has no end"))?;
    let mut samples = vec![0; size];
    let info = reader.next_frame(&mut samples).map_err(|error| plain(&error))?;
    samples.truncate(info.buffer_size());
    Ok((info, samples))
}

/// Checks that the palette has the colour of each pixel. Decoders show black for the others.
fn check_colours((info, samples): &(OutputInfo, Vec<u8>), colours: usize) -> Result<()> {
    let bits = info.bit_depth as usize;
    for row in samples.chunks_exact(info.line_size) {
        for x in 0..info.width as usize {
            let shifted = row[x * bits / 8] >> (8 - bits - x * bits % 8);
            let colour = usize::from(shifted & (0xFF >> (8 - bits)));
            if colour >= colours {
                let last = colours - 1;
                return Err(damaged(format!(
                    "a pixel has colour {colour}, and the palette has the colours 0 to {last}"
                )));
            }
        }
    }
    Ok(())
}

fn dynamic(width: u32, height: u32, color: png::ColorType, sixteen: bool, samples: Vec<u8>) -> Option<DynamicImage> {
    use image::ImageBuffer as Buffer;
    use png::ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    if !sixteen {
        return match color {
            Grayscale => Buffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma8),
            GrayscaleAlpha => Buffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA8),
            Rgb => Buffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb8),
            Rgba => Buffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba8),
            Indexed => None,
        };
    }
    let wide: Vec<u16> = samples.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    drop(samples);
    match color {
        Grayscale => Buffer::from_raw(width, height, wide).map(DynamicImage::ImageLuma16),
        GrayscaleAlpha => Buffer::from_raw(width, height, wide).map(DynamicImage::ImageLumaA16),
        Rgb => Buffer::from_raw(width, height, wide).map(DynamicImage::ImageRgb16),
        Rgba => Buffer::from_raw(width, height, wide).map(DynamicImage::ImageRgba16),
        Indexed => None,
    }
}

/// The decoder's error by its kind. Its own text contains Rust's names of chunks and errors.
fn plain(error: &DecodingError) -> String {
    if matches!(error, DecodingError::LimitsExceeded) {
        return "needs more than 64 MB of memory beside its pixels; convert it to PNG again".to_owned();
    }
    let text = error.to_string();
    let chunk = text.split_once("ChunkType { type: ").and_then(|(_, rest)| rest.get(..4));
    damaged(match (chunk, text.as_str()) {
        (_, text) if text.starts_with("Corrupt deflate") && text.contains("Checksum") => {
            "Adler-32 error in IDAT".to_owned()
        }
        (_, text) if text.starts_with("Corrupt deflate") => "zlib error in IDAT".to_owned(),
        (_, text) if text.contains("enough data") || text.contains("end of file") => {
            "its image data end early".to_owned()
        }
        (_, text) if text.contains("chunk is missing") => "it has no IDAT chunk".to_owned(),
        (_, text) if text.contains("palette") => "its palette is missing or too short".to_owned(),
        (Some(chunk), _) => format!("its {chunk} chunk is wrong or in a wrong place"),
        _ => "its header or its image data break the rules of PNG".to_owned(),
    })
}

/// What the chunks of a file say.
struct Chunks {
    orientation: u8,
    /// The colours of the palette, if the pixels could have others.
    colours: Option<usize>,
    notes: Vec<String>,
}

impl Chunks {
    /// Walks through all chunks up to IEND; what follows is ignored.
    fn read(bytes: &[u8]) -> Result<Chunks> {
        let mut at = 8;
        let mut header: Option<Header> = None;
        let (mut data, mut orientation, mut palette) = (0, 1, None);
        let (mut colours, mut profile, mut standard, mut animated) = (None, None, false, false);
        loop {
            let ends = || damaged("it ends before its IEND chunk");
            let length = be32(bytes, at).ok_or_else(ends)? as usize;
            let name = bytes.get(at + 4..at + 8).ok_or_else(ends)?;
            if name == b"CgBI" {
                return Err(APPLE.to_owned());
            }
            let Some(name) =
                std::str::from_utf8(name).ok().filter(|name| name.bytes().all(|c| c.is_ascii_alphabetic()))
            else {
                return Err(damaged(format!("byte {} does not begin a chunk", at)));
            };
            let end = (at + 8).checked_add(length).ok_or_else(ends)?;
            let body = bytes.get(at + 8..end).ok_or_else(ends)?;
            let stated = be32(bytes, end).ok_or_else(ends)?;
            let mut crc = Crc::new();
            crc.update(&bytes[at + 4..end]);
            if crc.sum() != stated {
                return Err(damaged(format!("CRC error in {name}")));
            }
            match name {
                "IHDR" if header.is_none() => header = Some(Header::read(body)?),
                _ if header.is_none() => return Err(damaged(format!("it begins with {name}, not with IHDR"))),
                "PLTE" => palette = Some(length / 3),
                "IDAT" => data += length as u64,
                "IEND" => break,
                "eXIf" => orientation = exif::orientation(body),
                "iCCP" => profile = profile.or_else(|| Some(profile_of(body))),
                "sRGB" => standard = true,
                // 45455 is the gamma of sRGB, and the numbers of cHRM are its white and its colours.
                "gAMA" if be32(body, 0) != Some(45455) => colours = colours.or(Some("gamma")),
                "cHRM" if !is_srgb(body) => colours = colours.or(Some("chromaticities")),
                "cICP" => colours = Some("colour space"),
                "acTL" => animated = true,
                _ => {}
            }
            at = end + 4;
        }
        let header = header.ok_or_else(|| damaged("it has no header"))?;
        let size = (header.width, header.height);
        check_size(size.0, size.1, header.decoded_bytes())?;
        check_reach(size, header.raw_bytes(), data, ZLIB, "zlib")?;
        let mut notes = Vec::new();
        match (standard, profile, colours) {
            (true, ..) => {}
            (_, Some(profile), _) => notes.extend(profile_note(&profile)),
            (.., Some(colours)) => notes.push(format!("its {colours} chunk is not applied")),
            _ => {}
        }
        if animated {
            notes.push("is an animation; only its first image is read".to_owned());
        }
        let colours = palette.filter(|&colours| header.indexed && (1..1 << header.depth).contains(&colours));
        Ok(Chunks { orientation, colours, notes })
    }
}

/// The profile in an iCCP chunk, or its first 64 kB. Empty if it cannot be read.
fn profile_of(body: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let name = body.iter().position(|&b| b == 0).unwrap_or(body.len());
    let coded = body.get(name + 2..).unwrap_or_default();
    let mut profile = Vec::new();
    // A profile that cannot be read is a profile that is not applied.
    let _ = flate2::read::ZlibDecoder::new(coded).take(1 << 16).read_to_end(&mut profile);
    profile
}

fn is_srgb(body: &[u8]) -> bool {
    let expected = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
    expected.iter().enumerate().all(|(i, &v)| be32(body, 4 * i) == Some(v))
}

struct Header {
    width: u64,
    height: u64,
    depth: u64,
    /// The samples of a pixel as stored, and as decoded.
    channels: (u64, u64),
    indexed: bool,
    interlaced: bool,
}

impl Header {
    fn read(body: &[u8]) -> Result<Header> {
        let &[_, _, _, _, _, _, _, _, depth, color, compression, filter, interlace] = body else {
            return Err(damaged(format!("its IHDR chunk has {} bytes, not 13", body.len())));
        };
        // With a tRNS chunk, an alpha channel is added.
        let channels = match (color, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => (1, 2),
            (2, 8 | 16) => (3, 4),
            (3, 1 | 2 | 4 | 8) => (1, 4),
            (4, 8 | 16) => (2, 2),
            (6, 8 | 16) => (4, 4),
            _ => {
                return Err(damaged(format!(
                    "its header has colour type {color} with {depth} bits, which do not exist"
                )));
            }
        };
        if compression != 0 || filter != 0 || interlace > 1 {
            return Err(damaged("its header has an unknown compression, filter or interlace method"));
        }
        let side = |at| be32(body, at).map_or(0, u64::from);
        Ok(Header {
            width: side(0),
            height: side(4),
            depth: depth.into(),
            channels,
            indexed: color == 3,
            interlaced: interlace == 1,
        })
    }

    /// The bytes of a decoded pixel.
    fn decoded_bytes(&self) -> u64 {
        self.channels.1.max(3) * self.depth.div_ceil(8)
    }

    /// The bytes before compression: a filter byte and the pixels of each row.
    fn raw_bytes(&self) -> u64 {
        let bits = self.channels.0 * self.depth;
        let rows = |width: u64, height: u64| if width == 0 { 0 } else { packed(width, height, bits) + height };
        if !self.interlaced {
            return rows(self.width, self.height);
        }
        let passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        let count = |n: u64, first: u64, step: u64| n.saturating_sub(first).div_ceil(step);
        passes.iter().map(|&(x, y, across, down)| rows(count(self.width, x, across), count(self.height, y, down))).sum()
    }
}
