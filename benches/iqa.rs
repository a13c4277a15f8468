//! The time of a quality score: a distorted 512×384 image, from the BMP file's bytes to its UNIQUE and gradient scores against a prepared
//! reference. `cargo bench --bench iqa -- metrics REF DIST` times the field's metrics instead; `benches/against_iqa_torch.sh` sets them
//! beside PyTorch's.
//!
//! Where it goes, on one thread with AVX-512 (two 256-bit halves, peak 56 GFLOP/s in f64) of a machine shared with others, in ms:
//!
//! | step | time | what bounds it |
//! |---|---|---|
//! | decode BMP | 0.4 | |
//! | halve, colour and blocks | 0.5 | integers, exact |
//! | covariance and (Σ + εI)^(−½) | 2.4 | the second-level cache: three passes over a 192×192 matrix per reflector |
//! | whiten | 1.2 | 57 MFLOP |
//! | project on W1 and on G | 5.3 | 2 × 118 MFLOP |
//! | sigmoid | 0.6 | |
//! | logit | 2.9 | per 8 values: three divisions, a root, two series |
//! | rank 307,200 activations | 3.5–4.5 | mispredictions, scattered stores |
//! | rank 614,400 logits | 8–9 | the same |
//! | in all | 23–28 | |
//!
//! Half of the time is spent on ranks. `benches/against_numpy.sh` sets the whole against a numpy program in one run.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use divan::Bencher;
use gradspace::autodiff::kernels::Convolution;
use gradspace::imaging::Rgb8;
use gradspace::imaging::decode::decode;
use gradspace::imaging::patches::Patches;
use gradspace::imaging::resize::{ResizeScratch, halve, halve_into};
use gradspace::imaging::whitening::{PatchMatrix, Zca, ZcaScratch};
use gradspace::iqa::Features;
use gradspace::iqa::metrics::METRICS;
use gradspace::iqa::{Method, Models, Scorer, Scratch, features::features, gradient::gradient};
use gradspace::lanes::{Lanes, Real};
use gradspace::models::SparseAutoencoder;
use gradspace::stats::random::Stream;
use gradspace::stats::rank::{RankScratch, Ranks};
use ndarray::{Array1, Array2};
use rayon::prelude::*;

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").skip(1).collect();
    if let [word, reference, distorted] = &arguments[..]
        && word == "metrics"
    {
        return metrics(reference, distorted);
    }
    divan::main();
}

/// The time of every metric for two image files: key, milliseconds of the processor, score. After two runs that do not count, the mean
/// over a quarter of a second.
fn metrics(reference: &str, distorted: &str) {
    let [reference, distorted] = [reference, distorted].map(|path| decode(&std::fs::read(path).unwrap()).unwrap());
    for metric in METRICS {
        let run = || metric.score(black_box(&reference), black_box(&distorted)).unwrap();
        run();
        let (score, start, mut runs) = (run(), processor_time(), 0);
        let mut spent = 0.0;
        while spent < 250.0 {
            run();
            runs += 1;
            spent = processor_time() - start;
        }
        println!("{} {:.3} {score:.9}", metric.key, spent / f64::from(runs));
    }
}

/// Milliseconds that this thread has run, which other programs do not add to; where the system does not tell, those that have passed.
fn processor_time() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| 1e3 * START.elapsed().as_secs_f64(), |nanoseconds| 1e-6 * nanoseconds)
}

/// A scene of smooth shading, edges and noise: the time does not depend on what is seen.
fn image(seed: u64) -> Rgb8 {
    let mut stream = Stream::new(seed, "bench image", 0);
    Rgb8::from_fn(512, 384, |x, y| {
        let base = if (x / 37 + y / 23) % 3 == 0 { 60.0 } else { 130.0 } + 40.0 * (y as f64 / 384.0);
        std::array::from_fn(|c| (base + 20.0 * c as f64 + 15.0 * stream.uniform()) as u8)
    })
}

fn bmp(image: &Rgb8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let (width, height) = (image.width as u32, image.height as u32);
    image::write_buffer_with_format(
        &mut bytes,
        &image.samples,
        width,
        height,
        image::ExtendedColorType::Rgb8,
        image::ImageFormat::Bmp,
    )
    .unwrap();
    bytes.into_inner()
}

/// Weights of the size and sparsity of trained ones.
fn autoencoder() -> SparseAutoencoder {
    let mut stream = Stream::new(0, "bench weights", 0);
    let mut matrix = |rows, columns| Array2::from_shape_simple_fn((rows, columns), || 0.15 * stream.normal());
    SparseAutoencoder {
        w1: matrix(400, 192),
        b1: Array1::from_elem(400, -3.5),
        w2: matrix(192, 400),
        b2: Array1::zeros(192),
    }
}

#[divan::bench(name = "distorted image, BMP to UNIQUE and gradient score")]
fn score(bencher: Bencher) {
    let models = Models { autoencoder: autoencoder(), ms_unique: vec![] };
    let scorer = Scorer::new(&[Method::UNIQUE, Method::GRADIENT], models).unwrap();
    let mut scratch = Scratch::default();
    let reference = scorer.reference(&image(1), &mut scratch).unwrap();
    let bmp = bmp(&image(2));
    bencher.bench_local(|| reference.score(&decode(black_box(&bmp)).unwrap(), &mut scratch).unwrap());
}

/// Sixty-four distorted images on one thread and on two: what a second thread gains.
#[divan::bench(name = "64 distorted images, threads", args = [1, 2], sample_count = 12)]
fn sixty_four(bencher: Bencher, threads: usize) {
    let models = Models { autoencoder: autoencoder(), ms_unique: vec![] };
    let scorer = Scorer::new(&[Method::UNIQUE, Method::GRADIENT], models).unwrap();
    let reference = scorer.reference(&image(1), &mut Scratch::default()).unwrap();
    let bmps: Vec<Vec<u8>> = (2..66).map(|seed| bmp(&image(seed))).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let score = |scratch: &mut Scratch, bmp: &Vec<u8>| reference.score(&decode(bmp).unwrap(), scratch).unwrap();
    bencher.bench_local(|| pool.install(|| bmps.par_iter().map_init(Scratch::default, score).collect::<Vec<_>>()));
}

#[divan::bench(name = "reference image")]
fn reference(bencher: Bencher) {
    let models = Models { autoencoder: autoencoder(), ms_unique: vec![] };
    let scorer = Scorer::new(&[Method::UNIQUE, Method::GRADIENT], models).unwrap();
    let (mut scratch, image) = (Scratch::default(), image(1));
    bencher.bench_local(|| scorer.reference(black_box(&image), &mut scratch).unwrap());
}

#[divan::bench(name = "1 decode BMP")]
fn decoding(bencher: Bencher) {
    let bmp = bmp(&image(2));
    bencher.bench_local(|| decode(black_box(&bmp)).unwrap());
}

#[divan::bench(name = "2 halve")]
fn halving(bencher: Bencher) {
    let (image, mut scratch) = (image(2), ResizeScratch::default());
    let mut half = halve(&image);
    bencher.bench_local(|| halve_into(black_box(&image), &mut scratch, &mut half));
}

#[divan::bench(name = "3 colour and blocks")]
fn blocks(bencher: Bencher) {
    let half = halve(&image(2));
    let mut patches = Patches::default();
    bencher.bench_local(|| patches.update(black_box(&half)));
}

#[divan::bench(name = "4 covariance and its inverse root")]
fn whitening(bencher: Bencher) {
    let patches = Patches::blocks(&halve(&image(2)));
    let (mut zca, mut scratch) = (Zca::default(), ZcaScratch::default());
    bencher.bench_local(|| zca.update(black_box(&patches), &mut scratch));
}

/// Whitened patches, their number.
fn white() -> (PatchMatrix, usize) {
    let patches = Patches::blocks(&halve(&image(2)));
    let mut white = PatchMatrix::new();
    Zca::of(&patches).unwrap().apply(&patches, &mut ZcaScratch::default(), &mut white);
    (white, patches.count())
}

#[divan::bench(name = "5 whiten")]
fn whiten(bencher: Bencher) {
    let patches = Patches::blocks(&halve(&image(2)));
    let (zca, mut scratch, mut white) = (Zca::of(&patches).unwrap(), ZcaScratch::default(), PatchMatrix::new());
    bencher.bench_local(|| zca.apply(black_box(&patches), &mut scratch, &mut white));
}

#[divan::bench(name = "6 project on 400 units (twice)")]
fn project(bencher: Bencher) {
    let (white, _) = white();
    let model = autoencoder();
    let weights: Vec<f64> = model.w1.iter().copied().collect();
    let groups = white.len() / 192;
    let mut out = vec![Lanes::<f64, 8>::zero(); 400 * groups];
    let convolution = Convolution::new([192, 1, groups], [400, 192, 1, 1], 1, 0);
    bencher.bench_local(|| convolution.forward(&weights, &[0.0; 400], black_box(&white), &mut out));
}

fn mapped(bencher: Bencher, kind: Features) {
    let y: Vec<Lanes<f64, 8>> = (0..400 * 96)
        .map(|i| Lanes(std::array::from_fn(|l| ((i * 8 + l) as f64 * 0.618).fract() * 0.08 - 0.04)))
        .collect();
    let mut out = Vec::new();
    bencher.bench_local(|| features(kind, black_box(&y), 768, &[1.0; 400], &mut out));
}

#[divan::bench(name = "7 sigmoid")]
fn sigmoid(bencher: Bencher) {
    mapped(bencher, Features::Sigmoid);
}

#[divan::bench(name = "8 logit")]
fn logit(bencher: Bencher) {
    mapped(bencher, Features::LogitMagnitudeAndAngle);
}

fn ranked(bencher: Bencher, kind: Features) {
    let (white, count) = white();
    let model = autoencoder();
    let scale = if kind == Features::Sigmoid { 1.0 } else { 0.01 };
    let bias = if kind == Features::Sigmoid { -3.5 } else { 0.0 };
    let weights: Vec<f64> = model.w1.iter().map(|w| w * scale).collect();
    let groups = white.len() / 192;
    let mut out = vec![Lanes::<f64, 8>::zero(); 400 * groups];
    Convolution::new([192, 1, groups], [400, 192, 1, 1], 1, 0).forward(&weights, &[bias; 400], &white, &mut out);
    let mut values = Vec::new();
    let weights: Vec<f64> = (0..400).map(|i| if i % 4 == 0 { 2.0 } else { 1.0 }).collect();
    features(kind, &out, count, &weights, &mut values);
    let (mut scratch, mut ranks) = (RankScratch::default(), Ranks::default());
    bencher.bench_local(|| ranks.update(black_box(&values), &mut scratch));
}

#[divan::bench(name = "9 rank 307,200 activations")]
fn rank_activations(bencher: Bencher) {
    ranked(bencher, Features::Sigmoid);
}

#[divan::bench(name = "10 rank 614,400 logits")]
fn rank_logits(bencher: Bencher) {
    ranked(bencher, Features::LogitMagnitudeAndAngle);
}

#[divan::bench(name = "gradient (reference only)")]
fn gradients(bencher: Bencher) {
    let (white, count) = white();
    let model = autoencoder();
    bencher.bench_local(|| gradient(&model, black_box(&white), count));
}
