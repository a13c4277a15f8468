//! PerSIM, the perceptual similarity index of structure and colour in the Lab space.
//!
//! > PerSIM = (mean over positions of min(l⁴, a², b²))²⁵,
//!
//! with l, a and b geometric means over three resolutions of the similarities |(2 u v + T)/(u² + v² + T)|, T = 0.001.
//! They compare the responses to a Laplacian of Gaussian on L, and a and b themselves (D. Temel and G. AlRegib,
//! "PerSIM: multi-resolution image quality assessment in the perceptually uniform color domain", ICIP 2015). The
//! resolutions are 1, 0.6 and 0.4, with filters of 13×13, σ = 10; 4×4, σ = 8; 2×2, σ = 7. The maps of the lower ones
//! are resized to full size by bicubic interpolation before they are multiplied. Sizes, constants and powers are those
//! of the program of the authors' group.
//!
//! Colour: sRGB to 8-bit CIE Lab under D50, as MATLAB's `applycform` computes it with the ICC profile of sRGB. This
//! uses a tone curve of 1024 entries of 16 bits, and a matrix of 16.16 fixed-point numbers. L is multiplied by 2.55, a
//! and b are increased by 128, and all are rounded and clamped to 8 bits. Border: symmetric. Downsampling: MATLAB's
//! bicubic on 8-bit images.
//!
//! The Laplacian does not see the level of L, so the score is not defined for two images that each have one L, but not the
//! same (black and white).
//!
//! The scores of the authors' group for 709 images of TID2013 are reproduced to 6e-6 in the median and 6e-4 at worst,
//! with a rank correlation of 0.9999995. The remaining difference comes from the colour conversion. The rounding of a
//! Lab value near a half depends on the profile's curve and on its interpolation, and the twenty-fifth power amplifies
//! it.

use super::Metric;
use crate::imaging::Rgb8;
use crate::imaging::filter::{Border, correlate, pad};
use crate::imaging::imresize::{Interpolation, rescale_rgb8, resize_to};
use crate::imaging::plane::Plane;
use crate::lanes::math::{self, powf};
use crate::lanes::{Kernel, Lanes, Real, Register};

pub(super) const PER_SIM: Metric = Metric {
    name: "PerSIM",
    key: "persim",
    description: "similarity of structure and colour in Lab over three resolutions; the authors' variant",
    range: (0.0, 1.0),
    smallest_side: 13,
    higher_is_better: true,
    // Lab is computed in 8 bits.
    fine: None,
    compute: |reference, distorted| {
        let (width, height) = (reference.width, reference.height);
        let mut product: Option<[Plane; 3]> = None;
        for (scale, side, sigma) in [(1.0, 13, 10.0), (0.6, 4, 8.0), (0.4, 2, 7.0)] {
            let window = laplacian_of_gaussian(side, sigma);
            let labs = [reference, distorted].map(|image| {
                if scale == 1.0 { lab(image) } else { lab(&rescale_rgb8(image, scale, Interpolation::Bicubic)) }
            });
            let [[x, ..], [y, ..]] = &labs;
            if scale == 1.0 && x.is_flat() && y.is_flat() && x.values[0] != y.values[0] {
                return f64::NAN;
            }
            let [x, y] = labs.map(|[l, a, b]| {
                // In MATLAB the origin of an even window is the left one of the two middle pixels.
                let before = (side - 1) / 2;
                [correlate(&pad(&l, before, side - 1 - before, Border::Symmetric), &window, side, 1), a, b]
            });
            let similar = |c: usize| {
                let pairs = x[c].values.iter().zip(&y[c].values);
                let values = pairs.map(|(u, v)| ((2.0 * u * v + T) / (u * u + v * v + T)).abs()).collect();
                let map = Plane { values, ..x[c] };
                if scale == 1.0 { map } else { resize_to(&map, width, height, Interpolation::Bicubic).map(f64::abs) }
            };
            let maps = [0, 1, 2].map(similar);
            match &mut product {
                None => product = Some(maps),
                Some(product) => {
                    for (product, map) in product.iter_mut().zip(&maps) {
                        product.values.iter_mut().zip(&map.values).for_each(|(product, map)| *product *= map);
                    }
                }
            }
        }
        let product = product.expect("there are three resolutions");
        let mean = Lanes::dispatch(Pool { product: &product });
        let x2 = mean * mean;
        let x4 = x2 * x2;
        let x8 = x4 * x4;
        // Bicubic interpolation can overshoot.
        (x8 * x8 * x8 * mean).min(1.0)
    },
};

/// The constant of the similarities.
const T: f64 = 0.001;

/// `fspecial('log', side, sigma)`, row-major.
fn laplacian_of_gaussian(side: usize, sigma: f64) -> Vec<f64> {
    let middle = (side as f64 - 1.0) / 2.0;
    let square = |at: usize| {
        let (x, y) = ((at % side) as f64 - middle, (at / side) as f64 - middle);
        x * x + y * y
    };
    let variance = sigma * sigma;
    let gauss: Vec<f64> = (0..side * side).map(|at| math::exp(-square(at) / (2.0 * variance))).collect();
    let sum: f64 = gauss.iter().sum();
    let values: Vec<f64> =
        (0..side * side).map(|at| gauss[at] / sum * (square(at) - 2.0 * variance) / (variance * variance)).collect();
    let mean = values.iter().sum::<f64>() / (side * side) as f64;
    values.into_iter().map(|v| v - mean).collect()
}

/// L, a and b, 0 to 255.
fn lab(image: &Rgb8) -> [Plane; 3] {
    let n = image.width * image.height;
    let plane = || Plane { width: image.width, height: image.height, values: vec![0.0; n] };
    let mut out = [plane(), plane(), plane()];
    // The linear light of the 256 levels, by linear interpolation in the profile's curve.
    let curve: Vec<f64> =
        (0..1024).map(|i| (linear(f64::from(i) / 1023.0) * 65535.0 + 0.5).floor() / 65535.0).collect();
    let light = std::array::from_fn(|level| {
        let place = level as f64 / 255.0 * 1023.0;
        let below = (place as usize).min(1022);
        curve[below] + (curve[below + 1] - curve[below]) * (place - below as f64)
    });
    Lanes::dispatch(ToLab { samples: &image.samples, light: &light, out: &mut out });
    out
}

/// sRGB's tone curve.
fn linear(v: f64) -> f64 {
    if v <= 0.04045 { v / 12.92 } else { powf((v + 0.055) / 1.055, 2.4) }
}

struct ToLab<'a> {
    samples: &'a [u8],
    light: &'a [f64; 256],
    out: &'a mut [Plane; 3],
}

impl Kernel<Lanes<f64, 8>> for ToLab<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        /// X, Y and Z of the profile's red, green and blue, times 2¹⁶.
        const MATRIX: [[f64; 3]; 3] =
            [[28578.0, 25241.0, 9376.0], [14581.0, 46981.0, 3972.0], [912.0, 6362.0, 46799.0]];
        /// X, Y and Z of D50.
        const WHITE: [f64; 3] = [0.9642, 1.0, 0.8249];
        let ToLab { samples, light, out: [l, a, b] } = self;
        let rows: [[f64; 3]; 3] = std::array::from_fn(|i| MATRIX[i].map(|m| m / 65536.0 / WHITE[i]));
        for (group, pixels) in samples.chunks(24).enumerate() {
            let mut rgb = [Lanes([0.0; 8]); 3];
            for (i, pixel) in pixels.chunks_exact(3).enumerate() {
                for (channel, &sample) in rgb.iter_mut().zip(pixel) {
                    channel.0[i] = light[usize::from(sample)];
                }
            }
            let rgb = R::view(&rgb);
            let (x, y, z) = (response(rgb, rows[0]), response(rgb, rows[1]), response(rgb, rows[2]));
            let lightness = (y * R::splat(116.0) - R::splat(16.0)) * R::splat(2.55);
            let red_green = (x - y) * R::splat(500.0) + R::splat(128.0);
            let yellow_blue = (y - z) * R::splat(200.0) + R::splat(128.0);
            let count = pixels.len() / 3;
            for (plane, lanes) in [&mut *l, &mut *a, &mut *b].into_iter().zip([lightness, red_green, yellow_blue]) {
                for (i, value) in plane.values[8 * group..][..count].iter_mut().enumerate() {
                    *value = (lanes.lane(i) + 0.5).floor().clamp(0.0, 255.0);
                }
            }
        }
    }
}

/// The cube root of a primary's fraction of the white, or the linear part near black.
#[inline(always)]
fn response<R: Real<Scalar = f64>>(rgb: &[R], row: [f64; 3]) -> R {
    let v = rgb[0] * R::splat(row[0]) + rgb[1] * R::splat(row[1]) + rgb[2] * R::splat(row[2]);
    // Only so that the unused logarithm is defined.
    let tiny = R::splat(1e-9);
    let root = math::exp(math::ln(R::select_lt(v, tiny, tiny, v)) * R::splat(1.0 / 3.0));
    let line = v * R::splat(7.787) + R::splat(16.0 / 116.0);
    R::select_lt(R::splat(0.008856), v, root, line)
}

/// The mean of min(l⁴, a², b²), for maps of the third powers of l, a and b.
struct Pool<'a> {
    product: &'a [Plane; 3],
}

impl Kernel<Lanes<f64, 8>> for Pool<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) -> f64 {
        let [l, a, b] = self.product;
        let n = l.values.len();
        let mut sum = R::zero();
        for first in (0..n).step_by(8) {
            let count = (n - first).min(8);
            let mut cubes = [Lanes([0.0; 8]); 2];
            for i in 0..count {
                cubes[0].0[i] = l.values[first + i] * l.values[first + i];
                cubes[1].0[i] = a.values[first + i].min(b.values[first + i]);
            }
            // l⁴ = ((l³)²)^⅔, a² = (a³)^⅔; 0 has no logarithm and stays 0.
            let cubes = R::view(&cubes);
            let least = R::select_lt(cubes[0], cubes[1], cubes[0], cubes[1]);
            let power = math::exp(math::ln(least) * R::splat(2.0 / 3.0));
            sum = sum + R::select_lt(R::zero(), least, power, R::zero());
        }
        sum.fold() / n as f64
    }
}
