//! Factors of the units of a projection, from the kurtosis of their weights.
//!
//! The 64 weights of the luma channel of each unit form a row of a matrix V (units × 64). The mean of all of V is
//! subtracted, and each column is divided by its largest magnitude. Then the bias-corrected kurtosis of each row (3 for
//! a normal distribution) determines the factor: see [`UnitWeights`].

use super::method::UnitWeights;
use crate::imaging::patches::{AREA, DIMENSIONS};

/// The factors of the units of a projection, stored as rows of 192 weights.
///
/// # Panics
/// If the last row of `projection` is incomplete.
pub fn unit_weights(rule: UnitWeights, projection: &[f64]) -> Vec<f64> {
    let (rows, rest) = projection.as_chunks::<DIMENSIONS>();
    assert!(rest.is_empty(), "a projection needs rows of {DIMENSIONS} weights, not {} numbers", projection.len());
    let factor = match rule {
        UnitWeights::Equal => return vec![1.0; rows.len()],
        // A constant row has no kurtosis (NaN), so its factor is 1.
        UnitWeights::Peaked => |kurtosis: f64| if kurtosis > 3.0 { 2.0 } else { 1.0 },
        UnitWeights::Graded => |kurtosis: f64| match kurtosis {
            k if k > 5.0 => 2.0,
            k if k < 2.0 => 0.5,
            _ => 1.0,
        },
    };
    kurtoses(rows).into_iter().map(factor).collect()
}

/// The kurtosis of each row of V; NaN for a constant one.
fn kurtoses(rows: &[[f64; DIMENSIONS]]) -> Vec<f64> {
    let mut luma: Vec<[f64; AREA]> = rows.iter().map(|row| std::array::from_fn(|i| row[i])).collect();
    let mean = luma.iter().flatten().sum::<f64>() / (AREA * luma.len()) as f64;
    luma.iter_mut().flatten().for_each(|v| *v -= mean);
    let largest: [f64; AREA] = std::array::from_fn(|i| luma.iter().map(|row| row[i].abs()).fold(0.0, f64::max));
    for row in &mut luma {
        row.iter_mut().zip(largest).for_each(|(v, largest)| *v /= largest);
    }
    luma.iter().map(kurtosis).collect()
}

/// Bias-corrected sample kurtosis, as MATLAB's `kurtosis(v, 0)`: for n samples and k₁ = m₄/m₂² it is
/// ((n + 1) k₁ − 3(n − 1)) (n − 1)/((n − 2)(n − 3)) + 3.
fn kurtosis(v: &[f64; AREA]) -> f64 {
    if v.iter().all(|x| *x == v[0]) {
        // Rounding of the mean would give a spurious kurtosis.
        return f64::NAN;
    }
    let n = AREA as f64;
    let mean = v.iter().sum::<f64>() / n;
    let (mut second, mut fourth) = (0.0, 0.0);
    for v in v {
        let square = (v - mean) * (v - mean);
        second += square;
        fourth += square * square;
    }
    let biased = n * fourth / (second * second);
    ((n + 1.0) * biased - 3.0 * (n - 1.0)) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) + 3.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn kurtosis_by_hand() {
        // Half −1, half 1: m₂ = m₄ = 1, k₁ = 1, and (65 − 189)·63/(62·61) + 3.
        let v = std::array::from_fn(|i| if i % 2 == 0 { -1.0 } else { 1.0 });
        assert_abs_diff_eq!(kurtosis(&v), 3.0 - 124.0 * 63.0 / (62.0 * 61.0), epsilon = 1e-14);
        assert!(kurtosis(&[0.25; AREA]).is_nan());
    }

    #[test]
    fn rules() {
        // Unit 0 has one large weight, unit 1 has two values, and unit 2 is constant. A constant first column must not
        // matter.
        let mut rows = vec![0.0; 3 * DIMENSIONS];
        rows[5] = 9.0;
        for i in 0..AREA {
            rows[DIMENSIONS + i] = if i % 2 == 0 { 0.5 } else { -0.5 };
            rows[2 * DIMENSIONS + i] = 0.1;
        }
        assert_eq!(unit_weights(UnitWeights::Equal, &rows), [1.0; 3]);
        let peaked = unit_weights(UnitWeights::Peaked, &rows);
        assert_eq!(peaked[..2], [2.0, 1.0]);
        let graded = unit_weights(UnitWeights::Graded, &rows);
        assert_eq!(graded[..2], [2.0, 0.5]);
        // All of V constant: no row has a kurtosis.
        assert_eq!(unit_weights(UnitWeights::Graded, &[0.5; 2 * DIMENSIONS]), [1.0; 2]);
    }
}
