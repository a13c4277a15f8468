//! `paper/replication.json`: all that `paper/replication.typ` shows, from the results and never typed by hand.
//!
//! The document chooses what to say by these numbers and outcomes, and formats them; here they are only picked from the results folders that it
//! is about, which are committed. The same results give the same bytes.

use super::claims::Outcome;
use super::folder::{Folder, Number};
use super::grid::Section;
use super::manifest::VERSION;
use super::published::Published;
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The folders that the paper is about, the command that makes each where it is missing, and the parts of the data that are shown:
/// all of them where none is named.
const FOLDERS: [(&str, &str, &[&str]); 7] = [
    ("tid2013", "experiments/tid2013.toml --data DIR", &["all", "present"]),
    ("multi-live", "experiments/multi-live.toml --set competitors.scores=FILE", &["all"]),
    ("ablation", "experiments/ablation.toml --data DIR", &["all", "present"]),
    ("training-spread", "experiments/training-spread.toml --data DIR", &["all"]),
    ("tid2013-stand-in", "experiments/tid2013.toml", &["stand-in"]),
    ("gtsrb", "experiments/gtsrb.toml --data DIR", &[]),
    ("cure-tsr-stand-in", "experiments/cure-tsr.toml", &[]),
];

/// Statistics that the paper does not speak of.
const LEFT_OUT: [&str; 6] = ["_sampled", "_significance", "aupr_", "fpr_", "detection_error", "_p_of_proposed"];

/// The file's text: indented JSON and a final newline.
///
/// # Errors
/// [`Error::Data`] when one of the folders that the paper is about is not among `all`, which were read from `root`, or is not whole.
pub fn data(all: &[Folder], root: &Path) -> Result<String> {
    let mut results = Map::new();
    let mut claims = Vec::new();
    for (folder, command, subsets) in FOLDERS {
        let again = format!("run `gradspace {command}`");
        let Some(found) = all.iter().find(|r| r.folder == folder) else {
            return Err(Error::data(root.join(folder), format!("is not there, and the paper is about it; {again}")));
        };
        let shown = ["table.json", "sections.json", "claims.json"];
        let stale = found.stale.iter().filter(|name| shown.contains(&name.as_str())).count();
        let Some(manifest) = found.manifest.as_ref().filter(|_| stale == 0 && !found.rows.is_empty()) else {
            return Err(Error::data(root.join(folder), format!("is not whole: {} {again}", found.remarks.join(" "))));
        };
        results.insert(
            folder.to_owned(),
            json!({
                "title": manifest.title,
                "data": manifest.data,
                "stand_in": found.is_stand_in(),
                "seeds": manifest.seeds,
                "methods": methods(found, subsets),
                "sections": found.sections.iter().filter_map(section).collect::<Map<_, _>>(),
            }),
        );
        claims.extend(found.claims.iter().flat_map(|c| &c.claims).map(|claim| {
            json!({
                "experiment": folder,
                "stand_in": found.is_stand_in(),
                "says": claim.says,
                "place": claim.place,
                "outcome": claim.outcome,
                "tests": claim.tests.iter().map(|test| json!({
                    "test": test.test, "subset": test.subset, "data": test.data, "outcome": test.outcome, "reason": test.reason,
                })).collect::<Vec<_>>(),
            })
        }));
    }
    let text = json!({ "version": VERSION, "outcomes": Outcome::ALL, "claims": claims, "results": results });
    Ok(format!("{text:#}\n"))
}

/// The numbers of a folder by method, part of the data and statistic, in the order of its table.
fn methods(results: &Folder, subsets: &[&str]) -> Value {
    let shown = |row: &&Number| {
        let subset = if subsets.is_empty() { !row.subset.contains("level") } else { subsets.contains(&&*row.subset) };
        subset && !LEFT_OUT.iter().any(|part| row.statistic.contains(part))
    };
    let mut methods = Map::new();
    for row in results.rows.iter().filter(shown) {
        let mut at = &mut methods;
        for key in [&row.method, &row.subset] {
            let next = at.entry(key.clone()).or_insert_with(|| json!({}));
            at = next.as_object_mut().expect("an object was put there");
        }
        at.insert(row.statistic.clone(), number(row));
    }
    Value::Object(methods)
}

/// One number, and the published one beside it with how far from it a value may lie and agree.
fn number(row: &Number) -> Value {
    let mut out = json!({ "value": row.value });
    if let (Some(low), Some(high)) = (row.low, row.high) {
        (out["low"], out["high"]) = (low.into(), high.into());
    }
    if let (Some(published), Some(source)) = (row.published, &row.published_source) {
        let published_here = Published::embedded();
        let same = |c: &&super::published::Cell| {
            c.method == published_here.name(&row.method)
                && c.statistic_here() == row.statistic
                && c.value == published
                && c.provenance() == *source
        };
        out["published"] = published.into();
        out["tolerance"] = published_here.cells().find(same).map(|c| c.tolerance).into();
        out["status"] = row.status.clone().into();
    }
    out
}

/// The comparison with the laboratory's scores, by its name in the document.
fn section(section: &Section) -> Option<(String, Value)> {
    let wanted = section.title == "Our values beside the laboratory's, image by image";
    wanted.then(|| ("parity".to_owned(), serde_json::to_value(section).expect("lists of text become JSON")))
}
