//! References and their definitions: unused, repeated, missing.

use std::collections::BTreeSet;

use crate::check::Subject;
use crate::check::document::{Bracket, folded};
use crate::check::note::Note;
use crate::finding::shown;
use crate::rule::{self, Severity};

pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let mut notes = unused(subject);
    notes.extend(repeated(subject));
    notes.extend(literal(subject));
    notes
}

fn unused(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let labels = document.links.iter().filter_map(|link| link.label.as_deref());
    let images = document.images.iter().filter_map(|image| image.label.as_deref());
    let used: BTreeSet<String> = labels.chain(images).map(folded).collect();
    let unused = document.definitions.iter().filter(|definition| {
        definition.first.is_none() && !used.contains(&folded(&definition.label))
    });
    unused
        .map(|definition| {
            let label = shown(&definition.label);
            let message = format!("`[{label}]` is defined and never used");
            let note = Note::body(&rule::LINK_UNUSED_REF, definition.range.clone(), message);
            match unlinked(subject, &definition.label) {
                // Which of them was meant is for the author to say.
                Some(line) => note.help(format!(
                    "\"{label}\" appears unlinked on line {line}: put it in brackets"
                )),
                None => note
                    .help("delete the line, or use it in the text")
                    .fixed_by(document.whole_lines(&definition.range), ""),
            }
        })
        .collect()
}

/// The line, from 1, where a label stands in the text without being a link.
fn unlinked(subject: &Subject<'_>, label: &str) -> Option<usize> {
    let label = folded(label);
    let runs = subject.document.runs.iter().filter(|run| run.link.is_none());
    runs.filter_map(|run| Some(run.range.start + folded(&run.text).find(&label)?))
        .map(|at| subject.document.line_number(at))
        .next()
}

fn repeated(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let again = document.definitions.iter().filter_map(|definition| {
        let first = definition.first.as_ref()?;
        let (label, line) = (shown(&definition.label), document.line_number(first.start));
        let message =
            format!("`[{label}]` is defined already, on line {line}, and that one counts");
        let note = Note::body(&rule::LINK_DUPLICATE_REF, definition.range.clone(), message);
        Some(note.help("give one of them another label, or delete it"))
    });
    again.collect()
}

/// Brackets that look like a reference in a draft that uses references.
fn literal(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    if document.definitions.is_empty() {
        return Vec::new();
    }
    let text = document.text();
    let looks_like_a_label = |bracket: &&Bracket| {
        let label = bracket.label.trim();
        let is_word = label.starts_with(char::is_alphabetic)
            && label.chars().count() > 2
            && label.chars().any(char::is_lowercase)
            && !["sic", "sic!", "toc"].contains(&label.to_lowercase().as_str());
        let is_alone = !text[..bracket.range.start].ends_with(['[', ']', '^', '\\'])
            && !text[bracket.range.end..].starts_with([']', '(', '[', ':', '{']);
        let is_quoted = document.block_at(bracket.range.start).is_some_and(|block| block.is_quoted);
        bracket.is_shortcut && is_word && is_alone && !is_quoted
    };
    let brackets = document.brackets.iter().filter(looks_like_a_label);
    brackets
        .map(|bracket| {
            let label = shown(&bracket.label);
            let labels = document.definitions.iter().map(|definition| definition.label.as_str());
            let help = crate::finding::nearest(&bracket.label, labels).map_or_else(
                || format!("add a line `[{label}]: https://…`, or write `\\[{label}]`"),
                |near| format!("did you mean `[{near}]`?"),
            );
            let message = format!("`[{label}]` is not defined, so readers see the brackets");
            Note::body(&rule::LINK_UNDEFINED_REF, bracket.range.clone(), message)
                .weighing(Severity::Warning)
                .help(help)
        })
        .collect()
}
