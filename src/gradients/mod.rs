//! Gradient features of images: one row of numbers per image, computed in chunks.
//!
//! The paper's feature of an image is the gradient of a loss with respect to a layer's weights. It describes how the
//! model would have to change to represent that image. A [`Feature`] is given by its name: `kl/down.3.weight` is ∂Ω/∂θ
//! of the last encoder layer, `bce/up.3.weight` is ∂L/∂φ of the last decoder layer, and `bce+kl/…` is the gradient of
//! the sum. `mu` alone is an activation, a value of the forward pass. The features of an image are concatenated in the
//! given order.
//!
//! # One image per lane
//! A group of images passes through the model together, one image per lane. The weight gradient of each lane is that of
//! its image. So there is no loop over batches of one image, and no sum over images that must be separated again. The
//! backward pass of each loss stops at the requested layers.
//!
//! # Streaming
//! Images are requested by index, a chunk of groups at a time. The rows of a chunk are passed on in order before the
//! next chunk begins. So the memory is that of one chunk, whatever the number of images, and the rows do not depend on
//! the number of threads.

use crate::autodiff::{Tape, Var, Wrt};
use crate::error::{Error, Result};
use crate::lanes::Real;
use crate::models::Vae;
use crate::models::vae::Pass;
use crate::nn::{Bound, Parameters, Tapes};
use rayon::prelude::*;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// One part of an image's row of features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feature {
    /// A value of the forward pass: an activation.
    Value(String),
    /// The gradient of a sum of loss terms with respect to a parameter.
    Gradient {
        /// The names of the terms.
        terms: Vec<String>,
        /// The name of the parameter.
        parameter: String,
    },
}

impl FromStr for Feature {
    type Err = Error;

    fn from_str(text: &str) -> Result<Feature> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            [value] if !value.is_empty() => Ok(Feature::Value(value.to_owned())),
            [terms, parameter] if !parameter.is_empty() && terms.split('+').all(|term| !term.is_empty()) => {
                let terms = terms.split('+').map(str::to_owned).collect();
                Ok(Feature::Gradient { terms, parameter: parameter.to_owned() })
            }
            _ => Err(Error::Usage(format!(
                "`{text}` is not a feature; write a value (`mu`) or terms and a parameter (`kl/down.3.weight`, `bce+kl/mu.weight`)"
            ))),
        }
    }
}

impl Feature {
    /// The feature with some loss terms replaced: each term that is a key of `replaced` becomes its value.
    pub fn with_terms(&self, replaced: &BTreeMap<String, String>) -> Feature {
        let term = |term: &String| replaced.get(term).unwrap_or(term).clone();
        match self {
            Feature::Value(_) => self.clone(),
            Feature::Gradient { terms, parameter } => {
                Feature::Gradient { terms: terms.iter().map(term).collect(), parameter: parameter.clone() }
            }
        }
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Feature::Value(name) => f.write_str(name),
            Feature::Gradient { terms, parameter } => write!(f, "{}/{parameter}", terms.join("+")),
        }
    }
}

/// A model from which features can be computed: its values for an image, by name.
pub trait Model<T: Real>: Sync {
    /// (C, H, W) of the images.
    fn image(&self) -> [usize; 3];

    /// Computes the model for the image `x` on the tape.
    fn pass(&self, tape: &mut Tape<T>, x: Var) -> Named;
}

/// The named variables on a tape after a forward pass.
pub struct Named {
    /// The model's parameters.
    pub parameters: Bound,
    /// Values by name. A value of shape [] is a loss term.
    pub values: Vec<(&'static str, Var)>,
}

impl Named {
    fn value(&self, name: &str) -> Option<Var> {
        self.values.iter().find(|(found, _)| *found == name).map(|(_, var)| *var)
    }
}

/// A variational autoencoder at z = μ. Its values are `mu`, `logvar` and `reconstruction`, its terms `bce` and `kl`. A
/// network trained with the sparsity penalty also has the term `sparsity` = Σⱼ KL(ρ ‖ sigmoid(μⱼ)) of the one image.
pub struct TrainedVae<'a, S> {
    /// The shapes.
    pub vae: &'a Vae,
    /// The weights.
    pub parameters: &'a Parameters<S>,
    /// ρ of the sparsity penalty, in (0, 1).
    pub sparsity: Option<f64>,
}

impl<T: Real> Model<T> for TrainedVae<'_, T::Scalar> {
    fn image(&self) -> [usize; 3] {
        self.vae.architecture().image
    }

    fn pass(&self, tape: &mut Tape<T>, x: Var) -> Named {
        let parameters = self.parameters.place(tape);
        let Pass { mean, log_variance, reconstruction, cross_entropy, divergence } =
            self.vae.pass(tape, &parameters, x, None);
        let mut values = vec![
            ("mu", mean),
            ("logvar", log_variance),
            ("reconstruction", reconstruction),
            ("bce", cross_entropy),
            ("kl", divergence),
        ];
        if let Some(target) = self.sparsity {
            let activations = tape.sigmoid(mean);
            values.push(("sparsity", tape.sparsity_kl(activations, target)));
        }
        Named { parameters, values }
    }
}

/// The features of the images `images`, one row per image.
pub struct Rows<'a, S> {
    /// The indices of the images.
    pub images: Range<usize>,
    /// The features, row-major: `images.len()` rows of [`Extraction::width`] numbers.
    pub values: &'a [S],
}

/// A computation of the features of a model's images.
pub struct Extraction<'a, T: Real, M> {
    model: &'a M,
    features: &'a [Feature],
    shapes: Vec<Vec<usize>>,
    tapes: Tapes<T>,
}

/// Groups of lanes in a chunk: enough to divide evenly among the threads, few enough to need little memory.
const GROUPS: usize = 32;

impl<'a, T: Real, M: Model<T>> Extraction<'a, T, M> {
    /// Checks that the model has the features' values, terms and parameters.
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no features, or for a name that the model does not have; the error lists the names
    /// that it has.
    pub fn new(model: &'a M, features: &'a [Feature]) -> Result<Self> {
        if features.is_empty() {
            return Err(Error::Usage("no features are given; name at least one, such as `kl/down.3.weight`".into()));
        }
        let mut tape = Tape::new();
        let x = tape.input_with(&model.image(), |values| values.fill(T::zero()));
        let named = model.pass(&mut tape, x);
        let known = |scalars: bool| {
            let names = named.values.iter().filter(|(_, var)| !scalars || tape.shape(*var).is_empty());
            names.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        };
        let mut shapes = Vec::new();
        for feature in features {
            let unknown = |what: &str, name: &str, known: String| {
                Error::Usage(format!("`{feature}`: the model has no {what} `{name}`; it has {known}"))
            };
            shapes.push(match feature {
                Feature::Value(name) => {
                    let var = named.value(name).ok_or_else(|| unknown("value", name, known(false)))?;
                    tape.shape(var).to_vec()
                }
                Feature::Gradient { terms, parameter } => {
                    for (i, term) in terms.iter().enumerate() {
                        let var = named.value(term).filter(|var| tape.shape(*var).is_empty());
                        var.ok_or_else(|| unknown("loss term", term, known(true)))?;
                        if terms[..i].contains(term) {
                            return Err(Error::Usage(format!("`{feature}` names the term `{term}` twice")));
                        }
                    }
                    let var = named.parameters.get(parameter);
                    let names = named.parameters.names().collect::<Vec<_>>().join(", ");
                    tape.shape(var.ok_or_else(|| unknown("parameter", parameter, names))?).to_vec()
                }
            });
        }
        Ok(Extraction { model, features, shapes, tapes: Tapes::default() })
    }

    /// The shape of each feature.
    pub fn shapes(&self) -> &[Vec<usize>] {
        &self.shapes
    }

    /// The number of numbers in a row.
    pub fn width(&self) -> usize {
        self.shapes.iter().map(|shape| shape.iter().product::<usize>()).sum()
    }

    /// Computes the features of `images` images, chunk by chunk and in order, on the threads of the current rayon pool.
    ///
    /// `place` records a range of images on a tape as a value of the model's shape, one image per lane from the first
    /// lane on. The range has as many images as there are lanes, or fewer. `take` receives the rows.
    ///
    /// # Errors
    /// The first error that `take` returns.
    pub fn run<E>(
        &self,
        images: usize,
        place: impl Fn(&mut Tape<T>, Range<usize>) -> Var + Sync,
        mut take: impl FnMut(Rows<T::Scalar>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let width = self.width();
        let mut values: Vec<T::Scalar> = Vec::new();
        for first in (0..images).step_by(GROUPS * T::LANES) {
            let chunk = first..images.min(first + GROUPS * T::LANES);
            values.resize(chunk.len() * width, T::Scalar::default());
            self.tapes.each(values.par_chunks_mut(T::LANES * width).enumerate(), |tape, (group, rows)| {
                let first = chunk.start + group * T::LANES;
                let x = place(tape, first..chunk.end.min(first + T::LANES));
                self.group(tape, x, rows);
            });
            take(Rows { images: chunk, values: &values })?;
        }
        Ok(())
    }

    /// The rows of the group of images `x`.
    fn group(&self, tape: &mut Tape<T>, x: Var, rows: &mut [T::Scalar]) {
        let named = self.model.pass(tape, x);
        let width = self.width();
        let mut column = 0;
        for (feature, shape) in self.features.iter().zip(&self.shapes) {
            let mut put = |values: &[T]| {
                for (lane, row) in rows.chunks_exact_mut(width).enumerate() {
                    let row = &mut row[column..column + values.len()];
                    row.iter_mut().zip(values).for_each(|(to, from)| *to = from.lane(lane));
                }
            };
            match feature {
                Feature::Value(name) => put(tape.values(named.value(name).expect("checked"))),
                Feature::Gradient { terms, parameter } => {
                    let parameter = named.parameters[parameter.as_str()];
                    let one = ndarray::arr0(T::one()).into_dyn();
                    let terms: Vec<_> = terms.iter().map(|term| (named.value(term).expect("checked"), &one)).collect();
                    let gradients = tape.vjp(&terms, &[Wrt::PerLane(parameter)]);
                    put(gradients.per_lane(parameter));
                    tape.recycle(gradients);
                }
            }
            column += shape.iter().product::<usize>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Lanes;
    use crate::models::vae::{Architecture, Layer};
    use crate::stats::random::Stream;

    /// A small network of the paper's kind.
    fn small() -> (Vae, Parameters<f64>) {
        let layer = |channels, padding| Layer { channels, kernel: 4, stride: 2, padding };
        let architecture = Architecture {
            image: [2, 6, 6],
            encoder: vec![layer(3, 2), layer(4, 2)],
            latent: 3,
            decoder: vec![layer(3, 2), layer(2, 2)],
        };
        let vae = Vae::new(architecture).unwrap();
        let mut stream = Stream::new(7, "features", 0);
        let parameters = vae.parameters(stream.rng());
        (vae, parameters)
    }

    fn pixel(image: usize, place: usize) -> f64 {
        ((image * 31 + place * 17) % 101) as f64 / 101.0
    }

    fn features() -> Vec<Feature> {
        ["mu", "kl/down.1.weight", "bce/up.1.weight", "bce+kl/expand.bias"].map(|f| f.parse().unwrap()).into()
    }

    fn place<T: Real<Scalar = f64>>(tape: &mut Tape<T>, images: Range<usize>) -> Var {
        tape.input_with(&[2, 6, 6], |values| {
            for (p, value) in values.iter_mut().enumerate() {
                *value = T::zero();
                images.clone().enumerate().for_each(|(lane, i)| value.set_lane(lane, pixel(i, p)));
            }
        })
    }

    fn rows<T: Real<Scalar = f64>>(images: usize) -> Vec<f64> {
        let (vae, parameters) = small();
        let model = TrainedVae { vae: &vae, parameters: &parameters, sparsity: None };
        let features = features();
        let extraction = Extraction::<T, _>::new(&model, &features).unwrap();
        assert_eq!(extraction.shapes(), [vec![3], vec![4, 3, 4, 4], vec![3, 2, 4, 4], vec![36]]);
        let mut all = Vec::new();
        let taken: Result<()> = extraction.run(images, place, |rows| {
            assert_eq!((rows.images.start, rows.values.len()), (all.len() / 327, rows.images.len() * 327));
            all.extend_from_slice(rows.values);
            Ok(())
        });
        taken.unwrap();
        all
    }

    #[test]
    fn each_images_row_is_what_it_gets_alone() {
        // More images than a chunk of eights has, and an incomplete last group.
        let images = 8 * GROUPS + 13;
        let (alone, together) = (rows::<f64>(images), rows::<Lanes<f64, 8>>(images));
        assert_eq!(alone.len(), images * 327);
        assert!(alone == together);
        assert!(alone[..327] != alone[327..2 * 327]);
    }

    #[test]
    fn a_consumers_error_ends_the_run() {
        let (vae, parameters) = small();
        let model = TrainedVae { vae: &vae, parameters: &parameters, sparsity: None };
        let features = features();
        let mut chunks = 0;
        let ended = Extraction::<f64, _>::new(&model, &features).unwrap().run(3 * GROUPS, place, |_| {
            chunks += 1;
            if chunks == 2 { Err("full") } else { Ok(()) }
        });
        assert_eq!((ended, chunks), (Err("full"), 2));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let (vae, parameters) = small();
        let model = TrainedVae { vae: &vae, parameters: &parameters, sparsity: None };
        for (text, part) in [
            ("z", "no value `z`; it has mu, logvar"),
            ("mu/up.0.weight", "no loss term `mu`; it has bce, kl"),
            ("kl+kl/up.0.weight", "twice"),
            ("kl/up.9.weight", "no parameter `up.9.weight`; it has down.0.weight, down.0.bias"),
        ] {
            let features = [text.parse::<Feature>().unwrap()];
            assert_eq!(features[0].to_string(), text);
            let error = Extraction::<f64, _>::new(&model, &features).err().unwrap().to_string();
            assert!(error.contains(part), "{error}");
        }
        for text in ["", "/", "kl/", "kl+/mu", "a/b/c"] {
            assert!(text.parse::<Feature>().unwrap_err().to_string().contains("is not a feature"), "{text}");
        }
        assert!(Extraction::<f64, _>::new(&model, &[]).is_err());
    }
}
