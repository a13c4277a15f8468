//! Draws `maps.png`: a few images beside their references, and maps of where the gradient's features of the two differ.
//!
//! The choice of the examples does not depend on the scores. It is the strongest level of three types of distortion of the first
//! reference, spaced evenly among its types. All maps use one colour scale, so they can be compared.

use super::images::Pictures;
use crate::datasets::database::Image;
use crate::error::{Error, Result};
use crate::iqa::map::{PATCH_PIXELS, disagreement};
use crate::iqa::{Method, Scorer, Scratch};
use crate::report::charts::{Map, thumbnail};
use crate::report::sheet::Sheet;
use crate::run::session::Session;

/// The name, the rank and the caption of the picture in the results.
const NAME: &str = "maps";
const RANK: u8 = 5;
const CAPTION: &str = "References, distorted images, and a map of where the gradient's features of the two differ.";
/// The number of examples.
const EXAMPLES: usize = 3;
/// The longer side of a panel, at most, in pixels. Nine panels of this size give a file of at most 300 kB.
const PANEL: usize = 192;

/// Draws the examples if the experiment includes the proposed method. Pictures of synthetic scenes are part of the results; pictures of
/// a database are written to `photographs/`, which is not committed.
pub(super) fn add(pictures: &Pictures, scorer: Scorer, session: &mut Session) -> Result<()> {
    let Some(place) = scorer.methods().iter().position(|method| method.key == Method::GRADIENT.key) else {
        return Ok(());
    };
    let chosen = examples(&pictures.subset().images);
    let Some(&first) = chosen.first() else { return Ok(()) };
    let reference = pictures.reference(first)?;
    let mut scratch = Scratch::default();
    // An image without a score has no map.
    let Some(prepared) = defined(scorer.reference(&reference, &mut scratch))? else { return Ok(()) };
    let (mut shown, mut places) = (Vec::new(), Vec::new());
    for index in chosen {
        let distorted = pictures.distorted(index, &reference)?;
        let Some(maps) = defined(disagreement(&prepared, &distorted, &mut scratch))? else { continue };
        let (rho, values) = maps.into_iter().nth(place).expect("a map for each method");
        shown.push((distorted, rho, Map { title: String::new(), values, margin: 0, side: PATCH_PIXELS }));
        places.push(index);
    }
    if shown.is_empty() {
        return Ok(());
    }

    let brightest = shown.iter().map(|(.., map)| map.brightest()).fold(0.0, f64::max);
    let longer = reference.width.max(reference.height);
    let shrink = longer.div_ceil(PANEL);
    let images = pictures.subset().images;
    let sheet = Sheet {
        title: "Where the gradient's features differ".to_owned(),
        data: format!(
            "{}. The number is 1 − ρ, the mean of the map. Dark means no difference; the brightest colour means {brightest} or more. One value per {PATCH_PIXELS}×{PATCH_PIXELS} pixels.",
            pictures.describe()
        ),
        columns: ["reference", "distorted", "map"].map(str::to_owned).to_vec(),
        rows: places
            .iter()
            .zip(&shown)
            .map(|(&index, (_, rho, _))| format!("{}: {:.3}", label(&images[index]), 1.0 - rho))
            .collect(),
        cells: shown
            .iter()
            .flat_map(|(distorted, _, map)| {
                [
                    thumbnail(&reference, shrink),
                    thumbnail(distorted, shrink),
                    map.thumbnail(&reference, shrink, brightest),
                ]
            })
            .collect(),
        scale: (PANEL / longer).max(1),
    };
    let outputs = if pictures.is_stand_in() { &mut session.outputs } else { &mut session.photographs };
    outputs.add_png(NAME, RANK, CAPTION, sheet.png());
    Ok(())
}

/// The value, or `None` if it is not defined for the images.
fn defined<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Undefined(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The label of an example.
fn label(image: &Image) -> String {
    match (image.kind.as_str(), image.level) {
        ("", _) => image.name.clone(),
        (kind, Some(level)) => format!("{}, level {level}", kind.replace('_', " ")),
        (kind, None) => kind.replace('_', " "),
    }
}

/// The indices of the examples: images of the first reference, of up to [`EXAMPLES`] types that are spaced evenly among its types. Each is
/// the last image of its type at the strongest level.
fn examples(images: &[Image]) -> Vec<usize> {
    let Some(first) = images.first() else { return Vec::new() };
    let of_first = || images.iter().enumerate().filter(|(_, image)| image.reference == first.reference);
    let mut kinds: Vec<&str> = Vec::new();
    for (_, image) in of_first() {
        if !kinds.contains(&&*image.kind) {
            kinds.push(&image.kind);
        }
    }
    let count = kinds.len().min(EXAMPLES);
    let wanted = (0..count).map(|i| kinds[(2 * i + 1) * kinds.len() / (2 * count)]);
    let strongest =
        |kind: &str| of_first().filter(|(_, image)| image.kind == kind).max_by_key(|(_, image)| image.level);
    wanted.filter_map(|kind| strongest(kind).map(|(index, _)| index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(reference: &str, kind: &str, level: Option<usize>) -> Image {
        Image { name: format!("{reference} {kind} {level:?}"), reference: reference.into(), kind: kind.into(), level }
    }

    #[test]
    fn examples_are_of_kinds_that_lie_evenly_at_their_strongest() {
        let levels = |reference: &'static str, kinds: std::ops::Range<usize>| {
            kinds.flat_map(move |kind| (1..=5).map(move |level| image(reference, &format!("k{kind}"), Some(level))))
        };
        let images: Vec<Image> = levels("a", 0..24).chain(levels("b", 0..24)).collect();
        assert_eq!(examples(&images), [4 * 5 + 4, 12 * 5 + 4, 20 * 5 + 4]);
        let few: Vec<Image> = levels("a", 0..2).chain(levels("b", 2..4)).collect();
        assert_eq!(examples(&few), [4, 9]);
        let unknown: Vec<Image> = (0..3).map(|_| image("a", "", None)).collect();
        assert_eq!(examples(&unknown), [2]);
        assert_eq!(examples(&[]), Vec::<usize>::new());
    }
}
