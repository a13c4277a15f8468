//! The loss of a batch and its gradient, with the same bits on any number of threads.
//!
//! A batch is divided into groups of sixteen items, one per lane; one thread computes each group. The results of the
//! groups are added in their order. The last group may have lanes without an item: those have a cotangent of 0 and are
//! left out of the loss.

use crate::autodiff::{Tape, Var};
use crate::lanes::{Lanes, Real};
use crate::nn::{Bound, Parameters, Tapes};
use ndarray::arr0;
use rayon::prelude::*;

/// The number type of training.
pub type F32 = Lanes<f32, 16>;

/// Records a group of items, one per lane, on a tape and computes N loss terms of shape [].
pub trait Terms<const N: usize>: Fn(&mut Tape<F32>, &Bound, &[usize]) -> [Var; N] + Sync {}

impl<const N: usize, F: Fn(&mut Tape<F32>, &Bound, &[usize]) -> [Var; N] + Sync> Terms<N> for F {}

/// Tapes that are reused from batch to batch.
#[derive(Default)]
pub struct Batches {
    tapes: Tapes<F32>,
}

impl Batches {
    /// The N loss terms of the items, each summed over them.
    pub fn losses<const N: usize>(
        &self,
        parameters: &Parameters<f32>,
        items: &[usize],
        terms: impl Terms<N>,
    ) -> [f64; N] {
        let of_groups = self.tapes.each(items.par_chunks(F32::LANES), |tape, group| {
            let bound = parameters.place(tape);
            let terms = terms(tape, &bound, group);
            terms.map(|term| over_items(tape.scalar(term), group.len()))
        });
        of_groups.into_iter().fold([0.0; N], add)
    }

    /// The sum over the items of a vector of each.
    pub fn sums(
        &self,
        parameters: &Parameters<f32>,
        items: &[usize],
        vector: impl Fn(&mut Tape<F32>, &Bound, &[usize]) -> Var + Sync,
    ) -> Vec<f64> {
        let of_groups = self.tapes.each(items.par_chunks(F32::LANES), |tape, group| {
            let bound = parameters.place(tape);
            let vector = vector(tape, &bound, group);
            tape.values(vector).iter().map(|&value| over_items(value, group.len())).collect::<Vec<_>>()
        });
        let mut groups = of_groups.into_iter();
        let mut sums = groups.next().unwrap_or_default();
        groups.for_each(|group| sums.iter_mut().zip(group).for_each(|(sum, value)| *sum += value));
        sums
    }

    /// The N loss terms of the items, each summed over them, and the gradient of Σ weight · term.
    pub fn gradient<const N: usize>(
        &self,
        parameters: &Parameters<f32>,
        items: &[usize],
        weights: [f64; N],
        terms: impl Terms<N>,
    ) -> ([f64; N], Parameters<f32>) {
        let of_groups = self.tapes.each(items.par_chunks(F32::LANES), |tape, group| {
            let bound = parameters.place(tape);
            let terms = terms(tape, &bound, group);
            let cotangents = weights.map(|weight| {
                let mut lanes = F32::zero();
                (0..group.len()).for_each(|lane| lanes.set_lane(lane, weight as f32));
                arr0(lanes).into_dyn()
            });
            let pairs: Vec<_> = terms.iter().copied().zip(&cotangents).collect();
            let gradients = tape.vjp(&pairs, &bound.summed());
            (terms.map(|term| over_items(tape.scalar(term), group.len())), bound.collect(gradients))
        });
        let (mut losses, mut gradient) = ([0.0; N], parameters.zeros_like());
        for (of_group, gradient_of_group) in of_groups {
            losses = add(losses, of_group);
            gradient.accumulate(&gradient_of_group);
        }
        (losses, gradient)
    }
}

/// The sum of the first `items` lanes, in order.
pub(super) fn over_items(lanes: F32, items: usize) -> f64 {
    (0..items).map(|lane| f64::from(lanes.lane(lane))).sum()
}

fn add<const N: usize>(a: [f64; N], b: [f64; N]) -> [f64; N] {
    std::array::from_fn(|i| a[i] + b[i])
}
