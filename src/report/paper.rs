//! Collects the numbers of `paper/replication.typ` from the results: `paper/replication.json`.
//!
//! The document formats these numbers and outcomes, and they decide its statements. They are selected here from the committed results folders
//! of the paper. The same results give the same bytes.

use super::claims::Outcome;
use super::folder::{CLAIMS, Folder, SECTIONS, TABLE};
use super::grid::Section;
use super::manifest::VERSION;
use super::published::Published;
use super::row::Row;
use crate::error::{Error, Result};
use crate::files;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The folders of the paper, the arguments of the run that makes each, and the subsets that the paper shows; all subsets if none is named.
const FOLDERS: [(&str, &str, &[&str]); 7] = [
    ("tid2013", "experiments/tid2013.toml --data DIR", &["all", "present"]),
    ("multi-live", "experiments/multi-live.toml --set competitors.scores=FILE", &["all"]),
    ("ablation", "experiments/ablation.toml --data DIR", &["all", "present"]),
    ("training-spread", "experiments/training-spread.toml --data DIR", &["all"]),
    ("tid2013-stand-in", "experiments/tid2013.toml", &["stand-in"]),
    ("gtsrb", "experiments/gtsrb.toml --data DIR", &[]),
    ("cure-tsr-stand-in", "experiments/cure-tsr.toml", &[]),
];

/// Parts of the names of statistics that the paper does not show.
const LEFT_OUT: [&str; 6] = ["_sampled", "_significance", "aupr_", "fpr_", "detection_error", "_p_of_proposed"];

/// The file's text: indented JSON and a final newline.
///
/// # Errors
/// [`Error::Data`] if a folder of the paper is incomplete or not among `all`, which were read from `root`.
pub fn data(all: &[Folder], root: &Path) -> Result<String> {
    let mut results = Map::new();
    let mut claims = Vec::new();
    for (folder, command, subsets) in FOLDERS {
        let again = format!("run `gradspace {command}`");
        let Some(found) = all.iter().find(|r| r.name == folder) else {
            return Err(Error::data(root.join(folder), format!("is missing, but the paper needs it; {again}")));
        };
        let shown = [TABLE, SECTIONS, CLAIMS];
        let stale = found.stale().concat().iter().filter(|name| shown.contains(name)).count();
        let Some(manifest) = found.manifest().filter(|_| stale == 0 && !found.rows().is_empty()) else {
            let remarks = found.remarks().join(" ");
            return Err(Error::data(root.join(folder), format!("is incomplete: {remarks} Please {again}")));
        };
        let result = json!({
            "title": manifest.title,
            "data": manifest.data,
            "stand_in": found.is_stand_in(),
            "seeds": manifest.seeds,
            "methods": methods(found, subsets),
            "sections": found.sections().filter_map(section).collect::<Map<_, _>>(),
        });
        results.insert(folder.to_owned(), result);
        claims.extend(found.claims().into_iter().flat_map(|c| &c.claims).map(|claim| {
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
    Ok(files::json(&text))
}

/// The numbers of a folder by method, subset and statistic, in the order of its table.
fn methods(results: &Folder, subsets: &[&str]) -> Value {
    let shown = |row: &&Row| {
        let subset = if subsets.is_empty() { !row.subset.contains("level") } else { subsets.contains(&&*row.subset) };
        subset && !LEFT_OUT.iter().any(|part| row.statistic.contains(part))
    };
    let mut methods = Map::new();
    for row in results.rows().iter().filter(shown) {
        let mut at = &mut methods;
        for key in [&row.method, &row.subset] {
            let next = at.entry(key.clone()).or_insert_with(|| json!({}));
            at = next.as_object_mut().expect("an object was put there");
        }
        at.insert(row.statistic.clone(), number(row));
    }
    Value::Object(methods)
}

/// A number with its interval, the published number and the tolerance.
fn number(row: &Row) -> Value {
    let mut out = json!({ "value": row.value });
    if let Some((low, high)) = row.interval() {
        (out["low"], out["high"]) = (low.into(), high.into());
    }
    if let Some(value) = row.published {
        let published = Published::embedded();
        let cell = published.cells().find(|c| {
            (&*c.method, c.value) == (published.name(&row.method), value)
                && (c.statistic_here(), Some(c.provenance())) == (row.statistic.clone(), row.published_source.clone())
        });
        out["published"] = value.into();
        out["tolerance"] = cell.map(|cell| cell.tolerance).into();
        out["status"] = row.status.to_string().into();
    }
    out
}

/// The title of the section that compares scores with those of a score file. The document shows this section.
pub const PARITY: &str = "Comparison of our scores with those of the score file, image by image";

/// The comparison with the scores of the authors' group, with its name in the document.
fn section(section: &Section) -> Option<(String, Value)> {
    (section.title == PARITY)
        .then(|| ("parity".to_owned(), serde_json::to_value(section).expect("lists of text become JSON")))
}
