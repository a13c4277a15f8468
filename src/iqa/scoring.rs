//! Scoring of many distorted images with many measures, on all threads.
//!
//! The distorted images of a reference are scored in parallel, and so are the metrics of each. So neither one image nor
//! a thousand leave a thread idle. Computations on the reference alone are done once. For several references, call
//! [`Measures::score`] for each of them in parallel. A score depends only on its two images and has a fixed place in
//! the list, so threads change only the time.
//!
//! Memory: a pair of 12 megapixels needs 4 GB with all metrics, and each further thread 2 GB.
//!
//! # A metric of your own
//!
//! ```
//! use gradspace::imaging::Rgb8;
//! use gradspace::iqa::metrics::Metric;
//! use gradspace::iqa::{Measures, Method, Models, measures};
//! use gradspace::models::SparseAutoencoder;
//!
//! const MEAN_DIFFERENCE: Metric = Metric {
//!     key: "mean_difference",
//!     name: "Mean difference",
//!     description: "mean absolute difference of the samples",
//!     range: (0.0, 255.0),
//!     smallest_side: 1,
//!     higher_is_better: false,
//!     fine: None, // defined on 8 bits
//!     compute: |reference, distorted| {
//!         let pairs = reference.samples.iter().zip(&distorted.samples);
//!         pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / reference.samples.len() as f64
//!     },
//! };
//!
//! let list = vec![Method::GRADIENT.into(), measures::find("ssim").unwrap(), MEAN_DIFFERENCE.into()];
//! let models = Models { autoencoder: SparseAutoencoder::shipped(), ms_unique: vec![] };
//! let measures = Measures::new(list, models)?;
//!
//! let reference = Rgb8::from_fn(96, 80, |x, y| [(x * y % 241) as u8, (x + y) as u8, (x ^ y) as u8]);
//! let brighter = |by: u8| Rgb8::new(96, 80, reference.samples.iter().map(|s| s.saturating_add(by)).collect());
//! let images = [brighter(0), brighter(10)];
//! let scores = measures.score(&reference, &[0, 1], |i| Ok::<_, String>(images[i].clone()), &|| ());
//! assert_eq!(scores[0], Ok(vec![Ok(1.0), Ok(1.0), Ok(0.0)]));
//! let values: Vec<f64> = scores[1].clone().unwrap().into_iter().collect::<Result<_, _>>().unwrap();
//! assert!(values[0] < 1.0 && values[1] < 1.0 && values[2] > 0.0);
//! # Ok::<(), gradspace::Error>(())
//! ```

use std::borrow::Cow;
use std::sync::Mutex;

use rayon::prelude::*;

use super::measures::{Computation, Measure};
use super::method::Method;
use super::score::{Models, Reference, Scorer, Scratch};
use crate::error::Result;
use crate::imaging::decode::Picture;
use crate::imaging::{Rgb8, Rgb16};

/// An image to score: in 8 bits, and perhaps with the samples that these were rounded from.
pub trait Scored: Sync {
    /// The image in 8 bits.
    fn rgb8(&self) -> &Rgb8;

    /// The image with its own range, if that is not 255.
    fn rgb16(&self) -> Option<&Rgb16>;
}

impl Scored for Rgb8 {
    fn rgb8(&self) -> &Rgb8 {
        self
    }

    fn rgb16(&self) -> Option<&Rgb16> {
        None
    }
}

impl Scored for Picture {
    fn rgb8(&self) -> &Rgb8 {
        &self.image
    }

    fn rgb16(&self) -> Option<&Rgb16> {
        self.fine.as_ref()
    }
}

/// A score, or the reason why it is not defined for the images.
pub type Value = std::result::Result<f64, String>;

/// A list of measures with their models.
pub struct Measures {
    list: Vec<Measure>,
    /// The methods of the list, with their weights.
    scorer: Scorer,
    /// Buffers for the scorer, tens of megabytes each: one for each working thread, reused.
    buffers: Mutex<Vec<Scratch>>,
}

impl Measures {
    /// The given measures in this order, with the weights for the methods among them.
    ///
    /// # Errors
    /// The errors of [`Scorer::new`].
    pub fn new(list: Vec<Measure>, models: Models) -> Result<Measures> {
        let methods: Vec<Method> = list.iter().filter_map(Measure::method).cloned().collect();
        Ok(Measures { scorer: Scorer::new(&methods, models)?, list, buffers: Mutex::default() })
    }

    /// The measures, in the order of the scores.
    pub fn list(&self) -> &[Measure] {
        &self.list
    }

    /// The methods of the list with their weights, without the buffers.
    pub fn into_scorer(self) -> Scorer {
        self.scorer
    }

    /// The values of all measures for distorted versions of one reference: the images that `distorted` returns for
    /// `indices`, in this order. `done` is called after each value, from any thread.
    ///
    /// If one of two images has more than 8 bits, a measure that [takes any range](Measure::takes_any_range) gets all
    /// of them. The others get rounded samples.
    ///
    /// # Errors
    /// For each image, the error of `distorted` instead of the values.
    pub fn score<I: Scored, E: Send>(
        &self,
        reference: &I,
        indices: &[usize],
        distorted: impl Fn(usize) -> std::result::Result<I, E> + Sync,
        done: &(impl Fn() + Sync),
    ) -> Vec<std::result::Result<Vec<Value>, E>> {
        let side = match self.scorer.methods() {
            [] => None,
            _ => Some(self.lend(|scratch| self.scorer.partial_reference(reference.rgb8(), scratch))),
        };
        let side = side.map(|side| side.map_err(|error| error.to_string()));
        let score = |&index: &usize| Ok(self.of_pair(reference, side.as_ref(), &distorted(index)?, done));
        indices.par_iter().map(score).collect()
    }

    /// The values for one distorted image: the methods one by one, since they share their buffers, then the metrics.
    fn of_pair<I: Scored>(
        &self,
        reference: &I,
        side: Option<&std::result::Result<Reference, String>>,
        distorted: &I,
        done: &(impl Fn() + Sync),
    ) -> Vec<Value> {
        let by_method: Vec<Value> = match side {
            None => Vec::new(),
            Some(Err(reason)) => vec![Err(reason.clone()); self.scorer.methods().len()],
            Some(Ok(side)) => {
                let scores = self.lend(|scratch| side.scores(distorted.rgb8(), scratch)).into_iter();
                scores.map(|score| Ok(score.map_err(|error| error.to_string())?.value)).collect()
            }
        };
        let mut by_method = by_method.into_iter();
        let given: Vec<Option<Value>> =
            self.list.iter().map(|measure| measure.method().and_then(|_| by_method.next())).collect();
        let fine =
            (reference.rgb16().is_some() || distorted.rgb16().is_some()).then(|| [fine(reference), fine(distorted)]);
        let value = |(measure, given): (&Measure, Option<Value>)| {
            let value = match (&measure.computation, &fine) {
                (Computation::Method(_), _) => given.expect("a value for each method"),
                (Computation::Metric(metric), Some([reference, distorted])) if measure.takes_any_range() => {
                    metric.score_fine(reference, distorted).map_err(|error| error.to_string())
                }
                (Computation::Metric(metric), _) => {
                    metric.score(reference.rgb8(), distorted.rgb8()).map_err(|error| error.to_string())
                }
            };
            done();
            value
        };
        self.list.par_iter().zip(given).map(value).collect()
    }

    fn lend<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let free = || self.buffers.lock().expect("no thread panics while it holds the list");
        let mut scratch = free().pop().unwrap_or_default();
        let done = work(&mut scratch);
        free().push(scratch);
        done
    }
}

/// The image with its own range.
fn fine(image: &impl Scored) -> Cow<'_, Rgb16> {
    image.rgb16().map_or_else(|| Cow::Owned(Rgb16::from(image.rgb8())), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iqa::measures::find;
    use crate::iqa::score::tests::autoencoder;
    use crate::models::sparse_autoencoder::{B1, W1};
    use ndarray::Axis;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// An image with fewer colours for a larger step.
    fn image(step: usize) -> Rgb8 {
        Rgb8::from_fn(64, 48, |x, y| [x * y % 200, x + y, 3 * y].map(|v| (v / step * step) as u8))
    }

    #[test]
    fn each_value_is_defined_or_not_by_itself_and_each_image_given_or_not() {
        let list = ["gmsd", "gradient", "cw_ssim_6", "unique"].map(|key| find(key).unwrap()).to_vec();
        let models = Models { autoencoder: autoencoder(6, 1), ms_unique: vec![] };
        let measures = Measures::new(list, models).unwrap();
        let flat = Rgb8::from_fn(64, 48, |_, _| [7; 3]);
        let give = |index: usize| match index {
            0 => Err("not there"),
            1 => Ok(image(16)),
            _ => Ok(flat.clone()),
        };
        let steps = AtomicUsize::new(0);
        let done = || {
            steps.fetch_add(1, Ordering::Relaxed);
        };
        let scores = measures.score(&image(1), &[2, 0, 1], give, &done);
        assert_eq!((scores.len(), &scores[1], steps.load(Ordering::Relaxed)), (3, &Err("not there"), 8));
        let reason = |score: &Value| score.clone().unwrap_err();
        let values = scores[0].as_ref().unwrap();
        assert!(values[0].is_ok() && reason(&values[1]).contains("are equal") && values[1] == values[3], "{values:?}");
        let values = scores[2].as_ref().unwrap();
        assert!(values[0].is_ok() && values[1].is_ok() && values[3].is_ok(), "{values:?}");
        assert!(reason(&values[2]).starts_with("CW-SSIM (6 levels): the images are 64×48"), "{values:?}");
        // The reason of the reference is reported for every image.
        let scores = measures.score(&flat, &[1], give, &done);
        assert!(reason(&scores[0].as_ref().unwrap()[3]).contains("reference image are equal"));
    }

    #[test]
    fn a_projection_on_a_pole_leaves_the_other_methods_defined() {
        // A unit without weights projects everything to exactly 0.
        let mut weights = autoencoder(6, 1);
        weights.parameters[W1].index_axis_mut(Axis(0), 0).fill(0.0);
        weights.parameters[B1][[0]] = 0.0;
        let list = ["encoder_logit", "unique"].map(|key| find(key).unwrap()).to_vec();
        let measures = Measures::new(list, Models { autoencoder: weights, ms_unique: vec![] }).unwrap();
        let scores = measures.score(&image(1), &[0], |_| Ok::<_, String>(image(8)), &|| ());
        let [logit, unique] = &scores[0].as_ref().unwrap()[..] else { panic!("two values") };
        assert!(logit.as_ref().unwrap_err().contains("exactly 0 or 1") && unique.is_ok(), "{logit:?} {unique:?}");
    }
}
