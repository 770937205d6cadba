//! Front matter in YAML, read from the parser's events: they have the place of every key and value, keep duplicate
//! keys apart, and no alias is ever expanded.

use serde_saphyr::granit_parser::{self as granit, Event, Parser, ScalarStyle, ScanError};

use super::entry::{Entries, Entry, Kind};
use super::keys::{Meaning, meaning};
use crate::finding::Finding;
use crate::rule;
use crate::source::{Source, Span};

/// The top-level entries of the YAML within `inner`.
pub(super) fn entries(source: &Source, inner: Span, findings: &mut Vec<Finding>) -> Entries {
    let mut reader =
        Reader { source, inner, findings, depth: 0, key: None, opened: None, list: Vec::new() };
    for next in Parser::new_from_str(&source.text[inner.start..inner.end]) {
        let finding = match next {
            Ok((event, span)) => match reader.take(event, span) {
                Ok(()) => continue,
                Err(finding) => finding,
            },
            Err(error) => syntax_error(source, inner, &error),
        };
        // What was read of the broken line is not what its author meant.
        let is_whole = |entry: &Entry| {
            finding.place.is_none_or(|place| source.place(entry.key_span.start).line < place.line)
        };
        reader.list.retain(is_whole);
        reader.findings.push(finding);
        return Entries { list: reader.list, broken: true };
    }
    Entries { list: reader.list, broken: false }
}

struct Reader<'a> {
    source: &'a Source,
    inner: Span,
    findings: &'a mut Vec<Finding>,
    /// Open collections, the top-level mapping included.
    depth: usize,
    /// A top-level key that waits for its value.
    key: Option<(String, Span)>,
    /// The collection that is a top-level value, and where it starts.
    opened: Option<(Kind, usize)>,
    list: Vec<Entry>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: granit::Span) -> Result<(), Finding> {
        let span = self.place(span);
        match event {
            Event::MappingStart(..) if self.depth == 0 => self.depth = 1,
            Event::MappingStart(..) => self.open(Kind::Table, span),
            Event::SequenceStart(..) if self.depth > 0 => self.open(Kind::List, span),
            Event::MappingEnd | Event::SequenceEnd => return self.close(span),
            Event::Scalar(text, style, ..) if self.depth == 1 => {
                return self.scalar(&text, style, span);
            }
            Event::Alias(_) if self.depth == 1 => {
                let text = self.source.text[span.start..span.end].to_owned();
                return self.node(Kind::Alias, text, span);
            }
            Event::Scalar(text, ..) if self.depth == 0 && text.trim().is_empty() => {}
            Event::Scalar(..) | Event::SequenceStart(..) if self.depth == 0 => {
                return Err(Finding::at(
                    &rule::FM_INVALID,
                    self.source,
                    span,
                    "front matter holds no keys",
                )
                .help("write one `key: value` a line, e.g. `subject: News`"));
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, kind: Kind, span: Span) {
        if self.depth == 1 {
            self.opened = Some((kind, self.value_start().unwrap_or(span.start)));
        }
        self.depth += 1;
    }

    /// Where the value of the waiting key starts; a list of dashes has its span without the first of them.
    fn value_start(&self) -> Option<usize> {
        let (_, key) = self.key.as_ref()?;
        let rest = self.source.text[key.end..].trim_start().strip_prefix(':')?.trim_start();
        Some(self.source.text.len() - rest.len())
    }

    fn close(&mut self, span: Span) -> Result<(), Finding> {
        self.depth = self.depth.saturating_sub(1);
        match self.opened.take_if(|_| self.depth == 1) {
            Some((kind, start)) => {
                let text = self.source.text[start..span.end.max(start)].trim_end();
                self.node(kind, text.to_owned(), Span::new(start, start + text.len()))
            }
            None => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Result<(), Finding> {
        let plain = style == ScalarStyle::Plain;
        let is_null = plain && matches!(text, "~" | "null" | "Null" | "NULL");
        let text = if is_null { String::new() } else { text.trim().to_owned() };
        if plain
            && let Some((key, _)) = &self.key
            && matches!(meaning(key), Meaning::Ours(_))
        {
            self.findings.extend(value_cut(self.source, key, span));
        }
        self.node(Kind::Scalar, text, span)
    }

    /// A key or a value of the top-level mapping.
    fn node(&mut self, kind: Kind, text: String, span: Span) -> Result<(), Finding> {
        match self.key.take() {
            Some((key, key_span)) => {
                let span = if span.start == span.end { key_span } else { span };
                self.list.push(Entry { key, key_span, kind, text, span });
            }
            None if kind == Kind::Scalar => self.key = Some((text, span)),
            None => {
                let message = format!("a key must be text, got {}", kind.name());
                return Err(Finding::at(&rule::FM_INVALID, self.source, span, message)
                    .help("write one `key: value` a line"));
            }
        }
        Ok(())
    }

    fn place(&self, span: granit::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        Span::new(self.inner.start + range.start, self.inner.start + range.end)
    }
}

/// `Issue #3` unquoted is `Issue` in YAML. A comment proper has a space after its `#`.
fn value_cut(source: &Source, key: &str, value: Span) -> Option<Finding> {
    let rest = source.text[value.end..].lines().next()?;
    let comment = rest.trim();
    let text = comment.strip_prefix('#').filter(|text| text.starts_with(char::is_alphanumeric))?;
    let kept = &source.text[value.start..value.end];
    if kept.is_empty() || kept.contains('\n') {
        return None;
    }
    let message = format!("`#{text}` is cut off: unquoted, it is a comment");
    let whole = format!("{kept}{}", rest.trim_end());
    Some(
        Finding::at(&rule::FM_VALUE_CUT, source, value, message)
            .help(format!("quote it: `{key}: {}`", quoted(&whole))),
    )
}

fn syntax_error(source: &Source, inner: Span, error: &ScanError) -> Finding {
    let offset = error.marker().byte_offset().unwrap_or_default().min(inner.end - inner.start);
    let at = inner.start + offset;
    let inside = &source.text[inner.start..];
    let line = inside[..at - inner.start].matches('\n').count();
    // The parser notices some mistakes only at the start of the next line.
    let unquoted = [Some(line), line.checked_sub(1)]
        .into_iter()
        .flatten()
        .find_map(|line| inside.lines().nth(line).and_then(quoting));
    let help = match unquoted {
        Some(line) => format!("quote it: `{line}`"),
        None => {
            "write one `key: value` a line; a value with `: ` or ` #` goes in quotes".to_owned()
        }
    };
    let info = error.info();
    let message = match info.strip_suffix('\'') {
        // The parser quotes as in `@'.
        Some(rest) if rest.contains('`') => format!("invalid YAML: {rest}`"),
        _ => format!("invalid YAML: {info}"),
    };
    Finding::at(&rule::FM_INVALID, source, Span::new(at, at), message).help(help)
}

/// A `key: value` line with its value in quotes, when the value reads as something other than text without them.
fn quoting(line: &str) -> Option<String> {
    let (key, value) = line.split_once(": ")?;
    let value = value.trim();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let misread = value.contains(": ")
        || value.ends_with(':')
        || value.starts_with([
            '@', '`', '%', '&', '*', '!', '{', '}', '[', ']', ',', '"', '\'', '|', '>',
        ]);
    // `'it's'` has its quotes already, but not the right ones.
    let pair =
        ['"', '\''].into_iter().find(|&quote| value.starts_with(quote) && value.ends_with(quote));
    let text = if pair.is_some() && value.len() > 1 { &value[1..value.len() - 1] } else { value };
    (misread && !key.is_empty() && key.chars().all(is_word))
        .then(|| format!("{key}: {}", quoted(text)))
}

/// `text` as a YAML string in quotes.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{text}\"")
    }
}
