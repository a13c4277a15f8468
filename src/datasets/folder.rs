//! All images of a folder, for training patches.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The PNG, BMP and JPEG files (by extension, in any case) in a folder and the folders in it, sorted by path so that
/// the order is the same on every system.
///
/// Links to folders are not followed, names that begin with a dot are left out.
///
/// # Errors
/// [`Error::Data`] when a folder cannot be read or there is no image at all.
pub fn list_images(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let folder = folder.as_ref();
    let mut images = Vec::new();
    collect(folder, &mut images)?;
    if images.is_empty() {
        return Err(Error::data(folder, "holds no PNG, BMP or JPEG image; name a folder of images"));
    }
    images.sort();
    Ok(images)
}

fn collect(folder: &Path, images: &mut Vec<PathBuf>) -> Result<()> {
    for (path, is_folder) in visible_entries(folder)? {
        if is_folder {
            collect(&path, images)?;
        } else if has_extension(&path, &["png", "bmp", "jpg", "jpeg"]) {
            images.push(path);
        }
    }
    Ok(())
}

/// The entries of a folder that do not begin with a dot, sorted, each with whether it is itself a folder.
pub(super) fn visible_entries(folder: &Path) -> Result<Vec<(PathBuf, bool)>> {
    let unreadable = |reason| Error::data(folder, format!("the folder cannot be read: {reason}"));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push((entry.path(), entry.file_type().map_err(unreadable)?.is_dir()));
        }
    }
    entries.sort();
    Ok(entries)
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
        for name in ["z.PNG", "a.jpg", "b/c/x.JPEG", "b/y.bmp", "b/notes.txt", ".hidden.png", "no_extension"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = list_images(folder.path()).unwrap();
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.jpg", "b/c/x.JPEG", "b/y.bmp", "z.PNG"]);
    }

    #[test]
    fn an_empty_or_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = list_images(folder.path()).unwrap_err().to_string();
        assert!(error.contains("holds no PNG, BMP or JPEG image"), "{error}");
        let error = list_images(folder.path().join("missing")).unwrap_err().to_string();
        assert!(error.contains("missing: the folder cannot be read"), "{error}");
    }
}
