//! A hint for errors about an unknown name: the name that was probably meant.

/// "did you mean `x`?" with the name of `known` that is nearest to `given`; or the list of all names if none is near.
///
/// The distance is Levenshtein's: the number of insertions, deletions and substitutions, ignoring case. At equal distance, a name with the
/// same first letter comes first, then the first in the alphabet. A name is near if its distance is at most 1 + a third of the
/// characters of `given`.
///
/// ```
/// use gradspace::nearest::suggest;
///
/// assert_eq!(suggest("gradeint", &["unique", "gradient"]), "did you mean `gradient`?");
/// ```
pub fn suggest(given: &str, known: &[&str]) -> String {
    let given = given.to_lowercase();
    let rank = |name: &str| {
        let name = name.to_lowercase();
        (strsim::levenshtein(&given, &name), name.chars().next() != given.chars().next())
    };
    match known.iter().map(|name| (rank(name), name)).min() {
        Some(((distance, _), name)) if distance <= 1 + given.chars().count() / 3 => format!("did you mean `{name}`?"),
        _ => format!("use one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_or_all_names() {
        let known = ["unique", "gradient", "PSNR"];
        for (given, expected) in [
            ("gradeint", "did you mean `gradient`?"),
            ("psnr", "did you mean `PSNR`?"),
            ("UNIQEU", "did you mean `unique`?"),
            ("zzz", "use one of unique, gradient, PSNR"),
            ("", "use one of unique, gradient, PSNR"),
        ] {
            assert_eq!(suggest(given, &known), expected);
        }
        // At equal distance, the name with the same first letter; then the first in the alphabet.
        assert_eq!(suggest("sim", &["fsim", "ssim"]), "did you mean `ssim`?");
        assert_eq!(suggest("bat", &["mat", "cat"]), "did you mean `cat`?");
    }
}
