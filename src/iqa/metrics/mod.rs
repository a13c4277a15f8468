//! The field's full-reference quality metrics, each from its definition, in f64.
//!
//! These are what the paper compares its method with (and GMSD and VIF beside them). Each has its file, which gives its
//! equations and their source and says what the metric does about colour, range, borders and downsampling: there the published
//! programs differ from their papers and from each other, in the second digit and not in the last. Where the field uses two
//! variants both are here, by name; which of them the laboratory used whose per-image scores of TID2013 the paper's table rests on was
//! found out by comparing numbers, and each file says so.
//!
//! | keys | which are the laboratory's (worst difference) | which have the official programs' values (as printed) |
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
//! CSV, the last competitor, needs a learned table of colour names that is not part of this program, and is not here.
//!
//! A metric is a value, so that lists of them can be run:
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

use crate::error::{Error, Result};
use crate::imaging::Rgb8;

/// Every metric, in the order in which tables show them.
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
    /// What it is, in half a line.
    pub description: &'static str,
    /// The lowest and the highest score that there can be; infinite where there is no bound. (`psnr_luma` can fall below its 0, by
    /// 0.0005 for black against white.)
    pub range: (f64, f64),
    /// The smallest image side, in pixels, for which it is defined.
    pub smallest_side: usize,
    /// Whether a higher score is a better image.
    pub higher_is_better: bool,
    /// The score of (reference, distorted), images of one size and not too small. NaN where it is not defined.
    compute: fn(&Rgb8, &Rgb8) -> f64,
}

impl Metric {
    /// The metric of that [`key`](Metric::key).
    pub fn from_key(key: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.key == key)
    }

    /// The score of a distorted image. Identical images score 1, but for the PSNR family (infinity), GMSD (0) and SUMMER (5).
    ///
    /// # Errors
    /// [`Error::Undefined`] with the metric's name where the sizes differ, a side is smaller than [`smallest_side`](Metric::smallest_side), or
    /// the images leave the metric without a value: 0/0, mostly for want of any structure.
    pub fn score(&self, reference: &Rgb8, distorted: &Rgb8) -> Result<f64> {
        let (width, height, least) = (reference.width, reference.height, self.smallest_side);
        if (width, height) != (distorted.width, distorted.height) {
            return Err(Error::Undefined(format!(
                "{}: the reference image is {width}×{height}, the distorted one {}×{}; only images of one size can be compared",
                self.name, distorted.width, distorted.height
            )));
        }
        if width.min(height) < least {
            return Err(Error::Undefined(format!(
                "{}: the images are {width}×{height}; it is defined from {least}×{least} on",
                self.name
            )));
        }
        let score = (self.compute)(reference, distorted);
        if score.is_nan() {
            return Err(Error::Undefined(format!(
                "{}: not defined for these images; one of them has no structure to compare (is it of one colour?)",
                self.name
            )));
        }
        Ok(score)
    }
}

#[cfg(test)]
mod tests;
