//! Challenge 10, shadow: one side of the sign is in the shadow of an upright object.
//!
//! The tiles have a nearly vertical edge, and beyond it 0.56 of the light: level 4 here. The edge is a penumbra with a
//! width of a twentieth of the side, somewhere in the middle half.

use super::{Challenge, Simulator, blend, side};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Shadow, name: "shadow", strengths: [0.14, 0.25, 0.35, 0.45, 0.58], simulate };

/// The strength is the fraction of the light that is lost in the shadow.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let towards = if random.uniform() < 0.5 { -1.0 } else { 1.0 };
    let edge = (0.25 + 0.5 * random.uniform()) * image.width as f64;
    let slant = 0.3 * (random.uniform() - 0.5);
    let penumbra = 0.05 * side(image) + 1.0;
    blend(image, |x, y| {
        let from_edge = x as f64 + 0.5 - edge + slant * (y as f64 + 0.5 - 0.5 * image.height as f64);
        (strength * (0.5 + towards * from_edge / penumbra).clamp(0.0, 1.0), [0.0; 3])
    })
}
