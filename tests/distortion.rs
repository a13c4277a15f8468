//! Compares the distortions with TID2013: the five exact types bit by bit, and the names and errors of all types.

mod common;

use approx::abs_diff_eq;
use std::collections::BTreeMap;
use std::path::Path;

use gradspace::imaging::Rgb8;
use gradspace::imaging::distortion::{TYPES, blur, contrast, mean_shift, quantise, saturation};
use sha2::{Digest, Sha256};

/// The rows of a table, each as a map from heading to value.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// The SHA-256 of an image's samples, in hexadecimal.
fn sha256(image: &Rgb8) -> String {
    Sha256::digest(&image.samples).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The reference images of TID2013, which are crops of the Kodak images.
fn references(tid2013: &Path, kodak: &Path) -> BTreeMap<String, Rgb8> {
    let crop = |row: BTreeMap<String, String>| {
        let number = |key: &str| row[key].parse::<usize>().unwrap();
        let (x0, y0) = (number("x"), number("y"));
        let kodak = image::open(kodak.join(&row["kodak_file"])).unwrap().into_rgb8();
        let reference = Rgb8::from_fn(number("width"), number("height"), |x, y| {
            kodak.get_pixel((x0 + x) as u32, (y0 + y) as u32).0
        });
        assert_eq!(sha256(&reference), row["sha256_rgb8"], "{}", row["tid_ref"]);
        (row["tid_ref"].clone(), reference)
    };
    rows(&tid2013.join("reference_crops.csv")).into_iter().map(crop).collect()
}

#[test]
fn the_five_exact_types_are_the_databases_images_bit_for_bit() {
    let (Some(tid2013), Some(kodak)) = (common::shared("data/tid2013"), common::shared("data/kodak24")) else { return };
    let references = references(&tid2013, &kodak);
    let mut checked = BTreeMap::new();
    for row in rows(&tid2013.join("tid2013.csv")) {
        if !row["reconstruction"].starts_with("exact") || row["type"] == "10" {
            continue;
        }
        let reference = &references[&row["ref"]];
        let (key, value) = row["param"].split_once('=').unwrap();
        let real = || value.parse::<f64>().unwrap();
        let image = match key {
            "step" => quantise(reference, value.parse().unwrap()),
            "sigma" => blur(reference, real()),
            "shift" => mean_shift(reference, value.parse().unwrap()),
            "gain" => contrast(reference, real()),
            "chroma_gain" => saturation(reference, real()),
            _ => panic!("{}: a parameter {key} is not known", row["name"]),
        };
        assert_eq!(sha256(&image), row["sha256_rgb8"], "{} {}", row["name"], row["param"]);
        *checked.entry(row["type"].clone()).or_insert(0) += 1;
    }
    let expected = [("16", 120), ("17", 120), ("18", 109), ("7", 120), ("8", 120)];
    assert_eq!(checked, expected.map(|(key, count)| (key.to_owned(), count)).into());
}

#[test]
fn the_names_and_errors_are_the_databases() {
    let Some(tid2013) = common::shared("data/tid2013") else { return };
    let mut sums = [[0.0; 5]; 24];
    for row in rows(&tid2013.join("tid2013.csv")) {
        let (number, level): (usize, usize) = (row["type"].parse().unwrap(), row["level"].parse().unwrap());
        assert_eq!(row["type_name"], TYPES[number - 1].name);
        // The 25th reference is artificial and not available.
        if row["ref"] != "I25" {
            sums[number - 1][level - 1] += row["luma_mse"].parse::<f64>().unwrap();
        }
    }
    for (distortion, sums) in TYPES.iter().zip(sums) {
        for (error, sum) in distortion.luma_mse.iter().zip(sums) {
            assert!(
                abs_diff_eq!(*error, sum / 24.0, epsilon = 0.00501),
                "{}: {error} is not {}",
                distortion.name,
                sum / 24.0
            );
        }
    }
}
