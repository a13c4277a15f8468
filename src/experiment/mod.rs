//! Experiments: a TOML file is read, checked, run and written up.
//!
//! | module | what it does |
//! |---|---|
//! | [`command`] | the command line |
//! | `commands` | the commands that are not experiments, a file each |
//! | `format`, `style` | answers as text or JSON; words in colour where somebody sees them |
//! | [`mod@file`] | the experiment file: raw, then checked |
//! | `score` | `gradspace score`: every metric of images of one's own |
//! | `maps` | examples of the method in pictures |
//! | `session` | times, inputs, outputs, manifest: what every experiment shares |
//! | `cache` | what was computed before, known by its content; the lock of a results folder |
//! | `plan` | `gradspace plan`: what a run would compute, and why |
//! | `claims`, `evidence` | the claims of an experiment file, tested on the numbers |
//! | `image_quality` | scores of a database's images, statistics, tables, charts |
//! | `training` | the sparse autoencoder, from patches to a file of weights |
//! | `classification` | clean signs against others, by features of a network that knows clean ones only |
//! | `features` | the features of any images under a trained network |
//! | `spread` | how far the scores depend on the training run |
//!
//! An experiment's result is a function of its file, the overrides on the command line and the data. The threads, the
//! instruction set, the clock and the folders on this machine reach `run.json` and nothing else.

mod cache;
mod charts;
mod claims;
mod classification;
pub mod command;
mod commands;
mod competitors;
mod evaluation;
mod evidence;
mod features;
pub mod file;
mod format;
mod image_quality;
mod maps;
mod pictures;
mod plan;
mod progress;
mod score;
mod scoring;
mod session;
mod spread;
mod style;
mod text;
mod training;
mod weights;
