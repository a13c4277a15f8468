//! What has been computed need not be computed again: the cache of an experiment's stages.
//!
//! A stage's work comes in items: the images of one reference, one network, one classifier. An item's result is a function of its
//! *identity*: its settings, the hashes of what it reads, the identity of what it builds on, and the program. The program
//! is known by the hash of its own file, so that no change of the code can be missed; clocks, comments in the experiment file
//! and folders on this machine are no part of it. An item that is in the cache is read, any other is computed and written before the next
//! begins; a run that was killed loses the items it was at.
//!
//! The cache lies in `cache/` in the results folder of its experiment and can be deleted at any time. Each entry is a file
//! with a line of JSON (its identity, the seconds it took, the hash of what follows) and the result. An entry that cannot be
//! read is computed again. In the same folder lies the lock: two runs never work in one results folder at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::{Instant, SystemTime};

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::report::files::{hash, hash_file};
use crate::report::manifest::{host, utc};

/// What the first line of the file `layout` says; another layout is another number.
const LAYOUT: &str = "gradspace stage cache 1\n";

/// The cache of one results folder, held by this run.
pub(super) struct Cache {
    folder: PathBuf,
    program: String,
    /// Stages whose items are computed even if they are there.
    forced: BTreeSet<String>,
    /// Seconds and number of the items that were computed, and the number of those that were there, by stage.
    tallies: Mutex<BTreeMap<String, Tally>>,
    /// Held until the run ends.
    _lock: Option<File>,
}

/// What became of a stage's items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Were computed.
    pub computed: usize,
    /// Were in the cache.
    pub cached: usize,
}

/// An item of a stage: what its result is a function of, but for the program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// The stage.
    pub stage: &'static str,
    /// The identity.
    pub identity: Value,
}

impl Item {
    /// The item of `stage` with this identity.
    pub fn new(stage: &'static str, identity: impl Serialize) -> Item {
        let identity = serde_json::to_value(identity).expect("settings and hashes become JSON");
        Item { stage, identity }
    }

    /// A hash that stands for the item in the identity of what builds on it.
    pub fn key(&self) -> String {
        hash(format!("{}\n{}", self.stage, self.identity).as_bytes())[..16].to_owned()
    }
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

impl Cache {
    /// The cache of a results folder, which from now on no other run can use.
    ///
    /// # Errors
    /// [`Error::Usage`] when another run holds it; [`Error::Write`] when it cannot be written to.
    pub fn open(results: &Path, forced: &[String], note: impl Fn(&str)) -> Result<Cache> {
        let folder = results.join("cache");
        let fail = |path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::Write { path, source }
        };
        std::fs::create_dir_all(&folder).map_err(fail(&folder))?;
        let path = folder.join("lock");
        let mut lock =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.is_empty() { "another run".to_owned() } else { holder };
                return Err(Error::Usage(format!(
                    "{}: {} is at work in this results folder; wait until it ends, or give another folder with --out",
                    results.display(),
                    holder.trim()
                )));
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(fail(&path)(source)),
        }
        let host = host().map(|host| format!(" on {host}")).unwrap_or_default();
        let holder = format!("process {}{host}, since {}\n", std::process::id(), utc(SystemTime::now()));
        lock.set_len(0).and_then(|()| lock.write_all(holder.as_bytes())).map_err(fail(&path))?;

        let layout = folder.join("layout");
        if std::fs::read_to_string(&layout).ok().as_deref() != Some(LAYOUT) {
            let entries: Vec<PathBuf> =
                files(&folder).into_iter().filter(|path| *path != folder.join("lock")).collect();
            if !entries.is_empty() {
                note(&format!("{}: a cache of another layout; it is made anew", folder.display()));
            }
            entries.iter().for_each(|path| drop(std::fs::remove_file(path)));
            crate::files::write(&layout, LAYOUT.as_bytes())?;
        }
        let forced = forced.iter().cloned().collect();
        Ok(Cache { folder, program: program()?, forced, tallies: Mutex::default(), _lock: Some(lock) })
    }

    /// The cache of a results folder as it is, to look at and not to write to; it need not exist.
    pub fn look(results: &Path, forced: &[String]) -> Result<Cache> {
        let folder = results.join("cache");
        let forced = forced.iter().cloned().collect();
        Ok(Cache { folder, program: program()?, forced, tallies: Mutex::default(), _lock: None })
    }

    /// The item's result: what is in the cache, or else what `work` gives, which is then put there.
    pub fn item<T: Serialize + DeserializeOwned>(&self, item: &Item, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if let Some(found) = self.get(item) {
            self.tally(item.stage, |tally| tally.cached += 1);
            return Ok(found);
        }
        let began = Instant::now();
        let done = work()?;
        self.put(item, &done, began.elapsed().as_secs_f64())?;
        self.tally(item.stage, |tally| tally.computed += 1);
        Ok(done)
    }

    fn tally(&self, stage: &str, change: impl FnOnce(&mut Tally)) {
        change(self.tallies.lock().expect("nothing panics while it counts").entry(stage.to_owned()).or_default());
    }

    /// What became of a stage's items so far.
    pub fn of_stage(&self, stage: &str) -> Option<Tally> {
        self.tallies.lock().expect("nothing panics while it counts").get(stage).copied()
    }

    /// A file beside the entries for what an item needs while it is under way.
    pub fn workplace(&self, item: &Item, extension: &str) -> PathBuf {
        self.path(item).with_extension(extension)
    }

    /// Whether a stage's items are computed even if they are there.
    pub fn is_forced(&self, stage: &str) -> bool {
        self.forced.contains(stage)
    }

    fn path(&self, item: &Item) -> PathBuf {
        let text = format!("{}\n{}\n{}", self.program, item.stage, item.identity);
        self.folder.join(format!("{}.{}.entry", item.stage.replace(' ', "-"), &hash(text.as_bytes())[..32]))
    }

    fn get<T: DeserializeOwned>(&self, item: &Item) -> Option<T> {
        if self.is_forced(item.stage) {
            return None;
        }
        let (head, result) = read(&self.path(item))?;
        // A damaged entry is none. That of another item, should two hashes agree, is none either.
        let is_it = head.identity == item.identity && head.program == self.program && head.blake3 == hash(&result);
        postcard::from_bytes(&result).ok().filter(|_| is_it)
    }

    fn put<T: Serialize>(&self, item: &Item, result: &T, seconds: f64) -> Result<()> {
        let result = postcard::to_stdvec(result).expect("numbers and bytes");
        let head = Head {
            stage: item.stage.to_owned(),
            program: self.program.clone(),
            identity: item.identity.clone(),
            seconds,
            blake3: hash(&result),
        };
        let mut bytes = serde_json::to_vec(&head).expect("strings and numbers");
        bytes.push(b'\n');
        bytes.extend(result);
        crate::files::write(self.path(item), &bytes)
    }

    /// Whether the item is there, and would be used.
    pub fn has(&self, item: &Item) -> bool {
        !self.is_forced(item.stage)
            && read(&self.path(item)).is_some_and(|(head, result)| {
                head.identity == item.identity && head.program == self.program && head.blake3 == hash(&result)
            })
    }

    /// Why items of a stage are not there: of each, what differs from the nearest entry.
    pub fn reasons(&self, stage: &str, items: &[&Item]) -> Vec<String> {
        if self.is_forced(stage) {
            return vec!["forced".to_owned(); items.len()];
        }
        let heads: Vec<Head> = files(&self.folder).iter().filter_map(|path| head(path)).collect();
        let of_stage: Vec<&Head> = heads.iter().filter(|head| head.stage == stage).collect();
        items.par_iter().map(|item| self.reason(item, &of_stage)).collect()
    }

    fn reason(&self, item: &Item, entries: &[&Head]) -> String {
        let differing = entries.iter().map(|head| {
            let mut differences = Vec::new();
            compare("", &head.identity, &item.identity, &mut differences);
            (differences, head.program != self.program)
        });
        match differing.min_by_key(|(differences, program)| (differences.len(), *program)) {
            None => "not computed yet".to_owned(),
            Some((differences, true)) if differences.is_empty() => "the program has changed".to_owned(),
            Some((differences, _)) if differences.is_empty() => "the entry is damaged".to_owned(),
            Some((differences, _)) => {
                let more = differences.len().saturating_sub(3);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{}{more}", differences[..differences.len().min(3)].join(", "))
            }
        }
    }

    /// Removes what this program can never use: entries that another one wrote.
    pub fn prune(&self) {
        for path in files(&self.folder).iter().filter(|path| path.extension().is_some_and(|e| e == "entry")) {
            if head(path).is_none_or(|head| head.program != self.program) {
                // What is left behind costs room, not correctness.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// The seconds that a stage takes for each item that it computes, as the last run measured them.
    pub fn seconds_per_item(&self, stage: &str) -> Option<f64> {
        self.times().get(stage).copied()
    }

    /// Remembers how long a stage took.
    pub fn took(&self, stage: &str, items: usize, seconds: f64) {
        if items > 0 {
            let mut times = self.times();
            times.insert(stage.to_owned(), seconds / items as f64);
            // An estimate that is lost is no reason to end a run.
            let _ = serde_json::to_vec(&times).map(|bytes| crate::files::write(self.folder.join("times.json"), &bytes));
        }
    }

    fn times(&self) -> BTreeMap<String, f64> {
        let text = std::fs::read(self.folder.join("times.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

/// The files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

/// An entry's first line.
fn head(path: &Path) -> Option<Head> {
    if path.extension()? != "entry" {
        return None;
    }
    let mut line = Vec::new();
    BufReader::new(File::open(path).ok()?).read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

/// An entry.
fn read(path: &Path) -> Option<(Head, Vec<u8>)> {
    let bytes = std::fs::read(path).ok()?;
    let end = bytes.iter().position(|&b| b == b'\n')?;
    let head = serde_json::from_slice(&bytes[..end]).ok()?;
    Some((head, bytes[end + 1..].to_vec()))
}

/// The hash of the program's own file.
fn program() -> Result<String> {
    static KNOWN: OnceLock<String> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Ok(known.clone());
    }
    let path = std::env::current_exe().map_err(|e| Error::data("the program", format!("cannot find itself: {e}")))?;
    let hash = hash_file(path)?;
    Ok(KNOWN.get_or_init(|| hash).clone())
}

/// Collects `dotted.key old → new` wherever two values differ.
fn compare(key: &str, old: &Value, new: &Value, differences: &mut Vec<String>) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, new) in b {
                compare(&below(name), a.get(name).unwrap_or(&Value::Null), new, differences);
            }
            for (name, old) in a.iter().filter(|(name, _)| !b.contains_key(*name)) {
                compare(&below(name), old, &Value::Null, differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| compare(&below(&i.to_string()), a, b, differences));
        }
        (old, new) if old != new => differences.push(format!("`{key}` {} → {}", short(old), short(new))),
        _ => {}
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    if text.chars().count() > 24 { format!("{}…", text.chars().take(12).collect::<String>()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(cache: &Cache, item: &Item) -> String {
        cache.reasons(item.stage, &[item]).remove(0)
    }

    fn open(folder: &Path) -> Cache {
        Cache::open(folder, &[], |_| ()).unwrap()
    }

    #[test]
    fn an_item_is_computed_once_and_comes_back_to_the_bit() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let item = Item::new("scoring", json!({"epochs": 400}));
        let numbers = vec![0.1, f64::INFINITY, -0.0, f64::from_bits(1)];
        assert_eq!(cache.item(&item, || Ok(numbers.clone())).unwrap(), numbers);
        let again: Vec<f64> = cache.item(&item, || panic!("it is there")).unwrap();
        assert_eq!(
            again.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        );
        assert_eq!(cache.of_stage("scoring"), Some(Tally { computed: 1, cached: 1 }));
        drop(cache);
        let forced = Cache::open(folder.path(), &["scoring".to_owned()], |_| ()).unwrap();
        assert_eq!(forced.item(&item, || Ok(vec![1.0])).unwrap(), [1.0]);
        assert_eq!(reason(&forced, &item), "forced");
    }

    #[test]
    fn what_differs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let item =
            |epochs: u32, seed: u32| Item::new("training", json!({"training": {"epochs": epochs}, "seeds": [seed]}));
        assert_eq!(reason(&cache, &item(3, 1)), "not computed yet");
        cache.item(&item(400, 1), || Ok(1)).unwrap();
        cache.item(&item(400, 2), || Ok(1)).unwrap();
        assert_eq!(reason(&cache, &item(3, 1)), "`training.epochs` 400 → 3");
        assert!(cache.has(&item(400, 2)) && !cache.has(&item(3, 1)));
        let other = Cache { program: "another".into(), ..Cache::look(folder.path(), &[]).unwrap() };
        assert_eq!(reason(&other, &item(400, 1)), "the program has changed");
        assert!(!other.has(&item(400, 1)));
        // What another program wrote is of no use to this one.
        other.prune();
        assert_eq!(reason(&other, &item(400, 1)), "not computed yet");
    }

    #[test]
    fn a_damaged_entry_is_computed_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let item = Item::new("scoring", 1);
        for damage in [&b""[..], b"{}\n", b"not an entry"] {
            cache.item(&item, || Ok(7)).unwrap();
            std::fs::write(cache.path(&item), damage).unwrap();
            assert_eq!(cache.item(&item, || Ok(8)).unwrap(), 8);
            let mut bytes = std::fs::read(cache.path(&item)).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(cache.path(&item), bytes).unwrap();
            assert_eq!(reason(&cache, &item), "the entry is damaged");
            assert_eq!(cache.item(&item, || Ok(9)).unwrap(), 9);
            std::fs::remove_file(cache.path(&item)).unwrap();
        }
    }

    #[test]
    fn two_runs_do_not_work_in_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path());
        let message = match Cache::open(folder.path(), &[], |_| ()) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("both hold it"),
        };
        assert!(message.contains(&format!("process {}", std::process::id())) && message.contains("--out"), "{message}");
        drop(first);
        open(folder.path());
    }

    #[test]
    fn a_cache_of_another_layout_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path());
        let item = Item::new("scoring", 1);
        cache.item(&item, || Ok(7)).unwrap();
        drop(cache);
        std::fs::write(folder.path().join("cache/layout"), "gradspace stage cache 0\n").unwrap();
        let notes = std::cell::RefCell::new(Vec::new());
        let cache = Cache::open(folder.path(), &[], |note| notes.borrow_mut().push(note.to_owned())).unwrap();
        assert!(notes.borrow()[0].contains("another layout"), "{notes:?}");
        assert!(!cache.has(&item));
    }
}
