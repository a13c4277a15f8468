//! Type 17, contrast change: the distance of every sample from the image's mean is scaled.
//!
//! TID2013's exact recipe: m + a·(x − m), where m is the mean of all R, G and B samples, rounded half up and clipped,
//! with a = 0.9, 1.2, 0.75, 1.45, 0.5 for the five levels. Gains below and above 1 alternate: levels 2 and 4 *raise*
//! the contrast, and observers like them (mean opinion scores of 6.5 and 6.3, the former the best of the whole
//! database). The severity of a level is therefore that of its error, not of its annoyance.

use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 17,
    name: "contrast_change",
    description: "contrast lowered and raised in turn",
    luma_mse: [25.47, 73.33, 159.45, 303.09, 636.01],
    severity: None,
    strength: Strength::Fixed([0.9, 1.2, 0.75, 1.45, 0.5]),
    distort,
};

fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    contrast(image, strength)
}

/// `image` with the distance of every sample from the mean of all samples multiplied by `a`.
pub fn contrast(image: &Rgb8, a: f64) -> Rgb8 {
    // The sum is an integer below 2⁵³, hence exact.
    let sum: u64 = image.samples.iter().map(|&x| u64::from(x)).sum();
    let mean = sum as f64 / image.samples.len() as f64;
    super::map_samples(image, |x| super::to_u8(mean + a * (f64::from(x) - mean)))
}
