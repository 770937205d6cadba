//! What readers should never see: references without a definition, placeholder text.

use std::collections::BTreeSet;
use std::ops::Range;

use comrak::nodes::{Node, NodeValue};
use memchr::{memchr2_iter, memmem};

use super::margin::{At, Margin};
use crate::draft::{Draft, FrontMatter};
use crate::finding::shown;
use crate::rule;
use crate::source::Span;

/// A reference label as labels are compared: white space collapsed, case ignored.
pub(super) fn label(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The texts of the head with their places in the file, as well as they can be found: YAML may have escapes.
pub(super) fn head_texts(draft: &Draft) -> Vec<(&str, Span)> {
    let FrontMatter { subject, subject_span, title, preheader, preheader_span, .. } = &draft.front;
    let file = &draft.source.text;
    let within = |span: Span, text: &str| {
        let start = file.get(span.start..span.end).and_then(|value| value.find(text)).unwrap_or(0);
        Span::new(span.start + start, span.end.max(span.start + start))
    };
    let mut texts = vec![(subject.as_str(), within(*subject_span, subject))];
    if title != subject {
        texts.push((title.as_str(), within(Span::new(0, draft.body.start), title)));
    }
    if let Some(preheader) = preheader {
        texts.push((preheader.as_str(), within(*preheader_span, preheader)));
    }
    texts
}

/// Notes `[text][label]` and `[label][]` whose label has no definition.
pub(super) fn check_references(
    margin: &mut Margin<'_>,
    root: Node<'_>,
    undefined: &BTreeSet<String>,
) {
    if undefined.is_empty() {
        return;
    }
    let resolved: Vec<Range<usize>> = root
        .descendants()
        .filter(|node| matches!(node.data().value, NodeValue::Link(_) | NodeValue::Image(_)))
        .map(|node| margin.range(node.data().sourcepos))
        .collect();
    let resolved: BTreeSet<usize> = resolved.into_iter().map(|range| range.start).collect();
    let body = margin.body;
    for (middle, _) in body.match_indices("][") {
        let Some(open) = opening(&body[..middle]) else { continue };
        let Some(length) = body[middle + 2..].find(']') else { return };
        let end = middle + 2 + length;
        let named = &body[middle + 2..end];
        let named = if named.is_empty() { &body[open + 1..middle] } else { named };
        let escaped = body[..middle].ends_with('\\') || body[..open].ends_with('\\');
        if escaped || named.starts_with('^') || !undefined.contains(&label(named)) {
            continue;
        }
        if margin.is_quiet(middle) || resolved.contains(&open) {
            continue;
        }
        let message = format!("`[{}]` has no definition", shown(named));
        let help = format!("add a line `[{}]: https://…`", shown(named));
        margin.note(&rule::LINK_UNDEFINED_REF, open..end + 1, message, &help);
    }
}

/// Where the bracket opens that is closed right after `text`; a label is at most 999 characters.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().rev().take(1000) {
        match byte {
            b']' => depth += 1,
            b'[' if depth == 0 => return Some(at),
            b'[' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Notes commands that stand where they are not understood, and so would reach readers as they are.
pub(super) fn check_commands(margin: &mut Margin<'_>, root: Node<'_>) {
    for node in root.descendants() {
        let NodeValue::Text(text) = &node.data().value else { continue };
        let lower = text.to_ascii_lowercase();
        for command in ["[[toc]]", "[[include:"] {
            if !lower.contains(command) {
                continue;
            }
            let range = margin.range(node.data().sourcepos);
            let message = format!("`{command}…` stands where it does nothing").replace("]]…", "]]");
            let help = "put it on a line of its own, with a blank line above and below, in no list or quote";
            margin.note(&rule::COMMAND_MISPLACED, range, message, help);
        }
    }
}

/// Notes placeholder text in the head and in prose; never in code, URLs or quotes.
pub(super) fn check_placeholders(margin: &mut Margin<'_>, root: Node<'_>, draft: &Draft) {
    for (text, span) in head_texts(draft) {
        for range in placeholders(text) {
            let start = (span.start + range.start).min(span.end);
            let at = At::Head(Span::new(start, start + range.len()));
            note_placeholder(margin, &text[range], at);
        }
    }
    for node in root.descendants() {
        let NodeValue::Text(text) = &node.data().value else { continue };
        let found = placeholders(text);
        if found.is_empty() || !is_prose(node, text) {
            continue;
        }
        // The source may differ from the text (entities, escapes): the same words are looked for in it.
        let at = margin.range(node.data().sourcepos);
        let written = margin.body.get(at.clone()).map(placeholders).unwrap_or_default();
        for (index, range) in found.into_iter().enumerate() {
            let start = written.get(index).map_or(at.start, |written| at.start + written.start);
            let at = At::Body(start..start + range.len());
            note_placeholder(margin, &text[range], at);
        }
    }
}

fn note_placeholder(margin: &mut Margin<'_>, word: &str, at: At) {
    let message = format!("placeholder text `{}`", shown(word));
    margin.note_at(&rule::TODO_LEFTOVER, at, message, "replace it, or put it in backticks");
}

fn is_prose(node: Node<'_>, text: &str) -> bool {
    !node.ancestors().any(|ancestor| match &ancestor.data().value {
        NodeValue::BlockQuote => true,
        NodeValue::Link(link) => link.url.contains(text),
        _ => false,
    })
}

fn placeholders(text: &str) -> Vec<Range<usize>> {
    const LATIN: &str = "lorem ipsum";
    let bytes = text.as_bytes();
    let is_latin = |at: &usize| {
        text.get(*at..*at + LATIN.len()).is_some_and(|found| found.eq_ignore_ascii_case(LATIN))
    };
    let latin = memchr2_iter(b'l', b'L', bytes).filter(is_latin).map(|at| at..at + LATIN.len());
    let mut found: Vec<_> = latin.collect();
    for word in ["TODO", "TKTK", "TK", "FIXME"] {
        let places = memmem::find_iter(bytes, word).map(|at| at..at + word.len());
        found.extend(places.filter(|range| {
            let in_word = |c: char| c.is_alphanumeric() || c == '_';
            !text[..range.start].ends_with(in_word) && !text[range.end..].starts_with(in_word)
        }));
    }
    found.sort_by_key(|range| range.start);
    found
}
