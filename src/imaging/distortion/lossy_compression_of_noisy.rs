//! Type 21, lossy compression of noisy images: a coder spends its bits on noise.
//!
//! TID2013 adds noise and compresses with a coder of the cosine transform whose step follows the noise, at the "optimal
//! operation point" of its authors. The only real image available here (level 5) has errors of variance 460 to 580.
//! They are correlated by one half between the channels and fall to a twentieth from low to high frequencies: the noise
//! has become blotches and isolated basis functions. Here noise of standard deviation σ in luma and chroma is followed
//! by 8×8 cosine transforms, quantised with the step 3.2 σ. Both grow with the level.

use super::dct::change_blocks;
use super::plane::{from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 21,
    name: "lossy_compression_of_noisy",
    description: "Gaussian noise, then coarsely quantised cosine transforms",
    luma_mse: [24.08, 47.68, 92.61, 177.51, 375.39],
    severity: None,
    strength: Strength::Fixed([3.87, 5.63, 8.12, 11.5, 17.2]),
    distort,
};

/// The strength is σ, the standard deviation of the noise in luma and in both colour differences.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let step = 3.2 * strength;
    let mut planes = to_luma_chroma(image);
    for (plane, sigma) in planes.iter_mut().zip([strength, 0.6 * strength, 0.6 * strength]) {
        plane.values.iter_mut().for_each(|v| *v += sigma * random.normal());
        change_blocks(plane, [0, 0], |block, _, _| {
            block.iter_mut().for_each(|c| *c = step * (*c / step + 0.5).floor());
        });
    }
    from_luma_chroma(&planes)
}
