//! The published numbers, each with its source and its certainty.
//!
//! They are in `paper/published.toml`, which is compiled into the program. A number has one of four degrees of [`Certainty`]. Numbers of
//! three degrees are shown beside ours. The fourth, [`Certainty::Recalled`], is for numbers that were never seen in a source: no lookup finds
//! them, and only [`Published::recalled`] lists them.
//!
//! A number also has a [`Fit`]: the scores that it was computed from. Several competitors' published PLCC, RMSE and outlier ratio belong to a
//! straight line and not to the converged logistic curve. Which optimiser and start gave this is unknown. So a number belongs beside *one* of
//! our statistics ([`Cell::statistic_here`]): `plcc` for the converged curve, `plcc_line` for the line, and `srocc_fitted` for a rank
//! correlation of fitted scores.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How a number is known, the most certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It is printed as digits in the source.
    Printed,
    /// It was measured from the heights of the bars in a vector drawing.
    #[serde(rename = "read from a chart")]
    ReadFromAChart,
    /// It was recomputed from the authors' own data or code.
    Recomputed,
    /// It is known from memory only and never shown as published.
    Recalled,
}

impl std::fmt::Display for Certainty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// The scores that a published statistic was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Fit {
    /// The scores themselves.
    #[serde(rename = "raw scores")]
    Raw,
    /// The scores mapped by the best fit of the five-parameter logistic.
    #[serde(rename = "converged curve")]
    Curve,
    /// The scores mapped by the best straight line.
    #[serde(rename = "straight line")]
    Line,
}

/// One published number.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The publication's name for the method: `Proposed`, `UNIQUE`, …
    pub method: String,
    /// The database: `TID2013`, `MULTI-LIVE`, `CURE-TSR`, …
    pub database: String,
    /// `all`, a distortion or challenge type, or one image.
    pub subset: String,
    /// `srocc`, `krcc`, `plcc`, `rmse`, `outlier_ratio`, `score`, `accuracy` (percent) or `auroc`.
    pub statistic: String,
    /// The number.
    pub value: f64,
    /// The number of decimals in the publication.
    pub digits: usize,
    /// The largest difference at which a value still agrees with it.
    pub tolerance: f64,
    /// The reason for this tolerance.
    pub because: String,
    /// The place in the publication.
    pub source: String,
    /// How it is known.
    pub status: Certainty,
    /// The scores that it was computed from; `None` if there is no fit, or if that is not known.
    pub fit: Option<Fit>,
}

impl Cell {
    /// The name of our statistic that is computed in the same way: `plcc` or `plcc_line`, `srocc` or `srocc_fitted`.
    pub fn statistic_here(&self) -> String {
        let of_ranks = matches!(self.statistic.as_str(), "srocc" | "krcc");
        match self.fit {
            Some(Fit::Line) => format!("{}_line", self.statistic),
            Some(Fit::Curve) if of_ranks => format!("{}_fitted", self.statistic),
            _ => self.statistic.clone(),
        }
    }

    /// The source and the certainty, for a column of a table.
    pub fn provenance(&self) -> String {
        format!("{} ({})", self.source, self.status)
    }
}

/// All published numbers.
#[derive(Debug)]
pub struct Published {
    names: BTreeMap<String, String>,
    cells: Vec<Cell>,
}

static EMBEDDED: LazyLock<Published> = LazyLock::new(|| {
    let text = include_str!("../../paper/published.toml");
    Published::parse(text).expect("the compiled-in file was read in a test")
});

impl Published {
    /// The numbers of `paper/published.toml` at the time when the program was built.
    pub fn embedded() -> &'static Published {
        &EMBEDDED
    }

    /// Reads the text of a `published.toml`.
    ///
    /// # Errors
    /// [`Error::Data`] for text that is not TOML, an unknown key or status, a number that is not finite, or two numbers with the same name
    /// and status.
    fn parse(text: &str) -> Result<Published> {
        let problem = |problem: String| Error::data("paper/published.toml", problem);
        let file: File = toml::from_str(text).map_err(|e| problem(e.to_string()))?;
        if let Some(table) = file.table.iter().find(|table| table.because.is_none() && !table.is_narrow()) {
            let Group { database, tolerance, .. } = table;
            return Err(problem(format!("{database}: a tolerance of {tolerance} needs a reason, `because`")));
        }
        let mut cells: Vec<Cell> = file.table.into_iter().flat_map(Group::cells).collect();
        let key = |c: &Cell| (c.database.clone(), c.method.clone(), c.subset.clone(), c.statistic.clone(), c.status);
        cells.sort_by_key(key);
        let name = |c: &Cell| format!("{} of {} on {}", c.statistic, c.method, c.database);
        let sound = |c: &Cell| c.value.is_finite() && c.tolerance.is_finite() && c.tolerance >= 0.0;
        if let Some(cell) = cells.iter().find(|c| !sound(c)) {
            return Err(problem(format!("{}: value and tolerance must be finite", name(cell))));
        }
        if let Some(twice) = cells.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            return Err(problem(format!("{}: {} twice", name(&twice[0]), twice[0].status)));
        }
        Ok(Published { names: file.names, cells })
    }

    /// The publication's name for a method of our tables (`Gradient` is `Proposed`), or `method` itself where both use one name.
    pub fn name<'a>(&'a self, method: &'a str) -> &'a str {
        self.names.get(method).map_or(method, String::as_str)
    }

    /// The numbers that may be shown as published, sorted by database, method, subset, statistic and status.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|c| c.status != Certainty::Recalled)
    }

    /// The numbers that are known from memory only. They are never shown beside a result.
    pub fn recalled(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|c| c.status == Certainty::Recalled)
    }

    /// The number published under this name from its most certain source, with any fit. Recalled numbers are not found.
    pub fn find(&self, database: &str, method: &str, subset: &str, statistic: &str) -> Option<&Cell> {
        // They are sorted by status last, so the first is the most certain.
        self.cells().find(|c| {
            (c.database.as_str(), c.method.as_str(), c.subset.as_str(), c.statistic.as_str())
                == (database, method, subset, statistic)
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    names: BTreeMap<String, String>,
    table: Vec<Group>,
}

/// Numbers with the same database, status and source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    database: String,
    status: Certainty,
    source: String,
    digits: usize,
    tolerance: f64,
    /// The reason for the tolerance, if it is wider than half a unit of the last digit.
    because: Option<String>,
    fit: Option<Fit>,
    /// The numbers by subset, statistic and method.
    values: BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>,
}

/// The reason for a tolerance of at most half a unit of the last digit.
const HALF_A_DIGIT: &str = "half a unit of the last printed digit";

impl Group {
    /// Whether the tolerance is half a unit of the last digit or less.
    fn is_narrow(&self) -> bool {
        // Parsing gives the nearest number to the decimal; a computed power of ten might not.
        let half_a_digit = format!("0.5e-{}", self.digits).parse::<f64>().expect("a decimal number");
        self.tolerance <= half_a_digit
    }

    fn cells(self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (subset, statistics) in self.values {
            for (statistic, methods) in statistics {
                for (method, value) in methods {
                    cells.push(Cell {
                        method,
                        database: self.database.clone(),
                        subset: subset.clone(),
                        statistic: statistic.clone(),
                        value,
                        digits: self.digits,
                        tolerance: self.tolerance,
                        because: self.because.clone().unwrap_or_else(|| HALF_A_DIGIT.to_owned()),
                        source: self.source.clone(),
                        status: self.status,
                        fit: self.fit,
                    });
                }
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The comparison table of the paper: `v` is recomputed, `p` is on the chart of the poster, and the others are recalled.
    const COMPARISON: &str = "
        method             PSNR-HA IW-SSIM SR-SIM FSIMc PerSIM CSV SUMMER UNIQUE Proposed
        outlier_ratio MULTI-LIVE .013 .013 .000 .016 .004 .000 .000 .000 .000
        outlier_ratio TID2013 .615v .701v .632v .728v .655v .687 .620 .640v .620
        rmse MULTI-LIVE 11.320v 10.049v 8.686v 10.794v 9.898v 9.895 8.212 9.258v 7.943
        rmse TID2013 .652v .688v .619v .687v .643v .647 .630 .613v .596
        plcc MULTI-LIVE .801v .847v .888v .821v .852v .852 .901 .872v .908
        plcc TID2013 .851v .832v .866v .832v .855v .853 .861 .869v .877
        srocc MULTI-LIVE .715v .884pv .867v .867v .818pv .849p .861p .867pv .887p
        srocc TID2013 .847v .778pv .807v .851v .854pv .846p .850p .860pv .865p
        krcc MULTI-LIVE .532v .702v .678v .677v .624v .655 .698 .679v .702
        krcc TID2013 .666v .598v .641v .667v .678v .654 .667 .667v .677";

    #[test]
    fn the_comparison_table_is_complete_and_only_what_was_seen_is_shown() {
        let published = Published::embedded();
        let mut rows = COMPARISON.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let methods = rows.next().unwrap();
        let (mut shown, mut recalled) = (0, 0);
        for row in rows {
            for (method, text) in methods[1..].iter().zip(&row[2..]) {
                let (statistic, database) = (row[0], row[1]);
                let digits = text.trim_end_matches(['v', 'p']);
                let (value, seen) = (digits.parse::<f64>().unwrap(), &text[digits.len()..]);
                let found = published.find(database, method, "all", statistic);
                let context = format!("{statistic} of {method} on {database}: {found:?}");
                let status = match seen {
                    "v" => Some(Certainty::Recomputed),
                    "p" | "pv" => Some(Certainty::ReadFromAChart),
                    _ => None,
                };
                assert_eq!(found.map(|c| (c.value, c.status)), status.map(|s| (value, s)), "{context}");
                shown += usize::from(status.is_some());
                if status.is_none() {
                    recalled += 1;
                    let mut all = published.recalled();
                    let in_memory =
                        |c: &Cell| (&*c.database, &*c.method, &*c.statistic) == (database, *method, statistic);
                    assert_eq!(all.find(|c| in_memory(c)).map(|c| c.value), Some(value), "{context}");
                }
            }
        }
        assert_eq!((shown, recalled), (60, 30));
    }

    #[test]
    fn what_is_recalled_differs_from_what_was_seen_where_it_does() {
        let of = |method: &str, statistic: &str| -> Vec<f64> {
            let cells = Published::embedded().recalled();
            cells.filter(|c| c.method == method && c.statistic == statistic).map(|c| c.value).collect()
        };
        assert_eq!(of("SUMMER", "srocc"), [0.884, 0.856]);
        assert_eq!(of("UNIQUE", "rmse"), [0.615]);
    }

    #[test]
    fn each_number_belongs_beside_the_statistic_it_was_computed_as() {
        for (database, method, statistic, here) in [
            ("TID2013", "PSNR-HA", "srocc", "srocc_fitted"),
            ("TID2013", "PSNR-HA", "krcc", "krcc_fitted"),
            ("MULTI-LIVE", "PSNR-HA", "srocc", "srocc"),
            ("TID2013", "PSNR-HA", "plcc", "plcc"),
            ("TID2013", "IW-SSIM", "rmse", "rmse"),
            ("MULTI-LIVE", "IW-SSIM", "rmse", "rmse_line"),
            ("MULTI-LIVE", "IW-SSIM", "plcc", "plcc_line"),
            ("MULTI-LIVE", "SR-SIM", "rmse", "rmse"),
            ("TID2013", "FSIMc", "outlier_ratio", "outlier_ratio_line"),
            ("MULTI-LIVE", "FSIMc", "rmse", "rmse_line"),
            ("TID2013", "PerSIM", "plcc", "plcc_line"),
            ("TID2013", "UNIQUE", "rmse", "rmse_line"),
            ("TID2013", "UNIQUE", "srocc", "srocc"),
        ] {
            let cell = Published::embedded().find(database, method, "all", statistic).unwrap();
            assert_eq!(cell.statistic_here(), here, "{database} {method}");
        }
    }

    #[test]
    fn golden_scores_and_the_classification_table_are_complete() {
        let published = Published::embedded();
        for (image, unique, gradient, ms_unique) in [
            ("i01_06_5", 0.671108588659, 0.935764117455, 0.774781507788),
            ("i03_11_5", 0.072962398977, 0.543432522101, 0.312228328660),
            ("i06_18_3", 0.824944071792, 0.966765056223, 0.889444714926),
            ("i21_21_5", 0.420068108711, 0.879413427956, 0.569635910182),
        ] {
            for (method, value) in [("UNIQUE", unique), ("Gradient", gradient), ("MS-UNIQUE", ms_unique)] {
                let cell = published.find("TID2013", published.name(method), image, "score").unwrap();
                assert_eq!((cell.value, cell.tolerance), (value, 2e-5));
            }
        }
        let types = ["decolorization", "codec_error", "noise", "lens_blur", "dirty_lens", "rain"];
        for (method, row) in [
            ("VAE-A", [56.51, 62.01, 84.72, 93.49, 93.70, 94.10]),
            ("VAE-R", [70.24, 60.64, 68.59, 89.08, 90.83, 92.57]),
            ("VAE-L", [56.18, 63.94, 83.04, 94.51, 94.08, 94.74]),
            ("Proposed", [62.67, 64.76, 87.57, 95.26, 95.71, 95.85]),
        ] {
            for (kind, value) in types.iter().zip(row) {
                let cell = published.find("CURE-TSR", method, kind, "accuracy").unwrap();
                assert_eq!((cell.value, cell.status), (value, Certainty::Printed));
            }
        }
        for (database, value) in [("MNIST", 0.953), ("Fashion-MNIST", 0.918), ("CIFAR-10", 0.582), ("CURE-TSR", 0.746)]
        {
            assert_eq!(published.find(database, "gradient classifier", "all", "auroc").unwrap().value, value);
        }
        // 60, the 6 of the chart that were also recomputed, 12 golden scores, 24 accuracies, 4 AUROCs.
        assert_eq!(published.cells().count(), 60 + 6 + 12 + 24 + 4);
        // 30, and 7 that are replaced by a number from a source or a recomputed one.
        assert_eq!(published.recalled().count(), 30 + 7);
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_reason() {
        let table = |more: &str| {
            format!(
                "[names]\n[[table]]\ndatabase = 'D'\nstatus = 'printed'\nsource = 's'\ndigits = 3\ntolerance = 0.0005\n{more}"
            )
        };
        assert!(Published::parse(&table("[table.values]\nall.srocc = { A = 0.5 }")).is_ok());
        for (text, reason) in [
            (table("pages = 3\n[table.values]\nall.srocc = { A = 0.5 }"), "pages"),
            (table("fit = 'cubic'\n[table.values]\nall.srocc = { A = 0.5 }"), "cubic"),
            (table("[table.values]\nall.srocc = { A = nan }"), "finite"),
            (table("[table.values]").replace("0.0005", "0.0006"), "D: a tolerance of 0.0006 needs a reason"),
            (table("[table.values]\nall.srocc = { A = 'x' }"), "x"),
            (
                [
                    table("[table.values]\nall.s = { A = 1 }"),
                    table("[table.values]\nall.s = { A = 2 }").replace("[names]", ""),
                ]
                .concat(),
                "twice",
            ),
        ] {
            let error = Published::parse(&text).unwrap_err().to_string();
            assert!(error.contains("published.toml") && error.contains(reason), "{reason}: {error}");
        }
    }
}
