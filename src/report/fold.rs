//! The folded forms of a table, for people: Markdown, LaTeX, text for the terminal, and sections.
//!
//! The rows are shown in grids, rounded to three decimals, with the published value beside ours:
//!
//! 1. the subset `all`: methods × statistics;
//! 2. the same for the statistics of other fits, `…_line` (straight line) and `…_fitted` (ranks of the fitted scores);
//! 3. the other subsets, such as distortion types, × methods. The statistic is that of the table's first row.
//!
//! A statistic `…_significance` is −1, 0 or 1: the Fisher-z flag of this method's correlation against that of the proposed method
//! (1: significantly higher). It is shown beside its statistic as `−`, `0` or `+`. `fit_converged` (1 or 0) has no column: a note names
//! the methods whose fit did not converge.
//!
//! A value that is not defined is `—`, and a note gives the reason. The column `images` is present if the rows name the number of their
//! images; it contains several numbers if the statistics of a method are of different images.
//!
//! A sign after the published value shows how our value compares with it ([`Status`]): `=` equal to the printed digits, `≈` within the
//! tolerance, `≠` different. A published value in parentheses is not comparable, and a note gives the reason.

use super::grid::{Grid, Section, decimal, latex_paragraphs, markdown, text};
use super::row::{ALL, Row, Status};
use super::table::Table;
use std::collections::{BTreeMap, BTreeSet};

impl Table {
    /// `table.md`: the folded tables in GitHub's Markdown.
    pub fn markdown(&self) -> String {
        markdown(&self.title, std::slice::from_ref(&self.data), &self.grids(false), &self.notes())
    }

    /// The folded tables as sections, one for each grid, in the order of [`Table::markdown`]. Each names its data. The notes are about all
    /// of them and follow the last one.
    pub fn sections(&self) -> Vec<Section> {
        let section = |grid: Grid| Section {
            title: format!("{}: {}", self.title, grid.heading),
            text: vec![self.data.clone()],
            header: grid.header,
            rows: grid.rows,
            notes: Vec::new(),
        };
        let mut sections: Vec<Section> = self.grids(false).into_iter().map(section).collect();
        if let Some(last) = sections.last_mut() {
            last.notes = self.notes();
        }
        sections
    }

    /// `table.tex`: the folded tables for LaTeX, one `table` environment each. They need `\usepackage{booktabs}` only.
    pub fn latex(&self) -> String {
        let table = |grid: &Grid| grid.latex(&format!("{}: {} ({})", self.title, grid.heading, self.data));
        self.grids(false).iter().map(table).collect::<String>() + &latex_paragraphs(&self.notes())
    }

    /// The folded tables for the terminal, in aligned columns. Only the leading statistic has its intervals.
    pub fn text(&self) -> String {
        let mut notes = self.notes();
        notes.push("More intervals, and all numbers to their last digit: table.md, table.csv.".to_owned());
        text(&self.title, std::slice::from_ref(&self.data), &self.grids(true), &notes)
    }

    /// The folded tables.
    fn grids(&self, narrow: bool) -> Vec<Grid> {
        let all = |other_fit: bool| -> Vec<&str> {
            let of_all = self.rows.iter().filter(|r| r.subset == ALL).map(|r| r.statistic.as_str());
            unique(of_all.filter(|s| is_column(s) && is_other_fit(s) == other_fit))
        };
        let groups = [("All of the data", all(false)), ("All of the data, other fits", all(true))];
        let groups = groups.into_iter().filter(|(_, statistics)| !statistics.is_empty());
        let by_method = groups.map(|(heading, statistics)| self.by_method(heading, &statistics, narrow));
        by_method.chain(self.by_subset()).collect()
    }

    /// Methods × statistics, of all images. If it is `narrow`, only the leading statistic has its intervals.
    fn by_method(&self, heading: &str, statistics: &[&str], narrow: bool) -> Grid {
        let rows = self.rows.iter().filter(|r| r.subset == ALL && statistics.contains(&&*r.statistic));
        let methods = unique(rows.map(|r| r.method.as_str()));
        let mut header = vec!["method".to_owned()];
        let mut lines: Vec<Vec<String>> = methods.iter().map(|method| vec![method.to_string()]).collect();
        let mut column = |heading: &str, always: bool, cell: &dyn Fn(&str) -> Option<String>| {
            let cells: Vec<Option<String>> = methods.iter().map(|method| cell(method)).collect();
            if always || cells.iter().any(Option::is_some) {
                header.push(heading.to_owned());
                lines.iter_mut().zip(cells).for_each(|(line, cell)| line.push(cell.unwrap_or_default()));
            }
        };
        if self.has_origins() {
            let origin = |method: &str| self.rows.iter().find(|r| r.method == method)?.origin;
            column("from", true, &|method| origin(method).map(|origin| origin.to_string()));
        }
        let counts = |method: &str| {
            let rows = statistics.iter().filter_map(|s| self.rows.iter().find(|r| r.is(method, ALL, s)));
            let counts: Vec<String> = rows.filter_map(|row| row.images).map(|n| n.to_string()).collect();
            Some(unique(counts.iter().map(String::as_str)).join(" / ")).filter(|counts| !counts.is_empty())
        };
        column("images", false, &counts);
        for &statistic in statistics {
            let row = |method: &str| self.rows.iter().find(|r| r.is(method, ALL, statistic));
            column(&heading_of(statistic), true, &|method| ours(row(method)?));
            if !narrow || statistic == self.rows[0].statistic {
                column("95 % interval", false, &|method| {
                    row(method)?.interval().map(|(low, high)| format!("[{}, {}]", rounded(low), rounded(high)))
                });
            }
            column("published", false, &|method| published(row(method)?));
            column("sig.", false, &|method| self.flag(method, statistic).map(str::to_owned));
        }
        Grid { heading: heading.to_owned(), header, rows: lines }
    }

    /// Subsets × methods, of the leading statistic.
    fn by_subset(&self) -> Option<Grid> {
        let leading = self.rows.first()?.statistic.as_str();
        let rows = || self.rows.iter().filter(|r| r.subset != ALL && r.statistic == leading);
        let (subsets, methods) = (unique(rows().map(|r| r.subset.as_str())), unique(rows().map(|r| r.method.as_str())));
        if subsets.is_empty() {
            return None;
        }
        let cell = |method: &str, subset: &str| {
            let Some(row) = rows().find(|r| r.is(method, subset, leading)) else { return String::new() };
            ours(row).into_iter().chain(published(row)).collect::<Vec<_>>().join(" / ")
        };
        let header = ["subset"].into_iter().chain(methods.iter().copied()).map(str::to_owned).collect();
        let line = |subset: &&str| {
            [subset.to_string()].into_iter().chain(methods.iter().map(|method| cell(method, subset))).collect()
        };
        let heading = format!("{} by subset", heading_of(leading));
        Some(Grid { heading, header, rows: subsets.iter().map(line).collect() })
    }

    /// The significance flag of a method's statistic as a sign.
    fn flag(&self, method: &str, statistic: &str) -> Option<&'static str> {
        let flags = format!("{statistic}{SIGNIFICANCE}");
        let flag = self.rows.iter().find(|r| r.is(method, ALL, &flags))?.value?;
        Some(match flag {
            ..0.0 => "−",
            0.0 => "0",
            _ => "+",
        })
    }

    /// The notes below the folded tables: the meaning of the signs, and the sources.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |present: bool, text: &str| {
            if present {
                notes.push(text.to_owned());
            }
        };
        let has = |wanted: Status| self.rows.iter().any(|row| row.status == wanted);
        note(has(Status::Match), "= equal to the published digits.");
        note(has(Status::WithinTolerance), "≈ within the tolerance of the published value.");
        note(has(Status::Differs), "≠ farther from the published value than its tolerance.");
        let is_published = self.rows.iter().any(|r| r.published.is_some());
        note(
            self.has_origins() && is_published,
            "from: scores computed from the images, published scores of each image (score file), or published statistics only.",
        );
        note(self.has_origins() && !is_published, "from: scores computed from the images, or read from a score file.");
        note(
            self.rows.iter().any(|r| r.statistic.ends_with(SIGNIFICANCE)),
            "sig.: significantly higher (+) or lower (−) than the proposed method, or neither (0); Fisher z, two-sided 5 %.",
        );
        let reasons = self.rows.iter().filter_map(|r| match &r.status {
            Status::NotComparable(reason) => Some(reason.as_str()),
            _ => None,
        });
        unique(reasons).iter().for_each(|reason| note(true, &format!("( ) published, but not comparable: {reason}.")));
        let failed = self.rows.iter().filter(|r| r.statistic == CONVERGED && r.value == Some(0.0));
        let failed = unique(failed.map(|r| r.method.as_str())).join(", ");
        let diverges = "does not converge: its parameters grow without limit, towards an exponential or a step.";
        note(!failed.is_empty(), &format!("The logistic fit of {failed} {diverges}"));
        let others = self.rows.iter().filter(|r| matches!(r.status, Status::NoPublished(Some(_))));
        let others: Vec<_> = others.map(|r| format!("{} of {}", heading_of(&r.statistic), r.method)).collect();
        let others = others.join(", ");
        note(!others.is_empty(), &format!("Published for another fit only, and shown beside that: {others}."));
        let sources = unique(self.rows.iter().filter_map(|r| r.published_source.as_deref())).join("; ");
        note(!sources.is_empty(), &format!("Published values: {sources}."));
        notes.extend(self.undefined());
        notes.extend(self.more_notes.iter().cloned());
        notes
    }

    /// A note for each reason why values are not defined, with the statistics, the methods and the subsets.
    fn undefined(&self) -> Vec<String> {
        let all = unique(self.rows.iter().filter(|r| r.value.is_some() || r.reason.is_some()).map(|r| &*r.method));
        // The methods of each statistic and subset; then the statistics with the same ones; then the subsets.
        let undefined = self.rows.iter().filter_map(|row| Some((row, row.reason.clone()?)));
        let of = |row: &Row, reason| (reason, row.subset.clone(), heading_of(&row.statistic));
        let methods = grouped(undefined.map(|(row, reason)| (of(row, reason), row.method.clone())));
        let statistics =
            grouped(methods.into_iter().map(|((reason, subset, s), methods)| ((reason, subset, methods), s)));
        let of_subset = |((reason, subset, methods), s)| ((reason, s, methods), subset);
        let subsets = grouped(statistics.into_iter().map(of_subset));
        let line = |((reason, statistics, methods), subsets): ((String, Vec<String>, Vec<String>), Vec<String>)| {
            let of = if methods.len() == all.len() { String::new() } else { format!(" of {}", listed(&methods)) };
            let on = if subsets == [ALL] { String::new() } else { format!(" on {}", listed(&subsets)) };
            let are = if statistics.len() == 1 { "is" } else { "are" };
            format!("{NONE} {}{of}{on} {are} not defined: {reason}.", listed(&statistics))
        };
        subsets.into_iter().map(line).collect()
    }
}

/// The cell of a value that is not defined.
const NONE: &str = "—";

/// The items of each key, in the order of the first appearances.
fn grouped<K: Ord + Clone>(items: impl Iterator<Item = (K, String)>) -> Vec<(K, Vec<String>)> {
    let mut places = BTreeMap::new();
    let mut groups: Vec<(K, Vec<String>)> = Vec::new();
    for (key, item) in items {
        let place = *places.entry(key.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(item);
    }
    groups
}

/// The names as a list in a sentence: `SROCC, KRCC and PLCC`.
fn listed(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

/// The value of a row, or a dash if it is not defined.
fn ours(row: &Row) -> Option<String> {
    row.value.map(rounded).or(row.reason.as_ref().map(|_| NONE.to_owned()))
}

const SIGNIFICANCE: &str = "_significance";
const CONVERGED: &str = "fit_converged";

/// Whether a statistic has a column of its own.
fn is_column(statistic: &str) -> bool {
    !statistic.ends_with(SIGNIFICANCE) && statistic != CONVERGED
}

fn is_other_fit(statistic: &str) -> bool {
    statistic.ends_with("_line") || statistic.ends_with("_fitted")
}

/// The statistic as a heading: `plcc_line` is `PLCC line`.
fn heading_of(statistic: &str) -> String {
    let (base, rest) = statistic.split_once('_').unwrap_or((statistic, ""));
    match statistic.strip_prefix("outlier_ratio") {
        Some(rest) => format!("OR{}", rest.replace('_', " ")),
        None if matches!(base, "srocc" | "krcc" | "plcc" | "rmse" | "auroc") => {
            format!("{} {}", base.to_uppercase(), rest.replace('_', " ")).trim_end().to_owned()
        }
        None => statistic.replace('_', " "),
    }
}

/// Each name once, in the order of the first appearances.
pub(super) fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

/// `value` to three decimals.
fn rounded(value: f64) -> String {
    decimal(value, 3)
}

/// The published value of a row with the sign of its status.
fn published(row: &Row) -> Option<String> {
    let value = rounded(row.published?);
    Some(match row.status {
        Status::Match => format!("{value} ="),
        Status::WithinTolerance => format!("{value} ≈"),
        Status::Differs => format!("{value} ≠"),
        Status::NotComparable(_) => format!("({value})"),
        // It is as wide as the others, so that the columns align in the terminal.
        Status::PublishedOnly | Status::NoPublished(_) => format!("{value}  "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_defined_is_a_dash_with_a_note_and_rows_count_their_images() {
        let undefined = |method: &str, subset: &str, statistic: &str, reason: &str| Row {
            images: Some(2),
            ..Row::undefined(method, subset, statistic, reason)
        };
        let row = |method: &str, subset: &str, statistic: &str| Row {
            images: Some(9),
            ..Row::new(method, subset, statistic, 0.5)
        };
        let rows = vec![
            row("a", ALL, "srocc"),
            undefined("a", ALL, "plcc", "few"),
            undefined("a", ALL, "rmse", "few"),
            undefined("b", ALL, "srocc", "flat"),
            undefined("b", ALL, "plcc", "few"),
            undefined("b", ALL, "rmse", "few"),
            row("a", "blur", "srocc"),
            row("a", "noise", "srocc"),
            undefined("b", "blur", "srocc", "flat"),
            undefined("b", "noise", "srocc", "flat"),
        ];
        let table = Table::new("t", "d", rows).unwrap();
        let notes =
            ["— PLCC and RMSE are not defined: few.", "— SROCC of b on all, blur and noise is not defined: flat."];
        assert_eq!(table.notes(), notes);
        let markdown = table.markdown();
        for line in
            ["| method | images | SROCC | PLCC | RMSE |", "| a | 9 / 2 | 0.500 | — | — |", "| b | 2 | — | — | — |"]
        {
            assert!(markdown.contains(line), "{line}:\n{markdown}");
        }
        assert!(markdown.contains("| blur | 0.500 | — |"), "{markdown}");
        assert!(table.csv().contains("b,all,srocc,,,,,,no published value,flat,2\n"), "{}", table.csv());
        let read = Table::parse(&table.json(), std::path::Path::new("t")).unwrap();
        assert_eq!(read, table);
        let both = Row { reason: Some("few".to_owned()), ..Row::new("a", ALL, "srocc", 0.5) };
        assert!(Table::new("t", "d", vec![both]).unwrap_err().to_string().contains("both a value and a reason"));
    }

    #[test]
    fn statistics_have_the_fields_names() {
        for (statistic, expected) in [
            ("srocc", "SROCC"),
            ("plcc_line", "PLCC line"),
            ("srocc_fitted", "SROCC fitted"),
            ("outlier_ratio", "OR"),
            ("outlier_ratio_line", "OR line"),
            ("monotone_pairs", "monotone pairs"),
        ] {
            assert_eq!(heading_of(statistic), expected);
        }
    }
}
