//! Stages and their items, whose results the cache stores.
//!
//! A stage is a step of a study: a training, the scores of all images. Its work is divided into items, each of which has an identity.

use serde::Serialize;
use serde_json::Value;

use crate::files::hash;

/// A stage whose items are cached.
#[derive(Debug, PartialEq)]
pub struct Stage {
    /// Its name for `--force` and in `gradspace plan`.
    pub name: &'static str,
    /// The files of the study that compute its results, below `src`.
    pub files: &'static [&'static str],
    /// The rooms that these files use, directly or indirectly: folders of `src`.
    pub rooms: &'static [&'static str],
}

/// An item of a stage: everything that determines its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The stage.
    pub stage: &'static Stage,
    /// The hash of the program that computes it ([`Stage::program`]).
    pub program: String,
    /// The settings, and the hashes of the files that it reads.
    pub identity: Value,
}

impl Item {
    /// The item of `stage` with this identity.
    pub fn new(stage: &'static Stage, identity: impl Serialize) -> Item {
        let identity = serde_json::to_value(identity).expect("settings and hashes become JSON");
        Item { stage, program: stage.program(), identity }
    }

    /// A hash that replaces the item in the identity of an item that depends on it.
    pub fn key(&self) -> String {
        hash(format!("{}\n{}\n{}", self.program, self.stage.name, self.identity).as_bytes())[..16].to_owned()
    }
}

/// A stage of a plan.
pub struct Planned {
    /// The name of the stage.
    pub name: &'static str,
    /// Its items; `None` for a stage that is always computed.
    pub items: Option<Vec<Item>>,
}

impl Planned {
    /// A stage whose items are cached.
    pub fn items(stage: &'static Stage, items: Vec<Item>) -> Planned {
        Planned { name: stage.name, items: Some(items) }
    }

    /// A stage that is always computed.
    pub fn always(name: &'static str) -> Planned {
        Planned { name, items: None }
    }
}
