//! The sparsity penalty of the two autoencoders.
//!
//! > Σⱼ KL(ρ ‖ ρ̂ⱼ) = Σⱼ ρ ln(ρ/ρ̂ⱼ) + (1 − ρ) ln((1 − ρ)/(1 − ρ̂ⱼ))
//!
//! ρ̂ⱼ is the mean activation of unit j over all images or patches (Ng, "Sparse autoencoder", CS294A lecture notes, 2011).

use crate::autodiff::{Tape, Wrt};
use serde::{Deserialize, Serialize};

/// The two constants of the penalty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sparsity {
    /// ρ, the target of the mean activation, in (0, 1).
    pub target: f64,
    /// w, the weight of the penalty, at least 0. Ng calls it β; here, β is the weight of the variational autoencoder's
    /// KL term.
    pub weight: f64,
}

/// Σⱼ KL(ρ ‖ ρ̂ⱼ), without its weight, and its derivatives with respect to ρ̂ⱼ.
pub(super) fn penalty(means: &[f64], target: f64) -> (f64, Vec<f64>) {
    let mut tape = Tape::<f64>::new();
    let means = tape.input_with(&[means.len()], |values| values.copy_from_slice(means));
    let penalty = tape.sparsity_kl(means, target);
    let gradients = tape.gradients(penalty, &[Wrt::PerLane(means)]);
    (tape.scalar(penalty), gradients.per_lane(means).to_vec())
}
