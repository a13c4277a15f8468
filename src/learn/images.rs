//! Images of one size in memory, stored as bytes: a quarter of the memory of f32.

use crate::autodiff::{Tape, Var};
use crate::imaging::Rgb8;
use crate::lanes::{Real, Scalar};

/// Colour images of one size, numbered from 0. On a tape they are (3, H, W) in [0, 1].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    width: usize,
    height: usize,
    /// The images in order, each as R plane, G plane, B plane.
    samples: Vec<u8>,
}

impl Images {
    /// An empty set of images of this size.
    pub fn new(width: usize, height: usize) -> Images {
        Images { width, height, samples: Vec::new() }
    }

    /// Adds an image.
    ///
    /// # Panics
    /// If it has another size.
    pub fn push(&mut self, image: &Rgb8) {
        assert_eq!((image.width, image.height), (self.width, self.height), "the size of the image");
        for channel in 0..3 {
            self.samples.extend(image.samples.iter().skip(channel).step_by(3));
        }
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.samples.len() / self.each()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// (3, H, W).
    pub fn shape(&self) -> [usize; 3] {
        [3, self.height, self.width]
    }

    /// These images, in this order.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn subset(&self, items: impl Iterator<Item = usize>) -> Images {
        let samples = items.flat_map(|i| &self.samples[i * self.each()..(i + 1) * self.each()]).copied().collect();
        Images { samples, ..*self }
    }

    /// Image `i`.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn get(&self, i: usize) -> Rgb8 {
        let planes = &self.samples[i * self.each()..(i + 1) * self.each()];
        let plane = self.width * self.height;
        Rgb8::from_fn(self.width, self.height, |x, y| [0, 1, 2].map(|c| planes[c * plane + y * self.width + x]))
    }

    /// A hash of size and samples: BLAKE3, as 64 lower-case hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        [self.width, self.height].iter().for_each(|n| _ = hasher.update(&(*n as u64).to_le_bytes()));
        hasher.update(&self.samples).finalize().to_hex().to_string()
    }

    fn each(&self) -> usize {
        3 * self.width * self.height
    }

    /// Records these images on a tape, one per lane from the first lane on. The remaining lanes are black.
    ///
    /// # Panics
    /// If there are more images than lanes, or an image does not exist.
    pub fn place<T: Real>(&self, tape: &mut Tape<T>, items: impl Iterator<Item = usize>) -> Var {
        let rows: Vec<&[u8]> = items.map(|i| &self.samples[i * self.each()..(i + 1) * self.each()]).collect();
        assert!(rows.len() <= T::LANES, "{} images for {} lanes", rows.len(), T::LANES);
        tape.input_with(&self.shape(), |values| {
            for (p, value) in values.iter_mut().enumerate() {
                *value = T::zero();
                for (lane, row) in rows.iter().enumerate() {
                    value.set_lane(lane, T::Scalar::nearest(LEVELS[usize::from(row[p])]));
                }
            }
        })
    }
}

/// level/255. A division for every sample would give the same numbers in ten times the time.
const LEVELS: [f64; 256] = {
    let mut levels = [0.0; 256];
    let mut level = 0;
    while level < 256 {
        levels[level] = level as f64 / 255.0;
        level += 1;
    }
    levels
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Lanes;

    #[test]
    fn planes_are_apart_and_lanes_side_by_side() {
        let mut images = Images::new(2, 1);
        images.push(&Rgb8::new(2, 1, vec![0, 51, 102, 153, 204, 255]));
        images.push(&Rgb8::new(2, 1, vec![255; 6]));
        assert_eq!((images.len(), images.shape()), (2, [3, 1, 2]));
        let mut tape = Tape::<Lanes<f64, 8>>::new();
        let x = images.place(&mut tape, [1, 0].into_iter());
        let lane = |i: usize| tape.values(x).iter().map(|v| v.lane(i)).collect::<Vec<_>>();
        assert_eq!((lane(0), lane(1), lane(2)), (vec![1.0; 6], vec![0.0, 0.6, 0.2, 0.8, 0.4, 1.0], vec![0.0; 6]));
    }
}
