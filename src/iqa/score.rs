//! Scores of distorted images against a prepared reference.

use super::features::features;
use super::gradient::gradient;
use super::method::{GradientOf, Method, Projection};
use super::unit_weights::unit_weights;
use crate::autodiff::kernels::Convolution;
use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::patches::{DIMENSIONS, Patches, SIDE};
use crate::imaging::resize::{ResizeScratch, halve_into};
use crate::imaging::whitening::{PatchMatrix, Zca, ZcaScratch};
use crate::lanes::Lanes;
use crate::models::SparseAutoencoder;
use crate::stats::random::Stream;
use crate::stats::rank::{RankScratch, Ranks};

/// The autoencoders that the methods project on.
#[derive(Clone, Debug)]
pub struct Models {
    /// UNIQUE's and the gradient's.
    pub autoencoder: SparseAutoencoder,
    /// MS-UNIQUE's five, in any order (ranks do not depend on it), where that method is wanted.
    pub ms_unique: Vec<SparseAutoencoder>,
}

/// A score, and the correlation that it is a power of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Spearman's ρ of the features of the two images, −1 ..= 1.
    pub rho: f64,
    /// |ρ|¹⁰, 0 ..= 1; 1 for identical images.
    pub value: f64,
}

impl Score {
    fn new(rho: f64) -> Score {
        let square = rho * rho;
        let fourth = square * square;
        Score { rho, value: fourth * fourth * square }
    }
}

/// Several methods with their models, ready to be given references.
#[derive(Clone, Debug)]
pub struct Scorer {
    methods: Vec<Method>,
    models: Models,
    /// Per method what does not depend on an image: the encoders' projections.
    fixed: Vec<Option<Units>>,
}

/// What a method projects on, and its units' factors.
#[derive(Clone, Debug)]
struct Units {
    /// A row of 192 weights per unit.
    weights: Vec<f64>,
    bias: Vec<f64>,
    factors: Vec<f64>,
}

impl Units {
    fn of_encoders<'a>(method: &Method, encoders: impl Iterator<Item = &'a SparseAutoencoder>) -> Units {
        let mut units = Units { weights: vec![], bias: vec![], factors: vec![] };
        for encoder in encoders {
            let weights: Vec<f64> = encoder.w1.iter().copied().collect();
            units.factors.extend(unit_weights(method.unit_weights, &weights));
            units.weights.extend(weights);
            units.bias.extend(&encoder.b1);
        }
        units
    }

    fn of_matrix(method: &Method, weights: Vec<f64>) -> Units {
        let factors = unit_weights(method.unit_weights, &weights);
        Units { bias: vec![0.0; factors.len()], weights, factors }
    }
}

/// Buffers that are reused from image to image; keep one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    whiten: Whiten,
    rank: RankFeatures,
    ranks: [Ranks; 2],
}

/// From an image to its whitened patches.
#[derive(Debug, Default)]
struct Whiten {
    resize: ResizeScratch,
    half: Rgb8Buffer,
    patches: Patches,
    zca: Zca,
    scratch: ZcaScratch,
    white: White,
}

/// Whitened patches: 192 rows of lanes.
#[derive(Clone, Debug, Default)]
struct White {
    patches: PatchMatrix,
    count: usize,
}

/// An image that is there only to be overwritten.
#[derive(Debug)]
struct Rgb8Buffer(Rgb8);

impl Default for Rgb8Buffer {
    fn default() -> Self {
        Rgb8Buffer(Rgb8::new(1, 1, vec![0; 3]))
    }
}

impl Whiten {
    /// The whitened patches of the image, which is called `which` in errors.
    fn run(&mut self, image: &Rgb8, which: &str) -> Result<&White> {
        let Whiten { resize, half, patches, zca, scratch, white } = self;
        halve_into(image, resize, &mut half.0);
        patches.update(&half.0);
        if patches.count() == 0 {
            let (width, height, least) = (image.width, image.height, 2 * SIDE - 1);
            return Err(Error::Undefined(format!(
                "the {which} image is {width}×{height}; a score is defined from {least}×{least} on, where the halved image has an 8×8 block"
            )));
        }
        if !zca.update(patches, scratch) {
            return Err(Error::Undefined(format!(
                "all 8×8 blocks of the halved {which} image are alike; no score is defined without any contrast between them"
            )));
        }
        zca.apply(patches, scratch, &mut white.patches);
        white.count = patches.count();
        Ok(white)
    }
}

/// From whitened patches to the ranks of a method's features.
#[derive(Debug, Default)]
struct RankFeatures {
    projection: PatchMatrix,
    features: Vec<f64>,
    scratch: RankScratch,
}

impl RankFeatures {
    fn run(&mut self, method: &Method, units: &Units, white: &White, which: &str, ranks: &mut Ranks) -> Result<()> {
        let (outputs, groups) = (units.factors.len(), white.count.div_ceil(8));
        self.projection.resize(outputs * groups, Lanes::default());
        Convolution::new([DIMENSIONS, 1, groups], [outputs, DIMENSIONS, 1, 1], 1, 0).forward(
            &units.weights,
            &units.bias,
            &white.patches,
            &mut self.projection,
        );
        if !features(method.features, &self.projection, white.count, &units.factors, &mut self.features) {
            return Err(Error::Undefined(format!(
                "{}: a projection of the {which} image is exactly 0 or 1, where the logit has a pole",
                method.name
            )));
        }
        ranks.update(&self.features, &mut self.scratch);
        Ok(())
    }
}

impl Scorer {
    /// A scorer of these methods, in this order.
    ///
    /// # Errors
    /// [`Error::Usage`] where a method needs the five encoders of MS-UNIQUE and `models` has none.
    pub fn new(methods: &[Method], models: Models) -> Result<Scorer> {
        let fixed = |method: &Method| match method.projection {
            Projection::Encoder => Ok(Some(Units::of_encoders(method, [&models.autoencoder].into_iter()))),
            Projection::Encoders if models.ms_unique.is_empty() => {
                let problem = "needs the weights of MS-UNIQUE's encoders (81, 121, 169, 400 and 625 hidden units)";
                Err(Error::Usage(format!("`{}` {problem}: name their files or leave the method out", method.name)))
            }
            Projection::Encoders => Ok(Some(Units::of_encoders(method, models.ms_unique.iter()))),
            Projection::Gradient(_) | Projection::Random { .. } => Ok(None),
        };
        let fixed = methods.iter().map(fixed).collect::<Result<_>>()?;
        Ok(Scorer { methods: methods.to_vec(), fixed, models })
    }

    /// The methods, in the order of the scores.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The reference's side of all methods.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the reason where the image is too small, without contrast, or its projection hits a pole of the logit.
    pub fn reference(&self, image: &Rgb8, scratch: &mut Scratch) -> Result<Reference<'_>> {
        let Scratch { whiten, rank, .. } = scratch;
        let white = whiten.run(image, "reference")?;
        let needs_gradient = |method: &Method| match method.projection {
            Projection::Gradient(of) => of != GradientOf::Distorted,
            Projection::Random { .. } => true,
            _ => false,
        };
        let model = &self.models.autoencoder;
        let own = if self.methods.iter().any(needs_gradient) {
            gradient(model, &white.patches, white.count)
        } else {
            Vec::new()
        };
        let mut sides = Vec::with_capacity(self.methods.len());
        for (method, fixed) in self.methods.iter().zip(&self.fixed) {
            if method.depends_on_distorted() {
                sides.push(None);
                continue;
            }
            let units = match (fixed, method.projection) {
                (Some(_), _) => None,
                (None, Projection::Random { seed }) => Some(Units::of_matrix(method, random_like(&own, seed))),
                (None, _) => Some(Units::of_matrix(method, own.clone())),
            };
            let mut ranks = Ranks::default();
            let used = units.as_ref().or(fixed.as_ref()).expect("encoders are fixed, all else was just made");
            rank.run(method, used, white, "reference", &mut ranks)?;
            sides.push(Some(Side { units, ranks }));
        }
        let kept = self.methods.iter().any(Method::depends_on_distorted).then(|| (white.clone(), own));
        Ok(Reference { scorer: self, size: (image.width, image.height), sides, kept })
    }
}

/// What the methods know of a reference image.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    scorer: &'a Scorer,
    /// Width and height.
    size: (usize, usize),
    /// Per method; `None` where its projection depends on the distorted image as well.
    sides: Vec<Option<Side>>,
    /// For those: the whitened patches and the gradient.
    kept: Option<(White, Vec<f64>)>,
}

#[derive(Clone, Debug)]
struct Side {
    /// `None` where they are the scorer's.
    units: Option<Units>,
    ranks: Ranks,
}

impl Reference<'_> {
    /// The scores of `image` as a distorted version of this reference, one per method of the scorer.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the reason: the sizes differ, or a score is not defined (see [`Scorer::reference`]), or all of an
    /// image's features are equal, so that nothing can be correlated with them.
    pub fn score(&self, image: &Rgb8, scratch: &mut Scratch) -> Result<Vec<Score>> {
        let mut scores = Vec::with_capacity(self.sides.len());
        self.compare(image, scratch, |_, rho, _| scores.push(Score::new(rho)))?;
        Ok(scores)
    }

    /// Hands over, method by method, the method, the correlation of the features and the ranks of the reference's and of `image`'s features.
    /// Errors as [`Reference::score`].
    pub(super) fn compare(
        &self,
        image: &Rgb8,
        scratch: &mut Scratch,
        mut each: impl FnMut(&Method, f64, [&Ranks; 2]),
    ) -> Result<()> {
        let (width, height) = self.size;
        if (image.width, image.height) != self.size {
            return Err(Error::Undefined(format!(
                "the reference image is {width}×{height}, the distorted one {}×{}; only images of one size can be compared",
                image.width, image.height
            )));
        }
        let Scratch { whiten, rank, ranks: [distorted_ranks, reference_ranks] } = scratch;
        let white = whiten.run(image, "distorted")?;
        let model = &self.scorer.models.autoencoder;
        let mut own = None;
        let methods = self.scorer.methods.iter().zip(&self.scorer.fixed).zip(&self.sides);
        for ((method, fixed), side) in methods {
            let against = if let Some(side) = side {
                let units = side.units.as_ref().or(fixed.as_ref()).expect("one of the two has the units");
                rank.run(method, units, white, "distorted", distorted_ranks)?;
                &side.ranks
            } else {
                let (reference, reference_gradient) = self.kept.as_ref().expect("kept for methods like this one");
                let own = own.get_or_insert_with(|| gradient(model, &white.patches, white.count));
                let weights = match method.projection {
                    // The mean over two equally many patches is the mean of the two means.
                    Projection::Gradient(GradientOf::Both) => {
                        own.iter().zip(reference_gradient).map(|(a, b)| 0.5 * (a + b)).collect()
                    }
                    _ => own.clone(),
                };
                let units = Units::of_matrix(method, weights);
                rank.run(method, &units, reference, "reference", reference_ranks)?;
                rank.run(method, &units, white, "distorted", distorted_ranks)?;
                &*reference_ranks
            };
            let rho = against.correlation(distorted_ranks).ok_or_else(|| {
                let name = method.name;
                Error::Undefined(format!(
                    "{name}: all features of one of the images are equal; they correlate with nothing"
                ))
            })?;
            each(method, rho, [against, distorted_ranks]);
        }
        Ok(())
    }
}

/// Independent normal numbers, as many as there are in `gradient` and of the same Euclidean norm.
fn random_like(gradient: &[f64], seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, "random projection", 0);
    let mut numbers: Vec<f64> = gradient.iter().map(|_| stream.normal()).collect();
    let square = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
    let scale = (square(gradient) / square(&numbers)).sqrt();
    numbers.iter_mut().for_each(|x| *x *= scale);
    numbers
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lanes::Simd;
    use ndarray::{Array1, Array2};

    /// Weights as sparse as trained ones.
    pub(in crate::iqa) fn autoencoder(hidden: usize, seed: u64) -> SparseAutoencoder {
        let mut stream = Stream::new(seed, "test weights", hidden as u64);
        let mut matrix = |rows, columns| Array2::from_shape_simple_fn((rows, columns), || 0.2 * stream.normal());
        let (w1, w2) = (matrix(hidden, DIMENSIONS), matrix(DIMENSIONS, hidden));
        SparseAutoencoder { w1, b1: Array1::from_elem(hidden, -2.5), w2, b2: Array1::zeros(DIMENSIONS) }
    }

    fn scorer(hidden: usize) -> Scorer {
        let ms_unique = vec![autoencoder(5, 2), autoencoder(9, 3)];
        let methods: Vec<Method> = [Method::UNIQUE, Method::MS_UNIQUE].into_iter().chain(Method::ABLATION).collect();
        Scorer::new(&methods, Models { autoencoder: autoencoder(hidden, 1), ms_unique }).unwrap()
    }

    /// Stripes and noise, the noise growing with `level`.
    fn image(width: usize, height: usize, level: f64) -> Rgb8 {
        let mut stream = Stream::new(7, "test image", 0);
        Rgb8::from_fn(width, height, |x, y| {
            std::array::from_fn(|c| {
                ((x * 7 + y * (3 + c)) % 90) as u8 + (20.0 + level * (1.0 + stream.uniform())) as u8
            })
        })
    }

    #[test]
    fn scores_fall_with_distortion_from_one() {
        let (scorer, mut scratch) = (scorer(12), Scratch::default());
        // 6 × 5 blocks: not whole lanes.
        let reference = scorer.reference(&image(96, 81, 0.0), &mut scratch).unwrap();
        let mut last = reference.score(&image(96, 81, 0.0), &mut scratch).unwrap();
        for (method, score) in scorer.methods().iter().zip(&last) {
            assert_eq!(*score, Score { rho: 1.0, value: 1.0 }, "{}", method.name);
        }
        for level in [8.0, 50.0] {
            let scores = reference.score(&image(96, 81, level), &mut scratch).unwrap();
            for ((method, score), last) in scorer.methods().iter().zip(&scores).zip(&last) {
                assert!(score.rho < last.rho && score.value < last.value, "{}: {score:?} after {last:?}", method.name);
                assert!((score.value - score.rho.powi(10)).abs() < 1e-12);
            }
            last = scores;
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let before = Simd::current();
        let bits = || {
            let (scorer, mut scratch) = (scorer(11), Scratch::default());
            let reference = scorer.reference(&image(66, 50, 0.0), &mut scratch).unwrap();
            let scores = reference.score(&image(66, 50, 20.0), &mut scratch).unwrap();
            scores.into_iter().map(|score| score.rho.to_bits()).collect::<Vec<_>>()
        };
        Simd::Portable.force();
        let truth = bits();
        for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
            simd.force();
            assert_eq!(bits(), truth, "{}", simd.name());
        }
        before.force();
    }

    #[test]
    fn a_scratch_carries_nothing_over() {
        let scorer = scorer(10);
        let mut used = Scratch::default();
        let large = scorer.reference(&image(128, 112, 0.0), &mut used).unwrap();
        large.score(&image(128, 112, 9.0), &mut used).unwrap();
        let of = |scratch: &mut Scratch| {
            let reference = scorer.reference(&image(50, 34, 0.0), scratch).unwrap();
            reference.score(&image(50, 34, 9.0), scratch).unwrap()
        };
        assert_eq!(of(&mut used), of(&mut Scratch::default()));
    }

    #[test]
    fn what_is_not_defined_says_why() {
        let (scorer, mut scratch) = (scorer(6), Scratch::default());
        let flat = |width, height| Rgb8::from_fn(width, height, |_, _| [90, 80, 70]);
        let cases = [
            (image(14, 40, 0.0), "the reference image is 14×40; a score is defined from 15×15 on"),
            (image(1, 1, 0.0), "1×1"),
            (flat(64, 64), "all 8×8 blocks of the halved reference image are alike"),
            // A single block has nothing to differ from.
            (image(16, 16, 0.0), "alike"),
        ];
        for (image, expected) in cases {
            let error = scorer.reference(&image, &mut scratch).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let reference = scorer.reference(&image(64, 48, 0.0), &mut scratch).unwrap();
        let error = reference.score(&image(48, 64, 0.0), &mut scratch).unwrap_err().to_string();
        assert!(error.contains("the reference image is 64×48, the distorted one 48×64"), "{error}");
        let error = reference.score(&flat(64, 48), &mut scratch).unwrap_err().to_string();
        assert!(error.contains("distorted image are alike"), "{error}");

        let models = Models { autoencoder: autoencoder(6, 1), ms_unique: vec![] };
        let error = Scorer::new(&[Method::MS_UNIQUE], models).unwrap_err();
        assert!(
            matches!(&error, Error::Usage(problem) if problem.contains("`ms_unique` needs the weights")),
            "{error}"
        );

        // A unit that never answers projects everything to exactly 0.
        let mut dead = autoencoder(6, 1);
        dead.w1.fill(0.0);
        dead.b1.fill(-1000.0);
        let scorer = Scorer::new(&[Method::GRADIENT], Models { autoencoder: dead, ms_unique: vec![] }).unwrap();
        let error = scorer.reference(&image(64, 48, 0.0), &mut scratch).unwrap_err().to_string();
        assert!(error.contains("gradient: a projection of the reference image is exactly 0 or 1"), "{error}");
    }
}
