//! Phase congruency: where the Fourier components of an image agree in phase, there people see a feature.
//!
//! > PC = Σ_o max(E_o − T_o, 0) / Σ_o Σ_s A_so,  E_o = Σ_s A_so (cos Δφ − |sin Δφ|),
//!
//! with A_so the amplitude of the response to a log-Gabor filter of scale s and orientation o, and Δφ its phase against the mean over the
//! scales (P. Kovesi, "Image features from phase congruency", Videre 1(3), 1999; the parameters are those of FSIM: four scales from a
//! wavelength of 6 pixels on, each twice the last, four orientations, σ/f₀ = 0.55, angular spread π/4/1.2). T is what
//! noise would give: its mean and two standard deviations, over 1.7, estimated from the median of the finest scale's energy.
//!
//! The transform is periodic: the image's right edge meets its left.
//!
//! The noise estimate needs Σ over the image of the squared sum of the filters' even parts in space; by Parseval's theorem that is a
//! sum over frequencies, so no filter is ever transformed.

use super::fft::{ComplexPlane, Fft2, FftScratch};
use super::plane::Plane;
use crate::lanes::{Kernel, Lanes, Real, Register};
use std::f64::consts::PI;

const SCALES: usize = 4;
const ORIENTATIONS: usize = 4;
/// The finest filter's wavelength in pixels; the coarsest's is 48.
const WAVELENGTH: f64 = 6.0;

/// The phase congruency of two images of one size, 0 to 1 at every pixel. NaN where an image has no structure at all.
///
/// # Panics
/// When the sizes differ.
pub fn of_pair(x: &Plane, y: &Plane) -> [Plane; 2] {
    let (width, height) = (x.width, x.height);
    let bank = Bank::new(width, height);
    let (fft, mut scratch) = (Fft2::new(width, height), FftScratch::default());
    let spectra = fft.forward_pair(x, y, &mut scratch);
    let mut energies = Vec::new();
    let mut responses: [ComplexPlane; SCALES] = std::array::from_fn(|_| ComplexPlane::zeros(width, height));
    spectra.map(|spectrum| {
        let mut energy = vec![0.0; width * height];
        let mut amplitude = vec![0.0; width * height];
        for (angular, noise) in bank.angular.iter().zip(&bank.noise) {
            for (radial, response) in bank.radial.iter().zip(&mut responses) {
                Lanes::dispatch(Filter { spectrum: &spectrum, radial, angular, response });
                fft.inverse(response, &mut scratch);
            }
            let threshold = noise * median_energy(&responses[0], &mut energies).sqrt();
            Lanes::dispatch(Energy {
                responses: &responses,
                threshold,
                energy: &mut energy,
                amplitude: &mut amplitude,
            });
        }
        energy.iter_mut().zip(&amplitude).for_each(|(energy, amplitude)| *energy /= amplitude);
        Plane { width, height, values: energy }
    })
}

/// The log-Gabor filters in the frequency plane, zero frequency first.
struct Bank {
    radial: Vec<Vec<f64>>,
    angular: Vec<Vec<f64>>,
    /// The threshold T of each orientation, for a median energy of 1.
    noise: Vec<f64>,
}

impl Bank {
    fn new(width: usize, height: usize) -> Bank {
        let groups = (width * height).div_ceil(8);
        let none = vec![Lanes::default(); groups];
        let [mut radius, mut cosine, mut sine] = [none.clone(), none.clone(), none.clone()];
        for i in 0..width * height {
            let (x, y) = (frequency(i % width, width), frequency(i / width, height));
            // At zero frequency any angle does, and any radius: the filters are 0 there.
            let r = if i == 0 { 1.0 } else { (x * x + y * y).sqrt() };
            radius[i / 8].0[i % 8] = r;
            cosine[i / 8].0[i % 8] = if i == 0 { 1.0 } else { x / r };
            sine[i / 8].0[i % 8] = if i == 0 { 0.0 } else { -y / r };
        }
        // The lanes past the end would take the logarithm of 0.
        (width * height..8 * groups).for_each(|i| radius[i / 8].0[i % 8] = 1.0);
        let mut radial = vec![none.clone(); SCALES];
        let mut angular = vec![none; ORIENTATIONS];
        Lanes::dispatch(Shapes {
            radius: &radius,
            cosine: &cosine,
            sine: &sine,
            radial: &mut radial,
            angular: &mut angular,
        });
        let flat = |lanes: Vec<Vec<Lanes<f64, 8>>>| -> Vec<Vec<f64>> {
            let one =
                |filter: Vec<Lanes<f64, 8>>| filter.iter().flat_map(|lanes| lanes.0).take(width * height).collect();
            lanes.into_iter().map(one).collect()
        };
        let (mut radial, angular) = (flat(radial), flat(angular));
        radial.iter_mut().for_each(|filter| filter[0] = 0.0);
        let mut all = radial[0].clone();
        for filter in &radial[1..] {
            all.iter_mut().zip(filter).for_each(|(sum, value)| *sum += value);
        }
        let noise = angular.iter().map(|angular| {
            let (mut finest, mut even) = (0.0, 0.0);
            for y in 0..height {
                let (row, mirrored) = (y * width, if y == 0 { 0 } else { (height - y) * width });
                for x in 0..width {
                    let (at, mirror) = (row + x, mirrored + if x == 0 { 0 } else { width - x });
                    let filter = radial[0][at] * angular[at];
                    finest += filter * filter;
                    let both = 0.5 * (all[at] * angular[at] + all[mirror] * angular[mirror]);
                    even += both * both;
                }
            }
            // The mean energy of noise is its median over ln 2; T is proportional to the root of half the energy expected of the sum.
            let tau = (even / finest / std::f64::consts::LN_2).sqrt();
            tau * ((PI / 2.0).sqrt() + 2.0 * (2.0 - PI / 2.0).sqrt()) / 1.7
        });
        let noise = noise.collect();
        Bank { radial, angular, noise }
    }
}

/// The frequency of place `i` of `n`, in cycles per pixel; of an odd n the ends are stretched to ±½, as in the authors' program.
fn frequency(i: usize, n: usize) -> f64 {
    let signed = if i < n.div_ceil(2) { i as f64 } else { i as f64 - n as f64 };
    match n {
        1 => 0.0,
        n if n % 2 == 1 => signed / (n - 1) as f64,
        n => signed / n as f64,
    }
}

/// Radial: e^(−ln²(r/f₀) / 2 ln² 0.55) / (1 + (r/0.45)³⁰). Angular: e^(−Δθ²/2σ²), for lanes of places.
struct Shapes<'a> {
    radius: &'a [Lanes<f64, 8>],
    cosine: &'a [Lanes<f64, 8>],
    sine: &'a [Lanes<f64, 8>],
    radial: &'a mut [Vec<Lanes<f64, 8>>],
    angular: &'a mut [Vec<Lanes<f64, 8>>],
}

impl Kernel<Lanes<f64, 8>> for Shapes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Shapes { radius, cosine, sine, radial, angular } = self;
        let (radius, cosine, sine) = (R::view(radius), R::view(cosine), R::view(sine));
        let onf: f64 = Real::ln(0.55);
        let mut wavelength = WAVELENGTH;
        for filter in radial {
            for (out, &r) in R::view_mut(filter).iter_mut().zip(radius) {
                let distance = Real::ln(r * R::splat(wavelength));
                let gabor = Real::exp(distance * distance * R::splat(-0.5 / (onf * onf)));
                let x = r * R::splat(1.0 / 0.45);
                let x2 = x * x;
                let x4 = x2 * x2;
                let x8 = x4 * x4;
                let x16 = x8 * x8;
                *out = gabor / (R::one() + x16 * x8 * (x4 * x2));
            }
            wavelength *= 2.0;
        }
        let sigma = PI / ORIENTATIONS as f64 / 1.2;
        for (o, filter) in angular.iter_mut().enumerate() {
            let (s, c): (f64, f64) = crate::lanes::math::sin_cos(o as f64 * PI / ORIENTATIONS as f64);
            let (s, c) = (R::splat(s), R::splat(c));
            for ((out, &cosine), &sine) in R::view_mut(filter).iter_mut().zip(cosine).zip(sine) {
                let angle = Real::atan2(sine * c - cosine * s, cosine * c + sine * s);
                *out = Real::exp(angle * angle * R::splat(-0.5 / (sigma * sigma)));
            }
        }
    }
}

struct Filter<'a> {
    spectrum: &'a ComplexPlane,
    radial: &'a [f64],
    angular: &'a [f64],
    response: &'a mut ComplexPlane,
}

impl Kernel<Lanes<f64, 8>> for Filter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Filter { spectrum, radial, angular, response } = self;
        let n = radial.len();
        let (re, im, angular) = (&spectrum.re[..n], &spectrum.im[..n], &angular[..n]);
        let (out, out_im) = (&mut response.re[..n], &mut response.im[..n]);
        for i in 0..n {
            let filter = radial[i] * angular[i];
            out[i] = re[i] * filter;
            out_im[i] = im[i] * filter;
        }
    }
}

/// The median of |response|², found in memory that is used again.
fn median_energy(response: &ComplexPlane, energies: &mut Vec<f64>) -> f64 {
    energies.clear();
    energies.extend(response.re.iter().zip(&response.im).map(|(a, b)| a * a + b * b));
    let middle = energies.len() / 2;
    let (below, &mut upper, _) = energies.select_nth_unstable_by(middle, f64::total_cmp);
    if response.re.len() % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().max_by(f64::total_cmp).expect("an even number is not 0");
    0.5 * (lower + upper)
}

/// Adds one orientation's energy beyond its threshold, and its amplitudes.
struct Energy<'a> {
    responses: &'a [ComplexPlane; SCALES],
    threshold: f64,
    energy: &'a mut [f64],
    amplitude: &'a mut [f64],
}

impl Kernel<Lanes<f64, 8>> for Energy<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) {
        let Energy { responses, threshold, energy, amplitude } = self;
        let n = energy.len();
        let even: [&[f64]; SCALES] = std::array::from_fn(|s| &responses[s].re[..n]);
        let odd: [&[f64]; SCALES] = std::array::from_fn(|s| &responses[s].im[..n]);
        let amplitude = &mut amplitude[..n];
        for i in 0..n {
            let (mut all_even, mut all_odd, mut amplitudes) = (0.0, 0.0, 0.0);
            for s in 0..SCALES {
                all_even += even[s][i];
                all_odd += odd[s][i];
                amplitudes += (even[s][i] * even[s][i] + odd[s][i] * odd[s][i]).sqrt();
            }
            let length = (all_even * all_even + all_odd * all_odd).sqrt() + 1e-4;
            let (mean_even, mean_odd) = (all_even / length, all_odd / length);
            let mut along = 0.0;
            for s in 0..SCALES {
                along += even[s][i] * mean_even + odd[s][i] * mean_odd
                    - (even[s][i] * mean_odd - odd[s][i] * mean_even).abs();
            }
            energy[i] += (along - threshold).max(0.0);
            amplitude[i] += amplitudes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_congruent_and_a_flat_field_is_not() {
        let bar = Plane::from_fn(64, 50, |x, _| if (16..48).contains(&x) { 200.0 } else { 50.0 });
        let [pc, same] = of_pair(&bar, &bar.map(|v| 0.5 * v + 7.0));
        // The features are the two edges, whatever the contrast.
        for (a, b) in pc.values.iter().zip(&same.values) {
            assert!((0.0..=1.0).contains(a) && (a - b).abs() < 1e-3);
        }
        assert!(pc.at(16, 20) > 0.7 && pc.at(47, 20) > 0.7 && pc.at(24, 20) < 0.3, "{:?}", pc.row(20));
    }

    #[test]
    fn frequencies_of_even_and_odd_sides() {
        assert_eq!([0, 1, 2, 3].map(|i| frequency(i, 4)), [0.0, 0.25, -0.5, -0.25]);
        assert_eq!([0, 1, 2, 3, 4].map(|i| frequency(i, 5)), [0.0, 0.25, 0.5, -0.5, -0.25]);
    }
}
