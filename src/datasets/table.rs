//! A CSV file as a header and rows of text: what readers of tables begin with.

use std::path::Path;

use csv::StringRecord;

use crate::error::{Error, Result};

/// The column names and the rows, without blanks around a field; all rows are as long as the header.
///
/// # Errors
/// [`Error::Data`] when the file cannot be read, or a row is longer or shorter than the others.
pub(super) fn read(path: &Path) -> Result<(Vec<String>, Vec<StringRecord>)> {
    let text = std::fs::read(path).map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_slice());
    let malformed = |error: csv::Error| Error::data(path, format!("is not a CSV file of equally long rows: {error}"));
    let header = reader.headers().map_err(malformed)?.iter().map(str::to_string).collect();
    let rows = reader.records().collect::<csv::Result<_>>().map_err(malformed)?;
    Ok((header, rows))
}
