//! The settings of an experiment file of the kind `classification`.
//!
//! A file lists methods, each with its features, and ablations, which change one setting of the methods. Both become a list of
//! [`Trial`]s. Parts that several trials share, such as a network, are computed once.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::measured::STATISTICS;
use crate::error::Result;
use crate::gradients::{Extraction, Feature, TrainedVae};
use crate::imaging::challenge::Challenge;
use crate::imaging::signs::SIGN_TYPES;
use crate::learn::{ClassifierSettings, Form, Sparsity, VaeSettings};
use crate::models::vae::Architecture;
use crate::models::{Classifier, Vae};
use crate::settings::at::At;
use crate::settings::claims::{self, Claim, Numbers, Subjects};
use crate::settings::dataset::Dataset;
use crate::settings::words::{ascending, word, words};
use crate::stats::random::Stream;
use crate::studies::Settings;

/// The most numbers of a feature, since the features of all images are held in memory.
const MOST_WIDE: usize = 65_536;

/// The paper's name for its method.
const PROPOSED: &str = "Proposed";

/// `kind = "classification"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// The title, which heads every table and chart.
    pub title: String,
    /// The seed of the images' random streams: synthetic signs and simulated challenges.
    pub seed: u64,
    /// The seeds of the training runs. Each gives one run of all networks and classifiers.
    pub seeds: Vec<u64>,
    /// The folder of signs.
    pub dataset: Dataset,
    /// The synthetic signs that replace the folder if it is absent.
    pub stand_in: DrawnSigns,
    /// The simulation of challenges.
    pub challenges: Challenges,
    /// The training condition and the test conditions of the classifiers.
    pub protocol: Protocol,
    /// The network.
    pub network: Architecture,
    /// Its training.
    pub training: VaeSettings,
    /// The classifier and its training.
    pub classifier: ClassifierSettings,
    /// The methods of the table.
    #[serde(rename = "method")]
    pub methods: Vec<Method>,
    /// The ablations in the form of the file; each changes one setting.
    #[serde(rename = "ablation", default)]
    changes: Vec<AblationSettings>,
    /// The claims and their tests.
    #[serde(rename = "claim", default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// Synthetic traffic signs, drawn by the program.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawnSigns {
    /// Signs of each of the fourteen types. Of every five signs, three are for training, one for validation and one for test.
    pub tracks: usize,
    /// Images of each sign.
    pub frames: usize,
}

/// The simulation of challenges.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenges {
    /// The side in pixels at which an image is drawn, or to which it is resized, before a challenge is applied. Clean images have it too.
    pub size: usize,
}

/// The training condition and the test conditions of the classifiers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// The training condition: classifiers learn to distinguish it from clean images.
    pub shown: Shown,
    /// The challenges of the test, which classifiers distinguish from clean images.
    #[serde(deserialize_with = "words")]
    pub tested: Vec<Challenge>,
    /// The levels of these challenges, ascending.
    #[serde(deserialize_with = "ascending")]
    pub levels: Vec<u8>,
}

/// A challenge at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The challenge.
    #[serde(deserialize_with = "word")]
    pub challenge: Challenge,
    /// 1 (mildest) to 5.
    pub level: u8,
}

impl Ablation {
    /// The methods that are changed, each once, in the order of their first appearance. If the variants have features of their own, the
    /// list has one empty name.
    pub fn methods(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = Vec::new();
        for (method, _) in self.variants.iter().flat_map(|v| &v.trials) {
            if !methods.contains(&method.as_str()) {
                methods.push(method);
            }
        }
        methods
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, level {}", self.challenge.name().replace('_', " "), self.level)
    }
}

/// A method: the features that a classifier uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// The name in the table.
    pub name: String,
    /// The parts of a feature, which are concatenated.
    #[serde(deserialize_with = "words")]
    pub features: Vec<Feature>,
}

/// An ablation in the form of an experiment file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AblationSettings {
    name: String,
    /// The methods that are changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    methods: Vec<String>,
    variants: Vec<VariantSettings>,
}

/// A variant of an ablation in the form of an experiment file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantSettings {
    name: String,
    /// The features of the variant, if the ablation has no methods.
    #[serde(default, deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    features: Vec<Feature>,
    /// For each loss term in the features of the methods, the term that replaces it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    terms: BTreeMap<String, String>,
    training: Option<Regulariser>,
    #[serde(default)]
    form: Form,
    shown: Option<Shown>,
}

/// The regulariser of a variant's network, which replaces that of `[training]`. A missing key means 0 or no sparsity.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regulariser {
    #[serde(default)]
    beta: f64,
    #[serde(default)]
    decay: f64,
    sparsity: Option<Sparsity>,
}

/// An ablation: methods with one setting changed.
#[derive(Clone, Debug, Serialize)]
pub struct Ablation {
    /// The name of the setting.
    pub name: String,
    /// The variants, one for each value of the setting.
    pub variants: Vec<Variant>,
}

/// One row of an ablation.
#[derive(Clone, Debug, Serialize)]
pub struct Variant {
    /// The name of the variant.
    pub name: String,
    /// The trials, each with the method that it changes.
    pub trials: Vec<(String, Trial)>,
}

/// All settings that a classifier's result depends on, except the seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The training of the network.
    pub training: VaeSettings,
    /// The parts of a feature.
    pub features: Vec<Feature>,
    /// The form of each part.
    pub form: Form,
    /// The training condition of the classifier.
    pub shown: Shown,
}

impl Classification {
    /// The trial of a method in the table, without an ablation.
    pub fn plain(&self, method: &Method) -> Trial {
        Trial {
            training: self.training,
            features: method.features.clone(),
            form: Form::Raw,
            shown: self.protocol.shown,
        }
    }

    /// The method that the others are compared with: the one with the paper's name `Proposed`, else the last.
    pub fn proposed(&self) -> &Method {
        self.methods
            .iter()
            .find(|m| m.name == PROPOSED)
            .or(self.methods.last())
            .expect("a checked experiment has methods")
    }

    /// The test conditions: each challenge at each level, challenge by challenge.
    pub fn conditions(&self) -> Vec<Shown> {
        let Protocol { tested, levels, .. } = &self.protocol;
        let of = |&challenge: &Challenge| levels.iter().map(move |&level| Shown { challenge, level });
        tested.iter().flat_map(of).collect()
    }

    /// The ablations; each changes one setting.
    pub fn ablations(&self) -> Vec<Ablation> {
        let of = |change: &AblationSettings| Ablation {
            name: change.name.clone(),
            variants: change.variants.iter().map(|variant| self.variant(change, variant)).collect(),
        };
        self.changes.iter().map(of).collect()
    }

    /// The trials of a row of an ablation.
    fn variant(&self, change: &AblationSettings, variant: &VariantSettings) -> Variant {
        let training = variant.training.map_or(self.training, |Regulariser { beta, decay, sparsity }| VaeSettings {
            beta,
            decay,
            sparsity,
            ..self.training
        });
        let shown = variant.shown.unwrap_or(self.protocol.shown);
        let trial = |features| Trial { training, features, form: variant.form, shown };
        let replaced = |method: &Method| method.features.iter().map(|f| f.with_terms(&variant.terms)).collect();
        let changed = change.methods.iter().filter_map(|name| self.methods.iter().find(|method| method.name == *name));
        let trials = match change.methods.is_empty() {
            true => vec![(String::new(), trial(variant.features.clone()))],
            false => changed.map(|method| (method.name.clone(), trial(replaced(method)))).collect(),
        };
        Variant { name: variant.name.clone(), trials }
    }

    /// All variants of the ablations, with their names in the long table.
    pub fn variants(&self) -> Vec<(String, Trial)> {
        let mut variants = Vec::new();
        for Ablation { name, variants: rows } in self.ablations() {
            for Variant { name: row, trials } in rows {
                variants.extend(trials.into_iter().map(|(method, trial)| (label(&[&name, &row, &method]), trial)));
            }
        }
        variants
    }

    /// All distinct trials: first those of the methods, then those of the ablations.
    pub fn trials(&self) -> Vec<Trial> {
        let mut trials: Vec<Trial> = Vec::new();
        let methods = self.methods.iter().map(|method| self.plain(method));
        for trial in methods.chain(self.variants().into_iter().map(|(_, trial)| trial)) {
            if !trials.contains(&trial) {
                trials.push(trial);
            }
        }
        trials
    }
}

/// A label from those parts that are not empty.
pub fn label(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

impl Settings for Classification {
    fn check(&self, at: &At<'_>) -> Result<()> {
        at.key("seeds").distinct(&self.seeds, "seed", 0..=u64::MAX, 1)?;
        self.dataset.check(&at.key("dataset"), |database| database.signs().is_some())?;
        at.key("stand_in.tracks").within(self.stand_in.tracks, 5..=100_000)?;
        at.key("stand_in.frames").within(self.stand_in.frames, 1..=1000)?;
        let (signs, most) = (SIGN_TYPES.len() * self.stand_in.tracks * self.stand_in.frames, 1_000_000);
        let problem =
            format!("{} sign types × `tracks` × `frames` are {signs} images, more than {most}", SIGN_TYPES.len());
        at.key("stand_in.tracks").require(signs <= most, problem)?;
        at.key("challenges.size").within(self.challenges.size, 16..=1024)?;
        let protocol = at.key("protocol");
        self.protocol.shown.check(&protocol.key("shown"))?;
        protocol.key("tested").not_empty(&self.protocol.tested, "challenge")?;
        protocol.key("tested").unique(self.protocol.tested.iter().map(|tested| tested.name()), "challenge", "")?;
        protocol.key("levels").distinct(&self.protocol.levels, "level", 1..=5, 1)?;
        at.key("training").rule(self.training.problem())?;
        at.key("classifier").rule(self.classifier.problem())?;
        let shape = self.network.image;
        let problem = format!("images have 3 channels and a size, not the shape {shape:?}");
        at.key("network.image").require(shape[0] == 3 && !shape.contains(&0), problem)?;
        if let Some((key, problem)) = self.network.problem() {
            return Err(at.key("network").key(&key).error(format!("the autoencoder's `{key}`: {problem}")));
        }
        let vae = Vae::new(self.network.clone()).map_err(|e| at.key("network").error(e))?;
        let methods = at.key("method");
        methods.not_empty(&self.methods, "method")?;
        let sparsity = self.training.sparsity;
        methods.each(&self.methods, |method, at| self.known(&vae, &method.features, sparsity, &at.key("features")))?;
        methods.unique(self.methods.iter().map(|method| &method.name), "method", "name")?;
        let ablations = at.key("ablation");
        ablations.each(&self.changes, |change, at| self.check_change(change, &vae, at))?;
        ablations.unique(self.changes.iter().map(|change| &change.name), "ablation", "name")?;
        let of_table = self.methods.iter().map(|method| method.name.clone());
        let names: Vec<String> = of_table.chain(self.variants().into_iter().map(|(label, _)| label)).collect();
        // Challenges that this run omits are included; a claim about one of them is not attempted.
        let subsets = std::iter::once("all").chain(Challenge::ALL.map(Challenge::name)).collect();
        let methods = names.iter().map(String::as_str).collect();
        let subjects = Subjects { methods, statistics: &STATISTICS, subsets, numbers: &[Numbers::Images] };
        claims::check(&self.claims, &at.key("claim"), &subjects)
    }

    fn manifest(&self, mut settings: Value) -> Value {
        settings["ablation"] = json!(self.ablations());
        settings
    }
}

impl Classification {
    fn check_change(&self, change: &AblationSettings, vae: &Vae, at: &At<'_>) -> Result<()> {
        let names: Vec<&str> = self.methods.iter().map(|method| method.name.as_str()).collect();
        at.key("methods").each(&change.methods, |name, at| at.known("method", name, &names))?;
        let variants = at.key("variants");
        variants.not_empty(&change.variants, "variant")?;
        variants.each(&change.variants, |variant, at| {
            let problem = "an ablation either has `methods`, or each of its variants has `features`";
            at.require(change.methods.is_empty() != variant.features.is_empty(), problem)?;
            at.key("shown").if_given(&variant.shown, Shown::check)?;
            let key = if variant.features.is_empty() { "terms" } else { "features" };
            self.variant(change, variant).trials.iter().try_for_each(|(_, trial)| {
                at.key("training").rule(trial.training.problem())?;
                self.known(vae, &trial.features, trial.training.sparsity, &at.key(key))
            })
        })?;
        variants.unique(change.variants.iter().map(|variant| &variant.name), "variant", "name")
    }

    /// Checks that the network has the layers and terms that the features name, and that neither a feature nor its classifier is too large.
    /// Nothing is built in the network's size.
    fn known(&self, vae: &Vae, features: &[Feature], sparsity: Option<Sparsity>, at: &At<'_>) -> Result<()> {
        let small = vae.in_miniature();
        let parameters = small.parameters::<f64>(Stream::new(0, "shapes", 0).rng());
        let model = TrainedVae { vae: &small, parameters: &parameters, sparsity: sparsity.map(|s| s.target) };
        Extraction::<f64, _>::new(&model, features).map_err(|e| at.error(e))?;
        let width = features.iter().map(|feature| width(vae, feature)).sum();
        at.require(width <= MOST_WIDE, format!("a feature of {width} numbers is larger than {MOST_WIDE}"))?;
        Classifier::new(width, &self.classifier.hidden).map_err(|e| at.error(e))?;
        Ok(())
    }
}

impl Shown {
    fn check(&self, at: &At<'_>) -> Result<()> {
        at.key("level").within(self.level.into(), 1..=5)
    }
}

/// The numbers of a feature.
fn width(vae: &Vae, feature: &Feature) -> usize {
    let Architecture { image, latent, .. } = vae.architecture();
    match feature {
        Feature::Value(name) => match name.as_str() {
            "mu" | "logvar" => *latent,
            "reconstruction" => image.iter().product(),
            _ => 1,
        },
        Feature::Gradient { parameter, .. } => {
            let shapes = vae.shapes();
            shapes.iter().filter(|(name, _)| name == parameter).map(|(_, shape)| shape.iter().product::<usize>()).sum()
        }
    }
}
