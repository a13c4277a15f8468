//! What an experiment file may say, and what is left of it once it has been checked.
//!
//! Two types stand for a file. The raw one mirrors the TOML key by key: serde refuses unknown keys, missing ones and wrong
//! types, each with its place in the text. [`Experiment`] is what the raw one becomes when every range, name and combination
//! has been looked at; only it can be run, so nothing further down asks again whether a number makes sense.
//!
//! An [`Experiment`] serialises into the manifest. Paths do not: data and weights are the same wherever they lie, and stand in
//! the manifest by name and hash.
//!
//! Each kind of experiment has its file, and one line in [`Experiment`]; `parts` holds the tables that several have in
//! common.

mod claims;
mod classification;
mod image_quality;
mod parts;
mod training;

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use toml::de::DeValue;

pub use claims::{Claim, Numbers, Question};
pub use classification::{
    Ablation, Challenges, Classification, DrawnSigns, Method, Protocol, Shown, Trial, Variant, label,
};
pub use image_quality::{Column, Competitors, ImageQuality, Iqa, Parity};
pub use parts::{
    Autoencoder, Dataset, DatasetKind, Distortions, Patches, Resample, SceneSize, StandIn, Statistics, Training,
};
pub use training::{Source, SparseAutoencoder, TrainingSpread};

use self::classification::RawClassification;
use self::image_quality::RawImageQuality;
use self::training::{RawSparseAutoencoder, RawTrainingSpread};
use super::text::{Text, suggest};
use crate::error::Result;

/// A checked experiment file: everything that can change a result, and nothing that is out of range.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Experiment {
    /// Score the images of a database and compare the scores with its viewers'.
    ImageQuality(Box<ImageQuality>),
    /// Train the sparse autoencoder that the scores need.
    SparseAutoencoder(SparseAutoencoder),
    /// Train several autoencoders and tell how far each score depends on the training run.
    TrainingSpread(TrainingSpread),
    /// Tell clean traffic signs from others by features of a network that knows clean ones only.
    Classification(Box<Classification>),
}

const KINDS: [&str; 4] = ["image-quality", "sparse-autoencoder", "training-spread", "classification"];

impl Experiment {
    /// Reads and checks the experiment file at `path` under the overrides (`dotted.key=value`, later ones win).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) with file, line, caret and the nearest name, when the file cannot be read, has an
    /// unknown key, lacks one, or a value has the wrong type or is out of its range.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Experiment> {
        Experiment::check(&Text::read(path, overrides)?)
    }

    fn check(text: &Text) -> Result<Experiment> {
        let mut table = text.table()?;
        let whole = table.span();
        // The kind is taken out by hand: serde's tagged enums lose the places in the text.
        let kind = match table.get_mut().remove("kind") {
            Some(kind) => kind,
            None => return Err(text.error(whole, "`kind` is missing", Some(format!("one of {}", KINDS.join(", "))))),
        };
        match kind.get_ref() {
            DeValue::String(name) => match name.as_ref() {
                "image-quality" => text
                    .deserialize::<RawImageQuality>(table)?
                    .check(text)
                    .map(|e| Experiment::ImageQuality(Box::new(e))),
                "sparse-autoencoder" => {
                    text.deserialize::<RawSparseAutoencoder>(table)?.check(text).map(Experiment::SparseAutoencoder)
                }
                "training-spread" => {
                    text.deserialize::<RawTrainingSpread>(table)?.check(text).map(Experiment::TrainingSpread)
                }
                "classification" => text
                    .deserialize::<RawClassification>(table)?
                    .check(text)
                    .map(|e| Experiment::Classification(Box::new(e))),
                other => {
                    let hint = suggest(other, &KINDS);
                    Err(text.error(kind.span(), &format!("unknown kind of experiment `{other}`"), Some(hint)))
                }
            },
            _ => Err(text.error(kind.span(), "`kind` is a string", Some(format!("one of {}", KINDS.join(", "))))),
        }
    }

    /// Heads every table and chart.
    pub fn title(&self) -> &str {
        match self {
            Experiment::ImageQuality(e) => &e.title,
            Experiment::SparseAutoencoder(e) => &e.title,
            Experiment::TrainingSpread(e) => &e.title,
            Experiment::Classification(e) => &e.title,
        }
    }
}

fn file_name<S: Serializer>(path: &Option<PathBuf>, s: S) -> std::result::Result<S::Ok, S::Error> {
    path.as_deref().map(name_of).serialize(s)
}

fn file_names<S: Serializer>(paths: &Option<[PathBuf; 5]>, s: S) -> std::result::Result<S::Ok, S::Error> {
    paths.as_ref().map(|paths| paths.each_ref().map(|p| name_of(p))).serialize(s)
}

fn some_file_name<S: Serializer>(path: &Path, s: S) -> std::result::Result<S::Ok, S::Error> {
    name_of(path).serialize(s)
}

/// A path's last part: what a manifest may know of it.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE_QUALITY: &str = r#"kind = "image-quality"
title = "T"
seed = 1
[dataset]
kind = "tid2013"
path = "/nowhere/tid2013"
[stand_in]
scenes = 2
width = 64
height = 64
types = [8, 1]
levels = [1, 3, 5]
[iqa]
methods = ["unique", "gradient"]
[competitors]
mos = "mos"
std = "mos_std"
columns = [{ method = "psnr", column = "olives_m1_psnr" }]
[statistics]
bootstrap = 100
resample = "references"
"#;

    const SPREAD: &str = r#"kind = "training-spread"
title = "T"
seed = 1
seeds = [1, 2]
sources = [{ name = "scenes", width = 64, height = 64, images = 4, per_image = 100 }]
[dataset]
kind = "tid2013"
path = "tid2013"
[stand_in]
scenes = 1
width = 64
height = 64
types = [1]
levels = [1, 5]
[autoencoder]
hidden = 25
rho = 0.035
lambda = 3e-3
beta = 5.0
iterations = 10
[statistics]
bootstrap = 10
resample = "images"
"#;

    fn check(file: &str, overrides: &[&str]) -> Result<Experiment> {
        let overrides: Vec<String> = overrides.iter().map(|s| s.to_string()).collect();
        Experiment::check(&Text::new("x.toml".into(), file, &overrides)?)
    }

    #[test]
    fn a_sound_file_is_taken_and_the_manifest_sees_no_path() {
        let e = check(IMAGE_QUALITY, &["iqa.weights=/far/away/w.mat", "competitors.scores=\"/x/y.csv\""]).unwrap();
        let json = serde_json::to_string(&e).unwrap();
        assert!(
            json.starts_with(r#"{"kind":"image-quality","title":"T","seed":1,"dataset":{"kind":"tid2013"},"#),
            "{json}"
        );
        assert!(json.contains(r#""types":[1,8]"#) && json.contains(r#""weights":"w.mat""#), "{json}");
        assert!(json.contains(r#""scores":"y.csv""#) && !json.contains("far") && !json.contains("nowhere"), "{json}");
    }

    #[test]
    fn the_shipped_experiments_are_sound() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
        assert!(files.len() >= 5);
        for file in files {
            Experiment::read(&file, &[]).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    #[test]
    fn only_a_folder_from_the_command_line_has_to_be_there() {
        let dataset = |overrides: &[&str]| match check(IMAGE_QUALITY, overrides) {
            Ok(Experiment::ImageQuality(e)) => e.dataset,
            other => panic!("{other:?}"),
        };
        assert_eq!(dataset(&[]).folder(), None);
        assert_eq!(dataset(&["dataset.path=gone"]).folder(), Some(Path::new("gone")));
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_refused_at_its_place() {
        let own = "[dataset]\nkind = \"csv\"\npath = \"mine.csv\"\nhigher_is_better = false\n\
             columns = { image = \"a\", reference = \"b\", score = \"c\" }\n";
        let (start, end) = (IMAGE_QUALITY.find("[dataset]").unwrap(), IMAGE_QUALITY.find("[iqa]").unwrap());
        let own = &format!("{}{own}{}", &IMAGE_QUALITY[..start], &IMAGE_QUALITY[end..]);
        match check(own, &[]).unwrap() {
            Experiment::ImageQuality(e) => assert_eq!(e.dataset.folder(), Some(Path::new("mine.csv"))),
            other => panic!("{other:?}"),
        }
        let claim = |tests: &str| format!("claim=[{{ says = \"S\", place = \"P\", tests = [{tests}] }}]");
        let one = "{ says = \"S\", place = \"P\", tests = [\"gradient.srocc > unique.srocc\"] }";
        let twice = format!("claim=[{one}, {one}]");
        let table: [(&str, &str, &str); 42] = [
            (own, "stand_in={scenes=1, width=64, height=64}", "nothing stands in for own data"),
            (own, "dataset.columns.std=3", "expected a string"),
            (own, "dataset.kind=tid2013", "only a `csv` dataset has columns"),
            (IMAGE_QUALITY, "dataset.kind=csv", "a `csv` dataset needs `columns` and `higher_is_better`"),
            (IMAGE_QUALITY, "dataset.higher_is_better=true", "only a `csv` dataset has columns"),
            (IMAGE_QUALITY, "dataset.kind=multi-live", "has that database's own types and levels"),
            (IMAGE_QUALITY, "iqa.methods=[\"psnr\", \"ms_ssim\"]", "`ms_ssim` is defined from 176×176 pixels on"),
            (IMAGE_QUALITY, "iqa.methods=[\"fsimm\"]", "did you mean `fsim`?"),
            (IMAGE_QUALITY, "competitors.dmos=x", "the opinions' column is needed"),
            (IMAGE_QUALITY, "competitors.parity=[{method=\"psrn\", column=\"x\"}]", "did you mean `psnr`?"),
            (IMAGE_QUALITY, "competitors.parity=[{metric=\"psnr\", column=\"x\"}]", "unknown key `metric`"),
            (IMAGE_QUALITY, "live={columns=[]}", "at least one column"),
            (IMAGE_QUALITY, "kind=imagequality", "unknown kind of experiment `imagequality`"),
            (IMAGE_QUALITY, "kind=1", "`kind` is a string"),
            (IMAGE_QUALITY, "iqa.methods=[]", "at least one method"),
            (IMAGE_QUALITY, "iqa.methods=[\"gradeint\"]", "did you mean `gradient`?"),
            (IMAGE_QUALITY, "iqa.methods=[\"unique\", \"unique\"]", "named twice"),
            (IMAGE_QUALITY, "iqa.methods=[\"ms_unique\"]", "ms_unique_weights"),
            (IMAGE_QUALITY, "iqa.ms_unique_weights=[\"a\"]", "five encoders"),
            (IMAGE_QUALITY, "stand_in.types=[25]", "25 is not a distortion type"),
            (IMAGE_QUALITY, "stand_in.types=[]", "at least 1 distortion type is"),
            (IMAGE_QUALITY, "stand_in.levels=[1]", "at least 2 levels are"),
            (IMAGE_QUALITY, "stand_in.levels=[1,1]", "named twice"),
            (IMAGE_QUALITY, "stand_in.width=8", "8 is not between 32 and 4096"),
            (IMAGE_QUALITY, "seed=-1", "--set seed: invalid value"),
            (IMAGE_QUALITY, "statistics.resample=reference", "did you mean `references`?"),
            (IMAGE_QUALITY, "dataset.kind=tid2103", "did you mean `tid2013`?"),
            (IMAGE_QUALITY, "dataset.kind=images", "cannot read this kind"),
            (IMAGE_QUALITY, "iqa.wieghts=a", "did you mean `weights`?"),
            (IMAGE_QUALITY, "competitors.columns=[{method=\"gradient\", column=\"x\"}]", "is our own"),
            (IMAGE_QUALITY, &claim("\"gradeint.srocc > unique.srocc\""), "did you mean `gradient`?"),
            (IMAGE_QUALITY, &claim("\"gradient.sroc > unique.sroc\""), "did you mean `srocc`?"),
            (IMAGE_QUALITY, &claim("\"gradient.srocc > unique.krcc\""), "different statistics"),
            (IMAGE_QUALITY, &claim("\"gradient.srocc\""), "a test compares two numbers"),
            (IMAGE_QUALITY, &claim(""), "a claim needs at least one test"),
            (IMAGE_QUALITY, &twice, "the same is claimed twice"),
            (SPREAD, "seeds=[1]", "at least 2 seeds are"),
            (SPREAD, "sources=[]", "at least one source"),
            (SPREAD, "sources=[{name=\"a\", images=1, per_image=1}]", "`width` and `height` are needed"),
            (SPREAD, "autoencoder.rho=1.0", "1 is not between 0 and 1"),
            (SPREAD, "autoencoder.beta=nan", "NaN is not a number of at least 0"),
            (SPREAD, "autoencoder.epsilon=0.1", "unknown key `epsilon`"),
        ];
        for (file, given, expected) in table {
            let message = check(file, &[given]).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains('^'), "{given}:\n{message}\nexpected: {expected}");
        }
        assert!(check("seed = 1", &[]).unwrap_err().to_string().contains("`kind` is missing"));
    }
}
