//! Colours of words on a terminal.
//!
//! Commands style words while they make their text. [`print`](crate::run::progress::print) removes the escape codes if the output is a
//! pipe or a file, or if `NO_COLOR` is set.

use anstyle::{AnsiColor, Style};

/// A heading.
pub(super) fn heading(text: &str) -> String {
    paint(Style::new().bold(), text)
}

/// A success.
pub(super) fn good(text: &str) -> String {
    paint(AnsiColor::Green.on_default(), text)
}

/// A failure.
pub(super) fn bad(text: &str) -> String {
    paint(AnsiColor::Red.on_default(), text)
}

/// Neither a success nor a failure.
pub(super) fn unsure(text: &str) -> String {
    paint(AnsiColor::Yellow.on_default(), text)
}

/// The outcome of a claim or of a comparison with a published number, in its colour. Any other word stays plain.
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
