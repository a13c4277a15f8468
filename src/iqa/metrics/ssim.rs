//! The structural similarity index.
//!
//! > SSIM(x, y) = (2 μₓμ_y + C₁)(2 σₓ_y + C₂) / ((μₓ² + μ_y² + C₁)(σₓ² + σ_y² + C₂)),
//!
//! averaged over all positions (Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from error
//! visibility to structural similarity", IEEE Trans. Image Processing 13(4), 2004, equations 13 to 17). The moments are weighted by an
//! 11×11 Gaussian of σ = 1.5, and not corrected for bias; C₁ = (0.01 · 255)², C₂ = (0.03 · 255)².
//!
//! * Colour: luma as `rgb2gray` rounds it. Range 0 to 255.
//! * Border: only windows that lie inside the image.
//! * Downsampling: none in `ssim`, as in the paper. `ssim_downsampled` is the authors' later program (`ssim.m`, 2009).
//!   It first computes means over F×F pixels, F = max(1, round(min(width, height)/256)), with the image mirrored at its
//!   edges, to simulate the usual viewing distance. For 512×384 pixels F = 2, and the scores differ in the first digit.
//!   The authors' group used `ssim_downsampled`; the field's libraries are calibrated on `ssim`.

use super::Metric;
use crate::imaging::filter::{Border, automatic_factor, downsample, gaussian, separable};
use crate::imaging::plane::{self, Pixels, Plane, gray, sums};
use crate::lanes::{Kernel, Lanes, Real, Register};

pub(super) const SSIM: Metric = Metric {
    name: "SSIM",
    key: "ssim",
    description: "structural similarity at full size, as in the paper",
    range: (-1.0, 1.0),
    smallest_side: WINDOW,
    higher_is_better: true,
    compute: |reference, distorted| terms(&gray(reference), &gray(distorted)).similarity,
    fine: Some(|reference, distorted| terms(&gray(reference), &gray(distorted)).similarity),
};

pub(super) const SSIM_DOWNSAMPLED: Metric = Metric {
    name: "SSIM (downsampled)",
    key: "ssim_downsampled",
    description: "structural similarity after the authors' automatic downsampling; the authors' variant",
    range: (-1.0, 1.0),
    smallest_side: WINDOW,
    higher_is_better: true,
    compute: downsampled,
    fine: Some(downsampled),
};

fn downsampled<I: Pixels>(reference: &I, distorted: &I) -> f64 {
    let (width, height) = reference.size();
    let factor = automatic_factor(width, height);
    let luma = |image: &I| downsample(&gray(image), factor, Border::Symmetric);
    terms(&luma(reference), &luma(distorted)).similarity
}

/// The side of the Gaussian window.
pub(in crate::iqa) const WINDOW: usize = 11;
/// (0.01 · 255)².
pub(super) const C1: f64 = 6.5025;
/// (0.03 · 255)².
pub(super) const C2: f64 = 58.5225;

/// The mean over all positions of SSIM, and of its contrast and structure term alone: (2 σₓ_y + C₂) / (σₓ² + σ_y² + C₂).
pub(super) struct Terms {
    pub similarity: f64,
    pub contrast_structure: f64,
}

/// Both means for one pair of planes.
pub(super) fn terms(x: &Plane, y: &Plane) -> Terms {
    let maps = moments(x, y);
    let n = maps[0].values.len() as f64;
    let [similarity, contrast_structure] = sums(Moments(maps.each_ref().map(|map| map.values.as_slice())));
    Terms { similarity: similarity / n, contrast_structure: contrast_structure / n }
}

/// SSIM at every position of its window, 10 fewer than the planes' pixels in each direction. The mean of the map is the
/// metric.
pub(in crate::iqa) fn map(x: &Plane, y: &Plane) -> Plane {
    let maps = moments(x, y);
    let moments = Moments(maps.each_ref().map(|map| map.values.as_slice()));
    let values = (0..maps[0].values.len()).map(|i| plane::Terms::at(&moments, i)[0]).collect();
    Plane { values, ..maps[0] }
}

/// The local means of x, y, x² + y² and x y.
fn moments(x: &Plane, y: &Plane) -> [Plane; 4] {
    let weights = gaussian(WINDOW, 1.5);
    let mut squares = Plane { values: vec![0.0; x.values.len()], ..*x };
    let mut products = squares.clone();
    Lanes::dispatch(Products { x, y, squares: &mut squares, products: &mut products });
    [x, y, &squares, &products].map(|plane| separable(plane, &weights, &weights))
}

/// x² + y² and x y.
struct Products<'a> {
    x: &'a Plane,
    y: &'a Plane,
    squares: &'a mut Plane,
    products: &'a mut Plane,
}

impl Kernel<Lanes<f64, 8>> for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let n = self.x.values.len();
        let (x, y) = (&self.x.values[..n], &self.y.values[..n]);
        let (squares, products) = (&mut self.squares.values[..n], &mut self.products.values[..n]);
        for i in 0..n {
            squares[i] = x[i] * x[i] + y[i] * y[i];
            products[i] = x[i] * y[i];
        }
    }
}

/// Local means of x, y, x² + y² and x y.
struct Moments<'a>([&'a [f64]; 4]);

/// SSIM, and its contrast and structure term.
impl plane::Terms<2> for Moments<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.0[0].len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 2] {
        let [x, y, squares, products] = [self.0[0][i], self.0[1][i], self.0[2][i], self.0[3][i]];
        let (means, product) = (x * x + y * y, x * y);
        let contrast = (2.0 * (products - product) + C2) / (squares - means + C2);
        [(2.0 * product + C1) / (means + C1) * contrast, contrast]
    }
}
