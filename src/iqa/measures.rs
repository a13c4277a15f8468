//! Measures of image quality: the [methods](super::method) of the UNIQUE family and the [metrics](super::metrics) of
//! the field in one type.
//!
//! [`all`] lists the measures of this crate. A [`Method`] or a [`Metric`] of your own becomes a [`Measure`] by
//! `into()`, and can be scored together with them (see [`scoring`](super::scoring)).

use super::method::{Features, GradientOf, Method, Projection, UnitWeights};
use super::metrics::{METRICS, Metric};
use super::score::SMALLEST_SIDE;

/// A method or a metric.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The name on the command line and in files, in lower case.
    pub key: &'static str,
    /// The name in tables and charts.
    pub name: &'static str,
    /// A short description.
    pub description: String,
    /// The lowest and the highest possible score; infinite if there is no bound.
    pub range: (f64, f64),
    /// Whether a higher score means a better image.
    pub higher_is_better: bool,
    /// The smallest image side, in pixels, for which the score is defined.
    pub smallest_side: usize,
    /// The computation of the score.
    pub computation: Computation,
}

/// The computation of a score.
#[derive(Clone, Debug)]
pub enum Computation {
    /// From features of an autoencoder.
    Method(Method),
    /// From the two images without a model.
    Metric(Metric),
}

impl Measure {
    /// The method, if it is one.
    pub fn method(&self) -> Option<&Method> {
        match &self.computation {
            Computation::Method(method) => Some(method),
            Computation::Metric(_) => None,
        }
    }

    /// Whether it is defined for samples of any range; if not, it is defined on 8 bits.
    pub fn takes_any_range(&self) -> bool {
        matches!(&self.computation, Computation::Metric(metric) if metric.fine.is_some())
    }

    /// Whether `name` is its key or its name, in any case. The ICIP 2019 paper calls the gradient method "Proposed".
    pub fn is_called(&self, name: &str) -> bool {
        let proposed = if self.key == Method::GRADIENT.key { "proposed" } else { self.key };
        [self.key, self.name, proposed].iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The value; the reason why it is not defined loses the measure's name, which its column or row has.
    pub fn without_name(&self, value: Result<f64, String>) -> Result<f64, String> {
        value.map_err(|reason| match reason.strip_prefix(self.name).and_then(|rest| rest.strip_prefix(": ")) {
            Some(rest) => rest.to_owned(),
            None => reason,
        })
    }

    /// Whether score `a` is better than score `b`.
    pub fn is_better(&self, a: f64, b: f64) -> bool {
        if self.higher_is_better { a > b } else { a < b }
    }
}

impl From<Method> for Measure {
    fn from(method: Method) -> Measure {
        Measure {
            key: method.key,
            name: method.name,
            description: description(&method),
            range: (0.0, 1.0),
            higher_is_better: true,
            smallest_side: SMALLEST_SIDE,
            computation: Computation::Method(method),
        }
    }
}

impl From<Metric> for Measure {
    fn from(metric: Metric) -> Measure {
        let Metric { key, name, description, range, smallest_side, higher_is_better, .. } = metric;
        let (description, computation) = (description.to_owned(), Computation::Metric(metric));
        Measure { key, name, description, range, higher_is_better, smallest_side, computation }
    }
}

/// Every measure: UNIQUE, MS-UNIQUE, the ablation with the gradient method, and the metrics in table order.
pub fn all() -> Vec<Measure> {
    let methods = [Method::UNIQUE, Method::MS_UNIQUE].into_iter().chain(Method::ABLATION);
    methods.map(Measure::from).chain(METRICS.iter().copied().map(Measure::from)).collect()
}

/// The measure with this [`key`](Measure::key) or [`name`](Measure::name), in any case.
pub fn find(name: &str) -> Option<Measure> {
    all().into_iter().find(|measure| measure.is_called(name))
}

/// The description of a method; for all but the two best known it lists the method's choices.
fn description(method: &Method) -> String {
    if *method == Method::GRADIENT {
        return "the paper's: rank correlation of projections on the loss's gradient".to_owned();
    }
    if *method == Method::UNIQUE {
        return "rank correlation of a sparse autoencoder's activations".to_owned();
    }
    let projection = match method.projection {
        Projection::Encoder => "the encoder",
        Projection::Encoders => "five encoders",
        Projection::Gradient(GradientOf::Reference) => "the loss's gradient at the reference",
        Projection::Gradient(GradientOf::Distorted) => "the loss's gradient at the distorted image",
        Projection::Gradient(GradientOf::Both) => "the loss's gradient at both images",
        Projection::Random { .. } => "a random matrix",
    };
    let features = match method.features {
        Features::Sigmoid => "activations",
        Features::Raw => "raw projections",
        Features::LogitMagnitude => "the logit's magnitude",
        Features::LogitAngle => "the logit's angle",
        Features::LogitMagnitudeAndAngle => "the logit's magnitude and angle",
    };
    let weights = match method.unit_weights {
        UnitWeights::Equal => "",
        UnitWeights::Peaked | UnitWeights::Graded => ", units weighted by kurtosis",
    };
    format!("{features} under {projection}{weights}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_of_one_measure_each_and_descriptions_differ() {
        let all = all();
        assert_eq!(all.len(), 2 + Method::ABLATION.len() + METRICS.len());
        for (i, measure) in all.iter().enumerate() {
            assert_eq!([measure.key, measure.name].map(|name| find(name).unwrap().key), [measure.key; 2]);
            assert!(measure.key.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_')), "{}", measure.key);
            for other in &all[..i] {
                for (a, b) in [(measure.key, other.key), (measure.name, other.name), (measure.name, other.key)] {
                    assert!(!a.eq_ignore_ascii_case(b), "{} and {}", measure.key, other.key);
                }
            }
        }
        assert_eq!(
            ["PSNR-HA", "Ms_Unique", "Proposed"].map(|name| find(name).unwrap().key),
            ["psnr_ha", "ms_unique", "gradient"]
        );
        assert!(find("PSNR_HAA").is_none());
    }
}
