//! The networks of an experiment: one for each way of training and each seed, with checkpoints.
//!
//! While a network is trained its state is kept under a name made of everything that the result depends on, so that a run that
//! was killed goes on where it was and ends with the same bits, and a run of anything else never meets it. When the results
//! are written the checkpoints have done their work and go.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::experiment::progress::Progress;
use crate::models::Vae;
use crate::nn::Parameters;
use crate::ood::autoencoder::{Epoch, Settings};
use crate::ood::{Data, Training};
use crate::report::files::hash;

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
    checkpoint: PathBuf,
}

impl Network {
    /// Trains it, from its checkpoint in `folder` on if there is one; a step of `progress` is an epoch.
    ///
    /// # Errors
    /// [`Error::Data`] for a checkpoint that cannot be used, [`Error::Write`], and [`Error::Undefined`] when the training runs off; the
    /// last checkpoint stays.
    pub fn train(
        vae: &Vae,
        data: Data<'_>,
        settings: Settings,
        seed: u64,
        folder: &Path,
        progress: &Progress,
    ) -> Result<Network> {
        let mut training = Training::new(vae, data, settings, seed)?;
        let checkpoint = folder.join(format!("{}.safetensors", &hash(training.identity().as_bytes())[..16]));
        if checkpoint.exists() {
            training = Training::load(&checkpoint, vae, data, settings, seed)?;
            training.epochs().iter().for_each(|_| progress.step());
        }
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
            progress.step();
        }
        Ok(Network {
            settings,
            seed,
            parameters: training.best().clone(),
            epochs: training.epochs().to_vec(),
            best_epoch: training.best_epoch(),
            checkpoint,
        })
    }

    /// Takes the checkpoint away, and its folder when it was the last.
    pub fn forget(&self) {
        // What is left behind costs room, not correctness.
        let _ = std::fs::remove_file(&self.checkpoint);
        let _ = self.checkpoint.parent().map(std::fs::remove_dir);
    }
}
