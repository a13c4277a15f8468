//! Recomputes the published statistics of the paper's competing methods from their per-image scores.
//!
//! The rows are the cells of the published table that the per-image scores reproduce to the printed digits. Printed values are sometimes
//! truncated, not rounded. A row contains the fit that the publication used; for several methods it was a straight line.

mod common;

use std::path::Path;

use approx::abs_diff_eq;
use common::shared;
use gradspace::stats::correlation::{krcc, outlier_ratio, plcc, rmse, srocc};
use gradspace::stats::isotonic;
use gradspace::stats::logistic::{self, Family, Fit};

/// A table of per-image opinions, their standard deviations if known, and the scores of the methods.
struct Database {
    rows: Vec<csv::StringRecord>,
    header: csv::StringRecord,
}

impl Database {
    fn read(path: &str) -> Option<Database> {
        Some(Database::of(&shared(path)?))
    }

    fn of(path: &Path) -> Database {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header = reader.headers().unwrap().clone();
        Database { rows: reader.records().map(Result::unwrap).collect(), header }
    }

    fn column(&self, name: &str) -> Vec<f64> {
        let at = self.header.iter().position(|column| column == name).expect(name);
        self.rows.iter().map(|row| row[at].parse().expect(name)).collect()
    }
}

/// The fit behind the published PLCC, RMSE and outlier ratio.
enum Published {
    Converged,
    StraightLine,
}
use Published::{Converged, StraightLine};

fn assert_near(what: String, value: f64, published: f64, tolerance: f64) {
    assert!(abs_diff_eq!(value, published, epsilon = tolerance), "{what} is {value}, published {published}");
}

#[test]
fn tid2013_as_published() {
    let Some(data) = Database::read("data/tid2013/tid2013.csv") else { return };
    let (mos, sigma) = (data.column("mos"), data.column("mos_std"));
    assert_eq!(mos.len(), 3000);
    for (method, column, kind, [ratio, error, linear, order, pairs]) in [
        ("PSNR-HA", "olives_m2", Converged, [0.615, 0.652, 0.851, 0.847, 0.666]),
        ("IW-SSIM", "olives_m7_iwssim", Converged, [0.701, 0.688, 0.832, 0.778, 0.598]),
        ("SR-SIM", "olives_m8_srsim", Converged, [0.632, 0.619, 0.866, 0.807, 0.641]),
        ("FSIMc", "olives_m10_fsimc", StraightLine, [0.728, 0.687, 0.832, 0.851, 0.667]),
        ("PerSIM", "olives_m11_persim", StraightLine, [0.655, 0.643, 0.855, 0.854, 0.678]),
        ("UNIQUE", "olives_unique_regressed", StraightLine, [0.640, 0.613, 0.869, 0.860, 0.667]),
    ] {
        let scores = data.column(column);
        let fit = logistic::fit(Family::Published, &scores, &mos).unwrap();
        assert!(fit.converged, "{method}: {fit:?}");
        let q = match kind {
            Converged => fit.curve.map(&scores),
            StraightLine => logistic::line(&scores, &mos).unwrap().map(&scores),
        };
        assert_near(format!("{method}: outlier ratio"), outlier_ratio(&q, &mos, &sigma).unwrap(), ratio, 0.0015);
        assert_near(format!("{method}: RMSE"), rmse(&q, &mos).unwrap(), error, 0.0015);
        assert_near(format!("{method}: PLCC"), plcc(&q, &mos).unwrap(), linear, 0.0015);
        // A curve that is not monotone changes the order. The published rank correlations of PSNR-HA are those of the fitted scores.
        let ranked = if method == "PSNR-HA" { &q } else { &scores };
        assert_near(format!("{method}: SROCC"), srocc(ranked, &mos).unwrap(), order, 0.0015);
        assert_near(format!("{method}: KRCC"), krcc(ranked, &mos).unwrap(), pairs, 0.0015);
    }
    let raw = data.column("olives_m2");
    assert_near("PSNR-HA: raw SROCC".into(), srocc(&raw, &mos).unwrap(), 0.779, 0.0015);
    assert_near("PSNR-HA: raw KRCC".into(), krcc(&raw, &mos).unwrap(), 0.611, 0.0015);
}

#[test]
fn multi_live_as_published() {
    let Some(data) = Database::read("data/iqa_scores/multi_live_olives.csv") else { return };
    let dmos = data.column("dmos");
    assert_eq!(dmos.len(), 450);
    for (method, column, kind, [error, linear, order, pairs]) in [
        ("PSNR-HA", "olives_m2", Converged, [11.320, 0.801, 0.715, 0.532]),
        ("IW-SSIM", "olives_m7", StraightLine, [10.049, 0.847, 0.884, 0.702]),
        ("SR-SIM", "olives_m8", Converged, [8.686, 0.888, 0.867, 0.678]),
        ("FSIMc", "olives_m10", StraightLine, [10.794, 0.821, 0.867, 0.677]),
        ("PerSIM", "olives_m11", StraightLine, [9.898, 0.852, 0.818, 0.624]),
        ("UNIQUE", "olives_unique", StraightLine, [9.258, 0.872, 0.867, 0.679]),
    ] {
        let scores = data.column(column);
        let fit = logistic::fit(Family::Published, &scores, &dmos).unwrap();
        assert!(fit.converged, "{method}: {fit:?}");
        let q = match kind {
            Converged => fit.curve.map(&scores),
            StraightLine => logistic::line(&scores, &dmos).unwrap().map(&scores),
        };
        assert_near(format!("{method}: RMSE"), rmse(&q, &dmos).unwrap(), error, 0.005);
        assert_near(format!("{method}: PLCC"), plcc(&q, &dmos).unwrap(), linear, 0.0015);
        // These opinions are differences from the reference, so a better image has a lower value.
        assert_near(format!("{method}: SROCC"), srocc(&scores, &dmos).unwrap().abs(), order, 0.0015);
        assert_near(format!("{method}: KRCC"), krcc(&scores, &dmos).unwrap().abs(), pairs, 0.0015);
    }
}

/// The converged curve gives better statistics than the published ones that use a straight line.
#[test]
fn the_converged_curve_beats_the_published_straight_line() {
    let (Some(tid), Some(multi)) =
        (Database::read("data/tid2013/tid2013.csv"), Database::read("data/iqa_scores/multi_live_olives.csv"))
    else {
        return;
    };
    let (mos, sigma, dmos) = (tid.column("mos"), tid.column("mos_std"), multi.column("dmos"));
    let line_rmse = |x: &[f64], y: &[f64]| rmse(&logistic::line(x, y).unwrap().map(x), y).unwrap();
    let check = |method: &str, fit: &Fit, line_rmse, linear: f64, [error, correlation]: [f64; 2], tolerance: f64| {
        assert!(fit.converged && fit.rmse < line_rmse, "{method}: {fit:?}");
        assert_near(format!("{method}: RMSE"), fit.rmse, error, tolerance);
        assert_near(format!("{method}: PLCC"), linear, correlation, 0.001);
    };
    for (method, column, expected, ratio) in [
        ("FSIMc", "olives_m10_fsimc", [0.596, 0.877], Some(0.618)),
        ("PerSIM", "olives_m11_persim", [0.618, 0.867], Some(0.579)),
        ("UNIQUE", "olives_unique_regressed", [0.609, 0.871], None),
    ] {
        let scores = tid.column(column);
        let fit = logistic::fit(Family::Published, &scores, &mos).unwrap();
        let q = fit.curve.map(&scores);
        check(method, &fit, line_rmse(&scores, &mos), plcc(&q, &mos).unwrap(), expected, 0.001);
        if let Some(ratio) = ratio {
            assert_near(format!("{method}: outlier ratio"), outlier_ratio(&q, &mos, &sigma).unwrap(), ratio, 0.001);
        }
    }
    for (method, column, expected) in [
        ("FSIMc", "olives_m10", [8.379, 0.897]),
        ("IW-SSIM", "olives_m7", [7.801, 0.911]),
        ("SR-SIM", "olives_m8", [8.685, 0.888]),
    ] {
        let scores = multi.column(column);
        let fit = logistic::fit(Family::Published, &scores, &dmos).unwrap();
        // The best fit of these scores is an exponential function, which is only a limit of the family of curves.
        assert!(fit.limit, "{method}: {fit:?}");
        let linear = plcc(&fit.curve.map(&scores), &dmos).unwrap();
        check(method, &fit, line_rmse(&scores, &dmos), linear, expected, 0.002);
    }
}

/// The monotone fits of the 709 images, to three digits; scipy gives the same.
#[test]
fn monotone_fits_of_the_committed_scores() {
    let data = Database::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results/tid2013/scores.csv"));
    let (mos, sigma) = (data.column("mos"), data.column("mos_std"));
    assert_eq!(mos.len(), 709);
    for (column, of_logistic, of_isotonic) in [
        ("gradient", [0.829, 0.687, 0.652], [0.843, 0.661, 0.646]),
        ("unique", [0.837, 0.673, 0.661], [0.850, 0.648, 0.649]),
        ("summer", [0.844, 0.660, 0.656], [0.855, 0.638, 0.647]),
        ("persim", [0.811, 0.720, 0.629], [0.834, 0.678, 0.575]),
        ("psnr_ha", [0.773, 0.780, 0.728], [0.784, 0.763, 0.702]),
    ] {
        let scores = data.column(column);
        let fit = logistic::fit(Family::Monotone, &scores, &mos).unwrap();
        // The best monotone curve of the gradient is an exponential, a limit of the family.
        assert!(fit.converged, "{column}: {fit:?}");
        for (name, q, expected) in
            [("logistic", fit.curve.map(&scores), of_logistic), ("isotonic", isotonic::fit(&scores, &mos), of_isotonic)]
        {
            assert_near(format!("{column}, {name}: PLCC"), plcc(&q, &mos).unwrap(), expected[0], 0.0005);
            assert_near(format!("{column}, {name}: RMSE"), rmse(&q, &mos).unwrap(), expected[1], 0.0005);
            assert_near(format!("{column}, {name}: OR"), outlier_ratio(&q, &mos, &sigma).unwrap(), expected[2], 0.0005);
        }
    }
}
