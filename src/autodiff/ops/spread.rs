//! spread: copies a parameter's values into every lane. ∂y/∂w = 1. The parameter's gradient is per lane, or the sum
//! over the lanes.

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

struct Spread;

impl<T: Real> Op<T> for Spread {
    fn name(&self) -> &'static str {
        "spread"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        for (y, &w) in y.iter_mut().zip(inputs.shared(0)) {
            *y = T::splat(w);
        }
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, dw: &mut Gradient<T>) {
        pass.cotangent.iter().enumerate().for_each(|(i, &c)| dw.add(i, c));
    }
}

impl<T: Real> Tape<T> {
    /// The parameter w as a value of the same shape, for operations that accept only lanes.
    ///
    /// # Panics
    /// If w is not a parameter.
    pub fn spread(&mut self, w: Var) -> Var {
        assert!(self.is_parameter(w), "spread: the input must be a parameter");
        let shape = self.shape(w).to_vec();
        self.push(Spread, &[w], &shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("spread", vec![Input::parameter(&[3])], build!(|tape, v| tape.spread(v[0]))).linear(&[0]),
        Case::new("spread", vec![Input::parameter(&[2, 3])], build!(|tape, v| tape.spread(v[0]))).linear(&[0]),
        Case::large("spread", vec![Input::parameter(&[108, 20])], build!(|tape, v| tape.spread(v[0]))).linear(&[0]),
    ]
}
