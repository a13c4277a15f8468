//! The parts of a run that are the same for every kind of experiment: stages, plan, cache, progress, claims, the record of the run.

pub mod cache;
pub mod claims;
pub mod plan;
pub mod progress;
pub mod rooms;
pub mod session;
pub mod stages;
