//! Synthetic reference scenes: images of natural statistics that need no download.
//!
//! A full-reference quality score depends mostly on a photograph's statistics: amplitude spectra that fall as one over
//! frequency, flat regions with sharp edges, occlusion at all scales, brightness that varies far more than colour,
//! uneven light, and fine grain. All of these have simple generators. The *dead leaves* model (Matheron 1968; Lee,
//! Mumford and Huang 2001) of overlapping shapes with radii of density r⁻³ gives occlusion and scale invariance.
//! Octaves of smooth noise give 1/f texture. The rest is gradients, strokes and gratings.
//!
//! Six kinds alternate with the index: dead leaves, a landscape, a façade, a still life, foliage, and print on paper. A
//! scene depends only on its index, its size and the seed.

pub(super) mod canvas;
mod kinds;
pub(super) mod texture;

use crate::imaging::Rgb8;
use crate::stats::random::Stream;

/// The scene number `index`, `width` by `height` pixels; its kind is `index` modulo 6.
///
/// Shapes are sized by the shorter side. So another size gives another image of the same kind, not a part of the same
/// one. A scene takes 5 to 10 ms at 192×192.
///
/// # Panics
/// If a side is 0.
pub fn scene(index: u64, width: usize, height: usize, seed: u64) -> Rgb8 {
    assert!(width > 0 && height > 0, "a scene needs at least one pixel, not {width}x{height}");
    let random = &mut Stream::new(seed, "scene", index);
    let draw = kinds::KINDS[(index % kinds::KINDS.len() as u64) as usize];
    let mut canvas = draw(width, height, random);
    // The lens: darker corners, and more light on one side.
    let vignette = 0.35 * random.uniform();
    let lean = [0.4 * (random.uniform() - 0.5), 0.4 * (random.uniform() - 0.5)];
    canvas.light(|x, y| {
        let (u, v) = (2.0 * x as f64 / width as f64 - 1.0, 2.0 * y as f64 / height as f64 - 1.0);
        (1.0 - 0.5 * vignette * (u * u + v * v)) * (1.0 + lean[0] * u + lean[1] * v)
    });
    let grain = 0.8 + 1.2 * random.uniform();
    canvas.develop(grain, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_a_function_of_its_name() {
        assert_eq!(scene(3, 40, 30, 1), scene(3, 40, 30, 1));
        assert_ne!(scene(3, 40, 30, 1), scene(3, 40, 30, 2));
        assert_ne!(scene(3, 40, 30, 1), scene(9, 40, 30, 1));
    }

    #[test]
    fn every_size_can_be_drawn() {
        for index in 0..6 {
            for (width, height) in [(1, 1), (8, 8), (3, 70), (70, 3), (61, 47)] {
                let image = scene(index, width, height, 0);
                assert_eq!((image.width, image.height), (width, height));
            }
        }
    }

    /// Mean squared differences of luma between pixels `step` apart.
    fn structure(image: &Rgb8, step: usize) -> f64 {
        let luma = crate::imaging::distortion::luma(image);
        let (mut sum, mut count) = (0.0, 0.0);
        for row in luma.chunks_exact(image.width) {
            for (a, b) in row.iter().zip(&row[step..]) {
                let d = f64::from(*a) - f64::from(*b);
                sum += d * d;
                count += 1.0;
            }
        }
        sum / count
    }

    #[test]
    fn the_statistics_are_those_of_photographs() {
        let mut growth = 0.0;
        for index in 0..24 {
            let image = scene(index, 128, 128, 5);
            let n = (128 * 128) as f64;
            let mean = |f: &dyn Fn(&[u8]) -> f64| image.samples.chunks_exact(3).map(f).sum::<f64>() / n;
            let luma = |p: &[u8]| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]);
            let chroma = |p: &[u8]| 0.713 * (f64::from(p[0]) - luma(p));
            let spread = |f: &dyn Fn(&[u8]) -> f64| {
                let centre = mean(f);
                mean(&|p| (f(p) - centre) * (f(p) - centre)).sqrt()
            };
            let (level, contrast) = (mean(&luma), spread(&luma));
            assert!((40.0..215.0).contains(&level), "scene {index} has a mean luma of {level}");
            assert!((15.0..90.0).contains(&contrast), "scene {index} has a contrast of {contrast}");
            assert!(spread(&chroma) < contrast, "scene {index} varies more in colour than in brightness");
            let clipped = image.samples.iter().filter(|&&s| s == 0 || s == 255).count() as f64 / (3.0 * n);
            assert!(clipped < 0.1, "scene {index} is clipped in {clipped} of its samples");
            growth += structure(&image, 8) / structure(&image, 1) / 24.0;
        }
        // White noise would give 1 and a plane 64; the 1/f amplitude spectrum is between.
        assert!((2.0..16.0).contains(&growth), "differences grow {growth} times from 1 to 8 pixels");
    }
}
