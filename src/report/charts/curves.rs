//! Curves over a common axis: the loss of several training runs.

use super::axis::{self, Axis, Kind};
use super::finite;
use super::page::{Align, BLACK, Chart, MARGIN, Page, Picture, colour, render, shorten, width};
use crate::error::{Error, Result};
use plotters::backend::DrawingBackend;

/// Loss over iterations.
#[derive(Clone, Debug)]
pub struct Curves {
    /// What is shown.
    pub title: String,
    /// What data the numbers are from.
    pub data: String,
    /// The title of the horizontal axis: `iteration`.
    pub x: String,
    /// The title of the vertical axis: `loss`.
    pub y: String,
    /// Whether the vertical axis is logarithmic.
    pub logarithmic: bool,
    /// The curves, in the legend's order.
    pub curves: Vec<Curve>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name: `seed 1`.
    pub name: String,
    /// Iteration and value, by rising iteration.
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
        let widest = self.curves.iter().map(|c| width(&c.name, 12.0)).fold(0.0, f64::max).min(220.0);
        let legend = page.width - MARGIN - widest - 26.0;
        let left = axis::room(&y);
        let x = Axis::tight(points().map(|p| p.0), 9, Kind::Linear, left, legend - 18.0);
        axis::horizontal(page, &x, top, bottom, &self.x);
        axis::vertical(page, &y, x.start, x.end, &self.y);
        for (i, curve) in self.curves.iter().enumerate() {
            let line: Vec<_> = curve.points.iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
            match line.as_slice() {
                [only] => page.disc(*only, 4.0, colour(i)),
                line if i < 7 => page.path(line, 2.0, colour(i)),
                line => page.dashes(line, 2.0, colour(i)),
            }
        }
        let step = ((bottom - top) / self.curves.len().max(1) as f64).min(21.0);
        let em = (0.65 * step).min(12.0);
        for (i, curve) in self.curves.iter().enumerate() {
            let at = top + (i as f64 + 0.5) * step;
            let sample = [(legend, at), (legend + 20.0, at)];
            if i < 7 {
                page.path(&sample, 3.0, colour(i))
            } else {
                page.dashes(&sample, 3.0, colour(i))
            }
            page.text(&shorten(&curve.name, em, 220.0), (legend + 26.0, at + 0.36 * em), em, Align::Left, BLACK);
        }
    }
}
