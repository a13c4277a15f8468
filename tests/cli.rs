//! Tests the whole program through its command line: the quick experiment, the real data, and bad input.

use approx::abs_diff_eq;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradspace::imaging::Rgb8;
use gradspace::imaging::decode::{write_bmp, write_png};
use gradspace::report::claims::{Claims, Outcome};
use tempfile::TempDir;

mod common;

fn experiment(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name).display().to_string()
}

/// Runs the program in `folder`, so that it finds no data of the project.
fn gradspace(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradspace")).args(arguments).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = gradspace(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} ended with {}:\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Every file below `folder` by its path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(next) else { continue };
        for path in entries.map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_quick_experiment_writes_everything_and_says_stand_in() {
    let folder = TempDir::new().unwrap();
    let table = succeed(folder.path(), &[&experiment("quick.toml")]);
    assert!(table.contains("stand-in") && table.contains("Gradient"), "{table}");
    let written = files(&folder.path().join("results/quick-stand-in"));
    let names: Vec<&str> = written.keys().map(|p| p.to_str().unwrap()).collect();
    for name in
        ["scores.csv", "table.csv", "table.json", "table.md", "table.tex", "pictures.json", "manifest.json", "run.json"]
    {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert!(names.iter().any(|n| n.ends_with(".svg")) && names.iter().any(|n| n.ends_with(".png")), "{names:?}");
    let text = |name: &str| String::from_utf8(written[Path::new(name)].clone()).unwrap();
    let scores = text("scores.csv");
    assert!(scores.starts_with("image,reference,distortion,level,mos,mos_std,unique,gradient\n"), "{scores}");
    assert_eq!(scores.lines().count(), 1 + 2 * 4 * 3);
    assert!(
        text("manifest.json").contains("stand-in") && !text("manifest.json").contains(folder.path().to_str().unwrap())
    );
    // Synthetic images have no opinion scores, so the table has no SROCC with them.
    assert!(text("table.csv").contains("severity_srocc") && !text("table.csv").contains(",srocc,"));
}

#[test]
fn bad_input_is_named_ends_with_its_code_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("damaged.safetensors"), b"\x08\0\0\0\0\0\0\0nonsense").unwrap();
    std::fs::write(at("damaged.mat"), b"MATLAB 5.0 MAT-file, cut sh").unwrap();
    std::fs::write(at("cut.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    std::fs::write(at("unknown-key.toml"), "kind = \"image-quality\"\ntitle = \"T\"\nsede = 1\n").unwrap();
    std::fs::write(at("wrong-type.toml"), "kind = \"image-quality\"\ntitle = 3\n").unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    let photo =
        |width, height| Rgb8::from_fn(width, height, |x, y| [(x * 7 + y * 3) as u8, (x * y) as u8, (x ^ y) as u8]);
    write_png(at("a.png"), &photo(64, 64)).unwrap();
    write_png(at("b.png"), &photo(64, 48)).unwrap();

    succeed(folder.path(), &[&[experiment("sparse-autoencoder.toml").as_str()], &TINY[..]].concat());
    std::fs::rename(at("results/sparse-autoencoder-stand-in/weights.safetensors"), at("trained.safetensors")).unwrap();
    std::fs::remove_dir_all(at("results")).unwrap();

    std::fs::copy(experiment("own.toml"), at("own.toml")).unwrap();
    std::fs::write(at("own.csv"), "image,reference,mos,std\ngone1.png,a.png,1,1\na.png,gone2.png,1,1\n").unwrap();
    let (quick, full, multi) = (experiment("quick.toml"), experiment("tid2013.toml"), experiment("multi-live.toml"));
    let (quick, full, multi) = (quick.as_str(), full.as_str(), multi.as_str());
    let table: &[(&[&str], i32, &[&str])] = &[
        (&[], 2, &["Usage"]),
        (&["score", "a.png"], 2, &["DISTORTED"]),
        (&["--threads", "0", quick], 2, &["--threads"]),
        (&["--simd", "mmx", quick], 2, &["--simd"]),
        (&["gone.toml"], 2, &["gone.toml", "cannot be read"]),
        (&["unknown-key.toml"], 2, &["unknown-key.toml:3:1", "unknown key `sede`", "^^^^", "did you mean `seed`?"]),
        (&["wrong-type.toml"], 2, &["wrong-type.toml:2:9", "title = 3", "`title` must be a text in quotes, not 3"]),
        (&[quick, "--set", "iqa.methods=[\"gradeint\"]"], 2, &["--set iqa.methods", "did you mean `gradient`?"]),
        (&[quick, "--set", "stand_in.scene=3"], 2, &["--set stand_in.scene", "did you mean `scenes`?"]),
        (
            &[quick, "--set", "seed=one"],
            2,
            &["--set seed", "`seed` must be a whole number of at least 0, not the text"],
        ),
        (&[quick, "--data", "gone"], 3, &["gone"]),
        (&[quick, "--data", "empty"], 3, &["empty"]),
        (&[quick, "--data", "a.png"], 3, &["a.png"]),
        (&[full, "--set", "iqa.weights=gone.mat"], 3, &["gone.mat"]),
        (&[full, "--set", "iqa.weights=damaged.mat"], 3, &["damaged.mat"]),
        (&[full, "--set", "iqa.weights=damaged.safetensors"], 3, &["damaged.safetensors"]),
        (&[full, "--set", "competitors.scores=gone.csv"], 3, &["gone.csv"]),
        (&["own.toml"], 3, &["data/own/scores.csv", "cannot be read"]),
        (&["own.toml", "--data", "own.csv"], 3, &["own.csv", "2 of its images are missing", "gone1.png", "gone2.png"]),
        (
            &["own.toml", "--data", "own.csv", "--set", "dataset.columns.score=x"],
            3,
            &["no column \"x\"; use one of image"],
        ),
        (&[multi, "--data", "empty"], 3, &["contains neither `Part 1` nor `Part 2`", "but nothing"]),
        (&[multi, "--set", "live.scores=own.csv"], 3, &["own.csv", "0 columns are called \"index\""]),
        (&["score", "a.png", "b.png", "--weights", "trained.safetensors"], 3, &["b.png", "64"]),
        (&["score", "a.png", "gone.png"], 3, &["gone.png"]),
        (&["score", "a.png", "cut.png"], 3, &["cut.png"]),
        (&["score", "a.png", "a.png", "--weights", "damaged.mat"], 3, &["damaged.mat"]),
        (&["rebuild-tid2013", "--kodak", "gone", "--out", "rebuilt"], 3, &["gone"]),
    ];
    let before = files(folder.path());
    for (arguments, code, expected) in table {
        let output = gradspace(folder.path(), arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}:\n{message}");
        assert!(!message.contains("panicked"), "{arguments:?}:\n{message}");
        for part in *expected {
            assert!(message.contains(part), "{arguments:?}:\n{message}\nshould contain {part}");
        }
        assert!(files(folder.path()).keys().eq(before.keys()), "{arguments:?} left something behind");
    }
}

/// Overrides that reduce the training to about a second.
const TINY: [&str; 12] = [
    "--set",
    "training.images=4",
    "--set",
    "training.per_image=50",
    "--set",
    "training.width=48",
    "--set",
    "training.height=32",
    "--set",
    "training.autoencoder.hidden=16",
    "--set",
    "training.autoencoder.iterations=5",
];

#[test]
fn trained_weights_score_an_image_against_itself_with_one() {
    let folder = TempDir::new().unwrap();
    let photo = Rgb8::from_fn(96, 80, |x, y| [(x * x / 7 + y) as u8, (x * y / 5) as u8, (y * y / 9 + 3 * x) as u8]);
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    for name in ["a.png", "photos/a.png", "photos/b.png", "photos/c.png", "photos/d.png"] {
        write_png(folder.path().join(name), &photo).unwrap();
    }
    let training = experiment("sparse-autoencoder.toml");
    let train = |more: &[&str]| succeed(folder.path(), &[&[training.as_str()], &TINY[..], more].concat());
    assert!(train(&[]).contains("stand-in"));
    assert!(!train(&["--data", "photos"]).contains("stand-in"));
    for results in ["sparse-autoencoder-stand-in", "sparse-autoencoder"] {
        let weights = format!("results/{results}/weights.safetensors");
        let losses = std::fs::read_to_string(folder.path().join("results").join(results).join("loss.csv")).unwrap();
        let losses: Vec<f64> = losses.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert!(losses.last() < losses.first(), "{losses:?}");

        let score = |format| {
            let arguments = ["score", "a.png", "a.png", "--weights", &weights, "--metrics", "unique,gradient"];
            succeed(folder.path(), &[&arguments[..], &["--format", format]].concat())
        };
        assert!(score("text").contains("UNIQUE") && score("text").contains("Gradient"), "{}", score("text"));
        let json: serde_json::Value = serde_json::from_str(&score("json")).unwrap();
        let value = |method: &str| json["pairs"][0]["scores"][method]["value"].as_f64();
        assert_eq!((value("unique"), value("gradient")), (Some(1.0), Some(1.0)), "{json}");
    }
    let shipped = succeed(folder.path(), &["score", "a.png", "a.png", "--metrics", "gradient"]);
    assert!(shipped.contains("Gradient  1.000000"), "{shipped}");
    // A folder with fewer images than the experiment needs is an error; the training does not use fewer images.
    let output = gradspace(
        folder.path(),
        &[&[training.as_str()], &TINY[..10], &["--data", "photos", "--set", "training.images=5"]].concat(),
    );
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(3) && message.contains("contains 4 images, not 5"), "{message}");
}

#[test]
fn the_spread_over_training_runs_has_a_row_for_each() {
    let folder = TempDir::new().unwrap();
    succeed(folder.path(), &[&[experiment("sparse-autoencoder.toml").as_str()], &TINY[..]].concat());
    let spread = experiment("training-spread.toml");
    let sources = "sources=[{ name = \"scenes\", width = 48, height = 32, images = 4, per_image = 50 }]";
    let arguments = [
        spread.as_str(),
        "--set",
        sources,
        "--set",
        "weights=results/sparse-autoencoder-stand-in/weights.safetensors",
        "--set",
        "seeds=[1, 2]",
        "--set",
        "autoencoder.hidden=16",
        "--set",
        "autoencoder.iterations=3",
        "--set",
        "stand_in.scenes=2",
        "--set",
        "stand_in.width=64",
        "--set",
        "stand_in.height=64",
        "--set",
        "stand_in.types=[8]",
        "--set",
        "statistics.bootstrap=20",
    ];
    succeed(folder.path(), &arguments);
    let table = std::fs::read_to_string(folder.path().join("results/training-spread-stand-in/table.csv")).unwrap();
    for row in [
        "\"UNIQUE, reference weights\",all,severity_srocc,",
        "\"Gradient, scenes\",seed 2,severity_srocc,",
        "\"Gradient, scenes\",all,severity_srocc_sd,",
    ] {
        assert!(table.contains(row), "{row}:\n{table}");
    }
}

/// A folder in the official layout of MULTI-LIVE, with synthetic images of two references. SciPy's `savemat` wrote the lists and scores
/// in `tests/data/multi_live`, including the cell arrays of strings.
fn multi_live(folder: &Path) {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/multi_live");
    let references = ["cows", "fly_by"];
    for (part, (kind, second)) in [("blurjpeg", "jpeg"), ("blurnoise", "noise")].into_iter().enumerate() {
        let part_folder = folder.join(format!("Part {}", part + 1));
        std::fs::create_dir_all(part_folder.join(kind)).unwrap();
        for name in ["Imagelists.mat", "Scores.mat"] {
            std::fs::copy(lists.join(format!("part{}_{name}", part + 1)), part_folder.join(name)).unwrap();
        }
        for (r, reference) in references.into_iter().enumerate() {
            let scene = gradspace::imaging::scenes::scene(r as u64, 96, 64, 1);
            for (blur, level) in (0..4).flat_map(|b| (0..4).map(move |l| (b, l))).filter(|&levels| levels != (0, 0)) {
                let suffix = |what: &str, level: i32| if level > 0 { format!("_{what}{level}") } else { String::new() };
                let name = format!("{reference}{}{}.bmp", suffix("blur", blur), suffix(second, level));
                let step = (8 * blur + 12 * level + part as i32) as u8;
                let samples = scene.samples.iter().map(|s| s / step * step).collect();
                write_bmp(part_folder.join(kind).join(name), &Rgb8::new(96, 64, samples)).unwrap();
            }
            std::fs::create_dir_all(folder.join("Ref_Images")).unwrap();
            write_bmp(folder.join(format!("Ref_Images/{reference}.bmp")), &scene).unwrap();
        }
    }
}

#[test]
fn multi_live_and_own_data_make_the_same_table_of_the_same_images() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    multi_live(&at("ml"));
    let set =
        ["--set", "iqa.methods=[\"unique\", \"gradient\", \"psnr\", \"gmsd\"]", "--set", "statistics.bootstrap=10"];
    let multi = experiment("multi-live.toml");
    let few = [&[multi.as_str(), "--set", "stand_in.scenes=1"], &set[..], &["--data", "ml"]].concat();
    let shown = succeed(folder.path(), &few);
    assert!(shown.contains("MULTI-LIVE, 60 of 450 images") && !shown.contains("stand-in"), "{shown}");
    let written = files(&at("results/multi-live"));
    let scores = rows(&written[Path::new("scores.csv")]);
    assert_eq!(scores.len(), 60);
    assert_eq!((&*scores[0]["image"], &*scores[0]["distortion"]), ("part1/cows_blur1", "blur_jpeg"));
    let manifest = String::from_utf8(written[Path::new("manifest.json")].clone()).unwrap();
    for name in ["distorted_images/part2/fly_by_noise3", "reference_images/cows", "Part 1/Imagelists.mat"] {
        assert!(manifest.contains(name), "{name}:\n{manifest}");
    }
    // These numbers are not compared with the published numbers of 450 images.
    let table = rows(&written[Path::new("table.csv")]);
    let srocc = |table: &[BTreeMap<String, String>], method: &str, subset: &str, statistic: &str| -> String {
        let row = |r: &&BTreeMap<String, String>| {
            (&*r["method"], &*r["subset"], &*r["statistic"]) == (method, subset, statistic)
        };
        table.iter().find(row).unwrap_or_else(|| panic!("{method} {subset} {statistic}"))["value"].clone()
    };
    let own = table.iter().find(|r| r["method"] == "Gradient" && r["statistic"] == "srocc").unwrap();
    assert!(own["status"].contains("60 of 450 images") && own["from"] == "images", "{own:?}");
    assert!(srocc(&table, "GMSD", "present", "srocc").parse::<f64>().unwrap() > 0.5, "turned: GMSD and DMOS both fall");

    // The same images as own data, with the given scores or with negated scores.
    for (name, sign, higher) in [("as-is", 1.0, "false"), ("turned", -1.0, "true")] {
        let mut csv = String::from("picture,original,dmos\n");
        for row in &scores {
            let (part, stem) = row["image"].split_once('/').unwrap();
            let (folder, kind) = if part == "part1" { ("Part 1", "blurjpeg") } else { ("Part 2", "blurnoise") };
            let dmos: f64 = row["dmos"].parse().unwrap();
            csv += &format!("{folder}/{kind}/{stem}.bmp,Ref_Images/{}.bmp,{}\n", row["reference"], sign * dmos);
        }
        std::fs::write(at(&format!("ml/{name}.csv")), csv).unwrap();
        let data = format!("ml/{name}.csv");
        let higher = format!("dataset.higher_is_better={higher}");
        let columns = "dataset.columns={image=\"picture\", reference=\"original\", score=\"dmos\"}";
        let unset = std::fs::read_to_string(experiment("own.toml")).unwrap().replace(", std = \"std\"", "");
        std::fs::write(at("own.toml"), unset).unwrap();
        let arguments =
            [&["own.toml", "--data", &data, "--set", columns, "--set", &higher, "--out", name], &set[..]].concat();
        succeed(folder.path(), &arguments);
        let own = rows(&std::fs::read(at(&format!("{name}/own/table.csv"))).unwrap());
        for method in ["UNIQUE", "Gradient", "PSNR", "GMSD"] {
            for statistic in ["srocc", "krcc", "plcc", "rmse"] {
                let (a, b) = (srocc(&own, method, "all", statistic), srocc(&table, method, "present", statistic));
                let (a, b): (f64, f64) = (a.parse().unwrap(), b.parse().unwrap());
                assert!(
                    abs_diff_eq!(a, b, epsilon = 1e-9),
                    "{statistic} of {method}: {a} as own data, {b} as MULTI-LIVE"
                );
            }
        }
        assert!(own.iter().all(|r| r["published"].is_empty() && !r["statistic"].starts_with("outlier")));
    }
}

#[test]
fn a_database_without_its_images_is_its_score_file() {
    let folder = TempDir::new().unwrap();
    let (Some(multi), Some(live)) =
        (common::shared("data/iqa_scores/multi_live_olives.csv"), common::shared("data/iqa_scores/live_olives.csv"))
    else {
        return;
    };
    let set = [format!("competitors.scores={}", multi.display()), format!("live.scores={}", live.display())];
    let arguments =
        [&experiment("multi-live.toml"), "--set", &set[0], "--set", &set[1], "--set", "statistics.bootstrap=10"];
    let shown = succeed(folder.path(), &arguments);
    assert!(shown.contains("LIVE, 982 images") && !shown.contains("stand-in"), "{shown}");
    let written = files(&folder.path().join("results/multi-live"));
    let table = rows(&written[Path::new("table.csv")]);
    // The published table has SROCC, KRCC, PLCC and RMSE of six methods; all agree within the tolerance.
    let compared: Vec<_> = table.iter().filter(|r| !r["value"].is_empty() && !r["published"].is_empty()).collect();
    assert_eq!(compared.len(), 24);
    for row in compared {
        assert!(["match", "within tolerance"].contains(&row["status"].as_str()), "{row:?}");
        assert_eq!(row["from"], "score file");
    }
    assert!(table.iter().any(|r| r["subset"] == "LIVE" && r["statistic"] == "srocc"));
    assert!(!written.contains_key(Path::new("scores.csv")), "another's scores are not ours to publish");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gradspace"))
        .arg("check-gradients")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The rows of a CSV file, by heading.
fn rows(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn tid2013_in_part_gives_the_authors_scores_and_the_published_competitors() {
    let (Some(kodak), Some(streams), Some(weights), Some(table), Some(oracle)) = (
        common::shared("data/kodak24"),
        common::shared("data/tid2013/jpeg_type10"),
        common::shared("data/unique_weights/ImageNet_Weights_YGCr.mat"),
        common::shared("data/tid2013/tid2013.csv"),
        common::shared("oracle/tid2013_scores.csv"),
    ) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let text = |path: &Path| path.display().to_string();
    let (kodak, streams, weights) = (text(&kodak), text(&streams), text(&weights));
    let made = succeed(folder.path(), &["rebuild-tid2013", "--kodak", &kodak, "--jpeg", &streams, "--out", "tid2013"]);
    assert!(made.contains("709 images verified by SHA-256"), "{made}");
    // Three references are enough for this test, because a part of a database is accepted.
    for image in std::fs::read_dir(folder.path().join("tid2013/distorted_images")).unwrap().map(|e| e.unwrap()) {
        let name = image.file_name().to_string_lossy().to_lowercase();
        if !["i01", "i06", "i11"].iter().any(|reference| name.starts_with(reference)) {
            std::fs::remove_file(image.path()).unwrap();
        }
    }
    let set = [format!("iqa.weights={weights}"), format!("competitors.scores={}", table.display())];
    let shown = succeed(
        folder.path(),
        &[
            &experiment("tid2013.toml"),
            "--data",
            "tid2013",
            "--set",
            &set[0],
            "--set",
            &set[1],
            "--set",
            "statistics.bootstrap=10",
        ],
    );
    assert!(shown.contains("of 3000 images") && !shown.contains("stand-in"), "{shown}");

    let written = files(&folder.path().join("results/tid2013"));
    let scores = rows(&written[Path::new("scores.csv")]);
    assert!(scores.len() > 85, "{} images", scores.len());
    let number = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let oracle = rows(&std::fs::read(oracle).unwrap());
    for row in &scores {
        let authors = oracle.iter().find(|o| o["image"] == row["image"]).unwrap();
        for method in ["unique", "gradient"] {
            let difference = (number(row, method) - number(authors, method)).abs();
            assert!(difference < 2e-5, "{method} of {}: {difference:e} from the authors' code", row["image"]);
        }
    }
    // The metrics agree with the scores of the authors' group, image by image.
    let parity = rows(&written[Path::new("parity.csv")]);
    assert_eq!(parity.len(), 11);
    for row in &parity {
        assert_eq!(row["images"], scores.len().to_string());
        let worst = if ["PerSIM", "UNIQUE"].contains(&row["method"].as_str()) { 1e-3 } else { 1e-8 };
        assert!(number(row, "worst") < worst && number(row, "srocc") > 0.999999, "{row:?}");
    }
    // The claims about the fit behind each published number can be tested on the score file of all images; they hold.
    let claims: Claims = serde_json::from_slice(&written[Path::new("claims.json")]).unwrap();
    let decided: Vec<_> = claims.claims.iter().filter(|c| c.tests[0].numbers == "scores").collect();
    assert_eq!(decided.len(), 6);
    for claim in decided {
        assert_eq!(claim.outcome, Outcome::Holds, "{claim:?}");
    }
    // A part of the database is not compared with the published numbers of the whole database.
    let again = claims.claims.iter().find(|c| c.says.contains("come out again")).unwrap();
    assert_eq!(again.outcome, Outcome::NotAttempted);
    // On all 3000 images, every comparable published number of a competing method agrees.
    let table = rows(&written[Path::new("table.csv")]);
    let compared = table.iter().filter(|r| r["subset"] == "all" && r["status"] != "published only");
    let compared: Vec<_> = compared.filter(|r| !r["published"].is_empty()).collect();
    assert!(compared.len() >= 25, "{} numbers", compared.len());
    for row in compared {
        assert!(["match", "within tolerance"].contains(&row["status"].as_str()), "{row:?}");
    }
    // The few images here are not compared with the published numbers of all images.
    let present: Vec<_> = table.iter().filter(|r| r["subset"] == "present" && !r["published"].is_empty()).collect();
    assert!(!present.is_empty());
    assert!(present.iter().all(|r| r["status"].starts_with("not comparable") || r["value"].is_empty()), "{present:?}");
}
