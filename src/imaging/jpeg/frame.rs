//! The frame: size, components, and the memory for their blocks (T.81, annexes A.1, A.2 and B.2.2).

use super::segments::be16;
use super::{ENDS_EARLY, JpegError, Result, damaged, idct};
use crate::imaging::formats::{check_reach, check_size};

/// The bytes of a block: of its samples, and of its coefficients in a progressive stream.
const BLOCK: usize = 64;
pub const COEFFICIENTS: usize = 2 * BLOCK;

/// The size of an image and its components.
pub struct Frame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Whether a scan brings only some bits of some coefficients.
    pub progressive: bool,
    /// The largest sampling factors: an MCU covers 8 times these in pixels.
    pub max_sampling: (usize, usize),
    /// One for grey, three for colour, four for CMYK.
    pub components: Vec<Component>,
}

/// A component: its geometry and its blocks.
pub struct Component {
    /// The number by which a scan names it.
    pub id: u8,
    /// Sampling factors, horizontal and vertical.
    pub sampling: (usize, usize),
    /// Width and height in samples.
    pub size: (usize, usize),
    /// Width and height in blocks.
    pub blocks: (usize, usize),
    /// The number of its quantisation table.
    pub table: usize,
    /// That table at the time of the first scan.
    pub quantisation: Option<[i32; 64]>,
    /// For each coefficient in the order of the stream, the number of low bits that no scan has brought; `None` before
    /// its first scan.
    pub missing: [Option<u8>; 64],
    /// Rows of samples, `8 * blocks.0` in each. Before [`Component::transform`], a progressive component has its
    /// coefficients here, block by block, each in two bytes.
    data: Vec<u8>,
}

impl Frame {
    /// Whether the scans brought every bit of every coefficient.
    pub fn is_complete(&self) -> bool {
        self.components.iter().all(Component::is_complete)
    }

    /// Reads an SOF segment. `length` is that of the whole stream.
    ///
    /// Memory is taken only if the stream can hold the image. A block costs at least two codes in a sequential stream,
    /// and at least its first DC code in a progressive one; a code has at least one bit.
    pub fn read(segment: &[u8], progressive: bool, length: usize) -> Result<Frame> {
        let (height, width) = (be16(segment, 1)?, be16(segment, 3)?);
        let count = usize::from(*segment.get(5).ok_or(ENDS_EARLY)?);
        match (segment[0], count) {
            (8, 1 | 3 | 4) => {}
            (12, _) => return Err(JpegError::Unsupported("a 12-bit JPEG")),
            (8, 2 | 5..) => return Err(JpegError::Unsupported("a JPEG of two or more than four components")),
            _ => return Err(damaged("the JPEG frame has an invalid precision or no components")),
        }
        if width == 0 {
            return Err(damaged("the JPEG frame has no pixels"));
        }
        if height == 0 {
            return Err(super::HEIGHT_FOLLOWS);
        }
        let mut components = Vec::with_capacity(count);
        for entry in segment.get(6..6 + 3 * count).ok_or(ENDS_EARLY)?.chunks_exact(3) {
            let sampling = (usize::from(entry[1] >> 4), usize::from(entry[1] & 15));
            if !(1..=4).contains(&sampling.0) || !(1..=4).contains(&sampling.1) || entry[2] > 3 {
                return Err(damaged("the JPEG frame has invalid sampling factors or tables"));
            }
            components.push(Component {
                id: entry[0],
                // A single component is never interleaved, so its sampling factors have no effect.
                sampling: if count == 1 { (1, 1) } else { sampling },
                size: (0, 0),
                blocks: (0, 0),
                table: usize::from(entry[2]),
                quantisation: None,
                missing: [None; 64],
                data: Vec::new(),
            });
        }
        let max_h = components.iter().map(|c| c.sampling.0).max().unwrap_or(1);
        let max_v = components.iter().map(|c| c.sampling.1).max().unwrap_or(1);
        if components.iter().any(|c| max_h % c.sampling.0 != 0 || max_v % c.sampling.1 != 0) {
            return Err(JpegError::Unsupported("a JPEG whose sampling factors are not whole multiples"));
        }
        for c in &mut components {
            let (h, v) = c.sampling;
            c.size = ((width * h).div_ceil(max_h), (height * v).div_ceil(max_v));
            c.blocks = (c.size.0.div_ceil(8), c.size.1.div_ceil(8));
        }
        let (pixels, blocks) = ((width as u64, height as u64), components.iter().map(|c| c.count()).sum::<usize>());
        let (ratio, coding) = if progressive { (512, "progressive JPEG") } else { (256, "sequential JPEG") };
        check_reach(pixels, BLOCK as u64 * blocks as u64, length as u64, ratio, coding).map_err(JpegError::Size)?;
        check_size(pixels.0, pixels.1, count.max(3) as u64).map_err(JpegError::Size)?;
        for c in &mut components {
            c.data = vec![0; c.count() * if progressive { COEFFICIENTS } else { BLOCK }];
        }
        Ok(Frame { width, height, progressive, max_sampling: (max_h, max_v), components })
    }
}

impl Component {
    /// The number of its blocks.
    pub fn count(&self) -> usize {
        self.blocks.0 * self.blocks.1
    }

    /// Whether its scans brought every bit of every coefficient.
    pub fn is_complete(&self) -> bool {
        self.missing == [Some(0); 64]
    }

    /// Writes the samples of the block in column `x` and row `y` of the blocks of a sequential component, from its
    /// dequantised coefficients.
    pub fn write_samples(&mut self, (x, y): (usize, usize), coefficients: &[i32; 64]) {
        let stride = 8 * self.blocks.0;
        idct::inverse(coefficients, &mut self.data[8 * (y * stride + x)..], stride);
    }

    /// The coefficients of a block of a progressive component, in row order, each in two bytes, little-endian.
    pub fn coefficients(&mut self, (x, y): (usize, usize)) -> &mut [u8] {
        &mut self.data[COEFFICIENTS * (y * self.blocks.0 + x)..][..COEFFICIENTS]
    }

    /// Replaces the coefficients of a progressive component by its samples, and gives back half of the memory.
    pub fn transform(&mut self) {
        let (stride, table) = (8 * self.blocks.0, self.quantisation.unwrap_or([0; 64]));
        let mut rows = vec![0; 8 * stride];
        for y in 0..self.blocks.1 {
            for x in 0..self.blocks.0 {
                let stored = self.coefficients((x, y));
                let block = std::array::from_fn(|z| {
                    i32::from(i16::from_le_bytes([stored[2 * z], stored[2 * z + 1]])) * table[z]
                });
                idct::inverse(&block, &mut rows[8 * x..], stride);
            }
            // These samples end before the coefficients of the next row of blocks.
            self.data[8 * stride * y..][..8 * stride].copy_from_slice(&rows);
        }
        self.data.truncate(BLOCK * self.count());
        self.data.shrink_to_fit();
    }

    /// The samples of row `y`.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[8 * self.blocks.0 * y..][..self.size.0]
    }
}
