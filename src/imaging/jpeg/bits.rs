//! The coded data of a scan as bits, and the markers inside and behind them (T.81, annexes B.1.1.5 and F.2.2.5).

use super::{JpegError, Result, damaged};

pub const SCAN_ENDS_EARLY: JpegError = damaged("the coded data of a JPEG scan end before its last block");

/// Reads bits, most significant first, and removes the stuffed zero bytes. Past the end of the data it returns zeros
/// and counts them; [`BitReader::check`] reports their use.
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
    pub fn fill(&mut self) {
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

    /// The next `count` bits, which stay; 1 to 16, and that many must be available.
    #[inline]
    pub fn peek(&self, count: u32) -> u32 {
        (self.buffer >> (64 - count)) as u32
    }

    /// Passes over `count` bits, which must be available.
    #[inline]
    pub fn take(&mut self, count: u32) {
        self.buffer <<= count;
        self.available -= count;
    }

    /// The next `count` bits, 0 to 16.
    #[inline]
    pub fn bits(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.fill();
        let value = self.peek(count);
        self.take(count);
        value
    }

    /// The next `size` bits as a signed number (T.81, figure F.12, EXTEND). `size` is 0 to 15, and that many bits must
    /// be available.
    #[inline]
    pub fn signed(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let value = self.peek(size) as i32;
        self.take(size);
        if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// Checks that no bit past the end of the data was used.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.available < self.padding { Err(SCAN_ENDS_EARLY) } else { Ok(()) }
    }

    /// Passes over the restart marker with this number (0 to 7) and the unused bits before it.
    pub fn restart(&mut self, number: u8) -> Result<()> {
        let wrong = damaged("a JPEG restart marker is missing or out of order");
        if self.bytes_are_left() {
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

    /// The length of the coded data: the position of the marker behind them.
    pub fn finish(mut self) -> Result<usize> {
        if self.bytes_are_left() {
            return Err(damaged("the coded data of a JPEG scan go on after its last block"));
        }
        Ok(self.position)
    }

    /// Whether a whole byte before the next marker was not used. No encoder writes one.
    fn bytes_are_left(&mut self) -> bool {
        self.fill();
        self.padding == 0 || self.available >= self.padding + 8
    }
}
