//! The build script: hashes the source of the program file by file, so that the stage cache knows which results a change affects.
//!
//! The hash of a Rust file excludes comment lines and the unit tests at its end, because neither can change a result. The script also
//! lists the crates that each file names. For each crate it lists the version of the crate and of all its dependencies, from
//! `Cargo.lock`. `src/run/rooms.rs` reads these tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let lock = lock_file(&root, &out);
    for path in [&root.join("src"), &root.join("Cargo.toml"), &lock] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let manifest = table(&root.join("Cargo.toml"));
    let dependencies: Vec<String> = manifest["dependencies"].as_table().expect("a table").keys().cloned().collect();

    let mut code = String::from("/// Every source file.\npub const SOURCES: &[Source] = &[\n");
    let mut used = BTreeSet::new();
    for path in files(&root.join("src")) {
        let bytes = std::fs::read(&path).expect("a source file can be read");
        let name = path.strip_prefix(root.join("src")).expect("below src").to_string_lossy().replace('\\', "/");
        let (bytes, crates) = match std::str::from_utf8(&bytes) {
            Ok(text) if name.ends_with(".rs") => {
                let text = without_words(text);
                let named = dependencies.iter().filter(|name| names(&text, &name.replace('-', "_")));
                let named: Vec<&String> = named.collect();
                (text.clone().into_bytes(), named)
            }
            _ => (bytes, Vec::new()),
        };
        let hash = blake3::hash(&bytes).to_hex();
        writeln!(code, "    Source {{ path: {name:?}, hash: {:?}, crates: &{crates:?} }},", &hash[..32]).expect("text");
        used.extend(crates);
    }
    code += "];\n\n/// Every crate that a source file names, with its version and those of its dependencies.\npub const CRATES: &[(&str, &str)] = &[\n";
    let packages = packages(&lock);
    for name in used {
        writeln!(code, "    ({name:?}, {:?}),", versions(name, &packages)).expect("text");
    }
    code += "];\n";
    std::fs::write(out.join("rooms.rs"), code).expect("cargo's own folder can be written to");
}

/// The `Cargo.lock` of this build: the file of the workspace that owns this target folder, else the package's own.
fn lock_file(root: &Path, out: &Path) -> PathBuf {
    let above = out.ancestors().map(|folder| folder.join("Cargo.lock")).find(|path| path.is_file());
    above.unwrap_or_else(|| root.join("Cargo.lock"))
}

fn table(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.into_iter().flat_map(below).collect()
}

/// The text of a Rust file without comment lines and without the module of unit tests, if that module ends the file.
fn without_words(text: &str) -> String {
    let tests =
        text.find("\n#[cfg(test)]\nmod tests {\n").filter(|&at| text[at..].find("\n}\n") == Some(text.len() - at - 3));
    let code = &text[..tests.unwrap_or(text.len())];
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//") && !line.trim().is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

/// Whether the code names the crate, as in `name::`.
fn names(code: &str, name: &str) -> bool {
    let begins = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    code.match_indices(&format!("{name}::")).any(|(at, _)| begins(at))
}

/// A package of `Cargo.lock`: its version and its dependencies, each as `name` or `name version`.
type Packages = BTreeMap<String, Vec<(String, Vec<String>)>>;

fn packages(lock: &Path) -> Packages {
    let mut packages = Packages::new();
    let lock = table(lock);
    for package in lock["package"].as_array().expect("a list of packages") {
        let text = |key: &str| package[key].as_str().expect("a string").to_owned();
        let dependencies = package.get("dependencies").and_then(toml::Value::as_array);
        let dependencies = dependencies.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned);
        packages.entry(text("name")).or_default().push((text("version"), dependencies.collect()));
    }
    packages
}

/// The versions of a crate and of all its dependencies, as one text.
fn versions(name: &str, packages: &Packages) -> String {
    let mut found = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(wanted) = open.pop() {
        let mut parts = wanted.split(' ');
        let (name, version) = (parts.next().unwrap_or_default(), parts.next());
        for (version, dependencies) in
            packages.get(name).into_iter().flatten().filter(|(v, _)| version.is_none_or(|w| w == v))
        {
            if found.insert(format!("{name} {version}")) {
                open.extend(dependencies.iter().cloned());
            }
        }
    }
    found.into_iter().collect::<Vec<_>>().join(", ")
}
