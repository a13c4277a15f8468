//! The complex steerable pyramid, reduced to its coarsest bands.
//!
//! The pyramid divides the frequency plane into rings one octave wide, and each ring into sectors, one per orientation.
//! Only one half of the plane is kept, so a band is complex, and its phase gives the position within the wave (J.
//! Portilla and E. P. Simoncelli, "A parametric texture model based on joint statistics of complex wavelet
//! coefficients", IJCV 40(1), 2000, section 2). The inner half of the plane, which is the image at half its size, is
//! passed to the next level.
//!
//! So the coarsest level needs few frequencies of the whole image's transform, and only these are computed here. Two
//! factors that are the same for every coefficient of a band are left out, because similarities do not depend on them:
//! a power of −i, and a scale that makes the squares of the sectors sum to 1.
//!
//! The masks are read from tables by linear interpolation. The tables have the sizes of the authors' program
//! (matlabPyrTools), which affect the sixth digit.

use super::fft::{ComplexPlane, Fft2, FftScratch};
use super::plane::Plane;
use crate::lanes::math;
use crate::lanes::math::sin_cos;
use std::f64::consts::PI;

/// For each orientation, the band of level `levels` of both planes.
///
/// # Panics
/// If the sizes differ, or the images are too small for the level: sides of at least 4 · 2^levels are needed.
pub fn coarsest_bands(x: &Plane, y: &Plane, levels: usize, orientations: usize) -> Vec<[ComplexPlane; 2]> {
    let (width, height) = (x.width, x.height);
    assert!(width.min(height) >= 4 << levels, "a {width}x{height} image has no level {levels}");
    let mut scratch = FftScratch::default();
    let spectra = Fft2::new(width, height).forward_pair(x, y, &mut scratch);

    // The central part of the plane after halving it levels − 1 times, with zero frequency in the middle.
    let (mut columns, mut rows) = ((0, width), (0, height));
    for _ in 1..levels {
        (columns, rows) = (inner(columns), inner(rows));
    }
    let (across, down) = (columns.1, rows.1);
    let inner_fft = Fft2::new(across, down);
    let (radial, angular) = (radial_tables(), angular_table(orientations - 1));

    (0..orientations)
        .map(|orientation| {
            let mut bands = [ComplexPlane::zeros(across, down), ComplexPlane::zeros(across, down)];
            for i in 0..across * down {
                // The frequencies in the whole plane, and the indices in the band's transform, zero frequency first.
                let (fx, fy) = (signed(columns.0 + i % across, width), signed(rows.0 + i / across, height));
                let from = fy.rem_euclid(height as isize) as usize * width + fx.rem_euclid(width as isize) as usize;
                let to = (i / across + down - down / 2) % down * across + (i % across + across - across / 2) % across;

                let (u, v) = (fx as f64 / (width as f64 / 2.0), fy as f64 / (height as f64 / 2.0));
                // Zero frequency uses the radius of its left neighbour, since its own logarithm would be infinite.
                let radius = if (fx, fy) == (0, 0) { 2.0 / width as f64 } else { (u * u + v * v).sqrt() };
                let octave = math::ln(radius) / std::f64::consts::LN_2;
                let passed: f64 = (0..levels).map(|level| look_up(&radial.low, ring(octave, level))).product();
                let kept = look_up(&radial.high, ring(octave, levels));
                let turned = math::atan2(v, u) - PI * orientation as f64 / orientations as f64;
                let sector = look_up(&angular, turned / PI * HALF_TURN + (2.0 * HALF_TURN + 1.0));
                let mask = passed * kept * sector;
                for (band, spectrum) in bands.iter_mut().zip(&spectra) {
                    band.re[to] = mask * spectrum.re[from];
                    band.im[to] = mask * spectrum.im[from];
                }
            }
            bands.iter_mut().for_each(|band| inner_fft.inverse(band, &mut scratch));
            bands
        })
        .collect()
}

/// (first, count) of the middle half of `count` frequencies that begin at `first`.
fn inner((first, count): (usize, usize)) -> (usize, usize) {
    // MATLAB: ctr − ceil((ceil((n − 0.5)/2) + 0.5)/2), with ctr = ceil((n + 0.5)/2); in whole numbers:
    let half = count.div_ceil(2);
    (first + count / 2 - half / 2, half)
}

/// The frequency at an index of a plane with zero frequency in the middle.
fn signed(place: usize, n: usize) -> isize {
    place as isize - (n / 2) as isize
}

/// The number of steps of the radial table per octave.
const OCTAVE: f64 = 256.0;
/// The number of steps of the angular table per half turn.
const HALF_TURN: f64 = 1024.0;

/// √cos² and √(1 − cos²) of a quarter wave over the octave below 1, with one more value on either side.
struct Radial {
    high: Vec<f64>,
    low: Vec<f64>,
}

fn radial_tables() -> Radial {
    let last = OCTAVE as usize;
    let squares: Vec<f64> = (0..=last + 2)
        .map(|k| {
            let k = k.clamp(1, last + 1) - 1;
            let (_, cosine): (f64, f64) = sin_cos(PI * (k as f64 - OCTAVE) / (2.0 * OCTAVE));
            cosine * cosine
        })
        .collect();
    Radial { high: squares.iter().map(|s| s.sqrt()).collect(), low: squares.iter().map(|s| (1.0 - s).sqrt()).collect() }
}

/// The position of an octave (log₂ of the radius) in the table, for the ring of `level`.
fn ring(octave: f64, level: usize) -> f64 {
    (octave + level as f64) * OCTAVE + (OCTAVE + 1.0)
}

/// cosⁿ over two turns, one half of each: 0 for a negative cosine.
fn angular_table(order: usize) -> Vec<f64> {
    let half_turn = HALF_TURN as isize;
    (-(2 * half_turn + 1)..=2 * half_turn + 1)
        .map(|k| {
            let angle = (k + half_turn).rem_euclid(2 * half_turn) - half_turn;
            if angle.abs() >= half_turn / 2 {
                return 0.0;
            }
            let (_, cosine): (f64, f64) = sin_cos(PI * angle as f64 / HALF_TURN);
            (0..order).fold(1.0, |power, _| power * cosine)
        })
        .collect()
}

/// The interpolated value of the table at a position; beyond the ends, the last entry.
fn look_up(table: &[f64], place: f64) -> f64 {
    let place = place.clamp(0.0, (table.len() - 1) as f64);
    let below = (place as usize).min(table.len() - 2);
    table[below] + (table[below + 1] - table[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn halves_of_a_plane_keep_zero_frequency_in_the_middle() {
        for n in [16, 17, 18, 19, 384, 385] {
            let (first, count) = inner((0, n));
            assert_eq!(count, n.div_ceil(2));
            assert_eq!(first + count / 2, n / 2, "{n}");
        }
    }

    #[test]
    fn a_wave_lives_in_the_band_of_its_direction_and_its_phase_is_its_place() {
        // Four waves across 64 pixels: on the third octave from the edge of the frequency plane, 32 · 2⁻³.
        let wave = |shift: f64| {
            Plane::from_fn(64, 64, |x, _| {
                let (sine, _): (f64, f64) = sin_cos(2.0 * PI * (4.0 * x as f64 / 64.0 + shift));
                sine
            })
        };
        let bands = coarsest_bands(&wave(0.0), &wave(0.2), 3, 4);
        let energy = |band: &ComplexPlane| band.re.iter().chain(&band.im).map(|v| v * v).sum::<f64>();
        let energies: Vec<f64> = bands.iter().map(|[band, _]| energy(band)).collect();
        // cos³ of 45°, squared, is an eighth; the perpendicular band is 0.
        let shares: Vec<f64> = energies.iter().map(|e| e / energies[0]).collect();
        assert_abs_diff_eq!(shares[1], 0.125, epsilon = 1e-12);
        assert_abs_diff_eq!(shares[3], 0.125, epsilon = 1e-12);
        assert!(shares[2] < 1e-20, "{energies:?}");
        let [a, b] = &bands[0];
        assert_eq!((a.width, a.height), (16, 16));
        for i in 0..a.re.len() {
            let (re, im) = (b.re[i] * a.re[i] + b.im[i] * a.im[i], b.im[i] * a.re[i] - b.re[i] * a.im[i]);
            let turn: f64 = math::atan2(im, re) / (2.0 * PI);
            assert_abs_diff_eq!(turn, 0.2, epsilon = 1e-9);
        }
    }
}
