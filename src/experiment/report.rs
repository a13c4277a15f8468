//! `gradspace report`: the results as a page.

use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::note;
use crate::error::Result;
use crate::report::{folder, html};

/// Writes the results as one page.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The folder that runs write their results to
    #[arg(default_value = "results")]
    results: PathBuf,
}

/// Where experiment files lie, seen from where commands are given.
const EXPERIMENTS: &str = "experiments";

impl Report {
    /// Writes the page.
    pub fn run(self) -> Result<u8> {
        let all = folder::read(&self.results)?;
        let page = self.results.join("index.html");
        crate::files::write(&page, html::page(&all, Path::new(EXPERIMENTS)).as_bytes())?;
        note(&format!("{} shows {} results folders", page.display(), all.len()));
        Ok(0)
    }
}
