//! `kind = "image-quality"`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::parts::{
    Dataset, DatasetKind, RawDataset, RawStandIn, RawStatistics, RawTraining, S, StandIn, Statistics, Training,
};
use super::{file_name, file_names, some_file_name};
use crate::error::Result;
use crate::experiment::text::{Text, suggest};
use crate::iqa::Method;

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

/// The methods that `iqa.methods` may name: all but MS-UNIQUE, which comes with its weights.
pub(super) fn methods() -> Vec<&'static str> {
    std::iter::once(Method::UNIQUE.name).chain(Method::ABLATION.iter().map(|m| m.name)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImageQuality {
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
pub(super) struct RawIqa {
    methods: S<Vec<S<String>>>,
    weights: Option<PathBuf>,
    ms_unique_weights: Option<S<Vec<PathBuf>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCompetitors {
    scores: Option<PathBuf>,
    mos: String,
    mos_std: String,
    columns: S<Vec<Column>>,
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
        Ok(ImageQuality {
            title: self.title,
            seed: self.seed,
            dataset: self.dataset.check(text, &[DatasetKind::Tid2013])?,
            stand_in: self.stand_in.check(text)?,
            iqa: self.iqa.check(text)?,
            training,
            has_competitors: self.competitors.is_some(),
            competitors: self.competitors.map(|c| c.check(text)).transpose()?.flatten(),
            statistics: self.statistics.check(text)?,
        })
    }
}

impl RawIqa {
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
    pub(super) fn check(self, text: &Text) -> Result<Option<Competitors>> {
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
