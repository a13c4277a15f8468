//! `--threads` and `--simd`: the use of the machine.

use clap::Args;
use clap::builder::PossibleValuesParser;
use rayon::ThreadPoolBuilder;

use crate::error::{Error, Result};
use crate::lanes::Simd;

/// Options that change the duration of a command and none of its results.
#[derive(Debug, Default, Args)]
pub(super) struct Machine {
    /// Number of threads; by default one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Instruction set of the processor; the results are the same with each
    #[arg(long, value_name = "SET", default_value = "auto")]
    #[arg(value_parser = PossibleValuesParser::new(["auto"].into_iter().chain(Simd::ALL.map(Simd::name))))]
    simd: String,
}

impl Machine {
    /// Sets the threads and the instruction set of the whole process.
    ///
    /// # Errors
    /// [`Error::Usage`] if the processor lacks the instruction set or the threads cannot be started.
    pub fn apply(&self) -> Result<()> {
        if let Some(simd) = Simd::from_name(&self.simd) {
            if !simd.is_available() {
                return Err(Error::Usage(format!(
                    "--simd {}: this processor lacks that instruction set; leave the option out",
                    self.simd
                )));
            }
            simd.force();
        }
        let threads = self.threads.map_or(0, usize::from);
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()
            .map_err(|e| Error::Usage(format!("--threads {threads}: the threads cannot be started: {e}")))
    }
}
