//! Compares our scores with those of the authors' code.

mod common;

use approx::{abs_diff_eq, assert_abs_diff_eq};
use common::shared;
use gradspace::autodiff::kernels::Convolution;
use gradspace::imaging::Rgb8;
use gradspace::imaging::decode::read_image;
use gradspace::imaging::patches::Patches;
use gradspace::imaging::resize::halve;
use gradspace::imaging::whitening::{PatchMatrix, Zca, ZcaScratch};
use gradspace::iqa::{Features, Method, Models, Reference, Scorer, Scratch, UnitWeights};
use gradspace::iqa::{features::features, gradient::gradient, unit_weights::unit_weights};
use gradspace::lanes::{Lanes, Real};
use gradspace::models::SparseAutoencoder;
use gradspace::models::sparse_autoencoder::{B1, W1};

fn weights(name: &str) -> Option<SparseAutoencoder> {
    Some(SparseAutoencoder::load(shared(&format!("data/unique_weights/{name}"))?).unwrap())
}

/// A reference image of TID2013, cropped from its Kodak image.
fn reference(name: &str) -> Option<Rgb8> {
    let mut rows = csv::Reader::from_path(shared("data/tid2013/reference_crops.csv")?).unwrap();
    let row = rows.records().map(|row| row.unwrap()).find(|row| &row[0] == name).unwrap();
    let whole = read_image(shared(&format!("data/kodak24/{}", &row[1]))?).unwrap();
    let [top, left, height, width] = [2, 3, 4, 5].map(|i| row[i].parse::<usize>().unwrap());
    Some(Rgb8::from_fn(width, height, |x, y| whole.pixel(left + x, top + y)))
}

fn distorted(name: &str) -> Option<Rgb8> {
    Some(read_image(shared(&format!("data/tid2013/real_distorted/{name}.png"))?).unwrap())
}

#[test]
fn golden_scores_of_the_authors_code() {
    let golden = [
        ("i01_06_5", 0.671108588659, 0.774781507788, 0.935764117455),
        ("i03_11_5", 0.072962398977, 0.312228328660, 0.543432522101),
        ("i06_18_3", 0.824944071792, 0.889444714926, 0.966765056223),
        ("i21_21_5", 0.420068108711, 0.569635910182, 0.879413427956),
    ];
    let Some(autoencoder) = weights("ImageNet_Weights_YGCr.mat") else { return };
    let mut ms_unique = vec![autoencoder.clone()];
    for hidden in [625, 81, 121, 169] {
        ms_unique.extend(weights(&format!("ImageNet_Weights_YGCr_{hidden}x192.mat")));
    }
    let models = Models { autoencoder, ms_unique };
    let scorer = Scorer::new(&[Method::UNIQUE, Method::MS_UNIQUE, Method::GRADIENT], models).unwrap();
    let mut scratch = Scratch::default();
    for (name, unique, ms_unique, gradient) in golden {
        let Some(image) = reference(&name[..3].to_uppercase()) else { return };
        let reference = scorer.reference(&image, &mut scratch).unwrap();
        let scores = reference.score(&distorted(name).unwrap(), &mut scratch).unwrap();
        for (score, expected) in scores.iter().zip([unique, ms_unique, gradient]) {
            assert!(abs_diff_eq!(score.value, expected, epsilon = 1e-11), "{name}: {} is not {expected}", score.value);
        }
        // An image has the score 1 with itself as the reference.
        for score in reference.score(&image, &mut scratch).unwrap() {
            assert_eq!(score.value, 1.0);
        }
    }
}

#[test]
fn correlations_of_the_ablation() {
    let Some(autoencoder) = weights("unique_ygcr_autoencoder_f64.safetensors") else { return };
    let scorer = Scorer::new(&Method::ABLATION, Models { autoencoder, ms_unique: vec![] }).unwrap();
    let Some(image) = reference("I01") else { return };
    let mut scratch = Scratch::default();
    let reference = scorer.reference(&image, &mut scratch).unwrap();
    let scores = reference.score(&distorted("i01_06_5").unwrap(), &mut scratch).unwrap();
    let rho = |name: &str| scores[scorer.methods().iter().position(|method| method.key == name).unwrap()].rho;
    // The expected values were computed with parts of the authors' code.
    let golden = [
        ("gradient", 0.993382806),
        ("gradient_magnitude", 0.970174),
        ("gradient_angle", 0.984142),
        ("gradient_logit_angle", 0.981630),
        ("gradient_raw", 0.967125),
    ];
    for (name, expected) in golden {
        assert!(abs_diff_eq!(rho(name), expected, epsilon = 1e-6), "{name}: {} is not {expected}", rho(name));
    }
    assert_eq!(rho("gradient_sigmoid"), rho("gradient_raw"));
}

/// Compares intermediate values of i01_06_5 with the authors' code, from the resize to the unit weights.
#[test]
fn the_way_to_a_golden_score() {
    let Some(model) = weights("ImageNet_Weights_YGCr.mat") else { return };
    let (Some(image), Some(other)) = (reference("I01"), distorted("i01_06_5")) else { return };
    let half = halve(&image);
    assert_eq!((half.width, half.height), (256, 192));
    assert_eq!(half.samples.iter().map(|&v| u64::from(v)).sum::<u64>(), 15_510_775);
    assert_eq!((half.pixel(0, 0), half.pixel(100, 100)), ([70, 66, 59], [109, 43, 25]));

    let white = |image: &Rgb8| {
        let patches = Patches::blocks(&halve(image));
        assert_eq!(patches.count(), 768);
        let mut white = PatchMatrix::new();
        Zca::of(&patches).unwrap().apply(&patches, &mut ZcaScratch::default(), &mut white);
        white
    };
    let (x1, x2) = (white(&image), white(&other));
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let flat = |x: &PatchMatrix| x.iter().flat_map(|lanes| lanes.0).collect::<Vec<f64>>();
    let near = |value: f64, expected: f64, digit: f64| {
        assert_abs_diff_eq!(value, expected, epsilon = digit);
    };
    near(norm(&flat(&x1)), 72.77966, 1e-5);
    near(norm(&flat(&x2)), 75.63715, 1e-5);
    for (d, expected) in [-0.190892, -0.193796, -0.208864, -0.250654, -0.197931].into_iter().enumerate() {
        near(x1[d * 96].lane(0), expected, 1e-6);
    }

    let project = |rows: &[f64], bias: &[f64], x: &PatchMatrix| {
        let mut y = vec![Lanes::default(); 400 * 96];
        Convolution::new([192, 1, 96], [400, 192, 1, 1], 1, 0).forward(rows, bias, x, &mut y);
        y
    };
    let [w1, b1]: [Vec<f64>; 2] = [W1, B1].map(|name| model.parameters[name].iter().copied().collect());
    for (x, suppressed) in [(&x1, 0.255), (&x2, 0.258)] {
        let mut a = Vec::new();
        assert!(features(Features::Sigmoid, &project(&w1, &b1, x), 768, &[1.0; 400], &mut a));
        near(a.iter().filter(|&&a| a == 0.0).count() as f64 / a.len() as f64, suppressed, 5e-4);
        if suppressed == 0.255 {
            near(a.iter().copied().fold(0.0, f64::max), 0.9079, 1e-4);
        }
    }

    // Row j of Gᵀ belongs to unit j.
    let g = gradient(&model, &x1, 768);
    near(norm(&g), 0.0864918, 1e-7);
    near(g.iter().copied().fold(f64::INFINITY, f64::min), -0.00362441, 1e-8);
    near(g.iter().copied().fold(f64::NEG_INFINITY, f64::max), 0.00290868, 1e-8);
    for (j, expected) in [-1.171624e-4, -2.699934e-4, -2.581157e-4, -7.374286e-5].into_iter().enumerate() {
        near(g[j * 192], expected, 1e-10);
    }
    let y = flat(&project(&g, &[0.0; 400], &x1));
    near(y.iter().copied().fold(f64::INFINITY, f64::min), -0.04755, 1e-5);
    near(y.iter().copied().fold(f64::NEG_INFINITY, f64::max), 0.03103, 1e-5);
    near(y.iter().filter(|&&y| y < 0.0).count() as f64 / y.len() as f64, 0.5195, 6e-5);
    assert_eq!(unit_weights(UnitWeights::Peaked, &g).iter().filter(|&&w| w == 2.0).count(), 109);
}

/// Compares scores with the authors' code on images that do not need the rebuilt database: JPEG (type 10) and mean shift (type 16).
#[test]
fn scores_of_the_authors_code_over_many_images() {
    let Some(autoencoder) = weights("unique_ygcr_autoencoder_f64.safetensors") else { return };
    let (Some(oracle), Some(jpeg)) = (shared("oracle/tid2013_scores.csv"), shared("data/tid2013/jpeg_type10")) else {
        return;
    };
    let scorer = Scorer::new(&[Method::UNIQUE, Method::GRADIENT], Models { autoencoder, ms_unique: vec![] }).unwrap();
    let mut rows = csv::Reader::from_path(oracle).unwrap();
    let (mut scratch, mut count) = (Scratch::default(), 0);
    let mut current: Option<(String, Rgb8, Reference)> = None;
    for row in rows.records().map(|row| row.unwrap()) {
        let (name, level) = (&row[0], row[0][7..].parse::<usize>().unwrap());
        if level % 2 == 0 || !["10", "16"].contains(&&name[4..6]) {
            continue;
        }
        if current.as_ref().is_none_or(|(of, ..)| *of != name[..3]) {
            let Some(image) = reference(&name[..3].to_uppercase()) else { return };
            let prepared = scorer.reference(&image, &mut scratch).unwrap();
            current = Some((name[..3].to_string(), image, prepared));
        }
        let (_, image, prepared) = current.as_ref().unwrap();
        let distorted = if &name[4..6] == "10" {
            read_image(jpeg.join(format!("{name}.jpg"))).unwrap()
        } else {
            let shift = [-6, 10, -20, 30, -40][level - 1];
            let samples = image.samples.iter().map(|&v| (i32::from(v) + shift).clamp(0, 255) as u8).collect();
            Rgb8::new(image.width, image.height, samples)
        };
        let scores = prepared.score(&distorted, &mut scratch).unwrap();
        for (score, expected) in scores.iter().zip([&row[1], &row[2]]) {
            let expected: f64 = expected.parse().unwrap();
            assert!(abs_diff_eq!(score.value, expected, epsilon = 2e-5), "{name}: {} is not {expected}", score.value);
        }
        count += 1;
    }
    assert_eq!(count, 12 * 6);
}
