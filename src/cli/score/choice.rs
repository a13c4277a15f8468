//! The measures that `--metrics` and `--sort` name.

use crate::error::{Error, Result};
use crate::iqa::metrics::METRICS;
use crate::iqa::{Measure, Method, measures};
use crate::nearest::suggest;

/// The measures that need no further weights: the gradient method, UNIQUE, and the metrics in the order of their keys.
fn offered() -> Vec<Measure> {
    let mut metrics: Vec<Measure> = METRICS.iter().copied().map(Measure::from).collect();
    metrics.sort_by_key(|measure| measure.key);
    [Method::GRADIENT, Method::UNIQUE].into_iter().map(Measure::from).chain(metrics).collect()
}

/// The measures of these names, in this order; all of them if there is no name.
///
/// # Errors
/// [`Error::Usage`] for an unknown name, with the nearest key; for a measure that only experiments compute; and for one that is named
/// twice.
pub(super) fn select(names: &[String]) -> Result<Vec<Measure>> {
    let offered = offered();
    if names.is_empty() {
        return Ok(offered);
    }
    let mut chosen: Vec<Measure> = Vec::with_capacity(names.len());
    for name in names.iter().map(|name| name.trim()) {
        let found = offered.iter().find(|measure| measure.is_called(name)).ok_or_else(|| {
            let keys: Vec<&str> = offered.iter().map(|measure| measure.key).collect();
            Error::Usage(match measures::all().iter().find(|measure| measure.is_called(name)) {
                Some(Measure { key: "ms_unique", .. }) => {
                    format!("`{name}` needs weights; name them in an experiment (`iqa.ms_unique_weights`)")
                }
                Some(_) => format!("`score` does not compute `{name}`; name it in an experiment (`iqa.methods`)"),
                None => format!("unknown metric `{name}`; {}", suggest(name, &keys)),
            })
        })?;
        if chosen.iter().any(|measure| measure.key == found.key) {
            return Err(Error::Usage(format!("the metric `{}` is named twice; remove one", found.key)));
        }
        chosen.push(found.clone());
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Result<Vec<&'static str>> {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        Ok(select(&names)?.iter().map(|measure| measure.key).collect())
    }

    #[test]
    fn all_are_offered_in_order_and_each_is_found_by_key_and_by_name_in_any_case() {
        let all = keys(&[]).unwrap();
        assert_eq!(all[..2], ["gradient", "unique"]);
        assert!(all[2..].is_sorted_by(|a, b| a < b) && all.len() == 2 + METRICS.len(), "{all:?}");
        for measure in offered() {
            for name in [measure.key, measure.name, &measure.key.to_uppercase(), &measure.name.to_lowercase()] {
                assert_eq!(keys(&[name]).unwrap(), [measure.key], "{name}");
            }
        }
        assert_eq!(keys(&["vif", " PSNR-HA", "Proposed", "UNIQUE"]).unwrap(), ["vif", "psnr_ha", "gradient", "unique"]);
    }

    #[test]
    fn unknown_names_and_names_that_are_given_twice_are_refused() {
        for (given, expected) in [
            (&["gradeint"][..], "did you mean `gradient`?"),
            (&["PSNR_HAA"], "unknown metric `PSNR_HAA`; did you mean `psnr_ha`?"),
            (&["sim"], "did you mean `ssim`?"),
            (&["MS-UNIQUE"], "`MS-UNIQUE` needs weights"),
            (&["ssim", "SSIM"], "the metric `ssim` is named twice"),
            (&[""], "unknown metric"),
        ] {
            let error = keys(given).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
