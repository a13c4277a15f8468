//! Reader of MATLAB files (level 5, the format that `save` writes by default and with `-v7` or `-v6`).
//!
//! The format ("MAT-File Format", The MathWorks) is a header of 128 bytes, then elements, each with a type, a length
//! and a body. A variable is an element of type "matrix", or of type "compressed" with a matrix inside a zlib stream. A
//! matrix is itself a sequence of elements: flags, dimensions, name, and content. Numbers may be stored in a narrower
//! type than the variable's, so all are converted to `f64`. The content of a cell array is a matrix for each cell.
//! Everything is stored **column by column**; the returned arrays are indexed `[row, column]` as in MATLAB.
//!
//! The reader accepts real numeric matrices, text and cell arrays, each of two dimensions ([`Value`]). Others
//! (structures, objects, complex or sparse numbers) become [`Value::Other`]. zlib's checksum protects the content of
//! compressed variables: any changed byte in them is an error.
//!
//! # Memory
//! A file of 1 MB can state sizes of gigabytes, and zlib can pack a gigabyte of zeros into a megabyte. So each stated
//! size is compared with the bytes that the file has, where one byte gives at most 1032 others. A variable is unpacked
//! up to its stated size, at most 128 MiB, and the values of a file need at most 64 MiB. Variables that are not wanted
//! are not unpacked.

use std::io::Read;
use std::path::Path;

use ndarray::{Array2, ShapeBuilder};

use crate::error::{Error, Result};

/// Element types of the file structure; the numeric ones are in [`numbers`].
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// The maximum size of a decompressed variable in bytes: 128 MiB.
const LARGEST: usize = 1 << 27;
/// The maximum memory of the values of a file in bytes: 64 MiB, which is 8 million doubles.
const MOST_MEMORY: usize = 1 << 26;
/// The most bytes that one byte of a zlib stream can give.
const MOST_RATIO: usize = 1032;
/// The bytes at the start of a decompressed variable that contain its name.
const HEAD: usize = 4096;
/// The maximum depth of nested cells.
const DEEPEST: usize = 16;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Real numbers.
    Numbers(Array2<f64>),
    /// The rows of a character array, without trailing blanks.
    Text(Vec<String>),
    /// A cell array's shape (rows, columns) and its cells, column by column.
    Cells((usize, usize), Vec<Value>),
    /// Any other type, which is not read.
    Other,
}

impl Value {
    /// The numbers in order, if this is one row or one column of numbers.
    pub fn vector(&self) -> Option<Vec<f64>> {
        match self {
            Value::Numbers(numbers) if numbers.shape().contains(&1) => Some(numbers.iter().copied().collect()),
            _ => None,
        }
    }

    /// The texts in order, if this is a list of them: cells with one line of text each, or the rows of a character
    /// array.
    pub fn strings(&self) -> Option<Vec<String>> {
        match self {
            Value::Text(rows) => Some(rows.clone()),
            Value::Cells(_, cells) => cells
                .iter()
                .map(|cell| match cell {
                    Value::Text(rows) if rows.len() == 1 => Some(rows[0].clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }

    /// A short description for errors: `15×1 cells`.
    pub fn describe(&self) -> String {
        match self {
            Value::Numbers(numbers) => format!("{}×{} numbers", numbers.nrows(), numbers.ncols()),
            Value::Text(rows) => format!("{} row{} of text", rows.len(), if rows.len() == 1 { "" } else { "s" }),
            Value::Cells((rows, columns), _) => format!("{rows}×{columns} cells"),
            Value::Other => "something else".to_owned(),
        }
    }
}

/// All real numeric matrices of a file with their names, in the order of the file.
///
/// # Errors
/// [`Error::Data`] if the file cannot be read, is not a level-5 file, is damaged or needs too much memory.
pub fn read_mat_all(path: impl AsRef<Path>) -> Result<Vec<(String, Array2<f64>)>> {
    let numbers = |(name, value)| match value {
        Value::Numbers(array) => Some((name, array)),
        _ => None,
    };
    Ok(read_variables(path)?.into_iter().filter_map(numbers).collect())
}

/// The variables of these names, and the names of the others, each with [`Value::Other`].
///
/// # Errors
/// The errors of [`read_mat_all`].
pub fn read_only(path: impl AsRef<Path>, names: &[&str]) -> Result<Vec<(String, Value)>> {
    read_wanted(path.as_ref(), &|name| names.contains(&name))
}

/// All variables of a file with their names, in the order of the file.
///
/// # Errors
/// The errors of [`read_mat_all`].
pub fn read_variables(path: impl AsRef<Path>) -> Result<Vec<(String, Value)>> {
    read_wanted(path.as_ref(), &|_| true)
}

fn read_wanted(path: &Path, wanted: Wanted) -> Result<Vec<(String, Value)>> {
    let bytes = super::read(path)?;
    parse(&bytes, wanted).map_err(|problem| Error::data(path, problem))
}

/// Whether the variable of a name is wanted.
type Wanted<'a> = &'a dyn Fn(&str) -> bool;

type Parsed<T> = std::result::Result<T, String>;

fn damaged(what: &str) -> String {
    format!("is a damaged MATLAB file ({what}); fetch it again")
}

/// The memory that values may still need, in bytes.
struct Memory(usize);

impl Memory {
    /// Accounts for `count` items of `size` bytes, before they are allocated.
    fn take(&mut self, count: usize, size: usize) -> Parsed<()> {
        let left = count.checked_mul(size).and_then(|bytes| self.0.checked_sub(bytes));
        self.0 =
            left.ok_or("contains variables that need more than 64 MiB of memory; save only those that are read")?;
        Ok(())
    }
}

fn parse(bytes: &[u8], wanted: Wanted) -> Parsed<Vec<(String, Value)>> {
    match bytes.get(124..128) {
        _ if HDF5_STARTS.iter().any(|start| bytes.starts_with(start)) => return Err(HDF5.to_owned()),
        Some([0x00, 0x01, b'I', b'M']) => {}
        Some([0x00, 0x02, b'I', b'M']) => return Err(HDF5.to_owned()),
        _ => return Err("is not a little-endian MATLAB level-5 file; save it with -v7".to_string()),
    }
    let mut rest = &bytes[128..];
    let mut memory = Memory(MOST_MEMORY);
    let mut variables = Vec::new();
    while !rest.is_empty() {
        variables.push(match element(&mut rest)? {
            (MATRIX, body) => match name(body)? {
                name if wanted(&name) => (name, matrix(body, 0, &mut memory)?.1),
                name => (name, Value::Other),
            },
            (COMPRESSED, body) => compressed_matrix(body, wanted, &mut memory)?,
            _ => return Err(damaged("something other than a variable is between the variables")),
        });
    }
    Ok(variables)
}

const HDF5_STARTS: [&[u8]; 2] = [b"\x89HDF\r\n\x1a\n", b"MATLAB 7.3 MAT-file"];
const HDF5: &str = "is a MATLAB 7.3 (HDF5) file; load it in MATLAB and save it with `save(file, '-v7')`";

/// The variable in a zlib stream.
fn compressed_matrix(packed: &[u8], wanted: Wanted, memory: &mut Memory) -> Parsed<(String, Value)> {
    let mut stream = flate2::read::ZlibDecoder::new(packed);
    let mut unpack = |least: usize, most: usize, unpacked: &mut Vec<u8>| {
        let read = stream.by_ref().take(most as u64).read_to_end(unpacked);
        let read = read.map_err(|reason| damaged(&format!("a variable cannot be decompressed: {reason}")))?;
        if read < least { Err(damaged("a variable ends early")) } else { Ok(read) }
    };
    let mut tag = Vec::new();
    unpack(8, 8, &mut tag)?;
    if u32_at(&tag, 0)? != MATRIX {
        return Err(damaged("a compressed variable is not a matrix"));
    }
    let size = u32_at(&tag, 4)? as usize;
    if size / MOST_RATIO > packed.len() {
        return Err(damaged(&format!("{} bytes cannot contain a variable of {size} bytes", packed.len())));
    }
    let mut body = Vec::with_capacity(size.min(HEAD));
    unpack(size.min(HEAD), size.min(HEAD), &mut body)?;
    let name = name(&body)?;
    if !wanted(&name) {
        return Ok((name, Value::Other));
    }
    if size > LARGEST {
        return Err(format!("contains the variable `{name}` of {size} bytes, more than 128 MiB; save a smaller one"));
    }
    body.reserve_exact(size - body.len());
    unpack(size - body.len(), size - body.len(), &mut body)?;
    // The checksum comes after the variable, which up to seven bytes may fill up.
    if unpack(0, 8, &mut Vec::new())? == 8 {
        return Err(damaged("a variable continues past its end"));
    }
    Ok((name, matrix(&body, 0, memory)?.1))
}

/// The name of the matrix whose body, or the beginning of it, is given; empty for an object.
fn name(mut body: &[u8]) -> Parsed<String> {
    let (_, flags) = element(&mut body)?;
    if u32_at(flags, 0)? & 0xFF > 15 {
        return Ok(String::new());
    }
    element(&mut body)?;
    let (_, name) = element(&mut body)?;
    String::from_utf8(name.to_vec()).map_err(|_| damaged("a variable's name is not text"))
}

fn u32_at(bytes: &[u8], position: usize) -> Parsed<u32> {
    let word = bytes.get(position..position + 4).ok_or_else(|| damaged("it ends early"))?;
    Ok(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

/// Removes one element from the front of `rest`: returns its type and its body.
fn element<'a>(rest: &mut &'a [u8]) -> Parsed<(u32, &'a [u8])> {
    let tag = u32_at(rest, 0)?;
    // Up to four bytes of data fit into the tag itself; its upper half then contains their number.
    let (kind, start, size) = match tag >> 16 {
        0 => (tag, 8, u32_at(rest, 4)? as usize),
        size => (tag & 0xFFFF, 4, (size as usize).min(5)),
    };
    let body = rest.get(start..start + size).filter(|_| start == 8 || size <= 4);
    let body = body.ok_or_else(|| damaged("a variable continues past its end"))?;
    let next = if kind == COMPRESSED { start + size } else { (start + size).next_multiple_of(8) };
    *rest = &rest[next.min(rest.len())..];
    Ok((kind, body))
}

/// The name and content of a matrix element at cell depth `depth`.
fn matrix(mut body: &[u8], depth: usize, memory: &mut Memory) -> Parsed<(String, Value)> {
    // A cell that was never filled.
    if body.is_empty() && depth > 0 {
        return Ok((String::new(), Value::Numbers(Array2::zeros((0, 0)))));
    }
    let (_, flags) = element(&mut body)?;
    let flags = u32_at(flags, 0)?;
    let (class, complex) = (flags & 0xFF, flags & 0x0800 != 0);
    // Objects have another layout, so the data after their flags are not read.
    if class > 15 {
        return Ok((String::new(), Value::Other));
    }
    let (_, dimensions) = element(&mut body)?;
    let (_, name) = element(&mut body)?;
    let name = String::from_utf8(name.to_vec()).map_err(|_| damaged("a variable's name is not text"))?;
    if dimensions.len() != 8 {
        return Ok((name, Value::Other));
    }
    let shape = (u32_at(dimensions, 0)? as usize, u32_at(dimensions, 4)? as usize);
    let value = match class {
        1 if depth < DEEPEST => Value::Cells(shape, cells(body, &name, shape, depth, memory)?),
        4 => Value::Text(text(&mut body, &name, shape, memory)?),
        // Double to uint64.
        6..=15 if !complex => {
            let (kind, data) = element(&mut body)?;
            let unknown = || damaged(&format!("`{name}` has an unknown number type"));
            memory.take(data.len() / width(kind).ok_or_else(unknown)?, size_of::<f64>())?;
            let values = numbers(kind, data).ok_or_else(unknown)?;
            check_count(&name, shape, values.len(), "numbers")?;
            let array = Array2::from_shape_vec(shape.f(), values);
            Value::Numbers(array.map_err(|reason| damaged(&reason.to_string()))?)
        }
        _ => Value::Other,
    };
    Ok((name, value))
}

fn check_count(name: &str, (rows, columns): (usize, usize), count: usize, what: &str) -> Parsed<()> {
    match rows.checked_mul(columns) == Some(count) {
        true => Ok(()),
        false => Err(damaged(&format!("`{name}` is {rows}×{columns} but contains {count} {what}"))),
    }
}

/// The matrices in the body of a cell array.
fn cells(mut body: &[u8], name: &str, shape: (usize, usize), depth: usize, memory: &mut Memory) -> Parsed<Vec<Value>> {
    let mut cells = Vec::new();
    while !body.is_empty() {
        // The list may have room for twice as many.
        memory.take(2, size_of::<Value>())?;
        match element(&mut body)? {
            (MATRIX, cell) => cells.push(matrix(cell, depth + 1, memory)?.1),
            _ => return Err(damaged(&format!("a cell of `{name}` is not a matrix"))),
        }
    }
    check_count(name, shape, cells.len(), "cells")?;
    Ok(cells)
}

/// The rows of a character array. Its characters are UTF-16 (also stored as 16-bit numbers), UTF-8, or bytes.
fn text(body: &mut &[u8], name: &str, shape: (usize, usize), memory: &mut Memory) -> Parsed<Vec<String>> {
    let (kind, data) = element(body)?;
    // A character is held once by itself and once in its row, which may have no other.
    memory.take(data.len(), 2 * size_of::<char>() + 2 * size_of::<String>())?;
    let wrong = || damaged(&format!("the text `{name}` cannot be decoded"));
    let characters: Vec<char> = match kind {
        4 | 17 => {
            let units = data.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            char::decode_utf16(units).collect::<std::result::Result<_, _>>().map_err(|_| wrong())?
        }
        16 => std::str::from_utf8(data).map_err(|_| wrong())?.chars().collect(),
        1 | 2 => data.iter().map(|&byte| char::from(byte)).collect(),
        _ => return Err(wrong()),
    };
    let (rows, columns) = shape;
    if rows == 1 || columns == 0 {
        // A character outside the basic plane counts twice in the shape; for a single row this does not matter.
        return Ok(vec![characters.into_iter().collect::<String>().trim_end().to_owned()]);
    }
    check_count(name, shape, characters.len(), "characters")?;
    let row = |row: usize| (0..columns).map(|column| characters[column * rows + row]).collect::<String>();
    Ok((0..rows).map(|r| row(r).trim_end().to_owned()).collect())
}

/// The bytes of a number of this type.
fn width(kind: u32) -> Option<usize> {
    Some(match kind {
        1 | 2 => 1,
        3 | 4 => 2,
        5..=7 => 4,
        9 | 12 | 13 => 8,
        _ => return None,
    })
}

/// The body of a numeric element as `f64`; 64-bit integers are rounded to the nearest `f64`.
fn numbers(kind: u32, data: &[u8]) -> Option<Vec<f64>> {
    fn all<const N: usize>(data: &[u8], value: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
        let chunks = data.chunks_exact(N);
        let whole = chunks.remainder().is_empty();
        whole.then(|| chunks.map(|chunk| value(chunk.try_into().expect("chunks of N bytes"))).collect())
    }
    match kind {
        1 => all(data, |b| i8::from_le_bytes(b).into()),
        2 => all(data, |b| u8::from_le_bytes(b).into()),
        3 => all(data, |b| i16::from_le_bytes(b).into()),
        4 => all(data, |b| u16::from_le_bytes(b).into()),
        5 => all(data, |b| i32::from_le_bytes(b).into()),
        6 => all(data, |b| u32::from_le_bytes(b).into()),
        7 => all(data, |b| f32::from_le_bytes(b).into()),
        9 => all(data, f64::from_le_bytes),
        12 => all(data, |b| i64::from_le_bytes(b) as f64),
        13 => all(data, |b| u64::from_le_bytes(b) as f64),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write;

    fn parse_all(bytes: &[u8]) -> Parsed<Vec<(String, Value)>> {
        parse(bytes, &|_| true)
    }

    fn element_bytes(kind: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = [kind.to_le_bytes(), (body.len() as u32).to_le_bytes()].concat();
        bytes.extend_from_slice(body);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    /// A matrix element; `data` are the bytes of numbers of type `kind`.
    fn matrix_bytes(name: &str, rows: u32, columns: u32, class: u32, kind: u32, data: &[u8]) -> Vec<u8> {
        let parts = [
            element_bytes(6, &[class.to_le_bytes(), [0; 4]].concat()),
            element_bytes(5, &[rows.to_le_bytes(), columns.to_le_bytes()].concat()),
            element_bytes(1, name.as_bytes()),
            element_bytes(kind, data),
        ];
        element_bytes(MATRIX, &parts.concat())
    }

    fn compressed(matrix: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(matrix).unwrap();
        let body = encoder.finish().unwrap();
        [&COMPRESSED.to_le_bytes()[..], &(body.len() as u32).to_le_bytes(), &body].concat()
    }

    fn file(elements: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"MATLAB 5.0 MAT-file".to_vec();
        bytes.resize(124, b' ');
        bytes.extend_from_slice(&[0x00, 0x01, b'I', b'M']);
        bytes.extend(elements.concat());
        bytes
    }

    /// A column vector of doubles.
    fn vector(name: &str, values: &[f64]) -> Vec<u8> {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        matrix_bytes(name, values.len() as u32, 1, 6, 9, &data)
    }

    /// A file with one column vector of doubles.
    pub(crate) fn vector_file(name: &str, values: &[f64]) -> Vec<u8> {
        file(&[compressed(&vector(name, values))])
    }

    /// One row of text, as MATLAB stores it: 16-bit characters.
    fn text_bytes(name: &str, text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        matrix_bytes(name, 1, (units.len() / 2) as u32, 4, 4, &units)
    }

    /// A column of cells; the content of each is a matrix element without a name.
    fn cells_bytes(name: &str, cells: &[Vec<u8>]) -> Vec<u8> {
        let parts = [
            element_bytes(6, &[1u32.to_le_bytes(), [0; 4]].concat()),
            element_bytes(5, &[(cells.len() as u32).to_le_bytes(), 1u32.to_le_bytes()].concat()),
            element_bytes(1, name.as_bytes()),
            cells.concat(),
        ];
        element_bytes(MATRIX, &parts.concat())
    }

    /// A file of cell arrays of texts and of vectors, every variable compressed.
    pub(crate) fn lists_file(texts: &[(&str, &[String])], vectors: &[(&str, &[f64])]) -> Vec<u8> {
        let of_texts = texts.iter().map(|(name, list)| {
            let cells: Vec<Vec<u8>> = list.iter().map(|text| text_bytes("", text)).collect();
            compressed(&cells_bytes(name, &cells))
        });
        let of_vectors = vectors.iter().map(|(name, values)| compressed(&vector(name, values)));
        file(&of_texts.chain(of_vectors).collect::<Vec<_>>())
    }

    /// One plain 2×3 matrix of doubles stored as bytes, a text, and one compressed row of singles.
    fn example() -> Vec<u8> {
        let singles: Vec<u8> = [0.5f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        file(&[
            matrix_bytes("first", 2, 3, 6, 2, &[1, 2, 3, 4, 5, 6]),
            matrix_bytes("text", 1, 2, 4, 4, &[65, 0, 66, 0]),
            compressed(&matrix_bytes("second", 1, 2, 7, 7, &singles)),
        ])
    }

    #[test]
    fn matrices_are_stored_by_columns() {
        let variables = parse_all(&example()).unwrap();
        let expected = [
            ("first", Value::Numbers(ndarray::array![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])),
            ("text", Value::Text(vec!["AB".to_string()])),
            ("second", Value::Numbers(ndarray::array![[0.5, -2.0]])),
        ];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_string(), value)));
    }

    #[test]
    fn cells_and_texts_of_every_encoding_are_read() {
        let utf8 = matrix_bytes("", 1, 4, 4, 16, "é.bm".as_bytes());
        let rows = matrix_bytes("", 2, 3, 4, 1, b"abcd  ");
        let complex = matrix_bytes("", 1, 1, 6 | 0x0800, 9, &[0; 8]);
        let list = [
            text_bytes("", "i/a.bmp"),
            utf8,
            rows,
            text_bytes("", ""),
            element_bytes(MATRIX, &[]),
            cells_bytes("", &[vector("", &[2.0])]),
            complex,
        ];
        let bytes = file(&[compressed(&cells_bytes("list", &list)), cells_bytes("none", &[])]);
        let variables = parse_all(&bytes).unwrap();
        let text = |rows: &[&str]| Value::Text(rows.iter().map(|r| r.to_string()).collect());
        let cells = vec![
            text(&["i/a.bmp"]),
            text(&["é.bm"]),
            text(&["ac", "bd"]),
            text(&[""]),
            Value::Numbers(Array2::zeros((0, 0))),
            Value::Cells((1, 1), vec![Value::Numbers(ndarray::array![[2.0]])]),
            Value::Other,
        ];
        assert_eq!(variables[0], ("list".to_string(), Value::Cells((7, 1), cells)));
        assert_eq!(variables[1], ("none".to_string(), Value::Cells((0, 1), vec![])));
        assert_eq!((variables[0].1.strings(), variables[1].1.strings()), (None, Some(vec![])));
        assert_eq!(variables[0].1.describe(), "7×1 cells");
    }

    #[test]
    fn cells_within_cells_end_somewhere() {
        let mut nested = vector("", &[1.0]);
        for _ in 0..2000 {
            nested = cells_bytes("", &[nested]);
        }
        let mut depth = 0;
        let variables = parse_all(&file(&[nested])).unwrap();
        let mut value = &variables[0].1;
        while let Value::Cells(_, cells) = value {
            (value, depth) = (&cells[0], depth + 1);
        }
        assert_eq!((value, depth), (&Value::Other, DEEPEST));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let mut hdf5 = example();
        hdf5[125] = 2;
        let mut long = example();
        long[132] = 0xFF;
        let cases = [
            (vec![], "not a little-endian MATLAB level-5 file"),
            (vec![0; 500], "not a little-endian MATLAB level-5 file"),
            (hdf5, "MATLAB 7.3 (HDF5) file; load it in MATLAB and save it with `save(file, '-v7')`"),
            (b"\x89HDF\r\n\x1a\n".to_vec(), "MATLAB 7.3 (HDF5) file"),
            (b"MATLAB 7.3 MAT-file, cut".to_vec(), "MATLAB 7.3 (HDF5) file"),
            (long, "continues past its end"),
            (file(&[matrix_bytes("m", 2, 3, 6, 2, &[1; 5])]), "`m` is 2×3 but contains 5 numbers"),
            (file(&[matrix_bytes("m", u32::MAX, u32::MAX, 6, 2, &[1; 5])]), "but contains 5 numbers"),
            (file(&[matrix_bytes("m", 1, 1, 6, 9, &[1; 9])]), "unknown number type"),
            (file(&[element_bytes(9, &[0; 8])]), "something other than a variable"),
            (file(&[matrix_bytes("t", 2, 2, 4, 2, b"abc")]), "`t` is 2×2 but contains 3 characters"),
            (file(&[matrix_bytes("t", 1, 1, 4, 4, &[0, 0xD8])]), "the text `t` cannot be decoded"),
            (file(&[matrix_bytes("c", 1, 1, 1, 9, &[0; 8])]), "a cell of `c` is not a matrix"),
            (file(&[compressed(&element_bytes(9, &[0; 8]))]), "is not a matrix"),
        ];
        for (bytes, expected) in cases {
            let error = parse_all(&bytes).unwrap_err();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.mat");
        std::fs::write(&path, example()).unwrap();
        let names: Vec<String> = read_mat_all(&path).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["first", "second"]);
    }

    #[test]
    fn a_stated_size_takes_no_memory_before_it_is_believed() {
        // A matrix of bytes, all of them 0, which zlib packs to a thousandth.
        let zeros = |count: u32, kind: u32| {
            let class = if kind == 2 { 9 } else { 6 };
            compressed(&matrix_bytes("zeros", 1, count, class, kind, &vec![0; count as usize]))
        };
        // A variable of this stated size. Its data are some zeros, which are not packed.
        let stated = |size: u32, data: usize| {
            let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
            let begun = matrix_bytes("begun", 1, 1, 9, 2, &vec![0; data]);
            packed.write_all(&[&MATRIX.to_le_bytes(), &size.to_le_bytes(), &begun[8..]].concat()).unwrap();
            let packed = packed.finish().unwrap();
            [&COMPRESSED.to_le_bytes()[..], &(packed.len() as u32).to_le_bytes(), &packed].concat()
        };
        let empty_cells = cells_bytes("cells", &vec![element_bytes(MATRIX, &[]); 1 << 20]);
        for (bytes, expected) in [
            (file(&[zeros(9 << 20, 2)]), "need more than 64 MiB of memory"),
            (file(&[zeros(2 << 20, 2), vector("v", &[1.0; 7 << 20])]), "need more than 64 MiB of memory"),
            (file(&[matrix_bytes("t", 1 << 20, 1, 4, 2, &[b'x'; 2 << 20])]), "need more than 64 MiB of memory"),
            (file(&[empty_cells]), "need more than 64 MiB of memory"),
            (file(&[stated(129 << 20, 1 << 18)]), "`begun` of 135266304 bytes, more than 128 MiB"),
            (file(&[stated(u32::MAX, 8)]), "bytes cannot contain a variable of 4294967295 bytes"),
            (file(&[stated(1000, 8)]), "a variable ends early"),
        ] {
            let error = parse_all(&bytes).unwrap_err();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let names =
            parse(&file(&[stated(129 << 20, 1 << 18), compressed(&vector("v", &[1.0]))]), &|name| name == "v").unwrap();
        assert_eq!(names[0], ("begun".to_owned(), Value::Other));
        assert_eq!(names[1].1.vector(), Some(vec![1.0]));
    }

    #[test]
    fn a_cut_file_is_an_error_unless_it_ends_with_a_variable() {
        let whole = parse_all(&example()).unwrap();
        for length in 128..example().len() {
            if let Ok(variables) = parse_all(&example()[..length]) {
                assert_eq!(variables, whole[..variables.len()], "cut to {length}");
                assert!(variables.len() < whole.len());
            }
        }
    }

    #[test]
    fn a_changed_byte_never_panics_and_never_alters_a_compressed_variable() {
        let values = [3.25, -1.0, 7.5];
        let (mut bytes, good) = (vector_file("v", &values), parse_all(&vector_file("v", &values)).unwrap());
        for position in 128..bytes.len() {
            for bit in 0..8 {
                bytes[position] ^= 1 << bit;
                if let Ok(variables) = parse_all(&bytes) {
                    assert_eq!(variables, good, "bit {bit} of byte {position}");
                }
                bytes[position] ^= 1 << bit;
            }
        }
        let mut plain = example();
        for position in 0..plain.len() {
            for change in [0x01, 0x08, 0x80, 0xFF] {
                plain[position] ^= change;
                let _ = parse_all(&plain);
                plain[position] ^= change;
            }
        }
    }
}
