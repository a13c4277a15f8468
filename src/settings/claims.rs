//! The table `[[claim]]`: a claim of the paper, its place there, and the tests that decide it.

use serde::{Deserialize, Serialize};

use super::at::At;
use super::words::words;
use crate::error::Result;
use crate::report::claims::{Against, Expression};

/// A claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The claim, as a sentence.
    pub says: String,
    /// The place of the claim in a publication.
    pub place: String,
    /// The source of the numbers.
    #[serde(default)]
    pub numbers: Numbers,
    /// The part of the data that is tested.
    #[serde(default = "all")]
    pub subset: String,
    /// The methods that `others` means; if empty, all methods that have numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
    /// The tests.
    #[serde(deserialize_with = "words")]
    pub tests: Vec<Expression>,
}

fn all() -> String {
    "all".to_owned()
}

/// The source of the numbers of a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Computed here from images.
    #[default]
    Images,
    /// Computed here from published per-image scores.
    Scores,
    /// Published.
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

/// The names that the claims of an experiment may use.
pub(crate) struct Subjects<'a> {
    pub methods: Vec<&'a str>,
    pub statistics: &'a [&'a str],
    pub subsets: Vec<&'a str>,
    pub numbers: &'a [Numbers],
}

/// Checks that the claims are distinct, and that their methods, statistics and subsets exist.
pub(crate) fn check(claims: &[Claim], at: &At<'_>, subjects: &Subjects<'_>) -> Result<()> {
    at.each(claims, |claim, at| claim.check(at, subjects))?;
    let name = |claim: &Claim| format!("{} ({}, {})", claim.says, claim.numbers.name(), claim.subset);
    at.unique(claims.iter().map(name), "claim", "says")
}

impl Claim {
    fn check(&self, at: &At<'_>, subjects: &Subjects<'_>) -> Result<()> {
        at.key("says").filled(&self.says)?;
        at.key("place").filled(&self.place)?;
        let numbers: Vec<&str> = subjects.numbers.iter().map(|numbers| numbers.name()).collect();
        at.key("numbers").known("source of numbers", self.numbers.name(), &numbers)?;
        at.key("subset").known("subset", &self.subset, &subjects.subsets)?;
        at.key("among").each(&self.among, |name, at| at.known("method", name, &subjects.methods))?;
        at.key("among").unique(&self.among, "method", "")?;
        at.key("tests").not_empty(&self.tests, "test")?;
        at.key("tests").each(&self.tests, |expression, at| {
            at.known("method", &expression.method, &subjects.methods)?;
            if let Against::Method(other) = &expression.against {
                at.known("method", other, &subjects.methods)?;
            }
            at.known("statistic", &expression.statistic, subjects.statistics)?;
            let itself = expression.against == Against::Published && self.numbers == Numbers::Published;
            at.require(!itself, WITH_ITSELF)
        })
    }
}

const WITH_ITSELF: &str = "this claim already uses the published numbers, so `= published` would compare them with themselves; \
                           set `numbers = \"images\"`";
