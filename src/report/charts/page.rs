//! The page that charts are drawn on: positions are pixels in `f64`, y points downwards, and both back ends are served.

use crate::error::Result;
use crate::imaging::Rgb8;
use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::prelude::*;
/// Where the position of a text lies on its baseline.
pub(in crate::report) use plotters::style::text_anchor::HPos as Align;
use plotters::style::text_anchor::{Pos, VPos};
use plotters::style::{FontTransform, register_font};
use std::sync::LazyLock;

/// A chart as the contents of two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The SVG document.
    pub svg: String,
    /// The PNG file: 8-bit RGB.
    pub png: Vec<u8>,
}

/// Grid cells per pixel, in each direction.
const GRID: i32 = 4;

/// The font family in the SVG. Where DejaVu Sans is not installed, Verdana replaces it: its letters have the same widths.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";

static REGISTERED: LazyLock<()> = LazyLock::new(|| {
    let font = include_bytes!("../fonts/DejaVuSans-charts.ttf");
    assert!(register_font(FONT, FontStyle::Normal, font).is_ok(), "the bundled font is a font");
});

pub(in crate::report) const BLACK: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub(in crate::report) const GREY: RGBColor = RGBColor(0x5F, 0x5F, 0x5F);
pub(super) const PALE: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
pub(super) const BAND: RGBColor = RGBColor(0xF4, 0xF4, 0xF4);
pub(super) const WHITE: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
pub(super) const ORANGE: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
pub(super) const VERMILION: RGBColor = RGBColor(0xD5, 0x5E, 0x00);

/// The colours of Okabe and Ito without yellow, which is too light for marks on white.
const PALETTE: [RGBColor; 7] = [
    BLUE,
    VERMILION,
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    ORANGE,
    RGBColor(0x56, 0xB4, 0xE9),
    BLACK,
];

/// The colour of series `i`; it repeats after seven.
pub(super) fn colour(i: usize) -> RGBColor {
    PALETTE[i % PALETTE.len()]
}

/// A pale tint of the colour of series `i`, for filled areas.
pub(super) fn tint(i: usize) -> RGBColor {
    let pale = |c: u8| 255 - (255 - c) / 5;
    let RGBColor(red, green, blue) = colour(i);
    RGBColor(pale(red), pale(green), pale(blue))
}

/// A chart that can be drawn on a [`Page`].
pub(in crate::report) trait Chart {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);
    /// An error if the data cannot be drawn.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// Draws the whole chart.
    fn draw<B: DrawingBackend>(&self, page: &Page<B>);
}

/// Draws `chart` with both back ends.
pub(super) fn render(chart: &impl Chart) -> Result<Picture> {
    chart.check()?;
    LazyLock::force(&REGISTERED);
    let (width, height) = chart.size();
    let fine = (width * GRID as u32, height * GRID as u32);
    let mut svg = String::new();
    // The SVG back end sets text at size/1.24. The baseline is 0.76 em below the position.
    draw(chart, SVGBackend::with_string(&mut svg, fine), Letters { size: 1.24, drop: 0.76 });
    let on_grid = format!("width=\"{}\" height=\"{}\"", fine.0, fine.1);
    let svg = svg.replacen(&on_grid, &format!("width=\"{width}\" height=\"{height}\""), 1);
    Ok(Picture { svg, png: encode(&paint(chart)) })
}

/// The pixels of `chart`.
pub(in crate::report) fn paint(chart: &impl Chart) -> Rgb8 {
    LazyLock::force(&REGISTERED);
    let (width, height) = chart.size();
    let fine = (width * GRID as u32, height * GRID as u32);
    let mut cells = vec![0; 3 * (fine.0 * fine.1) as usize];
    // The bitmap back end takes the height from ascender to descender (2384/2048 em) as the size of text. The baseline is half of
    // that height below the position.
    draw(chart, BitMapBackend::with_buffer(&mut cells, fine), Letters { size: 1.1640625, drop: 0.58203125 });
    Rgb8::new(width as usize, height as usize, average(&cells, width as usize))
}

/// Replaces the pixels of a rectangle by the colours that `pixel` gives, for places relative to the upper left corner.
pub(in crate::report) fn paste(
    image: &mut Rgb8,
    (left, top): (usize, usize),
    (width, height): (usize, usize),
    pixel: impl Fn(usize, usize) -> [u8; 3],
) {
    for y in 0..height {
        for x in 0..width {
            let at = 3 * ((top + y) * image.width + left + x);
            image.samples[at..at + 3].copy_from_slice(&pixel(x, y));
        }
    }
}

fn draw<B: DrawingBackend>(chart: &impl Chart, backend: B, letters: Letters) {
    let area = backend.into_drawing_area();
    area.fill(&WHITE).unwrap_or_else(|e| panic!("{DRAWN}: {e}"));
    let (width, height) = chart.size();
    let page = Page { area, letters, width: f64::from(width), height: f64::from(height) };
    chart.draw(&page);
    page.area.present().unwrap_or_else(|e| panic!("{DRAWN}: {e}"));
}

const DRAWN: &str = "drawing into memory with the bundled font does not fail";

/// The mean of each block of `GRID` × `GRID` cells, rounded half up.
fn average(cells: &[u8], width: usize) -> Vec<u8> {
    let grid = GRID as usize;
    let (row, area) = (3 * width * grid, (grid * grid) as u32);
    let mut pixels = Vec::with_capacity(cells.len() / (grid * grid));
    for rows in cells.chunks_exact(row * grid) {
        for x in 0..width {
            for channel in 0..3 {
                let of_cell = |i: usize| u32::from(rows[i / grid * row + 3 * (grid * x + i % grid) + channel]);
                let sum: u32 = (0..grid * grid).map(of_cell).sum();
                pixels.push(((sum + area / 2) / area) as u8);
            }
        }
    }
    pixels
}

/// `pixels` as the bytes of a PNG file.
pub(in crate::report) fn encode(pixels: &Rgb8) -> Vec<u8> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive)
        .write_image(&pixels.samples, pixels.width as u32, pixels.height as u32, image::ExtendedColorType::Rgb8)
        .expect("encoding into memory does not fail");
    png
}

/// How a back end places text, in em: the font size it needs, and the distance from a `Top` position down to the baseline.
#[derive(Clone, Copy)]
struct Letters {
    size: f64,
    drop: f64,
}

/// A position in pixels.
pub(in crate::report) type Point = (f64, f64);

/// A white page of `width` × `height` pixels.
pub(in crate::report) struct Page<B: DrawingBackend> {
    area: DrawingArea<B, Shift>,
    letters: Letters,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A length in pixels as a number of grid cells.
fn grid(pixels: f64) -> i32 {
    (pixels * f64::from(GRID) + 0.5).floor() as i32
}

fn on_grid((x, y): Point) -> (i32, i32) {
    (grid(x), grid(y))
}

impl<B: DrawingBackend> Page<B> {
    fn put<'e, E>(&self, element: &'e E)
    where
        &'e E: plotters::element::PointCollection<'e, (i32, i32)>,
        E: plotters::element::Drawable<B>,
    {
        self.area.draw(element).unwrap_or_else(|e| panic!("{DRAWN}: {e}"));
    }

    /// A line through `points`, `width` pixels wide.
    pub(super) fn path(&self, points: &[Point], width: f64, colour: RGBColor) {
        if points.len() > 1 {
            let style = colour.stroke_width(grid(width) as u32);
            self.put(&PathElement::new(points.iter().map(|&p| on_grid(p)).collect::<Vec<_>>(), style));
        }
    }

    /// Draws the same line in dashes of 6 pixels with gaps of 4. The pattern continues around corners.
    pub(super) fn dashes(&self, points: &[Point], width: f64, colour: RGBColor) {
        let (dash, gap) = (6.0_f64, 4.0);
        let (mut dash_on, mut left) = (true, dash);
        for pair in points.windows(2) {
            let ((x, y), (dx, dy)) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
            let length = (dx * dx + dy * dy).sqrt();
            let at = |s: f64| (x + dx * s / length, y + dy * s / length);
            let mut done = 0.0;
            while done < length {
                let step = left.min(length - done);
                if dash_on {
                    self.path(&[at(done), at(done + step)], width, colour);
                }
                (done, left) = (done + step, left - step);
                if left <= 0.0 {
                    dash_on = !dash_on;
                    left = if dash_on { dash } else { gap };
                }
            }
        }
    }

    /// A filled rectangle between two corners.
    pub(super) fn rectangle(&self, (x0, y0): Point, (x1, y1): Point, colour: RGBColor) {
        let corners = [on_grid((x0.min(x1), y0.min(y1))), on_grid((x0.max(x1), y0.max(y1)))];
        self.put(&Rectangle::new(corners, colour.filled()));
    }

    /// A filled disc.
    pub(super) fn disc(&self, centre: Point, radius: f64, colour: RGBColor) {
        self.put(&Circle::new(on_grid(centre), grid(radius), colour.filled()));
    }

    /// The mark of series `i`: a disc, square, triangle or diamond of `radius`. After seven series the colours repeat, and the shape
    /// changes.
    pub(super) fn mark(&self, i: usize, (x, y): Point, radius: f64) {
        let (r, half) = (radius, 0.9 * radius);
        let corners = match i / PALETTE.len() % 4 {
            0 => return self.disc((x, y), r, colour(i)),
            1 => vec![(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)],
            2 => vec![(x, y - 1.2 * r), (x + 1.1 * r, y + 0.8 * r), (x - 1.1 * r, y + 0.8 * r)],
            _ => vec![(x, y - 1.3 * r), (x + 1.1 * r, y), (x, y + 1.3 * r), (x - 1.1 * r, y)],
        };
        self.put(&Polygon::new(corners.into_iter().map(on_grid).collect::<Vec<_>>(), colour(i).filled()));
    }

    /// Draws `text` with its baseline at `at` and a font size of `em` pixels.
    pub(in crate::report) fn text(&self, text: &str, at: Point, em: f64, align: Align, colour: RGBColor) {
        self.letters(text, (at.0, at.1 - self.letters.drop * em), em, align, colour, FontTransform::None);
    }

    /// Draws each of `lines` as [`Page::text`] does. The first is at `at`; each of the others is `pitch` pixels below the one before it.
    pub(in crate::report) fn lines<'t>(
        &self,
        lines: impl IntoIterator<Item = &'t String>,
        (x, y): Point,
        pitch: f64,
        em: f64,
        align: Align,
        colour: RGBColor,
    ) {
        for (line, text) in lines.into_iter().enumerate() {
            self.text(text, (x, y + pitch * line as f64), em, align, colour);
        }
    }

    /// Draws `text` centred on a white background, for numbers that may lie on lines.
    pub(super) fn text_on_white(&self, text: &str, at: Point, em: f64, colour: RGBColor) {
        let wide = width(text, em);
        let left = at.0 - wide / 2.0;
        self.rectangle((left - 1.0, at.1 - 0.78 * em), (left + wide + 1.0, at.1 + 0.08 * em), WHITE);
        self.text(text, at, em, Align::Center, colour);
    }

    /// Draws `text` upwards, centred at height `at.1`, with its baseline at `at.0`.
    pub(super) fn text_upwards(&self, text: &str, at: Point, em: f64, colour: RGBColor) {
        let at = (at.0 - self.letters.drop * em, at.1);
        self.letters(text, at, em, Align::Center, colour, FontTransform::Rotate270);
    }

    fn letters(&self, text: &str, at: Point, em: f64, align: Align, colour: RGBColor, turn: FontTransform) {
        let font = FontDesc::new(FontFamily::Name(FONT), em * self.letters.size * f64::from(GRID), FontStyle::Normal);
        let style = TextStyle::from(font.transform(turn)).color(&colour).pos(Pos::new(align, VPos::Top));
        self.put(&Text::new(text, on_grid(at), style));
    }

    /// Draws the title and, below it, the description of the data. Returns the y at which the chart can begin.
    pub(in crate::report) fn header(&self, title: &str, data: &str) -> f64 {
        let mut y = 12.0;
        for (text, em, colour) in [(title, 19.0, BLACK), (data, 13.0, GREY)] {
            for line in wrap(text, em, self.width - 2.0 * MARGIN) {
                y += 1.3 * em;
                self.text(&line, (MARGIN, y), em, Align::Left, colour);
            }
        }
        y + 12.0
    }
}

/// The space at each edge of the page, in pixels.
pub(in crate::report) const MARGIN: f64 = 24.0;

/// The height of [`Page::header`] on a page of this width.
pub(in crate::report) fn header_height(title: &str, data: &str, width: f64) -> f64 {
    let lines = |text: &str, em: f64| wrap(text, em, width - 2.0 * MARGIN).len() as f64 * 1.3 * em;
    24.0 + lines(title, 19.0) + lines(data, 13.0)
}

/// The width of `text` in pixels at a font size of `em` pixels.
pub(in crate::report) fn width(text: &str, em: f64) -> f64 {
    LazyLock::force(&REGISTERED);
    // It is measured at a large size, so that the rounding to whole units is not visible.
    let font = FontDesc::new(FontFamily::Name(FONT), 1164.0625, FontStyle::Normal);
    let (w, _) = font.box_size(text).unwrap_or_else(|e| panic!("{DRAWN}: {e}"));
    f64::from(w) * em / 1000.0
}

/// The width of the widest of `texts`; 0 without any.
pub(in crate::report) fn widest<'t>(texts: impl Iterator<Item = &'t String>, em: f64) -> f64 {
    texts.map(|text| width(text, em)).fold(0.0, f64::max)
}

/// `text` in lines no wider than `limit`, broken between words. A word that is too wide for a line ends in an ellipsis.
pub(in crate::report) fn wrap(text: &str, em: f64, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, em, limit);
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), em) <= limit => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// `text`, shortened with an ellipsis if it is wider than `limit`.
pub(super) fn shorten(text: &str, em: f64, limit: f64) -> String {
    if width(text, em) <= limit {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    loop {
        kept.pop();
        let short: String = kept.iter().chain(&['…']).collect();
        if kept.is_empty() || width(&short, em) <= limit {
            return short;
        }
    }
}
