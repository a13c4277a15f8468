//! Chroma upsampling (libjpeg's jdsample.c, "fancy") and colour conversion (jdcolor.c): from component planes to
//! pixels.
//!
//! Chroma samples lie between the pixels. For a ratio of two, libjpeg weights the nearer sample 3/4 and the farther 1/4
//! (a triangle filter). It alternates the rounding between neighbours so that no bias accumulates. At the borders only
//! the nearer sample is used. Other ratios, and planes of one or two columns, repeat the samples.

/// The plane upsampled to the size of the image.
///
/// `size` is the plane's true width and height, `factors` the ratio of the image to it (horizontal, vertical),
/// `target` the image's width and height.
pub fn upsample(
    plane: &[u8],
    stride: usize,
    size: (usize, usize),
    factors: (usize, usize),
    target: (usize, usize),
) -> Vec<u8> {
    let row = |y: usize| &plane[y * stride..y * stride + size.0];
    // The row on the other side of a pixel row in a plane of half the height: above for even rows, below for odd ones.
    let farther =
        |y: usize| row(if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(size.1 - 1) });
    let mut out = Vec::with_capacity(target.0 * target.1);
    let mut wide = Vec::with_capacity(size.0 * factors.0 + 1);
    for y in 0..target.1 {
        wide.clear();
        match factors {
            (1, 1) => wide.extend_from_slice(row(y)),
            (2, 1) if size.0 > 2 => {
                widen(
                    size.0,
                    &mut wide,
                    |x| i32::from(row(y)[x]),
                    |near, far, right| (3 * near + far + 1 + right) >> 2,
                );
            }
            (1, 2) => {
                let bias = 1 + (y as i32 % 2);
                let pairs = row(y / 2).iter().zip(farther(y));
                wide.extend(pairs.map(|(&near, &far)| ((3 * i32::from(near) + i32::from(far) + bias) >> 2) as u8));
            }
            (2, 2) if size.0 > 2 => {
                let (near, far) = (row(y / 2), farther(y));
                let column = |x: usize| 3 * i32::from(near[x]) + i32::from(far[x]);
                widen(size.0, &mut wide, column, |near, far, right| (3 * near + far + 8 - right) >> 4);
            }
            (h, v) => wide.extend(row(y / v).iter().flat_map(|&sample| std::iter::repeat_n(sample, h))),
        }
        out.extend_from_slice(&wide[..target.0]);
    }
    out
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

/// YCbCr to RGB with constants scaled by 2^16. Each product is rounded as in libjpeg's tables: red and blue separately,
/// the two parts of green together.
#[inline(always)]
pub fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let r = y + ((91881 * cr + HALF) >> 16); // 1.40200
    let g = y + ((-22554 * cb - 46802 * cr + HALF) >> 16); // 0.34414, 0.71414
    let b = y + ((116130 * cb + HALF) >> 16); // 1.77200
    [r, g, b].map(|v| v.clamp(0, 255) as u8)
}
