//! Visual information fidelity (VIF): the fraction of the reference's information that the distorted image preserves.
//!
//! > VIF = Σ log₂(1 + g² s² λⱼ/(σ_V² + σ_N²)) / Σ log₂(1 + s² λⱼ/σ_N²),  σ_N² = 0.4,
//!
//! over eight bands of a steerable pyramid (four levels; of its six orientations the horizontal and the vertical), over
//! the 3×3 blocks of each band, and over j (H. R. Sheikh and A. C. Bovik, "Image information and visual quality", IEEE
//! Trans. Image Processing 15(2), 2006, equations 4 to 22). λ are the eigenvalues of the covariance C of 3×3
//! neighbourhoods in the reference's band, and s² = uᵀ C⁻¹ u / 9 for a block u. g and σ_V² are the gain and the
//! residual variance of the regression of distorted on reference in a window around the middle of each block. The
//! windows are 17, 9, 5 and 3 coefficients wide, from the finest level on. An image with more contrast than its
//! reference scores above 1.
//!
//! This is the authors' wavelet program (`vifvec`), as a comparison with the official values shows. The faster
//! approximation in the pixel domain (`vifp`) is another metric, different in the first digit.
//!
//! Colour: luma as `rgb2gray` rounds it. Range 0 to 255. Border: mirrored about the edge values. Incomplete blocks, and
//! blocks whose window extends beyond the band, are left out. Downsampling: only that of the pyramid. Its coarsest band
//! must contain three blocks: 72 pixels a side.
//!
//! The filters are those of matlabPyrTools (`sp5Filters`): A. Karasaridis and E. Simoncelli, "A filter design technique
//! for steerable pyramid image transforms", ICASSP 1996.

use ndarray::Array2;

use super::Metric;
use crate::imaging::filter::{Border, correlate, pad, weigh};
use crate::imaging::plane::{Pixels, Plane, Terms, gray, sums};
use crate::lanes::{Kernel, Lanes, Real, Register, math};
use crate::stats::eigen::Eigen;

pub(super) const VIF: Metric = Metric {
    name: "VIF",
    key: "vif",
    description: "visual information fidelity, in wavelets",
    range: (0.0, f64::INFINITY),
    smallest_side: 72,
    higher_is_better: true,
    compute: fidelity,
    fine: Some(fidelity),
};

fn fidelity<I: Pixels>(reference: &I, distorted: &I) -> f64 {
    let (mut x, mut y) = (first(&gray(reference)), first(&gray(distorted)));
    let (mut given, mut there) = (0.0, 0.0);
    for level in 0..LEVELS {
        for vertical in [false, true] {
            let [a, b] = [&x, &y].map(|plane| band(plane, vertical));
            let (a_given, a_there) = information(&a, &b, (1 << (LEVELS - level)) + 1);
            given += a_given;
            there += a_there;
        }
        if level < LEVELS - 1 {
            (x, y) = (halve(&x), halve(&y));
        }
    }
    given / there
}

const LEVELS: usize = 4;
/// σ_N².
const NOISE: f64 = 0.4;
const TOLERANCE: f64 = 1e-15;
/// The side of a block.
const BLOCK: usize = 3;

/// A window that is symmetric in both directions and the diagonal, from its upper left quarter.
fn mirrored<const N: usize>(quarter: [[f64; N]; N], factor: f64) -> Vec<f64> {
    let side = 2 * N - 1;
    let fold = |i: usize| i.min(side - 1 - i);
    (0..side * side).map(|at| factor * quarter[fold(at / side)][fold(at % side)]).collect()
}

/// The low-pass filter before all levels.
fn first(plane: &Plane) -> Plane {
    let window = mirrored(
        [
            [0.00341614, -0.01551246, -0.03848215],
            [-0.01551246, 0.05586982, 0.15925570],
            [-0.03848215, 0.15925570, 0.40304148],
        ],
        1.0,
    );
    correlate(&pad(plane, 2, 2, Border::Reflect), &window, 5, 1)
}

/// The low-pass image of the next level, at half the size.
fn halve(plane: &Plane) -> Plane {
    let window = mirrored(
        [
            [0.00085404, -0.00244917, -0.00387812, -0.00944432, -0.00962054],
            [-0.00244917, -0.00523281, -0.00661117, 0.00410600, 0.01002988],
            [-0.00387812, -0.00661117, 0.01396746, 0.03277038, 0.03981393],
            [-0.00944432, 0.00410600, 0.03277038, 0.06426333, 0.08169618],
            [-0.00962054, 0.01002988, 0.03981393, 0.08169618, 0.10096540],
        ],
        2.0,
    );
    correlate(&pad(plane, 4, 4, Border::Reflect), &window, 9, 2)
}

/// The horizontal or the vertical band. Its sign does not matter here.
fn band(plane: &Plane, vertical: bool) -> Plane {
    const HALF: [[f64; 4]; 3] = [
        [0.00277643, 0.00496194, 0.01026699, 0.01455399],
        [-0.00986904, -0.00893064, 0.01189859, 0.02755155],
        [-0.01021852, -0.03075356, -0.08226445, -0.11732297],
    ];
    let value = |i: usize, j: usize| {
        let j = j.min(6 - j);
        match i {
            0..=2 => HALF[i][j],
            3 => 0.0,
            _ => -HALF[6 - i][j],
        }
    };
    let window: Vec<f64> =
        (0..49).map(|at| if vertical { value(at % 7, at / 7) } else { value(at / 7, at % 7) }).collect();
    correlate(&pad(plane, 3, 3, Border::Reflect), &window, 7, 1)
}

/// The reference's information that the distorted band preserves, and all of it, in natural units.
fn information(x: &Plane, y: &Plane, window: usize) -> (f64, f64) {
    let (across, down) = (x.width / BLOCK, x.height / BLOCK);
    let [x, y] = [x, y].map(|plane| plane.crop(0, 0, BLOCK * across, BLOCK * down));

    let (width, height) = (x.width - BLOCK + 1, x.height - BLOCK + 1);
    let members: Vec<Plane> = (0..9).map(|k| x.crop(k % 3, k / 3, width, height)).collect();
    let centred: Vec<(&[f64], f64)> = members.iter().map(|member| (member.values.as_slice(), member.mean())).collect();
    let eigen = Eigen::of(Array2::from_shape_fn((9, 9), |(a, b)| {
        sums(Centred([centred[a], centred[b]]))[0] / (width * height) as f64
    }));
    let inverse = eigen.map(|v| 1.0 / v);
    let inverse: [[f64; 9]; 9] = std::array::from_fn(|a| std::array::from_fn(|b| inverse[[a, b]]));

    let product =
        |a: &Plane, b: &Plane| Plane { values: a.values.iter().zip(&b.values).map(|(a, b)| a * b).collect(), ..*a };
    let sums = [x.clone(), y.clone(), product(&x, &x), product(&y, &y), product(&x, &y)];
    let sums = sums.map(|plane| window_sums(&plane, window));
    // Blocks whose window lies inside.
    let margin = ((window - 1) / 2).div_ceil(BLOCK);
    let count = (window * window) as f64;
    let mut places = Vec::new();
    for j in margin..down - margin {
        for i in margin..across - margin {
            let [x_sum, y_sum, xx, yy, xy] = [0, 1, 2, 3, 4].map(|k| sums[k].at(i, j));
            let (mean_x, mean_y) = (x_sum / count, y_sum / count);
            let covariance = xy - count * mean_x * mean_y;
            let xx = (xx - count * mean_x * mean_x).max(0.0);
            let yy = (yy - count * mean_y * mean_y).max(0.0);
            let gain = covariance / (xx + TOLERANCE);
            let rest = (yy - gain * covariance) / count;
            let (gain, rest) = match (xx < TOLERANCE, yy < TOLERANCE) {
                (_, true) => (0.0, 0.0),
                (true, false) => (0.0, yy),
                (false, false) if gain < 0.0 => (0.0, yy),
                (false, false) => (gain, rest),
            };
            let block: [f64; 9] = std::array::from_fn(|k| x.at(BLOCK * i + k % 3, BLOCK * j + k / 3));
            let energy: f64 =
                (0..9).map(|a| block[a] * (0..9).map(|b| inverse[a][b] * block[b]).sum::<f64>()).sum::<f64>() / 9.0;
            places.push((energy / NOISE, gain * gain * energy / (rest.max(TOLERANCE) + NOISE)));
        }
    }
    Lanes::dispatch(Information { places: &places, eigenvalues: &eigen.values })
}

/// The product of two members minus their means.
struct Centred<'a>([(&'a [f64], f64); 2]);

impl Terms<1> for Centred<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.0[0].0.len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 1] {
        let [(a, mean_a), (b, mean_b)] = self.0;
        [(a[i] - mean_a) * (b[i] - mean_b)]
    }
}

/// The sums over the `size`×`size` window around the middle of every block.
fn window_sums(plane: &Plane, size: usize) -> Plane {
    let (across, down) = (plane.width / BLOCK, plane.height / BLOCK);
    let mut out = Plane { width: across, height: down, values: vec![0.0; across * down] };
    let padded = pad(plane, (size - 1) / 2, (size - 1) / 2, Border::Reflect);
    Lanes::dispatch(WindowSums { padded: &padded, size, out: &mut out });
    out
}

struct WindowSums<'a> {
    padded: &'a Plane,
    size: usize,
    out: &'a mut Plane,
}

impl Kernel<Lanes<f64, 8>> for WindowSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let WindowSums { padded, size, out } = self;
        let mut low = vec![0.0; padded.width];
        let width = out.width;
        for (j, row) in out.values.chunks_exact_mut(width).enumerate() {
            weigh(size, |_| 1.0, |k| padded.row(BLOCK * j + BLOCK / 2 + k), &mut low);
            for (i, out) in row.iter_mut().enumerate() {
                *out = low[BLOCK * i + BLOCK / 2..][..size].iter().sum();
            }
        }
    }
}

struct Information<'a> {
    /// s²/σ_N² and g² s²/(σ_V² + σ_N²).
    places: &'a [(f64, f64)],
    eigenvalues: &'a [f64],
}

impl Kernel<Lanes<f64, 8>> for Information<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) -> (f64, f64) {
        let (mut given, mut there) = (R::zero(), R::zero());
        for places in self.places.chunks(8) {
            let mut pair = [Lanes([0.0; 8]); 2];
            for (i, place) in places.iter().enumerate() {
                (pair[0].0[i], pair[1].0[i]) = *place;
            }
            let pair = R::view(&pair);
            for &eigenvalue in self.eigenvalues {
                let eigenvalue = R::splat(eigenvalue);
                there = there + math::ln(pair[0] * eigenvalue + R::one());
                given = given + math::ln(pair[1] * eigenvalue + R::one());
            }
        }
        (given.fold(), there.fold())
    }
}
