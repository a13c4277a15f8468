//! Contact sheets: images of one size in rows and columns with names, such as inputs above their reconstructions.
//!
//! A contact sheet is a PNG only. Its texts are drawn as those of [`charts`](super::charts). The images are copied afterwards, each pixel
//! as a square of `scale` × `scale`, so that the file contains the exact values of the images.

use super::charts::page::{Align, BLACK, Chart, GREY, MARGIN, Page, encode, header_height, paint, paste, widest, wrap};
use crate::imaging::Rgb8;
use plotters::backend::DrawingBackend;

/// A contact sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The title.
    pub title: String,
    /// The data that the images are from.
    pub data: String,
    /// The names of the columns, from left to right; they may be empty.
    pub columns: Vec<String>,
    /// The names of the rows, from top to bottom; they may be empty.
    pub rows: Vec<String>,
    /// The images, row by row.
    pub cells: Vec<Rgb8>,
    /// The side of the square that shows a pixel.
    pub scale: usize,
}

/// The space between images, in pixels.
const GAP: f64 = 6.0;
/// The font size of the names, in pixels.
const EM: f64 = 12.0;
/// The height of a line of a name, in pixels.
const LINE: f64 = 15.0;
/// The widest line of a row's name, in pixels.
const LIMIT: f64 = 200.0;

impl Sheet {
    /// The bytes of the PNG file: 8-bit RGB, as wide and high as the images need, and at least 400 pixels wide.
    ///
    /// # Panics
    /// If the number of images is 0 or not rows times columns, the images differ in size, or the scale is 0.
    pub fn png(&self) -> Vec<u8> {
        assert!(self.scale > 0, "a scale of at least 1");
        assert!(!self.cells.is_empty(), "at least one image");
        let (rows, columns) = (self.rows.len(), self.columns.len());
        assert_eq!(self.cells.len(), rows * columns, "images in {rows} rows and {columns} columns");
        let size = |image: &Rgb8| (image.width, image.height);
        assert!(self.cells.iter().all(|c| size(c) == size(&self.cells[0])), "images of one size");

        let layout = self.layout();
        let mut pixels = paint(self);
        for (i, image) in self.cells.iter().enumerate() {
            let (left, top) = layout.corner(i / columns, i % columns);
            let size = (image.width * self.scale, image.height * self.scale);
            let pixel = |x, y| image.pixel(x / self.scale, y / self.scale);
            paste(&mut pixels, (left as usize, top as usize), size, pixel);
        }
        encode(&pixels)
    }

    fn layout(&self) -> SheetLayout {
        let wide = (self.cells[0].width * self.scale) as f64;
        let high = (self.cells[0].height * self.scale) as f64;
        let rows: Vec<_> = self.rows.iter().map(|name| wrap(name, EM, LIMIT)).collect();
        // Names of more than two lines increase the space between the images; they do not overlap.
        let columns: Vec<_> = self.columns.iter().map(|name| wrap(name, EM, wide)).collect();
        let name = widest(rows.iter().flatten(), EM);
        let left = (MARGIN + if name > 0.0 { name + 10.0 } else { 0.0 }).ceil();
        let lines = |names: &[Vec<String>]| names.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let row = high.max(LINE * lines(&rows)) + GAP;
        let width = (left + columns.len() as f64 * (wide + GAP) - GAP + MARGIN).max(400.0);
        let top = (header_height(&self.title, &self.data, width) + LINE * lines(&columns) + 4.0).ceil();
        let height = top + rows.len() as f64 * row - GAP + MARGIN;
        SheetLayout { left, top, column: wide + GAP, row, high, rows, columns, width, height }
    }
}

/// Sizes in whole pixels, and the names.
struct SheetLayout {
    /// The corner of the first image.
    left: f64,
    top: f64,
    /// The distance from one image to the next.
    column: f64,
    row: f64,
    /// The height of an image.
    high: f64,
    /// The names in lines.
    rows: Vec<Vec<String>>,
    columns: Vec<Vec<String>>,
    /// The size of the contact sheet.
    width: f64,
    height: f64,
}

impl SheetLayout {
    /// The corner of an image. An image that is lower than its row is in the middle of the row.
    fn corner(&self, row: usize, column: usize) -> (f64, f64) {
        let spare = ((self.row - GAP - self.high) / 2.0).floor();
        (self.left + column as f64 * self.column, self.top + row as f64 * self.row + spare)
    }
}

impl Chart for Sheet {
    fn size(&self) -> (u32, u32) {
        let layout = self.layout();
        (layout.width as u32, layout.height as u32)
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        page.header(&self.title, &self.data);
        let layout = self.layout();
        for (i, lines) in layout.columns.iter().enumerate() {
            let centre = layout.corner(0, i).0 + (layout.column - GAP) / 2.0;
            page.lines(lines.iter().rev(), (centre, layout.top - 7.0), -LINE, EM, Align::Center, GREY);
        }
        for (i, lines) in layout.rows.iter().enumerate() {
            let middle = layout.corner(i, 0).1 + layout.high / 2.0 - LINE * (lines.len() as f64 - 1.0) / 2.0;
            page.lines(lines, (layout.left - 10.0, middle + 0.36 * EM), LINE, EM, Align::Right, BLACK);
        }
    }
}
