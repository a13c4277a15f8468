//! Finds the data that are not part of the project, for all tests.

use std::io::Write;
use std::path::{Path, PathBuf};

/// `../shared/<path>` beside the project's root, or `None` after a message on standard error. In CI its absence is a failure.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none(), "../shared/{path} must be there in CI");
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // The message bypasses the harness's capture, so a skipped test is visible even if all tests pass.
    let _ = std::io::stderr().write_all(format!("SKIPPED {test}: ../shared/{path} is not there\n").as_bytes());
    None
}
