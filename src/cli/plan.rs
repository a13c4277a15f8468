//! `gradspace plan`: the work of a run before it is done.
//!
//! For each stage it prints how many items are in the cache and how many a run would compute. It gives the reasons and an estimate of the
//! duration.
//!
//! The text is itself an experiment file: the settings with every default, and all else in comments.

use std::collections::BTreeMap;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::answer::Format;
use super::run::Wanted;
use crate::error::Result;
use crate::run::cache::Cache;
use crate::run::plan::Plan;
use crate::run::session::in_words;
use crate::run::stages::{Item, Planned};
use crate::settings::{name_of, without_nulls};
use crate::studies::Study;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/plan.txt"))]
pub(super) struct Planning {
    #[command(flatten)]
    wanted: Wanted,
    /// Format of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A stage of a plan, counted.
struct Counted {
    name: &'static str,
    /// The number of items, and of those in the cache; `None` for a stage that is always recomputed.
    items: Option<(usize, usize)>,
    /// The reasons why items are not in the cache, each with the number of items.
    reasons: BTreeMap<String, usize>,
    /// The estimated duration; `None` without an earlier run.
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

    fn document(&self) -> Value {
        let (items, cached) = self.items.unzip();
        json!({
            "stage": self.name, "items": items, "cached": cached, "reasons": self.reasons, "seconds": self.seconds,
        })
    }

    fn line(&self) -> String {
        let expected = self.seconds.map_or_else(|| "duration unknown".to_owned(), about_seconds);
        let (state, why) = match self.items {
            None => ("always recomputed".to_owned(), String::new()),
            Some((all, cached)) if all == cached => (format!("{all} of {all} in the cache"), String::new()),
            Some((all, cached)) => {
                let reasons: Vec<String> = self
                    .reasons
                    .iter()
                    .map(|(reason, n)| if self.reasons.len() > 1 { format!("{reason} ({n})") } else { reason.clone() })
                    .collect();
                let more = reasons.len().saturating_sub(4);
                let more = if more > 0 { format!("; and {more} more reasons") } else { String::new() };
                let why = format!("\n{:13}{}{more}", "", reasons[..reasons.len().min(4)].join("; "));
                (format!("{} of {all} to compute", all - cached), why)
            }
        };
        format!("{:<12} {state}, {expected}{why}\n", self.name)
    }
}

impl Planning {
    pub fn run(self) -> Result<u8> {
        let experiment = self.wanted.read()?;
        let Plan { about, stages, .. } = experiment.study.plan(true)?;
        let results = self.wanted.options(true)?.folder(about.stand_in);
        let cache = Cache::look(&results, &self.wanted.force);
        let stages: Vec<Counted> = stages.iter().map(|stage| Counted::new(stage, &cache)).collect();
        let whole: Option<f64> = stages.iter().map(|stage| stage.seconds).sum();
        let document = json!({
            "experiment": about.settings, "data": about.data, "stand_in": about.stand_in, "results": name_of(&results),
            "stages": stages.iter().map(Counted::document).collect::<Vec<_>>(), "seconds": whole,
        });
        self.format.print(&document, || {
            let mut head = format!("{}\n{}\nresults are written to {}", about.title, about.data, results.display());
            let changes = about.changes(&results);
            if !changes.is_empty() {
                let changes = in_words(&changes);
                head += &format!(
                    "\nwhich has results of other settings: {changes}; a run needs another --out, or --replace"
                );
            }
            let counts: String = stages.iter().map(Counted::line).collect();
            let whole = whole.map_or("duration unknown".to_owned(), |seconds| {
                format!("{}, estimated from earlier runs", about_seconds(seconds))
            });
            let counts = format!("{counts}{:<12} {whole}", "in total");
            format!("{}\n{}\n{}", comment(&head), experiment_file(&*experiment.study), comment(&counts))
        })?;
        Ok(0)
    }
}

fn about_seconds(seconds: f64) -> String {
    if seconds < 90.0 { format!("about {seconds:.0} s") } else { format!("about {:.0} min", seconds / 60.0) }
}

/// The lines as comments of an experiment file.
fn comment(lines: &str) -> String {
    lines.lines().map(|line| format!("# {line}\n")).collect()
}

/// The experiment file with every default. Claims are left out, since they do not change what is computed.
fn experiment_file(study: &dyn Study) -> String {
    let mut settings = without_nulls(study.file());
    settings.as_object_mut().map(|settings| settings.shift_remove("claim"));
    toml::to_string(&settings).expect("TOML has every type of the settings")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studies::Experiment;
    use std::path::Path;

    #[test]
    fn a_printed_plan_is_an_experiment_file_with_the_same_settings() {
        let folder = tempfile::tempdir().unwrap();
        let printed = folder.path().join("printed.toml");
        let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let files: Vec<_> = std::fs::read_dir(experiments).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() >= 10);
        for file in files {
            let given = Experiment::read(&file, None, &[]).unwrap_or_else(|e| panic!("{e}")).study;
            std::fs::write(&printed, comment("a = 1\n[b") + &experiment_file(&*given)).unwrap();
            let again = Experiment::read(&printed, None, &[]).unwrap_or_else(|e| panic!("{e}")).study;
            assert_eq!(again.dataset().path, given.dataset().path);
            let mut settings = given.settings();
            settings.as_object_mut().unwrap().shift_remove("claims");
            assert_eq!(again.settings().to_string(), settings.to_string(), "{}", file.display());
        }
    }
}
