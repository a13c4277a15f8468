//! Axes: they map numbers to pixels, choose round ticks, and cut lines at the frame.
//!
//! An axis exists for any numbers. Larger numbers than 10³⁰⁰ on either side of 0 are drawn there, and values that differ by less than
//! 10⁻²⁹⁰ are drawn as equal. So no difference of two ends of an axis is infinite, or 0.

use super::page::{Align, BLACK, GREY, PALE, Page, Point, widest};
use crate::lanes::math;
use crate::report::grid::decimal;
use plotters::backend::DrawingBackend;

/// The scale of an axis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Linear,
    Logarithmic,
}

/// An axis: values from `low` to `high` at pixels from `start` to `end`. A logarithmic axis contains the logarithms of its ends.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    logarithmic: bool,
    pub(super) start: f64,
    pub(super) end: f64,
    /// Values and their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis over all of `values` between the pixels `start` and `end`, with round numbers at both ends and about `count` ticks.
    ///
    /// Without values it reaches from 0 to 1. With one value it reaches a little to either side.
    pub(super) fn round(values: impl Iterator<Item = f64>, count: usize, start: f64, end: f64) -> Axis {
        let (low, high) = range(values);
        let step = Step::of(low, high, count);
        let (first, last) = ((low / step.size()).floor(), (high / step.size()).ceil());
        let ticks = step.ticks(first, last);
        let (low, high) = (ticks[0].0, ticks[ticks.len() - 1].0);
        Axis { low, high, logarithmic: false, start, end, ticks }
    }

    /// An axis that ends a little beyond the values, with about `count` round ticks inside. Values on a logarithmic axis are
    /// positive; without values that axis reaches from 1 to 10.
    pub(super) fn tight(values: impl Iterator<Item = f64>, count: usize, kind: Kind, start: f64, end: f64) -> Axis {
        let logarithmic = kind == Kind::Logarithmic;
        let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        if logarithmic {
            values.iter_mut().for_each(|value| *value = positive(*value));
            if values.is_empty() {
                values = vec![1.0, 10.0];
            }
        }
        let values = range(values.into_iter());
        let (low, high) = if logarithmic { (math::log10(values.0), math::log10(values.1)) } else { values };
        let (low, high) = (low - 0.03 * (high - low), high + 0.03 * (high - low));
        let ticks = if logarithmic { decades(values, low, high, count) } else { inside(low, high, count) };
        Axis { low, high, logarithmic, start, end, ticks }
    }

    /// A linear axis that ends exactly at the two values, with at most `count` steps between round ticks inside. Equal values are moved
    /// apart.
    pub(super) fn between(ends: (f64, f64), count: usize, start: f64, end: f64) -> Axis {
        let (low, high) = range([ends.0, ends.1].into_iter());
        Axis { low, high, logarithmic: false, start, end, ticks: inside(low, high, count) }
    }

    /// The pixel of `value`.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { math::log10(positive(value)) } else { value.clamp(-LARGEST, LARGEST) };
        // A value far outside the axis has a pixel too.
        let place = ((value - self.low) / (self.high - self.low)).clamp(-1e9, 1e9);
        self.start + place * (self.end - self.start)
    }
}

/// The largest number on an axis.
const LARGEST: f64 = 1e300;
/// The smallest number on a logarithmic axis.
const SMALLEST: f64 = 1e-270;
/// The smallest difference of values that are not drawn as equal.
const SMALLEST_SPAN: f64 = 1e-290;

/// The number as it is drawn on a logarithmic axis.
fn positive(value: f64) -> f64 {
    value.clamp(SMALLEST, LARGEST)
}

/// The least and the greatest of `values`, moved apart if they are equal; 0 and 1 without values. NaN is no value.
pub(super) fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let (low, high) = (low.clamp(-LARGEST, LARGEST), high.clamp(-LARGEST, LARGEST));
    if high - low > (1e-9 * low.abs().max(high.abs())).max(SMALLEST_SPAN) {
        return (low, high);
    }
    let around = if low.abs() < SMALLEST { 0.5 } else { 0.05 * low.abs() };
    (low - around, high + around)
}

/// 1, 2 or 5 times a power of ten.
struct Step {
    digit: f64,
    exponent: i32,
}

impl Step {
    /// The smallest step of which at most `count` reach from `low` to `high`, which are at least [`SMALLEST_SPAN`] apart.
    fn of(low: f64, high: f64, count: usize) -> Step {
        let wanted = (high - low) / count.max(1) as f64;
        let mut exponent = 0;
        while power(exponent) > wanted {
            exponent -= 1;
        }
        while power(exponent + 1) <= wanted {
            exponent += 1;
        }
        let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| scaled(*digit, exponent) >= wanted);
        digit.map_or(Step { digit: 1.0, exponent: exponent + 1 }, |digit| Step { digit, exponent })
    }

    fn size(&self) -> f64 {
        scaled(self.digit, self.exponent)
    }

    /// The multiples from `first` to `last` with their labels.
    fn ticks(&self, first: f64, last: f64) -> Vec<(f64, String)> {
        let tick = |i: f64| {
            let value = scaled(i * self.digit, self.exponent);
            // Short numbers are written in plain digits.
            let text = match self.exponent {
                -5..=5 => decimal(value, (-self.exponent).max(0) as usize),
                _ => format!("{value:e}").replacen('-', "−", usize::from(value < 0.0)),
            };
            (value, text)
        };
        (0..).map(|i| first + f64::from(i)).take_while(|i| *i <= last).map(tick).collect()
    }
}

/// 10 to the `exponent`, by multiplication: exact up to 10²².
fn power(exponent: i32) -> f64 {
    let magnitude = (0..exponent.abs()).fold(1.0, |p, _| p * 10.0);
    if exponent < 0 { 1.0 / magnitude } else { magnitude }
}

/// `number` · 10^`exponent`. It divides for negative exponents, so that 3 · 10⁻¹ is 0.3.
fn scaled(number: f64, exponent: i32) -> f64 {
    if exponent < 0 { number / power(-exponent) } else { number * power(exponent) }
}

/// The round multiples between `low` and `high`.
fn inside(low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
    let step = Step::of(low, high, count);
    step.ticks((low / step.size()).ceil(), (high / step.size()).floor())
}

/// Ticks between 10^`low` and 10^`high`: powers of ten, or 1, 2 and 5 times each where powers of ten are too few. `values` is the range
/// of the values.
fn decades(values: (f64, f64), low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
    let every = ((high - low) / count.max(1) as f64).floor().max(1.0) as i32;
    let digits: &[f64] = if high - low > 2.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let tick = |digit: f64, exponent: i32| {
        let value = scaled(digit, exponent);
        let plain = || decimal(value, (-exponent).max(0) as usize);
        (value, if exponent.abs() > 4 { format!("{digit}e{exponent}") } else { plain() })
    };
    let exponents = (low.floor() as i32..=high.ceil() as i32).filter(|exponent| exponent.rem_euclid(every) == 0);
    let mut ticks: Vec<_> = exponents.flat_map(|e| digits.iter().map(move |&digit| tick(digit, e))).collect();
    let on_axis = |ticks: &mut Vec<(f64, String)>| ticks.retain(|t| (low..=high).contains(&math::log10(t.0)));
    on_axis(&mut ticks);
    if ticks.len() < 2 {
        // The axis covers less than a decade: it gets linear ticks.
        ticks = inside(values.0, values.1, count);
        on_axis(&mut ticks);
    }
    ticks
}

/// The font size of tick labels, in pixels.
pub(super) const TICK: f64 = 12.0;
/// The font size of axis titles, in pixels.
pub(super) const TITLE: f64 = 13.0;

/// The grid lines of a horizontal axis in a plot that reaches from `top` to `bottom`, with labels below it where `labelled`.
pub(super) fn ticks_below<B: DrawingBackend>(page: &Page<B>, axis: &Axis, top: f64, bottom: f64, labelled: bool) {
    for (value, label) in &axis.ticks {
        let x = axis.at(*value);
        page.path(&[(x, top), (x, bottom)], 1.0, PALE);
        if labelled {
            page.text(label, (x, bottom + 17.0), TICK, Align::Center, GREY);
        }
    }
}

/// The grid lines of a vertical axis in a plot that reaches from `left` to `right`, with labels to its left where `labelled`.
pub(super) fn ticks_beside<B: DrawingBackend>(page: &Page<B>, axis: &Axis, left: f64, right: f64, labelled: bool) {
    for (value, label) in &axis.ticks {
        let y = axis.at(*value);
        page.path(&[(left, y), (right, y)], 1.0, PALE);
        if labelled {
            page.text(label, (left - 8.0, y + 0.36 * TICK), TICK, Align::Right, GREY);
        }
    }
}

/// A horizontal axis below a plot that reaches from `top` to `bottom`, with its grid lines, labels and title.
pub(super) fn horizontal<B: DrawingBackend>(page: &Page<B>, axis: &Axis, top: f64, bottom: f64, title: &str) {
    ticks_below(page, axis, top, bottom, true);
    page.path(&[(axis.start, bottom), (axis.end, bottom)], 1.0, GREY);
    page.text(title, ((axis.start + axis.end) / 2.0, bottom + 38.0), TITLE, Align::Center, BLACK);
}

/// A vertical axis to the left of a plot that reaches from `left` to `right`, with its grid lines, labels and title.
pub(super) fn vertical<B: DrawingBackend>(page: &Page<B>, axis: &Axis, left: f64, right: f64, title: &str) {
    ticks_beside(page, axis, left, right, true);
    page.text_upwards(title, (left - 20.0 - label_width(axis), (axis.start + axis.end) / 2.0), TITLE, BLACK);
}

fn label_width(axis: &Axis) -> f64 {
    widest(axis.ticks.iter().map(|(_, label)| label), TICK)
}

/// The room that a [`vertical`] axis needs to its left: for labels, title and the margin of the page.
pub(super) fn room(axis: &Axis) -> f64 {
    label_width(axis) + 20.0 + TITLE + 12.0
}

/// The pieces of the line through `points` that lie inside the rectangle with the corners `low` and `high`.
pub(super) fn clip(points: &[Point], low: Point, high: Point) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let (a, d) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
        // The algorithm of Liang and Barsky: the segment is a + t·d, and each side of the rectangle bounds t.
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for (start, step, low, high) in [(a.0, d.0, low.0, high.0), (a.1, d.1, low.1, high.1)] {
            if step == 0.0 {
                if start < low || start > high {
                    to = -1.0;
                }
            } else {
                let (t0, t1) = ((low - start) / step, (high - start) / step);
                (from, to) = (from.max(t0.min(t1)), to.min(t0.max(t1)));
            }
        }
        if from < to {
            let at = |t: f64| if t == 1.0 { pair[1] } else { (a.0 + t * d.0, a.1 + t * d.1) };
            match pieces.last_mut() {
                Some(piece) if from == 0.0 && piece.last() == Some(&a) => piece.push(at(to)),
                _ => pieces.push(vec![at(from), at(to)]),
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|t| t.1.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        for (values, expected) in [
            (vec![0.61, 0.93], vec!["0.6", "0.7", "0.8", "0.9", "1.0"]),
            (vec![0.0, 9.0], vec!["0", "2", "4", "6", "8", "10"]),
            (vec![-0.3, 0.3], vec!["−0.4", "−0.2", "0.0", "0.2", "0.4"]),
            (vec![], vec!["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (vec![-1e-9, 3e9], vec!["−1e9", "0e0", "1e9", "2e9", "3e9"]),
            (vec![-2e9, 1e9], vec!["−2e9", "−1e9", "0e0", "1e9"]),
            (vec![100.0], vec!["94", "96", "98", "100", "102", "104", "106"]),
        ] {
            assert_eq!(labels(&Axis::round(values.iter().copied(), 5, 0.0, 1.0)), expected, "{values:?}");
        }
    }

    #[test]
    fn an_axis_between_two_values_has_round_ticks_inside() {
        for (ends, expected) in [
            ((0.0, 1.0), vec!["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            ((0.8, 5.2), vec!["1", "2", "3", "4", "5"]),
            ((-5e5, 1.05e7), vec!["0e0", "5e6", "1e7"]),
        ] {
            assert_eq!(labels(&Axis::between(ends, 5, 0.0, 1.0)), expected, "{ends:?}");
        }
    }

    #[test]
    fn values_land_where_they_should() {
        let axis = Axis::round([0.0, 10.0].into_iter(), 5, 200.0, 100.0);
        assert_eq!((axis.at(0.0), axis.at(5.0), axis.at(10.0)), (200.0, 150.0, 100.0));
        let axis = Axis::tight([0.001, 1000.0].into_iter(), 6, Kind::Logarithmic, 0.0, 600.0);
        assert!((axis.at(1.0) - 300.0).abs() < 1e-9);
    }

    #[test]
    fn logarithmic_ticks_are_found_for_any_range() {
        for (values, expected) in [
            (vec![0.003, 900.0], vec!["0.01", "0.1", "1", "10", "100", "1000"]),
            (vec![1.5, 30.0], vec!["2", "5", "10", "20"]),
            (vec![31.0, 34.0], vec!["31", "32", "33", "34"]),
            (vec![1e-12, 1e12], vec!["1e-10", "1e-5", "1", "1e5", "1e10"]),
        ] {
            let axis = Axis::tight(values.iter().copied(), 5, Kind::Logarithmic, 0.0, 1.0);
            assert_eq!(labels(&axis), expected, "{values:?}");
        }
    }

    #[test]
    fn no_numbers_and_numbers_far_outside_have_a_place() {
        for kind in [Kind::Linear, Kind::Logarithmic] {
            for values in [vec![], vec![f64::NAN], vec![f64::NAN; 3]] {
                let axis = Axis::tight(values.into_iter(), 5, kind, 0.0, 1.0);
                assert!(axis.low.is_finite() && axis.high > axis.low && axis.ticks.len() > 1, "{axis:?}");
            }
        }
        let axis = Axis::between((0.0, 1e-267), 5, 50.0, 450.0);
        assert!(axis.at(f64::MAX) > 1e9 && axis.at(-f64::MAX) < -1e9 && axis.at(f64::MAX).is_finite());
    }

    proptest! {
        /// Any numbers have an axis with few ticks, all at finite pixels.
        #[test]
        fn every_axis_ends(values in proptest::collection::vec(number(), 0..5), count in 0_usize..9, kind in 0..4) {
            let all = || values.iter().copied();
            let (first, last) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
            let axis = match kind {
                0 => Axis::round(all(), count, 50.0, 450.0),
                1 => Axis::tight(all(), count, Kind::Linear, 50.0, 450.0),
                2 => Axis::tight(all(), count, Kind::Logarithmic, 50.0, 450.0),
                _ => Axis::between((first, last), count, 50.0, 450.0),
            };
            prop_assert!(axis.low.is_finite() && axis.high.is_finite() && axis.low < axis.high, "{axis:?}");
            prop_assert!(axis.ticks.len() <= 40, "{axis:?}");
            for value in all().chain(axis.ticks.iter().map(|tick| tick.0)).filter(|value| !value.is_nan()) {
                let pixel = axis.at(value);
                prop_assert!((49.0..=451.0).contains(&pixel) || kind == 3, "{value} is at {pixel} of {axis:?}");
                prop_assert!(pixel.is_finite());
            }
        }
    }

    /// Ordinary numbers and those at the limits of `f64`.
    fn number() -> impl Strategy<Value = f64> {
        let limits = vec![
            f64::MAX,
            -f64::MAX,
            5e-324,
            -5e-324,
            f64::MIN_POSITIVE,
            1e300,
            -1e160,
            1e-290,
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NAN,
        ];
        prop_oneof![
            proptest::sample::select(limits),
            any::<f64>(),
            proptest::sample::select(vec![1.0, 1.0 + f64::EPSILON, 0.1, 100.0, -3.5]),
        ]
    }

    #[test]
    fn lines_are_cut_at_the_frame() {
        let points = [(-1.0, 0.5), (0.5, 0.5), (0.5, 2.0), (0.75, 2.0), (0.75, 0.0)];
        let pieces = clip(&points, (0.0, 0.0), (1.0, 1.0));
        assert_eq!(pieces, [vec![(0.0, 0.5), (0.5, 0.5), (0.5, 1.0)], vec![(0.75, 1.0), (0.75, 0.0)]]);
    }
}
