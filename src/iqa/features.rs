//! Features of an image, computed from a projection of its patches; the method compares their ranks.
//!
//! For a projection y the complex logit is l = ln(y/(1 − y)). If r = y/(1 − y) is positive, its logarithm is real, |l|
//! = |ln r|, and the angle is 0 or π. If r is negative, ln r = ln|r| + πi, so |l| = √(ln²|r| + π²) and the angle is
//! atan2(π, ln|r|). At y = 0 and y = 1 the logit is undefined.

use super::method::Features;
use crate::lanes::{Kernel, Lanes, Real, Register, math};

/// Features below this are set to 0: units that barely respond carry no information.
pub const SUPPRESSION: f64 = 0.025;

/// Writes the features of `projection` (a row of lanes per unit, `count` patches) to `out`: per unit, `count` of each
/// kind. `unit_weights` are the factors of the units. Returns `false` if a feature is not finite.
pub fn features(
    kind: Features,
    projection: &[Lanes<f64, 8>],
    count: usize,
    unit_weights: &[f64],
    out: &mut Vec<f64>,
) -> bool {
    out.resize(unit_weights.len() * kind.per_unit() * count, 0.0);
    Lanes::dispatch(Map { kind, projection, count, unit_weights, out })
}

struct Map<'a> {
    kind: Features,
    projection: &'a [Lanes<f64, 8>],
    count: usize,
    unit_weights: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel<Lanes<f64, 8>> for Map<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<R: Register<Lanes<f64, 8>>>(self) -> bool {
        match self.kind {
            Features::Sigmoid => self.map::<R, 1>(SUPPRESSION, |y| [math::sigmoid(y)]),
            Features::Raw => self.map::<R, 1>(f64::NEG_INFINITY, |y| [y]),
            Features::LogitMagnitude => self.map::<R, 1>(SUPPRESSION, |y| [logit(y)[0]]),
            Features::LogitAngle => self.map::<R, 1>(SUPPRESSION, |y| [logit(y)[1]]),
            Features::LogitMagnitudeAndAngle => self.map::<R, 2>(SUPPRESSION, logit),
        }
    }
}

impl Map<'_> {
    /// Sets features below `threshold` to 0.
    #[inline(always)]
    fn map<R: Register<Lanes<f64, 8>>, const KINDS: usize>(
        self,
        threshold: f64,
        feature: impl Fn(R) -> [R; KINDS],
    ) -> bool {
        let Map { projection, count, unit_weights, out, .. } = self;
        let groups = count.div_ceil(8);
        let (threshold, infinity) = (R::splat(threshold), R::splat(f64::INFINITY));
        let mut finite = R::one();
        let units = R::view(projection).chunks_exact(groups).zip(unit_weights);
        for ((row, &weight), out) in units.zip(out.chunks_exact_mut(KINDS * count)) {
            let weight = R::splat(weight);
            for (group, &y) in row.iter().enumerate() {
                for (kind, value) in feature(y).into_iter().enumerate() {
                    let value = value * weight;
                    let kept = R::select_lt(value, threshold, R::zero(), value);
                    let start = kind * count + 8 * group;
                    if let Some(eight) = out[..(kind + 1) * count].get_mut(start..start + 8) {
                        // A NaN is not less than infinity, so it is detected too.
                        finite = R::select_lt(value.abs(), infinity, finite, R::zero());
                        eight.iter_mut().enumerate().for_each(|(lane, out)| *out = kept.lane(lane));
                    } else {
                        for (lane, out) in out[start..(kind + 1) * count].iter_mut().enumerate() {
                            *out = kept.lane(lane);
                            finite = if value.lane(lane).is_finite() { finite } else { R::zero() };
                        }
                    }
                }
            }
        }
        (0..8).all(|lane| finite.lane(lane) == 1.0)
    }
}

/// Magnitude and angle of ln(y/(1 − y)).
#[inline(always)]
fn logit<R: Real<Scalar = f64>>(y: R) -> [R; 2] {
    let (zero, pi) = (R::zero(), R::splat(std::f64::consts::PI));
    let ratio = y / (R::one() - y);
    let log = math::ln(ratio.abs());
    let negative = [log.mul_add(log, pi * pi).sqrt(), math::atan2(pi, log)];
    let positive = [log.abs(), R::select_lt(zero, log, zero, pi)];
    std::array::from_fn(|i| R::select_lt(ratio, zero, negative[i], positive[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    fn of(kind: Features, y: &[f64], weight: f64) -> (Vec<f64>, bool) {
        let mut lanes = vec![Lanes::<f64, 8>::splat(f64::NAN); y.len().div_ceil(8)];
        y.iter().enumerate().for_each(|(i, &y)| lanes[i / 8].set_lane(i % 8, y));
        let mut out = Vec::new();
        let finite = features(kind, &lanes, y.len(), &[weight], &mut out);
        (out, finite)
    }

    #[test]
    fn logits_by_hand() {
        use std::f64::consts::{E, PI};
        // r = e, 1/e, −1, −e, −1/e: l = 1, −1, πi, 1 + πi, −1 + πi.
        let y: Vec<f64> =
            [E, 1.0 / E, -1.0, -E, -1.0 / E].iter().map(|r| if *r == -1.0 { 1e300 } else { r / (1.0 + r) }).collect();
        let slant = (1.0 + PI * PI).sqrt();
        let (out, finite) = of(Features::LogitMagnitudeAndAngle, &y, 2.0);
        assert!(finite);
        let expected = [1.0, 1.0, PI, slant, slant, 0.0, PI, PI / 2.0, PI.atan2(1.0), PI.atan2(-1.0)];
        for (out, expected) in out.iter().zip(expected) {
            assert!(abs_diff_eq!(*out, 2.0 * expected, epsilon = 1e-14), "{out} is not 2·{expected}");
        }
        assert_eq!(of(Features::LogitMagnitude, &y, 2.0).0, out[..5]);
        assert_eq!(of(Features::LogitAngle, &y, 2.0).0, out[5..]);
    }

    #[test]
    fn the_weak_are_suppressed() {
        let (out, _) = of(Features::Sigmoid, &[0.0, -4.0, 50.0], 1.0);
        assert_eq!(out, [0.5, 0.0, 1.0]);
        // Twice sigmoid(−4) = 0.018 exceeds the threshold.
        let (out, _) = of(Features::Sigmoid, &[0.0, -4.0, 50.0, -5.0, 0.0, 0.0, 0.0, 0.0, -4.0, -5.0], 2.0);
        assert!(out[1] > 0.035 && out[8] == out[1] && out[3] == 0.0 && out[9] == 0.0, "{out:?}");
        assert_eq!(of(Features::Raw, &[-3.0, 0.01], 2.0).0, [-6.0, 0.02]);
    }

    #[test]
    fn poles_are_found_in_every_place_and_nothing_beyond_the_last_patch_matters() {
        for count in [1, 7, 8, 9, 16, 21] {
            assert!(of(Features::LogitMagnitudeAndAngle, &vec![0.3; count], 1.0).1);
            for place in 0..count {
                for pole in [0.0, -0.0, 1.0, f64::NAN] {
                    let mut y = vec![0.3; count];
                    y[place] = pole;
                    assert!(!of(Features::LogitMagnitude, &y, 1.0).1, "{pole} at {place} of {count}");
                }
            }
        }
    }
}
