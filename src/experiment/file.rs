//! What an experiment file may say, and what is left of it once it has been checked.
//!
//! Two types stand for a file. The raw one mirrors the TOML key by key: serde refuses unknown keys, missing ones and wrong
//! types, each with its place in the text. [`Experiment`] is what the raw one becomes when every range, name and combination
//! has been looked at; only it can be run, so nothing further down asks again whether a number makes sense.
//!
//! An [`Experiment`] serialises into the manifest. Paths do not: data and weights are the same wherever they lie, and stand in
//! the manifest by name and hash.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};
use toml::Spanned;
use toml::de::DeValue;

use super::text::{Text, suggest};
use crate::error::Result;
use crate::iqa::Method;

/// A checked experiment file: everything that can change a result, and nothing that is out of range.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Experiment {
    /// Score the images of a database and compare the scores with its viewers'.
    ImageQuality(Box<ImageQuality>),
    /// Train the sparse autoencoder that the scores need.
    SparseAutoencoder(SparseAutoencoder),
    /// Train several autoencoders and tell how far each score depends on the training run.
    TrainingSpread(TrainingSpread),
}

/// `kind = "image-quality"`.
#[derive(Clone, Debug, Serialize)]
pub struct ImageQuality {
    /// Heads every table and chart.
    pub title: String,
    /// Where every random stream of the experiment starts.
    pub seed: u64,
    /// The database.
    pub dataset: Dataset,
    /// What stands in when the database is not there.
    pub stand_in: StandIn,
    /// The methods and their weights.
    pub iqa: Iqa,
    /// Train the weights first, on procedural scenes, instead of taking them from a file.
    pub training: Option<Training>,
    /// Per-image scores of other methods, if the experiment names a file of them.
    pub competitors: Option<Competitors>,
    /// Whether the file speaks of competitors at all: then methods that only the publication has stand in the table too.
    #[serde(skip)]
    pub has_competitors: bool,
    /// How the intervals are made.
    pub statistics: Statistics,
}

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

/// The methods and their weights.
#[derive(Clone, Debug, Serialize)]
pub struct Iqa {
    /// Names of methods, in the order of the table.
    pub methods: Vec<String>,
    /// The autoencoder's weights; the shipped ones when `None`.
    #[serde(serialize_with = "file_name")]
    pub weights: Option<PathBuf>,
    /// The five files of MS-UNIQUE in the order 400, 625, 81, 121, 169 hidden units; without them it is left out.
    #[serde(serialize_with = "file_names")]
    pub ms_unique_weights: Option<[PathBuf; 5]>,
}

/// Per-image scores of other methods.
#[derive(Clone, Debug, Serialize)]
pub struct Competitors {
    /// The CSV file.
    #[serde(serialize_with = "some_file_name")]
    pub scores: PathBuf,
    /// The column of mean opinion scores.
    pub mos: String,
    /// The column of their standard deviations.
    pub mos_std: String,
    /// Which column is which method, in the order of the table.
    pub columns: Vec<Column>,
}

/// A column of a score file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The method's name in our tables.
    pub method: String,
    /// The column's heading in the file.
    pub column: String,
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

fn file_name<S: Serializer>(path: &Option<PathBuf>, s: S) -> std::result::Result<S::Ok, S::Error> {
    path.as_deref().map(name_of).serialize(s)
}

fn file_names<S: Serializer>(paths: &Option<[PathBuf; 5]>, s: S) -> std::result::Result<S::Ok, S::Error> {
    paths.as_ref().map(|paths| paths.each_ref().map(|p| name_of(p))).serialize(s)
}

fn some_file_name<S: Serializer>(path: &Path, s: S) -> std::result::Result<S::Ok, S::Error> {
    name_of(path).serialize(s)
}

/// A path's last part: what a manifest may know of it.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The methods that `iqa.methods` may name: all but MS-UNIQUE, which comes with its weights.
fn methods() -> Vec<&'static str> {
    std::iter::once(Method::UNIQUE.name).chain(Method::ABLATION.iter().map(|m| m.name)).collect()
}

// The raw side: the TOML, key by key.

type S<T> = Spanned<T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawImageQuality {
    title: String,
    seed: u64,
    dataset: RawDataset,
    stand_in: RawStandIn,
    iqa: RawIqa,
    training: Option<S<RawTraining>>,
    competitors: Option<RawCompetitors>,
    statistics: RawStatistics,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSparseAutoencoder {
    title: String,
    seed: u64,
    dataset: RawDataset,
    training: RawTraining,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrainingSpread {
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
struct RawDataset {
    kind: S<DatasetKind>,
    path: S<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStandIn {
    scenes: S<usize>,
    width: S<usize>,
    height: S<usize>,
    types: S<Vec<u8>>,
    levels: S<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIqa {
    methods: S<Vec<S<String>>>,
    weights: Option<PathBuf>,
    ms_unique_weights: Option<S<Vec<PathBuf>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCompetitors {
    scores: Option<PathBuf>,
    mos: String,
    mos_std: String,
    columns: S<Vec<Column>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatistics {
    bootstrap: S<usize>,
    resample: Resample,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTraining {
    width: S<usize>,
    height: S<usize>,
    images: S<usize>,
    per_image: S<usize>,
    autoencoder: RawAutoencoder,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    name: S<String>,
    path: Option<PathBuf>,
    width: Option<S<usize>>,
    height: Option<S<usize>>,
    images: S<usize>,
    per_image: S<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAutoencoder {
    hidden: S<usize>,
    rho: S<f64>,
    lambda: S<f64>,
    beta: S<f64>,
    iterations: S<usize>,
}

const KINDS: [&str; 3] = ["image-quality", "sparse-autoencoder", "training-spread"];

impl Experiment {
    /// Reads and checks the experiment file at `path` under the overrides (`dotted.key=value`, later ones win).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) with file, line, caret and the nearest name, when the file cannot be read, has an
    /// unknown key, lacks one, or a value has the wrong type or is out of its range.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Experiment> {
        Experiment::check(&Text::read(path, overrides)?)
    }

    fn check(text: &Text) -> Result<Experiment> {
        let mut table = text.table()?;
        let whole = table.span();
        // The kind is taken out by hand: serde's tagged enums lose the places in the text.
        let kind = match table.get_mut().remove("kind") {
            Some(kind) => kind,
            None => return Err(text.error(whole, "`kind` is missing", Some(format!("one of {}", KINDS.join(", "))))),
        };
        match kind.get_ref() {
            DeValue::String(name) => match name.as_ref() {
                "image-quality" => text
                    .deserialize::<RawImageQuality>(table)?
                    .check(text)
                    .map(|e| Experiment::ImageQuality(Box::new(e))),
                "sparse-autoencoder" => {
                    text.deserialize::<RawSparseAutoencoder>(table)?.check(text).map(Experiment::SparseAutoencoder)
                }
                "training-spread" => {
                    text.deserialize::<RawTrainingSpread>(table)?.check(text).map(Experiment::TrainingSpread)
                }
                other => {
                    let hint = suggest(other, &KINDS);
                    Err(text.error(kind.span(), &format!("unknown kind of experiment `{other}`"), Some(hint)))
                }
            },
            _ => Err(text.error(kind.span(), "`kind` is a string", Some(format!("one of {}", KINDS.join(", "))))),
        }
    }

    /// Heads every table and chart.
    pub fn title(&self) -> &str {
        match self {
            Experiment::ImageQuality(e) => &e.title,
            Experiment::SparseAutoencoder(e) => &e.title,
            Experiment::TrainingSpread(e) => &e.title,
        }
    }
}

impl RawImageQuality {
    fn check(self, text: &Text) -> Result<ImageQuality> {
        let training = match self.training {
            Some(training) if self.iqa.weights.is_some() => {
                let problem = "the weights are either trained (`training`) or read (`iqa.weights`), not both";
                return Err(text.error(training.span(), problem, None));
            }
            training => training.map(|t| t.into_inner().check(text)).transpose()?,
        };
        Ok(ImageQuality {
            title: self.title,
            seed: self.seed,
            dataset: self.dataset.check(text, DatasetKind::Tid2013)?,
            stand_in: self.stand_in.check(text)?,
            iqa: self.iqa.check(text)?,
            training,
            has_competitors: self.competitors.is_some(),
            competitors: self.competitors.map(|c| c.check(text)).transpose()?.flatten(),
            statistics: self.statistics.check(text)?,
        })
    }
}

impl RawSparseAutoencoder {
    fn check(self, text: &Text) -> Result<SparseAutoencoder> {
        Ok(SparseAutoencoder {
            title: self.title,
            seed: self.seed,
            dataset: self.dataset.check(text, DatasetKind::Images)?,
            training: self.training.check(text)?,
        })
    }
}

impl RawTrainingSpread {
    fn check(self, text: &Text) -> Result<TrainingSpread> {
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
            dataset: self.dataset.check(text, DatasetKind::Tid2013)?,
            stand_in: self.stand_in.check(text)?,
            weights: self.weights,
            seeds,
            sources,
            autoencoder: self.autoencoder.check(text)?,
            statistics: self.statistics.check(text)?,
        })
    }
}

impl RawDataset {
    fn check(self, text: &Text, expected: DatasetKind) -> Result<Dataset> {
        let kind = *self.kind.get_ref();
        if kind != expected {
            let problem = "this kind of experiment cannot read this kind of dataset";
            return Err(text.error(self.kind.span(), problem, None));
        }
        let given = text.is_override(&self.path.span());
        Ok(Dataset { kind, path: self.path.into_inner(), given })
    }
}

impl RawStandIn {
    fn check(self, text: &Text) -> Result<StandIn> {
        Ok(StandIn {
            scenes: within(text, self.scenes, 1..=1000)?,
            size: scene_size(text, self.width, self.height)?,
            types: ascending(distinct(text, self.types, "distortion type", 1..=24, 1)?),
            levels: ascending(distinct(text, self.levels, "level", 1..=5, 2)?),
        })
    }
}

impl RawIqa {
    fn check(self, text: &Text) -> Result<Iqa> {
        if self.methods.get_ref().is_empty() {
            return Err(text.error(self.methods.span(), "at least one method is needed", None));
        }
        let mut chosen: Vec<String> = Vec::new();
        for method in self.methods.into_inner() {
            let name = method.get_ref();
            if name == "ms_unique" {
                let problem =
                    "`ms_unique` needs no place here: it is scored when `iqa.ms_unique_weights` names its files";
                return Err(text.error(method.span(), problem, None));
            }
            if !methods().contains(&name.as_str()) {
                let hint = suggest(name, &methods());
                return Err(text.error(method.span(), &format!("unknown method `{name}`"), Some(hint)));
            }
            if chosen.contains(name) {
                return Err(text.error(method.span(), &format!("the method `{name}` is named twice"), None));
            }
            chosen.push(method.into_inner());
        }
        let ms_unique_weights = match self.ms_unique_weights {
            None => None,
            Some(files) => {
                let span = files.span();
                Some(files.into_inner().try_into().map_err(|files: Vec<PathBuf>| {
                    let problem = format!(
                        "MS-UNIQUE has five encoders (400, 625, 81, 121, 169 hidden units), not {}",
                        files.len()
                    );
                    text.error(span, &problem, None)
                })?)
            }
        };
        Ok(Iqa { methods: chosen, weights: self.weights, ms_unique_weights })
    }
}

impl RawCompetitors {
    fn check(self, text: &Text) -> Result<Option<Competitors>> {
        let span = self.columns.span();
        let columns = self.columns.into_inner();
        if columns.is_empty() {
            return Err(text.error(span, "at least one column is needed", None));
        }
        if let Some(twice) = (1..columns.len()).find(|&i| columns[..i].iter().any(|c| c.method == columns[i].method)) {
            return Err(text.error(span, &format!("the method `{}` has two columns", columns[twice].method), None));
        }
        if let Some(own) = columns.iter().find(|c| Method::from_name(&c.method).is_some()) {
            let problem = format!("the method `{}` is our own; call the column otherwise", own.method);
            return Err(text.error(span, &problem, None));
        }
        Ok(self.scores.map(|scores| Competitors { scores, mos: self.mos, mos_std: self.mos_std, columns }))
    }
}

impl RawStatistics {
    fn check(self, text: &Text) -> Result<Statistics> {
        Ok(Statistics { bootstrap: within(text, self.bootstrap, 10..=100_000)?, resample: self.resample })
    }
}

impl RawSource {
    fn check(self, text: &Text) -> Result<Source> {
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

impl RawTraining {
    fn check(self, text: &Text) -> Result<Training> {
        Ok(Training {
            size: scene_size(text, self.width, self.height)?,
            patches: patches(text, self.images, self.per_image)?,
            autoencoder: self.autoencoder.check(text)?,
        })
    }
}

impl RawAutoencoder {
    fn check(self, text: &Text) -> Result<Autoencoder> {
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

fn scene_size(text: &Text, width: S<usize>, height: S<usize>) -> Result<SceneSize> {
    Ok(SceneSize { width: within(text, width, 32..=4096)?, height: within(text, height, 32..=4096)? })
}

fn patches(text: &Text, images: S<usize>, per_image: S<usize>) -> Result<Patches> {
    Ok(Patches { images: within(text, images, 1..=1_000_000)?, per_image: within(text, per_image, 1..=1_000_000)? })
}

fn within(text: &Text, value: S<usize>, range: RangeInclusive<usize>) -> Result<usize> {
    let x = *value.get_ref();
    if range.contains(&x) {
        return Ok(x);
    }
    Err(text.error(value.span(), &format!("{x} is not between {} and {}", range.start(), range.end()), None))
}

/// The list, if it has at least `least` entries, all within `range` and none twice.
fn distinct<T>(text: &Text, list: S<Vec<T>>, what: &str, range: RangeInclusive<T>, least: usize) -> Result<Vec<T>>
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

fn ascending(mut list: Vec<u8>) -> Vec<u8> {
    list.sort_unstable();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE_QUALITY: &str = r#"kind = "image-quality"
title = "T"
seed = 1
[dataset]
kind = "tid2013"
path = "/nowhere/tid2013"
[stand_in]
scenes = 2
width = 64
height = 64
types = [8, 1]
levels = [1, 3, 5]
[iqa]
methods = ["unique", "gradient"]
[competitors]
mos = "mos"
mos_std = "mos_std"
columns = [{ method = "psnr", column = "olives_m1_psnr" }]
[statistics]
bootstrap = 100
resample = "references"
"#;

    const SPREAD: &str = r#"kind = "training-spread"
title = "T"
seed = 1
seeds = [1, 2]
sources = [{ name = "scenes", width = 64, height = 64, images = 4, per_image = 100 }]
[dataset]
kind = "tid2013"
path = "tid2013"
[stand_in]
scenes = 1
width = 64
height = 64
types = [1]
levels = [1, 5]
[autoencoder]
hidden = 25
rho = 0.035
lambda = 3e-3
beta = 5.0
iterations = 10
[statistics]
bootstrap = 10
resample = "images"
"#;

    fn check(file: &str, overrides: &[&str]) -> Result<Experiment> {
        let overrides: Vec<String> = overrides.iter().map(|s| s.to_string()).collect();
        Experiment::check(&Text::new("x.toml".into(), file, &overrides)?)
    }

    #[test]
    fn a_sound_file_is_taken_and_the_manifest_sees_no_path() {
        let e = check(IMAGE_QUALITY, &["iqa.weights=/far/away/w.mat", "competitors.scores=\"/x/y.csv\""]).unwrap();
        let json = serde_json::to_string(&e).unwrap();
        assert!(
            json.starts_with(r#"{"kind":"image-quality","title":"T","seed":1,"dataset":{"kind":"tid2013"},"#),
            "{json}"
        );
        assert!(json.contains(r#""types":[1,8]"#) && json.contains(r#""weights":"w.mat""#), "{json}");
        assert!(json.contains(r#""scores":"y.csv""#) && !json.contains("far") && !json.contains("nowhere"), "{json}");
    }

    #[test]
    fn the_shipped_experiments_are_sound() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
        assert!(files.len() >= 5);
        for file in files {
            Experiment::read(&file, &[]).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    #[test]
    fn only_a_folder_from_the_command_line_has_to_be_there() {
        let dataset = |overrides: &[&str]| match check(IMAGE_QUALITY, overrides) {
            Ok(Experiment::ImageQuality(e)) => e.dataset,
            other => panic!("{other:?}"),
        };
        assert_eq!(dataset(&[]).folder(), None);
        assert_eq!(dataset(&["dataset.path=gone"]).folder(), Some(Path::new("gone")));
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_refused_at_its_place() {
        let table: [(&str, &str, &str); 24] = [
            (IMAGE_QUALITY, "kind=imagequality", "unknown kind of experiment `imagequality`"),
            (IMAGE_QUALITY, "kind=1", "`kind` is a string"),
            (IMAGE_QUALITY, "iqa.methods=[]", "at least one method"),
            (IMAGE_QUALITY, "iqa.methods=[\"gradeint\"]", "did you mean `gradient`?"),
            (IMAGE_QUALITY, "iqa.methods=[\"unique\", \"unique\"]", "named twice"),
            (IMAGE_QUALITY, "iqa.methods=[\"ms_unique\"]", "ms_unique_weights"),
            (IMAGE_QUALITY, "iqa.ms_unique_weights=[\"a\"]", "five encoders"),
            (IMAGE_QUALITY, "stand_in.types=[25]", "25 is not a distortion type"),
            (IMAGE_QUALITY, "stand_in.types=[]", "at least 1 distortion type is"),
            (IMAGE_QUALITY, "stand_in.levels=[1]", "at least 2 levels are"),
            (IMAGE_QUALITY, "stand_in.levels=[1,1]", "named twice"),
            (IMAGE_QUALITY, "stand_in.width=8", "8 is not between 32 and 4096"),
            (IMAGE_QUALITY, "seed=-1", "--set seed: invalid value"),
            (IMAGE_QUALITY, "statistics.resample=reference", "did you mean `references`?"),
            (IMAGE_QUALITY, "dataset.kind=tid2103", "did you mean `tid2013`?"),
            (IMAGE_QUALITY, "dataset.kind=images", "cannot read this kind"),
            (IMAGE_QUALITY, "iqa.wieghts=a", "did you mean `weights`?"),
            (IMAGE_QUALITY, "competitors.columns=[{method=\"gradient\", column=\"x\"}]", "is our own"),
            (SPREAD, "seeds=[1]", "at least 2 seeds are"),
            (SPREAD, "sources=[]", "at least one source"),
            (SPREAD, "sources=[{name=\"a\", images=1, per_image=1}]", "`width` and `height` are needed"),
            (SPREAD, "autoencoder.rho=1.0", "1 is not between 0 and 1"),
            (SPREAD, "autoencoder.beta=nan", "NaN is not a number of at least 0"),
            (SPREAD, "autoencoder.epsilon=0.1", "unknown key `epsilon`"),
        ];
        for (file, given, expected) in table {
            let message = check(file, &[given]).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains('^'), "{given}:\n{message}\nexpected: {expected}");
        }
        assert!(check("seed = 1", &[]).unwrap_err().to_string().contains("`kind` is missing"));
    }
}
