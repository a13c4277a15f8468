//! The five statistics that compare quality scores with people's opinions.
//!
//! *Monotonicity*: Spearman's ρ (SROCC) and Kendall's τ_b (KRCC), on the raw scores, since no monotone map changes them.
//! *Linearity*, *accuracy* and *consistency*: Pearson's r (PLCC), the root mean square error and the outlier ratio, on
//! scores that the [logistic fit](super::logistic) has brought to the scale of the opinions.

pub use super::rank::spearman as srocc;

use super::moments::{is_constant, mean};

/// Pearson's linear correlation r of `a` and `b` (PLCC), within [−1, 1]. `None` if one of them is constant or has fewer
/// than two values.
///
/// # Panics
/// If the lengths differ or a value is not finite.
pub fn plcc(a: &[f64], b: &[f64]) -> Option<f64> {
    same_length(a, b);
    let (a, b) = (deviations(a)?, deviations(b)?);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    Some((dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()).clamp(-1.0, 1.0))
}

/// The deviations from the mean, relative to the largest one, so that their squares neither overflow nor underflow.
/// `None` for a constant.
fn deviations(values: &[f64]) -> Option<Vec<f64>> {
    let mean = mean(values)?;
    if is_constant(values) {
        return None;
    }
    let largest = values.iter().fold(0.0f64, |largest, x| largest.max((x - mean).abs()));
    Some(values.iter().map(|x| (x - mean) / largest).collect())
}

/// Kendall's rank correlation τ_b of `a` and `b` (KRCC), within [−1, 1]: concordant minus discordant pairs, divided by
/// the geometric mean of the numbers of pairs untied in `a` and untied in `b`. `None` if one of them is constant or has
/// fewer than two values.
///
/// The count is exact and takes O(n log n), after Knight (1966): in the order of `a`, the number of discordant pairs is
/// the number of exchanges to sort by `b`.
///
/// # Panics
/// If the lengths differ or a value is NaN.
pub fn krcc(a: &[f64], b: &[f64]) -> Option<f64> {
    same_length(a, b);
    assert!(!a.iter().chain(b).any(|v| v.is_nan()), "NaN has no rank");
    // Adding 0 changes −0 to 0; total_cmp would order them.
    let mut pairs: Vec<(f64, f64)> = a.iter().zip(b).map(|(&a, &b)| (a + 0.0, b + 0.0)).collect();
    pairs.sort_unstable_by(|p, q| p.0.total_cmp(&q.0).then(p.1.total_cmp(&q.1)));
    let tied_a = tied_pairs(&pairs, |p, q| p.0 == q.0);
    let tied_both = tied_pairs(&pairs, |p, q| p == q);
    let mut b: Vec<f64> = pairs.into_iter().map(|(_, b)| b).collect();
    let discordant = sort_counting(&mut b, &mut Vec::new());
    let tied_b = tied_pairs(&b, |p, q| p == q);

    let all = pair_count(b.len());
    let (untied_a, untied_b) = (all - tied_a, all - tied_b);
    if untied_a == 0 || untied_b == 0 {
        return None;
    }
    let concordant = all + tied_both - tied_a - tied_b - discordant;
    let difference = concordant as f64 - discordant as f64;
    Some((difference / (untied_a as f64 * untied_b as f64).sqrt()).clamp(-1.0, 1.0))
}

fn pair_count(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// The number of equal pairs in a sorted slice.
fn tied_pairs<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> u64 {
    sorted.chunk_by(equal).map(|run| pair_count(run.len())).sum()
}

/// Sorts by merging and returns the number of pairs in falling order.
fn sort_counting(values: &mut [f64], buffer: &mut Vec<f64>) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let middle = values.len() / 2;
    let mut falling = sort_counting(&mut values[..middle], buffer) + sort_counting(&mut values[middle..], buffer);
    buffer.clear();
    let (mut left, mut right) = (0, middle);
    while left < middle && right < values.len() {
        if values[right] < values[left] {
            // The value passes the rest of the left half.
            falling += (middle - left) as u64;
            buffer.push(values[right]);
            right += 1;
        } else {
            buffer.push(values[left]);
            left += 1;
        }
    }
    // The rest of the right half stays in place.
    buffer.extend_from_slice(&values[left..middle]);
    values[..buffer.len()].copy_from_slice(buffer);
    falling
}

/// The root mean square error √(Σ(q − m)²/n) of fitted scores against opinions, in the unit of the opinions. `None` for
/// no values.
///
/// # Panics
/// If the lengths differ or a value is not finite.
pub fn rmse(fitted: &[f64], mos: &[f64]) -> Option<f64> {
    same_length(fitted, mos);
    let squares: Vec<f64> = fitted.iter().zip(mos).map(|(q, m)| (q - m) * (q - m)).collect();
    Some(mean(&squares)?.sqrt())
}

/// The fraction of images whose fitted score differs from the mean opinion by more than two standard deviations of the
/// opinions, |q − m| > 2σ. `None` for no values.
///
/// # Panics
/// If the lengths differ, a value is NaN, or a σ is negative.
pub fn outlier_ratio(fitted: &[f64], mos: &[f64], sigma: &[f64]) -> Option<f64> {
    same_length(fitted, mos);
    same_length(mos, sigma);
    assert!(sigma.iter().all(|&s| s >= 0.0), "a standard deviation is at least 0");
    if mos.is_empty() {
        return None;
    }
    let errors = fitted.iter().zip(mos).map(|(q, m)| (q - m).abs());
    let outliers = errors.zip(sigma).filter(|&(error, sigma)| {
        assert!(!error.is_nan(), "an error must be a number");
        error > 2.0 * sigma
    });
    Some(outliers.count() as f64 / mos.len() as f64)
}

fn same_length(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len(), "{} and {} values cannot be paired", a.len(), b.len());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::random::Stream;
    use approx::assert_abs_diff_eq;

    /// τ_b by comparing every pair.
    fn krcc_by_pairs(a: &[f64], b: &[f64]) -> Option<f64> {
        let (mut difference, mut untied_a, mut untied_b) = (0i64, 0i64, 0i64);
        for i in 0..a.len() {
            for j in 0..i {
                let sign = |x: f64, y: f64| i64::from(x > y) - i64::from(x < y);
                let (s, t) = (sign(a[i], a[j]), sign(b[i], b[j]));
                difference += s * t;
                untied_a += s * s;
                untied_b += t * t;
            }
        }
        let scale = (untied_a as f64 * untied_b as f64).sqrt();
        (scale > 0.0).then(|| difference as f64 / scale)
    }

    #[test]
    fn by_hand() {
        let a = [1.0, 2.0, 3.0, 4.0];
        let b = [1.0, 3.0, 2.0, 4.0];
        assert_abs_diff_eq!(plcc(&a, &b).unwrap(), 0.8, epsilon = 1e-15);
        assert_eq!(srocc(&a, &b), Some(0.8));
        // Five pairs agree, one does not.
        assert_eq!(krcc(&a, &b), Some(4.0 / 6.0));
        assert_eq!(rmse(&a, &b), Some(0.5f64.sqrt()));
        // Errors 0, 1, 1, 0; exactly two standard deviations is no outlier.
        assert_eq!(outlier_ratio(&a, &b, &[0.0, 0.5, 0.4, 9.0]), Some(0.25));
        // Ties: one concordant pair fewer, 5 and 6 untied pairs: 5/√30.
        assert_eq!(krcc(&[1.0, 2.0, 2.0, 4.0], &a), Some(5.0 / 30f64.sqrt()));
        assert_eq!(krcc(&[0.0, -0.0, 1.0], &[1.0, 2.0, 3.0]), Some(2.0 / 6f64.sqrt()));
    }

    #[test]
    fn a_constant_correlates_with_nothing() {
        let rising: Vec<f64> = (0..7).map(f64::from).collect();
        for statistic in [plcc, srocc, krcc] {
            assert_eq!(statistic(&[0.1; 7], &rising), None);
            assert_eq!(statistic(&rising, &[0.1; 7]), None);
            assert_eq!(statistic(&[1.0], &[2.0]), None);
            assert_eq!(statistic(&[], &[]), None);
            assert_eq!(statistic(&rising, &rising), Some(1.0));
        }
        assert_eq!(rmse(&[], &[]), None);
        assert_eq!(outlier_ratio(&[], &[], &[]), None);
    }

    #[test]
    fn a_large_mean_does_not_swallow_the_correlation() {
        let mut stream = Stream::new(0, "plcc", 0);
        let a: Vec<f64> = (0..1000).map(|_| stream.uniform()).collect();
        let b: Vec<f64> = a.iter().map(|a| a + 0.3 * stream.normal()).collect();
        let r = plcc(&a, &b).unwrap();
        let moved = |by: f64, times: f64| a.iter().map(|a| by + times * a).collect::<Vec<f64>>();
        assert_abs_diff_eq!(plcc(&moved(1e9, 1.0), &b).unwrap(), r, epsilon = 1e-6);
        assert_abs_diff_eq!(plcc(&moved(0.0, 1e200), &b).unwrap(), r, epsilon = 1e-12);
        assert_abs_diff_eq!(plcc(&moved(0.0, 1e-200), &b).unwrap(), r, epsilon = 1e-12);
        assert_abs_diff_eq!(plcc(&moved(3.0, -2.0), &b).unwrap(), -r, epsilon = 1e-12);
    }

    #[test]
    #[should_panic(expected = "finite")]
    fn plcc_of_nan() {
        plcc(&[1.0, f64::NAN], &[1.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "NaN has no rank")]
    fn krcc_of_nan() {
        krcc(&[1.0, 3.0], &[1.0, f64::NAN]);
    }

    #[test]
    #[should_panic(expected = "must be a number")]
    fn outlier_ratio_of_nan() {
        outlier_ratio(&[f64::NAN], &[1.0], &[1.0]);
    }

    #[test]
    #[should_panic(expected = "2 and 1 values")]
    fn lengths_must_agree() {
        krcc(&[1.0, 2.0], &[1.0]);
    }

    proptest! {
        #[test]
        fn krcc_equals_counting_pairs(pairs in prop::collection::vec((-6i32..6, -6i32..6), 0..80)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().map(|&(a, b)| (f64::from(a), f64::from(b))).unzip();
            prop_assert_eq!(krcc(&a, &b), krcc_by_pairs(&a, &b));
        }

        #[test]
        fn the_order_of_the_images_does_not_matter(
            pairs in prop::collection::vec((-1e3..1e3, -1e3..1e3), 2..60), seed in 0u64..1000
        ) {
            let mut shuffled: Vec<(f64, f64)> = pairs.clone();
            Stream::new(seed, "order", 0).shuffle(&mut shuffled);
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let (c, d): (Vec<f64>, Vec<f64>) = shuffled.into_iter().unzip();
            prop_assert_eq!(krcc(&a, &b), krcc(&c, &d));
            prop_assert_eq!(krcc(&a, &b), krcc_by_pairs(&a, &b));
            // Statistics with floating-point sums agree up to rounding.
            let (r, s) = (plcc(&a, &b).unwrap(), plcc(&c, &d).unwrap());
            assert_abs_diff_eq!(r, s, epsilon = 1e-12);
            assert_abs_diff_eq!(rmse(&a, &b).unwrap(), rmse(&c, &d).unwrap(), epsilon = 1e-9);
            prop_assert_eq!(outlier_ratio(&a, &b, &vec![100.0; a.len()]), outlier_ratio(&c, &d, &vec![100.0; c.len()]));
        }
    }
}
