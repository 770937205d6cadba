//! Title, number and links, beside those of the other issues.

use std::collections::BTreeSet;

use crate::check::Subject;
use crate::check::document::folded;
use crate::check::links::page_of;
use crate::check::note::Note;
use crate::check::past::{Earlier, number_in};
use crate::finding::shown;
use crate::rule::{self, Severity};
use crate::source::Span;

/// A page that so many issues link is part of the furniture.
const FURNITURE: usize = 3;

pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let own = Own::of(subject);
    let mut notes = numbers(subject, &own);
    notes.extend(id(subject, &own));
    notes.extend(title(subject, &own));
    notes.extend(number(subject, &own));
    notes.extend(links(subject, &own));
    notes
}

/// What tells this issue from the others.
struct Own {
    file: String,
    id: String,
    number: Option<u64>,
    date: Option<jiff::civil::Date>,
}

impl Own {
    fn of(subject: &Subject<'_>) -> Self {
        let front = &subject.draft.front;
        Self {
            file: base(&subject.draft.source.name).to_owned(),
            id: crate::compose::id(subject.draft),
            number: front.number.or_else(|| number_in(&front.title)),
            date: front.date.as_deref().and_then(super::dates::date_of),
        }
    }

    /// Whether another issue is written in this very file.
    fn is_in(&self, other: &Earlier) -> bool {
        other.file.as_ref().is_some_and(|file| base(file) == self.file)
    }

    /// Whether another issue is a different one, and came before.
    fn follows(&self, other: &Earlier) -> bool {
        let is_itself = match other.file {
            Some(_) => self.is_in(other),
            None => other.id == self.id,
        };
        let is_before = match (self.number.zip(other.number), self.date.zip(other.date)) {
            (Some((own, other)), _) if own != other => other < own,
            (_, Some((own, other))) if own != other => other < own,
            _ => true,
        };
        !is_itself && (other.was_sent || is_before)
    }
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// How another issue is called.
fn called(other: &Earlier) -> String {
    match (&other.file, other.was_sent) {
        (Some(file), false) => format!("`{}`", shown(file)),
        _ => format!("the issue `{}` that was sent", shown(&other.id)),
    }
}

/// One id for two issues: the ledger takes the second for the first, and mails nobody.
fn id(subject: &Subject<'_>, own: &Own) -> Option<Note> {
    let front = &subject.draft.front;
    if front.unread.contains("slug") {
        return None;
    }
    let is_other = |other: &&Earlier| match other.file {
        Some(_) => !own.is_in(other),
        // The letters of this very draft have its subject, if no reader's values stand in that.
        None => other.was_sent && !is_alike(&front.subject, other),
    };
    let other = subject.past.called(&own.id).find(is_other)?;
    let id = shown(&own.id);
    let message = match &front.slug {
        Some(_) => format!("{} has the slug `{id}` too", called(other)),
        None => format!("{} has the slug `{id}`, which is this file's name", called(other)),
    };
    let span =
        if front.slug.is_some() { value_span(subject, &["slug"]) } else { title_span(subject) };
    let note = Note::head(&rule::ISSUE_DUPLICATE_TITLE, span, message);
    Some(note.help("give one of them another `slug`: it names the issue in the ledger"))
}

fn is_alike(subject: &str, other: &Earlier) -> bool {
    subject.is_empty()
        || subject.contains('{')
        || other.names.iter().any(|name| folded(name) == folded(subject))
}

fn title(subject: &Subject<'_>, own: &Own) -> Vec<Note> {
    let front = &subject.draft.front;
    let same = [&front.title, &front.subject].into_iter().find_map(|name| {
        let mut others: Vec<&Earlier> =
            subject.past.named(name).filter(|other| own.follows(other)).collect();
        others.sort_by_key(|other| !other.was_sent);
        others.first().map(|other| (name, *other))
    });
    let twin = subject
        .past
        .issues()
        .find(|other| other.number.is_some() && other.number == own.number && own.follows(other));
    let severity =
        |other: &Earlier| if other.was_sent { Severity::Error } else { Severity::Warning };
    let by_name = same.map(|(name, other)| {
        let message = format!("{} has the title `{}` too", called(other), shown(name));
        Note::head(&rule::ISSUE_DUPLICATE_TITLE, front.subject_span, message)
            .weighing(severity(other))
            .help("write another; mail programs put letters with one subject together")
    });
    let by_number = twin.map(|other| {
        let message =
            format!("{} has the number {} too", called(other), own.number.unwrap_or_default());
        Note::head(&rule::ISSUE_DUPLICATE_TITLE, number_span(subject), message)
            .weighing(severity(other))
            .help("write the next number")
    });
    by_name.into_iter().chain(by_number).collect()
}

fn number(subject: &Subject<'_>, own: &Own) -> Option<Note> {
    let number = own.number?;
    let others: BTreeSet<u64> = subject
        .past
        .issues()
        .filter_map(|other| other.number)
        .filter(|other| *other < number)
        .collect();
    let last = *others.last()?;
    (last + 1 != number).then(|| {
        let message = format!("number {number} follows {last}");
        Note::head(&rule::ISSUE_NUMBER_GAP, number_span(subject), message)
            .help(format!("write {}, if none is missing", last + 1))
    })
}

/// The numbers that front matter, title and text give.
fn numbers(subject: &Subject<'_>, own: &Own) -> Vec<Note> {
    let front = &subject.draft.front;
    let Some(number) = own.number else { return Vec::new() };
    let mut notes = Vec::new();
    if let Some(titled) = number_in(&front.title).filter(|titled| *titled != number) {
        let message = format!("the title says {titled}, the front matter {number}");
        notes.push(
            Note::head(&rule::ISSUE_NUMBER_INCONSISTENT, title_span(subject), message)
                .help("write the same number everywhere"),
        );
    }
    for run in subject.document.runs.iter().filter(|run| run.text.len() == run.range.len()) {
        let Some((at, said)) =
            ordinal(&run.text).filter(|(_, said)| *said != number && *said != number + 1)
        else {
            continue;
        };
        let at = run.range.start + at.start..run.range.start + at.end;
        let message = format!(
            "the text says {said}, the {} {number}",
            if front.number.is_some() { "front matter" } else { "title" }
        );
        notes.push(
            Note::body(&rule::ISSUE_NUMBER_INCONSISTENT, at, message)
                .help("write the same number everywhere"),
        );
    }
    notes
}

const ORDINALS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

/// `this is the third edition`: where the ordinal stands, and what it is.
fn ordinal(text: &str) -> Option<(std::ops::Range<usize>, u64)> {
    let lower = text.to_ascii_lowercase();
    for opening in ["this is the ", "welcome to the ", "this is our ", "this, the "] {
        let Some(start) = lower.find(opening).map(|at| at + opening.len()) else { continue };
        let mut words = lower[start..].split(' ');
        let (word, noun) = (words.next()?, words.next()?);
        let is_issue = ["edition", "issue", "newsletter", "number"]
            .iter()
            .any(|known| noun.starts_with(known));
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let place =
            ORDINALS.iter().position(|ordinal| *ordinal == word).map(|place| place as u64 + 1);
        if let Some(number) = place.or_else(|| digits.parse().ok()).filter(|_| is_issue) {
            return Some((start..start + word.len(), number));
        }
    }
    None
}

fn links(subject: &Subject<'_>, own: &Own) -> Vec<Note> {
    let mut told = BTreeSet::new();
    let mut notes = Vec::new();
    for link in &subject.document.links {
        let Some(page) = page_of(&link.url).filter(|page| page.contains('/')) else { continue };
        let others = subject.past.linking(&page).filter(|other| own.follows(other));
        let others: Vec<&Earlier> = others.take(FURNITURE).collect();
        let is_known = others
            .iter()
            .any(|other| other.was_sent || other.date.is_some() || other.number.is_some());
        if others.len() == FURNITURE || !is_known || !told.insert(page) {
            continue;
        }
        let message = format!("{} links this page too", called(others[0]));
        notes.push(
            Note::body(&rule::LINK_SENT_BEFORE, link.range.clone(), message)
                .help("leave it out, or say why it is there again"),
        );
    }
    notes
}

fn number_span(subject: &Subject<'_>) -> Span {
    if subject.draft.front.number.is_some() {
        value_span(subject, &["number", "issue", "secondary_id"])
    } else {
        title_span(subject)
    }
}

/// Where the title stands in the front matter.
pub(super) fn title_span(subject: &Subject<'_>) -> Span {
    let front = &subject.draft.front;
    if front.title == front.subject { front.subject_span } else { value_span(subject, &["title"]) }
}

/// Where the value of one of these keys stands in the front matter; the start of the file where it is not found.
pub(super) fn value_span(subject: &Subject<'_>, keys: &[&str]) -> Span {
    let head =
        &subject.draft.source.text[..subject.draft.body.start.min(subject.draft.source.text.len())];
    let mut start = 0;
    for line in head.split_inclusive('\n') {
        let at = line.find([':', '=']);
        let is_it = |key: &str| {
            keys.iter().any(|known| known.eq_ignore_ascii_case(&key.trim().replace('-', "_")))
        };
        if let Some(at) = at.filter(|&at| is_it(&line[..at])) {
            let value = &line[at + 1..];
            let begin = start + at + 1 + (value.len() - value.trim_start().len());
            let text = value.trim().trim_matches(['"', '\'']);
            let quote = usize::from(value.trim().starts_with(['"', '\'']));
            return Span::new(begin + quote, begin + quote + text.len());
        }
        start += line.len();
    }
    Span::default()
}
