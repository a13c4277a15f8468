//! Tests through the command line that every table is read as a person means it, or refused with what to do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::shared;
use gradspace::imaging::decode::write_png;
use gradspace::imaging::{Rgb8, scenes};
use tempfile::TempDir;

mod common;

const SIDE: usize = 32;
/// The images `img/d0.png` to `img/d5.png` are versions of the reference `img/r.png`, from the best to the worst.
const STEPS: [u8; 6] = [4, 8, 16, 32, 48, 64];
/// The best images have the highest opinions, up to one exchange.
const OPINIONS: [&str; 6] = ["4.5", "4.75", "3.5", "2.25", "2", "-0.5"];

/// A folder of images for tables.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(TempDir::new().unwrap());
        std::fs::create_dir(folder.at("img")).unwrap();
        let reference = scenes::scene(1, SIDE, SIDE, 1);
        write_png(folder.at("img/r.png"), &reference).unwrap();
        for (i, step) in STEPS.into_iter().enumerate() {
            let samples = reference.samples.iter().map(|sample| sample / step * step).collect();
            write_png(folder.at(&format!("img/d{i}.png")), &Rgb8::new(SIDE, SIDE, samples)).unwrap();
        }
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        std::fs::write(self.at(name), content).unwrap();
    }

    fn gradspace(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gradspace")).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// Runs the experiment on own data with `scores.csv`.
    fn run(&self, more: &[&str]) -> Output {
        let experiment = experiment("own.toml");
        let arguments = ["run", &experiment, "--data", "scores.csv", "--out", "out", "--quiet", "--replace"];
        let settings = ["--set", "iqa.methods=psnr", "--set", "statistics.bootstrap=10"];
        self.gradspace(&[&arguments, &settings[..], more].concat())
    }

    /// The numbers that a run gives for this table.
    #[track_caller]
    fn numbers(&self, table: impl AsRef<[u8]>) -> String {
        self.write("scores.csv", table);
        let output = self.run(&[]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        std::fs::read_to_string(self.at("out/own/table.json")).unwrap()
    }
}

fn experiment(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name).display().to_string()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn refused(output: &Output, code: i32, expected: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    for part in expected {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

/// A table of own data, with `separator` between the fields.
fn table(separator: &str) -> String {
    let row = |(i, opinion): (usize, &&str)| [&format!("img/d{i}.png"), "img/r.png", opinion, "0.5"].join(separator);
    let rows = OPINIONS.iter().enumerate().map(row);
    std::iter::once(["image", "reference", "mos", "std"].join(separator)).chain(rows).map(|row| row + "\n").collect()
}

#[test]
fn a_table_in_any_dress_gives_the_same_numbers() {
    let folder = Folder::new();
    let plain = folder.numbers(table(","));
    let dressed = table(",")
        .replace("image,reference", "# opinions of \"six\" images\n\n \"image\" , reference")
        .replace("img/d2.png,", "\n  # the third\n \n,,,\nimg/d2.png  ,  ")
        .replace("img/d1.png", "\"img/d1.png\"");
    assert_eq!(folder.numbers(format!("\u{feff}{}", dressed.replace('\n', "\r\n"))), plain);
    assert_eq!(folder.numbers(table(";").replace('.', ",").replace(",png", ".png").replace('\n', "\r")), plain);
    assert_eq!(folder.numbers(format!("sep=\t\r\n{}", table("\t").replace("img/r", "./img//r"))), plain);
    let spelt = table(";").replace("img/d3.png;img/r.png", "./img/d3.png;img/../img/r.png");
    assert_eq!(folder.numbers(spelt), plain);
}

/// The statement, the rows of the file, and what to do are in the message.
#[test]
fn what_is_wrong_with_own_data_is_said() {
    let folder = Folder::new();
    let utf16: Vec<u8> = table("\t").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: Vec<(Vec<u8>, &[&str])> = vec![
        (utf16.clone(), &["scores.csv: is UTF-16; save it as UTF-8"]),
        ([b"\xFF\xFE".to_vec(), utf16].concat(), &["scores.csv: is UTF-16; save it as UTF-8"]),
        (table(",").replace("d2", "d\u{1}").replace('\u{1}', "?").into_bytes(), &["missing", "img/d?.png"]),
        (
            b"image,reference,mos,std\r\nimg/d\xE9.png,img/r.png,1,1\r\n".to_vec(),
            &["not UTF-8 in row 2", "save it as UTF-8"],
        ),
        (b"PK\x03\x04\x14\x00".to_vec(), &["is a spreadsheet", "save it as CSV"]),
        (b"\xD0\xCF\x11\xE0\xA1\xB1".to_vec(), &["is a spreadsheet", "save it as CSV"]),
        (b"<!DOCTYPE html><html></html>".to_vec(), &["is a web page (HTML)", "download"]),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".to_vec(), &["is a Git LFS pointer"]),
        (b"".to_vec(), &["scores.csv: is empty"]),
        (b"image,reference,mos,std\n\n# 1\n".to_vec(), &["has no row after the header"]),
        (table(",").replace("std\n", "mos\n").into_bytes(), &["row 1: columns 3 and 4 are both called \"mos\""]),
        (
            table(",").replace("img/d4.png", "\n#\n./img//d0.png").into_bytes(),
            &["row 8, column \"image\": \"./img//d0.png\" is in row 2 already as img/d0.png", "keep one row"],
        ),
        (
            table(",").replace("img/d4.png", "img/../img/d0.png").into_bytes(),
            &["row 6, column \"image\"", "is in row 2 already as img/d0.png"],
        ),
        (table(",").replace("3.5,", "").into_bytes(), &["row 4 has 3 fields, but the header in row 1 has 4"]),
        (table(",").replace("3.5,", "3,5,").into_bytes(), &["row 4 has 5 fields, but the header in row 1 has 4"]),
        (
            table(",").replace("3.5,", "\"3,5\",").into_bytes(),
            &["row 4, column \"mos\": \"3,5\"", "with a decimal point"],
        ),
        (table("\t").replace("3.5", "3,5").into_bytes(), &["row 4, column \"mos\": \"3,5\"", "with a decimal point"]),
        (
            table(";").replace("3.5", "3,5").into_bytes(),
            &["row 4, column \"mos\": \"3,5\" has a comma", "row 2 has a point"],
        ),
        (table(",").replace("3.5,", "\"3.5,").into_bytes(), &["row 4 has a quote without its end"]),
    ];
    for (content, expected) in cases {
        folder.write("scores.csv", content);
        refused(&folder.run(&[]), 3, expected);
    }
    for (value, expected) in [
        (
            "1.7976931348623157e308",
            "is outside the range of a rating, -1e12 to 1e12; if it stands for a missing value, leave the row out",
        ),
        ("-1e13", "is outside the range of a rating"),
        ("inf", "is outside the range of a rating"),
        ("NaN", "is a missing value; leave the row out"),
        ("NA", "is a missing value; leave the row out"),
        ("", "is a missing value; leave the row out"),
        ("good", "is not a number"),
    ] {
        folder.write("scores.csv", table(",").replace("3.5,", &format!("{value},")));
        refused(&folder.run(&[]), 3, &[&format!("scores.csv: row 4, column \"mos\": \"{value}\" {expected}")]);
        folder.write("scores.csv", table(",").replace("3.5,0.5", &format!("3.5,{value}")));
        refused(&folder.run(&[]), 3, &[&format!("scores.csv: row 4, column \"std\": \"{value}\" {expected}")]);
    }
}

/// Huge and tiny ratings that the range allows, and equal ones, give a result or a message.
#[test]
fn no_ratings_break_the_statistics_or_the_charts() {
    let folder = Folder::new();
    for ratings in [
        ["1e12", "-1e12", "1e12", "-1e12", "0", "1"],
        ["3e-160", "5e-160", "2e-160", "1e-160", "4e-160", "0"],
        ["5e-324", "1e-323", "0", "-5e-324", "0", "0"],
        ["1e12", "1e12", "1e12", "1e12", "1e12", "999999999999.9999"],
        ["1e-300", "1e12", "1", "-1e-300", "1e-300", "-1e12"],
        ["0", "0", "0", "0", "0", "0"],
    ] {
        let row =
            |(i, rating): (usize, &&str)| format!("img/d{i}.png,img/r.png,{rating},{}\n", rating.trim_matches('-'));
        let rows: String = ratings.iter().enumerate().map(row).collect();
        folder.write("scores.csv", format!("image,reference,mos,std\n{rows}"));
        let output = folder.run(&[]);
        assert_eq!(output.status.code(), Some(0), "{ratings:?}: {}", stderr(&output));
    }
}

#[test]
fn a_file_of_pairs_is_a_table_like_any_other() {
    let folder = Folder::new();
    let score = |content: &[u8]| {
        folder.write("pairs.csv", content);
        folder.gradspace(&["score", "--pairs", "pairs.csv", "--metrics", "psnr", "--format", "csv"])
    };
    let plain = score(b"reference,distorted\nimg/r.png,img/d1.png\nimg/r.png,img/d2.png\n");
    assert!(plain.status.success(), "{}", stderr(&plain));
    for content in [
        "\u{feff}# pairs\r\n\r\nreference;distorted\r\nimg/r.png ; img/d1.png\r\n#img/r.png;img/d4.png\r\nimg/r.png;img/d2.png",
        "\rreference\tdistorted\rimg/r.png\timg/d1.png\r\rimg/r.png\t\"img/d2.png\"\r",
    ] {
        assert_eq!(String::from_utf8_lossy(&score(content.as_bytes()).stdout), String::from_utf8_lossy(&plain.stdout));
    }
    for (content, expected) in [
        (
            &b"reference,distorted,distorted\nimg/r.png,img/d1.png,img/d2.png\n"[..],
            &["columns 2 and 3 are both called \"distorted\""][..],
        ),
        (
            b"reference,distorted\n\n# x\nimg/r.png,img/d1.png\nimg/r.png,./img/../img/d1.png\n",
            &["row 5 repeats the pair of row 4"],
        ),
        (b"reference,distorted\nimg/r.png,\n", &["row 2 has no `distorted`"]),
        (b"reference,distorted\n\nimg/r.png\n", &["row 3 has 1 field, but the header in row 1 has 2"]),
        (b"\xFF\xFEr\0e\0f\0", &["pairs.csv: is UTF-16; save it as UTF-8"]),
        (b"reference,distorted\nimg/r.png,img/\xFC.png\n", &["pairs.csv: is not UTF-8 in row 2"]),
        (b"PK\x03\x04", &["pairs.csv: is a spreadsheet"]),
        (b"reference,distorted\n", &["pairs.csv: has no row after the header"]),
    ] {
        refused(&score(content), 3, expected);
    }
}

#[test]
fn a_file_of_scores_is_a_table_like_any_other() {
    let folder = Folder::new();
    folder.write("scores.csv", table(","));
    let run = |content: &[u8]| {
        folder.write("other.csv", content);
        folder.run(&[
            "--set",
            "competitors.scores=other.csv",
            "--set",
            "competitors.columns=[{ method = \"Other\", column = \"x\" }]",
        ])
    };
    let scores = "name;x\r\n\r\n# x\r\n./img/d0.png;5,5\r\nimg//d1.png;inf\r\nimg/d2.png;NA\r\nimg/d3.png;3,5\r\nimg/d4.png;2,5\r\nimg/d5.png;1,5\r\n";
    let output = run(format!("\u{feff}{scores}").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for (content, expected) in [
        (&b"name,x,x\nimg/d0.png,1,2\n"[..], &["other.csv: row 1: columns 2 and 3 are both called \"x\""][..]),
        (
            b"name,x\n\nimg/d0.png,1.7976931348623157e308\n",
            &["other.csv: row 3, column \"x\": \"1.7976931348623157e308\" is outside", "-1e12 to 1e12"],
        ),
        (
            b"name,x\nimg/d0.png,1\n./img/d0.png,2\n",
            &["row 3, column \"name\": \"./img/d0.png\" is in row 2 already as img/d0.png"],
        ),
        (b"name,x\nimg/d0.png,one\n", &["row 2, column \"x\": \"one\" is not a number"]),
        (b"\xFE\xFF\0n\0a", &["other.csv: is UTF-16"]),
    ] {
        refused(&run(content), 3, expected);
    }
}

#[test]
fn a_manifest_of_signs_is_a_table_like_any_other() {
    let folder = Folder::new();
    let plan = |manifest: &[u8]| {
        folder.write("manifest.csv", manifest);
        folder.gradspace(&["plan", &experiment("gtsrb.toml"), "--data", "."])
    };
    let header = "file,class_id,class_name,track,frame,width,height,split";
    let row = |file: &str, frame: usize| format!("{file},0,stop,0,{frame},{SIDE},{SIDE},train");
    for (manifest, expected) in [
        (format!("{header},file\n{},x\n", row("img/d0.png", 0)), "row 1: columns 1 and 9 are both called \"file\""),
        (
            format!("{header}\n\n{}\n{}\n", row("img/d0.png", 0), row("./img//d0.png", 1)),
            "row 4: ./img//d0.png is in row 3 already as img/d0.png",
        ),
        (
            format!("\u{feff}{header}\r\n#\r\n{}", row("img/d0.png", 0).replace("stop,0", "stop,x")),
            "row 3, column \"track\": \"x\" is not a whole number",
        ),
        (
            format!("{header}\n{}\n", row("img/d0.png", 0)).replace(',', ";").replace("img/d0", "img/e"),
            "1 of its images are missing",
        ),
    ] {
        refused(&plan(manifest.as_bytes()), 3, &["manifest.csv: ", expected]);
    }
    refused(&plan(b"\xFF\xFEf\0"), 3, &["manifest.csv: is UTF-16; save it as UTF-8"]);
}

#[test]
fn lists_of_tid2013_are_tables_without_a_header() {
    let folder = Folder::new();
    for name in ["distorted_images/i01_01_1.png", "reference_images/I01.png"] {
        folder.write(name, std::fs::read(folder.at("img/r.png")).unwrap());
    }
    let plan = |mos: &[u8], std: &[u8]| {
        folder.write("mos_with_names.txt", mos);
        folder.write("mos_std.txt", std);
        let weights = ["--set", "iqa.methods=psnr", "--set", "competitors=", "--set", "live="];
        let experiment = experiment("quick.toml");
        folder.gradspace(&[&["plan", &experiment, "--data", "."][..], &weights[..2]].concat())
    };
    let output = plan("\u{feff}# MOS\r\n\r\n5.5 I01_01_1.bmp\r\n".as_bytes(), b"\xEF\xBB\xBF0.5\r");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for (mos, std, expected) in [
        (
            &b"\n1e300 i01_01_1.bmp\n"[..],
            &b"1\n"[..],
            "mos_with_names.txt: row 2, column \"MOS\": \"1e300\" is outside",
        ),
        (
            b"1 i01_01_1.bmp\n",
            b"\n\nNaN\n",
            "mos_std.txt: row 3, column \"standard deviation\": \"NaN\" is a missing value",
        ),
        (
            b"1 i01_01_1.bmp\n1 I01_01_1.BMP\n",
            b"1\n1\n",
            "row 2, column \"image\": \"I01_01_1.BMP\" has a score in row 1 already",
        ),
        (b"1\0 \0i\x000\x001\0", b"1\n", "mos_with_names.txt: is UTF-16"),
        (b"1 i01_01_1.bmp\n", b"", "mos_std.txt: has no row"),
    ] {
        refused(&plan(mos, std), 3, &[expected]);
    }
}

#[test]
fn a_title_or_a_name_is_not_empty() {
    let folder = Folder::new();
    folder.write("scores.csv", table(","));
    for (setting, expected) in [
        ("title=", "`title` is missing"),
        ("title=\" \"", "--set title: the title is empty"),
        ("dataset.columns.score=\" \"", "--set dataset.columns.score: this text is empty; fill it in"),
        ("competitors.columns=[{ method = \"\", column = \"mos\" }]", "this text is empty; fill it in"),
    ] {
        refused(&folder.run(&["--set", setting]), 2, &[expected]);
    }
    assert!(!folder.at("out").exists());
}

#[test]
fn the_cases_that_went_wrong_are_refused() {
    for (case, expected) in [
        ("csv-duplicate-header", "scores.csv: row 1: columns 3 and 5 are both called \"mos\""),
        ("csv-utf16", "scores.csv: is UTF-16; save it as UTF-8"),
        ("hang-mos-dblmax", "scores.csv: row 3, column \"mos\": \"1.7976931348623157e308\" is outside the range"),
        ("panic-mos-overflow", "scores.csv: row 3, column \"mos\": \"1.7976931348623157e308\" is outside the range"),
    ] {
        let Some(found) = shared(&format!("cases/{case}")) else { return };
        let out = TempDir::new().unwrap();
        let (experiment, data) = (experiment("own.toml"), found.join("scores.csv"));
        let arguments = ["run", &experiment, "--data", data.to_str().unwrap(), "--out", out.path().to_str().unwrap()];
        let methods = ["--set", "iqa.methods=psnr"];
        let output = Command::new(env!("CARGO_BIN_EXE_gradspace")).args(arguments).args(methods).output().unwrap();
        refused(&output, 3, &[expected]);
    }
}
