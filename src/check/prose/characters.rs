//! Characters that nobody sees, or that everybody sees by mistake.

use std::ops::Range;

use super::passage::Passage;
use crate::check::Subject;
use crate::check::note::Note;
use crate::finding::is_plain;
use crate::rule::{self, Severity};
use crate::source::Span;

/// What is to be said of the characters of a draft.
pub(super) fn notes(subject: &Subject<'_>, passages: &[Passage]) -> Vec<Note> {
    let mut notes = invisible(subject.document.text());
    for passage in passages {
        for range in entities(&passage.text) {
            notes.push(literal(Note::body, passage.range(&range), &passage.text[range]));
        }
    }
    let front = &subject.draft.front;
    for range in entities(&front.subject) {
        let at = |rule, _, message| Note::head(rule, front.subject_span, message);
        notes.push(literal(at, range.clone(), &front.subject[range]));
    }
    let texts = [
        ("subject", Some(&front.subject), front.subject_span),
        ("preheader", front.preheader.as_ref(), front.preheader_span),
    ];
    for (name, text, span) in texts {
        notes.extend(text.into_iter().flat_map(|text| unseen(subject, name, text, span)));
    }
    notes
}

/// What nobody sees of a line of the head, at its place if the line is written as it reads. What breaks or turns a
/// header around was said when the head was read.
fn unseen<'s>(
    subject: &'s Subject<'_>,
    name: &'s str,
    text: &'s str,
    span: Span,
) -> impl Iterator<Item = Note> + 's {
    let written = subject.draft.source.text.get(span.start..span.end).unwrap_or_default();
    let start = written.find(text).map(|at| span.start + at);
    text.char_indices().filter(|(_, c)| is_plain(*c)).filter_map(move |(at, c)| {
        let what = harmful(c).or_else(|| (c == SOFT_HYPHEN).then_some("a soft hyphen"))?;
        let place = start.map_or(span, |start| Span::new(start + at, start + at + c.len_utf8()));
        let message = format!("{what} (U+{:04X}) in `{name}`", u32::from(c));
        let note = Note::head(&rule::INVISIBLE_CHARS, place, message);
        Some(note.help("delete it; it most likely came along when text was pasted"))
    })
}

fn literal(
    at: impl Fn(&'static rule::Rule, Range<usize>, String) -> Note,
    range: Range<usize>,
    entity: &str,
) -> Note {
    let message = format!("readers see `{entity}` as it is");
    at(&rule::HTML_ENTITY_LITERAL, range, message).help("write the character itself")
}

/// `&quot;`, `&#8217;`: what looks like an entity in text that is decoded already.
fn entities(text: &str) -> Vec<Range<usize>> {
    /// Of the names that people use, in bytes.
    const LONGEST: usize = 10;
    let end = |start: usize| {
        let rest = &text[start + 1..];
        let length = rest.bytes().take(LONGEST + 1).position(|byte| byte == b';')?;
        let name = &rest[..length];
        let digits = name.strip_prefix('#').unwrap_or(name);
        let is_name = length > 1 && digits.bytes().all(|b| b.is_ascii_alphanumeric());
        is_name.then_some(start + length + 2)
    };
    text.match_indices('&').filter_map(|(start, _)| Some(start..end(start)?)).collect()
}

/// Controls, zero-width and direction-changing characters one by one; hard spaces where several follow each other.
fn invisible(text: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut spaces: Option<Range<usize>> = None;
    let end_spaces = |spaces: &mut Option<Range<usize>>, notes: &mut Vec<Note>| {
        if let Some(range) = spaces.take().filter(|range| range.len() > HARD_SPACE.len_utf8()) {
            let message = "several hard spaces in a row";
            let note =
                Note::body(&rule::INVISIBLE_CHARS, range, message).weighing(Severity::Warning);
            notes.push(note.help("use one, or a space"));
        }
    };
    for (at, c) in text.char_indices() {
        if c == HARD_SPACE {
            let start = spaces.as_ref().map_or(at, |range| range.start);
            spaces = Some(start..at + c.len_utf8());
            continue;
        }
        end_spaces(&mut spaces, &mut notes);
        if let Some(what) = harmful(c) {
            let message = format!("{what} (U+{:04X})", u32::from(c));
            let note = Note::body(&rule::INVISIBLE_CHARS, at..at + c.len_utf8(), message);
            notes.push(note.help("delete it; it most likely came along when text was pasted"));
        }
    }
    end_spaces(&mut spaces, &mut notes);
    notes
}

const HARD_SPACE: char = '\u{a0}';
/// Useful in a narrow column, and a mark of evasion to filters where nothing is ever broken.
const SOFT_HYPHEN: char = '\u{ad}';

/// What a character is that should not be there. Joiners and marks of direction have their uses and are left alone.
fn harmful(c: char) -> Option<&'static str> {
    Some(match c {
        '\t' | '\n' | '\r' => return None,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "a control character",
        '\u{200b}' | '\u{2060}' | '\u{feff}' => "a space of no width",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "a character that changes the direction of what follows"
        }
        '\u{fffd}' => "the mark of a character that was lost",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_found_in_text_that_is_decoded() {
        assert_eq!(
            entities("a &quot;b&quot; &#8217; AT&T; R&D; & ; &x &copy x;"),
            [2..8, 9..15, 16..23]
        );
    }

    #[test]
    fn invisible_characters_are_found_and_useful_ones_left_alone() {
        let found = |text: &str| invisible(text).len();
        for bad in [
            "a\u{200b}b",
            "a\u{92}b",
            "a\u{202e}b",
            "\u{fffd}",
            "a\u{1}",
            "a\u{a0}\u{a0}b",
            "a\u{a0}\u{a0}",
        ] {
            assert_eq!(found(bad), 1, "{bad:?}");
        }
        for good in
            ["a\tb\r\n", "4\u{a0}m, 5\u{a0}m", "👩\u{200d}🔬", "می\u{200c}خواهم", "a\u{200f}b"]
        {
            assert_eq!(found(good), 0, "{good:?}");
        }
    }
}
