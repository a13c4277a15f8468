//! A dot chart of one statistic: a row for each category, and in it a dot for each method.

use super::axis::{self, Axis};
use super::finite;
use super::legend::{Legend, Sample};
use super::page::{Align, BAND, BLACK, Chart, GREY, MARGIN, Page, Picture, header_height, render, shorten, widest};
use crate::error::Result;
use plotters::backend::DrawingBackend;

/// A dot chart, such as SROCC by distortion type.
#[derive(Clone, Debug)]
pub struct Dots {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The statistic on the axis: `SROCC`.
    pub statistic: String,
    /// The rows, from top to bottom.
    pub categories: Vec<String>,
    /// The methods, in the order of the legend.
    pub series: Vec<Series>,
}

/// The values of one method.
#[derive(Clone, Debug)]
pub struct Series {
    /// The method's name.
    pub name: String,
    /// One entry for each category; `None` where there is no value.
    pub values: Vec<Option<f64>>,
}

impl Dots {
    /// The chart as SVG and PNG: 1000 pixels wide, and as high as the categories need (about 750 pixels for 24).
    ///
    /// # Panics
    /// If a series has another number of values than there are categories.
    ///
    /// # Errors
    /// [`crate::Error::Undefined`] for a number that is not finite.
    pub fn render(&self) -> Result<Picture> {
        for series in &self.series {
            assert_eq!(series.values.len(), self.categories.len(), "values of {}", series.name);
        }
        render(self)
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        self.series.iter().flat_map(|s| s.values.iter().copied().flatten())
    }

    /// The height of a row, which grows with the number of series.
    fn row(&self) -> f64 {
        (6.0 * self.series.len() as f64 + 4.0).max(25.0)
    }

    fn legend(&self) -> Legend<'_> {
        Legend(self.series.iter().enumerate().map(|(i, series)| (Sample::Mark(i), series.name.as_str())).collect())
    }
}

const WIDTH: u32 = 1000;

impl Chart for Dots {
    fn size(&self) -> (u32, u32) {
        let header = header_height(&self.title, &self.data, f64::from(WIDTH));
        let height = header
            + self.legend().height(f64::from(WIDTH))
            + 12.0
            + self.row() * self.categories.len().max(4) as f64
            + 56.0;
        (WIDTH, height.ceil() as u32)
    }

    fn check(&self) -> Result<()> {
        finite(&self.title, self.numbers())
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        let top = self.legend().draw(page, page.header(&self.title, &self.data)) + 12.0;
        let bottom = page.height - 56.0;
        let name = widest(self.categories.iter(), 13.0).min(0.36 * page.width);
        let (left, right) = (MARGIN + name + 12.0, page.width - MARGIN - 8.0);
        let x = Axis::round(self.numbers(), 8, left + 8.0, right);
        let row = self.row();
        for (i, category) in self.categories.iter().enumerate() {
            let y = top + i as f64 * row;
            if i % 2 == 0 {
                page.rectangle((MARGIN - 6.0, y), (right, y + row), BAND);
            }
            let category = shorten(category, 13.0, name + 1.0);
            page.text(&category, (left - 10.0, y + 0.5 * row + 4.7), 13.0, Align::Right, BLACK);
        }
        axis::horizontal(page, &x, top, bottom, &self.statistic);
        if x.low < 0.0 {
            page.path(&[(x.at(0.0), top), (x.at(0.0), bottom)], 1.5, GREY);
        }
        let spread = (row - 8.0) / self.series.len().max(1) as f64;
        for (s, series) in self.series.iter().enumerate() {
            let offset = (s as f64 - (self.series.len() as f64 - 1.0) / 2.0) * spread.min(6.0);
            for (i, value) in series.values.iter().enumerate() {
                if let Some(value) = value {
                    page.mark(s, (x.at(*value), top + (i as f64 + 0.5) * row + offset), 4.5);
                }
            }
        }
    }
}
