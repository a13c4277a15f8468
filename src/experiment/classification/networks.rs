//! The networks of an experiment: one for each way of training and each seed.
//!
//! While a network is trained its state is kept beside the stage cache's entries, so that a run that was killed goes on where it was
//! and ends with the same bits. When the network is done it becomes an entry, and the state goes.

use crate::error::{Error, Result};
use crate::experiment::cache::{Cache, Item};
use crate::experiment::progress::Progress;
use crate::models::Vae;
use crate::nn::Parameters;
use crate::ood::autoencoder::{Epoch, Settings};
use crate::ood::{Data, Training};

/// A trained network.
pub(super) struct Network {
    /// How it was trained.
    pub settings: Settings,
    /// The seed.
    pub seed: u64,
    /// The parameters of the best epoch.
    pub parameters: Parameters<f32>,
    /// The losses.
    pub epochs: Vec<Epoch>,
    /// The epoch, counted from 1, of the parameters.
    pub best_epoch: usize,
}

impl Network {
    /// Trains it, or takes it from the cache, or goes on where a run was killed; a step of `progress` is an epoch.
    ///
    /// # Errors
    /// [`Error::Data`] for a checkpoint that cannot be used, [`Error::Write`], and [`Error::Undefined`] when the training runs off; the
    /// last checkpoint stays.
    pub fn train(
        vae: &Vae,
        data: Data<'_>,
        settings: Settings,
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
                true => Training::load(&checkpoint, vae, data, settings, seed)?,
                false => Training::new(vae, data, settings, seed)?,
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
        // What is left behind costs room, not correctness.
        let _ = std::fs::remove_file(cache.workplace(item, "checkpoint"));
        (steps..settings.epochs).for_each(|_| progress.step());
        let mut parameters = vae.parameters(&mut || 0.0);
        parameters.set_flat(&numbers);
        Ok(Network { settings, seed, parameters, epochs, best_epoch })
    }
}
