//! `kind = "image-quality"`.

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::claims::{self, Claim, Numbers, RawClaim, Subjects};
use super::parts::{
    Dataset, DatasetKind, RawDataset, RawStandIn, RawStatistics, RawTraining, S, SceneSize, StandIn, Statistics,
    Training,
};
use super::{file_name, file_names, some_file_name};
use crate::error::Result;
use crate::experiment::evidence;
use crate::experiment::text::{Text, suggest};
use crate::iqa::Method;
use crate::iqa::metrics::{METRICS, Metric};
use crate::report::published::Published;

/// `kind = "image-quality"`.
#[derive(Clone, Debug, Serialize)]
pub struct ImageQuality {
    /// Heads every table and chart.
    pub title: String,
    /// Where every random stream of the experiment starts.
    pub seed: u64,
    /// The database.
    pub dataset: Dataset,
    /// What stands in when the database is not there; own data has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<StandIn>,
    /// The methods and their weights.
    pub iqa: Iqa,
    /// Train the weights first, on procedural scenes, instead of taking them from a file.
    pub training: Option<Training>,
    /// Per-image scores of other methods, if the experiment names a file of them.
    pub competitors: Option<Competitors>,
    /// Whether the file speaks of competitors at all: then methods that only the publication has stand in the table too.
    #[serde(skip)]
    pub has_competitors: bool,
    /// The same of LIVE, a database of which only the scores are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Competitors>,
    /// How the intervals are made.
    pub statistics: Statistics,
    /// What is claimed, and how that is tested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// The methods and their weights.
#[derive(Clone, Debug, Serialize)]
pub struct Iqa {
    /// Names of methods and keys of metrics, in the order of the table.
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
    /// The column of the images' names; `name` or `image` when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<String>,
    /// The column of the viewers' opinions.
    pub opinion: String,
    /// Whether they are mean opinion scores, where higher is better, or differences from the reference, where lower is.
    pub higher_is_better: bool,
    /// The column of their standard deviations, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub std: Option<String>,
    /// Which column is which method, in the order of the table.
    pub columns: Vec<Column>,
    /// Which column holds the scores that a method of ours gives too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parity: Vec<Parity>,
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

/// A column of a score file and the method of ours that should give the same numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parity {
    /// The method's name or the metric's key.
    pub method: String,
    /// The column's heading in the file.
    pub column: String,
}

/// What `iqa.methods` may name: the methods but MS-UNIQUE, which comes with its weights, and the metrics.
fn methods() -> Vec<&'static str> {
    let learned = std::iter::once(Method::UNIQUE.name).chain(Method::ABLATION.iter().map(|m| m.name));
    learned.chain(METRICS.iter().map(|m| m.key)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImageQuality {
    title: String,
    seed: u64,
    dataset: RawDataset,
    stand_in: Option<S<RawStandIn>>,
    iqa: RawIqa,
    training: Option<S<RawTraining>>,
    competitors: Option<RawCompetitors>,
    live: Option<RawCompetitors>,
    statistics: RawStatistics,
    #[serde(rename = "claim", default)]
    claims: Vec<RawClaim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIqa {
    methods: S<Vec<S<String>>>,
    weights: Option<PathBuf>,
    ms_unique_weights: Option<S<Vec<PathBuf>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCompetitors {
    scores: Option<PathBuf>,
    images: Option<String>,
    mos: Option<S<String>>,
    dmos: Option<S<String>>,
    std: Option<String>,
    columns: S<Vec<Column>>,
    parity: Option<S<Vec<Parity>>>,
}

impl RawImageQuality {
    pub(super) fn check(self, text: &Text) -> Result<ImageQuality> {
        let training = match self.training {
            Some(training) if self.iqa.weights.is_some() => {
                let problem = "the weights are either trained (`training`) or read (`iqa.weights`), not both";
                return Err(text.error(training.span(), problem, None));
            }
            training => training.map(|t| t.into_inner().check(text)).transpose()?,
        };
        let kinds = [DatasetKind::Tid2013, DatasetKind::MultiLive, DatasetKind::Csv];
        let dataset = self.dataset.check(text, &kinds)?;
        let stand_in = match (dataset.kind, self.stand_in) {
            (DatasetKind::Csv, None) => None,
            (DatasetKind::Csv, Some(stand_in)) => {
                let problem = "nothing stands in for own data: leave `stand_in` out";
                return Err(text.error(stand_in.span(), problem, None));
            }
            (kind, Some(stand_in)) => {
                let span = stand_in.span();
                let stand_in = stand_in.into_inner().check(text, kind)?;
                self.iqa.fits(text, span, stand_in.size)?;
                Some(stand_in)
            }
            (_, None) => {
                let problem = "`stand_in` is missing: what is drawn when the database is not there";
                return Err(text.error(0..0, problem, None));
            }
        };
        let iqa = self.iqa.check(text)?;
        let columns = self.competitors.iter().flat_map(|c| c.columns.get_ref()).map(|c| c.method.as_str());
        // Also what this run leaves out: a claim about it is not attempted.
        let own = self::methods().into_iter().map(|name| Metric::from_key(name).map_or(name, |metric| metric.name));
        let published = Published::embedded();
        let mut methods: Vec<&str> = own.chain(columns).collect();
        methods.extend(published.cells().map(|c| c.method.as_str()));
        methods.extend(published.recalled().map(|c| c.method.as_str()));
        methods.sort_unstable();
        methods.dedup();
        let numbers = &[Numbers::Images, Numbers::Scores, Numbers::Published];
        let subjects = Subjects { methods, statistics: &evidence::STATISTICS, subsets: vec!["all"], numbers };
        let claims = claims::checked(text, self.claims, &subjects)?;
        Ok(ImageQuality {
            claims,
            title: self.title,
            seed: self.seed,
            dataset,
            stand_in,
            training,
            has_competitors: self.competitors.is_some(),
            competitors: self.competitors.map(|c| c.check(text, &iqa)).transpose()?.flatten(),
            live: self.live.map(|c| c.check(text, &iqa)).transpose()?.flatten(),
            iqa,
            statistics: self.statistics.check(text)?,
        })
    }
}

impl RawIqa {
    /// Whether every metric is defined on scenes of this size.
    fn fits(&self, text: &Text, span: Range<usize>, size: SceneSize) -> Result<()> {
        let side = size.width.min(size.height);
        let metrics = self.methods.get_ref().iter().filter_map(|name| Metric::from_key(name.get_ref()));
        match metrics.max_by_key(|metric| metric.smallest_side).filter(|metric| metric.smallest_side > side) {
            None => Ok(()),
            Some(metric) => {
                let least = metric.smallest_side;
                let problem = format!("`{}` is defined from {least}×{least} pixels on: draw larger scenes", metric.key);
                Err(text.error(span, &problem, None))
            }
        }
    }

    pub(super) fn check(self, text: &Text) -> Result<Iqa> {
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
    fn check(self, text: &Text, iqa: &Iqa) -> Result<Option<Competitors>> {
        let span = self.columns.span();
        let columns = self.columns.into_inner();
        if columns.is_empty() {
            return Err(text.error(span, "at least one column is needed", None));
        }
        let (opinion, higher_is_better) = match (self.mos, self.dmos) {
            (Some(mos), None) => (mos.into_inner(), true),
            (None, Some(dmos)) => (dmos.into_inner(), false),
            _ => {
                let problem = "the opinions' column is needed: `mos` where higher is better, or `dmos` where lower is";
                return Err(text.error(span, problem, None));
            }
        };
        if let Some(twice) = (1..columns.len()).find(|&i| columns[..i].iter().any(|c| c.method == columns[i].method)) {
            return Err(text.error(span, &format!("the method `{}` has two columns", columns[twice].method), None));
        }
        if let Some(own) = columns.iter().find(|c| Method::from_name(&c.method).is_some()) {
            let problem = format!("the method `{}` is our own; call the column otherwise", own.method);
            return Err(text.error(span, &problem, None));
        }
        let parity_span = self.parity.as_ref().map(|p| p.span()).unwrap_or_default();
        let parity = self.parity.map(S::into_inner).unwrap_or_default();
        if let Some(parity) = parity.iter().find(|p| !methods().contains(&&*p.method)) {
            let hint = suggest(&parity.method, &methods());
            return Err(text.error(parity_span, &format!("unknown method `{}`", parity.method), Some(hint)));
        }
        // A column that no method of this run is compared with stands in the table by itself.
        let parity = parity.into_iter().filter(|p| iqa.methods.contains(&p.method)).collect();
        let Some(scores) = self.scores else { return Ok(None) };
        let (images, std) = (self.images, self.std);
        Ok(Some(Competitors { scores, images, opinion, higher_is_better, std, columns, parity }))
    }
}
