//! Halving of an image, with the same samples as MATLAB's `imresize(image, 0.5)`.
//!
//! `imresize` convolves with Keys' cubic (a = −½), widened by two against aliasing, at half-pixel centres. Output
//! sample *i* lies at 2i + ½ between input samples 2i and 2i + 1. It is computed from the eight samples within two
//! widened units, at the distances ½, 1½, 2½ and 3½ on either side. Keys' cubic at half of these is 0.8671875,
//! 0.2265625, −0.0703125 and −0.0234375. The eight sum to 2, so normalised they are exactly
//!
//! > (−3, −9, 29, 111, 111, 29, −9, −3) / 256.
//!
//! Other programs compute this resize in floating point; here it is exact, in integers. The image continues
//! symmetrically beyond its edges (… b a | a b …). Columns are processed first (each output row from eight input rows),
//! then rows, and **each pass is rounded (half up) and clamped to 8 bits**: without that rounding, quality scores
//! differ from the published ones. A side of odd length *n* becomes (n + 1)/2.
//!
//! Source: R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29(6), 1981; MATLAB's
//! documentation of `imresize`.

use super::Rgb8;
use crate::lanes::{Kernel, Lanes, Real, Register};

/// The intermediate images between the two passes, reused from image to image.
#[derive(Clone, Debug, Default)]
pub struct ResizeScratch {
    /// The image of half the height.
    low: Vec<u8>,
    /// One of its rows, with columns 0, 2, 4 … and 1, 3, 5 … separated, and two more columns on either side.
    even: Vec<u8>,
    odd: Vec<u8>,
}

/// `image` at half its width and height (rounded up), as `imresize(image, 0.5)`. See the [module](self).
///
/// ```
/// use gradspace::imaging::{Rgb8, resize::halve};
///
/// let image = Rgb8::from_fn(512, 383, |x, y| [(x / 2) as u8, (y / 2) as u8, 7]);
/// let half = halve(&image);
/// assert_eq!((half.width, half.height), (256, 192));
/// assert_eq!(half.pixel(100, 50), [100, 50, 7]);
/// ```
pub fn halve(image: &Rgb8) -> Rgb8 {
    let mut half = Rgb8::new(1, 1, vec![0; 3]);
    halve_into(image, &mut ResizeScratch::default(), &mut half);
    half
}

/// [`halve`] into an existing image, whose memory is reused.
pub fn halve_into(image: &Rgb8, scratch: &mut ResizeScratch, half: &mut Rgb8) {
    (half.width, half.height) = (image.width.div_ceil(2), image.height.div_ceil(2));
    half.samples.resize(3 * half.width * half.height, 0);
    Lanes::<f64, 8>::dispatch(Halve { image, scratch, half });
}

struct Halve<'a> {
    image: &'a Rgb8,
    scratch: &'a mut ResizeScratch,
    half: &'a mut Rgb8,
}

/// Integers only; a kernel lets the compiler use the integer instructions of the instruction set.
impl Kernel<Lanes<f64, 8>> for Halve<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Halve { image, scratch: ResizeScratch { low, even, odd }, half } = self;
        let row = 3 * image.width;
        low.resize(row * half.height, 0);
        for (i, out) in low.chunks_exact_mut(row).enumerate() {
            let rows: [&[u8]; 8] = std::array::from_fn(|tap| {
                let y = mirrored(2 * i as isize + tap as isize - 3, image.height);
                &image.samples[y * row..][..row]
            });
            weigh(rows, out);
        }
        let out_row = 3 * half.width;
        for parity in [&mut *even, &mut *odd] {
            parity.resize(out_row + 12, 0);
        }
        for (low, out) in low.chunks_exact(row).zip(half.samples.chunks_exact_mut(out_row)) {
            // Columns 2j and 2j + 1 are stored at index j + 2 of their parity, for j = −2 … width + 1.
            for (j, (even, odd)) in even.chunks_exact_mut(3).zip(odd.chunks_exact_mut(3)).enumerate() {
                let (x, next) = (2 * j as isize - 4, 2 * j as isize - 3);
                even.copy_from_slice(&low[3 * mirrored(x, image.width)..][..3]);
                odd.copy_from_slice(&low[3 * mirrored(next, image.width)..][..3]);
            }
            // Columns 2j − 3, 2j − 2 … 2j + 4.
            let taps = [&odd[0..], &even[3..], &odd[3..], &even[6..], &odd[6..], &even[9..], &odd[9..], &even[12..]];
            weigh(taps.map(|tap| &tap[..out_row]), out);
        }
    }
}

/// The index of sample `i` in an image of `n` samples that is mirrored beyond its edges.
#[inline(always)]
fn mirrored(i: isize, n: usize) -> usize {
    if (0..n as isize).contains(&i) {
        return i as usize;
    }
    let i = i.rem_euclid(2 * n as isize) as usize;
    i.min(2 * n - 1 - i)
}

/// The weighted sum of the eight samples, rounded half up and clamped.
#[inline(always)]
fn weigh([a, b, c, d, e, f, g, h]: [&[u8]; 8], out: &mut [u8]) {
    let n = out.len();
    let (a, b, c, d, e, f, g, h) = (&a[..n], &b[..n], &c[..n], &d[..n], &e[..n], &f[..n], &g[..n], &h[..n]);
    for i in 0..n {
        let pair = |x: &[u8], y: &[u8]| i32::from(x[i]) + i32::from(y[i]);
        let sum = 111 * pair(d, e) + 29 * pair(c, f) - 9 * pair(b, g) - 3 * pair(a, h);
        out[i] = ((sum + 128) >> 8).clamp(0, 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `imresize` along one axis as in its documentation, in floating point.
    fn textbook(line: &[u8]) -> Vec<u8> {
        let n = line.len() as isize;
        let keys = |x: f64| match x.abs() {
            x if x <= 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            x if x <= 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            _ => 0.0,
        };
        (0..line.len().div_ceil(2))
            .map(|i| {
                let centre = 2.0 * i as f64 + 0.5;
                let (mut sum, mut weights) = (0.0, 0.0);
                for j in centre as isize - 6..=centre as isize + 6 {
                    let weight = keys((centre - j as f64) / 2.0);
                    let mirror =
                        if j.rem_euclid(2 * n) < n { j.rem_euclid(2 * n) } else { 2 * n - 1 - j.rem_euclid(2 * n) };
                    sum += weight * f64::from(line[mirror as usize]);
                    weights += weight;
                }
                (sum / weights + 0.5).floor().clamp(0.0, 255.0) as u8
            })
            .collect()
    }

    fn textbook_image(image: &Rgb8) -> Rgb8 {
        let column = |x: usize, c: usize| (0..image.height).map(|y| image.pixel(x, y)[c]).collect::<Vec<_>>();
        let columns: Vec<Vec<u8>> = (0..3 * image.width).map(|i| textbook(&column(i / 3, i % 3))).collect();
        let height = image.height.div_ceil(2);
        let low = Rgb8::from_fn(image.width, height, |x, y| std::array::from_fn(|c| columns[3 * x + c][y]));
        let line = |y: usize, c: usize| (0..low.width).map(|x| low.pixel(x, y)[c]).collect::<Vec<_>>();
        let rows: Vec<Vec<u8>> = (0..3 * height).map(|i| textbook(&line(i / 3, i % 3))).collect();
        Rgb8::from_fn(image.width.div_ceil(2), height, |x, y| std::array::from_fn(|c| rows[3 * y + c][x]))
    }

    #[test]
    fn an_edge_overshoots_and_is_clamped() {
        let image = Rgb8::from_fn(12, 2, |x, _| [if x < 6 { 0 } else { 200 }; 3]);
        let row: Vec<u8> = (0..6).map(|x| halve(&image).pixel(x, 0)[0]).collect();
        // By hand: below zero, 200·(29 − 9 − 3)/256 = 13.3, 200·(256 − 29 + 9 + 3)/256 = 186.7 … and 200·(256 + 3)/256 = 202.3.
        assert_eq!(row, [0, 0, 13, 187, 202, 200]);
    }

    proptest! {
        #[test]
        fn equals_the_textbook(width in 1usize..40, height in 1usize..40, seed in any::<u64>()) {
            // Extreme samples, so that clamping and rounding ties both occur.
            let mut state = seed | 1;
            let image = Rgb8::from_fn(width, height, |_, _| std::array::from_fn(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                match state % 5 { 0 => 0, 1 => 255, 2 => 128, _ => (state >> 40) as u8 }
            }));
            prop_assert_eq!(halve(&image), textbook_image(&image));
        }
    }
}
