//! The five-parameter logistic that maps a quality score to the scale of the opinions.
//!
//! q(x) = b₁(½ − 1/(1 + exp(b₂(x − b₃)))) + b₄x + b₅, of Sheikh, Sabir and Bovik (2006): a logistic on a sloping line. PLCC,
//! RMSE and the outlier ratio are taken of q(x), so that a method is not blamed for a curved but monotone scale.
//!
//! # Why the fit is a chapter of its own
//! The least-squares problem has many local minima, and what a general optimiser returns depends on where it starts. It
//! shows in print: the published PLCC and RMSE of several competitors on TID2013 and MULTI-LIVE are those of a *straight
//! line*, while the converged curve puts FSIMc's RMSE on TID2013 from .687 to .596. Hence this fit starts from many places,
//! says in its result whether it [`converged`](Fit::converged) and how many starts agree, and carries the straight line
//! beside the curve.
//!
//! # How it is found
//! Given slope and place (b₂, b₃), the other three parameters are a *linear* least-squares problem with one answer. Variable
//! projection (Golub and Pereyra, 1973) solves it inside, and leaves a problem in two unknowns without valleys of its own
//! making. With x standardised, the columns 1 and x are orthogonal once and for all, so that projecting the opinions y and
//! the logistic s off them makes the inner problem one division: b₁ = s·y/s·s. The two unknowns go by Levenberg and
//! Marquardt's method with Kaufman's (1975) Jacobian, whose gradient is exact. Every pair of a place at a quantile of the
//! scores and a slope from broad to steep is a start. The curve does not change with the signs of b₁ and b₂ together, so
//! rising slopes reach the falling ones too; the result has b₂ > 0.
//!
//! There need not be a minimum: an exponential (b₃ → ±∞), a cubic (b₂ → 0) or a step (b₂ → ∞) may fit better than any member
//! of the family. IW-SSIM on MULTI-LIVE is such a case. The descent then stops where going on changes the fit no more, and
//! the result says that it is a [`limit`](Fit::limit).

use super::moments::mean;
use crate::lanes::math;

/// A curve q(x) = b₁(½ − 1/(1 + exp(b₂(x − b₃)))) + b₄x + b₅; a straight line where b₁ is 0.
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

/// The least-squares curve through scores and opinions, and the straight line beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The best curve found.
    pub curve: Curve,
    /// Its root mean square error, in the opinions' unit.
    pub rmse: f64,
    /// Whether there is nothing left to gain near it: the residual is orthogonal to what slope and place can still change,
    /// to 1e-6 of a cosine.
    pub converged: bool,
    /// Whether it is, as far as the sum of squares can tell, a limit of the family and no member: an exponential, a cubic or
    /// a step, with some of b₁ … b₅ arbitrarily large. The curve is determined all the same; its parameters are not.
    pub limit: bool,
    /// Steps that its start took.
    pub iterations: usize,
    /// How many starts there were.
    pub starts: usize,
    /// How many of them ended at this curve's sum of squares, to four digits.
    pub reached: usize,
    /// The least-squares straight line: a curve with b₁ = 0.
    pub line: Curve,
    /// The straight line's root mean square error.
    pub line_rmse: f64,
}

/// Where the starts are placed: quantiles of the scores.
const PLACES: [f64; 7] = [0.02, 0.15, 0.3, 0.5, 0.7, 0.85, 0.98];
/// How steep they are: logarithms (base e) of 0.5, 1.5, 5 and 15, per standard deviation of the middle of the scores.
const LOG_SLOPES: [f64; 4] = [-0.7, 0.4, 1.6, 2.7];
/// The share of the opinions' sum of squares below which a unit of log-slope or place changes nothing that shows.
const FLAT: f64 = 1e-7;
/// The share of the opinions' sum of squares (about 0) below which what is left is rounding: the curve meets every opinion.
const EXACT: f64 = 1e-24;
/// The mean square below which what a straight line leaves of a logistic is too little: its height b₁ would be so large that
/// b₁ … b₅ no longer give the curve in floating point.
const STRAIGHT: f64 = 1e-15;
/// Steps after which a start that still descends is left.
const MOST_ITERATIONS: usize = 100;

/// Fits the curve and the straight line to `scores` and `mos`, image by image. Scores that are NaN or infinite count as 0,
/// as in the published code. `None` for fewer than five different scores, which do not determine five parameters.
///
/// Takes 0.05 to 0.4 s for 3000 images, and in proportion for fewer.
///
/// # Panics
/// If the lengths differ or an opinion is not finite.
pub fn fit(scores: &[f64], mos: &[f64]) -> Option<Fit> {
    assert_eq!(scores.len(), mos.len(), "{} scores and {} opinions cannot be paired", scores.len(), mos.len());
    let scores: Vec<f64> = scores.iter().map(|&x| finite(x)).collect();
    let mut sorted = scores.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.chunk_by(|a, b| a == b).count() < 5 {
        return None;
    }
    let problem = Problem::new(&scores, mos)?;

    // The standard deviation would be an outlier's: this is that of a normal distribution with the same middle.
    let quantile = |p: f64| problem.standard(sorted[((sorted.len() - 1) as f64 * p) as usize]);
    let middle = (quantile(0.9) - quantile(0.1)) / 2.563;
    let unit = if middle > 0.0 { middle } else { 1.0 };
    let ends: Vec<End> = PLACES
        .iter()
        .flat_map(|&p| LOG_SLOPES.map(|s| (s - math::ln(unit), quantile(p))))
        .filter_map(|(log_slope, place)| problem.descend(log_slope, place))
        .collect();

    let line = problem.curve(None);
    let line_rmse = (problem.y_squares / problem.n).sqrt();
    let best = ends.iter().min_by(|a, b| a.point.squares.total_cmp(&b.point.squares))?;
    Some(Fit {
        curve: problem.curve(Some(&best.point)),
        rmse: (best.point.squares / problem.n).sqrt(),
        converged: best.converged,
        limit: best.limit,
        iterations: best.iterations,
        starts: PLACES.len() * LOG_SLOPES.len(),
        reached: ends.iter().filter(|end| end.point.squares <= best.point.squares * (1.0 + 1e-4)).count(),
        line,
        line_rmse,
    })
}

fn finite(score: f64) -> f64 {
    if score.is_finite() { score } else { 0.0 }
}

/// The data, standardised and freed of their straight line.
struct Problem {
    n: f64,
    /// Scores with mean 0 and mean square 1, and the map from the given ones.
    x: Vec<f64>,
    centre: f64,
    spread: f64,
    /// What a straight line in x leaves of the opinions, its sum of squares, what of that is rounding, and the line.
    y: Vec<f64>,
    y_squares: f64,
    rounding: f64,
    line: Line,
}

/// Intercept and slope in the standardised score.
#[derive(Clone, Copy)]
struct Line {
    intercept: f64,
    slope: f64,
}

/// Slope and place of a logistic, and the best curve with them.
struct Point {
    /// The logarithm of the slope, so that it stays positive and steps are relative.
    log_slope: f64,
    place: f64,
    /// b₁.
    height: f64,
    /// The logistic (sigmoid, or sigmoid − 1 for a place below the mean), and what a straight line in x leaves of it.
    logistic: Vec<f64>,
    rest: Vec<f64>,
    rest_squares: f64,
    /// The straight line in sigmoid − ½, which the curve's own line makes up for.
    line: Line,
    /// y − b₁ · rest, and its sum of squares.
    residual: Vec<f64>,
    squares: f64,
}

/// Where a start ended.
struct End {
    point: Point,
    converged: bool,
    limit: bool,
    iterations: usize,
}

impl Problem {
    fn new(scores: &[f64], mos: &[f64]) -> Option<Problem> {
        let n = scores.len() as f64;
        let centre = mean(scores)?;
        let spread = (scores.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>() / n).sqrt();
        let x: Vec<f64> = scores.iter().map(|x| (x - centre) / spread).collect();
        mean(mos)?;
        let mut y = mos.to_vec();
        let line = take_line(&x, &mut y);
        let (y_squares, rounding) = (dot(&y, &y), EXACT * dot(mos, mos));
        Some(Problem { n, x, centre, spread, y, y_squares, rounding, line })
    }

    fn standard(&self, score: f64) -> f64 {
        (score - self.centre) / self.spread
    }

    /// Solves for the three linear parameters. `None` where the logistic is a straight line over these scores.
    fn point(&self, log_slope: f64, place: f64) -> Option<Point> {
        let slope = math::exp(log_slope);
        // The end of the logistic that is small over most scores, to full relative accuracy; the ½ belongs to the intercept.
        let side = if place > 0.0 { 1.0 } else { -1.0 };
        let logistic: Vec<f64> = self.x.iter().map(|x| side / (1.0 + math::exp(side * slope * (place - x)))).collect();
        let mut rest = logistic.clone();
        let line = take_line(&self.x, &mut rest);
        let line = Line { intercept: line.intercept - 0.5 * side, ..line };
        let rest_squares = dot(&rest, &rest);
        if rest_squares.is_nan() || rest_squares <= STRAIGHT * self.n {
            return None;
        }
        let height = dot(&rest, &self.y) / rest_squares;
        let residual: Vec<f64> = self.y.iter().zip(&rest).map(|(y, s)| y - height * s).collect();
        let squares = dot(&residual, &residual);
        Some(Point { log_slope, place, height, logistic, rest, rest_squares, line, residual, squares })
    }

    /// Levenberg and Marquardt's descent from a start. `None` if there is no curve at the start.
    fn descend(&self, log_slope: f64, place: f64) -> Option<End> {
        let mut point = self.point(log_slope, place)?;
        let mut damping = 1e-3;
        // The largest squared length so far of each column: what damps a step must not vanish with the slope or place.
        let mut scale = [0.0f64; 2];
        let mut iterations = 0;
        loop {
            let (by_slope, by_place) = self.jacobian(&point);
            let mut gradient = [dot(&by_slope, &point.residual), dot(&by_place, &point.residual)];
            let mut normal = [dot(&by_slope, &by_slope), dot(&by_slope, &by_place), dot(&by_place, &by_place)];
            // Towards a limit there is no more to gain; what is left of that column is rounding, and it stays out.
            let flat = [normal[0], normal[2]].map(|square| square <= FLAT * self.y_squares);
            for k in [0, 1].into_iter().filter(|&k| flat[k]) {
                gradient[k] = 0.0;
                normal[1] = 0.0;
            }
            scale = [scale[0].max(normal[0]), scale[1].max(normal[2])];
            // Between the residual and each column: 0 at a minimum.
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
                let step_place = (b * gradient[0] - a * gradient[1]) / determinant;
                // A long step says only that the model is poor here, and from near a limit there is hardly a way back.
                let next = self
                    .point(point.log_slope + step_slope.clamp(-1.0, 1.0), point.place + step_place.clamp(-1.0, 1.0));
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

    /// Kaufman's derivative of the residual with respect to log-slope and place: that of −b₁ · logistic, freed of what the
    /// three linear parameters make up for.
    fn jacobian(&self, point: &Point) -> (Vec<f64>, Vec<f64>) {
        let slope = math::exp(point.log_slope);
        // sigmoid′ = sigmoid · (1 − sigmoid), for either end.
        let bell = point.logistic.iter().map(|s| s.abs() * (1.0 - s.abs()));
        let mut by_slope: Vec<f64> =
            bell.clone().zip(&self.x).map(|(bell, x)| -point.height * bell * slope * (x - point.place)).collect();
        let mut by_place: Vec<f64> = bell.map(|bell| point.height * bell * slope).collect();
        for column in [&mut by_slope, &mut by_place] {
            take_line(&self.x, column);
            let share = dot(column, &point.rest) / point.rest_squares;
            column.iter_mut().zip(&point.rest).for_each(|(c, s)| *c -= share * s);
        }
        (by_slope, by_place)
    }

    /// The curve of a point, or the straight line of none, in the given scores.
    fn curve(&self, point: Option<&Point>) -> Curve {
        let (logistic, line) = match point {
            None => ([0.0; 3], self.line),
            Some(p) => (
                [p.height, math::exp(p.log_slope) / self.spread, self.centre + p.place * self.spread],
                Line {
                    intercept: self.line.intercept - p.height * p.line.intercept,
                    slope: self.line.slope - p.height * p.line.slope,
                },
            ),
        };
        let slope = line.slope / self.spread;
        Curve { b: [logistic[0], logistic[1], logistic[2], slope, line.intercept - slope * self.centre] }
    }
}

/// Takes the least-squares straight line in the standardised `x` off `values`, and returns it.
fn take_line(x: &[f64], values: &mut [f64]) -> Line {
    let n = x.len() as f64;
    let line = Line { intercept: values.iter().sum::<f64>() / n, slope: dot(x, values) / n };
    values.iter_mut().zip(x).for_each(|(v, x)| *v -= line.intercept + line.slope * x);
    line
}

/// Σab, in eight running sums, so that an addition need not wait for the one before it.
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
    use super::*;
    use crate::stats::correlation::rmse;
    use crate::stats::random::Stream;

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
            let fit = fit(&x, &y).unwrap();
            assert!(fit.converged && !fit.limit && fit.reached >= 1, "{fit:?}");
            assert!(fit.rmse < 1e-9, "{fit:?}");
            for (found, b) in fit.curve.b.iter().zip(b) {
                assert!((found - b).abs() < 1e-5 * (1.0 + b.abs()), "{:?} for {truth:?}", fit.curve);
            }
        }
    }

    #[test]
    fn the_result_describes_its_curves() {
        let (x, y) = data(400, 0.3, |x| 5.0 * x * x);
        let fit = fit(&x, &y).unwrap();
        assert!((fit.rmse - rmse(&fit.curve.map(&x), &y).unwrap()).abs() < 1e-9);
        assert!((fit.line_rmse - rmse(&fit.line.map(&x), &y).unwrap()).abs() < 1e-12);
        assert!(fit.rmse < fit.line_rmse && (fit.rmse - 0.3).abs() < 0.03, "{fit:?}");
        assert_eq!((fit.line.b[0], fit.starts), (0.0, 28));
    }

    #[test]
    fn a_minimum_is_a_minimum() {
        let (x, y) = data(400, 0.5, |x| Curve { b: [4.0, 12.0, 0.6, 1.0, 3.0] }.at(x));
        let fit = fit(&x, &y).unwrap();
        assert!(fit.converged && !fit.limit && fit.reached > 10, "{fit:?}");
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
        let q = fit(&x, &y).unwrap().curve.map(&x);
        for (by, times) in [(1e4, 1.0), (0.0, 1e6), (-3.0, -1e-5)] {
            let moved: Vec<f64> = x.iter().map(|x| by + times * x).collect();
            let fit = fit(&moved, &y).unwrap();
            assert!(fit.curve.b[1] > 0.0);
            for (a, b) in fit.curve.map(&moved).iter().zip(&q) {
                assert!((a - b).abs() < 1e-6, "{fit:?}");
            }
        }
    }

    #[test]
    fn limits_of_the_family_are_called_so() {
        let exponential = |x: f64| (3.0 * x).exp();
        let cubic = |x: f64| 2.0 * x - 9.0 * x * x + 7.0 * x * x * x;
        for curve in [&exponential as &dyn Fn(f64) -> f64, &cubic] {
            let (x, y) = data(500, 0.02, curve);
            let fit = fit(&x, &y).unwrap();
            // Within the noise of five parameters, and still a curve that its parameters give.
            assert!(fit.rmse < 0.021, "{fit:?}");
            assert!((fit.rmse - rmse(&fit.curve.map(&x), &y).unwrap()).abs() < 1e-6, "{fit:?}");
        }
        let (x, y) = data(500, 0.0, exponential);
        assert!(fit(&x, &y).unwrap().limit);
    }

    #[test]
    fn scores_that_are_no_numbers_count_as_0() {
        let (mut x, y) = data(100, 0.3, |x| 3.0 * x);
        (x[3], x[50], x[99]) = (0.0, 0.0, 0.0);
        let zero = fit(&x, &y).unwrap();
        (x[3], x[50], x[99]) = (f64::NAN, f64::INFINITY, f64::NEG_INFINITY);
        assert_eq!(fit(&x, &y).unwrap(), zero);
        assert_eq!(zero.curve.at(f64::NAN), zero.curve.at(0.0));
    }

    #[test]
    fn degenerate_input() {
        let y = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert!(fit(&[], &[]).is_none());
        assert!(fit(&y[..4], &y[..4]).is_none());
        assert!(fit(&[2.0; 6], &y).is_none());
        assert!(fit(&[1.0, 1.0, 2.0, 2.0, 3.0, 4.0], &y).is_none());
        // A straight line and a constant are fitted exactly.
        for y in [y.map(|y| 3.0 - 0.3 * y), [0.1; 6]] {
            let fit = fit(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &y).unwrap();
            assert!(fit.converged && fit.rmse < 1e-12 && fit.line_rmse < 1e-12, "{fit:?}");
            assert!(fit.curve.b.iter().all(|b| b.is_finite()));
        }
    }

    #[test]
    #[should_panic(expected = "3 scores and 2 opinions")]
    fn lengths_must_agree() {
        fit(&[1.0, 2.0, 3.0], &[1.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "finite values")]
    fn opinions_must_be_numbers() {
        fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 2.0, f64::NAN, 4.0, 5.0]);
    }
}
