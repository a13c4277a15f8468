//! The peak signal-to-noise ratio, in decibels.
//!
//! > PSNR = 10 log₁₀(255² / MSE),  MSE = the mean of (x − y)² over all samples.
//!
//! `psnr` is computed over all samples of R, G and B (MATLAB's `psnr` of two colour images). `psnr_luma` is the version
//! of the authors' group. It uses luma as `rgb2gray` rounds it, and adds SSIM's constant C₁ = (0.01 · 255)² = 6.5025 to
//! the MSE. This keeps the score of identical images finite (40.0 dB) and bends the scale above 35 dB. It reproduces
//! the group's 3000 scores of TID2013 to the last bits. Range 0 to 255; no downsampling; no border.

use super::Metric;
use crate::imaging::distortion::luma_mse;
use crate::imaging::plane::{Plane, gray};
use crate::lanes::math::log10;

pub(super) const PSNR: Metric = Metric {
    name: "PSNR",
    key: "psnr",
    description: "peak signal-to-noise ratio over R, G and B",
    range: (0.0, f64::INFINITY),
    smallest_side: 1,
    higher_is_better: true,
    compute: |reference, distorted| {
        let pairs = reference.samples.iter().zip(&distorted.samples);
        decibels(pairs.map(|(&x, &y)| squared(x.into(), y.into())).sum::<u64>() as f64 / reference.samples.len() as f64)
    },
    fine: Some(|reference, distorted| {
        // Exact: the samples of both images over the common denominator of their ranges.
        let (of_x, of_y) = (i64::from(reference.range), i64::from(distorted.range));
        let pairs = reference.samples.iter().zip(&distorted.samples);
        let square = |(&x, &y): (&u16, &u16)| u128::from(squared(i64::from(x) * of_y, i64::from(y) * of_x));
        let mean = pairs.map(square).sum::<u128>() as f64 / reference.samples.len() as f64;
        let scale = 255.0 / (of_x * of_y) as f64;
        decibels(mean * scale * scale)
    }),
};

pub(super) const PSNR_LUMA: Metric = Metric {
    name: "PSNR (luma)",
    key: "psnr_luma",
    description: "of rounded luma, 6.5025 added to the MSE; the authors' variant",
    // 10 log₁₀(255²/(255² + 6.5025)), of black against white, is rounded downwards.
    range: (-0.000_434_273, 40.0),
    smallest_side: 1,
    higher_is_better: true,
    compute: |reference, distorted| decibels(luma_mse(reference, distorted) + 6.5025),
    fine: Some(|reference, distorted| {
        let (x, y) = (gray(reference), gray(distorted));
        let squares = x.values.iter().zip(&y.values).map(|(x, y)| (x - y) * (x - y));
        decibels(Plane { values: squares.collect(), ..x }.mean() + 6.5025)
    }),
};

/// 10 log₁₀(255² / error); infinite for an error of 0.
pub(super) fn decibels(error: f64) -> f64 {
    if error == 0.0 { f64::INFINITY } else { 10.0 * log10(255.0 * 255.0 / error) }
}

fn squared(x: i64, y: i64) -> u64 {
    let d = x.abs_diff(y);
    d * d
}
