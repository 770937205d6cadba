//! Headings, and what stands below them.

use std::collections::BTreeMap;

use crate::check::Subject;
use crate::check::document::{BlockKind, Document, Heading};
use crate::check::note::Note;
use crate::finding::shown;
use crate::rule;

/// Fewer words are no part of a letter.
const THIN: usize = 15;

/// What is to be said of the structure of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let mut notes = Vec::new();
    let mut first: BTreeMap<(u8, String), usize> = BTreeMap::new();
    let (mut last_level, mut has_title) = (1, false);
    for (index, heading) in document.headings.iter().enumerate() {
        notes.extend(alone(heading));
        if heading.level > last_level + 1 {
            let message = format!("h{} after h{last_level}", heading.level);
            let help = format!("write `{} …`", "#".repeat(usize::from(last_level) + 1));
            notes.push(Note::body(&rule::HEADING_SKIP, heading.range.clone(), message).help(help));
        }
        last_level = heading.level;
        if heading.level == 1 && std::mem::replace(&mut has_title, true) {
            let message = "a second h1; the letter has one, its title";
            notes.push(
                Note::body(&rule::H1_MULTIPLE, heading.range.clone(), message).help("write `## …`"),
            );
        }
        let key = (heading.level, heading.text.trim().to_lowercase());
        match first.get(&key) {
            Some(&at) if !key.1.is_empty() => {
                let line = document.line_number(at);
                let message = format!("the heading of line {line} says the same");
                notes.push(
                    Note::body(&rule::HEADING_DUPLICATE, heading.range.clone(), message)
                        .help("say in each what is there"),
                );
            }
            _ => {
                first.entry(key).or_insert(heading.range.start);
            }
        }
        if is_caption(document, heading) {
            let message = "a heading as the caption of an image";
            notes.push(
                Note::body(&rule::HEADING_AS_CAPTION, heading.range.clone(), message)
                    .help("write it as text, in italics if you like"),
            );
        } else if heading.level > 1 {
            notes.extend(section(document, index));
        }
    }
    notes
}

/// What is wrong with a heading by itself.
fn alone(heading: &Heading) -> Option<Note> {
    let text = heading.text.trim();
    if text.is_empty() {
        let note = Note::body(&rule::HEADING_EMPTY, heading.range.clone(), "heading without words");
        return Some(note.help("write its words, or remove the marks"));
    }
    let sign = text.chars().next_back().filter(|c| ".,:;".contains(*c))?;
    if text.ends_with("...") {
        return None;
    }
    let message = format!("heading ends with `{sign}`");
    Some(
        Note::body(&rule::HEADING_TRAILING_PUNCT, heading.range.clone(), message)
            .help("leave it out"),
    )
}

/// Whether the block right before a small heading holds nothing but images.
fn is_caption(document: &Document<'_>, heading: &Heading) -> bool {
    if heading.level < 4 {
        return false;
    }
    let before = document.blocks[..heading.block].iter().rev().find(|block| {
        matches!(block.kind, BlockKind::Paragraph | BlockKind::Html)
            && block.range.end <= heading.range.start
    });
    let Some(before) = before else { return false };
    let between = document.slice(&(before.range.end..heading.range.start));
    let has_image = document.images.iter().any(|image| before.range.contains(&image.range.start));
    between.trim().is_empty() && has_image && document.words(&before.range) == 0
}

/// What is wrong with what stands below a heading.
fn section(document: &Document<'_>, index: usize) -> Option<Note> {
    let heading = &document.headings[index];
    let next = document.headings[index + 1..].iter().find(|next| next.level <= heading.level);
    let end = next.map_or(document.text().len(), |next| next.range.start);
    let range = heading.range.end..end;
    let has_parts = document.headings.get(index + 1).is_some_and(|next| next.range.start < end);
    let inside = document.blocks.iter().filter(|block| range.contains(&block.range.start));
    let holds_more = inside
        .clone()
        .any(|block| matches!(block.kind, BlockKind::List | BlockKind::Table | BlockKind::Code))
        || document.images.iter().any(|image| range.contains(&image.range.start))
        || document.text()[range.clone()].contains("[[");
    let words = document.words(&range);
    if holds_more || has_parts || heading.text.trim().is_empty() {
        return None;
    }
    let name = shown(heading.text.trim());
    if words == 0 {
        let message = format!("nothing follows \"{name}\"");
        let note = Note::body(&rule::SECTION_EMPTY, heading.range.clone(), message);
        return Some(note.help("write the text, or delete the heading"));
    }
    (words < THIN).then(|| {
        let message = format!("\"{name}\" has {words} words");
        Note::body(&rule::SECTION_THIN, heading.range.clone(), message)
            .help("write more, or join it with its neighbour")
    })
}
