//! Parameters on disk: safetensors, with whatever is to be known about them.
//!
//! A checkpoint is one [`Parameters`]: a model's, and where training is to go on an optimiser's state beside it
//! ([`Adam::state`](super::Adam::state); each is read back by its own names). The texts that describe it stand in the file's
//! metadata under `gradspace`, as one JSON object, so that equal content gives equal bytes.
//!
//! Under the file's name there is the whole of it or nothing: it is written beside its place and renamed.

use super::Parameters;
use crate::autodiff::Tensor;
use crate::error::{Error, Result};
use crate::files;
use crate::lanes::Scalar;
use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// What is to be known about a checkpoint: texts by name.
pub type About = BTreeMap<String, String>;

/// The key of [`About`] in the metadata.
const KEY: &str = "gradspace";

/// Writes `parts`, which have no name in common, and `about`.
///
/// # Errors
/// [`Error::Write`] when the file cannot be written.
///
/// # Panics
/// When a name occurs twice.
pub fn save<S: Scalar>(path: impl AsRef<Path>, parts: &[&Parameters<S>], about: &About) -> Result<()> {
    files::write(path, &to_bytes(parts, about))
}

/// What [`save`] writes.
///
/// # Panics
/// When a name occurs twice.
pub fn to_bytes<S: Scalar>(parts: &[&Parameters<S>], about: &About) -> Vec<u8> {
    let tensors: BTreeMap<&str, &Tensor<S>> = parts.iter().flat_map(|part| part.iter()).collect();
    assert_eq!(tensors.len(), parts.iter().map(|part| part.iter().count()).sum::<usize>(), "a name occurs twice");
    let data: Vec<Vec<u8>> = tensors.values().map(|tensor| bytes(tensor)).collect();
    let views = tensors.iter().zip(&data).map(|((name, tensor), data)| {
        let view = TensorView::new(dtype::<S>(), tensor.shape().to_vec(), data);
        (*name, view.expect("as many bytes as the shape says"))
    });
    let about = serde_json::to_string(about).expect("texts by name");
    let metadata = HashMap::from([(KEY.to_string(), about)]);
    safetensors::serialize(views, Some(metadata)).expect("tensors whose sizes fit their shapes")
}

/// Reads the parameters that `wanted` names, in its order and shapes (its numbers do not matter), and what is known about them.
/// Other tensors in the file are passed over.
///
/// # Errors
/// [`Error::Data`] when the file cannot be read or is damaged, or a parameter is missing, of another shape or type, or holds a number
/// that is not finite.
pub fn load<S: Scalar>(path: impl AsRef<Path>, wanted: &Parameters<S>) -> Result<(Parameters<S>, About)> {
    let path = path.as_ref();
    let damaged = |problem: String| {
        Error::data(path, format!("is not a checkpoint or damaged ({problem}); write or fetch it again"))
    };
    let bytes = std::fs::read(path).map_err(|reason| Error::data(path, format!("cannot be read: {reason}")))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|reason| damaged(reason.to_string()))?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|reason| damaged(reason.to_string()))?;
    let about = match metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)) {
        Some(text) => serde_json::from_str(text).map_err(|reason| damaged(reason.to_string()))?,
        None => About::new(),
    };
    let mut parameters = Parameters::new();
    for (name, like) in wanted.iter() {
        let Ok(view) = file.tensor(name) else {
            let mut names = file.names();
            names.sort_unstable();
            let problem =
                format!("holds no tensor `{name}`, only [{}]; name a checkpoint of this model", names.join(", "));
            return Err(Error::data(path, problem));
        };
        if view.dtype() != dtype::<S>() || view.shape() != like.shape() {
            let (is, shape, wanted) = (view.dtype(), view.shape(), dtype::<S>());
            let problem = format!(
                "`{name}` is {is:?} {shape:?}, not {wanted:?} {:?}; name a checkpoint of this model",
                like.shape()
            );
            return Err(Error::data(path, problem));
        }
        let numbers = numbers(view.data());
        if let Some(position) = numbers.iter().position(|x: &S| !x.is_finite()) {
            return Err(Error::data(
                path,
                format!("`{name}` holds {} at {position}; write it again", numbers[position]),
            ));
        }
        let tensor = ArrayD::from_shape_vec(IxDyn(like.shape()), numbers).expect("the shape was checked");
        parameters.add(name, tensor);
    }
    Ok((parameters, about))
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

fn numbers<S: Scalar>(bytes: &[u8]) -> Vec<S> {
    match dtype::<S>() {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&b| S::nearest(f32::from_le_bytes(b).into())).collect(),
        _ => bytes.as_chunks().0.iter().map(|&b| S::nearest(f64::from_le_bytes(b))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Adam, adam};
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
        let mut adam = Adam::new(adam::Settings::default(), &parameters);
        adam.step(&mut parameters, &example());
        save(&path, &[&parameters, &adam.state()], &about()).unwrap();
        let first = std::fs::read(&path).unwrap();
        save(&path, &[&parameters, &adam.state()], &about()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first, "equal content, equal bytes");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let (read, known) = load(&path, &parameters.zeros_like()).unwrap();
        assert_eq!((&read, known), (&parameters, about()));
        let mut restored = Adam::new(adam::Settings::default(), &read);
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
        save(&path, &[&example::<f32>()], &About::new()).unwrap();
        let single = std::fs::read(&path).unwrap();
        let cases = [
            (saved(&other), "`z.weight` is F64 [4], not F64 [2, 2]"),
            (single, "`z.weight` is F32 [2, 2], not F64 [2, 2]"),
            (saved(&Parameters::new()), "holds no tensor `z.weight`, only []"),
            (saved(&infinite), "`z.weight` holds inf at 3"),
            (vec![], "is not a checkpoint or damaged"),
            (vec![0xFF; 64], "is not a checkpoint or damaged"),
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
