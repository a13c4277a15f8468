//! The answer of a command: text for people, JSON for programs, and less of it with `--quiet`.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::error::Result;
use crate::files::json;
use crate::run::progress::print;

/// The options of an answer in text or JSON, or in the formats `F`.
#[derive(Debug, Args)]
pub(super) struct Answer<F: ValueEnum + Default + Send + Sync + 'static = Format> {
    /// Format of the output
    #[arg(long, value_enum, default_value_t)]
    pub format: F,
    /// Print less
    #[arg(long)]
    pub quiet: bool,
}

/// Text or JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

impl Format {
    /// Prints `document` as JSON, or the text.
    pub fn print(self, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        print(&match self {
            Format::Text => text(),
            Format::Json => json(document),
        })
    }
}
