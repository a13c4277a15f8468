//! Images per second through the paper's variational autoencoder: features (∂KL/∂ the last encoder layer and ∂BCE/∂ the last decoder
//! layer, per image).
//!
//! `cargo bench --bench vae` prints divan's statistics; `benches/against_torch.sh` sets the rates beside PyTorch's in one run.

use divan::Bencher;
use divan::counter::ItemsCount;
use gradspace::gradients::{Extraction, Feature, TrainedVae};
use gradspace::lanes::Lanes;
use gradspace::models::Vae;
use gradspace::models::vae::Architecture;
use gradspace::stats::random::Stream;
use std::hint::black_box;

type F32 = Lanes<f32, 16>;

const IMAGES: usize = 2048;

fn main() {
    divan::main();
}

/// The proposed features of images whose pixels are cheap to make, on so many threads.
#[divan::bench(args = [1, 2])]
fn features(bencher: Bencher, threads: usize) {
    let vae = Vae::new(Architecture::default()).expect("the paper's");
    let mut stream = Stream::new(0, "bench", 0);
    let parameters = vae.parameters::<f32>(&mut || stream.uniform());
    let model = TrainedVae { vae: &vae, parameters: &parameters };
    let features: Vec<Feature> = ["kl/down.3.weight", "bce/up.3.weight"].map(|f| f.parse().expect("a feature")).into();
    let extraction = Extraction::<F32, _>::new(&model, &features).expect("layers of the model");
    let pixels: Vec<f32> = (0..3 * 28 * 28).map(|_| stream.uniform() as f32).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    bencher.counter(ItemsCount::new(IMAGES)).bench_local(|| {
        pool.install(|| {
            let fill = |_, image: &mut [f32]| image.copy_from_slice(&pixels);
            let mut sum = 0.0;
            let run = extraction.run(IMAGES, fill, |rows| {
                sum += rows.values[0];
                Ok::<_, ()>(())
            });
            run.expect("no error");
            black_box(sum)
        })
    });
}
