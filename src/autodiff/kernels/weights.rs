//! The weight-gradient loop of a convolution: each weight sums, over positions, output gradient times input.
//!
//! dw[o, c, k] += Σ_q dy[o, q] · x[c, position of tap k at q], per lane. The positions at which tap k reads inside the
//! image form a rectangle. A tile of CO output channels × 3 input channels of one tap stays in registers over a block
//! of positions. Blocks, and the positions in them, are in row-major order, whatever the tile. Gradients that are
//! summed over the lanes are folded at the end, while they are still in a cache.

use super::Gradient;
use super::runs::Range;
use crate::lanes::{Kernel, Real, Register};

pub(super) struct WeightGradient<'a, 'g, T: Real> {
    /// (C, H, W).
    pub x: &'a [T],
    /// (O, H', W').
    pub dy: &'a [T],
    /// (O, C, K_h, K_w).
    pub gradient: &'a mut Gradient<'g, T>,
    pub input: [usize; 3],
    pub output: [usize; 3],
    pub kernel: [usize; 4],
    pub stride: usize,
    /// For each tap of a kernel row, and of a kernel column: the outputs at which it reads inside the image.
    pub taps: [Vec<Range>; 2],
}

/// Positions in a block: enough that loading and storing a tile's sums costs little, and few enough that a block's
/// inputs stay in the second-level cache.
const BLOCK: usize = 112;
/// Input channels that are processed together, so that their sums stay in that cache too.
const CHANNELS: usize = 24;

impl<T: Real> Kernel<T> for WeightGradient<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<T>>(mut self) {
        let mut scratch = Scratch { dy: Vec::new(), sums: Vec::new() };
        let mut o = 0;
        while o < self.kernel[0] {
            let sizes: [usize; 4] = if R::MANY_REGISTERS { [8, 4, 2, 1] } else { [2, 2, 2, 1] };
            let count = sizes.into_iter().find(|&n| n <= self.kernel[0] - o).unwrap_or(1);
            match count {
                8 => self.outputs::<R, 8>(o, &mut scratch),
                4 => self.outputs::<R, 4>(o, &mut scratch),
                2 => self.outputs::<R, 2>(o, &mut scratch),
                _ => self.outputs::<R, 1>(o, &mut scratch),
            }
            o += count;
        }
    }
}

/// Buffers that one call allocates once.
struct Scratch<R> {
    /// The gradients of a tile's outputs at the positions of a block, copied side by side. In `dy` they may be a
    /// multiple of 4096 bytes apart, and would evict each other from the first-level cache.
    dy: Vec<R>,
    /// Gradients per lane that will be folded.
    sums: Vec<R>,
}

/// A rectangle of output positions: rows and columns, each [first, end).
type Block = [[usize; 2]; 2];

impl<T: Real> WeightGradient<'_, '_, T> {
    /// The gradient of `CO` output channels from `o` on.
    #[inline(always)]
    fn outputs<R: Register<T>, const CO: usize>(&mut self, o: usize, scratch: &mut Scratch<R>) {
        let [_, all_channels, kernel_height, kernel_width] = self.kernel;
        let [_, height, width] = self.output;
        let taps = kernel_height * kernel_width;
        let block_width = width.min(BLOCK);
        let block_height = BLOCK / block_width;
        for c in (0..all_channels).step_by(CHANNELS) {
            let channels = CHANNELS.min(all_channels - c);
            // The gradient of output o + i, input c + j, tap k is at i · per_output + j · taps + k.
            let (target, per_output, mut fresh) = match &mut *self.gradient {
                Gradient::PerLane(gradient) => {
                    (&mut R::view_mut(gradient)[(o * all_channels + c) * taps..], all_channels * taps, false)
                }
                Gradient::Summed(_) => {
                    scratch.sums.resize(CO * channels * taps, R::zero());
                    (&mut scratch.sums[..], channels * taps, true)
                }
            };
            for y in (0..height).step_by(block_height) {
                for x in (0..width).step_by(block_width) {
                    let block = [[y, (y + block_height).min(height)], [x, (x + block_width).min(width)]];
                    pack::<R, CO>(&mut scratch.dy, R::view(self.dy), o, self.output, block);
                    let tiles = Tiles::<R, CO> {
                        x: &R::view(self.x)[c * self.input[1] * self.input[2]..],
                        dy: scratch.dy.as_chunks().0,
                        input: self.input,
                        taps: [&self.taps[0], &self.taps[1]],
                        stride: self.stride,
                        block,
                        per_output,
                        fresh: std::mem::take(&mut fresh),
                    };
                    match self.stride {
                        1 => tiles.channels::<1>(target, channels),
                        _ => tiles.channels::<0>(target, channels),
                    }
                }
            }
            if let Gradient::Summed(gradient) = &mut *self.gradient {
                for (i, sums) in scratch.sums.chunks_exact(channels * taps).enumerate() {
                    let start = ((o + i) * all_channels + c) * taps;
                    R::add_folds(sums, &mut gradient[start..][..sums.len()]);
                }
            }
        }
    }
}

/// The block of `dy`, by position, then output channel.
#[inline(always)]
fn pack<R: Real, const CO: usize>(packed: &mut Vec<R>, dy: &[R], o: usize, output: [usize; 3], [rows, columns]: Block) {
    let [_, height, width] = output;
    packed.clear();
    for y in rows[0]..rows[1] {
        for x in columns[0]..columns[1] {
            packed.extend((0..CO).map(|i| dy[((o + i) * height + y) * width + x]));
        }
    }
}

/// The tiles of one block of positions.
struct Tiles<'a, R: Real, const CO: usize> {
    /// (channels, H, W).
    x: &'a [R],
    /// [position in the block][output channel].
    dy: &'a [[R; CO]],
    input: [usize; 3],
    taps: [&'a [Range]; 2],
    stride: usize,
    block: Block,
    per_output: usize,
    /// Whether the sums start from 0, instead of from the stored values.
    fresh: bool,
}

impl<R: Real, const CO: usize> Tiles<'_, R, CO> {
    #[inline(always)]
    fn channels<const STRIDE: usize>(&self, target: &mut [R], channels: usize) {
        let [rows, columns] = self.block;
        for (ky, vertical) in self.taps[0].iter().enumerate() {
            for (kx, horizontal) in self.taps[1].iter().enumerate() {
                let mut valid = [vertical.within(rows), horizontal.within(columns)];
                let mut read = 0;
                if valid.iter().all(|[first, end]| first < end) {
                    // The position that the tap reads for the first of these positions.
                    read = vertical.read(valid[0][0], self.stride) * self.input[2]
                        + horizontal.read(valid[1][0], self.stride);
                } else if self.fresh {
                    valid = [[0, 0]; 2];
                } else {
                    continue;
                }
                let tap = ky * self.taps[1].len() + kx;
                let mut c = 0;
                while c + 3 <= channels {
                    self.tile::<3, STRIDE>(target, [c, tap], read, valid);
                    c += 3;
                }
                while c < channels {
                    self.tile::<1, STRIDE>(target, [c, tap], read, valid);
                    c += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn tile<const CI: usize, const STRIDE: usize>(
        &self,
        target: &mut [R],
        [c, tap]: [usize; 2],
        read: usize,
        [rows, columns]: Block,
    ) {
        let stride = if STRIDE > 0 { STRIDE } else { self.stride };
        let taps = self.taps[0].len() * self.taps[1].len();
        let place = |i: usize, j: usize| i * self.per_output + (c + j) * taps + tap;
        let mut sums = [[R::zero(); CI]; CO];
        if !self.fresh {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum = target[place(i, j)];
                    if let Some(next) = target.get(place(i, j + CI)) {
                        R::prefetch(next);
                    }
                }
            }
        }
        let len = columns[1] - columns[0];
        let [[top, _], [left, right]] = self.block;
        let plane = self.input[1] * self.input[2];
        for y in rows[0]..rows[1] {
            let dy = &self.dy[(y - top) * (right - left) + columns[0] - left..][..len];
            let start = read + (y - rows[0]) * stride * self.input[2];
            let mut x = [self.x; CI];
            for (j, x) in x.iter_mut().enumerate() {
                *x = &self.x[(c + j) * plane + start..][..(len - 1) * stride + 1];
            }
            for (q, dy) in dy.iter().enumerate() {
                let mut values = [R::zero(); CI];
                for (value, x) in values.iter_mut().zip(x) {
                    *value = x[q * stride];
                }
                for (sums, dy) in sums.iter_mut().zip(dy) {
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum = dy.mul_add(value, *sum);
                    }
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            for (j, sum) in sums.iter().enumerate() {
                target[place(i, j)] = *sum;
            }
        }
    }
}
