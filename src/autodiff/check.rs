//! Numerical checks of the derivatives of the operations.
//!
//! There are four tests of a [`Case`]:
//!
//! * [`Case::adjoint`]: where the function is linear in an input, ⟨f(u), c⟩ = ⟨u, fᵀ(c)⟩ up to rounding. No step size,
//!   no truncation: 10⁻¹² in f64.
//! * [`Case::jacobian`]: every entry of the Jacobian against fourth-order central differences. For tiny shapes.
//! * [`Case::direction`]: one directional derivative, at the cost of four forward passes for any shape. For the sizes
//!   of the paper.
//! * [`Case::lanes`]: eight images at once give the same bits as one by one, and summed gradients equal the folded
//!   ones.
//!
//! The tests are tested too: [`Case::with_fault`] adds a wrong derivative (a sign, a missing term, a transposed kernel,
//! a factor), and the tests must detect it. [`table`] runs every test on every operation, for `gradspace
//! check-gradients`.
//!
//! To check a function of your own:
//!
//! ```
//! use gradspace::autodiff::case::{Case, Input, build};
//!
//! let case = Case::new(
//!     "a sigmoid layer",
//!     vec![Input::lanes(&[3]), Input::parameter(&[2, 3]), Input::parameter(&[2])],
//!     build!(|tape, v| {
//!         let y = tape.linear(v[0], v[1], v[2]);
//!         tape.sigmoid(y)
//!     }),
//! );
//! assert!(case.jacobian() < 1e-7);
//! ```

use super::case::{Case, Eight, Fault, Input};
use super::kernels::Gradient;
use super::tape::{Inputs, Op, Pass, Tape, Tensor, Var, Wrt};
use crate::lanes::Real;
use ndarray::{ArrayD, IxDyn};

/// An operation with a fault in its derivative with respect to one input.
struct Faulty<T: Real> {
    op: Box<dyn Op<T>>,
    input: usize,
    fault: Fault,
}

impl<T: Real> Op<T> for Faulty<T> {
    fn name(&self) -> &'static str {
        self.op.name()
    }
    fn forward(&self, inputs: &Inputs<T>, output: &mut [T]) {
        self.op.forward(inputs, output);
    }
    fn vjp(&self, k: usize, pass: &Pass<T>, gradient: &mut Gradient<T>) {
        if k != self.input {
            return self.op.vjp(k, pass, gradient);
        }
        let values = gradient.per_lane();
        let mut right = vec![T::zero(); values.len()];
        self.op.vjp(k, pass, &mut Gradient::PerLane(&mut right));
        match self.fault {
            Fault::Sign => right.iter_mut().for_each(|g| *g = -*g),
            Fault::Factor => right.iter_mut().for_each(|g| *g = *g * T::from_f64(1.00001)),
            Fault::Transposed => right.reverse(),
            Fault::MissingTerm => {
                let size = |g: &T| crate::lanes::Scalar::to_f64(g.abs().lane(0));
                let largest = (0..right.len()).max_by(|&i, &j| size(&right[i]).total_cmp(&size(&right[j])));
                largest.into_iter().for_each(|i| right[i] = T::zero());
            }
        }
        values.iter_mut().zip(right).for_each(|(to, g)| *to = *to + g);
    }
}

impl Case {
    fn tape(&self) -> Tape<f64> {
        let mut tape = Tape::new();
        if let Some((input, fault)) = self.fault {
            tape.wrap_operations(move |op| Box::new(Faulty { op, input, fault }));
        }
        tape
    }

    fn arguments(&self) -> Vec<Tensor<f64>> {
        self.inputs.iter().enumerate().map(|(k, input)| input.fill(k)).collect()
    }

    fn place(&self, tape: &mut Tape<f64>, arguments: &[Tensor<f64>]) -> Vec<Var> {
        let pairs = self.inputs.iter().zip(arguments);
        pairs.map(|(input, a)| if input.parameter { tape.parameter(a) } else { tape.input(a) }).collect()
    }

    fn value(&self, arguments: &[Tensor<f64>]) -> Tensor<f64> {
        let mut tape = self.tape();
        let vars = self.place(&mut tape, arguments);
        let y = (self.build.scalar)(&mut tape, &vars);
        tape.tensor(y)
    }

    /// The gradients of ⟨cotangent, f⟩ with respect to every input. `cotangent` receives the output's shape.
    fn gradients(&self, arguments: &[Tensor<f64>], cotangent: impl Fn(&[usize]) -> Tensor<f64>) -> Vec<Tensor<f64>> {
        let mut tape = self.tape();
        let vars = self.place(&mut tape, arguments);
        let y = (self.build.scalar)(&mut tape, &vars);
        let cotangent = cotangent(tape.shape(y));
        let wrt: Vec<Wrt> = vars.iter().map(|&v| Wrt::PerLane(v)).collect();
        let mut gradients = tape.vjp(&[(y, &cotangent)], &wrt);
        vars.iter().map(|&v| gradients.take_per_lane(v)).collect()
    }

    fn cotangent(shape: &[usize]) -> Tensor<f64> {
        Input::lanes(shape).fill(77)
    }

    /// d/dt f(arguments + t direction) at t = 0: fourth-order central differences, f at t = ±h and ±2h.
    fn difference(&self, arguments: &[Tensor<f64>], direction: &[Tensor<f64>]) -> Tensor<f64> {
        const H: f64 = 1e-3;
        let at = |t: f64| {
            let moved: Vec<Tensor<f64>> = arguments.iter().zip(direction).map(|(a, d)| a + &(d * t)).collect();
            self.value(&moved)
        };
        (((at(H) - at(-H)) * 8.0) - (at(2.0 * H) - at(-2.0 * H))) / (12.0 * H)
    }

    /// The largest error of an entry of the Jacobian against its numerical value, relative to the largest entry of the
    /// derivatives with respect to the same input. Costs four forward passes for each input element.
    pub fn jacobian(&self) -> f64 {
        let arguments = self.arguments();
        let outputs = self.value(&arguments);
        let rows: Vec<Vec<Tensor<f64>>> = (0..outputs.len())
            .map(|j| {
                self.gradients(&arguments, |shape| {
                    let mut one = ArrayD::zeros(IxDyn(shape));
                    *one.iter_mut().nth(j).expect("an output") = 1.0;
                    one
                })
            })
            .collect();
        let mut worst = 0.0;
        for k in 0..arguments.len() {
            let (mut difference, mut largest) = (0f64, 0f64);
            for i in 0..arguments[k].len() {
                let mut direction: Vec<Tensor<f64>> = arguments.iter().map(|a| ArrayD::zeros(a.raw_dim())).collect();
                *direction[k].iter_mut().nth(i).expect("an element") = 1.0;
                for (row, numerical) in rows.iter().zip(&self.difference(&arguments, &direction)) {
                    let analytical = row[k].iter().nth(i).expect("an element");
                    difference = difference.max((analytical - numerical).abs());
                    largest = largest.max(numerical.abs());
                }
            }
            worst = f64::max(worst, difference / largest);
        }
        worst
    }

    /// The largest error, over the inputs, of a directional derivative of ⟨c, f⟩ against its numerical value. It is
    /// relative to the product of the norms of the gradient and of the direction.
    pub fn direction(&self) -> f64 {
        let arguments = self.arguments();
        let gradients = self.gradients(&arguments, Self::cotangent);
        let each = |k: usize| {
            let mut direction: Vec<Tensor<f64>> = arguments.iter().map(|a| ArrayD::zeros(a.raw_dim())).collect();
            direction[k] = Input::lanes(&self.inputs[k].shape).fill(55 + k);
            let difference = self.difference(&arguments, &direction);
            let numerical = inner(&difference, &Self::cotangent(difference.shape()));
            let analytical = inner(&gradients[k], &direction[k]);
            (numerical - analytical).abs() / (norm(&gradients[k]) * norm(&direction[k]))
        };
        (0..arguments.len()).map(each).fold(0.0, f64::max)
    }

    /// The largest |⟨f(u) − f(0), c⟩ − ⟨u, fᵀ(c)⟩| over the inputs in which the function is linear, relative to ‖f(u) −
    /// f(0)‖ ‖c‖. `None` if it is linear in no input.
    pub fn adjoint(&self) -> Option<f64> {
        let arguments = self.arguments();
        let each = |&k: &usize| {
            let gradients = self.gradients(&arguments, Self::cotangent);
            let mut zero = arguments.clone();
            zero[k].fill(0.0);
            let change = self.value(&arguments) - self.value(&zero);
            let cotangent = Self::cotangent(change.shape());
            (inner(&change, &cotangent) - inner(&arguments[k], &gradients[k])).abs()
                / (norm(&change) * norm(&cotangent))
        };
        self.linear.iter().map(each).reduce(f64::max)
    }

    /// The number of values and gradients of eight images at once that differ in any bit from those of the images one
    /// by one. Summed parameter gradients that differ from the folded ones are counted too.
    pub fn lanes(&self) -> usize {
        let of_lane = |lane: usize| -> Vec<Tensor<f64>> {
            let stream = |k: usize, input: &Input| if input.parameter { k } else { k + 1000 * lane };
            self.inputs.iter().enumerate().map(|(k, input)| input.fill(stream(k, input))).collect()
        };
        let all: Vec<Vec<Tensor<f64>>> = (0..8).map(of_lane).collect();
        let mut tape = Tape::<Eight>::new();
        let gather = |arrays: Vec<&Tensor<f64>>| -> Tensor<Eight> {
            let mut gathered = ArrayD::from_elem(arrays[0].raw_dim(), Eight::zero());
            for (lane, array) in arrays.into_iter().enumerate() {
                gathered.iter_mut().zip(array).for_each(|(to, &x)| to.set_lane(lane, x));
            }
            gathered
        };
        let vars: Vec<Var> = (0..self.inputs.len())
            .map(|k| match self.inputs[k].parameter {
                true => tape.parameter(&all[0][k]),
                false => tape.input(&gather(all.iter().map(|a| &a[k]).collect())),
            })
            .collect();
        let y = (self.build.lanes)(&mut tape, &vars);
        let cotangent = Self::cotangent(tape.shape(y));
        let cotangents = gather(vec![&cotangent; 8]);
        let per_lane: Vec<Wrt> = vars.iter().map(|&v| Wrt::PerLane(v)).collect();
        let gradients = tape.vjp(&[(y, &cotangents)], &per_lane);
        let parameters = vars.iter().copied().filter(|&v| tape.is_parameter(v)).collect::<Vec<_>>();
        let summed = tape.vjp(&[(y, &cotangents)], &parameters.iter().map(|&v| Wrt::Summed(v)).collect::<Vec<_>>());
        let mut different = 0;
        for (lane, arguments) in all.iter().enumerate() {
            let compare = |lanes: &[Eight], alone: &Tensor<f64>| {
                lanes.iter().zip(alone).filter(|(a, b)| a.lane(lane).to_bits() != b.to_bits()).count()
            };
            different += compare(tape.values(y), &self.value(arguments));
            for (var, alone) in vars.iter().zip(self.gradients(arguments, |_| cotangent.clone())) {
                different += compare(gradients.per_lane(*var), &alone);
            }
        }
        for &var in &parameters {
            let pairs = summed.summed(var).iter().zip(gradients.per_lane(var));
            different += pairs.filter(|(sum, lanes)| sum.to_bits() != (0.0 + lanes.fold()).to_bits()).count();
        }
        different
    }

    /// Whether the fault changes any gradient by more than the tolerance of the checks. (The gradient of a sum, all
    /// ones, is the same in reverse.)
    fn fault_matters(&self, sound: &Case) -> bool {
        let arguments = self.arguments();
        let (wrong, right) =
            (self.gradients(&arguments, Self::cotangent), sound.gradients(&arguments, Self::cotangent));
        wrong.iter().zip(&right).any(|(w, r)| norm(&(w - r)) > 1e-6 * norm(r))
    }
}

fn inner(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(a: &Tensor<f64>) -> f64 {
    inner(a, a).sqrt()
}

/// A kind of check, as a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Exact adjoints of linear functions.
    Adjoint,
    /// The full Jacobian by finite differences, at tiny shapes.
    Jacobian,
    /// Directional derivatives, at the sizes of the paper.
    Direction,
    /// Lanes against scalars: the number of values whose bits differ, which must be 0.
    Lanes,
    /// Faults that no test detected, which must be 0.
    Faults,
}

impl Kind {
    /// The largest value that passes.
    pub fn tolerance(self) -> f64 {
        match self {
            Kind::Adjoint => 1e-12,
            Kind::Jacobian | Kind::Direction => 1e-7,
            Kind::Lanes | Kind::Faults => 0.0,
        }
    }

    /// A short name of the check.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Adjoint => "adjoint",
            Kind::Jacobian => "Jacobian by differences",
            Kind::Direction => "directions, paper's sizes",
            Kind::Lanes => "lanes, differing values",
            Kind::Faults => "planted faults, unnoticed",
        }
    }
}

/// One row of the table: the worst value of one kind of check over the cases of one operation.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation.
    pub op: &'static str,
    /// The kind of check.
    pub kind: Kind,
    /// The number of checks.
    pub checks: usize,
    /// The worst relative error, or a number of differences (see [`Kind`]).
    pub worst: f64,
}

impl Row {
    /// Whether the worst value is within the tolerance. A NaN does not pass.
    pub fn passes(&self) -> bool {
        self.worst <= self.kind.tolerance()
    }
}

/// Every kind of check for every operation, ordered by operation.
pub fn table() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut note =
        |op: &'static str, kind: Kind, value: f64| match rows.iter_mut().find(|r| (r.op, r.kind) == (op, kind)) {
            // `max` would lose a NaN.
            Some(row) => {
                (row.checks, row.worst) =
                    (row.checks + 1, if value > row.worst || value.is_nan() { value } else { row.worst })
            }
            None => rows.push(Row { op, kind, checks: 1, worst: value }),
        };
    for case in super::ops::cases() {
        if let Some(error) = case.adjoint() {
            note(case.op, Kind::Adjoint, error);
        }
        match case.large {
            true => note(case.op, Kind::Direction, case.direction()),
            false => note(case.op, Kind::Jacobian, case.jacobian()),
        }
        note(case.op, Kind::Lanes, case.lanes() as f64);
    }
    // Tests of the checks: every fault in every input of every small case must be detected.
    for index in 0..super::ops::cases().len() {
        let case = || super::ops::cases().swap_remove(index);
        let sound = case();
        for k in (0..sound.inputs()).filter(|_| !sound.large) {
            for fault in Fault::ALL {
                let faulty = case().with_fault(k, fault);
                if faulty.fault_matters(&sound) {
                    let noticed = faulty.jacobian() > Kind::Jacobian.tolerance();
                    note(sound.op, Kind::Faults, if noticed { 0.0 } else { 1.0 });
                }
            }
        }
    }
    rows.sort_by_key(|row| (row.op, row.kind));
    rows
}
