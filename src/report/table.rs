//! Tables of results in the long form: a list of [`Row`]s, one for each method, subset and statistic.
//!
//! `table.csv` and `table.json` contain the rows with all their fields. Each number is in the shortest form that reads back to the same
//! bits. The folded forms, for people, are in `fold`.

use super::published::Published;
use super::row::{OPTIONAL, Origin, Row};
use crate::error::{Error, Result};
use crate::files::json;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// Rows of numbers with a title and a description of their data.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub(super) title: String,
    pub(super) data: String,
    pub(super) rows: Vec<Row>,
    /// Notes that do not follow from the rows.
    pub(super) more_notes: Vec<String>,
}

impl Table {
    /// A table of `rows` in this order. `data` describes the data of the numbers: `709 of 3000 images of TID2013`.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a number that is not finite, two rows of the same number, or a row whose fields contradict one another.
    ///
    /// # Panics
    /// If the title or the description of the data is empty.
    pub fn new(title: &str, data: &str, rows: Vec<Row>) -> Result<Table> {
        assert!(!title.is_empty() && !data.is_empty(), "a table needs a title and a description of its data");
        let mut seen = BTreeSet::new();
        for row in &rows {
            let wrong = |problem: String| Error::Undefined(format!("{title}: {}{problem}", row.name()));
            row.check().map_err(|problem| wrong(format!(": {problem}")))?;
            if let Some(n) = [row.value, row.low, row.high].into_iter().flatten().find(|n| !n.is_finite()) {
                return Err(wrong(format!(" is {n}; leave the row out")));
            }
            if !seen.insert((&row.method, &row.subset, &row.statistic)) {
                return Err(wrong(" is in two rows".to_owned()));
            }
        }
        Ok(Table { title: title.to_owned(), data: data.to_owned(), rows, more_notes: Vec::new() })
    }

    /// The table with a further note below its folded forms.
    pub fn with_note(mut self, note: &str) -> Table {
        self.more_notes.push(note.to_owned());
        self
    }

    /// Adds the published numbers of `database` to the rows, each beside the statistic that is computed in the same way.
    ///
    /// Methods are found by the publication's name or by the name of a score file's column ([`Published::name`]). `not_comparable` is the
    /// reason why our data differ from those of the publication (`709 of 3000 images`); the values are shown then and not compared.
    /// Recalled numbers never appear.
    pub fn beside(mut self, published: &Published, database: &str, not_comparable: Option<&str>) -> Table {
        for row in &mut self.rows {
            let subset = row.subset.clone();
            row.compare(published, database, &subset, not_comparable);
        }
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The data that the numbers are from.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the rows name the origin of their scores.
    pub(super) fn has_origins(&self) -> bool {
        self.rows.iter().any(|r| r.origin.is_some_and(|origin| origin != Origin::Publication))
    }

    /// Whether a value of ours is not defined.
    pub(super) fn has_undefined(&self) -> bool {
        self.rows.iter().any(|r| r.reason.is_some())
    }

    /// Whether the rows name the number of their images.
    pub(super) fn has_images(&self) -> bool {
        self.rows.iter().any(|r| r.images.is_some())
    }

    /// Which of the [`OPTIONAL`] fields the files contain.
    fn present(&self) -> [bool; OPTIONAL.len()] {
        [self.has_origins(), self.has_undefined(), self.has_images()]
    }

    /// The fields of each row by their names in the files.
    fn fields(&self) -> impl Iterator<Item = Map<String, Value>> {
        let present = self.present();
        self.rows.iter().map(move |row| row.fields(present))
    }

    /// `table.csv`: a header with the names of a [`Row`]'s fields, and a line per row. Missing values are empty. The last fields are only
    /// present if a row has them: `from`, the origin of the scores; `reason`, why a value is not defined; `images`, the number of images.
    pub fn csv(&self) -> String {
        let cell = |value: &Value| match value {
            Value::String(text) => text.clone(),
            number => number.as_f64().map(|n| n.to_string()).unwrap_or_default(),
        };
        let mut csv = csv::Writer::from_writer(Vec::new());
        let mut line = |cells: Vec<String>| csv.write_record(cells).expect("writing into memory does not fail");
        let names = Row::new("", "", "", 0.0).fields(self.present());
        line(names.keys().cloned().collect());
        self.fields().for_each(|fields| line(fields.values().map(cell).collect()));
        String::from_utf8(csv.into_inner().expect("flushing into memory does not fail")).expect("text in, text out")
    }

    /// `table.json`: `title`, `data`, and `rows`, each with the columns of the CSV as keys. Missing values are null.
    pub fn json(&self) -> String {
        let rows: Vec<_> = self.fields().collect();
        json(&serde_json::json!({ "title": self.title, "data": self.data, "rows": rows }))
    }

    /// Reads the text that [`Table::json`] wrote; `path` is its name in errors. This form has no notes, so the result has none.
    ///
    /// # Errors
    /// [`Error::Data`] for text that is not JSON, or a row with a missing or unknown key, an unknown status or origin, or fields that
    /// contradict one another; and as [`Table::new`].
    pub fn parse(text: &str, path: &Path) -> Result<Table> {
        let document: Document =
            serde_json::from_str(text).map_err(|e| Error::data(path, format!("is not a table of gradspace: {e}")))?;
        if document.title.is_empty() || document.data.is_empty() {
            return Err(Error::data(path, "has no title or no description of its data"));
        }
        let row = |(i, row): (usize, Value)| {
            let wrong = |problem: String| Error::data(path, format!("row {}: {problem}", i + 1));
            let row: Row = serde_json::from_value(row).map_err(|e| wrong(e.to_string()))?;
            row.check().map_err(wrong).map(|()| row)
        };
        let rows = document.rows.into_iter().enumerate().map(row).collect::<Result<_>>()?;
        Table::new(&document.title, &document.data, rows).map_err(|e| Error::data(path, e))
    }
}

/// `table.json`. Its rows are read one by one, so that an error names the row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    title: String,
    data: String,
    rows: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::Status;

    #[test]
    fn a_published_number_stands_beside_the_fit_it_is_of() {
        let rows = ["plcc", "plcc_line"].map(|s| Row::new("FSIMc", "all", s, 0.832));
        let table = Table::new("t", "d", rows.to_vec()).unwrap().beside(Published::embedded(), "TID2013", None);
        assert_eq!(table.rows()[0].published, None);
        let status = table.rows()[0].status.to_string();
        assert!(status.contains("straight line, see plcc_line"), "{status}");
        assert_eq!(table.rows()[1].status, Status::Match);
    }

    #[test]
    fn a_recalled_number_never_stands_in_a_table() {
        let rows = ["plcc", "rmse", "outlier_ratio", "krcc"].map(|s| Row::new("Gradient", "all", s, 0.877));
        let table = Table::new("t", "d", rows.to_vec()).unwrap().beside(Published::embedded(), "TID2013", None);
        assert!(table.rows().iter().all(|r| r.published.is_none() && r.status == Status::NoPublished(None)));
    }

    #[test]
    fn what_is_written_as_json_is_read_back() {
        let cell = Published::embedded().find("TID2013", "CSV", "all", "srocc").unwrap();
        let mut rows = vec![
            Row::new("FSIMc", "all", "plcc", 0.8).with_interval(0.7, 0.9),
            Row::new("UNIQUE", "all", "srocc", 0.86),
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
            ("\"match\"", "\"matches\"", "row 2: `matches` is not a status"),
            ("\"match\"", "\"no published value\"", "row 2: `no published value` is not a status of a row with these"),
            ("\"low\": 0.7", "\"low\": null", "row 1: its interval has one end"),
            ("\"score file\"", "\"memory\"", "row 1: unknown variant `memory`"),
            ("\"subset\"", "\"part\"", "row 1: unknown field `part`"),
            ("\"data\": \"d\"", "\"data\": \"\"", "has no title or no description of its data"),
            ("\"FSIMc\"", "\"FSIMc", "is not a table"),
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
