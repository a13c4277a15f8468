//! IW-SSIM: multi-scale SSIM, pooled by how much information a place carries.
//!
//! > IW-SSIM = Πₛ (Σ wₛ csₛ / Σ wₛ)^βₛ
//!
//! over the five levels of a [Laplacian pyramid](crate::imaging::laplacian_pyramid), with [MS-SSIM](super::ms_ssim)'s exponents β divided
//! by their sum; cs is SSIM's contrast and structure, on the coarsest level the whole SSIM with equal weights. The weight of a place is the
//! information that its neighbourhood in both images gives through a noisy channel,
//!
//! > w = Σⱼ log₂(1 + ((σ_V² + (1 + g²) σ_N²) s² λⱼ + σ_N² σ_V²)/σ_N⁴),  σ_N² = 0.4,
//!
//! (Z. Wang and Q. Li, "Information content weighting for perceptual image quality assessment", IEEE Trans. Image Processing 20(5), 2011,
//! equations 13 to 28). The neighbourhood u is 3×3 coefficients and, on the three finest levels, their parent; λ are the eigenvalues of its
//! covariance C over the reference's level, s² = uᵀ C⁻¹ u / N; g and σ_V² are the gain and the rest of the regression of distorted on reference in
//! 3×3 windows.
//!
//! Colour: luma as `rgb2gray` rounds it. Range 0 to 255. Borders: mirrored in the pyramid, zeros beyond it in the regressions,
//! windows inside the image for SSIM. No downsampling. The authors' program refuses images below 176 pixels a side, and so does this. It is the
//! laboratory's to 12 digits and more.

use super::Metric;
use super::ms_ssim::{SCALES, WEIGHTS};
use super::ssim::{C1, C2, WINDOW};
use crate::imaging::filter::{Border, gaussian, pad, separable};
use crate::imaging::imresize::{Interpolation, resize_to};
use crate::imaging::laplacian_pyramid::laplacian_pyramid;
use crate::imaging::plane::{Plane, Terms, gray, sums};
use crate::lanes::math::powf;
use crate::lanes::{Kernel, Lanes, Real, Register};
use crate::stats::eigen::Eigen;

pub(super) const IW_SSIM: Metric = Metric {
    name: "IW-SSIM",
    key: "iw_ssim",
    description: "multi-scale SSIM weighted by information content",
    range: (0.0, 1.0),
    smallest_side: WINDOW << (SCALES - 1),
    higher_is_better: true,
    compute: |reference, distorted| {
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
                // Information is known from one place inside the edge on, quality from five.
                let weights = weights.crop(4, 4, quality.width, quality.height);
                let [sum, weight] = sums(Weighted { values: &quality.values, weights: &weights.values });
                sum / weight
            };
            // A negative mean has no real power; its absolute value is what the program's complex result is taken as.
            score *= if mean == 0.0 { 0.0 } else { powf(mean.abs(), WEIGHTS[scale] / exponents) };
        }
        score
    },
};

/// The neighbourhood's noise, σ_N².
const NOISE: f64 = 0.4;
/// What counts as no variance.
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

    /// The variances, not below 0, and the covariance at place `i`.
    #[inline(always)]
    fn spread(&self, i: usize) -> (f64, f64, f64) {
        let (x, y) = (self.x.values[i], self.y.values[i]);
        let xx = (self.xx.values[i] - x * x).max(0.0);
        let yy = (self.yy.values[i] - y * y).max(0.0);
        (xx, yy, self.xy.values[i] - x * y)
    }
}

/// The map of SSIM's contrast and structure, or of the whole.
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

/// The weights of all places but the outermost.
fn information(x: &Plane, y: &Plane, parent: Option<&Plane>) -> Plane {
    let (width, height) = (x.width, x.height);
    let padded = [x, y].map(|plane| pad(plane, 1, 1, Border::Zero));
    let moments = Moments::of(&padded[0], &padded[1], &[1.0 / 3.0; 3]);
    let enlarged = parent.map(|parent| enlarge(parent, width, height));

    // The neighbourhoods, one row per member.
    let (across, down) = (width - 2, height - 2);
    let mut members: Vec<Plane> = (0..9).map(|k| x.crop(2 - k % 3, 2 - k / 3, across, down)).collect();
    members.extend(enlarged.map(|parent| parent.crop(1, 1, across, down)));
    let (n, places) = (members.len(), across * down);
    let members: Vec<&[f64]> = members.iter().map(|member| member.values.as_slice()).collect();
    let eigen = Eigen::of(&covariance(&members), n);
    // Negative eigenvalues are rounding errors; what they take away is given back to the others.
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

/// The parent level at the child's size, each of its values again at every even place, by the authors' `imenlarge2`: bilinear to
/// 4n − 3, a border extrapolated in a line, every other value.
fn enlarge(parent: &Plane, width: usize, height: usize) -> Plane {
    let fine = resize_to(parent, 4 * parent.width - 3, 4 * parent.height - 3, Interpolation::Bilinear);
    let (last_x, last_y) = (fine.width - 1, fine.height - 1);
    // Place −1 and place n continue the line of the two values inside.
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

/// Σ u uᵀ / places, row-major.
fn covariance(members: &[&[f64]]) -> Vec<f64> {
    let n = members.len();
    let mut out = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let [sum] = sums(Product(members[i], members[j]));
            let mean = sum / members[0].len() as f64;
            (out[i * n + j], out[j * n + i]) = (mean, mean);
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
    inverse: &'a [f64],
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
        let mut neighbourhood = vec![Lanes([0.0; 8]); n];
        for (group, (out, regression)) in out.chunks_mut(8).zip(regression.chunks(8)).enumerate() {
            let count = out.len();
            for (lanes, member) in neighbourhood.iter_mut().zip(members) {
                lanes.0[..count].copy_from_slice(&member[8 * group..][..count]);
            }
            let u = R::view(&neighbourhood);
            // s² = uᵀ C⁻¹ u / N.
            let mut energy = R::zero();
            for i in 0..n {
                let mut sum = R::zero();
                for j in 0..n {
                    sum = R::splat(inverse[i * n + j]).mul_add(u[j], sum);
                }
                energy = u[i].mul_add(sum, energy);
            }
            energy = energy * R::splat(1.0 / n as f64);
            let mut pair = [Lanes([0.0; 8]); 2];
            for (i, &(gain, rest)) in regression.iter().enumerate() {
                pair[0].0[i] = (rest + (1.0 + gain * gain) * NOISE) * scale;
                pair[1].0[i] = 1.0 + rest * NOISE * scale;
            }
            let pair = R::view(&pair);
            // The logarithm of a product; in two halves, so that it cannot overflow.
            let (mut first, mut second) = (R::one(), R::one());
            for (j, &eigenvalue) in eigenvalues.iter().enumerate() {
                let term = (pair[0] * energy).mul_add(R::splat(eigenvalue), pair[1]);
                if j % 2 == 0 { first = first * term } else { second = second * term }
            }
            let bits = (Real::ln(first) + Real::ln(second)) * R::splat(std::f64::consts::LOG2_E);
            for (i, out) in out.iter_mut().enumerate() {
                let value = bits.lane(i);
                *out = if value < TOLERANCE { 0.0 } else { value };
            }
        }
    }
}
