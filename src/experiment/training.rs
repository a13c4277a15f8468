//! `kind = "sparse-autoencoder"`: from images to a file of weights.
//!
//! Random 8×8 patches are cut from a folder's images, or from procedural scenes where there is no folder; they are whitened
//! together (unlike in scoring, where each image is whitened by itself) and the autoencoder is trained on all of them at once.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::json;

use super::cache::Item;
use super::file::{self, Autoencoder, Experiment, Patches as Amount, SceneSize, name_of};
use super::plan::{Plan, Planned};
use super::progress::Progress;
use super::session::Session;
use crate::datasets::folder::list_images;
use crate::error::{Error, Result};
use crate::imaging::decode::read_image;
use crate::imaging::patches::{Patches, SIDE};
use crate::imaging::whitening::{Zca, ZcaScratch};
use crate::imaging::{Rgb8, scenes};
use crate::models::SparseAutoencoder;
use crate::models::training::{self, Settings, Trained, train};
use crate::report::charts::{Curve, Curves};
use crate::report::files::hash_file;
use crate::report::table::{Row, Table};
use crate::stats::random::Stream;

/// The first scene that patches are cut from: no stand-in has as many, so that none is scored by what was trained on it.
const FIRST_SCENE: u64 = 1_000_000;

/// Where patches come from.
pub(super) enum Source<'a> {
    /// A folder of images.
    Folder(&'a Path),
    /// Procedural scenes.
    Scenes(SceneSize),
}

impl<'a> Source<'a> {
    /// The folder where it is, else procedural scenes.
    fn find(wanted: &'a file::SparseAutoencoder) -> Source<'a> {
        match wanted.dataset.folder() {
            Some(folder) => Source::Folder(folder),
            None => Source::Scenes(wanted.training.size),
        }
    }

    /// The source that an experiment names.
    pub fn of(source: &'a file::Source) -> Source<'a> {
        match (&source.path, source.size) {
            (Some(path), _) => Source::Folder(path),
            (None, size) => Source::Scenes(size.expect("checked with the experiment")),
        }
    }

    /// What the patches are from, in words.
    fn describe(&self, amount: &Amount) -> String {
        let Amount { images, per_image } = amount;
        match self {
            Source::Folder(_) => format!("{per_image} patches from each of {images} images"),
            Source::Scenes(SceneSize { width, height }) => {
                format!("stand-in: {per_image} patches from each of {images} procedural scenes of {width}×{height}")
            }
        }
    }
}

/// Runs the experiment.
pub(super) fn run(experiment: &Experiment, wanted: &file::SparseAutoencoder, mut session: Session) -> Result<PathBuf> {
    let source = Source::find(wanted);
    session.open(matches!(source, Source::Scenes(_)))?;
    let file::Training { patches, autoencoder, .. } = &wanted.training;
    let data = source.describe(patches);
    session.note(&data);
    let trained = trained(&source, patches, autoencoder, wanted.seed, &mut session)?;

    let losses = &trained.losses;
    let cost = &trained.cost;
    let row = |statistic: &str, value: f64| Row::new("sparse_autoencoder", "all", statistic, value);
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
    outputs.add_picture("loss", picture);
    outputs.add_tables(&table, std::slice::from_ref(&table));
    session.finish(experiment, &data, &table.text())
}

/// What a run of the experiment would do.
pub(super) fn plan(wanted: &file::SparseAutoencoder) -> Result<Plan> {
    let source = Source::find(wanted);
    let file::Training { patches, autoencoder, .. } = &wanted.training;
    let item = item(&source, &hashes(&source, patches)?, patches, autoencoder, wanted.seed);
    Ok(Plan {
        data: source.describe(patches),
        stand_in: matches!(source, Source::Scenes(_)),
        stages: vec![Planned::items(TRAINING, vec![item])],
    })
}

/// The stage, an item of which is one training.
pub(super) const TRAINING: &str = "training";

/// The autoencoder of an experiment that trains its own on procedural scenes.
pub(super) fn on_scenes(wanted: &file::Training, seed: u64, session: &mut Session) -> Result<SparseAutoencoder> {
    let source = Source::Scenes(wanted.size);
    Ok(trained(&source, &wanted.patches, &wanted.autoencoder, seed, session)?.weights)
}

/// Its item.
pub(super) fn on_scenes_item(wanted: &file::Training, seed: u64) -> Item {
    item(&Source::Scenes(wanted.size), &BTreeMap::new(), &wanted.patches, &wanted.autoencoder, seed)
}

/// The hashes of the images that patches are cut from, by name.
pub(super) fn hashes(source: &Source<'_>, amount: &Amount) -> Result<BTreeMap<String, String>> {
    let Source::Folder(folder) = source else { return Ok(BTreeMap::new()) };
    let of = |path: &PathBuf| Ok((format!("images/{}", name_of(path)), hash_file(path)?));
    list_images(folder)?.iter().take(amount.images).map(of).collect()
}

/// The work of one training, on the images of these hashes.
pub(super) fn item(
    source: &Source<'_>,
    hashes: &BTreeMap<String, String>,
    amount: &Amount,
    model: &Autoencoder,
    seed: u64,
) -> Item {
    let scenes = match source {
        Source::Folder(_) => None,
        Source::Scenes(size) => Some(size),
    };
    let identity = json!({ "scenes": scenes, "images": hashes, "patches": amount, "autoencoder": model, "seed": seed });
    Item::new(TRAINING, identity)
}

/// Cuts the patches and trains on them, unless that was done before.
pub(super) fn trained(
    source: &Source<'_>,
    amount: &Amount,
    model: &Autoencoder,
    seed: u64,
    session: &mut Session,
) -> Result<Trained> {
    let hashes = hashes(source, amount)?;
    let item = item(source, &hashes, amount, model, seed);
    session.inputs.extend(hashes);
    session.stage(TRAINING, amount.images + model.iterations, |progress, cache| {
        let (weights, losses, cost, evaluations, stop) = cache.item(&item, || {
            let trained = train_anew(source, amount, model, seed, progress)?;
            let Trained { weights, losses, cost, evaluations, stop } = trained;
            Ok((weights.to_safetensors(), losses, cost, evaluations, stop))
        })?;
        let weights = SparseAutoencoder::from_safetensors(&weights, "the cache")?;
        Ok(Trained { weights, losses, cost, evaluations, stop })
    })
}

fn train_anew(
    source: &Source<'_>,
    amount: &Amount,
    model: &Autoencoder,
    seed: u64,
    progress: &Progress,
) -> Result<Trained> {
    let patches = cut(source, amount, seed, progress)?;
    let samples = Patches::at(patches.iter().map(|patch| (patch, 0, 0)));
    let zca = Zca::of(&samples).ok_or_else(|| {
        Error::Undefined("no two patches differ, and there is nothing to learn from them: use other images".into())
    })?;
    let mut white = Vec::new();
    zca.apply(&samples, &mut ZcaScratch::default(), &mut white);
    let settings = Settings {
        hidden: model.hidden,
        target: model.rho,
        sparsity: model.beta,
        decay: model.lambda,
        iterations: model.iterations,
        ..Settings::default()
    };
    let random = &mut Stream::new(seed, "initial weights", 0);
    let patches = training::Patches { lanes: &white, count: samples.count() };
    train(patches, &settings, &mut || random.uniform(), |_| {
        progress.step();
        ControlFlow::Continue(())
    })
}

/// Random patches from each image, image by image.
fn cut(source: &Source<'_>, amount: &Amount, seed: u64, progress: &Progress) -> Result<Vec<Rgb8>> {
    let paths = match source {
        Source::Folder(folder) => list_images(folder)?,
        Source::Scenes(_) => Vec::new(),
    };
    if let Source::Folder(folder) = source
        && paths.len() < amount.images
    {
        let (found, wanted) = (paths.len(), amount.images);
        let problem =
            format!("holds {found} images, not {wanted}; add images or set the experiment's `images` to {found}");
        return Err(Error::data(folder, problem));
    }
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
