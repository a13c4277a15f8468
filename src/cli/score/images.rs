//! The images of the pairs: how they are read, and what is said about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::pairs::is_stdin;
use crate::cli::notes::Notes;
use crate::error::{Error, Result};
use crate::imaging::decode::{Picture, decode_picture, read_bytes, read_picture};

/// Reads images, and remembers what their files say.
#[derive(Debug)]
pub(super) struct Images {
    /// The largest value of a sample, for files of 16 bits.
    range: Option<u16>,
    /// The bytes of standard input and of pipes, which can be read only once.
    once: BTreeMap<PathBuf, Vec<u8>>,
    /// For each image that was read, the notes about it and whether its range is not 255.
    said: Mutex<BTreeMap<PathBuf, (Vec<String>, bool)>>,
}

impl Images {
    /// The images at these paths. Standard input (`-`) and pipes are read now.
    ///
    /// # Errors
    /// The errors of [`read_bytes`].
    pub fn new<'a>(paths: impl Iterator<Item = &'a PathBuf>, range: Option<u16>) -> Result<Images> {
        let mut once = BTreeMap::new();
        for path in paths {
            let unique = is_stdin(path) || path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir());
            if unique && !once.contains_key(path) {
                once.insert(path.clone(), read_bytes(path)?);
            }
        }
        Ok(Images { range, once, said: Mutex::default() })
    }

    /// Reads an image.
    ///
    /// # Errors
    /// The errors of [`read_picture`].
    pub fn read(&self, path: &Path) -> Result<Picture> {
        let picture = match self.once.get(path) {
            Some(bytes) => decode_picture(bytes, self.range).map_err(|problem| Error::data(path, problem)),
            None => read_picture(path, self.range),
        }?;
        let said = (picture.notes.clone(), picture.fine.is_some());
        self.said.lock().expect("no thread panics while it holds the notes").insert(path.to_path_buf(), said);
        Ok(picture)
    }

    /// Whether an image that was read has samples of another range than 0 to 255.
    pub fn is_fine(&self, path: &Path) -> bool {
        let said = self.said.lock().expect("no thread panics while it holds the notes");
        said.get(path).is_some_and(|(_, fine)| *fine)
    }

    /// The notes, each once with its images, in the order of the images' paths.
    pub fn notes(&self) -> Vec<String> {
        let said = self.said.lock().expect("no thread panics while it holds the notes");
        let mut notes = Notes::default();
        said.iter().for_each(|(path, (of_image, _))| notes.add(path, of_image));
        notes.lines()
    }
}
