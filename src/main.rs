//! The command line of `gradspace`: parse, run, print what went wrong, exit with its code.

use std::error::Error as _;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use gradspace::experiment::command::CommandLine;

fn main() -> ExitCode {
    // Clap prints its own usage errors and exits with 2.
    match CommandLine::parse().run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let mut message = format!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                message.push_str(&format!("\n  because {error}"));
                cause = error.source();
            }
            // Standard error may be closed; the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(error.exit_code())
        }
    }
}
