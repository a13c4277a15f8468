//! Type 13, JPEG 2000 transmission errors: code-blocks that lost their bits from some bit plane on.
//!
//! JPEG 2000 codes the blocks of each subband separately, the most significant bits first. Damage in the stream costs a
//! block all later bits, and a decoder without error resilience reads garbage instead. The simulation damages one in
//! five 8×8 blocks of coefficients in all subbands but the lowest. There everything below a threshold is lost, and one
//! coefficient in twelve becomes noise of the threshold's magnitude (except in the two finest scales, whose bits come
//! last). The other blocks are quantised finely. The results are local patches of blur and isolated wavelets at several
//! scales. The threshold is set for each image to the error of the level, since the database's errors vary by only 7 to
//! 20 %.

use super::jpeg2000::dead_zone;
use super::plane::{from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength, luma_mse, wavelet};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 13,
    name: "jpeg2000_transmission_errors",
    description: "9/7 wavelet with blocks of coefficients lost and corrupted",
    luma_mse: [29.17, 57.99, 120.66, 247.78, 477.76],
    severity: None,
    strength: Strength::Tuned { weakest: 2.0, strongest: 8000.0, error: luma_mse },
    distort,
};

/// The step of the undamaged coefficients: a luma error of about 3, far below level 1.
const STEP: f64 = 6.0;

/// The strength is the magnitude below which luma coefficients are lost. For the colour differences, which are smaller,
/// it is three tenths of that.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mut planes = to_luma_chroma(image);
    for (plane, size) in planes.iter_mut().zip([strength, 0.3 * strength, 0.3 * strength]) {
        wavelet::forward(plane);
        let (width, height) = (plane.width, plane.height);
        let (low_width, low_height) = wavelet::lowest(plane);
        for top in (0..height).step_by(8) {
            for left in (0..width).step_by(8) {
                let damaged = random.uniform() < 0.2;
                for y in top..height.min(top + 8) {
                    for x in left..width.min(left + 8) {
                        let c = &mut plane.values[y * width + x];
                        if !damaged || (x < low_width && y < low_height) {
                            *c = dead_zone(*c, STEP);
                            continue;
                        }
                        let fine = x >= width / 4 || y >= height / 4;
                        let hit = random.uniform() < 1.0 / 12.0 && !fine;
                        let garbage = 2.0 * random.uniform() - 1.0;
                        *c = dead_zone(*c, size.max(STEP)) + if hit { garbage * size } else { 0.0 };
                    }
                }
            }
        }
        wavelet::inverse(plane);
    }
    from_luma_chroma(&planes)
}
