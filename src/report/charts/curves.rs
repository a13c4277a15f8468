//! A chart of several curves over common axes, such as the loss of several training runs.

use super::axis::{self, Axis, Kind};
use super::finite;
use super::page::{Align, BLACK, Chart, MARGIN, Page, Picture, Point, colour, render, shorten, widest};
use crate::error::{Error, Result};
use plotters::backend::DrawingBackend;

/// A chart of curves, with a legend to the right.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The title of the horizontal axis: `iteration`.
    pub x: String,
    /// The title of the vertical axis: `loss`.
    pub y: String,
    /// Whether the vertical axis is logarithmic.
    pub logarithmic: bool,
    /// The curves, in the order of the legend.
    pub curves: Vec<Curve>,
}

/// One curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name: `seed 1`.
    pub name: String,
    /// Points (x, y) by rising x, such as iteration and loss.
    pub points: Vec<(f64, f64)>,
}

impl Curves {
    /// The chart as SVG and PNG: 1000 × 600 pixels.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a number that is not finite, or not positive on a logarithmic axis.
    pub fn render(&self) -> Result<Picture> {
        render(self)
    }
}

impl Chart for Curves {
    fn size(&self) -> (u32, u32) {
        (1000, 600)
    }

    fn check(&self) -> Result<()> {
        let points = || self.curves.iter().flat_map(|c| &c.points);
        finite(&self.title, points().flat_map(|p| [p.0, p.1]))?;
        match points().find(|p| self.logarithmic && p.1 <= 0.0) {
            Some(p) => Err(Error::Undefined(format!(
                "the chart \"{}\" cannot show {} on a logarithmic axis: make the axis linear",
                self.title, p.1
            ))),
            None => Ok(()),
        }
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        let top = page.header(&self.title, &self.data) + 8.0;
        let bottom = page.height - 58.0;
        let kind = if self.logarithmic { Kind::Logarithmic } else { Kind::Linear };
        let points = || self.curves.iter().flat_map(|c| &c.points);
        let y = Axis::tight(points().map(|p| p.1), 7, kind, bottom, top);
        let name = widest(self.curves.iter().map(|c| &c.name), 12.0).min(220.0);
        let legend = page.width - MARGIN - name - 26.0;
        let left = axis::room(&y);
        let x = Axis::tight(points().map(|p| p.0), 9, Kind::Linear, left, legend - 18.0);
        axis::horizontal(page, &x, top, bottom, &self.x);
        axis::vertical(page, &y, x.start, x.end, &self.y);
        // The colours repeat after seven curves, and the lines are dashed then.
        let stroke = |i: usize, line: &[Point], width: f64| match i {
            0..7 => page.path(line, width, colour(i)),
            _ => page.dashes(line, width, colour(i)),
        };
        for (i, curve) in self.curves.iter().enumerate() {
            let line: Vec<_> = curve.points.iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
            match line.as_slice() {
                [only] => page.disc(*only, 4.0, colour(i)),
                line => stroke(i, line, 2.0),
            }
        }
        let step = ((bottom - top) / self.curves.len().max(1) as f64).min(21.0);
        let em = (0.65 * step).min(12.0);
        for (i, curve) in self.curves.iter().enumerate() {
            let at = top + (i as f64 + 0.5) * step;
            stroke(i, &[(legend, at), (legend + 20.0, at)], 3.0);
            page.text(&shorten(&curve.name, em, 220.0), (legend + 26.0, at + 0.36 * em), em, Align::Left, BLACK);
        }
    }
}
