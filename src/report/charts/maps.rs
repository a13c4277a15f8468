//! A picture of two images and two maps of where they differ.
//!
//! The reference and the distorted image are in the upper row, the maps in the lower one. All have the same size, so that a bright spot of
//! a map is straight below the pixels that differ. A map begins at 0, no difference, in the darkest colour. Its colour bar ends at one of
//! 0.01, 0.02, 0.03 … 1 and 2: the smallest that at most 1 % of the values exceed. Larger values have the brightest colour.
//!
//! The picture is a PNG only, since an SVG would need a rectangle for each pixel.

use super::colour_map::colour;
use super::finite;
use super::page::{Align, BLACK, Chart, GREY, MARGIN, Page, header_height, paint, paste, shorten};
use crate::error::Result;
use crate::imaging::Rgb8;
use crate::imaging::plane::Plane;
use plotters::backend::DrawingBackend;

/// The picture.
#[derive(Clone, Debug)]
pub struct Maps<'a> {
    /// The title.
    pub title: String,
    /// The line below the title: the scores, and how to read the maps.
    pub data: String,
    /// The titles and the images: the reference and the distorted image, of one size.
    pub images: [(String, &'a Rgb8); 2],
    /// The maps.
    pub maps: [Map; 2],
}

/// A map of the difference of two images: 0 where they do not differ.
#[derive(Clone, Debug)]
pub struct Map {
    /// The meaning of a high value.
    pub title: String,
    /// The values, 0 or more.
    pub values: Plane,
    /// The row and the column of the image where the first value begins.
    pub margin: usize,
    /// The side of the square of pixels that a value describes.
    pub side: usize,
}

/// The approximate size of a panel: larger images are averaged and smaller ones enlarged, by whole factors.
const PANEL: usize = 512;
/// The space between panels.
const GUTTER: usize = 28;
/// The height of the line above a panel.
const CAPTION: usize = 28;
/// The height of the space for a colour bar with its labels, and of the bar itself.
const BAR: usize = 58;
const BAR_HEIGHT: usize = 14;
/// The colour of pixels without a value.
const NOTHING: [u8; 3] = [0xDD; 3];
/// The values at which a colour bar may end, the number of its parts, and the decimals of their labels.
const ENDS: [(f64, u32, usize); 16] = [
    (0.01, 5, 3),
    (0.02, 4, 3),
    (0.03, 3, 2),
    (0.04, 4, 2),
    (0.05, 5, 2),
    (0.06, 3, 2),
    (0.08, 4, 2),
    (0.1, 5, 2),
    (0.2, 4, 2),
    (0.3, 3, 1),
    (0.4, 4, 1),
    (0.5, 5, 1),
    (0.6, 3, 1),
    (0.8, 4, 1),
    (1.0, 5, 1),
    (2.0, 4, 1),
];

impl Map {
    /// The value at the end of the colour bar, the number of its parts, and the decimals of their labels.
    fn end(&self) -> (f64, u32, usize) {
        let mut sorted = self.values.values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let high = sorted[(sorted.len() - 1) * 99 / 100];
        ENDS.into_iter().find(|(end, ..)| high <= *end).unwrap_or(ENDS[ENDS.len() - 1])
    }

    /// The value at the end of the colour bar, which has the brightest colour.
    pub fn brightest(&self) -> f64 {
        self.end().0
    }

    /// The map of `image` with the brightest colour at `brightest`, as large as [`thumbnail`] makes `image`.
    pub fn thumbnail(&self, image: &Rgb8, shrink: usize, brightest: f64) -> Rgb8 {
        let zoom = Zoom { shrink, grow: 1 };
        let (width, height) = zoom.size(image);
        Rgb8::from_fn(width, height, |x, y| self.colour(zoom, image, x, y, brightest))
    }

    /// The colour at a pixel of a panel that shows the map of `image`.
    fn colour(&self, zoom: Zoom, image: &Rgb8, x: usize, y: usize, brightest: f64) -> [u8; 3] {
        let mean = zoom.mean(image, x, y, |x, y| self.at(x, y).map(|value| [value]));
        mean.map_or(NOTHING, |[value]| colour(value / brightest))
    }

    /// The value at a pixel of the image.
    fn at(&self, x: usize, y: usize) -> Option<f64> {
        let place = |pixel: usize| pixel.checked_sub(self.margin).map(|pixel| pixel / self.side);
        let (x, y) = (place(x)?, place(y)?);
        (x < self.values.width && y < self.values.height).then(|| self.values.at(x, y))
    }
}

/// The image with each square of `shrink` × `shrink` pixels averaged to one pixel.
///
/// # Panics
/// If `shrink` is 0.
pub fn thumbnail(image: &Rgb8, shrink: usize) -> Rgb8 {
    let zoom = Zoom { shrink, grow: 1 };
    let (width, height) = zoom.size(image);
    Rgb8::from_fn(width, height, |x, y| zoom.colour(image, x, y))
}

/// The factors that bring an image to the size of a panel.
#[derive(Clone, Copy)]
struct Zoom {
    /// The side of the squares of pixels that are averaged.
    shrink: usize,
    /// The side of the square that shows each mean.
    grow: usize,
}

impl Zoom {
    fn of(image: &Rgb8) -> Zoom {
        Zoom {
            shrink: image.width.max(image.height).div_ceil(PANEL + PANEL / 2),
            grow: (PANEL / image.width.max(image.height)).max(1),
        }
    }

    fn size(self, image: &Rgb8) -> (usize, usize) {
        (self.grow * image.width.div_ceil(self.shrink), self.grow * image.height.div_ceil(self.shrink))
    }

    /// The mean colour of the image's pixels that a pixel of the panel shows.
    fn colour(self, image: &Rgb8, x: usize, y: usize) -> [u8; 3] {
        let mean = self.mean(image, x, y, |x, y| Some(image.pixel(x, y).map(f64::from)));
        mean.map_or(NOTHING, |rgb| rgb.map(|v| (v + 0.5) as u8))
    }

    /// The mean of the values that `of` gives for the image's pixels that a pixel of the panel shows; `None` if it gives none.
    fn mean<const N: usize>(
        self,
        image: &Rgb8,
        x: usize,
        y: usize,
        of: impl Fn(usize, usize) -> Option<[f64; N]>,
    ) -> Option<[f64; N]> {
        let (mut sum, mut count) = ([0.0; N], 0.0);
        let behind =
            |at: usize, end: usize| at / self.grow * self.shrink..(at / self.grow * self.shrink + self.shrink).min(end);
        for y in behind(y, image.height) {
            for values in behind(x, image.width).filter_map(|x| of(x, y)) {
                sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                count += 1.0;
            }
        }
        (count > 0.0).then(|| sum.map(|sum| sum / count))
    }
}

impl Maps<'_> {
    /// The picture's pixels. The longer side of a panel is 257 to 768 pixels.
    ///
    /// # Panics
    /// If the two images differ in size.
    ///
    /// # Errors
    /// [`crate::Error::Undefined`] for a value that is not finite.
    pub fn render(&self) -> Result<Rgb8> {
        let (reference, distorted) = (self.images[0].1, self.images[1].1);
        assert_eq!((reference.width, reference.height), (distorted.width, distorted.height), "images of one size");
        self.check()?;
        let mut picture = paint(self);
        let (zoom, panel) = (self.zoom(), self.panel());
        for (i, (_, image)) in self.images.iter().enumerate() {
            paste(&mut picture, self.corner(i, 0), panel, |x, y| zoom.colour(image, x, y));
        }
        for (i, map) in self.maps.iter().enumerate() {
            let end = map.brightest();
            paste(&mut picture, self.corner(i, 1), panel, |x, y| map.colour(zoom, reference, x, y, end));
            let bar = |x, _| colour((x as f64 + 0.5) / panel.0 as f64);
            paste(&mut picture, self.corner(i, 2), (panel.0, BAR_HEIGHT), bar);
        }
        Ok(picture)
    }

    fn zoom(&self) -> Zoom {
        Zoom::of(self.images[0].1)
    }

    /// The width and the height of a panel.
    fn panel(&self) -> (usize, usize) {
        self.zoom().size(self.images[0].1)
    }

    /// The upper left pixel of a panel; row 2 is the row of the colour bars.
    fn corner(&self, column: usize, row: usize) -> (usize, usize) {
        let (width, height) = self.panel();
        let left = (self.width() - 2 * width - GUTTER) / 2 + column * (width + GUTTER);
        let top = header_height(&self.title, &self.data, self.width() as f64).ceil() as usize;
        (left, top + (row.min(1) + 1) * CAPTION + row * height + if row == 2 { 10 } else { 0 })
    }

    /// The width of the picture, which has room for its texts.
    fn width(&self) -> usize {
        (2 * self.panel().0 + GUTTER + 2 * MARGIN as usize).max(2 * (PANEL / 2 + PANEL / 4) + GUTTER)
    }
}

impl Chart for Maps<'_> {
    fn size(&self) -> (u32, u32) {
        (self.width() as u32, (self.corner(0, 2).1 + BAR) as u32)
    }

    fn check(&self) -> Result<()> {
        finite(&self.title, self.maps.iter().flat_map(|map| map.values.values.iter().copied()))
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        page.header(&self.title, &self.data);
        let (width, _) = self.panel();
        let titles = [self.images.each_ref().map(|(title, _)| title), self.maps.each_ref().map(|map| &map.title)];
        for (row, titles) in titles.into_iter().enumerate() {
            for (column, title) in titles.into_iter().enumerate() {
                let (left, top) = self.corner(column, row);
                let room = (width + GUTTER - 8) as f64;
                page.text(&shorten(title, 14.0, room), (left as f64, top as f64 - 8.0), 14.0, Align::Left, BLACK);
            }
        }
        for (column, map) in self.maps.iter().enumerate() {
            let (left, top) = self.corner(column, 2);
            let (end, parts, decimals) = map.end();
            let beyond = map.values.values.iter().any(|value| *value > end);
            let below = (top + BAR_HEIGHT) as f64;
            for part in 0..=parts {
                let share = f64::from(part) / f64::from(parts);
                let x = left as f64 + width as f64 * share;
                page.path(&[(x, below), (x, below + 4.0)], 1.0, GREY);
                let label = format!("{:.decimals$}", end * share);
                let (label, align) = match part {
                    0 => ("0 same".to_owned(), Align::Left),
                    _ if part < parts => (label, Align::Center),
                    _ if beyond => (format!("≥ {label}"), Align::Right),
                    _ => (label, Align::Right),
                };
                page.text(&label, (x, below + 18.0), 12.0, align, GREY);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(width: usize, height: usize) -> (Rgb8, Rgb8) {
        let reference = Rgb8::from_fn(width, height, |x, y| [(x * 3) as u8, (y * 5) as u8, 90]);
        let distorted = Rgb8::from_fn(width, height, |x, y| [(x * 3) as u8, (y * 5) as u8, 200]);
        (reference, distorted)
    }

    fn sheet<'a>(reference: &'a Rgb8, distorted: &'a Rgb8, values: Plane, margin: usize, side: usize) -> Maps<'a> {
        let map = Map { title: "a map".into(), values, margin, side };
        Maps {
            title: "b against a".into(),
            data: "two maps".into(),
            images: [("Reference".into(), reference), ("Distorted".into(), distorted)],
            maps: [map.clone(), map],
        }
    }

    #[test]
    fn every_pixel_is_in_its_place() {
        let (reference, distorted) = images(300, 200);
        // A value for each 16×16 pixels, rising to the right; pixels that do not fill a patch have no value.
        let values = Plane::from_fn(18, 12, |x, _| x as f64 / 17.0);
        let maps = sheet(&reference, &distorted, values, 0, 16);
        let drawn = maps.render().unwrap();
        assert_eq!((drawn.width as u32, drawn.height as u32), maps.size());
        for (column, image) in [&reference, &distorted].into_iter().enumerate() {
            let ((left, top), (map_left, map_top)) = (maps.corner(column, 0), maps.corner(column, 1));
            for (x, y) in [(0, 0), (299, 199), (17, 40), (288, 0), (0, 192)] {
                assert_eq!(drawn.pixel(left + x, top + y), image.pixel(x, y));
                let expected = match (x / 16, y / 16) {
                    (18.., _) | (_, 12..) => NOTHING,
                    (column, _) => colour(column as f64 / 17.0),
                };
                assert_eq!(drawn.pixel(map_left + x, map_top + y), expected, "({x}, {y})");
            }
        }
        // The space between the panels is white.
        let (left, top) = maps.corner(1, 0);
        assert!(
            (top..top + 200).all(|y| drawn.pixel(left - 1, y) == [255; 3] && drawn.pixel(left + 300, y) == [255; 3])
        );
    }

    #[test]
    fn small_images_grow_and_large_ones_shrink() {
        for ((width, height), panel) in
            [((20, 30), (340, 510)), ((1, 1), (512, 512)), ((1600, 1200), (534, 400)), ((513, 600), (513, 600))]
        {
            let (reference, distorted) = images(width, height);
            let maps = sheet(&reference, &distorted, Plane::new(1, 1, vec![0.25]), 0, 3000);
            assert_eq!(maps.panel(), panel, "{width}×{height}");
            let drawn = maps.render().unwrap();
            let (left, top) = maps.corner(1, 1);
            assert_eq!(drawn.pixel(left + panel.0 - 1, top + panel.1 - 1), colour(0.25 / 0.3));
        }
    }

    #[test]
    fn thumbnails_of_an_image_and_its_map_are_of_one_size() {
        let image = Rgb8::from_fn(33, 16, |x, _| [(x % 2) as u8 * 200, 10, 20]);
        let small = thumbnail(&image, 2);
        assert_eq!(
            (small.width, small.height, small.pixel(3, 4), small.pixel(16, 0)),
            (17, 8, [100, 10, 20], [0, 10, 20])
        );
        let map = Map { title: String::new(), values: Plane::from_fn(2, 1, |x, _| x as f64), margin: 0, side: 16 };
        let drawn = map.thumbnail(&image, 2, 0.5);
        assert_eq!((drawn.width, drawn.height), (17, 8));
        // A value of 0, one beyond the brightest, and the column that does not fill a patch.
        assert_eq!([0, 9, 16].map(|x| drawn.pixel(x, 7)), [colour(0.0), colour(1.0), NOTHING]);
    }

    #[test]
    fn a_bar_ends_where_one_value_in_a_hundred_may_lie_beyond() {
        let map = |values: Vec<f64>| Map {
            title: String::new(),
            values: Plane::new(values.len(), 1, values),
            margin: 0,
            side: 1,
        };
        let mostly = |value: f64| map((0..1000).map(|i| if i < 10 { 2.0 } else { value }).collect());
        assert_eq!(map(vec![0.0; 50]).end(), (0.01, 5, 3));
        assert_eq!(mostly(0.05).end(), (0.05, 5, 2));
        assert_eq!(mostly(0.051).end(), (0.06, 3, 2));
        assert_eq!(mostly(1.2).end(), (2.0, 4, 1));
        assert_eq!(map(vec![7.0]).end(), (2.0, 4, 1));
        // Each label equals the number at its mark.
        for (end, parts, decimals) in ENDS {
            let part = end / f64::from(parts);
            let label: f64 = format!("{part:.decimals$}").parse().unwrap();
            assert!((label - part).abs() < 1e-12, "{label} at {part}");
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        let (reference, distorted) = images(30, 20);
        let error = sheet(&reference, &distorted, Plane::new(1, 1, vec![f64::NAN]), 0, 30).render().unwrap_err();
        assert!(error.to_string().contains("b against a"), "{error}");
    }
}
