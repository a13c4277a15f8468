//! Scores of other methods, image by image, so that a method can stand in the table without its code.
//!
//! Two forms are read: a CSV file with a header, a column of images and a column per method; and a MATLAB
//! file with one number for each of TID2013's 3000 images in the database's order, as laboratories publish them.
//! Images are known by their names in the database, however a file spells them ([`Naming`]).
//! Scores that are NaN or infinite are kept and counted: what becomes of them is the statistics' rule, not the
//! reader's. A score that is missing is an error only when its image is asked for ([`MethodScores::of`]), since a
//! file for the whole database serves a part of it as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::database::{Image, Naming};
use super::mat::read_mat_all;
use super::table;
use super::tid2013::ImageId;
use crate::error::{Error, Result};

/// One method's scores by image.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodScores {
    /// The method's name in tables.
    pub method: String,
    /// The file they come from.
    pub path: PathBuf,
    /// The scores as the file has them, NaN and infinities included.
    pub scores: BTreeMap<Image, f64>,
}

impl MethodScores {
    /// The scores of these images, in their order.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first image that has none.
    pub fn of(&self, images: &[Image]) -> Result<Vec<f64>> {
        let score = |image: &Image| {
            self.scores.get(image).copied().ok_or_else(|| {
                let problem = format!(
                    "has no {} score for {}, which is present; complete the file or drop the method",
                    self.method, image.name
                );
                Error::data(&self.path, problem)
            })
        };
        images.iter().map(score).collect()
    }

    /// How many scores are NaN or infinite.
    pub fn not_finite(&self) -> usize {
        self.scores.values().filter(|score| !score.is_finite()).count()
    }
}

/// Reads methods from a CSV file of scores of a database whose images are named as `naming` says. `columns` pairs a column with the
/// method's name in tables; when it is empty, every column whose first filled field is a number is a method under its own name.
///
/// The column of images is called `images`, or when that is `None`, `name` or `image`. An empty field is no score.
///
/// # Errors
/// [`Error::Data`] naming file, row (the header is row 1) and column: no or two columns of images, an unknown column
/// (with the nearest name), a field that is not a number, an unknown or repeated image, a ragged row.
pub fn read_csv(
    path: impl AsRef<Path>,
    naming: Naming,
    images: Option<&str>,
    columns: &[(String, String)],
) -> Result<Vec<MethodScores>> {
    let path = path.as_ref();
    let (header, rows) = table::read(path)?;

    let is_image = |column: &&String| match images {
        Some(images) => **column == images,
        None => column.eq_ignore_ascii_case("name") || column.eq_ignore_ascii_case("image"),
    };
    let id_column = match header.iter().filter(is_image).count() {
        1 => header.iter().position(|column| is_image(&column)).expect("one was counted"),
        count => {
            let called = images.map_or("\"name\" or \"image\"".to_owned(), |images| format!("\"{images}\""));
            let problem = format!("row 1: {count} columns are called {called}; one must name the images");
            return Err(Error::data(path, problem));
        }
    };
    let mut ids = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let wrong = |problem: String| {
            Error::data(path, format!("row {}, column \"{}\": {problem}", index + 2, header[id_column]))
        };
        let image = naming
            .image(&row[id_column])
            .ok_or_else(|| wrong(format!("\"{}\" is not {}", &row[id_column], naming.example())))?;
        if let Some(first) = ids.insert(image.clone(), index) {
            let problem = format!("{} is in row {} already; keep one row for each image", image.name, first + 2);
            return Err(wrong(problem));
        }
    }
    let read_column = |column: usize, method: &str| -> Result<MethodScores> {
        let mut scores = BTreeMap::new();
        for (image, &index) in ids.iter().filter(|&(_, &index)| !rows[index][column].is_empty()) {
            let field = &rows[index][column];
            let problem = || format!("row {}, column \"{}\": \"{field}\" is not a number", index + 2, header[column]);
            scores.insert(image.clone(), field.parse().map_err(|_| Error::data(path, problem()))?);
        }
        if scores.is_empty() {
            return Err(Error::data(path, format!("column \"{}\" holds no score", header[column])));
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
            return Err(Error::data(path, "no column holds numbers"));
        }
        return numeric.into_iter().map(|column| read_column(column, &header[column])).collect();
    }
    let named = |(column, method): &(String, String)| match header.iter().position(|found| found == column) {
        Some(index) => read_column(index, method),
        None => {
            let nearest = header.iter().min_by_key(|found| edits(found, column)).map_or("", String::as_str);
            Err(Error::data(path, format!("row 1: there is no column \"{column}\"; did you mean \"{nearest}\"?")))
        }
    };
    columns.iter().map(named).collect()
}

/// Reads one method from a MATLAB file that holds 3000 numbers in TID2013's order, i01_01_1 to i25_24_5. `variable`
/// names the vector; `None` is for files with one variable.
///
/// # Errors
/// [`Error::Data`] when the file cannot be read, the variable is not there or not clear, or is not a vector of 3000.
pub fn read_mat_scores(path: impl AsRef<Path>, variable: Option<&str>, method: &str) -> Result<MethodScores> {
    let path = path.as_ref();
    let array = match variable {
        Some(name) => super::mat::read_mat(path, name)?,
        None => match <[_; 1]>::try_from(read_mat_all(path)?) {
            Ok([(_, array)]) => array,
            Err(arrays) => {
                let names: Vec<_> = arrays.iter().map(|(name, _)| name.as_str()).collect();
                let problem =
                    format!("holds {} matrices ({}); say which one has the scores", arrays.len(), names.join(", "));
                return Err(Error::data(path, problem));
            }
        },
    };
    let count = ImageId::all().count();
    if array.len() != count || !array.shape().contains(&1) {
        let problem = format!(
            "holds a {}×{} matrix, not one score for each of TID2013's {count} images",
            array.nrows(),
            array.ncols()
        );
        return Err(Error::data(path, problem));
    }
    Ok(MethodScores {
        method: method.to_string(),
        path: path.to_path_buf(),
        scores: ImageId::all().map(|id| id.image()).zip(array.iter().copied()).collect(),
    })
}

/// Levenshtein's distance, for suggesting a name.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
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
        let ids: Vec<_> = ImageId::all().map(|id| id.image()).take(4).collect();
        let all = read_csv(&path, Naming::Tid2013, None, &[]).unwrap();
        assert_eq!(all.iter().map(|m| m.method.as_str()).collect::<Vec<_>>(), ["psnr", "m2"]);
        assert_eq!((all[0].not_finite(), all[1].not_finite()), (2, 0));
        let named = read_csv(&path, Naming::Tid2013, None, &pairs(&[("m2", "PSNR-HA")])).unwrap();
        assert_eq!(named[0].method, "PSNR-HA");
        assert_eq!(named[0].of(&[ids[2].clone(), ids[0].clone()]).unwrap(), [-0.3, 1.0]);
        for missing in [1, 3] {
            let error = named[0].of(&ids[missing..=missing]).unwrap_err().to_string();
            assert!(error.contains("has no PSNR-HA score for i01_01_"), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let cases = [
            ("", "0 columns are called \"name\" or \"image\""),
            ("a,b\n1,2\n", "0 columns are called"),
            ("name,image\ni01_01_1,i01_01_1\n", "2 columns are called"),
            ("name,psnr\ni01_01_1,1\ni01_01_9,1\n", "row 3, column \"name\": \"i01_01_9\" is not an image of TID2013"),
            ("name,psnr\ni01_01_1,1\nI01_01_1.bmp,2\n", "row 3, column \"name\": i01_01_1 is in row 2 already"),
            ("name,psnr\ni01_01_1,one\n", "row 2, column \"psnr\": \"one\" is not a number"),
            ("name,psnr\ni01_01_1\n", "is not a CSV file of equally long rows"),
            ("name,psnt\ni01_01_1,1\n", "no column \"psnr\"; did you mean \"psnt\"?"),
            ("name,psnr\ni01_01_1,\n", "column \"psnr\" holds no score"),
        ];
        for (content, expected) in cases {
            let (_folder, path) = file("scores.csv", content);
            let error = read_csv(&path, Naming::Tid2013, None, &pairs(&[("psnr", "PSNR")])).unwrap_err().to_string();
            assert!(error.contains("scores.csv") && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let (_folder, path) = file("scores.csv", "name,psnr\ni01_01_1,one\n");
        assert!(
            read_csv(&path, Naming::Tid2013, None, &[]).unwrap_err().to_string().contains("no column holds numbers")
        );
        let (_folder, path) = file("scores.csv", b"name,psnr\ni01_01_1,\xFF\xFE\n");
        assert!(read_csv(&path, Naming::Tid2013, None, &[]).unwrap_err().to_string().contains("is not a CSV file"));
    }

    #[test]
    fn a_vector_of_the_whole_database_is_a_method() {
        let values: Vec<f64> = (0..3000).map(f64::from).collect();
        let vector = super::super::mat::tests::vector_file;
        let (_folder, path) = file("m.mat", vector("temp", &values));
        let scores = read_mat_scores(&path, None, "M").unwrap();
        assert_eq!(scores, read_mat_scores(&path, Some("temp"), "M").unwrap());
        assert_eq!(scores.of(&[Naming::Tid2013.image("i25_24_5").unwrap()]).unwrap(), [2999.0]);
        let error = read_mat_scores(&path, Some("tmp"), "M").unwrap_err().to_string();
        assert!(error.contains("no real numeric matrix `tmp`, but `temp`"), "{error}");
        let (_folder, path) = file("m.mat", vector("temp", &values[..450]));
        let error = read_mat_scores(&path, None, "M").unwrap_err().to_string();
        assert!(error.contains("a 450×1 matrix, not one score for each of TID2013's 3000 images"), "{error}");
    }

    #[test]
    fn distances_between_names() {
        for (a, b, expected) in
            [("", "", 0), ("", "ab", 2), ("psnr", "psnr", 0), ("olives_m2", "olive_m3", 2), ("ab", "ba", 2)]
        {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
    }
}
