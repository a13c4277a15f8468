//! [`Lanes`]: the numbers of several images, side by side in 64 bytes of memory.

use super::{Kernel, Real, Register, Scalar, simd};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `N` numbers of type `T`, one per lane, with `N · size_of::<T>() = 64`: [`Lanes<f32, 16>`] or [`Lanes<f64, 8>`].
///
/// It is both the element type of tensors and the portable register: its arithmetic is a loop over the lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<T, const N: usize>(pub [T; N]);

impl<T: Scalar, const N: usize> Lanes<T, N> {
    #[inline(always)]
    fn zip(mut self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        for i in 0..N {
            self.0[i] = f(self.0[i], other.0[i]);
        }
        self
    }

    #[inline(always)]
    fn map(mut self, f: impl Fn(T) -> T) -> Self {
        for i in 0..N {
            self.0[i] = f(self.0[i]);
        }
        self
    }
}

impl<T: Scalar, const N: usize> Default for Lanes<T, N> {
    fn default() -> Self {
        Lanes([T::default(); N])
    }
}

macro_rules! operator {
    ($($trait:ident $method:ident),*) => { $(
        impl<T: Scalar, const N: usize> $trait for Lanes<T, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a.$method(b))
            }
        }
    )* };
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl<T: Scalar, const N: usize> Neg for Lanes<T, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

macro_rules! lanes {
    ($t:ident, $n:literal, $avx512:ident, $avx2:ident) => {
        impl Real for Lanes<$t, $n> {
            type Scalar = $t;
            const LANES: usize = $n;

            #[inline(always)]
            fn splat(x: $t) -> Self {
                Lanes([x; $n])
            }
            #[inline(always)]
            fn lane(&self, i: usize) -> $t {
                self.0[i]
            }
            #[inline(always)]
            fn set_lane(&mut self, i: usize, x: $t) {
                self.0[i] = x;
            }
            #[inline(always)]
            fn mul_add(mut self, a: Self, b: Self) -> Self {
                for i in 0..$n {
                    self.0[i] = self.0[i].mul_add(a.0[i], b.0[i]);
                }
                self
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.map($t::sqrt)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.map($t::abs)
            }
            #[inline(always)]
            fn select_lt(a: Self, b: Self, yes: Self, mut no: Self) -> Self {
                for i in 0..$n {
                    no.0[i] = $t::select_lt(a.0[i], b.0[i], yes.0[i], no.0[i]);
                }
                no
            }
            #[inline(always)]
            fn pow2(self) -> Self {
                self.map($t::pow2)
            }
            #[inline(always)]
            fn mantissa_exponent(self) -> (Self, Self) {
                let (mut mantissa, mut exponent) = (self, self);
                for i in 0..$n {
                    (mantissa.0[i], exponent.0[i]) = self.0[i].mantissa_exponent();
                }
                (mantissa, exponent)
            }
            #[inline(always)]
            fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
                simd::run::<Self, Self, simd::$avx512, simd::$avx2, K>(kernel)
            }
            #[inline(always)]
            fn fold(mut self) -> $t {
                let mut half = $n / 2;
                while half > 0 {
                    for i in 0..half {
                        self.0[i] += self.0[i + half];
                    }
                    half /= 2;
                }
                self.0[0]
            }
        }

        impl Register<Lanes<$t, $n>> for Lanes<$t, $n> {
            #[inline(always)]
            fn view(slice: &[Self]) -> &[Self] {
                slice
            }
            #[inline(always)]
            fn view_mut(slice: &mut [Self]) -> &mut [Self] {
                slice
            }
        }
    };
}
lanes!(f32, 16, Avx512F32, Avx2F32);
lanes!(f64, 8, Avx512F64, Avx2F64);
