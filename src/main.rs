//! The entry point of the program `gradspace`: it runs the command line, prints an error, and exits with its code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use gradspace::cli::CommandLine;

fn main() -> ExitCode {
    // Clap prints its own usage errors and exits with code 2.
    match CommandLine::parse().run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Standard error may be closed; the exit code still reports the failure.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
