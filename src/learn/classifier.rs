//! Training of the classifier that separates clean images from others by their features.
//!
//! A small [`Classifier`] learns from the features of clean images (class 1, in-distribution) and of the same images
//! under one challenge (class 0). The loss is the mean binary cross entropy, the optimiser Adam. Each step has as many
//! images of one class as of the other. The parameters of the epoch with the lowest validation loss are kept.
//!
//! An image's *score* is the logit, higher for "more in-distribution". Its sigmoid, the probability, gives the same
//! order of images. But a probability near 1 is rounded to 1, so images with different logits would tie.
//!
//! One thread trains one classifier, and its sums are in a fixed order; several classifiers are trained side by side.
//! The images of a step are placed in the lanes and, sixteen by sixteen, in the columns of one product. So a weight's
//! gradient is summed over all of them before it is stored once.

use super::batches::{F32, over_items};
use super::features::FeatureRows;
use super::{ABOVE_0, MOST, UP_TO_MOST, broken_rule};
use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::Real;
use crate::models::Classifier;
use crate::nn::{Adam, AdamSettings, Bound, Parameters};
use crate::stats::random::Stream;
use ndarray::arr0;
use serde::{Deserialize, Serialize};

/// The settings of the classifier and of its training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierSettings {
    /// The widths of the layers between the feature and the one output.
    pub hidden: Vec<usize>,
    /// Images of each class in a step.
    pub batch: usize,
    /// The number of passes over all images.
    pub epochs: usize,
    /// The step size of Adam.
    pub rate: f64,
}

impl Default for ClassifierSettings {
    /// The paper's settings.
    fn default() -> Self {
        ClassifierSettings { hidden: vec![40, 20], batch: 64, epochs: 200, rate: 1e-3 }
    }
}

impl ClassifierSettings {
    /// The first key whose value is out of range, with its rule.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let hidden = self.hidden.len() <= 16 && self.hidden.iter().all(|width| (1..=4096).contains(width));
        broken_rule(&[
            ("hidden", hidden, "must be a list of at most 16 whole numbers from 1 to 4096"),
            ("batch", (1..=MOST).contains(&self.batch), UP_TO_MOST),
            ("epochs", (1..=MOST).contains(&self.epochs), UP_TO_MOST),
            ("rate", self.rate > 0.0 && self.rate.is_finite(), ABOVE_0),
        ])
    }
}

/// A trained classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    classifier: Classifier,
    parameters: Parameters<f32>,
    /// Mean cross entropy of the training images, before each step, and of the validation images, after each epoch.
    pub losses: Vec<[f64; 2]>,
    /// The epoch, counted from 1, of the parameters.
    pub best_epoch: usize,
}

/// The features of the two classes: in-distribution, others.
pub type Classes<'a> = [&'a FeatureRows; 2];

/// Trains a classifier.
///
/// The random streams of `seed` do not depend on the features. So classifiers of different features with one seed see
/// the images in the same order, and a comparison by seed differs in nothing else.
///
/// # Errors
/// [`Error::Usage`] for settings out of range. [`Error::Undefined`] for a class without images, for features of
/// different widths, and for a loss that is not finite (with its step).
pub fn fit(training: Classes, validation: Classes, settings: &ClassifierSettings, seed: u64) -> Result<Fitted> {
    if let Some((key, rule)) = settings.problem() {
        return Err(Error::Usage(format!("the classifier: `{key}` {rule}")));
    }
    let ClassifierSettings { hidden, batch, epochs, rate } = settings;
    let width = training[0].width();
    for (images, name) in [(training, "training"), (validation, "validation")] {
        for (of_class, class) in images.iter().zip(["in-distribution", "other"]) {
            if of_class.is_empty() {
                let problem = format!("there are no {class} {name} images; the classifier needs both classes");
                return Err(Error::Undefined(problem));
            }
            if of_class.width() != width {
                let problem = format!("{class} {name} features have {} numbers, not {width}", of_class.width());
                return Err(Error::Undefined(problem));
            }
        }
    }
    let classifier = Classifier::new(width, hidden)?;
    let mut stream = Stream::new(seed, "classifier initialisation", 0);
    let parameters = classifier.parameters(stream.rng());
    let optimiser = Adam::new(AdamSettings { rate: *rate, ..AdamSettings::default() }, &parameters);
    let mut fitted = Fitted { classifier, parameters, losses: Vec::new(), best_epoch: 0 };
    let (mut adam, mut best) = (optimiser, fitted.parameters.clone());
    let (mut tape, mut gradient) = (Tape::new(), fitted.parameters.zeros_like());
    let mut lowest = f64::INFINITY;
    for epoch in 0..*epochs {
        let orders = [0, 1].map(|class| {
            let mut order: Vec<usize> = (0..training[class].len()).collect();
            Stream::new(seed, &format!("classifier order of class {class}"), epoch as u64).shuffle(&mut order);
            order
        });
        let (mut sum, mut count) = (0.0, 0);
        for (step, (inside, outside)) in orders[0].chunks(*batch).zip(orders[1].chunks(*batch)).enumerate() {
            let rows: Vec<Labelled> =
                labelled(training[0], inside, 1.0).chain(labelled(training[1], outside, 0.0)).collect();
            gradient.fill(0.0);
            let loss = fitted.add_gradient(&mut tape, &rows, &mut gradient);
            if !loss.is_finite() {
                let problem = format!(
                    "the classifier's loss is {loss} in step {} of epoch {}; lower `rate`",
                    step + 1,
                    epoch + 1
                );
                return Err(Error::Undefined(problem));
            }
            adam.step(&mut fitted.parameters, &gradient);
            (sum, count) = (sum + loss, count + rows.len());
        }
        let validated = fitted.loss(&mut tape, validation);
        fitted.losses.push([sum / count as f64, validated]);
        if validated < lowest {
            (lowest, fitted.best_epoch) = (validated, epoch + 1);
            best.clone_from(&fitted.parameters);
        }
    }
    fitted.parameters = best;
    Ok(fitted)
}

/// An image's features and its class.
type Labelled<'a> = (&'a [f32], f32);

fn labelled<'a>(features: &'a FeatureRows, images: &'a [usize], class: f32) -> impl Iterator<Item = Labelled<'a>> {
    images.iter().map(move |&i| (features.row(i), class))
}

/// The number of columns of a product, if there are enough rows.
const COLUMNS: usize = 16;

/// The rows in pieces of full lanes, of at most `COLUMNS` columns each; then the remaining rows in one column.
fn pieces<R>(rows: &[R]) -> impl Iterator<Item = &[R]> {
    let (full, rest) = rows.split_at(rows.len() - rows.len() % F32::LANES);
    full.chunks(COLUMNS * F32::LANES).chain((!rest.is_empty()).then_some(rest))
}

/// Records rows on a tape, row i in lane i mod 16 of column i/16 → (width, columns).
fn place<'a>(tape: &mut Tape<F32>, width: usize, rows: impl ExactSizeIterator<Item = &'a [f32]> + Clone) -> Var {
    let columns = rows.len().div_ceil(F32::LANES);
    tape.input_with(&[width, columns], |values| {
        values.fill(F32::zero());
        for (i, row) in rows.enumerate() {
            let (column, lane) = (i / F32::LANES, i % F32::LANES);
            for (value, &x) in values[column..].iter_mut().step_by(columns).zip(row) {
                value.set_lane(lane, x);
            }
        }
    })
}

impl Fitted {
    /// Adds the gradient of the mean cross entropy of `rows` and returns their summed cross entropy.
    fn add_gradient(&self, tape: &mut Tape<F32>, rows: &[Labelled], gradient: &mut Parameters<f32>) -> f64 {
        let share = 1.0 / rows.len() as f32;
        let mut sum = 0.0;
        for piece in pieces(rows) {
            let bound = self.parameters.place(tape);
            let loss = self.cross_entropy(tape, &bound, piece);
            let items = piece.len().min(F32::LANES);
            let mut cotangent = F32::zero();
            (0..items).for_each(|lane| cotangent.set_lane(lane, share));
            let gradients = tape.vjp(&[(loss, &arr0(cotangent).into_dyn())], &bound.summed());
            sum += over_items(tape.scalar(loss), items);
            gradient.accumulate(&bound.collect(gradients));
            tape.clear();
        }
        sum
    }

    /// The cross entropy of the rows of each lane, summed over the columns.
    fn cross_entropy(&self, tape: &mut Tape<F32>, bound: &Bound, rows: &[Labelled]) -> Var {
        let x = place(tape, self.classifier.inputs(), rows.iter().map(|(row, _)| *row));
        let logits = self.classifier.logits(tape, bound, x);
        let probability = tape.sigmoid(logits);
        let classes: Vec<[f32; 1]> = rows.iter().map(|(_, class)| [*class]).collect();
        let class = place(tape, 1, classes.iter().map(|class| &class[..]));
        tape.binary_cross_entropy(probability, class)
    }

    /// The mean cross entropy of all images.
    fn loss(&self, tape: &mut Tape<F32>, [inside, outside]: Classes) -> f64 {
        let rows: Vec<Labelled> = inside.rows().map(|r| (r, 1.0)).chain(outside.rows().map(|r| (r, 0.0))).collect();
        let mut sum = 0.0;
        for piece in pieces(&rows) {
            let bound = self.parameters.place(tape);
            let loss = self.cross_entropy(tape, &bound, piece);
            sum += over_items(tape.scalar(loss), piece.len().min(F32::LANES));
            tape.clear();
        }
        sum / rows.len() as f64
    }

    /// The logit of each image.
    ///
    /// # Panics
    /// If the features have a different width from those of the training.
    pub fn scores(&self, features: &FeatureRows) -> Vec<f64> {
        assert_eq!(features.width(), self.classifier.inputs(), "the width of the features");
        let rows: Vec<&[f32]> = features.rows().collect();
        let (mut tape, mut scores) = (Tape::new(), Vec::with_capacity(rows.len()));
        for piece in pieces(&rows) {
            let bound = self.parameters.place(&mut tape);
            let x = place(&mut tape, features.width(), piece.iter().copied());
            let logits = self.classifier.logits(&mut tape, &bound, x);
            let values = tape.values(logits);
            scores.extend((0..piece.len()).map(|i| f64::from(values[i / F32::LANES].lane(i % F32::LANES))));
            tape.clear();
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    /// Features of two classes that overlap a little: normal, with means ±1 in the first two numbers.
    fn features(class: usize, images: usize, seed: u64) -> FeatureRows {
        let mut features = FeatureRows::new(5);
        for i in 0..images {
            let mut stream = Stream::new(seed, "classes", (2 * i + class) as u64);
            let centre = if class == 0 { 1.0 } else { -1.0 };
            let row: Vec<f32> = (0..5).map(|k| (stream.normal() + if k < 2 { centre } else { 0.0 }) as f32).collect();
            features.extend(&row);
        }
        features
    }

    fn settings() -> ClassifierSettings {
        ClassifierSettings { hidden: vec![6, 4], batch: 20, epochs: 40, rate: 1e-2 }
    }

    #[test]
    fn it_learns_to_tell_two_classes_apart_and_keeps_the_best_epoch() {
        let [inside, outside, held_in, held_out] = [(0, 130, 1), (1, 130, 1), (0, 50, 2), (1, 50, 2)]
            .map(|(class, images, seed)| features(class, images, seed));
        let fitted = fit([&inside, &outside], [&held_in, &held_out], &settings(), 3).unwrap();
        let right = fitted.scores(&held_in).iter().filter(|&&s| s > 0.0).count()
            + fitted.scores(&held_out).iter().filter(|&&s| s < 0.0).count();
        // The best possible rule is correct with the probability Φ(√2) = .92.
        assert!((84..=99).contains(&right), "{right} of 100");
        assert_eq!(fitted.losses.len(), 40);
        let lowest = fitted.losses.iter().map(|l| l[1]).fold(f64::INFINITY, f64::min);
        assert_eq!(fitted.losses[fitted.best_epoch - 1][1], lowest);
        let mut tape = Tape::new();
        assert_eq!(fitted.loss(&mut tape, [&held_in, &held_out]), lowest, "the parameters are those of the best epoch");
    }

    #[test]
    fn a_score_does_not_depend_on_the_images_beside_it() {
        let (inside, outside) = (features(0, 70, 1), features(1, 70, 1));
        let fitted =
            fit([&inside, &outside], [&inside, &outside], &ClassifierSettings { epochs: 3, ..settings() }, 3).unwrap();
        let together = fitted.scores(&inside);
        for i in [0, 15, 16, 69] {
            let mut alone = FeatureRows::new(5);
            alone.extend(inside.row(i));
            assert_eq!(fitted.scores(&alone), together[i..=i]);
        }
    }

    /// The gradient of a step in pieces equals the gradient of the mean over all its images, one by one.
    #[test]
    fn pieces_add_up_to_the_mean() {
        let (inside, outside) = (features(0, 150, 1), features(1, 150, 1));
        let fitted =
            fit([&inside, &outside], [&inside, &outside], &ClassifierSettings { epochs: 1, ..settings() }, 3).unwrap();
        let rows: Vec<Labelled> = inside.rows().map(|r| (r, 1.0)).chain(outside.rows().map(|r| (r, 0.0))).collect();
        assert_eq!(pieces(&rows).map(<[_]>::len).collect::<Vec<_>>(), [256, 32, 12]);
        let (mut tape, mut whole) = (Tape::new(), fitted.parameters.zeros_like());
        let sum = fitted.add_gradient(&mut tape, &rows, &mut whole);
        let (mut singly, mut loss) = (vec![0.0; whole.count()], 0.0);
        for row in &rows {
            let mut gradient = fitted.parameters.zeros_like();
            loss += fitted.add_gradient(&mut tape, std::slice::from_ref(row), &mut gradient);
            singly.iter_mut().zip(gradient.flat()).for_each(|(s, g)| *s += f64::from(g) / 300.0);
        }
        assert_abs_diff_eq!(sum, loss, epsilon = 1e-4 * loss);
        let largest = singly.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        for (a, b) in singly.iter().zip(whole.flat()) {
            assert_abs_diff_eq!(*a, f64::from(b), epsilon = 1e-5 * largest);
        }
    }

    #[test]
    fn what_cannot_be_learned_is_refused() {
        let (some, none) = (features(0, 30, 1), FeatureRows::new(5));
        let mut wide = FeatureRows::new(6);
        wide.extend(&[0.0; 6]);
        let mut huge = FeatureRows::new(5);
        huge.extend(&[f32::NAN; 5]);
        let problem = |training, validation, settings: ClassifierSettings| {
            fit(training, validation, &settings, 0).unwrap_err().to_string()
        };
        assert!(problem([&some, &none], [&some; 2], settings()).contains("no other training images"));
        assert!(problem([&some; 2], [&none, &some], settings()).contains("no in-distribution validation images"));
        assert!(problem([&some; 2], [&some, &wide], settings()).contains("have 6 numbers, not 5"));
        assert!(problem([&some, &huge], [&some; 2], settings()).contains("in step 1 of epoch 1"));
        assert!(problem([&some; 2], [&some; 2], ClassifierSettings { epochs: 0, ..settings() }).contains("`epochs`"));
    }
}
