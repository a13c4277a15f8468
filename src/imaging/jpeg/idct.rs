//! libjpeg's accurate integer inverse DCT ("islow", jidctint.c): the 12-multiplication factorisation of Loeffler,
//! Ligtenberg and Moschytz ("Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989), columns first,
//! then rows.
//!
//! The constants are scaled by 2^13. The column pass keeps two extra bits, and each pass rounds once, half up. Decoders
//! agree only if every rounding is in the same place, so nothing here may be rearranged. Numbers are `i64`: no input
//! overflows.

/// Bits of the scaled constants.
const CONST_BITS: u32 = 13;
/// Extra bits carried from the column pass to the row pass.
const PASS1_BITS: u32 = 2;

/// One eight-point inverse DCT, scaled up by 2^13 · √8.
#[inline(always)]
fn inverse_8(x: [i64; 8]) -> [i64; 8] {
    // Even part: a rotation of (2, 6) by 3π/8 · √2 and the sum and difference of (0, 4).
    let z1 = (x[2] + x[6]) * 4433; // √2 cos(3π/8)
    let e2 = z1 - x[6] * 15137; // √2 (cos + sin)(3π/8)
    let e3 = z1 + x[2] * 6270; // √2 (sin − cos)(3π/8)
    let e0 = (x[0] + x[4]) << CONST_BITS;
    let e1 = (x[0] - x[4]) << CONST_BITS;
    let even = [e0 + e3, e1 + e2, e1 - e2, e0 - e3];

    // Odd part: figure 8 of the paper, with its multiplications combined into nine.
    let z5 = (x[7] + x[3] + x[5] + x[1]) * 9633;
    let z1 = (x[7] + x[1]) * -7373;
    let z2 = (x[5] + x[3]) * -20995;
    let z3 = (x[7] + x[3]) * -16069 + z5;
    let z4 = (x[5] + x[1]) * -3196 + z5;
    let odd = [x[1] * 12299 + z1 + z4, x[3] * 25172 + z2 + z3, x[5] * 16819 + z2 + z4, x[7] * 2446 + z1 + z3];

    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}

/// Division by 2^`bits`, rounded half up.
#[inline(always)]
fn descale(x: i64, bits: u32) -> i64 {
    (x + (1 << (bits - 1))) >> bits
}

/// Writes the 8×8 samples of a dequantised block to the top left of `plane`, whose rows are `stride` apart.
pub fn inverse(block: &[i32; 64], plane: &mut [u8], stride: usize) {
    let mut work = [0i64; 64];
    for column in 0..8 {
        let x: [i64; 8] = std::array::from_fn(|row| i64::from(block[8 * row + column]));
        if x[1..].iter().all(|&value| value == 0) {
            // Exactly the result of the full transform for a constant column.
            (0..8).for_each(|row| work[8 * row + column] = x[0] << PASS1_BITS);
            continue;
        }
        for (row, value) in inverse_8(x).into_iter().enumerate() {
            work[8 * row + column] = descale(value, CONST_BITS - PASS1_BITS);
        }
    }
    for row in 0..8 {
        let x: [i64; 8] = std::array::from_fn(|column| work[8 * row + column]);
        for (column, value) in inverse_8(x).into_iter().enumerate() {
            let sample = descale(value, CONST_BITS + PASS1_BITS + 3) + 128;
            plane[row * stride + column] = sample.clamp(0, 255) as u8;
        }
    }
}
