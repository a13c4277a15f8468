//! BMP. The image crate decodes the pixels; before, the header, the run lengths and the colour numbers are checked.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

use super::{
    MOST, Result, Stored, WORKING, by_kind, check_reach, check_size, damaged, le16, le32, opaque_rgb, packed,
    unsupported,
};

/// Decodes a whole BMP file.
pub(in crate::imaging) fn decode(bytes: &[u8]) -> Result<Stored> {
    let header = Header::read(bytes)?;
    header.check(bytes)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Bmp);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST + WORKING);
    reader.limits(limits);
    let (width, height, samples) = opaque_rgb(reader.decode().map_err(|error| by_kind(&error, "BMP"))?)?;
    Ok(Stored { width, height, samples, orientation: 1, notes: Vec::new() })
}

struct Header {
    width: u64,
    height: u64,
    bits: u64,
    compression: u32,
    /// The first byte of the pixels.
    start: usize,
    /// The number of colours in the palette.
    colours: u64,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Header> {
        let ends = || damaged("its header ends early");
        let (start, size) = (le32(bytes, 10).ok_or_else(ends)? as usize, le32(bytes, 14).ok_or_else(ends)?);
        if size < 40 {
            let [width, height, bits] = [18, 20, 24].map(|at| le16(bytes, at).map(u64::from));
            let (width, height, bits) = (width.ok_or_else(ends)?, height.ok_or_else(ends)?, bits.ok_or_else(ends)?);
            return Header { width, height, bits, compression: 0, start, colours: 0 }.with_palette(bytes, 14 + size, 3);
        }
        let [width, height] = [18, 22].map(|at| le32(bytes, at).map(|v| (v as i32).unsigned_abs().into()));
        let (width, height) = (width.ok_or_else(ends)?, height.ok_or_else(ends)?);
        let bits = le16(bytes, 28).ok_or_else(ends)?.into();
        let (compression, colours) = (le32(bytes, 30).ok_or_else(ends)?, le32(bytes, 46).ok_or_else(ends)?.into());
        Header { width, height, bits, compression, start, colours }.with_palette(bytes, 14u32.saturating_add(size), 4)
    }

    /// Checks that the palette is in the file, before the pixels.
    fn with_palette(mut self, bytes: &[u8], begins: u32, entry: u64) -> Result<Header> {
        if self.bits > 8 {
            return Ok(self);
        }
        if self.colours == 0 {
            self.colours = 1 << self.bits;
        }
        let room = (self.start.min(bytes.len()) as u64).saturating_sub(begins.into()) / entry;
        if room < self.colours {
            let colours = self.colours;
            return Err(damaged(format!("its palette has room for {room} colours, and its header declares {colours}")));
        }
        Ok(self)
    }

    /// Checks that the pixels are in the file, and that each has a colour.
    fn check(&self, bytes: &[u8]) -> Result<()> {
        check_size(self.width, self.height, if self.bits > 8 { 4 } else { 3 })?;
        let data = bytes.get(self.start..).unwrap_or_default();
        match self.compression {
            1 | 2 => return self.check_runs(data),
            4 | 5 => return Err(unsupported("a JPEG or PNG file inside a BMP file")),
            _ => {}
        }
        let stride = packed(self.width, 1, self.bits).next_multiple_of(4);
        check_reach((self.width, self.height), stride * self.height, data.len() as u64, 1, "")?;
        if !matches!(self.bits, 1 | 2 | 4 | 8) || self.colours == 1 << self.bits {
            return Ok(());
        }
        let (bits, per_byte) = (self.bits as usize, 8 / self.bits as usize);
        let rows = data.chunks_exact(stride as usize).take(self.height as usize);
        for row in rows {
            for x in 0..self.width as usize {
                let shifted = row[x / per_byte] >> (8 - bits - x % per_byte * bits);
                self.check_colour(shifted & (0xFF >> (8 - bits)))?;
            }
        }
        Ok(())
    }

    fn check_colour(&self, colour: u8) -> Result<()> {
        if u64::from(colour) < self.colours {
            return Ok(());
        }
        Err(damaged(format!("a pixel has colour {colour}, and the palette has the colours 0 to {}", self.colours - 1)))
    }

    /// Checks that the run-length data give every pixel a colour. What they leave out is black in some programs and the
    /// palette's first colour in others.
    fn check_runs(&self, data: &[u8]) -> Result<()> {
        let short = self.compression == 2;
        if self.bits != if short { 4 } else { 8 } {
            return Err(damaged(format!("its header declares run lengths with {} bits per pixel", self.bits)));
        }
        let (mut x, mut y, mut given, mut at) = (0, 0, 0, 0);
        while let (Some(&[first, second]), true) = (data.get(at..at + 2), y < self.height) {
            at += 2;
            let left = self.width - x;
            match (first, second) {
                (0, 0) => (x, y) = (0, y + 1),
                (0, 1) => break,
                (0, 2) => {
                    let Some(&[across, down]) = data.get(at..at + 2) else { break };
                    at += 2;
                    (x, y) = ((x + u64::from(across)).min(self.width), y + u64::from(down));
                }
                (0, count) => {
                    let length = usize::from(if short { count.div_ceil(2) } else { count });
                    let Some(run) = data.get(at..at + length) else { break };
                    at += length.next_multiple_of(2);
                    for i in 0..count {
                        let byte = run[usize::from(if short { i / 2 } else { i })];
                        self.check_colour(if !short {
                            byte
                        } else if i % 2 == 0 {
                            byte >> 4
                        } else {
                            byte & 15
                        })?;
                    }
                    given += left.min(count.into());
                    x += left.min(count.into());
                }
                (count, colours) => {
                    self.check_colour(if short { colours >> 4 } else { colours })?;
                    if short && count > 1 {
                        self.check_colour(colours & 15)?;
                    }
                    given += left.min(count.into());
                    x += left.min(count.into());
                }
            }
        }
        let pixels = self.width * self.height;
        if given < pixels {
            return Err(damaged(format!("its run-length data give {given} of {pixels} pixels a colour")));
        }
        Ok(())
    }
}
