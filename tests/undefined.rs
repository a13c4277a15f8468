//! Tests through the command line that an undefined value is shown with its reason, and the settings of own data.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gradspace::imaging::decode::write_png;
use gradspace::imaging::{Rgb8, scenes};
use serde_json::Value;
use tempfile::TempDir;

mod common;

/// A folder with a reference, its versions `d8.png` to `d64.png` (smaller numbers are better), and a flat image.
struct Own {
    folder: TempDir,
    experiment: String,
}

const LEVELS: [u8; 8] = [8, 12, 16, 24, 32, 40, 48, 64];

impl Own {
    fn new(width: usize, height: usize) -> Own {
        let folder = TempDir::new().unwrap();
        for number in 1..=2 {
            let scene = scenes::scene(number, width, height, 1);
            let write = |name: String, image: &Rgb8| write_png(folder.path().join(name), image).unwrap();
            write(format!("r{number}.png"), &scene);
            for step in LEVELS {
                let samples = scene.samples.iter().map(|s| s / step * step).collect();
                write(format!("d{number}_{step}.png"), &Rgb8::new(width, height, samples));
            }
            write(format!("flat{number}.png"), &Rgb8::from_fn(width, height, |_, _| [128; 3]));
        }
        let experiment = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/own.toml").display().to_string();
        Own { folder, experiment }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes `scores.csv`.
    fn table(&self, text: &str) {
        std::fs::write(self.path("scores.csv"), text).unwrap();
    }

    fn gradspace(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradspace"));
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    /// Runs the experiment with these overrides and further arguments.
    fn run(&self, overrides: &[&str], more: &[&str]) -> Output {
        let mut arguments = vec![self.experiment.as_str(), "--data", "scores.csv"];
        for given in
            ["iqa.methods=psnr,ssim", "dataset.columns.std=", "statistics.bootstrap=20"].iter().chain(overrides)
        {
            arguments.extend(["--set", given]);
        }
        arguments.extend(more);
        self.gradspace(&arguments)
    }

    /// The printed table of a run that succeeds and replaces earlier results.
    #[track_caller]
    fn succeed(&self, overrides: &[&str]) -> String {
        let output = self.run(overrides, &["--replace"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let verified = self.gradspace(&["verify", "results"]);
        assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
        text(&output.stdout)
    }

    fn result(&self, name: &str) -> String {
        std::fs::read_to_string(self.path("results/own").join(name)).unwrap()
    }

    fn rows(&self) -> Vec<Value> {
        let table: Value = serde_json::from_str(&self.result("table.json")).unwrap();
        table["rows"].as_array().unwrap().clone()
    }

    /// The row of this number.
    #[track_caller]
    fn row(&self, method: &str, subset: &str, statistic: &str) -> Value {
        let is_it = |row: &Value| row["method"] == method && row["subset"] == subset && row["statistic"] == statistic;
        self.rows().into_iter().find(is_it).unwrap_or_else(|| panic!("there is no {statistic} of {method} on {subset}"))
    }

    #[track_caller]
    fn value(&self, method: &str, subset: &str, statistic: &str) -> f64 {
        let row = self.row(method, subset, statistic);
        row["value"].as_f64().unwrap_or_else(|| panic!("{row}"))
    }

    /// The reason why the value is not defined.
    #[track_caller]
    fn reason(&self, method: &str, subset: &str, statistic: &str) -> String {
        let row = self.row(method, subset, statistic);
        assert!(row["value"].is_null() && row["low"].is_null() && row["high"].is_null(), "{row}");
        row["reason"].as_str().unwrap_or_else(|| panic!("{row}")).to_owned()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A table with all distorted images; `rest` gives the fields after the image and its reference.
fn all(header: &str, rest: impl Fn(u64, u8) -> String) -> String {
    let mut table = format!("image,reference,{header}\n");
    for number in 1..=2 {
        for step in LEVELS {
            table += &format!("d{number}_{step}.png,r{number}.png,{}\n", rest(number, step));
        }
    }
    table
}

/// A rating that falls with the step, with some scatter.
fn rating(number: u64, step: u8) -> f64 {
    5.0 - f64::from(step) / 16.0 + if (u64::from(step) / 4 + number).is_multiple_of(2) { 0.2 } else { -0.1 }
}

const FITTED: [&str; 5] = ["plcc", "rmse", "plcc_line", "rmse_line", "srocc_fitted"];

#[test]
fn equal_ratings_are_a_dash_with_the_reason_in_every_format() {
    let own = Own::new(48, 40);
    own.table(&all("mos,std", |_, _| "3,0.3".into()));
    let shown = own.succeed(&["dataset.columns.std=std"]);
    for statistic in ["srocc", "krcc", "outlier_ratio", "outlier_ratio_line"].iter().chain(&FITTED) {
        for method in ["PSNR", "SSIM"] {
            assert_eq!(own.reason(method, "all", statistic), "all ratings are equal");
        }
    }
    assert!(own.rows().iter().all(|row| row["value"].is_null()), "{:?}", own.rows());
    let note = "— SROCC, KRCC, PLCC, RMSE, PLCC line, RMSE line, OR, OR line, SROCC fitted and KRCC fitted are not defined: all ratings are equal.";
    assert!(shown.contains(note) && shown.contains("PSNR        —     —"), "{shown}");
    let (markdown, latex) = (own.result("table.md"), own.result("table.tex"));
    assert!(markdown.contains(&format!("- {note}")) && markdown.contains("| PSNR | — | — |"), "{markdown}");
    assert!(latex.contains(note) && latex.contains("PSNR & — & —"), "{latex}");
    let sections: Value = serde_json::from_str(&own.result("sections.json")).unwrap();
    assert_eq!(sections[0]["rows"][0][1], "—");
    let csv = own.result("table.csv");
    assert!(
        csv.starts_with("method,subset,statistic,value,low,high,published,published_source,status,reason\n"),
        "{csv}"
    );
    assert!(csv.contains("PSNR,all,srocc,,,,,,no published value,all ratings are equal\n"), "{csv}");
    let page = own.gradspace(&["report", "results"]);
    assert!(page.status.success(), "{}", text(&page.stderr));
    let page = std::fs::read_to_string(own.path("results/index.html")).unwrap();
    assert!(page.contains("not defined: all ratings are equal"));
}

#[test]
fn a_constant_method_keeps_its_row_and_the_others_their_values() {
    let own = Own::new(48, 40);
    own.table(&all("mos,mine", |number, step| format!("{},0.5", rating(number, step))));
    let column = "competitors.columns=[{ method = \"Mine\", column = \"mine\" }]";
    let shown = own.succeed(&[column]);
    for statistic in ["srocc", "krcc"].iter().chain(&FITTED) {
        assert_eq!(own.reason("Mine", "all", statistic), "all scores are equal");
        own.value("SSIM", "all", statistic);
    }
    assert!(shown.contains("of Mine are not defined: all scores are equal."), "{shown}");
    assert_eq!(own.row("Mine", "all", "srocc")["from"], "score file");
    assert_eq!(own.row("SSIM", "all", "srocc")["from"], "images");
}

#[test]
fn too_few_images_define_no_correlation_and_no_fit() {
    let own = Own::new(48, 40);
    let few = |count: usize| {
        let table = all("mos", |number, step| rating(number, step).to_string());
        let lines: Vec<&str> = table.lines().take(1 + count).collect();
        own.table(&lines.join("\n"));
        own.succeed(&["iqa.methods=ssim"])
    };
    few(1);
    for statistic in ["srocc", "krcc"].iter().chain(&FITTED) {
        assert_eq!(own.reason("SSIM", "all", statistic), "there is only one image");
    }
    few(2);
    assert_eq!(own.value("SSIM", "all", "srocc").abs(), 1.0);
    let reason = own.reason("SSIM", "all", "rmse_line");
    assert_eq!(reason, "a straight line has 2 parameters and needs 3 images, and there are 2");
    assert!(own.reason("SSIM", "all", "plcc").contains("has 5 parameters and needs 6 images, and there are 2"));
    let shown = few(5);
    assert!(own.reason("SSIM", "all", "rmse").contains("needs 6 images, and there are 5"));
    assert!(own.value("SSIM", "all", "rmse_line") > 0.0);
    assert!(shown.contains("There is no interval: the bootstrap draws references, and there is only one."), "{shown}");
    few(6);
    own.value("SSIM", "all", "rmse");
}

#[test]
fn an_image_without_a_score_is_left_out_counted_and_listed() {
    let own = Own::new(48, 40);
    let mut table = all("mos", |number, step| rating(number, step).to_string());
    own.table(&table);
    own.succeed(&["iqa.methods=gradient,ssim"]);
    let without = own.value("Gradient", "all", "srocc");
    assert!(own.row("Gradient", "all", "srocc").get("images").is_none(), "all rows are of all images");

    table += "flat1.png,r1.png,1\n";
    own.table(&table);
    let shown = own.succeed(&["iqa.methods=gradient,ssim"]);
    assert_eq!(own.row("Gradient", "all", "srocc")["images"], 16);
    assert_eq!(own.row("SSIM", "all", "srocc")["images"], 17);
    assert_eq!(own.value("Gradient", "all", "srocc"), without);
    assert!(shown.contains("Gradient: 1 of 17 images is left out, ") && shown.contains("(flat1.png)."), "{shown}");
    let scores = own.result("scores.csv");
    let flat = scores.lines().find(|line| line.starts_with("flat1.png")).unwrap();
    assert!(scores.lines().next().unwrap().ends_with(",gradient,ssim,undefined"), "{scores}");
    assert!(flat.starts_with("flat1.png,r1.png,,,1,,,") && flat.contains("gradient: "), "{flat}");

    // A metric that is defined on no image has a row of dashes, and the experiment goes on.
    let shown = own.succeed(&["iqa.methods=psnr,ms_ssim"]);
    assert_eq!(own.reason("MS-SSIM", "all", "srocc"), "no image has a score");
    assert_eq!(own.row("MS-SSIM", "all", "srocc")["images"], 0);
    assert!(shown.contains("MS-SSIM: 17 of 17 images are left out") && shown.contains("and 12 more"), "{shown}");
    own.value("PSNR", "all", "rmse");
}

#[test]
fn an_infinite_score_is_not_the_worst_in_a_fit() {
    let own = Own::new(48, 40);
    let table = all("mos", |number, step| rating(number, step).to_string());
    own.table(&table);
    own.succeed(&[]);
    let without = FITTED.map(|statistic| own.value("PSNR", "all", statistic));
    std::fs::copy(own.path("r1.png"), own.path("hidden.png")).unwrap();
    own.table(&(table + "hidden.png,r1.png,5.5\n"));
    let shown = own.succeed(&[]);
    assert_eq!(FITTED.map(|statistic| own.value("PSNR", "all", statistic)), without);
    assert_eq!(own.row("PSNR", "all", "rmse")["images"], 16);
    assert_eq!(own.row("PSNR", "all", "srocc")["images"], 17);
    let note = "PSNR: 1 score is infinite, which the fits (PLCC, RMSE, OR) leave out; the ranks (SROCC, KRCC) use all (hidden.png).";
    assert!(shown.contains(note) && own.result("table.md").contains(note), "{shown}");
    assert!(own.result("manifest.json").contains("\"infinite\": \"left_out\""));
    let shown = own.succeed(&["iqa.infinite=zero"]);
    assert!(shown.contains("which the fits (PLCC, RMSE, OR) count as 0"), "{shown}");
    assert!(own.value("PSNR", "all", "plcc_line") < without[2] - 0.1);
    let message = text(&own.run(&["iqa.infinite=nought"], &[]).stderr);
    assert!(message.contains("unknown value `nought`") && message.contains("left_out"), "{message}");
}

#[test]
fn the_hidden_reference_of_a_reported_case_is_left_out() {
    let Some(case) = common::shared("cases/csv-hidden-reference/scores.csv") else { return };
    let own = Own::new(48, 40);
    let case = case.canonicalize().unwrap().display().to_string();
    let output = own.run(&["iqa.methods=psnr"], &["--data", &case]);
    assert_eq!(output.status.code(), Some(2), "--data is given once");
    let set = ["--set", "iqa.methods=psnr", "--set", "dataset.columns.std="];
    let output = own.gradspace(&[&[own.experiment.as_str(), "--data", &case], &set[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    // scipy.stats.pearsonr of the four other images.
    assert!((own.value("PSNR", "all", "plcc_line") - 0.981).abs() < 5e-4);
}

#[test]
fn a_column_of_the_table_is_a_method() {
    let own = Own::new(48, 40);
    let step = |number: u64, step: u8| match (number, step) {
        (1, 8) => String::new(),
        (1, 12) => "NaN".to_owned(),
        _ => step.to_string(),
    };
    own.table(&all("mos,mine", |number, level| format!("{},{}", rating(number, level), step(number, level))));
    let columns = "competitors.columns=[{ method = \"Mine\", column = \"mine\", higher_is_better = false }]";
    let shown = own.succeed(&[columns]);
    assert!(own.value("Mine", "all", "srocc") > 0.9);
    assert_eq!(own.row("Mine", "all", "srocc")["images"], 14);
    assert!(
        shown.contains("Mine: 2 of 16 images are left out, the table has no score (d1_8.png, d1_12.png)."),
        "{shown}"
    );
    let manifest = own.result("manifest.json");
    assert!(
        manifest.contains("\"competitors/scores.csv\"") && manifest.contains("\"scores\": \"scores.csv\""),
        "{manifest}"
    );
    let expected = own.value("Mine", "all", "srocc");

    // The same scores in another table, and a table that calls its images `distorted`.
    let other: String = all("mine", step)
        .lines()
        .map(|line| format!("{}\n", line.replace(",r1.png", "").replace(",r2.png", "")))
        .collect();
    std::fs::write(own.path("other.csv"), other.replace("image,reference", "name")).unwrap();
    own.succeed(&[columns, "competitors.scores=other.csv"]);
    assert_eq!(own.value("Mine", "all", "srocc"), expected);
    let table = std::fs::read_to_string(own.path("scores.csv")).unwrap();
    own.table(&table.replace("image,", "distorted,"));
    own.succeed(&[columns]);
    assert_eq!(own.value("Mine", "all", "srocc"), expected);
    own.table(&table);

    std::fs::write(own.path("stranger.csv"), "name,mine\nx.png,1\n").unwrap();
    for (overrides, code, expected) in [
        (
            &[columns, "competitors.scores=stranger.csv"][..],
            3,
            "has no Mine score for any image of the dataset, such as d1_8.png",
        ),
        (&["competitors.columns=[{ method = \"Mine\", column = \"mime\" }]"], 3, "did you mean `mine`?"),
        (&["competitors.columns=[{ method = \"ssim\", column = \"mine\" }]"], 2, "`ssim` is a method of this program"),
    ] {
        let output = own.run(overrides, &["--replace"]);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(code) && message.contains(expected), "{message}");
    }
}

#[test]
fn a_column_of_types_gives_the_table_by_type() {
    let own = Own::new(48, 40);
    own.table(&all("mos,kind", |number, step| {
        let kind = if step > 20 { "coarse" } else { "fine" };
        format!("{},{kind}", if kind == "fine" { 3.0 } else { rating(number, step) })
    }));
    let shown = own.succeed(&["dataset.columns.type=kind"]);
    assert!(own.value("SSIM", "coarse", "srocc") > 0.5);
    assert_eq!(own.reason("SSIM", "fine", "srocc"), "all ratings are equal");
    assert!(
        shown.contains("SROCC by subset") && shown.contains("— SROCC on fine is not defined: all ratings are equal."),
        "{shown}"
    );
    assert!(own.path("results/own/types.png").is_file());
    assert!(own.result("manifest.json").contains("\"type\": \"kind\""));
    own.succeed(&[]);
    assert!(own.rows().iter().all(|row| row["subset"] == "all"));
    // Every image with a type of its own: too many for a table by type.
    let mut table = String::from("image,reference,mos,kind\n");
    for i in 0..101 {
        let name = format!("copy{i}.png");
        std::fs::copy(own.path("d1_8.png"), own.path(&name)).unwrap();
        table += &format!("{name},r1.png,{i},t{i}\n");
    }
    own.table(&table);
    let message = text(&own.run(&["dataset.columns.type=kind"], &["--replace"]).stderr);
    assert!(message.contains("101 types of distortion; the table by type is for at most 100"), "{message}");
}

#[test]
fn results_of_other_settings_are_not_replaced_unless_told() {
    let own = Own::new(48, 40);
    own.table(&all("mos", |number, step| rating(number, step).to_string()));
    own.succeed(&[]);
    let before = [own.result("manifest.json"), own.result("table.csv")];
    let now = || [own.result("manifest.json"), own.result("table.csv")];
    for (given, expected) in [
        ("seed=7", "`seed` 2019 → 7"),
        ("iqa.methods=psnr", "`iqa.methods`"),
        ("statistics.bootstrap=30", "`statistics.bootstrap` 20 → 30"),
        ("dataset.higher_is_better=false", "`dataset.columns.higher_is_better` true → false"),
    ] {
        let output = own.run(&[given], &[]);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(2) && message.contains(expected), "{message}");
        for words in ["results/own has results of other settings", "--out", "--replace"] {
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(now(), before);
    }
    // Another table.
    std::fs::copy(own.path("scores.csv"), own.path("others.csv")).unwrap();
    let set = ["--set", "iqa.methods=psnr,ssim", "--set", "dataset.columns.std=", "--set", "statistics.bootstrap=20"];
    let output = own.gradspace(&[&[own.experiment.as_str(), "--data", "others.csv"], &set[..]].concat());
    let message = text(&output.stderr);
    assert!(message.contains("scores.csv → others.csv"), "{message}");
    // A plan says so too.
    let set = ["--set", "seed=7", "--set", "iqa.methods=psnr,ssim", "--set", "dataset.columns.std="];
    let plan = own.gradspace(&[&["plan", &own.experiment, "--data", "scores.csv"], &set[..]].concat());
    assert!(
        text(&plan.stdout).contains("# which has results of other settings: `seed` 2019 → 7"),
        "{}",
        text(&plan.stdout)
    );
    // The same settings, another title or folder, and `--replace` are fine.
    for (overrides, more) in [
        (&[][..], &[][..]),
        (&["title=Another"], &[]),
        (&["seed=7"], &["--out", "other"]),
        (&["seed=7"], &["--replace"]),
    ] {
        let output = own.run(overrides, more);
        assert!(output.status.success(), "{overrides:?} {more:?}: {}", text(&output.stderr));
    }
    assert!(own.result("manifest.json").contains("\"seed\": 7"));
}

#[test]
fn a_wrong_direction_and_absent_data_are_said() {
    let own = Own::new(48, 40);
    own.table(&all("mos", |number, step| rating(number, step).to_string()));
    let asked = "Every method has a negative SROCC. Is the direction right?";
    assert!(!own.succeed(&[]).contains(asked));
    let shown = own.succeed(&["dataset.higher_is_better=false"]);
    assert!(shown.contains(asked) && shown.contains("set dataset.higher_is_better = true."), "{shown}");

    let output = own.gradspace(&[&own.experiment, "--out", "none"]);
    let message = text(&output.stderr);
    assert!(output.status.code() == Some(3) && message.contains("data/own/scores.csv: cannot be read"), "{message}");
    assert!(message.contains("--data FILE"), "{message}");

    let quick = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quick.toml").display().to_string();
    let small =
        ["stand_in.scenes=1", "training.images=2", "training.autoencoder.iterations=2", "statistics.bootstrap=10"];
    let small: Vec<&str> = small.iter().flat_map(|set| ["--set", set]).collect();
    let output = own.gradspace(&[&[quick.as_str()], &small[..]].concat());
    let notes = text(&output.stderr);
    assert!(output.status.success() && notes.starts_with("synthetic images, since "), "{notes}");
}

#[test]
fn a_stray_file_does_not_stop_score() {
    let own = Own::new(48, 40);
    for (folder, names) in [("refs", &["r1.png"][..]), ("encodes", &["d1_8.png", "d1_16.png"])] {
        std::fs::create_dir(own.path(folder)).unwrap();
        for name in names {
            std::fs::copy(own.path(name), own.path(folder).join(name.replace("d1", "r1"))).unwrap();
        }
    }
    std::fs::copy(own.path("flat1.png"), own.path("encodes/stray.png")).unwrap();
    std::fs::write(own.path("encodes/r1_text.png"), "not an image").unwrap();
    for format in ["text", "csv", "json"] {
        let output = own.gradspace(&["score", "refs", "encodes", "--metrics", "ssim", "--format", format]);
        let (shown, message) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(3), "{message}");
        assert!(shown.contains("r1_8.png") && shown.contains("r1_16.png"), "{shown}");
        assert!(message.contains("encodes/stray.png: has no reference in refs"), "{message}");
        assert!(message.contains("encodes/r1_text.png"), "{message}");
    }
}
