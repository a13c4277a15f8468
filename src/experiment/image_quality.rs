//! `kind = "image-quality"`: from images to tables and charts.
//!
//! Images are scored where they are, by our methods and by the field's metrics. Score files bring in what others computed: rows for methods
//! that are not computed here, on the images that are present, so that rows can be compared; and all images of the file,
//! so that they can be compared with what is published. Where a file holds what we compute, both are compared image by image.
//!
//! Without the images the score file alone makes the table. Without either the stand-in is scored, judged by its known
//! severity, and every title says so.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::claims::Evidence;
use super::competitors::{self, Agreement, Competitors};
use super::evaluation::{self, Intervals, Scores, Subset};
use super::evidence::{AsPublished, OfImages};
use super::file::Numbers;
use super::file::{self, DatasetKind, Experiment, ImageQuality};
use super::pictures::Pictures;
use super::plan::{Plan, Planned};
use super::scoring::SCORING;
use super::session::Session;
use super::training::TRAINING;
use super::{charts, claims, maps, scoring, training, weights};
use crate::datasets::database::Naming;
use crate::error::Result;
use crate::report::claims::Claims;
use crate::report::grid::Section;
use crate::report::published::Published;
use crate::report::table::{Origin, Row, Table};
use crate::stats::logistic::Fit;

/// Why one competitor is never computed.
const NO_CSV: &str = "CSV has its published number only: it needs a table of colour names learned from images (w2c.mat), which cannot be \
                      shipped with this program, and nobody published its per-image scores.";

/// What a reader has to know of LIVE's score file.
const LIVE_IMAGES: &str = "The score file tells no references: in the intervals each image counts by itself. The undistorted images are among them.";

/// What is known of a database beside its images.
struct Known {
    /// Its name in `paper/published.toml`.
    name: &'static str,
    /// Images in the whole of it.
    whole: usize,
    naming: Naming,
}

impl Known {
    fn of(kind: DatasetKind) -> Option<Known> {
        match kind {
            DatasetKind::Tid2013 => Some(Known { name: "TID2013", whole: 3000, naming: Naming::Tid2013 }),
            DatasetKind::MultiLive => Some(Known { name: "MULTI-LIVE", whole: 450, naming: Naming::MultiLive }),
            _ => None,
        }
    }

    /// Why numbers of `count` images are not those of the publication, if they are not.
    fn reason(&self, count: usize) -> Option<String> {
        (count != self.whole).then(|| format!("{count} of {} images", self.whole))
    }
}

/// Methods' scores of some images, and the words for them.
struct Judged {
    title: String,
    data: String,
    /// What the long form of the tables calls these images: `all` of the database, those `present`, the `stand-in`, `LIVE`.
    name: &'static str,
    subset: Subset,
    methods: Vec<Scores>,
    /// How many of the methods, the first ones, are computed from the images.
    computed: usize,
}

/// Runs the experiment.
pub(super) fn run(experiment: &Experiment, wanted: &ImageQuality, mut session: Session) -> Result<PathBuf> {
    // The cheapest checks first: nothing is computed before everything that is read up front has been.
    let known = Known::of(wanted.dataset.kind);
    let pictures = Pictures::find(&wanted.dataset, wanted.stand_in.as_ref(), wanted.seed)?;
    let naming = known.as_ref().map_or(Naming::Any, |known| known.naming);
    let others = read(wanted.competitors.as_ref(), naming, "competitors", &mut session)?;
    let live = read(wanted.live.as_ref(), Naming::Live, "live", &mut session)?;
    session.seeds.insert("experiment".into(), wanted.seed);
    let stand_in = pictures.is_stand_in() && others.is_none();
    if stand_in || !pictures.is_stand_in() {
        weights::check(wanted)?;
    }
    session.open(stand_in)?;

    let (mut judged, mut agreements) = (Vec::new(), Vec::new());
    if stand_in || !pictures.is_stand_in() {
        let (mut present, agreeing) = score(wanted, &pictures, others.as_ref(), &mut session)?;
        present.name = match &known {
            _ if stand_in => "stand-in",
            Some(known) if known.whole != present.subset.images.len() => "present",
            _ => "all",
        };
        judged.push(present);
        agreements = agreeing;
    }
    if let (Some(others), Some(known)) = (&others, &known) {
        let subset = others.everything()?;
        if judged.first().is_none_or(|present| present.subset.images.len() != subset.images.len()) {
            let data = format!("{}, {} images, published per-image scores", known.name, subset.images.len());
            let title = if judged.is_empty() { wanted.title.clone() } else { format!("{}: competitors", wanted.title) };
            if judged.is_empty() {
                session.note(&format!("{data}; no images"));
            }
            judged.push(Judged { title, data, name: "all", methods: others.of(&subset.images)?, subset, computed: 0 });
        }
    }
    let of_database = judged.len();
    if let Some(live) = &live {
        let subset = live.everything()?;
        let data = format!("LIVE, {} images, published per-image scores", subset.images.len());
        let title = format!("{}: LIVE", wanted.title);
        judged.push(Judged { title, data, name: "LIVE", methods: live.of(&subset.images)?, subset, computed: 0 });
    }

    let intervals = Intervals::new(&wanted.statistics, wanted.seed);
    let steps = judged.iter().map(|j| j.methods.len()).sum();
    let (tables, fits) = session.stage("statistics", steps, |progress, _| {
        let (mut tables, mut all_fits) = (Vec::new(), Vec::new());
        for (i, judged) in judged.iter().enumerate() {
            let done = || progress.step();
            let database = known.as_ref().filter(|_| i < of_database && wanted.has_competitors);
            let (mut rows, fits) = rows(judged, &pictures, &intervals, database, &done);
            if i == 0 && !judged.subset.opinions.is_empty() {
                // After the rows of all images, before those of methods that have none.
                let last = rows.iter().position(|r| r.value.is_none()).unwrap_or(rows.len());
                let kinds = evaluation::types_by_mos(&judged.methods, &judged.subset, &intervals);
                rows.splice(last..last, kinds);
            }
            let mut table = Table::new(&judged.title, &judged.data, rows)?;
            if let Some(known) = known.as_ref().filter(|_| i < of_database && !stand_in) {
                let reason = known.reason(judged.subset.images.len());
                table = table.beside(Published::embedded(), known.name, reason.as_deref());
            }
            if table.rows().iter().any(|r| r.method == "CSV" && r.origin == Some(Origin::Publication)) {
                table = table.with_note(NO_CSV);
            }
            if i >= of_database {
                table = table.with_note(LIVE_IMAGES);
            }
            tables.push(table);
            all_fits.push(fits);
        }
        Ok((tables, all_fits))
    })?;
    let claimed = test_claims(wanted, known.as_ref(), &judged[..of_database], &fits, intervals);

    let text = add_tables(&mut session, &tables, &judged, &agreements, claimed.as_ref())?;
    if judged[0].computed > 0 {
        session.outputs.add("scores.csv", scores_csv(&judged[0]));
    }
    let results = charts::Results {
        title: &wanted.title,
        data: &judged[0].data,
        table: &tables[0],
        methods: &judged[0].methods,
        subset: &judged[0].subset,
        fits: &fits[0],
        levels: &pictures.levels(),
        published: format!("all of {}", known.as_ref().map_or("the database", |known| known.name)),
    };
    charts::add(&results, &mut session)?;
    let data = judged[0].data.clone();
    session.finish(experiment, &data, &text)
}

/// What a run of the experiment would do.
pub(super) fn plan(wanted: &ImageQuality) -> Result<Plan> {
    let pictures = Pictures::find(&wanted.dataset, wanted.stand_in.as_ref(), wanted.seed)?;
    let stand_in = pictures.is_stand_in() && wanted.competitors.is_none();
    let mut stages = Vec::new();
    if stand_in || !pictures.is_stand_in() {
        let trained = wanted.training.as_ref().map(|training| training::on_scenes_item(training, wanted.seed));
        stages.extend(trained.map(|item| Planned::items(TRAINING, vec![item])));
        let groups = scoring::groups(&pictures, &weights::identity(wanted)?)?;
        stages.push(Planned::items(SCORING, groups.into_iter().map(|group| group.item).collect()));
    }
    stages.push(Planned::always("statistics"));
    let data = match pictures.is_stand_in() && !stand_in {
        true => "published per-image scores; no images".to_owned(),
        false => pictures.describe(),
    };
    Ok(Plan { data, stand_in, stages })
}

/// The score file, if one is named; the manifest will know it under `role`.
fn read(
    wanted: Option<&file::Competitors>,
    naming: Naming,
    role: &str,
    session: &mut Session,
) -> Result<Option<Competitors>> {
    let Some(wanted) = wanted else { return Ok(None) };
    session.remember(role, &wanted.scores)?;
    Competitors::read(wanted, naming).map(Some)
}

/// Our scores of the pictures, those that only the score file has beside them, and how ours and the file's agree.
fn score(
    wanted: &ImageQuality,
    pictures: &Pictures,
    others: Option<&Competitors>,
    session: &mut Session,
) -> Result<(Judged, Vec<Agreement>)> {
    let (subset, data) = (pictures.subset(), pictures.describe());
    session.note(&data);
    if let Some(others) = others {
        // An image without a score is known before the hours of scoring.
        others.of(&subset.images)?;
    }
    let judges = weights::judges(wanted, session)?;
    let (mut methods, hashes) = session
        .stage(SCORING, subset.images.len(), |progress, cache| scoring::score(pictures, &judges, cache, progress))?;
    session.inputs.extend(hashes);
    session.inputs.extend(pictures.score_files()?);
    maps::add(pictures, judges.scorer(), session)?;
    let computed = methods.len();
    let agreements = others.map(|others| others.agreement(&methods, &subset.images)).unwrap_or_default();
    if let Some(others) = others {
        methods.extend(others.beside(&methods, &subset.images)?);
    }
    Ok((Judged { title: wanted.title.clone(), data, name: "all", subset, methods, computed }, agreements))
}

/// The rows of one table and the curves behind them. Where the methods are compared with others', each row says what it is from,
/// and those of `database` that only the publication has are there too.
fn rows(
    judged: &Judged,
    pictures: &Pictures,
    intervals: &Intervals,
    database: Option<&Known>,
    done: &dyn Fn(),
) -> (Vec<Row>, Vec<Option<Fit>>) {
    let Judged { subset, methods, computed, .. } = judged;
    if subset.opinions.is_empty() {
        return (evaluation::by_severity(methods, &pictures.series(), intervals, done), Vec::new());
    }
    let (mut rows, fits) = evaluation::by_mos(methods, subset, intervals, done);
    if let Some(known) = database {
        for row in &mut rows {
            let place = methods.iter().position(|m| m.method == row.method);
            row.origin = place.map(|i| if i < *computed { Origin::Images } else { Origin::ScoreFile });
        }
        rows.extend(published_only(&rows, known.name));
    }
    (rows, fits)
}

/// Rows for the methods of the publication that nobody here has scores of.
fn published_only(rows: &[Row], database: &str) -> Vec<Row> {
    let published = Published::embedded();
    let mut seen: BTreeSet<&str> = rows.iter().map(|r| published.name(&r.method)).collect();
    let cells = published.cells().filter(|c| c.database == database && c.subset == "all" && c.statistic == "srocc");
    // A method may stand in several sources; the cells are sorted, the surest first.
    cells.filter(|c| seen.insert(&c.method)).map(|c| Row::published_only(&c.method, c)).collect()
}

/// How the experiment's claims come out; `None` where it makes none.
///
/// Our numbers are those of the images that are computed here, the score file's those of all of its images.
fn test_claims(
    wanted: &ImageQuality,
    known: Option<&Known>,
    judged: &[Judged],
    fits: &[Vec<Option<Fit>>],
    intervals: Intervals,
) -> Option<Claims> {
    if wanted.claims.is_empty() {
        return None;
    }
    let evidence = |of: &dyn Fn(&Judged) -> bool| {
        let i = judged.iter().position(|j| of(j) && !j.subset.opinions.is_empty())?;
        let Judged { methods, subset, .. } = &judged[i];
        let database = known.map(|known| (known.name, known.reason(subset.images.len())));
        let data = judged[i].data.clone();
        Some(OfImages { methods, subset, fits: &fits[i], intervals, data, database })
    };
    let images = evidence(&|judged| judged.computed > 0);
    let scores = evidence(&|judged| judged.name == "all" && wanted.competitors.is_some());
    let published = known.map(|known| AsPublished { database: known.name, images: known.whole });
    let absent = |what: &str| format!("data absent: {what}");
    Some(claims::test(&wanted.claims, &wanted.title, &judged[0].data, |numbers| match numbers {
        Numbers::Images => match &images {
            Some(images) => Ok(images as &dyn Evidence),
            None => Err(absent("no images with viewers' opinions")),
        },
        Numbers::Scores => match &scores {
            Some(scores) => Ok(scores as &dyn Evidence),
            None => Err(absent("no per-image scores of all images")),
        },
        Numbers::Published => match &published {
            Some(published) => Ok(published as &dyn Evidence),
            None => Err("nothing is published of these data".to_owned()),
        },
    }))
}

/// Adds the tables in all forms, with the sections below them, and returns the terminal's.
///
/// In the folded forms one table follows the other. In the long form they are one, and the subset `all` of each has its
/// [`Judged::name`].
fn add_tables(
    session: &mut Session,
    tables: &[Table],
    judged: &[Judged],
    agreements: &[Agreement],
    claimed: Option<&Claims>,
) -> Result<String> {
    let first = &judged[0];
    let rows = tables.iter().zip(judged).flat_map(|(table, judged)| {
        table.rows().iter().cloned().map(|row| match row.subset.as_str() {
            "all" => Row { subset: judged.name.to_owned(), ..row },
            _ => row,
        })
    });
    let long = Table::new(&first.title, &first.data, rows.collect())?;
    let mut sections: Vec<Section> = Vec::new();
    if !agreements.is_empty() {
        sections.push(competitors::parity(agreements, &first.data));
        session.outputs.add("parity.csv", competitors::parity_csv(agreements));
    }
    let mut text: Vec<String> = tables.iter().map(Table::text).chain(sections.iter().map(Section::text)).collect();
    if let Some(claims) = claimed {
        sections.push(claims.section());
        text.push(claims.text());
        session.outputs.add("claims.json", claims.to_json());
    }
    session.outputs.add_tables_and_sections(&long, tables, &sections);
    Ok(text.join("\n"))
}

/// `scores.csv`: a line per image, a column per method that is computed here; all on their own scales.
fn scores_csv(judged: &Judged) -> String {
    let Judged { subset, methods, computed, .. } = judged;
    let methods: Vec<(&str, Vec<f64>)> = methods[..*computed].iter().map(|m| (&*m.method, m.own())).collect();
    let opinions = subset.own_opinions();
    let mut csv = csv::Writer::from_writer(Vec::new());
    let scale = subset.scale.as_ref().map_or("mos".to_owned(), |scale| scale.name.to_lowercase());
    let std = format!("{scale}_std");
    let mut line = |fields: Vec<&str>| csv.write_record(fields).expect("writing into memory does not fail");
    let header = ["image", "reference", "distortion", "level", &scale, &std];
    line(header.into_iter().chain(methods.iter().map(|m| m.0)).collect());
    for (i, image) in subset.images.iter().enumerate() {
        let number = |column: &[f64]| column.get(i).map(f64::to_string).unwrap_or_default();
        let level = image.level.map(|level| level.to_string()).unwrap_or_default();
        let mut fields = vec![image.name.clone(), image.reference.clone(), image.kind.clone(), level];
        fields.extend([number(&opinions), number(&subset.sigma)]);
        fields.extend(methods.iter().map(|m| m.1[i].to_string()));
        line(fields.iter().map(String::as_str).collect());
    }
    String::from_utf8(csv.into_inner().expect("flushing into memory does not fail")).expect("text in, text out")
}
