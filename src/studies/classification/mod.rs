//! `kind = "classification"`: out-of-distribution detection on traffic signs, with clean and challenged images.
//!
//! 1. `signs`: the images, clean and under challenges, in the network's input size;
//! 2. `networks`: one network per training setting and seed, trained on clean images only;
//! 3. `trials`: the features of one network, a classifier trained on them, and its scores of the test images;
//! 4. `statistics`, `tables`, `charts`: the evaluation of the scores.
//!
//! Tasks that run in parallel never share a random stream. So the results depend only on the experiment file and the data.

mod charts;
mod claims;
mod measured;
mod networks;
pub mod settings;
mod signs;
mod statistics;
mod tables;
mod trials;
mod work;

use std::path::PathBuf;

use super::{Kind, Plans, checked};
use crate::datasets::cure_tsr;
use crate::datasets::signs::Split;
use crate::error::Result;
use crate::learn::{Data, VaeSettings};
use crate::models::Vae;
use crate::nn::checkpoint::{self, About as Metadata};
use crate::report::grid::Section;
use crate::report::published::Published;
use crate::report::table::Table;
use crate::report::verify::{Basis, Comparable};
use crate::run::plan::Plan;
use crate::run::progress::Progress;
use crate::run::session::Session;
use crate::run::stages::{Item, Planned};
use networks::Network;
use settings::{Classification, Shown, Trial};
use signs::Signs;
use statistics::Numbers;
use trials::{Outcome, Pictures};
use work::{CLASSIFIERS, NETWORKS, Work};

/// The database's name in `paper/published.toml`.
const DATABASE: &str = cure_tsr::DATABASE.name;

/// `kind = "classification"`.
pub const KIND: Kind = Kind {
    name: "classification",
    stages: &[&NETWORKS, &CLASSIFIERS],
    check: checked::<Classification>,
    compared: |settings, stand_in| {
        // A part of the database's own signs counts as its own data too; the rows of the table state the part.
        let own = !stand_in && settings["dataset"]["kind"] == cure_tsr::DATABASE.key;
        let basis: fn(&str) -> Basis<'_> =
            if own { |subset| Basis::SameOrPart(subset) } else { |subset| Basis::Other(subset) };
        Some(Comparable { database: DATABASE, basis })
    },
    not_data: &[],
};

impl Plans for Classification {
    fn plan(&self, quiet: bool) -> Result<Plan<'_>> {
        let signs = Signs::find(self)?;
        let hash = signs.hash(&Progress::new("reading files", signs.files(), quiet))?;
        let work = Work::new(self, &signs, hash.as_deref());
        let items = |stage: Vec<&Item>| stage.into_iter().cloned().collect();
        let stages = vec![
            Planned::always("images"),
            Planned::items(&NETWORKS, items(work.networks.iter().map(|(.., item)| item).collect())),
            Planned::items(&CLASSIFIERS, items(work.classifiers.iter().map(|(.., item)| item).collect())),
        ];
        let (data, stand_in) = (signs.describe(), signs.is_stand_in());
        let about = self.about(data, stand_in);
        Ok(Plan { about, stages, work: Box::new(move |session| run(&signs, hash, &work, session)) })
    }
}

/// Computes and writes the results. `hash` is the hash of the dataset's files.
fn run(signs: &Signs, hash: Option<String>, work: &Work<'_>, mut session: Session) -> Result<PathBuf> {
    let wanted = work.wanted;
    let data = session.data().to_owned();
    session.announce(&wanted.dataset.path);
    signs.details().iter().for_each(|lines| session.note(lines));
    session.seeds.insert("images".into(), wanted.seed);
    session.seeds.extend(wanted.seeds.iter().map(|&seed| (format!("training {seed}"), seed)));
    session.inputs.extend(hash.map(|hash| ("images".to_owned(), hash)));

    let trials = wanted.trials();
    let pictures = load(wanted, signs, &trials, &mut session)?;
    let vae = Vae::new(wanted.network.clone())?;
    let networks = networks(work, &vae, &pictures, &mut session)?;
    let outcomes = outcomes(work, &vae, &trials, &networks, &pictures, &mut session)?;

    let numbers = Numbers::new(wanted, &trials, &outcomes)?;
    let table = Table::new(&wanted.title, &data, numbers.rows())?.beside(
        Published::embedded(),
        DATABASE,
        signs.not_comparable().as_deref(),
    );
    let mut sections = tables::sections(wanted, &data, &numbers, &table);
    let mut text: Vec<String> = sections.iter().map(Section::text).collect();
    if !wanted.claims.is_empty() {
        let database = (DATABASE, signs.not_comparable());
        let evidence = claims::OfSeeds { wanted, numbers: &numbers, data: &data, database };
        let claims = crate::run::claims::test(&wanted.claims, &wanted.title, &data, |_| Ok(&evidence));
        sections.push(claims.section());
        text.push(claims.text());
        session.outputs.add("claims.json", claims.to_json());
    }
    session.outputs.add("seeds.csv", numbers.csv());
    session.outputs.add("loss.csv", losses(&networks));
    session.outputs.add_tables_and_sections(&table, &[], &sections);
    let first = &networks[0];
    let about = Metadata::from([
        ("architecture".to_owned(), serde_json::to_string(&wanted.network).expect("numbers by name")),
        ("training".to_owned(), serde_json::to_string(&first.settings).expect("numbers by name")),
        ("seed".to_owned(), first.seed.to_string()),
        ("epoch".to_owned(), first.best_epoch.to_string()),
        ("data".to_owned(), data.clone()),
    ]);
    session.outputs.add("weights.safetensors", checkpoint::to_bytes(&[&first.parameters], &about));
    let results = charts::Results {
        wanted,
        data: &data,
        signs,
        vae: &vae,
        networks: &networks,
        pictures: &pictures,
        trials: &trials,
        outcomes: &outcomes,
        numbers: &numbers,
    };
    charts::add(&results, &mut session)?;
    session.finish(&text.join("\n"))
}

/// Reads or draws all images that the trials need.
fn load(wanted: &Classification, signs: &Signs, trials: &[Trial], session: &mut Session) -> Result<Pictures> {
    let mut shown: Vec<Shown> = trials.iter().map(|t| t.shown).collect();
    shown.sort_unstable();
    shown.dedup();
    let conditions = wanted.conditions();
    session.stage("images", 3 + 2 * shown.len() + conditions.len(), |progress, _| {
        let images = |split, challenge| {
            let images = signs.images(split, challenge);
            progress.step();
            images
        };
        let learned =
            |&shown: &Shown| Ok((shown, [images(Split::Train, Some(shown))?, images(Split::Validation, Some(shown))?]));
        Ok(Pictures {
            clean: [images(Split::Train, None)?, images(Split::Validation, None)?, images(Split::Test, None)?],
            shown: shown.iter().map(learned).collect::<Result<_>>()?,
            tested: conditions
                .iter()
                .map(|&shown| Ok((shown, images(Split::Test, Some(shown))?)))
                .collect::<Result<_>>()?,
        })
    })
}

/// Trains the networks of [`Work`].
fn networks(work: &Work, vae: &Vae, pictures: &Pictures, session: &mut Session) -> Result<Vec<Network>> {
    let data = Data { training: &pictures.clean[0], validation: &pictures.clean[1] };
    let epochs = work.networks.iter().map(|(settings, ..)| settings.epochs).sum();
    session.stage(NETWORKS.name, epochs, |progress, cache| {
        let train = |(settings, seed, item): &(VaeSettings, u64, Item)| {
            Network::train(vae, data, *settings, *seed, item, cache, progress)
        };
        work.networks.iter().map(train).collect()
    })
}

/// The outcome of each trial with each seed.
fn outcomes(
    work: &Work,
    vae: &Vae,
    trials: &[Trial],
    networks: &[Network],
    pictures: &Pictures,
    session: &mut Session,
) -> Result<Vec<Vec<Outcome>>> {
    let all = session.stage(CLASSIFIERS.name, work.classifiers.len(), |progress, cache| {
        trials::side_by_side(&work.classifiers, |(trial, network, item)| {
            let outcome = cache.item(item, || {
                trials::run(vae, &networks[*network], &trials[*trial], &work.wanted.classifier, pictures)
            });
            progress.step();
            outcome
        })
    })?;
    let mut all = all.into_iter();
    Ok(trials.iter().map(|_| all.by_ref().take(work.wanted.seeds.len()).collect()).collect())
}

/// `loss.csv`: one line per network and epoch.
fn losses(networks: &[Network]) -> String {
    let mut csv =
        String::from("beta,decay,sparsity,seed,epoch,bce,kl,penalty,validation_bce,validation_kl,validation_penalty\n");
    for network in networks {
        let settings = &network.settings;
        let sparsity = settings.sparsity.map_or(0.0, |s| s.weight);
        for (i, epoch) in network.epochs.iter().enumerate() {
            let [bce, kl, penalty] = epoch.training;
            let validation = match epoch.validation {
                Some([bce, kl, penalty]) => format!("{bce},{kl},{penalty}"),
                None => ",,".to_owned(),
            };
            let (beta, decay, seed) = (settings.beta, settings.decay, network.seed);
            csv += &format!("{beta},{decay},{sparsity},{seed},{},{bce},{kl},{penalty},{validation}\n", i + 1);
        }
    }
    csv
}
