//! What a classification has to say about a claim: each method's numbers by seed, and the paired test of two methods over the seeds.
//!
//! A claim may name a method of the table, or a variant of an ablation by its name in the long table: `Kind of regulariser · none ·
//! Proposed`.

use super::statistics::{Numbers, Part, STATISTICS};
use crate::experiment::claims::{Compared, Evidence};
use crate::experiment::file::{Classification, Trial};
use crate::report::published::Published;
use crate::stats::moments::mean;

/// The numbers of one run.
pub(super) struct OfSeeds<'a> {
    pub wanted: &'a Classification,
    pub numbers: &'a Numbers<'a>,
    /// What the data are, in words.
    pub data: &'a str,
    /// The database's name in `paper/published.toml`, and why its numbers are not comparable.
    pub database: (&'a str, Option<String>),
}

impl OfSeeds<'_> {
    fn trial(&self, name: &str) -> Option<Trial> {
        let of_table = self.wanted.methods.iter().find(|m| m.name == name).map(|m| self.wanted.plain(m));
        of_table.or_else(|| self.wanted.variants().find(|(label, _)| label == name).map(|(_, trial)| trial.clone()))
    }

    fn part(&self, subset: &str) -> Option<Part> {
        self.numbers.parts().find(|part| part.name() == subset)
    }

    fn by_seed(&self, method: &str, statistic: &str, subset: &str) -> Option<Vec<f64>> {
        let statistic = STATISTICS.iter().position(|s| *s == statistic)?;
        Some(self.numbers.by_seed(&self.trial(method)?, self.part(subset)?, statistic))
    }
}

impl Evidence for OfSeeds<'_> {
    fn data(&self) -> String {
        self.data.to_owned()
    }

    fn decided_by(&self) -> String {
        format!("the paired t test over {} seeds, two-sided 5 %", self.wanted.seeds.len())
    }

    fn methods(&self) -> Vec<String> {
        self.wanted.methods.iter().map(|m| m.name.clone()).collect()
    }

    fn compare(&self, left: &str, right: &str, statistic: &str, subset: &str) -> Option<Compared> {
        let place = STATISTICS.iter().position(|s| *s == statistic)?;
        let of = |method: &str| mean(&self.by_seed(method, statistic, subset)?);
        let test = self.numbers.paired(&self.trial(left)?, &self.trial(right)?, self.part(subset)?, place);
        let interval = test.as_ref().map(|test| {
            let (mean, half) = (test.difference.mean, test.difference.half_width);
            (mean - half, mean + half)
        });
        Some(Compared { left: of(left)?, right: of(right)?, interval, p: test.map(|test| test.p), z: None })
    }

    fn published(&self, method: &str, statistic: &str, subset: &str) -> Result<[f64; 3], String> {
        let (database, reason) = &self.database;
        if let Some(reason) = reason {
            return Err(format!("{reason}: not comparable with what is published"));
        }
        let cell = Published::embedded()
            .find(database, method, subset, statistic)
            .ok_or_else(|| format!("no {statistic} of {method} on {subset} is published"))?;
        let own = self.by_seed(method, statistic, subset).and_then(|values| mean(&values));
        Ok([own.ok_or_else(|| format!("there is no {method} here"))?, cell.value, cell.tolerance])
    }
}
