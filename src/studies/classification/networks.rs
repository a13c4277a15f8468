//! Trains the networks of an experiment: one for each training setting and seed.
//!
//! During training, a checkpoint is stored beside the entries of the stage cache. A run that was killed continues from it and ends with
//! the same bits. When the training is complete, the network becomes an entry of the cache and the checkpoint is removed.

use crate::error::{Error, Result};
use crate::learn::{Data, Epoch, VaeSettings, VaeTraining};
use crate::models::Vae;
use crate::nn::Parameters;
use crate::run::cache::Cache;
use crate::run::progress::Progress;
use crate::run::stages::Item;
use crate::stats::random::Stream;

/// A trained network.
pub(super) struct Network {
    /// The settings of the training.
    pub settings: VaeSettings,
    /// The seed.
    pub seed: u64,
    /// The parameters of the best epoch.
    pub parameters: Parameters<f32>,
    /// The losses of each epoch.
    pub epochs: Vec<Epoch>,
    /// The epoch of the parameters, counted from 1.
    pub best_epoch: usize,
}

impl Network {
    /// Reads the network from the cache, or trains it, from the checkpoint of a killed run if there is one. A step of `progress` is an
    /// epoch.
    ///
    /// # Errors
    /// [`Error::Data`] for a checkpoint that cannot be used, [`Error::Write`] if it cannot be written, and [`Error::Undefined`] if the
    /// training diverges. The last checkpoint is kept.
    pub fn train(
        vae: &Vae,
        data: Data<'_>,
        settings: VaeSettings,
        seed: u64,
        item: &Item,
        cache: &Cache,
        progress: &Progress,
    ) -> Result<Network> {
        let mut steps = 0;
        let mut step = || {
            progress.step();
            steps += 1;
        };
        let (numbers, epochs, best_epoch): (Vec<f32>, Vec<Epoch>, usize) = cache.item(item, || {
            let checkpoint = cache.workplace(item, "checkpoint");
            let mut training = match checkpoint.exists() {
                true => VaeTraining::load(&checkpoint, vae, data, settings, seed)?,
                false => VaeTraining::new(vae, data, settings, seed)?,
            };
            training.epochs().iter().for_each(|_| step());
            while !training.is_done() {
                training.epoch().map_err(|error| match (error, checkpoint.exists()) {
                    (Error::Undefined(problem), true) => {
                        Error::Undefined(format!("{problem}; the last checkpoint is {}", checkpoint.display()))
                    }
                    (error, _) => error,
                })?;
                if training.epochs().last().is_some_and(|epoch| epoch.validation.is_some()) {
                    training.save(&checkpoint)?;
                }
                step();
            }
            Ok((training.best().flat(), training.epochs().to_vec(), training.best_epoch()))
        })?;
        // A checkpoint that cannot be removed wastes disk space but changes no result.
        let _ = std::fs::remove_file(cache.workplace(item, "checkpoint"));
        (steps..settings.epochs).for_each(|_| progress.step());
        let mut parameters = vae.parameters(Stream::new(0, "shapes", 0).rng());
        parameters.set_flat(&numbers);
        Ok(Network { settings, seed, parameters, epochs, best_epoch })
    }
}
