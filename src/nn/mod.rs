//! Training of models: named parameters, their initial values, two optimisers, and checkpoints.
//!
//! | file | content |
//! |---|---|
//! | [`parameters`] | tensors by name, in one fixed order, on a tape or as one vector |
//! | [`init`] | initial values, from the caller's random numbers |
//! | [`adam`] | Adam, for batches |
//! | [`lbfgs`] | L-BFGS, for whole data sets |
//! | [`line_search`] | the step length of L-BFGS |
//! | [`tapes`] | a batch in groups; one thread computes each group on its own tape |
//! | [`checkpoint`] | parameters and an optimiser's state as safetensors |
//!
//! This layer uses no clock and draws no random numbers itself. Only [`tapes`] uses threads, and only [`checkpoint`]
//! uses files.

pub mod adam;
pub mod checkpoint;
pub mod init;
pub mod lbfgs;
pub mod line_search;
pub mod parameters;
pub mod tapes;

pub use adam::{Adam, AdamSettings};
pub use lbfgs::Lbfgs;
pub use parameters::{Bound, Parameters};
pub use tapes::Tapes;
