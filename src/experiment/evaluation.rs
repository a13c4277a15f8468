//! From per-image scores to the rows of the table.
//!
//! With viewers' opinions: the field's correlations and errors (METHOD §1.5), over all images and by distortion type. PLCC,
//! RMSE and the outlier ratio are those of scores mapped by the converged logistic; beside each stands, as `…_line`, what a
//! straight line gives, because several published numbers turn out to be that. Without opinions, on the stand-in: how steadily
//! a score falls with the severity that the distortions were made with, `severity_srocc`, and nothing that could be mistaken
//! for agreement with a viewer.

use crate::datasets::database::{Image, Opinion, numbered};
use crate::datasets::tid2013::DISTORTIONS;
use crate::experiment::file::{self, Statistics};
use crate::experiment::pictures::Series;
use crate::report::table::Row;
use crate::stats::bootstrap::{Bootstrap, Interval, Resample};
use crate::stats::correlation::{krcc, outlier_ratio, plcc, rmse, srocc};
use crate::stats::logistic::{self, Fit};
use crate::stats::{moments, significance};

/// The method that the others are compared with: the paper's.
pub(super) const PROPOSED: &str = "gradient";

/// One method's scores, image by image.
#[derive(Clone, Debug)]
pub(super) struct Scores {
    /// The method's name.
    pub method: String,
    /// Turned such that higher is better. An image that equals its reference may have an infinite one.
    pub values: Vec<f64>,
    /// Whether the method's own numbers are these, or their negatives.
    pub higher_is_better: bool,
}

impl Scores {
    /// The scores of a method from its own numbers.
    pub fn new(method: &str, own: Vec<f64>, higher_is_better: bool) -> Scores {
        Scores { method: method.to_owned(), values: turned(own, higher_is_better), higher_is_better }
    }

    /// The method's own numbers.
    pub fn own(&self) -> Vec<f64> {
        turned(self.values.clone(), self.higher_is_better)
    }
}

fn turned(values: Vec<f64>, higher_is_better: bool) -> Vec<f64> {
    if higher_is_better { values } else { values.into_iter().map(|v| -v).collect() }
}

/// The images that methods are judged on.
#[derive(Clone, Debug, Default)]
pub(super) struct Subset {
    /// The images, in the order of all scores.
    pub images: Vec<Image>,
    /// The viewers' mean opinions, turned such that higher is better; empty for a stand-in.
    pub opinions: Vec<f64>,
    /// The opinions' standard deviations; empty when the database does not give them.
    pub sigma: Vec<f64>,
    /// What the database's numbers are, of which `opinions` may be the negatives.
    pub scale: Option<Opinion>,
}

impl Subset {
    /// Images with their opinions on the database's scale.
    pub fn new(images: Vec<Image>, opinions: Vec<f64>, sigma: Vec<f64>, scale: &Opinion) -> Subset {
        Subset { images, opinions: turned(opinions, scale.higher_is_better), sigma, scale: Some(scale.clone()) }
    }

    /// The opinions on the database's scale.
    pub fn own_opinions(&self) -> Vec<f64> {
        turned(self.opinions.clone(), self.scale.as_ref().is_none_or(|s| s.higher_is_better))
    }

    /// The number of each image's reference.
    pub fn references(&self) -> Vec<usize> {
        numbered(self.images.iter().map(|image| image.reference.as_str()))
    }

    /// The kinds of distortion: TID2013's in its order, others in that of their first appearance. None where the database
    /// tells none.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for image in &self.images {
            if !image.kind.is_empty() && !kinds.contains(&image.kind.as_str()) {
                kinds.push(&image.kind);
            }
        }
        kinds.sort_by_key(|kind| DISTORTIONS.iter().position(|d| d == kind));
        kinds
    }
}

/// How intervals are drawn; one per experiment, so that all methods see the same resamples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intervals {
    replicates: usize,
    resample: Resample,
    seed: u64,
}

impl Intervals {
    pub fn new(statistics: &Statistics, seed: u64) -> Intervals {
        let resample = match statistics.resample {
            file::Resample::References => Resample::References,
            file::Resample::Images => Resample::Images,
        };
        Intervals { replicates: statistics.bootstrap, resample, seed }
    }

    pub fn over(&self, references: &[usize]) -> Bootstrap<'static> {
        Bootstrap::new(references, self.resample, self.replicates, self.seed, "bootstrap")
    }
}

/// Collects the rows of one method on one subset.
struct Rows<'a> {
    method: &'a str,
    subset: &'a str,
    rows: Vec<Row>,
}

impl Rows<'_> {
    /// A row, unless the statistic is not defined on these scores.
    fn add(&mut self, statistic: &str, value: Option<f64>, interval: Option<Interval>) {
        let Some(value) = value else { return };
        let row = Row::new(self.method, self.subset, statistic, value);
        self.rows.push(match interval {
            Some(Interval { low, high }) => row.with_interval(low, high),
            None => row,
        });
    }
}

/// Judges each method by the opinions in `subset`; the fitted curves come along, for the chart. `done` is called after each.
pub(super) fn by_mos(
    methods: &[Scores],
    subset: &Subset,
    intervals: &Intervals,
    done: &dyn Fn(),
) -> (Vec<Row>, Vec<Option<Fit>>) {
    let mos = &subset.opinions[..];
    let bootstrap = intervals.over(&subset.references());
    let fits: Vec<Option<Fit>> = methods.iter().map(|m| logistic::fit(&m.values, mos)).collect();
    let correlations = |i: usize| {
        let values = &methods[i].values;
        (srocc(values, mos), fits[i].as_ref().and_then(|fit| plcc(&fit.curve.map(values), mos)))
    };
    let proposed = methods.iter().position(|m| m.method == PROPOSED);

    let mut rows = Vec::new();
    for (i, method) in methods.iter().enumerate() {
        let mut of_method = Rows { method: &method.method, subset: "all", rows: Vec::new() };
        agreement(&mut of_method, &method.values, fits[i].as_ref(), subset, &bootstrap);
        if let Some(proposed) = proposed.filter(|&proposed| proposed != i) {
            let ((srocc_proposed, plcc_proposed), (srocc_here, plcc_here)) = (correlations(proposed), correlations(i));
            let of = |values: &[f64], images: &[usize]| srocc(&pick(values, images), &pick(mos, images));
            let interval = bootstrap
                .difference(|images| of(&methods[proposed].values, images), |images| of(&method.values, images));
            let gain = srocc_proposed.zip(srocc_here).map(|(a, b)| a - b);
            of_method.add("srocc_gain_of_proposed", gain, interval);
            let flag = |a: Option<f64>, b: Option<f64>| significance::flag(a?, b?, mos.len()).map(f64::from);
            of_method.add("srocc_significance", flag(srocc_here, srocc_proposed), None);
            of_method.add("plcc_significance", flag(plcc_here, plcc_proposed), None);
        }
        rows.append(&mut of_method.rows);
        done();
    }
    (rows, fits)
}

/// The five statistics of the field, for one method.
fn agreement(rows: &mut Rows<'_>, scores: &[f64], fit: Option<&Fit>, subset: &Subset, bootstrap: &Bootstrap<'_>) {
    let (mos, sigma) = (&subset.opinions[..], &subset.sigma[..]);
    let mut add = |name: String, statistic: fn(&[f64], &[f64]) -> Option<f64>, values: &[f64]| {
        let interval = bootstrap.interval(|images| statistic(&pick(values, images), &pick(mos, images)));
        rows.add(&name, statistic(values, mos), interval);
    };
    add("srocc".into(), srocc, scores);
    add("krcc".into(), krcc, scores);
    let Some(fit) = fit else { return };
    let (curve, line) = (fit.curve.map(scores), fit.line.map(scores));
    for (fitted, suffix) in [(&curve, ""), (&line, "_line")] {
        add(format!("plcc{suffix}"), plcc, fitted);
        add(format!("rmse{suffix}"), rmse, fitted);
    }
    for (fitted, suffix) in [(&curve, ""), (&line, "_line")].into_iter().filter(|_| !sigma.is_empty()) {
        let outliers =
            |images: &[usize]| outlier_ratio(&pick(fitted, images), &pick(mos, images), &pick(sigma, images));
        rows.add(&format!("outlier_ratio{suffix}"), outlier_ratio(fitted, mos, sigma), bootstrap.interval(outliers));
    }
    rows.add("srocc_fitted", srocc(&curve, mos), None);
    rows.add("krcc_fitted", krcc(&curve, mos), None);
    rows.add("fit_converged", Some(f64::from(u8::from(fit.converged))), None);
}

/// The SROCC of each method on each distortion type's images.
pub(super) fn types_by_mos(methods: &[Scores], subset: &Subset, intervals: &Intervals) -> Vec<Row> {
    let references = subset.references();
    let mut rows = Vec::new();
    for method in methods {
        for kind in subset.kinds() {
            let of_kind: Vec<usize> = (0..subset.images.len()).filter(|&i| subset.images[i].kind == kind).collect();
            let references: Vec<usize> = of_kind.iter().map(|&i| references[i]).collect();
            let (scores, mos) = (pick(&method.values, &of_kind), pick(&subset.opinions, &of_kind));
            let mut of_method = Rows { method: &method.method, subset: kind, rows: Vec::new() };
            let interval =
                intervals.over(&references).interval(|images| srocc(&pick(&scores, images), &pick(&mos, images)));
            of_method.add("srocc", srocc(&scores, &mos), interval);
            rows.append(&mut of_method.rows);
        }
    }
    rows
}

/// How steadily each method falls with the known severity: the SROCC of score against −severity over each of the `series`,
/// averaged over `all` of them and over those of each kind.
///
/// A score that does not move at all while the severity grows has no rank correlation; it is credited with 0.
pub(super) fn by_severity(methods: &[Scores], series: &[Series], intervals: &Intervals, done: &dyn Fn()) -> Vec<Row> {
    let steadiness = |scores: &[f64]| -> Vec<f64> {
        let of_series = |series: &Series| {
            let (scores, quality): (Vec<f64>, Vec<f64>) =
                series.members.iter().map(|&(i, severity)| (scores[i], -severity)).unzip();
            srocc(&scores, &quality).unwrap_or(0.0)
        };
        series.iter().map(of_series).collect()
    };
    let mut kinds: Vec<&str> = series.iter().map(|s| s.kind.as_str()).collect();
    kinds.dedup();
    let proposed = methods.iter().find(|m| m.method == PROPOSED).map(|m| steadiness(&m.values));

    let mut rows = Vec::new();
    for method in methods {
        let values = steadiness(&method.values);
        let mean = |values: &[f64], chosen: &[usize]| moments::mean(&pick(values, chosen));
        for (kind, subset) in std::iter::once((None, "all")).chain(kinds.iter().map(|&kind| (Some(kind), kind))) {
            let chosen: Vec<usize> =
                (0..series.len()).filter(|&i| kind.is_none_or(|kind| series[i].kind == kind)).collect();
            let scenes: Vec<usize> = chosen.iter().map(|&i| series[i].scene).collect();
            let bootstrap = intervals.over(&scenes);
            let drawn =
                |values: &[f64], draws: &[usize]| mean(values, &draws.iter().map(|&d| chosen[d]).collect::<Vec<_>>());
            let mut of_method = Rows { method: &method.method, subset, rows: Vec::new() };
            let interval = bootstrap.interval(|draws| drawn(&values, draws));
            of_method.add("severity_srocc", mean(&values, &chosen), interval);
            if let Some(proposed) = proposed.as_ref().filter(|_| method.method != PROPOSED && kind.is_none()) {
                let gain = mean(proposed, &chosen).zip(mean(&values, &chosen)).map(|(a, b)| a - b);
                let interval = bootstrap.difference(|draws| drawn(proposed, draws), |draws| drawn(&values, draws));
                of_method.add("severity_srocc_gain_of_proposed", gain, interval);
            }
            rows.append(&mut of_method.rows);
        }
        done();
    }
    rows
}

/// The values at `places`, in their order.
pub(super) fn pick(values: &[f64], places: &[usize]) -> Vec<f64> {
    places.iter().map(|&i| values[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::tid2013::ImageId;

    const INTERVALS: Intervals = Intervals { replicates: 50, resample: Resample::References, seed: 1 };

    fn image(reference: usize, distortion: usize, level: usize) -> Image {
        ImageId { reference, distortion, level }.image()
    }

    fn scores(method: &str, values: &[f64]) -> Scores {
        Scores::new(method, values.to_vec(), true)
    }

    fn value(rows: &[Row], method: &str, subset: &str, statistic: &str) -> Option<f64> {
        rows.iter().find(|r| (&*r.method, &*r.subset, &*r.statistic) == (method, subset, statistic))?.value
    }

    #[test]
    fn severity_is_judged_within_each_type_and_scene() {
        // Two kinds under two scenes at three levels; the second kind's severity does not rise with its level, and its scale is
        // another.
        let kinds = [("gaussian_blur", [1.0, 2.0, 3.0]), ("mean_shift", [30.0, 10.0, 20.0])];
        let severities = [kinds[0].1, kinds[1].1, kinds[0].1, kinds[1].1].concat();
        let series: Vec<Series> = (0..4)
            .map(|i| {
                // By kind and then by scene, as they are made: kind i/2 of scene i%2.
                let (kind, scene) = (kinds[i / 2].0.to_owned(), i % 2);
                let first = 3 * (2 * scene + i / 2);
                Series { kind, scene, members: (first..first + 3).map(|j| (j, severities[j])).collect() }
            })
            .collect();
        let perfect: Vec<f64> = severities.iter().map(|s| 1.0 / (1.0 + s)).collect();
        let reversed: Vec<f64> = (0..12).map(|i| if i / 3 % 2 == 0 { -severities[i] } else { severities[i] }).collect();
        let methods = [scores("gradient", &perfect), scores("reversed", &reversed), scores("flat", &[0.5; 12])];
        let rows = by_severity(&methods, &series, &INTERVALS, &|| ());
        for (method, all, blur, shift) in
            [("gradient", 1.0, 1.0, 1.0), ("reversed", 0.0, 1.0, -1.0), ("flat", 0.0, 0.0, 0.0)]
        {
            assert_eq!(value(&rows, method, "all", "severity_srocc"), Some(all));
            assert_eq!(value(&rows, method, "gaussian_blur", "severity_srocc"), Some(blur));
            assert_eq!(value(&rows, method, "mean_shift", "severity_srocc"), Some(shift));
            assert_eq!(value(&rows, method, "jpeg", "severity_srocc"), None);
        }
        assert_eq!(value(&rows, "flat", "all", "severity_srocc_gain_of_proposed"), Some(1.0));
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
        let subset = Subset::new(images, mos.clone(), vec![0.1; n], &Opinion::mos());
        // The proposed method follows the opinions, the other is scattered around them.
        let noisy: Vec<f64> = (0..n).map(|i| mos[i] + 6.0 * ((i * 7919 % n) as f64 / n as f64 - 0.5)).collect();
        let methods = [scores("gradient", &mos), scores("noisy", &noisy)];
        let (rows, fits) = by_mos(&methods, &subset, &INTERVALS, &|| ());
        assert_eq!(fits.len(), 2);
        for statistic in ["srocc", "krcc", "plcc", "plcc_line"] {
            assert!(value(&rows, "gradient", "all", statistic).unwrap() > 0.999999, "{statistic}");
            let row = rows.iter().find(|r| r.method == "noisy" && r.statistic == statistic).unwrap();
            let ((low, high), value) = (row.interval.unwrap(), row.value.unwrap());
            assert!(low <= value && value <= high && high < 0.99, "{row:?}");
        }
        assert_eq!(value(&rows, "gradient", "all", "outlier_ratio"), Some(0.0));
        assert!(value(&rows, "noisy", "all", "outlier_ratio").unwrap() > 0.5);
        assert_eq!(value(&rows, "noisy", "all", "srocc_significance"), Some(-1.0));
        assert_eq!(value(&rows, "gradient", "all", "srocc_significance"), None);
        assert!(value(&rows, "noisy", "all", "srocc_gain_of_proposed").unwrap() > 0.05);
        let types = types_by_mos(&methods, &subset, &INTERVALS);
        assert_eq!(value(&types, "gradient", "gaussian_blur", "srocc"), Some(1.0));
        assert_eq!(value(&types, "gradient", "jpeg", "srocc"), None);
    }

    #[test]
    fn without_standard_deviations_there_is_no_outlier_ratio() {
        let mos: Vec<f64> = (0..20).map(f64::from).collect();
        let subset = Subset::new((1..=20).map(|i| image(i, 1, 1)).collect(), mos.clone(), Vec::new(), &Opinion::mos());
        let (rows, _) = by_mos(&[scores("unique", &mos)], &subset, &INTERVALS, &|| ());
        assert!(rows.iter().any(|r| r.statistic == "rmse") && !rows.iter().any(|r| r.statistic.starts_with("outlier")));
    }
}
