//! The kinds of experiment, one folder each, with their settings, stages, tables, charts and claims.
//!
//! To add a kind, write its folder and add its name to the list below. The file `settings.rs` of a folder has the keys that an experiment
//! file of this kind may contain. Its `mod.rs` has the [`Kind`] and the plan of a run. The commands `run`, `plan`, `list`, `reproduce`,
//! `verify`, `diff` and `report` find a kind in this list only.
//!
//! A study may use another one: image quality trains a sparse autoencoder, and the spread over training runs uses both.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::DeValue;

use crate::error::{Error, Result};
use crate::nearest::suggest;
use crate::report::folder::name_of_results;
use crate::report::manifest::Manifest;
use crate::report::verify::Comparable;
use crate::run::plan::Plan;
use crate::run::session::About;
use crate::run::stages::Stage;
use crate::settings::at::At;
use crate::settings::dataset::Dataset;
use crate::settings::text::Text;

macro_rules! kinds {
    ($($(#[$only:meta])? $kind:ident: $settings:ident),* $(,)?) => {
        $($(#[$only])? pub mod $kind;)*

        /// Every kind of experiment, in the order of the report.
        pub const KINDS: &[Kind] = &[$($(#[$only])? $kind::KIND),*];

        $($(#[$only])? impl Head for $kind::settings::$settings {
            fn kind(&self) -> &'static str {
                $kind::KIND.name
            }

            fn title(&self) -> &str {
                &self.title
            }

            fn dataset(&self) -> &Dataset {
                &self.dataset
            }

            fn dataset_mut(&mut self) -> &mut Dataset {
                &mut self.dataset
            }
        })*
    };
}

// Each entry is a folder and the settings type of its `settings.rs`.
kinds! {
    image_quality: ImageQuality,
    training_spread: TrainingSpread,
    sparse_autoencoder: SparseAutoencoder,
    classification: Classification,
    #[cfg(test)] brightness: Brightness,
}

/// A kind of experiment.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The name, which is the value of `kind` in an experiment file.
    pub name: &'static str,
    /// The stages whose results are cached.
    pub stages: &'static [&'static Stage],
    /// Reads the settings of an experiment file and checks them.
    pub check: fn(Text) -> Result<Box<dyn Study>>,
    /// The published numbers that the table of a run is compared with. The arguments are the settings in the run's manifest and whether
    /// synthetic images replaced the data. `None` if no numbers are published for such data.
    pub compared: fn(&Value, bool) -> Option<Comparable>,
    /// The roles of the inputs that are not data: the prefixes of their names in a manifest, such as `weights/`.
    pub not_data: &'static [&'static str],
}

/// The published numbers that the table of a run is compared with. `stand_in` states whether synthetic images replaced the data.
pub fn comparable(manifest: &Manifest, stand_in: bool) -> Option<Comparable> {
    let kind = manifest.experiment["kind"].as_str()?;
    (KINDS.iter().find(|known| known.name == kind)?.compared)(&manifest.experiment, stand_in)
}

/// An experiment: its checked settings and the work that they describe.
pub trait Study {
    /// The title, which heads every table and chart.
    fn title(&self) -> &str;

    /// The dataset. Synthetic images may replace it if it is absent.
    fn dataset(&self) -> &Dataset;

    /// The settings in the form of an experiment file, with every default filled in. A key without a value is null.
    fn file(&self) -> Value;

    /// The settings in the form of a manifest, with every default filled in. Data and weights have names, without folders of this machine.
    fn settings(&self) -> Value;

    /// The work of a run. This finds the data and hashes their files, and computes nothing else. `quiet` suppresses the progress display.
    ///
    /// # Errors
    /// [`Error::Data`] for data and weights that cannot be read, [`Error::Usage`] for settings that do not fit them.
    fn plan(&self, quiet: bool) -> Result<Plan<'_>>;
}

/// An experiment file that was read and checked.
pub struct Experiment {
    /// The kind.
    pub kind: Kind,
    /// The experiment.
    pub study: Box<dyn Study>,
}

impl Experiment {
    /// Reads and checks the experiment file at `path`. `data` replaces the folder of its dataset. The overrides have the form
    /// `dotted.key=value`; later ones take precedence.
    ///
    /// # Errors
    /// [`Error::Usage`] with file, line, caret and the nearest name. It is returned if the file cannot be read or lacks a key, for an
    /// unknown key, and for a value of the wrong type or out of range. Also for a file name that cannot name a results folder.
    pub fn read(path: &Path, data: Option<&Path>, overrides: &[String]) -> Result<Experiment> {
        let text = Text::read(path, data, overrides)?;
        name_of_results(path)?;
        Experiment::check(text)
    }

    fn check(text: Text) -> Result<Experiment> {
        let mut table = text.table()?;
        let whole = table.span();
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let known = format!("one of {}", names.join(", "));
        let kind = match table.get_mut().remove("kind") {
            Some(kind) => kind,
            None => return Err(text.error(whole, "`kind` is missing from the top of the file", Some(known))),
        };
        let DeValue::String(name) = kind.get_ref() else {
            return Err(text.error(kind.span(), "`kind` must be a text in quotes", Some(known)));
        };
        let found = KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
            text.error(kind.span(), &format!("unknown kind of experiment `{name}`"), Some(suggest(name, &names)))
        })?;
        Ok(Experiment { kind: *found, study: (found.check)(text)? })
    }

    /// Checks the names of the stages that `--force` computes again.
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name if this kind of experiment has no such stage.
    pub fn check_stages(&self, forced: &[String]) -> Result<()> {
        let stages: Vec<&str> = self.kind.stages.iter().map(|stage| stage.name).collect();
        match forced.iter().find(|name| !stages.contains(&name.as_str())) {
            Some(unknown) => {
                Err(Error::Usage(format!("--force {unknown}: there is no such stage; {}", suggest(unknown, &stages))))
            }
            None => Ok(()),
        }
    }
}

/// The keys at the top of every experiment file.
trait Head {
    /// `kind`.
    fn kind(&self) -> &'static str;

    /// `title`.
    fn title(&self) -> &str;

    /// `[dataset]`.
    fn dataset(&self) -> &Dataset;

    /// `[dataset]`, mutable.
    fn dataset_mut(&mut self) -> &mut Dataset;
}

/// Settings that serde reads from an experiment file of one kind.
trait Settings: Head + Serialize + DeserializeOwned + 'static {
    /// Replaces alternative spellings of a name by the spelling in tables and manifests.
    fn normalise(&mut self) {}

    /// Checks the ranges and the combinations of values.
    ///
    /// # Errors
    /// [`Error::Usage`] at the place of a value that is out of range, unknown or does not fit the others.
    fn check(&self, at: &At<'_>) -> Result<()>;

    /// The settings in the form of a manifest: those of the `file` without folders of this machine.
    fn manifest(&self, file: Value) -> Value {
        file
    }
}

/// Settings whose run can be planned.
trait Plans: Settings {
    /// See [`Study::plan`].
    fn plan(&self, quiet: bool) -> Result<Plan<'_>>;

    /// The title and the settings of the results, with a description of their data.
    fn about(&self, data: String, stand_in: bool) -> About {
        About { title: self.title().to_owned(), settings: self.settings(), data, stand_in }
    }
}

impl<S: Plans> Study for S {
    fn title(&self) -> &str {
        Head::title(self)
    }

    fn dataset(&self) -> &Dataset {
        Head::dataset(self)
    }

    fn file(&self) -> Value {
        let Value::Object(settings) = serde_json::to_value(self).expect("settings can be written as JSON") else {
            unreachable!("settings are a struct")
        };
        std::iter::once(("kind".to_owned(), Value::from(self.kind()))).chain(settings).collect()
    }

    fn settings(&self) -> Value {
        let mut file = self.file();
        file["dataset"] = Head::dataset(self).manifest();
        plural(self.manifest(file))
    }

    fn plan(&self, quiet: bool) -> Result<Plan<'_>> {
        Plans::plan(self, quiet)
    }
}

/// Reads the settings of an experiment file and checks them.
fn checked<S: Plans>(mut text: Text) -> Result<Box<dyn Study>> {
    let (mut settings, places) = text.settings::<S>()?;
    settings.normalise();
    let at = At::top(&text, &places);
    settings.dataset_mut().given = at.key("dataset.path").is_override();
    if settings.title().trim().is_empty() {
        return Err(at.key("title").error("the title is empty; it heads every table and chart"));
    }
    settings.check(&at)?;
    Ok(Box::new(settings))
}

/// The settings with plural names for the lists of tables (`claims` for `[[claim]]`), in the same order.
fn plural(settings: Value) -> Value {
    let Value::Object(settings) = settings else { unreachable!("settings are a struct") };
    let name = |key: String| if ["method", "ablation", "claim"].contains(&&*key) { key + "s" } else { key };
    settings.into_iter().map(|(key, value)| (name(key), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verify::Basis;
    use serde_json::json;

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

    fn refused(file: &str, overrides: &[&str]) -> String {
        check(file, overrides).err().expect("it is refused").to_string()
    }

    fn check(file: &str, overrides: &[&str]) -> Result<Experiment> {
        let overrides: Vec<String> = overrides.iter().map(|s| s.to_string()).collect();
        Experiment::check(Text::new("x.toml".into(), file, None, &overrides)?)
    }

    #[test]
    fn a_sound_file_is_taken_and_the_manifest_sees_no_path() {
        let e = check(IMAGE_QUALITY, &["iqa.weights=/far/away/w.mat", "competitors.scores=\"/x/y.csv\""]).unwrap();
        let json = e.study.settings().to_string();
        assert!(
            json.starts_with(r#"{"kind":"image-quality","title":"T","seed":1,"dataset":{"kind":"tid2013"},"#),
            "{json}"
        );
        assert!(json.contains(r#""types":[1,8]"#) && json.contains(r#""weights":"w.mat""#), "{json}");
        assert!(json.contains(r#""scores":"y.csv""#) && !json.contains("far") && !json.contains("nowhere"), "{json}");
    }

    #[test]
    fn results_are_compared_with_their_own_database_and_stand_ins_with_other_data() {
        let of = |kind: &str, dataset: &str, stand_in: bool, subset: &'static str| {
            let manifest = Manifest {
                title: "t".into(),
                data: "d".into(),
                version: "0".into(),
                experiment: json!({ "kind": kind, "dataset": { "kind": dataset } }),
                seeds: Default::default(),
                inputs: Default::default(),
                outputs: Default::default(),
            };
            comparable(&manifest, stand_in).map(|found| (found.database, (found.basis)(subset)))
        };
        for (kind, dataset, stand_in, subset, expected) in [
            ("image-quality", "tid2013", false, "all", Some(("TID2013", Basis::Same("all")))),
            ("image-quality", "tid2013", false, "present", Some(("TID2013", Basis::Other("all")))),
            ("image-quality", "tid2013", true, "all", Some(("TID2013", Basis::Nothing))),
            ("image-quality", "multi-live", false, "LIVE", Some(("MULTI-LIVE", Basis::Nothing))),
            ("image-quality", "csv", false, "all", None),
            ("classification", "cure-tsr", false, "rain", Some(("CURE-TSR", Basis::SameOrPart("rain")))),
            ("classification", "cure-tsr", true, "rain", Some(("CURE-TSR", Basis::Other("rain")))),
            ("classification", "gtsrb", false, "rain", Some(("CURE-TSR", Basis::Other("rain")))),
            ("training-spread", "tid2013", false, "all", None),
        ] {
            assert_eq!(of(kind, dataset, stand_in, subset), expected, "{kind} {dataset} {stand_in} {subset}");
        }
    }

    /// The manifests of the committed results contain exactly the settings of the experiment files.
    #[test]
    fn the_shipped_experiments_give_the_settings_of_their_manifests() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let weights = "ImageNet_Weights_YGCr.mat";
        let set = |key: &str| format!("{key}={weights}");
        let sources = [
            ("photographs, 60,000 patches", "path = \"tiny_imagenet_1010\", images = 1000, per_image = 60"),
            ("photographs, 10,000 patches", "path = \"tiny_imagenet_1010\", images = 1000, per_image = 10"),
            ("scenes, 10,000 patches", "width = 128, height = 128, images = 100, per_image = 100"),
        ];
        let sources = sources.map(|(name, source)| format!("{{ name = \"{name}\", {source} }}")).join(", ");
        let (scores, live) =
            ("competitors.scores=multi_live_olives.csv".into(), "live.scores=/far/live_olives.csv".into());
        for (file, results, overrides) in [
            ("ablation", "ablation", vec![set("iqa.weights")]),
            ("cure-tsr", "cure-tsr-stand-in", vec![]),
            ("gtsrb", "gtsrb", vec![]),
            ("multi-live", "multi-live-stand-in", vec![]),
            ("multi-live", "multi-live", vec![scores, live]),
            ("regularization", "regularization", vec![]),
            ("sparse-autoencoder", "sparse-autoencoder-stand-in", vec![]),
            ("tid2013", "tid2013-stand-in", vec![]),
            ("tid2013", "tid2013", vec![set("iqa.weights"), "competitors.scores=tid2013.csv".into()]),
            ("training-spread", "training-spread", vec![set("weights"), format!("sources=[{sources}]")]),
        ] {
            let manifest = std::fs::read_to_string(root.join("results").join(results).join("manifest.json")).unwrap();
            let manifest: Value = serde_json::from_str(&manifest).unwrap();
            let file = root.join("experiments").join(file).with_extension("toml");
            let experiment = Experiment::read(&file, None, &overrides).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(experiment.study.settings().to_string(), manifest["experiment"].to_string(), "{results}");
        }
    }

    #[test]
    fn only_a_folder_from_the_command_line_has_to_be_there() {
        let folder = |overrides: &[&str]| {
            check(IMAGE_QUALITY, overrides).unwrap().study.dataset().folder().map(Path::to_path_buf)
        };
        assert_eq!(folder(&[]), None);
        assert_eq!(folder(&["dataset.path=gone"]), Some("gone".into()));
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_refused_at_its_place() {
        let own = "[dataset]\nkind = \"csv\"\npath = \"mine.csv\"\nhigher_is_better = false\n\
             columns = { image = \"a\", reference = \"b\", score = \"c\" }\n";
        let (start, end) = (IMAGE_QUALITY.find("[dataset]").unwrap(), IMAGE_QUALITY.find("[iqa]").unwrap());
        let own = &format!("{}{own}{}", &IMAGE_QUALITY[..start], &IMAGE_QUALITY[end..]);
        assert_eq!(check(own, &[]).unwrap().study.dataset().folder(), Some(Path::new("mine.csv")));
        let claim = |tests: &str| format!("claim=[{{ says = \"S\", place = \"P\", tests = [{tests}] }}]");
        let one = "{ says = \"S\", place = \"P\", tests = [\"gradient.srocc > unique.srocc\"] }";
        let twice = format!("claim=[{one}, {one}]");
        let published =
            "claim=[{ says = \"S\", place = \"P\", numbers = \"published\", tests = [\"UNIQUE.srocc = published\"] }]";
        let signs = include_str!("../../experiments/cure-tsr.toml");
        let none = "`[stand_in]` is missing";
        let (no_methods, no_training) = ("`methods` is missing from `[iqa]`", "`height` is missing from `[training]`");
        let wide = format!("method=[{{name=\"A\", features=[{}]}}]", "\"reconstruction\", ".repeat(28));
        let table: &[(&str, &str, &str)] = &[
            (own, "stand_in={scenes=1, width=64, height=64}", "a `csv` dataset has no synthetic fallback"),
            (own, "dataset.columns.std=3", "`std` must be a text in quotes, not 3"),
            (own, "dataset.columns.stdd=x", "did you mean `std`?"),
            (own, "dataset.kind=tid2013", "only a `csv` dataset has `columns`"),
            (IMAGE_QUALITY, "dataset.kind=csv", "a `csv` dataset needs `columns` and `higher_is_better`"),
            (IMAGE_QUALITY, "dataset.higher_is_better=true", "only a `csv` dataset has `higher_is_better`"),
            (IMAGE_QUALITY, "dataset.kind=multi-live", "have that database's own types and levels"),
            (IMAGE_QUALITY, "iqa.methods=[\"psnr\", \"ms_ssim\"]", "`ms_ssim` needs images of at least 176×176 pixels"),
            (IMAGE_QUALITY, "iqa.methods=[\"fsimm\"]", "did you mean `fsim`?"),
            (IMAGE_QUALITY, "competitors.dmos=x", "the column of the viewers' opinions is needed"),
            (IMAGE_QUALITY, "competitors.parity=[{method=\"psrn\", column=\"x\"}]", "did you mean `psnr`?"),
            (IMAGE_QUALITY, "competitors.parity=[{metric=\"psnr\", column=\"x\"}]", "unknown key `metric`"),
            (
                IMAGE_QUALITY,
                "competitors.columns=[{method=\"a\", column=\"x\"}, {method=\"a\", column=\"y\"}]",
                "named twice",
            ),
            (IMAGE_QUALITY, "live={columns=[]}", "at least one column"),
            (IMAGE_QUALITY, "kind=imagequality", "unknown kind of experiment `imagequality`"),
            (IMAGE_QUALITY, "kind=1", "`kind` must be a text in quotes"),
            (IMAGE_QUALITY, "kind=", "`kind` is missing"),
            (IMAGE_QUALITY, "title=\" \"", "--set title: the title is empty"),
            (SPREAD, "title=\"\"", "--set title: the title is empty"),
            (IMAGE_QUALITY, "title=", "`title` is missing from the top of the file"),
            (IMAGE_QUALITY, "iqa.methods=", no_methods),
            (IMAGE_QUALITY, "iqa.method=", "there is no key `method` to remove"),
            (IMAGE_QUALITY, "stand_in=", none),
            (IMAGE_QUALITY, "statistics=", "`statistics` is missing from the top of the file"),
            (IMAGE_QUALITY, "training.width=64", no_training),
            (IMAGE_QUALITY, "standin.scenes=3", "did you mean `stand_in`?"),
            (IMAGE_QUALITY, "scenes=3", "did you mean `stand_in.scenes`?"),
            (IMAGE_QUALITY, "seeed=3", "did you mean `seed`?"),
            (IMAGE_QUALITY, "iqa.bootstrap=3", "did you mean `statistics.bootstrap`?"),
            (IMAGE_QUALITY, "iqa.methods=[]", "at least one method"),
            (IMAGE_QUALITY, "iqa.methods=[\"gradeint\"]", "did you mean `gradient`?"),
            (IMAGE_QUALITY, "iqa.methods=unique,gradeint", "did you mean `gradient`?"),
            (IMAGE_QUALITY, "iqa.methods=[\"unique\", 3]", "item 2 of `methods` must be a text in quotes, not 3"),
            (IMAGE_QUALITY, "iqa.methods={a=1}", "`methods` must be a list: […], not a table"),
            (IMAGE_QUALITY, "iqa=3", "`iqa` must be a table: { key = value, … }, not 3"),
            (IMAGE_QUALITY, "iqa.methods=[\"unique\", \"unique\"]", "named twice"),
            (IMAGE_QUALITY, "iqa.methods=[\"ms_unique\"]", "ms_unique_weights"),
            (IMAGE_QUALITY, "iqa.ms_unique_weights=[\"a\"]", "five encoders"),
            (IMAGE_QUALITY, "stand_in.types=[25]", "25 is not a distortion type"),
            (IMAGE_QUALITY, "stand_in.types=[300]", "item 1 of `types` must be a whole number from 0 to 255, not 300"),
            (IMAGE_QUALITY, "stand_in.types=[]", "at least 1 distortion type is"),
            (IMAGE_QUALITY, "stand_in.levels=[1]", "at least 2 levels are"),
            (IMAGE_QUALITY, "stand_in.levels=[1,1]", "named twice"),
            (IMAGE_QUALITY, "stand_in.width=8", "--set stand_in.width: 8 is not between 32 and 4096"),
            (IMAGE_QUALITY, "stand_in.width=1.5", "`width` must be a whole number of at least 0, not 1.5"),
            (IMAGE_QUALITY, "seed=-1", "--set seed: `seed` must be a whole number of at least 0, not -1"),
            (
                IMAGE_QUALITY,
                "seed=one",
                "--set seed: `seed` must be a whole number of at least 0, not the text \"one\"",
            ),
            (IMAGE_QUALITY, "seed=true", "not true"),
            (IMAGE_QUALITY, "seed=2020-01-01", "`seed` must be a whole number of at least 0, not a"),
            (IMAGE_QUALITY, "statistics.resample=reference", "did you mean `references`?"),
            (IMAGE_QUALITY, "statistics.resample=3", "`resample` must be a text in quotes"),
            (IMAGE_QUALITY, "dataset.kind=tid2103", "did you mean `tid2013`?"),
            (IMAGE_QUALITY, "dataset.kind=images", "cannot read this kind"),
            (IMAGE_QUALITY, "iqa.wieghts=a", "did you mean `weights`?"),
            (IMAGE_QUALITY, "competitors.columns=[{method=\"gradient\", column=\"x\"}]", "is a method of this program"),
            (
                IMAGE_QUALITY,
                "competitors.columns=[{method=\"a\", column=\"x\", higher_is_better=1}]",
                "must be `true` or `false`, not 1",
            ),
            (IMAGE_QUALITY, &claim("\"gradeint.srocc > unique.srocc\""), "did you mean `Gradient`?"),
            (IMAGE_QUALITY, &claim("\"gradient.sroc > unique.sroc\""), "did you mean `srocc`?"),
            (IMAGE_QUALITY, &claim("\"gradient.srocc > unique.krcc\""), "different statistics"),
            (IMAGE_QUALITY, &claim("\"gradient.srocc\""), "a test compares two numbers"),
            (IMAGE_QUALITY, &claim(""), "at least one test is needed"),
            (IMAGE_QUALITY, published, "set `numbers = \"images\"`"),
            (IMAGE_QUALITY, &twice, "the claim `S (images, all)` is named twice"),
            (SPREAD, "seeds=[1]", "at least 2 seeds are"),
            (SPREAD, "seeds=1", "at least 2 seeds are"),
            (SPREAD, "sources=[]", "at least one source"),
            (SPREAD, "sources=[{name=\"a\", images=1, per_image=1}]", "it needs `width` and `height`"),
            (SPREAD, "sources=[{name=\"a\", path=\"p\", width=64, images=1, per_image=1}]", "remove `width`"),
            (SPREAD, "sources=[{name=\"a\", path=\"p\", images=1}]", "`per_image` is missing from item 1 of `sources`"),
            (
                SPREAD,
                "sources=scenes",
                "item 1 of `sources` must be a table: { key = value, … }, not the text \"scenes\"",
            ),
            (SPREAD, "autoencoder.rho=1.0", "1 is not between 0 and 1"),
            (SPREAD, "autoencoder.beta=nan", "NaN is not a finite number of at least 0"),
            (SPREAD, "autoencoder.beta=much", "`beta` must be a number, not the text \"much\""),
            (SPREAD, "autoencoder.epsilon=0.1", "unknown key `epsilon`"),
            (
                signs,
                "training.rate=-1",
                "--set training.rate: `rate` must be a finite number above 0\n | training.rate=-1\n |               ^^",
            ),
            (signs, "training.sparsity={target=1, weight=1}", "`sparsity.target` must be between 0 and 1"),
            (signs, "classifier.hidden=40,0", "`hidden` must be a list of at most 16 whole numbers from 1 to 4096"),
            (signs, "network.image=3,28", "`image` must be a list of 3 values, not 2"),
            (signs, "network.image=[1,28,28]", "images have 3 channels"),
            (signs, "network.latent=0", "--set network.latent: the autoencoder's `latent`: 0 is not between 1 and"),
            (signs, "network.latent=100000000", "100000000 is not between 1 and 4194304"),
            (signs, "network.latent=1000000", "parameters are more than 16777216"),
            (signs, "network.image=[3,4097,28]", "--set network.image: the autoencoder's `image.1`: 4097"),
            (signs, &wide, "a feature of 65856 numbers is larger than 65536"),
            (signs, "classifier.hidden=[100000000]", "`hidden` must be a list of at most 16 whole numbers"),
            (signs, "classifier.hidden=[4096,4096,4096]", "parameters are more than 16777216"),
            (signs, "classifier.epochs=1000001", "`epochs` must be between 1 and 1000000"),
            (signs, "training.batch=1000001", "`batch` must be between 1 and 1000000"),
            (signs, "stand_in.tracks=100000", "8400000 images, more than 1000000"),
            (SPREAD, "sources=[{name=\"a\", path=\"p\", images=2000, per_image=501}]", "1002000 patches, more than"),
            (IMAGE_QUALITY, "iqa.methods=[psnr, sim]", "did you mean `ssim`?"),
            (IMAGE_QUALITY, "stand_in.levels=[1,2,3,4,5,6]", "6 is not a level"),
            (IMAGE_QUALITY, "statistics=[]", "`statistics` must be a table: { key = value, … }, not a list"),
            (signs, "protocol.tested=noise,nois", "unknown challenge `nois`"),
            (signs, "protocol.tested=noise,noise", "named twice"),
            (signs, "protocol.tested=[]", "at least one challenge"),
            (signs, "protocol.shown.level=6", "--set protocol.shown.level: 6 is not between 1 and 5"),
            (signs, "method=[]", "at least one method"),
            (signs, "method=[{name=\"A\", features=[\"mu\", \"a/b/c\"]}]", "`a/b/c` is not a feature"),
            (signs, "method=[{name=\"A\", features=[\"mu\"]}, {name=\"A\", features=[\"mu\"]}]", "named twice"),
            (signs, "ablation=[{name=\"a\", variants=[]}]", "at least one variant"),
            (
                signs,
                "ablation=[{name=\"a\", variants=[{name=\"b\", features=[\"mu\"], form=\"sing\"}]}]",
                "did you mean `sign`?",
            ),
            (
                signs,
                "ablation=[{name=\"a\", methods=[\"VAE-A\"], variants=[{name=\"b\", training={beta=-1}}]}]",
                "`beta` must be",
            ),
            (signs, "ablation=[{name=\"a\", methods=[\"VAE-L\"], variants=[{name=\"b\", terms={kl=\"kk\"}}]}]", "`kk`"),
        ];
        let mut failures = Vec::new();
        for (file, given, expected) in table {
            let message = refused(file, &[given]);
            let of_rust = ["usize", "u64", "u8", "f64", "struct", "sequence", "invalid", "field"];
            let foreign = of_rust.iter().any(|word| message.split('\n').next().unwrap().contains(word));
            if foreign || !message.contains(expected) || !message.contains('^') {
                failures.push(format!("{given}:\n{message}\nexpected: {expected}"));
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
        assert!(refused("seed = 1", &[]).contains("`kind` is missing"));
    }

    #[test]
    fn the_command_line_gives_lists_and_removes_keys() {
        let of = |file: &str, overrides: &[&str]| check(file, overrides).unwrap_or_else(|e| panic!("{e}")).study.file();
        let file =
            of(IMAGE_QUALITY, &["iqa.methods=psnr, ssim", "stand_in.types=1,8", "iqa.ms_unique_weights=a,b,c,d,e"]);
        assert_eq!(file["iqa"]["methods"], json!(["psnr", "ssim"]));
        assert_eq!(file["stand_in"]["types"], json!([1, 8]));
        assert_eq!(file["iqa"]["ms_unique_weights"], json!(["a", "b", "c", "d", "e"]));
        let methods = IMAGE_QUALITY.replace("methods = [\"unique\", \"gradient\"]\n", "");
        assert_eq!(of(&methods, &["iqa.methods=psnr"])["iqa"]["methods"], json!(["psnr"]));
        let file = of(IMAGE_QUALITY, &["competitors.std=", "iqa.methods=ssim", "iqa.methods=fsim", "seed=3"]);
        assert_eq!((&file["competitors"]["std"], &file["iqa"]["methods"]), (&Value::Null, &json!(["fsim"])));
        assert_eq!((of(IMAGE_QUALITY, &["competitors="]))["competitors"], Value::Null);
    }
}
