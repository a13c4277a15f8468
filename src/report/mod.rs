//! Results as files: tables, charts and the record of the run.
//!
//! | module | what it makes |
//! |---|---|
//! | [`files`] | files, whole or not at all, and their hashes |
//! | [`published`] | the published numbers, with source and status, from `paper/published.toml` |
//! | [`table`] | one long-form table as CSV, JSON, Markdown, LaTeX and terminal text |
//! | [`grid`] | grids of text in the folded forms, and sections that are no such table |
//! | [`claims`] | claims and how they come out, `claims.json` |
//! | [`charts`] | the charts, each as SVG and PNG from one drawing |
//! | [`sheet`] | images side by side under names |
//! | [`results`] | a results folder, found and read back |
//! | [`verify`] | whether results are what they say they are |
//! | [`diff`] | what differs between two results |
//! | [`manifest`] | `manifest.json`, equal on every run, and `run.json`, which is not |
//! | [`folder`] | results read back for pages, whatever state they are in |
//! | [`html`] | all of them as one page |
//! | [`paper`] | the numbers of `paper/replication.typ` |
//!
//! Two rules hold throughout. Every title says what data the numbers are from. And nothing here reads a clock, a path or the
//! machine into a result file: the same numbers give the same bytes; only `run.json` tells runs apart.

pub mod charts;
pub mod claims;
pub mod diff;
pub mod files;
pub mod folder;
pub mod grid;
pub mod html;
pub mod manifest;
pub mod paper;
pub mod published;
pub mod results;
pub mod sheet;
pub mod table;
pub mod verify;
