//! From the scores of images to numbers by seed, and from seeds to rows of the table.
//!
//! A type's number is the mean over its levels, the number over all types the mean of theirs. Each is computed seed by seed; what
//! stands in a table is the mean over the seeds, with the 95 % interval of that mean. Seeds differ in the networks and the
//! classifiers, not in the images: the interval says how far another training would have led, not other signs.

use super::trials::Outcome;
use crate::error::Result;
use crate::experiment::file::{Classification, Shown, Trial};
use crate::imaging::challenge::Challenge;
use crate::lanes::math::sigmoid;
use crate::report::table::Row;
use crate::stats::detection::Detection;
use crate::stats::moments::mean;
use crate::stats::paired::{PairedTest, mean_interval, paired_t_test};

/// What is computed of each type and level. The accuracy is in per cent, at a probability of ½; the others run from 0 to 1. Those
/// that end in `_sampled` are of the authors' code, which tries twenty thresholds.
pub const STATISTICS: [&str; 10] = [
    "accuracy",
    "auroc",
    "aupr_in",
    "aupr_out",
    "fpr_at_95_tpr",
    "detection_error",
    "aupr_in_sampled",
    "aupr_out_sampled",
    "fpr_at_95_tpr_sampled",
    "detection_error_sampled",
];
/// The first of them: the paper's.
pub(super) const ACCURACY: usize = 0;
/// The second.
pub(super) const AUROC: usize = 1;
/// Those that are given for each level too.
const BY_LEVEL: usize = 2;

/// The numbers of all trials.
pub(super) struct Numbers<'a> {
    wanted: &'a Classification,
    trials: Vec<Trial>,
    conditions: Vec<Shown>,
    /// By trial, seed and condition.
    values: Vec<Vec<Vec<[f64; STATISTICS.len()]>>>,
}

/// Part of the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All types at all levels.
    All,
    /// A type at all levels.
    Type(Challenge),
    /// A type at a level.
    Level(Shown),
}

impl Part {
    /// The name of the subset in the table.
    pub fn name(self) -> String {
        match self {
            Part::All => "all".to_owned(),
            Part::Type(challenge) => challenge.name().to_owned(),
            Part::Level(shown) => shown.to_string(),
        }
    }
}

/// All numbers of one condition.
fn measure(clean: &[f64], tested: &[f64]) -> Result<[f64; STATISTICS.len()]> {
    // As many in as out: where files are missing from one side, the other is cut.
    let count = clean.len().min(tested.len());
    let (inside, outside) = (&clean[..count], &tested[..count]);
    // A logit of 0 is a probability of ½.
    let exact = Detection::new(inside, outside)?;
    let probability = |logits: &[f64]| logits.iter().map(|&x| sigmoid(x)).collect::<Vec<f64>>();
    let sampled = Detection::new(&probability(inside), &probability(outside))?.sampled()?;
    Ok([
        100.0 * exact.accuracy(0.0),
        exact.auroc(),
        exact.aupr_in(),
        exact.aupr_out(),
        exact.fpr_at_95_tpr(),
        exact.detection_error(),
        sampled.aupr_in,
        sampled.aupr_out,
        sampled.fpr_at_95_tpr,
        sampled.detection_error,
    ])
}

impl<'a> Numbers<'a> {
    /// Measures all outcomes, by trial and seed.
    pub fn new(wanted: &'a Classification, trials: &[Trial], outcomes: &[Vec<Outcome>]) -> Result<Numbers<'a>> {
        let of_outcome = |outcome: &Outcome| outcome.tested.iter().map(|t| measure(&outcome.clean, t)).collect();
        let of_trial = |seeds: &Vec<Outcome>| seeds.iter().map(of_outcome).collect();
        let values = outcomes.iter().map(of_trial).collect::<Result<_>>()?;
        Ok(Numbers { wanted, trials: trials.to_vec(), conditions: wanted.conditions(), values })
    }

    /// A statistic of a trial on a part of the conditions, by seed.
    ///
    /// # Panics
    /// When the trial was not run.
    pub fn by_seed(&self, trial: &Trial, part: Part, statistic: usize) -> Vec<f64> {
        let trial = self.trials.iter().position(|t| t == trial).expect("all trials were run");
        self.values[trial].iter().map(|of_seed| self.over(of_seed, part, statistic)).collect()
    }

    fn over(&self, values: &[[f64; STATISTICS.len()]], part: Part, statistic: usize) -> f64 {
        let average = |wanted: &dyn Fn(&Shown) -> bool| {
            let chosen = self.conditions.iter().zip(values).filter(|(shown, _)| wanted(shown));
            mean(&chosen.map(|(_, v)| v[statistic]).collect::<Vec<_>>()).expect("a level at least")
        };
        match part {
            Part::Level(level) => average(&|shown| *shown == level),
            Part::Type(challenge) => average(&|shown| shown.challenge == challenge),
            // Every type has the same levels, so that the mean of the types' means is the mean of all.
            Part::All => average(&|_| true),
        }
    }

    /// The parts, widest first.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let types = self.wanted.protocol.tested.iter().map(|&challenge| Part::Type(challenge));
        std::iter::once(Part::All).chain(types).chain(self.conditions.iter().map(|&shown| Part::Level(shown)))
    }

    /// The paired test of a trial against another over the seeds.
    pub fn paired(&self, a: &Trial, b: &Trial, part: Part, statistic: usize) -> Option<PairedTest> {
        paired_t_test(&self.by_seed(a, part, statistic), &self.by_seed(b, part, statistic))
    }

    /// The row of a trial.
    pub fn row(&self, name: &str, trial: &Trial, part: Part, statistic: usize) -> Row {
        let values = self.by_seed(trial, part, statistic);
        let row = Row::new(name, &part.name(), STATISTICS[statistic], mean(&values).expect("a seed at least"));
        match mean_interval(&values) {
            Some(i) => row.with_interval(i.mean - i.half_width, i.mean + i.half_width),
            None => row,
        }
    }

    /// All rows of the long table.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let proposed = &self.wanted.proposed().name;
        let of_proposed = self.wanted.plain(self.wanted.proposed());
        for method in &self.wanted.methods {
            let trial = self.wanted.plain(method);
            for part in self.parts() {
                let count = if matches!(part, Part::Level(_)) { BY_LEVEL } else { STATISTICS.len() };
                rows.extend((0..count).map(|statistic| self.row(&method.name, &trial, part, statistic)));
            }
            for part in self.parts().filter(|part| method.name != *proposed && !matches!(part, Part::Level(_))) {
                for statistic in [ACCURACY, AUROC] {
                    let Some(test) = self.paired(&of_proposed, &trial, part, statistic) else { continue };
                    let name = |what: &str| format!("{}_{what}_of_proposed", STATISTICS[statistic]);
                    let (gain, half) = (test.difference.mean, test.difference.half_width);
                    let row = Row::new(&method.name, &part.name(), &name("gain"), gain);
                    rows.push(row.with_interval(gain - half, gain + half));
                    rows.push(Row::new(&method.name, &part.name(), &name("gain_p"), test.p));
                }
            }
        }
        for (name, trial) in self.wanted.variants() {
            for part in self.parts().filter(|part| !matches!(part, Part::Level(_))) {
                rows.extend([ACCURACY, AUROC].map(|statistic| self.row(&name, trial, part, statistic)));
            }
        }
        rows
    }

    /// `seeds.csv`: a line for each trial in words, seed and condition, with all statistics.
    pub fn csv(&self) -> String {
        let mut csv = format!("method,seed,challenge,level,{}\n", STATISTICS.join(","));
        let methods = self.wanted.methods.iter().map(|m| (m.name.clone(), self.wanted.plain(m)));
        let variants = self.wanted.variants().map(|(name, trial)| (name, trial.clone()));
        for (name, trial) in methods.chain(variants) {
            let trial = self.trials.iter().position(|t| *t == trial).expect("all trials were run");
            for (seed, of_seed) in self.wanted.seeds.iter().zip(&self.values[trial]) {
                for (Shown { challenge, level }, values) in self.conditions.iter().zip(of_seed) {
                    let numbers: Vec<String> = values.iter().map(f64::to_string).collect();
                    csv += &format!("\"{name}\",{seed},{},{level},{}\n", challenge.name(), numbers.join(","));
                }
            }
        }
        csv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_measured_on_as_many_in_as_out() {
        let [accuracy, auroc, .., error] = measure(&[2.0, 1.0, -1.0, 9.0, 9.0], &[-2.0, -3.0, 0.5]).unwrap();
        // Of the first three, two are above 0, and two of the others below; 6 of 9 pairs are in order and one more.
        assert!((accuracy - 400.0 / 6.0).abs() < 1e-12);
        assert!((auroc - 8.0 / 9.0).abs() < 1e-12);
        assert!((0.0..=0.5).contains(&error));
    }
}
