//! The output of a run: progress and notes on standard error, results on standard output.
//!
//! Progress is a bar on a terminal. In a log or a pipe it is a line every five seconds.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Error, Result};

/// The time between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// The progress of one stage, which any thread may advance.
pub struct Progress {
    bar: ProgressBar,
    /// The time of the last plain line; `None` if there are no plain lines.
    last_line: Option<Mutex<Instant>>,
}

impl Progress {
    /// The progress of `stage`, which has `total` steps. It prints nothing if `quiet`.
    pub fn new(stage: &str, total: usize, quiet: bool) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let bar = match quiet || !terminal {
            true => ProgressBar::hidden(),
            false => ProgressBar::new(0),
        };
        bar.set_length(total as u64);
        bar.set_style(
            ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left")
                .expect("the template is constant"),
        );
        bar.set_message(stage.to_owned());
        let last_line = (!quiet && !terminal).then(|| Mutex::new(Instant::now()));
        Progress { bar, last_line }
    }

    /// Counts one more step.
    pub fn step(&self) {
        self.bar.inc(1);
        let Some(last_line) = &self.last_line else { return };
        let mut last_line = last_line.lock().expect("no thread panics while it has the lock");
        if last_line.elapsed() >= EVERY {
            *last_line = Instant::now();
            let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
            // A hidden bar has no estimate of its own.
            let left = self.bar.elapsed().as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
            note(&format!("{}: {done} of {total}, {left:.0} s left", self.bar.message()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Writes a line to standard error. It is not an error if standard error is closed.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes styled `text` to standard output. Escape codes are removed for a pipe or a file. A closed pipe (`| head`) is not an error.
///
/// # Errors
/// [`Error::Write`] if the text cannot be written.
pub fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Write { path: PathBuf::from("standard output"), source })
        }
        _ => Ok(()),
    }
}
