//! The pictures of an experiment: a database, or the scenes that stand in for it.

use std::collections::BTreeMap;
use std::path::Path;

use super::evaluation::Subset;
use super::file::{Dataset, StandIn, name_of};
use crate::datasets::tid2013::{self, DISTORTIONS, Entry, ImageId, Tid2013};
use crate::error::{Error, Result};
use crate::imaging::distortion::{self, Distortion};
use crate::imaging::{Rgb8, scenes};
use crate::report::files::hash_file;
use crate::stats::random::Stream;

/// The distortion of an image of the stand-in.
fn distortion_of(image: ImageId) -> &'static Distortion {
    &distortion::TYPES[image.distortion - 1]
}

/// Distorted images and their references, by index.
pub(super) enum Pictures {
    /// Files of a database.
    Database(Tid2013),
    /// Scenes drawn and distorted by the program.
    StandIn {
        /// What to draw.
        stand_in: StandIn,
        /// Every scene under every type at every level, in the order of a database.
        images: Vec<ImageId>,
        /// Where the random streams start.
        seed: u64,
    },
}

impl Pictures {
    /// The database where it is, else the stand-in. A folder that the user named is never passed over.
    pub fn find(dataset: &Dataset, stand_in: &StandIn, seed: u64) -> Result<Pictures> {
        if let Some(folder) = dataset.folder() {
            return Ok(Pictures::Database(tid2013::read(folder)?));
        }
        let mut images = Vec::new();
        for reference in 1..=stand_in.scenes {
            for &distortion in &stand_in.types {
                let levels = stand_in.levels.iter();
                images.extend(levels.map(|&level| ImageId {
                    reference,
                    distortion: usize::from(distortion),
                    level: usize::from(level),
                }));
            }
        }
        Ok(Pictures::StandIn { stand_in: stand_in.clone(), images, seed })
    }

    pub fn is_stand_in(&self) -> bool {
        matches!(self, Pictures::StandIn { .. })
    }

    /// The distorted images, those of one reference together.
    pub fn images(&self) -> Vec<ImageId> {
        match self {
            Pictures::Database(database) => database.entries.iter().map(|entry| entry.id).collect(),
            Pictures::StandIn { images, .. } => images.clone(),
        }
    }

    /// The images with their viewers' opinions, of which the stand-in has none.
    pub fn subset(&self) -> Subset {
        let images = self.images();
        match self {
            Pictures::StandIn { .. } => Subset { images, ..Subset::default() },
            Pictures::Database(database) => {
                let sigma: Option<Vec<f64>> = database.entries.iter().map(|entry| entry.mos_std).collect();
                let mos = database.entries.iter().map(|entry| entry.mos).collect();
                Subset { images, mos, sigma: sigma.unwrap_or_default() }
            }
        }
    }

    /// What the numbers are from, in words for every title.
    pub fn describe(&self) -> String {
        match self {
            Pictures::Database(database) => format!("TID2013, {}", database.coverage()),
            Pictures::StandIn { stand_in, images, .. } => format!(
                "stand-in: {} procedural scenes of {}×{} under {} distortion types, {} images, no human scores",
                stand_in.scenes,
                stand_in.size.width,
                stand_in.size.height,
                stand_in.types.len(),
                images.len()
            ),
        }
    }

    /// The reference of the image at `index`.
    pub fn reference(&self, index: usize) -> Result<Rgb8> {
        match self {
            Pictures::Database(database) => database.entries[index].read_reference(),
            Pictures::StandIn { stand_in, images, seed } => {
                let scene = images[index].reference as u64 - 1;
                Ok(scenes::scene(scene, stand_in.size.width, stand_in.size.height, *seed))
            }
        }
    }

    /// The distorted image at `index`.
    pub fn distorted(&self, index: usize, reference: &Rgb8) -> Result<Rgb8> {
        match self {
            Pictures::Database(database) => database.entries[index].read_distorted(reference),
            Pictures::StandIn { images, seed, .. } => {
                let image = images[index];
                // The database's own numbering of scene, type and level: each image has a stream of its own.
                let types = DISTORTIONS.len();
                let item = ((image.reference - 1) * types + image.distortion - 1) * tid2013::LEVELS + image.level - 1;
                let random = &mut Stream::new(*seed, "distortion", item as u64);
                Ok(distortion_of(image).apply(reference, image.level as u8, random))
            }
        }
    }

    /// How severe the distortion of each image was made; growing within a type and scene. Empty for a database.
    pub fn severity(&self) -> Vec<f64> {
        match self {
            Pictures::Database(_) => Vec::new(),
            Pictures::StandIn { images, .. } => {
                images.iter().map(|&image| distortion_of(image).severity(image.level as u8)).collect()
            }
        }
    }

    /// BLAKE3 of the file of the image at `index`, under the name that it has in the database; nothing for a stand-in.
    pub fn hash(&self, index: usize) -> Result<Option<(String, String)>> {
        self.hash_of(index, "distorted_images", |entry| &entry.path)
    }

    /// The same of its reference.
    pub fn hash_reference(&self, index: usize) -> Result<Option<(String, String)>> {
        self.hash_of(index, "reference_images", |entry| &entry.reference_path)
    }

    fn hash_of(&self, index: usize, folder: &str, path: fn(&Entry) -> &Path) -> Result<Option<(String, String)>> {
        let Pictures::Database(database) = self else { return Ok(None) };
        let path = path(&database.entries[index]);
        Ok(Some((format!("{folder}/{}", name_of(path)), hash_file(path)?)))
    }

    /// BLAKE3 of the database's score files, by name.
    pub fn score_files(&self) -> Result<BTreeMap<String, String>> {
        let files = match self {
            Pictures::Database(database) => &database.score_files[..],
            Pictures::StandIn { .. } => &[],
        };
        files.iter().map(|path| Ok((name_of(path), hash_file(path)?))).collect()
    }

    /// `error` with the image at `index` in it, where it does not name a file already.
    pub fn blame(&self, index: usize, error: Error) -> Error {
        match (error, self) {
            (Error::Undefined(problem), Pictures::Database(database)) => {
                Error::data(&database.entries[index].path, problem)
            }
            (Error::Undefined(problem), Pictures::StandIn { images, .. }) => {
                Error::Undefined(format!("stand-in {}: {problem}", images[index]))
            }
            (error, _) => error,
        }
    }
}
