//! `gradspace verify`: whether results are what they say they are.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::experiment::format::{self, Format};
use crate::experiment::style::{bad, good, heading, outcome, print};
use crate::report::verify::{Cell, Failure, Verdict, Verification, Verified, verify};

#[derive(Debug, Args)]
pub(in crate::experiment) struct Verify {
    /// An experiment's results, or a folder of them
    #[arg(value_name = "RESULTS", default_value = "results")]
    results: PathBuf,
    /// List every published number with ours
    #[arg(long)]
    cells: bool,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print only what fails
    #[arg(long)]
    quiet: bool,
}

impl Verify {
    pub fn run(self) -> Result<u8> {
        let found = verify(&self.results)?;
        print(&match self.format {
            Format::Json => format::json(&document(&found)),
            Format::Text if self.quiet => failures(&found),
            Format::Text => text(&found, self.cells),
        })?;
        Ok(u8::from(!found.passed()))
    }
}

/// The findings for programs.
pub(super) fn document(found: &Verification) -> serde_json::Value {
    let verdicts: serde_json::Map<_, _> =
        found.verdicts().into_iter().map(|(verdict, count)| (verdict.words().to_owned(), count.into())).collect();
    let outcomes: serde_json::Map<_, _> =
        found.outcomes().into_iter().map(|(outcome, count)| (outcome.to_string(), count.into())).collect();
    json!({
        "passed": found.passed(),
        "published_numbers": verdicts,
        "claims": outcomes,
        "failures": found.failures,
        "experiments": found.experiments,
    })
}

/// A line per experiment, what fails below it, and the counts at the end.
pub(super) fn text(found: &Verification, with_cells: bool) -> String {
    let mut text = String::new();
    let wide = found.experiments.iter().map(|e| e.name.chars().count()).max().unwrap_or(0);
    for experiment in &found.experiments {
        text += &line(experiment, wide);
        experiment.notes.iter().for_each(|note| text += &format!("    {note}\n"));
        experiment.failures.iter().for_each(|failure| text += &format!("    {}\n", failed("", failure)));
        let shown = |cell: &&Cell| with_cells || cell.verdict == Verdict::Differs;
        experiment.cells.iter().filter(shown).for_each(|cell| text += &format!("    {}\n", number(cell)));
    }
    found.failures.iter().for_each(|failure| text += &format!("{}\n", failed("", failure)));
    text += "\n";

    let verdicts = found.verdicts();
    if verdicts.values().any(|&count| count > 0) {
        let counts = verdicts.iter().map(|(verdict, count)| format!("{count} {}", outcome(verdict.words())));
        text += &format!("{}: {}\n", heading("published numbers"), counts.collect::<Vec<_>>().join(", "));
    }
    let outcomes = found.outcomes();
    if outcomes.values().any(|&count| count > 0) {
        let counts = outcomes.iter().map(|(word, count)| format!("{count} {}", outcome(&word.to_string())));
        text += &format!("{}: {}\n", heading("claims"), counts.collect::<Vec<_>>().join(", "));
    }
    let count = found.failures.len() + found.experiments.iter().map(|e| e.failures.len()).sum::<usize>();
    text + &match count {
        0 => good("verified: every file, number and outcome is what it says it is\n"),
        1 => bad("1 failure\n"),
        count => bad(&format!("{count} failures\n")),
    }
}

/// What fails alone, each with its folder.
pub(super) fn failures(found: &Verification) -> String {
    let of_experiments = found.experiments.iter().flat_map(|e| e.failures.iter().map(|f| (format!("{}/", e.name), f)));
    let all = of_experiments.chain(found.failures.iter().map(|f| (String::new(), f)));
    all.map(|(folder, failure)| format!("{}\n", failed(&folder, failure))).collect()
}

fn failed(folder: &str, failure: &Failure) -> String {
    format!("{}  {folder}{}: {}", bad("FAILED"), failure.file, failure.problem)
}

fn line(experiment: &Verified, wide: usize) -> String {
    // The width counts characters, and escape codes are some: so the name is padded before it is styled.
    let name = heading(&format!("{:<wide$}", experiment.name));
    let verdict = if experiment.failures.is_empty() { good("ok    ") } else { bad("FAILED") };
    let mut parts = vec![format!("{:>2} files", experiment.files)];
    let comparable = experiment.cells.iter().filter(|cell| cell.verdict != Verdict::NotComparable).count();
    if !experiment.cells.is_empty() {
        parts.push(format!("{comparable} of {} published numbers compared", experiment.cells.len()));
    }
    if !experiment.claims.is_empty() {
        parts.push(format!("{} claims", experiment.claims.len()));
    }
    if !experiment.committed.is_empty() {
        parts.push(experiment.committed.clone());
    }
    format!("{verdict}  {name}  {}\n", parts.join(", "))
}

/// Ours and the published one.
fn number(cell: &Cell) -> String {
    let value = cell.value.map_or("no number of ours".to_owned(), |value| format!("{value:.4}"));
    let reason = cell.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let Cell { method, subset, statistic, published, .. } = cell;
    format!(
        "{statistic} of {method} on {subset}: {value}, published {published}: {}{reason}",
        outcome(cell.verdict.words())
    )
}
