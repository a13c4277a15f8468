//! What every experiment does around its work: time the stages, collect what was read and what is to be written, and write it
//! all at the end, when nothing can fail any more but the disk.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::cache::{Cache, Tally};
use super::file::Experiment;
use super::progress::{Progress, note};
use crate::error::{Error, Result};
use crate::files;
use crate::lanes::Simd;
use crate::report::files::{Outputs, hash_file};
use crate::report::manifest::{self, Manifest, Run, Stage};

/// One run of one experiment file.
pub(super) struct Session {
    /// The experiment's name: the file's, without folder and extension.
    name: String,
    /// The folder above the results'.
    root: PathBuf,
    quiet: bool,
    /// Stages that are computed even if the cache has them.
    forced: Vec<String>,
    /// The results folder and its cache, once it is known which it is.
    place: Option<(PathBuf, Cache)>,
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
    pub fn new(file: &Path, root: &Path, forced: &[String], quiet: bool) -> Session {
        Session {
            name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            root: root.to_path_buf(),
            quiet,
            forced: forced.to_vec(),
            place: None,
            started_at: SystemTime::now(),
            clock: Instant::now(),
            stages: Vec::new(),
            inputs: BTreeMap::new(),
            seeds: BTreeMap::new(),
            outputs: Outputs::new(),
            photographs: Outputs::new(),
        }
    }

    /// Takes the results folder, before anything is computed: it can be written to, and no other run is at work in it. The
    /// folder's name says whether the results are a stand-in's.
    ///
    /// # Errors
    /// As [`Cache::open`].
    pub fn open(&mut self, stand_in: bool) -> Result<()> {
        let folder = folder(&self.root, &self.name, stand_in);
        let cache = Cache::open(&folder, &self.forced, |line| self.note(line))?;
        // The folder is ours: what a killed run was writing is nobody's.
        ["", "photographs", "cache"].iter().for_each(|part| files::sweep(&folder.join(part)));
        self.place = Some((folder, cache));
        Ok(())
    }

    fn place(&self) -> &(PathBuf, Cache) {
        self.place.as_ref().expect("a run opens its folder before its stages")
    }

    /// What earlier runs have computed.
    pub fn cache(&self) -> &Cache {
        &self.place().1
    }

    /// Does one stage's work of `steps` steps, which the work reports to the [`Progress`] it is given, and takes what it can from
    /// the cache.
    ///
    /// A stage that is gone through several times counts as one.
    pub fn stage<T>(
        &mut self,
        name: &str,
        steps: usize,
        work: impl FnOnce(&Progress, &Cache) -> Result<T>,
    ) -> Result<T> {
        let (began, before) = (Instant::now(), self.cache().of_stage(name).unwrap_or_default());
        let done = work(&Progress::new(name, steps, self.quiet), self.cache())?;
        let seconds = began.elapsed().as_secs_f64();
        let items = self.cache().of_stage(name);
        if let Some(now) = items {
            let Tally { computed, cached } =
                Tally { computed: now.computed - before.computed, cached: now.cached - before.cached };
            if cached > 0 {
                self.note(&format!("{name}: {cached} of {} from the cache", cached + computed));
            }
        }
        match self.stages.iter_mut().find(|stage| stage.name == name) {
            Some(stage) => *stage = of(name, stage.seconds + seconds, items),
            None => self.stages.push(of(name, seconds, items)),
        }
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
        self.inputs.insert(name, hash_file(path)?);
        Ok(())
    }

    /// Writes the result files, the manifest and the record of the run; then prints `table` on standard output. Gives the folder.
    ///
    /// `data` says in words what data the numbers are from.
    pub fn finish(self, experiment: &Experiment, data: &str, table: &str) -> Result<PathBuf> {
        let (folder, cache) = self.place.expect("a run opens its folder before its stages");
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
        for stage in &run.stages {
            cache.took(&stage.name, stage.computed.unwrap_or(1), stage.seconds);
        }
        cache.prune();
        // The manifest last: where the machine stops in between, it is not yet that of what lies beside it, and `verify` says so.
        let (manifest, record) = (manifest.to_json(), run.to_json());
        let mut all: Vec<(PathBuf, &[u8])> = self.outputs.below(&folder).collect();
        all.extend(self.photographs.below(folder.join("photographs")));
        all.push((folder.join("run.json"), record.as_bytes()));
        all.push((folder.join("manifest.json"), manifest.as_bytes()));
        files::write_all(&all)?;
        if !self.quiet {
            print(table)?;
            note(&format!("results are in {} ({:.1} s)", folder.display(), run.seconds));
        }
        Ok(folder)
    }
}

/// What `run.json` says of a stage.
fn of(name: &str, seconds: f64, items: Option<Tally>) -> Stage {
    let name = name.to_owned();
    Stage { name, seconds, computed: items.map(|i| i.computed), cached: items.map(|i| i.cached) }
}

/// The folder of an experiment's results. Its name says whether they are a stand-in's.
pub(super) fn folder(root: &Path, name: &str, stand_in: bool) -> PathBuf {
    root.join(if stand_in { format!("{name}-stand-in") } else { name.to_owned() })
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
