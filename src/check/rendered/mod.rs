//! The finished letter of one reader: its size, its two parts beside each other, its colours, and who shows what of it.

mod clients;
mod contrast;
mod head;
pub(super) mod hidden;
mod page;

use std::collections::HashSet;

use super::note::Note;
use super::weight::{CLIPPED, Weight};
use super::{Letter, Subject};
use crate::finding::shown;
use crate::rule::{self, Severity};
pub use clients::{Use, uses};
use page::Page;

/// From here on a word more may be too much, in bytes of the HTML part.
const NEARLY_CLIPPED: usize = CLIPPED / 5 * 4;
/// Relays commonly refuse more, in bytes.
const LARGE: usize = 10_000_000;
/// Gmail drops all styles of a letter with more, in bytes.
const STYLES: usize = 16_384;
/// The longest line that SMTP carries, in bytes without its end (RFC 5321 4.5.3.1.6).
const LINE: usize = 998;
/// The share of the words of the HTML part that the text has to have, in per cent.
const OVERLAP: usize = 90;

/// What is to be said of the finished letter.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let Some(letter) = subject.letter else { return Vec::new() };
    let page = Page::read(&letter.html);
    let mut notes: Vec<Note> = [
        clip(&letter.weight),
        total(&letter.weight),
        styles(&page),
        text(letter, &page),
        lines(letter),
        title(&letter.subject, &page),
        clients::note(&page),
    ]
    .into_iter()
    .flatten()
    .collect();
    notes.extend(contrast::notes(&page));
    notes
}

fn clip(weight: &Weight) -> Option<Note> {
    let size = weight.html.max(weight.html_encoded);
    if size < NEARLY_CLIPPED {
        return None;
    }
    let kilobytes = |bytes: usize| format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100);
    let message = format!(
        "the HTML part has {}, {} encoded; above {} Gmail hides the rest, the way to unsubscribe with it",
        kilobytes(weight.html),
        kilobytes(weight.html_encoded),
        kilobytes(CLIPPED)
    );
    let help = format!(
        "of it are words {}, links {}, styles {}, footer {}, markup {}: shorten it, or link to the long part",
        kilobytes(weight.words),
        kilobytes(weight.links),
        kilobytes(weight.styles),
        kilobytes(weight.footer),
        kilobytes(weight.markup)
    );
    let severity = if size <= CLIPPED { Severity::Warning } else { Severity::Error };
    Some(Note::whole(&rule::SIZE_CLIP, message).weighing(severity).help(help))
}

fn total(weight: &Weight) -> Option<Note> {
    let message = format!("the letter has {} MB, images included", weight.total / 1_000_000);
    (weight.total > LARGE).then(|| {
        Note::whole(&rule::SIZE_TOTAL, message)
            .help("host the images: `mode = \"host\"` in `[images]`")
    })
}

fn styles(page: &Page) -> Option<Note> {
    let bytes: usize = page.styles.iter().map(String::len).sum();
    let message = format!(
        "{bytes} bytes of styles in the head; with more than {STYLES} Gmail drops all of them"
    );
    (bytes > STYLES).then(|| {
        Note::whole(&rule::STYLE_TOO_BIG, message).help("shorten the file that `theme.css` names")
    })
}

/// The text part has what the HTML part has.
fn text(letter: &Letter, page: &Page) -> Option<Note> {
    let (visible, text) = (page.visible().to_lowercase(), letter.text.to_lowercase());
    let text: HashSet<&str> = words(&text).collect();
    if text.is_empty() {
        let note = Note::whole(&rule::TEXT_MISSING, "the text part has no words");
        return Some(note.help("write at least a sentence"));
    }
    let mut seen = HashSet::new();
    let wanted: Vec<&str> = words(&visible).filter(|word| seen.insert(*word)).collect();
    let missing: Vec<&str> = wanted.iter().copied().filter(|word| !text.contains(word)).collect();
    let share = (wanted.len() - missing.len()) * 100 / wanted.len().max(1);
    let some: Vec<String> =
        missing.iter().take(5).map(|word| format!("`{}`", shown(word))).collect();
    let message = format!(
        "the text part has {share} % of the words of the HTML part; {} are not in it",
        some.join(", ")
    );
    (share < OVERLAP).then(|| {
        Note::whole(&rule::TEXT_DIVERGES, message).help("say in words what images and raw HTML say")
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// No line is longer than SMTP carries: none of the letter as it is sent, and none of its text as programs show it.
fn lines(letter: &Letter) -> Option<Note> {
    let longest = |text: &[u8]| {
        let lines = text.split(|&byte| byte == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).len()).max().unwrap_or_default()
    };
    let note = |of: &str, longest: usize, help: &str| {
        let message =
            format!("a line of {of} has {longest} bytes, more than the {LINE} that SMTP carries");
        (longest > LINE).then(|| Note::whole(&rule::LINE_TOO_LONG, message).help(help))
    };
    let (raw, text) = (longest(&letter.raw), longest(letter.text.as_bytes()));
    note("the letter", raw, "shorten the header or address that it comes from")
        .or_else(|| note("the plain text", text, "shorten the address or line of code in it"))
}

fn title(subject: &str, page: &Page) -> Option<Note> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (title, subject) = (one_line(&page.title), one_line(subject));
    let message = format!(
        "the title of the HTML part is `{}`, the subject `{}`",
        shown(&title),
        shown(&subject)
    );
    (title != subject).then(|| {
        Note::whole(&rule::TITLE_SUBJECT_DIFFERS, message)
            .help("filters count that against a letter; tell us how it came about")
    })
}

#[cfg(test)]
mod tests;
