//! What turns operations into something that learns: parameters with names, their first values, two optimisers, files.
//!
//! | file | idea |
//! |---|---|
//! | [`parameters`] | tensors by name, in one fixed order, on a tape or end to end |
//! | [`init`] | first values, from random numbers that the caller draws |
//! | [`adam`] | Adam, for batches |
//! | [`lbfgs`] | L-BFGS, for whole data sets |
//! | [`line_search`] | the step length that L-BFGS takes |
//! | [`checkpoint`] | parameters and an optimiser's state as safetensors |
//!
//! This layer knows no randomness of its own, no threads and no clock; only [`checkpoint`] touches files.

pub mod adam;
pub mod checkpoint;
pub mod init;
pub mod lbfgs;
pub mod line_search;
pub mod parameters;

pub use adam::Adam;
pub use lbfgs::Lbfgs;
pub use parameters::{Bound, Parameters};
