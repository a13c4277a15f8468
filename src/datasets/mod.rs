//! The readers of data: the only part of the project that knows how other people's files are laid out.
//!
//! * [`database`] is what the image-quality databases have in common. [`tid2013`] and [`multi_live`] read theirs in their official layouts,
//!   whole or in part; [`live`] knows the names of its images; [`own`] reads a table of anybody's images.
//!   [`tid2013_rebuild`] makes 709 of TID2013's 3000 images again from freely available pictures.
//! * [`cure_tsr`] and [`gtsrb`] read traffic signs, by the names of the files or by a manifest; both give the [`signs`] of a
//!   training, a validation and a test set.
//! * [`scores`] reads other methods' scores per image, from CSV or MATLAB files.
//! * [`mat`] reads MATLAB files, for those scores, for lists of images and for the authors' autoencoder weights.
//! * [`folder`] finds the images in any folder, for training.
//!
//! A file that is not what it should be is an [`Error::Data`](crate::Error) that names the file, the row or key, and
//! what to do.

pub mod cure_tsr;
pub mod database;
pub mod folder;
pub mod gtsrb;
pub mod live;
pub mod multi_live;
pub mod own;
pub mod scores;
pub mod signs;
mod table;
pub mod tid2013;
pub mod tid2013_rebuild;

pub use crate::files::mat;
