//! What a run writes.
//!
//! A run's results go through one [`Outputs`]: they are collected while the run computes, written together when everything
//! has succeeded, and listed with their hashes in the manifest in the order of their names.

use super::charts::Picture;
use super::grid::Section;
use super::table::Table;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The BLAKE3 hash of `bytes`, as 64 lower-case hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The BLAKE3 hash of the file at `path`, read in pieces: its size does not matter.
///
/// # Errors
/// [`Error::Data`] when it cannot be read.
pub fn hash_file(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    let mut hasher = blake3::Hasher::new();
    std::fs::File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(|e| Error::data(path, format!("cannot be read: {e}")))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The files of one run, by name, until they are written.
#[derive(Debug, Default)]
pub struct Outputs {
    files: BTreeMap<String, Vec<u8>>,
}

impl Outputs {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the file `name`, a path relative to the folder that [`Outputs::below`] will be given, with `/` between its parts.
    ///
    /// # Panics
    /// When the run has already produced a file of this name, or `name` leads out of the folder: both are mistakes of the program.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let name = name.into();
        let inside = !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        assert!(inside, "`{name}` is not a file inside the results folder");
        assert!(!self.files.contains_key(&name), "the run produces `{name}` twice");
        self.files.insert(name, bytes.into());
    }

    /// Adds a chart as `<name>.svg` and `<name>.png`.
    ///
    /// # Panics
    /// As [`Outputs::add`].
    pub fn add_picture(&mut self, name: &str, picture: Picture) {
        self.add(format!("{name}.svg"), picture.svg);
        self.add(format!("{name}.png"), picture.png);
    }

    /// Adds the rows of `long` as `table.csv` and `table.json`, and `folded`, one below the other, as `table.md`, `table.tex` and, as data,
    /// `sections.json`.
    ///
    /// # Panics
    /// As [`Outputs::add`].
    pub fn add_tables(&mut self, long: &Table, folded: &[Table]) {
        self.add_tables_and_sections(long, folded, &[]);
    }

    /// The same, with `sections` below the folded tables.
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
        let json = serde_json::to_string_pretty(&sections).expect("lists of text become JSON");
        self.add("sections.json", format!("{json}\n"));
    }

    /// The bytes of the file `name`, if the run has produced it.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The names, sorted by their bytes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Each file's BLAKE3 hash by its name, for the manifest.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|(name, bytes)| (name.clone(), hash(bytes))).collect()
    }

    /// The files with their paths below `folder`, in the order of their names, for [`write_all`](crate::files::write_all).
    pub fn below(&self, folder: impl AsRef<Path>) -> impl Iterator<Item = (PathBuf, &[u8])> {
        self.files.iter().map(move |(name, bytes)| (folder.as_ref().join(name), bytes.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_all;

    #[test]
    fn hashes_are_blake3_of_bytes_and_files_alike() {
        // The hash of no bytes, from the BLAKE3 test vectors.
        assert_eq!(hash(b""), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        std::fs::write(&path, b"some data").unwrap();
        assert_eq!(hash_file(&path).unwrap(), hash(b"some data"));
        assert!(hash_file(folder.path().join("missing")).unwrap_err().to_string().contains("missing"));
    }

    #[test]
    fn outputs_are_listed_and_written_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::new();
        outputs.add("table.csv", "b");
        outputs.add("charts/srocc.svg", "a");
        assert_eq!(outputs.names().collect::<Vec<_>>(), ["charts/srocc.svg", "table.csv"]);
        assert_eq!(outputs.hashes()["table.csv"], hash(b"b"));
        write_all(&outputs.below(folder.path()).collect::<Vec<_>>()).unwrap();
        assert_eq!(std::fs::read(folder.path().join("charts/srocc.svg")).unwrap(), b"a");
    }

    #[test]
    #[should_panic(expected = "twice")]
    fn a_name_is_used_once() {
        let mut outputs = Outputs::new();
        outputs.add("table.csv", "");
        outputs.add("table.csv", "");
    }

    #[test]
    #[should_panic(expected = "not a file inside")]
    fn no_output_leaves_the_folder() {
        Outputs::new().add("../table.csv", "");
    }
}
