//! `gradspace run`, and `gradspace FILE`: an experiment from its file to its results.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use serde_json::Value;

use super::CommandLine;
use super::answer::{Answer, Format};
use super::machine::Machine;
use crate::error::{Error, Result};
use crate::files::guard::is_inside;
use crate::nearest::suggest;
use crate::report::folder::Folder;
use crate::run::progress::print;
use crate::run::session::Options;
use crate::studies::Experiment;

/// An experiment file and the options that change its run.
#[derive(Debug, Default, Args)]
pub(super) struct Wanted {
    /// Experiment file (TOML)
    #[arg(required = true)]
    pub experiment: Option<PathBuf>,
    /// Data of the experiment: the folder of the database, or the CSV file of your own images
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Override a key of the experiment file, e.g. `seed=7` or `iqa.methods=psnr,ssim`; an empty value removes the key; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Folder for the results; the experiment gets a folder of its own in it
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    /// Compute a stage again although the cache has its results; may be repeated (`gradspace plan` prints the stages)
    #[arg(long, value_name = "STAGE")]
    pub force: Vec<String>,
    /// Replace results of other settings in the results folder; without it they are an error
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
#[command(
    mut_arg("format", |format| format.help("Format of the printed table; JSON is that of table.json")),
    mut_arg("quiet", |quiet| quiet.help("Print no progress and no table")),
)]
pub(super) struct Run {
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    machine: Machine,
}

impl Wanted {
    /// The experiment file.
    pub fn file(&self) -> Result<&Path> {
        let file = self.experiment.as_deref().expect("clap requires it");
        let word = file.to_string_lossy();
        if !file.exists() && !word.contains(['.', '/', '\\']) {
            let commands = CommandLine::command();
            let names: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
            let hint = suggest(&word, &names);
            return Err(Error::Usage(format!("`{word}` is neither a command nor an experiment file; {hint}")));
        }
        Ok(file)
    }

    /// Reads and checks the experiment.
    pub fn read(&self) -> Result<Experiment> {
        let experiment = Experiment::read(self.file()?, self.data.as_deref(), &self.overrides)?;
        experiment.check_stages(&self.force)?;
        self.refuse_overwriting(&experiment)?;
        Ok(experiment)
    }

    /// Refuses a results folder that contains the experiment file, the data or the weights, since the run would write over them.
    fn refuse_overwriting(&self, experiment: &Experiment) -> Result<()> {
        let options = self.options(true)?;
        let mut inputs = vec![options.file.clone()];
        texts(&experiment.study.file(), &mut |text| inputs.extend(Some(PathBuf::from(text)).filter(|p| p.exists())));
        for folder in [options.folder(false), options.folder(true)] {
            if let Some(input) = inputs.iter().find(|input| is_inside(input, &folder)) {
                let (folder, input) = (folder.display(), input.display());
                return Err(Error::Usage(format!(
                    "--out {}: the results folder {folder} contains the input {input}; choose another folder",
                    self.out.display()
                )));
            }
        }
        Ok(())
    }

    /// The options of the run.
    pub fn options(&self, quiet: bool) -> Result<Options> {
        let file = self.file()?.to_path_buf();
        Ok(Options { file, out: self.out.clone(), force: self.force.clone(), replace: self.replace, quiet })
    }
}

/// Every text in the settings, which may be the path of an input.
fn texts(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(list) => list.iter().for_each(|item| texts(item, found)),
        Value::Object(table) => table.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

impl Run {
    pub fn run(self) -> Result<u8> {
        self.machine.apply()?;
        let Answer { format, quiet } = self.answer;
        // A program that reads the JSON table expects nothing else on standard output.
        let silent = quiet || format == Format::Json;
        let folder = self.wanted.read()?.study.plan(silent)?.carry_out(&self.wanted.options(silent)?)?;
        if format == Format::Json && !quiet {
            print(&Folder::read(&folder).results()?.table.map(|table| table.json()).unwrap_or_default())?;
        }
        Ok(0)
    }
}
