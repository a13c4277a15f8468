//! The numbers of the engine: one scalar type for single images and for several images, one image per lane.
//!
//! The engine is written for one image. Its scalar type is a parameter, [`Real`]: `f64` for gradient checks, `f32`, or
//! [`Lanes`], an aligned array of 64 bytes whose lane *i* belongs to image *i*. With lanes, the textbook loops process
//! 16 (f32) or 8 (f64) images at once. So the code that runs is the code that is checked.
//!
//! # The same bits everywhere
//! The source fixes the sequence of operations of a lane. `+ − × ÷ √` and [`Real::mul_add`] are correctly rounded by
//! IEEE 754 on every instruction set. rustc never fuses or reorders them by itself, and [`math`] builds exp, ln and
//! similar functions from these operations alone. So AVX-512, AVX2 with FMA, NEON and the portable build agree to the
//! last bit, and the platform's mathematics library is never used.
//!
//! # Instruction sets
//! A hot loop is a [`Kernel`]: a struct of slices with one generic, always-inlined method. [`Real::dispatch`] runs it
//! in a function that is compiled for the instruction set of [`Simd::current`]. The loop uses a register type with the
//! layout of the slices' elements:
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
//! This module contains the crate's only `unsafe`: the intrinsics, the calls of functions compiled for a detected
//! instruction set, and the conversion between `[Lanes]` and `[register]`, which have the same size and alignment.

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
