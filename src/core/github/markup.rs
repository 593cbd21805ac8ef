//! The summary of a step, which GitHub shows on the page of the run.
//!
//! GitHub reads it as Markdown, and then links what looks like an address, a person or an issue. So it is made of HTML in
//! which Markdown does not look for anything, texts of others stand in `<code>`, in which nothing is linked, and every
//! character of them that means something to either language is written as its number.

use std::fmt::Write as _;

use super::super::text::visible;

/// A table of more rows is not read to its end.
const MAX_ROWS: usize = 200;

/// GitHub shows nothing of a summary over 1 MiB, and there may be another writer.
const MAX_BYTES: usize = 500 << 10;

/// One table does not push the next one out.
const MAX_TABLE: usize = 160 << 10;

/// The longest text of a cell, in characters: a whole value fits.
const MAX_CELL: usize = 2000;

/// What stands in a cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A text of others, shown exactly as it is.
    Text(String),
    /// Words of our own.
    Words(String),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }

    pub(crate) fn words(words: impl Into<String>) -> Self {
        Cell::Words(words.into())
    }

    fn html(&self) -> String {
        match self {
            Cell::Text(text) if text.is_empty() => String::new(),
            Cell::Text(text) => code(text),
            Cell::Words(words) => escape(words),
        }
    }
}

/// A summary while it is written. Nothing that is added makes it too large.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    html: String,
}

impl Summary {
    /// A headline of our own words.
    pub(crate) fn heading(&mut self, words: &str) {
        self.push(&format!("<h3>{}</h3>\n\n", escape(words)));
    }

    /// A paragraph, in pieces.
    pub(crate) fn paragraph(&mut self, pieces: &[Cell]) {
        let html: Vec<String> = pieces.iter().map(Cell::html).collect();
        self.push(&format!("<p>{}</p>\n\n", html.join(" ")));
    }

    /// A table, and how many rows of it there was no room for. Without rows, nothing.
    pub(crate) fn table(&mut self, columns: &[&str], rows: &[Vec<Cell>]) {
        if rows.is_empty() {
            return;
        }
        let mut html = "<table>\n<tr>".to_owned();
        for column in columns {
            let _ = write!(html, "<th>{}</th>", escape(column));
        }
        html += "</tr>\n";
        let room = MAX_TABLE.min(MAX_BYTES.saturating_sub(self.html.len()));
        let mut shown = 0;
        for row in rows.iter().take(MAX_ROWS) {
            let cells: String = row.iter().map(|cell| format!("<td>{}</td>", cell.html())).collect();
            if html.len() + cells.len() > room {
                break;
            }
            let _ = writeln!(html, "<tr>{cells}</tr>");
            shown += 1;
        }
        html += "</table>\n\n";
        if shown > 0 {
            self.html += &html;
        }
        if shown < rows.len() {
            self.html += &format!("<p>and {} more</p>\n\n", rows.len() - shown);
        }
    }

    /// Lines of others, below a title in pieces.
    pub(crate) fn block(&mut self, title: &[Cell], lines: &[String]) {
        let title: Vec<String> = title.iter().map(Cell::html).collect();
        let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        self.push(&format!("<p>{}</p>\n\n<pre>\n{}\n</pre>\n\n", title.join(" "), lines.join("\n")));
    }

    /// The text for the file that GitHub reads.
    pub(crate) fn text(&self) -> &str {
        &self.html
    }

    fn push(&mut self, html: &str) {
        if self.html.len() + html.len() <= MAX_BYTES {
            self.html += html;
        }
    }
}

/// A text of others.
fn code(text: &str) -> String {
    match text.char_indices().nth(MAX_CELL) {
        None => format!("<code>{}</code>", escape(text)),
        Some((end, _)) => format!("<code>{}</code>…", escape(&text[..end])),
    }
}

/// Text that neither HTML nor Markdown takes for anything else.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            // What a name or a number is made of means nothing by itself in either language.
            ' ' | '-' | '.' | '(' | ')' | '?' => html.push(c),
            _ if c.is_ascii_punctuation() => {
                let _ = write!(html, "&#{};", u32::from(c));
            }
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_as_they_are() {
        for (text, expected) in [
            ("2.63-1 (x)", "2.63-1 (x)"),
            ("<b>&amp;", "&#60;b&#62;&#38;amp&#59;"),
            ("a|b`c\\", "a&#124;b&#96;c&#92;"),
            ("@me #1 http://a", "&#64;me &#35;1 http&#58;&#47;&#47;a"),
            ("a\nb\u{202e}", "a&#60;U&#43;000A&#62;b&#60;U&#43;202E&#62;"),
            ("zażółć 漢字", "zażółć 漢字"),
        ] {
            assert_eq!(escape(text), expected);
        }
        let all: String = (' '..='~').collect();
        let escaped = escape(&all);
        for active in "\\|`<>*_[]~@:/!\"'={}".chars() {
            assert!(!escaped.contains(active), "{active} in {escaped}");
        }
    }

    #[test]
    fn a_page() {
        let mut summary = Summary::default();
        summary.heading("Polled 2 resources");
        summary.paragraph(&[Cell::words("Nothing on"), Cell::text("a<b")]);
        summary.table(&["Resource", "Why"], &[vec![Cell::text("edge"), Cell::words("first")]]);
        summary.table(&["Nothing"], &[]);
        let expected = "<h3>Polled 2 resources</h3>\n\n<p>Nothing on <code>a&#60;b</code></p>\n\n<table>\n\
             <tr><th>Resource</th><th>Why</th></tr>\n<tr><td><code>edge</code></td><td>first</td></tr>\n</table>\n\n";
        assert_eq!(summary.text(), expected);
    }

    #[test]
    fn it_never_gets_too_large() {
        let rows = |number: usize, length: usize| vec![vec![Cell::text("<".repeat(length))]; number];
        let mut summary = Summary::default();
        summary.table(&["x"], &rows(MAX_ROWS + 3, 1));
        assert_eq!(summary.text().matches("<tr>").count(), MAX_ROWS + 1);
        assert!(summary.text().ends_with("<p>and 3 more</p>\n\n"));
        for _ in 0..6 {
            summary.table(&["x"], &rows(MAX_ROWS, MAX_CELL));
            summary.paragraph(&[Cell::text("<".repeat(MAX_CELL))]);
        }
        assert!(summary.text().len() < MAX_BYTES + 1000, "{}", summary.text().len());
        assert!(summary.text().contains("more</p>"));
        assert!(code(&"x".repeat(MAX_CELL + 1)).ends_with("x</code>…"));
        assert_eq!(Cell::text("").html(), "");
    }
}
