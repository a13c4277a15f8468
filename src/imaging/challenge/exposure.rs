//! Challenge 06, exposure: too much light, clipped at white.
//!
//! In the tiles, the samples that are not clipped are 3.7 to 4.6 times the clean ones: level 4 here.

use super::{Challenge, Simulator};
use crate::imaging::Rgb8;
use crate::imaging::distortion::to_u8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Exposure, name: "exposure", strengths: [1.4, 2.0, 2.9, 4.1, 6.0], simulate };

/// The strength is the gain.
fn simulate(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    let samples = image.samples.iter().map(|&s| to_u8(strength * f64::from(s))).collect();
    Rgb8::new(image.width, image.height, samples)
}
