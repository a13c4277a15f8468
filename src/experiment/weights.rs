//! The weights of an experiment: shipped with the program, read from files, or trained on the spot.

use std::path::Path;

use serde_json::{Value, json};

use super::file::ImageQuality;
use super::scoring::{Judge, Judges};
use super::session::Session;
use super::training;
use crate::error::Result;
use crate::iqa::metrics::Metric;
use crate::iqa::{Method, Models, Scorer};
use crate::models::SparseAutoencoder;
use crate::report::files::{hash, hash_file};

/// What `gradspace experiments/sparse-autoencoder.toml` writes without a folder of images, to the byte.
const SHIPPED: &[u8] = include_bytes!("../../results/sparse-autoencoder-stand-in/weights.safetensors");
/// What the manifest calls it.
const NAME: &str = "procedural.safetensors";

/// The weights in `path`, or the ones that ship with the program.
pub(super) fn load(path: Option<&Path>) -> Result<SparseAutoencoder> {
    match path {
        Some(path) => SparseAutoencoder::load(path),
        None => SparseAutoencoder::from_safetensors(SHIPPED, NAME),
    }
}

/// The same; the session's manifest will know them by name and hash.
pub(super) fn remembered(path: Option<&Path>, session: &mut Session) -> Result<SparseAutoencoder> {
    let weights = load(path)?;
    match path {
        Some(path) => session.remember("weights", path)?,
        None => {
            session.inputs.insert(format!("weights/{NAME}"), hash(SHIPPED));
        }
    }
    Ok(weights)
}

/// Whether the files of weights that the experiment names can be read.
pub(super) fn check(wanted: &ImageQuality) -> Result<()> {
    wanted.iqa.weights.iter().chain(wanted.iqa.ms_unique_weights.iter().flatten()).try_for_each(|path| {
        SparseAutoencoder::load(path)?;
        Ok(())
    })
}

/// What the scores of the experiment's methods are a function of, beside the images.
pub(super) fn identity(wanted: &ImageQuality) -> Result<Value> {
    let autoencoder = match &wanted.training {
        Some(training) => training::on_scenes_item(training, wanted.seed).key(),
        None => hash_of(wanted.iqa.weights.as_deref())?,
    };
    let ms_unique: Vec<String> = wanted.iqa.ms_unique_weights.iter().flatten().map(hash_file).collect::<Result<_>>()?;
    Ok(json!({ "methods": wanted.iqa.methods, "weights": autoencoder, "ms_unique_weights": ms_unique }))
}

/// The hash of the weights in `path`, or of the ones that ship with the program.
pub(super) fn hash_of(path: Option<&Path>) -> Result<String> {
    path.map_or_else(|| Ok(hash(SHIPPED)), hash_file)
}

/// The methods and metrics of the experiment, with the methods' weights.
pub(super) fn judges(wanted: &ImageQuality, session: &mut Session) -> Result<Judges> {
    let identity = identity(wanted)?;
    let mut ms_unique = Vec::new();
    for path in wanted.iqa.ms_unique_weights.iter().flatten() {
        ms_unique.push(SparseAutoencoder::load(path)?);
        session.remember("ms_unique_weights", path)?;
    }
    let autoencoder = match &wanted.training {
        Some(training) => training::on_scenes(training, wanted.seed, session)?,
        None => remembered(wanted.iqa.weights.as_deref(), session)?,
    };
    let mut names: Vec<&str> = wanted.iqa.methods.iter().map(String::as_str).collect();
    if !ms_unique.is_empty() {
        // Beside UNIQUE, where the published tables have it.
        names.insert(usize::from(names[0] == Method::UNIQUE.name), Method::MS_UNIQUE.name);
    }
    let (mut methods, mut order) = (Vec::new(), Vec::new());
    for name in names {
        match (Method::from_name(name), Metric::from_key(name)) {
            (Some(method), _) => {
                order.push(Judge::Learned(methods.len()));
                methods.push(method);
            }
            (None, metric) => order.push(Judge::Metric(metric.expect("checked with the experiment"))),
        }
    }
    Ok(Judges::new(Scorer::new(&methods, Models { autoencoder, ms_unique })?, order, identity))
}
