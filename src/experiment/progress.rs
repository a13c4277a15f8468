//! How far a stage has come and how long it will still take, on standard error.
//!
//! On a terminal a bar; elsewhere (a log, a pipe) a plain line every few seconds, so that a long run is never silent and a
//! short one leaves no clutter. The clock is read here and for `run.json`, and nowhere else.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// The progress of one stage; it may be advanced from any thread.
pub(super) struct Progress {
    bar: ProgressBar,
    /// When the last plain line was written, or `None` where none are.
    last_line: Option<Mutex<Instant>>,
}

impl Progress {
    /// A stage called `stage` of `total` steps; `quiet` shows nothing.
    pub fn new(stage: &str, total: usize, quiet: bool) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let bar = match quiet || !terminal {
            true => ProgressBar::hidden(),
            false => ProgressBar::new(0),
        };
        bar.set_length(total as u64);
        bar.set_style(
            ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left").expect("the template is constant"),
        );
        bar.set_message(stage.to_owned());
        let last_line = (!quiet && !terminal).then(|| Mutex::new(Instant::now()));
        Progress { bar, last_line }
    }

    /// One more step is done.
    pub fn step(&self) {
        self.bar.inc(1);
        let Some(last_line) = &self.last_line else { return };
        let mut last_line = last_line.lock().expect("no thread panics while it holds the clock");
        if last_line.elapsed() >= EVERY {
            *last_line = Instant::now();
            let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
            // Not the bar's own estimate, which a hidden bar does not keep.
            let left = self.bar.elapsed().as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
            note(&format!("{}: {done}/{total}, {left:.0} s left", self.bar.message()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line on standard error; one that nobody can read is not worth ending a run for.
pub(super) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
