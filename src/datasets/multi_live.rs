//! Reader of MULTI-LIVE, the LIVE Multiply Distorted database: 450 distorted images of 15 references with difference
//! mean opinion scores. Each reference is blurred and then compressed (part 1) or blurred and then made noisy (part 2),
//! at three levels of each distortion, and with each distortion alone (D. Jayaraman, A. Mittal, A. K. Moorthy, A. C.
//! Bovik, "Objective Quality Assessment of Multiply Distorted Images", Asilomar Conference 2012).
//!
//! The reader was written without a copy of the database. So it searches for its files in several places, and its
//! errors state what it searched for and what it found. The layout as far as it is known:
//!
//! ```text
//! Part 1/ Part 2/          or Part_1, Part_2, in any case; also below To_Release
//!   Imagelists.mat         distimgs, refimgs: cell arrays of file names; ref4dist: for each distorted image the index of its reference, from 1
//!   Scores.mat             DMOSscores: one number for each of distimgs, 0 to 100, lower is better
//!   blurjpeg/*.bmp         the images, anywhere in the part's folder
//! Ref_Images/*.bmp         the references, anywhere in the database
//! ```
//!
//! Images of the two parts may have the same name (both parts have blur alone), but other viewers and another score. So
//! the part belongs to the name. The standard deviations of the scores are not read, so there is no outlier ratio.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::database::{
    Contents, Database, Entry, Image, LARGEST_RATING, Naming, Opinion, QualityFacts, QualitySet, Synthetic, file_name,
    missing, stem,
};
use super::folder::{entry, list_images, visible_entries};
use crate::error::{Error, Result};
use crate::files::mat::{Value, read_variables};

/// The facts about the database.
pub const DATABASE: Database = Database {
    key: "multi-live",
    name: "MULTI-LIVE",
    contents: Contents::Quality(QualityFacts {
        images: Some(IMAGES),
        naming: NAMING,
        columns: false,
        synthetic: Some(Synthetic::Pairs),
        read: |folder, _| read(folder),
    }),
};

/// The names of its images in score files: part, reference, and the levels of the two distortions.
pub const NAMING: Naming =
    Naming { image, example: "an image of MULTI-LIVE, such as Part_1/blurjpeg/cows_blur1_jpeg2.bmp" };

/// The number of distorted images in the whole database.
const IMAGES: usize = 450;
/// The number of levels of each distortion.
pub const LEVELS: usize = 3;
/// The second distortion of each part, and the name of the part's kind.
pub const PARTS: [(&str, &str); 2] = [("jpeg", "blur_jpeg"), ("noise", "blur_noise")];

/// The image of a path such as `Part_1/blurjpeg/cows_blur1_jpeg2.bmp`, or of a name such as `part1/cows_blur1_jpeg2`.
fn image(path: &str) -> Option<Image> {
    let lower = path.to_lowercase();
    let part = lower.split(['/', '\\']).find_map(|folder| {
        match folder.strip_prefix("part")?.trim_start_matches([' ', '_']) {
            "1" => Some(1),
            "2" => Some(2),
            _ => None,
        }
    })?;
    let (second, kind) = PARTS[part - 1];
    let stem = stem(path);
    let level = |text: &str, distortion: &str| -> bool {
        text.strip_prefix(distortion).is_some_and(|level| ["1", "2", "3"].contains(&level))
    };
    // From the end: the second distortion, the blur, the reference; one of the distortions may be missing.
    let (rest, last) = stem.rsplit_once('_')?;
    let reference = if level(last, second) {
        rest.rsplit_once('_').filter(|(_, blur)| level(blur, "blur")).map_or(rest, |(reference, _)| reference)
    } else if level(last, "blur") {
        rest
    } else {
        return None;
    };
    let image = Image {
        name: format!("part{part}/{stem}"),
        reference: reference.to_owned(),
        kind: kind.to_owned(),
        level: None,
    };
    (!reference.is_empty()).then_some(image)
}

/// Reads the lists and scores of the database in `folder`, and finds its images.
///
/// # Errors
/// [`Error::Data`] if neither part exists, or a list or a score file lacks a variable (the error lists those in the
/// file). The same if they contradict each other, or an image's name does not follow the database's rule. Missing
/// images are all listed.
pub fn read(folder: impl AsRef<Path>) -> Result<QualitySet> {
    let folder = folder.as_ref();
    let mut root = folder.to_path_buf();
    let mut parts = find_parts(&root)?;
    if parts.is_empty()
        && let Some(inner) = entry(&root, "to_release")?
    {
        parts = find_parts(&inner)?;
        root = inner;
    }
    if parts.is_empty() {
        let found: Vec<String> = visible_entries(folder)?.iter().map(|(path, _)| file_name(path)).collect();
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
        let problem = format!(
            "contains neither `Part 1` nor `Part 2` of MULTI-LIVE, but {found}; name the folder with these parts"
        );
        return Err(Error::data(folder, problem));
    }
    let everywhere = by_name(&root, None)?;
    let (mut entries, mut score_files, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for (part, path) in &parts {
        let lists = Lists::read(*part, path)?;
        let here = by_name(&root, Some(path))?;
        for i in 0..lists.distorted.len() {
            let distorted = here.get(&last(&lists.distorted[i]));
            let reference =
                here.get(&last(&lists.references[i])).or_else(|| everywhere.get(&last(&lists.references[i])));
            let of_part = |name: &str| format!("{}/…/{}", file_name(path), last(name));
            if distorted.is_none() {
                lost.push(of_part(&lists.distorted[i]));
            }
            if reference.is_none() && !lost.contains(&last(&lists.references[i])) {
                lost.push(last(&lists.references[i]));
            }
            if let (Some(distorted), Some(reference)) = (distorted, reference) {
                entries.push(Entry {
                    image: lists.images[i].clone(),
                    opinion: lists.scores[i],
                    deviation: None,
                    path: distorted.clone(),
                    reference_path: reference.clone(),
                });
            }
        }
        // The files of both parts have the same names.
        let named = |file: PathBuf| (format!("{}/{}", file_name(path), file_name(&file)), file);
        score_files.extend(lists.files.into_iter().map(named));
    }
    if !lost.is_empty() {
        return Err(missing(&root, &lost, "put them there"));
    }
    // Grouped by reference, so that each is decoded once.
    entries.sort_by(|a, b| (&a.image.reference, &a.image.name).cmp(&(&b.image.reference, &b.image.name)));
    let numbers: Vec<String> = parts.iter().map(|(part, _)| part.to_string()).collect();
    let of_parts = if parts.len() == 1 { format!(", of part {} alone", numbers[0]) } else { String::new() };
    let description = format!("MULTI-LIVE, {} of {IMAGES} images{of_parts}", entries.len());
    Ok(QualitySet { entries, opinion: Opinion::dmos(), unique_file_names: false, score_files, description })
}

/// The lists and scores of one part, image by image.
struct Lists {
    distorted: Vec<String>,
    /// The reference of each distorted image.
    references: Vec<String>,
    images: Vec<Image>,
    scores: Vec<f64>,
    files: Vec<PathBuf>,
}

impl Lists {
    fn read(part: usize, folder: &Path) -> Result<Lists> {
        let require = |name: &str| {
            let found = entry(folder, name)?;
            found.ok_or_else(|| Error::data(folder.join(name), "is missing; each part of MULTI-LIVE has this file"))
        };
        let (list_file, score_file) = (require("Imagelists.mat")?, require("Scores.mat")?);
        let lists = read_variables(&list_file)?;
        let texts = |name: &str| wanted(&list_file, &lists, name, "a list of file names", Value::strings);
        let (distorted, refimgs) = (texts("distimgs")?, texts("refimgs")?);
        let ref4dist = wanted(&list_file, &lists, "ref4dist", "a row or column of numbers", Value::vector)?;
        let variables = read_variables(&score_file)?;
        let scores = wanted(&score_file, &variables, "DMOSscores", "a row or column of numbers", Value::vector)?;
        for (file, name, count) in [(&list_file, "ref4dist", ref4dist.len()), (&score_file, "DMOSscores", scores.len())]
        {
            if count != distorted.len() {
                let problem = format!("`{name}` has {count} numbers for the {} names of `distimgs`", distorted.len());
                return Err(Error::data(file, format!("{problem}; use files of one release")));
            }
        }
        let (mut references, mut images) = (Vec::new(), Vec::new());
        for (i, name) in distorted.iter().enumerate() {
            let number = ref4dist[i];
            let place = (number >= 1.0 && number <= refimgs.len() as f64 && number == number.floor())
                .then(|| refimgs[number as usize - 1].clone());
            references.push(place.ok_or_else(|| {
                let problem = format!(
                    "`ref4dist` has {number} for {name}, which is not an index of the {} `refimgs`",
                    refimgs.len()
                );
                Error::data(&list_file, problem)
            })?);
            // The lists may lack the folder; this one is that of the part.
            let image = image(&format!("part{part}/{}", last(name))).ok_or_else(|| {
                let problem =
                    format!("`distimgs` has \"{name}\", which is not named like cows_blur1_{}2.bmp", PARTS[part - 1].0);
                Error::data(&list_file, problem)
            })?;
            if images.contains(&image) {
                return Err(Error::data(&list_file, format!("`distimgs` has {name} twice")));
            }
            images.push(image);
            if scores[i].is_nan() || scores[i].abs() > LARGEST_RATING {
                let problem = format!(
                    "`DMOSscores` has {} for {name}, which is outside the range of a rating, {:e} to {LARGEST_RATING:e}; use the file of the release",
                    scores[i], -LARGEST_RATING
                );
                return Err(Error::data(&score_file, problem));
            }
        }
        Ok(Lists { distorted, references, images, scores, files: vec![list_file, score_file] })
    }
}

/// The variable `name`, converted by `read`, or an error that states what was expected and what was found.
fn wanted<T>(
    file: &Path,
    variables: &[(String, Value)],
    name: &str,
    what: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<T> {
    let found = variables.iter().find(|(found, _)| found == name);
    found.and_then(|(_, value)| read(value)).ok_or_else(|| {
        let held: Vec<String> =
            variables.iter().map(|(name, value)| format!("`{name}` ({})", value.describe())).collect();
        let held = if held.is_empty() { "nothing".to_owned() } else { held.join(", ") };
        Error::data(file, format!("expected `{name}` as {what}, but the file contains {held}"))
    })
}

/// The folders `Part 1` and `Part 2` with their numbers.
fn find_parts(folder: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let part = |(path, is_folder): (PathBuf, bool)| {
        let name = file_name(&path).to_lowercase();
        let number = match name.strip_prefix("part")?.trim_start_matches([' ', '_']) {
            "1" => 1,
            "2" => 2,
            _ => return None,
        };
        is_folder.then_some((number, path))
    };
    Ok(visible_entries(folder)?.into_iter().filter_map(part).collect())
}

/// All images below `root`, or below one part of it, by file name in lower case.
fn by_name(root: &Path, part: Option<&Path>) -> Result<BTreeMap<String, PathBuf>> {
    let inside = |path: &PathBuf| part.is_none_or(|part| path.starts_with(part));
    let images = list_images(root)?.into_iter().filter(inside);
    Ok(images.map(|path| (file_name(&path).to_lowercase(), path)).collect())
}

/// The last part of a listed path, in lower case.
fn last(path: &str) -> String {
    path.trim().rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::mat::tests::lists_file;
    use crate::imaging::Rgb8;
    use crate::imaging::decode::write_bmp;

    const NAMES: [[&str; 3]; 2] = [
        ["cows_blur1.bmp", "cows_blur2_jpeg3.bmp", "fly_by_jpeg1.bmp"],
        ["cows_blur1.bmp", "fly_by_noise2.bmp", "fly_by_blur3_noise1.bmp"],
    ];
    const REFERENCE: [[f64; 3]; 2] = [[1.0, 1.0, 2.0], [1.0, 2.0, 2.0]];

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn lists(part: usize) -> Vec<u8> {
        let (distorted, references) = (strings(&NAMES[part]), strings(&["cows.bmp", "fly_by.bmp"]));
        lists_file(&[("distimgs", &distorted), ("refimgs", &references)], &[("ref4dist", &REFERENCE[part])])
    }

    /// Two references and six images; the names of the parts are spelled differently.
    fn database() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let image = Rgb8::from_fn(8, 6, |x, y| [x as u8, y as u8, 7]);
        for (part, (name, kind)) in [("Part 1", "blurjpeg"), ("part_2", "blurnoise")].into_iter().enumerate() {
            std::fs::create_dir_all(at(name).join(kind)).unwrap();
            std::fs::write(at(name).join("Imagelists.mat"), lists(part)).unwrap();
            let scores = [20.0 + part as f64, 40.0, 60.5];
            std::fs::write(at(name).join("Scores.mat"), lists_file(&[], &[("DMOSscores", &scores)])).unwrap();
            for image_name in NAMES[part] {
                write_bmp(at(name).join(kind).join(image_name), &image).unwrap();
            }
        }
        std::fs::create_dir(at("Ref_Images")).unwrap();
        for name in ["Cows.bmp", "fly_by.BMP"] {
            write_bmp(at("Ref_Images").join(name), &image).unwrap();
        }
        folder
    }

    #[test]
    fn both_parts_are_read_with_their_own_scores() {
        let folder = database();
        let data = read(folder.path()).unwrap();
        let rows: Vec<(&str, &str, f64)> =
            data.entries.iter().map(|e| (&*e.image.name, &*e.image.reference, e.opinion)).collect();
        let expected = [
            ("part1/cows_blur1", "cows", 20.0),
            ("part1/cows_blur2_jpeg3", "cows", 40.0),
            ("part2/cows_blur1", "cows", 21.0),
            ("part1/fly_by_jpeg1", "fly_by", 60.5),
            ("part2/fly_by_blur3_noise1", "fly_by", 60.5),
            ("part2/fly_by_noise2", "fly_by", 40.0),
        ];
        assert_eq!(rows, expected);
        assert_eq!(data.description, "MULTI-LIVE, 6 of 450 images");
        assert!(data.entries[2].path.ends_with("part_2/blurnoise/cows_blur1.bmp"), "{:?}", data.entries[2].path);
        assert_eq!((data.opinion.clone(), data.score_files.len()), (Opinion::dmos(), 4));
        assert!(data.entries.iter().all(|e| e.deviation.is_none() && e.read_reference().is_ok()));

        // The same below To_Release, and only one part.
        let outer = tempfile::tempdir().unwrap();
        std::fs::rename(folder.path(), outer.path().join("To_Release")).unwrap();
        assert_eq!(read(outer.path()).unwrap().entries.len(), 6);
        std::fs::remove_dir_all(outer.path().join("To_Release/part_2")).unwrap();
        let alone = read(outer.path()).unwrap();
        assert_eq!(alone.description, "MULTI-LIVE, 3 of 450 images, of part 1 alone");
    }

    #[test]
    fn what_is_wrong_says_what_was_looked_for_and_what_was_found() {
        type Change = fn(&Path);
        let cases: [(Change, &[&str]); 10] = [
            (
                |f| ["Part 1", "part_2"].iter().for_each(|p| std::fs::remove_dir_all(f.join(p)).unwrap()),
                &["contains neither `Part 1` nor `Part 2`", "but Ref_Images"],
            ),
            (|f| std::fs::remove_file(f.join("Part 1/Scores.mat")).unwrap(), &["Scores.mat: is missing"]),
            (
                |f| std::fs::write(f.join("Part 1/Scores.mat"), lists_file(&[], &[("dmos", &[1.0, 2.0])])).unwrap(),
                &[
                    "Scores.mat: expected `DMOSscores` as a row or column of numbers, but the file contains `dmos` (2×1 numbers)",
                ],
            ),
            (
                |f| {
                    std::fs::write(f.join("Part 1/Scores.mat"), lists_file(&[], &[("DMOSscores", &[1.0, 2.0])]))
                        .unwrap()
                },
                &["`DMOSscores` has 2 numbers for the 3 names of `distimgs`"],
            ),
            (
                |f| {
                    let scores = lists_file(&[], &[("DMOSscores", &[1.0, f64::NAN, 2.0])]);
                    std::fs::write(f.join("Part 1/Scores.mat"), scores).unwrap();
                },
                &["`DMOSscores` has NaN for cows_blur2_jpeg3.bmp"],
            ),
            (
                |f| {
                    let names = strings(&["cows_noise1.bmp"]);
                    let lists = lists_file(&[("distimgs", &names), ("refimgs", &names)], &[("ref4dist", &[1.0])]);
                    std::fs::write(f.join("Part 1/Imagelists.mat"), lists).unwrap();
                    std::fs::write(f.join("Part 1/Scores.mat"), lists_file(&[], &[("DMOSscores", &[1.0])])).unwrap();
                },
                &["`distimgs` has \"cows_noise1.bmp\", which is not named like cows_blur1_jpeg2.bmp"],
            ),
            (
                |f| {
                    let names = strings(&NAMES[0]);
                    let places = [1.0, 3.0, 4.0];
                    let lists = lists_file(&[("distimgs", &names), ("refimgs", &names)], &[("ref4dist", &places)]);
                    std::fs::write(f.join("Part 1/Imagelists.mat"), lists).unwrap();
                },
                &["`ref4dist` has 4 for fly_by_jpeg1.bmp, which is not an index of the 3 `refimgs`"],
            ),
            (
                |f| std::fs::write(f.join("Part 1/Imagelists.mat"), lists_file(&[], &[("distimgs", &[1.0])])).unwrap(),
                &["expected `distimgs` as a list of file names, but the file contains `distimgs` (1×1 numbers)"],
            ),
            (|f| std::fs::write(f.join("Part 1/Scores.mat"), "no").unwrap(), &["not a little-endian MATLAB"]),
            (
                |f| {
                    std::fs::remove_file(f.join("Ref_Images/fly_by.BMP")).unwrap();
                    std::fs::remove_file(f.join("Part 1/blurjpeg/cows_blur1.bmp")).unwrap();
                    std::fs::remove_file(f.join("part_2/blurnoise/fly_by_noise2.bmp")).unwrap();
                },
                &["3 of its images are missing", "Part 1/…/cows_blur1.bmp", "fly_by.bmp", "part_2/…/fly_by_noise2.bmp"],
            ),
        ];
        for (change, expected) in cases {
            let folder = database();
            change(folder.path());
            let error = read(folder.path()).unwrap_err();
            assert!(matches!(error, Error::Data { .. }));
            for part in expected {
                assert!(error.to_string().contains(part), "{part:?} is not in {error}");
            }
        }
    }
}
