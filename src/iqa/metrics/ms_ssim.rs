//! Multi-scale structural similarity: SSIM's contrast and structure on five scales, its luminance on the coarsest.
//!
//! > MS-SSIM = l₅^w₅ · Π csⱼ^wⱼ,  w = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
//!
//! with [SSIM](super::ssim)'s terms, csⱼ the mean of (2 σₓ_y + C₂)/(σₓ² + σ_y² + C₂) on scale j, and on scale 5 the mean of the whole SSIM
//! (Z. Wang, E. P. Simoncelli and A. C. Bovik, "Multi-scale structural similarity for image quality assessment", Asilomar Conference 2003,
//! equation 7). From scale to scale the image is averaged over 2×2 pixels, mirrored at its edges, and every other one kept.
//!
//! The authors' program offers two ways to put the scales together: `ms_ssim` is the product above, as in the paper, and the laboratory's;
//! `ms_ssim_sum` is the weighted sum Σ wⱼ csⱼ / Σ wⱼ, and reproduces the printed values of the official program that libraries
//! are calibrated on. A mean csⱼ can be negative (an inverted image); it has no real power, and the product takes its absolute value
//! as the official program's users do with the complex number it returns.
//!
//! Colour: luma as `rgb2gray` rounds it. Range 0 to 255. Border: windows inside the image. The program refuses images below
//! 11 · 2⁴ = 176 pixels a side, and so does this.

use super::Metric;
use super::ssim::{WINDOW, terms};
use crate::imaging::Rgb8;
use crate::imaging::filter::{Border, downsample};
use crate::imaging::plane::gray;
use crate::lanes::math::powf;

pub(super) const MS_SSIM: Metric = Metric {
    name: "MS-SSIM",
    key: "ms_ssim",
    description: "multi-scale structural similarity, the product over scales",
    range: (0.0, 1.0),
    smallest_side: WINDOW << (SCALES - 1),
    higher_is_better: true,
    compute: |reference, distorted| {
        let scales = scales(reference, distorted);
        // |cs| = 0 has no logarithm.
        let power = |(cs, w): (f64, f64)| if cs == 0.0 { 0.0 } else { powf(cs.abs(), w) };
        scales.into_iter().zip(WEIGHTS).map(power).product()
    },
};

pub(super) const MS_SSIM_SUM: Metric = Metric {
    name: "MS-SSIM (sum)",
    key: "ms_ssim_sum",
    description: "multi-scale structural similarity, the weighted mean over scales",
    range: (-1.0, 1.0),
    smallest_side: WINDOW << (SCALES - 1),
    higher_is_better: true,
    compute: |reference, distorted| {
        let scales = scales(reference, distorted);
        let weighted = scales.into_iter().zip(WEIGHTS).map(|(cs, w)| w * cs);
        weighted.sum::<f64>() / WEIGHTS.iter().sum::<f64>()
    },
};

pub(super) const SCALES: usize = 5;
/// The paper's weights, calibrated on what people said about images distorted on one scale only.
pub(super) const WEIGHTS: [f64; SCALES] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// The mean contrast and structure of each scale, and for the coarsest the mean similarity.
fn scales(reference: &Rgb8, distorted: &Rgb8) -> [f64; SCALES] {
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
