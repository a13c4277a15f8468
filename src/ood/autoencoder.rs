//! Training the variational autoencoder on clean images.
//!
//! Adam on batches of shuffled images, on BCE + β KL summed over the batch, at z = μ + ε σ; every few epochs the loss of the
//! validation images at z = μ, and the parameters of its lowest value are kept (METHOD §2.1). In this family β = 0 is the
//! autoencoder without a regulariser. In the KL's place may stand the regularisers of the sparse autoencoder (METHOD §1.1):
//!
//! * a weight decay (λ/2) Σ W² over the weights, not the biases;
//! * a sparsity penalty w Σⱼ KL(ρ ‖ ρ̂ⱼ) per image, where ρ̂ⱼ is the mean of the activation sigmoid(μⱼ) over the batch. Its gradient
//!   is that of w Σⱼ cⱼ sigmoid(μⱼ) with cⱼ = ∂KL(ρ ‖ ρ̂ⱼ)/∂ρ̂ⱼ, so that a first pass over the batch finds ρ̂, and a second one
//!   walks back.
//!
//! # Going on
//! The order of epoch e is drawn from a stream named by e, the noise of image i in epoch e from one named by both. So a [`Training`]
//! that is [saved](Training::save) after an epoch and [loaded](Training::load) again, on any machine, ends with the same bits as
//! one that was never interrupted.

use super::batches::{Batches, F32};
use super::images::Images;
use crate::autodiff::{Tape, Var, Wrt};
use crate::error::{Error, Result};
use crate::lanes::Real;
use crate::models::Vae;
use crate::nn::checkpoint::{self, About};
use crate::nn::{Adam, Bound, Parameters, adam};
use crate::stats::random::Stream;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Images in a batch.
    pub batch: usize,
    /// How often all images are gone through.
    pub epochs: usize,
    /// Adam's step.
    pub rate: f64,
    /// β, the weight of the KL term; 0 for none.
    pub beta: f64,
    /// λ, the weight decay; 0 for none.
    #[serde(default)]
    pub decay: f64,
    /// The sparsity penalty, if there is one.
    #[serde(default)]
    pub sparsity: Option<Sparsity>,
    /// Epochs from one validation to the next; the last epoch is always followed by one.
    pub validate_every: usize,
}

/// The sparsity penalty on sigmoid(μ).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sparsity {
    /// ρ, the mean activation wanted, in (0, 1).
    pub target: f64,
    /// w, the weight of the penalty.
    pub weight: f64,
}

impl Default for Settings {
    /// The paper's.
    fn default() -> Self {
        Settings { batch: 128, epochs: 400, rate: 1e-3, beta: 1.0, decay: 0.0, sparsity: None, validate_every: 5 }
    }
}

impl Settings {
    /// Whether the numbers are in their range.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the first that is not.
    pub fn check(&self) -> Result<()> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let not_negative = |x: f64| x >= 0.0 && x.is_finite();
        let problem = if [self.batch, self.epochs, self.validate_every].contains(&0) {
            "`batch`, `epochs` and `validate_every` have to be 1 at least"
        } else if !positive(self.rate) {
            "`rate` has to be above 0"
        } else if !not_negative(self.beta) || !not_negative(self.decay) {
            "`beta` and `decay` must not be negative"
        } else if self.sparsity.is_some_and(|s| !(s.target > 0.0 && s.target < 1.0 && not_negative(s.weight))) {
            "`sparsity.target` lies between 0 and 1, and `sparsity.weight` must not be negative"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("the autoencoder's training: {problem}")))
    }

    /// What is minimised, of the three losses of an [`Epoch`]: BCE + β KL + w times the sparsity penalty. A weight decay is not
    /// part of it.
    pub fn loss(&self, [cross_entropy, divergence, sparsity]: [f64; 3]) -> f64 {
        cross_entropy + self.beta * divergence + self.sparsity.map_or(0.0, |s| s.weight * sparsity)
    }
}

/// What it is trained on: images of the network's shape.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The images that are learned.
    pub training: &'a Images,
    /// The images that the best epoch is chosen by.
    pub validation: &'a Images,
}

/// The losses of one epoch, per image: BCE, KL, and the sparsity penalty Σⱼ KL(ρ ‖ ρ̂ⱼ), 0 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Of the training images, each before the step that it led to.
    pub training: [f64; 3],
    /// Of the validation images after the epoch, at z = μ, where they were computed.
    pub validation: Option<[f64; 3]>,
}

/// A training under way.
pub struct Training<'a> {
    vae: &'a Vae,
    data: Data<'a>,
    settings: Settings,
    seed: u64,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    best: Parameters<f32>,
    epochs: Vec<Epoch>,
    batches: Batches,
}

/// What precedes the names of the best parameters in a checkpoint.
const BEST: &str = "best.";

impl<'a> Training<'a> {
    /// A training that has not begun: PyTorch's first values.
    ///
    /// # Errors
    /// [`Error::Usage`] for settings out of their range, [`Error::Undefined`] for a kind of data without images.
    ///
    /// # Panics
    /// When the images are not of the network's shape.
    pub fn new(vae: &'a Vae, data: Data<'a>, settings: Settings, seed: u64) -> Result<Training<'a>> {
        settings.check()?;
        for (images, name) in [(data.training, "training"), (data.validation, "validation")] {
            if images.is_empty() {
                return Err(Error::Undefined(format!("there are no {name} images; the autoencoder needs both kinds")));
            }
            assert_eq!(images.shape(), vae.architecture().image, "the shape of the {name} images");
        }
        let mut stream = Stream::new(seed, "autoencoder initialisation", 0);
        let parameters = vae.parameters(&mut || stream.uniform());
        let adam = Adam::new(adam::Settings { rate: settings.rate, ..adam::Settings::default() }, &parameters);
        let best = parameters.clone();
        Ok(Training {
            vae,
            data,
            settings,
            seed,
            parameters,
            adam,
            best,
            epochs: Vec::new(),
            batches: Batches::default(),
        })
    }

    /// Epochs done, with their losses.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Whether all epochs are done.
    pub fn is_done(&self) -> bool {
        self.epochs.len() >= self.settings.epochs
    }

    /// The epoch, counted from 1, after which validation found the lowest loss; 0 before the first validation.
    pub fn best_epoch(&self) -> usize {
        let losses =
            self.epochs.iter().enumerate().filter_map(|(i, e)| Some((i + 1, self.settings.loss(e.validation?))));
        losses.fold((0, f64::INFINITY), |best, (i, loss)| if loss < best.1 { (i, loss) } else { best }).0
    }

    /// The parameters of the best epoch.
    pub fn best(&self) -> &Parameters<f32> {
        &self.best
    }

    /// One epoch over the training images, and the loss of the validation images where it is due. Runs on the threads of the
    /// current rayon pool.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the step and the tensor when a number is no longer finite; the training is then as it was after
    /// the epoch before.
    pub fn epoch(&mut self) -> Result<()> {
        let (epoch, training) = (self.epochs.len(), self.data.training);
        let mut order: Vec<usize> = (0..training.len()).collect();
        Stream::new(self.seed, "autoencoder order", epoch as u64).shuffle(&mut order);
        let purpose = format!("autoencoder noise, epoch {epoch}");
        let (mut parameters, mut adam) = (self.parameters.clone(), self.adam.clone());
        let mut sums = [0.0; 3];
        for (step, batch) in order.chunks(self.settings.batch).enumerate() {
            let (losses, mut gradient) = self.gradient(&parameters, batch, &purpose);
            let numbers = losses.into_iter().chain(gradient.flat().into_iter().map(f64::from));
            if numbers.fold(false, |bad, x| bad | !x.is_finite()) {
                let tensor = not_finite(&parameters, &gradient);
                let problem = format!(
                    "the autoencoder's training ran off in step {} of epoch {}: {tensor} is no longer finite; lower `rate`",
                    step + 1,
                    epoch + 1
                );
                return Err(Error::Undefined(problem));
            }
            sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
            if self.settings.decay > 0.0 {
                decay(&parameters, self.settings.decay, &mut gradient);
            }
            adam.step(&mut parameters, &gradient);
        }
        (self.parameters, self.adam) = (parameters, adam);

        let due = (epoch + 1).is_multiple_of(self.settings.validate_every) || epoch + 1 == self.settings.epochs;
        let validation = due.then(|| self.validate());
        self.epochs.push(Epoch { training: sums.map(|sum| sum / training.len() as f64), validation });
        if self.best_epoch() == epoch + 1 {
            self.best = self.parameters.clone();
        }
        Ok(())
    }

    /// The three losses of a batch, each summed over its images, and the gradient of what is minimised.
    fn gradient(&self, parameters: &Parameters<f32>, batch: &[usize], purpose: &str) -> ([f64; 3], Parameters<f32>) {
        let pass = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
            let x = self.data.training.place(tape, items.iter().copied());
            let noise = self.noise(tape, purpose, items);
            self.vae.pass(tape, bound, x, Some(noise))
        };
        let beta = self.settings.beta;
        let Some(Sparsity { target, weight }) = self.settings.sparsity else {
            let terms = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
                let pass = pass(tape, bound, items);
                [pass.cross_entropy, pass.divergence]
            };
            let ([cross_entropy, divergence], gradient) = self.batches.gradient(parameters, batch, [1.0, beta], terms);
            return ([cross_entropy, divergence, 0.0], gradient);
        };
        let (penalty, slopes) = penalty(&self.mean_activations(parameters, self.data.training, batch), target);
        let terms = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
            let pass = pass(tape, bound, items);
            let activations = tape.sigmoid(pass.mean);
            let slopes = tape.input_with(&[slopes.len()], |values| {
                values.iter_mut().zip(&slopes).for_each(|(value, &slope)| *value = F32::splat(slope as f32));
            });
            let weighted = tape.multiply(activations, slopes);
            [pass.cross_entropy, pass.divergence, tape.sum(weighted)]
        };
        let ([cross_entropy, divergence, _], gradient) =
            self.batches.gradient(parameters, batch, [1.0, beta, weight], terms);
        ([cross_entropy, divergence, penalty * batch.len() as f64], gradient)
    }

    /// ρ̂: the mean of sigmoid(μⱼ) over these images, for each j.
    fn mean_activations(&self, parameters: &Parameters<f32>, images: &Images, items: &[usize]) -> Vec<f64> {
        let activations = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
            let x = images.place(tape, items.iter().copied());
            let (mean, _) = self.vae.encode(tape, bound, x);
            tape.sigmoid(mean)
        };
        let sums = self.batches.sums(parameters, items, activations);
        sums.into_iter().map(|sum| sum / items.len() as f64).collect()
    }

    /// ε of these images, one per lane.
    fn noise(&self, tape: &mut Tape<F32>, purpose: &str, items: &[usize]) -> Var {
        tape.input_with(&[self.vae.architecture().latent], |values| {
            values.fill(F32::zero());
            for (lane, &item) in items.iter().enumerate() {
                let mut stream = Stream::new(self.seed, purpose, item as u64);
                values.iter_mut().for_each(|value| value.set_lane(lane, stream.normal() as f32));
            }
        })
    }

    fn validate(&self) -> [f64; 3] {
        let validation = self.data.validation;
        let items: Vec<usize> = (0..validation.len()).collect();
        let terms = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
            let x = validation.place(tape, items.iter().copied());
            let pass = self.vae.pass(tape, bound, x, None);
            [pass.cross_entropy, pass.divergence]
        };
        let [cross_entropy, divergence] =
            self.batches.losses(&self.parameters, &items, terms).map(|sum| sum / validation.len() as f64);
        let sparsity = self.settings.sparsity.map_or(0.0, |Sparsity { target, .. }| {
            penalty(&self.mean_activations(&self.parameters, validation, &items), target).0
        });
        [cross_entropy, divergence, sparsity]
    }

    /// Writes everything that going on takes.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        // Read back to the last bit: serde_json is built with `float_roundtrip`.
        let epochs = serde_json::to_string(&self.epochs).expect("numbers");
        let about = About::from([("epochs".to_owned(), epochs), ("of".to_owned(), self.identity())]);
        checkpoint::save(path, &[&self.parameters, &self.adam.state(), &renamed(&self.best)], &about)
    }

    /// A training as it was saved.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is damaged, or of a training with another network, other data, settings or seed.
    pub fn load(
        path: impl AsRef<Path>,
        vae: &'a Vae,
        data: Data<'a>,
        settings: Settings,
        seed: u64,
    ) -> Result<Training<'a>> {
        let path = path.as_ref();
        let mut training = Training::new(vae, data, settings, seed)?;
        let mut wanted = Parameters::new();
        let adam = training.adam.state();
        let parts = [training.parameters.clone(), adam.clone(), renamed(&training.best)];
        parts.iter().flat_map(|part| part.iter()).for_each(|(name, tensor)| wanted.add(name, tensor.clone()));
        let (stored, about) = checkpoint::load(path, &wanted)?;
        if about.get("of") != Some(&training.identity()) {
            return Err(Error::data(path, "is of a training with other data or settings; remove it to begin anew"));
        }
        let epochs = about.get("epochs").and_then(|text| serde_json::from_str(text).ok());
        training.epochs = epochs.ok_or_else(|| Error::data(path, "has no losses; remove it to begin anew"))?;
        let numbers = stored.flat();
        let (own, rest) = numbers.split_at(training.parameters.count());
        let (state, best) = rest.split_at(adam.count());
        training.parameters.set_flat(own);
        training.best.set_flat(best);
        let mut moments = adam;
        moments.set_flat(state);
        training.adam.restore(&moments)?;
        Ok(training)
    }

    /// Everything that the result is a function of, as one text: what a checkpoint has to be of.
    pub fn identity(&self) -> String {
        let Data { training, validation } = self.data;
        let images = [training, validation].map(Images::hash);
        let version = env!("CARGO_PKG_VERSION");
        serde_json::to_string(&(version, self.vae.architecture(), images, self.settings, self.seed))
            .expect("all by name")
    }
}

fn renamed(best: &Parameters<f32>) -> Parameters<f32> {
    let mut parameters = Parameters::new();
    best.iter().for_each(|(name, tensor)| parameters.add(format!("{BEST}{name}"), tensor.clone()));
    parameters
}

/// Adds λ W to the gradient of every weight.
fn decay(parameters: &Parameters<f32>, lambda: f64, gradient: &mut Parameters<f32>) {
    for (name, weights) in parameters.iter().filter(|(name, _)| name.ends_with(".weight")) {
        gradient[name].iter_mut().zip(weights).for_each(|(d, w)| *d += lambda as f32 * w);
    }
}

/// Σⱼ KL(ρ ‖ ρ̂ⱼ) and its derivatives by ρ̂ⱼ.
fn penalty(means: &[f64], target: f64) -> (f64, Vec<f64>) {
    let mut tape = Tape::<f64>::new();
    let means = tape.input_with(&[means.len()], |values| values.copy_from_slice(means));
    let penalty = tape.sparsity_kl(means, target);
    let gradients = tape.gradients(penalty, &[Wrt::PerLane(means)]);
    (tape.scalar(penalty), gradients.per_lane(means).to_vec())
}

/// The first tensor with a number that is not finite: a parameter's gradient, since steps along finite gradients are finite.
fn not_finite(parameters: &Parameters<f32>, gradient: &Parameters<f32>) -> String {
    let bad = |set: &Parameters<f32>| {
        let mut tensors = set.iter();
        tensors.find(|(_, tensor)| tensor.iter().any(|x| !x.is_finite())).map(|(name, _)| name.to_owned())
    };
    match (bad(parameters), bad(gradient)) {
        (Some(name), _) => format!("the parameter `{name}`"),
        (None, Some(name)) => format!("the gradient of `{name}`"),
        (None, None) => "the loss".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use crate::models::vae::{Architecture, Layer};

    fn small() -> Vae {
        let layer = |channels, padding| Layer { channels, kernel: 4, stride: 2, padding };
        let architecture = Architecture {
            image: [3, 6, 6],
            encoder: vec![layer(4, 2), layer(5, 2)],
            latent: 3,
            decoder: vec![layer(4, 2), layer(3, 2)],
        };
        Vae::new(architecture).unwrap()
    }

    /// Images of two flat colours.
    fn images(count: usize, shift: usize) -> Images {
        let mut images = Images::new(6, 6);
        for i in shift..count + shift {
            let colour = if i % 2 == 0 { [230, 20, 40] } else { [20, 40, 230] };
            images.push(&Rgb8::from_fn(6, 6, |x, _| colour.map(|c| c + (x + i % 7) as u8)));
        }
        images
    }

    fn settings() -> Settings {
        Settings { batch: 24, epochs: 30, rate: 1e-2, validate_every: 4, ..Settings::default() }
    }

    /// As many epochs more, on a pool of so many threads.
    fn go_on(training: &mut Training, epochs: usize, threads: usize) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (0..epochs).for_each(|_| training.epoch().unwrap()));
    }

    #[test]
    fn it_learns_and_keeps_the_best_epoch() {
        let (vae, images, held_out) = (small(), images(61, 0), images(13, 1));
        let data = Data { training: &images, validation: &held_out };
        let mut training = Training::new(&vae, data, settings(), 3).unwrap();
        go_on(&mut training, 30, 2);
        let epochs = training.epochs();
        let loss = |e: &Epoch| e.training[0] + e.training[1];
        assert!(training.is_done());
        assert!(loss(&epochs[29]) < 0.9 * loss(&epochs[0]), "{} to {}", loss(&epochs[0]), loss(&epochs[29]));
        let validated: Vec<usize> = (1..=30).filter(|e| epochs[e - 1].validation.is_some()).collect();
        assert_eq!(validated, [4, 8, 12, 16, 20, 24, 28, 30]);
        assert!(validated.contains(&training.best_epoch()));
        assert_eq!(training.best_epoch() == 30, *training.best() == training.parameters);
    }

    #[test]
    fn an_interrupted_training_ends_with_the_same_bits() {
        let (vae, images, held_out) = (small(), images(61, 0), images(13, 1));
        let data = Data { training: &images, validation: &held_out };
        let path = tempfile::tempdir().unwrap().path().join("training.safetensors");
        for settings in [settings(), Settings { sparsity: Some(Sparsity { target: 0.1, weight: 2.0 }), ..settings() }] {
            let mut whole = Training::new(&vae, data, settings, 3).unwrap();
            go_on(&mut whole, 9, 1);
            let mut first = Training::new(&vae, data, settings, 3).unwrap();
            go_on(&mut first, 5, 2);
            first.save(&path).unwrap();
            let mut second = Training::load(&path, &vae, data, settings, 3).unwrap();
            go_on(&mut second, 4, 2);
            assert_eq!(whole.epochs(), second.epochs());
            assert!(whole.parameters == second.parameters && whole.best == second.best);
        }

        let other = |data, settings, seed| Training::load(&path, &vae, data, settings, seed).err().unwrap().to_string();
        assert!(other(data, Settings { beta: 2.0, ..settings() }, 3).contains("other data or settings"));
        assert!(other(data, settings(), 4).contains("other data or settings"));
        let swapped = Data { training: &held_out, validation: &images };
        assert!(other(swapped, settings(), 3).contains("other data or settings"));
    }

    /// The gradient under the sparsity penalty, whose ρ̂ mixes all images of the batch, against differences of the loss.
    #[test]
    fn the_sparsity_penalty_has_the_gradient_of_the_batch() {
        let (vae, images) = (small(), images(21, 0));
        let data = Data { training: &images, validation: &images };
        let sparsity = Sparsity { target: 0.05, weight: 40.0 };
        let settings = Settings { sparsity: Some(sparsity), ..settings() };
        let training = Training::new(&vae, data, settings, 3).unwrap();
        let batch: Vec<usize> = (0..21).collect();
        let total = |p: &Parameters<f32>| {
            let ([bce, kl, penalty], gradient) = training.gradient(p, &batch, "noise");
            (bce + settings.beta * kl + sparsity.weight * penalty, gradient)
        };
        let (_, gradient) = total(&training.parameters);
        for (name, place) in [("mu.weight", [1, 4]), ("mu.weight", [2, 0])] {
            let moved = |by: f32| {
                let mut parameters = training.parameters.clone();
                parameters[name][&place[..]] += by;
                total(&parameters).0
            };
            let (step, slope) = (0.02, f64::from(gradient[name][&place[..]]));
            let difference = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            assert!(
                (difference - slope).abs() < 2e-2 * slope.abs().max(1.0),
                "{name} {place:?}: {difference} and {slope}"
            );
        }
        // And it does what it is for.
        let mean = |training: &Training| {
            let means = training.mean_activations(&training.parameters, &images, &batch);
            means.iter().sum::<f64>() / means.len() as f64
        };
        let mut trained = Training::new(&vae, data, settings, 3).unwrap();
        go_on(&mut trained, 30, 2);
        assert!(mean(&trained) < 0.5 * mean(&training), "{} and {}", mean(&trained), mean(&training));
    }

    #[test]
    fn what_cannot_be_trained_is_refused() {
        let (vae, images, none) = (small(), images(30, 0), Images::new(6, 6));
        let data = Data { training: &images, validation: &images };
        for (settings, part) in [
            (Settings { batch: 0, ..settings() }, "`batch`"),
            (Settings { rate: f64::NAN, ..settings() }, "`rate`"),
            (Settings { beta: -1.0, ..settings() }, "negative"),
            (Settings { sparsity: Some(Sparsity { target: 1.0, weight: 1.0 }), ..settings() }, "between 0 and 1"),
        ] {
            assert!(Training::new(&vae, data, settings, 0).err().unwrap().to_string().contains(part));
        }
        let problem = Training::new(&vae, Data { validation: &none, ..data }, settings(), 0).err().unwrap().to_string();
        assert!(problem.contains("no validation images"), "{problem}");
    }

    #[test]
    fn a_training_that_runs_off_stops_with_the_step_and_the_tensor_and_keeps_what_it_had() {
        let (vae, images) = (small(), images(60, 0));
        let data = Data { training: &images, validation: &images };
        let mut training = Training::new(&vae, data, settings(), 3).unwrap();
        go_on(&mut training, 2, 1);
        let (before, epochs) = (training.parameters.clone(), training.epochs.clone());
        training.parameters["mu.bias"][[1]] = f32::INFINITY;
        let problem = training.epoch().unwrap_err().to_string();
        assert!(problem.contains("step 1 of epoch 3: the parameter `mu.bias` is no longer finite"), "{problem}");
        assert_eq!(training.epochs, epochs);

        let settings = Settings { rate: 1e30, ..settings() };
        let mut wild = Training::new(&vae, data, settings, 3).unwrap();
        let problem = (0..30).find_map(|_| wild.epoch().err()).expect("it runs off").to_string();
        assert!(problem.contains("step") && problem.contains("lower `rate`"), "{problem}");
        assert!(before.flat().iter().chain(&wild.parameters.flat()).all(|x| x.is_finite()));
    }
}
