//! Rows of features in memory, and the forms in which a classifier is given them.
//!
//! The paper's features are gradients as they come, "not normalised". Two other forms tell what of a gradient the classifier
//! goes by: divided by its norm only its direction is left, and of its signs only the orthant.

use serde::{Deserialize, Serialize};
use std::ops::Range;

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

    /// A part of every row, in a form.
    pub fn select(&self, selection: &Selection) -> Features {
        let mut selected = Features::new(selection.width());
        selected.values.reserve(self.len() * selected.width);
        self.rows().for_each(|row| selection.append(row, &mut selected.values));
        selected
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

/// Which columns of a row a classifier is given, and in what form.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The columns of each part, in the order wanted.
    pub parts: Vec<Range<usize>>,
    /// What each part is turned into.
    pub form: Form,
}

impl Selection {
    /// Numbers in a selected row.
    pub fn width(&self) -> usize {
        self.parts.iter().map(Range::len).sum()
    }

    fn append(&self, row: &[f32], to: &mut Vec<f32>) {
        for part in &self.parts {
            let part = &row[part.clone()];
            match self.form {
                Form::Raw => to.extend_from_slice(part),
                Form::Unit => {
                    // In f64 the squares of f32 neither overflow nor vanish.
                    let norm = part.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
                    let scale = if norm > 0.0 { 1.0 / norm } else { 1.0 };
                    to.extend(part.iter().map(|&x| (f64::from(x) * scale) as f32));
                }
                Form::Sign => to.extend(part.iter().map(|&x| if x == 0.0 { 0.0 } else { x.signum() })),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_end_to_end_and_each_has_its_own_norm() {
        let mut features = Features::new(5);
        features.extend(&[3.0, -4.0, 9.0, 0.0, -2.0]);
        features.extend(&[0.0, 0.0, 1.0, 1e-30, 0.0]);
        assert_eq!((features.len(), features.width()), (2, 5));
        let select = |form| features.select(&Selection { parts: vec![3..5, 0..2], form });
        assert_eq!(select(Form::Raw).row(0), [0.0, -2.0, 3.0, -4.0]);
        assert_eq!(select(Form::Unit).row(0), [0.0, -1.0, 0.6, -0.8]);
        assert_eq!(select(Form::Unit).row(1), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(select(Form::Sign).row(0), [0.0, -1.0, 1.0, -1.0]);
        assert_eq!(select(Form::Sign).row(1), [1.0, 0.0, 0.0, 0.0]);
    }
}
