//! Mean and standard deviation.
//!
//! The standard deviation is computed about the mean, in a second pass over the values. The one-pass formula from Σx and Σx²
//! cancels when the mean is large compared with the spread.

/// The arithmetic mean; `None` for no values.
///
/// # Panics
/// If the sum is not finite: a value is NaN or infinite.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!(mean.is_finite(), "a mean needs finite values");
    Some(mean)
}

/// The sample standard deviation √(Σ(x − x̄)²/(n − 1)): `None` for fewer than two values, exactly 0 for a constant.
///
/// # Panics
/// If the sum is not finite: a value is NaN or infinite.
pub fn std(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    if values.len() < 2 {
        return None;
    }
    if is_constant(values) {
        return Some(0.0);
    }
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
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
    use approx::assert_abs_diff_eq;

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
    #[should_panic(expected = "finite values")]
    fn nan_has_no_mean() {
        mean(&[1.0, f64::NAN]);
    }
}
