//! What the segments before a scan define: tables, the restart interval and the marks of JFIF and Adobe.

use super::huffman::HuffmanTable;
use super::segments::be16;
use super::{ENDS_EARLY, Result, ZIGZAG, damaged};

const NEVER_DEFINED: &str = "a JPEG scan uses a table that was never defined";

/// The tables in use at a place of the stream. A later segment replaces them.
#[derive(Default)]
pub struct Tables {
    /// Divisors of the coefficients, in row order.
    quantisation: [Option<[i32; 64]>; 4],
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
    /// MCUs between restart markers; 0 for none.
    pub restart_interval: usize,
    /// Whether the stream has the mark of JFIF.
    pub jfif: bool,
    /// The colour transform of Adobe's mark.
    pub adobe_transform: Option<u8>,
}

impl Tables {
    /// Reads a DQT segment.
    pub fn read_quantisation(&mut self, mut segment: &[u8]) -> Result<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let (wide, id) = (usize::from(head >> 4), usize::from(head & 15));
            if wide > 1 || id > 3 {
                return Err(damaged("a JPEG quantisation table has an invalid precision or number"));
            }
            let values = rest.get(..64 * (1 + wide)).ok_or(ENDS_EARLY)?;
            let mut table = [0; 64];
            for (k, entry) in values.chunks_exact(1 + wide).enumerate() {
                table[ZIGZAG[k]] = entry.iter().fold(0, |value, &byte| value << 8 | i32::from(byte));
            }
            self.quantisation[id] = Some(table);
            segment = &rest[values.len()..];
        }
        Ok(())
    }

    /// Reads a DHT segment.
    pub fn read_huffman(&mut self, mut segment: &[u8]) -> Result<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let (class, id) = (head >> 4, usize::from(head & 15));
            if class > 1 || id > 3 {
                return Err(damaged("a JPEG Huffman table has an invalid class or number"));
            }
            let (tables, most) = if class == 0 { (&mut self.dc, 15) } else { (&mut self.ac, 255) };
            let (table, length) = HuffmanTable::read(rest, most)?;
            tables[id] = Some(table);
            segment = &rest[length..];
        }
        Ok(())
    }

    /// Reads a DRI segment.
    pub fn read_restart_interval(&mut self, segment: &[u8]) -> Result<()> {
        self.restart_interval = be16(segment, 0)?;
        Ok(())
    }

    /// The quantisation table `id`, 0 to 3.
    pub fn quantisation(&self, id: usize) -> Result<[i32; 64]> {
        self.quantisation[id].ok_or(damaged(NEVER_DEFINED))
    }

    /// The table of the DC codes `id`.
    pub fn dc(&self, id: u8) -> Result<&HuffmanTable> {
        self.dc.get(usize::from(id)).and_then(Option::as_ref).ok_or(damaged(NEVER_DEFINED))
    }

    /// The table of the AC codes `id`.
    pub fn ac(&self, id: u8) -> Result<&HuffmanTable> {
        self.ac.get(usize::from(id)).and_then(Option::as_ref).ok_or(damaged(NEVER_DEFINED))
    }
}
