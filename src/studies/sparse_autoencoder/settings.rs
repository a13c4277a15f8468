//! The settings of an experiment file of the kind `sparse-autoencoder`.

use serde::{Deserialize, Serialize};

use crate::datasets::database::Contents;
use crate::error::Result;
use crate::settings::at::At;
use crate::settings::dataset::Dataset;
use crate::studies::Settings;

/// `kind = "sparse-autoencoder"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SparseAutoencoder {
    /// The title, which heads the table and the chart.
    pub title: String,
    /// The seed of every random stream of the experiment.
    pub seed: u64,
    /// The folder of images. If it is absent, the patches are cut from procedural scenes.
    pub dataset: Dataset,
    /// The patches, the model and its training.
    pub training: Training,
}

impl Settings for SparseAutoencoder {
    fn check(&self, at: &At<'_>) -> Result<()> {
        self.dataset.check(&at.key("dataset"), |database| matches!(database.contents, Contents::Images))?;
        self.training.check(&at.key("training"))
    }
}

/// Training on patches of one folder or of procedural scenes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Width of a procedural scene in pixels; not used for a folder.
    width: usize,
    /// Height of a procedural scene in pixels; not used for a folder.
    height: usize,
    /// The number of images from which patches are cut. In a folder these are the first ones by name.
    images: usize,
    /// The number of random patches from each image.
    per_image: usize,
    /// The model and its training.
    pub autoencoder: Autoencoder,
}

impl Training {
    /// The size of the procedural scenes; not used for a folder.
    pub fn size(&self) -> SceneSize {
        SceneSize { width: self.width, height: self.height }
    }

    /// The number of patches and of images.
    pub fn patches(&self) -> PatchCounts {
        PatchCounts { images: self.images, per_image: self.per_image }
    }

    pub(crate) fn check(&self, at: &At<'_>) -> Result<()> {
        self.size().check(at)?;
        self.patches().check(at)?;
        self.autoencoder.check(&at.key("autoencoder"))
    }
}

/// The size of a procedural scene in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SceneSize {
    /// Columns, 32 to 4096.
    pub width: usize,
    /// Rows, 32 to 4096.
    pub height: usize,
}

impl SceneSize {
    /// Checks the size. `at` is the table with `width` and `height`.
    pub(crate) fn check(&self, at: &At<'_>) -> Result<()> {
        at.key("width").within(self.width, 32..=4096)?;
        at.key("height").within(self.height, 32..=4096)
    }
}

/// The number of patches and of images.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PatchCounts {
    /// The number of images from which patches are cut. In a folder these are the first ones by name.
    pub images: usize,
    /// The number of random patches from each image.
    pub per_image: usize,
}

impl PatchCounts {
    /// Checks both numbers. `at` is the table with `images` and `per_image`.
    pub(crate) fn check(&self, at: &At<'_>) -> Result<()> {
        at.key("images").within(self.images, 1..=1_000_000)?;
        at.key("per_image").within(self.per_image, 1..=1_000_000)?;
        let (count, most) = (self.images * self.per_image, 1_000_000);
        let problem = format!("`images` × `per_image` are {count} patches, more than {most}");
        at.key("per_image").require(count <= most, problem)
    }
}

/// The sparse autoencoder and its training, in the symbols of the UNIQUE paper.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoencoder {
    /// Hidden units, 1 to 4096.
    pub hidden: usize,
    /// Target mean activation ρ, in (0, 1).
    pub rho: f64,
    /// Weight decay λ, at least 0.
    pub lambda: f64,
    /// Weight of the sparsity term β, at least 0.
    pub beta: f64,
    /// L-BFGS iterations, 1 to 100,000.
    pub iterations: usize,
}

impl Autoencoder {
    pub(crate) fn check(&self, at: &At<'_>) -> Result<()> {
        at.key("hidden").within(self.hidden, 1..=4096)?;
        at.key("rho").require(self.rho > 0.0 && self.rho < 1.0, format!("{} is not between 0 and 1", self.rho))?;
        for (key, x) in [("lambda", self.lambda), ("beta", self.beta)] {
            let fits = (0.0..f64::INFINITY).contains(&x);
            at.key(key).require(fits, format!("{x} is not a finite number of at least 0"))?;
        }
        at.key("iterations").within(self.iterations, 1..=100_000)
    }
}
