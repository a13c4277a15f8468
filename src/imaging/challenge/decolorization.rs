//! 01, decolorization: the colours fade to grey, the brightness stays.
//!
//! The tile has kept 0.38 of its chroma: level 3 here. Level 5 has none left.

use super::{Challenge, Simulator, blend};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::Decolorization,
    name: "decolorization",
    strengths: [0.2, 0.4, 0.6, 0.8, 1.0],
    simulate,
};

/// The strength is the share of the chroma that is lost. Luma is BT.601's.
fn simulate(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    blend(image, |x, y| {
        let [r, g, b] = image.pixel(x, y).map(f64::from);
        (strength, [0.299 * r + 0.587 * g + 0.114 * b; 3])
    })
}
