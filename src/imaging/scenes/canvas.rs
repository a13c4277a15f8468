//! The canvas of the synthetic scenes, and its shapes: a soft edge, and a lit and textured paint.

use super::texture::Texture;
use crate::imaging::Rgb8;
use crate::lanes::math;
use crate::stats::random::Stream;

/// A colour: luma in 0..=255 and two chroma values. In photographs luma varies much, and chroma little.
pub(super) type Colour = [f64; 3];

/// A uniform number in `low..high`.
pub(in crate::imaging) fn between(low: f64, high: f64, random: &mut Stream) -> f64 {
    low + (high - low) * random.uniform()
}

/// An outline: a distance function that is negative inside and grows by about 1 per pixel.
pub(in crate::imaging) enum Shape {
    /// An ellipse of half-axes `a` along `direction` (cosine, sine) and `b` across.
    Ellipse { a: f64, b: f64, direction: [f64; 2] },
    /// The convex polygon of the half-planes n·p ≤ h, given as (n, h).
    Polygon(Vec<([f64; 2], f64)>),
    /// The points within `radius` of the segment from the centre to `to`.
    Stroke { to: [f64; 2], radius: f64 },
}

impl Shape {
    /// An upright rectangle by its half-sides.
    pub(in crate::imaging) fn rectangle(half_width: f64, half_height: f64) -> Self {
        Shape::Polygon(vec![
            ([1.0, 0.0], half_width),
            ([-1.0, 0.0], half_width),
            ([0.0, 1.0], half_height),
            ([0.0, -1.0], half_height),
        ])
    }

    /// A random shape of about the given radius: an ellipse or a polygon of 3 to 6 sides.
    pub(super) fn random(radius: f64, random: &mut Stream) -> Self {
        let (sin, cos) = math::sin_cos(std::f64::consts::TAU * random.uniform());
        if random.uniform() < 0.6 {
            let ratio = 0.4 + 0.6 * random.uniform();
            return Shape::Ellipse { a: radius, b: radius * ratio, direction: [cos, sin] };
        }
        let sides = 3 + random.index(4);
        let step = std::f64::consts::TAU / sides as f64;
        let start = random.uniform();
        let half_plane = |i: usize, random: &mut Stream| {
            let (sin, cos) = math::sin_cos(step * (start + i as f64 + 0.5 * random.uniform()));
            ([cos, sin], radius * (0.55 + 0.3 * random.uniform()))
        };
        Shape::Polygon((0..sides).map(|i| half_plane(i, random)).collect())
    }

    /// Half the side of a square about the centre that contains the shape.
    fn reach(&self) -> f64 {
        match self {
            Shape::Ellipse { a, b, .. } => a.max(*b),
            // The square cuts off far corners of slender polygons, which only adds a corner.
            Shape::Polygon(planes) => 1.6 * planes.iter().fold(0.0, |most: f64, (_, h)| most.max(*h)),
            Shape::Stroke { to, radius } => to[0].abs().max(to[1].abs()) + radius,
        }
    }

    /// The approximate signed distance in pixels: negative inside.
    pub(in crate::imaging) fn distance(&self, x: f64, y: f64) -> f64 {
        match self {
            Shape::Ellipse { a, b, direction: [cos, sin] } => {
                let (u, v) = ((x * cos + y * sin) / a, (y * cos - x * sin) / b);
                ((u * u + v * v).sqrt() - 1.0) * a.min(*b)
            }
            Shape::Polygon(planes) => {
                planes.iter().fold(f64::NEG_INFINITY, |d, ([nx, ny], h)| d.max(nx * x + ny * y - h))
            }
            Shape::Stroke { to: [tx, ty], radius } => {
                let t = ((x * tx + y * ty) / (tx * tx + ty * ty + 1e-12)).clamp(0.0, 1.0);
                let (dx, dy) = (x - t * tx, y - t * ty);
                (dx * dx + dy * dy).sqrt() - radius
            }
        }
    }
}

/// The fill of a shape.
pub(super) struct Paint<'a> {
    pub colour: Colour,
    /// The relative change of brightness from the centre to the reach along x and y: light from one side.
    pub light: [f64; 2],
    /// The relative darkening of the rim against the middle: 0 is flat, 0.6 nearly a ball.
    pub roundness: f64,
    /// A texture, its origin, and its fraction of the brightness.
    pub texture: Option<(&'a Texture, [usize; 2], f64)>,
    /// The width in pixels over which the edge fades: 1 is sharp, 6 out of focus.
    pub softness: f64,
}

impl Paint<'_> {
    pub(super) fn flat(colour: Colour) -> Self {
        Paint { colour, light: [0.0; 2], roundness: 0.0, texture: None, softness: 1.0 }
    }
}

/// The image during drawing: luma, blue difference and red difference of each pixel.
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Colour>,
}

impl Canvas {
    /// The canvas whose pixel (x, y) is `f(x, y)`.
    pub(super) fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> Colour) -> Self {
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            pixels.extend((0..width).map(|x| f(x, y)));
        }
        Canvas { width, height, pixels }
    }

    /// Calls `f(pixel, x - centre, y - centre, column, row)` for every pixel within `reach` of the centre.
    fn around(&mut self, [cx, cy]: [f64; 2], reach: f64, mut f: impl FnMut(&mut Colour, f64, f64, usize, usize)) {
        let span = |c: f64, n: usize| {
            ((c - reach).floor().clamp(0.0, n as f64) as usize, (c + reach + 2.0).floor().clamp(0.0, n as f64) as usize)
        };
        let ((x0, x1), (y0, y1)) = (span(cx, self.width), span(cy, self.height));
        for y in y0..y1 {
            for x in x0..x1 {
                f(&mut self.pixels[y * self.width + x], x as f64 - cx, y as f64 - cy, x, y);
            }
        }
    }

    /// Draws `shape` at `centre`.
    pub(super) fn draw(&mut self, centre: [f64; 2], shape: &Shape, paint: &Paint) {
        let reach = shape.reach();
        let scale = 1.0 / reach.max(1.0);
        let fade = 1.0 / paint.softness;
        self.around(centre, reach + paint.softness, |pixel, dx, dy, x, y| {
            let distance = shape.distance(dx, dy);
            let cover = (0.5 - distance * fade).clamp(0.0, 1.0);
            if cover == 0.0 {
                return;
            }
            let depth = (1.0 + distance * scale).clamp(0.0, 1.0);
            let mut shade = 1.0 + scale * (paint.light[0] * dx + paint.light[1] * dy);
            shade *= 1.0 - paint.roundness * depth * depth * depth;
            if let Some((texture, [ox, oy], share)) = paint.texture {
                shade *= 1.0 + share * texture.at(x + ox, y + oy).clamp(-2.5, 2.5);
            }
            for (p, c) in pixel.iter_mut().zip(paint.colour) {
                *p += cover * (c * shade.max(0.05) - *p);
            }
        });
    }

    /// Darkens the pixels under the shadow of `shape`: by at most the fraction `share`, fading over `softness` pixels.
    pub(super) fn shadow(&mut self, centre: [f64; 2], shape: &Shape, share: f64, softness: f64) {
        self.around(centre, shape.reach() + softness, |pixel, dx, dy, _, _| {
            let cover = (0.5 - shape.distance(dx, dy) / softness).clamp(0.0, 1.0);
            pixel.iter_mut().for_each(|p| *p *= 1.0 - share * cover);
        });
    }

    /// Multiplies every pixel by `f(x, y)`.
    pub(super) fn light(&mut self, mut f: impl FnMut(usize, usize) -> f64) {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let shade = f(i % self.width, i / self.width);
            pixel.iter_mut().for_each(|p| *p *= shade);
        }
    }

    /// The image of a camera: luma and chroma converted to R, G, B by BT.601, with grain, rounded. `grain` is the
    /// standard deviation; two thirds of it are common to the three channels.
    pub(super) fn develop(&self, grain: f64, random: &mut Stream) -> Rgb8 {
        // The sum of two uniform numbers looks like grain and needs no logarithm; its variance is 1/6.
        let mut noise = || grain * 6f64.sqrt() * (random.uniform() + random.uniform() - 1.0);
        let mut samples = Vec::with_capacity(3 * self.pixels.len());
        for &[luma, blue, red] in &self.pixels {
            // A smooth shoulder instead of hard clipping, as in film and cameras.
            let luma = if luma > 200.0 { 200.0 + 55.0 * (1.0 - 1.0 / (1.0 + (luma - 200.0) / 55.0)) } else { luma };
            let common = noise();
            let rgb = [luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue];
            samples.extend(rgb.map(|v| (v + common + 0.33 * noise() + 0.5).floor().clamp(0.0, 255.0) as u8));
        }
        Rgb8::new(self.width, self.height, samples)
    }
}
