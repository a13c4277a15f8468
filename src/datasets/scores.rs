//! Scores of other methods, image by image, so that a table can contain a method without its code.
//!
//! They are in a CSV file with a header, a column of images and a column per method. [`Naming`] finds the image for
//! each spelling of its name. Infinite scores are kept; the statistics decide how to treat them. A missing score is an
//! error only if its image is requested ([`MethodScores::of`]), since a file for the whole database may be used for a
//! part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[cfg(doc)]
use super::database::LARGEST_RATING;
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
    /// The scores in the file, including infinities. None is NaN.
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

/// A column of a score file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreColumn {
    /// Its name in the file.
    pub column: String,
    /// The name of its method in tables.
    pub method: String,
    /// Its numbers.
    pub numbers: Numbers,
}

/// The numbers of a column of a score file, each at most [`LARGEST_RATING`] on either side of 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// A method's scores. They may be infinite or missing.
    Scores,
    /// Opinions, one in each row.
    Opinions,
    /// Standard deviations of opinions, one in each row.
    Deviations,
}

impl ScoreColumn {
    /// A column of a method's scores.
    pub fn scores(column: impl Into<String>, method: impl Into<String>) -> ScoreColumn {
        ScoreColumn { column: column.into(), method: method.into(), numbers: Numbers::Scores }
    }
}

/// Reads the scores of methods from a CSV file, for a database with the given `naming`. If `columns` is empty, every
/// column whose first filled field is a number contains the scores of a method under its own name.
///
/// The column of images is called `images`, or for `None`, `name` or `image`. A score may be missing: an empty field,
/// `NA`, or `NaN`.
///
/// # Errors
/// [`Error::Data`] naming file, row (the first line of the file is row 1) and column. There is no column of images or
/// more than one, a column is unknown (the error suggests the nearest name), a field is not one of the [`Numbers`] of
/// its column, an image is unknown or repeated, or a row has another length.
pub fn read_csv(
    path: impl AsRef<Path>,
    naming: Naming,
    images: Option<&str>,
    columns: &[ScoreColumn],
) -> Result<Vec<MethodScores>> {
    let path = path.as_ref();
    let table = Table::read(path)?;
    let is_image = |column: &&String| match images {
        Some(images) => **column == images,
        None => column.eq_ignore_ascii_case("name") || column.eq_ignore_ascii_case("image"),
    };
    let id_column = match table.header.iter().filter(is_image).count() {
        1 => table.header.iter().position(|column| is_image(&column)).expect("there is exactly one"),
        count => {
            let called = images.map_or("\"name\" or \"image\"".to_owned(), |images| format!("\"{images}\""));
            let problem =
                format!("{count} columns are called {called}; exactly one must contain the names of the images");
            return Err(Error::data(path, problem));
        }
    };
    let mut ids = BTreeMap::new();
    for row in 0..table.len() {
        let image = (naming.image)(table.field(row, id_column))
            .ok_or_else(|| table.wrong(row, id_column, format!("is not {}", naming.example)))?;
        if let Some(first) = ids.insert(image, row) {
            let problem = format!("{}; keep one row for each image", table.already(first, row, id_column));
            return Err(table.wrong(row, id_column, problem));
        }
    }
    let read_column = |column: usize, method: &str, numbers: Numbers| -> Result<MethodScores> {
        let number = |row: usize| match numbers {
            Numbers::Scores => table.score(row, column),
            Numbers::Opinions => table.rating(row, column).map(Some),
            Numbers::Deviations => table.deviation(row, column).map(Some),
        };
        let numbers = (0..table.len()).map(number).collect::<Result<Vec<Option<f64>>>>()?;
        let scores: BTreeMap<Image, f64> =
            ids.iter().filter_map(|(image, &row)| Some((image.clone(), numbers[row]?))).collect();
        if scores.is_empty() {
            return Err(Error::data(
                path,
                format!("column \"{}\" contains no score; name another column", table.header[column]),
            ));
        }
        Ok(MethodScores { method: method.to_string(), path: path.to_path_buf(), scores })
    };
    if columns.is_empty() {
        let begins_with_number = |&column: &usize| {
            let first = (0..table.len()).map(|row| table.field(row, column)).find(|field| !field.is_empty());
            column != id_column && first.is_some_and(|field| field.parse::<f64>().is_ok())
        };
        let numeric: Vec<_> = (0..table.header.len()).filter(begins_with_number).collect();
        if numeric.is_empty() {
            return Err(Error::data(path, "no column contains numbers"));
        }
        return numeric.into_iter().map(|column| read_column(column, &table.header[column], Numbers::Scores)).collect();
    }
    columns.iter().map(|wanted| read_column(table.column(&wanted.column)?, &wanted.method, wanted.numbers)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{own, tid2013};
    use super::*;

    fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn pairs(columns: &[(&str, &str)]) -> Vec<ScoreColumn> {
        columns.iter().map(|&(column, method)| ScoreColumn::scores(column, method)).collect()
    }

    const TABLE: &str =
        "Name,type,psnr, m2\nI01_01_1.bmp,noise,30.5,1\ni01_01_2,noise,NaN,\n i01_01_3.PNG ,noise,-inf,-3e-1\n";

    #[test]
    fn columns_become_methods() {
        let (_folder, path) = file("scores.csv", TABLE);
        let ids = ["i01_01_1", "i01_01_2", "i01_01_3", "i01_01_4"].map(|name| (tid2013::NAMING.image)(name).unwrap());
        let all = read_csv(&path, tid2013::NAMING, None, &[]).unwrap();
        assert_eq!(all.iter().map(|m| m.method.as_str()).collect::<Vec<_>>(), ["psnr", "m2"]);
        assert_eq!(all[0].scores.values().copied().collect::<Vec<_>>(), [30.5, f64::NEG_INFINITY]);
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
            ("", "is empty"),
            ("name,psnr\n", "has no row after the header"),
            ("name,psnr,psnr\ni01_01_1,1,2\n", "columns 2 and 3 are both called \"psnr\""),
            ("name,psnr\ni01_01_1,1e300\n", "row 2, column \"psnr\": \"1e300\" is outside the range of a score"),
            ("a,b\n1,2\n", "0 columns are called \"name\" or \"image\""),
            ("name,image\ni01_01_1,i01_01_1\n", "2 columns are called"),
            ("name,psnr\ni01_01_1,1\ni01_01_9,1\n", "row 3, column \"name\": \"i01_01_9\" is not an image of TID2013"),
            ("name,psnr\ni01_01_1,1\nI01_01_1.bmp,2\n", "row 3, column \"name\": \"I01_01_1.bmp\" is in row 2 already"),
            ("name,psnr\ni01_01_1,one\n", "row 2, column \"psnr\": \"one\" is not a number"),
            ("name,psnr\n\ni01_01_1\n", "row 3 has 1 field, but the header in row 1 has 2"),
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
        assert!(read_csv(&path, tid2013::NAMING, None, &[]).unwrap_err().to_string().contains("is not UTF-8 in row 2"));
    }

    #[test]
    fn opinions_are_neither_missing_nor_infinite() {
        let read = |field: &str, numbers| {
            let (_folder, path) = file("scores.csv", format!("image,x\n./b//a.png,1\n\nb.png,{field}\n"));
            read_csv(&path, own::NAMING, None, &[ScoreColumn { numbers, ..ScoreColumn::scores("x", "x") }])
        };
        for numbers in [Numbers::Opinions, Numbers::Deviations] {
            let scores = &read("3", numbers).unwrap()[0].scores;
            assert_eq!(scores.keys().map(|image| &*image.name).collect::<Vec<_>>(), ["b.png", "b/a.png"]);
            for field in ["", "NA", "inf", "1e300"] {
                let error = read(field, numbers).unwrap_err().to_string();
                assert!(error.contains(&format!("row 4, column \"x\": \"{field}\" is ")), "{error}");
                assert_eq!(read(field, Numbers::Scores).is_ok(), field != "1e300");
            }
        }
        assert!(read("-1", Numbers::Deviations).is_err() && read("-1", Numbers::Opinions).is_ok());
        let (_folder, path) = file("scores.csv", "image,x\nb/a.png,1\nc.png,2\n./b//a.png,3\n");
        let error = read_csv(&path, own::NAMING, None, &[]).unwrap_err().to_string();
        assert!(
            error.contains("row 4, column \"image\": \"./b//a.png\" is in row 2 already as b/a.png; keep"),
            "{error}"
        );
    }
}
