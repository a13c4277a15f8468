//! mean_squared_error: y = 1/n Σ (aᵢ − bᵢ)². ∂y/∂aᵢ = 2/n (aᵢ − bᵢ) = −∂y/∂bᵢ.

use super::losses;
use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::elementwise::PairTerm;
use crate::autodiff::{Tape, Var};
use crate::lanes::Real;

struct SquaredError;

impl PairTerm for SquaredError {
    #[inline(always)]
    fn term<R: Real>(a: R, b: R) -> R {
        (a - b) * (a - b)
    }

    #[inline(always)]
    fn derivatives<R: Real>(a: R, b: R) -> (R, R) {
        let difference = a - b;
        (difference + difference, -(difference + difference))
    }
}

impl<T: Real> Tape<T> {
    /// The mean of (a − b)² over all elements → shape []. Both inputs have the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn mean_squared_error(&mut self, a: Var, b: Var) -> Var {
        let n = self.shape(a).iter().product::<usize>();
        losses::push::<SquaredError, T>(self, "mean_squared_error", 1.0 / n as f64, a, b)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let inputs = |shape: &[usize]| vec![Input::lanes(shape), Input::lanes(shape)];
    vec![
        Case::new("mean_squared_error", inputs(&[5]), build!(|tape, v| tape.mean_squared_error(v[0], v[1]))),
        Case::new("mean_squared_error", inputs(&[2, 3]), build!(|tape, v| tape.mean_squared_error(v[0], v[1]))),
        Case::large("mean_squared_error", inputs(&[192, 8]), build!(|tape, v| tape.mean_squared_error(v[0], v[1]))),
    ]
}
