//! `kind = "classification"`: telling clean signs from others by features of a network that knows clean ones only.
//!
//! A file names methods, which are features, and ablations, which are methods with one thing changed. Both become a list of
//! [`Trial`]s; whatever two of them have in common, such as the network, is made once.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::claims::{self, Claim, Numbers, RawClaim, Subjects};
use super::parts::{Dataset, DatasetKind, RawDataset, S, distinct, within};
use crate::error::Result;
use crate::experiment::classification::STATISTICS;
use crate::experiment::text::{Text, suggest};
use crate::gradients::{Extraction, Feature, TrainedVae};
use crate::imaging::challenge::Challenge;
use crate::models::Vae;
use crate::models::vae::Architecture;
use crate::ood::autoencoder::{self, Sparsity};
use crate::ood::{Form, classifier};

/// The paper's name for its method.
const PROPOSED: &str = "Proposed";

/// `kind = "classification"`.
#[derive(Clone, Debug, Serialize)]
pub struct Classification {
    /// Heads every table and chart.
    pub title: String,
    /// Where the random streams of the images start: drawn signs and simulated challenges.
    pub seed: u64,
    /// One training run, of networks and classifiers, for each.
    pub seeds: Vec<u64>,
    /// The folder of signs.
    pub dataset: Dataset,
    /// What stands in when the folder is not there.
    pub stand_in: DrawnSigns,
    /// How challenges are simulated.
    pub challenges: Challenges,
    /// What the classifiers see, and what they are tried on.
    pub protocol: Protocol,
    /// The network.
    pub network: Architecture,
    /// Its training.
    pub training: autoencoder::Settings,
    /// The classifier and its training.
    pub classifier: classifier::Settings,
    /// The methods of the table.
    pub methods: Vec<Method>,
    /// What is changed, one thing at a time.
    pub ablations: Vec<Ablation>,
    /// What is claimed, and how that is tested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// Traffic signs drawn by the program.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DrawnSigns {
    /// Signs of each of the fourteen types; of every five, three are for training, one for validation, one for test.
    pub tracks: usize,
    /// Pictures of each sign.
    pub frames: usize,
}

/// How challenges are simulated.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Challenges {
    /// The side in pixels that an image is drawn in or brought to before a challenge falls on it; clean images too.
    pub size: usize,
}

/// What the classifiers see, and what they are tried on.
#[derive(Clone, Debug, Serialize)]
pub struct Protocol {
    /// What they are trained on, against clean images.
    pub shown: Shown,
    /// What they are tried on, against clean images.
    pub tested: Vec<Challenge>,
    /// At these levels, ascending.
    pub levels: Vec<u8>,
}

/// A challenge at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Shown {
    /// The challenge.
    pub challenge: Challenge,
    /// 1 (mildest) to 5.
    pub level: u8,
}

impl Ablation {
    /// The methods that are changed, each once, in the order of their first appearance; one without a name where the variants
    /// have features of their own.
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

/// A method: the features by which images are told apart.
#[derive(Clone, Debug, Serialize)]
pub struct Method {
    /// Its name in the table.
    pub name: String,
    /// The parts of a feature, end to end.
    pub features: Vec<Feature>,
}

/// Methods with one thing changed.
#[derive(Clone, Debug, Serialize)]
pub struct Ablation {
    /// What is changed.
    pub name: String,
    /// What it is changed to.
    pub variants: Vec<Variant>,
}

/// One row of an ablation.
#[derive(Clone, Debug, Serialize)]
pub struct Variant {
    /// What it is called.
    pub name: String,
    /// The trials, each with the method that it changes.
    pub trials: Vec<(String, Trial)>,
}

/// Everything that a classifier's result depends on, but the seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// How the network is trained.
    pub training: autoencoder::Settings,
    /// The parts of a feature.
    pub features: Vec<Feature>,
    /// What each part is turned into.
    pub form: Form,
    /// What the classifier is trained on, against clean images.
    pub shown: Shown,
}

impl Classification {
    /// The trial of a method as it stands in the table.
    pub fn plain(&self, method: &Method) -> Trial {
        Trial {
            training: self.training,
            features: method.features.clone(),
            form: Form::Raw,
            shown: self.protocol.shown,
        }
    }

    /// The method that the others are compared with: the paper's, by its name there, else the last.
    pub fn proposed(&self) -> &Method {
        self.methods
            .iter()
            .find(|m| m.name == PROPOSED)
            .or(self.methods.last())
            .expect("a checked experiment has methods")
    }

    /// The challenges that classifiers are tried on, at each level: type by type.
    pub fn conditions(&self) -> Vec<Shown> {
        let Protocol { tested, levels, .. } = &self.protocol;
        let of = |&challenge: &Challenge| levels.iter().map(move |&level| Shown { challenge, level });
        tested.iter().flat_map(of).collect()
    }

    /// All variants of the ablations, by their names in the long table.
    pub fn variants(&self) -> impl Iterator<Item = (String, &Trial)> {
        self.ablations.iter().flat_map(|ablation| {
            let trials = ablation.variants.iter().flat_map(|v| v.trials.iter().map(move |t| (v, t)));
            trials.map(|(variant, (method, trial))| (label(&[&ablation.name, &variant.name, method]), trial))
        })
    }

    /// All different trials: those of the methods first, then the ablations'.
    pub fn trials(&self) -> Vec<Trial> {
        let mut trials: Vec<Trial> = Vec::new();
        let methods = self.methods.iter().map(|method| self.plain(method));
        let variants = self.ablations.iter().flat_map(|a| &a.variants);
        for trial in methods.chain(variants.flat_map(|v| &v.trials).map(|(_, trial)| trial.clone())) {
            if !trials.contains(&trial) {
                trials.push(trial);
            }
        }
        trials
    }
}

/// The parts of a label that are not empty.
pub fn label(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClassification {
    title: String,
    seed: u64,
    seeds: S<Vec<u64>>,
    dataset: RawDataset,
    stand_in: RawDrawnSigns,
    challenges: RawChallenges,
    protocol: RawProtocol,
    network: S<Architecture>,
    training: S<autoencoder::Settings>,
    classifier: S<classifier::Settings>,
    #[serde(rename = "method")]
    methods: S<Vec<RawMethod>>,
    #[serde(rename = "ablation", default)]
    ablations: Vec<RawAblation>,
    #[serde(rename = "claim", default)]
    claims: Vec<RawClaim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDrawnSigns {
    tracks: S<usize>,
    frames: S<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChallenges {
    size: S<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProtocol {
    shown: RawShown,
    tested: S<Vec<S<String>>>,
    levels: S<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShown {
    challenge: S<String>,
    level: S<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMethod {
    name: S<String>,
    features: S<Vec<S<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAblation {
    name: S<String>,
    #[serde(default)]
    methods: Option<S<Vec<S<String>>>>,
    variants: S<Vec<RawVariant>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVariant {
    name: S<String>,
    /// Features of its own, where the ablation has no methods.
    features: Option<S<Vec<S<String>>>>,
    /// What stands in a loss term's place in the methods' features.
    #[serde(default)]
    terms: BTreeMap<String, String>,
    #[serde(default)]
    training: Option<S<RawRegulariser>>,
    #[serde(default)]
    form: Form,
    shown: Option<RawShown>,
}

/// The regulariser of a variant's network, in place of that of `[training]`; what is left out is 0 or none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegulariser {
    #[serde(default)]
    beta: f64,
    #[serde(default)]
    decay: f64,
    sparsity: Option<Sparsity>,
}

impl RawClassification {
    pub(super) fn check(self, text: &Text) -> Result<Classification> {
        let shown = self.protocol.shown.check(text)?;
        let settings = *self.training.get_ref();
        settings.check().map_err(|e| text.error(self.training.span(), &e.to_string(), None))?;
        let classifier = self.classifier.get_ref().clone();
        classifier.check().map_err(|e| text.error(self.classifier.span(), &e.to_string(), None))?;
        let span = self.network.span();
        let network = self.network.into_inner();
        let vae = Vae::new(network.clone()).map_err(|e| text.error(span.clone(), &e.to_string(), None))?;
        if network.image[0] != 3 || network.image.contains(&0) {
            let problem = format!("images have 3 channels and a size, not the shape {:?}", network.image);
            return Err(text.error(span, &problem, None));
        }
        let methods = checked_methods(text, self.methods, &vae, settings.sparsity)?;
        let ablations: Vec<RawAblation> = self.ablations;
        let mut checked: Vec<Ablation> = Vec::new();
        for ablation in ablations {
            let span = ablation.name.span();
            let ablation = ablation.check(text, &methods, &vae, settings, shown)?;
            if checked.iter().any(|a| a.name == ablation.name) {
                return Err(text.error(span, "two ablations have the same name", None));
            }
            checked.push(ablation);
        }
        let mut levels = distinct(text, self.protocol.levels, "level", 1..=5, 1)?;
        levels.sort_unstable();
        let mut experiment = Classification {
            title: self.title,
            seed: self.seed,
            seeds: distinct(text, self.seeds, "seed", 0..=u64::MAX, 1)?,
            dataset: self.dataset.check(text, &[DatasetKind::CureTsr, DatasetKind::Gtsrb])?,
            stand_in: DrawnSigns {
                tracks: within(text, self.stand_in.tracks, 5..=100_000)?,
                frames: within(text, self.stand_in.frames, 1..=1000)?,
            },
            challenges: Challenges { size: within(text, self.challenges.size, 16..=1024)? },
            protocol: Protocol { shown, tested: checked_challenges(text, self.protocol.tested)?, levels },
            network,
            training: settings,
            classifier,
            methods,
            ablations: checked,
            claims: Vec::new(),
        };
        let of_table = experiment.methods.iter().map(|m| m.name.clone());
        let names: Vec<String> = of_table.chain(experiment.variants().map(|(label, _)| label)).collect();
        // Also challenges that this run leaves out: a claim about them is not attempted.
        let subsets = std::iter::once("all").chain(Challenge::ALL.map(Challenge::name)).collect();
        let methods = names.iter().map(String::as_str).collect();
        let subjects = Subjects { methods, statistics: &STATISTICS, subsets, numbers: &[Numbers::Images] };
        experiment.claims = claims::checked(text, self.claims, &subjects)?;
        Ok(experiment)
    }
}

impl RawShown {
    fn check(self, text: &Text) -> Result<Shown> {
        let level = within(text, self.level, 1..=5)? as u8;
        Ok(Shown { challenge: checked_challenge(text, &self.challenge)?, level })
    }
}

fn checked_challenge(text: &Text, name: &S<String>) -> Result<Challenge> {
    Challenge::ALL.into_iter().find(|c| c.name() == name.get_ref()).ok_or_else(|| {
        let hint = suggest(name.get_ref(), &Challenge::ALL.map(Challenge::name));
        text.error(name.span(), &format!("unknown challenge `{}`", name.get_ref()), Some(hint))
    })
}

fn checked_challenges(text: &Text, names: S<Vec<S<String>>>) -> Result<Vec<Challenge>> {
    let mut challenges = Vec::new();
    for name in names.get_ref() {
        let challenge = checked_challenge(text, name)?;
        if challenges.contains(&challenge) {
            return Err(text.error(name.span(), &format!("the challenge `{}` is named twice", name.get_ref()), None));
        }
        challenges.push(challenge);
    }
    match challenges.is_empty() {
        true => Err(text.error(names.span(), "at least one challenge is needed", None)),
        false => Ok(challenges),
    }
}

/// The features, if the network has what they name.
fn checked_features(
    text: &Text,
    features: S<Vec<S<String>>>,
    vae: &Vae,
    sparsity: Option<Sparsity>,
) -> Result<Vec<Feature>> {
    let parsed = features.get_ref().iter().map(|feature| {
        feature.get_ref().parse::<Feature>().map_err(|e| text.error(feature.span(), &e.to_string(), None))
    });
    let parsed = parsed.collect::<Result<Vec<_>>>()?;
    known(vae, &parsed, sparsity).map_err(|e| text.error(features.span(), &e.to_string(), None))?;
    Ok(parsed)
}

/// Whether the network has what the features name.
fn known(vae: &Vae, features: &[Feature], sparsity: Option<Sparsity>) -> Result<()> {
    let parameters = vae.parameters::<f64>(&mut || 0.5);
    let model = TrainedVae { vae, parameters: &parameters, sparsity: sparsity.map(|s| s.target) };
    Extraction::<f64, _>::new(&model, features).map(|_| ())
}

fn checked_methods(
    text: &Text,
    methods: S<Vec<RawMethod>>,
    vae: &Vae,
    sparsity: Option<Sparsity>,
) -> Result<Vec<Method>> {
    let span = methods.span();
    let mut checked: Vec<Method> = Vec::new();
    for RawMethod { name, features } in methods.into_inner() {
        if checked.iter().any(|m| m.name == *name.get_ref()) {
            return Err(text.error(name.span(), "two methods have the same name", None));
        }
        checked.push(Method { name: name.into_inner(), features: checked_features(text, features, vae, sparsity)? });
    }
    match checked.is_empty() {
        true => Err(text.error(span, "at least one method is needed", None)),
        false => Ok(checked),
    }
}

impl RawAblation {
    fn check(
        self,
        text: &Text,
        methods: &[Method],
        vae: &Vae,
        settings: autoencoder::Settings,
        shown: Shown,
    ) -> Result<Ablation> {
        let mut changed = Vec::new();
        for name in self.methods.iter().flat_map(|names| names.get_ref()) {
            changed.push(methods.iter().find(|m| m.name == *name.get_ref()).ok_or_else(|| {
                let names: Vec<&str> = methods.iter().map(|m| m.name.as_str()).collect();
                let hint = suggest(name.get_ref(), &names);
                text.error(name.span(), &format!("there is no method `{}`", name.get_ref()), Some(hint))
            })?);
        }
        let span = self.variants.span();
        let mut variants: Vec<Variant> = Vec::new();
        for variant in self.variants.into_inner() {
            if variants.iter().any(|v| v.name == *variant.name.get_ref()) {
                return Err(text.error(variant.name.span(), "two variants have the same name", None));
            }
            variants.push(variant.check(text, &changed, vae, settings, shown)?);
        }
        match variants.is_empty() {
            true => Err(text.error(span, "at least one variant is needed", None)),
            false => Ok(Ablation { name: self.name.into_inner(), variants }),
        }
    }
}

impl RawVariant {
    fn check(
        self,
        text: &Text,
        methods: &[&Method],
        vae: &Vae,
        settings: autoencoder::Settings,
        shown: Shown,
    ) -> Result<Variant> {
        let training = match self.training {
            None => settings,
            Some(regulariser) => {
                let RawRegulariser { beta, decay, sparsity } = *regulariser.get_ref();
                let training = autoencoder::Settings { beta, decay, sparsity, ..settings };
                training.check().map_err(|e| text.error(regulariser.span(), &e.to_string(), None))?;
                training
            }
        };
        let span = self.name.span();
        let features = match (self.features, methods) {
            (Some(features), []) => {
                vec![(String::new(), checked_features(text, features, vae, training.sparsity)?)]
            }
            (None, [_, ..]) => {
                let replaced = |feature: &Feature| feature.with_terms(&self.terms);
                let of = |m: &&Method| (m.name.clone(), m.features.iter().map(replaced).collect::<Vec<_>>());
                methods.iter().map(of).collect()
            }
            _ => {
                let problem = "an ablation either has `methods`, or each of its variants has `features`";
                return Err(text.error(span, problem, None));
            }
        };
        let shown = self.shown.map(|shown| shown.check(text)).transpose()?.unwrap_or(shown);
        let mut trials = Vec::new();
        for (method, features) in features {
            known(vae, &features, training.sparsity).map_err(|e| text.error(span.clone(), &e.to_string(), None))?;
            trials.push((method, Trial { training, features, form: self.form, shown }));
        }
        Ok(Variant { name: self.name.into_inner(), trials })
    }
}
