//! Claims and how they come out: `claims.json`.
//!
//! A claim is a sentence of the paper with its place there, and tests of numbers that would have to come out one way if it is
//! true: `gradient.srocc > others.srocc`. A test is made of comparisons of two numbers, each with whatever says whether chance
//! explains the difference. Four things can come of it: it holds, it does not hold, it is undecided, or it was not attempted,
//! because the data are not there.
//!
//! Outcomes follow from the numbers in the file and from nothing else, so that a reader of the file can follow them again:
//! [`Comparison::decide`], [`Test::decide`] and [`Claim::decide`] are what a run calls, and what `gradspace verify` calls.

use super::grid::Section;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Below this a p value counts as a difference.
pub const LEVEL: f64 = 0.05;
/// Beyond this a standard normal variable counts as a difference: the two-sided 5 %.
const BEYOND: f64 = crate::stats::significance::CRITICAL_VALUE;

/// How something claimed comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The numbers say so, and chance does not explain it.
    #[serde(rename = "holds")]
    Holds,
    /// The numbers say the contrary, and chance does not explain it.
    #[serde(rename = "does not hold")]
    DoesNotHold,
    /// Chance explains what difference there is.
    #[serde(rename = "undecided")]
    Undecided,
    /// The data are not there.
    #[serde(rename = "not attempted")]
    NotAttempted,
}

impl Outcome {
    /// All of them, in the order of a list for people.
    pub const ALL: [Outcome; 4] = [Outcome::Holds, Outcome::DoesNotHold, Outcome::Undecided, Outcome::NotAttempted];

    /// All have to hold; one that does not decides; what is left open leaves it open. Of nothing, or of what was never attempted,
    /// nothing follows.
    pub fn of_all(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
        let outcomes: Vec<Outcome> = outcomes.into_iter().collect();
        let all = |outcome| outcomes.iter().all(|o| *o == outcome);
        if all(Outcome::NotAttempted) {
            Outcome::NotAttempted
        } else if outcomes.contains(&Outcome::DoesNotHold) {
            Outcome::DoesNotHold
        } else if all(Outcome::Holds) {
            Outcome::Holds
        } else {
            Outcome::Undecided
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Holds => "holds",
            Outcome::DoesNotHold => "does not hold",
            Outcome::Undecided => "undecided",
            Outcome::NotAttempted => "not attempted",
        })
    }
}

/// How two numbers are to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Above,
    /// `<`
    Below,
    /// `=`: within the tolerance of a published number.
    Equal,
    /// `!=`: not within it.
    Differs,
}

impl Relation {
    const SIGNS: [(&'static str, Relation); 4] =
        [(">", Relation::Above), ("<", Relation::Below), ("=", Relation::Equal), ("!=", Relation::Differs)];
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Relation::SIGNS.iter().find(|(_, relation)| relation == self).map_or("", |(sign, _)| sign))
    }
}

/// What a method's number is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// The same statistic of a method.
    Method(String),
    /// The same statistic of each of the other methods.
    Others,
    /// What is published of the same method.
    Published,
}

/// A test in words: `Proposed.srocc > UNIQUE.srocc`, `Proposed.rmse < others.rmse`, `FSIMc.rmse_line = published`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// The method that the claim is about.
    pub method: String,
    /// The statistic that is compared.
    pub statistic: String,
    /// How it is to lie.
    pub relation: Relation,
    /// To what.
    pub against: Against,
}

impl FromStr for Expression {
    type Err = String;

    /// What is wrong with the text, in words.
    fn from_str(text: &str) -> Result<Expression, String> {
        let signs = Relation::SIGNS.iter();
        let parts =
            signs.filter_map(|(sign, relation)| Some((*relation, text.split_once(&format!(" {sign} "))?))).next();
        let Some((relation, (left, right))) = parts else {
            return Err(
                "a test compares two numbers: `A.srocc > B.srocc`, `A.rmse < others.rmse` or `A.srocc = published`"
                    .into(),
            );
        };
        let operand = |text: &str| match text.trim().rsplit_once('.') {
            Some((method, statistic)) if !method.is_empty() && !statistic.is_empty() => {
                Ok((method.to_owned(), statistic.to_owned()))
            }
            _ => Err(format!("`{}` is not a method's number; write `method.statistic`", text.trim())),
        };
        let (method, statistic) = operand(left)?;
        let against = match right.trim() {
            "published" => Against::Published,
            right => {
                let (other, of) = operand(right)?;
                if of != statistic {
                    return Err(format!("`{statistic}` and `{of}` are different statistics and cannot be compared"));
                }
                if other == method {
                    return Err(format!("`{method}` is compared with itself"));
                }
                if other == "others" { Against::Others } else { Against::Method(other) }
            }
        };
        match (relation, &against) {
            (Relation::Above | Relation::Below, Against::Published) => {
                Err("a published number has no interval: ask whether ours is it again (`=`) or another (`!=`)".into())
            }
            (Relation::Equal | Relation::Differs, Against::Method(_) | Against::Others) => {
                Err("two methods are asked which is higher (`>`, `<`); `=` and `!=` are for `published`".into())
            }
            _ => Ok(Expression { method, statistic, relation, against }),
        }
    }
}

/// All claims of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The experiment's title.
    pub title: String,
    /// What data the numbers are from.
    pub data: String,
    /// The claims, in the order of the experiment file.
    pub claims: Vec<Claim>,
}

/// A sentence and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed.
    pub says: String,
    /// Where it is claimed.
    pub place: String,
    /// How it comes out.
    pub outcome: Outcome,
    /// What was asked of the numbers.
    pub tests: Vec<Test>,
}

/// A question to the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The question, as an [`Expression`].
    pub test: String,
    /// The part of the data it is asked of: `all`, a challenge.
    pub subset: String,
    /// Whose numbers: `images` (computed from images here), `scores` (from published per-image scores), `published`.
    pub numbers: String,
    /// What these numbers are from, in words.
    pub data: String,
    /// How it comes out.
    pub outcome: Outcome,
    /// What decides about chance, in words; empty where nothing was compared.
    pub decided_by: String,
    /// The outcome in words, with the numbers; where nothing was compared, why not.
    pub reason: String,
    /// What was compared.
    pub comparisons: Vec<Comparison>,
}

/// Two numbers and what says whether chance explains their difference: an interval, a p value, a normal variable or, beside a
/// published number, its tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The method that the claim is about.
    pub left: String,
    /// What it is compared with: a method, or `published`.
    pub right: String,
    /// The statistic.
    pub statistic: String,
    /// The first one's number.
    pub left_value: f64,
    /// The other's.
    pub right_value: f64,
    /// The first less the other.
    pub difference: f64,
    /// The lower end of the difference's 95 % interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The two-sided p value of the difference.
    pub p: Option<f64>,
    /// Fisher's statistic: standard normal where there is no difference.
    pub z: Option<f64>,
    /// How far a number may lie from the published one and still be it.
    pub tolerance: Option<f64>,
    /// How it comes out.
    pub outcome: Outcome,
}

impl Comparison {
    /// The outcome that follows from the numbers.
    pub fn decide(&self, relation: Relation) -> Outcome {
        let hold = |holds: bool| if holds { Outcome::Holds } else { Outcome::DoesNotHold };
        if let Relation::Equal | Relation::Differs = relation {
            let Some(tolerance) = self.tolerance else { return Outcome::Undecided };
            return hold((self.difference.abs() <= tolerance) == (relation == Relation::Equal));
        }
        let above = match (self.low, self.high, self.p, self.z) {
            // A p value and an interval that come from one test say the same, but for the last digit: the p value decides.
            (_, _, Some(p), _) => (p < LEVEL).then_some(self.difference > 0.0),
            (_, _, None, Some(z)) => (z.abs() > BEYOND).then_some(z > 0.0),
            (Some(low), Some(high), None, None) if low > 0.0 || high < 0.0 => Some(low > 0.0),
            _ => None,
        };
        above.map_or(Outcome::Undecided, |above| hold(above == (relation == Relation::Above)))
    }

    /// The numbers in words.
    fn words(&self) -> String {
        let (left, right) = (number(self.left_value), number(self.right_value));
        let mut words = format!("{left} against {right} ({}), {}", self.right, signed(self.difference));
        match (self.low, self.high) {
            (Some(low), Some(high)) => words += &format!(" [{}, {}]", signed(low), signed(high)),
            _ => {
                words += &self.z.map(|z| format!(", z = {}", signed(z))).unwrap_or_default();
                words += &self.tolerance.map(|t| format!(", tolerance {t}")).unwrap_or_default();
            }
        }
        words
            + &self.p.map(|p| if p < 0.001 { ", p < .001".into() } else { format!(", p = {p:.3}") }).unwrap_or_default()
    }
}

impl Test {
    /// The outcome that follows from the comparisons.
    pub fn decide(&self) -> Outcome {
        match self.test.parse::<Expression>() {
            Ok(expression) => Outcome::of_all(self.comparisons.iter().map(|c| c.decide(expression.relation))),
            Err(_) => Outcome::NotAttempted,
        }
    }

    /// The outcome in words.
    pub fn words(&self) -> String {
        match &self.comparisons[..] {
            [] => self.reason.clone(),
            [one] => one.words(),
            many => {
                let mut parts = Vec::new();
                for (outcome, what) in [
                    (Outcome::Holds, "holds against"),
                    (Outcome::Undecided, "undecided against"),
                    (Outcome::DoesNotHold, "the contrary against"),
                ] {
                    let of: Vec<String> = many
                        .iter()
                        .filter(|c| c.outcome == outcome)
                        .map(|c| format!("{} {}", c.right, number(c.right_value)))
                        .collect();
                    if !of.is_empty() {
                        parts.push(format!("{what} {}", of.join(", ")));
                    }
                }
                format!("{}: {}", number(many[0].left_value), parts.join("; "))
            }
        }
    }
}

impl Claim {
    /// The sentence and what it is asked of: one may be asked of several sorts of numbers and parts of the data.
    pub fn name(&self) -> String {
        let of: Vec<&str> = self.tests.first().map_or(Vec::new(), |test| vec![&test.numbers, &test.subset]);
        format!("“{}” ({})", self.says, of.join(", "))
    }

    /// The outcome that follows from the tests.
    pub fn decide(&self) -> Outcome {
        Outcome::of_all(self.tests.iter().map(Test::decide))
    }

    /// Whose numbers were asked, in a word.
    fn numbers(&self) -> String {
        self.tests.first().map(|test| test.numbers.clone()).unwrap_or_default()
    }

    /// Why it comes out as it does: the reason of its test; of several, those that are not like the others are named.
    fn reason(&self) -> String {
        if let [one] = &self.tests[..] {
            return one.reason.clone();
        }
        let of = |outcome| self.tests.iter().filter(move |test| test.outcome == outcome);
        let parts = Outcome::ALL.iter().filter(|outcome| of(**outcome).count() > 0).map(|outcome| {
            let count = of(*outcome).count();
            match count == self.tests.len() {
                true if *outcome == Outcome::NotAttempted => self.tests[0].reason.clone(),
                true => format!("all {count} tests: {outcome}"),
                false => {
                    let named: Vec<String> =
                        of(*outcome).map(|test| format!("{} ({})", test.test, test.reason)).collect();
                    format!("{outcome}: {}", named.join("; "))
                }
            }
        });
        parts.collect::<Vec<_>>().join(". ")
    }
}

impl Claims {
    /// Reads back what [`Claims::to_json`] wrote; `path` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Data`] for what is no such file.
    pub fn parse(text: &str, path: &Path) -> crate::Result<Claims> {
        serde_json::from_str(text).map_err(|e| Error::data(path, format!("is no file of claims: {e}")))
    }

    /// The file's text: indented JSON and a final newline.
    pub fn to_json(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(self).expect("strings, numbers and lists become JSON"))
    }

    /// How many claims come out in each way, in the order of [`Outcome::ALL`].
    pub fn counts(&self) -> [usize; 4] {
        Outcome::ALL.map(|outcome| self.claims.iter().filter(|claim| claim.outcome == outcome).count())
    }

    /// The claims for the terminal: a line each, with the reason below it.
    pub fn text(&self) -> String {
        let mut text = format!("{}: the claims\n", self.title);
        for claim in &self.claims {
            let (outcome, indent) = (claim.outcome.to_string(), "");
            text += &format!("{outcome:<13}  {} ({})\n{indent:<15}{}\n", claim.says, claim.numbers(), claim.reason());
        }
        let counts = Outcome::ALL.iter().zip(self.counts()).map(|(outcome, count)| format!("{count} {outcome}"));
        text + &format!(
            "{} claims: {}; all numbers in claims.json\n",
            self.claims.len(),
            counts.collect::<Vec<_>>().join(", ")
        )
    }

    /// The claims below an experiment's tables.
    pub fn section(&self) -> Section {
        let row = |claim: &Claim| {
            vec![claim.says.clone(), claim.place.clone(), claim.numbers(), claim.outcome.to_string(), claim.reason()]
        };
        let mut by: Vec<&str> = self
            .claims
            .iter()
            .flat_map(|c| &c.tests)
            .map(|t| t.decided_by.as_str())
            .filter(|by| !by.is_empty())
            .collect();
        by.sort_unstable();
        by.dedup();
        // How the claims come out, in one paragraph.
        let mut paragraph = Vec::new();
        for (outcome, begins) in [
            (Outcome::Holds, "Holds on these data"),
            (Outcome::DoesNotHold, "Does not hold"),
            (Outcome::Undecided, "Undecided"),
            (Outcome::NotAttempted, "Not attempted"),
        ] {
            let claims: Vec<&str> = self
                .claims
                .iter()
                .filter(|claim| claim.outcome == outcome)
                .map(|claim| claim.says.trim_end_matches('.'))
                .collect();
            if !claims.is_empty() {
                paragraph.push(format!("{begins} ({} of {}): {}.", claims.len(), self.claims.len(), claims.join("; ")));
            }
        }
        Section {
            title: format!("{}: the claims", self.title),
            text: paragraph,
            header: ["claim", "place", "numbers", "outcome", "why"].map(str::to_owned).to_vec(),
            rows: self.claims.iter().map(row).collect(),
            notes: if by.is_empty() { Vec::new() } else { vec![format!("Decided by: {}.", by.join("; "))] },
        }
    }
}

/// Three decimals, or one for what is large.
fn number(x: f64) -> String {
    let decimals = if x.abs() >= 10.0 { 1 } else { 3 };
    format!("{x:.decimals$}").replace('-', "−")
}

fn signed(x: f64) -> String {
    let decimals = if x.abs() >= 10.0 { 1 } else { 3 };
    format!("{x:+.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(difference: f64) -> Comparison {
        Comparison {
            left: "A".into(),
            right: "B".into(),
            statistic: "srocc".into(),
            left_value: 0.8 + difference,
            right_value: 0.8,
            difference,
            low: None,
            high: None,
            p: None,
            z: None,
            tolerance: None,
            outcome: Outcome::Undecided,
        }
    }

    #[test]
    fn an_outcome_follows_from_what_decides() {
        use {Outcome::*, Relation::*};
        let interval = |low, high| Comparison { low: Some(low), high: Some(high), ..comparison((low + high) / 2.0) };
        assert_eq!(interval(0.1, 0.2).decide(Above), Holds);
        assert_eq!(interval(0.1, 0.2).decide(Below), DoesNotHold);
        assert_eq!(interval(-0.2, -0.1).decide(Below), Holds);
        assert_eq!(interval(-0.1, 0.2).decide(Above), Undecided);
        assert_eq!(interval(0.0, 0.2).decide(Above), Undecided, "an interval that ends at zero covers it");
        for (p, expected) in [(0.049, Holds), (0.05, Undecided)] {
            assert_eq!(Comparison { p: Some(p), ..comparison(0.1) }.decide(Above), expected);
        }
        assert_eq!(Comparison { p: Some(0.01), ..comparison(-0.1) }.decide(Above), DoesNotHold);
        assert_eq!(Comparison { z: Some(-2.0), ..comparison(-0.1) }.decide(Below), Holds);
        assert_eq!(Comparison { z: Some(1.9), ..comparison(0.1) }.decide(Above), Undecided);
        let near = Comparison { tolerance: Some(0.0015), ..comparison(0.001) };
        assert_eq!((near.decide(Equal), near.decide(Differs)), (Holds, DoesNotHold));
        let far = Comparison { tolerance: Some(0.0015), ..comparison(-0.09) };
        assert_eq!((far.decide(Equal), far.decide(Differs)), (DoesNotHold, Holds));
        assert_eq!(comparison(0.1).decide(Above), Undecided, "a difference alone decides nothing");
    }

    #[test]
    fn outcomes_are_taken_together() {
        use Outcome::*;
        for (outcomes, expected) in [
            (&[][..], NotAttempted),
            (&[NotAttempted, NotAttempted], NotAttempted),
            (&[Holds, Holds], Holds),
            (&[Holds, NotAttempted], Undecided),
            (&[Holds, Undecided], Undecided),
            (&[Holds, Undecided, DoesNotHold], DoesNotHold),
        ] {
            assert_eq!(Outcome::of_all(outcomes.iter().copied()), expected, "{outcomes:?}");
        }
    }

    #[test]
    fn expressions_are_read_and_bad_ones_say_what_is_wrong() {
        let read = |text: &str| text.parse::<Expression>();
        let expected = Expression {
            method: "UNIQUE (laboratory)".into(),
            statistic: "srocc".into(),
            relation: Relation::Above,
            against: Against::Method("PSNR-HA".into()),
        };
        assert_eq!(read("UNIQUE (laboratory).srocc > PSNR-HA.srocc"), Ok(expected));
        assert_eq!(read("A.rmse < others.rmse").unwrap().against, Against::Others);
        assert_eq!(read("A.rmse_line = published").unwrap().against, Against::Published);
        assert_eq!(read("A.rmse != published").unwrap().relation, Relation::Differs);
        for (text, part) in [
            ("A.srocc", "compares two numbers"),
            ("A > B.srocc", "`A` is not a method's number"),
            ("A.srocc > B.rmse", "different statistics"),
            ("A.srocc > A.srocc", "with itself"),
            ("A.srocc > published", "no interval"),
            ("A.srocc = B.srocc", "which is higher"),
        ] {
            assert!(read(text).unwrap_err().contains(part), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn the_file_is_read_back_and_says_why() {
        let mut one = Comparison { low: Some(-0.03), high: Some(0.01), ..comparison(-0.01) };
        one.outcome = one.decide(Relation::Above);
        let mut test = Test {
            test: "A.srocc > others.srocc".into(),
            subset: "all".into(),
            numbers: "images".into(),
            data: "709 images".into(),
            outcome: Outcome::Undecided,
            decided_by: "bootstrap".into(),
            reason: String::new(),
            comparisons: vec![one.clone()],
        };
        test.reason = test.words();
        assert_eq!(test.reason, "0.790 against 0.800 (B), −0.010 [−0.030, +0.010]");
        let mut better = one.clone();
        better.right = "C".into();
        better.outcome = Outcome::DoesNotHold;
        test.comparisons.push(better);
        assert_eq!(test.words(), "0.790: undecided against B 0.800; the contrary against C 0.800");
        let claim = Claim { says: "S".into(), place: "abstract".into(), outcome: test.decide(), tests: vec![test] };
        let claims = Claims { title: "T".into(), data: "D".into(), claims: vec![claim] };
        assert_eq!(serde_json::from_str::<Claims>(&claims.to_json()).unwrap(), claims);
        assert_eq!(claims.counts(), [0, 0, 1, 0]);
        assert_eq!(claims.section().rows[0][..4], ["S", "abstract", "images", "undecided"]);
        assert!(claims.text().contains("undecided      S (images)\n               "), "{}", claims.text());
        let mut both = claims.claims[0].clone();
        both.tests.push(Test { outcome: Outcome::Holds, reason: "R".into(), ..both.tests[0].clone() });
        assert!(
            both.reason().starts_with("holds: A.srocc > others.srocc (R). undecided: A.srocc"),
            "{}",
            both.reason()
        );
        both.tests.iter_mut().for_each(|test| test.outcome = Outcome::Holds);
        assert_eq!(both.reason(), "all 2 tests: holds");
        assert_eq!(claims.section().text, ["Undecided (1 of 1): S."]);
    }
}
