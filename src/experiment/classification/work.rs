//! The work of a classification as items of the stage cache: its networks and its classifiers.

use serde_json::json;

use super::signs::Signs;
use crate::experiment::cache::Item;
use crate::experiment::file::Classification;
use crate::ood::autoencoder;

/// The stage of the networks.
pub const NETWORKS: &str = "networks";
/// The stage of the classifiers.
pub const CLASSIFIERS: &str = "classifiers";

/// All networks and classifiers of an experiment.
pub(super) struct Work<'a> {
    pub wanted: &'a Classification,
    /// A network for each way of training that a trial names, and each seed; those of the table first, seed by seed.
    pub networks: Vec<(autoencoder::Settings, u64, Item)>,
    /// A classifier for each trial and seed: the places of the trial and of its network.
    pub classifiers: Vec<(usize, usize, Item)>,
}

impl<'a> Work<'a> {
    /// The work of an experiment; `files` is the hash of the dataset's files.
    pub fn new(wanted: &'a Classification, signs: &Signs, files: Option<&str>) -> Work<'a> {
        let trials = wanted.trials();
        let images = signs.identity(files);
        let mut settings: Vec<autoencoder::Settings> = Vec::new();
        for trial in &trials {
            if !settings.contains(&trial.training) {
                settings.push(trial.training);
            }
        }
        let network = |settings: autoencoder::Settings, seed: u64| {
            let identity = json!({ "images": images, "network": wanted.network, "training": settings, "seed": seed });
            (settings, seed, Item::new(NETWORKS, identity))
        };
        let networks: Vec<_> =
            settings.iter().flat_map(|&settings| wanted.seeds.iter().map(move |&seed| (settings, seed))).collect();
        let networks: Vec<_> = networks.into_iter().map(|(settings, seed)| network(settings, seed)).collect();
        let mut classifiers = Vec::new();
        for (place, trial) in trials.iter().enumerate() {
            for (of, (_, seed, item)) in networks.iter().enumerate().filter(|(_, (s, ..))| *s == trial.training) {
                // What the network is a function of, in full: it tells why a classifier has to be trained again.
                let identity = json!({
                    "network": item.identity, "features": trial.features, "form": trial.form, "shown": trial.shown,
                    "tested": wanted.conditions(), "classifier": wanted.classifier, "seed": seed,
                });
                classifiers.push((place, of, Item::new(CLASSIFIERS, identity)));
            }
        }
        Work { wanted, networks, classifiers }
    }
}
