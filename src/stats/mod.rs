//! Correlations, the logistic fit, significance, intervals, and the only random numbers of the project.
//!
//! How well a quality score agrees with people is said by five numbers: the order ([`correlation::srocc`],
//! [`correlation::krcc`]), the linearity ([`correlation::plcc`]), the accuracy ([`correlation::rmse`]) and the consistency
//! ([`correlation::outlier_ratio`]). The last three are taken after a monotone curve has mapped the score to the scale of
//! the opinions ([`logistic`]); what distinguishes two methods is [`significance`], and how much of it is the choice of
//! images is [`bootstrap`].
//!
//! How well a score tells in-distribution images from others is said by [`detection`]; what several seeds say about a number,
//! and about two methods that share them, by [`paired`]. Where features of many dimensions are to be seen, [`pca`] finds the plane
//! in which they vary most; [`running`] takes a stream's mean and spread.
//!
//! All of it runs serially and in a fixed order, or in integers, so that equal input gives equal bits. A statistic that its
//! input does not define (a constant has no correlation) is `None`; input that makes no sense (lengths that differ, NaN) is
//! the caller's mistake and panics. NaN never comes out.

pub mod bootstrap;
pub mod correlation;
pub mod detection;
pub mod eigen;
pub mod logistic;
pub mod moments;
pub mod paired;
pub mod pca;
pub mod random;
pub mod rank;
pub mod running;
pub mod significance;
