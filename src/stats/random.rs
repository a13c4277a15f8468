//! The project's only random numbers: named streams.
//!
//! If one generator is shared, each draw changes every number after it: one more draw in one place, or one more thread in another,
//! changes all results. A [`Stream`] has a *name* instead: the seed of the experiment, the purpose ("bootstrap", "initialisation
//! of W1") and the number of an item (the replicate, the image). Its draws depend on those three alone, not on other streams, on
//! their order or on the number of threads.
//!
//! The generator is ChaCha with 8 rounds, keyed with the BLAKE3 hash of the name. That is a specified function, whereas `StdRng`
//! may change with any release of its crate. For the same reason the distributions are computed here, in integers and in IEEE
//! operations, which are exact or correctly rounded. [`Stream::normal`] also needs a logarithm and a cosine; these are the
//! project's own, since the distribution crates use the platform's, which differ in the last bit between systems. The tests
//! compare with stored draws.

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
    /// The key is BLAKE3(seed ‖ length of purpose ‖ purpose ‖ item), with numbers as 8 bytes little-endian: different
    /// names have different encodings.
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
        assert!(n > 0, "an index needs at least one item");
        // As u64: the width of usize differs between platforms and must not affect the draw.
        self.0.random_range(0..n as u64) as usize
    }

    /// A standard normal number, by the cosine half of Box and Muller's pair (1958).
    ///
    /// The sine half is discarded, so a draw always uses two uniforms and leaves no state in the stream. The range is
    /// ±8.58, the limit for 53 bits.
    pub fn normal(&mut self) -> f64 {
        // In (0, 1], where the logarithm is finite.
        let u = 1.0 - self.uniform();
        let (_, cos) = math::sin_cos(std::f64::consts::TAU * self.uniform());
        (-2.0 * math::ln(u)).sqrt() * cos
    }

    /// Shuffles `items` into a uniformly random order (Fisher and Yates, in Durstenfeld's form).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// The generator itself: for raw integers, and for `ndarray-rand`, whose `StandardUniform` gives the numbers of
    /// [`Stream::uniform`]. The other distributions of that crate use the platform's mathematics library.
    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

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
            // To the accuracy of ln and cos, which other tests check.
            assert_abs_diff_eq!(draw, expected, epsilon = 1e-14);
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

    /// The chi-square test of equal frequencies, at a level that one seed in a thousand exceeds.
    fn are_equally_frequent(counts: &[u32]) -> bool {
        let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
        let statistic: f64 =
            counts.iter().map(|&c| (f64::from(c) - expected) * (f64::from(c) - expected) / expected).sum();
        statistic < ChiSquared::new(counts.len() as f64 - 1.0).unwrap().inverse_cdf(0.999)
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
        assert!(are_equally_frequent(&tenths), "{tenths:?}");
    }

    #[test]
    fn indices_are_uniform_and_in_range() {
        let mut stream = Stream::new(0, "index", 0);
        assert_eq!(stream.index(1), 0);
        let mut counts = [0u32; 7];
        (0..70_000).for_each(|_| counts[stream.index(7)] += 1);
        assert!(are_equally_frequent(&counts), "{counts:?}");
    }

    #[test]
    #[should_panic(expected = "at least one item")]
    fn there_is_no_index_into_nothing() {
        Stream::new(0, "index", 0).index(0);
    }

    /// The normal distribution function maps normal numbers to uniform ones.
    #[test]
    fn normals_are_normal() {
        let (mut stream, normal) = (Stream::new(0, "normal", 0), Normal::standard());
        let mut bins = [0u32; 100];
        (0..200_000).for_each(|_| bins[(100.0 * normal.cdf(stream.normal())) as usize] += 1);
        assert!(are_equally_frequent(&bins), "{bins:?}");
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
        assert!(are_equally_frequent(&counts), "{counts:?}");
    }
}
