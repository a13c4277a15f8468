//! From the claims of an experiment file and the numbers of a run to how they come out.
//!
//! A kind of experiment brings its numbers as [`Evidence`]: which methods there are, what two of them give, what is published. The
//! rest is the same for all kinds.

use super::file::{Claim, Numbers, Question};
use crate::report::claims::{self, Against, Claims, Comparison, Outcome, Test};

/// Numbers that a claim can be tested on.
pub(super) trait Evidence {
    /// What the numbers are from, in words.
    fn data(&self) -> String;

    /// What says whether chance explains a difference, in words.
    fn decided_by(&self) -> String;

    /// The methods that have numbers, as a claim may call them.
    fn methods(&self) -> Vec<String>;

    /// Both methods' numbers and what is known of their difference; `None` where one of them has no such number.
    fn compare(&self, left: &str, right: &str, statistic: &str, subset: &str) -> Option<Compared>;

    /// Our number of a method, the published one and its tolerance, or why they cannot be compared.
    fn published(&self, method: &str, statistic: &str, subset: &str) -> Result<[f64; 3], String>;
}

/// Two numbers and what is known of their difference.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compared {
    pub left: f64,
    pub right: f64,
    /// The 95 % interval of left − right.
    pub interval: Option<(f64, f64)>,
    pub p: Option<f64>,
    pub z: Option<f64>,
}

/// Tests all claims; `evidence` gives the numbers of each sort, or why there are none.
pub(super) fn test<'e>(
    claims: &[Claim],
    title: &str,
    data: &str,
    evidence: impl Fn(Numbers) -> Result<&'e dyn Evidence, String>,
) -> Claims {
    let of_claim = |claim: &Claim| {
        let tests: Vec<Test> =
            claim.tests.iter().map(|question| of_question(claim, question, data, evidence(claim.numbers))).collect();
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

fn of_question(
    claim: &Claim,
    Question { text, expression }: &Question,
    data: &str,
    evidence: Result<&dyn Evidence, String>,
) -> Test {
    let mut test = Test {
        test: text.clone(),
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
    let methods = evidence.methods();
    let others: Vec<&str> = match &expression.against {
        Against::Published => Vec::new(),
        Against::Method(other) => vec![other],
        Against::Others if claim.among.is_empty() => {
            methods.iter().map(String::as_str).filter(|m| *m != method).collect()
        }
        Against::Others => claim.among.iter().map(String::as_str).filter(|m| *m != method).collect(),
    };
    if expression.against == Against::Published {
        match evidence.published(method, statistic, subset) {
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
        test.reason = format!("data absent: no {statistic} of {method}, or none of {others}, is known on {subset}");
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
        test.reason += &format!("; without {}, which has no number here", absent.join(", "));
    }
    test
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
