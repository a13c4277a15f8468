//! Training of the variational autoencoder on clean images.
//!
//! Adam minimises BCE + β KL, summed over batches of shuffled images, at z = μ + ε σ. Every few epochs the loss of the
//! validation images is computed at z = μ; the parameters with the lowest one are kept. With β = 0 this is the
//! autoencoder without a regulariser. The regularisers of the sparse autoencoder may replace the KL term:
//!
//! * a weight decay (λ/2) Σ W² over the weights, not the biases;
//! * a sparsity penalty w Σⱼ KL(ρ ‖ ρ̂ⱼ) per image, where ρ̂ⱼ is the mean of the activation sigmoid(μⱼ) over the batch.
//!   Its gradient is that of w Σⱼ cⱼ sigmoid(μⱼ) with cⱼ = ∂KL(ρ ‖ ρ̂ⱼ)/∂ρ̂ⱼ. So a first pass over the batch computes
//!   ρ̂, and a second pass the gradient.
//!
//! # Resuming
//! The stream for the order of epoch e is named by e, and the stream for the noise of image i in epoch e by both. So a
//! [`VaeTraining`] that is [saved](VaeTraining::save) after an epoch and [loaded](VaeTraining::load) again, on any
//! machine, ends with the same bits as one that was never interrupted.

use super::batches::{Batches, F32};
use super::images::Images;
use super::sparsity::{Sparsity, penalty};
use super::{ABOVE_0, AT_LEAST_0, BETWEEN_0_AND_1, MOST, UP_TO_MOST, broken_rule};
use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::Real;
use crate::models::Vae;
use crate::nn::checkpoint::{self, About};
use crate::nn::{Adam, AdamSettings, Bound, Parameters};
use crate::stats::random::Stream;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The settings of the training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaeSettings {
    /// Images in a batch.
    pub batch: usize,
    /// The number of passes over all images.
    pub epochs: usize,
    /// The step size of Adam.
    pub rate: f64,
    /// β, the weight of the KL term; 0 leaves the term out.
    pub beta: f64,
    /// λ, the weight decay; 0 leaves it out.
    #[serde(default)]
    pub decay: f64,
    /// The sparsity penalty on sigmoid(μ), if there is one.
    #[serde(default)]
    pub sparsity: Option<Sparsity>,
    /// The number of epochs between validations. The last epoch always ends with one.
    pub validate_every: usize,
}

impl Default for VaeSettings {
    /// The paper's settings.
    fn default() -> Self {
        VaeSettings { batch: 128, epochs: 400, rate: 1e-3, beta: 1.0, decay: 0.0, sparsity: None, validate_every: 5 }
    }
}

impl VaeSettings {
    /// The first key whose value is out of range, with its rule.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let not_negative = |x: f64| (0.0..f64::INFINITY).contains(&x);
        let sparsity = |fits: fn(Sparsity) -> bool| self.sparsity.is_none_or(fits);
        broken_rule(&[
            ("batch", (1..=MOST).contains(&self.batch), UP_TO_MOST),
            ("epochs", (1..=MOST).contains(&self.epochs), UP_TO_MOST),
            ("validate_every", (1..=MOST).contains(&self.validate_every), UP_TO_MOST),
            ("rate", self.rate > 0.0 && self.rate.is_finite(), ABOVE_0),
            ("beta", not_negative(self.beta), AT_LEAST_0),
            ("decay", not_negative(self.decay), AT_LEAST_0),
            ("sparsity.target", sparsity(|s| s.target > 0.0 && s.target < 1.0), BETWEEN_0_AND_1),
            ("sparsity.weight", sparsity(|s| (0.0..f64::INFINITY).contains(&s.weight)), AT_LEAST_0),
        ])
    }

    /// The minimised sum of the three losses of an [`Epoch`]: BCE + β KL + w times the sparsity penalty. A weight decay
    /// is not included.
    pub fn loss(&self, [cross_entropy, divergence, sparsity]: [f64; 3]) -> f64 {
        cross_entropy + self.beta * divergence + self.sparsity.map_or(0.0, |s| s.weight * sparsity)
    }
}

/// The data of a training: images of the network's shape.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The images that the network learns.
    pub training: &'a Images,
    /// The images that decide the best epoch.
    pub validation: &'a Images,
}

/// The losses of one epoch, per image: BCE, KL, and the sparsity penalty Σⱼ KL(ρ ‖ ρ̂ⱼ), which is 0 if the settings
/// have none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The losses of the training images, each before its step.
    pub training: [f64; 3],
    /// The losses of the validation images after the epoch, at z = μ, if they were computed.
    pub validation: Option<[f64; 3]>,
}

/// A training in progress.
pub struct VaeTraining<'a> {
    vae: &'a Vae,
    data: Data<'a>,
    settings: VaeSettings,
    seed: u64,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    best: Parameters<f32>,
    epochs: Vec<Epoch>,
    batches: Batches,
}

/// The prefix of the names of the best parameters in a checkpoint.
const BEST: &str = "best.";

impl<'a> VaeTraining<'a> {
    /// A new training, with PyTorch's initial values.
    ///
    /// # Errors
    /// [`Error::Usage`] for settings out of range. [`Error::Undefined`] if there are no training or no validation
    /// images.
    ///
    /// # Panics
    /// If the images do not have the network's shape.
    pub fn new(vae: &'a Vae, data: Data<'a>, settings: VaeSettings, seed: u64) -> Result<VaeTraining<'a>> {
        if let Some((key, rule)) = settings.problem() {
            return Err(Error::Usage(format!("the autoencoder's training: `{key}` {rule}")));
        }
        for (images, name) in [(data.training, "training"), (data.validation, "validation")] {
            if images.is_empty() {
                return Err(Error::Undefined(format!("there are no {name} images; the autoencoder needs both kinds")));
            }
            assert_eq!(images.shape(), vae.architecture().image, "the shape of the {name} images");
        }
        let mut stream = Stream::new(seed, "autoencoder initialisation", 0);
        let parameters = vae.parameters(stream.rng());
        let adam = Adam::new(AdamSettings { rate: settings.rate, ..AdamSettings::default() }, &parameters);
        let best = parameters.clone();
        Ok(VaeTraining {
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

    /// The completed epochs, with their losses.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Whether all epochs are done.
    pub fn is_done(&self) -> bool {
        self.epochs.len() >= self.settings.epochs
    }

    /// The epoch, counted from 1, with the lowest validation loss; 0 before the first validation.
    pub fn best_epoch(&self) -> usize {
        let losses =
            self.epochs.iter().enumerate().filter_map(|(i, e)| Some((i + 1, self.settings.loss(e.validation?))));
        losses.fold((0, f64::INFINITY), |best, (i, loss)| if loss < best.1 { (i, loss) } else { best }).0
    }

    /// The parameters of the best epoch.
    pub fn best(&self) -> &Parameters<f32> {
        &self.best
    }

    /// Runs one epoch over the training images, and the validation if it is due, on the threads of the current rayon
    /// pool.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the step and the tensor if a number is no longer finite. The training is then in its
    /// state after the epoch before.
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
                    "the autoencoder's training diverged in step {} of epoch {}: {tensor} is no longer finite; lower `rate`",
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

    /// The three losses of a batch, each summed over its images, and the gradient of the minimised sum.
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

    /// Writes the whole state of the training.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        // serde_json is built with `float_roundtrip`, so the numbers are read back exactly.
        let epochs = serde_json::to_string(&self.epochs).expect("numbers");
        let about = About::from([("epochs".to_owned(), epochs), ("of".to_owned(), self.identity())]);
        checkpoint::save(path, &[&self.parameters, &self.adam.state(), &renamed(&self.best)], &about)
    }

    /// Reads a saved training.
    ///
    /// # Errors
    /// [`Error::Data`] if the file is damaged, or belongs to a training with another network, other data, settings or
    /// seed.
    pub fn load(
        path: impl AsRef<Path>,
        vae: &'a Vae,
        data: Data<'a>,
        settings: VaeSettings,
        seed: u64,
    ) -> Result<VaeTraining<'a>> {
        let path = path.as_ref();
        let mut training = VaeTraining::new(vae, data, settings, seed)?;
        let mut wanted = Parameters::new();
        let adam = training.adam.state();
        let parts = [training.parameters.clone(), adam.clone(), renamed(&training.best)];
        parts.iter().flat_map(|part| part.iter()).for_each(|(name, tensor)| wanted.add(name, tensor.clone()));
        let (stored, about) = checkpoint::load(path, &wanted)?;
        if about.get("of") != Some(&training.identity()) {
            return Err(Error::data(path, "belongs to other data or settings; remove it to start again"));
        }
        let epochs = about.get("epochs").and_then(|text| serde_json::from_str(text).ok());
        training.epochs = epochs.ok_or_else(|| Error::data(path, "contains no losses; remove it to start again"))?;
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

    /// A text of everything that determines the result. A checkpoint must have the same text.
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

/// The first tensor with a number that is not finite. A parameter stays finite as long as its gradient is finite.
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
    use approx::abs_diff_eq;

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

    fn settings() -> VaeSettings {
        VaeSettings { batch: 24, epochs: 30, rate: 1e-2, validate_every: 4, ..VaeSettings::default() }
    }

    /// Runs this many more epochs, on a pool of this many threads.
    fn go_on(training: &mut VaeTraining, epochs: usize, threads: usize) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (0..epochs).for_each(|_| training.epoch().unwrap()));
    }

    #[test]
    fn it_learns_and_keeps_the_best_epoch() {
        let (vae, images, held_out) = (small(), images(61, 0), images(13, 1));
        let data = Data { training: &images, validation: &held_out };
        let mut training = VaeTraining::new(&vae, data, settings(), 3).unwrap();
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
        for settings in
            [settings(), VaeSettings { sparsity: Some(Sparsity { target: 0.1, weight: 2.0 }), ..settings() }]
        {
            let mut whole = VaeTraining::new(&vae, data, settings, 3).unwrap();
            go_on(&mut whole, 9, 1);
            let mut first = VaeTraining::new(&vae, data, settings, 3).unwrap();
            go_on(&mut first, 5, 2);
            first.save(&path).unwrap();
            let mut second = VaeTraining::load(&path, &vae, data, settings, 3).unwrap();
            go_on(&mut second, 4, 2);
            assert_eq!(whole.epochs(), second.epochs());
            assert!(whole.parameters == second.parameters && whole.best == second.best);
        }

        let other =
            |data, settings, seed| VaeTraining::load(&path, &vae, data, settings, seed).err().unwrap().to_string();
        assert!(other(data, VaeSettings { beta: 2.0, ..settings() }, 3).contains("other data or settings"));
        assert!(other(data, settings(), 4).contains("other data or settings"));
        let swapped = Data { training: &held_out, validation: &images };
        assert!(other(swapped, settings(), 3).contains("other data or settings"));
    }

    /// The gradient of the sparsity penalty, whose ρ̂ depends on all images of the batch, against finite differences of
    /// the loss.
    #[test]
    fn the_sparsity_penalty_has_the_gradient_of_the_batch() {
        let (vae, images) = (small(), images(21, 0));
        let data = Data { training: &images, validation: &images };
        let sparsity = Sparsity { target: 0.05, weight: 40.0 };
        let settings = VaeSettings { sparsity: Some(sparsity), ..settings() };
        let training = VaeTraining::new(&vae, data, settings, 3).unwrap();
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
                abs_diff_eq!(difference, slope, epsilon = 2e-2 * slope.abs().max(1.0)),
                "{name} {place:?}: {difference} and {slope}"
            );
        }
        // The penalty also lowers the activations.
        let mean = |training: &VaeTraining| {
            let means = training.mean_activations(&training.parameters, &images, &batch);
            means.iter().sum::<f64>() / means.len() as f64
        };
        let mut trained = VaeTraining::new(&vae, data, settings, 3).unwrap();
        go_on(&mut trained, 30, 2);
        assert!(mean(&trained) < 0.5 * mean(&training), "{} and {}", mean(&trained), mean(&training));
    }

    #[test]
    fn what_cannot_be_trained_is_refused() {
        let (vae, images, none) = (small(), images(30, 0), Images::new(6, 6));
        let data = Data { training: &images, validation: &images };
        for (settings, part) in [
            (VaeSettings { batch: 0, ..settings() }, "`batch`"),
            (VaeSettings { rate: f64::NAN, ..settings() }, "`rate`"),
            (VaeSettings { beta: -1.0, ..settings() }, "`beta` must be a finite number of at least 0"),
            (VaeSettings { sparsity: Some(Sparsity { target: 1.0, weight: 1.0 }), ..settings() }, "between 0 and 1"),
        ] {
            assert!(VaeTraining::new(&vae, data, settings, 0).err().unwrap().to_string().contains(part));
        }
        let problem =
            VaeTraining::new(&vae, Data { validation: &none, ..data }, settings(), 0).err().unwrap().to_string();
        assert!(problem.contains("no validation images"), "{problem}");
    }

    #[test]
    fn a_training_that_runs_off_stops_with_the_step_and_the_tensor_and_keeps_what_it_had() {
        let (vae, images) = (small(), images(60, 0));
        let data = Data { training: &images, validation: &images };
        let mut training = VaeTraining::new(&vae, data, settings(), 3).unwrap();
        go_on(&mut training, 2, 1);
        let (before, epochs) = (training.parameters.clone(), training.epochs.clone());
        training.parameters["mu.bias"][[1]] = f32::INFINITY;
        let problem = training.epoch().unwrap_err().to_string();
        assert!(problem.contains("step 1 of epoch 3: the parameter `mu.bias` is no longer finite"), "{problem}");
        assert_eq!(training.epochs, epochs);

        let settings = VaeSettings { rate: 1e30, ..settings() };
        let mut wild = VaeTraining::new(&vae, data, settings, 3).unwrap();
        let problem = (0..30).find_map(|_| wild.epoch().err()).expect("it diverges").to_string();
        assert!(problem.contains("step") && problem.contains("lower `rate`"), "{problem}");
        assert!(before.flat().iter().chain(&wild.parameters.flat()).all(|x| x.is_finite()));
    }
}
