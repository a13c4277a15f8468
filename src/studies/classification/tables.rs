//! Builds the tables of a classification for readers, one section per question.

use super::measured::{ACCURACY, AUROC, STATISTICS};
use super::settings::{Ablation, Classification, Method, Trial, Variant};
use super::statistics::{Numbers, Part};
use crate::report::grid::Section;
use crate::report::row::{Row, Status};
use crate::report::table::Table;
use crate::stats::moments::mean;
use crate::stats::paired::{PairedTest, mean_interval};

/// The folded tables. `table` is the long table with the published values.
pub(super) fn sections(wanted: &Classification, data: &str, numbers: &Numbers, table: &Table) -> Vec<Section> {
    let mut sections = vec![accuracies(wanted, numbers, table), measures(wanted, numbers)];
    sections.extend(gains(wanted, numbers));
    sections.extend(wanted.ablations().iter().map(|ablation| of_ablation(ablation, numbers)));
    let first = &mut sections[0];
    first.text = vec![data.to_owned()];
    first.notes.push(format!("The training condition of the classifiers: clean images and {}.", wanted.protocol.shown));
    if wanted.seeds.len() > 1 {
        first.notes.push(format!(
            "±: 95 % interval of the mean over {} seeds (Student's t); it covers other training runs, not other images.",
            wanted.seeds.len()
        ));
    }
    if let Some((source, row)) = table.rows().iter().find_map(|r| Some((r.published_source.as_ref()?, r))) {
        first.notes.push(match &row.status {
            Status::NotComparable(reason) => format!("( ) published, but not comparable: {reason}."),
            _ => "After the slash: the published value, from one seed.".to_owned(),
        });
        first.notes.push(format!("Published values: {source}."));
    }
    for section in &mut sections {
        section.title = format!("{}: {}", wanted.title, section.title);
    }
    sections
}

/// A section without text and notes.
fn section(title: String, header: Vec<String>, rows: Vec<Vec<String>>) -> Section {
    Section { title, text: Vec::new(), header, rows, notes: Vec::new() }
}

/// The name of a challenge or a statistic for a heading.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A mean over seeds with its interval.
fn with_interval(values: &[f64], decimals: usize) -> String {
    match mean_interval(values) {
        Some(i) => format!("{:.decimals$} ± {:.decimals$}", i.mean, i.half_width),
        None => mean(values).map(|m| format!("{m:.decimals$}")).unwrap_or_default(),
    }
}

fn header(first: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(names).collect()
}

fn levels(wanted: &Classification) -> String {
    match wanted.protocol.levels[..] {
        [level] => format!("level {level}"),
        ref levels => {
            format!("mean over levels {}", levels.iter().map(u8::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Each type of challenge, then the mean of all.
fn types(wanted: &Classification) -> Vec<Part> {
    wanted.protocol.tested.iter().map(|&challenge| Part::Type(challenge)).chain([Part::All]).collect()
}

fn heading_of(part: &Part) -> String {
    match part {
        Part::All => "mean".to_owned(),
        part => words(&part.name()),
    }
}

/// The paper's table: the accuracy of each method on each type of challenge.
fn accuracies(wanted: &Classification, numbers: &Numbers, table: &Table) -> Section {
    let parts = types(wanted);
    let cell = |method: &Method, part: &Part| {
        let ours = with_interval(&numbers.by_seed(&wanted.plain(method), *part, ACCURACY), 1);
        let is_it =
            |r: &&Row| r.method == method.name && r.subset == part.name() && r.statistic == STATISTICS[ACCURACY];
        match table.rows().iter().find(is_it).and_then(|row| Some((row.published?, &row.status))) {
            Some((value, Status::NotComparable(_))) => format!("{ours} ({value:.2})"),
            Some((value, _)) => format!("{ours} / {value:.2}"),
            None => ours,
        }
    };
    section(
        format!("accuracy in %, {}", levels(wanted)),
        header("method", parts.iter().map(heading_of)),
        wanted.methods.iter().map(|m| header(&m.name, parts.iter().map(|part| cell(m, part)))).collect(),
    )
}

/// The detection statistics of each method, over all types of challenge.
fn measures(wanted: &Classification, numbers: &Numbers) -> Section {
    let name = |statistic: &&str| {
        let (base, sampled) = match statistic.strip_suffix("_sampled") {
            Some(base) => (base, ", 20 thresholds"),
            None => (*statistic, ""),
        };
        let name = match base {
            "auroc" => "AUROC",
            "aupr_in" => "AUPR-in",
            "aupr_out" => "AUPR-out",
            "fpr_at_95_tpr" => "FPR at 95 % TPR",
            _ => "detection error",
        };
        format!("{name}{sampled}")
    };
    let cell =
        |method: &Method, statistic| with_interval(&numbers.by_seed(&wanted.plain(method), Part::All, statistic), 3);
    let line = |m: &Method| header(&m.name, (AUROC..STATISTICS.len()).map(|statistic| cell(m, statistic)));
    section(
        format!("out-of-distribution detection, all types, {}", levels(wanted)),
        header("method", STATISTICS[AUROC..].iter().map(name)),
        wanted.methods.iter().map(line).collect(),
    )
}

/// The accuracy of the proposed method minus that of each other method; `None` with a single method or a single seed.
fn gains(wanted: &Classification, numbers: &Numbers) -> Option<Section> {
    let proposed = &wanted.proposed().name;
    let trial = wanted.plain(wanted.proposed());
    let others: Vec<&Method> = wanted.methods.iter().filter(|m| m.name != *proposed).collect();
    if others.is_empty() || wanted.seeds.len() < 2 {
        return None;
    }
    let parts = types(wanted);
    let cell = |method: &Method, part: &Part| match numbers.paired(&trial, &wanted.plain(method), *part, ACCURACY) {
        Some(test) => {
            let p =
                if test.p < 0.001 { "p < .001".to_owned() } else { format!("p = {:.3}", test.p).replace("0.", ".") };
            format!("{} ({p})", gain(&test))
        }
        None => "no difference".to_owned(),
    };
    Some(section(
        format!("accuracy of {proposed} minus that of each other method, in percentage points, paired by seed"),
        header("compared with", parts.iter().map(heading_of)),
        others.iter().map(|m| header(&m.name, parts.iter().map(|part| cell(m, part)))).collect(),
    ))
}

/// A difference with its 95 % interval.
fn gain(test: &PairedTest) -> String {
    let (mean, half) = (test.difference.mean, test.difference.half_width);
    format!("{mean:+.1} ± {half:.1}").replace('-', "−")
}

/// An ablation: accuracy and AUROC of each variant and method, over all types of challenge.
fn of_ablation(ablation: &Ablation, numbers: &Numbers) -> Section {
    let methods = ablation.methods();
    let cell = |trial: &Trial| {
        let [accuracy, auroc] =
            [(ACCURACY, 1), (AUROC, 3)].map(|(s, digits)| with_interval(&numbers.by_seed(trial, Part::All, s), digits));
        format!("{accuracy}; {auroc}")
    };
    let name = |method: &&str| if method.is_empty() { "accuracy; AUROC".to_owned() } else { method.to_string() };
    let line = |v: &Variant| {
        let of = |method: &&str| {
            let trial = v.trials.iter().find(|(name, _)| name == method);
            trial.map(|(_, trial)| cell(trial)).unwrap_or_default()
        };
        header(&v.name, methods.iter().map(of))
    };
    section(
        format!("{} (accuracy in %; AUROC; means over types and levels)", ablation.name),
        header("variant", methods.iter().map(name)),
        ablation.variants.iter().map(line).collect(),
    )
}
