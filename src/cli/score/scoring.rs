//! The scores of all pairs, on all threads.
//!
//! References are scored in parallel; for each of them [`Measures::score`] works in parallel too. Every image is decoded once. The rows are
//! in the order of the pairs, for any number of threads.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;

use super::images::Images;
use super::pairs::{Fault, Pair};
use crate::datasets::folder::identity;
use crate::imaging::decode::Picture;
use crate::iqa::{Measures, Value};
use crate::run::progress::Progress;

/// A pair with its scores.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub pair: Pair,
    /// Width and height; `None` if the images cannot be read or compared.
    pub size: Option<(usize, usize)>,
    /// The value of each measure.
    pub values: Vec<Value>,
    /// Whether an image has samples of another range than 0 to 255.
    pub fine: bool,
    /// The reason why the pair cannot be scored at all.
    pub fault: Option<Fault>,
}

/// Scores every pair, in order.
pub(super) fn score(pairs: &[Pair], images: &Images, measures: &Measures, progress: &Progress) -> Vec<Row> {
    let mut groups: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for (index, pair) in pairs.iter().enumerate() {
        groups.entry(identity(&pair.reference)).or_default().push(index);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let of_group = |group: &Vec<usize>| score_group(pairs, group, images, measures, progress);
    let scored: Vec<Vec<Row>> = groups.par_iter().map(of_group).collect();
    let mut rows: Vec<(usize, Row)> = groups.into_iter().flatten().zip(scored.into_iter().flatten()).collect();
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Scores the pairs of one reference.
fn score_group(pairs: &[Pair], group: &[usize], images: &Images, measures: &Measures, progress: &Progress) -> Vec<Row> {
    let row = |index: usize, scored: Result<((usize, usize), Vec<Value>), Fault>| {
        let pair = pairs[index].clone();
        let fine = images.is_fine(&pair.reference) || images.is_fine(&pair.distorted);
        match scored {
            Ok((size, values)) => {
                let values =
                    values.into_iter().zip(measures.list()).map(|(value, measure)| measure.without_name(value));
                Row { pair, size: Some(size), values: values.collect(), fine, fault: None }
            }
            Err(fault) => {
                measures.list().iter().for_each(|_| progress.step());
                let problem = format!("{}: {}", fault.path.display(), fault.problem);
                let values = vec![Err(problem); measures.list().len()];
                Row { pair, size: None, values, fine, fault: Some(fault) }
            }
        }
    };
    let reference = match images.read(&pairs[group[0]].reference).map_err(|e| Fault::new(&pairs[group[0]].reference, e))
    {
        Ok(reference) => reference,
        Err(fault) => return group.iter().map(|&index| row(index, Err(fault.clone()))).collect(),
    };
    let size = (reference.image.width, reference.image.height);
    let distorted = |index: usize| read_distorted(&pairs[index], images, size);
    let scored = measures.score(&reference, group, distorted, &|| progress.step());
    group.iter().zip(scored).map(|(&index, values)| row(index, values.map(|values| (size, values)))).collect()
}

/// Reads the distorted image of the pair, which must have the size of its reference.
fn read_distorted(pair: &Pair, images: &Images, (width, height): (usize, usize)) -> Result<Picture, Fault> {
    let picture = images.read(&pair.distorted).map_err(|e| Fault::new(&pair.distorted, e))?;
    let image = &picture.image;
    if (image.width, image.height) == (width, height) {
        return Ok(picture);
    }
    let problem = format!(
        "is {}×{}, but its reference {} is {width}×{height}; both must have the same size",
        image.width,
        image.height,
        pair.reference.display()
    );
    Err(Fault { path: pair.distorted.clone(), problem })
}
