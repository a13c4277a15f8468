//! Colour conversion: from the components' pixels to RGB (libjpeg's jdcolor.c; for CMYK Pillow's `convert("RGB")`).

use super::frame::Frame;
use super::tables::Tables;

/// What the components of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Grey,
    Rgb,
    YCbCr,
    Cmyk,
    /// CMYK whose inks CMY are stored as YCbCr.
    Ycck,
}

impl Colour {
    /// The rules are libjpeg's, since the standard has no rule.
    pub fn of(frame: &Frame, tables: &Tables) -> Colour {
        match (frame.components.len(), tables.jfif, tables.adobe_transform) {
            (1, ..) => Colour::Grey,
            (4, _, None | Some(0)) => Colour::Cmyk,
            (4, ..) => Colour::Ycck,
            (_, false, Some(0)) => Colour::Rgb,
            (_, false, None) if frame.components.iter().map(|c| c.id).eq(*b"RGB") => Colour::Rgb,
            _ => Colour::YCbCr,
        }
    }

    /// Writes a row of RGB pixels, `out`, from one row of each component.
    pub fn convert(self, rows: &[Vec<u8>], out: &mut [u8]) {
        let pixels = out.chunks_exact_mut(3).enumerate();
        match (self, rows) {
            (Colour::Rgb, [r, g, b]) => pixels.for_each(|(x, pixel)| pixel.copy_from_slice(&[r[x], g[x], b[x]])),
            (Colour::YCbCr, [y, cb, cr]) => {
                let samples = y.iter().zip(cb).zip(cr);
                pixels.zip(samples).for_each(|((_, out), ((&y, &cb), &cr))| out.copy_from_slice(&rgb(y, cb, cr)));
            }
            (Colour::Cmyk, [c, m, y, k]) => pixels.for_each(|(x, pixel)| {
                pixel.copy_from_slice(&print([255 - c[x], 255 - m[x], 255 - y[x]], k[x]));
            }),
            (Colour::Ycck, [y, cb, cr, k]) => {
                pixels.for_each(|(x, pixel)| pixel.copy_from_slice(&print(rgb(y[x], cb[x], cr[x]), k[x])));
            }
            _ => pixels.for_each(|(x, pixel)| pixel.fill(rows[0][x])),
        }
    }
}

/// YCbCr to RGB with constants scaled by 2^16. Each product is rounded as in libjpeg's tables: red and blue separately,
/// the two parts of green together.
#[inline(always)]
pub fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let r = y + ((91881 * cr + HALF) >> 16); // 1.40200
    let g = y + ((-22554 * cb - 46802 * cr + HALF) >> 16); // 0.34414, 0.71414
    let b = y + ((116130 * cb + HALF) >> 16); // 1.77200
    [r, g, b].map(|v| v.clamp(0, 255) as u8)
}

/// The colour of paper under three inks, where black leaves `light` of it: `light · (1 − ink / 255)`. The product is
/// rounded, not the difference.
fn print(inks: [u8; 3], light: u8) -> [u8; 3] {
    inks.map(|ink| light - ((u32::from(ink) * u32::from(light) + 127) / 255) as u8)
}
