//! The bar chart of the poster: one statistic per method, the published value beside ours.

use super::axis::{self, Axis};
use super::page::{Align, BLACK, BLUE, Chart, GREY, MARGIN, Page, Picture, render, shorten, width, wrap};
use super::{Estimate, finite};
use crate::error::Result;
use crate::report::grid::decimal;
use plotters::backend::DrawingBackend;
use plotters::style::RGBColor;

/// A chart with up to two bars for each method: our value and the published one.
#[derive(Clone, Debug)]
pub struct Bars {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The statistic on the axis: `SROCC`.
    pub statistic: String,
    /// The legend of our bars: `this project, with 95 % interval`.
    pub ours: String,
    /// The legend of the published bars: `published (poster)`.
    pub published: String,
    /// The methods, from left to right.
    pub bars: Vec<Bar>,
}

/// The bars of one method; either may be missing.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The method's name.
    pub method: String,
    /// Our value.
    pub ours: Option<Estimate>,
    /// The published value.
    pub published: Option<f64>,
}

impl Bars {
    /// The chart as SVG and PNG: 1000 × 600 pixels, wider for more than eleven methods.
    ///
    /// # Errors
    /// [`crate::Error::Undefined`] for a number that is not finite.
    pub fn render(&self) -> Result<Picture> {
        render(self)
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        self.bars.iter().flat_map(|b| b.ours.iter().flat_map(Estimate::numbers).chain(b.published))
    }

    /// Both colours with their names; the legend ends at `right`.
    fn legend<B: DrawingBackend>(&self, page: &Page<B>, right: f64, baseline: f64) {
        let mut x = right;
        for (name, colour) in [(&self.published, PUBLISHED), (&self.ours, BLUE)] {
            let name = shorten(name, 12.0, 400.0);
            x -= width(&name, 12.0);
            page.text(&name, (x, baseline), 12.0, Align::Left, BLACK);
            x -= 20.0;
            page.rectangle((x, baseline - 11.0), (x + 13.0, baseline + 1.0), colour);
            x -= 24.0;
        }
    }
}

/// The widest line of a method's name, in pixels.
const NAME: f64 = 74.0;

/// A method's name in at most three lines.
fn lines(method: &str) -> Vec<String> {
    let mut lines = wrap(&method.replace('_', " "), 12.0, NAME);
    if lines.len() > 3 {
        lines.truncate(2);
        lines.push("…".to_owned());
    }
    lines
}

/// A pale grey-blue, so that the published values are less prominent than ours.
const PUBLISHED: RGBColor = RGBColor(0xB9, 0xC4, 0xCC);

/// `0.865` as `.865`, as the publication prints it.
fn short(value: f64) -> String {
    let text = decimal(value, 3);
    match text.strip_prefix('0') {
        Some(fraction) => fraction.to_owned(),
        None => text.replacen("−0.", "−.", 1),
    }
}

impl Chart for Bars {
    fn size(&self) -> (u32, u32) {
        (1000.max(130 + (NAME as u32 + 6) * self.bars.len() as u32), 600)
    }

    fn check(&self) -> Result<()> {
        finite(&self.title, self.numbers())
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        let top = page.header(&self.title, &self.data) + 44.0;
        let names: Vec<_> = self.bars.iter().map(|bar| lines(&bar.method)).collect();
        // Below the plot are the numbers of bars that reach downwards, and the names.
        let numbers = if self.numbers().any(|n| n < 0.0) { 16.0 } else { 0.0 };
        let bottom = page.height - 32.0 - numbers - 15.0 * names.iter().map(Vec::len).max().unwrap_or(0) as f64;
        // The axis begins below the lowest bar, so that this bar has a height.
        let (low, high) = self.numbers().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let room = (0.25 * (high - low)).max(0.05);
        let lowest = if low >= 0.0 { (low - room).max(0.0) } else { low };
        let ends = if low > high { vec![] } else { vec![lowest, high] };
        let y = Axis::round(ends.into_iter(), 6, bottom, top);
        let base = y.low.max(0.0);
        let title =
            if base > 0.0 { format!("{} (axis begins at {base})", self.statistic) } else { self.statistic.clone() };
        let (left, right) = (axis::room(&y), page.width - MARGIN);
        axis::vertical(page, &y, left, right, &title);
        self.legend(page, right, top - 32.0);

        let slot = (right - left) / self.bars.len().max(1) as f64;
        let bar_width = (0.42 * slot).min(40.0);
        for (i, bar) in self.bars.iter().enumerate() {
            let centre = left + (i as f64 + 0.5) * slot;
            let offset = if bar.ours.is_some() && bar.published.is_some() { bar_width / 2.0 + 1.0 } else { 0.0 };
            let published = bar.published.map(|value| Estimate { value, interval: None });
            let bars = [(bar.ours, centre - offset, BLUE, BLACK), (published, centre + offset, PUBLISHED, GREY)];
            for (estimate, x, fill, ink) in bars {
                let Some(Estimate { value, interval }) = estimate else { continue };
                page.rectangle((x - bar_width / 2.0, y.at(value)), (x + bar_width / 2.0, y.at(base)), fill);
                let (low, high) = interval.unwrap_or((value, value));
                if interval.is_some() {
                    page.path(&[(x, y.at(low)), (x, y.at(high))], 1.5, BLACK);
                    for end in [low, high] {
                        page.path(&[(x - 5.0, y.at(end)), (x + 5.0, y.at(end))], 1.5, BLACK);
                    }
                }
                // The number is beyond the end of the bar and of its interval.
                let at = if value < base { y.at(low.min(value)) + 14.0 } else { y.at(high.max(value)) - 5.0 };
                page.text_on_white(&short(value), (x, at), 12.0, ink);
            }
            page.lines(&names[i], (centre, bottom + numbers + 19.0), 15.0, 12.0, Align::Center, BLACK);
        }
        page.path(&[(left, y.at(base)), (right, y.at(base))], 1.0, GREY);
    }
}
