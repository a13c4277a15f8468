//! Tests the training of networks: ten steps of Adam against PyTorch, and the sparse autoencoder on every instruction set.
//!
//! The steps of Adam train the paper's variational autoencoder in double precision.

mod common;

use approx::abs_diff_eq;
use common::shared;
use gradspace::autodiff::{Tape, Tensor, Var};
use gradspace::lanes::{Lanes, Real, Simd};
use gradspace::learn::sparse_autoencoder::{SparseSettings, WhitenedPatches, train};
use gradspace::models::SparseAutoencoder;
use gradspace::models::sparse_autoencoder::SHIPPED;
use gradspace::models::vae::{Architecture, Vae};
use gradspace::nn::{Adam, AdamSettings, Parameters};
use gradspace::stats::random::Stream;
use ndarray::{ArrayD, IxDyn, arr0};
use safetensors::{Dtype, SafeTensors};
use std::ops::ControlFlow;

type Eight = Lanes<f64, 8>;

const BATCH: usize = 128;

/// A tensor of doubles.
fn doubles(file: &SafeTensors, name: &str) -> Tensor<f64> {
    let view = file.tensor(name).unwrap_or_else(|_| panic!("{name} is in the file"));
    assert_eq!(view.dtype(), Dtype::F64, "{name}");
    let numbers = view.data().as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect();
    ArrayD::from_shape_vec(IxDyn(view.shape()), numbers).unwrap()
}

fn parameters(file: &SafeTensors, vae: &Vae, when: &str) -> Parameters<f64> {
    let mut parameters = Parameters::new();
    for (name, _) in vae.parameters::<f64>(Stream::new(0, "shapes", 0).rng()).iter() {
        parameters.add(name, doubles(file, &format!("{when}.{name}")));
    }
    parameters
}

/// Places eight rows of a batch in the lanes of an input. `number` returns element `i` of the batch.
fn side_by_side(tape: &mut Tape<Eight>, shape: &[usize], first_row: usize, number: impl Fn(usize) -> f64) -> Var {
    let each: usize = shape.iter().product();
    tape.input_with(shape, |values| {
        for (i, value) in values.iter_mut().enumerate() {
            value.0 = std::array::from_fn(|lane| number((first_row + lane) * each + i));
        }
    })
}

#[test]
fn ten_steps_of_adam_are_pytorchs() {
    let Some(path) = shared("oracle/vae_training.safetensors") else { return };
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (images, noise) = (file.tensor("x").unwrap(), doubles(&file, "noise"));
    assert_eq!((images.dtype(), images.shape()), (Dtype::U8, &[10, BATCH, 3, 28, 28][..]));
    let expected = ["bce", "kld", "loss"].map(|name| doubles(&file, name));

    let vae = Vae::new(Architecture::default()).unwrap();
    let mut trained = parameters(&file, &vae, "before");
    assert_eq!(trained.count(), 12_727);
    let mut adam = Adam::new(AdamSettings::default(), &trained);
    let mut tape = Tape::<Eight>::new();
    for step in 0..10 {
        let (mut losses, mut gradient) = ([0.0; 2], trained.zeros_like());
        for group in (step * BATCH..(step + 1) * BATCH).step_by(8) {
            let bound = trained.place(&mut tape);
            let x = side_by_side(&mut tape, &[3, 28, 28], group, |i| f64::from(images.data()[i]) / 255.0);
            let noise = side_by_side(&mut tape, &[20], group, |i| noise.as_slice().unwrap()[i]);
            let pass = vae.pass(&mut tape, &bound, x, Some(noise));
            let parts = [pass.cross_entropy, pass.divergence];
            let one = arr0(Eight::one()).into_dyn();
            let gradients = tape.vjp(&parts.map(|part| (part, &one)), &bound.summed());
            gradient.accumulate(&bound.collect(gradients));
            losses = [0, 1].map(|i| losses[i] + tape.scalar(parts[i]).fold());
            tape.clear();
        }
        for (found, expected) in [losses[0], losses[1], losses[0] + losses[1]].iter().zip(&expected) {
            let expected = expected[[step]];
            assert!(
                abs_diff_eq!(*found, expected, epsilon = 1e-9 * expected.abs()),
                "step {step}: {found}, not {expected}"
            );
        }
        adam.step(&mut trained, &gradient);
    }
    for ((name, found), (_, expected)) in trained.iter().zip(parameters(&file, &vae, "after").iter()) {
        let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst <= 1e-8, "{name} is off by {worst:e}");
    }
}

#[test]
fn training_gives_the_same_bits_on_every_instruction_set() {
    let settings = SparseSettings { hidden: 13, iterations: 8, ..SparseSettings::default() };
    let count = 1_003;
    let lanes: Vec<Eight> =
        (0..12 * 126).map(|i| Lanes(std::array::from_fn(|lane| hashed(8 * i + lane) - 0.5))).collect();
    let mut results = Vec::new();
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        simd.force();
        let patches = WhitenedPatches { lanes: &lanes, count };
        let trained =
            train(patches, &settings, Stream::new(0, "initial", 0).rng(), |_| ControlFlow::Continue(())).unwrap();
        assert!(trained.losses[8] < trained.losses[0]);
        results.push((simd, trained.losses, trained.weights));
    }
    Simd::best().force();
    for (simd, losses, weights) in &results[1..] {
        assert_eq!((losses, weights), (&results[0].1, &results[0].2), "{simd:?}");
    }
}

/// The build does not read `results/`, so the program's weights are a copy.
#[test]
fn the_shipped_weights_are_the_ones_that_the_experiment_wrote() {
    let written = "results/sparse-autoencoder-stand-in/weights.safetensors";
    let bytes = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(written)).unwrap();
    assert!(
        bytes == SHIPPED,
        "src/models/shipped.safetensors differs from {written}: if the experiment was run again on purpose, copy the latter over the \
         former and run again every experiment that uses the shipped weights; otherwise restore both from version control"
    );
    assert_eq!(SparseAutoencoder::shipped().to_safetensors(), SHIPPED);
}

/// Pseudo-random numbers in [0, 1).
fn hashed(i: usize) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1u64 << 53) as f64
}
