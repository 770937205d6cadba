//! Words, and how they are set.

mod characters;
mod passage;
mod style;
mod terms;
mod typography;
mod wording;

use std::ops::Range;

use super::Subject;
use super::document::Document;
use super::note::Note;
use super::places::{also, listed};
use super::words;
use crate::finding::shown;
use crate::rule::{self, Severity};
use passage::{Passage, passages};

/// What is to be said of the words of a draft.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let passages = passages(document);
    let mut notes = Vec::new();
    for passage in &passages {
        notes.extend(wordings(document, passage));
    }
    notes.extend(style::notes(document, &passages));
    notes.extend(spellings(document, &passages));
    notes.extend(characters::notes(subject, &passages));
    notes.extend(length(document));
    notes
}

fn wordings(document: &Document<'_>, passage: &Passage) -> Vec<Note> {
    let text = passage.text.as_str();
    let note = |rule, range: &Range<usize>, message: String, help: &str| {
        Note::body(rule, passage.range(range), message).help(help)
    };
    let mut notes = Vec::new();
    let words: Vec<Range<usize>> = wording::words_of(text).collect();
    for range in wording::double_words(text, &words) {
        let message = format!("`{}` stands twice in a row", shown(&text[range.clone()]));
        notes.push(note(&rule::DOUBLE_WORD, &range, message, "take one out"));
    }
    for range in wording::capitals(text, &words) {
        let message = format!("`{}` shouts", shown(&text[range.clone()]));
        notes.push(note(
            &rule::ALL_CAPS_RUN,
            &range,
            message,
            "write it in lower case; `**bold**` is louder than it looks",
        ));
    }
    let plain = wording::plain(text);
    for range in wording::phrases(&plain, &words::SPAM) {
        let message = format!("`{}` is what spam filters look for", shown(&text[range.clone()]));
        notes.push(note(&rule::SPAM_PHRASES, &range, message, "say it in your own words"));
    }
    for range in wording::phrases(&plain, &words::ATTACHMENTS) {
        let message = format!("`{}`, but letters have no attachments", shown(&text[range.clone()]));
        notes.push(note(&rule::ATTACHMENT_MENTIONED, &range, message, "link to the file"));
    }
    if !document.blocks[passage.block].is_quoted {
        for range in wording::placeholders(text) {
            let message = format!("placeholder text `{}`", shown(&text[range.clone()]));
            let help = "replace it, or put it in backticks";
            notes.push(
                note(&rule::TODO_LEFTOVER, &range, message, help).weighing(Severity::Warning),
            );
        }
    }
    notes
}

/// Names that are not spelt as their bearers do, or not always alike: a remark for each spelling, at its first place.
fn spellings(document: &Document<'_>, passages: &[Passage]) -> Vec<Note> {
    let mut words = Vec::new();
    let mut places = Vec::new();
    for passage in passages {
        let found = terms::words_in(&passage.text);
        places.extend(found.iter().map(|word| passage.range(&word.range)));
        words.extend(found);
    }
    let odd = terms::odd_spellings(&words);
    odd.into_iter()
        .filter_map(|(spelling, odd)| {
            let right = shown(&odd.right);
            let (first, others) = odd.places.split_first()?;
            let others: Vec<usize> = others.iter().map(|&index| places[index].start).collect();
            let message = if odd.is_known {
                format!("`{}` is written `{right}`{}", shown(&spelling), also(document, &others))
            } else {
                let usual: Vec<usize> = (0..words.len())
                    .filter(|&index| words[index].text == odd.right)
                    .map(|index| places[index].start)
                    .collect();
                let elsewhere = listed(document, &usual);
                format!(
                    "`{}`{}, but `{right}` at {elsewhere}",
                    shown(&spelling),
                    also(document, &others)
                )
            };
            let note = Note::body(&rule::TERM_INCONSISTENT, places[*first].clone(), message);
            Some(note.help("write a name the same way throughout"))
        })
        .collect()
}

fn length(document: &Document<'_>) -> Option<Note> {
    let words = document.words(&(0..document.text().len()));
    let (message, help) = match words {
        0..50 => (format!("only {words} words"), "check that the file is complete"),
        50..=5000 => return None,
        _ => (
            format!("{words} words are more than half an hour of reading"),
            "split it, or link to the long part",
        ),
    };
    Some(Note::whole(&rule::WORD_COUNT, message).help(help))
}

#[cfg(test)]
mod tests;
