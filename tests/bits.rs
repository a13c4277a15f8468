//! Tests that results have the same bits for every number of threads, on every instruction set, and after a killed run.
//!
//! Every experiment runs in a reduced version. One of them is killed at twenty moments and continued.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gradspace::imaging::decode::write_png;
use gradspace::imaging::scenes::scene;
use gradspace::lanes::Simd;
use tempfile::TempDir;

/// Overrides that make a classification small.
const SIGNS: [&str; 11] = [
    "seeds=[1, 2]",
    "stand_in.tracks=5",
    "stand_in.frames=1",
    "challenges.size=32",
    "protocol.tested=[\"noise\"]",
    "protocol.levels=[5]",
    "training.batch=16",
    "training.epochs=1",
    "classifier.hidden=[8, 4]",
    "classifier.batch=16",
    "classifier.epochs=1",
];

/// Overrides that make the scenes few and small.
const SCENES: [&str; 6] = [
    "stand_in.scenes=1",
    "stand_in.width=64",
    "stand_in.height=64",
    "stand_in.types=[7, 8]",
    "stand_in.levels=[1, 5]",
    "statistics.bootstrap=10",
];

/// Overrides that make each experiment small. An experiment that is missing here fails the test.
fn reduced(name: &str) -> Vec<&'static str> {
    let with = |common: &[&'static str], more: &[&'static str]| [common, more].concat();
    match name {
        "tid2013" => with(
            &SCENES,
            &["iqa.methods=[\"unique\", \"gradient\", \"psnr_ha\", \"sr_sim\", \"fsimc\", \"persim\", \"summer\"]"],
        ),
        "multi-live" => vec![
            "stand_in.scenes=1",
            "stand_in.width=64",
            "stand_in.height=64",
            "iqa.methods=[\"unique\", \"gradient\", \"psnr\"]",
            "statistics.bootstrap=10",
        ],
        "ablation" => SCENES.to_vec(),
        "quick" => with(&SCENES, &["training.images=2", "training.per_image=20", "training.autoencoder.iterations=3"]),
        "own" => vec!["statistics.bootstrap=10", "iqa.methods=[\"unique\", \"gradient\", \"ssim\", \"gmsd\"]"],
        "sparse-autoencoder" => vec![
            "training.width=64",
            "training.height=64",
            "training.images=3",
            "training.per_image=30",
            "training.autoencoder.hidden=25",
            "training.autoencoder.iterations=3",
        ],
        "training-spread" => with(
            &SCENES,
            &[
                "seeds=[1, 2]",
                "sources=[{ name = \"scenes\", width = 64, height = 64, images = 2, per_image = 20 }]",
                "autoencoder.hidden=25",
                "autoencoder.iterations=2",
            ],
        ),
        "cure-tsr" | "gtsrb" => SIGNS.to_vec(),
        "regularization" => with(
            &SIGNS,
            &[
                "ablation=[{ name = \"Kind\", methods = [\"Proposed\"], variants = [{ name = \"sparsity\", form = \"unit\", training = { sparsity = { target = 0.1, weight = 5.0 } }, terms = { kl = \"sparsity\" } }] }]",
                "claim=[{ says = \"S\", place = \"P\", tests = [\"Kind · sparsity · Proposed.accuracy > Proposed.accuracy\"] }]",
            ],
        ),
        other => panic!("`{other}` is a new experiment: say here how it is made small"),
    }
}

fn experiments() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), file)).collect()
}

/// A folder with data for the one experiment without a synthetic fallback.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(folder.path().join("data/own")).unwrap();
    let mut table = String::from("image,reference,mos,std\n");
    for picture in 1..=2 {
        let image = scene(picture, 48, 32, 1);
        let name = |step: u8| folder.path().join(format!("data/own/{picture}_{step}.png"));
        write_png(name(1), &image).unwrap();
        for step in [8, 16, 32, 64] {
            let samples = image.samples.iter().map(|s| s / step * step).collect();
            write_png(name(step), &gradspace::imaging::Rgb8::new(48, 32, samples)).unwrap();
            table += &format!("{picture}_{step}.png,{picture}_1.png,{},0.5\n", 90 - u64::from(step) + picture);
        }
    }
    std::fs::write(folder.path().join("data/own/scores.csv"), table).unwrap();
    folder
}

fn start(folder: &Path, file: &Path, set: &[&str], out: &str, machine: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
    command.arg(file).args(["--quiet", "--out", out]).args(machine);
    set.iter().for_each(|set| {
        command.args(["--set", set]);
    });
    command.current_dir(folder).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child, what: &str) {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The results below a folder, except the record of the run and the cache.
fn results(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for experiment in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        for file in std::fs::read_dir(&experiment).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_file()) {
            let name = file.strip_prefix(folder).unwrap().display().to_string();
            if !name.ends_with("run.json") {
                found.insert(name, std::fs::read(file).unwrap());
            }
        }
    }
    found
}

#[track_caller]
fn same(expected: &BTreeMap<String, Vec<u8>>, found: &BTreeMap<String, Vec<u8>>, what: &str) {
    assert!(expected.len() > 5 && expected.keys().eq(found.keys()), "{what}: {:?}", found.keys());
    for (name, bytes) in expected {
        assert!(bytes == &found[name], "{name} differs with {what}");
    }
}

/// Checks the experiments `first`, `first` + 2, …, so that two tests can share the work in parallel.
fn everywhere(first: usize) {
    let folder = folder();
    for (name, file) in experiments().into_iter().skip(first).step_by(2) {
        let set = reduced(&name);
        let mut expected: Option<BTreeMap<String, Vec<u8>>> = None;
        for threads in ["1", "2", "3"] {
            for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
                let machine = ["--threads", threads, "--simd", simd.name()];
                let out = format!("{name}-{threads}-{}", simd.name());
                finish(start(folder.path(), &file, &set, &out, &machine), &out);
                let found = results(&folder.path().join(&out));
                same(expected.get_or_insert_with(|| found.clone()), &found, &out);
            }
        }
    }
}

#[test]
fn threads_and_instruction_sets_change_no_byte_of_one_half_of_the_experiments() {
    everywhere(0);
}

#[test]
fn threads_and_instruction_sets_change_no_byte_of_the_other_half() {
    everywhere(1);
}

/// A run is killed at twenty moments, from its beginning to its end. The same command continues it, and the results have the same bytes
/// as those of an undisturbed run.
#[test]
fn killed_at_twenty_moments_the_same_command_ends_with_the_same_bytes() {
    let folder = folder();
    let (_, file) = experiments().into_iter().find(|(name, _)| name == "cure-tsr").unwrap();
    let set = [&SIGNS[..], &["training.epochs=60", "training.validate_every=3", "classifier.epochs=20"]].concat();
    let began = Instant::now();
    finish(start(folder.path(), &file, &set, "whole", &[]), "undisturbed");
    let whole = began.elapsed();
    let expected = results(&folder.path().join("whole"));
    let killed = folder.path().join("killed");
    let (mut kills, mut ends) = (0, 0);
    // The work of a killed run is kept, so each run starts at a later point. After a completed run, the next one starts from the beginning.
    while kills < 20 {
        let mut child = start(folder.path(), &file, &set, "killed", &[]);
        let moment = whole * (1 + kills * 7 % 20) / 40 + Duration::from_millis(20);
        let began = Instant::now();
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(_) => break true,
                None if began.elapsed() >= moment => break false,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        if !ended {
            child.kill().unwrap();
            kills += 1;
        }
        let output = child.wait_with_output().unwrap();
        if ended {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            same(&expected, &results(&killed), &format!("{kills} kills"));
            std::fs::remove_dir_all(&killed).unwrap();
            ends += 1;
            assert!(ends < 60, "the run is too short to be killed");
        }
    }
    finish(start(folder.path(), &file, &set, "killed", &[]), "the last");
    same(&expected, &results(&killed), "twenty kills");
}
