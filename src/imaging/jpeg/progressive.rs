//! Blocks of progressive streams (T.81, annex G): a scan brings a band of coefficients without their low bits, or one
//! more bit of each.

use super::bits::BitReader;
use super::blocks::BlockDecoder;
use super::frame::Component;
use super::huffman::HuffmanTable;
use super::sequential::{TOO_MANY, dc_value};
use super::tables::Tables;
use super::{Result, ZIGZAG, damaged};

/// The error of a scan that does not continue those before it.
const OUT_OF_ORDER: &str = "a JPEG scan does not follow from the scans before it";

/// The coefficients of a scan, in the order of the stream, and their bits.
#[derive(Clone, Copy)]
pub struct Band {
    start: usize,
    end: usize,
    /// The number of low bits that earlier scans left out; 0 in a first scan.
    high: u8,
    /// The number of low bits that this scan leaves out.
    low: u8,
}

impl Band {
    /// Reads the last three bytes of the header of a scan of `count` components.
    pub fn read(bytes: &[u8], count: usize) -> Result<Band> {
        let (start, end, high, low) = (usize::from(bytes[0]), usize::from(bytes[1]), bytes[2] >> 4, bytes[2] & 15);
        // DC and AC never share a scan, and the AC coefficients of each component have scans of their own.
        let coefficients = if start == 0 { end == 0 } else { end < 64 && start <= end && count == 1 };
        if !coefficients || low > 13 || high > 0 && high != low + 1 {
            return Err(damaged("a JPEG scan has an impossible band or precision"));
        }
        Ok(Band { start, end, high, low })
    }

    /// Records the scan in the bits that a component still misses.
    ///
    /// # Errors
    /// If the scan brings bits that the component has, or leaves out bits between, or brings AC before DC.
    pub fn advance(&self, missing: &mut [Option<u8>; 64]) -> Result<()> {
        let before = (self.high > 0).then_some(self.high);
        if missing[self.start..=self.end].iter().any(|&bits| bits != before) || self.start > 0 && missing[0].is_none() {
            return Err(damaged(OUT_OF_ORDER));
        }
        missing[self.start..=self.end].fill(Some(self.low));
        Ok(())
    }

    /// The cost of a visit to a block in a run of blocks without a code, where a look at a coefficient costs 1.
    pub fn cost(&self) -> u64 {
        match self.start {
            // Each block has a code or a bit.
            0 => 0,
            _ => 16 + (self.end - self.start) as u64,
        }
    }
}

/// The decoder of a progressive scan.
pub struct Progressive<'a> {
    band: Band,
    /// The table of each component; none in a scan that refines DC.
    tables: Vec<&'a HuffmanTable>,
    /// The last DC value of each component, without its low bits.
    predictions: [i32; 4],
    /// The number of blocks left in a run of blocks without further coefficients.
    run: u32,
}

impl<'a> Progressive<'a> {
    /// A decoder for components with these numbers of their DC and AC tables.
    pub fn new(band: Band, codes: &[(u8, u8)], tables: &'a Tables) -> Result<Self> {
        let tables = match (band.start, band.high) {
            (0, 0) => codes.iter().map(|&(dc, _)| tables.dc(dc)).collect::<Result<_>>()?,
            (0, _) => Vec::new(),
            _ => codes.iter().map(|&(_, ac)| tables.ac(ac)).collect::<Result<_>>()?,
        };
        Ok(Progressive { band, tables, predictions: [0; 4], run: 0 })
    }

    /// The number of blocks in the run that starts at this block, whose symbol is `16 * exponent`.
    fn read_run(bits: &mut BitReader, exponent: u32) -> u32 {
        (1 << exponent) + bits.bits(exponent)
    }

    /// A first scan of AC coefficients (T.81, G.1.2.2).
    fn first(&mut self, bits: &mut BitReader, mut block: Block) -> Result<()> {
        let mut k = self.band.start;
        while k <= self.band.end {
            bits.fill();
            let symbol = self.tables[0].symbol(bits)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                self.run = Self::read_run(bits, run as u32) - 1;
                break;
            }
            k += run;
            if k > self.band.end {
                return Err(damaged(TOO_MANY));
            }
            if size > 0 {
                block.set(k, bits.signed(size) << self.band.low)?;
            }
            k += 1;
        }
        bits.check()
    }

    /// A scan that refines AC coefficients (T.81, G.1.2.3).
    fn refine(&mut self, bits: &mut BitReader, mut block: Block) -> Result<()> {
        let (mut k, unit) = (self.band.start, 1 << self.band.low);
        while self.run == 0 && k <= self.band.end {
            bits.fill();
            let symbol = self.tables[0].symbol(bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), symbol & 15);
            let value = match size {
                0 if zeros < 15 => {
                    self.run = Self::read_run(bits, zeros as u32);
                    break;
                }
                0 => 0,
                1 => [-unit, unit][bits.bits(1) as usize],
                _ => return Err(damaged("the JPEG stream refines a coefficient by more than one bit")),
            };
            // The value's place is behind `zeros` coefficients that are 0 so far; those between are refined.
            k = block.refine(bits, k, self.band.end, Some(zeros), unit)?;
            if k > self.band.end {
                return Err(damaged(TOO_MANY));
            }
            block.set(k, value)?;
            k += 1;
        }
        if self.run > 0 {
            block.refine(bits, k, self.band.end, None, unit)?;
            self.run -= 1;
        }
        bits.check()
    }
}

impl BlockDecoder for Progressive<'_> {
    fn block(
        &mut self,
        bits: &mut BitReader,
        member: usize,
        component: &mut Component,
        place: Option<(usize, usize)>,
    ) -> Result<()> {
        let Band { start, high, low, .. } = self.band;
        match (start, high) {
            (0, 0) => {
                let value = dc_value(bits, self.tables[member], &mut self.predictions[member])? << low;
                bits.check()?;
                place.map_or(Ok(()), |place| Block(component.coefficients(place)).set(0, value))
            }
            (0, _) => {
                let bit = bits.bits(1) as i32;
                bits.check()?;
                let Some(place) = place else { return Ok(()) };
                let mut block = Block(component.coefficients(place));
                let value = block.get(0) | bit << low;
                block.set(0, value)
            }
            (_, 0) if self.run > 0 => {
                self.run -= 1;
                Ok(())
            }
            (_, 0) => place.map_or(Ok(()), |place| self.first(bits, Block(component.coefficients(place)))),
            _ => place.map_or(Ok(()), |place| self.refine(bits, Block(component.coefficients(place)))),
        }
    }

    fn end_interval(&mut self) -> Result<()> {
        self.predictions = [0; 4];
        if self.run > 0 { Err(damaged("a run of JPEG blocks goes on after the last block")) } else { Ok(()) }
    }
}

/// The stored coefficients of a block.
struct Block<'a>(&'a mut [u8]);

impl Block<'_> {
    /// The `k`-th coefficient in the order of the stream.
    #[inline]
    fn get(&self, k: usize) -> i32 {
        i32::from(i16::from_le_bytes([self.0[2 * ZIGZAG[k]], self.0[2 * ZIGZAG[k] + 1]]))
    }

    #[inline]
    fn set(&mut self, k: usize, value: i32) -> Result<()> {
        let value = i16::try_from(value).map_err(|_| damaged("the JPEG stream contains a value out of range"))?;
        self.0[2 * ZIGZAG[k]..2 * ZIGZAG[k] + 2].copy_from_slice(&value.to_le_bytes());
        Ok(())
    }

    /// Reads a bit for each coefficient from `k` to `end` that is not 0, and adds `unit` to its size if the bit is 1.
    /// Stops at the coefficient behind `zeros` coefficients that are 0; returns its place, or `end + 1`.
    #[inline]
    fn refine(
        &mut self,
        bits: &mut BitReader,
        mut k: usize,
        end: usize,
        mut zeros: Option<usize>,
        unit: i32,
    ) -> Result<usize> {
        while k <= end {
            match (self.get(k), &mut zeros) {
                (0, Some(0)) => break,
                (0, Some(left)) => *left -= 1,
                (0, None) => {}
                (value, _) if bits.bits(1) == 1 => self.set(k, value + value.signum() * unit)?,
                _ => {}
            }
            k += 1;
        }
        Ok(k)
    }
}
