//! `index.html`: every result folder on one page that a person reads.
//!
//! One file that needs no other: charts are inline SVG, pictures are data URIs, the style sheet is in the head, and there is no script. The
//! order is a reader's: what came of the paper's claims; then each experiment, real data before stand-ins, its claims before its
//! tables, its tables before its charts and pictures, and how to make it again last. Colour means an outcome and nothing else.
//!
//! The page is made of the folders alone ([`folder`](super::folder)): the same folders give the same bytes. It shows
//! photographs and times where they are there, so it is for who made it, and not committed.

mod command;
mod figures;
mod page;

use super::folder::Folder;
use std::path::Path;

/// The page that shows `all`. `experiments` is the folder of the experiment files, which tell what was overridden on the command line.
pub fn page(all: &[Folder], experiments: &Path) -> String {
    page::page(all, experiments).into_string()
}
