//! 08, noise: Gaussian, independent in every pixel and colour, clipped.
//!
//! The tiles' noise was smoothed when they were enlarged, but clipping betrays it: the darkest samples have risen from
//! a mean of 10 to 30 and of 17 to 35, which a standard deviation of 60 does. That is level 5 here, since the database's
//! classifiers still recognise more than half of its signs there.

use super::{Challenge, Simulator};
use crate::imaging::Rgb8;
use crate::imaging::distortion::to_u8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Noise, name: "noise", strengths: [10.0, 20.0, 32.0, 46.0, 60.0], simulate };

/// The strength is the standard deviation, in samples of 0 to 255.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let samples = image.samples.iter().map(|&s| to_u8(f64::from(s) + strength * random.normal())).collect();
    Rgb8::new(image.width, image.height, samples)
}
