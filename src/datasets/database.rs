//! What the image-quality databases have in common once each has been read by its own reader.
//!
//! An [`Image`] is known by a name that is its own in the database: files in different folders may be called alike. Score files name
//! images in their own way; a database's [`Naming`] makes the one name of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::tid2013::ImageId;
use super::{live, multi_live};
use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::decode::read_image;

/// Which distorted image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// Its name, unlike any other's in the database: `i01_07_2`, `part1/cows_blur1_jpeg2`.
    pub name: String,
    /// The name of its reference image.
    pub reference: String,
    /// The kind of distortion; empty where the database does not say.
    pub kind: String,
    /// How strong it is, from 1 on, where the database has levels.
    pub level: Option<usize>,
}

/// What the viewers' numbers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// What they are called: `MOS`, `DMOS`.
    pub name: String,
    /// Whether a higher number is a better image.
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
    /// Which image.
    pub image: Image,
    /// The viewers' mean opinion, on the database's scale.
    pub opinion: f64,
    /// Its standard deviation; `None` when the database does not give it.
    pub deviation: Option<f64>,
    /// The distorted image's file.
    pub path: PathBuf,
    /// The reference image's file.
    pub reference_path: PathBuf,
}

impl Entry {
    /// The reference image.
    ///
    /// # Errors
    /// [`Error::Data`] when it cannot be read.
    pub fn read_reference(&self) -> Result<Rgb8> {
        read_image(&self.reference_path)
    }

    /// The distorted image; its size must be that of `reference`.
    ///
    /// # Errors
    /// [`Error::Data`] when it cannot be read or is of another size.
    pub fn read_distorted(&self, reference: &Rgb8) -> Result<Rgb8> {
        let image = read_image(&self.path)?;
        if (image.width, image.height) != (reference.width, reference.height) {
            let (width, height) = (reference.width, reference.height);
            let problem = format!(
                "is {}×{} pixels, but its reference {} is {width}×{height}; put the original file in its place",
                image.width,
                image.height,
                self.reference_path.display()
            );
            return Err(Error::data(&self.path, problem));
        }
        Ok(image)
    }

    /// Reference and distorted image, of equal size.
    ///
    /// # Errors
    /// [`Error::Data`] when one cannot be read or their sizes differ.
    pub fn load_pair(&self) -> Result<(Rgb8, Rgb8)> {
        let reference = self.read_reference()?;
        let distorted = self.read_distorted(&reference)?;
        Ok((reference, distorted))
    }
}

/// A database as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// The images that are present, those of one reference together.
    pub entries: Vec<Entry>,
    /// What the viewers' numbers are.
    pub opinion: Opinion,
    /// How score files name its images.
    pub naming: Naming,
    /// The files that the opinions come from, for a manifest.
    pub score_files: Vec<PathBuf>,
    /// What is there, in words for every title: `TID2013, 709 of 3000 images, …`.
    pub description: String,
}

/// How the images of a database are called, and what their names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `i01_07_2.bmp`: reference, type and level.
    Tid2013,
    /// `Part_1/blurjpeg/cows_blur1_jpeg2.bmp`: part, reference, and the levels of two distortions.
    MultiLive,
    /// `LIVE/jp2k/img2.bmp`, or a number of a list that tells nothing.
    Live,
    /// Any name; it tells nothing.
    Any,
}

impl Naming {
    /// The image that `name` names, with or without folders and extension, or `None` where this is no name of the database's.
    pub fn image(self, name: &str) -> Option<Image> {
        match self {
            Naming::Tid2013 => ImageId::parse(name).map(|id| id.image()),
            Naming::MultiLive => multi_live::image(name),
            Naming::Live => live::image(name),
            Naming::Any => {
                let name = name.trim();
                let image = Image { name: name.into(), reference: name.into(), kind: String::new(), level: None };
                (!name.is_empty()).then_some(image)
            }
        }
    }

    /// A name as the database spells it, for an error.
    pub fn example(self) -> &'static str {
        match self {
            Naming::Tid2013 => "an image of TID2013, such as i01_01_1",
            Naming::MultiLive => "an image of MULTI-LIVE, such as Part_1/blurjpeg/cows_blur1_jpeg2.bmp",
            Naming::Live => "an image of LIVE, such as jp2k/img2.bmp, or its number in a list",
            Naming::Any => "a name",
        }
    }
}

/// The numbers of things by name, from 0 in the order of first appearance: for a bootstrap over references.
pub fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    names
        .map(|name| {
            let next = seen.len();
            *seen.entry(name).or_insert(next)
        })
        .collect()
}

/// A path's last part without its extension, in lower case; both kinds of slash separate.
pub(super) fn stem(path: &str) -> String {
    let name = path.trim().rsplit(['/', '\\']).next().unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase()
}

/// One error about all the files of a list that are not there.
pub(super) fn missing(list: &Path, files: &[String], what_to_do: &str) -> Error {
    const SHOWN: usize = 50;
    let more = files.len().saturating_sub(SHOWN);
    let mut names = files.iter().take(SHOWN).map(|f| format!("\n  {f}")).collect::<String>();
    if more > 0 {
        names += &format!("\n  and {more} more");
    }
    Error::data(list, format!("names {} images that are not there; {what_to_do}:{names}", files.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_understood() {
        for (naming, given, name, reference, kind, level) in [
            (Naming::Tid2013, "x/I01_07_2.BMP", "i01_07_2", "I01", "quantization_noise", Some(2)),
            (
                Naming::MultiLive,
                "LIVE_MD/To_Release/Part_1/blurjpeg/cows_blur1_jpeg2.bmp",
                "part1/cows_blur1_jpeg2",
                "cows",
                "blur_jpeg",
                None,
            ),
            (Naming::MultiLive, "Part 2\\blurnoise\\cows_noise3.bmp", "part2/cows_noise3", "cows", "blur_noise", None),
            (Naming::Any, " a b.png", "a b.png", "a b.png", "", None),
            (Naming::Live, "17", "17", "17", "", None),
            (Naming::Live, "LIVE/jp2k/img2.bmp", "jp2k/img2", "jp2k/img2", "jp2k", None),
        ] {
            let image = naming.image(given).unwrap_or_else(|| panic!("{given}"));
            let read = (&*image.name, &*image.reference, &*image.kind, image.level);
            assert_eq!(read, (name, reference, kind, level));
            assert_eq!(naming.image(name).map(|i| i.name), Some(image.name), "a name is its own name");
        }
        for (naming, name) in [
            (Naming::Tid2013, "i26_01_1"),
            (Naming::MultiLive, "cows_blur1_jpeg2.bmp"),
            (Naming::MultiLive, "Part_1/blurjpeg/cows.bmp"),
            (Naming::MultiLive, "Part_1/blurjpeg/cows_blur4.bmp"),
            (Naming::MultiLive, "Part_1/blurjpeg/cows_noise1.bmp"),
            (Naming::MultiLive, "Part_2/blurnoise/_noise1.bmp"),
            (Naming::Live, "img2.bmp"),
            (Naming::Any, " "),
        ] {
            assert_eq!(naming.image(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_are_in_the_order_of_first_appearance() {
        assert_eq!(numbered(["b", "a", "b", "c"].into_iter()), [0, 1, 0, 2]);
    }

    #[test]
    fn a_long_list_of_missing_files_is_cut() {
        let files: Vec<String> = (0..60).map(|i| format!("f{i}.png")).collect();
        let message = missing(Path::new("list.csv"), &files, "put them there").to_string();
        assert!(message.contains("list.csv: names 60 images that are not there; put them there:\n  f0.png\n"));
        assert!(message.ends_with("\n  f49.png\n  and 10 more"), "{message}");
    }
}
