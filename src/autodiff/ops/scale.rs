//! scale: y = s x with a constant s. ∂y/∂x = s.

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::kernels::elementwise::add_scaled;
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

struct Scale(f64);

impl<T: Real> Op<T> for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        let s = T::from_f64(self.0);
        for (y, &x) in y.iter_mut().zip(inputs.lanes(0)) {
            *y = s * x;
        }
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, dx: &mut Gradient<T>) {
        add_scaled(T::from_f64(self.0), pass.cotangent, dx.per_lane());
    }
}

impl<T: Real> Tape<T> {
    /// s x with a constant s. Any shape.
    pub fn scale(&mut self, x: Var, s: f64) -> Var {
        let shape = self.shape(x).to_vec();
        self.push(Scale(s), &[x], &shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("scale", vec![Input::lanes(&[5])], build!(|tape, v| tape.scale(v[0], -1.75))).linear(&[0]),
        Case::new("scale", vec![Input::lanes(&[2, 3])], build!(|tape, v| tape.scale(v[0], 0.3))).linear(&[0]),
        Case::large("scale", vec![Input::lanes(&[3, 28, 28])], build!(|tape, v| tape.scale(v[0], 0.5))).linear(&[0]),
    ]
}
