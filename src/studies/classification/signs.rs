//! Provides the images of a classification: those of a dataset, or synthetic signs.
//!
//! CURE-TSR contains files of clean and of challenged images. For photographs of another dataset and for synthetic signs, the challenges
//! are simulated here. A simulated image and its clean image then have the same processing. Both are resized to the size at which
//! challenges are applied, and then to the input size of the network. They differ only in the challenge.

use rayon::prelude::*;
use serde_json::{Value, json};

use super::settings::{Challenges, Classification, DrawnSigns, Shown};
use crate::datasets::database::{SignFacts, SignsFound};
use crate::datasets::signs::{Condition, Sign, Split};
use crate::datasets::{Database, cure_tsr};
use crate::error::{Error, Result};
use crate::files::{hash, hash_file};
use crate::imaging::Rgb8;
use crate::imaging::resize_bilinear::resize;
use crate::imaging::signs::{SIGN_TYPES, Track};
use crate::learn::Images;
use crate::run::progress::Progress;
use crate::stats::random::Stream;

/// The number of training tracks in every five; one of the others is for validation and one for test.
const TRAINING: usize = 3;
/// The database of the published numbers.
const PUBLISHED: &str = cure_tsr::DATABASE.name;
/// The least side of a sign in pixels. Real signs can be as small as 3×7.
const LEAST: usize = 2;

/// The images of an experiment.
pub(super) struct Signs {
    source: Source,
    /// The side in pixels at which simulated challenges are applied.
    size: usize,
    /// Width and height of the network's input.
    shape: (usize, usize),
    seed: u64,
}

enum Source {
    Files(Files),
    Drawn(DrawnSigns),
}

/// The signs of a database.
struct Files {
    database: &'static Database,
    facts: &'static SignFacts,
    found: SignsFound,
}

/// A clean image.
enum Item<'a> {
    File(&'a Sign),
    Frame { kind: usize, track: usize, frame: usize },
}

impl Signs {
    /// The dataset if it exists, else synthetic signs. A folder that the user named must exist.
    pub fn find(wanted: &Classification) -> Result<Signs> {
        let source = match wanted.dataset.folder() {
            None => Source::Drawn(wanted.stand_in),
            Some(folder) => {
                let database = wanted.dataset.kind;
                let facts = database.signs().expect("checked with the experiment");
                Source::Files(Files { database, facts, found: (facts.read)(folder)? })
            }
        };
        let [_, height, width] = wanted.network.image;
        let Challenges { size } = wanted.challenges;
        let signs = Signs { source, size, shape: (width, height), seed: wanted.seed };
        signs.check(wanted)?;
        Ok(signs)
    }

    /// Checks that all images exist that the experiment needs.
    fn check(&self, wanted: &Classification) -> Result<()> {
        let bad = |problem: String| match self.source {
            Source::Drawn(_) => Err(Error::Usage(format!("synthetic signs: {problem}"))),
            _ => Err(Error::data(&wanted.dataset.path, problem)),
        };
        let needed = [("training.batch", wanted.training.batch), ("classifier.batch", wanted.classifier.batch)];
        let training = self.items(Split::Train).len();
        for (key, batch) in needed {
            if training < batch {
                return bad(format!(
                    "there are {training} training images, fewer than a batch of {batch}; lower `{key}` or add signs"
                ));
            }
        }
        for (split, name) in [(Split::Validation, "validation"), (Split::Test, "test")] {
            if self.items(split).is_empty() {
                return bad(format!("there are no {name} images; add signs"));
            }
        }
        if let Some(files) = self.with_challenges() {
            let shown = wanted.trials().into_iter().map(|t| t.shown);
            let learned = shown.flat_map(|s| [(s, Split::Train), (s, Split::Validation)]);
            let tested = wanted.conditions().into_iter().map(|s| (s, Split::Test));
            let missing =
                |&(shown, split): &(Shown, Split)| files.found.signs.with(split, condition(shown)).next().is_none();
            let mut missing: Vec<String> =
                learned.chain(tested).filter(missing).map(|(s, split)| format!("{s} ({split:?})")).collect();
            missing.dedup();
            if !missing.is_empty() {
                return bad(format!(
                    "there are no images of {}; remove these challenges from the experiment or add the images",
                    missing.join(", ")
                ));
            }
        }
        Ok(())
    }

    pub fn is_stand_in(&self) -> bool {
        matches!(self.source, Source::Drawn(_))
    }

    /// Why the numbers are not comparable with the published ones; `None` if they are.
    pub fn not_comparable(&self) -> Option<String> {
        match &self.source {
            Source::Files(Files { facts, found, .. }) => match facts.published {
                Some(published) => {
                    let found = found.signs.all().filter(|sign| sign.challenge == Condition::NONE).count();
                    let problem =
                        || format!("{found} real challenge-free signs, not the publication's {}", published.images);
                    (found < published.least).then(problem)
                }
                None => Some(format!("other photographs than {PUBLISHED}'s, under simulated challenges")),
            },
            Source::Drawn(_) => Some("synthetic signs under simulated challenges".to_owned()),
        }
    }

    /// Whether challenges are simulated instead of read from files.
    pub fn simulates(&self) -> bool {
        self.with_challenges().is_none()
    }

    /// The files, if they include challenged images.
    fn with_challenges(&self) -> Option<&Files> {
        match &self.source {
            Source::Files(files) if files.facts.challenges => Some(files),
            _ => None,
        }
    }

    /// The description of the data, for every title.
    pub fn describe(&self) -> String {
        let counts = [Split::Train, Split::Validation, Split::Test].map(|split| self.items(split).len());
        let [train, validation, test] = counts;
        let split = format!("{train} for training, {validation} for validation, {test} for test");
        let all = counts.iter().sum::<usize>();
        match &self.source {
            Source::Files(Files { database, facts, .. }) if facts.challenges => {
                format!("{}, {all} real challenge-free signs: {split}", database.name)
            }
            Source::Files(Files { database, found, .. }) => format!(
                "{} (not {PUBLISHED}), {all} photographs of {} classes: {split}; simulated challenges",
                database.name,
                found.signs.classes.len()
            ),
            Source::Drawn(DrawnSigns { tracks, frames }) => format!(
                "stand-in: {all} synthetic signs, {} types × {tracks} signs × {frames} frames: {split}; simulated challenges",
                SIGN_TYPES.len()
            ),
        }
    }

    /// More information about the data, for the messages of a run.
    pub fn details(&self) -> Option<String> {
        match &self.source {
            Source::Files(files) => files.found.coverage.clone(),
            Source::Drawn(_) => None,
        }
    }

    /// The clean images of a split, in order.
    fn items(&self, split: Split) -> Vec<Item<'_>> {
        match &self.source {
            Source::Files(files) => files.found.signs.with(split, Condition::NONE).map(Item::File).collect(),
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

    /// The images of a split, clean or under a challenge, in the network's input size. An image has the same index under all simulated
    /// challenges.
    pub fn images(&self, split: Split, challenge: Option<Shown>) -> Result<Images> {
        let (width, height) = self.shape;
        let pictures: Vec<Result<Rgb8>> = match (self.with_challenges(), challenge) {
            (Some(files), Some(shown)) => {
                let signs: Vec<&Sign> = files.found.signs.with(split, condition(shown)).collect();
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

    /// The number of clean images in the splits before this one. It numbers the images; an image's number selects its random streams.
    fn first(&self, split: Split) -> usize {
        match split {
            Split::Train => 0,
            Split::Validation => self.items(Split::Train).len(),
            Split::Test => self.first(Split::Validation) + self.items(Split::Validation).len(),
        }
    }

    /// An image, clean or under a simulated challenge, before it is resized to the network's input size.
    fn picture(&self, item: &Item, challenge: Option<Shown>, number: u64) -> Result<Rgb8> {
        let clean = match *item {
            Item::Frame { kind, track, frame } => {
                Track::new(self.seed, kind, track as u64).frame(frame as u64, self.size)
            }
            Item::File(sign) if self.simulates() => resize(&read(sign)?, self.size, self.size),
            // Its challenges are files, so no size is needed to simulate them.
            Item::File(sign) => read(sign)?,
        };
        Ok(match challenge {
            None => clean,
            Some(Shown { challenge, level }) => {
                challenge.apply(&clean, level, &mut Stream::new(self.seed, challenge.name(), number))
            }
        })
    }

    /// A test image at the size of the challenges, clean and under each of `challenges`, for a picture.
    pub fn example(&self, challenges: &[Shown]) -> Result<Vec<Rgb8>> {
        let items = self.items(Split::Test);
        let (place, number) = (items.len() / 2, (self.first(Split::Test) + items.len() / 2) as u64);
        let of = |challenge: Option<Shown>| match (self.with_challenges(), challenge) {
            (Some(files), Some(shown)) => {
                let signs: Vec<&Sign> = files.found.signs.with(Split::Test, condition(shown)).collect();
                Ok(resize(&read(signs[place.min(signs.len() - 1)])?, self.size, self.size))
            }
            _ => Ok(resize(&self.picture(&items[place], challenge, number)?, self.size, self.size)),
        };
        std::iter::once(None).chain(challenges.iter().copied().map(Some)).map(of).collect()
    }

    /// The values that determine the images. `files` is the hash of the dataset's files.
    pub fn identity(&self, files: Option<&str>) -> Value {
        let drawn = match &self.source {
            Source::Drawn(drawn) => Some(drawn),
            _ => None,
        };
        json!({ "files": files, "drawn": drawn, "size": self.size, "shape": self.shape, "seed": self.seed })
    }

    /// One hash over all files of a dataset, in order, with the use of each file. It reads every file. `None` for synthetic signs.
    pub fn hash(&self, progress: &Progress) -> Result<Option<String>> {
        let signs: Vec<&Sign> = match &self.source {
            Source::Files(files) => files.found.signs.all().collect(),
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
            Source::Files(files) => files.found.signs.all().count(),
            Source::Drawn(_) => 0,
        }
    }
}

fn condition(Shown { challenge, level }: Shown) -> Condition {
    Condition { kind: usize::from(challenge.number()), level: usize::from(level) }
}

/// Reads the image of a sign, of any shape. Like the authors' transformation, the later resize does not keep the aspect ratio.
fn read(sign: &Sign) -> Result<Rgb8> {
    let image = sign.read()?;
    if image.width.min(image.height) < LEAST {
        let problem = format!(
            "is {}×{} pixels, too small to show a sign; remove the file or its row of the manifest",
            image.width, image.height
        );
        return Err(Error::data(&sign.path, problem));
    }
    Ok(image)
}
