//! The source files and crates that compute a stage's results.
//!
//! A cached result is valid until the code that computed it changes. So the identity of an item contains a hash of the stage's own files and
//! of the rooms (folders of `src`) that these use. The hash includes the versions of the crates that these files name. A change in `report/`
//! invalidates no stage, a change in `iqa/` the scores but no network, and a change in `lanes/` everything. The build script makes the
//! tables.

use super::stages::Stage;
use crate::files::hash;

/// A file of `src`.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The path below `src`, with `/` between its parts.
    pub path: &'static str,
    /// A hash of its code: comment lines and unit tests are left out.
    pub hash: &'static str,
    /// The crates that it names.
    pub crates: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/rooms.rs"));

impl Stage {
    /// Whether the file at `path`, below `src`, computes results of this stage.
    pub fn uses(&self, path: &str) -> bool {
        let is_in = |room: &&str| {
            let rest = path.strip_prefix(*room);
            rest.is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
        };
        self.files.iter().chain(self.rooms).any(is_in)
    }

    /// The hash of the source files and crates that compute the results of this stage.
    pub fn program(&self) -> String {
        self.program_of(SOURCES, CRATES)
    }

    /// [`Stage::program`] for other source files and crates.
    pub fn program_of(&self, sources: &[Source], crates: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let used = || sources.iter().filter(|source| self.uses(source.path));
        used().for_each(|source| text += &format!("{} {}\n", source.path, source.hash));
        let named = |name: &str| used().any(|source| source.crates.contains(&name));
        let crates = crates.iter().filter(|(name, _)| named(name));
        crates.for_each(|(name, versions)| text += &format!("{name}: {versions}\n"));
        hash(text.as_bytes())[..32].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studies::KINDS;

    /// The identities of all stages, with the hash of one file changed.
    fn programs(changed: &str) -> Vec<(&'static str, String)> {
        let change =
            |source: &Source| Source { hash: if source.path == changed { "other" } else { source.hash }, ..*source };
        let sources: Vec<Source> = SOURCES.iter().map(change).collect();
        let stages = KINDS.iter().flat_map(|kind| kind.stages);
        stages.map(|stage| (stage.name, stage.program_of(&sources, CRATES))).collect()
    }

    /// The stages that a change of this file invalidates.
    #[track_caller]
    fn concerned(changed: &str) -> Vec<&'static str> {
        assert!(changed.is_empty() || SOURCES.iter().any(|source| source.path == changed), "there is no {changed}");
        let mut names: Vec<_> =
            programs(changed).into_iter().zip(programs("")).filter(|(a, b)| a != b).map(|(a, _)| a.0).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn a_change_concerns_the_stages_that_it_can_change() {
        let all = ["classifiers", "measuring", "networks", "scoring", "training"];
        assert_eq!(concerned("report/table.rs"), [""; 0]);
        assert_eq!(concerned("cli/mod.rs"), [""; 0]);
        assert_eq!(concerned("run/cache.rs"), [""; 0]);
        assert_eq!(concerned("iqa/metrics/ssim.rs"), ["scoring"]);
        assert_eq!(concerned("studies/classification/trials.rs"), ["classifiers"]);
        assert_eq!(concerned("lanes/math.rs"), all);
        assert_eq!(concerned("error.rs"), all);
    }

    #[test]
    fn another_version_of_a_crate_concerns_the_stages_that_use_it() {
        let stage = |name: &str| *KINDS.iter().flat_map(|kind| kind.stages).find(|stage| stage.name == name).unwrap();
        for (name, concerned) in [("ndarray", true), ("rayon", true), ("clap", false), ("plotters", false)] {
            let crates: Vec<_> = CRATES.iter().map(|&(c, v)| (c, if c == name { "0" } else { v })).collect();
            let changed = stage("scoring").program_of(SOURCES, &crates) != stage("scoring").program();
            assert_eq!(changed, concerned, "{name}");
        }
    }
}
