//! The tape: a record of the computation in order, and the backward pass over it.
//!
//! A [`Tape`] records each operation when it runs. [`Tape::vjp`] visits the record backwards, starting from the
//! cotangents of some values. It passes the gradient of its output to each operation, which adds its part to the
//! gradient of each input. Only operations between the cotangents and a requested value are visited, so the gradient of
//! one layer costs no more than necessary.
//!
//! There are two kinds of values. An *input* has one value per lane. A *parameter* is shared by all lanes: it is stored
//! once, and its gradient is requested either per lane, which is one gradient per image, or summed over the lanes.

use super::kernels::Gradient;
use crate::lanes::Real;
use ndarray::{ArrayD, IxDyn};
use std::collections::BTreeMap;

/// An array of numbers, row-major. Images are (C, H, W); there is no batch axis.
pub type Tensor<T> = ArrayD<T>;

/// A value on the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Var(usize);

/// A value whose gradient is requested, per lane or summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrt {
    /// One gradient per lane, for any value.
    PerLane(Var),
    /// The sum of the lanes' gradients, for a parameter.
    Summed(Var),
}

impl Wrt {
    fn var(self) -> Var {
        match self {
            Wrt::PerLane(var) | Wrt::Summed(var) => var,
        }
    }
}

/// The numbers of a node of the tape.
pub(super) enum Value<T: Real> {
    /// One value per lane.
    Lanes(Vec<T>),
    /// One value for all lanes.
    Shared(Vec<T::Scalar>),
}

/// One operation: a function of the tape's values, and its vector–Jacobian product.
///
/// To add one, write a file in `ops` with a struct that implements this trait and a method of [`Tape`] that checks the
/// shapes and calls [`Tape::push`]. Add its gradient checks, and one line in `ops/mod.rs`.
pub trait Op<T: Real>: Send {
    /// The name in the table of gradient checks, and in error messages.
    fn name(&self) -> &'static str;

    /// Computes `output` (row-major; the old content is arbitrary) from the inputs.
    fn forward(&self, inputs: &Inputs<T>, output: &mut [T]);

    /// Adds to `gradient` the derivative of ⟨`pass.cotangent`, output⟩ with respect to input number `k`.
    fn vjp(&self, k: usize, pass: &Pass<T>, gradient: &mut Gradient<T>);
}

/// The inputs of an operation.
pub struct Inputs<'a, T: Real> {
    nodes: &'a [Node<T>],
    vars: &'a [Var],
}

impl<'a, T: Real> Inputs<'a, T> {
    /// The values of input `k`, one per lane.
    ///
    /// # Panics
    /// If it is a parameter.
    pub fn lanes(&self, k: usize) -> &'a [T] {
        lanes(&self.nodes[self.vars[k].0])
    }

    /// The values of input `k`, a parameter.
    ///
    /// # Panics
    /// If it is not a parameter.
    pub fn shared(&self, k: usize) -> &'a [T::Scalar] {
        match &self.nodes[self.vars[k].0].value {
            Value::Shared(values) => values,
            Value::Lanes(_) => panic!("input {k} must be a parameter"),
        }
    }
}

fn lanes<T: Real>(node: &Node<T>) -> &[T] {
    match &node.value {
        Value::Lanes(values) => values,
        Value::Shared(_) => {
            panic!("the parameter of shape {:?} has no lanes: apply Tape::spread first", node.shape)
        }
    }
}

/// The values that an operation's vector–Jacobian product may use.
pub struct Pass<'a, T: Real> {
    /// The operation's inputs.
    pub inputs: Inputs<'a, T>,
    /// The operation's output.
    pub output: &'a [T],
    /// The gradient of the output.
    pub cotangent: &'a [T],
}

struct Node<T: Real> {
    shape: Vec<usize>,
    value: Value<T>,
    origin: Option<(Box<dyn Op<T>>, Vec<Var>)>,
}

/// The record of a computation over numbers of type `T`.
///
/// ```
/// use gradspace::autodiff::{Tape, Wrt};
/// use ndarray::arr1;
///
/// // d/dx Σ sigmoid(x)² at 0 is 2 · ½ · ¼.
/// let mut tape = Tape::<f64>::new();
/// let x = tape.input(&arr1(&[0.0, 0.0]).into_dyn());
/// let y = tape.sigmoid(x);
/// let squared = tape.square(y);
/// let loss = tape.sum(squared);
/// let mut gradients = tape.gradients(loss, &[Wrt::PerLane(x)]);
/// assert_eq!(gradients.take_per_lane(x), arr1(&[0.25, 0.25]).into_dyn());
/// ```
pub struct Tape<T: Real> {
    nodes: Vec<Node<T>>,
    spare: Spare<T>,
    wrap: Option<Wrap<T>>,
}

/// A change to every operation before it is recorded. The gradient checker adds faults this way.
type Wrap<T> = Box<dyn Fn(Box<dyn Op<T>>) -> Box<dyn Op<T>> + Send>;

/// Buffers for reuse. The first access to a fresh page costs more than the arithmetic on it, so a tape keeps its
/// buffers.
struct Spare<T> {
    by_length: BTreeMap<usize, Vec<Vec<T>>>,
}

impl<T: Real> Spare<T> {
    /// A buffer of this length with arbitrary content.
    fn take(&mut self, length: usize) -> Vec<T> {
        self.by_length.get_mut(&length).and_then(Vec::pop).unwrap_or_else(|| vec![T::zero(); length])
    }

    fn take_zeros(&mut self, length: usize) -> Vec<T> {
        let mut buffer = self.take(length);
        buffer.fill(T::zero());
        buffer
    }

    fn give(&mut self, buffer: Vec<T>) {
        self.by_length.entry(buffer.len()).or_default().push(buffer);
    }
}

impl<T: Real> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Real> Tape<T> {
    /// An empty tape.
    pub fn new() -> Self {
        Tape { nodes: Vec::new(), spare: Spare { by_length: BTreeMap::new() }, wrap: None }
    }

    /// Removes all values and keeps the memory for the next computation. All [`Var`]s become invalid.
    pub fn clear(&mut self) {
        for node in self.nodes.drain(..) {
            if let Value::Lanes(buffer) = node.value {
                self.spare.give(buffer);
            }
        }
    }

    /// An input: a separate value in every lane.
    pub fn input(&mut self, tensor: &Tensor<T>) -> Var {
        self.input_with(tensor.shape(), |buffer| {
            for (to, from) in buffer.iter_mut().zip(tensor) {
                *to = *from;
            }
        })
    }

    /// An input of this shape, filled by `fill` (row-major; the old content is arbitrary).
    pub fn input_with(&mut self, shape: &[usize], fill: impl FnOnce(&mut [T])) -> Var {
        let mut buffer = self.spare.take(shape.iter().product());
        fill(&mut buffer);
        self.node(shape, Value::Lanes(buffer), None)
    }

    /// A parameter: a value that all lanes share.
    pub fn parameter(&mut self, tensor: &Tensor<T::Scalar>) -> Var {
        // The iterator of an array takes ten times as long as a copy.
        let values = tensor.as_slice().map_or_else(|| tensor.iter().copied().collect(), <[_]>::to_vec);
        self.node(tensor.shape(), Value::Shared(values), None)
    }

    /// Computes `op` and records it. For the methods in `ops`, which have checked the shapes.
    pub fn push(&mut self, op: impl Op<T> + 'static, inputs: &[Var], shape: &[usize]) -> Var {
        let mut output = self.spare.take(shape.iter().product());
        op.forward(&Inputs { nodes: &self.nodes, vars: inputs }, &mut output);
        let op: Box<dyn Op<T>> = Box::new(op);
        let op = match &self.wrap {
            Some(wrap) => wrap(op),
            None => op,
        };
        self.node(shape, Value::Lanes(output), Some((op, inputs.to_vec())))
    }

    /// From now on, applies `wrap` to every operation before it is recorded.
    pub(super) fn wrap_operations(&mut self, wrap: impl Fn(Box<dyn Op<T>>) -> Box<dyn Op<T>> + Send + 'static) {
        self.wrap = Some(Box::new(wrap));
    }

    fn node(&mut self, shape: &[usize], value: Value<T>, origin: Option<(Box<dyn Op<T>>, Vec<Var>)>) -> Var {
        self.nodes.push(Node { shape: shape.to_vec(), value, origin });
        Var(self.nodes.len() - 1)
    }

    /// The shape of a value.
    pub fn shape(&self, var: Var) -> &[usize] {
        &self.nodes[var.0].shape
    }

    /// Whether a value is a parameter, shared by all lanes.
    pub fn is_parameter(&self, var: Var) -> bool {
        matches!(self.nodes[var.0].value, Value::Shared(_))
    }

    /// The elements of a value, row-major, one value per lane.
    ///
    /// # Panics
    /// If it is a parameter.
    pub fn values(&self, var: Var) -> &[T] {
        lanes(&self.nodes[var.0])
    }

    /// A copy of a value.
    ///
    /// # Panics
    /// If it is a parameter.
    pub fn tensor(&self, var: Var) -> Tensor<T> {
        tensor(self.shape(var), self.values(var).to_vec())
    }

    /// The one number of a value of shape [].
    ///
    /// # Panics
    /// If the value has another shape.
    pub fn scalar(&self, var: Var) -> T {
        assert!(self.shape(var).is_empty(), "a value of shape {:?} is not a scalar", self.shape(var));
        self.values(var)[0]
    }

    /// The gradients of a scalar, in every lane: [`Tape::vjp`] with the cotangent 1.
    ///
    /// # Panics
    /// If `loss` is not of shape [], or a summed gradient of a non-parameter is requested.
    pub fn gradients(&mut self, loss: Var, wrt: &[Wrt]) -> Gradients<T> {
        self.vjp(&[(loss, &tensor(&[], vec![T::one()]))], wrt)
    }

    /// The derivatives of Σ ⟨cotangent, value⟩ over the given pairs, with respect to the values in `wrt`.
    ///
    /// A lane whose cotangents are 0 contributes nothing. A group with fewer images than lanes uses this.
    ///
    /// # Panics
    /// If a cotangent differs in shape from its value, or a summed gradient of a non-parameter is requested.
    pub fn vjp(&mut self, cotangents: &[(Var, &Tensor<T>)], wrt: &[Wrt]) -> Gradients<T> {
        let wanted = self.leads_to(wrt);
        let mut slots: Vec<Option<Slot<T>>> = self.nodes.iter().map(|_| None).collect();
        for request in wrt {
            let var = request.var();
            assert!(slots[var.0].is_none(), "the gradient of one value was requested twice");
            slots[var.0] = Some(match request {
                Wrt::PerLane(_) => self.zeros(var),
                Wrt::Summed(_) => {
                    assert!(self.is_parameter(var), "only a parameter's gradient can be summed over the lanes");
                    Slot::Summed(vec![Default::default(); self.shape(var).iter().product()])
                }
            });
        }
        for &(var, cotangent) in cotangents {
            assert_eq!(self.shape(var), cotangent.shape(), "a value and its cotangent differ in shape");
            if wanted[var.0] {
                let mut slot = slots[var.0].take().unwrap_or_else(|| self.zeros(var));
                let mut gradient = slot.gradient();
                cotangent.iter().enumerate().for_each(|(i, &c)| gradient.add(i, c));
                slots[var.0] = Some(slot);
            }
        }
        for index in (0..self.nodes.len()).rev() {
            let Some((op, inputs)) = &self.nodes[index].origin else { continue };
            let Some(Slot::PerLane(cotangent)) = slots[index].take() else { continue };
            let Value::Lanes(output) = &self.nodes[index].value else { unreachable!("operations return lanes") };
            for (k, var) in inputs.iter().enumerate().filter(|(_, var)| wanted[var.0]) {
                let elements = self.nodes[var.0].shape.iter().product();
                let mut slot = slots[var.0].take().unwrap_or_else(|| Slot::PerLane(self.spare.take_zeros(elements)));
                let inputs = Inputs { nodes: &self.nodes, vars: inputs };
                op.vjp(k, &Pass { inputs, output, cotangent: &cotangent }, &mut slot.gradient());
                slots[var.0] = Some(slot);
            }
            if wrt.iter().any(|w| w.var().0 == index) {
                slots[index] = Some(Slot::PerLane(cotangent));
            } else {
                self.spare.give(cotangent);
            }
        }
        let taken = wrt.iter().map(|w| w.var());
        let of = taken.map(|var| (var, (self.shape(var).to_vec(), slots[var.0].take().expect("requested above"))));
        Gradients { of: of.collect() }
    }

    /// Returns the memory of the gradients to the tape.
    pub fn recycle(&mut self, gradients: Gradients<T>) {
        for (_, slot) in gradients.of.into_values() {
            if let Slot::PerLane(buffer) = slot {
                self.spare.give(buffer);
            }
        }
    }

    fn zeros(&mut self, var: Var) -> Slot<T> {
        Slot::PerLane(self.spare.take_zeros(self.nodes[var.0].shape.iter().product()))
    }

    /// For each node, whether it depends on a requested value.
    fn leads_to(&self, wrt: &[Wrt]) -> Vec<bool> {
        let mut wanted = vec![false; self.nodes.len()];
        for request in wrt {
            wanted[request.var().0] = true;
        }
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some((_, inputs)) = &node.origin {
                wanted[index] |= inputs.iter().any(|var| wanted[var.0]);
            }
        }
        wanted
    }
}

/// A gradient under construction.
enum Slot<T: Real> {
    PerLane(Vec<T>),
    Summed(Vec<T::Scalar>),
}

impl<T: Real> Slot<T> {
    fn gradient(&mut self) -> Gradient<'_, T> {
        match self {
            Slot::PerLane(values) => Gradient::PerLane(values),
            Slot::Summed(values) => Gradient::Summed(values),
        }
    }
}

/// The requested gradients. A value that does not affect the result has a gradient of zeros.
pub struct Gradients<T: Real> {
    of: BTreeMap<Var, (Vec<usize>, Slot<T>)>,
}

impl<T: Real> Gradients<T> {
    fn slot(&self, var: Var) -> &Slot<T> {
        &self.of.get(&var).expect("this gradient was not requested").1
    }

    /// The elements of a gradient that was requested per lane, row-major.
    ///
    /// # Panics
    /// If it was not.
    pub fn per_lane(&self, var: Var) -> &[T] {
        match self.slot(var) {
            Slot::PerLane(values) => values,
            Slot::Summed(_) => panic!("this gradient was requested as a sum"),
        }
    }

    /// The elements of a gradient that was requested as a sum over the lanes, row-major.
    ///
    /// # Panics
    /// If it was not.
    pub fn summed(&self, var: Var) -> &[T::Scalar] {
        match self.slot(var) {
            Slot::Summed(values) => values,
            Slot::PerLane(_) => panic!("this gradient was requested per lane"),
        }
    }

    /// Removes and returns a gradient that was requested per lane.
    ///
    /// # Panics
    /// If it was not, or was removed before.
    pub fn take_per_lane(&mut self, var: Var) -> Tensor<T> {
        match self.of.remove(&var).expect("this gradient was not requested") {
            (shape, Slot::PerLane(values)) => tensor(&shape, values),
            (_, Slot::Summed(_)) => panic!("this gradient was requested as a sum"),
        }
    }

    /// Removes and returns a gradient that was requested as a sum over the lanes.
    ///
    /// # Panics
    /// If it was not, or was removed before.
    pub fn take_summed(&mut self, var: Var) -> Tensor<T::Scalar> {
        match self.of.remove(&var).expect("this gradient was not requested") {
            (shape, Slot::Summed(values)) => tensor(&shape, values),
            (_, Slot::PerLane(_)) => panic!("this gradient was requested per lane"),
        }
    }
}

fn tensor<A>(shape: &[usize], values: Vec<A>) -> Tensor<A> {
    ArrayD::from_shape_vec(IxDyn(shape), values).expect("as many values as the shape has elements")
}
