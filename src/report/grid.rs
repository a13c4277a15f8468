//! Grids of text in three markups, and sections of the results that are no table of methods and statistics.

use serde::{Deserialize, Serialize};

/// A heading, what it means, a grid, and notes below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// Paragraphs above the grid.
    pub text: Vec<String>,
    /// The grid's first line.
    pub header: Vec<String>,
    /// Its other lines, each as long as the header.
    pub rows: Vec<Vec<String>>,
    /// Lines below it.
    pub notes: Vec<String>,
}

impl Section {
    /// In GitHub's Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", markdown_text(&self.title));
        self.text.iter().for_each(|paragraph| out += &format!("\n{}\n", markdown_text(paragraph)));
        out += "\n";
        out += &markdown_grid(&self.header, &self.rows);
        if !self.notes.is_empty() {
            out += "\n";
            self.notes.iter().for_each(|note| out += &format!("- {}\n", markdown_text(note)));
        }
        out
    }

    /// For LaTeX, as a `table` environment; needs `\usepackage{booktabs}` and nothing else.
    pub fn latex(&self) -> String {
        let mut out = latex_grid(&self.title, &self.header, &self.rows);
        for paragraph in self.text.iter().chain(&self.notes) {
            out += &format!("\\noindent {}\\par\n", latex_text(paragraph));
        }
        out
    }

    /// For the terminal.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.title);
        self.text.iter().for_each(|paragraph| out += &format!("{paragraph}\n"));
        out += "\n";
        out += &text_grid(&self.header, &self.rows);
        if !self.notes.is_empty() {
            out += "\n";
        }
        self.notes.iter().for_each(|note| out += &format!("{note}\n"));
        out
    }
}

/// A grid in GitHub's Markdown: the first column to the left, the others to the right.
pub(super) fn markdown_grid(header: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|c| markdown_text(c)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut out = line(header);
    out += &format!("|---|{}\n", "---:|".repeat(header.len() - 1));
    rows.iter().for_each(|row| out += &line(row));
    out
}

/// A grid as a LaTeX `table` with booktabs' rules.
pub(super) fn latex_grid(caption: &str, header: &[String], rows: &[Vec<String>]) -> String {
    let mut out = format!("\\begin{{table}}\n\\centering\n\\caption{{{}}}\n", latex_text(caption));
    out += &format!("\\begin{{tabular}}{{l{}}}\n\\toprule\n", "r".repeat(header.len() - 1));
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|c| latex_text(c)).collect();
        format!("{} \\\\\n", cells.join(" & "))
    };
    out += &format!("{}\\midrule\n", line(header));
    rows.iter().for_each(|row| out += &line(row));
    out += "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n";
    out
}

/// A grid in aligned columns.
pub(super) fn text_grid(header: &[String], rows: &[Vec<String>]) -> String {
    let lines: Vec<&[String]> = std::iter::once(header).chain(rows.iter().map(Vec::as_slice)).collect();
    let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut out = String::new();
    for line in lines {
        let mut text = format!("{:<1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            text += &format!("  {cell:>width$}");
        }
        out += text.trim_end();
        out += "\n";
    }
    out
}

/// `text` with Markdown's own characters escaped.
pub(super) fn markdown_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('_', "\\_").replace('*', "\\*")
}

/// `text` for LaTeX: its special characters escaped, the signs that tables use as mathematics, other text as it is (UTF-8).
pub(super) fn latex_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '_' | '%' | '&' | '#' | '$' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' | '>' | '|' => out.extend(['$', c, '$']),
            '−' => out += "$-$",
            '=' => out += "$=$",
            '≈' => out += "$\\approx$",
            '≠' => out += "$\\ne$",
            '≤' => out += "$\\le$",
            '≥' => out += "$\\ge$",
            '×' => out += "$\\times$",
            '±' => out += "$\\pm$",
            'Ω' => out += "$\\Omega$",
            'θ' => out += "$\\theta$",
            'φ' => out += "$\\varphi$",
            '∂' => out += "$\\partial$",
            'σ' => out += "$\\sigma$",
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_has_no_special_character_left() {
        assert_eq!(
            latex_text("ms_unique 95 % & #1 {x} ≠ −1 ~ ^ \\"),
            "ms\\_unique 95 \\% \\& \\#1 \\{x\\} $\\ne$ $-$1 \\textasciitilde{} \\textasciicircum{} \\textbackslash{}"
        );
    }

    #[test]
    fn a_section_has_three_forms() {
        let text = |parts: &[&str]| parts.iter().map(|p| p.to_string()).collect::<Vec<_>>();
        let section = Section {
            title: "A_B".into(),
            text: text(&["What it is."]),
            header: text(&["name", "x"]),
            rows: vec![text(&["long name", "1"]), text(&["b", "−22"])],
            notes: text(&["A note."]),
        };
        let expected =
            "# A\\_B\n\nWhat it is.\n\n| name | x |\n|---|---:|\n| long name | 1 |\n| b | −22 |\n\n- A note.\n";
        assert_eq!(section.markdown(), expected);
        assert_eq!(section.text(), "A_B\nWhat it is.\n\nname         x\nlong name    1\nb          −22\n\nA note.\n");
        let latex = section.latex();
        for part in ["\\caption{A\\_B}", "long name & 1 \\\\\n", "\\begin{tabular}{lr}", "\\noindent What it is.\\par"]
        {
            assert!(latex.contains(part), "{part} is not in\n{latex}");
        }
    }
}
