//! Tables as people read them: headings, columns and notes, in Markdown, LaTeX or on a terminal.

use super::table::latex_text;

/// A table with a heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// What it shows.
    pub heading: String,
    /// The columns' names; the first is that of the rows' names.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// Tables under one title, and notes below them.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// What is shown.
    pub title: String,
    /// What data the numbers are from.
    pub data: String,
    /// The tables.
    pub grids: Vec<Grid>,
    /// What a reader needs to know besides, a sentence or a paragraph each.
    pub notes: Vec<String>,
}

impl Folded {
    /// In GitHub's Markdown.
    pub fn markdown(&self) -> String {
        let escape =
            |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('_', "\\_").replace('*', "\\*");
        let mut out = format!("# {}\n\n{}\n", escape(&self.title), escape(&self.data));
        for grid in &self.grids {
            let line = |cells: &[String]| {
                let cells: Vec<_> = cells.iter().map(|c| escape(c)).collect();
                format!("| {} |\n", cells.join(" | "))
            };
            out += &format!("\n## {}\n\n{}", escape(&grid.heading), line(&grid.header));
            out += &format!("|---|{}\n", "---:|".repeat(grid.header.len() - 1));
            grid.rows.iter().for_each(|row| out += &line(row));
        }
        if !self.notes.is_empty() {
            out += "\n";
            self.notes.iter().for_each(|note| out += &format!("- {}\n", escape(note)));
        }
        out
    }

    /// For LaTeX, one `table` environment each; needs `\usepackage{booktabs}` and nothing else.
    pub fn latex(&self) -> String {
        let mut out = String::new();
        for grid in &self.grids {
            let caption = format!("{}: {} ({})", self.title, grid.heading, self.data);
            out += &format!("\\begin{{table}}\n\\centering\n\\caption{{{}}}\n", latex_text(&caption));
            out += &format!("\\begin{{tabular}}{{l{}}}\n\\toprule\n", "r".repeat(grid.header.len() - 1));
            let line = |cells: &[String]| {
                let cells: Vec<_> = cells.iter().map(|c| latex_text(c)).collect();
                format!("{} \\\\\n", cells.join(" & "))
            };
            out += &format!("{}\\midrule\n", line(&grid.header));
            grid.rows.iter().for_each(|row| out += &line(row));
            out += "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n";
        }
        for note in &self.notes {
            out += &format!("\\noindent {}\\par\n", latex_text(note));
        }
        out
    }

    /// For the terminal, in aligned columns.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.title, self.data);
        for grid in &self.grids {
            let lines: Vec<&Vec<String>> = [&grid.header].into_iter().chain(&grid.rows).collect();
            let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
            let widths: Vec<usize> = (0..grid.header.len()).map(width).collect();
            out += &format!("\n{}\n", grid.heading);
            for line in lines {
                let mut text = format!("{:<1$}", line[0], widths[0]);
                for (cell, width) in line.iter().zip(&widths).skip(1) {
                    text += &format!("  {cell:>width$}");
                }
                out += text.trim_end();
                out += "\n";
            }
        }
        out += "\n";
        self.notes.iter().for_each(|note| out += &format!("{note}\n"));
        out
    }
}
