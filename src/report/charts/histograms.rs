//! Panels of histograms of scores, a few series over one another in each: in-distribution images against others.

use super::finite;
use super::grid::Grid;
use super::legend::{Legend, Sample};
use super::page::{Chart, Page, Picture, colour, render, tint};
use crate::error::{Error, Result};
use plotters::backend::DrawingBackend;

/// Panels with common axes, each with a histogram of every series.
#[derive(Clone, Debug)]
pub struct Histograms {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The title of the horizontal axis: `score`.
    pub x: String,
    /// The least and the greatest possible score: 0 and 1.
    pub range: (f64, f64),
    /// The number of bins, all of one width; [`Histograms::BINS`] is usual. A score on the border of two bins belongs to the upper one.
    pub bins: usize,
    /// The series, in the order of the legend. The first one, in-distribution, is filled; the others are outlines.
    pub series: Vec<String>,
    /// The panels, row by row; up to 15 are readable.
    pub panels: Vec<HistogramsPanel>,
}

/// One panel.
#[derive(Clone, Debug)]
pub struct HistogramsPanel {
    /// Its name, such as the challenge.
    pub name: String,
    /// The scores of each series, in any order. A series without scores has no histogram in this panel.
    pub scores: Vec<Vec<f64>>,
}

impl Histograms {
    /// The usual number of bins.
    pub const BINS: usize = 20;

    /// The chart as SVG and PNG: up to 1000 pixels wide, and as high as the panels need. The height of a bin is the share of its series'
    /// scores in this panel, which makes series of different sizes comparable.
    ///
    /// # Panics
    /// If a panel has another number of series than the chart, there are no bins, or the range is empty or not finite.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a score that is not finite or not in the range.
    pub fn render(&self) -> Result<Picture> {
        for panel in &self.panels {
            assert_eq!(panel.scores.len(), self.series.len(), "series of scores of {}", panel.name);
        }
        let (low, high) = self.range;
        assert!(low < high && (high - low).is_finite(), "a range from {low} to {high}");
        assert!(self.bins > 0, "at least one bin");
        render(self)
    }

    /// The share of `scores` in each bin.
    fn shares(&self, scores: &[f64]) -> Vec<f64> {
        let (low, high) = self.range;
        let mut counts = vec![0_usize; self.bins];
        for score in scores {
            let bin = ((score - low) / (high - low) * self.bins as f64).floor() as usize;
            counts[bin.min(self.bins - 1)] += 1;
        }
        counts.into_iter().map(|c| c as f64 / scores.len() as f64).collect()
    }

    fn scores(&self) -> impl Iterator<Item = f64> {
        self.panels.iter().flat_map(|p| p.scores.iter().flatten().copied())
    }

    fn grid(&self) -> Grid<'_> {
        let all = self.panels.iter().flat_map(|p| &p.scores).filter(|s| !s.is_empty());
        let most = all.flat_map(|s| self.shares(s)).fold(0.0, f64::max);
        Grid {
            title: &self.title,
            data: &self.data,
            x: &self.x,
            y: "share of the images",
            x_range: self.range,
            y_range: (0.0, if most > 0.0 { 1.05 * most } else { 1.0 }),
            square: false,
            legend: Legend(self.series.iter().enumerate().map(|(i, name)| (Sample::Line(i), name.as_str())).collect()),
            names: self.panels.iter().map(|p| p.name.as_str()).collect(),
        }
    }
}

impl Chart for Histograms {
    fn size(&self) -> (u32, u32) {
        self.grid().size()
    }

    fn check(&self) -> Result<()> {
        finite(&self.title, self.scores())?;
        let (low, high) = self.range;
        match self.scores().find(|s| !(low..=high).contains(s)) {
            Some(score) => Err(Error::Undefined(format!(
                "the chart \"{}\" cannot show {score}, which is not between {low} and {high}: widen its range",
                self.title
            ))),
            None => Ok(()),
        }
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        self.grid().draw(page, |panel, x, y| {
            let edge = |bin: usize| x.start + (x.end - x.start) * bin as f64 / self.bins as f64;
            for (series, scores) in self.panels[panel].scores.iter().enumerate().filter(|(_, s)| !s.is_empty()) {
                let shares = self.shares(scores);
                let mut outline = vec![(edge(0), y.start)];
                for (bin, share) in shares.into_iter().enumerate() {
                    if series == 0 && share > 0.0 {
                        page.rectangle((edge(bin), y.at(share)), (edge(bin + 1), y.start), tint(series));
                    }
                    outline.extend([(edge(bin), y.at(share)), (edge(bin + 1), y.at(share))]);
                }
                outline.push((edge(self.bins), y.start));
                page.path(&outline, 1.75, colour(series));
            }
        });
    }
}
