//! The legend above a chart: samples of marks and lines with their names, in as many lines as they need.

use super::page::{Align, BLACK, GREY, MARGIN, Page, colour, shorten, width};
use plotters::backend::DrawingBackend;

/// The sample before a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// The mark of a series.
    Mark(usize),
    /// The line of a series.
    Line(usize),
    /// A line with the mark of a series on it.
    MarkedLine(usize),
    /// A dashed grey line.
    Dashes,
}

/// The samples and their names, from left to right.
pub(super) struct Legend<'a>(pub(super) Vec<(Sample, &'a str)>);

/// The height of a line.
const LINE: f64 = 22.0;
/// The font size, in pixels.
const EM: f64 = 13.0;

impl Legend<'_> {
    /// The indices of the entries, in lines that fit on a page of `width` pixels.
    fn lines(&self, width: f64) -> Vec<Vec<usize>> {
        let (limit, mut x) = (width - 2.0 * MARGIN, 0.0);
        let mut lines: Vec<Vec<usize>> = vec![vec![]];
        for i in 0..self.0.len() {
            let entry = self.entry(i);
            if x + entry > limit {
                lines.push(vec![]);
                x = 0.0;
            }
            x += entry;
            lines.last_mut().expect("there is a line").push(i);
        }
        lines
    }

    /// The width of an entry.
    fn entry(&self, i: usize) -> f64 {
        width(&shorten(self.0[i].1, EM, 300.0), EM) + self.sample(i) + 26.0
    }

    /// The width of an entry's sample.
    fn sample(&self, i: usize) -> f64 {
        if matches!(self.0[i].0, Sample::Mark(_)) { 18.0 } else { 30.0 }
    }

    /// The height on a page of `width` pixels.
    pub(super) fn height(&self, width: f64) -> f64 {
        LINE * self.lines(width).len() as f64
    }

    /// Draws the legend from `top` downwards. Returns the y below it.
    pub(super) fn draw<B: DrawingBackend>(&self, page: &Page<B>, mut top: f64) -> f64 {
        for line in self.lines(page.width) {
            let mut x = MARGIN;
            top += LINE;
            for i in line {
                let (sample, name) = self.0[i];
                let y = top - 10.0;
                let ends = [(x, y), (x + 24.0, y)];
                match sample {
                    Sample::Mark(series) => page.mark(series, (x + 6.0, y), 5.0),
                    Sample::Line(series) => page.path(&ends, 3.0, colour(series)),
                    Sample::MarkedLine(series) => {
                        page.path(&ends, 2.0, colour(series));
                        page.mark(series, (x + 12.0, y), 4.5);
                    }
                    Sample::Dashes => page.dashes(&ends, 1.5, GREY),
                }
                page.text(&shorten(name, EM, 300.0), (x + self.sample(i), top - 5.5), EM, Align::Left, BLACK);
                x += self.entry(i);
            }
        }
        top
    }
}
