//! Out-of-distribution detection: statistics of how well a score separates in-distribution images from others.
//!
//! In-distribution is the positive class, and a higher score means "more in-distribution". A threshold accepts every
//! image with a score at least as high. The true positive rate is the fraction of in-distribution images that it
//! accepts, the false positive rate that of the others. The names and definitions are those of the field (Liang, Li and
//! Srikant, "Enhancing the reliability of out-of-distribution image detection in neural networks", ICLR 2018): AUROC,
//! AUPR-in, AUPR-out, FPR at 95 % TPR and detection error. The accuracy at one fixed threshold is the number in the
//! paper's table.
//!
//! # Exact, with ties
//! [`Detection`] sorts the scores once and counts. Between two neighbouring scores every threshold accepts the same
//! images, so the distinct scores are all the thresholds needed. Images with the same score are accepted together,
//! whatever their class. All counts are integers up to one last division (for the AUPR, one per threshold), so no
//! result depends on the order of the images.
//!
//! * AUROC is the Mann–Whitney statistic: the fraction of pairs in which the in-distribution image scores higher, with
//!   a tie as one half. The trapezoids under the ROC curve have the same area.
//! * AUPR is average precision, Σ (Rₖ − Rₖ₋₁) Pₖ over the thresholds from the highest down. The trapezoid would be
//!   wrong here: Davis and Goadrich ("The relationship between precision-recall and ROC curves", ICML 2006) show that
//!   no threshold reaches the straight line between two points of a precision-recall curve. AUPR-out uses the others as
//!   the positive class and the negated scores.
//!
//! # As the authors computed them
//! [`Detection::sampled`] gives the four numbers of the authors' code, which tries only the twenty thresholds 0, 0.05,
//! …, 0.95. The scores of a trained classifier concentrate at 0 and 1, where the results differ. So no column of a
//! table mixes the two.

use crate::error::{Error, Result};

/// The images that one threshold accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Accepted {
    /// The lowest accepted score.
    threshold: f64,
    /// The number of accepted in-distribution images.
    inside: usize,
    /// The number of accepted other images.
    outside: usize,
}

/// A point of the ROC curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// False positive rate, 0 to 1.
    pub fpr: f64,
    /// True positive rate, 0 to 1.
    pub tpr: f64,
}

/// The numbers of the authors' code, from thresholds sampled every 0.05: see [`Detection::sampled`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampled {
    /// The false positive rate at the sampled threshold with the true positive rate closest to 95 %, which may be far
    /// from it.
    pub fpr_at_95_tpr: f64,
    /// The lowest detection error over the sampled thresholds.
    pub detection_error: f64,
    /// The area under the precision-recall curve through the sampled points, in-distribution positive.
    pub aupr_in: f64,
    /// The same area with the others positive.
    pub aupr_out: f64,
}

/// The scores of two classes, sorted and counted.
///
/// ```
/// use gradspace::stats::detection::Detection;
///
/// let scores = Detection::new(&[0.9, 0.8, 0.6, 0.4], &[0.7, 0.4, 0.2, 0.1])?;
/// assert_eq!(scores.accuracy(0.5), 0.75);
/// // Of 16 pairs 13 are in order and one is tied.
/// assert_eq!(scores.auroc(), 13.5 / 16.0);
/// # Ok::<(), gradspace::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// One entry for each distinct score, from the highest to the lowest, which accepts all images.
    accepted: Vec<Accepted>,
    inside: usize,
    outside: usize,
}

impl Detection {
    /// Counts the scores of in-distribution images and of others. Infinite scores are allowed.
    ///
    /// # Errors
    /// [`Error::Undefined`] if one of the classes is empty or a score is NaN.
    pub fn new(in_distribution: &[f64], out_of_distribution: &[f64]) -> Result<Detection> {
        let mut scores = Vec::with_capacity(in_distribution.len() + out_of_distribution.len());
        for (class, of_class) in [("in-distribution", in_distribution), ("out-of-distribution", out_of_distribution)] {
            if of_class.is_empty() {
                return Err(Error::Undefined(format!("there is no {class} score; detection needs both classes")));
            }
            if let Some(at) = of_class.iter().position(|score| score.is_nan()) {
                let problem = format!("{class} score {at} (counted from 0) is NaN; scores must be numbers");
                return Err(Error::Undefined(problem));
            }
            scores.extend(of_class.iter().map(|&score| (score, class == "in-distribution")));
        }
        scores.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut accepted: Vec<Accepted> = Vec::new();
        let (mut inside, mut outside) = (0, 0);
        for tie in scores.chunk_by(|(a, _), (b, _)| a == b) {
            let of_tie = tie.iter().filter(|(_, is_inside)| *is_inside).count();
            inside += of_tie;
            outside += tie.len() - of_tie;
            accepted.push(Accepted { threshold: tie[0].0, inside, outside });
        }
        Ok(Detection { accepted, inside, outside })
    }

    /// The fraction of all images that a threshold classifies correctly: in-distribution images that score at least
    /// `threshold` and others that score less. The paper's table contains this at 0.5, with as many in-distribution
    /// images as others.
    pub fn accuracy(&self, threshold: f64) -> f64 {
        let (inside, outside) = self.at_least(threshold);
        (inside + self.outside - outside) as f64 / (self.inside + self.outside) as f64
    }

    /// The area under the ROC curve: the probability that a random in-distribution image scores higher than a random
    /// other one, with a tie as one half. Chance is ½.
    pub fn auroc(&self) -> f64 {
        // Twice the number of correctly ordered pairs. Each other image of a tie lies below the images accepted before,
        // and ties with the in-distribution images of its tie.
        let mut doubled = 0u128;
        let (mut inside, mut outside) = (0, 0);
        for a in &self.accepted {
            doubled += (a.outside - outside) as u128 * (inside + a.inside) as u128;
            (inside, outside) = (a.inside, a.outside);
        }
        doubled as f64 / (2 * self.inside as u128 * self.outside as u128) as f64
    }

    /// Average precision with in-distribution as the positive class. Chance is the fraction of in-distribution images.
    pub fn aupr_in(&self) -> f64 {
        average_precision(self.accepted.iter().map(|a| (a.inside, a.outside)), self.inside)
    }

    /// Average precision with the others as the positive class. Chance is their fraction.
    pub fn aupr_out(&self) -> f64 {
        // From the other end, a threshold accepts the images that the next higher one rejects.
        let left = |inside: usize, outside: usize| (self.outside - outside, self.inside - inside);
        let from_below = self.accepted.iter().rev().skip(1).map(|a| left(a.inside, a.outside));
        average_precision(from_below.chain([left(0, 0)]), self.outside)
    }

    /// The false positive rate at the highest threshold that accepts at least 95 % of the in-distribution images. Rates
    /// between two thresholds are not interpolated.
    pub fn fpr_at_95_tpr(&self) -> f64 {
        let first = self.accepted.partition_point(|a| 20 * a.inside < 19 * self.inside);
        self.accepted[first].outside as f64 / self.outside as f64
    }

    /// The lowest ½(1 − TPR) + ½ FPR over all thresholds: the error rate if both classes were equally frequent. At most
    /// ½, since a threshold may also accept all images or none.
    pub fn detection_error(&self) -> f64 {
        let (inside, outside) = (self.inside as u128, self.outside as u128);
        let of = |a: &Accepted| (inside - a.inside as u128) * outside + a.outside as u128 * inside;
        let lowest = self.accepted.iter().map(of).min().expect("there are scores");
        lowest as f64 / (2 * inside * outside) as f64
    }

    /// The corners of the ROC curve from (0, 0) to (1, 1): the points of all thresholds, without those on the straight
    /// line between their neighbours. A tie between the classes is one sloping line.
    pub fn roc(&self) -> Vec<RocPoint> {
        let mut corners = vec![(0i128, 0i128)];
        for point in self.accepted.iter().map(|a| (a.outside as i128, a.inside as i128)) {
            if let [.., a, b] = corners[..]
                && (b.0 - a.0) * (point.1 - b.1) == (b.1 - a.1) * (point.0 - b.0)
            {
                corners.pop();
            }
            corners.push(point);
        }
        let rate = |(outside, inside)| RocPoint {
            fpr: outside as f64 / self.outside as f64,
            tpr: inside as f64 / self.inside as f64,
        };
        corners.into_iter().map(rate).collect()
    }

    /// FPR at 95 % TPR, detection error and the two AUPR, computed like the authors' code, operation by operation. The
    /// twenty thresholds are 0, 0.05, …, 0.95 (for AUPR-out −1, −0.95, …, −0.05 of the negated scores). The FPR is that
    /// at the TPR *closest* to 95 %. Each area is a sum of steps from the lowest threshold up, plus the rectangle of
    /// the last.
    ///
    /// # Errors
    /// [`Error::Undefined`] if a score is not within [0, 1], the range of the thresholds.
    pub fn sampled(&self) -> Result<Sampled> {
        let (highest, lowest) = (self.accepted[0].threshold, self.accepted[self.accepted.len() - 1].threshold);
        if lowest < 0.0 || highest > 1.0 {
            let problem = format!(
                "the scores range from {lowest} to {highest}, but sampled thresholds need scores within 0 and 1; give probabilities"
            );
            return Err(Error::Undefined(problem));
        }
        let rate = |count: usize, of: usize| count as f64 / of as f64;
        let (mut closest, mut fpr_at_95_tpr, mut detection_error) = (1.0, 0.0, 1.0f64);
        let counts = sampled_thresholds(0.0).map(|threshold| self.at_least(threshold));
        for &(inside, outside) in &counts {
            let (tpr, fpr) = (rate(inside, self.inside), rate(outside, self.outside));
            if (tpr - 0.95).abs() < closest {
                (closest, fpr_at_95_tpr) = ((tpr - 0.95).abs(), fpr);
            }
            detection_error = detection_error.min((rate(self.inside - inside, self.inside) + fpr) / 2.0);
        }
        let from_below = sampled_thresholds(-1.0).map(|threshold| {
            // −score ≥ threshold: all but the scores above −threshold.
            let (inside, outside) = self.count(|score| score > -threshold);
            (self.outside - outside, self.inside - inside)
        });
        Ok(Sampled {
            fpr_at_95_tpr,
            detection_error,
            aupr_in: sampled_precision(&counts, self.inside),
            aupr_out: sampled_precision(&from_below, self.outside),
        })
    }

    /// The numbers of in-distribution and other images with a score of at least `threshold`.
    fn at_least(&self, threshold: f64) -> (usize, usize) {
        self.count(|score| score >= threshold)
    }

    /// The numbers of in-distribution and other images whose scores satisfy `accept`. If it accepts a score, it must
    /// accept all higher ones.
    fn count(&self, accept: impl Fn(f64) -> bool) -> (usize, usize) {
        match self.accepted.partition_point(|a| accept(a.threshold)) {
            0 => (0, 0),
            end => (self.accepted[end - 1].inside, self.accepted[end - 1].outside),
        }
    }
}

/// Σ (Rₖ − Rₖ₋₁) Pₖ over the (true, false) positives of falling thresholds; `positives` is the number of all positives.
fn average_precision(accepted: impl Iterator<Item = (usize, usize)>, positives: usize) -> f64 {
    let (mut sum, mut before) = (0.0, 0);
    for (hits, false_hits) in accepted {
        sum += (hits - before) as f64 * (hits as f64 / (hits + false_hits) as f64);
        before = hits;
    }
    sum / positives as f64
}

/// NumPy's `arange(start, start + 1, 0.05)`: its step is the rounded difference of its first two elements.
fn sampled_thresholds(start: f64) -> [f64; 20] {
    let step = (start + 0.05) - start;
    std::array::from_fn(|i| start + i as f64 * step)
}

/// The area of the authors' code: steps of recall from 1 down, each at the precision of its lower end, and the last
/// rectangle.
fn sampled_precision(accepted: &[(usize, usize)], positives: usize) -> f64 {
    let (mut area, mut recall, mut precision) = (0.0, 1.0, 0.0);
    for &(hits, false_hits) in accepted.iter().filter(|(hits, false_hits)| hits + false_hits > 0) {
        let before = recall;
        recall = hits as f64 / positives as f64;
        precision = hits as f64 / (hits + false_hits) as f64;
        area += (before - recall) * precision;
    }
    area + recall * precision
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use approx::assert_abs_diff_eq;

    fn detection(inside: &[f64], outside: &[f64]) -> Detection {
        Detection::new(inside, outside).unwrap()
    }

    fn near(a: f64, b: f64) {
        assert_abs_diff_eq!(a, b, epsilon = 1e-14);
    }

    /// Sixty and ninety scores in [0, 1] with 82 ties; 21 scores are in both classes.
    fn example() -> (Vec<f64>, Vec<f64>) {
        let inside = (0..60).map(|i| f64::from((i * i * 7 + 3 * i + 40) % 97 + i % 3 * 20) / 136.0).collect();
        let outside = (0..90).map(|i| f64::from((i * i * 5 + 11 * i + 2) % 89) / 136.0).collect();
        (inside, outside)
    }

    /// Scores equal to the sampled thresholds, which test `>=` and the rounding of the thresholds.
    fn on_the_grid() -> (Vec<f64>, Vec<f64>) {
        let inside = (0..40).map(|i| f64::from((i * 7 % 23).min(20)) / 20.0).collect();
        let outside = (0..40).map(|i| f64::from(i * 3 % 17) / 20.0).collect();
        (inside, outside)
    }

    /// scikit-learn 1.9.1: `roc_auc_score`, `average_precision_score`, and minima over `roc_curve(drop_intermediate=False)`.
    #[test]
    fn as_scikit_learn_has_it() {
        let (inside, outside) = example();
        let scores = detection(&inside, &outside);
        near(scores.accuracy(0.5), 0.64);
        near(scores.auroc(), 0.6601851851851852);
        near(scores.aupr_in(), 0.6581913881168925);
        near(scores.aupr_out(), 0.7044058872768656);
        near(scores.fpr_at_95_tpr(), 0.9222222222222223);
        near(scores.detection_error(), 0.35555555555555557);
    }

    /// The results of the formulas of the authors' code in NumPy.
    #[test]
    fn sampled_as_the_authors_do() {
        let cases = [
            (example(), [0.9222222222222223, 0.35555555555555557, 0.6781904895785398, 0.6940269965442142]),
            (on_the_grid(), [0.925, 0.375, 0.7250579487520704, 0.5822758323515537]),
        ];
        for ((inside, outside), [fpr_at_95_tpr, detection_error, aupr_in, aupr_out]) in cases {
            let sampled = detection(&inside, &outside).sampled().unwrap();
            assert_eq!(sampled, Sampled { fpr_at_95_tpr, detection_error, aupr_in, aupr_out });
        }
        // Certain and correct: every sampled threshold has TPR 1, and the first of them, 0, accepts all.
        let sure = detection(&[1.0; 3], &[0.0; 3]);
        assert_eq!((sure.sampled().unwrap().fpr_at_95_tpr, sure.fpr_at_95_tpr()), (1.0, 0.0));
    }

    #[test]
    fn by_hand() {
        // From the highest: in, out, in + out, in.
        let scores = detection(&[4.0, 2.0, 1.0], &[3.0, 2.0]);
        assert_eq!(scores.auroc(), 2.5 / 6.0);
        near(scores.aupr_in(), (1.0 + 0.5 + 3.0 / 5.0) / 3.0);
        near(scores.aupr_out(), (1.0 / 3.0 + 2.0 / 4.0) / 2.0);
        assert_eq!(scores.fpr_at_95_tpr(), 1.0);
        // The best threshold accepts the first image alone: ½ · ⅔ + ½ · 0.
        near(scores.detection_error(), 1.0 / 3.0);
        assert_eq!(scores.accuracy(2.0), 0.4);
        assert_eq!(scores.accuracy(2.5), 0.4);
        assert_eq!(scores.accuracy(5.0), 0.4);
        assert_eq!(scores.accuracy(0.0), 0.6);
        let points: Vec<_> = scores.roc().iter().map(|p| (p.fpr, p.tpr)).collect();
        assert_eq!(points, [(0.0, 0.0), (0.0, 1.0 / 3.0), (0.5, 1.0 / 3.0), (1.0, 2.0 / 3.0), (1.0, 1.0)]);
    }

    #[test]
    fn at_the_ends() {
        let perfect = detection(&[f64::INFINITY, 2.0, 2.0], &[1.0, f64::NEG_INFINITY]);
        assert_eq!([perfect.auroc(), perfect.aupr_in(), perfect.aupr_out(), perfect.accuracy(2.0)], [1.0; 4]);
        assert_eq!([perfect.fpr_at_95_tpr(), perfect.detection_error()], [0.0; 2]);
        assert_eq!(perfect.roc().len(), 3);
        // All in the wrong order: the best is to accept all or none.
        let wrong = detection(&[0.1], &[0.9, 0.8]);
        assert_eq!([wrong.auroc(), wrong.fpr_at_95_tpr(), wrong.detection_error()], [0.0, 1.0, 0.5]);
        // The same score for all, with −0 equal to 0: every result is chance.
        let constant = detection(&[0.0, 0.0, -0.0], &[-0.0]);
        assert_eq!([constant.auroc(), constant.aupr_in(), constant.aupr_out()], [0.5, 0.75, 0.25]);
        assert_eq!([constant.fpr_at_95_tpr(), constant.detection_error()], [1.0, 0.5]);
        assert_eq!(constant.roc(), [RocPoint { fpr: 0.0, tpr: 0.0 }, RocPoint { fpr: 1.0, tpr: 1.0 }]);
    }

    /// 95 % is reached at the 19th of 20 images and at the 96th of 101. Integers are needed, since binary numbers do
    /// not represent 0.95.
    #[test]
    fn ninety_five_per_cent_is_exact() {
        for (count, needed) in [(20, 19), (100, 95), (101, 96), (1, 1)] {
            let inside: Vec<f64> = (0..count).map(f64::from).collect();
            let at = f64::from(count - needed);
            assert_eq!(detection(&inside, &[at - 0.5]).fpr_at_95_tpr(), 0.0, "{needed} of {count}");
            assert_eq!(detection(&inside, &[at]).fpr_at_95_tpr(), 1.0, "{needed} of {count}");
        }
    }

    #[test]
    fn what_cannot_be_counted_is_an_error() {
        let cases = [
            (Detection::new(&[], &[1.0]), "no in-distribution score"),
            (Detection::new(&[1.0], &[]), "no out-of-distribution score"),
            (Detection::new(&[1.0], &[0.0, f64::NAN]), "out-of-distribution score 1 (counted from 0) is NaN"),
        ];
        for (result, expected) in cases {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Undefined(_)) && error.to_string().contains(expected), "{error}");
        }
        for scores in [[0.5, 1.1], [-0.1, 0.5]] {
            let error = detection(&scores, &[0.5]).sampled().unwrap_err().to_string();
            assert!(error.contains("give probabilities"), "{error}");
        }
    }

    fn scores() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((0i32..12).prop_map(|i| f64::from(i) / 11.0), 1..40)
    }

    proptest! {
        #[test]
        fn auroc_counts_pairs(inside in scores(), outside in scores()) {
            let order = |a: f64, b: f64| if a > b { 2 } else { i32::from(a == b) };
            let doubled: i32 = inside.iter().map(|&a| outside.iter().map(|&b| order(a, b)).sum::<i32>()).sum();
            let pairs = (2 * inside.len() * outside.len()) as f64;
            prop_assert_eq!(detection(&inside, &outside).auroc(), f64::from(doubled) / pairs);
        }

        /// Only the order of the scores matters, and not the order of the images, to the last bit.
        #[test]
        fn a_rising_map_changes_nothing(inside in scores(), outside in scores()) {
            let map = |values: &[f64]| values.iter().rev().map(|v| v * v * v * 1e6 - 7.0).collect::<Vec<_>>();
            let (a, b) = (detection(&inside, &outside), detection(&map(&inside), &map(&outside)));
            let all = |d: &Detection| (d.auroc(), d.aupr_in(), d.aupr_out(), d.fpr_at_95_tpr(), d.detection_error(), d.roc());
            prop_assert_eq!(all(&a), all(&b));
        }

        /// Exchanged classes with negated scores are detected equally well.
        #[test]
        fn swapping_the_classes_mirrors(inside in scores(), outside in scores()) {
            let negated = |values: &[f64]| values.iter().map(|v| -v).collect::<Vec<_>>();
            let (a, b) = (detection(&inside, &outside), detection(&negated(&outside), &negated(&inside)));
            prop_assert_eq!(a.auroc(), b.auroc());
            prop_assert_eq!(a.detection_error(), b.detection_error());
            prop_assert_eq!((a.aupr_in(), a.aupr_out()), (b.aupr_out(), b.aupr_in()));
            assert_abs_diff_eq!(a.auroc() + detection(&outside, &inside).auroc(), 1.0, epsilon = 1e-15);
        }

        /// The corners are those of the curve through all thresholds: each of its points lies on a side, no corner is
        /// superfluous, and the area is AUROC.
        #[test]
        fn the_corners_are_the_curve(inside in scores(), outside in scores()) {
            let scores = detection(&inside, &outside);
            let corners = scores.roc();
            let cross = |a: &RocPoint, b: &RocPoint, c: &RocPoint| {
                (b.fpr - a.fpr) * (c.tpr - b.tpr) - (b.tpr - a.tpr) * (c.fpr - b.fpr)
            };
            prop_assert!(corners.windows(3).all(|c| cross(&c[0], &c[1], &c[2]).abs() > 1e-9));
            let area: f64 = corners.windows(2).map(|c| (c[1].fpr - c[0].fpr) * (c[0].tpr + c[1].tpr) / 2.0).sum();
            assert_abs_diff_eq!(area, scores.auroc(), epsilon = 1e-13);
            for threshold in (0..12).map(|i| f64::from(i) / 11.0) {
                let share = |of: &[f64]| of.iter().filter(|&&s| s >= threshold).count() as f64 / of.len() as f64;
                let point = RocPoint { fpr: share(&outside), tpr: share(&inside) };
                let on_side = |c: &[RocPoint]| {
                    let within = c[0].fpr <= point.fpr && point.fpr <= c[1].fpr && c[0].tpr <= point.tpr && point.tpr <= c[1].tpr;
                    within && cross(&c[0], &point, &c[1]).abs() < 1e-13
                };
                prop_assert!(corners.windows(2).any(on_side));
            }
        }
    }
}
