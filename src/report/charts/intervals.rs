//! A chart of the variants of a method: a row for each, with a dot for its value and a line for its interval, against a reference.

use super::axis::{self, Axis};
use super::page::{
    Align, BAND, BLACK, BLUE, Chart, GREY, MARGIN, Page, Picture, VERMILION, header_height, render, widest, wrap,
};
use super::{Estimate, finite};
use crate::error::Result;
use crate::report::grid::decimal;
use plotters::backend::DrawingBackend;

/// A chart of estimates with intervals, such as those of an ablation.
#[derive(Clone, Debug)]
pub struct Intervals {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The statistic on the axis: `SROCC, with 95 % interval`.
    pub statistic: String,
    /// The rows, from top to bottom.
    pub rows: Vec<Interval>,
    /// The index of the row that the others are compared with. A dashed line is drawn at its value.
    pub reference: Option<usize>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Interval {
    /// The name of the variant; it may be long.
    pub label: String,
    /// Its value and interval.
    pub estimate: Estimate,
}

impl Intervals {
    /// The chart as SVG and PNG: 1000 pixels wide, and as high as the rows need.
    ///
    /// # Panics
    /// If the reference is not the index of a row.
    ///
    /// # Errors
    /// [`crate::Error::Undefined`] for a number that is not finite.
    pub fn render(&self) -> Result<Picture> {
        let rows = self.rows.len();
        assert!(self.reference.is_none_or(|r| r < rows), "the reference is one of the {rows} rows");
        render(self)
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().flat_map(|r| r.estimate.numbers())
    }

    /// The label of each row, in lines.
    fn labels(&self) -> Vec<Vec<String>> {
        self.rows.iter().map(|r| wrap(&r.label, LABEL, LIMIT)).collect()
    }

    /// The height of each row.
    fn heights(&self) -> Vec<f64> {
        self.labels().iter().map(|lines| (17.0 * lines.len() as f64 + 16.0).max(38.0)).collect()
    }
}

const WIDTH: u32 = 1000;
/// The font size of the labels, in pixels.
const LABEL: f64 = 13.0;
/// The widest line of a label, in pixels.
const LIMIT: f64 = 330.0;

impl Chart for Intervals {
    fn size(&self) -> (u32, u32) {
        let header = header_height(&self.title, &self.data, f64::from(WIDTH));
        (WIDTH, (header + 20.0 + self.heights().iter().sum::<f64>().max(80.0) + 60.0).ceil() as u32)
    }

    fn check(&self) -> Result<()> {
        finite(&self.title, self.numbers())
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        let top = page.header(&self.title, &self.data) + 20.0;
        let bottom = page.height - 60.0;
        let labels = self.labels();
        let label = widest(labels.iter().flatten(), LABEL);
        let printed: Vec<String> = self.rows.iter().map(|r| print(&r.estimate)).collect();
        let column = widest(printed.iter(), LABEL);
        let (left, right) = (MARGIN + label + 20.0, page.width - MARGIN - column - 20.0);
        let x = Axis::round(self.numbers(), 7, left, right);
        let mut y = top;
        for (i, height) in self.heights().iter().enumerate() {
            if i % 2 == 0 {
                page.rectangle((MARGIN - 6.0, y), (page.width - MARGIN + 6.0, y + height), BAND);
            }
            y += height;
        }
        axis::horizontal(page, &x, top, bottom, &self.statistic);
        if let Some(reference) = self.reference {
            let at = x.at(self.rows[reference].estimate.value);
            page.dashes(&[(at, top), (at, bottom)], 1.5, VERMILION);
        }
        let mut y = top;
        for (i, height) in self.heights().iter().enumerate() {
            let centre = y + height / 2.0;
            let colour = if self.reference == Some(i) { VERMILION } else { BLUE };
            let first = centre - 8.5 * (labels[i].len() as f64 - 1.0) + 0.36 * LABEL;
            page.lines(&labels[i], (MARGIN, first), 17.0, LABEL, Align::Left, BLACK);
            let estimate = self.rows[i].estimate;
            if let Some((low, high)) = estimate.interval {
                page.path(&[(x.at(low), centre), (x.at(high), centre)], 2.0, colour);
                for end in [low, high] {
                    page.path(&[(x.at(end), centre - 5.0), (x.at(end), centre + 5.0)], 2.0, colour);
                }
            }
            page.disc((x.at(estimate.value), centre), 5.0, colour);
            let ink = if self.reference == Some(i) { BLACK } else { GREY };
            page.text(&printed[i], (page.width - MARGIN, centre + 0.36 * LABEL), LABEL, Align::Right, ink);
            y += height;
        }
    }
}

/// `0.865 [0.850, 0.880]`.
fn print(estimate: &Estimate) -> String {
    let value = decimal(estimate.value, 3);
    match estimate.interval {
        Some((low, high)) => format!("{value} [{}, {}]", decimal(low, 3), decimal(high, 3)),
        None => value,
    }
}
