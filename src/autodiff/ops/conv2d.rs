//! conv2d: y[o, p] = b[o] + Σ_{c,k} w[o, c, k] x[c, p s + k − padding].
//!
//! x (C, H, W), w (O, C, K_h, K_w), b (O) → y (O, H', W') with H' = ⌊(H + 2 padding − K_h)/s⌋ + 1. It is linear in x and in w:
//! ∂/∂x is the adjoint (a transposed convolution) of the cotangent, ∂/∂w[o, c, k] = Σ_p dy[o, p] x[c, p s + k − padding],
//! ∂/∂b[o] = Σ_p dy[o, p].

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::{Convolution, Gradient, add_bias_gradient};
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

/// The op, also under the name of [`linear`](super::linear).
pub(super) struct Conv2d {
    pub name: &'static str,
    pub convolution: Convolution,
}

impl<T: Real> Op<T> for Conv2d {
    fn name(&self) -> &'static str {
        self.name
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        self.convolution.forward(inputs.shared(1), inputs.shared(2), inputs.lanes(0), y);
    }
    fn vjp(&self, k: usize, pass: &Pass<T>, gradient: &mut Gradient<T>) {
        let dy = pass.cotangent;
        match k {
            0 => self.convolution.add_adjoint(pass.inputs.shared(1), dy, gradient.per_lane()),
            1 => self.convolution.add_weight_gradient(pass.inputs.lanes(0), dy, gradient),
            _ => {
                let [_, height, width] = self.convolution.output();
                add_bias_gradient(dy, height * width, gradient);
            }
        }
    }
}

impl<T: Real> Tape<T> {
    /// The convolution of x (C, H, W) with the parameters w (O, C, K_h, K_w) and b (O).
    ///
    /// # Panics
    /// If the shapes do not fit, the stride is 0, or w or b is not a parameter.
    pub fn conv2d(&mut self, x: Var, w: Var, b: Var, stride: usize, padding: usize) -> Var {
        let (input, kernel) = (image("conv2d", self.shape(x)), kernel("conv2d", self.shape(w)));
        let convolution = Convolution::new(input, kernel, stride, padding);
        assert_eq!(self.shape(b), &convolution.output()[..1], "conv2d: b needs one number for each output channel");
        let shape = convolution.output();
        self.push(Conv2d { name: "conv2d", convolution }, &[x, w, b], &shape)
    }
}

/// A shape as (C, H, W).
pub(super) fn image(op: &str, shape: &[usize]) -> [usize; 3] {
    shape.try_into().unwrap_or_else(|_| panic!("{op}: an image needs the shape (C, H, W), not {shape:?}"))
}

/// A shape as (O, C, K_h, K_w).
pub(super) fn kernel(op: &str, shape: &[usize]) -> [usize; 4] {
    shape.try_into().unwrap_or_else(|_| panic!("{op}: a kernel needs the shape (O, C, K_h, K_w), not {shape:?}"))
}

pub(super) fn cases() -> Vec<Case> {
    let case = |x: [usize; 3], w: [usize; 4], stride: usize, padding: usize| {
        let inputs = vec![Input::lanes(&x), Input::parameter(&w), Input::parameter(&w[..1])];
        (inputs, build!(|tape, v| tape.conv2d(v[0], v[1], v[2], stride, padding)))
    };
    let tiny = [
        ([1, 3, 3], [1, 1, 1, 1], 1, 0),
        ([2, 5, 4], [3, 2, 3, 3], 1, 1),
        ([1, 5, 7], [2, 1, 2, 3], 2, 0),
        ([3, 4, 5], [1, 3, 4, 4], 2, 2),
        ([2, 7, 5], [9, 2, 3, 2], 3, 1),
        ([4, 1, 6], [5, 4, 1, 1], 1, 0),
    ];
    let paper =
        [([3, 28, 28], [3, 3, 4, 4], 2, 2), ([9, 5, 5], [12, 9, 4, 4], 2, 2), ([16, 14, 14], [24, 16, 3, 3], 1, 1)];
    let tiny = tiny.map(|(x, w, s, p)| case(x, w, s, p)).map(|(inputs, build)| Case::new("conv2d", inputs, build));
    let paper = paper.map(|(x, w, s, p)| case(x, w, s, p)).map(|(inputs, build)| Case::large("conv2d", inputs, build));
    tiny.into_iter().chain(paper).map(|case| case.linear(&[0, 1, 2])).collect()
}
