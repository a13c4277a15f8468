//! The orthonormal 8×8 cosine transform (DCT), which JPEG quantises and several distortion types use.

use super::plane::Plane;

/// The coefficients of a block, one row per vertical frequency; [0] is 8 times the mean.
pub(super) type Block = [f64; 64];

/// cos(kπ/16) for k = 1 to 7, as constants instead of a library's cosine.
const COS: [f64; 7] = [
    0.9807852804032304,
    0.9238795325112867,
    0.8314696123025452,
    std::f64::consts::FRAC_1_SQRT_2,
    0.5555702330196023,
    0.38268343236508984,
    0.19509032201612833,
];

/// The orthonormal basis. Entry (frequency, position) is √¼·cos((2·position + 1)·frequency·π/16), and √⅛ in the first
/// row.
const BASIS: [[f64; 8]; 8] = {
    let mut basis = [[0.353_553_390_593_273_8; 8]; 8];
    let mut k = 1;
    while k < 8 {
        let mut i = 0;
        while i < 8 {
            // The angle in units of π/16, reduced to the first quadrant.
            let angle = (2 * i + 1) * k % 32;
            let angle = if angle > 16 { 32 - angle } else { angle };
            let cos = match angle {
                0 => 1.0,
                8 => 0.0,
                16 => -1.0,
                1..8 => COS[angle - 1],
                _ => -COS[15 - angle],
            };
            basis[k][i] = 0.5 * cos;
            i += 1;
        }
        k += 1;
    }
    basis
};

/// The matrix of the inverse: the transpose.
const TRANSPOSED: [[f64; 8]; 8] = {
    let mut transposed = [[0.0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        transposed[i % 8][i / 8] = BASIS[i / 8][i % 8];
        i += 1;
    }
    transposed
};

/// Combines the matrix's rows with each row of the block, and transposes the result. Two calls are the whole transform:
/// the inverse with [`BASIS`], the forward one with [`TRANSPOSED`].
fn rows(block: &Block, matrix: &[[f64; 8]; 8]) -> Block {
    let mut out = [0.0; 64];
    for (y, row) in block.chunks_exact(8).enumerate() {
        let mut line = [0.0; 8];
        for (v, basis) in row.iter().zip(matrix) {
            line.iter_mut().zip(basis).for_each(|(l, b)| *l += v * b);
        }
        line.iter().enumerate().for_each(|(x, &l)| out[8 * x + y] = l);
    }
    out
}

/// Divides `plane` into 8×8 blocks, on a grid that starts `shift` pixels before the top-left corner. `f` changes the
/// coefficients of each block (it receives the block's column and row too), and the block is written back.
///
/// Blocks that extend beyond the border are filled with the border's values, and only their inside is written back.
pub(super) fn change_blocks(plane: &mut Plane, shift: [usize; 2], mut f: impl FnMut(&mut Block, usize, usize)) {
    let (width, height) = (plane.width, plane.height);
    let [shift_x, shift_y] = shift;
    for (j, top) in (0..height + shift_y).step_by(8).enumerate() {
        for (i, left) in (0..width + shift_x).step_by(8).enumerate() {
            let mut block = [0.0; 64];
            for (y, line) in block.chunks_exact_mut(8).enumerate() {
                let inside = |i: usize, shift: usize, n: usize| i.saturating_sub(shift).min(n - 1);
                let row = &plane.values[inside(top + y, shift_y, height) * width..][..width];
                line.iter_mut().enumerate().for_each(|(x, v)| *v = row[inside(left + x, shift_x, width)]);
            }
            let mut coefficients = rows(&rows(&block, &TRANSPOSED), &TRANSPOSED);
            f(&mut coefficients, i, j);
            let block = rows(&rows(&coefficients, &BASIS), &BASIS);
            for y in shift_y.saturating_sub(top)..8.min(height + shift_y - top) {
                let row = &mut plane.values[(top + y - shift_y) * width..][..width];
                for x in shift_x.saturating_sub(left)..8.min(width + shift_x - left) {
                    row[left + x - shift_x] = block[8 * y + x];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn the_basis_is_orthonormal() {
        for (k, a) in BASIS.iter().enumerate() {
            for (l, b) in BASIS.iter().enumerate() {
                let product: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                assert!(
                    abs_diff_eq!(product, f64::from(u8::from(k == l)), epsilon = 1e-15),
                    "rows {k} and {l}: {product}"
                );
            }
        }
    }

    #[test]
    fn untouched_blocks_come_back_on_every_grid_and_the_first_coefficient_is_the_mean() {
        let plane = Plane::from_fn(19, 11, |x, y| (x * x + 3 * y) as f64);
        for shift in [[0, 0], [3, 5], [7, 7]] {
            let mut copy = plane.clone();
            change_blocks(&mut copy, shift, |_, _, _| ());
            let worst = copy.values.iter().zip(&plane.values).fold(0.0, |w: f64, (a, b)| w.max((a - b).abs()));
            assert!(worst < 1e-11, "shift {shift:?}: {worst}");
        }
        let mut flat = Plane::from_fn(8, 8, |_, _| 5.0);
        change_blocks(&mut flat, [0, 0], |block, _, _| {
            assert_abs_diff_eq!(block[0], 40.0, epsilon = 1e-12);
            assert!(block[1..].iter().all(|c| c.abs() < 1e-12));
        });
    }
}
