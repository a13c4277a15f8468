//! `gradspace score`: every metric of one or many distorted images.
//!
//! | module | what it does |
//! |---|---|
//! | `measures` | what can be scored: UNIQUE, the gradient, the field's metrics |
//! | `pairs` | which images belong together: files, folders, or a CSV file of pairs |
//! | `scoring` | the scores of all pairs, in parallel |
//! | `output` | as text, JSON or CSV |
//! | `picture` | where the distortion is, as a picture |
//!
//! A metric that is not defined for a pair (too small, without structure) is no failure: its reason stands where its score would. A file
//! that cannot be scored at all is: the others' scores are printed first, then every such file is named, and the exit code is 3.

mod measures;
mod output;
mod pairs;
mod picture;
mod scoring;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::command::Machine;
use super::progress::{Progress, note};
use super::session::print;
use super::weights;
use crate::error::{Error, Result};
use measures::Measure;
use pairs::{Fault, Pairs};

#[derive(Debug, Args)]
pub(super) struct Score {
    /// The pristine image (PNG, BMP or JPEG), or a folder of them
    #[arg(required_unless_present = "pairs", conflicts_with = "pairs")]
    reference: Option<PathBuf>,
    /// Distorted images of the same size, or folders of them; with a folder of references each goes with the one whose name begins its own
    #[arg(required_unless_present = "pairs", conflicts_with = "pairs")]
    distorted: Vec<PathBuf>,
    /// A CSV file with the columns `reference` and `distorted`, paths relative to its folder
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// The metrics, by their names in the table; all if not given
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Sort the images by this metric, best first; a table of text is sorted by `gradient` if not told otherwise
    #[arg(long, value_name = "METRIC")]
    sort: Option<String>,
    /// How the scores are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Draw where the distortion of a single image is, as a PNG picture
    #[arg(long, value_name = "FILE.png")]
    map: Option<PathBuf>,
    /// Weights of the sparse autoencoder (.mat or .safetensors); the shipped ones if not given
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Show no progress and no notes
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: Machine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

impl Score {
    pub fn run(self) -> Result<u8> {
        let measures = measures::select(&self.metrics)?;
        let sort = self.sort_by(&measures)?;
        let pairs = match (&self.pairs, &self.reference) {
            (Some(file), _) => Pairs::of_table(file)?,
            (None, Some(reference)) => Pairs::of_arguments(reference, &self.distorted)?,
            (None, None) => unreachable!("one of the two is required"),
        };
        if self.format == Format::Csv {
            pairs.check_columns(&measures)?;
        }
        if let Some(file) = &self.map {
            picture::check(file, &pairs)?;
        }
        self.machine.apply()?;
        let autoencoder = weights::load(self.weights.as_deref())?;
        if !self.quiet {
            pairs.notes.iter().for_each(|line| note(&format!("note: {line}")));
        }
        let progress = Progress::new("scoring", pairs.list.len() * measures.len(), self.quiet);
        let mut rows = scoring::score(&pairs.list, &measures, &autoencoder, &progress)?;
        drop(progress);

        let faults: Vec<Fault> = rows.iter().filter_map(|row| row.fault.clone()).collect();
        if let Some(by) = sort {
            output::sort(&mut rows, &measures[by], by);
        }
        if faults.len() < rows.len() {
            print(&match self.format {
                Format::Text => output::text(&rows, &measures, sort),
                Format::Json => output::json(&rows, &measures),
                Format::Csv => output::csv(&rows, &measures, &pairs.columns),
            })?;
        }
        if !faults.is_empty() {
            return Err(Fault::error(faults));
        }
        if let Some(file) = &self.map {
            picture::draw(file, &pairs.list[0], autoencoder)?;
        }
        Ok(0)
    }

    /// The place of the metric that rows are sorted by; `None` where they stay in the order in which they were given.
    fn sort_by(&self, measures: &[Measure]) -> Result<Option<usize>> {
        let place = |key: &str| measures.iter().position(|measure| measure.key == key);
        match &self.sort {
            None => Ok((self.format == Format::Text).then(|| place("gradient").unwrap_or(0))),
            Some(name) => {
                let key = measures::select(std::slice::from_ref(name))
                    .map_err(|e| Error::Usage(format!("--sort: {e}")))?[0]
                    .key;
                let missing = || Error::Usage(format!("--sort {key}: it is not among --metrics; name it there too"));
                place(key).map(Some).ok_or_else(missing)
            }
        }
    }
}
