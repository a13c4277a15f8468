//! The first principal components of many rows, to plot features of many dimensions.
//!
//! The components are the leading eigenvectors of the covariance. For gradients the covariance has up to 1,900² entries, and only
//! two eigenvectors are needed, so it is never formed. Its products with vectors are enough: C q = Xᵀ(X q)/(n − 1) takes
//! 2·n·width multiply-adds. From a few random vectors the products C q, C² q, … span a Krylov space, which soon contains good
//! approximations of the extreme eigenvectors. An orthonormal basis of it has at most sixty vectors; C restricted to that basis is
//! a small matrix, whose eigenvectors [`Eigen`] computes (the Rayleigh–Ritz method). The next space starts from the vectors found,
//! until |C v − λ v| is negligible compared with the largest λ. Each step multiplies a block of vectors, which also finds eigenvalues that
//! occur more than once. Source: G. H. Golub and C. F. Van Loan, "Matrix computations", sections 10.1 and 10.3.
//!
//! 2,000 rows of 1,872 numbers take 0.2 s on one core if some components dominate, and 2 s if the rows vary equally in all
//! directions; the rows take 30 MB in f64. The computation is serial and in a fixed order: equal rows give equal bits.
//!
//! The sign of a component is arbitrary. Here the loading of the largest magnitude (of equal ones the first) is positive.

use ndarray::Array2;

use super::eigen::Eigen;
use super::random::Stream;
use crate::error::{Error, Result};

/// The maximum number of vectors in a basis.
const BASIS: usize = 60;
/// |C v − λ v| below which v counts as an eigenvector, in units of the largest λ.
const TOLERANCE: f64 = 1e-12;
/// The maximum number of bases.
const RESTARTS: usize = 300;

/// Principal components of rows.
///
/// ```
/// use gradspace::stats::pca::Pca;
///
/// // Points near the line y = 2x.
/// let pca = Pca::fit(&[0.0, 0.1, 1.0, 1.9, 2.0, 4.1, 3.0, 5.9], 2, 1)?;
/// assert!(pca.shares()[0] > 0.99);
/// let components = pca.components();
/// assert!((components[[0, 1]] / components[[0, 0]] - 2.0).abs() < 0.1);
/// # Ok::<(), gradspace::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    mean: Vec<f64>,
    components: Array2<f64>,
    shares: Vec<f64>,
}

impl Pca {
    /// The first `components` principal components of `rows`, row-major, `width` numbers each. Columns are centred, not scaled.
    ///
    /// # Errors
    /// [`Error::Undefined`] if a number is not finite, or all rows are equal.
    ///
    /// # Panics
    /// If the last row is incomplete, or there are no components or more than columns.
    pub fn fit<T: Copy + Into<f64>>(rows: &[T], width: usize, components: usize) -> Result<Pca> {
        assert!((1..=width).contains(&components), "{components} components of {width} columns");
        assert_eq!(rows.len() % width, 0, "the last row of {width} numbers is incomplete");
        let mut centred: Vec<f64> = rows.iter().map(|&x| x.into()).collect();
        if let Some(at) = centred.iter().position(|x| !x.is_finite()) {
            let (row, column) = (at / width, at % width);
            let problem = format!(
                "row {row}, column {column} (counted from 0) is {}; components need finite numbers",
                centred[at]
            );
            return Err(Error::Undefined(problem));
        }
        let constant = centred.chunks_exact(width).all(|row| row == &centred[..width]);
        if constant {
            return Err(Error::Undefined("all rows are equal, so they have no principal components".into()));
        }
        let mut mean = vec![0.0; width];
        centred.chunks_exact(width).for_each(|row| add(&mut mean, 1.0, row));
        mean.iter_mut().for_each(|m| *m /= (centred.len() / width) as f64);
        centred.chunks_exact_mut(width).for_each(|row| add(row, -1.0, &mean));
        let scatter = Scatter { rows: &centred, width };
        let total: f64 = centred.chunks_exact(width).map(|row| dot(row, row)).sum();
        let (values, components) = scatter.leading(components)?;
        Ok(Pca { mean, components, shares: values.iter().map(|v| v / total).collect() })
    }

    /// The components, one per row: a vector of length 1 with a loading for each column. The rows are orthogonal.
    pub fn components(&self) -> &Array2<f64> {
        &self.components
    }

    /// The fraction of the variance of all columns that each component explains, from 0 to 1, in falling order.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The coordinates of `rows`, which may differ from those of the fit: one number per row and component.
    ///
    /// # Panics
    /// If the last row is incomplete.
    pub fn project<T: Copy + Into<f64>>(&self, rows: &[T]) -> Vec<f64> {
        let width = self.mean.len();
        assert_eq!(rows.len() % width, 0, "the last row of {width} numbers is incomplete");
        let mut projected = Vec::with_capacity(rows.len() / width * self.shares.len());
        let components = self.components.as_slice().expect("row-major").chunks_exact(width);
        for row in rows.chunks_exact(width) {
            let centred: Vec<f64> = row.iter().zip(&self.mean).map(|(&x, m)| x.into() - m).collect();
            projected.extend(components.clone().map(|component| dot(component, &centred)));
        }
        projected
    }
}

/// XᵀX of centred rows X.
struct Scatter<'a> {
    rows: &'a [f64],
    width: usize,
}

impl Scatter<'_> {
    /// XᵀX v of each of some vectors, in one pass over the rows.
    fn apply(&self, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut products = vec![vec![0.0; self.width]; vectors.len()];
        for row in self.rows.chunks_exact(self.width) {
            for (product, vector) in products.iter_mut().zip(vectors) {
                add(product, dot(row, vector), row);
            }
        }
        products
    }

    /// The largest `wanted` eigenvalues in falling order, and their eigenvectors as rows.
    fn leading(&self, wanted: usize) -> Result<(Vec<f64>, Array2<f64>)> {
        let mut stream = Stream::new(0, "pca", self.width as u64);
        let mut start: Vec<Vec<f64>> =
            (0..wanted).map(|_| (0..self.width).map(|_| stream.normal()).collect()).collect();
        // Space for some blocks beyond the initial vectors of a basis.
        let most = BASIS.max(6 * wanted);
        for _ in 0..RESTARTS {
            let (basis, products) = self.krylov(start, most);
            let n = basis.len();
            let eigen = Eigen::of(Array2::from_shape_fn((n, n), |(i, j)| dot(&basis[i], &products[j])));
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&a, &b| eigen.values[b].total_cmp(&eigen.values[a]));
            let combined = |vectors: &[Vec<f64>], j: usize| {
                let mut sum = vec![0.0; self.width];
                vectors.iter().enumerate().for_each(|(i, v)| add(&mut sum, eigen.vectors[[i, j]], v));
                sum
            };
            let largest = eigen.values[order[0]];
            let settled = order[..wanted].iter().all(|&j| {
                let mut residual = combined(&products, j);
                add(&mut residual, -eigen.values[j], &combined(&basis, j));
                dot(&residual, &residual).sqrt() <= TOLERANCE * largest
            });
            if settled {
                // A direction without variance may give a negative rounding error.
                let values = order[..wanted].iter().map(|&j| eigen.values[j].max(0.0)).collect();
                let vectors = order[..wanted].iter().flat_map(|&j| signed(combined(&basis, j))).collect();
                let shape = (wanted, self.width);
                return Ok((values, Array2::from_shape_vec(shape, vectors).expect("vectors of that width")));
            }
            // The neighbouring eigenvectors are kept too, so that they need not be found again.
            start = order.iter().take(3 * wanted + 4).map(|&j| combined(&basis, j)).collect();
        }
        Err(Error::Undefined(format!(
            "the first {wanted} principal components cannot be separated from the next; request fewer or more"
        )))
    }

    /// An orthonormal basis of at most `most` vectors of the space that XᵀX spans from `block`, and XᵀX applied to
    /// each.
    fn krylov(&self, mut block: Vec<Vec<f64>>, most: usize) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (mut basis, mut products): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (vec![], vec![]);
        loop {
            let known = basis.len();
            for mut vector in block {
                let length = dot(&vector, &vector).sqrt();
                // Twice is enough (Parlett and Kahan).
                for _ in 0..2 {
                    for q in &basis {
                        let along = dot(q, &vector);
                        add(&mut vector, -along, q);
                    }
                }
                let left = dot(&vector, &vector).sqrt();
                // The remainder of a vector inside the space is rounding errors.
                if left > 1e-13 * length && basis.len() < most.min(self.width) {
                    vector.iter_mut().for_each(|x| *x /= left);
                    basis.push(vector);
                }
            }
            block = self.apply(&basis[known..]);
            products.extend(block.iter().cloned());
            if basis.len() == known || basis.len() == most.min(self.width) {
                return (basis, products);
            }
        }
    }
}

/// `vector`, or its negative if its entry of the largest magnitude is negative.
fn signed(mut vector: Vec<f64>) -> Vec<f64> {
    let largest = vector.iter().fold(0.0, |most: f64, &x| if x.abs() > most.abs() { x } else { most });
    if largest < 0.0 {
        vector.iter_mut().for_each(|x| *x = -*x);
    }
    vector
}

/// x · y in eight sums, folded from the left at the end.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (x, x_rest) = x.as_chunks::<8>();
    let (y, y_rest) = y.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (x, y) in x.iter().zip(y) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.into_iter().sum::<f64>() + rest
}

/// sum += factor · x.
fn add(sum: &mut [f64], factor: f64, x: &[f64]) {
    sum.iter_mut().zip(x).for_each(|(s, x)| *s += factor * x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use ndarray::{ArrayView1, array};

    /// `count` rows of `width` normal numbers, column c with the standard deviation `spread(c)`.
    fn cloud(count: usize, width: usize, spread: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut stream = Stream::new(7, "cloud", 0);
        (0..count * width).map(|i| 3.0 + spread(i % width) * stream.normal()).collect()
    }

    fn check_orthonormal(pca: &Pca) {
        let components = pca.components();
        let identity = Array2::<f64>::eye(components.nrows());
        assert_abs_diff_eq!(
            components.dot(&components.t()).flatten().to_vec()[..],
            identity.flatten().to_vec()[..],
            epsilon = 1e-13
        );
        for component in components.rows() {
            let largest = component.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            assert!(component.iter().any(|&x| x == largest), "the largest loading is positive");
        }
    }

    #[test]
    fn golden_values() {
        // numpy.linalg.svd of the centred rows, with the sign rule of this module.
        let rows = [
            2.0, -1.0, 0.5, 3.0, 1.0, 0.0, 2.0, -1.0, 4.0, 2.0, -1.0, 0.0, -3.0, 1.0, 1.0, 2.0, 0.0, 5.0, -2.0, 1.0,
            1.5, -2.5, 3.0, 0.25,
        ];
        let pca = Pca::fit(&rows, 4, 2).unwrap();
        let components = array![
            [-0.12655107837744045, 0.8231170653116244, -0.5516760432772847, 0.046007223652435154],
            [0.9474456665595662, 0.02423444943934407, -0.20178399641278877, -0.2470680456262085],
        ];
        assert_abs_diff_eq!(
            pca.components().flatten().to_vec()[..],
            components.flatten().to_vec()[..],
            epsilon = 1e-13
        );
        assert_abs_diff_eq!(*pca.shares(), [5.53025244e-01, 3.27605508e-01][..], epsilon = 1e-9);
        let first: Vec<f64> = pca.project(&rows).into_iter().step_by(2).collect();
        let expected = [
            -1.4338135120030382,
            -1.495688327839641,
            1.4719279211355758,
            0.5233307652163355,
            5.045166697509931,
            -4.110923544019164,
        ];
        assert_abs_diff_eq!(first[..], expected[..], epsilon = 1e-12);
    }

    #[test]
    fn projections_are_uncorrelated_and_have_their_share_of_the_variance() {
        for (count, width) in [(40, 9), (30, 200), (200, 30)] {
            let rows = cloud(count, width, |c| 1.0 / (1.0 + c as f64));
            let pca = Pca::fit(&rows, width, 3).unwrap();
            check_orthonormal(&pca);
            let mean = |c: usize| rows.iter().skip(c).step_by(width).sum::<f64>() / count as f64;
            let total: f64 =
                rows.iter().enumerate().map(|(at, x)| (x - mean(at % width)) * (x - mean(at % width))).sum();
            let projected = Array2::from_shape_vec((count, 3), pca.project(&rows)).unwrap();
            let expected = Array2::from_diag(&ArrayView1::from(pca.shares()));
            let covariance = projected.t().dot(&projected) / total;
            assert_abs_diff_eq!(covariance.flatten().to_vec()[..], expected.flatten().to_vec()[..], epsilon = 1e-13);
            assert!(pca.shares().is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn a_rotation_turns_the_components_and_the_order_of_rows_does_not_matter() {
        let width = 12;
        let rows = cloud(50, width, |c| 4.0 / (1.0 + c as f64));
        let pca = Pca::fit(&rows, width, 2).unwrap();
        let (sine, cosine) = (0.6, 0.8);
        let turn = |numbers: &[f64]| -> Vec<f64> {
            let turned = |pair: &[f64]| [cosine * pair[0] - sine * pair[1], sine * pair[0] + cosine * pair[1]];
            numbers.chunks_exact(2).flat_map(turned).collect()
        };
        let turned = Pca::fit(&turn(&rows), width, 2).unwrap();
        for (found, expected) in turned.components().rows().into_iter().zip(pca.components().rows()) {
            assert_abs_diff_eq!(found.to_vec()[..], signed(turn(&expected.to_vec()))[..], epsilon = 1e-10);
        }
        let reversed: Vec<f64> = rows.chunks_exact(width).rev().flatten().copied().collect();
        let of_reversed = Pca::fit(&reversed, width, 2).unwrap();
        assert_abs_diff_eq!(
            of_reversed.components().flatten().to_vec()[..],
            pca.components().flatten().to_vec()[..],
            epsilon = 1e-10
        );
        assert_eq!(Pca::fit(&rows, width, 2).unwrap(), pca);
    }

    #[test]
    fn awkward_clouds() {
        // On a line: the second component has no variance, but is still a direction.
        let line: Vec<f32> = (0..20).flat_map(|i| [i as f32, 2.0 * i as f32, 0.5]).collect();
        let pca = Pca::fit(&line, 3, 2).unwrap();
        check_orthonormal(&pca);
        assert_abs_diff_eq!(*pca.shares(), [1.0, 0.0][..], epsilon = 1e-12);
        // Two rows only, fewer rows than components.
        check_orthonormal(&Pca::fit(&[1.0, 2.0, 3.0, 5.0, 8.0, 13.0], 3, 3).unwrap());
        // Equal variance in every direction: ±e for each axis e.
        let width = 30;
        let cross: Vec<f64> = (0..2 * width * width)
            .map(|at| f64::from(at / width / 2 == at % width) * if at / width % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let pca = Pca::fit(&cross, width, 2).unwrap();
        check_orthonormal(&pca);
        assert_abs_diff_eq!(*pca.shares(), [1.0 / width as f64; 2][..], epsilon = 1e-12);
        // A cloud with equal variances, and with more columns than a basis has vectors.
        check_orthonormal(&Pca::fit(&cloud(300, 200, |_| 1.0), 200, 2).unwrap());
        // Tiny numbers and large means.
        let far: Vec<f64> = cloud(40, 8, |c| 1e-3 / (1.0 + c as f64)).into_iter().map(|x| 1e3 * x).collect();
        check_orthonormal(&Pca::fit(&far, 8, 2).unwrap());
    }

    #[test]
    fn what_has_no_components_is_refused() {
        for (rows, reason) in [
            (vec![1.0, f64::NAN, 2.0, 3.0], "row 0, column 1"),
            (vec![1.0; 6], "all rows are equal"),
            (vec![], "all rows"),
        ] {
            let error = Pca::fit(&rows, 2, 1).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    #[should_panic(expected = "3 components of 2 columns")]
    fn no_more_components_than_columns() {
        let _ = Pca::fit(&[1.0, 2.0], 2, 3);
    }
}
