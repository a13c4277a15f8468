//! The charts of an image-quality experiment: each says one thing, and its title says what data it is from.

use super::evaluation::{PROPOSED, Scores, Subset};
use super::session::Session;
use crate::datasets::database::Image;
use crate::error::Result;
use crate::iqa::Method;
use crate::report::charts::{Bar, Bars, Dots, Estimate, Interval, Intervals, Panel, Picture, Scatter, Series};
use crate::report::published::Published;
use crate::report::table::{Row, Table};
use crate::stats::logistic::Fit;

/// Methods in the chart by type, the first of the table: more marks cannot be told apart.
const SERIES: usize = 8;
/// Points along a fitted curve.
const STEPS: usize = 200;

/// What the charts show.
pub(super) struct Results<'a> {
    /// Heads every chart.
    pub title: &'a str,
    /// What the numbers are from.
    pub data: &'a str,
    /// The table of the images that were scored.
    pub table: &'a Table,
    /// All methods' scores of these images.
    pub methods: &'a [Scores],
    /// The images, with opinions where there are viewers.
    pub subset: &'a Subset,
    /// Curves through scores and opinions, by method; empty without opinions.
    pub fits: &'a [Option<Fit>],
    /// The levels of the stand-in's distortions; empty where there are opinions.
    pub levels: &'a [f64],
    /// What the published values are of: `all of TID2013`.
    pub published: String,
}

/// Draws the charts and adds them to the session's outputs.
pub(super) fn add(results: &Results<'_>, session: &mut Session) -> Result<()> {
    let mut add = |name: &str, picture: Picture| session.outputs.add_picture(name, picture);
    add("srocc", results.bars().render()?);
    add("scatter", results.scatter().render()?);
    let types = results.types();
    if !types.categories.is_empty() {
        add("types", types.render()?);
    }
    let ablation = results.ablation();
    if ablation.rows.len() > 2 {
        add("ablation", ablation.render()?);
    }
    Ok(())
}

impl Results<'_> {
    fn stand_in(&self) -> bool {
        self.subset.opinions.is_empty()
    }

    /// The rank correlation that the charts show: with the opinions, or with the known severity.
    fn statistic(&self) -> &'static str {
        if self.stand_in() { "severity_srocc" } else { "srocc" }
    }

    /// Its name on an axis.
    fn axis(&self) -> &'static str {
        if self.stand_in() { "SROCC with the known severity" } else { "SROCC" }
    }

    /// A method's name in the charts: the publication's for ours, and a metric's without its variant where no other has it.
    fn label(&self, method: &str) -> String {
        let name = |method: &str| -> String {
            let ours = Method::from_name(method).is_some();
            if ours { Published::embedded().name(method) } else { method }.to_owned()
        };
        let short = |name: &str| name.split(" (").next().unwrap_or_default().to_owned();
        let (full, base) = (name(method), short(&name(method)));
        let same = self.methods.iter().filter(|m| short(&name(&m.method)) == base).count();
        if same > 1 { full } else { base }
    }

    fn rows<'a>(&'a self, subset: &'a str) -> impl Iterator<Item = &'a Row> {
        self.table.rows().iter().filter(move |r| r.subset == subset && r.statistic == self.statistic())
    }

    fn bars(&self) -> Bars {
        let bar = |row: &Row| Bar {
            method: self.label(&row.method),
            ours: estimate(row),
            published: row.published.as_ref().map(|p| p.value),
        };
        Bars {
            title: self.title.to_owned(),
            data: self.data.to_owned(),
            statistic: self.axis().to_owned(),
            ours: "on these images, with 95 % interval".to_owned(),
            published: format!("published, {}", self.published),
            bars: self.rows("all").map(bar).collect(),
        }
    }

    fn scatter(&self) -> Scatter {
        let kinds = self.subset.kinds();
        let kind = |image: &Image| kinds.iter().position(|k| *k == image.kind).unwrap_or(0);
        // The scales are the methods' and the database's own; a curve fitted to turned scores and opinions is turned back.
        let opinions = self.subset.own_opinions();
        let against = if self.stand_in() { self.levels } else { &opinions[..] };
        let sign = |higher_is_better: bool| if higher_is_better { 1.0 } else { -1.0 };
        let scale = self.subset.scale.as_ref();
        let opinion_sign = sign(scale.is_none_or(|s| s.higher_is_better));
        // The proposed method first, then the others in the table's order; three fit on a page.
        let mut chosen: Vec<usize> = (0..self.methods.len()).collect();
        chosen.sort_by_key(|&m| self.methods[m].method != PROPOSED);
        chosen.truncate(3);
        let panel = |&m: &usize| {
            let method = &self.methods[m];
            let row = self.rows("all").find(|r| r.method == method.method);
            let own = method.own();
            let points = (0..own.len()).map(|i| (own[i], against[i], kind(&self.subset.images[i])));
            let points = points.filter(|(x, ..)| x.is_finite()).collect();
            let fit = self.fits.get(m).and_then(Option::as_ref);
            let finite = || own.iter().copied().filter(|x| x.is_finite());
            let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
            let turn = sign(method.higher_is_better);
            let along = |at: &dyn Fn(f64) -> f64| -> Vec<(f64, f64)> {
                let places = (0..=STEPS).map(|i| low + (high - low) * i as f64 / STEPS as f64);
                places.map(|x| (x, opinion_sign * at(turn * x))).collect()
            };
            Panel {
                method: self.label(&method.method),
                note: row.and_then(|r| r.value).map(|v| format!("{} {v:.3}", self.axis())).unwrap_or_default(),
                points,
                curve: fit.map(|f| along(&|x| f.curve.at(x))).unwrap_or_default(),
                line: fit.map(|f| along(&|x| f.line.at(x))).unwrap_or_default(),
                axes: None,
            }
        };
        Scatter {
            title: self.title.to_owned(),
            data: self.data.to_owned(),
            x: "score".to_owned(),
            y: scale.map_or("level of distortion (no human scores)".to_owned(), |scale| scale.name.clone()),
            kinds: if kinds.is_empty() { vec!["all images".to_owned()] } else { shown(&kinds) },
            panels: chosen.iter().map(panel).collect(),
        }
    }

    fn types(&self) -> Dots {
        let mut categories = self.subset.kinds();
        categories.retain(|kind| self.rows(kind).next().is_some());
        let series = |method: &Scores| Series {
            name: self.label(&method.method),
            values: categories
                .iter()
                .map(|d| self.rows(d).find(|r| r.method == method.method).and_then(|r| r.value))
                .collect(),
        };
        Dots {
            title: self.title.to_owned(),
            data: self.data.to_owned(),
            statistic: self.axis().to_owned(),
            series: self.methods.iter().take(SERIES).map(series).collect(),
            categories: shown(&categories),
        }
    }

    /// The methods that are computed here, with their intervals, against the proposed one.
    fn ablation(&self) -> Intervals {
        let own = |row: &&Row| Method::from_name(&row.method).is_some();
        let rows: Vec<Interval> = self
            .rows("all")
            .filter(own)
            .filter_map(|row| Some(Interval { label: row.method.replace('_', " "), estimate: estimate(row)? }))
            .collect();
        Intervals {
            title: self.title.to_owned(),
            data: self.data.to_owned(),
            statistic: format!("{}, with 95 % interval", self.axis()),
            reference: rows.iter().position(|r| r.label == PROPOSED),
            rows,
        }
    }
}

/// Names of kinds as a reader sees them.
fn shown(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| kind.replace('_', " ")).collect()
}

fn estimate(row: &Row) -> Option<Estimate> {
    Some(Estimate { value: row.value?, interval: row.interval })
}
