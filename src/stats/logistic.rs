//! The logistic curves that map a quality score to the scale of the opinions.
//!
//! q(x) = b₁(½ − 1/(1 + exp(b₂(x − b₃)))) + b₄x + b₅ (Sheikh, Sabir and Bovik, 2006): a logistic plus a straight line. PLCC, RMSE
//! and the outlier ratio are computed from q(x), so that a curved scale does not count against a method.
//!
//! The publications use this curve. But it need not be monotone: it may fall where the score rises, and then credits a method with an order
//! that its scores do not have. [`Family::Monotone`] leaves the straight line out, b₄ = 0. This is the four-parameter logistic of the
//! Video Quality Experts Group (VQEG, "Final report on the validation of objective models of video quality assessment", 2000), which is
//! monotone for any parameters.
//!
//! # Why the fit needs care
//! The least-squares problem has many local minima, and the result of a general optimiser depends on its starting
//! point. This affects publications: the published PLCC and RMSE of several competitors on TID2013 and MULTI-LIVE are
//! those of a *straight line*. With the converged curve, the RMSE of FSIMc on TID2013 is .596 and not .687. So this fit
//! starts from many points. Its result reports whether it [`converged`](Fit::converged), and contains the straight line too.
//!
//! # Method
//! For a given slope and location (b₂, b₃), the other three parameters solve a *linear* least-squares problem. Variable
//! projection (Golub and Pereyra, 1973) solves it inside, and leaves a problem in two unknowns. With x standardised,
//! the columns 1 and x are orthogonal. They are projected out of the opinions y and the logistic s, and one division
//! remains: b₁ = s·y/s·s. The two unknowns are found by the Levenberg–Marquardt method with Kaufman's (1975) Jacobian,
//! whose gradient is exact. The starts are all pairs of a location at a quantile of the scores and a slope from shallow
//! to steep. The curve does not change when b₁ and b₂ both change sign, so positive slopes are enough; the result has
//! b₂ > 0.
//!
//! The family contains the mirror image q(−x) of each of its curves, so the fit of negated scores must be the mirror image of the
//! fit. But a quantile counted from the lowest score is another score than one counted from the highest. So the starts are counted from both
//! ends. Negation then only exchanges the two sets, and every sum keeps its bits.
//!
//! A minimum need not exist: an exponential (b₃ → ±∞), a cubic (b₂ → 0) or a step (b₂ → ∞) may fit better than any member of the
//! family, as for IW-SSIM on MULTI-LIVE. The descent then stops when further steps no longer change the fit, and the result is
//! marked as a [`limit`](Fit::limit).

use super::moments::{is_constant, mean};
use crate::lanes::math;

/// A curve q(x) = b₁(½ − 1/(1 + exp(b₂(x − b₃)))) + b₄x + b₅; a straight line if b₁ is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// b₁ … b₅.
    pub b: [f64; 5],
}

impl Curve {
    /// q(x). A score that is NaN or infinite counts as 0, as in the published code.
    pub fn at(&self, score: f64) -> f64 {
        let [b1, b2, b3, b4, b5] = self.b;
        let x = finite(score);
        b1 * (0.5 - 1.0 / (1.0 + math::exp(b2 * (x - b3)))) + b4 * x + b5
    }

    /// q(x) of every score.
    pub fn map(&self, scores: &[f64]) -> Vec<f64> {
        scores.iter().map(|&x| self.at(x)).collect()
    }
}

/// A family of curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The five-parameter curve of the publications, a logistic plus a straight line.
    Published,
    /// The four-parameter logistic without the straight line, b₄ = 0.
    Monotone,
}

impl Family {
    /// The number of parameters.
    pub const fn parameters(self) -> usize {
        match self {
            Family::Published => 5,
            Family::Monotone => 4,
        }
    }
}

/// The least-squares curve of a family through scores and opinions.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The best curve found.
    pub curve: Curve,
    /// Its root mean square error, in the opinions' unit.
    pub rmse: f64,
    /// Whether the descent converged: the cosine between the residual and its derivatives with respect to slope and location is at
    /// most 1e-6.
    pub converged: bool,
    /// Whether the curve is a limit of the family and not a member, to the accuracy of the sum of squares: an
    /// exponential, a cubic or a step, with some of b₁ … b₅ arbitrarily large. The curve is determined, but its
    /// parameters are not.
    pub limit: bool,
    /// The number of steps from its start.
    pub iterations: usize,
}

/// The locations of the starts: quantiles of the scores.
const LOCATIONS: [f64; 7] = [0.02, 0.15, 0.3, 0.5, 0.7, 0.85, 0.98];
/// The slopes of the starts: logarithms (base e) of 0.5, 1.5, 5 and 15, per standard deviation of the middle of the
/// scores.
const LOG_SLOPES: [f64; 4] = [-0.7, 0.4, 1.6, 2.7];
/// The fraction of the opinions' sum of squares below which a unit of log-slope or location has no visible effect.
const FLAT: f64 = 1e-7;
/// The fraction of the opinions' sum of squares (about 0) below which the remainder is rounding: the curve passes
/// through every opinion.
const EXACT: f64 = 1e-24;
/// The mean square of a logistic without its straight line below which the logistic is too straight. Its height b₁
/// would be so large that b₁ … b₅ would no longer give the curve in floating point.
const STRAIGHT: f64 = 1e-15;
/// The largest |b₂(x − b₃)| up to which the straight line in a logistic of the published family is removed by a formula. Its difference from the logistic
/// would lose most digits there.
const GENTLE: f64 = 0.5;
/// The relative difference below which two sums of squares are of the same curve.
const SAME: f64 = 1e-9;
/// The largest score or opinion whose squares can be summed.
const LARGEST: f64 = 1e150;
/// The maximum number of steps from a start.
const MOST_ITERATIONS: usize = 100;

/// Fits a curve of the family to `scores` and `mos`, image by image. Scores that are NaN or infinite count as 0, as in the published code.
/// `None` for fewer different scores than parameters, and for values whose squares are outside the range of `f64`.
///
/// Takes 0.1 to 0.8 s for 3000 images, and in proportion for fewer.
///
/// # Panics
/// If the lengths differ or an opinion is not finite.
pub fn fit(family: Family, scores: &[f64], mos: &[f64]) -> Option<Fit> {
    assert_eq!(scores.len(), mos.len(), "{} scores and {} opinions cannot be paired", scores.len(), mos.len());
    let scores: Vec<f64> = scores.iter().map(|&x| finite(x)).collect();
    let mut sorted = scores.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.chunk_by(|a, b| a == b).count() < family.parameters() {
        return None;
    }
    let problem = Problem::new(family, &scores, mos)?;

    let end = problem.best_from(|p| sorted[quantile(p, sorted.len())]);
    let other_end = problem.best_from(|p| sorted[sorted.len() - 1 - quantile(p, sorted.len())]);

    // The same curve, reached from both ends, differs in the last digits. Then the first counts.
    let best = match (end, other_end) {
        (Some(a), Some(b)) if b.point.squares < a.point.squares * (1.0 - SAME) => b,
        (Some(a), _) => a,
        (None, b) => b?,
    };
    Some(Fit {
        curve: problem.curve(Some(&best.point)),
        rmse: (best.point.squares / problem.n).sqrt(),
        converged: best.converged,
        limit: best.limit,
        iterations: best.iterations,
    })
}

/// The least-squares straight line through scores and opinions, a curve with b₁ = 0. Scores that are NaN or infinite count as 0.
/// `None` for fewer than two different scores, and for values whose squares are outside the range of `f64`.
///
/// # Panics
/// As [`fit`].
pub fn line(scores: &[f64], mos: &[f64]) -> Option<Curve> {
    assert_eq!(scores.len(), mos.len(), "{} scores and {} opinions cannot be paired", scores.len(), mos.len());
    let scores: Vec<f64> = scores.iter().map(|&x| finite(x)).collect();
    if is_constant(&scores) {
        return None;
    }
    Some(Problem::new(Family::Published, &scores, mos)?.curve(None))
}

/// The place of a quantile in an ascending list.
fn quantile(p: f64, length: usize) -> usize {
    ((length - 1) as f64 * p) as usize
}

fn finite(score: f64) -> f64 {
    if score.is_finite() { score } else { 0.0 }
}

/// The data, standardised and without their trend: the straight line of the published family, the mean of the monotone one.
struct Problem {
    family: Family,
    n: f64,
    /// The standardised scores, with mean 0 and mean square 1, and the map from the given scores.
    x: Vec<f64>,
    centre: f64,
    spread: f64,
    /// The opinions without their trend in x, the sum of squares, its rounding error, and the trend.
    y: Vec<f64>,
    y_squares: f64,
    rounding: f64,
    trend: Line,
}

/// Intercept and slope in the standardised score.
#[derive(Clone, Copy)]
struct Line {
    intercept: f64,
    slope: f64,
}

/// The slope and location of a logistic, and the best curve with them.
struct Point {
    /// The logarithm of the slope, so that it stays positive and steps are relative.
    log_slope: f64,
    location: f64,
    /// b₁.
    height: f64,
    /// The logistic (sigmoid, or sigmoid − 1 for a location below the mean), and the same without its trend in x.
    logistic: Vec<f64>,
    rest: Vec<f64>,
    rest_squares: f64,
    /// The trend of sigmoid − ½, which the curve's own line compensates.
    trend: Line,
    /// y − b₁ · rest, and its sum of squares.
    residual: Vec<f64>,
    squares: f64,
}

/// The end of a descent.
struct End {
    point: Point,
    converged: bool,
    limit: bool,
    iterations: usize,
}

impl Problem {
    fn new(family: Family, scores: &[f64], mos: &[f64]) -> Option<Problem> {
        let n = scores.len() as f64;
        if scores.iter().chain(mos).any(|value| value.abs() > LARGEST) {
            return None;
        }
        let centre = mean(scores)?;
        let spread = (scores.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>() / n).sqrt();
        if spread <= 0.0 {
            return None;
        }
        let x: Vec<f64> = scores.iter().map(|x| (x - centre) / spread).collect();
        mean(mos)?;
        let mut y = mos.to_vec();
        let trend = family.take_trend(&x, &mut y);
        let (y_squares, rounding) = (dot(&y, &y), EXACT * dot(mos, mos));
        Some(Problem { family, n, x, centre, spread, y, y_squares, rounding, trend })
    }

    fn standard(&self, score: f64) -> f64 {
        (score - self.centre) / self.spread
    }

    /// The end with the smallest sum of squares, from starts at quantiles of the scores, counted from either end.
    fn best_from(&self, quantile: impl Fn(f64) -> f64) -> Option<End> {
        let quantile = |p: f64| self.standard(quantile(p));
        // A standard deviation would depend on outliers. This is that of a normal distribution with the same middle.
        let middle = (quantile(0.9) - quantile(0.1)).abs() / 2.563;
        let unit = if middle > 0.0 { middle } else { 1.0 };
        let starts = LOCATIONS.iter().flat_map(|&p| LOG_SLOPES.map(|s| (s - math::ln(unit), quantile(p))));
        let ends = starts.filter_map(|(log_slope, location)| self.descend(log_slope, location));
        ends.min_by(|a, b| a.point.squares.total_cmp(&b.point.squares))
    }

    /// Solves for the linear parameters. `None` if the logistic is a straight line over these scores.
    fn point(&self, log_slope: f64, location: f64) -> Option<Point> {
        let slope = math::exp(log_slope);
        // The end of the logistic that is small over most scores, to full relative accuracy; the intercept absorbs the
        // ½.
        let side = if location > 0.0 { 1.0 } else { -1.0 };
        let logistic: Vec<f64> =
            self.x.iter().map(|x| side / (1.0 + math::exp(side * slope * (location - x)))).collect();
        let far = self.x.iter().fold(0.0f64, |far, x| far.max((x - location).abs()));
        let (mut rest, known) = if self.family == Family::Published && slope * far < GENTLE {
            let known = Line { intercept: -0.25 * slope * location, slope: 0.25 * slope };
            (self.x.iter().map(|x| bend(slope * (x - location))).collect(), known)
        } else {
            (logistic.clone(), Line { intercept: -0.5 * side, slope: 0.0 })
        };
        let taken = self.family.take_trend(&self.x, &mut rest);
        let trend = Line { intercept: taken.intercept + known.intercept, slope: taken.slope + known.slope };
        let rest_squares = dot(&rest, &rest);
        if rest_squares.is_nan() || rest_squares <= STRAIGHT * self.n {
            return None;
        }
        let height = dot(&rest, &self.y) / rest_squares;
        let residual: Vec<f64> = self.y.iter().zip(&rest).map(|(y, s)| y - height * s).collect();
        let squares = dot(&residual, &residual);
        Some(Point { log_slope, location, height, logistic, rest, rest_squares, trend, residual, squares })
    }

    /// The Levenberg–Marquardt descent from a start. `None` if there is no curve at the start.
    fn descend(&self, log_slope: f64, location: f64) -> Option<End> {
        let mut point = self.point(log_slope, location)?;
        let mut damping = 1e-3;
        // The largest squared length of each column so far: the damping of a step must not vanish with the slope or
        // location.
        let mut scale = [0.0f64; 2];
        let mut iterations = 0;
        loop {
            let (by_slope, by_location) = self.jacobian(&point);
            let mut gradient = [dot(&by_slope, &point.residual), dot(&by_location, &point.residual)];
            let mut normal = [dot(&by_slope, &by_slope), dot(&by_slope, &by_location), dot(&by_location, &by_location)];
            // Towards a limit no improvement remains. The rest of that column is rounding and is ignored.
            let flat = [normal[0], normal[2]].map(|square| square <= FLAT * self.y_squares);
            for k in [0, 1].into_iter().filter(|&k| flat[k]) {
                gradient[k] = 0.0;
                normal[1] = 0.0;
            }
            scale = [scale[0].max(normal[0]), scale[1].max(normal[2])];
            // The cosines between the residual and each column: 0 at a minimum.
            let exact = point.squares <= self.rounding;
            let cosine =
                |g: f64, square: f64| if g == 0.0 || exact { 0.0 } else { g.abs() / (square * point.squares).sqrt() };
            let cosine = cosine(gradient[0], normal[0]).max(cosine(gradient[1], normal[2]));
            let limit = !exact && (flat[0] || flat[1]);
            let end = |point| Some(End { point, converged: cosine <= 1e-6, limit, iterations });
            if cosine <= 1e-8 || iterations == MOST_ITERATIONS {
                return end(point);
            }
            point = loop {
                let (a, b, c) = (normal[0] + damping * scale[0], normal[1], normal[2] + damping * scale[1]);
                let determinant = a * c - b * b;
                let step_slope = (b * gradient[1] - c * gradient[0]) / determinant;
                let step_location = (b * gradient[0] - a * gradient[1]) / determinant;
                // A long step shows only that the model is poor here, and the descent hardly returns from near a limit.
                let next = self.point(
                    point.log_slope + step_slope.clamp(-1.0, 1.0),
                    point.location + step_location.clamp(-1.0, 1.0),
                );
                match next {
                    Some(next) if next.squares < point.squares => {
                        damping = (damping * 0.1).max(1e-12);
                        break next;
                    }
                    _ if damping > 1e12 => return end(point),
                    _ => damping *= 10.0,
                }
            };
            iterations += 1;
        }
    }

    /// Kaufman's derivative of the residual with respect to log-slope and location: that of −b₁ · logistic, without the
    /// part that the linear parameters compensate.
    fn jacobian(&self, point: &Point) -> (Vec<f64>, Vec<f64>) {
        let slope = math::exp(point.log_slope);
        // sigmoid′ = sigmoid · (1 − sigmoid), for either end.
        let bell = point.logistic.iter().map(|s| s.abs() * (1.0 - s.abs()));
        let mut by_slope: Vec<f64> =
            bell.clone().zip(&self.x).map(|(bell, x)| -point.height * bell * slope * (x - point.location)).collect();
        let mut by_location: Vec<f64> = bell.map(|bell| point.height * bell * slope).collect();
        for column in [&mut by_slope, &mut by_location] {
            self.family.take_trend(&self.x, column);
            let share = dot(column, &point.rest) / point.rest_squares;
            column.iter_mut().zip(&point.rest).for_each(|(c, s)| *c -= share * s);
        }
        (by_slope, by_location)
    }

    /// The curve of a point in the given scores, or the trend for `None`.
    fn curve(&self, point: Option<&Point>) -> Curve {
        let (logistic, trend) = match point {
            None => ([0.0; 3], self.trend),
            Some(p) => (
                [p.height, math::exp(p.log_slope) / self.spread, self.centre + p.location * self.spread],
                Line {
                    intercept: self.trend.intercept - p.height * p.trend.intercept,
                    slope: self.trend.slope - p.height * p.trend.slope,
                },
            ),
        };
        let slope = trend.slope / self.spread;
        Curve { b: [logistic[0], logistic[1], logistic[2], slope, trend.intercept - slope * self.centre] }
    }
}

/// The logistic without its tangent at 0, 1/(1 + exp(−t)) − ½ − t/4, to full relative accuracy for |t| < [`GENTLE`].
///
/// With u = t/2 it is (tanh u − u)/2. Lambert's continued fraction tanh u = u/(1 + q), q = u²/(3 + u²/(5 + …)), makes this −uq/(2(1 + q)).
fn bend(t: f64) -> f64 {
    let u = 0.5 * t;
    let q = [13.0, 11.0, 9.0, 7.0, 5.0, 3.0].iter().fold(0.0, |q, odd| u * u / (odd + q));
    -0.5 * u * q / (1.0 + q)
}

impl Family {
    /// Subtracts the least-squares trend in the standardised `x` from `values`, and returns it.
    fn take_trend(self, x: &[f64], values: &mut [f64]) -> Line {
        let n = x.len() as f64;
        let slope = if self == Family::Published { dot(x, values) / n } else { 0.0 };
        let trend = Line { intercept: values.iter().sum::<f64>() / n, slope };
        values.iter_mut().zip(x).for_each(|(v, x)| *v -= trend.intercept + trend.slope * x);
        trend
    }
}

/// Σab, in eight running sums, so that an addition need not wait for the previous one.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::Family::{Monotone, Published};
    use super::*;
    use crate::stats::correlation::rmse;
    use crate::stats::random::Stream;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    /// Scores over [0, 1], and opinions on a curve of them with normal errors.
    fn data(n: usize, noise: f64, curve: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
        let mut stream = Stream::new(3, "logistic", 0);
        (0..n)
            .map(|_| {
                let x = stream.uniform();
                (x, curve(x) + noise * stream.normal())
            })
            .unzip()
    }

    #[test]
    fn a_curve_of_the_family_is_found() {
        for b in [
            [4.0, 9.0, 0.4, 1.0, 3.0],
            [-7.0, 25.0, 0.8, 2.0, -3.0],
            [1.0, 100.0, 0.1, -5.0, 0.0],
            [20.0, 2.0, 0.5, -9.0, 5.0],
        ] {
            let truth = Curve { b };
            let (x, y) = data(300, 0.0, |x| truth.at(x));
            let fit = fit(Published, &x, &y).unwrap();
            assert!(fit.converged && !fit.limit, "{fit:?}");
            assert!(fit.rmse < 1e-9, "{fit:?}");
            for (found, b) in fit.curve.b.iter().zip(b) {
                assert!(abs_diff_eq!(*found, b, epsilon = 1e-5 * (1.0 + b.abs())), "{:?} for {truth:?}", fit.curve);
            }
        }
    }

    #[test]
    fn the_result_describes_its_curves() {
        let (x, y) = data(400, 0.3, |x| 5.0 * x * x);
        let fit = fit(Published, &x, &y).unwrap();
        assert_abs_diff_eq!(fit.rmse, rmse(&fit.curve.map(&x), &y).unwrap(), epsilon = 1e-9);
        let line = line(&x, &y).unwrap();
        assert!(fit.rmse < rmse(&line.map(&x), &y).unwrap() && (fit.rmse - 0.3).abs() < 0.03, "{fit:?}");
        assert_eq!(line.b[0], 0.0);
    }

    #[test]
    fn a_minimum_is_a_minimum() {
        let (x, y) = data(400, 0.5, |x| Curve { b: [4.0, 12.0, 0.6, 1.0, 3.0] }.at(x));
        let fit = fit(Published, &x, &y).unwrap();
        assert!(fit.converged && !fit.limit, "{fit:?}");
        for k in 0..5 {
            for factor in [1.0 - 1e-3, 1.0 + 1e-3] {
                let mut moved = fit.curve;
                moved.b[k] *= factor;
                assert!(rmse(&moved.map(&x), &y).unwrap() > fit.rmse, "b{} of {fit:?}", k + 1);
            }
        }
    }

    #[test]
    fn the_scale_of_the_scores_does_not_matter() {
        let (x, y) = data(200, 0.2, |x| Curve { b: [4.0, 12.0, 0.6, 1.0, 3.0] }.at(x));
        let q = fit(Published, &x, &y).unwrap().curve.map(&x);
        for (by, times) in [(1e4, 1.0), (0.0, 1e6), (-3.0, -1e-5)] {
            let moved: Vec<f64> = x.iter().map(|x| by + times * x).collect();
            let fit = fit(Published, &moved, &y).unwrap();
            assert!(fit.curve.b[1] > 0.0);
            for (a, b) in fit.curve.map(&moved).iter().zip(&q) {
                assert_abs_diff_eq!(a, b, epsilon = 1e-6);
            }
        }
    }

    #[test]
    fn a_monotone_curve_of_the_family_is_found_and_no_other_family_is() {
        for b in [[4.0, 9.0, 0.4, 0.0, 3.0], [-7.0, 25.0, 0.8, 0.0, -3.0]] {
            let (x, y) = data(300, 0.0, |x| Curve { b }.at(x));
            let fit = fit(Monotone, &x, &y).unwrap();
            assert!(fit.converged && !fit.limit && fit.rmse < 1e-9, "{fit:?}");
            for (found, b) in fit.curve.b.iter().zip(b) {
                assert!(abs_diff_eq!(*found, b, epsilon = 1e-5 * (1.0 + b.abs())), "{:?} for {b:?}", fit.curve);
            }
        }
        // A hill: the published curve follows it, a monotone one cannot, and no increasing function is better than the isotonic one.
        let (x, y) = data(300, 0.1, |x| 4.0 * x * (1.0 - x));
        let [published, monotone] = [Published, Monotone].map(|family| fit(family, &x, &y).unwrap());
        let mapped = monotone.curve.map(&x);
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
        let rises = mapped[order[299]] > mapped[order[0]];
        for pair in order.windows(2) {
            assert!(if rises { mapped[pair[0]] <= mapped[pair[1]] } else { mapped[pair[0]] >= mapped[pair[1]] });
        }
        assert!(published.rmse < 0.8 * monotone.rmse && monotone.curve.b[3] == 0.0, "{published:?} {monotone:?}");
        // A straight line is a limit of the family.
        let (x, y) = data(300, 0.2, |x| 3.0 * x);
        let [four, straight] =
            [fit(Monotone, &x, &y).unwrap().curve, line(&x, &y).unwrap()].map(|c| rmse(&c.map(&x), &y).unwrap());
        assert!(four < straight * (1.0 + 1e-6), "{four} {straight}");
    }

    #[test]
    fn limits_of_the_family_are_called_so() {
        let exponential = |x: f64| (3.0 * x).exp();
        let cubic = |x: f64| 2.0 * x - 9.0 * x * x + 7.0 * x * x * x;
        for curve in [&exponential as &dyn Fn(f64) -> f64, &cubic] {
            let (x, y) = data(500, 0.02, curve);
            let fit = fit(Published, &x, &y).unwrap();
            // Within the noise of five parameters, and the parameters still give the curve.
            assert!(fit.rmse < 0.021, "{fit:?}");
            assert_abs_diff_eq!(fit.rmse, rmse(&fit.curve.map(&x), &y).unwrap(), epsilon = 1e-6);
        }
        let (x, y) = data(500, 0.0, exponential);
        assert!(fit(Published, &x, &y).unwrap().limit);
    }

    #[test]
    fn scores_that_are_no_numbers_count_as_0() {
        let (mut x, y) = data(100, 0.3, |x| 3.0 * x);
        (x[3], x[50], x[99]) = (0.0, 0.0, 0.0);
        let zero = fit(Published, &x, &y).unwrap();
        (x[3], x[50], x[99]) = (f64::NAN, f64::INFINITY, f64::NEG_INFINITY);
        assert_eq!(fit(Published, &x, &y).unwrap(), zero);
        assert_eq!(zero.curve.at(f64::NAN), zero.curve.at(0.0));
    }

    /// A set of 8 images whose fit was .5052 one way and .4528 the other.
    #[test]
    fn a_small_set_has_one_fit() {
        let x = [-0.5106, -0.1483, 0.8559, 0.8596, -0.3984, 0.9468, 0.9830, 0.9520];
        let y = [8.9863, 7.2849, 3.4510, 1.9237, 8.7875, 1.4440, 3.0887, 2.6914];
        let negated = x.map(|x| -x);
        let (fit, mirrored) = (fit(Published, &x, &y).unwrap(), fit(Published, &negated, &y).unwrap());
        assert_abs_diff_eq!(fit.rmse, mirrored.rmse, epsilon = 1e-9);
        assert!(fit.rmse < 0.4529, "{fit:?}");
    }

    #[test]
    fn negating_scaling_and_permuting_change_nothing() {
        let mut stream = Stream::new(5, "invariance", 0);
        for set in 0..1000 {
            let n = 6 + (stream.uniform() * 30.0) as usize;
            let noise = [0.05, 0.5, 2.0, 10.0][set % 4];
            let trend = |x: f64| match set / 4 % 5 {
                0 => 3.0 * x,
                1 => 5.0 / (1.0 + math::exp(-8.0 * x)),
                2 => math::exp(2.0 * x),
                3 => x * x - 4.0 * x,
                _ => 0.0,
            };
            let (x, y): (Vec<f64>, Vec<f64>) = (0..n)
                .map(|_| {
                    let x = stream.uniform() * 2.0 - 1.0;
                    (x, trend(x) + noise * stream.normal())
                })
                .unzip();
            let family = if set % 3 == 0 { Monotone } else { Published };
            let rmse = fit(family, &x, &y).unwrap().rmse;
            let map = |f: fn(f64) -> f64| x.iter().map(|&x| f(x)).collect::<Vec<f64>>();
            let permuted: (Vec<f64>, Vec<f64>) = (0..n).rev().map(|i| (x[(i + 3) % n], y[(i + 3) % n])).unzip();
            for (name, x, y) in [
                ("negated", &map(|x| -x), &y),
                ("scaled", &map(|x| 1.3 - 370.0 * x), &y),
                ("permuted", &permuted.0, &permuted.1),
            ] {
                let other = fit(family, x, y).unwrap().rmse;
                assert!((other - rmse).abs() <= 1e-9 * rmse, "set {set}, {name}: {other} is not {rmse}");
            }
        }
    }

    #[test]
    fn the_bend_of_a_gentle_logistic_keeps_its_digits() {
        // −t³/48 + t⁵/480 − 17t⁷/80640 + 31t⁹/1451520 − …
        for t in [1e-5, 1e-3, -0.02, 0.05] {
            let t2: f64 = t * t;
            let series = -t * t2 / 48.0
                * (1.0 - t2 / 10.0 * (1.0 - t2 * 17.0 / 168.0 * (1.0 - t2 * 31.0 * 80640.0 / (17.0 * 1451520.0))));
            assert!((bend(t) / series - 1.0).abs() < 1e-13, "{t}: {} is not {series}", bend(t));
        }
        for t in [-0.5, 0.3, 0.5] {
            assert_abs_diff_eq!(bend(t), 1.0 / (1.0 + math::exp(-t)) - 0.5 - 0.25 * t, epsilon = 2e-16);
        }
    }

    #[test]
    fn degenerate_input() {
        let y = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert!(fit(Published, &[], &[]).is_none());
        assert!(fit(Published, &y[..4], &y[..4]).is_none());
        assert!(fit(Published, &[2.0; 6], &y).is_none());
        assert!(fit(Published, &[1.0, 1.0, 2.0, 2.0, 3.0, 4.0], &y).is_none());
        // A straight line and a constant are fitted exactly.
        for y in [y.map(|y| 3.0 - 0.3 * y), [0.1; 6]] {
            let fit = fit(Published, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &y).unwrap();
            assert!(fit.converged && fit.rmse < 1e-12, "{fit:?}");
            assert!(fit.curve.b.iter().all(|b| b.is_finite()));
        }
    }

    #[test]
    fn a_line_needs_two_scores() {
        let (x, y) = ([1.0, 2.0, 2.5, 4.0, 5.0, 7.0], [1.0, 3.0, 2.0, 4.0, 6.0, 5.0]);
        let deviation = |line: Curve| rmse(&line.map(&x), &y).unwrap();
        let best = line(&x, &y).unwrap();
        for b in [[0.0, 0.01], [0.01, 0.0], [-0.01, 0.0], [0.0, -0.01]] {
            let [.., slope, intercept] = best.b;
            let moved = Curve { b: [0.0, 0.0, 0.0, slope + b[0], intercept + b[1]] };
            assert!(deviation(moved) > deviation(best), "{b:?}");
        }
        let [.., slope, intercept] = line(&x[..2], &y[..2]).unwrap().b;
        assert!((slope - 2.0).abs() < 1e-12 && (intercept + 1.0).abs() < 1e-12);
        assert_eq!(line(&[2.0; 6], &y), None);
        assert_eq!(line(&[], &[]), None);
    }

    #[test]
    fn values_whose_squares_are_no_numbers_have_no_fit() {
        let y = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        for scale in [1e-200, 1e200] {
            let scores = y.map(|y| scale * y);
            assert!(fit(Published, &scores, &y).is_none() && line(&scores, &y).is_none(), "{scale}");
        }
        assert!(fit(Published, &y, &[f64::MAX; 6]).is_none());
    }

    #[test]
    #[should_panic(expected = "3 scores and 2 opinions")]
    fn lengths_must_agree() {
        fit(Published, &[1.0, 2.0, 3.0], &[1.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "finite values")]
    fn opinions_must_be_numbers() {
        fit(Published, &[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 2.0, f64::NAN, 4.0, 5.0]);
    }
}
