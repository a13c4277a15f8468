//! Reads a file of published per-image scores, for the rows of other methods and for the image-by-image comparison with our scores.

use super::settings as file;
use super::statistics::Infinite;
use super::subset::{Scores, Subset};
use crate::datasets::database::{Image, Naming, Opinion};
use crate::datasets::own::{self, IMAGE_COLUMNS};
use crate::datasets::scores::{MethodScores, Numbers, ScoreColumn, read_csv};
use crate::error::{Error, Result};
use crate::iqa::measures;
use crate::report::grid::Section;
use crate::report::paper::PARITY;
use crate::stats::correlation::srocc;

/// The scores of the methods in a score file, and its opinions.
pub struct FileScores {
    /// The columns of the methods, in the order of the table.
    methods: Vec<(file::Column, MethodScores)>,
    /// The columns that are compared with one of our methods.
    parity: Vec<(file::Parity, MethodScores)>,
    /// The opinions with their scale; `None` for own data, whose table of images has them.
    opinions: Option<(MethodScores, Opinion)>,
    sigma: Option<MethodScores>,
    infinite: Infinite,
}

/// The comparison of our scores of a method with a column of the score file.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnParity {
    /// The name of our method or metric.
    pub method: String,
    /// The column's heading.
    pub column: String,
    /// The number of images that have both scores.
    pub images: usize,
    /// The median of the absolute differences.
    pub median: f64,
    /// The largest absolute difference.
    pub worst: f64,
    /// The image with the largest difference.
    pub worst_image: String,
    /// The rank correlation of both scores; `None` if one of them is constant.
    pub srocc: Option<f64>,
}

impl FileScores {
    /// Reads the score file of a database whose images follow the naming scheme `naming`.
    ///
    /// # Errors
    /// [`Error::Data`] if the file does not have the expected form or an opinion is missing. An infinite score is accepted, because the
    /// PSNR of an image that equals its reference is infinite.
    pub fn read(wanted: &file::ScoreFile, naming: Naming, infinite: Infinite) -> Result<FileScores> {
        let of =
            |column: &String, method: &str, numbers| ScoreColumn { numbers, ..ScoreColumn::scores(column, method) };
        let opinion = wanted.opinion.iter().map(|column| of(column, "opinion", Numbers::Opinions));
        let std = wanted.std.iter().map(|std| of(std, "standard deviation", Numbers::Deviations));
        let mut columns: Vec<ScoreColumn> = opinion.chain(std).collect();
        columns.extend(wanted.columns.iter().map(|c| of(&c.column, &c.method, Numbers::Scores)));
        columns.extend(wanted.parity.iter().map(|p| of(&p.column, &p.method, Numbers::Scores)));
        let file = |images: Option<&str>| read_csv(&wanted.scores, naming, images, &columns);
        let [own, other] = IMAGE_COLUMNS;
        // The table of own images may call their column `distorted`.
        let read = match (file(wanted.images.as_deref()), wanted.images.as_deref()) {
            (Err(absent), Some(name)) if name == own && wanted.opinion.is_none() => file(Some(other)).or(Err(absent)),
            (read, _) => read,
        }?;
        let mut read = read.into_iter();
        let mut next = || read.next().expect("read_csv returns every column that was requested");
        let scale = if wanted.higher_is_better == Some(true) { Opinion::mos() } else { Opinion::dmos() };
        let opinions = wanted.opinion.as_ref().map(|_| (next(), scale));
        let sigma = wanted.std.as_ref().map(|_| next());
        let methods = wanted.columns.iter().map(|c| (c.clone(), next())).collect();
        let parity = wanted.parity.iter().map(|p| (p.clone(), next())).collect();
        Ok(FileScores { methods, parity, opinions, sigma, infinite })
    }

    /// The scores of these images. In a file for own data, a score may be missing.
    ///
    /// # Errors
    /// [`Error::Data`] with the first image that has no score; for own data, if no image has one.
    pub fn of(&self, images: &[Image]) -> Result<Vec<Scores>> {
        let of_method = |(column, scores): &(file::Column, MethodScores)| {
            let file::Column { method, higher_is_better, .. } = column;
            if self.opinions.is_none() {
                let score = |image| self.score(scores, image).ok_or_else(|| "the table has no score".to_owned());
                let values: Vec<_> = images.iter().map(score).collect();
                if let (Some(first), true) = (images.first(), values.iter().all(|value| value.is_err())) {
                    let problem = format!(
                        "has no {method} score for any image of the dataset, such as {}; write their names as the dataset does",
                        first.name
                    );
                    return Err(Error::data(&scores.path, problem));
                }
                return Ok(Scores::new(method, *higher_is_better, values));
            }
            // The published code counts a score that is not finite as 0.
            let counted = |x: f64| if x.is_finite() || self.infinite == Infinite::LeftOut { x } else { 0.0 };
            let values = scores.of(images)?.into_iter().map(counted).collect();
            Ok(Scores { method: method.clone(), values, higher_is_better: *higher_is_better, ..Scores::default() })
        };
        self.methods.iter().map(of_method).collect()
    }

    /// The scores of these images by the methods that are not among `computed`. A method counts as computed under its own name, or if the
    /// file compares its column with one of our methods.
    ///
    /// # Errors
    /// See [`FileScores::of`].
    pub fn not_computed(&self, computed: &[Scores], images: &[Image]) -> Result<Vec<Scores>> {
        let is_computed = |wanted: &file::Column| {
            computed.iter().any(|c| c.method == wanted.method)
                || self.parity.iter().any(|(parity, _)| parity.column == wanted.column)
        };
        let all = self.methods.iter().zip(self.of(images)?);
        Ok(all.filter(|((wanted, _), _)| !is_computed(wanted)).map(|(_, scores)| scores).collect())
    }

    /// All images for which the file contains an opinion, with these opinions. A file for own data has no opinions.
    pub fn all_images(&self) -> Result<Subset> {
        let Some((opinions, scale)) = &self.opinions else { return Ok(Subset::default()) };
        let images: Vec<Image> = opinions.scores.keys().cloned().collect();
        let opinions = opinions.of(&images)?;
        let sigma = self.sigma.as_ref().map(|sigma| sigma.of(&images)).transpose()?.unwrap_or_default();
        Ok(Subset { images, opinions, sigma, scale: Some(scale.clone()) })
    }

    /// The comparison of our `computed` scores of these images with the file's, column by column, on the images that the file contains.
    pub fn parity(&self, computed: &[Scores], images: &[Image]) -> Vec<ColumnParity> {
        let of_column = |(wanted, theirs): &(file::Parity, MethodScores)| {
            let name = measures::find(&wanted.method).expect("checked with the experiment").name;
            let ours = &computed.iter().find(|c| c.method == name)?.values;
            let both = (0..images.len()).filter_map(|i| Some((i, self.score(theirs, &images[i])?)));
            let both: Vec<(usize, f64)> =
                both.filter(|&(i, theirs)| theirs.is_finite() && ours[i].is_finite()).collect();
            let difference = |&(i, theirs): &(usize, f64)| (ours[i] - theirs).abs();
            let worst = both.iter().max_by(|a, b| difference(a).total_cmp(&difference(b)))?;
            let mut differences: Vec<f64> = both.iter().map(difference).collect();
            differences.sort_unstable_by(f64::total_cmp);
            let median = (differences[(both.len() - 1) / 2] + differences[both.len() / 2]) / 2.0;
            let (a, b): (Vec<f64>, Vec<f64>) = both.iter().map(|&(i, theirs)| (ours[i], theirs)).unzip();
            Some(ColumnParity {
                method: name.to_owned(),
                column: wanted.column.clone(),
                images: both.len(),
                median,
                worst: difference(worst),
                worst_image: images[worst.0].name.clone(),
                srocc: srocc(&a, &b),
            })
        };
        self.parity.iter().filter_map(of_column).collect()
    }

    /// The score of an image, if there is one. A file for own data has the names of the images only.
    fn score(&self, scores: &MethodScores, image: &Image) -> Option<f64> {
        let found = match self.opinions {
            Some(_) => scores.scores.get(image),
            None => scores.scores.get(&(own::NAMING.image)(&image.name)?),
        };
        found.copied()
    }
}

/// The section of the results that shows the comparisons; `data` describes the images.
pub fn parity_section(parities: &[ColumnParity], data: &str) -> Section {
    let difference = |x: f64| if x == 0.0 { "0".to_owned() } else { format!("{x:.1e}") };
    let row = |a: &ColumnParity| {
        vec![
            a.method.clone(),
            a.column.clone(),
            a.images.to_string(),
            difference(a.median),
            difference(a.worst),
            a.worst_image.clone(),
            a.srocc.map(|r| format!("{r:.6}")).unwrap_or_default(),
        ]
    };
    Section {
        title: PARITY.into(),
        text: vec![format!("{data}; absolute differences of the scores.")],
        header: ["method", "column of the file", "images", "median", "worst", "worst image", "SROCC"]
            .map(str::to_owned)
            .to_vec(),
        rows: parities.iter().map(row).collect(),
        notes: Vec::new(),
    }
}

/// `parity.csv`: one line per column.
pub fn parity_csv(parities: &[ColumnParity]) -> String {
    let mut csv = String::from("method,column,images,median,worst,worst_image,srocc\n");
    for a in parities {
        let srocc = a.srocc.map(|r| r.to_string()).unwrap_or_default();
        csv += &format!("{},{},{},{},{},{},{srocc}\n", a.method, a.column, a.images, a.median, a.worst, a.worst_image);
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, more: &str) -> (tempfile::TempDir, FileScores) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, table).unwrap();
        let parity = |method: &str, column: &str| file::Parity { method: method.into(), column: column.into() };
        let column = |method: &str, column: &str, higher_is_better| file::Column {
            method: method.into(),
            column: column.into(),
            higher_is_better,
        };
        let wanted = file::ScoreFile {
            scores: path,
            images: None,
            opinion: Some("dmos".into()),
            higher_is_better: Some(false),
            std: None,
            columns: vec![column("SSIM", "m4", true), column("other", "bad", false)],
            parity: if more.is_empty() { vec![] } else { vec![parity("ssim_downsampled", "m4"), parity("gmsd", more)] },
        };
        let read = FileScores::read(&wanted, own::NAMING, Infinite::Zero).unwrap();
        (folder, read)
    }

    fn scores_of(method: &str, values: Vec<f64>, higher_is_better: bool) -> Scores {
        Scores { method: method.to_owned(), values, higher_is_better, ..Scores::default() }
    }

    const TABLE: &str = "name,dmos,m4,bad,g\na,10,0.9,5,0.1\nb,20,0.5,7,\nc,40,0.75,9,0.375\nd,50,0.1,11,0.5\n";

    #[test]
    fn scores_and_opinions_are_as_the_file_gives_them_with_their_directions() {
        let (_folder, file) = read(TABLE, "");
        let all = file.all_images().unwrap();
        assert_eq!((&all.opinions[..], all.scale), (&[10.0, 20.0, 40.0, 50.0][..], Some(Opinion::dmos())));
        let scores = file.of(&all.images).unwrap();
        assert_eq!((scores[1].values[0], scores[1].higher_is_better), (5.0, false));
        assert_eq!(file.not_computed(&[], &all.images).unwrap().len(), 2);
        let own = [scores_of("SSIM", vec![0.0; 4], true)];
        assert_eq!(file.not_computed(&own, &all.images).unwrap()[0].method, "other");
    }

    #[test]
    fn parity_is_of_the_images_that_both_have() {
        let (_folder, file) = read(TABLE, "g");
        let images = file.all_images().unwrap().images;
        let ours = [
            scores_of("SSIM (downsampled)", vec![0.9, 0.5, 0.25, 0.125], true),
            scores_of("GMSD", vec![0.1, 7.0, 0.5, 0.625], false),
        ];
        let [ssim, gmsd] = <[ColumnParity; 2]>::try_from(file.parity(&ours, &images)).unwrap();
        assert_eq!((ssim.images, ssim.worst, &*ssim.worst_image), (4, 0.5, "c"));
        assert!((ssim.median - 0.0125).abs() < 1e-15, "{}", ssim.median);
        let expected = ("GMSD", "g", 3, 0.125, 0.125, Some(1.0));
        assert_eq!((&*gmsd.method, &*gmsd.column, gmsd.images, gmsd.median, gmsd.worst, gmsd.srocc), expected);
        let section = parity_section(&[ssim, gmsd.clone()], "4 images");
        assert_eq!(section.rows[1], ["GMSD", "g", "3", "1.2e-1", "1.2e-1", "d", "1.000000"]);
        assert_eq!(parity_csv(&[gmsd]).lines().nth(1), Some("GMSD,g,3,0.125,0.125,d,1"));
        // Neither column has a row of its own now.
        assert_eq!(file.not_computed(&ours, &images).unwrap().len(), 1);
        assert!(file.parity(&[], &images).is_empty());
    }
}
