//! Checkpoints: parameters stored as safetensors files, with texts that describe them.
//!
//! A checkpoint contains the [`Parameters`] of a model. To resume training, it also contains the optimiser's state
//! ([`Adam::state`](super::Adam::state)); each is read by its own names. The texts are in the file's metadata under
//! `gradspace`, as one JSON object, so that equal content gives equal bytes.
//!
//! [`serialise`] is the only writer of safetensors and [`Stored`] the only reader; [`save`] and [`load`] add the texts
//! and the file. Numbers may be stored as F64, F32, F16 or BF16. Each is rounded to the nearest number of the wanted
//! type, which is exact if that is wider. A file is written under a temporary name and then renamed, so it is never incomplete.

use super::Parameters;
use crate::autodiff::Tensor;
use crate::error::{Error, Result};
use crate::files;
use crate::lanes::Scalar;
use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::path::Path;

/// The texts that describe a checkpoint, by name.
pub type About = BTreeMap<String, String>;

/// The key of [`About`] in the metadata.
const KEY: &str = "gradspace";

/// Writes `parts`, which have no name in common, and `about`.
///
/// # Errors
/// [`Error::Write`] if the file cannot be written.
///
/// # Panics
/// If a name occurs twice.
pub fn save<S: Scalar>(path: impl AsRef<Path>, parts: &[&Parameters<S>], about: &About) -> Result<()> {
    files::write(path, &to_bytes(parts, about))
}

/// The bytes of the file that [`save`] writes.
///
/// # Panics
/// If a name occurs twice.
pub fn to_bytes<S: Scalar>(parts: &[&Parameters<S>], about: &About) -> Vec<u8> {
    serialise(parts, KEY, serde_json::to_string(about).expect("texts by name"))
}

/// A safetensors file of the tensors of `parts`, with one entry of metadata.
///
/// # Panics
/// If a name occurs twice.
pub fn serialise<S: Scalar>(parts: &[&Parameters<S>], key: &str, text: String) -> Vec<u8> {
    let tensors: BTreeMap<&str, &Tensor<S>> = parts.iter().flat_map(|part| part.iter()).collect();
    assert_eq!(tensors.len(), parts.iter().map(|part| part.iter().count()).sum::<usize>(), "a name occurs twice");
    let data: Vec<Vec<u8>> = tensors.values().map(|tensor| bytes(tensor)).collect();
    let views = tensors.iter().zip(&data).map(|((name, tensor), data)| {
        let view = TensorView::new(dtype::<S>(), tensor.shape().to_vec(), data);
        (*name, view.expect("as many bytes as the shape says"))
    });
    let metadata = HashMap::from([(key.to_owned(), text)]);
    safetensors::serialize(views, Some(metadata)).expect("tensors whose sizes fit their shapes")
}

/// Reads the texts, and the parameters with the names, order and shapes of `wanted` (its numbers are ignored).
///
/// # Errors
/// [`Error::Data`] if the file cannot be read; also the errors of [`Stored::parse`] and [`Stored::parameters`].
pub fn load<S: Scalar>(path: impl AsRef<Path>, wanted: &Parameters<S>) -> Result<(Parameters<S>, About)> {
    let path = path.as_ref();
    let bytes = files::read(path)?;
    let stored = Stored::parse(&bytes, path)?;
    Ok((stored.parameters(wanted.iter().map(|(name, like)| (name, like.shape())))?, stored.about()?))
}

/// The beginnings of other files of weights, with the remedy.
const OTHERS: [(&[u8], &str); 3] = [
    (b"PK\x03\x04", "a PyTorch or zip file, not safetensors; convert it with `safetensors.torch.save_file`"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, not safetensors; convert it with `safetensors.numpy.save_file`"),
    (b"MATLAB ", "a MATLAB file, not safetensors; rename it so that its name ends in .mat"),
];

/// A safetensors file in memory.
pub struct Stored<'a> {
    file: SafeTensors<'a>,
    bytes: &'a [u8],
    path: &'a Path,
}

impl<'a> Stored<'a> {
    /// Parses a file from its `bytes`; `path` is its name in errors.
    ///
    /// # Errors
    /// [`Error::Data`] if it is not a safetensors file, or is damaged.
    pub fn parse(bytes: &'a [u8], path: &'a Path) -> Result<Stored<'a>> {
        if let Some((_, what)) = OTHERS.iter().find(|(start, _)| bytes.starts_with(start)) {
            return Err(Error::data(path, format!("is {what}")));
        }
        let file = SafeTensors::deserialize(bytes).map_err(|reason| damaged(path, &reason))?;
        Ok(Stored { file, bytes, path })
    }

    /// The texts that describe it; empty if the metadata have no `gradspace`.
    ///
    /// # Errors
    /// [`Error::Data`] if they are damaged.
    pub fn about(&self) -> Result<About> {
        let damaged = |reason: &dyn Display| damaged(self.path, reason);
        let (_, metadata) = SafeTensors::read_metadata(self.bytes).map_err(|reason| damaged(&reason))?;
        match metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)) {
            Some(text) => serde_json::from_str(text).map_err(|reason| damaged(&reason)),
            None => Ok(About::new()),
        }
    }

    /// The shape of the tensor `name`.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no such tensor.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.view(name)?.shape().to_vec())
    }

    fn view(&self, name: &str) -> Result<TensorView<'_>> {
        self.file.tensor(name).map_err(|_| {
            let mut names = self.file.names();
            names.sort_unstable();
            let names = names.join(", ");
            let problem = format!("contains no tensor `{name}`, only [{names}]; name a checkpoint of this model");
            Error::data(self.path, problem)
        })
    }

    /// The parameters with the given names and shapes, in this order. Other tensors are ignored. The memory is that of
    /// tensors which the file has.
    ///
    /// # Errors
    /// [`Error::Data`] if a parameter is missing, has another shape, is not of floating-point numbers, or contains a
    /// number that is not finite.
    pub fn parameters<'w, S: Scalar>(
        &self,
        wanted: impl IntoIterator<Item = (&'w str, &'w [usize])>,
    ) -> Result<Parameters<S>> {
        let mut parameters = Parameters::new();
        for (name, shape) in wanted {
            let view = self.view(name)?;
            if view.shape() != shape {
                let found = view.shape();
                let problem =
                    format!("`{name}` has the shape {found:?}, not {shape:?}; name a checkpoint of this model");
                return Err(Error::data(self.path, problem));
            }
            let numbers: Vec<S> = numbers(view.dtype(), view.data()).ok_or_else(|| {
                let found = view.dtype();
                Error::data(self.path, format!("`{name}` is {found:?}; store it as F64, F32, F16 or BF16"))
            })?;
            if let Some(position) = numbers.iter().position(|x| !x.is_finite()) {
                let problem =
                    format!("`{name}` contains {} at index {position}; create the file again", numbers[position]);
                return Err(Error::data(self.path, problem));
            }
            let tensor = ArrayD::from_shape_vec(IxDyn(shape), numbers).expect("the shape was checked");
            parameters.add(name, tensor);
        }
        Ok(parameters)
    }
}

fn damaged(path: &Path, reason: &dyn Display) -> Error {
    let problem = format!("is not a safetensors file, or is damaged ({reason}); name another, or fetch this one again");
    Error::data(path, problem)
}

fn dtype<S: Scalar>() -> Dtype {
    if size_of::<S>() == 4 { Dtype::F32 } else { Dtype::F64 }
}

/// Little-endian, row-major.
fn bytes<S: Scalar>(tensor: &Tensor<S>) -> Vec<u8> {
    let numbers = tensor.iter().map(|x| x.to_f64());
    match dtype::<S>() {
        Dtype::F32 => numbers.flat_map(|x| (x as f32).to_le_bytes()).collect(),
        _ => numbers.flat_map(f64::to_le_bytes).collect(),
    }
}

/// The numbers of a tensor, or `None` if they are not floating-point numbers.
fn numbers<S: Scalar>(dtype: Dtype, bytes: &[u8]) -> Option<Vec<S>> {
    fn all<S: Scalar, const N: usize>(bytes: &[u8], value: fn([u8; N]) -> f64) -> Vec<S> {
        bytes.as_chunks().0.iter().map(|&bytes| S::nearest(value(bytes))).collect()
    }
    Some(match dtype {
        Dtype::F64 => all(bytes, f64::from_le_bytes),
        Dtype::F32 => all(bytes, |bytes| f32::from_le_bytes(bytes).into()),
        Dtype::F16 => all(bytes, |bytes| half(u16::from_le_bytes(bytes))),
        // The upper half of an f32.
        Dtype::BF16 => all(bytes, |bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16).into()),
        _ => return None,
    })
}

/// The number with these bits in IEEE 754's binary16: sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (u64::from(bits >> 10 & 31), u64::from(bits & 1023));
    let size = match exponent {
        // Zero and subnormal numbers are multiples of 2⁻²⁴.
        0 => fraction as f64 / 16_777_216.0,
        31 => f64::from_bits(0x7FF << 52 | fraction << 42),
        exponent => f64::from_bits((exponent + 1008) << 52 | fraction << 42),
    };
    sign * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Adam, AdamSettings};
    use ndarray::{arr1, arr2};

    fn example<S: Scalar>() -> Parameters<S> {
        let s = S::nearest;
        let mut parameters = Parameters::new();
        parameters.add("z.weight", arr2(&[[s(0.1), s(-2.5)], [s(1e-30), s(4.0)]]).into_dyn());
        parameters.add("a.bias", arr1(&[s(-0.0), s(3.0)]).into_dyn());
        parameters
    }

    fn about() -> About {
        [("model", "an example"), ("epoch", "5"), ("loss", "0.25")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    fn round_trip<S: Scalar>() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let mut parameters = example::<S>();
        let mut adam = Adam::new(AdamSettings::default(), &parameters);
        adam.step(&mut parameters, &example());
        save(&path, &[&parameters, &adam.state()], &about()).unwrap();
        let first = std::fs::read(&path).unwrap();
        save(&path, &[&parameters, &adam.state()], &about()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first, "equal content, equal bytes");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let (read, known) = load(&path, &parameters.zeros_like()).unwrap();
        assert_eq!((&read, known), (&parameters, about()));
        let mut restored = Adam::new(AdamSettings::default(), &read);
        restored.restore(&load(&path, &restored.state()).unwrap().0).unwrap();
        assert_eq!(restored, adam);
    }

    #[test]
    fn what_is_saved_is_read_back() {
        round_trip::<f32>();
        round_trip::<f64>();
        let file = tempfile::NamedTempFile::new().unwrap();
        let below = file.path().join("model.safetensors");
        assert!(matches!(save(below, &[&example::<f64>()], &about()), Err(Error::Write { .. })));
    }

    #[test]
    fn errors_name_file_tensor_and_shapes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let saved = |parameters: &Parameters<f64>| {
            save(&path, &[parameters], &About::new()).unwrap();
            std::fs::read(&path).unwrap()
        };
        let mut other = Parameters::new();
        other.add("z.weight", arr1(&[1.0; 4]).into_dyn());
        let mut infinite = example::<f64>();
        infinite.set_flat(&[0.0, 0.0, 0.0, f64::INFINITY, 0.0, 0.0]);
        let integers = TensorView::new(Dtype::I32, vec![2, 2], &[0; 16]).unwrap();
        let integers = safetensors::serialize([("z.weight", integers)], None).unwrap();
        let cases = [
            (saved(&other), "`z.weight` has the shape [4], not [2, 2]"),
            (integers, "`z.weight` is I32; store it as F64, F32, F16 or BF16"),
            (b"PK\x03\x04\x14\0".to_vec(), "is a PyTorch or zip file"),
            (b"MATLAB 5.0 MAT-file".to_vec(), "rename it so that its name ends in .mat"),
            (b"\x89HDF\r\n\x1a\n\0".to_vec(), "is an HDF5 file"),
            (saved(&Parameters::new()), "contains no tensor `z.weight`, only []"),
            (saved(&infinite), "`z.weight` contains inf at index 3"),
            (vec![], "is not a safetensors file, or is damaged"),
            (vec![0xFF; 64], "is not a safetensors file, or is damaged"),
        ];
        for (bytes, expected) in cases {
            std::fs::write(&path, bytes).unwrap();
            let error = load(&path, &example::<f64>()).unwrap_err().to_string();
            assert!(
                error.contains("model.safetensors") && error.contains(expected),
                "{expected:?} is not in {error:?}"
            );
        }
        assert!(
            load(folder.path().join("nowhere"), &example::<f64>()).unwrap_err().to_string().contains("cannot be read")
        );
    }

    #[test]
    fn a_half_is_the_number_of_ieee_754() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x03FF, 6.097_555_160_522_461e-5),
            (0x0400, 6.103_515_625e-5),
            (0x3555, 0.333_251_953_125),
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (0x7C00, f64::INFINITY),
            (0xFC00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7E00).is_nan() && half(0x8000).is_sign_negative());
    }

    #[test]
    fn every_width_of_number_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let bytes = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let singles = [0.5f32, -1.25].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let doubles = [0.5f64, -1.25].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let stored = [
            (Dtype::F64, doubles),
            (Dtype::F32, singles),
            (Dtype::F16, bytes(&[0x3800, 0xBD00])),
            (Dtype::BF16, bytes(&[0x3F00, 0xBFA0])),
        ];
        for (dtype, data) in stored {
            let view = TensorView::new(dtype, vec![2], &data).unwrap();
            std::fs::write(&path, safetensors::serialize([("w", view)], None).unwrap()).unwrap();
            let mut wanted = Parameters::<f64>::new();
            wanted.add("w", arr1(&[0.0, 0.0]).into_dyn());
            assert_eq!(load(&path, &wanted).unwrap().0.flat(), [0.5, -1.25], "{dtype:?} as f64");
            let mut wanted = Parameters::<f32>::new();
            wanted.add("w", arr1(&[0.0, 0.0]).into_dyn());
            assert_eq!(load(&path, &wanted).unwrap().0.flat(), [0.5, -1.25], "{dtype:?} as f32");
        }
    }

    #[test]
    fn no_damaged_file_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&path, &[&example::<f64>()], &about()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(load(&path, &example::<f64>()).is_err(), "cut to {length}");
        }
        for position in 0..whole.len() {
            for change in [0x01, 0x20, 0x80, 0xFF] {
                let mut bytes = whole.clone();
                bytes[position] ^= change;
                std::fs::write(&path, &bytes).unwrap();
                match load(&path, &example::<f64>()) {
                    Ok(_) | Err(Error::Data { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}
