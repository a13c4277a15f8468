//! No file that a user gave is written over.
//!
//! A command that reads and writes files states its outputs, then its inputs, before it computes anything. Two paths
//! are one file if the file system says so: through symbolic links, hard links, and any spelling (`./a.png`, `b/../a.png`).

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The outputs of a command, which none of its inputs may be.
#[derive(Debug)]
pub struct Guard<'a> {
    /// The option of each output, its path, and the file that it is.
    outputs: Vec<(&'a str, &'a Path, Identity)>,
}

/// A file, by whatever path.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// A file that exists: its device and its number there.
    #[cfg(unix)]
    Number(u64, u64),
    /// A file that does not exist, or a file on a system without such numbers: its path without links and `..`.
    Path(PathBuf),
}

impl<'a> Guard<'a> {
    /// The files that a command will write, each with the option that names it, such as `--out`.
    ///
    /// # Errors
    /// [`Error::Usage`] if an output is a folder, a pipe or a device, if a file is where its folder should be, or if two
    /// outputs are the same file.
    pub fn new(outputs: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Result<Guard<'a>> {
        let mut guard = Guard { outputs: Vec::new() };
        for (option, path) in outputs {
            let fail = |problem: String| Err(Error::Usage(format!("{option} {}: {problem}", path.display())));
            match std::fs::metadata(path) {
                Ok(found) if found.is_dir() => return fail("this is a folder; name a file in it".to_owned()),
                Ok(found) if !found.is_file() => return fail("this is not a regular file; name another".to_owned()),
                _ => {}
            }
            if path.file_name().is_none() {
                return fail("this is not the name of a file".to_owned());
            }
            let above = path.ancestors().skip(1).find(|above| above.exists());
            if let Some(file) = above.filter(|above| !above.is_dir()) {
                return fail(format!("{} is a file, not a folder; choose another place", file.display()));
            }
            let identity = Identity::of(path);
            if let Some((other, ..)) = guard.outputs.iter().find(|(.., taken)| *taken == identity) {
                return fail(format!("this is also the file of {other}; choose another name"));
            }
            guard.outputs.push((option, path, identity));
        }
        Ok(guard)
    }

    /// Accepts a file or folder that the command reads.
    ///
    /// # Errors
    /// [`Error::Usage`] if an output is this file.
    pub fn input(&self, path: &Path) -> Result<()> {
        let identity = Identity::of(path);
        match self.outputs.iter().find(|(.., output)| *output == identity) {
            None => Ok(()),
            Some((option, output, _)) => {
                let output = output.display();
                let path = path.display();
                Err(Error::Usage(format!(
                    "{option} {output}: this would replace the input {path}; choose another name"
                )))
            }
        }
    }
}

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> Identity {
        use std::os::unix::fs::MetadataExt;
        match std::fs::metadata(path) {
            Ok(found) => Identity::Number(found.dev(), found.ino()),
            Err(_) => Identity::Path(resolved(path)),
        }
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> Identity {
        Identity::Path(resolved(path))
    }
}

/// Whether `path` is `folder` or lies in it, through links and other spellings too.
pub fn is_inside(path: &Path, folder: &Path) -> bool {
    resolved(path).starts_with(resolved(folder))
}

/// The path from the root without links, `.` and `..`, also if its last parts do not exist.
fn resolved(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match part {
            std::path::Component::ParentDir => drop(found.pop()),
            part => found.push(part),
        }
        found = found.canonicalize().unwrap_or(found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_no_input_by_any_spelling_or_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("images")).unwrap();
        std::fs::write(at("images/a.png"), "a").unwrap();
        std::fs::write(at("images/b.png"), "b").unwrap();
        std::fs::hard_link(at("images/a.png"), at("hard.png")).unwrap();
        std::os::unix::fs::symlink(at("images/a.png"), at("soft.png")).unwrap();
        std::os::unix::fs::symlink(at("images"), at("linked")).unwrap();
        for name in [
            "images/a.png",
            "images/./a.png",
            "images/../images/a.png",
            "hard.png",
            "soft.png",
            "linked/a.png",
            "linked/../images/a.png",
        ] {
            let output = at(name);
            let guard = Guard::new([("--out", output.as_path())]).unwrap();
            let error = guard.input(&at("images/a.png")).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains("--out"), "{name}: {error}");
            assert!(error.to_string().contains("would replace the input"), "{name}: {error}");
            guard.input(&at("images/b.png")).unwrap();
        }
    }

    #[test]
    fn two_outputs_are_two_files_and_each_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), at("linked")).unwrap();
        let guard = |a: &str, b: &str| {
            let (a, b) = (at(a), at(b));
            Guard::new([("--out", a.as_path()), ("--statistics", b.as_path())]).map(|_| ()).map_err(|e| e.to_string())
        };
        guard("new/t.npy", "new/t.csv").unwrap();
        for (a, b, expected) in [
            ("t", "t", "this is also the file of --out"),
            ("new/t", "new/sub/../t", "this is also the file of --out"),
            ("linked/t", "t", "this is also the file of --out"),
            ("t", "linked", "this is a folder"),
            ("t", "file/t", "is a file, not a folder"),
            ("t", "..", "this is a folder"),
        ] {
            let error = guard(a, b).unwrap_err();
            assert!(error.contains(expected), "{a} {b}: {error}");
        }
        assert!(
            Guard::new([("--out", Path::new("/dev/null"))]).unwrap_err().to_string().contains("not a regular file")
        );
        assert!(is_inside(&at("linked/new/x"), &at("new")) && is_inside(&at("new"), &at("linked/new")));
        assert!(!is_inside(&at("newer"), &at("new")));
    }
}
