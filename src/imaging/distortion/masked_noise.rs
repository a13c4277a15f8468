//! Type 4, masked noise: noise where the image hides it.
//!
//! TID2013 adds noise in proportion to the invisible amount according to a model of contrast masking. Observers rate it
//! as high as the colour noise, although the luma error is that of type 1. The simulation uses the local activity as
//! the mask: the mean absolute difference from the local mean over 7×7 pixels. The noise is proportional to it, limited
//! to between a tenth and four times the mean activity, and scaled to one mean square for the whole image: little in
//! the sky, much in leaves.

use super::plane::{Plane, channels, from_channels, to_luma_chroma};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 4,
    name: "masked_noise",
    description: "Gaussian noise in proportion to the local activity",
    luma_mse: [15.70, 30.36, 60.33, 118.94, 233.46],
    severity: None,
    strength: Strength::Fixed([35.2, 68.5, 137.5, 275.0, 550.0]),
    distort,
};

/// The strength is the mean variance of the noise over the image.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mask = mask(&to_luma_chroma(image)[0]);
    let sigma = strength.sqrt();
    let mut planes = channels(image);
    for plane in &mut planes {
        plane.values.iter_mut().zip(&mask.values).for_each(|(v, m)| *v += sigma * m * random.normal());
    }
    from_channels(&planes)
}

/// The relative amount of noise that each pixel hides, with a mean square of 1.
fn mask(luma: &Plane) -> Plane {
    let mut mask = luma.box_mean(3);
    mask.values.iter_mut().zip(&luma.values).for_each(|(m, v)| *m = (v - *m).abs());
    let mut mask = mask.box_mean(3);
    let n = mask.values.len() as f64;
    let mean = mask.values.iter().sum::<f64>() / n + 1e-9;
    mask.values.iter_mut().for_each(|m| *m = (*m / mean).min(4.0) + 0.1);
    let square = mask.values.iter().map(|m| m * m).sum::<f64>() / n;
    let scale = 1.0 / square.sqrt();
    mask.values.iter_mut().for_each(|m| *m *= scale);
    mask
}
