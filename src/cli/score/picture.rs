//! `--map`: a picture of both images and, below them, of where they differ.

use std::path::{Path, PathBuf};

use super::images::Images;
use super::pairs::{Pair, Pairs};
use crate::error::{Error, Result};
use crate::files::guard::Guard;
use crate::imaging::decode::write_png;
use crate::iqa::map::{PATCH_PIXELS, SSIM_MARGIN, disagreement, structural_similarity};
use crate::iqa::{Method, Models, Scorer, Scratch};
use crate::models::SparseAutoencoder;
use crate::report::charts::{Map, Maps};
use crate::settings::name_of;

/// Checks that there is one pair, that the picture is a PNG file, and that it replaces neither image and none of the `others`, which are
/// read too.
pub(super) fn check<'a>(file: &Path, pairs: &'a Pairs, others: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    let name = file.display();
    let [pair] = &pairs.list[..] else {
        let count = pairs.list.len();
        return Err(Error::Usage(format!(
            "--map {name}: the picture shows one distorted image, and {count} are named"
        )));
    };
    if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        return Err(Error::Usage(format!("--map {name}: the picture is a PNG file; choose a name that ends in .png")));
    }
    let guard = Guard::new([("--map", file)])?;
    let inputs = [pair.reference.as_path(), &pair.distorted].into_iter();
    inputs.chain(others.into_iter().map(PathBuf::as_path)).try_for_each(|input| guard.input(input))
}

/// Draws the picture of the pair and writes it to `file`.
///
/// # Errors
/// [`Error::Data`] with the image that cannot be read or has no map.
pub(super) fn draw(file: &Path, pair: &Pair, images: &Images, autoencoder: SparseAutoencoder) -> Result<()> {
    let (reference, distorted) = (images.read(&pair.reference)?.image, images.read(&pair.distorted)?.image);
    let blame = |path: &Path| {
        let path = path.to_path_buf();
        move |error| Error::data(path, format!("no map can be drawn: {error}"))
    };
    let ssim = structural_similarity(&reference, &distorted).map_err(blame(&pair.distorted))?;
    let scorer = Scorer::new(&[Method::GRADIENT], Models { autoencoder, ms_unique: vec![] })?;
    let mut scratch = Scratch::default();
    let prepared = scorer.reference(&reference, &mut scratch).map_err(blame(&pair.reference))?;
    let score = prepared.score(&distorted, &mut scratch).map_err(blame(&pair.distorted))?[0].value;
    let (rho, patches) = disagreement(&prepared, &distorted, &mut scratch).map_err(blame(&pair.distorted))?.remove(0);
    let picture = Maps {
        title: format!("{} against {}", name_of(&pair.distorted), name_of(&pair.reference)),
        data: format!(
            "SSIM {:.4} · gradient {score:.4} (rank correlation {rho:.4}) · brighter: the images differ more",
            ssim.mean()
        ),
        images: [("Reference".to_owned(), &reference), ("Distorted".to_owned(), &distorted)],
        maps: [
            Map {
                title: "1 − SSIM: lost structure".to_owned(),
                values: ssim.map(|s| 1.0 - s),
                margin: SSIM_MARGIN,
                side: 1,
            },
            Map {
                title: "Gradient method: disagreement per patch".to_owned(),
                values: patches,
                margin: 0,
                side: PATCH_PIXELS,
            },
        ],
    };
    write_png(file, &picture.render()?)
}
