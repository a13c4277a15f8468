//! The test of an experiment's claims on the numbers of a run.
//!
//! Each kind of experiment gives its numbers as [`Evidence`]: the methods, their numbers, the published ones. The tests are the same for
//! all kinds.

use crate::report::claims::{self, Against, Claims, Comparison, Expression, Outcome, Test};
use crate::report::published::Published;
use crate::settings::claims::{Claim, Numbers};

/// The numbers that a claim can be tested on.
pub trait Evidence {
    /// A description of the data that the numbers are computed from.
    fn data(&self) -> String;

    /// A description of the significance test.
    fn decided_by(&self) -> String;

    /// The methods that have numbers, by the names that a claim uses.
    fn methods(&self) -> Vec<String>;

    /// The numbers of both methods and the significance of their difference; `None` if one of them has no such number.
    fn compare(&self, left: &str, right: &str, statistic: &str, subset: &str) -> Option<Compared>;

    /// The computed number of a method.
    fn value(&self, method: &str, statistic: &str, subset: &str) -> Option<f64>;

    /// The name of the database in `paper/published.toml` and, if its numbers are not comparable, the reason; `None` if nothing is published.
    fn database(&self) -> Option<(&str, Option<&str>)>;
}

/// Two numbers and the significance of their difference.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// The number of the first method.
    pub left: f64,
    /// The number of the other.
    pub right: f64,
    /// The 95 % interval of left − right.
    pub interval: Option<(f64, f64)>,
    /// The two-sided p value of the difference.
    pub p: Option<f64>,
    /// Fisher's statistic of the difference, which is standard normal if both are equal.
    pub z: Option<f64>,
}

/// Tests all claims. `evidence` gives the numbers of each source, or the reason why there are none.
pub fn test<'e>(
    claims: &[Claim],
    title: &str,
    data: &str,
    evidence: impl Fn(Numbers) -> Result<&'e dyn Evidence, String>,
) -> Claims {
    let of_claim = |claim: &Claim| {
        let tests: Vec<Test> = claim
            .tests
            .iter()
            .map(|expression| of_expression(claim, expression, data, evidence(claim.numbers)))
            .collect();
        let mut claim = claims::Claim {
            says: claim.says.clone(),
            place: claim.place.clone(),
            outcome: Outcome::NotAttempted,
            tests,
        };
        claim.outcome = claim.decide();
        claim
    };
    Claims { title: title.to_owned(), data: data.to_owned(), claims: claims.iter().map(of_claim).collect() }
}

fn of_expression(claim: &Claim, expression: &Expression, data: &str, evidence: Result<&dyn Evidence, String>) -> Test {
    let mut test = Test {
        test: expression.to_string(),
        subset: claim.subset.clone(),
        numbers: claim.numbers.name().to_owned(),
        data: data.to_owned(),
        outcome: Outcome::NotAttempted,
        decided_by: String::new(),
        reason: String::new(),
        comparisons: Vec::new(),
    };
    let evidence = match evidence {
        Ok(evidence) => evidence,
        Err(reason) => return Test { reason, ..test },
    };
    test.data = evidence.data();
    let (method, statistic, subset) = (&*expression.method, &*expression.statistic, &*claim.subset);
    let mut absent: Vec<&str> = Vec::new();
    let methods = if claim.among.is_empty() { evidence.methods() } else { claim.among.clone() };
    let others: Vec<&str> = match &expression.against {
        Against::Published => Vec::new(),
        Against::Method(other) => vec![other],
        Against::Others => methods.iter().map(String::as_str).filter(|m| *m != method).collect(),
    };
    if expression.against == Against::Published {
        match published(evidence, method, statistic, subset) {
            Ok([ours, published, tolerance]) => {
                let compared = Compared { left: ours, right: published, ..Compared::default() };
                let comparison = comparison(method, "published", statistic, compared);
                test.comparisons.push(Comparison { tolerance: Some(tolerance), ..comparison });
            }
            Err(reason) => return Test { reason, ..test },
        }
    }
    for other in others {
        match evidence.compare(method, other, statistic, subset) {
            Some(compared) => test.comparisons.push(comparison(method, other, statistic, compared)),
            None => absent.push(other),
        }
    }
    if test.comparisons.is_empty() {
        let others = if absent.is_empty() { "the others".to_owned() } else { absent.join(", ") };
        test.reason = format!("data absent: the subset {subset} has no {statistic} of {method}, or of any of {others}");
        return test;
    }
    for comparison in &mut test.comparisons {
        comparison.outcome = comparison.decide(expression.relation);
    }
    test.outcome = test.decide();
    test.decided_by = match expression.against {
        Against::Published => "the published number's tolerance".to_owned(),
        _ => evidence.decided_by(),
    };
    test.reason = test.words();
    if !absent.is_empty() {
        test.reason += &format!("; no number for {}", absent.join(", "));
    }
    test
}

/// The computed number, the published number and its tolerance, or the reason why they cannot be compared.
fn published(evidence: &dyn Evidence, method: &str, statistic: &str, subset: &str) -> Result<[f64; 3], String> {
    let (database, reason) = evidence.database().ok_or("there are no published numbers for these data")?;
    if let Some(reason) = reason {
        return Err(format!("{reason}: not comparable with the published numbers"));
    }
    // The publication does not name the fit of its numbers. The claim is about that fit.
    let base = statistic.trim_end_matches("_line").trim_end_matches("_fitted");
    let published = Published::embedded();
    let cell = published
        .find(database, published.name(method), subset, base)
        .ok_or_else(|| format!("no published {base} of {method} on {subset} was seen in a source"))?;
    let own = evidence
        .value(method, statistic, subset)
        .ok_or_else(|| format!("no {statistic} of {method} on {subset} was computed"))?;
    Ok([own, cell.value, cell.tolerance])
}

fn comparison(left: &str, right: &str, statistic: &str, compared: Compared) -> Comparison {
    Comparison {
        left: left.to_owned(),
        right: right.to_owned(),
        statistic: statistic.to_owned(),
        left_value: compared.left,
        right_value: compared.right,
        difference: compared.left - compared.right,
        low: compared.interval.map(|i| i.0),
        high: compared.interval.map(|i| i.1),
        p: compared.p,
        z: compared.z,
        tolerance: None,
        outcome: Outcome::Undecided,
    }
}
