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
use crate::iqa::{Scorer, Scratch};

/// A file's name in the manifest and its hash.
type Hash = (String, String);

/// The scorer's buffers, tens of megabytes each: as many as there are threads at work, lent and taken back.
#[derive(Default)]
struct Buffers(Mutex<Vec<Scratch>>);

impl Buffers {
    fn lend<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let free = || self.0.lock().expect("nothing panics while it holds the list");
        let mut scratch = free().pop().unwrap_or_default();
        let done = work(&mut scratch);
        free().push(scratch);
        done
    }
}

/// Scores every picture with every method of `scorer`; also the hash of every file that was read, by name.
pub(super) fn score(
    pictures: &Pictures,
    scorer: &Scorer,
    progress: &Progress,
) -> Result<(Vec<Scores>, BTreeMap<String, String>)> {
    let images = pictures.images();
    let indices: Vec<usize> = (0..images.len()).collect();
    let groups: Vec<&[usize]> = indices.chunk_by(|&a, &b| images[a].reference == images[b].reference).collect();
    let buffers = Buffers::default();
    let scored: Vec<Result<_>> =
        groups.par_iter().map(|group| score_group(pictures, scorer, group, &buffers, progress)).collect();
    // Errors are looked at in the order of the images, so that the same one is reported whichever thread was first.
    let mut columns = vec![Vec::with_capacity(images.len()); scorer.methods().len()];
    let mut hashes = BTreeMap::new();
    for group in scored {
        let (rows, read) = group?;
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        hashes.extend(read);
    }
    let names = scorer.methods().iter().map(|m| m.name.to_owned());
    Ok((names.zip(columns).map(|(method, values)| Scores { method, values }).collect(), hashes))
}

/// The images of one reference: the scores of each, method by method, and the hashes of the files that were read.
fn score_group(
    pictures: &Pictures,
    scorer: &Scorer,
    group: &[usize],
    buffers: &Buffers,
    progress: &Progress,
) -> Result<(Vec<Vec<f64>>, Vec<Hash>)> {
    let blame = |index: usize| move |error| pictures.blame(index, error);
    let picture = pictures.reference(group[0])?;
    let reference = buffers.lend(|scratch| scorer.reference(&picture, scratch)).map_err(blame(group[0]))?;
    let scored: Vec<Result<(Vec<f64>, Option<Hash>)>> = group
        .par_iter()
        .map(|&index| {
            let distorted = pictures.distorted(index, &picture)?;
            let scores = buffers.lend(|scratch| reference.score(&distorted, scratch)).map_err(blame(index))?;
            progress.step();
            Ok((scores.into_iter().map(|s| s.value).collect(), pictures.hash(index)?))
        })
        .collect();
    let (rows, hashes): (Vec<_>, Vec<_>) = scored.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
    Ok((rows, hashes.into_iter().flatten().chain(pictures.hash_reference(group[0])?).collect()))
}
