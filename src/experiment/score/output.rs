//! Scores as text for people, as JSON and CSV for programs.
//!
//! Programs get full numbers: the shortest decimal that reads back as the same `f64`. JSON has no infinity and no NaN: there `null` stands
//! with a `reason` beside it. In CSV a cell of an undefined score is empty and the reasons are in the last column; an infinite
//! score is `inf`.

use std::cmp::Ordering;
use std::path::Path;

use serde::Serialize;

use super::super::format::{columns, widest};
use super::measures::Measure;
use super::scoring::{Row, Value};

/// A table of text is not made wider than this, but continues below.
const WIDTH: usize = 110;
/// What stands for a score that is not defined.
const NONE: &str = "—";

/// Sorts the rows by the measure in column `by`, best first, undefined ones last, equal ones by name.
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

/// The scores of one pair as a list of metrics; of several as a table of images, in columns from the one that it is `sorted` by on.
pub(super) fn text(rows: &[Row], measures: &[Measure], sorted: Option<usize>) -> String {
    match rows {
        [row] => list(row, measures),
        rows => table(rows, measures, sorted.unwrap_or(0)),
    }
}

/// One pair: a line for each metric.
fn list(row: &Row, measures: &[Measure]) -> String {
    let [reference, distorted] = &row.pair.names;
    let size = row.size.map_or(String::new(), |(width, height)| format!(", {width}×{height}"));
    let mut lines = vec![["metric", "score", "better", "range", "what it is"].map(str::to_owned)];
    for (measure, value) in measures.iter().zip(&row.values) {
        let score = value.as_ref().map_or(NONE.to_owned(), |score| number(*score, 6));
        let better = if measure.higher_is_better { "higher" } else { "lower" };
        let what =
            value.as_ref().map_or_else(|reason| format!("not defined: {reason}"), |_| measure.description.to_owned());
        lines.push([measure.key.to_owned(), score, better.to_owned(), range(measure.range), what]);
    }
    format!("{distorted} against {reference}{size}\n\n{}", columns(&lines, &[1]))
}

/// Several pairs: a row for each, the metrics in as many blocks of columns as it takes.
fn table(rows: &[Row], measures: &[Measure], sorted: usize) -> String {
    let by = &measures[sorted];
    let direction = |measure: &Measure| if measure.higher_is_better { "higher" } else { "lower" };
    let mut text = format!("sorted by {}, {} is better; * is the best of its column", by.key, direction(by));
    let others = measures.iter().filter(|measure| measure.key != by.key);
    let lower: Vec<&str> = others.filter(|measure| !measure.higher_is_better).map(|measure| measure.key).collect();
    if !lower.is_empty() {
        text += &format!("; lower is better in {}", lower.join(", "));
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
    let mut names: Vec<Vec<String>> = vec![vec!["image".to_owned()]];
    names.extend(distorted.iter().map(|name| vec![name.clone()]));
    if !one_reference {
        names[0].push("reference".to_owned());
        names[1..].iter_mut().zip(references).for_each(|(line, name)| line.push(name));
    }
    let names_wide: usize = (0..names[0].len()).map(|i| widest(names.iter().map(|line| &line[i])) + 2).sum();

    // The column that rows are sorted by comes first.
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
        let lines: Vec<Vec<String>> = (0..=rows.len())
            .map(|line| names[line].iter().chain(block.iter().map(|column| &column[line])).cloned().collect())
            .collect();
        let numbers: Vec<usize> = (names[0].len()..lines[0].len()).collect();
        text += &format!("\n{}", columns(&lines, &numbers));
    }
    text + &reasons(rows, &distorted, measures)
}

/// The heading and cells of a measure, the best of them marked unless all are equal.
fn column(rows: &[Row], measure: &Measure, place: usize) -> Vec<String> {
    let scores = || rows.iter().filter_map(|row| row.values[place].as_ref().ok().copied());
    let best = scores().reduce(|best, score| if measure.is_better(score, best) { score } else { best });
    let all_equal = scores().all(|score| Some(score) == best);
    let cell = |row: &Row| match &row.values[place] {
        Ok(score) => number(*score, 4) + if Some(*score) == best && !all_equal { "*" } else { " " },
        Err(_) => format!("{NONE} "),
    };
    std::iter::once(format!("{} ", measure.key)).chain(rows.iter().map(cell)).collect()
}

/// Why scores are missing: a line for each reason, with the metrics and how many images it concerns.
fn reasons(rows: &[Row], images: &[String], measures: &[Measure]) -> String {
    // Reason, metrics, images; in the order in which they are met.
    let mut found: Vec<(&String, Vec<&str>, Vec<&str>)> = Vec::new();
    for (row, image) in rows.iter().zip(images) {
        for (measure, value) in measures.iter().zip(&row.values) {
            let Err(reason) = value else { continue };
            let at = found.iter().position(|(known, ..)| *known == reason).unwrap_or_else(|| {
                found.push((reason, vec![], vec![]));
                found.len() - 1
            });
            let (_, metrics, images) = &mut found[at];
            if !metrics.contains(&measure.key) {
                metrics.push(measure.key);
            }
            if images.last() != Some(&image.as_str()) {
                images.push(image);
            }
        }
    }
    let line = |(reason, metrics, images): (&String, Vec<&str>, Vec<&str>)| {
        let metrics = if metrics.len() == measures.len() { "all metrics".to_owned() } else { metrics.join(", ") };
        let images = match images[..] {
            [image] => image.to_owned(),
            _ => format!("{} images", images.len()),
        };
        format!("\n{NONE} {metrics}, {images}: {reason}\n")
    };
    found.into_iter().map(line).collect()
}

/// The paths of the rows without the folder that all have in common, and that folder.
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

/// A score with so many decimals.
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
        (false, false) => "any".to_owned(),
    }
}

/// The schema of the JSON output; its number changes when a program that reads it would have to.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    metrics: Vec<MetricEntry<'a>>,
    pairs: Vec<PairEntry<'a>>,
}

#[derive(Serialize)]
struct MetricEntry<'a> {
    key: &'a str,
    description: &'a str,
    higher_is_better: bool,
    /// Lowest and highest, `null` where there is no bound.
    range: [Option<f64>; 2],
}

#[derive(Serialize)]
struct PairEntry<'a> {
    reference: &'a str,
    distorted: &'a str,
    width: Option<usize>,
    height: Option<usize>,
    scores: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct ScoreEntry<'a> {
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl ScoreEntry<'_> {
    fn of(value: &Value) -> ScoreEntry<'_> {
        match value {
            Ok(score) if score.is_finite() => ScoreEntry { value: Some(*score), reason: None },
            Ok(_) => ScoreEntry { value: None, reason: Some("infinite: the metric sees no difference") },
            Err(reason) => ScoreEntry { value: None, reason: Some(reason) },
        }
    }
}

/// The scores as a JSON document.
pub(super) fn json(rows: &[Row], measures: &[Measure]) -> String {
    let finite = |bound: f64| bound.is_finite().then_some(bound);
    let document = Document {
        schema: 1,
        metrics: measures
            .iter()
            .map(|measure| MetricEntry {
                key: measure.key,
                description: measure.description,
                higher_is_better: measure.higher_is_better,
                range: [finite(measure.range.0), finite(measure.range.1)],
            })
            .collect(),
        pairs: rows
            .iter()
            .map(|row| PairEntry {
                reference: &row.pair.names[0],
                distorted: &row.pair.names[1],
                width: row.size.map(|(width, _)| width),
                height: row.size.map(|(_, height)| height),
                scores: measures
                    .iter()
                    .zip(&row.values)
                    .map(|(measure, value)| (measure.key.to_owned(), serde_json::json!(ScoreEntry::of(value))))
                    .collect(),
            })
            .collect(),
    };
    format!("{}\n", serde_json::to_string_pretty(&document).expect("strings, numbers and null are JSON"))
}

/// The scores as CSV: `reference`, `distorted`, the pairs' other columns, the metrics, `undefined`.
pub(super) fn csv(rows: &[Row], measures: &[Measure], others: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |record: Vec<String>| writer.write_record(record).expect("records of one length go into memory");
    let keys = measures.iter().map(|measure| measure.key.to_owned());
    let heads = ["reference", "distorted"].map(str::to_owned).into_iter().chain(others.iter().cloned());
    write(heads.chain(keys).chain(["undefined".to_owned()]).collect());
    for row in rows {
        let cells = row.values.iter().map(|value| value.as_ref().map_or(String::new(), f64::to_string));
        let missing = measures.iter().zip(&row.values);
        let missing: Vec<String> = match &row.fault {
            Some(_) => row.values.iter().take(1).filter_map(|value| value.clone().err()).collect(),
            None => missing.filter_map(|(m, value)| value.as_ref().err().map(|e| format!("{}: {e}", m.key))).collect(),
        };
        let names = row.pair.names.iter().chain(&row.pair.cells).cloned();
        write(names.chain(cells).chain([missing.join("; ")]).collect());
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("cells are text")
}

#[cfg(test)]
mod tests {
    use super::super::measures::select;
    use super::super::pairs::Pair;
    use super::*;
    use std::path::PathBuf;

    fn row(name: &str, values: &[Value]) -> Row {
        let names = ["r/a.png".to_owned(), format!("d/{name}")];
        let pair = Pair { reference: PathBuf::new(), distorted: PathBuf::new(), names, cells: vec![] };
        Row { pair, size: Some((9, 7)), values: values.to_vec(), fault: None }
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
        let shown = text(&rows(), &measures(), Some(1));
        let expected = "\
sorted by gmsd, lower is better; * is the best of its column
reference r/a.png
images in d

image    gmsd     ssim      psnr
c.png  0.2000   0.5000*        ∞*
b.png       —        —   20.0000
d.png  0.1000*  0.5000*  30.0000
a.png  0.1000*  0.2500   40.0000

— ssim, gmsd, b.png: too small
";
        assert_eq!(shown, expected);
        let shown = text(&rows()[1..2], &measures(), None);
        let expected = "\
d/b.png against r/a.png, 9×7

metric      score  better  range    what it is
ssim            —  higher  -1 to 1  not defined: too small
gmsd            —  lower   0 to 1   not defined: too small
psnr    20.000000  higher  from 0   peak signal-to-noise ratio over R, G and B
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_wide_table_goes_on_below() {
        let measures = select(&[]).unwrap();
        let rows: Vec<Row> = ["a.png", "b.png"].map(|name| row(name, &vec![Ok(0.5); measures.len()])).to_vec();
        let shown = text(&rows, &measures, Some(0));
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        let heads: Vec<&str> = shown.lines().filter(|line| line.starts_with("image ")).collect();
        assert!(heads.len() > 1);
        let keys: Vec<&str> = heads.iter().flat_map(|line| line.split_whitespace().skip(1)).collect();
        assert_eq!(keys, measures.iter().map(|measure| measure.key).collect::<Vec<_>>());
    }

    #[test]
    fn programs_get_whole_numbers_and_reasons() {
        let third = vec![row("t.png", &[Ok(1.0 / 3.0), Err("a; \"b\", c".to_owned()), Ok(f64::INFINITY)])];
        let read: serde_json::Value = serde_json::from_str(&json(&third, &measures())).unwrap();
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
