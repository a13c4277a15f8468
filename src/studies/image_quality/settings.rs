//! The settings of an experiment file of the kind `image-quality`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::statistics::{Infinite, Intervals, STATISTICS};
use crate::datasets::Database;
use crate::datasets::database::Synthetic;
use crate::error::Result;
use crate::iqa::metrics::Metric;
use crate::iqa::{Measure, Method, measures};
use crate::report::claims::Against;
use crate::report::published::Published;
use crate::settings::at::At;
use crate::settings::claims::{self, Claim, Numbers, Subjects};
use crate::settings::dataset::Dataset;
use crate::settings::words::ascending;
use crate::settings::{name_of, only_names};
use crate::stats::bootstrap;
use crate::studies::Settings;
use crate::studies::sparse_autoencoder::settings::{SceneSize, Training};

/// `kind = "image-quality"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageQuality {
    /// The title, which heads every table and chart.
    pub title: String,
    /// The seed of every random stream of the experiment.
    pub seed: u64,
    /// The database.
    pub dataset: Dataset,
    /// The synthetic images that replace the database if it is absent; `None` for a dataset without a synthetic version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<StandIn>,
    /// The methods and their weights.
    pub iqa: Iqa,
    /// If given, the weights are first trained on procedural scenes instead of being read from a file.
    pub training: Option<Training>,
    /// Per-image scores of other methods. If this table is given, even without a score file, the results also contain methods that have
    /// only published numbers.
    pub competitors: Option<Competitors>,
    /// The same for LIVE, a database of which only the scores are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Competitors>,
    /// The bootstrap of the intervals.
    pub statistics: Statistics,
    /// The claims and their tests.
    #[serde(rename = "claim", default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// Procedural scenes under the distortions of a database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// Number of scenes, 1 to 1000.
    pub scenes: usize,
    /// Width of a scene in pixels.
    pub width: usize,
    /// Height of a scene in pixels.
    pub height: usize,
    /// TID2013's distortion types, 1 to 24, ascending. Empty for a database whose synthetic images have its own types and levels.
    #[serde(default, deserialize_with = "ascending", skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<u8>,
    /// Levels, 1 to 5, ascending, at least two. Empty if `types` is empty.
    #[serde(default, deserialize_with = "ascending", skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<u8>,
}

/// The bootstrap of the 95 % intervals.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// Bootstrap replicates, 10 to 100,000.
    pub bootstrap: usize,
    /// The unit that is drawn with replacement.
    pub resample: Resample,
}

impl Statistics {
    /// The bootstrap of an experiment with this seed.
    pub(crate) fn intervals(&self, seed: u64) -> Intervals {
        let resample = match self.resample {
            Resample::References => bootstrap::Resample::References,
            Resample::Images => bootstrap::Resample::Images,
        };
        Intervals::new(self.bootstrap, resample, seed)
    }
}

/// The unit that the bootstrap draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resample {
    /// References with all their distorted images. The intervals include the effect of another choice of scenes.
    References,
    /// Single images, as is usual in the field. The intervals are narrower.
    Images,
}

/// The methods and their weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iqa {
    /// Keys of methods and metrics, in the order of the table.
    pub methods: Vec<String>,
    /// The file of the autoencoder's weights; `None` for the weights that are part of the program.
    pub weights: Option<PathBuf>,
    /// The five weight files of MS-UNIQUE in the order 400, 625, 81, 121, 169 hidden units. Without them MS-UNIQUE is not scored.
    pub ms_unique_weights: Option<Vec<PathBuf>>,
    /// What the fits do with an infinite score. By default it is left out for own data, and counts as 0 for a database with published
    /// numbers, as in the authors' code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infinite: Option<Infinite>,
}

/// Per-image scores of other methods, in a score file. For own data, the columns are by default those of the table of images.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Competitors {
    scores: Option<PathBuf>,
    images: Option<String>,
    mos: Option<String>,
    dmos: Option<String>,
    std: Option<String>,
    columns: Vec<Column>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parity: Vec<Parity>,
}

/// A column of a score file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The method's name in our tables.
    pub method: String,
    /// The column's heading in the file.
    pub column: String,
    /// Whether a higher score is a better image.
    #[serde(default = "yes")]
    pub higher_is_better: bool,
}

fn yes() -> bool {
    true
}

/// A column of a score file and our method that should give the same numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parity {
    /// The key of our method or metric.
    pub method: String,
    /// The column's heading in the file.
    pub column: String,
}

/// A file of per-image scores and the columns that a run reads. It is serialised in the form of a manifest.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreFile {
    /// The file.
    #[serde(serialize_with = "last_part")]
    pub scores: PathBuf,
    /// The column with the names of the images; `name` or `image` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<String>,
    /// The column with the viewers' opinion scores; `None` for own data, whose table of images has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opinion: Option<String>,
    /// `true` for mean opinion scores (higher is better), `false` for differences from the reference (lower is better); `None` for own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub higher_is_better: Option<bool>,
    /// The column with their standard deviations, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub std: Option<String>,
    /// The columns of the methods, in the order of the table.
    pub columns: Vec<Column>,
    /// The columns with scores that a method of this run computes too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parity: Vec<Parity>,
}

fn last_part<S: Serializer>(path: &std::path::Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&name_of(path))
}

/// The methods and metrics that `iqa.methods` may name. MS-UNIQUE is excluded, because its weight files select it.
fn methods() -> Vec<Measure> {
    measures::all().into_iter().filter(|measure| measure.key != Method::MS_UNIQUE.key).collect()
}

/// The keys of these methods and metrics.
fn keys() -> Vec<&'static str> {
    methods().iter().map(|measure| measure.key).collect()
}

impl ImageQuality {
    /// The score file of `[competitors]`, if there is one. For own data it is by default the table of images, and it has no opinions, since
    /// that table has them. It omits parity columns of methods that this run does not compute.
    pub fn competitor_file(&self) -> Option<ScoreFile> {
        let table = self.competitors.as_ref()?;
        let Some(columns) = &self.dataset.columns else { return self.file_of(table) };
        let own = Competitors { mos: None, dmos: None, std: None, ..table.clone() };
        let same = || Competitors {
            scores: Some(self.dataset.path.clone()),
            images: table.images.clone().or_else(|| Some(columns.image.clone())),
            ..own.clone()
        };
        self.file_of(&own).or_else(|| self.file_of(&same()))
    }

    /// The score file of `[live]`, if it names one.
    pub fn live_file(&self) -> Option<ScoreFile> {
        self.file_of(self.live.as_ref()?)
    }

    fn file_of(&self, table: &Competitors) -> Option<ScoreFile> {
        let Competitors { scores, images, mos, dmos, std, columns, parity } = table.clone();
        Some(ScoreFile {
            scores: scores?,
            images,
            higher_is_better: (mos.is_some() || dmos.is_some()).then_some(mos.is_some()),
            opinion: mos.or(dmos),
            std,
            columns,
            parity: parity.into_iter().filter(|p| self.iqa.methods.contains(&p.method)).collect(),
        })
    }

    /// What the fits do with an infinite score.
    pub fn infinite(&self) -> Infinite {
        let is_published = self.dataset.kind.quality().is_some_and(|facts| facts.images.is_some());
        self.iqa.infinite.unwrap_or(if is_published { Infinite::Zero } else { Infinite::LeftOut })
    }
}

/// Replaces `name` by the key or the display name of the method or metric that it refers to, if any.
fn respell(name: &mut String, part: fn(&Measure) -> &'static str) {
    if let Some(measure) = measures::find(name) {
        *name = part(&measure).to_owned();
    }
}

impl Settings for ImageQuality {
    /// `iqa` and `parity` use the keys of methods; claims and tables use their display names.
    fn normalise(&mut self) {
        let files = self.competitors.iter_mut().chain(&mut self.live);
        let parity = files.flat_map(|file| &mut file.parity).map(|parity| &mut parity.method);
        self.iqa.methods.iter_mut().chain(parity).for_each(|name| respell(name, |measure| measure.key));
        if self.dataset.columns.is_some() {
            self.iqa.infinite = Some(self.infinite());
        }
        for Claim { among, tests, .. } in &mut self.claims {
            let others = tests.iter_mut().flat_map(|test| match &mut test.against {
                Against::Method(other) => vec![&mut test.method, other],
                Against::Others | Against::Published => vec![&mut test.method],
            });
            among.iter_mut().chain(others).for_each(|name| respell(name, |measure| measure.name));
        }
    }

    fn check(&self, at: &At<'_>) -> Result<()> {
        let both = self.training.is_some() && self.iqa.weights.is_some();
        let problem = "the weights are either trained (`[training]`) or read (`iqa.weights`), not both";
        at.key("training").require(!both, problem)?;
        at.key("training").if_given(&self.training, Training::check)?;
        self.dataset.check(&at.key("dataset"), |database| database.quality().is_some())?;
        self.iqa.check(&at.key("iqa"))?;
        let database = self.dataset.kind;
        let place = at.key("stand_in");
        match (database.quality().and_then(|facts| facts.synthetic), &self.stand_in) {
            (None, None) => {}
            (None, Some(_)) => {
                let problem = "dataset has no synthetic fallback; remove the `[stand_in]` table";
                return Err(place.error(format!("a `{}` {problem}", database.key)));
            }
            (Some(synthetic), Some(stand_in)) => {
                stand_in.check(&place, database, synthetic)?;
                self.iqa.fits(&place, stand_in.size())?;
            }
            (Some(_), None) => {
                let problem = "`[stand_in]` is missing: the synthetic images that replace the database if it is absent";
                return Err(at.error(problem));
            }
        }
        let own = self.dataset.columns.as_ref().map(|_| self.iqa.methods.as_slice());
        at.key("competitors").if_given(&self.competitors, |table, at| table.check(at, own))?;
        at.key("live").if_given(&self.live, |table, at| table.check(at, None))?;
        self.statistics.check(&at.key("statistics"))?;
        let columns = self.competitors.iter().flat_map(|c| &c.columns).map(|c| c.method.as_str());
        // Methods that this run omits are included; a claim about one of them is not attempted.
        let own = measures::all().into_iter().map(|measure| measure.name);
        let published = Published::embedded();
        let mut methods: Vec<&str> = own.chain(columns).collect();
        methods.extend(published.cells().map(|c| c.method.as_str()));
        methods.extend(published.recalled().map(|c| c.method.as_str()));
        methods.sort_unstable();
        methods.dedup();
        let numbers = &[Numbers::Images, Numbers::Scores, Numbers::Published];
        let statistics = STATISTICS.each_ref().map(|statistic| statistic.name);
        let subjects = Subjects { methods, statistics: &statistics, subsets: vec!["all"], numbers };
        claims::check(&self.claims, &at.key("claim"), &subjects)
    }

    fn manifest(&self, mut settings: Value) -> Value {
        ["weights", "ms_unique_weights"].into_iter().for_each(|key| only_names(&mut settings["iqa"][key]));
        settings["competitors"] = json!(self.competitor_file());
        match (self.live_file(), settings.as_object_mut()) {
            (None, Some(settings)) => drop(settings.shift_remove("live")),
            (live, _) => settings["live"] = json!(live),
        }
        settings
    }
}

impl StandIn {
    /// The size of a scene in pixels.
    pub fn size(&self) -> SceneSize {
        SceneSize { width: self.width, height: self.height }
    }

    pub(crate) fn check(&self, at: &At<'_>, imitated: &Database, synthetic: Synthetic) -> Result<()> {
        let (types, levels) = (at.key("types"), at.key("levels"));
        match synthetic {
            Synthetic::Types => {
                types.distinct(&self.types, "distortion type", 1..=24, 1)?;
                levels.distinct(&self.levels, "level", 1..=5, 2)?;
            }
            Synthetic::Pairs => {
                let problem = "have that database's own types and levels; remove the key";
                let problem = format!("the synthetic images of {} {problem}", imitated.name);
                types.require(self.types.is_empty(), &problem)?;
                levels.require(self.levels.is_empty(), &problem)?;
            }
        }
        at.key("scenes").within(self.scenes, 1..=1000)?;
        self.size().check(at)
    }
}

impl Statistics {
    pub(crate) fn check(&self, at: &At<'_>) -> Result<()> {
        at.key("bootstrap").within(self.bootstrap, 10..=100_000)
    }
}

impl Iqa {
    fn check(&self, at: &At<'_>) -> Result<()> {
        let place = at.key("methods");
        place.not_empty(&self.methods, "method")?;
        place.each(&self.methods, |name, at| {
            let problem = "remove `ms_unique` here: it is scored if `iqa.ms_unique_weights` names its weight files";
            at.require(name != Method::MS_UNIQUE.key, problem)?;
            at.known("method", name, &keys())
        })?;
        place.unique(&self.methods, "method", "")?;
        at.key("ms_unique_weights").if_given(&self.ms_unique_weights, |files, at| {
            let problem = "MS-UNIQUE has five encoders (400, 625, 81, 121, 169 hidden units)";
            at.require(files.len() == 5, format!("{problem}, not {}", files.len()))
        })
    }

    /// Checks that every metric is defined on scenes of this size.
    fn fits(&self, at: &At<'_>, size: SceneSize) -> Result<()> {
        let side = size.width.min(size.height);
        let key = if size.width == side { "width" } else { "height" };
        self.methods.iter().filter_map(|name| Metric::from_key(name)).try_for_each(
            |Metric { key: name, smallest_side, .. }| {
                let problem = format!(
                    "`{name}` needs images of at least {smallest_side}×{smallest_side} pixels; use larger scenes"
                );
                at.key(key).require(side >= *smallest_side, problem)
            },
        )
    }
}

impl Competitors {
    /// `own` are the methods that an experiment on own data computes.
    fn check(&self, at: &At<'_>, own: Option<&[String]>) -> Result<()> {
        let columns = at.key("columns");
        columns.not_empty(&self.columns, "column")?;
        if own.is_none() {
            let problem = "the column of the viewers' opinions is needed: either `mos` (higher is better) or `dmos` (lower is better)";
            at.key("dmos").require(self.mos.is_some() != self.dmos.is_some(), problem)?;
        }
        columns.unique(self.columns.iter().map(|column| &column.method), "method", "method")?;
        columns.each(&self.columns, |Column { method, .. }, at| {
            let measure = measures::find(method);
            let is_computed =
                own.zip(measure.as_ref()).is_some_and(|(own, measure)| own.iter().any(|key| key == measure.key));
            let problem = format!("`{method}` is a method of this program; give the column another name");
            let is_method = measure.is_some_and(|measure| measure.method().is_some());
            at.key("method").require(!is_method && !is_computed, problem)
        })?;
        at.key("parity").each(&self.parity, |column, at| at.key("method").known("method", &column.method, &keys()))
    }
}
