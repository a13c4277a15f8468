//! Reader of a subset of the German Traffic Sign Recognition Benchmark: a folder of sign images with a manifest. The
//! benchmark contains real photographs of 43 classes of signs (J. Stallkamp et al., "Man vs. computer: Benchmarking
//! machine learning algorithms for traffic sign recognition", Neural Networks 32, 2012).
//!
//! ```text
//! manifest.csv                     a row for each image, columns in any order:
//!                                  file, class_id, class_name, track, frame, width, height, split
//! images/00/00000_00005.png        where the column `file` says, relative to the folder
//! ```
//!
//! A track is a sequence of frames of one physical sign, numbered within its class. `split` is `train` or `test`, the
//! same for all frames of a track. The manifest has no validation set, so every fifth train track is used for it: the
//! fifth, tenth, … of all train tracks in the order of class and then track, whatever the order of the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::database::{Contents, Database, SignFacts, SignsFound, missing};
use super::folder::identity;
use super::signs::{Condition, Sign, SignSet, Split};
use super::table::Table;
use crate::error::{Error, Result};

/// The facts about the database.
pub const DATABASE: Database = Database {
    key: "gtsrb",
    name: "GTSRB",
    contents: Contents::Signs(SignFacts {
        challenges: false,
        published: None,
        read: |folder| Ok(SignsFound { signs: read(folder)?, coverage: None }),
    }),
};

/// The required columns of a manifest; others are ignored.
const COLUMNS: [&str; 8] = ["file", "class_id", "class_name", "track", "frame", "width", "height", "split"];
/// One of this many train tracks is for validation.
const VALIDATION_EVERY: usize = 5;

/// Reads the manifest in `folder` and checks that the images exist; [`Sign::read`] reads them later.
///
/// # Errors
/// [`Error::Data`] naming the manifest and the row (the header is row 1). The manifest is missing, is not a CSV table,
/// lacks a column or has no rows. A field is not a number, or a split is neither `train` nor `test`. A file or a frame
/// is listed twice, a class has two names, or a track is in both splits. Missing files are listed together.
pub fn read(folder: impl AsRef<Path>) -> Result<SignSet> {
    let folder = folder.as_ref();
    let manifest = folder.join("manifest.csv");
    let rows = read_rows(&manifest)?;
    let (mut set, mut signs, mut files, mut tracks) =
        (SignSet::default(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (number, row) in rows {
        let wrong = |problem: String| Err(Error::data(&manifest, format!("row {number}: {problem}")));
        if let Some((first, other)) = files.insert(identity(&folder.join(&row.file)), (number, row.file.clone())) {
            let spelt = if other == row.file { String::new() } else { format!(" as {other}") };
            return wrong(format!("{} is in row {first} already{spelt}; keep one row for each image", row.file));
        }
        let name = set.classes.entry(row.class).or_insert_with(|| row.class_name.clone());
        if *name != row.class_name {
            return wrong(format!(
                "class {} is called \"{}\" here and \"{name}\" before; give each class one name",
                row.class, row.class_name
            ));
        }
        let &mut (split, first) = tracks.entry((row.class, row.track)).or_insert((row.split, number));
        if split != row.split {
            return wrong(format!(
                "track {} of class {} is in another split in row {first}; its frames show one sign and must be in one split",
                row.track, row.class
            ));
        }
        let key = (row.class, row.track, row.frame);
        let sign = Sign {
            path: folder.join(&row.file),
            class: row.class,
            track: Some(row.track),
            frame: row.frame,
            challenge: Condition::NONE,
            split: row.split,
            size: Some((row.width, row.height)),
        };
        if let Some((_, first)) = signs.insert(key, (sign, number)) {
            return wrong(format!(
                "frame {} of track {} of class {} is in row {first} already; keep one row for each image",
                row.frame, row.track, row.class
            ));
        }
    }
    let mut lost: Vec<String> =
        files.into_values().map(|(_, file)| file).filter(|file| !folder.join(file).is_file()).collect();
    lost.sort_unstable();
    if !lost.is_empty() {
        return Err(missing(&manifest, &lost, "put them there or remove their rows"));
    }
    let train = tracks.iter().filter(|(_, (split, _))| *split == Split::Train).map(|(&track, _)| track);
    let validation: BTreeSet<_> = train.skip(VALIDATION_EVERY - 1).step_by(VALIDATION_EVERY).collect();
    for ((class, track, _), (mut sign, _)) in signs {
        if validation.contains(&(class, track)) {
            sign.split = Split::Validation;
        }
        set.push(sign);
    }
    Ok(set)
}

/// A row of the manifest.
struct Row {
    file: String,
    class: usize,
    class_name: String,
    track: usize,
    frame: usize,
    width: usize,
    height: usize,
    split: Split,
}

/// The rows of the manifest with their numbers in the file.
fn read_rows(manifest: &Path) -> Result<Vec<(usize, Row)>> {
    if !manifest.is_file() {
        return Err(Error::data(manifest, "is missing; the folder must contain a manifest.csv that lists its images"));
    }
    let table = Table::read(manifest)?;
    let columns = COLUMNS.iter().map(|column| table.column(column)).collect::<Result<Vec<_>>>()?;
    let row = |index: usize| {
        let wrong = |column: usize, what: &str| table.wrong(index, columns[column], format!("is not {what}"));
        let field = |column: usize| table.field(index, columns[column]);
        let text = |column: usize| match field(column) {
            "" => Err(wrong(column, "filled")),
            field => Ok(field.to_string()),
        };
        let number = |column: usize| field(column).parse().map_err(|_| wrong(column, "a whole number"));
        let row = Row {
            file: text(0)?,
            class: number(1)?,
            class_name: text(2)?,
            track: number(3)?,
            frame: number(4)?,
            width: number(5)?,
            height: number(6)?,
            split: match field(7) {
                "train" => Split::Train,
                "test" => Split::Test,
                _ => return Err(wrong(7, "train or test")),
            },
        };
        Ok((table.number_of(index), row))
    };
    (0..table.len()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use crate::imaging::decode::write_png;

    const HEADER: &str = "file,class_id,class_name,track,frame,width,height,split\n";

    /// A folder with this manifest and a 3×2 image at each of the paths.
    fn folder(manifest: &str, images: &[String]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
        for image in images {
            write_png(folder.path().join(image), &Rgb8::from_fn(3, 2, |x, y| [x as u8, y as u8, 7])).unwrap();
        }
        folder
    }

    /// Two classes with six train tracks and one test track each, two frames per track, with the rows in reverse order.
    fn tracks() -> (Vec<String>, Vec<String>) {
        let (mut rows, mut images) = (Vec::new(), Vec::new());
        for (class, name) in [(3, "stop"), (11, "yield")] {
            for track in 0..7 {
                for frame in [5, 11] {
                    let image = format!("images/{class}/{track:05}_{frame:05}.png");
                    let split = if track == 3 { "test" } else { "train" };
                    rows.push(format!("{image},{class},{name},{track:05},{frame},3,2,{split}\n"));
                    images.push(image);
                }
            }
        }
        rows.reverse();
        (rows, images)
    }

    #[test]
    fn every_fifth_train_track_is_for_validation() {
        let (rows, images) = tracks();
        let folder = folder(&(HEADER.to_string() + &rows.concat()), &images);
        let set = read(folder.path()).unwrap();
        let counts = [&set.train, &set.validation, &set.test].map(Vec::len);
        assert_eq!((set.classes.len(), counts), (2, [20, 4, 4]));
        assert_eq!(set.classes.values().collect::<Vec<_>>(), ["stop", "yield"]);
        let of =
            |split| set.of(split).iter().map(|sign| (sign.class, sign.track.unwrap(), sign.frame)).collect::<Vec<_>>();
        // The train tracks are 0 1 2 4 5 6 of class 3 and the same of class 11: the fifth and the tenth are these.
        assert_eq!(of(Split::Validation), [(3, 5, 5), (3, 5, 11), (11, 4, 5), (11, 4, 11)]);
        assert_eq!(of(Split::Test), [(3, 3, 5), (3, 3, 11), (11, 3, 5), (11, 3, 11)]);
        assert!(of(Split::Train).is_sorted());
        assert!(
            set.all().all(|sign| sign.challenge == Condition::NONE && sign.read().unwrap().pixel(2, 1) == [2, 1, 7])
        );
    }

    #[test]
    fn columns_may_be_in_any_order_and_more() {
        let manifest =
            "split , note, height,width,frame,track,class_name,class_id,file\ntest,\"a, b\",2,3,5,0,stop,6,a.png\n";
        let folder = folder(manifest, &["a.png".to_string()]);
        let set = read(folder.path()).unwrap();
        assert_eq!((set.test[0].class, set.test[0].size), (6, Some((3, 2))));
    }

    #[test]
    fn an_image_of_another_size_is_an_error() {
        let folder = folder(&format!("{HEADER}a.png,6,stop,0,5,2,3,train\n"), &["a.png".to_string()]);
        let error = read(folder.path()).unwrap().train[0].read().unwrap_err().to_string();
        assert!(error.contains("a.png: is 3×2 pixels, but listed as 2×3"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_manifest_is_said() {
        let row = |row: &str| format!("{HEADER}a.png,6,stop,0,5,3,2,train\n{row}\n");
        let cases = [
            (HEADER.to_string(), "manifest.csv: has no row after the header"),
            ("file,class_id\na.png,6\n".to_string(), "there is no column \"class_name\"; did you mean `class_id`?"),
            (
                format!("{}\n", HEADER.replace("track", "file")) + "a.png,6,stop,0,5,3,2,train\n",
                "columns 1 and 4 are both called \"file\"",
            ),
            (row("b.png,6,stop,0,6,3,2"), "row 3 has 7 fields, but the header in row 1 has 8"),
            (row("b.png,6,stop,0,6,3,2,training"), "row 3, column \"split\": \"training\" is not train or test"),
            (row("b.png,six,stop,0,6,3,2,train"), "row 3, column \"class_id\": \"six\" is not a whole number"),
            (row("b.png,6,stop,0,6,-3,2,train"), "row 3, column \"width\": \"-3\" is not a whole number"),
            (row(",6,stop,0,6,3,2,train"), "row 3, column \"file\": \"\" is not filled"),
            (row("a.png,6,stop,0,6,3,2,train"), "row 3: a.png is in row 2 already; keep"),
            (row("\n./a.png,6,stop,0,6,3,2,train"), "row 4: ./a.png is in row 2 already as a.png; keep"),
            (row("b.png,6,stop,0,5,3,2,train"), "row 3: frame 5 of track 0 of class 6 is in row 2 already"),
            (row("b.png,6,yield,0,6,3,2,train"), "row 3: class 6 is called \"yield\" here and \"stop\" before"),
            (row("b.png,6,stop,0,6,3,2,test"), "row 3: track 0 of class 6 is in another split in row 2"),
            (
                row("b.png,6,stop,0,6,3,2,train"),
                "1 of its images are missing; put them there or remove their rows:\n  b.png",
            ),
        ];
        for (manifest, expected) in cases {
            let folder = folder(&manifest, &["a.png".to_string()]);
            let error = read(folder.path()).unwrap_err();
            assert!(matches!(error, Error::Data { .. }));
            let error = error.to_string();
            assert!(error.contains("manifest.csv") && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let error = read("no such folder").unwrap_err().to_string();
        assert!(error.contains("manifest.csv: is missing") && error.contains("must contain a manifest.csv"), "{error}");
    }

    #[test]
    fn missing_files_are_listed_up_to_ten() {
        let rows: Vec<_> = (10..25).map(|i| format!("{i}.png,6,stop,0,{i},3,2,train\n")).collect();
        let folder = folder(&(HEADER.to_string() + &rows.concat()), &["12.png".to_string()]);
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("14 of its images are missing; put them there or remove their rows:\n  10.png\n  11.png"),
            "{error}"
        );
    }
}
