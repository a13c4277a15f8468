//! TIFF with grey or RGB samples of 1, 8 or 16 bits. The image crate decodes the pixels; before, the first directory is
//! checked.

use std::io::{Cursor, Read};

use image::codecs::tiff::TiffDecoder;
use image::{DynamicImage, ImageDecoder, Limits};

use super::{
    Result, Stored, WORKING, ZLIB, by_kind, check_reach, check_size, damaged, opaque_rgb, packed, profile_note,
    unsupported,
};

/// Decodes the first image of a TIFF file.
pub(in crate::imaging) fn decode(bytes: &[u8]) -> Result<Stored> {
    let file = File::new(bytes)?;
    let first = file.directory()?;
    let decoded = first.check(&file)?;
    let image = TiffDecoder::new(Cursor::new(bytes)).and_then(|mut decoder| {
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(decoded + WORKING);
        decoder.set_limits(limits)?;
        DynamicImage::from_decoder(decoder)
    });
    let (width, height, samples) = opaque_rgb(image.map_err(|error| by_kind(&error, "TIFF"))?)?;
    let mut notes = Vec::new();
    if first.has_next {
        notes.push("has several images; only the first is read".to_owned());
    }
    notes.extend(file.bytes_of(&first, PROFILE).and_then(profile_note));
    let orientation = first.value(&file, ORIENTATION)?.unwrap_or(1).min(255) as u8;
    Ok(Stored { width, height, samples, orientation, notes })
}

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const COLOUR: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const CHANNELS: u16 = 277;
const STRIP_BYTES: u16 = 279;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const SAMPLE_FORMAT: u16 = 339;
/// The rows per strip, the order of the planes, the predictor, and the sides of a tile, which the decoder reads.
const SHAPES: [u16; 5] = [278, 284, 317, 322, 323];
const PROFILE: u16 = 34675;

/// The bytes, their order, and whether offsets have 64 bits (BigTIFF).
struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    wide: bool,
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The first byte of the values.
    at: u64,
}

/// The first directory of a file.
struct Directory {
    entries: Vec<Entry>,
    has_next: bool,
}

impl<'a> File<'a> {
    fn new(bytes: &'a [u8]) -> Result<File<'a>> {
        let mut file = File { bytes, big_endian: bytes.starts_with(b"MM"), wide: false };
        file.wide = file.number(2, 2)? == 43;
        Ok(file)
    }

    /// The number of `size` bytes at `at`.
    fn number(&self, at: u64, size: u64) -> Result<u64> {
        let end = at.checked_add(size).filter(|&end| end <= self.bytes.len() as u64);
        let Some(end) = end else { return Err(damaged(format!("a number at byte {at} lies beyond its end"))) };
        let digits = self.bytes[at as usize..end as usize].iter();
        let join = |sum, &byte: &u8| sum << 8 | u64::from(byte);
        Ok(if self.big_endian { digits.fold(0, join) } else { digits.rev().fold(0, join) })
    }

    fn directory(&self) -> Result<Directory> {
        let (word, field) = if self.wide { (8, 8) } else { (4, 2) };
        let start = self.number(if self.wide { 8 } else { 4 }, word)?;
        let count = self.number(start, field)?;
        let (first, size) = (start + field, 4 + 2 * word);
        let end = count.checked_mul(size).and_then(|length| first.checked_add(length));
        let end = end.filter(|&end| end <= self.bytes.len() as u64).ok_or_else(|| damaged("its directory is cut"))?;
        let entry = |i: u64| {
            let at = first + i * size;
            let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16);
            let count = self.number(at + 4, word)?;
            let inside = count.saturating_mul(width_of(kind)) <= word;
            let values = if inside { at + 4 + word } else { self.number(at + 4 + word, word)? };
            // The crate takes memory for as many values as an entry declares.
            let end = count.checked_mul(width_of(kind)).and_then(|length| values.checked_add(length));
            if end.is_none_or(|end| end > self.bytes.len() as u64) {
                return Err(damaged(format!("the values of its tag {tag} lie beyond its end")));
            }
            Ok(Entry { tag, kind, count, at: values })
        };
        let entries = (0..count).map(entry).collect::<Result<_>>()?;
        // Some writers leave out the offset of the next directory.
        Ok(Directory { entries, has_next: self.number(end, word).is_ok_and(|next| next != 0) })
    }

    /// The values of an entry as bytes; `None` if there is none or they are not in the file.
    fn bytes_of(&self, directory: &Directory, tag: u16) -> Option<&'a [u8]> {
        let entry = directory.entries.iter().find(|entry| entry.tag == tag)?;
        let end = entry.at.checked_add(entry.count.checked_mul(width_of(entry.kind))?)?;
        self.bytes.get(usize::try_from(entry.at).ok()?..usize::try_from(end).ok()?)
    }
}

/// The bytes of a value of this kind.
fn width_of(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

impl Directory {
    /// All numbers of an entry, at most `most`; none if it is missing.
    fn values(&self, file: &File, tag: u16, most: u64) -> Result<Vec<u64>> {
        let Some(entry) = self.whole_numbers(tag)? else { return Ok(Vec::new()) };
        if entry.count > most {
            return Err(damaged(format!("its tag {tag} has {} values, and the image can have {most}", entry.count)));
        }
        let width = width_of(entry.kind);
        (0..entry.count).map(|i| file.number(entry.at + i * width, width)).collect()
    }

    /// The entry with this tag, whose values are whole numbers from 0.
    fn whole_numbers(&self, tag: u16) -> Result<Option<&Entry>> {
        match self.entries.iter().find(|entry| entry.tag == tag) {
            Some(entry) if !matches!(entry.kind, 1 | 3 | 4 | 13 | 16 | 18) => {
                Err(damaged(format!("the values of its tag {tag} are not whole numbers")))
            }
            entry => Ok(entry),
        }
    }

    /// The first number of an entry.
    fn value(&self, file: &File, tag: u16) -> Result<Option<u64>> {
        match self.whole_numbers(tag)? {
            Some(entry) if entry.count > 0 => Ok(Some(file.number(entry.at, width_of(entry.kind))?)),
            _ => Ok(None),
        }
    }

    /// Checks that the image is of a supported kind and within the file. Returns the bytes of the decoded image.
    fn check(&self, file: &File) -> Result<u64> {
        let needs = |tag: u16, what: &str| self.value(file, tag)?.ok_or_else(|| damaged(format!("it has no {what}")));
        let (width, height) = (needs(WIDTH, "width")?, needs(HEIGHT, "height")?);
        let channels = self.value(file, CHANNELS)?.unwrap_or(1);
        let bits = self.value(file, BITS)?.unwrap_or(1);
        if self.values(file, BITS, channels)?.iter().any(|&other| other != bits) {
            return Err(unsupported("samples of different depths"));
        }
        if self.values(file, SAMPLE_FORMAT, channels)?.iter().any(|&format| format != 1) {
            return Err(unsupported("samples with a sign or of floating point; a score needs a range from 0"));
        }
        if !matches!(bits, 1 | 8 | 16) {
            return Err(unsupported(format!("samples of {bits} bits")));
        }
        match needs(COLOUR, "colour space")? {
            0 | 1 if channels <= 2 => {}
            2 if matches!(channels, 3 | 4) && bits > 1 => {}
            0..=2 => return Err(unsupported(format!("{channels} channels"))),
            3 => return Err(unsupported("a palette in TIFF")),
            5 => return Err(unsupported("CMYK; its colours depend on a printer")),
            6 => return Err(unsupported("YCbCr in TIFF")),
            8..=10 => return Err(unsupported("Lab")),
            other => return Err(unsupported(format!("colour space {other} in TIFF"))),
        }
        for tag in SHAPES {
            self.value(file, tag)?;
        }
        if self.value(file, FILL_ORDER)?.unwrap_or(1) != 1 {
            return Err(unsupported("bits in reverse order"));
        }
        let (ratio, coding) = match self.value(file, COMPRESSION)?.unwrap_or(1) {
            1 => (1, ""),
            // 4096 strings, the longest of 3,838 bytes for a code of 12 bits.
            5 => (2560, "LZW"),
            8 | 32946 => (ZLIB, "zlib"),
            32773 => (64, "PackBits"),
            6 | 7 => return Err(unsupported("JPEG in TIFF, whose samples depend on the decoder")),
            2..=4 => return Err(unsupported("fax compression")),
            other => return Err(unsupported(format!("compression {other} in TIFF"))),
        };
        let decoded = channels * bits.div_ceil(8);
        check_size(width, height, channels.max(3) * bits.div_ceil(8))?;
        let parts = self.parts(file, [height * channels, width * height * channels])?;
        let held = parts.iter().fold(0, |held: u64, part| held.saturating_add(part.len() as u64));
        check_reach((width, height), packed(width, height, channels * bits), held, ratio, coding)?;
        if coding == "zlib" {
            check_sums(&parts, 2 * width * height * decoded + WORKING)?;
        }
        Ok(width * height * decoded)
    }

    /// The bytes of each strip or tile, which must lie in the file. There are at most so many strips, and so many tiles.
    fn parts<'a>(&self, file: &File<'a>, most: [u64; 2]) -> Result<Vec<&'a [u8]>> {
        let mut parts = Vec::new();
        for ((offsets, counts), most) in
            [(STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)].into_iter().zip(most)
        {
            let (offsets, counts) = (self.values(file, offsets, most)?, self.values(file, counts, most)?);
            for (i, offset) in offsets.iter().enumerate() {
                // A file of one strip may leave out its length.
                let count = counts.get(i).copied().unwrap_or((file.bytes.len() as u64).saturating_sub(*offset));
                match offset.checked_add(count).filter(|&end| end <= file.bytes.len() as u64) {
                    Some(end) => parts.push(&file.bytes[*offset as usize..end as usize]),
                    None => return Err(damaged(format!("its strip or tile {i} lies beyond its end"))),
                }
            }
        }
        Ok(parts)
    }
}

/// Checks the Adler-32 of each part, which the decoder does not read. Together they have `most` bytes at most.
fn check_sums(parts: &[&[u8]], most: u64) -> Result<()> {
    let mut left = most;
    for (i, part) in parts.iter().enumerate() {
        let read = std::io::copy(&mut flate2::read::ZlibDecoder::new(*part).take(left + 1), &mut std::io::sink());
        let length = read.map_err(|_| damaged(format!("zlib or Adler-32 error in strip or tile {i}")))?;
        let rest = left.checked_sub(length);
        left = rest.ok_or_else(|| damaged("its strips or tiles have more data than the image"))?;
    }
    Ok(())
}
