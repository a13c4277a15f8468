//! `gradspace plan`: what a run would do, and why.
//!
//! A kind of experiment lists its stages with the same items that a run asks the cache for. What is there will be read; what is
//! not is counted, with what differs from the nearest entry, and with the time that such items took before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use serde_json::json;

use super::cache::{Cache, Item};
use super::classification::{CLASSIFIERS, NETWORKS};
use super::command::read;
use super::file::{Experiment, name_of};
use super::format::{self, Format};
use super::scoring::SCORING;
use super::session::folder;
use super::style::print;
use super::text::suggest;
use super::training::TRAINING;
use super::{classification, image_quality, spread, training};
use crate::error::{Error, Result};

/// The arguments of `gradspace plan`.
#[derive(Debug, Args)]
pub(super) struct Planning {
    /// The experiment file
    experiment: PathBuf,
    /// The folder of data, in the layout that the experiment's dataset has
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Override a key of the experiment file; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// The folder that results would go to, in a folder named after the experiment
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// A stage that would be computed even if its results are in the cache; may be repeated
    #[arg(long, value_name = "STAGE")]
    force: Vec<String>,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a run would do.
pub(super) struct Plan {
    /// What data the numbers would be from.
    pub data: String,
    /// Whether they stand in for others.
    pub stand_in: bool,
    /// The stages, in order.
    pub stages: Vec<Planned>,
}

/// A stage of a plan.
pub(super) struct Planned {
    name: &'static str,
    /// `None` for a stage that is always gone through whole.
    items: Option<Vec<Item>>,
}

impl Planned {
    /// A stage whose items are cached.
    pub fn items(name: &'static str, items: Vec<Item>) -> Planned {
        Planned { name, items: Some(items) }
    }

    /// A stage that is always gone through.
    pub fn always(name: &'static str) -> Planned {
        Planned { name, items: None }
    }
}

/// The stages of an experiment whose items are cached.
fn stages(experiment: &Experiment) -> &'static [&'static str] {
    match experiment {
        Experiment::ImageQuality(_) | Experiment::TrainingSpread(_) => &[TRAINING, SCORING],
        Experiment::SparseAutoencoder(_) => &[TRAINING],
        Experiment::Classification(_) => &[NETWORKS, CLASSIFIERS],
    }
}

/// Whether the experiment has the stages that are to be computed anew.
///
/// # Errors
/// [`Error::Usage`] naming the nearest stage.
pub(super) fn check_forced(experiment: &Experiment, forced: &[String]) -> Result<()> {
    let stages = stages(experiment);
    match forced.iter().find(|name| !stages.contains(&name.as_str())) {
        Some(unknown) => {
            Err(Error::Usage(format!("--force {unknown}: there is no such stage; {}", suggest(unknown, stages))))
        }
        None => Ok(()),
    }
}

/// A stage of a plan, counted.
struct Counted {
    name: &'static str,
    /// Items, and how many of them are in the cache; none of a stage that is always gone through.
    items: Option<(usize, usize)>,
    /// Why items are not in the cache, with their numbers.
    reasons: BTreeMap<String, usize>,
    /// As far as earlier runs tell.
    seconds: Option<f64>,
}

impl Counted {
    fn new(planned: &Planned, cache: &Cache) -> Counted {
        let mut reasons = BTreeMap::new();
        let name = planned.name;
        let items = planned.items.as_ref().map(|items| {
            let missing: Vec<&Item> = items.par_iter().filter(|item| !cache.has(item)).collect();
            cache.reasons(name, &missing).into_iter().for_each(|reason| *reasons.entry(reason).or_insert(0) += 1);
            (items.len(), items.len() - reasons.values().sum::<usize>())
        });
        let to_compute = items.map_or(1, |(all, cached)| all - cached);
        let seconds = match to_compute {
            0 => Some(0.0),
            n => cache.seconds_per_item(name).map(|seconds| seconds * n as f64),
        };
        Counted { name, items, reasons, seconds }
    }

    fn line(&self) -> String {
        let expected = self.seconds.map_or_else(|| "time not known".to_owned(), about);
        let (state, why) = match self.items {
            None => ("always gone through".to_owned(), String::new()),
            Some((all, cached)) if all == cached => (format!("{all} of {all} in the cache"), String::new()),
            Some((all, cached)) => {
                let reasons: Vec<String> = self
                    .reasons
                    .iter()
                    .map(|(reason, n)| if self.reasons.len() > 1 { format!("{reason} ({n})") } else { reason.clone() })
                    .collect();
                let more = reasons.len().saturating_sub(4);
                let more = if more > 0 { format!("; and {more} other reasons") } else { String::new() };
                let why = format!("\n{:13}{}{more}", "", reasons[..reasons.len().min(4)].join("; "));
                (format!("{} of {all} to compute", all - cached), why)
            }
        };
        format!("{:<12} {state}, {expected}{why}\n", self.name)
    }
}

impl Planning {
    pub fn run(mut self) -> Result<u8> {
        let experiment = read(&self.experiment, self.data.as_deref(), &mut self.overrides)?;
        check_forced(&experiment, &self.force)?;
        let plan = match &experiment {
            Experiment::ImageQuality(wanted) => image_quality::plan(wanted)?,
            Experiment::SparseAutoencoder(wanted) => training::plan(wanted)?,
            Experiment::TrainingSpread(wanted) => spread::plan(wanted)?,
            Experiment::Classification(wanted) => classification::plan(wanted)?,
        };
        let name = self.experiment.file_stem().unwrap_or_default().to_string_lossy();
        let results = folder(&self.out, &name, plan.stand_in);
        let cache = Cache::look(&results, &self.force)?;
        let stages: Vec<Counted> = plan.stages.iter().map(|stage| Counted::new(stage, &cache)).collect();
        let resolved = serde_json::to_value(&experiment).expect("an experiment holds nothing that JSON lacks");
        let whole: Option<f64> = stages.iter().map(|stage| stage.seconds).sum();
        if self.format == Format::Json {
            let stages: Vec<_> = stages
                .iter()
                .map(|stage| {
                    json!({
                        "stage": stage.name, "items": stage.items.map(|i| i.0), "cached": stage.items.map(|i| i.1),
                        "reasons": stage.reasons, "seconds": stage.seconds,
                    })
                })
                .collect();
            let plan = json!({
                "experiment": resolved, "data": plan.data, "stand_in": plan.stand_in,
                "results": name_of(&results), "stages": stages, "seconds": whole,
            });
            return print(&format::json(&plan)).map(|()| 0);
        }
        let mut text = format!("{}\n{}\nresults go to {}\n\n", experiment.title(), plan.data, results.display());
        // The claims decide about nothing that is computed.
        let mut settings = strip_null(resolved);
        settings.as_object_mut().map(|settings| settings.remove("claims"));
        let settings = toml::to_string(&settings).expect("an experiment holds nothing that TOML lacks");
        text += &settings;
        text += "\n";
        stages.iter().for_each(|stage| text += &stage.line());
        text += &match whole {
            Some(seconds) => format!("{:<12} {}, as earlier runs went here\n", "in all", about(seconds)),
            None => format!("{:<12} no earlier run tells how long it takes\n", "in all"),
        };
        print(&text)?;
        Ok(0)
    }
}

fn about(seconds: f64) -> String {
    if seconds < 90.0 { format!("about {seconds:.0} s") } else { format!("about {:.0} min", seconds / 60.0) }
}

/// The value without nulls, which TOML lacks.
fn strip_null(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, strip_null(v))).collect::<Value>()
        }
        Value::Array(list) => list.into_iter().map(strip_null).collect(),
        value => value,
    }
}
