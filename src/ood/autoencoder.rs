//! Training the variational autoencoder on clean images.
//!
//! Adam on batches of shuffled images, on BCE + β KL summed over the batch, at z = μ + ε σ; every few epochs the loss of the
//! validation images at z = μ, and the parameters of its lowest value are kept (METHOD §2.1). In this family β = 0 is the
//! autoencoder without a regulariser; a weight decay (λ/2) Σ W² over the weights, not the biases, may take the KL's place.
//!
//! # Going on
//! The order of epoch e is drawn from a stream named by e, the noise of image i in epoch e from one named by both. So a [`Training`]
//! that is [saved](Training::save) after an epoch and [loaded](Training::load) again, on any machine, ends with the same bits as
//! one that was never interrupted.

use super::batches::{Batches, F32};
use super::images::Images;
use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::Real;
use crate::models::Vae;
use crate::nn::checkpoint::{self, About};
use crate::nn::{Adam, Bound, Parameters, adam};
use crate::stats::random::Stream;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    pub decay: f64,
    /// Epochs from one validation to the next; the last epoch is always followed by one.
    pub validate_every: usize,
}

impl Default for Settings {
    /// The paper's.
    fn default() -> Self {
        Settings { batch: 128, epochs: 400, rate: 1e-3, beta: 1.0, decay: 0.0, validate_every: 5 }
    }
}

impl Settings {
    fn check(&self) -> Result<()> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let not_negative = |x: f64| x >= 0.0 && x.is_finite();
        let problem = if [self.batch, self.epochs, self.validate_every].contains(&0) {
            "`batch`, `epochs` and `validate_every` have to be 1 at least"
        } else if !positive(self.rate) {
            "`rate` has to be above 0"
        } else if !not_negative(self.beta) || !not_negative(self.decay) {
            "`beta` and `decay` must not be negative"
        } else {
            return Ok(());
        };
        Err(Error::Usage(format!("the autoencoder's training: {problem}")))
    }
}

/// The losses of one epoch, per image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// BCE and KL of the training images, each before the step that it led to.
    pub training: [f64; 2],
    /// BCE and KL of the validation images after the epoch, at z = μ, where they were computed.
    pub validation: Option<[f64; 2]>,
}

/// A training under way.
pub struct Training<'a> {
    vae: &'a Vae,
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
    /// [`Error::Usage`] for settings out of their range.
    pub fn new(vae: &'a Vae, settings: Settings, seed: u64) -> Result<Training<'a>> {
        settings.check()?;
        let mut stream = Stream::new(seed, "autoencoder initialisation", 0);
        let parameters = vae.parameters(&mut || stream.uniform());
        let adam = Adam::new(adam::Settings { rate: settings.rate, ..adam::Settings::default() }, &parameters);
        let best = parameters.clone();
        Ok(Training { vae, settings, seed, parameters, adam, best, epochs: Vec::new(), batches: Batches::default() })
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
        let losses = self.epochs.iter().enumerate().filter_map(|(i, e)| Some((i + 1, self.loss(e.validation?))));
        losses.fold((0, f64::INFINITY), |best, (i, loss)| if loss < best.1 { (i, loss) } else { best }).0
    }

    /// The parameters of the best epoch.
    pub fn best(&self) -> &Parameters<f32> {
        &self.best
    }

    fn loss(&self, [cross_entropy, divergence]: [f64; 2]) -> f64 {
        cross_entropy + self.settings.beta * divergence
    }

    /// One epoch over the `training` images, and the loss of the `validation` images where it is due. Runs on the threads of
    /// the current rayon pool.
    ///
    /// # Errors
    /// [`Error::Undefined`] when a loss is not finite, and for no images.
    ///
    /// # Panics
    /// When the images are not of the network's shape.
    pub fn epoch(&mut self, training: &Images, validation: &Images) -> Result<()> {
        for (images, name) in [(training, "training"), (validation, "validation")] {
            if images.is_empty() {
                return Err(Error::Undefined(format!("there are no {name} images; the autoencoder needs both kinds")));
            }
            assert_eq!(images.shape(), self.vae.architecture().image, "the shape of the {name} images");
        }
        let epoch = self.epochs.len();
        let mut order: Vec<usize> = (0..training.len()).collect();
        Stream::new(self.seed, "autoencoder order", epoch as u64).shuffle(&mut order);
        let purpose = format!("autoencoder noise, epoch {epoch}");
        let noise = |tape: &mut Tape<F32>, items: &[usize]| self.noise(tape, &purpose, items);
        let terms = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
            let x = training.place(tape, items.iter().copied());
            let noise = noise(tape, items);
            let pass = self.vae.pass(tape, bound, x, Some(noise));
            [pass.cross_entropy, pass.divergence]
        };
        let (mut parameters, mut adam) = (self.parameters.clone(), self.adam.clone());
        let mut sums = [0.0; 2];
        for batch in order.chunks(self.settings.batch) {
            let weights = [1.0, self.settings.beta];
            let (losses, mut gradient) = self.batches.gradient(&parameters, batch, weights, terms);
            sums = [sums[0] + losses[0], sums[1] + losses[1]];
            if self.settings.decay > 0.0 {
                decay(&parameters, self.settings.decay, &mut gradient);
            }
            adam.step(&mut parameters, &gradient);
        }
        (self.parameters, self.adam) = (parameters, adam);

        let due = (epoch + 1).is_multiple_of(self.settings.validate_every) || epoch + 1 == self.settings.epochs;
        let validated = due.then(|| self.validate(validation));
        let per_image = sums.map(|sum| sum / training.len() as f64);
        if per_image.into_iter().chain(validated.into_iter().flatten()).any(|loss| !loss.is_finite()) {
            let problem = format!("the autoencoder's loss is no longer finite in epoch {}; lower `rate`", epoch + 1);
            return Err(Error::Undefined(problem));
        }
        self.epochs.push(Epoch { training: per_image, validation: validated });
        if self.best_epoch() == epoch + 1 {
            self.best = self.parameters.clone();
        }
        Ok(())
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

    fn validate(&self, validation: &Images) -> [f64; 2] {
        let items: Vec<usize> = (0..validation.len()).collect();
        let terms = |tape: &mut Tape<F32>, bound: &Bound, items: &[usize]| {
            let x = validation.place(tape, items.iter().copied());
            let pass = self.vae.pass(tape, bound, x, None);
            [pass.cross_entropy, pass.divergence]
        };
        self.batches.losses(&self.parameters, &items, terms).map(|sum| sum / validation.len() as f64)
    }

    /// Writes everything that going on takes.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let epochs = serde_json::to_string(&self.epochs).expect("numbers");
        let about = About::from([("epochs".to_owned(), epochs), ("of".to_owned(), self.identity())]);
        checkpoint::save(path, &[&self.parameters, &self.adam.state(), &renamed(&self.best)], &about)
    }

    /// A training as it was saved.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is damaged, or of a training with another network, other settings or another seed.
    pub fn load(path: impl AsRef<Path>, vae: &'a Vae, settings: Settings, seed: u64) -> Result<Training<'a>> {
        let path = path.as_ref();
        let mut training = Training::new(vae, settings, seed)?;
        let mut wanted = Parameters::new();
        let adam = training.adam.state();
        let parts = [training.parameters.clone(), adam.clone(), renamed(&training.best)];
        parts.iter().flat_map(|part| part.iter()).for_each(|(name, tensor)| wanted.add(name, tensor.clone()));
        let (stored, about) = checkpoint::load(path, &wanted)?;
        if about.get("of") != Some(&training.identity()) {
            return Err(Error::data(path, "is of a training with other settings; remove it to begin anew"));
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

    /// What a checkpoint has to be of. The number of epochs may grow.
    fn identity(&self) -> String {
        let settings = Settings { epochs: 0, ..self.settings.clone() };
        serde_json::to_string(&(self.vae.architecture(), settings, self.seed)).expect("numbers by name")
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
        let (images, held_out) = (images(61, 0), images(13, 1));
        pool.install(|| (0..epochs).for_each(|_| training.epoch(&images, &held_out).unwrap()));
    }

    #[test]
    fn it_learns_and_keeps_the_best_epoch() {
        let vae = small();
        let mut training = Training::new(&vae, settings(), 3).unwrap();
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
        let vae = small();
        let path = tempfile::tempdir().unwrap().path().join("training.safetensors");
        let mut whole = Training::new(&vae, settings(), 3).unwrap();
        go_on(&mut whole, 9, 1);
        let mut first = Training::new(&vae, settings(), 3).unwrap();
        go_on(&mut first, 5, 2);
        first.save(&path).unwrap();
        let mut second = Training::load(&path, &vae, settings(), 3).unwrap();
        go_on(&mut second, 4, 2);
        assert_eq!(whole.epochs(), second.epochs());
        assert!(whole.parameters == second.parameters && whole.best == second.best);

        let other = Training::load(&path, &vae, Settings { beta: 2.0, ..settings() }, 3);
        assert!(other.err().unwrap().to_string().contains("other settings"));
        let other = Training::load(&path, &vae, settings(), 4);
        assert!(other.err().unwrap().to_string().contains("other settings"));
    }

    #[test]
    fn what_cannot_be_trained_is_refused() {
        let vae = small();
        for (settings, part) in [
            (Settings { batch: 0, ..settings() }, "`batch`"),
            (Settings { rate: f64::NAN, ..settings() }, "`rate`"),
            (Settings { beta: -1.0, ..settings() }, "negative"),
        ] {
            assert!(Training::new(&vae, settings, 0).err().unwrap().to_string().contains(part));
        }
        let mut training = Training::new(&vae, settings(), 0).unwrap();
        let none = training.epoch(&images(3, 0), &Images::new(6, 6)).unwrap_err().to_string();
        assert!(none.contains("no validation images"), "{none}");
    }
}
