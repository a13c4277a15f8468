//! Reader of TID2013: 25 reference images, 24 types of distortion at 5 levels, 3000 distorted images with mean opinion
//! scores from 0 to 9 (N. Ponomarenko et al., "Image database TID2013: Peculiarities, results and perspectives", Signal
//! Processing: Image Communication 30, 2015).
//!
//! The official layout, whole or in part, in upper or lower case:
//!
//! ```text
//! reference_images/I01.BMP          BMP or PNG
//! distorted_images/i01_01_1.bmp     reference 1, type 1, level 1; BMP or PNG
//! mos_with_names.txt                "5.51429 i01_01_1.bmp", one row per image
//! mos_std.txt                       "0.13013", line for line with it; may be absent
//! ```
//!
//! A part of the database is accepted too: the present images are counted, and the description contains their number.
//! So a score without an image is normal, but an image without a score, or without its reference, is an error. [`read`]
//! reads names and scores only; [`Entry`] reads the pixels and compares the sizes.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::database::{
    Contents, Database, Entry, Image, Naming, Opinion, QualityFacts, QualitySet, Synthetic, file_name,
};
use super::folder::{entry, has_extension, visible_entries};
use super::table::Table;
use crate::error::{Error, Result};
use crate::imaging::distortion::TYPES;

/// The facts about the database.
pub const DATABASE: Database = Database {
    key: "tid2013",
    name: "TID2013",
    contents: Contents::Quality(QualityFacts {
        images: Some(IMAGES),
        naming: NAMING,
        columns: false,
        synthetic: Some(Synthetic::Types),
        read: |folder, _| read(folder),
    }),
};

/// The names of its images in score files: reference, type and level.
pub const NAMING: Naming = Naming {
    image: |name| ImageId::parse(name).map(|id| id.image()),
    example: "an image of TID2013, such as i01_01_1",
};

/// The number of distorted images in the whole database.
const IMAGES: usize = REFERENCES * DISTORTIONS.len() * LEVELS;
/// The number of reference images in the whole database.
pub const REFERENCES: usize = 25;
/// The number of levels of each distortion.
pub const LEVELS: usize = 5;
/// The distortion types, number 1 first.
pub const DISTORTIONS: [&str; TYPES.len()] = {
    let mut names = [""; TYPES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = TYPES[i].name;
        i += 1;
    }
    names
};

/// The three numbers in the name of a distorted image. Ordered like the files of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageId {
    /// Number of the reference image, 1 to [`REFERENCES`].
    pub reference: usize,
    /// Number of the distortion type, 1 to 24.
    pub distortion: usize,
    /// 1 (mildest) to [`LEVELS`].
    pub level: usize,
}

impl ImageId {
    /// The id in a name such as `i01_07_2`, with or without folder and extension, in any case; `None` for anything
    /// else.
    pub fn parse(name: &str) -> Option<ImageId> {
        let stem = Path::new(name.trim()).file_stem()?.to_str()?;
        let (reference, rest) = number(stem.strip_prefix(['i', 'I'])?, 2)?;
        let (distortion, rest) = number(rest.strip_prefix('_')?, 2)?;
        let (level, rest) = number(rest.strip_prefix('_')?, 1)?;
        let known = (1..=REFERENCES).contains(&reference)
            && (1..=DISTORTIONS.len()).contains(&distortion)
            && (1..=LEVELS).contains(&level);
        (known && rest.is_empty()).then_some(ImageId { reference, distortion, level })
    }

    /// The image, with its kind of distortion as text.
    pub fn image(&self) -> Image {
        Image {
            name: self.to_string(),
            reference: self.reference_name(),
            kind: DISTORTIONS[self.distortion - 1].to_owned(),
            level: Some(self.level),
        }
    }

    /// The name of the reference in the database, such as `I01`.
    pub fn reference_name(&self) -> String {
        format!("I{:02}", self.reference)
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("i{:02}_{:02}_{}", self.reference, self.distortion, self.level))
    }
}

/// The number at the start of `text`, of exactly this many digits, and the rest.
fn number(text: &str, digits: usize) -> Option<(usize, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    let value = head.bytes().all(|byte| byte.is_ascii_digit()).then(|| head.parse().ok())?;
    Some((value?, rest))
}

/// The parts of TID2013 that are present. Its text is one line, such as
/// `709 of 3000 images, of types 7, 8, 10, 16, 17 (120 each), 18 (109); 24 of 25 references`.
struct Coverage {
    /// The number of images of each type, number 1 first; at most 125.
    images: [usize; DISTORTIONS.len()],
    /// The number of reference images, at most [`REFERENCES`].
    references: usize,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: usize = self.images.iter().sum();
        write!(f, "{total} of {IMAGES} images")?;
        // Types with the same number of images are listed together, the most complete first.
        let mut by_count: BTreeMap<std::cmp::Reverse<usize>, Vec<String>> = BTreeMap::new();
        for (index, &count) in self.images.iter().enumerate().filter(|&(_, &count)| count > 0) {
            by_count.entry(std::cmp::Reverse(count)).or_default().push((index + 1).to_string());
        }
        if total < IMAGES {
            for (i, (count, types)) in by_count.iter().enumerate() {
                let each = if types.len() > 1 { " each" } else { "" };
                write!(f, ", {}{} ({}{each})", if i == 0 { "of types " } else { "" }, types.join(", "), count.0)?;
            }
        }
        write!(f, "; {} of {REFERENCES} references", self.references)
    }
}

/// Reads the database in `folder`: lists its images and matches them with their references and scores.
///
/// # Errors
/// [`Error::Data`] if a folder or `mos_with_names.txt` is missing, or there is no distorted image. The same for an
/// image whose name does not follow the database's rule, two files for one image, an image without a reference or a
/// score, and an invalid row of a score file.
pub fn read(folder: impl AsRef<Path>) -> Result<QualitySet> {
    let folder = folder.as_ref();
    let require = |name: &str| entry(folder, name)?.ok_or_else(|| Error::data(folder.join(name), MISSING));
    let references = images(&require("reference_images")?, "I01.BMP", |stem| {
        let (reference, rest) = number(stem.strip_prefix(['i', 'I'])?, 2)?;
        ((1..=REFERENCES).contains(&reference) && rest.is_empty()).then_some(reference)
    })?;
    let distorted_folder = require("distorted_images")?;
    let distorted = images(&distorted_folder, "i01_01_1.bmp", ImageId::parse)?;
    if distorted.is_empty() {
        return Err(Error::data(distorted_folder, "contains no image; put TID2013's distorted images here"));
    }
    let score_file = require("mos_with_names.txt")?;
    let std_file = entry(folder, "mos_std.txt")?;
    let scores = read_scores(&score_file, std_file.as_deref())?;
    let mut entries = Vec::with_capacity(distorted.len());
    let mut coverage = Coverage { images: [0; DISTORTIONS.len()], references: references.len() };
    for (id, path) in distorted {
        let reference_path = references.get(&id.reference).cloned().ok_or_else(|| {
            let expected = format!("reference_images/{}.BMP", id.reference_name());
            Error::data(&path, format!("its reference {expected} is missing; add it or remove the image"))
        })?;
        let &(opinion, deviation) = scores.get(&id).ok_or_else(|| {
            let problem = format!("has no row for the image {}; use TID2013's own score files", path.display());
            Error::data(&score_file, problem)
        })?;
        coverage.images[id.distortion - 1] += 1;
        entries.push(Entry { image: id.image(), opinion, deviation, path, reference_path });
    }
    Ok(QualitySet {
        entries,
        opinion: Opinion::mos(),
        unique_file_names: true,
        score_files: [score_file].into_iter().chain(std_file).map(|path| (file_name(&path), path)).collect(),
        description: format!("{}, {coverage}", DATABASE.name),
    })
}

const MISSING: &str =
    "is missing; the folder must have TID2013's layout (reference_images, distorted_images, mos_with_names.txt)";

/// The BMP and PNG files of a folder, by the key that `parse` returns for their names.
fn images<K: Ord>(folder: &Path, example: &str, parse: impl Fn(&str) -> Option<K>) -> Result<BTreeMap<K, PathBuf>> {
    let mut found = BTreeMap::new();
    for (path, _) in visible_entries(folder)?.into_iter().filter(|(path, _)| has_extension(path, &["bmp", "png"])) {
        let key = path.file_stem().and_then(|stem| parse(stem.to_str()?));
        let key =
            key.ok_or_else(|| Error::data(&path, format!("does not have a name like {example}; rename or remove it")))?;
        if let Some(other) = found.insert(key, path.clone()) {
            return Err(Error::data(&path, format!("is the same image as {}; remove one of them", other.display())));
        }
    }
    Ok(found)
}

/// MOS and its standard deviation by image.
fn read_scores(path: &Path, std_path: Option<&Path>) -> Result<BTreeMap<ImageId, (f64, Option<f64>)>> {
    let table = Table::read_list(path, &["MOS", "image"])?;
    let deviations = std_path.map(|std_path| Table::read_list(std_path, &["standard deviation"])).transpose()?;
    if let (Some(std_path), Some(deviations)) = (std_path, &deviations)
        && deviations.len() != table.len()
    {
        let problem = format!(
            "has {} rows, but {} has {}; use the two files of one release",
            deviations.len(),
            path.display(),
            table.len()
        );
        return Err(Error::data(std_path, problem));
    }
    let mut scores = BTreeMap::new();
    for row in 0..table.len() {
        let mos = table.rating(row, 0)?;
        let id =
            ImageId::parse(table.field(row, 1)).ok_or_else(|| table.wrong(row, 1, "is not an image of TID2013"))?;
        let std = deviations.as_ref().map(|deviations| deviations.deviation(row, 0)).transpose()?;
        if let Some((_, _, first)) = scores.insert(id, (mos, std, row)) {
            let problem = format!("has a score in row {} already; keep one row for each image", table.number_of(first));
            return Err(table.wrong(row, 1, problem));
        }
    }
    Ok(scores.into_iter().map(|(id, (mos, std, _))| (id, (mos, std))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use crate::imaging::decode::{write_bmp, write_png};

    #[test]
    fn ids_are_read_in_any_spelling_and_written_in_one() {
        let id = ImageId { reference: 1, distortion: 7, level: 2 };
        for name in ["i01_07_2", "I01_07_2.BMP", " i01_07_2.png ", "distorted_images/i01_07_2.bmp"] {
            assert_eq!(ImageId::parse(name), Some(id), "{name}");
        }
        for name in [
            "",
            "i1_07_2",
            "i00_07_2",
            "i26_07_2",
            "i01_25_2",
            "i01_07_6",
            "i01_07_2x",
            "i01-07-2",
            "i+1_07_2",
            "iäö_07_2",
        ] {
            assert_eq!(ImageId::parse(name), None, "{name}");
        }
        assert_eq!((id.to_string(), id.reference_name()), ("i01_07_2".to_string(), "I01".to_string()));
    }

    /// A folder with two references and three distorted images, with names in upper and lower case.
    fn database() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let image = Rgb8::from_fn(9, 5, |x, y| [x as u8, y as u8, 7]);
        for name in ["Reference_Images", "distorted_images"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let at = |name: &str| folder.path().join(name);
        write_bmp(at("Reference_Images/I01.BMP"), &image).unwrap();
        write_png(at("Reference_Images/i25.png"), &image).unwrap();
        write_bmp(at("distorted_images/I25_24_5.BMP"), &image).unwrap();
        write_png(at("distorted_images/i01_10_1.png"), &image).unwrap();
        write_bmp(at("distorted_images/i01_07_1.bmp"), &image).unwrap();
        std::fs::write(at("distorted_images/i01_08_1.bmp.part"), "half").unwrap();
        std::fs::write(at("distorted_images/._i01_08_1.bmp"), "of an archive").unwrap();
        std::fs::write(
            at("MOS_with_names.txt"),
            "\u{feff}5.5 I01_07_1.bmp\r\n4 i01_07_2.BMP\r\n\r\n3 i01_10_1.bmp\r\n0 i25_24_5.bmp\r\n\r\n",
        )
        .unwrap();
        std::fs::write(at("mos_std.txt"), "0.1\r\n0.2\r\n0.3\r\n0.4\r\n").unwrap();
        folder
    }

    #[test]
    fn a_partial_database_is_read_in_order() {
        let folder = database();
        let data = read(folder.path()).unwrap();
        let read: Vec<_> =
            data.entries.iter().map(|e| (e.image.name.clone(), e.opinion, e.deviation.unwrap())).collect();
        let expected = [("i01_07_1", 5.5, 0.1), ("i01_10_1", 3.0, 0.3), ("i25_24_5", 0.0, 0.4)];
        assert_eq!(read, expected.map(|(id, mos, std)| (id.to_string(), mos, std)));
        assert_eq!(data.entries[2].image.kind, "sparse_sampling_reconstruction");
        assert_eq!(data.description, "TID2013, 3 of 3000 images, of types 7, 10, 24 (1 each); 2 of 25 references");
        let reference = data.entries[1].read_reference().unwrap();
        assert_eq!(data.entries[1].read_distorted(&reference).unwrap(), reference);

        std::fs::remove_file(folder.path().join("mos_std.txt")).unwrap();
        let data = super::read(folder.path()).unwrap();
        assert!(data.entries.iter().all(|entry| entry.deviation.is_none()));
    }

    #[test]
    fn coverage_is_one_line() {
        let mut coverage = Coverage { images: [125; 24], references: 25 };
        assert_eq!(coverage.to_string(), "3000 of 3000 images; 25 of 25 references");
        coverage = Coverage { images: [0; 24], references: 24 };
        for (distortion, count) in [(7, 120), (8, 120), (18, 109)] {
            coverage.images[distortion - 1] = count;
        }
        assert_eq!(coverage.to_string(), "349 of 3000 images, of types 7, 8 (120 each), 18 (109); 24 of 25 references");
    }

    #[test]
    fn what_is_wrong_with_a_database_is_said() {
        let scores = "5 i01_07_1.bmp\n3 i01_10_1.bmp\n";
        type Change<'a> = Box<dyn Fn(&Path) + 'a>;
        let remove = |name: &'static str| -> Change {
            Box::new(move |folder| std::fs::remove_dir_all(folder.join(name)).unwrap())
        };
        let delete =
            |name: &'static str| -> Change { Box::new(move |folder| std::fs::remove_file(folder.join(name)).unwrap()) };
        let write = |name: &'static str, text: String| -> Change {
            Box::new(move |folder| std::fs::write(folder.join(name), &text).unwrap())
        };
        let rows = |text: &str| write("MOS_with_names.txt", text.to_string());
        let cases = [
            (remove("Reference_Images"), "reference_images: is missing"),
            (remove("distorted_images"), "distorted_images: is missing"),
            (delete("MOS_with_names.txt"), "mos_with_names.txt: is missing"),
            (delete("Reference_Images/i25.png"), "I25_24_5.BMP: its reference reference_images/I25.BMP is missing"),
            (write("distorted_images/i01_07_1.png", String::new()), "is the same image as"),
            (write("distorted_images/copy.bmp", String::new()), "copy.bmp: does not have a name like i01_01_1.bmp"),
            (write("Reference_Images/I26.bmp", String::new()), "I26.bmp: does not have a name like I01.BMP"),
            (rows("1 i01_07_1.bmp\n1\n1\n1\n"), "row 2: \"1\" has 1 field, not 2 (MOS and image)"),
            (
                rows("1 i01_07_1.bmp\n1 a.bmp\n1 i01_08_1.bmp\n1 i01_08_2.bmp\n"),
                "row 2, column \"image\": \"a.bmp\" is not an image of TID2013",
            ),
            (
                rows("1 i01_07_1.bmp\nNaN i01_10_1.bmp\n1 i01_08_1.bmp\n1 i01_08_2.bmp\n"),
                "row 2, column \"MOS\": \"NaN\" is a missing value; leave the row out",
            ),
            (
                rows("1 i01_07_1.bmp\n2 I01_07_1.BMP\n1 i01_08_1.bmp\n1 i01_08_2.bmp\n"),
                "row 2, column \"image\": \"I01_07_1.BMP\" has a score in row 1 already",
            ),
            (
                rows("# c\n\n1 i01_07_1.bmp\n1e300 i01_10_1.bmp\n1 i01_08_1.bmp\n1 i01_08_2.bmp\n"),
                "row 4, column \"MOS\": \"1e300\" is outside the range",
            ),
            (rows(scores), "mos_std.txt: has 4 rows, but"),
            (
                write("mos_std.txt", "0.1\nx\n0.1\n0.1".to_string()),
                "mos_std.txt: row 2, column \"standard deviation\": \"x\" is not a number",
            ),
            (
                write("mos_std.txt", "0.1\n-1\n0.1\n0.1".to_string()),
                "row 2, column \"standard deviation\": \"-1\" is not a standard deviation",
            ),
            (
                Box::new(|folder: &Path| std::fs::write(folder.join("mos_std.txt"), [0xFF, 0xFE]).unwrap()),
                "mos_std.txt: is UTF-16; save it as UTF-8",
            ),
            (
                Box::new(|folder: &Path| {
                    std::fs::remove_file(folder.join("mos_std.txt")).unwrap();
                    std::fs::write(folder.join("MOS_with_names.txt"), scores).unwrap();
                }),
                "MOS_with_names.txt: has no row for the image",
            ),
        ];
        for (change, expected) in cases {
            let folder = database();
            change(folder.path());
            let error = read(folder.path()).unwrap_err();
            assert!(matches!(error, Error::Data { .. }));
            assert!(error.to_string().contains(expected), "{expected:?} is not in {error:?}");
        }
        let error = read("no such folder").unwrap_err().to_string();
        assert!(error.contains("no such folder: the folder cannot be read"), "{error}");
    }

    #[test]
    fn a_distorted_image_of_another_size_is_an_error() {
        let folder = database();
        let path = folder.path().join("distorted_images/i01_10_1.png");
        write_png(&path, &Rgb8::new(5, 9, vec![0; 135])).unwrap();
        let entry = &read(folder.path()).unwrap().entries[1];
        let error = entry.read_distorted(&entry.read_reference().unwrap()).unwrap_err().to_string();
        assert!(
            error.contains("i01_10_1.png: is 5×9 pixels, but its reference") && error.contains("I01.BMP is 9×5"),
            "{error}"
        );
    }
}
