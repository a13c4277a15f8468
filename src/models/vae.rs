//! The variational autoencoder of the paper's second application (METHOD §2.1).
//!
//! An encoder of strided convolutions takes an image x to μ and ln σ² of a normal distribution over a few latent numbers; a
//! decoder of transposed convolutions takes a draw z = μ + ε σ, ε ~ N(0, 1), back to probabilities x̂ (Kingma and Welling,
//! "Auto-encoding variational Bayes", ICLR 2014). Per image,
//!
//! > L = BCE(x̂, x),  Ω = KL(N(μ, σ²) ‖ N(0, 1)) = −½ Σ (1 + ln σ² − μ² − σ²),
//!
//! both summed, not averaged. A model is an [`Architecture`], which is data, and [`Parameters`] under PyTorch's names of the
//! authors' network: `down.0 …` the convolutions, `mu`, `logvar` and `expand` the dense layers, `up.0 …` the transposed
//! convolutions, each with `.weight` and `.bias`.

use crate::autodiff::{Tape, Var};
use crate::error::{Error, Result};
use crate::lanes::{Real, Scalar};
use crate::nn::{Bound, Parameters, init};
use serde::{Deserialize, Serialize};

/// A convolution, or a transposed one: square kernel, one stride and padding for both axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Channels of the output.
    pub channels: usize,
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Distance between neighbouring positions of the kernel.
    pub stride: usize,
    /// Zeros added on each side; for a transposed convolution, taken away.
    pub padding: usize,
}

/// The shapes of a variational autoencoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// (C, H, W) of the images.
    pub image: [usize; 3],
    /// The encoder's convolutions, a ReLU after each.
    pub encoder: Vec<Layer>,
    /// The number of latent numbers.
    pub latent: usize,
    /// The decoder's transposed convolutions, a ReLU after each but the last, which has a sigmoid.
    pub decoder: Vec<Layer>,
}

impl Default for Architecture {
    /// The paper's: 3×28×28 images, four 4×4 convolutions of stride 2 to 3, 6, 9 and 12 channels, 20 latent numbers, and back.
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
    /// The shape that the encoder's last convolution gives and the decoder's first takes.
    code: [usize; 3],
}

/// One pass over an image, on a tape.
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

impl Vae {
    /// Checks that the shapes fit.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the first layer whose input or output cannot be.
    pub fn new(architecture: Architecture) -> Result<Vae> {
        let bad = |problem: String| Err(Error::Usage(format!("the autoencoder's {problem}")));
        let Architecture { image, encoder, latent, decoder } = &architecture;
        if *latent == 0 || encoder.is_empty() || decoder.is_empty() {
            return bad("encoder and decoder need a layer each, and at least one latent number between them".into());
        }
        let mut shape = *image;
        for (i, layer) in encoder.iter().enumerate() {
            let Layer { channels, kernel, stride, padding } = *layer;
            let size = shape[1].min(shape[2]) + 2 * padding;
            if [channels, kernel, stride].contains(&0) || size < kernel {
                return bad(format!("encoder layer {i} ({layer:?}) does not fit an input of shape {shape:?}"));
            }
            let after = |n: usize| (n + 2 * padding - kernel) / stride + 1;
            shape = [channels, after(shape[1]), after(shape[2])];
        }
        let code = shape;
        for (i, layer) in decoder.iter().enumerate() {
            let Layer { channels, kernel, stride, padding } = *layer;
            let full = |n: usize| (n - 1) * stride + kernel;
            if [channels, kernel, stride].contains(&0) || full(shape[1]).min(full(shape[2])) <= 2 * padding {
                return bad(format!("decoder layer {i} ({layer:?}) does not fit an input of shape {shape:?}"));
            }
            shape = [channels, full(shape[1]) - 2 * padding, full(shape[2]) - 2 * padding];
        }
        if shape != *image {
            return bad(format!("decoder ends in shape {shape:?}, but the images have shape {image:?}"));
        }
        Ok(Vae { architecture, code })
    }

    /// The shapes.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// PyTorch's first values ([`init::pytorch`]), from uniform numbers in [0, 1).
    pub fn parameters<S: Scalar>(&self, random: &mut impl FnMut() -> f64) -> Parameters<S> {
        let Architecture { image, encoder, latent, decoder } = &self.architecture;
        let flat: usize = self.code.iter().product();
        let mut parameters = Parameters::new();
        let mut add = |name: String, weight: &[usize], biases: usize| {
            let (weight, bias) = init::pytorch(weight, biases, random);
            parameters.add(format!("{name}.weight"), weight);
            parameters.add(format!("{name}.bias"), bias);
        };
        let mut channels = image[0];
        for (i, layer) in encoder.iter().enumerate() {
            add(format!("down.{i}"), &[layer.channels, channels, layer.kernel, layer.kernel], layer.channels);
            channels = layer.channels;
        }
        add("mu".into(), &[*latent, flat], *latent);
        add("logvar".into(), &[*latent, flat], *latent);
        add("expand".into(), &[flat, *latent], flat);
        for (i, layer) in decoder.iter().enumerate() {
            add(format!("up.{i}"), &[channels, layer.channels, layer.kernel, layer.kernel], layer.channels);
            channels = layer.channels;
        }
        parameters
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

    /// The whole way: at z = μ, or with `noise` ε at z = μ + ε σ.
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

    #[test]
    fn the_papers_network_has_12727_parameters() {
        let vae = Vae::new(Architecture::default()).unwrap();
        assert_eq!(vae.code, [12, 3, 3]);
        let parameters = vae.parameters::<f64>(&mut || 0.25);
        assert_eq!(parameters.count(), 12_727);
        assert_eq!(parameters["up.0.weight"].shape(), [12, 9, 4, 4]);
        assert_eq!(parameters["expand.weight"].shape(), [108, 20]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let paper = Architecture::default();
        let layer = |kernel, padding| Layer { channels: 3, kernel, stride: 2, padding };
        for (architecture, part) in [
            (Architecture { latent: 0, ..paper.clone() }, "latent number"),
            (Architecture { encoder: vec![layer(40, 2)], ..paper.clone() }, "encoder layer 0"),
            (Architecture { encoder: vec![layer(0, 2)], ..paper.clone() }, "encoder layer 0"),
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
}
