//! The page, part by part.

use super::{command, figures};
use crate::report::charts::Picture;
use crate::report::claims::{Claim, Comparison, Outcome, Test};
use crate::report::folder::Folder;
use crate::report::grid::Section;
use crate::report::manifest::{Run, VERSION};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::path::Path;

/// A sign of each outcome for those who see no colours, and its class in the style sheet.
fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Holds => ("✓", "holds"),
        Outcome::DoesNotHold => ("✕", "fails"),
        Outcome::Undecided => ("?", "open"),
        Outcome::NotAttempted => ("–", "absent"),
    }
}

/// The whole page.
pub(super) fn page(all: &[Folder], experiments: &Path) -> Markup {
    let real: Vec<&Folder> = all.iter().filter(|r| !r.is_stand_in()).collect();
    let stand_ins: Vec<&Folder> = all.iter().filter(|r| r.is_stand_in()).collect();
    let each = |list: &[&Folder]| html! { @for results in list { (experiment(results, experiments)) } };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("gradspace {VERSION}"));
                title { "gradspace: what came of the paper" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#claims" { "To the results" }
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
                            h2 { "Stand-ins" }
                            p {
                                "The databases of the paper may not be passed on. Where one is not there, an experiment runs on scenes or signs "
                                "that the program draws. That shows that everything works and how it behaves; "
                                strong { "no number below is comparable with the paper." }
                            }
                            (each(&stand_ins))
                        }
                    }
                }
                footer {
                    p { "Made by gradspace " (VERSION) " from the files of its results folder, and from nothing else: " code { "gradspace report" } "." }
                }
            }
        }
    }
}

/// What this is.
fn head() -> Markup {
    html! {
        p.kicker { "gradspace · results" }
        h1 { "Backpropagated gradients as features of distorted images: the paper again" }
        p.lede {
            "Kwon, Prabhushankar, Temel and AlRegib (" cite { "Distorted Representation Space Characterization Through Backpropagated Gradients" }
            ", ICIP 2019) say that the gradient of an autoencoder’s loss with respect to its weights tells more about a distorted image than the "
            "autoencoder’s activations do. gradspace does their experiments again, from scratch, in Rust. This page shows what came of it: first their "
            "claims, then every experiment with its tables, charts and pictures, the data that it ran on, and the command that makes it again."
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
            @if !stand_ins.is_empty() { li { a href="#stand-ins" { "Stand-ins" } (list(stand_ins)) } }
        }
    }
}

/// All claims of all experiments, by what came of them.
fn summary(real: &[&Folder], stand_ins: &[&Folder]) -> Markup {
    fn claims<'a>(list: &[&'a Folder]) -> Vec<(&'a Folder, &'a Claim)> {
        list.iter().flat_map(|r| r.claims.iter().flat_map(|c| &c.claims).map(move |claim| (*r, claim))).collect()
    }
    let groups = [("real data", claims(real)), ("stand-ins", claims(stand_ins))];
    let count = |group: &[(&Folder, &Claim)], wanted: Outcome| group.iter().filter(|c| c.1.outcome == wanted).count();
    let total: usize = groups.iter().map(|g| g.1.len()).sum();
    html! {
        h2 { "The paper’s claims" }
        @if total == 0 {
            p { "None of the results below come with claims that were put to a test (" code { "claims.json" } ")." }
        } @else {
            p {
                "What the paper says, or its numbers say, each put to tests. A claim " em { "holds" } " when every comparison decides for it, "
                em { "does not hold" } " when one decides against it, is " em { "undecided" } " when an interval covers zero, and "
                em { "not attempted" } " where the data are not there."
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
                    // Of what was not attempted there is little to say.
                    @if outcome == Outcome::NotAttempted {
                        details { summary { "All of them" } (summarised(&found)) }
                    } @else {
                        (summarised(&found))
                    }
                }
            }
        }
    }
}

/// Claims in a few lines each. What comes out alike in several experiments, by the same numbers, stands once.
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
                            a href=(format!("#{}", anchor(results))) { (results.folder) }
                            @if results.is_stand_in() { " " (stand_in()) }
                        }
                    }
                }
            }
        }
    }
}

/// What the numbers of a claim are from.
fn data_of(claim: &Claim) -> String {
    let mut data: Vec<&str> =
        claim.tests.iter().map(|test| test.data.as_str()).filter(|data| !data.is_empty()).collect();
    data.dedup();
    data.join("; ")
}

/// One experiment.
fn experiment(results: &Folder, experiments: &Path) -> Markup {
    let path = format!("results/{}", results.folder);
    html! {
        article id=(anchor(results)) {
            header {
                h3 {
                    (results.title())
                    @if results.is_stand_in() { " " (stand_in()) }
                }
                @if !results.data().is_empty() { p.data { (sentence_case(results.data())) "." } }
            }
            @if !results.remarks.is_empty() {
                div.remark role="note" {
                    p { strong { "Read this folder with care." } }
                    ul { @for remark in &results.remarks { li { (remark) } } }
                }
            }
            @if let Some(claims) = &results.claims {
                h4 { "Claims" }
                @for claim in &claims.claims { (self::claim(claim)) }
            }
            @if !results.sections.is_empty() {
                h4 { "Tables" }
                @for section in results.sections.iter().filter(|section| !repeats_claims(section, results)) { (table(section, results)) }
            }
            @if !results.pictures.is_empty() || !results.photographs.is_empty() {
                h4 { "Pictures" }
                @for (name, png) in &results.pictures { (picture(name, png, &format!("{path}/{name}.png"), results)) }
                @for (name, png) in &results.photographs {
                    (picture(name, png, &format!("{path}/photographs/{name}.png, not to be passed on"), results))
                }
            }
            @if !results.charts.is_empty() {
                h4 { "Charts" }
                @for (name, chart) in charts(results) {
                    figure {
                        div.card tabindex="0" { (figures::chart(chart)) }
                        figcaption { (path) "/" (name) ".svg" }
                    }
                }
            }
            h4 { "How it was made" }
            (facts(results, experiments))
        }
    }
}

/// The charts by name, but those that sum an experiment up before all others.
fn charts(results: &Folder) -> Vec<(&String, &Picture)> {
    let mut charts: Vec<_> = results.charts.iter().collect();
    charts.sort_by_key(|(name, _)| !["srocc", "ablation", "levels", "spread"].contains(&name.as_str()));
    charts
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
                                th scope="row" { (c.left) " against " (c.right) }
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
            // With one comparison the reason has told it.
            @for test in claim.tests.iter().filter(|test| test.comparisons.len() > 1) {
                details {
                    summary { code { (test.test) } ", " (test.comparisons.len()) " comparisons" }
                    (comparisons(test))
                }
            }
        }
    }
}

/// What was asked and what the answer was; of many tests, where there is little room, how many they are and the rest behind it.
fn tests(claim: &Claim, in_full: bool) -> Markup {
    const FEW: usize = 2;
    let mut by: Vec<&str> =
        claim.tests.iter().map(|test| test.decided_by.as_str()).filter(|by| !by.is_empty()).collect();
    by.dedup();
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
        @if in_full && !by.is_empty() { p.place { "Decided by " (by.join("; ")) "." } }
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

/// Whether a table is that of the claims, which stand above it already.
fn repeats_claims(section: &Section, results: &Folder) -> bool {
    results.claims.as_ref().is_some_and(|claims| claims.section().title == section.title)
}

/// A table in a box of its own that scrolls where it is too wide.
fn table(section: &Section, results: &Folder) -> Markup {
    // The experiment's name and data stand above already.
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

/// How a column is set: numbers to the right, intervals quieter beside them, words to the left and, where they are many, in lines.
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

/// A name that may go on in the next line after an underscore.
fn breakable(name: &str) -> Markup {
    html! { @for (i, part) in name.split('_').enumerate() { @if i > 0 { "_" wbr; } (part) } }
}

fn picture(name: &str, png: &[u8], path: &str, results: &Folder) -> Markup {
    let what = match name {
        "maps" => "References, distorted images, and a map of where the gradient’s features of the two differ",
        "challenges" => "Signs as they are and under every challenge, level by level",
        "reconstructions" => "Signs and below them what the autoencoder makes of them",
        other => other,
    };
    html! {
        figure {
            div.card tabindex="0" { (figures::png(png, &format!("{what}. {}.", results.data()))) }
            figcaption { (what) ". " span.quiet { (path) } }
        }
    }
}

/// Data, seeds, time and machine, the command, and the inputs.
fn facts(results: &Folder, experiments: &Path) -> Markup {
    let again = command::again(results, experiments);
    html! {
        dl {
            @if let Some((command, known)) = &again {
                dt { "Run it again" }
                dd {
                    pre tabindex="0" { code { (command) } }
                    @if command.contains("--data DIR") { p.quiet { "DIR is the folder of the data." } }
                    @if command.contains("--set") { p.quiet { "Files are named without their folders: put the path where they are." } }
                    @if !known {
                        p.quiet { "The experiment file is not in " code { (experiments.display()) } ": other settings that were given on the command line may be missing here." }
                    }
                }
            }
            dt { "Time" }
            dd { (time(results.run.as_ref())) }
            @if let Some(manifest) = &results.manifest {
                @if !manifest.seeds.is_empty() {
                    dt { "Seeds" }
                    dd { (manifest.seeds.iter().map(|(purpose, seed)| format!("{purpose}: {seed}")).collect::<Vec<_>>().join(" · ")) }
                }
                dt { "Version" }
                dd { "gradspace " (manifest.version) }
                dt { "Inputs" }
                dd {
                    @if manifest.inputs.is_empty() { "None: everything is drawn by the program." }
                    @else {
                        details {
                            summary { (manifest.inputs.len()) @if manifest.inputs.len() == 1 { " hash" } @else { " files" } ", with their BLAKE3 hashes" }
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
                        summary { "All settings, with every default" }
                        pre.tall tabindex="0" { code { (serde_json::to_string_pretty(&manifest.experiment).unwrap_or_default()) } }
                    }
                }
            }
        }
    }
}

fn time(run: Option<&Run>) -> Markup {
    let Some(run) = run else {
        return html! { "Not known: times stay on the machine that ran the experiment (" code { "run.json" } ")." };
    };
    let stages: Vec<_> = run.stages.iter().map(|stage| format!("{} {}", stage.name, duration(stage.seconds))).collect();
    html! {
        (duration(run.seconds)) " with " (run.threads) @if run.threads == 1 { " thread" } @else { " threads" }
        " of " (run.simd)
        @if let Some(host) = &run.host { " on " (host) }
        ", begun " (run.started_at.replace('T', " ").replace('Z', " UTC"))
        @if let Some(git) = &run.git {
            ", commit " code { (git.commit.chars().take(12).collect::<String>()) }
            @if git.dirty { " with changes" }
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

/// The class of a cell that begins with an outcome.
fn outcome_of(cell: &str) -> &'static str {
    Outcome::ALL.into_iter().find(|outcome| cell.starts_with(&outcome.to_string())).map_or("", class)
}

/// The identifier of an experiment in the page.
fn anchor(results: &Folder) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    format!("experiment-{}", results.folder.chars().map(plain).collect::<String>())
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Three digits behind the point, or the two first ones of a number that is smaller than these.
fn rounded(value: f64) -> String {
    let text = if value != 0.0 && value.abs() < 5e-4 { format!("{value:.1e}") } else { format!("{value:.3}") };
    text.replace('-', "−")
}
