//! The tables that several kinds of experiment have in common, and the checks of single values.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::error::Result;
use crate::experiment::text::Text;

/// A folder of data and whether the user named it.
#[derive(Clone, Debug, Serialize)]
pub struct Dataset {
    /// How the folder is laid out.
    pub kind: DatasetKind,
    /// The folder, as written.
    #[serde(skip)]
    pub path: PathBuf,
    /// Named on the command line: then it must be there. A folder that only the file names may be absent, and the stand-in
    /// takes its place.
    #[serde(skip)]
    pub given: bool,
}

impl Dataset {
    /// The folder to read, or `None` when the stand-in takes its place.
    pub fn folder(&self) -> Option<&Path> {
        (self.given || self.path.exists()).then_some(self.path.as_path())
    }
}

/// The layouts that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetKind {
    /// TID2013 as its authors lay it out.
    Tid2013,
    /// Any folder of PNG, BMP or JPEG images.
    Images,
    /// CURE-TSR: any tree of files named as its authors name them.
    CureTsr,
    /// Photographs of traffic signs with a manifest, as the subset of the German benchmark has it.
    Gtsrb,
}

/// Procedural scenes under the distortion types of TID2013.
#[derive(Clone, Debug, Serialize)]
pub struct StandIn {
    /// Number of scenes, at least 1.
    pub scenes: usize,
    /// Their size.
    #[serde(flatten)]
    pub size: SceneSize,
    /// Distortion types, 1 to 24, ascending.
    pub types: Vec<u8>,
    /// Levels, 1 to 5, ascending, at least two.
    pub levels: Vec<u8>,
}

/// The size of a procedural scene in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SceneSize {
    /// Columns, 32 to 4096.
    pub width: usize,
    /// Rows, 32 to 4096.
    pub height: usize,
}

/// How the 95 % intervals are made.
#[derive(Clone, Debug, Serialize)]
pub struct Statistics {
    /// Bootstrap replicates, 10 to 100,000.
    pub bootstrap: usize,
    /// What is drawn with replacement.
    pub resample: Resample,
}

/// The unit that the bootstrap draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resample {
    /// References with all their distorted images: what another choice of scenes would have given.
    References,
    /// Single images: what the field usually does, and narrower.
    Images,
}

/// Training on the patches of one folder or of procedural scenes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Training {
    /// Size of the procedural scenes; not used for a folder.
    #[serde(flatten)]
    pub size: SceneSize,
    /// How many patches, from how many images.
    #[serde(flatten)]
    pub patches: Patches,
    /// The model and its training.
    pub autoencoder: Autoencoder,
}

/// How many patches, from how many images.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Patches {
    /// Images that patches are cut from: the first ones of a folder by name.
    pub images: usize,
    /// Random patches from each.
    pub per_image: usize,
}

/// The sparse autoencoder and its training, in the symbols of the UNIQUE paper.
#[derive(Clone, Copy, Debug, Serialize)]
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

/// A value of the TOML with its place.
pub(super) type S<T> = Spanned<T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDataset {
    kind: S<DatasetKind>,
    path: S<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStandIn {
    scenes: S<usize>,
    width: S<usize>,
    height: S<usize>,
    types: S<Vec<u8>>,
    levels: S<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStatistics {
    bootstrap: S<usize>,
    resample: Resample,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTraining {
    width: S<usize>,
    height: S<usize>,
    images: S<usize>,
    per_image: S<usize>,
    autoencoder: RawAutoencoder,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAutoencoder {
    hidden: S<usize>,
    rho: S<f64>,
    lambda: S<f64>,
    beta: S<f64>,
    iterations: S<usize>,
}

impl RawDataset {
    pub(super) fn check(self, text: &Text, expected: &[DatasetKind]) -> Result<Dataset> {
        let kind = *self.kind.get_ref();
        if !expected.contains(&kind) {
            let problem = "this kind of experiment cannot read this kind of dataset";
            return Err(text.error(self.kind.span(), problem, None));
        }
        let given = text.is_override(&self.path.span());
        Ok(Dataset { kind, path: self.path.into_inner(), given })
    }
}

impl RawStandIn {
    pub(super) fn check(self, text: &Text) -> Result<StandIn> {
        Ok(StandIn {
            scenes: within(text, self.scenes, 1..=1000)?,
            size: scene_size(text, self.width, self.height)?,
            types: ascending(distinct(text, self.types, "distortion type", 1..=24, 1)?),
            levels: ascending(distinct(text, self.levels, "level", 1..=5, 2)?),
        })
    }
}

impl RawStatistics {
    pub(super) fn check(self, text: &Text) -> Result<Statistics> {
        Ok(Statistics { bootstrap: within(text, self.bootstrap, 10..=100_000)?, resample: self.resample })
    }
}

impl RawTraining {
    pub(super) fn check(self, text: &Text) -> Result<Training> {
        Ok(Training {
            size: scene_size(text, self.width, self.height)?,
            patches: patches(text, self.images, self.per_image)?,
            autoencoder: self.autoencoder.check(text)?,
        })
    }
}

impl RawAutoencoder {
    pub(super) fn check(self, text: &Text) -> Result<Autoencoder> {
        let real = |value: S<f64>, fits: fn(f64) -> bool, range: &str| {
            let x = *value.get_ref();
            // NaN compares false and so fits nowhere.
            if fits(x) { Ok(x) } else { Err(text.error(value.span(), &format!("{x} is not {range}"), None)) }
        };
        Ok(Autoencoder {
            hidden: within(text, self.hidden, 1..=4096)?,
            rho: real(self.rho, |x| 0.0 < x && x < 1.0, "between 0 and 1")?,
            lambda: real(self.lambda, |x| (0.0..f64::INFINITY).contains(&x), "a number of at least 0")?,
            beta: real(self.beta, |x| (0.0..f64::INFINITY).contains(&x), "a number of at least 0")?,
            iterations: within(text, self.iterations, 1..=100_000)?,
        })
    }
}

pub(super) fn scene_size(text: &Text, width: S<usize>, height: S<usize>) -> Result<SceneSize> {
    Ok(SceneSize { width: within(text, width, 32..=4096)?, height: within(text, height, 32..=4096)? })
}

pub(super) fn patches(text: &Text, images: S<usize>, per_image: S<usize>) -> Result<Patches> {
    Ok(Patches { images: within(text, images, 1..=1_000_000)?, per_image: within(text, per_image, 1..=1_000_000)? })
}

pub(super) fn within(text: &Text, value: S<usize>, range: RangeInclusive<usize>) -> Result<usize> {
    let x = *value.get_ref();
    if range.contains(&x) {
        return Ok(x);
    }
    Err(text.error(value.span(), &format!("{x} is not between {} and {}", range.start(), range.end()), None))
}

/// The list, if it has at least `least` entries, all within `range` and none twice.
pub(super) fn distinct<T>(
    text: &Text,
    list: S<Vec<T>>,
    what: &str,
    range: RangeInclusive<T>,
    least: usize,
) -> Result<Vec<T>>
where
    T: Ord + Copy + std::fmt::Display,
{
    let (span, list) = (list.span(), list.into_inner());
    let problem = if let Some(x) = list.iter().find(|x| !range.contains(x)) {
        format!("{x} is not a {what}: they run from {} to {}", range.start(), range.end())
    } else if let Some(i) = (1..list.len()).find(|&i| list[..i].contains(&list[i])) {
        format!("the {what} {} is named twice", list[i])
    } else if list.len() < least {
        format!("at least {least} {what}{} needed", if least == 1 { " is" } else { "s are" })
    } else {
        return Ok(list);
    };
    Err(text.error(span, &problem, None))
}

pub(super) fn ascending(mut list: Vec<u8>) -> Vec<u8> {
    list.sort_unstable();
    list
}
