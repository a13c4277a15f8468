//! `gradspace completions`: a script with which a shell completes commands, options and their values.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::CommandLine;
use crate::error::Result;
use crate::run::progress::print;

#[derive(Debug, Args)]
#[command(after_help = include_str!("help/completions.txt"))]
pub(super) struct Completions {
    /// Shell that runs the script
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "gradspace", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(0)
    }
}
