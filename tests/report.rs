//! Tests the public interface of the report layer: a small table in every form, and charts of difficult data.

use gradspace::files;
use gradspace::imaging::Rgb8;
use gradspace::report::charts::{
    Bar, Bars, Curve, Curves, Dots, Estimate, Histograms, HistogramsPanel, Interval, Intervals, Multiples,
    MultiplesPanel, Panel, Picture, Reference, ReferenceLine, Scatter, Series,
};
use gradspace::report::published::Published;
use gradspace::report::row::Row;
use gradspace::report::sheet::Sheet;
use gradspace::report::table::Table;
use gradspace::stats::random::Stream;

fn table() -> Table {
    let published = Published::embedded();
    let csv = published.find("TID2013", "CSV", "all", "srocc").unwrap();
    let rows = vec![
        Row::new("Gradient", "all", "srocc", 0.8652).with_interval(0.85, 0.8775),
        Row::new("Gradient", "all", "plcc", 1.0 / 3.0),
        Row::new("FSIMc", "all", "srocc", 0.8505).with_interval(0.84, 0.86),
        Row::new("FSIMc", "all", "srocc_significance", -1.0),
        Row::new("FSIMc", "all", "plcc", 0.877),
        Row::new("FSIMc", "all", "plcc_line", 0.8),
        Row::new("FSIMc", "all", "fit_converged", 0.0),
        Row::published_only("CSV", csv),
        Row::new("Gradient", "jpeg_2000", "srocc", -0.25),
        Row::new("FSIMc", "jpeg_2000", "srocc", -0.0001),
    ];
    Table::new("Quality & opinion", "10 % of TID2013", rows).unwrap().beside(published, "TID2013", None)
}

/// Compares texts and shows the first line that differs.
#[track_caller]
fn same(expected: &str, found: &str) {
    let first = expected.lines().zip(found.lines()).find(|(e, f)| e != f);
    assert!(expected == found, "first difference {first:#?} in\n{found}");
}

#[test]
fn the_long_form_as_csv() {
    same(
        r#"method,subset,statistic,value,low,high,published,published_source,status
Gradient,all,srocc,0.8652,0.85,0.8775,0.865,"ICIP 2019 poster, bar chart of SROCC (read from a chart)",match
Gradient,all,plcc,0.3333333333333333,,,,,no published value
FSIMc,all,srocc,0.8505,0.84,0.86,0.851,"ICIP 2019 paper, comparison table, by the authors' per-image scores (recomputed)",match
FSIMc,all,srocc_significance,-1,,,,,no published value
FSIMc,all,plcc,0.877,,,,,"no published value: the publication shows that of the straight line, see plcc_line"
FSIMc,all,plcc_line,0.8,,,0.832,"ICIP 2019 paper, comparison table, by the authors' per-image scores (recomputed)",differs
FSIMc,all,fit_converged,0,,,,,no published value
CSV,all,srocc,,,,0.846,"ICIP 2019 poster, bar chart of SROCC (read from a chart)",published only
Gradient,jpeg_2000,srocc,-0.25,,,,,no published value
FSIMc,jpeg_2000,srocc,-0.0001,,,,,no published value
"#,
        &table().csv(),
    );
}

#[test]
fn the_long_form_as_json() {
    let rows = vec![
        Row::new("UNIQUE", "all", "srocc", 0.86),
        Row::new("UNIQUE", "all", "krcc", 2.0 / 3.0).with_interval(0.5, 1.0),
    ];
    let table =
        Table::new("T", "12 images", rows).unwrap().beside(Published::embedded(), "TID2013", Some("12 of 3000 images"));
    same(
        r#"{
  "title": "T",
  "data": "12 images",
  "rows": [
    {
      "method": "UNIQUE",
      "subset": "all",
      "statistic": "srocc",
      "value": 0.86,
      "low": null,
      "high": null,
      "published": 0.86,
      "published_source": "ICIP 2019 poster, bar chart of SROCC (read from a chart)",
      "status": "not comparable: 12 of 3000 images"
    },
    {
      "method": "UNIQUE",
      "subset": "all",
      "statistic": "krcc",
      "value": 0.6666666666666666,
      "low": 0.5,
      "high": 1.0,
      "published": 0.667,
      "published_source": "ICIP 2019 paper, comparison table, by the authors' per-image scores (recomputed)",
      "status": "not comparable: 12 of 3000 images"
    }
  ]
}
"#,
        &table.json(),
    );
}

#[test]
fn the_folded_form_as_markdown() {
    same(
        r"# Quality & opinion

10 % of TID2013

## All of the data

| method | SROCC | 95 % interval | published | sig. | PLCC |
|---|---:|---:|---:|---:|---:|
| Gradient | 0.865 | [0.850, 0.877] | 0.865 = |  | 0.333 |
| FSIMc | 0.851 | [0.840, 0.860] | 0.851 = | − | 0.877 |
| CSV |  |  | 0.846   |  |  |

## All of the data, other fits

| method | PLCC line | published |
|---|---:|---:|
| FSIMc | 0.800 | 0.832 ≠ |

## SROCC by subset

| subset | Gradient | FSIMc |
|---|---:|---:|
| jpeg\_2000 | −0.250 | 0.000 |

- = equal to the published digits.
- ≠ farther from the published value than its tolerance.
- sig.: significantly higher (+) or lower (−) than the proposed method, or neither (0); Fisher z, two-sided 5 %.
- The logistic fit of FSIMc does not converge: its parameters grow without limit, towards an exponential or a step.
- Published for another fit only, and shown beside that: PLCC of FSIMc.
- Published values: ICIP 2019 poster, bar chart of SROCC (read from a chart); ICIP 2019 paper, comparison table, by the authors' per-image scores (recomputed).
",
        &table().markdown(),
    );
}

#[test]
fn the_folded_form_as_latex() {
    same(
        r"\begin{table}
\centering
\caption{Quality \& opinion: All of the data (10 \% of TID2013)}
\begin{tabular}{lrrrrr}
\toprule
method & SROCC & 95 \% interval & published & sig. & PLCC \\
\midrule
Gradient & 0.865 & [0.850, 0.877] & 0.865 $=$ &  & 0.333 \\
FSIMc & 0.851 & [0.840, 0.860] & 0.851 $=$ & $-$ & 0.877 \\
CSV &  &  & 0.846   &  &  \\
\bottomrule
\end{tabular}
\end{table}

\begin{table}
\centering
\caption{Quality \& opinion: All of the data, other fits (10 \% of TID2013)}
\begin{tabular}{lrr}
\toprule
method & PLCC line & published \\
\midrule
FSIMc & 0.800 & 0.832 $\ne$ \\
\bottomrule
\end{tabular}
\end{table}

\begin{table}
\centering
\caption{Quality \& opinion: SROCC by subset (10 \% of TID2013)}
\begin{tabular}{lrr}
\toprule
subset & Gradient & FSIMc \\
\midrule
jpeg\_2000 & $-$0.250 & 0.000 \\
\bottomrule
\end{tabular}
\end{table}

\noindent $=$ equal to the published digits.\par
\noindent $\ne$ farther from the published value than its tolerance.\par
\noindent sig.: significantly higher (+) or lower ($-$) than the proposed method, or neither (0); Fisher z, two-sided 5 \%.\par
\noindent The logistic fit of FSIMc does not converge: its parameters grow without limit, towards an exponential or a step.\par
\noindent Published for another fit only, and shown beside that: PLCC of FSIMc.\par
\noindent Published values: ICIP 2019 poster, bar chart of SROCC (read from a chart); ICIP 2019 paper, comparison table, by the authors' per-image scores (recomputed).\par
",
        &table().latex(),
    );
}

#[test]
fn the_folded_form_for_the_terminal() {
    same(
        r"Quality & opinion
10 % of TID2013

All of the data
method    SROCC   95 % interval  published  sig.   PLCC
Gradient  0.865  [0.850, 0.877]    0.865 =        0.333
FSIMc     0.851  [0.840, 0.860]    0.851 =     −  0.877
CSV                                0.846

All of the data, other fits
method  PLCC line  published
FSIMc       0.800    0.832 ≠

SROCC by subset
subset     Gradient  FSIMc
jpeg_2000    −0.250  0.000

= equal to the published digits.
≠ farther from the published value than its tolerance.
sig.: significantly higher (+) or lower (−) than the proposed method, or neither (0); Fisher z, two-sided 5 %.
The logistic fit of FSIMc does not converge: its parameters grow without limit, towards an exponential or a step.
Published for another fit only, and shown beside that: PLCC of FSIMc.
Published values: ICIP 2019 poster, bar chart of SROCC (read from a chart); ICIP 2019 paper, comparison table, by the authors' per-image scores (recomputed).
More intervals, and all numbers to their last digit: table.md, table.csv.
",
        &table().text(),
    );
}

#[test]
fn data_that_are_not_the_publications_are_shown_apart() {
    let rows = vec![Row::new("UNIQUE", "all", "srocc", 0.86)];
    let table =
        Table::new("T", "12 images", rows).unwrap().beside(Published::embedded(), "TID2013", Some("12 of 3000 images"));
    assert!(table.csv().contains(
        ",0.86,\"ICIP 2019 poster, bar chart of SROCC (read from a chart)\",not comparable: 12 of 3000 images"
    ));
    assert!(table.text().contains("(0.860)") && table.text().contains("not comparable: 12 of 3000 images."));
}

fn estimate(value: f64) -> Estimate {
    Estimate { value, interval: Some((value - 0.01, value + 0.01)) }
}

fn bars(values: &[(&str, Option<f64>, Option<f64>)]) -> Bars {
    let bar = |&(method, ours, published): &(&str, Option<f64>, Option<f64>)| Bar {
        method: method.into(),
        ours: ours.map(estimate),
        published,
    };
    Bars {
        title: "Rank correlation".into(),
        data: "made up for a test".into(),
        statistic: "SROCC".into(),
        ours: "ours".into(),
        published: "published".into(),
        bars: values.iter().map(bar).collect(),
    }
}

fn scatter(points: Vec<(f64, f64, usize)>, kinds: usize) -> Scatter {
    let line: Vec<_> = points.iter().map(|p| (p.0, p.1)).collect();
    let panel = Panel { method: "m".into(), note: String::new(), points, curve: line.clone(), line, axes: None };
    let kinds = (0..kinds).map(|k| format!("{k} a distortion with a name that is rather long")).collect();
    let (title, data) = ("Scores".into(), "made up".into());
    Scatter { title, data, x: "score".into(), y: "MOS".into(), kinds, panels: vec![panel.clone(), panel] }
}

fn dots(categories: usize, names: &[&str], value: impl Fn(usize, usize) -> Option<f64>) -> Dots {
    let values = |s: usize| (0..categories).map(|c| value(s, c)).collect();
    Dots {
        title: "By type".into(),
        data: "made up".into(),
        statistic: "SROCC".into(),
        categories: (0..categories).map(|c| format!("{c} a distortion with a name that is rather long")).collect(),
        series: names
            .iter()
            .enumerate()
            .map(|(s, name)| Series { name: name.to_string(), values: values(s) })
            .collect(),
    }
}

fn intervals(rows: Vec<Interval>, reference: Option<usize>) -> Intervals {
    Intervals { title: "Ablation".into(), data: "made up".into(), statistic: "SROCC".into(), rows, reference }
}

fn curves(curves: Vec<Vec<(f64, f64)>>, logarithmic: bool) -> Curves {
    let curve = |(i, points)| Curve { name: format!("seed {i}"), points };
    let curves = curves.into_iter().enumerate().map(curve).collect();
    Curves {
        title: "Loss".into(),
        data: "made up".into(),
        x: "iteration".into(),
        y: "loss".into(),
        logarithmic,
        curves,
    }
}

/// The four methods of the out-of-distribution table.
const METHODS: [&str; 4] = ["VAE-A (z)", "VAE-R (∂L/∂φ)", "VAE-L (∂Ω/∂θ)", "proposed"];
/// The twelve challenges.
const CHALLENGES: [&str; 12] = [
    "decolorization",
    "lens blur",
    "codec error",
    "darkening",
    "dirty lens",
    "exposure",
    "Gaussian blur",
    "noise",
    "rain",
    "shadow",
    "snow",
    "haze",
];

/// The number of points of each series.
type Lines = Vec<Vec<(f64, Estimate)>>;

fn multiples(reference: Option<ReferenceLine>, series: &[&str], panels: Vec<(&str, Lines)>) -> Multiples {
    let panel = |(name, curves): (&str, _)| MultiplesPanel { name: name.to_owned(), curves };
    Multiples {
        title: "Accuracy".into(),
        data: "made up".into(),
        x: "level".into(),
        y: "accuracy, with 95 % interval".into(),
        x_range: None,
        y_range: None,
        series: series.iter().map(|s| s.to_string()).collect(),
        reference: reference.map(|line| Reference { label: "chance".into(), line }),
        panels: panels.into_iter().map(panel).collect(),
    }
}

/// Accuracies at five levels, one panel per name.
fn levels(names: &[&'static str]) -> Multiples {
    let accuracy = |panel: usize, method: usize, level: usize| {
        let far = 0.1 * (1.0 + method as f64 / 3.0) * level as f64 / (1.0 + panel as f64 % 5.0 / 2.0);
        Estimate {
            value: 0.5 + 0.5 * far / (0.3 + far),
            interval: Some((0.48 + 0.5 * far / (0.3 + far), (0.53 + 0.5 * far / (0.3 + far)).min(1.0))),
        }
    };
    let curve =
        |panel: usize, method: usize| (1..=5).map(|level| (level as f64, accuracy(panel, method, level))).collect();
    let panel = |(i, name): (usize, &&'static str)| (*name, (0..4).map(|method| curve(i, method)).collect());
    multiples(Some(ReferenceLine::Level(0.5)), &METHODS, names.iter().enumerate().map(panel).collect())
}

/// ROC curves of many points, one panel per name.
fn roc(names: &[&'static str]) -> Multiples {
    let curve = |panel: usize, method: usize| {
        let bend = 1.0 + (panel + 2 * method) as f64;
        let at = |i: usize| {
            (
                i as f64 / 200.0,
                Estimate { value: i as f64 / 200.0 * (1.0 + bend) / (1.0 + bend * i as f64 / 200.0), interval: None },
            )
        };
        (0..=200).map(at).collect()
    };
    let panel = |(i, name): (usize, &&'static str)| (*name, (0..4).map(|method| curve(i, method)).collect());
    Multiples {
        x: "false positive rate".into(),
        y: "true positive rate".into(),
        x_range: Some((0.0, 1.0)),
        y_range: Some((0.0, 1.0)),
        ..multiples(Some(ReferenceLine::Diagonal), &METHODS, names.iter().enumerate().map(panel).collect())
    }
}

/// Histograms of scores: in-distribution images near 1, others lower, one panel per name.
fn histograms(names: &[&str], series: &[&str], score: impl Fn(usize, usize, f64) -> Vec<f64>) -> Histograms {
    let panel = |(i, name): (usize, &&str)| HistogramsPanel {
        name: name.to_string(),
        scores: (0..series.len()).map(|s| score(i, s, 0.5)).collect(),
    };
    Histograms {
        title: "Scores".into(),
        data: "made up".into(),
        x: "score".into(),
        range: (0.0, 1.0),
        bins: Histograms::BINS,
        series: series.iter().map(|s| s.to_string()).collect(),
        panels: names.iter().enumerate().map(panel).collect(),
    }
}

fn scores(panel: usize, series: usize) -> Vec<f64> {
    let mut stream = Stream::new(0, "scores", (10 * panel + series) as u64);
    let centre = if series == 0 { 0.8 } else { 0.7 - 0.05 * panel as f64 };
    (0..if series == 0 { 400 } else { 900 }).map(|_| (centre + 0.13 * stream.normal()).clamp(0.0, 1.0)).collect()
}

/// Principal components of four sets of features.
fn components(panels: usize) -> Scatter {
    let axis = |which: &str, share: f64| format!("{which} principal component ({share} % of variance)");
    let panel = |i: usize| {
        let mut stream = Stream::new(0, "components", i as u64);
        let size = [1.0, 30.0, 4e-3, 2000.0][i % 4];
        let points = (0..600)
            .map(|p| (size * (stream.normal() + (p % 3) as f64), 0.4 * size * stream.normal(), p % 3))
            .collect();
        let axes = Some((axis("first", 31.4), axis("second", 12.9)));
        Panel { method: METHODS[i % 4].into(), note: "20 dimensions".into(), points, curve: vec![], line: vec![], axes }
    };
    Scatter {
        kinds: ["clean", "Gaussian blur 3", "a challenge with a rather long name 5"].map(String::from).to_vec(),
        panels: (0..panels).map(panel).collect(),
        ..scatter(vec![], 0)
    }
}

/// The size of a picture. Checks that both files have it and that the PNG is not blank.
#[track_caller]
fn size(picture: &Picture) -> (u32, u32) {
    let png = image::load_from_memory(&picture.png).expect("the PNG can be decoded").to_rgb8();
    let (width, height) = png.dimensions();
    assert!(picture.svg.starts_with(&format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\"",
        4 * width,
        4 * height
    )));
    assert!(picture.svg.ends_with("</svg>\n"));
    assert!(png.pixels().any(|p| p.0 != [255; 3]), "something is drawn");
    // Nothing reaches the edge of the picture, so nothing is cut off.
    let edge = |x: u32, y: u32| x < 3 || y < 3 || x >= width - 3 || y >= height - 3;
    let cut = png.enumerate_pixels().find(|(x, y, p)| edge(*x, *y) && p.0 != [255; 3]);
    assert!(cut.is_none(), "cut off at {cut:?}");
    (width, height)
}

#[test]
fn charts_of_awkward_data_have_the_size_they_should() {
    let long = "a variant whose description does not fit on one line and has averylongwordwithoutanyspacewhichmustbecutsomewhere in it";
    let row = |label: &str, value| Interval { label: label.into(), estimate: estimate(value) };
    let tall = |i: usize| 0.9 - 0.01 * i as f64;
    let mut wrong = Vec::new();
    for (what, picture, expected) in [
        ("bars, none", bars(&[]).render(), (1000, 600)),
        ("bars, one", bars(&[("a", Some(0.5), None)]).render(), (1000, 600)),
        (
            "bars, equal",
            bars(&[("a", Some(0.5), Some(0.5)), ("b", None, Some(0.5)), ("c", None, None)]).render(),
            (1000, 600),
        ),
        ("bars, negative", bars(&[("a", Some(-0.9), Some(0.5)), (long, Some(1.0), Some(-1.0))]).render(), (1000, 600)),
        ("bars, many", bars(&[("IW-SSIM", Some(0.8), Some(0.81)); 16]).render(), (1410, 600)),
        ("scatter, none", scatter(vec![], 0).render(), (1000, 600)),
        ("scatter, one", scatter(vec![(0.5, 3.0, 0)], 1).render(), (1000, 600)),
        ("scatter, equal", scatter(vec![(0.5, 3.0, 0); 5], 1).render(), (1000, 600)),
        (
            "scatter, 24 kinds",
            scatter((0..240).map(|i| (i as f64, (i * 7 % 31) as f64, i % 24)).collect(), 24).render(),
            (1000, 600),
        ),
        ("scatter, large", scatter(vec![(-1e12, 1e-9, 0), (1e12, 2e-9, 0)], 1).render(), (1000, 600)),
        ("dots, none", dots(0, &[], |_, _| None).render(), (1000, 256)),
        ("dots, no values", dots(3, &["a"], |_, _| None).render(), (1000, 256)),
        ("dots, 24 types", dots(24, &["a", "b", "c"], |s, c| Some(tall(s + c))).render(), (1000, 756)),
        ("dots, many methods", dots(2, &[long; 8], |s, c| Some(tall(s + c))).render(), (1000, 430)),
        ("intervals, none", intervals(vec![], None).render(), (1000, 226)),
        ("intervals, long", intervals(vec![row(long, 0.8), row("b", 0.8)], Some(1)).render(), (1000, 268)),
        (
            "intervals, point",
            intervals(vec![Interval { label: "a".into(), estimate: Estimate { value: 0.0, interval: None } }], None)
                .render(),
            (1000, 226),
        ),
        ("scatter, own axes, one", components(1).render(), (1000, 600)),
        ("scatter, own axes, three", components(3).render(), (1000, 1080)),
        ("scatter, own axes, four", components(4).render(), (1000, 1080)),
        ("multiples, none", levels(&[]).render(), (1000, 564)),
        ("multiples, one", levels(&CHALLENGES[..1]).render(), (1000, 580)),
        ("multiples, six", levels(&CHALLENGES[..6]).render(), (1000, 627)),
        ("multiples, twelve", levels(&CHALLENGES).render(), (1000, 699)),
        ("multiples, long names", levels(&[long; 14]).render(), (1000, 660)),
        (
            "multiples, missing",
            multiples(
                None,
                &[long, "b", "c"],
                vec![
                    ("all", vec![vec![(1.0, estimate(0.3)), (5.0, estimate(0.4))], vec![(3.0, estimate(0.5))], vec![]]),
                    ("nothing", vec![vec![], vec![], vec![]]),
                ],
            )
            .render(),
            (1000, 496),
        ),
        (
            "multiples, cut",
            Multiples { y_range: Some((0.55, 0.7)), x_range: Some((1.0, 4.0)), ..levels(&CHALLENGES[..3]) }.render(),
            (1000, 384),
        ),
        (
            "multiples, large",
            multiples(None, &["a"], vec![("p", vec![vec![(1.0, estimate(-1e9)), (1e7, estimate(3e12))]]); 5]).render(),
            (1000, 622),
        ),
        ("roc, one", roc(&CHALLENGES[..1]).render(), (640, 602)),
        ("roc, six", roc(&CHALLENGES[..6]).render(), (1000, 787)),
        ("roc, fifteen", roc(&[CHALLENGES[1]; 15]).render(), (1000, 732)),
        ("histograms, none", histograms(&[], &[], |_, _, _| vec![]).render(), (1000, 564)),
        (
            "histograms, one",
            histograms(&CHALLENGES[..1], &["clean", "challenge"], |p, s, _| scores(p, s)).render(),
            (1000, 580),
        ),
        (
            "histograms, twelve",
            histograms(&CHALLENGES, &["clean", "challenge"], |p, s, _| scores(p, s)).render(),
            (1000, 695),
        ),
        (
            "histograms, awkward",
            histograms(&["all at the ends", "one score", "no scores"], &["clean", long, "c"], |p, s, at| match p {
                0 => vec![if s == 0 { 1.0 } else { 0.0 }; 3],
                1 if s == 0 => vec![at],
                _ => vec![],
            })
            .render(),
            (1000, 386),
        ),
        ("curves, none", curves(vec![], true).render(), (1000, 600)),
        ("curves, empty", curves(vec![vec![], vec![(0.0, 1.0)]], false).render(), (1000, 600)),
        ("curves, flat", curves(vec![vec![(0.0, 2.0), (1.0, 2.0)]; 9], true).render(), (1000, 600)),
        ("curves, steep", curves(vec![vec![(0.0, 1e-300), (1.0, 1e300)]], true).render(), (1000, 600)),
    ] {
        let picture = picture.unwrap_or_else(|e| panic!("{what}: {e}"));
        if let Some(folder) = std::env::var_os("GRADSPACE_TEST_CHARTS") {
            gradspace::files::write(std::path::Path::new(&folder).join(format!("{what}.png")), &picture.png).unwrap();
        }
        let size = size(&picture);
        if size != expected {
            wrong.push(format!("{what}: {size:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn charts_refuse_what_they_cannot_show() {
    for (result, reason) in [
        (bars(&[("a", Some(f64::NAN), None)]).render(), "NaN"),
        (scatter(vec![(f64::INFINITY, 1.0, 0)], 1).render(), "inf"),
        (dots(1, &["a"], |_, _| Some(f64::NAN)).render(), "NaN"),
        (intervals(vec![Interval { label: "a".into(), estimate: estimate(f64::NAN) }], None).render(), "NaN"),
        (curves(vec![vec![(0.0, f64::NAN)]], false).render(), "NaN"),
        (multiples(None, &["a"], vec![("p", vec![vec![(0.0, estimate(f64::NAN))]])]).render(), "NaN"),
        (multiples(Some(ReferenceLine::Level(f64::NAN)), &[], vec![]).render(), "NaN"),
        (histograms(&["p"], &["a"], |_, _, _| vec![f64::NAN]).render(), "NaN"),
        (histograms(&["p"], &["a"], |_, _, _| vec![1.5]).render(), "between 0 and 1: widen"),
        (curves(vec![vec![(0.0, 0.0)]], true).render(), "logarithmic"),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("the chart") && error.contains(reason), "{error}");
    }
}

/// A chart has the same bytes in every run and on every machine. A new version of plotters, ab_glyph, image or of the font may change
/// them. In this case look at the chart, then update the hashes.
#[test]
fn a_chart_is_the_same_bytes_everywhere() {
    let chart = curves(vec![vec![(0.0, 60.0), (10.0, 8.0), (40.0, 5.0)], vec![(0.0, 55.0), (40.0, 4.0)]], true);
    let (first, second) = (chart.render().unwrap(), chart.render().unwrap());
    assert!(first == second, "two drawings of one chart differ");
    assert_eq!(files::hash(first.svg.as_bytes()), "d9cef857230c6d37d5cc93ef68f93b0294eac347132eda34ae00c7e3a646f78d");
    let pixels = image::load_from_memory(&first.png).unwrap().to_rgb8();
    assert_eq!(files::hash(pixels.as_raw()), "5899369f7d38ff2a2951f8fff1339543b59090862c08890017e475169e550ffe");
}

fn sheet(columns: usize, rows: &[&str], scale: usize) -> Sheet {
    let cell = |i: usize| Rgb8::from_fn(28, 28, |x, y| [(9 * x) as u8, (9 * y) as u8, (37 * i) as u8]);
    Sheet {
        title: "Inputs and reconstructions".into(),
        data: "made up for a test".into(),
        columns: (0..columns).map(|c| format!("level {}", c + 1)).collect(),
        rows: rows.iter().map(|r| r.to_string()).collect(),
        cells: (0..columns * rows.len()).map(cell).collect(),
        scale,
    }
}

#[test]
fn a_sheet_shows_every_pixel_of_every_image() {
    let long = "a challenge with a name that does not fit on one line, nor on two";
    for (what, sheet) in [
        ("one", sheet(1, &["input"], 1)),
        ("reconstructions", sheet(10, &["input", "reconstruction"], 3)),
        ("challenges", sheet(5, &CHALLENGES, 2)),
        ("long names", Sheet { columns: vec![long.into(); 3], ..sheet(3, &[long, "", long], 2) }),
    ] {
        let png = sheet.png();
        assert!(png == sheet.png(), "two drawings of one sheet differ");
        if let Some(folder) = std::env::var_os("GRADSPACE_TEST_CHARTS") {
            gradspace::files::write(std::path::Path::new(&folder).join(format!("sheet, {what}.png")), &png).unwrap();
        }
        let pixels = image::load_from_memory(&png).expect("the PNG can be decoded").to_rgb8();
        // Each image is to the right of the previous one or below it, complete and magnified.
        let shown = |image: &Rgb8, left: u32, top: u32| {
            let side = 28 * sheet.scale as u32;
            let equal = |x: u32, y: u32| {
                pixels.get_pixel(left + x, top + y).0 == image.pixel(x as usize / sheet.scale, y as usize / sheet.scale)
            };
            left + side <= pixels.width()
                && top + side <= pixels.height()
                && (0..side).all(|y| (0..side).all(|x| equal(x, y)))
        };
        let mut found = Vec::new();
        for (i, image) in sheet.cells.iter().enumerate() {
            let places = (0..pixels.height()).flat_map(|y| (0..pixels.width()).map(move |x| (y, x)));
            let place = places.into_iter().find(|&(y, x)| !found.contains(&(y, x)) && shown(image, x, y));
            found.push(place.unwrap_or_else(|| panic!("{what}: image {i} is not on the sheet")));
        }
        assert!(found.is_sorted(), "{what}: {found:?}");
    }
}

#[test]
#[should_panic(expected = "images in 2 rows and 3 columns")]
fn a_sheet_has_an_image_for_each_place() {
    let mut sheet = sheet(3, &["a", "b"], 1);
    sheet.cells.pop();
    sheet.png();
}
