//! Draws the charts of an image-quality experiment. Each chart answers one question, and its title describes the data.

use super::statistics::{self, PROPOSED, Sample};
use super::subset::{Scores, Subset};
use crate::datasets::database::Image;
use crate::error::Result;
use crate::iqa::measures;
use crate::report::charts::{Bar, Bars, Dots, Estimate, Interval, Intervals, Panel, Scatter, Series};
use crate::report::row::Row;
use crate::report::table::Table;
use crate::run::session::Session;
use crate::stats::logistic::Curve;

/// The number of methods in the chart by type: the first ones of the table. More marks cannot be distinguished.
const SERIES: usize = 8;
/// Points along a fitted curve.
const STEPS: usize = 200;

/// The results that the charts show.
pub(super) struct Results<'a> {
    /// The title, which heads every chart.
    pub title: &'a str,
    /// The description of the data.
    pub data: &'a str,
    /// The table of the images that were scored.
    pub table: &'a Table,
    /// All methods' scores of these images.
    pub methods: &'a [Scores],
    /// The images, with viewers' opinions if there are any.
    pub subset: &'a Subset,
    /// The scores and opinions of each method, with the fitted curves; empty without opinions.
    pub samples: &'a [Sample],
    /// The distortion levels of the synthetic images; empty for a database.
    pub levels: &'a [f64],
    /// The images of the published values, such as `all of TID2013`.
    pub published: String,
}

/// Draws the charts and adds them to the session's outputs.
pub(super) fn add(results: &Results<'_>, session: &mut Session) -> Result<()> {
    let (truth, level) = match results.stand_in() {
        true => ("the known severity of the distortions", "the level of their distortion"),
        false => ("the viewers' opinions", "the viewers' opinions of them"),
    };
    let correlation = |of: &str| format!("Spearman's rank correlation (SROCC) of {of} with {truth}");
    let scores = correlation("the scores of each method");
    let outputs = &mut session.outputs;
    let caption = format!("{scores}: our value with its 95 % interval, and the published value, if any.");
    outputs.add_picture("srocc", 1, &caption, results.bars().render()?);
    let caption = format!(
        "Scores of single images against {level}: one panel for each of up to three methods, one colour for each type of distortion."
    );
    outputs.add_picture("scatter", 4, &caption, results.scatter().render()?);
    let types = results.types();
    if !types.categories.is_empty() {
        let caption = format!("{scores}, for each type of distortion.");
        outputs.add_picture("types", 3, &caption, types.render()?);
    }
    let ablation = results.ablation();
    if ablation.rows.len() > 2 {
        let caption = format!("{}, with its 95 % interval.", correlation("each variant of the method"));
        outputs.add_picture("ablation", 2, &caption, ablation.render()?);
    }
    Ok(())
}

impl Results<'_> {
    fn stand_in(&self) -> bool {
        self.subset.opinions.is_empty()
    }

    /// The axis label of the rank correlation that the charts show.
    fn axis(&self) -> &'static str {
        statistics::leading(!self.stand_in()).1
    }

    /// A method's name in the charts. Its variant is omitted if no other method has the same name.
    fn label(&self, method: &str) -> String {
        let short = |name: &str| name.split(" (").next().unwrap_or_default().to_owned();
        let same = self.methods.iter().filter(|other| short(&other.method) == short(method)).count();
        if same > 1 { method.to_owned() } else { short(method) }
    }

    fn rows<'a>(&'a self, subset: &'a str) -> impl Iterator<Item = &'a Row> {
        let (statistic, _) = statistics::leading(!self.stand_in());
        self.table.rows().iter().filter(move |r| r.subset == subset && r.statistic == statistic)
    }

    fn bars(&self) -> Bars {
        let bar = |row: &Row| Bar { method: self.label(&row.method), ours: estimate(row), published: row.published };
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
        let against = if self.stand_in() { self.levels } else { &self.subset.opinions[..] };
        let scale = self.subset.scale.as_ref();
        // The proposed method comes first, then the others in the order of the table; three fit on a page.
        let mut chosen: Vec<usize> = (0..self.methods.len()).collect();
        chosen.sort_by_key(|&m| self.methods[m].method != PROPOSED);
        chosen.truncate(3);
        let panel = |&m: &usize| {
            let method = &self.methods[m];
            let row = self.rows("all").find(|r| r.method == method.method);
            let scores = &method.values;
            let points = (0..scores.len()).map(|i| (scores[i], against[i], kind(&self.subset.images[i])));
            let points = points.filter(|(x, ..)| x.is_finite()).collect();
            let sample = self.samples.get(m);
            let finite = || scores.iter().copied().filter(|x| x.is_finite());
            let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
            let along = |sample: &Sample, curve: &Curve| -> Vec<(f64, f64)> {
                let places = (0..=STEPS).map(|i| low + (high - low) * i as f64 / STEPS as f64);
                places.map(|x| (x, sample.opinion_at(curve, x))).collect()
            };
            let fitted = |of: fn(&Sample) -> Option<Curve>| {
                sample.and_then(|sample| Some(along(sample, &of(sample)?))).unwrap_or_default()
            };
            let (curve, line) = (fitted(|sample| sample.curve), fitted(|sample| sample.line));
            Panel {
                method: self.label(&method.method),
                note: row.and_then(|r| r.value).map(|v| format!("{} {v:.3}", self.axis())).unwrap_or_default(),
                points,
                curve,
                line,
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

    /// This project's methods with their intervals, compared with the proposed one.
    fn ablation(&self) -> Intervals {
        let own = |row: &&Row| measures::find(&row.method).is_some_and(|measure| measure.method().is_some());
        let rows: Vec<Interval> = self
            .rows("all")
            .filter(own)
            .filter_map(|row| Some(Interval { label: row.method.clone(), estimate: estimate(row)? }))
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

/// The names of the types for a reader.
fn shown(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| kind.replace('_', " ")).collect()
}

fn estimate(row: &Row) -> Option<Estimate> {
    Some(Estimate { value: row.value?, interval: row.interval() })
}
