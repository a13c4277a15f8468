//! Tests of properties common to all metrics; the numbers for real images are in `tests/metrics.rs`.

use super::*;
use crate::lanes::Simd;
use crate::lanes::math::log10;
use approx::{abs_diff_eq, assert_abs_diff_eq};

/// A pair of images with structure, colour and three kinds of error.
fn pair(width: usize, height: usize) -> (Rgb8, Rgb8) {
    let reference = |x: usize, y: usize, c: usize| {
        let v = x * 2 + y + 17 * c + (x / 24 + y / 18) % 2 * 90 + (x * x / 40 + y * y / 30) % 64 + x * y / 64 % 32;
        v % (200 + 9 * c) + 10
    };
    let distorted = |x: usize, y: usize, c: usize| {
        let v = reference(x, y, c);
        if !(x / 50 + y / 70).is_multiple_of(3) {
            (v + (x * 13 + y * 29 + c * 7) * (x + 2 * y + 3) % 41).saturating_sub(20).min(255)
        } else if x == 0 {
            v
        } else {
            (v * 3 + reference(x - 1, y, c)) / 4
        }
    };
    let draw = |f: &dyn Fn(usize, usize, usize) -> usize| {
        Rgb8::from_fn(width, height, |x, y| [0, 1, 2].map(|c| f(x, y, c) as u8))
    };
    (draw(&reference), draw(&distorted))
}

fn score(key: &str, reference: &Rgb8, distorted: &Rgb8) -> f64 {
    Metric::from_key(key).unwrap().score(reference, distorted).unwrap()
}

/// Scores of independent programs: SSIM by scikit-image 0.25 (`gaussian_weights`, σ = 1.5,
/// `use_sample_covariance=False`), the others in NumPy and SciPy, after the published MATLAB programs.
#[test]
fn golden_scores() {
    let golden: [(&str, f64); 20] = [
        ("psnr", 25.746151919384),
        ("psnr_luma", 28.186206458232),
        ("psnr_hvs", 28.496389437839),
        ("psnr_hvs_m", 33.884105188581),
        ("psnr_ha", 28.526380340638),
        ("psnr_hma", 33.989340449884),
        ("ssim", 0.957969119713),
        ("ssim_downsampled", 0.987177344691),
        ("ms_ssim", 0.993437925062),
        ("ms_ssim_sum", 0.993482025576),
        ("cw_ssim", 0.999719164559),
        ("cw_ssim_6", 0.997432041228),
        ("iw_ssim", 0.993559856484),
        ("sr_sim", 0.993362680820),
        ("fsim", 0.986704808791),
        ("fsimc", 0.984283767209),
        ("persim", 0.823912170521),
        ("summer", 4.289853360968),
        ("gmsd", 0.030503661096),
        ("vif", 0.625365282285),
    ];
    // Odd sides, one of them prime.
    let (reference, distorted) = pair(401, 391);
    let sum = |image: &Rgb8| image.samples.iter().map(|&s| u64::from(s)).sum::<u64>();
    assert_eq!((sum(&reference), sum(&distorted)), (53_616_056, 53_418_734), "the images of the golden scores");
    let keys: Vec<&str> = METRICS.iter().map(|metric| metric.key).collect();
    assert_eq!(keys, golden.map(|(key, _)| key));
    for (metric, (_, expected)) in METRICS.iter().zip(golden) {
        let score = metric.score(&reference, &distorted).unwrap();
        // PerSIM rounds colours and resized images to 8 bits, and rounding errors sometimes decide a half.
        let tolerance = if metric.key == "persim" { 1e-6 } else { 1e-11 * expected.max(1.0) };
        assert!(abs_diff_eq!(score, expected, epsilon = tolerance), "{}: {score} is not {expected}", metric.key);
    }
}

#[test]
fn identical_images_have_the_perfect_score() {
    let (reference, _) = pair(263, 256);
    for metric in METRICS {
        let score = metric.score(&reference, &reference).unwrap();
        let perfect = match metric.key {
            "psnr" | "psnr_hvs" | "psnr_hvs_m" | "psnr_ha" | "psnr_hma" => f64::INFINITY,
            "psnr_luma" => 10.0 * log10(255.0 * 255.0 / 6.5025),
            "summer" => 5.0,
            "gmsd" => 0.0,
            _ => 1.0,
        };
        assert!(score == perfect || (score - perfect).abs() < 1e-12, "{}: {score} is not {perfect}", metric.key);
    }
}

/// The image with uniform noise of that amplitude.
fn noisy(image: &Rgb8, amplitude: i32) -> Rgb8 {
    let mut state = 1u32;
    Rgb8::from_fn(image.width, image.height, |x, y| {
        image.pixel(x, y).map(|v| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 16) as i32 % (2 * amplitude + 1) - amplitude;
            (i32::from(v) + noise).clamp(0, 255) as u8
        })
    })
}

#[test]
fn more_noise_is_a_worse_score() {
    let (reference, _) = pair(263, 256);
    let versions = [3, 8, 20, 50, 120].map(|amplitude| noisy(&reference, amplitude));
    for metric in METRICS {
        let scores = versions.each_ref().map(|image| metric.score(&reference, image).unwrap());
        let falls = scores.windows(2).all(|pair| (pair[0] > pair[1]) == metric.higher_is_better);
        assert!(falls, "{}: {scores:?}", metric.key);
        let (low, high) = metric.range;
        assert!(scores.iter().all(|score| (low..=high).contains(score)), "{}: {scores:?}", metric.key);
    }
}

#[test]
fn who_is_the_reference_matters_only_to_some() {
    let (reference, distorted) = pair(263, 256);
    // These measure the remaining information or spectrum of the reference.
    let asymmetric = ["iw_ssim", "summer", "vif"];
    // PSNR-HA and PSNR-HMA use the contrast of the reference, which matters only sometimes.
    for metric in METRICS.iter().filter(|metric| !["psnr_ha", "psnr_hma"].contains(&metric.key)) {
        let there = metric.score(&reference, &distorted).unwrap();
        let back = metric.score(&distorted, &reference).unwrap();
        let differs = (there - back).abs() > 1e-12 * there.abs();
        assert_eq!(differs, asymmetric.contains(&metric.key), "{}: {there} and {back}", metric.key);
    }
}

#[test]
fn images_of_different_size_are_refused_by_every_metric() {
    let image = |width, height| Rgb8::from_fn(width, height, |x, y| [(x * y) as u8; 3]);
    for metric in METRICS {
        let error = metric.score(&image(400, 300), &image(300, 400)).unwrap_err().to_string();
        assert!(error.starts_with(metric.name), "{error}");
        assert!(error.contains("400×300") && error.contains("300×400"), "{error}");
    }
}

#[test]
fn the_smallest_image_has_a_score_and_a_smaller_one_an_error() {
    let texture = |side: usize, seed: usize| {
        Rgb8::from_fn(side + 3, side, |x, y| {
            [0, 1, 2].map(|c| ((x * 37 + y * 91 + (x * y + seed) * (13 + c)) % 211) as u8)
        })
    };
    for metric in METRICS {
        let least = metric.smallest_side;
        let score = metric.score(&texture(least, 0), &texture(least, 5)).unwrap();
        assert!(score.is_finite(), "{}: {score}", metric.key);
        if least > 1 {
            let error = metric.score(&texture(least - 1, 0), &texture(least - 1, 5)).unwrap_err().to_string();
            let expected = format!("needs {least}×{least} or more");
            assert!(error.starts_with(metric.name) && error.contains(&expected), "{error}");
        }
    }
}

/// The result is a number or an error, never a NaN.
#[test]
fn images_of_one_colour_have_a_score_or_an_error() {
    let (textured, _) = pair(263, 256);
    let flat = Rgb8::from_fn(263, 256, |_, _| [90, 120, 30]);
    let defined = ["psnr", "psnr_luma", "psnr_hvs", "psnr_hvs_m", "psnr_ha", "psnr_hma", "ssim", "ssim_downsampled"];
    for metric in METRICS {
        for (reference, distorted) in [(&flat, &flat), (&flat, &textured), (&textured, &flat)] {
            match metric.score(reference, distorted) {
                Ok(score) => assert!(!score.is_nan(), "{}", metric.key),
                Err(error) => {
                    assert!(!defined.contains(&metric.key), "{error}");
                    assert!(
                        error.to_string().starts_with(&format!("{}: one of the images has no structure", metric.name)),
                        "{error}"
                    );
                }
            }
        }
    }
    assert_eq!(score("ssim", &flat, &flat), 1.0);
    // The contrast of an image without contrast cannot be restored.
    assert!(score("psnr_ha", &textured, &flat) < 30.0);
    assert!(Metric::from_key("fsim").unwrap().score(&flat, &textured).is_err());
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let (reference, distorted) = pair(263, 256);
    let scores = || METRICS.iter().map(|m| m.score(&reference, &distorted).unwrap().to_bits()).collect::<Vec<u64>>();
    let before = Simd::current();
    Simd::Portable.force();
    let portable = scores();
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        simd.force();
        assert_eq!(scores(), portable, "{}", simd.name());
    }
    before.force();
}

/// CW-SSIM ignores a shift of one pixel; SSIM does not.
#[test]
fn cw_ssim_does_not_mind_a_shift() {
    let (reference, _) = pair(263, 256);
    let shifted = Rgb8::from_fn(263, 256, |x, y| reference.pixel((x + 1).min(262), y));
    assert!(score("cw_ssim", &reference, &shifted) > 0.97);
    assert!(score("ssim", &reference, &shifted) < 0.9);
}

/// PSNR-HA counts a shift of the mean by 0.04 of its square, and added contrast hardly at all.
#[test]
fn psnr_ha_forgives_mean_and_contrast() {
    let (reference, _) = pair(263, 256);
    let grey = Rgb8::from_fn(256, 248, |x, y| [reference.pixel(x, y)[1] / 2 + 40; 3]);
    let map = |f: fn(u8) -> u8| Rgb8::from_fn(256, 248, |x, y| grey.pixel(x, y).map(f));
    let brighter = map(|v| v + 20);
    let expected = 10.0 * log10(255.0 * 255.0 / (0.04 * 400.0));
    assert_abs_diff_eq!(score("psnr_ha", &grey, &brighter), expected, epsilon = 1e-9);
    assert!(score("psnr_hvs", &grey, &brighter) < expected - 10.0);
    let more = map(|v| (f64::from(v) * 1.3 - 25.0).round() as u8);
    assert!(score("psnr_ha", &grey, &more) > score("psnr_hvs", &grey, &more) + 10.0);
}

/// Images on which quotients and roots go wrong: without structure, periodic, saturated, with one different pixel.
fn hostile(side: usize) -> Vec<(&'static str, Rgb8)> {
    let draw = |f: &dyn Fn(usize, usize) -> [u8; 3]| Rgb8::from_fn(side, side, f);
    let (texture, _) = pair(side, side);
    let negative = Rgb8 { samples: texture.samples.iter().map(|v| 255 - v).collect(), ..texture.clone() };
    let grey = Rgb8::from_fn(side, side, |_, _| [128; 3]);
    vec![
        ("black", draw(&|_, _| [0; 3])),
        ("white", draw(&|_, _| [255; 3])),
        ("red", draw(&|_, _| [255, 0, 0])),
        ("one pixel", draw(&|x, y| [if (x, y) == (5, 7) { 129 } else { 128 }; 3])),
        ("checkerboard", draw(&|x, y| [if (x + y) % 2 == 0 { 255 } else { 0 }; 3])),
        ("its negative", draw(&|x, y| [if (x + y) % 2 == 0 { 0 } else { 255 }; 3])),
        ("stripes", draw(&|x, _| [if x / 8 % 2 == 0 { 255 } else { 0 }; 3])),
        ("ramp", draw(&|x, _| [(x * 255 / (side - 1)) as u8; 3])),
        ("noise", noisy(&grey, 127)),
        ("faint noise", noisy(&grey, 1)),
        ("texture", texture),
        ("negative texture", negative),
    ]
}

/// Every score is in the range that the metric states, or is not defined. Rounding alone carries it further before
/// [`Metric::score`] cuts it off. Identical images have the perfect score, if they have one.
#[test]
fn every_pair_keeps_the_range() {
    let (small, large) = (hostile(64), hostile(256));
    // The metrics of large images are slow, and half of the images show the same.
    let large: Vec<_> = large.into_iter().step_by(2).chain([("noise again", noisy(&pair(256, 256).0, 90))]).collect();
    for metric in METRICS {
        let images = if metric.smallest_side <= 64 { &small } else { &large };
        let (low, high) = metric.range;
        let perfect = if metric.higher_is_better { high } else { low };
        for (name, reference) in images {
            for (other, distorted) in images {
                let pair = format!("{} of {name} and {other}", metric.key);
                let Ok(score) = metric.score(reference, distorted) else { continue };
                let raw = (metric.compute)(reference, distorted);
                assert!((low..=high).contains(&score), "{pair}: {score:?} is not in {low} to {high}");
                assert!(score == raw || (score - raw).abs() < 1e-12, "{pair}: {raw:?} became {score:?}");
                if name == other && perfect.is_finite() {
                    assert_abs_diff_eq!(score, perfect, epsilon = 1e-12);
                }
            }
        }
    }
}

#[test]
fn a_difference_that_a_metric_cannot_see_is_not_a_perfect_score() {
    let images = hostile(64);
    let image = |name: &str| &images.iter().find(|(other, _)| *other == name).unwrap().1;
    let per_sim = Metric::from_key("persim").unwrap();
    assert!(per_sim.score(image("black"), image("white")).is_err());
    assert!(per_sim.score(image("black"), image("black")).is_ok());
    // SUMMER divides by the spectrum, of either image.
    let summer = Metric::from_key("summer").unwrap();
    for name in ["black", "red", "white"] {
        assert!(summer.score(image(name), image("texture")).is_err(), "{name}");
        assert!(summer.score(image("texture"), image(name)).is_err(), "{name}");
    }
}

/// A scale on which the images are anti-correlated makes the product 0.
#[test]
fn the_negative_of_an_image_has_the_lowest_score() {
    let (reference, _) = pair(256, 256);
    let negative = Rgb8 { samples: reference.samples.iter().map(|v| 255 - v).collect(), ..reference.clone() };
    for key in ["ms_ssim", "iw_ssim"] {
        assert_eq!(score(key, &reference, &negative), 0.0, "{key}");
    }
    assert!(score("ms_ssim_sum", &reference, &negative) < 0.0);
}
