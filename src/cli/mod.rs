//! The command line: a file for each command, which parses its arguments, calls the library and prints the answer.
//!
//! | module | what it does |
//! |---|---|
//! | `run`, `plan` | run an experiment file; print the work of a run before it is done |
//! | `reproduce`, `verify`, `diff`, `list`, `report` | commands for all experiments and their results |
//! | `score` | quality scores of your own images |
//! | `features` | activations and gradients of a folder of images, as a table |
//! | `check_gradients`, `rebuild_tid2013`, `completions` | one command each |
//! | `answer`, `machine`, `style` | the shared options `--format` and `--quiet`, `--threads` and `--simd`; colours |
//! | `notes` | notes about images, each once |

use clap::{Parser, Subcommand};

use crate::error::Result;

mod answer;
mod check_gradients;
mod completions;
mod diff;
mod features;
mod list;
mod machine;
mod notes;
mod plan;
mod rebuild_tid2013;
mod report;
mod reproduce;
mod run;
mod score;
mod style;
mod verify;

/// Measure image quality with gradients of a neural network, and reproduce the experiments of a paper about them
///
/// The paper is "Distorted Representation Space Characterization Through Backpropagated Gradients" (Kwon, Prabhushankar, Temel, AlRegib,
/// ICIP 2019). `gradspace FILE` runs the experiment that the file describes; it is short for `gradspace run FILE`.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true
)]
#[command(after_help = include_str!("help/gradspace.txt"))]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment file (the word `run` may be left out)
    #[command(after_help = include_str!("help/run.txt"))]
    Run(run::Run),
    /// Print what a run would compute and why, without computing it
    Plan(plan::Planning),
    /// Run all experiments of a folder and verify their results
    Reproduce(reproduce::Reproduce),
    /// Check results: hashes, published numbers, claims, and the results committed in git
    Verify(verify::Verify),
    /// Print the differences between two results
    Diff(diff::Diff),
    /// List the experiment files, and the datasets, methods, distortions and challenges that they may use
    List(list::List),
    /// Score distorted images against their references: gradient method, UNIQUE, and metrics from PSNR to VIF
    Score(score::Score),
    /// Write activations and gradients of images under a trained network as a NumPy table
    Features(features::Features),
    /// Rebuild the references and six distortion types of the TID2013 database from the Kodak images
    RebuildTid2013(rebuild_tid2013::RebuildTid2013),
    /// Write the results as a web page
    Report(report::Report),
    /// Check every derivative numerically and print a table
    CheckGradients(check_gradients::CheckGradients),
    /// Print a script that completes commands in a shell
    Completions(completions::Completions),
}

impl CommandLine {
    /// Runs the command and returns the exit code: 0, or 1 if a check has failed.
    ///
    /// # Errors
    /// The error of the command; [`Error::exit_code`](crate::Error::exit_code) gives the exit code.
    pub fn run(self) -> Result<u8> {
        match self.command {
            None => self.run.run(),
            Some(Command::Run(run)) => run.run(),
            Some(Command::Plan(plan)) => plan.run(),
            Some(Command::Reproduce(reproduce)) => reproduce.run(),
            Some(Command::Verify(verify)) => verify.run(),
            Some(Command::Diff(diff)) => diff.run(),
            Some(Command::List(list)) => list.run(),
            Some(Command::Score(score)) => score.run(),
            Some(Command::Features(features)) => features.run(),
            Some(Command::RebuildTid2013(rebuild)) => rebuild.run(),
            Some(Command::Report(report)) => report.run(),
            Some(Command::CheckGradients(check)) => check.run(),
            Some(Command::Completions(completions)) => completions.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::path::Path;

    /// The arguments of the program that [`the_program`] is.
    const ARGUMENTS: &str = "GRADSPACE_ARGUMENTS";

    /// With the variable, this test is the program: a process of its own that knows the kinds of the tests.
    #[test]
    fn the_program() {
        let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
        let arguments = std::iter::once("gradspace").chain(arguments.split('\n'));
        std::process::exit(CommandLine::parse_from(arguments).run().unwrap_or_else(|e| panic!("{e}")).into());
    }

    /// The program's output in this folder, with its exit code.
    fn program(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
        let mut program = std::process::Command::new(std::env::current_exe().expect("this test"));
        let program = program.args(["--exact", "cli::tests::the_program", "--nocapture"]).current_dir(folder);
        let output = program.env(ARGUMENTS, arguments.join("\n")).output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
        (text.concat(), output.status.code())
    }

    #[test]
    fn every_command_works_with_a_kind_that_is_a_folder_and_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("experiments")).unwrap();
        let file = "kind = \"brightness\"\ntitle = \"Brightness\"\nseed = 1\nscenes = 3\n\
                    [dataset]\nkind = \"images\"\npath = \"absent\"\n";
        std::fs::write(path("experiments/brightness.toml"), file).unwrap();
        for (command, code, expected) in [
            ("plan experiments/brightness.toml", 0, "measuring"),
            ("experiments/brightness.toml", 0, "scene 2"),
            ("plan experiments/brightness.toml", 0, "3 of 3"),
            ("run experiments/brightness.toml --set scenes=1", -1, "not between 2 and 100"),
            ("run experiments/brightness.toml --force measurin", -1, "did you mean `measuring`?"),
            ("run experiments/brightness.toml --out other --set scenes=4", 0, "scene 3"),
            ("list", 0, "brightness"),
            ("verify", 0, "verified"),
            ("diff results/brightness-stand-in other/brightness-stand-in", 0, "scenes"),
            ("report", 0, "index.html"),
            ("reproduce --out again", 0, "brightness"),
        ] {
            let (text, found) = program(folder.path(), &command.split(' ').collect::<Vec<_>>());
            assert!(text.contains(expected) && (found == Some(code) || code < 0), "{command}: {found:?}\n{text}");
        }
        let read = |results: &str, file: &str| std::fs::read(path(results).join("brightness-stand-in").join(file));
        for name in ["table.csv", "table.json", "brightness.svg", "brightness.png", "manifest.json"] {
            assert_eq!(read("results", name).unwrap(), read("again", name).unwrap(), "{name}");
        }
        let page = std::fs::read_to_string(path("results/index.html")).unwrap();
        assert!(page.contains("Mean brightness of each scene."));
    }

    #[test]
    fn every_example_of_the_help_is_a_sound_command_line() {
        let program = CommandLine::command();
        let help = std::iter::once(&program).chain(program.get_subcommands()).filter_map(clap::Command::get_after_help);
        let help: String = help.map(|text| text.to_string().replace(" \\\n     ", "") + "\n").collect();
        let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  gradspace ")).collect();
        assert!(examples.len() > 20, "{examples:?}");
        for example in examples {
            // A comment follows after two blanks, and the shell's redirection after `>`.
            let command = example.split("  ").next().unwrap_or_default().split(" > ").next().unwrap_or_default();
            let words = ["gradspace"].into_iter().chain(command.split_whitespace());
            CommandLine::try_parse_from(words).unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }
}
