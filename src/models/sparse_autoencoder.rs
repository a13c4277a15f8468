//! The sparse autoencoder of the UNIQUE family: 192 → hidden → 192, with a linear decoder.
//!
//! > a = sigmoid(W1 x + b1),  x̂ = W2 a + b2
//!
//! for a whitened 8×8 patch x in the channels (Y, G, Cr), each column by column. Here are its weights and the two kinds of file they
//! come in.
//!
//! * **MATLAB** (`.mat`): the authors' files. `optTheta` is a vector of all parameters, [W1 | W2 | b1 | b2], each block column by
//!   column; the number of hidden units follows from its length, 2·192·h + h + 192. `W` and `b`, where they are there, must be W1 and b1.
//!   The `ImageNet_Weights_*.mat` of UNIQUE (400 hidden units) and MS-UNIQUE (625, 81, 121, 169) are of this kind.
//! * **safetensors**: F64 tensors `theta.W1` (hidden×192), `theta.b1` (hidden), `theta.W2` (192×hidden), `theta.b2` (192), row-major;
//!   others are passed over. This is what [`SparseAutoencoder::save`] writes.

use std::collections::HashMap;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayViewD, ShapeBuilder};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::error::{Error, Result};
use crate::files;
use crate::files::mat::read_mat_all;

/// Samples in a patch: 8×8×3.
pub const INPUTS: usize = 192;

/// The weights; all of them finite when they were read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseAutoencoder {
    /// Encoder weights, hidden×192.
    pub w1: Array2<f64>,
    /// Encoder biases, hidden.
    pub b1: Array1<f64>,
    /// Decoder weights, 192×hidden.
    pub w2: Array2<f64>,
    /// Decoder biases, 192.
    pub b2: Array1<f64>,
}

impl SparseAutoencoder {
    /// The number of hidden units.
    pub fn hidden(&self) -> usize {
        self.w1.nrows()
    }

    /// W1, b1, W2, b2.
    fn parts(&self) -> [ArrayViewD<'_, f64>; 4] {
        let SparseAutoencoder { w1, b1, w2, b2 } = self;
        [w1.view().into_dyn(), b1.view().into_dyn(), w2.view().into_dyn(), b2.view().into_dyn()]
    }

    /// Reads a MATLAB or a safetensors file: the former where the name ends in `.mat`.
    ///
    /// # Errors
    /// [`Error::Data`] naming the file when it cannot be read, is damaged, lacks a parameter, or holds one of another shape, of
    /// another type or with a number that is not finite.
    pub fn load(path: impl AsRef<Path>) -> Result<SparseAutoencoder> {
        let path = path.as_ref();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mat")) {
            return finite(load_mat(path)?, path);
        }
        let bytes = std::fs::read(path).map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
        SparseAutoencoder::from_safetensors(&bytes, path)
    }

    /// The weights in a safetensors file's bytes; errors call the file `name`.
    ///
    /// # Errors
    /// As [`SparseAutoencoder::load`].
    pub fn from_safetensors(bytes: &[u8], name: impl AsRef<Path>) -> Result<SparseAutoencoder> {
        finite(parse_safetensors(bytes, name.as_ref())?, name.as_ref())
    }

    /// The bytes of a safetensors file that [`SparseAutoencoder::from_safetensors`] reads back exactly.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let hidden = self.hidden();
        let data = self.parts().map(|part| part.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
        let shapes = shapes(hidden);
        let tensors = NAMES.iter().zip(&shapes).zip(&data).map(|((name, shape), data)| {
            (*name, TensorView::new(Dtype::F64, shape.clone(), data).expect("as many bytes as the shape says"))
        });
        let about = HashMap::from([("model".to_string(), format!("sparse autoencoder 192-{hidden}-192, row-major"))]);
        safetensors::serialize(tensors, Some(about)).expect("four tensors of the size that their shapes say")
    }

    /// Writes a safetensors file that [`SparseAutoencoder::load`] reads back exactly; under its name there is the whole of it or nothing.
    ///
    /// # Errors
    /// [`Error::Write`] when it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        files::write(path, &self.to_safetensors())
    }
}

/// In the order of [`SparseAutoencoder::parts`] and [`shapes`].
const NAMES: [&str; 4] = ["theta.W1", "theta.b1", "theta.W2", "theta.b2"];

fn shapes(hidden: usize) -> [Vec<usize>; 4] {
    [vec![hidden, INPUTS], vec![hidden], vec![INPUTS, hidden], vec![INPUTS]]
}

fn finite(weights: SparseAutoencoder, path: &Path) -> Result<SparseAutoencoder> {
    if !weights.parts().iter().all(|part| part.iter().all(|w| w.is_finite())) {
        return Err(Error::data(path, "holds weights that are not finite numbers; train or fetch them again"));
    }
    Ok(weights)
}

fn load_mat(path: &Path) -> Result<SparseAutoencoder> {
    let arrays = read_mat_all(path)?;
    let find = |name: &str| arrays.iter().find(|(found, _)| found == name).map(|(_, array)| array);
    let theta = find("optTheta").ok_or_else(|| {
        let names: Vec<_> = arrays.iter().map(|(name, array)| format!("{name} {:?}", array.shape())).collect();
        Error::data(path, format!("holds no `optTheta`, only [{}]; name the authors' weights file", names.join(", ")))
    })?;
    // `t` gives the columns' order whatever the shape is.
    let theta: Vec<f64> = theta.t().iter().copied().collect();
    let hidden = theta.len().saturating_sub(INPUTS) / (2 * INPUTS + 1);
    if hidden == 0 || theta.len() != hidden * (2 * INPUTS + 1) + INPUTS {
        let problem = format!(
            "`optTheta` holds {} numbers, but an autoencoder 192-h-192 has 385·h + 192 (154192 for h = 400)",
            theta.len()
        );
        return Err(Error::data(path, problem));
    }
    let (w1, rest) = theta.split_at(hidden * INPUTS);
    let (w2, rest) = rest.split_at(hidden * INPUTS);
    let (b1, b2) = rest.split_at(hidden);
    let matrix = |rows: usize, columns: usize, block: &[f64]| {
        Array2::from_shape_vec((rows, columns).f(), block.to_vec()).expect("as many numbers as the shape says")
    };
    let weights = SparseAutoencoder {
        w1: matrix(hidden, INPUTS, w1),
        b1: Array1::from(b1.to_vec()),
        w2: matrix(INPUTS, hidden, w2),
        b2: Array1::from(b2.to_vec()),
    };
    let differs = |name: &str| Error::data(path, format!("`{name}` is not what `optTheta` says; fetch the file again"));
    match find("W") {
        Some(w) if *w != weights.w1 => return Err(differs("W")),
        _ => {}
    }
    match find("b") {
        Some(b) if !b.iter().eq(&weights.b1) => return Err(differs("b")),
        _ => {}
    }
    Ok(weights)
}

fn parse_safetensors(bytes: &[u8], path: &Path) -> Result<SparseAutoencoder> {
    let file = SafeTensors::deserialize(bytes).map_err(|reason| {
        Error::data(path, format!("is not a safetensors file ({reason}); name weights in .safetensors or .mat"))
    })?;
    let tensor = |name: &str| {
        file.tensor(name).map_err(|_| {
            let mut names = file.names();
            names.sort_unstable();
            Error::data(path, format!("holds no tensor `{name}`, only [{}]", names.join(", ")))
        })
    };
    let hidden = tensor("theta.b1")?.shape().iter().product::<usize>();
    let mut parts = Vec::with_capacity(4);
    for (name, shape) in NAMES.iter().zip(shapes(hidden)) {
        let view = tensor(name)?;
        if view.dtype() != Dtype::F64 || view.shape() != shape || hidden == 0 {
            let (found, is) = (view.dtype(), view.shape());
            let problem = format!(
                "`{name}` is {found:?} {is:?}, not F64 {shape:?}, as an autoencoder 192-{hidden}-192 has it (h from theta.b1)"
            );
            return Err(Error::data(path, problem));
        }
        parts.push(view.data().as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect::<Vec<f64>>());
    }
    let [w1, b1, w2, b2] = <[Vec<f64>; 4]>::try_from(parts).expect("four names");
    let matrix = |rows: usize, columns: usize, block: Vec<f64>| {
        Array2::from_shape_vec((rows, columns), block).expect("the shape was checked")
    };
    Ok(SparseAutoencoder {
        w1: matrix(hidden, INPUTS, w1),
        b1: Array1::from(b1),
        w2: matrix(INPUTS, hidden, w2),
        b2: Array1::from(b2),
    })
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
        SparseAutoencoder {
            w1: Array2::from_shape_simple_fn((hidden, INPUTS), &mut number),
            b1: Array1::from_shape_simple_fn(hidden, &mut number),
            w2: Array2::from_shape_simple_fn((INPUTS, hidden), &mut number),
            b2: Array1::from_shape_simple_fn(INPUTS, &mut number),
        }
    }

    /// [W1 | W2 | b1 | b2], column by column.
    fn theta(weights: &SparseAutoencoder) -> Vec<f64> {
        let matrices = weights.w1.t().iter().copied().chain(weights.w2.t().iter().copied()).collect::<Vec<_>>();
        [matrices, weights.b1.to_vec(), weights.b2.to_vec()].concat()
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let weights = example(5);
        weights.save(&path).unwrap();
        assert_eq!(SparseAutoencoder::load(&path).unwrap(), weights);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(weights.save(path.join("below a file")).is_err());
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
        infinite.b2[7] = f64::INFINITY;
        let saved = |weights: &SparseAutoencoder| {
            let path = folder.path().join("saved.safetensors");
            weights.save(&path).unwrap();
            std::fs::read(path).unwrap()
        };
        let mut misshapen = example(2);
        misshapen.b1 = Array1::zeros(2);
        let mut header = saved(&misshapen);
        let shape = header.windows(7).position(|w| w == b"[2,192]").unwrap();
        header[shape..shape + 7].copy_from_slice(b"[1,384]");
        let cases = [
            ("a.mat", vector_file("optTheta", &[1.0; 100]), "`optTheta` holds 100 numbers"),
            ("a.mat", vector_file("theta", &[1.0; 3]), "holds no `optTheta`, only [theta [3, 1]]"),
            ("a.mat", vector_file("optTheta", &theta(&infinite)), "not finite"),
            ("a.mat", vec![1; 400], "MATLAB"),
            ("a.safetensors", saved(&infinite), "not finite"),
            ("a.safetensors", header, "`theta.W1` is F64 [1, 384], not F64 [2, 192]"),
            ("a.safetensors", vec![], "not a safetensors file"),
            ("a.safetensors", vec![0xFF; 64], "not a safetensors file"),
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
        example(1).save(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in (0..whole.len()).step_by(13) {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(SparseAutoencoder::load(&path).is_err(), "cut to {length}");
        }
        // The header; what follows are numbers.
        for position in 0..400 {
            let mut bytes = whole.clone();
            bytes[position] ^= 0x55;
            std::fs::write(&path, &bytes).unwrap();
            let _ = SparseAutoencoder::load(&path);
        }
    }
}
