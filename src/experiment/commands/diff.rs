//! `gradspace diff`: what differs between two results, and which numbers moved.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::experiment::format::{Format, columns, json};
use crate::experiment::style::{bad, good, heading, print};
use crate::report::diff::{Change, Difference, Moved, diff};
use crate::report::results::{self, Results};

#[derive(Debug, Args)]
pub(in crate::experiment) struct Diff {
    /// An experiment's results, a folder of them, or a manifest
    a: PathBuf,
    /// What to compare it with, of the same sort
    b: PathBuf,
    /// How the difference is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print a line per experiment
    #[arg(long)]
    quiet: bool,
}

/// One experiment's two results.
#[derive(Serialize)]
struct Pair {
    name: String,
    a: Option<PathBuf>,
    b: Option<PathBuf>,
    /// `None` where it is on one side only.
    difference: Option<Difference>,
}

/// Moved numbers that a text shows.
const SHOWN: usize = 20;

impl Diff {
    pub fn run(self) -> Result<u8> {
        let pairs = pairs(&self.a, &self.b)?;
        print(&match self.format {
            Format::Json => json(&pairs),
            Format::Text => pairs.iter().map(|pair| text(pair, self.quiet)).collect::<Vec<_>>().join(""),
        })?;
        // A difference is an answer and no failure.
        Ok(0)
    }
}

/// The results on both sides: those two, or those of the same name in two folders of results.
fn pairs(a: &Path, b: &Path) -> Result<Vec<Pair>> {
    let single = |path: &Path| path.is_file() || path.join(results::MANIFEST).exists();
    let one = |name: String, a: &Path, b: &Path| -> Result<Pair> {
        let difference = Some(diff(&Results::read(a)?, &Results::read(b)?));
        Ok(Pair { name, a: Some(a.to_path_buf()), b: Some(b.to_path_buf()), difference })
    };
    match (single(a), single(b)) {
        (true, true) => Ok(vec![one(results::name(a), a, b)?]),
        (false, false) => {
            let folders =
                |path: &Path| Ok::<_, Error>(results::find(path)?.folders.into_iter().map(|f| results::name(&f)));
            let mut names: Vec<String> = folders(a)?.chain(folders(b)?).collect();
            names.sort();
            names.dedup();
            let pair = |name: String| {
                let there =
                    |root: &Path| Some(root.join(&name)).filter(|folder| folder.join(results::MANIFEST).exists());
                match (there(a), there(b)) {
                    (Some(a), Some(b)) => one(name, &a, &b),
                    (a, b) => Ok(Pair { name, a, b, difference: None }),
                }
            };
            names.into_iter().map(pair).collect()
        }
        (of_one, _) => {
            let (one, other) = if of_one { (a, b) } else { (b, a) };
            let problem = format!(
                "has no manifest.json, and {} has: name two experiments, or two folders of them",
                one.display()
            );
            Err(Error::data(other, problem))
        }
    }
}

fn text(pair: &Pair, quiet: bool) -> String {
    let name = heading(&pair.name);
    let Some(difference) = &pair.difference else {
        let side = match (&pair.a, &pair.b) {
            (Some(path), None) => format!("only {}", path.display()),
            (None, Some(path)) => format!("only {}", path.display()),
            _ => "no results on either side".to_owned(),
        };
        return format!("{name}: {side}\n");
    };
    let notes: String = difference.notes.iter().map(|note| format!("  {note}\n")).collect();
    if difference.is_empty() {
        return format!("{name}: {}\n{notes}", good("the same"));
    }
    let Difference { record, settings, seeds, inputs, outputs, numbers, claims, .. } = difference;
    let counts = [
        (record.len() + settings.len(), "setting", "settings"),
        (seeds.len(), "seed", "seeds"),
        (inputs.len(), "input", "inputs"),
        (outputs.len(), "output", "outputs"),
        (numbers.len(), "number", "numbers"),
        (claims.len(), "claim", "claims"),
    ];
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    let counts = counts.map(|&(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }));
    let summary = format!("{name}: {}: {}\n", bad("they differ"), counts.collect::<Vec<_>>().join(", "));
    if quiet {
        return summary;
    }
    let mut lines: Vec<[String; 3]> = Vec::new();
    let groups = [("", record), ("setting", settings), ("seed", seeds), ("input", inputs), ("output", outputs)];
    for (group, changes) in groups {
        let line = |c: &Change| [group.to_owned(), c.what.clone(), arrow(c, matches!(group, "input" | "output"))];
        lines.extend(changes.iter().map(line));
    }
    // Sentences are long: they come last.
    let claims: Vec<[String; 3]> =
        claims.iter().map(|c| ["claim".to_owned(), arrow(c, false), c.what.clone()]).collect();
    let mut text = summary + &indented(&columns(&lines, &[])) + &indented(&columns(&claims, &[])) + &notes;
    if !numbers.is_empty() {
        let shown: Vec<[String; 5]> = numbers.iter().take(SHOWN).map(number).collect();
        text += &indented(&columns(&shown, &[1, 3, 4]));
    }
    if numbers.len() > SHOWN {
        text += &format!("  and {} numbers more; --format json has all\n", numbers.len() - SHOWN);
    }
    text
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

/// Characters of a value that a text shows; of a hash, as many as a reader compares.
const WIDE: usize = 60;
const OF_A_HASH: usize = 12;

fn arrow(change: &Change, hashes: bool) -> String {
    let show = |value: &Option<Value>| {
        let text = match value {
            None => return "none".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let wide = if hashes { OF_A_HASH } else { WIDE };
        if text.chars().count() <= wide { text } else { text.chars().take(wide).chain(['…']).collect() }
    };
    format!("{} → {}", show(&change.old), show(&change.new))
}

fn number(moved: &Moved) -> [String; 5] {
    let show = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.6}"));
    let Moved { method, subset, statistic, old, new, by } = moved;
    let what = format!("{statistic} of {method} on {subset}");
    let by = by.map_or(String::new(), |by| format!("{by:+.1e}"));
    [what, show(*old), "→".to_owned(), show(*new), by]
}
