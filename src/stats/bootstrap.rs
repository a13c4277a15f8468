//! Percentile bootstrap intervals: how much of a number is the choice of images.
//!
//! A statistic over images is computed again on *B* resamples of them, drawn with replacement, and the central 95 % of what
//! comes out is the interval (Efron and Tibshirani, 1993, chapter 13). Two ways of drawing answer two questions.
//! [`Resample::Images`] asks what other distorted images of these very scenes would give. But images made from one reference
//! are not independent; [`Resample::References`] draws whole references, each with all of its images, and so asks what other
//! scenes would give. Its intervals are wider, and for a claim about images in general they are the honest ones.
//!
//! Every replicate draws from its own [`Stream`], and the replicates' values are put in order before anything is made of
//! them: neither threads nor their timing show. Two methods under one seed and purpose see the same resamples, and
//! [`Bootstrap::difference`] uses that: what the choice of images does to both of them alike cancels.
//!
//! PLCC, RMSE and the outlier ratio depend on a fitted curve. Hand over the scores *fitted once*, on all images: refitting a
//! five-parameter logistic in every replicate costs minutes and hardly moves an interval. The interval is thus that of the
//! statistic given the curve.

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

/// What is drawn with replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// Single images, as many as there are.
    Images,
    /// Whole references with all of their images, as many references as there are.
    References,
}

/// Resamples of a set of images, ready to give intervals of any statistic over them.
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
    /// What is drawn together: the images of one draw, by their indices.
    clusters: Vec<Vec<usize>>,
    replicates: usize,
    seed: u64,
    purpose: &'a str,
}

impl<'a> Bootstrap<'a> {
    /// Prepares `replicates` resamples (1000 or more for two digits of an interval) of the images whose references are
    /// `references`, any numbers that tell the references apart. `seed` and `purpose` name the streams.
    ///
    /// # Panics
    /// If `replicates` is 0.
    pub fn new(references: &[usize], resample: Resample, replicates: usize, seed: u64, purpose: &'a str) -> Self {
        assert!(replicates > 0, "an interval needs replicates");
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
    /// replicate: an interval of those for which it is defined would be narrower than the truth.
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

    /// The interval of `a − b`, both on the same images in every replicate. Where it does not hold 0, the methods differ.
    ///
    /// `None` and panics as [`Bootstrap::interval`].
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
            assert!((interval.low - (centre - half)).abs() < 0.1 * half, "{interval:?} around {centre} ± {half}");
            assert!((interval.high - (centre + half)).abs() < 0.1 * half, "{interval:?} around {centre} ± {half}");
        }
    }

    #[test]
    fn images_of_one_reference_count_as_one() {
        // Twenty references with twenty equal images each hold twenty numbers, not four hundred.
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
        assert!((ratio - 20f64.sqrt()).abs() < 0.5, "{ratio}");
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
        // A method does not differ from itself on any image.
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
        // Nothing to choose from: no image, one image, one reference.
        assert_eq!(Bootstrap::new(&[], Resample::Images, 10, 0, "none").interval(|_| Some(1.0)), None);
        assert_eq!(Bootstrap::new(&[4], Resample::Images, 10, 0, "none").interval(|_| Some(1.0)), None);
        assert_eq!(Bootstrap::new(&[4; 9], Resample::References, 10, 0, "none").interval(|_| Some(1.0)), None);
    }
}
