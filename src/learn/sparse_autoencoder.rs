//! Training of the sparse autoencoder. It minimises, over all patches at once,
//!
//! > J = 1/(2m) Σ‖x̂ − x‖² + w Σⱼ KL(ρ ‖ ρ̂ⱼ) + (λ/2)(‖W1‖² + ‖W2‖²),  a = sigmoid(W1 x + b1),  x̂ = W2 a + b2,
//!
//! where ρ̂ⱼ is the mean activation of hidden unit j over the whole set of m patches (Ng, "Sparse autoencoder", CS294A
//! lecture notes, 2011, with β for w). [`SparseSettings::default`] are the settings of the UNIQUE project. The
//! optimiser is L-BFGS, since J is computed from the whole set.
//!
//! # In chunks
//! The patches are evaluated in chunks. A chunk is a matrix with a row for each dimension of a patch and a column for
//! each group of eight patches, which are the lanes. ρ̂ depends on all chunks, so one evaluation has two passes over
//! them. The first pass runs the encoder for ρ̂. The sparsity penalty gives ∂J/∂ρ̂ⱼ; divided by m, it is the cotangent
//! of each chunk's sum of activations. The second pass computes the gradient from this sum and from the chunk's
//! reconstruction error together. Keeping the values of the first pass would save a sixth of the arithmetic and cost 10
//! kB per patch.
//!
//! Chunks do not depend on the number of threads, one thread computes each, and their results are added in order. So
//! the trained weights have the same bits on every machine.

use super::sparsity::{Sparsity, penalty};
use super::{AT_LEAST_0, BETWEEN_0_AND_1, broken_rule};
use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::{Lanes, Real};
use crate::models::SparseAutoencoder;
use crate::models::sparse_autoencoder::{W1, W2};
use crate::nn::lbfgs::{Iteration, Lbfgs, Stop};
use crate::nn::{Parameters, Tapes};
use ndarray::{Array1, arr0};
use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::{ControlFlow, Range};

type Eight = Lanes<f64, 8>;
const LANES: usize = Eight::LANES;

/// Columns in a chunk. Each chunk copies the parameters and has its own gradient, so there should be few chunks. The
/// number is odd, so that the numbers of a column do not compete for the same cache lines.
const CHUNK: usize = 255;

/// The settings of the autoencoder and of its training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SparseSettings {
    /// The number of hidden units.
    pub hidden: usize,
    /// The sparsity penalty on the activations: ρ and w.
    pub sparsity: Sparsity,
    /// λ, the weight decay.
    pub decay: f64,
    /// The number of L-BFGS iterations.
    pub iterations: usize,
    /// The number of steps that L-BFGS keeps.
    pub history: usize,
}

impl Default for SparseSettings {
    /// The settings of the UNIQUE project: 400 hidden units, ρ = 0.035, w = 5, λ = 3·10⁻³, 200 iterations; and a
    /// history of 10.
    fn default() -> Self {
        SparseSettings {
            hidden: 400,
            sparsity: Sparsity { target: 0.035, weight: 5.0 },
            decay: 3e-3,
            iterations: 200,
            history: 10,
        }
    }
}

/// Whitened patches: a matrix with one column per patch, eight columns in each [`Lanes`].
///
/// Row d, columns 8g ..= 8g + 7 are at `d · groups + g`, the layout that the whitening writes. If the number of patches
/// is not a multiple of eight, the last lanes of each row may contain any finite numbers.
#[derive(Clone, Copy, Debug)]
pub struct WhitenedPatches<'a> {
    /// The numbers.
    pub lanes: &'a [Lanes<f64, 8>],
    /// The number of patches, m.
    pub count: usize,
}

impl WhitenedPatches<'_> {
    /// The number of groups of eight; the last may be incomplete.
    fn groups(&self) -> usize {
        self.count.div_ceil(LANES)
    }

    fn dimensions(&self) -> usize {
        self.lanes.len() / self.groups()
    }

    fn check(&self) -> Result<()> {
        if self.count == 0 {
            let problem = "there are no patches to train on; name a folder with images of at least 8×8 pixels";
            return Err(Error::Undefined(problem.into()));
        }
        assert_eq!(
            self.lanes.len() % self.groups(),
            0,
            "each dimension of a patch has one row of {} groups",
            self.groups()
        );
        if self.lanes.iter().any(|lanes| lanes.0.iter().any(|x| !x.is_finite())) {
            return Err(Error::Undefined("the patches to train on contain numbers that are not finite".into()));
        }
        Ok(())
    }
}

/// The result of a training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weights.
    pub weights: SparseAutoencoder,
    /// J before the first iteration and after each.
    pub losses: Vec<f64>,
    /// J at the end, term by term.
    pub cost: Cost,
    /// The number of evaluations of J.
    pub evaluations: usize,
    /// The reason for the end.
    pub stop: Stop,
}

/// The terms of J.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// 1/(2m) Σ‖x̂ − x‖².
    pub reconstruction: f64,
    /// w Σⱼ KL(ρ ‖ ρ̂ⱼ).
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

/// Trains on `patches`, starting from [`SparseAutoencoder::initial`] weights, on the threads of the current rayon pool.
///
/// `progress` receives every iterate and may stop the training.
///
/// # Errors
/// [`Error::Usage`] for settings out of range. [`Error::Undefined`] if there are no patches, or they are not finite.
///
/// # Panics
/// If the patches do not fill a matrix.
pub fn train(
    patches: WhitenedPatches,
    settings: &SparseSettings,
    random: &mut impl Rng,
    mut progress: impl FnMut(&Iteration) -> ControlFlow<()>,
) -> Result<Trained> {
    if let Some((key, rule)) = settings.problem() {
        return Err(Error::Usage(format!("the sparse autoencoder: `{key}` {rule}")));
    }
    patches.check()?;
    let objective = Objective::new(patches, settings);
    let mut parameters = SparseAutoencoder::initial(patches.dimensions(), settings.hidden, random).parameters;
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
    Ok(Trained {
        weights: SparseAutoencoder { parameters },
        losses,
        cost,
        evaluations: found.evaluations,
        stop: found.stop,
    })
}

impl SparseSettings {
    fn problem(&self) -> Option<(&'static str, &'static str)> {
        let Sparsity { target, weight } = self.sparsity;
        broken_rule(&[
            ("hidden", (1..=4096).contains(&self.hidden), "must be between 1 and 4096"),
            ("sparsity.target", 0.0 < target && target < 1.0, BETWEEN_0_AND_1),
            ("sparsity.weight", (0.0..f64::INFINITY).contains(&weight), AT_LEAST_0),
            ("decay", (0.0..f64::INFINITY).contains(&self.decay), AT_LEAST_0),
        ])
    }
}

/// J as a function of the parameters, with the memory for its evaluation.
struct Objective<'a> {
    patches: WhitenedPatches<'a>,
    settings: &'a SparseSettings,
    chunks: Vec<Chunk>,
    tapes: Tapes<Eight>,
}

/// Groups of patches, and the number of their lanes that contain one.
struct Chunk {
    groups: Range<usize>,
    lanes: usize,
}

impl<'a> Objective<'a> {
    fn new(patches: WhitenedPatches<'a>, settings: &'a SparseSettings) -> Self {
        let full = patches.count / LANES;
        let mut chunks: Vec<Chunk> = (0..full)
            .step_by(CHUNK)
            .map(|first| Chunk { groups: first..full.min(first + CHUNK), lanes: LANES })
            .collect();
        // The remaining patches form a chunk of one column; its empty lanes have a cotangent of 0.
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

        let Sparsity { target, weight } = self.settings.sparsity;
        let (penalty, slopes) = penalty(&activation, target);
        let pull: Vec<f64> = slopes.iter().map(|slope| weight * slope / m).collect();

        let (mut squares, mut gradient) = (0.0, parameters.zeros_like());
        for (part, part_gradient) in
            self.tapes.each(self.chunks.par_iter(), |tape, chunk| self.reconstruct(tape, chunk, parameters, &pull))
        {
            squares += part;
            gradient.accumulate(&part_gradient);
        }
        let mut decay = 0.0;
        for weight in [W1, W2] {
            let (values, gradient) = (&parameters[weight], &mut gradient[weight]);
            gradient.iter_mut().zip(values).for_each(|(d, w)| *d += self.settings.decay * w);
            decay = values.iter().fold(decay, |sum, w| sum + w * w);
        }
        let cost = Cost {
            reconstruction: squares / (2.0 * m),
            sparsity: weight * penalty,
            decay: 0.5 * self.settings.decay * decay,
            mean_activation: activation.iter().sum::<f64>() / activation.len() as f64,
        };
        (cost, gradient)
    }

    /// The first pass: the sum of each unit's activations.
    fn encode(&self, tape: &mut Tape<Eight>, chunk: &Chunk, parameters: &Parameters<f64>) -> Vec<f64> {
        let x = self.place(tape, chunk);
        let bound = parameters.place(tape);
        let a = SparseAutoencoder::encode(tape, &bound, x);
        let sums = tape.sum_trailing(a, 1);
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
        let a = SparseAutoencoder::encode(tape, &bound, x);
        let sums = tape.sum_trailing(a, 1);
        let reconstruction = SparseAutoencoder::decode(tape, &bound, a);
        let error = tape.mean_squared_error(reconstruction, x);
        let elements = (self.patches.dimensions() * chunk.groups.len()) as f64;
        let by_error = arr0(chunk.masked(Eight::splat(0.5 * elements / self.patches.count as f64))).into_dyn();
        let by_sums = pull.iter().map(|&d| chunk.masked(Eight::splat(d))).collect::<Array1<_>>().into_dyn();
        let gradients = tape.vjp(&[(error, &by_error), (sums, &by_sums)], &bound.summed());
        (elements * chunk.masked(tape.scalar(error)).fold(), bound.collect(gradients))
    }

    /// The chunk as a matrix (dimensions, groups).
    fn place(&self, tape: &mut Tape<Eight>, chunk: &Chunk) -> Var {
        let rows = self.patches.lanes.chunks_exact(self.patches.groups());
        tape.input_with(&[rows.len(), chunk.groups.len()], |matrix| {
            for (to, row) in matrix.chunks_exact_mut(chunk.groups.len()).zip(rows) {
                to.copy_from_slice(&row[chunk.groups.clone()]);
            }
        })
    }
}

impl Chunk {
    /// 0 in the lanes without a patch.
    fn masked(&self, mut value: Eight) -> Eight {
        value.0[self.lanes..].fill(0.0);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::math;
    use crate::models::sparse_autoencoder::{B1, B2};
    use crate::stats::random::Stream;
    use approx::{abs_diff_eq, assert_abs_diff_eq};
    use ndarray::{Ix1, Ix2};

    const SPARSITY: Sparsity = Sparsity { target: 0.1, weight: 0.3 };
    const TINY: SparseSettings =
        SparseSettings { hidden: 7, sparsity: SPARSITY, decay: 0.05, iterations: 30, history: 5 };

    /// Scattered numbers in [0, 1).
    fn numbers() -> impl FnMut() -> f64 {
        let mut state = 7u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// A matrix of patches in the layout of the whitening, with `rest` in the lanes beyond the last patch.
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
    fn textbook(lanes: &[Eight], count: usize, settings: &SparseSettings, parameters: &Parameters<f64>) -> f64 {
        let groups = count.div_ceil(LANES);
        let matrix = |name| parameters[name].view().into_dimensionality::<Ix2>().unwrap();
        let vector = |name| parameters[name].view().into_dimensionality::<Ix1>().unwrap();
        let (w1, b1, w2, b2) = (matrix(W1), vector(B1), matrix(W2), vector(B2));
        let (mut squares, mut means) = (0.0, Array1::<f64>::zeros(settings.hidden));
        for p in 0..count {
            let x: Array1<f64> = lanes.chunks_exact(groups).map(|row| row[p / LANES].0[p % LANES]).collect();
            let a = (w1.dot(&x) + b1).mapv(math::sigmoid);
            squares += (w2.dot(&a) + b2 - &x).mapv(|d| d * d).sum();
            means += &a;
        }
        let Sparsity { target: rho, weight } = settings.sparsity;
        let kl = |mean: f64| rho * math::ln(rho / mean) + (1.0 - rho) * math::ln((1.0 - rho) / (1.0 - mean));
        let decay = w1.iter().chain(w2).map(|w| w * w).sum::<f64>();
        let sparsity = means.iter().map(|sum| kl(sum / count as f64)).sum::<f64>();
        squares / (2.0 * count as f64) + weight * sparsity + 0.5 * settings.decay * decay
    }

    #[test]
    fn the_cost_is_the_textbooks_and_its_gradient_the_difference_quotient() {
        // Full chunks, incomplete chunks, and chunks with empty lanes.
        for count in [5, 16, 8 * CHUNK + 8 * 3 + 2] {
            let lanes = lanes(6, count, 1e3);
            let patches = WhitenedPatches { lanes: &lanes, count };
            let objective = Objective::new(patches, &TINY);
            let mut next = numbers();
            let mut parameters =
                SparseAutoencoder::initial(6, TINY.hidden, Stream::new(0, "initial", 0).rng()).parameters;
            // Biases other than 0, too.
            parameters.set_flat(&parameters.flat().iter().map(|w| w + 0.2 * next()).collect::<Vec<_>>());
            let (cost, gradient) = objective.evaluate(&parameters);
            let expected = textbook(&lanes, count, &TINY, &parameters);
            assert!(
                abs_diff_eq!(cost.total(), expected, epsilon = 1e-12 * expected),
                "{count}: {} {expected}",
                cost.total()
            );
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
                assert!(
                    abs_diff_eq!(slope, difference, epsilon = 1e-7 * difference.abs()),
                    "{count}: {slope} {difference}"
                );
            }
        }
    }

    #[test]
    fn training_lowers_the_cost_to_the_same_bits_on_any_number_of_threads() {
        let count = 2 * 8 * CHUNK + 13;
        let lanes = lanes(6, count, 0.0);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let patches = WhitenedPatches { lanes: &lanes, count };
            pool.install(|| train(patches, &TINY, Stream::new(0, "initial", 0).rng(), |_| ControlFlow::Continue(())))
                .unwrap()
        };
        let (one, three) = (run(1), run(3));
        assert_eq!(one.losses, three.losses);
        assert_eq!(one.weights, three.weights);
        assert_eq!((one.stop, one.losses.len()), (Stop::Iterations, 31));
        assert!(one.losses.windows(2).all(|pair| pair[1] < pair[0]));
        assert_eq!(one.cost.total(), one.losses[30]);
        assert_abs_diff_eq!(one.cost.mean_activation, SPARSITY.target, epsilon = 0.02);
    }

    #[test]
    fn what_lies_beyond_the_last_patch_does_not_matter() {
        let run = |rest: f64| {
            let lanes = lanes(6, 21, rest);
            let patches = WhitenedPatches { lanes: &lanes, count: 21 };
            train(patches, &TINY, Stream::new(0, "initial", 0).rng(), |_| ControlFlow::Continue(())).unwrap().weights
        };
        assert_eq!(run(0.0), run(-1e6));
    }

    #[test]
    fn what_cannot_be_trained_says_why() {
        let good = lanes(6, 8, 0.0);
        let mut bad = good.clone();
        bad[3].0[2] = f64::NAN;
        let cases = [
            (
                WhitenedPatches { lanes: &good, count: 8 },
                SparseSettings { hidden: 0, ..TINY },
                "`hidden` must be between 1 and 4096",
            ),
            (
                WhitenedPatches { lanes: &good, count: 8 },
                SparseSettings { sparsity: Sparsity { target: 1.0, ..SPARSITY }, ..TINY },
                "`sparsity.target` must be between 0 and 1",
            ),
            (
                WhitenedPatches { lanes: &good, count: 8 },
                SparseSettings { decay: -1.0, ..TINY },
                "`decay` must be a finite number of at least 0",
            ),
            (
                WhitenedPatches { lanes: &good, count: 8 },
                SparseSettings { sparsity: Sparsity { weight: f64::NAN, ..SPARSITY }, ..TINY },
                "`sparsity.weight` must be a finite number of at least 0",
            ),
            (WhitenedPatches { lanes: &[], count: 0 }, TINY, "no patches"),
            (WhitenedPatches { lanes: &bad, count: 8 }, TINY, "not finite"),
        ];
        for (patches, settings, expected) in cases {
            let error = train(patches, &settings, Stream::new(0, "initial", 0).rng(), |_| ControlFlow::Continue(()))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
    }
}
