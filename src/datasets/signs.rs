//! Traffic signs, split into training, validation and test: what every reader of sign images gives.
//!
//! Neighbouring frames of a video show the same sign. Were they dealt at random, nearly every test image would have a twin in
//! the training set; so a split never cuts through the frames of one sign where the data say which they are, and a degraded
//! version of an image is always in the split of that image.
//!
//! A [`Sign`] is a file and what is known of it. Its pixels are read when they are asked for, so that a set of a million images
//! takes no more memory than their names.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::decode::read_image;

/// What an image is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// To train on.
    Train,
    /// To choose the best epoch on.
    Validation,
    /// To report on.
    Test,
}

/// How an image was degraded: by a [challenge](crate::imaging::challenge::Challenge) at one of its levels, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// Number of the challenge type, 1 to 12; 0 for none.
    pub kind: usize,
    /// 1 (mildest) to 5; 0 for none.
    pub level: usize,
}

impl Condition {
    /// The image as it was taken.
    pub const NONE: Condition = Condition { kind: 0, level: 0 };
}

/// One image of a traffic sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// The image's file.
    pub path: PathBuf,
    /// The number of its class, a key of [`SignSet::classes`].
    pub class: usize,
    /// The number of the track (the one sign or video that it was cut from) within its class, if the data say.
    pub track: Option<usize>,
    /// Its number within the track, or within the class where there are no tracks. Neighbours are neighbouring frames.
    pub frame: usize,
    /// How it was degraded.
    pub challenge: Condition,
    /// What it is used for.
    pub split: Split,
    /// Width and height in pixels, where the data's own list states them.
    pub size: Option<(usize, usize)>,
}

impl Sign {
    /// The image.
    ///
    /// # Errors
    /// [`Error::Data`] as [`read_image`], and when its size is not the stated one.
    pub fn read(&self) -> Result<Rgb8> {
        let image = read_image(&self.path)?;
        match self.size {
            Some((width, height)) if (width, height) != (image.width, image.height) => {
                let problem = format!(
                    "is {}×{} pixels, but listed as {width}×{height}; put the original file in its place",
                    image.width, image.height
                );
                Err(Error::data(&self.path, problem))
            }
            _ => Ok(image),
        }
    }
}

/// Sign images by their use, each part ordered by class, track, frame and challenge. Prints as one line, such as `4439 images of
/// 43 classes: 2724 for training, 680 for validation, 1035 for test`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignSet {
    /// The names of the classes that have images, by number.
    pub classes: BTreeMap<usize, String>,
    /// To train on.
    pub train: Vec<Sign>,
    /// To choose the best epoch on.
    pub validation: Vec<Sign>,
    /// To report on.
    pub test: Vec<Sign>,
}

impl SignSet {
    /// The images of one split.
    pub fn of(&self, split: Split) -> &[Sign] {
        match split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
            Split::Test => &self.test,
        }
    }

    /// The images of one split that are degraded in just this way.
    pub fn with(&self, split: Split, challenge: Condition) -> impl Iterator<Item = &Sign> {
        self.of(split).iter().filter(move |sign| sign.challenge == challenge)
    }

    /// All images, one split after the other.
    pub fn all(&self) -> impl Iterator<Item = &Sign> {
        self.train.iter().chain(&self.validation).chain(&self.test)
    }

    /// Adds an image to its split.
    pub(super) fn push(&mut self, sign: Sign) {
        match sign.split {
            Split::Train => self.train.push(sign),
            Split::Validation => self.validation.push(sign),
            Split::Test => self.test.push(sign),
        }
    }
}

impl fmt::Display for SignSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [train, validation, test] = [&self.train, &self.validation, &self.test].map(Vec::len);
        let (all, classes) = (train + validation + test, self.classes.len());
        write!(
            f,
            "{all} images of {classes} classes: {train} for training, {validation} for validation, {test} for test"
        )
    }
}
