//! Tests the commands' files: nothing that was given is replaced, what a killed run left is swept, damaged results are named.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gradspace::imaging::decode::write_png;
use gradspace::imaging::{Rgb8, scenes};
use tempfile::TempDir;

const EXPERIMENT: &str = "kind = \"image-quality\"\ntitle = \"Own\"\nseed = 1\n[dataset]\nkind = \"csv\"\n\
    path = \"data/own.csv\"\nhigher_is_better = true\n\
    columns = { image = \"image\", reference = \"reference\", score = \"mos\" }\n\
    [iqa]\nmethods = [\"psnr\"]\n[statistics]\nbootstrap = 20\nresample = \"images\"\n";

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        std::fs::write(self.at(name), bytes).unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
        command.args(line.split(' ')).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// The exit code and both outputs.
    fn run(&self, line: &str) -> (i32, String) {
        let output = self.command(line).output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(!text.contains("panicked"), "{line}: {text}");
        (output.status.code().unwrap(), text)
    }

    fn expect(&self, line: &str, code: i32, expected: &str) {
        let (found, text) = self.run(line);
        assert!(found == code && text.contains(expected), "{line}: {found}, not {code} with {expected:?}\n{text}");
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.at(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// All files with their bytes.
    fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.0.path().to_path_buf()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match path.symlink_metadata().unwrap() {
                    kind if kind.is_dir() => folders.push(path),
                    kind if kind.is_file() => files.push((path.clone(), std::fs::read(path).unwrap())),
                    _ => {}
                }
            }
        }
        files.sort();
        files
    }
}

fn image(step: u8) -> Rgb8 {
    let image = scenes::scene(1, 32, 24, 1);
    Rgb8::new(image.width, image.height, image.samples.iter().map(|v| v / step * step).collect())
}

/// The weights of a network that the repository contains.
fn weights() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/cure-tsr-stand-in/weights.safetensors");
    std::fs::read(path).unwrap()
}

/// Images for `features`, and its weights.
fn of_features() -> Folder {
    let folder = Folder::new();
    folder.write("w.safetensors", weights());
    std::fs::create_dir(folder.at("images")).unwrap();
    for (name, step) in [("a.png", 1), ("b.png", 16), ("c.png", 64)] {
        write_png(folder.at("images").join(name), &image(step)).unwrap();
    }
    folder
}

/// An experiment on own data with its images.
fn of_a_run() -> Folder {
    let folder = Folder::new();
    let mut table = String::from("image,reference,mos\n");
    std::fs::create_dir(folder.at("data")).unwrap();
    write_png(folder.at("data/r.png"), &image(1)).unwrap();
    for step in [2, 4, 8, 16, 32, 64] {
        write_png(folder.at(&format!("data/{step}.png")), &image(step)).unwrap();
        table += &format!("{step}.png,r.png,{}\n", 1.0 / f64::from(step));
    }
    folder.write("data/own.csv", table);
    folder.write("own.toml", EXPERIMENT);
    folder
}

#[test]
fn features_write_over_nothing_that_was_given() {
    let folder = of_features();
    std::os::unix::fs::symlink(folder.at("images"), folder.at("linked")).unwrap();
    std::os::unix::fs::symlink(folder.at("images/a.png"), folder.at("soft")).unwrap();
    std::fs::hard_link(folder.at("images/a.png"), folder.at("hard")).unwrap();
    std::fs::hard_link(folder.at("images/a.png"), folder.at("x.names.txt")).unwrap();
    let before = folder.contents();
    for (out, expected) in [
        ("--out images/b.png", "would replace the input images/b.png"),
        ("--out ./images/../images/b.png", "would replace the input images/b.png"),
        ("--out linked/b.png", "would replace the input images/b.png"),
        ("--out soft", "would replace the input images/a.png"),
        ("--out hard", "would replace the input images/a.png"),
        ("--out x.npy", "--out (names of the rows) x.names.txt: this would replace the input images/a.png"),
        ("--out w.safetensors", "would replace the input w.safetensors"),
        ("--out t.npy --statistics images/a.png", "--statistics images/a.png: this would replace the input"),
        ("--out t.npy --statistics linked/../w.safetensors", "would replace the input w.safetensors"),
        ("--out t.npy --statistics ./t.npy", "--statistics ./t.npy: this is also the file of --out"),
        ("--out t.npy --statistics t.names.txt", "this is also the file of --out (names of the rows)"),
        ("--out images", "this is a folder"),
        ("--out w.safetensors/t.npy", "w.safetensors is a file, not a folder"),
    ] {
        folder.expect(&format!("features images --weights w.safetensors --feature mu {out}"), 2, expected);
    }
    assert!(folder.contents() == before);
}

#[test]
fn other_commands_write_over_nothing_that_was_given() {
    let folder = of_a_run();
    folder.expect("own.toml --out results --quiet", 0, "");
    std::fs::create_dir(folder.at("experiments")).unwrap();
    std::fs::rename(folder.at("data"), folder.at("experiments/own")).unwrap();
    folder.write("experiments/own.toml", EXPERIMENT.replace("data/", "experiments/own/"));
    std::os::unix::fs::symlink(folder.at("experiments"), folder.at("linked")).unwrap();
    let before = folder.contents();
    let inside = "contains the input experiments/own/own.csv; choose another folder";
    for (line, expected) in [
        ("experiments/own.toml --out experiments", inside),
        ("experiments/own.toml --out linked", inside),
        ("plan experiments/own.toml --out ./linked/../experiments", inside),
        ("report results --paper=experiments/own.toml", "would replace the input experiments/own.toml"),
        ("report results --paper=linked/own.toml", "would replace the input experiments/own.toml"),
        ("report results --paper=results/own/table.csv", "would replace the input results/own/table.csv"),
        ("score experiments/own/r.png experiments/own/2.png --map linked/own/r.png", "would replace the input"),
    ] {
        folder.expect(line, 2, expected);
    }
    folder.write("results/index.html", "<p>my page</p>");
    folder.expect("report results", 3, "was not written by gradspace and would be lost");
    std::fs::remove_file(folder.at("results/index.html")).unwrap();
    assert!(folder.contents() == before);
}

#[test]
fn features_go_on_after_a_damaged_image_and_name_the_rows() {
    let folder = of_features();
    folder.write("images/b.png", &std::fs::read(folder.at("images/b.png")).unwrap()[..60]);
    folder.write("images/sub/d.png", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n");
    Command::new("mkfifo").arg(folder.at("images/pipe.png")).status().unwrap();
    let (code, text) = folder.run("features images --weights w.safetensors --feature mu --out t.npy");
    assert_eq!(code, 3);
    for expected in [
        "2 of 2 images were resized to 28×28, the network's size",
        "t.npy: 2 rows (images)",
        "2 of 4 images cannot be used (the others have rows in the table)",
        "\n  images/b.png: is damaged or truncated",
        "\n  images/sub/d.png: is a Git LFS pointer",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
    assert_eq!(std::fs::read_to_string(folder.at("t.names.txt")).unwrap(), "a.png\nc.png\n");
    let table = std::fs::read(folder.at("t.npy")).unwrap();
    assert!(String::from_utf8_lossy(&table[..128]).contains("'shape': (2, 20)") && table.len() == 128 + 2 * 20 * 4);
    // If no image can be read, the old table remains.
    for name in ["a.png", "c.png"] {
        folder.write(&format!("images/{name}"), "no image");
    }
    folder.expect("features images --weights w.safetensors --feature mu --out t.npy", 3, "nothing is written");
    assert!(std::fs::read(folder.at("t.npy")).unwrap() == table);
    assert_eq!(folder.names("."), ["images", "t.names.txt", "t.npy", "w.safetensors"]);
}

#[test]
fn weights_are_read_as_doubles_singles_and_halves() {
    let folder = of_features();
    let single = weights();
    let length = u64::from_le_bytes(single[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&single[8..8 + length]).unwrap();
    let (header, data) = (header.as_object().unwrap(), &single[8 + length..]);
    // The upper half of a single, and a double, of the same tensors in the same order.
    let other = |kind: &str, size: u64, number: fn(f32) -> Vec<u8>| {
        let mut new = serde_json::Map::new();
        for (name, tensor) in header {
            let mut tensor = tensor.clone();
            if name != "__metadata__" {
                assert_eq!(tensor["dtype"], "F32");
                tensor["dtype"] = kind.into();
                for offset in tensor["data_offsets"].as_array_mut().unwrap() {
                    *offset = (offset.as_u64().unwrap() / 4 * size).into();
                }
            }
            new.insert(name.clone(), tensor);
        }
        let header = serde_json::to_vec(&new).unwrap();
        let numbers = data.chunks(4).flat_map(|bytes| number(f32::from_le_bytes(bytes.try_into().unwrap())));
        [&(header.len() as u64).to_le_bytes()[..], &header, &numbers.collect::<Vec<u8>>()].concat()
    };
    folder.write("double.safetensors", other("F64", 8, |v| f64::from(v).to_le_bytes().to_vec()));
    folder.write("upper.safetensors", other("BF16", 2, |v| ((v.to_bits() >> 16) as u16).to_le_bytes().to_vec()));
    // A half has fewer bits of the exponent: these numbers are 2⁻¹ and 0 in a half.
    folder.write("half.safetensors", other("F16", 2, |v| if v > 0.0 { vec![0, 0x38] } else { vec![0, 0] }));
    folder
        .write("halves.safetensors", other("F32", 4, |v| (if v > 0.0 { 0.5f32 } else { 0.0 }).to_le_bytes().to_vec()));
    let table = |name: &str| {
        let line = format!("features images --weights {name}.safetensors --feature mu --out {name}.npy --quiet");
        folder.expect(&line, 0, "3 rows");
        std::fs::read(folder.at(&format!("{name}.npy"))).unwrap()
    };
    let expected = table("w");
    assert!(table("double") == expected, "singles are doubles, too");
    assert!(table("half") == table("halves"));
    let close = |a: &[u8], b: &[u8]| {
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
        a[128..].chunks(4).zip(b[128..].chunks(4)).all(|(a, b)| (number(a) - number(b)).abs() < 0.2)
    };
    assert!(close(&table("upper"), &expected));
    for (name, bytes, expected) in [
        (
            "p.safetensors",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n".to_vec(),
            "git lfs pull",
        ),
        ("z.safetensors", b"PK\x03\x04".to_vec(), "a PyTorch or zip file, not safetensors"),
        ("i.safetensors", other("I32", 4, |v| v.to_le_bytes().to_vec()), "store it as F64, F32, F16 or BF16"),
    ] {
        folder.write(name, bytes);
        folder.expect(&format!("features images --weights {name} --feature mu --out t.npy"), 3, expected);
    }
    folder.write("7.mat", b"MATLAB 7.3 MAT-file, Platform: GLNXA64");
    let score = "score images/a.png images/b.png --weights 7.mat";
    folder.expect(
        score,
        3,
        "7.mat: is a MATLAB 7.3 (HDF5) file; load it in MATLAB and save it with `save(file, '-v7')`",
    );
}

#[test]
fn what_a_killed_run_of_features_left_is_swept_by_the_next() {
    let folder = of_features();
    for i in 0..600 {
        std::fs::hard_link(folder.at("images/a.png"), folder.at(&format!("images/{i:03}.png"))).unwrap();
    }
    let line = "features images --weights w.safetensors --feature mu --feature bce/up.3.weight --out";
    let mut killed = folder.command(&format!("{line} killed.npy")).stderr(Stdio::null()).spawn().unwrap();
    let part = folder.at(".killed.npy.part");
    let begun = std::time::Instant::now();
    while !part.exists() && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(part.exists() && !folder.at("killed.npy").exists());
    folder.write(".film.mkv.part", "of another program");
    (0..600).for_each(|i| std::fs::remove_file(folder.at(&format!("images/{i:03}.png"))).unwrap());
    folder.expect(&format!("{line} other.npy --quiet"), 0, "3 rows");
    assert_eq!(folder.names("."), [".film.mkv.part", "images", "other.names.txt", "other.npy", "w.safetensors"]);
}

#[test]
fn verify_names_line_ends_and_pipes_and_follows_a_linked_folder() {
    let folder = of_a_run();
    folder.expect("own.toml --out results --quiet", 0, "");
    for name in ["results/.DS_Store", "results/own/.DS_Store", "results/own/Thumbs.db"] {
        folder.write(name, "x");
    }
    std::os::unix::fs::symlink(folder.at("results"), folder.at("linked")).unwrap();
    std::fs::create_dir(folder.at("collected")).unwrap();
    std::os::unix::fs::symlink(folder.at("results/own"), folder.at("collected/own")).unwrap();
    for results in ["results", "results/own", "linked", "linked/own", "collected", "collected/own"] {
        folder.expect(&format!("verify {results}"), 0, "verified: all hashes");
    }
    let table = std::fs::read_to_string(folder.at("results/own/table.csv")).unwrap();
    folder.write("results/own/table.csv", table.replace('\n', "\r\n"));
    let (code, text) = folder.run("verify results");
    assert!(
        code == 1 && text.contains("table.csv: differs in line ends only") && text.contains("1 failure\n"),
        "{text}"
    );
    folder.write("results/own/table.csv", table.replace('0', "1"));
    let (code, text) = folder.run("verify results");
    assert!(code == 1 && text.contains("differs from the file that the run wrote"), "{text}");
    std::fs::remove_file(folder.at("results/own/table.csv")).unwrap();
    Command::new("mkfifo").arg(folder.at("results/own/table.csv")).status().unwrap();
    folder.expect("verify results", 1, "table.csv: cannot be read: it is not a regular file");
    std::fs::remove_file(folder.at("results/own/manifest.json")).unwrap();
    Command::new("mkfifo").arg(folder.at("results/own/manifest.json")).status().unwrap();
    folder.expect("verify results", 1, "manifest.json: cannot be read: it is not a regular file");
    folder.expect("diff gone results", 3, "gone: there is no such file or folder");
    folder.expect("diff results gone", 3, "gone: there is no such file or folder");
}

#[test]
fn an_experiment_file_has_a_folder_below_out() {
    let folder = of_a_run();
    for name in ["...toml", "..toml", ".toml", "cache.toml"] {
        folder.write(name, EXPERIMENT);
        folder.expect(&format!("{name} --out a/b"), 2, "the results cannot have a folder named");
        std::fs::remove_file(folder.at(name)).unwrap();
    }
    assert_eq!(folder.names("."), ["data", "own.toml"]);
}

#[test]
fn a_run_that_is_cached_needs_no_permission_and_a_reason_is_printed_once() {
    let folder = of_a_run();
    folder.expect("own.toml --out results --quiet", 0, "");
    let set = |mode: &str| {
        assert!(Command::new("chmod").args(["-R", mode]).arg(folder.at("results")).status().unwrap().success())
    };
    set("a-w");
    // The administrator may write everywhere.
    if std::fs::File::create(folder.at("results/x")).is_err() {
        folder.expect("own.toml --out results", 0, "results are in results/own");
        let (code, text) = folder.run("own.toml --out results --set title=Other");
        assert!(code == 3 && text.matches("Permission denied").count() == 1, "{text}");
    }
    set("u+w");
    folder.write("file", "");
    let (code, text) = folder.run("own.toml --out file");
    assert!(code == 3 && text.matches("os error").count() == 1, "{text}");
}
