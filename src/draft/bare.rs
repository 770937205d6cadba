//! Front matter as bare `Key: value` lines, ended by a blank line (Pelican, This Week in Rust).

use super::entry::{Entries, Entry, Kind};
use super::head::lines;
use crate::finding::{Finding, shown};
use crate::rule;
use crate::source::{Source, Span};

/// The entries of the lines within `inner`; a line that starts with four spaces or a tab continues the value above.
pub(super) fn entries(source: &Source, inner: Span, findings: &mut Vec<Finding>) -> Entries {
    let mut list: Vec<Entry> = Vec::new();
    for (span, line) in lines(&source.text[inner.start..inner.end]) {
        let start = inner.start + span.start;
        if line.trim().is_empty() {
            continue;
        }
        let continued = line.starts_with("    ") || line.starts_with('\t');
        if let (true, Some(above)) = (continued, list.last_mut()) {
            if !above.text.is_empty() {
                above.text.push(' ');
            }
            above.text.push_str(line.trim());
            above.span.end = start + line.trim_end().len();
        } else if let Some((key, value)) = key_and_value(line) {
            let at = |part: &str| {
                let offset = start + (part.as_ptr().addr() - line.as_ptr().addr());
                Span::new(offset, offset + part.len())
            };
            let span = if value.is_empty() { at(key) } else { at(value) };
            let (key, key_span, text) = (key.to_owned(), at(key), value.to_owned());
            list.push(Entry { key, key_span, kind: Kind::Scalar, text, span });
        } else {
            let span = Span::new(start, start + line.len());
            let message = format!("`{}` is not a `Key: value` line", shown(line.trim()));
            findings.push(
                Finding::at(&rule::FM_INVALID, source, span, message)
                    .help("end the front matter with a blank line"),
            );
        }
    }
    Entries { list, broken: false }
}

/// The trimmed halves of a `Key: value` line, as Python-Markdown's metadata reads them.
pub(super) fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let word = key.trim_start_matches(' ');
    let usable = key.len() - word.len() <= 3 && !word.is_empty() && word.chars().all(is_word);
    (usable && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| (word, value.trim()))
}
