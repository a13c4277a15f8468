//! Compares two results: their manifests, their files and the numbers of their tables.
//!
//! A result is a function of the settings, the seeds, the inputs and the version in its manifest. So two results that differ also differ in
//! one of these. Both are listed: the different settings, seeds and inputs, and the different files, numbers and claims.

use super::folder::Results;
use super::row::Row;
use super::table::Table;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A value that differs between two results, or that only one of them has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its name, such as the dotted key of a setting or the name of a file.
    pub what: String,
    /// The value in the first result, if it has one.
    pub old: Option<Value>,
    /// The value in the second result, if it has one.
    pub new: Option<Value>,
}

impl Change {
    /// `old → new`, each shortened to `wide` characters.
    pub fn arrow(&self, wide: usize) -> String {
        let show = |value: &Option<Value>| {
            let text = match value {
                None => return "none".to_owned(),
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
            };
            if text.chars().count() <= wide { text } else { text.chars().take(wide).chain(['…']).collect() }
        };
        format!("{} → {}", show(&self.old), show(&self.new))
    }
}

/// A number of the table that differs between two results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The method of the row.
    pub method: String,
    /// The subset of the row.
    pub subset: String,
    /// The statistic of the row.
    pub statistic: String,
    /// The value in the first result, if it has one.
    pub old: Option<f64>,
    /// The value in the second result, if it has one.
    pub new: Option<f64>,
    /// `new` − `old`, if both results have a value.
    pub by: Option<f64>,
}

/// The differences between two results.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Title, data and version.
    pub record: Vec<Change>,
    /// Settings of the experiment, by dotted key.
    pub settings: Vec<Change>,
    /// Seeds, by purpose.
    pub seeds: Vec<Change>,
    /// Hashes of the files that were read, by name.
    pub inputs: Vec<Change>,
    /// Hashes of the files that were written, by name.
    pub outputs: Vec<Change>,
    /// Numbers of the table: the largest differences first, and at the end those that only one result has.
    pub numbers: Vec<Moved>,
    /// Outcomes of claims, by their sentence.
    pub claims: Vec<Change>,
    /// What could not be compared, with the reason.
    pub notes: Vec<String>,
}

impl Difference {
    /// Whether the two results are equal.
    pub fn is_empty(&self) -> bool {
        let Difference { record, settings, seeds, inputs, outputs, numbers, claims, notes: _ } = self;
        numbers.is_empty() && [record, settings, seeds, inputs, outputs, claims].into_iter().all(Vec::is_empty)
    }
}

/// The differences between `a` and `b`.
pub fn diff(a: &Results, b: &Results) -> Difference {
    let changed = |of: &dyn Fn(&Results) -> Value| settings(&of(a), &of(b));
    let outcomes = |results: &Results| -> Value {
        let claims = results.claims.iter().flat_map(|claims| &claims.claims);
        claims.map(|claim| (claim.name(), claim.outcome.to_string())).collect()
    };
    let mut settings = settings(&a.manifest.experiment, &b.manifest.experiment);
    // The title is compared as part of the record.
    settings.retain(|change| change.what != "title");
    let mut difference = Difference {
        record: changed(&|Results { manifest: m, .. }| json!({"title": m.title, "data": m.data, "version": m.version})),
        settings,
        seeds: changed(&|results| json!(results.manifest.seeds)),
        inputs: changed(&|results| json!(results.manifest.inputs)),
        outputs: changed(&|results| json!(results.manifest.outputs)),
        claims: changed(&outcomes),
        ..Difference::default()
    };
    match (&a.table, &b.table) {
        (Some(a), Some(b)) => difference.numbers = moved(a, b),
        (a_table, _) => {
            let without = if a_table.is_none() { a } else { b };
            difference.notes.push(format!(
                "there is no table.json beside {}, so the numbers could not be compared",
                without.manifest_path.display()
            ));
        }
    }
    difference
}

/// The differences between the settings of two experiments, by dotted keys.
pub fn settings(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(Some(old), Some(new), "", &mut changes);
    changes
}

/// Collects the differences of two values by dotted keys, as deep as both have entries. The key of an entry in a list of tables is its
/// name, or its index if it has no name. A list of plain values is one value.
fn compare<'v>(old: Option<&'v Value>, new: Option<&'v Value>, key: &str, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    match (old.and_then(entries), new.and_then(entries)) {
        (Some(a), Some(b)) => {
            let find = |list: &[(String, &'v Value)], name: &str| Some(list.iter().find(|entry| entry.0 == name)?.1);
            let only_new = b.iter().filter(|(name, _)| find(&a, name).is_none());
            for (name, _) in a.iter().chain(only_new) {
                let below = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                compare(find(&a, name), find(&b, name), &below, changes);
            }
        }
        _ => changes.push(Change { what: key.to_owned(), old: old.cloned(), new: new.cloned() }),
    }
}

/// The named entries of a table or of a list of tables; `None` for any other value.
fn entries(value: &Value) -> Option<Vec<(String, &Value)>> {
    match value {
        Value::Object(object) => Some(object.iter().map(|(name, value)| (name.clone(), value)).collect()),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            let names: Vec<&str> = list.iter().filter_map(|entry| entry.get("name")?.as_str()).collect();
            let named = names.iter().collect::<BTreeSet<_>>().len() == list.len();
            let name = |i: usize| if named { names[i].to_owned() } else { i.to_string() };
            Some(list.iter().enumerate().map(|(i, entry)| (name(i), entry)).collect())
        }
        _ => None,
    }
}

/// The rows whose values differ.
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
    // The numbers of a table are finite. Rows without a difference are last.
    let size = |moved: &Moved| moved.by.map_or(-1.0, f64::abs);
    moved.sort_by(|a, b| size(b).total_cmp(&size(a)));
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::manifest::Manifest;
    use crate::report::verify::tests::manifest;

    fn results(change: &dyn Fn(&mut Manifest), rows: &[(&str, f64)]) -> Results {
        let mut manifest = manifest();
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
        assert!(difference.is_empty() && difference.notes[0].contains("no table.json beside m"), "{difference:?}");
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
