//! Scores of other methods, image by image, so that a table can contain a method without its code.
//!
//! They are in a CSV file with a header, a column of images and a column per method. [`Naming`] finds the image for
//! each spelling of its name. Scores that are NaN or infinite are kept; the statistics decide how to treat them. A
//! missing score is an error only if its image is requested ([`MethodScores::of`]), since a file for the whole database
//! may be used for a part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::database::{Image, Naming};
use super::table::Table;
use crate::error::{Error, Result};

/// The scores of one method by image.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodScores {
    /// The method's name in tables.
    pub method: String,
    /// The file of the scores.
    pub path: PathBuf,
    /// The scores in the file, including NaN and infinities.
    pub scores: BTreeMap<Image, f64>,
}

impl MethodScores {
    /// The scores of these images, in their order.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first image without a score.
    pub fn of(&self, images: &[Image]) -> Result<Vec<f64>> {
        let score = |image: &Image| {
            self.scores.get(image).copied().ok_or_else(|| {
                let problem = format!(
                    "has no {} score for the image {}; complete the file or remove the method",
                    self.method, image.name
                );
                Error::data(&self.path, problem)
            })
        };
        images.iter().map(score).collect()
    }
}

/// Reads the scores of methods from a CSV file, for a database with the given `naming`. `columns` contains pairs of a
/// column and the method's name in tables. If it is empty, every column whose first filled field is a number is a
/// method under its own name.
///
/// The column of images is called `images`, or for `None`, `name` or `image`. An empty field means no score.
///
/// # Errors
/// [`Error::Data`] naming file, row (the header is row 1) and column. There is no column of images or more than one, a
/// column is unknown (the error suggests the nearest name), a field is not a number, an image is unknown or repeated,
/// or a row has another length.
pub fn read_csv(
    path: impl AsRef<Path>,
    naming: Naming,
    images: Option<&str>,
    columns: &[(String, String)],
) -> Result<Vec<MethodScores>> {
    let path = path.as_ref();
    let table = Table::read(path)?;
    let Table { header, rows, .. } = &table;

    let is_image = |column: &&String| match images {
        Some(images) => **column == images,
        None => column.eq_ignore_ascii_case("name") || column.eq_ignore_ascii_case("image"),
    };
    let id_column = match header.iter().filter(is_image).count() {
        1 => header.iter().position(|column| is_image(&column)).expect("there is exactly one"),
        count => {
            let called = images.map_or("\"name\" or \"image\"".to_owned(), |images| format!("\"{images}\""));
            let problem =
                format!("row 1: {count} columns are called {called}; exactly one must contain the names of the images");
            return Err(Error::data(path, problem));
        }
    };
    let mut ids = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let image = (naming.image)(&row[id_column])
            .ok_or_else(|| table.wrong(index, id_column, format!("is not {}", naming.example)))?;
        if let Some(first) = ids.insert(image, index) {
            let problem = format!("is in row {} already; keep one row for each image", first + 2);
            return Err(table.wrong(index, id_column, problem));
        }
    }
    let read_column = |column: usize, method: &str| -> Result<MethodScores> {
        let mut scores = BTreeMap::new();
        for (image, &index) in ids.iter().filter(|&(_, &index)| !rows[index][column].is_empty()) {
            let number = rows[index][column].parse().map_err(|_| table.wrong(index, column, "is not a number"))?;
            scores.insert(image.clone(), number);
        }
        if scores.is_empty() {
            return Err(Error::data(
                path,
                format!("column \"{}\" contains no score; name another column", header[column]),
            ));
        }
        Ok(MethodScores { method: method.to_string(), path: path.to_path_buf(), scores })
    };
    if columns.is_empty() {
        let begins_with_number = |&column: &usize| {
            let first = rows.iter().map(|row| &row[column]).find(|field| !field.is_empty());
            column != id_column && first.is_some_and(|field| field.parse::<f64>().is_ok())
        };
        let numeric: Vec<_> = (0..header.len()).filter(begins_with_number).collect();
        if numeric.is_empty() {
            return Err(Error::data(path, "no column contains numbers"));
        }
        return numeric.into_iter().map(|column| read_column(column, &header[column])).collect();
    }
    columns.iter().map(|(column, method)| read_column(table.column(column)?, method)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tid2013;
    use super::*;

    fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn pairs(columns: &[(&str, &str)]) -> Vec<(String, String)> {
        columns.iter().map(|(column, method)| (column.to_string(), method.to_string())).collect()
    }

    const TABLE: &str =
        "Name,type,psnr, m2\nI01_01_1.bmp,noise,30.5,1\ni01_01_2,noise,NaN,\n i01_01_3.PNG ,noise,-inf,-3e-1\n";

    #[test]
    fn columns_become_methods() {
        let (_folder, path) = file("scores.csv", TABLE);
        let ids = ["i01_01_1", "i01_01_2", "i01_01_3", "i01_01_4"].map(|name| (tid2013::NAMING.image)(name).unwrap());
        let all = read_csv(&path, tid2013::NAMING, None, &[]).unwrap();
        assert_eq!(all.iter().map(|m| m.method.as_str()).collect::<Vec<_>>(), ["psnr", "m2"]);
        assert_eq!(all[0].scores.values().filter(|score| !score.is_finite()).count(), 2);
        let named = read_csv(&path, tid2013::NAMING, None, &pairs(&[("m2", "PSNR-HA")])).unwrap();
        assert_eq!(named[0].method, "PSNR-HA");
        assert_eq!(named[0].of(&[ids[2].clone(), ids[0].clone()]).unwrap(), [-0.3, 1.0]);
        for missing in [1, 3] {
            let error = named[0].of(&ids[missing..=missing]).unwrap_err().to_string();
            assert!(error.contains("has no PSNR-HA score for the image i01_01_"), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let cases = [
            ("", "0 columns are called \"name\" or \"image\""),
            ("a,b\n1,2\n", "0 columns are called"),
            ("name,image\ni01_01_1,i01_01_1\n", "2 columns are called"),
            ("name,psnr\ni01_01_1,1\ni01_01_9,1\n", "row 3, column \"name\": \"i01_01_9\" is not an image of TID2013"),
            ("name,psnr\ni01_01_1,1\nI01_01_1.bmp,2\n", "row 3, column \"name\": \"I01_01_1.bmp\" is in row 2 already"),
            ("name,psnr\ni01_01_1,one\n", "row 2, column \"psnr\": \"one\" is not a number"),
            ("name,psnr\ni01_01_1\n", "is not a CSV file of equally long rows"),
            ("name,psnt\ni01_01_1,1\n", "no column \"psnr\"; did you mean `psnt`?"),
            ("name,psnr\ni01_01_1,\n", "column \"psnr\" contains no score"),
        ];
        for (content, expected) in cases {
            let (_folder, path) = file("scores.csv", content);
            let error = read_csv(&path, tid2013::NAMING, None, &pairs(&[("psnr", "PSNR")])).unwrap_err().to_string();
            assert!(error.contains("scores.csv") && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let (_folder, path) = file("scores.csv", "name,psnr\ni01_01_1,one\n");
        assert!(
            read_csv(&path, tid2013::NAMING, None, &[]).unwrap_err().to_string().contains("no column contains numbers")
        );
        let (_folder, path) = file("scores.csv", b"name,psnr\ni01_01_1,\xFF\xFE\n");
        assert!(read_csv(&path, tid2013::NAMING, None, &[]).unwrap_err().to_string().contains("is not a CSV file"));
    }
}
