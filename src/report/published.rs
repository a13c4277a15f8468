//! The published numbers, each with its source and with how it is known.
//!
//! They live in `paper/published.toml`, which is part of the program. A number comes with one of four [`Status`]es. Three may
//! stand beside ours; the fourth, [`Status::Recalled`], may not: such a number was never seen in a source, and every lookup
//! behaves as if it did not exist. [`Published::recalled`] lists them, under that name only.
//!
//! A number also says what it was computed on ([`Fit`]). Several competitors' published PLCC, RMSE and outlier ratio are those
//! of a straight line and not of the converged logistic curve; which optimiser and start gave that is unknown. So a number
//! belongs beside *one* of our statistics: beside `plcc` if it is the converged curve's, beside `plcc_line` if it is the
//! line's, beside `srocc_fitted` if it is a rank correlation of fitted scores ([`Cell::statistic_here`]).

use crate::error::{Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How a number is known, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Status {
    /// Read as digits in the source.
    #[serde(rename = "printed")]
    Printed,
    /// Measured from the heights of the bars in a vector drawing.
    #[serde(rename = "read from a chart")]
    ReadFromAChart,
    /// Follows from the authors' own data or code.
    #[serde(rename = "recomputed")]
    Recomputed,
    /// Known by memory only: never shown as published.
    #[serde(rename = "recalled")]
    Recalled,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Status::Printed => "printed",
            Status::ReadFromAChart => "read from a chart",
            Status::Recomputed => "recomputed",
            Status::Recalled => "recalled",
        })
    }
}

/// What a published statistic was computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Fit {
    /// The scores as they are.
    #[serde(rename = "raw scores")]
    Raw,
    /// The scores mapped by the five-parameter logistic at its best fit.
    #[serde(rename = "converged curve")]
    Curve,
    /// The scores mapped by the straight line that fits best.
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
    /// Decimals of the publication.
    pub digits: usize,
    /// How far a value may lie from it and still agree.
    pub tolerance: f64,
    /// Why that far.
    pub because: String,
    /// The place it stands in.
    pub source: String,
    /// How it is known.
    pub status: Status,
    /// What it was computed on; `None` where there is nothing to fit or it is not known.
    pub fit: Option<Fit>,
}

impl Cell {
    /// The name of our statistic that is computed as this number was: `plcc` or `plcc_line`, `srocc` or `srocc_fitted`.
    pub fn statistic_here(&self) -> String {
        let of_ranks = matches!(self.statistic.as_str(), "srocc" | "krcc");
        match self.fit {
            Some(Fit::Line) => format!("{}_line", self.statistic),
            Some(Fit::Curve) if of_ranks => format!("{}_fitted", self.statistic),
            _ => self.statistic.clone(),
        }
    }

    /// Source and status in one phrase, for a table's column.
    pub fn provenance(&self) -> String {
        format!("{} ({})", self.source, self.status)
    }
}

/// All published numbers.
#[derive(Debug)]
pub struct Published {
    columns: BTreeMap<String, String>,
    cells: Vec<Cell>,
}

static EMBEDDED: LazyLock<Published> = LazyLock::new(|| {
    let text = include_str!("../../paper/published.toml");
    Published::parse(text).expect("a test has read the file that is part of the program")
});

impl Published {
    /// The numbers of `paper/published.toml`, as it was when the program was built.
    pub fn embedded() -> &'static Published {
        &EMBEDDED
    }

    /// Reads the text of a `published.toml`.
    ///
    /// # Errors
    /// [`Error::Data`] for TOML that is none, an unknown key or status, a number that is not finite, or one given twice with
    /// the same status.
    pub fn parse(text: &str) -> Result<Published> {
        let problem = |problem: String| Error::data("paper/published.toml", problem);
        let file: File = toml::from_str(text).map_err(|e| problem(e.to_string()))?;
        if let Some(table) = file.table.iter().find(|table| table.because.is_none() && !table.is_narrow()) {
            let Table { database, tolerance, .. } = table;
            return Err(problem(format!("{database}: a tolerance of {tolerance} needs its reason, `because`")));
        }
        let mut cells: Vec<Cell> = file.table.into_iter().flat_map(Table::cells).collect();
        let key = |c: &Cell| (c.database.clone(), c.method.clone(), c.subset.clone(), c.statistic.clone(), c.status);
        cells.sort_by_key(key);
        if let Some(c) = cells.iter().find(|c| !(c.value.is_finite() && c.tolerance.is_finite() && c.tolerance >= 0.0))
        {
            return Err(problem(format!(
                "{} of {} on {}: value and tolerance must be finite",
                c.statistic, c.method, c.database
            )));
        }
        if let Some(twice) = cells.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            let c = &twice[0];
            return Err(problem(format!("{} of {} on {}: {} twice", c.statistic, c.method, c.database, c.status)));
        }
        Ok(Published { columns: file.columns, cells })
    }

    /// The publication's name for a column of scores (`gradient` is `Proposed`), or `column` itself if it has none.
    pub fn name<'a>(&'a self, column: &'a str) -> &'a str {
        self.columns.get(column).map_or(column, String::as_str)
    }

    /// All that may be shown as published, sorted by database, method, subset, statistic and status.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|c| c.status != Status::Recalled)
    }

    /// The numbers known by memory only. They may be listed as such, and never stand beside a result.
    pub fn recalled(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|c| c.status == Status::Recalled)
    }

    /// The number published under this name, by its surest source, whatever it was computed on. Never a recalled one.
    pub fn find(&self, database: &str, method: &str, subset: &str, statistic: &str) -> Option<&Cell> {
        // Sorted by status last, so the first is the surest.
        self.cells().find(|c| {
            (c.database.as_str(), c.method.as_str(), c.subset.as_str(), c.statistic.as_str())
                == (database, method, subset, statistic)
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    columns: BTreeMap<String, String>,
    table: Vec<Table>,
}

/// Numbers that share database, status and source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    database: String,
    status: Status,
    source: String,
    digits: usize,
    tolerance: f64,
    /// The reason of the tolerance, where it is wider than the digits ask for.
    because: Option<String>,
    fit: Option<Fit>,
    /// By subset, statistic and method.
    values: BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>,
}

/// The reason of a tolerance that needs no other.
const HALF_A_DIGIT: &str = "half a unit of the last printed digit";

impl Table {
    /// Whether the tolerance is half a unit of the last digit or less.
    fn is_narrow(&self) -> bool {
        // A decimal is read to the nearest number; a power of ten would have to be computed.
        let half_a_digit = format!("0.5e-{}", self.digits).parse::<f64>().expect("a number");
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

    /// The comparison table as METHOD §1.4 prints it: `v` recomputed, `p` on the poster's chart, the rest recalled.
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
                    "v" => Some(Status::Recomputed),
                    "p" | "pv" => Some(Status::ReadFromAChart),
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
            for (column, value) in [("unique", unique), ("gradient", gradient), ("ms_unique", ms_unique)] {
                let cell = published.find("TID2013", published.name(column), image, "score").unwrap();
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
                assert_eq!((cell.value, cell.status), (value, Status::Printed));
            }
        }
        for (database, value) in [("MNIST", 0.953), ("Fashion-MNIST", 0.918), ("CIFAR-10", 0.582), ("CURE-TSR", 0.746)]
        {
            assert_eq!(published.find(database, "gradient classifier", "all", "auroc").unwrap().value, value);
        }
        // 60, the 6 that stand on the chart and were recomputed as well, 12 golden scores, 24 accuracies, 4 AUROCs.
        assert_eq!(published.cells().count(), 60 + 6 + 12 + 24 + 4);
        // 30, and the 7 that a number seen in a source or recomputed takes the place of.
        assert_eq!(published.recalled().count(), 30 + 7);
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_reason() {
        let table = |more: &str| {
            format!(
                "[columns]\n[[table]]\ndatabase = 'D'\nstatus = 'printed'\nsource = 's'\ndigits = 3\ntolerance = 0.0005\n{more}"
            )
        };
        assert!(Published::parse(&table("[table.values]\nall.srocc = { A = 0.5 }")).is_ok());
        for (text, reason) in [
            (table("pages = 3\n[table.values]\nall.srocc = { A = 0.5 }"), "pages"),
            (table("fit = 'cubic'\n[table.values]\nall.srocc = { A = 0.5 }"), "cubic"),
            (table("[table.values]\nall.srocc = { A = nan }"), "finite"),
            (table("[table.values]").replace("0.0005", "0.0006"), "D: a tolerance of 0.0006 needs its reason"),
            (table("[table.values]\nall.srocc = { A = 'x' }"), "x"),
            (
                [
                    table("[table.values]\nall.s = { A = 1 }"),
                    table("[table.values]\nall.s = { A = 2 }").replace("[columns]", ""),
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
