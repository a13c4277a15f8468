//! From the TOML text of an experiment to checked settings, for every kind of experiment.
//!
//! Settings are structs that serde reads, with `deny_unknown_fields`. Each has a function `check(&self, at: &At) -> Result<()>`, which
//! checks ranges and combinations. [`At`](at::At) has the place of each value, so that an error points to it.
//!
//! | module | what it does |
//! |---|---|
//! | [`text`] | the file and the overrides of the command line as one text, and errors that point to a place in it |
//! | [`words`] | serde's errors in the words of an experiment file |
//! | [`places`], [`at`] | the place of each value, and errors that point there |
//! | [`checks`] | checks of single values and lists |
//! | [`dataset`] | the table `[dataset]` |
//! | [`claims`] | the table `[[claim]]`: a claim of the paper and its tests |

pub mod at;
pub mod checks;
pub mod claims;
pub mod dataset;
pub mod places;
pub mod text;
pub mod words;

use std::path::Path;

use serde_json::{Map, Value};

/// The last part of a path. A manifest contains no more of it.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Replaces a path, or each path of a list, by its last part.
pub(crate) fn only_names(value: &mut Value) {
    match value {
        Value::String(path) => *path = name_of(Path::new(path)),
        Value::Array(paths) => paths.iter_mut().for_each(only_names),
        _ => {}
    }
}

/// The value without null keys, which TOML cannot write.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k, without_nulls(v)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        value => value,
    }
}
