//! The command line: what it takes, and which part of the library each command calls.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use rayon::ThreadPoolBuilder;

use super::features::Features;
use super::file::Experiment;
use super::plan::{self, Planning};
use super::progress::Progress;
use super::score::Score;
use super::session::{Session, print};
use super::{classification, image_quality, spread, training};
use crate::autodiff::check;
use crate::datasets::tid2013_rebuild::{Options, rebuild};
use crate::error::{Error, Result};
use crate::lanes::Simd;

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
    /// Score distorted images against their references: the gradient, UNIQUE and every metric of the field
    Score(Score),
    /// Write the features of a folder of images under a trained network as a table for NumPy
    Features(Features),
    /// Make the references and six distortion types of TID2013 again from the Kodak images
    RebuildTid2013(RebuildTid2013),
    /// Check every derivative numerically and print the table
    CheckGradients(CheckGradients),
}

/// Runs an experiment.
#[derive(Debug, Args)]
pub struct Run {
    /// The experiment file
    experiment: Option<PathBuf>,
    /// The folder of data, in the layout that the experiment's dataset has
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Override a key of the experiment file; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// The folder that results go to, in a folder named after the experiment
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Compute a stage even if its results are in the cache; may be repeated (`gradspace plan` names the stages)
    #[arg(long, value_name = "STAGE")]
    force: Vec<String>,
    /// Show no progress and no table
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: Machine,
}

/// What changes the time a run takes, and no result.
#[derive(Debug, Args)]
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

#[derive(Debug, Args)]
struct RebuildTid2013 {
    /// The folder of the 24 Kodak images, kodim01.png to kodim24.png
    #[arg(long, value_name = "DIR")]
    kodak: PathBuf,
    /// The folder of JPEG streams of distortion type 10
    #[arg(long, value_name = "DIR")]
    jpeg: Option<PathBuf>,
    /// Where the database is written, in its official layout
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct CheckGradients {
    #[command(flatten)]
    machine: Machine,
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
            Some(Command::Score(score)) => score.run(),
            Some(Command::Features(features)) => features.run(),
            Some(Command::RebuildTid2013(rebuild)) => rebuild.run(),
            Some(Command::CheckGradients(check)) => check.run(),
        }
    }
}

impl Run {
    fn run(mut self) -> Result<u8> {
        let file = self
            .experiment
            .as_deref()
            .ok_or_else(|| Error::Usage("an experiment file is needed; see --help".into()))?;
        let experiment = read(file, self.data.as_deref(), &mut self.overrides)?;
        plan::check_forced(&experiment, &self.force)?;
        self.machine.apply()?;
        let session = Session::new(file, &self.out, &self.force, self.quiet);
        match &experiment {
            Experiment::ImageQuality(wanted) => image_quality::run(&experiment, wanted, session)?,
            Experiment::SparseAutoencoder(wanted) => training::run(&experiment, wanted, session)?,
            Experiment::TrainingSpread(wanted) => spread::run(&experiment, wanted, session)?,
            Experiment::Classification(wanted) => classification::run(&experiment, wanted, session)?,
        }
        Ok(0)
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

impl RebuildTid2013 {
    fn run(self) -> Result<u8> {
        let progress = OnceLock::new();
        let options = Options { kodak: self.kodak, jpeg: self.jpeg, out: self.out };
        let summary = rebuild(&options, &|_, total| {
            progress.get_or_init(|| Progress::new("rebuilding images", total, false)).step();
        })?;
        drop(progress);
        print(&format!("{summary}\n"))?;
        // An image whose hash fails is a claim that does not hold.
        Ok(u8::from(!summary.failed.is_empty()))
    }
}

impl CheckGradients {
    fn run(self) -> Result<u8> {
        self.machine.apply()?;
        let rows = check::table();
        let passed = rows.iter().all(check::Row::passes);
        let mut text = format!("{:<22}  {:<26}  {:>6}  {:>9}  {:>9}\n", "op", "check", "checks", "worst", "at most");
        for row in &rows {
            let (op, kind, worst, most) = (row.op, row.kind.name(), row.worst, row.kind.tolerance());
            let verdict = if row.passes() { "" } else { "  FAILED" };
            text += &format!("{op:<22}  {kind:<26}  {:>6}  {worst:>9.1e}  {most:>9.0e}{verdict}\n", row.checks);
        }
        let failed = rows.iter().filter(|row| !row.passes()).count();
        text += &format!("{} of {} rows hold\n", rows.len() - failed, rows.len());
        print(&text)?;
        Ok(u8::from(!passed))
    }
}
