//! `gradspace reproduce`: every experiment, then `verify`.
//!
//! The experiments run one after the other, each as `gradspace run` runs it; one that ends with an error does not stop the others. Data that
//! are not there are no error where the file declares a stand-in, and are said.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::list::{dataset, experiment_files, name_of};
use super::verify as answer;
use crate::error::{Error, Result};
use crate::experiment::command::{Machine, Run};
use crate::experiment::file::{DatasetKind, Experiment};
use crate::experiment::format::{self, Format};
use crate::experiment::progress::note;
use crate::experiment::style::{bad, good, heading, outcome, print, unsure};
use crate::experiment::text::suggest;
use crate::report::claims::Outcome;
use crate::report::results::{self, Results};
use crate::report::verify::{Verification, verify};

#[derive(Debug, Args)]
pub(in crate::experiment) struct Reproduce {
    /// The folder of experiment files
    #[arg(value_name = "EXPERIMENTS", default_value = "experiments")]
    experiments: PathBuf,
    /// The data of a kind of dataset, e.g. `gtsrb=DIR`; may be repeated
    #[arg(long = "data", value_name = "KIND=DIR")]
    data: Vec<String>,
    /// Override a key of an experiment file, e.g. `quick:seed=7`; may be repeated
    #[arg(long = "set", value_name = "EXPERIMENT:KEY=VALUE")]
    overrides: Vec<String>,
    /// Compute a stage even if its results are in the cache, e.g. `quick:scoring`; may be repeated (`gradspace plan` names the stages)
    #[arg(long, value_name = "EXPERIMENT:STAGE")]
    force: Vec<String>,
    /// Run only this experiment; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// The folder that results go to, each in a folder named after its experiment
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print only what fails
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: Machine,
}

/// What became of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ok,
    Failed,
    Skipped,
}

/// An experiment that was to be run.
#[derive(Debug, Serialize)]
struct Ran {
    name: String,
    state: State,
    /// What the numbers are from, by the manifest.
    data: Option<String>,
    /// Where the results are.
    folder: Option<PathBuf>,
    seconds: f64,
    /// How many of its claims come out in which way.
    claims: Vec<(Outcome, usize)>,
    /// Why it failed or was skipped, or what it could not do.
    remark: Option<String>,
    #[serde(skip)]
    exit_code: u8,
}

/// An experiment to be run, with what the command line says of it.
struct Task {
    name: String,
    file: PathBuf,
    overrides: Vec<String>,
    force: Vec<String>,
}

impl Reproduce {
    pub fn run(self) -> Result<u8> {
        let files = experiment_files(&self.experiments)?;
        let tasks = self.tasks(&files)?;
        self.machine.apply()?;
        let mut all = Vec::new();
        let wide = tasks.iter().map(|task| task.name.chars().count()).max().unwrap_or(0);
        for task in tasks {
            if self.format == Format::Text && !self.quiet {
                note(&format!("{} …", task.name));
            }
            let ran = self.one(task);
            if self.format == Format::Text && (!self.quiet || ran.state == State::Failed) {
                // A line as soon as it is known: the next one may take an hour.
                print(&line(&ran, wide))?;
            }
            all.push(ran);
        }
        let found = self.verified(&all)?;
        match self.format {
            Format::Json => print(&format::json(&serde_json::json!({
                "experiments": all,
                "verification": found.as_ref().map(answer::document),
            })))?,
            Format::Text => match &found {
                Some(found) if self.quiet => print(&answer::failures(found))?,
                Some(found) => print(&format!("\n{}", answer::text(found, false)))?,
                None => {}
            },
        }
        let failed = found.is_some_and(|found| !found.passed());
        Ok(all.iter().map(|ran| ran.exit_code).fold(u8::from(failed), u8::max))
    }

    /// The experiments to run, each with its overrides.
    fn tasks(&self, files: &[(String, PathBuf)]) -> Result<Vec<Task>> {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let known = |option: &str, name: &str| match names.contains(&name) {
            true => Ok(()),
            false => Err(Error::Usage(format!("{option}: there is no experiment `{name}`; {}", suggest(name, &names)))),
        };
        self.only.iter().try_for_each(|name| known("--only", name))?;
        let mut tasks: Vec<Task> = files
            .iter()
            .filter(|(name, _)| self.only.is_empty() || self.only.contains(name))
            .map(|(name, file)| Task {
                name: name.clone(),
                file: file.clone(),
                overrides: Vec::new(),
                force: Vec::new(),
            })
            .collect();
        // A file that cannot be read has no kind, and is its own failure later.
        let kind_of = |file: &Path| Experiment::read(file, &[]).ok().map(|e| name_of(dataset(&e).kind));
        let kinds: Vec<Option<String>> = tasks.iter().map(|task| kind_of(&task.file)).collect();
        for given in &self.data {
            let (kind, folder) = split(given, '=', "--data", "KIND=DIR, e.g. gtsrb=gtsrb_mini")?;
            let mut known: Vec<&str> = kinds.iter().flatten().map(String::as_str).collect();
            known.sort_unstable();
            known.dedup();
            if !known.contains(&kind) {
                let hint = suggest(kind, &known);
                return Err(Error::Usage(format!("--data: no experiment has data of the kind `{kind}`; {hint}")));
            }
            let of_kind = tasks.iter_mut().zip(&kinds).filter(|(_, k)| k.as_deref() == Some(kind));
            of_kind.for_each(|(task, _)| {
                task.overrides.push(format!("dataset.path={}", toml::Value::String(folder.to_owned())));
            });
        }
        for given in &self.overrides {
            let (name, setting) = split(given, ':', "--set", "EXPERIMENT:KEY=VALUE, e.g. quick:seed=7")?;
            known("--set", name)?;
            let of_this = tasks.iter_mut().filter(|task| task.name == name);
            of_this.for_each(|task| task.overrides.push(setting.to_owned()));
        }
        for given in &self.force {
            let (name, stage) = split(given, ':', "--force", "EXPERIMENT:STAGE, e.g. quick:training")?;
            known("--force", name)?;
            let of_this = tasks.iter_mut().filter(|task| task.name == name);
            of_this.for_each(|task| task.force.push(stage.to_owned()));
        }
        Ok(tasks)
    }

    /// Runs one experiment; whatever goes wrong is what became of it.
    fn one(&self, task: Task) -> Ran {
        let Task { name, file, overrides, force } = task;
        let began = Instant::now();
        let mut ran = Ran {
            name,
            state: State::Ok,
            data: None,
            folder: None,
            seconds: 0.0,
            claims: Vec::new(),
            remark: None,
            exit_code: 0,
        };
        let done = self.execute(&file, overrides, force, &mut ran);
        ran.seconds = began.elapsed().as_secs_f64();
        if let Err(error) = done {
            (ran.state, ran.exit_code, ran.remark) = (State::Failed, error.exit_code(), Some(error.to_string()));
        }
        ran
    }

    fn execute(&self, file: &Path, overrides: Vec<String>, force: Vec<String>, ran: &mut Ran) -> Result<()> {
        let experiment = Experiment::read(file, &overrides)?;
        let data = dataset(&experiment);
        let kind = name_of(data.kind);
        if data.kind == DatasetKind::Csv && !data.path.exists() && !self.data.iter().any(|d| d.starts_with("csv=")) {
            ran.state = State::Skipped;
            let path = data.path.display();
            ran.remark = Some(format!("{path} is not there, and nothing stands in for own data: --data csv=FILE"));
            return Ok(());
        }
        let missing =
            data.folder().is_none().then(|| format!("{} is not there: --data {kind}=DIR", data.path.display()));
        let run = Run {
            experiment: Some(file.to_path_buf()),
            data: None,
            overrides,
            out: self.out.clone(),
            force,
            format: Format::Text,
            quiet: true,
            machine: Machine::default(),
        };
        let folder = run.execute()?;
        let results = Results::read(&folder)?;
        ran.data = Some(results.manifest.data);
        ran.claims =
            results.claims.map(|claims| Outcome::ALL.into_iter().zip(claims.counts()).collect()).unwrap_or_default();
        ran.remark = missing.map(|missing| match results::name(&folder).ends_with("-stand-in") {
            true => format!("on the stand-in: {missing}"),
            false => format!("without images: {missing}"),
        });
        ran.folder = Some(folder);
        Ok(())
    }

    /// What was written, verified; only that where only some experiments were run. `None` where nothing was.
    fn verified(&self, all: &[Ran]) -> Result<Option<Verification>> {
        if self.only.is_empty() {
            return if self.out.exists() { verify(&self.out).map(Some) } else { Ok(None) };
        }
        let mut found = Verification::default();
        for folder in all.iter().filter_map(|ran| ran.folder.as_deref()) {
            let one = verify(folder)?;
            found.experiments.extend(one.experiments);
            found.failures.extend(one.failures);
        }
        Ok((!found.experiments.is_empty()).then_some(found))
    }
}

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
