//! Reader of the user's own images with scores, from a CSV file with one row per distorted image.
//!
//! ```text
//! image,reference,mos,std
//! distorted/a_1.png,originals/a.png,3.2,0.4
//! ```
//!
//! The experiment file names the columns, so any table can be used. If it names `image` and the table has no such
//! column, the column `distorted` is read, as in the tables of `gradspace score --pairs`. Paths are relative to the CSV
//! file. Every image must exist; all missing ones are listed at once.

use std::collections::BTreeMap;
use std::path::Path;

use super::database::{
    Columns, Contents, Database, Entry, Image, Naming, Opinion, QualityFacts, QualitySet, file_name, missing, numbered,
};
use super::table::Table;
use crate::error::{Error, Result};

/// The facts about this layout.
pub const DATABASE: Database = Database {
    key: "csv",
    name: "own images",
    contents: Contents::Quality(QualityFacts {
        images: None,
        naming: NAMING,
        columns: true,
        synthetic: None,
        read: |table, columns| {
            let (columns, higher_is_better) = columns.expect("given, since this database needs them");
            read(table, columns, higher_is_better)
        },
    }),
};

/// The names of the column of distorted images: the first one here, the second in `gradspace score --pairs`. Each
/// reader accepts both.
pub const IMAGE_COLUMNS: [&str; 2] = ["image", "distorted"];

/// Any name; it states nothing about the image.
pub const NAMING: Naming = Naming { image, example: "a name" };

fn image(name: &str) -> Option<Image> {
    let name = name.trim();
    let image = Image { name: name.into(), reference: name.into(), kind: String::new(), level: None };
    (!name.is_empty()).then_some(image)
}

/// Reads the table at `path`.
///
/// # Errors
/// [`Error::Data`] naming file, row (the header is row 1) and column. A column is unknown (the error lists the
/// columns), a field is not a finite number, or a standard deviation is negative. An image is in two rows (with one
/// reference or with two), or there is no row. Missing images are all listed.
pub fn read(path: impl AsRef<Path>, columns: &Columns, higher_is_better: bool) -> Result<QualitySet> {
    let path = path.as_ref();
    let table = Table::read(path)?;
    let [own, other] = IMAGE_COLUMNS;
    let image = match table.column(&columns.image) {
        Err(absent) if columns.image == own => table.column(other).or(Err(absent)),
        found => found,
    };
    let [image, reference, score] = [image?, table.column(&columns.reference)?, table.column(&columns.score)?];
    let deviation = columns.deviation.as_deref().map(|name| table.column(name)).transpose()?;
    let kind = columns.kind.as_deref().map(|name| table.column(name)).transpose()?;
    let rows = &table.rows;
    if rows.is_empty() {
        return Err(Error::data(path, "has no row after the header; add a row for each distorted image"));
    }

    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut entries, mut lost) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let number = |column: usize, problem: &str, fits: fn(f64) -> bool| {
            row[column].parse::<f64>().ok().filter(|&x| fits(x)).ok_or_else(|| table.wrong(index, column, problem))
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
            return Err(table.wrong(index, image, problem));
        }
        let paths = [image, reference].map(|column| folder.join(&row[column]));
        for (path, column) in paths.iter().zip([image, reference]) {
            if !path.is_file() && !lost.iter().any(|l| l == &row[column]) {
                lost.push(row[column].to_owned());
            }
        }
        let [path, reference_path] = paths;
        let kind = kind.map_or(String::new(), |column| row[column].to_owned());
        let image = Image { name: row[image].into(), reference: row[reference].into(), kind, level: None };
        entries.push(Entry { image, opinion, deviation: std, path, reference_path });
    }
    if !lost.is_empty() {
        return Err(missing(path, &lost, "put them there (paths are relative to the table)"));
    }
    // Grouped by reference, in the order of the references, so that each is decoded once.
    let order = numbered(entries.iter().map(|e| e.image.reference.as_str()));
    let references = order.iter().max().map_or(0, |last| last + 1);
    let mut ordered: Vec<(usize, Entry)> = order.into_iter().zip(entries).collect();
    ordered.sort_by_key(|(number, _)| *number);
    let entries: Vec<Entry> = ordered.into_iter().map(|(_, entry)| entry).collect();
    let file = file_name(path);
    Ok(QualitySet {
        description: format!("{file}, {} images of {references} references", entries.len()),
        entries,
        opinion: Opinion { name: columns.score.clone(), higher_is_better },
        unique_file_names: false,
        score_files: vec![(file, path.to_path_buf())],
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
            kind: None,
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
        let data = read(&path, &columns(Some("sd")), false).unwrap();
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
        assert!(data.entries[0].read_distorted(&data.entries[0].read_reference().unwrap()).is_ok());
        assert!(read(&path, &columns(None), false).unwrap().entries.iter().all(|e| e.deviation.is_none()));
    }

    #[test]
    fn a_table_of_pairs_is_read_too() {
        let (_folder, path) = folder("reference,distorted,dmos\na.png,a1.png,1.5\n");
        let columns = Columns { reference: "reference".into(), ..columns(None) };
        let data = read(&path, &columns, false).unwrap();
        assert_eq!((&*data.entries[0].image.name, &*data.entries[0].image.reference), ("a1.png", "a.png"));
        // There is no other name for a column that the experiment names itself.
        let error =
            read(&path, &Columns { image: "picture".into(), ..columns.clone() }, false).unwrap_err().to_string();
        assert!(error.contains("there is no column \"picture\""), "{error}");
        std::fs::write(&path, "reference,dmos\na.png,1.5\n").unwrap();
        assert!(read(&path, &columns, false).unwrap_err().to_string().contains("there is no column \"image\""));
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let cases = [
            ("image,ref\na1.png,a.png\n", "row 1: there is no column \"dmos\"; use one of image, ref"),
            ("image,ref,dmos,sd\n", "has no row after the header"),
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
                "2 of its images are missing; put them there (paths are relative to the table):\n  x.png\n  y/z.png",
            ),
        ];
        for (table, expected) in cases {
            let (_folder, path) = folder(table);
            let error = read(&path, &columns(Some("sd")), false).unwrap_err().to_string();
            assert!(error.contains("scores.csv: ") && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        assert!(read("gone.csv", &columns(None), false).unwrap_err().to_string().contains("gone.csv: cannot be read"));
    }
}
