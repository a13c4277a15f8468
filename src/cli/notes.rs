//! The notes about images, each once with its images.

use std::path::{Path, PathBuf};

/// Each note with its first image and the number of its images.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<(String, PathBuf, usize)>);

impl Notes {
    /// Adds the notes about an image.
    pub fn add(&mut self, path: &Path, notes: &[String]) {
        for note in notes {
            match self.0.iter_mut().find(|(known, ..)| known == note) {
                Some((.., count)) => *count += 1,
                None => self.0.push((note.clone(), path.to_path_buf(), 1)),
            }
        }
    }

    /// A line for each note, in the order in which they were first added.
    pub fn lines(&self) -> Vec<String> {
        let line = |(note, path, count): &(String, PathBuf, usize)| match count - 1 {
            0 => format!("{}: {note}", path.display()),
            others => format!("{} and {others} more: {note}", path.display()),
        };
        self.0.iter().map(line).collect()
    }
}
