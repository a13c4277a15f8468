//! Whether results are what they say they are.
//!
//! Four things are asked of an experiment's folder, none of which runs the experiment:
//!
//! 1. **The files**: each has the BLAKE3 hash that the manifest lists, none is missing, none is there that is not listed;
//! 2. **The comparison** (`cells`) with the published numbers follows from the table's numbers and `paper/published.toml`;
//! 3. **The claims** (`claims`): their outcomes follow from their comparisons, whose numbers are the table's;
//! 4. **The committed results** (`committed`), where git has some, have the same outcomes.
//!
//! A claim that does not hold and a number that differs from the published one are results. A [`Failure`] is something else: a file
//! that is not what the run wrote, or a statement that does not follow from what it rests on.
//!
//! Everything is only read.

mod cells;
mod claims;
mod committed;

pub use cells::{Cell, Verdict};

use super::claims::{Claims, Outcome};
use super::files::hash_file;
use super::manifest::Manifest;
use super::results::{self, CLAIMS, MANIFEST, NO_RESULTS, TABLE};
use super::table::Table;
use crate::error::Result;
use committed::Committed;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Failure {
    /// The file or folder, relative to the folder that is verified.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Failure {
    fn new(file: &str, problem: impl Into<String>) -> Failure {
        Failure { file: file.to_owned(), problem: problem.into() }
    }
}

/// A claim and its outcome, which was drawn again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The sentence.
    pub says: String,
    /// Where it stands.
    pub place: String,
    /// How it comes out.
    pub outcome: Outcome,
}

/// What has been found out about one experiment's folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verified {
    /// The folder's name.
    pub name: String,
    /// What was run, by the manifest.
    pub title: Option<String>,
    /// What the numbers are from, by the manifest.
    pub data: Option<String>,
    /// Files whose hash is that of the manifest.
    pub files: usize,
    /// Every published number of the table, and ours.
    pub cells: Vec<Cell>,
    /// The claims, in the file's order.
    pub claims: Vec<Claim>,
    /// What came of the comparison with what git has committed.
    pub committed: String,
    /// What is wrong.
    pub failures: Vec<Failure>,
    /// What is worth saying and no failure.
    pub notes: Vec<String>,
}

/// What has been found out about a folder of results.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verification {
    /// By the folders' names.
    pub experiments: Vec<Verified>,
    /// What is wrong with the folder itself.
    pub failures: Vec<Failure>,
}

impl Verification {
    /// Whether nothing has failed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty() && self.experiments.iter().all(|e| e.failures.is_empty())
    }

    /// How many published numbers compare in each way, all experiments together.
    pub fn verdicts(&self) -> BTreeMap<Verdict, usize> {
        let cells = self.experiments.iter().flat_map(|e| &e.cells);
        let mut counts: BTreeMap<Verdict, usize> = Verdict::ALL.map(|verdict| (verdict, 0)).into();
        cells.for_each(|cell| *counts.entry(cell.verdict).or_default() += 1);
        counts
    }

    /// How many claims have each outcome, all experiments together.
    pub fn outcomes(&self) -> BTreeMap<Outcome, usize> {
        let mut counts: BTreeMap<Outcome, usize> = Outcome::ALL.map(|outcome| (outcome, 0)).into();
        let claims = self.experiments.iter().flat_map(|e| &e.claims);
        claims.for_each(|claim| *counts.entry(claim.outcome).or_default() += 1);
        counts
    }
}

/// Verifies the experiment's folder, or the folder of them, at `path`.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) when there is nothing to verify. What is wrong with single files is a [`Failure`].
pub fn verify(path: &Path) -> Result<Verification> {
    let found = results::find(path)?;
    let mut failures = Vec::new();
    for other in &found.others {
        let name = results::name(other);
        if other.is_symlink() {
            failures.push(Failure::new(&name, "is a symbolic link, which is not followed: results are files"));
        } else if name != "index.html" && !name.starts_with('.') {
            failures.push(Failure::new(&name, "belongs to no experiment"));
        }
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for folder in &found.folders {
        let name = results::name(folder);
        if let Some(other) = names.insert(name.to_lowercase(), name.clone()) {
            let problem = format!("has the same name as {other} where capitals do not count; give one of them another");
            failures.push(Failure::new(&name, problem));
        }
    }
    let experiments = found.folders.iter().map(|folder| experiment(folder)).collect::<Result<_>>()?;
    Ok(Verification { experiments, failures })
}

/// Verifies one experiment's folder.
fn experiment(folder: &Path) -> Result<Verified> {
    let mut verified = Verified { name: results::name(folder), ..Verified::default() };
    let there = files(folder, &mut verified)?;
    if !there.contains(MANIFEST) {
        if there.is_empty() && verified.failures.is_empty() {
            verified.notes.push("holds no results yet: a run was stopped, or is at work".to_owned());
        } else {
            let problem = "is not there: the run was stopped before its end, or this is no experiment's folder";
            verified.failures.push(Failure::new(MANIFEST, problem));
        }
        return Ok(verified);
    }
    let path = folder.join(MANIFEST);
    let Some(manifest) = read(&path, &mut verified, Manifest::parse) else { return Ok(verified) };
    verified.title = Some(manifest.title.clone());
    verified.data = Some(manifest.data.clone());
    hashes(folder, &manifest, &there, &mut verified);

    let table = there.contains(TABLE).then(|| read(&folder.join(TABLE), &mut verified, Table::parse)).flatten();
    if let Some(table) = &table {
        forms(folder, &manifest, table, &mut verified);
        let stand_in = verified.name.ends_with("-stand-in");
        let (cells, failures) = cells::check(table, &manifest, stand_in);
        verified.cells = cells;
        verified.failures.extend(failures);
    }
    let claims = there.contains(CLAIMS).then(|| read(&folder.join(CLAIMS), &mut verified, Claims::parse)).flatten();
    if let Some(claims) = &claims {
        verified.failures.extend(claims::check(claims, &manifest, table.as_ref()));
        let claim =
            |c: &super::claims::Claim| Claim { says: c.says.clone(), place: c.place.clone(), outcome: c.outcome };
        verified.claims = claims.claims.iter().map(claim).collect();
    }
    verified.committed = match Committed::of(folder) {
        Committed::NoRepository(reason) => format!("not compared with committed results ({reason})"),
        Committed::New => "not committed".to_owned(),
        Committed::As { manifest: head, table: head_table, claims: head_claims, files } => {
            let head = (head.as_str(), head_table.as_deref(), head_claims.as_deref());
            let (failures, same_run) = committed::compare(head, &files, &manifest, table.as_ref(), claims.as_ref());
            let other = !failures.is_empty();
            verified.failures.extend(failures);
            match (other, same_run) {
                (true, _) => "not as committed",
                (false, true) => "as committed",
                (false, false) => "another run than the committed one, with its outcomes",
            }
            .to_owned()
        }
    };
    Ok(verified)
}

/// A file that is there, read; what is wrong with it is noted.
fn read<T>(path: &Path, verified: &mut Verified, parse: fn(&str, &Path) -> Result<T>) -> Option<T> {
    let name = results::name(path);
    // The file alone: which folder it is in stands beside the failure.
    match results::text(path).and_then(|text| parse(&text, Path::new(&name))) {
        Ok(value) => Some(value),
        Err(error) => {
            let text = error.to_string();
            let problem = text.split_once(": ").map_or(text.as_str(), |(_, problem)| problem);
            verified.failures.push(Failure::new(&name, problem));
            None
        }
    }
}

/// The result files in the folder by their names relative to it, without what is no result.
fn files(folder: &Path, verified: &mut Verified) -> Result<BTreeSet<String>> {
    let mut there = BTreeSet::new();
    let mut folders = vec![(folder.to_path_buf(), String::new())];
    while let Some((next, below)) = folders.pop() {
        for (path, kind) in results::entries(&next)? {
            let name = format!("{below}{}", results::name(&path));
            if NO_RESULTS.contains(&name.as_str()) {
                continue;
            } else if kind.is_symlink() {
                verified
                    .failures
                    .push(Failure::new(&name, "is a symbolic link, which is not followed: results are files"));
            } else if kind.is_dir() {
                folders.push((path, format!("{name}/")));
            } else if name.ends_with(".part") {
                verified
                    .notes
                    .push(format!("{name} was left by a run that was stopped while it wrote; it may be deleted"));
            } else {
                there.insert(name);
            }
        }
    }
    Ok(there)
}

/// The files against the manifest's list of them.
fn hashes(folder: &Path, manifest: &Manifest, there: &BTreeSet<String>, verified: &mut Verified) {
    for (name, listed) in &manifest.outputs {
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let problem = if !inside || NO_RESULTS.contains(&name.as_str()) {
            "is listed in the manifest and can be no result of a run".to_owned()
        } else if !there.contains(name) {
            "is listed in the manifest and not there: a run was stopped while it wrote, or the file was removed"
                .to_owned()
        } else {
            match hash_file(folder.join(name)) {
                Ok(hash) if hash == *listed => {
                    verified.files += 1;
                    continue;
                }
                Ok(hash) => format!(
                    "is not what the run wrote: its BLAKE3 is {}…, and the manifest lists {}…",
                    start(&hash),
                    start(listed)
                ),
                Err(error) => error.to_string(),
            }
        };
        verified.failures.push(Failure::new(name, problem));
    }
    for name in there.iter().filter(|name| *name != MANIFEST && !manifest.outputs.contains_key(*name)) {
        verified
            .failures
            .push(Failure::new(name, "is not listed in the manifest: no run wrote it, or one was stopped"));
    }
}

/// As much of a hash as a reader compares.
fn start(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// The forms of one table say the same: `table.json`, `table.csv` and the manifest.
fn forms(folder: &Path, manifest: &Manifest, table: &Table, verified: &mut Verified) {
    let mut same = |name: &str, expected: String| {
        let path = folder.join(name);
        if path.is_file() && results::text(&path).is_ok_and(|text| text != expected) {
            let problem = match name {
                TABLE => "is not as a run writes its numbers",
                _ => "does not hold the numbers of table.json",
            };
            verified.failures.push(Failure::new(name, problem));
        }
    };
    same(TABLE, table.json());
    same("table.csv", table.csv());
    for (what, listed, shown) in [("title", &manifest.title, table.title()), ("data", &manifest.data, table.data())] {
        if listed != shown {
            let problem = format!("its {what} is `{listed}`, and table.json's `{shown}`");
            verified.failures.push(Failure::new(MANIFEST, problem));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::files::hash;
    use crate::report::manifest::VERSION;
    use crate::report::published::Published;
    use crate::report::table::Row;
    use std::path::PathBuf;
    use tempfile::TempDir;

    /// A manifest of an experiment of this kind on this kind of dataset, without outputs.
    pub(in crate::report) fn manifest(kind: &str, dataset: &str) -> Manifest {
        Manifest {
            title: "t".into(),
            data: "d".into(),
            version: VERSION.into(),
            experiment: serde_json::json!({ "kind": kind, "seed": 7, "dataset": { "kind": dataset } }),
            seeds: [("experiment".to_owned(), 7)].into(),
            inputs: [("images".to_owned(), "ab".to_owned())].into(),
            outputs: BTreeMap::new(),
        }
    }

    pub(super) const CLAIM: &str = r#"{"title": "t", "data": "d", "claims": [{"says": "It is better", "place": "abstract",
        "outcome": "holds", "tests": [{"test": "gradient.srocc > unique.srocc", "subset": "all", "numbers": "images",
        "data": "d", "outcome": "holds", "decided_by": "interval", "reason": "r", "comparisons": [
        {"left": "gradient", "right": "unique", "statistic": "srocc", "left_value": 0.865, "right_value": 0.7,
         "difference": 0.165, "low": 0.1, "high": 0.2, "p": null, "z": null, "tolerance": null, "outcome": "holds"}]}]}]}"#;

    /// The results of an experiment that never was, below `root`.
    fn results(root: &Path, name: &str) -> PathBuf {
        let folder = root.join(name);
        let rows = vec![Row::new("gradient", "all", "srocc", 0.865), Row::new("unique", "all", "srocc", 0.7)];
        let table = Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "TID2013", None);
        write(
            &folder,
            &[("table.json", &table.json()), ("table.csv", &table.csv()), ("claims.json", CLAIM), ("a.svg", "<svg/>")],
        );
        folder
    }

    /// Puts these files there and lists them in the manifest with what it lists already.
    fn write(folder: &Path, files: &[(&str, &str)]) {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(MANIFEST);
        let old = std::fs::read_to_string(&path).ok().map(|text| Manifest::parse(&text, &path).unwrap());
        let mut manifest = old.unwrap_or_else(|| manifest("image-quality", "tid2013"));
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
            manifest.outputs.insert((*name).to_owned(), hash(text.as_bytes()));
        }
        std::fs::write(path, manifest.to_json()).unwrap();
    }

    fn problems(path: &Path) -> Vec<String> {
        let found = verify(path).unwrap();
        let all = found.failures.into_iter().chain(found.experiments.into_iter().flat_map(|e| e.failures));
        all.map(|failure| format!("{}: {}", failure.file, failure.problem)).collect()
    }

    #[test]
    fn sound_results_pass_and_are_counted() {
        let root = TempDir::new().unwrap();
        let folder = results(root.path(), "a");
        for ignored in ["run.json", ".lock", "cache/x", "checkpoints/x", "photographs/x", ".table.md.7.part"] {
            let path = folder.join(ignored);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "?").unwrap();
        }
        std::fs::write(root.path().join("index.html"), "").unwrap();
        std::fs::create_dir_all(root.path().join("begun/checkpoints")).unwrap();
        for path in [root.path(), &folder] {
            let found = verify(path).unwrap();
            assert!(found.passed(), "{found:?}");
            let verified = &found.experiments[0];
            assert_eq!((verified.name.as_str(), verified.files), ("a", 4));
            assert!(
                verified.committed.starts_with("not compared with committed results (in no git"),
                "{}",
                verified.committed
            );
            assert!(verified.notes[0].contains(".table.md.7.part"), "{:?}", verified.notes);
            assert_eq!(found.verdicts()[&Verdict::Match], 1);
            assert_eq!(found.verdicts()[&Verdict::Differs], 1);
            assert_eq!(found.outcomes()[&Outcome::Holds], 1);
        }
        assert!(verify(root.path()).unwrap().experiments[1].notes[0].contains("no results yet"));
    }

    #[test]
    fn what_is_altered_missing_or_not_listed_is_named() {
        let root = TempDir::new().unwrap();
        let change = |name: &str, change: &dyn Fn(&Path), expected: &[&str]| {
            let folder = results(root.path(), name);
            change(&folder);
            let found = problems(&folder);
            assert!(found.len() == expected.len(), "{name}: {found:#?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{name}: {found}\nshould contain {expected}");
            }
        };
        let set = |name: &'static str, text: &'static str| {
            move |folder: &Path| std::fs::write(folder.join(name), text).unwrap()
        };
        change("altered", &set("a.svg", "<svg />"), &["a.svg: is not what the run wrote: its BLAKE3 is"]);
        change("extra", &set("b.svg", ""), &["b.svg: is not listed in the manifest"]);
        change(
            "missing",
            &|folder| std::fs::remove_file(folder.join("a.svg")).unwrap(),
            &["a.svg: is listed in the manifest and not there"],
        );
        change(
            "unfinished",
            &|folder| std::fs::remove_file(folder.join(MANIFEST)).unwrap(),
            &["manifest.json: is not there: the run was stopped before its end"],
        );
        change("broken", &set(MANIFEST, "{"), &["manifest.json: is not JSON"]);
        change(
            "version",
            &set(MANIFEST, "{\"version\": \"0.0.1\"}"),
            &["manifest.json: was written by gradspace 0.0.1"],
        );
        change(
            "outside",
            &|folder| {
                std::fs::write(folder.join("b.svg"), "x").unwrap();
                write(folder, &[("../b.svg", "x")]);
                std::fs::remove_file(folder.join("b.svg")).unwrap();
            },
            &["../b.svg: is listed in the manifest and can be no result"],
        );
        std::fs::remove_file(root.path().join("b.svg")).unwrap();
        change(
            "circle",
            &|folder| std::os::unix::fs::symlink(folder, folder.join("again")).unwrap(),
            &["again: is a symbolic link, which is not followed"],
        );
        // The hash is adjusted, and what the file says is no longer what the others say.
        let replace = |name: &'static str, from: &'static str, to: &'static str| {
            move |folder: &Path| {
                let text = std::fs::read_to_string(folder.join(name)).unwrap();
                assert!(text.contains(from), "{text}");
                write(folder, &[(name, &text.replacen(from, to, 1))]);
            }
        };
        change("csv", &replace("table.csv", "0.7", "0.8"), &["table.csv: does not hold the numbers of table.json"]);
        change(
            "json",
            &replace("table.json", "\"value\": 0.7", "\"value\": 0.86"),
            &[
                "table.csv: does not",
                "table.json: srocc of unique on all says `differs`",
                "claims.json: “It is better”",
            ],
        );
        change(
            "title",
            &replace("table.json", "\"title\": \"t\"", "\"title\": \"u\""),
            &["manifest.json: its title is `t`, and table.json's `u`"],
        );
        change("claims", &replace("claims.json", "{", "[{"), &["claims.json: is no file of claims"]);
    }

    #[test]
    fn what_lies_beside_the_folders_is_named() {
        let root = TempDir::new().unwrap();
        for name in ["a", "A"] {
            results(root.path(), name);
        }
        std::fs::write(root.path().join("notes.txt"), "").unwrap();
        std::os::unix::fs::symlink("loop", root.path().join("loop")).unwrap();
        let found = problems(root.path());
        assert_eq!(found.len(), 3, "{found:#?}");
        for (found, expected) in
            found.iter().zip(["loop: is a symbolic link", "notes.txt: belongs to no", "a: has the same name as A"])
        {
            assert!(found.contains(expected), "{found}");
        }
        assert!(verify(&root.path().join("loop")).unwrap_err().to_string().contains("loop: the folder cannot be read"));
    }
}
