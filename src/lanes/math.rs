//! exp, ln, sigmoid, atan2, sine and cosine, from IEEE operations alone.
//!
//! The platform's library gives different last bits on different platforms, and its functions do not work on lanes.
//! These functions follow the textbook: reduce the argument with fused multiply-adds, sum the Taylor series, and add
//! the largest part last. The coefficients are easy to check, and there are no tables. They cost a few more
//! multiplications than a minimax polynomial and can be read in one sitting. All of them are generic over [`Real`]:
//! scalars and lanes run the same code and give the same bits.
//!
//! The tests at the end measure the worst error over dense and random arguments, against a reference of twice the
//! precision. The documentation of each function states it, in units in the last place (ulp).

use super::{Real, Scalar};

/// A constant in two parts: its value in the scalar type, and the remainder. `tail` is the remainder of the `f64`
/// value.
#[inline(always)]
fn split<R: Real>(constant: f64, tail: f64) -> (R, R) {
    let high = R::Scalar::nearest(constant);
    (R::splat(high), R::from_f64((constant - high.to_f64()) + tail))
}

#[inline(always)]
fn ln_2<R: Real>() -> (R, R) {
    split(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17)
}

#[inline(always)]
fn half_pi<R: Real>() -> (R, R) {
    split(std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17)
}

/// The nearest integer (ties to even), for |x| below 2²² (f32) or 2⁵¹ (f64).
#[inline(always)]
pub fn round<R: Real>(x: R) -> R {
    let rounder = R::from_f64(R::Scalar::ROUNDER);
    (x + rounder) - rounder
}

/// (n, r, t) with eˣ = 2ⁿ (1 + r + t), for finite x of moderate size: n = round(x / ln 2), r = x − n ln 2 to the leading bits of
/// ln 2 (exact: one fused multiply-add, whose result fits), and t the rest: the tail of ln 2 and the Taylor series from r²/2 on.
#[inline(always)]
fn exp_reduced<R: Real>(x: R) -> (R, R, R) {
    let (high, low) = ln_2::<R>();
    let n = round(x * R::from_f64(std::f64::consts::LOG2_E));
    let r = (-n).mul_add(high, x);
    let tail = -n * low;
    let sum = r + tail;
    let mut series = R::zero();
    for k in (2..=R::Scalar::EXP_TERMS).rev() {
        series = series.mul_add(sum, R::from_f64(INVERSE_FACTORIAL[k]));
    }
    (n, r, (sum * sum).mul_add(series, tail))
}

/// 1/k! for k = 0 ..= 18.
const INVERSE_FACTORIAL: [f64; 19] = {
    let (mut table, mut k, mut factorial) = ([1.0; 19], 1, 1u64);
    while k < 19 {
        factorial *= k as u64;
        table[k] = 1.0 / factorial as f64;
        k += 1;
    }
    table
};

/// eˣ and its rounding error. `x` is clamped to the range in which the result is representable.
#[inline(always)]
fn exp_pair<R: Real>(x: R) -> (R, R) {
    let (overflow, underflow) = (R::from_f64(R::Scalar::EXP_OVERFLOW), R::from_f64(R::Scalar::EXP_UNDERFLOW));
    let (n, r, t) = exp_reduced(R::select_lt(x, underflow, underflow, R::select_lt(overflow, x, overflow, x)));
    let sum = R::one() + r;
    let rest = (r - (sum - R::one())) + t;
    let y = sum + rest;
    // In two steps, since 2ⁿ may be out of range although the result is in range.
    let half = round(n * R::from_f64(0.5));
    let (first, second) = (half.pow2(), (n - half).pow2());
    (y * first * second, (rest - (y - sum)) * first * second)
}

/// eˣ. Infinite above ln of the largest number; first subnormal and then 0 at the lower end; a NaN stays a NaN.
///
/// Worst error: 0.7 ulp (f64), 0.8 ulp (f32).
#[inline(always)]
pub fn exp<R: Real>(x: R) -> R {
    let (overflow, underflow) = (R::from_f64(R::Scalar::EXP_OVERFLOW), R::from_f64(R::Scalar::EXP_UNDERFLOW));
    let (y, _) = exp_pair(x);
    R::select_lt(x, underflow, R::zero(), R::select_lt(overflow, x, R::from_f64(f64::INFINITY), y))
}

/// ln x: −∞ at 0, NaN below.
///
/// x = m 2ᵉ with m in (√½, √2]; with f = m − 1 and s = f/(2 + f), ln m = 2 artanh s = f − s (f − R), R = Σ 2 s²ᵏ/(2k + 1).
/// Worst error: 1.6 ulp (close to 1; elsewhere 0.9).
#[inline(always)]
pub fn ln<R: Real>(x: R) -> R {
    let (zero, one) = (R::zero(), R::one());
    let (factor, shift) = R::Scalar::UNSUBNORMAL;
    let (smallest, factor) = (R::from_f64(R::Scalar::MIN_NORMAL), R::from_f64(factor));
    let (m, e) = R::select_lt(x, smallest, x * factor, x).mantissa_exponent();
    let e = e - R::select_lt(x, smallest, R::from_f64(shift), zero);
    let root = R::from_f64(std::f64::consts::SQRT_2);
    let e = e + R::select_lt(root, m, one, zero);
    let f = R::select_lt(root, m, m * R::from_f64(0.5), m) - one;
    let s = f / (R::from_f64(2.0) + f);
    let z = s * s;
    let mut series = zero;
    for k in (1..=R::Scalar::LN_TERMS).rev() {
        series = series.mul_add(z, R::from_f64(2.0 / (2 * k + 1) as f64));
    }
    let (high, low) = ln_2::<R>();
    let mantissa = (-s).mul_add((-z).mul_add(series, f), f);
    let y = e.mul_add(high, e.mul_add(low, mantissa));
    let infinity = R::from_f64(f64::INFINITY);
    let y = R::select_lt(x, infinity, y, x);
    R::select_lt(zero, x, y, R::select_lt(x, zero, R::from_f64(f64::NAN), x - infinity))
}

/// 1/(1 + e⁻ˣ), accurate in both tails: with e = e^(−|x|) it is 1/(1 + e) or e/(1 + e).
///
/// The quotient is corrected once by its remainder, including the rounding errors of e and of 1 + e.
/// Worst error: 0.7 ulp.
#[inline(always)]
pub fn sigmoid<R: Real>(x: R) -> R {
    let (zero, one) = (R::zero(), R::one());
    let (e, e_rest) = exp_pair(-x.abs());
    let below = R::from_f64(R::Scalar::EXP_UNDERFLOW);
    let e = R::select_lt(x, below, zero, e);
    let denominator = one + e;
    let denominator_rest = (e - (denominator - one)) + e_rest;
    let (numerator, numerator_rest) = (R::select_lt(x, zero, e, one), R::select_lt(x, zero, e_rest, zero));
    let y = numerator / denominator;
    let remainder = remainder(y, (numerator, numerator_rest), (denominator, denominator_rest));
    // 1/(1 + e) is y itself or 1 − y.
    remainder.mul_add(R::select_lt(x, zero, one - y, y), y)
}

/// The remainder `n − q d` of a quotient q, for a numerator and a denominator in two parts each.
#[inline(always)]
fn remainder<R: Real>(q: R, (n, n_rest): (R, R), (d, d_rest): (R, R)) -> R {
    (-q).mul_add(d, n) + (-q).mul_add(d_rest, n_rest)
}

/// The angle of the point (`x`, `y`) in (−π, π]. Zeros count as positive, so (0, 0) gives 0. At most one coordinate may
/// be infinite.
///
/// With s the smaller coordinate and l the larger: atan(s/l). Above tan(π/12) it is π/6 + atan((√3 s − l)/(√3 l + s)),
/// so that the series needs arguments up to tan(π/12) only. Worst error: 1.9 ulp.
#[inline(always)]
pub fn atan2<R: Real>(y: R, x: R) -> R {
    let (zero, one) = (R::zero(), R::one());
    let (width, height) = (x.abs(), y.abs());
    let larger = R::select_lt(width, height, height, width);
    let larger = R::select_lt(zero, larger, larger, one);
    let smaller = R::select_lt(width, height, width, height);
    let (root, root_tail) = split::<R>(1.732_050_807_568_877_2, 1.005_083_873_676_487_6e-16);
    let limit = larger * R::from_f64(0.267_949_192_431_122_7);
    let numerator = smaller.mul_add(root, -larger) + smaller * root_tail;
    let u = R::select_lt(limit, smaller, numerator, smaller)
        / R::select_lt(limit, smaller, larger.mul_add(root, smaller), larger);
    let z = u * u;
    let mut series = zero;
    for k in (1..=R::Scalar::ATAN_TERMS).rev() {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        series = series.mul_add(z, R::from_f64(sign / (2 * k + 1) as f64));
    }
    // The angle is k π/6 plus or minus a small part. Each reflection, at 45° and at 90°, changes k and the sign of the
    // small part.
    let (mut small, mut k) = ((u * z).mul_add(series, u), R::select_lt(limit, smaller, one, zero));
    k = R::select_lt(width, height, R::from_f64(3.0) - k, k);
    small = R::select_lt(width, height, -small, small);
    k = R::select_lt(x, zero, R::from_f64(6.0) - k, k);
    small = R::select_lt(x, zero, -small, small);
    let (sixth, sixth_tail) = split::<R>(std::f64::consts::FRAC_PI_6, -5.360_408_832_255_455e-17);
    let angle = k.mul_add(sixth, k.mul_add(sixth_tail, small));
    R::select_lt(y, zero, -angle, angle)
}

/// (sin x, cos x) for |x| up to 10⁵ (f64) or 10² (f32), in radians.
///
/// Worst error: 1.5 ulp of the value, or of 10⁻³ where the value is smaller.
#[inline(always)]
pub fn sin_cos<R: Real>(x: R) -> (R, R) {
    let (high, low) = half_pi::<R>();
    let n = round(x * R::from_f64(std::f64::consts::FRAC_2_PI));
    let r = (-n).mul_add(low, (-n).mul_add(high, x));
    let z = r * r;
    let (mut sine, mut cosine) = (R::zero(), R::zero());
    for k in (1..=8).rev() {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        sine = sine.mul_add(z, R::from_f64(sign * INVERSE_FACTORIAL[2 * k + 1]));
        cosine = cosine.mul_add(z, R::from_f64(sign * INVERSE_FACTORIAL[2 * k]));
    }
    let (sine, cosine) = ((r * z).mul_add(sine, r), cosine.mul_add(z, R::one()));
    // The quadrant n mod 4, as 0, 1, 2, 3.
    let four = R::from_f64(4.0);
    let quadrant = n - four * round((n - R::from_f64(1.5)) * R::from_f64(0.25));
    let (half, threehalves, fivehalves) = (R::from_f64(0.5), R::from_f64(1.5), R::from_f64(2.5));
    let turn = |even: R, odd: R| {
        R::select_lt(
            quadrant,
            half,
            even,
            R::select_lt(quadrant, threehalves, odd, R::select_lt(quadrant, fivehalves, -even, -odd)),
        )
    };
    (turn(sine, cosine), turn(cosine, -sine))
}

/// log₁₀ x = ln x · log₁₀ e.
#[inline(always)]
pub fn log10<R: Real>(x: R) -> R {
    ln(x) * R::from_f64(std::f64::consts::LOG10_E)
}

/// x^y = e^(y ln x) for x > 0. The relative error grows with the exponent: about |y ln x| ulp.
#[inline(always)]
pub fn powf<R: Real>(x: R, y: R) -> R {
    exp(y * ln(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Lanes;

    /// A number in two f64 of about 106 bits: the reference for the errors of f64 results.
    #[derive(Clone, Copy)]
    struct Double(f64, f64);

    impl Double {
        fn sum(a: f64, b: f64) -> Double {
            let s = a + b;
            let t = s - a;
            Double(s, (a - (s - t)) + (b - t))
        }
        fn add(self, o: Double) -> Double {
            let s = Double::sum(self.0, o.0);
            Double::sum(s.0, s.1 + self.1 + o.1)
        }
        fn neg(self) -> Double {
            Double(-self.0, -self.1)
        }
        fn mul(self, o: Double) -> Double {
            let p = self.0 * o.0;
            let e = self.0.mul_add(o.0, -p) + self.0 * o.1 + self.1 * o.0;
            Double::sum(p, e)
        }
        fn div(self, o: Double) -> Double {
            let q = self.0 / o.0;
            let r = self.add(o.mul(Double(q, 0.0)).neg());
            Double::sum(q, (r.0 + r.1) / o.0)
        }
        fn exp(self) -> Double {
            // e^x = (e^(x/2048))^2048.
            let small = Double(self.0 / 2048.0, self.1 / 2048.0);
            let mut sum = Double(1.0, 0.0);
            for k in (1..=24).rev() {
                sum = sum.mul(small).div(Double(k as f64, 0.0)).add(Double(1.0, 0.0));
            }
            (0..11).fold(sum, |s, _| s.mul(s))
        }
        fn sin_cos(self) -> (Double, Double) {
            let square = self.mul(self);
            let series = |first: usize| {
                let mut sum = Double(1.0, 0.0);
                for k in (1..=24).rev() {
                    let n = (2 * k + first - 1) as f64;
                    sum = Double(1.0, 0.0).add(sum.mul(square).div(Double(n * (n + 1.0), 0.0)).neg());
                }
                sum
            };
            (series(1).mul(self), series(0))
        }
    }

    /// The distance between neighbouring numbers at `x`, for a type with this number of mantissa bits and this smallest
    /// number.
    fn ulp(x: f64, mantissa: i32, smallest: i32) -> f64 {
        let power = |n: i32| f64::from_bits(if n < -1022 { 1 << (n + 1074) } else { ((n + 1023) as u64) << 52 });
        let exponent = (x.to_bits() >> 52 & 0x7ff) as i32 - 1023;
        power((exponent - mantissa).max(smallest))
    }

    /// The error of `got` against `truth`, in units in the last place of the scalar type `T`.
    fn error<T: Scalar>(got: T, truth: Double) -> f64 {
        let (mantissa, smallest) = if size_of::<T>() == 4 { (23, -149) } else { (52, -1074) };
        if !got.is_finite() || !truth.0.is_finite() {
            return if got.to_f64() == truth.0 { 0.0 } else { f64::INFINITY };
        }
        ((got.to_f64() - truth.0) - truth.1).abs() / ulp(truth.0, mantissa, smallest)
    }

    /// A cheap sequence of numbers that fills [0, 1) evenly.
    fn fill(n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(|i| (i as f64 * 0.618_033_988_749_894_9).fract())
    }

    fn arguments(low: f64, high: f64) -> Vec<f64> {
        let mut xs: Vec<f64> = fill(20_000).map(|u| low + u * (high - low)).collect();
        // Small arguments of every size.
        xs.extend(fill(4_000).map(|u| 10f64.powf(-20.0 * u)).filter(|x| *x < high));
        xs.extend(fill(4_000).map(|u| -(10f64.powf(-20.0 * u))).filter(|x| *x > low));
        xs
    }

    /// The worst error of `f` over `xs` rounded to T.
    fn worst<T: Scalar>(xs: &[f64], f: impl Fn(T) -> T, truth: impl Fn(f64) -> Double) -> f64 {
        xs.iter().map(|&x| T::nearest(x)).map(|x| error(f(x), truth(x.to_f64()))).fold(0.0, f64::max)
    }

    fn check<T: Scalar>(
        name: &str,
        low: f64,
        high: f64,
        bound: f64,
        f: impl Fn(T) -> T,
        truth: impl Fn(f64) -> Double,
    ) {
        let worst = worst(&arguments(low, high), f, truth);
        println!("{name} {}: {worst:.3} ulp", std::any::type_name::<T>());
        assert!(worst <= bound, "{name} in {}: {worst:.3} ulp, stated {bound}", std::any::type_name::<T>());
    }

    fn sigmoid_truth(x: f64) -> Double {
        let one = Double(1.0, 0.0);
        if x < 0.0 {
            let e = Double(x, 0.0).exp();
            e.div(one.add(e))
        } else {
            one.div(one.add(Double(-x, 0.0).exp()))
        }
    }
    fn ln_truth(x: f64) -> Double {
        if x < 1e-300 {
            let y = ln_truth(x * 2f64.powi(100));
            return y.add(Double(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17).mul(Double(-100.0, 0.0)));
        }
        // One Newton step (Halley's form) from the value of the library.
        let guess = Double(x.ln(), 0.0);
        let e = guess.exp();
        let x = Double(x, 0.0);
        guess.add(x.add(e.neg()).mul(Double(2.0, 0.0)).div(x.add(e)))
    }
    fn atan2_truth(y: f64, x: f64) -> Double {
        let guess = Double(y.atan2(x), 0.0);
        let (sine, cosine) = guess.sin_cos();
        let (x, y) = (Double(x, 0.0), Double(y, 0.0));
        guess.add(y.mul(cosine).add(x.mul(sine).neg()).div(x.mul(cosine).add(y.mul(sine))))
    }

    #[test]
    fn within_the_stated_error() {
        check::<f64>("exp", -700.0, 709.7, 0.8, exp, |x| Double(x, 0.0).exp());
        check::<f64>("exp", -2.0, 2.0, 0.8, exp, |x| Double(x, 0.0).exp());
        check::<f32>("exp", -103.0, 88.7, 0.8, exp, |x| Double(x, 0.0).exp());
        check::<f32>("exp", -2.0, 2.0, 0.8, exp, |x| Double(x, 0.0).exp());
        check::<f64>("sigmoid", -700.0, 100.0, 0.7, sigmoid, sigmoid_truth);
        check::<f64>("sigmoid", -5.0, 5.0, 0.7, sigmoid, sigmoid_truth);
        check::<f32>("sigmoid", -80.0, 100.0, 0.7, sigmoid, sigmoid_truth);
        check::<f32>("sigmoid", -5.0, 5.0, 0.7, sigmoid, sigmoid_truth);
    }

    #[test]
    fn logarithm_within_the_stated_error() {
        let powers: Vec<f64> = fill(40_000).map(|u| 10f64.powf(614.0 * u - 307.0)).collect();
        let near_one: Vec<f64> = arguments(-0.5, 1.0).iter().map(|d| 1.0 + d).collect();
        let tiny: Vec<f64> = fill(1_000).map(|u| 1e-310 * u).filter(|x| *x > 0.0).collect();
        for xs in [&powers, &near_one, &tiny] {
            let e = worst::<f64>(xs, ln, ln_truth);
            println!("ln f64: {e:.3} ulp");
            assert!(e <= 1.6, "{e}");
        }
        let powers: Vec<f64> = fill(40_000).map(|u| 10f64.powf(82.0 * u - 44.5)).filter(|x| *x as f32 > 0.0).collect();
        for xs in [&powers, &near_one] {
            let e = worst::<f32>(xs, ln, ln_truth);
            println!("ln f32: {e:.3} ulp");
            assert!(e <= 1.6, "{e}");
        }
    }

    #[test]
    fn angle_within_the_stated_error() {
        let (mut worst_64, mut worst_32) = (0.0, 0.0);
        for (i, u) in fill(20_000).enumerate() {
            let (sine, cosine) = (u * std::f64::consts::TAU).sin_cos();
            let r = 10f64.powf((i % 13) as f64 - 6.0);
            for (y, x) in [(r * sine, r * cosine), (std::f64::consts::PI, 40.0 * u - 20.0)] {
                worst_64 = f64::max(worst_64, error(atan2(y, x), atan2_truth(y, x)));
                let (y, x) = (y as f32, x as f32);
                worst_32 = f64::max(worst_32, error(atan2(y, x), atan2_truth(y as f64, x as f64)));
            }
        }
        println!("atan2: {worst_64:.3} {worst_32:.3} ulp");
        assert!(worst_64 <= 1.8 && worst_32 <= 1.8, "{worst_64} {worst_32}");
        let pi = std::f64::consts::PI;
        assert_eq!(atan2(0.0, -1.0), pi);
        assert_eq!(atan2(0.0, 1.0), 0.0);
        assert_eq!(atan2(0.0, 0.0), 0.0);
        assert_eq!(atan2(1.0, 0.0), pi / 2.0);
        assert_eq!(atan2(-2.0, 0.0), -pi / 2.0);
    }

    #[test]
    fn sine_and_cosine_within_the_stated_error() {
        for (range, bound) in [(std::f64::consts::PI, 1.5), (1e5, 1.5)] {
            let mut worst = 0f64;
            for u in fill(20_000) {
                let x = (2.0 * u - 1.0) * range;
                // The argument of the reference, reduced by whole turns in double precision.
                let turns = (x / std::f64::consts::TAU).round();
                let tau = Double(std::f64::consts::TAU, 2.449_293_598_294_706_4e-16);
                let reduced = Double(x, 0.0).add(tau.mul(Double(-turns, 0.0)));
                let (sine, cosine) = sin_cos(x);
                let (true_sine, true_cosine) = reduced.sin_cos();
                for (got, truth) in [(sine, true_sine), (cosine, true_cosine)] {
                    let unit = ulp(truth.0.abs().max(1e-3), 52, -1074);
                    worst = worst.max(((got - truth.0) - truth.1).abs() / unit);
                }
            }
            println!("sin_cos: {worst:.3} ulp");
            assert!(worst <= bound, "{worst}");
        }
    }

    #[test]
    fn special_values() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(-1e308), 0.0);
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert!(f64::is_nan(ln(-1.0)) && ln(f64::NAN).is_nan());
        assert_eq!((sigmoid(0.0), sigmoid(-1e4), sigmoid(1e4)), (0.5, 0.0, 1.0));
        assert!(sigmoid(f64::NAN).is_nan());
        assert_eq!((log10(1000.0), powf(2.0, 10.0)), (3.0, 1024.0000000000001));
    }

    /// The bits of every function over a range of arguments, computed by a kernel of the current instruction set.
    fn bits<T: Real>() -> Vec<u64> {
        use crate::lanes::{Kernel, Register};
        struct All<'a, T: Real>(&'a [T], &'a mut [T], &'a mut [T::Scalar]);
        impl<T: Real> Kernel<T> for All<'_, T> {
            type Output = ();
            #[inline(always)]
            fn run<R: Register<T>>(self) {
                R::add_folds(R::view(self.0), self.2);
                for (&x, y) in R::view(self.0).iter().zip(R::view_mut(self.1).chunks_exact_mut(7)) {
                    y[0] = exp(x);
                    y[1] = ln(x.abs());
                    y[2] = sigmoid(x);
                    y[3] = atan2(x, R::from_f64(1.5));
                    (y[4], y[5]) = sin_cos(x);
                    y[6] = R::splat(x.fold()) + x.sqrt().abs();
                }
            }
        }
        let xs: Vec<f64> = fill(1600).map(|u| 30.0 * u - 10.0).collect();
        let mut input = vec![T::zero(); xs.len() / 16];
        for (group, x) in input.iter_mut().enumerate() {
            for lane in 0..T::LANES {
                x.set_lane(lane, T::Scalar::nearest(xs[group * T::LANES + lane]));
            }
        }
        let mut output = vec![T::zero(); 7 * input.len()];
        // The count is not a multiple of the number that an instruction set folds at once; the folds are added to
        // stored values.
        let mut folds = vec![T::Scalar::nearest(0.3); input.len()];
        T::dispatch(All(&input, &mut output, &mut folds));
        for (sum, x) in folds.iter().zip(&input) {
            assert_eq!(*sum, T::Scalar::nearest(0.3) + x.fold());
        }
        let bits = |x: f64| if x.is_nan() { 0 } else { x.to_bits() };
        output.iter().flat_map(|y| (0..T::LANES).map(|i| bits(y.lane(i).to_f64()))).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        use crate::lanes::{Lanes, Simd};
        let all = || [bits::<f32>(), bits::<f64>(), bits::<Lanes<f32, 16>>(), bits::<Lanes<f64, 8>>()];
        let before = Simd::current();
        Simd::Portable.force();
        let truth = all();
        for simd in Simd::ALL.into_iter().filter(|s| s.is_available()) {
            simd.force();
            assert!(all() == truth, "{}", simd.name());
        }
        before.force();
    }

    #[test]
    fn lanes_compute_what_scalars_compute() {
        let mut x = Lanes::<f64, 8>::zero();
        (0..8).for_each(|i| x.set_lane(i, i as f64 * 0.7 - 2.0));
        for i in 0..8 {
            assert_eq!(sigmoid(x).lane(i).to_bits(), sigmoid(x.lane(i)).to_bits());
            assert_eq!(exp(x).lane(i).to_bits(), exp(x.lane(i)).to_bits());
        }
    }
}
