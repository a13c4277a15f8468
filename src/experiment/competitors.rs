//! Methods that stand in the table by their published per-image scores, and how ours compare with those, image by image.

use super::evaluation::{Scores, Subset};
use super::file;
use crate::datasets::database::{Image, Naming, Opinion};
use crate::datasets::scores::{MethodScores, read_csv};
use crate::error::{Error, Result};
use crate::iqa::metrics::Metric;
use crate::report::grid::Section;
use crate::stats::correlation::srocc;

/// The score file's methods, and the opinions that it gives.
pub(super) struct Competitors {
    /// Each with whether a higher score is a better image.
    methods: Vec<(MethodScores, bool)>,
    /// The columns that a method of ours is compared with.
    parity: Vec<(file::Parity, MethodScores)>,
    /// The columns' headings, method by method.
    columns: Vec<String>,
    opinions: MethodScores,
    sigma: Option<MethodScores>,
    scale: Opinion,
}

/// How our scores of a method compare with a score file's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Agreement {
    /// The method's name or the metric's key.
    pub method: String,
    /// The column's heading.
    pub column: String,
    /// Images that have both.
    pub images: usize,
    /// Median of the absolute differences.
    pub median: f64,
    /// The largest of them.
    pub worst: f64,
    /// The image it is of.
    pub worst_image: String,
    /// The rank correlation of theirs and ours; `None` where one of them is constant.
    pub srocc: Option<f64>,
}

impl Competitors {
    /// Reads the score file of a database whose images are named as `naming` says.
    ///
    /// # Errors
    /// [`Error::Data`] when the file is not what it must be or a score is NaN. (An infinite one is what a PSNR gives to an
    /// image that equals its reference.)
    pub fn read(wanted: &file::Competitors, naming: Naming) -> Result<Competitors> {
        let pair = |column: &String, method: &str| (column.clone(), method.to_owned());
        let mut columns: Vec<(String, String)> = vec![pair(&wanted.opinion, "opinion")];
        columns.extend(wanted.std.iter().map(|std| pair(std, "standard deviation")));
        columns.extend(wanted.columns.iter().map(|c| pair(&c.column, &c.method)));
        columns.extend(wanted.parity.iter().map(|p| pair(&p.column, &p.method)));
        let mut read = read_csv(&wanted.scores, naming, wanted.images.as_deref(), &columns)?.into_iter();
        for method in read.as_slice() {
            if let Some((image, _)) = method.scores.iter().find(|(_, score)| score.is_nan()) {
                let problem = format!(
                    "the {} score of {} is NaN; complete the file or drop the method",
                    method.method, image.name
                );
                return Err(Error::data(&wanted.scores, problem));
            }
        }
        let mut next = || read.next().expect("read_csv gives what it is asked for");
        let opinions = next();
        let sigma = wanted.std.as_ref().map(|_| next());
        let scale = if wanted.higher_is_better { Opinion::mos() } else { Opinion::dmos() };
        let methods = wanted.columns.iter().map(|c| (next(), c.higher_is_better)).collect();
        let parity = wanted.parity.iter().map(|p| (p.clone(), next())).collect();
        let columns = wanted.columns.iter().map(|c| c.column.clone()).collect();
        Ok(Competitors { methods, parity, columns, opinions, sigma, scale })
    }

    /// The scores of these images.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first image that has none.
    pub fn of(&self, images: &[Image]) -> Result<Vec<Scores>> {
        // The published code counts a score that is not finite as 0.
        let finite = |x: f64| if x.is_finite() { x } else { 0.0 };
        let of_method = |(method, higher): &(MethodScores, bool)| {
            let values = method.of(images)?.into_iter().map(finite).collect();
            Ok(Scores::new(&method.method, values, *higher))
        };
        self.methods.iter().map(of_method).collect()
    }

    /// The scores of these images by the methods that are not among `computed`: under their own name, or by a method of
    /// ours that gives what the column holds.
    ///
    /// # Errors
    /// As [`Competitors::of`].
    pub fn beside(&self, computed: &[Scores], images: &[Image]) -> Result<Vec<Scores>> {
        let is_computed = |method: &str, column: &str| {
            computed.iter().any(|c| c.method == method) || self.parity.iter().any(|(p, _)| p.column == column)
        };
        let all = self.of(images)?.into_iter().zip(&self.columns);
        Ok(all.filter(|(scores, column)| !is_computed(&scores.method, column)).map(|(scores, _)| scores).collect())
    }

    /// All images for which the file has an opinion, with the file's opinions.
    pub fn everything(&self) -> Result<Subset> {
        let images: Vec<Image> = self.opinions.scores.keys().cloned().collect();
        let opinions = self.opinions.of(&images)?;
        let sigma = self.sigma.as_ref().map(|sigma| sigma.of(&images)).transpose()?.unwrap_or_default();
        Ok(Subset::new(images, opinions, sigma, &self.scale))
    }

    /// How the scores that we `computed` of these images compare with the file's, column by column, on the images that have
    /// one there.
    pub fn agreement(&self, computed: &[Scores], images: &[Image]) -> Vec<Agreement> {
        let of_column = |(wanted, theirs): &(file::Parity, MethodScores)| {
            let name = Metric::from_key(&wanted.method).map_or(&*wanted.method, |metric| metric.name);
            let ours = computed.iter().find(|c| c.method == name)?.own();
            let both = (0..images.len()).filter_map(|i| Some((i, *theirs.scores.get(&images[i])?)));
            let both: Vec<(usize, f64)> =
                both.filter(|&(i, theirs)| theirs.is_finite() && ours[i].is_finite()).collect();
            let difference = |&(i, theirs): &(usize, f64)| (ours[i] - theirs).abs();
            let worst = both.iter().max_by(|a, b| difference(a).total_cmp(&difference(b)))?;
            let mut differences: Vec<f64> = both.iter().map(difference).collect();
            differences.sort_unstable_by(f64::total_cmp);
            let middle = differences.len() / 2;
            let median = match differences.len() % 2 {
                1 => differences[middle],
                _ => (differences[middle - 1] + differences[middle]) / 2.0,
            };
            let (a, b): (Vec<f64>, Vec<f64>) = both.iter().map(|&(i, theirs)| (ours[i], theirs)).unzip();
            Some(Agreement {
                method: wanted.method.clone(),
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
}

/// The section of the results that shows the agreements; `data` says on which images.
pub(super) fn parity(agreements: &[Agreement], data: &str) -> Section {
    let difference = |x: f64| if x == 0.0 { "0".to_owned() } else { format!("{x:.1e}") };
    let row = |a: &Agreement| {
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
        title: "Our values beside the laboratory's, image by image".into(),
        text: vec![format!("{data}; absolute differences of the scores.")],
        header: ["method", "score file's column", "images", "median", "worst", "worst image", "SROCC"]
            .map(str::to_owned)
            .to_vec(),
        rows: agreements.iter().map(row).collect(),
        notes: Vec::new(),
    }
}

/// `parity.csv`: a line per agreement.
pub(super) fn parity_csv(agreements: &[Agreement]) -> String {
    let mut csv = String::from("method,column,images,median,worst,worst_image,srocc\n");
    for a in agreements {
        let srocc = a.srocc.map(|r| r.to_string()).unwrap_or_default();
        csv += &format!("{},{},{},{},{},{},{srocc}\n", a.method, a.column, a.images, a.median, a.worst, a.worst_image);
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, more: &str) -> (tempfile::TempDir, Competitors) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        std::fs::write(&path, table).unwrap();
        let parity = |method: &str, column: &str| file::Parity { method: method.into(), column: column.into() };
        let column = |method: &str, column: &str, higher_is_better| file::Column {
            method: method.into(),
            column: column.into(),
            higher_is_better,
        };
        let wanted = file::Competitors {
            scores: path,
            images: None,
            opinion: "dmos".into(),
            higher_is_better: false,
            std: None,
            columns: vec![column("SSIM", "m4", true), column("other", "bad", false)],
            parity: if more.is_empty() { vec![] } else { vec![parity("ssim_downsampled", "m4"), parity("gmsd", more)] },
        };
        let read = Competitors::read(&wanted, Naming::Any).unwrap();
        (folder, read)
    }

    const TABLE: &str = "name,dmos,m4,bad,g\na,10,0.9,5,0.1\nb,20,0.5,7,\nc,40,0.75,9,0.375\nd,50,0.1,11,0.5\n";

    #[test]
    fn scores_and_opinions_are_turned_and_keep_their_own_numbers() {
        let (_folder, competitors) = read(TABLE, "");
        let all = competitors.everything().unwrap();
        assert_eq!(
            (&all.opinions[..], &all.own_opinions()[..]),
            (&[-10.0, -20.0, -40.0, -50.0][..], &[10.0, 20.0, 40.0, 50.0][..])
        );
        let scores = competitors.of(&all.images).unwrap();
        assert_eq!((scores[1].values[0], scores[1].own()[0]), (-5.0, 5.0));
        assert_eq!(competitors.beside(&[], &all.images).unwrap().len(), 2);
        let own = [Scores::new("SSIM", vec![0.0; 4], true)];
        assert_eq!(competitors.beside(&own, &all.images).unwrap()[0].method, "other");
    }

    #[test]
    fn agreement_is_of_the_images_that_both_have() {
        let (_folder, competitors) = read(TABLE, "g");
        let images = competitors.everything().unwrap().images;
        let ours = [
            Scores::new("SSIM (downsampled)", vec![0.9, 0.5, 0.25, 0.125], true),
            Scores::new("GMSD", vec![0.1, 7.0, 0.5, 0.625], false),
        ];
        let [ssim, gmsd] = <[Agreement; 2]>::try_from(competitors.agreement(&ours, &images)).unwrap();
        assert_eq!((ssim.images, ssim.worst, &*ssim.worst_image), (4, 0.5, "c"));
        assert!((ssim.median - 0.0125).abs() < 1e-15, "{}", ssim.median);
        let expected = ("gmsd", "g", 3, 0.125, 0.125, Some(1.0));
        assert_eq!((&*gmsd.method, &*gmsd.column, gmsd.images, gmsd.median, gmsd.worst, gmsd.srocc), expected);
        let section = parity(&[ssim, gmsd.clone()], "4 images");
        assert_eq!(section.rows[1], ["gmsd", "g", "3", "1.2e-1", "1.2e-1", "d", "1.000000"]);
        assert_eq!(parity_csv(&[gmsd]).lines().nth(1), Some("gmsd,g,3,0.125,0.125,d,1"));
        // Neither column has a row of its own any more.
        assert_eq!(competitors.beside(&ours, &images).unwrap().len(), 1);
        assert!(competitors.agreement(&[], &images).is_empty());
    }
}
