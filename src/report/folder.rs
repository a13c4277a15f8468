//! Folder read back: what a run has left in its folder, for pages that show it.
//!
//! Nothing is computed again, and no folder is refused: what is missing, cannot be read or is not what its manifest says becomes
//! a [remark](Folder::remarks) that a page shows above everything else. Whether the *numbers* are right is not asked here.

use super::charts::page::Picture;
use super::claims::Claims;
use super::files::hash;
use super::grid::Section;
use super::manifest::{Manifest, Run, VERSION};
use super::results::{CLAIMS, MANIFEST, TABLE, entries, name};
use crate::error::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

/// What folders of results without a network, a database and experiments of one's own end in.
const STAND_IN: &str = "-stand-in";

/// The results of one experiment.
#[derive(Debug, Default)]
pub struct Folder {
    /// Its name: the experiment's, and `-stand-in` where it ran without the data that it is about.
    pub folder: String,
    /// What was run on what; `None` where that cannot be read.
    pub manifest: Option<Manifest>,
    /// Where and how long; `None` where the folder does not say, as it is not passed on.
    pub run: Option<Run>,
    /// The paper's claims and what came of them; `None` where the experiment declares none.
    pub claims: Option<Claims>,
    /// The folded tables.
    pub sections: Vec<Section>,
    /// The rows of the table in its long form.
    pub rows: Vec<Number>,
    /// The charts by name.
    pub charts: BTreeMap<String, Picture>,
    /// Pictures that are no charts, as PNG files, by name.
    pub pictures: BTreeMap<String, Vec<u8>>,
    /// The same that show images which may not be passed on.
    pub photographs: BTreeMap<String, Vec<u8>>,
    /// Files that the manifest lists and that are not here, or not as the run wrote them.
    pub stale: Vec<String>,
    /// What is wrong with the folder, each a sentence.
    pub remarks: Vec<String>,
}

/// A row of `table.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Number {
    /// The method's name.
    pub method: String,
    /// The part of the data.
    pub subset: String,
    /// The statistic.
    pub statistic: String,
    /// Ours, where there is one.
    pub value: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The published value that belongs beside it.
    pub published: Option<f64>,
    /// Where that stands.
    pub published_source: Option<String>,
    /// How the two compare, in words.
    pub status: String,
}

impl Folder {
    /// The experiment's name, which is its file's.
    pub fn name(&self) -> &str {
        self.folder.strip_suffix(STAND_IN).unwrap_or(&self.folder)
    }

    /// Whether the numbers are those of a stand-in.
    pub fn is_stand_in(&self) -> bool {
        self.folder.ends_with(STAND_IN) || self.data().starts_with("stand-in")
    }

    /// What was run, for a reader.
    pub fn title(&self) -> &str {
        self.manifest.as_ref().map_or(&self.folder, |manifest| &manifest.title)
    }

    /// What data the numbers are from; empty where that is not known.
    pub fn data(&self) -> &str {
        self.manifest.as_ref().map_or("", |manifest| &manifest.data)
    }

    /// Whether a dataset was read, not only weights and others' scores.
    pub fn has_data(&self) -> bool {
        let beside = ["weights/", "ms_unique_weights/", "competitors/", "live/"];
        self.manifest.iter().flat_map(|m| m.inputs.keys()).any(|name| !beside.iter().any(|role| name.starts_with(role)))
    }

    /// The row of a method, part of the data and statistic.
    pub fn number(&self, method: &str, subset: &str, statistic: &str) -> Option<&Number> {
        self.rows.iter().find(|r| r.method == method && r.subset == subset && r.statistic == statistic)
    }

    /// Reads the folder at `path`.
    fn read(path: &Path) -> Folder {
        let folder = name(path);
        let mut results = Folder { folder, ..Folder::default() };
        let files = files(path, &mut results.remarks);
        let remarks = &mut results.remarks;
        results.manifest = parsed(&files, MANIFEST, remarks);
        match (&results.manifest, files.contains_key(MANIFEST)) {
            (Some(manifest), _) => results.stale = compare(manifest, &files, remarks),
            (None, true) => {}
            (None, false) => remarks.push(
                "There is no manifest.json, which a run writes last: the run has not ended, or the folder is not whole. What is here is shown as it is."
                    .to_owned(),
            ),
        }
        results.run = parsed(&files, "run.json", remarks);
        results.claims = parsed(&files, CLAIMS, remarks);
        results.sections = parsed(&files, "sections.json", remarks).unwrap_or_default();
        let table: Option<Table> = parsed(&files, TABLE, remarks);
        if results.sections.is_empty() && files.contains_key("table.md") && !files.contains_key("sections.json") {
            remarks.push("There is no sections.json, which holds the tables for this page: an earlier version wrote the folder. The tables are in table.md.".to_owned());
        }
        results.rows = table.map(|table| table.rows).unwrap_or_default();
        // A table that is not one would only be seen when it is drawn.
        let crooked = |s: &Section| s.header.is_empty() || s.rows.iter().any(|row| row.len() != s.header.len());
        results.sections.retain(|section| {
            if crooked(section) {
                remarks.push(format!(
                    "sections.json: \"{}\" has rows of another length than its header, and is left out.",
                    section.title
                ));
            }
            !crooked(section)
        });
        for (name, bytes) in &files {
            let Some(stem) = name.strip_suffix(".png") else { continue };
            match files.get(&format!("{stem}.svg")).map(|svg| String::from_utf8(svg.clone())) {
                Some(Ok(svg)) => {
                    results.charts.insert(stem.to_owned(), Picture { svg, png: bytes.clone() });
                }
                _ => {
                    results.pictures.insert(stem.to_owned(), bytes.clone());
                }
            }
        }
        let photographs = path.join("photographs");
        if photographs.is_dir() {
            let found = self::files(&photographs, remarks);
            let named =
                found.into_iter().filter_map(|(name, bytes)| Some((name.strip_suffix(".png")?.to_owned(), bytes)));
            results.photographs = named.collect();
        }
        results
    }
}

/// `table.json`.
#[derive(Deserialize)]
struct Table {
    rows: Vec<Number>,
}

/// The folders of results below `root`: those on real data before stand-ins; of each, image quality first; of these, those
/// first that have most published numbers beside theirs.
///
/// # Errors
/// [`Error::Data`] when `root` is no folder that can be read, or no results are in it.
pub fn read(root: &Path) -> Result<Vec<Folder>> {
    let mut all: Vec<Folder> = Vec::new();
    for (path, kind) in if root.exists() { entries(root)? } else { Vec::new() } {
        if kind.is_dir() && !name(&path).starts_with('.') {
            all.push(Folder::read(&path));
        }
    }
    if all.is_empty() {
        let problem = "holds no results; run an experiment first, e.g. `gradspace experiments/tid2013.toml`";
        return Err(Error::data(root, problem));
    }
    let kind = |results: &Folder| {
        let kind = results.manifest.as_ref().and_then(|m| m.experiment["kind"].as_str()).unwrap_or_default().to_owned();
        ["image-quality", "training-spread", "sparse-autoencoder", "classification"]
            .iter()
            .position(|k| *k == kind)
            .unwrap_or(4)
    };
    let compared = |results: &Folder| results.rows.iter().filter(|row| row.published.is_some()).count();
    all.sort_by_cached_key(|r| (r.is_stand_in(), kind(r), Reverse(compared(r)), r.folder.clone()));
    Ok(all)
}

/// The files of a folder by name, but not those that are none of a run's results.
fn files(folder: &Path, remarks: &mut Vec<String>) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = || -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with('.') && path.is_file() {
                files.insert(name, std::fs::read(&path)?);
            }
        }
        Ok(())
    };
    if let Err(error) = add() {
        remarks.push(format!("Not everything in the folder can be read: {error}."));
    }
    files
}

/// A JSON file, if it is there and what it should be.
fn parsed<T: DeserializeOwned>(files: &BTreeMap<String, Vec<u8>>, name: &str, remarks: &mut Vec<String>) -> Option<T> {
    let bytes = files.get(name)?;
    serde_json::from_slice(bytes)
        .map_err(|error| remarks.push(format!("{name} is damaged or from another version, and is not shown: {error}.")))
        .ok()
}

/// Says what in the folder is not what the manifest lists; these files.
fn compare(manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>, remarks: &mut Vec<String>) -> Vec<String> {
    if manifest.version != VERSION {
        let found = &manifest.version;
        remarks
            .push(format!("Version {found} of gradspace wrote these results; this page is made by version {VERSION}."));
    }
    let listed = |wrong: &dyn Fn(Option<&Vec<u8>>, &str) -> bool| -> Vec<&str> {
        let outputs = manifest.outputs.iter().filter(|(name, hash)| wrong(files.get(*name), hash));
        outputs.map(|(name, _)| name.as_str()).collect()
    };
    let missing = listed(&|file, _| file.is_none());
    if !missing.is_empty() {
        remarks.push(format!("The manifest lists what is not here: {}.", missing.join(", ")));
    }
    let changed = listed(&|file, expected| file.is_some_and(|bytes| hash(bytes) != expected));
    if !changed.is_empty() {
        remarks.push(format!("Not as the run wrote them, by the hashes in the manifest: {}.", changed.join(", ")));
    }
    missing.into_iter().chain(changed).map(str::to_owned).collect()
}
