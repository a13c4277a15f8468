//! The tables of a classification as people read them, and what they say about the paper's claims.

use super::statistics::{ACCURACY, AUROC, Numbers, Part, STATISTICS};
use crate::experiment::file::{Ablation, Classification, Method, PROPOSED, Trial, Variant};
use crate::report::grid::Section;
use crate::report::table::{Row, Status, Table};
use crate::stats::moments::mean;
use crate::stats::paired::{PairedTest, mean_interval};

/// Below this a p value counts as a difference.
const LEVEL: f64 = 0.05;

/// The folded tables. `table` is the long one, with the published values beside.
pub(super) fn sections(wanted: &Classification, data: &str, numbers: &Numbers, table: &Table) -> Vec<Section> {
    let mut sections = vec![accuracies(wanted, numbers, table), measures(wanted, numbers)];
    sections.extend(gains(wanted, numbers));
    sections.extend(claims(wanted, numbers));
    sections.extend(wanted.ablations.iter().map(|ablation| of_ablation(ablation, numbers)));
    let first = &mut sections[0];
    first.text = vec![data.to_owned()];
    first.notes.push(format!("Classifiers have seen clean images and {} only.", wanted.protocol.shown));
    if wanted.seeds.len() > 1 {
        first.notes.push(format!(
            "±: 95 % interval of the mean over {} seeds (Student); it speaks of other trainings, not of other images.",
            wanted.seeds.len()
        ));
    }
    let published: Vec<_> = table.rows().iter().filter_map(|r| r.published.as_ref()).collect();
    if let Some(beside) = published.first() {
        first.notes.push(match &beside.status {
            Status::NotComparable(reason) => format!("( ) published, but not comparable: {reason}."),
            _ => "Behind the slash: published, with one seed.".to_owned(),
        });
        first.notes.push(format!("Published values: {}.", beside.source));
    }
    for section in &mut sections {
        section.title = format!("{}: {}", wanted.title, section.title);
    }
    sections
}

/// A section without words.
fn section(title: String, header: Vec<String>, rows: Vec<Vec<String>>) -> Section {
    Section { title, text: Vec::new(), header, rows, notes: Vec::new() }
}

/// A challenge's or a statistic's name for a heading.
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

/// Types, then all of them.
fn types(wanted: &Classification) -> Vec<Part> {
    wanted.protocol.tested.iter().map(|&challenge| Part::Type(challenge)).chain([Part::All]).collect()
}

fn heading_of(part: &Part) -> String {
    match part {
        Part::All => "mean".to_owned(),
        part => words(&part.name()),
    }
}

/// The paper's table: methods × types.
fn accuracies(wanted: &Classification, numbers: &Numbers, table: &Table) -> Section {
    let parts = types(wanted);
    let cell = |method: &Method, part: &Part| {
        let ours = with_interval(&numbers.by_seed(&wanted.plain(method), *part, ACCURACY), 1);
        let is_it =
            |r: &&Row| r.method == method.name && r.subset == part.name() && r.statistic == STATISTICS[ACCURACY];
        match table.rows().iter().find(is_it).and_then(|row| row.published.as_ref()) {
            Some(p) if matches!(p.status, Status::NotComparable(_)) => format!("{ours} ({:.2})", p.value),
            Some(p) => format!("{ours} / {:.2}", p.value),
            None => ours,
        }
    };
    section(
        format!("accuracy in %, {}", levels(wanted)),
        header("method", parts.iter().map(heading_of)),
        wanted.methods.iter().map(|m| header(&m.name, parts.iter().map(|part| cell(m, part)))).collect(),
    )
}

/// Methods × statistics, over all types.
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
        format!("detection, all types, {}", levels(wanted)),
        header("method", STATISTICS[AUROC..].iter().map(name)),
        wanted.methods.iter().map(line).collect(),
    )
}

/// What the proposed method has more than each other one.
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
        format!("accuracy of {proposed} less that of each other method, in points, paired by seed"),
        header("against", parts.iter().map(heading_of)),
        others.iter().map(|m| header(&m.name, parts.iter().map(|part| cell(m, part)))).collect(),
    ))
}

/// A difference with its interval.
fn gain(test: &PairedTest) -> String {
    let (mean, half) = (test.difference.mean, test.difference.half_width);
    format!("{mean:+.1} ± {half:.1}").replace('-', "−")
}

/// Variants × methods: accuracy and AUROC over all types.
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

/// How a comparison came out, with its numbers.
fn outcome(test: Option<&PairedTest>, decimals: usize) -> String {
    let Some(test) = test else { return "undecided: no difference".to_owned() };
    let word = match test.difference.mean {
        _ if test.p >= LEVEL => "undecided",
        mean if mean > 0.0 => "holds",
        _ => "does not hold",
    };
    let (mean, half) = (test.difference.mean, test.difference.half_width);
    format!("{word}: {mean:+.decimals$} ± {half:.decimals$}").replace('-', "−")
}

/// What the paper's table says, and how it comes out on these data: claim by claim, by accuracy and by AUROC.
///
/// A comparison of two methods holds where the paired test over the seeds says so, and does not hold where it says the contrary.
/// "The best on a type" holds where each other method is worse by that test, and does not hold where one is better.
fn claims(wanted: &Classification, numbers: &Numbers) -> Option<Section> {
    let trial = |name: &str| wanted.methods.iter().find(|m| m.name == name).map(|m| wanted.plain(m));
    let [activations, of_loss, of_regulariser, proposed] = ["VAE-A", "VAE-R", "VAE-L", PROPOSED].map(trial);
    let (activations, of_loss, of_regulariser, proposed) = (activations?, of_loss?, of_regulariser?, proposed?);
    if wanted.seeds.len() < 2 {
        return None;
    }
    let mut rows = Vec::new();
    for (claim, a, b) in [
        ("Both gradients together are better than the activations", &proposed, &activations),
        ("Both gradients together are better than the loss's alone", &proposed, &of_loss),
        ("Both gradients together are better than the regulariser's alone", &proposed, &of_regulariser),
        ("The regulariser's gradient is better than the activations", &of_regulariser, &activations),
    ] {
        let of = |statistic, decimals| outcome(numbers.paired(a, b, Part::All, statistic).as_ref(), decimals);
        rows.push(vec![claim.to_owned(), of(ACCURACY, 1), of(AUROC, 3)]);
    }
    // The paper's table has Proposed first on five types, and VAE-R on decolorization.
    for part in types(wanted).into_iter().filter(|part| *part != Part::All) {
        let (name, trial) = match part.name().as_str() {
            "decolorization" => ("VAE-R", &of_loss),
            _ => (PROPOSED, &proposed),
        };
        let best = |statistic| {
            let others = wanted.methods.iter().filter(|m| m.name != name);
            let tests: Vec<_> =
                others.map(|m| (&m.name, numbers.paired(trial, &wanted.plain(m), part, statistic))).collect();
            let is = |better: bool| {
                move |(_, test): &&(&String, Option<PairedTest>)| {
                    test.as_ref().is_some_and(|t| t.p < LEVEL && (t.difference.mean > 0.0) == better)
                }
            };
            let better: Vec<&str> = tests.iter().filter(is(false)).map(|(name, _)| name.as_str()).collect();
            match better.is_empty() {
                false => format!("does not hold: {}", better.join(", ")),
                true if tests.iter().filter(is(true)).count() == tests.len() => "holds".to_owned(),
                true => "undecided".to_owned(),
            }
        };
        rows.push(vec![format!("{name} is the best on {}", words(&part.name())), best(ACCURACY), best(AUROC)]);
    }
    let paragraph = in_words(&rows);
    let mut section = section(
        "what the paper's table says, on these data".to_owned(),
        ["claim", "by accuracy (points)", "by AUROC"].map(str::to_owned).into(),
        rows,
    );
    section.text = vec![paragraph];
    section.notes.push(format!(
        "Paired t test over {} seeds, two-sided {} %; behind \"does not hold\" the methods that are better.",
        wanted.seeds.len(),
        100.0 * LEVEL
    ));
    Some(section)
}

/// The claims sorted by how they come out by accuracy; those that AUROC answers otherwise are said to be.
fn in_words(rows: &[Vec<String>]) -> String {
    let of = |cell: &str| ["holds", "does not hold"].into_iter().find(|o| cell.starts_with(o)).unwrap_or("undecided");
    let mut sentences = Vec::new();
    for (outcome, begins) in [
        ("holds", "On these data it holds, by accuracy, that"),
        ("does not hold", "It does not hold that"),
        ("undecided", "It is undecided whether"),
    ] {
        let claims: Vec<String> = rows
            .iter()
            .filter(|row| of(&row[1]) == outcome)
            .map(|row| match (of(&row[2]), lower_first(&row[0])) {
                (auroc, claim) if auroc == outcome => claim,
                (auroc, claim) => format!("{claim} (by AUROC: {auroc})"),
            })
            .collect();
        if !claims.is_empty() {
            sentences.push(format!("{begins} {}.", claims.join("; ")));
        }
    }
    sentences.join(" ")
}

/// A sentence's beginning within a sentence; a name stays as it is.
fn lower_first(text: &str) -> String {
    match text.split_once(' ') {
        Some((first @ ("The" | "Both"), rest)) => format!("{} {rest}", first.to_lowercase()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_told_by_how_they_come_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["Both are better", "holds: +1.0 ± 0.5", "undecided: +0.010 ± 0.020"]),
            row(["Proposed is the best on rain", "does not hold: VAE-A", "does not hold: VAE-A"]),
            row(["The first is better", "undecided: no difference", "undecided: +0.0 ± 1.0"]),
        ];
        assert_eq!(
            in_words(&rows),
            "On these data it holds, by accuracy, that both are better (by AUROC: undecided). \
             It does not hold that Proposed is the best on rain. It is undecided whether the first is better."
        );
    }
}
