//! Telling clean images from others by their features.
//!
//! A small [`Classifier`] learns from the features of clean images (class 1, in-distribution) and of the same images in one kind
//! of bad weather (class 0): mean binary cross entropy, Adam, steps of as many images of one class as of the other, the
//! parameters of the epoch with the lowest validation loss kept (METHOD §2.3).
//!
//! An image's *score* is the logit, higher for "more in-distribution". Its sigmoid, the probability, orders images alike; but a
//! probability near 1 is soon rounded to 1, and images that a logit tells apart would tie.
//!
//! One classifier is one thread's work, and its sums are in a fixed order: whoever has several trains them side by side. The
//! images of a step stand in the lanes and, sixteen by sixteen, in the columns of one product, so that a weight's gradient is
//! added up over all of them before it is stored once.

use super::batches::{F32, over_items};
use super::features::Features;
use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::Real;
use crate::models::Classifier;
use crate::nn::{Adam, Bound, Parameters, adam};
use crate::stats::random::Stream;
use ndarray::arr0;
use serde::{Deserialize, Serialize};

/// The classifier and how it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The widths of the layers between the feature and the one output.
    pub hidden: Vec<usize>,
    /// Images of each class in a step.
    pub batch: usize,
    /// How often all images are gone through.
    pub epochs: usize,
    /// Adam's step.
    pub rate: f64,
}

impl Default for Settings {
    /// The paper's.
    fn default() -> Self {
        Settings { hidden: vec![40, 20], batch: 64, epochs: 200, rate: 1e-3 }
    }
}

impl Settings {
    /// Whether the numbers are in their range.
    ///
    /// # Errors
    /// [`Error::Usage`] where they are not.
    pub fn check(&self) -> Result<()> {
        let widths = self.hidden.iter().chain([&self.batch, &self.epochs]);
        let positive = widths.into_iter().all(|&n| n > 0) && self.rate > 0.0 && self.rate.is_finite();
        let problem = "the classifier's `hidden` widths, `batch`, `epochs` and `rate` have to be above 0";
        if positive { Ok(()) } else { Err(Error::Usage(problem.into())) }
    }
}

/// A classifier that has learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    classifier: Classifier,
    parameters: Parameters<f32>,
    /// Mean cross entropy of training, before each step, and of validation, after each epoch.
    pub losses: Vec<[f64; 2]>,
    /// The epoch, counted from 1, whose parameters these are.
    pub best_epoch: usize,
}

/// The features of the two classes: in-distribution, others.
pub type Classes<'a> = [&'a Features; 2];

/// Trains a classifier.
///
/// The random streams of `seed` do not depend on the features, so that classifiers of several features with one seed go through
/// the images in the same order: what is compared by seed differs in nothing else.
///
/// # Errors
/// [`Error::Usage`] for settings out of range; [`Error::Undefined`] for a class without images, features of different widths, and
/// a loss that is not finite, with the step.
pub fn fit(training: Classes, validation: Classes, settings: &Settings, seed: u64) -> Result<Fitted> {
    settings.check()?;
    let Settings { hidden, batch, epochs, rate } = settings;
    let width = training[0].width();
    for (images, name) in [(training, "training"), (validation, "validation")] {
        for (of_class, class) in images.iter().zip(["in-distribution", "other"]) {
            if of_class.is_empty() {
                let problem = format!("there are no {class} {name} images; the classifier needs both classes");
                return Err(Error::Undefined(problem));
            }
            if of_class.width() != width {
                let problem = format!("{class} {name} features have {} numbers, others {width}", of_class.width());
                return Err(Error::Undefined(problem));
            }
        }
    }
    let classifier = Classifier::new(width, hidden)?;
    let mut stream = Stream::new(seed, "classifier initialisation", 0);
    let parameters = classifier.parameters(&mut || stream.uniform());
    let optimiser = Adam::new(adam::Settings { rate: *rate, ..adam::Settings::default() }, &parameters);
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

fn labelled<'a>(features: &'a Features, images: &'a [usize], class: f32) -> impl Iterator<Item = Labelled<'a>> {
    images.iter().map(move |&i| (features.row(i), class))
}

/// Columns of a product when nothing limits them.
const COLUMNS: usize = 16;

/// The rows by pieces of full lanes, at most `COLUMNS` columns of them, then what is left in one column.
fn pieces<R>(rows: &[R]) -> impl Iterator<Item = &[R]> {
    let (full, rest) = rows.split_at(rows.len() - rows.len() % F32::LANES);
    full.chunks(COLUMNS * F32::LANES).chain((!rest.is_empty()).then_some(rest))
}

/// Puts rows on a tape, row i in lane i mod 16 of column i/16 → (width, columns).
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
    /// When the features are of another width than those it learned from.
    pub fn scores(&self, features: &Features) -> Vec<f64> {
        assert_eq!(features.width(), self.classifier.inputs(), "the numbers in a feature");
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

    /// Features of two classes that overlap a little: normal, about ±1 in the first two numbers.
    fn features(class: usize, images: usize, seed: u64) -> Features {
        let mut features = Features::new(5);
        for i in 0..images {
            let mut stream = Stream::new(seed, "classes", (2 * i + class) as u64);
            let centre = if class == 0 { 1.0 } else { -1.0 };
            let row: Vec<f32> = (0..5).map(|k| (stream.normal() + if k < 2 { centre } else { 0.0 }) as f32).collect();
            features.extend(&row);
        }
        features
    }

    fn settings() -> Settings {
        Settings { hidden: vec![6, 4], batch: 20, epochs: 40, rate: 1e-2 }
    }

    #[test]
    fn it_learns_to_tell_two_classes_apart_and_keeps_the_best_epoch() {
        let [inside, outside, held_in, held_out] = [(0, 130, 1), (1, 130, 1), (0, 50, 2), (1, 50, 2)]
            .map(|(class, images, seed)| features(class, images, seed));
        let fitted = fit([&inside, &outside], [&held_in, &held_out], &settings(), 3).unwrap();
        let right = fitted.scores(&held_in).iter().filter(|&&s| s > 0.0).count()
            + fitted.scores(&held_out).iter().filter(|&&s| s < 0.0).count();
        // The best possible rule is right with the probability Φ(√2) = .92.
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
        let fitted = fit([&inside, &outside], [&inside, &outside], &Settings { epochs: 3, ..settings() }, 3).unwrap();
        let together = fitted.scores(&inside);
        for i in [0, 15, 16, 69] {
            let mut alone = Features::new(5);
            alone.extend(inside.row(i));
            assert_eq!(fitted.scores(&alone), together[i..=i]);
        }
    }

    /// The gradient of a step that is cut into pieces is that of the mean over all its images, one after the other.
    #[test]
    fn pieces_add_up_to_the_mean() {
        let (inside, outside) = (features(0, 150, 1), features(1, 150, 1));
        let fitted = fit([&inside, &outside], [&inside, &outside], &Settings { epochs: 1, ..settings() }, 3).unwrap();
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
        assert!((sum - loss).abs() < 1e-4 * loss, "{sum} and {loss}");
        let largest = singly.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        for (a, b) in singly.iter().zip(whole.flat()) {
            assert!((a - f64::from(b)).abs() < 1e-5 * largest, "{a} and {b}");
        }
    }

    #[test]
    fn what_cannot_be_learned_is_refused() {
        let (some, none) = (features(0, 30, 1), Features::new(5));
        let mut wide = Features::new(6);
        wide.extend(&[0.0; 6]);
        let mut huge = Features::new(5);
        huge.extend(&[f32::NAN; 5]);
        let problem =
            |training, validation, settings: Settings| fit(training, validation, &settings, 0).unwrap_err().to_string();
        assert!(problem([&some, &none], [&some; 2], settings()).contains("no other training images"));
        assert!(problem([&some; 2], [&none, &some], settings()).contains("no in-distribution validation images"));
        assert!(problem([&some; 2], [&some, &wide], settings()).contains("have 6 numbers, others 5"));
        assert!(problem([&some, &huge], [&some; 2], settings()).contains("in step 1 of epoch 1"));
        assert!(problem([&some; 2], [&some; 2], Settings { epochs: 0, ..settings() }).contains("`epochs`"));
    }
}
