//! The pictures of an experiment: a database, or the scenes that stand in for it.

use std::collections::BTreeMap;
use std::path::Path;

use super::evaluation::Subset;
use super::file::{Dataset, DatasetKind, Distortions, StandIn, name_of};
use crate::datasets::database::{Database, Entry, Image, Naming};
use crate::datasets::tid2013::{self, DISTORTIONS, ImageId};
use crate::datasets::{multi_live, own};
use crate::error::{Error, Result};
use crate::imaging::distortion::multiple::{self, Second};
use crate::imaging::distortion::{self, Distortion};
use crate::imaging::{Rgb8, scenes};
use crate::report::files::hash_file;
use crate::stats::random::Stream;

/// Distorted images and their references, by index.
pub(super) enum Pictures {
    /// Files of a database.
    Database(Database),
    /// Scenes drawn and distorted by the program.
    StandIn {
        /// What to draw.
        stand_in: StandIn,
        /// Every scene under everything, in the order of a database.
        images: Vec<Drawn>,
        /// Where the random streams start.
        seed: u64,
    },
}

/// An image of a stand-in.
pub(super) struct Drawn {
    image: Image,
    /// Number of the scene, from 1 on.
    scene: usize,
    recipe: Recipe,
}

/// How a scene is distorted.
#[derive(Clone, Copy, PartialEq)]
enum Recipe {
    /// By a type of TID2013 at one of its levels.
    Tid2013 { kind: usize, level: usize },
    /// By blur and what follows it, at levels of which 0 leaves one out.
    MultiLive { second: Second, blur: usize, level: usize },
}

/// Images of one scene that differ in the strength of one distortion alone, with that strength.
pub(super) struct Series {
    /// The kind of distortion.
    pub kind: String,
    /// Number of the scene.
    pub scene: usize,
    /// Index and severity of each image; the severities are different.
    pub members: Vec<(usize, f64)>,
}

impl Recipe {
    fn distortion(kind: usize) -> &'static Distortion {
        &distortion::TYPES[kind - 1]
    }

    fn apply(self, scene: usize, reference: &Rgb8, seed: u64) -> Rgb8 {
        match self {
            Recipe::Tid2013 { kind, level } => {
                // The database's own numbering of scene, type and level: each image has a stream of its own.
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

    /// Every scene under every distortion of the stand-in.
    fn all(stand_in: &StandIn) -> Vec<Drawn> {
        let of_scene = |scene: usize| -> Vec<Drawn> {
            match &stand_in.distortions {
                Distortions::Tid2013 { types, levels } => {
                    let each = types.iter().flat_map(|&kind| levels.iter().map(move |&level| (kind, level)));
                    let draw = |(kind, level): (u8, u8)| {
                        let (kind, level) = (usize::from(kind), usize::from(level));
                        let image = ImageId { reference: scene, distortion: kind, level }.image();
                        Drawn { image, scene, recipe: Recipe::Tid2013 { kind, level } }
                    };
                    each.map(draw).collect()
                }
                Distortions::MultiLive {} => {
                    let levels = (0..=multi_live::LEVELS).flat_map(|b| (0..=multi_live::LEVELS).map(move |l| (b, l)));
                    let levels: Vec<_> = levels.filter(|&levels| levels != (0, 0)).collect();
                    let parts = [Second::Jpeg, Second::Noise].into_iter().enumerate();
                    let draw = |part: usize, second: Second, blur: usize, level: usize| {
                        let name =
                            |what: &str, level| if level > 0 { format!("_{what}{level}") } else { String::new() };
                        let (what, _) = multi_live::PARTS[part];
                        let name = format!("part{}/scene{scene}{}{}", part + 1, name("blur", blur), name(what, level));
                        let image = Naming::MultiLive.image(&name).expect("named as the database's are");
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

impl Pictures {
    /// The database where it is, else the stand-in. A folder that the user named is never passed over.
    pub fn find(dataset: &Dataset, stand_in: Option<&StandIn>, seed: u64) -> Result<Pictures> {
        match (dataset.folder(), stand_in) {
            (Some(folder), _) => Ok(Pictures::Database(match dataset.kind {
                DatasetKind::Tid2013 => tid2013::read(folder)?.into(),
                DatasetKind::MultiLive => multi_live::read(folder)?,
                DatasetKind::Csv => own::read(folder, dataset.columns.as_ref().expect("checked with the experiment"))?,
                _ => unreachable!("images without scores; checked with the experiment"),
            })),
            (None, Some(stand_in)) => {
                Ok(Pictures::StandIn { stand_in: stand_in.clone(), images: Recipe::all(stand_in), seed })
            }
            (None, None) => unreachable!("own data have no stand-in and count as named; checked with the experiment"),
        }
    }

    pub fn is_stand_in(&self) -> bool {
        matches!(self, Pictures::StandIn { .. })
    }

    /// The distorted images, those of one reference together.
    fn images(&self) -> Vec<Image> {
        match self {
            Pictures::Database(database) => database.entries.iter().map(|entry| entry.image.clone()).collect(),
            Pictures::StandIn { images, .. } => images.iter().map(|drawn| drawn.image.clone()).collect(),
        }
    }

    /// The images with their viewers' opinions, of which the stand-in has none.
    pub fn subset(&self) -> Subset {
        let images = self.images();
        match self {
            Pictures::StandIn { .. } => Subset { images, ..Subset::default() },
            Pictures::Database(database) => {
                let sigma: Option<Vec<f64>> = database.entries.iter().map(|entry| entry.deviation).collect();
                let opinions = database.entries.iter().map(|entry| entry.opinion).collect();
                Subset::new(images, opinions, sigma.unwrap_or_default(), &database.opinion)
            }
        }
    }

    /// What the numbers are from, in words for every title.
    pub fn describe(&self) -> String {
        match self {
            Pictures::Database(database) => database.description.clone(),
            Pictures::StandIn { stand_in, images, .. } => {
                let under = match &stand_in.distortions {
                    Distortions::Tid2013 { types, .. } => format!("{} distortion types", types.len()),
                    Distortions::MultiLive {} => "blur with JPEG and blur with noise".to_owned(),
                };
                format!(
                    "stand-in: {} procedural scenes of {}×{} under {under}, {} images, no human scores",
                    stand_in.scenes,
                    stand_in.size.width,
                    stand_in.size.height,
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
                Ok(scenes::scene(scene, stand_in.size.width, stand_in.size.height, *seed))
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

    /// The stand-in's images in series of one distortion growing while all else stays, by kind and then by scene. Empty for
    /// a database.
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
        match &stand_in.distortions {
            Distortions::Tid2013 { types, .. } => {
                for &wanted in types {
                    let severity = |drawn: &Drawn| match drawn.recipe {
                        Recipe::Tid2013 { kind, level } if kind == usize::from(wanted) => {
                            Some(Recipe::distortion(kind).severity(level as u8))
                        }
                        _ => None,
                    };
                    (1..=stand_in.scenes).for_each(|scene| add(&severity, scene));
                }
            }
            Distortions::MultiLive {} => {
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

    /// A number for each image of a stand-in that grows with its distortion, for a chart: its level, or the sum of both levels.
    pub fn levels(&self) -> Vec<f64> {
        let Pictures::StandIn { images, .. } = self else { return Vec::new() };
        let level = |drawn: &Drawn| match drawn.recipe {
            Recipe::Tid2013 { level, .. } => level as f64,
            Recipe::MultiLive { blur, level, .. } => (blur + level) as f64,
        };
        images.iter().map(level).collect()
    }

    /// What images of the stand-in, of one scene, are a function of; `None` of a database, whose images are files.
    pub fn drawn(&self, images: &[usize]) -> Option<serde_json::Value> {
        let Pictures::StandIn { stand_in, images: all, seed } = self else { return None };
        let names: Vec<&str> = images.iter().map(|&i| all[i].image.name.as_str()).collect();
        let scene = images.first().map(|&i| all[i].scene);
        Some(serde_json::json!({ "scene": scene, "size": stand_in.size, "seed": seed, "images": names }))
    }

    /// BLAKE3 of the file of the image at `index`, under the name that it has in the database; nothing for a stand-in.
    pub fn hash(&self, index: usize) -> Result<Option<(String, String)>> {
        self.hash_of(index, "distorted_images", |entry| (&entry.path, &entry.image.name))
    }

    /// The same of its reference.
    pub fn hash_reference(&self, index: usize) -> Result<Option<(String, String)>> {
        self.hash_of(index, "reference_images", |entry| (&entry.reference_path, &entry.image.reference))
    }

    fn hash_of(&self, index: usize, folder: &str, of: fn(&Entry) -> (&Path, &str)) -> Result<Option<(String, String)>> {
        let Pictures::Database(database) = self else { return Ok(None) };
        let (path, name) = of(&database.entries[index]);
        // TID2013's files have names of their own; elsewhere files of one name may lie in several folders.
        let name = if database.naming == Naming::Tid2013 { name_of(path) } else { name.to_owned() };
        Ok(Some((format!("{folder}/{name}"), hash_file(path)?)))
    }

    /// BLAKE3 of the database's score files, by name.
    pub fn score_files(&self) -> Result<BTreeMap<String, String>> {
        let Pictures::Database(database) = self else { return Ok(BTreeMap::new()) };
        let named = |path: &Path| match database.naming {
            // Each part has files of the same names.
            Naming::MultiLive => format!("{}/{}", path.parent().map(name_of).unwrap_or_default(), name_of(path)),
            _ => name_of(path),
        };
        database.score_files.iter().map(|path| Ok((named(path), hash_file(path)?))).collect()
    }

    /// `error` with the image at `index` in it, where it does not name a file already.
    pub fn blame(&self, index: usize, error: Error) -> Error {
        match (error, self) {
            (Error::Undefined(problem), Pictures::Database(database)) => {
                Error::data(&database.entries[index].path, problem)
            }
            (Error::Undefined(problem), Pictures::StandIn { images, .. }) => {
                Error::Undefined(format!("stand-in {}: {problem}", images[index].image.name))
            }
            (error, _) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::SceneSize;

    #[test]
    fn multi_lives_stand_in_has_the_databases_images_in_chains_of_one_growing_distortion() {
        let size = SceneSize { width: 32, height: 32 };
        let stand_in = StandIn { scenes: 2, size, distortions: Distortions::MultiLive {} };
        let images = Recipe::all(&stand_in);
        assert_eq!(images.len(), 60);
        assert_eq!((&*images[0].image.name, &*images[17].image.name), ("part1/scene1_jpeg1", "part2/scene1_noise3"));
        let pictures = Pictures::StandIn { stand_in, images, seed: 1 };
        let series = pictures.series();
        // Per scene and part four chains of each distortion; those from nothing have three members, the reference not counted.
        assert_eq!(series.len(), 2 * 2 * 8);
        let lengths: Vec<usize> = series[..8].iter().map(|s| s.members.len()).collect();
        assert_eq!(lengths, [3, 3, 4, 4, 4, 4, 4, 4]);
        assert!(series.iter().all(|s| s.members.windows(2).all(|m| m[0].1 < m[1].1)));
        assert_eq!((&*series[0].kind, &*series[31].kind), ("blur_jpeg", "blur_noise"));
    }
}
