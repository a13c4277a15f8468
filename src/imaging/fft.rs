//! The discrete Fourier transform of a plane of any size, in two dimensions.
//!
//! > X(k, l) = Σ x(i, j) e^(−2πi (ik/height + jl/width)),
//!
//! and its inverse with 1/(width · height), as MATLAB's `fft2` and `ifft2`. One transform follows the textbook
//! (Stockham's self-sorting form, radices 4, 2, 3, 5 and any other prime) and is written for one line of numbers. On
//! [`Lanes`] it processes eight columns, or eight rows, at a time. A length with a prime factor above 61 uses
//! Bluestein's convolution with the next sufficient power of two, so that no size is slow.
//!
//! Why not a crate: the fast ones choose their algorithm by the processor, which changes the last bits. Here the
//! sequence of operations depends on the length alone.
//!
//! Sources: C. Van Loan, "Computational frameworks for the fast Fourier transform", SIAM 1992, section 1.7; L. I. Bluestein, "A
//! linear filtering approach to the computation of discrete Fourier transform", IEEE Trans. Audio and Electroacoustics 18, 1970.

use super::plane::Plane;
use crate::lanes::math::sin_cos;
use crate::lanes::{Kernel, Lanes, Real, Register};

/// A plane of complex numbers, row-major, with separate real and imaginary parts.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexPlane {
    /// Numbers in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The real parts.
    pub re: Vec<f64>,
    /// The imaginary parts.
    pub im: Vec<f64>,
}

impl ComplexPlane {
    /// A plane of zeros.
    pub fn zeros(width: usize, height: usize) -> Self {
        ComplexPlane { width, height, re: vec![0.0; width * height], im: vec![0.0; width * height] }
    }
}

/// The transform of planes of one size.
#[derive(Clone, Debug)]
pub struct Fft2 {
    /// The transforms of rows and of columns.
    pub(super) across: Line,
    pub(super) down: Line,
}

/// Working memory of transforms, reused from one to the next.
#[derive(Clone, Debug, Default)]
pub struct FftScratch {
    line: Vec<Lanes<f64, 8>>,
}

impl Fft2 {
    /// The transform for planes of `width`×`height`.
    ///
    /// # Panics
    /// If a side is 0.
    pub fn new(width: usize, height: usize) -> Self {
        Fft2 { across: Line::new(width), down: Line::new(height) }
    }

    /// Computes the transform in place.
    ///
    /// # Panics
    /// If the plane has another size.
    pub fn forward(&self, plane: &mut ComplexPlane, scratch: &mut FftScratch) {
        assert_eq!((plane.width, plane.height), (self.across.n, self.down.n), "the size of the plane");
        let FftScratch { line } = scratch;
        line.resize(4 * self.across.room().max(self.down.room()), Lanes::default());
        Lanes::dispatch(Both { fft: self, width: plane.width, re: &mut plane.re, im: &mut plane.im, line });
    }

    /// Computes the inverse transform in place.
    ///
    /// # Panics
    /// If the plane has another size.
    pub fn inverse(&self, plane: &mut ComplexPlane, scratch: &mut FftScratch) {
        // With real and imaginary parts exchanged, the forward transform is the inverse.
        std::mem::swap(&mut plane.re, &mut plane.im);
        self.forward(plane, scratch);
        std::mem::swap(&mut plane.re, &mut plane.im);
        let share = 1.0 / plane.re.len() as f64;
        plane.re.iter_mut().chain(&mut plane.im).for_each(|v| *v *= share);
    }

    /// The transforms of two real planes for the time of one: the transform of x + iy contains both.
    ///
    /// # Panics
    /// If a plane has another size.
    pub fn forward_pair(&self, x: &Plane, y: &Plane, scratch: &mut FftScratch) -> [ComplexPlane; 2] {
        let (width, height) = (x.width, x.height);
        let mut both = ComplexPlane { width, height, re: x.values.clone(), im: y.values.clone() };
        self.forward(&mut both, scratch);
        let mut out = [ComplexPlane::zeros(width, height), ComplexPlane::zeros(width, height)];
        let [first, second] = &mut out;
        separate(&both, |l, k, parts| {
            let at = k * width + l;
            [first.re[at], first.im[at], second.re[at], second.im[at]] = parts;
        });
        out
    }
}

/// Separates the transform of x + iy, both real. `put` receives each column and row of frequencies, with the real and
/// imaginary parts of the transforms of x and of y.
#[inline(always)]
pub(super) fn separate(both: &ComplexPlane, mut put: impl FnMut(usize, usize, [f64; 4])) {
    let ComplexPlane { width, height, re, im } = both;
    for k in 0..*height {
        let (row, mirrored) = (k * width, if k == 0 { 0 } else { (height - k) * width });
        for l in 0..*width {
            let (at, mirror) = (row + l, mirrored + if l == 0 { 0 } else { width - l });
            let (a, b) = (re[at], im[at]);
            let (c, d) = (re[mirror], im[mirror]);
            put(l, k, [0.5 * (a + c), 0.5 * (b - d), 0.5 * (b + d), 0.5 * (c - a)]);
        }
    }
}

/// Lengths with a prime factor above this use Bluestein's convolution.
const LARGEST_PRIME: usize = 61;

/// The transform of a line of n numbers.
#[derive(Clone, Debug)]
pub(super) struct Line {
    n: usize,
    /// The radices, whose product is n; empty if `bluestein` is set.
    radices: Vec<usize>,
    /// (cos, sin)(−2πk/n), k < n.
    roots: Vec<(f64, f64)>,
    bluestein: Option<Box<Bluestein>>,
}

/// X(k) = c(k) Σ (x(j) c(j)) c̄(k − j), c(k) = e^(−πik²/n): a convolution, computed by transforms of a power of two.
#[derive(Clone, Debug)]
struct Bluestein {
    line: Line,
    chirp: Vec<(f64, f64)>,
    /// The transform of c̄, divided by its length.
    filter: Vec<(f64, f64)>,
}

/// (cos, sin)(−2πk/n).
fn root(k: usize, n: usize) -> (f64, f64) {
    let (sine, cosine) = sin_cos(-2.0 * std::f64::consts::PI * k as f64 / n as f64);
    (cosine, sine)
}

impl Line {
    fn new(n: usize) -> Line {
        assert!(n > 0, "the length must be at least 1");
        let (mut radices, mut rest) = (Vec::new(), n);
        for radix in [4, 2, 3, 5].into_iter().chain((7..=LARGEST_PRIME).step_by(2)) {
            while rest % radix == 0 {
                radices.push(radix);
                rest /= radix;
            }
        }
        let roots = (0..n).map(|k| root(k, n)).collect();
        let bluestein = (rest > 1).then(|| {
            radices.clear();
            Box::new(Bluestein::new(n))
        });
        Line { n, radices, roots, bluestein }
    }

    /// The required length of the arguments of [`Line::run`]: n, or more if it uses a longer transform.
    pub(super) fn room(&self) -> usize {
        self.bluestein.as_ref().map_or(self.n, |b| b.line.n)
    }

    /// Transforms the first n numbers of `re` and `im` in place. All four have the length [`Line::room`]; their other
    /// content is lost.
    #[inline(always)]
    pub(super) fn run<R: Real<Scalar = f64>>(&self, re: &mut [R], im: &mut [R], re2: &mut [R], im2: &mut [R]) {
        match &self.bluestein {
            None => self.stages(re, im, re2, im2),
            Some(bluestein) => bluestein.run(self.n, re, im, re2, im2),
        }
    }

    /// Stockham's stages. Before each, `stride` interleaved lines of length n/stride remain. Each stage processes one
    /// radix r: r runs that lie n/(stride r) apart become r adjacent runs of the following lines, each multiplied by
    /// its twiddle factor.
    #[inline(always)]
    fn stages<R: Real<Scalar = f64>>(&self, re: &mut [R], im: &mut [R], re2: &mut [R], im2: &mut [R]) {
        let n = self.n;
        let (mut x, mut xi, mut y, mut yi) = (&mut re[..n], &mut im[..n], &mut re2[..n], &mut im2[..n]);
        let mut stride = 1;
        for &radix in &self.radices {
            let m = n / (stride * radix);
            let outputs = y.chunks_exact_mut(radix * stride).zip(yi.chunks_exact_mut(radix * stride));
            for (p, output) in outputs.enumerate() {
                let input = |t: usize| {
                    let from = stride * (p + m * t);
                    (&x[from..][..stride], &xi[from..][..stride])
                };
                let twiddle = |u: usize| self.roots[p * u * stride];
                match radix {
                    2 => two([input(0), input(1)], output, twiddle(1)),
                    3 => three([input(0), input(1), input(2)], output, [twiddle(1), twiddle(2)]),
                    4 => {
                        let input = [input(0), input(1), input(2), input(3)];
                        four(input, output, [twiddle(1), twiddle(2), twiddle(3)]);
                    }
                    _ => any(radix, input, output, twiddle, |k| self.roots[n / radix * k]),
                }
            }
            stride *= radix;
            std::mem::swap(&mut x, &mut y);
            std::mem::swap(&mut xi, &mut yi);
        }
        if self.radices.len() % 2 == 1 {
            // The result is in the scratch buffers.
            y.copy_from_slice(x);
            yi.copy_from_slice(xi);
        }
    }
}

/// Runs of real and of imaginary parts.
type Runs<'a, R> = (&'a [R], &'a [R]);
/// All output runs of a butterfly, one after another.
type RunsMut<'a, R> = (&'a mut [R], &'a mut [R]);

#[inline(always)]
fn two<R: Real<Scalar = f64>>(input: [Runs<R>; 2], (y, yi): RunsMut<R>, w: (f64, f64)) {
    let stride = input[0].0.len();
    let [(a, ai), (b, bi)] = input.map(|(re, im)| (&re[..stride], &im[..stride]));
    let (y0, y1) = y.split_at_mut(stride);
    let (z0, z1) = yi.split_at_mut(stride);
    let (y1, z0, z1) = (&mut y1[..stride], &mut z0[..stride], &mut z1[..stride]);
    for q in 0..stride {
        let (a, b) = ((a[q], ai[q]), (b[q], bi[q]));
        (y0[q], z0[q]) = plus(a, b);
        (y1[q], z1[q]) = times(minus(a, b), w);
    }
}

#[inline(always)]
fn three<R: Real<Scalar = f64>>(input: [Runs<R>; 3], (y, yi): RunsMut<R>, w: [(f64, f64); 2]) {
    let stride = input[0].0.len();
    let [(a, ai), (b, bi), (c, ci)] = input.map(|(re, im)| (&re[..stride], &im[..stride]));
    let (y0, rest) = y.split_at_mut(stride);
    let (y1, y2) = rest.split_at_mut(stride);
    let (z0, rest) = yi.split_at_mut(stride);
    let (z1, z2) = rest.split_at_mut(stride);
    let (y2, z0, z2) = (&mut y2[..stride], &mut z0[..stride], &mut z2[..stride]);
    let (half, root) = (R::splat(-0.5), R::splat(0.75f64.sqrt()));
    for q in 0..stride {
        let (a, b, c) = ((a[q], ai[q]), (b[q], bi[q]), (c[q], ci[q]));
        let (sum, difference) = (plus(b, c), minus(b, c));
        let middle = (a.0 + sum.0 * half, a.1 + sum.1 * half);
        // −i √¾ times the difference.
        let turned = (difference.1 * root, -(difference.0 * root));
        (y0[q], z0[q]) = plus(a, sum);
        (y1[q], z1[q]) = times(plus(middle, turned), w[0]);
        (y2[q], z2[q]) = times(minus(middle, turned), w[1]);
    }
}

#[inline(always)]
fn four<R: Real<Scalar = f64>>(input: [Runs<R>; 4], (y, yi): RunsMut<R>, w: [(f64, f64); 3]) {
    let stride = input[0].0.len();
    let [(a, ai), (b, bi), (c, ci), (d, di)] = input.map(|(re, im)| (&re[..stride], &im[..stride]));
    let (low, high) = y.split_at_mut(2 * stride);
    let ((y0, y1), (y2, y3)) = (low.split_at_mut(stride), high.split_at_mut(stride));
    let (low, high) = yi.split_at_mut(2 * stride);
    let ((z0, z1), (z2, z3)) = (low.split_at_mut(stride), high.split_at_mut(stride));
    let (y1, y3, z1, z3) = (&mut y1[..stride], &mut y3[..stride], &mut z1[..stride], &mut z3[..stride]);
    for q in 0..stride {
        let (a, b, c, d) = ((a[q], ai[q]), (b[q], bi[q]), (c[q], ci[q]), (d[q], di[q]));
        let (sum, difference) = (plus(a, c), minus(a, c));
        let (other, turned) = (plus(b, d), minus(b, d));
        // −i times the difference.
        let turned = (turned.1, -turned.0);
        (y0[q], z0[q]) = plus(sum, other);
        (y1[q], z1[q]) = times(plus(difference, turned), w[0]);
        (y2[q], z2[q]) = times(minus(sum, other), w[1]);
        (y3[q], z3[q]) = times(minus(difference, turned), w[2]);
    }
}

/// The definition, for any radix.
#[inline(always)]
fn any<'a, R: Real<Scalar = f64>>(
    radix: usize,
    input: impl Fn(usize) -> Runs<'a, R>,
    (y, yi): RunsMut<R>,
    twiddle: impl Fn(usize) -> (f64, f64),
    root: impl Fn(usize) -> (f64, f64),
) {
    let stride = y.len() / radix;
    for u in 0..radix {
        for q in 0..stride {
            let at = |t: usize| (input(t).0[q], input(t).1[q]);
            let mut sum = at(0);
            for t in 1..radix {
                sum = plus(sum, times(at(t), root(t * u % radix)));
            }
            (y[u * stride + q], yi[u * stride + q]) = times(sum, twiddle(u));
        }
    }
}

#[inline(always)]
fn plus<R: Real>(a: (R, R), b: (R, R)) -> (R, R) {
    (a.0 + b.0, a.1 + b.1)
}

#[inline(always)]
fn minus<R: Real>(a: (R, R), b: (R, R)) -> (R, R) {
    (a.0 - b.0, a.1 - b.1)
}

#[inline(always)]
fn times<R: Real<Scalar = f64>>(a: (R, R), (c, s): (f64, f64)) -> (R, R) {
    let (c, s) = (R::splat(c), R::splat(s));
    (a.0 * c - a.1 * s, a.0 * s + a.1 * c)
}

impl Bluestein {
    fn new(n: usize) -> Bluestein {
        let line = Line::new((2 * n - 1).next_power_of_two());
        // k² mod 2n, so that the angle stays small.
        let chirp: Vec<(f64, f64)> = (0..n).map(|k| root(k * k % (2 * n), 2 * n)).collect();
        let [mut re, mut im, mut re2, mut im2] = [0; 4].map(|_| vec![0.0; line.n]);
        for (k, &(c, s)) in chirp.iter().enumerate() {
            for place in [k, (line.n - k) % line.n] {
                (re[place], im[place]) = (c, -s);
            }
        }
        line.stages(&mut re, &mut im, &mut re2, &mut im2);
        let share = 1.0 / line.n as f64;
        let filter = re.iter().zip(&im).map(|(a, b)| (a * share, b * share)).collect();
        Bluestein { line, chirp, filter }
    }

    #[inline(always)]
    fn run<R: Real<Scalar = f64>>(&self, n: usize, re: &mut [R], im: &mut [R], re2: &mut [R], im2: &mut [R]) {
        for (k, &chirp) in self.chirp.iter().enumerate() {
            (re[k], im[k]) = times((re[k], im[k]), chirp);
        }
        re[n..self.line.n].fill(R::zero());
        im[n..self.line.n].fill(R::zero());
        self.line.stages(re, im, re2, im2);
        for (k, &factor) in self.filter.iter().enumerate() {
            (re[k], im[k]) = times((re[k], im[k]), factor);
        }
        // The inverse transform: real and imaginary parts exchanged.
        self.line.stages(im, re, im2, re2);
        for (k, &chirp) in self.chirp.iter().enumerate() {
            (re[k], im[k]) = times((re[k], im[k]), chirp);
        }
    }
}

/// All columns, then all rows, eight at a time.
struct Both<'a> {
    fft: &'a Fft2,
    width: usize,
    re: &'a mut [f64],
    im: &'a mut [f64],
    line: &'a mut [Lanes<f64, 8>],
}

impl Kernel<Lanes<f64, 8>> for Both<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Both { fft, width, re, im, line } = self;
        let height = re.len() / width;
        for (plan, lines, vertical) in [(&fft.down, width, true), (&fft.across, height, false)] {
            let quarter = plan.room();
            for first in (0..lines).step_by(8) {
                let lanes = (lines - first).min(8);
                for (values, numbers) in [&*re, &*im].into_iter().zip(line.chunks_exact_mut(quarter)) {
                    load(values, width, first, lanes, vertical, &mut numbers[..plan.n]);
                }
                let (x, rest) = R::view_mut(&mut line[..4 * quarter]).split_at_mut(quarter);
                let (xi, rest) = rest.split_at_mut(quarter);
                let (y, yi) = rest.split_at_mut(quarter);
                plan.run(x, xi, y, yi);
                for (values, numbers) in [&mut *re, &mut *im].into_iter().zip(line.chunks_exact(quarter)) {
                    store(values, width, first, lanes, vertical, &numbers[..plan.n]);
                }
            }
        }
    }
}

/// Columns, or rows, `first` to `first + lanes` of a plane, side by side.
#[inline(always)]
fn load(values: &[f64], width: usize, first: usize, lanes: usize, vertical: bool, numbers: &mut [Lanes<f64, 8>]) {
    let n = numbers.len();
    if vertical && lanes == 8 {
        for (number, row) in numbers.iter_mut().zip(values.chunks_exact(width)) {
            number.0.copy_from_slice(&row[first..][..8]);
        }
    } else if vertical {
        for (number, row) in numbers.iter_mut().zip(values.chunks_exact(width)) {
            number.0[..lanes].copy_from_slice(&row[first..][..lanes]);
            number.0[lanes..].fill(0.0);
        }
    } else if lanes == 8 {
        let rows: [&[f64]; 8] = std::array::from_fn(|j| &values[(first + j) * width..][..n]);
        for (i, number) in numbers.iter_mut().enumerate() {
            for (lane, row) in number.0.iter_mut().zip(&rows) {
                *lane = row[i];
            }
        }
    } else {
        for (i, number) in numbers.iter_mut().enumerate() {
            number.0 = std::array::from_fn(|j| if j < lanes { values[(first + j) * width + i] } else { 0.0 });
        }
    }
}

/// Writes back the lines of [`load`].
#[inline(always)]
fn store(values: &mut [f64], width: usize, first: usize, lanes: usize, vertical: bool, numbers: &[Lanes<f64, 8>]) {
    let n = numbers.len();
    if vertical && lanes == 8 {
        for (number, row) in numbers.iter().zip(values.chunks_exact_mut(width)) {
            row[first..][..8].copy_from_slice(&number.0);
        }
    } else if vertical {
        for (number, row) in numbers.iter().zip(values.chunks_exact_mut(width)) {
            row[first..][..lanes].copy_from_slice(&number.0[..lanes]);
        }
    } else {
        for (j, row) in values[first * width..].chunks_exact_mut(width).take(lanes).enumerate() {
            row[..n].iter_mut().zip(numbers).for_each(|(value, number)| *value = number.0[j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1u64 << 31) as f64 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    fn textbook(plane: &ComplexPlane) -> ComplexPlane {
        let (width, height) = (plane.width, plane.height);
        let mut out = ComplexPlane::zeros(width, height);
        for (to, (a, b)) in out.re.iter_mut().zip(&mut out.im).enumerate() {
            for from in 0..width * height {
                let turns = to / width * (from / width) * width + to % width * (from % width) * height;
                let (c, s) = root(turns % (width * height), width * height);
                *a += plane.re[from] * c - plane.im[from] * s;
                *b += plane.re[from] * s + plane.im[from] * c;
            }
        }
        out
    }

    #[test]
    fn equals_the_definition_and_comes_back() {
        // Powers, mixed radices, a prime, a length for Bluestein's convolution, and a single row.
        for (width, height) in [(16, 8), (24, 10), (7, 9), (45, 2), (13, 34), (67, 3), (5, 71), (134, 1), (1, 1)] {
            let plane = ComplexPlane {
                width,
                height,
                re: noise(width * height, width as u64),
                im: noise(width * height, 99 + height as u64),
            };
            let (fft, mut scratch) = (Fft2::new(width, height), FftScratch::default());
            let mut out = plane.clone();
            fft.forward(&mut out, &mut scratch);
            let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-11);
            let expected = textbook(&plane);
            assert!(close(&out.re, &expected.re) && close(&out.im, &expected.im), "{width}x{height}");
            fft.inverse(&mut out, &mut scratch);
            assert!(close(&out.re, &plane.re) && close(&out.im, &plane.im), "{width}x{height} back");
        }
    }

    #[test]
    fn a_pair_of_real_planes_is_two() {
        let (width, height) = (12, 7);
        let [x, y] = [3, 4].map(|seed| Plane::new(width, height, noise(width * height, seed)));
        let (fft, mut scratch) = (Fft2::new(width, height), FftScratch::default());
        for (real, spectrum) in [&x, &y].into_iter().zip(fft.forward_pair(&x, &y, &mut scratch)) {
            let im = vec![0.0; width * height];
            let mut expected = ComplexPlane { width, height, re: real.values.clone(), im };
            fft.forward(&mut expected, &mut scratch);
            let pairs = expected.re.iter().chain(&expected.im).zip(spectrum.re.iter().chain(&spectrum.im));
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
