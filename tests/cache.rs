//! Tests the stage cache through the command line: the plan, what is computed again and why, and results that cannot be written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A smaller version of the quick experiment.
fn experiment(folder: &Path) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quick.toml");
    let text = std::fs::read_to_string(file).unwrap();
    for (from, to) in
        [("images = 8", "images = 2"), ("iterations = 20", "iterations = 3"), ("bootstrap = 50", "bootstrap = 10")]
    {
        assert!(text.contains(from));
        let text = std::fs::read_to_string(folder.join("small.toml")).unwrap_or(text.clone()).replace(from, to);
        std::fs::write(folder.join("small.toml"), text).unwrap();
    }
    folder.join("small.toml")
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradspace")).args(arguments).current_dir(folder).output().unwrap()
}

#[track_caller]
fn succeed(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = run(folder, arguments);
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{arguments:?}: {err}");
    (out, err)
}

fn computed(folder: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read(folder.join("results/small-stand-in/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let stages = run["stages"].as_array().unwrap();
    stages.iter().filter_map(|s| Some((s["name"].as_str()?.to_owned(), s["computed"].as_u64()?))).collect()
}

fn table(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("results/small-stand-in/table.csv")).unwrap()
}

#[test]
fn a_plan_says_what_a_run_then_does() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let file = experiment(folder);
    let plan = |more: &[&str]| succeed(folder, &[&["plan", "small.toml"], more].concat()).0;
    let both = |n: u64, m: u64| [("training".to_owned(), n), ("scoring".to_owned(), m)];
    let before = plan(&[]);
    assert!(
        before.contains("training     1 of 1 to compute, duration unknown\n#              not computed yet"),
        "{before}"
    );
    assert!(before.contains("scoring      2 of 2 to compute") && before.contains("per_image = 100"), "{before}");
    assert!(!folder.join("results").exists(), "a plan writes nothing");

    succeed(folder, &["small.toml"]);
    assert_eq!(computed(folder), both(1, 2));
    let first = table(folder);
    let after = plan(&[]);
    assert!(
        after.contains("training     1 of 1 in the cache, about 0 s") && after.contains("scoring      2 of 2 in"),
        "{after}"
    );
    let (_, notes) = succeed(folder, &["small.toml"]);
    assert!(notes.contains("scoring: 2 of 2 from the cache"), "{notes}");
    assert_eq!((computed(folder), table(folder) == first), (both(0, 0).to_vec(), true));

    // A change of a comment does not invalidate the cache.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("# another comment\n{text}")).unwrap();
    assert!(plan(&[]).contains("2 of 2 in the cache"));
    // A change of a setting does, and the stages that depend on it are computed again.
    let changed = plan(&["--set", "training.autoencoder.iterations=2"]);
    assert!(
        changed.contains("training     1 of 1 to compute") && changed.contains("`autoencoder.iterations` 3 → 2"),
        "{changed}"
    );
    assert!(changed.contains("scoring      2 of 2 to compute") && changed.contains("`measures.weights`"), "{changed}");
    // A third scene adds one item.
    let more = plan(&["--set", "stand_in.scenes=3"]);
    assert!(more.contains("scoring      1 of 3 to compute") && more.contains("training     1 of 1 in"), "{more}");
    let forced = plan(&["--force", "training"]);
    assert!(forced.contains("training     1 of 1 to compute") && forced.contains("forced"), "{forced}");
    succeed(folder, &["small.toml", "--force", "training"]);
    assert_eq!((computed(folder), table(folder) == first), (both(1, 0).to_vec(), true));

    let json: serde_json::Value = serde_json::from_str(&plan(&["--format", "json"])).unwrap();
    assert_eq!((&json["stages"][1]["cached"], &json["stages"][1]["items"]), (&2.into(), &2.into()));
    assert_eq!(json["experiment"]["training"]["per_image"], 100);
    let wrong = run(folder, &["small.toml", "--force", "trainig"]);
    let message = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(2) && message.contains("did you mean `training`?"), "{message}");
}

#[test]
fn damaged_and_outdated_entries_are_made_again() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    experiment(folder);
    succeed(folder, &["small.toml"]);
    let first = table(folder);
    let cache = folder.join("results/small-stand-in/cache");
    let entries = || {
        let paths = std::fs::read_dir(&cache).unwrap().map(|e| e.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|e| e == "entry")).collect::<Vec<_>>()
    };
    assert_eq!(entries().len(), 3);
    for entry in entries() {
        let bytes = std::fs::read(&entry).unwrap();
        std::fs::write(&entry, &bytes[..bytes.len() - 3]).unwrap();
    }
    assert!(succeed(folder, &["plan", "small.toml"]).0.contains("the cache entry is damaged"));
    succeed(folder, &["small.toml", "--quiet"]);
    assert!(table(folder) == first);
    std::fs::write(cache.join("layout"), "gradspace stage cache 0\n").unwrap();
    let (_, notes) = succeed(folder, &["small.toml"]);
    assert!(notes.contains("the cache has another layout and is emptied"), "{notes}");
    assert!(table(folder) == first && entries().len() == 3);
}

#[test]
fn the_second_run_in_a_folder_says_who_holds_it() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    experiment(folder);
    // The first run takes long enough that the second one starts before it ends.
    let long =
        ["small.toml", "--quiet", "--set", "training.autoencoder.iterations=100000", "--set", "training.images=200"];
    let mut first = Command::new(env!("CARGO_BIN_EXE_gradspace"))
        .args(long)
        .current_dir(folder)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = folder.join("results/small-stand-in/cache/layout");
    let began = Instant::now();
    while !lock.exists() && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = run(folder, &["small.toml"]);
    let message = String::from_utf8_lossy(&second.stderr).into_owned();
    let holder = format!("process {}", first.id());
    // A run in another folder is not affected.
    let elsewhere = run(folder, &["small.toml", "--out", "elsewhere"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(second.status.code() == Some(2) && message.contains(&holder), "{message}");
    assert!(elsewhere.status.success());
    succeed(folder, &["small.toml", "--quiet"]);
}

#[test]
fn where_nothing_can_be_written_the_earlier_results_stay_whole() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    experiment(folder);
    succeed(folder, &["small.toml", "--quiet"]);
    let results = folder.join("results/small-stand-in");
    let read = || {
        let paths = std::fs::read_dir(&results).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_file());
        paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = read();
    // Files are limited to 32 kB, as on a disk that is nearly full. Small results could be written, larger ones cannot.
    let program = env!("CARGO_BIN_EXE_gradspace");
    let limited = format!("trap '' XFSZ; ulimit -f 32; exec {program} small.toml --quiet --set title=Changed");
    let output = Command::new("bash").args(["-c", &limited]).current_dir(folder).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(3) && message.contains("cannot be written"), "{message}");
    assert!(read() == before, "a result was touched");

    // A folder that cannot be created is reported before anything is computed.
    std::fs::write(folder.join("taken"), "").unwrap();
    let output = run(folder, &["small.toml", "--out", "taken"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(3) && message.contains("taken") && message.contains("cannot be written"),
        "{message}"
    );
    assert!(!message.contains("scoring"), "{message}");
}
