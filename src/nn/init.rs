//! Initial values of parameters, drawn from random numbers.
//!
//! Every rule draws from the uniform distribution on [−r, r). Its r keeps the magnitude of signals about the same
//! before and after a layer. The caller passes the generator, since this layer has no random numbers. The numbers u in
//! [0, 1) come from `ndarray-rand`, in the row-major order of the tensor, with 53 random bits each, as in
//! [`Stream::uniform`](crate::stats::random::Stream::uniform).

use crate::autodiff::Tensor;
use crate::lanes::Scalar;
use ndarray::{ArrayD, IxDyn};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardUniform;
use rand::Rng;

/// Numbers uniform on [−r, r): −r + 2 r u.
pub fn uniform<S: Scalar>(shape: &[usize], r: f64, random: &mut impl Rng) -> Tensor<S> {
    ArrayD::random_using(IxDyn(shape), StandardUniform, random).mapv(|u: f64| S::nearest(-r + 2.0 * r * u))
}

/// r = √6/√(inputs + outputs + 1): the rule of Stanford's sparse-autoencoder exercise (Ng, CS294A lecture notes, 2011),
/// which the UNIQUE project uses. The original rule of Glorot and Bengio (2010) has no + 1.
pub fn sparse_autoencoder_bound(inputs: usize, outputs: usize) -> f64 {
    6f64.sqrt() / ((inputs + outputs + 1) as f64).sqrt()
}

/// PyTorch's default for the weights and biases of linear and convolution layers: both uniform with r = 1/√fan-in.
///
/// `weight` is (O, I), (O, C, K_h, K_w), or for a transposed convolution (I, O, K_h, K_w). As in PyTorch, the fan-in is
/// the product of all axes but the first. For a transposed convolution this is not the number of inputs of an output.
/// Weights are drawn first, then `biases` numbers.
///
/// # Panics
/// If the weights have fewer than two axes.
pub fn pytorch<S: Scalar>(weight: &[usize], biases: usize, random: &mut impl Rng) -> (Tensor<S>, Tensor<S>) {
    assert!(weight.len() >= 2, "the weights of a layer need at least two axes, not {weight:?}");
    let r = 1.0 / (weight[1..].iter().product::<usize>() as f64).sqrt();
    (uniform(weight, r, random), uniform(&[biases], r, random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;
    use approx::assert_abs_diff_eq;

    #[test]
    fn the_bounds_are_those_of_the_papers() {
        // √(6/593) and 1/√48 for a transposed 12→3 convolution with 4×4 taps.
        assert_abs_diff_eq!(sparse_autoencoder_bound(192, 400), 0.100_588_487_6, epsilon = 1e-10);
        let (w, b) = pytorch::<f64>(&[12, 3, 4, 4], 3, Stream::new(0, "bounds", 0).rng());
        assert_eq!((w.shape(), b.shape()), (&[12, 3, 4, 4][..], &[3][..]));
        let (least, greatest) = w.iter().fold((0.0, 0.0), |(l, g), &w| (f64::min(l, w), f64::max(g, w)));
        assert!((-0.144_337_567_3..-0.14).contains(&least) && (0.14..0.144_337_567_3).contains(&greatest));
    }

    #[test]
    fn the_draws_are_the_streams_uniform_numbers() {
        let mut stream = Stream::new(2019, "draws", 0);
        let mut draw = |_| -0.5 + stream.uniform();
        let (weights, biases): (Vec<f64>, Vec<f64>) =
            ((0..24).map(&mut draw).collect(), (0..6).map(&mut draw).collect());
        // Fan-in 4: r = ½.
        let (w, b) = pytorch::<f64>(&[6, 4], 6, Stream::new(2019, "draws", 0).rng());
        assert!(w.iter().eq(&weights) && b.iter().eq(&biases));
        let single = uniform::<f32>(&[2, 3, 4], 0.5, Stream::new(2019, "draws", 0).rng());
        assert!(single.iter().eq(&weights.iter().map(|&w| w as f32).collect::<Vec<_>>()));
    }
}
