//! Tests the derivatives of every operation of the engine with six kinds of check.
//!
//! 1. Exact adjoints of linear operations, to 1e-12.
//! 2. The full Jacobian by finite differences at tiny shapes (odd sizes, strides 1 to 3, paddings 0 to 2), to 1e-7.
//! 3. Directional derivatives at the paper's sizes.
//! 4. The derivative at each kink.
//! 5. PyTorch's stored gradients of the paper's VAE.
//! 6. Planted faults, which the checks must detect.
//!
//! The tests also check that lanes give the same bits as scalars.

mod common;

use gradspace::autodiff::check::{self, Kind, Row};
use gradspace::autodiff::{Tape, Tensor, Wrt, ops};
use gradspace::lanes::{Lanes, Real, Scalar, Simd};
use gradspace::models::vae::{Architecture, Pass, Vae};
use gradspace::nn::Parameters;
use ndarray::{ArrayD, IxDyn};
use safetensors::SafeTensors;

fn rows(kind: Kind) -> Vec<Row> {
    static TABLE: std::sync::LazyLock<Vec<Row>> = std::sync::LazyLock::new(check::table);
    TABLE.iter().filter(|row| row.kind == kind).cloned().collect()
}

/// Checks that every row of this kind passes, and that exactly the operations `ops` have such a row.
fn holds(kind: Kind, ops: &[&str]) {
    let rows = rows(kind);
    for row in &rows {
        assert!(row.passes(), "{}: {} {:e}", row.op, kind.name(), row.worst);
    }
    assert_eq!(rows.iter().map(|row| row.op).collect::<Vec<_>>(), ops, "{}", kind.name());
}

#[test]
fn one_adjoints_are_exact() {
    let linear = ["add", "conv2d", "conv_transpose2d", "linear", "multiply", "reshape", "scale", "spread", "sum"];
    holds(Kind::Adjoint, &linear);
}

#[test]
fn two_jacobians_agree_with_differences() {
    holds(Kind::Jacobian, ops::NAMES);
}

#[test]
fn three_directions_agree_at_the_papers_sizes() {
    holds(Kind::Direction, ops::NAMES);
}

#[test]
fn four_the_kink_of_relu_has_derivative_0() {
    for (x, expected) in [(0.0, 0.0), (-0.0, 0.0), (f64::MIN_POSITIVE, 1.0), (-f64::MIN_POSITIVE, 0.0)] {
        let mut tape = Tape::<f64>::new();
        let input = tape.input(&ArrayD::from_elem(IxDyn(&[]), x));
        let y = tape.relu(input);
        assert_eq!(tape.gradients(y, &[Wrt::PerLane(input)]).per_lane(input), [expected], "at {x}");
    }
}

#[test]
fn six_every_planted_fault_is_noticed() {
    holds(Kind::Faults, ops::NAMES);
    let planted: usize = rows(Kind::Faults).iter().map(|row| row.checks).sum();
    assert!(planted > 200, "only {planted} faults were planted");
}

#[test]
fn lanes_give_the_bits_of_scalars_on_every_instruction_set() {
    let before = Simd::current();
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        simd.force();
        for case in ops::cases() {
            assert_eq!(case.lanes(), 0, "{} with {}", case.op, simd.name());
        }
    }
    before.force();
}

fn stored(tensors: &SafeTensors, name: &str) -> Tensor<f64> {
    let view = tensors.tensor(name).expect(name);
    let numbers = view.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
    ArrayD::from_shape_vec(IxDyn(view.shape()), numbers.collect()).expect("a whole tensor")
}

/// The largest relative errors of our outputs and of our gradients, compared with PyTorch. Scalars have type T, and all eight images are
/// in one group of lanes. Each error is relative to the norm of its tensor.
fn against_pytorch<T: Real>() -> Option<(f64, f64)> {
    let bytes = std::fs::read(common::shared("oracle/vae_gradients.safetensors")?).expect("the stored gradients");
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let mut names: Vec<String> =
        tensors.names().iter().filter_map(|n| n.strip_prefix("param.").map(str::to_owned)).collect();
    names.sort();
    assert_eq!(names.len(), 22);
    let mut tape = Tape::<T>::new();
    let images = stored(&tensors, "x");
    let x = tape.input_with(&[3, 28, 28], |buffer| {
        for (i, value) in buffer.iter_mut().enumerate() {
            *value = T::zero();
            for lane in 0..T::LANES.min(8) {
                value
                    .set_lane(lane, T::Scalar::nearest(images.as_slice().expect("contiguous")[lane * 3 * 28 * 28 + i]));
            }
        }
    });
    let mut parameters = Parameters::new();
    for name in &names {
        parameters.add(name, stored(&tensors, &format!("param.{name}")).mapv(T::Scalar::nearest));
    }
    let bound = parameters.place(&mut tape);
    let Pass { mean, log_variance, reconstruction, cross_entropy: bce, divergence: kl } =
        Vae::new(Architecture::default()).expect("the paper's network").pass(&mut tape, &bound, x, None);
    let error = |ours: &[T], theirs: &Tensor<f64>, what: &str| -> f64 {
        let each = theirs.len() / 8;
        assert_eq!(ours.len(), each, "{what}");
        let (mut difference, mut norm) = (0.0, 0.0);
        for (i, &truth) in theirs.iter().enumerate().take(each * T::LANES.min(8)) {
            let got = ours[i % each].lane(i / each).to_f64();
            difference += (got - truth) * (got - truth);
            norm += truth * truth;
        }
        if norm == 0.0 {
            assert_eq!(difference, 0.0, "{what} has to be exactly zero");
            return 0.0;
        }
        (difference / norm).sqrt()
    };
    let mut outputs = 0.0;
    for (name, var) in [("recon", reconstruction), ("mu", mean), ("logvar", log_variance), ("bce", bce), ("kld", kl)] {
        outputs = f64::max(outputs, error(tape.values(var), &stored(&tensors, name), name));
    }
    let mut worst = 0.0;
    for (loss, prefix) in [(bce, "bce_grad"), (kl, "kld_grad")] {
        let per_lane: Vec<Wrt> = names.iter().map(|name| Wrt::PerLane(bound[name.as_str()])).collect();
        let gradients = tape.gradients(loss, &per_lane);
        for name in &names {
            let var = bound[name.as_str()];
            let what = format!("{prefix}.{name}");
            worst = f64::max(worst, error(gradients.per_lane(var), &stored(&tensors, &what), &what));
        }
    }
    println!("{}: outputs {outputs:.1e}, gradients {worst:.1e}", std::any::type_name::<T>());
    Some((outputs, worst))
}

#[test]
fn five_pytorchs_stored_gradients() {
    for (found, bound) in [
        (against_pytorch::<f64>(), 1e-10),
        (against_pytorch::<Lanes<f64, 8>>(), 1e-10),
        (against_pytorch::<Lanes<f32, 16>>(), 1e-4),
    ] {
        if let Some((outputs, gradients)) = found {
            assert!(
                outputs <= bound && gradients <= bound,
                "outputs {outputs:e}, gradients {gradients:e}, bound {bound:e}"
            );
        }
    }
}

#[test]
fn a_recycled_tape_gives_the_same_gradients() {
    let mut tape = Tape::<f64>::new();
    let mut first: Option<Vec<f64>> = None;
    for _ in 0..3 {
        tape.clear();
        let x = tape.input(&ArrayD::from_elem(IxDyn(&[2, 5, 5]), 0.5));
        let w = tape.parameter(&ArrayD::from_elem(IxDyn(&[3, 2, 3, 3]), 0.1));
        let b = tape.parameter(&ArrayD::from_elem(IxDyn(&[3]), -0.2));
        let y = tape.conv2d(x, w, b, 2, 1);
        let y = tape.sigmoid(y);
        let loss = tape.sum(y);
        let gradients = tape.gradients(loss, &[Wrt::Summed(w), Wrt::PerLane(y)]);
        let now = [gradients.summed(w), gradients.per_lane(y)].concat();
        tape.recycle(gradients);
        assert_eq!(*first.get_or_insert_with(|| now.clone()), now);
    }
}

#[test]
fn a_wrong_shape_panics_with_both_shapes() {
    let message = |build: fn(&mut Tape<f64>)| {
        let failure = std::panic::catch_unwind(|| build(&mut Tape::new())).expect_err("a panic");
        failure.downcast_ref::<String>().expect("a message").clone()
    };
    let conv = message(|tape| {
        let x = tape.input(&ArrayD::zeros(IxDyn(&[2, 5, 5])));
        let w = tape.parameter(&ArrayD::zeros(IxDyn(&[3, 1, 3, 3])));
        let b = tape.parameter(&ArrayD::zeros(IxDyn(&[3])));
        tape.conv2d(x, w, b, 1, 1);
    });
    assert!(conv.contains("[2, 5, 5]") && conv.contains("[3, 1, 3, 3]"), "{conv}");
    let add = message(|tape| {
        let a = tape.input(&ArrayD::zeros(IxDyn(&[2])));
        let b = tape.input(&ArrayD::zeros(IxDyn(&[3])));
        tape.add(a, b);
    });
    assert!(add.contains("[2]") && add.contains("[3]"), "{add}");
}
