//! "Generally the top performing method in terms of accuracy (RMSE), consistency (OR), linearity (PLCC) and monotonic behavior (SROCC,
//! KRCC)": the abstract's sentence, asked of each statistic on its own.
//!
//! The field is the paper's nine methods. A statistic is a claim that *holds* where the proposed method comes first, and the answer says
//! whether chance explains it: for correlations by Fisher's z (the flags of the paper's own tables), for RMSE and the outlier ratio, which
//! that test does not know, by the paired bootstrap interval of the difference. Where the publication's numbers are ranked, only
//! those count that were seen in a source; a number known from memory decides nothing.

use super::evaluation::{Intervals, PROPOSED, Scores, Subset, pick};
use crate::report::grid::Section;
use crate::report::published::Published;
use crate::stats::correlation::{krcc, outlier_ratio, plcc, rmse, srocc};
use crate::stats::logistic::Fit;
use crate::stats::significance;

/// The methods of the paper's table.
const FIELD: [&str; 9] = ["PSNR-HA", "IW-SSIM", "SR-SIM", "FSIMc", "PerSIM", "CSV", "SUMMER", "UNIQUE", "Proposed"];
/// Its statistics, with whether higher is better.
const STATISTICS: [(&str, &str, bool); 5] = [
    ("srocc", "SROCC", true),
    ("krcc", "KRCC", true),
    ("plcc", "PLCC", true),
    ("rmse", "RMSE", false),
    ("outlier_ratio", "OR", false),
];

/// How the proposed method stands in one statistic.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// The statistic: `srocc`, …
    pub statistic: &'static str,
    /// Whose numbers are ranked.
    pub basis: String,
    /// The outcome, where the proposed method has a number.
    pub outcome: Option<Outcome>,
}

/// A rank and what chance has to say about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// The proposed method's value.
    pub value: f64,
    /// Its rank, 1 the best; equal values share the better rank.
    pub rank: usize,
    /// How many methods are ranked.
    pub of: usize,
    /// The best of the others, and its value.
    pub best: (String, f64),
    /// Methods significantly better than the proposed one.
    pub better: Vec<String>,
    /// Methods significantly worse; `None` where no test is known.
    pub worse: Option<Vec<String>>,
}

impl Outcome {
    /// Ranks `value` among the `others`. `flag` says of an other whether it is significantly better (1) or worse (−1).
    fn new(value: f64, others: &[(String, f64)], higher: bool, flag: impl Fn(usize) -> Option<i8>) -> Option<Outcome> {
        let beats = |a: f64, b: f64| if higher { a > b } else { a < b };
        let mut best = others.first()?;
        for other in others {
            if beats(other.1, best.1) {
                best = other;
            }
        }
        let flags: Option<Vec<i8>> = (0..others.len()).map(flag).collect();
        let of_sign = |sign: i8| {
            let flags = flags.as_ref()?;
            Some(others.iter().zip(flags).filter(|(_, f)| **f == sign).map(|(o, _)| o.0.clone()).collect())
        };
        Some(Outcome {
            value,
            rank: 1 + others.iter().filter(|other| beats(other.1, value)).count(),
            of: 1 + others.len(),
            best: best.clone(),
            better: of_sign(1).unwrap_or_default(),
            worse: of_sign(-1),
        })
    }

    /// The answer in words.
    fn verdict(&self) -> String {
        match (self.rank, &self.worse) {
            (1, Some(worse)) if worse.len() + 1 == self.of => "holds".to_owned(),
            (1, Some(_)) => "holds, not significantly".to_owned(),
            (1, None) => "holds, significance not known".to_owned(),
            (_, Some(_)) if self.better.is_empty() => "does not hold, not significantly".to_owned(),
            (_, Some(_)) => format!("does not hold: {} significantly better", self.better.join(", ")),
            (_, None) => "does not hold, significance not known".to_owned(),
        }
    }
}

/// The standing in our numbers of these images; `fits` are the methods' converged curves.
pub(super) fn of_scores(
    methods: &[Scores],
    subset: &Subset,
    fits: &[Option<Fit>],
    intervals: &Intervals,
    basis: &str,
) -> Vec<Standing> {
    let published = Published::embedded();
    let mut field: Vec<(&str, usize)> = Vec::new();
    for (i, method) in methods.iter().enumerate() {
        let name = published.name(&method.method);
        // A method that is here twice, by our scores and by another's, counts by the first.
        if FIELD.contains(&name) && !field.iter().any(|f| f.0 == name) {
            field.push((name, i));
        }
    }
    let mos = &subset.opinions[..];
    let bootstrap = intervals.over(&subset.references());
    let fitted: Vec<Option<Vec<f64>>> =
        (0..methods.len()).map(|m| fits[m].as_ref().map(|fit| fit.curve.map(&methods[m].values))).collect();
    let value = |statistic: &str, method: usize, images: &[usize]| -> Option<f64> {
        let (raw, mos) = (pick(&methods[method].values, images), pick(mos, images));
        let fitted = || Some(pick(fitted[method].as_ref()?, images));
        match statistic {
            "srocc" => srocc(&raw, &mos),
            "krcc" => krcc(&raw, &mos),
            "plcc" => plcc(&fitted()?, &mos),
            "rmse" => rmse(&fitted()?, &mos),
            _ if subset.sigma.is_empty() => None,
            _ => outlier_ratio(&fitted()?, &mos, &pick(&subset.sigma, images)),
        }
    };
    let all: Vec<usize> = (0..mos.len()).collect();
    let of_statistic = |&(statistic, _, higher): &(&'static str, &str, bool)| {
        let proposed = field.iter().find(|(_, i)| methods[*i].method == PROPOSED).map(|f| f.1);
        let outcome = proposed.and_then(|proposed| {
            let own = value(statistic, proposed, &all)?;
            let others: Vec<(usize, String, f64)> = field
                .iter()
                .filter(|(_, i)| *i != proposed)
                .filter_map(|&(name, i)| Some((i, name.to_owned(), value(statistic, i, &all)?)))
                .collect();
            let flag = |other: usize| -> Option<i8> {
                let (method, _, theirs) = &others[other];
                if higher {
                    return significance::flag(*theirs, own, mos.len());
                }
                let of = |method: usize| move |images: &[usize]| value(statistic, method, images);
                let interval = bootstrap.difference(of(*method), of(proposed))?;
                Some(i8::from(interval.high < 0.0) - i8::from(interval.low > 0.0))
            };
            let named: Vec<(String, f64)> = others.iter().map(|(_, name, value)| (name.clone(), *value)).collect();
            Outcome::new(own, &named, higher, flag)
        });
        // Without standard deviations there is no outlier ratio to ask about.
        Standing { statistic, basis: basis.to_owned(), outcome }
    };
    STATISTICS.iter().map(of_statistic).collect()
}

/// The standing in the published numbers of all `images` of `database`.
pub(super) fn as_published(database: &str, images: usize) -> Vec<Standing> {
    let published = Published::embedded();
    let of_statistic = |&(statistic, _, higher): &(&'static str, &str, bool)| {
        let value = |method: &str| published.find(database, method, "all", statistic).map(|cell| cell.value);
        let outcome = value("Proposed").and_then(|own| {
            let others = FIELD.iter().filter(|m| **m != "Proposed");
            let others: Vec<(String, f64)> =
                others.filter_map(|method| Some((method.to_string(), value(method)?))).collect();
            let flag = |other: usize| significance::flag(others[other].1, own, images).filter(|_| higher);
            Outcome::new(own, &others, higher, flag)
        });
        Standing { statistic, basis: format!("as published, all {images} images of {database}"), outcome }
    };
    STATISTICS.iter().map(of_statistic).collect()
}

/// The section of the results that shows them.
pub(super) fn section(standings: &[Standing]) -> Section {
    let mut text = vec![
        "The paper's abstract calls the gradient generally the top performing method in RMSE, OR, PLCC, SROCC and KRCC. \
         Among the nine methods of its table that have a number here:"
            .to_owned(),
    ];
    let mut bases: Vec<&str> = standings.iter().map(|s| s.basis.as_str()).collect();
    bases.dedup();
    for basis in bases {
        let outcomes = || standings.iter().filter(|s| s.basis == basis).filter_map(|s| s.outcome.as_ref());
        let (asked, first) = (outcomes().count(), outcomes().filter(|o| o.rank == 1).count());
        let beaten = outcomes().filter(|o| !o.better.is_empty()).count();
        text.push(match asked {
            0 => format!("{basis}: not tested."),
            _ => format!("{basis}: first in {first} of {asked} statistics, significantly beaten in {beaten}."),
        });
    }
    let rounded = |x: f64| format!("{x:.3}").replace('-', "−");
    let row = |standing: &Standing| {
        let name = STATISTICS.iter().find(|s| s.0 == standing.statistic).map_or(standing.statistic, |s| s.1);
        let mut row = vec![standing.basis.clone(), name.to_owned()];
        match &standing.outcome {
            Some(o) => row.extend([
                rounded(o.value),
                format!("{} of {}", o.rank, o.of),
                format!("{} {}", o.best.0, rounded(o.best.1)),
                o.worse.as_ref().map(|w| w.len().to_string()).unwrap_or_default(),
                o.verdict(),
            ]),
            None => {
                row.extend(["", "", "", "", "not tested: no number of the proposed method at hand"].map(str::to_owned))
            }
        }
        row
    };
    let header = ["numbers", "statistic", "proposed", "rank", "best other", "significantly worse", "first?"];
    Section {
        title: "Is the proposed method the top performing one?".into(),
        text,
        header: header.map(str::to_owned).to_vec(),
        rows: standings.iter().map(row).collect(),
        notes: vec![
            "Significance: Fisher z at the two-sided 5 % for correlations; for RMSE and OR the paired bootstrap interval of the difference."
                .to_owned(),
            "PLCC, RMSE and OR of our numbers are those of the converged fit. Published numbers are as printed or recomputed; those known \
             from memory only are not used."
                .to_owned(),
        ],
    }
}

/// `claims.csv`: a line per statistic and set of numbers.
pub(super) fn csv(standings: &[Standing]) -> String {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut line = |fields: [&str; 10]| csv.write_record(fields).expect("writing into memory does not fail");
    line([
        "numbers",
        "statistic",
        "proposed",
        "rank",
        "of",
        "best_other",
        "best_other_value",
        "better",
        "worse",
        "first",
    ]);
    for standing in standings {
        let Some(o) = &standing.outcome else {
            line([&standing.basis, standing.statistic, "", "", "", "", "", "", "", "not tested"]);
            continue;
        };
        line([
            &standing.basis,
            standing.statistic,
            &o.value.to_string(),
            &o.rank.to_string(),
            &o.of.to_string(),
            &o.best.0,
            &o.best.1.to_string(),
            &o.better.join("; "),
            &o.worse.as_ref().map(|w| w.join("; ")).unwrap_or_default(),
            &o.verdict(),
        ]);
    }
    String::from_utf8(csv.into_inner().expect("flushing into memory does not fail")).expect("text in, text out")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::database::{Naming, Opinion};
    use crate::experiment::file::{Resample, Statistics};
    use crate::stats::logistic;

    /// Outcomes by statistic on 200 images where the proposed method is scattered by `own`, UNIQUE by `unique`.
    fn outcomes(own: f64, unique: f64) -> Vec<Standing> {
        let n = 200;
        let mos: Vec<f64> = (0..n).map(|i| i as f64 / 25.0).collect();
        let scattered = |by: f64, prime: usize| -> Vec<f64> {
            (0..n).map(|i| mos[i] + by * ((i * prime % n) as f64 / n as f64 - 0.5)).collect()
        };
        let methods = [
            Scores::new("gradient", scattered(own, 7919), true),
            Scores::new("unique", scattered(unique, 6007), true),
            // Not of the field, and UNIQUE once more.
            Scores::new("SSIM", mos.clone(), true),
            Scores::new("UNIQUE (laboratory)", mos.clone(), true),
        ];
        let images = (0..n).map(|i| Naming::Any.image(&format!("{i}")).unwrap()).collect();
        let subset = Subset::new(images, mos.clone(), vec![0.2; n], &Opinion::mos());
        let fits: Vec<_> = methods.iter().map(|m| logistic::fit(&m.values, &mos)).collect();
        let statistics = Statistics { bootstrap: 50, resample: Resample::Images };
        of_scores(&methods, &subset, &fits, &Intervals::new(&statistics, 1), "ours")
    }

    #[test]
    fn the_answer_follows_the_numbers() {
        let verdicts = |own, unique| -> Vec<String> {
            outcomes(own, unique).iter().map(|s| s.outcome.as_ref().unwrap().verdict()).collect()
        };
        assert_eq!(verdicts(1.0, 6.0), ["holds"; 5]);
        assert_eq!(verdicts(6.0, 1.0), ["does not hold: UNIQUE significantly better"; 5]);
        for verdict in verdicts(3.0, 3.02) {
            assert!(verdict.ends_with("not significantly"), "{verdict}");
        }
        let all = outcomes(1.0, 6.0);
        let outcome = all[0].outcome.as_ref().unwrap();
        assert_eq!((outcome.rank, outcome.of, &*outcome.best.0), (1, 2, "UNIQUE"));
        let shown = section(&all);
        assert_eq!(shown.text[1], "ours: first in 5 of 5 statistics, significantly beaten in 0.");
        assert!(csv(&all).lines().nth(4).unwrap().starts_with("ours,rmse,"), "{}", csv(&all));
    }

    #[test]
    fn a_number_from_memory_decides_nothing() {
        let standings = as_published("TID2013", 3000);
        let srocc = standings[0].outcome.as_ref().unwrap();
        assert_eq!((srocc.rank, srocc.of, &srocc.best), (1, 9, &("UNIQUE".to_owned(), 0.860)));
        // .865 against .860 of 3000 images is chance.
        assert_eq!(srocc.verdict(), "holds, not significantly");
        assert!(!srocc.worse.as_ref().unwrap().contains(&"UNIQUE".to_owned()));
        assert!(standings[1..].iter().all(|s| s.outcome.is_none()));
        assert!(section(&standings).rows[3][6].starts_with("not tested"));
    }
}
