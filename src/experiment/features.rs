//! `gradspace features`: the features of any images under a trained network, as a table for NumPy.
//!
//! Images are read, brought to the network's size and forgotten, a chunk at a time, and each chunk's rows are written before the
//! next is read: memory does not grow with the number of images.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;

use super::command::Machine;
use super::progress::Progress;
use super::session::print;
use crate::datasets::folder::{NO_IMAGES, walk_images};
use crate::error::{Error, Result};
use crate::files::npy::NpyWriter;
use crate::gradients::{Extraction, Feature, TrainedVae};
use crate::imaging::Rgb8;
use crate::imaging::decode::read_image;
use crate::imaging::resize_bilinear::resize;
use crate::lanes::Lanes;
use crate::models::Vae;
use crate::models::vae::Architecture;
use crate::nn::{Parameters, checkpoint};
use crate::ood::Images;
use crate::stats::running::Running;

/// The arguments of `gradspace features`.
#[derive(Debug, Args)]
pub(super) struct Features {
    /// A folder of images (PNG, BMP or JPEG), taken in the order of their paths
    images: PathBuf,
    /// The network: the weights.safetensors of a classification
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// A part of each image's row; may be repeated. An activation (`mu`) or a gradient (`kl/down.3.weight`, `bce+kl/mu.weight`)
    #[arg(long = "feature", value_name = "FEATURE", required = true)]
    features: Vec<String>,
    /// The table: a row for each image
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Mean, standard deviation, least and greatest value of each column
    #[arg(long, value_name = "FILE.csv")]
    statistics: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: Machine,
}

/// Images read at a time.
const CHUNK: usize = 512;

impl Features {
    pub fn run(self) -> Result<u8> {
        self.machine.apply()?;
        let features: Vec<Feature> = self.features.iter().map(|f| f.parse()).collect::<Result<_>>()?;
        let architecture = architecture(&self.weights)?;
        let vae = Vae::new(architecture)?;
        let (parameters, _) = checkpoint::load(&self.weights, &vae.parameters::<f32>(&mut || 0.0))?;
        let model = TrainedVae { vae: &vae, parameters: &parameters, sparsity: None };
        let extraction = Extraction::<Lanes<f32, 16>, _>::new(&model, &features)?;
        // Counted first, and walked again: a list of the paths would grow with their number.
        let count = walk_images(&self.images).try_fold(0, |count, path| path.map(|_| count + 1))?;
        if count == 0 {
            return Err(Error::data(&self.images, NO_IMAGES));
        }
        let mut paths = walk_images(&self.images);
        let width = extraction.width();
        let mut table = NpyWriter::<f32>::create(&self.out, count, width)?;
        let mut running = Running::new(width);
        let progress = Progress::new("taking features", count, self.quiet);
        let [_, height, across] = vae.architecture().image;
        loop {
            let chunk: Vec<PathBuf> = paths.by_ref().take(CHUNK).collect::<Result<_>>()?;
            if chunk.is_empty() {
                break;
            }
            let small = |path: &PathBuf| Ok(resize(&read_image(path)?, across, height));
            let pictures: Vec<Result<Rgb8>> = chunk.par_iter().map(small).collect();
            let mut images = Images::new(across, height);
            for picture in pictures {
                images.push(&picture?);
            }
            extraction.run(
                images.len(),
                |tape, range| images.place(tape, range),
                |rows| {
                    rows.values.chunks_exact(width).for_each(|row| running.add(row));
                    rows.images.for_each(|_| progress.step());
                    table.write_rows(rows.values)
                },
            )?;
        }
        table.finish()?;
        drop(progress);
        if let Some(path) = &self.statistics {
            crate::files::write(path, statistics(&features, extraction.shapes(), &running).as_bytes())?;
        }
        print(&format!("{count} images, {width} numbers each: {}\n", self.out.display()))?;
        Ok(0)
    }
}

/// The network's shapes, as its file states them.
fn architecture(path: &Path) -> Result<Architecture> {
    let (_, about) = checkpoint::load::<f32>(path, &Parameters::new())?;
    let text = about.get("architecture").ok_or_else(|| {
        Error::data(path, "does not state its network's architecture; name the weights.safetensors of a classification")
    })?;
    serde_json::from_str(text).map_err(|e| Error::data(path, format!("its network's architecture cannot be read: {e}")))
}

/// A line for each column: which feature it is of, its place there, and what is known of it.
fn statistics(features: &[Feature], shapes: &[Vec<usize>], running: &Running) -> String {
    let places = features.iter().zip(shapes).flat_map(|(feature, shape)| {
        let count = shape.iter().product::<usize>();
        (0..count).map(move |place| (feature, place))
    });
    let mut csv = String::from("column,feature,place,mean,std,least,greatest\n");
    for (i, ((feature, place), column)) in places.zip(running.columns()).enumerate() {
        let std = running.std(i).map(|std| std.to_string()).unwrap_or_default();
        csv += &format!("{i},{feature},{place},{},{std},{},{}\n", column.mean, column.least, column.greatest);
    }
    csv
}
