//! Type 15, local block-wise distortions: a few blocks of one colour.
//!
//! The only real image available here (level 3) shows the rule: six blocks of 32×32 pixels in 512×384, each of one
//! colour, its own mean with 60 added to or subtracted from each channel. A regression of the published errors on the
//! references' local variance shows that the number of blocks *falls* with the level while their contrast grows. The
//! mean opinion agrees: it rises from 3.3 at level 1 to 4.1 at level 5, while the luma error stays near 200. The
//! severity is therefore the number of blocks: 10, 8, 6, 4, 2 from level 1 to 5, so level 5 is the mildest. Each block
//! covers 1/192 of the image, whatever its size.

use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

/// The number of blocks at each level.
const SEVERITY: [f64; 5] = [10.0, 8.0, 6.0, 4.0, 2.0];

/// A channel's shift is 150 minus 9 for each block, which keeps the luma error near the database's.
const SHIFT: f64 = 150.0;
const SHIFT_FALL: f64 = 9.0;

pub(super) const TYPE: Distortion = Distortion {
    number: 15,
    name: "local_blockwise",
    description: "a few blocks of one wrong colour, fewer at higher levels",
    luma_mse: [178.60, 194.10, 198.87, 212.07, 147.12],
    severity: Some(SEVERITY),
    strength: Strength::Fixed(SEVERITY),
    distort,
};

/// The strength is the number of blocks.
fn distort(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let (width, height) = (image.width, image.height);
    let side = ((width * height) as f64 / 192.0).sqrt().floor().max(2.0) as usize;
    let shift = SHIFT - SHIFT_FALL * strength;
    let mut distorted = image.clone();
    for _ in 0..strength as usize {
        let (left, top) = (random.index(width - side + 1), random.index(height - side + 1));
        let together = random.uniform() < 0.5;
        let mut sign = || if random.uniform() < 0.5 { -shift } else { shift };
        let all = sign();
        let shifts = [all, sign(), sign()].map(|own| if together { all } else { own });
        let mut colour = [0; 3];
        for (channel, c) in colour.iter_mut().enumerate() {
            let inside = (0..side * side).map(|i| u64::from(image.pixel(left + i % side, top + i / side)[channel]));
            let mean = inside.sum::<u64>() as f64 / (side * side) as f64;
            // If the shift would be clipped, it has the opposite sign.
            let shifted = mean + shifts[channel];
            let inside = (0.0..=255.0).contains(&shifted);
            *c = super::to_u8(if inside { shifted } else { mean - shifts[channel] });
        }
        for y in top..top + side {
            for x in left..left + side {
                distorted.samples[3 * (y * width + x)..][..3].copy_from_slice(&colour);
            }
        }
    }
    distorted
}
