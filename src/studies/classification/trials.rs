//! Runs one trial with one seed: extracts the features, trains a classifier on them, and scores the test images.
//!
//! The features of the test images are scored chunk by chunk and never stored. There are many trials, and each runs on a single thread,
//! so they run in parallel without waiting for each other.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};

use super::networks::Network;
use super::settings::{Shown, Trial};
use crate::error::{Error, Result};
use crate::gradients::{Extraction, TrainedVae};
use crate::lanes::Lanes;
use crate::learn::classifier::fit;
use crate::learn::{ClassifierSettings, FeatureRows, Images};
use crate::models::Vae;

/// The images that all trials share.
pub(super) struct Pictures {
    /// Clean images for training, validation and test.
    pub clean: [Images; 3],
    /// Images under each training condition, for training and validation.
    pub shown: Vec<(Shown, [Images; 2])>,
    /// Images under each test condition.
    pub tested: Vec<(Shown, Images)>,
}

/// The result of a trial with one seed.
#[derive(Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The classifier's logits of the clean test images.
    pub clean: Vec<f64>,
    /// The logits of the test images under each condition of [`Pictures::tested`].
    pub tested: Vec<Vec<f64>>,
}

/// The features of all images.
pub(super) fn features(vae: &Vae, network: &Network, trial: &Trial, images: &Images) -> Result<FeatureRows> {
    let mut all: Option<FeatureRows> = None;
    each_chunk(vae, network, trial, images, |chunk| match &mut all {
        None => all = Some(chunk),
        Some(all) => chunk.rows().for_each(|row| all.extend(row)),
    })?;
    all.ok_or_else(|| Error::Undefined("there are no images to extract features from".into()))
}

fn each_chunk(
    vae: &Vae,
    network: &Network,
    trial: &Trial,
    images: &Images,
    mut take: impl FnMut(FeatureRows),
) -> Result<()> {
    let sparsity = network.settings.sparsity.map(|s| s.target);
    let model = TrainedVae { vae, parameters: &network.parameters, sparsity };
    let extraction = Extraction::<Lanes<f32, 16>, _>::new(&model, &trial.features)?;
    let parts: Vec<usize> = extraction.shapes().iter().map(|shape| shape.iter().product()).collect();
    let width = extraction.width();
    extraction.run(
        images.len(),
        |tape, range| images.place(tape, range),
        |rows| {
            let mut values = rows.values.to_vec();
            values.chunks_exact_mut(width).for_each(|row| trial.form.apply(row, &parts));
            let mut chunk = FeatureRows::new(width);
            chunk.extend(&values);
            take(chunk);
            Ok(())
        },
    )
}

/// Runs a trial on a trained network.
pub(super) fn run(
    vae: &Vae,
    network: &Network,
    trial: &Trial,
    classifier: &ClassifierSettings,
    pictures: &Pictures,
) -> Result<Outcome> {
    let (_, shown) = pictures.shown.iter().find(|(shown, _)| *shown == trial.shown).expect("loaded for the trials");
    let of = |images: &Images| features(vae, network, trial, images);
    let training = [of(&pictures.clean[0])?, of(&shown[0])?];
    let validation = [of(&pictures.clean[1])?, of(&shown[1])?];
    let fitted = fit(training.each_ref(), validation.each_ref(), classifier, network.seed)?;
    drop((training, validation));
    let scores = |images: &Images| {
        let mut scores = Vec::with_capacity(images.len());
        each_chunk(vae, network, trial, images, |chunk| scores.extend(fitted.scores(&chunk)))?;
        Ok::<_, Error>(scores)
    };
    Ok(Outcome {
        clean: scores(&pictures.clean[2])?,
        tested: pictures.tested.iter().map(|(_, images)| scores(images)).collect::<Result<_>>()?,
    })
}

/// The results of `work` for all jobs, in order. Each job runs on one thread, and as many run at once as the current rayon pool has threads.
///
/// # Errors
/// The error of the first job, in order, that failed.
pub(super) fn side_by_side<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> Result<R> + Sync) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(jobs.len()) {
            scope.spawn(|| {
                let own = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread for the work");
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(i) else { break };
                    let result = own.install(|| work(job));
                    done.lock().expect("no thread panicked").push((i, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panicked");
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_come_back_in_order_and_the_first_error_wins() {
        let jobs: Vec<usize> = (0..50).collect();
        let doubled = side_by_side(&jobs, |&job| {
            assert_eq!(rayon::current_num_threads(), 1);
            Ok(2 * job)
        });
        assert_eq!(doubled.unwrap(), jobs.iter().map(|j| 2 * j).collect::<Vec<_>>());
        let failed = side_by_side(&jobs, |&job| match job % 20 {
            19 => Err(Error::Undefined(format!("job {job}"))),
            _ => Ok(()),
        });
        assert!(failed.unwrap_err().to_string().contains("job 19"));
        assert_eq!(side_by_side(&[0; 0], |_| Ok(())).unwrap(), []);
    }
}
