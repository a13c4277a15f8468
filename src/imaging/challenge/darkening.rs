//! Challenge 04, darkening: too little light.
//!
//! The tiles have 0.22 of the light, for black and white alike: level 5 here.

use super::{Challenge, Simulator, blend};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::Darkening,
    name: "darkening",
    strengths: [0.16, 0.32, 0.48, 0.63, 0.78],
    simulate,
};

/// The strength is the fraction of lost light.
fn simulate(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    blend(image, |_, _| (strength, [0.0; 3]))
}
