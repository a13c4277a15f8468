//! The drawings of the fourteen kinds of signs, made of discs, convex polygons and strokes.

use super::{Colour, Layer, between};
use crate::imaging::scenes::canvas::Shape;
use crate::lanes::math;
use crate::stats::random::Stream;

/// Draws one kind; the colours and a few proportions vary.
pub(super) type Design = fn(&mut Stream) -> Vec<Layer>;

/// All kinds, in the order of [`SIGN_TYPES`](super::SIGN_TYPES).
pub(super) const DESIGNS: [Design; 14] = [
    speed_limit,
    goods_vehicles,
    no_overtaking,
    no_stopping,
    no_parking,
    stop,
    bicycle,
    hump,
    no_left,
    no_right,
    priority_to,
    no_entry,
    yield_,
    parking,
];

/// A drawing in progress, and its colours.
struct Drawing {
    layers: Vec<Layer>,
    red: Colour,
    white: Colour,
    blue: Colour,
    black: Colour,
}

impl Drawing {
    /// An empty drawing with faded colours.
    fn new(random: &mut Stream) -> Self {
        let faded = between(0.0, 0.3, random);
        let mut colour = |ink: Colour| {
            let shade = between(0.9, 1.1, random);
            ink.map(|c| shade * (c + faded * (150.0 - c)) + between(-6.0, 6.0, random))
        };
        Drawing {
            red: colour([185.0, 22.0, 28.0]),
            white: colour([238.0, 238.0, 232.0]),
            blue: colour([18.0, 62.0, 160.0]),
            black: colour([16.0, 16.0, 18.0]),
            layers: Vec::new(),
        }
    }

    fn add(&mut self, centre: [f64; 2], shape: Shape, colour: Colour) {
        self.layers.push(Layer::new(centre, shape, colour, 1.0));
    }

    fn disc(&mut self, centre: [f64; 2], radius: f64, colour: Colour) {
        self.add(centre, Shape::Ellipse { a: radius, b: radius, direction: [1.0, 0.0] }, colour);
    }

    fn bar(&mut self, centre: [f64; 2], half: [f64; 2], colour: Colour) {
        self.add(centre, Shape::rectangle(half[0], half[1]), colour);
    }

    /// The convex polygon of `corners`, clockwise on the screen (y points down).
    fn polygon(&mut self, corners: &[[f64; 2]], colour: Colour) {
        let side = |(i, a): (usize, &[f64; 2])| {
            let b = corners[(i + 1) % corners.len()];
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let length = (dx * dx + dy * dy).sqrt();
            let normal = [dy / length, -dx / length];
            (normal, normal[0] * a[0] + normal[1] * a[1])
        };
        self.add([0.0, 0.0], Shape::Polygon(corners.iter().enumerate().map(side).collect()), colour);
    }

    /// A line through `points`.
    fn line(&mut self, points: &[[f64; 2]], radius: f64, colour: Colour) {
        for pair in points.windows(2) {
            let to = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            self.add(pair[0], Shape::Stroke { to, radius }, colour);
        }
    }

    /// A character at `centre`, of the given half width and height.
    fn character(&mut self, lines: &[&[[f64; 2]]], centre: [f64; 2], half: [f64; 2], radius: f64, colour: Colour) {
        for line in lines {
            let points: Vec<[f64; 2]> =
                line.iter().map(|[x, y]| [centre[0] + half[0] * x, centre[1] + half[1] * y]).collect();
            self.line(&points, radius, colour);
        }
    }

    /// The round face of a prohibition: a red ring around a colour.
    fn ring(&mut self, face: Colour, random: &mut Stream) {
        self.disc([0.0; 2], 1.0, self.red);
        self.disc([0.0; 2], between(0.74, 0.82, random), face);
    }

    /// The triangle with its tip up (−1) or down (1), red around white.
    fn triangle(&mut self, tip: f64, random: &mut Stream) {
        let border = between(0.62, 0.7, random);
        for (size, colour) in [(1.0, self.red), (border, self.white)] {
            // The corners are twice as far from the middle as the sides. The middle lies a little off that of the
            // picture.
            let (middle, reach) = (-0.22 * tip, 1.12 * size);
            let corner = |x: f64, y: f64| [x * reach, middle + tip * y * reach];
            let (left, right, point) = (corner(-0.866, -0.5), corner(0.866, -0.5), corner(0.0, 1.0));
            let corners = if tip > 0.0 { [left, right, point] } else { [right, left, point] };
            self.polygon(&corners, colour);
        }
    }

    /// The head of an arrow.
    fn head(&mut self, tip: [f64; 2], direction: [f64; 2], size: f64, colour: Colour) {
        let [dx, dy] = direction;
        let back = |side: f64| [tip[0] - size * (dx + side * dy), tip[1] - size * (dy - side * dx)];
        self.polygon(&[tip, back(0.8), back(-0.8)], colour);
    }
}

const ZERO: &[&[[f64; 2]]] = &[&[
    [-1.0, -0.5],
    [-0.5, -1.0],
    [0.5, -1.0],
    [1.0, -0.5],
    [1.0, 0.5],
    [0.5, 1.0],
    [-0.5, 1.0],
    [-1.0, 0.5],
    [-1.0, -0.5],
]];
const THREE: &[&[[f64; 2]]] = &[
    &[[-0.9, -0.75], [-0.3, -1.0], [0.5, -1.0], [0.9, -0.55], [0.5, -0.1], [-0.1, -0.05]],
    &[[0.5, -0.1], [1.0, 0.45], [0.5, 1.0], [-0.4, 1.0], [-0.95, 0.7]],
];
const FIVE: &[&[[f64; 2]]] = &[&[
    [0.9, -1.0],
    [-0.8, -1.0],
    [-0.9, -0.1],
    [0.3, -0.25],
    [0.95, 0.2],
    [0.9, 0.65],
    [0.3, 1.0],
    [-0.5, 1.0],
    [-0.95, 0.7],
]];
const SEVEN: &[&[[f64; 2]]] = &[&[[-1.0, -1.0], [1.0, -1.0], [-0.2, 1.0]]];
const LETTER_S: &[&[[f64; 2]]] = &[&[
    [0.9, -0.65],
    [0.4, -1.0],
    [-0.4, -1.0],
    [-0.9, -0.65],
    [-0.8, -0.2],
    [0.8, 0.2],
    [0.9, 0.65],
    [0.4, 1.0],
    [-0.4, 1.0],
    [-0.9, 0.65],
]];
const LETTER_T: &[&[[f64; 2]]] = &[&[[-1.0, -1.0], [1.0, -1.0]], &[[0.0, -1.0], [0.0, 1.0]]];
const LETTER_P: &[&[[f64; 2]]] =
    &[&[[-0.8, 1.0], [-0.8, -1.0], [0.3, -1.0], [0.9, -0.75], [0.9, -0.25], [0.3, 0.0], [-0.8, 0.0]]];

/// 30, 50 or 70.
fn speed_limit(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.white, random);
    let figure = [THREE, FIVE, FIVE, SEVEN][random.index(4)];
    let height = between(0.32, 0.38, random);
    for (figure, x) in [(figure, -0.29), (ZERO, 0.29)] {
        drawing.character(figure, [x, 0.0], [0.17, height], 0.075, drawing.black);
    }
    drawing.layers
}

/// A lorry, seen from the side.
fn goods_vehicles(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.white, random);
    let (black, white) = (drawing.black, drawing.white);
    drawing.bar([0.13, -0.08], [0.44, 0.24], black);
    drawing.bar([-0.46, 0.02], [0.13, 0.14], black);
    drawing.bar([-0.5, -0.02], [0.05, 0.06], white);
    for x in [-0.38, 0.32] {
        drawing.disc([x, 0.24], 0.15, white);
        drawing.disc([x, 0.24], 0.11, black);
    }
    if random.uniform() < 0.5 {
        drawing.character(SEVEN, [0.0, -0.08], [0.08, 0.12], 0.03, white);
        drawing.character(FIVE, [0.28, -0.08], [0.08, 0.12], 0.03, white);
    }
    drawing.layers
}

/// Two cars, seen from behind, the left one red.
fn no_overtaking(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.white, random);
    let white = drawing.white;
    for (x, colour) in [(-0.34, drawing.red), (0.34, drawing.black)] {
        drawing.polygon(&[[x - 0.16, -0.26], [x + 0.16, -0.26], [x + 0.25, 0.02], [x - 0.25, 0.02]], colour);
        drawing.bar([x, -0.1], [0.12, 0.07], white);
        drawing.bar([x, 0.1], [0.28, 0.11], colour);
        for wheel in [x - 0.2, x + 0.2] {
            drawing.bar([wheel, 0.25], [0.06, 0.06], colour);
        }
    }
    drawing.layers
}

/// A red cross on blue.
fn no_stopping(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.blue, random);
    drawing.line(&[[-0.6, -0.6], [0.6, 0.6]], 0.1, drawing.red);
    drawing.line(&[[0.6, -0.6], [-0.6, 0.6]], 0.1, drawing.red);
    drawing.layers
}

/// A red bar on blue.
fn no_parking(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.blue, random);
    drawing.line(&[[-0.6, -0.6], [0.6, 0.6]], 0.1, drawing.red);
    drawing.layers
}

fn stop(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    let rim = between(0.9, 0.95, random);
    for (size, colour) in [(1.0, drawing.white), (rim, drawing.red)] {
        let side = |i: usize| {
            let (sin, cos) = math::sin_cos(std::f64::consts::FRAC_PI_4 * i as f64);
            ([cos, sin], 0.96 * size)
        };
        drawing.add([0.0; 2], Shape::Polygon((0..8).map(side).collect()), colour);
    }
    let height = between(0.26, 0.36, random);
    for (letter, x) in [(LETTER_S, -0.6), (LETTER_T, -0.2), (ZERO, 0.2), (LETTER_P, 0.61)] {
        drawing.character(letter, [x, 0.0], [0.13, height], 0.055, drawing.white);
    }
    drawing.layers
}

fn bicycle(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    let (blue, white) = (drawing.blue, drawing.white);
    drawing.disc([0.0; 2], 1.0, white);
    drawing.disc([0.0; 2], between(0.9, 0.95, random), blue);
    let thick = between(0.04, 0.06, random);
    let (rear, front, pedals, seat, bars) = ([-0.42, 0.2], [0.44, 0.2], [-0.02, 0.2], [-0.18, -0.2], [0.3, -0.2]);
    for wheel in [rear, front] {
        drawing.disc(wheel, 0.31, white);
        drawing.disc(wheel, 0.31 - 2.0 * thick, blue);
    }
    drawing.line(&[rear, seat, bars, pedals, rear], thick, white);
    drawing.line(&[pedals, seat, [-0.22, -0.36]], thick, white);
    drawing.line(&[[-0.34, -0.38], [-0.1, -0.38]], thick, white);
    drawing.line(&[front, [0.26, -0.4], [0.42, -0.42]], thick, white);
    drawing.layers
}

fn hump(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.triangle(-1.0, random);
    let (black, white) = (drawing.black, drawing.white);
    drawing.add([0.0, 0.42], Shape::Ellipse { a: 0.27, b: 0.2, direction: [1.0, 0.0] }, black);
    drawing.bar([0.0, 0.52], [0.3, 0.08], white);
    drawing.bar([0.0, 0.44], [0.44, 0.035], black);
    drawing.layers
}

/// An arrow that turns to the left (−1) or right (1) under a red bar.
fn no_turn(side: f64, random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.white, random);
    let (black, red) = (drawing.black, drawing.red);
    let at = |x: f64, y: f64| [side * x, y];
    drawing.line(&[at(-0.2, 0.5), at(-0.2, -0.08), at(-0.08, -0.22), at(0.15, -0.22)], 0.09, black);
    drawing.head(at(0.52, -0.22), [side, 0.0], 0.36, black);
    drawing.line(&[[-0.58, -0.58], [0.58, 0.58]], 0.07, red);
    drawing.layers
}

fn no_left(random: &mut Stream) -> Vec<Layer> {
    no_turn(-1.0, random)
}

fn no_right(random: &mut Stream) -> Vec<Layer> {
    no_turn(1.0, random)
}

/// The black arrow down, the red one up.
fn priority_to(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.ring(drawing.white, random);
    let (black, red) = (drawing.black, drawing.red);
    drawing.line(&[[-0.24, -0.45], [-0.24, 0.25]], 0.1, black);
    drawing.head([-0.24, 0.62], [0.0, 1.0], 0.36, black);
    drawing.line(&[[0.28, 0.4], [0.28, -0.2]], 0.08, red);
    drawing.head([0.28, -0.52], [0.0, -1.0], 0.3, red);
    drawing.layers
}

fn no_entry(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    let (red, white) = (drawing.red, drawing.white);
    drawing.disc([0.0; 2], 1.0, white);
    drawing.disc([0.0; 2], between(0.95, 0.99, random), red);
    drawing.bar([0.0; 2], [between(0.68, 0.78, random), between(0.14, 0.18, random)], white);
    drawing.layers
}

fn yield_(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    drawing.triangle(1.0, random);
    drawing.layers
}

fn parking(random: &mut Stream) -> Vec<Layer> {
    let mut drawing = Drawing::new(random);
    let (blue, white) = (drawing.blue, drawing.white);
    drawing.bar([0.0; 2], [0.92, 0.92], white);
    let rim = between(0.82, 0.89, random);
    drawing.bar([0.0; 2], [rim, rim], blue);
    drawing.character(LETTER_P, [0.02, 0.0], [0.34, 0.55], 0.12, white);
    drawing.layers
}
