//! Scoring with the methods: distorted images against a prepared reference.

use super::features::features;
use super::gradient::gradient;
use super::method::{GradientOf, Method, Projection};
use super::unit_weights::unit_weights;
use crate::autodiff::kernels::Convolution;
use crate::error::{Error, Result};
use crate::imaging::Rgb8;
use crate::imaging::patches::{DIMENSIONS, Patches, SIDE};
use crate::imaging::plane::Pixels;
use crate::imaging::resize::{ResizeScratch, halve_into};
use crate::imaging::whitening::{PatchMatrix, Zca, ZcaScratch};
use crate::lanes::Lanes;
use crate::models::SparseAutoencoder;
use crate::models::sparse_autoencoder::{B1, W1};
use crate::stats::random::Stream;
use crate::stats::rank::{RankScratch, Ranks};

/// The smallest side of an image, in pixels, whose halved image contains an 8×8 block.
pub(super) const SMALLEST_SIDE: usize = 2 * SIDE - 1;

/// Checks that the distorted image has the width and height of the reference.
///
/// # Errors
/// [`Error::Undefined`] with both sizes.
pub(super) fn check_size((width, height): (usize, usize), distorted: &impl Pixels) -> Result<()> {
    match distorted.size() {
        size if size == (width, height) => Ok(()),
        (other_width, other_height) => Err(Error::Undefined(format!(
            "the reference image is {width}×{height}, the distorted one {other_width}×{other_height}; only images of the same size can be compared"
        ))),
    }
}

/// The autoencoders of the methods.
#[derive(Clone, Debug)]
pub struct Models {
    /// The one for UNIQUE and the gradient method.
    pub autoencoder: SparseAutoencoder,
    /// The five of MS-UNIQUE, in any order (ranks do not depend on it); empty without that method.
    pub ms_unique: Vec<SparseAutoencoder>,
}

/// A score and its correlation.
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

/// Several methods with their models.
#[derive(Clone, Debug)]
pub struct Scorer {
    methods: Vec<Method>,
    models: Models,
    /// For each method, the part that does not depend on an image: the projections of the encoders.
    fixed: Vec<Option<Units>>,
}

/// The projection of a method, and the factors of its units.
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
            let weights: Vec<f64> = encoder.parameters[W1].iter().copied().collect();
            units.factors.extend(unit_weights(method.unit_weights, &weights));
            units.weights.extend(weights);
            units.bias.extend(&encoder.parameters[B1]);
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

/// Computes the whitened patches of an image.
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

/// A placeholder image that will be overwritten.
#[derive(Debug)]
struct Rgb8Buffer(Rgb8);

impl Default for Rgb8Buffer {
    fn default() -> Self {
        Rgb8Buffer(Rgb8::new(1, 1, vec![0; 3]))
    }
}

impl Whiten {
    /// The whitened patches of the image; `which` is its name in errors.
    fn run(&mut self, image: &Rgb8, which: &str) -> Result<&White> {
        let Whiten { resize, half, patches, zca, scratch, white } = self;
        halve_into(image, resize, &mut half.0);
        patches.update(&half.0);
        if patches.count() == 0 {
            let (width, height, least) = (image.width, image.height, SMALLEST_SIDE);
            return Err(Error::Undefined(format!(
                "the {which} image is {width}×{height}; a score needs at least {least}×{least} pixels, so that the halved image has an 8×8 block"
            )));
        }
        if !zca.update(patches, scratch) {
            return Err(Error::Undefined(format!(
                "all 8×8 blocks of the halved {which} image are equal; a score needs contrast between them"
            )));
        }
        zca.apply(patches, scratch, &mut white.patches);
        white.count = patches.count();
        Ok(white)
    }
}

/// Computes the ranks of a method's features from whitened patches.
#[derive(Debug, Default)]
struct RankFeatures {
    projection: PatchMatrix,
    features: Vec<f64>,
    scratch: RankScratch,
}

impl RankFeatures {
    fn run(&mut self, method: &Method, units: &Units, white: &White, which: &str, ranks: &mut Ranks) -> Result<()> {
        let (outputs, groups) = (units.factors.len(), white.count.div_ceil(8));
        // Not SparseAutoencoder::encode: units are also gradients and other matrices, and a tape would first copy
        // patches and weights.
        self.projection.resize(outputs * groups, Lanes::default());
        Convolution::new([DIMENSIONS, 1, groups], [outputs, DIMENSIONS, 1, 1], 1, 0).forward(
            &units.weights,
            &units.bias,
            &white.patches,
            &mut self.projection,
        );
        if !features(method.features, &self.projection, white.count, &units.factors, &mut self.features) {
            return Err(Error::Undefined(format!(
                "{}: a projection of the {which} image is exactly 0 or 1, where the logit is undefined",
                method.key
            )));
        }
        ranks.update(&self.features, &mut self.scratch);
        Ok(())
    }
}

impl Scorer {
    /// A scorer of the given methods, in this order.
    ///
    /// # Errors
    /// [`Error::Usage`] if a method needs the five encoders of MS-UNIQUE and `models` does not contain them.
    pub fn new(methods: &[Method], models: Models) -> Result<Scorer> {
        let fixed = |method: &Method| match method.projection {
            Projection::Encoder => Ok(Some(Units::of_encoders(method, [&models.autoencoder].into_iter()))),
            Projection::Encoders if models.ms_unique.is_empty() => {
                let problem = "needs the weights of MS-UNIQUE's encoders (81, 121, 169, 400 and 625 hidden units)";
                Err(Error::Usage(format!("`{}` {problem}: name their files or leave the method out", method.key)))
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

    /// Prepares a reference image for all methods.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the reason if the image is too small, has no contrast, or has a projection at which
    /// the logit is undefined.
    pub fn reference(&self, image: &Rgb8, scratch: &mut Scratch) -> Result<Reference<'_>> {
        let reference = self.partial_reference(image, scratch)?;
        match reference.sides.iter().find_map(|side| side.as_ref().err()) {
            Some(reason) => Err(Error::Undefined(reason.clone())),
            None => Ok(reference),
        }
    }

    /// Prepares a reference image for the methods that are defined for it; for the others it stores the reason.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the reason if no method is defined: the image is too small or has no contrast.
    pub(super) fn partial_reference(&self, image: &Rgb8, scratch: &mut Scratch) -> Result<Reference<'_>> {
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
                sides.push(Ok(None));
                continue;
            }
            let units = match (fixed, method.projection) {
                (Some(_), _) => None,
                (None, Projection::Random { seed }) => Some(Units::of_matrix(method, random_like(&own, seed))),
                (None, _) => Some(Units::of_matrix(method, own.clone())),
            };
            let mut ranks = Ranks::default();
            let used = units.as_ref().or(fixed.as_ref()).expect("encoders are fixed, all else was just made");
            let ranked = rank.run(method, used, white, "reference", &mut ranks);
            sides.push(ranked.map(|()| Some(Side { units, ranks })).map_err(|error| error.to_string()));
        }
        let kept = self.methods.iter().any(Method::depends_on_distorted).then(|| (white.clone(), own));
        Ok(Reference { scorer: self, size: (image.width, image.height), sides, kept })
    }
}

/// A reference image, prepared for the methods of a scorer.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    scorer: &'a Scorer,
    /// Width and height.
    size: (usize, usize),
    /// Per method: `None` if its projection depends on the distorted image too, and the reason if it is not defined for
    /// this image.
    sides: Vec<std::result::Result<Option<Side>, String>>,
    /// The whitened patches and the gradient, for methods that depend on the distorted image.
    kept: Option<(White, Vec<f64>)>,
}

#[derive(Clone, Debug)]
struct Side {
    /// `None` if they are those of the scorer.
    units: Option<Units>,
    ranks: Ranks,
}

impl Reference<'_> {
    /// The scores of `image` as a distorted version of this reference, one per method of the scorer.
    ///
    /// # Errors
    /// [`Error::Undefined`] with the reason: the sizes differ, a score is not defined (see [`Scorer::reference`]), or
    /// all features of an image are equal, so that there is no correlation.
    pub fn score(&self, image: &Rgb8, scratch: &mut Scratch) -> Result<Vec<Score>> {
        self.scores(image, scratch).into_iter().collect()
    }

    /// The scores of `image`, one per method of the scorer, each with its own error, as in [`Reference::score`].
    pub(super) fn scores(&self, image: &Rgb8, scratch: &mut Scratch) -> Vec<Result<Score>> {
        self.compare(image, scratch, |rho, _| Score::new(rho))
    }

    /// The result of `of` for each method. `of` receives the correlation of the features, and the ranks of the features
    /// of the reference and of `image`. Errors are those of [`Reference::score`].
    pub(super) fn compare<T>(
        &self,
        image: &Rgb8,
        scratch: &mut Scratch,
        mut of: impl FnMut(f64, [&Ranks; 2]) -> T,
    ) -> Vec<Result<T>> {
        let undefined = |reason: &String| Error::Undefined(reason.clone());
        let Scratch { whiten, rank, ranks: [distorted_ranks, reference_ranks] } = scratch;
        let white = match check_size(self.size, image).and_then(|()| whiten.run(image, "distorted")) {
            Ok(white) => white,
            Err(error) => {
                let reason = error.to_string();
                return self.sides.iter().map(|side| Err(undefined(side.as_ref().err().unwrap_or(&reason)))).collect();
            }
        };
        let model = &self.scorer.models.autoencoder;
        let mut own = None;
        let mut of_method = |method: &Method, fixed: &Option<Units>, side: &Option<Side>| {
            let against = if let Some(side) = side {
                let units = side.units.as_ref().or(fixed.as_ref()).expect("one of the two has the units");
                rank.run(method, units, white, "distorted", distorted_ranks)?;
                &side.ranks
            } else {
                let (reference, reference_gradient) = self.kept.as_ref().expect("kept for methods like this one");
                let own = own.get_or_insert_with(|| gradient(model, &white.patches, white.count));
                let weights = match method.projection {
                    // Both images have the same number of patches, so the mean over all is the mean of the two means.
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
                let name = method.key;
                Error::Undefined(format!(
                    "{name}: all features of one of the images are equal, so there is no rank correlation"
                ))
            })?;
            Ok(of(rho, [against, distorted_ranks]))
        };
        let methods = self.scorer.methods.iter().zip(&self.scorer.fixed).zip(&self.sides);
        let of_side = |((method, fixed), side): ((&Method, &Option<Units>), &std::result::Result<_, _>)| {
            of_method(method, fixed, side.as_ref().map_err(undefined)?)
        };
        methods.map(of_side).collect()
    }
}

/// Independent normal numbers, with the count and the Euclidean norm of `gradient`.
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
    use approx::assert_abs_diff_eq;
    use ndarray::ArrayD;

    /// Weights about as sparse as trained ones.
    pub(in crate::iqa) fn autoencoder(hidden: usize, seed: u64) -> SparseAutoencoder {
        let mut stream = Stream::new(seed, "test weights", hidden as u64);
        let mut matrix = |rows, columns| ArrayD::from_shape_simple_fn(vec![rows, columns], || 0.2 * stream.normal());
        let (w1, w2) = (matrix(hidden, DIMENSIONS), matrix(DIMENSIONS, hidden));
        let [b1, b2] = [(hidden, -2.5), (DIMENSIONS, 0.0)].map(|(count, bias)| ArrayD::from_elem(vec![count], bias));
        SparseAutoencoder::new(w1, b1, w2, b2)
    }

    fn scorer(hidden: usize) -> Scorer {
        let ms_unique = vec![autoencoder(5, 2), autoencoder(9, 3)];
        let methods: Vec<Method> = [Method::UNIQUE, Method::MS_UNIQUE].into_iter().chain(Method::ABLATION).collect();
        Scorer::new(&methods, Models { autoencoder: autoencoder(hidden, 1), ms_unique }).unwrap()
    }

    /// Stripes and noise; the noise grows with `level`.
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
        // 6 × 5 blocks: an incomplete last group of lanes.
        let reference = scorer.reference(&image(96, 81, 0.0), &mut scratch).unwrap();
        let mut last = reference.score(&image(96, 81, 0.0), &mut scratch).unwrap();
        for (method, score) in scorer.methods().iter().zip(&last) {
            assert_eq!(*score, Score { rho: 1.0, value: 1.0 }, "{}", method.key);
        }
        for level in [8.0, 50.0] {
            let scores = reference.score(&image(96, 81, level), &mut scratch).unwrap();
            for ((method, score), last) in scorer.methods().iter().zip(&scores).zip(&last) {
                assert!(score.rho < last.rho && score.value < last.value, "{}: {score:?} after {last:?}", method.key);
                assert_abs_diff_eq!(score.value, score.rho.powi(10), epsilon = 1e-12);
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
            (image(14, 40, 0.0), "the reference image is 14×40; a score needs at least 15×15 pixels"),
            (image(1, 1, 0.0), "1×1"),
            (flat(64, 64), "all 8×8 blocks of the halved reference image are equal"),
            // A single block has no contrast to others.
            (image(16, 16, 0.0), "are equal"),
        ];
        for (image, expected) in cases {
            let error = scorer.reference(&image, &mut scratch).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let reference = scorer.reference(&image(64, 48, 0.0), &mut scratch).unwrap();
        let error = reference.score(&image(48, 64, 0.0), &mut scratch).unwrap_err().to_string();
        assert!(error.contains("the reference image is 64×48, the distorted one 48×64"), "{error}");
        let error = reference.score(&flat(64, 48), &mut scratch).unwrap_err().to_string();
        assert!(error.contains("distorted image are equal"), "{error}");

        let models = Models { autoencoder: autoencoder(6, 1), ms_unique: vec![] };
        let error = Scorer::new(&[Method::MS_UNIQUE], models).unwrap_err();
        assert!(
            matches!(&error, Error::Usage(problem) if problem.contains("`ms_unique` needs the weights")),
            "{error}"
        );

        // A unit without weights projects everything to exactly 0.
        let mut dead = autoencoder(6, 1);
        dead.parameters[W1].fill(0.0);
        dead.parameters[B1].fill(-1000.0);
        let scorer = Scorer::new(&[Method::GRADIENT], Models { autoencoder: dead, ms_unique: vec![] }).unwrap();
        let error = scorer.reference(&image(64, 48, 0.0), &mut scratch).unwrap_err().to_string();
        assert!(error.contains("gradient: a projection of the reference image is exactly 0 or 1"), "{error}");
    }
}
