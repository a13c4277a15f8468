//! Scores two images in memory with this project's methods and with the field's metrics.

use gradspace::imaging::Rgb8;
use gradspace::iqa::metrics::METRICS;
use gradspace::iqa::{Method, Models, Scorer, Scratch};
use gradspace::models::SparseAutoencoder;

fn main() -> gradspace::Result<()> {
    // An image with structure, and the same image with fewer levels of grey.
    let reference = Rgb8::from_fn(300, 260, |x, y| [(x * y % 251) as u8, (x + y) as u8, (x ^ y) as u8]);
    let samples = reference.samples.iter().map(|sample| sample / 32 * 32).collect();
    let distorted = Rgb8::new(reference.width, reference.height, samples);

    // The methods of the project need the weights of an autoencoder. These weights are part of the crate.
    let models = Models { autoencoder: SparseAutoencoder::shipped(), ms_unique: Vec::new() };
    let scorer = Scorer::new(&[Method::GRADIENT, Method::UNIQUE], models)?;
    let mut scratch = Scratch::default();
    let prepared = scorer.reference(&reference, &mut scratch)?;
    for (method, score) in scorer.methods().iter().zip(prepared.score(&distorted, &mut scratch)?) {
        println!("{:18} {:.4}", method.name, score.value);
    }
    for metric in METRICS {
        println!("{:18} {:.4}", metric.name, metric.score(&reference, &distorted)?);
    }
    Ok(())
}
