//! The image types: 8-bit RGB, the format of every database of the field, and RGB of up to 16 bits.

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
    /// If `samples.len() != 3 * width * height` or a side is 0.
    pub fn new(width: usize, height: usize, samples: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "an image needs at least one pixel, not {width}x{height}");
        assert_eq!(samples.len(), 3 * width * height, "the number of samples of a {width}x{height} RGB image");
        Rgb8 { width, height, samples }
    }

    /// The image whose pixel (x, y) is `f(x, y)`.
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
    /// If the position lies outside the image.
    #[inline]
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let i = 3 * (y * self.width + x);
        [self.samples[i], self.samples[i + 1], self.samples[i + 2]]
    }
}

/// An RGB image of up to 16 bits per sample, in the layout of [`Rgb8`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb16 {
    /// Pixels in a row, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `3 * width * height` samples from 0 to `range`, R G B R G B …
    pub samples: Vec<u16>,
    /// The largest value that a sample can have, at least 1: 65535, or 1023 for samples of 10 bits.
    pub range: u16,
}

impl Rgb16 {
    /// An image from its samples.
    ///
    /// # Panics
    /// If `samples.len() != 3 * width * height`, a side or the range is 0, or a sample is above the range.
    pub fn new(width: usize, height: usize, samples: Vec<u16>, range: u16) -> Self {
        assert!(width > 0 && height > 0 && range > 0, "an image needs a pixel and a range, not {width}x{height}");
        assert_eq!(samples.len(), 3 * width * height, "the number of samples of a {width}x{height} RGB image");
        assert!(samples.iter().all(|&v| v <= range), "a sample is above {range}");
        Rgb16 { width, height, samples, range }
    }

    /// The image in 8 bits: round(v · 255 / range), halves upwards.
    pub fn rounded(&self) -> Rgb8 {
        let range = u32::from(self.range);
        let round = |&v: &u16| ((510 * u32::from(v) + range) / (2 * range)) as u8;
        Rgb8::new(self.width, self.height, self.samples.iter().map(round).collect())
    }
}

impl From<&Rgb8> for Rgb16 {
    fn from(image: &Rgb8) -> Self {
        Rgb16::new(image.width, image.height, image.samples.iter().map(|&v| v.into()).collect(), 255)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_any_range_are_rounded_to_the_nearest_level() {
        for range in [1, 2, 100, 255, 1023, 4095, 65535] {
            for v in (0..=range).step_by(1 + usize::from(range) / 3000) {
                let exact = f64::from(v) * 255.0 / f64::from(range);
                let found = Rgb16::new(1, 1, vec![v; 3], range).rounded().samples[0];
                assert_eq!(f64::from(found), (exact + 0.5).floor(), "{v} of {range}");
            }
        }
        let image = Rgb8::from_fn(3, 2, |x, y| [x as u8, y as u8, 255]);
        assert_eq!(Rgb16::from(&image).rounded(), image);
    }
}
