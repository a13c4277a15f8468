//! The charts, each drawn by one function and written as SVG and as PNG.
//!
//! A chart is plain data with one drawing function, which is generic over the back ends of plotters, so the two files agree. Positions are
//! pixels; they are rounded to a grid four times as fine, and plotters receives integers only. In the SVG this grid is the view box. The
//! PNG is painted on it, and each 4 × 4 cells are averaged in integers, which is the anti-aliasing.
//!
//! **The same bytes on every run and machine.** Positions are computed with + − × ÷ and floor; the logarithmic axis uses the logarithm of
//! this crate. The SVG also depends on how plotters formats integers, and on the widths of letters (f32 sums of the bundled font's
//! advances). The PNG also depends on three crates: plotters draws lines and discs (+ − × ÷ and square root), ab_glyph computes the
//! coverage of outlines (in f32), and the PNG encoder uses a deflate in Rust. No font, clock or transcendental function of the platform is
//! used. Another version of these crates may give other bytes, so `Cargo.lock` fixes their versions.
//!
//! [`Maps`] is the exception: it shows photographs and is a PNG only.
//!
//! The colours are those of Okabe and Ito, which can be distinguished with any colour vision. If there are more series than colours, the
//! shape of the marks changes too.

mod axis;
mod bars;
mod colour_map;
mod curves;
mod dots;
mod grid;
mod histograms;
mod intervals;
mod legend;
mod maps;
mod multiples;
pub(super) mod page;
mod scatter;

pub use bars::{Bar, Bars};
pub use curves::{Curve, Curves};
pub use dots::{Dots, Series};
pub use histograms::{Histograms, HistogramsPanel};
pub use intervals::{Interval, Intervals};
pub use maps::{Map, Maps, thumbnail};
pub use multiples::{Multiples, MultiplesPanel, Reference, ReferenceLine};
pub use page::Picture;
pub use scatter::{Panel, Scatter};

use crate::error::{Error, Result};

/// A number with its 95 % interval, if it has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// The ends of the interval, the lower first.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// The value and the ends of the interval.
    fn numbers(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|(low, high)| [low, high]);
        [self.value].into_iter().chain(ends)
    }
}

/// An error with the chart's title unless all numbers are finite.
fn finite(title: &str, mut numbers: impl Iterator<Item = f64>) -> Result<()> {
    let problem = |n| Error::Undefined(format!("the chart \"{title}\" cannot show {n}; leave the value out"));
    numbers.find(|n| !n.is_finite()).map_or(Ok(()), |n| Err(problem(n)))
}
