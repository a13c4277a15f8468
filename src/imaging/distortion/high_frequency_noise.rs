//! Type 5, high-frequency noise: noise without its low frequencies.
//!
//! TID2013 shapes the spectrum so that only the highest spatial frequencies remain, to which the eye is least
//! sensitive. Its strong levels are far stronger than type 1's (a luma error of 873 at level 5, rated as good as 224 of
//! white noise). Here independent noise is filtered with the second difference along both directions, the kernel (1,
//! −2, 1)ᵀ(1, −2, 1)/6. Its gain is 16/6 at the corner of the spectrum and 0 at zero frequency, and its squares sum to
//! 1.

use super::plane::{Plane, channels, from_channels};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 5,
    name: "high_frequency_noise",
    description: "Gaussian noise of only high frequencies, in R, G and B",
    luma_mse: [14.50, 28.72, 89.83, 280.94, 873.31],
    severity: None,
    strength: Strength::Fixed([32.5, 64.5, 203.0, 645.0, 2120.0]),
    distort,
};

/// The strength is the variance of the noise after the filter, before clipping.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let sigma = strength.sqrt() / 6.0;
    let mut planes = channels(image);
    for plane in &mut planes {
        let (width, height) = (plane.width, plane.height);
        // One more pixel on each side than the plane has, so that the filter needs no border.
        let noise = Plane::from_fn(width + 2, height + 2, |_, _| sigma * random.normal());
        let across = Plane::from_fn(width, height + 2, |x, y| {
            let row = &noise.values[y * (width + 2) + x..][..3];
            row[0] - 2.0 * row[1] + row[2]
        });
        for (i, v) in plane.values.iter_mut().enumerate() {
            *v += across.values[i] - 2.0 * across.values[i + width] + across.values[i + 2 * width];
        }
    }
    from_channels(&planes)
}
