//! The page being written: lines with their quote marks and indents, and the blank lines between blocks.
//!
//! Only text at the margin of the page or of a quote is flowed. Lines with a hanging indent are fixed: a client that
//! joined them would keep each line's indent as a hole in the middle of the sentence.

use unicode_width::UnicodeWidthStr;

use super::flow::{self, Line, WIDTH, fill};

/// However deep a block is nested, its text gets at least this many columns.
const NARROWEST: usize = 20;

/// What stands left of the lines of a block.
#[derive(Debug)]
pub(super) enum Frame {
    /// `> `, or one more `>` on the marks that are there.
    Quote,
    /// A marker before the first line and spaces as wide before the others.
    Hanging {
        /// The marker, until it is written.
        marker: Option<String>,
        /// The marker's width in columns.
        columns: usize,
    },
}

impl Frame {
    pub(super) fn hanging(marker: String) -> Self {
        Self::Hanging { columns: marker.width(), marker: Some(marker) }
    }
}

/// The page so far.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    lines: Vec<Line>,
    frames: Vec<Frame>,
    gap: Option<Gap>,
}

/// Blank lines that will be written if something follows.
#[derive(Debug)]
struct Gap {
    lines: usize,
    blank: Line,
}

/// A place on the page, to ask later whether anything was written after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize);

impl Sheet {
    /// The finished text.
    pub(super) fn finish(self) -> String {
        flow::encode(&self.lines)
    }

    /// Writes a fixed line.
    pub(super) fn line(&mut self, text: &str) {
        self.write(text.trim_end(), false);
    }

    /// Writes a text that may be filled to the page; LF in it breaks the line for good.
    pub(super) fn flow(&mut self, text: &str) {
        let at_margin = !self.frames.iter().any(|frame| matches!(frame, Frame::Hanging { .. }));
        for row in self.rows(text) {
            self.write(&row.text, row.soft && at_margin);
        }
    }

    /// The rows a text takes within the present frames.
    pub(super) fn rows(&self, text: &str) -> Vec<flow::Row> {
        text.split('\n').flat_map(|line| fill(line, self.width())).collect()
    }

    /// The columns that are left for text within the present frames.
    pub(super) fn width(&self) -> usize {
        let (quote, indent) = self.left();
        let indent = indent.width();
        // A quote's marks take a space after them, an indented line one for its stuffing.
        let taken = quote + indent + usize::from(quote + indent > 0);
        WIDTH.saturating_sub(taken).max(NARROWEST)
    }

    pub(super) fn enter(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// Leaves the innermost frame. A marker whose block was empty still gets its line.
    pub(super) fn leave(&mut self) {
        if matches!(self.frames.last(), Some(Frame::Hanging { marker: Some(_), .. })) {
            self.write("", false);
        }
        self.frames.pop();
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.lines.len())
    }

    /// Sets blank lines before whatever comes next, if something was written since `mark`.
    pub(super) fn gap(&mut self, mark: Mark, lines: usize) {
        if self.lines.len() <= mark.0 || lines == 0 {
            return;
        }
        let (quote, indent) = self.left();
        let blank = Line { quote, text: indent.trim_end().to_owned(), ..Line::default() };
        self.gap = Some(Gap { lines, blank });
    }

    /// Space-stuffs all lines since `mark` if one of them must be, so that columns hold their place in clients that
    /// show the stuffing too ("other lines MAY be space-stuffed as desired", RFC 3676, 4.4).
    pub(super) fn align(&mut self, mark: Mark) {
        let lines = &mut self.lines[mark.0..];
        if lines.iter().any(|line| line.quote == 0 && line.text.starts_with(' ')) {
            lines.iter_mut().filter(|line| line.quote == 0).for_each(|line| line.stuffed = true);
        }
    }

    fn write(&mut self, text: &str, soft: bool) {
        if let Some(gap) = self.gap.take() {
            self.lines.extend(std::iter::repeat_n(gap.blank, gap.lines));
        }
        let (quote, mut left) = self.left();
        for frame in &mut self.frames {
            if let Frame::Hanging { marker, .. } = frame {
                *marker = None;
            }
        }
        left.push_str(text);
        let kept = left.trim_end().len();
        left.truncate(kept);
        self.lines.push(Line { quote, text: left, soft, stuffed: false });
    }

    /// The depth of quote, and what stands between its marks and the text of the next line. A quote within an indent
    /// has no place in RFC 3676, so its marks are part of that text.
    fn left(&self) -> (usize, String) {
        let mut quote = 0;
        let mut left = String::new();
        for frame in &self.frames {
            match frame {
                Frame::Quote if left.is_empty() => quote += 1,
                Frame::Quote => {
                    if left.ends_with("> ") {
                        left.pop();
                    }
                    left.push_str("> ");
                }
                Frame::Hanging { marker: Some(marker), .. } => left.push_str(marker),
                Frame::Hanging { marker: None, columns } => {
                    left.extend(std::iter::repeat_n(' ', *columns));
                }
            }
        }
        (quote, left)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PLAIN, check, text_of};

    #[test]
    fn a_filled_line_ends_in_one_space() {
        check(
            "This is a paragraph with a good many words, so that it needs more than one line of text.",
            "
This is a paragraph with a good many words, so that it needs more than·
one line of text.
",
        );
    }

    #[test]
    fn the_lines_of_a_list_are_fixed_and_keep_their_place() {
        check(
            "- An item with a good many words in it, so that it does not fit on a line of the page.\n- Two",
            "
 - An item with a good many words in it, so that it does not fit on a
   line of the page.
 - Two
",
        );
    }

    #[test]
    fn a_table_with_a_line_that_must_be_stuffed_is_stuffed_whole() {
        check(
            "|Kind|Qty|\n|--|--:|\n||3|\n|b|4|",
            "\n Kind  Qty\n ----  ---\n         3\n b       4\n",
        );
    }

    #[test]
    fn what_a_client_would_misread_is_stuffed() {
        check("From here on\n\n\\> no quote\n\n\\-- ", "\n From here on\n\n > no quote\n\n--\n");
    }

    #[test]
    fn a_hundred_lists_or_quotes_deep_still_leaves_room_for_words() {
        let list: String = (0..100)
            .map(|depth| "  ".repeat(depth) + "- some words that are to be wrapped\n")
            .collect();
        let text = text_of(&list, &PLAIN);
        assert!(text.contains(&format!("{}- some words that are\n", " ".repeat(199))), "{text}");
        let text = text_of(&(">".repeat(100) + " some words that are to be wrapped"), &PLAIN);
        assert_eq!(text.lines().next(), Some((">".repeat(100) + " some words that are ").as_str()));
    }
}
