//! The shared code of the ops on single elements: [`Map`] makes an op from a function and its derivative.

use crate::autodiff::case::{Case, Domain, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::kernels::elementwise::{Elementwise, add_map_vjp, map};
use crate::autodiff::tape::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;
use std::marker::PhantomData;

/// The op y = f(x).
struct Map<F>(PhantomData<F>);

impl<F: Elementwise, T: Real> Op<T> for Map<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        map::<F, T>(inputs.lanes(0), y);
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, dx: &mut Gradient<T>) {
        add_map_vjp::<F, T>(pass.inputs.lanes(0), pass.output, pass.cotangent, dx.per_lane());
    }
}

/// Records f(x) on the tape.
pub(super) fn push<F: Elementwise, T: Real>(tape: &mut Tape<T>, x: Var) -> Var {
    let shape = tape.shape(x).to_vec();
    tape.push(Map::<F>(PhantomData), &[x], &shape)
}

/// The cases of an op on single elements: a tiny one, one of an odd shape, and one of the size used in the paper.
pub(super) fn cases<F: Elementwise>(domain: Domain) -> Vec<Case> {
    [vec![3], vec![2, 3, 5], vec![12, 3, 3]]
        .into_iter()
        .map(|shape| {
            Case::new(F::NAME, vec![Input::lanes(&shape).within(domain)], build!(|tape, v| push::<F, _>(tape, v[0])))
        })
        .chain([Case::large(
            F::NAME,
            vec![Input::lanes(&[3, 28, 28]).within(domain)],
            build!(|tape, v| push::<F, _>(tape, v[0])),
        )])
        .collect()
}
