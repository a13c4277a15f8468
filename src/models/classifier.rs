//! The classifier of the paper's second application (METHOD §2.3): dense layers, a ReLU after each but the last, which has one
//! output. Its sigmoid is the probability that an image is in-distribution.
//!
//! Parameters are named as the layers of a PyTorch `Sequential` of dense layers would be if the ReLUs were not counted: `0.weight`,
//! `0.bias`, `1.weight` …

use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::{Real, Scalar};
use crate::nn::{Bound, Parameters, init};

/// The shapes of a classifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classifier {
    /// Numbers in a feature, then the outputs of each layer; the last is 1.
    widths: Vec<usize>,
}

impl Classifier {
    /// A classifier of features of `inputs` numbers with `hidden` layers between; the paper's are 40 and 20 wide.
    ///
    /// # Errors
    /// [`Error::Usage`] for a width of 0.
    pub fn new(inputs: usize, hidden: &[usize]) -> Result<Classifier> {
        let widths = [&[inputs], hidden, &[1]].concat();
        if widths.contains(&0) {
            return Err(Error::Usage(format!("a classifier with layers of {widths:?}: none can be 0 wide")));
        }
        Ok(Classifier { widths })
    }

    /// Numbers in a feature.
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// PyTorch's first values ([`init::pytorch`]), from uniform numbers in [0, 1).
    pub fn parameters<S: Scalar>(&self, random: &mut impl FnMut() -> f64) -> Parameters<S> {
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
    use ndarray::{arr1, arr2};

    #[test]
    fn the_papers_has_three_layers_and_works_by_columns() {
        let paper = Classifier::new(1872, &[40, 20]).unwrap();
        let parameters = paper.parameters::<f64>(&mut || 0.25);
        assert_eq!(parameters.count(), 1872 * 40 + 40 + 40 * 20 + 20 + 20 + 1);

        let small = Classifier::new(2, &[2]).unwrap();
        let mut parameters = small.parameters::<f64>(&mut || 0.5);
        parameters["0.weight"] = arr2(&[[1.0, 2.0], [-1.0, 1.0]]).into_dyn();
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
        assert!(Classifier::new(0, &[40]).unwrap_err().to_string().contains("0 wide"));
        assert!(Classifier::new(20, &[40, 0]).is_err());
    }
}
