//! Where a piece of text came from, and where in it something stands.
//!
//! Every diagnostic points into a [`Source`]; nothing here reads a file.

use memchr::{memchr_iter, memrchr};
use unicode_width::UnicodeWidthChar;

/// A named text: a draft, a list or a configuration as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name shown to people, usually the path as it was typed.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A half-open range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A line and a column, both counted from 1; columns count characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One line of a source with the part that is meant, ready to be shown under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line without its ending; tabs are single spaces.
    pub line: String,
    /// Display columns before the marked part.
    pub indent: usize,
    /// Display columns of the marked part, at least 1.
    pub width: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

impl Source {
    /// A source with a name and a text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The line and column of a byte offset; offsets past the end give the end.
    pub fn place(&self, offset: usize) -> Place {
        let start = self.line_start(offset);
        let line = memchr_iter(b'\n', &self.text.as_bytes()[..start]).count() + 1;
        let column = self.text[start..self.floor(offset)].chars().count() + 1;
        Place { line, column }
    }

    /// The byte offset of a line (from 1) and a column in characters (from 1).
    pub fn offset(&self, place: Place) -> usize {
        let start: usize =
            self.text.split_inclusive('\n').take(place.line.saturating_sub(1)).map(str::len).sum();
        let line = &self.text[start..];
        start
            + line
                .char_indices()
                .nth(place.column.saturating_sub(1))
                .map_or(line.len(), |(at, _)| at)
    }

    /// The line that holds the start of `span`, with the span marked as far as that line goes.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let start = self.line_start(span.start);
        let line = self.text[start..].lines().next().unwrap_or_default();
        let from = (self.floor(span.start) - start).min(line.len());
        let to = (self.floor(span.end).max(span.start) - start).clamp(from, line.len());
        Excerpt {
            line: line.replace('\t', " "),
            indent: display_width(&line[..from]),
            width: display_width(&line[from..to]).max(1),
        }
    }

    fn line_start(&self, offset: usize) -> usize {
        memrchr(b'\n', &self.text.as_bytes()[..self.floor(offset)]).map_or(0, |at| at + 1)
    }

    fn floor(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn display_width(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { 1 } else { c.width().unwrap_or(0) }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_lines_from_one() {
        let source = Source::new("x", "é one\ntwo\n");
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place(3), Place { line: 1, column: 3 });
        assert_eq!(source.place(8), Place { line: 2, column: 2 });
        assert_eq!(source.offset(Place { line: 2, column: 2 }), 8);
        assert_eq!(source.place(999), Place { line: 3, column: 1 });
    }

    #[test]
    fn an_excerpt_marks_the_span_within_its_line() {
        let source = Source::new("x", "a\n\tb 日本 c\nd");
        let at = source.text.find('日').unwrap();
        let excerpt = source.excerpt(Span::new(at, at + 6));
        assert_eq!(excerpt, Excerpt { line: " b 日本 c".into(), indent: 3, width: 4 });
        assert_eq!(source.excerpt(Span::new(at, source.text.len())).width, 6);
    }
}
