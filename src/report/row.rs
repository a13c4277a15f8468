//! The rows of a table of results: each has one number, its interval, and the published number beside it.
//!
//! The fields of a [`Row`] are the columns of `table.json` and `table.csv`, in this order. The [`Status`] of a row is how its value compares
//! with the published one. It is computed in this file only.

use super::published::{Cell, Fit, Published};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One number of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The method's name, as tables show it.
    pub method: String,
    /// `all`, or a part of the data such as a distortion type.
    pub subset: String,
    /// `srocc`, `plcc_line`, …
    pub statistic: String,
    /// Our value; `None` in a row with a published value only.
    pub value: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end; `None` exactly if `low` is `None`.
    pub high: Option<f64>,
    /// The published value.
    pub published: Option<f64>,
    /// The source of the published value and how it is known; `None` exactly if `published` is `None`.
    pub published_source: Option<String>,
    /// How our value compares with the published one.
    pub status: Status,
    /// The origin of the scores behind our value; `None` in a table whose rows all have the same origin.
    #[serde(rename = "from")]
    pub origin: Option<Origin>,
    /// The reason why our value is not defined; `None` if there is a value, and in a row with a published value only.
    pub reason: Option<String>,
    /// The number of images behind our value; `None` in a table whose rows are all of the same images.
    pub images: Option<usize>,
}

/// The name of the subset with all of the data.
pub(super) const ALL: &str = "all";

/// The fields that a table leaves out if no row has them.
pub(super) const OPTIONAL: [&str; 3] = ["from", "reason", "images"];

/// The origin of the scores of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// They are computed from the images.
    #[serde(rename = "images")]
    Images,
    /// They are read from a file with a score for each image.
    #[serde(rename = "score file")]
    ScoreFile,
    /// There are no scores, but the publication has statistics of them.
    #[serde(rename = "publication only")]
    Publication,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// How a value compares with the published one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Status {
    /// Equal when rounded to the publication's digits.
    Match,
    /// The difference is at most the tolerance.
    WithinTolerance,
    /// The difference exceeds the tolerance.
    Differs,
    /// The values are of different data; the reason.
    NotComparable(String),
    /// There is no value of ours.
    PublishedOnly,
    /// There is no published value. The reason is given if the publication has a number with this name.
    NoPublished(Option<String>),
}

const NOT_COMPARABLE: &str = "not comparable: ";
const NO_PUBLISHED: &str = "no published value";

impl TryFrom<String> for Status {
    type Error = String;

    /// The status with this text.
    ///
    /// # Errors
    /// The problem, if no status has this text.
    fn try_from(text: String) -> Result<Status, String> {
        if let Some(reason) = text.strip_prefix(NOT_COMPARABLE) {
            return Ok(Status::NotComparable(reason.to_owned()));
        }
        if let Some(reason) = text.strip_prefix(NO_PUBLISHED).and_then(|rest| rest.strip_prefix(": ")) {
            return Ok(Status::NoPublished(Some(reason.to_owned())));
        }
        let plain =
            [Status::Match, Status::WithinTolerance, Status::Differs, Status::PublishedOnly, Status::NoPublished(None)];
        let found = plain.into_iter().find(|status| status.to_string() == text);
        found.ok_or_else(|| format!("`{text}` is not a status of a row"))
    }
}

impl From<Status> for String {
    fn from(status: Status) -> String {
        status.to_string()
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Match => f.write_str("match"),
            Status::WithinTolerance => f.write_str("within tolerance"),
            Status::Differs => f.write_str("differs"),
            Status::NotComparable(reason) => write!(f, "{NOT_COMPARABLE}{reason}"),
            Status::PublishedOnly => f.write_str("published only"),
            Status::NoPublished(None) => f.write_str(NO_PUBLISHED),
            Status::NoPublished(Some(reason)) => write!(f, "{NO_PUBLISHED}: {reason}"),
        }
    }
}

impl Row {
    /// A row with a value of ours only.
    pub fn new(method: &str, subset: &str, statistic: &str, value: f64) -> Row {
        Row { value: Some(value), ..Row::blank(method, subset, statistic) }
    }

    /// A row whose value is not defined, for this reason: `all ratings are equal`.
    pub fn undefined(method: &str, subset: &str, statistic: &str, reason: &str) -> Row {
        Row { reason: Some(reason.to_owned()), ..Row::blank(method, subset, statistic) }
    }

    /// A row for a method with a published value only.
    pub fn published_only(method: &str, cell: &Cell) -> Row {
        let row = Row::blank(method, &cell.subset, &cell.statistic_here());
        Row { origin: Some(Origin::Publication), ..row.beside(cell, Status::PublishedOnly) }
    }

    fn blank(method: &str, subset: &str, statistic: &str) -> Row {
        Row {
            method: method.to_owned(),
            subset: subset.to_owned(),
            statistic: statistic.to_owned(),
            value: None,
            low: None,
            high: None,
            published: None,
            published_source: None,
            status: Status::NoPublished(None),
            origin: None,
            reason: None,
            images: None,
        }
    }

    /// The row with a 95 % interval.
    pub fn with_interval(self, low: f64, high: f64) -> Row {
        Row { low: Some(low), high: Some(high), ..self }
    }

    /// The ends of the 95 % interval, the lower first.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }

    /// The row with this published number.
    fn beside(self, cell: &Cell, status: Status) -> Row {
        Row { published: Some(cell.value), published_source: Some(cell.provenance()), status, ..self }
    }

    /// The row without a published number.
    pub(super) fn alone(&self) -> Row {
        Row { published: None, published_source: None, status: Status::NoPublished(None), ..self.clone() }
    }

    /// Compares this row with the published number of its method and statistic for `subset` of `database`. `subset` is the publication's
    /// name, which may differ from the row's. If a reason `not_comparable` is given, the number is shown and not compared. Returns the
    /// published number, if there is one.
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
                (Some(value), None) => status(value, cell),
            };
            *self = self.alone().beside(cell, status);
            return Some(cell);
        }
        let other = cells.iter().find(|c| c.statistic == self.statistic);
        if let (Some(other), Status::NoPublished(reason)) = (other, &mut self.status) {
            let of = if other.fit == Some(Fit::Line) { "the straight line" } else { "the fitted scores" };
            *reason = Some(format!("the publication shows that of {of}, see {}", other.statistic_here()));
        }
        None
    }

    /// The number's name in texts.
    pub(super) fn name(&self) -> String {
        format!("{} of {} on {}", self.statistic, self.method, self.subset)
    }

    pub(super) fn is(&self, method: &str, subset: &str, statistic: &str) -> bool {
        (self.method.as_str(), self.subset.as_str(), self.statistic.as_str()) == (method, subset, statistic)
    }

    /// Whether the fields agree with one another.
    ///
    /// # Errors
    /// The contradiction between two fields.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.low.is_some() != self.high.is_some() {
            return Err("its interval has one end only".to_owned());
        }
        if self.value.is_some() && self.reason.is_some() {
            return Err("it has both a value and a reason why there is none".to_owned());
        }
        if self.published.is_some() != self.published_source.is_some() {
            return Err("it needs both a published value and its source, or neither".to_owned());
        }
        if self.published.is_some() == matches!(self.status, Status::NoPublished(_)) {
            return Err(format!("`{}` is not a status of a row with these values", self.status));
        }
        Ok(())
    }

    /// The fields by their names in the files, without those of [`OPTIONAL`] that are not `present`.
    pub(super) fn fields(&self, present: [bool; OPTIONAL.len()]) -> Map<String, Value> {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else { unreachable!("a row is a JSON object") };
        for (name, _) in OPTIONAL.iter().zip(present).filter(|(_, present)| !present) {
            fields.shift_remove(*name);
        }
        fields
    }
}

fn status(value: f64, cell: &Cell) -> Status {
    let digits = cell.digits;
    if format!("{value:.digits$}") == format!("{:.digits$}", cell.value) {
        Status::Match
    } else if (value - cell.value).abs() <= cell.tolerance {
        Status::WithinTolerance
    } else {
        Status::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_judged_by_digits_first_and_tolerance_second() {
        let cell = Published::embedded().find("TID2013", "Proposed", "all", "srocc").unwrap();
        assert_eq!((cell.value, cell.tolerance), (0.865, 0.0007));
        for (value, expected) in [
            (0.8651, Status::Match),
            (0.8645001, Status::Match),
            (0.8656, Status::WithinTolerance),
            (0.8644, Status::WithinTolerance),
            (0.8658, Status::Differs),
        ] {
            assert_eq!(status(value, cell), expected, "{value}");
        }
    }

    #[test]
    fn a_status_is_read_back_from_its_words() {
        let reason = || "709 of 3000 images".to_owned();
        for status in [
            Status::Match,
            Status::WithinTolerance,
            Status::Differs,
            Status::NotComparable(reason()),
            Status::PublishedOnly,
            Status::NoPublished(None),
            Status::NoPublished(Some(reason())),
        ] {
            assert_eq!(Status::try_from(status.to_string()), Ok(status));
        }
        for text in ["", "matches", "no published value of ours", "not comparable"] {
            assert!(Status::try_from(text.to_owned()).unwrap_err().contains("is not a status"), "{text}");
        }
    }
}
