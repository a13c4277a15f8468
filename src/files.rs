//! Files, whole or not at all.
//!
//! A file is written beside its place and renamed: a reader never sees half of it, and a run that fails or is killed leaves the
//! old one. [`npy`] does so for tables that are too large to be held in memory. [`mat`] reads what MATLAB wrote.

pub mod mat;
pub mod npy;

use crate::error::{Error, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path`, making the folders above it.
///
/// The bytes go to a file beside `path` which is then renamed to it: afterwards `path` holds all of them or what it held before.
///
/// # Errors
/// [`Error::Write`] with the operating system's reason.
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write_all(&[(path.as_ref().to_path_buf(), bytes)])
}

/// Writes all these files, making the folders above them. None is put into its place before all are written: on a full disk what was
/// there stays whole.
///
/// # Errors
/// [`Error::Write`] for the first that cannot be written, with the operating system's reason.
pub fn write_all(files: &[(PathBuf, &[u8])]) -> Result<()> {
    let attempt = |path: &Path, bytes: &[u8]| {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::File::create(beside(path))?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    let place = |path: &Path| std::fs::rename(beside(path), path);
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Write { path, source }
    };
    let written = files.iter().try_for_each(|(path, bytes)| attempt(path, bytes).map_err(fail(path)));
    let placed = written.and_then(|()| files.iter().try_for_each(|(path, _)| place(path).map_err(fail(path))));
    if placed.is_err() {
        // Nothing half-written stays; that this, too, may fail changes nothing about the error to report.
        files.iter().for_each(|(path, _)| drop(std::fs::remove_file(beside(path))));
    }
    placed
}

/// Removes what a process that was killed while it wrote left beside the files of `folder`. Nobody else may be writing there.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && name.ends_with(".part") {
            // What stays costs room, not correctness.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// `folder/.name.<process id>.part` for `folder/name`: in the same folder, because a rename does not cross file systems.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/table.csv");
        write(&path, b"old, and longer").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let left = beside(&folder.path().join("table.csv"));
        for path in [left.clone(), folder.path().join("spare.part"), folder.path().join(".hidden")] {
            std::fs::write(path, b"").unwrap();
        }
        sweep(folder.path());
        assert!(!left.exists() && std::fs::read_dir(folder.path()).unwrap().count() == 2);
        sweep(&folder.path().join("missing"));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), b"").unwrap();
        let error = write(&path, b"x").unwrap_err();
        assert!(matches!(error, Error::Write { .. }) && error.to_string().contains("taken"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
