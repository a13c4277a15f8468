//! All types at all levels on one sheet, for the eye.

use super::Challenge;
use crate::imaging::Rgb8;
use crate::stats::random::Stream;

/// The white lines between the pictures of the sheet and around it, in pixels.
pub const GUTTER: usize = 2;

/// A sheet of twelve rows, one for each type in the order of [`Challenge::ALL`], and six columns: the clean image, then
/// levels 1 to 5.
///
/// The picture in row r and column c begins at column `GUTTER + c * (width + GUTTER)` and row
/// `GUTTER + r * (height + GUTTER)`. The stream of a row is named by `seed` and the type.
pub fn contact_sheet(image: &Rgb8, seed: u64) -> Rgb8 {
    let (step_x, step_y) = (image.width + GUTTER, image.height + GUTTER);
    let mut sheet = Rgb8::from_fn(GUTTER + 6 * step_x, GUTTER + 12 * step_y, |_, _| [255; 3]);
    for (row, challenge) in Challenge::ALL.into_iter().enumerate() {
        for level in 0..=5u8 {
            let picture = match level {
                0 => image.clone(),
                level => challenge.apply(image, level, &mut Stream::new(seed, challenge.name(), 0)),
            };
            let (left, top) = (GUTTER + usize::from(level) * step_x, GUTTER + row * step_y);
            for (y, line) in picture.samples.chunks_exact(3 * image.width).enumerate() {
                let at = 3 * ((top + y) * sheet.width + left);
                sheet.samples[at..at + line.len()].copy_from_slice(line);
            }
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_in_its_place_and_gutters_are_white() {
        let image = Rgb8::from_fn(24, 20, |x, y| [(5 * x) as u8 + 60, (7 * y) as u8 + 20, 90]);
        let sheet = contact_sheet(&image, 3);
        assert_eq!((sheet.width, sheet.height), (6 * 26 + 2, 12 * 22 + 2));
        for y in 0..sheet.height {
            for x in 0..sheet.width {
                if x % 26 < GUTTER || y % 22 < GUTTER {
                    assert_eq!(sheet.pixel(x, y), [255; 3], "({x}, {y})");
                }
            }
        }
        let picture = |row: usize, column: usize| {
            Rgb8::from_fn(24, 20, |x, y| sheet.pixel(2 + column * 26 + x, 2 + row * 22 + y))
        };
        for (row, challenge) in Challenge::ALL.into_iter().enumerate() {
            assert_eq!(picture(row, 0), image);
            let expected = challenge.apply(&image, 4, &mut Stream::new(3, challenge.name(), 0));
            assert_eq!(picture(row, 4), expected, "{}", challenge.name());
        }
    }
}
