//! Scores the rebuilt part of TID2013 on one thread, for the comparison with numpy in `benches/against_numpy.sh`.
//!
//! The arguments are DATA_DIR WEIGHTS [N]. The program prints `image,unique,gradient` for each distorted image, like
//! `../shared/peers/iqa_numpy.py`. On standard error it prints the seconds per distorted image, from the file to the two scores.

use std::time::{Duration, Instant};

use gradspace::imaging::decode::read_image;
use gradspace::iqa::{Method, Models, Scorer, Scratch};
use gradspace::models::SparseAutoencoder;

fn main() -> gradspace::Result<()> {
    // `cargo bench` adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, weights, most @ ..] = arguments.as_slice() else {
        eprintln!("against_numpy: DATA_DIR WEIGHTS [N]: see benches/against_numpy.sh");
        return Ok(());
    };
    let most = most.first().map_or(usize::MAX, |n| n.parse().expect("N is a number"));
    let list = |folder: String| {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|reason| panic!("{folder}: {reason}"));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
        paths.sort();
        paths
    };
    let stem = |path: &std::path::Path| path.file_stem().expect("a file").to_string_lossy().to_lowercase();
    let references = list(format!("{folder}/reference_images"));
    let models = Models { autoencoder: SparseAutoencoder::load(weights)?, ms_unique: vec![] };
    let scorer = Scorer::new(&[Method::UNIQUE, Method::GRADIENT], models)?;
    let mut scratch = Scratch::default();
    let mut current = None;
    let (mut spent, mut count) = (Duration::ZERO, 0);
    for path in list(format!("{folder}/distorted_images")).iter().take(most) {
        let name = stem(path);
        if current.as_ref().is_none_or(|(of, _)| *of != name[..3]) {
            let file = references.iter().find(|file| stem(file) == name[..3]).expect("the image's reference");
            current = Some((name[..3].to_string(), scorer.reference(&read_image(file)?, &mut scratch)?));
        }
        let (_, reference) = current.as_ref().expect("just made");
        let start = Instant::now();
        let scores = reference.score(&read_image(path)?, &mut scratch)?;
        spent += start.elapsed();
        count += 1;
        println!("{name},{:.9},{:.9}", scores[0].value, scores[1].value);
    }
    eprintln!("# {:.4} s per distorted image", spent.as_secs_f64() / f64::from(count));
    Ok(())
}
