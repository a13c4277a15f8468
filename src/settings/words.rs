//! Serde's errors in the words of an experiment file, and values that are written as text.

use std::fmt::{self, Display, Formatter};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::nearest::suggest;

/// The problem with the value of a key and a hint, from a message of serde. An unknown key may be one of `elsewhere`, which are dotted.
pub(super) fn explain(message: &str, key: &str, elsewhere: &[&str]) -> (String, Option<String>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if let Some(missing) = message.strip_prefix("missing field ") {
        let table = match key {
            "" => "the top of the file".to_owned(),
            key if key.split('.').any(is_number) => named(key),
            key => format!("`[{key}]`"),
        };
        return (format!("{missing} is missing from {table}"), None);
    }
    if let Some((what, _)) = message.strip_prefix("unknown ").and_then(|rest| rest.split_once(" `")) {
        let given = quoted.next().unwrap_or_default();
        let known: Vec<&str> = quoted.collect();
        let what = match what {
            "field" => "key",
            "variant" => "value",
            what => what,
        };
        let last = |full: &&&str| full.rsplit('.').next() == Some(given);
        let hint = match elsewhere.iter().find(last) {
            Some(full) if what == "key" => format!("did you mean `{full}`?"),
            _ => suggest(given, &known),
        };
        return (format!("unknown {what} `{given}`"), Some(hint));
    }
    let invalid = message.strip_prefix("invalid ").and_then(|rest| rest.rsplit_once(", expected "));
    if let Some(((kind, given), wanted)) = invalid.and_then(|(given, wanted)| Some((given.split_once(' ')?, wanted))) {
        let found = match kind {
            "length" if wanted.starts_with("struct ") => "a list".to_owned(),
            "length" => given.to_owned(),
            _ => found(given),
        };
        return (format!("{} must be {}, not {found}", named(key), expected(wanted, given)), None);
    }
    if message.starts_with("wanted ") {
        return (format!("{} must be a text in quotes", named(key)), None);
    }
    (message.to_owned(), None)
}

/// Whether serde expected a list and found a single value.
pub(super) fn wants_a_list(message: &str) -> bool {
    let single = ["string", "integer", "floating point", "boolean"];
    let found = message.strip_prefix("invalid type: ").is_some_and(|found| single.iter().any(|s| found.starts_with(s)));
    found && (message.ends_with("expected a sequence") || message.contains("expected an array of length "))
}

/// A single value of TOML as a list. A text is split at its commas.
pub(super) fn listed(value: &str) -> String {
    match toml::Value::deserialize(toml::de::ValueDeserializer::parse(value).expect("it is TOML")) {
        Ok(toml::Value::String(text)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            format!("[{}]", items.map(bare).collect::<Vec<_>>().join(", "))
        }
        _ => format!("[{value}]"),
    }
}

/// A value of the command line as TOML. If it is not TOML, it is a list of texts in brackets, or a text.
pub(super) fn bare(value: &str) -> String {
    let inside = |value: &str| Some(value.strip_prefix('[')?.strip_suffix(']')?.to_owned());
    match (toml::de::DeValue::parse(value), inside(value.trim())) {
        (Ok(_), _) => value.to_owned(),
        (_, Some(items)) if !items.contains(['[', ']', '{', '}', '"', '\'']) => {
            listed(&toml::Value::String(items).to_string())
        }
        _ => toml::Value::String(value.to_owned()).to_string(),
    }
}

/// The value that serde expects, in the words of an experiment file. `given` is serde's description of the actual value.
fn expected(wanted: &str, given: &str) -> String {
    match wanted {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u64" | "usize" => "a whole number of at least 0".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => {
            let example = given.strip_prefix("string ").map_or_else(|| "[…]".to_owned(), listed);
            format!("a list: {example}")
        }
        wanted if wanted.starts_with("an array of length ") => {
            format!("a list of {} values", &wanted["an array of length ".len()..])
        }
        wanted if wanted.starts_with("struct ") || wanted == "a map" => "a table: { key = value, … }".to_owned(),
        _ => "a text in quotes".to_owned(),
    }
}

/// Serde's description of a value (`string "one"`, `` integer `-1` ``, `map`) in the words of an experiment file.
fn found(given: &str) -> String {
    match given.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        _ => match given.split('`').nth(1) {
            Some(value) => value.to_owned(),
            None if given == "map" => "a table".to_owned(),
            None => "a list".to_owned(),
        },
    }
}

/// The name of a dotted key in an error: `seed`, or item 2 of `methods`.
fn named(key: &str) -> String {
    match key.rsplit_once('.') {
        Some((list, i)) if is_number(i) => {
            let list = list.rsplit('.').next().unwrap_or_default();
            format!("item {} of `{list}`", i.parse::<usize>().expect("digits") + 1)
        }
        Some((_, name)) => format!("`{name}`"),
        None if key.is_empty() => "the file".to_owned(),
        None => format!("`{key}`"),
    }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

/// A value that is written as text and parsed with [`FromStr`]. Its error has the place of the text, also in a list.
struct Word<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word<T>, D::Error> {
        struct Read<T>(PhantomData<T>);

        impl<T: FromStr<Err: Display>> Visitor<'_> for Read<T> {
            type Value = Word<T>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word<T>, E> {
                text.parse().map(Word).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Read(PhantomData))
    }
}

/// Reads a value that is written as text.
pub(crate) fn word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Word::deserialize(deserializer)?.0)
}

/// Reads a list of values that are written as text.
pub(crate) fn words<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Word<T>>::deserialize(deserializer)?.into_iter().map(|word| word.0).collect())
}

/// Reads a list of numbers and sorts it.
pub(crate) fn ascending<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let mut list = Vec::<u8>::deserialize(deserializer)?;
    list.sort_unstable();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_quotes_is_a_text_or_a_list_of_texts() {
        for (value, toml) in [
            ("psnr", "\"psnr\""),
            ("[psnr, ssim]", "[\"psnr\", \"ssim\"]"),
            ("[1, 2]", "[1, 2]"),
            ("[\"psnr\"]", "[\"psnr\"]"),
            ("[a[1]]", "\"[a[1]]\""),
            ("{", "\"{\""),
        ] {
            assert_eq!(bare(value), toml);
        }
    }

    #[test]
    fn a_single_value_becomes_a_list() {
        for (value, list) in
            [("\"psnr, ssim\"", "[\"psnr\", \"ssim\"]"), ("\"1,2\"", "[1, 2]"), ("3", "[3]"), ("\"\"", "[]")]
        {
            assert_eq!(listed(value), list);
        }
    }
}
