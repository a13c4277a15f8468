//! Type 8, Gaussian blur: each channel is filtered with MATLAB's 11×11 `fspecial('gaussian')`, with zeros beyond the
//! border.
//!
//! TID2013's exact recipe, including the dark rim from `imfilter`'s zero padding. So this type is also a slight
//! vignette at the strong levels (σ = 4.0, where the 11×11 window cuts the Gaussian at 1.25 σ). The values of σ are
//! 0.5, 0.65, 1.0, 1.7 and 4.0 for the five levels. They are verified by the SHA-256 of the 120 images that have a
//! public reference.
//!
//! The kernel is the product of two one-dimensional ones, so that 22 products replace 121. That changes only the last
//! bits of a sum (as does another `exp`). A sample changes only if its sum lies within about 1e-13 of a half. The test
//! changes every weight by several units in the last place and gets the same images.

use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::lanes::math;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 8,
    name: "gaussian_blur",
    description: "an 11x11 Gaussian window, zeros beyond the border",
    luma_mse: [17.38, 52.71, 130.89, 251.22, 417.13],
    severity: None,
    strength: Strength::Fixed([0.5, 0.65, 1.0, 1.7, 4.0]),
    distort,
};

fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    blur(image, strength)
}

const RADIUS: usize = 5;

/// `image` filtered with the 11×11 Gaussian of standard deviation `sigma` (pixels), with zeros beyond the border,
/// rounded half up.
///
/// # Panics
/// If `sigma` is not positive.
pub fn blur(image: &Rgb8, sigma: f64) -> Rgb8 {
    filter(image, &weights(sigma))
}

/// The eleven weights of one direction; they sum to 1.
fn weights(sigma: f64) -> [f64; 2 * RADIUS + 1] {
    assert!(sigma > 0.0, "sigma must be positive, not {sigma}");
    let mut weights = [0.0; 2 * RADIUS + 1];
    for (i, w) in weights.iter_mut().enumerate() {
        let d = i as f64 - RADIUS as f64;
        *w = math::exp(-d * d / (2.0 * sigma * sigma));
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|w| w / sum)
}

/// The separable filter, rows first.
fn filter(image: &Rgb8, weights: &[f64; 2 * RADIUS + 1]) -> Rgb8 {
    let (width, height) = (image.width, image.height);
    // A row of samples with the zeros beyond it on both sides.
    let mut padded = vec![0.0; 3 * (width + 2 * RADIUS)];
    let mut rows = vec![0.0; 3 * width * (height + 2 * RADIUS)];
    for y in 0..height {
        let row = &image.samples[3 * width * y..][..3 * width];
        padded[3 * RADIUS..][..3 * width].iter_mut().zip(row).for_each(|(p, &s)| *p = f64::from(s));
        let out = &mut rows[3 * width * (y + RADIUS)..][..3 * width];
        for (i, &w) in weights.iter().enumerate() {
            out.iter_mut().zip(&padded[3 * i..]).for_each(|(o, &p)| *o += w * p);
        }
    }
    let mut samples = Vec::with_capacity(3 * width * height);
    let mut sums = vec![0.0; 3 * width];
    for y in 0..height {
        sums.fill(0.0);
        for (i, &w) in weights.iter().enumerate() {
            sums.iter_mut().zip(&rows[3 * width * (y + i)..]).for_each(|(s, &r)| *s += w * r);
        }
        samples.extend(sums.iter().map(|&s| super::to_u8(s)));
    }
    Rgb8::new(width, height, samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_exp_do_not_reach_the_image() {
        let image = Rgb8::from_fn(61, 47, |x, y| [(x * y % 256) as u8, (x * 37 % 251) as u8, (x + 5 * y) as u8]);
        for sigma in [0.5, 0.65, 1.0, 1.7, 4.0] {
            let exact = weights(sigma);
            for ulps in [-8.0, 8.0] {
                let mut moved = exact;
                for (i, w) in moved.iter_mut().enumerate() {
                    *w *= 1.0 + f64::EPSILON * ulps * [1.0, -0.5, 0.25][i % 3];
                }
                assert_eq!(filter(&image, &moved), filter(&image, &exact), "sigma {sigma}");
            }
        }
    }

    #[test]
    fn the_border_is_dark_and_the_middle_untouched() {
        let white = Rgb8::from_fn(32, 32, |_, _| [200; 3]);
        let blurred = blur(&white, 4.0);
        assert_eq!(blurred.pixel(16, 16), [200; 3]);
        assert!(blurred.pixel(0, 16)[0] < 120 && blurred.pixel(0, 0)[0] < blurred.pixel(0, 16)[0]);
    }
}
