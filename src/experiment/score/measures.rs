//! What can be scored: this project's two methods and every metric of the field that is here, under one description.

use crate::error::{Error, Result};
use crate::iqa::Method;
use crate::iqa::metrics::{METRICS, Metric};

use super::super::text::suggest;

/// One column of scores.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    /// The name on the command line, in tables and in files.
    pub key: &'static str,
    /// What it is, in half a line.
    pub description: &'static str,
    /// Whether a higher score is a better image.
    pub higher_is_better: bool,
    /// The lowest and the highest score that there can be; infinite where there is no bound.
    pub range: (f64, f64),
    pub how: How,
}

#[derive(Clone, Debug)]
pub(super) enum How {
    /// By features of an autoencoder.
    Method(Method),
    /// From the two images alone.
    Metric(&'static Metric),
}

impl Measure {
    fn of_method(method: Method, description: &'static str) -> Measure {
        Measure { key: method.name, description, higher_is_better: true, range: (0.0, 1.0), how: How::Method(method) }
    }

    fn of_metric(metric: &'static Metric) -> Measure {
        let Metric { key, description, higher_is_better, range, .. } = *metric;
        Measure { key, description, higher_is_better, range, how: How::Metric(metric) }
    }

    /// Whether score `a` is the better one.
    pub fn is_better(&self, a: f64, b: f64) -> bool {
        if self.higher_is_better { a > b } else { a < b }
    }
}

/// All of them: the gradient method and UNIQUE first, then the metrics of the field by name.
fn all() -> Vec<Measure> {
    let mut all = vec![
        Measure::of_method(Method::GRADIENT, "the paper's: rank correlation of projections on the loss's gradient"),
        Measure::of_method(Method::UNIQUE, "rank correlation of a sparse autoencoder's activations"),
    ];
    let mut metrics: Vec<&'static Metric> = METRICS.iter().collect();
    metrics.sort_by_key(|metric| metric.key);
    all.extend(metrics.into_iter().map(Measure::of_metric));
    all
}

/// The measures of these names, in this order; all where there is no name.
///
/// # Errors
/// [`Error::Usage`] for a name that is not known, with the nearest that is, or that stands there twice.
pub(super) fn select(names: &[String]) -> Result<Vec<Measure>> {
    let all = all();
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen: Vec<Measure> = Vec::with_capacity(names.len());
    for name in names.iter().map(|name| name.trim()) {
        let found = all.iter().find(|measure| measure.key == name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|measure| measure.key).collect();
            Error::Usage(format!("unknown metric `{name}`; {}", suggest(name, &known)))
        })?;
        if chosen.iter().any(|measure| measure.key == name) {
            return Err(Error::Usage(format!("the metric `{name}` is named twice; name it once")));
        }
        chosen.push(found.clone());
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_sorted_and_found() {
        let keys: Vec<&str> = all().iter().map(|measure| measure.key).collect();
        assert_eq!(keys[..2], ["gradient", "unique"]);
        assert!(keys[2..].is_sorted_by(|a, b| a < b) && keys.len() == 2 + METRICS.len(), "{keys:?}");
        let names = |names: &[&str]| select(&names.iter().map(|n| n.to_string()).collect::<Vec<_>>());
        let chosen = names(&["vif", " ssim"]).unwrap();
        assert_eq!(chosen.iter().map(|measure| measure.key).collect::<Vec<_>>(), ["vif", "ssim"]);
        for (given, expected) in
            [(&["gradeint"][..], "did you mean `gradient`?"), (&["ssim", "ssim"], "twice"), (&[""], "unknown metric")]
        {
            let error = names(given).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
