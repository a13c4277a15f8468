//! The reader of every table that people make: CSV files with a header, and lists without one.
//!
//! A table is read as spreadsheets and scripts write it. The text may begin with a byte order mark, and its lines may end with `\n`,
//! `\r\n` or `\r`. Fields are separated by commas, semicolons or tabs, as the header is. Blanks around a field do not count, a field may be
//! in quotes, and blank rows and rows that begin with `#` are skipped. In a table with semicolons a number may have a decimal comma.
//! Errors number the rows as an editor does: the first line of the file is row 1.
//!
//! Refused, with what to do: a text that is not UTF-8, a spreadsheet or a web page, two columns of one name, and a row that is longer or
//! shorter than the header.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use csv::StringRecord;

use super::database::LARGEST_RATING;
use crate::error::{Error, Result};
use crate::files::{self, text};
use crate::nearest::suggest;

/// The spellings of a missing value, in lower case.
const MISSING: [&str; 12] = ["", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "missing", "-", "."];

/// A table, without blanks around the fields. It has at least one row, and all rows have the length of the header.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    path: &'a Path,
    /// The column names. They are different.
    pub header: Vec<String>,
    /// The fields after the header, row by row.
    fields: Fields,
    /// The row of each of these rows in the file, from 1.
    numbers: Vec<usize>,
    /// The character between the fields.
    delimiter: char,
    /// The first row of each column with a decimal point.
    points: Vec<Option<usize>>,
}

/// Texts in one piece of memory.
#[derive(Debug, Default)]
struct Fields {
    text: String,
    ends: Vec<usize>,
}

impl Fields {
    fn push(&mut self, field: &str) {
        self.text += field;
        self.ends.push(self.text.len());
    }

    fn get(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.text[start..self.ends[i]]
    }
}

impl<'a> Table<'a> {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Error::Data`] if the file cannot be read, is not a text in UTF-8, has no header or no row after it, or has two columns of one
    /// name, a quote without its end, or a row that is longer or shorter than the header.
    pub fn read(path: &Path) -> Result<Table<'_>> {
        Table::parse(path, &files::read(path)?)
    }

    /// [`Table::read`] for the bytes of the file at `path`.
    ///
    /// # Errors
    /// Those of [`Table::read`].
    pub fn parse(path: &'a Path, bytes: &[u8]) -> Result<Table<'a>> {
        let fail = |problem: String| Error::data(path, problem);
        let text = text::decode(bytes).map_err(fail)?;
        let (delimiter, skipped, body) = layout(&text);
        // Null characters are refused above. A row of one marks the end, so that a quote without its end is noticed.
        let marked = tidy(body, delimiter) + "\n\0";
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter as u8)
            .from_reader(marked.as_bytes());
        let mut header: Option<(usize, Vec<String>)> = None;
        let (mut fields, mut numbers) = (Fields::default(), Vec::new());
        let mut record = StringRecord::new();
        loop {
            reader.read_record(&mut record).map_err(|error| fail(format!("is not a CSV file: {error}")))?;
            // The reader is at the start of the next row. Only fields in quotes have line breaks.
            let breaks = record.iter().map(|field| field.matches('\n').count()).sum::<usize>();
            let end = (reader.position().line() as usize).saturating_sub(1) + skipped;
            let number = end.saturating_sub(breaks);
            if record.iter().next_back().is_some_and(|field| field.ends_with('\0')) {
                match record.len() == 1 && &record[0] == "\0" {
                    true => break,
                    false => return Err(fail(format!("row {} has a quote without its end; add it", number + 1))),
                }
            }
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let Some((first, names)) = &header else {
                header = Some((number, record.iter().map(|name| name.trim().to_owned()).collect()));
                continue;
            };
            if record.len() != names.len() {
                let remedy = match breaks > 0 || record.iter().any(|field| field.contains('"')) {
                    true => "check its quotes: a quote is the first and the last character of a field".to_owned(),
                    false => format!("complete it, and put a field that contains {} in quotes", called(delimiter)),
                };
                return Err(fail(format!(
                    "row {number} has {}, but the header in row {first} has {}; {remedy}",
                    count(record.len()),
                    names.len()
                )));
            }
            record.iter().for_each(|field| fields.push(field.trim()));
            numbers.push(number);
        }
        let Some((row, mut header)) = header else {
            return Err(fail("is empty; the first row names the columns".to_owned()));
        };
        if numbers.is_empty() {
            return Err(fail("has no row after the header; add a row for each image".to_owned()));
        }
        // Spreadsheets write empty columns beside a table.
        let width = header.len();
        let empty = |column: usize| (0..numbers.len()).all(|i| fields.get(i * width + column).is_empty());
        while header.last().is_some_and(|name| name.is_empty() && empty(header.len() - 1)) {
            header.pop();
        }
        if header.len() < width {
            let mut kept = Fields::default();
            for i in 0..numbers.len() {
                (0..header.len()).for_each(|column| kept.push(fields.get(i * width + column)));
            }
            fields = kept;
        }
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (second, name) in header.iter().enumerate() {
            if let Some(first) = seen.insert(name, second) {
                let called =
                    if name.is_empty() { "have no name".to_owned() } else { format!("are both called \"{name}\"") };
                let problem = format!("columns {} and {} {called}; rename or remove one", first + 1, second + 1);
                return Err(fail(format!("row {row}: {problem}")));
            }
        }
        Ok(Table::new(path, header, fields, numbers, delimiter))
    }

    /// Reads a list without a header: fields separated by blanks, one for each of `columns`, which name them in errors.
    ///
    /// # Errors
    /// [`Error::Data`] if the file cannot be read or is not a text in UTF-8, a row has more or fewer fields, or there is no row.
    pub fn read_list(path: &'a Path, columns: &[&str]) -> Result<Table<'a>> {
        let text = text::decode(&files::read(path)?).map_err(|problem| Error::data(path, problem))?;
        let (mut fields, mut numbers) = (Fields::default(), Vec::new());
        for (i, line) in text.split('\n').enumerate().filter(|(_, line)| !is_skipped(line)) {
            let found = line.split_whitespace().count();
            if found != columns.len() {
                let problem = format!("row {}: \"{}\" has {}, not {}", i + 1, line.trim(), count(found), columns.len());
                return Err(Error::data(path, format!("{problem} ({})", columns.join(" and "))));
            }
            line.split_whitespace().for_each(|field| fields.push(field));
            numbers.push(i + 1);
        }
        if numbers.is_empty() {
            return Err(Error::data(path, "has no row; add a row for each image"));
        }
        let header = columns.iter().map(|&name| name.to_owned()).collect();
        Ok(Table::new(path, header, fields, numbers, ' '))
    }

    fn new(path: &'a Path, header: Vec<String>, fields: Fields, numbers: Vec<usize>, delimiter: char) -> Table<'a> {
        let mut table = Table { path, header, fields, numbers, delimiter, points: Vec::new() };
        let has_point = |field: &str| field.contains('.') && field.parse::<f64>().is_ok();
        let first = |column: usize| (0..table.len()).find(|&row| has_point(table.field(row, column)));
        table.points = (0..table.header.len()).map(first).collect();
        table
    }

    /// The number of rows after the header.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The field in a row, counted from 0 after the header, and a column.
    pub fn field(&self, row: usize, column: usize) -> &str {
        self.fields.get(row * self.header.len() + column)
    }

    /// The fields of a row, counted from 0 after the header.
    pub fn record(&self, row: usize) -> StringRecord {
        (0..self.header.len()).map(|column| self.field(row, column)).collect()
    }

    /// The number in the file of a row counted from 0 after the header.
    pub fn number_of(&self, row: usize) -> usize {
        self.numbers[row]
    }

    /// The index of the column `name`.
    ///
    /// # Errors
    /// [`Error::Data`] with the nearest name if there is no such column.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.header.iter().position(|found| found == name).ok_or_else(|| {
            let header: Vec<&str> = self.header.iter().map(String::as_str).collect();
            Error::data(self.path, format!("there is no column \"{name}\"; {}", suggest(name, &header)))
        })
    }

    /// The opinion in a field: a number of at most [`LARGEST_RATING`] on either side of 0.
    ///
    /// # Errors
    /// [`Error::Data`] for a missing value, anything else that is not a number, and a number out of this range.
    pub fn rating(&self, row: usize, column: usize) -> Result<f64> {
        let missing = || self.wrong(row, column, "is a missing value; leave the row out");
        let value = self.number(row, column)?.ok_or_else(missing)?;
        match value.abs() <= LARGEST_RATING {
            true => Ok(value),
            false => Err(self.wrong(row, column, outside("rating", "leave the row out"))),
        }
    }

    /// The standard deviation in a field: a number from 0 to [`LARGEST_RATING`].
    ///
    /// # Errors
    /// [`Error::Data`] for a missing value, anything else that is not a number, and a number out of this range.
    pub fn deviation(&self, row: usize, column: usize) -> Result<f64> {
        let value = self.rating(row, column)?;
        match value >= 0.0 {
            true => Ok(value),
            false => Err(self.wrong(row, column, "is not a standard deviation, which is at least 0")),
        }
    }

    /// The score of a method in a field; `None` for a missing value. A score may be infinite, as the PSNR of two equal images is. A finite
    /// one is at most [`LARGEST_RATING`] on either side of 0.
    ///
    /// # Errors
    /// [`Error::Data`] for anything else that is not a number, and for a finite number out of this range.
    pub fn score(&self, row: usize, column: usize) -> Result<Option<f64>> {
        let value = self.number(row, column)?;
        let written = |word: &str| self.field(row, column).to_ascii_lowercase().contains(word);
        match value.is_none_or(|value| value.abs() <= LARGEST_RATING || value.is_infinite() && written("inf")) {
            true => Ok(value),
            false => Err(self.wrong(row, column, outside("score", "leave the field empty"))),
        }
    }

    /// The number in a field, which may be infinite; `None` for a missing value.
    fn number(&self, row: usize, column: usize) -> Result<Option<f64>> {
        let field = self.field(row, column);
        if MISSING.contains(&field.to_ascii_lowercase().as_str()) {
            return Ok(None);
        }
        if let Ok(value) = field.parse::<f64>() {
            return Ok(Some(value));
        }
        let with_point = || field.replacen(',', ".", 1).parse::<f64>().ok().filter(|_| !field.contains('.'));
        match (with_point(), self.delimiter, self.points[column]) {
            (None, ..) => Err(self.wrong(row, column, "is not a number")),
            (value, ';', None) => Ok(value),
            (_, ';', Some(other)) => {
                let problem = format!(
                    "has a comma, but \"{}\" in row {} has a point; write all numbers of the column with a decimal point",
                    self.field(other, column),
                    self.number_of(other)
                );
                Err(self.wrong(row, column, problem))
            }
            _ => Err(self.wrong(row, column, "is not a number; write it with a decimal point")),
        }
    }

    /// States that the field in `row` repeats that in the row `first`, with its spelling there if it is another one.
    pub fn already(&self, first: usize, row: usize, column: usize) -> String {
        let (spelling, number) = (self.field(first, column), self.number_of(first));
        match spelling == self.field(row, column) {
            true => format!("is in row {number} already"),
            false => format!("is in row {number} already as {spelling}"),
        }
    }

    /// An error about the field in a row, counted from 0 after the header, and a column.
    pub fn wrong(&self, row: usize, column: usize, problem: impl Display) -> Error {
        let (number, name, field) = (self.number_of(row), &self.header[column], self.field(row, column));
        Error::data(self.path, format!("row {number}, column \"{name}\": \"{field}\" {problem}"))
    }
}

/// What is wrong with a number that is too large.
fn outside(what: &str, remedy: &str) -> String {
    format!(
        "is outside the range of a {what}, {:e} to {LARGEST_RATING:e}; if it stands for a missing value, {remedy}",
        -LARGEST_RATING
    )
}

/// The character between the fields of a table, the number of lines before the table, and the text of the table.
///
/// The header has the character more often than the others, outside quotes. A first line `sep=;`, as Excel reads it, states it.
fn layout(text: &str) -> (char, usize, &str) {
    let delimiters = [',', ';', '\t'];
    let lines = text.split('\n').enumerate();
    let Some((skipped, first)) = lines.clone().find(|(_, line)| !is_skipped(line)) else { return (',', 0, text) };
    let stated = first.trim_matches(|c: char| c == ' ' || c == '"').to_ascii_lowercase();
    let stated = stated.strip_prefix("sep=").and_then(|rest| delimiters.into_iter().find(|&c| rest == c.to_string()));
    if let Some(delimiter) = stated {
        let length: usize = text.split_inclusive('\n').take(skipped + 1).map(str::len).sum();
        return (delimiter, skipped + 1, &text[length..]);
    }
    let outside: String = first.split('"').step_by(2).collect();
    let often = |delimiter: char| outside.matches(delimiter).count();
    // At equal number the first one.
    let best = delimiters.into_iter().rev().max_by_key(|&delimiter| often(delimiter)).unwrap_or(',');
    (best, 0, text)
}

/// The text with an empty line in place of each comment, and without blanks around quotes, which the CSV reader would take for a part of
/// the field.
fn tidy(text: &str, delimiter: char) -> String {
    let is_blank = |c: char| c != delimiter && (c == ' ' || c == '\t');
    let mut tidied = String::with_capacity(text.len());
    let (mut rest, mut in_row) = (text, false);
    while !rest.is_empty() {
        // The start of a field.
        let field = rest.trim_start_matches(is_blank);
        if !in_row && field.starts_with('#') {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some(quoted) = field.strip_prefix('"') {
            let Some(end) = closing(quoted) else { return tidied + field };
            tidied.push('"');
            tidied += &quoted[..=end];
            rest = quoted[end + 1..].trim_start_matches(is_blank);
        }
        let end = rest.find([delimiter, '\n']).map_or(rest.len(), |at| at + 1);
        tidied += &rest[..end];
        in_row = !rest[..end].ends_with('\n');
        rest = &rest[end..];
    }
    tidied
}

/// The place of the quote that ends a field in quotes, of which the text begins after the first one. Two quotes stand for one.
fn closing(quoted: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + quoted[from..].find('"')?;
        if !quoted[at + 1..].starts_with('"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Whether a line is blank or a comment.
fn is_skipped(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn count(fields: usize) -> String {
    format!("{fields} field{}", if fields == 1 { "" } else { "s" })
}

fn called(delimiter: char) -> &'static str {
    match delimiter {
        ';' => "a semicolon",
        '\t' => "a tab",
        _ => "a comma",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATH: &str = "t.csv";

    fn parse(text: impl AsRef<[u8]>) -> Result<Table<'static>> {
        Table::parse(Path::new(PATH), text.as_ref())
    }

    fn rows(text: impl AsRef<[u8]>) -> Vec<Vec<String>> {
        let table = parse(text).unwrap();
        let row = |row| (0..table.header.len()).map(|column| table.field(row, column).to_owned()).collect();
        std::iter::once(table.header.clone()).chain((0..table.len()).map(row)).collect()
    }

    fn refused(text: impl AsRef<[u8]>, expected: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with("t.csv: ") && error.contains(expected), "{expected:?} is not in {error:?}");
    }

    #[test]
    fn every_way_to_write_a_table_gives_the_same_table() {
        let expected = [["image", "mos"], ["a b.png", "3.5"], ["c,d.png", "-1"]];
        for text in [
            "image,mos\na b.png,3.5\n\"c,d.png\",-1\n",
            "\u{feff}image,mos\r\na b.png,3.5\r\n\"c,d.png\",-1",
            "image,mos\ra b.png,3.5\r\"c,d.png\",-1\r",
            " image , mos\n\n a b.png ,3.5 \n\n\n\"c,d.png\", -1\n\n",
            "# a comment, \"with\" a \"quote\n\n  # another\nimage,mos\n#x.png,7\na b.png,3.5\n # y\n\"c,d.png\",-1\n",
            "image;mos\na b.png;3.5\nc,d.png;-1\n",
            "image\tmos\na b.png\t3.5\nc,d.png\t-1\n",
            "sep=;\r\nimage;mos\r\na b.png;3.5\r\nc,d.png;-1\r\n",
            "image;mos;;\na b.png;3.5;;\n;;;\nc,d.png;-1;;\n",
            " \"image\" ,\t\"mos\"\n  \"a b.png\" , \"3.5\" \n \"c,d.png\",-1\n",
            "\"image\",\"mos\"\n\"a b.png\",\"3.5\"\n\"c,d.png\",\"-1\"\n",
        ] {
            assert_eq!(rows(text), expected, "{text:?}");
        }
        // A name with a semicolon is no reason to split at semicolons.
        assert_eq!(rows("a;b,c,d\n1,2,3\n"), [["a;b", "c", "d"], ["1", "2", "3"]]);
        assert_eq!(rows("\"a;b;c;d\",e\n1,2\n"), [["a;b;c;d", "e"], ["1", "2"]]);
        // One column without a name, as scripts write the index.
        assert_eq!(rows(",a\n0,1\n"), [["", "a"], ["0", "1"]]);
        assert_eq!(rows("a,b\n\"1\"\"\",\"2\n3\"\n"), [["a", "b"], ["1\"", "2\n3"]]);
        // A row begins with `#`, an image may too.
        assert_eq!(rows("a,b\n\"#1\",\"2\n#3\"\n#4,\"5\n"), [["a", "b"], ["#1", "2\n#3"]]);
    }

    #[test]
    fn rows_have_the_numbers_of_the_file() {
        for text in [
            "a,b\n\n# c\n1,x\n\"2\n\n2\",y\n   \n,,\n3,z\n".replace(",,\n", ",\n"),
            "\r\r\ra,b\r1,x\r\"2\r\r2\",y\r3,z".to_owned(),
            "\u{feff}# c\r\n\r\nsep=;\r\na;b\r\n1;x\r\n2;y\r\n3;z\r\n".to_owned(),
        ] {
            let normal = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
            let table = parse(&text).unwrap();
            assert_eq!(table.len(), 3);
            for row in 0..3 {
                let line = normal.split('\n').nth(table.number_of(row) - 1).unwrap();
                let first = &table.field(row, 0)[..1];
                assert!(line.trim_start_matches('"').starts_with(first), "{text:?}: {first} is not in {line:?}");
            }
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (text, expected) in [
            ("", "is empty"),
            ("\u{feff}\n\n# x\n , \n", "is empty"),
            ("a,b\n", "has no row after the header"),
            ("a,b\n\n#1,2\n,\n", "has no row after the header"),
            ("\na,b,a\n1,2,3\n", "row 2: columns 1 and 3 are both called \"a\"; rename or remove one"),
            ("a, b,b \n1,2,3\n", "columns 2 and 3 are both called \"b\""),
            (",a,\n1,2,3\n", "columns 1 and 3 have no name"),
            ("a,b\n\n1\n", "row 3 has 1 field, but the header in row 1 has 2; complete it"),
            (
                "#\na;b\n1;2;3\n",
                "row 3 has 3 fields, but the header in row 2 has 2; complete it, and put a field that contains a semicolon",
            ),
            ("a,b\n1,x \"2,3\"\n", "row 2 has 3 fields, but the header in row 1 has 2; check its quotes"),
            ("a,b\n1,2\n3,\"4\n5,6\n", "row 3 has a quote without its end"),
            ("a,b\n1,2\n\"3,4", "row 3 has a quote without its end"),
            ("\"a,b\n1,2\n", "row 1 has a quote without its end"),
            ("PK\u{3}\u{4}", "is a spreadsheet"),
        ] {
            refused(text, expected);
        }
        refused(b"a,b\n1,\xE9\n", "is not UTF-8 in row 2");
        assert!(parse("a,b\n1,2\n").unwrap().column("c").unwrap_err().to_string().contains("there is no column \"c\""));
    }

    #[test]
    fn numbers_are_ratings_deviations_or_scores() {
        let table = |field: &str| parse(format!("i;x\n\n1;{field}\n")).unwrap();
        for (field, value) in
            [("3.5", 3.5), ("3,5", 3.5), ("-1e3", -1e3), ("1e12", 1e12), ("+.5", 0.5), ("5e-324", 5e-324)]
        {
            assert_eq!(table(field).rating(0, 1).unwrap(), value);
            assert_eq!(table(field).score(0, 1).unwrap(), Some(value));
            assert_eq!(table(field).deviation(0, 1).ok(), Some(value).filter(|&x| x >= 0.0));
        }
        for field in ["", "NA", "NaN", "nan", "N/A", "null", "-"] {
            let error = table(field).rating(0, 1).unwrap_err().to_string();
            assert!(
                error.contains(&format!("row 3, column \"x\": \"{field}\" is a missing value; leave the row out")),
                "{error}"
            );
            assert_eq!(table(field).score(0, 1).unwrap(), None);
        }
        for field in ["1.7976931348623157e308", "-1.1e12", "1e999", "1,1e12"] {
            let error = table(field).rating(0, 1).unwrap_err().to_string();
            let expected =
                "is outside the range of a rating, -1e12 to 1e12; if it stands for a missing value, leave the row out";
            assert!(error.contains(&format!("row 3, column \"x\": \"{field}\" {expected}")), "{error}");
            let error = table(field).score(0, 1).unwrap_err().to_string();
            assert!(error.contains("is outside the range of a score, -1e12 to 1e12"), "{error}");
        }
        for field in ["inf", "-Infinity"] {
            assert!(table(field).rating(0, 1).unwrap_err().to_string().contains("is outside the range of a rating"));
            assert!(table(field).score(0, 1).unwrap().unwrap().is_infinite());
        }
        for field in ["one", "1.234,5", "1,234,567", "3.5 dB", "0x1", "1,2.3"] {
            for error in [table(field).rating(0, 1).unwrap_err(), table(field).score(0, 1).unwrap_err()] {
                assert!(
                    error.to_string().contains(&format!("row 3, column \"x\": \"{field}\" is not a number")),
                    "{error}"
                );
            }
        }
        assert!(table("-1").deviation(0, 1).unwrap_err().to_string().contains("\"-1\" is not a standard deviation"));
        // A decimal comma is clear only if commas mean nothing else.
        let error = |text: &str, row: usize| parse(text).unwrap().rating(row, 0).unwrap_err().to_string();
        assert!(
            error("x,y\n\"3,5\",1\n", 0)
                .contains("row 2, column \"x\": \"3,5\" is not a number; write it with a decimal point")
        );
        assert!(error("x\ty\n3,5\t1\n", 0).contains("write it with a decimal point"));
        assert!(
            error("x;y\n3,5;1\n3.5;2\n", 0)
                .contains("row 2, column \"x\": \"3,5\" has a comma, but \"3.5\" in row 3 has a point")
        );
    }

    #[test]
    fn a_list_has_no_header() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mos.txt");
        let list = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let table = Table::read_list(&path, &["mos", "image"]).map_err(|error| error.to_string())?;
            Ok::<_, String>(
                (0..table.len()).map(|row| (table.number_of(row), table.field(row, 1).to_owned())).collect::<Vec<_>>(),
            )
        };
        let expected = Ok(vec![(2, "a".to_owned()), (4, "b".to_owned())]);
        assert_eq!(list("\u{feff}# c\r\n5.5 a\r\n\r\n  4\t b\r\n\r\n"), expected);
        assert_eq!(list("#\r5.5 a\r\r4 b"), expected);
        assert!(list("\n5.5 a b\n").unwrap_err().contains("row 2: \"5.5 a b\" has 3 fields, not 2 (mos and image)"));
        assert!(list("\n").unwrap_err().contains("has no row"));
    }

    proptest! {
        /// What the CSV writer writes is what is read, with any delimiter and line end.
        #[test]
        fn a_written_table_is_read_again(
            fields in proptest::collection::vec("[a-z0-9,;\t\"\n .é-]{0,4}", 6..7),
            delimiter in prop::sample::select(b",;\t".to_vec()),
            crlf in any::<bool>(),
        ) {
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
            writer.write_record(["a", "b", "c"]).unwrap();
            fields.chunks(3).for_each(|row| writer.write_record(row).unwrap());
            let text = writer.into_inner().unwrap();
            let is_blank = |row: &[String]| row.iter().all(|field| field.trim().is_empty());
            let expected: Vec<Vec<String>> =
                fields.chunks(3).filter(|row| !is_blank(row)).map(|row| row.iter().map(|f| f.trim().to_owned()).collect()).collect();
            match parse(&text) {
                Ok(_) => prop_assert_eq!(&rows(&text)[1..], &expected[..]),
                Err(error) => prop_assert!(expected.is_empty(), "{}", error),
            }
        }

        /// Any bytes are a table or an error; nothing panics, also when every field is read as a number.
        #[test]
        fn any_text_is_read_or_refused(text in "[ab19,;\t\"#\r\n .\u{feff}-]{0,40}") {
            if let Ok(table) = parse(&text) {
                let lines = text.replace("\r\n", "\n").matches(['\r', '\n']).count() + 1;
                for row in 0..table.len() {
                    prop_assert!((1..=lines).contains(&table.number_of(row)));
                    prop_assert!(row == 0 || table.number_of(row) > table.number_of(row - 1));
                    for column in 0..table.header.len() {
                        let _ = (table.rating(row, column), table.score(row, column), table.deviation(row, column));
                    }
                }
            }
        }
    }
}
