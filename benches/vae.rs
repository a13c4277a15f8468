//! Images per second through the paper's variational autoencoder: features (∂KL/∂ the last encoder layer and ∂BCE/∂ the last decoder
//! layer, per image), and training (Adam, batches of 128).
//!
//! `cargo bench --bench vae` prints divan's statistics. `cargo bench --bench vae -- rates THREADS` prints the best rates of a few seconds;
//! `benches/against_torch.sh` sets them beside PyTorch's in one run. `cargo bench --bench vae -- memory IMAGES` takes the features of so
//! many images, streamed, and prints the most memory that the process ever held.
//!
//! Where the time goes: two thirds are the convolutions, whose three to twelve channels fill a register tile in part only; the
//! rest is putting images into lanes, taking rows out of them, and placing 12,727 parameters on a tape for every sixteen images.

use divan::Bencher;
use divan::counter::ItemsCount;
use gradspace::gradients::{Extraction, Feature, TrainedVae};
use gradspace::imaging::Rgb8;
use gradspace::lanes::Lanes;
use gradspace::models::Vae;
use gradspace::models::vae::Architecture;
use gradspace::nn::Parameters;
use gradspace::ood::autoencoder::Settings;
use gradspace::ood::{Data, Images, Training};
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
        let parameters = vae.parameters(&mut || stream.uniform());
        let features = ["kl/down.3.weight", "bce/up.3.weight"].map(|f| f.parse().expect("a feature")).into();
        let mut images = Images::new(28, 28);
        (0..IMAGES).for_each(|_| images.push(&Rgb8::from_fn(28, 28, |_, _| [stream.index(256) as u8; 3])));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        Bench { vae, parameters, features, images, pool }
    }

    /// The features of so many images; the bench's own come again and again. `done` is told how many rows came.
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

    /// A training that every call of [`Bench::epoch`] takes further, and never validates.
    fn training(&self) -> Training<'_> {
        let settings = Settings { epochs: usize::MAX, validate_every: usize::MAX, ..Settings::default() };
        let data = Data { training: &self.images, validation: &self.images };
        Training::new(&self.vae, data, settings, 0).expect("the paper's settings")
    }

    fn epoch(&self, training: &mut Training) {
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

/// The best rate of two seconds, in images per second.
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

/// The most memory that the process held at once, in KiB, as Linux counts it.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line for the peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KiB")
}
