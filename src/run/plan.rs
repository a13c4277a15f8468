//! The plan of an experiment: its stages with their items, and the work that computes them.
//!
//! `gradspace plan` prints the plan, and `gradspace run` carries it out. A run computes no item that its plan does not contain.

use std::path::PathBuf;

use super::session::{About, Options, Session};
use super::stages::Planned;
use crate::error::Result;

/// The plan of a run.
pub struct Plan<'a> {
    /// The description of the experiment in the record of the run.
    pub about: About,
    /// The stages, in order.
    pub stages: Vec<Planned>,
    /// Computes the results and writes them.
    pub work: Box<dyn FnOnce(Session) -> Result<PathBuf> + 'a>,
}

impl Plan<'_> {
    /// Runs the experiment and returns its results folder.
    ///
    /// # Errors
    /// The errors of [`Session::open`] and of the work.
    pub fn carry_out(self, options: &Options) -> Result<PathBuf> {
        let session = Session::open(options, self.about, &self.stages)?;
        (self.work)(session)
    }
}
