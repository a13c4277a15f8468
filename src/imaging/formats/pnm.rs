//! PBM, PGM and PPM, as text and in bytes (P1 to P6). The header states the range of the samples.

use super::{Result, Samples, Stored, check_reach, check_size, damaged, packed};

/// Decodes the first image of a PNM file.
pub(in crate::imaging) fn decode(bytes: &[u8]) -> Result<Stored> {
    let kind = bytes[1] - b'0';
    let (bitmap, channels) = (kind == 1 || kind == 4, if kind == 3 || kind == 6 { 3 } else { 1 });
    let mut words = Words { bytes, at: 2 };
    let (width, height) = (words.number()?, words.number()?);
    let range = if bitmap { 1 } else { words.number()? };
    if range == 0 || range > 65535 {
        return Err(damaged(format!("its header declares samples up to {range}, and PNM has 1 to 65535")));
    }
    let deep = range > 255;
    check_size(width, height, if deep { 6 } else { 3 })?;
    let count = width * height * channels;
    let (needed, data) = if kind > 3 {
        // A single white-space byte follows the header.
        let bits = if bitmap { 1 } else { 8 * channels * if deep { 2 } else { 1 } };
        (packed(width, height, bits), bytes.get(words.at + 1..).unwrap_or_default())
    } else {
        // A digit for each sample, and a blank between them; in bitmaps there may be none.
        (if bitmap { count } else { 2 * count - 1 }, &bytes[words.at.min(bytes.len())..])
    };
    check_reach((width, height), needed, data.len() as u64, 1, "")?;

    let copies = 3 / channels as usize;
    let mut samples = match range {
        1 | 255 => Samples::Eight(Vec::with_capacity(copies * count as usize)),
        _ => Samples::Fine(Vec::with_capacity(copies * count as usize), range as u16),
    };
    let mut give = |value: u64| {
        if value > range {
            return Err(damaged(format!("a sample is {value}, and its header declares at most {range}")));
        }
        match &mut samples {
            Samples::Eight(all) => all.extend(std::iter::repeat_n((value * 255 / range) as u8, copies)),
            Samples::Fine(all, _) => all.extend(std::iter::repeat_n(value as u16, copies)),
        }
        Ok(())
    };
    match kind {
        1 => (0..count).try_for_each(|_| give(words.bit()?))?,
        2 | 3 => (0..count).try_for_each(|_| give(words.number()?))?,
        4 => {
            for row in data.chunks_exact(width.div_ceil(8) as usize).take(height as usize) {
                // 1 is black.
                (0..width as usize).try_for_each(|x| give((!row[x / 8] >> (7 - x % 8) & 1).into()))?;
            }
        }
        _ => {
            let values = data.chunks_exact(if deep { 2 } else { 1 }).take(count as usize);
            values.map(|bytes| bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))).try_for_each(give)?;
        }
    }
    let mut notes = Vec::new();
    if kind > 3 && data.len() as u64 > needed && data[needed as usize..].starts_with(b"P") {
        notes.push("has several images; only the first is read".to_owned());
    }
    Ok(Stored { width: width as usize, height: height as usize, samples, orientation: 1, notes })
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0B
}

/// Numbers in text, between white space and comments.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    /// Moves to the next byte that is neither white space nor a comment, and returns it.
    fn next(&mut self) -> Result<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'#' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
                }
                _ if is_blank(byte) => self.at += 1,
                _ => return Ok(byte),
            }
        }
        Err(damaged("it ends early"))
    }

    fn number(&mut self) -> Result<u64> {
        self.next()?;
        let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = &self.bytes[self.at..][..digits];
        self.at += digits;
        let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let ends = self.bytes.get(self.at).is_none_or(|&byte| byte == b'#' || is_blank(byte));
        let parsed = parsed.filter(|_| ends);
        parsed.ok_or_else(|| damaged(format!("no number stands at byte {}", self.at - digits)))
    }

    /// A sample of a bitmap as text: 1 is black.
    fn bit(&mut self) -> Result<u64> {
        let byte = self.next()?;
        self.at += 1;
        match byte {
            b'0' => Ok(1),
            b'1' => Ok(0),
            _ => Err(damaged(format!("byte {} is neither 0 nor 1", self.at - 1))),
        }
    }
}
