//! Descriptions of databases, and the results of their readers.
//!
//! A [`Database`] contains a database's names, the rule for naming its images, and the reader of its files. Each is a
//! constant in the file of its reader, with a line in [`DATABASES`](super::DATABASES). A reader of image quality
//! returns a [`QualitySet`], one of signs a [`SignsFound`].
//!
//! An [`Image`] has a unique name in the database, although files in different folders may have the same name. Score
//! files name images in various ways; a database's [`Naming`] finds the image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::signs::SignSet;
use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::decode::read_image;

/// A database, or a layout of the user's own files.
///
/// Two are equal if their keys are. It serialises as its key.
#[derive(Clone, Copy, Debug)]
pub struct Database {
    /// Its name in experiment files and manifests: `tid2013`.
    pub key: &'static str,
    /// Its name in tables, and in `paper/published.toml` if the publication has it: `TID2013`.
    pub name: &'static str,
    /// The contents.
    pub contents: Contents,
}

/// The contents of a database, with the facts that an experiment needs.
#[derive(Clone, Copy, Debug)]
pub enum Contents {
    /// Distorted images with their references and people's opinions.
    Quality(QualityFacts),
    /// Images of traffic signs.
    Signs(SignFacts),
    /// Images without further data.
    Images,
}

/// The facts about an image-quality database.
#[derive(Clone, Copy, Debug)]
pub struct QualityFacts {
    /// The number of distorted images of the whole database, as published. `None` for the user's own images.
    pub images: Option<usize>,
    /// The names of its images in score files.
    pub naming: Naming,
    /// Whether the experiment file must name the columns of its table.
    pub columns: bool,
    /// The synthetic distortions that imitate it. Without them nothing can replace the database if it is absent.
    pub synthetic: Option<Synthetic>,
    /// The reader.
    pub read: QualityReader,
}

/// The reader of an image-quality database. It receives the columns, and whether a higher score means a better image,
/// if and only if [`QualityFacts::columns`] is true.
pub type QualityReader = fn(&Path, Option<(&Columns, bool)>) -> Result<QualitySet>;

/// The synthetic distortions that imitate an image-quality database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synthetic {
    /// The types of [`distortion::TYPES`](crate::imaging::distortion::TYPES) and the levels that the experiment file lists.
    Types,
    /// Blur with JPEG and blur with noise ([`multiple`](crate::imaging::distortion::multiple)), each at three levels,
    /// and each distortion alone.
    Pairs,
}

/// The facts about a database of traffic signs.
#[derive(Clone, Copy, Debug)]
pub struct SignFacts {
    /// Whether it contains images under challenges. If not, challenges are simulated.
    pub challenges: bool,
    /// The number of signs in the publication, if it used this database.
    pub published: Option<PublishedSigns>,
    /// The reader.
    pub read: fn(&Path) -> Result<SignsFound>,
}

/// The number of clean signs that a publication used.
#[derive(Clone, Copy, Debug)]
pub struct PublishedSigns {
    /// The number as text: `10,600`.
    pub images: &'static str,
    /// With fewer signs, only a part of the database is present.
    pub least: usize,
}

/// The signs of a database that were found.
#[derive(Clone, Debug)]
pub struct SignsFound {
    /// The signs, clean and under challenges.
    pub signs: SignSet,
    /// A summary of the files, in a few lines.
    pub coverage: Option<String>,
}

impl Database {
    /// The facts, if it is an image-quality database.
    pub fn quality(&self) -> Option<&QualityFacts> {
        match &self.contents {
            Contents::Quality(facts) => Some(facts),
            _ => None,
        }
    }

    /// The facts, if it is a database of traffic signs.
    pub fn signs(&self) -> Option<&SignFacts> {
        match &self.contents {
            Contents::Signs(facts) => Some(facts),
            _ => None,
        }
    }
}

impl PartialEq for Database {
    fn eq(&self, other: &Database) -> bool {
        self.key == other.key
    }
}

impl Serialize for Database {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key)
    }
}

/// The names of a database's images in score files.
#[derive(Clone, Copy, Debug)]
pub struct Naming {
    /// The image for a name, with or without folders and extension; `None` if no image of the database has that name.
    pub image: fn(&str) -> Option<Image>,
    /// An example for an error: `an image of TID2013, such as i01_01_1`.
    pub example: &'static str,
}

/// The names of a table's columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The path of the distorted image.
    pub image: String,
    /// The path of its reference.
    pub reference: String,
    /// The mean opinion.
    pub score: String,
    /// Its standard deviation, `std` in an experiment file, if there is a column for it. Without it there is no outlier
    /// ratio.
    #[serde(rename = "std")]
    pub deviation: Option<String>,
    /// The type of the distortion, `type` in an experiment file, if there is a column for it. With it there is a table by type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// The identity of a distorted image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// Its name, unique in the database: `i01_07_2`, `part1/cows_blur1_jpeg2`.
    pub name: String,
    /// The name of its reference image.
    pub reference: String,
    /// The kind of distortion; empty if the database does not state it.
    pub kind: String,
    /// The level of the distortion, from 1 on, if the database has levels.
    pub level: Option<usize>,
}

/// The largest opinion, standard deviation or finite score that a table may contain, on either side of 0.
///
/// The readers of tables enforce it. Sums of products of such numbers are far from the limits of `f64`, and no scale of opinions needs
/// more. Larger numbers, such as the largest of `f64`, usually stand for missing values.
pub const LARGEST_RATING: f64 = 1e12;

/// The scale of the opinions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Its name: `MOS`, `DMOS`.
    pub name: String,
    /// Whether a higher number means a better image.
    pub higher_is_better: bool,
}

impl Opinion {
    /// Mean opinion scores: higher is better.
    pub fn mos() -> Opinion {
        Opinion { name: "MOS".into(), higher_is_better: true }
    }

    /// Difference mean opinion scores, between the reference and the image: lower is better.
    pub fn dmos() -> Opinion {
        Opinion { name: "DMOS".into(), higher_is_better: false }
    }
}

/// One distorted image with its opinion and its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The image.
    pub image: Image,
    /// The mean opinion, on the scale of the database.
    pub opinion: f64,
    /// Its standard deviation; `None` if the database does not contain it.
    pub deviation: Option<f64>,
    /// The file of the distorted image.
    pub path: PathBuf,
    /// The file of the reference image.
    pub reference_path: PathBuf,
}

impl Entry {
    /// Reads the reference image.
    ///
    /// # Errors
    /// [`Error::Data`] if it cannot be read.
    pub fn read_reference(&self) -> Result<Rgb8> {
        read_image(&self.reference_path)
    }

    /// Reads the distorted image; it must have the size of `reference`.
    ///
    /// # Errors
    /// [`Error::Data`] if it cannot be read or has another size.
    pub fn read_distorted(&self, reference: &Rgb8) -> Result<Rgb8> {
        let image = read_image(&self.path)?;
        if (image.width, image.height) != (reference.width, reference.height) {
            let (width, height) = (reference.width, reference.height);
            let problem = format!(
                "is {}×{} pixels, but its reference {} is {width}×{height}; replace it by the original file",
                image.width,
                image.height,
                self.reference_path.display()
            );
            return Err(Error::data(&self.path, problem));
        }
        Ok(image)
    }
}

/// The images of an image-quality database that were found.
#[derive(Clone, Debug, PartialEq)]
pub struct QualitySet {
    /// The present images, grouped by reference.
    pub entries: Vec<Entry>,
    /// The scale of the opinions.
    pub opinion: Opinion,
    /// Whether the file names of the images are unique. A manifest then lists images by file name, otherwise by
    /// [`Image::name`].
    pub unique_file_names: bool,
    /// The files with the opinions, each with its name in a manifest.
    pub score_files: Vec<(String, PathBuf)>,
    /// A description for titles: `TID2013, 709 of 3000 images, …`.
    pub description: String,
}

/// Numbers for names, from 0 in the order of first appearance: for a bootstrap over references.
pub fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    names
        .map(|name| {
            let next = seen.len();
            *seen.entry(name).or_insert(next)
        })
        .collect()
}

/// The last part of a path without its extension, in lower case; both kinds of slash separate.
pub(super) fn stem(path: &str) -> String {
    let name = path.trim().rsplit(['/', '\\']).next().unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase()
}

/// The last part of a path.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// One error for all missing files of a list.
pub(super) fn missing(list: &Path, files: &[String], what_to_do: &str) -> Error {
    const SHOWN: usize = 50;
    let more = files.len().saturating_sub(SHOWN);
    let mut names = files.iter().take(SHOWN).map(|f| format!("\n  {f}")).collect::<String>();
    if more > 0 {
        names += &format!("\n  and {more} more");
    }
    Error::data(list, format!("{} of its images are missing; {what_to_do}:{names}", files.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_order_of_first_appearance() {
        assert_eq!(numbered(["b", "a", "b", "c"].into_iter()), [0, 1, 0, 2]);
    }

    #[test]
    fn a_long_list_of_missing_files_is_cut() {
        let files: Vec<String> = (0..60).map(|i| format!("f{i}.png")).collect();
        let message = missing(Path::new("list.csv"), &files, "put them there").to_string();
        assert!(message.contains("list.csv: 60 of its images are missing; put them there:\n  f0.png\n"));
        assert!(message.ends_with("\n  f49.png\n  and 10 more"), "{message}");
    }
}
