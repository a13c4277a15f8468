//! Convolution with any kernel, with the border values of the image repeated beyond it.
//!
//! TID2013's own blur (in [`distortion`](crate::imaging::distortion)) ends at 11×11 pixels and leaves a dark rim, as in
//! that database. The crops here come from a blurred frame: they have no rim, and the kernel grows with the sign.

use crate::imaging::Rgb8;
use crate::imaging::distortion::plane::{Plane, channels, from_channels};

/// A tap: the column and row of an input pixel relative to the output pixel, and its weight.
pub(super) type Tap = ([isize; 2], f64);

/// The positive taps `weight(dx, dy)` within `columns` and `rows` of the centre, scaled to sum to 1.
pub(super) fn kernel(columns: isize, rows: isize, weight: impl Fn(f64, f64) -> f64) -> Vec<Tap> {
    let mut taps = Vec::new();
    for dy in -rows..=rows {
        for dx in -columns..=columns {
            let w = weight(dx as f64, dy as f64);
            if w > 0.0 {
                taps.push(([dx, dy], w));
            }
        }
    }
    let sum: f64 = taps.iter().map(|(_, w)| w).sum();
    taps.iter_mut().for_each(|(_, w)| *w /= sum);
    taps
}

/// `image` convolved with the kernels one after the other, and rounded once at the end.
pub(super) fn convolve(image: &Rgb8, kernels: &[Vec<Tap>]) -> Rgb8 {
    from_channels(&channels(image).map(|plane| kernels.iter().fold(plane, |plane, taps| filter(&plane, taps))))
}

/// One channel convolved with one kernel.
fn filter(plane: &Plane, taps: &[Tap]) -> Plane {
    let reach = taps.iter().fold(0, |r, ([dx, dy], _)| r.max(dx.abs()).max(dy.abs()));
    let pad = reach as usize;
    let (width, height) = (plane.width, plane.height);
    let wide =
        Plane::from_fn(width + 2 * pad, height + 2 * pad, |x, y| plane.clamped(x as isize - reach, y as isize - reach));
    let mut values = vec![0.0; width * height];
    for (y, row) in values.chunks_exact_mut(width).enumerate() {
        for &([dx, dy], w) in taps {
            let start = (y as isize + reach + dy) as usize * wide.width + (reach + dx) as usize;
            row.iter_mut().zip(&wide.values[start..start + width]).for_each(|(v, s)| *v += w * s);
        }
    }
    Plane { width, height, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_becomes_the_kernel_and_flat_stays_flat() {
        let taps = kernel(1, 2, |dx, dy| 4.0 - dx.abs() - dy.abs());
        let dot = Rgb8::from_fn(9, 7, |x, y| [if (x, y) == (4, 3) { 255 } else { 0 }, 9, 0]);
        let spread = convolve(&dot, std::slice::from_ref(&taps));
        for ([dx, dy], w) in taps {
            let got = spread.pixel((4 + dx) as usize, (3 + dy) as usize);
            assert_eq!(got, [(255.0 * w + 0.5) as u8, 9, 0]);
        }
        assert_eq!(spread.pixel(2, 3), [0, 9, 0]);
    }

    #[test]
    fn the_border_is_continued() {
        let step = Rgb8::from_fn(8, 8, |x, _| [if x < 4 { 200 } else { 0 }; 3]);
        let blurred = convolve(&step, &[kernel(9, 0, |_, _| 1.0), kernel(0, 9, |_, _| 1.0)]);
        // 19 taps centred on column 0 read it, its nine repetitions, and columns 1 to 9.
        assert_eq!(blurred.pixel(0, 0), [(200.0 * 13.0 / 19.0 + 0.5) as u8; 3]);
        assert_eq!(blurred.pixel(0, 0), blurred.pixel(0, 7));
    }
}
