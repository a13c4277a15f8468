//! `kind = "training-spread"`: how far a score depends on the training run.
//!
//! An autoencoder is trained for each source of patches and each seed, UNIQUE and the gradient score are computed with each,
//! and their rank correlations stand beside those of one set of reference weights. A row of the table is a method with one
//! source of patches; its statistics are the mean over the seeds, the standard deviation and the extremes, and the difference
//! of the mean from the reference weights.

use std::path::PathBuf;

use super::cache::Item;
use super::evaluation::{self, Intervals, Scores};
use super::file::{self, Experiment, TrainingSpread};
use super::pictures::Pictures;
use super::plan::{Plan, Planned};
use super::scoring::{Judge, Judges, SCORING};
use super::session::Session;
use super::training::{Source, TRAINING, trained};
use super::{scoring, training, weights};
use crate::error::Result;
use crate::iqa::{Method, Models, Scorer};
use crate::models::SparseAutoencoder;
use crate::report::charts::{self, Estimate};
use crate::report::table::{Row, Table};
use crate::stats::moments::mean;

use serde_json::{Value, json};

/// What the reference weights are called.
const REFERENCE: &str = "reference weights";

/// What is compared.
const METHODS: [Method; 2] = [Method::UNIQUE, Method::GRADIENT];

/// What the methods' scores are a function of, beside the images; `weights` is the hash of theirs.
fn identity(weights: &str) -> Value {
    json!({ "methods": METHODS.map(|m| m.name), "weights": weights })
}

/// The rank correlation of each method under one set of weights.
struct Outcome {
    /// The weights' origin.
    source: String,
    /// The training run's seed; none for the reference weights.
    seed: Option<u64>,
    /// By method.
    rows: Vec<Row>,
}

/// Runs the experiment.
pub(super) fn run(experiment: &Experiment, wanted: &TrainingSpread, mut session: Session) -> Result<PathBuf> {
    let pictures = Pictures::find(&wanted.dataset, Some(&wanted.stand_in), wanted.seed)?;
    let data = pictures.describe();
    session.note(&data);
    session.inputs.extend(pictures.score_files()?);
    session.seeds.insert("experiment".into(), wanted.seed);

    let reference = weights::remembered(wanted.weights.as_deref(), &mut session)?;
    session.open(pictures.is_stand_in())?;
    let mut outcomes = vec![Outcome {
        source: REFERENCE.to_owned(),
        seed: None,
        rows: judge(wanted, &pictures, reference, &weights::hash_of(wanted.weights.as_deref())?, &mut session)?,
    }];
    for source in &wanted.sources {
        for &seed in &wanted.seeds {
            session.note(&format!("{}, seed {seed}", source.name));
            let from = Source::of(source);
            let work = work(wanted, source, seed)?;
            let model = trained(&from, &source.patches, &wanted.autoencoder, seed, &mut session)?.weights;
            let rows = judge(wanted, &pictures, model, &work.key(), &mut session)?;
            outcomes.push(Outcome { source: source.name.clone(), seed: Some(seed), rows });
        }
    }

    let table = Table::new(&wanted.title, &data, rows(wanted, &outcomes))?;
    let picture = chart(wanted, &data, &outcomes).render()?;
    session.outputs.add_picture("spread", picture);
    session.outputs.add_tables(&table, std::slice::from_ref(&table));
    session.finish(experiment, &data, &table.text())
}

/// A training run.
fn work(wanted: &TrainingSpread, source: &file::Source, seed: u64) -> Result<Item> {
    let from = Source::of(source);
    let hashes = training::hashes(&from, &source.patches)?;
    Ok(training::item(&from, &hashes, &source.patches, &wanted.autoencoder, seed))
}

/// What a run of the experiment would do.
pub(super) fn plan(wanted: &TrainingSpread) -> Result<Plan> {
    let pictures = Pictures::find(&wanted.dataset, Some(&wanted.stand_in), wanted.seed)?;
    let mut trainings = Vec::new();
    for source in &wanted.sources {
        for &seed in &wanted.seeds {
            trainings.push(work(wanted, source, seed)?);
        }
    }
    let mut scorings = Vec::new();
    let reference = weights::hash_of(wanted.weights.as_deref())?;
    for weights in std::iter::once(reference).chain(trainings.iter().map(Item::key)) {
        scorings.extend(scoring::groups(&pictures, &identity(&weights))?.into_iter().map(|group| group.item));
    }
    Ok(Plan {
        data: pictures.describe(),
        stand_in: pictures.is_stand_in(),
        stages: vec![Planned::items(TRAINING, trainings), Planned::items(SCORING, scorings)],
    })
}

/// The rank correlation of UNIQUE and of the gradient score under these weights, over all images.
fn judge(
    wanted: &TrainingSpread,
    pictures: &Pictures,
    autoencoder: SparseAutoencoder,
    weights: &str,
    session: &mut Session,
) -> Result<Vec<Row>> {
    let models = Models { autoencoder, ms_unique: Vec::new() };
    let order = (0..METHODS.len()).map(Judge::Learned).collect();
    let judges = Judges::new(Scorer::new(&METHODS, models)?, order, identity(weights));
    let subset = pictures.subset();
    let (scores, hashes): (Vec<Scores>, _) = session
        .stage(SCORING, subset.images.len(), |progress, cache| scoring::score(pictures, &judges, cache, progress))?;
    session.inputs.extend(hashes);
    let intervals = Intervals::new(&wanted.statistics, wanted.seed);
    let (statistic, rows) = match pictures.is_stand_in() {
        true => ("severity_srocc", evaluation::by_severity(&scores, &pictures.series(), &intervals, &|| ())),
        false => ("srocc", evaluation::by_mos(&scores, &subset, &intervals, &|| ()).0),
    };
    Ok(rows.into_iter().filter(|r| r.subset == "all" && r.statistic == statistic).collect())
}

/// The table's rows: each method with each source over all seeds, then seed by seed.
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
            let values: Vec<f64> = runs.iter().filter_map(|(_, row)| row.value).collect();
            let Some(average) = mean(&values) else { continue };
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
            by_seed.extend(runs.iter().map(|(seed, row)| Row {
                method: method.clone(),
                subset: format!("seed {seed}"),
                ..(*row).clone()
            }));
        }
    }
    over_seeds.extend(by_seed);
    over_seeds
}

/// Every run's correlation with its interval, method by method.
fn chart(wanted: &TrainingSpread, data: &str, outcomes: &[Outcome]) -> charts::Intervals {
    let mut rows = Vec::new();
    for method in outcomes[0].rows.iter().map(|r| &r.method) {
        for outcome in outcomes {
            let row = outcome.rows.iter().find(|r| r.method == *method);
            let seed = outcome.seed.map(|s| format!(", seed {s}")).unwrap_or_default();
            rows.extend(row.and_then(|row| {
                let estimate = Estimate { value: row.value?, interval: row.interval };
                Some(charts::Interval { label: format!("{method}, {}{seed}", outcome.source), estimate })
            }));
        }
    }
    let statistic =
        if outcomes[0].rows.iter().any(|r| r.statistic == "srocc") { "SROCC" } else { "SROCC with the known severity" };
    charts::Intervals {
        title: wanted.title.clone(),
        data: data.to_owned(),
        statistic: format!("{statistic}, with 95 % interval"),
        rows,
        reference: None,
    }
}
