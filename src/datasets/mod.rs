//! Readers of data sets: the only part of the project that knows the file layouts of other projects.
//!
//! A database is one file and one line of [`DATABASES`]. The file contains its reader and a constant `DATABASE` with
//! all facts about it.
//!
//! * [`database`] defines the description of a database and the results of its reader. [`tid2013`] and [`multi_live`]
//!   read the official layouts, whole or in part. [`own`] reads a table of the user's own images. Of [`live`] only the
//!   names of the images are known. [`tid2013_rebuild`] recreates 709 of TID2013's 3000 images from freely available
//!   pictures.
//! * [`cure_tsr`] and [`gtsrb`] read traffic signs, by the names of the files or by a manifest; both return the
//!   [`signs`] of a training, a validation and a test set.
//! * [`scores`] reads the scores of other methods per image, from CSV files.
//! * [`folder`] finds the images in any folder, for training.
//!
//! An invalid file is an [`Error::Data`](crate::Error) that names the file, the row or key, and the remedy.

pub mod cure_tsr;
pub mod database;
pub mod folder;
pub mod gtsrb;
pub mod live;
pub mod multi_live;
pub mod own;
pub mod scores;
pub mod signs;
pub(crate) mod table;
pub mod tid2013;
pub mod tid2013_rebuild;

use std::str::FromStr;

pub use database::Database;

/// All databases that an experiment file may name as the kind of its dataset.
pub const DATABASES: &[&Database] = &[
    &tid2013::DATABASE,
    &multi_live::DATABASE,
    &own::DATABASE,
    &folder::DATABASE,
    &cure_tsr::DATABASE,
    &gtsrb::DATABASE,
];

/// The database with this key.
pub fn find(key: &str) -> Option<&'static Database> {
    DATABASES.iter().copied().find(|database| database.key == key)
}

impl FromStr for &'static Database {
    type Err = String;

    /// The database with this key; the error lists the keys.
    fn from_str(key: &str) -> Result<&'static Database, String> {
        let keys = || DATABASES.iter().map(|database| format!("`{}`", database.key)).collect::<Vec<_>>().join(", ");
        find(key).ok_or_else(|| format!("unknown dataset `{key}`, expected one of {}", keys()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_different() {
        for (i, database) in DATABASES.iter().enumerate() {
            assert_eq!(find(database.key), Some(*database));
            assert!(DATABASES[..i].iter().all(|other| other.key != database.key && other.name != database.name));
        }
        assert_eq!(find("tid2103"), None);
    }

    #[test]
    fn names_are_told_apart_and_understood() {
        for (naming, given, name, reference, kind, level) in [
            (tid2013::NAMING, "x/I01_07_2.BMP", "i01_07_2", "I01", "quantization_noise", Some(2)),
            (
                multi_live::NAMING,
                "LIVE_MD/To_Release/Part_1/blurjpeg/cows_blur1_jpeg2.bmp",
                "part1/cows_blur1_jpeg2",
                "cows",
                "blur_jpeg",
                None,
            ),
            (multi_live::NAMING, "Part 2\\blurnoise\\cows_noise3.bmp", "part2/cows_noise3", "cows", "blur_noise", None),
            (own::NAMING, " a b.png", "a b.png", "a b.png", "", None),
            (live::NAMING, "17", "17", "17", "", None),
            (live::NAMING, "LIVE/jp2k/img2.bmp", "jp2k/img2", "jp2k/img2", "jp2k", None),
        ] {
            let image = (naming.image)(given).unwrap_or_else(|| panic!("{given}"));
            let read = (&*image.name, &*image.reference, &*image.kind, image.level);
            assert_eq!(read, (name, reference, kind, level));
            assert_eq!((naming.image)(name).map(|i| i.name), Some(image.name), "a name is its own name");
        }
        for (naming, name) in [
            (tid2013::NAMING, "i26_01_1"),
            (multi_live::NAMING, "cows_blur1_jpeg2.bmp"),
            (multi_live::NAMING, "Part_1/blurjpeg/cows.bmp"),
            (multi_live::NAMING, "Part_1/blurjpeg/cows_blur4.bmp"),
            (multi_live::NAMING, "Part_1/blurjpeg/cows_noise1.bmp"),
            (multi_live::NAMING, "Part_2/blurnoise/_noise1.bmp"),
            (live::NAMING, "img2.bmp"),
            (own::NAMING, " "),
        ] {
            assert_eq!((naming.image)(name), None, "{name}");
        }
    }
}
