//! Filters with small windows: correlation as in MATLAB's `filter2`, `conv2` and `imfilter`, for the symmetric windows
//! of quality metrics.
//!
//! The values beyond the edge of an image change a metric in the fourth digit, so they are explicit here. A plane is
//! first [`pad`]ded by a [`Border`]; filters then return only the positions where the window lies inside ("valid").

use super::plane::Plane;
use crate::lanes::{Kernel, Lanes, Real, Register, math};

/// How an image continues beyond its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// With zeros: `conv2(…, 'same')`, `imfilter`'s default.
    Zero,
    /// As its own mirror image, edge value repeated (… b a | a b …): `imfilter(…, 'symmetric')`.
    Symmetric,
    /// As its own mirror image about the edge value (… c b | a b c …): `reflect1` of the steerable pyramid's code.
    Reflect,
    /// With the edge value (… a a | a b …): `imfilter(…, 'replicate')`.
    Replicate,
}

impl Border {
    /// The index of the sample, of `n`, at position `i`; `None` for a zero.
    pub(super) fn source(self, i: isize, n: usize) -> Option<usize> {
        let n = n as isize;
        let folded = |i: isize, period: isize, turn: isize| {
            let i = i.rem_euclid(period);
            if i < n { i } else { turn - i }
        };
        let source = match self {
            Border::Zero if !(0..n).contains(&i) => return None,
            Border::Zero => i,
            Border::Symmetric => folded(i, 2 * n, 2 * n - 1),
            Border::Reflect if n == 1 => 0,
            Border::Reflect => folded(i, 2 * n - 2, 2 * n - 2),
            Border::Replicate => i.clamp(0, n - 1),
        };
        Some(source as usize)
    }
}

/// The plane with `before` more rows and columns above and on the left, and `after` more below and on the right.
pub fn pad(plane: &Plane, before: usize, after: usize, border: Border) -> Plane {
    let (width, height) = (plane.width + before + after, plane.height + before + after);
    let place = |i: usize, n: usize| border.source(i as isize - before as isize, n);
    let columns: Vec<Option<usize>> =
        (0..before).chain(before + plane.width..width).map(|x| place(x, plane.width)).collect();
    let (left, right) = columns.split_at(before);
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        match place(y, plane.height) {
            None => values.resize(values.len() + width, 0.0),
            Some(y) => {
                let row = plane.row(y);
                let beyond = |x: &Option<usize>| x.map_or(0.0, |x| row[x]);
                values.extend(left.iter().map(beyond));
                values.extend_from_slice(row);
                values.extend(right.iter().map(beyond));
            }
        }
    }
    Plane { width, height, values }
}

/// Correlation with the window columns · rowsᵀ where it lies inside: out(x, y) = Σⱼ rows\[j\] Σᵢ columns\[i\] in(x + j,
/// y + i).
///
/// # Panics
/// If the plane is smaller than the window.
pub fn separable(plane: &Plane, columns: &[f64], rows: &[f64]) -> Plane {
    assert!(plane.width >= rows.len() && plane.height >= columns.len(), "the plane is smaller than the window");
    let (width, height) = (plane.width + 1 - rows.len(), plane.height + 1 - columns.len());
    let mut out = Plane { width, height, values: vec![0.0; width * height] };
    Lanes::dispatch(Separable { plane, columns, rows, out: &mut out });
    out
}

/// Correlation with any window (row-major, `window_width` wide) where it lies inside, on every `step`-th row and column.
///
/// # Panics
/// If the plane is smaller than the window.
pub fn correlate(plane: &Plane, window: &[f64], window_width: usize, step: usize) -> Plane {
    let window_height = window.len() / window_width;
    assert!(plane.width >= window_width && plane.height >= window_height, "the plane is smaller than the window");
    let (width, height) = (plane.width + 1 - window_width, plane.height + 1 - window_height);
    let (width, height) = (width.div_ceil(step), height.div_ceil(step));
    let mut out = Plane { width, height, values: vec![0.0; width * height] };
    Lanes::dispatch(Correlate { plane, window, window_width, step, out: &mut out });
    out
}

/// The mean over windows of `factor`×`factor` at every `factor`-th position, which start ⌊(factor − 1)/2⌋ before the
/// position. This is the automatic downsampling of SSIM, FSIM and related metrics. Sides are ⌈n / factor⌉.
pub fn downsample(plane: &Plane, factor: usize, border: Border) -> Plane {
    if factor == 1 {
        return plane.clone();
    }
    let (width, height) = (plane.width.div_ceil(factor), plane.height.div_ceil(factor));
    if factor == 2 && plane.width.is_multiple_of(2) && plane.height.is_multiple_of(2) {
        // No window extends beyond the edge.
        let mut values = Vec::with_capacity(width * height);
        for rows in plane.values.chunks_exact(2 * plane.width) {
            let (top, bottom) = rows.split_at(plane.width);
            let pairs = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks::<2>().0);
            values.extend(pairs.map(|(top, bottom)| 0.25 * ((top[0] + top[1]) + (bottom[0] + bottom[1]))));
        }
        return Plane { width, height, values };
    }
    let before = (factor - 1) / 2;
    let padded = pad(plane, before, factor - 1 - before, border);
    let weights = vec![1.0 / factor as f64; factor];
    let mean = separable(&padded, &weights, &weights);
    Plane::from_fn(width, height, |x, y| mean.at(factor * x, factor * y))
}

/// The factor of [`downsample`] for a metric with automatic downsampling and an image of these sides: max(1,
/// round(min(width, height)/256)).
pub fn automatic_factor(width: usize, height: usize) -> usize {
    ((width.min(height) as f64 / 256.0 + 0.5).floor() as usize).max(1)
}

/// The `size` weights of a centred Gaussian, which sum to 1. `fspecial('gaussian', size, sigma)` is their outer
/// product.
pub fn gaussian(size: usize, sigma: f64) -> Vec<f64> {
    let middle = (size as f64 - 1.0) / 2.0;
    let weight = |i| {
        let d = i as f64 - middle;
        math::exp(-d * d / (2.0 * sigma * sigma))
    };
    let weights: Vec<f64> = (0..size).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// √(Iₓ² + I_y²) with zeros beyond the border. Iₓ is the correlation with (side, centre, side)ᵀ · (1, 0, −1), and I_y
/// that with its transpose. (3, 10, 3)/16 is Scharr's operator, (1, 1, 1)/3 Prewitt's.
pub fn gradient_magnitude(plane: &Plane, side: f64, centre: f64) -> Plane {
    let padded = pad(plane, 1, 1, Border::Zero);
    let mut out = Plane { width: plane.width, height: plane.height, values: vec![0.0; plane.values.len()] };
    Lanes::dispatch(Gradient { padded: &padded, side, centre, out: &mut out });
    out
}

/// The number of columns that are summed at once, in registers.
const BLOCK: usize = 32;

/// out\[x\] = Σₖ weight(k) · input(k)\[x\], each sum in the order of k.
#[inline(always)]
pub(crate) fn weigh<'a>(
    taps: usize,
    weight: impl Fn(usize) -> f64,
    input: impl Fn(usize) -> &'a [f64],
    out: &mut [f64],
) {
    let whole = out.len() / BLOCK * BLOCK;
    for x in (0..whole).step_by(BLOCK) {
        let mut sums = [0.0; BLOCK];
        for k in 0..taps {
            let (w, values) = (weight(k), &input(k)[x..][..BLOCK]);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += w * value;
            }
        }
        out[x..][..BLOCK].copy_from_slice(&sums);
    }
    for (x, out) in out.iter_mut().enumerate().skip(whole) {
        *out = (0..taps).fold(0.0, |sum, k| sum + weight(k) * input(k)[x]);
    }
}

struct Separable<'a> {
    plane: &'a Plane,
    columns: &'a [f64],
    rows: &'a [f64],
    out: &'a mut Plane,
}

impl Kernel<Lanes<f64, 8>> for Separable<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Separable { plane, columns, rows, out } = self;
        let width = out.width;
        let mut low = vec![0.0; plane.width];
        for (y, out) in out.values.chunks_exact_mut(width).enumerate() {
            weigh(columns.len(), |k| columns[k], |k| plane.row(y + k), &mut low);
            weigh(rows.len(), |k| rows[k], |k| &low[k..][..width], out);
        }
    }
}

struct Correlate<'a> {
    plane: &'a Plane,
    window: &'a [f64],
    window_width: usize,
    step: usize,
    out: &'a mut Plane,
}

impl Kernel<Lanes<f64, 8>> for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Correlate { plane, window, window_width, step, out } = self;
        let dense = plane.width + 1 - window_width;
        let mut line = vec![0.0; dense];
        let width = out.width;
        for (y, out) in out.values.chunks_exact_mut(width).enumerate() {
            let input = |k| &plane.row(step * y + k / window_width)[k % window_width..][..dense];
            weigh(window.len(), |k| window[k], input, &mut line);
            out.iter_mut().zip(line.iter().step_by(step)).for_each(|(out, value)| *out = *value);
        }
    }
}

struct Gradient<'a> {
    padded: &'a Plane,
    side: f64,
    centre: f64,
    out: &'a mut Plane,
}

impl Kernel<Lanes<f64, 8>> for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Gradient { padded, side, centre, out } = self;
        let n = out.width;
        for (y, out) in out.values.chunks_exact_mut(n).enumerate() {
            let [top, middle, bottom] = [0, 1, 2].map(|i| padded.row(y + i));
            let [a, b, c] = [0, 1, 2].map(|i| &top[i..][..n]);
            let [d, f] = [0, 2].map(|i| &middle[i..][..n]);
            let [g, h, i] = [0, 1, 2].map(|i| &bottom[i..][..n]);
            for x in 0..n {
                let horizontal = side * ((a[x] - c[x]) + (g[x] - i[x])) + centre * (d[x] - f[x]);
                let vertical = side * ((a[x] - g[x]) + (c[x] - i[x])) + centre * (b[x] - h[x]);
                out[x] = (horizontal * horizontal + vertical * vertical).sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    fn plane(width: usize, height: usize) -> Plane {
        Plane::from_fn(width, height, |x, y| ((x * 37 + y * 91 + x * y * 13) % 256) as f64)
    }

    #[test]
    fn borders_continue_as_they_say() {
        let line = Plane::new(3, 1, vec![1.0, 2.0, 3.0]);
        let row = |border| pad(&line, 4, 4, border).row(4).to_vec();
        assert_eq!(row(Border::Zero), [0., 0., 0., 0., 1., 2., 3., 0., 0., 0., 0.]);
        assert_eq!(row(Border::Symmetric), [3., 3., 2., 1., 1., 2., 3., 3., 2., 1., 1.]);
        assert_eq!(row(Border::Reflect), [1., 2., 3., 2., 1., 2., 3., 2., 1., 2., 3.]);
        assert_eq!(row(Border::Replicate), [1., 1., 1., 1., 1., 2., 3., 3., 3., 3., 3.]);
        assert_eq!(pad(&line, 1, 0, Border::Zero).row(0), [0.0; 4]);
    }

    /// The definition, one sum per position.
    fn textbook(plane: &Plane, window: &[f64], width: usize) -> Plane {
        let height = window.len() / width;
        Plane::from_fn(plane.width + 1 - width, plane.height + 1 - height, |x, y| {
            (0..window.len()).map(|k| window[k] * plane.at(x + k % width, y + k / width)).sum()
        })
    }

    #[test]
    fn both_correlations_are_the_definition() {
        // Wider than a block, with an incomplete last one.
        let plane = plane(83, 17);
        let (columns, rows) = ([0.5, -1.0, 2.0], [1.0, 3.0, -0.25, 0.125, 7.0]);
        let window: Vec<f64> = columns.iter().flat_map(|c| rows.map(|r| c * r)).collect();
        let expected = textbook(&plane, &window, 5);
        let close = |a: &Plane, b: &Plane| {
            assert_eq!((a.width, a.height), (b.width, b.height));
            a.values.iter().zip(&b.values).all(|(a, b)| (a - b).abs() < 1e-9)
        };
        assert!(close(&separable(&plane, &columns, &rows), &expected));
        assert!(close(&correlate(&plane, &window, 5, 1), &expected));
        let every_other = Plane::from_fn(40, 8, |x, y| expected.at(2 * x, 2 * y));
        assert!(close(&correlate(&plane, &window, 5, 2), &every_other));
    }

    #[test]
    fn downsampling_is_a_mean_over_windows_that_begin_before_the_position() {
        for (factor, border) in [(2, Border::Zero), (2, Border::Symmetric), (3, Border::Zero), (4, Border::Symmetric)] {
            for (width, height) in [(12, 24), (13, 11)] {
                let plane = plane(width, height);
                let before = (factor as isize - 1) / 2;
                let out = downsample(&plane, factor, border);
                assert_eq!((out.width, out.height), (width.div_ceil(factor), height.div_ceil(factor)));
                for (i, &value) in out.values.iter().enumerate() {
                    let (x, y) = ((i % out.width * factor) as isize, (i / out.width * factor) as isize);
                    let places = (0..factor * factor).map(|k| {
                        let (dx, dy) = ((k % factor) as isize - before, (k / factor) as isize - before);
                        border
                            .source(x + dx, width)
                            .zip(border.source(y + dy, height))
                            .map_or(0.0, |(x, y)| plane.at(x, y))
                    });
                    let mean = places.sum::<f64>() / (factor * factor) as f64;
                    assert!(
                        abs_diff_eq!(value, mean, epsilon = 1e-9),
                        "{factor} {border:?} at {x}, {y}: {value} is not {mean}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_gradient_of_a_ramp_is_its_slope() {
        // The columns of Scharr's operator sum to 1, over a distance of two.
        let ramp = Plane::from_fn(40, 9, |x, y| 3.0 * x as f64 + 4.0 * y as f64);
        let gradient = gradient_magnitude(&ramp, 3.0 / 16.0, 10.0 / 16.0);
        for (x, y) in [(1, 1), (38, 7), (20, 4)] {
            assert_abs_diff_eq!(gradient.at(x, y), 10.0, epsilon = 1e-9);
        }
        // There are zeros beyond the border.
        let flat = gradient_magnitude(&Plane::from_fn(5, 5, |_, _| 16.0), 3.0 / 16.0, 10.0 / 16.0);
        assert_eq!((flat.at(2, 2), flat.at(0, 2)), (0.0, 16.0));
    }

    #[test]
    fn automatic_factors() {
        assert_eq!(
            [(512, 384), (383, 900), (256, 256), (10, 3000), (1024, 768), (4000, 3000)]
                .map(|(w, h)| automatic_factor(w, h)),
            [2, 1, 1, 1, 3, 12]
        );
    }

    #[test]
    fn gaussian_weights_are_fspecials() {
        // MATLAB: w = fspecial('gaussian', 11, 1.5); sqrt(diag(w)).
        let w = gaussian(11, 1.5);
        assert!((w[5] - 0.266_011_9).abs() < 1e-6 && (w[0] - 0.001_028_4).abs() < 1e-6 && w[2] == w[8]);
        assert_abs_diff_eq!(gaussian(10, 3.8).iter().sum::<f64>(), 1.0, epsilon = 1e-15);
    }
}
