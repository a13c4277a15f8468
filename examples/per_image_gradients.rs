//! Computes the per-image weight gradients of a network of your own, sixteen images at a time.
//!
//! A model defines its computation for one image. The same code runs on lanes, with one image per lane, so each lane has the weight
//! gradient of its own image.

use gradspace::autodiff::{Tape, Var};
use gradspace::gradients::{Extraction, Feature, Model, Named};
use gradspace::lanes::{Lanes, Real};
use gradspace::nn::{Parameters, init};
use gradspace::stats::random::Stream;

/// A convolution, a rectifier and a linear layer: 3×8×8 images → 10 numbers.
struct Network {
    parameters: Parameters<f32>,
}

impl Network {
    /// The network with PyTorch's initialisation of the weights.
    fn new(seed: u64) -> Network {
        let mut stream = Stream::new(seed, "first weights", 0);
        let random = stream.rng();
        let mut parameters = Parameters::new();
        for (name, shape, biases) in [("conv", &[4, 3, 3, 3][..], 4), ("linear", &[10, 64][..], 10)] {
            let (weight, bias) = init::pytorch(shape, biases, random);
            parameters.add(format!("{name}.weight"), weight);
            parameters.add(format!("{name}.bias"), bias);
        }
        Network { parameters }
    }
}

impl<T: Real<Scalar = f32>> Model<T> for Network {
    fn image(&self) -> [usize; 3] {
        [3, 8, 8]
    }

    fn pass(&self, tape: &mut Tape<T>, x: Var) -> Named {
        let parameters = self.parameters.place(tape);
        let convolved = tape.conv2d(x, parameters["conv.weight"], parameters["conv.bias"], 2, 1);
        let rectified = tape.relu(convolved);
        let flat = tape.reshape(rectified, &[64]);
        let logits = tape.linear(flat, parameters["linear.weight"], parameters["linear.bias"]);
        let squared = tape.square(logits);
        let energy = tape.sum(squared);
        Named { parameters, values: vec![("logits", logits), ("energy", energy)] }
    }
}

fn main() -> gradspace::Result<()> {
    let network = Network::new(1);
    // The gradient of the loss term `energy` with respect to the weights of the convolution: 4×3×3×3 numbers per image.
    let features: Vec<Feature> = vec!["energy/conv.weight".parse()?];
    let extraction = Extraction::<Lanes<f32, 16>, _>::new(&network, &features)?;

    // Forty images, each with a different shade of grey.
    let grey = |image: usize| image as f32 / 40.0;
    let place = |tape: &mut Tape<Lanes<f32, 16>>, images: std::ops::Range<usize>| {
        tape.input_with(&[3, 8, 8], |values| {
            values.fill(Lanes::zero());
            for (lane, image) in images.enumerate() {
                values.iter_mut().for_each(|value| value.set_lane(lane, grey(image)));
            }
        })
    };
    extraction.run(40, place, |rows| {
        for (image, row) in rows.images.clone().zip(rows.values.chunks_exact(extraction.width())) {
            let norm = row.iter().map(|d| f64::from(*d) * f64::from(*d)).sum::<f64>().sqrt();
            if image % 10 == 0 {
                println!("image {image:2}: the gradient has {} numbers and the norm {norm:.4}", row.len());
            }
        }
        Ok(())
    })
}
