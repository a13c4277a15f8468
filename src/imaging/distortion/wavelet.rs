//! The CDF 9/7 wavelet of JPEG 2000, by lifting (Daubechies and Sweldens 1998), scaled to be nearly orthonormal.

use super::plane::Plane;

const LIFTING: [f64; 4] = [-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971];
/// √2 / 1.230174104914001: the low band has the gain √2 of an orthonormal filter, the high band its inverse.
const LOW: f64 = 1.149604398860241;

/// The default depth of JPEG 2000's reference software.
const DEPTH: usize = 5;

/// The sizes of the low band before each further decomposition; a side shorter than 4 pixels is not decomposed.
fn sizes(plane: &Plane) -> Vec<(usize, usize)> {
    let mut sizes = vec![(plane.width, plane.height)];
    while let &[.., (w, h)] = &sizes[..] {
        if sizes.len() > DEPTH || w < 4 || h < 4 {
            break;
        }
        sizes.push((w.div_ceil(2), h.div_ceil(2)));
    }
    sizes
}

/// Decomposes the plane in place into subbands: the low band in the top-left corner, the others around it.
pub(super) fn forward(plane: &mut Plane) {
    let sizes = sizes(plane);
    for &(w, h) in &sizes[..sizes.len() - 1] {
        rows(plane, w, h, analyse);
        columns(plane, w, h, analyse);
    }
}

/// Reconstructs the plane from its subbands.
pub(super) fn inverse(plane: &mut Plane) {
    let sizes = sizes(plane);
    for &(w, h) in sizes[..sizes.len() - 1].iter().rev() {
        columns(plane, w, h, synthesise);
        rows(plane, w, h, synthesise);
    }
}

/// Width and height of the lowest band.
pub(super) fn lowest(plane: &Plane) -> (usize, usize) {
    let sizes = sizes(plane);
    sizes[sizes.len() - 1]
}

/// A transform of the first `w` columns and `h` rows along the columns, all columns at a time.
fn columns(plane: &mut Plane, w: usize, h: usize, transform: fn(&mut [f64], usize, usize)) {
    let mut lines = Vec::with_capacity(w * h);
    (0..h).for_each(|y| lines.extend_from_slice(&plane.values[y * plane.width..][..w]));
    transform(&mut lines, w, h);
    (0..h).for_each(|y| plane.values[y * plane.width..][..w].copy_from_slice(&lines[y * w..][..w]));
}

/// The same along the rows. The corner is transposed, so that the inner loop runs over neighbours in memory here too.
fn rows(plane: &mut Plane, w: usize, h: usize, transform: fn(&mut [f64], usize, usize)) {
    let mut lines = Vec::with_capacity(w * h);
    (0..w).for_each(|x| lines.extend((0..h).map(|y| plane.values[y * plane.width + x])));
    transform(&mut lines, h, w);
    for y in 0..h {
        let row = &mut plane.values[y * plane.width..][..w];
        row.iter_mut().enumerate().for_each(|(x, v)| *v = lines[x * h + y]);
    }
}

/// One lifting step on `n` lines of `w` values: every second line from `first` is increased by `a` times its two
/// neighbours, with mirrored ends.
fn lift(lines: &mut [f64], w: usize, n: usize, first: usize, a: f64) {
    for i in (first..n).step_by(2) {
        let before = if i == 0 { 1 } else { i - 1 };
        let after = if i + 1 == n { n - 2 } else { i + 1 };
        for x in 0..w {
            lines[i * w + x] += a * (lines[before * w + x] + lines[after * w + x]);
        }
    }
}

fn analyse(lines: &mut [f64], w: usize, n: usize) {
    for (step, a) in LIFTING.into_iter().enumerate() {
        lift(lines, w, n, 1 - step % 2, a);
    }
    let source = lines.to_vec();
    let half = n.div_ceil(2);
    for (i, line) in source.chunks_exact(w).enumerate() {
        let (to, gain) = if i % 2 == 0 { (i / 2, LOW) } else { (half + i / 2, 1.0 / LOW) };
        lines[to * w..][..w].iter_mut().zip(line).for_each(|(o, v)| *o = gain * v);
    }
}

fn synthesise(lines: &mut [f64], w: usize, n: usize) {
    let source = lines.to_vec();
    let half = n.div_ceil(2);
    for (i, line) in lines.chunks_exact_mut(w).enumerate() {
        let (from, gain) = if i % 2 == 0 { (i / 2, 1.0 / LOW) } else { (half + i / 2, LOW) };
        line.iter_mut().zip(&source[from * w..]).for_each(|(o, v)| *o = gain * v);
    }
    for (step, a) in LIFTING.into_iter().enumerate().rev() {
        lift(lines, w, n, 1 - step % 2, -a);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_exact_and_the_energy_is_nearly_kept() {
        for (w, h) in [(8, 8), (37, 19), (64, 48), (9, 3), (1, 20)] {
            let plane = Plane::from_fn(w, h, |x, y| ((x * 31 + y * 17 + x * y) % 97) as f64 - 48.0);
            let mut copy = plane.clone();
            forward(&mut copy);
            let energy = |p: &Plane| p.values.iter().map(|v| v * v).sum::<f64>();
            let kept = energy(&copy) / energy(&plane);
            assert!((0.8..1.25).contains(&kept), "{w}x{h}: {kept}");
            inverse(&mut copy);
            let worst = copy.values.iter().zip(&plane.values).fold(0.0, |w: f64, (a, b)| w.max((a - b).abs()));
            assert!(worst < 1e-9, "{w}x{h}: {worst}");
        }
    }

    #[test]
    fn a_constant_lies_in_the_lowest_band_alone() {
        let mut plane = Plane::from_fn(50, 40, |_, _| 3.0);
        forward(&mut plane);
        let (w, h) = lowest(&plane);
        for y in 0..40 {
            for x in 0..50 {
                assert!((x < w && y < h) || plane.values[y * 50 + x].abs() < 1e-9, "{x} {y}");
            }
        }
    }
}
