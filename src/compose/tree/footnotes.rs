//! Footnotes: notes that exist, in the order of their numbers, at the end of the letter, each for those who get a marker
//! of it.

use std::collections::{BTreeMap, BTreeSet};

use comrak::Arena;
use comrak::nodes::{Ast, Attributes, Node, NodeBlockDirective, NodeValue};

use super::conditions::open_before;
use super::leftovers::label;
use super::margin::Margin;
use crate::compose::merge::Branch;
use crate::compose::merge::choices::MOST_CHOICES;
use crate::compose::merge::numbers::{Audience, audience, numbers};
use crate::compose::merge::tags::Tags;
use crate::finding::shown;
use crate::rule;

/// The name of the directive that holds the notes.
pub(in crate::compose) const NAME: &str = "notes";

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

/// Gathers the notes in a directive named [`NAME`] at the end, each for those who get a marker of it, and writes into
/// the `name` of every marker and note the number that readers see, which may hold the words of conditions.
///
/// The anchor that a note leads back to is in its `attrs.id`; there is none where some of its readers do not get it.
pub(in crate::compose) fn house<'a>(arena: &'a Arena<'a>, root: Node<'a>, tags: &mut Tags) {
    let is_note = |node: &Node<'_>| matches!(node.data().value, NodeValue::FootnoteDefinition(_));
    let notes: Vec<Node<'a>> = root.children().filter(is_note).collect();
    let Some(first) = notes.first() else { return };
    let at = first.data().sourcepos;
    let markers = markers(root, &notes, tags);
    let audiences = audiences(notes.len(), &markers, tags);
    let numbers = numbers(&audiences, tags);
    let new = |value| -> Node<'a> { arena.alloc(Ast::new_with_sourcepos(value, at).into()) };
    let directive = NodeBlockDirective { fence_length: 3, fence_offset: 0, info: NAME.to_owned() };
    let house = new(NodeValue::BlockDirective(Box::new(directive)));
    for (index, note) in notes.iter().enumerate() {
        append(&new, house, note, audiences[index].clone(), tags);
        let first = markers.iter().find(|marker| marker.note == index);
        let is_for_all =
            first.is_some_and(|marker| ways(marker, &audiences, tags) == audiences[index]);
        let mut data = note.data_mut();
        let attributes = data.attrs.get_or_insert_with(|| Box::new(Attributes::default()));
        attributes.id = is_for_all.then(|| format!("fnref-{}", index + 1));
        if let NodeValue::FootnoteDefinition(definition) = &mut data.value {
            definition.name.clone_from(&numbers[index]);
        }
    }
    for marker in &markers {
        if let NodeValue::FootnoteReference(reference) = &mut marker.node.data_mut().value {
            reference.name.clone_from(&numbers[marker.note]);
        }
    }
    append(&new, root, house, audiences.into_iter().flatten().collect(), tags);
}

/// A marker of a footnote, and where it stands.
struct Marker<'a> {
    node: Node<'a>,
    /// The note it names, counted from 0.
    note: usize,
    branches: Vec<Branch>,
    /// The note it stands in.
    within: Option<usize>,
}

fn markers<'a>(root: Node<'a>, notes: &[Node<'a>], tags: &Tags) -> Vec<Marker<'a>> {
    let name_of = |note: &Node<'_>| match &note.data().value {
        NodeValue::FootnoteDefinition(definition) => label(&definition.name),
        _ => String::new(),
    };
    let by_name: BTreeMap<String, usize> =
        notes.iter().enumerate().map(|(index, note)| (name_of(note), index)).collect();
    let mut markers = Vec::new();
    for node in root.descendants() {
        let NodeValue::FootnoteReference(reference) = &node.data().value else { continue };
        let Some(&note) = by_name.get(&label(&reference.name)) else { continue };
        let mut marker = Marker { node, note, branches: Vec::new(), within: None };
        // Without conditions everything is for all.
        let mut stands = Some(node).filter(|_| !tags.conditionals.is_empty());
        while let Some(at) = stands {
            marker.branches.extend(open_before(at, tags).into_iter().map(|(_, branch)| branch));
            let within = notes.iter().position(|note| note.same_node(at));
            marker.within = marker.within.or(within);
            stands = at.parent().filter(|_| within.is_none());
        }
        markers.push(marker);
    }
    markers
}

/// Who gets each note: all who get one of its markers. A note may be named in another, that one in a third.
fn audiences(count: usize, markers: &[Marker<'_>], tags: &Tags) -> Vec<Audience> {
    let mut audiences = vec![Audience::new(); count];
    loop {
        let before = audiences.clone();
        for marker in markers {
            let audience = &mut audiences[marker.note];
            audience.extend(ways(marker, &before, tags));
            audience.sort_unstable();
            audience.dedup();
            if audience.iter().any(Vec::is_empty) || audience.len() > MOST_CHOICES {
                *audience = vec![Vec::new()];
            }
        }
        if audiences == before {
            return audiences;
        }
    }
}

/// Who gets a marker, if it is known who gets the notes.
fn ways(marker: &Marker<'_>, audiences: &[Audience], tags: &Tags) -> Audience {
    let here = audience(&marker.branches, tags);
    let Some(within) = marker.within else { return here };
    let both = |outer: &Vec<Branch>| {
        let outer = outer.clone();
        here.iter().map(move |here| {
            let mut list = [outer.as_slice(), here].concat();
            list.sort_unstable();
            list.dedup();
            list
        })
    };
    audiences[within].iter().flat_map(both).collect()
}

/// Appends a node between the words of its condition, if it has one.
fn append<'a>(
    new: &impl Fn(NodeValue) -> Node<'a>,
    parent: Node<'a>,
    child: Node<'a>,
    mut audience: Audience,
    tags: &mut Tags,
) {
    if audience.iter().any(Vec::is_empty) || audience.is_empty() {
        return parent.append(child);
    }
    audience.sort_unstable();
    audience.dedup();
    let branch = tags.any(audience);
    parent.append(new(NodeValue::Raw(tags.begin(branch))));
    parent.append(child);
    parent.append(new(NodeValue::Raw(tags.end(branch.conditional))));
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
