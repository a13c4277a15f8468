//! Blocks of sequential streams (T.81, annex F.2.2): all coefficients of a block at once.

use super::bits::BitReader;
use super::blocks::BlockDecoder;
use super::frame::Component;
use super::huffman::HuffmanTable;
use super::tables::Tables;
use super::{Result, ZIGZAG, damaged};

/// The error of coefficients behind the last of a block.
pub const TOO_MANY: &str = "the JPEG stream contains more values than a block has";

/// The decoder of a sequential scan.
pub struct Sequential<'a> {
    /// The DC and AC tables of each component.
    tables: Vec<(&'a HuffmanTable, &'a HuffmanTable)>,
    /// The last DC value of each component, before dequantisation.
    predictions: [i32; 4],
}

impl<'a> Sequential<'a> {
    /// A decoder for components with these numbers of their DC and AC tables.
    pub fn new(codes: &[(u8, u8)], tables: &'a Tables) -> Result<Self> {
        let tables = codes.iter().map(|&(dc, ac)| Ok((tables.dc(dc)?, tables.ac(ac)?))).collect::<Result<_>>()?;
        Ok(Sequential { tables, predictions: [0; 4] })
    }
}

impl BlockDecoder for Sequential<'_> {
    fn block(
        &mut self,
        bits: &mut BitReader,
        member: usize,
        component: &mut Component,
        place: Option<(usize, usize)>,
    ) -> Result<()> {
        let (dc, ac) = self.tables[member];
        let quantisation = component.quantisation.as_ref().unwrap_or(&[0; 64]);
        let mut block = [0; 64];
        block[0] = dc_value(bits, dc, &mut self.predictions[member])? * quantisation[0];
        let mut k = 1;
        while k < 64 {
            bits.fill();
            let symbol = ac.symbol(bits)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if symbol == 0 {
                break;
            }
            k += run;
            if k > 63 {
                return Err(damaged(TOO_MANY));
            }
            if size > 0 {
                block[ZIGZAG[k]] = bits.signed(size) * quantisation[ZIGZAG[k]];
            } else if run < 15 {
                return Err(damaged("the JPEG stream contains a run that sequential streams do not have"));
            }
            k += 1;
        }
        bits.check()?;
        if let Some(place) = place {
            component.write_samples(place, &block);
        }
        Ok(())
    }

    fn end_interval(&mut self) -> Result<()> {
        self.predictions = [0; 4];
        Ok(())
    }
}

/// The next DC value, coded as the difference to `prediction`, which it replaces.
pub fn dc_value(bits: &mut BitReader, table: &HuffmanTable, prediction: &mut i32) -> Result<i32> {
    bits.fill();
    let size = table.symbol(bits)?;
    *prediction += bits.signed(u32::from(size));
    if i16::try_from(*prediction).is_err() {
        return Err(damaged("the JPEG stream contains a DC value out of range"));
    }
    Ok(*prediction)
}
