//! Type 23, chromatic aberrations: the colour channels are shifted against each other.
//!
//! TID2013 shifts R, G and B against each other, and more strongly at each level; coloured fringes appear at edges,
//! most at the upper levels. The distances are not published. Here R is shifted in one direction, B by the same
//! distance in the other, and G half as far as B, so that luma hardly moves. Values between pixels are bilinear, which
//! blurs a little, like a lens. One shift is used for all images of a level.

use super::plane::{Plane, channels, from_channels};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 23,
    name: "chromatic_aberrations",
    description: "R, G and B shifted apart",
    luma_mse: [4.95, 18.62, 56.86, 105.60, 265.91],
    severity: None,
    strength: Strength::Fixed([0.266, 0.536, 0.973, 1.37, 2.5]),
    distort,
};

/// The strength is the shift of R in pixels.
fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    let [red, green, blue] = channels(image);
    let shifted = |plane: &Plane, share: f64| {
        // Along (4, 3)/5: a diagonal, so that vertical and horizontal edges are both affected.
        let (dx, dy) = (0.8 * share * strength, 0.6 * share * strength);
        Plane::from_fn(image.width, image.height, |x, y| plane.bilinear(x as f64 + dx, y as f64 + dy))
    };
    from_channels(&[shifted(&red, 1.0), shifted(&green, -0.5), shifted(&blue, -1.0)])
}
