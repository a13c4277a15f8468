//! Tables of results: one long form, five renderings.
//!
//! A table is a list of [`Row`]s, one for each method, subset and statistic. CSV and JSON hold the rows as they are, numbers in
//! the shortest form that reads back to the same bits. Markdown, LaTeX and the terminal show them folded, rounded to three
//! decimals, with the published value beside ours:
//!
//! 1. the subset `all`: methods × statistics;
//! 2. the same for the statistics of other fits, `…_line` (straight line) and `…_fitted` (ranks of the fitted scores);
//! 3. the other subsets (distortion types) × methods, for the table's leading statistic, which is its first row's.
//!
//! A statistic `…_significance` is −1, 0 or 1: the Fisher-z flag of this method's correlation against the proposed method's
//! (1: significantly higher); beside its statistic it is shown as `−`, `0` or `+`. `fit_converged` (1 or 0) is folded into the
//! notes, which name the methods whose fit did not converge.
//!
//! How a value and its published partner compare is the row's [`Status`]. In the folded tables it is a sign after the published
//! value: `=` equal to the printed digits, `≈` within the tolerance, `≠` different; a published value in parentheses is not
//! comparable, and a note says why.

use super::grid::{Section, latex_grid, latex_text, markdown_grid, markdown_text, text_grid};
use super::published::{Cell, Fit, Published};
use crate::error::{Error, Result};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// One number of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The method's name as it is shown.
    pub method: String,
    /// `all`, or a part of the data such as a distortion type.
    pub subset: String,
    /// `srocc`, `plcc_line`, …
    pub statistic: String,
    /// Our value; `None` in a row that holds a published value only.
    pub value: Option<f64>,
    /// The ends of its 95 % interval, lower first.
    pub interval: Option<(f64, f64)>,
    /// The published value and how ours compares with it.
    pub published: Option<Beside>,
    /// Why there is no published value although the publication has one of this name.
    pub remark: Option<String>,
    /// Where the scores behind our value come from; `None` in a table whose rows all have one origin, which its title tells.
    pub origin: Option<Origin>,
}

/// Where the scores of a method come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Computed here, from the images.
    Images,
    /// Another's score of each image.
    ScoreFile,
    /// There are none; the publication has statistics of them.
    Publication,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Origin::Images => "images",
            Origin::ScoreFile => "score file",
            Origin::Publication => "publication only",
        })
    }
}

/// A published number in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The number.
    pub value: f64,
    /// Where it stands and how it is known.
    pub source: String,
    /// How ours compares with it.
    pub status: Status,
}

/// How a value compares with the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Equal when rounded to the publication's digits.
    Match,
    /// Not farther away than the publication's tolerance.
    WithinTolerance,
    /// Farther away.
    Differs,
    /// Of other data: what is different about them.
    NotComparable(String),
    /// There is no value of ours.
    PublishedOnly,
}

impl Status {
    /// The status that is displayed like this.
    fn parse(text: &str) -> Option<Status> {
        if let Some(reason) = text.strip_prefix("not comparable: ") {
            return Some(Status::NotComparable(reason.to_owned()));
        }
        let plain = [Status::Match, Status::WithinTolerance, Status::Differs, Status::PublishedOnly];
        plain.into_iter().find(|status| status.to_string() == text)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Match => f.write_str("match"),
            Status::WithinTolerance => f.write_str("within tolerance"),
            Status::Differs => f.write_str("differs"),
            Status::NotComparable(reason) => write!(f, "not comparable: {reason}"),
            Status::PublishedOnly => f.write_str("published only"),
        }
    }
}

impl Row {
    /// A row with our value alone.
    pub fn new(method: &str, subset: &str, statistic: &str, value: f64) -> Row {
        Row { value: Some(value), ..Row::blank(method, subset, statistic) }
    }

    /// A row for a method that has a published value only.
    pub fn published_only(method: &str, cell: &Cell) -> Row {
        let beside = Beside { value: cell.value, source: cell.provenance(), status: Status::PublishedOnly };
        let origin = Some(Origin::Publication);
        Row { published: Some(beside), origin, ..Row::blank(method, &cell.subset, &cell.statistic_here()) }
    }

    fn blank(method: &str, subset: &str, statistic: &str) -> Row {
        let (method, subset, statistic) = (method.to_owned(), subset.to_owned(), statistic.to_owned());
        Row { method, subset, statistic, value: None, interval: None, published: None, remark: None, origin: None }
    }

    /// The row with a 95 % interval.
    pub fn with_interval(self, low: f64, high: f64) -> Row {
        Row { interval: Some((low, high)), ..self }
    }

    /// Puts beside this row what `database`'s publication has for its method and statistic on `subset` (which a long form may call
    /// otherwise than the publication does), as [`Table::beside`] does for all rows. The cell that was found, if one was.
    pub(super) fn compare<'p>(
        &mut self,
        published: &'p Published,
        database: &str,
        subset: &str,
        not_comparable: Option<&str>,
    ) -> Option<&'p Cell> {
        let name = published.name(&self.method);
        let here = |c: &&Cell| c.database == database && c.method == name && c.subset == subset;
        let cells: Vec<&Cell> = published.cells().filter(here).collect();
        if let Some(cell) = cells.iter().find(|c| c.statistic_here() == self.statistic) {
            let status = match (self.value, not_comparable) {
                (None, _) => Status::PublishedOnly,
                (Some(_), Some(reason)) => Status::NotComparable(reason.to_owned()),
                (Some(value), None) => compare(value, cell),
            };
            self.published = Some(Beside { value: cell.value, source: cell.provenance(), status });
            self.remark = None;
            return Some(cell);
        }
        if let Some(other) = cells.iter().find(|c| c.statistic == self.statistic) {
            let of = if other.fit == Some(Fit::Line) { "the straight line" } else { "the fitted scores" };
            self.remark = Some(format!("the publication shows that of {of}, see {}", other.statistic_here()));
        }
        None
    }

    /// The last column of the long form.
    pub(super) fn status(&self) -> String {
        match (&self.published, &self.remark) {
            (Some(beside), _) => beside.status.to_string(),
            (None, Some(remark)) => format!("{NO_PUBLISHED}: {remark}"),
            (None, None) => NO_PUBLISHED.to_owned(),
        }
    }

    fn is(&self, method: &str, subset: &str, statistic: &str) -> bool {
        (self.method.as_str(), self.subset.as_str(), self.statistic.as_str()) == (method, subset, statistic)
    }
}

/// Rows under a title that says what data they are from.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    title: String,
    data: String,
    rows: Vec<Row>,
    /// Notes that are not told by the rows.
    more_notes: Vec<String>,
}

impl Table {
    /// A table of `rows` in their order. `data` says what the numbers are from, in words: `709 of 3000 images of TID2013`,
    /// `procedural stand-in, no human scores`.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a number that is not finite or a row given twice.
    ///
    /// # Panics
    /// When the title or the description of the data is empty.
    pub fn new(title: &str, data: &str, rows: Vec<Row>) -> Result<Table> {
        assert!(!title.is_empty() && !data.is_empty(), "a table says what it shows and what data it is from");
        let mut seen = BTreeSet::new();
        for row in &rows {
            let what = || format!("{} of {} on {}", row.statistic, row.method, row.subset);
            let ends = row.interval.into_iter().flat_map(|(low, high)| [low, high]);
            if let Some(n) = row.value.into_iter().chain(ends).find(|n| !n.is_finite()) {
                return Err(Error::Undefined(format!("{title}: {} is {n}: leave the row out or explain it", what())));
            }
            if !seen.insert((&row.method, &row.subset, &row.statistic)) {
                return Err(Error::Undefined(format!("{title}: {} stands in two rows", what())));
            }
        }
        Ok(Table { title: title.to_owned(), data: data.to_owned(), rows, more_notes: Vec::new() })
    }

    /// The table with a line below its folded forms.
    pub fn with_note(mut self, note: &str) -> Table {
        self.more_notes.push(note.to_owned());
        self
    }

    /// Puts the published numbers of `database` beside ours, each beside the statistic that is computed as it was.
    ///
    /// Methods are looked up under the publication's name, or a score file's column name ([`Published::name`]). With
    /// `not_comparable`, the reason why the data are not those of the publication (`709 of 3000 images`), the values are shown
    /// but not judged. Recalled numbers never appear.
    pub fn beside(mut self, published: &Published, database: &str, not_comparable: Option<&str>) -> Table {
        for row in &mut self.rows {
            let subset = row.subset.clone();
            row.compare(published, database, &subset, not_comparable);
        }
        self
    }

    /// What it shows.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What data the numbers are from.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the rows say where their scores come from.
    fn has_origins(&self) -> bool {
        self.rows.iter().any(|r| r.origin.is_some_and(|origin| origin != Origin::Publication))
    }

    /// `table.csv`: header `method,subset,statistic,value,low,high,published,published_source,status`, and `from` where the rows
    /// have origins; a line per row, missing numbers empty.
    pub fn csv(&self) -> String {
        let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
        let mut csv = csv::Writer::from_writer(Vec::new());
        let columns = if self.has_origins() { 10 } else { 9 };
        let mut line =
            |fields: [&str; 10]| csv.write_record(&fields[..columns]).expect("writing into memory does not fail");
        line([
            "method",
            "subset",
            "statistic",
            "value",
            "low",
            "high",
            "published",
            "published_source",
            "status",
            "from",
        ]);
        for row in &self.rows {
            let beside = row.published.as_ref();
            line([
                &row.method,
                &row.subset,
                &row.statistic,
                &number(row.value),
                &number(row.interval.map(|i| i.0)),
                &number(row.interval.map(|i| i.1)),
                &number(beside.map(|b| b.value)),
                beside.map_or("", |b| &b.source),
                &row.status(),
                &row.origin.map(|o| o.to_string()).unwrap_or_default(),
            ]);
        }
        String::from_utf8(csv.into_inner().expect("flushing into memory does not fail")).expect("text in, text out")
    }

    /// `table.json`: `title`, `data`, and `rows`, each with the CSV's columns as keys and null for what is missing.
    pub fn json(&self) -> String {
        let has_origins = self.has_origins();
        let row = |row: &Row| {
            let beside = row.published.as_ref();
            let mut json = serde_json::json!({
                "method": row.method,
                "subset": row.subset,
                "statistic": row.statistic,
                "value": row.value,
                "low": row.interval.map(|i| i.0),
                "high": row.interval.map(|i| i.1),
                "published": beside.map(|b| b.value),
                "published_source": beside.map(|b| &b.source),
                "status": row.status(),
            });
            if has_origins {
                json["from"] = row.origin.map(|o| o.to_string()).into();
            }
            json
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        let table = serde_json::json!({ "title": self.title, "data": self.data, "rows": rows });
        format!("{table:#}\n")
    }

    /// Reads back what [`Table::json`] wrote; `path` is what errors call it. Notes are not in that form, and not in the result.
    ///
    /// # Errors
    /// [`Error::Data`] for text that is not JSON, a key that is missing or unknown, a status or origin that there is none of; and
    /// as [`Table::new`].
    pub fn parse(text: &str, path: &Path) -> Result<Table> {
        let document: Document =
            serde_json::from_str(text).map_err(|e| Error::data(path, format!("is no table of gradspace: {e}")))?;
        if document.title.is_empty() || document.data.is_empty() {
            return Err(Error::data(path, "does not say what it shows and what data it is from"));
        }
        let rows = document
            .rows
            .into_iter()
            .enumerate()
            .map(|(i, row)| row.row().map_err(|problem| Error::data(path, format!("row {}: {problem}", i + 1))));
        let table = Table::new(&document.title, &document.data, rows.collect::<Result<_>>()?);
        table.map_err(|e| Error::data(path, e))
    }

    /// `table.md`: the folded tables in GitHub's Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n", markdown_text(&self.title), markdown_text(&self.data));
        for grid in self.grids(false) {
            out += &format!("\n## {}\n\n{}", markdown_text(&grid.heading), markdown_grid(&grid.header, &grid.rows));
        }
        let notes = self.notes();
        if !notes.is_empty() {
            out += "\n";
            notes.iter().for_each(|note| out += &format!("- {}\n", markdown_text(note)));
        }
        out
    }

    /// The folded tables as sections, one for each grid, in the order and the words of [`Table::markdown`]: each says what data it is
    /// from, and the notes, which are about all of them, follow the last.
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

    /// `table.tex`: the folded tables for LaTeX, one `table` environment each; needs `\usepackage{booktabs}` and nothing else.
    pub fn latex(&self) -> String {
        let mut out = String::new();
        for grid in self.grids(false) {
            let caption = format!("{}: {} ({})", self.title, grid.heading, self.data);
            out += &latex_grid(&caption, &grid.header, &grid.rows);
        }
        for note in self.notes() {
            out += &format!("\\noindent {}\\par\n", latex_text(&note));
        }
        out
    }

    /// The folded tables for the terminal, in aligned columns; only the leading statistic with its intervals.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.title, self.data);
        for grid in self.grids(true) {
            out += &format!("\n{}\n{}", grid.heading, text_grid(&grid.header, &grid.rows));
        }
        out += "\n";
        self.notes().iter().for_each(|note| out += &format!("{note}\n"));
        out += "More intervals, and all numbers to their last digit: table.md, table.csv.\n";
        out
    }

    /// The folded tables.
    fn grids(&self, narrow: bool) -> Vec<Grid> {
        let all = |other_fit: bool| -> Vec<&str> {
            let of_all = self.rows.iter().filter(|r| r.subset == ALL).map(|r| r.statistic.as_str());
            unique(of_all.filter(|s| is_column(s) && is_other_fit(s) == other_fit))
        };
        let mut grids = Vec::new();
        for (heading, statistics) in [("All of the data", all(false)), ("All of the data, other fits", all(true))] {
            if !statistics.is_empty() {
                grids.push(self.by_method(heading, &statistics, narrow));
            }
        }
        grids.extend(self.by_subset());
        grids
    }

    /// Methods × statistics, of all images; where it must be narrow, with the intervals of the leading statistic alone.
    fn by_method(&self, heading: &str, statistics: &[&str], narrow: bool) -> Grid {
        let rows: Vec<&Row> =
            self.rows.iter().filter(|r| r.subset == ALL && statistics.contains(&&*r.statistic)).collect();
        let mut header = vec!["method".to_owned()];
        let mut columns: Vec<Column> = Vec::new();
        if self.has_origins() {
            header.push("from".to_owned());
            columns.push(Box::new(move |method| {
                let origin = self.rows.iter().find(|r| r.method == method).and_then(|r| r.origin);
                origin.map(|o| o.to_string()).unwrap_or_default()
            }));
        }
        for &statistic in statistics {
            let row = move |method: &str| self.rows.iter().find(|r| r.is(method, ALL, statistic));
            let of_this: Vec<_> = rows.iter().filter(|r| r.statistic == statistic).collect();
            header.push(name(statistic));
            columns.push(Box::new(move |method| row(method).and_then(|r| r.value).map(rounded).unwrap_or_default()));
            let wanted = !narrow || statistic == self.rows[0].statistic;
            if wanted && of_this.iter().any(|r| r.interval.is_some()) {
                header.push("95 % interval".to_owned());
                columns.push(Box::new(move |method| {
                    let interval = row(method).and_then(|r| r.interval);
                    interval.map(|(low, high)| format!("[{}, {}]", rounded(low), rounded(high))).unwrap_or_default()
                }));
            }
            if of_this.iter().any(|r| r.published.is_some()) {
                header.push("published".to_owned());
                columns.push(Box::new(move |method| {
                    row(method).and_then(|r| r.published.as_ref()).map(with_sign).unwrap_or_default()
                }));
            }
            if rows.iter().any(|r| self.flag(&r.method, statistic).is_some()) {
                header.push("sig.".to_owned());
                columns.push(Box::new(move |method| self.flag(method, statistic).unwrap_or_default().to_owned()));
            }
        }
        let methods = unique(rows.iter().map(|r| r.method.as_str()));
        let line = |method: &&str| [method.to_string()].into_iter().chain(columns.iter().map(|c| c(method))).collect();
        Grid { heading: heading.to_owned(), header, rows: methods.iter().map(line).collect() }
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
            let (value, published) = (row.value.map(rounded), row.published.as_ref().map(with_sign));
            value.into_iter().chain(published).collect::<Vec<_>>().join(" / ")
        };
        let header = ["subset"].into_iter().chain(methods.iter().copied()).map(str::to_owned).collect();
        let line = |subset: &&str| {
            [subset.to_string()].into_iter().chain(methods.iter().map(|method| cell(method, subset))).collect()
        };
        let heading = format!("{} by subset", name(leading));
        Some(Grid { heading, header, rows: subsets.iter().map(line).collect() })
    }

    /// The significance flag of a method's statistic as a sign.
    fn flag(&self, method: &str, statistic: &str) -> Option<&'static str> {
        let flags = format!("{statistic}{SIGNIFICANCE}");
        let flag = self.rows.iter().find(|r| r.is(method, ALL, &flags))?.value?;
        Some(if flag > 0.0 {
            "+"
        } else if flag < 0.0 {
            "−"
        } else {
            "0"
        })
    }

    /// What a reader of the folded tables needs to know besides.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let has = |wanted: &dyn Fn(&Status) -> bool| {
            self.rows.iter().filter_map(|r| r.published.as_ref()).any(|b| wanted(&b.status))
        };
        for (present, note) in [
            (has(&|s| *s == Status::Match), "= equal to the published digits."),
            (has(&|s| *s == Status::WithinTolerance), "≈ within the tolerance of the published value."),
            (has(&|s| *s == Status::Differs), "≠ farther from the published value than its tolerance."),
            (
                self.has_origins(),
                "from: the images themselves, another's score of each image, or the statistics that the publication has.",
            ),
            (
                self.rows.iter().any(|r| r.statistic.ends_with(SIGNIFICANCE)),
                "sig.: significantly higher (+) or lower (−) than the proposed method, or neither (0); Fisher z, two-sided 5 %.",
            ),
        ] {
            if present {
                notes.push(note.to_owned());
            }
        }
        let reasons = self.rows.iter().filter_map(|r| match &r.published.as_ref()?.status {
            Status::NotComparable(reason) => Some(reason.as_str()),
            _ => None,
        });
        notes.extend(unique(reasons).iter().map(|reason| format!("( ) published, but not comparable: {reason}.")));
        let failed = self.rows.iter().filter(|r| r.statistic == CONVERGED && r.value == Some(0.0));
        let failed = unique(failed.map(|r| r.method.as_str()));
        if !failed.is_empty() {
            notes.push(format!(
                "The logistic fit of {} does not converge: it runs off towards an exponential or a step, where nothing more is gained.",
                failed.join(", ")
            ));
        }
        let remarked = self.rows.iter().filter(|r| r.remark.is_some());
        let remarked: Vec<_> = remarked.map(|r| format!("{} of {}", name(&r.statistic), r.method)).collect();
        if !remarked.is_empty() {
            notes.push(format!("Published for another fit only, and shown beside that: {}.", remarked.join(", ")));
        }
        let sources = unique(self.rows.iter().filter_map(|r| r.published.as_ref()).map(|b| b.source.as_str()));
        if !sources.is_empty() {
            notes.push(format!("Published values: {}.", sources.join("; ")));
        }
        notes.extend(self.more_notes.iter().cloned());
        notes
    }
}

/// `table.json` as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    title: String,
    data: String,
    rows: Vec<DocumentRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentRow {
    method: String,
    subset: String,
    statistic: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    published: Option<f64>,
    published_source: Option<String>,
    status: String,
    from: Option<String>,
}

impl DocumentRow {
    fn row(self) -> std::result::Result<Row, String> {
        let unknown = || format!("`{}` is no status of a row with these values", self.status);
        let interval = match (self.low, self.high) {
            (Some(low), Some(high)) => Some((low, high)),
            (None, None) => None,
            _ => return Err("its interval has one end".to_owned()),
        };
        let (published, remark) = match (self.published, self.published_source.clone()) {
            (Some(value), Some(source)) => {
                let status = Status::parse(&self.status).ok_or_else(unknown)?;
                (Some(Beside { value, source, status }), None)
            }
            (None, None) => {
                let rest = self.status.strip_prefix(NO_PUBLISHED).ok_or_else(unknown)?;
                (None, (!rest.is_empty()).then(|| rest.strip_prefix(": ").ok_or_else(unknown)).transpose()?)
            }
            _ => return Err("a published value has a source, and no other has".to_owned()),
        };
        let origin = match &self.from {
            None => None,
            Some(from) => {
                let of_this_name = |o: &Origin| o.to_string() == *from;
                let all = [Origin::Images, Origin::ScoreFile, Origin::Publication];
                Some(all.into_iter().find(of_this_name).ok_or_else(|| format!("scores are not from `{from}`"))?)
            }
        };
        let remark = remark.map(str::to_owned);
        let (method, subset, statistic) = (self.method, self.subset, self.statistic);
        Ok(Row { method, subset, statistic, value: self.value, interval, published, remark, origin })
    }
}

/// A folded table.
struct Grid {
    heading: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// What a method has in one column.
type Column<'a> = Box<dyn Fn(&str) -> String + 'a>;

/// The status of a row that has no published value, before the remark why.
const NO_PUBLISHED: &str = "no published value";
/// The subset that is all of the data.
pub(super) const ALL: &str = "all";
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
fn name(statistic: &str) -> String {
    let (base, rest) = statistic.split_once('_').unwrap_or((statistic, ""));
    match statistic.strip_prefix("outlier_ratio") {
        Some(rest) => format!("OR{}", rest.replace('_', " ")),
        None if matches!(base, "srocc" | "krcc" | "plcc" | "rmse" | "auroc") => {
            format!("{} {}", base.to_uppercase(), rest.replace('_', " ")).trim_end().to_owned()
        }
        None => statistic.replace('_', " "),
    }
}

/// Each once, in the order of their first appearance.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

fn compare(value: f64, cell: &Cell) -> Status {
    let digits = cell.digits;
    if format!("{value:.digits$}") == format!("{:.digits$}", cell.value) {
        Status::Match
    } else if (value - cell.value).abs() <= cell.tolerance {
        Status::WithinTolerance
    } else {
        Status::Differs
    }
}

/// Three decimals; a minus sign for negative numbers and none for a rounded zero.
fn rounded(value: f64) -> String {
    match format!("{value:.3}").as_str() {
        "-0.000" => "0.000".to_owned(),
        text => text.replace('-', "−"),
    }
}

fn with_sign(beside: &Beside) -> String {
    let value = rounded(beside.value);
    match beside.status {
        Status::Match => format!("{value} ="),
        Status::WithinTolerance => format!("{value} ≈"),
        Status::Differs => format!("{value} ≠"),
        Status::NotComparable(_) => format!("({value})"),
        // As wide as the others, so that the columns of the terminal align.
        Status::PublishedOnly => format!("{value}  "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(name(statistic), expected);
        }
    }

    #[test]
    fn a_value_is_judged_by_digits_first_and_tolerance_second() {
        let cell = Published::embedded().find("TID2013", "Proposed", "all", "srocc").unwrap();
        assert_eq!((cell.value, cell.tolerance), (0.865, 0.0007));
        for (value, status) in [
            (0.8651, Status::Match),
            (0.8645001, Status::Match),
            (0.8656, Status::WithinTolerance),
            (0.8644, Status::WithinTolerance),
            (0.8658, Status::Differs),
        ] {
            assert_eq!(compare(value, cell), status, "{value}");
        }
    }

    #[test]
    fn a_published_number_stands_beside_the_fit_it_is_of() {
        let rows = ["plcc", "plcc_line"].map(|s| Row::new("m10", "all", s, 0.832));
        let table = Table::new("t", "d", rows.to_vec()).unwrap().beside(Published::embedded(), "TID2013", None);
        assert_eq!(table.rows()[0].published, None);
        assert!(table.rows()[0].status().contains("straight line, see plcc_line"), "{}", table.rows()[0].status());
        assert_eq!(table.rows()[1].status(), "match");
    }

    #[test]
    fn a_recalled_number_never_stands_in_a_table() {
        let rows = ["plcc", "rmse", "outlier_ratio", "krcc"].map(|s| Row::new("gradient", "all", s, 0.877));
        let table = Table::new("t", "d", rows.to_vec()).unwrap().beside(Published::embedded(), "TID2013", None);
        assert!(table.rows().iter().all(|r| r.published.is_none() && r.status() == "no published value"));
    }

    #[test]
    fn what_is_written_as_json_is_read_back() {
        let cell = Published::embedded().find("TID2013", "CSV", "all", "srocc").unwrap();
        let mut rows = vec![
            Row::new("m10", "all", "plcc", 0.8).with_interval(0.7, 0.9),
            Row::new("unique", "all", "srocc", 0.86),
            Row::published_only("CSV", cell),
        ];
        rows[0].origin = Some(Origin::ScoreFile);
        for reason in [None, Some("709 of 3000 images")] {
            let table = Table::new("t", "d", rows.clone()).unwrap().beside(Published::embedded(), "TID2013", reason);
            let json = table.json();
            let read = Table::parse(&json, Path::new("t")).unwrap();
            assert_eq!((&read, read.json()), (&table, json));
        }
        let json = Table::new("t", "d", rows).unwrap().beside(Published::embedded(), "TID2013", None).json();
        for (from, to, reason) in [
            ("\"match\"", "\"matches\"", "row 2: `matches` is no status"),
            ("\"low\": 0.7", "\"low\": null", "row 1: its interval has one end"),
            ("\"score file\"", "\"memory\"", "scores are not from `memory`"),
            ("\"subset\"", "\"part\"", "unknown field `part`"),
            ("\"data\": \"d\"", "\"data\": \"\"", "what data it is from"),
            ("\"m10\"", "\"m10", "is no table"),
        ] {
            assert!(json.contains(from), "{json}");
            let error = Table::parse(&json.replacen(from, to, 1), Path::new("table.json")).unwrap_err().to_string();
            assert!(error.contains("table.json") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn rows_that_cannot_be_are_refused() {
        for (rows, reason) in [
            (vec![Row::new("a", "all", "srocc", f64::NAN)], "NaN"),
            (vec![Row::new("a", "all", "srocc", 0.1).with_interval(0.0, f64::INFINITY)], "inf"),
            (vec![Row::new("a", "all", "srocc", 0.1), Row::new("a", "all", "srocc", 0.2)], "two rows"),
        ] {
            let error = Table::new("t", "d", rows).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("srocc of a"), "{error}");
        }
    }
}
