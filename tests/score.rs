//! Tests `gradspace score` through the command line: its output for one and for many images, and its errors for bad input.

use approx::abs_diff_eq;
use std::collections::BTreeMap;
use std::process::{Command, Output};

use gradspace::imaging::decode::{read_image, write_png};
use gradspace::imaging::{Rgb8, scenes};
use gradspace::iqa::metrics::{METRICS, Metric};
use gradspace::lanes::Simd;
use image::{ExtendedColorType, ImageFormat, write_buffer_with_format};
use serde_json::Value;
use tempfile::TempDir;

const WIDTH: usize = 208;
const HEIGHT: usize = 184;

/// A folder of procedural scenes: `refs/` has two references, and `dist/` has versions of them with 64, 16 and 4 levels of each colour.
struct Pictures(TempDir);

impl Pictures {
    fn new() -> Pictures {
        let pictures = Pictures(TempDir::new().unwrap());
        for folder in ["refs", "dist"] {
            std::fs::create_dir(pictures.at(folder)).unwrap();
        }
        for (name, scene) in [("Hut", 1), ("lake", 2)] {
            let reference = scenes::scene(scene, WIDTH, HEIGHT, 1);
            write_png(pictures.at(&format!("refs/{name}.png")), &reference).unwrap();
            for step in [4, 16, 64] {
                let name = format!("dist/{}_{step}.png", name.to_lowercase());
                write_png(pictures.at(&name), &coarse(&reference, step)).unwrap();
            }
        }
        pictures
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
        command.arg("score").args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} ended with {}:\n{stderr}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.succeed(&[arguments, &["--format", "json"]].concat())).unwrap()
    }

    fn csv(&self, arguments: &[&str]) -> (Vec<String>, Vec<BTreeMap<String, String>>) {
        read_csv(&self.succeed(&[arguments, &["--format", "csv"]].concat()))
    }
}

fn read_csv(text: &str) -> (Vec<String>, Vec<BTreeMap<String, String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().unwrap().iter().map(str::to_owned).collect();
    (heads, reader.deserialize().map(|row| row.unwrap()).collect())
}

fn coarse(image: &Rgb8, step: u8) -> Rgb8 {
    Rgb8::new(image.width, image.height, image.samples.iter().map(|v| v / step * step).collect())
}

fn column<'a>(rows: &'a [BTreeMap<String, String>], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str()).collect()
}

#[test]
fn one_image_has_every_metric_to_the_last_bit() {
    let pictures = Pictures::new();
    let arguments = ["refs/Hut.png", "dist/hut_16.png"];
    let json = pictures.json(&arguments);
    assert_eq!((&json["schema"], &json["pairs"][0]["width"]), (&Value::from(1), &Value::from(WIDTH)));
    let scores = json["pairs"][0]["scores"].as_object().unwrap();
    assert_eq!(scores.len(), METRICS.len() + 2);
    assert_eq!(json["metrics"].as_array().unwrap().len(), scores.len());
    let [reference, distorted] = arguments.map(|name| read_image(pictures.at(name)).unwrap());
    let (_, rows) = pictures.csv(&arguments);
    for metric in METRICS {
        let (value, cell) = (&scores[metric.key], &rows[0][metric.key]);
        match metric.score(&reference, &distorted) {
            Ok(expected) => {
                assert_eq!(cell.parse(), Ok(expected), "{}", metric.key);
                // The JSON parser of this test sometimes rounds the last bit; the number in the text is the same.
                let read = value["value"].as_f64().unwrap();
                assert!(
                    abs_diff_eq!(read, expected, epsilon = f64::EPSILON * expected.abs()),
                    "{} {read} {expected}",
                    metric.key
                );
            }
            Err(error) => assert!(error.to_string().ends_with(value["reason"].as_str().unwrap()), "{value}"),
        }
    }
    for method in ["gradient", "unique"] {
        let score = scores[method]["value"].as_f64().unwrap();
        assert!(score > 0.0 && score < 1.0, "{method} {score}");
    }
    // CW-SSIM with six levels needs a larger image. The other metrics have scores, and the table states the reason for the missing one.
    assert!(scores["cw_ssim_6"]["value"].is_null());
    let text = pictures.succeed(&arguments);
    let line = |name: &str| text.lines().find(|line| line.starts_with(&format!("{name}  "))).unwrap().to_owned();
    assert!(line("CW-SSIM (6 levels)").contains("needs 256×256 or more"), "{text}");
    assert!(line("GMSD").contains("lower") && line("SSIM").contains("higher") && line("SSIM").contains("-1 to 1"));
    let first: Vec<&str> = text.lines().skip(3).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(first[..2] == ["Gradient", "UNIQUE"], "{first:?}");
}

#[test]
fn many_images_are_sorted_for_people_and_in_order_for_programs() {
    let pictures = Pictures::new();
    let images = ["refs/lake.png", "dist/lake_64.png", "dist/lake_4.png", "dist/lake_16.png"];
    let order = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("lake_"));
        lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let chosen = ["--metrics", "ssim,gmsd,gradient"];
    let text = pictures.succeed(&[&images[..], &chosen].concat());
    assert!(text.starts_with("sorted by Gradient, higher is better"), "{text}");
    assert_eq!(order(&text), ["lake_4.png", "lake_16.png", "lake_64.png"], "{text}");
    let text = pictures.succeed(&[&images[..], &chosen, &["--sort", "gmsd"]].concat());
    assert!(text.starts_with("sorted by GMSD, lower is better"), "{text}");
    assert_eq!(order(&text), ["lake_4.png", "lake_16.png", "lake_64.png"], "{text}");

    let (heads, rows) = pictures.csv(&[&images[..], &chosen].concat());
    assert_eq!(heads, ["reference", "distorted", "ssim", "gmsd", "gradient", "undefined"]);
    assert_eq!(column(&rows, "distorted"), images[1..]);
    let (_, sorted) = pictures.csv(&[&images[..], &chosen, &["--sort", "ssim"]].concat());
    // Keys and names are accepted in upper and lower case.
    let named = ["--metrics", "SSIM,Gmsd,Proposed", "--sort", "Ssim"];
    assert_eq!(pictures.csv(&[&images[..], &named].concat()).1, sorted);
    assert_eq!(column(&sorted, "distorted"), [images[2], images[3], images[1]]);
    let ssim = |row: &BTreeMap<String, String>| row["ssim"].parse::<f64>().unwrap();
    assert!(sorted.windows(2).all(|pair| ssim(&pair[0]) > ssim(&pair[1])));
}

#[test]
fn folders_and_tables_of_pairs_give_the_scores_of_the_pairs() {
    let pictures = Pictures::new();
    let (_, by_folder) = pictures.csv(&["refs", "dist", "--metrics", "ssim,unique"]);
    assert_eq!(by_folder.len(), 6);
    for row in &by_folder {
        let (_, alone) = pictures.csv(&[&row["reference"], &row["distorted"], "--metrics", "ssim,unique"]);
        assert_eq!(alone[0], *row);
        assert_eq!(row["reference"].to_lowercase()[5..8], row["distorted"][5..8]);
    }
    // A table in another folder, with alternating references and extra columns. `undefined` and the metrics follow the extra columns.
    std::fs::create_dir(pictures.at("tables")).unwrap();
    let table = "mos, distorted ,note,reference\n1,../dist/lake_4.png,\"a, b\",../refs/lake.png\n\
                 2,../dist/hut_4.png,,../refs/Hut.png\n3,../dist/lake_16.png,c,../refs/lake.png\n";
    pictures.write("tables/pairs.csv", table);
    let (heads, rows) = pictures.csv(&["--pairs", "tables/pairs.csv", "--metrics", "unique,ssim"]);
    assert_eq!(heads, ["reference", "distorted", "mos", "note", "unique", "ssim", "undefined"]);
    assert_eq!(column(&rows, "mos"), ["1", "2", "3"]);
    assert_eq!(rows[0]["note"], "a, b");
    for row in &rows {
        let same = by_folder.iter().find(|other| row["distorted"].ends_with(&other["distorted"])).unwrap();
        assert_eq!((&row["ssim"], &row["unique"]), (&same["ssim"], &same["unique"]));
    }
    // A reference without a distorted image gives a note but no error.
    let output = pictures.run(&["refs", "dist/hut_4.png", "--metrics", "psnr"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("without a distorted image: refs/lake.png"));
    assert!(pictures.run(&["refs", "dist/hut_4.png", "--metrics", "psnr", "--quiet"]).stderr.is_empty());
}

#[test]
fn threads_and_instruction_sets_change_no_byte() {
    let pictures = Pictures::new();
    let scene = scenes::scene(3, 96, 80, 1);
    for (name, step) in [("a.png", 1), ("b.png", 16), ("c.png", 64)] {
        write_png(pictures.at(name), &coarse(&scene, step)).unwrap();
    }
    let mut machines = vec![vec!["--threads", "1"], vec!["--threads", "3"]];
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        machines.push(vec!["--threads", "2", "--simd", simd.name()]);
    }
    let mut first = None;
    for machine in machines {
        let with = |arguments: &[&str]| pictures.succeed(&[arguments, &machine].concat());
        let printed =
            with(&["a.png", "b.png", "c.png", "--format", "csv", "--metrics", "gradient,unique,fsim,psnr_hma"]);
        with(&["a.png", "c.png", "--map", "map.png", "--metrics", "psnr"]);
        let all = (printed, std::fs::read(pictures.at("map.png")).unwrap());
        assert!(*first.get_or_insert_with(|| all.clone()) == all, "{machine:?}");
    }
}

#[test]
fn the_picture_shows_both_images_and_both_maps() {
    let pictures = Pictures::new();
    let text = pictures.succeed(&["refs/lake.png", "dist/lake_64.png", "--map", "maps/lake.png"]);
    assert!(text.contains("Gradient"), "the scores are printed as well: {text}");
    let sheet = read_image(pictures.at("maps/lake.png")).unwrap();
    let [reference, distorted] =
        ["refs/lake.png", "dist/lake_64.png"].map(|name| read_image(pictures.at(name)).unwrap());
    // The picture contains each image completely, at twice its size, and the orange of the colour map in the maps.
    let found = |image: &Rgb8| {
        (0..sheet.height - 2 * HEIGHT).any(|top| {
            (0..sheet.width - 2 * WIDTH).any(|left| {
                (0..HEIGHT).all(|y| (0..WIDTH).all(|x| sheet.pixel(left + 2 * x, top + 2 * y) == image.pixel(x, y)))
            })
        })
    };
    assert!(found(&reference) && found(&distorted));
}

#[test]
fn pixel_formats_and_images_of_one_colour() {
    let pictures = Pictures::new();
    let grey: Vec<u8> = read_image(pictures.at("refs/Hut.png")).unwrap().samples.chunks(3).map(|rgb| rgb[1]).collect();
    let save = |name: &str, samples: &[u8], color| {
        let (width, height) = (WIDTH as u32, HEIGHT as u32);
        write_buffer_with_format(
            &mut std::fs::File::create(pictures.at(name)).unwrap(),
            samples,
            width,
            height,
            color,
            ImageFormat::Png,
        )
        .unwrap();
    };
    let each = |f: &dyn Fn(u8) -> Vec<u8>| grey.iter().flat_map(|&v| f(v)).collect::<Vec<u8>>();
    save("grey.png", &grey, ExtendedColorType::L8);
    save("rgb.png", &each(&|v| vec![v; 3]), ExtendedColorType::Rgb8);
    save("opaque.png", &each(&|v| vec![v, v, v, 255]), ExtendedColorType::Rgba8);
    save("clear.png", &each(&|v| vec![v, v, v, v]), ExtendedColorType::Rgba8);
    save("sixteen.png", &each(&|v| vec![v, v]), ExtendedColorType::L16);
    save("flat.png", &each(&|_| vec![90]), ExtendedColorType::L8);

    let metrics = ["--metrics", "psnr,ssim,gradient,fsim,summer"];
    let (_, rows) = pictures
        .csv(&[&["rgb.png", "grey.png", "opaque.png", "sixteen.png", "rgb.png", "flat.png"][..], &metrics].concat());
    for row in &rows[..4] {
        assert_eq!(
            (row["psnr"].as_str(), row["ssim"].as_str(), row["gradient"].as_str()),
            ("inf", "1", "1"),
            "{row:?}"
        );
    }
    // For an image of one colour PSNR and SSIM have a score and the others a reason. This is not a failure.
    let flat = &rows[4];
    assert!(flat["psnr"].parse::<f64>().unwrap() > 0.0 && flat["ssim"].parse::<f64>().unwrap() < 1.0, "{flat:?}");
    assert_eq!((flat["gradient"].as_str(), flat["fsim"].as_str(), flat["summer"].as_str()), ("", "", ""));
    for reason in [
        "gradient: all 8×8 blocks of the halved distorted image are equal; a score needs contrast between them",
        "fsim: one of the images has no structure",
        "summer: one of the images has no structure",
    ] {
        assert!(flat["undefined"].contains(reason), "{}", flat["undefined"]);
    }
    let flat = pictures.json(&["flat.png", "flat.png"]);
    let scores = &flat["pairs"][0]["scores"];
    assert!(scores["unique"]["value"].is_null() && scores["unique"]["reason"].as_str().unwrap().contains("reference"));
    assert!(scores["psnr"]["reason"].as_str().unwrap().starts_with("infinite"));

    let output = pictures.run(&["rgb.png", "clear.png"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("clear.png: has transparent pixels"));
}

#[test]
fn small_images_have_the_metrics_that_they_are_large_enough_for() {
    let pictures = Pictures::new();
    for (width, height) in [(1, 1), (7, 40), (15, 12), (64, 48)] {
        for (name, step) in [("a.png", 1), ("b.png", 32)] {
            write_png(pictures.at(name), &coarse(&scenes::scene(1, width, height, 1), step)).unwrap();
        }
        let json = pictures.json(&["a.png", "b.png"]);
        for metric in METRICS {
            let score = &json["pairs"][0]["scores"][metric.key];
            if width.min(height) < metric.smallest_side {
                let expected = format!("{width}×{height}; it needs {0}×{0} or more", metric.smallest_side);
                assert!(score["value"].is_null() && score["reason"].as_str().unwrap().contains(&expected), "{score}");
            } else {
                assert!(score["value"].is_f64() || score["reason"].is_string(), "{}: {score}", metric.key);
            }
        }
        assert!(json["pairs"][0]["scores"]["psnr"]["value"].is_f64());
    }
}

#[test]
fn what_can_be_scored_is_scored_when_a_file_is_damaged() {
    let pictures = Pictures::new();
    pictures.write("dist/hut_cut.png", "\u{89}PNG");
    write_png(pictures.at("dist/lake_small.png"), &scenes::scene(2, WIDTH, HEIGHT - 1, 1)).unwrap();
    let output = pictures.run(&["refs", "dist", "--metrics", "psnr,ssim", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(3));
    let (_, rows) = read_csv(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(rows.len(), 8);
    for row in &rows {
        let damaged = ["cut", "small"].iter().any(|name| row["distorted"].contains(name));
        assert_eq!((row["psnr"].is_empty(), row["undefined"].is_empty()), (damaged, !damaged), "{row:?}");
    }
    let message = String::from_utf8_lossy(&output.stderr);
    for part in ["hut_cut.png: is", "lake_small.png: is 208×183, but its reference refs/lake.png is 208×184"] {
        assert!(message.contains(part), "{message}");
    }
    let text = pictures.run(&["refs", "dist", "--metrics", "psnr,ssim"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("— all metrics, hut_cut.png: dist/hut_cut.png: is"));
}

#[test]
fn an_image_against_itself_is_perfect_and_noted() {
    let pictures = Pictures::new();
    let output = pictures.run(&["refs/Hut.png", "./refs/Hut.png", "--format", "json"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("refs/Hut.png is compared with itself"));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let score = |key: &str| json["pairs"][0]["scores"][key]["value"].as_f64();
    assert_eq!(
        (score("gradient"), score("ssim"), score("gmsd"), score("psnr")),
        (Some(1.0), Some(1.0), Some(0.0), None)
    );
    assert!(Metric::from_key("gmsd").is_some_and(|metric| !metric.higher_is_better));
}

#[test]
fn bad_input_is_named_and_ends_with_its_code() {
    let pictures = Pictures::new();
    let table = |name: &str, rows: &str| pictures.write(name, &format!("reference,distorted\n{rows}"));
    table("gone.csv", "refs/Hut.png,dist/no.png\nrefs/nix.png,dist/hut_4.png\nrefs/Hut.png,dist/nada.png\n");
    table("twice.csv", "refs/Hut.png,dist/hut_4.png\nrefs/lake.png,dist/lake_4.png\nrefs/Hut.png,./dist/hut_4.png\n");
    table("swapped.csv", "dist/hut_4.png,refs/Hut.png\ndist/hut_16.png,refs/Hut.png\n");
    table("blank.csv", "refs/Hut.png,dist/hut_4.png\nrefs/Hut.png, \n");
    table("short.csv", "refs/Hut.png\n");
    table("rowless.csv", "");
    pictures.write("empty.csv", "");
    pictures.write("columns.csv", "reference,picture\nrefs/Hut.png,dist/hut_4.png\n");
    pictures.write("taken.csv", "reference,distorted,ssim\nrefs/Hut.png,dist/hut_4.png,1\n");
    std::fs::create_dir_all(pictures.at("other")).unwrap();
    std::fs::create_dir_all(pictures.at("none")).unwrap();
    for name in ["other/hut.bmp", "other/x.png", "other/y_1.png"] {
        std::fs::copy(pictures.at("refs/Hut.png"), pictures.at(name)).unwrap();
    }
    let hut = "refs/Hut.png";
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&[], 2, &["REFERENCE"]),
        (&[hut], 2, &["DISTORTED"]),
        (&[hut, "dist/hut_4.png", "--pairs", "gone.csv"], 2, &["--pairs"]),
        (&[hut, "dist/hut_4.png", "--metrics", "gmdsd"], 2, &["unknown metric `gmdsd`", "did you mean `gmsd`?"]),
        (&[hut, "dist/hut_4.png", "--metrics", "ssim,ssim"], 2, &["`ssim` is named twice"]),
        (&[hut, "dist/hut_4.png", "--sort", "gradeint"], 2, &["--sort", "did you mean `gradient`?"]),
        (&[hut, "dist/hut_4.png", "--metrics", "ssim", "--sort", "vif"], 2, &["--sort vif", "--metrics"]),
        (&[hut, "dist/hut_4.png", "--format", "xml"], 2, &["--format", "csv"]),
        (
            &[hut, "no.png", "dist/hut_4.png", "nada.png"],
            3,
            &["no.png: there is no such", "nada.png: there is no such"],
        ),
        (&["no.png", "dist"], 3, &["no.png"]),
        (&[hut, "dist/hut_4.png", "dist/../dist/hut_4.png", "./dist/hut_4.png"], 2, &["dist/hut_4.png is named twice"]),
        (&[hut, "none"], 3, &["none: contains no PNG"]),
        (&["dist", "refs"], 2, &["swapped", "3 references", "dist/hut_16.png", "refs/Hut.png"]),
        (&["refs", "refs"], 2, &["refs is both the folder of references and the folder of distorted images"]),
        (&["refs", "other"], 3, &["other/x.png: has no reference in refs", "other/y_1.png: has no reference in refs"]),
        (&["--pairs", "no.csv"], 3, &["no.csv: cannot be read"]),
        (&["--pairs", "gone.csv"], 3, &["gone.csv", "(3)", "dist/no.png", "refs/nix.png", "dist/nada.png"]),
        (&["--pairs", "twice.csv"], 3, &["twice.csv", "row 4 repeats the pair of row 2"]),
        (
            &["--pairs", "swapped.csv"],
            3,
            &["refs/Hut.png has the reference dist/hut_4.png in row 2", "row 3", "swapped?"],
        ),
        (&["--pairs", "blank.csv"], 3, &["row 3 has no `distorted`"]),
        (&["--pairs", "short.csv"], 3, &["short.csv: row 2 has 1 field, but the header in row 1 has 2"]),
        (&["--pairs", "rowless.csv"], 3, &["rowless.csv: has no row after the header"]),
        (&["--pairs", "empty.csv"], 3, &["empty.csv: is empty"]),
        (&["--pairs", "columns.csv"], 3, &["no column `distorted`", "reference, picture"]),
        (&["--pairs", "taken.csv", "--format", "csv"], 2, &["column `ssim`", "rename it"]),
        (&[hut, "dist/hut_4.png", "dist/hut_16.png", "--map", "m.png"], 2, &["--map m.png", "2 are named"]),
        (&[hut, "dist/hut_4.png", "--map", "m.jpg"], 2, &["--map m.jpg", ".png"]),
        (
            &[hut, "dist/hut_4.png", "--map", "./dist/hut_4.png"],
            2,
            &["--map ./dist/hut_4.png: this would replace the input dist/hut_4.png"],
        ),
        (&[hut, "dist/hut_4.png", "--map", "refs/Hut.png/m.png"], 2, &["refs/Hut.png is a file, not a folder"]),
    ];
    let hash = || {
        let names = ["refs/Hut.png", "dist/hut_4.png"];
        names.map(|name| std::fs::read(pictures.at(name)).unwrap())
    };
    let before = hash();
    for (arguments, code, expected) in cases {
        let output = pictures.run(arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}:\n{message}");
        assert!(!message.contains("panicked"), "{arguments:?}:\n{message}");
        for part in *expected {
            assert!(message.contains(part), "{arguments:?}:\n{message}\nshould contain {part}");
        }
    }
    assert!(hash() == before);
    // Without CSV output, a column of that name is not a conflict.
    pictures.succeed(&["--pairs", "taken.csv", "--metrics", "ssim"]);
    // For images that are too small for a map, the error follows after the scores.
    write_png(pictures.at("tiny.png"), &scenes::scene(1, 9, 9, 1)).unwrap();
    let output = pictures.run(&["tiny.png", "tiny.png", "--map", "m.png"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tiny.png: no map can be drawn"));
    assert!(!output.stdout.is_empty() && !pictures.at("m.png").exists());
}
