//! Measures the images per second of the paper's variational autoencoder, for its per-image features and for its training.
//!
//! The features are ∂KL/∂ the last encoder layer and ∂BCE/∂ the last decoder layer. The training uses Adam with batches of 128.
//!
//! `cargo bench --bench vae` prints divan's statistics. `cargo bench --bench vae -- rates THREADS` prints the best rates of a few
//! seconds, and `benches/against_torch.sh` compares them with PyTorch in one run. `cargo bench --bench vae -- memory IMAGES` streams the
//! features of the given number of images and prints the peak memory of the process.
//!
//! The convolutions take two thirds of the time, because three to twelve channels fill a register tile only partly. The rest is spent on
//! the conversion of images to lanes and of lanes to rows, and on placing 12,727 parameters on a tape for every sixteen images.

use divan::Bencher;
use divan::counter::ItemsCount;
use gradspace::gradients::{Extraction, Feature, TrainedVae};
use gradspace::imaging::Rgb8;
use gradspace::lanes::Lanes;
use gradspace::learn::{Data, Images, VaeSettings, VaeTraining};
use gradspace::models::Vae;
use gradspace::models::vae::Architecture;
use gradspace::nn::Parameters;
use gradspace::stats::random::Stream;
use std::hint::black_box;
use std::time::Instant;

const IMAGES: usize = 1024;

struct Bench {
    vae: Vae,
    parameters: Parameters<f32>,
    features: Vec<Feature>,
    images: Images,
    pool: rayon::ThreadPool,
}

impl Bench {
    fn new(threads: usize) -> Bench {
        let vae = Vae::new(Architecture::default()).expect("the paper's");
        let mut stream = Stream::new(0, "bench", 0);
        let parameters = vae.parameters(stream.rng());
        let features = ["kl/down.3.weight", "bce/up.3.weight"].map(|f| f.parse().expect("a feature")).into();
        let mut images = Images::new(28, 28);
        (0..IMAGES).for_each(|_| images.push(&Rgb8::from_fn(28, 28, |_, _| [stream.index(256) as u8; 3])));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        Bench { vae, parameters, features, images, pool }
    }

    /// Extracts the features of the given number of images, which repeat those of the benchmark. `done` receives the number of new rows.
    fn extract(&self, images: usize, mut done: impl FnMut(usize) + Send) {
        let model = TrainedVae { vae: &self.vae, parameters: &self.parameters, sparsity: None };
        let extraction = Extraction::<Lanes<f32, 16>, _>::new(&model, &self.features).expect("layers of the model");
        let run = || {
            extraction.run(
                images,
                |tape, images| self.images.place(tape, images.map(|i| i % IMAGES)),
                |rows| {
                    black_box(rows.values);
                    done(rows.images.len());
                    Ok::<_, ()>(())
                },
            )
        };
        self.pool.install(run).expect("the consumer has no errors");
    }

    /// A training without validation. Each call of [`Bench::epoch`] continues it.
    fn training(&self) -> VaeTraining<'_> {
        let settings = VaeSettings { epochs: 1_000_000, validate_every: 1_000_000, ..VaeSettings::default() };
        let data = Data { training: &self.images, validation: &self.images };
        VaeTraining::new(&self.vae, data, settings, 0).expect("the paper's settings")
    }

    fn epoch(&self, training: &mut VaeTraining) {
        self.pool.install(|| training.epoch()).expect("finite losses");
    }
}

#[divan::bench(args = [1, 2])]
fn features(bencher: Bencher, threads: usize) {
    let bench = Bench::new(threads);
    bencher.counter(ItemsCount::new(IMAGES)).bench_local(|| bench.extract(IMAGES, |_| ()));
}

#[divan::bench(args = [1, 2])]
fn training(bencher: Bencher, threads: usize) {
    let bench = Bench::new(threads);
    let mut training = bench.training();
    bencher.counter(ItemsCount::new(IMAGES)).bench_local(|| bench.epoch(&mut training));
}

/// The best rate within two seconds, in images per second.
fn rate(mut work: impl FnMut()) -> f64 {
    let (start, mut best) = (Instant::now(), f64::INFINITY);
    while start.elapsed().as_secs_f64() < 2.0 {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    IMAGES as f64 / best
}

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").skip(1).collect();
    if let [word, threads] = &arguments[..]
        && word == "rates"
    {
        let bench = Bench::new(threads.parse().expect("a number of threads"));
        println!("features {:.0}", rate(|| bench.extract(IMAGES, |_| ())));
        let mut training = bench.training();
        println!("train {:.0}", rate(|| bench.epoch(&mut training)));
        return;
    }
    if let [word, images] = &arguments[..]
        && word == "memory"
    {
        let bench = Bench::new(2);
        let mut rows = 0;
        bench.extract(images.parse().expect("a number of images"), |more| rows += more);
        println!("{rows} images, at most {} KiB", most_memory());
        return;
    }
    divan::main();
}

/// The peak memory of the process in KiB, as Linux reports it.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line for the peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KiB")
}
