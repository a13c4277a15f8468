//! How a command answers: text for people, JSON for programs; and columns for the former.

use clap::ValueEnum;
use serde::Serialize;

/// Text or JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Indented JSON and a final newline.
pub(super) fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("strings, numbers and lists become JSON");
    text.push('\n');
    text
}

/// Lines of cells as aligned text; those in the columns `right` end together, the others begin together.
pub(super) fn columns<L: AsRef<[String]>>(lines: &[L], right: &[usize]) -> String {
    let count = lines.first().map_or(0, |line| line.as_ref().len());
    let wide: Vec<usize> = (0..count).map(|i| widest(lines.iter().map(|line| &line.as_ref()[i]))).collect();
    let line = |line: &L| {
        let cells: Vec<String> = (0..count)
            .map(|i| {
                let (cell, wide) = (&line.as_ref()[i], wide[i]);
                if right.contains(&i) { format!("{cell:>wide$}") } else { format!("{cell:<wide$}") }
            })
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

/// Characters of the longest cell.
pub(super) fn widest<'a>(cells: impl Iterator<Item = &'a String>) -> usize {
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}
