//! The table `[dataset]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::at::At;
use super::name_of;
use super::words::word;
use crate::datasets::Database;
use crate::datasets::database::Columns;
use crate::error::Result;

/// The data of an experiment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The database, or the layout of the files.
    #[serde(deserialize_with = "word")]
    pub kind: &'static Database,
    /// The folder or the CSV file, as written.
    pub path: PathBuf,
    /// The columns of a CSV file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// Whether a higher score in a CSV file means a better image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub higher_is_better: Option<bool>,
    /// Whether the command line names the data. Then they must exist. If only the file names them, synthetic images may replace them.
    #[serde(skip)]
    pub given: bool,
}

impl Dataset {
    /// The path to read, or `None` if synthetic images replace the data. Data without a synthetic fallback must exist.
    pub fn folder(&self) -> Option<&Path> {
        let needed = self.given || self.kind.quality().is_some_and(|facts| facts.synthetic.is_none());
        (needed || self.path.exists()).then_some(self.path.as_path())
    }

    /// The columns of a CSV file, and whether a higher score means a better image.
    pub fn columns(&self) -> Option<(&Columns, bool)> {
        Some((self.columns.as_ref()?, self.higher_is_better?))
    }

    /// Checks that this kind of experiment can read the kind of dataset, and that the keys are complete.
    pub(crate) fn check(&self, at: &At<'_>, readable: impl Fn(&Database) -> bool) -> Result<()> {
        if !readable(self.kind) {
            return Err(at.key("kind").error("this kind of experiment cannot read this kind of dataset"));
        }
        match (self.kind.quality().is_some_and(|facts| facts.columns), &self.columns, self.higher_is_better) {
            (false, None, None) => Ok(()),
            (true, Some(Columns { image, reference, score, deviation, kind }), Some(_)) => {
                let required = [("image", image), ("reference", reference), ("score", score)].into_iter();
                let optional = deviation.iter().map(|name| ("std", name)).chain(kind.iter().map(|name| ("type", name)));
                let columns = at.key("columns");
                required.chain(optional).try_for_each(|(key, name)| columns.key(key).filled(name))
            }
            (true, ..) => {
                let hint = "columns = { image = \"…\", reference = \"…\", score = \"…\", std = \"…\" }";
                let problem = format!("a `{}` dataset needs `columns` and `higher_is_better`", self.kind.key);
                Err(at.key("kind").error_with_hint(problem, hint.to_owned()))
            }
            (false, columns, _) => {
                let key = if columns.is_some() { "columns" } else { "higher_is_better" };
                let problem = format!("only a `csv` dataset has `{key}`; remove the key");
                Err(at.key(key).error(problem))
            }
        }
    }

    /// The dataset in a manifest: without its folder.
    pub(crate) fn manifest(&self) -> Value {
        let Some((Columns { image, reference, score, deviation, kind }, higher_is_better)) = self.columns() else {
            return json!({ "kind": self.kind });
        };
        let mut columns = json!({
            "image": image, "reference": reference, "score": score, "deviation": deviation, "higher_is_better": higher_is_better,
        });
        if let Some(kind) = kind {
            columns["type"] = json!(kind);
        }
        json!({ "kind": self.kind, "table": name_of(&self.path), "columns": columns })
    }
}
