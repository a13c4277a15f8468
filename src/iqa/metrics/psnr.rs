//! The peak signal-to-noise ratio, in decibels.
//!
//! > PSNR = 10 log₁₀(255² / MSE),  MSE = the mean of (x − y)² over all samples.
//!
//! `psnr` takes the mean over all samples of R, G and B (MATLAB's `psnr` of two colour images); `psnr_luma` is the laboratory's:
//! over luma as `rgb2gray` rounds it, and with SSIM's constant C₁ = (0.01 · 255)² = 6.5025 added to the MSE, which keeps identical
//! images finite (40.0 dB) and bends the scale above 35 dB. It reproduces the laboratory's 3000 scores of TID2013 to the last bits.
//! Range 0 to 255; no downsampling, and no border to speak of.

use super::Metric;
use crate::imaging::distortion::luma_mse;
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
};

pub(super) const PSNR_LUMA: Metric = Metric {
    name: "PSNR (luma)",
    key: "psnr_luma",
    description: "of rounded luma, 6.5025 added to the MSE: the laboratory's",
    range: (0.0, 40.0),
    smallest_side: 1,
    higher_is_better: true,
    compute: |reference, distorted| decibels(luma_mse(reference, distorted) + 6.5025),
};

/// 10 log₁₀(255² / error): infinity for no error at all.
pub(super) fn decibels(error: f64) -> f64 {
    if error == 0.0 { f64::INFINITY } else { 10.0 * log10(255.0 * 255.0 / error) }
}

fn squared(x: i64, y: i64) -> u64 {
    let d = x.abs_diff(y);
    d * d
}
