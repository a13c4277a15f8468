//! A case for the gradient checks: a function on the tape, and the shapes of its inputs.
//!
//! Each file of [`ops`](super::ops) lists the cases of its operation; [`check`](super::check) runs its tests on them.
//! The inputs come from a fixed sequence that fills its domain evenly: this layer has no random numbers.

use super::tape::{Tape, Tensor, Var};
use crate::lanes::Lanes;
use ndarray::{ArrayD, IxDyn};

/// The lane type that [`Case::lanes`] uses.
pub(super) type Eight = Lanes<f64, 8>;

/// A function on the tape, for scalars and for lanes. [`build!`] makes one.
pub struct Build {
    /// The function on scalars.
    pub scalar: Function<f64>,
    /// The same function on lanes.
    pub lanes: Function<Eight>,
}

/// Records a computation from the given variables on a tape and returns the variable of its result.
pub type Function<T> = Box<dyn Fn(&mut Tape<T>, &[Var]) -> Var + Send + Sync>;

/// `build!(|tape, v| …)`: a [`Build`] from a function that takes a tape and its variables `v` and returns a variable.
#[macro_export]
macro_rules! build {
    (|$tape:ident, $v:ident| $body:expr) => {
        $crate::autodiff::case::Build {
            scalar: Box::new(move |$tape, $v| $body),
            lanes: Box::new(move |$tape, $v| $body),
        }
    };
}
pub use build;

/// The range of an input's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// (−1, 1).
    Symmetric,
    /// (−1, −0.3) and (0.3, 1): away from a kink at 0.
    OffZero,
    /// (0.2, 0.8).
    Probability,
}

/// One input of a case.
#[derive(Clone, Debug)]
pub struct Input {
    pub(super) shape: Vec<usize>,
    pub(super) parameter: bool,
    domain: Domain,
}

impl Input {
    /// A separate value in every lane, in (−1, 1).
    pub fn lanes(shape: &[usize]) -> Self {
        Input { shape: shape.to_vec(), parameter: false, domain: Domain::Symmetric }
    }

    /// A value that all lanes share, in (−1, 1).
    pub fn parameter(shape: &[usize]) -> Self {
        Input { parameter: true, ..Input::lanes(shape) }
    }

    /// The same input with its numbers in `domain`.
    pub fn within(self, domain: Domain) -> Self {
        Input { domain, ..self }
    }

    /// The values of this input; each `stream` gives different ones.
    pub(super) fn fill(&self, stream: usize) -> Tensor<f64> {
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

/// Number `i` of a scattered sequence in [0, 1): the mixed bits of i (the finaliser of SplitMix64).
fn unit(i: usize) -> f64 {
    let mut z = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A deliberate error in a derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The wrong sign.
    Sign,
    /// The largest entry left out.
    MissingTerm,
    /// The entries in reverse order: a kernel turned by 180°.
    Transposed,
    /// Too large by a factor of 1 + 10⁻⁵.
    Factor,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 4] = [Fault::Sign, Fault::MissingTerm, Fault::Transposed, Fault::Factor];
}

/// A function on the tape and the shapes at which its derivatives are checked.
pub struct Case {
    /// The name of the operation.
    pub op: &'static str,
    /// Whether it has the size used in the paper, which is too large for a full Jacobian.
    pub large: bool,
    pub(super) inputs: Vec<Input>,
    pub(super) build: Build,
    pub(super) linear: Vec<usize>,
    pub(super) fault: Option<(usize, Fault)>,
}

impl Case {
    /// A case of a tiny shape.
    pub fn new(op: &'static str, inputs: Vec<Input>, build: Build) -> Self {
        Case { op, large: false, inputs, build, linear: Vec::new(), fault: None }
    }

    /// A case of the size used in the paper.
    pub fn large(op: &'static str, inputs: Vec<Input>, build: Build) -> Self {
        Case { large: true, ..Case::new(op, inputs, build) }
    }

    /// The same case, marked as linear (or affine) in each of these inputs.
    pub fn linear(self, inputs: &[usize]) -> Self {
        Case { linear: inputs.to_vec(), ..self }
    }

    /// The same case with a fault in the derivative of its operations with respect to input `k`.
    pub fn with_fault(self, k: usize, fault: Fault) -> Self {
        Case { fault: Some((k, fault)), ..self }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }
}
