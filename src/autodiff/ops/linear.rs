//! linear: y = W x + b. It is a convolution whose image is one row of pixels, usually one pixel.
//!
//! x (I), W (O, I), b (O) → y (O). ∂/∂x = Wᵀ dy, ∂/∂W = dy xᵀ, ∂/∂b = dy. If x has the shape (I, P), its P columns are
//! separate vectors, each mapped separately: y (O, P). The gradients of W and b are then summed over the columns before
//! they are stored.

use super::conv2d::Conv2d;
use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::Convolution;
use crate::autodiff::{Tape, Var};
use crate::lanes::Real;

impl<T: Real> Tape<T> {
    /// W x + b with the parameters W (O, I) and b (O), for x of shape (I), or of each column of x of shape (I, P).
    ///
    /// # Panics
    /// If the shapes do not fit, or W or b is not a parameter.
    pub fn linear(&mut self, x: Var, w: Var, b: Var) -> Var {
        let (input, weight) = (self.shape(x), self.shape(w));
        let (inputs, columns) = match *input {
            [inputs] => (inputs, 1),
            [inputs, columns] => (inputs, columns),
            _ => panic!("linear: x needs the shape (I) or (I, P), not {input:?}"),
        };
        let &[outputs, weights] = weight else { panic!("linear: W needs the shape (O, I), not {weight:?}") };
        assert_eq!(inputs, weights, "linear: an input of shape {input:?} and weights of shape {weight:?}");
        assert_eq!(self.shape(b), [outputs], "linear: b needs one number for each output");
        let convolution = Convolution::new([inputs, 1, columns], [outputs, inputs, 1, 1], 1, 0);
        let output = [&[outputs], &input[1..]].concat();
        self.push(Conv2d { name: "linear", convolution }, &[x, w, b], &output)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let case = |outputs: usize, inputs: usize| {
        let shapes = vec![Input::lanes(&[inputs]), Input::parameter(&[outputs, inputs]), Input::parameter(&[outputs])];
        (shapes, build!(|tape, v| tape.linear(v[0], v[1], v[2])))
    };
    let columns = vec![Input::lanes(&[5, 3]), Input::parameter(&[2, 5]), Input::parameter(&[2])];
    let columns = Case::new("linear", columns, build!(|tape, v| tape.linear(v[0], v[1], v[2])));
    let tiny =
        [(1, 1), (3, 2), (2, 5)].map(|(o, i)| case(o, i)).map(|(inputs, build)| Case::new("linear", inputs, build));
    let paper =
        [(20, 108), (108, 20)].map(|(o, i)| case(o, i)).map(|(inputs, build)| Case::large("linear", inputs, build));
    tiny.into_iter().chain(paper).chain([columns]).map(|case| case.linear(&[0, 1, 2])).collect()
}
