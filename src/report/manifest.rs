//! The two records of a run: `manifest.json`, which is equal on every run, and `run.json`, which is not.
//!
//! `manifest.json` is a function of the experiment, the data and the version only. It is committed with the results, and a second run writes
//! the same bytes. It contains data and weights by name and hash, never by path. Times, host, threads and the state of the working copy are
//! stored in `run.json`, which git ignores.

use crate::error::{Error, Result};
use crate::files::json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// The committed record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The title of the experiment.
    pub title: String,
    /// The data that the numbers are from, as every table and chart describes them. For synthetic images it begins with `stand-in`.
    pub data: String,
    /// The version of gradspace, [`VERSION`].
    pub version: String,
    /// The experiment with every default and override filled in.
    pub experiment: serde_json::Value,
    /// The seeds, by purpose.
    pub seeds: BTreeMap<String, u64>,
    /// The BLAKE3 hash of each file of data or weights that was read, by name.
    pub inputs: BTreeMap<String, String>,
    /// The BLAKE3 hash of each result file except this one, by name.
    pub outputs: BTreeMap<String, String>,
}

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Manifest {
    /// The file's text: indented JSON and a final newline.
    pub fn to_json(&self) -> String {
        json(self)
    }

    /// Reads the text that [`Manifest::to_json`] of this or another version wrote; `path` is its name in errors.
    ///
    /// # Errors
    /// [`Error::Data`] for text that is not JSON or lacks a key.
    pub fn parse(text: &str, path: &Path) -> Result<Manifest> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|e| Error::data(path, format!("is not JSON: {e}")))?;
        let Some(version) = value["version"].as_str().map(str::to_owned) else {
            return Err(Error::data(path, "is not a manifest of gradspace: it has no `version`"));
        };
        serde_json::from_value(value).map_err(|e| match version.as_str() {
            VERSION => Error::data(path, format!("is not a manifest of gradspace: {e}")),
            other => of_version(other, path),
        })
    }

    /// The manifest, if this version wrote it.
    ///
    /// # Errors
    /// [`Error::Data`] for a manifest of another version, since that version may write other files.
    pub fn of_this_version(self, path: &Path) -> Result<Manifest> {
        if self.version == VERSION { Ok(self) } else { Err(of_version(&self.version, path)) }
    }
}

fn of_version(version: &str, path: &Path) -> Error {
    let problem = format!(
        "was written by gradspace {version}, and this is {VERSION}: run the experiment again, or use that version"
    );
    Error::data(path, problem)
}

/// The record of one particular run. It may differ on every run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The time of the start in UTC: `2019-09-22T09:30:00Z`.
    pub started_at: String,
    /// The duration in seconds.
    pub seconds: f64,
    /// The stages in the order in which they ran.
    pub stages: Vec<Stage>,
    /// The instruction set that the engine used.
    pub simd: String,
    /// The number of worker threads.
    pub threads: usize,
    /// The name of the machine; null if the system does not report it.
    pub host: Option<String>,
    /// The working copy; null without git or without a repository.
    pub git: Option<Git>,
}

/// The duration and the items of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The stage's name.
    pub name: String,
    /// The duration in seconds.
    pub seconds: f64,
    /// The number of items that were computed; null for a stage that is always recomputed.
    pub computed: Option<usize>,
    /// The number of items from the cache.
    pub cached: Option<usize>,
}

/// The state of the working copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// The commit's full hash.
    pub commit: String,
    /// Whether tracked files differ from it.
    pub dirty: bool,
}

impl Run {
    /// The file's text: indented JSON and a final newline.
    pub fn to_json(&self) -> String {
        json(self)
    }
}

/// The state of the git repository of `folder`, or `None` without git or without a commit.
pub fn git(folder: &Path) -> Option<Git> {
    let commit = ask_git(folder, &["rev-parse", "--verify", "HEAD"]).ok()?.trim().to_owned();
    let dirty = !ask_git(folder, &["status", "--porcelain", "--untracked-files=no"]).ok()?.is_empty();
    Some(Git { commit, dirty })
}

/// The output of git in `folder`, or the first line of its error message.
pub(super) fn ask_git(folder: &Path, arguments: &[&str]) -> std::result::Result<String, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments);
    // A git hook sets these variables, and they would select another repository than that of the folder.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        git.env_remove(variable);
    }
    let output = git.output().map_err(|e| format!("git cannot be run: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint = complaint.lines().next().unwrap_or("git gives no reason");
    Err(if complaint.contains("not a git repository") { "in no git repository" } else { complaint }.to_owned())
}

/// The name of the machine, or `None` if the system does not report it.
pub fn host() -> Option<String> {
    let read = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = read.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok())?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// `time` as UTC to the second: `2019-09-22T09:30:00Z`.
///
/// # Panics
/// For times before 1970.
pub fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970").as_secs();
    let (mut day, second) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let length = |year| 365 + u64::from(leap(year));
    let mut year = 1970;
    while day >= length(year) {
        day -= length(year);
        year += 1;
    }
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= months[month] {
        day -= months[month];
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_manifest_has_this_shape() {
        let manifest = Manifest {
            title: "TID2013".into(),
            data: "709 of 3000 images".into(),
            version: "0.1.0".into(),
            experiment: serde_json::json!({"name": "tid2013", "iqa": {"epsilon": 0.1}}),
            seeds: [("bootstrap".to_owned(), 1)].into(),
            inputs: [("i01_06_5.bmp".to_owned(), "ab".to_owned())].into(),
            outputs: [("table.csv".to_owned(), "cd".to_owned()), ("scores.csv".to_owned(), "ef".to_owned())].into(),
        };
        let expected = r#"{
  "title": "TID2013",
  "data": "709 of 3000 images",
  "version": "0.1.0",
  "experiment": {
    "name": "tid2013",
    "iqa": {
      "epsilon": 0.1
    }
  },
  "seeds": {
    "bootstrap": 1
  },
  "inputs": {
    "i01_06_5.bmp": "ab"
  },
  "outputs": {
    "scores.csv": "ef",
    "table.csv": "cd"
  }
}
"#;
        assert_eq!(manifest.to_json(), expected);
        assert_eq!(Manifest::parse(expected, Path::new("m")).unwrap(), manifest);
    }

    #[test]
    fn what_is_not_a_manifest_of_this_version_is_refused_with_the_reason() {
        let of_this = crate::report::verify::tests::manifest().to_json();
        for (text, reason) in [
            ("{", "m.json: is not JSON"),
            ("[]", "it has no `version`"),
            ("{\"version\": \"0.0.1\"}", "was written by gradspace 0.0.1, and this is"),
            (&format!("{{\"version\": \"{VERSION}\"}}"), "missing field `title`"),
            (&of_this.replace(VERSION, "0.0.2"), "was written by gradspace 0.0.2"),
        ] {
            let path = Path::new("m.json");
            let read = Manifest::parse(text, path).and_then(|manifest| manifest.of_this_version(path));
            let error = read.unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn the_run_has_this_shape() {
        let run = Run {
            started_at: "2019-09-22T09:30:00Z".into(),
            seconds: 2.5,
            stages: vec![Stage { name: "scores".into(), seconds: 2.0, computed: Some(3), cached: Some(1) }],
            simd: "avx2".into(),
            threads: 2,
            host: None,
            git: Some(Git { commit: "94d9521".into(), dirty: true }),
        };
        let json: serde_json::Value = serde_json::from_str(&run.to_json()).unwrap();
        let expected = serde_json::json!({
            "started_at": "2019-09-22T09:30:00Z", "seconds": 2.5, "stages": [{"name": "scores", "seconds": 2.0, "computed": 3, "cached": 1}],
            "simd": "avx2", "threads": 2, "host": null, "git": {"commit": "94d9521", "dirty": true}
        });
        assert_eq!(json, expected);
        assert!(run.to_json().ends_with("}\n"));
    }

    #[test]
    fn times_are_calendar_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_569_144_600, "2019-09-22T09:30:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn no_repository_is_no_error() {
        assert_eq!(git(Path::new("/nowhere/at/all")), None);
    }
}
