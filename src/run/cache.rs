//! The cache of an experiment's stages, which avoids computing a result twice.
//!
//! The work of a stage is divided into items: the images of one reference, one network, one classifier. The result of an item is a
//! function of its *identity*. The identity contains its settings, the hashes of the files that it reads and the identity of the items that
//! it depends on. It also contains the part of the program that computes the item ([`rooms`](super::rooms)), but no time, no comment of the
//! experiment file and no folder of a machine.
//!
//! An item in the cache is read. Any other item is computed and written before the next one begins, so a run that is killed loses
//! only its current items.
//!
//! The cache is the folder `cache/` in the results folder of the experiment. It can be deleted at any time. An entry is a file
//! with a line of JSON (identity, seconds, hash of the result) and the result. An entry that cannot be read is computed again. The
//! folder also contains a lock, so that two runs never use one results folder at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Instant, SystemTime};

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stages::{Item, Planned};
use crate::error::{Error, Result};
use crate::files::hash;
use crate::report::diff::{self, Change};
use crate::report::manifest::{host, utc};

/// The content of the file `layout`. Another layout has another number.
const LAYOUT: &str = "gradspace stage cache 2\n";

/// The most characters of a setting or a hash in a reason.
const WIDE: usize = 24;

/// The cache of one results folder, locked by this run.
pub struct Cache {
    folder: PathBuf,
    /// The keys of the planned items, by stage; a run computes no others.
    planned: BTreeMap<&'static str, BTreeSet<String>>,
    /// Stages whose items are computed although the cache has them.
    forced: BTreeSet<String>,
    /// The counts of items, by stage.
    tallies: Mutex<BTreeMap<String, Tally>>,
    /// Locked until the run ends; `None` if the folder is only read.
    lock: Option<File>,
}

/// The counts of a stage's items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Items that were computed.
    pub computed: usize,
    /// Items that were in the cache.
    pub cached: usize,
}

/// The first line of an entry.
#[derive(Deserialize, Serialize)]
struct Head {
    stage: String,
    program: String,
    identity: Value,
    seconds: f64,
    blake3: String,
}

impl Head {
    /// Whether this entry and its result belong to the item.
    fn is_of(&self, item: &Item, result: &[u8]) -> bool {
        self.identity == item.identity && self.program == item.program && self.blake3 == hash(result)
    }
}

impl Cache {
    /// Locks the cache of a results folder. A folder without permission to write is only read, if the cache has every planned item.
    ///
    /// # Errors
    /// [`Error::Usage`] if another run has locked it; [`Error::Write`] if the folder cannot be written to and an item is missing.
    pub fn open(results: &Path, forced: &[String], planned: &[Planned], note: impl Fn(&str)) -> Result<Cache> {
        let folder = results.join("cache");
        let fail = |path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::Write { path, source }
        };
        let keys = |planned: &Planned| Some((planned.name, planned.items.as_ref()?.iter().map(Item::key).collect()));
        let keys = planned.iter().filter_map(keys).collect();
        let path = folder.join("lock");
        let create = || File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut lock = match std::fs::create_dir_all(&folder).and_then(|()| create()) {
            Ok(lock) => lock,
            Err(reason) => {
                let found = Cache { planned: keys, ..Cache::look(results, forced) };
                let items = planned.iter().flat_map(|planned| planned.items.iter().flatten());
                let only_read = matches!(reason.kind(), PermissionDenied | ReadOnlyFilesystem);
                let complete = only_read && has_layout(&folder) && items.into_iter().all(|item| found.has(item));
                return if complete { Ok(found) } else { Err(fail(&path)(reason)) };
            }
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.is_empty() { "another run".to_owned() } else { holder };
                return Err(Error::Usage(format!(
                    "{}: {} uses this results folder; wait until it ends, or name another folder with --out",
                    results.display(),
                    holder.trim()
                )));
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(fail(&path)(source)),
        }
        let host = host().map(|host| format!(" on {host}")).unwrap_or_default();
        let holder = format!("process {}{host}, since {}\n", std::process::id(), utc(SystemTime::now()));
        lock.set_len(0).and_then(|()| lock.write_all(holder.as_bytes())).map_err(fail(&path))?;

        if !has_layout(&folder) {
            let entries: Vec<PathBuf> = files(&folder).into_iter().filter(|path| is_own(path)).collect();
            if !entries.is_empty() {
                note(&format!("{}: the cache has another layout and is emptied", folder.display()));
            }
            entries.iter().for_each(|path| drop(std::fs::remove_file(path)));
            crate::files::write(folder.join("layout"), LAYOUT.as_bytes())?;
        }
        let forced = forced.iter().cloned().collect();
        Ok(Cache { folder, planned: keys, forced, tallies: Mutex::default(), lock: Some(lock) })
    }

    /// The cache of a results folder for reading only. It need not exist.
    pub fn look(results: &Path, forced: &[String]) -> Cache {
        let folder = results.join("cache");
        let forced = forced.iter().cloned().collect();
        Cache { folder, planned: BTreeMap::new(), forced, tallies: Mutex::default(), lock: None }
    }

    /// Whether the results folder may only be read. Then the cache has every planned item.
    pub fn only_reads(&self) -> bool {
        self.lock.is_none()
    }

    /// The result of an item from the cache. If the cache lacks it, `work` computes it and it is stored.
    ///
    /// # Panics
    /// If the plan of this run does not contain the item.
    pub fn item<T: Serialize + DeserializeOwned>(&self, item: &Item, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let planned = self.planned.get(item.stage.name).is_some_and(|keys| keys.contains(&item.key()));
        assert!(planned, "the plan has no such item of `{}`: {}", item.stage.name, item.identity);
        // A result that cannot be decoded is computed again.
        if let Some(found) = self.result(item).and_then(|result| postcard::from_bytes(&result).ok()) {
            self.tally(item.stage.name, |tally| tally.cached += 1);
            return Ok(found);
        }
        let began = Instant::now();
        let done = work()?;
        self.put(item, &done, began.elapsed().as_secs_f64())?;
        self.tally(item.stage.name, |tally| tally.computed += 1);
        Ok(done)
    }

    fn tally(&self, stage: &str, change: impl FnOnce(&mut Tally)) {
        change(self.tallies.lock().expect("counting does not panic").entry(stage.to_owned()).or_default());
    }

    /// The counts of a stage's items so far.
    pub(super) fn of_stage(&self, stage: &str) -> Option<Tally> {
        self.tallies.lock().expect("counting does not panic").get(stage).copied()
    }

    /// A file beside the entries for the unfinished work on an item.
    pub fn workplace(&self, item: &Item, extension: &str) -> PathBuf {
        self.path(item).with_extension(extension)
    }

    fn path(&self, item: &Item) -> PathBuf {
        let name = item.stage.name;
        let text = format!("{}\n{name}\n{}", item.program, item.identity);
        self.folder.join(format!("{}.{}.entry", name.replace(' ', "-"), &hash(text.as_bytes())[..32]))
    }

    /// The stored result of the item, unless its stage is forced.
    fn result(&self, item: &Item) -> Option<Vec<u8>> {
        if self.forced.contains(item.stage.name) {
            return None;
        }
        // A damaged entry is not used. Neither is an entry of another item with the same hash.
        let (_, result) = read(&self.path(item)).filter(|(head, result)| head.is_of(item, result))?;
        Some(result)
    }

    /// Whether a run would read the item from the cache.
    pub fn has(&self, item: &Item) -> bool {
        self.result(item).is_some()
    }

    fn put<T: Serialize>(&self, item: &Item, result: &T, seconds: f64) -> Result<()> {
        let result = postcard::to_stdvec(result).expect("numbers and bytes");
        let head = Head {
            stage: item.stage.name.to_owned(),
            program: item.program.clone(),
            identity: item.identity.clone(),
            seconds,
            blake3: hash(&result),
        };
        let mut bytes = serde_json::to_vec(&head).expect("strings and numbers");
        bytes.push(b'\n');
        bytes.extend(result);
        crate::files::write(self.path(item), &bytes)
    }

    /// The reason why each of these items of a stage is not in the cache: its differences from the nearest entry.
    pub fn reasons(&self, stage: &str, items: &[&Item]) -> Vec<String> {
        if self.forced.contains(stage) {
            return vec!["forced".to_owned(); items.len()];
        }
        let heads: Vec<Head> = files(&self.folder).iter().filter_map(|path| head(path)).collect();
        let of_stage: Vec<&Head> = heads.iter().filter(|head| head.stage == stage).collect();
        items.par_iter().map(|item| self.reason(item, &of_stage)).collect()
    }

    fn reason(&self, item: &Item, entries: &[&Head]) -> String {
        let differing =
            entries.iter().map(|head| (diff::settings(&head.identity, &item.identity), head.program != item.program));
        match differing.min_by_key(|(differences, program)| (differences.len(), *program)) {
            None => "not computed yet".to_owned(),
            Some((differences, true)) if differences.is_empty() => "the program has changed".to_owned(),
            Some((differences, _)) if differences.is_empty() => "the cache entry is damaged".to_owned(),
            Some((differences, _)) => {
                let more = differences.len().saturating_sub(3);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let words = |change: &Change| format!("`{}` {}", change.what, change.arrow(WIDE));
                format!("{}{more}", differences.iter().take(3).map(words).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Removes the entries of a stage that another version of the code computed, since this one cannot use them.
    pub fn prune(&self, stage: &str, program: &str) {
        for path in files(&self.folder).iter().filter(|path| path.extension().is_some_and(|e| e == "entry")) {
            if head(path).is_none_or(|head| head.stage == stage && head.program != program) {
                // A file that cannot be removed takes up space and changes no result.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// The seconds for each computed item of a stage in its last run.
    pub fn seconds_per_item(&self, stage: &str) -> Option<f64> {
        self.times().get(stage).copied()
    }

    /// Stores the duration of a stage.
    pub fn took(&self, stage: &str, items: usize, seconds: f64) {
        if items > 0 {
            let mut times = self.times();
            times.insert(stage.to_owned(), seconds / items as f64);
            // A run does not fail if the estimate cannot be stored.
            let _ = serde_json::to_vec(&times).map(|bytes| crate::files::write(self.folder.join("times.json"), &bytes));
        }
    }

    fn times(&self) -> BTreeMap<String, f64> {
        let text = std::fs::read(self.folder.join("times.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

fn has_layout(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("layout")).is_ok_and(|layout| layout == LAYOUT)
}

/// Whether the file has a name that a cache gives, so that it may be removed.
fn is_own(path: &Path) -> bool {
    let named =
        |names: [&str; 2], part: Option<&OsStr>| part.is_some_and(|part| names.iter().any(|name| part == *name));
    named(["entry", "checkpoint"], path.extension()) || named(["times.json", "layout"], path.file_name())
}

/// The files of a folder, sorted by path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

/// Reads the first line of an entry.
fn head(path: &Path) -> Option<Head> {
    if path.extension()? != "entry" {
        return None;
    }
    Some(read(path)?.0)
}

/// Reads an entry.
fn read(path: &Path) -> Option<(Head, Vec<u8>)> {
    let bytes = crate::files::read(path).ok()?;
    let end = bytes.iter().position(|&b| b == b'\n')?;
    let head = serde_json::from_slice(&bytes[..end]).ok()?;
    Some((head, bytes[end + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::stages::Stage;
    use serde_json::json;

    const SCORING: Stage = Stage { name: "scoring", files: &[], rooms: &["iqa", "lanes"] };

    fn reason(cache: &Cache, item: &Item) -> String {
        cache.reasons(item.stage.name, &[item]).remove(0)
    }

    fn open(folder: &Path, items: &[&Item]) -> Cache {
        Cache::open(folder, &[], &[planned(items)], |_| ()).unwrap()
    }

    fn planned(items: &[&Item]) -> Planned {
        Planned::items(&SCORING, items.iter().map(|item| (*item).clone()).collect())
    }

    #[test]
    fn an_item_is_computed_once_and_comes_back_to_the_bit() {
        let folder = tempfile::tempdir().unwrap();
        let item = Item::new(&SCORING, json!({"epochs": 400}));
        let cache = open(folder.path(), &[&item]);
        let numbers = vec![0.1, f64::INFINITY, -0.0, f64::from_bits(1)];
        assert_eq!(cache.item(&item, || Ok(numbers.clone())).unwrap(), numbers);
        let again: Vec<f64> = cache.item(&item, || panic!("it is in the cache")).unwrap();
        assert_eq!(
            again.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        );
        assert_eq!(cache.of_stage("scoring"), Some(Tally { computed: 1, cached: 1 }));
        drop(cache);
        let forced = Cache::open(folder.path(), &["scoring".to_owned()], &[planned(&[&item])], |_| ()).unwrap();
        assert_eq!(forced.item(&item, || Ok(vec![1.0])).unwrap(), [1.0]);
        assert_eq!(reason(&forced, &item), "forced");
    }

    #[test]
    fn a_reason_names_the_differences() {
        let folder = tempfile::tempdir().unwrap();
        let item =
            |epochs: u32, seed: u32| Item::new(&SCORING, json!({"training": {"epochs": epochs}, "seeds": [seed]}));
        let cache = open(folder.path(), &[&item(400, 1), &item(400, 2)]);
        assert_eq!(reason(&cache, &item(3, 1)), "not computed yet");
        cache.item(&item(400, 1), || Ok(1)).unwrap();
        cache.item(&item(400, 2), || Ok(1)).unwrap();
        assert_eq!(reason(&cache, &item(3, 1)), "`training.epochs` 400 → 3");
        assert!(cache.has(&item(400, 2)) && !cache.has(&item(3, 1)));
        let changed = Item { program: "another".into(), ..item(400, 1) };
        assert_eq!(reason(&cache, &changed), "the program has changed");
        assert!(!cache.has(&changed));
        // Entries of another stage stay. Entries that other code computed are removed.
        cache.prune("training", "another");
        assert!(cache.has(&item(400, 1)));
        cache.prune("scoring", "another");
        assert_eq!(reason(&cache, &changed), "not computed yet");
    }

    #[test]
    fn a_damaged_entry_is_computed_again() {
        let folder = tempfile::tempdir().unwrap();
        let item = Item::new(&SCORING, 1);
        let cache = open(folder.path(), &[&item]);
        for damage in [&b""[..], b"{}\n", b"not an entry"] {
            cache.item(&item, || Ok(7)).unwrap();
            std::fs::write(cache.path(&item), damage).unwrap();
            assert_eq!(cache.item(&item, || Ok(8)).unwrap(), 8);
            let mut bytes = std::fs::read(cache.path(&item)).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(cache.path(&item), bytes).unwrap();
            assert_eq!(reason(&cache, &item), "the cache entry is damaged");
            assert_eq!(cache.item(&item, || Ok(9)).unwrap(), 9);
            std::fs::remove_file(cache.path(&item)).unwrap();
        }
    }

    #[test]
    fn two_runs_do_not_work_in_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), &[]);
        let message = match Cache::open(folder.path(), &[], &[], |_| ()) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("both have locked it"),
        };
        assert!(message.contains(&format!("process {}", std::process::id())) && message.contains("--out"), "{message}");
        drop(first);
        open(folder.path(), &[]);
    }

    #[test]
    #[should_panic(expected = "the plan has no such item of `scoring`")]
    fn a_run_computes_only_the_items_of_its_plan() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path(), &[&Item::new(&SCORING, 1)]);
        let _ = cache.item(&Item::new(&SCORING, 2), || Ok(7));
    }

    #[test]
    fn a_cache_of_another_layout_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let item = Item::new(&SCORING, 1);
        let cache = open(folder.path(), &[&item]);
        cache.item(&item, || Ok(7)).unwrap();
        drop(cache);
        std::fs::write(folder.path().join("cache/layout"), "gradspace stage cache 0\n").unwrap();
        let notes = std::cell::RefCell::new(Vec::new());
        let cache =
            Cache::open(folder.path(), &[], &[planned(&[&item])], |note| notes.borrow_mut().push(note.to_owned()))
                .unwrap();
        assert!(notes.borrow()[0].contains("another layout"), "{notes:?}");
        assert!(!cache.has(&item));
    }
}
