//! Type 22, image colour quantisation with dither: a small palette, as in GIF.
//!
//! TID2013 used MATLAB's `rgb2ind` with dither: a palette chosen by minimum variance, with the error of each pixel
//! diffused to its neighbours. The simulation does the same. The box of colours with the greatest squared spread is
//! split at its mean, along its widest channel, until there are enough boxes. Then the errors are diffused by the
//! method of Floyd and Steinberg (1976). The number of colours is set for each image to the error of the level. For few
//! colours the error changes in steps: the nearest one is used.

use super::{Distortion, Strength, luma_mse, to_u8};
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

pub(super) const TYPE: Distortion = Distortion {
    number: 22,
    name: "color_quantization_dither",
    description: "a palette of few colours, with error diffusion",
    luma_mse: [19.52, 42.21, 93.04, 199.54, 424.98],
    severity: None,
    strength: Strength::Tuned { weakest: 2.0, strongest: 256.0, error: luma_mse },
    distort,
};

/// The strength is 512 divided by the number of colours: 2 for 256 colours, 256 for two.
fn distort(image: &Rgb8, strength: f64, _: &mut Stream) -> Rgb8 {
    let palette = palette(image, (512.0 / strength + 0.5).floor() as usize);
    let (width, height) = (image.width, image.height);
    let mut nearest = Nearest::new(&palette);
    let mut samples = Vec::with_capacity(image.samples.len());
    // The errors diffused into this row and the next, with one more pixel on both sides.
    let mut here = vec![[0.0; 3]; width + 2];
    let mut below = here.clone();
    for y in 0..height {
        for x in 0..width {
            let pixel = image.pixel(x, y);
            let wanted = [0, 1, 2].map(|c| (f64::from(pixel[c]) + here[x + 1][c]).clamp(0.0, 255.0));
            let chosen = nearest.of(wanted.map(to_u8));
            for c in 0..3 {
                let error = wanted[c] - chosen[c];
                here[x + 2][c] += error * 7.0 / 16.0;
                below[x][c] += error * 3.0 / 16.0;
                below[x + 1][c] += error * 5.0 / 16.0;
                below[x + 2][c] += error / 16.0;
            }
            samples.extend(chosen.map(to_u8));
        }
        std::mem::swap(&mut here, &mut below);
        below.fill([0.0; 3]);
    }
    Rgb8::new(width, height, samples)
}

/// The pixels of one palette entry, and the criterion for the next split.
struct Cell {
    pixels: Vec<[u8; 3]>,
    mean: [f64; 3],
    /// The channel with the greatest sum of squares about the mean, and that sum.
    widest: (usize, f64),
}

impl Cell {
    fn new(pixels: Vec<[u8; 3]>) -> Self {
        let (mut sums, mut squares) = ([0u64; 3], [0u64; 3]);
        for pixel in &pixels {
            for (c, &v) in pixel.iter().enumerate() {
                sums[c] += u64::from(v);
                squares[c] += u64::from(v) * u64::from(v);
            }
        }
        let n = pixels.len() as f64;
        let mean = sums.map(|s| s as f64 / n);
        let spread = [0, 1, 2].map(|c| squares[c] as f64 - mean[c] * sums[c] as f64);
        let widest = (1..3).fold(0, |best, c| if spread[c] > spread[best] { c } else { best });
        Cell { pixels, mean, widest: (widest, spread[widest]) }
    }
}

/// At most `colours` colours that represent the image; fewer if it has fewer.
fn palette(image: &Rgb8, colours: usize) -> Vec<[f64; 3]> {
    let mut cells = vec![Cell::new(image.samples.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect())];
    while cells.len() < colours {
        let widest =
            (1..cells.len()).fold(0, |best, i| if cells[i].widest.1 > cells[best].widest.1 { i } else { best });
        let (channel, spread) = cells[widest].widest;
        // Below this all pixels are equal, up to the rounding of the sums.
        if spread < 0.25 {
            break;
        }
        let cell = cells.swap_remove(widest);
        let (low, high): (Vec<_>, Vec<_>) =
            cell.pixels.into_iter().partition(|p| f64::from(p[channel]) <= cell.mean[channel]);
        cells.extend([Cell::new(low), Cell::new(high)]);
    }
    cells.into_iter().map(|cell| cell.mean.map(f64::round)).collect()
}

/// The nearest palette entry, cached for each cell of 4×4×4 colours.
struct Nearest<'a> {
    palette: &'a [[f64; 3]],
    known: Vec<u16>,
}

impl<'a> Nearest<'a> {
    fn new(palette: &'a [[f64; 3]]) -> Self {
        Nearest { palette, known: vec![u16::MAX; 1 << 18] }
    }

    fn of(&mut self, colour: [u8; 3]) -> [f64; 3] {
        let cell = colour.iter().fold(0, |key, &c| key << 6 | usize::from(c >> 2));
        if self.known[cell] == u16::MAX {
            let centre = colour.map(|c| f64::from(c & 0xfc) + 1.5);
            let distance =
                |i: usize| -> f64 { self.palette[i].iter().zip(centre).map(|(p, c)| (p - c) * (p - c)).sum() };
            let first = (0, distance(0));
            let nearer = |best: (usize, f64), i| {
                let d = distance(i);
                if d < best.1 { (i, d) } else { best }
            };
            self.known[cell] = (1..self.palette.len()).fold(first, nearer).0 as u16;
        }
        self.palette[usize::from(self.known[cell])]
    }
}
