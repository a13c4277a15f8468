//! IW-SSIM: multi-scale SSIM, weighted by the local information content.
//!
//! > IW-SSIM = Πₛ (Σ wₛ csₛ / Σ wₛ)^βₛ
//!
//! over the five levels of a [Laplacian pyramid](crate::imaging::laplacian_pyramid), with the exponents β of
//! [MS-SSIM](super::ms_ssim) divided by their sum, and a negative mean counts as 0 as there. cs is the contrast and structure of SSIM; on the coarsest level it
//! is the whole SSIM with equal weights. The weight of a position is the information of its neighbourhood in both
//! images through a noisy channel,
//!
//! > w = Σⱼ log₂(1 + ((σ_V² + (1 + g²) σ_N²) s² λⱼ + σ_N² σ_V²)/σ_N⁴),  σ_N² = 0.4,
//!
//! (Z. Wang and Q. Li, "Information content weighting for perceptual image quality assessment", IEEE Trans. Image
//! Processing 20(5), 2011, equations 13 to 28). The neighbourhood u is 3×3 coefficients and, on the three finest
//! levels, their parent. λ are the eigenvalues of its covariance C over the reference's level, and s² = uᵀ C⁻¹ u / N. g
//! and σ_V² are the gain and the residual variance of the regression of distorted on reference in 3×3 windows.
//!
//! Colour: luma as `rgb2gray` rounds it. Range 0 to 255. Borders: mirrored in the pyramid, zeros beyond it in the
//! regressions, windows inside the image for SSIM. No downsampling. Images below 176 pixels a side are rejected, as in
//! the authors' program. The scores agree with those of the authors' group to at least 12 digits.

use ndarray::Array2;

use super::Metric;
use super::ms_ssim::{SCALES, WEIGHTS, power};
use super::ssim::{C1, C2, WINDOW};
use crate::imaging::filter::{Border, gaussian, pad, separable};
use crate::imaging::imresize::{Interpolation, resize_to};
use crate::imaging::laplacian_pyramid::laplacian_pyramid;
use crate::imaging::plane::{Pixels, Plane, Terms, gray, sums};
use crate::lanes::math;
use crate::lanes::{Kernel, Lanes, Real, Register};
use crate::stats::eigen::Eigen;

pub(super) const IW_SSIM: Metric = Metric {
    name: "IW-SSIM",
    key: "iw_ssim",
    description: "multi-scale SSIM weighted by information content",
    range: (0.0, 1.0),
    smallest_side: WINDOW << (SCALES - 1),
    higher_is_better: true,
    compute: weighted,
    fine: Some(weighted),
};

fn weighted<I: Pixels>(reference: &I, distorted: &I) -> f64 {
    let x = laplacian_pyramid(&gray(reference), SCALES);
    let y = laplacian_pyramid(&gray(distorted), SCALES);
    let exponents: f64 = WEIGHTS.iter().sum();
    let mut score = 1.0;
    for scale in 0..SCALES {
        let coarsest = scale == SCALES - 1;
        let quality = quality(&x[scale], &y[scale], coarsest);
        let mean = if coarsest {
            quality.mean()
        } else {
            let parent = (scale < SCALES - 2).then(|| &x[scale + 1]);
            let weights = information(&x[scale], &y[scale], parent);
            // Weights start one position inside the edge, and quality values five.
            let weights = weights.crop(4, 4, quality.width, quality.height);
            let [sum, weight] = sums(Weighted { values: &quality.values, weights: &weights.values });
            sum / weight
        };
        score *= power(mean, WEIGHTS[scale] / exponents);
    }
    score
}

/// The noise of the neighbourhood, σ_N².
const NOISE: f64 = 0.4;
/// Variances below this count as 0.
const TOLERANCE: f64 = 1e-15;

struct Weighted<'a> {
    values: &'a [f64],
    weights: &'a [f64],
}

/// The weighted values, and the weights.
impl Terms<2> for Weighted<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.values.len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 2] {
        [self.values[i] * self.weights[i], self.weights[i]]
    }
}

/// Local means of x, y, x², y² and xy.
struct Moments {
    x: Plane,
    y: Plane,
    xx: Plane,
    yy: Plane,
    xy: Plane,
}

impl Moments {
    fn of(x: &Plane, y: &Plane, weights: &[f64]) -> Moments {
        let product = |a: &Plane, b: &Plane| {
            let values = a.values.iter().zip(&b.values).map(|(a, b)| a * b).collect();
            separable(&Plane { values, ..*a }, weights, weights)
        };
        Moments {
            xx: product(x, x),
            yy: product(y, y),
            xy: product(x, y),
            x: separable(x, weights, weights),
            y: separable(y, weights, weights),
        }
    }

    /// The variances, at least 0, and the covariance at position `i`.
    #[inline(always)]
    fn spread(&self, i: usize) -> (f64, f64, f64) {
        let (x, y) = (self.x.values[i], self.y.values[i]);
        let xx = (self.xx.values[i] - x * x).max(0.0);
        let yy = (self.yy.values[i] - y * y).max(0.0);
        (xx, yy, self.xy.values[i] - x * y)
    }
}

/// The map of SSIM's contrast and structure, or of the whole SSIM.
fn quality(x: &Plane, y: &Plane, whole: bool) -> Plane {
    let moments = Moments::of(x, y, &gaussian(WINDOW, 1.5));
    let mut map = moments.x.clone();
    for (i, value) in map.values.iter_mut().enumerate() {
        let (xx, yy, xy) = moments.spread(i);
        let (x, y) = (moments.x.values[i], moments.y.values[i]);
        let luminance = if whole { (2.0 * x * y + C1) / (x * x + y * y + C1) } else { 1.0 };
        *value = (2.0 * xy + C2) / (xx + yy + C2) * luminance;
    }
    map
}

/// The weights of all positions but the outermost.
fn information(x: &Plane, y: &Plane, parent: Option<&Plane>) -> Plane {
    let (width, height) = (x.width, x.height);
    let padded = [x, y].map(|plane| pad(plane, 1, 1, Border::Zero));
    let moments = Moments::of(&padded[0], &padded[1], &[1.0 / 3.0; 3]);
    let enlarged = parent.map(|parent| enlarge(parent, width, height));

    // The neighbourhoods, one row per member.
    let (across, down) = (width - 2, height - 2);
    let mut members: Vec<Plane> = (0..9).map(|k| x.crop(2 - k % 3, 2 - k / 3, across, down)).collect();
    members.extend(enlarged.map(|parent| parent.crop(1, 1, across, down)));
    let places = across * down;
    let members: Vec<&[f64]> = members.iter().map(|member| member.values.as_slice()).collect();
    let eigen = Eigen::of(covariance(&members));
    // Negative eigenvalues are rounding errors; the others are rescaled to keep the sum.
    let (all, positive) = (eigen.values.iter().sum::<f64>(), eigen.values.iter().map(|v| v.max(0.0)).sum::<f64>());
    let corrected = |v: f64| v.max(0.0) * all / if positive == 0.0 { 1.0 } else { positive };
    let inverse = eigen.map(|v| 1.0 / corrected(v));
    let eigenvalues: Vec<f64> = eigen.values.iter().map(|&v| corrected(v)).collect();

    let mut regression = vec![(0.0, 0.0); places];
    for (i, out) in regression.iter_mut().enumerate() {
        let (xx, yy, xy) = moments.spread((i / across + 1) * width + i % across + 1);
        let gain = xy / (xx + TOLERANCE);
        *out = match (xx < TOLERANCE, yy < TOLERANCE) {
            (_, true) => (0.0, 0.0),
            (true, false) => (0.0, yy),
            (false, false) => (gain, yy - gain * xy),
        };
    }
    let mut out = Plane { width: across, height: down, values: vec![0.0; places] };
    Lanes::dispatch(Information {
        members: &members,
        inverse: &inverse,
        eigenvalues: &eigenvalues,
        regression: &regression,
        out: &mut out.values,
    });
    out
}

/// The parent level at the size of the child, each value repeated at every even position, by the authors' `imenlarge2`:
/// bilinear to 4n − 3, with a linearly extrapolated border, every other value.
fn enlarge(parent: &Plane, width: usize, height: usize) -> Plane {
    let fine = resize_to(parent, 4 * parent.width - 3, 4 * parent.height - 3, Interpolation::Bilinear);
    let (last_x, last_y) = (fine.width - 1, fine.height - 1);
    // Positions −1 and n continue the line through the two values inside.
    let along = |i: isize, last: usize, f: &dyn Fn(usize) -> f64| match i {
        -1 => 2.0 * f(0) - f(1),
        i if i as usize > last => 2.0 * f(last) - f(last - 1),
        i => f(i as usize),
    };
    Plane::from_fn(width, height, |x, y| {
        let row = |y: usize| along(2 * x as isize - 1, last_x, &|x| fine.at(x, y));
        along(2 * y as isize - 1, last_y, &row)
    })
}

/// Σ u uᵀ, divided by the number of positions.
fn covariance(members: &[&[f64]]) -> Array2<f64> {
    let n = members.len();
    let mut out = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let [sum] = sums(Product(members[i], members[j]));
            let mean = sum / members[0].len() as f64;
            (out[[i, j]], out[[j, i]]) = (mean, mean);
        }
    }
    out
}

struct Product<'a>(&'a [f64], &'a [f64]);

impl Terms<1> for Product<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 1] {
        [self.0[i] * self.1[i]]
    }
}

struct Information<'a> {
    members: &'a [&'a [f64]],
    inverse: &'a Array2<f64>,
    eigenvalues: &'a [f64],
    regression: &'a [(f64, f64)],
    out: &'a mut [f64],
}

impl Kernel<Lanes<f64, 8>> for Information<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Information { members, inverse, eigenvalues, regression, out } = self;
        let (n, scale) = (members.len(), 1.0 / (NOISE * NOISE));
        let inverse = inverse.as_slice().expect("row-major");
        let mut neighbourhood = vec![Lanes([0.0; 8]); n];
        for (group, (out, regression)) in out.chunks_mut(8).zip(regression.chunks(8)).enumerate() {
            let count = out.len();
            for (lanes, member) in neighbourhood.iter_mut().zip(members) {
                lanes.0[..count].copy_from_slice(&member[8 * group..][..count]);
            }
            let u = R::view(&neighbourhood);
            // s² = uᵀ C⁻¹ u / N.
            let mut energy = R::zero();
            for (u_i, row) in u.iter().zip(inverse.chunks_exact(n)) {
                let sum = row.iter().zip(u).fold(R::zero(), |sum, (&c, u_j)| R::splat(c).mul_add(*u_j, sum));
                energy = u_i.mul_add(sum, energy);
            }
            energy = energy * R::splat(1.0 / n as f64);
            let mut pair = [Lanes([0.0; 8]); 2];
            for (i, &(gain, rest)) in regression.iter().enumerate() {
                pair[0].0[i] = (rest + (1.0 + gain * gain) * NOISE) * scale;
                pair[1].0[i] = 1.0 + rest * NOISE * scale;
            }
            let pair = R::view(&pair);
            // The logarithm of a product, in two halves to avoid overflow.
            let (mut first, mut second) = (R::one(), R::one());
            for (j, &eigenvalue) in eigenvalues.iter().enumerate() {
                let term = (pair[0] * energy).mul_add(R::splat(eigenvalue), pair[1]);
                if j % 2 == 0 { first = first * term } else { second = second * term }
            }
            let bits = (math::ln(first) + math::ln(second)) * R::splat(std::f64::consts::LOG2_E);
            for (i, out) in out.iter_mut().enumerate() {
                let value = bits.lane(i);
                *out = if value < TOLERANCE { 0.0 } else { value };
            }
        }
    }
}
