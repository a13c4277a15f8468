//! Statistics: correlations, the logistic fit, significance, intervals, detection, and the project's only random
//! numbers.
//!
//! Five statistics compare a quality score with people's opinions: the order ([`correlation::srocc`], [`correlation::krcc`]), the
//! linearity ([`correlation::plcc`]), the accuracy ([`correlation::rmse`]) and the consistency ([`correlation::outlier_ratio`]).
//! The last three are computed after a curve has mapped the score to the scale of the opinions ([`logistic`]); [`isotonic`] regression is
//! the bound of every increasing curve.
//! [`significance`] tests whether two methods differ, and [`bootstrap`] measures how much depends on the choice of images.
//!
//! [`detection`] measures how well a score separates in-distribution images from others. [`paired`] gives the mean over several
//! seeds, and compares two methods that share them. [`pca`] finds the plane in which features of many dimensions vary most;
//! [`running`] computes the mean and spread of a stream.
//!
//! All of it runs serially and in a fixed order, or in integers, so that equal input gives equal bits. A statistic that is
//! undefined for its input is `None`: a constant has no correlation. Invalid input (lengths that differ, NaN) is the caller's
//! mistake and panics. No result is NaN.

pub mod bootstrap;
pub mod correlation;
pub mod detection;
pub mod eigen;
pub mod isotonic;
pub mod logistic;
pub mod moments;
pub mod paired;
pub mod pca;
pub mod random;
pub mod rank;
pub mod running;
pub mod significance;
