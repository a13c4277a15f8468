//! sigmoid: y = 1/(1 + e⁻ˣ), f′ = y (1 − y).

use super::elementwise::{self, push};
use crate::autodiff::case::{Case, Domain};
use crate::autodiff::kernels::elementwise::Elementwise;
use crate::autodiff::{Tape, Var};
use crate::lanes::{Real, math};

struct Sigmoid;

impl Elementwise for Sigmoid {
    const NAME: &'static str = "sigmoid";

    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        math::sigmoid(x)
    }

    #[inline(always)]
    fn derivative<R: Real>(_x: R, y: R) -> R {
        y * (R::one() - y)
    }
}

impl<T: Real> Tape<T> {
    /// 1/(1 + e⁻ˣ) of every element. Any shape.
    pub fn sigmoid(&mut self, x: Var) -> Var {
        push::<Sigmoid, T>(self, x)
    }
}

pub(super) fn cases() -> Vec<Case> {
    elementwise::cases::<Sigmoid>(Domain::Symmetric)
}
