//! The feature similarity index, FSIM, and its form for colour, FSIMc.
//!
//! > FSIM = Σ S_PC S_G PC_m / Σ PC_m,  S_PC = (2 P Q + 0.85)/(P² + Q² + 0.85),  S_G = (2 g h + 160)/(g² + h² + 160),
//!
//! with P and Q the [phase congruency](crate::imaging::phase_congruency) of the two images, PC_m the larger of them,
//! and g and h their gradient magnitudes by Scharr's operators (L. Zhang, L. Zhang, X. Mou and D. Zhang, "FSIM: a
//! feature similarity index for image quality assessment", IEEE Trans. Image Processing 20(8), 2011, equations 4 to 9).
//! FSIMc multiplies each term of the upper sum by Re((S_I S_Q)^0.03). S_I and S_Q are the similarities of the colour
//! channels I and Q, with 200 instead of 160 (a negative product, of complementary colours, has a complex power).
//!
//! Colour: Y, I and Q of NTSC with three-digit weights, not rounded. Range 0 to 255. Downsampling: means over F×F
//! pixels, F = max(1, round(min(width, height)/256)), zeros beyond the border. Border: zeros for gradients, periodic
//! for phase congruency. The coarsest filter is 48 pixels long, and smaller images are rejected. `fsimc` agrees with
//! the scores of the authors' group to the last bits. Libraries are calibrated on it under the name "FSIM".

use super::Metric;
use crate::imaging::filter::{Border, automatic_factor, downsample, gradient_magnitude};
use crate::imaging::phase_congruency;
use crate::imaging::plane::{Pixels, Plane, Terms, in_phase, luma, quadrature, sums};
use crate::lanes::math::{powf, sin_cos};
use crate::lanes::{Kernel, Lanes, Real, Register};

pub(super) const FSIM: Metric = Metric {
    name: "FSIM",
    key: "fsim",
    description: "similarity of phase congruency and gradients of luma",
    range: (0.0, 1.0),
    smallest_side: 48,
    higher_is_better: true,
    compute: |reference, distorted| similarity(reference, distorted, false),
    fine: Some(|reference, distorted| similarity(reference, distorted, false)),
};

pub(super) const FSIMC: Metric = Metric {
    name: "FSIMc",
    key: "fsimc",
    description: "FSIM with the similarity of the colours; the authors' variant",
    compute: |reference, distorted| similarity(reference, distorted, true),
    fine: Some(|reference, distorted| similarity(reference, distorted, true)),
    ..FSIM
};

fn similarity<I: Pixels>(reference: &I, distorted: &I, in_colour: bool) -> f64 {
    let (width, height) = reference.size();
    let factor = automatic_factor(width, height);
    // One channel at a time, so that they share memory.
    let pair = |channel: fn(&I) -> Plane| {
        [reference, distorted].map(|image| downsample(&channel(image), factor, Border::Zero))
    };
    let [x, y] = pair(luma);
    if x.is_flat() || y.is_flat() {
        // A flat image has no phase congruency.
        return f64::NAN;
    }
    let congruency = phase_congruency::of_pair(&x, &y);
    let gradients = [&x, &y].map(|plane| gradient_magnitude(plane, 3.0 / 16.0, 10.0 / 16.0));
    let colour = if in_colour {
        let ([i, i2], [q, q2]) = (pair(in_phase), pair(quadrature));
        colour_similarity(&[i, i2, q, q2])
    } else {
        vec![1.0; x.values.len()]
    };
    let [p, q, g, h] =
        [&congruency[0], &congruency[1], &gradients[0], &gradients[1]].map(|plane| plane.values.as_slice());
    let [sum, weight] = sums(Pool { p, q, g, h, colour: &colour });
    sum / weight
}

/// (2ab + c)/(a² + b² + c).
#[inline(always)]
fn alike(a: f64, b: f64, c: f64) -> f64 {
    (2.0 * a * b + c) / (a * a + b * b + c)
}

/// Re((S_I S_Q)^0.03) at every position; the planes are I of both images, then Q of both.
fn colour_similarity(planes: &[Plane; 4]) -> Vec<f64> {
    let n = planes[0].values.len();
    let mut lanes = vec![Lanes([0.0; 8]); n.div_ceil(8)];
    Lanes::dispatch(Colour { planes, out: &mut lanes });
    lanes.iter().flat_map(|lanes| lanes.0).take(n).collect()
}

struct Colour<'a> {
    planes: &'a [Plane; 4],
    out: &'a mut [Lanes<f64, 8>],
}

impl Kernel<Lanes<f64, 8>> for Colour<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let [i, i2, q, q2] = self.planes;
        for (group, lanes) in self.out.iter_mut().enumerate() {
            let count = (i.values.len() - 8 * group).min(8);
            for (j, lane) in lanes.0[..count].iter_mut().enumerate() {
                let k = 8 * group + j;
                *lane = alike(i.values[k], i2.values[k], 200.0) * alike(q.values[k], q2.values[k], 200.0);
            }
        }
        let (_, turned): (f64, f64) = sin_cos(LAMBDA * std::f64::consts::PI);
        for product in R::view_mut(self.out) {
            let size = product.abs();
            let power = powf(size, R::splat(LAMBDA));
            let real = R::select_lt(*product, R::zero(), power * R::splat(turned), power);
            // 0 has no logarithm.
            *product = R::select_lt(R::zero(), size, real, R::zero());
        }
    }
}

/// The weight of colour, λ in the paper.
const LAMBDA: f64 = 0.03;

struct Pool<'a> {
    p: &'a [f64],
    q: &'a [f64],
    g: &'a [f64],
    h: &'a [f64],
    colour: &'a [f64],
}

/// The numerator and the denominator.
impl Terms<2> for Pool<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.p.len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 2] {
        let (p, q) = (self.p[i], self.q[i]);
        // Not `max`, which ignores a NaN.
        let weight = if p > q { p } else { q };
        [alike(p, q, 0.85) * alike(self.g[i], self.h[i], 160.0) * self.colour[i] * weight, weight]
    }
}
