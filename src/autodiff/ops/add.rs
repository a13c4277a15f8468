//! add: y = a + b, element by element. ∂y/∂a = ∂y/∂b = 1.

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

struct Add;

impl<T: Real> Op<T> for Add {
    fn name(&self) -> &'static str {
        "add"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        for ((y, &a), &b) in y.iter_mut().zip(inputs.lanes(0)).zip(inputs.lanes(1)) {
            *y = a + b;
        }
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, d: &mut Gradient<T>) {
        for (d, &c) in d.per_lane().iter_mut().zip(pass.cotangent) {
            *d = *d + c;
        }
    }
}

impl<T: Real> Tape<T> {
    /// a + b. Both have the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn add(&mut self, a: Var, b: Var) -> Var {
        let shape = self.shape(a).to_vec();
        assert_eq!(shape, self.shape(b), "add: a and b differ in shape");
        self.push(Add, &[a, b], &shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let inputs = |shape: &[usize]| vec![Input::lanes(shape), Input::lanes(shape)];
    vec![
        Case::new("add", inputs(&[2, 3]), build!(|tape, v| tape.add(v[0], v[1]))).linear(&[0, 1]),
        Case::new("add", vec![Input::lanes(&[3])], build!(|tape, v| tape.add(v[0], v[0]))).linear(&[0]),
        Case::large("add", inputs(&[3, 28, 28]), build!(|tape, v| tape.add(v[0], v[1]))).linear(&[0, 1]),
    ]
}
