//! Challenge 08, noise: Gaussian, independent in every pixel and colour.
//!
//! On flat red the tiles' noise has a standard deviation of 11 to 14 in R, correlated over three pixels. The crop,
//! about 34 pixels wide, was enlarged bilinearly, which keeps two thirds of the deviation. So it is 20 in the crop:
//! between levels 3 and 4 here. (The darkest samples there have risen, from a mean of 14 to 30, as if stronger noise
//! had been clipped at black and then smoothed by the video coding. That is not simulated.)

use super::{Challenge, Simulator};
use crate::imaging::Rgb8;
use crate::imaging::distortion::to_u8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Noise, name: "noise", strengths: [6.0, 11.0, 17.0, 25.0, 36.0], simulate };

/// The strength is the standard deviation, in samples of 0 to 255.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let samples = image.samples.iter().map(|&s| to_u8(f64::from(s) + strength * random.normal())).collect();
    Rgb8::new(image.width, image.height, samples)
}
