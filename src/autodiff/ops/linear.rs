//! linear: y = W x + b, a convolution whose image is one row of pixels, most often one pixel.
//!
//! x (I), W (O, I), b (O) → y (O). ∂/∂x = Wᵀ dy, ∂/∂W = dy xᵀ, ∂/∂b = dy. Of x (I, P) the P columns are separate vectors, each
//! mapped on its own, y (O, P); the gradients of W and b are then summed over them before anything is stored.

use crate::autodiff::check::{Case, Input, build};
use crate::autodiff::kernels::{Convolution, Gradient, add_bias_gradient};
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

/// W x + b of each column of x.
struct Linear(Convolution);

impl<T: Real> Op<T> for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        self.0.forward(inputs.shared(1), inputs.shared(2), inputs.lanes(0), y);
    }
    fn vjp(&self, k: usize, pass: &Pass<T>, gradient: &mut Gradient<T>) {
        let dy = pass.cotangent;
        match k {
            0 => self.0.add_adjoint(pass.inputs.shared(1), dy, gradient.per_lane()),
            1 => self.0.add_weight_gradient(pass.inputs.lanes(0), dy, gradient),
            _ => add_bias_gradient(dy, self.0.output()[2], gradient),
        }
    }
}

impl<T: Real> Tape<T> {
    /// W x + b with the parameters W (O, I) and b (O), for x of shape (I), or of each column of x of shape (I, P).
    ///
    /// # Panics
    /// When the shapes do not fit, or W or b is not a parameter.
    pub fn linear(&mut self, x: Var, w: Var, b: Var) -> Var {
        let (input, weight) = (self.shape(x), self.shape(w));
        let (inputs, columns) = match *input {
            [inputs] => (inputs, 1),
            [inputs, columns] => (inputs, columns),
            _ => panic!("linear: x has the shape (I) or (I, P), not {input:?}"),
        };
        let &[outputs, weights] = weight else { panic!("linear: W has the shape (O, I), not {weight:?}") };
        assert_eq!(inputs, weights, "linear: an input of shape {input:?} and weights of shape {weight:?}");
        assert_eq!(self.shape(b), [outputs], "linear: one bias for each output");
        let convolution = Convolution::new([inputs, 1, columns], [outputs, inputs, 1, 1], 1, 0);
        let output = [&[outputs], &input[1..]].concat();
        self.push(Linear(convolution), &[x, w, b], &output)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let case = |outputs: usize, inputs: usize| {
        let shapes = vec![Input::lanes(&[inputs]), Input::parameter(&[outputs, inputs]), Input::parameter(&[outputs])];
        (shapes, build!(|tape, v| tape.linear(v[0], v[1], v[2])))
    };
    let columns = vec![Input::lanes(&[5, 3]), Input::parameter(&[2, 5]), Input::parameter(&[2])];
    let columns = Case::new("linear", columns, build!(|tape, v| tape.linear(v[0], v[1], v[2])));
    let tiny = [(1, 1), (3, 2), (2, 5)].map(|(o, i)| case(o, i)).map(|(inputs, build)| Case::new("linear", inputs, build));
    let paper = [(20, 108), (108, 20)].map(|(o, i)| case(o, i)).map(|(inputs, build)| Case::large("linear", inputs, build));
    tiny.into_iter().chain(paper).chain([columns]).map(|case| case.linear(&[0, 1, 2])).collect()
}
