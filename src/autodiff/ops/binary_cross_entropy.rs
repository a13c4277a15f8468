//! binary_cross_entropy: y = −Σ [tᵢ ln pᵢ + (1 − tᵢ) ln(1 − pᵢ)].
//!
//! ∂y/∂pᵢ = (pᵢ − tᵢ)/(pᵢ (1 − pᵢ)), ∂y/∂tᵢ = ln(1 − pᵢ) − ln pᵢ. As in PyTorch, a logarithm is at least −100 and the
//! denominator is at least 10⁻¹², so that a saturated p gives a finite loss and gradient.

use super::losses;
use crate::autodiff::case::{Case, Domain, Input, build};
use crate::autodiff::kernels::elementwise::PairTerm;
use crate::autodiff::{Tape, Var};
use crate::lanes::{Real, math};

struct CrossEntropy;

#[inline(always)]
fn clamped_ln<R: Real>(x: R) -> R {
    let (ln, floor) = (math::ln(x), R::from_f64(-100.0));
    R::select_lt(ln, floor, floor, ln)
}

impl PairTerm for CrossEntropy {
    #[inline(always)]
    fn term<R: Real>(p: R, t: R) -> R {
        let one = R::one();
        -(t * clamped_ln(p) + (one - t) * clamped_ln(one - p))
    }

    #[inline(always)]
    fn derivatives<R: Real>(p: R, t: R) -> (R, R) {
        let (one, least) = (R::one(), R::from_f64(1e-12));
        let variance = p * (one - p);
        let by_p = (p - t) / R::select_lt(variance, least, least, variance);
        (by_p, clamped_ln(one - p) - clamped_ln(p))
    }
}

impl<T: Real> Tape<T> {
    /// The cross entropy of the probabilities p against the targets t, summed → shape []. Both have the same shape and
    /// values in [0, 1].
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn binary_cross_entropy(&mut self, p: Var, t: Var) -> Var {
        losses::push::<CrossEntropy, T>(self, "binary_cross_entropy", 1.0, p, t)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let inputs = |shape: &[usize]| {
        vec![Input::lanes(shape).within(Domain::Probability), Input::lanes(shape).within(Domain::Probability)]
    };
    let name = "binary_cross_entropy";
    vec![
        Case::new(name, inputs(&[5]), build!(|tape, v| tape.binary_cross_entropy(v[0], v[1]))),
        Case::new(name, inputs(&[2, 3]), build!(|tape, v| tape.binary_cross_entropy(v[0], v[1]))),
        Case::large(name, inputs(&[3, 28, 28]), build!(|tape, v| tape.binary_cross_entropy(v[0], v[1]))),
    ]
}

#[cfg(test)]
mod tests {
    use crate::autodiff::{Tape, Wrt};
    use ndarray::arr1;

    #[test]
    fn a_saturated_probability_gives_finite_numbers() {
        let mut tape = Tape::<f64>::new();
        let p = tape.input(&arr1(&[0.0, 1.0, 0.0, 1.0]).into_dyn());
        let t = tape.input(&arr1(&[1.0, 0.0, 0.0, 1.0]).into_dyn());
        let loss = tape.binary_cross_entropy(p, t);
        assert_eq!(tape.scalar(loss), 200.0);
        assert_eq!(tape.gradients(loss, &[Wrt::PerLane(p)]).per_lane(p), [-1e12, 1e12, 0.0, 0.0]);
    }
}
