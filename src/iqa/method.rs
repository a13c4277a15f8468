//! Methods of the UNIQUE family. A method is defined by three choices: the projection of a patch, the features of the
//! projection, and the weights of the units.
//!
//! The published methods and every row of the ablation are values of one type, [`Method`], and one implementation
//! computes them. So two rows differ exactly as their declarations differ.

/// The projection of patches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Projection {
    /// The autoencoder's encoder: y = W1 x + b1.
    Encoder,
    /// The encoders of MS-UNIQUE, one after the other: y = W1 x + b1 of each.
    Encoders,
    /// The gradient of the reconstruction loss with respect to the decoder's weights, G = ∂L/∂W2: y = Gᵀ x.
    Gradient(GradientOf),
    /// A matrix of independent normal numbers with the norm of the reference gradient: the control.
    Random {
        /// The seed of the numbers.
        seed: u64,
    },
}

/// The patches of the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientOf {
    /// Those of the reference image, as published.
    Reference,
    /// Those of the distorted image.
    Distorted,
    /// The patches of both images: the mean of the two losses.
    Both,
}

/// The features of a projection y. Values below 0.025 become 0, except for the raw projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// 1/(1 + e⁻ʸ), the unit's activation.
    Sigmoid,
    /// y itself, of either sign.
    Raw,
    /// The magnitude of the complex logit l = ln(y/(1 − y)).
    LogitMagnitude,
    /// The angle of the logit.
    LogitAngle,
    /// The magnitude of the logit, and its angle.
    LogitMagnitudeAndAngle,
}

impl Features {
    /// The number of features per unit.
    pub fn per_unit(self) -> usize {
        match self {
            Features::LogitMagnitudeAndAngle => 2,
            Features::Sigmoid | Features::Raw | Features::LogitMagnitude | Features::LogitAngle => 1,
        }
    }
}

/// The factors of the units' features, from the kurtosis of their weights in the luma channel (see
/// [`unit_weights`](super::unit_weights)). A unit with concentrated weights detects edges, one with spread weights
/// smooth areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitWeights {
    /// 1 for every unit.
    Equal,
    /// 2 if the kurtosis exceeds 3, that of the normal distribution, else 1: the gradient method.
    Peaked,
    /// 2 if the kurtosis exceeds 5, ½ if it is below 2, else 1: MS-UNIQUE.
    Graded,
}

/// A full-reference quality measure of the UNIQUE family.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// The name in files and on the command line, in lower case: `unique`, `gradient`.
    pub key: &'static str,
    /// The name in tables and charts: `UNIQUE`, `Gradient`.
    pub name: &'static str,
    /// The projection of patches.
    pub projection: Projection,
    /// The features of the projection.
    pub features: Features,
    /// The weights of the units.
    pub unit_weights: UnitWeights,
}

impl Method {
    const fn new(
        [key, name]: [&'static str; 2],
        projection: Projection,
        features: Features,
        unit_weights: UnitWeights,
    ) -> Method {
        Method { key, name, projection, features, unit_weights }
    }

    /// UNIQUE: the activations of the encoder (Temel, Prabhushankar and AlRegib, IEEE Signal Processing Letters 23(10), 2016).
    pub const UNIQUE: Method =
        Method::new(["unique", "UNIQUE"], Projection::Encoder, Features::Sigmoid, UnitWeights::Equal);

    /// MS-UNIQUE: the weighted activations of five encoders (Prabhushankar, Temel and AlRegib, Electronic Imaging 2017).
    pub const MS_UNIQUE: Method =
        Method::new(["ms_unique", "MS-UNIQUE"], Projection::Encoders, Features::Sigmoid, UnitWeights::Graded);

    /// The ICIP 2019 paper's method, which the paper calls "Proposed": projections on the reference's gradient.
    pub const GRADIENT: Method = Method::new(
        ["gradient", "Gradient"],
        Projection::Gradient(GradientOf::Reference),
        Features::LogitMagnitudeAndAngle,
        UnitWeights::Peaked,
    );

    /// The rows of the ablation: each is the published method with one step changed or some steps left out.
    ///
    /// * `gradient_raw` … `gradient`: the method built up step by step on the gradient of the reference;
    /// * `gradient_magnitude`, `gradient_angle`: each half of its features alone;
    /// * `gradient_sigmoid`: the encoder's nonlinearity instead of the logit. The gradient's projections are small, so
    ///   all activations are close to ½, none is suppressed, and the ranks equal those of `gradient_raw`. The row
    ///   demonstrates this;
    /// * `encoder_raw` … `encoder_logit_angle_weights`: the same steps with the encoder W1 instead of the gradient.
    ///   They show which part of the gain needs no gradient;
    /// * `gradient_of_distorted`, `gradient_of_both`: the gradient of the loss over other images;
    /// * `random_projection`: the whole method with a random matrix instead of the gradient.
    pub const ABLATION: [Method; 14] = {
        use Features::{LogitAngle, LogitMagnitude, LogitMagnitudeAndAngle, Raw, Sigmoid};
        use Projection::{Encoder, Gradient};
        use UnitWeights::{Equal, Peaked};
        const REFERENCE: Projection = Gradient(GradientOf::Reference);
        const RANDOM: Projection = Projection::Random { seed: 0 };
        [
            Method::new(["gradient_raw", "Gradient, raw"], REFERENCE, Raw, Equal),
            Method::new(["gradient_logit", "Gradient, logit"], REFERENCE, LogitMagnitude, Equal),
            Method::new(
                ["gradient_logit_angle", "Gradient, logit and angle"],
                REFERENCE,
                LogitMagnitudeAndAngle,
                Equal,
            ),
            Method::GRADIENT,
            Method::new(["gradient_magnitude", "Gradient, logit, weighted"], REFERENCE, LogitMagnitude, Peaked),
            Method::new(["gradient_angle", "Gradient, angle, weighted"], REFERENCE, LogitAngle, Peaked),
            Method::new(["gradient_sigmoid", "Gradient, sigmoid"], REFERENCE, Sigmoid, Equal),
            Method::new(["encoder_raw", "Encoder, raw"], Encoder, Raw, Equal),
            Method::new(["encoder_logit", "Encoder, logit"], Encoder, LogitMagnitude, Equal),
            Method::new(["encoder_logit_angle", "Encoder, logit and angle"], Encoder, LogitMagnitudeAndAngle, Equal),
            Method::new(
                ["encoder_logit_angle_weights", "Encoder, logit and angle, weighted"],
                Encoder,
                LogitMagnitudeAndAngle,
                Peaked,
            ),
            Method::new(
                ["gradient_of_distorted", "Gradient of the distorted image"],
                Gradient(GradientOf::Distorted),
                LogitMagnitudeAndAngle,
                Peaked,
            ),
            Method::new(
                ["gradient_of_both", "Gradient of both images"],
                Gradient(GradientOf::Both),
                LogitMagnitudeAndAngle,
                Peaked,
            ),
            Method::new(["random_projection", "Random projection"], RANDOM, LogitMagnitudeAndAngle, Peaked),
        ]
    };

    /// The method with this key: `unique`, `ms_unique`, `gradient`, or a row of the ablation.
    pub fn from_key(key: &str) -> Option<Method> {
        [Method::UNIQUE, Method::MS_UNIQUE].into_iter().chain(Method::ABLATION).find(|method| method.key == key)
    }

    /// Whether the projection depends on the distorted image, so that the reference's features cannot be computed in advance.
    pub fn depends_on_distorted(&self) -> bool {
        matches!(self.projection, Projection::Gradient(GradientOf::Distorted | GradientOf::Both))
    }
}
