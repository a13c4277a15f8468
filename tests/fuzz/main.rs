//! Feeds changed files to every reader of outside bytes: no panic, no execution above a second, no memory above 64 MiB.
//!
//! A reader may take twice the size that a file declares beside these 64 MiB. The files here are so small that such a size is
//! a false one, which must be refused before memory is taken. Only lossless WebP can declare a large image in a few bytes.
//!
//! The inputs are small valid files that are made here, changed at random ([`mutate`]). The changes have a seed, so a failure comes
//! again; the message has the reader, the number of the execution, and the file that was written for it. `cargo test --release --test fuzz`
//! makes a few executions of each reader. `FUZZ=100000 cargo test --release --test fuzz` makes as many as it says. `FUZZ_READER=png` selects
//! the readers whose name contains the text.

mod allocation;
mod mutate;
mod pictures;
mod readers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use gradspace::stats::random::Stream;

use mutate::mutate;
use readers::{Reader, readers};

/// The executions of each reader without `FUZZ`.
const FEW: usize = 400;
/// The longest execution.
const LONGEST: Duration = Duration::from_secs(1);
/// The most memory beside that of a declared size.
const MEMORY: usize = 64 << 20;

/// An execution that ended.
struct Execution {
    accepted: bool,
    time: Duration,
    /// The most memory in bytes.
    peak: usize,
}

/// Executes a reader once. The error is the message of a panic.
fn execute(reader: &Reader, bytes: &[u8]) -> Result<Execution, String> {
    let before = allocation::restart();
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| (reader.read)(bytes)));
    let time = start.elapsed();
    let peak = allocation::peak().saturating_sub(before);
    result.map(|accepted| Execution { accepted, time, peak }).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

/// Executes a reader once: whether it accepts the bytes, or what is wrong.
fn judged(reader: &Reader, bytes: &[u8]) -> Result<bool, String> {
    let Execution { accepted, time, peak } = execute(reader, bytes).map_err(|panic| format!("it panics: {panic}"))?;
    let most = MEMORY + 2 * reader.declared.map_or(0, |declared| declared(bytes));
    if peak > most {
        return Err(format!("it takes {peak} bytes of memory, more than {most}"));
    }
    // Another program may have stopped this one, so a long execution is repeated.
    let again = |time: Duration| execute(reader, bytes).map_or(time, |second| second.time.min(time));
    let time = if time > LONGEST { again(time) } else { time };
    if time > LONGEST { Err(format!("it takes {time:?}")) } else { Ok(accepted) }
}

#[test]
fn no_reader_panics_hangs_or_takes_memory_that_no_file_needs() {
    let executions = std::env::var("FUZZ").map_or(FEW, |n| n.parse().expect("FUZZ is a number"));
    let selected = std::env::var("FUZZ_READER").unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder");
    let mut faults = Vec::new();
    for reader in readers(folder.path()).iter().filter(|reader| reader.name.contains(&selected)) {
        let start = Instant::now();
        for (i, bytes) in reader.corpus.iter().enumerate() {
            assert!((reader.read)(bytes), "{}: file {i} of the corpus (from 0) is not valid", reader.name);
        }
        // A panic is reported below, not by the standard hook.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let mut accepted = 0;
        let found = (0..executions).find_map(|i| {
            let mut stream = Stream::new(2019, reader.name, i as u64);
            let mut bytes = mutate(&reader.corpus, reader.text, &mut stream);
            if let Some(repair) = reader.repair
                && stream.index(2) == 0
            {
                repair(&mut bytes);
            }
            match judged(reader, &bytes) {
                Ok(valid) => {
                    accepted += usize::from(valid);
                    None
                }
                Err(fault) => Some((i, bytes, fault)),
            }
        });
        std::panic::set_hook(hook);
        if let Some((i, bytes, fault)) = found {
            let path = std::env::temp_dir().join(format!("fuzz-{}-{i}", reader.name.replace(' ', "-")));
            std::fs::write(&path, bytes).expect("a temporary file");
            faults.push(format!("{}, execution {i}: {fault}; the input is {}", reader.name, path.display()));
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{}: {executions} executions, {accepted} accepted, {seconds:.1} s", reader.name);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
