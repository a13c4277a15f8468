//! Huffman codes (T.81, annexes C and F.2.2.3).

use super::bits::BitReader;
use super::{ENDS_EARLY, Result, damaged};

/// Codes of at most this many bits need one look-up.
const SHORT: usize = 8;

/// A canonical Huffman code.
pub struct HuffmanTable {
    /// For every pattern of [`SHORT`] bits: length and symbol of the code at its start; length 0 if the code is longer.
    short: [(u8, u8); 1 << SHORT],
    /// For every length, one past the last code of that length, aligned to the left of 16 bits; increasing.
    limits: [u32; 17],
    /// For every length, the number that a code of that length must be increased by to give the index of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// Reads the 16 counts and the symbols of a table, whose largest is `most`; returns the table and the number of
    /// bytes read.
    pub fn read(bytes: &[u8], most: u8) -> Result<(HuffmanTable, usize)> {
        let counts = bytes.get(..16).ok_or(ENDS_EARLY)?;
        let total = counts.iter().map(|&count| usize::from(count)).sum::<usize>();
        let symbols = bytes.get(16..16 + total).ok_or(ENDS_EARLY)?.to_vec();
        if symbols.iter().any(|&symbol| symbol > most) {
            return Err(damaged("a JPEG Huffman table has an impossible DC size"));
        }
        let mut table = HuffmanTable { short: [(0, 0); 1 << SHORT], limits: [0; 17], offsets: [0; 17], symbols };
        let (mut code, mut place) = (0usize, 0usize);
        for length in 1..=16 {
            let count = usize::from(counts[length - 1]);
            table.offsets[length] = place as i32 - code as i32;
            // No code consists of ones alone (T.81, annex C).
            if count > 0 && code + count >= 1 << length || place + count > 256 {
                return Err(damaged("a JPEG Huffman table has too many codes"));
            }
            for _ in 0..count {
                if length <= SHORT {
                    let first = code << (SHORT - length);
                    table.short[first..first + (1 << (SHORT - length))].fill((length as u8, table.symbols[place]));
                }
                code += 1;
                place += 1;
            }
            table.limits[length] = (code << (16 - length)) as u32;
            code <<= 1;
        }
        Ok((table, 16 + total))
    }

    /// The next symbol; `bits` must have 16 bits available.
    #[inline]
    pub fn symbol(&self, bits: &mut BitReader) -> Result<u8> {
        let (length, symbol) = self.short[bits.peek(SHORT as u32) as usize];
        if length > 0 {
            bits.take(u32::from(length));
            return Ok(symbol);
        }
        let code = bits.peek(16);
        for length in SHORT + 1..=16 {
            if code < self.limits[length] {
                let place = (code >> (16 - length)) as i32 + self.offsets[length];
                bits.take(length as u32);
                return Ok(self.symbols[place as usize]);
            }
        }
        Err(damaged("the JPEG stream contains a code that its Huffman table does not have"))
    }
}
