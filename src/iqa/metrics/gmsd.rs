//! The gradient magnitude similarity deviation (GMSD): how much the similarity of two images' gradients varies over the
//! image.
//!
//! > GMS(i) = (2 g(i) h(i) + c) / (g(i)² + h(i)² + c),  GMSD = √(Σ (GMS(i) − mean)² / (n − 1)),  c = 170,
//!
//! with g and h the gradient magnitudes of the two images by Prewitt's operators, each divided by 3 (W. Xue, L. Zhang, X. Mou and
//! A. C. Bovik, "Gradient magnitude similarity deviation: a highly efficient perceptual image quality index", IEEE Trans. Image
//! Processing 23(2), 2014, equations 3 to 7; the program divides by n − 1, as MATLAB's `std2` does). Lower is better, 0 for
//! identical images.
//!
//! Colour: luma as `rgb2gray` rounds it. Range 0 to 255. Downsampling: always by 2, after averaging over 2×2 pixels. Border: zeros, for
//! the average and for the operators. The magnitudes of an image and of its negative are the same inside the image.

use super::Metric;
use crate::imaging::filter::{Border, downsample, gradient_magnitude};
use crate::imaging::plane::{Pixels, gray, sums};
use crate::lanes::{Kernel, Lanes, Real, Register};

pub(super) const GMSD: Metric = Metric {
    name: "GMSD",
    key: "gmsd",
    description: "gradient magnitude similarity deviation",
    range: (0.0, 1.0),
    smallest_side: 3,
    higher_is_better: false,
    compute: deviation,
    fine: Some(deviation),
};

fn deviation<I: Pixels>(reference: &I, distorted: &I) -> f64 {
    let [g, h] = [reference, distorted].map(|image| {
        let luma = downsample(&gray(image), 2, Border::Zero);
        gradient_magnitude(&luma, 1.0 / 3.0, 1.0 / 3.0)
    });
    let mut similarity = vec![0.0; g.values.len()];
    Lanes::dispatch(Similarity { g: &g.values, h: &h.values, out: &mut similarity });
    let n = similarity.len() as f64;
    let mean = sums(similarity.as_slice())[0] / n;
    similarity.iter_mut().for_each(|v| *v = (*v - mean) * (*v - mean));
    (sums(similarity.as_slice())[0] / (n - 1.0)).sqrt()
}

struct Similarity<'a> {
    g: &'a [f64],
    h: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel<Lanes<f64, 8>> for Similarity<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        for ((out, g), h) in self.out.iter_mut().zip(self.g).zip(self.h) {
            *out = (2.0 * g * h + 170.0) / (g * g + h * h + 170.0);
        }
    }
}
