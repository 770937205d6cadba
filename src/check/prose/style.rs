//! Typography that differs within a draft, or is no typography: one remark for each kind, at its first place.

use std::ops::Range;

use super::passage::Passage;
use super::typography::{self, Marks};
use crate::check::document::Document;
use crate::check::note::Note;
use crate::check::places::{also, listed};
use crate::finding::shown;
use crate::rule;

/// What is to be said of how words are set.
pub(super) fn notes(document: &Document<'_>, passages: &[Passage]) -> Vec<Note> {
    let kinds = [spaces, dots, hyphens];
    let mut notes: Vec<Note> = kinds.iter().filter_map(|kind| kind(document, passages)).collect();
    notes.extend(marks(document, passages, typography::apostrophes, "apostrophes", true));
    notes.extend(marks(document, passages, typography::quotation_marks, "quotation marks", false));
    notes.extend(dashes(document, passages));
    notes
}

/// The places that `find` finds in all passages, as ranges of the document. What marks and addresses lie within was not
/// written in one go: the dots of a link's text and the full stop after it are no row of dots.
fn places(passages: &[Passage], find: fn(&str) -> Vec<Range<usize>>) -> Vec<Range<usize>> {
    let found = passages.iter().flat_map(|passage| {
        let found = find(&passage.text).into_iter();
        found.map(move |range| (range.len(), passage.range(&range)))
    });
    found.filter(|(length, place)| *length == place.len()).map(|(_, place)| place).collect()
}

fn starts(ranges: &[Range<usize>]) -> Vec<usize> {
    ranges.iter().map(|range| range.start).collect()
}

fn spaces(document: &Document<'_>, passages: &[Passage]) -> Option<Note> {
    let places = places(passages, typography::wide_spaces);
    let (first, others) = places.split_first()?;
    let message = format!("more than one space{}", also(document, &starts(others)));
    let note = Note::body(&rule::DOUBLE_SPACE, first.clone(), message)
        .help("one is enough; HTML shows one, plain text all");
    Some(places.iter().fold(note, |note, place| note.fixed_by(place.clone(), " ")))
}

fn dots(document: &Document<'_>, passages: &[Passage]) -> Option<Note> {
    let places = places(passages, typography::many_dots);
    let (first, others) = places.split_first()?;
    let message = format!("{} dots{}", first.len(), also(document, &starts(others)));
    Some(
        Note::body(&rule::ELLIPSIS_DOTS, first.clone(), message)
            .help("three are an ellipsis: `...`"),
    )
}

fn hyphens(document: &Document<'_>, passages: &[Passage]) -> Option<Note> {
    let places = places(passages, typography::range_hyphens);
    let (first, others) = places.split_first()?;
    let message = format!("a range of numbers with a hyphen{}", also(document, &starts(others)));
    Some(
        Note::body(&rule::RANGE_HYPHEN, first.clone(), message)
            .help("typesetters write `2–4`, with an en dash"),
    )
}

/// Apostrophes or quotation marks that are straight here and curly there. The kind that is rarer is the odd one.
fn marks(
    document: &Document<'_>,
    passages: &[Passage],
    find: fn(&str) -> Marks,
    what: &str,
    is_apostrophe: bool,
) -> Option<Note> {
    let (mut straight, mut curly) = (Vec::new(), Vec::new());
    for passage in passages {
        let found = find(&passage.text);
        let mark = |at: &usize| {
            let length = passage.text[*at..].chars().next().map_or(1, char::len_utf8);
            let opens = passage.text[..*at]
                .chars()
                .next_back()
                .is_none_or(|c| c.is_whitespace() || "([—–-".contains(c));
            (passage.range(&(*at..at + length)), opens)
        };
        straight.extend(found.straight.iter().map(mark));
        curly.extend(found.curly.iter().map(mark));
    }
    if straight.is_empty() || curly.is_empty() {
        return None;
    }
    let is_curly_odd = curly.len() <= straight.len();
    let (odd, usual) = if is_curly_odd { (&curly, &straight) } else { (&straight, &curly) };
    let (kind, other) = if is_curly_odd { ("curly", "straight") } else { ("straight", "curly") };
    let starts = |marks: &[(Range<usize>, bool)]| {
        marks.iter().map(|(range, _)| range.start).collect::<Vec<_>>()
    };
    let message = format!(
        "{kind} {what} at {}, {other} ones at {}",
        listed(document, &starts(odd)),
        listed(document, &starts(usual))
    );
    let note = Note::body(&rule::QUOTES_MIXED, odd[0].0.clone(), message)
        .help(format!("make them all {other}; the HTML part sets straight ones curly"));
    let note = odd.iter().fold(note, |note, (range, opens)| {
        let with = match (is_curly_odd, is_apostrophe, opens) {
            (true, true, _) => "'",
            (true, false, _) => "\"",
            (false, true, _) => "’",
            (false, false, true) => "“",
            (false, false, false) => "”",
        };
        note.fixed_by(range.clone(), with)
    });
    Some(note)
}

/// Hyphens that stand for dashes in a draft that has dashes, too.
fn dashes(document: &Document<'_>, passages: &[Passage]) -> Option<Note> {
    let found: Vec<(Range<usize>, char)> = passages
        .iter()
        .flat_map(|passage| {
            typography::dashes(&passage.text)
                .into_iter()
                .map(move |(at, dash)| (passage.range(&(at..at + dash.len_utf8())), dash))
        })
        .collect();
    let hyphens: Vec<Range<usize>> =
        found.iter().filter(|(_, dash)| *dash == '-').map(|(range, _)| range.clone()).collect();
    let (real, dash) = found.iter().find(|(_, dash)| *dash != '-')?;
    let (first, others) = hyphens.split_first()?;
    let message = format!(
        "a hyphen for a dash{}, but `{}` at {}",
        also(document, &starts(others)),
        shown(&dash.to_string()),
        listed(document, &[real.start])
    );
    let note =
        Note::body(&rule::DASH_MIXED, first.clone(), message).help(format!("write ` {dash} `"));
    Some(hyphens.iter().fold(note, |note, range| note.fixed_by(range.clone(), dash.to_string())))
}
