//! The parts of the page.

use super::{Experiments, command, figures};
use crate::report::claims::{Claim, Comparison, Outcome, Test};
use crate::report::fold::unique;
use crate::report::folder::{Folder, FolderPicture};
use crate::report::grid::{Section, decimal};
use crate::report::manifest::{Run, VERSION};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A sign for each outcome, for readers who do not see its colour, and its class in the style sheet.
fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Holds => ("✓", "holds"),
        Outcome::DoesNotHold => ("✕", "fails"),
        Outcome::Undecided => ("?", "open"),
        Outcome::NotAttempted => ("–", "absent"),
    }
}

/// The whole page.
pub(super) fn page(all: &[Folder], experiments: &Experiments) -> Markup {
    let (stand_ins, real): (Vec<&Folder>, Vec<&Folder>) = all.iter().partition(|results| results.is_stand_in());
    let each = |list: &[&Folder]| html! { @for results in list { (experiment(results, experiments)) } };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("gradspace {VERSION}"));
                title { "gradspace: results of the replication" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#claims" { "Skip to the results" }
                header { (head()) }
                nav aria-label="Contents" { (contents(&real, &stand_ins)) }
                main {
                    section #claims { (summary(&real, &stand_ins)) }
                    @if !real.is_empty() {
                        section #real-data {
                            h2 { "Real data" }
                            (each(&real))
                        }
                    }
                    @if !stand_ins.is_empty() {
                        section #stand-ins {
                            h2 { "Stand-ins: synthetic data" }
                            p {
                                "The databases of the paper may not be redistributed. If one is missing, an experiment runs on a stand-in: scenes or "
                                "signs that the program draws. The results show that the experiment runs and how the methods behave; "
                                strong { "no number below is comparable with the paper." }
                            }
                            (each(&stand_ins))
                        }
                    }
                }
                footer {
                    p { "Made with " code { "gradspace report" } ", version " (VERSION) ", from the files of the results folder only." }
                }
            }
        }
    }
}

/// The title and the introduction.
fn head() -> Markup {
    html! {
        p.kicker { "gradspace · results" }
        h1 { "Backpropagated gradients as features of distorted images: a replication" }
        p.lede {
            "Kwon, Prabhushankar, Temel and AlRegib (" cite { "Distorted Representation Space Characterization Through Backpropagated Gradients" }
            ", ICIP 2019) use the gradient of an autoencoder’s loss with respect to its weights as a feature of distorted images. They report that "
            "it describes these images better than the autoencoder’s activations do. gradspace repeats their experiments from scratch, in Rust. "
            "This page begins with the outcomes of their claims. Each experiment follows with its tables, charts, pictures and data, and with the "
            "command that runs it again."
        }
    }
}

fn contents(real: &[&Folder], stand_ins: &[&Folder]) -> Markup {
    let list = |list: &[&Folder]| {
        html! {
            ul {
                @for results in list {
                    li { a href=(format!("#{}", anchor(results))) { (results.title()) } }
                }
            }
        }
    };
    html! {
        p.kicker { "Contents" }
        ul {
            li { a href="#claims" { "The paper’s claims" } }
            @if !real.is_empty() { li { a href="#real-data" { "Real data" } (list(real)) } }
            @if !stand_ins.is_empty() { li { a href="#stand-ins" { "Stand-ins: synthetic data" } (list(stand_ins)) } }
        }
    }
}

/// The claims of all experiments, by outcome.
fn summary(real: &[&Folder], stand_ins: &[&Folder]) -> Markup {
    fn claims<'a>(list: &[&'a Folder]) -> Vec<(&'a Folder, &'a Claim)> {
        list.iter().flat_map(|r| r.claims().into_iter().flat_map(|c| &c.claims).map(move |claim| (*r, claim))).collect()
    }
    let groups = [("real data", claims(real)), ("stand-ins", claims(stand_ins))];
    let count = |group: &[(&Folder, &Claim)], wanted: Outcome| group.iter().filter(|c| c.1.outcome == wanted).count();
    let total: usize = groups.iter().map(|g| g.1.len()).sum();
    html! {
        h2 { "The paper’s claims" }
        @if total == 0 {
            p { "None of the results below contains tested claims (" code { "claims.json" } ")." }
        } @else {
            p {
                "Each claim of the paper is tested on numbers. It " em { "holds" } " if every comparison supports it, and " em { "does not hold" }
                " if one contradicts it. It is " em { "undecided" } " if chance explains a difference, and " em { "not attempted" }
                " if the data are missing. A stand-in is an experiment on synthetic data, in place of a database that is missing."
            }
            div.scroll {
                table.counts {
                    thead {
                        tr {
                            th scope="col" { "claims on" }
                            @for outcome in Outcome::ALL { th scope="col" { (badge(outcome)) } }
                        }
                    }
                    tbody {
                        @for (name, group) in &groups {
                            @if !group.is_empty() {
                                tr {
                                    th scope="row" { (name) }
                                    @for outcome in Outcome::ALL { td { (count(group, outcome)) } }
                                }
                            }
                        }
                    }
                }
            }
            @for outcome in Outcome::ALL {
                @let found: Vec<_> = groups.iter().flat_map(|g| &g.1).filter(|c| c.1.outcome == outcome).collect();
                @if !found.is_empty() {
                    h3 .(class(outcome)) { (sentence_case(&outcome.to_string())) }
                    // Claims that were not attempted have no numbers to show.
                    @if outcome == Outcome::NotAttempted {
                        details { summary { "Show all" } (summarised(&found)) }
                    } @else {
                        (summarised(&found))
                    }
                }
            }
        }
    }
}

/// Claims in a few lines each. A claim with the same numbers in several experiments is shown once.
fn summarised(claims: &[&(&Folder, &Claim)]) -> Markup {
    let mut merged: Vec<(&Claim, Vec<&Folder>)> = Vec::new();
    for (results, claim) in claims {
        match merged.iter_mut().find(|(other, _)| other == claim) {
            Some((_, experiments)) => experiments.push(results),
            None => merged.push((claim, vec![results])),
        }
    }
    html! {
        ul.claims {
            @for (claim, experiments) in &merged {
                li .(class(claim.outcome)) {
                    p.says { (claim.says) }
                    (tests(claim, false))
                    p.place {
                        (claim.place) " · " (data_of(claim)) " · "
                        @for (i, results) in experiments.iter().enumerate() {
                            @if i > 0 { ", " }
                            a href=(format!("#{}", anchor(results))) { (results.name) }
                            @if results.is_stand_in() { " " (stand_in()) }
                        }
                    }
                }
            }
        }
    }
}

/// The data that the numbers of a claim are from.
fn data_of(claim: &Claim) -> String {
    each_once(claim, |test| &test.data)
}

/// The different texts of the tests of a claim, with `;` between them.
fn each_once(claim: &Claim, text: fn(&Test) -> &str) -> String {
    unique(claim.tests.iter().map(text).filter(|text| !text.is_empty())).join("; ")
}

/// One experiment.
fn experiment(results: &Folder, experiments: &Experiments) -> Markup {
    let path = format!("results/{}", results.name);
    html! {
        article id=(anchor(results)) {
            header {
                h3 {
                    (results.title())
                    @if results.is_stand_in() { " " (stand_in()) }
                }
                @if !results.data().is_empty() { p.data { (sentence_case(results.data())) "." } }
            }
            @let remarks = results.remarks();
            @if !remarks.is_empty() {
                div.remark role="note" {
                    p { strong { "This folder has problems." } }
                    ul { @for remark in &remarks { li { (remark) } } }
                }
            }
            @if let Some(claims) = results.claims() {
                h4 { "Claims" }
                @for claim in &claims.claims { (self::claim(claim)) }
            }
            @if results.sections().next().is_some() {
                h4 { "Tables" }
                @for section in results.sections().filter(|section| !repeats_claims(section, results)) { (table(section, results)) }
            }
            @let (charts, pictures): (Vec<_>, Vec<_>) = results.pictures().into_iter().partition(|picture| picture.svg.is_some());
            @let photographs = results.photographs();
            @if !pictures.is_empty() || !photographs.is_empty() {
                h4 { "Pictures" }
                @for picture in &pictures { (figure(picture, &format!("{path}/{}.png", picture.name))) }
                @for picture in &photographs {
                    (figure(picture, &format!("{path}/photographs/{}.png, not for redistribution", picture.name)))
                }
            }
            @if !charts.is_empty() {
                h4 { "Charts" }
                @for chart in &charts { (figure(chart, &format!("{path}/{}.svg", chart.name))) }
            }
            h4 { "How it was made" }
            (facts(results, experiments))
        }
    }
}

fn claim(claim: &Claim) -> Markup {
    let interval = |c: &Comparison| match (c.low, c.high, c.p, c.tolerance) {
        (Some(low), Some(high), ..) => format!("[{}, {}]", rounded(low), rounded(high)),
        (.., Some(p), _) => format!("p = {}", rounded(p)),
        (.., Some(tolerance)) => format!("± {tolerance}"),
        _ => c.z.map(|z| format!("z = {}", rounded(z))).unwrap_or_default(),
    };
    let comparisons = |test: &Test| {
        html! {
            div.scroll tabindex="0" {
                table {
                    thead {
                        tr { @for name in ["comparison", "statistic", "left", "right", "difference", "decided by", "outcome"] { th scope="col" { (name) } } }
                    }
                    tbody {
                        @for c in &test.comparisons {
                            tr {
                                th scope="row" { (c.left) " and " (c.right) }
                                td { (c.statistic) }
                                td { (rounded(c.left_value)) }
                                td { (rounded(c.right_value)) }
                                td { (rounded(c.difference)) }
                                td.interval { (interval(c)) }
                                td .(class(c.outcome)) { (c.outcome) }
                            }
                        }
                    }
                }
            }
        }
    };
    html! {
        div.claim .(class(claim.outcome)) {
            p.says { (badge(claim.outcome)) " " (claim.says) }
            p.place { (claim.place) " · " (data_of(claim)) }
            (tests(claim, true))
            // The reason of a test contains a single comparison already.
            @for test in claim.tests.iter().filter(|test| test.comparisons.len() > 1) {
                details {
                    summary { code { (test.test) } ", " (test.comparisons.len()) " comparisons" }
                    (comparisons(test))
                }
            }
        }
    }
}

/// The tests of a claim with their outcomes. If there are more than a few, their number is shown, and the list unfolds.
fn tests(claim: &Claim, in_full: bool) -> Markup {
    const FEW: usize = 2;
    let by = each_once(claim, |test| &test.decided_by);
    let list = html! {
        ul.tests {
            @for test in &claim.tests {
                li {
                    @if in_full || claim.tests.len() > 1 {
                        code { (test.test) } @if test.subset != "all" { " (" (test.subset.replace('_', " ")) ")" } ": "
                    }
                    @if claim.tests.len() > 1 { span .(class(test.outcome)) { (test.outcome) } "; " }
                    (test.reason)
                }
            }
        }
        @if in_full && !by.is_empty() { p.place { "Decided by " (by) "." } }
    };
    let each = |outcome: Outcome| claim.tests.iter().filter(|test| test.outcome == outcome).count();
    let counts = Outcome::ALL.into_iter().filter(|outcome| each(*outcome) > 0);
    html! {
        @if claim.tests.len() <= FEW { (list) } @else {
            details {
                summary {
                    (claim.tests.len()) " tests: "
                    @for (i, outcome) in counts.enumerate() {
                        @if i > 0 { ", " }
                        (each(outcome)) " " span .(class(outcome)) { (outcome) }
                    }
                }
                (list)
            }
        }
    }
}

/// Whether a table is that of the claims, which are shown above it already.
fn repeats_claims(section: &Section, results: &Folder) -> bool {
    results.claims().is_some_and(|claims| claims.section().title == section.title)
}

/// A table in a box that scrolls if the table is too wide.
fn table(section: &Section, results: &Folder) -> Markup {
    // The title and the data of the experiment are shown above already.
    let title =
        section.title.strip_prefix(results.title()).map_or(&*section.title, |rest| rest.trim_start_matches(": "));
    let text = section.text.iter().filter(|text| *text != results.data());
    let kinds: Vec<&str> = (0..section.header.len()).map(|column| kind(section, column)).collect();
    html! {
        h5 { (sentence_case(title)) }
        @for paragraph in text { p { (paragraph) } }
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr { @for (name, kind) in section.header.iter().zip(&kinds) { th scope="col" .(kind) { (breakable(name)) } } } }
                tbody {
                    @for row in &section.rows {
                        tr {
                            @for (i, (cell, kind)) in row.iter().zip(&kinds).enumerate() {
                                @if i == 0 { th scope="row" .(kind) { (breakable(cell)) } }
                                @else { td .(kind) .(outcome_of(cell)) { (cell.trim()) } }
                            }
                        }
                    }
                }
            }
        }
        @if !section.notes.is_empty() {
            ul.notes { @for note in &section.notes { li { (note) } } }
        }
    }
}

/// The class of a column: numbers (no class) are aligned to the right, intervals are grey, words are aligned to the left, and long words
/// are broken into lines.
fn kind(section: &Section, column: usize) -> &'static str {
    let cells = || section.rows.iter().map(|row| row[column].trim()).filter(|cell| !cell.is_empty());
    let in_words = cells().filter(|cell| cell.starts_with(char::is_alphabetic)).count();
    match &*section.header[column] {
        "95 % interval" => "interval",
        _ if cells().any(|cell| cell.chars().count() > 24) => "words",
        _ if 2 * in_words > cells().count() => "text",
        _ => "",
    }
}

/// A name that a browser may break after an underscore.
fn breakable(name: &str) -> Markup {
    html! { @for (i, part) in name.split('_').enumerate() { @if i > 0 { "_" wbr; } (part) } }
}

/// A picture with its caption and the path of its file.
fn figure(picture: &FolderPicture, path: &str) -> Markup {
    html! {
        figure {
            div.card tabindex="0" { (figures::picture(picture)) }
            figcaption {
                @if let Some(caption) = picture.caption { (caption) " " }
                span.quiet { (path) }
            }
        }
    }
}

/// The command, the time and the machine, the seeds, the version, the inputs and the settings.
fn facts(results: &Folder, experiments: &Experiments) -> Markup {
    let again = command::again(results, experiments);
    html! {
        dl {
            @if let Some((command, known)) = &again {
                dt { "Run it again" }
                dd {
                    pre tabindex="0" { code { (command) } }
                    @if command.contains("--data DIR") { p.quiet { "DIR is the folder with the data." } }
                    @if command.contains("--set") { p.quiet { "Files are shown without their folders; give their full paths." } }
                    @if !known {
                        p.quiet { "The experiment file is not in " code { (experiments.folder.display()) } ", so settings from the command line may be missing here." }
                    }
                }
            }
            dt { "Time" }
            dd { (time(results.run())) }
            @if let Some(manifest) = results.manifest() {
                @if !manifest.seeds.is_empty() {
                    dt { "Seeds" }
                    dd { (manifest.seeds.iter().map(|(purpose, seed)| format!("{purpose}: {seed}")).collect::<Vec<_>>().join(" · ")) }
                }
                dt { "Version" }
                dd { "gradspace " (manifest.version) }
                dt { "Inputs" }
                dd {
                    @if manifest.inputs.is_empty() { "None: the program draws all images." }
                    @else {
                        details {
                            summary { (manifest.inputs.len()) @if manifest.inputs.len() == 1 { " input with its BLAKE3 hash" } @else { " inputs with their BLAKE3 hashes" } }
                            div.scroll.tall tabindex="0" {
                                table.hashes {
                                    tbody { @for (name, hash) in &manifest.inputs { tr { th scope="row" { (name) } td { code { (hash) } } } } }
                                }
                            }
                        }
                    }
                }
                dt { "Settings" }
                dd {
                    details {
                        summary { "All settings, including defaults" }
                        pre.tall tabindex="0" { code { (serde_json::to_string_pretty(&manifest.experiment).unwrap_or_default()) } }
                    }
                }
            }
        }
    }
}

fn time(run: Option<&Run>) -> Markup {
    let Some(run) = run else {
        return html! { "Unknown: the times in " code { "run.json" } " are not committed." };
    };
    let stages: Vec<_> = run.stages.iter().map(|stage| format!("{} {}", stage.name, duration(stage.seconds))).collect();
    html! {
        (duration(run.seconds)) " with " (run.threads) @if run.threads == 1 { " thread" } @else { " threads" }
        " of " (run.simd)
        @if let Some(host) = &run.host { " on " (host) }
        ", started " (run.started_at.replace('T', " ").replace('Z', " UTC"))
        @if let Some(git) = &run.git {
            ", commit " code { (git.commit.chars().take(12).collect::<String>()) }
            @if git.dirty { " with uncommitted changes" }
        }
        "."
        @if !stages.is_empty() { p.quiet { "Stages: " (stages.join(", ")) "." } }
    }
}

fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

fn stand_in() -> Markup {
    html! { span.stand-in { "stand-in" } }
}

fn badge(outcome: Outcome) -> Markup {
    html! { span.badge .(class(outcome)) { span aria-hidden="true" { (look(outcome).0) } " " (outcome) } }
}

fn class(outcome: Outcome) -> &'static str {
    look(outcome).1
}

/// The class of a cell; it has one only if it begins with an outcome.
fn outcome_of(cell: &str) -> &'static str {
    Outcome::ALL.into_iter().find(|outcome| cell.starts_with(&outcome.to_string())).map_or("", class)
}

/// The identifier of an experiment in the page.
fn anchor(results: &Folder) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    format!("experiment-{}", results.name.chars().map(plain).collect::<String>())
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A number to three decimals, or to two significant digits if it would be rounded to zero.
fn rounded(value: f64) -> String {
    let tiny = value != 0.0 && value.abs() < 5e-4;
    if tiny { format!("{value:.1e}").replace('-', "−") } else { decimal(value, 3) }
}
