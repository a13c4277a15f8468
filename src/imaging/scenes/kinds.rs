//! The six kinds of synthetic scenes.

use super::canvas::{Canvas, Colour, Paint, Shape, between};
use super::texture::Texture;
use crate::lanes::math;
use crate::stats::random::Stream;

/// Draws one kind of scene.
pub(super) type Kind = fn(usize, usize, &mut Stream) -> Canvas;

/// All kinds, in the order of the index.
pub(super) const KINDS: [Kind; 6] = [dead_leaves, landscape, facade, still_life, foliage, print];

/// The colours of one scene: a few hues that its objects share, weak against the luma, like pigments.
struct Palette(Vec<[f64; 2]>);

impl Palette {
    /// Two to four hues, most of them on the axis from warm to blue, along which daylight and pigments vary.
    fn new(random: &mut Stream) -> Self {
        let hues = 2 + random.index(3);
        let hue = |_| {
            let (warm, green) = (5.0 + 13.0 * random.normal(), 5.0 * random.normal());
            [-warm - green, 0.75 * warm - green]
        };
        Palette((0..hues).map(hue).collect())
    }

    /// The colour of an object with the given luma: chroma grows with luma.
    fn colour(&self, luma: f64, random: &mut Stream) -> Colour {
        let [blue, red] = self.0[random.index(self.0.len())];
        let strength = luma / 110.0 * if random.uniform() < 0.15 { 2.4 } else { between(0.3, 1.2, random) };
        let limit = |c: f64| c.clamp(-0.45 * luma - 5.0, 0.45 * luma + 5.0);
        [luma, limit(blue * strength), limit(red * strength)]
    }
}

/// A random origin in a texture.
fn origin(random: &mut Stream) -> [usize; 2] {
    [random.index(512), random.index(512)]
}

/// A random radius with density r⁻³ between `least` and `most`: occlusion then looks the same at every scale.
fn power_law_radius(least: f64, most: f64, random: &mut Stream) -> f64 {
    let (a, b) = (1.0 / (least * least), 1.0 / (most * most));
    1.0 / (a + (b - a) * random.uniform()).sqrt()
}

/// Overlapping textured shapes of all sizes, each with its shadow.
fn dead_leaves(width: usize, height: usize, random: &mut Stream) -> Canvas {
    let side = width.min(height) as f64;
    let palette = Palette::new(random);
    let rough = Texture::new(width, height, side / 4.0, 0.6, [1.0, 1.0], random);
    let fibre = Texture::new(width, height, side / 8.0, 0.65, [5.0, 1.0], random);
    let ground = palette.colour(between(60.0, 160.0, random), random);
    let mut canvas = Canvas::from_fn(width, height, |x, y| ground.map(|c| c * (1.0 + 0.2 * rough.at(x, y))));
    let (least, most) = (side / 48.0 + 1.0, side / 2.5);
    let light = [between(-0.3, 0.3, random), between(-0.3, 0.3, random)];
    let leaves = 1.6 * width as f64 * height as f64 / (least * least * 12.0);
    for _ in 0..leaves as usize {
        let radius = power_law_radius(least, most, random);
        let centre = [random.uniform() * width as f64, random.uniform() * height as f64];
        let shape = Shape::random(radius, random);
        let luma = between(35.0, 215.0, random);
        let texture = match random.index(4) {
            0 => None,
            1 => Some((&fibre, origin(random), between(0.04, 0.2, random))),
            _ => Some((&rough, origin(random), between(0.04, 0.25, random))),
        };
        let paint = Paint {
            colour: palette.colour(luma, random),
            light: [light[0] + between(-0.1, 0.1, random), light[1] + between(-0.1, 0.1, random)],
            roundness: if random.uniform() < 0.5 { between(0.1, 0.6, random) } else { 0.0 },
            texture,
            softness: if random.uniform() < 0.2 { between(2.0, 5.0, random) } else { 1.2 },
        };
        let fall = 0.12 * radius + 1.0;
        canvas.shadow([centre[0] + fall, centre[1] + fall], &shape, 0.45, 2.0 + 0.3 * radius);
        canvas.draw(centre, &shape, &paint);
    }
    canvas
}

/// A sky with clouds above ridges that fade into the haze.
fn landscape(width: usize, height: usize, random: &mut Stream) -> Canvas {
    let side = width.min(height) as f64;
    let clouds = Texture::new(width, height, side / 2.0, 0.52, [2.2, 1.0], random);
    let ground = Texture::new(width, height, side / 6.0, 0.68, [1.6, 1.0], random);
    let zenith: Colour = [between(110.0, 165.0, random), between(14.0, 30.0, random), between(-22.0, -8.0, random)];
    let horizon: Colour = [between(185.0, 225.0, random), between(-8.0, 8.0, random), between(-4.0, 10.0, random)];
    let cover = between(-0.6, 0.9, random);
    let mut canvas = Canvas::from_fn(width, height, |x, y| {
        let t = (y as f64 / (0.6 * height as f64)).min(1.0);
        let cloud = (0.5 * (clouds.at(x, y) + cover)).clamp(0.0, 1.0);
        let white = 222.0 - 40.0 * (clouds.at(x, y + height / 12) * 0.5).clamp(0.0, 1.0);
        let mix = |k: usize, white: f64| {
            let sky = zenith[k] + t * (horizon[k] - zenith[k]);
            sky + cloud * (white - sky)
        };
        [mix(0, white), mix(1, 2.0), mix(2, 0.0)]
    });
    let ridges = 3 + random.index(3);
    let land: [f64; 2] = [between(-24.0, -8.0, random), between(-12.0, 6.0, random)];
    for ridge in 0..ridges {
        let near = (ridge + 1) as f64 / ridges as f64;
        let base = height as f64 * (0.35 + 0.5 * near - 0.1 * random.uniform());
        let outline = Texture::new(width, 1, side / 2.5, 0.48, [1.0, 1.0], random);
        let luma = 150.0 - 85.0 * near + between(-15.0, 15.0, random);
        let rise = height as f64 * between(0.03, 0.09, random);
        for y in 0..height {
            for x in 0..width {
                let depth = y as f64 - (base - rise * outline.at(x, 0));
                let cover = (depth + 0.5).clamp(0.0, 1.0);
                if cover > 0.0 {
                    // Slopes: the differences of the texture give the ground's brightness under light from the left.
                    let slope = ground.at(x + 1, y + 37 * ridge) - ground.at(x, y + 37 * ridge);
                    let relief = near * (0.55 * slope + 0.16 * ground.at(x, y + 37 * ridge)).clamp(-0.6, 0.8);
                    let shade = (1.0 + relief) * (1.0 + 0.15 * (depth / height as f64));
                    let colour = [luma, land[0] * near + 6.0 * (1.0 - near), land[1] * near - 4.0 * (1.0 - near)];
                    let pixel = &mut canvas.pixels[y * width + x];
                    pixel.iter_mut().zip(colour).for_each(|(p, c)| *p += cover * (c * shade - *p));
                }
            }
        }
    }
    canvas
}

/// A wall of bricks or boards with rows of windows, a sign, and the shadow of a roof.
fn facade(width: usize, height: usize, random: &mut Stream) -> Canvas {
    let side = width.min(height) as f64;
    let palette = Palette::new(random);
    let plaster = Texture::new(width, height, side / 6.0, 0.66, [1.0, 1.0], random);
    let wall = palette.colour(between(90.0, 190.0, random), random);
    let brick = [(side / between(7.0, 16.0, random)).max(4.0), (side / between(16.0, 36.0, random)).max(3.0)];
    let offset = 0.5 * random.index(2) as f64;
    let tones = Texture::new(64, 64, 1.0, 0.5, [1.0, 1.0], random);
    let mut canvas = Canvas::from_fn(width, height, |x, y| {
        let row = (y as f64 / brick[1]).floor();
        let across = x as f64 / brick[0] + offset * (row % 2.0);
        let (u, v) = ((across - across.floor()) * brick[0], (y as f64 / brick[1] - row) * brick[1]);
        let joint = if u < 1.2 || v < 1.2 { 0.72 } else { 1.0 };
        let tone = 1.0 + 0.09 * tones.at(across as usize, row as usize) + 0.07 * plaster.at(x, y);
        wall.map(|c| c * joint * tone)
    });
    let (columns, rows) = (2 + random.index(3), 1 + random.index(3));
    let cell = [width as f64 / columns as f64, height as f64 / rows as f64];
    let half = [cell[0] * between(0.2, 0.34, random), cell[1] * between(0.24, 0.36, random)];
    let frame = palette.colour(between(190.0, 235.0, random), random);
    let glass = palette.colour(between(35.0, 80.0, random), random);
    let bars = 1 + random.index(3);
    for i in 0..columns * rows {
        let centre = [cell[0] * ((i % columns) as f64 + 0.5), cell[1] * ((i / columns) as f64 + 0.5)];
        let outer = Shape::rectangle(half[0], half[1]);
        canvas.shadow([centre[0] + 0.02 * side + 1.0, centre[1] + 0.02 * side + 1.0], &outer, 0.5, 3.0);
        canvas.draw(centre, &outer, &Paint::flat(frame));
        let inner = Shape::rectangle(half[0] * 0.86, half[1] * 0.9);
        let light = [between(-0.3, 0.3, random), between(-0.6, 0.2, random)];
        let reflection = Some((&plaster, origin(random), 0.22));
        canvas.draw(centre, &inner, &Paint { light, texture: reflection, ..Paint::flat(glass) });
        for bar in 1..=bars {
            let t = 2.0 * bar as f64 / (bars + 1) as f64 - 1.0;
            let thin = (0.006 * side).max(0.6);
            let upright = [centre[0] + t * half[0] * 0.86, centre[1]];
            canvas.draw(upright, &Shape::rectangle(thin, half[1] * 0.9), &Paint::flat(frame));
            let level = [centre[0], centre[1] + t * half[1] * 0.9];
            canvas.draw(level, &Shape::rectangle(half[0] * 0.86, thin), &Paint::flat(frame));
        }
    }
    if random.uniform() < 0.7 {
        let board = [width as f64 * between(0.3, 0.7, random), height as f64 * between(0.35, 0.65, random)];
        let size = [0.3 * width as f64, (0.07 * side).max(4.0)];
        let dark = palette.colour(between(40.0, 90.0, random), random);
        canvas.shadow([board[0] + 2.0, board[1] + 3.0], &Shape::rectangle(size[0], size[1]), 0.5, 4.0);
        canvas.draw(board, &Shape::rectangle(size[0], size[1]), &Paint::flat(dark));
        let line = [board[0] - 0.9 * size[0], board[1] - 0.6 * size[1], 1.8 * size[0], 1.2 * size[1]];
        write(&mut canvas, line, [215.0, -6.0, 6.0], random);
    }
    let eaves = height as f64 * between(0.05, 0.2, random);
    canvas.light(|_, y| 1.0 - 0.45 * ((eaves - y as f64) / 3.0 + 0.5).clamp(0.0, 1.0));
    canvas
}

/// A few round objects on a table in front of a wall out of focus.
fn still_life(width: usize, height: usize, random: &mut Stream) -> Canvas {
    let (side, table) = (width.min(height) as f64, height as f64 * between(0.45, 0.65, random));
    let palette = Palette::new(random);
    let soft = Texture::new(width, height, side / 2.0, 0.35, [1.0, 1.0], random);
    let wood = Texture::new(width, height, side / 16.0, 0.7, [9.0, 1.0], random);
    let skin = Texture::new(width, height, side / 8.0, 0.62, [1.0, 1.0], random);
    let wall = palette.colour(between(50.0, 170.0, random), random);
    let board = palette.colour(between(80.0, 190.0, random), random);
    let mut canvas = Canvas::from_fn(width, height, |x, y| {
        let cover = ((y as f64 - table) / 2.5 + 0.5).clamp(0.0, 1.0);
        let (back, front) = (1.0 + 0.16 * soft.at(x, y), 1.0 + 0.13 * wood.at(x, y));
        [0, 1, 2].map(|k| wall[k] * back * (1.0 - cover) + board[k] * front * cover)
    });
    let things = 4 + random.index(5);
    for i in 0..things {
        let radius = side * between(0.09, 0.24, random);
        let depth = (i + 1) as f64 / things as f64;
        let floor = table + (height as f64 - table) * (0.1 + 0.75 * depth);
        let centre = [width as f64 * between(0.06, 0.94, random), floor - radius];
        let sunk = Shape::Ellipse { a: radius * 1.2, b: radius * 0.3, direction: [1.0, 0.0] };
        canvas.shadow([centre[0] + 0.3 * radius, floor], &sunk, 0.6, 0.5 * radius + 2.0);
        let flat = between(0.75, 1.0, random);
        let body = if random.uniform() < 0.7 {
            Shape::Ellipse { a: radius * flat, b: radius, direction: [1.0, 0.0] }
        } else {
            Shape::rectangle(radius * 0.7 * flat, radius)
        };
        let mut colour = palette.colour(between(60.0, 205.0, random), random);
        colour[1] *= 1.4;
        colour[2] *= 1.4;
        let stripes = random.uniform() < 0.3;
        let texture = if stripes { (&wood, origin(random), 0.22) } else { (&skin, origin(random), 0.1) };
        let focus = if depth < 0.4 { between(2.0, 6.0, random) } else { 1.2 };
        let light = [-0.35, -0.35];
        canvas.draw(centre, &body, &Paint { colour, light, roundness: 0.65, texture: Some(texture), softness: focus });
        let gleam = [centre[0] - 0.35 * radius, centre[1] - 0.4 * radius];
        let spot = Shape::Ellipse { a: 0.14 * radius, b: 0.09 * radius, direction: [0.8, -0.6] };
        canvas.draw(gleam, &spot, &Paint { softness: 0.12 * radius + 1.0, ..Paint::flat([240.0, 0.0, 0.0]) });
    }
    canvas
}

/// Leaves and blades on a dark ground, nearly the same colour, with light shining through.
fn foliage(width: usize, height: usize, random: &mut Stream) -> Canvas {
    let side = width.min(height) as f64;
    let rough = Texture::new(width, height, side / 5.0, 0.66, [1.0, 1.0], random);
    let glow = Texture::new(width, height, side / 2.0, 0.45, [1.0, 1.0], random);
    let hue = [between(-26.0, -4.0, random), between(-16.0, 16.0, random)];
    let mut canvas = Canvas::from_fn(width, height, |x, y| {
        let luma = 70.0 * (1.0 + 0.3 * rough.at(x, y) + 0.25 * glow.at(x, y)).max(0.1);
        [luma, 0.4 * hue[0], 0.4 * hue[1]]
    });
    let (least, most) = (side / 60.0 + 1.5, side / 6.0);
    let leaves = (width as f64 * height as f64 / (least * least * 10.0)) as usize;
    let slender = between(0.15, 0.5, random);
    for i in 0..leaves {
        let near = i as f64 / leaves as f64;
        let a = power_law_radius(least, most, random);
        let (sin, cos) = math::sin_cos(std::f64::consts::PI * random.uniform());
        let shape = Shape::Ellipse { a, b: (a * slender).max(0.8), direction: [cos, sin] };
        let centre = [random.uniform() * width as f64, random.uniform() * height as f64];
        let flower = random.uniform() < 0.03;
        let lit = 1.0 + 0.35 * glow.at(centre[0] as usize, centre[1] as usize);
        let luma = (between(55.0, 190.0, random) * (0.55 + 0.6 * near) * lit).clamp(20.0, 235.0);
        let vary = luma / 110.0 * between(0.7, 1.3, random);
        let colour = if flower { [200.0, -12.0, 30.0] } else { [luma, hue[0] * vary, hue[1] * vary] };
        let paint = Paint {
            light: [-0.3 * sin, 0.3 * cos],
            roundness: 0.2,
            texture: Some((&rough, origin(random), 0.14)),
            ..Paint::flat(colour)
        };
        canvas.shadow([centre[0] + 1.5, centre[1] + 2.0], &shape, 0.4 * near, 3.0);
        canvas.draw(centre, &shape, &paint);
    }
    canvas
}

/// Print on paper: a heading, lines of text, a framed picture, a cloth with a woven grating under it.
fn print(width: usize, height: usize, random: &mut Stream) -> Canvas {
    let side = width.min(height) as f64;
    let palette = Palette::new(random);
    let fibre = Texture::new(width, height, side / 4.0, 0.55, [1.0, 1.0], random);
    let cloth = palette.colour(between(60.0, 140.0, random), random);
    let period = between(3.5, 9.0, random);
    let mut canvas = Canvas::from_fn(width, height, |x, y| {
        let wave = |i: f64| (2.0 * (i - i.floor()) - 1.0).abs() - 0.5;
        let weave = 0.35 * wave((x + y) as f64 / period) + 0.35 * wave((x + 3 * height - y) as f64 / period);
        cloth.map(|c| c * (1.0 + weave + 0.12 * fibre.at(x, y)))
    });
    let sheets = 1 + random.index(3);
    for _ in 0..sheets {
        let half = [width as f64 * between(0.25, 0.42, random), height as f64 * between(0.25, 0.42, random)];
        let centre = [width as f64 * between(0.3, 0.7, random), height as f64 * between(0.3, 0.7, random)];
        let sheet = Shape::rectangle(half[0], half[1]);
        let paper = palette.colour(between(150.0, 225.0, random), random);
        canvas.shadow([centre[0] + 0.03 * side, centre[1] + 0.03 * side], &sheet, 0.5, 0.05 * side + 2.0);
        let light = [between(-0.15, 0.15, random), between(-0.15, 0.15, random)];
        let texture = Some((&fibre, origin(random), 0.03));
        canvas.draw(centre, &sheet, &Paint { light, texture, ..Paint::flat(paper) });
        let ink: Colour = [between(20.0, 60.0, random), between(-8.0, 12.0, random), between(-8.0, 12.0, random)];
        let (left, top) = (centre[0] - 0.85 * half[0], centre[1] - 0.85 * half[1]);
        let (wide, tall) = (1.7 * half[0], 1.7 * half[1]);
        let heading = (0.09 * side).max(6.0);
        write(&mut canvas, [left, top, 0.8 * wide, heading], ink, random);
        let picture = random.uniform() < 0.6;
        let column = if picture { 0.52 * wide } else { wide };
        let size = (side * between(0.03, 0.055, random)).max(5.0);
        let mut y = top + 1.6 * heading;
        while y + size < top + tall {
            let length = column * between(0.7, 1.0, random);
            write(&mut canvas, [left, y, length, size], ink, random);
            y += 1.7 * size;
        }
        if picture {
            let middle = [left + 0.78 * wide, top + 1.6 * heading + 0.28 * tall];
            let frame = Shape::rectangle(0.21 * wide, 0.26 * tall);
            let colour = palette.colour(between(70.0, 170.0, random), random);
            let texture = Some((&fibre, origin(random), 0.25));
            canvas.draw(middle, &frame, &Paint { light: [0.3, 0.4], texture, ..Paint::flat(colour) });
            let thing = Shape::random(0.14 * wide.min(tall), random);
            let colour = palette.colour(between(60.0, 210.0, random), random);
            canvas.draw(middle, &thing, &Paint { roundness: 0.5, ..Paint::flat(colour) });
        }
    }
    canvas
}

/// A line of text-like characters in the box [left, top, width, height]: letters of two to four strokes, words with
/// gaps.
fn write(canvas: &mut Canvas, [left, top, width, height]: [f64; 4], ink: Colour, random: &mut Stream) {
    let advance = 0.72 * height;
    let radius = (0.075 * height).max(0.45);
    let mut x = left;
    while x + advance < left + width {
        if random.uniform() < 0.17 {
            x += advance;
            continue;
        }
        for _ in 0..2 + random.index(3) {
            // Strokes between the points of a 3 by 4 grid.
            let mut point = || [0.24 * random.index(3) as f64 * height, 0.32 * random.index(4) as f64 * height];
            let ([x0, y0], [x1, y1]) = (point(), point());
            let stroke = Shape::Stroke { to: [x1 - x0, y1 - y0], radius };
            canvas.draw([x + x0, top + y0], &stroke, &Paint::flat(ink));
        }
        x += advance;
    }
}
