//! Tests claims about a classification, on the numbers of each method by seed, with a paired test of two methods over the seeds.
//!
//! A claim may name a method of the table. It may also name a variant of an ablation by its name in the long table, such as
//! `Kind of regulariser · none · Proposed`.

use super::measured::STATISTICS;
use super::settings::{Classification, Trial};
use super::statistics::{Numbers, Part};
use crate::run::claims::{Compared, Evidence};
use crate::stats::moments::mean;

/// The numbers of one run.
pub(super) struct OfSeeds<'a> {
    pub wanted: &'a Classification,
    pub numbers: &'a Numbers<'a>,
    /// The description of the data.
    pub data: &'a str,
    /// The name of the database in `paper/published.toml`, and why its numbers are not comparable, if they are not.
    pub database: (&'a str, Option<String>),
}

impl OfSeeds<'_> {
    fn trial(&self, name: &str) -> Option<Trial> {
        let of_table = self.wanted.methods.iter().find(|m| m.name == name).map(|m| self.wanted.plain(m));
        of_table.or_else(|| self.wanted.variants().into_iter().find(|(label, _)| label == name).map(|(_, trial)| trial))
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
        format!("the paired t-test over {} seeds at the two-sided 5 % level", self.wanted.seeds.len())
    }

    fn methods(&self) -> Vec<String> {
        self.wanted.methods.iter().map(|m| m.name.clone()).collect()
    }

    fn compare(&self, left: &str, right: &str, statistic: &str, subset: &str) -> Option<Compared> {
        let place = STATISTICS.iter().position(|s| *s == statistic)?;
        let of = |method: &str| self.value(method, statistic, subset);
        let test = self.numbers.paired(&self.trial(left)?, &self.trial(right)?, self.part(subset)?, place);
        let interval = test.as_ref().map(|test| {
            let (mean, half) = (test.difference.mean, test.difference.half_width);
            (mean - half, mean + half)
        });
        Some(Compared { left: of(left)?, right: of(right)?, interval, p: test.map(|test| test.p), z: None })
    }

    fn value(&self, method: &str, statistic: &str, subset: &str) -> Option<f64> {
        mean(&self.by_seed(method, statistic, subset)?)
    }

    fn database(&self) -> Option<(&str, Option<&str>)> {
        Some((self.database.0, self.database.1.as_deref()))
    }
}
