//! What can go wrong outside the engine, and what the reader can do about it.
//!
//! The library has one error type because the program has one way to end: a sentence that names the file, row or key, says
//! what is wrong with it and what to do, and an exit code that a script can act on. A wrong shape *inside* the engine is not
//! an error but the programmer's mistake, and panics in the op's builder with both shapes.

use std::path::{Path, PathBuf};

/// The crate's result type.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that input can do wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or an experiment file asks for something that does not exist or cannot be. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A file or folder is missing, damaged, or not what it should be. Exit code 3.
    #[error("{}: {problem}", path.display())]
    Data {
        /// The file or folder that is at fault.
        path: PathBuf,
        /// What is wrong, with the row or key, and what to do.
        problem: String,
    },
    /// A value that the method does not define (a constant image, a logit of 0 or 1). Exit code 3.
    #[error("{0}")]
    Undefined(String),
    /// A result could not be written; nothing half-written is left. Exit code 3.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// An [`Error::Data`] about `path`.
    pub fn data(path: impl AsRef<Path>, problem: impl std::fmt::Display) -> Self {
        Error::Data { path: path.as_ref().to_path_buf(), problem: problem.to_string() }
    }

    /// The process's exit code: 2 for usage and experiment files, 3 for data.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Data { .. } | Error::Undefined(_) | Error::Write { .. } => 3,
        }
    }
}
