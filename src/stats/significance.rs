//! The significance of a difference of two correlations: Fisher's z test.
//!
//! Fisher's transform z = atanh r of a correlation over *n* images is nearly normal with variance 1/(n − 3). So the
//! difference of two, divided by √(2/(n − 3)), is compared with the normal distribution's critical value. The test
//! assumes independent correlations. Here both methods are evaluated on the same images, which makes it conservative.
//! It is used because the published flags of these methods come from it; [`bootstrap`](super::bootstrap) gives the
//! paired comparison.

use crate::lanes::math;

/// The two-sided 5 % critical value of the standard normal distribution, Φ⁻¹(0.975). A constant, since the quantile function of
/// the `statrs` crate uses the platform's logarithm; the tests compare with it.
pub const CRITICAL_VALUE: f64 = 1.959963984540054;

/// Fisher's statistic Z = (atanh r₁ − atanh r₂)/√(2/(n − 3)) of two correlations over `n` images each. It is 0 if they
/// are equal. It is infinite if exactly one of them is ±1, or if they are 1 and −1. `None` for fewer than four images.
///
/// # Panics
/// If a correlation is outside [−1, 1].
pub fn fisher_z(r1: f64, r2: f64, n: usize) -> Option<f64> {
    for r in [r1, r2] {
        assert!((-1.0..=1.0).contains(&r), "a correlation must be within [-1, 1], not {r}");
    }
    if n < 4 {
        return None;
    }
    // This includes two ones, whose transforms are infinite.
    if r1 == r2 {
        return Some(0.0);
    }
    let atanh = |r: f64| 0.5 * math::ln((1.0 + r) / (1.0 - r));
    Some((atanh(r1) - atanh(r2)) / (2.0 / (n - 3) as f64).sqrt())
}

/// The flag of the comparison tables: 1 if `r1` is significantly higher than `r2` at the two-sided 5 % level, −1 if it
/// is lower, and 0 if the difference is not significant. `None` for fewer than four images.
///
/// A score that falls with quality has negative correlations: give the absolute values of both methods if their
/// directions differ.
///
/// # Panics
/// If a correlation is outside [−1, 1].
pub fn flag(r1: f64, r2: f64, n: usize) -> Option<i8> {
    let z = fisher_z(r1, r2, n)?;
    Some(i8::from(z > CRITICAL_VALUE) - i8::from(z < -CRITICAL_VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{assert_abs_diff_eq, assert_relative_eq};
    use statrs::distribution::{ContinuousCDF, Normal};

    #[test]
    fn by_hand() {
        // atanh 0.6 = ln 2, atanh 0 = 0, √(2/(11 − 3)) = ½.
        assert_abs_diff_eq!(fisher_z(0.6, 0.0, 11).unwrap(), 2.0 * std::f64::consts::LN_2, epsilon = 1e-15);
        // atanh 0.8 = ln 3.
        let z = (3f64.ln() - 2f64.ln()) / (2.0 / 97.0f64).sqrt();
        assert_abs_diff_eq!(fisher_z(0.8, 0.6, 100).unwrap(), z, epsilon = 1e-14);
    }

    #[test]
    fn flags() {
        // Over 3000 images .865 is significantly higher than .851, but not than .860.
        assert_eq!(flag(0.865, 0.851, 3000), Some(1));
        assert_eq!(flag(0.851, 0.865, 3000), Some(-1));
        assert_eq!(flag(0.865, 0.860, 3000), Some(0));
        // Fewer images give weaker evidence.
        assert_eq!(flag(0.865, 0.851, 300), Some(0));
        // The flag changes at the critical value: atanh r = 1.959963984540054 · ½ for n = 11.
        let at = |z: f64| (2.0 * z).exp_m1() / ((2.0 * z).exp() + 1.0);
        assert_eq!(flag(at(CRITICAL_VALUE / 2.0 + 1e-9), 0.0, 11), Some(1));
        assert_eq!(flag(at(CRITICAL_VALUE / 2.0 - 1e-9), 0.0, 11), Some(0));
    }

    /// A correlation is significantly higher exactly if the normal distribution's two-sided p value is below 5 %.
    #[test]
    fn flags_are_those_of_statrs_normal_distribution() {
        let normal = Normal::standard();
        assert_relative_eq!(CRITICAL_VALUE, normal.inverse_cdf(0.975), max_relative = 1e-12);
        for n in [4, 10, 25, 300, 3000] {
            for (r1, r2) in (-19..20).flat_map(|a| (-19..20).map(move |b| (f64::from(a) / 20.0, f64::from(b) / 20.0))) {
                let z = (r1.atanh() - r2.atanh()) / (2.0 / (n - 3) as f64).sqrt();
                assert_abs_diff_eq!(fisher_z(r1, r2, n).unwrap(), z, epsilon = 1e-12);
                let significant = 2.0 * normal.sf(z.abs()) < 0.05;
                assert_eq!(flag(r1, r2, n), Some(if significant { z.signum() as i8 } else { 0 }), "{r1} {r2} {n}");
            }
        }
    }

    #[test]
    fn extremes() {
        assert_eq!(flag(1.0, 1.0, 10), Some(0));
        assert_eq!(flag(1.0, 0.99, 10), Some(1));
        assert_eq!(flag(-1.0, 1.0, 10), Some(-1));
        assert_eq!(flag(-1.0, -1.0, 10), Some(0));
        assert_eq!(flag(0.9, 0.1, 3), None);
    }

    #[test]
    #[should_panic(expected = "within [-1, 1]")]
    fn nan_is_no_correlation() {
        flag(f64::NAN, 0.5, 100);
    }
}
