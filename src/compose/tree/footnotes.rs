//! Footnotes: notes that exist, in the order of their numbers, at the end of the letter.

use std::collections::{BTreeMap, BTreeSet};

use comrak::nodes::{Node, NodeValue};

use super::leftovers::label;
use super::margin::Margin;
use crate::finding::shown;
use crate::rule;

/// Moves the definitions that are used to the end, drops the others, and notes markers without a definition.
pub(super) fn settle(margin: &mut Margin<'_>, root: Node<'_>) {
    let mut numbers = BTreeMap::new();
    let mut definitions = Vec::new();
    let mut names = BTreeSet::new();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::FootnoteReference(reference) => {
                numbers.insert(label(&reference.name), reference.ix);
            }
            NodeValue::FootnoteDefinition(definition) => {
                names.insert(label(&definition.name));
                definitions.push((label(&definition.name), definition.total_references, node));
            }
            _ => {}
        }
    }
    definitions.sort_by_key(|(name, ..)| numbers.get(name).copied());
    for (_, references, node) in definitions {
        if references == 0 {
            node.detach();
        } else {
            root.append(node);
        }
    }
    check_markers(margin, &names);
}

/// comrak turns a marker without a definition into plain text, so they are looked for in the source.
fn check_markers(margin: &mut Margin<'_>, defined: &BTreeSet<String>) {
    let body = margin.body;
    for (start, _) in body.match_indices("[^") {
        let Some(length) = body[start..].find([']', '\n']) else { return };
        let end = start + length;
        let name = &body[start + 2..end];
        let escaped = body[..start].ends_with('\\');
        let is_definition = body[end..].starts_with("]:");
        if !body[end..].starts_with(']') || name.is_empty() || name.contains([' ', '[']) {
            continue;
        }
        if escaped || is_definition || margin.is_quiet(start) || defined.contains(&label(name)) {
            continue;
        }
        let message = format!("footnote `[^{}]` has no note", shown(name));
        let help =
            format!("add a line `[^{}]: …`, or write `\\[` if it is no footnote", shown(name));
        margin.note(&rule::FOOTNOTE_UNDEFINED, start..end + 1, message, &help);
    }
}
