//! The claims of the paper with their tests and outcomes: `claims.json`.
//!
//! A claim is a sentence of the paper with its place there. Its tests compare numbers, such as `gradient.srocc > others.srocc`, and hold if
//! the claim is true. A test consists of comparisons of two numbers, each with a measure of whether chance explains the difference. There
//! are four outcomes: the claim holds, it does not hold, it is undecided, or it was not attempted because data are missing.
//!
//! The outcomes depend only on the numbers in the file, so that they can be derived again. A run and `gradspace verify` both call
//! [`Comparison::decide`], [`Test::decide`] and [`Claim::decide`].

use super::grid::Section;
use crate::error::Error;
use crate::files::json;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A difference is significant if its p value is below this level.
pub const LEVEL: f64 = 0.05;
/// A difference is significant if its standard normal statistic is larger than this in magnitude: the two-sided 5 %.
const BEYOND: f64 = crate::stats::significance::CRITICAL_VALUE;

/// The outcome of a comparison, a test or a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The numbers support the claim, and chance does not explain the difference.
    #[serde(rename = "holds")]
    Holds,
    /// The numbers contradict the claim, and chance does not explain the difference.
    #[serde(rename = "does not hold")]
    DoesNotHold,
    /// Chance explains the difference.
    #[serde(rename = "undecided")]
    Undecided,
    /// The data are missing.
    #[serde(rename = "not attempted")]
    NotAttempted,
}

impl Outcome {
    /// All outcomes, in the order in which lists show them.
    pub const ALL: [Outcome; 4] = [Outcome::Holds, Outcome::DoesNotHold, Outcome::Undecided, Outcome::NotAttempted];

    /// "Holds" if all outcomes hold, "does not hold" if one does not hold, and otherwise "undecided". "Not attempted" if there are no
    /// outcomes, or all of them were not attempted.
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
        self.serialize(f)
    }
}

/// The relation that a test expects between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Above,
    /// `<`
    Below,
    /// `=`: within the tolerance of a published number.
    Equal,
    /// `!=`: not within this tolerance.
    Differs,
}

const SIGNS: [(&str, Relation); 4] =
    [(" > ", Relation::Above), (" < ", Relation::Below), (" = ", Relation::Equal), (" != ", Relation::Differs)];

/// The right side of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// The same statistic of another method.
    Method(String),
    /// The same statistic of each of the other methods.
    Others,
    /// The published number of the same method and statistic.
    Published,
}

/// The parsed text of a test: `Gradient.srocc > UNIQUE.srocc`, `Gradient.rmse < others.rmse`, `FSIMc.rmse_line = published`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// The method that the claim is about.
    pub method: String,
    /// The statistic that is compared.
    pub statistic: String,
    /// The expected relation.
    pub relation: Relation,
    /// The other side.
    pub against: Against,
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expression { method, statistic, relation, against } = self;
        let sign = SIGNS.iter().find(|(_, known)| known == relation).expect("every relation has a sign").0;
        write!(f, "{method}.{statistic}{sign}")?;
        match against {
            Against::Method(other) => write!(f, "{other}.{statistic}"),
            Against::Others => write!(f, "others.{statistic}"),
            Against::Published => f.write_str("published"),
        }
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Expression {
    type Err = String;

    /// Parses the text. The error is the problem with it.
    fn from_str(text: &str) -> Result<Expression, String> {
        let parts = SIGNS.into_iter().find_map(|(sign, relation)| Some((relation, text.split_once(sign)?)));
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
                Err("a published number has no interval, so `>` and `<` cannot be decided; use `=` or `!=`".into())
            }
            (Relation::Equal | Relation::Differs, Against::Method(_) | Against::Others) => {
                Err("compare two methods with `>` or `<`; `=` and `!=` only work with `published`".into())
            }
            _ => Ok(Expression { method, statistic, relation, against }),
        }
    }
}

/// All claims of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The title of the experiment.
    pub title: String,
    /// The data that the numbers are from.
    pub data: String,
    /// The claims, in the order of the experiment file.
    pub claims: Vec<Claim>,
}

/// A claim with its tests and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The sentence.
    pub says: String,
    /// Its place in the paper.
    pub place: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The tests.
    pub tests: Vec<Test>,
}

/// A test with its comparisons and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The text of the test, an [`Expression`].
    pub test: String,
    /// The part of the data that is tested: `all`, or for example a challenge.
    pub subset: String,
    /// The source of the numbers: `images` (computed from images), `scores` (from published per-image scores) or `published`.
    pub numbers: String,
    /// The data that these numbers are from.
    pub data: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The method that decides whether chance explains a difference; empty if nothing was compared.
    pub decided_by: String,
    /// The outcome in words, with the numbers; if nothing was compared, the reason.
    pub reason: String,
    /// The comparisons.
    pub comparisons: Vec<Comparison>,
}

/// Two numbers, and a measure of whether chance explains their difference: an interval, a p value, a standard normal statistic or, for a
/// published number, its tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The method that the claim is about.
    pub left: String,
    /// The other method, or `published`.
    pub right: String,
    /// The statistic.
    pub statistic: String,
    /// The number of the method that the claim is about.
    pub left_value: f64,
    /// The other number.
    pub right_value: f64,
    /// `left_value` − `right_value`.
    pub difference: f64,
    /// The lower end of the 95 % interval of the difference.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The two-sided p value of the difference.
    pub p: Option<f64>,
    /// Fisher's statistic: standard normal if there is no difference.
    pub z: Option<f64>,
    /// The largest difference at which a number agrees with the published one.
    pub tolerance: Option<f64>,
    /// The outcome.
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
            // A p value and an interval of the same test agree, except for the last digit. The p value decides.
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
                let relation = |c: &Comparison| match c.outcome {
                    Outcome::Undecided | Outcome::NotAttempted => "not distinguishable from",
                    _ if c.difference > 0.0 => "higher than",
                    _ => "lower than",
                };
                let part = |words: &str| {
                    let of = many.iter().filter(|c| relation(c) == words);
                    let of: Vec<String> = of.map(|c| format!("{} {}", c.right, number(c.right_value))).collect();
                    (!of.is_empty()).then(|| format!("{words} {}", of.join(", ")))
                };
                let parts = ["higher than", "not distinguishable from", "lower than"].into_iter().filter_map(part);
                format!("{}: {}", number(many[0].left_value), parts.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

impl Claim {
    /// The sentence with the source of its numbers and its part of the data, since a sentence may be tested on several of them.
    pub fn name(&self) -> String {
        let of = self.tests.first().map(|test| format!("{}, {}", test.numbers, test.subset)).unwrap_or_default();
        format!("“{}” ({of})", self.says)
    }

    /// The outcome that follows from the tests.
    pub fn decide(&self) -> Outcome {
        Outcome::of_all(self.tests.iter().map(Test::decide))
    }

    /// The source of the numbers.
    fn numbers(&self) -> String {
        self.tests.first().map(|test| test.numbers.clone()).unwrap_or_default()
    }

    /// The reason for the outcome: that of the test, or the tests by outcome if there are several outcomes.
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
                    let tests = of(*outcome).map(|test| format!("{} ({})", test.test, test.reason));
                    format!("{outcome}: {}", tests.collect::<Vec<_>>().join("; "))
                }
            }
        });
        parts.collect::<Vec<_>>().join(". ")
    }
}

impl Claims {
    /// Reads the text that [`Claims::to_json`] wrote; `path` is its name in errors.
    ///
    /// # Errors
    /// [`Error::Data`] for text that is not a file of claims.
    pub fn parse(text: &str, path: &Path) -> crate::Result<Claims> {
        serde_json::from_str(text).map_err(|e| Error::data(path, format!("is not a file of claims: {e}")))
    }

    /// The file's text: indented JSON and a final newline.
    pub fn to_json(&self) -> String {
        json(self)
    }

    /// The number of claims with each outcome, in the order of [`Outcome::ALL`].
    pub fn counts(&self) -> [usize; 4] {
        Outcome::ALL.map(|outcome| self.claims.iter().filter(|claim| claim.outcome == outcome).count())
    }

    /// The claims for the terminal: a line for each, with the reason below it.
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

    /// The claims as a section below the tables of an experiment.
    pub fn section(&self) -> Section {
        let row = |claim: &Claim| {
            vec![claim.says.clone(), claim.place.clone(), claim.numbers(), claim.outcome.to_string(), claim.reason()]
        };
        let by: BTreeSet<&str> = self.claims.iter().flat_map(|c| &c.tests).map(|t| t.decided_by.as_str()).collect();
        let by: Vec<&str> = by.into_iter().filter(|by| !by.is_empty()).collect();
        let paragraph = |(outcome, begins)| {
            let claims = self.claims.iter().filter(|claim| claim.outcome == outcome);
            let claims: Vec<&str> = claims.map(|claim| claim.says.trim_end_matches('.')).collect();
            (!claims.is_empty())
                .then(|| format!("{begins} ({} of {}): {}.", claims.len(), self.claims.len(), claims.join("; ")))
        };
        let begins = ["Holds on these data", "Does not hold", "Undecided", "Not attempted"];
        Section {
            title: format!("{}: the claims", self.title),
            text: Outcome::ALL.into_iter().zip(begins).filter_map(paragraph).collect(),
            header: ["claim", "place", "numbers", "outcome", "why"].map(str::to_owned).to_vec(),
            rows: self.claims.iter().map(row).collect(),
            notes: if by.is_empty() { Vec::new() } else { vec![format!("Decided by: {}.", by.join("; "))] },
        }
    }
}

/// A number to three decimals, or to one if its magnitude is 10 or more.
fn number(x: f64) -> String {
    let decimals = if x.abs() >= 10.0 { 1 } else { 3 };
    format!("{x:.decimals$}").replace('-', "−")
}

/// A number as [`number`] writes it, with its sign.
fn signed(x: f64) -> String {
    format!("{}{}", if x.is_sign_negative() { "" } else { "+" }, number(x))
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
            method: "UNIQUE (authors' scores)".into(),
            statistic: "srocc".into(),
            relation: Relation::Above,
            against: Against::Method("PSNR-HA".into()),
        };
        assert_eq!(read("UNIQUE (authors' scores).srocc > PSNR-HA.srocc"), Ok(expected));
        for text in ["A.rmse < others.rmse", "A.b.srocc > B.srocc", "A.rmse = published", "A.rmse != published"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read("A.rmse < others.rmse").unwrap().against, Against::Others);
        assert_eq!(read("A.rmse_line = published").unwrap().against, Against::Published);
        assert_eq!(read("A.rmse != published").unwrap().relation, Relation::Differs);
        for (text, part) in [
            ("A.srocc", "compares two numbers"),
            ("A > B.srocc", "`A` is not a method's number"),
            ("A.srocc > B.rmse", "different statistics"),
            ("A.srocc > A.srocc", "with itself"),
            ("A.srocc > published", "no interval"),
            ("A.srocc = B.srocc", "compare two methods"),
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
        assert_eq!(test.words(), "0.790: not distinguishable from B 0.800; lower than C 0.800");
        test.comparisons.push(Comparison { outcome: Outcome::Holds, right: "D".into(), ..comparison(0.1) });
        assert_eq!(
            test.words(),
            "0.790: higher than D 0.800; not distinguishable from B 0.800; lower than C 0.800",
            "the words follow from the difference, whichever relation is tested"
        );
        test.comparisons.pop();
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
