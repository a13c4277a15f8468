//! `gradspace verify`: a check of results against their hashes, the published numbers and the claims.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::style::{bad, good, heading, outcome};
use crate::error::Result;
use crate::report::verify::{ComparedNumber, Failure, Verdict, Verification, Verified, verify};
use crate::studies::comparable;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/verify.txt"))]
#[command(mut_arg("quiet", |quiet| quiet.help("Print only failures")))]
pub(super) struct Verify {
    /// Results of an experiment, or a folder of results of several experiments
    #[arg(value_name = "RESULTS", default_value = "results")]
    results: PathBuf,
    /// Print every published number beside the number computed here
    #[arg(long)]
    cells: bool,
    #[command(flatten)]
    answer: Answer,
}

impl Verify {
    pub fn run(self) -> Result<u8> {
        let found = verify(&self.results, comparable)?;
        self.answer.format.print(&document(&found), || match self.answer.quiet {
            true => failures(&found),
            false => text(&found, self.cells),
        })?;
        Ok(u8::from(!found.passed()))
    }
}

/// The findings for programs.
pub(super) fn document(found: &Verification) -> serde_json::Value {
    json!({
        "passed": found.passed(),
        "published_numbers": found.verdicts(),
        "claims": found.outcomes(),
        "failures": found.failures,
        "experiments": found.experiments,
    })
}

/// A line for each experiment, its failures below it, and the counts at the end.
pub(super) fn text(found: &Verification, with_cells: bool) -> String {
    let mut text = String::new();
    let wide = found.experiments.iter().map(|e| e.name.chars().count()).max().unwrap_or(0);
    for experiment in &found.experiments {
        text += &line(experiment, wide);
        experiment.notes.iter().for_each(|note| text += &format!("    {note}\n"));
        experiment.failures.iter().for_each(|failure| text += &format!("    {}\n", failed("", failure)));
        let shown = |cell: &&ComparedNumber| with_cells || cell.verdict == Verdict::Differs;
        experiment.cells.iter().filter(shown).for_each(|cell| text += &format!("    {}\n", number(cell)));
    }
    found.failures.iter().for_each(|failure| text += &format!("{}\n", failed("", failure)));
    text += "\n";

    let verdicts = found.verdicts().into_iter().map(|(verdict, count)| (verdict.words().to_owned(), count));
    text += &counts("published numbers", verdicts.collect());
    let outcomes = found.outcomes().into_iter().map(|(outcome, count)| (outcome.to_string(), count));
    text += &counts("claims", outcomes.collect());
    let count = found.failures.len() + found.experiments.iter().map(|e| e.failures.len()).sum::<usize>();
    text + &match count {
        0 => good("verified: all hashes, comparisons and claim outcomes are consistent\n"),
        1 => bad("1 failure\n"),
        count => bad(&format!("{count} failures\n")),
    }
}

/// A line with the number of each outcome; empty if all are 0.
fn counts(title: &str, counts: Vec<(String, usize)>) -> String {
    if counts.iter().all(|(_, count)| *count == 0) {
        return String::new();
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {}", outcome(word))).collect();
    format!("{}: {}\n", heading(title), counts.join(", "))
}

/// The failures, each with its folder.
pub(super) fn failures(found: &Verification) -> String {
    let of_experiments = found.experiments.iter().flat_map(|e| e.failures.iter().map(|f| (format!("{}/", e.name), f)));
    let all = of_experiments.chain(found.failures.iter().map(|f| (String::new(), f)));
    all.map(|(folder, failure)| format!("{}\n", failed(&folder, failure))).collect()
}

fn failed(folder: &str, failure: &Failure) -> String {
    format!("{}  {folder}{}: {}", bad("FAILED"), failure.file, failure.problem)
}

fn line(experiment: &Verified, wide: usize) -> String {
    // The name is padded before it is styled, since escape codes would count as characters.
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

/// The number that was computed here and the published one.
fn number(cell: &ComparedNumber) -> String {
    let value = cell.value.map_or("not computed here".to_owned(), |value| format!("{value:.4}"));
    let reason = cell.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let ComparedNumber { method, subset, statistic, published, .. } = cell;
    format!(
        "{statistic} of {method} on {subset}: {value}, published {published}: {}{reason}",
        outcome(cell.verdict.words())
    )
}
