//! What differs between two results, and which numbers moved with it.
//!
//! A result is a function of its manifest's settings, seeds, inputs and version. So two that differ differ in one of these, and the
//! difference is listed beside what came of it: the files, and the numbers of the table by how far they moved.

use super::manifest::Manifest;
use super::results::Results;
use super::table::{Row, Table};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Something that has one value in one result and another, or none, in the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What it is: a setting's dotted key, a file's name, …
    pub what: String,
    /// In the first; `None` where it has no such thing.
    pub old: Option<Value>,
    /// In the second.
    pub new: Option<Value>,
}

/// A number of the table that is another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// As in the table.
    pub method: String,
    /// As in the table.
    pub subset: String,
    /// As in the table.
    pub statistic: String,
    /// In the first; `None` where it has no such row.
    pub old: Option<f64>,
    /// In the second.
    pub new: Option<f64>,
    /// New less old, where there are both.
    pub by: Option<f64>,
}

/// All that differs between two results.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Title, data and version.
    pub record: Vec<Change>,
    /// Settings of the experiment, by dotted key.
    pub settings: Vec<Change>,
    /// Seeds, by purpose.
    pub seeds: Vec<Change>,
    /// Hashes of what was read, by name.
    pub inputs: Vec<Change>,
    /// Hashes of what was written, by name.
    pub outputs: Vec<Change>,
    /// Numbers of the table, the farthest first; then those that only one of the two has.
    pub numbers: Vec<Moved>,
    /// Outcomes of claims, by their sentence.
    pub claims: Vec<Change>,
    /// What could not be compared, and why.
    pub notes: Vec<String>,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        let Difference { record, settings, seeds, inputs, outputs, numbers, claims, notes: _ } = self;
        numbers.is_empty() && [record, settings, seeds, inputs, outputs, claims].into_iter().all(Vec::is_empty)
    }
}

/// What differs between `a` and `b`.
pub fn diff(a: &Results, b: &Results) -> Difference {
    let record = |m: &Manifest| {
        [("title", &m.title), ("data", &m.data), ("version", &m.version)]
            .map(|(what, text)| (what.to_owned(), Value::from(text.as_str())))
            .to_vec()
    };
    let hashes = |map: &BTreeMap<String, String>| -> Vec<(String, Value)> {
        map.iter().map(|(name, hash)| (name.clone(), Value::from(hash.as_str()))).collect()
    };
    let seeds = |m: &Manifest| m.seeds.iter().map(|(name, &seed)| (name.clone(), Value::from(seed))).collect();
    let changed = |of: &dyn Fn(&Manifest) -> Vec<(String, Value)>| changes(of(&a.manifest), of(&b.manifest));
    let mut settings = Vec::new();
    compare(Some(&a.manifest.experiment), Some(&b.manifest.experiment), "", &mut settings);
    let mut difference = Difference {
        record: changed(&record),
        // The title is the record's.
        settings: settings.into_iter().filter(|change| change.what != "title").collect(),
        seeds: changed(&seeds),
        inputs: changed(&|m| hashes(&m.inputs)),
        outputs: changed(&|m| hashes(&m.outputs)),
        ..Difference::default()
    };
    match (&a.table, &b.table) {
        (Some(a), Some(b)) => difference.numbers = moved(a, b),
        (a_table, _) => {
            let without = if a_table.is_none() { a } else { b };
            difference.notes.push(format!(
                "no table.json lies beside {}, so that numbers could not be compared",
                without.manifest_path.display()
            ));
        }
    }
    let outcomes = |results: &Results| -> Vec<(String, Value)> {
        let claims = results.claims.iter().flat_map(|claims| &claims.claims);
        claims.map(|claim| (claim.name(), Value::from(claim.outcome.to_string()))).collect()
    };
    difference.claims = changes(outcomes(a), outcomes(b));
    difference
}

/// Where two values differ, by dotted keys, as deep as both have something. Entries of a list of tables go by their names, or by
/// their places where they have none; a list of plain values is one value.
fn compare(old: Option<&Value>, new: Option<&Value>, key: &str, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    match (old.and_then(entries), new.and_then(entries)) {
        (Some(a), Some(b)) => {
            let find = |list: &[(String, Value)], name: &str| list.iter().position(|entry| entry.0 == name);
            let mut names: Vec<&String> = a.iter().map(|entry| &entry.0).collect();
            names.extend(b.iter().map(|entry| &entry.0).filter(|name| find(&a, name).is_none()));
            for name in names {
                let below = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                let of = |list: &[(String, Value)]| find(list, name).map(|i| list[i].1.clone());
                compare(of(&a).as_ref(), of(&b).as_ref(), &below, changes);
            }
        }
        _ => changes.push(Change { what: key.to_owned(), old: old.cloned(), new: new.cloned() }),
    }
}

/// What a table or a list of tables is made of; `None` for any other value.
fn entries(value: &Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Object(object) => Some(object.iter().map(|(name, value)| (name.clone(), value.clone())).collect()),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            let names: Vec<&str> = list.iter().filter_map(|entry| entry.get("name")?.as_str()).collect();
            let mut distinct = names.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let named = distinct.len() == list.len();
            let name = |i: usize| if named { names[i].to_owned() } else { i.to_string() };
            Some(list.iter().enumerate().map(|(i, entry)| (name(i), entry.clone())).collect())
        }
        _ => None,
    }
}

/// What is not the same in two lists of named values, in the order of the first and then of the second.
fn changes(a: Vec<(String, Value)>, b: Vec<(String, Value)>) -> Vec<Change> {
    let mut new: BTreeMap<&str, &Value> = b.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let mut changes = Vec::new();
    for (name, old) in &a {
        let now = new.remove(name.as_str());
        if now != Some(old) {
            changes.push(Change { what: name.clone(), old: Some(old.clone()), new: now.cloned() });
        }
    }
    let only_new = b.iter().filter(|(name, _)| new.contains_key(name.as_str()));
    changes.extend(only_new.map(|(name, value)| Change { what: name.clone(), old: None, new: Some(value.clone()) }));
    changes
}

/// The rows whose value is another.
fn moved(a: &Table, b: &Table) -> Vec<Moved> {
    let key = |row: &Row| (row.method.clone(), row.subset.clone(), row.statistic.clone());
    let mut pairs: BTreeMap<_, [Option<f64>; 2]> = BTreeMap::new();
    for (side, table) in [a, b].into_iter().enumerate() {
        for row in table.rows() {
            pairs.entry(key(row)).or_default()[side] = row.value;
        }
    }
    let mut moved: Vec<Moved> = pairs
        .into_iter()
        .filter(|(_, [old, new])| old != new)
        .map(|((method, subset, statistic), [old, new])| {
            let by = old.zip(new).map(|(old, new)| new - old);
            Moved { method, subset, statistic, old, new, by }
        })
        .collect();
    // A table holds finite numbers only; rows without a difference go last.
    let size = |moved: &Moved| moved.by.map_or(-1.0, f64::abs);
    moved.sort_by(|a, b| size(b).total_cmp(&size(a)));
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::verify::tests::manifest;

    fn results(change: &dyn Fn(&mut Manifest), rows: &[(&str, f64)]) -> Results {
        let mut manifest = manifest("image-quality", "tid2013");
        change(&mut manifest);
        let rows = rows.iter().map(|(method, value)| Row::new(method, "all", "srocc", *value)).collect();
        let table = Some(Table::new("t", "d", rows).unwrap());
        Results { manifest_path: "m".into(), manifest, table, claims: None }
    }

    #[test]
    fn equal_results_differ_in_nothing() {
        let a = results(&|_| (), &[("a", 0.5)]);
        assert!(diff(&a, &a).is_empty());
        let without = Results { table: None, ..a.clone() };
        let difference = diff(&a, &without);
        assert!(difference.is_empty() && difference.notes[0].contains("no table.json lies beside m"), "{difference:?}");
    }

    #[test]
    fn what_differs_is_named_with_both_values_and_the_farthest_move_first() {
        let a = results(&|_| (), &[("a", 0.5), ("b", 0.5), ("c", 0.5), ("gone", 0.1)]);
        let change = |m: &mut Manifest| {
            m.experiment["dataset"]["kind"] = "csv".into();
            m.experiment["dataset"]["columns"] = serde_json::json!(["x"]);
            m.seeds.insert("experiment".into(), 8);
            m.inputs.clear();
            m.outputs.insert("table.csv".into(), "ab".into());
            m.data = "other".into();
        };
        let b = results(&change, &[("a", 0.51), ("b", 0.5), ("c", 0.3), ("new", 0.1)]);
        let difference = diff(&a, &b);
        let names = |changes: &[Change]| changes.iter().map(|c| c.what.clone()).collect::<Vec<_>>();
        assert_eq!(names(&difference.record), ["data"]);
        assert_eq!(names(&difference.settings), ["dataset.kind", "dataset.columns"]);
        assert_eq!(
            (&difference.settings[0].old, &difference.settings[0].new),
            (&Some("tid2013".into()), &Some("csv".into()))
        );
        assert_eq!(difference.settings[1].old, None);
        assert_eq!(
            (names(&difference.seeds), names(&difference.inputs)),
            (vec!["experiment".into()], vec!["images".into()])
        );
        assert_eq!(names(&difference.outputs), ["table.csv"]);
        let moved: Vec<&str> = difference.numbers.iter().map(|m| m.method.as_str()).collect();
        assert_eq!(moved, ["c", "a", "gone", "new"]);
        assert!((difference.numbers[0].by.unwrap() + 0.2).abs() < 1e-12);
        assert_eq!(difference.numbers[2].new, None);
    }

    #[test]
    fn keys_are_dotted_and_go_as_deep_as_both_have_something() {
        let old = serde_json::json!({"a": {"b": [1, 2]}, "m": [{"name": "x", "f": 1}, {"name": "y", "f": 2}], "n": [{"k": 1}]});
        let new = serde_json::json!({"a": {"b": [1]}, "m": [{"name": "y", "f": 3}, {"name": "z", "f": 2}], "n": [{"k": 2}], "o": {"p": 1}});
        let mut changes = Vec::new();
        compare(Some(&old), Some(&new), "", &mut changes);
        let keys: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
        assert_eq!(keys, ["a.b", "m.x", "m.y.f", "m.z", "n.0.k", "o"]);
        assert_eq!((&changes[1].new, &changes[3].old), (&None, &None));
    }
}
