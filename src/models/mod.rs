//! The models of the papers: their parameters, and the files those come in.

pub mod mat;
pub mod sparse_autoencoder;
pub mod training;

pub use sparse_autoencoder::SparseAutoencoder;
