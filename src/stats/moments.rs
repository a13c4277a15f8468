//! Mean, standard deviation and kurtosis.
//!
//! Each is taken about the mean in a second pass: the textbook's one-pass sums of powers cancel to nothing when the mean is
//! large beside the spread.

/// The arithmetic mean, `None` of no values.
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

/// The sample standard deviation √(Σ(x − x̄)²/(n − 1)), `None` of fewer than two values, exactly 0 of a constant.
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

/// The bias-corrected kurtosis, 3 for the normal distribution: MATLAB's `kurtosis(x, 0)`, which gives the image-quality
/// scores their unit weights.
///
/// With k₁ = m₄/m₂² from the central moments: ((n + 1)k₁ − 3(n − 1))·(n − 1)/((n − 2)(n − 3)) + 3. `None` of a constant,
/// which has none, and of fewer than four values, where the correction divides by zero.
///
/// # Panics
/// If the sum is not finite: a value is NaN or infinite.
pub fn kurtosis(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    if values.len() < 4 || is_constant(values) {
        return None;
    }
    let n = values.len() as f64;
    let (second, fourth) = values.iter().fold((0.0, 0.0), |(second, fourth), x| {
        let square = (x - mean) * (x - mean);
        (second + square, fourth + square * square)
    });
    let k1 = n * fourth / (second * second);
    Some(((n + 1.0) * k1 - 3.0 * (n - 1.0)) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) + 3.0)
}

/// Whether all values are equal, as also none and one are. Asked of the values, not of their spread: the rounded mean of
/// equal values need not be that value.
pub(super) fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;

    #[test]
    fn moments_by_hand() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(mean(&values), Some(3.0));
        assert_eq!(std(&values), Some(2.5f64.sqrt()));
        // m₂ = 2, m₄ = 6.8, k₁ = 1.7: (6 · 1.7 − 12) · 4/(3 · 2) + 3.
        assert!((kurtosis(&values).unwrap() - 1.8).abs() < 1e-15);
        // m₂ = 1, m₄ = 5.2, k₁ = 5.2 of ten values: (11 · 5.2 − 27) · 9/(8 · 7) + 3.
        let spike = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 1.0];
        assert!((kurtosis(&spike).unwrap() - (55.0 - 27.0) * 9.0 / 56.0 - 3.0).abs() < 1e-14);
    }

    #[test]
    fn the_undefined_is_none() {
        assert_eq!(mean(&[]), None);
        assert_eq!(std(&[1.0]), None);
        assert_eq!(kurtosis(&[1.0, 2.0, 3.0]), None);
        // 0.1 added up and divided is not 0.1 again, and still this is a constant.
        assert_eq!(std(&[0.1; 7]), Some(0.0));
        assert_eq!(kurtosis(&[0.1; 64]), None);
    }

    #[test]
    fn a_shift_and_a_scale_do_not_show_in_the_kurtosis() {
        let mut stream = Stream::new(0, "kurtosis", 0);
        let values: Vec<f64> = (0..64).map(|_| stream.normal()).collect();
        let moved: Vec<f64> = values.iter().map(|x| 1e6 - 8.0 * x).collect();
        assert!((kurtosis(&values).unwrap() - kurtosis(&moved).unwrap()).abs() < 1e-8);
        assert!((std(&moved).unwrap() / std(&values).unwrap() - 8.0).abs() < 1e-8);
    }

    #[test]
    fn the_correction_removes_the_bias() {
        // Over many normal samples of 64 the corrected kurtosis averages 3; the plain one would average 2.91.
        let mut stream = Stream::new(0, "bias", 0);
        let samples: Vec<f64> =
            (0..20_000).map(|_| kurtosis(&(0..64).map(|_| stream.normal()).collect::<Vec<_>>()).unwrap()).collect();
        assert!((mean(&samples).unwrap() - 3.0).abs() < 4.0 * std(&samples).unwrap() / 20_000f64.sqrt());
    }

    #[test]
    #[should_panic(expected = "finite values")]
    fn nan_has_no_mean() {
        mean(&[1.0, f64::NAN]);
    }
}
