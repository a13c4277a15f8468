//! `kind = "training-spread"`: measures how much the results depend on the training run of the autoencoder.
//!
//! One autoencoder is trained for each source of patches and each seed. UNIQUE and the gradient score are computed with each of them.
//! Their rank correlations are compared with those of one set of reference weights. A row of the table is a method with one source of
//! patches. Its statistics are the mean over the seeds, the standard deviation, the extremes, and the difference between the mean and the
//! reference weights.

pub mod settings;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::image_quality::images::Pictures;
use super::image_quality::scoring::{self, Group, SCORING};
use super::image_quality::statistics::Infinite;
use super::image_quality::{statistics, weights};
use super::sparse_autoencoder::{TRAINING, Work};
use super::{Kind, Plans, checked};
use crate::error::Result;
use crate::iqa::{Measures, Method, Models};
use crate::models::SparseAutoencoder;
use crate::report::charts::{self, Estimate};
use crate::report::row::Row;
use crate::report::table::Table;
use crate::run::plan::Plan;
use crate::run::session::Session;
use crate::run::stages::Planned;
use crate::stats::moments::mean;
use settings::TrainingSpread;

const REFERENCE: &str = "reference weights";

/// The methods that are compared.
const METHODS: [Method; 2] = [Method::UNIQUE, Method::GRADIENT];

/// The inputs, apart from the images, that determine the scores. `weights` is the hash of the methods' weights.
fn identity(weights: &str) -> Value {
    json!({ "methods": METHODS.map(|m| m.key), "weights": weights })
}

/// The rank correlation of each method under one set of weights.
struct Outcome {
    /// The origin of the weights.
    source: String,
    /// The seed of the training run; `None` for the reference weights.
    seed: Option<u64>,
    /// One row per method.
    rows: Vec<Row>,
}

/// `kind = "training-spread"`.
pub const KIND: Kind = Kind {
    name: "training-spread",
    stages: &[&TRAINING, &SCORING],
    check: checked::<TrainingSpread>,
    compared: |_, _| None,
    not_data: &["weights/"],
};

/// A training run, and the images that are scored with its weights.
struct Training<'a> {
    /// The name of the source of its patches.
    source: &'a str,
    seed: u64,
    work: Work<'a>,
    groups: Vec<Group>,
}

/// The inputs of a run, read before it computes anything.
struct Prepared<'a> {
    wanted: &'a TrainingSpread,
    pictures: Pictures,
    /// The images that are scored with the reference weights.
    reference: Vec<Group>,
    trainings: Vec<Training<'a>>,
}

impl Plans for TrainingSpread {
    fn plan(&self, _quiet: bool) -> Result<Plan<'_>> {
        let pictures = Pictures::find(&self.dataset, Some(&self.stand_in), self.seed)?;
        let groups = |weights: &str| scoring::groups(&pictures, &identity(weights));
        let reference = groups(&weights::hash_of(self.weights.as_deref())?)?;
        let mut trainings = Vec::new();
        for (source, &seed) in self.sources.iter().flat_map(|source| self.seeds.iter().map(move |seed| (source, seed)))
        {
            let work = Work::new(source.patches_from(), source.patches(), self.autoencoder, seed)?;
            let groups = groups(&work.item.key())?;
            trainings.push(Training { source: &source.name, seed, work, groups });
        }
        let (data, stand_in) = (pictures.describe(), pictures.is_stand_in());
        let about = self.about(data, stand_in);
        let scored = reference.iter().chain(trainings.iter().flat_map(|training| &training.groups));
        let stages = vec![
            Planned::items(&TRAINING, trainings.iter().map(|training| training.work.item.clone()).collect()),
            Planned::items(&SCORING, scored.map(|group| group.item.clone()).collect()),
        ];
        let prepared = Prepared { wanted: self, pictures, reference, trainings };
        Ok(Plan { about, stages, work: Box::new(move |session| prepared.run(session)) })
    }
}

impl Prepared<'_> {
    fn run(self, mut session: Session) -> Result<PathBuf> {
        let Prepared { wanted, pictures, reference, trainings } = self;
        let data = session.data().to_owned();
        session.announce(&wanted.dataset.path);
        session.inputs.extend(pictures.score_files()?);
        session.seeds.insert("experiment".into(), wanted.seed);
        let weights = weights::remembered(wanted.weights.as_deref(), &mut session)?;
        let rows_of_reference = correlations(wanted, &pictures, reference, weights, &mut session)?;
        let mut outcomes = vec![Outcome { source: REFERENCE.to_owned(), seed: None, rows: rows_of_reference }];
        for Training { source, seed, work, groups } in trainings {
            session.note(&format!("{source}, seed {seed}"));
            let model = work.trained(&mut session)?.weights;
            let rows = correlations(wanted, &pictures, groups, model, &mut session)?;
            outcomes.push(Outcome { source: source.to_owned(), seed: Some(seed), rows });
        }

        let table = Table::new(&wanted.title, &data, rows(wanted, &outcomes))?;
        let picture = chart(wanted, &data, &outcomes).render()?;
        let caption = "Rank correlation of UNIQUE and of the gradient score with each set of autoencoder weights, one for each source of patches and seed, with 95 % intervals.";
        session.outputs.add_picture("spread", 1, caption, picture);
        session.outputs.add_tables(&table, std::slice::from_ref(&table));
        session.finish(&table.text())
    }
}

/// The rank correlation of UNIQUE and of the gradient score with these weights, over all images.
fn correlations(
    wanted: &TrainingSpread,
    pictures: &Pictures,
    groups: Vec<Group>,
    autoencoder: SparseAutoencoder,
    session: &mut Session,
) -> Result<Vec<Row>> {
    let models = Models { autoencoder, ms_unique: Vec::new() };
    let measures = Measures::new(METHODS.map(Into::into).to_vec(), models)?;
    let subset = pictures.subset();
    let (scores, hashes) = session.stage(SCORING.name, subset.images.len(), |progress, cache| {
        scoring::score(pictures, groups, &measures, cache, progress)
    })?;
    session.inputs.extend(hashes);
    let intervals = wanted.statistics.intervals(wanted.seed);
    let rows = match pictures.is_stand_in() {
        true => statistics::by_severity(&scores, &pictures.series(), &intervals, &|| ()),
        false => statistics::by_mos(&scores, &subset, &intervals, Infinite::Zero, &|| ()).0,
    };
    let (statistic, _) = statistics::leading(!pictures.is_stand_in());
    Ok(rows.into_iter().filter(|r| r.subset == "all" && r.statistic == statistic).collect())
}

/// The rows of the table: each method with each source over all seeds, then seed by seed.
fn rows(wanted: &TrainingSpread, outcomes: &[Outcome]) -> Vec<Row> {
    let mut over_seeds = Vec::new();
    let mut by_seed = Vec::new();
    for reference in &outcomes[0].rows {
        let statistic = reference.statistic.as_str();
        let of_reference = Row { method: format!("{}, {REFERENCE}", reference.method), ..reference.clone() };
        over_seeds.push(of_reference);
        for source in &wanted.sources {
            let method = format!("{}, {}", reference.method, source.name);
            let runs: Vec<(u64, &Row)> = outcomes
                .iter()
                .filter(|o| o.source == source.name)
                .filter_map(|o| Some((o.seed?, o.rows.iter().find(|r| r.method == reference.method)?)))
                .collect();
            by_seed.extend(runs.iter().map(|(seed, row)| Row {
                method: method.clone(),
                subset: format!("seed {seed}"),
                ..(*row).clone()
            }));
            let values: Option<Vec<f64>> = runs.iter().map(|(_, row)| row.value).collect();
            let Some((values, average)) = values.and_then(|values| mean(&values).map(|mean| (values, mean))) else {
                let reason = runs.iter().find_map(|(_, row)| row.reason.as_deref()).unwrap_or("there is no run");
                over_seeds.push(Row::undefined(&method, "all", statistic, reason));
                continue;
            };
            let deviation =
                values.iter().map(|v| (v - average) * (v - average)).sum::<f64>() / (values.len() - 1) as f64;
            let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut add = |name: String, value: f64| over_seeds.push(Row::new(&method, "all", &name, value));
            add(statistic.to_owned(), average);
            add(format!("{statistic}_sd"), deviation.sqrt());
            add(format!("{statistic}_lowest"), lowest);
            add(format!("{statistic}_highest"), highest);
            if let Some(value) = reference.value {
                add(format!("{statistic}_difference"), average - value);
            }
        }
    }
    over_seeds.extend(by_seed);
    over_seeds
}

/// The correlation of every run with its interval, method by method.
fn chart(wanted: &TrainingSpread, data: &str, outcomes: &[Outcome]) -> charts::Intervals {
    let mut rows = Vec::new();
    for method in outcomes[0].rows.iter().map(|r| &r.method) {
        for outcome in outcomes {
            let row = outcome.rows.iter().find(|r| r.method == *method);
            let seed = outcome.seed.map(|s| format!(", seed {s}")).unwrap_or_default();
            rows.extend(row.and_then(|row| {
                let estimate = Estimate { value: row.value?, interval: row.interval() };
                Some(charts::Interval { label: format!("{method}, {}{seed}", outcome.source), estimate })
            }));
        }
    }
    let has_opinions = outcomes[0].rows.iter().any(|r| r.statistic == statistics::leading(true).0);
    let (_, statistic) = statistics::leading(has_opinions);
    charts::Intervals {
        title: wanted.title.clone(),
        data: data.to_owned(),
        statistic: format!("{statistic}, with 95 % interval"),
        rows,
        reference: None,
    }
}
