//! `gradspace report`: the results as a page, or as the paper's data.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Result;
use crate::experiment::progress::note;
use crate::report::{folder, html, paper};

#[derive(Debug, Args)]
pub(in crate::experiment) struct Report {
    /// The folder that runs write their results to
    #[arg(default_value = "results")]
    results: PathBuf,
    /// Write the data of paper/replication.typ instead
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "paper/replication.json")]
    paper: Option<PathBuf>,
}

/// Where experiment files lie, seen from where commands are given.
const EXPERIMENTS: &str = "experiments";

impl Report {
    /// Writes what is asked for.
    pub fn run(self) -> Result<u8> {
        let all = folder::read(&self.results)?;
        if let Some(paper) = &self.paper {
            crate::files::write(paper, paper::data(&all, &self.results)?.as_bytes())?;
            note(&format!("{} has the paper's data", paper.display()));
            return Ok(0);
        }
        let page = self.results.join("index.html");
        crate::files::write(&page, html::page(&all, Path::new(EXPERIMENTS)).as_bytes())?;
        note(&format!("{} shows {} results folders", page.display(), all.len()));
        Ok(0)
    }
}
