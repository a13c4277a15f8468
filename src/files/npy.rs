//! Tables of numbers for NumPy, row by row.
//!
//! The features of 200,000 images do not fit into memory, but into a `.npy` file, which `numpy.load(path, mmap_mode="r")` reads
//! without loading it. Its first lines state the shape, so that the number of rows must be known at the start; what is written is
//! held to it at the end. The format is NumPy's version 1.0 (NEP 1), little-endian, rows one after the other; the bytes are
//! those that `numpy.save` writes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::beside;
use crate::error::{Error, Result};

/// A number that a table can hold: `f32` or `f64`.
pub trait Number: Copy {
    /// NumPy's name of the type.
    const DESCR: &str;

    /// Appends the number's bytes, the lowest first.
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
/// The bytes go to a file beside the path, which [`NpyWriter::finish`] renames to it: the path never holds half a table. A
/// writer that is dropped before leaves nothing.
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
    written: usize,
    bytes: Vec<u8>,
    number: PhantomData<T>,
}

/// The unfinished file, which goes when it is dropped.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Drop for Part {
    fn drop(&mut self) {
        // After the renaming there is none, and that a useless file may stay is no error to report.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl<T: Number> NpyWriter<T> {
    /// Begins a table of `rows` rows of `columns` numbers, making the folders above `path`.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason.
    ///
    /// # Panics
    /// If there are no columns.
    pub fn create(path: impl AsRef<Path>, rows: usize, columns: usize) -> Result<Self> {
        assert!(columns > 0, "a table has columns");
        let path = path.as_ref().to_path_buf();
        let begin = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let part = beside(&path);
            let mut part = Part { file: BufWriter::with_capacity(1 << 20, File::create(&part)?), path: part };
            part.file.write_all(&header(T::DESCR, rows, columns))?;
            Ok(part)
        };
        let part = begin().map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(NpyWriter { path, part, rows, columns, written: 0, bytes: Vec::new(), number: PhantomData })
    }

    /// Appends any number of whole rows, one after the other in `rows`.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason, or when there are more rows than were announced.
    ///
    /// # Panics
    /// If `rows` does not hold whole rows.
    pub fn write_rows(&mut self, rows: &[T]) -> Result<()> {
        let (length, columns) = (rows.len(), self.columns);
        assert!(length.is_multiple_of(columns), "{length} numbers are not rows of {columns}");
        self.written += length / columns;
        if self.written > self.rows {
            return Err(self.wrong_count());
        }
        self.bytes.clear();
        rows.iter().for_each(|number| number.extend(&mut self.bytes));
        self.part.file.write_all(&self.bytes).map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// Ends the table and puts it into its place.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason, or when there are fewer rows than were announced.
    pub fn finish(mut self) -> Result<()> {
        if self.written != self.rows {
            return Err(self.wrong_count());
        }
        let mut end = || {
            self.part.file.flush()?;
            self.part.file.get_ref().sync_all()?;
            std::fs::rename(&self.part.path, &self.path)
        };
        end().map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    fn wrong_count(&self) -> Error {
        let problem = format!("{} rows were to be written, not {}", self.rows, self.written);
        Error::Write { path: self.path.clone(), source: std::io::Error::other(problem) }
    }
}

/// Magic number, version 1.0, the length of what follows, and a Python dictionary that is filled up with blanks so that the numbers
/// begin at a multiple of 64 bytes.
fn header(descr: &str, rows: usize, columns: usize) -> Vec<u8> {
    let mut dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let (before, newline) = (10, 1);
    let end = (before + dictionary.len() + newline).next_multiple_of(64);
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
            let header = header("<f4", rows, columns);
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
            error.to_string().contains("table.npy: cannot be written: 3 rows were to be written, not 2"),
            "{error}"
        );
        let mut many = NpyWriter::create(&path, 1, 2).unwrap();
        let error = many.write_rows(&[1.0f32; 4]).unwrap_err().to_string();
        assert!(error.contains("1 rows were to be written, not 2"), "{error}");
        drop(many);
        drop(NpyWriter::<f64>::create(&path, 1, 1).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let error = NpyWriter::<f32>::create(folder.path().join("file/table.npy"), 1, 1).unwrap_err();
        assert!(matches!(error, Error::Write { .. }) && error.to_string().contains("table.npy"), "{error}");
    }

    #[test]
    #[should_panic(expected = "3 numbers are not rows of 2")]
    fn rows_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let _ = NpyWriter::create(folder.path().join("table.npy"), 2, 2).unwrap().write_rows(&[0.0f32; 3]);
    }
}
