//! Images side by side under names: inputs above their reconstructions, a challenge at all its levels.
//!
//! A PNG only. The words are drawn as those of [`charts`](super::charts); the images are copied afterwards, each of their pixels
//! as a square of `scale` × `scale`, so that what the file shows are the images' own numbers.

use super::charts::page::{Align, BLACK, Chart, GREY, MARGIN, Page, encode, header_height, paint, width, wrap};
use crate::error::Result;
use crate::imaging::Rgb8;
use plotters::backend::DrawingBackend;

/// A table of images of one size.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What is shown.
    pub title: String,
    /// What data the images are from.
    pub data: String,
    /// The columns' names, from left to right; empty ones are allowed.
    pub columns: Vec<String>,
    /// The rows' names, from top to bottom.
    pub rows: Vec<String>,
    /// The images, row by row.
    pub cells: Vec<Rgb8>,
    /// The side of the square that shows a pixel.
    pub scale: usize,
}

/// Between images.
const GAP: f64 = 6.0;
/// Letters of the names.
const EM: f64 = 12.0;
/// The height of a line of a name.
const LINE: f64 = 15.0;
/// The widest that the rows' names may be.
const LIMIT: f64 = 200.0;

impl Sheet {
    /// The bytes of the PNG file: 8-bit RGB, as wide and high as the images need, at least 400 pixels wide.
    ///
    /// # Panics
    /// When there are not as many images as rows times columns, or none, images differ in size, or the scale is 0.
    pub fn png(&self) -> Vec<u8> {
        assert!(self.scale > 0, "a scale of at least 1");
        assert!(!self.cells.is_empty(), "a sheet shows at least one image");
        let (rows, columns) = (self.rows.len(), self.columns.len());
        assert_eq!(self.cells.len(), rows * columns, "images in {rows} rows and {columns} columns");
        let size = |image: &Rgb8| (image.width, image.height);
        assert!(self.cells.iter().all(|c| size(c) == size(&self.cells[0])), "images of one size");

        let layout = self.layout();
        let mut pixels = paint(self);
        let stride = 3 * layout.width as usize;
        for (i, image) in self.cells.iter().enumerate() {
            let (left, top) = layout.corner(i / columns, i % columns);
            for y in 0..image.height * self.scale {
                let line = &mut pixels[(top as usize + y) * stride + 3 * left as usize..];
                for (x, pixel) in line.chunks_exact_mut(3).take(image.width * self.scale).enumerate() {
                    pixel.copy_from_slice(&image.pixel(x / self.scale, y / self.scale));
                }
            }
        }
        encode(&pixels, layout.width as u32, layout.height as u32)
    }

    fn layout(&self) -> Layout {
        let wide = (self.cells[0].width * self.scale) as f64;
        let high = (self.cells[0].height * self.scale) as f64;
        let rows: Vec<_> = self.rows.iter().map(|name| wrap(name, EM, LIMIT)).collect();
        // Longer names than two lines push the images apart, not into one another.
        let columns: Vec<_> = self.columns.iter().map(|name| wrap(name, EM, wide)).collect();
        let widest = rows.iter().flatten().map(|line| width(line, EM)).fold(0.0, f64::max);
        let left = (MARGIN + if widest > 0.0 { widest + 10.0 } else { 0.0 }).ceil();
        let lines = |names: &[Vec<String>]| names.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let row = high.max(LINE * lines(&rows)) + GAP;
        let width = (left + columns.len() as f64 * (wide + GAP) - GAP + MARGIN).max(400.0);
        let top = (header_height(&self.title, &self.data, width) + LINE * lines(&columns) + 4.0).ceil();
        let height = top + rows.len() as f64 * row - GAP + MARGIN;
        Layout { left, top, column: wide + GAP, row, high, rows, columns, width, height }
    }
}

/// Sizes in pixels; all but names are whole.
struct Layout {
    /// The first image's corner.
    left: f64,
    top: f64,
    /// From one image to the next.
    column: f64,
    row: f64,
    /// An image's height.
    high: f64,
    /// The names in lines.
    rows: Vec<Vec<String>>,
    columns: Vec<Vec<String>>,
    /// The sheet.
    width: f64,
    height: f64,
}

impl Layout {
    /// The corner of an image; one that is lower than its row stands in its middle.
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

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        page.header(&self.title, &self.data);
        let layout = self.layout();
        for (i, lines) in layout.columns.iter().enumerate() {
            let centre = layout.corner(0, i).0 + (layout.column - GAP) / 2.0;
            for (line, text) in lines.iter().rev().enumerate() {
                page.text(text, (centre, layout.top - 7.0 - LINE * line as f64), EM, Align::Centre, GREY);
            }
        }
        for (i, lines) in layout.rows.iter().enumerate() {
            let middle = layout.corner(i, 0).1 + layout.high / 2.0 - LINE * (lines.len() as f64 - 1.0) / 2.0;
            for (line, text) in lines.iter().enumerate() {
                let baseline = middle + LINE * line as f64 + 0.36 * EM;
                page.text(text, (layout.left - 10.0, baseline), EM, Align::Right, BLACK);
            }
        }
    }
}
