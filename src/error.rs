//! Errors: the failures outside the engine, each with a remedy for the user.
//!
//! The library has one error type. Its text is a sentence that names the file, row or key, the problem and the remedy,
//! and its exit code is for scripts. A wrong shape *inside* the engine is a programming error. The method of the
//! operation then panics with both shapes.

use std::path::{Path, PathBuf};

/// The crate's result type.
pub type Result<T> = std::result::Result<T, Error>;

/// All failures that input can cause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or an experiment file requests something that does not exist or is impossible. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A file or folder is missing, damaged, or otherwise invalid. Exit code 3.
    #[error("{}: {problem}", path.display())]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// The problem, with the row or key, and the remedy.
        problem: String,
    },
    /// A value that the method does not define (a constant image, a logit of 0 or 1). Exit code 3.
    #[error("{0}")]
    Undefined(String),
    /// A result could not be written; no incomplete file remains. Exit code 3.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// The reason given by the operating system. It is part of the text, so [`std::error::Error::source`] is `None`,
        /// and a reason is printed once; a raw name of the field tells `thiserror` so.
        r#source: std::io::Error,
    },
}

impl Error {
    /// An [`Error::Data`] about `path`.
    pub fn data(path: impl AsRef<Path>, problem: impl std::fmt::Display) -> Self {
        Error::Data { path: path.as_ref().to_path_buf(), problem: problem.to_string() }
    }

    /// The exit code of the process: 2 for usage and experiment files, 3 for data.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Data { .. } | Error::Undefined(_) | Error::Write { .. } => 3,
        }
    }
}
