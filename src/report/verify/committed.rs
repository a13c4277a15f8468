//! Compares the results in a folder with those that git has committed there.
//!
//! The project reports the committed results. A folder contradicts them if a claim has another outcome, or if the comparison of a number with
//! the published one has another result. The same experiment, seeds and inputs give the same bits, so other bytes of the same run are a
//! contradiction too. If the folder was made from more data than the committed results, other numbers are not a contradiction. `gradspace
//! diff` lists the differences of the two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Failure;
use super::cells::Verdict;
use super::claims;
use crate::report::claims::Claims;
use crate::report::folder::{CLAIMS, MANIFEST, TABLE};
use crate::report::manifest::{Manifest, ask_git as git};
use crate::report::row::Row;
use crate::report::table::Table;

/// The state of a folder in git.
pub(super) enum Committed {
    /// There is no repository, or no git; the reason.
    NoRepository(String),
    /// The repository has no committed manifest of this folder.
    New,
    /// The folder is committed.
    As(Head),
}

/// The committed texts of a folder.
#[derive(Default)]
pub(super) struct Head {
    manifest: String,
    table: Option<String>,
    claims: Option<String>,
    /// The names of all committed files, relative to the folder.
    files: BTreeSet<String>,
}

impl Committed {
    /// Asks git about `folder`.
    pub fn of(folder: &Path) -> Committed {
        if let Err(reason) = git(folder, &["rev-parse", "--is-inside-work-tree"]) {
            return Committed::NoRepository(reason);
        }
        let file = |name: &str| git(folder, &["show", &format!("HEAD:./{name}")]).ok();
        let Some(manifest) = file(MANIFEST) else { return Committed::New };
        let list = git(folder, &["ls-tree", "-r", "-z", "--name-only", "HEAD", "."]).unwrap_or_default();
        let files = list.split_terminator('\0').map(str::to_owned).collect();
        Committed::As(Head { manifest, table: file(TABLE), claims: file(CLAIMS), files })
    }
}

/// Compares the committed texts with the results in the folder. Returns a failure for each outcome that differs, and whether both are of the
/// same run.
pub(super) fn compare(
    head: &Head,
    manifest: &Manifest,
    table: Option<&Table>,
    claims: Option<&Claims>,
) -> (Vec<Failure>, bool) {
    let mut failures = Vec::new();
    let mut fail = |name: &str, problem: &str| failures.push(Failure::new(name, problem));
    let here = Path::new("HEAD");
    // A committed file that this version cannot read has no outcomes to compare with. Its hash differs then.
    let committed = Manifest::parse(&head.manifest, here).and_then(|committed| committed.of_this_version(here)).ok();
    let listed = committed.iter().flat_map(|committed| committed.outputs.keys());
    for name in listed.filter(|name| !head.files.contains(*name)) {
        fail(name, "is listed in the committed manifest but not committed: `git add` it");
    }
    let same_run = committed.as_ref().is_some_and(|committed| {
        (&committed.experiment, &committed.seeds, &committed.inputs, &committed.version)
            == (&manifest.experiment, &manifest.seeds, &manifest.inputs, &manifest.version)
    });
    if let Some(committed) = committed.filter(|_| same_run) {
        for (name, hash) in &committed.outputs {
            match manifest.outputs.get(name) {
                Some(now) if now == hash => {}
                Some(_) => fail(name, "differs from the committed file, although both manifests describe the same run"),
                None => fail(name, "is committed, but the manifest no longer lists it"),
            }
        }
        for name in manifest.outputs.keys().filter(|name| !committed.outputs.contains_key(*name)) {
            fail(name, "is not committed, although the committed manifest describes the same run");
        }
    }
    if let Some(committed) = head.table.as_ref().and_then(|text| Table::parse(text, here).ok()) {
        let now = table.map(verdicts).unwrap_or_default();
        // A number that was not comparable has no outcome; with more data it may have one.
        for (cell, verdict) in verdicts(&committed).into_iter().filter(|(_, v)| *v != Verdict::NotComparable) {
            let found = now.get(&cell).map_or("missing", |verdict| verdict.words());
            if found != verdict.words() {
                let (method, subset, statistic) = cell;
                let was = verdict.words();
                fail(TABLE, &format!("{statistic} of {method} on {subset}: committed as `{was}`, now {found}"));
            }
        }
    }
    if let Some(committed) = head.claims.as_ref().and_then(|text| Claims::parse(text, here).ok()) {
        claims::changed(&committed, claims).iter().for_each(|problem| fail(CLAIMS, problem));
    }
    (failures, same_run)
}

/// The result of the comparison for each number with a published one.
fn verdicts(table: &Table) -> BTreeMap<(String, String, String), Verdict> {
    let compared = table.rows().iter().filter(|row| row.published.is_some());
    let key = |row: &Row| (row.method.clone(), row.subset.clone(), row.statistic.clone());
    compared.map(|row| (key(row), Verdict::from(&row.status))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::published::Published;
    use crate::report::verify::tests::manifest;

    #[test]
    fn outside_of_a_repository_there_is_nothing_to_compare_with() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            matches!(Committed::of(folder.path()), Committed::NoRepository(reason) if reason.starts_with("in no git"))
        );
    }

    #[test]
    fn another_outcome_and_other_bytes_of_the_same_run_are_failures() {
        let table = |value| {
            let rows = vec![Row::new("UNIQUE", "all", "srocc", value)];
            Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "TID2013", None)
        };
        let mut head = manifest();
        head.outputs = [("a.svg".to_owned(), "1".to_owned()), ("b.svg".to_owned(), "2".to_owned())].into();
        let files: BTreeSet<String> = head.outputs.keys().cloned().collect();
        let problems = |now: &Manifest, value| -> Vec<String> {
            let table_text = Some(table(0.86).json());
            let head = Head { manifest: head.to_json(), table: table_text, claims: None, files: files.clone() };
            let (failures, _) = compare(&head, now, Some(&table(value)), None);
            failures.iter().map(|f| format!("{}: {}", f.file, f.problem)).collect()
        };
        assert_eq!(problems(&head, 0.86), [""; 0]);
        let found = problems(&head, 0.7);
        assert!(
            found.len() == 1 && found[0].contains("committed as `match at the printed digits`, now differs"),
            "{found:?}"
        );
        let mut now = head.clone();
        now.outputs = [("a.svg".to_owned(), "9".to_owned()), ("c.svg".to_owned(), "2".to_owned())].into();
        let found = problems(&now, 0.86);
        assert!(found.len() == 3 && found[0].starts_with("a.svg: differs from the committed file"), "{found:?}");
        let partly = Head { manifest: head.to_json(), files: ["a.svg".to_owned()].into(), ..Head::default() };
        let (failures, _) = compare(&partly, &head, None, None);
        assert!(failures.len() == 1 && failures[0].file == "b.svg" && failures[0].problem.contains("not committed"));
        // Another seed may give other bytes.
        now.seeds.insert("experiment".into(), 8);
        assert_eq!(problems(&now, 0.86), [""; 0]);
    }
}
