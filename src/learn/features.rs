//! Rows of features in memory, and the transforms that are applied before classification.
//!
//! The paper uses the gradients as computed, "not normalised". Two other transforms show which part of a gradient the
//! classifier uses: division by the norm leaves only its direction, and the signs leave only its orthant.

use serde::{Deserialize, Serialize};

/// One row for each image, all with the same number of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureRows {
    width: usize,
    values: Vec<f32>,
}

impl FeatureRows {
    /// An empty set of rows of `width` numbers each.
    ///
    /// # Panics
    /// If `width` is 0.
    pub fn new(width: usize) -> FeatureRows {
        assert!(width > 0, "a feature needs at least one number");
        FeatureRows { width, values: Vec::new() }
    }

    /// Appends concatenated rows.
    ///
    /// # Panics
    /// If the last row is incomplete.
    pub fn extend(&mut self, values: &[f32]) {
        assert_eq!(values.len() % self.width, 0, "the last row of {} numbers is incomplete", self.width);
        self.values.extend_from_slice(values);
    }

    /// The number of numbers in a row.
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
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }
}

/// A transform of a gradient before classification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// None: the paper's choice.
    #[default]
    Raw,
    /// Each layer's gradient divided by its Euclidean norm; a norm of 0 leaves it unchanged.
    Unit,
    /// −1, 0 or 1 for each number.
    Sign,
}

impl Form {
    /// Transforms a row; `parts` contains the length of each layer's part.
    ///
    /// # Panics
    /// If the lengths of the parts do not sum to the length of the row.
    pub fn apply(self, row: &mut [f32], parts: &[usize]) {
        assert_eq!(row.len(), parts.iter().sum::<usize>(), "the parts {parts:?} do not sum to the row");
        match self {
            Form::Raw => {}
            Form::Sign => row.iter_mut().filter(|x| **x != 0.0).for_each(|x| *x = x.signum()),
            Form::Unit => {
                let mut rest = row;
                for &length in parts {
                    let (part, after) = rest.split_at_mut(length);
                    // In f64 the squares of f32 neither overflow nor underflow.
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
        let mut features = FeatureRows::new(2);
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
