//! Variables from MATLAB files (level 5, what `save` writes by default and with `-v7` or `-v6`).
//!
//! The format ("MAT-File Format", The MathWorks): a header of 128 bytes, then elements, each a type, a length and a
//! body. A variable is an element of type "matrix", or of type "compressed" with a matrix inside a zlib stream; a
//! matrix is itself a row of elements: flags, dimensions, name, and its content. Numbers may be stored in a narrower type
//! than the variable's, which is why all become `f64` here; the content of a cell array is a matrix for each cell. Everything is
//! stored **column by column**; the arrays returned are indexed `[row, column]` as in MATLAB.
//!
//! Read are real numeric matrices, text and cell arrays, each of two dimensions ([`Value`]). The rest (structures, objects, complex or sparse
//! numbers) is passed over as [`Value::Other`]. zlib's checksum guards the content of compressed variables: any changed byte in them is
//! an error.

use std::io::Read;
use std::path::Path;

use ndarray::{Array2, ShapeBuilder};

use crate::error::{Error, Result};

/// Element types that structure a file; the numeric ones are in [`numbers`].
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// A compressed variable may not unfold to more than this: 134 million doubles.
const LARGEST: u64 = 1 << 30;
/// Cells within cells deeper than this are not followed.
const DEEPEST: usize = 16;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Real numbers.
    Numbers(Array2<f64>),
    /// The rows of a character array, without the blanks that fill them up.
    Text(Vec<String>),
    /// A cell array's shape (rows, columns) and its cells, column by column.
    Cells((usize, usize), Vec<Value>),
    /// Anything else, which is not read.
    Other,
}

impl Value {
    /// The numbers in order, if these are numbers in one row or one column.
    pub fn vector(&self) -> Option<Vec<f64>> {
        match self {
            Value::Numbers(numbers) if numbers.shape().contains(&1) => Some(numbers.iter().copied().collect()),
            _ => None,
        }
    }

    /// The texts in order, if this is a list of them: cells that each hold a line of text, or the rows of a character array.
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

    /// What it is, for an error's list of what a file holds: `15×1 cells`.
    pub fn describe(&self) -> String {
        match self {
            Value::Numbers(numbers) => format!("{}×{} numbers", numbers.nrows(), numbers.ncols()),
            Value::Text(rows) => format!("{} row{} of text", rows.len(), if rows.len() == 1 { "" } else { "s" }),
            Value::Cells((rows, columns), _) => format!("{rows}×{columns} cells"),
            Value::Other => "something else".to_owned(),
        }
    }
}

/// The matrix called `name`.
///
/// # Errors
/// [`Error::Data`] when the file cannot be read, is not a level-5 file, is damaged, or holds no real numeric matrix
/// of that name (then the names that it holds are listed).
pub fn read_mat(path: impl AsRef<Path>, name: &str) -> Result<Array2<f64>> {
    let path = path.as_ref();
    let mut arrays = read_mat_all(path)?;
    match arrays.iter().position(|(found, _)| found == name) {
        Some(index) => Ok(arrays.swap_remove(index).1),
        None => {
            let names: Vec<_> = arrays.iter().map(|(name, _)| format!("`{name}`")).collect();
            let held = if names.is_empty() { "none at all".to_string() } else { names.join(", ") };
            Err(Error::data(
                path,
                format!("holds no real numeric matrix `{name}`, but {held}; name one of these or another file"),
            ))
        }
    }
}

/// All real numeric matrices of a file with their names, in the file's order.
///
/// # Errors
/// As [`read_mat`].
pub fn read_mat_all(path: impl AsRef<Path>) -> Result<Vec<(String, Array2<f64>)>> {
    let numbers = |(name, value)| match value {
        Value::Numbers(array) => Some((name, array)),
        _ => None,
    };
    Ok(read_variables(path)?.into_iter().filter_map(numbers).collect())
}

/// All variables of a file with their names, in the file's order.
///
/// # Errors
/// As [`read_mat`].
pub fn read_variables(path: impl AsRef<Path>) -> Result<Vec<(String, Value)>> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
    parse(&bytes).map_err(|problem| Error::data(path, problem))
}

type Parsed<T> = std::result::Result<T, String>;

fn damaged(what: &str) -> String {
    format!("is a damaged MATLAB file ({what}); fetch it again")
}

fn parse(bytes: &[u8]) -> Parsed<Vec<(String, Value)>> {
    match bytes.get(124..128) {
        Some([0x00, 0x01, b'I', b'M']) => {}
        Some([0x00, 0x02, b'I', b'M']) => {
            return Err("is a MATLAB 7.3 (HDF5) file; load it in MATLAB and save it with -v7".to_string());
        }
        _ => return Err("is not a little-endian MATLAB level-5 file; save it with -v7".to_string()),
    }
    let mut rest = &bytes[128..];
    let mut variables = Vec::new();
    while !rest.is_empty() {
        let (kind, body) = element(&mut rest)?;
        variables.push(match kind {
            MATRIX => matrix(body, 0)?,
            COMPRESSED => {
                let mut unfolded = Vec::new();
                let read = flate2::read::ZlibDecoder::new(body).take(LARGEST).read_to_end(&mut unfolded);
                read.map_err(|reason| damaged(&format!("a variable cannot be decompressed: {reason}")))?;
                match element(&mut unfolded.as_slice())? {
                    (MATRIX, body) => matrix(body, 0)?,
                    _ => return Err(damaged("a compressed variable is not a matrix")),
                }
            }
            _ => return Err(damaged("something other than a variable stands between the variables")),
        });
    }
    Ok(variables)
}

fn u32_at(bytes: &[u8], position: usize) -> Parsed<u32> {
    let word = bytes.get(position..position + 4).ok_or_else(|| damaged("it ends early"))?;
    Ok(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

/// Takes one element off the front of `rest`: its type and its body.
fn element<'a>(rest: &mut &'a [u8]) -> Parsed<(u32, &'a [u8])> {
    let tag = u32_at(rest, 0)?;
    // At most four bytes of data fit into the tag itself; their number then stands in its upper half.
    let (kind, start, size) = match tag >> 16 {
        0 => (tag, 8, u32_at(rest, 4)? as usize),
        size => (tag & 0xFFFF, 4, (size as usize).min(5)),
    };
    let body = rest.get(start..start + size).filter(|_| start == 8 || size <= 4);
    let body = body.ok_or_else(|| damaged("a variable goes on past its end"))?;
    let next = if kind == COMPRESSED { start + size } else { (start + size).next_multiple_of(8) };
    *rest = &rest[next.min(rest.len())..];
    Ok((kind, body))
}

/// Name and content of a matrix element that lies `depth` cells deep.
fn matrix(mut body: &[u8], depth: usize) -> Parsed<(String, Value)> {
    // A cell that nothing was ever put into.
    if body.is_empty() && depth > 0 {
        return Ok((String::new(), Value::Numbers(Array2::zeros((0, 0)))));
    }
    let (_, flags) = element(&mut body)?;
    let flags = u32_at(flags, 0)?;
    let (class, complex) = (flags & 0xFF, flags & 0x0800 != 0);
    // Objects are laid out otherwise: what follows their flags is not looked at.
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
        1 if depth < DEEPEST => Value::Cells(shape, cells(body, &name, shape, depth)?),
        4 => Value::Text(text(&mut body, &name, shape)?),
        // Double to uint64.
        6..=15 if !complex => {
            let (kind, data) = element(&mut body)?;
            let values =
                numbers(kind, data).ok_or_else(|| damaged(&format!("`{name}` is of an unknown number type")))?;
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
        false => Err(damaged(&format!("`{name}` is {rows}×{columns} but holds {count} {what}"))),
    }
}

/// The matrices that a cell array's body consists of.
fn cells(mut body: &[u8], name: &str, shape: (usize, usize), depth: usize) -> Parsed<Vec<Value>> {
    let mut cells = Vec::new();
    while !body.is_empty() {
        match element(&mut body)? {
            (MATRIX, cell) => cells.push(matrix(cell, depth + 1)?.1),
            _ => return Err(damaged(&format!("a cell of `{name}` is not a matrix"))),
        }
    }
    check_count(name, shape, cells.len(), "cells")?;
    Ok(cells)
}

/// The rows of a character array. Its characters are UTF-16 (also by the name of 16-bit numbers), UTF-8, or bytes.
fn text(body: &mut &[u8], name: &str, shape: (usize, usize)) -> Parsed<Vec<String>> {
    let (kind, data) = element(body)?;
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
        // A character outside the basic plane counts twice in the shape; in one row nothing depends on it.
        return Ok(vec![characters.into_iter().collect::<String>().trim_end().to_owned()]);
    }
    check_count(name, shape, characters.len(), "characters")?;
    let row = |row: usize| (0..columns).map(|column| characters[column * rows + row]).collect::<String>();
    Ok((0..rows).map(|r| row(r).trim_end().to_owned()).collect())
}

/// The body of a numeric element as `f64`; 64-bit integers are rounded to the nearest one.
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
        let variables = parse(&example()).unwrap();
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
        let variables = parse(&bytes).unwrap();
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
        let variables = parse(&file(&[nested])).unwrap();
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
            (hdf5, "save it with -v7"),
            (long, "goes on past its end"),
            (file(&[matrix_bytes("m", 2, 3, 6, 2, &[1; 5])]), "`m` is 2×3 but holds 5 numbers"),
            (file(&[matrix_bytes("m", u32::MAX, u32::MAX, 6, 2, &[1; 5])]), "but holds 5 numbers"),
            (file(&[matrix_bytes("m", 1, 1, 6, 9, &[1; 9])]), "unknown number type"),
            (file(&[element_bytes(9, &[0; 8])]), "something other than a variable"),
            (file(&[matrix_bytes("t", 2, 2, 4, 2, b"abc")]), "`t` is 2×2 but holds 3 characters"),
            (file(&[matrix_bytes("t", 1, 1, 4, 4, &[0, 0xD8])]), "the text `t` cannot be decoded"),
            (file(&[matrix_bytes("c", 1, 1, 1, 9, &[0; 8])]), "a cell of `c` is not a matrix"),
            (file(&[compressed(&element_bytes(9, &[0; 8]))]), "is not a matrix"),
        ];
        for (bytes, expected) in cases {
            let error = parse(&bytes).unwrap_err();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.mat");
        std::fs::write(&path, example()).unwrap();
        assert_eq!(read_mat(&path, "second").unwrap().shape(), [1, 2]);
        let error = read_mat(&path, "W").unwrap_err().to_string();
        assert!(error.contains("weights.mat: holds no real numeric matrix `W`, but `first`, `second`"), "{error}");
    }

    #[test]
    fn a_cut_file_is_an_error_unless_it_ends_with_a_variable() {
        let whole = parse(&example()).unwrap();
        for length in 128..example().len() {
            if let Ok(variables) = parse(&example()[..length]) {
                assert_eq!(variables, whole[..variables.len()], "cut to {length}");
                assert!(variables.len() < whole.len());
            }
        }
    }

    #[test]
    fn a_changed_byte_never_panics_and_never_alters_a_compressed_variable() {
        let values = [3.25, -1.0, 7.5];
        let (mut bytes, good) = (vector_file("v", &values), parse(&vector_file("v", &values)).unwrap());
        for position in 128..bytes.len() {
            for bit in 0..8 {
                bytes[position] ^= 1 << bit;
                if let Ok(variables) = parse(&bytes) {
                    assert_eq!(variables, good, "bit {bit} of byte {position}");
                }
                bytes[position] ^= 1 << bit;
            }
        }
        let mut plain = example();
        for position in 0..plain.len() {
            for change in [0x01, 0x08, 0x80, 0xFF] {
                plain[position] ^= change;
                let _ = parse(&plain);
                plain[position] ^= change;
            }
        }
    }
}
