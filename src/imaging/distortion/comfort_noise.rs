//! Type 20, comfort noise: the details that a coder would drop are replaced by similar noise.
//!
//! The idea comes from speech coding: plausible noise is better than silence. TID2013 keeps the strong transform
//! coefficients and replaces the weak ones by noise, so that texture remains, but a different one. Here every wavelet
//! coefficient below a threshold, except in the lowest band, gets a random sign. So each band keeps its local energy,
//! but has another waveform. The threshold is set for each image to the error of the level (the database varies by 3 to
//! 7 %).

use rand::RngCore;

use super::plane::{from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength, luma_mse, wavelet};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 20,
    name: "comfort_noise",
    description: "the signs of weak wavelet coefficients drawn at random",
    luma_mse: [27.95, 57.61, 116.15, 231.23, 459.32],
    severity: None,
    strength: Strength::Tuned { weakest: 1.0, strongest: 4000.0, error: luma_mse },
    distort,
};

/// The strength is the magnitude below which a coefficient loses its sign.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mut planes = to_luma_chroma(image);
    for plane in &mut planes {
        wavelet::forward(plane);
        let (low_width, low_height) = wavelet::lowest(plane);
        for (y, row) in plane.values.chunks_exact_mut(plane.width).enumerate() {
            for (x, c) in row.iter_mut().enumerate() {
                // One draw for each coefficient, whatever the threshold: a higher one flips the same signs and some
                // more.
                let turned = random.rng().next_u32() & 1 == 1;
                if turned && c.abs() < strength && (x >= low_width || y >= low_height) {
                    *c = -*c;
                }
            }
        }
        wavelet::inverse(plane);
    }
    from_luma_chroma(&planes)
}
