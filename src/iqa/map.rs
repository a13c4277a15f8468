//! Where in the picture the distortion is: scores as maps, whose means are the scores.
//!
//! * **SSIM** is a mean over positions already; its map is what the mean is taken over.
//! * **A method of the UNIQUE family** is Spearman's ρ over the features of all 8×8 patches of the halved images at once. With the ranks of a
//!   feature in the two images standardised (z for the reference's, w for the distorted one's: mean 0 and sum of squares 1 over all
//!   features of an image), ρ = Σ z w, and therefore
//!
//!   > 1 − ρ = Σ over patches of Σ over a patch's features of ½ (z − w)².
//!
//!   The inner sum is what one patch takes from the correlation. Times the number P of patches it is that patch's **disagreement**: 0
//!   where all its features keep their ranks, 1 on average where the two images' features have nothing to do with each other, at most 2 on average
//!   (opposite ranks). The mean of the map is 1 − ρ, and the score |1 − mean|¹⁰. Nothing is left out of it, and nothing is added.
//!
//! Ranks are taken over the whole image, and patches are whitened by the whole image's statistics, so that a patch can
//! disagree a little because others have changed. What changes all patches alike (a shift of the mean, unless it clips) is in neither the score nor the map.

use super::metrics::ssim::{self, WINDOW};
use super::score::{Reference, Scratch};
use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::patches::SIDE;
use crate::imaging::plane::{Plane, gray};

/// Pixels that the SSIM map has less at each edge than the image has: there its window would reach beyond.
pub const SSIM_MARGIN: usize = WINDOW / 2;
/// Pixels of the image, each way, that one value of [`disagreement`] stands for: a patch of the halved image.
pub const PATCH_PIXELS: usize = 2 * SIDE;

/// SSIM at full size at every position of its 11×11 window, −1 ..= 1: value (x, y) belongs to pixel (x + 5, y + 5). The mean is the score
/// of the metric `ssim`.
///
/// # Errors
/// [`Error::Undefined`] where the images' sizes differ or a side is smaller than the window.
pub fn structural_similarity(reference: &Rgb8, distorted: &Rgb8) -> Result<Plane> {
    let (width, height) = (reference.width, reference.height);
    if (width, height) != (distorted.width, distorted.height) {
        return Err(Error::Undefined(format!(
            "the reference image is {width}×{height}, the distorted one {}×{}; only images of one size can be compared",
            distorted.width, distorted.height
        )));
    }
    if width.min(height) < WINDOW {
        return Err(Error::Undefined(format!(
            "the images are {width}×{height}; a map of SSIM is defined from {WINDOW}×{WINDOW} on"
        )));
    }
    Ok(ssim::map(&gray(reference), &gray(distorted)))
}

/// The disagreement of every patch under every method of the reference's scorer (see the [module](self)), and the ρ that
/// belongs to it: a value per 16×16 pixels of the image from its top left corner on, without what fills no patch.
///
/// # Errors
/// As [`Reference::score`].
pub fn disagreement(reference: &Reference, distorted: &Rgb8, scratch: &mut Scratch) -> Result<Vec<(f64, Plane)>> {
    let mut maps = Vec::new();
    reference.compare(distorted, scratch, |_, rho, [of_reference, of_distorted]| {
        // The halved image has ⌈n/2⌉ pixels, and its patches lie row by row.
        let [width, height] = [distorted.width, distorted.height].map(|n| n.div_ceil(2) / SIDE);
        let count = width * height;
        let mut values = vec![0.0; count];
        // A feature's patches stand one after the other.
        for (i, part) in of_reference.disagreement(of_distorted).enumerate() {
            values[i % count] += part;
        }
        values.iter_mut().for_each(|v| *v *= count as f64);
        maps.push((rho, Plane { width, height, values }));
    })?;
    Ok(maps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iqa::metrics::Metric;
    use crate::iqa::score::tests::autoencoder;
    use crate::iqa::{Method, Models, Scorer};
    use crate::stats::random::Stream;

    fn image(width: usize, height: usize) -> Rgb8 {
        Rgb8::from_fn(width, height, |x, y| [0, 1, 2].map(|c| ((x * 7 + y * (3 + c) + x * y / 9) % 180) as u8))
    }

    /// The image with noise where `inside` says so.
    fn noisy(image: &Rgb8, inside: impl Fn(usize, usize) -> bool) -> Rgb8 {
        let mut stream = Stream::new(3, "test noise", 0);
        Rgb8::from_fn(image.width, image.height, |x, y| {
            let noise = if inside(x, y) { 70.0 } else { 0.0 };
            image.pixel(x, y).map(|v| v + (noise * stream.uniform()) as u8)
        })
    }

    fn scorer() -> Scorer {
        let models = Models { autoencoder: autoencoder(14, 1), ms_unique: vec![] };
        Scorer::new(&[Method::UNIQUE, Method::GRADIENT], models).unwrap()
    }

    #[test]
    fn the_mean_of_a_map_is_its_score() {
        // Odd sides: 101 → 51 → 6 patches, 79 → 40 → 5 patches.
        let reference = image(101, 79);
        let distorted = noisy(&reference, |x, y| x * y % 5 == 0);
        let ssim = structural_similarity(&reference, &distorted).unwrap();
        assert_eq!((ssim.width, ssim.height), (101 - 2 * SSIM_MARGIN, 79 - 2 * SSIM_MARGIN));
        let score = Metric::from_key("ssim").unwrap().score(&reference, &distorted).unwrap();
        assert!((ssim.mean() - score).abs() < 1e-14, "{} is not {score}", ssim.mean());

        let (scorer, mut scratch) = (scorer(), Scratch::default());
        let prepared = scorer.reference(&reference, &mut scratch).unwrap();
        let scores = prepared.score(&distorted, &mut scratch).unwrap();
        let maps = disagreement(&prepared, &distorted, &mut scratch).unwrap();
        assert_eq!(maps.len(), 2);
        for ((rho, map), score) in maps.iter().zip(scores) {
            assert_eq!((map.width, map.height, *rho), (6, 5, score.rho));
            assert!((map.mean() - (1.0 - score.rho)).abs() < 1e-12, "{} is not 1 - {}", map.mean(), score.rho);
        }
        for (rho, map) in disagreement(&prepared, &reference, &mut scratch).unwrap() {
            assert_eq!((rho, map), (1.0, Plane::from_fn(6, 5, |_, _| 0.0)));
        }
    }

    #[test]
    fn what_is_distorted_stands_out_where_it_is() {
        let reference = image(160, 128);
        let inside = |x: usize, y: usize| (64..112).contains(&x) && (32..80).contains(&y);
        let distorted = noisy(&reference, inside);
        let (scorer, mut scratch) = (scorer(), Scratch::default());
        let prepared = scorer.reference(&reference, &mut scratch).unwrap();
        for (_, map) in disagreement(&prepared, &distorted, &mut scratch).unwrap() {
            let mean = |wanted: bool| {
                let places = (0..map.values.len()).filter(|i| inside(16 * (i % 10) + 8, 16 * (i / 10) + 8) == wanted);
                let (sum, count) = places.fold((0.0, 0), |(sum, count), i| (sum + map.values[i], count + 1));
                sum / f64::from(count)
            };
            assert!(mean(true) > 4.0 * mean(false), "{} inside, {} outside", mean(true), mean(false));
        }
        let ssim = structural_similarity(&reference, &distorted).unwrap();
        // Windows that touch no changed pixel see none.
        assert_eq!(ssim.at(58 - SSIM_MARGIN, 50), 1.0);
        assert!(ssim.at(88 - SSIM_MARGIN, 56 - SSIM_MARGIN) < 0.9);
    }

    #[test]
    fn a_map_that_is_not_defined_says_why() {
        let error = structural_similarity(&image(30, 20), &image(20, 30)).unwrap_err().to_string();
        assert!(error.contains("30×20") && error.contains("20×30"), "{error}");
        let error = structural_similarity(&image(30, 10), &image(30, 10)).unwrap_err().to_string();
        assert!(error.contains("30×10") && error.contains("11×11"), "{error}");
    }
}
