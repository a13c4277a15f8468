//! LIVE (release 2): 29 references, 779 distorted images, difference mean opinion scores (H. R. Sheikh, M. F. Sabir, A. C. Bovik, "A
//! Statistical Evaluation of Recent Full Reference Image Quality Assessment Algorithms", IEEE Transactions on Image
//! Processing 15, 2006).
//!
//! Only the names of its images are known here, for score files: their pictures are not read. A score file of all 982 rows counts
//! the 203 undistorted images that the viewers judged too.

use super::database::{Image, stem};

/// The five folders.
const KINDS: [&str; 5] = ["jp2k", "jpeg", "wn", "gblur", "fastfading"];

/// The image that a path such as `LIVE/jp2k/img2.bmp` names. A bare number is a place in a list without names; it tells
/// neither reference nor kind.
pub(super) fn image(name: &str) -> Option<Image> {
    let name = name.trim();
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Image { name: name.into(), reference: name.into(), kind: String::new(), level: None });
    }
    let folder = name.rsplit(['/', '\\']).nth(1)?.to_lowercase();
    let kind = *KINDS.iter().find(|kind| **kind == folder)?;
    let name = format!("{kind}/{}", stem(name));
    Some(Image { reference: name.clone(), name, kind: kind.into(), level: None })
}
