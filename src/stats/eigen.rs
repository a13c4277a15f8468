//! Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations.
//!
//! Each rotation makes one off-diagonal element zero; sweep by sweep over all of them, in a fixed order, what is left shrinks
//! quadratically (G. H. Golub and C. F. Van Loan, "Matrix computations", section 8.5). Nothing but + − × ÷ √.

/// A = Q diag(λ) Qᵀ.
#[derive(Clone, Debug)]
pub struct Eigen {
    /// λ, in no particular order.
    pub values: Vec<f64>,
    /// Q, row-major: column j belongs to value j.
    pub vectors: Vec<f64>,
}

impl Eigen {
    /// Of the symmetric n×n matrix `a`, row-major.
    ///
    /// # Panics
    /// When `a.len()` is not n².
    pub fn of(a: &[f64], n: usize) -> Eigen {
        assert_eq!(a.len(), n * n, "a square matrix");
        let mut a = a.to_vec();
        let mut q = vec![0.0; n * n];
        (0..n).for_each(|i| q[i * n + i] = 1.0);
        // Ten sweeps are enough for any matrix that was met; each stops at once where there is nothing left.
        for _ in 0..30 {
            let off: f64 =
                (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j] * a[i * n + j]).sum();
            if off == 0.0 {
                break;
            }
            for i in 0..n {
                for j in i + 1..n {
                    rotate(&mut a, &mut q, n, i, j);
                }
            }
        }
        Eigen { values: (0..n).map(|i| a[i * n + i]).collect(), vectors: q }
    }

    /// Q diag(f(λ)) Qᵀ, row-major.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Vec<f64> {
        let n = self.values.len();
        let mapped: Vec<f64> = self.values.iter().map(|&v| f(v)).collect();
        let entry = |i: usize, j: usize| -> f64 {
            (0..n).map(|k| self.vectors[i * n + k] * mapped[k] * self.vectors[j * n + k]).sum()
        };
        (0..n * n).map(|at| entry(at / n, at % n)).collect()
    }
}

/// Makes a(i, j) zero.
fn rotate(a: &mut [f64], q: &mut [f64], n: usize, i: usize, j: usize) {
    let off = a[i * n + j];
    let (ii, jj) = (a[i * n + i], a[j * n + j]);
    // What cannot change the diagonal's last bit is nothing.
    if ii.abs() + off.abs() == ii.abs() && jj.abs() + off.abs() == jj.abs() {
        a[i * n + j] = 0.0;
        a[j * n + i] = 0.0;
        return;
    }
    let ratio = (jj - ii) / (2.0 * off);
    let tangent = ratio.signum() / (ratio.abs() + (ratio * ratio + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for k in 0..n {
        let (x, y) = (a[k * n + i], a[k * n + j]);
        (a[k * n + i], a[k * n + j]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
    for k in 0..n {
        let (x, y) = (a[i * n + k], a[j * n + k]);
        (a[i * n + k], a[j * n + k]) = (cosine * x - sine * y, sine * x + cosine * y);
        let (x, y) = (q[k * n + i], q[k * n + j]);
        (q[k * n + i], q[k * n + j]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
    a[i * n + j] = 0.0;
    a[j * n + i] = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_matrix_apart_and_inverts_it() {
        let n: usize = 9;
        let a: Vec<f64> = (0..n * n)
            .map(|at| {
                let (i, j) = (at / n, at % n);
                1000.0 / (1.0 + i.abs_diff(j) as f64) + if i == j { i as f64 } else { 0.0 }
            })
            .collect();
        let eigen = Eigen::of(&a, n);
        let again = eigen.map(|v| v);
        assert!(a.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-10));
        let inverse = eigen.map(|v| 1.0 / v);
        for i in 0..n {
            for j in 0..n {
                let product: f64 = (0..n).map(|k| a[i * n + k] * inverse[k * n + j]).sum();
                assert!((product - f64::from(i == j)).abs() < 1e-11);
            }
        }
        let trace: f64 = eigen.values.iter().sum();
        assert!((trace - 9036.0).abs() < 1e-9);
    }

    #[test]
    fn known_values() {
        let mut values = Eigen::of(&[2.0, 1.0, 1.0, 2.0], 2).values;
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
        assert_eq!(Eigen::of(&[0.0; 9], 3).values, [0.0; 3]);
    }
}
