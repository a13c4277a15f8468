//! SUMMER: a metric from the spectrum of the error, over scales and colours.
//!
//! > E = Σ_c Σ_{j=1..4} mean log(1 + |F(|e_cj|)|),  SUMMER = 5 / ∛(1 + E Π_c Π_{j=3,4} log(1 + mean |F(x_cj)| / |F(y_cj)|)),
//!
//! with e = x − y in colour channel c at 2⁻ʲ of its size by box averages, and x, y the images at that size by bilinear
//! interpolation (D. Temel and G. AlRegib, "Perceptual image quality assessment through spectral analysis of error
//! representations", Signal Processing: Image Communication 70, 2019; from the authors' program, version 1.0).
//! Identical images score 5.
//!
//! Colour: R, G and B, scaled to [0, 1]. Border: symmetric in the resizing (MATLAB's `imresize`), periodic in the
//! transform. No per-image values of the authors' group are known; the tests check the definition in the program.
//!
//! The quotient divides by the spectrum of the distorted image. The score is not defined if a channel of either image has
//! one value, at full size or at one of the quotient's sizes: its spectrum is 0 except for the mean.

use super::Metric;
use crate::imaging::fft::{ComplexPlane, Fft2, FftScratch};
use crate::imaging::imresize::{Interpolation, rescale};
use crate::imaging::plane::{Pixels, Plane, rgb};
use crate::lanes::math;
use crate::lanes::math::powf;

pub(super) const SUMMER: Metric = Metric {
    name: "SUMMER",
    key: "summer",
    description: "spectral analysis of the error over scales and colours",
    range: (0.0, 5.0),
    smallest_side: 16,
    higher_is_better: true,
    compute: spectral,
    fine: Some(spectral),
};

fn spectral<I: Pixels>(reference: &I, distorted: &I) -> f64 {
    let [x, y] = [reference, distorted].map(|image| rgb(image).map(|plane| plane.map(|v| v / 255.0)));
    if x.iter().chain(&y).any(Plane::is_flat) {
        return f64::NAN;
    }
    let mut error = 0.0;
    for (x, y) in x.iter().zip(&y) {
        let difference = Plane { values: x.values.iter().zip(&y.values).map(|(x, y)| x - y).collect(), ..*x };
        for scale in [0.5, 0.25, 0.125, 0.0625] {
            let small = rescale(&difference, scale, Interpolation::Box).map(f64::abs);
            error += mean(spectrum(&small).into_iter().map(|v| math::ln(1.0 + v)));
        }
    }
    for (x, y) in x.iter().zip(&y) {
        for scale in [0.125, 0.0625] {
            let small = [x, y].map(|plane| rescale(plane, scale, Interpolation::Bilinear));
            if small.iter().any(has_one_value) {
                return f64::NAN;
            }
            let [x, y] = small.each_ref().map(spectrum);
            let quotient: f64 = mean(x.into_iter().zip(y).map(|(x, y)| x / y));
            error *= math::ln(1.0 + quotient);
        }
    }
    5.0 / powf(1.0 + error, 1.0 / 3.0)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Whether all values are the same but for rounding.
fn has_one_value(plane: &Plane) -> bool {
    plane.values.iter().all(|v| (v - plane.values[0]).abs() < 1e-12)
}

/// The amplitudes of the transform of a plane.
fn spectrum(plane: &Plane) -> Vec<f64> {
    let (width, height) = (plane.width, plane.height);
    let mut transform = ComplexPlane { width, height, re: plane.values.clone(), im: vec![0.0; width * height] };
    Fft2::new(width, height).forward(&mut transform, &mut FftScratch::default());
    transform.re.iter().zip(&transform.im).map(|(a, b)| (a * a + b * b).sqrt()).collect()
}
