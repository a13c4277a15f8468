//! sparsity_kl: the divergence of mean activations ρ̂ from the target ρ, y = Σⱼ ρ ln(ρ/ρ̂ⱼ) + (1 − ρ) ln((1 − ρ)/(1 −
//! ρ̂ⱼ)).
//!
//! ∂y/∂ρ̂ⱼ = (1 − ρ)/(1 − ρ̂ⱼ) − ρ/ρ̂ⱼ.

use crate::autodiff::case::{Case, Domain, Input, build};
use crate::autodiff::kernels::Gradient;
use crate::autodiff::{Inputs, Op, Pass, Tape, Var};
use crate::lanes::{Real, math};

struct SparsityKl {
    target: f64,
}

impl<T: Real> Op<T> for SparsityKl {
    fn name(&self) -> &'static str {
        "sparsity_kl"
    }
    fn forward(&self, inputs: &Inputs<T>, y: &mut [T]) {
        let (rho, one) = (T::from_f64(self.target), T::one());
        let term = |mean: T| rho * math::ln(rho / mean) + (one - rho) * math::ln((one - rho) / (one - mean));
        y[0] = inputs.lanes(0).iter().fold(T::zero(), |sum, &mean| sum + term(mean));
    }
    fn vjp(&self, _: usize, pass: &Pass<T>, dmean: &mut Gradient<T>) {
        let (rho, one) = (T::from_f64(self.target), T::one());
        for (d, &mean) in dmean.per_lane().iter_mut().zip(pass.inputs.lanes(0)) {
            *d = *d + pass.cotangent[0] * ((one - rho) / (one - mean) - rho / mean);
        }
    }
}

impl<T: Real> Tape<T> {
    /// Σ KL(target ‖ mean) over the elements of `mean`, each in (0, 1) → shape [].
    ///
    /// # Panics
    /// If the target is not in (0, 1).
    pub fn sparsity_kl(&mut self, mean: Var, target: f64) -> Var {
        assert!(0.0 < target && target < 1.0, "sparsity_kl: the target {target} is not in (0, 1)");
        self.push(SparsityKl { target }, &[mean], &[])
    }
}

pub(super) fn cases() -> Vec<Case> {
    let inputs = |n: usize| vec![Input::lanes(&[n]).within(Domain::Probability)];
    vec![
        Case::new("sparsity_kl", inputs(1), build!(|tape, v| tape.sparsity_kl(v[0], 0.3))),
        Case::new("sparsity_kl", inputs(5), build!(|tape, v| tape.sparsity_kl(v[0], 0.035))),
        Case::large("sparsity_kl", inputs(400), build!(|tape, v| tape.sparsity_kl(v[0], 0.035))),
    ]
}

#[cfg(test)]
mod tests {
    use crate::autodiff::{Tape, Wrt};
    use ndarray::arr1;

    #[test]
    fn it_vanishes_at_the_target() {
        let mut tape = Tape::<f64>::new();
        let mean = tape.input(&arr1(&[0.25, 0.25]).into_dyn());
        let loss = tape.sparsity_kl(mean, 0.25);
        assert_eq!(tape.scalar(loss), 0.0);
        assert_eq!(tape.gradients(loss, &[Wrt::PerLane(mean)]).per_lane(mean), [0.0, 0.0]);
    }
}
