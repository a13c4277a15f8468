//! square: y = x², f′ = 2x.

use super::elementwise::{self, push};
use crate::autodiff::case::{Case, Domain};
use crate::autodiff::kernels::elementwise::Elementwise;
use crate::autodiff::{Tape, Var};
use crate::lanes::Real;

struct Square;

impl Elementwise for Square {
    const NAME: &'static str = "square";

    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x * x
    }

    #[inline(always)]
    fn derivative<R: Real>(x: R, _y: R) -> R {
        x + x
    }
}

impl<T: Real> Tape<T> {
    /// x² of every element. Any shape.
    pub fn square(&mut self, x: Var) -> Var {
        push::<Square, T>(self, x)
    }
}

pub(super) fn cases() -> Vec<Case> {
    elementwise::cases::<Square>(Domain::Symmetric)
}
