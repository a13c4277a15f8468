//! `kind = "sparse-autoencoder"` and `kind = "training-spread"`: training, once and many times.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::file_name;
use super::parts::{
    Autoencoder, Dataset, DatasetKind, Patches, RawAutoencoder, RawDataset, RawStandIn, RawStatistics, RawTraining, S,
    SceneSize, StandIn, Statistics, Training, distinct, patches, scene_size,
};
use crate::error::Result;
use crate::experiment::text::Text;

/// `kind = "sparse-autoencoder"`.
#[derive(Clone, Debug, Serialize)]
pub struct SparseAutoencoder {
    /// Heads the table and the chart.
    pub title: String,
    /// Where every random stream of the experiment starts.
    pub seed: u64,
    /// The folder of images; without it the patches come from procedural scenes.
    pub dataset: Dataset,
    /// The patches, the model and its training.
    pub training: Training,
}

/// `kind = "training-spread"`.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingSpread {
    /// Heads the table and the chart.
    pub title: String,
    /// Where the random streams of the stand-in start; the training runs have `seeds` of their own.
    pub seed: u64,
    /// The database that every training run is judged on.
    pub dataset: Dataset,
    /// What stands in when the database is not there.
    pub stand_in: StandIn,
    /// The weights that the trained ones are compared with (the shipped ones unless named).
    #[serde(serialize_with = "file_name")]
    pub weights: Option<PathBuf>,
    /// One training run per source and seed.
    pub seeds: Vec<u64>,
    /// Where patches come from.
    pub sources: Vec<Source>,
    /// The model and its training.
    pub autoencoder: Autoencoder,
    /// How the intervals are made.
    pub statistics: Statistics,
}

/// One source of training patches in a `training-spread` experiment.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// What the table calls it.
    pub name: String,
    /// A folder of images, or `None` for procedural scenes.
    #[serde(serialize_with = "file_name")]
    pub path: Option<PathBuf>,
    /// Size of the procedural scenes; not used for a folder.
    pub size: Option<SceneSize>,
    /// How many patches, from how many images.
    #[serde(flatten)]
    pub patches: Patches,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSparseAutoencoder {
    title: String,
    seed: u64,
    dataset: RawDataset,
    training: RawTraining,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrainingSpread {
    title: String,
    seed: u64,
    dataset: RawDataset,
    stand_in: RawStandIn,
    weights: Option<PathBuf>,
    seeds: S<Vec<u64>>,
    sources: S<Vec<RawSource>>,
    autoencoder: RawAutoencoder,
    statistics: RawStatistics,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    name: S<String>,
    path: Option<PathBuf>,
    width: Option<S<usize>>,
    height: Option<S<usize>>,
    images: S<usize>,
    per_image: S<usize>,
}

impl RawSparseAutoencoder {
    pub(super) fn check(self, text: &Text) -> Result<SparseAutoencoder> {
        Ok(SparseAutoencoder {
            title: self.title,
            seed: self.seed,
            dataset: self.dataset.check(text, &[DatasetKind::Images])?,
            training: self.training.check(text)?,
        })
    }
}

impl RawTrainingSpread {
    pub(super) fn check(self, text: &Text) -> Result<TrainingSpread> {
        let seeds = distinct(text, self.seeds, "seed", 0..=u64::MAX, 2)?;
        let span = self.sources.span();
        let sources: Vec<Source> =
            self.sources.into_inner().into_iter().map(|s| s.check(text)).collect::<Result<_>>()?;
        if sources.is_empty() {
            return Err(text.error(span, "at least one source of patches is needed", None));
        }
        if (1..sources.len()).any(|i| sources[..i].iter().any(|s| s.name == sources[i].name)) {
            return Err(text.error(span, "two sources have the same name", None));
        }
        Ok(TrainingSpread {
            title: self.title,
            seed: self.seed,
            dataset: self.dataset.check(text, &[DatasetKind::Tid2013])?,
            stand_in: self.stand_in.check(text, DatasetKind::Tid2013)?,
            weights: self.weights,
            seeds,
            sources,
            autoencoder: self.autoencoder.check(text)?,
            statistics: self.statistics.check(text)?,
        })
    }
}

impl RawSource {
    pub(super) fn check(self, text: &Text) -> Result<Source> {
        let span = self.name.span();
        let size = match (self.path.is_some(), self.width, self.height) {
            (false, Some(width), Some(height)) => Some(scene_size(text, width, height)?),
            (true, None, None) => None,
            (false, ..) => {
                let problem = "a source without `path` draws scenes: `width` and `height` are needed";
                return Err(text.error(span, problem, None));
            }
            (true, ..) => {
                let problem = "a source with `path` reads images: `width` and `height` have no meaning";
                return Err(text.error(span, problem, None));
            }
        };
        let patches = patches(text, self.images, self.per_image)?;
        Ok(Source { name: self.name.into_inner(), path: self.path, size, patches })
    }
}
