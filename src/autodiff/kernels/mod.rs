//! The three loops of a convolution: forward, input gradient, weight gradient.
//!
//! A convolution with stride s and padding p reads, for output position o and tap k of the kernel, the input position
//! `o s + k − p`. A transposed convolution is its adjoint. So three loops serve `conv2d`, `conv_transpose2d` and
//! `linear`: each op names the loop of its forward pass and those of its gradients.
//!
//! Two ideas give the speed. First, the output is divided along each axis into runs in which the same taps are valid,
//! so the inner loop needs no border test and no padded copy. Second, a tile of outputs stays in registers during the
//! sum. The shape of a tile depends on the registers; the order of each sum does not.

pub mod elementwise;
mod gather;
mod runs;
mod weights;

use crate::lanes::Real;

/// The buffer for the gradient of one input.
pub enum Gradient<'a, T: Real> {
    /// One gradient per lane.
    PerLane(&'a mut [T]),
    /// The sum of the lanes' gradients, by [`Real::fold`]: only for parameters, which all lanes share.
    Summed(&'a mut [T::Scalar]),
}

impl<T: Real> Gradient<'_, T> {
    /// The per-lane gradient of an input.
    ///
    /// # Panics
    /// If the gradient is summed over the lanes.
    pub fn per_lane(&mut self) -> &mut [T] {
        match self {
            Gradient::PerLane(values) => values,
            Gradient::Summed(_) => panic!("only a parameter's gradient can be summed over the lanes"),
        }
    }

    /// Adds `value` to element `i`.
    #[inline]
    pub fn add(&mut self, i: usize, value: T) {
        match self {
            Gradient::PerLane(values) => values[i] = values[i] + value,
            Gradient::Summed(values) => values[i] = values[i] + value.fold(),
        }
    }
}

/// The geometry of a convolution: `input` (C, H, W) and `kernel` (O, C, K_h, K_w) give `output` (O, H', W').
///
/// A transposed convolution has the geometry of its adjoint convolution: `output` here is its input.
#[derive(Clone, Debug)]
pub struct Convolution {
    input: [usize; 3],
    kernel: [usize; 4],
    output: [usize; 3],
    stride: usize,
    padding: usize,
}

impl Convolution {
    /// The convolution of an image of shape `input` with a `kernel` of shape (O, C, K_h, K_w).
    ///
    /// # Panics
    /// If the channels differ, the stride is 0 or the padded image is smaller than the kernel.
    pub fn new(input: [usize; 3], kernel: [usize; 4], stride: usize, padding: usize) -> Self {
        let ([channels, height, width], [outputs, inputs, kernel_height, kernel_width]) = (input, kernel);
        assert_eq!(channels, inputs, "conv2d: an input of shape {input:?} and a kernel of shape {kernel:?}");
        assert!(stride > 0, "conv2d: a stride of 0");
        let size = |n: usize, k: usize| {
            assert!(
                n + 2 * padding >= k,
                "conv2d: input {input:?} with padding {padding} is smaller than kernel {kernel:?}"
            );
            (n + 2 * padding - k) / stride + 1
        };
        let output = [outputs, size(height, kernel_height), size(width, kernel_width)];
        Convolution { input, kernel, output, stride, padding }
    }

    /// The convolution whose adjoint maps an image of shape `small` to (C, (H − 1) s − 2p + K, …), for a kernel (O, C,
    /// K_h, K_w).
    ///
    /// # Panics
    /// If the channels differ, the stride is 0 or the padding removes the whole output.
    pub fn transposed(small: [usize; 3], kernel: [usize; 4], stride: usize, padding: usize) -> Self {
        assert_eq!(
            small[0], kernel[0],
            "conv_transpose2d: an input of shape {small:?} and a kernel of shape {kernel:?}"
        );
        assert!(stride > 0, "conv_transpose2d: a stride of 0");
        let size = |n: usize, k: usize| {
            let full = (n - 1) * stride + k;
            assert!(full > 2 * padding, "conv_transpose2d: padding {padding} removes the whole output of {small:?}");
            full - 2 * padding
        };
        let input = [kernel[1], size(small[1], kernel[2]), size(small[2], kernel[3])];
        Convolution { input, kernel, output: small, stride, padding }
    }

    /// The shape (C, H, W) of the input.
    pub fn input(&self) -> [usize; 3] {
        self.input
    }

    /// The shape (O, H', W') of the output.
    pub fn output(&self) -> [usize; 3] {
        self.output
    }

    /// y = kernel ⋆ x + bias.
    pub fn forward<T: Real>(&self, kernel: &[T::Scalar], bias: &[T::Scalar], x: &[T], y: &mut [T]) {
        let plane = self.output[1] * self.output[2];
        for (row, &b) in y.chunks_exact_mut(plane).zip(bias) {
            row.fill(T::splat(b));
        }
        self.add_forward(kernel, x, y);
    }

    /// y += kernel ⋆ x.
    pub fn add_forward<T: Real>(&self, kernel: &[T::Scalar], x: &[T], y: &mut [T]) {
        let taps = self.kernel[2] * self.kernel[3];
        T::dispatch(gather::Gather {
            x,
            y,
            weights: kernel,
            weight_strides: [self.kernel[1] * taps, taps],
            shapes: [self.input, self.output],
            rows: &self.along(1, runs::forward),
            columns: &self.along(2, runs::forward),
            taps,
            kernel_width: self.kernel[3],
        });
    }

    /// dx += the adjoint of the convolution, applied to dy.
    pub fn add_adjoint<T: Real>(&self, kernel: &[T::Scalar], dy: &[T], dx: &mut [T]) {
        let taps = self.kernel[2] * self.kernel[3];
        T::dispatch(gather::Gather {
            x: dy,
            y: dx,
            weights: kernel,
            weight_strides: [taps, self.kernel[1] * taps],
            shapes: [self.output, self.input],
            rows: &self.along(1, runs::adjoint),
            columns: &self.along(2, runs::adjoint),
            taps,
            kernel_width: self.kernel[3],
        });
    }

    /// dkernel += Σ over positions of dy · x.
    pub fn add_weight_gradient<T: Real>(&self, x: &[T], dy: &[T], dkernel: &mut Gradient<T>) {
        T::dispatch(weights::WeightGradient {
            x,
            dy,
            gradient: dkernel,
            input: self.input,
            output: self.output,
            kernel: self.kernel,
            stride: self.stride,
            taps: [1, 2].map(|axis| self.along(axis, runs::ranges)),
        });
    }

    /// Calls `of` with one axis (1: height, 2: width): input size, output size, taps, stride, padding.
    fn along<A>(&self, axis: usize, of: impl Fn(usize, usize, usize, usize, usize) -> A) -> A {
        of(self.input[axis], self.output[axis], self.kernel[axis + 1], self.stride, self.padding)
    }
}

/// dbias += Σ over positions of dy, per channel of `plane` positions.
pub fn add_bias_gradient<T: Real>(dy: &[T], plane: usize, dbias: &mut Gradient<T>) {
    for (o, channel) in dy.chunks_exact(plane).enumerate() {
        dbias.add(o, sum(channel));
    }
}

/// The sum of the elements, in order, lane by lane.
pub fn sum<T: Real>(values: &[T]) -> T {
    values.iter().fold(T::zero(), |sum, &v| sum + v)
}
