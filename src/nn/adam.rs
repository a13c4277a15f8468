//! The optimiser Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015), as in PyTorch.
//!
//! > m ← m + (1 − β₁)(g − m),  v ← β₂ v + (1 − β₂) g²
//! >
//! > θ ← θ − α/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
//!
//! Each step multiplies the powers of β once more, since power functions round differently on different platforms.

use super::Parameters;
use crate::error::{Error, Result};
use crate::lanes::Scalar;
use ndarray::arr0;

/// The constants of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    /// The step size α.
    pub rate: f64,
    /// β₁, the decay of the mean gradient.
    pub beta1: f64,
    /// β₂, the decay of the mean squared gradient.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
}

impl Default for AdamSettings {
    /// α = 10⁻³, β = (0.9, 0.999), ε = 10⁻⁸: the values of the paper and of PyTorch.
    fn default() -> Self {
        AdamSettings { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// The optimiser with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam<S> {
    settings: AdamSettings,
    steps: u64,
    /// β₁ᵗ and β₂ᵗ after t steps.
    powers: [f64; 2],
    mean: Parameters<S>,
    squares: Parameters<S>,
}

/// f32 represents all whole numbers up to here.
const MOST_STEPS: f64 = (1 << 24) as f64;
/// The name of the number of steps in a stored state, and the prefixes of the parameters' names there.
const STEPS: &str = "adam.steps";
const MEAN: &str = "adam.mean.";
const SQUARES: &str = "adam.squares.";

impl<S: Scalar> Adam<S> {
    /// A new optimiser for parameters of these names and shapes.
    pub fn new(settings: AdamSettings, parameters: &Parameters<S>) -> Self {
        let (mean, squares) = (parameters.zeros_like(), parameters.zeros_like());
        Adam { settings, steps: 0, powers: [1.0; 2], mean, squares }
    }

    /// Takes one step along `gradients`.
    ///
    /// # Panics
    /// If the parameters or the gradients differ in names or shapes from those of [`Adam::new`].
    pub fn step(&mut self, parameters: &mut Parameters<S>, gradients: &Parameters<S>) {
        self.mean.assert_like(parameters);
        self.mean.assert_like(gradients);
        self.advance();
        let AdamSettings { rate, beta1, beta2, epsilon } = self.settings;
        let one_minus_beta1 = S::nearest(1.0 - beta1);
        let (beta2, one_minus_beta2) = (S::nearest(beta2), S::nearest(1.0 - beta2));
        let (step, epsilon) = (S::nearest(rate / (1.0 - self.powers[0])), S::nearest(epsilon));
        let correction = S::nearest((1.0 - self.powers[1]).sqrt());
        let moments = self.mean.slices_mut().zip(self.squares.slices_mut());
        for ((values, gradients), (means, squares)) in parameters.slices_mut().zip(gradients.slices()).zip(moments) {
            for (((value, &g), m), v) in values.iter_mut().zip(gradients).zip(means).zip(squares) {
                *m = *m + one_minus_beta1 * (g - *m);
                *v = beta2 * *v + one_minus_beta2 * (g * g);
                *value = *value - step * (*m / (v.sqrt() / correction + epsilon));
            }
        }
    }

    fn advance(&mut self) {
        self.steps += 1;
        self.powers = [self.powers[0] * self.settings.beta1, self.powers[1] * self.settings.beta2];
    }

    /// The state as tensors, for a checkpoint: `adam.mean.…` and `adam.squares.…` under the parameters' names, and the
    /// number of steps as `adam.steps`.
    pub fn state(&self) -> Parameters<S> {
        let mut state = Parameters::new();
        state.add(STEPS, arr0(S::nearest(self.steps as f64)).into_dyn());
        for (prefix, moments) in [(MEAN, &self.mean), (SQUARES, &self.squares)] {
            moments.iter().for_each(|(name, tensor)| state.add(format!("{prefix}{name}"), tensor.clone()));
        }
        state
    }

    /// Continues from a stored state.
    ///
    /// # Errors
    /// [`Error::Undefined`] if its number of steps is not a whole number from 0 to 2²⁴, the limit of exact whole
    /// numbers in f32.
    ///
    /// # Panics
    /// If the state does not have the names and shapes of [`Adam::state`].
    pub fn restore(&mut self, state: &Parameters<S>) -> Result<()> {
        self.state().assert_like(state);
        let mut parts = state.slices();
        let steps = parts.next().expect("the state starts with the number of steps")[0].to_f64();
        if !(0.0..=MOST_STEPS).contains(&steps) || steps.floor() != steps {
            let problem =
                format!("the stored optimiser cannot have taken {steps} steps; train again or name another checkpoint");
            return Err(Error::Undefined(problem));
        }
        (self.steps, self.powers) = (0, [1.0; 2]);
        (0..steps as u64).for_each(|_| self.advance());
        for (own, stored) in self.mean.slices_mut().chain(self.squares.slices_mut()).zip(parts) {
            own.copy_from_slice(stored);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use ndarray::arr1;

    fn one(numbers: &[f64]) -> Parameters<f64> {
        let mut parameters = Parameters::new();
        parameters.add("x", arr1(numbers).into_dyn());
        parameters
    }

    #[test]
    fn two_steps_by_hand() {
        let settings = AdamSettings { rate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 0.25 };
        let (mut x, mut adam) = (one(&[1.0, -2.0]), Adam::new(settings, &one(&[0.0, 0.0])));
        adam.step(&mut x, &one(&[2.0, -4.0]));
        // After one step the corrected moments are g and g²: x − 0.1 g/(|g| + ¼).
        assert_abs_diff_eq!(x.flat()[0], 1.0 - 0.2 / 2.25, epsilon = 1e-15);
        assert_abs_diff_eq!(x.flat()[1], -2.0 + 0.4 / 4.25, epsilon = 1e-15);
        let before = x.flat();
        adam.step(&mut x, &one(&[-1.0, 0.0]));
        // m = 0.5·1 − 0.5 = 0, so the first stays; second: m = −1, v = ¾·4 = 3, corrected −4/3 and 48/7.
        assert_eq!(x.flat()[0], before[0]);
        let expected = before[1] + 0.1 * (4.0 / 3.0) / ((48.0f64 / 7.0).sqrt() + 0.25);
        assert_abs_diff_eq!(x.flat()[1], expected, epsilon = 1e-15);
    }

    #[test]
    fn a_restored_optimiser_goes_on_with_the_same_bits() {
        let (mut x, mut adam) = (one(&[1.0, -2.0, 0.5]), Adam::new(AdamSettings::default(), &one(&[0.0; 3])));
        let gradient = |x: &Parameters<f64>| one(&x.flat().iter().map(|x| 2.0 * x + 0.1).collect::<Vec<_>>());
        for _ in 0..10 {
            let g = gradient(&x);
            adam.step(&mut x, &g);
        }
        let (mut y, mut restored) = (x.clone(), Adam::new(AdamSettings::default(), &x));
        restored.restore(&adam.state()).unwrap();
        assert_eq!(restored, adam);
        assert_eq!(restored.steps, 10);
        for _ in 0..10 {
            let g = gradient(&x);
            adam.step(&mut x, &g);
            restored.step(&mut y, &g);
        }
        assert_eq!(x, y);
    }

    #[test]
    fn an_impossible_number_of_steps_is_an_error() {
        let mut adam = Adam::new(AdamSettings::default(), &one(&[0.0]));
        for steps in [-1.0, 0.5, 1e300, f64::NAN] {
            let mut state = adam.state();
            let mut numbers = state.flat();
            numbers[0] = steps;
            state.set_flat(&numbers);
            assert!(adam.restore(&state).unwrap_err().to_string().contains("steps"), "{steps}");
        }
    }
}
