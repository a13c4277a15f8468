//! What the crate's documentation promises about its own source, enforced.

use std::path::{Path, PathBuf};

/// The layers of the house, from the ground up: each may use only those before it. Modules on one line may not use each other,
/// but that `imaging` draws random numbers from `stats`.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["files"],
    &["lanes"],
    &["autodiff"],
    &["nn"],
    &["models"],
    &["stats"],
    &["imaging"],
    &["datasets", "gradients", "iqa"],
    &["ood"],
    &["report"],
    &["experiment"],
];

/// Every source file, with its path from `src` and its text without comments and without its unit tests.
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

#[test]
fn unsafe_is_only_in_lanes() {
    let outside = |(path, code): &(PathBuf, String)| !path.starts_with("lanes") && code.contains("unsafe");
    let found: Vec<_> = sources().into_iter().filter(outside).map(|(path, _)| path).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_platforms_mathematics_is_never_asked() {
    // Correctly rounded by IEEE 754 and so the same everywhere: sqrt, mul_add, floor, ceil, round, abs. These are not:
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
        // These call the methods of `lanes::Real`, which have the same names.
        let ours = path.starts_with("lanes") || path.starts_with("autodiff") || code.contains("R: Real");
        if !ours {
            found.extend(forbidden.iter().filter(|f| code.contains(*f)).map(|f| format!("{}: {f}", path.display())));
        }
    }
    assert!(found.is_empty(), "use lanes::math: {found:#?}");
}

#[test]
fn results_never_depend_on_hash_order_or_on_parallel_sums() {
    let mut found = Vec::new();
    for (path, code) in sources() {
        for forbidden in ["HashMap", "HashSet"] {
            // The safetensors crate takes its metadata as a map: one entry has one order.
            let metadata = code.contains("safetensors")
                && code.matches("HashMap::from([(").count() == code.matches("HashMap::").count();
            if code.contains(forbidden) && !metadata {
                found.push(format!("{}: {forbidden}", path.display()));
            }
        }
        // A parallel iterator may be collected by index, never summed.
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
    // Every builder of the tape that a file of `ops` adds has a case: `sum_trailing` is `sum`'s.
    let checked: Vec<&str> = gradspace::autodiff::ops::cases().iter().map(|case| case.op).collect();
    for name in &listed {
        assert!(checked.contains(&name.as_str()), "{name} has no gradient check");
    }
}
