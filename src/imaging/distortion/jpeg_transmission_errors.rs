//! Type 12, JPEG transmission errors: a coded image whose stream was damaged in transmission.
//!
//! TID2013 changed random bits of a JPEG stream, and the decoder continued. From an error to the next restart, blocks
//! have lost their detail and their mean has drifted, since each mean is coded as the difference from the previous one.
//! The simulation codes with quality 92 (an error well below level 1's). Then errors start at random units of 16×16
//! pixels. For a random run of up to a row, detail is lost, and the means of luma and chroma shift. The number of
//! errors, the last one counted in part, is set for each image to the error of the level.

use super::jpeg::code;
use super::{Distortion, Strength, luma_mse};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 12,
    name: "jpeg_transmission_errors",
    description: "JPEG with runs of blocks that lost detail and mean",
    luma_mse: [20.55, 45.75, 118.13, 238.48, 499.29],
    severity: None,
    strength: Strength::Tuned { weakest: 0.01, strongest: 200.0, error: luma_mse },
    distort,
};

/// The effect of the errors on one unit of 16×16 pixels.
#[derive(Clone)]
struct Unit {
    /// The remaining fraction of the detail.
    detail: f64,
    /// The numbers added to the means of luma and the two chroma channels, times 8.
    drift: [f64; 3],
}

/// The strength is the number of errors.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let (columns, rows) = (image.width.div_ceil(16), image.height.div_ceil(16));
    let mut units = vec![Unit { detail: 1.0, drift: [0.0; 3] }; columns * rows];
    let mut left = strength;
    while left > 0.0 {
        let weight = left.min(1.0);
        left -= 1.0;
        let start = random.index(units.len());
        let run = (1 + random.index(columns)).min(columns - start % columns);
        let drift = [400.0, 120.0, 120.0].map(|size| size * weight * random.normal());
        for unit in &mut units[start..start + run] {
            unit.detail *= 1.0 - weight;
            unit.drift.iter_mut().zip(drift).for_each(|(d, add)| *d += add);
        }
    }
    code(image, 92.0, |block, channel, x, y| {
        let unit = &units[y * columns + x];
        block[1..].iter_mut().for_each(|c| *c *= unit.detail);
        block[0] += unit.drift[channel];
    })
}
