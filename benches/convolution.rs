//! Measures which share of the processor's peak arithmetic rate the convolutions reach.
//!
//! `cargo bench --bench convolution` first prints a table. For each size and loop it has the GFLOP/s and the share of the peak rate of fused
//! multiply-adds. The peak is measured between the loops, on one thread, in the same run, so other load slows both. Then divan's
//! statistics of the same loops follow. Only multiplications that the result needs are counted, not those with the padding.
//!
//! # The time at ResNet's sizes
//!
//! An 8 × 3 tile of sums (AVX-512) does 24 multiply-adds for 11 loads and stays in registers. The forward pass and the input gradient miss
//! the peak for two reasons. One is the single columns left and right of a 3-wide tile (2 of 7 at 7²), the other is the first read of each
//! input plane. The weight gradient misses the peak because a tile reads from the second-level cache. At 7² the gradient itself also
//! costs time: the per-image gradients of 16 images are 151 MB, read and written once.
//!
//! # The time at the sizes of the paper's VAE
//!
//! With 3 to 12 channels the loops are very short. Half of the time is spent on finding the taps of a row and on packing the weights. A
//! gradient of 9 positions, summed over the lanes, spends a third of its time on the sum over the lanes.

use divan::Bencher;
use divan::counter::ItemsCount;
use gradspace::autodiff::kernels::{Convolution, Gradient};
use gradspace::lanes::{Kernel, Lanes, Real, Register, Scalar, Simd};
use std::hint::black_box;
use std::time::Instant;

type F32 = Lanes<f32, 16>;

/// A convolution of the benchmark: input and output channels, height = width, kernel, stride, padding.
#[derive(Clone, Copy)]
struct Size {
    name: &'static str,
    channels: [usize; 2],
    side: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

const fn resnet(name: &'static str, channels: usize, side: usize) -> Size {
    Size { name, channels: [channels, channels], side, kernel: 3, stride: 1, padding: 1 }
}

const fn vae(name: &'static str, channels: [usize; 2], side: usize) -> Size {
    Size { name, channels, side, kernel: 4, stride: 2, padding: 2 }
}

const SIZES: [Size; 8] = [
    resnet("ResNet 64x56x56 3x3", 64, 56),
    resnet("ResNet 128x28x28 3x3", 128, 28),
    resnet("ResNet 256x14x14 3x3", 256, 14),
    resnet("ResNet 512x7x7 3x3", 512, 7),
    vae("VAE 3->3, 28x28, 4x4/2", [3, 3], 28),
    vae("VAE 3->6, 15x15, 4x4/2", [3, 6], 15),
    vae("VAE 6->9, 8x8, 4x4/2", [6, 9], 8),
    vae("VAE 9->12, 5x5, 4x4/2", [9, 12], 5),
];

const LOOPS: [&str; 4] = ["forward", "input gradient", "weight gradient, per image", "weight gradient, summed"];

/// The arrays of one size.
struct Arrays {
    convolution: Convolution,
    x: Vec<F32>,
    y: Vec<F32>,
    weights: Vec<f32>,
    dx: Vec<F32>,
    per_lane: Vec<F32>,
    summed: Vec<f32>,
    flops: f64,
}

impl Arrays {
    fn new(size: Size) -> Self {
        let Size { channels: [c, o], side, kernel, stride, padding, .. } = size;
        let convolution = Convolution::new([c, side, side], [o, c, kernel, kernel], stride, padding);
        let [_, height, width] = convolution.output();
        let inside = |position: usize| {
            (0..kernel).filter(|k| (padding..side + padding).contains(&(position * stride + k))).count()
        };
        let taps = |outputs: usize| (0..outputs).map(inside).sum::<usize>();
        let flops = 2.0 * F32::LANES as f64 * (c * o * taps(height) * taps(width)) as f64;
        let lanes = |n: usize| vec![F32::splat(1e-3); n];
        Arrays {
            convolution,
            x: lanes(c * side * side),
            y: lanes(o * height * width),
            weights: vec![1e-3; o * c * kernel * kernel],
            dx: lanes(c * side * side),
            per_lane: lanes(o * c * kernel * kernel),
            summed: vec![0.0; o * c * kernel * kernel],
            flops,
        }
    }

    fn run(&mut self, which: usize) {
        let a = self;
        match which {
            0 => a.convolution.add_forward(&a.weights, &a.x, &mut a.y),
            1 => a.convolution.add_adjoint(&a.weights, &a.y, &mut a.dx),
            2 => a.convolution.add_weight_gradient(&a.x, &a.y, &mut Gradient::PerLane(&mut a.per_lane)),
            _ => a.convolution.add_weight_gradient(&a.x, &a.y, &mut Gradient::Summed(&mut a.summed)),
        }
    }
}

/// Multiply-adds in registers only. Twelve independent chains hide their latency.
struct Peak(usize);

const CHAINS: usize = 12;

impl<T: Real> Kernel<T> for Peak {
    type Output = T::Scalar;
    #[inline(always)]
    fn run<R: Register<T>>(self) -> T::Scalar {
        let (a, b) = (black_box(T::Scalar::nearest(0.999)), black_box(T::Scalar::nearest(0.5)));
        let (a, b) = (R::splat(a), R::splat(b));
        let mut chains = [R::zero(); CHAINS];
        for _ in 0..self.0 {
            for chain in &mut chains {
                *chain = chain.mul_add(a, b);
            }
        }
        chains.into_iter().fold(R::zero(), |sum, c| sum + c).fold()
    }
}

const PEAK_ROUNDS: usize = 200_000;
const PEAK_FLOPS: f64 = 2.0 * F32::LANES as f64 * (CHAINS * PEAK_ROUNDS) as f64;

/// The best rates of the peak and of a loop, run alternately, in FLOP/s.
fn rates(arrays: &mut Arrays, which: usize) -> (f64, f64) {
    let repeat = (2e8 / arrays.flops).ceil() as usize;
    let (mut peak, mut rate) = (0f64, 0f64);
    for _ in 0..15 {
        let start = Instant::now();
        black_box(F32::dispatch(Peak(PEAK_ROUNDS)));
        peak = peak.max(PEAK_FLOPS / start.elapsed().as_secs_f64());
        let start = Instant::now();
        (0..repeat).for_each(|_| arrays.run(which));
        rate = rate.max(arrays.flops * repeat as f64 / start.elapsed().as_secs_f64());
    }
    (peak, rate)
}

fn table() {
    println!("f32 lanes, one thread, {}: GFLOP/s and share of the measured peak\n", Simd::current().name());
    for size in SIZES {
        let mut arrays = Arrays::new(size);
        for (which, name) in LOOPS.into_iter().enumerate() {
            let (peak, rate) = rates(&mut arrays, which);
            let (peak, rate, share) = (peak / 1e9, rate / 1e9, 100.0 * rate / peak);
            println!("{:24} {name:28} {rate:6.1} of {peak:6.1}  {share:3.0} %", size.name);
        }
    }
    println!();
}

#[divan::bench]
fn peak(bencher: Bencher) {
    bencher.counter(ItemsCount::new(PEAK_FLOPS as u64)).bench(|| F32::dispatch(Peak(PEAK_ROUNDS)));
}

/// A loop of a size.
struct Loop(Size, usize);

impl std::fmt::Display for Loop {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}, {}", self.0.name, LOOPS[self.1])
    }
}

#[divan::bench(args = SIZES.into_iter().flat_map(|size| (0..LOOPS.len()).map(move |which| Loop(size, which))))]
fn loops(bencher: Bencher, &Loop(size, which): &Loop) {
    let mut arrays = Arrays::new(size);
    bencher.counter(ItemsCount::new(arrays.flops as u64)).bench_local(|| arrays.run(which));
}

fn main() {
    // Cargo passes `--bench`. Under `cargo test --benches` each benchmark runs once, without the table.
    if std::env::args().any(|a| a == "--bench") {
        table();
    }
    divan::main();
}
