//! exp: y = eˣ, f′ = y.

use super::elementwise::{self, push};
use crate::autodiff::case::{Case, Domain};
use crate::autodiff::kernels::elementwise::Elementwise;
use crate::autodiff::{Tape, Var};
use crate::lanes::{Real, math};

struct Exp;

impl Elementwise for Exp {
    const NAME: &'static str = "exp";

    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        math::exp(x)
    }

    #[inline(always)]
    fn derivative<R: Real>(_x: R, y: R) -> R {
        y
    }
}

impl<T: Real> Tape<T> {
    /// eˣ of every element. Any shape.
    pub fn exp(&mut self, x: Var) -> Var {
        push::<Exp, T>(self, x)
    }
}

pub(super) fn cases() -> Vec<Case> {
    elementwise::cases::<Exp>(Domain::Symmetric)
}
