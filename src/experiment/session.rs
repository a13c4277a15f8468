//! What every experiment does around its work: time the stages, collect what was read and what is to be written, and write it
//! all at the end, when nothing can fail any more but the disk.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::file::Experiment;
use super::progress::{Progress, note};
use crate::error::{Error, Result};
use crate::lanes::Simd;
use crate::report::files::{self, Outputs};
use crate::report::manifest::{self, Manifest, Run, Stage};

/// One run of one experiment file.
pub(super) struct Session {
    /// The experiment's name: the file's, without folder and extension.
    name: String,
    /// The folder above the results'.
    root: PathBuf,
    quiet: bool,
    started_at: SystemTime,
    clock: Instant,
    stages: Vec<Stage>,
    /// BLAKE3 of every file that was read, by the name the manifest gives it.
    pub inputs: BTreeMap<String, String>,
    /// The seeds, by purpose.
    pub seeds: BTreeMap<String, u64>,
    /// The result files.
    pub outputs: Outputs,
    /// Pictures that show images of a dataset: they are for who has it, and neither listed in the manifest nor to be passed on.
    pub photographs: Outputs,
}

impl Session {
    /// A run of the experiment file at `file`, whose results go below `root`.
    pub fn new(file: &Path, root: &Path, quiet: bool) -> Session {
        Session {
            name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            root: root.to_path_buf(),
            quiet,
            started_at: SystemTime::now(),
            clock: Instant::now(),
            stages: Vec::new(),
            inputs: BTreeMap::new(),
            seeds: BTreeMap::new(),
            outputs: Outputs::new(),
            photographs: Outputs::new(),
        }
    }

    /// Does one stage's work of `steps` steps, which the work reports to the [`Progress`] it is given.
    pub fn stage<T>(&mut self, name: &str, steps: usize, work: impl FnOnce(&Progress) -> Result<T>) -> Result<T> {
        let began = Instant::now();
        let done = work(&Progress::new(name, steps, self.quiet))?;
        self.stages.push(Stage { name: name.to_owned(), seconds: began.elapsed().as_secs_f64() });
        Ok(done)
    }

    /// A line for the reader on standard error, unless the run is quiet.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            note(line);
        }
    }

    /// Reads a file of weights or scores and remembers its hash under `role/` and its name.
    pub fn remember(&mut self, role: &str, path: &Path) -> Result<()> {
        let name = format!("{role}/{}", super::file::name_of(path));
        self.inputs.insert(name, files::hash_file(path)?);
        Ok(())
    }

    /// The folder of the results. Its name says whether they are the stand-in's.
    pub fn folder(&self, stand_in: bool) -> PathBuf {
        self.root.join(if stand_in { format!("{}-stand-in", self.name) } else { self.name.clone() })
    }

    /// Writes the result files, the manifest and the record of the run; then prints `table` on standard output.
    ///
    /// `data` says in words what data the numbers are from.
    pub fn finish(self, experiment: &Experiment, data: &str, stand_in: bool, table: &str) -> Result<()> {
        let folder = self.folder(stand_in);
        let manifest = Manifest {
            title: experiment.title().to_owned(),
            data: data.to_owned(),
            version: manifest::VERSION.to_owned(),
            experiment: serde_json::to_value(experiment).expect("an experiment holds nothing that JSON lacks"),
            seeds: self.seeds,
            inputs: self.inputs,
            outputs: self.outputs.hashes(),
        };
        let run = Run {
            started_at: manifest::utc(self.started_at),
            seconds: self.clock.elapsed().as_secs_f64(),
            stages: self.stages,
            simd: Simd::current().name().to_owned(),
            threads: rayon::current_num_threads(),
            host: manifest::host(),
            git: manifest::git(Path::new(".")),
        };
        self.outputs.write(&folder)?;
        self.photographs.write(folder.join("photographs"))?;
        crate::files::write(folder.join("manifest.json"), manifest.to_json().as_bytes())?;
        crate::files::write(folder.join("run.json"), run.to_json().as_bytes())?;
        if !self.quiet {
            print(table)?;
            note(&format!("results are in {} ({:.1} s)", folder.display(), run.seconds));
        }
        Ok(())
    }
}

/// Writes `text` to standard output. A reader that has gone (`| head`) has seen enough and is no error.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Write { path: PathBuf::from("standard output"), source })
        }
        _ => Ok(()),
    }
}
