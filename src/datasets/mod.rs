//! The readers of data: the only part of the project that knows how other people's files are laid out.
//!
//! * [`tid2013`] reads the TID2013 image quality database in its official layout, whole or in part;
//!   [`tid2013_rebuild`] makes 709 of its 3000 images again from freely available pictures.
//! * [`cure_tsr`] and [`gtsrb`] read traffic signs, by the names of the files or by a manifest; both give the [`signs`] of a
//!   training, a validation and a test set.
//! * [`scores`] reads other methods' scores per image, from CSV or MATLAB files.
//! * [`mat`] reads numeric matrices from MATLAB files, for those scores and for the authors' autoencoder weights.
//! * [`folder`] finds the images in any folder, for training.
//!
//! A file that is not what it should be is an [`Error::Data`](crate::Error) that names the file, the row or key, and
//! what to do.

pub mod cure_tsr;
pub mod folder;
pub mod gtsrb;
pub use crate::models::mat;
pub mod scores;
pub mod signs;
pub mod tid2013;
pub mod tid2013_rebuild;
