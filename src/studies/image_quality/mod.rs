//! `kind = "image-quality"`: compares image-quality methods with viewers' opinion scores, in tables and charts.
//!
//! Our methods and the metrics of the field score the images. A score file adds the per-image scores of other authors. It gives rows for
//! methods that are not computed here, on the images that are present. It also gives a table of all images of the file, for the
//! comparison with the published numbers. If a column of the file contains scores that we compute too, both are compared image by image.
//!
//! For own data the score file is by default the table of the images, whose further columns become methods.
//!
//! If a score of an image is not defined, the image is left out for that method. A value that is not defined has a row with the reason.
//!
//! Without the images, the table contains the score file only. Without a score file either, synthetic images (the stand-in) are scored.
//! Their scores are compared with the known severity of the distortions, and every title states this.

mod charts;
mod claims;
pub(crate) mod images;
mod maps;
mod notes;
mod score_files;
pub(crate) mod scoring;
pub mod settings;
pub(crate) mod statistics;
pub(crate) mod subset;
pub(crate) mod weights;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::sparse_autoencoder::{TRAINING, Work};
use super::{Kind, Plans, checked};
use crate::datasets::database::Naming;
use crate::datasets::{self, Database, live};
use crate::error::{Error, Result};
use crate::iqa::measures;
use crate::report::claims::Claims;
use crate::report::grid::Section;
use crate::report::published::Published;
use crate::report::row::{Origin, Row};
use crate::report::table::Table;
use crate::report::verify::{Basis, Comparable};
use crate::run::claims::Evidence;
use crate::run::plan::Plan;
use crate::run::session::{Session, input};
use crate::run::stages::Planned;
use crate::settings::claims::Numbers;
use claims::{AsPublished, OfImages, name_here};
use images::Pictures;
use score_files::{ColumnParity, FileScores};
use scoring::{Group, SCORING};
use settings::ImageQuality;
use statistics::{Infinite, Intervals, Sample};
use subset::{Scores, Subset};

/// The reason why one competing method is never computed.
const NO_CSV: &str = "CSV is not computed: it needs a table of colour names learned from images (w2c.mat), which cannot be shipped with \
                      this program. Its per-image scores are not published.";

/// The most types of distortion in a table and its chart.
const MOST_TYPES: usize = 100;

/// The limits of the score file of LIVE.
const LIVE_IMAGES: &str = "The score file does not name the references, so the intervals resample single images. The undistorted images are included.";

/// A database for which numbers are published.
struct Publication {
    /// The name in `paper/published.toml`.
    name: &'static str,
    /// The number of images in the whole database.
    whole: usize,
}

impl Publication {
    fn of(database: &Database) -> Option<Publication> {
        Some(Publication { name: database.name, whole: database.quality()?.images? })
    }

    /// The data description for published per-image scores of `count` images.
    fn of_scores(&self, count: usize) -> String {
        format!("{}, {count} images, published per-image scores", self.name)
    }

    /// Why numbers of `count` images are not comparable with the published ones; `None` if they are.
    fn reason(&self, count: usize) -> Option<String> {
        (count != self.whole).then(|| format!("{count} of {} images", self.whole))
    }
}

/// The scores of several methods on a set of images, with the title and the description of the data.
struct ScoredSet {
    title: String,
    data: String,
    /// The name of these images in the long table: `all` images of the database, those `present`, the `stand-in`, or `LIVE`.
    name: &'static str,
    subset: Subset,
    methods: Vec<Scores>,
    /// The number of methods that are computed from the images; they come first.
    computed: usize,
}

/// `kind = "image-quality"`.
pub const KIND: Kind = Kind {
    name: "image-quality",
    stages: &[&TRAINING, &SCORING],
    check: checked::<ImageQuality>,
    compared,
    not_data: &["weights/", "ms_unique_weights/", "competitors/", "live/"],
};

/// The published numbers of the database that the experiment scores.
fn compared(settings: &Value, stand_in: bool) -> Option<Comparable> {
    let database = datasets::find(settings["dataset"]["kind"].as_str()?)?;
    // Numbers are published only for databases whose number of images is known.
    database.quality()?.images?;
    Some(Comparable { database: database.name, basis: if stand_in { |_| Basis::Nothing } else { basis } })
}

/// The published numbers that a subset of the table is compared with. `present` means the images of the database that exist here, and
/// `all` means the whole database.
fn basis(subset: &str) -> Basis<'_> {
    match subset {
        "present" => Basis::Other("all"),
        "LIVE" => Basis::Nothing,
        subset => Basis::Same(subset),
    }
}

/// The inputs of a run, read before it computes anything.
struct Prepared<'a> {
    wanted: &'a ImageQuality,
    publication: Option<Publication>,
    pictures: Pictures,
    others: Option<FileScores>,
    live: Option<FileScores>,
    /// Hashes of the score files, by name.
    inputs: BTreeMap<String, String>,
    /// The images to be scored, grouped by reference; `None` if the table contains score files only.
    groups: Option<Vec<Group>>,
}

impl Plans for ImageQuality {
    fn plan(&self, _quiet: bool) -> Result<Plan<'_>> {
        // All input files are read before anything is computed, the cheapest checks first.
        let publication = Publication::of(self.dataset.kind);
        let pictures = Pictures::find(&self.dataset, self.stand_in.as_ref(), self.seed)?;
        let kinds: BTreeSet<String> = pictures.subset().images.into_iter().map(|image| image.kind).collect();
        if kinds.len() > MOST_TYPES {
            let problem =
                format!("contains {} types of distortion; the table by type is for at most {MOST_TYPES}", kinds.len());
            return Err(Error::data(
                &self.dataset.path,
                problem + "; name another column, or remove `dataset.columns.type`",
            ));
        }
        let naming = self.dataset.kind.quality().expect("checked with the experiment").naming;
        let mut inputs = BTreeMap::new();
        let infinite = self.infinite();
        let others = read(self.competitor_file(), naming, infinite, "competitors", &mut inputs)?;
        let live = read(self.live_file(), live::NAMING, infinite, "live", &mut inputs)?;
        let stand_in = pictures.is_stand_in() && others.is_none();
        let mut stages = Vec::new();
        let (mut groups, mut data) = (None, pictures.describe());
        if stand_in || !pictures.is_stand_in() {
            weights::check(self)?;
            if let Some(others) = &others {
                // An image without a score is reported before scoring, which may take hours.
                others.of(&pictures.subset().images)?;
            }
            let trained = self.training.as_ref().map(|training| Work::on_scenes(training, self.seed).item);
            stages.extend(trained.map(|item| Planned::items(&TRAINING, vec![item])));
            let found = scoring::groups(&pictures, &weights::identity(self)?)?;
            stages.push(Planned::items(&SCORING, found.iter().map(|group| group.item.clone()).collect()));
            groups = Some(found);
        } else if let (Some(others), Some(publication)) = (&others, &publication) {
            data = publication.of_scores(others.all_images()?.images.len());
        }
        stages.push(Planned::always("statistics"));
        let about = self.about(data, stand_in);
        let prepared = Prepared { wanted: self, publication, pictures, others, live, inputs, groups };
        Ok(Plan { about, stages, work: Box::new(move |session| prepared.run(session)) })
    }
}

impl Prepared<'_> {
    fn run(self, mut session: Session) -> Result<PathBuf> {
        let Prepared { wanted, publication, pictures, others, live, inputs, groups } = self;
        session.inputs.extend(inputs);
        session.seeds.insert("experiment".into(), wanted.seed);
        match groups {
            Some(_) => session.announce(&wanted.dataset.path),
            None => session.note(&format!("{}; no images", session.data())),
        }
        let stand_in = session.is_stand_in();

        let (mut sets, mut parities) = (Vec::new(), Vec::new());
        if let Some(groups) = groups {
            let (mut present, of_columns) = score(wanted, &pictures, groups, others.as_ref(), &mut session)?;
            present.name = match &publication {
                _ if stand_in => "stand-in",
                Some(publication) if publication.whole != present.subset.images.len() => "present",
                _ => "all",
            };
            sets.push(present);
            parities = of_columns;
        }
        if let (Some(others), Some(publication)) = (&others, &publication) {
            let subset = others.all_images()?;
            if sets.first().is_none_or(|present| present.subset.images.len() != subset.images.len()) {
                let data = publication.of_scores(subset.images.len());
                let title =
                    if sets.is_empty() { wanted.title.clone() } else { format!("{}: competitors", wanted.title) };
                sets.push(ScoredSet {
                    title,
                    data,
                    name: "all",
                    methods: others.of(&subset.images)?,
                    subset,
                    computed: 0,
                });
            }
        }
        let of_database = sets.len();
        if let Some(live) = &live {
            let subset = live.all_images()?;
            let data = format!("LIVE, {} images, published per-image scores", subset.images.len());
            let title = format!("{}: LIVE", wanted.title);
            sets.push(ScoredSet { title, data, name: "LIVE", methods: live.of(&subset.images)?, subset, computed: 0 });
        }

        let intervals = wanted.statistics.intervals(wanted.seed);
        let steps = sets.iter().map(|set| set.methods.len()).sum();
        let (tables, samples) = session.stage("statistics", steps, |progress, _| {
            let (mut tables, mut samples) = (Vec::new(), Vec::new());
            for (i, set) in sets.iter().enumerate() {
                let done = || progress.step();
                let with_origins = i < of_database && wanted.competitors.is_some();
                let database = with_origins.then_some(publication.as_ref()).flatten();
                let (mut rows, of_set) = rows(set, &pictures, &intervals, wanted.infinite(), &done);
                if with_origins && !set.subset.opinions.is_empty() {
                    add_origins(&mut rows, set, database);
                }
                if i == 0 && !set.subset.opinions.is_empty() {
                    // After the rows of all images, before the rows of methods without scores.
                    let is_published = |row: &Row| row.origin == Some(Origin::Publication);
                    let last = rows.iter().position(is_published).unwrap_or(rows.len());
                    let kinds = statistics::types_by_mos(&of_set, &set.subset, &intervals);
                    rows.splice(last..last, kinds);
                }
                let mut table = Table::new(&set.title, &set.data, rows)?;
                if let Some(publication) = publication.as_ref().filter(|_| i < of_database && !stand_in) {
                    let reason = publication.reason(set.subset.images.len());
                    table = table.beside(Published::embedded(), publication.name, reason.as_deref());
                }
                if table.rows().iter().any(|r| r.method == "CSV" && r.origin == Some(Origin::Publication)) {
                    table = table.with_note(NO_CSV);
                }
                if i >= of_database {
                    table = table.with_note(LIVE_IMAGES);
                }
                let wrong_way = wanted.dataset.higher_is_better.filter(|_| notes::all_negative(table.rows()));
                let references = set.subset.references().iter().max().map_or(0, |last| last + 1);
                let missing = notes::missing_intervals(table.rows(), references, wanted.statistics.resample);
                let notes = notes::of_scores(&set.methods, &set.subset, wanted.infinite()).into_iter().chain(missing);
                for note in notes.chain(wrong_way.map(notes::direction)) {
                    table = table.with_note(&note);
                }
                tables.push(table);
                samples.push(of_set);
            }
            Ok((tables, samples))
        })?;
        let claimed = test_claims(wanted, publication.as_ref(), &sets[..of_database], &samples, intervals);

        let text = add_tables(&mut session, &tables, &sets, &parities, claimed.as_ref())?;
        if sets[0].computed > 0 {
            session.outputs.add("scores.csv", scores_csv(&sets[0]));
        }
        let results = charts::Results {
            title: &wanted.title,
            data: &sets[0].data,
            table: &tables[0],
            methods: &sets[0].methods,
            subset: &sets[0].subset,
            samples: &samples[0],
            levels: &pictures.levels(),
            published: format!(
                "all of {}",
                publication.as_ref().map_or("the database", |publication| publication.name)
            ),
        };
        charts::add(&results, &mut session)?;
        session.finish(&text)
    }
}

/// Reads the score file, if one is named. The manifest lists it under `role`.
fn read(
    wanted: Option<settings::ScoreFile>,
    naming: Naming,
    infinite: Infinite,
    role: &str,
    inputs: &mut BTreeMap<String, String>,
) -> Result<Option<FileScores>> {
    let Some(wanted) = wanted else { return Ok(None) };
    inputs.extend([input(role, &wanted.scores)?]);
    FileScores::read(&wanted, naming, infinite).map(Some)
}

/// Our scores of the images, the scores of the methods that only the score file contains, and the comparison of ours with the file's.
fn score(
    wanted: &ImageQuality,
    pictures: &Pictures,
    groups: Vec<Group>,
    others: Option<&FileScores>,
    session: &mut Session,
) -> Result<(ScoredSet, Vec<ColumnParity>)> {
    let (subset, data) = (pictures.subset(), pictures.describe());
    let measures = weights::measures(wanted, session)?;
    let (mut methods, hashes) = session.stage(SCORING.name, subset.images.len(), |progress, cache| {
        scoring::score(pictures, groups, &measures, cache, progress)
    })?;
    session.inputs.extend(hashes);
    session.inputs.extend(pictures.score_files()?);
    maps::add(pictures, measures.into_scorer(), session)?;
    let computed = methods.len();
    let parities = others.map(|others| others.parity(&methods, &subset.images)).unwrap_or_default();
    if let Some(others) = others {
        methods.extend(others.not_computed(&methods, &subset.images)?);
    }
    Ok((ScoredSet { title: wanted.title.clone(), data, name: "all", subset, methods, computed }, parities))
}

/// The rows of one table and the fitted curves.
fn rows(
    set: &ScoredSet,
    pictures: &Pictures,
    intervals: &Intervals,
    infinite: Infinite,
    done: &dyn Fn(),
) -> (Vec<Row>, Vec<Sample>) {
    let ScoredSet { subset, methods, .. } = set;
    match subset.opinions.is_empty() {
        true => (statistics::by_severity(methods, &pictures.series(), intervals, done), Vec::new()),
        false => statistics::by_mos(methods, subset, intervals, infinite, done),
    }
}

/// States the origin of each row. With a `database`, methods that have only published numbers get a row.
fn add_origins(rows: &mut Vec<Row>, set: &ScoredSet, database: Option<&Publication>) {
    for row in rows.iter_mut() {
        let place = set.methods.iter().position(|m| m.method == row.method);
        row.origin = place.map(|i| if i < set.computed { Origin::Images } else { Origin::ScoreFile });
    }
    if let Some(publication) = database {
        rows.extend(published_only(rows, publication.name));
    }
}

/// Rows for the published methods whose scores are not available here.
fn published_only(rows: &[Row], database: &str) -> Vec<Row> {
    let published = Published::embedded();
    let mut seen: BTreeSet<&str> = rows.iter().map(|r| published.name(&r.method)).collect();
    let cells = published.cells().filter(|c| c.database == database && c.subset == "all" && c.statistic == "srocc");
    // Several sources may report a method; the cells are sorted, the most reliable first.
    cells.filter(|c| seen.insert(&c.method)).map(|c| Row::published_only(&name_here(&c.method), c)).collect()
}

/// The outcomes of the experiment's claims; `None` if it makes no claims.
///
/// Our numbers are those of the images that are scored here. The score file's numbers are those of all its images.
fn test_claims(
    wanted: &ImageQuality,
    publication: Option<&Publication>,
    sets: &[ScoredSet],
    samples: &[Vec<Sample>],
    intervals: Intervals,
) -> Option<Claims> {
    if wanted.claims.is_empty() {
        return None;
    }
    let evidence = |of: &dyn Fn(&ScoredSet) -> bool| {
        let i = sets.iter().position(|set| of(set) && !set.subset.opinions.is_empty())?;
        let subset = &sets[i].subset;
        let database = publication.map(|publication| (publication.name, publication.reason(subset.images.len())));
        let data = sets[i].data.clone();
        Some(OfImages { subset, samples: &samples[i], intervals, data, database })
    };
    let images = evidence(&|set| set.computed > 0);
    let has_scores = wanted.competitor_file().is_some();
    let scores = evidence(&|set| set.name == "all" && has_scores);
    let published =
        publication.map(|publication| AsPublished { database: publication.name, images: publication.whole });
    Some(crate::run::claims::test(&wanted.claims, &wanted.title, &sets[0].data, |numbers| {
        let (evidence, absent): (Option<&dyn Evidence>, _) = match numbers {
            Numbers::Images => (images.as_ref().map(|e| e as _), "data absent: no images with viewers' opinions"),
            Numbers::Scores => (scores.as_ref().map(|e| e as _), "data absent: no per-image scores of all images"),
            Numbers::Published => (published.as_ref().map(|e| e as _), "no numbers are published for these data"),
        };
        evidence.ok_or_else(|| absent.to_owned())
    }))
}

/// Adds the tables in all forms, with the sections below them, and returns the text for the terminal.
///
/// The folded forms contain one table after the other. The long form is a single table, in which the subset `all` of each set has the
/// name [`ScoredSet::name`].
fn add_tables(
    session: &mut Session,
    tables: &[Table],
    sets: &[ScoredSet],
    parities: &[ColumnParity],
    claimed: Option<&Claims>,
) -> Result<String> {
    let first = &sets[0];
    let rows = tables.iter().zip(sets).flat_map(|(table, set)| {
        table.rows().iter().cloned().map(|row| match row.subset.as_str() {
            "all" => Row { subset: set.name.to_owned(), ..row },
            _ => row,
        })
    });
    let long = Table::new(&first.title, &first.data, rows.collect())?;
    let mut sections: Vec<Section> = Vec::new();
    if !parities.is_empty() {
        sections.push(score_files::parity_section(parities, &first.data));
        session.outputs.add("parity.csv", score_files::parity_csv(parities));
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

/// `scores.csv`: one line per image, and one column per method that is computed here, under its key. If a score is not defined, its cell is
/// empty, and the column `undefined` has the reason.
fn scores_csv(set: &ScoredSet) -> String {
    let ScoredSet { subset, methods, computed, .. } = set;
    let methods = &methods[..*computed];
    let mut csv = csv::Writer::from_writer(Vec::new());
    let scale = subset.scale.as_ref().map_or("mos".to_owned(), |scale| scale.name.to_lowercase());
    let std = format!("{scale}_std");
    let mut line = |fields: Vec<&str>| csv.write_record(fields).expect("writing into memory does not fail");
    let header = ["image", "reference", "distortion", "level", &scale, &std];
    let key = |m: &Scores| measures::find(&m.method).expect("it is computed here").key;
    let undefined = methods.iter().any(|method| !method.undefined.is_empty()).then_some("undefined");
    line(header.into_iter().chain(methods.iter().map(key)).chain(undefined).collect());
    for (i, image) in subset.images.iter().enumerate() {
        let number = |column: &[f64]| column.get(i).map(f64::to_string).unwrap_or_default();
        let level = image.level.map(|level| level.to_string()).unwrap_or_default();
        let mut fields = vec![image.name.clone(), image.reference.clone(), image.kind.clone(), level];
        fields.extend([number(&subset.opinions), number(&subset.sigma)]);
        let score = |m: &Scores| if m.values[i].is_nan() { String::new() } else { m.values[i].to_string() };
        fields.extend(methods.iter().map(score));
        fields.extend(undefined.map(|_| {
            let reasons = methods.iter().filter_map(|m| Some(format!("{}: {}", key(m), m.undefined.get(&i)?)));
            reasons.collect::<Vec<_>>().join("; ")
        }));
        line(fields.iter().map(String::as_str).collect());
    }
    String::from_utf8(csv.into_inner().expect("flushing into memory does not fail")).expect("text in, text out")
}
