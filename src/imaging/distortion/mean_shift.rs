//! Type 16, mean shift: a constant added to every sample.
//!
//! TID2013's exact recipe: x + s, clipped, with s = −6, +10, −20, +30, −40 for the five levels. The sign alternates, so
//! a level is a magnitude and not a direction. Structure is lost only by clipping.

use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 16,
    name: "mean_shift",
    description: "a constant added to every sample, up and down in turn",
    luma_mse: [35.92, 95.82, 393.23, 852.41, 1508.56],
    severity: None,
    strength: Strength::Fixed([-6.0, 10.0, -20.0, 30.0, -40.0]),
    distort,
};

fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    mean_shift(image, strength as i32)
}

/// `s` added to every sample of `image`, clipped to 0..=255.
pub fn mean_shift(image: &Rgb8, s: i32) -> Rgb8 {
    super::map_samples(image, |x| (i64::from(x) + i64::from(s)).clamp(0, 255) as u8)
}
