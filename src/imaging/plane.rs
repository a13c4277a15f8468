//! Planes: one channel of an image in real numbers, the channels of the field's metrics, and sums in a fixed order.
//!
//! Values keep the range of the samples, 0 to 255, because the constants of the published metrics assume it.

use super::{Rgb8, Rgb16};
use crate::lanes::{Kernel, Lanes, Real, Register};

/// One channel, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Values in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` values.
    pub values: Vec<f64>,
}

impl Plane {
    /// A plane with the given values.
    ///
    /// # Panics
    /// If `values.len() != width * height`.
    pub fn new(width: usize, height: usize, values: Vec<f64>) -> Self {
        assert_eq!(values.len(), width * height, "the number of values of a {width}x{height} plane");
        Plane { width, height, values }
    }

    /// The plane whose value at (x, y) is `f(x, y)`.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> f64) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            values.extend((0..width).map(|x| f(x, y)));
        }
        Plane { width, height, values }
    }

    /// Row `y`.
    #[inline(always)]
    pub fn row(&self, y: usize) -> &[f64] {
        &self.values[y * self.width..][..self.width]
    }

    /// The value at (x, y).
    #[inline(always)]
    pub fn at(&self, x: usize, y: usize) -> f64 {
        self.values[y * self.width + x]
    }

    /// The part of `width`×`height` values that starts at (x, y).
    ///
    /// # Panics
    /// If it does not lie inside.
    pub fn crop(&self, x: usize, y: usize, width: usize, height: usize) -> Plane {
        let mut values = Vec::with_capacity(width * height);
        (y..y + height).for_each(|y| values.extend_from_slice(&self.row(y)[x..x + width]));
        Plane { width, height, values }
    }

    /// The plane of f(value).
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Plane {
        Plane { values: self.values.iter().map(|&v| f(v)).collect(), ..*self }
    }

    /// Whether all values are equal. A metric would find only rounding errors in such a plane.
    pub fn is_flat(&self) -> bool {
        self.values.iter().all(|v| *v == self.values[0])
    }

    /// The mean of all values.
    pub fn mean(&self) -> f64 {
        sums(self.values.as_slice())[0] / self.values.len() as f64
    }
}

/// An image whose channels can be computed in real numbers.
pub trait Pixels {
    /// Width and height.
    fn size(&self) -> (usize, usize);

    /// The plane of f(R, G, B). `f` gets the samples as stored. Its result is multiplied by 255 / range: samples of
    /// every depth give values from 0 to 255.
    fn plane(&self, f: impl Fn([f64; 3]) -> f64) -> Plane;
}

impl Pixels for Rgb8 {
    fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn plane(&self, f: impl Fn([f64; 3]) -> f64) -> Plane {
        from_pixels(self.size(), &self.samples, f)
    }
}

impl Pixels for Rgb16 {
    fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn plane(&self, f: impl Fn([f64; 3]) -> f64) -> Plane {
        let range = f64::from(self.range);
        from_pixels(self.size(), &self.samples, |rgb| f(rgb) * 255.0 / range)
    }
}

/// Luma as in MATLAB's `rgb2gray` for integer samples: the first row of the inverse of the NTSC matrix (BT.601's
/// weights to four digits), rounded half up to an integer, 0 to 255. More than 8 bits are rounded to an integer of
/// their own range.
pub fn gray(image: &impl Pixels) -> Plane {
    image.plane(|[r, g, b]| {
        (0.298_936_021_293_775 * r + 0.587_043_074_451_121 * g + 0.114_020_904_255_103 * b + 0.5).floor()
    })
}

/// Y of NTSC with the three-digit weights of FSIM and related metrics, not rounded.
pub fn luma(image: &impl Pixels) -> Plane {
    image.plane(|[r, g, b]| 0.299 * r + 0.587 * g + 0.114 * b)
}

/// I of NTSC, orange to blue, with weights as in [`luma`].
pub fn in_phase(image: &impl Pixels) -> Plane {
    image.plane(|[r, g, b]| 0.596 * r - 0.274 * g - 0.322 * b)
}

/// Q of NTSC, purple to green, with weights as in [`luma`].
pub fn quadrature(image: &impl Pixels) -> Plane {
    image.plane(|[r, g, b]| 0.211 * r - 0.523 * g + 0.312 * b)
}

/// The planes of R, G and B.
pub fn rgb(image: &impl Pixels) -> [Plane; 3] {
    [0, 1, 2].map(|c| image.plane(|pixel| pixel[c]))
}

fn from_pixels<T>((width, height): (usize, usize), samples: &[T], f: impl Fn([f64; 3]) -> f64) -> Plane
where
    T: Copy + Into<f64>,
{
    let mut values = vec![0.0; width * height];
    Lanes::dispatch(FromPixels { samples, f, values: &mut values });
    Plane { width, height, values }
}

/// A kernel because of `floor`, which the baseline of x86-64 has only as a function call.
struct FromPixels<'a, T, F> {
    samples: &'a [T],
    f: F,
    values: &'a mut [f64],
}

impl<T: Copy + Into<f64>, F: Fn([f64; 3]) -> f64> Kernel<Lanes<f64, 8>> for FromPixels<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        for (value, rgb) in self.values.iter_mut().zip(self.samples.chunks_exact(3)) {
            *value = (self.f)([rgb[0].into(), rgb[1].into(), rgb[2].into()]);
        }
    }
}

/// N numbers for every position of some planes; [`sums`] adds them.
pub trait Terms<const N: usize> {
    /// The number of positions.
    fn count(&self) -> usize;

    /// The numbers at position `i`. Must be `#[inline(always)]`, so that it is compiled with the loop that calls it.
    fn at(&self, i: usize) -> [f64; N];
}

/// The sums over all positions, always in the same order: eight sums side by side, with position i in sum i mod 8, then
/// folded as in [`Real::fold`].
pub fn sums<const N: usize>(terms: impl Terms<N>) -> [f64; N] {
    Lanes::dispatch(Sums(terms))
}

struct Sums<T, const N: usize>(T);

impl<const N: usize, T: Terms<N>> Kernel<Lanes<f64, 8>> for Sums<T, N> {
    type Output = [f64; N];

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) -> [f64; N] {
        let terms = self.0;
        let n = terms.count();
        let mut sums = [Lanes([0.0; 8]); N];
        for i in (0..n / 8 * 8).step_by(8) {
            for j in 0..8 {
                let values = terms.at(i + j);
                for k in 0..N {
                    sums[k].0[j] += values[k];
                }
            }
        }
        for i in n / 8 * 8..n {
            let values = terms.at(i);
            for k in 0..N {
                sums[k].0[i % 8] += values[k];
            }
        }
        let mut out = [0.0; N];
        for k in 0..N {
            out[k] = sums[k].fold();
        }
        out
    }
}

/// The values themselves.
impl Terms<1> for &[f64] {
    #[inline(always)]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn at(&self, i: usize) -> [f64; 1] {
        [self[i]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn channels_of_known_colours() {
        let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [70, 66, 59]];
        let image = Rgb8::from_fn(5, 1, |x, _| colours[x]);
        // MATLAB: rgb2gray(uint8(...)).
        assert_eq!(gray(&image).values, [76.0, 150.0, 29.0, 255.0, 66.0]);
        let [y, i, q] = [luma, in_phase, quadrature].map(|channel| channel(&image));
        assert_abs_diff_eq!(y.at(4, 0), 66.398, epsilon = 1e-12);
        assert_abs_diff_eq!(i.at(0, 0), 151.98, epsilon = 1e-12);
        assert!(i.at(3, 0).abs() < 1e-12 && q.at(3, 0).abs() < 1e-12, "grey has no colour");
        assert_eq!(rgb(&image)[2].values, [0.0, 0.0, 255.0, 255.0, 59.0]);
    }

    #[test]
    fn sums_of_any_length() {
        for n in [1, 7, 8, 9, 40, 1001] {
            let plane = Plane::from_fn(n, 1, |x, _| x as f64);
            assert_eq!(plane.mean(), (n - 1) as f64 / 2.0);
        }
    }
}
