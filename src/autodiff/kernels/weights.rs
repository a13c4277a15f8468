//! The weight gradient: each weight sums, over positions, what it multiplied.
//!
//! dw[o, c, k] += Σ_q dy[o, q] · x[c, position of tap k at q], per lane. The positions at which tap k reads inside the image are
//! a rectangle. A tile of CO output channels × 3 input channels of one tap stays in registers while it goes over a block of
//! positions, small enough to stay in the first-level cache; blocks and the positions in them come in row-major order,
//! whatever the tile. What all lanes share is folded once at the end.

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
    /// For each tap of a row of the kernel, and of a column, where it reads inside the image.
    pub taps: [Vec<Range>; 2],
}

/// Positions in a block: eight channels of them are half of a 32 KiB first-level cache.
const BLOCK: usize = 32;
/// Input channels whose sums are gone over together, so that they stay in the second-level cache.
const CHANNELS: usize = 12;

impl<T: Real> Kernel<T> for WeightGradient<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<T>>(self) {
        let [outputs, channels, kernel_height, kernel_width] = self.kernel;
        let per_output = channels * kernel_height * kernel_width;
        let sums = Sums {
            x: R::view(self.x),
            dy: R::view(self.dy),
            input: self.input,
            output: self.output,
            kernel: self.kernel,
            stride: self.stride,
            taps: [&self.taps[0], &self.taps[1]],
        };
        let mut scratch: Vec<T> = Vec::new();
        let mut o = 0;
        while o < outputs {
            let sizes: [usize; 4] = if R::MANY_REGISTERS { [8, 4, 2, 1] } else { [2, 2, 2, 1] };
            let count = sizes.into_iter().find(|&n| n <= outputs - o).unwrap_or(1);
            let part = o * per_output..(o + count) * per_output;
            let target = match &mut *self.gradient {
                Gradient::PerLane(gradient) => &mut gradient[part.clone()],
                Gradient::Summed(_) => {
                    scratch.clear();
                    scratch.resize(part.len(), T::zero());
                    &mut scratch[..]
                }
            };
            match count {
                8 => sums.outputs::<8>(R::view_mut(target), o),
                4 => sums.outputs::<4>(R::view_mut(target), o),
                2 => sums.outputs::<2>(R::view_mut(target), o),
                _ => sums.outputs::<1>(R::view_mut(target), o),
            }
            if let Gradient::Summed(gradient) = &mut *self.gradient {
                for (sum, lanes) in gradient[part].iter_mut().zip(R::view(&scratch)) {
                    *sum = *sum + lanes.fold();
                }
            }
            o += count;
        }
    }
}

struct Sums<'a, R: Real> {
    x: &'a [R],
    dy: &'a [R],
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 4],
    stride: usize,
    taps: [&'a [Range]; 2],
}

/// A rectangle of output positions: rows and columns, each [first, end).
type Block = [[usize; 2]; 2];

impl<R: Real> Sums<'_, R> {
    /// The gradient of `CO` output channels from `o` on, into `target` (CO, C, K_h, K_w).
    #[inline(always)]
    fn outputs<const CO: usize>(&self, target: &mut [R], o: usize) {
        let ([_, height, width], channels) = (self.output, self.kernel[1]);
        let block_width = width.min(BLOCK);
        let block_height = BLOCK / block_width;
        for c in (0..channels).step_by(CHANNELS) {
            let channels = [c, (c + CHANNELS).min(channels)];
            for y in (0..height).step_by(block_height) {
                for x in (0..width).step_by(block_width) {
                    let block = [[y, (y + block_height).min(height)], [x, (x + block_width).min(width)]];
                    match self.stride {
                        1 => self.block::<CO, 1>(target, o, channels, block),
                        _ => self.block::<CO, 0>(target, o, channels, block),
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn block<const CO: usize, const STRIDE: usize>(
        &self,
        target: &mut [R],
        o: usize,
        channels: [usize; 2],
        [rows, columns]: Block,
    ) {
        for (ky, vertical) in self.taps[0].iter().enumerate() {
            for (kx, horizontal) in self.taps[1].iter().enumerate() {
                let valid = [vertical.within(rows), horizontal.within(columns)];
                if valid.iter().any(|[first, end]| first >= end) {
                    continue;
                }
                // Where the tap reads for the first of these positions.
                let read =
                    vertical.read(valid[0][0], self.stride) * self.input[2] + horizontal.read(valid[1][0], self.stride);
                let tap = ky * self.kernel[3] + kx;
                let mut c = channels[0];
                while c + 3 <= channels[1] {
                    self.tile::<CO, 3, STRIDE>(target, [o, c, tap], read, valid);
                    c += 3;
                }
                while c < channels[1] {
                    self.tile::<CO, 1, STRIDE>(target, [o, c, tap], read, valid);
                    c += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn tile<const CO: usize, const CI: usize, const STRIDE: usize>(
        &self,
        target: &mut [R],
        [o, c, tap]: [usize; 3],
        read: usize,
        [rows, columns]: Block,
    ) {
        let stride = if STRIDE > 0 { STRIDE } else { self.stride };
        let taps = self.kernel[2] * self.kernel[3];
        let place = |i: usize, j: usize| (i * self.kernel[1] + c + j) * taps + tap;
        let mut sums = [[R::zero(); CI]; CO];
        for (i, sums) in sums.iter_mut().enumerate() {
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = target[place(i, j)];
            }
        }
        let len = columns[1] - columns[0];
        let (plane, out_plane) = (self.input[1] * self.input[2], self.output[1] * self.output[2]);
        for y in rows[0]..rows[1] {
            let start = y * self.output[2] + columns[0];
            let mut dy = [self.dy; CO];
            for (i, dy) in dy.iter_mut().enumerate() {
                *dy = &self.dy[(o + i) * out_plane + start..][..len];
            }
            let start = read + (y - rows[0]) * stride * self.input[2];
            let mut x = [self.x; CI];
            for (j, x) in x.iter_mut().enumerate() {
                *x = &self.x[(c + j) * plane + start..][..(len - 1) * stride + 1];
            }
            for q in 0..len {
                let mut values = [R::zero(); CI];
                for (value, x) in values.iter_mut().zip(x) {
                    *value = x[q * stride];
                }
                for (sums, dy) in sums.iter_mut().zip(dy) {
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum = dy[q].mul_add(value, *sum);
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
