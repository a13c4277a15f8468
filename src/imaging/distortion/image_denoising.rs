//! Type 9, image denoising: noise is added and then filtered out, together with similar detail.
//!
//! TID2013 filters noisy images by a denoiser in the DCT domain (its authors' own field; later versions use BM3D). Here
//! white noise is removed by the standard sliding cosine transform of Yaroslavsky and others. On four shifted 8×8
//! grids, and in luma and chroma separately, every coefficient below 3 times the noise is dropped, and the four images
//! are averaged. The result is a smeared image with traces of single basis functions and clean flat parts. The loss
//! depends on the scene, in the database as here (the errors of one level vary by half their mean).

use super::dct::change_blocks;
use super::plane::{from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 9,
    name: "image_denoising",
    description: "Gaussian noise, removed by thresholding of cosine transforms",
    luma_mse: [14.46, 26.63, 61.40, 152.06, 438.99],
    severity: None,
    strength: Strength::Fixed([5.53, 8.83, 16.3, 33.7, 89.7]),
    distort,
};

/// The strength is the standard deviation of the noise in luma; that of the colour differences is half of it.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let mut planes = to_luma_chroma(image);
    for (plane, sigma) in planes.iter_mut().zip([strength, 0.5 * strength, 0.5 * strength]) {
        plane.values.iter_mut().for_each(|v| *v += sigma * random.normal());
        let grids = [[0, 0], [4, 0], [0, 4], [4, 4]].map(|shift| {
            let mut filtered = plane.clone();
            change_blocks(&mut filtered, shift, |block, _, _| {
                block[1..].iter_mut().filter(|c| c.abs() < 3.0 * sigma).for_each(|c| *c = 0.0);
            });
            filtered.values
        });
        for (i, v) in plane.values.iter_mut().enumerate() {
            *v = 0.25 * (grids[0][i] + grids[1][i] + grids[2][i] + grids[3][i]);
        }
    }
    from_luma_chroma(&planes)
}
