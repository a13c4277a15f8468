//! Challenge 01, decolorization: the colours fade to grey at constant brightness.
//!
//! The tile has 0.38 of its chroma: level 3 here. Level 5 has no chroma.

use super::{Challenge, Simulator, blend};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::Decolorization,
    name: "decolorization",
    strengths: [0.2, 0.4, 0.6, 0.8, 1.0],
    simulate,
};

/// The strength is the fraction of lost chroma. Luma is that of BT.601.
fn simulate(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    blend(image, |x, y| {
        let [r, g, b] = image.pixel(x, y).map(f64::from);
        (strength, [0.299 * r + 0.587 * g + 0.114 * b; 3])
    })
}
