//! Challenge 12, haze: scattered light of the air in front of the sign.
//!
//! Koschmieder's law (1924): the visible light is t·J + (1 − t)·A, with the light J of the scene, the light A of the
//! air and the transmission t. There is only a real tile; it fits A = 130 in each colour and t = 0.3, which is level 5
//! here. A sign is flat and upright, so t is nearly constant. There is a little more air in front of its upper part,
//! where the distance is larger.

use super::{Challenge, Simulator, blend};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Haze, name: "haze", strengths: [0.18, 0.32, 0.45, 0.58, 0.70], simulate };

/// The strength is 1 − t at half the height.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let air = 122.0 + 16.0 * random.uniform();
    let lean = 0.2 * random.uniform();
    blend(image, |_, y| {
        let up = 0.5 - (y as f64 + 0.5) / image.height as f64;
        (strength * (1.0 + lean * up), [air, air + 1.0, air])
    })
}
