//! Type 2, additive noise that is more intensive in the colour components than in the luminance.
//!
//! TID2013 names no ratio. Two facts determine it: the total error over R, G and B follows the usual 33 … 21 dB, and
//! the published luma error is 3.8 at level 1, a quarter of type 1's. Noise of variance v in luma and 4v in each of Cb
//! and Cr satisfies both. After the inverse colour transform it is 3.8 in luma and (1 + 4·1.91)·3.8 = 33 over R, G and
//! B.

use super::plane::{from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 2,
    name: "color_noise",
    description: "Gaussian noise, four times the variance in Cb and Cr",
    luma_mse: [3.79, 7.37, 14.73, 29.17, 58.41],
    severity: None,
    strength: Strength::Fixed([3.75, 7.3, 14.7, 29.2, 58.4]),
    distort,
};

/// The strength is the variance of the noise in luma.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mut planes = to_luma_chroma(image);
    for (plane, share) in planes.iter_mut().zip([1.0, 4.0, 4.0]) {
        let sigma = (strength * share).sqrt();
        plane.values.iter_mut().for_each(|v| *v += sigma * random.normal());
    }
    from_luma_chroma(&planes)
}
