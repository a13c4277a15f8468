//! Loads the weights of an experiment: those of the program, those in files, or those that the experiment trains itself.

use std::path::Path;

use serde_json::{Value, json};

use super::settings::ImageQuality;
use crate::error::Result;
use crate::files::{hash, hash_file};
use crate::iqa::{Measure, Measures, Method, Models, measures};
use crate::models::SparseAutoencoder;
use crate::models::sparse_autoencoder::SHIPPED;
use crate::run::session::{Session, input};
use crate::studies::sparse_autoencoder::Work;

/// The name of the program's own weights in a manifest.
const NAME: &str = "procedural.safetensors";

/// The weights in `path`, or those that are part of the program. The manifest of the session will contain their name and hash.
pub fn remembered(path: Option<&Path>, session: &mut Session) -> Result<SparseAutoencoder> {
    let weights = SparseAutoencoder::load_or_shipped(path)?;
    match path {
        Some(path) => session.inputs.extend([input("weights", path)?]),
        None => {
            session.inputs.insert(format!("weights/{NAME}"), hash(SHIPPED));
        }
    }
    Ok(weights)
}

/// Checks that the weight files of the experiment can be read.
pub fn check(wanted: &ImageQuality) -> Result<()> {
    wanted.iqa.weights.iter().chain(wanted.iqa.ms_unique_weights.iter().flatten()).try_for_each(|path| {
        SparseAutoencoder::load(path)?;
        Ok(())
    })
}

/// The inputs, apart from the images, that determine the scores of the experiment's methods.
pub fn identity(wanted: &ImageQuality) -> Result<Value> {
    let autoencoder = match &wanted.training {
        Some(training) => Work::on_scenes(training, wanted.seed).item.key(),
        None => hash_of(wanted.iqa.weights.as_deref())?,
    };
    let ms_unique: Vec<String> = wanted.iqa.ms_unique_weights.iter().flatten().map(hash_file).collect::<Result<_>>()?;
    Ok(json!({ "methods": wanted.iqa.methods, "weights": autoencoder, "ms_unique_weights": ms_unique }))
}

/// The hash of the weights in `path`, or of those that are part of the program.
pub fn hash_of(path: Option<&Path>) -> Result<String> {
    path.map_or_else(|| Ok(hash(SHIPPED)), hash_file)
}

/// The methods and metrics of the experiment, with the weights of the methods.
pub fn measures(wanted: &ImageQuality, session: &mut Session) -> Result<Measures> {
    let mut ms_unique = Vec::new();
    for path in wanted.iqa.ms_unique_weights.iter().flatten() {
        ms_unique.push(SparseAutoencoder::load(path)?);
        session.inputs.extend([input("ms_unique_weights", path)?]);
    }
    let autoencoder = match &wanted.training {
        Some(training) => Work::on_scenes(training, wanted.seed).trained(session)?.weights,
        None => remembered(wanted.iqa.weights.as_deref(), session)?,
    };
    let find = |key: &String| measures::find(key).expect("checked with the experiment");
    let mut list: Vec<Measure> = wanted.iqa.methods.iter().map(find).collect();
    if !ms_unique.is_empty() {
        // Next to UNIQUE, as in the published tables.
        list.insert(usize::from(list[0].key == Method::UNIQUE.key), Method::MS_UNIQUE.into());
    }
    Measures::new(list, Models { autoencoder, ms_unique })
}
