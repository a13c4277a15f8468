//! A model's parameters: tensors by name, in the order in which they were added.
//!
//! The order is part of the model. It is the order of [`Parameters::flat`], the vector of all numbers for an optimiser,
//! and of every sum over parameters. So results do not depend on the spelling of names.
//!
//! Gradients and an optimiser's moments have the same type and the same names.
//!
//! ```
//! use gradspace::autodiff::Tape;
//! use gradspace::nn::Parameters;
//! use ndarray::{arr1, arr2};
//!
//! let mut parameters = Parameters::<f64>::new();
//! parameters.add("layer.weight", arr2(&[[1.0, 2.0]]).into_dyn());
//! parameters.add("layer.bias", arr1(&[0.5]).into_dyn());
//!
//! let mut tape = Tape::<f64>::new();
//! let bound = parameters.place(&mut tape);
//! let x = tape.input(&arr1(&[3.0, 4.0]).into_dyn());
//! let y = tape.linear(x, bound["layer.weight"], bound["layer.bias"]);
//! let loss = tape.sum(y);
//! let gradients = tape.gradients(loss, &bound.summed());
//! assert_eq!(bound.collect(gradients).flat(), [3.0, 4.0, 1.0]);
//! ```

use crate::autodiff::{Gradients, Tape, Tensor, Var, Wrt};
use crate::lanes::{Real, Scalar};
use std::ops::{Index, IndexMut};

/// Tensors by name, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters<S> {
    entries: Vec<(String, Tensor<S>)>,
}

impl<S: Scalar> Parameters<S> {
    /// An empty set of parameters.
    pub fn new() -> Self {
        Parameters { entries: Vec::new() }
    }

    /// Appends a parameter.
    ///
    /// # Panics
    /// If the name exists already.
    pub fn add(&mut self, name: impl Into<String>, tensor: Tensor<S>) {
        let name = name.into();
        assert!(self.get(&name).is_none(), "the parameter `{name}` exists already");
        // Row-major in memory too, whatever the input: flat views require it.
        self.entries.push((name, tensor.as_standard_layout().into_owned()));
    }

    /// The parameter `name`.
    pub fn get(&self, name: &str) -> Option<&Tensor<S>> {
        self.iter().find(|(found, _)| *found == name).map(|(_, tensor)| tensor)
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor<S>)> {
        self.entries.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The total number of numbers.
    pub fn count(&self) -> usize {
        self.iter().map(|(_, tensor)| tensor.len()).sum()
    }

    /// Zeros with the same names and shapes.
    pub fn zeros_like(&self) -> Self {
        let zeros = |tensor: &Tensor<S>| Tensor::from_elem(tensor.raw_dim(), S::default());
        Parameters { entries: self.iter().map(|(name, tensor)| (name.to_owned(), zeros(tensor))).collect() }
    }

    /// Sets every number to `value`.
    pub fn fill(&mut self, value: S) {
        self.slices_mut().for_each(|own| own.fill(value));
    }

    /// All numbers as one vector: parameter after parameter, each row-major.
    pub fn flat(&self) -> Vec<S> {
        self.slices().flatten().copied().collect()
    }

    /// Sets all numbers from a vector in the order of [`Parameters::flat`].
    ///
    /// # Panics
    /// If the length differs from [`Parameters::count`].
    pub fn set_flat(&mut self, numbers: &[S]) {
        assert_eq!(self.count(), numbers.len(), "the number of given numbers");
        let mut rest = numbers;
        for own in self.slices_mut() {
            let (first, after) = rest.split_at(own.len());
            own.copy_from_slice(first);
            rest = after;
        }
    }

    /// Adds `other`, parameter by parameter.
    ///
    /// # Panics
    /// If the names or shapes differ.
    pub fn accumulate(&mut self, other: &Self) {
        self.assert_like(other);
        for (own, other) in self.slices_mut().zip(other.slices()) {
            own.iter_mut().zip(other).for_each(|(a, b)| *a = *a + *b);
        }
    }

    /// Records the parameters on a tape, shared by all lanes.
    pub fn place<T: Real<Scalar = S>>(&self, tape: &mut Tape<T>) -> Bound {
        Bound { entries: self.iter().map(|(name, tensor)| (name.to_owned(), tape.parameter(tensor))).collect() }
    }

    /// The numbers of each parameter in order, row-major.
    pub(super) fn slices(&self) -> impl Iterator<Item = &[S]> {
        self.entries.iter().map(|(_, tensor)| tensor.as_slice().expect("kept in standard layout"))
    }

    /// The numbers of each parameter in order, row-major.
    pub(super) fn slices_mut(&mut self) -> impl Iterator<Item = &mut [S]> {
        self.entries.iter_mut().map(|(_, tensor)| tensor.as_slice_mut().expect("kept in standard layout"))
    }

    /// # Panics
    /// If the names or shapes differ.
    pub(super) fn assert_like(&self, other: &Self) {
        let same = |a: &(String, Tensor<S>), b: &(String, Tensor<S>)| a.0 == b.0 && a.1.shape() == b.1.shape();
        let alike = self.entries.len() == other.entries.len();
        let alike = alike && self.entries.iter().zip(&other.entries).all(|(a, b)| same(a, b));
        assert!(alike, "parameters differ in names or shapes: {} and {}", self.describe(), other.describe());
    }

    fn describe(&self) -> String {
        self.iter().map(|(name, tensor)| format!("{name} {:?}", tensor.shape())).collect::<Vec<_>>().join(", ")
    }
}

impl<S: Scalar> Index<&str> for Parameters<S> {
    type Output = Tensor<S>;

    /// # Panics
    /// If there is no parameter of that name.
    fn index(&self, name: &str) -> &Tensor<S> {
        self.get(name).unwrap_or_else(|| panic!("there is no parameter `{name}`"))
    }
}

impl<S: Scalar> IndexMut<&str> for Parameters<S> {
    /// # Panics
    /// If there is no parameter of that name.
    fn index_mut(&mut self, name: &str) -> &mut Tensor<S> {
        let found = self.entries.iter_mut().find(|(found, _)| found == name);
        &mut found.unwrap_or_else(|| panic!("there is no parameter `{name}`")).1
    }
}

/// Parameters on a tape, by name.
#[derive(Clone, Debug)]
pub struct Bound {
    entries: Vec<(String, Var)>,
}

impl Bound {
    /// The parameter `name`.
    pub fn get(&self, name: &str) -> Option<Var> {
        self.entries.iter().find(|(found, _)| found == name).map(|(_, var)| *var)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// The request for each parameter's gradient, summed over the lanes.
    pub fn summed(&self) -> Vec<Wrt> {
        self.entries.iter().map(|&(_, var)| Wrt::Summed(var)).collect()
    }

    /// The gradients that [`Bound::summed`] requests, with the parameters' names and in their order.
    ///
    /// # Panics
    /// If any of them was not requested.
    pub fn collect<T: Real>(&self, mut gradients: Gradients<T>) -> Parameters<T::Scalar> {
        Parameters {
            entries: self.entries.iter().map(|(name, var)| (name.clone(), gradients.take_summed(*var))).collect(),
        }
    }
}

impl Index<&str> for Bound {
    type Output = Var;

    /// # Panics
    /// If there is no parameter of that name.
    fn index(&self, name: &str) -> &Var {
        let found = self.entries.iter().find(|(found, _)| found == name);
        &found.unwrap_or_else(|| panic!("there is no parameter `{name}`")).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ShapeBuilder, arr1};

    fn example() -> Parameters<f64> {
        let mut parameters = Parameters::new();
        parameters.add("z", Tensor::from_shape_vec(vec![2, 2].f(), vec![1.0, 3.0, 2.0, 4.0]).unwrap());
        parameters.add("a", arr1(&[5.0]).into_dyn());
        parameters
    }

    #[test]
    fn flat_is_row_major_in_the_order_of_adding() {
        let mut parameters = example();
        assert_eq!(parameters.flat(), [1.0, 2.0, 3.0, 4.0, 5.0]);
        parameters.set_flat(&[6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!(parameters["z"][[0, 1]], 7.0);
        assert_eq!(parameters["a"][[0]], 10.0);
        assert!(parameters.get("b").is_none());
    }

    #[test]
    fn sums_go_by_name_and_shape() {
        let mut parameters = example();
        parameters.accumulate(&example());
        assert_eq!(parameters.flat(), [2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(parameters.zeros_like().flat(), [0.0; 5]);
    }

    #[test]
    #[should_panic(expected = "z [2, 2], a [1] and a [1]")]
    fn other_names_are_the_programmers_error() {
        let mut other = Parameters::new();
        other.add("a", arr1(&[5.0]).into_dyn());
        example().accumulate(&other);
    }
}
