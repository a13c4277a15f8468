//! Finds and reads the results folders of experiments.
//!
//! The folder of an experiment has a `manifest.json`, and runs write such folders into one folder. [`Folder::read`] accepts any content: each
//! part of a [`Folder`] is absent, sound, or an error. [`Folder::results`] stops at the first error, a page shows errors as
//! [remarks](Folder::remarks), and `verify` reports each as a failure.
//!
//! Symbolic links in the folder of an experiment are not followed, since results are files and a link can lead in a circle. The folder itself
//! may be a link. Files that file managers create (`.DS_Store`) are ignored.

use super::claims::Claims;
use super::grid::Section;
use super::manifest::{Manifest, Run, VERSION};
use super::outputs::{Captioned, PICTURES};
use super::row::Row;
use super::table::Table;
use crate::error::{Error, Result};
use crate::files::hash;
use serde::de::DeserializeOwned;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file with the record of the run, in every results folder.
pub const MANIFEST: &str = "manifest.json";
/// The file with the rows of the table.
pub const TABLE: &str = "table.json";
/// The file with the tested claims, if the experiment has claims.
pub const CLAIMS: &str = "claims.json";
/// The file with the folded tables.
pub const SECTIONS: &str = "sections.json";
const RUN: &str = "run.json";
const PHOTOGRAPHS: &str = "photographs";

/// Entries of an experiment's folder that are not results: the record that differs on every run, the cache with its lock, and images that
/// may not be redistributed.
pub const NO_RESULTS: [&str; 3] = [RUN, "cache", PHOTOGRAPHS];

/// Files that file managers put into folders.
const OF_FILE_MANAGERS: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// The end of the folder's name if synthetic images replaced the dataset.
pub const STAND_IN: &str = "-stand-in";

/// A part of a folder; `None` if its file is missing.
type Part<T> = Option<Result<T>>;

/// The results of an experiment whose files were all readable.
#[derive(Clone, Debug)]
pub struct Results {
    /// The path of the manifest.
    pub manifest_path: PathBuf,
    /// The record of the run.
    pub manifest: Manifest,
    /// The numbers; `None` if there is no table beside the manifest.
    pub table: Option<Table>,
    /// The claims; `None` if there are no claims beside the manifest.
    pub claims: Option<Claims>,
}

/// The results folder of one experiment, which may be incomplete or damaged.
#[derive(Debug, Default)]
pub struct Folder {
    /// Its name: that of the experiment, with `-stand-in` if synthetic images replaced the dataset.
    pub name: String,
    manifest_path: PathBuf,
    pub(super) files: Files,
    /// Pictures of images that may not be redistributed.
    photographs: Files,
    /// The record of the run, which may be of another version.
    pub(super) manifest: Part<Manifest>,
    run: Part<Run>,
    pub(super) table: Part<Table>,
    pub(super) claims: Part<Claims>,
    sections: Part<Vec<Section>>,
    /// The captions of the pictures, in the order of the page.
    pictures: Part<Vec<Captioned>>,
    /// The captions of the photographs.
    photographs_listed: Part<Vec<Captioned>>,
}

impl Folder {
    /// Reads the folder of an experiment; or a manifest with the table and the claims beside it.
    pub fn read(path: &Path) -> Folder {
        let mut folder = Folder { name: name(path), manifest_path: path.to_path_buf(), ..Folder::default() };
        if path.is_dir() {
            folder.manifest_path = path.join(MANIFEST);
            folder.files = Files::below(path, &NO_RESULTS);
            if path.join(PHOTOGRAPHS).is_dir() {
                folder.photographs = Files::below(&path.join(PHOTOGRAPHS), &[]);
            }
        } else {
            folder.files.read(MANIFEST, path);
            [TABLE, CLAIMS].iter().for_each(|name| folder.files.read_if_there(name, &path.with_file_name(name)));
        }
        folder.manifest = folder.parse(MANIFEST, Manifest::parse);
        let mut record = Files::default();
        record.read_if_there(RUN, &path.join(RUN));
        folder.run = parse(&record, RUN, &path.join(RUN), json);
        folder.table = folder.parse(TABLE, Table::parse);
        folder.claims = folder.parse(CLAIMS, Claims::parse);
        folder.sections = folder.parse(SECTIONS, json);
        folder.pictures = folder.parse(PICTURES, json);
        folder.photographs_listed = parse(&folder.photographs, PICTURES, &path.join(PHOTOGRAPHS).join(PICTURES), json);
        folder
    }

    fn parse<T>(&self, name: &str, parser: fn(&str, &Path) -> Result<T>) -> Part<T> {
        let path = if name == MANIFEST { self.manifest_path.clone() } else { self.manifest_path.with_file_name(name) };
        parse(&self.files, name, &path, parser)
    }

    /// The results, if each part is sound.
    ///
    /// # Errors
    /// [`Error::Data`] if a file cannot be read, this version does not write such a file, or the manifest is missing. A missing table is not
    /// an error.
    pub fn results(self) -> Result<Results> {
        let manifest_path = self.manifest_path;
        let missing = || Error::data(&manifest_path, "cannot be read: there is no such file");
        let manifest = self.manifest.ok_or_else(missing)??.of_this_version(&manifest_path)?;
        let (table, claims) = (self.table.transpose()?, self.claims.transpose()?);
        Ok(Results { manifest_path, manifest, table, claims })
    }

    /// The name of the experiment and of its file.
    pub fn experiment(&self) -> &str {
        self.name.strip_suffix(STAND_IN).unwrap_or(&self.name)
    }

    /// Whether the numbers are of synthetic images that replaced the dataset.
    pub fn is_stand_in(&self) -> bool {
        self.name.ends_with(STAND_IN) || self.data().starts_with("stand-in")
    }

    /// The record of the run, if it is sound.
    pub fn manifest(&self) -> Option<&Manifest> {
        sound(&self.manifest)
    }

    /// The machine and the duration of the run, if the folder has a `run.json`, which is not committed.
    pub fn run(&self) -> Option<&Run> {
        sound(&self.run)
    }

    /// The claims of the paper with their outcomes, if the experiment has claims.
    pub fn claims(&self) -> Option<&Claims> {
        sound(&self.claims)
    }

    /// The rows of the table in the long form.
    pub fn rows(&self) -> &[Row] {
        sound(&self.table).map_or(&[], |table| table.rows())
    }

    /// The folded tables that can be drawn.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        sound(&self.sections).into_iter().flatten().filter(|section| !crooked(section))
    }

    /// The pictures of the results, in the order of `pictures.json`; then those that it does not list, by name.
    pub fn pictures(&self) -> Vec<FolderPicture<'_>> {
        self.files.pictures(sound(&self.pictures))
    }

    /// The pictures of images that may not be redistributed, in the same order.
    pub fn photographs(&self) -> Vec<FolderPicture<'_>> {
        self.photographs.pictures(sound(&self.photographs_listed))
    }

    /// The title of the experiment.
    pub fn title(&self) -> &str {
        self.manifest().map_or(&self.name, |manifest| &manifest.title)
    }

    /// The data that the numbers are from; empty without a sound manifest.
    pub fn data(&self) -> &str {
        self.manifest().map_or("", |manifest| &manifest.data)
    }

    /// The files that the manifest lists and that are missing or unreadable, and the files whose hash is not that of the manifest.
    pub fn stale(&self) -> [Vec<&str>; 2] {
        let [mut missing, mut changed] = [Vec::new(), Vec::new()];
        for (name, listed) in self.manifest().into_iter().flat_map(|manifest| &manifest.outputs) {
            match self.files.get(name) {
                None | Some(Err(_)) => missing.push(name.as_str()),
                Some(Ok(bytes)) if hash(bytes) != *listed => changed.push(name.as_str()),
                Some(Ok(_)) => {}
            }
        }
        [missing, changed]
    }

    /// The problems of the folder, each in a sentence.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for files in [&self.files, &self.photographs] {
            let unread = files.by_name.iter().filter_map(|(name, file)| Some((name, file.as_ref().err()?)));
            let problems =
                files.faults.iter().map(Error::to_string).chain(unread.map(|(name, why)| format!("{name} {why}")));
            remarks.extend(problems.map(|problem| format!("Not everything in the folder can be read: {problem}.")));
            remarks.extend(files.links.iter().map(|name| format!("{name} {LINK}.")));
        }
        if self.manifest.is_none() {
            remarks.push(
                "There is no manifest.json. A run writes it last: the run has not ended, or the folder is incomplete. The page shows the existing files."
                    .to_owned(),
            );
        }
        if let Some(other) = self.manifest().map(|manifest| &manifest.version).filter(|version| *version != VERSION) {
            remarks.push(format!(
                "Version {other} of gradspace wrote these results, and version {VERSION} made this page."
            ));
        }
        let problems = ["The manifest lists missing files", "These files do not have the hashes in the manifest"];
        for (problem, names) in problems.into_iter().zip(self.stale()).filter(|(_, names)| !names.is_empty()) {
            remarks.push(format!("{problem}: {}.", names.join(", ")));
        }
        let wrong = [
            (MANIFEST, error(&self.manifest)),
            (RUN, error(&self.run)),
            (CLAIMS, error(&self.claims)),
            (SECTIONS, error(&self.sections)),
            (PICTURES, error(&self.pictures).or(error(&self.photographs_listed))),
            (TABLE, error(&self.table)),
        ];
        remarks.extend(wrong.into_iter().filter_map(|(name, error)| {
            let problem = problem(error?);
            Some(format!("{name} is damaged or from another version, and is not shown: it {problem}."))
        }));
        if self.sections.is_none() && self.files.get("table.md").is_some() {
            remarks.push("There is no sections.json with the tables for this page, since an earlier version wrote the folder. The tables are in table.md.".to_owned());
        }
        let crooked = sound(&self.sections).into_iter().flatten().filter(|section| crooked(section));
        remarks.extend(crooked.map(|section| {
            format!("{SECTIONS}: the rows of \"{}\" are not as long as its header, so it is not shown.", section.title)
        }));
        remarks
    }
}

/// A picture of a folder.
#[derive(Clone, Copy, Debug)]
pub struct FolderPicture<'a> {
    /// The name of its files without the extension.
    pub name: &'a str,
    /// The caption, if `pictures.json` lists the picture.
    pub caption: Option<&'a str>,
    /// The SVG document, if the picture is a chart.
    pub svg: Option<&'a str>,
    /// The bytes of the PNG file.
    pub png: &'a [u8],
}

/// Whether a row of a section is not as long as its header.
fn crooked(section: &Section) -> bool {
    section.header.is_empty() || section.rows.iter().any(|row| row.len() != section.header.len())
}

/// The parsed file of this name, if it exists; `path` is its name in errors.
fn parse<T>(files: &Files, name: &str, path: &Path, parser: fn(&str, &Path) -> Result<T>) -> Part<T> {
    let text = files
        .get(name)?
        .and_then(|bytes| std::str::from_utf8(bytes).map_err(|e| format!("cannot be read: it is not UTF-8: {e}")));
    Some(text.map_err(|problem| Error::data(path, problem)).and_then(|text| parser(text, path)))
}

fn sound<T>(part: &Part<T>) -> Option<&T> {
    part.as_ref()?.as_ref().ok()
}

fn error<T>(part: &Part<T>) -> Option<&Error> {
    part.as_ref()?.as_ref().err()
}

/// The problem of an error about a file, without the file's name.
pub(super) fn problem(error: &Error) -> String {
    match error {
        Error::Data { problem, .. } => problem.clone(),
        other => other.to_string(),
    }
}

fn json<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::data(path, format!("does not have the format of gradspace: {e}")))
}

/// The bytes of a file, or the reason why they cannot be read.
type FileBytes<'a> = std::result::Result<&'a [u8], String>;

/// The files in a folder and its subfolders, by their names relative to it, with `/` between the parts.
#[derive(Debug, Default)]
pub(super) struct Files {
    by_name: BTreeMap<String, std::result::Result<Vec<u8>, String>>,
    /// Symbolic links, which are not followed.
    pub links: Vec<String>,
    /// Folders that cannot be read.
    pub faults: Vec<Error>,
}

/// The problem of a symbolic link.
pub(super) const LINK: &str = "is a symbolic link, which is not followed: results are files";

impl Files {
    /// The files in `folder` except the entries with these names.
    fn below(folder: &Path, but: &[&str]) -> Files {
        let mut files = Files::default();
        let mut folders = vec![(folder.to_path_buf(), String::new())];
        while let Some((next, below)) = folders.pop() {
            let entries = entries(&next).unwrap_or_else(|error| {
                files.faults.push(error);
                Vec::new()
            });
            for (path, kind) in entries {
                let name = format!("{below}{}", name(&path));
                if but.contains(&name.as_str()) {
                    continue;
                } else if kind.is_symlink() {
                    files.links.push(name);
                } else if kind.is_dir() {
                    folders.push((path, format!("{name}/")));
                } else if kind.is_file() {
                    files.read(&name, &path);
                } else {
                    // Reading a pipe or a device might never end.
                    files.by_name.insert(name, Err("cannot be read: it is not a regular file".to_owned()));
                }
            }
        }
        files
    }

    fn read(&mut self, name: &str, path: &Path) {
        let bytes = crate::files::read(path).map_err(|error| problem(&error));
        self.by_name.insert(name.to_owned(), bytes);
    }

    fn read_if_there(&mut self, name: &str, path: &Path) {
        if path.exists() {
            self.read(name, path);
        }
    }

    /// The file of this name, if it exists.
    pub fn get(&self, name: &str) -> Option<FileBytes<'_>> {
        self.by_name.get(name).map(|bytes| bytes.as_deref().map_err(String::clone))
    }

    /// Each PNG file, with the SVG document of the same name if it is a chart: the listed ones in the order of the list, then the others by
    /// name.
    fn pictures<'a>(&'a self, listed: Option<&'a Vec<Captioned>>) -> Vec<FolderPicture<'a>> {
        let place = |name: &str| listed.and_then(|list| list.iter().position(|picture| picture.name == name));
        let picture = |file: &'a str| {
            let name = file.strip_suffix(".png").filter(|name| !name.starts_with('.'))?;
            let svg = self.get(&format!("{name}.svg")).and_then(|svg| std::str::from_utf8(svg.ok()?).ok());
            let caption = listed.zip(place(name)).map(|(list, place)| list[place].caption.as_str());
            Some(FolderPicture { name, caption, svg, png: self.get(file)?.ok()? })
        };
        let mut pictures: Vec<FolderPicture> = self.names().filter_map(picture).collect();
        pictures.sort_by_key(|picture| place(picture.name).unwrap_or(usize::MAX));
        pictures
    }

    /// The names of all files, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

/// The results folders in `root`, in the order of the page: real data before synthetic data; then by kind in the order of `kinds`, with other
/// kinds last; then the folders with the most published numbers first.
///
/// # Errors
/// [`Error::Data`] if `root` cannot be read or contains no results.
pub fn read_all(root: &Path, kinds: &[&str]) -> Result<Vec<Folder>> {
    let entries = if root.exists() { entries(root)? } else { Vec::new() };
    let folders = entries.iter().filter(|(path, kind)| is_folder(path, *kind) && !name(path).starts_with('.'));
    let mut all: Vec<Folder> = folders.map(|(path, _)| Folder::read(path)).collect();
    if all.is_empty() {
        let problem = "contains no results; run an experiment first, e.g. `gradspace experiments/tid2013.toml`";
        return Err(Error::data(root, problem));
    }
    let place = |folder: &Folder| {
        let kind = folder.manifest().and_then(|m| m.experiment["kind"].as_str()).unwrap_or_default();
        kinds.iter().position(|k| *k == kind).unwrap_or(kinds.len())
    };
    let compared = |folder: &Folder| folder.rows().iter().filter(|row| row.published.is_some()).count();
    all.sort_by_cached_key(|f| (f.is_stand_in(), place(f), Reverse(compared(f)), f.name.clone()));
    Ok(all)
}

/// Whether the entry is a folder, or a link to the results of an experiment.
fn is_folder(path: &Path, kind: std::fs::FileType) -> bool {
    kind.is_dir() || (kind.is_symlink() && path.join(MANIFEST).is_file())
}

/// The name of the results folder of an experiment file: its name without folder and extension.
///
/// # Errors
/// [`Error::Usage`] if the results could not have that folder: `...toml` would be the folder above, and `cache.toml` has a name that
/// results need.
pub fn name_of_results(file: &Path) -> Result<String> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let taken =
        NO_RESULTS.into_iter().chain([MANIFEST, TABLE, "index.html"]).any(|taken| name.eq_ignore_ascii_case(taken));
    if name.is_empty() || name.starts_with('.') || taken {
        let file = file.display();
        return Err(Error::Usage(format!("{file}: the results cannot have a folder named `{name}`; rename the file")));
    }
    Ok(name)
}

/// The entries of a folder of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The folders in it, in the order of their names.
    pub folders: Vec<PathBuf>,
    /// The other entries, including symbolic links, in the order of their names.
    pub others: Vec<PathBuf>,
}

/// The folders of experiments at `path`: `path` itself if it is the folder of an experiment, or else the folders in it.
///
/// # Errors
/// [`Error::Data`] if `path` is not a folder, cannot be read, or contains no folder.
pub fn find(path: &Path) -> Result<Found> {
    let entries = entries(path)?;
    // The folder of a run that has not ended has no manifest.
    let of_a_run = |name: &str| [MANIFEST, TABLE].contains(&name) || NO_RESULTS.contains(&name);
    if entries.iter().any(|(path, _)| of_a_run(&name(path))) {
        return Ok(Found { folders: vec![path.to_path_buf()], others: Vec::new() });
    }
    let mut found = Found::default();
    for (path, kind) in entries {
        if is_folder(&path, kind) { found.folders.push(path) } else { found.others.push(path) }
    }
    if found.folders.is_empty() {
        return Err(Error::data(path, "contains no results: run an experiment, or name the folder with its results"));
    }
    Ok(found)
}

/// The entries of a folder in the order of their names, each with its file type; a link has the type of a link. Files of file managers are
/// left out.
///
/// # Errors
/// [`Error::Data`] if the folder cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<(PathBuf, std::fs::FileType)>> {
    let read = || -> std::io::Result<Vec<_>> {
        let entries = std::fs::read_dir(folder)?.map(|entry| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?))
        });
        entries.collect()
    };
    let mut found = read().map_err(|e| Error::data(folder, format!("the folder cannot be read: {e}")))?;
    found.retain(|(path, _)| !OF_FILE_MANAGERS.contains(&name(path).as_str()));
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    let last = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    // `.` and `..` have no last part, so the full path is needed.
    last(path).or_else(|| last(&path.canonicalize().ok()?)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_experiments_are_found_and_nothing_else_is_taken_for_one() {
        let root = tempfile::tempdir().unwrap();
        let error = |path: &Path| find(path).unwrap_err().to_string();
        assert!(error(&root.path().join("gone")).contains("gone: the folder cannot be read"));
        assert!(error(root.path()).contains("contains no results"));
        for folder in ["b", "a"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        std::fs::write(root.path().join("index.html"), "").unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
        let at = |names: &[&str]| names.iter().map(|name| root.path().join(name)).collect::<Vec<_>>();
        let found = Found { folders: at(&["a", "b"]), others: at(&["index.html", "loop"]) };
        assert_eq!(find(root.path()).unwrap(), found);
        std::fs::write(root.path().join("a/manifest.json"), "{").unwrap();
        assert_eq!(find(&root.path().join("a")).unwrap().folders, at(&["a"]));
        assert!(Folder::read(&root.path().join("a")).results().unwrap_err().to_string().contains("is not JSON"));
        let missing = Folder::read(&root.path().join("b")).results().unwrap_err().to_string();
        assert!(missing.contains("b/manifest.json: cannot be read"), "{missing}");
    }
    #[test]
    fn an_experiment_has_a_folder_of_its_own() {
        assert_eq!(name_of_results(Path::new("a/tid2013.toml")).unwrap(), "tid2013");
        for file in
            ["...toml", "..toml", ".toml", "a/...toml", "..", "cache.toml", "Run.JSON.toml", "manifest.json.toml"]
        {
            assert!(name_of_results(Path::new(file)).is_err(), "{file}");
        }
    }
}
