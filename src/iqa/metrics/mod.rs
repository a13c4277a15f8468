//! The full-reference quality metrics of the field, each implemented from its definition, in f64.
//!
//! These are the metrics that the paper compares its method with, and also GMSD and VIF. The file of each gives its
//! equations, their source, and its handling of colour, range, borders and downsampling. In these points the published
//! programs differ from their papers and from each other, and the second digit depends on them. If the field uses two
//! variants, both are here under separate names. The paper's table rests on per-image scores of TID2013 by the authors'
//! group. A comparison of these scores showed which variant the group used, and each file reports the result.
//!
//! | keys | agrees with the authors' group (worst difference) | agrees with the official programs (as printed) |
//! |---|---|---|
//! | `psnr`, `psnr_luma` | `psnr_luma` (rounding) | `psnr` |
//! | `psnr_hvs`, `psnr_hvs_m`, `psnr_ha`, `psnr_hma` | `psnr_ha`, `psnr_hma` (rounding) | |
//! | `ssim`, `ssim_downsampled` | `ssim_downsampled` (rounding) | `ssim` |
//! | `ms_ssim`, `ms_ssim_sum` | `ms_ssim` (rounding) | `ms_ssim_sum` |
//! | `cw_ssim`, `cw_ssim_6` | `cw_ssim_6` (rounding) | `cw_ssim` |
//! | `iw_ssim` | `iw_ssim` (rounding) | |
//! | `sr_sim` | `sr_sim` (rounding) | |
//! | `fsim`, `fsimc` | `fsimc` (rounding) | `fsimc`, printed as FSIM |
//! | `persim` | `persim` (6e-4, median 6e-6: 8-bit Lab) | |
//! | `summer` | none published | |
//! | `gmsd` | | `gmsd` (rounding) |
//! | `vif` | | `vif` |
//!
//! CSV, the last competitor, needs a learned table of colour names that is not part of this program. It is not
//! implemented.
//!
//! A metric is a value, so programs can run lists of metrics:
//!
//! ```
//! use gradspace::imaging::Rgb8;
//! use gradspace::iqa::metrics::{METRICS, Metric};
//!
//! let reference = Rgb8::from_fn(300, 260, |x, y| [(x * y % 251) as u8, (x + y) as u8, (x ^ y) as u8]);
//! let ssim = Metric::from_key("ssim").unwrap();
//! assert_eq!(ssim.score(&reference, &reference).unwrap(), 1.0);
//! for metric in METRICS {
//!     println!("{:8} {:.4}", metric.name, metric.score(&reference, &reference).unwrap());
//! }
//! ```

mod cw_ssim;
mod fsim;
mod gmsd;
mod iw_ssim;
mod ms_ssim;
mod per_sim;
mod psnr;
mod psnr_hvs;
mod sr_sim;
pub(super) mod ssim;
mod summer;
mod vif;

use super::score::check_size;
use crate::error::{Error, Result};
use crate::imaging::plane::Pixels;
use crate::imaging::{Rgb8, Rgb16};

/// Every metric, in table order.
pub const METRICS: &[Metric] = &[
    psnr::PSNR,
    psnr::PSNR_LUMA,
    psnr_hvs::PSNR_HVS,
    psnr_hvs::PSNR_HVS_M,
    psnr_hvs::PSNR_HA,
    psnr_hvs::PSNR_HMA,
    ssim::SSIM,
    ssim::SSIM_DOWNSAMPLED,
    ms_ssim::MS_SSIM,
    ms_ssim::MS_SSIM_SUM,
    cw_ssim::CW_SSIM,
    cw_ssim::CW_SSIM_6,
    iw_ssim::IW_SSIM,
    sr_sim::SR_SIM,
    fsim::FSIM,
    fsim::FSIMC,
    per_sim::PER_SIM,
    summer::SUMMER,
    gmsd::GMSD,
    vif::VIF,
];

/// A full-reference metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name in tables.
    pub name: &'static str,
    /// The name on the command line and in files.
    pub key: &'static str,
    /// A short description.
    pub description: &'static str,
    /// The lowest and the highest possible score; infinite if there is no bound.
    pub range: (f64, f64),
    /// The smallest image side, in pixels, for which the score is defined.
    pub smallest_side: usize,
    /// Whether a higher score means a better image.
    pub higher_is_better: bool,
    /// The score of (reference, distorted), for images of the same size and not too small. NaN if it is not defined.
    pub compute: fn(&Rgb8, &Rgb8) -> f64,
    /// The same for samples of any range; both images may have different ranges. `None` if the metric is defined on 8
    /// bits.
    pub fine: Option<fn(&Rgb16, &Rgb16) -> f64>,
}

impl Metric {
    /// The metric with this [`key`](Metric::key).
    pub fn from_key(key: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.key == key)
    }

    /// The score of a distorted image, in the [`range`](Metric::range): rounding does not carry it further. Identical images
    /// score 1, except in the PSNR family (infinity; 40 for `psnr_luma`), GMSD (0) and SUMMER (5).
    ///
    /// # Errors
    /// [`Error::Undefined`] with the metric's name if the sizes differ, a side is shorter than
    /// [`smallest_side`](Metric::smallest_side), or the score is 0/0, usually because an image has no structure.
    pub fn score(&self, reference: &Rgb8, distorted: &Rgb8) -> Result<f64> {
        self.checked(reference, distorted, self.compute)
    }

    /// [`score`](Metric::score) of samples of any range. A metric that is defined on 8 bits gets rounded samples.
    ///
    /// # Errors
    /// The errors of [`score`](Metric::score).
    pub fn score_fine(&self, reference: &Rgb16, distorted: &Rgb16) -> Result<f64> {
        match self.fine {
            Some(compute) => self.checked(reference, distorted, compute),
            None => self.score(&reference.rounded(), &distorted.rounded()),
        }
    }

    fn checked<I: Pixels>(&self, reference: &I, distorted: &I, compute: fn(&I, &I) -> f64) -> Result<f64> {
        let ((width, height), least) = (reference.size(), self.smallest_side);
        let undefined = |problem: String| Error::Undefined(format!("{}: {problem}", self.name));
        check_size((width, height), distorted).map_err(|error| undefined(error.to_string()))?;
        if width.min(height) < least {
            return Err(undefined(format!("the images are {width}×{height}; it needs {least}×{least} or more")));
        }
        let score = compute(reference, distorted);
        if score.is_nan() {
            let problem = "one of the images has no structure (is it a single colour?)";
            return Err(undefined(problem.to_owned()));
        }
        Ok(score.clamp(self.range.0, self.range.1))
    }
}

#[cfg(test)]
mod tests;
