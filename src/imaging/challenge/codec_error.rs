//! Challenge 03, codec error: blocks predicted from the wrong place, since the data for their prediction were lost.
//!
//! A video codec sends a block as a motion vector, the position of its source in the last frame, and a residual, which
//! is added. If the source frame or the vector is lost, a run of blocks shows another part of the image, with the
//! correct residual added. The tiles show pieces of letters, of the sign's rim and of the background at wrong places
//! with hard edges, in blocks of about an eighth of the side. In the rendered tile hardly a block is in its place. The
//! classifiers lose two thirds of their total loss at the first level.
//!
//! The simulation draws patches of up to half the blocks per side in random order, until every block has an error. Each
//! patch has one vector and one colour shift. The level decides how many of these errors are applied.

use super::{Challenge, Simulator, side};
use crate::imaging::Rgb8;
use crate::imaging::distortion::plane::channels;
use crate::imaging::distortion::to_u8;
use crate::stats::random::Stream;

pub(super) const TYPE: Simulator = Simulator {
    challenge: Challenge::CodecError,
    name: "codec_error",
    strengths: [0.22, 0.34, 0.46, 0.60, 0.76],
    simulate,
};

/// The error of a block.
#[derive(Clone, Copy)]
struct Error {
    /// The position of its source relative to its own position, in pixels.
    vector: [isize; 2],
    /// The numbers added to R, G and B.
    drift: [f64; 3],
    /// The number of blocks that were drawn before it.
    rank: usize,
}

/// The strength is the fraction of lost blocks.
fn simulate(image: &Rgb8, strength: f64, random: &mut Stream) -> Rgb8 {
    let side = side(image);
    let block = ((side / 8.0 + 0.5) as usize).max(2);
    let (columns, rows) = (image.width.div_ceil(block), image.height.div_ceil(block));
    let errors = strike(columns, rows, side, random);
    let lost = strength * errors.len() as f64;
    let planes = channels(image);
    let means = planes.each_ref().map(|plane| plane.box_mean(block / 2));
    Rgb8::from_fn(image.width, image.height, |x, y| {
        let error = errors[y / block * columns + x / block];
        if error.rank as f64 >= lost {
            return image.pixel(x, y);
        }
        let [sx, sy] = [x as isize + error.vector[0], y as isize + error.vector[1]];
        let (sx, sy) = (sx.rem_euclid(image.width as isize), sy.rem_euclid(image.height as isize));
        std::array::from_fn(|c| {
            let at = y * image.width + x;
            let residual = planes[c].values[at] - means[c].values[at];
            to_u8(planes[c].clamped(sx, sy) + 0.7 * residual + error.drift[c])
        })
    })
}

/// The error of each block, row by row.
fn strike(columns: usize, rows: usize, side: f64, random: &mut Stream) -> Vec<Error> {
    let mut errors: Vec<Option<Error>> = vec![None; columns * rows];
    let mut struck = 0;
    while struck < errors.len() {
        let [left, top] = [random.index(columns), random.index(rows)];
        let [right, bottom] = [left + 1 + random.index(columns.div_ceil(2)), top + 1 + random.index(rows.div_ceil(2))];
        let vector = [0, 1].map(|_| ((2.0 * random.uniform() - 1.0) * 0.5 * side) as isize);
        let luma = 14.0 * random.normal();
        let drift = [0, 1, 2].map(|_| luma + 5.0 * random.normal());
        for row in top..bottom.min(rows) {
            for error in &mut errors[row * columns..][left..right.min(columns)] {
                if error.is_none() {
                    *error = Some(Error { vector, drift, rank: struck });
                    struck += 1;
                }
            }
        }
    }
    errors.into_iter().flatten().collect()
}
