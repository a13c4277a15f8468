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
//!
//! A path may be spelt in several ways (`./a.png`, `b/../a.png`): the image or reference is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[cfg(doc)]
use super::database::LARGEST_RATING;
use super::database::{
    Columns, Contents, Database, Entry, Image, Naming, Opinion, QualityFacts, QualitySet, file_name, missing, numbered,
};
use super::folder::identity;
use super::table::Table;
use crate::error::Result;

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
    let name = plain(name.trim());
    let image = Image { reference: name.clone(), name, kind: String::new(), level: None };
    (!image.name.is_empty()).then_some(image)
}

/// The path without `.`, empty parts, and parts before `..`: one name for every spelling of a path.
fn plain(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

/// Reads the table at `path`.
///
/// # Errors
/// [`Error::Data`](crate::Error) naming file, row (the first line of the file is row 1) and column. A column is unknown (the error lists
/// the columns), or a field is not a number of at most [`LARGEST_RATING`] on either side of 0, or not a standard
/// deviation of at most that. An image is in two rows by any spelling of its path (with one reference or with two), or
/// there is no row. Missing images are all listed.
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
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut entries, mut lost) = (Vec::with_capacity(table.len()), Vec::new());
    // The rows of each image, by its name and by its file. The name of each reference, by its file.
    let (mut names, mut files, mut references) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut looked_up = BTreeSet::new();
    for row in 0..table.len() {
        let opinion = table.rating(row, score)?;
        let std = deviation.map(|column| table.deviation(row, column)).transpose()?;
        for column in [image, reference] {
            let field = table.field(row, column);
            if field.is_empty() {
                return Err(table.wrong(row, column, "names no image; fill it in or leave the row out"));
            }
            if looked_up.insert(field) && !folder.join(field).is_file() {
                lost.push(field.to_owned());
            }
        }
        let [path, reference_path] = [image, reference].map(|column| folder.join(table.field(row, column)));
        let name = plain(table.field(row, image));
        let reference_name = || plain(table.field(row, reference));
        let reference_name = references.entry(identity(&reference_path)).or_insert_with(reference_name).clone();
        let earlier = [names.insert(name.clone(), row), files.insert(identity(&path), row)];
        if let Some(first) = earlier.into_iter().flatten().next() {
            let entry: &Entry = &entries[first];
            let already = table.already(first, row, image);
            let problem = match entry.image.reference == reference_name {
                true => format!("{already}; keep one row for each image"),
                false => format!(
                    "{already}, with another reference ({}); are the columns of images and references exchanged?",
                    table.field(first, reference)
                ),
            };
            return Err(table.wrong(row, image, problem));
        }
        let kind = kind.map_or(String::new(), |column| table.field(row, column).to_owned());
        let image = Image { name, reference: reference_name, kind, level: None };
        entries.push(Entry { image, opinion, deviation: std, path, reference_path });
    }
    if !lost.is_empty() {
        let backslash = lost.iter().any(|path| path.contains('\\'));
        let separated = if backslash { ", and write `/` between folders" } else { "" };
        return Err(missing(path, &lost, &format!("put them there{separated} (paths are relative to the table)")));
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
    fn a_path_has_one_name_in_every_spelling() {
        for (path, name) in [
            ("./img/a.png", "img/a.png"),
            ("img//a.png", "img/a.png"),
            ("img/../img/./a.png", "img/a.png"),
            ("../img/a.png", "../img/a.png"),
            ("b/../../a.png", "../a.png"),
            ("/x/../a.png", "/a.png"),
            ("/../a.png", "/a.png"),
            ("a.png", "a.png"),
        ] {
            assert_eq!(plain(path), name);
        }
        let (folder, path) = folder("dmos,image,ref\n1,./a1.png,a.png\n2,b1.png,b.png\n3,a2.png,./a.png\n");
        let absolute = folder.path().join("a.png");
        let data = read(&path, &columns(None), true).unwrap();
        assert_eq!(data.description, "scores.csv, 3 images of 2 references");
        assert_eq!((&*data.entries[0].image.name, &*data.entries[1].image.reference), ("a1.png", "a.png"));
        let table = format!("dmos,image,ref\n1,a1.png,a.png\n2,a2.png,{}\n", absolute.display());
        std::fs::write(&path, table).unwrap();
        let data = read(&path, &columns(None), true).unwrap();
        assert_eq!(data.description, "scores.csv, 2 images of 1 references");
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
            ("image,ref\na1.png,a.png\n", "there is no column \"dmos\"; use one of image, ref"),
            ("image,ref,dmos,sd\n", "has no row after the header"),
            ("image,ref,dmos,sd\na1.png,a.png,one,1\n", "row 2, column \"dmos\": \"one\" is not a number"),
            ("image,ref,dmos,sd\na1.png,a.png,inf,1\n", "\"inf\" is outside the range of a rating"),
            (
                "image,ref,dmos,sd\n\na1.png,a.png,1e300,1\n",
                "row 3, column \"dmos\": \"1e300\" is outside the range of a rating",
            ),
            (
                "image,ref,dmos,sd\na1.png,a.png,NA,1\n",
                "row 2, column \"dmos\": \"NA\" is a missing value; leave the row out",
            ),
            ("image,ref,dmos,sd\na1.png,a.png,1,2e12\n", "row 2, column \"sd\": \"2e12\" is outside the range"),
            ("image,ref,dmos,sd\nx\\a1.png,a.png,1,1\n", "put them there, and write `/` between folders (paths"),
            ("image,ref,dmos,sd\na1.png,,1,1\n", "row 2, column \"ref\": \"\" names no image"),
            (
                "image,ref,dmos,sd\na1.png,a.png,1,1\n# x\n.//x/../a1.png,./a.png,1,1\n",
                "row 4, column \"image\": \".//x/../a1.png\" is in row 2 already as a1.png; keep one row",
            ),
            ("image,ref,dmos,sd\na1.png,a.png,1,-1\n", "row 2, column \"sd\": \"-1\" is not a standard deviation"),
            (
                "image,ref,dmos,sd\na1.png,a.png,1,1\na1.png,a.png,1,1\n",
                "row 3, column \"image\": \"a1.png\" is in row 2 already; keep",
            ),
            ("image,ref,dmos,sd\na.png,a1.png,1,1\na.png,a2.png,1,1\n", "another reference (a1.png); are the columns"),
            ("image,ref,dmos,sd\na1.png,a.png,1\n", "row 2 has 3 fields, but the header in row 1 has 4"),
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
