//! `gradspace list`: what there is to run, on what, with what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::experiment::file::{Dataset, Experiment};
use crate::experiment::format::{Format, columns, json};
use crate::experiment::style::{bad, heading, print};
use crate::imaging::challenge::Challenge;
use crate::imaging::distortion;
use crate::iqa::Method;
use crate::iqa::metrics::METRICS;
use crate::report::results;

#[derive(Debug, Args)]
pub(in crate::experiment) struct List {
    /// The folder of experiment files
    #[arg(value_name = "EXPERIMENTS", default_value = "experiments")]
    experiments: PathBuf,
    /// How the lists are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print the experiments' files alone, a line each
    #[arg(long)]
    quiet: bool,
}

/// All that is listed.
#[derive(Serialize)]
struct Lists {
    experiments: Vec<Listed>,
    datasets: Vec<Looked>,
    methods: Vec<Named>,
    distortions: Vec<Numbered>,
    challenges: Vec<Numbered>,
}

/// An experiment file.
#[derive(Serialize)]
struct Listed {
    name: String,
    file: PathBuf,
    kind: Option<String>,
    title: Option<String>,
    /// What is wrong with the file, if it cannot be run.
    error: Option<String>,
}

/// A folder of data that an experiment names.
#[derive(Serialize)]
struct Looked {
    kind: String,
    /// Where it was looked for, from the current folder.
    path: PathBuf,
    found: bool,
    experiments: Vec<String>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    description: String,
}

#[derive(Serialize)]
struct Numbered {
    number: u8,
    name: &'static str,
    description: String,
}

impl List {
    pub fn run(self) -> Result<u8> {
        let files = experiment_files(&self.experiments)?;
        if self.quiet && self.format == Format::Text {
            print(&files.iter().map(|(_, file)| format!("{}\n", file.display())).collect::<String>())?;
            return Ok(0);
        }
        let lists = lists(&files);
        print(&match self.format {
            Format::Json => json(&lists),
            Format::Text => text(&lists),
        })?;
        Ok(0)
    }
}

/// The experiment files of a folder by the experiments' names.
///
/// # Errors
/// [`Error::Data`] when the folder cannot be read or has none; [`Error::Usage`] when two would write into one folder of results.
pub(super) fn experiment_files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = results::entries(folder)?.into_iter().map(|(path, _)| path);
    let files = entries.filter(|path| path.extension().is_some_and(|e| e == "toml") && path.is_file());
    let files: Vec<(String, PathBuf)> =
        files.map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path)).collect();
    if files.is_empty() {
        return Err(Error::data(folder, "holds no experiment files (*.toml); name the folder that does"));
    }
    // Each has two folders of results, with the data and without; capitals do not count everywhere.
    let mut owners: BTreeMap<String, &Path> = BTreeMap::new();
    for (name, file) in &files {
        for results in [name.to_lowercase(), format!("{}-stand-in", name.to_lowercase())] {
            if let Some(other) = owners.insert(results.clone(), file) {
                return Err(Error::Usage(format!(
                    "{} and {} would both write their results into {results}; rename one of them",
                    other.display(),
                    file.display()
                )));
            }
        }
    }
    Ok(files)
}

/// The experiment's data.
pub(super) fn dataset(experiment: &Experiment) -> &Dataset {
    match experiment {
        Experiment::ImageQuality(e) => &e.dataset,
        Experiment::SparseAutoencoder(e) => &e.dataset,
        Experiment::TrainingSpread(e) => &e.dataset,
        Experiment::Classification(e) => &e.dataset,
    }
}

/// The name that an experiment file gives to a value: serde's.
pub(super) fn name_of(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a name, not {other:?}"),
    }
}

fn lists(files: &[(String, PathBuf)]) -> Lists {
    let mut experiments = Vec::new();
    let mut datasets: BTreeMap<(String, PathBuf), Vec<String>> = BTreeMap::new();
    for (name, file) in files {
        let mut listed = Listed { name: name.clone(), file: file.clone(), kind: None, title: None, error: None };
        match Experiment::read(file, &[]) {
            Ok(experiment) => {
                let data = dataset(&experiment);
                datasets.entry((name_of(data.kind), data.path.clone())).or_default().push(name.clone());
                listed.kind = Some(kind(&experiment).to_owned());
                listed.title = Some(experiment.title().to_owned());
            }
            Err(error) => listed.error = Some(error.to_string()),
        }
        experiments.push(listed);
    }
    let looked = |((kind, path), experiments): ((String, PathBuf), Vec<String>)| Looked {
        kind,
        found: path.exists(),
        path,
        experiments,
    };
    let ours = [Method::UNIQUE, Method::MS_UNIQUE].into_iter().chain(Method::ABLATION);
    let ours = ours.map(|method| Named { name: method.name, description: of_method(&method) });
    let metrics = METRICS.iter().map(|m| Named { name: m.key, description: m.description.to_owned() });
    Lists {
        experiments,
        datasets: datasets.into_iter().map(looked).collect(),
        methods: ours.chain(metrics).collect(),
        distortions: distortion::TYPES
            .iter()
            .map(|d| Numbered { number: d.number, name: d.name, description: d.description.to_owned() })
            .collect(),
        challenges: Challenge::ALL
            .iter()
            .map(|c| Numbered { number: c.number(), name: c.name(), description: c.description().to_owned() })
            .collect(),
    }
}

fn kind(experiment: &Experiment) -> &'static str {
    match experiment {
        Experiment::ImageQuality(_) => "image-quality",
        Experiment::SparseAutoencoder(_) => "sparse-autoencoder",
        Experiment::TrainingSpread(_) => "training-spread",
        Experiment::Classification(_) => "classification",
    }
}

/// A method of the UNIQUE family in words, from the choices that it is.
fn of_method(method: &Method) -> String {
    use crate::iqa::{Features, GradientOf, Projection, UnitWeights};
    let projection = match method.projection {
        Projection::Encoder => "the encoder",
        Projection::Encoders => "five encoders",
        Projection::Gradient(GradientOf::Reference) => "the loss's gradient at the reference",
        Projection::Gradient(GradientOf::Distorted) => "the loss's gradient at the distorted image",
        Projection::Gradient(GradientOf::Both) => "the loss's gradient at both images",
        Projection::Random { .. } => "a random matrix",
    };
    let features = match method.features {
        Features::Sigmoid => "activations",
        Features::Raw => "raw projections",
        Features::LogitMagnitude => "the logit's magnitude",
        Features::LogitAngle => "the logit's angle",
        Features::LogitMagnitudeAndAngle => "the logit's magnitude and angle",
    };
    let weights = match method.unit_weights {
        UnitWeights::Equal => "",
        UnitWeights::Peaked | UnitWeights::Graded => ", units weighted by kurtosis",
    };
    format!("{features} under {projection}{weights}")
}

fn text(lists: &Lists) -> String {
    let mut text = format!("{}\n", heading("experiments"));
    let none = String::new;
    let lines: Vec<[String; 3]> = lists
        .experiments
        .iter()
        .map(|e| {
            [e.file.display().to_string(), e.kind.clone().unwrap_or_else(none), e.title.clone().unwrap_or_default()]
        })
        .collect();
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
        [d.kind.clone(), format!("{found} {}", d.path.display()), format!("for {}", d.experiments.join(", "))]
    };
    text += &format!(
        "\n{}\n",
        heading("datasets (--data names another folder; without one a stand-in is drawn, but for csv)")
    );
    text += &indented(&columns(&lists.datasets.iter().map(data).collect::<Vec<_>>(), &[]));
    let methods: Vec<[String; 2]> = lists.methods.iter().map(|m| [m.name.to_owned(), m.description.clone()]).collect();
    text += &format!("\n{}\n{}", heading("methods"), indented(&columns(&methods, &[])));
    for (title, list) in [("distortions", &lists.distortions), ("challenges", &lists.challenges)] {
        let line = |n: &Numbered| [n.number.to_string(), n.name.to_owned(), n.description.clone()];
        let lines = list.iter().map(line).collect::<Vec<_>>();
        text += &format!("\n{}\n{}", heading(title), indented(&columns(&lines, &[0])));
    }
    text
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_whose_results_would_lie_in_one_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = || experiment_files(folder.path()).unwrap_err().to_string();
        assert!(error().contains("holds no experiment files"));
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
        assert_eq!(lists.methods.len(), 2 + Method::ABLATION.len() + METRICS.len());
    }
}
