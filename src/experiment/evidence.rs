//! What image quality has to say about a claim: our numbers of some images, and the published ones.
//!
//! Whether chance explains a difference of two methods is asked of the images: the paired bootstrap over references gives the
//! interval of the difference on the same resamples, for correlations and errors alike. Published numbers come without
//! images; for correlations Fisher's z decides, the test behind the flags of the paper's own tables, and for the others nothing
//! does. A number known from memory only is none.

use super::claims::{Compared, Evidence};
use super::evaluation::{Intervals, Scores, Subset, pick};
use crate::report::published::Published;
use crate::stats::correlation::{krcc, outlier_ratio, plcc, rmse, srocc};
use crate::stats::logistic::Fit;
use crate::stats::significance;

/// The statistics that a claim may be about.
pub(super) const STATISTICS: [&str; 10] = [
    "srocc",
    "krcc",
    "plcc",
    "rmse",
    "outlier_ratio",
    "plcc_line",
    "rmse_line",
    "outlier_ratio_line",
    "srocc_fitted",
    "krcc_fitted",
];

/// Methods' scores of some images.
pub(super) struct OfImages<'a> {
    pub methods: &'a [Scores],
    pub subset: &'a Subset,
    /// The methods' converged curves.
    pub fits: &'a [Option<Fit>],
    pub intervals: Intervals,
    /// What the images are, in words.
    pub data: String,
    /// The database's name in `paper/published.toml` and, if these are not its images, why not.
    pub database: Option<(&'a str, Option<String>)>,
}

impl OfImages<'_> {
    /// The place of the method that a claim calls `name`: by its name here, or by the publication's. A method that is here twice, by
    /// our scores and by another's, counts by the first.
    fn place(&self, name: &str) -> Option<usize> {
        let published = Published::embedded();
        let is = |m: &&Scores| m.method == name;
        let called = |m: &&Scores| published.name(&m.method) == name;
        let found = self.methods.iter().find(is).or_else(|| self.methods.iter().find(called))?;
        self.methods.iter().position(|m| m.method == found.method)
    }

    /// A statistic of a method on the images at these places.
    fn value(&self, method: usize, statistic: &str, places: &[usize]) -> Option<f64> {
        let (raw, mos) = (&self.methods[method].values, pick(&self.subset.opinions, places));
        let fit = || self.fits[method].as_ref();
        let curve = || Some(pick(&fit()?.curve.map(raw), places));
        let line = || Some(pick(&fit()?.line.map(raw), places));
        let fitted = || if statistic.ends_with("_line") { line() } else { curve() };
        match statistic.trim_end_matches("_line") {
            "srocc" => srocc(&pick(raw, places), &mos),
            "krcc" => krcc(&pick(raw, places), &mos),
            "srocc_fitted" => srocc(&curve()?, &mos),
            "krcc_fitted" => krcc(&curve()?, &mos),
            "plcc" => plcc(&fitted()?, &mos),
            "rmse" => rmse(&fitted()?, &mos),
            // Without standard deviations there is no outlier ratio to ask about.
            "outlier_ratio" if !self.subset.sigma.is_empty() => {
                outlier_ratio(&fitted()?, &mos, &pick(&self.subset.sigma, places))
            }
            _ => None,
        }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.subset.images.len()).collect()
    }
}

impl Evidence for OfImages<'_> {
    fn data(&self) -> String {
        self.data.clone()
    }

    fn decided_by(&self) -> String {
        "the paired bootstrap interval of the difference, 95 %".to_owned()
    }

    fn methods(&self) -> Vec<String> {
        self.methods.iter().map(|m| m.method.clone()).collect()
    }

    fn compare(&self, left: &str, right: &str, statistic: &str, _: &str) -> Option<Compared> {
        let (left, right) = (self.place(left)?, self.place(right)?);
        let of = |method: usize| move |places: &[usize]| self.value(method, statistic, places);
        let (own, other) = (of(left)(&self.all())?, of(right)(&self.all())?);
        let bootstrap = self.intervals.over(&self.subset.references());
        let interval = bootstrap.difference(of(left), of(right)).map(|i| (i.low, i.high));
        Some(Compared { left: own, right: other, interval, ..Compared::default() })
    }

    fn published(&self, method: &str, statistic: &str, subset: &str) -> Result<[f64; 3], String> {
        let Some((database, reason)) = &self.database else { return Err("nothing is published of these data".into()) };
        if let Some(reason) = reason {
            return Err(format!("{reason}: not comparable with what is published"));
        }
        let base = statistic.trim_end_matches("_line").trim_end_matches("_fitted");
        let published = Published::embedded();
        let cell = published
            .find(database, published.name(method), subset, base)
            .ok_or_else(|| format!("no {base} of {method} is published that was seen in a source"))?;
        let place = self.place(method).ok_or_else(|| format!("there are no scores of {method}"))?;
        let own = self
            .value(place, statistic, &self.all())
            .ok_or_else(|| format!("{statistic} of {method} is not defined here"))?;
        Ok([own, cell.value, cell.tolerance])
    }
}

/// The published numbers of a whole database.
pub(super) struct AsPublished {
    /// Its name in `paper/published.toml`.
    pub database: &'static str,
    /// Images in it.
    pub images: usize,
}

impl Evidence for AsPublished {
    fn data(&self) -> String {
        format!("as published, all {} images of {}", self.images, self.database)
    }

    fn decided_by(&self) -> String {
        "Fisher's z at the two-sided 5 %, where the numbers are correlations".to_owned()
    }

    fn methods(&self) -> Vec<String> {
        let mut methods: Vec<String> = Vec::new();
        for cell in Published::embedded().cells().filter(|c| c.database == self.database && c.subset == "all") {
            if !methods.contains(&cell.method) {
                methods.push(cell.method.clone());
            }
        }
        methods
    }

    fn compare(&self, left: &str, right: &str, statistic: &str, subset: &str) -> Option<Compared> {
        let published = Published::embedded();
        let value =
            |method: &str| Some(published.find(self.database, published.name(method), subset, statistic)?.value);
        let (left, right) = (value(left)?, value(right)?);
        let is_correlation = ["srocc", "krcc", "plcc"].contains(&statistic);
        let z = is_correlation.then(|| significance::fisher_z(left, right, self.images)).flatten();
        Some(Compared { left, right, z, ..Compared::default() })
    }

    fn published(&self, _: &str, _: &str, _: &str) -> Result<[f64; 3], String> {
        Err("a published number is itself".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::database::{Naming, Opinion};
    use crate::experiment::claims::test;
    use crate::experiment::file::{Claim, Numbers, Question, Resample, Statistics};
    use crate::report::claims::Outcome;
    use crate::stats::logistic;

    const ABSTRACT: [&str; 5] = [
        "Proposed.srocc > others.srocc",
        "Proposed.krcc > others.krcc",
        "Proposed.plcc > others.plcc",
        "Proposed.rmse < others.rmse",
        "Proposed.outlier_ratio < others.outlier_ratio",
    ];

    fn claim(numbers: Numbers, tests: &[&str]) -> Claim {
        let question = |text: &&str| Question { text: text.to_string(), expression: text.parse().unwrap() };
        let among = ["Proposed", "UNIQUE", "CSV"].map(str::to_owned).to_vec();
        let tests = tests.iter().map(question).collect();
        Claim { says: "first".into(), place: "abstract".into(), numbers, subset: "all".into(), among, tests }
    }

    /// Outcomes on 200 images where the proposed method is scattered by `own`, UNIQUE by `unique`.
    fn outcomes(own: f64, unique: f64) -> Vec<(Outcome, String)> {
        let n = 200;
        let mos: Vec<f64> = (0..n).map(|i| i as f64 / 25.0).collect();
        let scattered = |by: f64, prime: usize| -> Vec<f64> {
            (0..n).map(|i| mos[i] + by * ((i * prime % n) as f64 / n as f64 - 0.5)).collect()
        };
        let methods = [
            Scores::new("gradient", scattered(own, 7919), true),
            Scores::new("unique", scattered(unique, 6007), true),
            // UNIQUE once more: the first counts.
            Scores::new("UNIQUE (laboratory)", mos.clone(), true),
        ];
        let images = (0..n).map(|i| Naming::Any.image(&format!("{i}")).unwrap()).collect();
        let subset = Subset::new(images, mos.clone(), vec![0.2; n], &Opinion::mos());
        let fits: Vec<_> = methods.iter().map(|m| logistic::fit(&m.values, &mos)).collect();
        let intervals = Intervals::new(&Statistics { bootstrap: 50, resample: Resample::Images }, 1);
        let data = "200 images".to_owned();
        let evidence = OfImages { methods: &methods, subset: &subset, fits: &fits, intervals, data, database: None };
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
        assert!(reason.contains("(UNIQUE)") && reason.ends_with("without CSV, which has no number here"), "{reason}");
    }

    #[test]
    fn a_number_from_memory_decides_nothing() {
        let evidence = AsPublished { database: "TID2013", images: 3000 };
        let claims = test(&[claim(Numbers::Published, &ABSTRACT)], "T", "D", |_| Ok(&evidence));
        let tests = &claims.claims[0].tests;
        // .865 against .860 of 3000 images is chance.
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
