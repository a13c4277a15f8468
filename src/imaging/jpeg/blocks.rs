//! The order of the blocks of a scan (T.81, annex A.2).

use super::Result;
use super::bits::BitReader;
use super::frame::{Component, Frame};

/// The decoder of the blocks of a scan.
pub trait BlockDecoder {
    /// Decodes the next block of `component`, the one with number `member` in the scan. `place` is its column and row
    /// among the component's blocks, or `None` for a block that only fills an MCU.
    fn block(
        &mut self,
        bits: &mut BitReader,
        member: usize,
        component: &mut Component,
        place: Option<(usize, usize)>,
    ) -> Result<()>;

    /// Ends a restart interval, or the scan.
    fn end_interval(&mut self) -> Result<()>;
}

/// Decodes the blocks of a scan in their order, in one restart interval after the other.
pub fn decode_blocks(
    data: &[u8],
    frame: &mut Frame,
    members: &[usize],
    restart_interval: usize,
    mut decoder: impl BlockDecoder,
) -> Result<usize> {
    // In a scan of one component an MCU is one block and the filling blocks are left out (T.81, A.2.2).
    let interleaved = members.len() > 1;
    let (columns, rows) = if interleaved {
        let (h, v) = frame.max_sampling;
        (frame.width.div_ceil(8 * h), frame.height.div_ceil(8 * v))
    } else {
        frame.components[members[0]].blocks
    };
    let mut bits = BitReader::new(data);
    let mut left = restart_interval;
    let mut restarts = 0;
    for (mcu_y, mcu_x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        if restart_interval > 0 {
            if left == 0 {
                decoder.end_interval()?;
                bits.restart(restarts)?;
                restarts = (restarts + 1) & 7;
                left = restart_interval;
            }
            left -= 1;
        }
        for (member, &index) in members.iter().enumerate() {
            let component = &mut frame.components[index];
            let (h, v) = if interleaved { component.sampling } else { (1, 1) };
            for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (mcu_y * v + y, mcu_x * h + x))) {
                let place = (x < component.blocks.0 && y < component.blocks.1).then_some((x, y));
                decoder.block(&mut bits, member, component, place)?;
            }
        }
    }
    decoder.end_interval()?;
    bits.finish()
}
