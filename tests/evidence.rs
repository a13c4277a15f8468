//! Tests `verify`, `diff`, `list` and `reproduce` through the command line, with text and JSON output.
//!
//! Altered results must be detected, and differences must be named.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn gradspace(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// The standard output of a command that exits with `code`.
fn said(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = gradspace(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stdout}{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stdout
}

fn json(folder: &Path, arguments: &[&str], code: i32) -> Value {
    let text = said(folder, &[arguments, &["--format", "json"]].concat(), code);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments:?}: {e}\n{text}"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        // The cache of a run is not a result.
        if path.ends_with("cache") {
            continue;
        }
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

/// A folder outside of the repository with a copy of some committed results.
fn committed(names: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in names {
        copy(&root().join("results").join(name), &folder.path().join("results").join(name));
    }
    folder
}

/// Replaces `from`, which must exist, in a result file. With `adjusted` the manifest lists the new hash.
fn alter(folder: &Path, name: &str, from: &str, to: &str, adjusted: bool) {
    let path = folder.join(name);
    let old = std::fs::read_to_string(&path).unwrap();
    assert!(old.contains(from), "{} has no {from}", path.display());
    let new = old.replacen(from, to, 1);
    std::fs::write(&path, &new).unwrap();
    if adjusted {
        let manifest = folder.join("manifest.json");
        let hash = |text: &str| gradspace::files::hash(text.as_bytes());
        let text = std::fs::read_to_string(&manifest).unwrap();
        assert!(text.contains(&hash(&old)));
        std::fs::write(manifest, text.replace(&hash(&old), &hash(&new))).unwrap();
    }
}

/// The failures that `verify` finds, as `folder/file: problem`.
fn failures(folder: &Path, results: &str) -> Vec<String> {
    let text = said(folder, &["verify", results, "--quiet"], 1);
    text.lines().map(|line| line.strip_prefix("FAILED  ").unwrap_or_else(|| panic!("{line}")).to_owned()).collect()
}

#[test]
fn committed_results_pass_and_so_does_a_copy() {
    let here = json(root(), &["verify"], 0);
    assert_eq!(here["passed"], true);
    assert!(here["published_numbers"]["match at the printed digits"].as_u64() >= Some(50), "{here}");
    let experiments = here["experiments"].as_array().unwrap();
    assert!(experiments.len() >= 9);

    let names: Vec<&str> = experiments.iter().map(|e| e["name"].as_str().unwrap()).collect();
    let copied = committed(&names);
    let text = said(copied.path(), &["verify"], 0);
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), names.len(), "{text}");
    assert!(text.contains("verified: all hashes") && text.contains("not compared with committed results"), "{text}");
    assert_eq!(said(copied.path(), &["verify", "--quiet"], 0), "");
    let one = json(copied.path(), &["verify", "results/tid2013"], 0);
    assert_eq!(one["experiments"].as_array().unwrap().len(), 1);
    let cells = one["experiments"][0]["cells"].as_array().unwrap();
    let tolerated = cells.iter().find(|cell| cell["verdict"] == "within tolerance").expect("some are");
    assert!(tolerated["reason"].as_str().unwrap().starts_with("0.00"), "{tolerated}");
}

#[test]
fn an_altered_number_is_caught_wherever_it_stands() {
    for (file, from, to) in [
        ("table.csv", "0.8202251735539151", "0.8302251735539151"),
        ("table.json", "0.8202251735539151", "0.8302251735539151"),
        ("srocc.svg", "0.8", "0.9"),
        ("table.md", "0.820", "0.830"),
        ("scores.csv", "0.9", "0.8"),
        ("claims.json", "does not hold", "holds"),
    ] {
        let folder = committed(&["tid2013"]);
        alter(&folder.path().join("results/tid2013"), file, from, to, false);
        let found = failures(folder.path(), "results");
        assert!(found[0].starts_with(&format!("tid2013/{file}: differs from the file that the run")), "{found:#?}");
    }
}

#[test]
fn a_number_whose_hash_was_adjusted_too_contradicts_the_others() {
    for (file, from, to, expected) in [
        ("table.csv", "0.8202251735539151", "0.8302251735539151", "tid2013/table.csv: does not contain the numbers"),
        ("table.json", "0.8202251735539151", "0.8302251735539151", "tid2013/table.csv: does not contain the numbers"),
        ("table.json", "\"match\"", "\"differs\"", "has the status `differs`, but its numbers give `match`"),
        ("claims.json", "\"outcome\": \"does not hold\"", "\"outcome\": \"holds\"", "tid2013/claims.json: “"),
        ("claims.json", "\"left_value\": 0.", "\"left_value\": 0.0", "tid2013/claims.json: “"),
    ] {
        let folder = committed(&["tid2013"]);
        alter(&folder.path().join("results/tid2013"), file, from, to, true);
        let found = failures(folder.path(), "results");
        assert!(found.iter().any(|failure| failure.contains(expected)), "{found:#?}\n{expected}");
    }
}

#[test]
fn what_no_other_file_contradicts_git_does() {
    let folder = committed(&["tid2013"]);
    let results = folder.path().join("results/tid2013");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t", "-c", "commit.gpgsign=false"];
        let mut git = Command::new("git");
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"].iter().for_each(|variable| {
            git.env_remove(variable);
        });
        let output = git.args(identity).args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet"]);
    assert!(said(folder.path(), &["verify"], 0).contains("not committed"));
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "results"]);
    assert!(said(folder.path(), &["verify"], 0).contains(", as committed"));

    git(&["rm", "--quiet", "--cached", "results/tid2013/types.svg"]);
    git(&["commit", "--quiet", "-m", "without one"]);
    let found = failures(folder.path(), "results");
    assert!(
        found.len() == 1 && found[0].contains("types.svg: is listed in the committed manifest but not committed"),
        "{found:#?}"
    );
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "with it"]);

    alter(&results, "srocc.svg", "0.8", "0.9", true);
    let found = failures(folder.path(), "results");
    assert!(found.len() == 1 && found[0].contains("srocc.svg: differs from the committed file"), "{found:#?}");
    // Another seed may give other numbers, but a number that matched the published one must still match it.
    alter(&results, "manifest.json", "\"seed\": 2019", "\"seed\": 2020", false);
    assert!(said(folder.path(), &["verify"], 0).contains("another run than the committed one"));
    let table = |name: &str| std::fs::read_to_string(results.join(name)).unwrap();
    let (csv, json) = (table("table.csv"), table("table.json"));
    let row = csv.lines().find(|line| line.contains(",match,")).expect("some match");
    let value = row.split(',').nth(3).unwrap();
    assert_eq!(csv.matches(value).count(), 1, "{row}");
    alter(&results, "table.csv", value, "0.5", true);
    alter(&results, "table.csv", ",match,", ",differs,", true);
    let status = json[json.find(&format!("\"value\": {value}")).unwrap()..].find("\"match\"");
    assert!(status.is_some());
    alter(&results, "table.json", &format!("\"value\": {value}"), "\"value\": 0.5", true);
    alter(&results, "table.json", "\"match\"", "\"differs\"", true);
    let found = failures(folder.path(), "results");
    assert!(found.iter().any(|f| f.contains("committed as `match at the printed digits`, now differs")), "{found:#?}");
}

#[test]
fn what_is_no_sound_results_folder_is_said_in_one_line() {
    let folder = committed(&["tid2013-stand-in"]);
    let at = |name: &str| folder.path().join("results").join(name);
    let change = |name: &str, change: &dyn Fn(&Path)| {
        copy(&at("tid2013-stand-in"), &at(name));
        change(&at(name));
    };
    change("cut", &|folder| std::fs::write(folder.join("manifest.json"), "{\"title\": ").unwrap());
    change("half", &|folder| std::fs::remove_file(folder.join("table.tex")).unwrap());
    change("old", &|folder| alter(folder, "manifest.json", "\"version\": \"", "\"version\": \"0.0.", false));
    change("more", &|folder| std::fs::write(folder.join("note.txt"), "").unwrap());
    change("begun", &|folder| {
        for entry in std::fs::read_dir(folder).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    });
    std::os::unix::fs::symlink(at(""), at("circle")).unwrap();
    change("read-only", &|folder| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    });
    let found = failures(folder.path(), "results");
    // The folder becomes writable again, so it can be deleted.
    std::fs::set_permissions(at("read-only"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for expected in [
        "circle: is a symbolic link",
        "cut/manifest.json: is not JSON",
        "half/table.tex: is listed in the manifest, but missing",
        "more/note.txt: is not listed in the manifest",
        "old/manifest.json: was written by gradspace 0.0.",
    ] {
        assert_eq!(found.iter().filter(|line| line.starts_with(expected)).count(), 1, "{found:#?}\n{expected}");
    }
    // There are no other failures: a copy of synthetic results under a name without `stand-in` is treated like results from data.
    assert!(found.len() == 5, "{found:#?}");

    for (arguments, expected) in [
        (&["verify", "gone"][..], "gone: the folder cannot be read"),
        (&["verify", "results/begun/.."], ""),
        (&["diff", "results/cut", "results/half"], "cut/manifest.json: is not JSON"),
        (&["diff", "results/half", "results"], "results: has no manifest.json"),
        (&["diff", "gone", "results/half"], "gone: there is no such file or folder"),
        (&["list", "results"], "contains no experiment files"),
    ] {
        let output = gradspace(folder.path(), arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(if expected.is_empty() { 1 } else { 3 }), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

/// Overrides that reduce the quick experiment to about a second.
fn tiny(prefix: &str) -> Vec<String> {
    [
        "stand_in.scenes=1",
        "stand_in.types=[7, 8]",
        "stand_in.levels=[1, 5]",
        "stand_in.width=64",
        "stand_in.height=64",
        "training.images=2",
        "training.per_image=20",
        "training.autoencoder.iterations=3",
        "statistics.bootstrap=10",
    ]
    .into_iter()
    .flat_map(|setting| ["--set".to_owned(), format!("{prefix}{setting}")])
    .collect()
}

#[test]
fn a_run_prints_its_table_as_json_and_diff_names_the_setting_that_was_changed() {
    let folder = TempDir::new().unwrap();
    let training = root().join("experiments/sparse-autoencoder.toml").display().to_string();
    let settings =
        ["images=4", "per_image=50", "width=48", "height=32", "autoencoder.hidden=16", "autoencoder.iterations=5"];
    let tiny: Vec<String> = settings.iter().flat_map(|s| ["--set".to_owned(), format!("training.{s}")]).collect();
    let run = |more: &[&str]| {
        let arguments: Vec<&str> = [training.as_str()].into_iter().chain(tiny.iter().map(String::as_str)).collect();
        json(folder.path(), &[&arguments, more].concat(), 0)
    };
    let printed = run(&["--out", "a"]);
    let name = "sparse-autoencoder-stand-in";
    let table = std::fs::read_to_string(folder.path().join("a").join(name).join("table.json")).unwrap();
    assert_eq!(printed, serde_json::from_str::<Value>(&table).unwrap());
    run(&["--out", "b"]);
    run(&["--out", "c", "--set", "training.autoencoder.rho=0.05"]);

    assert_eq!(said(folder.path(), &["diff", "a", "b"], 0), format!("{name}: identical\n"));
    let (a, c) = (format!("a/{name}"), format!("c/{name}/manifest.json"));
    let text = said(folder.path(), &["diff", &a, &c], 0);
    assert!(text.contains("setting  training.autoencoder.rho  0.035 → 0.05\n"), "{text}");
    let found = json(folder.path(), &["diff", "a", "c"], 0);
    let difference = &found[0]["difference"];
    assert_eq!(difference["settings"].as_array().unwrap().len(), 1, "{difference}");
    let sizes: Vec<f64> =
        difference["numbers"].as_array().unwrap().iter().filter_map(|n| Some(n["by"].as_f64()?.abs())).collect();
    assert!(sizes.len() >= 3 && sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    copy(&folder.path().join(&a), &folder.path().join("c/other"));
    let line = said(folder.path(), &["diff", "a", "c", "--quiet"], 0);
    assert!(
        line.contains("other: results only in c/other\n") && line.contains(&format!("{name}: different: 1 setting")),
        "{line}"
    );
}

#[test]
fn reproduce_runs_what_it_can_says_what_it_cannot_and_verifies() {
    let folder = TempDir::new().unwrap();
    let experiments = folder.path().join("experiments");
    std::fs::create_dir(&experiments).unwrap();
    for name in ["quick.toml", "own.toml"] {
        std::fs::copy(root().join("experiments").join(name), experiments.join(name)).unwrap();
    }
    let tiny = tiny("quick:");
    let with = |more: &[&'static str]| -> Vec<&str> {
        ["reproduce"].into_iter().chain(tiny.iter().map(String::as_str)).chain(more.iter().copied()).collect()
    };
    let text = said(folder.path(), &with(&[]), 0);
    assert!(text.contains("skipped  own    data/own/scores.csv does not exist"), "{text}");
    assert!(
        text.contains("ok       quick  ") && text.contains("on synthetic images: data/none does not exist"),
        "{text}"
    );
    assert!(text.contains("verified: all hashes"), "{text}");

    // An experiment that cannot be run does not stop the others. Its exit code becomes that of the command.
    std::fs::write(experiments.join("broken.toml"), "kind = 3\n").unwrap();
    let found = json(folder.path(), &with(&["--out", "elsewhere"]), 2);
    let states: Vec<&str> =
        found["experiments"].as_array().unwrap().iter().map(|e| e["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["failed", "skipped", "ok"]);
    assert_eq!(found["verification"]["passed"], true);
    let only = json(folder.path(), &with(&["--only", "quick"]), 0);
    assert_eq!(only["experiments"].as_array().unwrap().len(), 1);

    for (arguments, expected) in [
        (&["--only", "quik"][..], "did you mean `quick`?"),
        (&["--data", "tid2103=x"], "did you mean `tid2013`?"),
        (&["--data", "tid2013"], "write it as KIND=DIR"),
        (&["--set", "quik:seed=1"], "did you mean `quick`?"),
        (&["--force", "quick"], "write it as EXPERIMENT:STAGE"),
    ] {
        let output = gradspace(folder.path(), &with(arguments));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(expected), "{arguments:?}: {message}");
    }
    std::fs::write(experiments.join("quick-stand-in.toml"), "").unwrap();
    let output = gradspace(folder.path(), &["list"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("quick-stand-in.toml and") || message.contains("quick.toml and"), "{message}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn lists_hold_what_there_is() {
    let text = said(root(), &["list"], 0);
    for part in
        ["experiments/tid2013.toml", "image-quality", "gaussian_blur", "gradient_of_both", "fsimc", "dirty_lens"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let lists = json(root(), &["list"], 0);
    let names = |list: &str| -> Vec<String> {
        lists[list].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names("experiments").contains(&"gtsrb".to_owned()));
    assert_eq!((names("distortions").len(), names("challenges").len()), (24, 12));
    assert!(said(root(), &["list", "--quiet"], 0).lines().any(|line| line == "experiments/quick.toml"));

    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("broken.toml"), "kind = 3\n").unwrap();
    let text = said(folder.path(), &["list", "."], 0);
    assert!(text.contains("broken.toml  cannot be run") && text.contains("`kind` must be a text in quotes"), "{text}");
}

#[test]
fn completions_of_every_shell_know_the_commands() {
    for (shell, parses) in
        [("bash", Some("bash")), ("zsh", Some("zsh")), ("fish", Some("fish")), ("elvish", None), ("powershell", None)]
    {
        let script = said(root(), &["completions", shell], 0);
        for word in ["verify", "reproduce", "check-gradients", "--simd"] {
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert!(script.contains(word), "{shell}: {word}");
        }
        // The shells that are installed check the syntax of their script.
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &script).unwrap();
        if let Some(Ok(output)) = parses.map(|shell| Command::new(shell).arg("-n").arg(file.path()).output()) {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert_eq!(gradspace(root(), &["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn colours_are_for_who_sees_them() {
    let folder = committed(&["tid2013-stand-in"]);
    let with = |variables: &[(&str, &str)], arguments: &[&str]| -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        String::from_utf8(command.args(arguments).current_dir(folder.path()).output().unwrap().stdout).unwrap()
    };
    for arguments in
        [&["verify"][..], &["diff", "results", "results"], &["list", &root().join("experiments").display().to_string()]]
    {
        assert!(!with(&[], arguments).contains('\u{1b}'), "{arguments:?}: a pipe");
        let forced = with(&[("CLICOLOR_FORCE", "1")], arguments);
        assert!(forced.contains("\u{1b}["), "{arguments:?}: {forced}");
        let plain = with(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], arguments);
        assert!(!plain.contains('\u{1b}'), "{arguments:?}: NO_COLOR");
        assert!(!with(&[("CLICOLOR_FORCE", "1")], &[arguments, &["--format", "json"]].concat()).contains('\u{1b}'));
    }
}

#[test]
fn tables_are_there_as_json_everywhere() {
    let rows = json(root(), &["check-gradients"], 0);
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 20 && rows.iter().all(|row| row["passes"] == true && row["worst"].is_number()));
    let score: PathBuf = root().join("results/tid2013/srocc.png");
    let score = score.display().to_string();
    let scores = json(root(), &["score", &score, &score, "--metrics", "psnr_luma,gmsd"], 0);
    assert_eq!(scores["pairs"].as_array().unwrap().len(), 1);
}
