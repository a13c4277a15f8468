//! Derives the command that makes results again, from their manifest and the experiment file.
//!
//! A manifest contains the experiment with all its defaults, and the names of data and weights. A setting that differs from the experiment
//! file was given on the command line. So was a file that is in the manifest and not in the experiment file.

use super::Experiments;
use crate::report::folder::Folder;
use serde_json::Value;

/// The command and whether the experiment file is known, or `None` without a manifest. If the experiment file is not known, the command
/// contains only those settings that name input files.
pub(super) fn again(results: &Folder, experiments: &Experiments) -> Option<(String, bool)> {
    let manifest = results.manifest()?;
    let name = format!("{}.toml", results.experiment());
    let text = std::fs::read_to_string(experiments.folder.join(&name)).ok();
    let file = text.and_then(|text| toml::from_str::<toml::Table>(&text).ok());
    let known = file.is_some();
    let file = file.map_or(Value::Null, |table| serde_json::to_value(table).unwrap_or_default());
    let mut command = format!("gradspace experiments/{name}");
    let is_data = |name: &String| !experiments.not_data.iter().any(|role| name.starts_with(role));
    if !results.is_stand_in() && manifest.inputs.keys().any(is_data) {
        command += " --data DIR";
    }
    let is_input = |name: &str| manifest.inputs.keys().any(|input| input.rsplit('/').next() == Some(name));
    let mut overrides = Vec::new();
    collect(&manifest.experiment, &file, "", &is_input, &mut overrides);
    for (key, value) in overrides {
        command += &format!(" --set {}", quoted(&format!("{key}={value}")));
    }
    Some((command, known))
}

/// Collects the keys below `at` whose values differ from the file, and those that name an input file and are not in the file.
fn collect(here: &Value, file: &Value, at: &str, is_input: &impl Fn(&str) -> bool, found: &mut Vec<(String, String)>) {
    let Value::Object(keys) = here else { return };
    for (key, value) in keys {
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        // The folder of the data is given with `--data`, and the manifest does not contain it.
        if path == "dataset" {
            continue;
        }
        let in_file = &file[key.as_str()];
        match value {
            Value::Null => {}
            Value::Object(_) => collect(value, in_file, &path, is_input, found),
            _ if in_file.is_null() => {
                let named = |v: &Value| v.as_str().is_some_and(is_input);
                if named(value) || value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(named)) {
                    found.push((path, written(value)));
                }
            }
            _ if !same(value, in_file) => found.push((path, written(value))),
            _ => {}
        }
    }
}

/// Whether a value of the file equals that of the manifest. The file may leave out defaults.
fn same(here: &Value, file: &Value) -> bool {
    match (here, file) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(_), Value::Object(b)) => {
            let here = as_in_a_file(here);
            b.iter().all(|(key, value)| same(&here[key.as_str()], value))
        }
        _ => here == file,
    }
}

/// The value in the form of an experiment file: without nulls, and with width and height in place of the `size` of the checked experiment.
fn as_in_a_file(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(as_in_a_file).collect(),
        Value::Object(keys) => {
            let mut out = serde_json::Map::new();
            for (key, value) in keys {
                match value {
                    Value::Null => {}
                    Value::Object(size) if key == "size" => out.extend(size.clone()),
                    _ => out.extend([(key.clone(), as_in_a_file(value))]),
                }
            }
            Value::Object(out)
        }
        _ => value.clone(),
    }
}

/// A value for `--set`: a text without quotes, everything else as TOML in one line.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| inner(&as_in_a_file(value)), str::to_owned)
}

fn inner(value: &Value) -> String {
    match value {
        Value::Object(keys) => {
            let pairs: Vec<_> = keys.iter().map(|(key, value)| format!("{key} = {}", inner(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(inner).collect::<Vec<_>>().join(", ")),
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        other => other.to_string(),
    }
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=/+:,".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The commands in the README made the committed results.
    #[test]
    fn the_committed_results_have_the_readmes_commands() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let all = crate::report::folder::read_all(&root.join("results"), &[]).unwrap();
        let command = |folder: &str| {
            let results = all.iter().find(|r| r.name == folder).unwrap_or_else(|| panic!("{folder}"));
            let not_data = ["weights/", "ms_unique_weights/", "competitors/", "live/"];
            again(results, &Experiments { folder: &root.join("experiments"), not_data: &not_data }).unwrap()
        };
        let tid2013 = "gradspace experiments/tid2013.toml --data DIR --set iqa.weights=ImageNet_Weights_YGCr.mat --set competitors.scores=tid2013.csv";
        let spread = "gradspace experiments/training-spread.toml --data DIR --set weights=ImageNet_Weights_YGCr.mat --set 'sources=[{ name = \"photographs, 60,000 patches\", path = \"tiny_imagenet_1010\", images = 1000, per_image = 60 }, { name = \"photographs, 10,000 patches\", path = \"tiny_imagenet_1010\", images = 1000, per_image = 10 }, { name = \"scenes, 10,000 patches\", width = 128, height = 128, images = 100, per_image = 100 }]'";
        for (folder, expected) in [
            ("tid2013", tid2013),
            ("tid2013-stand-in", "gradspace experiments/tid2013.toml"),
            (
                "multi-live",
                "gradspace experiments/multi-live.toml --set competitors.scores=multi_live_olives.csv --set live.scores=live_olives.csv",
            ),
            ("multi-live-stand-in", "gradspace experiments/multi-live.toml"),
            ("sparse-autoencoder-stand-in", "gradspace experiments/sparse-autoencoder.toml"),
            ("cure-tsr-stand-in", "gradspace experiments/cure-tsr.toml"),
            ("gtsrb", "gradspace experiments/gtsrb.toml --data DIR"),
            ("training-spread", spread),
        ] {
            assert_eq!(command(folder), (expected.to_owned(), true));
        }
    }

    #[test]
    fn overrides_are_found_and_written_for_a_shell() {
        let here = serde_json::json!({
            "seed": 3, "dataset": {"kind": "x"}, "training": {"epochs": 3, "rate": 1e-3, "sparsity": null},
            "scenes": [{"size": {"width": 8, "height": 9}, "name": "it's"}], "weights": ["a.mat", "b.mat"], "default": "a",
        });
        let file = serde_json::json!({
            "seed": 3.0, "dataset": {"kind": "y"}, "training": {"epochs": 400, "rate": 0.001},
            "scenes": [{"width": 8, "height": 8, "name": "it's"}],
        });
        let mut found = Vec::new();
        collect(&here, &file, "", &|name| name.ends_with(".mat"), &mut found);
        let found: Vec<_> = found.iter().map(|(key, value)| quoted(&format!("{key}={value}"))).collect();
        assert_eq!(
            found,
            [
                "training.epochs=3",
                "'scenes=[{ width = 8, height = 9, name = \"it'\\''s\" }]'",
                "'weights=[\"a.mat\", \"b.mat\"]'"
            ]
        );
    }
}
