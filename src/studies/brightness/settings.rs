//! The settings of an experiment file of the kind `brightness`.

use serde::{Deserialize, Serialize};

use crate::datasets::database::Contents;
use crate::error::Result;
use crate::settings::at::At;
use crate::settings::dataset::Dataset;
use crate::studies::Settings;

/// `kind = "brightness"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    /// The title, which heads the table and the chart.
    pub title: String,
    /// The seed of the scenes.
    pub seed: u64,
    /// A folder of images, which this kind of experiment does not read.
    pub dataset: Dataset,
    /// The number of scenes, 2 to 100.
    pub scenes: usize,
}

impl Settings for Brightness {
    fn check(&self, at: &At<'_>) -> Result<()> {
        self.dataset.check(&at.key("dataset"), |database| matches!(database.contents, Contents::Images))?;
        at.key("scenes").within(self.scenes, 2..=100)
    }
}
