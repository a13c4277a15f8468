//! Tests the readers of datasets on the real data beside the project.

mod common;

use common::shared;
use gradspace::datasets::database::{Entry, Image};
use gradspace::datasets::multi_live;
use gradspace::datasets::scores::{Numbers, ScoreColumn};
use gradspace::datasets::tid2013::{self, ImageId};
use gradspace::datasets::tid2013_rebuild::{self, Options, sha256};
use gradspace::datasets::{folder, scores};

use gradspace::files::mat;
use gradspace::imaging::Rgb8;
use gradspace::imaging::decode::read_image;
use ndarray::Array2;
use std::collections::BTreeMap;
use std::path::Path;

/// A column of `tid2013.csv` by image, without empty fields.
fn column(name: &str) -> Option<Vec<(ImageId, String)>> {
    let mut reader = csv::Reader::from_path(shared("data/tid2013/tid2013.csv")?).unwrap();
    let index = reader.headers().unwrap().iter().position(|found| found == name).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    Some(
        rows.map(|row| (ImageId::parse(&row[0]).unwrap(), row[index].to_string()))
            .filter(|(_, f)| !f.is_empty())
            .collect(),
    )
}

fn distorted(entry: &Entry) -> Rgb8 {
    entry.read_distorted(&entry.read_reference().unwrap()).unwrap()
}

fn matrix(path: &Path, name: &str) -> Array2<f64> {
    let found = mat::read_mat_all(path).unwrap().into_iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("{name} is in {}", path.display())).1
}

#[test]
fn jpeg_streams_decode_to_the_databases_samples() {
    let (Some(folder), Some(hashes)) = (shared("data/tid2013/jpeg_type10"), column("sha256_rgb8")) else { return };
    let jpegs: Vec<_> = hashes.iter().filter(|(id, _)| id.distortion == 10).collect();
    assert_eq!(jpegs.len(), 120);
    for (id, expected) in jpegs {
        assert_eq!(&sha256(&read_image(folder.join(format!("{id}.jpg"))).unwrap()), expected, "{id}");
    }
}

/// The whole command makes 709 images with the samples of the database. A second run keeps them and makes a damaged one again. The
/// reader accepts the folder, also with real files added to it.
#[test]
fn the_database_is_made_again() {
    let (Some(kodak), Some(jpeg), Some(real), Some(official)) = (
        shared("data/kodak24"),
        shared("data/tid2013/jpeg_type10"),
        shared("data/tid2013/real_distorted"),
        shared("data/tid2013/original_scores"),
    ) else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let mut options = Options { kodak, jpeg: None, out: out.path().to_path_buf() };
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let count = |_, total| {
        assert_eq!(total, 709);
        calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let summary = tid2013_rebuild::rebuild(&options, &count).unwrap();
    assert_eq!((summary.made, summary.kept, summary.left_out, summary.failed), (589, 0, 120, vec![]));
    assert_eq!(calls.into_inner(), 709);

    // One image is damaged, one JPEG stream is truncated, and one belongs to another image. Only the first is made again.
    std::fs::write(out.path().join("distorted_images/i13_08_3.bmp"), "damaged").unwrap();
    let copies = tempfile::tempdir().unwrap();
    for path in folder::list_images(&jpeg).unwrap() {
        std::fs::copy(&path, copies.path().join(path.file_name().unwrap())).unwrap();
    }
    let cut = &std::fs::read(jpeg.join("i01_10_1.jpg")).unwrap()[..9000];
    std::fs::write(copies.path().join("i01_10_1.jpg"), cut).unwrap();
    std::fs::copy(jpeg.join("i02_10_1.jpg"), copies.path().join("i02_10_2.jpg")).unwrap();
    options.jpeg = Some(copies.path().to_path_buf());
    let summary = tid2013_rebuild::rebuild(&options, &|_, _| ()).unwrap();
    assert_eq!((summary.made, summary.kept, summary.left_out, summary.failed.len()), (119, 588, 0, 2));
    let text = summary.to_string();
    assert!(
        text.contains("i01_10_1 not written: ") && text.contains("i01_10_1.jpg: is damaged or truncated"),
        "{text}"
    );
    assert!(text.contains("i02_10_2 not written: its SHA-256 is"), "{text}");
    assert_eq!(tid2013::read(out.path()).unwrap().entries.len(), 707);

    options.jpeg = Some(jpeg);
    let summary = tid2013_rebuild::rebuild(&options, &|_, _| ()).unwrap();
    assert_eq!((summary.made, summary.kept, summary.left_out, summary.failed), (2, 707, 0, vec![]));

    let data = tid2013::read(out.path()).unwrap();
    let coverage = "709 of 3000 images, of types 7, 8, 10, 16, 17 (120 each), 18 (109); 24 of 25 references";
    assert_eq!(data.description, format!("TID2013, {coverage}"));
    let hashes: BTreeMap<Image, String> =
        column("sha256_rgb8").unwrap().into_iter().map(|(id, hash)| (id.image(), hash)).collect();
    for entry in data.entries.iter().step_by(59) {
        assert_eq!(sha256(&distorted(entry)), hashes[&entry.image], "{}", entry.image.name);
    }

    // The official score files give the same entries for the partial database, to the last digit.
    for name in ["mos_with_names.txt", "mos_std.txt"] {
        std::fs::copy(official.join(name), out.path().join(name)).unwrap();
    }
    let mut whole = tid2013::read(out.path()).unwrap();
    assert_eq!(whole.entries, data.entries);

    // Real files as PNG are rejected as duplicates beside the rebuilt ones, and accepted without them.
    for name in ["i01_06_5.png", "i06_18_3.png"] {
        std::fs::copy(real.join(name), out.path().join("distorted_images").join(name)).unwrap();
    }
    let error = tid2013::read(out.path()).unwrap_err().to_string();
    assert!(error.contains("i06_18_3.png: is the same image as"), "{error}");
    std::fs::remove_file(out.path().join("distorted_images/i06_18_3.bmp")).unwrap();
    whole = tid2013::read(out.path()).unwrap();
    assert_eq!(whole.entries.len(), 710);
    let entry = whole.entries.iter().find(|entry| entry.image.name == "i01_06_5").unwrap();
    assert_eq!((entry.opinion, entry.deviation), (2.94444, Some(0.11072)));
    assert_eq!(sha256(&distorted(entry)), hashes[&entry.image]);

    // A further run does not overwrite them.
    let error = tid2013_rebuild::rebuild(&options, &|_, _| ()).unwrap_err().to_string();
    assert!(error.contains("would be lost"), "{error}");
}

/// The vectors of the authors' group in `.mat` files and the columns of the CSV file contain the same numbers.
#[test]
fn competitors_scores_agree_between_their_files() {
    let (Some(csv), Some(olives)) = (shared("data/tid2013/tid2013.csv"), shared("data/iqa_scores/olives_mat")) else {
        return;
    };
    let pairs = [
        ("olives_m2", "PSNR-HA", "data_T/TID_metric_metInd_2_poolInd_1.mat"),
        ("olives_m10_fsimc", "FSIMc", "data_T/TID_metric_metInd_10_poolInd_1.mat"),
        ("olives_unique_regressed", "UNIQUE", "mat/unique_tid.mat"),
    ];
    let columns = pairs.map(|(column, method, _)| ScoreColumn::scores(column, method));
    let methods = scores::read_csv(&csv, tid2013::NAMING, None, &columns).unwrap();
    // The vectors have the order of the image names.
    let all: Vec<Image> = methods[0].scores.keys().cloned().collect();
    assert_eq!(all.len(), 3000);
    for (from_csv, (_, method, file)) in methods.iter().zip(pairs) {
        let from_mat = matrix(&olives.join(file), "temp");
        assert_eq!(from_csv.method, method);
        let (a, b) = (from_csv.of(&all).unwrap(), from_mat.iter().copied().collect::<Vec<f64>>());
        assert_eq!(b.len(), all.len());
        let worst = a.iter().zip(&b).filter(|(a, _)| a.is_finite()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-12, "{method}: {worst}");
        let not_finite = |scores: &[f64]| scores.iter().filter(|score| !score.is_finite()).count();
        assert_eq!(not_finite(&a), not_finite(&b));
    }
    let error = scores::read_csv(&csv, tid2013::NAMING, None, &[ScoreColumn::scores("olives_psnr", "PSNR")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean `olives_m1_psnr`?"), "{error}");
}

/// The table of MULTI-LIVE from the authors' group has 225 images of 15 references in each part, and the reader accepts every name.
#[test]
fn multi_lives_names_are_understood() {
    let Some(csv) = shared("data/iqa_scores/multi_live_olives.csv") else { return };
    let dmos = [ScoreColumn { numbers: Numbers::Opinions, ..ScoreColumn::scores("dmos", "DMOS") }];
    let read = scores::read_csv(&csv, multi_live::NAMING, None, &dmos).unwrap();
    let images: Vec<_> = read[0].scores.keys().collect();
    for kind in ["blur_jpeg", "blur_noise"] {
        assert_eq!(images.iter().filter(|i| i.kind == kind).count(), 225);
    }
    let references: std::collections::BTreeSet<_> = images.iter().map(|i| &i.reference).collect();
    assert_eq!((images.len(), references.len()), (450, 15));
}

/// Lists that SciPy wrote, with compressed cell arrays of strings.
#[test]
fn cells_of_another_writer_are_read() {
    let file = |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/multi_live").join(name);
    for (part, second) in [(1, "jpeg"), (2, "noise")] {
        let lists = mat::read_variables(file(&format!("part{part}_Imagelists.mat"))).unwrap();
        let of = |name: &str| &lists.iter().find(|(found, _)| found == name).unwrap().1;
        let distorted = of("distimgs").strings().unwrap();
        assert_eq!((distorted.len(), distorted[0].clone()), (30, format!("cows_{second}1.bmp")));
        assert_eq!(of("refimgs").strings().unwrap(), ["cows.bmp", "fly_by.bmp"]);
        assert_eq!(of("ref4dist").vector().unwrap()[14..16], [1.0, 2.0]);
        let scores = mat::read_variables(file(&format!("part{part}_Scores.mat"))).unwrap();
        assert_eq!((scores[0].0.as_str(), scores[0].1.vector().unwrap().len()), ("DMOSscores", 30));
    }
}

/// In the authors' weights, `optTheta` begins with `W`. Both are stored by columns.
#[test]
fn weights_are_read_by_columns() {
    let Some(path) = shared("data/unique_weights/ImageNet_Weights_YGCr.mat") else { return };
    let (w, b, theta) = ["W", "b", "optTheta"].map(|name| matrix(&path, name)).into();
    assert_eq!((w.dim(), b.dim(), theta.dim()), ((400, 192), (400, 1), (154_192, 1)));
    for (unit, input) in [(0, 0), (1, 0), (0, 1), (399, 191)] {
        assert_eq!(w[[unit, input]], theta[[400 * input + unit, 0]]);
    }
    assert_eq!(b[[7, 0]], theta[[2 * 400 * 192 + 7, 0]]);
}

#[test]
fn training_images_are_found() {
    let Some(natural) = shared("data/natural") else { return };
    assert_eq!(folder::list_images(natural.join("bsds500_train_60")).unwrap().len(), 60);
    assert_eq!(folder::list_images(natural.join("tiny_imagenet_1010")).unwrap().len(), 1010);
    assert!(read_image(&folder::list_images(natural).unwrap()[0]).is_ok());
}
