//! Panels of lines: accuracy against level with a panel for each challenge, or ROC curves.

use super::axis::clip;
use super::grid::{Grid, ends};
use super::legend::{Legend, Sample};
use super::page::{Chart, GREY, Page, Picture, Point, colour, render};
use super::{Estimate, finite};
use crate::error::Result;
use plotters::backend::DrawingBackend;

/// Panels with common axes, each with a line of every series.
#[derive(Clone, Debug)]
pub struct Multiples {
    /// The title.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The title of the horizontal axis: `level`.
    pub x: String,
    /// The title of the vertical axis: `accuracy, with 95 % interval`.
    pub y: String,
    /// The ends of the horizontal axis, the lower first; with `None` the axis covers all points. Points outside are not drawn.
    pub x_range: Option<(f64, f64)>,
    /// The ends of the vertical axis; with `None` the axis covers all points, intervals and the reference.
    pub y_range: Option<(f64, f64)>,
    /// The series, which are the methods, in the order of the legend.
    pub series: Vec<String>,
    /// A line in every panel that the series are compared with.
    pub reference: Option<Reference>,
    /// The panels, row by row; up to 15 are readable.
    pub panels: Vec<MultiplesPanel>,
}

/// A dashed line in every panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Its name in the legend: `chance`.
    pub label: String,
    /// Its place.
    pub line: ReferenceLine,
}

/// The place of a [`Reference`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReferenceLine {
    /// At this height.
    Level(f64),
    /// Where both coordinates are equal, such as chance in a ROC curve. The panels are square then.
    Diagonal,
}

/// One panel.
#[derive(Clone, Debug)]
pub struct MultiplesPanel {
    /// Its name, such as the challenge.
    pub name: String,
    /// The points of each series by rising x. A missing point is left out, and the line continues to the next one.
    pub curves: Vec<Vec<(f64, Estimate)>>,
}

/// A curve with more points than this has no marks.
const MARKED: usize = 12;

impl Multiples {
    /// The chart as SVG and PNG: up to 1000 pixels wide, and as high as the panels need.
    ///
    /// A curve of up to twelve points has a mark at each. If there are intervals, the series are a few pixels apart, so that no interval
    /// hides another.
    ///
    /// # Panics
    /// If a panel has another number of curves than there are series, or a range is empty or not finite.
    ///
    /// # Errors
    /// [`crate::Error::Undefined`] for a number that is not finite.
    pub fn render(&self) -> Result<Picture> {
        for panel in &self.panels {
            assert_eq!(panel.curves.len(), self.series.len(), "curves of {}", panel.name);
        }
        for (low, high) in self.x_range.into_iter().chain(self.y_range) {
            assert!(low < high && (high - low).is_finite(), "a range from {low} to {high}");
        }
        render(self)
    }

    fn points(&self) -> impl Iterator<Item = &(f64, Estimate)> {
        self.panels.iter().flat_map(|p| p.curves.iter().flatten())
    }

    fn level(&self) -> Option<f64> {
        match self.reference.as_ref()?.line {
            ReferenceLine::Level(level) => Some(level),
            ReferenceLine::Diagonal => None,
        }
    }

    fn grid(&self) -> Grid<'_> {
        let marked = self.panels.iter().flat_map(|p| &p.curves).any(|c| (1..=MARKED).contains(&c.len()));
        let sample = if marked { Sample::MarkedLine } else { Sample::Line };
        let mut legend: Vec<_> = self.series.iter().enumerate().map(|(i, name)| (sample(i), name.as_str())).collect();
        legend.extend(self.reference.iter().map(|r| (Sample::Dashes, r.label.as_str())));
        Grid {
            title: &self.title,
            data: &self.data,
            x: &self.x,
            y: &self.y,
            x_range: ends(self.x_range, self.points().map(|p| p.0)),
            y_range: ends(self.y_range, self.points().flat_map(|p| p.1.numbers()).chain(self.level())),
            square: self.reference.as_ref().is_some_and(|r| r.line == ReferenceLine::Diagonal),
            legend: Legend(legend),
            names: self.panels.iter().map(|p| p.name.as_str()).collect(),
        }
    }
}

impl Chart for Multiples {
    fn size(&self) -> (u32, u32) {
        self.grid().size()
    }

    fn check(&self) -> Result<()> {
        finite(&self.title, self.points().flat_map(|p| [p.0].into_iter().chain(p.1.numbers())).chain(self.level()))
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<B>) {
        let intervals = self.points().any(|p| p.1.interval.is_some());
        self.grid().draw(page, |panel, x, y| {
            let ends = match self.reference.as_ref().map(|r| r.line) {
                Some(ReferenceLine::Level(level)) => vec![(x.start, y.at(level)), (x.end, y.at(level))],
                // From the greater of the lower ends to the smaller of the upper ends.
                Some(ReferenceLine::Diagonal) => {
                    let (from, to) = (x.low.max(y.low), x.high.min(y.high));
                    vec![(x.at(from), y.at(from)), (x.at(to), y.at(to))]
                }
                None => vec![],
            };
            clip(&ends, (x.start, y.end), (x.end, y.start)).iter().for_each(|piece| page.dashes(piece, 1.5, GREY));
            for (series, curve) in self.panels[panel].curves.iter().enumerate() {
                let beside =
                    if intervals { 3.5 * (series as f64 - (self.series.len() as f64 - 1.0) / 2.0) } else { 0.0 };
                let at = |p: &(f64, Estimate)| (x.at(p.0) + beside, y.at(p.1.value));
                let (low, high) = ((x.start + beside, y.end), (x.end + beside, y.start));
                let inside = |p: &Point| {
                    (low.0 - 0.5..=high.0 + 0.5).contains(&p.0) && (low.1 - 0.5..=high.1 + 0.5).contains(&p.1)
                };
                for point in curve {
                    if let Some((least, most)) = point.1.interval {
                        let ends = [(at(point).0, y.at(least)), (at(point).0, y.at(most))];
                        clip(&ends, low, high).iter().for_each(|piece| page.path(piece, 1.25, colour(series)));
                    }
                }
                let line: Vec<Point> = curve.iter().map(at).collect();
                clip(&line, low, high).iter().for_each(|piece| page.path(piece, 1.5, colour(series)));
                if curve.len() <= MARKED {
                    let radius = if self.panels.len() > 3 { 2.6 } else { 3.4 };
                    line.iter().filter(|p| inside(p)).for_each(|p| page.mark(series, *p, radius));
                }
            }
        });
    }
}
