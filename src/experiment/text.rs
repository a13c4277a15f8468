//! The text of an experiment file together with the command line's overrides, and errors that point into either.
//!
//! `--set dotted.key=value` is TOML like any line of the file, so it is read by the same parser and merged before anything is
//! checked. Each override is parsed behind as many blanks as the texts before it are long: every span then names one place
//! in all of them, and an error can show the very characters at fault whether they stand in the file or on the command line.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::error::{Error, Result};

/// One piece of TOML: the file, or one override.
struct Piece {
    /// What an error calls it: the file's path, or `--set`.
    name: String,
    /// The text behind `start` blanks.
    padded: String,
    /// Where in all the texts this one starts.
    start: usize,
}

/// The file's text and the overrides', in one numbering of bytes.
pub(super) struct Text {
    pieces: Vec<Piece>,
}

impl Text {
    /// Reads the experiment file and takes the overrides, each `dotted.key=value`.
    ///
    /// A value that is not TOML is taken as a string: `--set iqa.weights=my.mat` needs no quotes.
    ///
    /// # Errors
    /// [`Error::Usage`] when the file cannot be read as text or an override has no `=`.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Text> {
        let file = std::fs::read_to_string(path)
            .map_err(|e| Error::Usage(format!("{}: the experiment file cannot be read: {e}", path.display())))?;
        Text::new(path.display().to_string(), &file, overrides)
    }

    /// As [`Text::read`], with the file's text at hand; `name` is what errors call it.
    pub fn new(name: String, file: &str, overrides: &[String]) -> Result<Text> {
        let mut pieces = vec![Piece { name, padded: file.to_owned(), start: 0 }];
        for given in overrides {
            let (key, value) = given.split_once('=').ok_or_else(|| {
                Error::Usage(format!("--set {given}: write it as dotted.key=value, e.g. --set seed=7"))
            })?;
            let mut line = format!("{key}={value}");
            if DeTable::parse(&line).is_err() {
                line = format!("{key}={}", toml::Value::String(value.to_owned()));
            }
            let start = pieces.last().map_or(0, |p| p.padded.len()) + 1;
            pieces.push(Piece { name: "--set".into(), padded: format!("{}{line}", " ".repeat(start)), start });
        }
        Ok(Text { pieces })
    }

    /// The one table that the file and the overrides make together.
    pub fn table(&self) -> Result<Spanned<DeTable<'_>>> {
        let mut whole: Option<Spanned<DeTable<'_>>> = None;
        for piece in &self.pieces {
            let table = DeTable::parse(&piece.padded).map_err(|e| self.toml_error(&e, piece.start))?;
            match &mut whole {
                None => whole = Some(table),
                Some(whole) => merge(whole.get_mut(), table.into_inner()),
            }
        }
        Ok(whole.expect("the file is always a piece"))
    }

    /// `table` as a `T`; an unknown key, a missing one or a wrong type is an error that points at it.
    pub fn deserialize<T: DeserializeOwned>(&self, table: Spanned<DeTable<'_>>) -> Result<T> {
        T::deserialize(Deserializer::from(table)).map_err(|e| self.toml_error(&e, 0))
    }

    /// Whether `span` lies on the command line rather than in the file.
    pub fn is_override(&self, span: &Range<usize>) -> bool {
        self.pieces.get(1).is_some_and(|first| span.start >= first.start)
    }

    /// An error about the characters in `span`: file and line, what is wrong, the line with a caret, and a hint below it.
    pub fn error(&self, span: Range<usize>, problem: &str, hint: Option<String>) -> Error {
        let piece = self.pieces.iter().rev().find(|p| p.start <= span.start).unwrap_or(&self.pieces[0]);
        let at = span.start.min(piece.padded.len());
        let line_start = piece.padded[..at].rfind('\n').map_or(piece.start, |i| i + 1);
        let line_end = piece.padded[at..].find('\n').map_or(piece.padded.len(), |i| at + i);
        let line = &piece.padded[line_start..line_end];
        let number = piece.padded[..at].matches('\n').count() + 1;
        let column = piece.padded[line_start..at].chars().count();
        let width = piece.padded[at..span.end.clamp(at, line_end)].chars().count().max(1);
        let (place, gutter) = match piece.start {
            0 => (format!("{}:{number}:{}", piece.name, column + 1), number.to_string()),
            _ => (format!("{} {}", piece.name, line.split('=').next().unwrap_or_default()), String::new()),
        };
        let margin = " ".repeat(gutter.len());
        let hint = hint.map(|h| format!(" {h}")).unwrap_or_default();
        Error::Usage(format!(
            "{place}: {problem}\n{gutter} | {line}\n{margin} | {}{}{hint}",
            " ".repeat(column),
            "^".repeat(width)
        ))
    }

    fn toml_error(&self, error: &toml::de::Error, start: usize) -> Error {
        let (problem, hint) = explain(error.message().trim());
        self.error(error.span().unwrap_or(start..start), &problem, hint)
    }
}

/// Puts `over` on top of `base`, table by table.
fn merge<'i>(base: &mut DeTable<'i>, over: DeTable<'i>) {
    for (key, mut value) in over {
        if let (Some(DeValue::Table(old)), DeValue::Table(new)) =
            (base.get_mut(&key).map(Spanned::get_mut), value.get_mut())
        {
            merge(old, std::mem::take(new));
        } else {
            // Removed first: inserting alone would keep the old key and with it the old place.
            base.remove(&key);
            base.insert(key, value);
        }
    }
}

/// Serde's sentence about an unknown name, in ours and with the nearest of the names it lists in backticks.
fn explain(message: &str) -> (String, Option<String>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let what = match message {
        m if m.starts_with("unknown field") => "key",
        m if m.starts_with("unknown variant") => "value",
        _ => return (message.to_owned(), None),
    };
    let given = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    (format!("unknown {what} `{given}`"), Some(suggest(given, &known)))
}

/// "did you mean …?" with the name nearest to `given`, or the list of names when none is near.
pub(super) fn suggest(given: &str, known: &[&str]) -> String {
    let near = known.iter().map(|name| (edit_distance(given, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 1 + given.chars().count() / 3 => format!("did you mean `{name}`?"),
        _ => format!("one of {} is known here", known.join(", ")),
    }
}

/// Levenshtein's distance: insertions, deletions and substitutions that turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Top {
        seed: u64,
        part: Part,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        weights: String,
        size: Vec<usize>,
    }

    const FILE: &str = "seed = 1\n\n[part]\nweights = \"a\"\nsize = [1, 2]\n";

    fn read(file: &str, overrides: &[&str]) -> Result<Top> {
        let overrides: Vec<String> = overrides.iter().map(|s| s.to_string()).collect();
        let text = Text::new("x.toml".into(), file, &overrides)?;
        text.deserialize(text.table()?)
    }

    #[test]
    fn overrides_replace_values_and_need_no_quotes() {
        let top = read(FILE, &["part.weights=b/c.mat", "seed=7", "part.size=[3]", "seed=8"]).unwrap();
        assert_eq!((top.seed, top.part.weights.as_str(), top.part.size.as_slice()), (8, "b/c.mat", &[3][..]));
    }

    #[test]
    fn errors_show_place_line_caret_and_the_nearest_name() {
        let table: [(&str, &[&str], &[&str]); 8] = [
            (
                "seed = 1\n[part]\nwieghts = \"a\"\n",
                &[],
                &["x.toml:3:1: unknown key `wieghts`\n3 | wieghts = \"a\"\n  | ^^^^^^^ did you mean `weights`?"],
            ),
            (
                "seed = \"one\"\n",
                &[],
                &["x.toml:1:8: invalid type: string \"one\"", "1 | seed = \"one\"\n  |        ^^^^^"],
            ),
            ("seed = 1\nseed = 2\n", &[], &["x.toml:2:1: duplicate key", "2 | seed = 2\n  | ^^^^"]),
            ("seed = \n", &[], &["x.toml:1:"]),
            ("[part]\nweights = \"a\"\nsize = []\n", &[], &["missing field `seed`"]),
            (FILE, &["part.wieghts=b"], &["--set part.wieghts: unknown key `wieghts`", "did you mean `weights`?"]),
            (FILE, &["seed=x"], &["--set seed: invalid type", " | seed=\"x\"", "     ^^^"]),
            (FILE, &["seed"], &["--set seed: write it as dotted.key=value"]),
        ];
        for (file, overrides, expected) in table {
            let message = read(file, overrides).unwrap_err().to_string();
            for part in expected {
                assert!(message.contains(part), "{message}\nshould contain\n{part}");
            }
        }
    }

    #[test]
    fn a_span_at_the_end_or_inside_a_wide_character_line_does_not_panic() {
        for file in ["", "é", "ü = 1", "\u{feff}seed", "seed = 1\n[part", "a.b.c = {", "=", "\n\n[[", "x = '''"] {
            for overrides in [&[][..], &["=1"], &["é=ü"], &["a..b=1"], &["seed.x=1"]] {
                assert!(read(file, overrides).is_err());
            }
        }
    }

    #[test]
    fn the_distance_is_levenshteins() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(suggest("gradeint", &["unique", "gradient"]), "did you mean `gradient`?");
        assert_eq!(suggest("zzz", &["unique", "gradient"]), "one of unique, gradient is known here");
    }
}
