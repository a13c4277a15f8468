//! The outcomes of claims, drawn again from their comparisons.
//!
//! A comparison is two numbers and what decides between them; a test is its comparisons, a claim its tests. Each outcome in the
//! file must be the one that follows from what stands below it ([`Comparison::decide`] and its like), and each number must be the
//! one that `table.json` or `paper/published.toml` has in that place.

use crate::report::claims::{Claim, Claims, Comparison, Expression, Test};
use crate::report::published::Published;
use crate::report::results::CLAIMS;
use crate::report::table::{ALL, Origin, Row, Table};

use super::Failure;
use super::cells::database;
use crate::report::manifest::Manifest;

/// Numbers that were computed by other sums may differ in their last bits, relative to the larger of 1 and themselves.
const ROUNDING: f64 = 1e-9;

/// Whether two numbers are one but for rounding. A NaN is none.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * 1f64.max(a.abs()).max(b.abs())
}

/// What does not follow from what stands below it, and numbers that stand elsewhere as others.
pub(super) fn check(claims: &Claims, manifest: &Manifest, table: Option<&Table>) -> Vec<Failure> {
    let mut problems = Vec::new();
    for claim in &claims.claims {
        let what = format!("“{}”", claim.says);
        for test in &claim.tests {
            let what = format!("{what}, `{}`", test.test);
            match test.test.parse::<Expression>() {
                Err(problem) => problems.push(format!("{what}: {problem}")),
                Ok(expression) => {
                    for comparison in &test.comparisons {
                        let mut say =
                            |problem: String| problems.push(format!("{what}, {}: {problem}", comparison.right));
                        of_comparison(comparison, &expression, &mut say);
                        let numbers = Numbers { test, comparison, database: database(manifest), table };
                        numbers.check(&mut say);
                    }
                }
            }
            let again = test.decide();
            if test.outcome != again {
                problems.push(format!("{what} says `{}`, and its comparisons say `{again}`", test.outcome));
            }
        }
        let again = claim.decide();
        if claim.outcome != again {
            problems.push(format!("{what} says `{}`, and its tests say `{again}`", claim.outcome));
        }
    }
    let failures = problems.into_iter().map(|problem| Failure::new(CLAIMS, problem));
    let record = [("title", &claims.title, &manifest.title), ("data", &claims.data, &manifest.data)];
    let record = record.into_iter().filter(|(_, claims, manifest)| claims != manifest);
    let record = record.map(|(what, claims, manifest)| {
        Failure::new(CLAIMS, format!("its {what} is `{claims}`, and the manifest's `{manifest}`"))
    });
    failures.chain(record).collect()
}

/// The difference and the outcome follow from the numbers.
fn of_comparison(comparison: &Comparison, expression: &Expression, say: &mut impl FnMut(String)) {
    let Comparison { left_value, right_value, difference, .. } = *comparison;
    if !same(left_value - right_value, difference) {
        say(format!("{left_value} less {right_value} is not {difference}"));
    }
    let again = comparison.decide(expression.relation);
    if comparison.outcome != again {
        say(format!("says `{}`, and its numbers say `{again}`", comparison.outcome));
    }
}

/// The numbers of a comparison and the places where they stand besides.
struct Numbers<'a> {
    test: &'a Test,
    comparison: &'a Comparison,
    database: Option<&'static str>,
    table: Option<&'a Table>,
}

impl Numbers<'_> {
    fn check(&self, say: &mut impl FnMut(String)) {
        let Comparison { left, right, statistic, left_value, right_value, .. } = self.comparison;
        let mut compare = |what: &str, here: f64, there: Option<f64>| match there {
            Some(there) if !same(here, there) => say(format!("{statistic} of {what} is {here} here and {there} there")),
            _ => {}
        };
        if self.test.numbers == "published" {
            for (method, value) in [(left, left_value), (right, right_value)] {
                compare(&format!("{method} as published"), *value, self.published(method));
            }
            return;
        }
        let ours = self.row(left);
        compare(&format!("{left} in table.json"), *left_value, ours.and_then(|row| row.value));
        if right == "published" {
            let beside = ours.and_then(|row| row.published.as_ref());
            compare(&format!("{left} as published"), *right_value, beside.map(|beside| beside.value));
        } else {
            compare(&format!("{right} in table.json"), *right_value, self.row(right).and_then(|row| row.value));
        }
    }

    /// The number in `paper/published.toml`.
    fn published(&self, method: &str) -> Option<f64> {
        let published = Published::embedded();
        let cell =
            published.find(self.database?, published.name(method), &self.test.subset, &self.comparison.statistic)?;
        Some(cell.value)
    }

    /// The table's row of these numbers. The long form calls `present` the part of a database that was computed here, and a claim may
    /// call a method as the publication does.
    fn row(&self, method: &str) -> Option<&Row> {
        let published = Published::embedded();
        let rows = || {
            let of_statistic = |row: &&Row| row.statistic == self.comparison.statistic && row.value.is_some();
            self.table.iter().flat_map(|table| table.rows()).filter(of_statistic)
        };
        let part = |row: &Row| match self.test.numbers.as_str() {
            "images" if self.test.subset == ALL => {
                let present = row.subset == "present" || row.subset == ALL;
                present && row.origin.is_none_or(|origin| origin == Origin::Images)
            }
            _ => row.subset == self.test.subset,
        };
        let exact = rows().find(|row| part(row) && row.method == method);
        exact.or_else(|| rows().find(|row| part(row) && published.name(&row.method) == published.name(method)))
    }
}

/// The claims of `head` whose outcome is another in `now`, in words.
pub(super) fn changed(head: &Claims, now: Option<&Claims>) -> Vec<String> {
    let change = |old: &Claim| {
        let found = now.and_then(|now| now.claims.iter().find(|new| new.name() == old.name()));
        let outcome = found.map_or("not there".to_owned(), |new| new.outcome.to_string());
        (outcome != old.outcome.to_string())
            .then(|| format!("{}: committed as `{}`, now {outcome}", old.name(), old.outcome))
    };
    head.claims.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verify::tests::{CLAIM, manifest};
    use std::path::Path;

    fn problems(text: &str) -> Vec<String> {
        let rows = vec![
            Row::new("gradient", "present", "srocc", 0.865),
            Row { origin: Some(Origin::Images), ..Row::new("unique", "present", "srocc", 0.7) },
            Row { origin: Some(Origin::ScoreFile), ..Row::new("gradient", "all", "srocc", 0.1) },
        ];
        let table = Table::new("t", "d", rows).unwrap();
        let claims = Claims::parse(text, Path::new(CLAIMS)).unwrap();
        let failures = check(&claims, &manifest("image-quality", "tid2013"), Some(&table));
        failures.into_iter().map(|f| f.problem).collect()
    }

    #[test]
    fn each_outcome_follows_from_what_is_below_it() {
        assert_eq!(problems(CLAIM), [""; 0]);
        // With the outcomes of the claim, its test and its comparison: a fault in any of the rules shows in one of them.
        let all =
            |text: &str, outcome: &str| text.replace("\"outcome\": \"holds\"", &format!("\"outcome\": \"{outcome}\""));
        for (from, to, outcome) in [
            ("\"low\": 0.1", "\"low\": -0.1", "undecided"),
            (" > ", " < ", "does not hold"),
            ("\"low\": 0.1, \"high\": 0.2, \"p\": null", "\"low\": null, \"high\": null, \"p\": 0.04", "holds"),
            ("\"low\": 0.1, \"high\": 0.2, \"p\": null", "\"low\": null, \"high\": null, \"p\": 0.06", "undecided"),
            ("\"low\": 0.1, \"high\": 0.2", "\"low\": null, \"high\": null", "undecided"),
        ] {
            let changed = CLAIM.replace(from, to);
            assert_eq!(problems(&all(&changed, outcome)), [""; 0], "{from} {to}");
            for other in ["holds", "does not hold", "undecided", "not attempted"] {
                assert!(other == outcome || !problems(&all(&changed, other)).is_empty(), "{from} {to} {other}");
            }
        }
    }

    #[test]
    fn what_does_not_follow_and_numbers_that_stand_elsewhere_as_others_are_named() {
        let (claim, test) = ("\"outcome\": \"holds\", \"tests\"", "\"numbers\": \"images\"");
        for (from, to, expected) in [
            (
                claim,
                "\"outcome\": \"undecided\", \"tests\"",
                "“It is better” says `undecided`, and its tests say `holds`",
            ),
            ("\"difference\": 0.165", "\"difference\": 0.2", "0.865 less 0.7 is not 0.2"),
            ("\"left_value\": 0.865", "\"left_value\": 0.866", "gradient in table.json is 0.866 here and 0.865 there"),
            ("\"right_value\": 0.7", "\"right_value\": 0.6", "unique in table.json is 0.6 here and 0.7 there"),
            (test, "\"numbers\": \"published\"", "unique as published is 0.7 here and 0.86 there"),
            (" > ", " ~ ", "a test compares two numbers"),
            ("\"title\": \"t\"", "\"title\": \"u\"", "its title is `u`, and the manifest's `t`"),
        ] {
            assert!(CLAIM.contains(from), "{from}");
            let found = problems(&CLAIM.replacen(from, to, 1));
            assert!(found.iter().any(|problem| problem.contains(expected)), "{found:?}\n{expected}");
        }
    }

    #[test]
    fn another_outcome_than_the_committed_one_is_named() {
        let head = Claims::parse(CLAIM, Path::new(CLAIMS)).unwrap();
        let now = Claims::parse(&CLAIM.replace("\"holds\"", "\"undecided\""), Path::new(CLAIMS)).unwrap();
        assert_eq!(changed(&head, Some(&head)), [""; 0]);
        assert_eq!(changed(&head, Some(&now)), ["“It is better” (images, all): committed as `holds`, now undecided"]);
        assert_eq!(changed(&head, None), ["“It is better” (images, all): committed as `holds`, now not there"]);
    }
}
