//! PSNR with a model of human vision: PSNR-HVS, PSNR-HVS-M, PSNR-HA and PSNR-HMA.
//!
//! All four are 10 log₁₀(255²/E) for an error E in 8×8 blocks of the discrete cosine transform:
//!
//! > E = mean over blocks and coefficients (k, l) of (u c_kl)²,  u = |A_kl − B_kl|,
//!
//! with the contrast sensitivity c of each coefficient. *M* adds masking: except for the mean, only the part of u above
//! m/M_kl counts. M_kl is a table of weights, and m describes how much the block hides,
//!
//! > m = √(e p)/32,  e = Σ' A_kl² M_kl,  p = (the four quarters' variances) / (the block's variance),
//!
//! using the larger m of the two images. The factor p keeps edges from hiding errors. (N. Ponomarenko, F. Silvestri, K.
//! Egiazarian, M. Carli, J. Astola and V. Lukin, "On between-coefficient contrast masking of DCT basis functions", VPQM
//! 2007, equations 1 to 5.)
//!
//! *A* treats mean shift and contrast separately, since people mind them less (N. Ponomarenko, O. Ieremeiev, V. Lukin,
//! K. Egiazarian and M. Carli, "Modified image visual quality metrics for contrast change and mean shift accounting",
//! CADSM 2011). The distorted image is first shifted to the mean of the reference, and then scaled to the best
//! contrast, by the factor l = cov(x, y)/var(y). E and E' are the errors of these two images. The part that contrast
//! explains has a low weight, and so has the shift Δ:
//!
//! > E_A = E' + κ (E − E') + 0.04 Δ²  if E > E', else E + 0.04 Δ²,  κ = 0.002 if l < 1 (contrast gained), else 0.25.
//!
//! Colour: luma as `rgb2gray` rounds it, as in the PSNR-HA and PSNR-HMA of the authors' group (TID2013's own score
//! files contain a colour version). Range 0 to 255. Blocks begin at the top left and do not overlap; incomplete blocks
//! are left out of the blocks but not of the means. A score is infinite if there is no error; the authors' program
//! writes 100000 instead.

use super::Metric;
use super::psnr::decibels;
use crate::imaging::plane::{Pixels, Plane, gray};
use crate::lanes::math::sin_cos;
use crate::lanes::{Kernel, Lanes, Real, Register};

pub(super) const PSNR_HVS: Metric = Metric {
    name: "PSNR-HVS",
    key: "psnr_hvs",
    description: "PSNR of DCT coefficients weighted by contrast sensitivity",
    compute: |reference, distorted| decibels(errors(&gray(reference), &gray(distorted)).sensitivity),
    fine: Some(|reference, distorted| decibels(errors(&gray(reference), &gray(distorted)).sensitivity)),
    ..PSNR_HMA
};

pub(super) const PSNR_HVS_M: Metric = Metric {
    name: "PSNR-HVS-M",
    key: "psnr_hvs_m",
    description: "PSNR-HVS with contrast masking between coefficients",
    compute: |reference, distorted| decibels(errors(&gray(reference), &gray(distorted)).masked),
    fine: Some(|reference, distorted| decibels(errors(&gray(reference), &gray(distorted)).masked)),
    ..PSNR_HMA
};

pub(super) const PSNR_HA: Metric = Metric {
    name: "PSNR-HA",
    key: "psnr_ha",
    description: "PSNR-HVS that counts mean shift and contrast change less",
    compute: |reference, distorted| decibels(adapted(reference, distorted, |errors| errors.sensitivity)),
    fine: Some(|reference, distorted| decibels(adapted(reference, distorted, |errors| errors.sensitivity))),
    ..PSNR_HMA
};

pub(super) const PSNR_HMA: Metric = Metric {
    name: "PSNR-HMA",
    key: "psnr_hma",
    description: "PSNR-HVS-M that counts mean shift and contrast change less",
    range: (f64::NEG_INFINITY, f64::INFINITY),
    smallest_side: 8,
    higher_is_better: true,
    compute: |reference, distorted| decibels(adapted(reference, distorted, |errors| errors.masked)),
    fine: Some(|reference, distorted| decibels(adapted(reference, distorted, |errors| errors.masked))),
};

/// The contrast sensitivity c of each coefficient; rows are vertical frequencies.
const SENSITIVITY: [f64; 64] = [
    1.608443, 2.339554, 2.573509, 1.608443, 1.072295, 0.643377, 0.504610, 0.421887, //
    2.144591, 2.144591, 1.838221, 1.354478, 0.989811, 0.443708, 0.428918, 0.467911, //
    1.838221, 1.979622, 1.608443, 1.072295, 0.643377, 0.451493, 0.372972, 0.459555, //
    1.838221, 1.513829, 1.169777, 0.887417, 0.504610, 0.295806, 0.321689, 0.415082, //
    1.429727, 1.169777, 0.695543, 0.459555, 0.378457, 0.236102, 0.249855, 0.334222, //
    1.072295, 0.735288, 0.467911, 0.402111, 0.317717, 0.247453, 0.227744, 0.279729, //
    0.525206, 0.402111, 0.329937, 0.295806, 0.249855, 0.212687, 0.214459, 0.254803, //
    0.357432, 0.279729, 0.270896, 0.262603, 0.229778, 0.257351, 0.249855, 0.259950,
];

/// The masking weight M of each coefficient: (10/q)² of JPEG's luma quantisation q, to six digits.
const MASKING: [f64; 64] = [
    0.390625, 0.826446, 1.000000, 0.390625, 0.173611, 0.062500, 0.038447, 0.026874, //
    0.694444, 0.694444, 0.510204, 0.277008, 0.147929, 0.029727, 0.027778, 0.033058, //
    0.510204, 0.591716, 0.390625, 0.173611, 0.062500, 0.030779, 0.021004, 0.031888, //
    0.510204, 0.346021, 0.206612, 0.118906, 0.038447, 0.013212, 0.015625, 0.026015, //
    0.308642, 0.206612, 0.073046, 0.031888, 0.021626, 0.008417, 0.009426, 0.016866, //
    0.173611, 0.081633, 0.033058, 0.024414, 0.015242, 0.009246, 0.007831, 0.011815, //
    0.041649, 0.024414, 0.016437, 0.013212, 0.009426, 0.006830, 0.006944, 0.009803, //
    0.019290, 0.011815, 0.011080, 0.010412, 0.007972, 0.010000, 0.009426, 0.010203,
];

/// The error E without and with masking.
struct Errors {
    sensitivity: f64,
    masked: f64,
}

/// E_A of the error selected by `of`.
fn adapted<I: Pixels>(reference: &I, distorted: &I, of: fn(Errors) -> f64) -> f64 {
    let (x, y) = (gray(reference), gray(distorted));
    let mean = x.mean();
    let shift = mean - y.mean();
    let shifted = y.map(|y| y + shift);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (x, y) in x.values.iter().zip(&shifted.values) {
        covariance += (x - mean) * (y - mean);
        variance += (y - mean) * (y - mean);
    }
    // An image without contrast cannot be scaled.
    let factor = if variance == 0.0 { 1.0 } else { covariance / variance };
    let stretched = shifted.map(|y| mean + (y - mean) * factor);
    let (with, without) = (errors_masked_by(&x, &shifted, &shifted), errors_masked_by(&x, &stretched, &shifted));
    let (with, without) = (of(with), of(without));
    let share = if factor < 1.0 { 0.002 } else { 0.25 };
    let error = if with > without { without + (with - without) * share } else { with };
    error + 0.04 * shift * shift
}

fn errors(x: &Plane, y: &Plane) -> Errors {
    errors_masked_by(x, y, y)
}

/// The errors of `y`, masked by the blocks of `x` and of `mask`.
fn errors_masked_by(x: &Plane, y: &Plane, mask: &Plane) -> Errors {
    // Orthonormal: row k is √(2/8) cos(π (2i + 1) k / 16), the first √(1/8).
    let basis = std::array::from_fn(|i| {
        let (k, i) = (i / 8, i % 8);
        let (_, cosine) = sin_cos(std::f64::consts::PI * ((2 * i + 1) * k) as f64 / 16.0);
        if k == 0 { 0.125f64.sqrt() } else { 0.5 * cosine }
    });
    Lanes::dispatch(Blocks { x, y, mask, basis })
}

struct Blocks<'a> {
    x: &'a Plane,
    y: &'a Plane,
    mask: &'a Plane,
    basis: [f64; 64],
}

impl Kernel<Lanes<f64, 8>> for Blocks<'_> {
    type Output = Errors;

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) -> Errors {
        let Blocks { x, y, mask, basis } = self;
        let (columns, rows) = (x.width / 8, x.height / 8);
        let (mut sensitivity, mut masked) = ([0.0; 8], [0.0; 8]);
        for block in 0..columns * rows {
            let [a, b, c] = [x, y, mask].map(|plane| cut(plane, 8 * (block % columns), 8 * (block / columns)));
            let [frequencies, others, hiding] = [&a, &b, &c].map(|block| dct(block, &basis));
            let (m, n) = (hidden(&a, &frequencies), hidden(&c, &hiding));
            let m = if n > m { n } else { m };
            for k in 0..8 {
                for l in 0..8 {
                    let i = 8 * k + l;
                    let u = (frequencies[i] - others[i]).abs();
                    let weighted = u * SENSITIVITY[i];
                    sensitivity[l] += weighted * weighted;
                    let excess = if i == 0 { u } else { (u - m / MASKING[i]).max(0.0) };
                    let weighted = excess * SENSITIVITY[i];
                    masked[l] += weighted * weighted;
                }
            }
        }
        let count = (64 * columns * rows) as f64;
        Errors { sensitivity: Lanes(sensitivity).fold() / count, masked: Lanes(masked).fold() / count }
    }
}

/// The block whose first value is (x, y).
#[inline(always)]
fn cut(plane: &Plane, x: usize, y: usize) -> [f64; 64] {
    let mut block = [0.0; 64];
    for (i, row) in block.chunks_exact_mut(8).enumerate() {
        row.copy_from_slice(&plane.row(y + i)[x..][..8]);
    }
    block
}

/// D B Dᵀ.
#[inline(always)]
fn dct(block: &[f64; 64], basis: &[f64; 64]) -> [f64; 64] {
    let (mut low, mut out) = ([0.0; 64], [0.0; 64]);
    for k in 0..8 {
        for i in 0..8 {
            for x in 0..8 {
                low[8 * k + x] += basis[8 * k + i] * block[8 * i + x];
            }
        }
    }
    let mut transposed = [0.0; 64];
    for l in 0..8 {
        for x in 0..8 {
            transposed[8 * x + l] = basis[8 * l + x];
        }
    }
    for k in 0..8 {
        for x in 0..8 {
            for l in 0..8 {
                out[8 * k + l] += low[8 * k + x] * transposed[8 * x + l];
            }
        }
    }
    out
}

/// m of a block.
#[inline(always)]
fn hidden(block: &[f64; 64], frequencies: &[f64; 64]) -> f64 {
    let mut energy = 0.0;
    for i in 1..64 {
        energy += frequencies[i] * frequencies[i] * MASKING[i];
    }
    let whole = spread(block, 0, 0, 8);
    let quarters = spread(block, 0, 0, 4) + spread(block, 4, 0, 4) + spread(block, 4, 4, 4) + spread(block, 0, 4, 4);
    let share = if whole == 0.0 { 0.0 } else { quarters / whole };
    (energy * share).sqrt() / 32.0
}

/// The variance (divided by n − 1) of the `side`×`side` values from (x, y) on, times their number n.
#[inline(always)]
fn spread(block: &[f64; 64], x: usize, y: usize, side: usize) -> f64 {
    let count = (side * side) as f64;
    let mut sum = 0.0;
    for j in y..y + side {
        for i in x..x + side {
            sum += block[8 * j + i];
        }
    }
    let mean = sum / count;
    let mut squares = 0.0;
    for j in y..y + side {
        for i in x..x + side {
            squares += (block[8 * j + i] - mean) * (block[8 * j + i] - mean);
        }
    }
    squares * count / (count - 1.0)
}
