//! Training the sparse autoencoder: minimise, over all patches at once,
//!
//! > J = 1/(2m) Σ‖x̂ − x‖² + β Σⱼ KL(ρ ‖ ρ̂ⱼ) + (λ/2)(‖W1‖² + ‖W2‖²),  a = sigmoid(W1 x + b1),  x̂ = W2 a + b2,
//!
//! where ρ̂ⱼ is the mean activation of hidden unit j over the whole set of m patches (Ng, "Sparse autoencoder", CS294A lecture notes,
//! 2011; the UNIQUE project's settings are [`Settings::default`]). By L-BFGS, since the cost is that of the whole set.
//!
//! # In chunks
//! The patches go over the tape in chunks: an "image" whose channels are a patch's dimensions, whose positions are groups of patches,
//! and whose lanes are the patches of a group; the two layers are 1×1 convolutions over it. The mean activation ties all chunks
//! together, so one evaluation goes over them twice. The first pass runs the encoder for ρ̂. From there the chain rule is short:
//! ∂J/∂ρ̂ⱼ, from the sparsity term on a tape of its own, is after division by m the cotangent of each chunk's sum of activations. The
//! second pass hands this cotangent to the tape beside that of the chunk's reconstruction error. To keep the first pass's values
//! instead would save a sixth of the arithmetic and cost 10 kB a patch.
//!
//! Chunks are the same whatever the number of threads, each is computed by one thread, and what they give is added up in their order:
//! the trained weights have the same bits on every machine.

use super::{SparseAutoencoder, Tapes};
use crate::autodiff::{Tape, Tensor, Var, Wrt};
use crate::error::{Error, Result};
use crate::lanes::{Lanes, Real};
use crate::nn::lbfgs::{Iteration, Lbfgs, Stop};
use crate::nn::{Parameters, init};
use ndarray::{Array1, Array2, Ix1, Ix2, IxDyn, arr0};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::{ControlFlow, Range};

type Eight = Lanes<f64, 8>;
const LANES: usize = Eight::LANES;

/// Positions in a chunk. Each chunk copies the parameters and has a gradient of its own, so there should be few; odd, so that a
/// position's channels do not compete for the same cache lines.
const CHUNK: usize = 255;

/// What is trained, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The number of hidden units.
    pub hidden: usize,
    /// ρ, the mean activation that is aimed at, in (0, 1).
    pub target: f64,
    /// β, the weight of the sparsity term.
    pub sparsity: f64,
    /// λ, the weight decay.
    pub decay: f64,
    /// The number of L-BFGS iterations.
    pub iterations: usize,
    /// How many steps L-BFGS remembers.
    pub history: usize,
}

impl Default for Settings {
    /// The UNIQUE project's: 400 hidden units, ρ = 0.035, β = 5, λ = 3·10⁻³, 200 iterations; and a history of 10.
    fn default() -> Self {
        Settings { hidden: 400, target: 0.035, sparsity: 5.0, decay: 3e-3, iterations: 200, history: 10 }
    }
}

/// Whitened patches: a matrix with a column per patch, the columns eight to a [`Lanes`].
///
/// Row d, columns 8g ..= 8g + 7 lie at `d · groups + g`; that is what the whitening writes. Where the number of patches is not a
/// multiple of eight, the last lanes of each row may hold any finite numbers.
#[derive(Clone, Copy, Debug)]
pub struct Patches<'a> {
    /// The numbers.
    pub lanes: &'a [Lanes<f64, 8>],
    /// The number of patches, m.
    pub count: usize,
}

impl Patches<'_> {
    /// Groups of eight, the last of which may not be full.
    fn groups(&self) -> usize {
        self.count.div_ceil(LANES)
    }

    fn dimensions(&self) -> usize {
        self.lanes.len() / self.groups()
    }

    fn check(&self) -> Result<()> {
        if self.count == 0 {
            return Err(Error::Undefined(
                "there are no patches to train on; name a folder with images of 8×8 at least".into(),
            ));
        }
        assert_eq!(
            self.lanes.len() % self.groups(),
            0,
            "each dimension of a patch has one row of {} groups",
            self.groups()
        );
        let finite = self.lanes.iter().all(|lanes| lanes.0.iter().all(|x| x.is_finite()));
        finite
            .then_some(())
            .ok_or_else(|| Error::Undefined("the patches to train on hold numbers that are not finite".into()))
    }
}

/// What came of a training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weights.
    pub weights: SparseAutoencoder,
    /// J before the first iteration and after each.
    pub losses: Vec<f64>,
    /// J at the end, term by term.
    pub cost: Cost,
    /// How often J was computed.
    pub evaluations: usize,
    /// Why it ended.
    pub stop: Stop,
}

/// The terms of J.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// 1/(2m) Σ‖x̂ − x‖².
    pub reconstruction: f64,
    /// β Σⱼ KL(ρ ‖ ρ̂ⱼ).
    pub sparsity: f64,
    /// (λ/2)(‖W1‖² + ‖W2‖²).
    pub decay: f64,
    /// The mean of ρ̂ over the units.
    pub mean_activation: f64,
}

impl Cost {
    /// J.
    pub fn total(&self) -> f64 {
        self.reconstruction + self.sparsity + self.decay
    }
}

/// Trains on `patches` from weights drawn from `random`, uniform numbers in [0, 1): W1, then W2, each row-major, uniform on
/// ±√6/√(inputs + hidden + 1); the biases begin at 0. Runs on the threads of the current rayon pool.
///
/// `progress` hears of every iterate and may stop.
///
/// # Errors
/// [`Error::Usage`] for settings out of their range; [`Error::Undefined`] for no patches, or patches that are not finite.
///
/// # Panics
/// When the patches do not fill a matrix.
pub fn train(
    patches: Patches,
    settings: &Settings,
    random: &mut impl FnMut() -> f64,
    mut progress: impl FnMut(&Iteration) -> ControlFlow<()>,
) -> Result<Trained> {
    settings.check()?;
    patches.check()?;
    let objective = Objective::new(patches, settings);
    let mut parameters = initial(patches.dimensions(), settings.hidden, random);
    let method = Lbfgs { history: settings.history, iterations: settings.iterations, ..Lbfgs::default() };
    let mut losses = Vec::with_capacity(settings.iterations + 1);
    let mut at = parameters.clone();
    let found = method.minimise(
        parameters.flat(),
        |x| {
            at.set_flat(x);
            let (cost, gradient) = objective.evaluate(&at);
            (cost.total(), gradient.flat())
        },
        |now| {
            losses.push(now.loss);
            progress(now)
        },
    );
    parameters.set_flat(&found.point);
    let (cost, _) = objective.evaluate(&parameters);
    Ok(Trained { weights: weights(&parameters), losses, cost, evaluations: found.evaluations, stop: found.stop })
}

impl Settings {
    fn check(&self) -> Result<()> {
        let problem = if self.hidden == 0 {
            "the number of hidden units is 0; at least 1 is needed".to_string()
        } else if !(0.0 < self.target && self.target < 1.0) {
            format!("a mean activation of {} cannot be aimed at; it lies between 0 and 1", self.target)
        } else if !(0.0..f64::INFINITY).contains(&self.sparsity) || !(0.0..f64::INFINITY).contains(&self.decay) {
            format!("the weights of sparsity ({}) and decay ({}) must not be negative", self.sparsity, self.decay)
        } else {
            return Ok(());
        };
        Err(Error::Usage(problem))
    }
}

const ENCODER: [&str; 2] = ["encoder.weight", "encoder.bias"];
const DECODER: [&str; 2] = ["decoder.weight", "decoder.bias"];

/// The layers as 1×1 convolutions.
fn initial(inputs: usize, hidden: usize, random: &mut impl FnMut() -> f64) -> Parameters<f64> {
    let r = init::sparse_autoencoder_bound(inputs, hidden);
    let mut parameters = Parameters::new();
    for ([weight, bias], [outputs, inputs]) in [(ENCODER, [hidden, inputs]), (DECODER, [inputs, hidden])] {
        parameters.add(weight, init::uniform(&[outputs, inputs, 1, 1], r, random));
        parameters.add(bias, Tensor::zeros(IxDyn(&[outputs])));
    }
    parameters
}

fn weights(parameters: &Parameters<f64>) -> SparseAutoencoder {
    let matrix = |name: &str| -> Array2<f64> {
        let tensor = &parameters[name];
        let shape = Ix2(tensor.shape()[0], tensor.shape()[1]);
        tensor.to_shape(shape).expect("1×1 kernels").into_owned()
    };
    let vector = |name: &str| -> Array1<f64> { parameters[name].clone().into_dimensionality::<Ix1>().expect("biases") };
    let ([w1, b1], [w2, b2]) = (ENCODER, DECODER);
    SparseAutoencoder { w1: matrix(w1), b1: vector(b1), w2: matrix(w2), b2: vector(b2) }
}

/// J as a function of the parameters, with the memory that evaluating it takes.
struct Objective<'a> {
    patches: Patches<'a>,
    settings: &'a Settings,
    chunks: Vec<Chunk>,
    tapes: Tapes<Eight>,
}

/// Groups of patches, and how many of their lanes hold one.
struct Chunk {
    groups: Range<usize>,
    lanes: usize,
}

impl<'a> Objective<'a> {
    fn new(patches: Patches<'a>, settings: &'a Settings) -> Self {
        let full = patches.count / LANES;
        let mut chunks: Vec<Chunk> = (0..full)
            .step_by(CHUNK)
            .map(|first| Chunk { groups: first..full.min(first + CHUNK), lanes: LANES })
            .collect();
        // The patches left over are a chunk of one position, in which the empty lanes get a cotangent of 0.
        if full < patches.groups() {
            chunks.push(Chunk { groups: full..full + 1, lanes: patches.count % LANES });
        }
        Objective { patches, settings, chunks, tapes: Tapes::default() }
    }

    /// J and its gradient.
    fn evaluate(&self, parameters: &Parameters<f64>) -> (Cost, Parameters<f64>) {
        let m = self.patches.count as f64;
        let mut activation = vec![0.0; self.settings.hidden];
        for sums in self.tapes.each(self.chunks.par_iter(), |tape, chunk| self.encode(tape, chunk, parameters)) {
            activation.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        activation.iter_mut().for_each(|mean| *mean /= m);

        let mut tape = Tape::<f64>::new();
        let mean = tape.input(&Array1::from(activation.clone()).into_dyn());
        let divergence = tape.sparsity_kl(mean, self.settings.target);
        let sparsity = tape.scale(divergence, self.settings.sparsity);
        let gradients = tape.gradients(sparsity, &[Wrt::PerLane(mean)]);
        let pull: Vec<f64> = gradients.per_lane(mean).iter().map(|d| d / m).collect();

        let (mut squares, mut gradient) = (0.0, parameters.zeros_like());
        for (part, part_gradient) in
            self.tapes.each(self.chunks.par_iter(), |tape, chunk| self.reconstruct(tape, chunk, parameters, &pull))
        {
            squares += part;
            gradient.accumulate(&part_gradient);
        }
        let mut decay = 0.0;
        for [weight, _] in [ENCODER, DECODER] {
            let (values, gradient) = (&parameters[weight], &mut gradient[weight]);
            gradient.iter_mut().zip(values).for_each(|(d, w)| *d += self.settings.decay * w);
            decay = values.iter().fold(decay, |sum, w| sum + w * w);
        }
        let cost = Cost {
            reconstruction: squares / (2.0 * m),
            sparsity: tape.scalar(sparsity),
            decay: 0.5 * self.settings.decay * decay,
            mean_activation: activation.iter().sum::<f64>() / activation.len() as f64,
        };
        (cost, gradient)
    }

    /// The first pass: the sum of each unit's activations.
    fn encode(&self, tape: &mut Tape<Eight>, chunk: &Chunk, parameters: &Parameters<f64>) -> Vec<f64> {
        let x = self.place(tape, chunk);
        let encoder = ENCODER.map(|name| tape.parameter(&parameters[name]));
        let sums = activations(tape, x, encoder)[1];
        tape.values(sums).iter().map(|&sum| chunk.masked(sum).fold()).collect()
    }

    /// The second pass: Σ‖x̂ − x‖², and the gradient of the chunk's part of J without the decay. `pull` is ∂J/∂a.
    fn reconstruct(
        &self,
        tape: &mut Tape<Eight>,
        chunk: &Chunk,
        parameters: &Parameters<f64>,
        pull: &[f64],
    ) -> (f64, Parameters<f64>) {
        let x = self.place(tape, chunk);
        let bound = parameters.place(tape);
        let [a, sums] = activations(tape, x, ENCODER.map(|name| bound[name]));
        let [w2, b2] = DECODER.map(|name| bound[name]);
        let reconstruction = tape.conv2d(a, w2, b2, 1, 0);
        let error = tape.mean_squared_error(reconstruction, x);
        let elements = (self.patches.dimensions() * chunk.groups.len()) as f64;
        let by_error = arr0(chunk.masked(Eight::splat(0.5 * elements / self.patches.count as f64))).into_dyn();
        let by_sums = pull.iter().map(|&d| chunk.masked(Eight::splat(d))).collect::<Array1<_>>().into_dyn();
        let gradients = tape.vjp(&[(error, &by_error), (sums, &by_sums)], &bound.summed());
        (elements * chunk.masked(tape.scalar(error)).fold(), bound.collect(gradients))
    }

    /// The chunk as an image (dimensions, 1, groups).
    fn place(&self, tape: &mut Tape<Eight>, chunk: &Chunk) -> Var {
        let rows = self.patches.lanes.chunks_exact(self.patches.groups());
        tape.input_with(&[rows.len(), 1, chunk.groups.len()], |image| {
            for (to, row) in image.chunks_exact_mut(chunk.groups.len()).zip(rows) {
                to.copy_from_slice(&row[chunk.groups.clone()]);
            }
        })
    }
}

/// a = sigmoid(W1 x + b1) at every position, and its sum over the positions.
fn activations(tape: &mut Tape<Eight>, x: Var, [w1, b1]: [Var; 2]) -> [Var; 2] {
    let z = tape.conv2d(x, w1, b1, 1, 0);
    let a = tape.sigmoid(z);
    [a, tape.sum_trailing(a, 1)]
}

impl Chunk {
    /// 0 in the lanes that hold no patch.
    fn masked(&self, mut value: Eight) -> Eight {
        value.0[self.lanes..].fill(0.0);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: Settings = Settings { hidden: 7, target: 0.1, sparsity: 0.3, decay: 0.05, iterations: 30, history: 5 };

    /// Numbers without visible order in [0, 1).
    fn numbers() -> impl FnMut() -> f64 {
        let mut state = 7u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// A matrix of patches as the whitening leaves it, with `rest` in the lanes beyond the last patch.
    fn lanes(dimensions: usize, count: usize, rest: f64) -> Vec<Eight> {
        let (groups, mut next) = (count.div_ceil(LANES), numbers());
        let mut lanes = vec![Eight::splat(rest); dimensions * groups];
        for d in 0..dimensions {
            for p in 0..count {
                lanes[d * groups + p / LANES].0[p % LANES] = 2.0 * next() - 1.0;
            }
        }
        lanes
    }

    /// J by its definition, patch by patch.
    fn textbook(lanes: &[Eight], count: usize, settings: &Settings, parameters: &Parameters<f64>) -> f64 {
        let (groups, weights) = (count.div_ceil(LANES), weights(parameters));
        let (mut squares, mut means) = (0.0, Array1::<f64>::zeros(settings.hidden));
        for p in 0..count {
            let x: Array1<f64> = lanes.chunks_exact(groups).map(|row| row[p / LANES].0[p % LANES]).collect();
            let a = (weights.w1.dot(&x) + &weights.b1).mapv(Real::sigmoid);
            squares += (weights.w2.dot(&a) + &weights.b2 - &x).mapv(|d| d * d).sum();
            means += &a;
        }
        let rho = settings.target;
        let kl = |mean: f64| rho * Real::ln(rho / mean) + (1.0 - rho) * Real::ln((1.0 - rho) / (1.0 - mean));
        let decay = weights.w1.iter().chain(&weights.w2).map(|w| w * w).sum::<f64>();
        let sparsity = means.iter().map(|sum| kl(sum / count as f64)).sum::<f64>();
        squares / (2.0 * count as f64) + settings.sparsity * sparsity + 0.5 * settings.decay * decay
    }

    #[test]
    fn the_cost_is_the_textbooks_and_its_gradient_the_difference_quotient() {
        // Chunks that are full, not full, and with empty lanes.
        for count in [5, 16, 8 * CHUNK + 8 * 3 + 2] {
            let lanes = lanes(6, count, 1e3);
            let patches = Patches { lanes: &lanes, count };
            let objective = Objective::new(patches, &TINY);
            let mut next = numbers();
            let mut parameters = initial(6, TINY.hidden, &mut next);
            // Biases that are not 0, too.
            parameters.set_flat(&parameters.flat().iter().map(|w| w + 0.2 * next()).collect::<Vec<_>>());
            let (cost, gradient) = objective.evaluate(&parameters);
            let expected = textbook(&lanes, count, &TINY, &parameters);
            assert!((cost.total() - expected).abs() < 1e-12 * expected, "{count}: {} {expected}", cost.total());
            for _ in 0..5 {
                let direction: Vec<f64> = (0..parameters.count()).map(|_| 2.0 * next() - 1.0).collect();
                let along = |step: f64| {
                    let mut at = parameters.clone();
                    at.set_flat(&at.flat().iter().zip(&direction).map(|(w, d)| w + step * d).collect::<Vec<_>>());
                    objective.evaluate(&at).0.total()
                };
                let h = 1e-3;
                let difference = (8.0 * (along(h) - along(-h)) - (along(2.0 * h) - along(-2.0 * h))) / (12.0 * h);
                let slope: f64 = gradient.flat().iter().zip(&direction).map(|(g, d)| g * d).sum();
                assert!((slope - difference).abs() < 1e-7 * difference.abs(), "{count}: {slope} {difference}");
            }
        }
    }

    #[test]
    fn training_lowers_the_cost_to_the_same_bits_on_any_number_of_threads() {
        let count = 2 * 8 * CHUNK + 13;
        let lanes = lanes(6, count, 0.0);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let patches = Patches { lanes: &lanes, count };
            pool.install(|| train(patches, &TINY, &mut numbers(), |_| ControlFlow::Continue(()))).unwrap()
        };
        let (one, three) = (run(1), run(3));
        assert_eq!(one.losses, three.losses);
        assert_eq!(one.weights, three.weights);
        assert_eq!((one.stop, one.losses.len()), (Stop::Iterations, 31));
        assert!(one.losses.windows(2).all(|pair| pair[1] < pair[0]));
        assert_eq!(one.cost.total(), one.losses[30]);
        assert!((one.cost.mean_activation - TINY.target).abs() < 0.02, "{:?}", one.cost);
    }

    #[test]
    fn what_lies_beyond_the_last_patch_does_not_matter() {
        let run = |rest: f64| {
            let lanes = lanes(6, 21, rest);
            let patches = Patches { lanes: &lanes, count: 21 };
            train(patches, &TINY, &mut numbers(), |_| ControlFlow::Continue(())).unwrap().weights
        };
        assert_eq!(run(0.0), run(-1e6));
    }

    #[test]
    fn what_cannot_be_trained_says_why() {
        let good = lanes(6, 8, 0.0);
        let mut bad = good.clone();
        bad[3].0[2] = f64::NAN;
        let cases = [
            (Patches { lanes: &good, count: 8 }, Settings { hidden: 0, ..TINY }, "hidden units"),
            (Patches { lanes: &good, count: 8 }, Settings { target: 1.0, ..TINY }, "mean activation of 1"),
            (Patches { lanes: &good, count: 8 }, Settings { decay: -1.0, ..TINY }, "must not be negative"),
            (Patches { lanes: &good, count: 8 }, Settings { sparsity: f64::NAN, ..TINY }, "must not be negative"),
            (Patches { lanes: &[], count: 0 }, TINY, "no patches"),
            (Patches { lanes: &bad, count: 8 }, TINY, "not finite"),
        ];
        for (patches, settings, expected) in cases {
            let error =
                train(patches, &settings, &mut numbers(), |_| ControlFlow::Continue(())).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
    }
}
