//! `kind = "classification"`: from traffic signs to the table of who tells clean ones from others.
//!
//! 1. [`signs`]: the images, clean and under challenges, at the network's size;
//! 2. [`networks`]: a network for each way of training and each seed, which sees clean images only;
//! 3. [`trials`]: features of one network, a classifier on them, scores of the test images;
//! 4. [`statistics`], [`tables`], [`charts`]: what the scores say.
//!
//! Nothing is drawn from one stream by two things that could be in another order: whatever runs side by side, the results are a
//! function of the experiment file and the data.

mod charts;
mod claims;
mod networks;
mod signs;
mod statistics;
mod tables;
mod trials;
mod work;

use networks::Network;
use signs::Signs;
use statistics::Numbers;
pub(super) use statistics::STATISTICS;
use trials::{Outcome, Pictures};
use work::Work;
pub(super) use work::{CLASSIFIERS, NETWORKS};

use std::path::PathBuf;

use super::cache::Item;
use super::file::{Classification, Experiment, Shown, Trial};
use super::plan::{Plan, Planned};
use super::progress::Progress;
use super::session::Session;
use crate::datasets::signs::Split;
use crate::error::Result;
use crate::models::Vae;
use crate::nn::checkpoint::{self, About};
use crate::ood::{Data, autoencoder};
use crate::report::grid::Section;
use crate::report::published::Published;
use crate::report::table::Table;

/// The database's name in `paper/published.toml`.
const DATABASE: &str = "CURE-TSR";

/// Runs the experiment.
pub(super) fn run(experiment: &Experiment, wanted: &Classification, mut session: Session) -> Result<PathBuf> {
    let signs = Signs::find(wanted)?;
    let data = signs.describe();
    session.note(&data);
    signs.details().iter().for_each(|lines| session.note(lines));
    session.open(signs.is_stand_in())?;
    session.seeds.insert("images".into(), wanted.seed);
    session.seeds.extend(wanted.seeds.iter().map(|&seed| (format!("training {seed}"), seed)));
    let hash = session.stage("files", signs.files(), |progress, _| signs.hash(progress))?;
    let work = Work::new(wanted, &signs, hash.as_deref());
    session.inputs.extend(hash.map(|hash| ("images".to_owned(), hash)));

    let trials = wanted.trials();
    let pictures = load(wanted, &signs, &trials, &mut session)?;
    let vae = Vae::new(wanted.network.clone())?;
    let networks = networks(&work, &vae, &pictures, &mut session)?;
    let outcomes = outcomes(&work, &vae, &trials, &networks, &pictures, &mut session)?;

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
        let claims = super::claims::test(&wanted.claims, &wanted.title, &data, |_| Ok(&evidence));
        sections.push(claims.section());
        text.push(claims.text());
        session.outputs.add("claims.json", claims.to_json());
    }
    session.outputs.add("seeds.csv", numbers.csv());
    session.outputs.add("loss.csv", losses(&networks));
    session.outputs.add_tables_and_sections(&table, &[], &sections);
    let first = &networks[0];
    let about = About::from([
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
        signs: &signs,
        vae: &vae,
        networks: &networks,
        pictures: &pictures,
        trials: &trials,
        outcomes: &outcomes,
        numbers: &numbers,
    };
    charts::add(&results, &mut session)?;
    session.finish(experiment, &data, &text.join("\n"))
}

/// What a run of the experiment would do.
pub(super) fn plan(wanted: &Classification) -> Result<Plan> {
    let signs = Signs::find(wanted)?;
    let hash = signs.hash(&Progress::new("files", signs.files(), true))?;
    let work = Work::new(wanted, &signs, hash.as_deref());
    Ok(Plan {
        data: signs.describe(),
        stand_in: signs.is_stand_in(),
        stages: vec![
            Planned::always("files"),
            Planned::always("images"),
            Planned::items(NETWORKS, work.networks.into_iter().map(|(.., item)| item).collect()),
            Planned::items(CLASSIFIERS, work.classifiers.into_iter().map(|(.., item)| item).collect()),
        ],
    })
}

/// Reads, or draws, all images that the trials need.
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

/// The networks of [`Work`].
fn networks(work: &Work, vae: &Vae, pictures: &Pictures, session: &mut Session) -> Result<Vec<Network>> {
    let data = Data { training: &pictures.clean[0], validation: &pictures.clean[1] };
    let epochs = work.networks.iter().map(|(settings, ..)| settings.epochs).sum();
    session.stage(NETWORKS, epochs, |progress, cache| {
        let train = |(settings, seed, item): &(autoencoder::Settings, u64, Item)| {
            Network::train(vae, data, *settings, *seed, item, cache, progress)
        };
        work.networks.iter().map(train).collect()
    })
}

/// What each trial gives with each seed.
fn outcomes(
    work: &Work,
    vae: &Vae,
    trials: &[Trial],
    networks: &[Network],
    pictures: &Pictures,
    session: &mut Session,
) -> Result<Vec<Vec<Outcome>>> {
    let all = session.stage(CLASSIFIERS, work.classifiers.len(), |progress, cache| {
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

/// `loss.csv`: a line per network and epoch.
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
