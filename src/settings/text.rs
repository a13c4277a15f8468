//! The text of an experiment file and the overrides of the command line, and errors that point to a place in them.
//!
//! `--set dotted.key=value` is a line of TOML. It is parsed like the file and merged before the settings are checked. Blanks before each
//! override fill the length of the texts before it. So a span is unique over all texts, and an error can show the wrong
//! characters in the file or on the command line.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::places::Places;
use super::words::{bare, explain, listed, wants_a_list};
use crate::error::{Error, Result};
use crate::nearest::suggest;

/// One piece of text: the file, or one override.
struct Piece {
    /// The name in an error: the file's path, or `--set` with the key.
    name: String,
    /// The text after `start` blanks.
    padded: String,
    /// The position where this text starts among all texts.
    start: usize,
    what: What,
}

/// The effect of a piece of text.
#[derive(Clone, Copy, PartialEq)]
enum What {
    /// TOML that overrides the pieces before.
    Sets,
    /// TOML whose keys are removed.
    Removes,
    /// The path of the dataset, not TOML.
    Data,
}

/// The texts of the file and of the overrides, with byte positions that are unique over all of them.
pub struct Text {
    pieces: Vec<Piece>,
}

impl Text {
    /// Reads the experiment file. `data` and `overrides` are the values of `--data` and `--set`.
    ///
    /// An override is `dotted.key=value`. A value that is not TOML is a text: `--set iqa.weights=my.mat` needs no quotes. An empty
    /// value removes the key.
    ///
    /// # Errors
    /// [`Error::Usage`] if the file cannot be read as text or an override has no `=`.
    pub fn read(path: &Path, data: Option<&Path>, overrides: &[String]) -> Result<Text> {
        let fail = |problem: String| Error::Usage(format!("{}: the experiment file {problem}", path.display()));
        let file = crate::files::read(path).map_err(|error| match error {
            Error::Data { problem, .. } => fail(problem),
            other => other,
        })?;
        let file = String::from_utf8(file).map_err(|_| fail("cannot be read: it is not UTF-8 text".to_owned()))?;
        Text::new(path.display().to_string(), &file, data, overrides)
    }

    /// [`Text::read`] for the text of a file. Errors call the file `name`.
    ///
    /// # Errors
    /// [`Error::Usage`] if an override has no `=`.
    pub fn new(name: String, file: &str, data: Option<&Path>, overrides: &[String]) -> Result<Text> {
        let mut text = Text { pieces: vec![Piece { name, padded: file.to_owned(), start: 0, what: What::Sets }] };
        for given in overrides {
            let (key, value) = given.split_once('=').ok_or_else(|| {
                Error::Usage(format!(
                    "--set {given}: write it as dotted.key=value, e.g. --set seed=7; an empty value removes the key"
                ))
            })?;
            let (line, what) = match value {
                "" => (format!("{key}=\"\""), What::Removes),
                value => (format!("{key}={}", bare(value)), What::Sets),
            };
            text.push(format!("--set {key}"), &line, what);
        }
        if let Some(data) = data {
            text.push("--data".to_owned(), &data.to_string_lossy(), What::Data);
        }
        Ok(text)
    }

    fn push(&mut self, name: String, text: &str, what: What) {
        let start = self.pieces.last().map_or(0, |p| p.padded.len()) + 1;
        self.pieces.push(Piece { name, padded: format!("{}{text}", " ".repeat(start)), start, what });
    }

    /// The table of the file with the overrides of the command line.
    ///
    /// # Errors
    /// [`Error::Usage`], with the place, if the text is not TOML or a key to remove does not exist.
    pub fn table(&self) -> Result<Spanned<DeTable<'_>>> {
        let mut whole = self.parse(&self.pieces[0])?;
        for piece in &self.pieces[1..] {
            match piece.what {
                What::Sets => merge(whole.get_mut(), self.parse(piece)?.into_inner()),
                What::Removes => self.remove(whole.get_mut(), self.parse(piece)?.get_ref())?,
                What::Data => {
                    let span = piece.start..piece.padded.len();
                    let value = DeValue::String(piece.padded[piece.start..].into());
                    let entry = |name: &'static str, value, span: Range<usize>| {
                        DeTable::from_iter([(Spanned::new(span.clone(), name.into()), Spanned::new(span, value))])
                    };
                    // The table has an empty span, which differs from the span of the path.
                    let path = DeValue::Table(entry("path", value, span.clone()));
                    merge(whole.get_mut(), entry("dataset", path, span.start..span.start));
                }
            }
        }
        Ok(whole)
    }

    fn parse<'t>(&self, piece: &'t Piece) -> Result<Spanned<DeTable<'t>>> {
        DeTable::parse(&piece.padded)
            .map_err(|e| self.error(e.span().unwrap_or(piece.start..piece.start), e.message().trim(), None))
    }

    /// Removes the keys of `unwanted` from `table`.
    fn remove(&self, table: &mut DeTable<'_>, unwanted: &DeTable<'_>) -> Result<()> {
        for (key, below) in unwanted {
            let name = &**key.get_ref();
            match (table.get_mut(name).map(Spanned::get_mut), below.get_ref()) {
                (Some(DeValue::Table(table)), DeValue::Table(below)) => self.remove(table, below)?,
                (Some(_), DeValue::String(_)) => drop(table.remove(name)),
                _ => {
                    let known: Vec<&str> = table.keys().map(|key| &**key.get_ref()).collect();
                    let problem = format!("there is no key `{name}` to remove");
                    return Err(self.error(key.span(), &problem, Some(suggest(name, &known))));
                }
            }
        }
        Ok(())
    }

    /// The settings, without the key `kind`, and the places of their values. If the command line gives a single value for a list, it
    /// becomes a list: `--set iqa.methods=psnr,ssim`.
    ///
    /// # Errors
    /// The errors of [`Text::table`]. [`Error::Usage`], with the place, for an unknown or missing key or a value of the wrong type.
    pub fn settings<T: DeserializeOwned>(&mut self) -> Result<(T, Places)> {
        loop {
            let mut table = self.table()?;
            let places = Places::of(&table);
            table.get_mut().remove("kind");
            let error = match T::deserialize(Deserializer::from(table)) {
                Ok(settings) => return Ok((settings, places)),
                Err(error) => error,
            };
            let (message, span) = (error.message().trim(), error.span().unwrap_or(0..0));
            if self.is_override(&span) && wants_a_list(message) {
                self.list(span);
                continue;
            }
            // A key on the command line may belong to another table.
            let of_file = places.iter().filter(|(_, place)| self.is_override(&span) && !self.is_override(place));
            let elsewhere: Vec<&str> = of_file.map(|(key, _)| key).collect();
            let (problem, hint) = explain(message, places.key_of(&span).unwrap_or_default(), &elsewhere);
            return Err(self.error(span, &problem, hint));
        }
    }

    /// Turns the value in `span`, on the command line, into a list.
    fn list(&mut self, span: Range<usize>) {
        let given = self.pieces.iter().rposition(|piece| piece.start <= span.start).expect("the file starts at 0");
        for (i, piece) in self.pieces.split_off(given).into_iter().enumerate() {
            let mut line = piece.padded;
            if i == 0 {
                line.replace_range(span.clone(), &listed(&line[span.clone()]));
            }
            self.push(piece.name, &line[piece.start..], piece.what);
        }
    }

    /// Whether `span` is on the command line, not in the file.
    pub fn is_override(&self, span: &Range<usize>) -> bool {
        self.pieces.get(1).is_some_and(|first| span.start >= first.start)
    }

    /// An error about the characters in `span`: the file and line, the problem, the line, and a caret with a hint.
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
            _ => (piece.name.clone(), String::new()),
        };
        let margin = " ".repeat(gutter.len());
        let hint = hint.map(|h| format!(" {h}")).unwrap_or_default();
        Error::Usage(format!(
            "{place}: {problem}\n{gutter} | {line}\n{margin} | {}{}{hint}",
            " ".repeat(column),
            "^".repeat(width)
        ))
    }
}

/// Overrides the keys of `base` with those of `over`, table by table.
fn merge<'i>(base: &mut DeTable<'i>, over: DeTable<'i>) {
    for (key, mut value) in over {
        if let (Some(DeValue::Table(old)), DeValue::Table(new)) =
            (base.get_mut(&key).map(Spanned::get_mut), value.get_mut())
        {
            merge(old, std::mem::take(new));
        } else {
            // The key is removed first, since an insertion would keep the old key and its place.
            base.remove(&key);
            base.insert(key, value);
        }
    }
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
        Ok(Text::new("x.toml".into(), file, None, &overrides)?.settings()?.0)
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
                &[
                    "x.toml:1:8: `seed` must be a whole number of at least 0, not the text \"one\"",
                    "1 | seed = \"one\"\n  |        ^^^^^",
                ],
            ),
            ("seed = 1\nseed = 2\n", &[], &["x.toml:2:1: duplicate key", "2 | seed = 2\n  | ^^^^"]),
            ("seed = \n", &[], &["x.toml:1:"]),
            ("[part]\nweights = \"a\"\nsize = []\n", &[], &["`seed` is missing from the top of the file"]),
            (FILE, &["part.wieghts=b"], &["--set part.wieghts: unknown key `wieghts`", "did you mean `weights`?"]),
            (FILE, &["seed=x"], &["--set seed: `seed` must be a whole number", " | seed=\"x\"", "     ^^^"]),
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
}
