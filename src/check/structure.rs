//! Headings, lists, quotes, tables and the other blocks.

use super::Subject;
use super::note::Note;
use crate::rule;

/// What is to be said of the structure of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    empty_headings(subject)
}

fn empty_headings(subject: &Subject<'_>) -> Vec<Note> {
    let empty = subject.document.headings.iter().filter(|heading| heading.text.trim().is_empty());
    empty
        .map(|heading| {
            Note::body(&rule::HEADING_EMPTY, heading.range.clone(), "heading without words")
                .help("write its words, or remove the marks")
        })
        .collect()
}
