//! `gradspace rebuild-tid2013`: a part of the TID2013 database from the Kodak images.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Args;
use serde_json::json;

use super::answer::{Answer, Format};
use crate::datasets::tid2013_rebuild::{Options, rebuild};
use crate::error::Result;
use crate::files::guard::Guard;
use crate::report::folder::entries;
use crate::run::progress::Progress;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/rebuild-tid2013.txt"))]
#[command(mut_arg("quiet", |quiet| quiet.help("Print no progress, and the summary only if an image cannot be made")))]
pub(super) struct RebuildTid2013 {
    /// Folder of the 24 Kodak images, kodim01.png to kodim24.png
    #[arg(long, value_name = "DIR")]
    kodak: PathBuf,
    /// Folder of the JPEG streams of distortion type 10 (JPEG compression)
    #[arg(long, value_name = "DIR")]
    jpeg: Option<PathBuf>,
    /// Folder to write the database to, in its official layout
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    answer: Answer,
}

impl RebuildTid2013 {
    pub fn run(self) -> Result<u8> {
        self.refuse_overwriting()?;
        let progress = OnceLock::new();
        let options = Options { kodak: self.kodak, jpeg: self.jpeg, out: self.out };
        let summary = rebuild(&options, &|_, total| {
            progress.get_or_init(|| Progress::new("rebuilding images", total, self.answer.quiet)).step();
        })?;
        drop(progress);
        if !(self.answer.quiet && self.answer.format == Format::Text && summary.failed.is_empty()) {
            let failed = |(id, reason): &(_, String)| json!({ "image": format!("{id}"), "reason": reason });
            let failed: Vec<_> = summary.failed.iter().map(failed).collect();
            let (made, kept, left_out) = (summary.made, summary.kept, summary.left_out);
            let document = json!({ "made": made, "kept": kept, "left_out": left_out, "failed": failed });
            self.answer.format.print(&document, || format!("{summary}\n"))?;
        }
        Ok(u8::from(!summary.failed.is_empty()))
    }

    /// Refuses an existing file of the database that is an input, through a link.
    fn refuse_overwriting(&self) -> Result<()> {
        let mut files = Vec::new();
        for folder in ["", "reference_images", "distorted_images"].map(|name| self.out.join(name)) {
            files.extend(if folder.is_dir() { entries(&folder)? } else { Vec::new() });
        }
        let mut inputs = Vec::new();
        for folder in std::iter::once(&self.kodak).chain(&self.jpeg).filter(|folder| folder.is_dir()) {
            inputs.extend(entries(folder)?);
        }
        // An input folder may itself be below the output folder, but its files are not those of the database.
        for (path, _) in files.iter().filter(|(path, _)| path.is_file() && is_of_database(path)) {
            let guard = Guard::new([("--out", path.as_path())])?;
            inputs.iter().try_for_each(|(input, _)| guard.input(input))?;
        }
        Ok(())
    }
}

/// Whether a file has the extension of an image or of a list of the database.
fn is_of_database(path: &Path) -> bool {
    path.extension().is_some_and(|found| ["bmp", "txt"].iter().any(|extension| found.eq_ignore_ascii_case(extension)))
}
