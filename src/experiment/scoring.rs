//! Every image under every method, on all threads.
//!
//! Work is dealt out twice: references in parallel, and within each its images in parallel, so that neither a database of few
//! references nor one of few images each leaves a thread idle. What concerns a reference alone is computed once. A score is
//! a function of its two images, and goes to the place that its index gives it: threads change nothing but the time.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use super::evaluation::Scores;
use super::pictures::Pictures;
use super::progress::Progress;
use crate::error::Result;
use crate::imaging::Rgb8;
use crate::iqa::metrics::Metric;
use crate::iqa::{Reference, Scorer, Scratch};

/// A file's name in the manifest and its hash.
type Hash = (String, String);

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
}

impl Judges {
    /// These judges; the learned ones are `scorer`'s.
    pub fn new(scorer: Scorer, order: Vec<Judge>) -> Judges {
        Judges { scorer, order }
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

/// Every method of the scorer, and nothing else.
impl From<Scorer> for Judges {
    fn from(scorer: Scorer) -> Judges {
        let order = (0..scorer.methods().len()).map(Judge::Learned).collect();
        Judges { scorer, order }
    }
}

/// Scores every picture by every judge; also the hash of every file that was read, by name.
pub(super) fn score(
    pictures: &Pictures,
    judges: &Judges,
    progress: &Progress,
) -> Result<(Vec<Scores>, BTreeMap<String, String>)> {
    let references = pictures.subset().references();
    let indices: Vec<usize> = (0..references.len()).collect();
    let groups: Vec<&[usize]> = indices.chunk_by(|&a, &b| references[a] == references[b]).collect();
    let buffers = Buffers::default();
    let scored: Vec<Result<_>> =
        groups.par_iter().map(|group| score_group(pictures, judges, group, &buffers, progress)).collect();
    // Errors are looked at in the order of the images, so that the same one is reported whichever thread was first.
    let mut columns = vec![Vec::with_capacity(references.len()); judges.order.len()];
    let mut hashes = BTreeMap::new();
    for group in scored {
        let (rows, read) = group?;
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        hashes.extend(read);
    }
    let scores = judges.names().zip(columns).map(|((method, higher), values)| Scores::new(method, values, higher));
    Ok((scores.collect(), hashes))
}

/// The images of one reference: the scores of each, method by method, and the hashes of the files that were read.
fn score_group(
    pictures: &Pictures,
    judges: &Judges,
    group: &[usize],
    buffers: &Buffers,
    progress: &Progress,
) -> Result<(Vec<Vec<f64>>, Vec<Hash>)> {
    let blame = |index: usize| move |error| pictures.blame(index, error);
    let picture = pictures.reference(group[0])?;
    let prepared = match judges.scorer.methods() {
        [] => None,
        _ => Some(buffers.lend(|scratch| judges.scorer.reference(&picture, scratch)).map_err(blame(group[0]))?),
    };
    let scored: Vec<Result<(Vec<f64>, Option<Hash>)>> = group
        .par_iter()
        .map(|&index| {
            let distorted = pictures.distorted(index, &picture)?;
            let score = |scratch: &mut Scratch| judges.scores(prepared.as_ref(), &picture, &distorted, scratch);
            let scores = buffers.lend(score).map_err(blame(index))?;
            progress.step();
            Ok((scores, pictures.hash(index)?))
        })
        .collect();
    let (rows, hashes): (Vec<_>, Vec<_>) = scored.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
    Ok((rows, hashes.into_iter().flatten().chain(pictures.hash_reference(group[0])?).collect()))
}
