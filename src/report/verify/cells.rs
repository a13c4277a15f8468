//! Repeats the comparison with the published numbers.
//!
//! `table.json` contains for each number whether it matches the published one. This follows from the number, from `paper/published.toml` and
//! from the data of the number. It is derived a second time by the same code ([`Row::compare`]), and the file must agree. Whether our data
//! are those of the publication ([`Comparable`]) follows from the folder and its manifest, not from the row itself.

use super::Failure;
use crate::report::folder::TABLE;
use crate::report::manifest::Manifest;
use crate::report::published::Published;
use crate::report::row::{Row, Status};
use crate::report::table::Table;
use serde::Serialize;

/// The result of the comparison of a number with the published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Verdict {
    /// Equal when rounded to the publication's digits.
    #[serde(rename = "match at the printed digits")]
    Match,
    /// The difference is at most the tolerance.
    #[serde(rename = "within tolerance")]
    WithinTolerance,
    /// The difference exceeds the tolerance.
    #[serde(rename = "differs")]
    Differs,
    /// The numbers are of different data, or there is no number of ours.
    #[serde(rename = "not comparable")]
    NotComparable,
}

impl Verdict {
    /// All verdicts, the best first.
    pub const ALL: [Verdict; 4] = [Verdict::Match, Verdict::WithinTolerance, Verdict::Differs, Verdict::NotComparable];

    /// The verdict in words.
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
            Status::NotComparable(_) | Status::PublishedOnly | Status::NoPublished(_) => Verdict::NotComparable,
        }
    }
}

/// A number with the published one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedNumber {
    /// The method of the row.
    pub method: String,
    /// The subset of the row.
    pub subset: String,
    /// The statistic of the row.
    pub statistic: String,
    /// Our number, if there is one.
    pub value: Option<f64>,
    /// The published number.
    pub published: f64,
    /// The source of the published number and how it is known.
    pub source: String,
    /// The result of the comparison.
    pub verdict: Verdict,
    /// The reason for the tolerance, or the reason why the numbers are not comparable.
    pub reason: Option<String>,
}

/// The published numbers that the rows of a results folder are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Comparable {
    /// The name of the database in `paper/published.toml`.
    pub database: &'static str,
    /// The published numbers for a subset of the table.
    pub basis: fn(&str) -> Basis<'_>,
}

/// Gives the published numbers for a run, from its manifest and from whether it used synthetic images in place of the dataset. `None` if
/// there are no published numbers for such data.
pub type Comparables = fn(&Manifest, bool) -> Option<Comparable>;

/// The published numbers that the rows of one subset are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis<'a> {
    /// There are no such published numbers.
    Nothing,
    /// The published numbers of this subset, which are of the same data.
    Same(&'a str),
    /// The published numbers of this subset, which are of other data.
    Other(&'a str),
    /// The published numbers of this subset. Our data are the same or a part of them; rows of a part give this as their reason.
    SameOrPart(&'a str),
}

impl<'a> Basis<'a> {
    /// The publication's subset.
    pub(super) fn published(self) -> Option<&'a str> {
        match self {
            Basis::Nothing => None,
            Basis::Same(subset) | Basis::Other(subset) | Basis::SameOrPart(subset) => Some(subset),
        }
    }
}

/// The published numbers of the table with ours, and a failure for each row with a wrong status.
pub(super) fn check(table: &Table, comparable: Option<Comparable>) -> (Vec<ComparedNumber>, Vec<Failure>) {
    let published = Published::embedded();
    let (mut cells, mut failures) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let mut again = row.alone();
        let cell = comparable.and_then(|Comparable { database, basis }| {
            let basis = basis(&row.subset);
            let reason = match (basis, &row.status) {
                (Basis::Other(_) | Basis::SameOrPart(_), Status::NotComparable(reason)) => Some(reason.as_str()),
                (Basis::Other(_), _) => Some("these are not the publication's data"),
                _ => None,
            };
            again.compare(published, database, basis.published()?, reason)
        });
        let value = |row: &Row| row.published.zip(row.published_source.clone());
        let mut fail = |problem: String| failures.push(Failure::new(TABLE, format!("{} {problem}", row.name())));
        if value(&again) != value(row) {
            let shown = |row: &Row| value(row).map_or("nothing".to_owned(), |(value, by)| format!("{value}, {by}"));
            fail(format!("has the published value {}, but paper/published.toml has {}", shown(row), shown(&again)));
        } else if again.status != row.status {
            fail(format!("has the status `{}`, but its numbers give `{}`", row.status, again.status));
        }
        let (Some(cell), Some((published, source))) = (cell, value(&again)) else { continue };
        let verdict = Verdict::from(&again.status);
        let reason = match again.status {
            Status::WithinTolerance => Some(format!("{}: {}", cell.tolerance, cell.because)),
            Status::NotComparable(reason) => Some(reason),
            Status::PublishedOnly => Some("there is no number of ours".to_owned()),
            Status::Match | Status::Differs | Status::NoPublished(_) => None,
        };
        cells.push(ComparedNumber {
            method: row.method.clone(),
            subset: row.subset.clone(),
            statistic: row.statistic.clone(),
            value: row.value,
            published,
            source,
            verdict,
            reason,
        });
    }
    (cells, failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verify::tests::{manifest, of_tid2013};
    use std::path::Path;

    /// A table with a number of TID2013; the published number is 0.860.
    fn table(subset: &str, value: f64, not_comparable: Option<&str>) -> Table {
        let rows = vec![Row::new("UNIQUE", "all", "srocc", value), Row::new("UNIQUE", "all", "loss", 1.0)];
        let table = Table::new("t", "709 of 3000 images", rows).unwrap();
        let json = table.beside(Published::embedded(), "TID2013", not_comparable).json();
        Table::parse(&json.replace("\"all\"", &format!("\"{subset}\"")), Path::new(TABLE)).unwrap()
    }

    fn verdicts(table: &Table, stand_in: bool) -> (Vec<Verdict>, Vec<String>) {
        let (cells, failures) = check(table, of_tid2013(&manifest(), stand_in));
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
        let (cells, _) = check(&table("all", 0.8594, None), of_tid2013(&manifest(), false));
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
                "has the status `match`, but its numbers give `within tolerance`",
            ),
            (changed("0.8594", "0.8", &sound), false, "numbers give `differs`"),
            (changed("\"published\": 0.86", "\"published\": 0.8", &sound), false, "has the published value 0.8, ICIP"),
            // Only numbers of other data are not comparable.
            (changed("within tolerance", "not comparable: I say so", &sound), false, "numbers give `within tolerance`"),
            (
                table("present", 0.8594, None),
                false,
                "numbers give `not comparable: these are not the publication's data`",
            ),
            (sound.clone(), true, "paper/published.toml has nothing"),
            (table("LIVE", 0.8594, None), false, "paper/published.toml has nothing"),
        ] {
            let (_, problems) = verdicts(&table, stand_in);
            assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}\n{expected}");
            assert!(problems[0].contains("srocc of UNIQUE on "), "{problems:?}");
        }
        // A published number that is left out.
        let without = Table::new("t", "d", vec![Row::new("UNIQUE", "all", "srocc", 0.86)]).unwrap();
        assert!(verdicts(&without, false).1[0].contains("has the published value nothing"));
    }

    #[test]
    fn a_part_of_the_publications_data_says_so() {
        let table = |reason| {
            let rows = vec![Row::new("Proposed", "rain", "accuracy", 95.85)];
            Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "CURE-TSR", reason)
        };
        let failures = |basis, reason: Option<&'static str>| {
            check(&table(reason), Some(Comparable { database: "CURE-TSR", basis })).1.len()
        };
        assert_eq!(failures(|subset| Basis::SameOrPart(subset), None), 0);
        assert_eq!(failures(|subset| Basis::SameOrPart(subset), Some("900 real challenge-free signs")), 0);
        assert_eq!(failures(|subset| Basis::Other(subset), Some("drawn signs")), 0);
        assert_eq!(failures(|subset| Basis::Other(subset), None), 1);
        assert_eq!(check(&table(None), None).1.len(), 1);
    }
}
