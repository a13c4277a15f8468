//! Tests classifications through the command line: the result files, the features of a folder of images, and bad input.

use approx::assert_abs_diff_eq;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use gradspace::imaging::Rgb8;
use gradspace::imaging::decode::write_png;
use gradspace::imaging::signs::Track;
use tempfile::TempDir;

mod common;

/// A small version of an experiment of the project: two types of challenge, two levels, few signs and epochs.
fn reduced(name: &str, more: &[&str]) -> Vec<String> {
    let mut arguments =
        vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name).display().to_string()];
    let overrides = [
        "seeds=[1, 2]",
        "stand_in.tracks=5",
        "stand_in.frames=2",
        "challenges.size=32",
        "protocol.tested=[\"noise\", \"codec_error\"]",
        "protocol.levels=[1, 5]",
        "training.batch=32",
        "training.epochs=3",
        "training.validate_every=2",
        "classifier.batch=16",
        "classifier.epochs=2",
    ];
    for text in overrides.iter().chain(more) {
        arguments.extend(["--set".to_owned(), text.to_string()]);
    }
    arguments
}

fn command(folder: &Path, arguments: &[String], more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
    command.args(arguments).args(more).current_dir(folder);
    command
}

fn run(folder: &Path, arguments: &[String], more: &[&str]) -> Output {
    command(folder, arguments, more).output().unwrap()
}

fn succeed(folder: &Path, arguments: &[String], more: &[&str]) -> String {
    let output = run(folder, arguments, more);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} ended with {}:\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[String], more: &[&str]) -> (i32, String) {
    let output = run(folder, arguments, more);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} {more:?} succeeded");
    (output.status.code().unwrap_or(-1), message)
}

/// The files of a results folder by name, except the record of the run.
fn results(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()));
    named.filter(|(name, _)| name != "run.json").collect()
}

#[test]
fn a_classification_writes_everything() {
    let folder = TempDir::new().unwrap();
    let arguments = reduced("cure-tsr.toml", &[]);
    let table = succeed(folder.path(), &arguments, &["--threads", "1"]);
    for part in
        ["stand-in", "Proposed", "VAE-R", "codec error", "(64.76)", "not comparable", "Proposed is the best on noise"]
    {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
    let written = results(&folder.path().join("results/cure-tsr-stand-in"));
    for name in [
        "table.csv",
        "table.json",
        "table.md",
        "table.tex",
        "manifest.json",
        "pictures.json",
        "seeds.csv",
        "loss.csv",
        "weights.safetensors",
        "levels.svg",
        "roc.svg",
        "scores.svg",
        "components.svg",
        "loss.svg",
        "challenges.png",
        "reconstructions.png",
    ] {
        assert!(written.contains_key(name), "{name} is not among {:?}", written.keys());
    }
    let cache = std::fs::read_dir(folder.path().join("results/cure-tsr-stand-in/cache")).unwrap();
    let is_checkpoint = |name: &str| name.ends_with(".checkpoint");
    let left = cache.filter(|entry| is_checkpoint(&entry.as_ref().unwrap().file_name().to_string_lossy())).count();
    assert_eq!(left, 0, "checkpoints have done their work");
    let csv = String::from_utf8(written["seeds.csv"].clone()).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4 * 2 * 4, "methods, seeds, conditions");
    for line in csv.lines().skip(1) {
        let accuracy: f64 = line.split(',').nth(4).unwrap().parse().unwrap();
        assert!((0.0..=100.0).contains(&accuracy), "{line}");
    }
}

#[test]
fn a_damaged_checkpoint_is_named_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let arguments = reduced("cure-tsr.toml", &["training.epochs=60"]);
    let cache = folder.path().join("results/cure-tsr-stand-in/cache");
    let mut child = command(folder.path(), &arguments, &["--quiet"]).spawn().unwrap();
    let start = Instant::now();
    let saved = || {
        let mut paths = std::fs::read_dir(&cache).ok()?.map(|e| e.unwrap().path());
        paths.find(|path| path.to_str().unwrap().ends_with(".checkpoint"))
    };
    while saved().is_none() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let file = saved().expect("a checkpoint");
    std::fs::write(&file, b"not a checkpoint").unwrap();
    let (code, message) = refused(folder.path(), &arguments, &["--quiet"]);
    assert!(code == 3 && message.contains(file.file_name().unwrap().to_str().unwrap()), "{code}: {message}");
    assert_eq!(std::fs::read(&file).unwrap(), b"not a checkpoint");
}

/// A folder of signs with a manifest: `tracks` of each of two classes, the last fifth for test.
fn photographs(folder: &Path, tracks: usize, picture: impl Fn(usize, usize) -> Rgb8) -> PathBuf {
    let data = folder.join("photographs");
    std::fs::create_dir_all(&data).unwrap();
    let mut manifest = String::from("file,class_id,class_name,track,frame,width,height,split\n");
    for (class, name) in [(2, "stop"), (9, "yield")] {
        for track in 0..tracks {
            let split = if track * 5 < tracks * 4 { "train" } else { "test" };
            for frame in 0..4 {
                let image = picture(class, track * 4 + frame);
                let file = format!("{class}_{track}_{frame}.png");
                write_png(data.join(&file), &image).unwrap();
                manifest +=
                    &format!("{file},{class},{name},{track},{frame},{},{},{split}\n", image.width, image.height);
            }
        }
    }
    std::fs::write(data.join("manifest.csv"), manifest).unwrap();
    data
}

fn sign(class: usize, number: usize) -> Rgb8 {
    // The images have different sizes.
    Track::new(5, class, number as u64).frame(0, 24 + number % 9)
}

#[test]
fn photographs_are_never_called_cure_tsr_and_their_pictures_stay_apart() {
    let folder = TempDir::new().unwrap();
    let data = photographs(folder.path(), 10, sign);
    let arguments = reduced("gtsrb.toml", &[]);
    let table = succeed(folder.path(), &arguments, &["--data", data.to_str().unwrap()]);
    assert!(table.contains("GTSRB (not CURE-TSR)") && !table.contains("stand-in"), "{table}");
    let results = results(&folder.path().join("results/gtsrb"));
    assert!(!results.contains_key("challenges.png") && !results.contains_key("reconstructions.png"));
    let photographs = folder.path().join("results/gtsrb/photographs");
    assert!(photographs.join("challenges.png").exists() && photographs.join("pictures.json").exists());
    let manifest = String::from_utf8(results["manifest.json"].clone()).unwrap();
    assert!(manifest.contains("\"images\": \"") && !manifest.contains("photographs/"), "{manifest}");
}

#[test]
fn an_ablation_changes_one_thing() {
    let folder = TempDir::new().unwrap();
    let ablations = r#"ablation=[
        { name = "regulariser", methods = ["VAE-L"], variants = [
            { name = "KL", training = { beta = 1.0 } },
            { name = "sparsity", training = { sparsity = { target = 0.1, weight = 5.0 } }, terms = { kl = "sparsity" } },
            { name = "decay", training = { decay = 3e-3 } } ] },
        { name = "layer", variants = [{ name = "first", features = ["bce/up.0.weight"] }] },
        { name = "form", methods = ["VAE-R", "Proposed"], variants = [{ name = "unit", form = "unit" }, { name = "sign", form = "sign" }] },
        { name = "shown", methods = ["VAE-A"], variants = [{ name = "haze", shown = { challenge = "haze", level = 2 } }] },
    ]"#;
    let ablations = ablations.replace('\n', " ").replace("}, ]", "} ]").replace(",     ]", "]");
    let arguments = reduced("cure-tsr.toml", &[&ablations, "protocol.tested=[\"noise\"]", "seeds=[1, 2]"]);
    succeed(folder.path(), &arguments, &["--quiet"]);
    let written = results(&folder.path().join("results/cure-tsr-stand-in"));
    let table = String::from_utf8(written["table.csv"].clone()).unwrap();
    let value = |method: &str| {
        let line = table.lines().find(|l| l.starts_with(&format!("{method},all,accuracy,")));
        line.unwrap_or_else(|| panic!("{method} is not in\n{table}")).split(',').nth(3).unwrap().to_owned()
    };
    assert_eq!(value("regulariser · KL · VAE-L"), value("VAE-L"), "what changes nothing is the same trial");
    for name in [
        "regulariser · sparsity · VAE-L",
        "regulariser · decay · VAE-L",
        "layer · first",
        "form · unit · VAE-R",
        "form · sign · Proposed",
    ] {
        value(name);
    }
    assert_ne!(value("shown · haze · VAE-A"), "");
    assert!(written.contains_key("ablation-4.svg"));
    // Three training settings with two seeds, three epochs each.
    assert_eq!(String::from_utf8(written["loss.csv"].clone()).unwrap().lines().count(), 1 + 3 * 2 * 3);
}

#[test]
fn features_of_a_folder_are_a_table_that_does_not_depend_on_the_chunks() {
    let folder = TempDir::new().unwrap();
    let arguments = reduced("cure-tsr.toml", &["seeds=[1]", "protocol.tested=[\"noise\"]"]);
    succeed(folder.path(), &arguments, &["--quiet"]);
    let images = folder.path().join("images");
    std::fs::create_dir(&images).unwrap();
    (0..20).for_each(|i| write_png(images.join(format!("{i:02}.png")), &sign(3, i)).unwrap());
    let take = |more: &[&str]| {
        let text = "features images --weights results/cure-tsr-stand-in/weights.safetensors --feature mu --feature bce/up.3.weight --out f.npy";
        run(folder.path(), &text.split(' ').map(str::to_owned).collect::<Vec<_>>(), more)
    };
    let output = take(&["--statistics", "f.csv", "--threads", "2"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "f.npy: 20 rows (images) of 164 numbers\n");
    let table = std::fs::read(folder.path().join("f.npy")).unwrap();
    assert_eq!(table.len(), 128 + 20 * 164 * 4);
    let number = |row: usize, column: usize| {
        let at = 128 + 4 * (row * 164 + column);
        f32::from_le_bytes(table[at..at + 4].try_into().unwrap())
    };
    let statistics = std::fs::read_to_string(folder.path().join("f.csv")).unwrap();
    let line: Vec<&str> = statistics.lines().nth(1 + 20 + 3).unwrap().split(',').collect();
    let mean = (0..20).map(|row| f64::from(number(row, 23))).sum::<f64>() / 20.0;
    assert_eq!(line[..3], ["23", "bce/up.3.weight", "3"]);
    assert_abs_diff_eq!(line[3].parse::<f64>().unwrap(), mean, epsilon = 1e-9 * (1.0 + mean.abs()));

    let weights = ["features", "images", "--out", "g.npy", "--feature", "mu", "--weights"].map(str::to_owned);
    for (file, part) in [("nothing", "nothing"), ("f.npy", "f.npy")] {
        let (code, message) = refused(folder.path(), &weights, &[file]);
        assert!(code == 3 && message.contains(part), "{code}: {message}");
    }
    let (code, message) = refused(
        folder.path(),
        &weights,
        &["results/cure-tsr-stand-in/weights.safetensors", "--feature", "kl/down.9.weight"],
    );
    assert!(code == 2 && message.contains("down.9.weight") && message.contains("down.0.weight"), "{code}: {message}");
    assert!(!folder.path().join("g.npy").exists());
}

#[test]
fn bad_input_is_one_clear_error() {
    let folder = TempDir::new().unwrap();
    for (change, code, parts) in [
        ("network.latent=0", 2, vec!["`latent`: 0 is not between 1"]),
        ("protocol.tested=[\"nois\"]", 2, vec!["unknown challenge `nois`", "did you mean `noise`?"]),
        ("protocol.levels=[6]", 2, vec!["6 is not a level"]),
        ("method=[{ name = \"A\", features = [\"kl/down.7.weight\"] }]", 2, vec!["no parameter `down.7.weight`"]),
        ("method=[{ name = \"A\", features = [\"z\"] }]", 2, vec!["no value `z`"]),
        ("training.rate=0.0", 2, vec!["`rate`"]),
        ("training.bta=1.0", 2, vec!["unknown key `bta`", "did you mean `beta`?"]),
        ("training.batch=1000", 2, vec!["84 training images", "fewer than a batch of 1000", "`training.batch`"]),
        ("classifier.batch=85", 2, vec!["fewer than a batch of 85", "`classifier.batch`"]),
        ("training.rate=1e30", 3, vec!["diverged in step", "of epoch 1", "is no longer finite", "lower `rate`"]),
        (
            "ablation=[{ name = \"a\", methods = [\"VAE-B\"], variants = [{ name = \"b\" }] }]",
            2,
            vec!["no method `VAE-B`", "VAE-"],
        ),
        ("ablation=[{ name = \"a\", variants = [{ name = \"b\" }] }]", 2, vec!["`methods`", "`features`"]),
        (
            "claim=[{ says = \"S\", place = \"P\", subset = \"nois\", tests = [\"VAE-A.accuracy > VAE-R.accuracy\"] }]",
            2,
            vec!["no subset `nois`", "did you mean `noise`?"],
        ),
        (
            "claim=[{ says = \"S\", place = \"P\", tests = [\"VAE-A.accuracy > VAE-X.accuracy\"] }]",
            2,
            vec!["no method `VAE-X`", "VAE-"],
        ),
    ] {
        let (found, message) = refused(folder.path(), &reduced("cure-tsr.toml", &[change]), &["--quiet"]);
        assert_eq!(found, code, "{change}: {message}");
        for part in parts {
            assert!(message.contains(part), "{change}: {message}");
        }
    }
}

#[test]
fn bad_photographs_are_named() {
    let folder = TempDir::new().unwrap();
    let one_pixel = |class, n| if n == 5 { Rgb8::from_fn(1, 1, |_, _| [9; 3]) } else { sign(class, n) };
    let data = photographs(folder.path(), 10, one_pixel);
    let (code, message) =
        refused(folder.path(), &reduced("gtsrb.toml", &[]), &["--quiet", "--data", data.to_str().unwrap()]);
    assert!(code == 3 && message.contains("too small to show a sign") && message.contains(".png"), "{code}: {message}");
    // Images that are not square or all grey are accepted.
    let folder = TempDir::new().unwrap();
    let data = photographs(folder.path(), 10, |class, n| {
        let image = sign(class, n);
        Rgb8::from_fn(image.width, image.height - 7, |x, y| {
            if n % 2 == 0 { [image.pixel(x, y)[1]; 3] } else { image.pixel(x, y) }
        })
    });
    let arguments = reduced("gtsrb.toml", &["seeds=[1]", "protocol.tested=[\"noise\"]", "protocol.levels=[5]"]);
    succeed(folder.path(), &arguments, &["--quiet", "--data", data.to_str().unwrap()]);
    // An empty file, one that is missing, and a folder without a manifest.
    let file = data.join("2_3_1.png");
    std::fs::write(&file, b"").unwrap();
    let (code, message) = refused(folder.path(), &arguments, &["--quiet", "--data", data.to_str().unwrap()]);
    assert!(code == 3 && message.contains("2_3_1.png"), "{code}: {message}");
    std::fs::remove_file(&file).unwrap();
    let (code, message) = refused(folder.path(), &arguments, &["--quiet", "--data", data.to_str().unwrap()]);
    assert!(code == 3 && message.contains("2_3_1.png") && message.contains("missing"), "{code}: {message}");
    let (code, message) = refused(folder.path(), &arguments, &["--quiet", "--data", "elsewhere"]);
    assert!(code == 3 && message.contains("manifest.csv"), "{code}: {message}");
}

/// The experiment on the real photographs, in its small version.
#[test]
fn the_real_photographs_can_be_classified() {
    let Some(data) = common::shared("data/gtsrb_mini") else { return };
    let folder = TempDir::new().unwrap();
    let arguments = reduced(
        "gtsrb.toml",
        &["seeds=[1]", "training.epochs=2", "protocol.tested=[\"noise\"]", "protocol.levels=[5]"],
    );
    let table = succeed(folder.path(), &arguments, &["--data", data.to_str().unwrap()]);
    assert!(
        table.contains("4439 photographs of 43 classes: 2724 for training, 680 for validation, 1035 for test"),
        "{table}"
    );
}
