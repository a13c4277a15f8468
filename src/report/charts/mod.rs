//! The charts, each drawn once and written twice: as SVG and as PNG.
//!
//! A chart is plain data with one drawing, generic over plotters' back ends, so the two files cannot disagree. The drawing
//! takes positions in pixels and rounds them to a grid four times as fine; plotters sees integers only. In the SVG that grid is
//! the view box; the PNG is painted on it and every 4 × 4 cell averaged, in integers, which is its anti-aliasing.
//!
//! **The same bytes on every run and machine.** Positions are made of + − × ÷ and floor; the logarithmic axis uses the
//! crate's own logarithm. Beyond that the SVG depends on plotters' formatting of integers, and on the widths of
//! letters (f32 sums of the bundled font's advances). The PNG depends on plotters' lines and discs (+ − × ÷ and square root),
//! on ab_glyph's coverage of outlines (the same, in f32) and on the PNG encoder's pure-Rust deflate. Nothing asks the platform
//! for a font, a clock or a transcendental function. Another version of these crates may give other bytes: `Cargo.lock` holds them.
//!
//! [`Maps`] alone, a sheet of photographs, is pixels only.
//!
//! Colours are Okabe and Ito's, distinguishable with any colour vision; where there are more series than colours, the shape of
//! the marks changes too.

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

/// A number with its 95 % interval, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// The interval's ends, lower first.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// The value and the interval's ends.
    fn numbers(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|(low, high)| [low, high]);
        [self.value].into_iter().chain(ends)
    }
}

/// An error naming the chart unless all its numbers are finite.
fn finite(title: &str, mut numbers: impl Iterator<Item = f64>) -> Result<()> {
    match numbers.find(|n| !n.is_finite()) {
        Some(n) => {
            Err(Error::Undefined(format!("the chart \"{title}\" cannot show {n}: leave the value out or explain it")))
        }
        None => Ok(()),
    }
}
