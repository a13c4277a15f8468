//! `gradspace check-gradients`: every derivative, numerically.

use clap::Args;
use serde::Serialize;

use crate::autodiff::check;
use crate::error::Result;
use crate::experiment::command::Machine;
use crate::experiment::format::{Format, columns, json};
use crate::experiment::style::{bad, good, print};

#[derive(Debug, Args)]
pub(in crate::experiment) struct CheckGradients {
    /// How the table is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print only the rows that fail
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    machine: Machine,
}

/// A row for programs.
#[derive(Serialize)]
struct Row {
    op: &'static str,
    check: &'static str,
    checks: usize,
    /// Null where it is not a number, which fails.
    worst: Option<f64>,
    at_most: f64,
    passes: bool,
}

impl CheckGradients {
    pub fn run(self) -> Result<u8> {
        self.machine.apply()?;
        let rows = check::table();
        let failed = rows.iter().filter(|row| !row.passes()).count();
        let shown = rows.iter().filter(|row| !(self.quiet && row.passes()));
        match self.format {
            Format::Json => print(&json(&shown.map(row).collect::<Vec<_>>()))?,
            Format::Text => {
                let mut lines = vec![["op", "check", "checks", "worst", "at most", ""].map(str::to_owned)];
                lines.extend(shown.map(|row| {
                    let verdict = if row.passes() { String::new() } else { bad("FAILED") };
                    let (op, kind, most) = (row.op.to_owned(), row.kind.name().to_owned(), row.kind.tolerance());
                    [op, kind, row.checks.to_string(), format!("{:.1e}", row.worst), format!("{most:.0e}"), verdict]
                }));
                if !self.quiet || failed > 0 {
                    let summary = format!("{} of {} rows hold", rows.len() - failed, rows.len());
                    let summary = if failed == 0 { good(&summary) } else { bad(&summary) };
                    print(&format!("{}{summary}\n", columns(&lines, &[2, 3, 4])))?;
                }
            }
        }
        Ok(u8::from(failed > 0))
    }
}

fn row(row: &check::Row) -> Row {
    let worst = row.worst.is_finite().then_some(row.worst);
    let (op, check, at_most) = (row.op, row.kind.name(), row.kind.tolerance());
    Row { op, check, checks: row.checks, worst, at_most, passes: row.passes() }
}
