//! The project's only random numbers: named streams.
//!
//! A generator that is passed around gives each consumer what the ones before it have left over, so that adding a draw in
//! one place, or a thread in another, changes every number after it. A [`Stream`] is instead *named*, by the experiment's
//! seed, the purpose ("bootstrap", "initialisation of W1") and an item's number (the replicate, the image): its draws are
//! a function of those three alone, whoever else draws, in whatever order, on however many threads.
//!
//! The generator is ChaCha with 8 rounds, keyed with the BLAKE3 hash of the name: a specified function, where `StdRng`
//! may become another one with any release of its crate. Everything made from its bits is made here for the same reason,
//! in integers and in IEEE operations that have one right answer. The one exception, the logarithm and the cosine in
//! [`Stream::normal`], is the project's own code: the mathematics of the distribution crates is the platform's, which
//! differs in the last bit between systems. Golden draws in the tests notice any change.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::lanes::math;

/// A named, reproducible stream of random numbers.
///
/// ```
/// use gradspace::stats::random::Stream;
///
/// let mut a = Stream::new(1, "example", 0);
/// let mut b = Stream::new(1, "example", 0);
/// assert_eq!(a.uniform(), b.uniform());
/// assert_ne!(a.uniform(), Stream::new(1, "example", 1).uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `seed` for one `item` of one `purpose`.
    ///
    /// The key is BLAKE3(seed ‖ length of purpose ‖ purpose ‖ item), numbers as 8 bytes little-endian: no two names have
    /// one encoding.
    pub fn new(seed: u64, purpose: &str, item: u64) -> Stream {
        let mut name = Vec::with_capacity(24 + purpose.len());
        name.extend(seed.to_le_bytes());
        name.extend((purpose.len() as u64).to_le_bytes());
        name.extend(purpose.as_bytes());
        name.extend(item.to_le_bytes());
        Stream(ChaCha8Rng::from_seed(*blake3::hash(&name).as_bytes()))
    }

    /// A uniform number in [0, 1): one of the 2⁵³ multiples of 2⁻⁵³ there.
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    /// A uniform index in `0..n`, without bias.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn index(&mut self, n: usize) -> usize {
        assert!(n > 0, "there is no index into nothing");
        // As u64: the width of usize, which differs between platforms, must not decide which draw is made.
        self.0.random_range(0..n as u64) as usize
    }

    /// A standard normal number, by the cosine half of Box and Muller's pair (1958).
    ///
    /// The sine half is let go, so that a draw always takes two uniforms and leaves nothing behind in the stream. Lies
    /// within ±8.58, which is how far 53 bits reach.
    pub fn normal(&mut self) -> f64 {
        // In (0, 1], where the logarithm is finite.
        let u = 1.0 - self.uniform();
        let (_, cos) = math::sin_cos(std::f64::consts::TAU * self.uniform());
        (-2.0 * math::ln(u)).sqrt() * cos
    }

    /// Brings `items` into a uniformly random order (Fisher and Yates, in Durstenfeld's form).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// The generator itself, for `ndarray-rand`. Take integers and uniforms from it; other distributions there use the
    /// platform's mathematics.
    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_draws() {
        let mut stream = Stream::new(2019, "golden", 7);
        let bits: Vec<u64> = (0..4).map(|_| stream.rng().next_u64()).collect();
        assert_eq!(bits, [10681046983169558413, 6431538211214999189, 9339904620668528559, 3287199751635106180]);
        let uniforms: Vec<f64> = (0..3).map(|_| stream.uniform()).collect();
        assert_eq!(uniforms, [0.29356529519240127, 0.1770473028030174, 0.5748986467509668]);
        let indices: Vec<usize> = (0..8).map(|_| stream.index(1000)).collect();
        assert_eq!(indices, [661, 31, 600, 163, 544, 438, 841, 28]);
        let mut order: Vec<u8> = (0..10).collect();
        stream.shuffle(&mut order);
        assert_eq!(order, [1, 9, 6, 7, 0, 3, 5, 4, 8, 2]);
        let normals: Vec<f64> = (0..3).map(|_| stream.normal()).collect();
        for (draw, expected) in normals.into_iter().zip([-2.0552467837794195, 1.6160852703008288, -1.7550760633216331])
        {
            // To the accuracy of ln and cos, which other tests look after.
            assert!((draw - expected).abs() < 1e-14, "{draw:?} is not {expected:?}");
        }
    }

    #[test]
    fn a_stream_is_its_name() {
        let first = |seed, purpose, item| Stream::new(seed, purpose, item).rng().next_u64();
        let names = [(0, "", 0), (1, "", 0), (0, "", 1), (0, "a", 0), (0, "\0", 0), (0, "ab", 0), (0, "a", 1)];
        for (i, &(seed, purpose, item)) in names.iter().enumerate() {
            assert_eq!(first(seed, purpose, item), first(seed, purpose, item));
            for &(s, p, t) in &names[..i] {
                assert_ne!(first(seed, purpose, item), first(s, p, t), "{purpose:?} {item} and {p:?} {t}");
            }
        }
    }

    #[test]
    fn uniforms_are_uniform() {
        let mut stream = Stream::new(0, "uniform", 0);
        let mut tenths = [0u32; 10];
        for _ in 0..100_000 {
            let u = stream.uniform();
            assert!((0.0..1.0).contains(&u));
            tenths[(u * 10.0) as usize] += 1;
        }
        // The chi-square statistic with 9 degrees of freedom exceeds 27.9 once in a thousand seeds.
        let chi: f64 = tenths.iter().map(|&c| (f64::from(c) - 1e4) * (f64::from(c) - 1e4) / 1e4).sum();
        assert!(chi < 27.9, "{tenths:?}");
    }

    #[test]
    fn indices_are_uniform_and_in_range() {
        let mut stream = Stream::new(0, "index", 0);
        assert_eq!(stream.index(1), 0);
        let mut counts = [0u32; 7];
        (0..70_000).for_each(|_| counts[stream.index(7)] += 1);
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - 1e4) * (f64::from(c) - 1e4) / 1e4).sum();
        assert!(chi < 22.5, "{counts:?}");
    }

    #[test]
    #[should_panic(expected = "no index into nothing")]
    fn there_is_no_index_into_nothing() {
        Stream::new(0, "index", 0).index(0);
    }

    #[test]
    fn normals_have_the_moments_of_the_normal_distribution() {
        let mut stream = Stream::new(0, "normal", 0);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let moment = |f: fn(f64) -> f64| draws.iter().map(|&x| f(x)).sum::<f64>() / f64::from(n);
        // Four standard errors each: 1, √2, √15 and √96 over √n.
        let step = 4.0 / f64::from(n).sqrt();
        assert!(moment(|x| x).abs() < step);
        assert!((moment(|x| x * x) - 1.0).abs() < 1.42 * step);
        assert!(moment(|x| x * x * x).abs() < 3.9 * step);
        assert!((moment(|x| x * x * x * x) - 3.0).abs() < 9.8 * step);
    }

    #[test]
    fn a_shuffle_reaches_every_order_equally_often() {
        let mut counts = [0u32; 6];
        for item in 0..60_000 {
            let mut order = [0usize, 1, 2];
            Stream::new(0, "shuffle", item).shuffle(&mut order);
            let rank = order[0] * 2 + usize::from(order[1] > order[2]);
            counts[rank] += 1;
        }
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - 1e4) * (f64::from(c) - 1e4) / 1e4).sum();
        assert!(chi < 20.5, "{counts:?}");
    }
}
