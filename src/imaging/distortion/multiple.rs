//! Two distortions one after the other, as in MULTI-LIVE: blur and then JPEG, or blur and then noise.
//!
//! The database (Jayaraman and others 2012) blurs with Gaussians of 3.2, 3.9 and 4.6 pixels in images of 1280×720. It
//! compresses with quality 27, 18 and 12, and adds noise of variance 0.002, 0.008 and 0.032 on a scale of 0 to 1. These
//! numbers are quoted from its paper from memory; none was checked on an image. Here the blur is scaled with the
//! image's width, so that a small scene loses as much of its structure.

use super::{blur, jpeg, noise};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

/// The standard deviation of the blur at each level, as a fraction of the width.
const SIGMA: [f64; 3] = [3.2 / 1280.0, 3.9 / 1280.0, 4.6 / 1280.0];
/// JPEG quality at each level.
const QUALITY: [f64; 3] = [27.0, 18.0, 12.0];
/// Variance of the noise at each level, of samples from 0 to 255.
const VARIANCE: [f64; 3] = [0.002 * 65025.0, 0.008 * 65025.0, 0.032 * 65025.0];

/// The distortion after the blur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// JPEG coding: part 1.
    Jpeg,
    /// Gaussian noise: part 2.
    Noise,
}

/// `image` blurred at `blur_level` and then distorted at `second_level`; level 0 leaves a distortion out.
///
/// # Panics
/// If a level is above 3.
pub fn distort(image: &Rgb8, second: Second, blur_level: usize, second_level: usize, random: &mut Stream) -> Rgb8 {
    let blurred = match blur_level {
        0 => image.clone(),
        level => blur(image, SIGMA[level - 1] * image.width as f64),
    };
    match (second, second_level) {
        (_, 0) => blurred,
        (Second::Jpeg, level) => jpeg(&blurred, QUALITY[level - 1]),
        (Second::Noise, level) => noise(&blurred, VARIANCE[level - 1], random),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::scenes::scene;

    #[test]
    fn each_level_of_one_distortion_moves_the_image_farther_away() {
        let image = scene(1, 320, 192, 1);
        let error = |other: &Rgb8| -> f64 {
            image
                .samples
                .iter()
                .zip(&other.samples)
                .map(|(&a, &b)| f64::from(a.abs_diff(b)) * f64::from(a.abs_diff(b)))
                .sum()
        };
        for second in [Second::Jpeg, Second::Noise] {
            let at = |blur, level| error(&distort(&image, second, blur, level, &mut Stream::new(1, "test", 0)));
            assert_eq!(at(0, 0), 0.0);
            for level in 0..3 {
                assert!(at(level + 1, 0) > at(level, 0), "{second:?}: blur {level}");
                assert!(at(0, level + 1) > at(0, level), "{second:?} {level}");
                assert!(at(3, level + 1) > at(3, level), "{second:?} {level} behind the strongest blur");
            }
        }
    }
}
