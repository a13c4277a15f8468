//! Mean and standard deviation.
//!
//! The standard deviation is computed about the mean, in a second pass over the values. The one-pass formula from Σx and Σx²
//! cancels when the mean is large compared with the spread. Where a sum leaves the range of `f64`, the values are first divided by
//! the largest of them.

/// The arithmetic mean; `None` for no values.
///
/// # Panics
/// If a value is NaN or infinite.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    if mean.is_finite() {
        return Some(mean);
    }
    let (scaled, largest) = scaled(values);
    Some(scaled.iter().sum::<f64>() / values.len() as f64 * largest)
}

/// The sample standard deviation √(Σ(x − x̄)²/(n − 1)): `None` for fewer than two values, exactly 0 for a constant. One that exceeds
/// [`f64::MAX`] is `f64::MAX`.
///
/// # Panics
/// If a value is NaN or infinite.
pub fn std(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    if values.len() < 2 {
        return None;
    }
    if is_constant(values) {
        return Some(0.0);
    }
    let about = |mean: f64, values: &[f64]| {
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        squares / (values.len() - 1) as f64
    };
    let variance = about(mean, values);
    if (SMALLEST_VARIANCE..f64::INFINITY).contains(&variance) {
        return Some(variance.sqrt());
    }
    let (scaled, largest) = scaled(values);
    let mean = scaled.iter().sum::<f64>() / values.len() as f64;
    Some((about(mean, &scaled).sqrt() * largest).min(f64::MAX))
}

/// The smallest variance whose squares have lost no digits to the lower limit of `f64`.
const SMALLEST_VARIANCE: f64 = 1e-280;

/// The values divided by the largest absolute value, and that value. It is not 0, since the values differ or their sum is not finite.
fn scaled(values: &[f64]) -> (Vec<f64>, f64) {
    let largest = values.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let finite = values.iter().all(|x| x.is_finite());
    assert!(finite, "a mean needs finite values");
    (values.iter().map(|x| x / largest).collect(), largest)
}

/// Whether all values are equal; true for fewer than two. The values decide, not their spread: the rounded mean of
/// equal values may differ from that value.
pub(super) fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    #[test]
    fn moments_by_hand() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(mean(&values), Some(3.0));
        assert_eq!(std(&values), Some(2.5f64.sqrt()));
    }

    #[test]
    fn the_undefined_is_none() {
        assert_eq!(mean(&[]), None);
        assert_eq!(std(&[1.0]), None);
        // The mean of these values is not exactly 0.1, but they are a constant.
        assert_eq!(std(&[0.1; 7]), Some(0.0));
    }

    #[test]
    fn a_shift_changes_no_deviation_and_a_scale_multiplies_it() {
        let mut stream = Stream::new(0, "moments", 0);
        let values: Vec<f64> = (0..64).map(|_| stream.normal()).collect();
        let moved: Vec<f64> = values.iter().map(|x| 1e6 - 8.0 * x).collect();
        assert_abs_diff_eq!(std(&moved).unwrap() / std(&values).unwrap(), 8.0, epsilon = 1e-8);
    }

    #[test]
    fn no_finite_values_are_too_large_or_too_small() {
        assert_eq!(mean(&[f64::MAX; 3]), Some(f64::MAX));
        assert_eq!(mean(&[f64::MAX, f64::MAX, -f64::MAX, -f64::MAX]), Some(0.0));
        assert_eq!(std(&[f64::MAX, f64::MAX, f64::MAX]), Some(0.0));
        assert_eq!(std(&[f64::MAX, -f64::MAX]), Some(f64::MAX));
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        for scale in [1e-300, 1e-160, 1e160, 1e300] {
            let values = values.map(|x| x * scale);
            assert_relative_eq!(mean(&values).unwrap() / scale, 3.0, max_relative = 1e-15);
            assert_relative_eq!(std(&values).unwrap() / scale, 2.5f64.sqrt(), max_relative = 1e-15);
        }
        // Equal in the last bit of a subnormal number, or not.
        assert_eq!((mean(&[5e-324, 5e-324]), std(&[5e-324, 5e-324])), (Some(5e-324), Some(0.0)));
        assert!(std(&[5e-324, 1e-323]).unwrap() > 0.0);
    }

    #[test]
    #[should_panic(expected = "finite values")]
    fn an_infinite_value_has_no_deviation() {
        std(&[1.0, f64::INFINITY]);
    }

    #[test]
    #[should_panic(expected = "finite values")]
    fn nan_has_no_mean() {
        mean(&[1.0, f64::NAN]);
    }
}
