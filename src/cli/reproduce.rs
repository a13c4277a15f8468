//! `gradspace reproduce`: all experiments of a folder, then `verify`.
//!
//! The experiments run one after the other. An error in one does not stop the others. If data are missing, synthetic images replace them
//! where the experiment file allows it, and the output says so.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::answer::{Answer, Format};
use super::list::experiment_files;
use super::machine::Machine;
use super::run::Wanted;
use super::style::{bad, good, heading, outcome, unsure};
use super::verify as verification;
use crate::error::{Error, Result};
use crate::nearest::suggest;
use crate::report::claims::Outcome;
use crate::report::folder::Folder;
use crate::report::verify::{Verification, verify};
use crate::run::progress::{note, print};
use crate::studies::{Experiment, comparable};

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/reproduce.txt"))]
#[command(mut_arg("quiet", |quiet| quiet.help("Print only failures")))]
pub(super) struct Reproduce {
    /// Folder of experiment files
    #[arg(value_name = "EXPERIMENTS", default_value = "experiments")]
    experiments: PathBuf,
    /// Data for all experiments on a kind of dataset, e.g. `gtsrb=DIR`; may be repeated
    #[arg(long = "data", value_name = "KIND=DIR")]
    data: Vec<String>,
    /// Override a key of an experiment file, e.g. `quick:seed=7`; may be repeated
    #[arg(long = "set", value_name = "EXPERIMENT:KEY=VALUE")]
    overrides: Vec<String>,
    /// Compute a stage again although the cache has its results, e.g. `quick:scoring`; may be repeated
    #[arg(long, value_name = "EXPERIMENT:STAGE")]
    force: Vec<String>,
    /// Replace results of other settings in the results folders; without it they are an error
    #[arg(long)]
    replace: bool,
    /// Run only this experiment; may be repeated
    #[arg(long, value_name = "EXPERIMENT")]
    only: Vec<String>,
    /// Folder for the results; each experiment gets a folder of its own in it
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    machine: Machine,
}

/// The state of an experiment after the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    #[default]
    Ok,
    Failed,
    Skipped,
}

/// An experiment after the run.
#[derive(Debug, Default, Serialize)]
struct Ran {
    name: String,
    state: State,
    /// The source of the numbers, as the manifest describes it.
    data: Option<String>,
    /// The results folder.
    folder: Option<PathBuf>,
    seconds: f64,
    /// The number of claims with each outcome.
    claims: Vec<(Outcome, usize)>,
    /// The reason for a failure, a skip or missing data.
    remark: Option<String>,
    #[serde(skip)]
    exit_code: u8,
}

impl Reproduce {
    pub fn run(self) -> Result<u8> {
        let files = experiment_files(&self.experiments)?;
        let tasks = self.tasks(&files)?;
        self.machine.apply()?;
        let (text, quiet) = (self.answer.format == Format::Text, self.answer.quiet);
        let mut all = Vec::new();
        let wide = tasks.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, wanted) in tasks {
            if text && !quiet {
                note(&format!("{name} …"));
            }
            let ran = self.one(name, &wanted);
            if text && (!quiet || ran.state == State::Failed) {
                // Each line is printed at once: the next experiment may run for an hour.
                print(&line(&ran, wide))?;
            }
            all.push(ran);
        }
        let found = self.verified(&all)?;
        let verification = found.as_ref().map(verification::document);
        self.answer.format.print(&json!({ "experiments": all, "verification": verification }), || match &found {
            Some(found) if quiet => verification::failures(found),
            Some(found) => format!("\n{}", verification::text(found, false)),
            None => String::new(),
        })?;
        let failed = found.is_some_and(|found| !found.passed());
        Ok(all.iter().map(|ran| ran.exit_code).fold(u8::from(failed), u8::max))
    }

    /// The experiments to run, by name.
    fn tasks(&self, files: &[(String, PathBuf)]) -> Result<Vec<(String, Wanted)>> {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let known = |option: &str, name: &str| match names.contains(&name) {
            true => Ok(()),
            false => Err(Error::Usage(format!("{option}: there is no experiment `{name}`; {}", suggest(name, &names)))),
        };
        self.only.iter().try_for_each(|name| known("--only", name))?;
        let wanted = |file: &Path| Wanted {
            experiment: Some(file.to_path_buf()),
            out: self.out.clone(),
            replace: self.replace,
            ..Wanted::default()
        };
        let chosen = files.iter().filter(|(name, _)| self.only.is_empty() || self.only.contains(name));
        let mut tasks: Vec<(String, Wanted)> = chosen.map(|(name, file)| (name.clone(), wanted(file))).collect();
        // A file that cannot be read has no kind here; its run reports the error.
        let kind = |wanted: &Wanted| {
            Experiment::read(wanted.experiment.as_deref()?, None, &[]).ok().map(|e| e.study.dataset().kind.key)
        };
        let kinds: Vec<Option<&str>> = tasks.iter().map(|(_, wanted)| kind(wanted)).collect();
        for given in &self.data {
            let (kind, folder) = split(given, '=', "--data", "KIND=DIR, e.g. gtsrb=gtsrb_mini")?;
            let mut known: Vec<&str> = kinds.iter().flatten().copied().collect();
            known.sort_unstable();
            known.dedup();
            if !known.contains(&kind) {
                let hint = suggest(kind, &known);
                return Err(Error::Usage(format!("--data: no experiment has a dataset of the kind `{kind}`; {hint}")));
            }
            let of_kind = tasks.iter_mut().zip(&kinds).filter(|(_, k)| **k == Some(kind));
            of_kind.for_each(|((_, wanted), _)| wanted.data = Some(folder.into()));
        }
        let mut add = |option: &str, given: &str, form: &str, list: fn(&mut Wanted) -> &mut Vec<String>| {
            let (name, value) = split(given, ':', option, form)?;
            known(option, name)?;
            let of_this = tasks.iter_mut().filter(|(task, _)| task == name);
            of_this.for_each(|(_, wanted)| list(wanted).push(value.to_owned()));
            Ok(())
        };
        for given in &self.overrides {
            add("--set", given, "EXPERIMENT:KEY=VALUE, e.g. quick:seed=7", |wanted| &mut wanted.overrides)?;
        }
        for given in &self.force {
            add("--force", given, "EXPERIMENT:STAGE, e.g. quick:training", |wanted| &mut wanted.force)?;
        }
        Ok(tasks)
    }

    /// Runs one experiment. An error becomes its state.
    fn one(&self, name: String, wanted: &Wanted) -> Ran {
        let began = Instant::now();
        let mut ran = Ran { name, ..Ran::default() };
        if let Err(error) = execute(wanted, &mut ran) {
            (ran.state, ran.exit_code, ran.remark) = (State::Failed, error.exit_code(), Some(error.to_string()));
        }
        ran.seconds = began.elapsed().as_secs_f64();
        ran
    }

    /// Verifies the results; with `--only`, those of the chosen experiments. `None` without results.
    fn verified(&self, all: &[Ran]) -> Result<Option<Verification>> {
        if self.only.is_empty() {
            return if self.out.exists() { verify(&self.out, comparable).map(Some) } else { Ok(None) };
        }
        let mut found = Verification::default();
        for folder in all.iter().filter_map(|ran| ran.folder.as_deref()) {
            let one = verify(folder, comparable)?;
            found.experiments.extend(one.experiments);
            found.failures.extend(one.failures);
        }
        Ok((!found.experiments.is_empty()).then_some(found))
    }
}

fn execute(wanted: &Wanted, ran: &mut Ran) -> Result<()> {
    let experiment = wanted.read()?;
    let data = experiment.study.dataset();
    let (kind, path) = (data.kind.key, data.path.display());
    let imitated = data.kind.quality().is_none_or(|facts| facts.synthetic.is_some());
    if !imitated && !data.path.exists() && wanted.data.is_none() {
        ran.state = State::Skipped;
        let remark =
            format!("{path} does not exist and a `{kind}` dataset has no synthetic fallback; give --data {kind}=FILE");
        ran.remark = Some(remark);
        return Ok(());
    }
    let missing = data.folder().is_none().then(|| format!("{path} does not exist; --data {kind}=DIR names the data"));
    let plan = experiment.study.plan(true)?;
    let stand_in = plan.about.stand_in;
    let folder = plan.carry_out(&wanted.options(true)?)?;
    let results = Folder::read(&folder).results()?;
    ran.data = Some(results.manifest.data);
    ran.claims =
        results.claims.map(|claims| Outcome::ALL.into_iter().zip(claims.counts()).collect()).unwrap_or_default();
    let without = if stand_in { "on synthetic images" } else { "without images" };
    ran.remark = missing.map(|missing| format!("{without}: {missing}"));
    ran.folder = Some(folder);
    Ok(())
}

/// The two parts of an option's value around the first `at`.
fn split<'a>(given: &'a str, at: char, option: &str, form: &str) -> Result<(&'a str, &'a str)> {
    given.split_once(at).ok_or_else(|| Error::Usage(format!("{option} {given}: write it as {form}")))
}

fn line(ran: &Ran, wide: usize) -> String {
    let state = match ran.state {
        State::Ok => good("ok     "),
        State::Failed => bad("FAILED "),
        State::Skipped => unsure("skipped"),
    };
    let name = heading(&format!("{:<wide$}", ran.name));
    let mut parts = Vec::new();
    if ran.state == State::Ok {
        parts.push(format!("{:.1} s", ran.seconds));
    }
    parts.extend(ran.data.clone());
    let claims = ran.claims.iter().filter(|(_, count)| *count > 0);
    let claims: Vec<String> = claims.map(|(word, count)| format!("{count} {}", outcome(&word.to_string()))).collect();
    if !claims.is_empty() {
        parts.push(format!("claims: {}", claims.join(", ")));
    }
    parts.extend(ran.remark.as_ref().map(|remark| remark.replace('\n', "\n    ")));
    format!("{state}  {name}  {}\n", parts.join("; "))
}
