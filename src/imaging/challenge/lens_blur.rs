//! Challenge 02, lens blur: every point becomes a soft disc, as out of focus.
//!
//! The tiles fit flat discs of radius 0.063 (real) and 0.076 (rendered) of the side: levels 3 to 5. But a flat disc
//! inverts the contrast of a fine grating and, as it grows, restores it, so a brick wall may become more like the clean
//! one. Here the disc is denser in the middle, (1 − d²/R²)², like that of a lens with some spherical aberration. It has
//! the variance of the flat disc: R = √2 times its radius. It inverts no visible contrast.

use super::convolution::{convolve, kernel};
use super::{Challenge, Simulator, side};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::LensBlur,
    name: "lens_blur",
    strengths: [0.026, 0.040, 0.055, 0.070, 0.090],
    simulate,
};

/// The strength is the radius of the flat disc of equal variance, as a fraction of the side.
fn simulate(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    let radius = std::f64::consts::SQRT_2 * strength * side(image);
    let density = |x: f64, y: f64| {
        let w = (1.0 - (x * x + y * y) / (radius * radius)).max(0.0);
        w * w
    };
    // A tap is the mean over its pixel, from 5×5 points, since the disc may be hardly larger than a pixel.
    let places = [-0.4, -0.2, 0.0, 0.2, 0.4];
    let tap = |dx: f64, dy: f64| places.iter().flat_map(|v| places.map(|u| density(dx + u, dy + v))).sum();
    let reach = (radius + 0.5).ceil() as isize;
    convolve(image, &[kernel(reach, reach, tap)])
}
