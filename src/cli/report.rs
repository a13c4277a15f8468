//! `gradspace report`: the results as a web page, or as the data of the replication paper.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Error, Result};
use crate::files::guard::Guard;
use crate::report::folder::{self, entries};
use crate::report::html::{self, Experiments};
use crate::report::paper;
use crate::run::progress::note;
use crate::studies::KINDS;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/report.txt"))]
pub(super) struct Report {
    /// Folder of results
    #[arg(default_value = "results")]
    results: PathBuf,
    /// Write the data of paper/replication.typ instead of the page
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "paper/replication.json")]
    paper: Option<PathBuf>,
}

/// The folder of experiment files.
const EXPERIMENTS: &str = "experiments";

/// Accepts the files below a folder, if there is one.
fn refuse_below(guard: &Guard, folder: &Path) -> Result<()> {
    for (path, kind) in if folder.is_dir() { entries(folder)? } else { Vec::new() } {
        if kind.is_dir() { refuse_below(guard, &path)? } else { guard.input(&path)? }
    }
    Ok(())
}

impl Report {
    pub fn run(self) -> Result<u8> {
        let all = folder::read_all(&self.results, &KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>())?;
        if let Some(paper) = &self.paper {
            let guard = Guard::new([("--paper", paper.as_path())])?;
            [self.results.as_path(), Path::new(EXPERIMENTS)]
                .iter()
                .try_for_each(|folder| refuse_below(&guard, folder))?;
            crate::files::write(paper, paper::data(&all, &self.results)?.as_bytes())?;
            note(&format!("{}: data of the paper", paper.display()));
            return Ok(0);
        }
        let not_data: Vec<&str> = KINDS.iter().flat_map(|kind| kind.not_data).copied().collect();
        let experiments = Experiments { folder: Path::new(EXPERIMENTS), not_data: &not_data };
        let page = self.results.join("index.html");
        if crate::files::read(&page).is_ok_and(|old| !String::from_utf8_lossy(&old).contains("gradspace")) {
            return Err(Error::data(&page, "was not written by gradspace and would be lost; move it to another place"));
        }
        crate::files::write(&page, html::page(&all, &experiments).as_bytes())?;
        note(&format!("{}: page of {} results folders", page.display(), all.len()));
        Ok(0)
    }
}
