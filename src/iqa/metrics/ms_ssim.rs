//! Multi-scale structural similarity: the contrast and structure of SSIM on five scales, and its luminance on the
//! coarsest.
//!
//! > MS-SSIM = l₅^w₅ · Π csⱼ^wⱼ,  w = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
//!
//! with the terms of [SSIM](super::ssim): csⱼ is the mean of (2 σₓ_y + C₂)/(σₓ² + σ_y² + C₂) on scale j, and on scale 5
//! the mean of the whole SSIM (Z. Wang, E. P. Simoncelli and A. C. Bovik, "Multi-scale structural similarity for image
//! quality assessment", Asilomar Conference 2003, equation 7). From scale to scale the image is averaged over 2×2
//! pixels, mirrored at its edges, and every other pixel is kept.
//!
//! The authors' program has two ways to combine the scales. `ms_ssim` is the product above, as in the paper, and was
//! used by the authors' group. `ms_ssim_sum` is the weighted sum Σ wⱼ csⱼ / Σ wⱼ; it reproduces the printed values of
//! the official program, on which libraries are calibrated. A mean csⱼ is negative if the images are anti-correlated on a
//! scale, as an image and its negative are. It then has no real power, and the official program returns a complex number.
//! Here it counts as 0, so the product is 0: the worst score. The sum keeps the sign.
//!
//! Colour: luma as `rgb2gray` rounds it. Range 0 to 255. Border: windows inside the image. Images below 11 · 2⁴ = 176
//! pixels a side are rejected, as in the authors' program.

use super::Metric;
use super::ssim::{WINDOW, terms};
use crate::imaging::filter::{Border, downsample};
use crate::imaging::plane::{Pixels, gray};
use crate::lanes::math::powf;

pub(super) const MS_SSIM: Metric = Metric {
    name: "MS-SSIM",
    key: "ms_ssim",
    description: "multi-scale structural similarity, the product over scales; 0 for a negative",
    range: (0.0, 1.0),
    smallest_side: WINDOW << (SCALES - 1),
    higher_is_better: true,
    compute: |reference, distorted| product(scales(reference, distorted)),
    fine: Some(|reference, distorted| product(scales(reference, distorted))),
};

pub(super) const MS_SSIM_SUM: Metric = Metric {
    name: "MS-SSIM (sum)",
    key: "ms_ssim_sum",
    description: "multi-scale structural similarity, the weighted mean over scales",
    range: (-1.0, 1.0),
    smallest_side: WINDOW << (SCALES - 1),
    higher_is_better: true,
    compute: |reference, distorted| sum(scales(reference, distorted)),
    fine: Some(|reference, distorted| sum(scales(reference, distorted))),
};

fn product(scales: [f64; SCALES]) -> f64 {
    scales.into_iter().zip(WEIGHTS).map(|(cs, w)| power(cs, w)).product()
}

fn sum(scales: [f64; SCALES]) -> f64 {
    let weighted = scales.into_iter().zip(WEIGHTS).map(|(cs, w)| w * cs);
    weighted.sum::<f64>() / WEIGHTS.iter().sum::<f64>()
}

pub(super) const SCALES: usize = 5;
/// The paper's weights, calibrated on opinions about images that were distorted on one scale only.
pub(super) const WEIGHTS: [f64; SCALES] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// csʷ, and 0 for cs ≤ 0.
pub(super) fn power(cs: f64, w: f64) -> f64 {
    if cs <= 0.0 { 0.0 } else { powf(cs, w) }
}

/// The mean contrast and structure of each scale, and for the coarsest the mean similarity.
fn scales<I: Pixels>(reference: &I, distorted: &I) -> [f64; SCALES] {
    let (mut x, mut y) = (gray(reference), gray(distorted));
    std::array::from_fn(|scale| {
        let terms = terms(&x, &y);
        if scale == SCALES - 1 {
            return terms.similarity;
        }
        (x, y) = (downsample(&x, 2, Border::Symmetric), downsample(&y, 2, Border::Symmetric));
        terms.contrast_structure
    })
}
