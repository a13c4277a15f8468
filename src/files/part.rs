//! The temporary file of a file that is being written.
//!
//! It is in the same folder, because a rename does not cross file systems. Its name is `.name.part` for the file
//! `name`, and it is locked as long as its writer lives. So a later writer uses the file that a killed process has left,
//! and two writers of one file use two temporary files (`.name.part`, `.name.1.part`).

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A temporary file. It is removed when it is dropped, unless it was placed.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    placed: bool,
    /// The file, locked and empty at first.
    pub file: File,
}

impl Part {
    /// Creates the temporary file for `target`, and the folders above it.
    pub fn create(target: &Path) -> io::Result<Part> {
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut number = 0;
        loop {
            let path = beside(target, number);
            let file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
            match file.try_lock() {
                // Another writer may have placed or removed the file between its opening and its locking.
                Ok(()) if is_at(&file, &path) => {
                    file.set_len(0)?;
                    return Ok(Part { path, placed: false, file });
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => number += 1,
                // A file system without locks: the number of the process keeps two writers apart.
                Err(TryLockError::Error(_)) => {
                    let mine = beside(target, std::process::id());
                    let _ = std::fs::remove_file(&path);
                    return Ok(Part { file: File::create(&mine)?, path: mine, placed: false });
                }
            }
        }
    }

    /// Renames the file to `target`.
    pub fn place(mut self, target: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, target)?;
        // From now on the temporary name may belong to another writer.
        self.placed = true;
        Ok(())
    }
}

impl io::Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.placed {
            // A temporary file that remains does no harm, and the next writer uses it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The name of the file whose temporary file has this name.
pub(super) fn target(name: &str) -> Option<&str> {
    let target = name.strip_prefix('.')?.strip_suffix(".part")?;
    let numbered = target.rsplit_once('.').filter(|(_, number)| number.parse::<u32>().is_ok());
    Some(numbered.map_or(target, |(target, _)| target)).filter(|target| !target.is_empty())
}

/// Removes a temporary file, unless its writer lives.
pub(super) fn remove_unused(path: &Path) {
    if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return;
    }
    if File::options().write(true).open(path).is_ok_and(|file| file.try_lock().is_ok()) {
        // A file that remains costs space, but does no harm.
        let _ = std::fs::remove_file(path);
    }
}

fn beside(target: &Path, number: u32) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(if number == 0 { format!(".{name}.part") } else { format!(".{name}.{number}.part") })
}

/// Whether `path` is still the name of this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: std::fs::Metadata, b: std::fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|own| std::fs::symlink_metadata(path).is_ok_and(|found| same(own, found)))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn only_what_no_writer_holds_is_swept_and_only_of_the_wanted_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut living = Part::create(&at("b.npy")).unwrap();
        for name in [".a.npy.part", ".a.npy.2.part", ".a.names.txt.part", ".film.mkv.part", "a.npy.part", ".part"] {
            std::fs::write(at(name), "half").unwrap();
        }
        crate::files::sweep_of(folder.path(), &[".npy", ".names.txt"]);
        let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".b.npy.part", ".film.mkv.part", ".part", "a.npy.part"]);
        living.write_all(b"whole").unwrap();
        living.place(&at("b.npy")).unwrap();
        assert_eq!(std::fs::read(at("b.npy")).unwrap(), b"whole");
    }

    #[test]
    fn what_a_killed_writer_left_is_used_and_two_writers_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("table.npy");
        // A killed process leaves the file without a lock.
        std::fs::write(folder.path().join(".table.npy.part"), "half of a table").unwrap();
        let mut first = Part::create(&target).unwrap();
        first.file.write_all(b"1").unwrap();
        let mut second = Part::create(&target).unwrap();
        second.file.write_all(b"2").unwrap();
        second.place(&target).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"2");
        first.place(&target).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"1");
        drop(Part::create(&target).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left");
    }
}
