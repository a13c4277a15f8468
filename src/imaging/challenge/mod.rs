//! The twelve challenges of CURE-TSR, simulated at five levels each, one file per type.
//!
//! CURE-TSR (Temel, Kwon, Prabhushankar and AlRegib 2017) takes traffic signs from video and applies twelve kinds of
//! bad weather, bad light, bad lenses and bad cameras. Most of them are effects of a commercial editor with unpublished
//! parameters. The database may not be redistributed, so these are simulations. Their look and strength follow the two
//! official figures. One shows a tile of a real and of a rendered stop sign for each type, at an unstated level. The
//! other shows the accuracies of seven classifiers against the level. "The tile" in these files is the one of the
//! figure, and the numbers were fitted to it: the gain of a darkened pixel, the radius of a blur, the colour of a haze.
//! The level assigned to the tile was chosen so that the steps between levels look even and fit the classifiers'
//! curves. Nothing here has been compared with the images of the database.
//!
//! Each type has one parameter, its *strength*, with one value per level. Two rules give the levels a meaning:
//!
//! * **A stronger level is the same event, but worse.** The drops, streaks, smudges and lost blocks of an image are
//!   drawn from the stream first, in an order that does not depend on the strength. With the same stream, each level
//!   adds to the damage of the level below. So no sample moves closer to the clean image, and the error rises with the
//!   level in every image, not only on average. (In the two blurs single samples may move either way; their sum rises.)
//!   Another stream gives another event.
//! * **Sizes are fractions of the sign.** The size of an effect (the radius of a blur, the width of a streak, the side
//!   of a lost block) is a fraction of the image's shorter side, since the sign fills the crops of the database. So
//!   crops of 28 and of 200 pixels look alike. Only noise is independent in each pixel, as in a camera.
//!
//! Some images cannot show an effect: black does not become darker, an all-white image cannot be overexposed further,
//! and grey has no colour to lose.
//!
//! A new type needs one file, one variant and one line in `SIMULATORS`. The computation is serial and in a fixed order.
//! An image depends only on the clean one, the type, the level and the stream.

mod convolution;

mod codec_error;
mod darkening;
mod decolorization;
mod dirty_lens;
mod exposure;
mod gaussian_blur;
mod haze;
mod lens_blur;
mod noise;
mod rain;
mod shadow;
mod snow;

use serde::{Serialize, Serializer};
use std::str::FromStr;

use super::Rgb8;
use super::distortion::to_u8;
use crate::stats::random::Stream;

/// A type of challenge, with its number in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Challenge {
    /// 01: the colours fade to grey.
    Decolorization = 1,
    /// 02: a lens out of focus.
    LensBlur = 2,
    /// 03: a video stream with lost blocks.
    CodecError = 3,
    /// 04: too little light.
    Darkening = 4,
    /// 05: dust and smudges on the lens.
    DirtyLens = 5,
    /// 06: too much light.
    Exposure = 6,
    /// 07: a Gaussian blur.
    GaussianBlur = 7,
    /// 08: coloured noise.
    Noise = 8,
    /// 09: rain, and the veil it makes.
    Rain = 9,
    /// 10: a shadow over one side.
    Shadow = 10,
    /// 11: snow, and the glare it makes.
    Snow = 11,
    /// 12: haze.
    Haze = 12,
}

/// The implementation of a type.
#[derive(Clone, Copy)]
struct Simulator {
    challenge: Challenge,
    name: &'static str,
    /// The strength at levels 1 to 5.
    strengths: [f64; 5],
    /// Applies the challenge at a strength.
    simulate: fn(&Rgb8, f64, &mut Stream) -> Rgb8,
}

/// In the order of [`Challenge::ALL`].
const SIMULATORS: [Simulator; 12] = [
    decolorization::TYPE,
    lens_blur::TYPE,
    codec_error::TYPE,
    darkening::TYPE,
    dirty_lens::TYPE,
    exposure::TYPE,
    gaussian_blur::TYPE,
    noise::TYPE,
    rain::TYPE,
    shadow::TYPE,
    snow::TYPE,
    haze::TYPE,
];

impl Serialize for Challenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Challenge {
    type Err = String;

    /// The type with this name; the error lists the names.
    fn from_str(name: &str) -> Result<Challenge, String> {
        let names = || Challenge::ALL.map(|challenge| format!("`{}`", challenge.name())).join(", ");
        let found = Challenge::ALL.into_iter().find(|challenge| challenge.name() == name);
        found.ok_or_else(|| format!("unknown challenge `{name}`, expected one of {}", names()))
    }
}

impl Challenge {
    /// All types, in the order of the database: `ALL[n - 1]` has the number n.
    pub const ALL: [Challenge; 12] = {
        let mut all = [Challenge::Decolorization; 12];
        let mut i = 0;
        while i < 12 {
            all[i] = SIMULATORS[i].challenge;
            i += 1;
        }
        all
    };

    /// The number in the database, 1 to 12.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The name in snake case.
    pub fn name(self) -> &'static str {
        self.simulator().name
    }

    /// A short description.
    pub fn description(self) -> &'static str {
        match self {
            Challenge::Decolorization => "the colours fade to grey",
            Challenge::LensBlur => "a lens out of focus",
            Challenge::CodecError => "a video stream with lost blocks",
            Challenge::Darkening => "too little light",
            Challenge::DirtyLens => "dust and smudges on the lens",
            Challenge::Exposure => "too much light",
            Challenge::GaussianBlur => "a Gaussian blur",
            Challenge::Noise => "coloured noise",
            Challenge::Rain => "rain, and the veil it makes",
            Challenge::Shadow => "a shadow over one side",
            Challenge::Snow => "snow, and the glare it makes",
            Challenge::Haze => "haze",
        }
    }

    /// `image` under this challenge at `level`.
    ///
    /// Use streams of the same name for the five levels of an image, such as `Stream::new(seed, challenge.name(),
    /// number of the image)`. They then show one event at five strengths, and the error rises from each level to the
    /// next. See the [module](self).
    ///
    /// # Panics
    /// If `level` is not 1 to 5.
    ///
    /// ```
    /// use gradspace::imaging::{Rgb8, challenge::Challenge};
    /// use gradspace::stats::random::Stream;
    ///
    /// let sign = Rgb8::from_fn(28, 28, |x, _| [200, 9 * x as u8, 30]);
    /// let dark = Challenge::Darkening.apply(&sign, 5, &mut Stream::new(1, "darkening", 0));
    /// assert_eq!(dark.pixel(0, 0), [44, 0, 7]);
    /// ```
    pub fn apply(self, image: &Rgb8, level: u8, random: &mut Stream) -> Rgb8 {
        assert!((1..=5).contains(&level), "the level must be 1 to 5, not {level}");
        let simulator = self.simulator();
        (simulator.simulate)(image, simulator.strengths[usize::from(level) - 1], random)
    }

    fn simulator(self) -> Simulator {
        SIMULATORS[self as usize - 1]
    }
}

/// Blends each pixel with a colour: `veil(x, y)` gives the opacity, from 0 (unchanged) to 1, and the colour.
///
/// Most challenges use this. If a greater strength lowers no opacity and does not change the colour, no sample moves
/// closer to the clean image: rounding keeps the order.
fn blend(image: &Rgb8, mut veil: impl FnMut(usize, usize) -> (f64, [f64; 3])) -> Rgb8 {
    Rgb8::from_fn(image.width, image.height, |x, y| {
        let (share, colour) = veil(x, y);
        let pixel = image.pixel(x, y).map(f64::from);
        std::array::from_fn(|c| to_u8(pixel[c] + share * (colour[c] - pixel[c])))
    })
}

/// The reference length of all sizes, in pixels: the shorter side.
fn side(image: &Rgb8) -> f64 {
    image.width.min(image.height) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::scenes::scene;
    use crate::imaging::signs::{SIGN_TYPES, Track};

    fn error(clean: &Rgb8, challenged: &Rgb8) -> f64 {
        let square = |(&a, &b): (&u8, &u8)| u64::from(a.abs_diff(b)) * u64::from(a.abs_diff(b));
        clean.samples.iter().zip(&challenged.samples).map(square).sum::<u64>() as f64 / clean.samples.len() as f64
    }

    fn stream(challenge: Challenge, item: usize) -> Stream {
        Stream::new(4, challenge.name(), item as u64)
    }

    #[test]
    fn the_error_rises_with_the_level_on_every_image() {
        let mut images: Vec<Rgb8> = (0..24).map(|i| scene(i, 28 + i as usize, 64 - i as usize, 2)).collect();
        for kind in 0..SIGN_TYPES.len() {
            images.extend([20, 28, 51].map(|size| Track::new(2, kind, size as u64).frame(0, size)));
        }
        println!("mean squared error over {} images, levels 1 to 5", images.len());
        for challenge in Challenge::ALL {
            let mut means = [0.0; 5];
            for (i, image) in images.iter().enumerate() {
                let errors =
                    [1, 2, 3, 4, 5].map(|l| error(image, &challenge.apply(image, l, &mut stream(challenge, i))));
                let rising = errors[0] > 0.0 && errors.windows(2).all(|pair| pair[0] < pair[1]);
                assert!(rising, "{} on image {i}: {errors:?}", challenge.name());
                means.iter_mut().zip(errors).for_each(|(mean, error)| *mean += error / images.len() as f64);
            }
            println!("{:2} {:14} {means:7.0?}", challenge.number(), challenge.name());
        }
    }

    /// Except in the blurs, each sample moves away from the clean one, if it moves at all.
    #[test]
    fn no_sample_comes_back() {
        for (i, image) in (0..6).map(|i| scene(i, 40, 33, 7)).enumerate() {
            for challenge in Challenge::ALL {
                if [Challenge::LensBlur, Challenge::GaussianBlur].contains(&challenge) {
                    continue;
                }
                let mut before = image.clone();
                for level in 1..=5 {
                    let now = challenge.apply(&image, level, &mut stream(challenge, i));
                    for ((clean, before), now) in image.samples.iter().zip(&before.samples).zip(&now.samples) {
                        assert!(
                            now.abs_diff(*clean) >= before.abs_diff(*clean),
                            "{} level {level}: {clean} {before} {now}",
                            challenge.name()
                        );
                    }
                    before = now;
                }
            }
        }
    }

    #[test]
    fn numbers_and_names_are_the_databases() {
        let names = Challenge::ALL.map(|challenge| (challenge.number(), challenge.name()));
        let official = [
            (1, "decolorization"),
            (2, "lens_blur"),
            (3, "codec_error"),
            (4, "darkening"),
            (5, "dirty_lens"),
            (6, "exposure"),
            (7, "gaussian_blur"),
            (8, "noise"),
            (9, "rain"),
            (10, "shadow"),
            (11, "snow"),
            (12, "haze"),
        ];
        assert_eq!(names, official);
    }

    #[test]
    fn any_image_can_be_challenged_and_nothing_but_the_stream_decides() {
        let sizes = [(1, 1), (1, 30), (7, 2), (20, 20), (61, 23)];
        let mut images: Vec<Rgb8> = sizes.map(|(width, height)| scene(0, width, height, 1)).into();
        images.extend([0, 128, 255].map(|value| Rgb8::from_fn(21, 22, |_, _| [value; 3])));
        for challenge in Challenge::ALL {
            for image in &images {
                for level in [1, 5] {
                    let apply = || challenge.apply(image, level, &mut stream(challenge, 0));
                    let challenged = apply();
                    assert_eq!((challenged.width, challenged.height), (image.width, image.height));
                    assert_eq!(challenged, apply(), "{}", challenge.name());
                }
            }
        }
    }

    /// A hash of every sample of every type. Other systems must reproduce it, and so must changes that should not
    /// affect results.
    #[test]
    fn golden_samples() {
        let image = scene(0, 45, 37, 3);
        let mut hash = blake3::Hasher::new();
        for challenge in Challenge::ALL {
            for level in 1..=5 {
                hash.update(&challenge.apply(&image, level, &mut stream(challenge, 0)).samples);
            }
        }
        assert_eq!(hash.finalize().to_hex()[..16], *"348887f24a124d80");
    }

    #[test]
    #[should_panic(expected = "must be 1 to 5")]
    fn there_is_no_level_0() {
        Challenge::Haze.apply(&scene(0, 8, 8, 0), 0, &mut Stream::new(0, "", 0));
    }
}
