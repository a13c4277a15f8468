//! Computes the detection statistics of one test condition: how well a classifier's scores separate clean from challenged images.

use crate::error::Result;
use crate::lanes::math::sigmoid;
use crate::stats::detection::Detection;

/// The statistics of each type of challenge and level. The accuracy is in per cent, at a threshold of ½ on the probability. The others
/// range from 0 to 1. Names that end in `_sampled` are the versions of the authors' code, which uses twenty thresholds.
pub const STATISTICS: [&str; 10] = [
    "accuracy",
    "auroc",
    "aupr_in",
    "aupr_out",
    "fpr_at_95_tpr",
    "detection_error",
    "aupr_in_sampled",
    "aupr_out_sampled",
    "fpr_at_95_tpr_sampled",
    "detection_error_sampled",
];
/// The index of the accuracy, which the paper reports.
pub const ACCURACY: usize = 0;
/// The index of the AUROC.
pub const AUROC: usize = 1;
/// The number of statistics, from the first on, that the table also contains level by level.
pub const BY_LEVEL: usize = 2;

/// All statistics of one condition, from the logits of the clean and of the tested images.
pub fn measure(clean: &[f64], tested: &[f64]) -> Result<[f64; STATISTICS.len()]> {
    // Both sides have equally many images. If files are missing on one side, the other side is shortened.
    let count = clean.len().min(tested.len());
    let (inside, outside) = (&clean[..count], &tested[..count]);
    // A logit of 0 is a probability of ½.
    let exact = Detection::new(inside, outside)?;
    let probability = |logits: &[f64]| logits.iter().map(|&x| sigmoid(x)).collect::<Vec<f64>>();
    let sampled = Detection::new(&probability(inside), &probability(outside))?.sampled()?;
    Ok([
        100.0 * exact.accuracy(0.0),
        exact.auroc(),
        exact.aupr_in(),
        exact.aupr_out(),
        exact.fpr_at_95_tpr(),
        exact.detection_error(),
        sampled.aupr_in,
        sampled.aupr_out,
        sampled.fpr_at_95_tpr,
        sampled.detection_error,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_measured_on_as_many_in_as_out() {
        let [accuracy, auroc, .., error] = measure(&[2.0, 1.0, -1.0, 9.0, 9.0], &[-2.0, -3.0, 0.5]).unwrap();
        // Two of the first three scores are above 0, and two of the other three are below. Of the 9 pairs, 8 are in order.
        assert!((accuracy - 400.0 / 6.0).abs() < 1e-12);
        assert!((auroc - 8.0 / 9.0).abs() < 1e-12);
        assert!((0.0..=0.5).contains(&error));
    }
}
