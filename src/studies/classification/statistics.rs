//! Computes the statistics of each seed from the scores, and the rows of the table from the seeds.
//!
//! The value of a challenge type is the mean over its levels, and the value of all types is the mean of the types. Each is computed seed
//! by seed. A table contains the mean over the seeds with the 95 % interval of that mean. Seeds differ in the networks and the
//! classifiers, not in the images. So the interval covers the variation between training runs, not between signs.

use super::measured::{ACCURACY, AUROC, BY_LEVEL, STATISTICS, measure};
use super::settings::{Classification, Shown, Trial};
use super::trials::Outcome;
use crate::error::Result;
use crate::imaging::challenge::Challenge;
use crate::report::row::Row;
use crate::stats::moments::mean;
use crate::stats::paired::{PairedTest, mean_interval, paired_t_test};

/// The numbers of all trials.
pub(super) struct Numbers<'a> {
    wanted: &'a Classification,
    trials: Vec<Trial>,
    conditions: Vec<Shown>,
    /// By trial, seed and condition.
    values: Vec<Vec<Vec<[f64; STATISTICS.len()]>>>,
}

/// A subset of the test conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All types of challenge at all levels.
    All,
    /// One type at all levels.
    Type(Challenge),
    /// One type at one level.
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

impl<'a> Numbers<'a> {
    /// Computes the statistics of all outcomes, by trial and seed.
    pub fn new(wanted: &'a Classification, trials: &[Trial], outcomes: &[Vec<Outcome>]) -> Result<Numbers<'a>> {
        let of_outcome = |outcome: &Outcome| outcome.tested.iter().map(|t| measure(&outcome.clean, t)).collect();
        let of_trial = |seeds: &Vec<Outcome>| seeds.iter().map(of_outcome).collect();
        let values = outcomes.iter().map(of_trial).collect::<Result<_>>()?;
        Ok(Numbers { wanted, trials: trials.to_vec(), conditions: wanted.conditions(), values })
    }

    /// A statistic of a trial on a part of the conditions, by seed.
    ///
    /// # Panics
    /// If the trial was not run.
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
            // Every type has the same levels, so the mean of the types' means equals the mean of all.
            Part::All => average(&|_| true),
        }
    }

    /// The parts, widest first.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let types = self.wanted.protocol.tested.iter().map(|&challenge| Part::Type(challenge));
        std::iter::once(Part::All).chain(types).chain(self.conditions.iter().map(|&shown| Part::Level(shown)))
    }

    /// The paired t-test of two trials over the seeds; `None` if it is not defined.
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
                rows.extend([ACCURACY, AUROC].map(|statistic| self.row(&name, &trial, part, statistic)));
            }
        }
        rows
    }

    /// `seeds.csv`: all statistics by seed. It has one line per method, seed and condition, and one line per variant, seed and type of
    /// challenge. The level of a mean over all levels is empty.
    pub fn csv(&self) -> String {
        let mut csv = format!("method,seed,challenge,level,{}\n", STATISTICS.join(","));
        let methods = self.wanted.methods.iter().map(|m| (m.name.clone(), self.wanted.plain(m), true));
        let variants = self.wanted.variants().into_iter().map(|(name, trial)| (name, trial, false));
        for (name, trial, by_level) in methods.chain(variants) {
            let trial = self.trials.iter().position(|t| *t == trial).expect("all trials were run");
            for (seed, of_seed) in self.wanted.seeds.iter().zip(&self.values[trial]) {
                for part in self.parts() {
                    let (challenge, level) = match part {
                        Part::Level(Shown { challenge, level }) if by_level => (challenge, level.to_string()),
                        Part::Type(challenge) if !by_level => (challenge, String::new()),
                        _ => continue,
                    };
                    let number = |statistic| self.over(of_seed, part, statistic).to_string();
                    let numbers: Vec<String> = (0..STATISTICS.len()).map(number).collect();
                    csv += &format!("\"{name}\",{seed},{},{level},{}\n", challenge.name(), numbers.join(","));
                }
            }
        }
        csv
    }
}
