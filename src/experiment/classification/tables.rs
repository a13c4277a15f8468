//! The tables of a classification as people read them, and what they say about the paper's claims.

use super::statistics::{ACCURACY, AUROC, Numbers, PROPOSED, Part, STATISTICS};
use crate::experiment::file::{Ablation, Classification, Method, Trial};
use crate::report::folded::{Folded, Grid};
use crate::report::table::{Row, Status, Table};
use crate::stats::moments::mean;
use crate::stats::paired::{PairedTest, mean_interval};

/// Below this a p value counts as a difference.
const LEVEL: f64 = 0.05;

/// The folded tables. `table` is the long one, with the published values beside.
pub(super) fn folded(wanted: &Classification, data: &str, numbers: &Numbers, table: &Table) -> Folded {
    let mut grids = vec![accuracies(wanted, numbers, table), measures(wanted, numbers)];
    grids.extend(gains(wanted, numbers));
    grids.extend(wanted.ablations.iter().map(|ablation| of_ablation(ablation, numbers)));
    let mut notes = Vec::new();
    if wanted.seeds.len() > 1 {
        notes.push(format!(
            "±: 95 % interval of the mean over {} seeds (Student); it speaks of other trainings, not of other images.",
            wanted.seeds.len()
        ));
    }
    notes.push(format!(
        "Classifiers have seen clean images and {} only.",
        wanted.protocol.shown
    ));
    let published: Vec<_> = table.rows().iter().filter_map(|r| r.published.as_ref()).collect();
    if let Some(beside) = published.first() {
        notes.push(match &beside.status {
            Status::NotComparable(reason) => format!("( ) published, but not comparable: {reason}."),
            _ => "Behind the slash: published, with one seed.".to_owned(),
        });
        notes.push(format!("Published values: {}.", beside.source));
    }
    notes.extend(claims(wanted, numbers));
    Folded { title: wanted.title.clone(), data: data.to_owned(), grids, notes }
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
fn accuracies(wanted: &Classification, numbers: &Numbers, table: &Table) -> Grid {
    let parts = types(wanted);
    let cell = |method: &Method, part: &Part| {
        let ours = with_interval(&numbers.by_seed(&wanted.plain(method), *part, ACCURACY), 1);
        let is_it = |r: &&Row| r.method == method.name && r.subset == part.name() && r.statistic == STATISTICS[ACCURACY];
        match table.rows().iter().find(is_it).and_then(|row| row.published.as_ref()) {
            Some(p) if matches!(p.status, Status::NotComparable(_)) => format!("{ours} ({:.2})", p.value),
            Some(p) => format!("{ours} / {:.2}", p.value),
            None => ours,
        }
    };
    Grid {
        heading: format!("Accuracy in %, {}", levels(wanted)),
        header: header("method", parts.iter().map(heading_of)),
        rows: wanted
            .methods
            .iter()
            .map(|m| header(&m.name, parts.iter().map(|part| cell(m, part))))
            .collect(),
    }
}

/// Methods × statistics, over all types.
fn measures(wanted: &Classification, numbers: &Numbers) -> Grid {
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
    let cell = |method: &Method, statistic| {
        with_interval(&numbers.by_seed(&wanted.plain(method), Part::All, statistic), 3)
    };
    Grid {
        heading: format!("Detection, all types, {}", levels(wanted)),
        header: header("method", STATISTICS[AUROC..].iter().map(name)),
        rows: wanted
            .methods
            .iter()
            .map(|m| header(&m.name, (AUROC..STATISTICS.len()).map(|statistic| cell(m, statistic))))
            .collect(),
    }
}

/// What the proposed method has more than each other one.
fn gains(wanted: &Classification, numbers: &Numbers) -> Option<Grid> {
    let (proposed, trial) = numbers.proposed();
    let others: Vec<&Method> = wanted.methods.iter().filter(|m| m.name != proposed).collect();
    if others.is_empty() || wanted.seeds.len() < 2 {
        return None;
    }
    let parts = types(wanted);
    let cell = |method: &Method, part: &Part| match numbers.paired(&trial, &wanted.plain(method), *part, ACCURACY) {
        Some(test) => {
            let p = if test.p < 0.001 { "p < .001".to_owned() } else { format!("p = {:.3}", test.p).replace("0.", ".") };
            format!("{} ({p})", gain(&test))
        }
        None => "no difference".to_owned(),
    };
    Some(Grid {
        heading: format!("Accuracy of {proposed} less that of each other method, in points, paired by seed"),
        header: header("against", parts.iter().map(heading_of)),
        rows: others.iter().map(|m| header(&m.name, parts.iter().map(|part| cell(m, part)))).collect(),
    })
}

/// A difference with its interval.
fn gain(test: &PairedTest) -> String {
    let (mean, half) = (test.difference.mean, test.difference.half_width);
    format!("{mean:+.1} ± {half:.1}").replace('-', "−")
}

/// Variants × methods: accuracy and AUROC over all types.
fn of_ablation(ablation: &Ablation, numbers: &Numbers) -> Grid {
    let mut methods: Vec<&str> = Vec::new();
    for (method, _) in ablation.variants.iter().flat_map(|v| &v.trials) {
        if !methods.contains(&method.as_str()) {
            methods.push(method);
        }
    }
    let cell = |trial: &Trial| {
        let [accuracy, auroc] =
            [(ACCURACY, 1), (AUROC, 3)].map(|(s, digits)| with_interval(&numbers.by_seed(trial, Part::All, s), digits));
        format!("{accuracy}; {auroc}")
    };
    let name = |method: &&str| if method.is_empty() { "accuracy; AUROC".to_owned() } else { method.to_string() };
    Grid {
        heading: format!("{}: accuracy in %; AUROC; mean over types and levels", ablation.name),
        header: header("variant", methods.iter().map(name)),
        rows: ablation
            .variants
            .iter()
            .map(|v| {
                let of = |method: &&str| {
                    let trial = v.trials.iter().find(|(name, _)| name == method);
                    trial.map(|(_, trial)| cell(trial)).unwrap_or_default()
                };
                header(&v.name, methods.iter().map(of))
            })
            .collect(),
    }
}

/// How a comparison came out.
fn verdict(test: Option<&PairedTest>) -> &'static str {
    match test {
        Some(test) if test.p < LEVEL && test.difference.mean > 0.0 => "holds here",
        Some(test) if test.p < LEVEL => "does not hold here",
        _ => "is undecided here",
    }
}

/// The claims of the paper's table, as they come out on these data.
fn claims(wanted: &Classification, numbers: &Numbers) -> Vec<String> {
    let trial = |name: &str| wanted.methods.iter().find(|m| m.name == name).map(|m| wanted.plain(m));
    let names = ["VAE-A", "VAE-R", "VAE-L", PROPOSED].map(trial);
    let [Some(activations), Some(of_loss), Some(of_regulariser), Some(proposed)] = names else { return Vec::new() };
    if wanted.seeds.len() < 2 {
        return vec!["With one seed none of the paper's claims can be tested; name several.".to_owned()];
    }
    let mut notes = Vec::new();
    for (claim, a, b) in [
        ("Both gradients together tell images apart better than the activations", &proposed, &activations),
        ("Both gradients together are better than that of the loss alone", &proposed, &of_loss),
        ("Both gradients together are better than that of the regulariser alone", &proposed, &of_regulariser),
        ("The regulariser's gradient is better than the activations", &of_regulariser, &activations),
    ] {
        let [accuracy, auroc] = [ACCURACY, AUROC].map(|statistic| numbers.paired(a, b, Part::All, statistic));
        let points = accuracy.as_ref().map_or("no difference".to_owned(), |t| format!("{} points", gain(t)));
        let area = match &auroc {
            Some(t) => format!("{:+.3} ± {:.3}", t.difference.mean, t.difference.half_width).replace('-', "−"),
            None => "no difference".to_owned(),
        };
        notes.push(format!(
            "Claim: \"{claim}\" {} by accuracy ({points}), and {} by AUROC ({area}).",
            verdict(accuracy.as_ref()),
            verdict(auroc.as_ref())
        ));
    }
    // The paper's table has Proposed first on five types, and VAE-R on decolorization.
    for (part, best) in types(wanted).into_iter().filter(|part| *part != Part::All).map(|part| {
        let loss_is_best = part.name() == "decolorization";
        (part, if loss_is_best { ("VAE-R", &of_loss) } else { (PROPOSED, &proposed) })
    }) {
        let (name, trial) = best;
        let others = wanted.methods.iter().filter(|m| m.name != name);
        let tests: Vec<_> =
            others.map(|m| (&m.name, numbers.paired(trial, &wanted.plain(m), part, ACCURACY))).collect();
        let worse = tests.iter().find(|(_, t)| t.as_ref().is_some_and(|t| t.p < LEVEL && t.difference.mean < 0.0));
        let all = tests.iter().all(|(_, t)| t.as_ref().is_some_and(|t| t.p < LEVEL && t.difference.mean > 0.0));
        let outcome = match worse {
            Some((other, _)) => format!("does not hold here: {other} is better"),
            None if all => "holds here".to_owned(),
            None => "is undecided here".to_owned(),
        };
        notes.push(format!("Claim: \"{name} is the best of the four on {}\" {outcome}.", words(&part.name())));
    }
    notes
}
