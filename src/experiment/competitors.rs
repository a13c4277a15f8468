//! Methods that stand in the table by their published per-image scores.

use super::evaluation::{Scores, Subset};
use super::file;
use crate::datasets::scores::{MethodScores, read_csv};
use crate::datasets::tid2013::ImageId;
use crate::error::{Error, Result};

/// The score file's methods, and the opinions that it gives.
pub(super) struct Competitors {
    methods: Vec<MethodScores>,
    mos: MethodScores,
    sigma: MethodScores,
}

impl Competitors {
    /// Reads the score file.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is not what it must be or a score is NaN. (An infinite one is what a PSNR gives to an
    /// image that equals its reference.)
    pub fn read(wanted: &file::Competitors) -> Result<Competitors> {
        let own = [(wanted.mos.clone(), "mos".to_owned()), (wanted.mos_std.clone(), "mos_std".to_owned())];
        let others = wanted.columns.iter().map(|c| (c.column.clone(), c.method.clone()));
        let columns: Vec<(String, String)> = own.into_iter().chain(others).collect();
        let mut read = read_csv(&wanted.scores, &columns)?.into_iter();
        let (mos, sigma) = (read.next(), read.next());
        let (Some(mos), Some(sigma)) = (mos, sigma) else { unreachable!("read_csv gives what it is asked for") };
        let methods: Vec<MethodScores> = read.collect();
        for method in methods.iter().chain([&mos, &sigma]) {
            if let Some((image, _)) = method.scores.iter().find(|(_, score)| score.is_nan()) {
                let problem =
                    format!("the {} score of {image} is NaN; complete the file or drop the method", method.method);
                return Err(Error::data(&wanted.scores, problem));
            }
        }
        Ok(Competitors { methods, mos, sigma })
    }

    /// The scores of these images.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first image that has none.
    pub fn of(&self, images: &[ImageId]) -> Result<Vec<Scores>> {
        // The published code counts a score that is not finite as 0.
        let finite = |x: f64| if x.is_finite() { x } else { 0.0 };
        let of_method = |method: &MethodScores| {
            let values = method.of(images)?.into_iter().map(finite).collect();
            Ok(Scores { method: method.method.clone(), values })
        };
        self.methods.iter().map(of_method).collect()
    }

    /// The number of methods.
    pub fn count(&self) -> usize {
        self.methods.len()
    }

    /// All images for which the file has an opinion, with the file's opinions.
    pub fn everything(&self) -> Result<Subset> {
        let images: Vec<ImageId> = self.mos.scores.keys().copied().collect();
        Ok(Subset { mos: self.mos.of(&images)?, sigma: self.sigma.of(&images)?, images })
    }
}
