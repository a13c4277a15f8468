//! Entropy decoding: from coded bits to dequantised blocks (T.81, annex F.2).

use super::{ENDS_EARLY, JpegError, Result, ZIGZAG};

/// Codes of at most this many bits need one look-up.
const SHORT: usize = 8;

/// A canonical Huffman code.
#[derive(Clone)]
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
    /// Reads the 16 counts and the symbols of a DHT segment; returns the table and the number of bytes read.
    pub fn read(bytes: &[u8]) -> Result<(HuffmanTable, usize)> {
        let counts = bytes.get(..16).ok_or(ENDS_EARLY)?;
        let total = counts.iter().map(|&count| usize::from(count)).sum::<usize>();
        let symbols = bytes.get(16..16 + total).ok_or(ENDS_EARLY)?.to_vec();
        let mut table = HuffmanTable { short: [(0, 0); 1 << SHORT], limits: [0; 17], offsets: [0; 17], symbols };
        let (mut code, mut place) = (0usize, 0usize);
        for length in 1..=16 {
            let count = usize::from(counts[length - 1]);
            table.offsets[length] = place as i32 - code as i32;
            if code + count > 1 << length || place + count > 256 {
                return Err(JpegError::Damaged("a JPEG Huffman table has too many codes"));
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
}

/// Reads bits, most significant first, and removes the stuffed zero bytes. Past the end of the data it returns zeros
/// and counts them; [`BitReader::block`] reports them.
pub struct BitReader<'a> {
    data: &'a [u8],
    position: usize,
    buffer: u64,
    /// Valid bits in `buffer`, from its top.
    available: u32,
    /// The number of zero bits added to `buffer` past the end of the data; if fewer are left in it, some were used.
    padding: u32,
}

impl<'a> BitReader<'a> {
    /// A reader at the start of a scan's coded data.
    pub fn new(data: &'a [u8]) -> Self {
        BitReader { data, position: 0, buffer: 0, available: 0, padding: 0 }
    }

    /// Makes at least 32 bits available.
    #[inline]
    fn fill(&mut self) {
        while self.available <= 32 {
            let byte = match (self.data.get(self.position), self.data.get(self.position + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.position += 2;
                    0xFF
                }
                (Some(0xFF), _) | (None, _) => {
                    self.padding += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.position += 1;
                    byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.available);
            self.available += 8;
        }
    }

    #[inline]
    fn take(&mut self, count: u32) {
        self.buffer <<= count;
        self.available -= count;
    }

    /// The next symbol of `table`; 16 bits must be available.
    #[inline]
    fn symbol(&mut self, table: &HuffmanTable) -> Result<u8> {
        let (length, symbol) = table.short[(self.buffer >> (64 - SHORT)) as usize];
        if length > 0 {
            self.take(u32::from(length));
            return Ok(symbol);
        }
        let code = (self.buffer >> 48) as u32;
        for length in SHORT + 1..=16 {
            if code < table.limits[length] {
                let place = (code >> (16 - length)) as i32 + table.offsets[length];
                self.take(length as u32);
                return Ok(table.symbols[place as usize]);
            }
        }
        Err(JpegError::Damaged("the JPEG stream contains a code that its Huffman table does not have"))
    }

    /// The next `size` bits as a signed number (T.81, figure F.12, EXTEND). `size` is 0 to 15, and that many bits must
    /// be available.
    #[inline]
    fn signed(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let value = (self.buffer >> (64 - size)) as i32;
        self.take(size);
        if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// The next block, dequantised, in row order. `prediction` is the last DC value of the component, before
    /// dequantisation.
    pub fn block(
        &mut self,
        dc: &HuffmanTable,
        ac: &HuffmanTable,
        quantisation: &[i32; 64],
        prediction: &mut i32,
    ) -> Result<[i32; 64]> {
        let mut block = [0; 64];
        self.fill();
        let size = self.symbol(dc)?;
        let difference = if size > 15 { None } else { Some(self.signed(u32::from(size))) };
        *prediction += difference.ok_or(JpegError::Damaged("the JPEG stream contains an impossible DC size"))?;
        if i16::try_from(*prediction).is_err() {
            return Err(JpegError::Damaged("the JPEG stream contains a DC value out of range"));
        }
        block[0] = *prediction * quantisation[0];
        let mut k = 1;
        while k < 64 {
            self.fill();
            let symbol = self.symbol(ac)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => k += 16,
                (_, 0) => break,
                _ => {
                    k += run;
                    if k > 63 {
                        return Err(JpegError::Damaged("the JPEG stream contains more than 64 values for a block"));
                    }
                    block[ZIGZAG[k]] = self.signed(size) * quantisation[k];
                    k += 1;
                }
            }
        }
        if self.available < self.padding { Err(ENDS_EARLY) } else { Ok(block) }
    }

    /// Skips the restart marker with this number (0 to 7) and discards the bits before it.
    pub fn restart(&mut self, number: u8) -> Result<()> {
        let wrong = JpegError::Damaged("a JPEG restart marker is missing or out of order");
        // All whole bytes before the marker must have been used. Otherwise the data contradict the restart interval.
        self.fill();
        if self.padding == 0 || self.available >= self.padding + 8 {
            return Err(wrong);
        }
        while self.data.get(self.position + 1) == Some(&0xFF) {
            self.position += 1;
        }
        if self.data.get(self.position..self.position + 2) != Some(&[0xFF, 0xD0 + number]) {
            return Err(wrong);
        }
        *self = BitReader { position: self.position + 2, ..BitReader::new(self.data) };
        Ok(())
    }

    /// The length of the coded data: the position of the following marker.
    pub fn finish(mut self) -> usize {
        // The buffer may contain whole bytes that belong to no block; the next marker follows them.
        self.fill();
        while self.padding == 0 {
            self.take(32);
            self.fill();
        }
        self.position
    }
}
