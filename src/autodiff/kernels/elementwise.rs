//! Loops over single elements: functions of one number, products, and sums for losses.

use crate::lanes::{Kernel, Real, Register};

/// A function of one number and its derivative.
pub trait Elementwise: Send + Sync + 'static {
    /// The name of the op.
    const NAME: &'static str;

    /// y = f(x).
    fn value<R: Real>(x: R) -> R;

    /// f′(x), given x and y = f(x).
    fn derivative<R: Real>(x: R, y: R) -> R;
}

/// y = f(x), element by element.
pub fn map<F: Elementwise, T: Real>(x: &[T], y: &mut [T]) {
    struct Map<'a, F, T>(&'a [T], &'a mut [T], std::marker::PhantomData<F>);
    impl<F: Elementwise, T: Real> Kernel<T> for Map<'_, F, T> {
        type Output = ();
        #[inline(always)]
        fn run<R: Register<T>>(self) {
            for (&x, y) in R::view(self.0).iter().zip(R::view_mut(self.1)) {
                *y = F::value(x);
            }
        }
    }
    T::dispatch(Map::<F, T>(x, y, std::marker::PhantomData));
}

/// dx += c · f′(x), element by element.
pub fn add_map_vjp<F: Elementwise, T: Real>(x: &[T], y: &[T], c: &[T], dx: &mut [T]) {
    struct MapVjp<'a, F, T>(&'a [T], &'a [T], &'a [T], &'a mut [T], std::marker::PhantomData<F>);
    impl<F: Elementwise, T: Real> Kernel<T> for MapVjp<'_, F, T> {
        type Output = ();
        #[inline(always)]
        fn run<R: Register<T>>(self) {
            let (x, y, c) = (R::view(self.0), R::view(self.1), R::view(self.2));
            for (((&x, &y), &c), dx) in x.iter().zip(y).zip(c).zip(R::view_mut(self.3)) {
                *dx = c.mul_add(F::derivative(x, y), *dx);
            }
        }
    }
    T::dispatch(MapVjp::<F, T>(x, y, c, dx, std::marker::PhantomData));
}

/// y += a · x, element by element.
pub fn add_product<T: Real>(a: &[T], x: &[T], y: &mut [T]) {
    struct Product<'a, T>(&'a [T], &'a [T], &'a mut [T]);
    impl<T: Real> Kernel<T> for Product<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<R: Register<T>>(self) {
            for ((&a, &x), y) in R::view(self.0).iter().zip(R::view(self.1)).zip(R::view_mut(self.2)) {
                *y = a.mul_add(x, *y);
            }
        }
    }
    T::dispatch(Product(a, x, y));
}

/// y += a · x with one factor a.
pub fn add_scaled<T: Real>(a: T, x: &[T], y: &mut [T]) {
    struct Scaled<'a, T>(&'a [T], &'a [T], &'a mut [T]);
    impl<T: Real> Kernel<T> for Scaled<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<R: Register<T>>(self) {
            let a = R::view(self.0)[0];
            for (&x, y) in R::view(self.1).iter().zip(R::view_mut(self.2)) {
                *y = a.mul_add(x, *y);
            }
        }
    }
    T::dispatch(Scaled(&[a], x, y));
}

/// A term of a sum over two arrays, and its derivatives.
pub trait PairTerm: Send + Sync + 'static {
    /// t(a, b).
    fn term<R: Real>(a: R, b: R) -> R;

    /// (∂t/∂a, ∂t/∂b).
    fn derivatives<R: Real>(a: R, b: R) -> (R, R);
}

/// Σ t(aᵢ, bᵢ), in order.
pub fn sum_pairs<F: PairTerm, T: Real>(a: &[T], b: &[T]) -> T {
    struct Sum<'a, F, T>(&'a [T], &'a [T], &'a mut [T], std::marker::PhantomData<F>);
    impl<F: PairTerm, T: Real> Kernel<T> for Sum<'_, F, T> {
        type Output = ();
        #[inline(always)]
        fn run<R: Register<T>>(self) {
            let mut sum = R::zero();
            for (&a, &b) in R::view(self.0).iter().zip(R::view(self.1)) {
                sum = sum + F::term(a, b);
            }
            R::view_mut(self.2)[0] = sum;
        }
    }
    let mut total = [T::zero()];
    T::dispatch(Sum::<F, T>(a, b, &mut total, std::marker::PhantomData));
    total[0]
}

/// d += c · ∂t/∂a (`second` = false) or c · ∂t/∂b (true), element by element.
pub fn add_pair_vjp<F: PairTerm, T: Real>(second: bool, a: &[T], b: &[T], c: T, d: &mut [T]) {
    struct Vjp<'a, F, T>(bool, &'a [T], &'a [T], &'a [T], &'a mut [T], std::marker::PhantomData<F>);
    impl<F: PairTerm, T: Real> Kernel<T> for Vjp<'_, F, T> {
        type Output = ();
        #[inline(always)]
        fn run<R: Register<T>>(self) {
            let c = R::view(self.3)[0];
            for ((&a, &b), d) in R::view(self.1).iter().zip(R::view(self.2)).zip(R::view_mut(self.4)) {
                let (first, second) = F::derivatives(a, b);
                *d = c.mul_add(if self.0 { second } else { first }, *d);
            }
        }
    }
    T::dispatch(Vjp::<F, T>(second, a, b, &[c], d, std::marker::PhantomData));
}
