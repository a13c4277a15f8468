//! The place of a value, for errors about it.
//!
//! A check moves an [`At`] to the value that it checks. Its errors point to that place: in the file, or in the `--set` or `--data` that
//! gives the value.

use std::fmt::Display;

use super::places::{Places, below};
use super::text::Text;
use crate::error::Error;

/// The place of a value of an experiment, by its key.
#[derive(Clone)]
pub struct At<'a> {
    text: &'a Text,
    places: &'a Places,
    key: String,
}

impl<'a> At<'a> {
    /// The place of the whole experiment.
    pub fn top(text: &'a Text, places: &'a Places) -> At<'a> {
        At { text, places, key: String::new() }
    }

    /// The place of a key of this table. A dotted key names a table inside it.
    pub fn key(&self, name: &str) -> At<'a> {
        At { key: below(&self.key, name), ..*self }
    }

    /// The place of an item of this list, from 0.
    pub fn item(&self, i: usize) -> At<'a> {
        self.key(&i.to_string())
    }

    /// An error that points to the value, or to the table around it if the value is not written.
    pub fn error(&self, problem: impl Display) -> Error {
        self.text.error(self.places.find(&self.key), &problem.to_string(), None)
    }

    /// [`At::error`] with a hint after the caret.
    pub fn error_with_hint(&self, problem: impl Display, hint: String) -> Error {
        self.text.error(self.places.find(&self.key), &problem.to_string(), Some(hint))
    }

    /// Whether the command line gives the value.
    pub fn is_override(&self) -> bool {
        self.text.is_override(&self.places.find(&self.key))
    }
}
