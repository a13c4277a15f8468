//! The background of a synthetic sign.

use super::{Colour, Layer, between};
use crate::imaging::scenes::canvas::Shape;
use crate::imaging::scenes::texture::Texture;
use crate::stats::random::Stream;

/// The side of the texture, four times the radius of a sign.
const SIDE: usize = 48;

/// A texture between two colours, with objects in front of it.
pub(super) struct Backdrop {
    texture: Texture,
    dark: Colour,
    light: Colour,
    things: Vec<Layer>,
}

impl Backdrop {
    pub(super) fn new(random: &mut Stream) -> Self {
        let side = SIDE as f64;
        let texture = |coarsest: f64, gain, stretch, random: &mut Stream| {
            Texture::new(SIDE, SIDE, coarsest * side, gain, stretch, random)
        };
        let (texture, dark, light, most_things) = match random.index(5) {
            // Sky with clouds.
            0 => (texture(0.5, 0.5, [2.0, 1.0], random), [110.0, 145.0, 190.0], [235.0, 240.0, 240.0], 2),
            // Foliage.
            1 => (texture(0.2, 0.8, [1.0, 1.0], random), [10.0, 20.0, 8.0], [105.0, 125.0, 55.0], 1),
            // A wall of bricks or plaster.
            2 => (texture(0.12, 0.7, [2.5, 1.0], random), [100.0, 75.0, 62.0], [185.0, 150.0, 130.0], 3),
            // Planks, or the lines of a building.
            3 => (texture(0.08, 0.9, [12.0, 1.0], random), [55.0, 40.0, 30.0], [205.0, 180.0, 145.0], 1),
            // Shade: a tunnel, trees at dusk.
            _ => (texture(0.4, 0.55, [1.0, 1.0], random), [5.0, 6.0, 8.0], [60.0, 62.0, 60.0], 2),
        };
        let bright = between(0.75, 1.2, random);
        let things = (0..random.index(most_things + 1)).map(|_| thing(random)).collect();
        Backdrop { texture, dark: dark.map(|c| c * bright), light: light.map(|c| c * bright), things }
    }

    /// The colour at a position in the sign's units; edges are `softness` wide.
    pub(super) fn at(&self, [x, y]: [f64; 2], softness: f64) -> Colour {
        let place = |v: f64| (0.25 * v + 0.5).clamp(0.0, 1.0) * (SIDE - 2) as f64;
        let (u, v) = (place(x), place(y));
        let (i, j) = (u as usize, v as usize);
        let (u, v) = (u - i as f64, v - j as f64);
        let row = |j| self.texture.at(i, j) + u * (self.texture.at(i + 1, j) - self.texture.at(i, j));
        let height = row(j) + v * (row(j + 1) - row(j));
        let t = (0.5 + 0.28 * height).clamp(0.0, 1.0);
        let mut pixel = std::array::from_fn(|c| self.dark[c] + t * (self.light[c] - self.dark[c]));
        self.things.iter().for_each(|thing| thing.paint(&mut pixel, [x, y], softness));
        pixel
    }
}

/// A roof, a window, or the edge of a house: an upright object of one colour, mostly beside the sign.
fn thing(random: &mut Stream) -> Layer {
    let luma = between(15.0, 235.0, random);
    let warm = between(-0.1, 0.12, random);
    let away = |random: &mut Stream| between(0.5, 1.6, random) * if random.uniform() < 0.5 { -1.0 } else { 1.0 };
    let shape = Shape::rectangle(between(0.1, 0.9, random), between(0.1, 0.9, random));
    let colour = [luma * (1.0 + warm), luma, luma * (1.0 - warm)];
    Layer::new([away(random), away(random)], shape, colour, between(0.7, 1.0, random))
}
