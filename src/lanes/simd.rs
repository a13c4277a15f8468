//! Selection of the instruction set, and the functions that are compiled for each.

use super::{Kernel, Real, Register};
use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(target_arch = "x86_64")]
pub(super) use super::x86::{Avx2F32, Avx2F64, Avx512F32, Avx512F64};

/// On other processors than x86-64 each build has one instruction set, and all registers are the portable one.
#[cfg(not(target_arch = "x86_64"))]
mod portable {
    pub(in super::super) type Avx512F32 = super::super::Lanes<f32, 16>;
    pub(in super::super) type Avx2F32 = super::super::Lanes<f32, 16>;
    pub(in super::super) type Avx512F64 = super::super::Lanes<f64, 8>;
    pub(in super::super) type Avx2F64 = super::super::Lanes<f64, 8>;
}
#[cfg(not(target_arch = "x86_64"))]
pub(super) use portable::*;

/// An instruction set. It changes only the time of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Simd {
    /// The baseline of the build. On x86-64 it has no fused multiply-add: each one is a function call, about 90 times
    /// slower. It is for checking the others, not for work.
    Portable = 1,
    /// AVX2 with FMA: two 256-bit registers per [`Lanes`](super::Lanes).
    Avx2,
    /// AVX-512 (F, BW, DQ, VL): one register per [`Lanes`](super::Lanes).
    Avx512,
    /// NEON, the baseline of 64-bit ARM, which has fused multiply-add: the compiler vectorises the portable loops.
    Neon,
}

/// 0: not chosen yet.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Simd {
    /// Every instruction set, the simplest first.
    pub const ALL: [Simd; 4] = [Simd::Portable, Simd::Avx2, Simd::Avx512, Simd::Neon];

    /// The name on the command line: `portable`, `avx2`, `avx512`, `neon`.
    pub fn name(self) -> &'static str {
        match self {
            Simd::Portable => "portable",
            Simd::Avx2 => "avx2",
            Simd::Avx512 => "avx512",
            Simd::Neon => "neon",
        }
    }

    /// The instruction set of that name.
    pub fn from_name(name: &str) -> Option<Simd> {
        Simd::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether this processor supports it.
    pub fn is_available(self) -> bool {
        match self {
            Simd::Portable => true,
            Simd::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => {
                Simd::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Simd::Avx2 | Simd::Avx512 => false,
        }
    }

    /// The fastest one that this processor supports.
    pub fn best() -> Simd {
        [Simd::Neon, Simd::Avx512, Simd::Avx2].into_iter().find(|s| s.is_available()).unwrap_or(Simd::Portable)
    }

    /// The one in use: the choice of [`Simd::force`], else [`Simd::best`].
    #[inline]
    pub fn current() -> Simd {
        let code = CURRENT.load(Ordering::Relaxed);
        match Simd::ALL.into_iter().find(|s| *s as u8 == code) {
            Some(simd) => simd,
            None => {
                let best = Simd::best();
                CURRENT.store(best as u8, Ordering::Relaxed);
                best
            }
        }
    }

    /// From now on, all kernels of the process run with this one.
    ///
    /// # Panics
    /// If the processor does not support it: check [`Simd::is_available`] first.
    pub fn force(self) {
        assert!(self.is_available(), "this processor does not support {}", self.name());
        CURRENT.store(self as u8, Ordering::Relaxed);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn run_avx512<T: Real, R: Register<T>, K: Kernel<T>>(kernel: K) -> K::Output {
    kernel.run::<R>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<T: Real, R: Register<T>, K: Kernel<T>>(kernel: K) -> K::Output {
    kernel.run::<R>()
}

/// Runs a kernel over `T` with the registers of the current instruction set: `P` portable, `A` AVX-512, `B` AVX2.
pub(super) fn run<T: Real, P: Register<T>, A: Register<T>, B: Register<T>, K: Kernel<T>>(kernel: K) -> K::Output {
    match Simd::current() {
        // SAFETY: `current` is always an instruction set that `is_available` has detected.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => unsafe { run_avx512::<T, A, K>(kernel) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => unsafe { run_avx2::<T, B, K>(kernel) },
        _ => kernel.run::<P>(),
    }
}
