//! Type 10, JPEG: quantised 8×8 cosine transforms, with chroma at half the resolution.
//!
//! TID2013's images are baseline-like JPEG of quality 80, 60, 23, 8 and 4, with 4:2:0 chroma subsampling and quantisers
//! that may exceed 255 (its streams are available). The same qualities are used here, with the example tables of the
//! standard. Only the arithmetic is simulated: the transform uses real numbers, and there is no entropy coding, which
//! is lossless. So the bits do not depend on a decoder's choice of integer transform.

use super::dct::{Block, change_blocks};
use super::plane::{Plane, from_luma_chroma, to_luma_chroma};
use super::{Distortion, Strength};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 10,
    name: "jpeg",
    description: "quantised 8x8 cosine transforms, colour at half resolution",
    luma_mse: [15.97, 31.91, 71.39, 155.20, 269.86],
    severity: None,
    strength: Strength::Fixed([80.0, 60.0, 23.0, 8.0, 4.0]),
    distort,
};

/// The strength is the quality.
fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    jpeg(image, strength)
}

/// `image` after JPEG coding and decoding with `quality`, from 1 to 100 as in libjpeg.
pub fn jpeg(image: &Rgb8, quality: f64) -> Rgb8 {
    code(image, quality, |_, _, _, _| ())
}

/// `image` after coding and decoding with `quality`. In between, `damage` may change the dequantised coefficients. It
/// receives the channel (0 luma, 1 and 2 chroma) and the column and row of the minimum coded unit of 16×16 pixels.
pub(super) fn code(image: &Rgb8, quality: f64, mut damage: impl FnMut(&mut Block, usize, usize, usize)) -> Rgb8 {
    let mut planes = to_luma_chroma(image);
    let [luma, blue, red] = &mut planes;
    luma.values.iter_mut().for_each(|v| *v -= 128.0);
    let steps = quantisers(&LUMA, quality);
    change_blocks(luma, [0, 0], |block, x, y| {
        quantise(block, &steps);
        damage(block, 0, x / 2, y / 2);
    });
    luma.values.iter_mut().for_each(|v| *v += 128.0);
    let steps = quantisers(&CHROMA, quality);
    for (channel, plane) in [(1, blue), (2, red)] {
        let mut half = halved(plane);
        change_blocks(&mut half, [0, 0], |block, x, y| {
            quantise(block, &steps);
            damage(block, channel, x, y);
        });
        *plane = Plane::from_fn(plane.width, plane.height, |x, y| {
            half.bilinear(0.5 * x as f64 - 0.25, 0.5 * y as f64 - 0.25)
        });
    }
    from_luma_chroma(&planes)
}

/// The mean of each 2×2 pixels, at half the size.
fn halved(plane: &Plane) -> Plane {
    Plane::from_fn(plane.width.div_ceil(2), plane.height.div_ceil(2), |x, y| {
        let at = |dx, dy| plane.clamped((2 * x + dx) as isize, (2 * y + dy) as isize);
        0.25 * (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1))
    })
}

/// A table scaled by the quality, as in libjpeg; each entry is at least 1.
fn quantisers(table: &[u8; 64], quality: f64) -> [f64; 64] {
    let scale = if quality < 50.0 { (5000.0 / quality).floor() } else { 200.0 - 2.0 * quality };
    table.map(|step| ((f64::from(step) * scale + 50.0) / 100.0).floor().max(1.0))
}

fn quantise(block: &mut Block, steps: &[f64; 64]) {
    block.iter_mut().zip(steps).for_each(|(c, step)| *c = step * (*c / step + 0.5).floor());
}

/// ITU-T T.81, table K.1.
#[rustfmt::skip]
const LUMA: [u8; 64] = [
    16, 11, 10, 16,  24,  40,  51,  61,
    12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,
    14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,
    24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103,  99,
];

/// ITU-T T.81, table K.2.
#[rustfmt::skip]
const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];
