//! What git has committed of a folder, beside what lies there.
//!
//! The committed results are the project's statement. A run that gives another outcome (a claim, or how a number compares with
//! the published one) contradicts it, and so does one that is the same run by its manifest and has other bytes: the same
//! experiment, seeds and inputs give the same bits. Where more data than the committed ones are at hand, other numbers are no
//! contradiction; `gradspace diff` tells them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use super::Failure;
use super::cells::Verdict;
use super::claims;
use crate::report::claims::Claims;
use crate::report::manifest::Manifest;
use crate::report::results::{CLAIMS, MANIFEST, TABLE};
use crate::report::table::Table;

/// What git knows of a folder.
pub(super) enum Committed {
    /// It lies in no repository, or git is not there; the reason.
    NoRepository(String),
    /// It lies in a repository that has not committed its manifest.
    New,
    /// It is committed.
    As {
        /// The committed manifest's text.
        manifest: String,
        /// The committed table's.
        table: Option<String>,
        /// The committed claims'.
        claims: Option<String>,
        /// What else of the folder is committed, by names relative to it.
        files: BTreeSet<String>,
    },
}

impl Committed {
    /// Asks git about `folder`.
    pub fn of(folder: &Path) -> Committed {
        if let Err(reason) = git(folder, &["rev-parse", "--is-inside-work-tree"]) {
            return Committed::NoRepository(reason);
        }
        let file = |name: &str| git(folder, &["show", &format!("HEAD:./{name}")]).ok();
        match file(MANIFEST) {
            None => Committed::New,
            Some(manifest) => {
                let list = git(folder, &["ls-tree", "-r", "-z", "--name-only", "HEAD", "."]).unwrap_or_default();
                let files = list.split_terminator('\0').map(str::to_owned).collect();
                Committed::As { manifest, table: file(TABLE), claims: file(CLAIMS), files }
            }
        }
    }
}

/// What git prints, or the first line of its complaint.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments);
    // Set where git itself has started us (a hook): they would name another repository than the folder's.
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

/// The committed texts and what lies in the folder, side by side: a failure for every outcome that is another, and whether
/// the two are the same run.
pub(super) fn compare(
    (head_manifest, head_table, head_claims): (&str, Option<&str>, Option<&str>),
    head_files: &BTreeSet<String>,
    manifest: &Manifest,
    table: Option<&Table>,
    claims: Option<&Claims>,
) -> (Vec<Failure>, bool) {
    let mut failures = Vec::new();
    let here = Path::new("HEAD");
    // A committed file that this version cannot read has no outcomes to compare with; its hash is another then.
    let head = Manifest::parse(head_manifest, here).ok();
    let listed = head.iter().flat_map(|head| head.outputs.keys());
    for name in listed.filter(|name| !head_files.contains(*name)) {
        failures
            .push(Failure::new(name, "is listed in the committed manifest and not committed with it: `git add` it"));
    }
    let same_run = head.as_ref().is_some_and(|head| {
        (&head.experiment, &head.seeds, &head.inputs, &head.version)
            == (&manifest.experiment, &manifest.seeds, &manifest.inputs, &manifest.version)
    });
    if let Some(head) = head.filter(|_| same_run) {
        for (name, hash) in &head.outputs {
            match manifest.outputs.get(name) {
                Some(now) if now == hash => {}
                Some(_) => failures.push(Failure::new(
                    name,
                    "is another file than the committed one, although by the manifest the same thing was run on the same data",
                )),
                None => failures.push(Failure::new(name, "is committed, and the manifest does not list it any more")),
            }
        }
        for name in manifest.outputs.keys().filter(|name| !head.outputs.contains_key(*name)) {
            failures
                .push(Failure::new(name, "is new, although by the manifest the same thing was run as is committed"));
        }
    }
    if let Some(head) = head_table.and_then(|text| Table::parse(text, here).ok()) {
        let now = table.map(verdicts).unwrap_or_default();
        // That numbers could not be compared is no outcome: with more data they can.
        for (cell, verdict) in verdicts(&head).into_iter().filter(|(_, v)| *v != Verdict::NotComparable) {
            let found = now.get(&cell).map_or("not there", |verdict| verdict.words());
            if found != verdict.words() {
                let (method, subset, statistic) = cell;
                let problem =
                    format!("{statistic} of {method} on {subset}: committed as `{}`, now {found}", verdict.words());
                failures.push(Failure::new(TABLE, problem));
            }
        }
    }
    if let Some(head) = head_claims.and_then(|text| Claims::parse(text, here).ok()) {
        failures.extend(claims::changed(&head, claims).into_iter().map(|problem| Failure::new(CLAIMS, problem)));
    }
    (failures, same_run)
}

/// How each number of ours that has a published one compares with it.
fn verdicts(table: &Table) -> BTreeMap<(String, String, String), Verdict> {
    let rows = table.rows().iter().filter_map(|row| {
        let status = &row.published.as_ref()?.status;
        Some(((row.method.clone(), row.subset.clone(), row.statistic.clone()), Verdict::from(status)))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::published::Published;
    use crate::report::table::Row;
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
            let rows = vec![Row::new("unique", "all", "srocc", value)];
            Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "TID2013", None)
        };
        let mut head = manifest("image-quality", "tid2013");
        head.outputs = [("a.svg".to_owned(), "1".to_owned()), ("b.svg".to_owned(), "2".to_owned())].into();
        let files: BTreeSet<String> = head.outputs.keys().cloned().collect();
        let problems = |now: &Manifest, value| -> Vec<String> {
            let (text, table_text) = (head.to_json(), table(0.86).json());
            let (failures, _) = compare((&text, Some(&table_text), None), &files, now, Some(&table(value)), None);
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
        assert!(found.len() == 3 && found[0].starts_with("a.svg: is another file"), "{found:?}");
        let (text, some) = (head.to_json(), ["a.svg".to_owned()].into());
        let (failures, _) = compare((&text, None, None), &some, &head, None, None);
        assert!(
            failures.len() == 1 && failures[0].file == "b.svg" && failures[0].problem.contains("not committed with it")
        );
        // Another seed may give other bytes.
        now.seeds.insert("experiment".into(), 8);
        assert_eq!(problems(&now, 0.86), [""; 0]);
    }
}
