//! Lines of a list file, of bounded length, with the encodings told apart.

use std::io::{self, BufRead, Read as _};

use crate::finding::Finding;
use crate::rule::{FILE_NOT_UTF8, FILE_UNREADABLE, LIST_SYNTAX};

/// The most bytes one row may take, its comments included; what keeps memory flat whatever is read.
pub(super) const LARGEST_ROW: usize = 64 * 1024;

/// The most bytes a character takes in UTF-8.
const CHARACTER: usize = 4;

/// A window on a file that starts where the reading stands and grows line by line.
pub(super) struct Lines<R> {
    reader: R,
    is_first: bool,
    text: Vec<u8>,
    number: usize,
    given: usize,
}

/// Why a file gives no more lines.
#[derive(Debug)]
pub(super) enum LinesError {
    /// The reader failed.
    Unreadable(io::Error),
    /// The first bytes say UTF-16.
    Utf16,
    /// No line feed, but carriage returns: the line ends of an old Mac.
    NoLineFeeds,
}

impl LinesError {
    /// What to tell about the file.
    pub(super) fn finding(&self, file: &str) -> Finding {
        match self {
            Self::Unreadable(error) => {
                Finding::about(&FILE_UNREADABLE, file, format!("cannot be read: {error}"))
            }
            Self::Utf16 => Finding::about(&FILE_NOT_UTF8, file, "list is UTF-16")
                .help("save the list as UTF-8"),
            Self::NoLineFeeds => {
                let what = "lines of the list end in a carriage return alone";
                Finding::about(&LIST_SYNTAX, file, what)
                    .help("save the list with line ends of Unix (LF) or of Windows (CR LF)")
            }
        }
    }
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, is_first: true, text: Vec::new(), number: 1, given: 0 }
    }

    /// What is in the window.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The line of the file where the window starts, from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Whether there is text at this offset, after reading on by a line if need be.
    ///
    /// The middle of a line longer than a row may be is dropped, so that what is left is still too long.
    pub(super) fn reach(&mut self, at: usize) -> Result<bool, LinesError> {
        Ok(at < self.text.len() || self.read_line()?)
    }

    /// Where the line ends that holds this offset, its line end included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        line_end(&self.text, at)
    }

    /// Marks the start of the window as done with; it stays until [`Self::advance`].
    pub(super) fn give(&mut self, length: usize) {
        self.given = length;
    }

    /// Moves the window behind what was given.
    pub(super) fn advance(&mut self) {
        self.number += memchr::memchr_iter(b'\n', &self.text[..self.given]).count();
        self.text.drain(..self.given);
        self.given = 0;
    }

    fn read_line(&mut self) -> Result<bool, LinesError> {
        let start = self.text.len();
        let most = LARGEST_ROW + CHARACTER + 1;
        (&mut self.reader)
            .take(most as u64)
            .read_until(b'\n', &mut self.text)
            .map_err(LinesError::Unreadable)?;
        if self.text.len() - start == most && !self.text.ends_with(b"\n") {
            self.drop_rest().map_err(LinesError::Unreadable)?;
        }
        if self.is_first {
            self.is_first = false;
            check_encoding(&mut self.text)?;
            if has_no_line_feeds(&self.text) {
                return Err(LinesError::NoLineFeeds);
            }
        }
        Ok(self.text.len() > start)
    }

    fn drop_rest(&mut self) -> io::Result<()> {
        // The last character may be cut in two, which must not look like a wrong encoding.
        let whole = self.text.len() - CHARACTER;
        let end = (whole..self.text.len()).rev().find(|&at| self.text[at] & 0xc0 != 0x80);
        self.text.truncate(end.unwrap_or(whole));
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            let newline = available.iter().position(|&byte| byte == b'\n');
            let length = newline.map_or(available.len(), |at| at + 1);
            self.reader.consume(length);
            if newline.is_some() {
                self.text.push(b'\n');
                return Ok(());
            }
        }
    }
}

/// Where the line ends that holds this offset of `text`, its line end included.
pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length + 1)
}

/// Whether what came as the first line is the whole file, and carriage returns part it.
fn has_no_line_feeds(text: &[u8]) -> bool {
    !text.ends_with(b"\n") && memchr::memchr(b'\r', text).is_some_and(|at| at + 1 < text.len())
}

/// Removes the byte order mark of UTF-8 from the first line and refuses UTF-16, with its mark or without.
fn check_encoding(text: &mut Vec<u8>) -> Result<(), LinesError> {
    match text[..] {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => Err(LinesError::Utf16),
        [0xef, 0xbb, 0xbf, ..] => {
            text.drain(..3);
            Ok(())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        while lines.reach(0).unwrap() {
            let end = lines.line_end(0);
            all.push(lines.text()[..end].to_vec());
            lines.give(end);
            lines.advance();
            assert_eq!(lines.number(), all.len() + 1);
        }
        all
    }

    #[test]
    fn lines_keep_their_endings_and_lose_the_byte_order_mark() {
        assert_eq!(lines(b"\xef\xbb\xbfa\r\nb\n"), [b"a\r\n".to_vec(), b"b\n".to_vec()]);
        assert_eq!(lines(b""), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_is_whole() {
        for prefix in ["", "x", "xx", "xxx"] {
            let text = format!("{prefix}{}\nnext\n", "日".repeat(LARGEST_ROW));
            let lines = lines(text.as_bytes());
            assert!((LARGEST_ROW + 1..LARGEST_ROW + 8).contains(&lines[0].len()));
            assert!(lines[0].ends_with("日\n".as_bytes()));
            assert_eq!(lines[1], b"next\n");
        }
    }

    #[test]
    fn utf_16_is_named_with_its_mark_and_without() {
        for bytes in [&b"\xff\xfe[\0"[..], b"\xfe\xff\0[", b"[\0[\0", b"\0[\0["] {
            let error = Lines::new(bytes).reach(0).unwrap_err();
            let finding = error.finding("list.csv");
            assert_eq!(finding.message, "list is UTF-16");
            assert_eq!(finding.help.as_deref(), Some("save the list as UTF-8"));
        }
    }

    #[test]
    fn the_line_ends_of_an_old_mac_are_named_at_any_length() {
        for rows in [2, LARGEST_ROW] {
            let text = "a\rb\r".repeat(rows);
            let error = Lines::new(text.as_bytes()).reach(0).unwrap_err();
            assert!(error.finding("list.csv").message.contains("carriage return alone"));
        }
        for sound in ["a\r", "a\rb\n", "a\r\nb\r"] {
            assert!(Lines::new(sound.as_bytes()).reach(0).unwrap(), "{sound:?}");
        }
    }
}
