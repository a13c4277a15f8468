//! `[[claim]]`: a sentence of the paper, its place, and the tests that decide about it.

use serde::{Deserialize, Serialize, Serializer};

use super::parts::S;
use crate::error::Result;
use crate::experiment::text::{Text, suggest};
use crate::report::claims::{Against, Expression};

/// A checked claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// What is claimed.
    pub says: String,
    /// Where it is claimed.
    pub place: String,
    /// Whose numbers are asked.
    pub numbers: Numbers,
    /// The part of the data that is asked about.
    pub subset: String,
    /// What `others` stands for; empty for all methods that have numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
    /// The questions.
    #[serde(serialize_with = "as_written")]
    pub tests: Vec<Question>,
}

/// A test, as it was written and as it is understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The text.
    pub text: String,
    /// Its meaning.
    pub expression: Expression,
}

fn as_written<S: Serializer>(tests: &[Question], s: S) -> std::result::Result<S::Ok, S::Error> {
    s.collect_seq(tests.iter().map(|test| &test.text))
}

/// Whose numbers a claim is tested on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Those that are computed here, from images.
    #[default]
    Images,
    /// Those that are computed here from published per-image scores.
    Scores,
    /// The published ones.
    Published,
}

impl Numbers {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Numbers::Images => "images",
            Numbers::Scores => "scores",
            Numbers::Published => "published",
        }
    }
}

/// What claims of an experiment may be about.
pub(super) struct Subjects<'a> {
    pub methods: Vec<&'a str>,
    pub statistics: &'a [&'a str],
    pub subsets: Vec<&'a str>,
    pub numbers: &'a [Numbers],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClaim {
    says: S<String>,
    place: String,
    #[serde(default)]
    numbers: Option<S<Numbers>>,
    subset: Option<S<String>>,
    #[serde(default)]
    among: Option<S<Vec<S<String>>>>,
    tests: S<Vec<S<String>>>,
}

/// The claims, if there is what they speak of.
pub(super) fn checked(text: &Text, claims: Vec<RawClaim>, subjects: &Subjects<'_>) -> Result<Vec<Claim>> {
    let mut checked: Vec<Claim> = Vec::new();
    for claim in claims {
        let span = claim.says.span();
        let claim = claim.check(text, subjects)?;
        if checked.iter().any(|c| (&c.says, c.numbers, &c.subset) == (&claim.says, claim.numbers, &claim.subset)) {
            return Err(text.error(span, "the same is claimed twice; put both tests into one claim", None));
        }
        checked.push(claim);
    }
    Ok(checked)
}

impl RawClaim {
    fn check(self, text: &Text, subjects: &Subjects<'_>) -> Result<Claim> {
        let known = |what: &str, name: &str, names: &[&str], span| match names.contains(&name) {
            true => Ok(()),
            false => Err(text.error(span, &format!("there is no {what} `{name}` here"), Some(suggest(name, names)))),
        };
        let numbers = match self.numbers {
            Some(numbers) if !subjects.numbers.contains(numbers.get_ref()) => {
                let names: Vec<&str> = subjects.numbers.iter().map(|n| n.name()).collect();
                let problem = "this kind of experiment has no such numbers";
                return Err(text.error(numbers.span(), problem, Some(format!("one of {}", names.join(", ")))));
            }
            numbers => numbers.map(S::into_inner).unwrap_or_default(),
        };
        let subset = match self.subset {
            Some(subset) => {
                known("part of the data", subset.get_ref(), &subjects.subsets, subset.span())?;
                subset.into_inner()
            }
            None => "all".to_owned(),
        };
        let mut among: Vec<String> = Vec::new();
        for name in self.among.map(S::into_inner).unwrap_or_default() {
            known("method", name.get_ref(), &subjects.methods, name.span())?;
            if among.contains(name.get_ref()) {
                return Err(text.error(name.span(), &format!("`{}` is named twice", name.get_ref()), None));
            }
            among.push(name.into_inner());
        }
        let span = self.tests.span();
        let mut tests = Vec::new();
        for test in self.tests.into_inner() {
            let expression: Expression =
                test.get_ref().parse().map_err(|problem: String| text.error(test.span(), &problem, None))?;
            known("method", &expression.method, &subjects.methods, test.span())?;
            if let Against::Method(other) = &expression.against {
                known("method", other, &subjects.methods, test.span())?;
            }
            known("statistic", &expression.statistic, subjects.statistics, test.span())?;
            if expression.against == Against::Published && numbers == Numbers::Published {
                return Err(text.error(test.span(), "a published number is itself; ask of our numbers", None));
            }
            tests.push(Question { text: test.into_inner(), expression });
        }
        if tests.is_empty() {
            return Err(text.error(span, "a claim needs at least one test", None));
        }
        Ok(Claim { says: self.says.into_inner(), place: self.place, numbers, subset, among, tests })
    }
}
