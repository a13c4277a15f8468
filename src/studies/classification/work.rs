//! Lists the work of a classification as items of the stage cache: its networks and its classifiers.

use serde_json::json;

use super::settings::Classification;
use super::signs::Signs;
use crate::learn::VaeSettings;
use crate::run::stages::{Item, Stage};

/// The stage of the networks.
pub const NETWORKS: Stage = Stage {
    name: "networks",
    files: &["studies/classification/networks", "studies/classification/signs"],
    rooms: &[
        "learn",
        "gradients",
        "models",
        "nn",
        "autodiff",
        "imaging",
        "datasets",
        "stats",
        "lanes",
        "files",
        "error",
    ],
};
/// The stage of the classifiers.
pub const CLASSIFIERS: Stage = Stage {
    name: "classifiers",
    files: &["studies/classification/networks", "studies/classification/signs", "studies/classification/trials"],
    rooms: NETWORKS.rooms,
};

/// All networks and classifiers of an experiment.
pub(super) struct Work<'a> {
    pub wanted: &'a Classification,
    /// One network per training setting of a trial and per seed. The networks of the table come first, seed by seed.
    pub networks: Vec<(VaeSettings, u64, Item)>,
    /// One classifier per trial and seed: the index of the trial, the index of its network, and its cache item.
    pub classifiers: Vec<(usize, usize, Item)>,
}

impl<'a> Work<'a> {
    /// The work of an experiment; `files` is the hash of the dataset's files.
    pub fn new(wanted: &'a Classification, signs: &Signs, files: Option<&str>) -> Work<'a> {
        let trials = wanted.trials();
        let images = signs.identity(files);
        let mut settings: Vec<VaeSettings> = Vec::new();
        for trial in &trials {
            if !settings.contains(&trial.training) {
                settings.push(trial.training);
            }
        }
        let network = |settings: VaeSettings, seed: u64| {
            let identity = json!({ "images": images, "network": wanted.network, "training": settings, "seed": seed });
            (settings, seed, Item::new(&NETWORKS, identity))
        };
        let networks: Vec<_> =
            settings.iter().flat_map(|&settings| wanted.seeds.iter().map(move |&seed| (settings, seed))).collect();
        let networks: Vec<_> = networks.into_iter().map(|(settings, seed)| network(settings, seed)).collect();
        let mut classifiers = Vec::new();
        for (place, trial) in trials.iter().enumerate() {
            for (of, (_, seed, item)) in networks.iter().enumerate().filter(|(_, (s, ..))| *s == trial.training) {
                // The full identity of the network is included. It explains why a classifier has to be trained again.
                let identity = json!({
                    "network": item.identity, "features": trial.features, "form": trial.form, "shown": trial.shown,
                    "tested": wanted.conditions(), "classifier": wanted.classifier, "seed": seed,
                });
                classifiers.push((place, of, Item::new(&CLASSIFIERS, identity)));
            }
        }
        Work { wanted, networks, classifiers }
    }
}
