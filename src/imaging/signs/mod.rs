//! Procedural traffic signs: the stand-in for CURE-TSR where the database is not at hand.
//!
//! A sign is a flat drawing seen by a camera. The drawing is the [kind's](SIGN_TYPES): discs, bars, a triangle or an
//! octagon, and strokes for the figures, after the official picture of the fourteen types. What makes two photographs
//! of one kind differ is then drawn at random, about as much as it does in the database's crops, which a sign nearly
//! fills:
//!
//! * the *backdrop*: sky, foliage, a wall of bricks or planks, or shade, and things of straight outline before it;
//! * *wear*: faded colours and a few stains;
//! * *light*: its strength (most crops of the database are dark), colour, its falling off to one side, scattered light;
//! * *pose*: rotation, size, place, turned away from the camera with the perspective that comes with it;
//! * the *camera*: sharpness and grain.
//!
//! Neighbouring images of the database are frames of one video, which is why it is split in blocks. A [`Track`] is that
//! here: one sign with its backdrop, wear and light, seen in frames whose pose, sharpness and grain differ a little.
//!
//! Nothing is rasterised twice: a pixel asks each shape for its distance and is covered as far as the edge has passed
//! over it, which antialiases and blurs in one. A 28×28 sign takes some 0.2 ms.

mod backdrop;
mod designs;

use super::Rgb8;
use super::distortion::to_u8;
use super::scenes::canvas::Shape;
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

/// R, G and B in 0..=255, before light falls on it.
type Colour = [f64; 3];

/// One thing of the drawing, over those before it. The sign is about the origin, reaches to 1, and y points down.
struct Layer {
    centre: [f64; 2],
    shape: Shape,
    colour: Colour,
    /// 1 hides what is below.
    opacity: f64,
    /// No part of the shape is farther from the centre.
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

    /// Puts its colour on `pixel`, seen at (x, y) through an edge that is `softness` wide.
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
        // A line thinner than the edge is soft covers a pixel no more than in part.
        let most = if let Shape::Stroke { radius, .. } = self.shape { (2.0 * radius / softness).min(1.0) } else { 1.0 };
        let cover = self.opacity * cover.min(most);
        pixel.iter_mut().zip(self.colour).for_each(|(p, c)| *p += cover * (c - *p));
    }
}

/// The light on a sign, and what the air adds.
struct Light {
    /// What of R, G and B comes back.
    gain: Colour,
    /// The change of the gain along x and y from the centre of the picture to its border, as a share.
    falloff: [f64; 2],
    /// What is added to every sample.
    scattered: f64,
}

/// Where on the sign a place of the picture lies: both run from −1 to 1.
#[derive(Clone)]
struct Pose {
    /// Radians, clockwise.
    rotation: f64,
    /// The sign's radius in the picture.
    size: f64,
    shift: [f64; 2],
    /// What is left of its width, turned away from the camera.
    squeeze: f64,
    /// How much nearer the side of positive x (y) is than the middle.
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

    /// A little later.
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

/// One sign on its post: everything but the frame.
pub struct Track {
    backdrop: Backdrop,
    layers: Vec<Layer>,
    light: Light,
    pose: Pose,
    /// The width of an edge in pixels.
    sharpness: f64,
    /// The standard deviation of the grain.
    grain: f64,
    /// Names the streams of the frames.
    seed: u64,
}

impl Track {
    /// The sign number `index` of `kind`: a function of the three alone.
    ///
    /// # Panics
    /// When `kind` is not 0 to 13.
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
        assert!(kind < SIGN_TYPES.len(), "a kind of sign is 0 to 13, not {kind}");
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
    /// When `size` is 0.
    pub fn frame(&self, i: u64, size: usize) -> Rgb8 {
        assert!(size > 0, "a sign has at least one pixel");
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
            // The sum of two uniform numbers is grain enough; its variance is 1/6.
            let mut noise = || self.grain * 6f64.sqrt() * (random.uniform() + random.uniform() - 1.0);
            std::array::from_fn(|c| to_u8(scattered + light * gain[c] * pixel[c] + noise()))
        })
    }
}

/// A sign of `kind`, `size` by `size` pixels: the first frame of a track that no other frame will be asked of.
///
/// # Panics
/// When `kind` is not 0 to 13, or `size` is 0.
pub fn sign(kind: usize, size: usize, random: &mut Stream) -> Rgb8 {
    assert!(kind < SIGN_TYPES.len(), "a kind of sign is 0 to 13, not {kind}");
    Track::draw(kind, random).frame(0, size)
}

/// A uniform number in `low..high`.
fn between(low: f64, high: f64, random: &mut Stream) -> f64 {
    low + (high - low) * random.uniform()
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
        let draw = |item| sign(0, 28, &mut Stream::new(1, "any", item));
        assert_eq!(draw(0), draw(0));
        assert_ne!(draw(0), draw(1));
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

    /// The samples less their mean, scaled to a length of 1: what is left when the light has been taken away.
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

    /// Fourteen mean pictures recognise most signs that they have not seen, and by no kind's neglect.
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

    /// Every sample of every kind: what another system, or a change meant to change nothing, must reproduce.
    #[test]
    fn golden_samples() {
        let mut hash = blake3::Hasher::new();
        for kind in 0..14 {
            hash.update(&Track::new(2019, kind, 1).frame(2, 28).samples);
        }
        assert_eq!(hash.finalize().to_hex()[..16], *"934cad274960e6ed");
    }

    #[test]
    #[should_panic(expected = "a kind of sign is 0 to 13")]
    fn there_is_no_fifteenth_kind() {
        Track::new(0, 14, 0);
    }
}
