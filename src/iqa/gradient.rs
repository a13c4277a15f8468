//! The gradient G = ∂L/∂W2 of an image: that of the reconstruction loss with respect to the decoder.
//!
//! > L = 1/(2P) Σ_p ‖W2 a_p + b2 − x_p‖²,  a = sigmoid(W1 x + b1),  G = (1/P) Σ_p (W2 a_p + b2 − x_p) a_pᵀ
//!
//! over the P whitened patches of an image, without weight decay and sparsity. The tape computes it: eight patches are
//! in the lanes of a column, and the columns form a matrix.

use crate::autodiff::{Tape, Wrt};
use crate::imaging::patches::DIMENSIONS;
use crate::lanes::{Lanes, Real};
use crate::models::SparseAutoencoder;
use crate::models::sparse_autoencoder::W2;
use ndarray::{ArrayD, IxDyn};

/// The number of columns on a tape: 1024 patches, so that the memory does not grow with the image.
const BLOCK: usize = 128;

/// Gᵀ, row-major: hidden×192. `white` are the whitened patches, 192 rows of lanes, of which `count` are patches.
pub fn gradient(model: &SparseAutoencoder, white: &[Lanes<f64, 8>], count: usize) -> Vec<f64> {
    let hidden = model.hidden();
    let groups = white.len() / DIMENSIONS;
    let mut tape = Tape::<Lanes<f64, 8>>::new();
    let mut sum = vec![0.0; hidden * DIMENSIONS];
    // Whole groups in blocks, then the patches of an incomplete last group.
    let whole = count / 8;
    let mut blocks: Vec<(usize, usize)> =
        (0..whole).step_by(BLOCK).map(|first| (first, (first + BLOCK).min(whole))).collect();
    blocks.extend((whole < groups).then_some((whole, groups)));
    for (first, end) in blocks {
        let positions = end - first;
        tape.clear();
        let bound = model.parameters.place(&mut tape);
        let x = tape.input_with(&[DIMENSIONS, positions], |x| {
            for (to, from) in x.chunks_exact_mut(positions).zip(white.chunks_exact(groups)) {
                to.copy_from_slice(&from[first..end]);
            }
        });
        let activation = SparseAutoencoder::encode(&mut tape, &bound, x);
        let reconstruction = SparseAutoencoder::decode(&mut tape, &bound, activation);
        let loss = tape.mean_squared_error(reconstruction, x);
        // Converts the mean over the samples of a lane to half the sum, divided by P; lanes without a patch contribute
        // nothing.
        let factor = 0.5 * (DIMENSIONS * positions) as f64 / count as f64;
        let mut cotangent = Lanes::splat(factor);
        (0..8).filter(|lane| 8 * (end - 1) + lane >= count).for_each(|lane| cotangent.set_lane(lane, 0.0));
        let cotangent = ArrayD::from_elem(IxDyn(&[]), cotangent);
        let w2 = bound[W2];
        let gradients = tape.vjp(&[(loss, &cotangent)], &[Wrt::Summed(w2)]);
        for (i, g) in gradients.summed(w2).iter().enumerate() {
            sum[i % hidden * DIMENSIONS + i / hidden] += g;
        }
        tape.recycle(gradients);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::score::tests::autoencoder;
    use super::*;
    use crate::lanes::math;
    use crate::models::sparse_autoencoder::{B1, B2, W1};
    use crate::stats::random::Stream;
    use approx::abs_diff_eq;

    /// The equation of the module's documentation, patch by patch.
    fn textbook(model: &SparseAutoencoder, x: &[[f64; DIMENSIONS]]) -> Vec<f64> {
        let hidden = model.hidden();
        let [w1, b1, w2, b2] = [W1, B1, W2, B2].map(|name| &model.parameters[name]);
        let mut sum = vec![0.0; hidden * DIMENSIONS];
        for x in x {
            let a: Vec<f64> = (0..hidden)
                .map(|j| math::sigmoid((0..DIMENSIONS).map(|i| w1[[j, i]] * x[i]).sum::<f64>() + b1[[j]]))
                .collect();
            for i in 0..DIMENSIONS {
                let residual = (0..hidden).map(|j| w2[[i, j]] * a[j]).sum::<f64>() + b2[[i]] - x[i];
                (0..hidden).for_each(|j| sum[j * DIMENSIONS + i] += residual * a[j]);
            }
        }
        sum.iter().map(|g| g / x.len() as f64).collect()
    }

    #[test]
    fn is_the_equation_for_any_number_of_patches() {
        let mut model = autoencoder(7, 4);
        let mut stream = Stream::new(3, "test patches", 0);
        model.parameters[B2].mapv_inplace(|_| stream.normal());
        // Less than a group; groups and a remainder; a block and a remainder.
        for count in [1, 8, 21, 8 * BLOCK + 3] {
            let x: Vec<[f64; DIMENSIONS]> = (0..count).map(|_| std::array::from_fn(|_| stream.normal())).collect();
            let groups = count.div_ceil(8);
            // The numbers beyond the last patch must have no effect.
            let mut white = vec![Lanes::splat(1e3); DIMENSIONS * groups];
            for (p, x) in x.iter().enumerate() {
                (0..DIMENSIONS).for_each(|i| white[i * groups + p / 8].set_lane(p % 8, x[i]));
            }
            let expected = textbook(&model, &x);
            for (g, expected) in gradient(&model, &white, count).into_iter().zip(expected) {
                assert!(abs_diff_eq!(g, expected, epsilon = 1e-12), "{count} patches: {g} is not {expected}");
            }
        }
    }
}
