//! `gradspace rebuild-tid2013`: a part of TID2013 from the Kodak images.

use std::path::PathBuf;
use std::sync::OnceLock;

use clap::Args;
use serde_json::json;

use crate::datasets::tid2013_rebuild::{Options, rebuild};
use crate::error::Result;
use crate::experiment::format::{self, Format};
use crate::experiment::progress::Progress;
use crate::experiment::style::print;

#[derive(Debug, Args)]
pub(in crate::experiment) struct RebuildTid2013 {
    /// The folder of the 24 Kodak images, kodim01.png to kodim24.png
    #[arg(long, value_name = "DIR")]
    kodak: PathBuf,
    /// The folder of JPEG streams of distortion type 10
    #[arg(long, value_name = "DIR")]
    jpeg: Option<PathBuf>,
    /// Where the database is written, in its official layout
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress, and no summary unless an image could not be made
    #[arg(long)]
    quiet: bool,
}

impl RebuildTid2013 {
    pub fn run(self) -> Result<u8> {
        let progress = OnceLock::new();
        let options = Options { kodak: self.kodak, jpeg: self.jpeg, out: self.out };
        let summary = rebuild(&options, &|_, total| {
            progress.get_or_init(|| Progress::new("rebuilding images", total, self.quiet)).step();
        })?;
        drop(progress);
        match self.format {
            Format::Json => {
                let failed = |(id, reason): &(_, String)| json!({ "image": format!("{id}"), "reason": reason });
                let failed: Vec<_> = summary.failed.iter().map(failed).collect();
                let (made, kept, left_out) = (summary.made, summary.kept, summary.left_out);
                let document = json!({ "made": made, "kept": kept, "left_out": left_out, "failed": failed });
                print(&format::json(&document))?;
            }
            Format::Text if self.quiet && summary.failed.is_empty() => {}
            Format::Text => print(&format!("{summary}\n"))?,
        }
        // An image whose hash fails is a claim that does not hold.
        Ok(u8::from(!summary.failed.is_empty()))
    }
}
