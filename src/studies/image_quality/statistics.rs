//! Computes the statistics of the scores: the rows of the table.
//!
//! With viewers' opinions, these are the field's correlations and errors, over all images and by distortion type. PLCC, RMSE and the
//! outlier ratio use scores mapped by the converged logistic curve. The same statistics for a straight line have names that end in
//! `_line`, because several published numbers turn out to use a straight line.
//!
//! Synthetic images have no opinions. Their only statistic is `severity_srocc`: how steadily a score falls with the severity of the
//! distortion. No statistic of theirs can be mistaken for agreement with viewers.
//!
//! Scores and opinions are stored as given, with their direction. Only [`Sample`] changes their signs, so that higher is better.
//!
//! A value that is not defined is a row with the reason. A correlation needs two images, and neither the scores nor the opinions may
//! all be equal. A fit needs more images than it has parameters, five for the curve and two for the line: a fit through every point has
//! no error. An image without a score of a method is left out for that method.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::subset::{Scores, Series, Subset};
use crate::iqa::Method;
use crate::report::row::Row;
use crate::stats::bootstrap::{Bootstrap, Interval, Resample};
use crate::stats::correlation::{krcc, outlier_ratio, plcc, rmse, srocc};
use crate::stats::logistic::{self, Curve, Family};
use crate::stats::{moments, significance};

/// The method that the others are compared with: the paper's proposed method.
pub const PROPOSED: &str = Method::GRADIENT.name;

/// The factor that makes a higher score or opinion better: 1 if higher is better already, else −1.
fn sign(higher_is_better: bool) -> f64 {
    if higher_is_better { 1.0 } else { -1.0 }
}

fn turned(values: &[f64], sign: f64) -> Vec<f64> {
    values.iter().map(|v| sign * v).collect()
}

/// The bootstrap of the intervals. An experiment has a single one, so all methods use the same resamples.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    replicates: usize,
    resample: Resample,
    seed: u64,
}

impl Intervals {
    /// Intervals from the given number of bootstrap replicates.
    pub fn new(replicates: usize, resample: Resample, seed: u64) -> Intervals {
        Intervals { replicates, resample, seed }
    }

    pub fn over(&self, references: &[usize]) -> Bootstrap<'static> {
        Bootstrap::new(references, self.resample, self.replicates, self.seed, "bootstrap")
    }

    /// The interval of a statistic over the images at `places`, whose references are among those of all images.
    pub fn of(
        &self,
        references: &[usize],
        places: &[usize],
        statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
    ) -> Option<Interval> {
        let of_places: Vec<usize> = places.iter().map(|&place| references[place]).collect();
        let drawn = |draws: &[usize]| -> Vec<usize> { draws.iter().map(|&draw| places[draw]).collect() };
        self.over(&of_places).interval(|draws| statistic(&drawn(draws)))
    }
}

/// What the fits do with the infinite score of an image that equals its reference. The ranks always use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Infinite {
    /// The image is left out.
    LeftOut,
    /// The score counts as 0.
    Zero,
}

/// Collects the rows of one method on one subset.
struct Rows<'a> {
    method: &'a str,
    subset: &'a str,
    /// Whether the rows name the number of their images.
    counted: bool,
    rows: Vec<Row>,
}

impl<'a> Rows<'a> {
    fn new(method: &'a str, subset: &'a str, counted: bool) -> Rows<'a> {
        Rows { method, subset, counted, rows: Vec::new() }
    }

    /// Adds a row with the value, or with the reason why it is not defined.
    fn add(&mut self, statistic: &str, value: Result<f64, String>, interval: Option<Interval>, images: usize) {
        let row = match value {
            Ok(value) => Row::new(self.method, self.subset, statistic, value),
            Err(reason) => Row::undefined(self.method, self.subset, statistic, &reason),
        };
        let row = Row { images: Some(images).filter(|_| self.counted), ..row };
        self.rows.push(match interval.filter(|_| row.value.is_some()) {
            Some(Interval { low, high }) => row.with_interval(low, high),
            None => row,
        });
    }
}

/// The scores of one method and the viewers' opinions, with the fitted curves: the input of all statistics.
pub struct Sample {
    /// The method's name.
    pub method: String,
    /// The scores, with their sign changed if necessary, so that higher is better. NaN where there is none.
    scores: Vec<f64>,
    /// The opinions, with their sign changed if necessary, so that higher is better.
    opinions: Vec<f64>,
    /// The standard deviations of the opinions; may be empty.
    deviations: Vec<f64>,
    /// The factors, 1 or −1, of the given scores and of the given opinions.
    signs: [f64; 2],
    /// The curve that maps scores to opinions; `None` if there is no fit.
    pub curve: Option<Curve>,
    /// The straight line that maps scores to opinions; `None` if there is no fit.
    pub line: Option<Curve>,
    /// Whether the fit of the curve converged.
    converged: Option<bool>,
    /// All scores mapped by the curve and by the straight line.
    mapped: [Option<Vec<f64>>; 2],
    /// The images that have a score.
    scored: Vec<usize>,
    /// The images that the fits use.
    fitted: Vec<usize>,
}

impl Sample {
    pub fn new(scores: &Scores, subset: &Subset, infinite: Infinite) -> Sample {
        let method = scores.method.clone();
        let higher = subset.scale.as_ref().is_none_or(|scale| scale.higher_is_better);
        let signs = [scores.higher_is_better, higher].map(sign);
        let [scores, opinions] = [(&scores.values, signs[0]), (&subset.opinions, signs[1])].map(|(v, s)| turned(v, s));
        let scored: Vec<usize> = (0..scores.len()).filter(|&i| !scores[i].is_nan()).collect();
        let is_fitted = |i: &usize| infinite == Infinite::Zero || scores[*i].is_finite();
        let fitted: Vec<usize> = scored.iter().copied().filter(is_fitted).collect();
        let (x, y) = (pick(&scores, &fitted), pick(&opinions, &fitted));
        let determines = |parameters: usize| y.len() > parameters && different(&y) > 1;
        let fit = determines(CURVE).then(|| logistic::fit(Family::Published, &x, &y)).flatten();
        let line = determines(LINE).then(|| logistic::line(&x, &y)).flatten();
        let converged = fit.as_ref().map(|fit| fit.converged);
        let curve = fit.map(|fit| fit.curve);
        let mapped = [curve, line].map(|curve| curve.map(|curve| curve.map(&scores)));
        let deviations = subset.sigma.clone();
        Sample { method, scores, opinions, deviations, signs, curve, line, converged, mapped, scored, fitted }
    }

    /// The opinion that a curve of the fit predicts for a score. Both have their given direction.
    pub fn opinion_at(&self, curve: &Curve, score: f64) -> f64 {
        self.signs[1] * curve.at(self.signs[0] * score)
    }

    /// Whether the statistics are of all images.
    fn is_complete(&self) -> bool {
        self.fitted.len() == self.scores.len()
    }

    fn scores(&self, places: &[usize]) -> Vec<f64> {
        pick(&self.scores, places)
    }

    fn opinions(&self, places: &[usize]) -> Vec<f64> {
        pick(&self.opinions, places)
    }

    fn curve(&self, places: &[usize]) -> Option<Vec<f64>> {
        self.mapped[0].as_ref().map(|curve| pick(curve, places))
    }

    fn line(&self, places: &[usize]) -> Option<Vec<f64>> {
        self.mapped[1].as_ref().map(|line| pick(line, places))
    }

    /// The outlier ratio; `None` if the opinions have no standard deviations.
    fn outliers(&self, fitted: Vec<f64>, places: &[usize]) -> Option<f64> {
        let deviations = Some(&self.deviations).filter(|deviations| !deviations.is_empty())?;
        outlier_ratio(&fitted, &self.opinions(places), &pick(deviations, places))
    }
}

/// The number of parameters of the logistic curve and of the straight line.
const CURVE: usize = Family::Published.parameters();
const LINE: usize = 2;

/// The scores that a statistic uses.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// The ranks of the scores.
    Ranks,
    /// The scores mapped by the curve.
    Curve,
    /// The scores mapped by the straight line.
    Line,
}

/// The number of different values.
fn different(values: &[f64]) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    sorted.len()
}

/// A statistic that compares scores with opinions.
pub struct Statistic {
    /// Its name in files.
    pub name: &'static str,
    /// Whether it is a correlation.
    pub is_correlation: bool,
    /// Whether the table contains its interval.
    pub has_interval: bool,
    /// Whether it needs the standard deviations of the opinions.
    needs_deviations: bool,
    of: Of,
    /// Its value on the images at these indices.
    function: fn(&Sample, &[usize]) -> Option<f64>,
}

impl Statistic {
    const fn correlation(name: &'static str, of: Of, function: fn(&Sample, &[usize]) -> Option<f64>) -> Statistic {
        Statistic { name, is_correlation: true, has_interval: true, needs_deviations: false, of, function }
    }

    const fn error(name: &'static str, of: Of, function: fn(&Sample, &[usize]) -> Option<f64>) -> Statistic {
        Statistic { is_correlation: false, ..Statistic::correlation(name, of, function) }
    }

    const fn outliers(name: &'static str, of: Of, function: fn(&Sample, &[usize]) -> Option<f64>) -> Statistic {
        Statistic { needs_deviations: true, ..Statistic::error(name, of, function) }
    }

    /// A rank correlation of the fitted scores.
    const fn fitted(name: &'static str, function: fn(&Sample, &[usize]) -> Option<f64>) -> Statistic {
        Statistic { has_interval: false, ..Statistic::correlation(name, Of::Curve, function) }
    }

    /// The statistic of that name.
    pub fn find(name: &str) -> Option<&'static Statistic> {
        STATISTICS.iter().find(|statistic| statistic.name == name)
    }

    /// The images of the sample that it uses.
    pub fn images<'s>(&self, sample: &'s Sample) -> &'s [usize] {
        if self.of == Of::Ranks { &sample.scored } else { &sample.fitted }
    }

    /// The images that it uses of both samples.
    pub fn common(&self, a: &Sample, b: &Sample) -> Vec<usize> {
        let others = self.images(b);
        self.images(a).iter().copied().filter(|place| others.binary_search(place).is_ok()).collect()
    }

    /// The value on the images at these indices, which it uses; `None` if it is not defined on them.
    pub fn on(&self, sample: &Sample, places: &[usize]) -> Option<f64> {
        (self.function)(sample, places)
    }

    /// The value on all images that it uses; `None` if it is not defined.
    pub fn of(&self, sample: &Sample) -> Option<f64> {
        self.on(sample, self.images(sample))
    }

    /// The value on the images at these indices, which it uses, or the reason why it is not defined.
    fn value(&self, sample: &Sample, places: &[usize]) -> Result<f64, String> {
        self.on(sample, places).ok_or_else(|| {
            let (scores, opinions) = (sample.scores(places), sample.opinions(places));
            let (parameters, fit) = match self.of {
                Of::Ranks => (1, ""),
                Of::Curve => (CURVE, "the logistic curve"),
                Of::Line => (LINE, "a straight line"),
            };
            let needs = |more: usize, what: &str, there: usize| {
                format!("{fit} has {parameters} parameters and needs {more} {what}, and there are {there}")
            };
            let score = if self.of == Of::Ranks || sample.scored.len() == sample.fitted.len() {
                "score"
            } else {
                "finite score"
            };
            match places.len() {
                0 => format!("no image has a {score}"),
                1 if sample.is_complete() => "there is only one image".to_owned(),
                1 => format!("only one image has a {score}"),
                _ if different(&opinions) < 2 => "all ratings are equal".to_owned(),
                _ if different(&scores) < 2 => "all scores are equal".to_owned(),
                n if n <= parameters => needs(parameters + 1, "images", n),
                _ if different(&scores) < parameters => needs(parameters, "different scores", different(&scores)),
                _ if self.of == Of::Ranks => "the scores have no order".to_owned(),
                _ if sample.mapped[usize::from(self.of == Of::Line)].is_none() => {
                    format!("{fit} does not fit these scores")
                }
                _ => "all fitted scores are equal".to_owned(),
            }
        })
    }
}

const SROCC: Statistic = Statistic::correlation("srocc", Of::Ranks, |s, at| srocc(&s.scores(at), &s.opinions(at)));
const PLCC: Statistic = Statistic::correlation("plcc", Of::Curve, |s, at| plcc(&s.curve(at)?, &s.opinions(at)));

/// The field's statistics in the order of the table. They use the scores, the fitted curve, the straight line (`…_line`), or the ranks of
/// the scores mapped by the curve (`…_fitted`).
pub static STATISTICS: [Statistic; 10] = [
    SROCC,
    Statistic::correlation("krcc", Of::Ranks, |s, at| krcc(&s.scores(at), &s.opinions(at))),
    PLCC,
    Statistic::error("rmse", Of::Curve, |s, at| rmse(&s.curve(at)?, &s.opinions(at))),
    Statistic::correlation("plcc_line", Of::Line, |s, at| plcc(&s.line(at)?, &s.opinions(at))),
    Statistic::error("rmse_line", Of::Line, |s, at| rmse(&s.line(at)?, &s.opinions(at))),
    Statistic::outliers("outlier_ratio", Of::Curve, |s, at| s.outliers(s.curve(at)?, at)),
    Statistic::outliers("outlier_ratio_line", Of::Line, |s, at| s.outliers(s.line(at)?, at)),
    Statistic::fitted("srocc_fitted", |s, at| srocc(&s.curve(at)?, &s.opinions(at))),
    Statistic::fitted("krcc_fitted", |s, at| krcc(&s.curve(at)?, &s.opinions(at))),
];

/// The main statistic, by its name in files and by its name on an axis. It uses viewers' opinions or, without them, the known severity.
pub fn leading(has_opinions: bool) -> (&'static str, &'static str) {
    if has_opinions { (SROCC.name, "SROCC") } else { ("severity_srocc", "SROCC with the known severity") }
}

/// The rows and the sample of each method on images with opinions. `done` is called after each method.
pub fn by_mos(
    methods: &[Scores],
    subset: &Subset,
    intervals: &Intervals,
    infinite: Infinite,
    done: &dyn Fn(),
) -> (Vec<Row>, Vec<Sample>) {
    let references = subset.references();
    let samples: Vec<Sample> = methods.iter().map(|method| Sample::new(method, subset, infinite)).collect();
    let proposed = samples.iter().find(|sample| sample.method == PROPOSED);
    let counted = samples.iter().any(|sample| !sample.is_complete());

    let mut rows = Vec::new();
    for sample in &samples {
        let mut of_method = Rows::new(&sample.method, "all", counted);
        for statistic in STATISTICS.iter().filter(|s| !s.needs_deviations || !subset.sigma.is_empty()) {
            let images = statistic.images(sample);
            let value = statistic.value(sample, images);
            let has_interval = statistic.has_interval && value.is_ok();
            let interval = has_interval.then(|| intervals.of(&references, images, |at| statistic.on(sample, at)));
            of_method.add(statistic.name, value, interval.flatten(), images.len());
        }
        if let Some(converged) = sample.converged {
            of_method.add("fit_converged", Ok(f64::from(u8::from(converged))), None, sample.fitted.len());
        }
        if let Some(proposed) = proposed.filter(|_| sample.method != PROPOSED) {
            let both = |statistic: &Statistic| {
                let images = statistic.common(proposed, sample);
                let values =
                    statistic.value(proposed, &images).and_then(|a| Ok((a, statistic.value(sample, &images)?)));
                (images, values)
            };
            let (images, values) = both(&SROCC);
            let gain = |at: &[usize]| Some(SROCC.on(proposed, at)? - SROCC.on(sample, at)?);
            let interval = intervals.of(&references, &images, gain);
            of_method.add("srocc_gain_of_gradient", values.map(|(a, b)| a - b), interval, images.len());
            for (name, statistic) in [("srocc_significance", SROCC), ("plcc_significance", PLCC)] {
                let (images, values) = both(&statistic);
                let flag = values.ok().and_then(|(proposed, here)| significance::flag(here, proposed, images.len()));
                if let Some(flag) = flag {
                    of_method.add(name, Ok(f64::from(flag)), None, images.len());
                }
            }
        }
        rows.append(&mut of_method.rows);
        done();
    }
    (rows, samples)
}

/// The SROCC of each method on the images of each distortion type.
pub fn types_by_mos(samples: &[Sample], subset: &Subset, intervals: &Intervals) -> Vec<Row> {
    let references = subset.references();
    let counted = samples.iter().any(|sample| !sample.is_complete());
    let mut rows = Vec::new();
    for sample in samples {
        for kind in subset.kinds() {
            let images = SROCC.images(sample).iter().copied();
            let of_kind: Vec<usize> = images.filter(|&i| subset.images[i].kind == kind).collect();
            let interval = intervals.of(&references, &of_kind, |at| SROCC.on(sample, at));
            let mut of_kind_rows = Rows::new(&sample.method, kind, counted);
            of_kind_rows.add(SROCC.name, SROCC.value(sample, &of_kind), interval, of_kind.len());
            rows.append(&mut of_kind_rows.rows);
        }
    }
    rows
}

/// How steadily the scores of each method fall with the known severity: the SROCC of score and −severity within each of the `series`.
/// The rows contain its mean over `all` series and over the series of each type.
///
/// A score that stays constant while the severity grows has no rank correlation; it counts as 0. An image without a score is left out,
/// and so is a series with fewer than two others.
pub fn by_severity(methods: &[Scores], series: &[Series], intervals: &Intervals, done: &dyn Fn()) -> Vec<Row> {
    let steadiness = |scores: &[f64]| -> Vec<Option<f64>> {
        let of_series = |series: &Series| {
            let scored = series.members.iter().filter(|&&(i, _)| !scores[i].is_nan());
            let (scores, quality): (Vec<f64>, Vec<f64>) = scored.map(|&(i, severity)| (scores[i], -severity)).unzip();
            (scores.len() > 1).then(|| srocc(&scores, &quality).unwrap_or(0.0))
        };
        series.iter().map(of_series).collect()
    };
    let counted = methods.iter().any(|method| method.values.iter().any(|value| value.is_nan()));
    let scenes: Vec<usize> = series.iter().map(|series| series.scene).collect();
    let mut kinds: Vec<&str> = series.iter().map(|s| s.kind.as_str()).collect();
    kinds.dedup();
    let of_method = |method: &Scores| steadiness(&turned(&method.values, sign(method.higher_is_better)));
    let proposed = methods.iter().find(|m| m.method == PROPOSED).map(of_method);
    let mean = |values: &[Option<f64>], at: &[usize]| {
        moments::mean(&at.iter().map(|&i| values[i]).collect::<Option<Vec<f64>>>()?)
    };
    let none = || "no series of images has two scores".to_owned();

    let mut rows = Vec::new();
    for method in methods {
        let values = of_method(method);
        for (kind, subset) in std::iter::once((None, "all")).chain(kinds.iter().map(|&kind| (Some(kind), kind))) {
            let is_of_kind = |i: &usize| kind.is_none_or(|kind| series[*i].kind == kind);
            let chosen: Vec<usize> = (0..series.len()).filter(is_of_kind).filter(|&i| values[i].is_some()).collect();
            let images = |chosen: &[usize]| {
                let members = chosen.iter().flat_map(|&i| series[i].members.iter().map(|&(image, _)| image));
                let scored: BTreeSet<usize> = members.filter(|&image| !method.values[image].is_nan()).collect();
                scored.len()
            };
            let mut of_subset = Rows::new(&method.method, subset, counted);
            let interval = intervals.of(&scenes, &chosen, |at| mean(&values, at));
            let value = mean(&values, &chosen).ok_or_else(none);
            of_subset.add("severity_srocc", value, interval, images(&chosen));
            if let Some(proposed) = proposed.as_ref().filter(|_| method.method != PROPOSED && kind.is_none()) {
                let both: Vec<usize> = chosen.iter().copied().filter(|&i| proposed[i].is_some()).collect();
                let gain = |at: &[usize]| Some(mean(proposed, at)? - mean(&values, at)?);
                let interval = intervals.of(&scenes, &both, gain);
                let value = gain(&both).ok_or_else(none);
                of_subset.add("severity_srocc_gain_of_gradient", value, interval, images(&both));
            }
            rows.append(&mut of_subset.rows);
        }
        done();
    }
    rows
}

/// The values at the indices `places`, in that order.
pub fn pick(values: &[f64], places: &[usize]) -> Vec<f64> {
    places.iter().map(|&i| values[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::database::{Image, Opinion};
    use crate::datasets::tid2013::ImageId;

    const INTERVALS: Intervals = Intervals { replicates: 50, resample: Resample::References, seed: 1 };

    fn image(reference: usize, distortion: usize, level: usize) -> Image {
        ImageId { reference, distortion, level }.image()
    }

    fn scores(method: &str, values: &[f64]) -> Scores {
        Scores { method: method.to_owned(), values: values.to_vec(), ..Scores::default() }
    }

    fn value(rows: &[Row], method: &str, subset: &str, statistic: &str) -> Option<f64> {
        rows.iter().find(|r| (&*r.method, &*r.subset, &*r.statistic) == (method, subset, statistic))?.value
    }

    #[test]
    fn severity_is_judged_within_each_type_and_scene() {
        // Two types on two scenes at three levels. The severity of the second type does not rise with its level, and has another scale.
        let kinds = [("gaussian_blur", [1.0, 2.0, 3.0]), ("mean_shift", [30.0, 10.0, 20.0])];
        let severities = [kinds[0].1, kinds[1].1, kinds[0].1, kinds[1].1].concat();
        let series: Vec<Series> = (0..4)
            .map(|i| {
                // Sorted by type and then by scene, as the experiment makes them: type i/2 of scene i%2.
                let (kind, scene) = (kinds[i / 2].0.to_owned(), i % 2);
                let first = 3 * (2 * scene + i / 2);
                Series { kind, scene, members: (first..first + 3).map(|j| (j, severities[j])).collect() }
            })
            .collect();
        let perfect: Vec<f64> = severities.iter().map(|s| 1.0 / (1.0 + s)).collect();
        let reversed: Vec<f64> = (0..12).map(|i| if i / 3 % 2 == 0 { -severities[i] } else { severities[i] }).collect();
        let methods = [scores("Gradient", &perfect), scores("reversed", &reversed), scores("flat", &[0.5; 12])];
        let rows = by_severity(&methods, &series, &INTERVALS, &|| ());
        for (method, all, blur, shift) in
            [("Gradient", 1.0, 1.0, 1.0), ("reversed", 0.0, 1.0, -1.0), ("flat", 0.0, 0.0, 0.0)]
        {
            assert_eq!(value(&rows, method, "all", "severity_srocc"), Some(all));
            assert_eq!(value(&rows, method, "gaussian_blur", "severity_srocc"), Some(blur));
            assert_eq!(value(&rows, method, "mean_shift", "severity_srocc"), Some(shift));
            assert_eq!(value(&rows, method, "jpeg", "severity_srocc"), None);
        }
        assert_eq!(value(&rows, "flat", "all", "severity_srocc_gain_of_gradient"), Some(1.0));
        assert!(
            rows.iter().all(|r| r.statistic.starts_with("severity_srocc")),
            "nothing looks like agreement with a viewer"
        );
    }

    #[test]
    fn opinions_give_the_fields_statistics_and_the_flags_against_the_proposed_method() {
        let n = 200;
        let mos: Vec<f64> = (0..n).map(|i| i as f64 / 25.0).collect();
        let images = (0..n).map(|i| image(1 + i % 20, 8, 1 + i % 5)).collect();
        let subset = Subset { images, opinions: mos.clone(), sigma: vec![0.1; n], scale: Some(Opinion::mos()) };
        // The proposed method equals the opinions; the other method scatters around them.
        let noisy: Vec<f64> = (0..n).map(|i| mos[i] + 6.0 * ((i * 7919 % n) as f64 / n as f64 - 0.5)).collect();
        let methods = [scores("Gradient", &mos), scores("noisy", &noisy)];
        let (rows, samples) = by_mos(&methods, &subset, &INTERVALS, Infinite::LeftOut, &|| ());
        // The statistics, whether the fit converged, and three rows that compare the other method with the proposed one.
        assert_eq!((samples.len(), rows.len()), (2, 2 * (STATISTICS.len() + 1) + 3));
        for statistic in ["srocc", "krcc", "plcc", "plcc_line"] {
            assert!(value(&rows, "Gradient", "all", statistic).unwrap() > 0.999999, "{statistic}");
            let row = rows.iter().find(|r| r.method == "noisy" && r.statistic == statistic).unwrap();
            let ((low, high), value) = (row.interval().unwrap(), row.value.unwrap());
            assert!(low <= value && value <= high && high < 0.99, "{row:?}");
        }
        assert_eq!(value(&rows, "Gradient", "all", "outlier_ratio"), Some(0.0));
        assert!(value(&rows, "noisy", "all", "outlier_ratio").unwrap() > 0.5);
        assert_eq!(value(&rows, "noisy", "all", "srocc_significance"), Some(-1.0));
        assert_eq!(value(&rows, "Gradient", "all", "srocc_significance"), None);
        assert!(value(&rows, "noisy", "all", "srocc_gain_of_gradient").unwrap() > 0.05);
        let types = types_by_mos(&samples, &subset, &INTERVALS);
        assert_eq!(value(&types, "Gradient", "gaussian_blur", "srocc"), Some(1.0));
        assert_eq!(value(&types, "Gradient", "jpeg", "srocc"), None);
    }

    /// The reason of the row of this number.
    #[track_caller]
    fn reason(rows: &[Row], method: &str, statistic: &str) -> String {
        let row = rows.iter().find(|r| (&*r.method, &*r.subset, &*r.statistic) == (method, "all", statistic));
        let row = row.unwrap_or_else(|| panic!("there is no {statistic} of {method}"));
        assert!(row.value.is_none() && row.interval().is_none(), "{row:?}");
        row.reason.clone().unwrap()
    }

    fn opinions(mos: &[f64]) -> Subset {
        let images = (0..mos.len()).map(|i| image(1 + i % 4, 8, 1 + i / 4 % 5)).collect();
        Subset { images, opinions: mos.to_vec(), sigma: vec![0.1; mos.len()], scale: Some(Opinion::mos()) }
    }

    #[test]
    fn every_statistic_has_a_row_with_a_value_or_a_reason() {
        let mos: Vec<f64> = (0..12).map(f64::from).collect();
        let scattered: Vec<f64> = (0..12).map(|i| 0.9 * f64::from(i * 5 % 12) + f64::from(i)).collect();
        let of = |method: &str, values: &[f64], mos: &[f64]| {
            let rows = by_mos(&[scores(method, values)], &opinions(mos), &INTERVALS, Infinite::LeftOut, &|| ()).0;
            let named = |name: &str| rows.iter().any(|row| row.statistic == name);
            assert!(STATISTICS.iter().all(|statistic| named(statistic.name)), "{rows:?}");
            assert!(rows.iter().all(|row| row.value.is_some() != row.reason.is_some()), "{rows:?}");
            rows
        };
        let rows = of("a", &scattered, &mos);
        assert!(rows.iter().all(|row| row.reason.is_none() && row.images.is_none()), "{rows:?}");
        let rows = of("a", &scattered, &[3.0; 12]);
        assert!(rows.iter().all(|row| row.reason.as_deref() == Some("all ratings are equal")), "{rows:?}");
        let rows = of("a", &[0.5; 12], &mos);
        assert!(rows.iter().all(|row| row.reason.as_deref() == Some("all scores are equal")), "{rows:?}");
        let rows = of("a", &[f64::NAN; 12], &mos);
        assert!(rows.iter().all(|row| row.reason.as_deref() == Some("no image has a score")), "{rows:?}");
        let rows = of("a", &[f64::INFINITY; 12], &mos);
        assert_eq!(reason(&rows, "a", "krcc"), "all scores are equal");
        assert_eq!(reason(&rows, "a", "outlier_ratio_line"), "no image has a finite score");
        // Exactly as many images as parameters: a curve or a line through every point.
        for (n, curve, line) in [(2, false, false), (3, false, true), (5, false, true), (6, true, true)] {
            let rows = of("a", &scattered[..n], &mos[..n]);
            let is_defined = |name: &str| value(&rows, "a", "all", name).is_some();
            assert_eq!([is_defined("srocc"), is_defined("rmse"), is_defined("rmse_line")], [true, curve, line], "{n}");
        }
        let few: Vec<f64> = (0..12).map(|i| f64::from(i % 4)).collect();
        let needs = "the logistic curve has 5 parameters and needs 5 different scores, and there are 4";
        assert_eq!(reason(&of("a", &few, &mos), "a", "plcc"), needs);
        let huge: Vec<f64> = mos.iter().map(|m| m * 1e200).collect();
        assert_eq!(reason(&of("a", &huge, &mos), "a", "plcc_line"), "a straight line does not fit these scores");
    }

    #[test]
    fn images_without_a_score_change_no_number_of_the_others() {
        let mos: Vec<f64> = (0..20).map(|i| f64::from(i * 3 % 20)).collect();
        let noisy: Vec<f64> = (0..20).map(|i| f64::from(i * 7 % 20) * 0.4 + mos[i as usize]).collect();
        let plain = by_mos(&[scores("a", &noisy)], &opinions(&mos), &INTERVALS, Infinite::LeftOut, &|| ()).0;
        for (added, images) in [(f64::NAN, 20), (f64::INFINITY, 21)] {
            let (mut mos, mut noisy) = (mos.clone(), noisy.clone());
            mos.push(30.0);
            noisy.push(added);
            let methods = [scores("a", &noisy), scores("Gradient", &mos)];
            let (rows, samples) = by_mos(&methods, &opinions(&mos), &INTERVALS, Infinite::LeftOut, &|| ());
            for row in plain.iter().filter(|row| added.is_nan() || !["srocc", "krcc"].contains(&&*row.statistic)) {
                let same = rows.iter().find(|r| r.method == "a" && r.statistic == row.statistic).unwrap();
                assert_eq!(Row { images: None, ..same.clone() }, *row, "{added}");
                assert_eq!(same.images, Some(20));
            }
            let srocc = rows.iter().find(|r| r.method == "a" && r.statistic == "srocc").unwrap();
            assert_eq!(srocc.images, Some(images));
            let gain = rows.iter().find(|r| r.statistic == "srocc_gain_of_gradient").unwrap();
            assert_eq!(gain.images, Some(images), "of the images that both have");
            assert!(types_by_mos(&samples, &opinions(&mos), &INTERVALS).iter().all(|row| row.images.is_some()));
        }
        // As 0, an infinite score is far from its opinion.
        let (mut mos, mut noisy) = (mos, noisy);
        mos.push(30.0);
        noisy.push(f64::INFINITY);
        let rows = by_mos(&[scores("a", &noisy)], &opinions(&mos), &INTERVALS, Infinite::Zero, &|| ()).0;
        let line = |rows: &[Row]| value(rows, "a", "all", "plcc_line").unwrap();
        assert!(line(&rows) < line(&plain) - 0.1 && rows.iter().all(|row| row.images.is_none()));
    }

    #[test]
    fn a_series_with_an_undefined_score_uses_its_other_images() {
        let series = |kind: &str, first: usize, count: usize| {
            let members = (first..first + count).map(|i| (i, i as f64)).collect();
            Series { kind: kind.to_owned(), scene: first, members }
        };
        let series = [series("blur", 0, 3), series("blur", 3, 3), series("noise", 6, 2)];
        let values = [-1.0, f64::NAN, -2.0, -1.0, -3.0, -2.0, f64::NAN, 1.0];
        let rows = by_severity(&[scores("a", &values), scores("Gradient", &[0.0; 8])], &series, &INTERVALS, &|| ());
        assert_eq!(value(&rows, "a", "blur", "severity_srocc"), Some(0.75));
        assert_eq!(value(&rows, "a", "all", "severity_srocc"), Some(0.75));
        assert_eq!(value(&rows, "a", "all", "severity_srocc_gain_of_gradient"), Some(-0.75));
        let noise = rows.iter().find(|r| r.method == "a" && r.subset == "noise").unwrap();
        assert_eq!((noise.reason.as_deref(), noise.images), (Some("no series of images has two scores"), Some(0)));
        let all = rows.iter().find(|r| r.method == "a" && r.subset == "all").unwrap();
        assert_eq!(all.images, Some(5));
    }

    #[test]
    fn without_standard_deviations_there_is_no_outlier_ratio() {
        let mos: Vec<f64> = (0..20).map(f64::from).collect();
        let images = (1..=20).map(|i| image(i, 1, 1)).collect();
        let subset = Subset { images, opinions: mos.clone(), sigma: Vec::new(), scale: Some(Opinion::mos()) };
        let (rows, _) = by_mos(&[scores("unique", &mos)], &subset, &INTERVALS, Infinite::LeftOut, &|| ());
        assert!(rows.iter().any(|r| r.statistic == "rmse") && !rows.iter().any(|r| r.statistic.starts_with("outlier")));
    }

    #[test]
    fn directions_of_scores_and_opinions_change_no_statistic_and_the_curve_is_on_the_given_scales() {
        let mos: Vec<f64> = (0..40).map(f64::from).collect();
        let noisy: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 40) * 0.2 + f64::from(i)).collect();
        let negated = |values: &[f64]| values.iter().map(|v| -v).collect::<Vec<f64>>();
        let samples = [false, true].map(|turn| {
            let (values, opinions) = if turn { (negated(&noisy), negated(&mos)) } else { (noisy.clone(), mos.clone()) };
            let scale = if turn { Opinion::dmos() } else { Opinion::mos() };
            let images = (0..40).map(|i| image(1 + i % 20, 1, 1 + i / 20)).collect();
            let subset = Subset { images, opinions, sigma: vec![0.5; 40], scale: Some(scale) };
            let scores = Scores { method: "noisy".into(), values, higher_is_better: !turn, ..Scores::default() };
            Sample::new(&scores, &subset, Infinite::LeftOut)
        });
        for statistic in &STATISTICS {
            let [given, turned] = samples.each_ref().map(|sample| statistic.of(sample).unwrap());
            assert_eq!(given.to_bits(), turned.to_bits(), "{}", statistic.name);
        }
        let [given, turned] = samples.each_ref().map(|sample| sample.curve.unwrap());
        assert_eq!(samples[0].opinion_at(&given, 20.0), -samples[1].opinion_at(&turned, -20.0));
    }
}
