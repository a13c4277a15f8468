//! Challenge 09, rain: long falling streaks in a grey veil.
//!
//! The tiles are two thirds veil, which hides the sign almost evenly. It is a bluish grey, (95, 104, 108) in the real
//! tile and (105, 120, 130) in the rendered one. Over it are light streaks as tall as the crop, of all widths. The
//! classifiers lose most of their accuracy at the first level, so level 1 is clearly visible and the steps are small.

use super::{Challenge, Simulator, blend, side};
use crate::imaging::Rgb8;
use crate::imaging::scenes::texture::Texture;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Rain, name: "rain", strengths: [0.30, 0.41, 0.52, 0.63, 0.75], simulate };

/// The strength is the opacity of the veil outside the streaks.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let width = side(image) / 14.0;
    let streaks = Texture::new(image.width, image.height, width.max(1.0), 0.9, [1.0, 14.0], random);
    let grey = 95.0 + 15.0 * random.uniform();
    blend(image, |x, y| {
        let streak = (0.6 * streaks.at(x, y)).clamp(0.0, 1.0);
        let light = 0.9 * grey + 55.0 * streak;
        ((strength * (1.0 + 0.5 * streak)).min(1.0), [light, light + 8.0, light + 14.0])
    })
}
