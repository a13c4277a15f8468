//! Reverse-mode automatic differentiation, small enough to be read in an afternoon.
//!
//! | file | content |
//! |---|---|
//! | [`tape`] | values, the record of operations, the backward pass |
//! | [`case`] | a function on the tape with the shapes of its checks |
//! | [`ops`] | one file per operation: forward, derivative, cases |
//! | [`kernels`] | the loops, which run on every instruction set |
//! | [`check`] | numerical checks of the derivatives |
//!
//! This layer uses no files, clock, threads or random numbers.

pub mod case;
pub mod check;
pub mod kernels;
pub mod ops;
pub mod tape;

pub use tape::{Gradients, Inputs, Op, Pass, Tape, Tensor, Var, Wrt};
