//! The page being written: lines with their quote marks and indents, and the blank lines between blocks.
//!
//! Only text at the margin of the page or of a quote is flowed. Lines with a hanging indent are fixed: a client that
//! joined them would keep each line's indent as a hole in the middle of the sentence.

use unicode_width::UnicodeWidthStr;

use super::flow::{self, Line, Readers, WIDTH, fill};
use crate::compose::merge::Branch;

/// However deep a block is nested, its text gets at least this many columns.
const NARROWEST: usize = 20;

/// What stands left of the lines of a block.
#[derive(Debug, Clone)]
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
    /// The branches that are being written.
    now: Vec<Branch>,
    /// After how many lines something was written for all who take these branches.
    anchors: Vec<(usize, Vec<Branch>)>,
}

/// Blank lines that will be written if something follows.
#[derive(Debug, Clone)]
struct Gap {
    lines: usize,
    blank: Line,
    /// Who gets them; see [`Readers`].
    any: Vec<Vec<Branch>>,
}

/// What the next line will bring with it.
#[derive(Debug, Clone)]
pub(super) struct Pending(Vec<Frame>, Option<Gap>);

/// A place on the page, to ask later whether anything was written after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize);

impl Sheet {
    /// The finished text, in stretches of lines with the same readers.
    pub(super) fn finish(self) -> Vec<(Readers, String)> {
        let alike = self.lines.chunk_by(|one, next| one.readers == next.readers);
        alike.map(|lines| (lines[0].readers.clone(), flow::encode(lines))).collect()
    }

    /// The branches that are being written.
    pub(super) fn now(&self) -> &[Branch] {
        &self.now
    }

    /// Writes for those who take this branch besides; the first of a conditional.
    pub(super) fn begin(&mut self, branch: Branch) {
        self.now.push(branch);
    }

    /// Goes back to what `now` had when there were so many branches.
    pub(super) fn end(&mut self, length: usize) {
        self.now.truncate(length);
    }

    /// What waits for the next line, to write it in several wordings.
    pub(super) fn pending(&self) -> Pending {
        Pending(self.frames.clone(), self.gap.clone())
    }

    /// Makes the next line bring with it what `pending` had.
    pub(super) fn restore(&mut self, pending: &Pending) {
        self.frames.clone_from(&pending.0);
        self.gap.clone_from(&pending.1);
    }

    /// Whether anything was written after `mark`.
    pub(super) fn is_after(&self, mark: Mark) -> bool {
        self.lines.len() > mark.0
    }

    /// Writes the blank lines that wait, because something is certain to follow for all who are written for now.
    pub(super) fn flush_gap(&mut self) {
        if let Some(Gap { lines, blank, any }) = self.gap.take() {
            let readers = Readers { all: self.now.clone(), any };
            self.lines.extend(std::iter::repeat_n(Line { readers, ..blank }, lines));
        }
    }

    /// Takes note that all who are written for now have got something, in whatever wording.
    pub(super) fn anchor(&mut self) {
        self.anchors.push((self.lines.len(), self.now.clone()));
    }

    /// Writes a fixed line for those who take all branches of one of the lists; without lists, for everybody.
    pub(super) fn line_for(&mut self, text: &str, any: Vec<Vec<Branch>>) {
        let now = std::mem::take(&mut self.now);
        let first = self.lines.len();
        self.line(text);
        if let Some(line) = self.lines[first..].last_mut() {
            line.readers = Readers { all: Vec::new(), any };
        }
        self.now = now;
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
        let any = self.readers_since(mark);
        let (quote, indent) = self.left();
        let blank = Line { quote, text: indent.trim_end().to_owned(), ..Line::default() };
        self.gap = Some(Gap { lines, blank, any });
    }

    /// As [`Sheet::gap`] with the blank lines written now, for those who take all branches of one of the lists;
    /// without lists, for everybody.
    pub(super) fn gap_for(&mut self, mark: Mark, lines: usize, any: Vec<Vec<Branch>>) {
        let now = std::mem::take(&mut self.now);
        self.gap(mark, lines);
        if let Some(gap) = self.gap.as_mut().filter(|_| !any.is_empty()) {
            gap.any = any;
        }
        self.flush_gap();
        self.now = now;
    }

    /// Who has got something since `mark`, of those who are written for now; none for all of them.
    fn readers_since(&self, mark: Mark) -> Vec<Vec<Branch>> {
        let is_now = |all: &[Branch]| all.iter().all(|branch| self.now.contains(branch));
        let mut anchors = self.anchors.iter().filter(|(lines, _)| *lines > mark.0);
        if anchors.any(|(_, all)| is_now(all)) {
            return Vec::new();
        }
        let mut readers: Vec<Vec<Branch>> = Vec::new();
        for line in &self.lines[mark.0..] {
            if line.readers.any.is_empty() && is_now(&line.readers.all) {
                return Vec::new();
            }
            let any = line
                .readers
                .any
                .iter()
                .chain(line.readers.any.is_empty().then_some(&line.readers.all));
            for list in any {
                if !readers.contains(list) {
                    readers.push(list.clone());
                }
            }
        }
        readers
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
        self.flush_gap();
        let (quote, mut left) = self.left();
        for frame in &mut self.frames {
            if let Frame::Hanging { marker, .. } = frame {
                *marker = None;
            }
        }
        left.push_str(text);
        let kept = left.trim_end().len();
        left.truncate(kept);
        let readers = Readers { all: self.now.clone(), any: Vec::new() };
        self.lines.push(Line { quote, text: left, soft, stuffed: false, readers });
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
