//! 8×8 patches in the channels (Y, G, Cr), as integers.
//!
//! A patch is a vector of 192 samples: the channels one after the other, each **column by column** (MATLAB's order,
//! which the authors' weights expect): sample 64·channel + 8·column + row. Patches are stored as 8-bit integers, one
//! row of memory per dimension, so that means and covariances can be computed exactly.

use super::{Rgb8, color::ygcr};
use crate::lanes::{Kernel, Lanes, Real, Register};

/// The side of a patch.
pub const SIDE: usize = 8;
/// The number of samples in a channel of a patch.
pub const AREA: usize = SIDE * SIDE;
/// The number of samples in a patch.
pub const DIMENSIONS: usize = 3 * AREA;

/// Patches of (Y, G, Cr) samples, 0 ..= 255: a matrix of [`DIMENSIONS`] rows with a column per patch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patches {
    count: usize,
    /// Row-major: sample `d` of patch `p` is at `d * count + p`.
    samples: Vec<u8>,
}

impl Patches {
    /// The patches with the given images and top-left corners (x, y).
    ///
    /// # Panics
    /// If a patch does not lie inside its image.
    pub fn at<'a>(corners: impl ExactSizeIterator<Item = (&'a Rgb8, usize, usize)>) -> Patches {
        let count = corners.len();
        let mut samples = vec![0; DIMENSIONS * count];
        for (p, (image, left, top)) in corners.enumerate() {
            for x in 0..SIDE {
                for y in 0..SIDE {
                    for (channel, sample) in ygcr(image.pixel(left + x, top + y)).into_iter().enumerate() {
                        samples[(AREA * channel + SIDE * x + y) * count + p] = sample;
                    }
                }
            }
        }
        Patches { count, samples }
    }

    /// All full blocks of the grid that starts at the top-left corner of the image: rows of blocks from the top, each
    /// from the left. Empty if the image is smaller than a patch.
    pub fn blocks(image: &Rgb8) -> Patches {
        let mut patches = Patches::default();
        patches.update(image);
        patches
    }

    /// [`Patches::blocks`] of another image, in the same memory.
    pub fn update(&mut self, image: &Rgb8) {
        self.count = (image.width / SIDE) * (image.height / SIDE);
        self.samples.resize(DIMENSIONS * self.count, 0);
        Lanes::<f64, 8>::dispatch(Blocks { image, patches: self });
    }

    /// The number of patches.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Sample `dimension` of every patch.
    ///
    /// # Panics
    /// If `dimension` is not below [`DIMENSIONS`].
    #[inline]
    pub fn dimension(&self, dimension: usize) -> &[u8] {
        &self.samples[dimension * self.count..][..self.count]
    }
}

struct Blocks<'a> {
    image: &'a Rgb8,
    patches: &'a mut Patches,
}

/// Integers only; a kernel lets the compiler use the integer instructions of the instruction set.
impl Kernel<Lanes<f64, 8>> for Blocks<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Blocks { image, patches: Patches { count, samples } } = self;
        let across = image.width / SIDE;
        let row = 3 * image.width;
        for (strip, rows) in image.samples.chunks_exact(SIDE * row).enumerate() {
            for (y, row) in rows.chunks_exact(row).enumerate() {
                for (block, pixels) in row.chunks_exact(3 * SIDE).enumerate() {
                    let p = strip * across + block;
                    let samples = &mut samples[p..];
                    for (x, rgb) in pixels.chunks_exact(3).enumerate() {
                        for (channel, sample) in ygcr([rgb[0], rgb[1], rgb[2]]).into_iter().enumerate() {
                            samples[(AREA * channel + SIDE * x + y) * *count] = sample;
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize) -> Rgb8 {
        Rgb8::from_fn(width, height, |x, y| [(x * 13 + y * 7) as u8, (x * y) as u8, ((x * 31) ^ (y * 5)) as u8])
    }

    #[test]
    fn blocks_are_the_patches_of_the_grid() {
        for (width, height) in [(8, 8), (16, 8), (27, 18), (8, 31), (40, 24)] {
            let image = image(width, height);
            let corners: Vec<_> =
                (0..height / 8).flat_map(|row| (0..width / 8).map(move |column| (8 * column, 8 * row))).collect();
            let expected = Patches::at(corners.into_iter().map(|(x, y)| (&image, x, y)));
            assert_eq!(Patches::blocks(&image), expected, "{width}x{height}");
        }
    }

    #[test]
    fn columns_first_then_channels() {
        let image = Rgb8::from_fn(8, 8, |x, y| [0, (10 * x + y) as u8, 0]);
        let patches = Patches::blocks(&image);
        assert_eq!(patches.count(), 1);
        let green: Vec<u8> = (64..128).map(|d| patches.dimension(d)[0]).collect();
        assert_eq!(green[..10], [0, 1, 2, 3, 4, 5, 6, 7, 10, 11]);
    }

    #[test]
    fn too_small_an_image_has_none() {
        assert_eq!(Patches::blocks(&image(7, 100)).count(), 0);
        assert_eq!(Patches::blocks(&image(100, 7)).count(), 0);
    }
}
