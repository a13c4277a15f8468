//! The mean over several seeds with its interval, and the paired comparison of two methods.
//!
//! A method trained from *n* seeds gives *n* numbers. If they are draws from a normal distribution, the interval of
//! their mean is ± t·s/√n. Here s is their standard deviation and t a quantile of Student's distribution with n − 1
//! degrees of freedom. For five seeds t is 2.78, not the 1.96 of the normal distribution. Two methods that were trained
//! from the same seeds share the effect of each seed. The paired test uses the n differences and so removes that effect
//! (Student, "The probable error of a mean", Biometrika 6, 1908).
//!
//! The interval applies to other seeds, not to other images; for those see [`bootstrap`](super::bootstrap).
//!
//! Student's distribution is computed here, with + − × ÷ √ alone: p values and intervals are written to result files,
//! which have the same bits on every system. The `statrs` crate uses the platform's logarithm and exponential; the
//! tests compare with it.

use super::moments;

/// A mean over seeds with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanInterval {
    /// The mean over the seeds.
    pub mean: f64,
    /// Half the width of the 95 % interval from `mean - half_width` to `mean + half_width`.
    pub half_width: f64,
}

/// The paired t test of two methods over the same seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedTest {
    /// The mean difference, first method minus second, with its 95 % interval.
    pub difference: MeanInterval,
    /// The mean difference divided by its standard error.
    pub t: f64,
    /// The number of seeds minus one.
    pub degrees_of_freedom: usize,
    /// The two-sided p value: the probability of a |t| at least as large if the methods do not differ.
    pub p: f64,
}

/// The mean of `values`, one per seed, and its 95 % interval by Student's t. The width is 0 if all are equal. `None`
/// for fewer than two values, which have no spread.
///
/// # Panics
/// If a value is not finite.
pub fn mean_interval(values: &[f64]) -> Option<MeanInterval> {
    let (mean, std) = (moments::mean(values)?, moments::std(values)?);
    let n = values.len();
    Some(MeanInterval { mean, half_width: quantile_975(n - 1) * std / (n as f64).sqrt() })
}

/// The paired t test of `a` against `b`, the numbers of two methods in the same order of seeds.
///
/// `None` for fewer than two seeds, and if all differences are equal: the test needs their spread (two equal methods,
/// or seeds without effect, have none).
///
/// ```
/// use gradspace::stats::paired::paired_t_test;
///
/// let test = paired_t_test(&[62.67, 63.11, 61.82, 62.90, 62.44], &[61.05, 62.50, 61.55, 61.11, 62.02]).unwrap();
/// assert_eq!(test.degrees_of_freedom, 4);
/// assert!((test.t - 2.9692).abs() < 1e-4 && (test.p - 0.0412).abs() < 1e-4);
/// ```
///
/// # Panics
/// If the lengths differ or a value is not finite.
pub fn paired_t_test(a: &[f64], b: &[f64]) -> Option<PairedTest> {
    let n = a.len();
    assert_eq!(n, b.len(), "{n} and {} values are not of the same seeds", b.len());
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let difference = mean_interval(&differences)?;
    let standard_error = moments::std(&differences)? / (n as f64).sqrt();
    if standard_error == 0.0 {
        return None;
    }
    let t = difference.mean / standard_error;
    Some(PairedTest { difference, t, degrees_of_freedom: n - 1, p: two_sided_p(t, n - 1) })
}

/// The probability that |T| is at least |`t`|, for T of Student's distribution with `degrees_of_freedom` ν ≥ 1.
///
/// With a = ν/2 and x = ν/(ν + t²) it is the regularised incomplete beta function Iₓ(a, ½). Both it and its complement
/// I₁₋ₓ(½, a) are a common factor, xᵃ (1 − x)^½ / B(a, ½), times a series of positive terms (Abramowitz and Stegun
/// 26.5.4). So there is no cancellation: for large |t| the tail itself is summed, and keeps its digits however small it
/// is.
///
/// # Panics
/// If `t` is NaN or `degrees_of_freedom` is 0.
fn two_sided_p(t: f64, degrees_of_freedom: usize) -> f64 {
    assert!(
        !t.is_nan() && degrees_of_freedom > 0,
        "Student's distribution at {t} with {degrees_of_freedom} degrees of freedom"
    );
    let (nu, t2) = (degrees_of_freedom as f64, t * t);
    let (a, x, y) = (0.5 * nu, nu / (nu + t2), 1.0 / (nu / t2 + 1.0));
    // x^a √y / B(a, ½), from B(½, ½) = π or B(1, ½) = 2 by B(a + 1, ½) = B(a, ½) · a/(a + ½).
    let (mut common, mut at) = if degrees_of_freedom % 2 == 1 {
        ((x * y).sqrt() / std::f64::consts::PI, 0.5)
    } else {
        (x * y.sqrt() / 2.0, 1.0)
    };
    while at < a {
        common *= x * ((at + 0.5) / at);
        at += 1.0;
    }
    if t2 < 2.0 { 1.0 - 2.0 * common * series(a + 0.5, 1.5, y) } else { common / a * series(a + 0.5, a + 1.0, x) }
}

/// Σ (b)ₙ/(c)ₙ zⁿ = 1 + b/c z + b(b + 1)/(c(c + 1)) z² + …, for positive b, c and 0 ≤ z < 1, to the last bit of the
/// sum.
fn series(b: f64, c: f64, z: f64) -> f64 {
    let (mut sum, mut term, mut n) = (1.0, 1.0, 0.0);
    loop {
        let ratio = z * ((b + n) / (c + n));
        term *= ratio;
        let before = sum;
        sum += term;
        // While the terms grow, a small term does not bound the next ones.
        if ratio < 1.0 && sum == before {
            return sum;
        }
        n += 1.0;
    }
}

/// The 97.5 % quantile of Student's distribution: 5 % lies outside ± this value.
///
/// # Panics
/// If `degrees_of_freedom` is 0.
fn quantile_975(degrees_of_freedom: usize) -> f64 {
    // The largest is 12.7, for one degree of freedom. The interval is halved until no number lies between the bounds.
    let (mut low, mut high) = (1.0, 16.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if two_sided_p(middle, degrees_of_freedom) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;
    use approx::{abs_diff_eq, assert_relative_eq};
    use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

    fn near(a: f64, b: f64, relative: f64) {
        assert_relative_eq!(a, b, epsilon = 0.0, max_relative = relative);
    }

    #[test]
    fn tails_as_statrs_has_them() {
        for nu in (1..=50).chain([100, 1000]) {
            let student = StudentsT::new(0.0, 1.0, nu as f64).unwrap();
            for t in [0.001, 0.1, 0.5, 1.0, 1.3, 1.41, 1.42, 2.0, 3.0, 5.0, 8.0, 20.0] {
                let expected = 2.0 * student.sf(t);
                assert_relative_eq!(two_sided_p(t, nu), expected, epsilon = 0.0, max_relative = 1e-10);
            }
        }
    }

    /// SciPy 1.17.1: `2 * stats.t.sf(abs(t), nu)`.
    #[test]
    fn tails_as_scipy_has_them() {
        for (nu, t, p) in [
            (1, 12.7, 0.050024327689344165),
            (3, 1.2, 0.31626211469810517),
            (4, 2.5, 0.06676654481198814),
            (4, 30.0, 7.352856097661319e-06),
            (4, 1e4, 5.999999600000023e-16),
            (5, 1.3, 0.2503006341706771),
            (7, -2.2, 0.06373101530263678),
            (10, 1.41, 0.18887612561559944),
            (10, 1.42, 0.18602403827981803),
            (29, 2.0, 0.05494363718296717),
            (30, 8.0, 6.265822475700759e-09),
            (100, 0.3, 0.7647998803003035),
            (1000, 1.5, 0.13393003882208626),
            (1000, 5.0, 6.767256364648635e-07),
        ] {
            near(two_sided_p(t, nu), p, 2e-13);
        }
    }

    /// In closed form: ν = 1 has p = 1 − 2/π atan t, ν = 2 has p = 1 − t/√(2 + t²).
    #[test]
    fn tails_by_hand() {
        near(two_sided_p(1.0, 1), 0.5, 1e-15);
        near(two_sided_p(3f64.sqrt(), 1), 1.0 / 3.0, 1e-15);
        near(two_sided_p(0.5, 2), 2.0 / 3.0, 1e-15);
        near(two_sided_p(2.0, 2), 1.0 - 2.0 / 6f64.sqrt(), 1e-15);
        for nu in [1, 2, 5, 100] {
            assert_eq!(two_sided_p(0.0, nu), 1.0);
            assert_eq!(two_sided_p(f64::INFINITY, nu), 0.0);
            assert_eq!(two_sided_p(-1.7, nu), two_sided_p(1.7, nu));
            // Across the change of series.
            let at = 2f64.sqrt();
            near(two_sided_p(at * (1.0 + 1e-14), nu), two_sided_p(at * (1.0 - 1e-14), nu), 1e-12);
        }
    }

    #[test]
    fn quantiles_as_statrs_has_them() {
        for nu in (1..=100).chain([1000]) {
            let student = StudentsT::new(0.0, 1.0, nu as f64).unwrap();
            assert_relative_eq!(quantile_975(nu), student.inverse_cdf(0.975), epsilon = 0.0, max_relative = 1e-9);
        }
        // The limit is the normal distribution: to first order, the quantile is larger by (z³ + z)/(4ν). (For so many
        // degrees of freedom statrs is wrong in the sixth digit.)
        let z = Normal::standard().inverse_cdf(0.975);
        near(quantile_975(100_000), z + (z * z * z + z) / 400_000.0, 1e-9);
        // SciPy 1.17.1: `stats.t.ppf(0.975, nu)`.
        for (nu, t) in [(1, 12.706204736174694), (4, 2.7764451051977934), (1000, 1.9623390808264083)] {
            near(quantile_975(nu), t, 1e-13);
        }
    }

    const A: [f64; 5] = [0.6267, 0.6311, 0.6182, 0.6290, 0.6244];
    const B: [f64; 5] = [0.6105, 0.6250, 0.6155, 0.6111, 0.6202];

    /// SciPy 1.17.1: `stats.ttest_rel(A, B)`, its `confidence_interval(0.95)`, and `stats.t.interval` of A.
    #[test]
    fn test_and_interval_as_scipy_has_them() {
        let test = paired_t_test(&A, &B).unwrap();
        near(test.t, 2.9691721856636075, 1e-13);
        near(test.p, 0.04117806572876252, 1e-13);
        assert_eq!(test.degrees_of_freedom, 4);
        near(test.difference.mean, 0.009419999999999984, 1e-13);
        near(test.difference.mean - test.difference.half_width, 0.0006114462161385913, 1e-11);
        near(test.difference.mean + test.difference.half_width, 0.018228553783861377, 1e-13);
        let of_a = mean_interval(&A).unwrap();
        near(of_a.mean - of_a.half_width, 0.6197081679890049, 1e-14);
        near(of_a.mean + of_a.half_width, 0.6320518320109951, 1e-14);
        let other_way = paired_t_test(&B, &A).unwrap();
        assert_eq!((other_way.t, other_way.p), (-test.t, test.p));
    }

    /// The interval contains the true mean 95 times in a hundred, the test rejects five times, and the two agree.
    #[test]
    fn the_five_per_cent_are_five_per_cent() {
        let (mut missed, runs) = (0, 4000);
        for run in 0..runs {
            let mut stream = Stream::new(0, "paired", run);
            let mut draw = || (0..4).map(|_| stream.normal()).collect::<Vec<_>>();
            let test = paired_t_test(&draw(), &draw()).unwrap();
            let outside = test.difference.mean.abs() > test.difference.half_width;
            assert_eq!(outside, test.p < 0.05);
            missed += i32::from(outside);
        }
        // Four standard deviations of a binomial count.
        assert!(abs_diff_eq!(missed, 200, epsilon = 56), "{missed} of {runs}");
    }

    #[test]
    fn without_spread() {
        assert_eq!(mean_interval(&[]), None);
        assert_eq!(mean_interval(&[1.0]), None);
        assert_eq!(mean_interval(&[0.1; 3]).unwrap().half_width, 0.0);
        assert_eq!(paired_t_test(&[1.0], &[0.0]), None);
        assert_eq!(paired_t_test(&A, &A), None);
        assert_eq!(paired_t_test(&[3.0, 2.0], &[2.0, 1.0]), None);
    }

    #[test]
    #[should_panic(expected = "not of the same seeds")]
    fn pairs_are_pairs() {
        paired_t_test(&A, &B[1..]);
    }
}
