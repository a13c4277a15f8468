//! Percentile bootstrap intervals: how much a statistic depends on the choice of images.
//!
//! A statistic over images is computed again on *B* resamples of them, drawn with replacement. The central 95 % of the values are
//! the interval (Efron and Tibshirani, 1993, chapter 13). There are two ways to draw. [`Resample::Images`] draws single
//! images: the interval then applies to other distorted images of these scenes. Images made from one reference are not
//! independent, so [`Resample::References`] draws references, each with all of its images: the interval then applies to
//! other scenes. It is wider, and it is the right one for a claim about images in general.
//!
//! Every replicate draws from its own [`Stream`], and the values are sorted before they are used: the number of threads does not
//! change the result. Two methods with one seed and one purpose get the same resamples. [`Bootstrap::difference`] uses that: an
//! effect of the images that both methods share cancels.
//!
//! PLCC, RMSE and the outlier ratio depend on a fitted curve. Pass the scores after *one fit* on all images: a fit in every
//! replicate would take minutes and hardly changes an interval. The interval is therefore conditional on the curve.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::random::Stream;

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The 2.5th percentile of the replicates.
    pub low: f64,
    /// The 97.5th percentile of the replicates.
    pub high: f64,
}

/// The unit that is drawn with replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// Single images; each resample has as many as the set.
    Images,
    /// Whole references with all of their images; each resample has as many references as the set.
    References,
}

/// Resamples of a set of images, for intervals of any statistic over them.
///
/// ```
/// use gradspace::stats::{bootstrap::{Bootstrap, Resample}, moments};
///
/// let values = [1.0, 2.0, 4.0, 4.5, 7.0];
/// let bootstrap = Bootstrap::new(&[0, 0, 1, 1, 2], Resample::Images, 1000, 7, "example");
/// let interval = bootstrap.interval(|images| moments::mean(&images.iter().map(|&i| values[i]).collect::<Vec<_>>())).unwrap();
/// assert!(interval.low < 3.7 && 3.7 < interval.high);
/// ```
#[derive(Clone, Debug)]
pub struct Bootstrap<'a> {
    /// The units of a draw: the indices of the images that are drawn together.
    clusters: Vec<Vec<usize>>,
    replicates: usize,
    seed: u64,
    purpose: &'a str,
}

impl<'a> Bootstrap<'a> {
    /// Prepares `replicates` resamples (1000 or more for two digits of an interval) of images. `references` contains a
    /// number for each image's reference, equal for images of the same reference. `seed` and `purpose` name the
    /// streams.
    ///
    /// # Panics
    /// If `replicates` is 0.
    pub fn new(references: &[usize], resample: Resample, replicates: usize, seed: u64, purpose: &'a str) -> Self {
        assert!(replicates > 0, "the number of replicates must be at least 1");
        let clusters = match resample {
            Resample::Images => (0..references.len()).map(|image| vec![image]).collect(),
            Resample::References => {
                let mut images: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
                references.iter().enumerate().for_each(|(i, &reference)| images.entry(reference).or_default().push(i));
                images.into_values().collect()
            }
        };
        Bootstrap { clusters, replicates, seed, purpose }
    }

    /// The interval of `statistic`, a function of the drawn images' indices (with repetitions).
    ///
    /// `None` if there are fewer than two images or references to draw from, or if the statistic is `None` for any
    /// replicate. An interval of the other replicates would be too narrow.
    ///
    /// # Panics
    /// If the statistic is NaN.
    pub fn interval(&self, statistic: impl Fn(&[usize]) -> Option<f64> + Sync) -> Option<Interval> {
        if self.clusters.len() < 2 {
            return None;
        }
        let mut values =
            (0..self.replicates).into_par_iter().map(|b| statistic(&self.draw(b))).collect::<Option<Vec<f64>>>()?;
        assert!(!values.iter().any(|v| v.is_nan()), "a statistic must be a number or None");
        values.sort_unstable_by(f64::total_cmp);
        Some(Interval { low: quantile(&values, 0.025), high: quantile(&values, 0.975) })
    }

    /// The interval of `a − b`, both on the same images in every replicate. If it does not contain 0, the methods differ.
    ///
    /// Returns `None` and panics in the same cases as [`Bootstrap::interval`].
    pub fn difference(
        &self,
        a: impl Fn(&[usize]) -> Option<f64> + Sync,
        b: impl Fn(&[usize]) -> Option<f64> + Sync,
    ) -> Option<Interval> {
        self.interval(|images| Some(a(images)? - b(images)?))
    }

    /// The images of one replicate.
    fn draw(&self, replicate: usize) -> Vec<usize> {
        let mut stream = Stream::new(self.seed, self.purpose, replicate as u64);
        (0..self.clusters.len()).flat_map(|_| &self.clusters[stream.index(self.clusters.len())]).copied().collect()
    }
}

/// The quantile of sorted values, linear between the order statistics at (n − 1)·p (Hyndman and Fan's type 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * p;
    let below = place.floor();
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
    low + (high - low) * (place - below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{correlation::srocc, moments::mean};
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    fn pick(values: &[f64], images: &[usize]) -> Vec<f64> {
        images.iter().map(|&i| values[i]).collect()
    }

    fn sample(n: usize, item: u64) -> Vec<f64> {
        let mut stream = Stream::new(1, "sample", item);
        (0..n).map(|_| stream.normal()).collect()
    }

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.5), 3.0);
        assert_eq!(quantile(&[1.0, 2.0], 0.25), 1.25);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 1.0), 3.0);
        assert_eq!(quantile(&[7.0], 0.025), 7.0);
    }

    #[test]
    fn the_interval_of_a_mean_is_the_textbooks() {
        let n = 400;
        let values = sample(n, 0);
        let references: Vec<usize> = (0..n).collect();
        for resample in [Resample::Images, Resample::References] {
            let interval = Bootstrap::new(&references, resample, 4000, 0, "mean")
                .interval(|images| mean(&pick(&values, images)))
                .unwrap();
            let half = 1.96 * crate::stats::moments::std(&values).unwrap() / (n as f64).sqrt();
            let centre = mean(&values).unwrap();
            assert!(
                abs_diff_eq!(interval.low, centre - half, epsilon = 0.1 * half),
                "{interval:?} around {centre} ± {half}"
            );
            assert!(
                abs_diff_eq!(interval.high, centre + half, epsilon = 0.1 * half),
                "{interval:?} around {centre} ± {half}"
            );
        }
    }

    #[test]
    fn images_of_one_reference_count_as_one() {
        // Twenty references with twenty equal images each have the information of twenty numbers, not four hundred.
        let scene = sample(20, 1);
        let references: Vec<usize> = (0..400).map(|i| i / 20).collect();
        let values: Vec<f64> = references.iter().map(|&r| scene[r]).collect();
        let width = |resample| {
            let interval = Bootstrap::new(&references, resample, 2000, 0, "cluster")
                .interval(|images| mean(&pick(&values, images)))
                .unwrap();
            interval.high - interval.low
        };
        let ratio = width(Resample::References) / width(Resample::Images);
        assert_abs_diff_eq!(ratio, 20f64.sqrt(), epsilon = 0.5);
    }

    #[test]
    fn a_difference_is_paired() {
        let mos = sample(300, 2);
        let noisy = |by: f64, item| mos.iter().zip(sample(300, item)).map(|(m, e)| m + by * e).collect::<Vec<f64>>();
        let (a, b) = (noisy(0.3, 3), noisy(0.6, 4));
        let bootstrap = Bootstrap::new(&[0; 300], Resample::Images, 500, 0, "difference");
        let of = |scores: &[f64], images: &[usize]| srocc(&pick(scores, images), &pick(&mos, images));
        let difference = bootstrap.difference(|i| of(&a, i), |i| of(&b, i)).unwrap();
        let truth = srocc(&a, &mos).unwrap() - srocc(&b, &mos).unwrap();
        assert!(0.0 < difference.low && difference.low < truth && truth < difference.high);
        // The difference of a method from itself is 0 on every image.
        assert_eq!(bootstrap.difference(|i| of(&a, i), |i| of(&a, i)), Some(Interval { low: 0.0, high: 0.0 }));
    }

    #[test]
    fn threads_do_not_show() {
        let values = sample(50, 5);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                Bootstrap::new(&[0; 50], Resample::Images, 200, 9, "threads").interval(|i| mean(&pick(&values, i)))
            })
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn the_undefined_is_none() {
        let undefined_once = |images: &[usize]| (images[0] != 3).then_some(1.0);
        assert_eq!(Bootstrap::new(&[0; 9], Resample::Images, 500, 0, "none").interval(undefined_once), None);
        // No choice: no image, one image, one reference.
        assert_eq!(Bootstrap::new(&[], Resample::Images, 10, 0, "none").interval(|_| Some(1.0)), None);
        assert_eq!(Bootstrap::new(&[4], Resample::Images, 10, 0, "none").interval(|_| Some(1.0)), None);
        assert_eq!(Bootstrap::new(&[4; 9], Resample::References, 10, 0, "none").interval(|_| Some(1.0)), None);
    }
}
