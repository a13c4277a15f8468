//! The settings of an experiment file of the kind `training-spread`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::datasets::database::Synthetic;
use crate::datasets::tid2013;
use crate::error::Result;
use crate::settings::at::At;
use crate::settings::dataset::Dataset;
use crate::settings::{name_of, only_names};
use crate::studies::image_quality::settings::{StandIn, Statistics};
use crate::studies::sparse_autoencoder::settings::{Autoencoder, PatchCounts, SceneSize};
use crate::studies::{Settings, sparse_autoencoder as training};

/// Autoencoders trained on several sources of patches, and the scores with each of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpread {
    /// The title, which heads the table and the chart.
    pub title: String,
    /// The seed of the synthetic images and of the bootstrap; the training runs use `seeds`.
    pub seed: u64,
    /// The database on which every training run is evaluated.
    pub dataset: Dataset,
    /// The synthetic images that replace the database if it is absent.
    pub stand_in: StandIn,
    /// The file of the reference weights, with which the trained ones are compared; `None` for those that are part of the program.
    pub weights: Option<PathBuf>,
    /// The seeds. There is one training run per source and seed.
    pub seeds: Vec<u64>,
    /// The sources of the patches.
    pub sources: Vec<Source>,
    /// The model and its training.
    pub autoencoder: Autoencoder,
    /// The bootstrap of the intervals.
    pub statistics: Statistics,
}

impl Settings for TrainingSpread {
    fn check(&self, at: &At<'_>) -> Result<()> {
        let database = &tid2013::DATABASE;
        self.dataset.check(&at.key("dataset"), |given| given == database)?;
        self.stand_in.check(&at.key("stand_in"), database, Synthetic::Types)?;
        at.key("seeds").distinct(&self.seeds, "seed", 0..=u64::MAX, 2)?;
        let sources = at.key("sources");
        sources.not_empty(&self.sources, "source of patches")?;
        sources.each(&self.sources, Source::check)?;
        sources.unique(self.sources.iter().map(|source| &source.name), "source", "name")?;
        self.autoencoder.check(&at.key("autoencoder"))?;
        self.statistics.check(&at.key("statistics"))
    }

    fn manifest(&self, mut settings: Value) -> Value {
        settings["sources"] = self.sources.iter().map(Source::manifest).collect();
        only_names(&mut settings["weights"]);
        settings
    }
}

/// One source of training patches.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name in the table.
    pub name: String,
    /// A folder of images, or `None` for procedural scenes.
    path: Option<PathBuf>,
    /// Width of a procedural scene in pixels.
    width: Option<usize>,
    /// Height of a procedural scene in pixels.
    height: Option<usize>,
    /// The number of images from which patches are cut.
    images: usize,
    /// The number of random patches from each image.
    per_image: usize,
}

impl Source {
    /// The size of the procedural scenes; `None` for a folder.
    fn size(&self) -> Option<SceneSize> {
        Some(SceneSize { width: self.width?, height: self.height? })
    }

    /// The number of patches and of images.
    pub(super) fn patches(&self) -> PatchCounts {
        PatchCounts { images: self.images, per_image: self.per_image }
    }

    /// The folder or the scenes from which the patches are cut.
    pub(super) fn patches_from(&self) -> training::Source<'_> {
        match &self.path {
            Some(path) => training::Source::Folder(path),
            None => training::Source::Scenes(self.size().expect("checked with the experiment")),
        }
    }

    /// The source in the form of a manifest.
    pub(super) fn manifest(&self) -> Value {
        json!({
            "name": self.name, "path": self.path.as_deref().map(name_of), "size": self.size(),
            "images": self.images, "per_image": self.per_image,
        })
    }

    fn check(&self, at: &At<'_>) -> Result<()> {
        for (key, size) in [("width", self.width), ("height", self.height)] {
            let (images, scenes) = (self.path.is_some() && size.is_some(), self.path.is_none() && size.is_none());
            at.key(key).require(!images, format!("a source with `path` reads images of any size; remove `{key}`"))?;
            at.require(!scenes, "a source without `path` uses procedural scenes: it needs `width` and `height`")?;
        }
        at.if_given(&self.size(), SceneSize::check)?;
        self.patches().check(at)
    }
}
