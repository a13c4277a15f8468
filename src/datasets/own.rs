//! Anybody's images with anybody's scores, from a CSV file: a row for each distorted image.
//!
//! ```text
//! image,reference,mos,std
//! distorted/a_1.png,originals/a.png,3.2,0.4
//! ```
//!
//! The experiment file says which column is which, so that a table need not be rewritten. Paths are relative to the CSV
//! file. Every image must be there: all that are missing are listed at once.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::database::{Database, Entry, Image, Naming, Opinion, missing, numbered};
use super::table;
use crate::error::{Error, Result};

/// Which column is which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Columns {
    /// The distorted image's path.
    pub image: String,
    /// Its reference's path.
    pub reference: String,
    /// The viewers' mean opinion.
    pub score: String,
    /// Its standard deviation, where there is one: without it there is no outlier ratio.
    pub deviation: Option<String>,
    /// Whether a higher score is a better image.
    pub higher_is_better: bool,
}

/// Reads the table at `path`.
///
/// # Errors
/// [`Error::Data`] naming file, row (the header is row 1) and column: an unknown column (with those that there are), a field that is
/// not a finite number, a negative standard deviation, an image in two rows (with one reference or with two), no row at
/// all, and images that are not there, all of them.
pub fn read(path: impl AsRef<Path>, columns: &Columns) -> Result<Database> {
    let path = path.as_ref();
    let (header, rows) = table::read(path)?;
    let place = |name: &String| {
        header.iter().position(|found| found == name).ok_or_else(|| {
            let problem = format!("row 1: there is no column \"{name}\", but {}; name one of these", header.join(", "));
            Error::data(path, problem)
        })
    };
    let [image, reference, score] = [place(&columns.image)?, place(&columns.reference)?, place(&columns.score)?];
    let deviation = columns.deviation.as_ref().map(place).transpose()?;
    if rows.is_empty() {
        return Err(Error::data(path, "has a header and no row; give each distorted image a row"));
    }

    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut entries, mut lost) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let wrong = |column: usize, problem: &str| {
            let place = format!("row {}, column \"{}\": ", index + 2, header[column]);
            Error::data(path, format!("{place}\"{}\" {problem}", &row[column]))
        };
        let number = |column: usize, problem: &str, fits: fn(f64) -> bool| {
            row[column].parse::<f64>().ok().filter(|&x| fits(x)).ok_or_else(|| wrong(column, problem))
        };
        let opinion = number(score, "is not a finite number", f64::is_finite)?;
        let std = deviation
            .map(|column| number(column, "is not a standard deviation", |x| x.is_finite() && x >= 0.0))
            .transpose()?;
        if let Some(first) = seen.insert(&row[image], index) {
            let other = &rows[first][reference];
            let problem = match *other == row[reference] {
                true => format!("is in row {} already; keep one row for each image", first + 2),
                false => format!(
                    "is in row {} already, with another reference ({other}); are the columns of images and references exchanged?",
                    first + 2
                ),
            };
            return Err(wrong(image, &problem));
        }
        let paths = [image, reference].map(|column| folder.join(&row[column]));
        for (path, column) in paths.iter().zip([image, reference]) {
            if !path.is_file() && !lost.iter().any(|l| l == &row[column]) {
                lost.push(row[column].to_owned());
            }
        }
        let [path, reference_path] = paths;
        let image =
            Image { name: row[image].into(), reference: row[reference].into(), kind: String::new(), level: None };
        entries.push(Entry { image, opinion, deviation: std, path, reference_path });
    }
    if !lost.is_empty() {
        return Err(missing(path, &lost, "put them there (paths are relative to the table)"));
    }
    // Those of one reference together, the first reference first: each is decoded once.
    let order = numbered(entries.iter().map(|e| e.image.reference.as_str()));
    let references = order.iter().max().map_or(0, |last| last + 1);
    let mut ordered: Vec<(usize, Entry)> = order.into_iter().zip(entries).collect();
    ordered.sort_by_key(|(number, _)| *number);
    let entries: Vec<Entry> = ordered.into_iter().map(|(_, entry)| entry).collect();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Database {
        description: format!("{file}, {} images of {references} references", entries.len()),
        entries,
        opinion: Opinion { name: columns.score.clone(), higher_is_better: columns.higher_is_better },
        naming: Naming::Any,
        score_files: vec![path.to_path_buf()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use crate::imaging::decode::write_png;

    fn columns(deviation: Option<&str>) -> Columns {
        Columns {
            image: "image".into(),
            reference: "ref".into(),
            score: "dmos".into(),
            deviation: deviation.map(str::to_owned),
            higher_is_better: false,
        }
    }

    fn folder(table: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "b.png", "a1.png", "a2.png", "b1.png"] {
            write_png(folder.path().join(name), &Rgb8::from_fn(4, 4, |x, y| [x as u8, y as u8, 0])).unwrap();
        }
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, table).unwrap();
        (folder, path)
    }

    #[test]
    fn a_table_becomes_a_database_with_references_together() {
        let (_folder, path) = folder("dmos,image,ref,sd\n1.5,a1.png,a.png,0.1\n2,b1.png,b.png,0\n-3,a2.png,a.png,2\n");
        let data = read(&path, &columns(Some("sd"))).unwrap();
        let rows: Vec<_> =
            data.entries.iter().map(|e| (&*e.image.name, &*e.image.reference, e.opinion, e.deviation)).collect();
        let expected = [
            ("a1.png", "a.png", 1.5, Some(0.1)),
            ("a2.png", "a.png", -3.0, Some(2.0)),
            ("b1.png", "b.png", 2.0, Some(0.0)),
        ];
        assert_eq!(rows, expected);
        assert_eq!(data.opinion, Opinion { name: "dmos".into(), higher_is_better: false });
        assert_eq!(data.description, "scores.csv, 3 images of 2 references");
        assert!(data.entries[0].load_pair().is_ok());
        assert!(read(&path, &columns(None)).unwrap().entries.iter().all(|e| e.deviation.is_none()));
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let cases = [
            ("image,ref\na1.png,a.png\n", "row 1: there is no column \"dmos\", but image, ref; name one of these"),
            ("image,ref,dmos,sd\n", "has a header and no row"),
            ("image,ref,dmos,sd\na1.png,a.png,one,1\n", "row 2, column \"dmos\": \"one\" is not a finite number"),
            ("image,ref,dmos,sd\na1.png,a.png,inf,1\n", "\"inf\" is not a finite number"),
            ("image,ref,dmos,sd\na1.png,a.png,1,-1\n", "row 2, column \"sd\": \"-1\" is not a standard deviation"),
            (
                "image,ref,dmos,sd\na1.png,a.png,1,1\na1.png,a.png,1,1\n",
                "row 3, column \"image\": \"a1.png\" is in row 2 already; keep",
            ),
            ("image,ref,dmos,sd\na.png,a1.png,1,1\na.png,a2.png,1,1\n", "another reference (a1.png); are the columns"),
            ("image,ref,dmos,sd\na1.png,a.png,1\n", "is not a CSV file of equally long rows"),
            (
                "image,ref,dmos,sd\nx.png,a.png,1,1\na1.png,y/z.png,1,1\na2.png,y/z.png,1,1\n",
                "names 2 images that are not there; put them there (paths are relative to the table):\n  x.png\n  y/z.png",
            ),
        ];
        for (table, expected) in cases {
            let (_folder, path) = folder(table);
            let error = read(&path, &columns(Some("sd"))).unwrap_err().to_string();
            assert!(error.contains("scores.csv: ") && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        assert!(read("gone.csv", &columns(None)).unwrap_err().to_string().contains("gone.csv: cannot be read"));
    }
}
