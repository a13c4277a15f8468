//! The sparse autoencoder of the UNIQUE family: 192 → hidden → 192, with a linear decoder.
//!
//! > a = sigmoid(W1 x + b1),  x̂ = W2 a + b2
//!
//! for a whitened 8×8 patch x with the channels (Y, G, Cr), each column by column. Its parameters are `theta.W1`
//! (hidden×192), `theta.b1` (hidden), `theta.W2` (192×hidden) and `theta.b2` (192). There are two file formats.
//!
//! * **MATLAB** (`.mat`): the authors' files. `optTheta` is a vector of all parameters, [W1 | W2 | b1 | b2], each block column by
//!   column; the number of hidden units follows from its length, 2·192·h + h + 192. `W` and `b`, if present, must equal W1 and b1.
//!   The `ImageNet_Weights_*.mat` of UNIQUE (400 hidden units) and MS-UNIQUE (625, 81, 121, 169) have this format.
//! * **safetensors**: the four parameters as tensors of F64, F32, F16 or BF16, row-major; other tensors are ignored.
//!   [`SparseAutoencoder::to_safetensors`] writes it.

use std::path::Path;

use ndarray::{Array1, Array2, ArrayD, IxDyn, ShapeBuilder};
use rand::Rng;

use crate::autodiff::{Tape, Tensor, Var};
use crate::error::{Error, Result};
use crate::files;
use crate::files::mat::{Value, read_only};
use crate::lanes::Real;
use crate::nn::checkpoint::{self, Stored};
use crate::nn::{Bound, Parameters, init};

/// The number of samples in a patch: 8×8×3.
pub const INPUTS: usize = 192;

/// The name of the encoder's weights, hidden×inputs.
pub const W1: &str = "theta.W1";
/// The name of the encoder's biases, one for each hidden unit.
pub const B1: &str = "theta.b1";
/// The name of the decoder's weights, inputs×hidden.
pub const W2: &str = "theta.W2";
/// The name of the decoder's biases, one for each input.
pub const B2: &str = "theta.b2";

/// A sparse autoencoder with its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseAutoencoder {
    /// [`W1`], [`B1`], [`W2`] and [`B2`], in this order. Numbers from a file are finite.
    pub parameters: Parameters<f64>,
}

impl SparseAutoencoder {
    /// An autoencoder with these weights.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn new(w1: Tensor<f64>, b1: Tensor<f64>, w2: Tensor<f64>, b2: Tensor<f64>) -> SparseAutoencoder {
        let [inputs, hidden] = [&b2, &b1].map(|biases| biases.len());
        let mut parameters = Parameters::new();
        for ((name, shape), tensor) in shapes(inputs, hidden).into_iter().zip([w1, b1, w2, b2]) {
            assert_eq!(tensor.shape(), shape, "the shape of {name} in an autoencoder {inputs}-{hidden}-{inputs}");
            parameters.add(name, tensor);
        }
        SparseAutoencoder { parameters }
    }

    /// Initial weights for training: W1, then W2, each row-major, uniform in ±√6/√(inputs + hidden + 1), from uniform
    /// numbers in [0, 1) of `random`. The biases are 0.
    pub fn initial(inputs: usize, hidden: usize, random: &mut impl Rng) -> SparseAutoencoder {
        let r = init::sparse_autoencoder_bound(inputs, hidden);
        let mut weights = |shape: [usize; 2]| init::uniform(&shape, r, random);
        let (w1, w2) = (weights([hidden, inputs]), weights([inputs, hidden]));
        let biases = |count: usize| ArrayD::zeros(IxDyn(&[count]));
        SparseAutoencoder::new(w1, biases(hidden), w2, biases(inputs))
    }

    /// The weights that are included in this program: 400 hidden units, trained on synthetic images of scenes.
    ///
    /// ```
    /// use gradspace::models::SparseAutoencoder;
    ///
    /// assert_eq!(SparseAutoencoder::shipped().hidden(), 400);
    /// ```
    pub fn shipped() -> SparseAutoencoder {
        SparseAutoencoder::from_safetensors(SHIPPED, "shipped.safetensors").expect("a test reads them")
    }

    /// The weights in `path`, or the included ones if it is `None`.
    ///
    /// # Errors
    /// As [`SparseAutoencoder::load`].
    pub fn load_or_shipped(path: Option<&Path>) -> Result<SparseAutoencoder> {
        path.map_or_else(|| Ok(SparseAutoencoder::shipped()), SparseAutoencoder::load)
    }

    /// The number of hidden units.
    pub fn hidden(&self) -> usize {
        self.parameters[B1].len()
    }

    /// a = sigmoid(W1 x + b1) of each of P patches, the columns of `x` (inputs, P) → (hidden, P).
    pub fn encode<T: Real>(tape: &mut Tape<T>, p: &Bound, x: Var) -> Var {
        let z = tape.linear(x, p[W1], p[B1]);
        tape.sigmoid(z)
    }

    /// x̂ = W2 a + b2 of each column of `a` (hidden, P) → (inputs, P).
    pub fn decode<T: Real>(tape: &mut Tape<T>, p: &Bound, a: Var) -> Var {
        tape.linear(a, p[W2], p[B2])
    }

    /// Reads a MATLAB file, if the name ends in `.mat`, or a safetensors file.
    ///
    /// # Errors
    /// [`Error::Data`] naming the file if it cannot be read, is damaged, or lacks a parameter. The same for a parameter
    /// of another shape or type, or with a number that is not finite.
    pub fn load(path: impl AsRef<Path>) -> Result<SparseAutoencoder> {
        let path = path.as_ref();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mat")) {
            return load_mat(path);
        }
        SparseAutoencoder::from_safetensors(&files::read(path)?, path)
    }

    /// Reads the weights from the bytes of a safetensors file; `name` is its name in errors.
    ///
    /// # Errors
    /// As [`SparseAutoencoder::load`].
    pub fn from_safetensors(bytes: &[u8], name: impl AsRef<Path>) -> Result<SparseAutoencoder> {
        let path = name.as_ref();
        let file = Stored::parse(bytes, path)?;
        let hidden = file.shape(B1)?.iter().product();
        if hidden == 0 {
            let problem = format!("`{B1}` is empty: there are no hidden units; train the weights again");
            return Err(Error::data(path, problem));
        }
        let shapes = shapes(INPUTS, hidden);
        let parameters = file.parameters(shapes.iter().map(|(name, shape)| (*name, &shape[..])))?;
        Ok(SparseAutoencoder { parameters })
    }

    /// The bytes of a safetensors file, from which [`SparseAutoencoder::from_safetensors`] restores the weights
    /// exactly.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let about = format!("sparse autoencoder 192-{}-192, row-major", self.hidden());
        checkpoint::serialise(&[&self.parameters], "model", about)
    }
}

/// The file of [`SparseAutoencoder::shipped`]. `gradspace experiments/sparse-autoencoder.toml` writes it if the folder
/// of images is absent.
pub const SHIPPED: &[u8] = include_bytes!("shipped.safetensors");

/// The names and shapes of the parameters, in their order.
fn shapes(inputs: usize, hidden: usize) -> [(&'static str, Vec<usize>); 4] {
    [(W1, vec![hidden, inputs]), (B1, vec![hidden]), (W2, vec![inputs, hidden]), (B2, vec![inputs])]
}

fn load_mat(path: &Path) -> Result<SparseAutoencoder> {
    let variables = read_only(path, &["optTheta", "W", "b"])?;
    let find = |name: &str| match variables.iter().find(|(found, _)| found == name) {
        Some((_, Value::Numbers(numbers))) => Some(numbers),
        _ => None,
    };
    let theta = find("optTheta").ok_or_else(|| {
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        Error::data(path, format!("contains no numbers `optTheta`, only [{names}]; name the authors' weights file"))
    })?;
    if theta.iter().any(|number| !number.is_finite()) {
        return Err(Error::data(path, "contains weights that are not finite; train or fetch them again"));
    }
    // `t` gives the order by columns for any shape.
    let theta: Vec<f64> = theta.t().iter().copied().collect();
    let hidden = theta.len().saturating_sub(INPUTS) / (2 * INPUTS + 1);
    if hidden == 0 || theta.len() != hidden * (2 * INPUTS + 1) + INPUTS {
        let problem = format!(
            "`optTheta` contains {} numbers, but an autoencoder 192-h-192 has 385·h + 192 (154192 for h = 400)",
            theta.len()
        );
        return Err(Error::data(path, problem));
    }
    let (w1, rest) = theta.split_at(hidden * INPUTS);
    let (w2, rest) = rest.split_at(hidden * INPUTS);
    let (b1, b2) = rest.split_at(hidden);
    let matrix = |rows: usize, columns: usize, block: &[f64]| {
        Array2::from_shape_vec((rows, columns).f(), block.to_vec())
            .expect("as many numbers as the shape says")
            .into_dyn()
    };
    let (w1, w2) = (matrix(hidden, INPUTS, w1), matrix(INPUTS, hidden, w2));
    let [b1, b2] = [b1, b2].map(|biases| Array1::from(biases.to_vec()).into_dyn());
    let differs = |name: &str| Error::data(path, format!("`{name}` differs from `optTheta`; fetch the file again"));
    if find("W").is_some_and(|w| w.view().into_dyn() != w1) {
        return Err(differs("W"));
    }
    if find("b").is_some_and(|b| !b.iter().eq(&b1)) {
        return Err(differs("b"));
    }
    Ok(SparseAutoencoder::new(w1, b1, w2, b2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::mat::tests::vector_file;

    fn example(hidden: usize) -> SparseAutoencoder {
        let mut next = 0.0;
        let mut number = || {
            next += 0.25;
            next
        };
        let [w1, b1, w2, b2] =
            shapes(INPUTS, hidden).map(|(_, shape)| ArrayD::from_shape_simple_fn(shape, &mut number));
        SparseAutoencoder::new(w1, b1, w2, b2)
    }

    /// [W1 | W2 | b1 | b2], column by column.
    fn theta(weights: &SparseAutoencoder) -> Vec<f64> {
        // Reversing the axes of a vector does not change it.
        [W1, W2, B1, B2]
            .iter()
            .flat_map(|&name| weights.parameters[name].t().iter().copied().collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let weights = example(5);
        std::fs::write(&path, weights.to_safetensors()).unwrap();
        assert_eq!(SparseAutoencoder::load(&path).unwrap(), weights);
    }

    #[test]
    fn matlab_blocks_are_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.MAT");
        let weights = example(3);
        std::fs::write(&path, vector_file("optTheta", &theta(&weights))).unwrap();
        assert_eq!(SparseAutoencoder::load(&path).unwrap(), weights);
    }

    #[test]
    fn errors_name_the_file_and_the_shapes() {
        let folder = tempfile::tempdir().unwrap();
        let mut infinite = example(2);
        infinite.parameters[B2][[7]] = f64::INFINITY;
        let mut header = example(2).to_safetensors();
        let shape = header.windows(7).position(|w| w == b"[2,192]").unwrap();
        header[shape..shape + 7].copy_from_slice(b"[1,384]");
        let cases = [
            ("a.mat", vector_file("optTheta", &[1.0; 100]), "`optTheta` contains 100 numbers"),
            ("a.mat", vector_file("theta", &[1.0; 3]), "contains no numbers `optTheta`, only [theta]"),
            ("a.mat", vector_file("optTheta", &theta(&infinite)), "not finite"),
            ("a.mat", vec![1; 400], "MATLAB"),
            ("a.safetensors", infinite.to_safetensors(), "`theta.b2` contains inf at index 7"),
            ("a.safetensors", header, "`theta.W1` has the shape [1, 384], not [2, 192]"),
            ("a.safetensors", vec![], "is not a safetensors file"),
            ("a.safetensors", vec![0xFF; 64], "is not a safetensors file"),
        ];
        for (name, bytes, expected) in cases {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = SparseAutoencoder::load(&path).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(expected), "{expected:?} is not in {error:?}");
        }
        assert!(SparseAutoencoder::load(folder.path().join("nowhere.mat")).is_err());
    }

    #[test]
    fn no_damaged_file_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let whole = example(1).to_safetensors();
        for length in (0..whole.len()).step_by(13) {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(SparseAutoencoder::load(&path).is_err(), "cut to {length}");
        }
        // Positions in the header; numbers follow it.
        for position in 0..400 {
            let mut bytes = whole.clone();
            bytes[position] ^= 0x55;
            std::fs::write(&path, &bytes).unwrap();
            let _ = SparseAutoencoder::load(&path);
        }
    }
}
