//! Linear algebra for whitening: the inverse square root of a covariance matrix without its eigenvectors, and a matrix
//! product.
//!
//! ZCA whitening needs W = (Σ + εI)^(−½). The usual way is a full eigendecomposition, of which only the product U
//! diag(1/√(s + ε)) Uᵀ is used. But the inverse square root is an average of inverses. From ∫ dφ/(a + b cos φ) =
//! 2π/√(a² − b²) over a full turn follows
//!
//! > x^(−½) = (2/π) ∫ dθ / (x cos²θ + sin²θ),  0 ≤ θ ≤ π/2.
//!
//! The integrand is periodic and smooth, so the midpoint rule converges geometrically: with N angles the relative error
//! is below 2.1·z²ᴺ, z = |√x − 1|/(√x + 1). Scaled to the middle of the spectrum, x stays within [1/√κ, √κ], where κ =
//! (λ + ε)/ε is a bound of the condition number, so N follows from κ. A covariance of image patches has a trace of at
//! most 192/4, so κ ≤ 481 at ε = 0.1. It needs 42 angles, each a well-conditioned positive definite inverse.
//!
//! The inverses are cheap because Σ is first reduced to tridiagonal form, Σ = Q T Qᵀ (Householder): the inverse of a
//! tridiagonal matrix costs n² operations, that of a full one n³. Then the average is transformed back, W = Q f(T) Qᵀ.
//! Both transforms are sequences of n − 2 symmetric rank-two updates that run along rows, in registers. There is no
//! iteration until convergence, so the number and order of all operations depend on n and κ alone.
//!
//! Sources: A. Householder, "Unitary triangularization of a nonsymmetric matrix", J. ACM 5, 1958; the averaged inverse
//! is the principal Padé iteration of C. Kenney and A. Laub (SIAM J. Matrix Anal. 12, 1991) in a single step; the
//! recurrences for the tridiagonal inverse are in G. Meurant, SIAM J. Matrix Anal. 13, 1992.

use ndarray::Array2;

use crate::lanes::{Kernel, Lanes, Real, Register, Simd, math};

/// Eight numbers of a row.
type Eight = Lanes<f64, 8>;

/// Replaces a symmetric positive semidefinite matrix `a`, n×n, by (A + εI)^(−½).
///
/// The relative error is a small multiple of 2⁻⁵³·κ. The time grows as n³; for κ above about 10⁵ it is dominated by N =
/// 5 κ^¼ angles of n² each. `scratch` is working memory, reused from call to call.
///
/// # Panics
/// If `a` is not square, not in row-major order, or ε is not positive.
pub fn inverse_sqrt(a: &mut Array2<f64>, epsilon: f64, scratch: &mut InverseSqrtScratch) {
    assert!(a.is_square(), "a symmetric matrix must be square, not {:?}", a.shape());
    assert!(epsilon > 0.0, "ε must be positive, not {epsilon}");
    let n = a.nrows();
    let a = a.as_slice_mut().expect("a matrix in row-major order");
    let width = n.div_ceil(8);
    for (buffer, length) in
        [(&mut scratch.matrix, n * width), (&mut scratch.reflectors, n * width), (&mut scratch.vectors, 4 * width)]
    {
        buffer.clear();
        buffer.resize(length, Eight::zero());
    }
    for (row, lanes) in a.chunks_exact(n).zip(scratch.matrix.chunks_exact_mut(width)) {
        pack(row, lanes);
    }
    Eight::dispatch(Tridiagonalise { n, scratch });
    average_of_inverses(n, epsilon, scratch);
    Eight::dispatch(TurnBack { n, scratch });
    for (row, lanes) in a.chunks_exact_mut(n).zip(scratch.matrix.chunks_exact(width)) {
        for (numbers, lanes) in row.chunks_mut(8).zip(lanes) {
            numbers.copy_from_slice(&lanes.0[..numbers.len()]);
        }
    }
}

/// The working memory of [`inverse_sqrt`]: rows padded with zeros to whole [`Lanes`].
#[derive(Clone, Debug, Default)]
pub struct InverseSqrtScratch {
    /// The matrix: first A, then f(T), then f(A).
    matrix: Vec<Eight>,
    /// Row i contains the vector v of the i-th reflector, which has i entries: H = I − v vᵀ, |v|² = 2 (or v = 0).
    reflectors: Vec<Eight>,
    /// A few vectors of length n.
    vectors: Vec<Eight>,
    /// The diagonal of T, and the diagonal below it.
    diagonal: Vec<f64>,
    below: Vec<f64>,
    /// The pivots of T eliminated downwards and upwards, and a row of an inverse.
    down: Vec<f64>,
    up: Vec<f64>,
    inverse: Vec<f64>,
}

fn pack(numbers: &[f64], lanes: &mut [Eight]) {
    for (numbers, lanes) in numbers.chunks(8).zip(lanes) {
        lanes.0 = [0.0; 8];
        lanes.0[..numbers.len()].copy_from_slice(numbers);
    }
}

/// x · y, lane by lane in order, with the lanes folded at the end.
#[inline(always)]
fn dot<R: Real<Scalar = f64>>(x: &[R], y: &[R]) -> f64 {
    x.iter().zip(y).fold(R::zero(), |sum, (x, y)| x.mul_add(*y, sum)).fold()
}

/// y += Σ aₖ xₖ over the rows xₖ of `rows` (each `width` long, of which the first `y.len()` are used), four rows in one
/// pass over y.
#[inline(always)]
fn add_rows<R: Real<Scalar = f64>>(a: &[f64], rows: &[R], width: usize, y: &mut [R]) {
    let used = y.len();
    let mut fours = a.chunks_exact(4);
    let mut rows = rows.chunks(4 * width);
    for (a, rows) in fours.by_ref().zip(rows.by_ref()) {
        let a: [R; 4] = std::array::from_fn(|k| R::splat(a[k]));
        let [r0, r1, r2, r3]: [&[R]; 4] = std::array::from_fn(|k| &rows[k * width..][..used]);
        for i in 0..used {
            y[i] = a[3].mul_add(r3[i], a[2].mul_add(r2[i], a[1].mul_add(r1[i], a[0].mul_add(r0[i], y[i]))));
        }
    }
    let rest = rows.next().unwrap_or_default();
    for (a, row) in fours.remainder().iter().zip(rest.chunks(width)) {
        let a = R::splat(*a);
        y.iter_mut().zip(row).for_each(|(y, x)| *y = a.mul_add(*x, *y));
    }
}

/// row −= a x + b y.
#[inline(always)]
fn subtract_two<R: Real<Scalar = f64>>(row: &mut [R], a: f64, x: &[R], b: f64, y: &[R]) {
    let (a, b) = (R::splat(-a), R::splat(-b));
    for ((row, x), y) in row.iter_mut().zip(x).zip(y) {
        *row = b.mul_add(*y, a.mul_add(*x, *row));
    }
}

/// Reduces A to T = H₂ … Hₙ₋₁ A Hₙ₋₁ … H₂, with the reflectors chosen one by one from the last row up.
struct Tridiagonalise<'a> {
    n: usize,
    scratch: &'a mut InverseSqrtScratch,
}

impl Kernel<Eight> for Tridiagonalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Eight>>(self) {
        let n = self.n;
        let width = n.div_ceil(8);
        let InverseSqrtScratch { matrix, reflectors, vectors, diagonal, below, .. } = self.scratch;
        let (matrix, reflectors) = (R::view_mut(matrix), R::view_mut(reflectors));
        let vectors = R::view_mut(vectors);
        diagonal.clear();
        diagonal.resize(n, 0.0);
        below.clear();
        below.resize(n, 0.0);
        let mut numbers = std::mem::take(&mut self.scratch.inverse);
        numbers.resize(n, 0.0);
        let mut other = std::mem::take(&mut self.scratch.down);
        other.resize(n, 0.0);
        for i in (0..n).rev() {
            diagonal[i] = matrix[i * width + i / 8].lane(i % 8);
            if i == 0 {
                break;
            }
            let used = i.div_ceil(8);
            // The row left of the diagonal, and zeros from there on.
            let v = &mut reflectors[i * width..][..used];
            v.copy_from_slice(&matrix[i * width..][..used]);
            clear_from(v, i);
            let last = v[(i - 1) / 8].lane((i - 1) % 8);
            let square = dot(v, v);
            if i == 1 || square - last * last <= 0.0 {
                below[i] = last;
                v.fill(R::zero());
                continue;
            }
            // v = x + sign(x_last) |x| e_last, so that H x = −sign(x_last) |x| e_last; scaled to |v|² = 2.
            let norm = if last < 0.0 { -square.sqrt() } else { square.sqrt() };
            below[i] = -norm;
            v[(i - 1) / 8].set_lane((i - 1) % 8, last + norm);
            let scale = R::splat(1.0 / (square + last * norm).sqrt());
            v.iter_mut().for_each(|v| *v = *v * scale);
            let v = &reflectors[i * width..][..used];
            unpack(v, &mut numbers[..i]);

            // p = A v; with q = p − (vᵀp/2) v, H A H = A − v qᵀ − q vᵀ.
            let q = &mut vectors[..used];
            q.fill(R::zero());
            add_rows(&numbers[..i], &matrix[..i * width], width, q);
            clear_from(q, i);
            let half = R::splat(-0.5 * dot(v, q));
            q.iter_mut().zip(v).for_each(|(q, v)| *q = half.mul_add(*v, *q));
            unpack(q, &mut other[..i]);
            for (j, row) in matrix[..i * width].chunks_exact_mut(width).enumerate() {
                subtract_two(&mut row[..used], numbers[j], q, other[j], v);
            }
        }
        self.scratch.inverse = numbers;
        self.scratch.down = other;
    }
}

#[inline(always)]
fn clear_from<R: Real<Scalar = f64>>(lanes: &mut [R], from: usize) {
    for i in from..8 * lanes.len() {
        lanes[i / 8].set_lane(i % 8, 0.0);
    }
}

#[inline(always)]
fn unpack<R: Real<Scalar = f64>>(lanes: &[R], numbers: &mut [f64]) {
    for (lanes, numbers) in lanes.iter().zip(numbers.chunks_mut(8)) {
        for (i, number) in numbers.iter_mut().enumerate() {
            *number = lanes.lane(i);
        }
    }
}

/// Replaces the matrix by (T + εI)^(−½).
fn average_of_inverses(n: usize, epsilon: f64, scratch: &mut InverseSqrtScratch) {
    let InverseSqrtScratch { matrix, diagonal, below, down, up, inverse, .. } = scratch;
    let width = n.div_ceil(8);
    // No eigenvalue exceeds the largest row sum of magnitudes (Gershgorin).
    let row = |i: usize| diagonal[i].abs() + below[i].abs() + below.get(i + 1).map_or(0.0, |b| b.abs());
    let largest = (0..n).map(row).fold(0.0, f64::max) + epsilon;
    let middle = (largest * epsilon).sqrt();
    let root = (largest / epsilon).sqrt().sqrt();
    // |z|^(2N) < 2⁻⁵³/2.1
    let angles = if root > 1.0 { (37.5 / (2.0 * math::ln((root + 1.0) / (root - 1.0)))).ceil() } else { 1.0 };
    matrix.fill(Eight::zero());
    for buffer in [&mut *down, &mut *up, &mut *inverse] {
        buffer.clear();
        buffer.resize(n, 0.0);
    }
    for k in 0..angles as usize {
        let (sine, cosine) = math::sin_cos((k as f64 + 0.5) * std::f64::consts::FRAC_PI_2 / angles);
        // M = (T + εI) cos²θ/middle + sin²θ: diagonal d, and e below it.
        let (scale, shift) = (cosine * cosine / middle, sine * sine);
        let d = |i: usize| (diagonal[i] + epsilon).mul_add(scale, shift);
        let e = |i: usize| below[i] * scale;
        for i in 0..n {
            down[i] = if i == 0 { d(0) } else { d(i) - e(i) * e(i) / down[i - 1] };
        }
        for i in (0..n).rev() {
            up[i] = if i == n - 1 { d(i) } else { d(i) - e(i + 1) * e(i + 1) / up[i + 1] };
        }
        // Row j of M⁻¹ up to its diagonal is row j − 1 up to its diagonal, times −eⱼ/upⱼ.
        let weight = 1.0 / (angles * middle.sqrt());
        for j in 0..n {
            if j > 0 {
                let factor = -e(j) / up[j];
                inverse[..j].iter_mut().for_each(|x| *x *= factor);
            }
            inverse[j] = weight / (down[j] + up[j] - d(j));
            for (lanes, x) in matrix[j * width..].iter_mut().zip(inverse[..=j].chunks(8)) {
                lanes.0.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
            }
        }
    }
    for i in 0..n {
        for j in 0..i {
            let x = matrix[i * width + j / 8].lane(j % 8);
            matrix[j * width + i / 8].set_lane(i % 8, x);
        }
    }
}

/// Replaces F by Hₙ₋₁ … H₂ F H₂ … Hₙ₋₁.
struct TurnBack<'a> {
    n: usize,
    scratch: &'a mut InverseSqrtScratch,
}

impl Kernel<Eight> for TurnBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Eight>>(self) {
        let n = self.n;
        let width = n.div_ceil(8);
        let InverseSqrtScratch { matrix, reflectors, vectors, down, inverse: numbers, .. } = self.scratch;
        let (matrix, reflectors) = (R::view_mut(matrix), R::view(reflectors));
        let q = &mut R::view_mut(vectors)[..width];
        let other = down;
        for i in 2..n {
            let used = i.div_ceil(8);
            let v = &reflectors[i * width..][..used];
            unpack(v, &mut numbers[..i]);
            // p = F v; H F H = F − v qᵀ − q vᵀ with q as above. v ends at i, q does not.
            q.fill(R::zero());
            add_rows(&numbers[..i], &matrix[..i * width], width, q);
            let half = R::splat(-0.5 * dot(v, &q[..used]));
            q.iter_mut().zip(v).for_each(|(q, v)| *q = half.mul_add(*v, *q));
            unpack(q, other);
            for (j, row) in matrix.chunks_exact_mut(width).enumerate() {
                let (left, right) = row.split_at_mut(used);
                if j < i {
                    subtract_two(left, numbers[j], q, other[j], v);
                    let a = R::splat(-numbers[j]);
                    right.iter_mut().zip(&q[used..]).for_each(|(x, q)| *x = a.mul_add(*q, *x));
                } else {
                    let b = R::splat(-other[j]);
                    left.iter_mut().zip(v).for_each(|(x, v)| *x = b.mul_add(*v, *x));
                }
            }
        }
    }
}

/// The product of a matrix with one whose columns are stored eight per [`Lanes`], with its working memory.
///
/// A 1×1 [`Convolution`](crate::autodiff::kernels::Convolution) gives the same bits. For whitening it takes 1.5 times
/// as long with the 768 patches of one image, and 2.6 times with 3,072 (AVX2). Its tile reads each row of x in place,
/// at large distances; here the columns of a tile are first copied side by side.
#[derive(Clone, Debug, Default)]
pub struct Product {
    weights: Vec<f64>,
    panel: Vec<Eight>,
}

impl Product {
    /// out = W x. x has a row of lanes for each column of W, and out one for each row. Each sum runs over the columns
    /// in order.
    ///
    /// # Panics
    /// If W is not in row-major order.
    pub fn run(&mut self, weights: &Array2<f64>, x: &[Eight], out: &mut Vec<Eight>) {
        let [outputs, inputs] = [weights.nrows(), weights.ncols()];
        let weights = weights.as_slice().expect("a matrix in row-major order");
        let groups = x.len() / inputs;
        out.resize(outputs * groups, Eight::default());
        Eight::dispatch(Multiply { scratch: self, weights, shape: [outputs, inputs, groups], x, out });
    }
}

struct Multiply<'a> {
    scratch: &'a mut Product,
    weights: &'a [f64],
    shape: [usize; 3],
    x: &'a [Eight],
    out: &'a mut [Eight],
}

impl Kernel<Eight> for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Eight>>(self) {
        if Simd::current() == Simd::Avx512 { self.tiled::<R, 8, 3>() } else { self.tiled::<R, 4, 1>() }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn tiled<R: Register<Eight>, const OUT: usize, const WIDE: usize>(self) {
        let [outputs, inputs, groups] = self.shape;
        let Product { weights, panel } = self.scratch;
        let (x, out) = (R::view(self.x), R::view_mut(self.out));
        // Ordered by tile of outputs, then input, then output in the tile; zeros after the last output.
        let tiles = outputs.div_ceil(OUT);
        weights.clear();
        weights.resize(tiles * inputs * OUT, 0.0);
        for (o, row) in self.weights.chunks_exact(inputs).enumerate() {
            for (i, &w) in row.iter().enumerate() {
                weights[(o / OUT * inputs + i) * OUT + o % OUT] = w;
            }
        }
        panel.resize(inputs * WIDE, Eight::default());
        let panel = R::view_mut(panel).as_chunks_mut::<WIDE>().0;
        for first in (0..groups).step_by(WIDE) {
            let wide = WIDE.min(groups - first);
            for (panel, row) in panel.iter_mut().zip(x.chunks_exact(groups)) {
                panel[..wide].copy_from_slice(&row[first..first + wide]);
            }
            for (tile, weights) in weights.as_chunks::<OUT>().0.chunks_exact(inputs).enumerate() {
                let tall = OUT.min(outputs - tile * OUT);
                let mut sums = [[R::zero(); WIDE]; OUT];
                for (weights, x) in weights.iter().zip(panel.iter()) {
                    for o in 0..OUT {
                        let w = R::splat(weights[o]);
                        for g in 0..WIDE {
                            sums[o][g] = w.mul_add(x[g], sums[o][g]);
                        }
                    }
                }
                for (o, sums) in sums.iter().take(tall).enumerate() {
                    out[(tile * OUT + o) * groups + first..][..wide].copy_from_slice(&sums[..wide]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;
    use approx::assert_abs_diff_eq;
    use ndarray::{Array1, array};

    /// B Bᵀ / columns, with columns of falling size so that the spectrum is wide.
    fn covariance(n: usize, columns: usize, seed: u64) -> Array2<f64> {
        let mut stream = Stream::new(seed, "covariance", n as u64);
        let b = Array2::from_shape_fn((n, columns), |(_, k)| stream.normal() / (1 + k) as f64);
        Array2::from_shape_fn((n, n), |(i, j)| b.row(i).dot(&b.row(j)))
    }

    /// The largest entry of |W (A + ε) W − I|.
    fn residual(a: &Array2<f64>, epsilon: f64) -> f64 {
        let n = a.nrows();
        let mut w = a.clone();
        inverse_sqrt(&mut w, epsilon, &mut InverseSqrtScratch::default());
        assert_abs_diff_eq!(w.flatten().to_vec()[..], w.t().flatten().to_vec()[..], epsilon = 1e-13 / epsilon.sqrt());
        let shifted = a + epsilon * Array2::<f64>::eye(n);
        (w.dot(&shifted).dot(&w) - Array2::<f64>::eye(n)).iter().fold(0.0, |worst, x| f64::max(worst, x.abs()))
    }

    #[test]
    fn whitens_to_the_identity() {
        for (n, columns) in [(1, 1), (2, 1), (2, 5), (3, 3), (7, 20), (8, 8), (9, 4), (16, 40), (33, 50), (192, 300)] {
            for epsilon in [1e-3, 0.1, 10.0] {
                let worst = residual(&covariance(n, columns, 3), epsilon);
                assert!(worst < 1e-11, "n = {n}, ε = {epsilon}: {worst:e}");
            }
        }
    }

    #[test]
    fn special_matrices() {
        let n = 12;
        let alternating = Array2::from_diag(&Array1::from_shape_fn(n, |i| if i % 2 == 0 { 1e4 } else { 0.0 }));
        for a in [Array2::zeros((n, n)), Array2::ones((n, n)), 2.0 * Array2::<f64>::eye(n), alternating] {
            let worst = residual(&a, 0.1);
            assert!(worst < 1e-11, "{worst:e}");
        }
    }

    #[test]
    fn of_a_diagonal_matrix_each_entry() {
        let mut a = array![[3.9, 0.0], [0.0, 0.15]];
        inverse_sqrt(&mut a, 0.1, &mut InverseSqrtScratch::default());
        assert_abs_diff_eq!(a.flatten().to_vec()[..], [0.5, 0.0, 0.0, 2.0][..], epsilon = 1e-15);
    }
}
