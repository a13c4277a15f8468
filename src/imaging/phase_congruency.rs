//! Phase congruency: people see a feature where the Fourier components of an image agree in phase.
//!
//! > PC = Σ_o max(E_o − T_o, 0) / Σ_o Σ_s A_so,  E_o = Σ_s A_so (cos Δφ − |sin Δφ|),
//!
//! with A_so the amplitude of the response to a log-Gabor filter of scale s and orientation o, and Δφ its phase
//! relative to the mean over the scales (P. Kovesi, "Image features from phase congruency", Videre 1(3), 1999). The
//! parameters are those of FSIM: four scales with wavelengths of 6, 12, 24 and 48 pixels, four orientations, σ/f₀ =
//! 0.55, angular spread π/4/1.2. T is the noise level: its mean plus two standard deviations, divided by 1.7, estimated
//! from the median energy of the finest scale.
//!
//! The transform is periodic: the right edge of the image is adjacent to its left edge.
//!
//! An image needs sixteen inverse transforms, one for each filter. Columns are read from the spectrum eight at a time,
//! multiplied by the filter, transformed, and stored as groups of eight rows. The rows are transformed when they are
//! needed. All further steps work on the groups, so no response is stored as an ordinary plane.
//!
//! The noise estimate needs the sum over the image of the squared sum of the filters' even parts in space. By
//! Parseval's theorem that is a sum over frequencies, so no filter is ever transformed.

use super::fft::{ComplexPlane, Fft2, FftScratch, separate};
use super::plane::Plane;
use crate::lanes::{Kernel, Lanes, Real, Register, math};
use std::cell::RefCell;
use std::f64::consts::PI;

/// Eight numbers: of one row in neighbouring columns before the columns are transformed, and of one column in
/// neighbouring rows after.
type Eight = Lanes<f64, 8>;

const SCALES: usize = 4;
const ORIENTATIONS: usize = 4;
/// The wavelength of the finest filter in pixels; that of the coarsest is 48.
const WAVELENGTH: f64 = 6.0;

/// The phase congruency of two images of the same size, 0 to 1 at every pixel. NaN if an image has no structure.
///
/// # Panics
/// If the sizes differ.
pub fn of_pair(x: &Plane, y: &Plane) -> [Plane; 2] {
    let size = (x.width, x.height);
    assert_eq!(size, (y.width, y.height), "the planes differ in size");
    WORKSPACE.with_borrow_mut(|kept| {
        let kept = match kept {
            Some(workspace) if workspace.size == size => workspace,
            _ => kept.insert(Workspace::new(size.0, size.1)),
        };
        kept.load(x, y);
        [0, 1].map(|image| kept.congruency(image))
    })
}

thread_local! {
    /// The workspace of the last size: the images of a database have few sizes.
    static WORKSPACE: RefCell<Option<Workspace>> = const { RefCell::new(None) };
}

/// Filters, plan and memory for images of one size: 25 planes. Fresh memory would cost as much time as the transforms.
struct Workspace {
    /// Width and height.
    size: (usize, usize),
    bank: Bank,
    fft: Fft2,
    fft_scratch: FftScratch,
    /// The transform of x + iy.
    both: ComplexPlane,
    /// The spectra of both images, real and imaginary parts, by eight columns: [column / 8][row].
    spectra: [[Vec<Eight>; 2]; 2],
    /// The responses of one orientation, real and imaginary parts, by eight rows: [row / 8][column], each with space
    /// for the transform.
    responses: [[Vec<Eight>; 2]; SCALES],
    line: Vec<Eight>,
    /// [row / 8][column].
    energy: Vec<Eight>,
    amplitude: Vec<Eight>,
    /// The squared magnitudes of the finest responses, and the number of them in each size class.
    energies: Vec<f64>,
    counts: Vec<u32>,
}

impl Workspace {
    fn new(width: usize, height: usize) -> Workspace {
        let fft = Fft2::new(width, height);
        let (columns, rows) = (width.div_ceil(8), height.div_ceil(8));
        let none = |count: usize| vec![Eight::zero(); count];
        let part = || none(rows * fft.across.room());
        Workspace {
            size: (width, height),
            bank: Bank::new(width, height),
            spectra: std::array::from_fn(|_| std::array::from_fn(|_| none(columns * height))),
            responses: std::array::from_fn(|_| [part(), part()]),
            line: none(4 * fft.across.room().max(fft.down.room()).max(8 * rows)),
            energy: none(rows * width),
            amplitude: none(rows * width),
            energies: Vec::with_capacity(width * height),
            counts: vec![0; 1 << 14],
            fft_scratch: FftScratch::default(),
            both: ComplexPlane::zeros(width, height),
            fft,
        }
    }

    /// Transforms both images.
    fn load(&mut self, x: &Plane, y: &Plane) {
        let Workspace { size: (_, height), fft, fft_scratch, both, spectra: [first, second], .. } = self;
        both.re.copy_from_slice(&x.values);
        both.im.copy_from_slice(&y.values);
        fft.forward(both, fft_scratch);
        separate(both, |x, y, [a, b, c, d]| {
            let (group, lane) = (x / 8 * *height + y, x % 8);
            first[0][group].0[lane] = a;
            first[1][group].0[lane] = b;
            second[0][group].0[lane] = c;
            second[1][group].0[lane] = d;
        });
    }

    fn congruency(&mut self, image: usize) -> Plane {
        let Workspace { size, bank, fft, spectra, responses, line, energy, amplitude, energies, counts, .. } = self;
        let (width, height) = *size;
        energy.fill(Eight::zero());
        amplitude.fill(Eight::zero());
        for (angular, noise) in bank.angular.iter().zip(&bank.noise) {
            for (radial, response) in bank.radial.iter().zip(responses.iter_mut()) {
                Eight::dispatch(Columns {
                    fft,
                    size: *size,
                    spectrum: &spectra[image],
                    radial,
                    angular,
                    line,
                    response,
                });
            }
            energies.clear();
            Eight::dispatch(Finest { fft, size: *size, line, response: &mut responses[0], energies });
            let threshold = noise * median(energies, counts).sqrt();
            Eight::dispatch(Energy { fft, size: *size, line, responses, threshold, energy, amplitude });
        }
        let mut congruency = vec![0.0; width * height];
        for (y, row) in congruency.chunks_exact_mut(width).enumerate() {
            let from = y / 8 * width;
            for ((value, energy), amplitude) in row.iter_mut().zip(&energy[from..]).zip(&amplitude[from..]) {
                *value = energy.0[y % 8] / amplitude.0[y % 8];
            }
        }
        Plane { width, height, values: congruency }
    }
}

/// The log-Gabor filters in the frequency plane, zero frequency first, by eight columns: [column / 8][row].
struct Bank {
    /// Divided by the number of pixels, for the inverse transform; 0 beyond the last column.
    radial: Vec<Vec<Eight>>,
    angular: Vec<Vec<Eight>>,
    /// The threshold T of each orientation, for a median energy of 1.
    noise: Vec<f64>,
}

impl Bank {
    fn new(width: usize, height: usize) -> Bank {
        let groups = width.div_ceil(8) * height;
        // The lanes after the last column have any radius but 0, which has no logarithm.
        let [mut radius, mut cosine, mut sine] = [1.0, 0.0, 0.0].map(|value| vec![Lanes([value; 8]); groups]);
        for y in 0..height {
            for x in 0..width {
                let (group, lane) = (x / 8 * height + y, x % 8);
                let zero = x == 0 && y == 0;
                let (across, down) = (frequency(x, width), frequency(y, height));
                // At zero frequency any angle and radius is fine: the filters are 0 there.
                let r = if zero { 1.0 } else { (across * across + down * down).sqrt() };
                radius[group].0[lane] = r;
                cosine[group].0[lane] = if zero { 1.0 } else { across / r };
                sine[group].0[lane] = if zero { 0.0 } else { -down / r };
            }
        }
        let mut radial = vec![vec![Eight::zero(); groups]; SCALES];
        let mut angular = vec![vec![Eight::zero(); groups]; ORIENTATIONS];
        Eight::dispatch(Shapes {
            radius: &radius,
            cosine: &cosine,
            sine: &sine,
            radial: &mut radial,
            angular: &mut angular,
        });
        radial.iter_mut().for_each(|filter| filter[0].0[0] = 0.0);
        let at = |filter: &[Eight], x: usize, y: usize| filter[x / 8 * height + y].0[x % 8];
        let noise = angular.iter().map(|angular| {
            let (mut finest, mut even) = (0.0, 0.0);
            for y in 0..height {
                for x in 0..width {
                    let (mirror_x, mirror_y) = ((width - x) % width, (height - y) % height);
                    let filter = at(&radial[0], x, y) * at(angular, x, y);
                    finest += filter * filter;
                    let all = |x: usize, y: usize| -> f64 {
                        radial.iter().map(|radial| at(radial, x, y)).sum::<f64>() * at(angular, x, y)
                    };
                    let both = 0.5 * (all(x, y) + all(mirror_x, mirror_y));
                    even += both * both;
                }
            }
            // The mean energy of noise is its median divided by ln 2; T is proportional to the root of half the
            // expected energy of the sum.
            let tau = (even / finest / std::f64::consts::LN_2).sqrt();
            tau * ((PI / 2.0).sqrt() + 2.0 * (2.0 - PI / 2.0).sqrt()) / 1.7
        });
        let noise = noise.collect();
        let share = 1.0 / (width * height) as f64;
        for filter in &mut radial {
            for (group, eight) in filter.iter_mut().enumerate() {
                for (lane, value) in eight.0.iter_mut().enumerate() {
                    *value *= if group / height * 8 + lane < width { share } else { 0.0 };
                }
            }
        }
        Bank { radial, angular, noise }
    }
}

/// The frequency at index `i` of `n`, in cycles per pixel. For odd n the ends are stretched to ±½, as in the authors'
/// program.
fn frequency(i: usize, n: usize) -> f64 {
    let signed = if i < n.div_ceil(2) { i as f64 } else { i as f64 - n as f64 };
    match n {
        1 => 0.0,
        n if n % 2 == 1 => signed / (n - 1) as f64,
        n => signed / n as f64,
    }
}

/// Radial: e^(−ln²(r/f₀) / 2 ln² 0.55) / (1 + (r/0.45)³⁰). Angular: e^(−Δθ²/2σ²), for lanes of frequencies.
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
        let onf: f64 = math::ln(0.55);
        let mut wavelength = WAVELENGTH;
        for filter in radial {
            for (out, &r) in R::view_mut(filter).iter_mut().zip(radius) {
                let distance = math::ln(r * R::splat(wavelength));
                let gabor = math::exp(distance * distance * R::splat(-0.5 / (onf * onf)));
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
            let (s, c): (f64, f64) = math::sin_cos(o as f64 * PI / ORIENTATIONS as f64);
            let (s, c) = (R::splat(s), R::splat(c));
            for ((out, &cosine), &sine) in R::view_mut(filter).iter_mut().zip(cosine).zip(sine) {
                let angle = math::atan2(sine * c - cosine * s, cosine * c + sine * s);
                *out = math::exp(angle * angle * R::splat(-0.5 / (sigma * sigma)));
            }
        }
    }
}

/// The response of one filter, with its columns transformed back and its rows not yet. (The inverse transform is the
/// forward one with real and imaginary parts exchanged.)
struct Columns<'a> {
    fft: &'a Fft2,
    size: (usize, usize),
    spectrum: &'a [Vec<Eight>; 2],
    radial: &'a [Eight],
    angular: &'a [Eight],
    line: &'a mut [Eight],
    response: &'a mut [Vec<Eight>; 2],
}

impl Kernel<Eight> for Columns<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Eight>>(self) {
        let Columns { fft, size: (width, height), spectrum: [re, im], radial, angular, line, response } = self;
        let pitch = fft.across.room();
        let quarter = line.len() / 4;
        for first in (0..width).step_by(8) {
            let from = first / 8 * height;
            let columns = (width - first).min(8);
            {
                let (re, im) = (&R::view(re)[from..][..height], &R::view(im)[from..][..height]);
                let (radial, angular) = (&R::view(radial)[from..][..height], &R::view(angular)[from..][..height]);
                let (x, rest) = R::view_mut(line).split_at_mut(quarter);
                let (xi, rest) = rest.split_at_mut(quarter);
                let (y, yi) = rest.split_at_mut(quarter);
                let (a, b) = (&mut x[..height], &mut xi[..height]);
                for i in 0..height {
                    let filter = radial[i] * angular[i];
                    a[i] = im[i] * filter;
                    b[i] = re[i] * filter;
                }
                fft.down.run(x, xi, y, yi);
            }
            let (im, re) = line.split_at(quarter);
            let [re_out, im_out] = &mut *response;
            for (values, out) in [(re, re_out), (im, im_out)] {
                for (group, rows) in values[..height.div_ceil(8) * 8].as_chunks::<8>().0.iter().enumerate() {
                    let out = &mut out[group * pitch + first..][..columns];
                    if let Ok(out) = <&mut [Eight; 8]>::try_from(&mut *out) {
                        turn(rows, out);
                    } else {
                        let mut turned = [Eight::zero(); 8];
                        turn(rows, &mut turned);
                        out.copy_from_slice(&turned[..columns]);
                    }
                }
            }
        }
    }
}

/// Transposes rows and columns in squares of four, which the compiler keeps in registers.
#[inline(always)]
fn turn(rows: &[Eight; 8], out: &mut [Eight; 8]) {
    for i in [0, 4] {
        for j in [0, 4] {
            let [a, b, c, d] = [rows[i].0, rows[i + 1].0, rows[i + 2].0, rows[i + 3].0];
            let low = [[a[j], b[j], a[j + 2], b[j + 2]], [a[j + 1], b[j + 1], a[j + 3], b[j + 3]]];
            let high = [[c[j], d[j], c[j + 2], d[j + 2]], [c[j + 1], d[j + 1], c[j + 3], d[j + 3]]];
            for k in 0..2 {
                let (low, high) = (low[k], high[k]);
                out[j + k].0[i..i + 4].copy_from_slice(&[low[0], low[1], high[0], high[1]]);
                out[j + k + 2].0[i..i + 4].copy_from_slice(&[low[2], low[3], high[2], high[3]]);
            }
        }
    }
}

/// Transforms eight rows of a response back in place.
#[inline(always)]
fn rows_back<R: Register<Eight>>(fft: &Fft2, response: &mut [Vec<Eight>; 2], group: usize, line: &mut [Eight]) {
    let pitch = fft.across.room();
    let [re, im] = response;
    let (re, im) = (&mut R::view_mut(re)[group * pitch..][..pitch], &mut R::view_mut(im)[group * pitch..][..pitch]);
    let (y, yi) = R::view_mut(line).split_at_mut(pitch);
    fft.across.run(im, re, y, yi);
}

/// Finishes the finest response and lists its squared magnitudes.
struct Finest<'a> {
    fft: &'a Fft2,
    size: (usize, usize),
    line: &'a mut [Eight],
    response: &'a mut [Vec<Eight>; 2],
    energies: &'a mut Vec<f64>,
}

impl Kernel<Eight> for Finest<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Eight>>(self) {
        let Finest { fft, size: (width, height), line, response, energies } = self;
        let pitch = fft.across.room();
        for group in 0..height.div_ceil(8) {
            rows_back::<R>(fft, response, group, line);
            let [re, im] = &*response;
            let (re, im) = (&R::view(re)[group * pitch..][..width], &R::view(im)[group * pitch..][..width]);
            let squares = &mut R::view_mut(line)[..width];
            for i in 0..width {
                squares[i] = re[i] * re[i] + im[i] * im[i];
            }
            let rows = (height - 8 * group).min(8);
            for eight in &line[..width] {
                energies.extend_from_slice(&eight.0[..rows]);
            }
        }
    }
}

/// The median of non-negative numbers, by counting the numbers in each size class: an eighth of an octave, in the order
/// of their bits. `counts` is all 0 before and after.
fn median(values: &[f64], counts: &mut [u32]) -> f64 {
    let size = |value: f64| (value.to_bits() >> 49) as usize;
    values.iter().for_each(|&value| counts[size(value)] += 1);
    let ranked = |rank: usize| {
        let (mut below, mut of_size) = (0, 0);
        while below + counts[of_size] as usize <= rank {
            below += counts[of_size] as usize;
            of_size += 1;
        }
        let mut alike: Vec<f64> = values.iter().copied().filter(|&value| size(value) == of_size).collect();
        *alike.select_nth_unstable_by(rank - below, f64::total_cmp).1
    };
    let middle = values.len() / 2;
    let upper = ranked(middle);
    let median = if values.len() % 2 == 1 { upper } else { 0.5 * (ranked(middle - 1) + upper) };
    counts.fill(0);
    median
}

/// Finishes the coarser responses and adds the energy of one orientation above its threshold, and its amplitudes.
struct Energy<'a> {
    fft: &'a Fft2,
    size: (usize, usize),
    line: &'a mut [Eight],
    responses: &'a mut [[Vec<Eight>; 2]; SCALES],
    threshold: f64,
    energy: &'a mut [Eight],
    amplitude: &'a mut [Eight],
}

impl Kernel<Eight> for Energy<'_> {
    type Output = ();

    #[inline(always)]
    fn run<R: Register<Eight>>(self) {
        let Energy { fft, size: (width, height), line, responses, threshold, energy, amplitude } = self;
        let pitch = fft.across.room();
        let (threshold, nothing) = (R::splat(threshold), R::zero());
        for group in 0..height.div_ceil(8) {
            for response in &mut responses[1..] {
                rows_back::<R>(fft, response, group, line);
            }
            let mut even: [&[R]; SCALES] = [&[]; SCALES];
            let mut odd = even;
            for s in 0..SCALES {
                even[s] = &R::view(&responses[s][0])[group * pitch..][..width];
                odd[s] = &R::view(&responses[s][1])[group * pitch..][..width];
            }
            let energy = &mut R::view_mut(energy)[group * width..][..width];
            let amplitude = &mut R::view_mut(amplitude)[group * width..][..width];
            for i in 0..width {
                let (mut all_even, mut all_odd, mut amplitudes) = (nothing, nothing, nothing);
                for s in 0..SCALES {
                    let (e, o) = (even[s][i], odd[s][i]);
                    all_even = all_even + e;
                    all_odd = all_odd + o;
                    amplitudes = amplitudes + (e * e + o * o).sqrt();
                }
                let length = (all_even * all_even + all_odd * all_odd).sqrt() + R::splat(1e-4);
                let mut along = nothing;
                for s in 0..SCALES {
                    let (e, o) = (even[s][i], odd[s][i]);
                    along = along + (e * all_even + o * all_odd - (e * all_odd - o * all_even).abs());
                }
                let beyond = along / length - threshold;
                energy[i] = energy[i] + R::select_lt(nothing, beyond, beyond, nothing);
                amplitude[i] = amplitude[i] + amplitudes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    #[test]
    fn an_edge_is_congruent_and_a_flat_field_is_not() {
        let bar = Plane::from_fn(64, 50, |x, _| if (16..48).contains(&x) { 200.0 } else { 50.0 });
        let [pc, same] = of_pair(&bar, &bar.map(|v| 0.5 * v + 7.0));
        // The features are the two edges, independent of the contrast.
        for (a, b) in pc.values.iter().zip(&same.values) {
            assert!((0.0..=1.0).contains(a) && (a - b).abs() < 1e-3);
        }
        assert!(pc.at(16, 20) > 0.7 && pc.at(47, 20) > 0.7 && pc.at(24, 20) < 0.3, "{:?}", pc.row(20));
    }

    #[test]
    fn a_plane_on_its_side_has_its_congruency_on_its_side() {
        // Odd sides, for which the frequencies are symmetric; 67 needs the longer transform, and 7 is less than a
        // group.
        for (width, height) in [(61, 49), (67, 51), (7, 67)] {
            let plane = Plane::from_fn(width, height, |x, y| ((x * x * 7 + y * 13 + x * y * 3) % 101) as f64);
            let other = Plane::from_fn(width, height, |x, y| ((x * 29 + y * y * 5) % 83) as f64);
            let side = |plane: &Plane| Plane::from_fn(plane.height, plane.width, |x, y| plane.at(y, x));
            let upright = of_pair(&plane, &other);
            for (turned, upright) in of_pair(&side(&plane), &side(&other)).iter().zip(&upright) {
                for (a, b) in side(turned).values.iter().zip(&upright.values) {
                    assert!(abs_diff_eq!(a, b, epsilon = 1e-9), "{width}x{height}: {a} is not {b}");
                }
            }
            // The state kept from one size to the next changes nothing.
            assert_eq!(of_pair(&plane, &other), upright);
        }
    }

    #[test]
    fn medians() {
        let mut counts = vec![0; 1 << 14];
        for (values, expected) in [
            (vec![3.0], 3.0),
            (vec![4.0, 1.0], 2.5),
            (vec![0.0, 0.0, 7.0], 0.0),
            (vec![1e-300, 1e300, 1.0, 1.01, 1.02], 1.01),
            ((0..1000).map(|i| f64::from(i * 617 % 1000)).collect(), 499.5),
            (vec![2.0; 50], 2.0),
        ] {
            assert_eq!(median(&values, &mut counts), expected);
        }
        assert!(counts.iter().all(|&count| count == 0));
    }

    #[test]
    fn frequencies_of_even_and_odd_sides() {
        assert_eq!([0, 1, 2, 3].map(|i| frequency(i, 4)), [0.0, 0.25, -0.5, -0.25]);
        assert_eq!([0, 1, 2, 3, 4].map(|i| frequency(i, 5)), [0.0, 0.25, 0.5, -0.5, -0.25]);
    }
}
