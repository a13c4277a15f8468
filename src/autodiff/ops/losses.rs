//! The shared code of the losses over two arrays: [`PairSum`] makes an op of shape [] from a term and its derivatives.

use crate::autodiff::kernels::Gradient;
use crate::autodiff::kernels::elementwise::{PairTerm, add_pair_vjp, sum_pairs};
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::Real;
use std::marker::PhantomData;

/// The op y = factor · Σ t(aᵢ, bᵢ).
struct PairSum<F> {
    name: &'static str,
    factor: f64,
    term: PhantomData<F>,
}

impl<F: PairTerm, T: Real> Op<T> for PairSum<F> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        y[0] = T::from_f64(self.factor) * sum_pairs::<F, T>(inputs.lanes(0), inputs.lanes(1));
    }
    fn vjp(&self, k: usize, pass: &Pass<T>, gradient: &mut Gradient<T>) {
        let c = T::from_f64(self.factor) * pass.cotangent[0];
        add_pair_vjp::<F, T>(k == 1, pass.inputs.lanes(0), pass.inputs.lanes(1), c, gradient.per_lane());
    }
}

/// Records factor · Σ t(aᵢ, bᵢ) on the tape.
///
/// # Panics
/// If the shapes differ.
pub(super) fn push<F: PairTerm, T: Real>(tape: &mut Tape<T>, name: &'static str, factor: f64, a: Var, b: Var) -> Var {
    assert_eq!(tape.shape(a), tape.shape(b), "{name}: the two inputs differ in shape");
    tape.push(PairSum { name, factor, term: PhantomData::<F> }, &[a, b], &[])
}
