//! Tests claims about image quality, on our numbers of a set of images or on the published numbers.
//!
//! On images, a paired bootstrap over references decides whether chance explains the difference of two methods. It gives the interval of
//! the difference on the same resamples, for correlations and errors alike. Published numbers come without images. For correlations,
//! Fisher's z test decides, as in the flags of the paper's own tables; other differences stay undecided. A number that is known from
//! memory only is not used.

use super::statistics::{Intervals, Sample, Statistic};
use super::subset::Subset;
use crate::iqa::measures;
use crate::report::published::Published;
use crate::run::claims::{Compared, Evidence};
use crate::stats::significance;

/// The scores of the methods on a set of images.
pub struct OfImages<'a> {
    pub subset: &'a Subset,
    /// The scores and the opinions of each method, with the fitted curves.
    pub samples: &'a [Sample],
    pub intervals: Intervals,
    /// A description of the images.
    pub data: String,
    /// The name of the database in `paper/published.toml`, and why these images are not comparable with it, if they are not.
    pub database: Option<(&'a str, Option<String>)>,
}

impl OfImages<'_> {
    /// The sample of the method `name`, else the sample whose published name is `name`: `UNIQUE` means the authors' scores if ours are
    /// absent.
    fn sample(&self, name: &str) -> Option<&Sample> {
        let called = |sample: &&Sample| Published::embedded().name(&sample.method) == name;
        self.samples.iter().find(|sample| sample.method == name).or_else(|| self.samples.iter().find(called))
    }
}

/// Our name for a published method: `Gradient` for "Proposed".
pub fn name_here(published: &str) -> String {
    measures::find(published).map_or(published, |measure| measure.name).to_owned()
}

impl Evidence for OfImages<'_> {
    fn data(&self) -> String {
        self.data.clone()
    }

    fn decided_by(&self) -> String {
        "the paired bootstrap interval of the difference, 95 %".to_owned()
    }

    fn methods(&self) -> Vec<String> {
        self.samples.iter().map(|sample| sample.method.clone()).collect()
    }

    fn compare(&self, left: &str, right: &str, statistic: &str, _: &str) -> Option<Compared> {
        let statistic = Statistic::find(statistic)?;
        let [own, other] = [self.sample(left)?, self.sample(right)?];
        let (left, right) = (statistic.of(own)?, statistic.of(other)?);
        // Each number is of all images that its method has a score for, the interval of the images that both have.
        let difference = |at: &[usize]| Some(statistic.on(own, at)? - statistic.on(other, at)?);
        let interval = self.intervals.of(&self.subset.references(), &statistic.common(own, other), difference);
        Some(Compared { left, right, interval: interval.map(|i| (i.low, i.high)), ..Compared::default() })
    }

    fn value(&self, method: &str, statistic: &str, _: &str) -> Option<f64> {
        Statistic::find(statistic)?.of(self.sample(method)?)
    }

    fn database(&self) -> Option<(&str, Option<&str>)> {
        self.database.as_ref().map(|(name, reason)| (*name, reason.as_deref()))
    }
}

/// The published numbers of a whole database.
pub struct AsPublished {
    /// The name of the database in `paper/published.toml`.
    pub database: &'static str,
    /// The number of its images.
    pub images: usize,
}

impl Evidence for AsPublished {
    fn data(&self) -> String {
        format!("as published, all {} images of {}", self.images, self.database)
    }

    fn decided_by(&self) -> String {
        "Fisher's z test at the two-sided 5 % level, for correlations only".to_owned()
    }

    fn methods(&self) -> Vec<String> {
        let cells = Published::embedded().cells().filter(|c| c.database == self.database && c.subset == "all");
        let mut methods: Vec<String> = cells.map(|cell| name_here(&cell.method)).collect();
        methods.dedup();
        methods
    }

    fn compare(&self, left: &str, right: &str, statistic: &str, subset: &str) -> Option<Compared> {
        let (left, right) = (self.value(left, statistic, subset)?, self.value(right, statistic, subset)?);
        let is_correlation = Statistic::find(statistic).is_some_and(|statistic| statistic.is_correlation);
        let z = is_correlation.then(|| significance::fisher_z(left, right, self.images)).flatten();
        Some(Compared { left, right, z, ..Compared::default() })
    }

    fn value(&self, method: &str, statistic: &str, subset: &str) -> Option<f64> {
        let published = Published::embedded();
        Some(published.find(self.database, published.name(method), subset, statistic)?.value)
    }

    /// `None`, because a published number is not compared with itself. An experiment file that does this is rejected.
    fn database(&self) -> Option<(&str, Option<&str>)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::database::Opinion;
    use crate::datasets::own;
    use crate::report::claims::Outcome;
    use crate::run::claims::test;
    use crate::settings::claims::Claim;
    use crate::settings::claims::Numbers;
    use crate::stats::bootstrap::Resample;
    use crate::studies::image_quality::statistics::Infinite;
    use crate::studies::image_quality::subset::Scores;

    const ABSTRACT: [&str; 5] = [
        "Gradient.srocc > others.srocc",
        "Gradient.krcc > others.krcc",
        "Gradient.plcc > others.plcc",
        "Gradient.rmse < others.rmse",
        "Gradient.outlier_ratio < others.outlier_ratio",
    ];

    fn claim(numbers: Numbers, tests: &[&str]) -> Claim {
        let among = ["Gradient", "UNIQUE", "CSV"].map(str::to_owned).to_vec();
        let tests = tests.iter().map(|text| text.parse().unwrap()).collect();
        Claim { says: "first".into(), place: "abstract".into(), numbers, subset: "all".into(), among, tests }
    }

    /// The outcomes on 200 images, with scatter `own` for the proposed method and scatter `unique` for UNIQUE.
    fn outcomes(own: f64, unique: f64) -> Vec<(Outcome, String)> {
        let n = 200;
        let mos: Vec<f64> = (0..n).map(|i| i as f64 / 25.0).collect();
        let scattered = |by: f64, prime: usize| -> Vec<f64> {
            (0..n).map(|i| mos[i] + by * ((i * prime % n) as f64 / n as f64 - 0.5)).collect()
        };
        let scores = |method: &str, values| Scores { method: method.to_owned(), values, ..Scores::default() };
        let methods = [
            scores("Gradient", scattered(own, 7919)),
            scores("UNIQUE", scattered(unique, 6007)),
            // UNIQUE a second time; our scores take precedence.
            scores("UNIQUE (authors' scores)", mos.clone()),
        ];
        let images = (0..n).map(|i| (own::NAMING.image)(&format!("{i}")).unwrap()).collect();
        let subset = Subset { images, opinions: mos, sigma: vec![0.2; n], scale: Some(Opinion::mos()) };
        let samples: Vec<_> = methods.iter().map(|method| Sample::new(method, &subset, Infinite::LeftOut)).collect();
        let intervals = Intervals::new(50, Resample::Images, 1);
        let data = "200 images".to_owned();
        let evidence = OfImages { subset: &subset, samples: &samples, intervals, data, database: None };
        let claims = test(&[claim(Numbers::Images, &ABSTRACT)], "T", "D", |_| Ok(&evidence));
        claims.claims[0].tests.iter().map(|t| (t.outcome, t.reason.clone())).collect()
    }

    #[test]
    fn the_answer_follows_the_numbers() {
        let only = |own, unique| outcomes(own, unique).into_iter().map(|o| o.0).collect::<Vec<_>>();
        assert_eq!(only(1.0, 6.0), [Outcome::Holds; 5]);
        assert_eq!(only(6.0, 1.0), [Outcome::DoesNotHold; 5]);
        assert_eq!(only(3.0, 3.02)[0], Outcome::Undecided);
        let (_, reason) = &outcomes(1.0, 6.0)[0];
        assert!(reason.contains("(UNIQUE)") && reason.ends_with("no number for CSV"), "{reason}");
    }

    #[test]
    fn a_number_from_memory_decides_nothing() {
        let evidence = AsPublished { database: "TID2013", images: 3000 };
        let claims = test(&[claim(Numbers::Published, &ABSTRACT)], "T", "D", |_| Ok(&evidence));
        let tests = &claims.claims[0].tests;
        // On 3000 images, the difference of .865 and .860 is not significant.
        assert_eq!((tests[0].outcome, tests[0].comparisons.len()), (Outcome::Undecided, 2));
        assert_eq!(tests[0].comparisons[0].right_value, 0.860);
        assert!(tests[1..].iter().all(|t| t.outcome == Outcome::NotAttempted), "{tests:?}");
        assert_eq!(claims.claims[0].outcome, Outcome::Undecided);
    }

    #[test]
    fn without_data_nothing_is_attempted() {
        let absent = |_| Err("no viewers' opinions".to_owned());
        let claims = test(&[claim(Numbers::Images, &ABSTRACT)], "T", "D", absent);
        assert_eq!(claims.claims[0].outcome, Outcome::NotAttempted);
        assert_eq!(claims.claims[0].tests[0].reason, "no viewers' opinions");
    }
}
