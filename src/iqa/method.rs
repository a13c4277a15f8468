//! A method is four choices: what a patch is projected on, what is made of the projection, which units count more, and nothing else.
//!
//! The published methods and every row of the ablation are values of one type, [`Method`], so that two rows differ in what their
//! declarations differ in and the code that computes them is the same.

/// What patches are projected on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Projection {
    /// The autoencoder's encoder: y = W1 x + b1.
    Encoder,
    /// The encoders of MS-UNIQUE, one after the other: y = W1 x + b1 of each.
    Encoders,
    /// The gradient of the reconstruction loss with respect to the decoder's weights, G = ∂L/∂W2: y = Gᵀ x.
    Gradient(GradientOf),
    /// A matrix of independent normal numbers in the gradient's place, of the reference gradient's norm: the control.
    Random {
        /// The seed of the numbers.
        seed: u64,
    },
}

/// Whose patches the loss is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientOf {
    /// The reference image's, as published.
    Reference,
    /// The distorted image's.
    Distorted,
    /// The mean loss over both images' patches.
    Both,
}

/// What is made of a projection y. All but the raw ones are 0 where they are below 0.025.
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
    /// Features per unit.
    pub fn per_unit(self) -> usize {
        match self {
            Features::LogitMagnitudeAndAngle => 2,
            Features::Sigmoid | Features::Raw | Features::LogitMagnitude | Features::LogitAngle => 1,
        }
    }
}

/// Factors of the units' features, from the kurtosis of their weights in the luma channel (see
/// [`unit_weights`](super::unit_weights)): a unit whose weights are concentrated in few places looks for edges, one whose weights are spread for
/// smooth areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitWeights {
    /// 1 for every unit.
    Equal,
    /// 2 where the kurtosis exceeds 3, that of the normal distribution, else 1: the gradient method's.
    Peaked,
    /// 2 where the kurtosis exceeds 5, ½ where it is below 2, else 1: MS-UNIQUE's.
    Graded,
}

/// A full-reference quality measure of the UNIQUE family.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// A short name in the style of a column header: `unique`, `gradient`.
    pub name: &'static str,
    /// What patches are projected on.
    pub projection: Projection,
    /// What is made of the projection.
    pub features: Features,
    /// Which units count more.
    pub unit_weights: UnitWeights,
}

impl Method {
    const fn new(name: &'static str, projection: Projection, features: Features, unit_weights: UnitWeights) -> Method {
        Method { name, projection, features, unit_weights }
    }

    /// UNIQUE: the activations of the encoder (Temel, Prabhushankar and AlRegib, IEEE Signal Processing Letters 23(10), 2016).
    pub const UNIQUE: Method = Method::new("unique", Projection::Encoder, Features::Sigmoid, UnitWeights::Equal);

    /// MS-UNIQUE: the weighted activations of five encoders (Prabhushankar, Temel and AlRegib, Electronic Imaging 2017).
    pub const MS_UNIQUE: Method =
        Method::new("ms_unique", Projection::Encoders, Features::Sigmoid, UnitWeights::Graded);

    /// The ICIP 2019 paper's method: projections on the reference's gradient.
    pub const GRADIENT: Method = Method::new(
        "gradient",
        Projection::Gradient(GradientOf::Reference),
        Features::LogitMagnitudeAndAngle,
        UnitWeights::Peaked,
    );

    /// The rows of the ablation: each is the published method with one thing changed or more left out.
    ///
    /// * `gradient_raw` … `gradient`: the method built up step by step on the reference's gradient;
    /// * `gradient_magnitude`, `gradient_angle`: each half of its features alone;
    /// * `gradient_sigmoid`: the encoder's nonlinearity in the logit's place. As the gradient's projections are small, all activations are
    ///   close to ½, none is suppressed, and the ranks are those of `gradient_raw`: the row shows that they are;
    /// * `encoder_raw` … `encoder_logit_angle_weights`: the same steps with the encoder W1 in the gradient's place: what remains of
    ///   the gain without any gradient;
    /// * `gradient_of_distorted`, `gradient_of_both`: the gradient of other images' loss;
    /// * `random_projection`: the whole method with a random matrix in the gradient's place.
    pub const ABLATION: [Method; 14] = {
        use Features::{LogitAngle, LogitMagnitude, LogitMagnitudeAndAngle, Raw, Sigmoid};
        use Projection::{Encoder, Gradient};
        use UnitWeights::{Equal, Peaked};
        const REFERENCE: Projection = Gradient(GradientOf::Reference);
        const RANDOM: Projection = Projection::Random { seed: 0 };
        [
            Method::new("gradient_raw", REFERENCE, Raw, Equal),
            Method::new("gradient_logit", REFERENCE, LogitMagnitude, Equal),
            Method::new("gradient_logit_angle", REFERENCE, LogitMagnitudeAndAngle, Equal),
            Method::GRADIENT,
            Method::new("gradient_magnitude", REFERENCE, LogitMagnitude, Peaked),
            Method::new("gradient_angle", REFERENCE, LogitAngle, Peaked),
            Method::new("gradient_sigmoid", REFERENCE, Sigmoid, Equal),
            Method::new("encoder_raw", Encoder, Raw, Equal),
            Method::new("encoder_logit", Encoder, LogitMagnitude, Equal),
            Method::new("encoder_logit_angle", Encoder, LogitMagnitudeAndAngle, Equal),
            Method::new("encoder_logit_angle_weights", Encoder, LogitMagnitudeAndAngle, Peaked),
            Method::new("gradient_of_distorted", Gradient(GradientOf::Distorted), LogitMagnitudeAndAngle, Peaked),
            Method::new("gradient_of_both", Gradient(GradientOf::Both), LogitMagnitudeAndAngle, Peaked),
            Method::new("random_projection", RANDOM, LogitMagnitudeAndAngle, Peaked),
        ]
    };

    /// The method of that name: `unique`, `ms_unique`, `gradient`, or a row of the ablation.
    pub fn from_name(name: &str) -> Option<Method> {
        [Method::UNIQUE, Method::MS_UNIQUE].into_iter().chain(Method::ABLATION).find(|method| method.name == name)
    }

    /// Whether the projection depends on the distorted image, so that the reference's features cannot be computed in advance.
    pub fn depends_on_distorted(&self) -> bool {
        matches!(self.projection, Projection::Gradient(GradientOf::Distorted | GradientOf::Both))
    }
}
