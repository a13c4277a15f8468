//! Reverse-mode automatic differentiation, small enough to be read in an afternoon.
//!
//! | file | idea |
//! |---|---|
//! | [`tape`] | values, the record of operations, the walk back |
//! | [`ops`] | one file per operation: forward, derivative, cases |
//! | [`kernels`] | the loops that run on every instruction set |
//! | [`check`] | numerical proof of the derivatives |
//!
//! This layer knows no files, clock, threads or randomness.

pub mod check;
pub mod kernels;
pub mod ops;
pub mod tape;

pub use tape::{Gradients, Inputs, Op, Pass, Tape, Tensor, Var, Wrt};
