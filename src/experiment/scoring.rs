//! Every image under every method, on all threads.
//!
//! Work is dealt out twice: references in parallel, and within each its images in parallel, so that neither a database of few
//! references nor one of few images each leaves a thread idle. What concerns a reference alone is computed once. A score is
//! a function of its two images, and goes to the place that its index gives it: threads change nothing but the time.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::cache::{Cache, Item};
use super::evaluation::Scores;
use super::pictures::Pictures;
use super::progress::Progress;
use crate::error::Result;
use crate::imaging::Rgb8;
use crate::iqa::metrics::Metric;
use crate::iqa::{Reference, Scorer, Scratch};

/// The stage, an item of which is the images of one reference.
pub(super) const SCORING: &str = "scoring";

/// The scorer's buffers, tens of megabytes each: as many as there are threads at work, lent and taken back.
#[derive(Default)]
pub(super) struct Buffers(Mutex<Vec<Scratch>>);

impl Buffers {
    pub fn lend<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let free = || self.0.lock().expect("nothing panics while it holds the list");
        let mut scratch = free().pop().unwrap_or_default();
        let done = work(&mut scratch);
        free().push(scratch);
        done
    }
}

/// What gives a score.
#[derive(Clone, Copy)]
pub(super) enum Judge {
    /// The scorer's method at this place.
    Learned(usize),
    /// A metric of the field.
    Metric(&'static Metric),
}

/// The judges of an experiment, in the order of its table.
pub(super) struct Judges {
    scorer: Scorer,
    order: Vec<Judge>,
    /// What their scores are a function of, beside the images.
    identity: Value,
}

impl Judges {
    /// These judges; the learned ones are `scorer`'s.
    pub fn new(scorer: Scorer, order: Vec<Judge>, identity: Value) -> Judges {
        Judges { scorer, order, identity }
    }

    /// The methods that are learned, with their weights.
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// The method's name in tables and whether higher is better, judge by judge.
    fn names(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.order.iter().map(|judge| match judge {
            Judge::Learned(place) => (self.scorer.methods()[*place].name, true),
            Judge::Metric(metric) => (metric.name, metric.higher_is_better),
        })
    }

    /// The distorted image's score by each judge.
    fn scores(
        &self,
        prepared: Option<&Reference>,
        reference: &Rgb8,
        distorted: &Rgb8,
        scratch: &mut Scratch,
    ) -> Result<Vec<f64>> {
        let learned = prepared.map(|prepared| prepared.score(distorted, scratch)).transpose()?.unwrap_or_default();
        let score = |judge: &Judge| match judge {
            Judge::Learned(place) => Ok(learned[*place].value),
            Judge::Metric(metric) => metric.score(reference, distorted),
        };
        self.order.iter().map(score).collect()
    }
}

/// The images of one reference: what is scored together.
pub(super) struct Group {
    /// Their places.
    images: Vec<usize>,
    /// The work of scoring them.
    pub item: Item,
    /// BLAKE3 of every file that is read, by its name in the manifest.
    hashes: BTreeMap<String, String>,
}

/// All pictures, reference by reference, as items of judges of this identity; every file is read for its hash.
pub(super) fn groups(pictures: &Pictures, judges: &Value) -> Result<Vec<Group>> {
    let references = pictures.subset().references();
    let indices: Vec<usize> = (0..references.len()).collect();
    let groups: Vec<&[usize]> = indices.chunk_by(|&a, &b| references[a] == references[b]).collect();
    let group = |images: &&[usize]| {
        let mut hashes = BTreeMap::from_iter(pictures.hash_reference(images[0])?);
        for &image in *images {
            hashes.extend(pictures.hash(image)?);
        }
        let of_images = match pictures.drawn(images) {
            Some(drawn) => drawn,
            None => json!(hashes),
        };
        let item = Item::new(SCORING, json!({ "judges": judges, "images": of_images }));
        Ok(Group { images: images.to_vec(), item, hashes })
    };
    let groups: Vec<Result<Group>> = groups.par_iter().map(group).collect();
    groups.into_iter().collect()
}

/// Scores every picture by every judge; also the hash of every file that was read, by name.
pub(super) fn score(
    pictures: &Pictures,
    judges: &Judges,
    cache: &Cache,
    progress: &Progress,
) -> Result<(Vec<Scores>, BTreeMap<String, String>)> {
    let groups = groups(pictures, &judges.identity)?;
    let buffers = Buffers::default();
    let of_group = |group: &Group| {
        let rows = cache.item(&group.item, || score_group(pictures, judges, &group.images, &buffers))?;
        group.images.iter().for_each(|_| progress.step());
        Ok(rows)
    };
    let scored: Vec<Result<Vec<Vec<f64>>>> = groups.par_iter().map(of_group).collect();
    // Errors are looked at in the order of the images, so that the same one is reported whichever thread was first.
    let mut columns = vec![Vec::new(); judges.order.len()];
    for rows in scored {
        for row in rows? {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
    }
    let scores = judges.names().zip(columns).map(|((method, higher), values)| Scores::new(method, values, higher));
    Ok((scores.collect(), groups.into_iter().flat_map(|group| group.hashes).collect()))
}

/// The images of one reference: the scores of each, method by method.
fn score_group(pictures: &Pictures, judges: &Judges, group: &[usize], buffers: &Buffers) -> Result<Vec<Vec<f64>>> {
    let blame = |index: usize| move |error| pictures.blame(index, error);
    let picture = pictures.reference(group[0])?;
    let prepared = match judges.scorer.methods() {
        [] => None,
        _ => Some(buffers.lend(|scratch| judges.scorer.reference(&picture, scratch)).map_err(blame(group[0]))?),
    };
    let scored: Vec<Result<Vec<f64>>> = group
        .par_iter()
        .map(|&index| {
            let distorted = pictures.distorted(index, &picture)?;
            let score = |scratch: &mut Scratch| judges.scores(prepared.as_ref(), &picture, &distorted, scratch);
            buffers.lend(score).map_err(blame(index))
        })
        .collect();
    scored.into_iter().collect()
}
