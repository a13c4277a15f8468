//! Reader of CURE-TSR: traffic signs of 14 types, real and rendered, under 12 types of degradation ("challenges") at 5
//! levels (D. Temel et al., "CURE-TSR: Challenging unreal and real environments for traffic sign recognition", NeurIPS
//! workshop on machine learning for intelligent transportation systems, 2017).
//!
//! The names of the files describe them. The files may be in any folders below the given one, in upper or lower case:
//!
//! ```text
//! 01_06_07_03_0012.bmp         sequence type (01 real, 02 rendered), sign type, challenge type, level, index
//! 01_06_00_00_0012.bmp         the same image without a challenge
//!
//! RealChallengeFree/{train,val,test}/01_01_00_00_00_05_0003.bmp        seven fields: the paper's split copies
//! RealChallenge/07_03/{train,val,test}/01_01_07_03_03_05_0003.bmp
//! ```
//!
//! # Seven fields
//! No document describes them. The example in the paper's code shows that fields 3 to 5 change with the challenge and
//! are 00 without one, and that 1, 2, 6 and 7 identify the image. So type and level are those of the nearest folder
//! called `TT_LL`, which the name must not contradict. Without such a folder only a challenge-free name is accepted.
//! The sign type is field 2, and field 6 counts as the track. But if field 2 exceeds 14 in most names, it is the number
//! of the video (up to 49). The sign type is then field 6, as one version of that code reads it.
//!
//! # The split
//! If the folders `train`, `val` and `test` all exist, they define the split (also as the end of a name, `Real_Test`).
//! Otherwise the images of each sign type, in the order of their index, are divided into blocks of 60, 20 and 20 %.
//! Neighbouring indices are frames of one sign, so a random split would put nearly equal images in different sets. All
//! versions of an image are in the same set. (With only some of the three folders, equal names in different folders are
//! different images, since indices may start again.)

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::database::{Contents, Database, PublishedSigns, SignFacts, SignsFound};
use super::folder::list_images;
use super::signs::{Condition, Sign, SignSet, Split};
use crate::error::{Error, Result};
use crate::imaging::challenge::Challenge;
use crate::imaging::signs::SIGN_TYPES;

/// The facts about the database. The publication has about 10,600 real challenge-free signs.
pub const DATABASE: Database = Database {
    key: "cure-tsr",
    name: "CURE-TSR",
    contents: Contents::Signs(SignFacts {
        challenges: true,
        published: Some(PublishedSigns { images: "10,600", least: 10_500 }),
        read: |folder| {
            let CureTsr { real, coverage, .. } = read(folder)?;
            Ok(SignsFound { signs: real, coverage: Some(coverage.to_string()) })
        },
    }),
};

/// The number of levels of each challenge.
pub const LEVELS: usize = 5;

/// The images that were found.
#[derive(Clone, Debug, PartialEq)]
pub struct CureTsr {
    /// Photographs; the paper's experiments use them.
    pub real: SignSet,
    /// Images from a simulator.
    pub rendered: SignSet,
    /// A summary of the files.
    pub coverage: Coverage,
}

/// The parts of CURE-TSR that are present, and the rules used to read them. Its text has a few lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Real and rendered images.
    pub sequences: [usize; 2],
    /// The number of images of each sign type, number 1 first.
    pub sign_types: [usize; SIGN_TYPES.len()],
    /// The number of images by challenge type (0: challenge-free) and level (0: none).
    pub challenges: [[usize; LEVELS + 1]; Challenge::ALL.len() + 1],
    /// The number of image files whose names were not understood; they are left out.
    pub not_understood: usize,
    /// The first few of them, relative to the folder.
    pub examples: Vec<PathBuf>,
    /// Whether the folders `train`, `val` and `test` define the split.
    pub split_by_folders: bool,
    /// Whether the sign type of names with seven fields is in field 6, not in field 2.
    pub sign_type_in_field_6: bool,
}

impl Coverage {
    /// The number of images.
    pub fn images(&self) -> usize {
        self.sequences.iter().sum()
    }

    /// The challenge types without any image.
    pub fn missing(&self) -> Vec<&'static str> {
        let present = |kind: usize| self.challenges[kind].iter().any(|&count| count > 0);
        (1..=Challenge::ALL.len()).filter(|&kind| !present(kind)).map(|kind| Challenge::ALL[kind - 1].name()).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [real, rendered] = self.sequences;
        let counts = |counts: &[usize], name: &dyn Fn(usize) -> String| {
            let present = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            present.map(|(i, count)| format!("{} ({count})", name(i))).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "{} images: {real} real, {rendered} rendered", self.images())?;
        writeln!(f, "sign types: {}", counts(&self.sign_types, &|i| SIGN_TYPES[i].to_string()))?;
        writeln!(f, "challenge-free: {}", self.challenges[0][0])?;
        for (kind, levels) in self.challenges.iter().enumerate().skip(1) {
            if levels.iter().any(|&count| count > 0) {
                writeln!(
                    f,
                    "{}: {}",
                    Challenge::ALL[kind - 1].name(),
                    counts(levels, &|level| format!("level {level}"))
                )?;
            }
        }
        match self.missing() {
            missing if missing.is_empty() => {}
            missing => writeln!(f, "no image of: {}", missing.join(", "))?,
        }
        if self.not_understood > 0 {
            let share = 100.0 * self.not_understood as f64 / (self.not_understood + self.images()) as f64;
            let examples: Vec<_> = self.examples.iter().map(|path| path.display().to_string()).collect();
            let (count, examples) = (self.not_understood, examples.join(", "));
            writeln!(f, "left out, since their names were not understood: {count} ({share:.1} %), such as {examples}")?;
        }
        if self.sign_type_in_field_6 {
            writeln!(f, "sign types of names with seven fields: from the sixth, since most second ones exceed 14")?;
        }
        write!(f, "split: {}", if self.split_by_folders { "by the folders train, val, test" } else { "6:2:2 by index" })
    }
}

/// Lists all images below `folder` whose names follow the [module](self)'s rules. Only names are read; [`Sign::read`]
/// reads the pixels.
///
/// # Errors
/// [`Error::Data`] if the folder cannot be read, contains no image, or no name is understood. The same if a name of
/// seven fields contradicts its folder, or two files are the same image. With the folders `train`, `val` and `test`,
/// also if a file is outside of them, or versions of one image are in different ones.
pub fn read(folder: impl AsRef<Path>) -> Result<CureTsr> {
    let folder = folder.as_ref();
    let mut coverage = Coverage::default();
    let mut named = Vec::new();
    let paths = list_images(folder)?;
    let names: Vec<_> = paths.iter().map(|path| Name::parse(path)).collect();
    let of_seven = names.iter().flatten().filter(|name| matches!(name.rest, Rest::Seven { .. }));
    let (too_large, fitting): (Vec<_>, Vec<_>) = of_seven.partition(|name| name.second > SIGN_TYPES.len());
    coverage.sign_type_in_field_6 = too_large.len() > fitting.len();
    for (path, name) in paths.into_iter().zip(names) {
        let below = path.strip_prefix(folder).expect("the file is below the folder").to_path_buf();
        let place = Place::of(&below);
        let entry = match name {
            Some(name) => {
                let challenge = name.challenge(place.challenge).map_err(|problem| Error::data(&path, problem))?;
                name.image(coverage.sign_type_in_field_6).zip(challenge)
            }
            None => None,
        };
        match entry {
            Some((image, challenge)) => named.push((image, challenge, place.split, path)),
            None => {
                coverage.not_understood += 1;
                if coverage.examples.len() < 3 {
                    coverage.examples.push(below);
                }
            }
        }
    }
    if named.is_empty() {
        let problem = format!(
            "no name of its {} image files is like 01_06_07_03_0012.bmp (sequence type, sign type, challenge type, level, \
             index) or, below a folder such as 07_03 (challenge type, level), like 01_06_07_03_03_05_0012.bmp; the first is {}",
            coverage.not_understood,
            coverage.examples[0].display()
        );
        return Err(Error::data(folder, problem));
    }
    let splits: BTreeSet<_> = named.iter().filter_map(|(_, _, split, _)| *split).collect();
    coverage.split_by_folders = splits.len() == 3;

    let mut files: BTreeMap<(Image, Condition), PathBuf> = BTreeMap::new();
    let mut images: BTreeMap<Image, (Option<Split>, PathBuf)> = BTreeMap::new();
    for (mut image, challenge, split, path) in named {
        if coverage.split_by_folders {
            if split.is_none() {
                let problem =
                    "is outside the folders train, val and test, which contain other images; move it into one of them";
                return Err(Error::data(path, problem));
            }
            let (other, first) = images.entry(image).or_insert_with(|| (split, path.clone()));
            if *other != split {
                let problem = format!(
                    "is a version of the image {}, but they are in different folders of train, val and test; move them into one",
                    first.display()
                );
                return Err(Error::data(path, problem));
            }
        } else {
            image.part = split;
            images.insert(image, (None, PathBuf::new()));
        }
        if let Some(other) = files.insert((image, challenge), path.clone()) {
            return Err(Error::data(&path, format!("is the same image as {}; remove one of them", other.display())));
        }
    }
    let splits = if coverage.split_by_folders {
        images.into_iter().map(|(image, (split, _))| (image, split.expect("checked for each image"))).collect()
    } else {
        blocks(&images.into_keys().collect::<Vec<_>>())
    };

    let mut sets = [SignSet::default(), SignSet::default()];
    for ((image, challenge), path) in files {
        coverage.sequences[image.sequence] += 1;
        coverage.sign_types[image.class - 1] += 1;
        coverage.challenges[challenge.kind][challenge.level] += 1;
        let set = &mut sets[image.sequence];
        set.classes.entry(image.class).or_insert_with(|| SIGN_TYPES[image.class - 1].to_string());
        let Image { class, track, index: frame, .. } = image;
        set.push(Sign { path, class, track, frame, challenge, split: splits[&image], size: None });
    }
    let [real, rendered] = sets;
    Ok(CureTsr { real, rendered, coverage })
}

/// Divides the images of each sequence and sign type, given in order, into blocks of 60, 20 and 20 %, to the nearest
/// image.
fn blocks(images: &[Image]) -> BTreeMap<Image, Split> {
    let of_type = images.chunk_by(|a, b| (a.sequence, a.class) == (b.sequence, b.class));
    let cut = |images: &[Image]| {
        let count = images.len();
        let (train, validation) = ((6 * count + 5) / 10, (8 * count + 5) / 10);
        let split = move |i: usize| match i {
            _ if i < train => Split::Train,
            _ if i < validation => Split::Validation,
            _ => Split::Test,
        };
        images.iter().enumerate().map(|(i, &image)| (image, split(i))).collect::<Vec<_>>()
    };
    of_type.flat_map(cut).collect()
}

/// The identity of an image, whatever its challenge. In the order, neighbours are neighbouring frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Image {
    /// 0 real, 1 rendered.
    sequence: usize,
    /// 1 to 14.
    class: usize,
    /// The folder `train`, `val` or `test`, if it is part of the identity.
    part: Option<Split>,
    track: Option<usize>,
    index: usize,
}

/// The fields of a file's name.
struct Name {
    /// 0 real, 1 rendered.
    sequence: usize,
    /// The sign type, or with seven fields perhaps the video.
    second: usize,
    rest: Rest,
    index: usize,
}

/// The fields between the second and the last.
enum Rest {
    Five { kind: usize, level: usize },
    Seven { challenge: [usize; 3], sixth: usize },
}

impl Name {
    /// Parses five or seven numbers with `_` between them and a known sequence type; `None` for anything else.
    fn parse(path: &Path) -> Option<Name> {
        let number = |field: &str| {
            let digits = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit());
            if digits { field.parse::<u32>().ok().map(|number| number as usize) } else { None }
        };
        let fields = path.file_stem()?.to_str()?.split('_').map(number).collect::<Option<Vec<_>>>()?;
        let (sequence, second, rest, index) = match fields[..] {
            [sequence, second, kind, level, index] => (sequence, second, Rest::Five { kind, level }, index),
            [sequence, second, third, fourth, fifth, sixth, index] => {
                (sequence, second, Rest::Seven { challenge: [third, fourth, fifth], sixth }, index)
            }
            _ => return None,
        };
        (1..=2).contains(&sequence).then(|| Name { sequence: sequence - 1, second, rest, index })
    }

    /// The identity of the image; `None` if the sign type is not valid.
    fn image(&self, sign_type_in_field_6: bool) -> Option<Image> {
        let (class, track) = match self.rest {
            Rest::Five { .. } => (self.second, None),
            Rest::Seven { sixth, .. } if sign_type_in_field_6 => (sixth, Some(self.second)),
            Rest::Seven { sixth, .. } => (self.second, Some(sixth)),
        };
        let known = (1..=SIGN_TYPES.len()).contains(&class);
        known.then_some(Image { sequence: self.sequence, class, part: None, track, index: self.index })
    }

    /// The challenge of the image in a folder with the challenge `folder`; `None` if neither states one. The error, a
    /// sentence without the file's name, reports seven fields that contradict the folder.
    fn challenge(&self, folder: Option<Condition>) -> std::result::Result<Option<Condition>, String> {
        match (&self.rest, folder) {
            (&Rest::Five { kind, level }, _) => Ok(known_challenge(kind, level)),
            (Rest::Seven { challenge: [0, ..], .. }, None) => Ok(Some(Condition::NONE)),
            (Rest::Seven { .. }, None) => Ok(None),
            (&Rest::Seven { challenge: [third, fourth, fifth], .. }, Some(folder)) => {
                let Condition { kind, level } = folder;
                if third == kind || (third > 0 && kind > 0 && (fourth, fifth) == (kind, level)) {
                    return Ok(Some(folder));
                }
                Err(format!("its name contradicts its folder {kind:02}_{level:02}; move it to the right folder"))
            }
        }
    }
}

/// The challenge with these numbers; `None` if there is none.
fn known_challenge(kind: usize, level: usize) -> Option<Condition> {
    let degraded = (1..=Challenge::ALL.len()).contains(&kind) && (1..=LEVELS).contains(&level);
    (degraded || (kind, level) == (0, 0)).then_some(Condition { kind, level })
}

/// The challenge and split that the folders of a file state.
struct Place {
    /// That of the nearest folder called `TT_LL`.
    challenge: Option<Condition>,
    /// That of the nearest folder whose name is `train`, `val`, `validation` or `test`, or ends in one of these after a
    /// `_`.
    split: Option<Split>,
}

impl Place {
    /// `below` is the path of the file from the folder that is read.
    fn of(below: &Path) -> Place {
        let mut place = Place { challenge: None, split: None };
        for folder in below.parent().into_iter().flatten().filter_map(|folder| folder.to_str()) {
            let folder = folder.to_lowercase();
            if let [t1, t2, b'_', l1, l2] = folder.as_bytes()
                && [t1, t2, l1, l2].iter().all(|byte| byte.is_ascii_digit())
            {
                let number = |tens: &u8, ones: &u8| usize::from(tens - b'0') * 10 + usize::from(ones - b'0');
                place.challenge = known_challenge(number(t1, t2), number(l1, l2)).or(place.challenge);
            }
            place.split = match folder.rsplit('_').next() {
                Some("train") => Some(Split::Train),
                Some("val" | "validation") => Some(Split::Validation),
                Some("test") => Some(Split::Test),
                _ => place.split,
            };
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use crate::imaging::decode::write_bmp;
    use approx::assert_abs_diff_eq;

    /// A folder with empty files of these names: only names are read.
    fn tree(names: &[String]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn read_names(names: &[&str]) -> Result<CureTsr> {
        read(tree(&strings(names)).path())
    }

    fn error(names: &[&str]) -> String {
        let error = read_names(names).unwrap_err();
        assert!(matches!(error, Error::Data { .. }), "{error:?}");
        error.to_string()
    }

    #[test]
    fn names_say_what_images_are_wherever_they_lie() {
        let data = read_names(&[
            "a/b/01_06_00_00_0012.bmp",
            "01_06_07_03_0012.PNG",
            "c/01_06_07_05_12345.Jpg",
            "02_14_12_01_1.jpeg",
            // A folder name that looks like a challenge does not matter for a name of five fields.
            "01_06/01_06_09_01_0012.bmp",
            "01_01/01_06_00_00_0013.bmp",
            "README.txt",
            "01_06_07_03_0013.txt",
            "01_15_00_00_0001.bmp",
            "01_06_13_01_0001.bmp",
            "01_06_01_06_0001.bmp",
            "01_06_01_00_0001.bmp",
            "03_06_00_00_0001.bmp",
            "01_06_00_xx_fig.png",
            "01_06_07_0001.bmp",
            "01_06_+7_01_0001.bmp",
            "01_06_07_01_99999999999999999999.bmp",
        ])
        .unwrap();
        let coverage = &data.coverage;
        assert_eq!((coverage.images(), coverage.sequences, coverage.not_understood), (6, [5, 1], 9));
        assert_eq!((coverage.sign_types[5], coverage.sign_types[13]), (5, 1));
        assert_eq!((coverage.challenges[0][0], coverage.challenges[7][3], coverage.challenges[12][1]), (2, 1, 1));
        assert_eq!(
            coverage.to_string(),
            "6 images: 5 real, 1 rendered\n\
             sign types: stop (5), parking (1)\n\
             challenge-free: 2\n\
             gaussian_blur: level 3 (1), level 5 (1)\n\
             rain: level 1 (1)\n\
             haze: level 1 (1)\n\
             no image of: decolorization, lens_blur, codec_error, darkening, dirty_lens, exposure, noise, shadow, snow\n\
             left out, since their names were not understood: 9 (60.0 %), such as 01_06_+7_01_0001.bmp, \
             01_06_00_xx_fig.png, 01_06_01_00_0001.bmp\n\
             split: 6:2:2 by index"
        );
        let frames: Vec<_> =
            data.real.all().map(|sign| (sign.frame, sign.challenge.kind, sign.challenge.level)).collect();
        assert_eq!(frames, [(12, 0, 0), (12, 7, 3), (12, 9, 1), (13, 0, 0), (12345, 7, 5)]);
        assert_eq!(data.real.classes, BTreeMap::from([(6, "stop".to_string())]));
        assert_eq!(data.rendered.all().count(), 1);
    }

    #[test]
    fn blocks_of_neighbours_with_all_their_versions() {
        let mut names = Vec::new();
        for (sequence, sign, count) in [(1, 1, 10), (1, 14, 7), (2, 1, 5)] {
            for index in 0..count {
                // Not in the order of the names: 100 follows 9.
                let index = 7 + 31 * index;
                for (kind, level) in [(0, 0), (7, 1), (12, 5)] {
                    names.push(format!("{kind}/{sequence:02}_{sign:02}_{kind:02}_{level:02}_{index}.bmp"));
                }
            }
        }
        let data = read(tree(&names).path()).unwrap();
        let sizes = |set: &SignSet, class| {
            [Split::Train, Split::Validation, Split::Test].map(|split| {
                let of_class = |sign: &&Sign| sign.class == class;
                let free = set.with(split, Condition::NONE).filter(of_class).count();
                let blurred = set.with(split, Condition { kind: 7, level: 1 }).filter(of_class).count();
                assert_eq!((free, 3 * free), (blurred, set.of(split).iter().filter(of_class).count()));
                free
            })
        };
        assert_eq!(sizes(&data.real, 1), [6, 2, 2]);
        assert_eq!(sizes(&data.real, 14), [4, 2, 1]);
        assert_eq!(sizes(&data.rendered, 1), [3, 1, 1]);
        for class in [1, 14] {
            // The frames are in rising order through the splits, and no frame is in two.
            let frames =
                |split| data.real.of(split).iter().filter(|s| s.class == class).map(|s| s.frame).collect::<Vec<_>>();
            let (train, validation, test) = (frames(Split::Train), frames(Split::Validation), frames(Split::Test));
            assert!(train.is_sorted() && train.last() < validation.first() && validation.last() < test.first());
        }
    }

    #[test]
    fn blocks_are_as_near_as_can_be() {
        for count in 1..200usize {
            let image = |index| Image { sequence: 0, class: 1, part: None, track: None, index };
            let splits = blocks(&(0..count).map(image).collect::<Vec<_>>());
            let up_to = |last| splits.values().filter(|&&split| split <= last).count() as f64;
            assert_abs_diff_eq!(up_to(Split::Train), 0.6 * count as f64, epsilon = 0.5);
            assert_abs_diff_eq!(up_to(Split::Validation), 0.8 * count as f64, epsilon = 0.5);
            assert_eq!(up_to(Split::Test), count as f64);
            assert!(splits.values().is_sorted());
        }
    }

    #[test]
    fn the_authors_folders_are_the_split() {
        let data = read_names(&[
            "RealChallengeFree/train/01_01_00_00_00_05_0003.bmp",
            "RealChallengeFree/Val/01_01_00_00_00_06_0003.bmp",
            "RealChallengeFree/test/01_02_00_00_00_05_0001.bmp",
            "RealChallenge/01_01/train/01_01_01_01_01_05_0003.bmp",
            "RealChallenge/07_03/TEST/01_02_07_03_03_05_0001.bmp",
            // The meaning of the third to fifth fields is unknown: the type may be first or later.
            "RealChallenge/07_04/test/01_02_01_07_04_05_0001.bmp",
            "RealChallenge/07_05/test/01_02_07_00_00_05_0001.bmp",
            // Its level is not stated.
            "RealChallenge/test/01_02_07_02_02_05_0001.bmp",
        ])
        .unwrap();
        assert!(data.coverage.split_by_folders && !data.coverage.sign_type_in_field_6);
        assert!(data.coverage.to_string().ends_with("split: by the folders train, val, test"));
        assert_eq!(data.coverage.not_understood, 1);
        let list = |split| {
            let of = data.real.of(split).iter();
            of.map(|s| (s.class, s.track.unwrap(), s.frame, s.challenge.kind, s.challenge.level)).collect::<Vec<_>>()
        };
        assert_eq!(list(Split::Train), [(1, 5, 3, 0, 0), (1, 5, 3, 1, 1)]);
        assert_eq!(list(Split::Validation), [(1, 6, 3, 0, 0)]);
        assert_eq!(list(Split::Test), [(2, 5, 1, 0, 0), (2, 5, 1, 7, 3), (2, 5, 1, 7, 4), (2, 5, 1, 7, 5)]);
    }

    #[test]
    fn a_second_field_that_is_no_sign_type_is_a_video() {
        let names = ["01_23_00_00_00_05_0003.bmp", "01_49_00_00_00_05_0003.bmp", "01_02_00_00_00_14_0001.bmp"];
        let data = read_names(&names).unwrap();
        assert!(data.coverage.sign_type_in_field_6 && data.coverage.to_string().contains("from the sixth"));
        let signs: Vec<_> = data.real.all().map(|sign| (sign.class, sign.track, sign.frame)).collect();
        assert_eq!(signs, [(5, Some(23), 3), (14, Some(2), 1), (5, Some(49), 3)]);
        // One is a misprint.
        let data = read_names(&[names[0], names[2], "01_02_00_00_00_14_0002.bmp"]).unwrap();
        assert_eq!((data.coverage.sign_type_in_field_6, data.coverage.not_understood), (false, 1));
    }

    #[test]
    fn two_of_the_three_folders_are_no_split_but_tell_images_apart() {
        let mut names = Vec::new();
        for index in 0..5 {
            names.push(format!("Real_Train/ChallengeFree/01_06_00_00_{index}.bmp"));
            names.push(format!("Real_Test/ChallengeFree/01_06_00_00_{index}.bmp"));
            names.push(format!("Real_Test/Rain-1/01_06_09_01_{index}.bmp"));
        }
        let data = read(tree(&names).path()).unwrap();
        assert!(!data.coverage.split_by_folders);
        let free = |split| data.real.with(split, Condition::NONE).count();
        assert_eq!([free(Split::Train), free(Split::Validation), free(Split::Test)], [6, 2, 2]);
        // All five of the train folder are first, so rain is on the last five images.
        let rain = |split| data.real.with(split, Condition { kind: 9, level: 1 }).count();
        assert_eq!([rain(Split::Train), rain(Split::Validation), rain(Split::Test)], [1, 2, 2]);
    }

    #[test]
    fn pixels_are_read_when_asked_for() {
        let folder = tree(&strings(&["01_06_00_00_2.bmp"]));
        write_bmp(folder.path().join("01_06_00_00_1.bmp"), &Rgb8::new(1, 1, vec![1, 2, 3])).unwrap();
        let data = read(folder.path()).unwrap();
        let results: Vec<_> = data.real.all().map(Sign::read).collect();
        assert_eq!(results[0].as_ref().unwrap().pixel(0, 0), [1, 2, 3]);
        assert!(results[1].as_ref().unwrap_err().to_string().contains("01_06_00_00_2.bmp: the file is empty"));
    }

    #[test]
    fn what_is_wrong_with_a_tree_is_said() {
        let three = ["train/01_06_00_00_1.bmp", "val/01_06_00_00_2.bmp", "test/01_06_00_00_3.bmp"];
        let with = |more: &'static str| [three[0], three[1], three[2], more];
        let cases: [(&[&str], &str); 8] = [
            (&["readme.txt"], "contains no PNG, BMP, JPEG"),
            (&["stop.png", "a/yield.png"], "no name of its 2 image files is like 01_06_07_03_0012.bmp"),
            (&["a/stop.png"], "the first is a/stop.png"),
            (&["a/01_06_00_00_1.bmp", "b/01_06_00_00_0001.BMP"], "01_06_00_00_0001.BMP: is the same image as"),
            (&with("else/01_06_00_00_4.bmp"), "4.bmp: is outside the folders train, val and test"),
            (&with("test/01_06_07_01_1.bmp"), "is a version of the image"),
            (&["07_01/01_06_08_02_02_05_1.bmp"], "its name contradicts its folder 07_01"),
            (&["07_01/01_06_00_00_00_05_1.bmp"], "its name contradicts its folder 07_01"),
        ];
        for (names, expected) in cases {
            let error = error(names);
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let error = read("no such folder").unwrap_err().to_string();
        assert!(error.contains("no such folder: the folder cannot be read"), "{error}");
    }
}
