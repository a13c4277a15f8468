//! First values of parameters.
//!
//! Every rule here is uniform on [−r, r) with an r that keeps signals about as large behind a layer as before it. The randomness
//! comes in as a function that yields uniform numbers in [0, 1): this layer has none of its own. Numbers are taken in the row-major
//! order of the tensor.

use crate::autodiff::Tensor;
use crate::lanes::Scalar;
use ndarray::{ArrayD, IxDyn};

/// Numbers uniform on [−r, r): −r + 2 r u.
pub fn uniform<S: Scalar>(shape: &[usize], r: f64, random: &mut impl FnMut() -> f64) -> Tensor<S> {
    ArrayD::from_shape_simple_fn(IxDyn(shape), || S::nearest(-r + 2.0 * r * random()))
}

/// r = √6/√(inputs + outputs + 1): the rule of Stanford's sparse-autoencoder exercise (Ng, CS294A lecture notes, 2011), which the
/// UNIQUE project follows. Glorot and Bengio (2010), from whom it is taken, have no + 1.
pub fn sparse_autoencoder_bound(inputs: usize, outputs: usize) -> f64 {
    6f64.sqrt() / ((inputs + outputs + 1) as f64).sqrt()
}

/// PyTorch's default for the weights and biases of linear and convolution layers: both uniform with r = 1/√fan-in.
///
/// `weight` is (O, I), (O, C, K_h, K_w), or for a transposed convolution (I, O, K_h, K_w). PyTorch takes the product of all axes
/// but the first for the fan-in, in the last case too, where that is not what feeds an output; and so does this. Weights are drawn
/// first, then `biases` numbers.
///
/// # Panics
/// When the weights have fewer than two axes.
pub fn pytorch<S: Scalar>(weight: &[usize], biases: usize, random: &mut impl FnMut() -> f64) -> (Tensor<S>, Tensor<S>) {
    assert!(weight.len() >= 2, "a layer's weights have two axes at least, not {weight:?}");
    let r = 1.0 / (weight[1..].iter().product::<usize>() as f64).sqrt();
    (uniform(weight, r, random), uniform(&[biases], r, random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_papers() {
        // √(6/593) and 1/√48 for a transposed 12→3 convolution with 4×4 taps.
        assert!((sparse_autoencoder_bound(192, 400) - 0.100_588_487_6).abs() < 1e-10);
        let mut ends = [0.0, 0.5].into_iter().cycle();
        let (w, b) = pytorch::<f64>(&[12, 3, 4, 4], 3, &mut || ends.next().unwrap());
        assert_eq!((w.shape(), b.shape()), (&[12, 3, 4, 4][..], &[3][..]));
        assert!((w[[0, 0, 0, 0]] + 0.144_337_567_3).abs() < 1e-10);
        assert_eq!(w[[0, 0, 0, 1]], 0.0);
        assert_eq!(b[[0]], w[[0, 0, 0, 0]]);
    }
}
