//! A part of a list file with the line where it starts, which turns a mistake into a finding with its place.

use super::columns::Mistake;
use crate::finding::Finding;
use crate::rule::{FILE_NOT_UTF8, LIST_INVALID, Rule};
use crate::source::{Source, Span};

/// The text of one row and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage<'a> {
    /// The name of the file.
    pub(super) file: &'a str,
    /// The line of the file where the text starts, from 1.
    pub(super) line: usize,
    /// The text.
    pub(super) text: &'a str,
}

impl<'a> Passage<'a> {
    /// The passage, unless its bytes are not UTF-8.
    pub(super) fn decode(
        file: &'a str,
        line: usize,
        bytes: &'a [u8],
    ) -> Result<Self, Vec<Finding>> {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => return Ok(Self { file, line, text }),
            Err(error) => error,
        };
        let at = error.valid_up_to();
        // Everything up to the bad byte is kept as it is, so the offset holds in the lossy text too.
        let text = String::from_utf8_lossy(bytes);
        let message = format!("invalid UTF-8: byte 0x{:02X}", bytes[at]);
        let lossy = Passage { file, line, text: &text };
        let finding = lossy.finding(&FILE_NOT_UTF8, at..at + 1, message);
        Err(vec![finding.help("save the list as UTF-8")])
    }

    /// A finding about a range of bytes of this passage.
    pub(super) fn finding(
        &self,
        rule: &'static Rule,
        span: impl Into<Span>,
        message: impl Into<String>,
    ) -> Finding {
        let source = Source::new(self.file, self.text);
        let mut finding = Finding::at(rule, &source, span, message);
        if let Some(place) = &mut finding.place {
            place.line += self.line - 1;
        }
        finding
    }

    /// What is wrong with a value of this row.
    pub(super) fn mistake(&self, span: impl Into<Span>, mistake: Mistake) -> Finding {
        let finding = self.finding(&LIST_INVALID, span, mistake.message);
        match mistake.help {
            Some(help) => finding.help(help),
            None => finding,
        }
    }
}
