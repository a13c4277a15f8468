//! Chroma upsampling (libjpeg's jdsample.c, "fancy"): from a component's samples to pixels.
//!
//! Chroma samples lie between the pixels. For a ratio of two, libjpeg weights the nearer sample 3/4 and the farther 1/4
//! (a triangle filter). It alternates the rounding between neighbours so that no bias accumulates. At the borders only
//! the nearer sample is used. Other ratios, and planes of one or two columns, repeat the samples.

use super::frame::Component;

/// Writes row `y` of the image, and perhaps some samples more, to `out`. `factors` is the ratio of the image to the
/// component, horizontal and vertical.
pub fn upsample(component: &Component, factors: (usize, usize), y: usize, out: &mut Vec<u8>) {
    let (width, height) = component.size;
    let near = component.row(y / factors.1);
    // The row on the other side of a pixel row in a plane of half the height: above for even rows, below for odd ones.
    let far =
        || component.row(if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(height - 1) });
    out.clear();
    match factors {
        (1, 1) => out.extend_from_slice(near),
        (2, 1) if width > 2 => {
            widen(width, out, |x| i32::from(near[x]), |near, far, right| (3 * near + far + 1 + right) >> 2);
        }
        (1, 2) => {
            let bias = 1 + (y as i32 % 2);
            let pairs = near.iter().zip(far());
            out.extend(pairs.map(|(&near, &far)| ((3 * i32::from(near) + i32::from(far) + bias) >> 2) as u8));
        }
        (2, 2) if width > 2 => {
            let far = far();
            let column = |x: usize| 3 * i32::from(near[x]) + i32::from(far[x]);
            widen(width, out, column, |near, far, right| (3 * near + far + 8 - right) >> 4);
        }
        (h, _) => out.extend(near.iter().flat_map(|&sample| std::iter::repeat_n(sample, h))),
    }
}

/// Doubles a row: each sample becomes two pixels, the left one mixed with the previous sample, the right one with the
/// next. `mix(near, far, right)` rounds, and `right` is 0 or 1. At the ends the sample is its own neighbour.
#[inline(always)]
fn widen(width: usize, out: &mut Vec<u8>, at: impl Fn(usize) -> i32, mix: impl Fn(i32, i32, i32) -> i32) {
    let mut before = at(0);
    let mut here = before;
    for x in 0..width {
        let after = if x + 1 < width { at(x + 1) } else { here };
        out.extend_from_slice(&[mix(here, before, 0) as u8, mix(here, after, 1) as u8]);
        (before, here) = (here, after);
    }
}
