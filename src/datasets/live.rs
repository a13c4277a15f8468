//! Names of the images of LIVE (release 2): 29 references, 779 distorted images, difference mean opinion scores (H. R.
//! Sheikh, M. F. Sabir, A. C. Bovik, "A Statistical Evaluation of Recent Full Reference Image Quality Assessment
//! Algorithms", IEEE Transactions on Image Processing 15, 2006).
//!
//! The names are needed for score files; the images are not read. A score file of all 982 rows also contains the 203
//! undistorted images that people judged.

use super::database::{Image, Naming, stem};

/// The names of its images in score files.
pub const NAMING: Naming =
    Naming { image, example: "an image of LIVE, such as jp2k/img2.bmp, or its number in a list" };

/// The five folders.
const KINDS: [&str; 5] = ["jp2k", "jpeg", "wn", "gblur", "fastfading"];

/// The image of a path such as `LIVE/jp2k/img2.bmp`. A bare number is an index into a list without names; it states
/// neither the reference nor the kind.
fn image(name: &str) -> Option<Image> {
    let name = name.trim();
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Image { name: name.into(), reference: name.into(), kind: String::new(), level: None });
    }
    let folder = name.rsplit(['/', '\\']).nth(1)?.to_lowercase();
    let kind = *KINDS.iter().find(|kind| **kind == folder)?;
    let name = format!("{kind}/{}", stem(name));
    Some(Image { reference: name.clone(), name, kind: kind.into(), level: None })
}
