//! Zero-phase whitening (ZCA): makes patches uncorrelated and of nearly equal variance, with the least change of the
//! patches.
//!
//! > x ↦ W (x − mean),  W = (Σ + εI)^(−½),  Σ = Σ_p (x_p − mean)(x_p − mean)ᵀ / P,  samples scaled to [0, 1].
//!
//! W equals U diag(1/√(s + ε)) Uᵀ for Σ = U diag(s) Uᵀ (Bell and Sejnowski, "The independent components of natural
//! scenes are edge filters", Vision Research 37, 1997). The patches are 8-bit integers, so their sums and products are
//! added as integers. The covariance is exact up to one final rounding, in any order of addition.

use ndarray::Array2;

use super::linalg::{InverseSqrtScratch, Product, inverse_sqrt};
use super::patches::{DIMENSIONS, Patches};
use crate::lanes::{Kernel, Lanes, Real, Register};

/// The regularisation ε of the UNIQUE family: directions with less variance are not amplified to full size.
pub const EPSILON: f64 = 0.1;

/// A matrix whose columns, one per patch, are stored eight per [`Lanes`]: row d, columns 8g ..= 8g + 7 are at `d ·
/// groups + g`.
///
/// If the number of patches is not a multiple of eight, the last lanes of each row contain unspecified finite numbers.
pub type PatchMatrix = Vec<Lanes<f64, 8>>;

/// The whitening of a set of patches.
#[derive(Clone, Debug)]
pub struct Zca {
    /// The mean of each dimension, 0 ..= 255.
    mean: Vec<f64>,
    /// W/255, for samples of 0 ..= 255.
    matrix: Array2<f64>,
}

/// The working memory of [`Zca::update`] and [`Zca::apply`].
#[derive(Clone, Debug, Default)]
pub struct ZcaScratch {
    samples: Vec<i16>,
    centred: PatchMatrix,
    root: InverseSqrtScratch,
    product: Product,
}

impl Default for Zca {
    /// The whitening that maps everything to 0.
    fn default() -> Self {
        Zca { mean: vec![0.0; DIMENSIONS], matrix: Array2::zeros((DIMENSIONS, DIMENSIONS)) }
    }
}

impl Zca {
    /// The whitening of `patches` with ε = [`EPSILON`]; `None` if all patches are equal, since they have no variance.
    pub fn of(patches: &Patches) -> Option<Zca> {
        let mut zca = Zca::default();
        zca.update(patches, &mut ZcaScratch::default()).then_some(zca)
    }

    /// Replaces this whitening by that of other patches, in the same memory. Returns `false`, without a whitening, if
    /// all patches are equal.
    pub fn update(&mut self, patches: &Patches, scratch: &mut ZcaScratch) -> bool {
        let Zca { mean, matrix } = self;
        if patches.count() == 0 {
            return false;
        }
        let samples = &mut scratch.samples;
        Lanes::dispatch(Covariance { patches, samples, mean, covariance: matrix });
        // A covariance without variances is 0.
        if matrix.diag().iter().all(|&variance| variance == 0.0) {
            return false;
        }
        inverse_sqrt(matrix, EPSILON, &mut scratch.root);
        *matrix /= 255.0;
        true
    }

    /// W (x − mean) for every patch, 192 rows.
    pub fn apply(&self, patches: &Patches, scratch: &mut ZcaScratch, out: &mut PatchMatrix) {
        let groups = patches.count().div_ceil(8);
        scratch.centred.resize(DIMENSIONS * groups, Lanes::default());
        for (d, (row, mean)) in scratch.centred.chunks_exact_mut(groups).zip(&self.mean).enumerate() {
            for (lanes, samples) in row.iter_mut().zip(patches.dimension(d).chunks(8)) {
                lanes.0 = [0.0; 8];
                lanes.0.iter_mut().zip(samples).for_each(|(x, sample)| *x = f64::from(*sample) - mean);
            }
        }
        scratch.product.run(&self.matrix, &scratch.centred, out);
    }
}

struct Covariance<'a> {
    patches: &'a Patches,
    samples: &'a mut Vec<i16>,
    mean: &'a mut [f64],
    covariance: &'a mut Array2<f64>,
}

/// Integers only; a kernel lets the compiler use the integer instructions of the instruction set.
impl Kernel<Lanes<f64, 8>> for Covariance<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        /// The number of products of two samples that a 32-bit sum can hold: 2³¹/255² = 33,025.
        const BLOCK: usize = 1 << 15;
        let Covariance { patches, samples, mean, covariance } = self;
        let count = patches.count();
        samples.resize(DIMENSIONS * count, 0);
        for (d, row) in samples.chunks_exact_mut(count).enumerate() {
            row.iter_mut().zip(patches.dimension(d)).for_each(|(wide, &sample)| *wide = i16::from(sample));
        }
        let row = |d: usize| &samples[d * count..][..count];
        let sums: Vec<i128> =
            (0..DIMENSIONS).map(|d| row(d).iter().map(|&x| i64::from(x)).sum::<i64>().into()).collect();
        let count = count as i128;
        let scale = count as f64 * 255.0;
        for i in 0..DIMENSIONS {
            mean[i] = sums[i] as f64 / count as f64;
            for j in 0..=i {
                let blocks = row(i).chunks(BLOCK).zip(row(j).chunks(BLOCK));
                let products: i128 = blocks.map(|(x, y)| i128::from(inner(x, y))).sum();
                // P Σxy − Σx Σy, over P² of samples scaled to [0, 1].
                let value = (count * products - sums[i] * sums[j]) as f64 / (scale * scale);
                covariance[[i, j]] = value;
                covariance[[j, i]] = value;
            }
        }
    }
}

#[inline(always)]
fn inner(x: &[i16], y: &[i16]) -> i32 {
    x.iter().zip(y).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use approx::abs_diff_eq;

    fn image() -> Rgb8 {
        let mut state = 7u32;
        Rgb8::from_fn(200, 136, |x, y| {
            std::array::from_fn(|c| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (((x / 5 * 17 + y / 3 * (29 + c)) % 200) as u32 + (state >> 28)) as u8
            })
        })
    }

    #[test]
    fn whitened_patches_have_the_covariance_that_epsilon_leaves() {
        let patches = Patches::blocks(&image());
        let zca = Zca::of(&patches).unwrap();
        let mut white = PatchMatrix::new();
        zca.apply(&patches, &mut ZcaScratch::default(), &mut white);
        let (count, groups) = (patches.count(), patches.count().div_ceil(8));
        assert!(count % 8 != 0);
        let row = |d: usize| (0..count).map(|p| white[d * groups + p / 8].lane(p % 8)).collect::<Vec<f64>>();
        let rows: Vec<Vec<f64>> = (0..DIMENSIONS).map(row).collect();
        // W Σ W = I − ε W².
        // For samples scaled to [0, 1].
        let matrix = 255.0 * &zca.matrix;
        for i in (0..DIMENSIONS).step_by(7) {
            assert!(rows[i].iter().sum::<f64>().abs() / (count as f64) < 1e-12);
            for j in (0..DIMENSIONS).step_by(5) {
                let covariance = rows[i].iter().zip(&rows[j]).map(|(x, y)| x * y).sum::<f64>() / count as f64;
                let square = matrix.row(i).dot(&matrix.column(j));
                let expected = f64::from(i == j) - EPSILON * square;
                assert!(abs_diff_eq!(covariance, expected, epsilon = 1e-10), "{i} {j}: {covariance} is not {expected}");
            }
        }
    }

    #[test]
    fn equal_patches_have_no_whitening() {
        assert!(Zca::of(&Patches::blocks(&Rgb8::from_fn(64, 64, |x, y| [(x % 8) as u8, (y % 8) as u8, 9]))).is_none());
        assert!(Zca::of(&Patches::blocks(&Rgb8::from_fn(8, 8, |x, _| [x as u8; 3]))).is_none());
        assert!(Zca::of(&Patches::blocks(&Rgb8::from_fn(7, 8, |x, _| [x as u8; 3]))).is_none());
    }
}
