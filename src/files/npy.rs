//! Writer of tables for NumPy (`.npy`), row by row.
//!
//! The features of 200,000 images do not fit into memory, but `numpy.load(path, mmap_mode="r")` can use them from a
//! `.npy` file without loading it. The header states the shape, so the number of rows must be known at the start; it is
//! checked at the end. The format is NumPy's version 1.0 (NEP 1), little-endian, rows one after the other. The bytes
//! equal those of `numpy.save`.

use std::io::{Seek, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::part::Part;
use crate::error::{Error, Result};

/// A number type of a table: `f32` or `f64`.
pub trait Number: Copy {
    /// The name of the type in NumPy.
    const DESCR: &str;

    /// Appends the bytes of the number, the lowest first.
    fn extend(self, bytes: &mut Vec<u8>);
}

impl Number for f32 {
    const DESCR: &str = "<f4";

    fn extend(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

impl Number for f64 {
    const DESCR: &str = "<f8";

    fn extend(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

/// Writes a table of `T` to a `.npy` file.
///
/// The bytes are written to a temporary file in the same folder, which [`NpyWriter::finish`] renames: the path never
/// contains an incomplete table. A writer that is dropped before leaves no file.
///
/// ```
/// use gradspace::files::npy::NpyWriter;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("features.npy");
/// let mut features = NpyWriter::<f32>::create(&path, 3, 2)?;
/// features.write_rows(&[0.0, 0.5, 1.0, 1.5])?;
/// features.write_rows(&[2.0, 2.5])?;
/// features.finish()?;
/// assert_eq!(std::fs::metadata(&path).unwrap().len(), 128 + 3 * 2 * 4);
/// # Ok::<(), gradspace::Error>(())
/// ```
#[derive(Debug)]
pub struct NpyWriter<T: Number> {
    path: PathBuf,
    part: Part,
    rows: usize,
    columns: usize,
    /// The length of the header in bytes.
    header: usize,
    written: usize,
    left_out: usize,
    bytes: Vec<u8>,
    number: PhantomData<T>,
}

/// The most bytes that are collected before they are written.
const HELD: usize = 1 << 20;

impl<T: Number> NpyWriter<T> {
    /// Creates a table of `rows` rows of `columns` numbers, and the folders above `path`.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason.
    ///
    /// # Panics
    /// If there are no columns.
    pub fn create(path: impl AsRef<Path>, rows: usize, columns: usize) -> Result<Self> {
        assert!(columns > 0, "a table needs at least one column");
        let path = path.as_ref().to_path_buf();
        let bytes = header(T::DESCR, rows, columns, 0);
        let part = Part::create(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
        let (header, number) = (bytes.len(), PhantomData);
        Ok(NpyWriter { path, part, rows, columns, header, written: 0, left_out: 0, bytes, number })
    }

    /// Appends any number of rows, concatenated in `rows`.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason, or if there are more rows than stated at the start.
    ///
    /// # Panics
    /// If the last row is incomplete.
    pub fn write_rows(&mut self, rows: &[T]) -> Result<()> {
        let (length, columns) = (rows.len(), self.columns);
        assert!(length.is_multiple_of(columns), "{length} numbers are not whole rows of {columns}");
        self.written += length / columns;
        if self.written + self.left_out > self.rows {
            return Err(self.wrong_count());
        }
        rows.iter().for_each(|number| number.extend(&mut self.bytes));
        if self.bytes.len() < HELD { Ok(()) } else { self.flush() }
    }

    /// Reduces the number of rows that was stated at the start by one, for an image that has no row.
    pub fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Completes the table and renames the file.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason, or if there are fewer rows than stated at the start.
    pub fn finish(mut self) -> Result<()> {
        if self.written + self.left_out != self.rows {
            return Err(self.wrong_count());
        }
        self.flush()?;
        let mut end = || {
            if self.left_out > 0 {
                self.part.file.rewind()?;
                self.part.file.write_all(&header(T::DESCR, self.written, self.columns, self.header))?;
            }
            self.part.file.sync_all()
        };
        end().and_then(|()| self.part.place(&self.path)).map_err(|source| Error::Write { path: self.path, source })
    }

    /// Writes the collected bytes.
    fn flush(&mut self) -> Result<()> {
        let written = self.part.file.write_all(&self.bytes);
        self.bytes.clear();
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    fn wrong_count(&self) -> Error {
        let problem = format!("{} rows were announced, but {} written", self.rows - self.left_out, self.written);
        Error::Write { path: self.path.clone(), source: std::io::Error::other(problem) }
    }
}

/// The magic number, version 1.0, the length of the dictionary, and a Python dictionary. Blanks fill it up so that the
/// numbers begin at a multiple of 64 bytes, which is `least` or more.
fn header(descr: &str, rows: usize, columns: usize, least: usize) -> Vec<u8> {
    let mut dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let (before, newline) = (10, 1);
    let end = (before + dictionary.len() + newline).next_multiple_of(64).max(least);
    dictionary += &" ".repeat(end - before - newline - dictionary.len());
    dictionary += "\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(dictionary.len() as u16).to_le_bytes());
    bytes.extend_from_slice(dictionary.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<T: Number>(rows: usize, columns: usize, pieces: &[&[T]]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/table.npy");
        let mut writer = NpyWriter::create(&path, rows, columns).unwrap();
        pieces.iter().for_each(|piece| writer.write_rows(piece).unwrap());
        writer.finish().unwrap();
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        std::fs::read(path).unwrap()
    }

    /// NumPy 2.4.6: `numpy.save` of `arange(6).reshape(3, 2).astype("<f4") * 0.5` and of `[[1, -0.1, inf]]`.
    #[test]
    fn the_bytes_are_numpys() {
        let blanks = " ".repeat(58);
        let mut expected = b"\x93NUMPY\x01\x00v\x00".to_vec();
        expected.extend(format!("{{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }}{blanks}\n").bytes());
        expected.extend(b"\x00\x00\x00\x00\x00\x00\x00?\x00\x00\x80?\x00\x00\xc0?\x00\x00\x00@\x00\x00 @");
        assert_eq!(expected.len(), 152);
        assert_eq!(written(3, 2, &[&[0.0f32, 0.5, 1.0, 1.5], &[], &[2.0, 2.5]]), expected);

        let mut expected = b"\x93NUMPY\x01\x00v\x00".to_vec();
        expected.extend(format!("{{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }}{blanks}\n").bytes());
        expected
            .extend(b"\x00\x00\x00\x00\x00\x00\xf0?\x9a\x99\x99\x99\x99\x99\xb9\xbf\x00\x00\x00\x00\x00\x00\xf0\x7f");
        assert_eq!(written(1, 3, &[&[1.0f64, -0.1, f64::INFINITY]]), expected);
    }

    #[test]
    fn the_numbers_begin_at_a_multiple_of_64() {
        for (rows, columns) in [(0, 1), (200_000, 1872), (usize::MAX, usize::MAX)] {
            let header = header("<f4", rows, columns, 0);
            assert_eq!(header.len() % 64, 0);
            assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
            assert_eq!(header.last(), Some(&b'\n'));
        }
        assert_eq!(written::<f64>(0, 5, &[]).len(), 128);
    }

    #[test]
    fn a_wrong_number_of_rows_is_an_error_and_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.npy");
        std::fs::write(&path, "old").unwrap();
        let mut few = NpyWriter::create(&path, 3, 2).unwrap();
        few.write_rows(&[1.0f32; 4]).unwrap();
        let error = few.finish().unwrap_err();
        assert!(matches!(error, Error::Write { .. }));
        assert!(
            error.to_string().contains("table.npy: cannot be written: 3 rows were announced, but 2 written"),
            "{error}"
        );
        let mut many = NpyWriter::create(&path, 1, 2).unwrap();
        let error = many.write_rows(&[1.0f32; 4]).unwrap_err().to_string();
        assert!(error.contains("1 rows were announced, but 2 written"), "{error}");
        drop(many);
        drop(NpyWriter::<f64>::create(&path, 1, 1).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_row_that_is_left_out_shortens_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.npy");
        for rows in [3, 1_000_000_000_000] {
            let mut table = NpyWriter::create(&path, rows, 2).unwrap();
            table.write_rows(&[1.0f32, 2.0, 3.0, 4.0]).unwrap();
            (2..rows.min(3)).for_each(|_| table.leave_out());
            table.left_out = rows - 2;
            table.finish().unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), written(2, 2, &[&[1.0f32, 2.0, 3.0, 4.0]]));
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let error = NpyWriter::<f32>::create(folder.path().join("file/table.npy"), 1, 1).unwrap_err();
        assert!(matches!(error, Error::Write { .. }) && error.to_string().contains("table.npy"), "{error}");
    }

    #[test]
    #[should_panic(expected = "3 numbers are not whole rows of 2")]
    fn rows_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let _ = NpyWriter::create(folder.path().join("table.npy"), 2, 2).unwrap().write_rows(&[0.0f32; 3]);
    }
}
