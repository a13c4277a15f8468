//! The result files of a run, collected in memory until the run has succeeded.
//!
//! They are written together at the end. The manifest lists them with their hashes in the order of their names.

use super::charts::Picture;
use super::grid::Section;
use super::table::Table;
use crate::files::{hash, json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A picture of the results, as [`PICTURES`] lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captioned {
    /// The name of its files without the extension.
    pub name: String,
    /// The names of its files.
    pub files: Vec<String>,
    /// A sentence that describes the picture and its data.
    pub caption: String,
}

/// The list of the pictures with their captions, in the order of the page.
pub const PICTURES: &str = "pictures.json";

/// The files of one run, by name, until they are written.
#[derive(Debug, Default)]
pub struct Outputs {
    files: BTreeMap<String, Vec<u8>>,
    /// The pictures with their ranks.
    pictures: Vec<(u8, Captioned)>,
}

impl Outputs {
    /// Adds the file `name`, a path relative to the results folder, with `/` between its parts.
    ///
    /// # Panics
    /// If the run has already produced a file of this name, or `name` leads out of the folder. Both are mistakes of the program.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let name = name.into();
        let inside = !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        assert!(inside, "`{name}` is not a file inside the results folder");
        assert!(!self.files.contains_key(&name), "the run produces `{name}` twice");
        self.files.insert(name, bytes.into());
    }

    /// Adds a chart as `<name>.svg` and `<name>.png`, and lists it among the pictures with a caption of one sentence. Pictures of a lower
    /// rank are shown first. Those of equal rank are shown in the order in which they are added.
    ///
    /// # Panics
    /// As [`Outputs::add`].
    pub fn add_picture(&mut self, name: &str, rank: u8, caption: &str, picture: Picture) {
        self.add_files(name, rank, caption, [("svg", picture.svg.into_bytes()), ("png", picture.png)]);
    }

    /// Adds a picture that is a PNG file only, as [`Outputs::add_picture`] does.
    ///
    /// # Panics
    /// As [`Outputs::add`].
    pub fn add_png(&mut self, name: &str, rank: u8, caption: &str, png: Vec<u8>) {
        self.add_files(name, rank, caption, [("png", png)]);
    }

    fn add_files<const N: usize>(&mut self, name: &str, rank: u8, caption: &str, files: [(&str, Vec<u8>); N]) {
        let names = files.each_ref().map(|(ending, _)| format!("{name}.{ending}")).to_vec();
        names.iter().zip(files).for_each(|(name, (_, bytes))| self.add(name, bytes));
        self.pictures.push((rank, Captioned { name: name.to_owned(), files: names, caption: caption.to_owned() }));
        self.pictures.sort_by_key(|(rank, _)| *rank);
        let list: Vec<&Captioned> = self.pictures.iter().map(|(_, picture)| picture).collect();
        self.files.insert(PICTURES.to_owned(), json(&list).into_bytes());
    }

    /// Adds the rows of `long` as `table.csv` and `table.json`. The tables of `folded` follow one another in `table.md`, `table.tex` and
    /// `sections.json`.
    ///
    /// # Panics
    /// As [`Outputs::add`].
    pub fn add_tables(&mut self, long: &Table, folded: &[Table]) {
        self.add_tables_and_sections(long, folded, &[]);
    }

    /// Adds tables as [`Outputs::add_tables`] does, with `sections` below the folded tables.
    ///
    /// # Panics
    /// As [`Outputs::add`].
    pub fn add_tables_and_sections(&mut self, long: &Table, folded: &[Table], sections: &[Section]) {
        let each = |table: fn(&Table) -> String, section: fn(&Section) -> String| {
            folded.iter().map(table).chain(sections.iter().map(section)).collect::<Vec<_>>().join("\n")
        };
        self.add("table.csv", long.csv());
        self.add("table.json", long.json());
        self.add("table.md", each(Table::markdown, Section::markdown));
        self.add("table.tex", each(Table::latex, Section::latex));
        let sections: Vec<Section> = folded.iter().flat_map(Table::sections).chain(sections.iter().cloned()).collect();
        self.add("sections.json", json(&sections));
    }

    /// The BLAKE3 hash of each file by its name, for the manifest.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|(name, bytes)| (name.clone(), hash(bytes))).collect()
    }

    /// The files with their paths in `folder`, in the order of their names, for [`write_all`](crate::files::write_all).
    pub fn below(&self, folder: impl AsRef<Path>) -> impl Iterator<Item = (PathBuf, &[u8])> {
        self.files.iter().map(move |(name, bytes)| (folder.as_ref().join(name), bytes.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_all;

    #[test]
    fn outputs_are_listed_and_written_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::default();
        outputs.add("table.csv", "b");
        outputs.add("charts/srocc.svg", "a");
        assert_eq!(outputs.hashes().into_keys().collect::<Vec<_>>(), ["charts/srocc.svg", "table.csv"]);
        assert_eq!(outputs.hashes()["table.csv"], hash(b"b"));
        write_all(&outputs.below(folder.path()).collect::<Vec<_>>()).unwrap();
        assert_eq!(std::fs::read(folder.path().join("charts/srocc.svg")).unwrap(), b"a");
    }

    #[test]
    fn pictures_are_listed_by_rank_with_their_captions() {
        let mut outputs = Outputs::default();
        let chart = || Picture { svg: "<svg/>".to_owned(), png: vec![1] };
        outputs.add_picture("b", 2, "The second.", chart());
        outputs.add_png("c", 2, "The third.", vec![2]);
        outputs.add_picture("z", 1, "The first.", chart());
        let names: Vec<_> = outputs.files.keys().collect();
        assert_eq!(names, ["b.png", "b.svg", "c.png", "pictures.json", "z.png", "z.svg"]);
        let listed: serde_json::Value = serde_json::from_slice(&outputs.files[PICTURES]).unwrap();
        let expected = serde_json::json!([
            { "name": "z", "files": ["z.svg", "z.png"], "caption": "The first." },
            { "name": "b", "files": ["b.svg", "b.png"], "caption": "The second." },
            { "name": "c", "files": ["c.png"], "caption": "The third." },
        ]);
        assert_eq!(listed, expected);
    }

    #[test]
    #[should_panic(expected = "twice")]
    fn a_name_is_used_once() {
        let mut outputs = Outputs::default();
        outputs.add("table.csv", "");
        outputs.add("table.csv", "");
    }

    #[test]
    #[should_panic(expected = "not a file inside")]
    fn no_output_leaves_the_folder() {
        Outputs::default().add("../table.csv", "");
    }
}
