//! The Laplacian pyramid: the detail that each halving of an image removes.
//!
//! > gₗ₊₁ = every other row and column of B gₗ,  Lₗ = gₗ − B (gₗ₊₁ with zeros between),
//!
//! where B filters rows and columns with √2 (1, 4, 6, 4, 1)/16. The scale is that of matlabPyrTools, with which halving
//! and doubling keep the energy (P. J. Burt and E. H. Adelson, "The Laplacian pyramid as a compact image code", IEEE
//! Trans. Communications 31(4), 1983). Images are mirrored about their edge values.

use super::filter::{Border, pad, separable};
use super::plane::Plane;

/// The `levels` of the pyramid, finest first; the last is the low-pass residual.
pub fn laplacian_pyramid(plane: &Plane, levels: usize) -> Vec<Plane> {
    let mut pyramid = Vec::with_capacity(levels);
    let mut rest = plane.clone();
    for _ in 1..levels {
        let filtered = blur(&rest);
        let (width, height) = (rest.width, rest.height);
        let low = Plane::from_fn(width.div_ceil(2), height.div_ceil(2), |x, y| filtered.at(2 * x, 2 * y));
        let even = |x, y| if x % 2 == 0 && y % 2 == 0 { low.at(x / 2, y / 2) } else { 0.0 };
        let back = blur(&Plane::from_fn(width, height, even));
        rest.values.iter_mut().zip(&back.values).for_each(|(value, back)| *value -= back);
        pyramid.push(std::mem::replace(&mut rest, low));
    }
    pyramid.push(rest);
    pyramid
}

fn blur(plane: &Plane) -> Plane {
    let weights = [1.0, 4.0, 6.0, 4.0, 1.0].map(|w| w / 16.0 * std::f64::consts::SQRT_2);
    separable(&pad(plane, 2, 2, Border::Reflect), &weights, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_image_is_all_in_the_rest_and_every_pass_doubles_it() {
        let pyramid = laplacian_pyramid(&Plane::from_fn(33, 20, |_, _| 10.0), 3);
        let sides: Vec<_> = pyramid.iter().map(|level| (level.width, level.height)).collect();
        assert_eq!(sides, [(33, 20), (17, 10), (9, 5)]);
        assert!(pyramid[..2].iter().all(|level| level.values.iter().all(|v| v.abs() < 1e-12)));
        assert!(pyramid[2].values.iter().all(|v| (v - 40.0).abs() < 1e-12));
    }
}
