//! The scoring stage of an experiment: computes every method and metric on every image. Each reference is one item of the cache.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::json;

use super::images::Pictures;
use super::subset::Scores;
use crate::error::Result;
use crate::iqa::{Measures, Value};
use crate::run::cache::Cache;
use crate::run::progress::Progress;
use crate::run::stages::{Item, Stage};

pub const SCORING: Stage = Stage {
    name: "scoring",
    files: &["studies/image_quality/scoring", "studies/image_quality/images", "studies/image_quality/subset"],
    rooms: &["iqa", "gradients", "models", "nn", "autodiff", "imaging", "datasets", "stats", "lanes", "files", "error"],
};

/// The distorted images of one reference, which are scored together.
pub struct Group {
    /// Their indices.
    images: Vec<usize>,
    /// The cache item of their scores.
    pub item: Item,
    /// The BLAKE3 hash of every file that is read, by its name in the manifest.
    hashes: BTreeMap<String, String>,
}

/// Groups all images by reference. `measures` identifies the methods in the cache items. Every file is read for its hash.
pub fn groups(pictures: &Pictures, measures: &serde_json::Value) -> Result<Vec<Group>> {
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
        let item = Item::new(&SCORING, json!({ "measures": measures, "images": of_images }));
        Ok(Group { images: images.to_vec(), item, hashes })
    };
    let groups: Vec<Result<Group>> = groups.par_iter().map(group).collect();
    groups.into_iter().collect()
}

/// Scores every image by every method and metric. It also returns the hash of every file that was read, by name.
///
/// # Errors
/// The error of the first image, in order, that cannot be read. It does not depend on the threads. A score that is not defined is none: its
/// image is left out for that method.
pub fn score(
    pictures: &Pictures,
    groups: Vec<Group>,
    measures: &Measures,
    cache: &Cache,
    progress: &Progress,
) -> Result<(Vec<Scores>, BTreeMap<String, String>)> {
    let of_group = |group: &Group| {
        let rows = cache.item(&group.item, || score_group(pictures, measures, &group.images))?;
        group.images.iter().for_each(|_| progress.step());
        Ok(rows)
    };
    let scored: Vec<Result<Vec<Vec<Value>>>> = groups.par_iter().map(of_group).collect();
    let mut columns = vec![Vec::new(); measures.list().len()];
    for rows in scored {
        for row in rows? {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
    }
    let measures = measures.list().iter().zip(columns);
    let scores = measures.map(|(measure, values)| {
        let values = values.into_iter().map(|value| measure.without_name(value)).collect();
        Scores::new(measure.name, measure.higher_is_better, values)
    });
    Ok((scores.collect(), groups.into_iter().flat_map(|group| group.hashes).collect()))
}

/// The scores of each image of one reference, in the order of the methods and metrics.
fn score_group(pictures: &Pictures, measures: &Measures, group: &[usize]) -> Result<Vec<Vec<Value>>> {
    let reference = pictures.reference(group[0])?;
    let scored = measures.score(&reference, group, |index| pictures.distorted(index, &reference), &|| ());
    scored.into_iter().collect()
}
