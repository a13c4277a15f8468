//! The commands that are not experiments, a file each.

pub(super) mod check_gradients;
pub(super) mod completions;
pub(super) mod diff;
pub(super) mod list;
pub(super) mod rebuild_tid2013;
pub(super) mod report;
pub(super) mod reproduce;
pub(super) mod verify;
