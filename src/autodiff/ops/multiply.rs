//! multiply: y = a b, element by element. ∂y/∂a = b, ∂y/∂b = a.

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::kernels::elementwise::add_product;
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

struct Multiply;

impl<T: Real> Op<T> for Multiply {
    fn name(&self) -> &'static str {
        "multiply"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        for ((y, &a), &b) in y.iter_mut().zip(inputs.lanes(0)).zip(inputs.lanes(1)) {
            *y = a * b;
        }
    }
    fn vjp(&self, k: usize, pass: &Pass<T>, d: &mut Gradient<T>) {
        add_product(pass.cotangent, pass.inputs.lanes(1 - k), d.per_lane());
    }
}

impl<T: Real> Tape<T> {
    /// a b, element by element. Both have the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn multiply(&mut self, a: Var, b: Var) -> Var {
        let shape = self.shape(a).to_vec();
        assert_eq!(shape, self.shape(b), "multiply: a and b differ in shape");
        self.push(Multiply, &[a, b], &shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let inputs = |shape: &[usize]| vec![Input::lanes(shape), Input::lanes(shape)];
    vec![
        Case::new("multiply", inputs(&[2, 3]), build!(|tape, v| tape.multiply(v[0], v[1]))).linear(&[0, 1]),
        Case::new("multiply", vec![Input::lanes(&[3])], build!(|tape, v| tape.multiply(v[0], v[0]))),
        Case::large("multiply", inputs(&[3, 28, 28]), build!(|tape, v| tape.multiply(v[0], v[1]))).linear(&[0, 1]),
    ]
}
