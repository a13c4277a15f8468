//! Type 14, non-eccentricity pattern noise: small patches are replaced by nearby ones.
//!
//! TID2013 moves patches of 15×15 pixels of its 512×384 images by a few pixels. The result looks natural: people hardly
//! see it, but pixel differences are large, and the mean opinion is that of far smaller errors. Here patches of the
//! same fraction of the image are replaced by content up to two sides away in each direction. The number of patches is
//! set for each image to the error of the level (the database varies by half at the levels above the first). A scene
//! that is too smooth for this error gets at most one patch per two pixels.

use super::{Distortion, Strength, luma_mse};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 14,
    name: "non_eccentricity_pattern_noise",
    description: "patches replaced by their near surroundings",
    luma_mse: [33.09, 70.50, 136.30, 189.38, 285.44],
    severity: None,
    strength: Strength::Tuned { weakest: 1.0, strongest: 20000.0, error: luma_mse },
    distort,
};

/// The strength is the number of patches.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let (width, height) = (image.width, image.height);
    let scale = ((width * height) as f64 / (512.0 * 384.0)).sqrt();
    let side = (15.0 * scale + 0.5).floor().max(2.0) as usize;
    let reach = 2 * side;
    let mut distorted = image.clone();
    let most = (strength + 0.5).floor().min((width * height) as f64 / 2.0) as usize;
    for _ in 0..most {
        let (left, top) = (random.index(width), random.index(height));
        let [dx, dy] = [random.index(2 * reach + 1), random.index(2 * reach + 1)];
        for y in top..height.min(top + side) {
            for x in left..width.min(left + side) {
                // Copied from the original, so that patches do not propagate.
                let from = |i: usize, d: usize, n: usize| (i + d).saturating_sub(reach).min(n - 1);
                let pixel = image.pixel(from(x, dx, width), from(y, dy, height));
                distorted.samples[3 * (y * width + x)..][..3].copy_from_slice(&pixel);
            }
        }
    }
    distorted
}
