//! Draws the charts and the pictures of a classification.
//!
//! Charts of accuracies show the mean over the seeds with its interval. Charts of single images and of their scores use the first seed.
//! Pictures of photographs are written to a separate folder, because some datasets must not be redistributed.

use super::measured::{ACCURACY, STATISTICS};
use super::networks::Network;
use super::settings::{Ablation, Classification, Method, Shown, Trial, label};
use super::signs::Signs;
use super::statistics::{Numbers, Part};
use super::tables::words;
use super::trials::{Outcome, Pictures, features};
use crate::autodiff::Tape;
use crate::error::Result;
use crate::imaging::Rgb8;
use crate::imaging::challenge::Challenge;
use crate::lanes::math::sigmoid;
use crate::learn::Images;
use crate::models::Vae;
use crate::report::charts::{
    Curve, Curves, Estimate, Histograms, HistogramsPanel, Interval, Intervals, Multiples, MultiplesPanel, Panel,
    Reference, ReferenceLine, Scatter,
};
use crate::report::sheet::Sheet;
use crate::run::session::Session;
use crate::stats::detection::Detection;
use crate::stats::pca::Pca;

/// The results that the charts show.
pub(super) struct Results<'a> {
    pub wanted: &'a Classification,
    /// The description of the data.
    pub data: &'a str,
    pub signs: &'a Signs,
    pub vae: &'a Vae,
    /// The networks; those of the methods in the table come first, by seed.
    pub networks: &'a [Network],
    pub pictures: &'a Pictures,
    pub trials: &'a [Trial],
    pub outcomes: &'a [Vec<Outcome>],
    pub numbers: &'a Numbers<'a>,
}

/// The number of images of each condition in the chart of principal components.
const POINTS: usize = 60;
/// The number of images in a row of the picture of reconstructions.
const COLUMNS: usize = 12;

/// Draws all charts and pictures and adds them to the session's outputs.
pub(super) fn add(results: &Results<'_>, session: &mut Session) -> Result<()> {
    let outputs = &mut session.outputs;
    let caption = "Accuracy of separating clean from challenged traffic signs, against the level of the challenge: one panel for each type of challenge, one curve for each method.";
    outputs.add_picture("levels", 1, caption, results.levels().render()?);
    let caption = "ROC curves of separating clean from challenged traffic signs: one panel for each type of challenge, one curve for each method.";
    outputs.add_picture("roc", 2, caption, results.roc()?.render()?);
    let caption = format!(
        "Histograms of the probability of being clean, as {} estimates it, for clean and challenged traffic signs: one panel for each type of challenge.",
        results.wanted.proposed().name
    );
    outputs.add_picture("scores", 3, &caption, results.scores().render()?);
    let caption = "Features of clean and challenged traffic signs in their first two principal components: one panel for each method.";
    outputs.add_picture("components", 4, caption, results.components()?.render()?);
    for (i, ablation) in results.wanted.ablations().iter().enumerate() {
        let caption = format!("Accuracy of each variant of the ablation “{}”, with its 95 % interval.", ablation.name);
        outputs.add_picture(&format!("ablation-{}", i + 1), 5, &caption, results.ablation(ablation).render()?);
    }
    let caption = "Loss of the autoencoder on training and validation images after each epoch, for each seed.";
    outputs.add_picture("loss", 6, caption, results.loss().render()?);
    let pictures = if results.signs.is_stand_in() { outputs } else { &mut session.photographs };
    let caption = "A traffic sign, clean and under each type of challenge at each level.";
    pictures.add_png("challenges", 7, caption, results.challenges()?.png());
    let caption = "Traffic signs, clean and challenged, and below them the autoencoder's reconstructions.";
    pictures.add_png("reconstructions", 8, caption, results.reconstructions().png());
    Ok(())
}

impl Results<'_> {
    fn methods(&self) -> Vec<String> {
        self.wanted.methods.iter().map(|m| m.name.clone()).collect()
    }

    fn types(&self) -> &[Challenge] {
        &self.wanted.protocol.tested
    }

    fn data(&self, more: &str) -> String {
        format!("{}; {more}", self.data)
    }

    /// The outcome of a method of the table with the first seed.
    fn first(&self, method: &Method) -> &Outcome {
        let trial = self.wanted.plain(method);
        let place = self.trials.iter().position(|t| *t == trial).expect("all methods were run");
        &self.outcomes[place][0]
    }

    /// The logits under a type of challenge, at all levels.
    fn tested(&self, outcome: &Outcome, challenge: Challenge) -> Vec<f64> {
        let of_type = self.pictures.tested.iter().zip(&outcome.tested).filter(|((s, _), _)| s.challenge == challenge);
        of_type.flat_map(|(_, logits)| logits.iter().copied()).collect()
    }

    /// Accuracy against level, one panel per type of challenge.
    fn levels(&self) -> Multiples {
        let point = |method: &Method, shown: Shown| {
            let row = self.numbers.row(&method.name, &self.wanted.plain(method), Part::Level(shown), ACCURACY);
            let estimate = Estimate { value: row.value.expect("ours"), interval: row.interval() };
            (f64::from(shown.level), estimate)
        };
        let panel = |&challenge: &Challenge| {
            let levels = || self.wanted.protocol.levels.iter().map(move |&level| Shown { challenge, level });
            let curve = |m: &Method| levels().map(|shown| point(m, shown)).collect();
            MultiplesPanel { name: words(challenge.name()), curves: self.wanted.methods.iter().map(curve).collect() }
        };
        let panels: Vec<MultiplesPanel> = self.types().iter().map(panel).collect();
        let values = panels.iter().flat_map(|p| p.curves.iter().flatten()).map(|(_, estimate)| estimate.value);
        let lowest = 10.0 * (values.fold(50.0, f64::min) / 10.0 - 0.5).floor();
        Multiples {
            title: format!("{}: accuracy against level", self.wanted.title),
            data: self.data.to_owned(),
            x: "level".to_owned(),
            y: "accuracy in %".to_owned(),
            x_range: None,
            // An interval from few seeds may exceed the range of an accuracy.
            y_range: Some((lowest, 100.0)),
            series: self.methods(),
            reference: Some(Reference { label: "chance".to_owned(), line: ReferenceLine::Level(50.0) }),
            panels,
        }
    }

    /// ROC curves over all levels, one panel per type of challenge.
    fn roc(&self) -> Result<Multiples> {
        let curve = |method: &Method, challenge: Challenge| {
            let outcome = self.first(method);
            let points = Detection::new(&outcome.clean, &self.tested(outcome, challenge))?.roc();
            Ok(points.iter().map(|p| (p.fpr, Estimate { value: p.tpr, interval: None })).collect())
        };
        let panel = |&challenge: &Challenge| {
            Ok(MultiplesPanel {
                name: words(challenge.name()),
                curves: self.wanted.methods.iter().map(|m| curve(m, challenge)).collect::<Result<_>>()?,
            })
        };
        Ok(Multiples {
            title: format!("{}: ROC curves", self.wanted.title),
            data: self.data("all levels, first seed"),
            x: "false positive rate".to_owned(),
            y: "true positive rate".to_owned(),
            x_range: Some((0.0, 1.0)),
            y_range: Some((0.0, 1.0)),
            series: self.methods(),
            reference: Some(Reference { label: "chance".to_owned(), line: ReferenceLine::Diagonal }),
            panels: self.types().iter().map(panel).collect::<Result<_>>()?,
        })
    }

    /// The probabilities that the proposed method's classifier assigns to clean and to challenged images.
    fn scores(&self) -> Histograms {
        let method = self.wanted.proposed();
        let outcome = self.first(method);
        let probabilities = |logits: &[f64]| logits.iter().map(|&x| sigmoid(x)).collect::<Vec<f64>>();
        let panel = |&challenge: &Challenge| HistogramsPanel {
            name: words(challenge.name()),
            scores: vec![probabilities(&outcome.clean), probabilities(&self.tested(outcome, challenge))],
        };
        Histograms {
            title: format!("{}: what {} says", self.wanted.title, method.name),
            data: self.data("all levels, first seed"),
            x: "probability of being clean".to_owned(),
            range: (0.0, 1.0),
            bins: Histograms::BINS,
            series: vec!["clean".to_owned(), "under the challenge".to_owned()],
            panels: self.types().iter().map(panel).collect(),
        }
    }

    /// The features of each method in two principal components, for clean test images and for those at the middle level.
    fn components(&self) -> Result<Scatter> {
        let level = self.wanted.protocol.levels[self.wanted.protocol.levels.len() / 2];
        let some = |images: &Images| {
            let step = (images.len() / POINTS).max(1);
            images.subset((0..images.len()).step_by(step).take(POINTS))
        };
        let mut groups = vec![some(&self.pictures.clean[2])];
        let at_level = self.pictures.tested.iter().filter(|(shown, _)| shown.level == level);
        groups.extend(at_level.map(|(_, images)| some(images)));
        let panel = |method: &Method| {
            let trial = self.wanted.plain(method);
            let rows: Vec<_> =
                groups.iter().map(|g| features(self.vae, &self.networks[0], &trial, g)).collect::<Result<_>>()?;
            let width = rows[0].width();
            let all: Vec<f32> = rows.iter().flat_map(|r| r.rows().flatten().copied()).collect();
            let pca = Pca::fit(&all, width, 2)?;
            let kinds = rows.iter().enumerate().flat_map(|(kind, rows)| rows.rows().map(move |_| kind));
            let points = pca.project(&all).chunks_exact(2).zip(kinds).map(|(p, kind)| (p[0], p[1], kind)).collect();
            let axis =
                |i: usize, name: &str| format!("{name} component ({:.0} % of variance)", 100.0 * pca.shares()[i]);
            Ok(Panel {
                method: method.name.clone(),
                note: method.features.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
                points,
                curve: Vec::new(),
                line: Vec::new(),
                axes: Some((axis(0, "first"), axis(1, "second"))),
            })
        };
        let kinds = self.types().iter().map(|c| words(c.name()));
        Ok(Scatter {
            title: format!("{}: features in two principal components", self.wanted.title),
            data: self.data(&format!("{POINTS} test images each, level {level}, first seed")),
            x: String::new(),
            y: String::new(),
            kinds: std::iter::once("clean".to_owned()).chain(kinds).collect(),
            panels: self.wanted.methods.iter().map(panel).collect::<Result<_>>()?,
        })
    }

    /// The loss of the networks of the table.
    fn loss(&self) -> Curves {
        let of_table = self.networks.iter().filter(|n| n.settings == self.wanted.training);
        let curves = of_table.flat_map(|network| {
            let epochs = || network.epochs.iter().enumerate().map(|(i, epoch)| ((i + 1) as f64, epoch));
            let training = epochs().map(|(i, epoch)| (i, network.settings.loss(epoch.training))).collect();
            let validation =
                epochs().filter_map(|(i, epoch)| Some((i, network.settings.loss(epoch.validation?)))).collect();
            [
                Curve { name: format!("training, seed {}", network.seed), points: training },
                Curve { name: format!("validation, seed {}", network.seed), points: validation },
            ]
        });
        Curves {
            title: format!("{}: loss of the autoencoder", self.wanted.title),
            data: self.data("validation at z = μ"),
            x: "epoch".to_owned(),
            y: "loss per image".to_owned(),
            logarithmic: true,
            curves: curves.collect(),
        }
    }

    /// The accuracies of an ablation, method by method.
    fn ablation(&self, ablation: &Ablation) -> Intervals {
        let of = |method: &str| {
            let rows = ablation.variants.iter().flat_map(|v| v.trials.iter().map(move |t| (v, t)));
            let rows = rows.filter(|(_, (name, _))| name == method);
            rows.map(|(variant, (method, trial))| {
                let row = self.numbers.row(method, trial, Part::All, ACCURACY);
                let estimate = Estimate { value: row.value.expect("ours"), interval: row.interval() };
                Interval { label: label(&[method, &variant.name]), estimate }
            })
            .collect::<Vec<_>>()
        };
        Intervals {
            title: format!("{}: {}", self.wanted.title, ablation.name),
            data: self.data.to_owned(),
            statistic: format!("{} in %, mean over types and levels, with 95 % interval", STATISTICS[ACCURACY]),
            rows: ablation.methods().into_iter().flat_map(of).collect(),
            reference: None,
        }
    }

    /// One test image under challenges: all that can be simulated, or those of the dataset that the experiment tests.
    fn challenges(&self) -> Result<Sheet> {
        let simulated = self.signs.simulates();
        let types: Vec<Challenge> = if simulated { Challenge::ALL.into() } else { self.types().to_vec() };
        let levels: Vec<u8> = if simulated { (1..=5).collect() } else { self.wanted.protocol.levels.clone() };
        let mut cells = Vec::new();
        for &challenge in &types {
            let shown: Vec<Shown> = levels.iter().map(|&level| Shown { challenge, level }).collect();
            cells.extend(self.signs.example(&shown)?);
        }
        let columns = levels.iter().map(|level| format!("level {level}"));
        Ok(Sheet {
            title: format!("{}: challenges", self.wanted.title),
            data: self.data.to_owned(),
            columns: std::iter::once("clean".to_owned()).chain(columns).collect(),
            rows: types.iter().map(|c| words(c.name())).collect(),
            cells,
            scale: 2,
        })
    }

    /// Test images above the reconstructions by the first network, clean and under the first tested type of challenge.
    fn reconstructions(&self) -> Sheet {
        let (shown, challenged) = &self.pictures.tested[self.wanted.protocol.levels.len() - 1];
        let (mut rows, mut cells) = (Vec::new(), Vec::new());
        for (name, images) in [("clean".to_owned(), &self.pictures.clean[2]), (shown.to_string(), challenged)] {
            let step = (images.len() / COLUMNS).max(1);
            let some = images.subset((0..images.len()).step_by(step).take(COLUMNS));
            rows.extend([name, "reconstruction".to_owned()]);
            cells.extend((0..some.len()).map(|i| some.get(i)));
            cells.extend((0..some.len()).map(|i| self.reconstruct(&some, i)));
        }
        Sheet {
            title: format!("{}: test images and their reconstructions", self.wanted.title),
            data: self.data("first seed, z = μ"),
            columns: vec![String::new(); cells.len() / rows.len()],
            rows,
            cells,
            scale: 2,
        }
    }

    fn reconstruct(&self, images: &Images, image: usize) -> Rgb8 {
        let mut tape = Tape::<f32>::new();
        let bound = self.networks[0].parameters.place(&mut tape);
        let x = images.place(&mut tape, std::iter::once(image));
        let pass = self.vae.pass(&mut tape, &bound, x, None);
        let [_, height, width] = images.shape();
        let values = tape.values(pass.reconstruction);
        let sample = |x: usize, y: usize, c: usize| (255.0 * values[(c * height + y) * width + x]).round() as u8;
        Rgb8::from_fn(width, height, |x, y| [0, 1, 2].map(|c| sample(x, y, c)))
    }
}
