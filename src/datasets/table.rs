//! CSV tables for the readers: a header and rows of text.

use std::fmt::Display;
use std::path::Path;

use csv::StringRecord;

use crate::error::{Error, Result};
use crate::files;
use crate::nearest::suggest;

/// A CSV table, without blanks around the fields. All rows have the length of the header.
pub(crate) struct Table<'a> {
    path: &'a Path,
    /// The column names.
    pub header: Vec<String>,
    /// The rows after the header.
    pub rows: Vec<StringRecord>,
}

impl Table<'_> {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Error::Data`] if the file cannot be read, or a row is longer or shorter than the others.
    pub fn read(path: &Path) -> Result<Table<'_>> {
        let text = files::read(path)?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_slice());
        let malformed = |error| Error::data(path, format!("is not a CSV file of equally long rows: {error}"));
        let header = reader.headers().map_err(malformed)?.iter().map(str::to_string).collect();
        let rows = reader.records().collect::<csv::Result<_>>().map_err(malformed)?;
        Ok(Table { path, header, rows })
    }

    /// The index of the column `name`.
    ///
    /// # Errors
    /// [`Error::Data`] with the nearest name if there is no such column.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.header.iter().position(|found| found == name).ok_or_else(|| {
            let header: Vec<&str> = self.header.iter().map(String::as_str).collect();
            Error::data(self.path, format!("row 1: there is no column \"{name}\"; {}", suggest(name, &header)))
        })
    }

    /// An error about the field in a row, counted from 0 after the header, and a column.
    pub fn wrong(&self, row: usize, column: usize, problem: impl Display) -> Error {
        let (name, field) = (&self.header[column], &self.rows[row][column]);
        Error::data(self.path, format!("row {}, column \"{name}\": \"{field}\" {problem}", row + 2))
    }
}
