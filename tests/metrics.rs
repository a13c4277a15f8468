//! Compares the metrics on real images with the scores of the authors' group and with those of the official programs.

mod common;

use common::shared;
use gradspace::imaging::Rgb8;
use gradspace::imaging::decode::read_image;
use gradspace::iqa::metrics::Metric;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The rows of a CSV file of the data beside the project, by their first column.
fn rows(path: &str) -> Option<BTreeMap<String, BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_path(shared(path)?).unwrap();
    let headers = reader.headers().unwrap().clone();
    let named = |row: csv::StringRecord| headers.iter().zip(&row).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    Some(reader.records().map(|row| row.unwrap()).map(|row| (row[0].to_owned(), named(row))).collect())
}

/// The reference of an image of TID2013, cropped from its Kodak image.
fn reference(id: &str) -> Option<Rgb8> {
    let mut reader = csv::Reader::from_path(shared("data/tid2013/reference_crops.csv")?).unwrap();
    let row = reader.records().map(|row| row.unwrap()).find(|row| row[0] == id[..3].to_uppercase()).unwrap();
    let whole = read_image(shared(&format!("data/kodak24/{}", &row[1]))?).unwrap();
    let [top, left, height, width] = [2, 3, 4, 5].map(|i| row[i].parse::<usize>().unwrap());
    Some(Rgb8::from_fn(width, height, |x, y| whole.pixel(left + x, top + y)))
}

/// A pair of images: real files of the database, or rebuilt images. JPEG (type 10) is decoded from its stream, and a mean shift (type 16)
/// is added.
fn pair(id: &str, parameter: f64) -> Option<(Rgb8, Rgb8)> {
    let reference = reference(id)?;
    let distorted = match &id[4..6] {
        "10" if id != "i19_10_5" => read_image(shared(&format!("data/tid2013/jpeg_type10/{id}.jpg"))?).unwrap(),
        "16" => {
            let shifted = |v: u8| (f64::from(v) + parameter).clamp(0.0, 255.0) as u8;
            Rgb8::from_fn(512, 384, |x, y| reference.pixel(x, y).map(shifted))
        }
        _ => read_image(shared(&format!("data/tid2013/real_distorted/{id}.png"))?).unwrap(),
    };
    Some((reference, distorted))
}

/// Compares every metric with published scores of the authors' group, in the variant that they used, on 24 images of nine distortion
/// types.
#[test]
fn the_authors_scores_are_met() {
    let Some(authors) = rows("data/tid2013/tid2013.csv") else { return };
    // The metric, the column, and the largest accepted difference. The file of PerSIM explains its difference.
    let columns = [
        ("psnr_luma", "olives_m1_psnr", 1e-10),
        ("psnr_ha", "olives_m2", 1e-9),
        ("psnr_hma", "olives_m3", 1e-9),
        ("ssim_downsampled", "olives_m4_ssim", 1e-12),
        ("ms_ssim", "olives_m5_msssim", 1e-12),
        ("cw_ssim_6", "olives_m6_cwssim", 1e-12),
        ("iw_ssim", "olives_m7_iwssim", 1e-11),
        ("sr_sim", "olives_m8_srsim", 1e-12),
        ("fsimc", "olives_m10_fsimc", 1e-12),
        ("persim", "olives_m11_persim", 1e-4),
    ];
    let real =
        ["i01_01_5", "i01_06_5", "i03_11_3", "i03_11_5", "i04_18_5", "i06_18_3", "i08_15_3", "i19_10_5", "i21_21_5"];
    let jpeg = [
        "i02_10_1", "i05_10_2", "i07_10_3", "i09_10_4", "i11_10_5", "i14_10_1", "i16_10_3", "i18_10_4", "i20_10_5",
        "i24_10_2",
    ];
    let shift = ["i10_16_1", "i12_16_2", "i13_16_3", "i22_16_4", "i23_16_5"];
    let ids: Vec<&str> = real.into_iter().chain(jpeg).chain(shift).collect();
    let worst: Vec<[f64; 10]> = ids
        .par_iter()
        .map(|id| {
            let row = &authors[*id];
            let parameter =
                if &id[4..6] == "16" { row["param"].trim_start_matches("shift=").parse().unwrap() } else { 0.0 };
            let Some((reference, distorted)) = pair(id, parameter) else { return [0.0; 10] };
            columns.map(|(key, column, _)| {
                let score = Metric::from_key(key).unwrap().score(&reference, &distorted).unwrap();
                (score - row[column].parse::<f64>().unwrap()).abs()
            })
        })
        .collect();
    for (i, (key, column, tolerance)) in columns.into_iter().enumerate() {
        for (id, worst) in ids.iter().zip(&worst) {
            assert!(worst[i] <= tolerance, "{key} of {id} is {:e} from {column}", worst[i]);
        }
    }
}

/// Compares the metrics with the printed values of the official MATLAB programs, within half a unit of the last digit.
#[test]
fn the_official_values_are_met() {
    let Some(official) = rows("oracle/iqa_official.csv") else { return };
    let columns = [
        ("psnr", "psnr", 0.0051),
        ("ssim", "ssim", 5.1e-5),
        ("ms_ssim_sum", "ms_ssim", 5.1e-5),
        ("cw_ssim", "cw_ssim", 5.1e-5),
        ("fsimc", "fsim", 5.1e-5),
        ("gmsd", "gmsd", 1e-12),
        ("vif", "vif", 5.1e-5),
    ];
    for (id, row) in official {
        let Some((reference, distorted)) = pair(&id, 0.0) else { return };
        for (key, column, tolerance) in columns {
            let score = Metric::from_key(key).unwrap().score(&reference, &distorted).unwrap();
            let difference = (score - row[column].parse::<f64>().unwrap()).abs();
            assert!(difference <= tolerance, "{key} of {id} is {score}, {difference:e} from the official value");
        }
    }
}
