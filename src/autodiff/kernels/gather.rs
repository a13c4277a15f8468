//! The forward and adjoint loops of a convolution: each output sums the inputs that its taps read.
//!
//! y[o, q] += Σ_c Σ_k w[o, c, k] · x[c, position of tap k at q]. A tile of CO output channels × PX positions of one run
//! stays in registers. The sum runs over the input channels, then the taps, whatever the tile. The channels are
//! processed in blocks, so that the inputs of a tile stay in the first-level cache. Between blocks the tile is stored
//! and loaded again, which changes no bit.

use super::runs::Run;
use crate::lanes::{Kernel, Real, Register};

pub(super) struct Gather<'a, T: Real> {
    /// (C, H, W).
    pub x: &'a [T],
    /// (O, H', W').
    pub y: &'a mut [T],
    pub weights: &'a [T::Scalar],
    /// The distance in `weights` between outputs, and between inputs; a kernel's taps are contiguous.
    pub weight_strides: [usize; 2],
    /// The shapes of x and of y.
    pub shapes: [[usize; 3]; 2],
    pub rows: &'a [Run],
    pub columns: &'a [Run],
    /// The taps of the whole kernel, and of one of its rows.
    pub taps: usize,
    pub kernel_width: usize,
}

/// The bytes of weights that one tile may use from a block of input channels: a quarter of a 32 KiB first-level cache.
const BLOCK_BYTES: usize = 8 * 1024;

/// The positions of one row and run, for its tiles.
struct Place<'a> {
    /// (tap, offset of the tap's row and column in a channel of x).
    taps: &'a [(usize, usize)],
    /// Distance in x between neighbouring positions of the run.
    advance: usize,
    /// Number of positions.
    len: usize,
    /// First position in a channel of y, and distance between neighbours.
    target: usize,
    step: usize,
}

impl<T: Real> Kernel<T> for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<T>>(mut self) {
        let y = R::view_mut(std::mem::take(&mut self.y));
        let x = R::view(self.x);
        let [[channels, height, width], [outputs, ..]] = self.shapes;
        let per_channel = self.taps * 8 * size_of::<T::Scalar>();
        let block = (BLOCK_BYTES / per_channel).clamp(1, channels);
        let mut packed = Vec::with_capacity(8 * block * self.taps);
        let mut o = 0;
        while o < outputs {
            let count = tile_outputs::<R>(outputs - o);
            for first in (0..channels).step_by(block) {
                let end = (first + block).min(channels);
                self.pack(&mut packed, [o, o + count], [first, end]);
                let x = &x[first * height * width..end * height * width];
                match count {
                    8 => self.tiles::<R, 8, 3>(x, y, o, packed.as_chunks().0),
                    6 => self.tiles::<R, 6, 1>(x, y, o, packed.as_chunks().0),
                    4 => self.tiles::<R, 4, 3>(x, y, o, packed.as_chunks().0),
                    2 => self.tiles::<R, 2, 3>(x, y, o, packed.as_chunks().0),
                    _ => self.tiles::<R, 1, 3>(x, y, o, packed.as_chunks().0),
                }
            }
            o += count;
        }
    }
}

/// The output channels of the next tile: as many as the registers can hold sums for.
#[inline(always)]
fn tile_outputs<R: Real>(left: usize) -> usize {
    let sizes: [usize; 4] = if R::MANY_REGISTERS { [8, 4, 2, 1] } else { [6, 4, 2, 1] };
    sizes.into_iter().find(|&n| n <= left).unwrap_or(1)
}

impl<T: Real> Gather<'_, T> {
    /// The weights of a block in the order of use: by input channel, tap, output channel.
    #[inline(always)]
    fn pack(&self, packed: &mut Vec<T::Scalar>, outputs: [usize; 2], channels: [usize; 2]) {
        let [out_stride, in_stride] = self.weight_strides;
        packed.clear();
        for c in channels[0]..channels[1] {
            for tap in c * in_stride..c * in_stride + self.taps {
                packed.extend((outputs[0]..outputs[1]).map(|o| self.weights[o * out_stride + tap]));
            }
        }
    }

    /// All positions of `CO` output channels from `o` on.
    #[inline(always)]
    fn tiles<R: Register<T>, const CO: usize, const PX: usize>(
        &self,
        x: &[R],
        y: &mut [R],
        o: usize,
        weights: &[[T::Scalar; CO]],
    ) {
        let [[_, height, width], [_, out_height, out_width]] = self.shapes;
        let (plane, out_plane) = (height * width, out_height * out_width);
        let y = &mut y[o * out_plane..(o + CO) * out_plane];
        let mut taps = Vec::with_capacity(self.taps);
        for row in self.rows {
            for i in 0..row.len {
                for column in self.columns {
                    taps.clear();
                    for &(ky, iy) in &row.taps {
                        let above = (iy + i * row.advance) * width;
                        taps.extend(column.taps.iter().map(|&(kx, ix)| (ky * self.kernel_width + kx, above + ix)));
                    }
                    let target = (row.first + i * row.step) * out_width + column.first;
                    let (advance, len, step) = (column.advance, column.len, column.step);
                    let place = Place { taps: &taps, advance, len, target, step };
                    let job = Job { x, weights, plane, out_plane, all_taps: self.taps };
                    match advance {
                        1 => job.run_of::<PX, 1>(y, &place),
                        _ => job.run_of::<PX, 0>(y, &place),
                    }
                }
            }
        }
    }
}

struct Job<'a, R: Real, const CO: usize> {
    x: &'a [R],
    weights: &'a [[R::Scalar; CO]],
    plane: usize,
    out_plane: usize,
    all_taps: usize,
}

impl<R: Real, const CO: usize> Job<'_, R, CO> {
    /// All positions of a run: tiles of PX, then of 2 and 1. ADVANCE is the advance of the run if it is a known
    /// constant, else 0.
    #[inline(always)]
    fn run_of<const PX: usize, const ADVANCE: usize>(&self, y: &mut [R], place: &Place) {
        let mut position = 0;
        while position + PX <= place.len {
            self.tile::<PX, ADVANCE>(y, place, position);
            position += PX;
        }
        if PX > 2 && position + 2 <= place.len {
            self.tile::<2, ADVANCE>(y, place, position);
            position += 2;
        }
        if PX > 1 && position < place.len {
            self.tile::<1, ADVANCE>(y, place, position);
        }
    }

    #[inline(always)]
    fn tile<const PX: usize, const ADVANCE: usize>(&self, y: &mut [R], place: &Place, position: usize) {
        let advance = if ADVANCE > 0 { ADVANCE } else { place.advance };
        let target = place.target + position * place.step;
        let mut sums = [[R::zero(); PX]; CO];
        for (j, sums) in sums.iter_mut().enumerate() {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = y[target + j * self.out_plane + i * place.step];
            }
        }
        let span = (PX - 1) * advance + 1;
        for (x, weights) in self.x.chunks_exact(self.plane).zip(self.weights.chunks_exact(self.all_taps)) {
            let x = &x[position * advance..];
            for &(tap, offset) in place.taps {
                let row = &x[offset..offset + span];
                let weights = &weights[tap];
                let mut values = [row[0]; PX];
                for (i, value) in values.iter_mut().enumerate() {
                    *value = row[i * advance];
                }
                for (sums, &weight) in sums.iter_mut().zip(weights) {
                    let weight = R::splat(weight);
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum = value.mul_add(weight, *sum);
                    }
                }
            }
        }
        for (j, sums) in sums.iter().enumerate() {
            for (i, sum) in sums.iter().enumerate() {
                y[target + j * self.out_plane + i * place.step] = *sum;
            }
        }
    }
}
