//! A results folder, found and read back.
//!
//! An experiment's folder is one with a `manifest.json`; a folder of such folders is what runs leave behind. Nothing here follows a
//! symbolic link below the folder that was named: results are files, and a link can lead in a circle.

use super::claims::Claims;
use super::manifest::Manifest;
use super::table::Table;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The record of the run, in every results folder.
pub const MANIFEST: &str = "manifest.json";
/// The rows of its table.
pub const TABLE: &str = "table.json";
/// The claims that were tested on it, where the experiment declares some.
pub const CLAIMS: &str = "claims.json";

/// Entries of an experiment's folder that are no results: what differs from run to run, what makes the next run shorter, what may
/// not be passed on, and who is at work there.
pub const NO_RESULTS: [&str; 5] = ["run.json", "cache", "checkpoints", "photographs", ".lock"];

/// An experiment's results, or as much as is there.
#[derive(Clone, Debug)]
pub struct Results {
    /// Where the manifest lies.
    pub manifest_path: PathBuf,
    /// The record of the run.
    pub manifest: Manifest,
    /// Its numbers; `None` where they do not lie beside the manifest.
    pub table: Option<Table>,
    /// Its claims; `None` where there are none beside the manifest.
    pub claims: Option<Claims>,
}

impl Results {
    /// Reads an experiment's folder, or a manifest and what lies beside it.
    ///
    /// # Errors
    /// [`Error::Data`] when a file cannot be read or is not what this version writes. A missing table is no error.
    pub fn read(path: &Path) -> Result<Results> {
        let manifest_path = if path.is_dir() { path.join(MANIFEST) } else { path.to_path_buf() };
        let manifest = Manifest::parse(&text(&manifest_path)?, &manifest_path)?;
        let table_path = manifest_path.with_file_name(TABLE);
        let table = table_path.exists().then(|| Table::parse(&text(&table_path)?, &table_path)).transpose()?;
        let claims_path = manifest_path.with_file_name(CLAIMS);
        let claims = claims_path.exists().then(|| Claims::parse(&text(&claims_path)?, &claims_path)).transpose()?;
        Ok(Results { manifest_path, manifest, table, claims })
    }
}

/// The file's text.
///
/// # Errors
/// [`Error::Data`] when it cannot be read or is not UTF-8.
pub fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::data(path, format!("cannot be read: {e}")))
}

/// What lies in a folder of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The folders in it, in the order of their names.
    pub folders: Vec<PathBuf>,
    /// What else is in it, symbolic links among it, in the order of the names.
    pub others: Vec<PathBuf>,
}

/// The experiments' folders at `path`: itself if it holds what an experiment's folder does, else the folders in it.
///
/// # Errors
/// [`Error::Data`] when it is no folder, cannot be read, or holds nothing.
pub fn find(path: &Path) -> Result<Found> {
    let entries = entries(path)?;
    // Without a manifest it is that of a run which has not ended.
    let of_a_run = |name: &str| [MANIFEST, TABLE].contains(&name) || NO_RESULTS.contains(&name);
    if entries.iter().any(|(path, _)| of_a_run(&name(path))) {
        return Ok(Found { folders: vec![path.to_path_buf()], others: Vec::new() });
    }
    let mut found = Found::default();
    for (path, kind) in entries {
        if kind.is_dir() { found.folders.push(path) } else { found.others.push(path) }
    }
    if found.folders.is_empty() {
        return Err(Error::data(
            path,
            "holds no results: run an experiment, or name the folder that its results are in",
        ));
    }
    Ok(found)
}

/// A folder's entries in the order of their names, each with what it is itself, not what it links to.
///
/// # Errors
/// [`Error::Data`] when it cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<(PathBuf, std::fs::FileType)>> {
    let read = || -> std::io::Result<Vec<_>> {
        let entries = std::fs::read_dir(folder)?.map(|entry| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?))
        });
        entries.collect()
    };
    let mut found = read().map_err(|e| Error::data(folder, format!("the folder cannot be read: {e}")))?;
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// A path's last part.
pub fn name(path: &Path) -> String {
    let whole = || path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    // `.` and `..` have no last part of their own.
    path.file_name().map(|name| name.to_string_lossy().into_owned()).or_else(whole).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_experiments_are_found_and_nothing_else_is_taken_for_one() {
        let root = tempfile::tempdir().unwrap();
        let error = |path: &Path| find(path).unwrap_err().to_string();
        assert!(error(&root.path().join("gone")).contains("gone: the folder cannot be read"));
        assert!(error(root.path()).contains("holds no results"));
        for folder in ["b", "a"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        std::fs::write(root.path().join("index.html"), "").unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
        let at = |names: &[&str]| names.iter().map(|name| root.path().join(name)).collect::<Vec<_>>();
        let found = Found { folders: at(&["a", "b"]), others: at(&["index.html", "loop"]) };
        assert_eq!(find(root.path()).unwrap(), found);
        std::fs::write(root.path().join("a/manifest.json"), "{").unwrap();
        assert_eq!(find(&root.path().join("a")).unwrap().folders, at(&["a"]));
        assert!(Results::read(&root.path().join("a")).unwrap_err().to_string().contains("is not JSON"));
        assert!(
            Results::read(&root.path().join("b")).unwrap_err().to_string().contains("b/manifest.json: cannot be read")
        );
    }
}
