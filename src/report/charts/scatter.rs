//! A scatter chart of scores against opinion scores: a panel for each method, with the fitted logistic curve and the straight line.
//!
//! Panels may also have their own axes, such as the principal components of several sets of features.

use super::axis::{self, Axis, Kind};
use super::finite;
use super::page::{
    Align, BLACK, Chart, GREY, MARGIN, Page, Picture, Point, WHITE, render, shorten, widest, width, wrap,
};
use crate::error::Result;
use plotters::backend::DrawingBackend;

/// Panels side by side with one legend. They share the vertical axis, unless they have their own axes.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The title of the horizontal axis of each panel: `score`.
    pub x: String,
    /// The title of the common vertical axis: `MOS`.
    pub y: String,
    /// The kinds of points, in the order of the legend, such as the distortion types.
    pub kinds: Vec<String>,
    /// The panels from left to right; three are readable. If one has its own axes, there are two in a row.
    pub panels: Vec<Panel>,
}

/// The points of one method.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The method's name.
    pub method: String,
    /// A short note below the name: `SROCC 0.865`.
    pub note: String,
    /// For each point the score, the opinion score, and an index into [`Scatter::kinds`].
    pub points: Vec<(f64, f64, usize)>,
    /// Points along the fitted logistic curve, by rising score; may be empty.
    pub curve: Vec<(f64, f64)>,
    /// Points along the fitted straight line; may be empty.
    pub line: Vec<(f64, f64)>,
    /// The titles of the panel's own axes, horizontal and vertical, such as `first principal component (31 % of variance)`. They replace
    /// the common ones.
    pub axes: Option<(String, String)>,
}

impl Scatter {
    /// The chart as SVG and PNG: 1000 × 600 pixels, and 480 more for each further row of panels.
    ///
    /// # Panics
    /// If the kind of a point is not in [`Scatter::kinds`].
    ///
    /// # Errors
    /// [`crate::Error::Undefined`] for a number that is not finite.
    pub fn render(&self) -> Result<Picture> {
        let kinds = self.kinds.len();
        let mut points = self.panels.iter().flat_map(|p| &p.points);
        assert!(points.all(|p| p.2 < kinds), "every point is of one of {kinds} kinds");
        render(self)
    }

    /// Whether a panel has its own axes. If so, every panel labels its axes.
    fn apart(&self) -> bool {
        self.panels.iter().any(|p| p.axes.is_some())
    }

    /// Columns and rows of panels.
    fn layout(&self) -> (usize, usize) {
        let count = self.panels.len().max(1);
        let columns = if self.apart() { count.min(2) } else { count };
        (columns, count.div_ceil(columns))
    }

    /// The marks and lines with their names, from `top` downwards.
    fn legend<B: DrawingBackend>(&self, page: &Page<B>, left: f64, top: f64) {
        let limit = page.width - left - 36.0;
        let rows = self.kinds.len() + 2;
        let step = ((page.height - top - 20.0) / rows as f64).min(19.0);
        let em = (0.68 * step).min(12.0);
        let mut y = top;
        for (i, kind) in self.kinds.iter().enumerate() {
            page.mark(i, (left + 10.0, y), 4.0);
            page.text(&shorten(kind, em, limit), (left + 26.0, y + 0.36 * em), em, Align::Left, BLACK);
            y += step;
        }
        y += 0.3 * step;
        if self.panels.iter().any(|p| !p.curve.is_empty()) {
            page.path(&[(left - 2.0, y), (left + 19.0, y)], 2.5, BLACK);
            page.text(CURVE, (left + 26.0, y + 0.36 * em), em, Align::Left, BLACK);
            y += step;
        }
        if self.panels.iter().any(|p| !p.line.is_empty()) {
            page.dashes(&[(left - 2.0, y), (left + 19.0, y)], 2.0, BLACK);
            page.text("straight line", (left + 26.0, y + 0.36 * em), em, Align::Left, BLACK);
        }
    }
}

const CURVE: &str = "fitted logistic";

impl Chart for Scatter {
    fn size(&self) -> (u32, u32) {
        (1000, 120 + 480 * self.layout().1 as u32)
    }

    fn check(&self) -> Result<()> {
        let points = self.panels.iter().flat_map(|p| &p.points).flat_map(|&(x, y, _)| [x, y]);
        let lines = self.panels.iter().flat_map(|p| p.curve.iter().chain(&p.line)).flat_map(|&(x, y)| [x, y]);
        finite(&self.title, points.chain(lines))
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        let header = page.header(&self.title, &self.data);
        let name = widest(self.kinds.iter(), 12.0).max(width(CURVE, 12.0)).min(220.0);
        let legend = page.width - (name + 26.0 + 14.0);
        let (columns, rows) = self.layout();
        let height = (page.height - header) / rows as f64;
        for (i, panel) in self.panels.iter().enumerate() {
            let (column, row) = (i % columns, i / columns);
            let top = header + row as f64 * height + 44.0;
            let below = if self.apart() { 72.0 } else { 56.0 };
            let bottom = page.height - (rows - 1 - row) as f64 * height - below;
            // The axis of a panel with its own axes covers its own points. The common axis covers the points of all other panels.
            let alike = self.panels.iter().filter(|p| p.axes.is_none() && panel.axes.is_none());
            let points = alike.chain(panel.axes.is_some().then_some(panel)).flat_map(|p| &p.points);
            let y = Axis::tight(points.map(|p| p.1), 9, Kind::Linear, bottom, top);
            let (start, panel_width) = if self.apart() {
                let cell = (legend - 10.0) / columns as f64;
                (column as f64 * cell + axis::room(&y), cell - axis::room(&y) - 12.0)
            } else {
                let (left, gap) = (axis::room(&y), 22.0);
                let wide = (legend - MARGIN - left - gap * (columns - 1) as f64) / columns as f64;
                (left + column as f64 * (wide + gap), wide)
            };
            let end = start + panel_width;
            let ticks = (panel_width / 42.0).max(2.0) as usize;
            let x = Axis::tight(panel.points.iter().map(|p| p.0), ticks, Kind::Linear, start, end);
            let (x_title, y_title) = panel.axes.as_ref().map_or((&self.x, &self.y), |(x, y)| (x, y));
            if self.apart() {
                axis::horizontal(page, &x, top, bottom, "");
                let title = wrap(x_title, axis::TITLE, panel_width + 20.0);
                let at = ((start + end) / 2.0, bottom + 38.0);
                page.lines(title.iter().take(2), at, 17.0, axis::TITLE, Align::Center, BLACK);
            } else {
                axis::horizontal(page, &x, top, bottom, x_title);
            }
            if self.apart() || column == 0 {
                axis::vertical(page, &y, start, end, &shorten(y_title, axis::TITLE, bottom - top + 20.0));
            } else {
                axis::ticks_beside(page, &y, start, end, false);
            }
            let radius = if panel.points.len() > 1000 { 1.9 } else { 2.6 };
            for &(score, opinion, kind) in &panel.points {
                page.mark(kind, (x.at(score), y.at(opinion)), radius);
            }
            let placed = |line: &[(f64, f64)]| -> Vec<Vec<Point>> {
                let line: Vec<Point> = line.iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
                axis::clip(&line, (start, top), (end, bottom))
            };
            // A white line beneath makes each line visible among the points.
            let (line, curve) = (placed(&panel.line), placed(&panel.curve));
            line.iter().for_each(|piece| page.path(piece, 4.0, WHITE));
            line.iter().for_each(|piece| page.dashes(piece, 2.0, BLACK));
            curve.iter().for_each(|piece| page.path(piece, 5.0, WHITE));
            curve.iter().for_each(|piece| page.path(piece, 2.5, BLACK));
            page.path(&[(start, bottom), (end, bottom)], 1.0, GREY);
            page.text(&shorten(&panel.method, 15.0, panel_width), (start, top - 26.0), 15.0, Align::Left, BLACK);
            page.text(&shorten(&panel.note, 12.0, panel_width), (start, top - 9.0), 12.0, Align::Left, GREY);
        }
        self.legend(page, legend, header + 44.0 + 6.0);
    }
}
