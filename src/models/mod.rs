//! The models of the papers: their parameters, and the files those come in.

pub mod classifier;
pub mod sparse_autoencoder;
pub mod tapes;
pub mod training;
pub mod vae;

pub use classifier::Classifier;
pub use sparse_autoencoder::SparseAutoencoder;
pub use tapes::Tapes;
pub use vae::Vae;
