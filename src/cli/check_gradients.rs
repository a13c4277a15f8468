//! `gradspace check-gradients`: a numerical check of every derivative.

use clap::Args;
use serde_json::{Value, json};

use super::answer::Answer;
use super::machine::Machine;
use super::style::{bad, good};
use crate::autodiff::check::{Row, table};
use crate::error::Result;
use crate::report::grid::columns;

#[derive(Debug, Args)]
#[command(mut_arg("quiet", |quiet| quiet.help("Print only the checks that fail")))]
pub(super) struct CheckGradients {
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    machine: Machine,
}

impl CheckGradients {
    pub fn run(self) -> Result<u8> {
        self.machine.apply()?;
        let mut rows = table();
        let (all, failed) = (rows.len(), rows.iter().filter(|row| !row.passes()).count());
        rows.retain(|row| !(self.answer.quiet && row.passes()));
        let document: Vec<Value> = rows.iter().map(document).collect();
        self.answer.format.print(&document, || {
            if self.answer.quiet && failed == 0 {
                return String::new();
            }
            let summary = format!("{} of {all} checks passed", all - failed);
            let summary = if failed == 0 { good(&summary) } else { bad(&summary) };
            let heads = ["operation", "check", "count", "worst", "limit", ""].map(str::to_owned);
            let lines: Vec<[String; 6]> = std::iter::once(heads).chain(rows.iter().map(line)).collect();
            format!("{}{summary}\n", columns(&lines, &[2, 3, 4]))
        })?;
        Ok(u8::from(failed > 0))
    }
}

fn line(row: &Row) -> [String; 6] {
    let verdict = if row.passes() { String::new() } else { bad("FAILED") };
    let (worst, limit) = (format!("{:.1e}", row.worst), format!("{:.0e}", row.kind.tolerance()));
    [row.op.to_owned(), row.kind.name().to_owned(), row.checks.to_string(), worst, limit, verdict]
}

/// A row for programs. `worst` is null if it is not a finite number, which fails.
fn document(row: &Row) -> Value {
    let Row { op, kind, checks, worst, .. } = row;
    let (check, at_most, passes) = (kind.name(), kind.tolerance(), row.passes());
    json!({ "op": op, "check": check, "checks": checks, "worst": worst, "at_most": at_most, "passes": passes })
}
