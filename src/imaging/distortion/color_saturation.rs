//! Type 18, change of colour saturation: the chroma scaled about grey.
//!
//! TID2013's exact recipe: MATLAB's 8-bit `rgb2ycbcr`, Cb and Cr to round(128 + k·(C − 128)), and `ycbcr2rgb` back,
//! each step rounded to 8 bits. The authors chose k for each image and level so that the error over R, G and B has a
//! PSNR of 33, 30, 27, 24 and 21 dB. If an image has too little colour to remove, k is *negative* and the colours are
//! inverted. Luma changes only by rounding, so the luma error is 0.3 at every level, and the RGB error orders the
//! levels.

use super::{Distortion, Strength, mse};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

/// The mean squared error of R, G and B at a PSNR of 33, 30, 27, 24 and 21 dB.
const SEVERITY: [f64; 5] = [32.59, 65.03, 129.74, 258.87, 516.51];

pub(super) const TYPE: Distortion = Distortion {
    number: 18,
    name: "color_saturation",
    description: "the chroma scaled about grey, beyond it at the strong levels",
    luma_mse: [0.32, 0.31, 0.31, 0.33, 0.36],
    severity: Some(SEVERITY),
    strength: Strength::Tuned { weakest: 0.02, strongest: 5.0, error: rgb_mse },
    distort,
};

/// The strength is 1 − k: 0 is the image itself, 1 is grey, 2 gives the complementary colours.
fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    saturation(image, 1.0 - strength)
}

fn rgb_mse(reference: &Rgb8, distorted: &Rgb8) -> f64 {
    mse(&reference.samples, &distorted.samples)
}

/// `image` with its chroma multiplied by `k`: 1 changes only what two roundings change, 0 gives grey, and negative
/// values invert.
pub fn saturation(image: &Rgb8, k: f64) -> Rgb8 {
    let mut scaled = [0; 256];
    for (chroma, out) in scaled.iter_mut().enumerate() {
        *out = super::to_u8(128.0 + k * (chroma as f64 - 128.0));
    }
    let mut samples = Vec::with_capacity(image.samples.len());
    for rgb in image.samples.chunks_exact(3) {
        let [y, cb, cr] = to_ycbcr([rgb[0], rgb[1], rgb[2]]);
        samples.extend(to_rgb([y, scaled[usize::from(cb)], scaled[usize::from(cr)]]));
    }
    Rgb8::new(image.width, image.height, samples)
}

/// BT.601 studio range, in units of 1/255000 and rounded half up: MATLAB's matrix has three decimals, so integers are
/// exact.
fn to_ycbcr([r, g, b]: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = [i64::from(r), i64::from(g), i64::from(b)];
    let round = |offset: i64, v: i64| (offset + (v + 127_500).div_euclid(255_000)) as u8;
    [
        round(16, 65_481 * r + 128_553 * g + 24_966 * b),
        round(128, -37_797 * r - 74_203 * g + 112_000 * b),
        round(128, 112_000 * r - 93_786 * g - 18_214 * b),
    ]
}

/// The inverse, rounded half up and clipped.
///
/// The entries of the forward matrix are integers divided by 255000, so its inverse is the adjugate divided by the
/// determinant: integers again, and halves are rounded exactly.
fn to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    const M: [[i128; 3]; 3] = [[65_481, 128_553, 24_966], [-37_797, -74_203, 112_000], [112_000, -93_786, -18_214]];
    /// The cofactor of row `i`, column `j`; the cyclic indices give the correct sign.
    const fn cofactor(i: usize, j: usize) -> i128 {
        let (a, b, c, d) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        M[a][c] * M[b][d] - M[a][d] * M[b][c]
    }
    const DETERMINANT: i128 = M[0][0] * cofactor(0, 0) + M[0][1] * cofactor(0, 1) + M[0][2] * cofactor(0, 2);
    const INVERSE: [[i128; 3]; 3] = [
        [cofactor(0, 0), cofactor(1, 0), cofactor(2, 0)],
        [cofactor(0, 1), cofactor(1, 1), cofactor(2, 1)],
        [cofactor(0, 2), cofactor(1, 2), cofactor(2, 2)],
    ];
    let centred = [i128::from(y) - 16, i128::from(cb) - 128, i128::from(cr) - 128];
    INVERSE.map(|row| {
        let v = 255_000 * (row[0] * centred[0] + row[1] * centred[1] + row[2] * centred[2]);
        // Rounding half up: ⌊v/D + ½⌋ = ⌊(2v + D) / 2D⌋ for D > 0. The determinant is negative, so both signs are
        // reversed.
        let (v, d) = (v * DETERMINANT.signum(), DETERMINANT.abs());
        (2 * v + d).div_euclid(2 * d).clamp(0, 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_primaries_have_their_known_codes() {
        assert_eq!(to_ycbcr([0, 0, 0]), [16, 128, 128]);
        assert_eq!(to_ycbcr([255, 255, 255]), [235, 128, 128]);
        assert_eq!(to_ycbcr([255, 0, 0]), [81, 90, 240]);
        assert_eq!(to_rgb([16, 128, 128]), [0, 0, 0]);
        assert_eq!(to_rgb([235, 128, 128]), [255, 255, 255]);
        assert_eq!(to_rgb([81, 90, 240]), [254, 0, 0]);
    }

    #[test]
    fn no_chroma_is_grey_and_inverted_chroma_is_the_complement() {
        let image = Rgb8::new(1, 1, vec![180, 100, 60]);
        let [r, g, b] = saturation(&image, 0.0).pixel(0, 0);
        assert!(r == g && g == b);
        let [r, _, b] = saturation(&image, -1.0).pixel(0, 0);
        assert!(r < b);
    }
}
