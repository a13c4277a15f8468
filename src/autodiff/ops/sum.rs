//! sum: y_i = Σ_j x_ij over the trailing axes, in order. ∂y_i/∂x_ij = 1.

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::{self, Gradient};
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

struct Sum {
    /// The number of elements in each sum.
    each: usize,
}

impl<T: Real> Op<T> for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        for (y, x) in y.iter_mut().zip(inputs.lanes(0).chunks_exact(self.each)) {
            *y = kernels::sum(x);
        }
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, dx: &mut Gradient<T>) {
        for (dx, &c) in dx.per_lane().chunks_exact_mut(self.each).zip(pass.cotangent) {
            for d in dx {
                *d = *d + c;
            }
        }
    }
}

impl<T: Real> Tape<T> {
    /// The sum of all elements: shape [].
    pub fn sum(&mut self, x: Var) -> Var {
        self.sum_trailing(x, 0)
    }

    /// The sums over all axes but the first `kept`: (C, H, W) with `kept` = 1 gives (C).
    ///
    /// # Panics
    /// If x has fewer than `kept` axes, or no element.
    pub fn sum_trailing(&mut self, x: Var, kept: usize) -> Var {
        let from = self.shape(x);
        assert!(kept <= from.len(), "sum: {from:?} has fewer than {kept} axes");
        let (shape, each) = (from[..kept].to_vec(), from[kept..].iter().product());
        assert!(each > 0, "sum: {from:?} has no elements to add");
        self.push(Sum { each }, &[x], &shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("sum", vec![Input::lanes(&[5])], build!(|tape, v| tape.sum(v[0]))).linear(&[0]),
        Case::new("sum", vec![Input::lanes(&[3, 2, 2])], build!(|tape, v| tape.sum_trailing(v[0], 1))).linear(&[0]),
        Case::large("sum", vec![Input::lanes(&[3, 28, 28])], build!(|tape, v| tape.sum(v[0]))).linear(&[0]),
    ]
}
