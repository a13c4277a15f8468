//! The layout of small multiples: panels of one size in rows, with common axes, a legend above them and one title for each axis.
//!
//! Tick labels are to the left of the first column, and below each panel that has no other panel below it. A chart gives the names of
//! its panels and draws their contents; everything else is drawn here.

use super::axis::{self, Axis};
use super::legend::Legend;
use super::page::{Align, BLACK, GREY, MARGIN, Page, header_height, shorten, width, wrap};
use plotters::backend::DrawingBackend;

/// A chart of panels.
pub(super) struct Grid<'a> {
    pub(super) title: &'a str,
    pub(super) data: &'a str,
    /// The titles of the axes.
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// The ends of the axes: the lower first, and not equal.
    pub(super) x_range: (f64, f64),
    pub(super) y_range: (f64, f64),
    /// Whether panels are as high as they are wide.
    pub(super) square: bool,
    pub(super) legend: Legend<'a>,
    /// The names of the panels.
    pub(super) names: Vec<&'a str>,
}

/// The space between panels side by side, in pixels.
const GAP: f64 = 28.0;
/// The font size of the panels' names, in pixels.
const NAME: f64 = 13.0;

/// Sizes in pixels.
struct Layout {
    columns: usize,
    rows: usize,
    /// The space to the left of the panels, for tick labels and title.
    left: f64,
    /// The size of a panel.
    wide: f64,
    high: f64,
    /// The names, each in lines.
    names: Vec<Vec<String>>,
    /// The number of lines of the longest name.
    lines: usize,
    width: f64,
    /// The height of header and legend.
    top: f64,
}

impl Grid<'_> {
    fn layout(&self) -> Layout {
        let columns = match self.names.len() {
            0 | 1 => 1,
            2 | 4 => 2,
            3 | 5 | 6 | 9 => 3,
            7 | 8 | 10..=12 => 4,
            _ => 5,
        };
        let left = axis::room(&self.y_axis(0.0, 1.0));
        let gaps = GAP * (columns - 1) as f64;
        let room = 1000.0 - left - MARGIN - gaps;
        let wide = if self.square { (room / columns as f64).min(400.0) } else { room / columns as f64 };
        let width = (left + columns as f64 * wide + gaps + MARGIN).clamp(640.0, 1000.0).ceil();
        let name = |name: &&str| {
            let mut lines = wrap(name, NAME, wide);
            if lines.len() > 2 {
                lines.truncate(2);
                lines[1] = shorten(&format!("{}…", lines[1]), NAME, wide);
            }
            lines
        };
        let names: Vec<Vec<String>> = self.names.iter().map(name).collect();
        Layout {
            columns,
            rows: self.names.len().div_ceil(columns).max(1),
            left,
            wide,
            high: if self.square { wide } else { (0.72 * wide).clamp(120.0, 400.0) },
            lines: names.iter().map(Vec::len).max().unwrap_or(0),
            names,
            width,
            top: header_height(self.title, self.data, width) + self.legend.height(width),
        }
    }

    fn y_axis(&self, start: f64, end: f64) -> Axis {
        Axis::between(self.y_range, 5, start, end)
    }

    /// The axis with the most ticks whose labels have room; at most eight steps.
    fn x_axis(&self, start: f64, end: f64) -> Axis {
        let fits = |axis: &Axis| {
            let labels: f64 = axis.ticks.iter().map(|(_, label)| width(label, axis::TICK) + 8.0).sum();
            labels <= end - start
        };
        let axes = (2..=8).rev().map(|count| Axis::between(self.x_range, count, start, end));
        axes.into_iter().find(fits).unwrap_or_else(|| Axis::between(self.x_range, 1, start, end))
    }

    /// The size of the page.
    pub(super) fn size(&self) -> (u32, u32) {
        let layout = self.layout();
        let height = layout.top + layout.rows as f64 * layout.pitch() + 56.0;
        (layout.width as u32, height.ceil() as u32)
    }

    /// Draws everything but the contents of the panels. `panel` draws these, given the index and the axes of each.
    pub(super) fn draw<B: DrawingBackend>(&self, page: &Page<B>, panel: impl Fn(usize, &Axis, &Axis)) {
        let layout = self.layout();
        self.legend.draw(page, page.header(self.title, self.data));
        let count = self.names.len();
        for i in 0..count.max(1) {
            let (column, row) = (i % layout.columns, i / layout.columns);
            let start = layout.left + column as f64 * (layout.wide + GAP);
            let bottom = layout.top + (row + 1) as f64 * layout.pitch();
            let (end, top) = (start + layout.wide, bottom - layout.high);
            let (x, y) = (self.x_axis(start, end), self.y_axis(bottom, top));
            axis::ticks_below(page, &x, top, bottom, i + layout.columns >= count);
            axis::ticks_beside(page, &y, start, end, column == 0);
            page.path(&[(start, bottom), (end, bottom)], 1.0, GREY);
            let name = layout.names.get(i).into_iter().flatten().rev();
            page.lines(name, (start, top - 7.0), -16.0, NAME, Align::Left, BLACK);
            if count > 0 {
                panel(i, &x, &y);
            }
        }
        let bottom = layout.top + layout.rows as f64 * layout.pitch();
        let right = layout.left + layout.columns as f64 * (layout.wide + GAP) - GAP;
        page.text(self.x, ((layout.left + right) / 2.0, bottom + 40.0), axis::TITLE, Align::Center, BLACK);
        let middle = (layout.top + layout.pitch() - layout.high + bottom) / 2.0;
        page.text_upwards(self.y, (MARGIN + 2.0, middle), axis::TITLE, BLACK);
    }
}

impl Layout {
    /// The height of a row with its names and its panels.
    fn pitch(&self) -> f64 {
        16.0 * self.lines as f64 + 20.0 + self.high
    }
}

/// `ends`, or the range of `values` with a little more at either end; 0 to 1 without values.
pub(super) fn ends(ends: Option<(f64, f64)>, values: impl Iterator<Item = f64>) -> (f64, f64) {
    ends.unwrap_or_else(|| {
        let (low, high) = axis::range(values);
        (low - 0.05 * (high - low), high + 0.05 * (high - low))
    })
}
