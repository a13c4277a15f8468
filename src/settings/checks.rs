//! Checks of single values and lists. Their errors point to the value.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::at::At;
use crate::error::Result;
use crate::nearest::suggest;

impl At<'_> {
    /// Fails with `problem` unless the value fits.
    pub(crate) fn require(&self, fits: bool, problem: impl Display) -> Result<()> {
        if fits { Ok(()) } else { Err(self.error(problem)) }
    }

    /// Checks each item of the list.
    pub(crate) fn each<T>(&self, list: &[T], check: impl Fn(&T, &At<'_>) -> Result<()>) -> Result<()> {
        list.iter().enumerate().try_for_each(|(i, item)| check(item, &self.item(i)))
    }

    /// Checks the value if it is given.
    pub(crate) fn if_given<T>(&self, value: &Option<T>, check: impl Fn(&T, &At<'_>) -> Result<()>) -> Result<()> {
        value.as_ref().map_or(Ok(()), |value| check(value, self))
    }

    /// Checks that the number is in `range`.
    pub(crate) fn within(&self, x: usize, range: RangeInclusive<usize>) -> Result<()> {
        self.require(range.contains(&x), format!("{x} is not between {} and {}", range.start(), range.end()))
    }

    /// Checks that the list has an item.
    pub(crate) fn not_empty<T>(&self, list: &[T], what: &str) -> Result<()> {
        self.require(!list.is_empty(), format!("at least one {what} is needed"))
    }

    /// Checks that the text has more than blanks.
    pub(crate) fn filled(&self, text: &str) -> Result<()> {
        self.require(!text.trim().is_empty(), "this text is empty; fill it in")
    }

    /// Checks that no name is empty or in the list twice. `key` is the key of the name in an item, or empty if the item is the name.
    pub(crate) fn unique(&self, names: impl IntoIterator<Item: AsRef<str>>, what: &str, key: &str) -> Result<()> {
        let mut seen = std::collections::BTreeSet::new();
        for (i, name) in names.into_iter().enumerate() {
            let item = if key.is_empty() { self.item(i) } else { self.item(i).key(key) };
            let name = name.as_ref();
            item.filled(name)?;
            item.require(seen.insert(name.to_owned()), format!("the {what} `{name}` is named twice"))?;
        }
        Ok(())
    }

    /// Checks that the list has at least `least` numbers, all in `range` and none twice.
    pub(crate) fn distinct<T>(&self, list: &[T], what: &str, range: RangeInclusive<T>, least: usize) -> Result<()>
    where
        T: Ord + Copy + Display,
    {
        for (i, x) in list.iter().enumerate() {
            let problem = format!("{x} is not a {what}; use a number from {} to {}", range.start(), range.end());
            self.require(range.contains(x), problem)?;
            self.require(!list[..i].contains(x), format!("the {what} {x} is named twice"))?;
        }
        let needed = if least == 1 { " is needed" } else { "s are needed" };
        self.require(list.len() >= least, format!("at least {least} {what}{needed}"))
    }

    /// Checks that the name is one of `names`.
    pub(crate) fn known(&self, what: &str, name: &str, names: &[&str]) -> Result<()> {
        match names.contains(&name) {
            true => Ok(()),
            false => Err(self.error_with_hint(format!("there is no {what} `{name}`"), suggest(name, names))),
        }
    }

    /// Fails if a rule of this table is broken. A broken rule is a key and a requirement.
    pub(crate) fn rule(&self, broken: Option<(&str, &str)>) -> Result<()> {
        broken.map_or(Ok(()), |(key, rule)| Err(self.key(key).error(format!("`{key}` {rule}"))))
    }
}
