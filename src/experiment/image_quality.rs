//! `kind = "image-quality"`: from images to tables and charts.
//!
//! Images are scored where they are; competitors come in by their published scores, on the images that are present, so that
//! rows can be compared, and on all images of their file, so that they can be compared with what is published. Without the
//! database the stand-in is scored, judged by its known severity, and every title says so.

use std::collections::BTreeSet;

use super::competitors::Competitors;
use super::evaluation::{self, Intervals, Scores, Subset};
use super::file::{Experiment, ImageQuality};
use super::pictures::Pictures;
use super::session::Session;
use super::{charts, scoring, weights};
use crate::datasets::tid2013::DISTORTIONS;
use crate::error::Result;
use crate::report::published::Published;
use crate::report::table::{Row, Table};

/// The database's name in `paper/published.toml`.
const DATABASE: &str = "TID2013";
/// Images in the whole database.
const WHOLE: usize = 3000;

/// Runs the experiment.
pub(super) fn run(experiment: &Experiment, wanted: &ImageQuality, mut session: Session) -> Result<()> {
    // The cheapest checks first: nothing is computed before everything that is read up front has been.
    let pictures = Pictures::find(&wanted.dataset, &wanted.stand_in, wanted.seed)?;
    let data = pictures.describe();
    session.note(&data);
    let competitors = match &wanted.competitors {
        Some(file) => {
            session.remember("competitors", &file.scores)?;
            Some(Competitors::read(file)?)
        }
        None => None,
    };
    let subset = pictures.subset();
    let present = match &competitors {
        Some(competitors) if !pictures.is_stand_in() => competitors.of(&subset.images)?,
        _ => Vec::new(),
    };
    let scorer = weights::scorer(wanted, &mut session)?;
    session.seeds.insert("experiment".into(), wanted.seed);

    let (own, hashes) = session
        .stage("scoring images", subset.images.len(), |progress| scoring::score(&pictures, &scorer, progress))?;
    session.inputs.extend(hashes);
    session.inputs.extend(pictures.score_files()?);

    let intervals = Intervals::new(&wanted.statistics, wanted.seed);
    let methods: Vec<Scores> = own.iter().cloned().chain(present).collect();
    let everything = competitors.as_ref().map(|c| c.everything()).transpose()?;
    let everything = everything.filter(|all| all.images != subset.images);
    let steps = methods.len() + everything.as_ref().map_or(0, |_| competitors.as_ref().map_or(0, |c| c.count()));
    let (tables, fits) = session.stage("statistics", steps, |progress| {
        let done = || progress.step();
        let (table, fits) = match pictures.is_stand_in() {
            true => {
                let rows = evaluation::by_severity(&methods, &subset.images, &pictures.severity(), &intervals, &done);
                (Table::new(&wanted.title, &data, rows)?, Vec::new())
            }
            false => {
                let (mut rows, fits) = evaluation::by_mos(&methods, &subset, &intervals, &done);
                rows.extend(evaluation::types_by_mos(&methods, &subset, &intervals));
                if wanted.has_competitors {
                    rows.extend(published_only(&rows));
                }
                let table = Table::new(&wanted.title, &data, rows)?;
                (table.beside(Published::embedded(), DATABASE, reason(subset.images.len()).as_deref()), fits)
            }
        };
        let mut tables = vec![table];
        if let (Some(all), Some(competitors)) = (&everything, &competitors) {
            let (rows, _) = evaluation::by_mos(&competitors.of(&all.images)?, all, &intervals, &done);
            let data = format!("{DATABASE}, {} images, published per-image scores", all.images.len());
            let table = Table::new(&format!("{}: competitors", wanted.title), &data, rows)?;
            tables.push(table.beside(Published::embedded(), DATABASE, reason(all.images.len()).as_deref()));
        }
        Ok((tables, fits))
    })?;

    let text =
        add_tables(&mut session, &tables, [&wanted.title, &data], subset.mos.len() == WHOLE, pictures.is_stand_in())?;
    session.outputs.add("scores.csv", scores_csv(&subset, &own));
    let levels: Vec<f64> = subset.images.iter().map(|image| image.level as f64).collect();
    let results = charts::Results {
        title: &wanted.title,
        data: &data,
        table: &tables[0],
        methods: &methods,
        subset: &subset,
        fits: &fits,
        levels: &levels,
    };
    charts::add(&results, &mut session)?;
    session.finish(experiment, &data, pictures.is_stand_in(), &text)
}

/// Why numbers of `count` images are not those of the publication, if they are not.
fn reason(count: usize) -> Option<String> {
    (count != WHOLE).then(|| format!("{count} of {WHOLE} images"))
}

/// Rows for the methods of the publication that nobody here has scores of.
fn published_only(rows: &[Row]) -> Vec<Row> {
    let published = Published::embedded();
    let mut seen: BTreeSet<&str> = rows.iter().map(|r| published.name(&r.method)).collect();
    let cells = published.cells().filter(|c| c.database == DATABASE && c.subset == "all" && c.statistic == "srocc");
    // A method may stand in several sources; the cells are sorted, the surest first.
    cells.filter(|c| seen.insert(&c.method)).map(|c| Row::published_only(&c.method, c)).collect()
}

/// Adds the tables in all forms and returns the terminal's.
///
/// In the folded forms one table follows the other. In the long form they are one: there the subset `all` is the `whole` of
/// the database, and the images that are scored are `present` (or `stand-in`) where they are not that.
fn add_tables(
    session: &mut Session,
    tables: &[Table],
    [title, data]: [&str; 2],
    whole: bool,
    stand_in: bool,
) -> Result<String> {
    let here = if stand_in { "stand-in" } else { "present" };
    let rows = tables.iter().enumerate().flat_map(|(i, table)| {
        table.rows().iter().cloned().map(move |row| match row.subset.as_str() {
            "all" if i == 0 && !whole => Row { subset: here.to_owned(), ..row },
            _ => row,
        })
    });
    let long = Table::new(title, data, rows.collect())?;
    session.outputs.add_tables(&long, tables);
    Ok(tables.iter().map(Table::text).collect::<Vec<_>>().join("\n"))
}

/// `scores.csv`: a line per image, a column per method.
fn scores_csv(subset: &Subset, methods: &[Scores]) -> String {
    let mut csv = String::from("image,reference,distortion,level,mos,mos_std");
    methods.iter().for_each(|m| csv += &format!(",{}", m.method));
    csv.push('\n');
    for (i, image) in subset.images.iter().enumerate() {
        let number = |column: &[f64]| column.get(i).map(f64::to_string).unwrap_or_default();
        let (mos, sigma) = (number(&subset.mos), number(&subset.sigma));
        let distortion = DISTORTIONS[image.distortion - 1];
        csv += &format!("{image},{},{distortion},{},{mos},{sigma}", image.reference_name(), image.level);
        methods.iter().for_each(|m| csv += &format!(",{}", m.values[i]));
        csv.push('\n');
    }
    csv
}
