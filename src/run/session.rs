//! The record of a run: the duration of its stages, its inputs and its outputs.
//!
//! All outputs are written at the end of the run, after everything has been computed.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::{Instant, SystemTime};

use serde_json::Value;

use super::cache::Cache;
use super::progress::{Progress, note, print};
use super::stages::Planned;
use crate::error::{Error, Result};
use crate::files::{self, hash_file};
use crate::lanes::Simd;
use crate::report::diff::{self, Change};
use crate::report::folder::{MANIFEST, STAND_IN};
use crate::report::manifest::{self, Manifest, Run, Stage as StageRecord};
use crate::report::outputs::Outputs;
use crate::settings::name_of;

/// The options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The experiment file. Its name without folder and extension is the name of the experiment.
    pub file: PathBuf,
    /// The folder that contains the results folder.
    pub out: PathBuf,
    /// Stages that are computed although the cache has their results.
    pub force: Vec<String>,
    /// Whether results of other settings may be replaced.
    pub replace: bool,
    /// Whether the run prints no progress, no notes and no table.
    pub quiet: bool,
}

impl Options {
    /// The results folder.
    pub fn folder(&self, stand_in: bool) -> PathBuf {
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
        self.out.join(if stand_in { format!("{name}{STAND_IN}") } else { name.into_owned() })
    }
}

/// The description of an experiment in the record of its run.
#[derive(Clone, Debug)]
pub struct About {
    /// The title of every table and chart.
    pub title: String,
    /// The settings with every default and override.
    pub settings: Value,
    /// A description of the data that the numbers are computed from.
    pub data: String,
    /// Whether synthetic images replace a missing dataset.
    pub stand_in: bool,
}

impl About {
    /// The settings in which earlier results in `folder` differ from these; empty without earlier results. The title and the claims change
    /// no number, so they are not compared.
    pub fn changes(&self, folder: &Path) -> Vec<Change> {
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            return Vec::new();
        }
        let earlier = files::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        // A manifest that cannot be read is not that of a result.
        let Some(earlier) = earlier.and_then(|mut manifest| Some(manifest.get_mut("experiment")?.take())) else {
            return Vec::new();
        };
        let compared = |settings: &Value| {
            let mut settings = settings.clone();
            for key in ["title", "claims"] {
                settings.as_object_mut().map(|settings| settings.shift_remove(key));
            }
            settings
        };
        diff::settings(&compared(&earlier), &compared(&self.settings))
    }
}

/// The most settings in an error, and the most characters of each value.
const SHOWN: usize = 4;
const WIDE: usize = 24;

/// The changes in a sentence: `seed` 1 → 2.
pub fn in_words(changes: &[Change]) -> String {
    let mut words: Vec<String> =
        changes.iter().take(SHOWN).map(|change| format!("`{}` {}", change.what, change.arrow(WIDE))).collect();
    if changes.len() > SHOWN {
        words.push(format!("and {} more", changes.len() - SHOWN));
    }
    words.join(", ")
}

/// One run of one experiment file.
pub struct Session {
    about: About,
    quiet: bool,
    /// The results folder.
    folder: PathBuf,
    cache: Cache,
    /// The cached stages of the plan, each with the program that computes it.
    programs: Vec<(&'static str, String)>,
    started_at: SystemTime,
    clock: Instant,
    /// The seconds of each stage, in the order of their first calls.
    seconds: Vec<(String, f64)>,
    /// The BLAKE3 hash of every file that was read, by its name in the manifest.
    pub inputs: BTreeMap<String, String>,
    /// The seeds, by purpose.
    pub seeds: BTreeMap<String, u64>,
    /// The result files.
    pub outputs: Outputs,
    /// Pictures with images of a dataset that may not be redistributed. The manifest does not list them.
    pub photographs: Outputs,
}

impl Session {
    /// Locks the results folder before anything is computed. The run computes the items of `planned` and no others.
    ///
    /// # Errors
    /// [`Error::Usage`] if the folder has results of other settings, unless they may be replaced; and the errors of [`Cache::open`].
    pub fn open(options: &Options, about: About, planned: &[Planned]) -> Result<Session> {
        let folder = options.folder(about.stand_in);
        let changes = about.changes(&folder);
        if !changes.is_empty() && !options.replace {
            return Err(Error::Usage(format!(
                "{} has results of other settings: {}; name another folder with --out, or replace them with --replace",
                folder.display(),
                in_words(&changes)
            )));
        }
        let quiet = options.quiet;
        let cache = Cache::open(&folder, &options.force, planned, |line| say(quiet, line))?;
        // Unfinished files of a run that was killed.
        ["", "photographs", "cache"].iter().for_each(|part| files::sweep(&folder.join(part)));
        let program = |planned: &Planned| Some((planned.name, planned.items.as_ref()?.first()?.program.clone()));
        Ok(Session {
            programs: planned.iter().filter_map(program).collect(),
            about,
            quiet,
            folder,
            cache,
            started_at: SystemTime::now(),
            clock: Instant::now(),
            seconds: Vec::new(),
            inputs: BTreeMap::new(),
            seeds: BTreeMap::new(),
            outputs: Outputs::default(),
            photographs: Outputs::default(),
        })
    }

    /// A description of the data that the numbers are computed from, for every title.
    pub fn data(&self) -> &str {
        &self.about.data
    }

    /// Whether synthetic images replace a missing dataset.
    pub fn is_stand_in(&self) -> bool {
        self.about.stand_in
    }

    /// Does the work of one stage, which has `steps` steps. The work reports each step and uses the cache.
    ///
    /// Several calls for one stage count as one stage in the record.
    pub fn stage<T>(
        &mut self,
        name: &str,
        steps: usize,
        work: impl FnOnce(&Progress, &Cache) -> Result<T>,
    ) -> Result<T> {
        let (began, before) = (Instant::now(), self.cache.of_stage(name).unwrap_or_default());
        let done = work(&Progress::new(name, steps, self.quiet), &self.cache)?;
        let now = self.cache.of_stage(name).unwrap_or_default();
        let cached = now.cached - before.cached;
        if cached > 0 {
            self.note(&format!("{name}: {cached} of {} from the cache", cached + now.computed - before.computed));
        }
        let seconds = began.elapsed().as_secs_f64();
        match self.seconds.iter_mut().find(|(stage, _)| stage == name) {
            Some((_, sum)) => *sum += seconds,
            None => self.seconds.push((name.to_owned(), seconds)),
        }
        Ok(done)
    }

    /// Writes a description of the data to standard error. Synthetic images are called so, with the path of the data that they replace.
    pub fn announce(&self, path: &Path) {
        match self.is_stand_in() {
            true => self.note(&format!("synthetic images, since {} does not exist; {}", path.display(), self.data())),
            false => self.note(self.data()),
        }
    }

    /// Writes a line to standard error, unless the run is quiet.
    pub fn note(&self, line: &str) {
        say(self.quiet, line);
    }

    /// Writes the result files, the manifest and the record of the run. Then it prints `table` and returns the results folder.
    ///
    /// # Errors
    /// [`Error::Write`] if a file cannot be written.
    pub fn finish(self, table: &str) -> Result<PathBuf> {
        let (folder, cache) = (self.folder, self.cache);
        let earlier = earlier_outputs(&folder);
        let manifest = Manifest {
            title: self.about.title,
            data: self.about.data,
            version: manifest::VERSION.to_owned(),
            experiment: self.about.settings,
            seeds: self.seeds,
            inputs: self.inputs,
            outputs: self.outputs.hashes(),
        };
        let record = |(name, seconds): (String, f64)| {
            let items = cache.of_stage(&name);
            StageRecord { name, seconds, computed: items.map(|i| i.computed), cached: items.map(|i| i.cached) }
        };
        let run = Run {
            started_at: manifest::utc(self.started_at),
            seconds: self.clock.elapsed().as_secs_f64(),
            stages: self.seconds.into_iter().map(record).collect(),
            simd: Simd::current().name().to_owned(),
            threads: rayon::current_num_threads(),
            host: manifest::host(),
            git: manifest::git(Path::new(".")),
        };
        for stage in &run.stages {
            cache.took(&stage.name, stage.computed.unwrap_or(1), stage.seconds);
        }
        self.programs.iter().for_each(|(stage, program)| cache.prune(stage, program));
        let gone = earlier.into_iter().filter(|(name, _)| !manifest.outputs.contains_key(name));
        let gone: Vec<(PathBuf, String)> = gone.map(|(name, hash)| (folder.join(name), hash)).collect();
        // The manifest is the last file. If the machine stops before, `verify` finds that it does not fit the other files.
        let (manifest, record) = (manifest.to_json(), run.to_json());
        let mut all: Vec<(PathBuf, &[u8])> = self.outputs.below(&folder).collect();
        all.extend(self.photographs.below(folder.join("photographs")));
        all.push((folder.join("manifest.json"), manifest.as_bytes()));
        // Equal files are not written, so a run that changes nothing needs no permission to write.
        all.retain(|(path, bytes)| !files::read(path).is_ok_and(|old| old == *bytes));
        if !cache.only_reads() {
            let last = all.iter().position(|(path, _)| path.ends_with("manifest.json")).unwrap_or(all.len());
            all.insert(last, (folder.join("run.json"), record.as_bytes()));
        }
        files::write_all(&all)?;
        // Files of the earlier results that these results do not have, unless someone changed them.
        for (path, _) in gone.iter().filter(|(path, hash)| hash_file(path).is_ok_and(|found| found == *hash)) {
            std::fs::remove_file(path).map_err(|source| Error::Write { path: path.clone(), source })?;
        }
        if !self.quiet {
            print(table)?;
            note(&format!("results are in {} ({:.1} s)", folder.display(), run.seconds));
        }
        Ok(folder)
    }
}

/// The hash of each file that the manifest of earlier results in `folder` lists, by name. Names that lead out of the folder are left out.
fn earlier_outputs(folder: &Path) -> BTreeMap<String, String> {
    let path = folder.join(MANIFEST);
    let text = if path.is_file() { files::read(&path).unwrap_or_default() } else { Vec::new() };
    let manifest = std::str::from_utf8(&text).ok().and_then(|text| Manifest::parse(text, &path).ok());
    let mut outputs = manifest.map(|manifest| manifest.outputs).unwrap_or_default();
    outputs.retain(|name, _| Path::new(name).components().all(|part| matches!(part, Component::Normal(_))));
    outputs
}

fn say(quiet: bool, line: &str) {
    if !quiet {
        note(line);
    }
}

/// The name in a manifest, `role/name`, and the hash of a file of weights or scores.
///
/// # Errors
/// [`Error::Data`] if the file cannot be read.
pub fn input(role: &str, path: &Path) -> Result<(String, String)> {
    Ok((format!("{role}/{}", name_of(path)), hash_file(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_settings_that_change_numbers_differ_from_earlier_results() {
        let folder = tempfile::tempdir().unwrap();
        let about = |settings: Value| About { title: "t".into(), settings, data: "d".into(), stand_in: false };
        let write = |text: &str| std::fs::write(folder.path().join(MANIFEST), text).unwrap();
        let now = about(json!({ "title": "T", "seed": 1, "list": [1, 2], "claims": [] }));
        assert!(now.changes(folder.path()).is_empty());
        for text in ["", "{", "[]", "{\"experiment\": {\"title\": \"U\", \"list\": [1, 2], \"seed\": 1}}"] {
            write(text);
            assert!(now.changes(folder.path()).is_empty(), "{text}");
        }
        write("{\"experiment\": {\"seed\": 2, \"list\": [1]}}");
        assert_eq!(in_words(&now.changes(folder.path())), "`seed` 2 → 1, `list` [1] → [1,2]");
    }

    #[test]
    fn earlier_files_are_those_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outputs = ["table.csv", "charts/a.png", "../b", "/c"].map(|name| (name.to_owned(), "ab".to_owned()));
        let manifest = Manifest {
            title: "t".into(),
            data: "d".into(),
            version: "0".into(),
            experiment: Value::Null,
            seeds: BTreeMap::new(),
            inputs: BTreeMap::new(),
            outputs: outputs.into(),
        };
        assert!(earlier_outputs(folder.path()).is_empty());
        std::fs::write(folder.path().join(MANIFEST), manifest.to_json()).unwrap();
        assert_eq!(earlier_outputs(folder.path()).into_keys().collect::<Vec<_>>(), ["charts/a.png", "table.csv"]);
    }
}
