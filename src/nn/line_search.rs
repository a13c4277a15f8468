//! The line search of L-BFGS: finds a step length that satisfies the strong Wolfe conditions.
//!
//! Along a descent direction the objective is a function φ(α) of the step length, with φ′(0) < 0. The conditions are
//!
//! > φ(α) ≤ φ(0) + c₁ α φ′(0)  (sufficient decrease) and
//! > |φ′(α)| ≤ c₂ |φ′(0)|  (curvature).
//!
//! The search is algorithms 3.5 and 3.6 of Nocedal and Wright, "Numerical Optimization" (2nd edition, 2006). Steps grow
//! until an interval must contain a suitable one. Then cubic interpolation (their equation 3.59) shrinks the interval.
//! The new point keeps a distance from the ends, and bisection replaces it if the interval shrinks too slowly. A step
//! at which the objective is not finite counts as too long.

/// The conditions on a step, and the limit of the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wolfe {
    /// c₁, in (0, c₂).
    pub decrease: f64,
    /// c₂, in (c₁, 1).
    pub curvature: f64,
    /// The maximum number of trial steps.
    pub evaluations: usize,
}

impl Default for Wolfe {
    /// c₁ = 10⁻⁴, c₂ = 0.9: the values of Nocedal and Wright for quasi-Newton directions. 25 trials.
    fn default() -> Self {
        Wolfe { decrease: 1e-4, curvature: 0.9, evaluations: 25 }
    }
}

/// A trial step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// α.
    pub step: f64,
    /// φ(α).
    pub value: f64,
    /// φ′(α).
    pub slope: f64,
}

impl Wolfe {
    /// A step that satisfies the conditions, the last argument of `phi`; `None` if the search finds none.
    ///
    /// `phi` returns φ(α) and φ′(α); `start` is (φ(0), φ′(0)) and `first` the first trial step.
    ///
    /// # Panics
    /// If φ′(0) is not negative or `first` is not positive.
    pub fn search(&self, mut phi: impl FnMut(f64) -> (f64, f64), start: (f64, f64), first: f64) -> Option<Trial> {
        assert!(start.1 < 0.0 && first > 0.0, "the slope {} or the first step {first} has the wrong sign", start.1);
        let start = Trial { step: 0.0, value: start.0, slope: start.1 };
        let mut left = self.evaluations;
        let mut try_step = |step: f64| {
            left = left.checked_sub(1)?;
            let (value, slope) = phi(step);
            Some(Trial { step, value, slope })
        };
        let (mut previous, mut step, mut ceiling) = (start, first, f64::INFINITY);
        loop {
            let trial = try_step(step)?;
            if !trial.is_finite() {
                ceiling = step;
                step = previous.step + 0.25 * (step - previous.step);
            } else if self.is_too_high(&start, &trial) || (previous.step > 0.0 && trial.value >= previous.value) {
                return self.zoom(try_step, &start, previous, trial);
            } else if self.is_flat(&start, &trial) {
                return Some(trial);
            } else if trial.slope >= 0.0 {
                return self.zoom(try_step, &start, trial, previous);
            } else {
                // Increases the step by a factor of 2 to 10, but stays below steps that were not finite.
                let wanted = cubic_minimum(&previous, &trial).unwrap_or(f64::INFINITY);
                step = wanted.clamp(2.0 * trial.step, 10.0 * trial.step).min(0.5 * (trial.step + ceiling));
                previous = trial;
            }
        }
    }

    /// Shrinks an interval that contains a suitable step. `low` is the better end; φ falls from it towards `high`.
    fn zoom(
        &self,
        mut try_step: impl FnMut(f64) -> Option<Trial>,
        start: &Trial,
        mut low: Trial,
        mut high: Trial,
    ) -> Option<Trial> {
        let mut bisect = false;
        loop {
            let width = high.step - low.step;
            let middle = low.step + 0.5 * width;
            if middle == low.step || middle == high.step {
                return None;
            }
            let margin = 0.1 * width.abs();
            let (first, last) = (low.step.min(high.step) + margin, low.step.max(high.step) - margin);
            let wanted = if bisect { None } else { cubic_minimum(&low, &high) };
            let trial = try_step(wanted.map_or(middle, |step| step.clamp(first, last)))?;
            if !trial.is_finite() || self.is_too_high(start, &trial) || trial.value >= low.value {
                high = trial;
            } else if self.is_flat(start, &trial) {
                return Some(trial);
            } else {
                if trial.slope * width >= 0.0 {
                    high = low;
                }
                low = trial;
            }
            bisect = (high.step - low.step).abs() > 0.66 * width.abs();
        }
    }

    fn is_too_high(&self, start: &Trial, trial: &Trial) -> bool {
        trial.value > start.value + self.decrease * trial.step * start.slope
    }

    fn is_flat(&self, start: &Trial, trial: &Trial) -> bool {
        trial.slope.abs() <= -self.curvature * start.slope
    }
}

impl Trial {
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.slope.is_finite()
    }
}

/// The minimum of the cubic through the values and slopes of a and b; `None` if it has no minimum.
fn cubic_minimum(a: &Trial, b: &Trial) -> Option<f64> {
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step);
    let d2 = (d1 * d1 - a.slope * b.slope).sqrt() * (b.step - a.step).signum();
    let step = b.step - (b.step - a.step) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
    step.is_finite().then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn a_cubic_is_interpolated_exactly() {
        // φ = α³ − 3α has its minimum at 1.
        let at = |step: f64| Trial { step, value: step * step * step - 3.0 * step, slope: 3.0 * step * step - 3.0 };
        for (a, b) in [(0.0, 2.0), (2.0, 0.0), (0.5, 3.0), (0.25, 0.75)] {
            assert!(abs_diff_eq!(cubic_minimum(&at(a), &at(b)).unwrap(), 1.0, epsilon = 1e-14), "{a} {b}");
        }
        let line = |step: f64| Trial { step, value: -step, slope: -1.0 };
        assert_eq!(cubic_minimum(&line(0.0), &line(1.0)), None);
    }

    /// The difficult functions of Moré and Thuente, "Line search algorithms with guaranteed sufficient decrease", ACM
    /// TOMS 20 (1994), without those that use powers or sines, and functions with a wall and with a kink.
    #[test]
    fn what_is_accepted_satisfies_both_conditions() {
        type Phi = fn(f64) -> (f64, f64);
        let functions: [(&str, Phi, f64); 7] = [
            ("More-Thuente 1", |a| (-a / (a * a + 2.0), (a * a - 2.0) / ((a * a + 2.0) * (a * a + 2.0))), 1e-3),
            ("More-Thuente 4", |a| yanai(a, 0.001, 0.001), 1e-3),
            ("More-Thuente 5", |a| yanai(a, 0.01, 0.001), 1e-3),
            ("More-Thuente 6", |a| yanai(a, 0.001, 0.01), 1e-3),
            ("parabola", |a| ((a - 3.0) * (a - 3.0), 2.0 * (a - 3.0)), 1e-3),
            ("valley", |a| ((1.0 - a).abs() + 0.01 * a * a, if a < 1.0 { -1.0 } else { 1.0 } + 0.02 * a), 0.9),
            ("wall", |a| if a < 2.0 { (-a + 0.4 * a * a, -1.0 + 0.8 * a) } else { (f64::NAN, f64::NAN) }, 0.1),
        ];
        for (name, phi, curvature) in functions {
            for first in [1e-3, 0.1, 1.0, 10.0, 1e3] {
                let wolfe = Wolfe { decrease: 1e-4, curvature, evaluations: 60 };
                let start = phi(0.0);
                let (mut tried, mut last) = (0, 0.0);
                let found = wolfe.search(
                    |a| {
                        (tried, last) = (tried + 1, a);
                        phi(a)
                    },
                    start,
                    first,
                );
                if name == "valley" {
                    // A kink: only steps past it have a slope below 0.9 of the first, and theirs is 1.02.
                    assert_eq!(found, None, "{name} from {first}");
                    continue;
                }
                let found = found.unwrap_or_else(|| panic!("{name} from {first}"));
                assert_eq!(found.step, last);
                assert!(tried <= 30, "{name} from {first}: {tried} trials");
                assert!(phi(found.step).0 <= start.0 + 1e-4 * found.step * start.1, "{name} from {first}");
                assert!(phi(found.step).1.abs() <= -curvature * start.1, "{name} from {first}");
            }
        }
    }

    fn yanai(a: f64, b1: f64, b2: f64) -> (f64, f64) {
        let gamma = |b: f64| (1.0 + b * b).sqrt() - b;
        let (left, right) = (((1.0 - a) * (1.0 - a) + b2 * b2).sqrt(), (a * a + b1 * b1).sqrt());
        (gamma(b1) * left + gamma(b2) * right, gamma(b1) * (a - 1.0) / left + gamma(b2) * a / right)
    }

    #[test]
    fn a_function_without_end_is_given_up() {
        assert_eq!(Wolfe::default().search(|a| (-a, -1.0), (0.0, -1.0), 1.0), None);
        assert_eq!(Wolfe::default().search(|_| (f64::NAN, 0.0), (0.0, -1.0), 1.0), None);
    }
}
