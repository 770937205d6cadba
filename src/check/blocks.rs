//! Quotes, lists, code, tables and notes: what the parser takes otherwise than the author may think.

use std::collections::BTreeSet;
use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::Subject;
use super::document::{Block, BlockKind, Document};
use super::note::Note;
use super::places::also;
use super::table;
use crate::finding::shown;
use crate::rule;

/// The longest line of code that a phone or a plain-text window shows whole, in columns.
const CODE_WIDTH: usize = 72;

/// What is to be said of the blocks of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let is_outermost =
        |block: &Block| block.parent.is_none_or(|parent| !document.blocks[parent].is_quoted);
    let mut notes = Vec::new();
    for (index, block) in document.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Quote if is_outermost(block) => notes.extend(lazy_quote(document, block)),
            BlockKind::Item => notes.extend(empty_item(document, block)),
            BlockKind::Code => notes.extend(long_code(document, block)),
            BlockKind::Table => notes.extend(table::notes(document, index)),
            _ => {}
        }
    }
    notes.extend(unused_notes(document));
    notes.extend(backticks(document));
    notes.extend(hard_breaks(document));
    notes
}

/// Lines that belong to a quote only because no blank line ends it.
fn lazy_quote(document: &Document<'_>, quote: &Block) -> Option<Note> {
    let lines = document.line(quote.range.start) + 1..=document.line(last(&quote.range));
    let lazy: Vec<Range<usize>> = lines
        .map(|line| document.line_range(line))
        .filter(|line| {
            let text = document.slice(line).trim_start();
            !text.is_empty() && !text.starts_with('>') && !document.is_code(line.start)
        })
        .collect();
    let first = lazy.first()?;
    let message = "the quote goes on without `>`, up to the next blank line";
    let note = Note::body(&rule::QUOTE_LAZY, first.clone(), message)
        .help("put `> ` before each of its lines; as it is, one blank line breaks it");
    Some(lazy.iter().fold(note, |note, line| {
        let start = line.end - document.slice(line).trim_start().len();
        note.fixed_by(start..start, "> ")
    }))
}

fn empty_item(document: &Document<'_>, item: &Block) -> Option<Note> {
    let text = document.slice(&item.range).trim();
    let rest = text.strip_prefix(['-', '*', '+']).or_else(|| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.strip_prefix(['.', ')']).filter(|_| rest.len() < text.len())
    })?;
    let rest = rest.trim();
    let rest =
        ["[ ]", "[x]", "[X]"].iter().find_map(|task| rest.strip_prefix(task)).unwrap_or(rest);
    let start = item.range.start + document.slice(&item.range).find(text)?;
    rest.trim().is_empty().then(|| {
        Note::body(&rule::LIST_EMPTY_ITEM, start..start + text.len(), "list item without words")
            .help("write it, or delete the line")
    })
}

fn long_code(document: &Document<'_>, code: &Block) -> Option<Note> {
    let lines = document.line(code.range.start)..=document.line(last(&code.range));
    let width = |line: &Range<usize>| document.slice(line).replace('\t', "    ").width();
    let long: Vec<Range<usize>> = lines
        .map(|line| document.line_range(line))
        .filter(|line| width(line) > CODE_WIDTH)
        .collect();
    let (first, others) = long.split_first()?;
    let others: Vec<usize> = others.iter().map(|line| line.start).collect();
    let message = format!(
        "a line of code is {} columns wide, over {CODE_WIDTH}{}",
        width(first),
        also(document, &others)
    );
    let note = Note::body(&rule::CODE_LONG_LINE, first.clone(), message);
    Some(note.help("break it; phones wrap it anywhere"))
}

/// Notes that nothing leads to.
fn unused_notes(document: &Document<'_>) -> Vec<Note> {
    let notes: Vec<(&str, &Block)> = document
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            BlockKind::Footnote(label) => Some((label.as_str(), block)),
            _ => None,
        })
        .collect();
    if notes.is_empty() {
        return Vec::new();
    }
    let referred = referred(document);
    let unused = notes.into_iter().filter(|(label, _)| !referred.contains(&label.to_lowercase()));
    unused
        .map(|(label, note)| {
            let end = document.line_range(document.line(note.range.start)).end;
            let label = shown(label);
            let message = format!("note `[^{label}]` is never referred to, and left out");
            Note::body(&rule::FOOTNOTE_UNUSED, note.range.start..end, message)
                .help(format!("write `[^{label}]` where it belongs, or delete it"))
        })
        .collect()
}

/// The labels of notes, in lower case, that the text refers to.
fn referred(document: &Document<'_>) -> BTreeSet<String> {
    /// The longest label that a note has (`CommonMark` 4.7).
    const LONGEST: usize = 999;
    let text = document.text();
    let label = |at: usize| {
        let rest = &text[at + "[^".len()..];
        let length = rest.bytes().take(LONGEST).position(|byte| byte == b']')?;
        let is_reference = !rest[length + 1..].starts_with(':') && !document.is_code(at);
        is_reference.then(|| rest[..length].to_lowercase())
    };
    text.match_indices("[^").filter_map(|(at, _)| label(at)).collect()
}

/// Backticks that readers see, because they make no code.
fn backticks(document: &Document<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for run in document.runs.iter().filter(|run| run.text.len() == run.range.len()) {
        let Some(at) = run.text.find('`') else { continue };
        let length = run.text[at..].bytes().take_while(|&byte| byte == b'`').count();
        let start = run.range.start + at;
        if document.text()[..start].ends_with('\\') {
            continue;
        }
        let range = start..start + length;
        notes.push(if length == 2 {
            Note::body(
                &rule::CODE_EMPTY_BACKTICKS,
                range,
                "two backticks with nothing between them",
            )
            .help("write the code between them, or delete them")
        } else {
            Note::body(
                &rule::CODE_ODD_BACKTICKS,
                range,
                "a backtick without another that ends the code",
            )
            .help("close it, or write `\\` before it")
        });
    }
    notes
}

/// Lines that end in two spaces or more within a paragraph, which breaks it there.
fn hard_breaks(document: &Document<'_>) -> Option<Note> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for run in document.runs.iter().filter(|run| run.text == "\n") {
        let line = document.line_range(document.line(run.range.start));
        let text = document.slice(&line);
        let trimmed = text.trim_end_matches(' ');
        if text.len() - trimmed.len() >= 2 && !trimmed.is_empty() {
            found.push(line.start + trimmed.len()..line.end);
        }
    }
    let (first, others) = found.split_first()?;
    let others: Vec<usize> = others.iter().map(|range| range.start).collect();
    let message = format!("spaces at the end of the line break it{}", also(document, &others));
    let note = Note::body(&rule::HARDBREAK_TRAILING_SPACES, first.clone(), message);
    Some(note.help("delete them, or end the line with `\\` so that everybody sees the break"))
}

fn last(range: &Range<usize>) -> usize {
    range.end.saturating_sub(1).max(range.start)
}
