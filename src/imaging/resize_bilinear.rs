//! Bilinear resizing to any size, with the same samples as Pillow: the resize of the authors' pipeline before the
//! network.
//!
//! Torchvision's `Resize` passes a PIL image to Pillow. Its "bilinear" filter is a triangle that covers two output
//! pixels, so reducing an image averages all of it instead of four neighbours: it is antialiased. Output sample *i*
//! lies at (i + ½)·s, where s is the input size divided by the output size. It uses the input samples (centres at j +
//! ½) within max(s, 1), weighted by 1 − |distance|/max(s, 1) and normalised.
//!
//! The arithmetic is Pillow's for 8-bit images: weights rounded to 22 fractional bits, sums in integers, rows first,
//! then columns, and **each pass rounded to 8 bits**. Enlarging uses a triangle of two input pixels. Pillow 13 (2026)
//! resizes the columns first if the height shrinks more than the width, which changes some samples of such images by 1.
//! The paper's Pillow, like all versions up to 12, always resizes rows first, and so does this module.
//!
//! Source: Pillow's `src/libImaging/Resample.c`.

use super::Rgb8;

/// The fractional bits of a weight.
const PRECISION: u32 = 32 - 8 - 2;

/// The input samples of one output sample: the first one, and the weights from there on.
type Window = (usize, Vec<i32>);

/// `image` at `width` by `height` pixels, as Pillow's `image.resize((width, height), Image.BILINEAR)`.
///
/// # Panics
/// If `width` or `height` is 0.
///
/// ```
/// use gradspace::imaging::{Rgb8, resize_bilinear::resize};
///
/// let sign = Rgb8::from_fn(60, 58, |x, y| [x as u8, y as u8, 200]);
/// let input = resize(&sign, 28, 28);
/// assert_eq!((input.width, input.height), (28, 28));
/// assert_eq!(input.pixel(14, 14), [31, 30, 200]);
/// ```
pub fn resize(image: &Rgb8, width: usize, height: usize) -> Rgb8 {
    assert!(width > 0 && height > 0, "an image needs at least one pixel, not {width}x{height}");
    let across = windows(image.width, width);
    let mut narrow = Vec::with_capacity(3 * width * image.height);
    for row in image.samples.chunks_exact(3 * image.width) {
        for (first, weights) in &across {
            narrow.extend([0, 1, 2].map(|c| weigh(weights, row[3 * first + c..].iter().step_by(3))));
        }
    }
    let mut samples = Vec::with_capacity(3 * width * height);
    for (first, weights) in windows(image.height, height) {
        let rows = &narrow[3 * width * first..];
        samples.extend((0..3 * width).map(|i| weigh(&weights, rows[i..].iter().step_by(3 * width))));
    }
    Rgb8::new(width, height, samples)
}

/// The windows of `n_out` output samples over `n_in` input samples.
fn windows(n_in: usize, n_out: usize) -> Vec<Window> {
    let scale = n_in as f64 / n_out as f64;
    let support = scale.max(1.0);
    let window = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        // Truncation towards 0 is correct for the following clamp at 0.
        let first = ((centre - support + 0.5) as isize).max(0) as usize;
        let end = ((centre + support + 0.5) as usize).min(n_in);
        let triangle = |j: usize| (1.0 - ((j as f64 - centre + 0.5) * (1.0 / support)).abs()).max(0.0);
        let sum: f64 = (first..end).map(triangle).sum();
        let unit = f64::from(1 << PRECISION);
        (first, (first..end).map(|j| (0.5 + triangle(j) / sum * unit) as i32).collect())
    };
    (0..n_out).map(window).collect()
}

/// The weighted sum, rounded half up. Weights are not negative and sum to one up to rounding.
fn weigh<'a>(weights: &[i32], samples: impl Iterator<Item = &'a u8>) -> u8 {
    let sum: i32 = weights.iter().zip(samples).map(|(w, &s)| w * i32::from(s)).sum();
    ((sum + (1 << (PRECISION - 1))) >> PRECISION).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn formula(width: usize, height: usize) -> Rgb8 {
        Rgb8::from_fn(width, height, |x, y| {
            [3 * x * x + 7 * y, 5 * x * y + 13, 11 * x.abs_diff(y) * x.abs_diff(y) + 40].map(|v| (v % 256) as u8)
        })
    }

    /// Pillow 11.3.0: `Image.fromarray(formula).resize((3, 2), Image.BILINEAR)`.
    #[test]
    fn a_small_image_is_pillows() {
        let expected = [11, 17, 54, 37, 28, 97, 88, 39, 141, 25, 26, 105, 51, 58, 58, 102, 90, 101];
        assert_eq!(resize(&formula(7, 5), 3, 2).samples, expected);
    }

    /// The SHA-256 of Pillow 11.3.0's samples: reduced, enlarged, both, one direction only, and the image itself.
    #[test]
    fn larger_images_are_pillows() {
        let cases = [
            ([45, 37], [28, 28], "d0db85f73a7338a9"),
            ([13, 90], [28, 28], "d94448be6c41b55b"),
            ([200, 151], [28, 28], "0b37899a39b42a9d"),
            ([28, 28], [28, 28], "fedbccfc462a2639"),
            ([1, 1], [28, 28], "abbdfcfa2ff023fe"),
            ([61, 28], [28, 28], "c96ed1b83af9f96a"),
            ([20, 20], [28, 28], "ef84dffe0e7d2b39"),
            ([33, 47], [12, 101], "87d2d65bdfe9d019"),
            ([40, 150], [28, 28], "b5306a45c791d073"),
        ];
        for ([w, h], [width, height], expected) in cases {
            let resized = resize(&formula(w, h), width, height);
            let hash: String = Sha256::digest(&resized.samples)[..8].iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(hash, expected, "{w}x{h} to {width}x{height}");
        }
    }

    #[test]
    fn the_extremes_stay_where_they_are() {
        for value in [0, 255] {
            for (w, h) in [(1, 1), (3, 200), (57, 29)] {
                let resized = resize(&Rgb8::from_fn(w, h, |_, _| [value; 3]), 28, 28);
                assert!(resized.samples.iter().all(|&s| s == value), "{value} of {w}x{h}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "at least one pixel")]
    fn nothing_has_no_size() {
        resize(&formula(4, 4), 0, 28);
    }
}
