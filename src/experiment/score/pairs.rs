//! Which distorted image belongs to which reference.
//!
//! Three ways to say it. A **reference file** goes with every distorted image that is named. With a **folder of references** names decide: the
//! distorted image's, without its extension and in any case, is the reference's or begins with it and goes on with neither a letter
//! nor a digit (`I01.BMP` is the reference of `i01_07_3.bmp`, `img1.png` not of `img10_q5.jpg`); of several references the longest name wins. A
//! **CSV file** says it row by row.
//!
//! One distorted image has one reference. Where it would have several, references and distorted images have been swapped, and that is refused.
//! Everything that can be known without decoding an image is checked before any is, and everything that is missing is named at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::measures::Measure;
use crate::datasets::folder::list_images;
use crate::error::{Error, Result};

/// An image and its reference.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub reference: PathBuf,
    pub distorted: PathBuf,
    /// As the user wrote them.
    pub names: [String; 2],
    /// The cells of the other columns of a CSV file.
    pub cells: Vec<String>,
}

/// What is to be scored, in the order in which it was given.
#[derive(Debug)]
pub(super) struct Pairs {
    pub list: Vec<Pair>,
    /// The other columns of a CSV file.
    pub columns: Vec<String>,
    /// What the user might want to know.
    pub notes: Vec<String>,
}

/// A file that cannot be scored, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    pub path: PathBuf,
    pub problem: String,
}

impl Fault {
    /// What `error` says about `path`, or about the file that it names itself.
    pub fn new(path: &Path, error: Error) -> Fault {
        match error {
            Error::Data { path, problem } => Fault { path, problem },
            error => Fault { path: path.to_path_buf(), problem: error.to_string() },
        }
    }

    /// One error about all of them, a line for each file.
    ///
    /// # Panics
    /// When there is none.
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
    /// [`Error::Data`] where files are missing or a distorted image has no reference, [`Error::Usage`] where one is named twice or
    /// references and distorted images have been swapped.
    pub fn of_arguments(reference: &Path, distorted: &[PathBuf]) -> Result<Pairs> {
        let mut missing = Vec::new();
        let mut images = Vec::new();
        for path in distorted {
            match path {
                path if path.is_dir() => images.extend(list_images(path)?),
                path if path.is_file() => images.push(path.clone()),
                path => missing.push(gone(path)),
            }
        }
        if !reference.exists() {
            missing.insert(0, gone(reference));
        }
        if !missing.is_empty() {
            return Err(Fault::error(missing));
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
                "{} is given as the folder of references and of distorted images; put them in two folders, or name the pairs in a file for --pairs",
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
                    format!("has the name of {}; references need different ones", other.display()),
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
                    "references and distorted images look swapped: {} of the references, {} first, belong to the one distorted image {}; \
                     name the folder of references first",
                    versions.len(),
                    first.display(),
                    image.display()
                )));
            }
            lonely.push(Fault {
                problem: format!("has no reference in {}: none has a name that this one begins with", folder.display()),
                path: image,
            });
        }
        if !lonely.is_empty() {
            return Err(Fault::error(lonely));
        }
        let unused: Vec<String> =
            references.iter().filter(|path| !used.contains(path)).map(|path| path.display().to_string()).collect();
        let mut pairs = Pairs::new(pairs, vec![]);
        if !unused.is_empty() {
            pairs.notes.push(format!("references without a distorted image: {}", unused.join(", ")));
        }
        Ok(pairs)
    }

    /// The pairs of a CSV file.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be read, lacks a column or a cell or has no rows, lists a pair twice or a distorted image with several
    /// references, or names files that are not there.
    pub fn of_table(file: &Path) -> Result<Pairs> {
        let damaged = |e: csv::Error| Error::data(file, e);
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_path(file).map_err(|e| match e.kind() {
                csv::ErrorKind::Io(reason) => Error::data(file, format!("cannot be read: {reason}")),
                _ => damaged(e),
            })?;
        let headers = reader.headers().map_err(damaged)?.clone();
        let place = |wanted: &str| {
            headers.iter().position(|name| name == wanted).ok_or_else(|| {
                let found: Vec<&str> = headers.iter().collect();
                Error::data(
                    file,
                    format!(
                        "has no column `{wanted}`; it needs `reference` and `distorted` (found: {})",
                        found.join(", ")
                    ),
                )
            })
        };
        let places = [place("reference")?, place("distorted")?];
        let others: Vec<usize> = (0..headers.len()).filter(|i| !places.contains(i)).collect();
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut pairs: Vec<Pair> = Vec::new();
        let mut missing = BTreeSet::new();
        // Where each distorted image was met first.
        let mut seen: BTreeMap<PathBuf, (u64, usize)> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(damaged)?;
            let line = record.position().map_or(0, csv::Position::line);
            let names = places.map(|place| record[place].trim().to_owned());
            if let Some(i) = names.iter().position(String::is_empty) {
                let column = ["reference", "distorted"][i];
                return Err(Error::data(file, format!("line {line} has no `{column}`; fill it in or remove the line")));
            }
            let [reference, distorted] = names.each_ref().map(|name| folder.join(name));
            missing.extend([&reference, &distorted].into_iter().filter(|path| !path.is_file()).cloned());
            if let Some((first, pair)) = seen.insert(identity(&distorted), (line, pairs.len())) {
                let [name, other] = [&names[0], &pairs[pair].names[0]];
                return Err(Error::data(
                    file,
                    match identity(&reference) == identity(&pairs[pair].reference) {
                        true => format!("line {line} is the pair of line {first} again; remove one of them"),
                        false => format!(
                            "the distorted image {} has the reference {other} in line {first} and {name} in line {line}; an image has one reference \
                         (are the columns swapped?)",
                            names[1]
                        ),
                    },
                ));
            }
            let cells = others.iter().map(|&i| record[i].to_owned()).collect();
            pairs.push(Pair { reference, distorted, names, cells });
        }
        if pairs.is_empty() {
            return Err(Error::data(
                file,
                "names no pair; write a line with a `reference` and a `distorted` image for each",
            ));
        }
        if !missing.is_empty() {
            let list: String = missing.iter().map(|path| format!("\n  {}", path.display())).collect();
            let count = missing.len();
            return Err(Error::data(file, format!("names files that are not there ({count}):{list}")));
        }
        Ok(Pairs::new(pairs, others.iter().map(|&i| headers[i].to_owned()).collect()))
    }

    fn new(list: Vec<Pair>, columns: Vec<String>) -> Pairs {
        let same = list.iter().filter(|pair| identity(&pair.reference) == identity(&pair.distorted));
        let notes = same.map(|pair| format!("{} is compared with itself", pair.distorted.display())).collect();
        Pairs { list, columns, notes }
    }

    /// That no column of the CSV file would stand twice in the CSV output.
    pub fn check_columns(&self, measures: &[Measure]) -> Result<()> {
        let taken = |name: &str| name == "undefined" || measures.iter().any(|measure| measure.key == name);
        match self.columns.iter().find(|name| taken(name)) {
            Some(name) => Err(Error::Usage(format!(
                "the column `{name}` of the pairs would be there twice in the output; rename it, or choose other --metrics"
            ))),
            None => Ok(()),
        }
    }
}

impl Pair {
    fn of_paths(reference: PathBuf, distorted: PathBuf) -> Pair {
        let names = [&reference, &distorted].map(|path| path.display().to_string());
        Pair { reference, distorted, names, cells: vec![] }
    }
}

fn gone(path: &Path) -> Fault {
    Fault { path: path.to_path_buf(), problem: "there is no such file or folder".to_owned() }
}

/// What tells one file from another, however the way to it is written. A link is a file of its own.
pub(super) fn identity(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match (absolute.parent().map(Path::canonicalize), absolute.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

/// The name without its extension, in lower case.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Whether the image of this name is a version of the reference of that one.
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
    fn the_longest_name_wins_and_what_is_not_used_is_said() {
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
}
