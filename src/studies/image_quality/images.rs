//! Provides the images of an experiment: those of a database, or the synthetic scenes that replace it (its stand-in).

use std::collections::BTreeMap;
use std::path::Path;

use super::settings::StandIn;
use super::subset::{Series, Subset};
use crate::datasets::database::{Entry, Image, QualitySet, Synthetic};
use crate::datasets::multi_live;
use crate::datasets::tid2013::{self, DISTORTIONS, ImageId};
use crate::error::{Error, Result};
use crate::files::hash_file;
use crate::imaging::distortion::multiple::{self, Second};
use crate::imaging::distortion::{self, Distortion};
use crate::imaging::{Rgb8, scenes};
use crate::settings::dataset::Dataset;
use crate::settings::name_of;
use crate::stats::random::Stream;

/// Distorted images and their references, by index.
pub enum Pictures {
    /// Files of a database.
    Database(QualitySet),
    /// Synthetic scenes, drawn and distorted by the program.
    StandIn {
        /// The settings of the scenes.
        stand_in: StandIn,
        /// Every scene under every distortion, in the order of a database.
        images: Vec<Drawn>,
        /// The seed of the random streams.
        seed: u64,
    },
}

/// A synthetic image.
pub struct Drawn {
    image: Image,
    /// Number of the scene, from 1 on.
    scene: usize,
    recipe: Recipe,
}

/// How a scene is distorted.
#[derive(Clone, Copy, PartialEq)]
enum Recipe {
    /// A distortion type of TID2013 at one of its levels.
    Tid2013 { kind: usize, level: usize },
    /// Blur and then a second distortion, each at its level. Level 0 omits a distortion.
    MultiLive { second: Second, blur: usize, level: usize },
}

impl Recipe {
    fn distortion(kind: usize) -> &'static Distortion {
        &distortion::TYPES[kind - 1]
    }

    fn apply(self, scene: usize, reference: &Rgb8, seed: u64) -> Rgb8 {
        match self {
            Recipe::Tid2013 { kind, level } => {
                // Each image has a random stream of its own, by the database's numbering of scene, type and level.
                let item = ((scene - 1) * DISTORTIONS.len() + kind - 1) * tid2013::LEVELS + level - 1;
                let random = &mut Stream::new(seed, "distortion", item as u64);
                Recipe::distortion(kind).apply(reference, level as u8, random)
            }
            Recipe::MultiLive { second, blur, level } => {
                let item = ((scene * 2 + second as usize) * 4 + blur) * 4 + level;
                let random = &mut Stream::new(seed, "multiple distortion", item as u64);
                multiple::distort(reference, second, blur, level, random)
            }
        }
    }

    /// Every synthetic scene under every distortion.
    fn all(stand_in: &StandIn) -> Vec<Drawn> {
        let of_scene = |scene: usize| -> Vec<Drawn> {
            match imitated(stand_in) {
                Synthetic::Types => {
                    let each =
                        stand_in.types.iter().flat_map(|&kind| stand_in.levels.iter().map(move |&level| (kind, level)));
                    let draw = |(kind, level): (u8, u8)| {
                        let (kind, level) = (usize::from(kind), usize::from(level));
                        let image = ImageId { reference: scene, distortion: kind, level }.image();
                        Drawn { image, scene, recipe: Recipe::Tid2013 { kind, level } }
                    };
                    each.map(draw).collect()
                }
                Synthetic::Pairs => {
                    let levels = (0..=multi_live::LEVELS).flat_map(|b| (0..=multi_live::LEVELS).map(move |l| (b, l)));
                    let levels: Vec<_> = levels.filter(|&levels| levels != (0, 0)).collect();
                    let parts = [Second::Jpeg, Second::Noise].into_iter().enumerate();
                    let draw = |part: usize, second: Second, blur: usize, level: usize| {
                        let name =
                            |what: &str, level| if level > 0 { format!("_{what}{level}") } else { String::new() };
                        let (what, _) = multi_live::PARTS[part];
                        let name = format!("part{}/scene{scene}{}{}", part + 1, name("blur", blur), name(what, level));
                        let image = (multi_live::NAMING.image)(&name).expect("named as the database's are");
                        Drawn { image, scene, recipe: Recipe::MultiLive { second, blur, level } }
                    };
                    parts
                        .flat_map(|(part, second)| levels.iter().map(move |&(b, l)| draw(part, second, b, l)))
                        .collect()
                }
            }
        };
        (1..=stand_in.scenes).flat_map(of_scene).collect()
    }
}

/// The distortions of the synthetic images. Only those of TID2013 have types in the experiment file.
fn imitated(stand_in: &StandIn) -> Synthetic {
    if stand_in.types.is_empty() { Synthetic::Pairs } else { Synthetic::Types }
}

impl Pictures {
    /// The database if it exists, else the synthetic images. A folder that the user named must exist.
    pub fn find(dataset: &Dataset, stand_in: Option<&StandIn>, seed: u64) -> Result<Pictures> {
        match (dataset.folder(), stand_in) {
            (Some(folder), _) => {
                let facts = dataset.kind.quality().expect("checked with the experiment");
                if !dataset.given && !folder.exists() {
                    let problem =
                        "cannot be read: there is no such file; name the table of your images with --data FILE";
                    return Err(Error::data(folder, problem));
                }
                Ok(Pictures::Database((facts.read)(folder, dataset.columns())?))
            }
            (None, Some(stand_in)) => {
                Ok(Pictures::StandIn { stand_in: stand_in.clone(), images: Recipe::all(stand_in), seed })
            }
            (None, None) => {
                unreachable!("own data have no synthetic fallback and must exist; checked with the experiment")
            }
        }
    }

    pub fn is_stand_in(&self) -> bool {
        matches!(self, Pictures::StandIn { .. })
    }

    /// The distorted images, grouped by reference.
    fn images(&self) -> Vec<Image> {
        match self {
            Pictures::Database(database) => database.entries.iter().map(|entry| entry.image.clone()).collect(),
            Pictures::StandIn { images, .. } => images.iter().map(|drawn| drawn.image.clone()).collect(),
        }
    }

    /// The images with their viewers' opinions. Synthetic images have no opinions.
    pub fn subset(&self) -> Subset {
        let images = self.images();
        match self {
            Pictures::StandIn { .. } => Subset { images, ..Subset::default() },
            Pictures::Database(database) => {
                let sigma: Option<Vec<f64>> = database.entries.iter().map(|entry| entry.deviation).collect();
                let opinions = database.entries.iter().map(|entry| entry.opinion).collect();
                Subset { images, opinions, sigma: sigma.unwrap_or_default(), scale: Some(database.opinion.clone()) }
            }
        }
    }

    /// The description of the data, for every title.
    pub fn describe(&self) -> String {
        match self {
            Pictures::Database(database) => database.description.clone(),
            Pictures::StandIn { stand_in, images, .. } => {
                let under = match imitated(stand_in) {
                    Synthetic::Types => format!("{} distortion types", stand_in.types.len()),
                    Synthetic::Pairs => "blur with JPEG and blur with noise".to_owned(),
                };
                format!(
                    "stand-in: {} procedural scenes of {}×{} under {under}, {} images, no human scores",
                    stand_in.scenes,
                    stand_in.width,
                    stand_in.height,
                    images.len()
                )
            }
        }
    }

    /// The reference of the image at `index`.
    pub fn reference(&self, index: usize) -> Result<Rgb8> {
        match self {
            Pictures::Database(database) => database.entries[index].read_reference(),
            Pictures::StandIn { stand_in, images, seed } => {
                let scene = images[index].scene as u64 - 1;
                Ok(scenes::scene(scene, stand_in.width, stand_in.height, *seed))
            }
        }
    }

    /// The distorted image at `index`.
    pub fn distorted(&self, index: usize, reference: &Rgb8) -> Result<Rgb8> {
        match self {
            Pictures::Database(database) => database.entries[index].read_distorted(reference),
            Pictures::StandIn { images, seed, .. } => {
                Ok(images[index].recipe.apply(images[index].scene, reference, *seed))
            }
        }
    }

    /// The synthetic images in series. In a series one distortion grows and all else is constant. They are sorted by type and then by
    /// scene. Empty for a database.
    pub fn series(&self) -> Vec<Series> {
        let Pictures::StandIn { stand_in, images, .. } = self else { return Vec::new() };
        let mut series = Vec::new();
        let mut add = |drawn: &dyn Fn(&Drawn) -> Option<f64>, scene: usize| {
            let members: Vec<(usize, f64)> = images
                .iter()
                .enumerate()
                .filter_map(|(i, d)| Some((i, drawn(d).filter(|_| d.scene == scene)?)))
                .collect();
            if let Some(&(first, _)) = members.first() {
                series.push(Series { kind: images[first].image.kind.clone(), scene, members });
            }
        };
        match imitated(stand_in) {
            Synthetic::Types => {
                for &wanted in &stand_in.types {
                    let severity = |drawn: &Drawn| match drawn.recipe {
                        Recipe::Tid2013 { kind, level } if kind == usize::from(wanted) => {
                            Some(Recipe::distortion(kind).severity(level as u8))
                        }
                        _ => None,
                    };
                    (1..=stand_in.scenes).for_each(|scene| add(&severity, scene));
                }
            }
            Synthetic::Pairs => {
                for wanted in [Second::Jpeg, Second::Noise] {
                    for scene in 1..=stand_in.scenes {
                        for fixed in 0..=multi_live::LEVELS {
                            let recipe = |drawn: &Drawn| match drawn.recipe {
                                Recipe::MultiLive { second, blur, level } if second == wanted => Some((blur, level)),
                                _ => None,
                            };
                            add(
                                &|d| recipe(d).filter(|&(blur, _)| blur == fixed).map(|(_, level)| level as f64),
                                scene,
                            );
                            add(
                                &|d| recipe(d).filter(|&(_, level)| level == fixed).map(|(blur, _)| blur as f64),
                                scene,
                            );
                        }
                    }
                }
            }
        }
        series
    }

    /// The level of each synthetic image, or the sum of both levels, for a chart. Empty for a database.
    pub fn levels(&self) -> Vec<f64> {
        let Pictures::StandIn { images, .. } = self else { return Vec::new() };
        let level = |drawn: &Drawn| match drawn.recipe {
            Recipe::Tid2013 { level, .. } => level as f64,
            Recipe::MultiLive { blur, level, .. } => (blur + level) as f64,
        };
        images.iter().map(level).collect()
    }

    /// The settings that determine these synthetic images of one scene; `None` for a database, whose images are files.
    pub fn drawn(&self, images: &[usize]) -> Option<serde_json::Value> {
        let Pictures::StandIn { stand_in, images: all, seed } = self else { return None };
        let names: Vec<&str> = images.iter().map(|&i| all[i].image.name.as_str()).collect();
        let scene = images.first().map(|&i| all[i].scene);
        Some(serde_json::json!({ "scene": scene, "size": stand_in.size(), "seed": seed, "images": names }))
    }

    /// The BLAKE3 hash of the file of the image at `index`, with the name of the image in the database; `None` for a synthetic image.
    pub fn hash(&self, index: usize) -> Result<Option<(String, String)>> {
        self.hash_of(index, "distorted_images", |entry| (&entry.path, &entry.image.name))
    }

    /// The same for its reference.
    pub fn hash_reference(&self, index: usize) -> Result<Option<(String, String)>> {
        self.hash_of(index, "reference_images", |entry| (&entry.reference_path, &entry.image.reference))
    }

    fn hash_of(&self, index: usize, folder: &str, of: fn(&Entry) -> (&Path, &str)) -> Result<Option<(String, String)>> {
        let Pictures::Database(database) = self else { return Ok(None) };
        let (path, name) = of(&database.entries[index]);
        let name = if database.unique_file_names { name_of(path) } else { name.to_owned() };
        Ok(Some((format!("{folder}/{name}"), hash_file(path)?)))
    }

    /// The BLAKE3 hashes of the database's score files, by name.
    pub fn score_files(&self) -> Result<BTreeMap<String, String>> {
        let Pictures::Database(database) = self else { return Ok(BTreeMap::new()) };
        database.score_files.iter().map(|(name, path)| Ok((name.clone(), hash_file(path)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn multi_lives_stand_in_has_the_databases_images_in_chains_of_one_growing_distortion() {
        let stand_in = StandIn { scenes: 2, width: 32, height: 32, types: Vec::new(), levels: Vec::new() };
        let images = Recipe::all(&stand_in);
        assert_eq!(images.len(), 60);
        assert_eq!((&*images[0].image.name, &*images[17].image.name), ("part1/scene1_jpeg1", "part2/scene1_noise3"));
        let pictures = Pictures::StandIn { stand_in, images, seed: 1 };
        let series = pictures.series();
        // Each scene and part has four series of each distortion. A series that starts at the reference has three members, without it.
        assert_eq!(series.len(), 2 * 2 * 8);
        let lengths: Vec<usize> = series[..8].iter().map(|s| s.members.len()).collect();
        assert_eq!(lengths, [3, 3, 4, 4, 4, 4, 4, 4]);
        assert!(series.iter().all(|s| s.members.windows(2).all(|m| m[0].1 < m[1].1)));
        assert_eq!((&*series[0].kind, &*series[31].kind), ("blur_jpeg", "blur_noise"));
    }
}
