//! A finding as text: `error[code]: file:line:col: what`, the line with a caret, `help:`.

use std::fmt::Write as _;

use super::Printer;
use crate::finding::{Finding, is_plain};
use crate::rule::Severity;

/// The lines for one finding, without a last line end.
pub(super) fn text(finding: &Finding, printer: Printer) -> String {
    let severity = finding.severity;
    let style = match severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
        Severity::Info => "1;34",
    };
    let head = printer.paint(style, &format!("{severity}[{}]:", finding.rule.id));
    let place =
        finding.place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
    let mut text = printer.filled(&format!("{head} {}{place}: {}", finding.file, finding.message));
    if let (Some(place), Some(excerpt)) = (finding.place, &finding.excerpt) {
        let number = place.line.to_string();
        let width = number.len();
        let room = printer.columns.map_or(WINDOW, |columns| WINDOW.min(columns - width - 4));
        let (line, indent) = window(excerpt, room);
        let caret = printer.paint(style, &"^".repeat(excerpt.width.min(room - indent)));
        let _ = write!(text, "\n {number} | {line}\n {:width$} | {:indent$}{caret}", "", "");
    }
    if let Some(help) = &finding.help {
        let help = format!("{} {help}", printer.paint("1;36", "help:"));
        let _ = write!(text, "\n{}", printer.filled(&help));
    }
    text
}

/// Columns of a source line that are shown at the most.
const WINDOW: usize = 100;

/// The part of a long line around the mark, and the mark's column in it.
fn window(excerpt: &crate::source::Excerpt, room: usize) -> (String, usize) {
    use unicode_width::UnicodeWidthChar;
    let skip = if excerpt.indent + excerpt.width > room {
        excerpt.indent.saturating_sub(room / 5)
    } else {
        0
    };
    let (mut column, mut shown, mut first) = (0, String::new(), None);
    for c in excerpt.line.chars().filter(|&c| is_plain(c)) {
        let width = c.width().unwrap_or(0);
        if column >= skip && column - first.unwrap_or(column) + width <= room {
            first.get_or_insert(column);
            shown.push(c);
        }
        column += width;
    }
    let indent = excerpt.indent.saturating_sub(first.unwrap_or(0)).min(room - 1);
    (shown, indent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;
    use crate::source::{Source, Span};

    const PLAIN: Printer = Printer { quiet: false, ..Printer::QUIET };

    #[test]
    fn a_finding_shows_its_place_its_line_and_its_remedy() {
        let source = Source::new("drafts/x.md", "---\nsubjct: x\n");
        let finding =
            Finding::at(&rule::FM_MISSPELT_KEY, &source, Span::new(4, 10), "unknown key `subjct`")
                .help("did you mean `subject`?");
        assert_eq!(
            text(&finding, PLAIN),
            "error[fm-misspelt-key]: drafts/x.md:2:1: unknown key `subjct`\n 2 | subjct: x\n   | ^^^^^^\nhelp: did you mean `subject`?"
        );
    }

    #[test]
    fn a_narrow_terminal_breaks_words_apart_and_nothing_else() {
        let text_of = "a line with --one-flag and many more words than fit";
        let source = Source::new("drafts/x.md", text_of);
        let finding =
            Finding::at(&rule::FM_INVALID, &source, Span::new(12, 22), "what is wrong here")
                .help("type `chmod 600 a/very/long/path/to/a/file-of-yours` and try again");
        let narrow = Printer { columns: Some(40), ..PLAIN };
        insta::assert_snapshot!(text(&finding, narrow), @r"
        error[fm-invalid]: drafts/x.md:1:13:
          what is wrong here
         1 | a line with --one-flag and many mor
           |             ^^^^^^^^^^
        help: type `chmod 600
          a/very/long/path/to/a/file-of-yours`
          and try again
        ");
    }

    #[test]
    fn a_line_cannot_play_with_the_terminal() {
        let source = Source::new("x", "a\u{1b}[31m\u{202e}b");
        let finding = Finding::at(&rule::FM_INVALID, &source, Span::new(9, 10), "what");
        assert_eq!(
            text(&finding, PLAIN),
            "error[fm-invalid]: x:1:8: what\n 1 | a[31mb\n   |      ^"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let source = Source::new("x", format!("{}here{}", "a".repeat(500), "b".repeat(500)));
        let finding = Finding::at(&rule::FM_INVALID, &source, Span::new(500, 504), "what");
        let shown = text(&finding, PLAIN);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].len() < 110 && lines[1].contains("here"));
        assert_eq!(lines[1].find("here"), lines[2].find('^'));
    }
}
