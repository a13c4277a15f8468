//! Runs the README's commands like a reader would, and tests that the results that it shows are made again with the same bytes.

mod common;

use gradspace::report::claims::{Claims, Comparison};
use gradspace::report::folder::NO_RESULTS;
use std::path::Path;
use std::process::Command;

/// The lines of the README's `sh` blocks that call the program and do not take minutes.
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
    // Own data: two reference images, each with four versions and their scores.
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

/// A number of the committed results.
#[derive(serde::Deserialize)]
struct Number {
    method: String,
    subset: String,
    statistic: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    published: Option<f64>,
}

impl Number {
    /// Half the width of the interval.
    fn half(&self) -> f64 {
        (self.high.expect("an interval") - self.low.expect("an interval")) / 2.0
    }

    fn value(&self) -> f64 {
        self.value.expect("a value")
    }

    /// `[0.797, 0.842]`
    fn interval(&self) -> String {
        format!("[{}, {}]", fixed(self.low.expect("an interval"), 3), fixed(self.high.expect("an interval"), 3))
    }

    /// `57.0 ± 1.0`
    fn with_half(&self, digits: usize) -> String {
        format!("{} ± {}", fixed(self.value(), digits), fixed(self.half(), digits))
    }
}

/// A number with the sign that the README prints.
fn fixed(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('-', "−")
}

/// All numbers of one results folder.
fn results(name: &str) -> Vec<Number> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results").join(name).join("table.csv");
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(|row| row.unwrap_or_else(|e| panic!("{}: {e}", path.display()))).collect()
}

fn number<'a>(of: &'a [Number], method: &str, subset: &str, statistic: &str) -> &'a Number {
    let found = of.iter().find(|n| n.method == method && n.subset == subset && n.statistic == statistic);
    found.unwrap_or_else(|| panic!("there is no {statistic} of {method} on {subset}"))
}

/// The numbers of the README are those of the committed results: each text is in it, with the numbers of today.
#[test]
fn its_numbers_are_those_of_the_results() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let mut texts = Vec::new();

    let synthetic = results("tid2013-stand-in");
    for method in ["UNIQUE", "Gradient", "PSNR-HA", "FSIMc"] {
        let n = number(&synthetic, method, "stand-in", "severity_srocc");
        texts.push(format!("| {method} | {} | {} |", fixed(n.value(), 3), n.interval()));
    }

    let tid2013 = results("tid2013");
    let srocc = |method: &str| number(&tid2013, method, "present", "srocc");
    for method in ["SUMMER", "UNIQUE", "Gradient", "PerSIM", "FSIMc", "PSNR-HA", "SR-SIM", "IW-SSIM"] {
        let n = srocc(method);
        let name = if method == "Gradient" { "Gradient, the paper's proposed method" } else { method };
        // The publication shows the SROCC of the fitted scores of PSNR-HA.
        let of = if method == "PSNR-HA" { number(&tid2013, method, "present", "srocc_fitted") } else { n };
        let published = fixed(of.published.expect("a published value"), 3);
        texts.push(format!("| {name} | {} | {} | {published} |", fixed(n.value(), 3), n.interval()));
    }
    let fitted = number(&tid2013, "PSNR-HA", "present", "srocc_fitted");
    texts.push(format!("fitted scores (here {})", fixed(fitted.value(), 3)));
    let gain = number(&tid2013, "UNIQUE", "present", "srocc_gain_of_gradient");
    let interval = format!("[{}, {}]", fixed(-gain.high.expect("an end"), 3), fixed(-gain.low.expect("an end"), 3));
    texts.push(format!("the difference is {} in favour of UNIQUE", fixed(-gain.value(), 3)));
    texts.push(format!("95 % interval of {interval}"));
    let pair = |a: &str, b: &str| format!("({} against {})", fixed(srocc(a).value(), 3), fixed(srocc(b).value(), 3));
    texts.push(format!("SUMMER in SROCC {}", pair("SUMMER", "Gradient")));

    let parity = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/tid2013/parity.csv");
    for row in csv::Reader::from_path(parity).expect("parity.csv").records().map(|row| row.expect("a row")) {
        let number = |i: usize| row[i].parse::<f64>().expect("a number");
        // The README shows some of the rows.
        if readme.contains(&format!("\n| {} | {:.1e} |", &row[0], number(3))) {
            texts.push(format!("| {} | {:.1e} | {:.1e} | {} |", &row[0], number(3), number(4), &row[5]));
        }
    }

    let ablation = results("ablation");
    let of = |method: &str| fixed(number(&ablation, method, "present", "srocc").value(), 3);
    texts.push(format!("gradient of the reference has an SROCC of {}", of("Gradient, raw")));
    texts.push(format!(
        "The logit raises it to {}, its angle to {}, and the unit weights to {}",
        of("Gradient, logit"),
        of("Gradient, logit and angle"),
        of("Gradient")
    ));
    texts.push(format!("without any gradient, reach {}", of("Encoder, raw")));
    texts.push(format!("the unit weights they fall to {}", of("Encoder, logit and angle, weighted")));
    texts.push(format!("the same whitened patches reaches {}", of("Random projection")));
    let gain = number(&ablation, "Random projection", "present", "srocc_gain_of_gradient");
    texts.push(format!("the gradient adds {} {}", fixed(gain.value(), 3), gain.interval()));
    texts.push(format!("the distorted image gives {}", of("Gradient of the distorted image")));

    let spread = results("training-spread");
    let reference = |method: &str| number(&spread, &format!("{method}, reference weights"), "all", "srocc").value();
    texts.push(format!("| {} | {} |", fixed(reference("UNIQUE"), 3), fixed(reference("Gradient"), 3)));
    for (name, source) in [
        ("photographs (1,000 of Tiny ImageNet), 60,000 patches", "photographs, 60,000 patches"),
        ("the same photographs, 10,000 patches", "photographs, 10,000 patches"),
        ("synthetic scenes, 10,000 patches", "scenes, 10,000 patches"),
    ] {
        let cells = ["UNIQUE", "Gradient"].map(|method| {
            let of =
                |statistic: &str| fixed(number(&spread, &format!("{method}, {source}"), "all", statistic).value(), 3);
            format!("{} ({} to {})", of("srocc"), of("srocc_lowest"), of("srocc_highest"))
        });
        texts.push(format!("| {name} | {} |", cells.join(" | ")));
    }

    let gtsrb = results("gtsrb");
    let conditions = ["decolorization", "codec_error", "noise", "lens_blur", "dirty_lens", "rain", "all"];
    for (name, method) in [
        ("VAE-A, activations", "VAE-A"),
        ("VAE-R, ∂L/∂φ", "VAE-R"),
        ("VAE-L, ∂Ω/∂θ", "VAE-L"),
        ("Proposed, both", "Proposed"),
    ] {
        let accuracy = conditions.map(|condition| number(&gtsrb, method, condition, "accuracy").with_half(1));
        let auroc = number(&gtsrb, method, "all", "auroc").with_half(3);
        texts.push(format!("| {name} | {} | {auroc} |", accuracy.join(" | ")));
    }
    let blur = ["Proposed", "VAE-A"].map(|method| fixed(number(&gtsrb, method, "lens_blur", "accuracy").value(), 1));
    let p = number(&gtsrb, "VAE-A", "lens_blur", "accuracy_gain_p_of_proposed").value();
    texts.push(format!("({} against {} %, p = {})", blur[0], blur[1], format!("{p:.3}").trim_start_matches('0')));
    let gain = |method: &str, statistic: &str| number(&gtsrb, method, "all", &format!("{statistic}_gain_of_proposed"));
    let (points, auroc) = (gain("VAE-A", "accuracy"), gain("VAE-A", "auroc"));
    texts.push(format!("{} ± {} points less", fixed(-points.value(), 1), fixed(points.half(), 1)));
    texts.push(format!("{} ± {} less AUROC", fixed(-auroc.value(), 3), fixed(auroc.half(), 3)));
    texts.push(format!("(+{})", gain("VAE-R", "accuracy").with_half(1)));

    let regularization = results("regularization");
    let of = |method: &str| number(&regularization, method, "all", "accuracy");
    for method in ["Proposed", "VAE-A"] {
        let cells = ["rain", "haze", "dirty lens"]
            .map(|shown| of(&format!("What the classifier was shown, at level 1 · {shown} · {method}")).with_half(1));
        texts.push(format!("{}, {} and {} %", cells[0], cells[1], cells[2]));
    }
    let layer = |name: &str| fixed(of(&format!("Layer whose gradient is taken · ∂BCE, {name}")).value(), 1);
    texts.push(format!("({} against {} %,", layer("up.0"), layer("up.3")));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/regularization/claims.json");
    let claims = Claims::parse(&std::fs::read_to_string(&path).expect("claims.json"), &path).expect("claims");
    let tests = claims.claims.iter().flat_map(|claim| &claim.tests).flat_map(|test| &test.comparisons);
    let between = |c: &&Comparison| c.left.ends_with("∂BCE, up.3") && c.right.ends_with("∂BCE, up.0");
    let comparison = tests.into_iter().find(between).expect("the claim about the layers");
    let half = (comparison.high.expect("an end") - comparison.low.expect("an end")) / 2.0;
    texts.push(format!("+{} ± {})", fixed(-comparison.difference, 1), fixed(half, 1)));

    let rmse = number(&results("multi-live"), "IW-SSIM", "all", "rmse").value();
    texts.push(format!("that of the converged curve is {}", fixed(rmse, 3)));

    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (readme, mut missing) = (flat(&readme), Vec::new());
    missing.extend(texts.iter().filter(|text| !readme.contains(&flat(text))));
    assert!(missing.is_empty(), "README.md lacks, with these numbers:\n{missing:#?}");
}
