//! Words in colour, where somebody sees them.
//!
//! Callers style words as they write them and print the text here. Whether the escape codes get through is decided in one place, when
//! the text is printed: to a terminal they do; to a pipe or a file, and wherever `NO_COLOR` is set, the plain words are left.

use std::io::Write;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use crate::error::{Error, Result};

/// A heading.
pub(super) fn heading(text: &str) -> String {
    paint(Style::new().bold(), text)
}

/// What is as hoped for.
pub(super) fn good(text: &str) -> String {
    paint(AnsiColor::Green.on_default(), text)
}

/// What is not.
pub(super) fn bad(text: &str) -> String {
    paint(AnsiColor::Red.on_default(), text)
}

/// What is open.
pub(super) fn unsure(text: &str) -> String {
    paint(AnsiColor::Yellow.on_default(), text)
}

/// The outcome of a claim or of a comparison with a published number, in its colour. A word that is no outcome stays as it is.
pub(super) fn outcome(word: &str) -> String {
    match word {
        "holds" | "match at the printed digits" | "within tolerance" => good(word),
        "does not hold" | "differs" => bad(word),
        "undecided" | "not attempted" => unsure(word),
        _ => word.to_owned(),
    }
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes styled `text` to standard output. A reader that has gone (`| head`) has seen enough and is no error.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Write { path: PathBuf::from("standard output"), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_their_colours_and_other_words_none() {
        assert_eq!(outcome("holds"), "\u{1b}[32mholds\u{1b}[0m");
        assert_eq!(outcome("does not hold"), bad("does not hold"));
        assert_eq!(outcome("undecided"), unsure("undecided"));
        assert_eq!(outcome("holds here"), "holds here");
        assert_eq!(heading("Files"), "\u{1b}[1mFiles\u{1b}[0m");
    }
}
