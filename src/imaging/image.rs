//! The one image type: 8-bit RGB, as every database of the field stores it.

/// An 8-bit RGB image, row-major, channels interleaved: pixel (x, y) starts at `3 * (y * width + x)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb8 {
    /// Pixels in a row, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `3 * width * height` samples, R G B R G B …
    pub samples: Vec<u8>,
}

impl Rgb8 {
    /// An image from its samples.
    ///
    /// # Panics
    /// When `samples.len() != 3 * width * height` or a side is 0.
    pub fn new(width: usize, height: usize, samples: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "an image has at least one pixel, not {width}x{height}");
        assert_eq!(samples.len(), 3 * width * height, "samples of a {width}x{height} RGB image");
        Rgb8 { width, height, samples }
    }

    /// The image `f(x, y)` draws.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> [u8; 3]) -> Self {
        let mut samples = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            for x in 0..width {
                samples.extend_from_slice(&f(x, y));
            }
        }
        Rgb8::new(width, height, samples)
    }

    /// R, G, B at column `x` and row `y`.
    ///
    /// # Panics
    /// When the position lies outside the image.
    #[inline]
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let i = 3 * (y * self.width + x);
        [self.samples[i], self.samples[i + 1], self.samples[i + 2]]
    }
}
