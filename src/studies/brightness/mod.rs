//! `kind = "brightness"`: measures the mean brightness of procedural scenes, with one stage, one table and one chart.
//!
//! This is the smallest kind of experiment. It exists in tests only, which run every command on it. A new kind can start as a copy of it.

pub mod settings;

use std::path::PathBuf;
use std::slice::from_ref;

use serde_json::json;

use super::{Kind, Plans, checked};
use crate::error::Result;
use crate::imaging::scenes::scene;
use crate::report::charts::{Estimate, Interval, Intervals};
use crate::report::row::Row;
use crate::report::table::Table;
use crate::run::plan::Plan;
use crate::run::session::Session;
use crate::run::stages::{Item, Planned, Stage};
use crate::stats::moments::mean;
use settings::Brightness;

/// Width and height of a scene, in pixels.
const SIDE: usize = 32;

const MEASURING: Stage = Stage {
    name: "measuring",
    files: &["studies/brightness"],
    rooms: &["imaging", "stats", "lanes", "datasets", "files", "error"],
};

/// `kind = "brightness"`.
pub const KIND: Kind = Kind {
    name: "brightness",
    stages: &[&MEASURING],
    check: checked::<Brightness>,
    compared: |_, _| None,
    not_data: &[],
};

impl Plans for Brightness {
    fn plan(&self, _quiet: bool) -> Result<Plan<'_>> {
        let item = |number: usize| Item::new(&MEASURING, json!({ "seed": self.seed, "scene": number }));
        let items: Vec<Item> = (0..self.scenes).map(item).collect();
        let about = self.about(format!("stand-in: {} procedural scenes of {SIDE}×{SIDE}", self.scenes), true);
        let stages = vec![Planned::items(&MEASURING, items.clone())];
        Ok(Plan { about, stages, work: Box::new(move |session| run(self, &items, session)) })
    }
}

/// Measures every scene, and writes the table and the chart.
fn run(wanted: &Brightness, items: &[Item], mut session: Session) -> Result<PathBuf> {
    let brightness: Vec<f64> = session.stage(MEASURING.name, items.len(), |progress, cache| {
        let measured = items.iter().zip(0..).map(|(item, number)| {
            let samples = scene(number, SIDE, SIDE, wanted.seed).samples;
            let samples: Vec<f64> = samples.into_iter().map(f64::from).collect();
            progress.step();
            cache.item(item, || Ok(mean(&samples).expect("a scene has samples")))
        });
        measured.collect()
    })?;
    let data = session.data().to_owned();
    let row = |(number, value): (usize, &f64)| Row::new(&format!("scene {number}"), "all", "brightness", *value);
    let table = Table::new(&wanted.title, &data, brightness.iter().enumerate().map(row).collect())?;
    let bar = |row: &Row| {
        Some(Interval { label: row.method.clone(), estimate: Estimate { value: row.value?, interval: None } })
    };
    let chart = Intervals {
        title: wanted.title.clone(),
        data,
        statistic: "mean brightness, 0 to 255".to_owned(),
        rows: table.rows().iter().filter_map(bar).collect(),
        reference: None,
    };
    session.outputs.add_picture("brightness", 1, "Mean brightness of each scene.", chart.render()?);
    session.outputs.add_tables(&table, from_ref(&table));
    session.finish(&table.text())
}
