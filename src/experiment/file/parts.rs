//! The tables that several kinds of experiment have in common, and the checks of single values.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::datasets::own;
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
    /// Which column is which, of a [`DatasetKind::Csv`] and of no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<own::Columns>,
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
    /// MULTI-LIVE as its authors lay it out.
    MultiLive,
    /// Anybody's images, in a CSV file.
    Csv,
    /// Any folder of PNG, BMP or JPEG images.
    Images,
    /// CURE-TSR: any tree of files named as its authors name them.
    CureTsr,
    /// Photographs of traffic signs with a manifest, as the subset of the German benchmark has it.
    Gtsrb,
}

/// Procedural scenes under the distortions of a database.
#[derive(Clone, Debug, Serialize)]
pub struct StandIn {
    /// Number of scenes, at least 1.
    pub scenes: usize,
    /// Their size.
    #[serde(flatten)]
    pub size: SceneSize,
    /// Under what.
    #[serde(flatten)]
    pub distortions: Distortions,
}

/// What the scenes of a stand-in are distorted with.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Distortions {
    /// TID2013's.
    Tid2013 {
        /// Distortion types, 1 to 24, ascending.
        types: Vec<u8>,
        /// Levels, 1 to 5, ascending, at least two.
        levels: Vec<u8>,
    },
    /// MULTI-LIVE's: blur with JPEG and blur with noise, each at its three levels and with either alone.
    MultiLive {},
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
    columns: Option<S<RawColumns>>,
    higher_is_better: Option<S<bool>>,
}

/// Which column of a `csv` dataset is which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumns {
    image: String,
    reference: String,
    score: String,
    std: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStandIn {
    scenes: S<usize>,
    width: S<usize>,
    height: S<usize>,
    types: Option<S<Vec<u8>>>,
    levels: Option<S<Vec<u8>>>,
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
    /// The dataset, if it is one of the `expected` kinds.
    pub(super) fn check(self, text: &Text, expected: &[DatasetKind]) -> Result<Dataset> {
        let kind = *self.kind.get_ref();
        if !expected.contains(&kind) {
            let problem = "this kind of experiment cannot read this kind of dataset";
            return Err(text.error(self.kind.span(), problem, None));
        }
        let columns = match (kind == DatasetKind::Csv, self.columns, self.higher_is_better) {
            (true, Some(columns), Some(higher)) => {
                let RawColumns { image, reference, score, std } = columns.into_inner();
                let higher_is_better = higher.into_inner();
                Some(own::Columns { image, reference, score, deviation: std, higher_is_better })
            }
            (true, ..) => {
                let problem = "a `csv` dataset needs `columns` and `higher_is_better`";
                let hint = "columns = { image = \"…\", reference = \"…\", score = \"…\", std = \"…\" }";
                return Err(text.error(self.kind.span(), problem, Some(hint.to_owned())));
            }
            (false, None, None) => None,
            (false, columns, higher) => {
                let span = columns.map(|c| c.span()).or(higher.map(|h| h.span())).unwrap_or_default();
                let problem = "only a `csv` dataset has columns; a database's layout and scale are known";
                return Err(text.error(span, problem, None));
            }
        };
        // Own data has no stand-in: it has to be there.
        let given = kind == DatasetKind::Csv || text.is_override(&self.path.span());
        Ok(Dataset { kind, path: self.path.into_inner(), given, columns })
    }
}

impl RawStandIn {
    pub(super) fn check(self, text: &Text, dataset: DatasetKind) -> Result<StandIn> {
        let distortions = match (dataset, self.types, self.levels) {
            (DatasetKind::MultiLive, None, None) => Distortions::MultiLive {},
            (DatasetKind::MultiLive, types, levels) => {
                let span = types.or(levels).map(|list| list.span()).unwrap_or_default();
                let problem = "the stand-in of MULTI-LIVE has that database's own types and levels; leave this out";
                return Err(text.error(span, problem, None));
            }
            (_, Some(types), Some(levels)) => Distortions::Tid2013 {
                types: ascending(distinct(text, types, "distortion type", 1..=24, 1)?),
                levels: ascending(distinct(text, levels, "level", 1..=5, 2)?),
            },
            _ => {
                let problem = "the stand-in needs `types` and `levels`";
                return Err(text.error(self.scenes.span(), problem, None));
            }
        };
        Ok(StandIn {
            scenes: within(text, self.scenes, 1..=1000)?,
            size: scene_size(text, self.width, self.height)?,
            distortions,
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
