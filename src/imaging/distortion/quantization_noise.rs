//! Type 7, quantisation noise: every sample is rounded to the nearest multiple of a step.
//!
//! TID2013's exact recipe: q·round(x/q) on each of R, G, B, with halves rounded to the even multiple and the result
//! clipped at 255. The steps of the five levels are 19, 27, 39, 55 and 76. They were derived from the database's luma
//! errors and verified by the SHA-256 of all 120 images of this type that have a public reference.

use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 7,
    name: "quantization_noise",
    description: "every sample to the nearest multiple of a step",
    luma_mse: [14.76, 31.43, 58.78, 122.04, 269.20],
    severity: None,
    strength: Strength::Fixed([19.0, 27.0, 39.0, 55.0, 76.0]),
    distort,
};

fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    quantise(image, strength as u8)
}

/// Every sample of `image` rounded to the nearest multiple of `q`, halves to the even multiple, at most 255.
///
/// # Panics
/// If `q` is 0.
pub fn quantise(image: &Rgb8, q: u8) -> Rgb8 {
    assert!(q > 0, "the quantisation step must be at least 1");
    let q = u32::from(q);
    let table: Vec<u8> = (0..256u32)
        .map(|x| {
            let (below, rest) = (x / q, x % q);
            let up = 2 * rest > q || (2 * rest == q && below % 2 == 1);
            (q * (below + u32::from(up))).min(255) as u8
        })
        .collect();
    super::map_samples(image, |x| table[usize::from(x)])
}
