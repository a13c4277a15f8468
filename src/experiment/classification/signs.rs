//! Where the images of a classification come from: a dataset, or signs that are drawn.
//!
//! Of CURE-TSR both clean and degraded images are files. Photographs of another dataset are degraded here, by the simulators,
//! and so are drawn signs. A simulated image goes the same way as the clean one, which is brought to the size at which
//! challenges fall on it and from there to the network's; the two differ in the challenge alone.

use rayon::prelude::*;

use crate::datasets::cure_tsr::{self, CureTsr};
use crate::datasets::gtsrb;
use crate::datasets::signs::{Condition, Sign, SignSet, Split};
use crate::error::{Error, Result};
use crate::experiment::file::{Challenges, Classification, DatasetKind, DrawnSigns, Shown};
use crate::experiment::progress::Progress;
use crate::imaging::Rgb8;
use crate::imaging::resize_bilinear::resize;
use crate::imaging::signs::{SIGN_TYPES, Track};
use crate::ood::Images;
use crate::report::files::{hash, hash_file};
use crate::stats::random::Stream;

use serde_json::{Value, json};

/// Of every five tracks, these many are for training; one is for validation and one for test.
const TRAINING: usize = 3;
/// CURE-TSR has about 10,600 real challenge-free signs (METHOD §2.3); with fewer it is a part of it.
const WHOLE: usize = 10_500;
/// No sign is smaller: there are real ones of 3×7 pixels.
const LEAST: usize = 2;

/// The images of an experiment.
pub(super) struct Signs {
    source: Source,
    /// The side at which simulated challenges fall on an image.
    size: usize,
    /// Width and height of the network's images.
    shape: (usize, usize),
    seed: u64,
}

enum Source {
    CureTsr(Box<CureTsr>),
    Photographs(SignSet),
    Drawn(DrawnSigns),
}

/// A clean image.
enum Item<'a> {
    File(&'a Sign),
    Frame { kind: usize, track: usize, frame: usize },
}

impl Signs {
    /// The dataset where it is, else drawn signs. A folder that the user named is never passed over.
    pub fn find(wanted: &Classification) -> Result<Signs> {
        let source = match (wanted.dataset.folder(), wanted.dataset.kind) {
            (None, _) => Source::Drawn(wanted.stand_in),
            (Some(folder), DatasetKind::CureTsr) => Source::CureTsr(Box::new(cure_tsr::read(folder)?)),
            (Some(folder), _) => Source::Photographs(gtsrb::read(folder)?),
        };
        let [_, height, width] = wanted.network.image;
        let Challenges { size } = wanted.challenges;
        let signs = Signs { source, size, shape: (width, height), seed: wanted.seed };
        signs.check(wanted)?;
        Ok(signs)
    }

    /// Whether there is what the experiment needs.
    fn check(&self, wanted: &Classification) -> Result<()> {
        let bad = |problem: String| match self.source {
            Source::Drawn(_) => Err(Error::Usage(format!("of the drawn signs {problem}"))),
            _ => Err(Error::data(&wanted.dataset.path, problem)),
        };
        let needed = [("training.batch", wanted.training.batch), ("classifier.batch", wanted.classifier.batch)];
        let training = self.items(Split::Train).len();
        for (key, batch) in needed {
            if training < batch {
                return bad(format!(
                    "{training} are for training, fewer than a batch of {batch}; lower `{key}` or add signs"
                ));
            }
        }
        for (split, name) in [(Split::Validation, "validation"), (Split::Test, "test")] {
            if self.items(split).is_empty() {
                return bad(format!("none are for {name}; add signs"));
            }
        }
        if let Source::CureTsr(dataset) = &self.source {
            let shown = wanted.trials().into_iter().map(|t| t.shown);
            let learned = shown.flat_map(|s| [(s, Split::Train), (s, Split::Validation)]);
            let tested = wanted.conditions().into_iter().map(|s| (s, Split::Test));
            let missing =
                |&(shown, split): &(Shown, Split)| dataset.real.with(split, condition(shown)).next().is_none();
            let mut missing: Vec<String> =
                learned.chain(tested).filter(missing).map(|(s, split)| format!("{s} ({split:?})")).collect();
            missing.dedup();
            if !missing.is_empty() {
                return bad(format!(
                    "there are no images of {}; leave these challenges out of the experiment or add them",
                    missing.join(", ")
                ));
            }
        }
        Ok(())
    }

    pub fn is_stand_in(&self) -> bool {
        matches!(self.source, Source::Drawn(_))
    }

    /// Why the numbers are not those of the publication, if they are not.
    pub fn not_comparable(&self) -> Option<String> {
        match &self.source {
            Source::CureTsr(dataset) => {
                let found = dataset.real.all().filter(|sign| sign.challenge == Condition::NONE).count();
                (found < WHOLE).then(|| format!("{found} real challenge-free signs, not the publication's 10,600"))
            }
            Source::Photographs(_) => Some("other photographs than CURE-TSR's, under simulated challenges".to_owned()),
            Source::Drawn(_) => Some("drawn signs under simulated challenges".to_owned()),
        }
    }

    /// Whether challenges are simulated, rather than files.
    pub fn simulates(&self) -> bool {
        !matches!(self.source, Source::CureTsr(_))
    }

    /// What the numbers are from, in words for every title.
    pub fn describe(&self) -> String {
        let counts = [Split::Train, Split::Validation, Split::Test].map(|split| self.items(split).len());
        let [train, validation, test] = counts;
        let split = format!("{train} for training, {validation} for validation, {test} for test");
        let all = counts.iter().sum::<usize>();
        match &self.source {
            Source::CureTsr(_) => format!("CURE-TSR, {all} real challenge-free signs: {split}"),
            Source::Photographs(set) => {
                format!(
                    "GTSRB (not CURE-TSR), {all} photographs of {} classes: {split}; simulated challenges",
                    set.classes.len()
                )
            }
            Source::Drawn(DrawnSigns { tracks, frames }) => format!(
                "stand-in: {all} drawn signs, {} types × {tracks} signs × {frames} frames: {split}; simulated challenges",
                SIGN_TYPES.len()
            ),
        }
    }

    /// More about the data, for the reader of a run's messages.
    pub fn details(&self) -> Option<String> {
        match &self.source {
            Source::CureTsr(dataset) => Some(dataset.coverage.to_string()),
            Source::Photographs(_) | Source::Drawn(_) => None,
        }
    }

    /// The clean images of a split, in order.
    fn items(&self, split: Split) -> Vec<Item<'_>> {
        match &self.source {
            Source::CureTsr(dataset) => dataset.real.with(split, Condition::NONE).map(Item::File).collect(),
            Source::Photographs(set) => set.of(split).iter().map(Item::File).collect(),
            Source::Drawn(DrawnSigns { tracks, frames }) => {
                let of = |track: &usize| match track % 5 {
                    n if n < TRAINING => Split::Train,
                    TRAINING => Split::Validation,
                    _ => Split::Test,
                };
                let tracks = || (0..*tracks).filter(|t| of(t) == split);
                let frames = |kind, track| (0..*frames).map(move |frame| Item::Frame { kind, track, frame });
                (0..SIGN_TYPES.len()).flat_map(|kind| tracks().flat_map(move |track| frames(kind, track))).collect()
            }
        }
    }

    /// The images of a split, clean or under a challenge, at the network's size. An image stands at the same place under all
    /// simulated challenges.
    pub fn images(&self, split: Split, challenge: Option<Shown>) -> Result<Images> {
        let (width, height) = self.shape;
        let pictures: Vec<Result<Rgb8>> = match (&self.source, challenge) {
            (Source::CureTsr(dataset), Some(shown)) => {
                let signs: Vec<&Sign> = dataset.real.with(split, condition(shown)).collect();
                signs.into_par_iter().map(|sign| Ok(resize(&read(sign)?, width, height))).collect()
            }
            _ => {
                let first = self.first(split);
                let picture = |(i, item): (usize, &Item)| self.picture(item, challenge, (first + i) as u64);
                let small = |picture: Result<Rgb8>| Ok(resize(&picture?, width, height));
                self.items(split).par_iter().enumerate().map(picture).map(small).collect()
            }
        };
        let mut images = Images::new(width, height);
        for picture in pictures {
            images.push(&picture?);
        }
        Ok(images)
    }

    /// How many clean images the splits before this one have: each image has a number, and by it streams of its own.
    fn first(&self, split: Split) -> usize {
        match split {
            Split::Train => 0,
            Split::Validation => self.items(Split::Train).len(),
            Split::Test => self.first(Split::Validation) + self.items(Split::Validation).len(),
        }
    }

    /// An image, clean or under a simulated challenge, before it is brought to the network's size.
    fn picture(&self, item: &Item, challenge: Option<Shown>, number: u64) -> Result<Rgb8> {
        let clean = match *item {
            Item::Frame { kind, track, frame } => {
                Track::new(self.seed, kind, track as u64).frame(frame as u64, self.size)
            }
            Item::File(sign) => match self.source {
                // Its challenges are files: nothing has to fall on it at any size.
                Source::CureTsr(_) => read(sign)?,
                _ => resize(&read(sign)?, self.size, self.size),
            },
        };
        Ok(match challenge {
            None => clean,
            Some(Shown { challenge, level }) => {
                challenge.apply(&clean, level, &mut Stream::new(self.seed, challenge.name(), number))
            }
        })
    }

    /// A test image, large, clean and under challenges: for a sheet.
    pub fn example(&self, challenges: &[Shown]) -> Result<Vec<Rgb8>> {
        let items = self.items(Split::Test);
        let (place, number) = (items.len() / 2, (self.first(Split::Test) + items.len() / 2) as u64);
        let of = |challenge: Option<Shown>| match (&self.source, challenge) {
            (Source::CureTsr(dataset), Some(shown)) => {
                let signs: Vec<&Sign> = dataset.real.with(Split::Test, condition(shown)).collect();
                Ok(resize(&read(signs[place.min(signs.len() - 1)])?, self.size, self.size))
            }
            _ => Ok(resize(&self.picture(&items[place], challenge, number)?, self.size, self.size)),
        };
        std::iter::once(None).chain(challenges.iter().copied().map(Some)).map(of).collect()
    }

    /// What the images are a function of; `files` is the hash of the dataset's files.
    pub fn identity(&self, files: Option<&str>) -> Value {
        let drawn = match &self.source {
            Source::Drawn(drawn) => Some(drawn),
            _ => None,
        };
        json!({ "files": files, "drawn": drawn, "size": self.size, "shape": self.shape, "seed": self.seed })
    }

    /// One hash for all files of a dataset, in their order, with what each is used as; each file is read.
    pub fn hash(&self, progress: &Progress) -> Result<Option<String>> {
        let signs: Vec<&Sign> = match &self.source {
            Source::CureTsr(dataset) => dataset.real.all().collect(),
            Source::Photographs(set) => set.all().collect(),
            Source::Drawn(_) => return Ok(None),
        };
        let hashes: Vec<Result<String>> = signs
            .par_iter()
            .map(|sign| {
                progress.step();
                let Condition { kind, level } = sign.challenge;
                Ok(format!("{:?} {} {kind} {level} {}\n", sign.split, sign.class, hash_file(&sign.path)?))
            })
            .collect();
        Ok(Some(hash(hashes.into_iter().collect::<Result<Vec<_>>>()?.concat().as_bytes())))
    }

    /// The number of files.
    pub fn files(&self) -> usize {
        match &self.source {
            Source::CureTsr(dataset) => dataset.real.all().count(),
            Source::Photographs(set) => set.all().count(),
            Source::Drawn(_) => 0,
        }
    }
}

fn condition(Shown { challenge, level }: Shown) -> Condition {
    Condition { kind: usize::from(challenge.number()), level: usize::from(level) }
}

/// A sign's image, of any shape: like the authors' transformation the resize does not keep its sides' ratio.
fn read(sign: &Sign) -> Result<Rgb8> {
    let image = sign.read()?;
    if image.width.min(image.height) < LEAST {
        let problem = format!(
            "is {}×{} pixels, which shows no sign; take it away, or its row out of the manifest",
            image.width, image.height
        );
        return Err(Error::data(&sign.path, problem));
    }
    Ok(image)
}
