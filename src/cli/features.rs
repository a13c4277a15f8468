//! `gradspace features`: activations and gradients of images under a trained network, as a NumPy table.
//!
//! Images are read and resized in chunks. The rows of a chunk are written before the next chunk is read, so memory does not grow with the
//! number of images. An image that cannot be read has no row; the command goes on and names it at the end.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;

use super::machine::Machine;
use super::notes::Notes;
use crate::datasets::folder::{NO_IMAGES, walk_images};
use crate::error::{Error, Result};
use crate::files::guard::Guard;
use crate::files::npy::NpyWriter;
use crate::files::{LineWriter, sweep_of};
use crate::gradients::{Extraction, Feature, TrainedVae};
use crate::imaging::Rgb8;
use crate::imaging::decode::{Picture, read_picture};
use crate::imaging::resize_bilinear::resize;
use crate::lanes::Lanes;
use crate::learn::Images;
use crate::models::Vae;
use crate::run::progress::{Progress, note, print};
use crate::stats::running::Running;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/features.txt"))]
pub(super) struct Features {
    /// Folder of images (PNG, BMP, JPEG, TIFF, lossless WebP or PNM); subfolders are included
    images: PathBuf,
    /// Trained network: weights.safetensors in the results of a `classification` experiment
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Activation or gradient to compute, e.g. `mu` or `kl/down.3.weight`; may be repeated
    #[arg(long = "feature", value_name = "FEATURE", required = true)]
    features: Vec<String>,
    /// Table to write, with a row for each image; the images' paths are written beside it, to FILE.names.txt
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Also write the mean, standard deviation, minimum and maximum of each column
    #[arg(long, value_name = "FILE.csv")]
    statistics: Option<PathBuf>,
    /// Print no progress and no notes
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: Machine,
}

/// The number of images in a chunk.
const CHUNK: usize = 512;

/// An image in the network's size.
struct Resized {
    image: Rgb8,
    /// Whether it had another size.
    changed: bool,
    /// What its file says.
    notes: Vec<String>,
}

impl Features {
    pub fn run(self) -> Result<u8> {
        let names = self.out.with_extension("names.txt");
        let count = self.guarded_count(&names)?;
        self.machine.apply()?;
        let features: Vec<Feature> = self.features.iter().map(|f| f.parse()).collect::<Result<_>>()?;
        let (vae, parameters) = Vae::from_safetensors(&crate::files::read(&self.weights)?, &self.weights)?;
        let model = TrainedVae { vae: &vae, parameters: &parameters, sparsity: None };
        let extraction = Extraction::<Lanes<f32, 16>, _>::new(&model, &features)?;
        let mut paths = walk_images(&self.images);
        let width = extraction.width();
        // What a killed run of this command has left beside the table.
        sweep_of(self.out.parent().unwrap_or(Path::new("")), &[".npy", ".names.txt"]);
        let mut table = NpyWriter::<f32>::create(&self.out, count, width)?;
        let mut names = LineWriter::create(&names)?;
        let mut running = Running::new(width);
        let (mut rows, mut resized, mut damaged, mut notes) = (0, 0, Vec::new(), Notes::default());
        let progress = Progress::new("computing features", count, self.quiet);
        let [_, height, across] = vae.architecture().image;
        loop {
            let chunk: Vec<PathBuf> = paths.by_ref().take(CHUNK).collect::<Result<_>>()?;
            if chunk.is_empty() {
                break;
            }
            let read: Vec<Result<Resized>> = chunk.par_iter().map(|path| small(path, across, height)).collect();
            let mut images = Images::new(across, height);
            for (path, image) in chunk.iter().zip(read) {
                match image {
                    Ok(small) => {
                        images.push(&small.image);
                        notes.add(path, &small.notes);
                        names.write_line(&path.strip_prefix(&self.images).unwrap_or(path).to_string_lossy())?;
                        (rows, resized) = (rows + 1, resized + usize::from(small.changed));
                    }
                    Err(error) => {
                        damaged.push(error);
                        table.leave_out();
                        progress.step();
                    }
                }
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
        if rows == 0 {
            return Err(self.unread(&damaged, count, "nothing is written"));
        }
        table.finish()?;
        names.finish()?;
        drop(progress);
        if let Some(path) = &self.statistics {
            crate::files::write(path, statistics(&features, extraction.shapes(), &running).as_bytes())?;
        }
        if !self.quiet {
            if resized > 0 {
                note(&format!(
                    "note: {resized} of {rows} images were resized to {across}×{height}, the network's size"
                ));
            }
            notes.lines().iter().for_each(|line| note(&format!("note: {line}")));
        }
        print(&format!("{}: {rows} rows (images) of {width} numbers\n", self.out.display()))?;
        if damaged.is_empty() { Ok(0) } else { Err(self.unread(&damaged, count, "the others have rows in the table")) }
    }

    /// The number of images. Neither they nor the weights are among the files that are written.
    fn guarded_count(&self, names: &Path) -> Result<usize> {
        let outputs = [("--out", self.out.as_path()), ("--out (names of the rows)", names)];
        let statistics = self.statistics.as_deref().map(|path| ("--statistics", path));
        let guard = Guard::new(outputs.into_iter().chain(statistics))?;
        guard.input(&self.weights)?;
        // The folder is walked twice, since a list of the paths would grow with their number.
        let mut count = 0;
        for path in walk_images(&self.images) {
            guard.input(&path?)?;
            count += 1;
        }
        if count == 0 { Err(Error::data(&self.images, NO_IMAGES)) } else { Ok(count) }
    }

    /// The error that lists the images without a row.
    fn unread(&self, damaged: &[Error], count: usize, rest: &str) -> Error {
        let list: String = damaged.iter().map(|error| format!("\n  {error}")).collect();
        let problem = format!("{} of {count} images cannot be used ({rest}):{list}", damaged.len());
        Error::data(&self.images, problem)
    }
}

/// Reads an image and gives it the network's size.
fn small(path: &Path, width: usize, height: usize) -> Result<Resized> {
    let Picture { image, notes, .. } = read_picture(path, None)?;
    let changed = (image.width, image.height) != (width, height);
    Ok(Resized { image: resize(&image, width, height), changed, notes })
}

/// A line for each column of the table: its feature, its position in the feature, and its statistics.
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
