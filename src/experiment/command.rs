//! The command line: what it takes, and which part of the library each command calls.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use rayon::ThreadPoolBuilder;

use super::commands::check_gradients::CheckGradients;
use super::commands::completions::Completions;
use super::commands::diff::Diff;
use super::commands::list::List;
use super::commands::rebuild_tid2013::RebuildTid2013;
use super::commands::report::Report;
use super::commands::reproduce::Reproduce;
use super::commands::verify::Verify;
use super::features::Features;
use super::file::Experiment;
use super::format::Format;
use super::plan::{self, Planning};
use super::score::Score;
use super::session::Session;
use super::style::print;
use super::{classification, image_quality, spread, training};
use crate::error::{Error, Result};
use crate::lanes::Simd;
use crate::report::results;

/// Distorted representation spaces characterized through backpropagated gradients.
///
/// Give an experiment file to run it, e.g. `gradspace experiments/tid2013.toml`.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment file (the word `run` may be left out)
    Run(Run),
    /// Say what a run of an experiment file would do: what is in the cache, what is to be computed and why
    Plan(Planning),
    /// Run all experiments of a folder, then verify what they wrote
    Reproduce(Reproduce),
    /// Check results: hashes, the comparison with the published numbers, claims, and what git has committed
    Verify(Verify),
    /// Tell what differs between two results, and which numbers moved
    Diff(Diff),
    /// List experiments, datasets, methods, distortions and challenges
    List(List),
    /// Score distorted images against their references: the gradient, UNIQUE and every metric of the field
    Score(Score),
    /// Write the features of a folder of images under a trained network as a table for NumPy
    Features(Features),
    /// Make the references and six distortion types of TID2013 again from the Kodak images
    RebuildTid2013(RebuildTid2013),
    /// Write the results as one page for a reader
    Report(Report),
    /// Check every derivative numerically and print the table
    CheckGradients(CheckGradients),
    /// Print the script that completes commands in a shell
    Completions(Completions),
}

/// Runs an experiment.
#[derive(Debug, Args)]
pub struct Run {
    /// The experiment file
    pub(super) experiment: Option<PathBuf>,
    /// The folder of data, in the layout that the experiment's dataset has
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Override a key of the experiment file; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) overrides: Vec<String>,
    /// The folder that results go to, in a folder named after the experiment
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(super) out: PathBuf,
    /// Compute a stage even if its results are in the cache; may be repeated (`gradspace plan` names the stages)
    #[arg(long, value_name = "STAGE")]
    pub(super) force: Vec<String>,
    /// How the table is printed; JSON is that of table.json
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Show no progress and no table
    #[arg(long)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) machine: Machine,
}

/// What changes the time a run takes, and no result.
#[derive(Debug, Default, Args)]
pub(super) struct Machine {
    /// Number of threads; all that the machine has if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Instruction set; the results are the same bits with any of them
    #[arg(long, value_name = "SET", default_value = "auto", value_parser = simd_names())]
    simd: String,
}

fn simd_names() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Simd::ALL.map(Simd::name)))
}

impl Machine {
    /// Sets the threads and the instruction set of the whole process.
    pub fn apply(&self) -> Result<()> {
        if let Some(simd) = Simd::from_name(&self.simd) {
            if !simd.is_available() {
                return Err(Error::Usage(format!("--simd {}: this processor does not have it", self.simd)));
            }
            simd.force();
        }
        let threads = self.threads.map_or(0, usize::from);
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()
            .map_err(|e| Error::Usage(format!("--threads {threads}: {e}")))
    }
}

impl CommandLine {
    /// Does what the command line asks for; the result is the exit code, 0 or, where a check has failed, 1.
    ///
    /// # Errors
    /// Whatever the command runs into; [`Error::exit_code`] tells the exit code.
    pub fn run(self) -> Result<u8> {
        match self.command {
            None => self.run.run(),
            Some(Command::Run(run)) => run.run(),
            Some(Command::Plan(plan)) => plan.run(),
            Some(Command::Reproduce(reproduce)) => reproduce.run(),
            Some(Command::Verify(verify)) => verify.run(),
            Some(Command::Diff(diff)) => diff.run(),
            Some(Command::List(list)) => list.run(),
            Some(Command::Score(score)) => score.run(),
            Some(Command::Features(features)) => features.run(),
            Some(Command::RebuildTid2013(rebuild)) => rebuild.run(),
            Some(Command::Report(report)) => report.run(),
            Some(Command::CheckGradients(check)) => check.run(),
            Some(Command::Completions(completions)) => completions.run(),
        }
    }
}

impl Run {
    fn run(self) -> Result<u8> {
        let (format, quiet) = (self.format, self.quiet);
        self.machine.apply()?;
        let folder = self.execute()?;
        if format == Format::Json && !quiet {
            print(&results::text(&folder.join(results::TABLE))?)?;
        }
        Ok(0)
    }

    /// Runs the experiment, on the threads and the instruction set that the process has; the folder of its results.
    pub(super) fn execute(mut self) -> Result<PathBuf> {
        let file = self
            .experiment
            .as_deref()
            .ok_or_else(|| Error::Usage("an experiment file is needed; see --help".into()))?;
        let experiment = read(file, self.data.as_deref(), &mut self.overrides)?;
        plan::check_forced(&experiment, &self.force)?;
        // A table in JSON is for a program, which reads nothing else on standard output.
        let session = Session::new(file, &self.out, &self.force, self.quiet || self.format == Format::Json);
        match &experiment {
            Experiment::ImageQuality(wanted) => image_quality::run(&experiment, wanted, session),
            Experiment::SparseAutoencoder(wanted) => training::run(&experiment, wanted, session),
            Experiment::TrainingSpread(wanted) => spread::run(&experiment, wanted, session),
            Experiment::Classification(wanted) => classification::run(&experiment, wanted, session),
        }
    }
}

/// Reads an experiment file under the overrides, of which the folder of data is one.
pub(super) fn read(file: &Path, data: Option<&Path>, overrides: &mut Vec<String>) -> Result<Experiment> {
    if let Some(data) = data {
        let path = toml::Value::String(data.to_string_lossy().into_owned());
        overrides.push(format!("dataset.path={path}"));
    }
    Experiment::read(file, overrides)
}
