//! SR-SIM, the spectral residual based similarity.
//!
//! > SR-SIM = Σ S_V √S_G V_m / Σ V_m,  S_V = (2 V W + 0.4)/(V² + W² + 0.4),  S_G = (2 g h + 225)/(g² + h² + 225),
//!
//! with the saliency maps V and W of the two images, V_m the larger of them, and g and h their gradient magnitudes by
//! Scharr's operators (L. Zhang and H. Li, "SR-SIM: a fast and high performance IQA index based on spectral residual",
//! ICIP 2012). Saliency is the unexpected part of the spectrum (X. Hou and L. Zhang, "Saliency detection: a spectral
//! residual approach", CVPR 2007). The image is reduced to a quarter of its size. Its amplitudes become exp(L − mean of
//! L over 3×3), where L is their logarithm, and its phases are kept. The result is squared, smoothed by a 10×10
//! Gaussian of σ = 3.8, scaled to [0, 1] and resized to full size.
//!
//! Colour: Y of NTSC with three-digit weights, not rounded. Range 0 to 255. Downsampling: means over F×F pixels, F =
//! max(1, round(min(width, height)/256)), zeros beyond the border. Resizing: MATLAB's bicubic. Borders: zeros for
//! gradients and Gaussian, repeated frequencies for the mean. The Gaussian must fit into the quarter: at least 40
//! pixels a side. The scores agree with those of the authors' group to the last bits.

use super::Metric;
use crate::imaging::fft::{ComplexPlane, Fft2, FftScratch};
use crate::imaging::filter::{Border, automatic_factor, downsample, gaussian, gradient_magnitude, pad, separable};
use crate::imaging::imresize::{Interpolation, rescale, resize_to};
use crate::imaging::plane::{Pixels, Plane, Terms, luma, sums};
use crate::lanes::math;

pub(super) const SR_SIM: Metric = Metric {
    name: "SR-SIM",
    key: "sr_sim",
    description: "similarity of spectral-residual saliency and gradients",
    range: (0.0, 1.0),
    smallest_side: 40,
    higher_is_better: true,
    compute: similarity,
    fine: Some(similarity),
};

fn similarity<I: Pixels>(reference: &I, distorted: &I) -> f64 {
    let (width, height) = reference.size();
    let factor = automatic_factor(width, height);
    let [x, y] = [reference, distorted].map(|image| downsample(&luma(image), factor, Border::Zero));
    let saliency = [saliency(&x), saliency(&y)];
    let gradients = [&x, &y].map(|plane| gradient_magnitude(plane, 3.0 / 16.0, 10.0 / 16.0));
    let [sum, weight] = sums(Pool { saliency: &saliency, gradients: &gradients });
    sum / weight
}

/// The saliency map, 0 to 1 except for the overshoot of the interpolation; NaN for a constant image.
fn saliency(plane: &Plane) -> Plane {
    if plane.is_flat() {
        return plane.map(|_| f64::NAN);
    }
    let small = rescale(plane, 0.25, Interpolation::Bicubic);
    let (width, height) = (small.width, small.height);
    let (fft, mut scratch) = (Fft2::new(width, height), FftScratch::default());
    let mut spectrum = ComplexPlane { width, height, im: vec![0.0; width * height], re: small.values };
    fft.forward(&mut spectrum, &mut scratch);
    let amplitudes = spectrum.re.iter().zip(&spectrum.im).map(|(a, b)| (a * a + b * b).sqrt());
    let logarithms = Plane::new(width, height, amplitudes.map(math::ln).collect());
    let third = [1.0 / 3.0; 3];
    let mean = separable(&pad(&logarithms, 1, 1, Border::Replicate), &third, &third);
    let parts = spectrum.re.iter_mut().zip(&mut spectrum.im);
    for ((re, im), mean) in parts.zip(&mean.values) {
        // exp(L − mean) divided by exp(L), the present amplitude.
        let gain: f64 = math::exp(-mean);
        (*re, *im) = (*re * gain, *im * gain);
    }
    fft.inverse(&mut spectrum, &mut scratch);
    let squares = spectrum.re.iter().zip(&spectrum.im).map(|(a, b)| a * a + b * b);
    let weights = gaussian(10, 3.8);
    let smooth = separable(&pad(&Plane::new(width, height, squares.collect()), 4, 5, Border::Zero), &weights, &weights);
    let least = smooth.values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = smooth.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    resize_to(&smooth.map(|v| (v - least) / (most - least)), plane.width, plane.height, Interpolation::Bicubic)
}

struct Pool<'a> {
    saliency: &'a [Plane; 2],
    gradients: &'a [Plane; 2],
}

/// The numerator and the denominator.
impl Terms<2> for Pool<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.saliency[0].values.len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 2] {
        let (v, w) = (self.saliency[0].values[i], self.saliency[1].values[i]);
        let (g, h) = (self.gradients[0].values[i], self.gradients[1].values[i]);
        let weight = if v > w { v } else { w };
        let saliency = (2.0 * v * w + 0.4) / (v * v + w * w + 0.4);
        let gradient = (2.0 * g * h + 225.0) / (g * g + h * h + 225.0);
        [saliency * gradient.sqrt() * weight, weight]
    }
}
