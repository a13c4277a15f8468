//! The pairs of a distorted image and its reference.
//!
//! There are three ways to name them. A **reference file** belongs to every distorted image. In a **folder of references** the names decide:
//! the distorted image's name begins with the reference's, and no letter or digit follows. Extension and case do not count. So `I01.BMP` is
//! the reference of `i01_07_3.bmp`, and `img1.png` is not the reference of `img10_q5.jpg`. If several references fit, the longest name wins.
//! A **CSV file** names both images in each row.
//!
//! A distorted image has one reference. If it would have several, the references and the distorted images are swapped, which is an error.
//! All checks that need no decoded image come first, and all missing files are named at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::datasets::folder::{identity, list_images};
use crate::datasets::own::IMAGE_COLUMNS;
use crate::datasets::table::Table;
use crate::error::{Error, Result};

/// An image and its reference.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub reference: PathBuf,
    pub distorted: PathBuf,
    /// The paths of the reference and the distorted image as the user wrote them.
    pub names: [String; 2],
    /// The cells of the other columns of a CSV file.
    pub cells: Vec<String>,
}

/// The pairs to score, in the given order.
#[derive(Debug)]
pub(super) struct Pairs {
    pub list: Vec<Pair>,
    /// The other columns of a CSV file.
    pub columns: Vec<String>,
    /// Notes for the user.
    pub notes: Vec<String>,
    /// Images in a folder without a reference. The others are scored.
    pub lonely: Vec<Fault>,
}

/// A file that cannot be scored, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    pub path: PathBuf,
    pub problem: String,
}

impl Fault {
    /// The fault of the file that `error` names, or else of `path`.
    pub fn new(path: &Path, error: Error) -> Fault {
        match error {
            Error::Data { path, problem } => Fault { path, problem },
            error => Fault { path: path.to_path_buf(), problem: error.to_string() },
        }
    }

    /// One error for all faults, with a line for each file.
    ///
    /// # Panics
    /// If there is no fault.
    pub fn error(faults: Vec<Fault>) -> Error {
        let mut seen = BTreeSet::new();
        let mut lines = faults.into_iter().filter(|fault| seen.insert(fault.clone()));
        let Fault { path, mut problem } = lines.next().expect("there is a fault");
        for fault in lines {
            problem += &format!("\n{}: {}", fault.path.display(), fault.problem);
        }
        Error::Data { path, problem }
    }
}

impl Pairs {
    /// The pairs of the command line.
    ///
    /// # Errors
    /// [`Error::Data`] if files are missing or no distorted image has a reference. [`Error::Usage`] if an image is named twice, or if the
    /// references and the distorted images are swapped.
    pub fn of_arguments(reference: &Path, distorted: &[PathBuf]) -> Result<Pairs> {
        let mut missing = Vec::new();
        let mut images = Vec::new();
        for path in distorted {
            match path {
                path if path.is_dir() => images.extend(list_images(path)?),
                // A pipe is no file.
                path if is_stdin(path) || path.exists() => images.push(path.clone()),
                path => missing.push(gone(path)),
            }
        }
        if !is_stdin(reference) && !reference.exists() {
            missing.insert(0, gone(reference));
        }
        if !missing.is_empty() {
            return Err(Fault::error(missing));
        }
        if images.iter().chain([&reference.to_path_buf()]).filter(|path| is_stdin(path)).count() > 1 {
            return Err(Error::Usage("`-` is named twice, and standard input holds one image; name a file".to_owned()));
        }
        let mut seen = BTreeSet::new();
        if let Some(path) = images.iter().find(|path| !seen.insert(identity(path))) {
            return Err(Error::Usage(format!("{} is named twice; name it once", path.display())));
        }
        if !reference.is_dir() {
            let pair = |image: PathBuf| Pair::of_paths(reference.to_path_buf(), image);
            return Ok(Pairs::new(images.into_iter().map(pair).collect(), vec![]));
        }
        if let Some(folder) = distorted.iter().find(|path| path.canonicalize().ok() == reference.canonicalize().ok()) {
            return Err(Error::Usage(format!(
                "{} is both the folder of references and the folder of distorted images; use two folders, or a file of pairs with --pairs",
                folder.display()
            )));
        }
        Pairs::by_name(reference, images)
    }

    /// Finds the reference of every image by its name.
    fn by_name(folder: &Path, images: Vec<PathBuf>) -> Result<Pairs> {
        let references = list_images(folder)?;
        let mut by_stem: BTreeMap<String, &PathBuf> = BTreeMap::new();
        for path in &references {
            if let Some(other) = by_stem.insert(stem(path), path) {
                return Err(Error::data(
                    path,
                    format!("has the same name as {}; references need different names", other.display()),
                ));
            }
        }
        let mut used = BTreeSet::new();
        let (mut pairs, mut lonely) = (Vec::new(), Vec::new());
        for image in images {
            let name = stem(&image);
            let fitting = by_stem.iter().filter(|(reference, _)| belongs(&name, reference));
            if let Some((_, reference)) = fitting.max_by_key(|(reference, _)| reference.len()) {
                used.insert(*reference);
                pairs.push(Pair::of_paths(reference.to_path_buf(), image));
                continue;
            }
            let versions: Vec<&PathBuf> =
                by_stem.iter().filter(|(reference, _)| belongs(reference, &name)).map(|(_, path)| *path).collect();
            if let Some(first) = versions.first() {
                return Err(Error::Usage(format!(
                    "references and distorted images look swapped: {} references (the first is {}) belong to the distorted image {}; \
                     the folder of references comes first",
                    versions.len(),
                    first.display(),
                    image.display()
                )));
            }
            lonely.push(Fault {
                problem: format!(
                    "has no reference in {}; its name must begin with a reference's name",
                    folder.display()
                ),
                path: image,
            });
        }
        if pairs.is_empty() && !lonely.is_empty() {
            return Err(Fault::error(lonely));
        }
        let unused: Vec<String> =
            references.iter().filter(|path| !used.contains(path)).map(|path| path.display().to_string()).collect();
        let mut pairs = Pairs { lonely, ..Pairs::new(pairs, vec![]) };
        if !unused.is_empty() {
            pairs.notes.push(format!("references without a distorted image: {}", unused.join(", ")));
        }
        Ok(pairs)
    }

    /// The pairs of a CSV file with the columns `reference` and `distorted`. The second may also be called `image`.
    ///
    /// # Errors
    /// [`Error::Data`] if the file cannot be read, lacks a column, a cell or rows, or has both `distorted` and `image`; if it contains a
    /// pair twice, or a distorted image with several references; and if images do not exist.
    pub fn of_table(file: &Path) -> Result<Pairs> {
        let damaged = |problem: &str| Error::data(file, problem);
        let table = Table::read(file)?;
        let place = |wanted: &str| table.header.iter().position(|name| name == wanted);
        let absent = |wanted: &str| {
            let needed = "it needs `reference` and `distorted` (or `image`)";
            damaged(&format!("has no column `{wanted}`; {needed}, found {}", table.header.join(", ")))
        };
        let reference = place("reference").ok_or_else(|| absent("reference"))?;
        let distorted = match IMAGE_COLUMNS.map(place) {
            [Some(_), Some(_)] => {
                return Err(damaged(
                    "has both a column `image` and a column `distorted`, which mean the same; rename one",
                ));
            }
            [image, distorted] => image.or(distorted).ok_or_else(|| absent("distorted"))?,
        };
        let places = [reference, distorted];
        let others: Vec<usize> = (0..table.header.len()).filter(|i| !places.contains(i)).collect();
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut pairs: Vec<Pair> = Vec::new();
        let mut missing = BTreeSet::new();
        // The first row of each distorted image.
        let mut seen: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for i in 0..table.len() {
            let row = table.number_of(i);
            let names = places.map(|place| table.field(i, place).to_owned());
            if let Some(empty) = names.iter().position(String::is_empty) {
                let column = &table.header[places[empty]];
                return Err(damaged(&format!("row {row} has no `{column}`; fill it in or remove the row")));
            }
            let [reference, distorted] = names.each_ref().map(|name| folder.join(name));
            missing
                .extend([&reference, &distorted].into_iter().filter(|path| !path.exists() || path.is_dir()).cloned());
            if let Some(first) = seen.insert(identity(&distorted), i) {
                let ([name, image], [other, _]) = (&names, &pairs[first].names);
                let same = identity(&reference) == identity(&pairs[first].reference);
                let first = table.number_of(first);
                return Err(damaged(&match same {
                    true => format!("row {row} repeats the pair of row {first}; remove one of them"),
                    false => format!(
                        "the distorted image {image} has the reference {other} in row {first} and {name} in row {row}; \
                         an image has one reference (are the columns swapped?)"
                    ),
                }));
            }
            let cells = others.iter().map(|&column| table.field(i, column).to_owned()).collect();
            pairs.push(Pair { reference, distorted, names, cells });
        }
        if !missing.is_empty() {
            let list: String = missing.iter().map(|path| format!("\n  {}", path.display())).collect();
            return Err(damaged(&format!("names files that do not exist ({}):{list}", missing.len())));
        }
        Ok(Pairs::new(pairs, others.iter().map(|&i| table.header[i].clone()).collect()))
    }

    fn new(list: Vec<Pair>, columns: Vec<String>) -> Pairs {
        let same = list.iter().filter(|pair| identity(&pair.reference) == identity(&pair.distorted));
        let notes = same.map(|pair| format!("{} is compared with itself", pair.distorted.display())).collect();
        Pairs { list, columns, notes, lonely: Vec::new() }
    }
}

impl Pair {
    fn of_paths(reference: PathBuf, distorted: PathBuf) -> Pair {
        let names = [&reference, &distorted].map(|path| path.display().to_string());
        Pair { reference, distorted, names, cells: vec![] }
    }
}

/// Whether the path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn gone(path: &Path) -> Fault {
    Fault { path: path.to_path_buf(), problem: "there is no such file or folder".to_owned() }
}

/// The name without its extension, in lower case.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Whether the image of this name belongs to the reference of that name.
fn belongs(image: &str, reference: &str) -> bool {
    image.strip_prefix(reference).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        let table = [
            ("i01_07_3", "i01", true),
            ("i01", "i01", true),
            ("i01.q5", "i01", true),
            ("img10_q5", "img1", false),
            ("img1b", "img1", false),
            ("i01", "i01_07_3", false),
            ("über-5", "über", true),
        ];
        for (image, reference, expected) in table {
            assert_eq!(belongs(image, reference), expected, "{image} of {reference}");
        }
        assert_eq!(stem(Path::new("a/I01.x.BMP")), "i01.x");
    }

    #[test]
    fn the_longest_name_wins_and_an_unused_reference_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["refs/a.png", "refs/a_b.png", "refs/c.png", "jpeg/A_b_1.jpg", "jpeg/a-1.jpg", "webp/a.png"] {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "").unwrap();
        }
        let pairs = Pairs::of_arguments(&at("refs"), &[at("webp"), at("jpeg")]).unwrap();
        let found: Vec<(PathBuf, PathBuf)> =
            pairs.list.iter().map(|pair| (pair.reference.clone(), pair.distorted.clone())).collect();
        let expected =
            [("refs/a.png", "webp/a.png"), ("refs/a_b.png", "jpeg/A_b_1.jpg"), ("refs/a.png", "jpeg/a-1.jpg")];
        assert_eq!(found, expected.map(|(reference, distorted)| (at(reference), at(distorted))));
        assert!(pairs.notes.len() == 1 && pairs.notes[0].ends_with("refs/c.png"), "{:?}", pairs.notes);
    }
    #[test]
    fn a_table_for_own_data_names_pairs_too() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "a1.png"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let table = |text: &str| {
            let file = folder.path().join("scores.csv");
            std::fs::write(&file, text).unwrap();
            Pairs::of_table(&file)
        };
        let pairs = table("image,reference,mos,std\na1.png,a.png,3.2,0.4\n").unwrap();
        assert_eq!(pairs.list[0].names, ["a.png", "a1.png"]);
        assert_eq!(
            (pairs.columns, pairs.list[0].cells.clone()),
            (["mos", "std"].map(str::to_owned).to_vec(), ["3.2", "0.4"].map(str::to_owned).to_vec())
        );
        for (text, expected) in [
            ("image,distorted,reference\na1.png,a1.png,a.png\n", "both a column `image` and a column `distorted`"),
            (
                "picture,reference\na1.png,a.png\n",
                "has no column `distorted`; it needs `reference` and `distorted` (or `image`)",
            ),
            ("image,original\na1.png,a.png\n", "has no column `reference`"),
            ("image,reference\n,a.png\n", "row 2 has no `image`"),
        ] {
            let error = table(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
    }
}
