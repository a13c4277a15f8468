//! Synthetic traffic signs, which replace CURE-TSR if the database is absent.
//!
//! A sign is a flat drawing in front of a camera. Each [kind](SIGN_TYPES) has its drawing, after the official picture
//! of the fourteen types: discs, bars, a triangle or an octagon, and strokes for the figures. The differences between
//! two photographs of one kind are drawn at random, about as large as in the database's crops, which a sign nearly
//! fills:
//!
//! * the *backdrop*: sky, foliage, a wall of bricks or planks, or shade, with straight-edged objects in front of it;
//! * *wear*: faded colours and a few stains;
//! * *light*: its strength (most crops of the database are dark), its colour, a gradient to one side, and scattered
//!   light;
//! * *pose*: rotation, size, position, and a turn away from the camera with its perspective;
//! * the *camera*: sharpness and grain.
//!
//! Neighbouring images of the database are frames of one video, so it is split in blocks. A [`Track`] simulates this:
//! one sign with its backdrop, wear and light, in frames whose pose, sharpness and grain differ a little.
//!
//! Each pixel is rendered once. Its distance from each shape decides how much of it the shape covers, which gives
//! antialiasing and blur at the same time. A 28×28 sign takes about 0.2 ms.

mod backdrop;
mod designs;

use super::Rgb8;
use super::distortion::to_u8;
use super::scenes::canvas::{Shape, between};
use crate::lanes::math;
use crate::stats::random::Stream;
use backdrop::Backdrop;

/// The names of the kinds in CURE-TSR's order: `SIGN_TYPES[kind]` has its number kind + 1.
pub const SIGN_TYPES: [&str; 14] = [
    "speed_limit",
    "goods_vehicles",
    "no_overtaking",
    "no_stopping",
    "no_parking",
    "stop",
    "bicycle",
    "hump",
    "no_left",
    "no_right",
    "priority_to",
    "no_entry",
    "yield",
    "parking",
];

/// R, G and B in 0..=255, before lighting.
type Colour = [f64; 3];

/// One shape of the drawing, over those before it. The sign is centred on the origin, extends to 1, and y points down.
struct Layer {
    centre: [f64; 2],
    shape: Shape,
    colour: Colour,
    /// 1 hides the shapes below.
    opacity: f64,
    /// The largest distance of any part of the shape from the centre.
    reach: f64,
}

impl Layer {
    fn new(centre: [f64; 2], shape: Shape, colour: Colour, opacity: f64) -> Self {
        let reach = match shape {
            Shape::Ellipse { a, b, .. } => a.max(b),
            Shape::Stroke { to: [x, y], radius } => (x * x + y * y).sqrt() + radius,
            Shape::Polygon(_) => f64::INFINITY,
        };
        Layer { centre, shape, colour, opacity, reach }
    }

    /// Blends its colour into `pixel` at (x, y), with an edge that is `softness` wide.
    fn paint(&self, pixel: &mut Colour, [x, y]: [f64; 2], softness: f64) {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let reach = self.reach + softness;
        if dx * dx + dy * dy > reach * reach {
            return;
        }
        let cover = 0.5 - self.shape.distance(dx, dy) / softness;
        if cover <= 0.0 {
            return;
        }
        // A line thinner than the width of the soft edge covers a pixel only in part.
        let most = if let Shape::Stroke { radius, .. } = self.shape { (2.0 * radius / softness).min(1.0) } else { 1.0 };
        let cover = self.opacity * cover.min(most);
        pixel.iter_mut().zip(self.colour).for_each(|(p, c)| *p += cover * (c - *p));
    }
}

/// The light on a sign, including scattered light of the air.
struct Light {
    /// The factors of R, G and B.
    gain: Colour,
    /// The relative change of the gain along x and y from the centre of the picture to its border.
    falloff: [f64; 2],
    /// The number added to every sample.
    scattered: f64,
}

/// The map from positions in the picture to positions on the sign; both run from −1 to 1.
#[derive(Clone)]
struct Pose {
    /// Radians, clockwise.
    rotation: f64,
    /// The radius of the sign in the picture.
    size: f64,
    shift: [f64; 2],
    /// The remaining fraction of its width after the turn away from the camera.
    squeeze: f64,
    /// The relative closeness of the side of positive x (y) compared with the middle.
    perspective: [f64; 2],
}

impl Pose {
    fn new(random: &mut Stream) -> Self {
        Pose {
            rotation: 0.06 * random.normal().clamp(-3.0, 3.0),
            size: between(0.84, 1.02, random),
            shift: [0, 1].map(|_| between(-0.07, 0.07, random)),
            squeeze: between(0.84, 1.0, random),
            perspective: [0, 1].map(|_| between(-0.1, 0.1, random)),
        }
    }

    /// The pose a little later.
    fn moved(&self, random: &mut Stream) -> Self {
        let mut pose = self.clone();
        pose.rotation += between(-0.03, 0.03, random);
        pose.size *= between(0.96, 1.04, random);
        pose.squeeze *= between(0.98, 1.02, random);
        pose.shift.iter_mut().for_each(|s| *s += between(-0.03, 0.03, random));
        pose.perspective.iter_mut().for_each(|p| *p += between(-0.02, 0.02, random));
        pose
    }

    /// From the picture to the sign.
    fn view(&self) -> impl Fn(f64, f64) -> [f64; 2] {
        let (sin, cos) = math::sin_cos(self.rotation);
        let Pose { size, shift, squeeze, perspective: [px, py], .. } = *self;
        move |x, y| {
            let (dx, dy) = ((x - shift[0]) / size, (y - shift[1]) / size);
            let depth = 1.0 + px * dx + py * dy;
            [(cos * dx + sin * dy) / (squeeze * depth), (cos * dy - sin * dx) / depth]
        }
    }
}

/// One sign on its post: everything that is common to its frames.
pub struct Track {
    backdrop: Backdrop,
    layers: Vec<Layer>,
    light: Light,
    pose: Pose,
    /// The width of an edge in pixels.
    sharpness: f64,
    /// The standard deviation of the grain.
    grain: f64,
    /// The seed of the frames' streams.
    seed: u64,
}

impl Track {
    /// The sign number `index` of `kind`. It depends only on the three arguments.
    ///
    /// # Panics
    /// If `kind` is not 0 to 13.
    ///
    /// ```
    /// use gradspace::imaging::signs::Track;
    ///
    /// let stop = Track::new(2019, 5, 0);
    /// let (first, second) = (stop.frame(0, 28), stop.frame(1, 28));
    /// assert_eq!((first.width, first.height), (28, 28));
    /// assert_ne!(first, second);
    /// ```
    pub fn new(seed: u64, kind: usize, index: u64) -> Track {
        assert!(kind < SIGN_TYPES.len(), "the kind of sign must be 0 to 13, not {kind}");
        Track::draw(kind, &mut Stream::new(seed, SIGN_TYPES[kind], index))
    }

    fn draw(kind: usize, random: &mut Stream) -> Track {
        let backdrop = Backdrop::new(random);
        let mut layers = designs::DESIGNS[kind](random);
        let stains = random.index(4);
        for _ in 0..stains {
            let (sin, cos) = math::sin_cos(std::f64::consts::TAU * random.uniform());
            let (far, dark) = (between(0.0, 0.6, random), between(30.0, 110.0, random));
            let (long, wide) = (between(0.04, 0.25, random), between(0.03, 0.1, random));
            let shape = Shape::Ellipse { a: long, b: wide, direction: [sin, cos] };
            let colour = [dark, 0.9 * dark, 0.75 * dark];
            layers.push(Layer::new([far * cos, far * sin], shape, colour, between(0.1, 0.4, random)));
        }
        let bright = between(0.62, 1.1, random) * between(0.62, 1.1, random);
        Track {
            backdrop,
            layers,
            light: Light {
                gain: [0, 1, 2].map(|_| bright * between(0.93, 1.07, random)),
                falloff: [0, 1].map(|_| between(-0.2, 0.2, random)),
                scattered: between(0.0, 14.0, random),
            },
            pose: Pose::new(random),
            sharpness: between(1.2, 2.2, random),
            grain: between(0.7, 3.5, random),
            seed: (random.uniform() * (1u64 << 53) as f64) as u64,
        }
    }

    /// Frame `i` of the track, `size` by `size` pixels.
    ///
    /// # Panics
    /// If `size` is 0.
    pub fn frame(&self, i: u64, size: usize) -> Rgb8 {
        assert!(size > 0, "a sign needs at least one pixel");
        let random = &mut Stream::new(self.seed, "frame", i);
        let pose = self.pose.moved(random);
        let view = pose.view();
        let drift = [0, 1].map(|_| between(-0.15, 0.15, random));
        let edge = self.sharpness * between(0.9, 1.25, random) * 2.0 / (size as f64 * pose.size);
        let exposure = between(0.95, 1.05, random);
        let Light { gain, falloff, scattered } = self.light;
        Rgb8::from_fn(size, size, |column, row| {
            let [x, y] = [column, row].map(|i| (2.0 * i as f64 + 1.0) / size as f64 - 1.0);
            let place = view(x, y);
            let mut pixel = self.backdrop.at([place[0] + drift[0], place[1] + drift[1]], edge);
            self.layers.iter().for_each(|layer| layer.paint(&mut pixel, place, edge));
            let light = exposure * (1.0 + falloff[0] * x + falloff[1] * y);
            // The sum of two uniform numbers is sufficient as grain; its variance is 1/6.
            let mut noise = || self.grain * 6f64.sqrt() * (random.uniform() + random.uniform() - 1.0);
            std::array::from_fn(|c| to_u8(scattered + light * gain[c] * pixel[c] + noise()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_a_function_of_its_name() {
        let frame = |seed, kind, index, i| Track::new(seed, kind, index).frame(i, 28);
        let first = frame(1, 3, 4, 5);
        assert_eq!(first, frame(1, 3, 4, 5));
        for other in [frame(2, 3, 4, 5), frame(1, 2, 4, 5), frame(1, 3, 3, 5), frame(1, 3, 4, 4)] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn every_kind_can_be_drawn_at_every_size() {
        for kind in 0..SIGN_TYPES.len() {
            for size in [1, 2, 7, 28, 75] {
                let image = Track::new(0, kind, 0).frame(0, size);
                assert_eq!((image.width, image.height), (size, size));
            }
        }
    }

    /// The samples minus their mean, scaled to a length of 1, which removes the effect of light.
    fn normalised(image: &Rgb8) -> Vec<f64> {
        let n = image.samples.len() as f64;
        let mean = image.samples.iter().map(|&s| f64::from(s)).sum::<f64>() / n;
        let centred: Vec<f64> = image.samples.iter().map(|&s| f64::from(s) - mean).collect();
        let length = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
        centred.iter().map(|v| v / length).collect()
    }

    fn product(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// Fourteen mean pictures classify most unseen signs of every kind correctly.
    #[test]
    fn the_kinds_can_be_told_apart() {
        let view = |kind, index| normalised(&Track::new(6, kind, index).frame(0, 28));
        let templates: Vec<Vec<f64>> = (0..14)
            .map(|kind| {
                let mut mean = vec![0.0; 3 * 28 * 28];
                for index in 0..30 {
                    mean.iter_mut().zip(view(kind, index)).for_each(|(m, v)| *m += v);
                }
                let length = product(&mean, &mean).sqrt();
                mean.iter().map(|m| m / length).collect()
            })
            .collect();
        for (kind, name) in SIGN_TYPES.iter().enumerate() {
            let right = (30..60).filter(|&index| {
                let sign = view(kind, index);
                let likeness = |kind: usize| product(&templates[kind], &sign);
                (0..14).all(|other| likeness(kind) >= likeness(other))
            });
            let right = right.count();
            println!("{name:14} {right} of 30");
            assert!(right >= 20, "{name}: {right} of 30");
        }
    }

    #[test]
    fn frames_of_a_track_are_more_alike_than_tracks() {
        for (kind, name) in SIGN_TYPES.iter().enumerate() {
            let view = |index, frame| normalised(&Track::new(8, kind, index).frame(frame, 28));
            let first = view(0, 0);
            let mean = |f: &dyn Fn(u64) -> Vec<f64>| (1..9).map(|i| product(&first, &f(i))).sum::<f64>() / 8.0;
            let (within, between) = (mean(&|i| view(0, i)), mean(&|i| view(i, 0)));
            assert!(within > between + 0.05, "{name}: {within:.3} and {between:.3}");
            assert!(within < 0.999, "{name}: the frames hardly differ");
        }
    }

    /// A hash of every sample of every kind. Other systems must reproduce it, and so must changes that should not
    /// affect results.
    #[test]
    fn golden_samples() {
        let mut hash = blake3::Hasher::new();
        for kind in 0..14 {
            hash.update(&Track::new(2019, kind, 1).frame(2, 28).samples);
        }
        assert_eq!(hash.finalize().to_hex()[..16], *"934cad274960e6ed");
    }

    #[test]
    #[should_panic(expected = "must be 0 to 13")]
    fn there_is_no_fifteenth_kind() {
        Track::new(0, 14, 0);
    }
}
