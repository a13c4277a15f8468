//! Planes for distortions: values beyond the border and between pixels, and conversions between images and planes.

use super::to_u8;
use crate::imaging::Rgb8;

pub(in crate::imaging) use crate::imaging::plane::Plane;

impl Plane {
    /// The value at (x, y), or the nearest one inside the plane.
    pub(in crate::imaging) fn clamped(&self, x: isize, y: isize) -> f64 {
        let inside = |i: isize, n: usize| i.clamp(0, n as isize - 1) as usize;
        self.values[inside(y, self.height) * self.width + inside(x, self.width)]
    }

    /// The value at a real position, bilinear between the four pixels around it, clamped to the border.
    pub(in crate::imaging) fn bilinear(&self, x: f64, y: f64) -> f64 {
        let (x0, y0) = (x.floor(), y.floor());
        let (u, v) = (x - x0, y - y0);
        let (i, j) = (x0 as isize, y0 as isize);
        let row = |j| self.clamped(i, j) + u * (self.clamped(i + 1, j) - self.clamped(i, j));
        row(j) + v * (row(j + 1) - row(j))
    }

    /// The mean over the (2·radius + 1)² pixels around each pixel, with the border's values repeated beyond it.
    pub(in crate::imaging) fn box_mean(&self, radius: usize) -> Plane {
        let r = radius as isize;
        let share = 1.0 / (2 * r + 1) as f64;
        let mean = |f: &dyn Fn(isize) -> f64| (-r..=r).map(f).sum::<f64>() * share;
        let rows = Plane::from_fn(self.width, self.height, |x, y| mean(&|d| self.clamped(x as isize + d, y as isize)));
        Plane::from_fn(self.width, self.height, |x, y| mean(&|d| rows.clamped(x as isize, y as isize + d)))
    }
}

/// The planes of R, G and B.
pub(in crate::imaging) fn channels(image: &Rgb8) -> [Plane; 3] {
    [0, 1, 2].map(|c| Plane::from_fn(image.width, image.height, |x, y| f64::from(image.pixel(x, y)[c])))
}

/// The image of the planes R, G and B, rounded half up and clipped.
pub(in crate::imaging) fn from_channels([r, g, b]: &[Plane; 3]) -> Rgb8 {
    let rgb = r.values.iter().zip(&g.values).zip(&b.values);
    let samples = rgb.flat_map(|((&r, &g), &b)| [to_u8(r), to_u8(g), to_u8(b)]).collect();
    Rgb8::new(r.width, r.height, samples)
}

/// Luma and the two colour differences of JPEG and JPEG 2000 (BT.601, full range). The colour differences are about 0.
pub(in crate::imaging) fn to_luma_chroma(image: &Rgb8) -> [Plane; 3] {
    let mut planes = channels(image);
    let [r, g, b] = &mut planes;
    for ((r, g), b) in r.values.iter_mut().zip(&mut g.values).zip(&mut b.values) {
        let luma = 0.299 * *r + 0.587 * *g + 0.114 * *b;
        (*r, *g, *b) = (luma, (*b - luma) / 1.772, (*r - luma) / 1.402);
    }
    planes
}

/// The inverse of [`to_luma_chroma`].
pub(in crate::imaging) fn from_luma_chroma([luma, blue, red]: &[Plane; 3]) -> Rgb8 {
    let mut samples = Vec::with_capacity(3 * luma.values.len());
    for ((&y, &cb), &cr) in luma.values.iter().zip(&blue.values).zip(&red.values) {
        samples
            .extend([y + 1.402 * cr, y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587, y + 1.772 * cb].map(to_u8));
    }
    Rgb8::new(luma.width, luma.height, samples)
}
