//! Where the front matter of a draft begins and ends, and which of the three syntaxes it has.

use super::{bare, keys};
use crate::finding::Finding;
use crate::rule;
use crate::source::{Source, Span};

/// The extent of a front matter.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) syntax: Syntax,
    /// The line that opens it.
    pub(super) opening: Span,
    /// The keys and values, without the fences.
    pub(super) inner: Span,
    /// All that follows.
    pub(super) body: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Between `---` lines (Hugo, Jekyll, Buttondown).
    Yaml,
    /// Between `+++` lines (Zola, Hugo).
    Toml,
    /// `Key: value` lines up to a blank one (Pelican).
    Bare,
}

/// Finds the front matter; blank lines and a byte-order mark may stand before it.
pub(super) fn find(source: &Source) -> Result<Head, Finding> {
    let mut lines = lines(&source.text).skip_while(|(_, line)| line.trim().is_empty()).peekable();
    let Some(&(opening, first)) = lines.peek() else {
        return Err(missing(source, Span::default()));
    };
    let (syntax, closing): (Syntax, &[&str]) = match first.trim_end() {
        "---" => (Syntax::Yaml, &["---", "..."]),
        "+++" => (Syntax::Toml, &["+++"]),
        _ if is_bare(&source.text[opening.start..]) => (Syntax::Bare, &[""]),
        _ => return Err(missing(source, opening)),
    };
    let start = if syntax == Syntax::Bare { opening.start } else { opening.end };
    let end = source.text.len();
    match lines.skip(1).find(|(_, line)| closing.contains(&line.trim_end())) {
        Some((fence, _)) => Ok(Head {
            syntax,
            opening,
            inner: Span::new(start, fence.start),
            body: Span::new(fence.end, end),
        }),
        None if syntax == Syntax::Bare => {
            Ok(Head { syntax, opening, inner: Span::new(start, end), body: Span::new(end, end) })
        }
        None => Err(unclosed(source, opening, closing[0])),
    }
}

/// The lines with their line ends in the span but not in the text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    text[at..].split_inclusive('\n').map(move |line| {
        let span = Span::new(at, at + line.len());
        at = span.end;
        (span, line.trim_end_matches(['\n', '\r']))
    })
}

/// Whether a text starts with `Key: value` lines of which at least one is a key that draft writers use; prose may
/// well begin with `Note: …`.
fn is_bare(text: &str) -> bool {
    let mut block = text.lines().take_while(|line| !line.trim().is_empty()).peekable();
    block.peek().is_some_and(|first| bare::key_and_value(first).is_some())
        && block.filter_map(bare::key_and_value).any(|(key, _)| keys::is_familiar(key))
}

fn missing(source: &Source, at: Span) -> Finding {
    if source.text.contains('\r') && !source.text.contains('\n') {
        let message = "its lines end with U+000D alone, so all of it is one line";
        return Finding::about(&rule::FM_MISSING, &source.name, message)
            .help("save the file with the line ends of Unix (LF) or Windows (CRLF)");
    }
    Finding::at(&rule::FM_MISSING, source, at, "no front matter")
        .help("start the file with a line `---`, a line `subject: …` and a line `---`")
}

fn unclosed(source: &Source, opening: Span, fence: &str) -> Finding {
    let line = source.place(opening.start).line;
    let message = format!("front matter opened at line {line} is not closed");
    Finding::at(&rule::FM_UNCLOSED, source, opening, message)
        .help(format!("add a line `{fence}` below the last key"))
}
