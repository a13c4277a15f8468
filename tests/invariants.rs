//! Enforces the guarantees that the crate's documentation gives about its own source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gradspace::studies::KINDS;

/// The layers of the crate, from the lowest to the highest. A module may use only modules on earlier lines, not those on its own line.
const LAYERS: &[&[&str]] = &[
    &["error", "nearest"],
    &["files"],
    &["lanes"],
    &["autodiff"],
    &["nn"],
    &["models"],
    &["stats"],
    &["imaging"],
    &["datasets", "gradients", "iqa"],
    &["learn"],
    &["report"],
    &["settings"],
    &["run"],
    &["studies"],
    &["cli"],
];

/// Every source file, with its path from `src` and its text without comments and unit tests.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("src can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    assert!(found.len() > 30, "only {} source files", found.len());
    let code = |text: String| {
        let text = text.split("#[cfg(test)]\n").next().unwrap_or_default().to_owned();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source file");
        (path.strip_prefix(&root).expect("under src").to_path_buf(), code(text))
    };
    found.into_iter().map(read).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn each_layer_uses_only_those_below_it() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let top = path.iter().next().expect("a name").to_string_lossy().replace(".rs", "");
        if top == "lib" || top == "main" {
            continue;
        }
        let own = layer(&top).unwrap_or_else(|| panic!("{top} belongs to no layer: add it to LAYERS"));
        for (_, rest) in code.match_indices("crate::").map(|(i, m)| code.split_at(i + m.len())) {
            let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            match layer(&used) {
                Some(other) if other > own || (other == own && used != top) => {
                    wrong.push(format!("{} uses {used}", path.display()))
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A module, as the list of names from the root of the crate: `["iqa", "score"]`.
type Module = Vec<String>;

/// The modules that the source uses, file by file.
struct Imports {
    /// The code of each module's file.
    files: BTreeMap<Module, String>,
}

impl Imports {
    fn read() -> Imports {
        let module = |path: &Path| -> Module {
            let mut names: Module =
                path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if ["mod", "lib"].contains(&names.last().expect("a name").as_str()) {
                names.pop();
            }
            names
        };
        let files = sources().into_iter().filter(|(path, _)| !path.ends_with("main.rs"));
        Imports { files: files.map(|(path, code)| (module(&path), code)).collect() }
    }

    /// The paths that a file names, from the root of the crate, in its `use` declarations and in its code.
    fn paths(&self, module: &Module) -> Vec<(Module, bool)> {
        let code = &self.files[module];
        let mut found = Vec::new();
        let mut rest = String::new();
        let mut public = false;
        for line in code.lines() {
            // A `use` declaration may run over several lines.
            let start = line.trim_start().strip_prefix("pub ").map(str::trim_start);
            let start = start.or_else(|| line.trim_start().strip_prefix("pub(crate) ")).unwrap_or(line.trim_start());
            if rest.is_empty() && start.starts_with("use ") {
                public = line.trim_start().starts_with("pub");
                rest = start.trim_start_matches("use ").to_owned();
            } else if !rest.is_empty() {
                rest += line.trim();
            } else {
                for root in ["crate::", "super::"] {
                    for (at, _) in line.match_indices(root) {
                        let path = line[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':');
                        found.extend(self.absolute(module, &path.collect::<String>()).map(|path| (path, false)));
                    }
                }
            }
            if rest.ends_with(';') {
                let mut leaves = Vec::new();
                leaves_of("", rest.trim_end_matches(';'), &mut leaves);
                found.extend(leaves.iter().filter_map(|leaf| Some((self.absolute(module, leaf)?, public))));
                rest.clear();
            }
        }
        found
    }

    /// The path from the root of the crate for a path in a file; `None` if it belongs to another crate.
    fn absolute(&self, module: &Module, path: &str) -> Option<Module> {
        let path = path.split(" as ").next().expect("a path").trim();
        let mut parts: Vec<&str> = path.split("::").map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.last() == Some(&"self") {
            parts.pop();
        }
        let mut from = match *parts.first()? {
            "crate" => Module::new(),
            "super" => {
                let ups = parts.iter().take_while(|part| **part == "super").count();
                module[..module.len().checked_sub(ups)?].to_vec()
            }
            "self" => module.clone(),
            // A module that the file declares itself.
            name => {
                let child: Module = module.iter().cloned().chain([name.to_owned()]).collect();
                self.files.contains_key(&child).then(|| module.clone())?
            }
        };
        let names = parts.into_iter().skip_while(|part| ["crate", "super", "self"].contains(part));
        from.extend(names.map(str::to_owned));
        Some(from)
    }

    /// The file that a path refers to, with `pub use` resolved.
    fn target(&self, path: &Module, depth: usize) -> Option<Module> {
        let length = (0..=path.len()).rev().find(|&n| self.files.contains_key(&path[..n]))?;
        let module = path[..length].to_vec();
        if let Some(name) = path.get(length).filter(|_| depth < 8) {
            let passed_on = self.paths(&module).into_iter().filter(|(_, public)| *public);
            let mut same = passed_on.filter(|(passed, _)| passed.last() == Some(name) && *passed != *path);
            if let Some((passed, _)) = same.next() {
                return self.target(&passed, depth + 1);
            }
        }
        Some(module)
    }

    /// The files that a file uses, except the `mod.rs` of a folder that contains it, because the two form one module.
    fn used(&self, module: &Module) -> BTreeSet<Module> {
        let targets = self.paths(module).into_iter().filter_map(|(path, _)| self.target(&path, 0));
        targets.filter(|target| !module.starts_with(target)).collect()
    }
}

/// The paths of a `use` tree.
fn leaves_of(before: &str, tree: &str, leaves: &mut Vec<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        return leaves.push(format!("{before}{tree}"));
    };
    let before = format!("{before}{head}");
    let (mut depth, mut item) = (0, String::new());
    for c in rest[..rest.rfind('}').expect("a tree that ends")].chars().chain([',']) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            if !item.trim().is_empty() {
                leaves_of(&before, item.trim(), leaves);
            }
            item.clear();
        } else {
            item.push(c);
        }
    }
}

#[test]
fn the_reader_of_imports_finds_them() {
    let mut leaves = Vec::new();
    leaves_of("", "crate::a::{self, b::{C, D as E}, F}", &mut leaves);
    assert_eq!(leaves, ["crate::a::self", "crate::a::b::C", "crate::a::b::D as E", "crate::a::F"]);
    let imports = Imports::read();
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    // Examples with a re-export, with `super`, and with a folder.
    assert!(imports.used(&module("iqa::score")).contains(&module("iqa::method")));
    assert!(imports.used(&module("autodiff::ops::add")).contains(&module("autodiff::tape")));
    assert!(imports.used(&module("studies::classification")).contains(&module("datasets::cure_tsr")));
    assert!(!imports.used(&module("autodiff::ops::add")).contains(&module("autodiff::ops")));
}

/// Every file that a file uses, directly or indirectly.
fn reached<'a>(used: &'a BTreeMap<Module, BTreeSet<Module>>, from: &'a Module) -> BTreeSet<&'a Module> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(next) = open.pop() {
        open.extend(used[next].iter().filter(|module| seen.insert(*module)));
    }
    seen
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let imports = Imports::read();
    let used: BTreeMap<Module, BTreeSet<Module>> =
        imports.files.keys().map(|module| (module.clone(), imports.used(module))).collect();
    // Two files that use each other, directly or indirectly, form a circle.
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        used.keys().map(|module| (module, reached(&used, module))).collect();
    // The files of `lanes` are an exception: scalars, lanes and registers name each other's traits.
    let one_module = |module: &Module| module[0] == "lanes";
    let on_a_circle =
        |module: &&Module| !module.is_empty() && !one_module(module) && reached[*module].contains(*module);
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for module in used.keys().filter(on_a_circle) {
        let others = reached[module].iter().filter(|other| reached[**other].contains(module));
        circles.insert(others.map(|other| other.join("::")).collect());
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn a_stage_names_the_rooms_that_its_files_use() {
    // These modules cannot change a result. `run` and `report` only store results, `nearest` is for error messages, and the settings are
    // part of the identity of an item.
    const NO_RESULT: [&str; 4] = ["run", "settings", "report", "nearest"];
    let imports = Imports::read();
    let mut wrong = Vec::new();
    for stage in KINDS.iter().flat_map(|kind| kind.stages) {
        let of_stage = |module: &&Module| {
            stage.uses(&format!("{}.rs", module.join("/"))) || stage.uses(&format!("{}/mod.rs", module.join("/")))
        };
        for module in imports.files.keys().filter(of_stage) {
            for used in imports.used(module).iter().filter(|used| !of_stage(used)) {
                let settings = used.first().is_some_and(|top| top == "studies")
                    && used.last().is_some_and(|last| last == "settings");
                if !used.is_empty() && !settings && !NO_RESULT.contains(&used[0].as_str()) {
                    wrong.push(format!("{}: {} uses {}", stage.name, module.join("::"), used.join("::")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "name these rooms in the stage: {wrong:#?}");
}

#[test]
fn a_kind_of_experiment_is_named_by_its_folder_and_the_registry_alone() {
    let mut found = Vec::new();
    for (path, code) in sources() {
        for kind in KINDS {
            let folder = kind.name.replace('-', "_");
            let own = path.starts_with(format!("studies/{folder}"));
            // A study may use another one. The paper's document names results folders, and one of them has the name of a kind.
            let other_study = path.starts_with("studies") && path.components().count() > 2;
            if own || other_study || path == Path::new("report/paper.rs") {
                continue;
            }
            // Networks have the same names as the kinds that train them. Only a path or a string refers to a kind.
            let named = |line: &&str| {
                line.contains(&format!("studies::{folder}"))
                    || line.contains(&format!("\"{}\"", kind.name))
                    || line.trim().starts_with(&format!("{folder}: "))
            };
            let place = |line: &str| format!("{}: {}", path.display(), line.split(':').next().unwrap_or(line).trim());
            found.extend(code.lines().filter(named).map(place));
        }
    }
    found.sort();
    let mut registry: Vec<String> =
        KINDS.iter().map(|kind| format!("studies/mod.rs: {}", kind.name.replace('-', "_"))).collect();
    registry.sort();
    assert_eq!(found, registry);
}

#[test]
fn unsafe_is_only_in_lanes() {
    let outside = |(path, code): &(PathBuf, String)| !path.starts_with("lanes") && code.contains("unsafe");
    let found: Vec<_> = sources().into_iter().filter(outside).map(|(path, _)| path).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_platforms_mathematics_is_never_asked() {
    // IEEE 754 requires correct rounding for sqrt, mul_add, floor, ceil, round and abs, so they are the same everywhere. The following
    // functions are not:
    let forbidden = [
        ".exp()",
        ".exp2()",
        ".exp_m1()",
        ".ln()",
        ".ln_1p()",
        ".log(",
        ".log2()",
        ".log10()",
        ".sin()",
        ".cos()",
        ".tan()",
        ".sin_cos()",
        ".asin()",
        ".acos()",
        ".atan()",
        ".atan2(",
        ".sinh()",
        ".cosh()",
        ".tanh()",
        ".powf(",
        ".powi(",
        ".cbrt()",
        ".hypot(",
        "f64::exp",
        "f64::ln",
        "f64::sin",
        "f64::cos",
        "f64::tanh",
        "f64::powf",
        "f64::powi",
        "f64::atan2",
    ];
    let mut found = Vec::new();
    for (path, code) in sources() {
        found.extend(forbidden.iter().filter(|f| code.contains(*f)).map(|f| format!("{}: {f}", path.display())));
    }
    assert!(found.is_empty(), "use lanes::math: {found:#?}");
}

#[test]
fn results_never_depend_on_hash_order_or_on_parallel_sums() {
    let mut found = Vec::new();
    for (path, code) in sources() {
        for forbidden in ["HashMap", "HashSet"] {
            // The safetensors crate requires its metadata as a hash map. A map with a single entry has a unique order.
            let metadata = code.contains("safetensors")
                && code.matches("HashMap::from([(").count() == code.matches("HashMap::").count();
            if code.contains(forbidden) && !metadata {
                found.push(format!("{}: {forbidden}", path.display()));
            }
        }
        // A parallel iterator may be collected by index but must never be summed.
        for (at, _) in code.match_indices("par_") {
            let chain = &code[at..(at + 600).min(code.len())];
            let chain = chain.split(';').next().unwrap_or_default();
            if [".sum()", ".sum::<", ".reduce(", ".fold("].iter().any(|f| chain.contains(f)) {
                found.push(format!("{}: a parallel reduction: {chain}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_operation_has_a_file_and_every_file_is_listed() {
    let listed: Vec<String> = gradspace::autodiff::ops::NAMES.iter().map(|n| n.to_string()).collect();
    let helpers = ["mod", "elementwise", "losses"];
    let files: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| path.starts_with("autodiff/ops"))
        .map(|(path, _)| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .filter(|name| !helpers.contains(&name.as_str()))
        .collect();
    assert_eq!(files, listed);
    // Every builder method that a file of `ops` adds to the tape has a case; `sum_trailing` belongs to `sum`.
    let checked: Vec<&str> = gradspace::autodiff::ops::cases().iter().map(|case| case.op).collect();
    for name in &listed {
        assert!(checked.contains(&name.as_str()), "{name} has no gradient check");
    }
}
