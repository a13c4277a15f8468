//! `gradspace list`: the experiment files, their datasets, and the methods, distortions and challenges that they may name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::answer::{Answer, Format};
use super::style::{bad, heading};
use crate::error::{Error, Result};
use crate::imaging::challenge::Challenge;
use crate::imaging::distortion;
use crate::iqa::measures;
use crate::report::folder::{STAND_IN, entries};
use crate::report::grid::{columns, indented};
use crate::run::progress::print;
use crate::studies::Experiment;

/// An explanation of the datasets.
const DATA: &str = "  `--data` of `gradspace run` names another path. If a dataset is not found, synthetic images replace it (except for `csv`).";

#[derive(Debug, Args)]
#[command(mut_arg("quiet", |quiet| quiet.help("Print only the paths of the experiment files")))]
pub(super) struct List {
    /// Folder of experiment files
    #[arg(value_name = "EXPERIMENTS", default_value = "experiments")]
    experiments: PathBuf,
    #[command(flatten)]
    answer: Answer,
}

#[derive(Serialize)]
struct Lists {
    experiments: Vec<Listed>,
    datasets: Vec<Looked>,
    methods: Vec<Named>,
    distortions: Vec<Named>,
    challenges: Vec<Named>,
}

/// An experiment file.
#[derive(Serialize)]
struct Listed {
    name: String,
    file: PathBuf,
    kind: Option<&'static str>,
    title: Option<String>,
    /// The reason why the file cannot be run.
    error: Option<String>,
}

/// The data of experiments.
#[derive(Serialize)]
struct Looked {
    kind: &'static str,
    /// From the current folder.
    path: PathBuf,
    found: bool,
    experiments: Vec<String>,
}

/// A method, a distortion or a challenge.
#[derive(Serialize)]
struct Named {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u8>,
    name: &'static str,
    description: String,
}

impl List {
    pub fn run(self) -> Result<u8> {
        let files = experiment_files(&self.experiments)?;
        if self.answer.quiet && self.answer.format == Format::Text {
            print(&files.iter().map(|(_, file)| format!("{}\n", file.display())).collect::<String>())?;
            return Ok(0);
        }
        let lists = lists(&files);
        self.answer.format.print(&lists, || text(&lists))?;
        Ok(0)
    }
}

/// The names of the experiments in a folder, each with its file.
///
/// # Errors
/// [`Error::Data`] if the folder cannot be read or contains no experiment file. [`Error::Usage`] if two experiments would write to the
/// same results folder.
pub(super) fn experiment_files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = entries(folder)?.into_iter().map(|(path, _)| path);
    let files = entries.filter(|path| path.extension().is_some_and(|e| e == "toml") && path.is_file());
    let files: Vec<(String, PathBuf)> =
        files.map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path)).collect();
    if files.is_empty() {
        return Err(Error::data(folder, "contains no experiment files (*.toml); name another folder"));
    }
    // An experiment has a results folder for its data and one for synthetic data. Some file systems ignore case.
    let mut owners: BTreeMap<String, &Path> = BTreeMap::new();
    for (name, file) in &files {
        for results in [name.to_lowercase(), format!("{}{}", name.to_lowercase(), STAND_IN)] {
            if let Some(other) = owners.insert(results.clone(), file) {
                return Err(Error::Usage(format!(
                    "{} and {} would both write to the results folder {results}; rename one of them",
                    other.display(),
                    file.display()
                )));
            }
        }
    }
    Ok(files)
}

fn lists(files: &[(String, PathBuf)]) -> Lists {
    let mut experiments = Vec::new();
    let mut datasets: BTreeMap<(&'static str, PathBuf), Vec<String>> = BTreeMap::new();
    for (name, file) in files {
        let mut listed = Listed { name: name.clone(), file: file.clone(), kind: None, title: None, error: None };
        match Experiment::read(file, None, &[]) {
            Ok(experiment) => {
                let data = experiment.study.dataset();
                datasets.entry((data.kind.key, data.path.clone())).or_default().push(name.clone());
                listed.kind = Some(experiment.kind.name);
                listed.title = Some(experiment.study.title().to_owned());
            }
            Err(error) => listed.error = Some(error.to_string()),
        }
        experiments.push(listed);
    }
    let looked = |((kind, path), experiments): ((_, PathBuf), _)| {
        let found = path.exists();
        Looked { kind, path, found, experiments }
    };
    let methods = measures::all().into_iter();
    let distortions = distortion::TYPES.iter().map(|d| (d.number, d.name, d.description));
    let challenges = Challenge::ALL.iter().map(|c| (c.number(), c.name(), c.description()));
    let numbered = |(number, name, description): (u8, &'static str, &str)| Named {
        number: Some(number),
        name,
        description: description.to_owned(),
    };
    Lists {
        experiments,
        datasets: datasets.into_iter().map(looked).collect(),
        methods: methods.map(|m| Named { number: None, name: m.key, description: m.description }).collect(),
        distortions: distortions.map(numbered).collect(),
        challenges: challenges.map(numbered).collect(),
    }
}

fn text(lists: &Lists) -> String {
    let mut text = format!("{}\n", heading("experiments"));
    let line = |e: &Listed| {
        [e.file.display().to_string(), e.kind.unwrap_or_default().to_owned(), e.title.clone().unwrap_or_default()]
    };
    let lines: Vec<[String; 3]> = lists.experiments.iter().map(line).collect();
    for (line, experiment) in columns(&lines, &[]).lines().zip(&lists.experiments) {
        text += &match &experiment.error {
            None => format!("  {line}\n"),
            Some(error) => {
                let error = error.replace('\n', "\n    ");
                format!("  {}  {}\n    {error}\n", experiment.file.display(), bad("cannot be run"))
            }
        };
    }
    let data = |d: &Looked| {
        let found = if d.found { "found in" } else { "not found in" };
        [d.kind.to_owned(), format!("{found} {}", d.path.display()), format!("for {}", d.experiments.join(", "))]
    };
    text += &format!("\n{}\n{DATA}\n", heading("datasets"));
    text += &indented(&columns(&lists.datasets.iter().map(data).collect::<Vec<_>>(), &[]));
    for (title, list) in
        [("methods", &lists.methods), ("distortions", &lists.distortions), ("challenges", &lists.challenges)]
    {
        let line = |n: &Named| {
            let name = n.number.map_or(n.name.to_owned(), |number| format!("{number:>2}  {}", n.name));
            [name, n.description.clone()]
        };
        let lines: Vec<[String; 2]> = list.iter().map(line).collect();
        text += &format!("\n{}\n{}", heading(title), indented(&columns(&lines, &[])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_whose_results_would_lie_in_one_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = || experiment_files(folder.path()).unwrap_err().to_string();
        assert!(error().contains("contains no experiment files"));
        let write = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
        write("a.toml");
        write("b.txt");
        assert_eq!(experiment_files(folder.path()).unwrap().len(), 1);
        for other in ["a-stand-in.toml", "A.toml"] {
            write(other);
            let message = error();
            assert!(message.contains("a.toml") && message.contains(other), "{message}");
            std::fs::remove_file(folder.path().join(other)).unwrap();
        }
    }

    #[test]
    fn every_shipped_experiment_is_listed_with_its_data() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let files = experiment_files(&folder).unwrap();
        let lists = lists(&files);
        assert!(lists.experiments.iter().all(|e| e.error.is_none() && e.kind.is_some()));
        let of_datasets: usize = lists.datasets.iter().map(|d| d.experiments.len()).sum();
        assert_eq!(of_datasets, files.len());
        assert_eq!((lists.distortions.len(), lists.challenges.len()), (24, 12));
        assert_eq!(lists.methods.len(), measures::all().len());
    }
}
