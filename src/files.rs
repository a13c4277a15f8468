//! Files: reading, complete writing, and hashes.
//!
//! A file is written under a temporary name in its folder and then renamed. So a reader never sees an incomplete file,
//! and a run that fails or is killed leaves the old one. [`npy`] does this for tables that are too large for memory.
//! [`guard`] keeps the files that a user gave from being written over. [`mat`] reads MATLAB files, and `text` decodes the text
//! files that people make.

pub mod guard;
pub mod mat;
pub mod npy;
mod part;
pub(crate) mod text;

use crate::error::{Error, Result};
use part::Part;
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The largest file that is read into memory, in bytes: 2 GiB.
const LARGEST: u64 = 2 << 30;
/// The beginnings of the text that Git LFS commits in place of a large file.
const POINTERS: [&[u8]; 2] = [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];

/// Writes `bytes` to `path`, creating the folders above it.
///
/// The bytes are written to a temporary file in the same folder, which is then renamed. Afterwards `path` contains all
/// of them or its previous content.
///
/// # Errors
/// [`Error::Write`] with the operating system's reason.
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write_all(&[(path.as_ref().to_path_buf(), bytes)])
}

/// Writes several files, creating the folders above them. All are written before the first is renamed: on a full disk
/// the old files remain complete.
///
/// # Errors
/// [`Error::Write`] for the first that cannot be written, with the operating system's reason.
pub fn write_all(files: &[(PathBuf, &[u8])]) -> Result<()> {
    let attempt = |path: &Path, bytes: &[u8]| {
        let mut part = Part::create(path)?;
        part.file.write_all(bytes)?;
        part.file.sync_all()?;
        Ok(part)
    };
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Write { path, source }
    };
    let parts = files.iter().map(|(path, bytes)| attempt(path, bytes).map_err(fail(path)));
    let parts = parts.collect::<Result<Vec<Part>>>()?;
    files.iter().zip(parts).try_for_each(|((path, _), part)| part.place(path).map_err(fail(path)))
}

/// Writes a text file line by line, which may be larger than memory. The path never contains an incomplete file.
#[derive(Debug)]
pub struct LineWriter {
    path: PathBuf,
    part: BufWriter<Part>,
}

impl LineWriter {
    /// Creates an empty file, and the folders above `path`.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason.
    pub fn create(path: impl AsRef<Path>) -> Result<LineWriter> {
        let path = path.as_ref().to_path_buf();
        match Part::create(&path) {
            Ok(part) => Ok(LineWriter { path, part: BufWriter::new(part) }),
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    /// Appends a line. Line breaks in it are written as `\n` and `\r`, so that it remains one line.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason.
    pub fn write_line(&mut self, line: &str) -> Result<()> {
        let line = line.replace('\n', "\\n").replace('\r', "\\r");
        writeln!(self.part, "{line}").map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// Completes the file and renames it.
    ///
    /// # Errors
    /// [`Error::Write`] with the operating system's reason.
    pub fn finish(self) -> Result<()> {
        let part = self.part.into_inner().map_err(std::io::IntoInnerError::into_error);
        let placed = part.and_then(|part| part.file.sync_all().and_then(|()| part.place(&self.path)));
        placed.map_err(|source| Error::Write { path: self.path, source })
    }
}

/// Removes the temporary files in `folder` of processes that were killed while writing.
pub fn sweep(folder: &Path) {
    sweep_of(folder, &[""]);
}

/// [`sweep`] for the temporary files of files whose names end in one of these texts. In a folder that also has other
/// files, similar names may be the user's.
pub fn sweep_of(folder: &Path, endings: &[&str]) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if part::target(&name).is_some_and(|target| endings.iter().any(|ending| target.ends_with(ending))) {
            part::remove_unused(&entry.path());
        }
    }
}

/// Opens a file for reading. Folders, pipes and devices are refused, because reading them fails or might never end.
/// Only a pipe of the shell (`/dev/stdin`, `/dev/fd/63`) is accepted.
///
/// # Errors
/// [`Error::Data`] if it cannot be read.
pub fn open(path: impl AsRef<Path>) -> Result<File> {
    let path = path.as_ref();
    let unreadable = |reason: &dyn std::fmt::Display| Error::data(path, format!("cannot be read: {reason}"));
    let found = std::fs::metadata(path).map_err(|reason| unreadable(&reason))?;
    if found.is_dir() {
        return Err(unreadable(&"it is a folder; name a file"));
    }
    if !found.is_file() && !is_pipe_of_the_shell(path, &found) {
        return Err(unreadable(&"it is not a regular file"));
    }
    File::open(path).map_err(|reason| unreadable(&reason))
}

#[cfg(unix)]
fn is_pipe_of_the_shell(path: &Path, found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_fifo() && ["/dev", "/proc"].iter().any(|root| path.starts_with(root))
}

#[cfg(not(unix))]
fn is_pipe_of_the_shell(_: &Path, _: &std::fs::Metadata) -> bool {
    false
}

/// The bytes of the file at `path`.
///
/// # Errors
/// [`Error::Data`] if it cannot be read, is larger than 2 GiB, or is the pointer that Git LFS commits in place of a file.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    let path = path.as_ref();
    let file = open(path)?;
    let size = file.metadata().map_or(0, |found| found.len());
    let mut bytes = Vec::with_capacity(size.min(LARGEST) as usize);
    if size <= LARGEST {
        let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
    }
    if size.max(bytes.len() as u64) > LARGEST {
        return Err(Error::data(path, "is larger than 2 GiB, the most that is read into memory; name a smaller file"));
    }
    if is_pointer(&bytes) {
        return Err(Error::data(path, POINTER));
    }
    Ok(bytes)
}

/// The problem of a file that [is a pointer](is_pointer).
pub const POINTER: &str = "is a Git LFS pointer, not the file itself; run `git lfs pull` in its repository";

/// Whether these are the first bytes, at least 64, of the pointer that Git LFS commits in place of a file.
pub fn is_pointer(bytes: &[u8]) -> bool {
    POINTERS.iter().any(|start| bytes.starts_with(start))
}

/// The BLAKE3 hash of `bytes`, as 64 lower-case hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The BLAKE3 hash of the file at `path`, which may be larger than memory.
///
/// # Errors
/// [`Error::Data`] if it cannot be read.
pub fn hash_file(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    let mut hasher = blake3::Hasher::new();
    let file = open(path)?;
    hasher.update_reader(file).map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// `value` as JSON for files and programs: indented, with a final newline.
///
/// # Panics
/// If a map in `value` has keys that are not text.
pub fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("strings, numbers and lists become JSON");
    text.push('\n');
    text
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
        let left = folder.path().join(".table.csv.part");
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

    #[test]
    fn what_is_no_file_of_data_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let error = |path: &Path| read(path).unwrap_err().to_string();
        std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        File::create(at("sparse")).unwrap().set_len(1 << 40).unwrap();
        std::fs::write(at("pointer"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n").unwrap();
        for (path, expected) in [
            (at("pipe"), "pipe: cannot be read: it is not a regular file"),
            (PathBuf::from("/dev/zero"), "it is not a regular file"),
            (at(""), "it is a folder; name a file"),
            (at("sparse"), "sparse: is larger than 2 GiB"),
            (at("pointer"), "is a Git LFS pointer, not the file itself; run `git lfs pull`"),
            (at("gone"), "gone: cannot be read: No such file"),
        ] {
            let found = error(&path);
            assert!(found.contains(expected), "{found}");
        }
        assert!(hash_file(at("pipe")).is_err());
    }

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
}
