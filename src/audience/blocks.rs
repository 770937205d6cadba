//! `subscribers.toml` cut into blocks at its table headers, without parsing them.
//!
//! Knows just enough of TOML's lexical rules (strings, comments, brackets) to tell a header from text that looks
//! like one. Holds one block at a time.

use std::io::BufRead;

use super::lines::{LARGEST_ROW, Lines, LinesError, line_end};

/// Gives block after block.
pub(super) struct Blocks<R> {
    lines: Lines<R>,
    is_lost: bool,
}

/// A header with what belongs to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    /// The line where it starts, from 1.
    pub(super) line: usize,
    /// From the header up to the next one; of a block without end, what was read of it.
    pub(super) bytes: &'a [u8],
    pub(super) kind: Kind,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[[subscriber]]`
    Row,
    /// Anything else that is not a comment: another table, or keys before the first row.
    Foreign,
    /// A row of more than [`LARGEST_ROW`] bytes.
    TooLarge,
    /// A row with a multi-line string, opened at this byte, that does not end.
    Unclosed(usize),
}

impl<R: BufRead> Blocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { lines: Lines::new(reader), is_lost: false }
    }

    /// The next block; after one that is too large or unclosed, what follows up to a header is passed over.
    pub(super) fn next(&mut self) -> Result<Option<Block<'_>>, LinesError> {
        self.lines.advance();
        if !self.find_start()? {
            return Ok(None);
        }
        let mut scanner = Scanner::default();
        let mut end = 0;
        while end <= LARGEST_ROW && self.lines.reach(end)? {
            if end > 0 && scanner.stops_at(&self.lines.text()[end..]) {
                break;
            }
            end = scanner.line(self.lines.text(), end);
        }
        self.is_lost = end > LARGEST_ROW || scanner.string.is_some();
        // After a string without end the reading goes on behind the line that opened it.
        self.lines.give(scanner.string.map_or(end, |(_, at)| self.lines.line_end(at)));
        let bytes = &self.lines.text()[..end];
        Ok(Some(Block { line: self.lines.number(), bytes, kind: kind(bytes, &scanner) }))
    }

    /// Passes over blank lines and comments, and over everything but a header when the thread was lost.
    fn find_start(&mut self) -> Result<bool, LinesError> {
        while self.lines.reach(0)? {
            let text = self.lines.text();
            let is_start = if self.is_lost {
                matches!(header(text), Some(Header::Row | Header::Foreign))
            } else {
                !matches!(text[..line_end(text, 0)].trim_ascii().first(), None | Some(b'#'))
            };
            if is_start {
                return Ok(true);
            }
            self.lines.give(self.lines.line_end(0));
            self.lines.advance();
        }
        Ok(false)
    }
}

fn kind(block: &[u8], scanner: &Scanner) -> Kind {
    if header(block) != Some(Header::Row) {
        return Kind::Foreign;
    }
    match scanner.string {
        Some((_, at)) => Kind::Unclosed(at),
        None if block.len() > LARGEST_ROW => Kind::TooLarge,
        None => Kind::Row,
    }
}

/// What a line that looks like a table header names.
#[derive(Debug, PartialEq, Eq)]
enum Header {
    /// `[[subscriber]]`, whatever follows on the line.
    Row,
    /// A table within a row, such as `[subscriber.fields]`.
    Within,
    /// Another table.
    Foreign,
}

/// Reads the first line of `text` as a header.
fn header(text: &[u8]) -> Option<Header> {
    let line = text[..line_end(text, 0)].trim_ascii();
    let inner = line.strip_prefix(b"[")?;
    let (inner, is_array) = inner.strip_prefix(b"[").map_or((inner, false), |inner| (inner, true));
    let inner = inner.trim_ascii_start();
    let rest = [&b"subscriber"[..], b"\"subscriber\"", b"'subscriber'"]
        .into_iter()
        .find_map(|key| inner.strip_prefix(key))
        .map(<[u8]>::trim_ascii_start);
    match rest.and_then(|rest| rest.first()) {
        Some(b']') if is_array => Some(Header::Row),
        Some(b']' | b'.') => Some(Header::Within),
        _ => line.contains(&b']').then_some(Header::Foreign),
    }
}

/// Follows TOML's strings, comments and brackets from line to line.
#[derive(Default)]
struct Scanner {
    /// The quote and the first byte of the multi-line string that is open.
    string: Option<(u8, usize)>,
    /// Brackets that are open.
    depth: usize,
}

impl Scanner {
    /// Whether the line at the start of `text` begins another block.
    ///
    /// `[[subscriber]]` does even inside an array: no array can hold it, so a bracket was forgotten.
    fn stops_at(&self, text: &[u8]) -> bool {
        self.string.is_none()
            && match header(text) {
                Some(Header::Row) => true,
                Some(Header::Foreign) => self.depth == 0,
                Some(Header::Within) | None => false,
            }
    }

    /// Reads the line that starts at `at`; gives where the next one starts.
    fn line(&mut self, text: &[u8], mut at: usize) -> usize {
        while let Some(&byte) = text.get(at) {
            if byte == b'\n' {
                return at + 1;
            }
            at += match self.string {
                Some((quote, _)) => self.inside(quote, &text[at..]),
                None => self.outside(&text[at..], at),
            };
        }
        at
    }

    /// How many bytes one step takes inside a multi-line string.
    fn inside(&mut self, quote: u8, text: &[u8]) -> usize {
        match text[0] {
            b'\\' if quote == b'"' => escape(text),
            byte if byte == quote => {
                let quotes = text.iter().take(5).take_while(|&&byte| byte == quote).count();
                if quotes >= 3 {
                    // Up to two quotes may stand before the three that close.
                    self.string = None;
                }
                quotes
            }
            _ => 1,
        }
    }

    /// How many bytes one step takes outside a multi-line string.
    fn outside(&mut self, text: &[u8], at: usize) -> usize {
        match text[0] {
            b'#' => memchr::memchr(b'\n', text).unwrap_or(text.len()),
            quote @ (b'"' | b'\'') if text.starts_with(&[quote; 3]) => {
                self.string = Some((quote, at));
                3
            }
            quote @ (b'"' | b'\'') => one_line_string(quote, text),
            b'[' | b'{' => {
                self.depth += 1;
                1
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                1
            }
            _ => 1,
        }
    }
}

/// The length of a string on one line; without a closing quote it ends with the line.
fn one_line_string(quote: u8, text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(length) = memchr::memchr3(b'\n', b'\\', quote, &text[at..]) {
        at += length;
        match text[at] {
            b'\n' => return at,
            b'\\' if quote == b'"' => at += escape(&text[at..]),
            b'\\' => at += 1,
            _ => return at + 1,
        }
    }
    text.len()
}

/// The length of a backslash and what it escapes, without the end of the line.
fn escape(text: &[u8]) -> usize {
    match text.get(1) {
        None | Some(b'\n') => 1,
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(usize, Kind, String)> {
        let mut blocks = Blocks::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            all.push((block.line, block.kind, String::from_utf8_lossy(block.bytes).into_owned()));
        }
        all
    }

    fn lines(text: &str) -> Vec<(usize, Kind)> {
        blocks(text).into_iter().map(|(line, kind, _)| (line, kind)).collect()
    }

    #[test]
    fn a_block_runs_from_header_to_header() {
        assert_eq!(
            blocks(
                "# hello\n\n[[subscriber]]\na = 1\n[subscriber.fields]\nb=2\n[[subscriber]]\r\nc"
            ),
            [
                (3, Kind::Row, "[[subscriber]]\na = 1\n[subscriber.fields]\nb=2\n".into()),
                (7, Kind::Row, "[[subscriber]]\r\nc".into())
            ]
        );
    }

    #[test]
    fn headers_may_be_spaced_quoted_indented_and_commented() {
        let text = "\u{feff}[[ subscriber ]]\n\t[[\"subscriber\"]] # x\n[['subscriber' ]]\n[[subscriber]]x";
        assert_eq!(lines(text), [1, 2, 3, 4].map(|line| (line, Kind::Row)));
    }

    #[test]
    fn a_header_inside_a_string_or_comment_is_text() {
        for text in [
            "[[subscriber]]\na = \"\"\"\n[[subscriber]]\n\"\"\"\n",
            "[[subscriber]]\na = '''\n[[subscriber]]\n'''\n",
            "[[subscriber]]\na = \"\"\"\\\"\"\"\n[[subscriber]]\n\\\"\"\"\"\"\n",
            "[[subscriber]]\na = '''\\'''\n# [[subscriber]]\n",
            "[[subscriber]]\na = \"\"\"x\\\n[[subscriber]]\n\"\"\"\"\"\n#\n",
            "[[subscriber]]\na = \"'''\" # '''\nb = '\"\"\"' # \"\"\"\n",
            "[[subscriber]]\na = \"\"\"\"\"\" # empty\n",
            "[[subscriber]]\n# [[subscriber]]\n",
        ] {
            assert_eq!(lines(text), [(1, Kind::Row)], "{text}");
            let twice = format!("{text}[[subscriber]]\n");
            assert_eq!(lines(&twice).len(), 2, "{twice}");
        }
    }

    #[test]
    fn a_forgotten_quote_or_bracket_costs_one_row() {
        assert_eq!(lines("[[subscriber]]\na = \"x\n[[subscriber]]\n").len(), 2);
        assert_eq!(lines("[[subscriber]]\ntags = [\n[[subscriber]]\n[[subscriber]]\n").len(), 3);
        let text = "[[subscriber]]\na = \"\"\"x\nb = 1\n[[subscriber]]\n[[subscriber]]\n";
        assert_eq!(lines(text), [(1, Kind::Unclosed(19)), (4, Kind::Row), (5, Kind::Row)]);
    }

    #[test]
    fn what_is_no_row_is_foreign() {
        let text = "a = 1\n[[subscriber]]\n[[subscribers]]\n[other]\n[subscriber.fields]\n";
        assert_eq!(
            lines(text),
            [(1, Kind::Foreign), (2, Kind::Row), (3, Kind::Foreign), (4, Kind::Foreign)]
        );
    }

    #[test]
    fn a_row_that_is_too_large_is_not_kept_and_the_next_is_read() {
        let filler = "x = 1\n".repeat(40_000);
        let text = format!("[[subscriber]]\n{filler}[[subscriber]]\nend = 1\n");
        let all = blocks(&text);
        assert_eq!(all[0].1, Kind::TooLarge);
        assert!(all[0].2.len() < LARGEST_ROW + 20);
        assert_eq!(all[1], (40_002, Kind::Row, "[[subscriber]]\nend = 1\n".into()));
        let line = format!("[[subscriber]]\na = \"{}\"\n[[subscriber]]\n", "x".repeat(300_000));
        assert_eq!(lines(&line), [(1, Kind::TooLarge), (3, Kind::Row)]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]
        #[test]
        fn any_text_is_cut_into_blocks_in_order(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    "[[subscriber]]", "[[subscriber]]\n", "\n", "\"\"\"", "'''", "\"", "'", "#", "\\", "[", "]",
                    "{", "a = ", "x", "\r\n", "[other]\n", "\u{feff}", "é", "[subscriber.fields]\n",
                ]),
                0..60,
            )
        ) {
            let text = pieces.concat();
            let lines = lines(&text);
            proptest::prop_assert!(lines.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
