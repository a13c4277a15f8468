//! Whether two correlations differ by more than chance: Fisher's z test.
//!
//! Fisher's transform z = atanh r of a correlation over *n* images is close to normal with variance 1/(n − 3), so that the
//! difference of two, over √(2/(n − 3)), is compared with the normal distribution's critical value. The test takes the two
//! correlations as independent; both methods judge the same images here, which makes it conservative. It is kept because
//! it is the one behind the flags published for these methods; [`bootstrap`](super::bootstrap) gives the paired comparison.

use crate::lanes::math;

/// The two-sided 5 % critical value of the standard normal distribution, Φ⁻¹(0.975).
pub const CRITICAL_VALUE: f64 = 1.959963984540054;

/// Fisher's statistic Z = (atanh r₁ − atanh r₂)/√(2/(n − 3)) of two correlations over `n` images each. Infinite where just
/// one of them is ±1, or they are 1 and −1, and 0 where they are equal. `None` for fewer than four images.
///
/// # Panics
/// If a correlation is outside [−1, 1].
pub fn fisher_z(r1: f64, r2: f64, n: usize) -> Option<f64> {
    for r in [r1, r2] {
        assert!((-1.0..=1.0).contains(&r), "a correlation lies within [-1, 1], not at {r}");
    }
    if n < 4 {
        return None;
    }
    // Also for a pair of ones, whose transforms are infinite.
    if r1 == r2 {
        return Some(0.0);
    }
    let atanh = |r: f64| 0.5 * math::ln((1.0 + r) / (1.0 - r));
    Some((atanh(r1) - atanh(r2)) / (2.0 / (n - 3) as f64).sqrt())
}

/// The flag of the comparison tables: 1 where `r1` is significantly higher than `r2` at the two-sided 5 % level, −1 where it
/// is lower, 0 where chance explains the difference. `None` for fewer than four images.
///
/// A score that falls with quality has negative correlations: give both methods' absolute values if their directions differ.
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

    #[test]
    fn by_hand() {
        // atanh 0.6 = ln 2, atanh 0 = 0, √(2/(11 − 3)) = ½.
        assert!((fisher_z(0.6, 0.0, 11).unwrap() - 2.0 * std::f64::consts::LN_2).abs() < 1e-15);
        // atanh 0.8 = ln 3.
        let z = (3f64.ln() - 2f64.ln()) / (2.0 / 97.0f64).sqrt();
        assert!((fisher_z(0.8, 0.6, 100).unwrap() - z).abs() < 1e-14);
    }

    #[test]
    fn flags() {
        // Over 3000 images .865 beats .851 and not .860.
        assert_eq!(flag(0.865, 0.851, 3000), Some(1));
        assert_eq!(flag(0.851, 0.865, 3000), Some(-1));
        assert_eq!(flag(0.865, 0.860, 3000), Some(0));
        // Fewer images say less.
        assert_eq!(flag(0.865, 0.851, 300), Some(0));
        // The flag turns at the critical value: atanh r = 1.959963984540054 · ½ for n = 11.
        let at = |z: f64| (2.0 * z).exp_m1() / ((2.0 * z).exp() + 1.0);
        assert_eq!(flag(at(CRITICAL_VALUE / 2.0 + 1e-9), 0.0, 11), Some(1));
        assert_eq!(flag(at(CRITICAL_VALUE / 2.0 - 1e-9), 0.0, 11), Some(0));
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
