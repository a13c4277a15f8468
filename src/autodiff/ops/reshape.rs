//! reshape: the same elements in the same order, with another shape. Its derivative is the identity.

use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;

struct Reshape;

impl<T: Real> Op<T> for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        y.copy_from_slice(inputs.lanes(0));
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, dx: &mut Gradient<T>) {
        for (d, &c) in dx.per_lane().iter_mut().zip(pass.cotangent) {
            *d = *d + c;
        }
    }
}

impl<T: Real> Tape<T> {
    /// The elements of x, row-major, with the given shape.
    ///
    /// # Panics
    /// If the shape has a different number of elements.
    pub fn reshape(&mut self, x: Var, shape: &[usize]) -> Var {
        let from = self.shape(x);
        let (given, wanted) = (from.iter().product::<usize>(), shape.iter().product::<usize>());
        assert_eq!(given, wanted, "reshape: {from:?} and {shape:?} differ in the number of elements");
        self.push(Reshape, &[x], shape)
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("reshape", vec![Input::lanes(&[6])], build!(|tape, v| tape.reshape(v[0], &[2, 3]))).linear(&[0]),
        Case::new("reshape", vec![Input::lanes(&[1])], build!(|tape, v| tape.reshape(v[0], &[]))).linear(&[0]),
        Case::large("reshape", vec![Input::lanes(&[12, 3, 3])], build!(|tape, v| tape.reshape(v[0], &[108])))
            .linear(&[0]),
    ]
}
