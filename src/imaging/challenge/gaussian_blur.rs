//! Challenge 07, Gaussian blur: the type whose first level is the training data of the experiment's classifier.
//!
//! Both tiles fit a standard deviation of 0.045 of the side, which is level 4 here. The classifiers lose more at its
//! first level than at that of lens blur, so level 1 is clearly visible.

use super::convolution::{convolve, kernel};
use super::{Challenge, Simulator, side};
use crate::imaging::Rgb8;
use crate::lanes::math;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::GaussianBlur,
    name: "gaussian_blur",
    strengths: [0.020, 0.027, 0.036, 0.046, 0.060],
    simulate,
};

/// The strength is the standard deviation as a fraction of the side. The kernel ends at three standard deviations.
fn simulate(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    let sigma = strength * side(image);
    let reach = (3.0 * sigma).ceil() as isize;
    let weight = |dx: f64, dy: f64| math::exp(-(dx * dx + dy * dy) / (2.0 * sigma * sigma));
    convolve(image, &[kernel(reach, 0, weight), kernel(0, reach, weight)])
}
