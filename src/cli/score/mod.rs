//! `gradspace score`: quality scores of one or many distorted images.
//!
//! | module | what it does |
//! |---|---|
//! | `choice` | the measures to compute: the gradient method, UNIQUE, the metrics |
//! | `pairs` | the pairs of images, from files, folders or a CSV file |
//! | `images` | the images of the pairs, and what their files say |
//! | `scoring` | the scores of all pairs, in parallel |
//! | `output` | the scores as text, JSON or CSV |
//! | `picture` | a picture of where the distortion is |
//!
//! If a pair is too small or has no contrast for a metric, the output gives the reason in place of its score. If a file cannot be scored
//! at all, the scores of the others are printed first. Then every such file is named, and the exit code is 3.

mod choice;
mod images;
mod output;
mod pairs;
mod picture;
mod scoring;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::answer::Answer;
use crate::cli::machine::Machine;
use crate::error::{Error, Result};
use crate::iqa::{Measure, Measures, Models};
use crate::models::SparseAutoencoder;
use crate::run::progress::{Progress, note, print};
use images::Images;
use pairs::{Fault, Pairs};

#[derive(Debug, Args)]
#[command(after_help = include_str!("../help/score.txt"))]
#[command(mut_arg("quiet", |quiet| quiet.help("Print nothing on standard error but errors")))]
pub(super) struct Score {
    /// Reference: the undistorted image (PNG, BMP, JPEG, TIFF, lossless WebP or PNM), a folder of references, or `-` for standard input
    #[arg(required_unless_present = "pairs", conflicts_with = "pairs")]
    reference: Option<PathBuf>,
    /// Distorted images of the same size as their reference, folders of them, or `-` for an image from standard input
    #[arg(required_unless_present = "pairs", conflicts_with = "pairs")]
    distorted: Vec<PathBuf>,
    /// CSV file of pairs, with the columns `reference` and `distorted` (or `image`)
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Metrics to compute, separated by commas, e.g. `ssim,psnr_ha` or `SSIM,PSNR-HA`; all by default
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Sort the images by this metric, best first; by default text is sorted by `gradient`, and JSON and CSV are not sorted
    #[arg(long, value_name = "NAME")]
    sort: Option<String>,
    /// Largest value of the samples in 16-bit files that do not use all bits, e.g. 1023 for 10 bits
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    range: Option<u16>,
    #[command(flatten)]
    answer: Answer<Format>,
    /// Also draw a picture of where the distortion is; for a single distorted image
    #[arg(long, value_name = "FILE.png")]
    map: Option<PathBuf>,
    /// Weights of the sparse autoencoder (.mat or .safetensors); by default weights trained on synthetic images
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    machine: Machine,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs, with the direction, range and description of each metric
    Json,
    /// For programs and spreadsheets, with a row for each image
    Csv,
}

impl Score {
    pub fn run(self) -> Result<u8> {
        let measures = choice::select(&self.metrics)?;
        let sort = self.sort_by(&measures)?;
        let pairs = match (&self.pairs, &self.reference) {
            (Some(file), _) => Pairs::of_table(file)?,
            (None, Some(reference)) => Pairs::of_arguments(reference, &self.distorted)?,
            (None, None) => unreachable!("clap requires one of the two"),
        };
        let Answer { format, quiet } = self.answer;
        if format == Format::Csv {
            output::check_columns(&pairs.columns, &measures)?;
        }
        if let Some(file) = &self.map {
            picture::check(file, &pairs, self.weights.iter().chain(&self.pairs))?;
        }
        self.machine.apply()?;
        let autoencoder = SparseAutoencoder::load_or_shipped(self.weights.as_deref())?;
        let ready = Measures::new(measures.clone(), Models { autoencoder: autoencoder.clone(), ms_unique: vec![] })?;
        let say = |notes: &[String]| notes.iter().for_each(|line| note(&format!("note: {line}")));
        if !quiet {
            say(&pairs.notes);
        }
        let images = Images::new(pairs.list.iter().flat_map(|pair| [&pair.reference, &pair.distorted]), self.range)?;
        let progress = Progress::new("scoring", pairs.list.len() * measures.len(), quiet);
        let mut rows = scoring::score(&pairs.list, &images, &ready, &progress);
        drop((progress, ready));
        if let Some(range) = self.range.filter(|_| rows.iter().all(|row| row.fault.is_none() && !row.fine)) {
            return Err(Error::Usage(format!("--range {range}: no image has samples of 16 bits; leave it out")));
        }
        let notes = output::notes(images.notes(), &rows, &measures);

        let mut faults: Vec<Fault> = rows.iter().filter_map(|row| row.fault.clone()).collect();
        if let Some(by) = sort {
            output::sort(&mut rows, &measures[by], by);
        }
        if faults.len() < rows.len() {
            print(&match format {
                Format::Text => output::text(&rows, &measures, sort, &notes),
                Format::Json => output::json(&rows, &measures, &notes),
                Format::Csv => output::csv(&rows, &measures, &pairs.columns),
            })?;
            if format == Format::Csv && !quiet {
                say(&notes);
            }
        }
        faults.extend(pairs.lonely);
        if !faults.is_empty() {
            return Err(Fault::error(faults));
        }
        if let Some(file) = &self.map {
            picture::draw(file, &pairs.list[0], &images, autoencoder)?;
        }
        Ok(0)
    }

    /// The position of the metric that the rows are sorted by; `None` if they keep the given order.
    fn sort_by(&self, measures: &[Measure]) -> Result<Option<usize>> {
        let place = |key: &str| measures.iter().position(|measure| measure.key == key);
        let Some(name) = &self.sort else {
            return Ok((self.answer.format == Format::Text).then(|| place("gradient").unwrap_or(0)));
        };
        let named = choice::select(std::slice::from_ref(name)).map_err(|e| Error::Usage(format!("--sort: {e}")))?;
        let missing = || Error::Usage(format!("--sort {name}: the metric is not among --metrics; add it there"));
        place(named[0].key).map(Some).ok_or_else(missing)
    }
}
