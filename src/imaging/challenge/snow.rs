//! Challenge 11, snow: short white streaks of blown flakes, and the glare of a white sky.
//!
//! In the tiles the paths of about fifty flakes cross the sign, a tenth to a third of the side long, and up to a
//! sixtieth of the side wide. Light parts have become much lighter (127 to 217), dark ones hardly (57 to 69): a glare
//! that grows with the square of the light. That is level 4 here.

use super::{Challenge, Simulator, blend, side};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator =
    Simulator { challenge: Challenge::Snow, name: "snow", strengths: [0.15, 0.32, 0.52, 0.75, 1.0], simulate };

/// The number of paths at full strength.
const FLAKES: usize = 90;

/// The trace of a flake while the shutter is open: the points within `radius` of a segment, in pixels.
struct Path {
    from: [f64; 2],
    along: [f64; 2],
    radius: f64,
    /// The brightness of the trace.
    light: f64,
}

impl Path {
    /// Raises the whiteness of the covered pixels to that of the trace, if it is lower.
    fn draw(&self, white: &mut [f64], width: usize, light: f64) {
        let height = white.len() / width;
        let span = |from: f64, along: f64, n: usize| {
            let (low, high) = (from.min(from + along) - self.radius - 1.0, from.max(from + along) + self.radius + 1.0);
            low.clamp(0.0, n as f64) as usize..high.ceil().clamp(0.0, n as f64) as usize
        };
        for y in span(self.from[1], self.along[1], height) {
            for x in span(self.from[0], self.along[0], width) {
                let w = &mut white[y * width + x];
                *w = w.max(light * self.cover(x as f64 + 0.5, y as f64 + 0.5));
            }
        }
    }

    /// The fraction of the pixel at (x, y) that it covers. If it is thinner than a pixel, it covers its own width.
    fn cover(&self, x: f64, y: f64) -> f64 {
        let ([dx, dy], [ax, ay]) = ([x - self.from[0], y - self.from[1]], self.along);
        let t = ((dx * ax + dy * ay) / (ax * ax + ay * ay)).clamp(0.0, 1.0);
        let (ox, oy) = (dx - t * ax, dy - t * ay);
        // The ends fade, as the flake enters and leaves the depth of focus.
        let fade = (4.0 * t.min(1.0 - t) + 0.3).min(1.0);
        fade * (self.radius + 0.5 - (ox * ox + oy * oy).sqrt()).clamp(0.0, (2.0 * self.radius).min(1.0))
    }
}

/// The strength is the fraction of the flakes, the last one in part, and of the glare.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let side = side(image);
    let wind = 0.5 * (random.uniform() - 0.5);
    let paths: Vec<Path> = (0..FLAKES)
        .map(|_| {
            let length = (0.08 + 0.3 * random.uniform() * random.uniform()) * side;
            let slant = wind + 0.35 * (random.uniform() - 0.5);
            Path {
                from: [random.uniform() * image.width as f64, (1.2 * random.uniform() - 0.2) * image.height as f64],
                along: [slant * length, length],
                radius: (0.003 + 0.008 * random.uniform() * random.uniform()) * side,
                light: 0.4 + 0.6 * random.uniform(),
            }
        })
        .collect();
    let fallen = strength * FLAKES as f64;
    let glare = |v: u8| (f64::from(v) * (1.0 + 0.9 * strength * f64::from(v) / 255.0)).min(255.0);
    let mut white = vec![0.0; image.width * image.height];
    for (i, path) in paths.iter().enumerate() {
        let here = (fallen - i as f64).clamp(0.0, 1.0) * path.light;
        path.draw(&mut white, image.width, here);
    }
    blend(image, |x, y| {
        let white = white[y * image.width + x];
        (1.0, image.pixel(x, y).map(|v| glare(v) + white * (255.0 - glare(v))))
    })
}
