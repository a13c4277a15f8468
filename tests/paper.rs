//! Tests that the replication document uses the data of the committed results and that it compiles.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn its_data_are_those_of_the_committed_results() {
    let work = tempfile::tempdir().expect("a folder");
    let written = work.path().join("replication.json");
    let output = Command::new(env!("CARGO_BIN_EXE_gradspace"))
        .arg("report")
        .arg(root().join("results"))
        .arg(format!("--paper={}", written.display()))
        .output()
        .expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (expected, found) = (read(&root().join("paper/replication.json")), read(&written));
    let first = expected.lines().zip(found.lines()).enumerate().find(|(_, (e, f))| e != f);
    assert!(
        expected == found,
        "run `gradspace report --paper`: the committed and the new data first differ at {first:?}"
    );
}

#[test]
fn a_result_that_is_missing_or_not_whole_is_named() {
    let work = tempfile::tempdir().expect("a folder");
    let report = || {
        let output = Command::new(env!("CARGO_BIN_EXE_gradspace"))
            .args(["report", "--paper"])
            .current_dir(work.path())
            .output()
            .expect("the program");
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let quick = root().join("experiments/quick.toml");
    let run = Command::new(env!("CARGO_BIN_EXE_gradspace")).arg(quick).arg("--quiet").current_dir(work.path()).status();
    assert!(run.expect("the program").success());
    let error = report();
    assert!(
        error.contains("results/tid2013: is missing")
            && error.contains("gradspace experiments/tid2013.toml --data DIR"),
        "{error}"
    );
    std::fs::rename(work.path().join("results/quick-stand-in"), work.path().join("results/tid2013")).expect("renamed");
    std::fs::remove_file(work.path().join("results/tid2013/table.json")).expect("removed");
    let error = report();
    assert!(error.contains("results/tid2013: is incomplete") && error.contains("table.json"), "{error}");
    assert!(!work.path().join("paper").exists(), "nothing is written");
}

/// A Python with the package `typst`: the one that `.ci/run` makes, or the one on the path. `None` after a message; in CI its absence is a
/// failure.
fn python() -> Option<PathBuf> {
    let has_typst = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import typst"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = [root().join("target/typst/bin/python"), "python3".into()].into_iter().find(has_typst);
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "typst must be there in CI: python3 -m venv target/typst && target/typst/bin/pip install typst"
        );
        let _ = std::io::stderr().write_all(b"SKIPPED whether the paper compiles: pip install typst\n");
    }
    found
}

#[test]
fn it_compiles() {
    let Some(python) = python() else { return };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let pdf = folder.join("replication.pdf");
    let pages = folder.join("replication-{p}.png");
    let script = "import sys, typst\n\
                  typst.compile(sys.argv[1], output=sys.argv[2])\n\
                  typst.compile(sys.argv[1], output=sys.argv[3], format='png', ppi=100.0)";
    let output = Command::new(python)
        .args(["-c", script])
        .args([&root().join("paper/replication.typ"), &pdf, &pages])
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bytes = std::fs::read(&pdf).expect("the document");
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() > 20_000, "{} bytes", bytes.len());
    for page in 1..=3 {
        let path = folder.join(format!("replication-{page}.png"));
        let image = gradspace::imaging::decode::read_image(&path).expect("a page");
        let ink = image.samples.iter().filter(|v| **v < 128).count();
        assert!(ink > 10_000, "page {page} has {ink} dark samples");
    }
}
