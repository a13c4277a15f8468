//! Challenge 05, dirty lens: dust that scatters light, smudges and specks, all out of focus.
//!
//! The tiles are 0.55 of an uneven light grey (138, a little greenish in the smudges). One upright smudge across the
//! sign hides nearly everything: level 4 here.

use super::{Challenge, Simulator, blend, side};
use crate::imaging::Rgb8;
use crate::imaging::scenes::texture::Texture;
use crate::lanes::math;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::DirtyLens,
    name: "dirty_lens",
    strengths: [0.13, 0.25, 0.38, 0.54, 0.70],
    simulate,
};

/// A soft ellipse of dirt: most dense in the middle, nothing outside.
struct Spot {
    centre: [f64; 2],
    /// Cosine and sine of the long axis.
    direction: [f64; 2],
    /// Half-axes along and across, in pixels.
    half: [f64; 2],
    density: f64,
}

impl Spot {
    fn at(&self, x: f64, y: f64) -> f64 {
        let (dx, dy, [cos, sin]) = (x - self.centre[0], y - self.centre[1], self.direction);
        let (u, v) = ((dx * cos + dy * sin) / self.half[0], (dy * cos - dx * sin) / self.half[1]);
        let inside = (1.0 - u * u - v * v).max(0.0);
        self.density * inside * inside
    }
}

/// The strength is the opacity of dust of medium density.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let (width, height, side) = (image.width as f64, image.height as f64, side(image));
    let dust = Texture::new(image.width, image.height, (0.45 * side).max(1.0), 0.45, [0.8, 1.2], random);
    let smudges = 1 + random.index(3);
    let specks = 5 + random.index(6);
    let spots: Vec<Spot> = (0..smudges + specks)
        .map(|i| {
            let upright = std::f64::consts::FRAC_PI_2 + 0.5 * (random.uniform() - 0.5);
            let (sin, cos) = math::sin_cos(upright);
            let (long, wide) = if i < smudges {
                (0.25 + 0.25 * random.uniform(), 0.07 + 0.09 * random.uniform())
            } else {
                (0.03 + 0.04 * random.uniform(), 0.03 + 0.03 * random.uniform())
            };
            Spot {
                centre: [random.uniform() * width, random.uniform() * height],
                direction: [cos, sin],
                half: [long * side + 1.0, wide * side + 1.0],
                density: 0.3 + 0.5 * random.uniform(),
            }
        })
        .collect();
    let grey = 130.0 + 16.0 * random.uniform();
    blend(image, |x, y| {
        let spot = spots.iter().fold(0.0, |most: f64, s| most.max(s.at(x as f64 + 0.5, y as f64 + 0.5)));
        let density = 1.0 + 0.15 * dust.at(x, y).clamp(-2.0, 2.0) + spot;
        let light = grey + 6.0 * dust.at(x, y).clamp(-2.0, 2.0);
        ((strength * density).min(1.0), [light - 6.0 * spot, light, light - 3.0 * spot])
    })
}
