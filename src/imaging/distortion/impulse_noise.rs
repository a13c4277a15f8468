//! Type 6, impulse noise: single samples are replaced by random values.
//!
//! The only real image available here (level 5) shows the rule. In 6.8 % of the pixels each of R, G and B is replaced,
//! independently, by a value uniform in 0..=255 (0 and 255 are no more frequent than others, so it is not salt and
//! pepper). The same rate on its reference gives a luma error of 233.0; the published one is 233.2. The published
//! errors of the other levels of that reference give the other rates. On other references the same rates give other
//! errors, in the database and here.

use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 6,
    name: "impulse_noise",
    description: "single samples of R, G and B replaced by uniform values",
    luma_mse: [16.42, 42.53, 85.95, 171.89, 345.41],
    severity: None,
    strength: Strength::Fixed([0.0039, 0.0087, 0.0170, 0.0331, 0.0683]),
    distort,
};

/// The strength is the fraction of replaced samples.
///
/// Exactly this fraction is replaced, instead of each sample with this probability: the count must not vary within a
/// level.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mut distorted = image.clone();
    let n = distorted.samples.len();
    let count = (strength * n as f64 + 0.5).floor().max(1.0) as usize;
    for _ in 0..count {
        let place = random.index(n);
        distorted.samples[place] = random.index(256) as u8;
    }
    distorted
}
