//! Traffic signs, split into training, validation and test: the result of every reader of sign images.
//!
//! Neighbouring frames of a video show the same sign. After a random split, nearly every test image would have a nearly
//! equal image in the training set. So a split never separates the frames of one sign if the data identify them, and a
//! degraded version of an image is always in the split of that image.
//!
//! A [`Sign`] is a file with its labels. Its pixels are read on request, so a set of a million images needs only the
//! memory of their names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::decode::read_image;

/// The use of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// Training.
    Train,
    /// Choice of the best epoch.
    Validation,
    /// Evaluation.
    Test,
}

/// The degradation of an image: a [challenge](crate::imaging::challenge::Challenge) at one of its levels, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// Number of the challenge type, 1 to 12; 0 for none.
    pub kind: usize,
    /// 1 (mildest) to 5; 0 for none.
    pub level: usize,
}

impl Condition {
    /// No challenge.
    pub const NONE: Condition = Condition { kind: 0, level: 0 };
}

/// One image of a traffic sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// The file of the image.
    pub path: PathBuf,
    /// The number of its class, a key of [`SignSet::classes`].
    pub class: usize,
    /// The number of the track (one sign or video) within its class, if the data state it.
    pub track: Option<usize>,
    /// Its number within the track, or within the class if there are no tracks. Neighbours are neighbouring frames.
    pub frame: usize,
    /// The degradation.
    pub challenge: Condition,
    /// The use.
    pub split: Split,
    /// Width and height in pixels, if the data's own list states them.
    pub size: Option<(usize, usize)>,
}

impl Sign {
    /// Reads the image.
    ///
    /// # Errors
    /// The errors of [`read_image`], and [`Error::Data`] if its size is not the stated one.
    pub fn read(&self) -> Result<Rgb8> {
        let image = read_image(&self.path)?;
        match self.size {
            Some((width, height)) if (width, height) != (image.width, image.height) => {
                let problem = format!(
                    "is {}×{} pixels, but listed as {width}×{height}; replace it by the original file",
                    image.width, image.height
                );
                Err(Error::data(&self.path, problem))
            }
            _ => Ok(image),
        }
    }
}

/// Sign images by use, each part ordered by class, track, frame and challenge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignSet {
    /// The names of the classes that have images, by number.
    pub classes: BTreeMap<usize, String>,
    /// The training set.
    pub train: Vec<Sign>,
    /// The validation set.
    pub validation: Vec<Sign>,
    /// The test set.
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

    /// The images of one split with exactly this degradation.
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
