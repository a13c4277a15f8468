//! The comparison with the published numbers, made again.
//!
//! `table.json` says of each number whether it matches the published one. That is a consequence of the number, of
//! `paper/published.toml` and of what data the number is of; it is drawn here a second time, by the code that drew it first
//! ([`Row::compare`]), and what the file says must be what comes out. Which data are those of the publication is taken from
//! where the folder is and what its manifest says was run, not from the row that is judged.

use super::Failure;
use crate::report::manifest::Manifest;
use crate::report::published::Published;
use crate::report::results::TABLE;
use crate::report::table::{ALL, Row, Status, Table};
use serde::Serialize;

/// How a number compares with the published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Verdict {
    /// Equal when rounded to the publication's digits.
    #[serde(rename = "match at the printed digits")]
    Match,
    /// Not farther away than the publication's tolerance.
    #[serde(rename = "within tolerance")]
    WithinTolerance,
    /// Farther away.
    #[serde(rename = "differs")]
    Differs,
    /// Of other data, or there is no number of ours.
    #[serde(rename = "not comparable")]
    NotComparable,
}

impl Verdict {
    /// All of them, the best first.
    pub const ALL: [Verdict; 4] = [Verdict::Match, Verdict::WithinTolerance, Verdict::Differs, Verdict::NotComparable];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Match => "match at the printed digits",
            Verdict::WithinTolerance => "within tolerance",
            Verdict::Differs => "differs",
            Verdict::NotComparable => "not comparable",
        }
    }
}

impl From<&Status> for Verdict {
    fn from(status: &Status) -> Verdict {
        match status {
            Status::Match => Verdict::Match,
            Status::WithinTolerance => Verdict::WithinTolerance,
            Status::Differs => Verdict::Differs,
            Status::NotComparable(_) | Status::PublishedOnly => Verdict::NotComparable,
        }
    }
}

/// One published number and ours.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// As in the table.
    pub method: String,
    /// As in the table.
    pub subset: String,
    /// As in the table.
    pub statistic: String,
    /// Ours, if there is one.
    pub value: Option<f64>,
    /// The published one.
    pub published: f64,
    /// Where that stands and how it is known.
    pub source: String,
    /// How they compare.
    pub verdict: Verdict,
    /// Why the tolerance is as wide as it is, or why the numbers cannot be compared.
    pub reason: Option<String>,
}

/// The database in `paper/published.toml` that a run of this experiment is compared with, by what its manifest says was run.
pub(super) fn database(manifest: &Manifest) -> Option<&'static str> {
    let text = |pointer: &str| manifest.experiment.pointer(pointer).and_then(serde_json::Value::as_str);
    match (text("/kind")?, text("/dataset/kind")?) {
        ("image-quality", "tid2013") => Some("TID2013"),
        ("image-quality", "multi-live") => Some("MULTI-LIVE"),
        ("classification", _) => Some("CURE-TSR"),
        _ => None,
    }
}

/// What the rows of one subset are compared with.
enum Basis<'a> {
    /// Nothing: the publication has no such numbers.
    Nothing,
    /// The publication's numbers of this subset.
    Whole(&'a str),
    /// The publication's numbers of this subset, which are of other data.
    Other(&'a str),
}

/// What the long form's subsets are in the publication. Scores of images call `present` what is there of a database, and `all` the
/// whole of it; signs are the database's or are not, in every subset.
fn basis<'a>(row: &'a Row, manifest: &Manifest, stand_in: bool) -> Basis<'a> {
    let is = |pointer: &str, what: &str| {
        manifest.experiment.pointer(pointer).and_then(serde_json::Value::as_str) == Some(what)
    };
    if is("/kind", "classification") {
        // Some of the database's own signs are its own data as well; then its rows say how many.
        let whole = !stand_in && is("/dataset/kind", "cure-tsr") && reason(row).is_none();
        return if whole { Basis::Whole(&row.subset) } else { Basis::Other(&row.subset) };
    }
    match row.subset.as_str() {
        _ if stand_in => Basis::Nothing,
        "present" => Basis::Other(ALL),
        "LIVE" => Basis::Nothing,
        subset => Basis::Whole(subset),
    }
}

/// Why a row says that it cannot be compared.
fn reason(row: &Row) -> Option<&str> {
    match &row.published.as_ref()?.status {
        Status::NotComparable(reason) => Some(reason),
        _ => None,
    }
}

/// Every published number of the table with ours, and the rows whose status is not what comes out.
pub(super) fn check(table: &Table, manifest: &Manifest, stand_in: bool) -> (Vec<Cell>, Vec<Failure>) {
    let (published, database) = (Published::embedded(), database(manifest));
    let (mut cells, mut failures) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let mut again = Row { published: None, remark: None, ..row.clone() };
        let cell = match (database, basis(row, manifest, stand_in)) {
            (Some(database), Basis::Whole(subset)) => again.compare(published, database, subset, None),
            (Some(database), Basis::Other(subset)) => {
                let reason = reason(row).unwrap_or("these are not the publication's data");
                again.compare(published, database, subset, Some(reason))
            }
            _ => None,
        };
        let what = || format!("{} of {} on {}", row.statistic, row.method, row.subset);
        let value = |row: &Row| row.published.as_ref().map(|p| (p.value, p.source.clone()));
        if value(&again) != value(row) {
            let shown = |row: &Row| match &row.published {
                Some(beside) => format!("{}, {}", beside.value, beside.source),
                None => "nothing".to_owned(),
            };
            let problem =
                format!("{} shows as published {}, and paper/published.toml has {}", what(), shown(row), shown(&again));
            failures.push(Failure::new(TABLE, problem));
        } else if again.status() != row.status() {
            let problem = format!("{} says `{}`, and what comes out is `{}`", what(), row.status(), again.status());
            failures.push(Failure::new(TABLE, problem));
        }
        let (Some(cell), Some(beside)) = (cell, &again.published) else { continue };
        let verdict = Verdict::from(&beside.status);
        let reason = match &beside.status {
            Status::WithinTolerance => Some(format!("{}: {}", cell.tolerance, cell.because)),
            Status::NotComparable(reason) => Some(reason.clone()),
            Status::PublishedOnly => Some("there is no number of ours".to_owned()),
            Status::Match | Status::Differs => None,
        };
        cells.push(Cell {
            method: row.method.clone(),
            subset: row.subset.clone(),
            statistic: row.statistic.clone(),
            value: row.value,
            published: beside.value,
            source: beside.source.clone(),
            verdict,
            reason,
        });
    }
    (cells, failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verify::tests::manifest;
    use std::path::Path;

    /// A number of TID2013 that the publication has as 0.860.
    fn table(subset: &str, value: f64, not_comparable: Option<&str>) -> Table {
        let rows = vec![Row::new("unique", "all", "srocc", value), Row::new("unique", "all", "loss", 1.0)];
        let table = Table::new("t", "709 of 3000 images", rows).unwrap();
        let json = table.beside(Published::embedded(), "TID2013", not_comparable).json();
        Table::parse(&json.replace("\"all\"", &format!("\"{subset}\"")), Path::new(TABLE)).unwrap()
    }

    fn verdicts(table: &Table, stand_in: bool) -> (Vec<Verdict>, Vec<String>) {
        let (cells, failures) = check(table, &manifest("image-quality", "tid2013"), stand_in);
        (cells.iter().map(|c| c.verdict).collect(), failures.into_iter().map(|f| f.problem).collect())
    }

    #[test]
    fn what_the_table_says_comes_out_again() {
        let reason = Some("709 of 3000 images");
        for (table, verdict) in [
            (table("all", 0.8601, None), Verdict::Match),
            (table("all", 0.8594, None), Verdict::WithinTolerance),
            (table("all", 0.7, None), Verdict::Differs),
            (table("present", 0.8601, reason), Verdict::NotComparable),
        ] {
            assert_eq!(verdicts(&table, false), (vec![verdict], vec![]));
        }
        let (cells, _) = check(&table("all", 0.8594, None), &manifest("image-quality", "tid2013"), false);
        assert!(cells[0].reason.as_ref().unwrap().starts_with("0.0007: heights of the bars"), "{cells:?}");
    }

    #[test]
    fn a_status_that_does_not_follow_is_named() {
        let changed = |from: &str, to: &str, table: &Table| {
            let json = table.json();
            assert!(json.contains(from), "{json}");
            Table::parse(&json.replacen(from, to, 1), Path::new(TABLE)).unwrap()
        };
        let sound = table("all", 0.8594, None);
        for (table, stand_in, expected) in [
            (
                changed("within tolerance", "match", &sound),
                false,
                "says `match`, and what comes out is `within tolerance`",
            ),
            (changed("0.8594", "0.8", &sound), false, "comes out is `differs`"),
            (changed("\"published\": 0.86", "\"published\": 0.8", &sound), false, "shows as published 0.8, ICIP"),
            // Not comparable is for what is of other data.
            (changed("within tolerance", "not comparable: I say so", &sound), false, "comes out is `within tolerance`"),
            (
                table("present", 0.8594, None),
                false,
                "comes out is `not comparable: these are not the publication's data`",
            ),
            (sound.clone(), true, "paper/published.toml has nothing"),
            (table("LIVE", 0.8594, None), false, "paper/published.toml has nothing"),
        ] {
            let (_, problems) = verdicts(&table, stand_in);
            assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}\n{expected}");
            assert!(problems[0].contains("srocc of unique on "), "{problems:?}");
        }
        // A published number that is left out.
        let without = Table::new("t", "d", vec![Row::new("unique", "all", "srocc", 0.86)]).unwrap();
        assert!(verdicts(&without, false).1[0].contains("shows as published nothing"));
    }

    #[test]
    fn signs_are_compared_only_where_they_are_the_databases() {
        let table = |reason| {
            let rows = vec![Row::new("Proposed", "rain", "accuracy", 95.85)];
            Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "CURE-TSR", reason)
        };
        let failures = |kind, stand_in, reason: Option<&'static str>| {
            check(&table(reason), &manifest("classification", kind), stand_in).1.len()
        };
        assert_eq!(failures("cure-tsr", false, None), 0);
        assert_eq!(failures("cure-tsr", false, Some("900 real challenge-free signs")), 0);
        assert_eq!(failures("cure-tsr", true, Some("drawn signs")), 0);
        assert_eq!(failures("cure-tsr", true, None), 1);
        assert_eq!(failures("gtsrb", false, None), 1);
    }
}
