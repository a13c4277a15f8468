//! Derives the outcomes of claims again from their comparisons.
//!
//! Each outcome in the file must follow from the level below it: that of a claim from its tests, that of a test from its comparisons, and that
//! of a comparison from its numbers ([`Comparison::decide`]). Each number must equal that of `table.json` or `paper/published.toml`.

use crate::report::claims::{Claim, Claims, Comparison, Expression, Test};
use crate::report::folder::CLAIMS;
use crate::report::published::Published;
use crate::report::row::{ALL, Origin, Row};
use crate::report::table::Table;

use super::Failure;
use super::cells::Comparable;
use crate::report::manifest::Manifest;

/// The tolerance for rounding, relative to the larger of 1 and the numbers: other orders of summation change the last bits.
const ROUNDING: f64 = 1e-9;

/// Whether two numbers are equal up to rounding. A NaN is not equal to any number.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * 1f64.max(a.abs()).max(b.abs())
}

/// A failure for each outcome that does not follow, and for each number that differs elsewhere.
pub(super) fn check(
    claims: &Claims,
    manifest: &Manifest,
    table: Option<&Table>,
    comparable: Option<Comparable>,
) -> Vec<Failure> {
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
                        Places { test, comparison, comparable, table }.check(&mut say);
                    }
                }
            }
            let again = test.decide();
            if test.outcome != again {
                problems.push(format!("{what} has the outcome `{}`, but its comparisons give `{again}`", test.outcome));
            }
        }
        let again = claim.decide();
        if claim.outcome != again {
            problems.push(format!("{what} has the outcome `{}`, but its tests give `{again}`", claim.outcome));
        }
    }
    for (what, here, there) in [("title", &claims.title, &manifest.title), ("data", &claims.data, &manifest.data)] {
        if here != there {
            problems.push(format!("its {what} is `{here}`, but that of the manifest is `{there}`"));
        }
    }
    problems.into_iter().map(|problem| Failure::new(CLAIMS, problem)).collect()
}

/// Checks that the difference and the outcome follow from the numbers.
fn of_comparison(comparison: &Comparison, expression: &Expression, say: &mut impl FnMut(String)) {
    let Comparison { left_value, right_value, difference, .. } = *comparison;
    if !same(left_value - right_value, difference) {
        say(format!("{left_value} − {right_value} is not {difference}"));
    }
    let again = comparison.decide(expression.relation);
    if comparison.outcome != again {
        say(format!("has the outcome `{}`, but its numbers give `{again}`", comparison.outcome));
    }
}

/// A comparison with the other places of its numbers.
struct Places<'a> {
    test: &'a Test,
    comparison: &'a Comparison,
    comparable: Option<Comparable>,
    table: Option<&'a Table>,
}

impl Places<'_> {
    fn check(&self, say: &mut impl FnMut(String)) {
        let Comparison { left, right, statistic, left_value, right_value, .. } = self.comparison;
        let mut compare = |what: &str, here: f64, there: Option<f64>| match there {
            Some(there) if !same(here, there) => say(format!("{statistic} is {here}, but that of {what} is {there}")),
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
            compare(&format!("{left} as published"), *right_value, ours.and_then(|row| row.published));
        } else {
            compare(&format!("{right} in table.json"), *right_value, self.row(right).and_then(|row| row.value));
        }
    }

    /// The number in `paper/published.toml`.
    fn published(&self, method: &str) -> Option<f64> {
        let (database, published) = (self.comparable?.database, Published::embedded());
        let cell = published.find(database, published.name(method), &self.test.subset, &self.comparison.statistic);
        cell.map(|cell| cell.value)
    }

    /// The row of the table with this number. A claim about all images uses the rows that are compared with the publication's numbers of all
    /// images, whatever their subset is called. A claim may use the publication's name of a method.
    fn row(&self, method: &str) -> Option<&Row> {
        let published = Published::embedded();
        let rows = || {
            let of_statistic = |row: &&Row| row.statistic == self.comparison.statistic && row.value.is_some();
            self.table.iter().flat_map(|table| table.rows()).filter(of_statistic)
        };
        let part = |row: &Row| match self.test.numbers.as_str() {
            "images" if self.test.subset == ALL => {
                let published = self.comparable.and_then(|of| (of.basis)(&row.subset).published());
                (row.subset == ALL || published == Some(ALL))
                    && row.origin.is_none_or(|origin| origin == Origin::Images)
            }
            _ => row.subset == self.test.subset,
        };
        let exact = rows().find(|row| part(row) && row.method == method);
        exact.or_else(|| rows().find(|row| part(row) && published.name(&row.method) == published.name(method)))
    }
}

/// The claims of `head` with another outcome in `now`, in words.
pub(super) fn changed(head: &Claims, now: Option<&Claims>) -> Vec<String> {
    let change = |old: &Claim| {
        let found = now.and_then(|now| now.claims.iter().find(|new| new.name() == old.name()));
        let outcome = found.map_or("missing".to_owned(), |new| new.outcome.to_string());
        (outcome != old.outcome.to_string())
            .then(|| format!("{}: committed as `{}`, now {outcome}", old.name(), old.outcome))
    };
    head.claims.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verify::tests::{CLAIM, manifest, of_tid2013};
    use std::path::Path;

    fn problems(text: &str) -> Vec<String> {
        let rows = vec![
            Row::new("Gradient", "present", "srocc", 0.865),
            Row { origin: Some(Origin::Images), ..Row::new("UNIQUE", "present", "srocc", 0.7) },
            Row { origin: Some(Origin::ScoreFile), ..Row::new("Gradient", "all", "srocc", 0.1) },
        ];
        let table = Table::new("t", "d", rows).unwrap();
        let claims = Claims::parse(text, Path::new(CLAIMS)).unwrap();
        let failures = check(&claims, &manifest(), Some(&table), of_tid2013(&manifest(), false));
        failures.into_iter().map(|f| f.problem).collect()
    }

    #[test]
    fn each_outcome_follows_from_what_is_below_it() {
        assert_eq!(problems(CLAIM), [""; 0]);
        // The outcomes of the claim, of its test and of its comparison are all checked.
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
                "“It is better” has the outcome `undecided`, but its tests give `holds`",
            ),
            ("\"difference\": 0.165", "\"difference\": 0.2", "0.865 − 0.7 is not 0.2"),
            (
                "\"left_value\": 0.865",
                "\"left_value\": 0.866",
                "srocc is 0.866, but that of Gradient in table.json is 0.865",
            ),
            ("\"right_value\": 0.7", "\"right_value\": 0.6", "srocc is 0.6, but that of UNIQUE in table.json is 0.7"),
            (test, "\"numbers\": \"published\"", "srocc is 0.7, but that of UNIQUE as published is 0.86"),
            (" > ", " ~ ", "a test compares two numbers"),
            ("\"title\": \"t\"", "\"title\": \"u\"", "its title is `u`, but that of the manifest is `t`"),
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
        assert_eq!(changed(&head, None), ["“It is better” (images, all): committed as `holds`, now missing"]);
    }
}
