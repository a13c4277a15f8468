//! Tests the reader of sign images on the real photographs beside the project.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::shared;
use gradspace::datasets::gtsrb;
use gradspace::datasets::signs::{Sign, Split};

/// Each of the 4439 photographs of 43 classes in 888 tracks can be decoded and has the listed size. No track is in two splits.
#[test]
fn the_german_signs_are_read_whole() {
    let Some(folder) = shared("data/gtsrb_mini") else { return };
    let set = gtsrb::read(folder).unwrap();
    // There are 681 training tracks, of which 136 are for validation, and 207 test tracks.
    let counts = [&set.train, &set.validation, &set.test].map(Vec::len);
    assert_eq!((set.classes.len(), counts), (43, [2724, 680, 1035]));
    assert!(set.classes.keys().copied().eq(0..43));

    let mut splits: BTreeMap<_, BTreeSet<Split>> = BTreeMap::new();
    for sign in set.all() {
        splits.entry((sign.class, sign.track)).or_default().insert(sign.split);
        assert!(sign.size.is_some());
    }
    assert_eq!(splits.len(), 888);
    assert!(splits.values().all(|of_track| of_track.len() == 1));
    let tracks = |split| splits.values().filter(|of_track| of_track.contains(&split)).count();
    assert_eq!([Split::Train, Split::Validation, Split::Test].map(tracks), [545, 136, 207]);

    // `read` compares the size with the manifest's.
    let failed: Vec<_> = set.all().map(Sign::read).filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
