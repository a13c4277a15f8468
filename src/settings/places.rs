//! The place of each value in the text of an experiment.
//!
//! A value has a dotted key. Items of a list are numbered from 0: `sources.0.name`.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The span of each value, by dotted key. The whole table has the empty key.
#[derive(Clone, Debug)]
pub struct Places(BTreeMap<String, Range<usize>>);

impl Places {
    /// The places of the values of `table`.
    pub fn of(table: &Spanned<DeTable<'_>>) -> Places {
        let mut places = Places(BTreeMap::from([(String::new(), table.span())]));
        places.add_table("", table.get_ref());
        places
    }

    fn add_table(&mut self, key: &str, table: &DeTable<'_>) {
        table.iter().for_each(|(name, value)| self.add(below(key, name.get_ref()), value));
    }

    fn add(&mut self, key: String, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.add_table(&key, table),
            DeValue::Array(list) => {
                list.iter().enumerate().for_each(|(i, item)| self.add(below(&key, &i.to_string()), item))
            }
            _ => {}
        }
        self.0.insert(key, value.span());
    }

    /// The span of the value, or of the innermost table or list around it.
    pub(super) fn find(&self, key: &str) -> Range<usize> {
        match (self.0.get(key), key.rsplit_once('.')) {
            (Some(span), _) => span.clone(),
            (None, Some((table, _))) => self.find(table),
            (None, None) => self.0[""].clone(),
        }
    }

    /// The key of the value in `span`.
    pub(super) fn key_of(&self, span: &Range<usize>) -> Option<&str> {
        let keys = self.0.iter().filter(|(_, place)| *place == span).map(|(key, _)| key.as_str());
        keys.max_by_key(|key| key.len())
    }

    /// The key and the span of every value except the whole table.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Range<usize>)> {
        self.0.iter().map(|(key, span)| (key.as_str(), span)).filter(|(key, _)| !key.is_empty())
    }
}

pub(super) fn below(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}
