//! Type 19, multiplicative Gaussian noise: each sample is multiplied by 1 + n, like speckle and shot noise.
//!
//! In TID2013 the errors of one level vary by only 6 % over images as bright as a snow field and as dark as night. So
//! the variance of n is set for each image: it is the error of the level divided by the mean square of the image.

use super::plane::{channels, from_channels};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 19,
    name: "multiplicative_gaussian_noise",
    description: "Gaussian noise in proportion to the sample",
    luma_mse: [15.75, 31.33, 62.40, 124.92, 249.78],
    severity: None,
    strength: Strength::Fixed([35.0, 69.5, 139.0, 278.0, 557.0]),
    distort,
};

/// The strength is the mean variance of the noise over all samples.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mut planes = channels(image);
    let squares: f64 = planes.iter().flat_map(|plane| &plane.values).map(|v| v * v).sum();
    let mean_square = squares / image.samples.len() as f64;
    // A black image has no sample to change.
    let sigma = (strength / mean_square.max(1.0)).sqrt();
    planes.iter_mut().flat_map(|plane| &mut plane.values).for_each(|v| *v *= 1.0 + sigma * random.normal());
    from_channels(&planes)
}
