//! The README's commands, run as a reader would run them, and the results that it shows, made again to the same bytes.

mod common;

use gradspace::report::results::NO_RESULTS;
use std::path::Path;
use std::process::Command;

/// The lines of the README's `sh` blocks that call the program and take no minutes.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().expect("a block").to_owned());
    let lines: Vec<String> = blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.into_iter().filter(|line| line.starts_with("gradspace ") && !line.contains("# minutes")).collect()
}

fn same(folder: &Path, committed: &Path) {
    let names = |of: &Path| {
        let entries = std::fs::read_dir(of).unwrap_or_else(|e| panic!("{}: {e}", of.display()));
        let mut names: Vec<String> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !NO_RESULTS.contains(&name.as_str()));
        names.sort();
        names
    };
    assert_eq!(names(folder), names(committed), "{}", committed.display());
    for name in names(folder) {
        let read = |of: &Path| std::fs::read(of.join(&name)).expect("a result");
        assert!(
            read(folder) == read(committed),
            "{} is not made again to the same bytes",
            committed.join(&name).display()
        );
    }
}

#[test]
fn the_commands_run_and_make_the_committed_results_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = tempfile::tempdir().expect("a folder");
    let data = common::shared("data");
    let link = |from: &Path, name: &str| std::os::unix::fs::symlink(from, work.path().join(name)).expect("a link");
    link(&root.join("experiments"), "experiments");
    if let Some(data) = &data {
        link(&data.join("kodak24"), "kodak24");
        link(&data.join("tid2013/jpeg_type10"), "jpeg_type10");
        link(&data.join("unique_weights/ImageNet_Weights_YGCr.mat"), "ImageNet_Weights_YGCr.mat");
        link(&data.join("tid2013/tid2013.csv"), "tid2013.csv");
        link(&data.join("iqa_scores/multi_live_olives.csv"), "multi_live_olives.csv");
        link(&data.join("iqa_scores/live_olives.csv"), "live_olives.csv");
    }
    let picture = |name: &str, step: u8| {
        let image = gradspace::imaging::scenes::scene(1, 96, 64, 1);
        let samples = image.samples.iter().map(|s| s / step * step).collect();
        let image = gradspace::imaging::Rgb8::new(96, 64, samples);
        gradspace::imaging::decode::write_png(work.path().join(name), &image).expect("a picture");
    };
    picture("reference.png", 1);
    picture("distorted.png", 32);
    // Own data: two pictures, each with four versions and their scores.
    std::fs::create_dir(work.path().join("mine")).expect("a folder");
    let mut table = String::from("image,reference,mos,std\n");
    for picture_number in [1, 2] {
        picture(&format!("mine/{picture_number}.png"), 1);
        for step in [8, 16, 32, 64] {
            picture(&format!("mine/{picture_number}_{step}.png"), step);
            table += &format!("{picture_number}_{step}.png,{picture_number}.png,{},0.5\n", 90 - step + picture_number);
        }
    }
    std::fs::write(work.path().join("mine/scores.csv"), table).expect("a table");
    for folder in ["references", "encodes"] {
        std::fs::create_dir(work.path().join(folder)).expect("a folder");
    }
    picture("references/hut.png", 1);
    picture("encodes/hut_8.png", 8);
    picture("encodes/hut_64.png", 64);
    let pairs = "reference,distorted\nreferences/hut.png,encodes/hut_8.png\n";
    std::fs::write(work.path().join("pairs.csv"), pairs).expect("a file");
    let commands = commands();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        if data.is_none() && ["kodak24", "--data tid2013", "olives"].iter().any(|part| command.contains(part)) {
            continue;
        }
        let arguments = command.split_whitespace().skip(1);
        let output = Command::new(env!("CARGO_BIN_EXE_gradspace"))
            .args(arguments)
            .current_dir(&work)
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let results = |name: &str| (work.path().join("results").join(name), root.join("results").join(name));
    for name in ["tid2013-stand-in", "multi-live-stand-in"] {
        let (made, committed) = results(name);
        same(&made, &committed);
    }
    assert!(work.path().join("results/own/table.csv").is_file());
    if data.is_some() {
        for name in ["tid2013", "multi-live"] {
            let (made, committed) = results(name);
            same(&made, &committed);
        }
    }
}
