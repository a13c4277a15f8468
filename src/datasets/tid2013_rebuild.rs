//! Reconstruction of real TID2013 images: 709 of the 3000, bit for bit, from freely available pictures.
//!
//! TID2013's first 24 references are crops of the Kodak Lossless True Color Image Suite. Six of its distortions use
//! neither randomness nor an unknown codec: quantisation noise (7), Gaussian blur (8), JPEG (10), mean shift (16),
//! contrast change (17) and colour saturation (18). The recipe in `recipe/` contains the crops, the parameter of each
//! image, its scores with the digits of the database's own files, and the SHA-256 of its samples. The parameters were
//! recovered from published per-image measurements. An image whose samples have another hash is reported and **never
//! written**: every written image equals that of the database.
//!
//! 589 images need only the Kodak files. The 120 of type 10 are decoded from their JPEG streams, since this program has
//! no encoder like libjpeg's. 11 images of type 18 and all of reference 25, which is not a photograph, cannot be
//! reconstructed.
//!
//! The result has the official layout ([`tid2013`](super::tid2013)). Every file is written under a temporary name and
//! renamed. Existing correct images are kept, so a stopped run can simply be started again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::database::file_name;
use super::folder::{has_extension, visible_entries};
use super::table::Table;
use super::tid2013::ImageId;
use crate::error::{Error, Result};
use crate::files;
use crate::imaging::Rgb8;
use crate::imaging::decode::{read_image, write_bmp};
use crate::imaging::distortion;

/// Width and height of every TID2013 image.
const SIZE: (usize, usize) = (512, 384);
/// The distortion type whose images are decoded, not computed.
const JPEG: usize = 10;

/// The folders of a reconstruction.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of the 24 Kodak images as PNG: `kodim01.png`, `01.png` or `1.png` and so on, in any case.
    pub kodak: PathBuf,
    /// Folder of the type 10 streams, `i01_10_1.jpg` and so on; `None` to leave that type out.
    pub jpeg: Option<PathBuf>,
    /// The folder for the database; created if it does not exist.
    pub out: PathBuf,
}

/// The result of a reconstruction. Its text has a few lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of images made in this run, with the right hash.
    pub made: usize,
    /// The number of images that existed already, with the right hash.
    pub kept: usize,
    /// The number of images that were not attempted without a JPEG folder.
    pub left_out: usize,
    /// The images that were not written: the name and the reason.
    pub failed: Vec<(ImageId, String)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verified = self.made + self.kept;
        write!(f, "{verified} images verified by SHA-256 ({} made, {} there already)", self.made, self.kept)?;
        if self.left_out > 0 {
            write!(f, "; {} JPEG images left out, which need --jpeg", self.left_out)?;
        }
        for (id, reason) in &self.failed {
            write!(f, "\n{id} not written: {reason}")?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Crop {
    reference: usize,
    kodak: usize,
    x: usize,
    y: usize,
    sha256: String,
}

#[derive(Deserialize)]
struct Image {
    image: String,
    parameter: f64,
    /// Text, so that it is written with the digits of the official files.
    mos: String,
    mos_std: String,
    sha256: String,
}

impl Image {
    fn id(&self) -> ImageId {
        ImageId::parse(&self.image).expect("the recipe has names of the database")
    }
}

fn recipe<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let tested = "the recipe is part of the program and tested";
    let table = Table::parse(Path::new("recipe"), text.as_bytes()).expect(tested);
    let header = table.header.iter().map(String::as_str).collect();
    (0..table.len()).map(|row| table.record(row).deserialize(Some(&header)).expect(tested)).collect()
}

fn crops() -> Vec<Crop> {
    recipe(include_str!("recipe/references.csv"))
}

fn images() -> Vec<Image> {
    recipe(include_str!("recipe/images.csv"))
}

/// The SHA-256 of an image's samples, R G B by rows, in hexadecimal.
pub fn sha256(image: &Rgb8) -> String {
    format!("{:x}", Sha256::digest(&image.samples))
}

/// Makes the images and the score files. `progress(done, total)` is called after each image, from several threads.
///
/// # Errors
/// [`Error::Data`] if Kodak images or JPEG streams are missing (all are listed), a Kodak image is not the original, or
/// the output folder contains score files of another origin. [`Error::Write`] if a file cannot be written. A single
/// wrong image is not an error but is listed in [`Summary::failed`].
pub fn rebuild(options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary> {
    let images = images();
    let score_file = options.out.join("mos_with_names.txt");
    refuse_foreign_scores(&score_file, &images)?;
    let kodak = kodak_files(&options.kodak)?;
    if let Some(folder) = &options.jpeg {
        let streams = images.iter().map(Image::id).filter(|id| id.distortion == JPEG).map(|id| stream_path(folder, id));
        refuse_missing(folder, "JPEG streams", streams.map(|path| (path.is_file(), file_name(&path))))?;
    }

    let (references, distorted) = (options.out.join("reference_images"), options.out.join("distorted_images"));
    for folder in [&references, &distorted] {
        std::fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    }
    let originals: BTreeMap<usize, Rgb8> = crops()
        .into_par_iter()
        .map(|crop| {
            let image = cut(&kodak[&crop.kodak], &crop)?;
            let path = references.join(format!("I{:02}.BMP", crop.reference));
            if !is_right(&path, &crop.sha256) {
                write_bmp(path, &image)?;
            }
            Ok((crop.reference, image))
        })
        .collect::<Result<_>>()?;

    let done = AtomicUsize::new(0);
    let outcomes: Vec<Outcome> = images
        .par_iter()
        .map(|image| {
            let path = distorted.join(format!("{}.bmp", image.id()));
            let outcome = make(image, &path, &originals[&image.id().reference], options.jpeg.as_deref());
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, images.len());
            outcome
        })
        .collect::<Result<_>>()?;

    let mut summary = Summary::default();
    let (mut scores, mut deviations) = (String::new(), String::new());
    for (image, outcome) in images.iter().zip(outcomes) {
        match outcome {
            Outcome::Made => summary.made += 1,
            Outcome::Kept => summary.kept += 1,
            Outcome::LeftOut => {
                summary.left_out += 1;
                continue;
            }
            Outcome::Failed(reason) => {
                summary.failed.push((image.id(), reason));
                continue;
            }
        }
        scores += &score_row(image);
        deviations += &format!("{}\r\n", image.mos_std);
    }
    files::write(options.out.join("mos_std.txt"), deviations.as_bytes())?;
    files::write(&score_file, scores.as_bytes())?;
    Ok(summary)
}

/// The result for one image.
enum Outcome {
    Made,
    Kept,
    LeftOut,
    Failed(String),
}

fn make(image: &Image, path: &Path, reference: &Rgb8, jpeg: Option<&Path>) -> Result<Outcome> {
    if is_right(path, &image.sha256) {
        return Ok(Outcome::Kept);
    }
    let (id, parameter) = (image.id(), image.parameter);
    let made = match (id.distortion, jpeg) {
        (7, _) => distortion::quantise(reference, parameter as u8),
        (8, _) => distortion::blur(reference, parameter),
        (JPEG, Some(folder)) => match read_image(stream_path(folder, id)) {
            Ok(image) => image,
            Err(error) => return Ok(Outcome::Failed(error.to_string())),
        },
        (JPEG, None) => return Ok(Outcome::LeftOut),
        (16, _) => distortion::mean_shift(reference, parameter as i32),
        (17, _) => distortion::contrast(reference, parameter),
        (18, _) => distortion::saturation(reference, parameter),
        (other, _) => unreachable!("the recipe has no image of type {other}"),
    };
    if sha256(&made) != image.sha256 {
        return Ok(Outcome::Failed(format!("its SHA-256 is {}, not {}", sha256(&made), image.sha256)));
    }
    write_bmp(path, &made)?;
    Ok(Outcome::Made)
}

fn stream_path(folder: &Path, id: ImageId) -> PathBuf {
    folder.join(format!("{id}.jpg"))
}

/// Whether a file exists and contains the image with this hash.
fn is_right(path: &Path, expected: &str) -> bool {
    path.is_file() && read_image(path).is_ok_and(|image| sha256(&image) == expected)
}

/// A row of `mos_with_names.txt`, as in the official file.
fn score_row(image: &Image) -> String {
    format!("{} {}.bmp\r\n", image.mos, image.id())
}

/// Accepts an existing score file only if this module wrote all its rows, so that a part never overwrites the original
/// database.
fn refuse_foreign_scores(path: &Path, images: &[Image]) -> Result<()> {
    let ours: BTreeSet<String> = images.iter().map(score_row).collect();
    match std::fs::read_to_string(path) {
        Ok(text) if text.split_inclusive('\n').all(|row| ours.contains(row)) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        _ => {
            Err(Error::data(path, "was not written by rebuild-tid2013 and would be lost; choose another --out folder"))
        }
    }
}

/// The files of the Kodak images by number.
fn kodak_files(folder: &Path) -> Result<BTreeMap<usize, PathBuf>> {
    let number = |path: &Path| -> Option<usize> {
        let stem = path.file_stem()?.to_str()?.to_ascii_lowercase();
        stem.strip_prefix("kodim").unwrap_or(&stem).parse().ok()
    };
    let entries =
        visible_entries(folder)?.into_iter().map(|(path, _)| path).filter(|path| has_extension(path, &["png"]));
    let files: BTreeMap<usize, PathBuf> = entries.filter_map(|path| Some((number(&path)?, path))).collect();
    let wanted =
        crops().into_iter().map(|crop| (files.contains_key(&crop.kodak), format!("kodim{:02}.png", crop.kodak)));
    refuse_missing(folder, "Kodak images", wanted)?;
    Ok(files)
}

/// An error that lists every missing file. `files` contains, for each file, whether it exists, and its name.
fn refuse_missing(folder: &Path, what: &str, files: impl Iterator<Item = (bool, String)>) -> Result<()> {
    let files: Vec<_> = files.collect();
    let missing: Vec<_> = files.iter().filter(|(there, _)| !there).map(|(_, name)| name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let problem =
        format!("{} of {} {what} are missing: {}; put them there", missing.len(), files.len(), missing.join(", "));
    Err(Error::data(folder, problem))
}

/// The reference: the `crop` of a Kodak image.
fn cut(path: &Path, crop: &Crop) -> Result<Rgb8> {
    let whole = read_image(path)?;
    let (width, height) = SIZE;
    if crop.x + width > whole.width || crop.y + height > whole.height {
        let problem = format!(
            "is {}×{} pixels, too small for the original (768×512 or 512×768); fetch the original file",
            whole.width, whole.height
        );
        return Err(Error::data(path, problem));
    }
    let image = Rgb8::from_fn(width, height, |x, y| whole.pixel(crop.x + x, crop.y + y));
    if sha256(&image) != crop.sha256 {
        let problem = format!(
            "does not contain TID2013's reference I{:02} at {}, {}; it is probably a re-encoded or resized copy; fetch the original",
            crop.reference, crop.x, crop.y
        );
        return Err(Error::data(path, problem));
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_is_whole() {
        let (crops, images) = (crops(), images());
        assert_eq!(crops.iter().map(|crop| crop.reference).collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
        assert!(images.iter().map(Image::id).is_sorted_by(|a, b| a < b), "in the database's order, none twice");
        let of_type = |number| images.iter().filter(|image| image.id().distortion == number).count();
        assert_eq!([7, 8, JPEG, 16, 17, 18].map(of_type), [120, 120, 120, 120, 120, 109]);
        assert_eq!(images.len(), 709);
        for image in &images {
            assert!(image.sha256.len() == 64 && image.id().reference <= 24);
            assert!(
                (0.0..=9.0).contains(&image.mos.parse::<f64>().unwrap()) && image.mos_std.parse::<f64>().unwrap() > 0.0
            );
        }
    }

    /// With invalid input nothing may be written.
    #[test]
    fn what_is_wrong_with_the_input_is_said_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let options = Options { kodak: at("kodak"), jpeg: None, out: at("out") };
        let error = |options: &Options| rebuild(options, &|_, _| ()).unwrap_err().to_string();

        assert!(error(&options).contains("kodak: the folder cannot be read"));
        std::fs::create_dir(at("kodak")).unwrap();
        for number in 3..=24 {
            std::fs::write(at("kodak").join(format!("KODIM{number:02}.PNG")), "").unwrap();
        }
        let message = error(&options);
        assert!(message.contains("2 of 24 Kodak images are missing: kodim01.png, kodim02.png"), "{message}");

        for name in ["1.png", "02.png"] {
            std::fs::write(at("kodak").join(name), "").unwrap();
        }
        std::fs::create_dir(at("jpeg")).unwrap();
        let message = error(&Options { jpeg: Some(at("jpeg")), ..options.clone() });
        assert!(message.contains("120 of 120 JPEG streams are missing: i01_10_1.jpg, i01_10_2.jpg"), "{message}");
        assert!(!at("out").exists());

        std::fs::create_dir(at("out")).unwrap();
        std::fs::write(at("out/mos_with_names.txt"), "5.51429 I01_01_1.bmp\r\n").unwrap();
        assert!(error(&options).contains("mos_with_names.txt: was not written by rebuild-tid2013"));
        assert_eq!(std::fs::read_dir(at("out")).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_of_a_kodak_image_is_told_from_the_original() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kodim01.png");
        let crop = &crops()[0];
        for (width, height, expected) in
            [(300, 200, "is 300×200 pixels, too small"), (768, 512, "a re-encoded or resized copy")]
        {
            crate::imaging::decode::write_png(&path, &Rgb8::new(width, height, vec![9; 3 * width * height])).unwrap();
            let error = cut(&path, crop).unwrap_err().to_string();
            assert!(error.contains("kodim01.png") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_summary_names_what_failed() {
        let id = ImageId::parse("i01_10_1").unwrap();
        let summary = Summary { made: 3, kept: 1, left_out: 120, failed: vec![(id, "why".to_string())] };
        let lines = [
            "4 images verified by SHA-256 (3 made, 1 there already); 120 JPEG images left out, which need --jpeg",
            "i01_10_1 not written: why",
        ];
        assert_eq!(summary.to_string(), lines.join("\n"));
    }
}
