//! What a run was: `manifest.json`, and what differs between two runs of the same thing: `run.json`.
//!
//! `manifest.json` is a function of the experiment, the data and the version alone: it is committed with the results, and a
//! second run writes the same bytes. Data and weights stand in it by name and hash, never by path. Times, host, threads and
//! the state of the working copy go to `run.json`, which git ignores.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// The committed record of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// What was run, for a reader.
    pub title: String,
    /// What data the numbers are from, in the words that every table and chart uses; a stand-in says so here.
    pub data: String,
    /// The version of gradspace, [`VERSION`].
    pub version: String,
    /// The experiment with every default and override filled in.
    pub experiment: serde_json::Value,
    /// The seeds, by purpose.
    pub seeds: BTreeMap<String, u64>,
    /// BLAKE3 of every data and weights file that was read, by name.
    pub inputs: BTreeMap<String, String>,
    /// BLAKE3 of every result file but this one, by name.
    pub outputs: BTreeMap<String, String>,
}

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Manifest {
    /// The file's text: indented JSON and a final newline.
    pub fn to_json(&self) -> String {
        json(self)
    }

    /// Reads back what [`Manifest::to_json`] wrote; `path` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Data`] for text that is not JSON or lacks a key, and for a file of another version, which is named: its hashes may
    /// be of other files than this version writes.
    pub fn parse(text: &str, path: &Path) -> Result<Manifest> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|e| Error::data(path, format!("is not JSON: {e}")))?;
        match value.get("version").and_then(serde_json::Value::as_str) {
            Some(VERSION) => {}
            Some(other) => {
                let problem = format!(
                    "was written by gradspace {other}, and this is {VERSION}: run the experiment again, or use that version"
                );
                return Err(Error::data(path, problem));
            }
            None => return Err(Error::data(path, "is no manifest of gradspace: it has no `version`")),
        }
        serde_json::from_value(value).map_err(|e| Error::data(path, format!("is no manifest of gradspace: {e}")))
    }
}

/// The record of one particular run; no two need be equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When it began: UTC, `2019-09-22T09:30:00Z`.
    pub started_at: String,
    /// Seconds from beginning to end.
    pub seconds: f64,
    /// Seconds of each stage, in the order they ran.
    pub stages: Vec<Stage>,
    /// The instruction set the engine ran on.
    pub simd: String,
    /// Worker threads.
    pub threads: usize,
    /// The machine's name; null where the system does not tell.
    pub host: Option<String>,
    /// The working copy; null where there is no git or no repository.
    pub git: Option<Git>,
}

/// How long one stage took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The stage's name.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
    /// Items that were computed; null for a stage that is always gone through whole.
    pub computed: Option<usize>,
    /// Items that an earlier run had computed.
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

/// The state of the git repository that `folder` lies in, or `None` without git or a repository with a commit.
pub fn git(folder: &Path) -> Option<Git> {
    let ask = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = ask(&["rev-parse", "--verify", "HEAD"])?;
    let dirty = !ask(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(Git { commit, dirty })
}

/// The machine's name, or `None` where the system does not tell.
pub fn host() -> Option<String> {
    let read = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = read.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok())?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// `time` as UTC to the second, `2019-09-22T09:30:00Z`.
///
/// # Panics
/// For times before 1970.
pub fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).expect("the clock stands after 1970").as_secs();
    let (mut day, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1)
}

fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("strings, numbers and lists become JSON");
    text.push('\n');
    text
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
    fn what_is_no_manifest_of_this_version_is_refused_with_the_reason() {
        for (text, reason) in [
            ("{", "m.json: is not JSON"),
            ("[]", "it has no `version`"),
            ("{\"version\": \"0.0.1\"}", "was written by gradspace 0.0.1, and this is"),
            (&format!("{{\"version\": \"{VERSION}\"}}"), "missing field `title`"),
        ] {
            let error = Manifest::parse(text, Path::new("m.json")).unwrap_err().to_string();
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
