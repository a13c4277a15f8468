//! Scores as text for people, as JSON and CSV for programs.
//!
//! Programs get the shortest decimal that reads back as the same `f64`. JSON has neither infinity nor NaN, so such a score is `null` with a
//! `reason`. In CSV the cell of an undefined score is empty, and the column `undefined` contains the reasons. An infinite score is `inf`.
//! If samples of more than 8 bits were rounded for a metric, a last column `rounded_to_8_bits` names the metric.

use std::cmp::Ordering;
use std::path::Path;

use serde_json::json;

use super::scoring::Row;
use crate::error::{Error, Result};
use crate::files;
use crate::iqa::{Measure, Value};
use crate::report::grid::{columns, widest};

/// The most characters in a line of a table; further columns continue below.
const WIDTH: usize = 110;
/// The cell of an undefined score.
const NONE: &str = "—";
/// The name of the statement that a metric got samples that were rounded to 8 bits.
pub(super) const ROUNDED: &str = "rounded_to_8_bits";

impl Row {
    /// Whether the measure got samples that were rounded to 8 bits.
    fn is_rounded_for(&self, measure: &Measure) -> bool {
        self.fine && self.fault.is_none() && !measure.takes_any_range()
    }
}

/// Sorts the rows by the measure in column `by`: the best first, undefined scores last, equal scores by name.
pub(super) fn sort(rows: &mut [Row], measure: &Measure, by: usize) {
    let order = |a: &Row, b: &Row| match (&a.values[by], &b.values[by]) {
        (Ok(a), Ok(b)) if measure.higher_is_better => b.total_cmp(a),
        (Ok(a), Ok(b)) => a.total_cmp(b),
        (a, b) => match (a.is_ok(), b.is_ok()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => Ordering::Equal,
        },
    };
    let names = |row: &Row| [row.pair.names[1].clone(), row.pair.names[0].clone()];
    rows.sort_by(|a, b| order(a, b).then_with(|| names(a).cmp(&names(b))));
}

/// The scores of one pair as a list of metrics; of several as a table of images whose first column is the metric it is `sorted` by.
/// The notes follow.
pub(super) fn text(rows: &[Row], measures: &[Measure], sorted: Option<usize>, notes: &[String]) -> String {
    let scores = match rows {
        [row] => list(row, measures),
        rows => table(rows, measures, sorted.unwrap_or(0)),
    };
    notes.iter().fold(scores, |text, note| text + &format!("\nnote: {note}\n"))
}

/// The notes about the images, and about measures that were given rounded samples.
pub(super) fn notes(of_images: Vec<String>, rows: &[Row], measures: &[Measure]) -> Vec<String> {
    let rounded: Vec<&str> =
        measures.iter().filter(|measure| !measure.takes_any_range()).map(|measure| measure.name).collect();
    let fine: Vec<&Row> = rows.iter().filter(|row| row.fine && row.fault.is_none()).collect();
    let mut notes = of_images;
    if let (Some(first), false) = (fine.first(), rounded.is_empty()) {
        let images = match fine.len() {
            1 => first.pair.names[1].clone(),
            count => format!("{count} images"),
        };
        let (names, are) = (rounded.join(", "), if rounded.len() == 1 { "is" } else { "are" });
        notes.push(format!("{names} {are} defined on 8 bits; for {images} the samples were rounded to 8 bits"));
    }
    notes
}

/// One pair: a line for each metric.
fn list(row: &Row, measures: &[Measure]) -> String {
    let [reference, distorted] = &row.pair.names;
    let size = row.size.map_or(String::new(), |(width, height)| format!(", {width}×{height}"));
    let mut lines = vec![["metric", "score", "better", "range", "description"].map(str::to_owned)];
    for (measure, value) in measures.iter().zip(&row.values) {
        let score = value.as_ref().map_or(NONE.to_owned(), |score| number(*score, 6));
        let what =
            value.as_ref().map_or_else(|reason| format!("not defined: {reason}"), |_| measure.description.clone());
        lines.push([measure.name.to_owned(), score, direction(measure).to_owned(), range(measure.range), what]);
    }
    format!("{distorted} against {reference}{size}\n\n{}", columns(&lines, &[1]))
}

/// Several pairs: a row for each. Metrics that do not fit beside each other continue in a block below.
fn table(rows: &[Row], measures: &[Measure], sorted: usize) -> String {
    let by = &measures[sorted];
    let mut text = format!("sorted by {}, {} is better; * marks the best of a column", by.name, direction(by));
    let others = measures.iter().filter(|measure| measure.key != by.key);
    let lower: Vec<&str> = others.filter(|measure| !measure.higher_is_better).map(|measure| measure.name).collect();
    if !lower.is_empty() {
        text += &format!("; lower is better for {}", lower.join(", "));
    }
    text += "\n";

    let (distorted, below) = shortened(rows, 1);
    let (references, _) = shortened(rows, 0);
    let one_reference = rows.iter().all(|row| row.pair.names[0] == rows[0].pair.names[0]);
    if one_reference {
        text += &format!("reference {}\n", rows[0].pair.names[0]);
    }
    if !below.is_empty() {
        text += &format!("images in {below}\n");
    }
    let with_heading = |heading: &str, cells: &[String]| [&[heading.to_owned()], cells].concat();
    let mut names = vec![with_heading("image", &distorted)];
    if !one_reference {
        names.push(with_heading("reference", &references));
    }
    let names_wide: usize = names.iter().map(|column| widest(column.iter()) + 2).sum();

    // The column that the rows are sorted by is the first.
    let order = std::iter::once(sorted).chain((0..measures.len()).filter(|&i| i != sorted));
    let cells: Vec<Vec<String>> = order.map(|i| column(rows, &measures[i], i)).collect();
    let mut rest = &cells[..];
    while !rest.is_empty() {
        let mut wide = names_wide;
        let fit = rest.iter().take_while(|column| {
            wide += widest(column.iter()) + 2;
            wide <= WIDTH
        });
        let (block, after) = rest.split_at(fit.count().max(1));
        rest = after;
        let shown: Vec<&Vec<String>> = names.iter().chain(block).collect();
        let line = |i: usize| shown.iter().map(|column| column[i].clone()).collect();
        let lines: Vec<Vec<String>> = (0..=rows.len()).map(line).collect();
        let numbers: Vec<usize> = (names.len()..shown.len()).collect();
        text += &format!("\n{}", columns(&lines, &numbers));
    }
    text + &reasons(rows, &distorted, measures)
}

/// The heading and the cells of a measure. The best is marked, unless all are equal.
fn column(rows: &[Row], measure: &Measure, place: usize) -> Vec<String> {
    let scores = || rows.iter().filter_map(|row| row.values[place].as_ref().ok().copied());
    let best = scores().reduce(|best, score| if measure.is_better(score, best) { score } else { best });
    let all_equal = scores().all(|score| Some(score) == best);
    let cell = |row: &Row| match &row.values[place] {
        Ok(score) => number(*score, 4) + if Some(*score) == best && !all_equal { "*" } else { " " },
        Err(_) => format!("{NONE} "),
    };
    std::iter::once(format!("{} ", measure.name)).chain(rows.iter().map(cell)).collect()
}

/// A line for each reason why scores are missing, with the metrics and the images.
fn reasons(rows: &[Row], images: &[String], measures: &[Measure]) -> String {
    let mut reasons: Vec<&String> = Vec::new();
    for reason in rows.iter().flat_map(|row| &row.values).filter_map(|value| value.as_ref().err()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let line = |reason: &String| {
        let has = |value: &Value| value.as_ref().err() == Some(reason);
        let of_metric = |i: usize| rows.iter().any(|row| has(&row.values[i]));
        let metrics: Vec<&str> = (0..measures.len()).filter(|&i| of_metric(i)).map(|i| measures[i].name).collect();
        let metrics = if metrics.len() == measures.len() { "all metrics".to_owned() } else { metrics.join(", ") };
        let of_image = rows.iter().zip(images).filter(|(row, _)| row.values.iter().any(has)).map(|(_, image)| image);
        let images = match of_image.collect::<Vec<&String>>()[..] {
            [image] => image.clone(),
            ref several => format!("{} images", several.len()),
        };
        format!("\n{NONE} {metrics}, {images}: {reason}\n")
    };
    reasons.into_iter().map(line).collect()
}

/// The paths of the rows below their common folder, and that folder.
fn shortened(rows: &[Row], which: usize) -> (Vec<String>, String) {
    let name = |row: &Row| row.pair.names[which].clone();
    let mut folder = Path::new(&rows[0].pair.names[which]).parent().unwrap_or(Path::new(""));
    while !rows.iter().all(|row| Path::new(&row.pair.names[which]).starts_with(folder)) {
        folder = folder.parent().unwrap_or(Path::new(""));
    }
    let short = |row: &Row| {
        let name = name(row);
        Path::new(&name).strip_prefix(folder).map_or(name.clone(), |rest| rest.display().to_string())
    };
    (rows.iter().map(short).collect(), folder.display().to_string())
}

/// The direction of a better score.
fn direction(measure: &Measure) -> &'static str {
    if measure.higher_is_better { "higher" } else { "lower" }
}

/// A score with this number of decimals.
fn number(score: f64, decimals: usize) -> String {
    match score {
        f64::INFINITY => "∞".to_owned(),
        score => format!("{score:.decimals$}"),
    }
}

fn range((low, high): (f64, f64)) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{low} to {high}"),
        (true, false) => format!("from {low}"),
        (false, true) => format!("to {high}"),
        (false, false) => "unbounded".to_owned(),
    }
}

/// The scores as a JSON document. Its schema number changes if programs that read it have to change.
pub(super) fn json(rows: &[Row], measures: &[Measure], notes: &[String]) -> String {
    let finite = |bound: f64| bound.is_finite().then_some(bound);
    let metric = |measure: &Measure| {
        json!({
            "key": measure.key, "description": measure.description, "higher_is_better": measure.higher_is_better,
            "range": [finite(measure.range.0), finite(measure.range.1)],
        })
    };
    let score = |value: &Value| match value {
        Ok(score) if score.is_finite() => json!({ "value": score }),
        Ok(_) => json!({ "value": null, "reason": "infinite: the metric sees no difference" }),
        Err(reason) => json!({ "value": null, "reason": reason }),
    };
    let pair = |row: &Row| {
        let [reference, distorted] = &row.pair.names;
        let (width, height) = row.size.unzip();
        let scores = measures.iter().zip(&row.values).map(|(measure, value)| {
            let mut score = score(value);
            if row.is_rounded_for(measure) {
                score[ROUNDED] = true.into();
            }
            (measure.key.to_owned(), score)
        });
        let scores: serde_json::Map<_, _> = scores.collect();
        json!({ "reference": reference, "distorted": distorted, "width": width, "height": height, "scores": scores })
    };
    let (metrics, pairs): (Vec<_>, Vec<_>) = (measures.iter().map(metric).collect(), rows.iter().map(pair).collect());
    files::json(&json!({ "schema": 1, "notes": notes, "metrics": metrics, "pairs": pairs }))
}

/// Checks that no further column of the pairs is also a column of the CSV output.
pub(super) fn check_columns(columns: &[String], measures: &[Measure]) -> Result<()> {
    let taken =
        |name: &str| ["undefined", ROUNDED].contains(&name) || measures.iter().any(|measure| measure.key == name);
    match columns.iter().find(|name| taken(name)) {
        Some(name) => Err(Error::Usage(format!(
            "the column `{name}` of the pairs is also a column of the output; rename it, or choose other --metrics"
        ))),
        None => Ok(()),
    }
}

/// The scores as CSV: `reference`, `distorted`, the other columns of the pairs, the metrics, `undefined`; and [`ROUNDED`] if an image has
/// samples of another range than 0 to 255.
pub(super) fn csv(rows: &[Row], measures: &[Measure], others: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write =
        |record: Vec<String>| writer.write_record(record).expect("records of one length are written to memory");
    let keys = measures.iter().map(|measure| measure.key.to_owned());
    let heads = ["reference", "distorted"].map(str::to_owned).into_iter().chain(others.iter().cloned());
    let any_fine = rows.iter().any(|row| row.fine && row.fault.is_none());
    let last = any_fine.then(|| ROUNDED.to_owned());
    write(heads.chain(keys).chain(["undefined".to_owned()]).chain(last).collect());
    for row in rows {
        let cells = row.values.iter().map(|value| value.as_ref().map_or(String::new(), f64::to_string));
        let missing = measures.iter().zip(&row.values);
        let missing: Vec<String> = match &row.fault {
            Some(_) => row.values.iter().take(1).filter_map(|value| value.clone().err()).collect(),
            None => missing.filter_map(|(m, value)| value.as_ref().err().map(|e| format!("{}: {e}", m.key))).collect(),
        };
        let names = row.pair.names.iter().chain(&row.pair.cells).cloned();
        let rounded = any_fine.then(|| {
            let rounded = measures.iter().filter(|measure| row.is_rounded_for(measure));
            rounded.map(|measure| measure.key).collect::<Vec<_>>().join(" ")
        });
        write(names.chain(cells).chain([missing.join("; ")]).chain(rounded).collect());
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("cells are text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::score::choice::select;
    use crate::cli::score::pairs::Pair;
    use std::path::PathBuf;

    fn row(name: &str, values: &[Value]) -> Row {
        let names = ["r/a.png".to_owned(), format!("d/{name}")];
        let pair = Pair { reference: PathBuf::new(), distorted: PathBuf::new(), names, cells: vec![] };
        Row { pair, size: Some((9, 7)), values: values.to_vec(), fine: false, fault: None }
    }

    fn measures() -> Vec<Measure> {
        select(&["ssim", "gmsd", "psnr"].map(str::to_owned)).unwrap()
    }

    fn rows() -> Vec<Row> {
        let reason = || Err("too small".to_owned());
        vec![
            row("c.png", &[Ok(0.5), Ok(0.2), Ok(f64::INFINITY)]),
            row("b.png", &[reason(), reason(), Ok(20.0)]),
            row("d.png", &[Ok(0.5), Ok(0.1), Ok(30.0)]),
            row("a.png", &[Ok(0.25), Ok(0.1), Ok(40.0)]),
        ]
    }

    fn names(by: usize) -> Vec<String> {
        let mut rows = rows();
        sort(&mut rows, &measures()[by], by);
        rows.into_iter().map(|row| row.pair.names[1].trim_start_matches("d/").to_owned()).collect()
    }

    #[test]
    fn best_first_ties_by_name_undefined_last() {
        assert_eq!(names(0), ["c.png", "d.png", "a.png", "b.png"]);
        assert_eq!(names(1), ["a.png", "d.png", "c.png", "b.png"], "lower is better");
        assert_eq!(names(2), ["c.png", "a.png", "d.png", "b.png"], "infinity is best");
    }

    #[test]
    fn tables_show_the_best_and_why_something_is_missing() {
        let shown = text(&rows(), &measures(), Some(1), &[]);
        let expected = "\
sorted by GMSD, lower is better; * marks the best of a column
reference r/a.png
images in d

image    GMSD     SSIM      PSNR
c.png  0.2000   0.5000*        ∞*
b.png       —        —   20.0000
d.png  0.1000*  0.5000*  30.0000
a.png  0.1000*  0.2500   40.0000

— SSIM, GMSD, b.png: too small
";
        assert_eq!(shown, expected);
        let shown = text(&rows()[1..2], &measures(), None, &[]);
        let expected = "\
d/b.png against r/a.png, 9×7

metric      score  better  range    description
SSIM            —  higher  -1 to 1  not defined: too small
GMSD            —  lower   0 to 1   not defined: too small
PSNR    20.000000  higher  from 0   peak signal-to-noise ratio over R, G and B
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_wide_table_goes_on_below() {
        let measures = select(&[]).unwrap();
        let rows: Vec<Row> = ["a.png", "b.png"].map(|name| row(name, &vec![Ok(0.5); measures.len()])).to_vec();
        let shown = text(&rows, &measures, Some(0), &[]);
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        let heads: Vec<&str> = shown.lines().filter(|line| line.starts_with("image ")).collect();
        assert!(heads.len() > 1);
        let words = |text: &str| text.split_whitespace().collect::<String>();
        let names: String = measures.iter().map(|measure| words(measure.name)).collect();
        assert_eq!(heads.iter().map(|line| words(line).replacen("image", "", 1)).collect::<String>(), names);
    }

    #[test]
    fn programs_get_whole_numbers_and_reasons() {
        let third = vec![row("t.png", &[Ok(1.0 / 3.0), Err("a; \"b\", c".to_owned()), Ok(f64::INFINITY)])];
        let read: serde_json::Value = serde_json::from_str(&json(&third, &measures(), &[])).unwrap();
        let scores = &read["pairs"][0]["scores"];
        assert_eq!(scores["ssim"], serde_json::json!({ "value": 1.0 / 3.0 }));
        assert_eq!(scores["gmsd"], serde_json::json!({ "value": null, "reason": "a; \"b\", c" }));
        assert!(
            scores["psnr"]["value"].is_null() && scores["psnr"]["reason"].as_str().unwrap().starts_with("infinite")
        );
        assert_eq!(read["metrics"][2]["range"], serde_json::json!([0.0, null]));

        let text = csv(&third, &measures(), &[]);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(heads, ["reference", "distorted", "ssim", "gmsd", "psnr", "undefined"]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record[2].parse::<f64>().unwrap(), 1.0 / 3.0);
        assert_eq!((&record[3], &record[4], &record[5]), ("", "inf", "gmsd: a; \"b\", c"));
    }
}
