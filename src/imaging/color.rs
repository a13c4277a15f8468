//! The colour channels of the UNIQUE family: luma Y, the image's own green G, and the red difference Cr.
//!
//! Y and Cr are those of ITU-R BT.601 in studio range, as MATLAB's `rgb2ycbcr` gives them for 8-bit images:
//!
//! > Y = 16 + (65.481 R + 128.553 G + 24.966 B)/255,  Cr = 128 + (112 R − 93.786 G − 18.214 B)/255,
//!
//! rounded to 8 bits. For some colours the exact value lies half way between two integers. A floating-point program
//! then rounds by its last bit. Here the fraction is computed in integers, halves upwards.

/// Y, 16 ..= 235.
#[inline(always)]
pub fn luma([r, g, b]: [u8; 3]) -> u8 {
    let sum = 65_481 * u32::from(r) + 128_553 * u32::from(g) + 24_966 * u32::from(b);
    (16 + (sum + 127_500) / 255_000) as u8
}

/// Cr, 16 ..= 240.
#[inline(always)]
fn red_difference([r, g, b]: [u8; 3]) -> u8 {
    // 128 is added before the division, so that it divides a positive number.
    let offset = 128 * 255_000 + 127_500;
    let sum = 112_000 * u32::from(r) + offset - 93_786 * u32::from(g) - 18_214 * u32::from(b);
    (sum / 255_000) as u8
}

/// (Y, G, Cr).
#[inline(always)]
pub fn ygcr(rgb: [u8; 3]) -> [u8; 3] {
    [luma(rgb), rgb[1], red_difference(rgb)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn corners_and_golden_pixels() {
        let cases = [
            ([0, 0, 0], [16, 0, 128]),
            ([255, 255, 255], [235, 255, 128]),
            ([255, 0, 0], [81, 0, 240]),
            ([0, 255, 255], [170, 255, 16]),
            // Two pixels of the first reference of TID2013.
            ([70, 66, 59], [73, 66, 130]),
            ([109, 43, 25], [68, 43, 158]),
        ];
        for (rgb, expected) in cases {
            assert_eq!(ygcr(rgb), expected, "{rgb:?}");
        }
    }

    #[test]
    fn every_colour_is_the_nearest_integer() {
        for rgb in (0..1usize << 24).step_by(37).map(|i| [(i >> 16) as u8, (i >> 8) as u8, i as u8]) {
            let [r, g, b] = rgb.map(f64::from);
            let y = 16.0 + (65.481 * r + 128.553 * g + 24.966 * b) / 255.0;
            let cr = 128.0 + (112.0 * r - 93.786 * g - 18.214 * b) / 255.0;
            assert!(abs_diff_eq!(f64::from(luma(rgb)), y, epsilon = 0.5 + 1e-12), "{rgb:?}");
            assert!(abs_diff_eq!(f64::from(red_difference(rgb)), cr, epsilon = 0.5 + 1e-12), "{rgb:?}");
        }
    }

    #[test]
    fn halves_go_up() {
        // 65481·R + 128553·G + 24966·B ≡ 127500 (mod 255000) has solutions; find some and check the rounding.
        let mut found = 0;
        for i in 0..1u32 << 24 {
            let rgb = [(i >> 16) as u8, (i >> 8) as u8, i as u8];
            let sum = 65_481 * u32::from(rgb[0]) + 128_553 * u32::from(rgb[1]) + 24_966 * u32::from(rgb[2]);
            if sum % 255_000 == 127_500 {
                found += 1;
                assert_eq!(u32::from(luma(rgb)), 17 + sum / 255_000);
            }
        }
        assert!(found > 0);
    }
}
