//! `gradspace diff`: the differences between two results.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::answer::Answer;
use super::style::{bad, good, heading};
use crate::error::{Error, Result};
use crate::report::diff::{Change, Difference, Moved, diff};
use crate::report::folder::{self, Folder};
use crate::report::grid::{columns, indented};

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/diff.txt"))]
#[command(mut_arg("quiet", |quiet| quiet.help("Print one line for each experiment")))]
pub(super) struct Diff {
    /// Results of an experiment, a manifest.json, or a folder of results of several experiments
    a: PathBuf,
    /// The same kind of path for the other results
    b: PathBuf,
    #[command(flatten)]
    answer: Answer,
}

/// One experiment's two results.
#[derive(Serialize)]
struct Pair {
    name: String,
    a: Option<PathBuf>,
    b: Option<PathBuf>,
    /// `None` if only one side has the experiment.
    difference: Option<Difference>,
}

/// The most changed numbers that a text shows.
const SHOWN: usize = 20;

impl Diff {
    pub fn run(self) -> Result<u8> {
        let pairs = pairs(&self.a, &self.b)?;
        self.answer.format.print(&pairs, || pairs.iter().map(|pair| text(pair, self.answer.quiet)).collect())?;
        // A difference is not a failure.
        Ok(0)
    }
}

/// The two results; or, of two folders, the results that have the same name.
fn pairs(a: &Path, b: &Path) -> Result<Vec<Pair>> {
    if let Some(missing) = [a, b].into_iter().find(|path| !path.exists()) {
        return Err(Error::data(missing, "there is no such file or folder"));
    }
    let single = |path: &Path| path.is_file() || path.join(folder::MANIFEST).exists();
    let one = |name: String, a: &Path, b: &Path| -> Result<Pair> {
        let difference = Some(diff(&Folder::read(a).results()?, &Folder::read(b).results()?));
        Ok(Pair { name, a: Some(a.to_path_buf()), b: Some(b.to_path_buf()), difference })
    };
    match (single(a), single(b)) {
        (true, true) => Ok(vec![one(folder::name(a), a, b)?]),
        (false, false) => {
            let folders =
                |path: &Path| Ok::<_, Error>(folder::find(path)?.folders.into_iter().map(|f| folder::name(&f)));
            let mut names: Vec<String> = folders(a)?.chain(folders(b)?).collect();
            names.sort();
            names.dedup();
            let pair = |name: String| {
                let there =
                    |root: &Path| Some(root.join(&name)).filter(|folder| folder.join(folder::MANIFEST).exists());
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
                "has no manifest.json, but {} has one; name the results of two experiments, or two folders of results",
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
            (Some(path), None) | (None, Some(path)) => format!("results only in {}", path.display()),
            _ => "neither folder contains results".to_owned(),
        };
        return format!("{name}: {side}\n");
    };
    let notes: String = difference.notes.iter().map(|note| format!("  {note}\n")).collect();
    if difference.is_empty() {
        return format!("{name}: {}\n{notes}", good("identical"));
    }
    let Difference { record, settings, seeds, inputs, outputs, numbers, claims, .. } = difference;
    let counts = [
        (record.len() + settings.len(), "setting"),
        (seeds.len(), "seed"),
        (inputs.len(), "input"),
        (outputs.len(), "output"),
        (numbers.len(), "number"),
        (claims.len(), "claim"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }));
    let summary = format!("{name}: {}: {}\n", bad("different"), counts.collect::<Vec<_>>().join(", "));
    if quiet {
        return summary;
    }
    let groups = [
        ("", record, WIDE),
        ("setting", settings, WIDE),
        ("seed", seeds, WIDE),
        ("input", inputs, OF_A_HASH),
        ("output", outputs, OF_A_HASH),
    ];
    let mut lines: Vec<[String; 3]> = Vec::new();
    for (group, changes, wide) in groups {
        lines.extend(changes.iter().map(|c: &Change| [group.to_owned(), c.what.clone(), c.arrow(wide)]));
    }
    // A sentence is long, so it is in the last column.
    let claims: Vec<[String; 3]> = claims.iter().map(|c| ["claim".to_owned(), c.arrow(WIDE), c.what.clone()]).collect();
    let shown: Vec<[String; 5]> = numbers.iter().take(SHOWN).map(number).collect();
    let mut text = summary + &indented(&columns(&lines, &[])) + &indented(&columns(&claims, &[])) + &notes;
    text += &indented(&columns(&shown, &[1, 3, 4]));
    if numbers.len() > SHOWN {
        text += &format!("  and {} more numbers; --format json prints all of them\n", numbers.len() - SHOWN);
    }
    text
}

/// The most characters of a value, and of a hash, that a text shows.
const WIDE: usize = 60;
const OF_A_HASH: usize = 12;

fn number(moved: &Moved) -> [String; 5] {
    let show = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.6}"));
    let Moved { method, subset, statistic, old, new, by } = moved;
    let what = format!("{statistic} of {method} on {subset}");
    let by = by.map_or(String::new(), |by| format!("{by:+.1e}"));
    [what, show(*old), "→".to_owned(), show(*new), by]
}
