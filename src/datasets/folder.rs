//! Lists of all images of a folder and its subfolders, in the same order on every system.

use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::database::{Contents, Database, file_name};
use crate::error::{Error, Result};

/// Any folder of images.
pub const DATABASE: Database = Database { key: "images", name: "a folder of images", contents: Contents::Images };

/// The number of names in memory at a time; a larger folder is read several times.
const HELD: usize = 8192;

/// The extensions of images.
const EXTENSIONS: &[&str] = &["png", "bmp", "jpg", "jpeg", "tif", "tiff", "webp", "ppm", "pgm", "pbm", "pnm"];

/// A path that is the same for every way to write the path of a file. A symbolic link is a file of its own.
pub fn identity(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match (absolute.parent().map(Path::canonicalize), absolute.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

/// The error for a folder without images.
pub const NO_IMAGES: &str = "contains no PNG, BMP, JPEG, TIFF, WebP or PNM image; name a folder of images";

/// The PNG, BMP, JPEG, TIFF, WebP and PNM files (by extension, in any case) in a folder and its subfolders, sorted by path.
///
/// Links to folders are not followed. Names that begin with a dot, pipes and devices are left out.
///
/// # Errors
/// [`Error::Data`] if a folder cannot be read or there is no image at all.
pub fn list_images(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let folder = folder.as_ref();
    let images = walk_images(folder).collect::<Result<Vec<PathBuf>>>()?;
    if images.is_empty() {
        return Err(Error::data(folder, NO_IMAGES));
    }
    Ok(images)
}

/// The images of [`list_images`] one by one, in the same order. The memory does not grow with their number.
///
/// # Errors
/// An item is [`Error::Data`] if a folder cannot be read; it is the last item.
pub fn walk_images(folder: impl AsRef<Path>) -> impl Iterator<Item = Result<PathBuf>> {
    let mut open = vec![Level::new(folder.as_ref().to_path_buf())];
    std::iter::from_fn(move || {
        while let Some(level) = open.last_mut() {
            match level.next() {
                Err(error) => {
                    open.clear();
                    return Some(Err(error));
                }
                Ok(None) => {
                    open.pop();
                }
                Ok(Some((path, true))) => open.push(Level::new(path)),
                Ok(Some((path, false))) if has_extension(&path, EXTENSIONS) && !is_pipe(&path) => {
                    return Some(Ok(path));
                }
                Ok(Some(_)) => {}
            }
        }
        None
    })
}

/// Whether the path leads to a pipe or a device: a reader would wait for its content.
fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A folder during the walk.
struct Level {
    folder: PathBuf,
    /// The next names in falling order, each with whether it is a folder.
    held: Vec<(OsString, bool)>,
    /// The last name that was read into `held`.
    last: OsString,
    /// Whether there may be names after the last.
    more: bool,
}

impl Level {
    fn new(folder: PathBuf) -> Level {
        Level { folder, held: Vec::new(), last: OsString::new(), more: true }
    }

    fn next(&mut self) -> Result<Option<(PathBuf, bool)>> {
        if self.held.is_empty() && self.more {
            self.hold()?;
        }
        Ok(self.held.pop().map(|(name, is_folder)| (self.folder.join(name), is_folder)))
    }

    /// Reads the first names after the last.
    fn hold(&mut self) -> Result<()> {
        let mut first = BinaryHeap::new();
        for entry in entries(&self.folder)? {
            let entry = entry?;
            if entry.0 > self.last {
                first.push(entry);
            }
            if first.len() > HELD {
                first.pop();
            }
        }
        self.held = first.into_sorted_vec();
        self.more = self.held.len() == HELD;
        if let Some((last, _)) = self.held.last() {
            self.last.clone_from(last);
        }
        self.held.reverse();
        Ok(())
    }
}

/// The names in a folder that do not begin with a dot, each with whether it is a folder, in no order.
fn entries(folder: &Path) -> Result<impl Iterator<Item = Result<(OsString, bool)>>> {
    let unreadable = move |reason| Error::data(folder, format!("the folder cannot be read: {reason}"));
    let entries = std::fs::read_dir(folder).map_err(unreadable)?.map(move |entry| {
        let entry = entry.map_err(unreadable)?;
        Ok((entry.file_name(), entry.file_type().map_err(unreadable)?.is_dir()))
    });
    Ok(entries.filter(|entry| !matches!(entry, Ok((name, _)) if name.as_encoded_bytes().starts_with(b"."))))
}

/// The entries of a folder that do not begin with a dot, sorted, each with whether it is a folder.
pub(super) fn visible_entries(folder: &Path) -> Result<Vec<(PathBuf, bool)>> {
    let entries = entries(folder)?.map(|entry| entry.map(|(name, is_folder)| (folder.join(name), is_folder)));
    let mut entries = entries.collect::<Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// The entry `name` of a folder, in any case.
pub(super) fn entry(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    let called = |path: &PathBuf| file_name(path).eq_ignore_ascii_case(name);
    Ok(visible_entries(folder)?.into_iter().map(|(path, _)| path).find(called))
}

/// Whether a path ends in one of these extensions (given in lower case), in any case.
pub(super) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_in_depth_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("b/c")).unwrap();
        for name in ["z.PNG", "a.jpg", "b/c/x.JPEG", "b/y.bmp", "p.ppm", "b/notes.txt", ".hidden.png", "no_extension"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::process::Command::new("mkfifo").arg(folder.path().join("pipe.png")).status().unwrap();
        let found = list_images(folder.path()).unwrap();
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.jpg", "b/c/x.JPEG", "b/y.bmp", "p.ppm", "z.PNG"]);
    }

    #[test]
    fn a_folder_of_more_names_than_are_held_is_walked_whole_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let count = 2 * HELD + 3;
        // Written in an order that differs from that of the names.
        for i in 0..count {
            std::fs::write(folder.path().join(format!("{:05}.png", i * 7919 % count)), "").unwrap();
        }
        let walked: Vec<PathBuf> = walk_images(folder.path()).map(|path| path.unwrap()).collect();
        assert_eq!(walked, (0..count).map(|i| folder.path().join(format!("{i:05}.png"))).collect::<Vec<_>>());
    }

    #[test]
    fn an_empty_or_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = list_images(folder.path()).unwrap_err().to_string();
        assert!(error.contains("contains no PNG, BMP, JPEG, TIFF, WebP or PNM image"), "{error}");
        let error = list_images(folder.path().join("missing")).unwrap_err().to_string();
        assert!(error.contains("missing: the folder cannot be read"), "{error}");
    }
}
