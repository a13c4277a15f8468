//! The models of the papers: their shapes, their parameters, and the formats of their files.

pub mod classifier;
pub mod sparse_autoencoder;
pub mod vae;

pub use classifier::Classifier;
pub use sparse_autoencoder::SparseAutoencoder;
pub use vae::Vae;
