//! A folder of sign images with a manifest: a subset of the German Traffic Sign Recognition Benchmark (J. Stallkamp et al., "Man
//! vs. computer: Benchmarking machine learning algorithms for traffic sign recognition", Neural Networks 32, 2012), real
//! photographs of 43 classes of signs.
//!
//! ```text
//! manifest.csv                     a row for each image, columns in any order:
//!                                  file, class_id, class_name, track, frame, width, height, split
//! images/00/00000_00005.png        where the column `file` says, relative to the folder
//! ```
//!
//! A track is a row of frames of one physical sign, numbered within its class; `split` is `train` or `test`, the same for all
//! frames of a track. What is needed beside them is validation: every fifth train track, that is the fifth, tenth, … of all
//! train tracks in the order of class and then track, whatever the order of the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::signs::{Condition, Sign, SignSet, Split};
use crate::error::{Error, Result};

/// The columns that a manifest must have; others are passed over.
const COLUMNS: [&str; 8] = ["file", "class_id", "class_name", "track", "frame", "width", "height", "split"];
/// Every how many-th train track is for validation.
const VALIDATION_EVERY: usize = 5;
/// How many missing files an error lists.
const LISTED: usize = 10;

/// Reads the manifest in `folder`; the images are looked for, and read later by [`Sign::read`].
///
/// # Errors
/// [`Error::Data`] naming the manifest and the row (the header is row 1): a manifest that is missing, is not a CSV table, lacks a
/// column or has no rows; a field that is not a number; a split that is neither `train` nor `test`; a file or a frame that is
/// listed twice; a class with two names; a track in both splits. Files that are not there are listed together, up to ten.
pub fn read(folder: impl AsRef<Path>) -> Result<SignSet> {
    let folder = folder.as_ref();
    let manifest = folder.join("manifest.csv");
    let rows = read_rows(&manifest)?;
    if rows.is_empty() {
        return Err(Error::data(&manifest, "lists no image; put the manifest that belongs to the images in its place"));
    }
    let (mut set, mut signs, mut files, mut tracks) =
        (SignSet::default(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (index, row) in rows.into_iter().enumerate() {
        let number = index + 2;
        let wrong = |problem: String| Err(Error::data(&manifest, format!("row {number}: {problem}")));
        if let Some(first) = files.insert(row.file.clone(), number) {
            return wrong(format!("{} is in row {first} already; keep one row for each image", row.file));
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
                "track {} of class {} is in another split in row {first}; its frames show one sign and must stay together",
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
    let missing: Vec<_> = files.keys().filter(|file| !folder.join(file).is_file()).collect();
    if !missing.is_empty() {
        let listed: Vec<_> = missing.iter().take(LISTED).map(|file| file.as_str()).collect();
        let more = match missing.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (count, all) = (missing.len(), files.len());
        let problem = format!(
            "{count} of its {all} files are not there: {}{more}; put them there or take their rows away",
            listed.join(", ")
        );
        return Err(Error::data(&manifest, problem));
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

fn read_rows(manifest: &Path) -> Result<Vec<Row>> {
    let bytes = std::fs::read(manifest).map_err(|reason| {
        let problem = format!("cannot be read: {reason}; the folder must hold a manifest.csv that lists its images");
        Error::data(manifest, problem)
    })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let malformed = |error| Error::data(manifest, format!("is not a CSV file of equally long rows: {error}"));
    let header = reader.headers().map_err(malformed)?.clone();
    let place = |column: &str| {
        header.iter().position(|found| found == column).ok_or_else(|| {
            let problem =
                format!("row 1: there is no column \"{column}\"; the columns {} are needed", COLUMNS.join(", "));
            Error::data(manifest, problem)
        })
    };
    let places = COLUMNS.iter().map(|column| place(column)).collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(malformed)?;
        let wrong = |column: usize, what: &str| {
            let (name, field) = (COLUMNS[column], &record[places[column]]);
            Error::data(manifest, format!("row {}, column \"{name}\": \"{field}\" is not {what}", index + 2))
        };
        let text = |column: usize| match &record[places[column]] {
            "" => Err(wrong(column, "filled")),
            field => Ok(field.to_string()),
        };
        let number = |column: usize| record[places[column]].parse().map_err(|_| wrong(column, "a whole number"));
        let split = match &record[places[7]] {
            "train" => Split::Train,
            "test" => Split::Test,
            _ => return Err(wrong(7, "train or test")),
        };
        rows.push(Row {
            file: text(0)?,
            class: number(1)?,
            class_name: text(2)?,
            track: number(3)?,
            frame: number(4)?,
            width: number(5)?,
            height: number(6)?,
            split,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Rgb8;
    use crate::imaging::decode::write_png;

    const HEADER: &str = "file,class_id,class_name,track,frame,width,height,split\n";

    /// A folder with this manifest, and a 3×2 image at each of the places.
    fn folder(manifest: &str, images: &[String]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
        for image in images {
            write_png(folder.path().join(image), &Rgb8::from_fn(3, 2, |x, y| [x as u8, y as u8, 7])).unwrap();
        }
        folder
    }

    /// Two classes with six train tracks and one test track each, two frames a track, the rows from the last to the first.
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
        assert_eq!(set.to_string(), "28 images of 2 classes: 20 for training, 4 for validation, 4 for test");
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
            (HEADER.to_string(), "manifest.csv: lists no image"),
            ("file,class_id\n".to_string(), "row 1: there is no column \"class_name\"; the columns file, class_id,"),
            (row("b.png,6,stop,0,6,3,2"), "is not a CSV file of equally long rows"),
            (row("b.png,6,stop,0,6,3,2,training"), "row 3, column \"split\": \"training\" is not train or test"),
            (row("b.png,six,stop,0,6,3,2,train"), "row 3, column \"class_id\": \"six\" is not a whole number"),
            (row("b.png,6,stop,0,6,-3,2,train"), "row 3, column \"width\": \"-3\" is not a whole number"),
            (row(",6,stop,0,6,3,2,train"), "row 3, column \"file\": \"\" is not filled"),
            (row("a.png,6,stop,0,6,3,2,train"), "row 3: a.png is in row 2 already"),
            (row("b.png,6,stop,0,5,3,2,train"), "row 3: frame 5 of track 0 of class 6 is in row 2 already"),
            (row("b.png,6,yield,0,6,3,2,train"), "row 3: class 6 is called \"yield\" here and \"stop\" before"),
            (row("b.png,6,stop,0,6,3,2,test"), "row 3: track 0 of class 6 is in another split in row 2"),
            (row("b.png,6,stop,0,6,3,2,train"), "1 of its 2 files are not there: b.png; put them there"),
        ];
        for (manifest, expected) in cases {
            let folder = folder(&manifest, &["a.png".to_string()]);
            let error = read(folder.path()).unwrap_err();
            assert!(matches!(error, Error::Data { .. }));
            let error = error.to_string();
            assert!(error.contains("manifest.csv") && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let error = read("no such folder").unwrap_err().to_string();
        assert!(
            error.contains("manifest.csv: cannot be read") && error.contains("must hold a manifest.csv"),
            "{error}"
        );
    }

    #[test]
    fn missing_files_are_listed_up_to_ten() {
        let rows: Vec<_> = (10..25).map(|i| format!("{i}.png,6,stop,0,{i},3,2,train\n")).collect();
        let folder = folder(&(HEADER.to_string() + &rows.concat()), &["12.png".to_string()]);
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("14 of its 15 files are not there: 10.png, 11.png, 13.png"), "{error}");
        assert!(error.contains("19.png, 20.png and 4 more; put"), "{error}");
    }
}
