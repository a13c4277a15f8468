//! Measures the time of an image-quality score: from the bytes of a BMP file of 512×384 pixels to its UNIQUE and gradient scores.
//!
//! The reference is prepared beforehand. `cargo bench --bench iqa -- metrics REF DIST` measures the field's metrics instead, and
//! `benches/against_iqa_torch.sh` compares them with PyTorch.
//!
//! The table has the milliseconds of each step, on one thread of a machine that other programs also used. The machine has AVX-512 (two
//! 256-bit halves, peak 56 GFLOP/s in f64).
//!
//! | step | time | limiting factor |
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
//! | total | 23–28 | |
//!
//! The ranks take half of the time. `benches/against_numpy.sh` compares the total with a numpy program in one run.

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
use gradspace::models::sparse_autoencoder::W1;
use gradspace::stats::random::Stream;
use gradspace::stats::rank::{RankScratch, Ranks};
use ndarray::ArrayD;
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

/// Prints the key, the processor time in milliseconds and the score of every metric for two image files. The time is the mean over a
/// quarter of a second, after two runs that do not count.
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

/// The processor time of this thread in milliseconds, without other programs; the elapsed time if the system does not report it.
fn processor_time() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| 1e3 * START.elapsed().as_secs_f64(), |nanoseconds| 1e-6 * nanoseconds)
}

/// A scene of smooth shading, edges and noise. The time does not depend on the content of the image.
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

/// Random weights with the size and sparsity of trained weights.
fn autoencoder() -> SparseAutoencoder {
    let mut stream = Stream::new(0, "bench weights", 0);
    let mut matrix = |rows, columns| ArrayD::from_shape_simple_fn(vec![rows, columns], || 0.15 * stream.normal());
    let (w1, w2) = (matrix(400, 192), matrix(192, 400));
    let [b1, b2] = [(400, -3.5), (192, 0.0)].map(|(count, bias)| ArrayD::from_elem(vec![count], bias));
    SparseAutoencoder::new(w1, b1, w2, b2)
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

/// Scores 64 distorted images on one thread and on two, to measure the gain of a second thread.
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

/// The whitened patches and their number.
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
    let weights: Vec<f64> = model.parameters[W1].iter().copied().collect();
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
    let weights: Vec<f64> = model.parameters[W1].iter().map(|w| w * scale).collect();
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
