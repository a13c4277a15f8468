//! The traits of a number, and of a loop over numbers that is compiled for each instruction set.

use super::Scalar;
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A real number, or a fixed number of them side by side, one per lane.
///
/// Every operation works lane by lane. The documentation of a method that is not an IEEE 754 operation states how it is
/// built from them.
pub trait Real:
    Copy
    + Debug
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The number in one lane.
    type Scalar: Scalar;

    /// The number of lanes.
    const LANES: usize;

    /// Whether a loop may keep about thirty of these in registers (AVX-512), or about a dozen at most. It may change
    /// the shape of tiles, but never the order of a sum.
    const MANY_REGISTERS: bool = false;

    /// `x` in every lane.
    fn splat(x: Self::Scalar) -> Self;

    /// The number in lane `i`.
    ///
    /// # Panics
    /// If `i >= LANES`.
    fn lane(&self, i: usize) -> Self::Scalar;

    /// Stores `x` in lane `i`.
    ///
    /// # Panics
    /// If `i >= LANES`.
    fn set_lane(&mut self, i: usize, x: Self::Scalar);

    /// `self · a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;

    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;

    /// The absolute value: the sign bit cleared.
    fn abs(self) -> Self;

    /// Per lane: `if a < b { yes } else { no }`. A NaN compares as not less.
    fn select_lt(a: Self, b: Self, yes: Self, no: Self) -> Self;

    /// 2ⁿ, exact. `self` must be an integer n with a normal 2ⁿ (−1022 ..= 1023 for f64, −126 ..= 127 for f32). For
    /// other numbers the value is unspecified, but the same on every instruction set.
    fn pow2(self) -> Self;

    /// (m, e) with self = m · 2ᵉ and 1 ≤ m < 2, exact. `self` must be positive, normal and finite. For other numbers
    /// the value is unspecified, but the same on every instruction set.
    fn mantissa_exponent(self) -> (Self, Self);

    /// Runs `kernel` with the instruction set of [`Simd::current`](super::Simd::current).
    fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output;

    /// `x`, rounded to the scalar type, in every lane.
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        Self::splat(Self::Scalar::nearest(x))
    }

    /// 0 in every lane.
    #[inline(always)]
    fn zero() -> Self {
        Self::from_f64(0.0)
    }

    /// 1 in every lane.
    #[inline(always)]
    fn one() -> Self {
        Self::from_f64(1.0)
    }

    /// Prefetches `place`, if the instruction set supports it.
    #[inline(always)]
    fn prefetch(_place: &Self) {}

    /// The sum of the lanes, always in the same order: lane i adds lane i + LANES/2, then i + LANES/4, and so on.
    fn fold(self) -> Self::Scalar;

    /// `sums[i] += values[i].fold()` for every i: the same sums, several at once if the instruction set can.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline(always)]
    fn add_folds(values: &[Self], sums: &mut [Self::Scalar]) {
        assert_eq!(values.len(), sums.len(), "one sum for each value");
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = *sum + value.fold();
        }
    }
}

/// A type with the memory layout of `T` that computes in registers of one instruction set.
///
/// For a scalar, and for [`Lanes`](super::Lanes) in the portable build, it is the type itself.
pub trait Register<T>: Real<Scalar = T::Scalar>
where
    T: Real,
{
    /// The same elements, seen as registers.
    fn view(slice: &[T]) -> &[Self];

    /// The same elements, seen as registers.
    fn view_mut(slice: &mut [T]) -> &mut [Self];
}

/// A loop that is compiled once per instruction set. See the [module](super).
pub trait Kernel<T: Real> {
    /// The result of the loop.
    type Output;

    /// The loop. It, and every generic function that it calls, must be `#[inline(always)]`. A function that is not
    /// inlined is compiled for the baseline instruction set (the same bits, but slow).
    fn run<R: Register<T>>(self) -> Self::Output;
}
