//! Numerical proof that the derivatives are right.
//!
//! A [`Case`] is a function on the tape together with the shapes it is tried at. Each can be put to four tests:
//!
//! * [`Case::adjoint`]: where the function is linear in an input, ⟨f(u), c⟩ = ⟨u, fᵀ(c)⟩ up to rounding. No step size, no
//!   truncation: 10⁻¹² in f64.
//! * [`Case::jacobian`]: every entry of the Jacobian against fourth-order central differences. For tiny shapes.
//! * [`Case::direction`]: one directional derivative, at the price of four forward passes for any shape. For the paper's sizes.
//! * [`Case::lanes`]: eight images at once give the bits that they give one by one, and summed gradients are the folded ones.
//!
//! And the checks are checked: [`Case::with_fault`] plants a wrong derivative (a sign, a missing term, a transposed kernel, a
//! factor), and the tests must notice. [`table`] runs everything over every operation, for `gradspace check-gradients`.
//!
//! To check a function of your own:
//!
//! ```
//! use gradspace::autodiff::check::{Case, Input, build};
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
//!
//! Arguments come from a fixed sequence that fills its domain evenly: this layer knows no randomness.

use super::kernels::Gradient;
use super::tape::{Inputs, Op, Pass, Tape, Tensor, Var, Wrt};
use crate::lanes::{Lanes, Real};
use ndarray::{ArrayD, IxDyn};

/// The lanes that [`Case::lanes`] runs on.
type Eight = Lanes<f64, 8>;

/// A function on the tape, for scalars and for lanes: made by [`build!`].
pub struct Build {
    /// The function on scalars.
    pub scalar: Function<f64>,
    /// The same on lanes.
    pub lanes: Function<Eight>,
}

/// Places something on a tape, computed from the variables given, and returns its variable.
pub type Function<T> = Box<dyn Fn(&mut Tape<T>, &[Var]) -> Var + Send + Sync>;

/// `build!(|tape, v| …)`: a function of a tape and of the variables `v` on it that returns a variable, as a [`Build`].
#[macro_export]
macro_rules! build {
    (|$tape:ident, $v:ident| $body:expr) => {
        $crate::autodiff::check::Build {
            scalar: Box::new(move |$tape, $v| $body),
            lanes: Box::new(move |$tape, $v| $body),
        }
    };
}
pub use build;

/// The numbers that an input is filled with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// (−1, 1).
    Symmetric,
    /// (−1, −0.3) and (0.3, 1): at a distance from a kink at 0.
    OffZero,
    /// (0.2, 0.8).
    Probability,
}

/// One input of a case.
#[derive(Clone, Debug)]
pub struct Input {
    shape: Vec<usize>,
    parameter: bool,
    domain: Domain,
}

impl Input {
    /// A value of its own in every lane, in (−1, 1).
    pub fn lanes(shape: &[usize]) -> Self {
        Input { shape: shape.to_vec(), parameter: false, domain: Domain::Symmetric }
    }

    /// A value that all lanes share, in (−1, 1).
    pub fn parameter(shape: &[usize]) -> Self {
        Input { parameter: true, ..Input::lanes(shape) }
    }

    /// The same with its numbers from `domain`.
    pub fn within(self, domain: Domain) -> Self {
        Input { domain, ..self }
    }

    /// Number `stream` of the arrays that fill this input.
    fn fill(&self, stream: usize) -> Tensor<f64> {
        let n: usize = self.shape.iter().product();
        let number = |i: usize| {
            let u = unit(stream * 100_003 + i);
            match self.domain {
                Domain::Symmetric => 2.0 * u - 1.0,
                Domain::OffZero if u < 0.5 => -1.0 + 1.4 * u,
                Domain::OffZero => 0.3 + 1.4 * (u - 0.5),
                Domain::Probability => 0.2 + 0.6 * u,
            }
        };
        ArrayD::from_shape_vec(IxDyn(&self.shape), (0..n).map(number).collect()).expect("n numbers")
    }
}

/// Number `i` of a sequence without visible order in [0, 1): the bits of i, mixed (the finaliser of SplitMix64).
fn unit(i: usize) -> f64 {
    let mut z = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A wrong derivative, planted on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The wrong sign.
    Sign,
    /// The largest entry left out.
    MissingTerm,
    /// The entries in reverse order: a kernel turned by 180°.
    Transposed,
    /// Too large by one part in 10⁵.
    Factor,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 4] = [Fault::Sign, Fault::MissingTerm, Fault::Transposed, Fault::Factor];
}

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

/// A function on the tape and the shapes at which its derivatives are checked.
pub struct Case {
    /// The name of the operation.
    pub op: &'static str,
    /// Whether it has the paper's size, too large for a full Jacobian.
    pub large: bool,
    inputs: Vec<Input>,
    build: Build,
    linear: Vec<usize>,
    fault: Option<(usize, Fault)>,
}

impl Case {
    /// A case of a tiny shape.
    pub fn new(op: &'static str, inputs: Vec<Input>, build: Build) -> Self {
        Case { op, large: false, inputs, build, linear: Vec::new(), fault: None }
    }

    /// A case of the paper's size.
    pub fn large(op: &'static str, inputs: Vec<Input>, build: Build) -> Self {
        Case { large: true, ..Case::new(op, inputs, build) }
    }

    /// The same, known to be linear (or affine) in each of these inputs.
    pub fn linear(self, inputs: &[usize]) -> Self {
        Case { linear: inputs.to_vec(), ..self }
    }

    /// The same with a fault in the derivative with respect to input `k` of its operations.
    pub fn with_fault(self, k: usize, fault: Fault) -> Self {
        Case { fault: Some((k, fault)), ..self }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

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

    /// The gradients of ⟨cotangent, f⟩ with respect to every input; the cotangent is made for the output's shape.
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

    /// The worst difference of an entry of the Jacobian from its numerical value, relative to the largest entry of the
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

    /// The difference of a directional derivative of ⟨c, f⟩ from its numerical value, for each input in turn, relative to the
    /// product of the norms of the gradient and of the direction: the worst.
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

    /// For each input in which the function is linear: |⟨f(u) − f(0), c⟩ − ⟨u, fᵀ(c)⟩| relative to ‖f(u) − f(0)‖ ‖c‖, the
    /// worst. `None` when it is linear in none.
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

    /// How many values and gradients of eight images at once differ in any bit from those of the images one by one, and how
    /// many summed parameter gradients from the folded ones.
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

    /// Whether the planted fault is one at all: whether it changes any gradient by more than the checks' tolerance. (A sum's
    /// gradient, all ones, is the same in reverse.)
    pub fn fault_matters(&self, sound: &Case) -> bool {
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
    /// Exact adjoints of what is linear.
    Adjoint,
    /// The full Jacobian by differences, at tiny shapes.
    Jacobian,
    /// Directional derivatives, at the paper's sizes.
    Direction,
    /// Lanes against scalars: the number of differing bits patterns, which must be 0.
    Lanes,
    /// Planted faults that went unnoticed, which must be 0.
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

    /// What is measured, in a few words.
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

/// One line of the table: the worst value of one kind of check over the cases of one operation.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation.
    pub op: &'static str,
    /// The kind of check.
    pub kind: Kind,
    /// How many times it was made.
    pub checks: usize,
    /// The worst relative error, or a number of differences (see [`Kind`]).
    pub worst: f64,
}

impl Row {
    /// Whether the worst value is within the tolerance. A NaN is not.
    pub fn passes(&self) -> bool {
        self.worst <= self.kind.tolerance()
    }
}

/// Every kind of check of every operation, by operation.
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
    // The checks themselves: every fault in every input of every small case has to be noticed.
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
