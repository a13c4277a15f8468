//! Compares the challenge simulators with the images in CURE-TSR's official figures.

mod common;

use gradspace::imaging::Rgb8;
use gradspace::imaging::challenge::Challenge;
use gradspace::imaging::decode::read_image;
use gradspace::imaging::resize_bilinear::resize;
use gradspace::stats::random::Stream;

/// Coarse features of an image: the means of R, G and B, the contrast and the sharpness of the brightness, and the colourfulness.
/// Contrast and sharpness are doubled, because they are small numbers.
fn glance(image: &Rgb8) -> [f64; 6] {
    let n = (image.width * image.height) as f64;
    let pixels = || image.samples.chunks_exact(3).map(|p| [0, 1, 2].map(|c| f64::from(p[c])));
    let mean = |c: usize| pixels().map(|p| p[c]).sum::<f64>() / n;
    let luma: Vec<f64> = pixels().map(|[r, g, b]| (r + g + b) / 3.0).collect();
    let middle = luma.iter().sum::<f64>() / n;
    let contrast = (luma.iter().map(|l| (l - middle) * (l - middle)).sum::<f64>() / n).sqrt();
    let edges = luma.chunks_exact(image.width).flat_map(|row| row.windows(2)).map(|pair| (pair[1] - pair[0]).abs());
    let colour = |[r, g, b]: [f64; 3]| r.max(g).max(b) - r.min(g).min(b);
    [mean(0), mean(1), mean(2), 2.0 * contrast, 2.0 * edges.sum::<f64>() / n, pixels().map(colour).sum::<f64>() / n]
}

fn distance(a: [f64; 6], b: [f64; 6]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The test computes the distance of the clean image and of each level to the official image. The distance of a level is the mean over
/// eight random streams. At least one level must be much nearer than the clean image.
#[test]
fn a_level_of_each_type_has_the_look_of_the_official_tile() {
    let Some(tiles) = common::shared("data/cure_tsr_figures/tiles") else { return };
    for sequence in ["01", "02"] {
        let tile = |number: u8| {
            let path = tiles.join(format!("{sequence}_06_{number:02}_xx_fig.png"));
            path.exists().then(|| resize(&read_image(path).unwrap(), 56, 56))
        };
        let clean = tile(0).expect("the clean tile");
        for challenge in Challenge::ALL {
            let Some(official) = tile(challenge.number()).map(|tile| glance(&tile)) else { continue };
            let unchallenged = distance(glance(&clean), official);
            let ours = [1, 2, 3, 4, 5].map(|level| {
                let apply = |item| challenge.apply(&clean, level, &mut Stream::new(1, challenge.name(), item));
                (0..8).map(|item| distance(glance(&apply(item)), official)).sum::<f64>() / 8.0
            });
            println!("{sequence} {:14} {unchallenged:5.1} {ours:5.1?}", challenge.name());
            // The places of lost blocks are random, and the enlargement of the official images smoothed their noise.
            if [Challenge::CodecError, Challenge::Noise].contains(&challenge) {
                continue;
            }
            let nearest = ours.into_iter().fold(f64::INFINITY, f64::min);
            assert!(nearest < 0.65 * unchallenged, "{} of sequence {sequence}", challenge.name());
            assert!(
                nearest < ours[0] && nearest < ours[1],
                "{}: the official image is not at a mild level",
                challenge.name()
            );
        }
    }
}
