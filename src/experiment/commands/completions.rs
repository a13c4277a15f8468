//! `gradspace completions`: what a shell needs to complete commands, options and their values.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::error::Result;
use crate::experiment::command::CommandLine;
use crate::experiment::style::print;

#[derive(Debug, Args)]
pub(in crate::experiment) struct Completions {
    /// The shell that the script is for
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
