//! Resizing to any size, as in MATLAB's `imresize`.
//!
//! Output sample i of n' lies at (i + ½)/s − ½ between the n input samples; s is n'/n or the given scale. It is the
//! mean of the nearby samples, weighted by a kernel. If s < 1, the kernel is stretched by 1/s (against aliasing), and
//! the weights are normalised to 1. The image continues symmetrically beyond its edges (… b a | a b …). The axis that
//! shrinks more is resized first, rows (vertically) if both shrink equally.
//!
//! For a scale of a half on 8-bit images, [`resize`](super::resize) is exact and fast.
//!
//! Source: MATLAB's documentation of `imresize`; R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans.
//! ASSP 29(6), 1981.

use super::Rgb8;
use super::filter::{Border, weigh};
use super::plane::{Plane, rgb};
use crate::lanes::{Kernel, Lanes, Real, Register};

/// The kernel of an interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// 1 within half a sample: the nearest sample, or a plain mean if the image shrinks.
    Box,
    /// A triangle of one sample to either side.
    Bilinear,
    /// Keys' cubic, a = −½, of two samples to either side.
    Bicubic,
}

impl Interpolation {
    /// The kernel's width in samples.
    fn width(self) -> f64 {
        match self {
            Interpolation::Box => 1.0,
            Interpolation::Bilinear => 2.0,
            Interpolation::Bicubic => 4.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let d = x.abs();
        match self {
            Interpolation::Box => f64::from((-0.5..0.5).contains(&x)),
            Interpolation::Bilinear => (1.0 - d).max(0.0),
            Interpolation::Bicubic if d <= 1.0 => (1.5 * d - 2.5) * d * d + 1.0,
            Interpolation::Bicubic if d <= 2.0 => ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0,
            Interpolation::Bicubic => 0.0,
        }
    }
}

/// `plane` resized by `scale`, with sides rounded up: `imresize(plane, scale, …)`.
pub fn rescale(plane: &Plane, scale: f64, interpolation: Interpolation) -> Plane {
    let side = |n: usize| Taps::new(n, (n as f64 * scale).ceil() as usize, scale, interpolation);
    apply(plane, &side(plane.width), &side(plane.height), false)
}

/// `plane` resized to `width`×`height`: `imresize(plane, [height width], …)`.
pub fn resize_to(plane: &Plane, width: usize, height: usize, interpolation: Interpolation) -> Plane {
    let side = |n: usize, to: usize| Taps::new(n, to, to as f64 / n as f64, interpolation);
    apply(plane, &side(plane.width, width), &side(plane.height, height), false)
}

/// An 8-bit image resized by `scale`. Each pass is rounded (half up) and clamped to 8 bits, as in MATLAB.
pub fn rescale_rgb8(image: &Rgb8, scale: f64, interpolation: Interpolation) -> Rgb8 {
    let side = |n: usize| Taps::new(n, (n as f64 * scale).ceil() as usize, scale, interpolation);
    let (across, down) = (side(image.width), side(image.height));
    let [r, g, b] = rgb(image).map(|plane| apply(&plane, &across, &down, true));
    Rgb8::from_fn(r.width, r.height, |x, y| [&r, &g, &b].map(|plane| plane.at(x, y) as u8))
}

/// The input samples and weights of each output sample of a line.
struct Taps {
    scale: f64,
    count: usize,
    /// The `count` input positions of each output sample.
    places: Vec<usize>,
    /// Their weights.
    weights: Vec<f64>,
}

impl Taps {
    fn new(n: usize, to: usize, scale: f64, interpolation: Interpolation) -> Taps {
        let stretch = scale.min(1.0);
        let width = interpolation.width() / stretch;
        let count = width.ceil() as usize + 2;
        let (mut places, mut weights) = (Vec::with_capacity(to * count), Vec::with_capacity(to * count));
        for i in 0..to {
            let centre = (i as f64 + 0.5) / scale - 0.5;
            let first = (centre - width / 2.0).floor() as isize;
            let taps = first..first + count as isize;
            let weight = |place: isize| stretch * interpolation.weight(stretch * (centre - place as f64));
            let sum: f64 = taps.clone().map(weight).sum();
            weights.extend(taps.clone().map(|place| weight(place) / sum));
            places.extend(taps.map(|place| Border::Symmetric.source(place, n).expect("a mirrored position exists")));
        }
        Taps { scale, count, places, weights }
    }

    fn len(&self) -> usize {
        self.places.len() / self.count
    }
}

fn apply(plane: &Plane, across: &Taps, down: &Taps, eight_bits: bool) -> Plane {
    let pass = |plane: &Plane, taps: &Taps, vertical: bool| {
        let (width, height) = if vertical { (plane.width, taps.len()) } else { (taps.len(), plane.height) };
        let mut out = Plane { width, height, values: vec![0.0; width * height] };
        Lanes::dispatch(Pass { plane, taps, vertical, eight_bits, out: &mut out });
        out
    };
    if down.scale <= across.scale {
        pass(&pass(plane, down, true), across, false)
    } else {
        pass(&pass(plane, across, false), down, true)
    }
}

struct Pass<'a> {
    plane: &'a Plane,
    taps: &'a Taps,
    vertical: bool,
    eight_bits: bool,
    out: &'a mut Plane,
}

impl Kernel<Lanes<f64, 8>> for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Pass { plane, taps: Taps { count, places, weights, .. }, vertical, eight_bits, out } = self;
        let width = out.width;
        for (y, row) in out.values.chunks_exact_mut(width).enumerate() {
            if vertical {
                let (places, weights) = (&places[y * count..][..*count], &weights[y * count..][..*count]);
                weigh(*count, |k| weights[k], |k| plane.row(places[k]), row);
            } else {
                let input = plane.row(y);
                for (out, (places, weights)) in
                    row.iter_mut().zip(places.chunks_exact(*count).zip(weights.chunks_exact(*count)))
                {
                    *out = places.iter().zip(weights).fold(0.0, |sum, (&place, weight)| sum + weight * input[place]);
                }
            }
            if eight_bits {
                row.iter_mut().for_each(|v| *v = (*v + 0.5).floor().clamp(0.0, 255.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::resize::halve;
    use approx::assert_abs_diff_eq;

    #[test]
    fn a_half_is_that_of_the_exact_resize() {
        let mut state = 5u32;
        let image = Rgb8::from_fn(45, 32, |_, _| {
            std::array::from_fn(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
        });
        assert_eq!(rescale_rgb8(&image, 0.5, Interpolation::Bicubic), halve(&image));
    }

    #[test]
    fn by_hand() {
        let line = Plane::new(4, 1, vec![0.0, 8.0, 16.0, 24.0]);
        assert_eq!(rescale(&line, 0.5, Interpolation::Box).values, [4.0, 20.0]);
        // Weights 1/8, 3/8, 3/8, 1/8; the edge is mirrored.
        assert_eq!(rescale(&line, 0.5, Interpolation::Bilinear).values, [5.0, 19.0]);
        let wide = resize_to(&line, 8, 1, Interpolation::Bilinear);
        assert_eq!(wide.values, [0.0, 2.0, 6.0, 10.0, 14.0, 18.0, 22.0, 24.0]);
        // Keys at ¼ and ¾: −0.0703125, 0.8671875, 0.2265625, −0.0234375.
        let cubic = resize_to(&line, 8, 1, Interpolation::Bicubic);
        assert_abs_diff_eq!(cubic.values[3], 0.8671875 * 8.0 + 0.2265625 * 16.0 - 0.0234375 * 24.0, epsilon = 1e-12);
        assert_eq!(rescale(&Plane::from_fn(5, 7, |_, _| 3.0), 0.6, Interpolation::Bicubic).height, 5);
    }
}
