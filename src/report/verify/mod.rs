//! Verifies results: hashes, comparisons with published numbers, and outcomes of claims.
//!
//! Four parts of an experiment's folder are checked. The experiment is not run, and nothing is written.
//!
//! 1. **The files**: each has the BLAKE3 hash in the manifest. No listed file is missing, and each file is listed.
//! 2. **The comparison** (`cells`) with the published numbers follows from the numbers of the table and from `paper/published.toml`.
//! 3. **The claims** (`claims`): their outcomes follow from their comparisons, and the numbers of these are those of the table.
//! 4. **The committed results** (`committed`), if git has some, have the same outcomes.
//!
//! A claim that does not hold is a result, and so is a number that differs from the published one. A [`Failure`] is a file that differs from
//! the one that the run wrote, or a statement that does not follow from its numbers.

mod cells;
mod claims;
mod committed;

pub use cells::{Basis, Comparable, Comparables, ComparedNumber, Verdict};

use super::claims::{Claim, Outcome};
use super::folder::{self, CLAIMS, Files, Folder, LINK, MANIFEST, NO_RESULTS, STAND_IN, TABLE};
use super::manifest::Manifest;
use super::table::Table;
use crate::error::{Error, Result};
use crate::files::hash;
use committed::Committed;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

/// A problem with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Failure {
    /// The file or folder, relative to the verified folder.
    pub file: String,
    /// The problem.
    pub problem: String,
}

impl Failure {
    fn new(file: &str, problem: impl Into<String>) -> Failure {
        Failure { file: file.to_owned(), problem: problem.into() }
    }
}

/// A claim with its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedClaim {
    /// The sentence.
    pub says: String,
    /// Its place in the paper.
    pub place: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// The findings about the folder of one experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verified {
    /// The name of the folder.
    pub name: String,
    /// The title in the manifest.
    pub title: Option<String>,
    /// The description of the data in the manifest.
    pub data: Option<String>,
    /// The number of files with the hash in the manifest.
    pub files: usize,
    /// The published numbers of the table, with ours.
    pub cells: Vec<ComparedNumber>,
    /// The claims, in the order of the file.
    pub claims: Vec<CheckedClaim>,
    /// The result of the comparison with the committed results.
    pub committed: String,
    /// The failures.
    pub failures: Vec<Failure>,
    /// Notes that are not failures.
    pub notes: Vec<String>,
}

/// The findings about a folder of results.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verification {
    /// The experiments, in the order of their folders' names.
    pub experiments: Vec<Verified>,
    /// The failures of the folder itself.
    pub failures: Vec<Failure>,
}

impl Verification {
    /// Whether there is no failure.
    pub fn passed(&self) -> bool {
        self.failures.is_empty() && self.experiments.iter().all(|e| e.failures.is_empty())
    }

    /// The number of published numbers with each verdict, in all experiments.
    pub fn verdicts(&self) -> BTreeMap<Verdict, usize> {
        counts(Verdict::ALL, self.experiments.iter().flat_map(|e| &e.cells).map(|cell| cell.verdict))
    }

    /// The number of claims with each outcome, in all experiments.
    pub fn outcomes(&self) -> BTreeMap<Outcome, usize> {
        counts(Outcome::ALL, self.experiments.iter().flat_map(|e| &e.claims).map(|claim| claim.outcome))
    }
}

fn counts<T: Ord, const N: usize>(all: [T; N], found: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts: BTreeMap<T, usize> = all.map(|one| (one, 0)).into();
    found.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

/// Verifies the folder of an experiment, or a folder of such folders, at `path`. `comparables` gives the published numbers that their tables
/// are compared with.
///
/// # Errors
/// [`Error::Data`] if there are no results. The problem with a single file is a [`Failure`].
pub fn verify(path: &Path, comparables: Comparables) -> Result<Verification> {
    let found = folder::find(path)?;
    let mut failures = Vec::new();
    for other in &found.others {
        let name = folder::name(other);
        if other.is_symlink() {
            failures.push(Failure::new(&name, LINK));
        } else if name != "index.html" && !name.starts_with('.') {
            failures.push(Failure::new(&name, "does not belong to an experiment"));
        }
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for folder in &found.folders {
        let name = folder::name(folder);
        if let Some(other) = names.insert(name.to_lowercase(), name.clone()) {
            let problem = format!("differs from {other} only in upper and lower case; rename one of them");
            failures.push(Failure::new(&name, problem));
        }
    }
    let experiments = found.folders.iter().map(|folder| experiment(folder, comparables)).collect::<Result<_>>()?;
    Ok(Verification { experiments, failures })
}

/// Verifies the folder of one experiment.
fn experiment(path: &Path, comparables: Comparables) -> Result<Verified> {
    let mut folder = Folder::read(path);
    if let Some(fault) = folder.files.faults.pop() {
        return Err(fault);
    }
    let mut verified = Verified { name: folder.name.clone(), ..Verified::default() };
    verified.failures.extend(folder.files.links.iter().map(|name| Failure::new(name, LINK)));
    let (left, there): (BTreeSet<&str>, BTreeSet<&str>) =
        folder.files.names().partition(|name| name.ends_with(".part"));
    let note = |name| format!("{name} is the remainder of a run that was stopped while writing; it can be deleted");
    verified.notes.extend(left.into_iter().map(note));
    if folder.manifest.is_none() && there.is_empty() && verified.failures.is_empty() {
        verified.notes.push("contains no results yet: a run was stopped, or is still running".to_owned());
        return Ok(verified);
    }
    let missing = "is missing: the run was stopped before its end, or this is not a folder of results";
    let manifest = folder.manifest.take().unwrap_or_else(|| Err(Error::data(path, missing)));
    let manifest = manifest.and_then(|manifest| manifest.of_this_version(path));
    let Some(manifest) = sound(MANIFEST, Some(manifest), &mut verified) else { return Ok(verified) };
    verified.title = Some(manifest.title.clone());
    verified.data = Some(manifest.data.clone());
    hashes(&folder.files, &manifest, &there, &mut verified);

    let comparable = comparables(&manifest, verified.name.ends_with(STAND_IN));
    let table = sound(TABLE, folder.table.take(), &mut verified);
    if let Some(table) = &table {
        forms(&folder.files, &manifest, table, &mut verified);
        let (cells, failures) = cells::check(table, comparable);
        verified.cells = cells;
        verified.failures.extend(failures);
    }
    let claims = sound(CLAIMS, folder.claims.take(), &mut verified);
    if let Some(claims) = &claims {
        verified.failures.extend(claims::check(claims, &manifest, table.as_ref(), comparable));
        let claim = |c: &Claim| CheckedClaim { says: c.says.clone(), place: c.place.clone(), outcome: c.outcome };
        verified.claims = claims.claims.iter().map(claim).collect();
    }
    verified.committed = match Committed::of(path) {
        Committed::NoRepository(reason) => format!("not compared with committed results ({reason})"),
        Committed::New => "not committed".to_owned(),
        Committed::As(head) => {
            let (failures, same_run) = committed::compare(&head, &manifest, table.as_ref(), claims.as_ref());
            let other = !failures.is_empty();
            verified.failures.extend(failures);
            match (other, same_run) {
                (true, _) => "not as committed",
                (false, true) => "as committed",
                (false, false) => "another run than the committed one, with the same outcomes",
            }
            .to_owned()
        }
    };
    Ok(verified)
}

/// A part of the folder, if it exists and is sound. A problem with it is a failure.
fn sound<T>(name: &str, part: Option<Result<T>>, verified: &mut Verified) -> Option<T> {
    // The failure names the file only; reports add the folder.
    part?.map_err(|error| verified.failures.push(Failure::new(name, folder::problem(&error)))).ok()
}

/// Compares the files with the hashes in the manifest.
fn hashes(files: &Files, manifest: &Manifest, there: &BTreeSet<&str>, verified: &mut Verified) {
    for (name, listed) in &manifest.outputs {
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let problem = match files.get(name).filter(|_| there.contains(name.as_str())) {
            _ if !inside || NO_RESULTS.contains(&name.as_str()) => {
                "is listed in the manifest, but cannot be a result of a run".to_owned()
            }
            None => "is listed in the manifest, but missing: a run was stopped while writing, or the file was removed"
                .to_owned(),
            Some(Err(problem)) => problem,
            Some(Ok(bytes)) => match hash(bytes) {
                hash if hash == *listed => {
                    verified.files += 1;
                    continue;
                }
                _ if hash(&with_line_feeds(bytes)) == *listed => LINE_ENDS.to_owned(),
                hash => format!(
                    "differs from the file that the run wrote: its BLAKE3 hash is {hash:.12}…, not {listed:.12}…"
                ),
            },
        };
        verified.failures.push(Failure::new(name, problem));
    }
    for name in there.iter().filter(|name| **name != MANIFEST && !manifest.outputs.contains_key(**name)) {
        let problem = "is not listed in the manifest: no run wrote it, or a run was stopped";
        verified.failures.push(Failure::new(name, problem));
    }
}

const LINE_ENDS: &str = "differs in line ends only: git or an editor has replaced the line feeds that the run wrote; put `results/** -text` \
                         into .gitattributes and check the file out again";

/// The bytes with line feeds in place of other line ends.
fn with_line_feeds(bytes: &[u8]) -> Vec<u8> {
    let mut converted = Vec::with_capacity(bytes.len());
    for (i, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if bytes.get(i + 1) == Some(&b'\n') => {}
            b'\r' => converted.push(b'\n'),
            other => converted.push(other),
        }
    }
    converted
}

/// Compares the forms of one table with one another: `table.json`, `table.csv` and the manifest.
fn forms(files: &Files, manifest: &Manifest, table: &Table, verified: &mut Verified) {
    for (name, expected, problem) in [
        (TABLE, table.json(), "does not have the format that a run writes"),
        ("table.csv", table.csv(), "does not contain the numbers of table.json"),
    ] {
        // Other line ends are reported with the hash.
        let other = |bytes: &[u8]| bytes != expected.as_bytes() && with_line_feeds(bytes) != expected.as_bytes();
        if files.get(name).is_some_and(|bytes| bytes.is_ok_and(other)) {
            verified.failures.push(Failure::new(name, problem));
        }
    }
    for (what, listed, shown) in [("title", &manifest.title, table.title()), ("data", &manifest.data, table.data())] {
        if listed != shown {
            let problem = format!("its {what} is `{listed}`, but that of table.json is `{shown}`");
            verified.failures.push(Failure::new(MANIFEST, problem));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::manifest::VERSION;
    use crate::report::published::Published;
    use crate::report::row::Row;
    use std::path::PathBuf;
    use tempfile::TempDir;

    /// A manifest of an experiment on the images of TID2013, without outputs.
    pub(in crate::report) fn manifest() -> Manifest {
        Manifest {
            title: "t".into(),
            data: "d".into(),
            version: VERSION.into(),
            experiment: serde_json::json!({ "kind": "image-quality", "seed": 7, "dataset": { "kind": "tid2013" } }),
            seeds: [("experiment".to_owned(), 7)].into(),
            inputs: [("images".to_owned(), "ab".to_owned())].into(),
            outputs: BTreeMap::new(),
        }
    }

    /// The comparison with the published numbers of TID2013: `all` is the whole database, `present` is a part of it.
    pub(super) fn of_tid2013(_: &Manifest, stand_in: bool) -> Option<Comparable> {
        fn basis(subset: &str) -> Basis<'_> {
            match subset {
                "present" => Basis::Other("all"),
                "LIVE" => Basis::Nothing,
                subset => Basis::Same(subset),
            }
        }
        Some(Comparable { database: "TID2013", basis: if stand_in { |_| Basis::Nothing } else { basis } })
    }

    /// Verifies with this comparison.
    fn verify(path: &Path) -> Result<Verification> {
        super::verify(path, of_tid2013)
    }

    pub(super) const CLAIM: &str = r#"{"title": "t", "data": "d", "claims": [{"says": "It is better", "place": "abstract",
        "outcome": "holds", "tests": [{"test": "Gradient.srocc > UNIQUE.srocc", "subset": "all", "numbers": "images",
        "data": "d", "outcome": "holds", "decided_by": "interval", "reason": "r", "comparisons": [
        {"left": "Gradient", "right": "UNIQUE", "statistic": "srocc", "left_value": 0.865, "right_value": 0.7,
         "difference": 0.165, "low": 0.1, "high": 0.2, "p": null, "z": null, "tolerance": null, "outcome": "holds"}]}]}]}"#;

    /// The invented results of an experiment, in a folder of `root`.
    fn results(root: &Path, name: &str) -> PathBuf {
        let folder = root.join(name);
        let rows = vec![Row::new("Gradient", "all", "srocc", 0.865), Row::new("UNIQUE", "all", "srocc", 0.7)];
        let table = Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "TID2013", None);
        write(
            &folder,
            &[("table.json", &table.json()), ("table.csv", &table.csv()), ("claims.json", CLAIM), ("a.svg", "<svg/>")],
        );
        folder
    }

    /// Writes these files and adds them to the list in the manifest.
    fn write(folder: &Path, files: &[(&str, &str)]) {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(MANIFEST);
        let old = std::fs::read_to_string(&path).ok().map(|text| Manifest::parse(&text, &path).unwrap());
        let mut manifest = old.unwrap_or_else(manifest);
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
        for ignored in ["run.json", "cache/x", "photographs/x", ".table.md.7.part", ".DS_Store", "Thumbs.db"] {
            let path = folder.join(ignored);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "?").unwrap();
        }
        for ignored in ["index.html", ".DS_Store", "Thumbs.db"] {
            std::fs::write(root.path().join(ignored), "").unwrap();
        }
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
        assert!(verify(root.path()).unwrap().experiments[1].notes[0].contains("contains no results yet"));
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
        change("altered", &set("a.svg", "<svg />"), &["a.svg: differs from the file that the run wrote: its BLAKE3"]);
        let crlf = |name: &'static str| {
            move |folder: &Path| {
                let text = std::fs::read_to_string(folder.join(name)).unwrap();
                std::fs::write(folder.join(name), text.replace('\n', "\r\n")).unwrap();
            }
        };
        change("crlf csv", &crlf("table.csv"), &["table.csv: differs in line ends only"]);
        change("crlf json", &crlf("table.json"), &["table.json: differs in line ends only"]);
        change(
            "pipes",
            &|folder| {
                for name in ["a.svg", "run.json"] {
                    let _ = std::fs::remove_file(folder.join(name));
                    std::process::Command::new("mkfifo").arg(folder.join(name)).status().unwrap();
                }
            },
            &["a.svg: cannot be read: it is not a regular file"],
        );
        change("extra", &set("b.svg", ""), &["b.svg: is not listed in the manifest"]);
        change(
            "missing",
            &|folder| std::fs::remove_file(folder.join("a.svg")).unwrap(),
            &["a.svg: is listed in the manifest, but missing"],
        );
        change(
            "unfinished",
            &|folder| std::fs::remove_file(folder.join(MANIFEST)).unwrap(),
            &["manifest.json: is missing: the run was stopped before its end"],
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
            &["../b.svg: is listed in the manifest, but cannot be a result"],
        );
        std::fs::remove_file(root.path().join("b.svg")).unwrap();
        change(
            "circle",
            &|folder| std::os::unix::fs::symlink(folder, folder.join("again")).unwrap(),
            &["again: is a symbolic link, which is not followed"],
        );
        // The hash is adjusted, and the content of the file contradicts the other files.
        let replace = |name: &'static str, from: &'static str, to: &'static str| {
            move |folder: &Path| {
                let text = std::fs::read_to_string(folder.join(name)).unwrap();
                assert!(text.contains(from), "{text}");
                write(folder, &[(name, &text.replacen(from, to, 1))]);
            }
        };
        change("csv", &replace("table.csv", "0.7", "0.8"), &["table.csv: does not contain the numbers of table.json"]);
        change(
            "json",
            &replace("table.json", "\"value\": 0.7", "\"value\": 0.86"),
            &[
                "table.csv: does not",
                "table.json: srocc of UNIQUE on all has the status `differs`",
                "claims.json: “It is better”",
            ],
        );
        change(
            "title",
            &replace("table.json", "\"title\": \"t\"", "\"title\": \"u\""),
            &["manifest.json: its title is `t`, but that of table.json is `u`"],
        );
        change("claims", &replace("claims.json", "{", "[{"), &["claims.json: is not a file of claims"]);
    }

    #[test]
    fn a_linked_folder_is_verified() {
        let [root, elsewhere] = [(); 2].map(|()| TempDir::new().unwrap());
        let folder = results(elsewhere.path(), "a");
        std::os::unix::fs::symlink(&folder, root.path().join("a")).unwrap();
        for path in [root.path().to_path_buf(), root.path().join("a")] {
            let found = verify(&path).unwrap();
            assert!(found.passed() && found.experiments[0].files == 4, "{found:?}");
        }
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
        let expected = ["loop: is a symbolic link", "notes.txt: does not belong to", "a: differs from A only in"];
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}");
        }
        assert!(verify(&root.path().join("loop")).unwrap_err().to_string().contains("loop: the folder cannot be read"));
    }
}
