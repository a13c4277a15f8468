//! The number types of a lane: `f32` and `f64`.

use super::{Kernel, Real, Register, simd};

/// `f32` or `f64`, with the constants of each type for [`math`](super::math).
pub trait Scalar: Real<Scalar = Self> + PartialOrd + Default + std::iter::Sum + std::fmt::Display {
    /// Adding and subtracting this rounds to an integer (ties to even): 1.5 · 2^(mantissa bits).
    const ROUNDER: f64;
    /// For this number and above, eˣ is infinite.
    const EXP_OVERFLOW: f64;
    /// For this number and below, eˣ is 0.
    const EXP_UNDERFLOW: f64;
    /// The smallest normal number.
    const MIN_NORMAL: f64;
    /// A power of two that makes every subnormal normal, and its exponent.
    const UNSUBNORMAL: (f64, f64);
    /// The degree at which the Taylor series of eˣ, |x| ≤ ln 2 / 2, reaches the precision of this type.
    const EXP_TERMS: usize;
    /// The number of terms that the series of ln (as artanh) needs.
    const LN_TERMS: usize;
    /// The number of terms that the series of atan needs.
    const ATAN_TERMS: usize;

    /// The nearest number of this type.
    fn nearest(x: f64) -> Self;

    /// The same number as `f64`, exact.
    fn to_f64(self) -> f64;

    /// Whether the number is neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

macro_rules! scalar {
    ($t:ident, $bits:ident, mantissa: $mantissa:literal, bias: $bias:literal, { $($constants:tt)* }) => {
        impl Scalar for $t {
            const ROUNDER: f64 = 1.5 * (1u64 << $mantissa) as f64;
            const MIN_NORMAL: f64 = $t::MIN_POSITIVE as f64;
            $($constants)*

            #[inline(always)]
            fn nearest(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
        }

        impl Real for $t {
            type Scalar = $t;
            const LANES: usize = 1;

            #[inline(always)]
            fn splat(x: $t) -> $t {
                x
            }
            #[inline(always)]
            fn lane(&self, i: usize) -> $t {
                assert_eq!(i, 0, "a scalar has one lane");
                *self
            }
            #[inline(always)]
            fn set_lane(&mut self, i: usize, x: $t) {
                assert_eq!(i, 0, "a scalar has one lane");
                *self = x;
            }
            #[inline(always)]
            fn mul_add(self, a: $t, b: $t) -> $t {
                $t::mul_add(self, a, b)
            }
            #[inline(always)]
            fn sqrt(self) -> $t {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> $t {
                $t::abs(self)
            }
            #[inline(always)]
            fn select_lt(a: $t, b: $t, yes: $t, no: $t) -> $t {
                if a < b { yes } else { no }
            }
            #[inline(always)]
            fn pow2(self) -> $t {
                // The lowest bits of the sum hold n + bias: shifted to the top they are the exponent field.
                let sum = self + (Self::ROUNDER + $bias as f64) as $t;
                $t::from_bits(sum.to_bits() << $mantissa)
            }
            #[inline(always)]
            fn mantissa_exponent(self) -> ($t, $t) {
                const MANTISSA: $bits = (1 << $mantissa) - 1;
                let (bits, one) = (self.to_bits(), (1.0 as $t).to_bits());
                // An integer below 2^mantissa, placed in the mantissa of 2^mantissa, is that sum.
                let shift = (1u64 << $mantissa) as $t;
                let biased = $t::from_bits((bits >> $mantissa) | shift.to_bits());
                ($t::from_bits((bits & MANTISSA) | one), biased - (shift + $bias as $t))
            }
            #[inline(always)]
            fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
                simd::run::<Self, Self, Self, Self, K>(kernel)
            }
            #[inline(always)]
            fn fold(self) -> $t {
                self
            }
        }

        impl Register<$t> for $t {
            #[inline(always)]
            fn view(slice: &[$t]) -> &[$t] {
                slice
            }
            #[inline(always)]
            fn view_mut(slice: &mut [$t]) -> &mut [$t] {
                slice
            }
        }
    };
}

scalar!(f32, u32, mantissa: 23, bias: 127, {
    const EXP_OVERFLOW: f64 = 88.722_84;
    const EXP_UNDERFLOW: f64 = -103.972_084;
    const UNSUBNORMAL: (f64, f64) = (33_554_432.0, 25.0);
    const EXP_TERMS: usize = 7;
    const LN_TERMS: usize = 5;
    const ATAN_TERMS: usize = 6;
});
scalar!(f64, u64, mantissa: 52, bias: 1023, {
    const EXP_OVERFLOW: f64 = 709.782_712_893_384;
    const EXP_UNDERFLOW: f64 = -745.133_219_101_941_2;
    const UNSUBNORMAL: (f64, f64) = (18_014_398_509_481_984.0, 54.0);
    const EXP_TERMS: usize = 13;
    const LN_TERMS: usize = 11;
    const ATAN_TERMS: usize = 14;
});
