//! conv_transpose2d: the adjoint of conv2d, y[c, q] = b[c] + Σ_{o,k : p s + k − padding = q} w[o, c, k] x[o, p].
//!
//! x (O, H', W'), w (O, C, K_h, K_w) (in, out, as PyTorch stores it), b (C) → y (C, H, W) with H = (H' − 1) s − 2 padding + K_h.
//! ∂/∂x is the convolution of the cotangent with w; ∂/∂w is that of conv2d with x and dy exchanged.

use super::conv2d::{image, kernel};
use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::{Convolution, Gradient, add_bias_gradient};
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

/// The adjoint convolution: its output is the input of this op.
struct ConvTranspose2d(Convolution);

impl<T: Real> Op<T> for ConvTranspose2d {
    fn name(&self) -> &'static str {
        "conv_transpose2d"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        let [_, height, width] = self.0.input();
        for (channel, &b) in y.chunks_exact_mut(height * width).zip(inputs.shared(2)) {
            channel.fill(T::splat(b));
        }
        self.0.add_adjoint(inputs.shared(1), inputs.lanes(0), y);
    }
    fn vjp(&self, k: usize, pass: &Pass<T>, gradient: &mut Gradient<T>) {
        let dy = pass.cotangent;
        match k {
            0 => self.0.add_forward(pass.inputs.shared(1), dy, gradient.per_lane()),
            1 => self.0.add_weight_gradient(dy, pass.inputs.lanes(0), gradient),
            _ => add_bias_gradient(dy, self.0.input()[1] * self.0.input()[2], gradient),
        }
    }
}

impl<T: Real> Tape<T> {
    /// The transposed convolution of x (O, H', W') with the parameters w (O, C, K_h, K_w) and b (C).
    ///
    /// # Panics
    /// If the shapes do not fit, the stride is 0, or w or b is not a parameter.
    pub fn conv_transpose2d(&mut self, x: Var, w: Var, b: Var, stride: usize, padding: usize) -> Var {
        let (small, kernel) = (image("conv_transpose2d", self.shape(x)), kernel("conv_transpose2d", self.shape(w)));
        let convolution = Convolution::transposed(small, kernel, stride, padding);
        assert_eq!(
            self.shape(b),
            &convolution.input()[..1],
            "conv_transpose2d: b needs one number for each output channel"
        );
        let shape = convolution.input();
        self.push(ConvTranspose2d(convolution), &[x, w, b], &shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let case = |x: [usize; 3], w: [usize; 4], stride: usize, padding: usize| {
        let inputs = vec![Input::lanes(&x), Input::parameter(&w), Input::parameter(&w[1..2])];
        (inputs, build!(|tape, v| tape.conv_transpose2d(v[0], v[1], v[2], stride, padding)))
    };
    let tiny = [
        ([1, 2, 2], [1, 1, 1, 1], 1, 0),
        ([2, 3, 2], [2, 3, 3, 3], 1, 1),
        ([1, 3, 2], [1, 2, 2, 3], 2, 0),
        ([3, 3, 3], [3, 1, 4, 4], 2, 2),
        ([2, 2, 3], [2, 9, 3, 2], 3, 1),
        ([2, 2, 2], [2, 1, 2, 2], 3, 0),
    ];
    let paper = [([12, 3, 3], [12, 9, 4, 4], 2, 2), ([3, 14, 14], [3, 3, 4, 4], 2, 1), ([9, 4, 4], [9, 6, 4, 4], 2, 1)];
    let name = "conv_transpose2d";
    let tiny = tiny.map(|(x, w, s, p)| case(x, w, s, p)).map(|(inputs, build)| Case::new(name, inputs, build));
    let paper = paper.map(|(x, w, s, p)| case(x, w, s, p)).map(|(inputs, build)| Case::large(name, inputs, build));
    tiny.into_iter().chain(paper).map(|case| case.linear(&[0, 1, 2])).collect()
}
