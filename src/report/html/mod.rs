//! `index.html`: one page that shows all results folders.
//!
//! The page needs no other file: charts are inline SVG, pictures are data URIs, the style sheet is in the head, and there is no script. It
//! begins with the outcomes of the paper's claims. Each experiment follows, real data before synthetic data, with its claims, tables,
//! pictures and charts, and the command that runs it again. Colour is used for outcomes only.
//!
//! The page depends only on the folders ([`folder`](super::folder)) and on the experiment files: the same files give the same bytes. It
//! contains photographs and times if they exist, so it is not committed.

mod command;
mod figures;
mod page;

use super::folder::Folder;
use std::path::Path;

/// Facts about the experiments that their results do not contain.
#[derive(Clone, Copy, Debug)]
pub struct Experiments<'a> {
    /// The folder of the experiment files. A setting that differs from its file was given on the command line.
    pub folder: &'a Path,
    /// The beginnings of the names of inputs that are not a dataset, such as `weights/`.
    pub not_data: &'a [&'a str],
}

/// The page that shows `all`.
pub fn page(all: &[Folder], experiments: &Experiments) -> String {
    page::page(all, experiments).into_string()
}
