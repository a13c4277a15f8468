//! Isotonic regression: the rising step function that fits the opinions best.
//!
//! No rising curve has a smaller sum of squares, whatever its formula. So it bounds what a fit of a monotone family can reach: its RMSE is
//! the lowest, and its PLCC the highest. Images with equal scores are one point, since a function has one value there.
//!
//! The pool-adjacent-violators algorithm (Barlow, Bartholomew, Bremner and Brunk, "Statistical Inference under Order Restrictions", 1972)
//! joins neighbouring images, in the order of their scores, until the mean opinions rise.

/// The fitted opinion of every image: the least-squares function of `scores` that never falls, in the order of the images.
///
/// # Panics
/// If the lengths differ, or a value is not finite.
///
/// ```
/// use gradspace::stats::isotonic::fit;
///
/// assert_eq!(fit(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 5.0]), [1.0, 2.5, 2.5, 5.0]);
/// ```
pub fn fit(scores: &[f64], mos: &[f64]) -> Vec<f64> {
    assert_eq!(scores.len(), mos.len(), "{} scores and {} opinions cannot be paired", scores.len(), mos.len());
    assert!(scores.iter().chain(mos).all(|value| value.is_finite()), "an isotonic fit needs finite values");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    // Adding 0 changes −0 to 0; total_cmp would order them.
    order.sort_by(|&a, &b| (scores[a] + 0.0).total_cmp(&(scores[b] + 0.0)));

    // Each block is a run of images with one fitted opinion: their number and the sum of their opinions.
    let mut blocks: Vec<(usize, f64)> = Vec::new();
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let mut block = (tied.len(), tied.iter().map(|&i| mos[i]).sum::<f64>());
        while let Some(&(count, sum)) = blocks.last()
            && sum / count as f64 >= block.1 / block.0 as f64
        {
            blocks.pop();
            block = (count + block.0, sum + block.1);
        }
        blocks.push(block);
    }
    let mut fitted = vec![0.0; mos.len()];
    let values = blocks.iter().flat_map(|&(count, sum)| std::iter::repeat_n(sum / count as f64, count));
    order.iter().zip(values).for_each(|(&i, value)| fitted[i] = value);
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::correlation::rmse;
    use crate::stats::random::Stream;
    use approx::assert_abs_diff_eq;

    #[test]
    fn by_hand() {
        assert!(fit(&[], &[]).is_empty());
        assert_eq!(fit(&[7.0], &[3.0]), [3.0]);
        // All falls, so the best rising function is the mean.
        assert_eq!(fit(&[1.0, 2.0, 3.0], &[6.0, 3.0, 0.0]), [3.0; 3]);
        // Equal scores, such as 0 and −0, have one value.
        assert_eq!(fit(&[0.0, 5.0, -0.0, 5.0], &[2.0, 4.0, 4.0, 8.0]), [3.0, 6.0, 3.0, 6.0]);
    }

    #[test]
    fn it_rises_keeps_the_mean_and_no_other_rising_function_is_nearer() {
        let mut stream = Stream::new(4, "isotonic", 0);
        for n in [2, 3, 10, 100] {
            let scores: Vec<f64> = (0..n).map(|_| (stream.uniform() * 20.0).floor()).collect();
            let mos: Vec<f64> = scores.iter().map(|x| x + 9.0 * stream.normal()).collect();
            let fitted = fit(&scores, &mos);
            for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                assert!(scores[i] > scores[j] || fitted[i] <= fitted[j]);
            }
            assert_abs_diff_eq!(fitted.iter().sum::<f64>(), mos.iter().sum::<f64>(), epsilon = 1e-9);
            let least = rmse(&fitted, &mos).unwrap();
            for _ in 0..50 {
                // A rising function, and one between it and the fit.
                let (slope, step) = (stream.uniform() * 2.0, stream.uniform() * 20.0);
                let other: Vec<f64> = scores.iter().map(|&x| slope * x + if x > step { 3.0 } else { 0.0 }).collect();
                let between: Vec<f64> = fitted.iter().zip(&other).map(|(a, b)| 0.99 * a + 0.01 * b).collect();
                assert!(rmse(&other, &mos).unwrap() >= least && rmse(&between, &mos).unwrap() >= least);
            }
        }
    }

    #[test]
    #[should_panic(expected = "finite values")]
    fn infinite_scores_are_refused() {
        fit(&[1.0, f64::INFINITY], &[1.0, 2.0]);
    }
}
