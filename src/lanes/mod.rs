//! The scalar abstraction: one image per lane.
//!
//! The engine is written for one image. Its scalar type is a parameter, [`Real`]: `f64` for gradient checks, `f32`, or
//! [`Lanes`], an aligned array of 64 bytes whose lane *i* belongs to image *i*. Instantiated on lanes the textbook loops
//! process 16 (f32) or 8 (f64) images at once; the code that is audited is the code that runs.
//!
//! # The same bits everywhere
//! A lane's sequence of operations is fixed by the source: `+ − × ÷ √` and [`Real::mul_add`] are correctly rounded by IEEE 754
//! on every instruction set, rustc never fuses or reorders them by itself, and [`math`] builds exp, ln and their relatives
//! from nothing else. So AVX-512, AVX2 with FMA, NEON and the portable build agree to the last bit, and the platform's
//! mathematics library is never asked.
//!
//! # Instruction sets
//! A hot loop is a [`Kernel`]: a struct of slices with one generic, always-inlined method. [`Real::dispatch`] runs it inside a
//! function compiled for the instruction set that [`Simd::current`] names, on a register type that has the layout of the
//! slices' elements:
//!
//! ```
//! use gradspace::lanes::{Kernel, Lanes, Real, Register};
//!
//! struct Axpy<'a, T: Real>(T::Scalar, &'a [T], &'a mut [T]);
//!
//! impl<T: Real> Kernel<T> for Axpy<'_, T> {
//!     type Output = ();
//!     #[inline(always)]
//!     fn run<R: Register<T>>(self) {
//!         let a = R::splat(self.0);
//!         for (x, y) in R::view(self.1).iter().zip(R::view_mut(self.2)) {
//!             *y = a.mul_add(*x, *y);
//!         }
//!     }
//! }
//!
//! let (x, mut y) = (vec![Lanes::<f64, 8>::splat(2.0); 100], vec![Lanes::splat(1.0); 100]);
//! Lanes::dispatch(Axpy(3.0, &x, &mut y));
//! assert_eq!(y[99].lane(7), 7.0);
//! ```
//!
//! This module holds the crate's only `unsafe`: the intrinsics, the calls into functions compiled for a detected instruction
//! set, and the change of view between `[Lanes]` and `[register]`, which have one size and alignment.

mod array;
pub mod math;
mod real;
mod scalar;
mod simd;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use array::Lanes;
pub use real::{Kernel, Real, Register};
pub use scalar::Scalar;
pub use simd::Simd;
