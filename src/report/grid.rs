//! Grids of text as Markdown, LaTeX and aligned columns for the terminal, and the sections of the results that contain them.

use serde::{Deserialize, Serialize};

/// A part of the results: a title, paragraphs, a grid, and notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The title.
    pub title: String,
    /// Paragraphs above the grid.
    pub text: Vec<String>,
    /// The first line of the grid.
    pub header: Vec<String>,
    /// The other lines of the grid, each as long as the header.
    pub rows: Vec<Vec<String>>,
    /// Notes below the grid.
    pub notes: Vec<String>,
}

impl Section {
    /// The section in GitHub's Markdown.
    pub fn markdown(&self) -> String {
        markdown(&self.title, &self.text, &[self.grid()], &self.notes)
    }

    /// The section for LaTeX, as a `table` environment. It needs `\usepackage{booktabs}` only.
    pub fn latex(&self) -> String {
        self.grid().latex(&self.title) + &latex_paragraphs(self.text.iter().chain(&self.notes))
    }

    /// The section for the terminal.
    pub fn text(&self) -> String {
        text(&self.title, &self.text, &[self.grid()], &self.notes)
    }

    fn grid(&self) -> Grid {
        Grid { heading: String::new(), header: self.header.clone(), rows: self.rows.clone() }
    }
}

/// A grid of text below a heading, which may be empty. In every form its first column is aligned to the left, the others to the right.
pub(super) struct Grid {
    pub heading: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Grid {
    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.header).chain(&self.rows)
    }

    fn markdown(&self) -> String {
        let mut lines: Vec<String> =
            self.lines().map(|cells| format!("| {} |\n", joined(cells, markdown_text, " | "))).collect();
        lines.insert(1, format!("|---|{}\n", "---:|".repeat(self.header.len() - 1)));
        lines.concat()
    }

    /// The grid as a LaTeX `table` with the rules of booktabs.
    pub fn latex(&self, caption: &str) -> String {
        let mut lines: Vec<String> =
            self.lines().map(|cells| format!("{} \\\\\n", joined(cells, latex_text, " & "))).collect();
        lines.insert(1, "\\midrule\n".to_owned());
        format!(
            "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\begin{{tabular}}{{l{}}}\n\\toprule\n{}\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n\n",
            latex_text(caption),
            "r".repeat(self.header.len() - 1),
            lines.concat()
        )
    }
}

fn joined(cells: &[String], escape: fn(&str) -> String, between: &str) -> String {
    cells.iter().map(|cell| escape(cell)).collect::<Vec<_>>().join(between)
}

/// A title, paragraphs, grids and notes in GitHub's Markdown.
pub(super) fn markdown(title: &str, paragraphs: &[String], grids: &[Grid], notes: &[String]) -> String {
    let mut out = format!("# {}\n", markdown_text(title));
    paragraphs.iter().for_each(|paragraph| out += &format!("\n{}\n", markdown_text(paragraph)));
    for grid in grids {
        out += "\n";
        if !grid.heading.is_empty() {
            out += &format!("## {}\n\n", markdown_text(&grid.heading));
        }
        out += &grid.markdown();
    }
    if !notes.is_empty() {
        out += "\n";
    }
    notes.iter().for_each(|note| out += &format!("- {}\n", markdown_text(note)));
    out
}

/// A title, paragraphs, grids and notes for the terminal.
pub(super) fn text(title: &str, paragraphs: &[String], grids: &[Grid], notes: &[String]) -> String {
    let mut out = format!("{title}\n");
    paragraphs.iter().for_each(|paragraph| out += &format!("{paragraph}\n"));
    for grid in grids {
        out += "\n";
        if !grid.heading.is_empty() {
            out += &format!("{}\n", grid.heading);
        }
        let lines: Vec<&Vec<String>> = grid.lines().collect();
        out += &columns(&lines, &(1..grid.header.len()).collect::<Vec<_>>());
    }
    if !notes.is_empty() {
        out += "\n";
    }
    notes.iter().for_each(|note| out += &format!("{note}\n"));
    out
}

/// Paragraphs of text for LaTeX.
pub(super) fn latex_paragraphs<'a>(paragraphs: impl IntoIterator<Item = &'a String>) -> String {
    paragraphs.into_iter().map(|paragraph| format!("\\noindent {}\\par\n", latex_text(paragraph))).collect()
}

/// Lines of cells as text in aligned columns, with two spaces between them. The columns whose indices are in `right` are aligned to the
/// right, the others to the left.
///
/// # Panics
/// If a line has fewer cells than the first one.
pub fn columns<L: AsRef<[String]>>(lines: &[L], right: &[usize]) -> String {
    let count = lines.first().map_or(0, |line| line.as_ref().len());
    let wide: Vec<usize> = (0..count).map(|i| widest(lines.iter().map(|line| &line.as_ref()[i]))).collect();
    let line = |line: &L| {
        let cells: Vec<String> = (0..count)
            .map(|i| {
                let (cell, wide) = (&line.as_ref()[i], wide[i]);
                if right.contains(&i) { format!("{cell:>wide$}") } else { format!("{cell:<wide$}") }
            })
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

/// The number of characters of the longest cell.
pub fn widest<'a>(cells: impl Iterator<Item = &'a String>) -> usize {
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

/// The lines of a text, each indented by two spaces.
pub fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

/// `value` to so many decimals with the minus sign U+2212; a number that is rounded to zero has no sign.
pub(super) fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(magnitude) if magnitude.bytes().all(|b| matches!(b, b'0' | b'.')) => magnitude.to_owned(),
        Some(magnitude) => format!("−{magnitude}"),
        None => text,
    }
}

/// `text` with the special characters of Markdown escaped.
fn markdown_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('_', "\\_").replace('*', "\\*")
}

/// `text` for LaTeX: special characters are escaped, and the signs that tables use become mathematics. Other text stays UTF-8.
fn latex_text(text: &str) -> String {
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
    fn cells_end_or_begin_together() {
        let lines = [["a", "−22", "x"], ["long", "1", ""]].map(|line| line.map(str::to_owned));
        assert_eq!(columns(&lines, &[1]), "a     −22  x\nlong    1\n");
        assert_eq!(indented(&columns(&lines, &[])), "  a     −22  x\n  long  1\n");
        assert_eq!(columns::<[String; 1]>(&[], &[0]), "");
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
