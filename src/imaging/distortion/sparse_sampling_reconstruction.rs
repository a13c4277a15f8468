//! Type 24, sparse sampling and reconstruction: most pixels are removed and estimated from the others.
//!
//! TID2013 reconstructs images from few samples by compressive sensing: it searches for the image with the sparsest
//! transform that agrees with the samples. The simulation keeps a random fraction of the pixels and does the same in
//! the simplest form. A first estimate averages the known pixels over increasing neighbourhoods. Then, in several
//! rounds, small 8×8 cosine coefficients are dropped, on a grid shifted in each round and with a falling threshold, and
//! the known pixels are restored (Guleryuz 2006). Smooth parts return, fine texture does not, and edges fray. People
//! rate level 5 the worst of all types.

use super::dct::change_blocks;
use super::plane::{Plane, from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 24,
    name: "sparse_sampling_reconstruction",
    description: "few random pixels kept, the rest guessed",
    luma_mse: [26.62, 55.04, 112.89, 230.56, 469.35],
    severity: None,
    strength: Strength::Fixed([1.58, 2.12, 3.19, 6.6, 26.7]),
    distort,
};

/// The strength is the number of pixels divided by the number of kept ones.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let share = 1.0 / strength;
    let mut known: Vec<bool> = (0..image.width * image.height).map(|_| random.uniform() < share).collect();
    known[0] = true;
    let planes = to_luma_chroma(image).map(|plane| reconstruct(&plane, &known));
    from_luma_chroma(&planes)
}

/// `plane` reconstructed from its values at the `known` pixels, of which there is at least one.
fn reconstruct(plane: &Plane, known: &[bool]) -> Plane {
    let samples =
        Plane { values: plane.values.iter().zip(known).map(|(&v, &k)| if k { v } else { 0.0 }).collect(), ..*plane };
    let weights = Plane { values: known.iter().map(|&k| f64::from(u8::from(k))).collect(), ..*plane };
    let mut guess = pull_push(samples, weights);
    for (shift, threshold) in [([0, 0], 48.0), ([4, 4], 36.0), ([2, 6], 26.0), ([6, 2], 18.0), ([5, 3], 12.0)] {
        change_blocks(&mut guess, shift, |block, _, _| {
            block[1..].iter_mut().filter(|c| c.abs() < threshold).for_each(|c| *c = 0.0);
        });
        for ((g, &v), &k) in guess.values.iter_mut().zip(&plane.values).zip(known) {
            if k {
                *g = v;
            }
        }
    }
    guess
}

/// Pools weighted values 2×2 until every pixel has one, then fills each gap from the coarser level (Gortler and others
/// 1996): from close neighbours if there are any, from distant ones otherwise.
fn pull_push(values: Plane, weights: Plane) -> Plane {
    let (width, height) = (values.width, values.height);
    let full = weights.values.iter().all(|&w| w >= 1.0);
    if full || (width == 1 && height == 1) {
        return Plane { values: values.values.iter().zip(&weights.values).map(|(v, w)| v / w).collect(), ..values };
    }
    let pooled = |plane: &Plane| {
        Plane::from_fn(width.div_ceil(2), height.div_ceil(2), |x, y| {
            let inside = |x: usize, y: usize| if x < width && y < height { plane.values[y * width + x] } else { 0.0 };
            inside(2 * x, 2 * y) + inside(2 * x + 1, 2 * y) + inside(2 * x, 2 * y + 1) + inside(2 * x + 1, 2 * y + 1)
        })
    };
    let (mut sums, mut totals) = (pooled(&values), pooled(&weights));
    for (sum, total) in sums.values.iter_mut().zip(&mut totals.values) {
        // A pool of more than one sample counts as one.
        if *total > 1.0 {
            *sum /= *total;
            *total = 1.0;
        }
    }
    let coarse = pull_push(sums, totals);
    Plane::from_fn(width, height, |x, y| {
        let (value, weight) = (values.values[y * width + x], weights.values[y * width + x]);
        value + (1.0 - weight) * coarse.bilinear(0.5 * x as f64 - 0.25, 0.5 * y as f64 - 0.25)
    })
}
