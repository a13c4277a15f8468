//! Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations.
//!
//! Each rotation makes one off-diagonal element zero. A sweep rotates all of them in a fixed order. The off-diagonal
//! elements shrink quadratically from sweep to sweep (G. H. Golub and C. F. Van Loan, "Matrix computations", section
//! 8.5). Only + − × ÷ √ are used, so every system gives the same bits; linear algebra crates choose the order of their
//! sums by the processor.

use ndarray::Array2;

/// A = Q diag(λ) Qᵀ.
#[derive(Clone, Debug)]
pub struct Eigen {
    /// λ, in no particular order.
    pub values: Vec<f64>,
    /// Q: column j belongs to value j.
    pub vectors: Array2<f64>,
}

impl Eigen {
    /// The decomposition of the symmetric matrix `a`.
    ///
    /// # Panics
    /// If `a` is not square.
    pub fn of(mut a: Array2<f64>) -> Eigen {
        assert!(a.is_square(), "a symmetric matrix must be square, not {:?}", a.shape());
        let n = a.nrows();
        let mut q = Array2::eye(n);
        // Ten sweeps were enough for every matrix so far. A sweep without rotations takes no time.
        for _ in 0..30 {
            let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| [i, j])).map(|at| a[at] * a[at]).sum();
            if off == 0.0 {
                break;
            }
            for i in 0..n {
                for j in i + 1..n {
                    rotate(&mut a, &mut q, i, j);
                }
            }
        }
        Eigen { values: a.diag().to_vec(), vectors: q }
    }

    /// Q diag(f(λ)) Qᵀ.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Array2<f64> {
        let (n, q) = (self.values.len(), &self.vectors);
        let mapped: Vec<f64> = self.values.iter().map(|&v| f(v)).collect();
        Array2::from_shape_fn((n, n), |(i, j)| (0..n).map(|k| q[[i, k]] * mapped[k] * q[[j, k]]).sum())
    }
}

/// Makes a(i, j) zero.
fn rotate(a: &mut Array2<f64>, q: &mut Array2<f64>, i: usize, j: usize) {
    let (ii, off, jj) = (a[[i, i]], a[[i, j]], a[[j, j]]);
    // An element too small to change the last bit of the diagonal is set to 0.
    if ii.abs() + off.abs() == ii.abs() && jj.abs() + off.abs() == jj.abs() {
        (a[[i, j]], a[[j, i]]) = (0.0, 0.0);
        return;
    }
    let ratio = (jj - ii) / (2.0 * off);
    let tangent = ratio.signum() / (ratio.abs() + (ratio * ratio + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turned = |x: f64, y: f64| (cosine * x - sine * y, sine * x + cosine * y);
    for k in 0..a.nrows() {
        (a[[k, i]], a[[k, j]]) = turned(a[[k, i]], a[[k, j]]);
    }
    for k in 0..a.nrows() {
        (a[[i, k]], a[[j, k]]) = turned(a[[i, k]], a[[j, k]]);
        (q[[k, i]], q[[k, j]]) = turned(q[[k, i]], q[[k, j]]);
    }
    (a[[i, j]], a[[j, i]]) = (0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use ndarray::array;

    #[test]
    fn takes_a_matrix_apart_and_inverts_it() {
        let n: usize = 9;
        let a = Array2::from_shape_fn((n, n), |(i, j)| {
            1000.0 / (1.0 + i.abs_diff(j) as f64) + if i == j { i as f64 } else { 0.0 }
        });
        let eigen = Eigen::of(a.clone());
        assert_abs_diff_eq!(eigen.map(|v| v).flatten().to_vec()[..], a.flatten().to_vec()[..], epsilon = 1e-10);
        let identity = Array2::<f64>::eye(n);
        assert_abs_diff_eq!(
            a.dot(&eigen.map(|v| 1.0 / v)).flatten().to_vec()[..],
            identity.flatten().to_vec()[..],
            epsilon = 1e-11
        );
        assert_abs_diff_eq!(eigen.values.iter().sum::<f64>(), 9036.0, epsilon = 1e-9);
    }

    #[test]
    fn known_values() {
        let mut values = Eigen::of(array![[2.0, 1.0], [1.0, 2.0]]).values;
        values.sort_by(f64::total_cmp);
        assert_abs_diff_eq!(values[..], [1.0, 3.0], epsilon = 1e-15);
        assert_eq!(Eigen::of(Array2::zeros((3, 3))).values, [0.0; 3]);
    }
}
