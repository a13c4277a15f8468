//! Type 11, JPEG 2000: quantised wavelet coefficients.
//!
//! TID2013 chooses the rate for each image so that the error is that of the level (a luma error within 5 to 10 % of one
//! value over all references). This simulation does the same with the quantiser's step. It simulates the lossy part of
//! the standard: the colour transform, the 9/7 wavelet of five levels, a uniform quantiser with a dead zone of twice
//! the step, and reconstruction at the middle of the interval. The entropy coder is lossless and left out. The
//! truncation of code-blocks by rate is left out too: with nearly orthonormal subbands it amounts to one step for all.
//! The results have the typical blur and ringing along edges.

use super::plane::{from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength, luma_mse, wavelet};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 11,
    name: "jpeg2000",
    description: "quantised 9/7 wavelet coefficients",
    luma_mse: [27.22, 55.36, 111.05, 227.26, 451.44],
    severity: None,
    strength: Strength::Tuned { weakest: 1.0, strongest: 2000.0, error: luma_mse },
    distort,
};

/// The strength is the step of the quantiser.
fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    let mut planes = to_luma_chroma(image);
    for plane in &mut planes {
        wavelet::forward(plane);
        plane.values.iter_mut().for_each(|c| *c = dead_zone(*c, strength));
        wavelet::inverse(plane);
    }
    from_luma_chroma(&planes)
}

/// `c` quantised by `step` towards zero, and reconstructed at the middle of its interval.
pub(super) fn dead_zone(c: f64, step: f64) -> f64 {
    let steps = (c.abs() / step).floor();
    if steps == 0.0 { 0.0 } else { c.signum() * (steps + 0.5) * step }
}
