//! Type 1, additive Gaussian noise: independent in every sample of R, G and B.
//!
//! The only real image of this type available here (level 5) has errors of variance 503 to 523 in each channel,
//! uncorrelated between them. TID2013's paper gives 33, 30, 27, 24 and 21 dB for the levels, which agrees. These are
//! the variances used here. No calibration is needed: only the weights of luma (Σw² = 0.447) relate the variances to
//! the luma error.

use super::plane::{channels, from_channels};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 1,
    name: "additive_gaussian_noise",
    description: "independent Gaussian noise in R, G and B",
    luma_mse: [14.29, 28.31, 56.96, 112.98, 224.23],
    severity: None,
    strength: Strength::Fixed([32.0, 63.5, 128.0, 254.5, 509.0]),
    distort,
};

/// The strength is the variance of the noise.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    noise(image, strength, random)
}

/// `image` with independent Gaussian noise of this variance (at least 0) in every sample.
pub fn noise(image: &Rgb8, variance: f64, random: &mut Stream) -> Rgb8 {
    let sigma = variance.sqrt();
    let mut planes = channels(image);
    planes.iter_mut().flat_map(|plane| &mut plane.values).for_each(|v| *v += sigma * random.normal());
    from_channels(&planes)
}
