//! gaussian_kl: the divergence of N(μ, σ²) from N(0, 1), y = −½ Σ (1 + ℓᵢ − μᵢ² − e^ℓᵢ) with ℓ = ln σ².
//!
//! ∂y/∂μᵢ = μᵢ, ∂y/∂ℓᵢ = ½ (e^ℓᵢ − 1).

use super::losses;
use crate::autodiff::case::{Case, Input, build};
use crate::autodiff::kernels::elementwise::PairTerm;
use crate::autodiff::{Tape, Var};
use crate::lanes::{Real, math};

struct Divergence;

impl PairTerm for Divergence {
    #[inline(always)]
    fn term<R: Real>(mean: R, log_variance: R) -> R {
        R::from_f64(-0.5) * (R::one() + log_variance - mean * mean - math::exp(log_variance))
    }

    #[inline(always)]
    fn derivatives<R: Real>(mean: R, log_variance: R) -> (R, R) {
        (mean, R::from_f64(0.5) * (math::exp(log_variance) - R::one()))
    }
}

impl<T: Real> Tape<T> {
    /// KL(N(mean, e^log_variance) ‖ N(0, 1)), summed over the elements → shape []. Both inputs have the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn gaussian_kl(&mut self, mean: Var, log_variance: Var) -> Var {
        losses::push::<Divergence, T>(self, "gaussian_kl", 1.0, mean, log_variance)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let inputs = |n: usize| vec![Input::lanes(&[n]), Input::lanes(&[n])];
    vec![
        Case::new("gaussian_kl", inputs(1), build!(|tape, v| tape.gaussian_kl(v[0], v[1]))),
        Case::new("gaussian_kl", inputs(5), build!(|tape, v| tape.gaussian_kl(v[0], v[1]))),
        Case::large("gaussian_kl", inputs(20), build!(|tape, v| tape.gaussian_kl(v[0], v[1]))),
    ]
}
