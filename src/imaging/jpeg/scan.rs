//! A scan: its header, and the bound of the work of all scans (T.81, annex B.2.3).

use super::blocks::decode_blocks;
use super::frame::{Component, Frame};
use super::progressive::{Band, Progressive};
use super::sequential::Sequential;
use super::tables::Tables;
use super::{ENDS_EARLY, JpegError, Result, damaged};

/// Decodes one scan into its components; returns the length of its coded data. `work` is charged for
/// visits to blocks that have no coded bit.
pub fn decode(header: &[u8], data: &[u8], frame: &mut Frame, tables: &Tables, work: &mut Work) -> Result<usize> {
    let count = usize::from(*header.first().ok_or(ENDS_EARLY)?);
    if !(1..=4).contains(&count) {
        return Err(damaged("a JPEG scan has no components or more than four"));
    }
    let mut members = Vec::with_capacity(count);
    let mut codes = Vec::with_capacity(count);
    for entry in header.get(1..1 + 2 * count).ok_or(ENDS_EARLY)?.chunks_exact(2) {
        let names = |(i, c): (usize, &Component)| c.id == entry[0] && !c.is_complete() && !members.contains(&i);
        let index = frame.components.iter().enumerate().position(names);
        let index = index.ok_or(damaged("a JPEG scan names a component that is not in the frame, or twice"))?;
        let component = &mut frame.components[index];
        if component.quantisation.is_none() {
            component.quantisation = Some(tables.quantisation(component.table)?);
        }
        members.push(index);
        codes.push((entry[1] >> 4, entry[1] & 15));
    }
    let parameters = header.get(1 + 2 * count..4 + 2 * count).ok_or(ENDS_EARLY)?;
    if !frame.progressive {
        // Some encoders write zeros, as libjpeg knows.
        if parameters != [0, 63, 0] && parameters != [0; 3] {
            return Err(damaged("a sequential JPEG scan has progressive parameters"));
        }
        members.iter().for_each(|&index| frame.components[index].missing = [Some(0); 64]);
        let decoder = Sequential::new(&codes, tables)?;
        return decode_blocks(data, frame, &members, tables.restart_interval, decoder);
    }
    let band = Band::read(parameters, count)?;
    for &index in &members {
        band.advance(&mut frame.components[index].missing)?;
        work.add(frame.components[index].count(), band.cost())?;
    }
    let decoder = Progressive::new(band, &codes, tables)?;
    decode_blocks(data, frame, &members, tables.restart_interval, decoder)
}

/// The work that a stream may ask for beyond what its coded bits pay for: a few bytes can stand for a scan over all
/// blocks, and a progressive stream can have thousands of scans.
pub struct Work {
    left: u64,
}

impl Work {
    /// The bound for a stream of `length` bytes.
    pub fn new(length: usize) -> Work {
        Work { left: (1 << 26) + 4096 * length as u64 }
    }

    /// Adds a visit of each of `blocks` at `cost`.
    fn add(&mut self, blocks: usize, cost: u64) -> Result<()> {
        let left = self.left.checked_sub(blocks as u64 * cost);
        self.left = left.ok_or(JpegError::Unsupported("a JPEG of too many scans for its size"))?;
        Ok(())
    }
}
