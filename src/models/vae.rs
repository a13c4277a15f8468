//! The variational autoencoder of the paper's second application.
//!
//! An encoder of strided convolutions maps an image x to μ and ln σ² of a normal distribution over a few latent
//! numbers. A decoder of transposed convolutions maps a draw z = μ + ε σ, ε ~ N(0, 1), to probabilities x̂ (Kingma and
//! Welling, "Auto-encoding variational Bayes", ICLR 2014). Per image,
//!
//! > L = BCE(x̂, x),  Ω = KL(N(μ, σ²) ‖ N(0, 1)) = −½ Σ (1 + ln σ² − μ² − σ²),
//!
//! both summed, not averaged. A model consists of an [`Architecture`] and [`Parameters`]. Their names are those of the
//! authors' PyTorch network: `down.0 …` for the convolutions, `mu`, `logvar` and `expand` for the dense layers, `up.0
//! …` for the transposed convolutions, each with `.weight` and `.bias`.

use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::{Real, Scalar};
use crate::nn::checkpoint::Stored;
use crate::nn::{Bound, Parameters, init};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::path::Path;

/// A convolution or a transposed convolution: a square kernel, and the same stride and padding for both axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Channels of the output.
    pub channels: usize,
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Distance between neighbouring positions of the kernel.
    pub stride: usize,
    /// Zeros added on each side; for a transposed convolution, samples removed.
    pub padding: usize,
}

/// The shapes of a variational autoencoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// (C, H, W) of the images.
    pub image: [usize; 3],
    /// The encoder's convolutions, with a ReLU after each.
    pub encoder: Vec<Layer>,
    /// The number of latent numbers.
    pub latent: usize,
    /// The decoder's transposed convolutions, with a ReLU after each but the last, which has a sigmoid.
    pub decoder: Vec<Layer>,
}

impl Default for Architecture {
    /// The paper's: 3×28×28 images, four 4×4 convolutions of stride 2 to 3, 6, 9 and 12 channels, 20 latent numbers,
    /// and a mirrored decoder.
    fn default() -> Self {
        let layer = |channels, padding| Layer { channels, kernel: 4, stride: 2, padding };
        Architecture {
            image: [3, 28, 28],
            encoder: [3, 6, 9, 12].map(|channels| layer(channels, 2)).into(),
            latent: 20,
            decoder: [(9, 2), (6, 1), (3, 2), (3, 1)].map(|(channels, padding)| layer(channels, padding)).into(),
        }
    }
}

/// A checked architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vae {
    architecture: Architecture,
    /// The output shape of the encoder's last convolution, which is the input shape of the decoder's first.
    code: [usize; 3],
}

/// The variables of one forward pass for an image.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// μ.
    pub mean: Var,
    /// ln σ².
    pub log_variance: Var,
    /// x̂.
    pub reconstruction: Var,
    /// BCE(x̂, x), of shape [].
    pub cross_entropy: Var,
    /// KL, of shape [].
    pub divergence: Var,
}

/// The most that a channel, a side of an image, a kernel, a stride or a padding may be.
const MOST: usize = 4096;
/// The most layers of the encoder, and of the decoder.
const MOST_LAYERS: usize = 64;
/// The most numbers that the network may compute for one image, 32 MiB as f64.
const MOST_VALUES: usize = 1 << 22;
/// The most parameters of a network, 128 MiB as f64.
const MOST_PARAMETERS: usize = 1 << 24;

impl Architecture {
    /// The first number that is out of range: its dotted key and its problem. Nothing is allocated.
    pub fn problem(&self) -> Option<(String, String)> {
        let Architecture { image, encoder, latent, decoder } = self;
        for (key, layers) in [("encoder", encoder), ("decoder", decoder)] {
            if layers.len() > MOST_LAYERS {
                return Some((key.into(), format!("{} layers are more than {MOST_LAYERS}", layers.len())));
            }
        }
        let layers = |key: &'static str, list: &[Layer]| -> Vec<(String, usize, usize, usize)> {
            let numbers = |(i, layer): (usize, &Layer)| {
                let Layer { channels, kernel, stride, padding } = *layer;
                [("channels", channels, 1), ("kernel", kernel, 1), ("stride", stride, 1), ("padding", padding, 0)]
                    .map(|(name, x, least)| (format!("{key}.{i}.{name}"), x, least, MOST))
            };
            list.iter().enumerate().flat_map(numbers).collect()
        };
        let mut numbers: Vec<_> = image.iter().enumerate().map(|(i, &x)| (format!("image.{i}"), x, 1, MOST)).collect();
        numbers.push(("latent".to_owned(), *latent, 1, MOST_VALUES));
        numbers.extend(layers("encoder", encoder));
        numbers.extend(layers("decoder", decoder));
        let wrong = numbers.into_iter().find(|(_, x, least, most)| !(*least..=*most).contains(x));
        wrong.map(|(key, x, least, most)| (key, format!("{x} is not between {least} and {most}")))
    }
}

/// The product, or the largest number if it is larger.
fn product(factors: &[usize]) -> usize {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor))
}

impl Vae {
    /// Checks that the shapes fit, and that the network is not too large. Nothing is allocated in its size.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the number that is out of range, or the first layer whose input or output does not fit.
    pub fn new(architecture: Architecture) -> Result<Vae> {
        let bad = |problem: String| Err(Error::Usage(format!("the autoencoder's {problem}")));
        if let Some((key, problem)) = architecture.problem() {
            return bad(format!("`{key}`: {problem}"));
        }
        let Architecture { image, encoder, latent, decoder } = &architecture;
        if encoder.is_empty() || decoder.is_empty() {
            return bad("encoder and decoder need at least one layer each".into());
        }
        let mut shape = *image;
        let mut values = product(image).saturating_add(3 * latent);
        // Each shape is checked before the next is computed from it, so no size wraps.
        let mut add = |shape: &[usize]| {
            values = values.saturating_add(product(shape));
            values <= MOST_VALUES
        };
        let large = |name: &str| {
            let problem = "the network computes more than";
            bad(format!("{name} is too large: {problem} {MOST_VALUES} numbers for an image"))
        };
        for (i, layer) in encoder.iter().enumerate() {
            let Layer { channels, kernel, stride, padding } = *layer;
            let size = shape[1].min(shape[2]) + 2 * padding;
            if size < kernel {
                return bad(format!("encoder layer {i} ({layer:?}) does not fit an input of shape {shape:?}"));
            }
            let after = |n: usize| (n + 2 * padding - kernel) / stride + 1;
            shape = [channels, after(shape[1]), after(shape[2])];
            if !add(&shape) {
                return large(&format!("encoder layer {i}"));
            }
        }
        let code = shape;
        for (i, layer) in decoder.iter().enumerate() {
            let Layer { channels, kernel, stride, padding } = *layer;
            let full = |n: usize| (n - 1) * stride + kernel;
            if full(shape[1]).min(full(shape[2])) <= 2 * padding {
                return bad(format!("decoder layer {i} ({layer:?}) does not fit an input of shape {shape:?}"));
            }
            shape = [channels, full(shape[1]) - 2 * padding, full(shape[2]) - 2 * padding];
            if !add(&shape) {
                return large(&format!("decoder layer {i}"));
            }
        }
        if shape != *image {
            return bad(format!("decoder ends in shape {shape:?}, but the images have shape {image:?}"));
        }
        let vae = Vae { architecture, code };
        let count = vae.shapes().iter().fold(0_usize, |sum, (_, shape)| sum.saturating_add(product(shape)));
        if count > MOST_PARAMETERS {
            return bad(format!("{count} parameters are more than {MOST_PARAMETERS}; use smaller layers"));
        }
        Ok(vae)
    }

    /// Reads a network from the bytes of a safetensors file that contains its architecture and its parameters; `path` is
    /// its name in errors. The memory is that of tensors which the file has.
    ///
    /// # Errors
    /// [`Error::Data`] if it is not such a file or is damaged, if the architecture is not valid, or a tensor has another
    /// shape.
    pub fn from_safetensors(bytes: &[u8], path: &Path) -> Result<(Vae, Parameters<f32>)> {
        let stored = Stored::parse(bytes, path)?;
        let about = stored.about()?;
        let text = about.get("architecture").ok_or_else(|| {
            Error::data(
                path,
                "does not contain a network's architecture; name the weights.safetensors of a `classification` experiment",
            )
        })?;
        let wrong = |reason: &dyn Display| {
            Error::data(path, format!("the network's architecture cannot be used: {reason}; train the network again"))
        };
        let vae = Vae::new(serde_json::from_str(text).map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
        let shapes = vae.shapes();
        let parameters = stored.parameters(shapes.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())))?;
        Ok((vae, parameters))
    }

    /// The smallest network with the same names of parameters and values, for checks of names.
    pub fn in_miniature(&self) -> Vae {
        let small = |layers: &[Layer]| vec![Layer { channels: 1, kernel: 1, stride: 1, padding: 0 }; layers.len()];
        let Architecture { encoder, decoder, .. } = &self.architecture;
        let architecture =
            Architecture { image: [1, 1, 1], encoder: small(encoder), latent: 1, decoder: small(decoder) };
        Vae { architecture, code: [1, 1, 1] }
    }

    /// The shapes.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The names and shapes of the parameters, in their order.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let of = |(name, weight, biases): (String, Vec<usize>, usize)| {
            [(format!("{name}.weight"), weight), (format!("{name}.bias"), vec![biases])]
        };
        self.layers().into_iter().flat_map(of).collect()
    }

    /// PyTorch's initial values ([`init::pytorch`]).
    pub fn parameters<S: Scalar>(&self, random: &mut impl Rng) -> Parameters<S> {
        let mut parameters = Parameters::new();
        for (name, weight, biases) in self.layers() {
            let (weight, bias) = init::pytorch(&weight, biases, random);
            parameters.add(format!("{name}.weight"), weight);
            parameters.add(format!("{name}.bias"), bias);
        }
        parameters
    }

    /// The name, the shape of the weights and the number of biases of each layer.
    fn layers(&self) -> Vec<(String, Vec<usize>, usize)> {
        let Architecture { image, encoder, latent, decoder } = &self.architecture;
        let flat: usize = self.code.iter().product();
        let mut layers = Vec::new();
        let mut channels = image[0];
        for (i, layer) in encoder.iter().enumerate() {
            let weight = vec![layer.channels, channels, layer.kernel, layer.kernel];
            layers.push((format!("down.{i}"), weight, layer.channels));
            channels = layer.channels;
        }
        layers.push(("mu".into(), vec![*latent, flat], *latent));
        layers.push(("logvar".into(), vec![*latent, flat], *latent));
        layers.push(("expand".into(), vec![flat, *latent], flat));
        for (i, layer) in decoder.iter().enumerate() {
            let weight = vec![channels, layer.channels, layer.kernel, layer.kernel];
            layers.push((format!("up.{i}"), weight, layer.channels));
            channels = layer.channels;
        }
        layers
    }

    /// x → (μ, ln σ²).
    pub fn encode<T: Real>(&self, tape: &mut Tape<T>, p: &Bound, x: Var) -> (Var, Var) {
        let mut h = x;
        for (i, layer) in self.architecture.encoder.iter().enumerate() {
            let [weight, bias] = of(p, &format!("down.{i}"));
            h = tape.conv2d(h, weight, bias, layer.stride, layer.padding);
            h = tape.relu(h);
        }
        let h = tape.reshape(h, &[self.code.iter().product()]);
        let mut dense = |name: &str| {
            let [weight, bias] = of(p, name);
            tape.linear(h, weight, bias)
        };
        (dense("mu"), dense("logvar"))
    }

    /// z → x̂.
    pub fn decode<T: Real>(&self, tape: &mut Tape<T>, p: &Bound, z: Var) -> Var {
        let [weight, bias] = of(p, "expand");
        let h = tape.linear(z, weight, bias);
        let mut h = tape.reshape(h, &self.code);
        for (i, layer) in self.architecture.decoder.iter().enumerate() {
            let [weight, bias] = of(p, &format!("up.{i}"));
            h = tape.conv_transpose2d(h, weight, bias, layer.stride, layer.padding);
            let last = i + 1 == self.architecture.decoder.len();
            h = if last { tape.sigmoid(h) } else { tape.relu(h) };
        }
        h
    }

    /// The whole forward pass: at z = μ, or with `noise` ε at z = μ + ε σ.
    pub fn pass<T: Real>(&self, tape: &mut Tape<T>, p: &Bound, x: Var, noise: Option<Var>) -> Pass {
        let (mean, log_variance) = self.encode(tape, p, x);
        let z = match noise {
            None => mean,
            Some(noise) => {
                let half = tape.scale(log_variance, 0.5);
                let deviation = tape.exp(half);
                let scaled = tape.multiply(noise, deviation);
                tape.add(mean, scaled)
            }
        };
        let reconstruction = self.decode(tape, p, z);
        let cross_entropy = tape.binary_cross_entropy(reconstruction, x);
        let divergence = tape.gaussian_kl(mean, log_variance);
        Pass { mean, log_variance, reconstruction, cross_entropy, divergence }
    }
}

/// A layer's weight and bias.
fn of(p: &Bound, layer: &str) -> [Var; 2] {
    ["weight", "bias"].map(|part| p[format!("{layer}.{part}").as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Stream;

    #[test]
    fn the_papers_network_has_12727_parameters() {
        let vae = Vae::new(Architecture::default()).unwrap();
        assert_eq!(vae.code, [12, 3, 3]);
        let parameters = vae.parameters::<f64>(Stream::new(0, "vae", 0).rng());
        assert_eq!(parameters.count(), 12_727);
        assert_eq!(parameters["up.0.weight"].shape(), [12, 9, 4, 4]);
        assert_eq!(parameters["expand.weight"].shape(), [108, 20]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let paper = Architecture::default();
        let layer = |kernel, padding| Layer { channels: 3, kernel, stride: 2, padding };
        for (architecture, part) in [
            (Architecture { latent: 0, ..paper.clone() }, "`latent`: 0 is not between 1 and"),
            (Architecture { encoder: vec![], ..paper.clone() }, "at least one layer each"),
            (Architecture { encoder: vec![layer(40, 2)], ..paper.clone() }, "encoder layer 0"),
            (Architecture { encoder: vec![layer(0, 2)], ..paper.clone() }, "`encoder.0.kernel`: 0 is not between"),
            (Architecture { decoder: vec![layer(4, 9)], ..paper.clone() }, "decoder layer 0"),
            (
                Architecture { decoder: vec![layer(4, 1)], ..paper.clone() },
                "[3, 6, 6], but the images have shape [3, 28, 28]",
            ),
        ] {
            let error = Vae::new(architecture).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
    #[test]
    fn what_no_machine_can_hold_is_refused_without_building_it() {
        let paper = Architecture::default();
        let layer = |channels, kernel, stride, padding| Layer { channels, kernel, stride, padding };
        let mut wraps = paper.clone();
        wraps.encoder[0].padding = 1 << 63;
        let wide = |latent: usize| Architecture { latent, ..paper.clone() };
        for (architecture, part) in [
            (wraps, "`encoder.0.padding`: 9223372036854775808 is not between 0 and 4096"),
            (wide(usize::MAX), "`latent`"),
            (wide(100_000_000), "`latent`: 100000000 is not between 1 and 4194304"),
            (wide(1_000_000), "parameters are more than 16777216"),
            (Architecture { image: [3, 4097, 28], ..paper.clone() }, "`image.1`"),
            (Architecture { image: [3, 4096, 4096], ..paper.clone() }, "encoder layer 0 is too large"),
            (Architecture { decoder: vec![layer(9, 4, 4096, 2); 64], ..paper.clone() }, "decoder layer 0 is too large"),
            (Architecture { encoder: vec![layer(4096, 4, 4, 0); 4], ..paper.clone() }, "encoder layer 2"),
            (Architecture { encoder: vec![layer(1, 1, 1, 0); 65], ..paper.clone() }, "`encoder`: 65 layers"),
        ] {
            let error = Vae::new(architecture.clone()).unwrap_err().to_string();
            assert!(error.contains(part), "{architecture:?}: {error}");
        }
    }

    #[test]
    fn the_miniature_has_the_same_names() {
        let vae = Vae::new(Architecture::default()).unwrap();
        let names = |vae: &Vae| vae.shapes().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&vae), names(&vae.in_miniature()));
        let parameters = vae.parameters::<f64>(Stream::new(0, "vae", 0).rng());
        let built: Vec<_> = parameters.iter().map(|(name, x)| (name.to_owned(), x.shape().to_vec())).collect();
        assert_eq!(vae.shapes(), built);
    }
}
