//! gradspace: distorted representation space characterization through backpropagated gradients, in pure Rust.
#![deny(missing_docs)]

pub mod autodiff;
pub mod datasets;
pub mod error;
pub mod files;
pub mod imaging;
pub mod iqa;
pub mod lanes;
pub mod models;
pub mod nn;
pub mod report;
pub mod stats;

pub use error::{Error, Result};
