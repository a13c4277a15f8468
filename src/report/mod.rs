//! Writes, reads, verifies and shows the results of runs: tables, charts, claims and manifests.
//!
//! | module | content |
//! |---|---|
//! | [`outputs`] | the result files of a run, collected until the run has succeeded |
//! | [`published`] | the published numbers with source and certainty, from `paper/published.toml` |
//! | [`row`] | a number with its interval and the published number |
//! | [`table`] | rows in the long form, as CSV and JSON |
//! | `fold` | the folded forms of a table, for people: Markdown, LaTeX, terminal text and sections |
//! | [`grid`] | grids of text in these forms, and the sections that contain them |
//! | [`claims`] | claims with their tests and outcomes, `claims.json` |
//! | [`charts`] | the charts, each as SVG and PNG from one drawing |
//! | [`sheet`] | contact sheets of images |
//! | [`verify`] | verifies hashes, comparisons with published numbers, and outcomes of claims |
//! | [`diff`] | the differences between two results |
//! | [`manifest`] | `manifest.json`, which is equal on every run, and `run.json`, which is not |
//! | [`folder`] | reads a results folder, even if it is incomplete or damaged |
//! | [`html`] | one page with all results |
//! | [`paper`] | the numbers of `paper/replication.typ` |
//!
//! Two rules hold throughout. Each title comes with a description of the data. No result file contains a time, a path or a property of the
//! machine, so that the same numbers give the same bytes; only `run.json` differs between runs.

pub mod charts;
pub mod claims;
pub mod diff;
mod fold;
pub mod folder;
pub mod grid;
pub mod html;
pub mod manifest;
pub mod outputs;
pub mod paper;
pub mod published;
pub mod row;
pub mod sheet;
pub mod table;
pub mod verify;
