//! Data types of the study: images with their viewers' opinions, and the scores of methods on them.

use std::collections::BTreeMap;

use crate::datasets::database::{Image, Opinion, numbered};
use crate::datasets::tid2013::DISTORTIONS;

/// One method's scores, image by image.
#[derive(Clone, Debug)]
pub struct Scores {
    /// The method's name.
    pub method: String,
    /// The scores as the method computes them. An image that equals its reference may have an infinite score. NaN if the score is not
    /// defined; then `undefined` has the reason.
    pub values: Vec<f64>,
    /// Whether a higher score is a better image.
    pub higher_is_better: bool,
    /// The reasons why scores are not defined, by the index of the image.
    pub undefined: BTreeMap<usize, String>,
}

impl Default for Scores {
    fn default() -> Scores {
        Scores { method: String::new(), values: Vec::new(), higher_is_better: true, undefined: BTreeMap::new() }
    }
}

impl Scores {
    /// The scores of a method, or the reasons why they are not defined, image by image.
    pub fn new(method: &str, higher_is_better: bool, scored: Vec<Result<f64, String>>) -> Scores {
        let values = scored.iter().map(|score| *score.as_ref().unwrap_or(&f64::NAN)).collect();
        let reasons = scored.into_iter().enumerate().filter_map(|(i, score)| Some((i, score.err()?)));
        Scores { method: method.to_owned(), values, higher_is_better, undefined: reasons.collect() }
    }
}

/// The images that methods are compared on.
#[derive(Clone, Debug, Default)]
pub struct Subset {
    /// The images. All scores have this order.
    pub images: Vec<Image>,
    /// The viewers' mean opinions as the database contains them; empty for synthetic images.
    pub opinions: Vec<f64>,
    /// The standard deviations of the opinions; empty if the database does not contain them.
    pub sigma: Vec<f64>,
    /// The scale of the opinions and its direction; `None` without opinions.
    pub scale: Option<Opinion>,
}

impl Subset {
    /// The number of each image's reference.
    pub fn references(&self) -> Vec<usize> {
        numbered(self.images.iter().map(|image| image.reference.as_str()))
    }

    /// The types of distortion: those of TID2013 in its order, others in the order of their first appearance. Empty if the database does
    /// not name them.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for image in &self.images {
            if !image.kind.is_empty() && !kinds.contains(&image.kind.as_str()) {
                kinds.push(&image.kind);
            }
        }
        kinds.sort_by_key(|kind| DISTORTIONS.iter().position(|d| d == kind));
        kinds
    }
}

/// Images of one scene that differ only in the severity of one distortion.
pub struct Series {
    /// The type of distortion.
    pub kind: String,
    /// The number of the scene.
    pub scene: usize,
    /// The index and the severity of each image; all severities are different.
    pub members: Vec<(usize, f64)>,
}
