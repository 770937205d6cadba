//! Merge tags, beside what the list has.

use std::collections::BTreeSet;

use super::Subject;
use super::document::Document;
use super::note::Note;
use crate::compose::merge::fill::{Conditions, OWN_NAMES, Slot, Unresolved};
use crate::compose::merge::scan::{self, Control, Kind};
use crate::compose::merge::{Conditional, Place, Test, landing};
use crate::draft::Draft;
use crate::finding::{Finding, nearest};
use crate::rule;
use crate::source::{Source, Span};

/// What the letters of an issue ask of a list, and what it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    /// The names that merge tags speak of.
    pub names: BTreeSet<String>,
    /// The columns of the list.
    pub columns: BTreeSet<String>,
    /// What is missing, and for how many active readers.
    pub holes: Vec<(Unresolved, u64)>,
    /// The active readers.
    pub readers: u64,
    /// Whether the subject of a reader of whom nothing is known is blank.
    pub subject_may_be_blank: bool,
}

/// What is to be said of merge tags.
pub(super) fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let mut notes = in_code(subject);
    if subject.fields.is_some_and(|fields| fields.subject_may_be_blank) {
        let message = "the subject is blank for readers without these fields";
        let note =
            Note::head(&rule::MERGE_IN_SUBJECT_EMPTY, subject.draft.front.subject_span, message);
        notes.push(note.help("write words besides, or a default that is not empty"));
    }
    notes
}

/// Tags that readers see as they are written.
fn in_code(subject: &Subject<'_>) -> Vec<Note> {
    let document = subject.document;
    let tags = scan::scan(document.text()).into_iter().filter(|found| found.kind == Kind::Tag);
    tags.filter(|found| document.is_code(found.range.start))
        .map(|found| {
            Note::body(&rule::MERGE_IN_CODE, found.range, "readers see this tag as it is written")
                .help("nothing to do, if it is an example; otherwise take the backticks away")
        })
        .collect()
}

/// The names in the merge tags of a draft that are well written, whether or not a letter can be made of it.
pub fn names_in(draft: &Draft, document: &Document<'_>) -> BTreeSet<String> {
    let front = &draft.front;
    let head = [Some(&front.subject), front.preheader.as_ref()].into_iter().flatten();
    let in_head = head.flat_map(|text| {
        let tags = scan::scan(text).into_iter();
        tags.map(|found| text[found.range].to_owned())
    });
    let in_body = document.tags.iter().map(|range| document.slice(range).to_owned());
    in_head.chain(in_body).flat_map(|tag| names(&tag)).collect()
}

fn names(tag: &str) -> BTreeSet<String> {
    let found = scan::scan(tag).into_iter().next();
    let names = match found.map(|found| found.kind) {
        Some(Kind::Tag) => {
            Slot::new(landing::expression(tag), Place::Html).map(|slot| slot.names())
        }
        Some(Kind::Control(Control::If(asked) | Control::Elif(asked))) => {
            let tests = vec![Test::Expression(asked)];
            Conditions::new(&[Conditional { within: None, tests }]).map(|asked| asked.names())
        }
        _ => return BTreeSet::new(),
    };
    // What cannot be read is told of as such.
    names.unwrap_or_default()
}

/// What merge tags ask of the list, and what it lacks.
pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(fields) = subject.fields else { return Vec::new() };
    let mut findings = unknown_fields(subject.draft, &fields.names, &fields.columns);
    for (hole, readers) in &fields.holes {
        let (Unresolved::Empty(name) | Unresolved::Unfit(name, _)) = hole;
        let is_column = fields.columns.contains(name) || OWN_NAMES.contains(&name.as_str());
        if matches!(hole, Unresolved::Empty(_)) && !is_column {
            continue;
        }
        let message = format!("{hole} for {readers} of {} readers", fields.readers);
        let (source, at) = place_of(subject.draft, name);
        let help = format!("write `{{{{ {name} | default(\"…\") }}}}`, or fill the column");
        findings.push(Finding::at(&rule::MERGE_UNRESOLVED, source, at, message).help(help));
    }
    findings
}

/// Names in merge tags that no row of the list has.
pub fn unknown_fields(
    draft: &Draft,
    names: &BTreeSet<String>,
    columns: &BTreeSet<String>,
) -> Vec<Finding> {
    let all: Vec<&str> = OWN_NAMES.into_iter().chain(columns.iter().map(String::as_str)).collect();
    let unknown = names.iter().filter(|name| !all.contains(&name.as_str()));
    unknown
        .map(|name| {
            let help = match nearest(name, all.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the list has: {}", all.join(", ")),
            };
            let (source, at) = place_of(draft, name);
            let message = format!("unknown field `{name}`");
            Finding::at(&rule::MERGE_UNKNOWN_FIELD, source, at, message).help(help)
        })
        .collect()
}

/// Where a tag speaks of a name, or else the beginning of the draft.
fn place_of<'d>(draft: &'d Draft, name: &str) -> (&'d Source, Span) {
    tag_with(draft, name).unwrap_or((&draft.source, Span::default()))
}

/// The name in the first tag that speaks of it, in the draft or else in its snippets.
pub fn tag_with<'d>(draft: &'d Draft, name: &str) -> Option<(&'d Source, Span)> {
    let snippets = draft.snippets.values().filter_map(|snippet| snippet.as_ref().ok());
    let mut sources = std::iter::once(&draft.source).chain(snippets);
    sources.find_map(|source| Some((source, tag_in(&source.text, name)?)))
}

fn tag_in(text: &str, name: &str) -> Option<Span> {
    let is_tag = |found: &scan::Found| matches!(found.kind, Kind::Tag | Kind::Control(_));
    scan::scan(text).into_iter().filter(is_tag).find_map(|found| {
        let tag = &text[found.range.clone()];
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        let (at, _) = tag.match_indices(name).find(|(at, name)| {
            !tag[..*at].ends_with(in_word) && !tag[at + name.len()..].starts_with(in_word)
        })?;
        let start = found.range.start + at;
        Some(Span::new(start, start + name.len()))
    })
}
