//! Notes below a table: the images that are left out, the infinite scores, and a direction that looks wrong.

use super::settings::Resample;
use super::statistics::{self, Infinite};
use super::subset::{Scores, Subset};
use crate::report::row::Row;

/// The most images that a note names.
const NAMED: usize = 5;

/// The notes about images without a score and, if there are opinions, about infinite scores.
pub(super) fn of_scores(methods: &[Scores], subset: &Subset, infinite: Infinite) -> Vec<String> {
    let mut notes = Vec::new();
    let images = &subset.images;
    for method in methods {
        let mut reasons: Vec<(&str, Vec<usize>)> = Vec::new();
        for (&image, reason) in &method.undefined {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, images)) => images.push(image),
                None => reasons.push((reason, vec![image])),
            }
        }
        let name = |&image: &usize| images[image].name.as_str();
        for (reason, left_out) in reasons {
            let (are, count) = (if left_out.len() == 1 { "is" } else { "are" }, left_out.len());
            notes.push(format!(
                "{}: {count} of {} images {are} left out, {reason} ({}).",
                method.method,
                images.len(),
                named(left_out.iter().map(name))
            ));
        }
        let endless: Vec<usize> = (0..images.len()).filter(|&i| method.values[i].is_infinite()).collect();
        if !endless.is_empty() && !subset.opinions.is_empty() {
            let scores =
                if endless.len() == 1 { "1 score is".to_owned() } else { format!("{} scores are", endless.len()) };
            let fits = match infinite {
                Infinite::LeftOut => "the fits (PLCC, RMSE, OR) leave out",
                Infinite::Zero => "the fits (PLCC, RMSE, OR) count as 0",
            };
            notes.push(format!(
                "{}: {scores} infinite, which {fits}; the ranks (SROCC, KRCC) use all ({}).",
                method.method,
                named(endless.iter().map(name))
            ));
        }
    }
    notes
}

/// The first names of a list, and the number of the others.
fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut first: Vec<String> = names.take(NAMED).map(str::to_owned).collect();
    if more > 0 {
        first.push(format!("and {more} more"));
    }
    first.join(", ")
}

/// The note if the rows of all images have values without an interval that they should have.
pub(super) fn missing_intervals(rows: &[Row], references: usize, resample: Resample) -> Option<String> {
    let lacks = |row: &&Row| {
        let has_interval = statistics::Statistic::find(&row.statistic).is_some_and(|statistic| statistic.has_interval);
        has_interval && row.subset == "all" && row.value.is_some() && row.interval().is_none()
    };
    rows.iter().find(lacks)?;
    Some(match (references, resample) {
        (1, Resample::References) => {
            "There is no interval: the bootstrap draws references, and there is only one. statistics.resample = \"images\" draws single images."
        }
        _ => "An interval is missing if the statistic is not defined on some resamples, because their scores or ratings are all equal.",
    }.to_owned())
}

/// Whether the leading statistic of each method is negative on all images.
pub(super) fn all_negative(rows: &[Row]) -> bool {
    let (leading, _) = statistics::leading(true);
    let mut values =
        rows.iter().filter(|r| r.subset == "all" && r.statistic == leading).filter_map(|r| r.value).peekable();
    values.peek().is_some() && values.all(|value| value < 0.0)
}

/// The note if [`all_negative`], for the direction of the ratings in the experiment.
pub(super) fn direction(higher_is_better: bool) -> String {
    let (better, other) = if higher_is_better { ("higher", "lower") } else { ("lower", "higher") };
    format!(
        "Every method has a negative SROCC. Is the direction right? A {better} rating counts as a better image. If a {other} rating is better, set dataset.higher_is_better = {}.",
        !higher_is_better
    )
}
