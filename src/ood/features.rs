//! Rows of features in memory, and the forms in which a classifier is given them.
//!
//! The paper's features are gradients as they come, "not normalised". Two other forms tell what of a gradient the classifier
//! goes by: divided by its norm only its direction is left, and of its signs only the orthant.

use serde::{Deserialize, Serialize};

/// One row of as many numbers for each image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    width: usize,
    values: Vec<f32>,
}

impl Features {
    /// No rows yet, of `width` numbers each.
    ///
    /// # Panics
    /// When `width` is 0.
    pub fn new(width: usize) -> Features {
        assert!(width > 0, "a feature has a number at least");
        Features { width, values: Vec::new() }
    }

    /// Adds rows, end to end.
    ///
    /// # Panics
    /// When these are not whole rows.
    pub fn extend(&mut self, values: &[f32]) {
        assert_eq!(values.len() % self.width, 0, "whole rows of {} numbers", self.width);
        self.values.extend_from_slice(values);
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Row `i`, counted from 0.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }
}

/// What a gradient is turned into before it is classified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Nothing: the paper's.
    #[default]
    Raw,
    /// Each layer's gradient divided by its Euclidean norm; one of norm 0 stays as it is.
    Unit,
    /// −1, 0 or 1 for each number.
    Sign,
}

impl Form {
    /// Turns a row, whose parts are so many numbers long, into this form.
    ///
    /// # Panics
    /// When the parts are longer or shorter than the row.
    pub fn apply(self, row: &mut [f32], parts: &[usize]) {
        assert_eq!(row.len(), parts.iter().sum::<usize>(), "the parts {parts:?} of a row");
        match self {
            Form::Raw => {}
            Form::Sign => row.iter_mut().filter(|x| **x != 0.0).for_each(|x| *x = x.signum()),
            Form::Unit => {
                let mut rest = row;
                for &length in parts {
                    let (part, after) = rest.split_at_mut(length);
                    // In f64 the squares of f32 neither overflow nor vanish.
                    let norm = part.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
                    if norm > 0.0 {
                        part.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
                    }
                    rest = after;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_put() {
        let mut features = Features::new(2);
        assert!(features.is_empty());
        features.extend(&[1.0, 2.0, 3.0, 4.0]);
        features.extend(&[5.0, 6.0]);
        assert_eq!((features.len(), features.row(1), features.rows().count()), (3, &[3.0, 4.0][..], 3));
    }

    #[test]
    fn each_part_has_its_own_norm() {
        let form = |form: Form, mut row: [f32; 4]| {
            form.apply(&mut row, &[2, 2]);
            row
        };
        assert_eq!(form(Form::Raw, [0.0, -2.0, 3.0, -4.0]), [0.0, -2.0, 3.0, -4.0]);
        assert_eq!(form(Form::Unit, [0.0, -2.0, 3.0, -4.0]), [0.0, -1.0, 0.6, -0.8]);
        assert_eq!(form(Form::Unit, [1e-30, 0.0, 0.0, 0.0]), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(form(Form::Sign, [0.0, -2.0, 3.0, -1e-40]), [0.0, -1.0, 1.0, -1.0]);
    }
}
