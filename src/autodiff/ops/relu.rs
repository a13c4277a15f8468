//! relu: y = max(0, x), f′ = 1 for x > 0, else 0.
//!
//! At the kink, f′(0) = 0, as in PyTorch. A NaN stays a NaN.

use super::elementwise::{self, push};
use crate::autodiff::case::{Case, Domain};
use crate::autodiff::kernels::elementwise::Elementwise;
use crate::autodiff::{Tape, Var};
use crate::lanes::Real;

struct Relu;

impl Elementwise for Relu {
    const NAME: &'static str = "relu";

    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        R::select_lt(x, R::zero(), R::zero(), x)
    }

    #[inline(always)]
    fn derivative<R: Real>(x: R, _y: R) -> R {
        R::select_lt(R::zero(), x, R::one(), R::zero())
    }
}

impl<T: Real> Tape<T> {
    /// max(0, x) of every element; the derivative at 0 is 0. Any shape.
    pub fn relu(&mut self, x: Var) -> Var {
        push::<Relu, T>(self, x)
    }
}

pub(super) fn cases() -> Vec<Case> {
    elementwise::cases::<Relu>(Domain::OffZero)
}

#[cfg(test)]
mod tests {
    use crate::autodiff::{Tape, Wrt};
    use ndarray::arr1;

    #[test]
    fn the_kink_belongs_to_the_flat_side() {
        let mut tape = Tape::<f64>::new();
        let x = tape.input(&arr1(&[-1.0, -0.0, 0.0, 1.0]).into_dyn());
        let y = tape.relu(x);
        let loss = tape.sum(y);
        assert_eq!(tape.values(y), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(tape.gradients(loss, &[Wrt::PerLane(x)]).per_lane(x), [0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_nan_is_not_hidden() {
        let mut tape = Tape::<f64>::new();
        let x = tape.input(&arr1(&[f64::NAN]).into_dyn());
        let y = tape.relu(x);
        assert!(tape.values(y)[0].is_nan());
    }
}
