//! Registers of AVX-512 and AVX2: the types that a loop over [`Lanes`] uses on x86-64.
//!
//! LLVM's own vectorisation of small arrays depends on the surrounding loop: an 8 × 3 register tile of a convolution
//! ran at 2.5 or at 125 GFLOP/s (measured here). So each operation is one intrinsic. All of them are the IEEE
//! operations of the portable loops.
//!
//! Safety, for the whole file: these types exist only inside kernels that [`Real::dispatch`] runs. Their functions are
//! compiled for the instruction set, and run after it was detected.

use super::{Kernel, Lanes, Real, Register, Scalar};
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Neg, Sub};

macro_rules! register {
    ($name:ident, $t:ident, $n:literal, [$($half:tt),*], $raw:ty, $doc:literal,
     splat $set1:ident, add $add:ident, sub $sub:ident, mul $mul:ident, div $div:ident, fma $fma:ident, sqrt $sqrt:ident,
     and $and:ident, or $or:ident, xor $xor:ident, shl $shl:ident, shr $shr:ident, lt ($a:ident, $b:ident, $yes:ident, $no:ident) $lt:expr,
     mantissa $mantissa:literal, bias $bias:literal, fold $fold:ident $(, folds $folds:ident)?) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug)]
        #[repr(C, align(64))]
        pub struct $name([$raw; [$($half),*].len()]);

        const _: () = assert!(size_of::<$name>() == size_of::<Lanes<$t, $n>>());
        const _: () = assert!(align_of::<$name>() == align_of::<Lanes<$t, $n>>());

        impl $name {
            #[inline(always)]
            fn constant(bits: $t) -> $raw {
                unsafe { $set1(bits) }
            }
            #[inline(always)]
            fn array(self) -> Lanes<$t, $n> {
                unsafe { std::mem::transmute(self) }
            }
        }

        impl Add for $name {
            type Output = Self;
            #[inline(always)]
            fn add(self, o: Self) -> Self {
                unsafe { $name([$($add(self.0[$half], o.0[$half])),*]) }
            }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline(always)]
            fn sub(self, o: Self) -> Self {
                unsafe { $name([$($sub(self.0[$half], o.0[$half])),*]) }
            }
        }
        impl Mul for $name {
            type Output = Self;
            #[inline(always)]
            fn mul(self, o: Self) -> Self {
                unsafe { $name([$($mul(self.0[$half], o.0[$half])),*]) }
            }
        }
        impl Div for $name {
            type Output = Self;
            #[inline(always)]
            fn div(self, o: Self) -> Self {
                unsafe { $name([$($div(self.0[$half], o.0[$half])),*]) }
            }
        }
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                let sign = Self::constant(-0.0);
                unsafe { $name([$($xor(self.0[$half], sign)),*]) }
            }
        }

        impl Real for $name {
            type Scalar = $t;
            const LANES: usize = $n;
            const MANY_REGISTERS: bool = size_of::<$raw>() == 64;

            #[inline(always)]
            fn splat(x: $t) -> Self {
                $name([Self::constant(x); [$($half),*].len()])
            }
            #[inline(always)]
            fn lane(&self, i: usize) -> $t {
                self.array().0[i]
            }
            #[inline(always)]
            fn set_lane(&mut self, i: usize, x: $t) {
                let mut array = self.array();
                array.0[i] = x;
                *self = unsafe { std::mem::transmute::<Lanes<$t, $n>, Self>(array) };
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                unsafe { $name([$($fma(self.0[$half], a.0[$half], b.0[$half])),*]) }
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                unsafe { $name([$($sqrt(self.0[$half])),*]) }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                let magnitude = Self::constant($t::from_bits(!(-0.0 as $t).to_bits()));
                unsafe { $name([$($and(self.0[$half], magnitude)),*]) }
            }
            #[inline(always)]
            fn select_lt(a: Self, b: Self, yes: Self, no: Self) -> Self {
                $name([$({
                    let ($a, $b, $yes, $no) = (a.0[$half], b.0[$half], yes.0[$half], no.0[$half]);
                    unsafe { $lt }
                }),*])
            }
            #[inline(always)]
            fn pow2(self) -> Self {
                let shifter = Self::constant((<$t as Scalar>::ROUNDER + $bias as f64) as $t);
                unsafe { $name([$($shl::<$mantissa>($add(self.0[$half], shifter))),*]) }
            }
            #[inline(always)]
            fn mantissa_exponent(self) -> (Self, Self) {
                let fraction = Self::constant($t::from_bits((1 << $mantissa) - 1));
                let one = Self::constant(1.0);
                let shift = (1u64 << $mantissa) as $t;
                let (shifted, biased) = (Self::constant(shift), Self::constant(shift + $bias as $t));
                unsafe {
                    (
                        $name([$($or($and(self.0[$half], fraction), one)),*]),
                        $name([$($sub($or($shr::<$mantissa>(self.0[$half]), shifted), biased)),*]),
                    )
                }
            }
            /// A register needs no further dispatch.
            #[inline(always)]
            fn dispatch<K: Kernel<Self>>(kernel: K) -> K::Output {
                kernel.run::<Self>()
            }
            #[inline(always)]
            fn fold(self) -> $t {
                unsafe { $fold(self.0) }
            }
            #[inline(always)]
            fn prefetch(place: &Self) {
                unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast()) }
            }
            $(#[inline(always)]
            fn add_folds(values: &[Self], sums: &mut [$t]) {
                assert_eq!(values.len(), sums.len(), "one sum for each value");
                let (groups, rest) = values.as_chunks::<$n>();
                let (group_sums, rest_sums) = sums.as_chunks_mut::<$n>();
                for (values, sums) in groups.iter().zip(group_sums) {
                    unsafe { $folds(values, sums) }
                }
                for (value, sum) in rest.iter().zip(rest_sums) {
                    *sum += value.fold();
                }
            })?
        }

        impl Register<Self> for $name {
            #[inline(always)]
            fn view(slice: &[Self]) -> &[Self] {
                slice
            }
            #[inline(always)]
            fn view_mut(slice: &mut [Self]) -> &mut [Self] {
                slice
            }
        }

        impl Register<Lanes<$t, $n>> for $name {
            #[inline(always)]
            fn view(slice: &[Lanes<$t, $n>]) -> &[Self] {
                // SAFETY: the same size and alignment (asserted above), and every bit pattern is a valid value of both.
                unsafe { std::slice::from_raw_parts(slice.as_ptr().cast(), slice.len()) }
            }
            #[inline(always)]
            fn view_mut(slice: &mut [Lanes<$t, $n>]) -> &mut [Self] {
                // SAFETY: as above.
                unsafe { std::slice::from_raw_parts_mut(slice.as_mut_ptr().cast(), slice.len()) }
            }
        }
    };
}

/// AVX-512F and AVX2 shift and combine integers only: converts the same bits to integers and back.
macro_rules! on_bits {
    ($($raw:ty, $to:ident, $from:ident:
       $and:ident = $iand:ident, $or:ident = $ior:ident, $xor:ident = $ixor:ident, $shl:ident = $ishl:ident, $shr:ident = $ishr:ident, $imm:ty;)*) => { $(
        #[inline(always)]
        unsafe fn $and(a: $raw, b: $raw) -> $raw {
            unsafe { $from($iand($to(a), $to(b))) }
        }
        #[inline(always)]
        unsafe fn $or(a: $raw, b: $raw) -> $raw {
            unsafe { $from($ior($to(a), $to(b))) }
        }
        #[inline(always)]
        unsafe fn $xor(a: $raw, b: $raw) -> $raw {
            unsafe { $from($ixor($to(a), $to(b))) }
        }
        #[inline(always)]
        unsafe fn $shl<const BITS: $imm>(a: $raw) -> $raw {
            unsafe { $from($ishl::<BITS>($to(a))) }
        }
        #[inline(always)]
        unsafe fn $shr<const BITS: $imm>(a: $raw) -> $raw {
            unsafe { $from($ishr::<BITS>($to(a))) }
        }
    )* };
}
on_bits! {
    __m512, _mm512_castps_si512, _mm512_castsi512_ps: and512s = _mm512_and_si512, or512s = _mm512_or_si512,
        xor512s = _mm512_xor_si512, shl512s = _mm512_slli_epi32, shr512s = _mm512_srli_epi32, u32;
    __m512d, _mm512_castpd_si512, _mm512_castsi512_pd: and512d = _mm512_and_si512, or512d = _mm512_or_si512,
        xor512d = _mm512_xor_si512, shl512d = _mm512_slli_epi64, shr512d = _mm512_srli_epi64, u32;
    __m256, _mm256_castps_si256, _mm256_castsi256_ps: and256s = _mm256_and_si256, or256s = _mm256_or_si256,
        xor256s = _mm256_xor_si256, shl256s = _mm256_slli_epi32, shr256s = _mm256_srli_epi32, i32;
    __m256d, _mm256_castpd_si256, _mm256_castsi256_pd: and256d = _mm256_and_si256, or256d = _mm256_or_si256,
        xor256d = _mm256_xor_si256, shl256d = _mm256_slli_epi64, shr256d = _mm256_srli_epi64, i32;
}

// The sum of `Real::fold`: the upper half of the lanes is added to the lower half, until one lane is left.

#[inline(always)]
unsafe fn fold512s([a]: [__m512; 1]) -> f32 {
    unsafe { fold256s([_mm512_castps512_ps256(a), _mm512_extractf32x8_ps::<1>(a)]) }
}

#[inline(always)]
unsafe fn fold256s([a, b]: [__m256; 2]) -> f32 {
    unsafe {
        let eight = _mm256_add_ps(a, b);
        let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }
}

/// Sixteen of these sums at once: each step joins two registers, which leaves half as many, all full. The pairs of
/// registers (first by their index in units of 8 and 4, then of 1, then of 2) are chosen so that the sums end in order.
#[inline(always)]
unsafe fn add_folds512s(values: &[Avx512F32; 16], sums: &mut [f32; 16]) {
    unsafe {
        let low = fold_eighths(fold_quarters(values, 0), fold_quarters(values, 1));
        let high = fold_eighths(fold_quarters(values, 2), fold_quarters(values, 3));
        let folded = _mm512_add_ps(_mm512_shuffle_ps::<0x88>(low, high), _mm512_shuffle_ps::<0xDD>(low, high));
        _mm512_storeu_ps(sums.as_mut_ptr(), _mm512_add_ps(_mm512_loadu_ps(sums.as_ptr()), folded));
    }
}

/// Four lanes each of values `i`, `i + 4`, `i + 8`, `i + 12`.
#[inline(always)]
unsafe fn fold_quarters(values: &[Avx512F32; 16], i: usize) -> __m512 {
    unsafe {
        let low = fold_halves(values[i].0[0], values[i + 4].0[0]);
        let high = fold_halves(values[i + 8].0[0], values[i + 12].0[0]);
        _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(low, high), _mm512_shuffle_f32x4::<0xDD>(low, high))
    }
}

#[inline(always)]
unsafe fn fold_halves(a: __m512, b: __m512) -> __m512 {
    unsafe { _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xEE>(a, b)) }
}

#[inline(always)]
unsafe fn fold_eighths(a: __m512, b: __m512) -> __m512 {
    unsafe {
        let (a, b) = (_mm512_castps_pd(a), _mm512_castps_pd(b));
        _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)))
    }
}

#[inline(always)]
unsafe fn fold512d([a]: [__m512d; 1]) -> f64 {
    unsafe { fold256d([_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd::<1>(a)]) }
}

#[inline(always)]
unsafe fn fold256d([a, b]: [__m256d; 2]) -> f64 {
    unsafe {
        let four = _mm256_add_pd(a, b);
        let two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd::<1>(four));
        _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
    }
}

register!(Avx512F32, f32, 16, [0], __m512, "Sixteen `f32` in one AVX-512 register.",
    splat _mm512_set1_ps, add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps,
    fma _mm512_fmadd_ps, sqrt _mm512_sqrt_ps, and and512s, or or512s, xor xor512s, shl shl512s, shr shr512s,
    lt (a, b, yes, no) _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b), no, yes),
    mantissa 23, bias 127, fold fold512s, folds add_folds512s);
register!(Avx512F64, f64, 8, [0], __m512d, "Eight `f64` in one AVX-512 register.",
    splat _mm512_set1_pd, add _mm512_add_pd, sub _mm512_sub_pd, mul _mm512_mul_pd, div _mm512_div_pd,
    fma _mm512_fmadd_pd, sqrt _mm512_sqrt_pd, and and512d, or or512d, xor xor512d, shl shl512d, shr shr512d,
    lt (a, b, yes, no) _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b), no, yes),
    mantissa 52, bias 1023, fold fold512d);
register!(Avx2F32, f32, 16, [0, 1], __m256, "Sixteen `f32` in two AVX registers.",
    splat _mm256_set1_ps, add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps,
    fma _mm256_fmadd_ps, sqrt _mm256_sqrt_ps, and and256s, or or256s, xor xor256s, shl shl256s, shr shr256s,
    lt (a, b, yes, no) _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b)),
    mantissa 23, bias 127, fold fold256s);
register!(Avx2F64, f64, 8, [0, 1], __m256d, "Eight `f64` in two AVX registers.",
    splat _mm256_set1_pd, add _mm256_add_pd, sub _mm256_sub_pd, mul _mm256_mul_pd, div _mm256_div_pd,
    fma _mm256_fmadd_pd, sqrt _mm256_sqrt_pd, and and256d, or or256d, xor xor256d, shl shl256d, shr shr256d,
    lt (a, b, yes, no) _mm256_blendv_pd(no, yes, _mm256_cmp_pd::<_CMP_LT_OQ>(a, b)),
    mantissa 52, bias 1023, fold fold256d);
