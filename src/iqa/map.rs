//! Quality maps, which show the position of the distortion; the mean of a map determines the score.
//!
//! * **SSIM** is a mean over positions; its map contains the values at the positions.
//! * **A method of the UNIQUE family** is Spearman's ρ over the features of all 8×8 patches of the halved images at
//!   once. Let z and w be the standardised ranks of a feature in the reference and in the distorted image: mean 0 and
//!   sum of squares 1 over all features of an image. Then ρ = Σ z w, and therefore
//!
//!   > 1 − ρ = Σ over patches of Σ over a patch's features of ½ (z − w)².
//!
//!   The inner sum is the part of one patch. Multiplied by the number P of patches it is the **disagreement** of the
//!   patch. It is 0 if all its features keep their ranks, 1 on average if the features of the two images are unrelated,
//!   and at most 2 on average (opposite ranks). The mean of the map is 1 − ρ, and the score is |1 − mean|¹⁰, exactly.
//!
//! Ranks are computed over the whole image, and patches are whitened by the statistics of the whole image. So a patch
//! can disagree a little because others have changed. A change of all patches alike (a shift of the mean, unless it
//! clips) is in neither the score nor the map.

use super::metrics::ssim::{self, WINDOW};
use super::score::{Reference, Scratch, check_size};
use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::patches::SIDE;
use crate::imaging::plane::{Plane, gray};

/// The number of pixels by which the SSIM map is smaller than the image at each edge, since its window must lie inside.
pub const SSIM_MARGIN: usize = WINDOW / 2;
/// The width and height, in pixels of the image, of one value of [`disagreement`]: a patch of the halved image.
pub const PATCH_PIXELS: usize = 2 * SIDE;

/// SSIM at full size at every position of its 11×11 window, −1 ..= 1: value (x, y) belongs to pixel (x + 5, y + 5). The
/// mean is the score of the metric `ssim`.
///
/// # Errors
/// [`Error::Undefined`] if the images differ in size or a side is shorter than the window.
pub fn structural_similarity(reference: &Rgb8, distorted: &Rgb8) -> Result<Plane> {
    let (width, height) = (reference.width, reference.height);
    check_size((width, height), distorted)?;
    if width.min(height) < WINDOW {
        return Err(Error::Undefined(format!(
            "the images are {width}×{height}; a map of SSIM needs at least {WINDOW}×{WINDOW} pixels"
        )));
    }
    Ok(ssim::map(&gray(reference), &gray(distorted)))
}

/// The disagreement of every patch for every method of the reference's scorer (see the [module](self)), with its ρ.
/// There is one value per 16×16 pixels of the image from its top-left corner on; incomplete patches are left out.
///
/// # Errors
/// The errors of [`Reference::score`].
pub fn disagreement(reference: &Reference, distorted: &Rgb8, scratch: &mut Scratch) -> Result<Vec<(f64, Plane)>> {
    let maps = reference.compare(distorted, scratch, |rho, [of_reference, of_distorted]| {
        // The halved image has ⌈n/2⌉ pixels, and its patches are in row order.
        let [width, height] = [distorted.width, distorted.height].map(|n| n.div_ceil(2) / SIDE);
        let count = width * height;
        let mut values = vec![0.0; count];
        // The values of a feature are stored patch by patch.
        for (i, part) in of_reference.disagreement(of_distorted).enumerate() {
            values[i % count] += part;
        }
        values.iter_mut().for_each(|v| *v *= count as f64);
        (rho, Plane { width, height, values })
    });
    maps.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iqa::metrics::Metric;
    use crate::iqa::score::tests::autoencoder;
    use crate::iqa::{Method, Models, Scorer};
    use crate::stats::random::Stream;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    fn image(width: usize, height: usize) -> Rgb8 {
        Rgb8::from_fn(width, height, |x, y| [0, 1, 2].map(|c| ((x * 7 + y * (3 + c) + x * y / 9) % 180) as u8))
    }

    /// The image with noise at the pixels that satisfy `inside`.
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
        assert_abs_diff_eq!(ssim.mean(), score, epsilon = 1e-14);

        let (scorer, mut scratch) = (scorer(), Scratch::default());
        let prepared = scorer.reference(&reference, &mut scratch).unwrap();
        let scores = prepared.score(&distorted, &mut scratch).unwrap();
        let maps = disagreement(&prepared, &distorted, &mut scratch).unwrap();
        assert_eq!(maps.len(), 2);
        for ((rho, map), score) in maps.iter().zip(scores) {
            assert_eq!((map.width, map.height, *rho), (6, 5, score.rho));
            assert!(
                abs_diff_eq!(map.mean(), 1.0 - score.rho, epsilon = 1e-12),
                "{} is not 1 - {}",
                map.mean(),
                score.rho
            );
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
        // A window without changed pixels gives 1.
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
