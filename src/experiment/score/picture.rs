//! `--map`: the pair, and below it where it differs.

use std::path::Path;

use super::super::file::name_of;
use super::pairs::{Fault, Pair, Pairs, identity};
use crate::error::{Error, Result};
use crate::imaging::decode::{read_image, write_png};
use crate::iqa::map::{PATCH_PIXELS, SSIM_MARGIN, disagreement, structural_similarity};
use crate::iqa::{Method, Models, Scorer, Scratch};
use crate::models::SparseAutoencoder;
use crate::report::charts::{Map, Maps};

/// That the picture can be asked for: of one pair, as a PNG, and in the place of neither image.
pub(super) fn check(file: &Path, pairs: &Pairs) -> Result<()> {
    let name = file.display();
    let [pair] = &pairs.list[..] else {
        let count = pairs.list.len();
        return Err(Error::Usage(format!("--map {name}: a picture is of one distorted image, and {count} are named")));
    };
    if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        return Err(Error::Usage(format!("--map {name}: the picture is a PNG; give it a name that ends in .png")));
    }
    if [&pair.reference, &pair.distorted].into_iter().any(|image| identity(image) == identity(file)) {
        return Err(Error::Usage(format!(
            "--map {name}: that is one of the images; give the picture a name of its own"
        )));
    }
    Ok(())
}

/// Draws the picture of the pair and writes it to `file`.
///
/// # Errors
/// [`Error::Data`] naming the image that cannot be read or has no map.
pub(super) fn draw(file: &Path, pair: &Pair, autoencoder: SparseAutoencoder) -> Result<()> {
    let (reference, distorted) = (read_image(&pair.reference)?, read_image(&pair.distorted)?);
    let blame = |path: &Path| {
        let path = path.to_path_buf();
        move |error| Fault::error(vec![Fault { problem: format!("no map can be drawn: {error}"), path }])
    };
    let ssim = structural_similarity(&reference, &distorted).map_err(blame(&pair.distorted))?;
    let scorer = Scorer::new(&[Method::GRADIENT], Models { autoencoder, ms_unique: vec![] })?;
    let mut scratch = Scratch::default();
    let prepared = scorer.reference(&reference, &mut scratch).map_err(blame(&pair.reference))?;
    let score = prepared.score(&distorted, &mut scratch).map_err(blame(&pair.distorted))?[0].value;
    let (rho, patches) = disagreement(&prepared, &distorted, &mut scratch).map_err(blame(&pair.distorted))?.remove(0);
    let sheet = Maps {
        title: format!("{} against {}", name_of(&pair.distorted), name_of(&pair.reference)),
        data: format!(
            "SSIM {:.4} · gradient {score:.4} (rank correlation {rho:.4}) · the brighter, the more the images differ there",
            ssim.mean()
        ),
        images: [("Reference".to_owned(), &reference), ("Distorted".to_owned(), &distorted)],
        maps: [
            Map {
                title: "1 − SSIM: structure lost".to_owned(),
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
    write_png(file, &sheet.render()?)
}
