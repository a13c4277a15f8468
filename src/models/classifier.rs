//! The classifier of the paper's second application: dense layers with a ReLU after each but the last.
//!
//! The last layer has one output, whose sigmoid is the probability that an image is in-distribution. The parameters are
//! named `0.weight`, `0.bias`, `1.weight` …, as in a PyTorch `Sequential` of dense layers that does not count the
//! ReLUs.

use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::{Real, Scalar};
use crate::nn::{Bound, Parameters, init};
use rand::Rng;

/// The shapes of a classifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classifier {
    /// The width of a feature, then the number of outputs of each layer; the last is 1.
    widths: Vec<usize>,
}

/// The most parameters of a classifier, 128 MiB as f64.
const MOST_PARAMETERS: usize = 1 << 24;

impl Classifier {
    /// A classifier of features of `inputs` numbers, with the given widths of `hidden` layers. The paper uses 40 and
    /// 20.
    ///
    /// # Errors
    /// [`Error::Usage`] for a width of 0, and for more than 16,777,216 parameters.
    pub fn new(inputs: usize, hidden: &[usize]) -> Result<Classifier> {
        let widths = [&[inputs], hidden, &[1]].concat();
        if widths.contains(&0) {
            return Err(Error::Usage(format!("a classifier with layer widths {widths:?}: no width may be 0")));
        }
        let count = |layer: &[usize]| layer[0].saturating_add(1).saturating_mul(layer[1]);
        let count = widths.windows(2).map(count).fold(0, usize::saturating_add);
        if count > MOST_PARAMETERS {
            return Err(Error::Usage(format!(
                "a classifier with layer widths {widths:?}: {count} parameters are more than {MOST_PARAMETERS}"
            )));
        }
        Ok(Classifier { widths })
    }

    /// The width of a feature.
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// PyTorch's initial values ([`init::pytorch`]).
    pub fn parameters<S: Scalar>(&self, random: &mut impl Rng) -> Parameters<S> {
        let mut parameters = Parameters::new();
        for (i, layer) in self.widths.windows(2).enumerate() {
            let (weight, bias) = init::pytorch(&[layer[1], layer[0]], layer[1], random);
            parameters.add(format!("{i}.weight"), weight);
            parameters.add(format!("{i}.bias"), bias);
        }
        parameters
    }

    /// The logits of P features, the columns of `x` (inputs, P) → (1, P).
    pub fn logits<T: Real>(&self, tape: &mut Tape<T>, p: &Bound, x: Var) -> Var {
        let layers = self.widths.len() - 1;
        let mut h = x;
        for i in 0..layers {
            h = tape.linear(h, p[format!("{i}.weight").as_str()], p[format!("{i}.bias").as_str()]);
            if i + 1 < layers {
                h = tape.relu(h);
            }
        }
        h
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;
    use ndarray::{arr1, arr2};

    #[test]
    fn the_papers_has_three_layers_and_works_by_columns() {
        let paper = Classifier::new(1872, &[40, 20]).unwrap();
        let parameters = paper.parameters::<f64>(Stream::new(0, "classifier", 0).rng());
        assert_eq!(parameters.count(), 1872 * 40 + 40 + 40 * 20 + 20 + 20 + 1);

        let small = Classifier::new(2, &[2]).unwrap();
        let mut parameters = small.parameters::<f64>(Stream::new(0, "classifier", 1).rng());
        parameters["0.weight"] = arr2(&[[1.0, 2.0], [-1.0, 1.0]]).into_dyn();
        parameters["0.bias"] = arr1(&[0.0, 0.0]).into_dyn();
        parameters["1.weight"] = arr2(&[[3.0, -4.0]]).into_dyn();
        parameters["1.bias"] = arr1(&[0.5]).into_dyn();
        let mut tape = Tape::<f64>::new();
        let bound = parameters.place(&mut tape);
        // Columns (1, 1) and (−2, 1): hidden (3, 0) and (0, 3).
        let x = tape.input(&arr2(&[[1.0, -2.0], [1.0, 1.0]]).into_dyn());
        let logits = small.logits(&mut tape, &bound, x);
        assert_eq!(tape.values(logits), [9.5, -11.5]);
    }

    #[test]
    fn a_layer_has_a_width() {
        assert!(Classifier::new(0, &[40]).unwrap_err().to_string().contains("may be 0"));
        assert!(Classifier::new(20, &[40, 0]).is_err());
        for hidden in [&[100_000_000][..], &[usize::MAX, usize::MAX]] {
            assert!(Classifier::new(20, hidden).unwrap_err().to_string().contains("are more than 16777216"));
        }
    }
}
