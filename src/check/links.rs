//! Links and reference definitions.

use std::collections::BTreeSet;

use super::Subject;
use super::document::folded;
use super::note::Note;
use crate::finding::shown;
use crate::rule;

/// What is to be said of the links of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    unused(subject)
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
            let help = match unlinked(subject, &definition.label) {
                Some(line) => {
                    format!("\"{label}\" appears unlinked on line {line}: put it in brackets")
                }
                None => "delete the line, or use it in the text".to_owned(),
            };
            Note::body(&rule::LINK_UNUSED_REF, definition.range.clone(), message)
                .help(help)
                .fixed_by(document.whole_lines(&definition.range), "")
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
