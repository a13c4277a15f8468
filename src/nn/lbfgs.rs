//! The optimiser L-BFGS: a quasi-Newton method that keeps the last few steps instead of a matrix.
//!
//! The two-loop recursion multiplies an estimate of the inverse Hessian with the gradient, in 4 m n multiplications. It
//! uses the last m pairs s = x₊ − x, y = ∇f₊ − ∇f (Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and
//! 7.5, with the initial estimate sᵀy/yᵀy of their equation 7.20). The step satisfies the strong Wolfe conditions
//! ([`line_search`](super::line_search)), which make every sᵀy positive.
//!
//! All sums are serial and in order, so the path depends only on the objective and the start.

use super::line_search::Wolfe;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// The settings of the method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lbfgs {
    /// m, the number of steps that are kept.
    pub history: usize,
    /// The maximum number of steps.
    pub iterations: usize,
    /// The minimisation has converged if ‖∇f‖ is at most this.
    pub tolerance: f64,
    /// The conditions on a step.
    pub wolfe: Wolfe,
}

impl Default for Lbfgs {
    /// m = 10, 200 iterations, ‖∇f‖ ≤ 10⁻⁶.
    fn default() -> Self {
        Lbfgs { history: 10, iterations: 200, tolerance: 1e-6, wolfe: Wolfe::default() }
    }
}

/// The state of a minimisation after a step (and before the first: iteration 0).
#[derive(Clone, Copy, Debug)]
pub struct Iteration<'a> {
    /// The number of steps taken.
    pub iteration: usize,
    /// f.
    pub loss: f64,
    /// x.
    pub point: &'a [f64],
    /// ∇f.
    pub gradient: &'a [f64],
}

/// The reason for the end of a minimisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    /// The gradient is small enough.
    Converged,
    /// The maximum number of iterations was reached.
    Iterations,
    /// No step satisfies the Wolfe conditions, not even along the steepest descent. Usually the objective's rounding
    /// errors are then as large as the remaining improvement.
    LineSearch,
    /// The objective or its gradient was not finite at the start.
    NotFinite,
    /// The caller stopped it.
    Asked,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Stop::Converged => "converged",
            Stop::Iterations => "reached the number of iterations",
            Stop::LineSearch => "found no better point",
            Stop::NotFinite => "started where the objective is not finite",
            Stop::Asked => "was stopped",
        })
    }
}

/// The result of a minimisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// x.
    pub point: Vec<f64>,
    /// f.
    pub loss: f64,
    /// The number of steps.
    pub iterations: usize,
    /// The number of evaluations of f.
    pub evaluations: usize,
    /// The reason for the end.
    pub stop: Stop,
}

/// A stored step: s, y and sᵀy.
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    sy: f64,
}

impl Lbfgs {
    /// Minimises `objective`, which returns f and ∇f, from `start`. `progress` receives every iterate and may stop the
    /// minimisation.
    pub fn minimise(
        &self,
        start: Vec<f64>,
        mut objective: impl FnMut(&[f64]) -> (f64, Vec<f64>),
        mut progress: impl FnMut(&Iteration) -> ControlFlow<()>,
    ) -> Minimum {
        let mut point = start;
        let (mut loss, mut gradient) = objective(&point);
        let (mut iteration, mut evaluations) = (0, 1);
        let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(self.history);
        let stop = loop {
            let gradient_norm = norm(&gradient);
            if !(loss.is_finite() && gradient_norm.is_finite()) {
                break Stop::NotFinite;
            }
            let now = Iteration { iteration, loss, point: &point, gradient: &gradient };
            if progress(&now).is_break() {
                break Stop::Asked;
            }
            if gradient_norm <= self.tolerance {
                break Stop::Converged;
            }
            if iteration == self.iterations {
                break Stop::Iterations;
            }
            let Some((next, next_loss, next_gradient)) = (loop {
                let direction = direction(&pairs, &gradient);
                let slope = dot(&direction, &gradient);
                let first = if pairs.is_empty() { f64::min(1.0, 1.0 / gradient_norm) } else { 1.0 };
                let mut last = None;
                let phi = |step: f64| {
                    let at: Vec<f64> = point.iter().zip(&direction).map(|(x, p)| x + step * p).collect();
                    let (value, gradient) = objective(&at);
                    let slope = dot(&direction, &gradient);
                    evaluations += 1;
                    last = Some((at, value, gradient));
                    (value, slope)
                };
                if slope < 0.0 && self.wolfe.search(phi, (loss, slope), first).is_some() {
                    break last;
                }
                if pairs.is_empty() {
                    break None;
                }
                // The stored steps may give a wrong direction; the steepest descent cannot.
                pairs.clear();
            }) else {
                break Stop::LineSearch;
            };
            let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
            let (s, y) = (difference(&next, &point), difference(&next_gradient, &gradient));
            let sy = dot(&s, &y);
            if sy > 0.0 && self.history > 0 {
                if pairs.len() == self.history {
                    pairs.pop_front();
                }
                pairs.push_back(Pair { s, y, sy });
            }
            (point, loss, gradient) = (next, next_loss, next_gradient);
            iteration += 1;
        };
        Minimum { point, loss, iterations: iteration, evaluations, stop }
    }
}

/// −H ∇f, with the estimate H of the inverse Hessian from the pairs (the oldest first); without pairs, −∇f.
fn direction(pairs: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for Pair { s, y, sy } in pairs.iter().rev() {
        let alpha = dot(s, &q) / sy;
        add_scaled(-alpha, y, &mut q);
        alphas.push(alpha);
    }
    if let Some(Pair { y, sy, .. }) = pairs.back() {
        let scale = sy / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for (Pair { s, y, sy }, alpha) in pairs.iter().zip(alphas.iter().rev()) {
        add_scaled(alpha - dot(y, &q) / sy, s, &mut q);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// y += a x.
fn add_scaled(a: f64, x: &[f64], y: &mut [f64]) {
    x.iter().zip(y).for_each(|(x, y)| *y += a * x);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go_on(_: &Iteration) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Σ 100 (x₂ᵢ − x₂ᵢ₋₁²)² + (1 − x₂ᵢ₋₁)².
    fn rosenbrock(x: &[f64]) -> (f64, Vec<f64>) {
        let (mut f, mut g) = (0.0, Vec::new());
        for pair in x.chunks_exact(2) {
            let (valley, left) = (pair[1] - pair[0] * pair[0], 1.0 - pair[0]);
            f += 100.0 * valley * valley + left * left;
            g.extend([-400.0 * pair[0] * valley - 2.0 * left, 200.0 * valley]);
        }
        (f, g)
    }

    /// ½ Σ cᵢ (xᵢ − 1)².
    fn quadratic(curvatures: &[f64]) -> impl Fn(&[f64]) -> (f64, Vec<f64>) {
        move |x| {
            let gradient: Vec<f64> = x.iter().zip(curvatures).map(|(x, c)| c * (x - 1.0)).collect();
            (0.5 * x.iter().zip(&gradient).map(|(x, g)| (x - 1.0) * g).sum::<f64>(), gradient)
        }
    }

    #[test]
    fn rosenbrocks_valley_is_followed_to_its_end() {
        for n in [2, 10, 100] {
            let start: Vec<f64> = [-1.2, 1.0].into_iter().cycle().take(n).collect();
            let found = Lbfgs { tolerance: 1e-9, ..Lbfgs::default() }.minimise(start, rosenbrock, go_on);
            assert_eq!(found.stop, Stop::Converged, "{found:?}");
            assert!(found.point.iter().all(|x| (x - 1.0).abs() < 1e-9));
            assert!(found.iterations < 60 && found.evaluations < 80, "{} {}", found.iterations, found.evaluations);
        }
    }

    #[test]
    fn a_sphere_takes_one_quasi_newton_step() {
        let found = Lbfgs::default().minimise(vec![5.0, -3.0, 0.0], quadratic(&[1.0; 3]), go_on);
        assert_eq!(found.stop, Stop::Converged);
        assert!(found.iterations <= 2, "{}", found.iterations);
    }

    #[test]
    fn quadratics_are_solved_whatever_their_scale() {
        let scales: [&[f64]; 3] = [&[1.0, 2.0, 3.0, 4.0, 5.0], &[1e-3, 1.0, 1e3], &[1e6, 1e4, 1e2, 1.0]];
        for curvatures in scales {
            let method = Lbfgs { tolerance: 1e-10, ..Lbfgs::default() };
            let found = method.minimise(vec![0.0; curvatures.len()], quadratic(curvatures), go_on);
            assert_eq!(found.stop, Stop::Converged, "{curvatures:?}: {found:?}");
            assert!(found.point.iter().all(|x| (x - 1.0).abs() < 1e-6), "{found:?}");
        }
    }

    #[test]
    fn every_step_satisfies_the_wolfe_conditions() {
        let curvatures: Vec<f64> = (1..31).map(f64::from).collect();
        type Objective<'a> = Box<dyn Fn(&[f64]) -> (f64, Vec<f64>) + 'a>;
        let objectives: [Objective; 2] = [Box::new(rosenbrock), Box::new(quadratic(&curvatures))];
        for objective in objectives {
            let mut before: Option<(f64, Vec<f64>, Vec<f64>)> = None;
            let found = Lbfgs::default().minimise(vec![-1.0; 30], objective, |now| {
                if let Some((loss, point, gradient)) = &before {
                    let s: Vec<f64> = now.point.iter().zip(point).map(|(a, b)| a - b).collect();
                    let (slope, next) = (dot(gradient, &s), dot(now.gradient, &s));
                    // s is the rounded step, with an error of a few parts in 10¹².
                    assert!(now.loss <= loss + 1e-4 * slope * (1.0 - 1e-9), "iteration {}", now.iteration);
                    assert!(next.abs() <= -0.9 * slope * (1.0 + 1e-9), "iteration {}", now.iteration);
                }
                before = Some((now.loss, now.point.to_vec(), now.gradient.to_vec()));
                ControlFlow::Continue(())
            });
            assert_eq!(found.stop, Stop::Converged);
            assert!(found.iterations > 10);
        }
    }

    #[test]
    fn the_end_says_why() {
        let nan = |x: &[f64]| (f64::NAN, x.to_vec());
        let infinite_gradient = |x: &[f64]| (0.0, vec![f64::INFINITY; x.len()]);
        // Finite only at the start: no step is possible.
        let island = |x: &[f64]| (if x[0] == 1.0 { 0.0 } else { f64::NAN }, vec![1.0]);
        let descent = |x: &[f64]| (-x[0], vec![-1.0]);
        let method = Lbfgs::default();
        let stop = |found: Minimum| (found.stop, found.iterations);
        assert_eq!(stop(method.minimise(vec![1.0], nan, go_on)), (Stop::NotFinite, 0));
        assert_eq!(stop(method.minimise(vec![1.0], infinite_gradient, go_on)), (Stop::NotFinite, 0));
        assert_eq!(stop(method.minimise(vec![1.0], island, go_on)), (Stop::LineSearch, 0));
        assert_eq!(stop(method.minimise(vec![1.0], descent, go_on)), (Stop::LineSearch, 0));
        let few = Lbfgs { iterations: 3, ..method };
        assert_eq!(stop(few.minimise(vec![-1.2, 1.0], rosenbrock, go_on)), (Stop::Iterations, 3));
        let at_two =
            |now: &Iteration| if now.iteration == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        assert_eq!(stop(method.minimise(vec![-1.2, 1.0], rosenbrock, at_two)), (Stop::Asked, 2));
        assert_eq!(stop(method.minimise(vec![1.0], quadratic(&[1.0]), go_on)), (Stop::Converged, 0));
    }
}
