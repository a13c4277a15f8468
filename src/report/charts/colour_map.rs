//! The colour map: numbers from 0 to 1 become colours, and equal differences look equally large.
//!
//! The map is a curve in OKLab, a colour space in which distance is close to visible difference (B. Ottosson, "A perceptual color space
//! for image processing", 2020, <https://bottosson.github.io/posts/oklab/>, the source of the matrices below). The lightness rises
//! linearly, so that the map can be read in grey and with any colour vision. The hue turns from violet over red and orange to yellow:
//!
//! > L = 0.14 + 0.82 t,  h = 300° + 170° t,  C = 0.05 + 0.52 t(1 − t).
//!
//! The whole curve lies inside sRGB, and no step is more than 3 % longer than another.

use crate::lanes::math::{powf, sin_cos};

/// The colour of t, from 0 (dark violet) to 1 (pale yellow). Values outside have the colour of the nearer end.
pub(super) fn colour(t: f64) -> [u8; 3] {
    linear(curve(t.clamp(0.0, 1.0))).map(|v| (255.0 * gamma(v) + 0.5) as u8)
}

/// The point of the curve in OKLab.
fn curve(t: f64) -> [f64; 3] {
    let (sine, cosine) = sin_cos((300.0 + 170.0 * t).to_radians());
    let chroma = 0.05 + 0.52 * t * (1.0 - t);
    [0.14 + 0.82 * t, chroma * cosine, chroma * sine]
}

/// The linear red, green and blue of a colour in OKLab, 0 to 1.
fn linear([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let cones = [
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    ];
    let [l, m, s] = cones.map(|v| v * v * v);
    [
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
}

/// The transfer function of sRGB (IEC 61966-2-1).
fn gamma(v: f64) -> f64 {
    if v <= 0.0031308 { 12.92 * v } else { 1.055 * powf(v, 1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_exists_and_every_step_is_as_long() {
        let points: Vec<[f64; 3]> = (0..=256).map(|i| curve(f64::from(i) / 256.0)).collect();
        for point in &points {
            let rgb = linear(*point);
            assert!(rgb.iter().all(|v| (0.0..=1.0).contains(v)), "{point:?} is {rgb:?}");
        }
        let lengths: Vec<f64> = points
            .windows(2)
            .map(|pair| pair[0].iter().zip(pair[1]).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt())
            .collect();
        let (shortest, longest) = lengths.iter().fold((f64::MAX, 0.0_f64), |(s, l), v| (s.min(*v), l.max(*v)));
        assert!(longest < 1.03 * shortest, "{shortest} to {longest}");
    }

    #[test]
    fn known_colours() {
        // White and the primary red of sRGB in OKLab, from the page that defines it.
        for (lab, rgb) in [([1.0, 0.0, 0.0], [1.0, 1.0, 1.0]), ([0.627955, 0.224863, 0.125846], [1.0, 0.0, 0.0])] {
            for (got, expected) in linear(lab).into_iter().zip(rgb) {
                assert!((got - expected).abs() < 1e-4, "{lab:?}: {got} is not {expected}");
            }
        }
        assert_eq!(gamma(0.5).to_bits() & !0xff, 0.7353569830524495_f64.to_bits() & !0xff);
        assert_eq!((colour(-1.0), colour(2.0)), (colour(0.0), colour(1.0)));
        assert!(colour(0.0).iter().all(|&v| v < 40) && colour(1.0)[0] > 230, "{:?} {:?}", colour(0.0), colour(1.0));
    }
}
