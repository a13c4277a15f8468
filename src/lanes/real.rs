//! What the engine asks of a number, and how a loop over numbers meets an instruction set.

use super::{Scalar, math};
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A real number, or a fixed number of them side by side, one per lane.
///
/// Every operation works lane by lane. A method that is not an IEEE 754 operation says how it is built from those.
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

    /// How many lanes there are.
    const LANES: usize;

    /// Whether a loop may keep some thirty of these in registers (AVX-512), or about a dozen at most. It may shape tiles, never
    /// the order of a sum.
    const MANY_REGISTERS: bool = false;

    /// `x` in every lane.
    fn splat(x: Self::Scalar) -> Self;

    /// The number in lane `i`.
    ///
    /// # Panics
    /// When `i >= LANES`.
    fn lane(&self, i: usize) -> Self::Scalar;

    /// Puts `x` into lane `i`.
    ///
    /// # Panics
    /// When `i >= LANES`.
    fn set_lane(&mut self, i: usize, x: Self::Scalar);

    /// `self · a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;

    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;

    /// The absolute value: the sign bit cleared.
    fn abs(self) -> Self;

    /// Per lane: `if a < b { yes } else { no }`. A NaN compares as not less.
    fn select_lt(a: Self, b: Self, yes: Self, no: Self) -> Self;

    /// 2ⁿ, exact. `self` must hold an integer n with a normal 2ⁿ (−1022 ..= 1023 for f64, −126 ..= 127 for f32); elsewhere
    /// the value is unspecified, but the same on every instruction set.
    fn pow2(self) -> Self;

    /// (m, e) with self = m · 2ᵉ and 1 ≤ m < 2, exact. `self` must be positive, normal and finite; elsewhere the value is
    /// unspecified, but the same on every instruction set.
    fn mantissa_exponent(self) -> (Self, Self);

    /// Runs `kernel` with the instruction set that [`Simd::current`](super::Simd::current) names.
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

    /// Tells the processor that `place` will be used soon; a hint, where the instruction set has it.
    #[inline(always)]
    fn prefetch(_place: &Self) {}

    /// The lanes added up, always as the same tree: lane i takes lane i + LANES/2, then i + LANES/4, and so on.
    fn fold(self) -> Self::Scalar;

    /// `sums[i] += values[i].fold()` for every i: the same trees, side by side where the instruction set can.
    ///
    /// # Panics
    /// When the lengths differ.
    #[inline(always)]
    fn add_folds(values: &[Self], sums: &mut [Self::Scalar]) {
        assert_eq!(values.len(), sums.len(), "one sum for each value");
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = *sum + value.fold();
        }
    }

    /// eˣ: see [`math::exp`].
    #[inline(always)]
    fn exp(self) -> Self {
        math::exp(self)
    }

    /// ln x: see [`math::ln`].
    #[inline(always)]
    fn ln(self) -> Self {
        math::ln(self)
    }

    /// 1/(1 + e⁻ˣ): see [`math::sigmoid`].
    #[inline(always)]
    fn sigmoid(self) -> Self {
        math::sigmoid(self)
    }

    /// tanh x: see [`math::tanh`].
    #[inline(always)]
    fn tanh(self) -> Self {
        math::tanh(self)
    }

    /// The angle of the point (x, y) with `self` = y: see [`math::atan2`].
    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        math::atan2(self, x)
    }
}

/// A type that lies in memory as `T` does and does its arithmetic in registers of one instruction set.
///
/// For a scalar, and for [`Lanes`](super::Lanes) in the portable build, that is the type itself.
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
    /// What the loop returns.
    type Output;

    /// The loop. It, and everything generic that it calls, must be `#[inline(always)]`: what is not inlined is compiled for
    /// the baseline instruction set (the same bits, but slow).
    fn run<R: Register<T>>(self) -> Self::Output;
}
