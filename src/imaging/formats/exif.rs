//! EXIF's orientation: how a viewer turns the stored pixels.

use image::metadata::Orientation;

use super::profile_note;

/// The orientation in EXIF data, 1 to 8; 1 (upright) if they state none.
pub(super) fn orientation(exif: &[u8]) -> u8 {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(exif).map_or(1, Orientation::to_exif)
}

/// The orientation of a JPEG stream, and the note about its colour profile.
pub(in crate::imaging) fn of_jpeg(bytes: &[u8]) -> (u8, Option<String>) {
    let (mut turned, mut profile, mut at) = (None, None, 2);
    while let Some(&[0xFF, marker]) = bytes.get(at..at + 2) {
        if marker == 0xFF {
            at += 1;
            continue;
        }
        // SOS and EOI end the headers.
        let Some(length) = bytes.get(at + 2..at + 4).filter(|_| !matches!(marker, 0xD9 | 0xDA)) else { break };
        let end = at + 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
        let body = bytes.get(at + 4..end).unwrap_or_default();
        match marker {
            0xE1 if turned.is_none() && body.starts_with(b"Exif\0\0") => turned = Some(orientation(body)),
            0xE2 if profile.is_none() && body.starts_with(b"ICC_PROFILE\0") => profile = Some(profile_note(body)),
            _ => {}
        }
        at = end;
    }
    (turned.unwrap_or(1), profile.flatten())
}

/// The samples of a `width`×`height` image as a viewer shows them, and the size of the result.
pub(in crate::imaging) fn turn<T: Copy>(
    (width, height): (usize, usize),
    samples: Vec<T>,
    orientation: u8,
) -> (usize, usize, Vec<T>) {
    if !(2..=8).contains(&orientation) {
        return (width, height, samples);
    }
    let (across, down) = if orientation < 5 { (width, height) } else { (height, width) };
    let mut turned = Vec::with_capacity(samples.len());
    for y in 0..down {
        for x in 0..across {
            let (x, y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                _ => (width - 1 - y, x),
            };
            turned.extend_from_slice(&samples[3 * (y * width + x)..][..3]);
        }
    }
    (across, down, turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, RgbImage};

    #[test]
    fn all_eight_orientations_are_those_of_viewers() {
        let stored: Vec<u8> = (0..3 * 4 * 3).collect();
        for exif in 1..=8 {
            let mut image = DynamicImage::ImageRgb8(RgbImage::from_raw(4, 3, stored.clone()).unwrap());
            image.apply_orientation(Orientation::from_exif(exif).unwrap());
            let (width, height, samples) = turn((4, 3), stored.clone(), exif);
            assert_eq!((width as u32, height as u32), (image.width(), image.height()));
            assert_eq!(samples, image.into_rgb8().into_raw(), "{exif}");
        }
        // The first two pixels of the top row come from the left column, from the bottom up.
        assert_eq!(turn((4, 3), stored, 6).2[..6], [24, 25, 26, 12, 13, 14]);
    }

    #[test]
    fn exif_data_that_say_nothing_are_upright() {
        for exif in [&b""[..], b"Exif\0\0", b"II*\0", b"MM\0*\0\0\0\x08\xFF\xFF", b"no EXIF data"] {
            assert_eq!(orientation(exif), 1);
        }
        assert_eq!(of_jpeg(&[0xFF, 0xD8, 0xFF, 0xE1, 0xFF]), (1, None));
        assert_eq!(of_jpeg(&[0xFF, 0xD8, 0xFF, 0xE1, 0xFF, 0xFF]), (1, None));
    }
}
