//! All measures of all pairs, on all threads.
//!
//! References in parallel, within each its distorted images, and within each of these the metrics, so that neither one pair nor a thousand leave a
//! thread idle. Every image is decoded once, and what the methods know of a reference alone is computed once for all its distorted
//! versions. A score goes to the place that its pair has: threads change nothing but the time.
//!
//! Memory: a pair of 12 megapixels takes 4 GB with all metrics, and each further thread 2 GB.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::super::progress::Progress;
use super::super::scoring::Buffers;
use super::measures::{How, Measure};
use super::pairs::{Fault, Pair, identity};
use crate::error::Result;
use crate::imaging::Rgb8;
use crate::imaging::decode::read_image;
use crate::iqa::metrics::Metric;
use crate::iqa::{Models, Reference, Scorer, Scratch};
use crate::models::SparseAutoencoder;

/// A score, or why there is none.
pub(super) type Value = std::result::Result<f64, String>;

/// A pair with its scores.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub pair: Pair,
    /// Width and height; `None` where the images could not be read or compared.
    pub size: Option<(usize, usize)>,
    /// A value for each measure.
    pub values: Vec<Value>,
    /// Why the pair could not be scored at all.
    pub fault: Option<Fault>,
}

/// A measure that can be asked: a method with its weights, or a metric.
enum Ready {
    Method(Box<Scorer>),
    Metric(&'static Metric),
}

/// Scores every pair; the rows are in the pairs' order.
pub(super) fn score(
    pairs: &[Pair],
    measures: &[Measure],
    autoencoder: &SparseAutoencoder,
    progress: &Progress,
) -> Result<Vec<Row>> {
    // One scorer for each method, so that one may be undefined where another is not.
    let ready = |measure: &Measure| match &measure.how {
        How::Method(method) => {
            let models = Models { autoencoder: autoencoder.clone(), ms_unique: vec![] };
            Ok(Ready::Method(Box::new(Scorer::new(std::slice::from_ref(method), models)?)))
        }
        How::Metric(metric) => Ok(Ready::Metric(metric)),
    };
    let ready = measures.iter().map(ready).collect::<Result<Vec<Ready>>>()?;
    let mut groups: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for (index, pair) in pairs.iter().enumerate() {
        groups.entry(identity(&pair.reference)).or_default().push(index);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let buffers = Buffers::default();
    let scored: Vec<Vec<Row>> =
        groups.par_iter().map(|group| score_group(pairs, group, &ready, &buffers, progress)).collect();
    let mut rows: Vec<(usize, Row)> = groups.into_iter().flatten().zip(scored.into_iter().flatten()).collect();
    rows.sort_by_key(|(index, _)| *index);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The pairs of one reference.
fn score_group(pairs: &[Pair], group: &[usize], ready: &[Ready], buffers: &Buffers, progress: &Progress) -> Vec<Row> {
    let reference =
        read(&pairs[group[0]].reference).map(|image| buffers.lend(|scratch| Prepared::new(image, ready, scratch)));
    group
        .par_iter()
        .map(|&index| {
            let pair = pairs[index].clone();
            let scored = reference.as_ref().map_err(Fault::clone).and_then(|reference| {
                let distorted = read(&pair.distorted)?;
                reference.check_size(&pair, &distorted)?;
                Ok(((distorted.width, distorted.height), reference.score(&distorted, ready, buffers, progress)))
            });
            match scored {
                Ok((size, values)) => Row { pair, size: Some(size), values, fault: None },
                Err(fault) => {
                    ready.iter().for_each(|_| progress.step());
                    let problem = format!("{}: {}", fault.path.display(), fault.problem);
                    Row { pair, size: None, values: vec![Err(problem); ready.len()], fault: Some(fault) }
                }
            }
        })
        .collect()
}

/// A reference image, and what each method knows of it; `None` for a metric.
struct Prepared<'a> {
    image: Rgb8,
    sides: Vec<Option<std::result::Result<Reference<'a>, String>>>,
}

impl<'a> Prepared<'a> {
    fn new(image: Rgb8, ready: &'a [Ready], scratch: &mut Scratch) -> Prepared<'a> {
        let side = |ready: &'a Ready| match ready {
            Ready::Method(scorer) => Some(scorer.reference(&image, scratch).map_err(|error| error.to_string())),
            Ready::Metric(_) => None,
        };
        let sides = ready.iter().map(side).collect();
        Prepared { image, sides }
    }

    fn check_size(&self, pair: &Pair, distorted: &Rgb8) -> std::result::Result<(), Fault> {
        let Rgb8 { width, height, .. } = self.image;
        if (width, height) == (distorted.width, distorted.height) {
            return Ok(());
        }
        let (path, reference) = (pair.distorted.clone(), pair.reference.display());
        let problem = format!(
            "is {}×{}, its reference {reference} {width}×{height}; only images of one size can be compared",
            distorted.width, distorted.height
        );
        Err(Fault { path, problem })
    }

    /// Every measure of a distorted image: the methods one by one, since they share their buffers, then the metrics.
    fn score(&self, distorted: &Rgb8, ready: &[Ready], buffers: &Buffers, progress: &Progress) -> Vec<Value> {
        let by_method = |side: &Option<std::result::Result<Reference, String>>, scratch: &mut Scratch| {
            let score = match side.as_ref()? {
                Ok(reference) => {
                    reference.score(distorted, scratch).map(|scores| scores[0].value).map_err(|e| e.to_string())
                }
                Err(reason) => Err(reason.clone()),
            };
            progress.step();
            Some(score)
        };
        let by_method: Vec<Option<Value>> =
            buffers.lend(|scratch| self.sides.iter().map(|side| by_method(side, scratch)).collect());
        let by_metric = |(ready, by_method): (&Ready, Option<Value>)| match (ready, by_method) {
            (Ready::Metric(metric), _) => {
                let score = metric.score(&self.image, distorted).map_err(|error| {
                    let reason = error.to_string();
                    // The column says which metric it is.
                    reason.strip_prefix(&format!("{}: ", metric.name)).map_or(reason.clone(), str::to_owned)
                });
                progress.step();
                score
            }
            (Ready::Method(_), score) => score.expect("methods are scored already"),
        };
        ready.par_iter().zip(by_method).map(by_metric).collect()
    }
}

fn read(path: &Path) -> std::result::Result<Rgb8, Fault> {
    read_image(path).map_err(|error| Fault::new(path, error))
}
