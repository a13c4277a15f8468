//! `kind = "sparse-autoencoder"`: trains the sparse autoencoder on images and writes its weights.
//!
//! Random 8×8 patches are cut from the images of a folder, or from procedural scenes if the folder is absent. All patches are whitened
//! together, whereas scoring whitens each image separately. The autoencoder is trained on all patches at once.

pub mod settings;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::json;

use super::{Kind, Plans, checked};
use crate::datasets::folder::list_images;
use crate::error::{Error, Result};
use crate::files::hash_file;
use crate::imaging::decode::read_image;
use crate::imaging::patches::{Patches, SIDE};
use crate::imaging::whitening::{Zca, ZcaScratch};
use crate::imaging::{Rgb8, scenes};
use crate::learn::sparse_autoencoder::{Trained, WhitenedPatches, train};
use crate::learn::{SparseSettings, Sparsity};
use crate::models::SparseAutoencoder;
use crate::report::charts::{Curve, Curves};
use crate::report::row::Row;
use crate::report::table::Table;
use crate::run::plan::Plan;
use crate::run::progress::Progress;
use crate::run::session::Session;
use crate::run::stages::{Item, Planned, Stage};
use crate::settings::name_of;
use crate::stats::random::Stream;
use settings::{Autoencoder, PatchCounts, SceneSize, SparseAutoencoder as Settings, Training};

const FIRST_SCENE: u64 = 1_000_000;

/// The source of the patches.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A folder of images.
    Folder(&'a Path),
    /// Procedural scenes.
    Scenes(SceneSize),
}

impl<'a> Source<'a> {
    /// The folder if it exists, else procedural scenes.
    fn find(wanted: &'a Settings) -> Source<'a> {
        match wanted.dataset.folder() {
            Some(folder) => Source::Folder(folder),
            None => Source::Scenes(wanted.training.size()),
        }
    }

    /// The description of the data.
    fn describe(&self, amount: &PatchCounts) -> String {
        let PatchCounts { images, per_image } = amount;
        match self {
            Source::Folder(_) => format!("{per_image} patches from each of {images} images"),
            Source::Scenes(SceneSize { width, height }) => {
                format!("stand-in: {per_image} patches from each of {images} procedural scenes of {width}×{height}")
            }
        }
    }
}

/// `kind = "sparse-autoencoder"`.
pub const KIND: Kind = Kind {
    name: "sparse-autoencoder",
    stages: &[&TRAINING],
    check: checked::<Settings>,
    compared: |_, _| None,
    not_data: &[],
};

impl Plans for Settings {
    fn plan(&self, _quiet: bool) -> Result<Plan<'_>> {
        let source = Source::find(self);
        let patches = self.training.patches();
        let work = Work::new(source, patches, self.training.autoencoder, self.seed)?;
        let stand_in = matches!(source, Source::Scenes(_));
        let about = self.about(source.describe(&patches), stand_in);
        let stages = vec![Planned::items(&TRAINING, vec![work.item.clone()])];
        Ok(Plan { about, stages, work: Box::new(move |session| run(self, work, session)) })
    }
}

/// Trains the autoencoder, and writes its weights and the loss of each iteration.
fn run(wanted: &Settings, work: Work<'_>, mut session: Session) -> Result<PathBuf> {
    session.announce(&wanted.dataset.path);
    let data = session.data().to_owned();
    let trained = work.trained(&mut session)?;

    let losses = &trained.losses;
    let cost = &trained.cost;
    let row = |statistic: &str, value: f64| Row::new("sparse autoencoder", "all", statistic, value);
    let rows = vec![
        row("loss", cost.total()),
        row("reconstruction", cost.reconstruction),
        row("sparsity", cost.sparsity),
        row("decay", cost.decay),
        row("mean_activation", cost.mean_activation),
        row("iterations", losses.len().saturating_sub(1) as f64),
        row("evaluations", trained.evaluations as f64),
    ];
    session.note(&format!("training {}", trained.stop));
    let table = Table::new(&wanted.title, &data, rows)?;
    let mut csv = String::from("iteration,loss\n");
    losses.iter().enumerate().for_each(|(i, loss)| csv += &format!("{i},{loss}\n"));
    let points = losses.iter().enumerate().map(|(i, &loss)| (i as f64, loss)).collect();
    let chart = Curves {
        title: wanted.title.clone(),
        data: data.clone(),
        x: "iteration".to_owned(),
        y: "loss".to_owned(),
        logarithmic: true,
        curves: vec![Curve { name: format!("seed {}", wanted.seed), points }],
    };
    let picture = chart.render()?;
    let outputs = &mut session.outputs;
    outputs.add("weights.safetensors", trained.weights.to_safetensors());
    outputs.add("loss.csv", csv);
    outputs.add_picture("loss", 1, "Training loss of the sparse autoencoder after each iteration.", picture);
    outputs.add_tables(&table, std::slice::from_ref(&table));
    session.finish(&table.text())
}

/// The training stage. Each item is one training run.
pub const TRAINING: Stage = Stage {
    name: "training",
    files: &["studies/sparse_autoencoder"],
    rooms: &["learn", "models", "nn", "autodiff", "imaging", "datasets", "stats", "lanes", "files", "error"],
};

/// One training run: its inputs, its settings and its cache item.
pub struct Work<'a> {
    source: Source<'a>,
    amount: PatchCounts,
    autoencoder: Autoencoder,
    seed: u64,
    /// The hashes of the images that patches are cut from, by name.
    hashes: BTreeMap<String, String>,
    /// The cache item.
    pub item: Item,
}

impl<'a> Work<'a> {
    /// A training run on patches of this source. It reads the images of a folder for their hashes.
    ///
    /// # Errors
    /// [`Error::Data`] if a file cannot be read or the folder has too few images.
    pub fn new(source: Source<'a>, amount: PatchCounts, autoencoder: Autoencoder, seed: u64) -> Result<Work<'a>> {
        let (hashes, scenes) = match source {
            Source::Folder(folder) => (hashes(folder, amount)?, None),
            Source::Scenes(size) => (BTreeMap::new(), Some(size)),
        };
        let identity = json!({
            "scenes": scenes, "images": hashes, "patches": amount, "autoencoder": autoencoder, "seed": seed,
        });
        let item = Item::new(&TRAINING, identity);
        Ok(Work { source, amount, autoencoder, seed, hashes, item })
    }

    /// The training run of an experiment that trains its own autoencoder on procedural scenes.
    pub fn on_scenes(wanted: &Training, seed: u64) -> Work<'static> {
        Work::new(Source::Scenes(wanted.size()), wanted.patches(), wanted.autoencoder, seed)
            .expect("scenes are not files")
    }

    /// Cuts the patches and trains on them, or reads the result from the cache.
    ///
    /// # Errors
    /// [`Error::Data`] if images cannot be read, are too small or too few. [`Error::Undefined`] if no two patches differ.
    pub fn trained(self, session: &mut Session) -> Result<Trained> {
        session.inputs.extend(self.hashes);
        session.stage(TRAINING.name, self.amount.images + self.autoencoder.iterations, |progress, cache| {
            let (weights, losses, cost, evaluations, stop) = cache.item(&self.item, || {
                let trained = train_anew(&self.source, &self.amount, &self.autoencoder, self.seed, progress)?;
                let Trained { weights, losses, cost, evaluations, stop } = trained;
                Ok((weights.to_safetensors(), losses, cost, evaluations, stop))
            })?;
            let weights = SparseAutoencoder::from_safetensors(&weights, "the cache")?;
            Ok(Trained { weights, losses, cost, evaluations, stop })
        })
    }
}

/// The hashes of the images that patches are cut from, by name.
fn hashes(folder: &Path, amount: PatchCounts) -> Result<BTreeMap<String, String>> {
    let of = |path: &PathBuf| Ok((format!("images/{}", name_of(path)), hash_file(path)?));
    images(folder, &amount)?.iter().map(of).collect()
}

/// The images of a folder that patches are cut from.
///
/// # Errors
/// [`Error::Data`] if the folder cannot be read or has too few images.
fn images(folder: &Path, amount: &PatchCounts) -> Result<Vec<PathBuf>> {
    let mut paths = list_images(folder)?;
    let (found, wanted) = (paths.len(), amount.images);
    if found < wanted {
        let problem =
            format!("contains {found} images, not {wanted}; add images or set the experiment's `images` to {found}");
        return Err(Error::data(folder, problem));
    }
    paths.truncate(wanted);
    Ok(paths)
}

fn train_anew(
    source: &Source<'_>,
    amount: &PatchCounts,
    model: &Autoencoder,
    seed: u64,
    progress: &Progress,
) -> Result<Trained> {
    let patches = cut(source, amount, seed, progress)?;
    let samples = Patches::at(patches.iter().map(|patch| (patch, 0, 0)));
    let zca = Zca::of(&samples).ok_or_else(|| {
        Error::Undefined("no two patches differ, so nothing can be learned from them; use other images".into())
    })?;
    let mut white = Vec::new();
    zca.apply(&samples, &mut ZcaScratch::default(), &mut white);
    let settings = SparseSettings {
        hidden: model.hidden,
        sparsity: Sparsity { target: model.rho, weight: model.beta },
        decay: model.lambda,
        iterations: model.iterations,
        ..SparseSettings::default()
    };
    let random = &mut Stream::new(seed, "initial weights", 0);
    let patches = WhitenedPatches { lanes: &white, count: samples.count() };
    train(patches, &settings, random.rng(), |_| {
        progress.step();
        ControlFlow::Continue(())
    })
}

/// Cuts random patches from each image, image by image.
fn cut(source: &Source<'_>, amount: &PatchCounts, seed: u64, progress: &Progress) -> Result<Vec<Rgb8>> {
    let paths = match source {
        Source::Folder(folder) => images(folder, amount)?,
        Source::Scenes(_) => Vec::new(),
    };
    let of_image = |index: usize| -> Result<Vec<Rgb8>> {
        let image = match source {
            Source::Folder(_) => read_image(&paths[index])?,
            Source::Scenes(size) => scenes::scene(FIRST_SCENE + index as u64, size.width, size.height, seed),
        };
        if image.width < SIDE || image.height < SIDE {
            let problem = format!("is {}×{} pixels, smaller than a patch of {SIDE}×{SIDE}", image.width, image.height);
            return Err(Error::data(&paths[index], problem));
        }
        let random = &mut Stream::new(seed, "patches", index as u64);
        let patches = (0..amount.per_image).map(|_| {
            let (left, top) = (random.index(image.width - SIDE + 1), random.index(image.height - SIDE + 1));
            Rgb8::from_fn(SIDE, SIDE, |x, y| image.pixel(left + x, top + y))
        });
        let patches = patches.collect();
        progress.step();
        Ok(patches)
    };
    let cut: Vec<Result<Vec<Rgb8>>> = (0..amount.images).into_par_iter().map(of_image).collect();
    Ok(cut.into_iter().collect::<Result<Vec<_>>>()?.concat())
}
