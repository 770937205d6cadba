//! Conditions in the tree: each tag a node (`NodeValue::Raw`, holding its word) among its siblings, all tags of a
//! conditional in one place, and no block that is left empty when a branch is not taken.

use std::collections::{BTreeMap, BTreeSet};

use comrak::Arena;
use comrak::nodes::{Ast, AstNode, Node, NodeList, NodeValue, Sourcepos};

use super::margin::Margin;
use crate::compose::merge::Branch;
use crate::compose::merge::pairs::Role;
use crate::compose::merge::tags::Tags;
use crate::finding::shown;
use crate::rule;

/// Brings all conditions of a tree into form.
pub(super) fn settle<'a>(
    arena: &'a Arena<'a>,
    root: Node<'a>,
    margin: &mut Margin<'_>,
    tags: &mut Tags,
) {
    if tags.conditionals.is_empty() {
        return;
    }
    for node in root.descendants().collect::<Vec<_>>() {
        split_text(arena, node, tags);
    }
    for node in root.descendants().collect::<Vec<_>>() {
        free_row(node);
    }
    for node in root.descendants().collect::<Vec<_>>() {
        join_lists(node, tags);
    }
    check_homes(root, margin, tags);
    leave_nothing_empty(arena, root, tags);
}

/// What the condition that a node is does.
pub(in crate::compose) fn role(node: Node<'_>, tags: &Tags) -> Option<Role> {
    match &node.data().value {
        NodeValue::Raw(word) => tags.role(word),
        _ => None,
    }
}

/// The conditions that are open before a node among its siblings, outermost first, as nodes with what they begin.
pub(super) fn open_before<'a>(node: Node<'a>, tags: &Tags) -> Vec<(Node<'a>, Branch)> {
    let mut open: Vec<(Node<'a>, Branch)> = Vec::new();
    let Some(parent) = node.parent() else { return open };
    for before in parent.children().take_while(|before| !before.same_node(node)) {
        match role(before, tags) {
            Some(Role::Begins(branch)) => match open.last_mut() {
                Some((_, last)) if last.conditional == branch.conditional => *last = branch,
                _ => open.push((before, branch)),
            },
            Some(Role::Ends(_)) => _ = open.pop(),
            None => {}
        }
    }
    open
}

/// A text with tags in it becomes texts and tags.
fn split_text<'a>(arena: &'a Arena<'a>, node: Node<'a>, tags: &Tags) {
    let at = node.data().sourcepos;
    let NodeValue::Text(text) = node.data().value.clone() else { return };
    let mut copied = 0;
    for (range, _) in tags.conditions(&text) {
        if range.start > copied {
            let before = text[copied..range.start].to_owned();
            node.insert_before(new(arena, NodeValue::Text(before.into()), at));
        }
        let word = text[range.clone()].trim_matches('$').to_owned();
        node.insert_before(new(arena, NodeValue::Raw(word), at));
        copied = range.end;
    }
    if copied == text.len() && copied > 0 {
        node.detach();
    } else if copied > 0 {
        node.data_mut().value = NodeValue::Text(text[copied..].to_owned().into());
    }
}

/// A row of a table that holds nothing but tags gives way to them.
fn free_row(row: Node<'_>) {
    if !matches!(row.data().value, NodeValue::TableRow(false)) {
        return;
    }
    let is_tag = |node: &Node<'_>| matches!(node.data().value, NodeValue::Raw(_));
    let content: Vec<Node<'_>> = row.children().flat_map(AstNode::children).collect();
    if !content.is_empty() && content.iter().all(is_tag) {
        for tag in content {
            row.insert_before(tag);
        }
        row.detach();
    }
}

/// Lists that only tags without blank lines between stand between are one list.
fn join_lists<'a>(parent: Node<'a>, tags: &Tags) {
    let children: Vec<Node<'a>> = parent.children().collect();
    let mut at = 0;
    while at < children.len() {
        let length = run_of_lists(&children[at..], tags);
        let run = &children[at..at + length];
        let lists: Vec<Node<'a>> =
            run.iter().copied().filter(|node| list(node).is_some()).collect();
        if lists.len() > 1 && lists.len() < run.len() {
            let first = lists[0];
            let tight = lists.iter().all(|node| list(node).is_some_and(|list| list.tight));
            if !run[0].same_node(first) {
                run[0].insert_before(first);
            }
            let content: Vec<Node<'a>> = run
                .iter()
                .flat_map(|node| {
                    if list(node).is_some() { node.children().collect() } else { vec![*node] }
                })
                .collect();
            for list in &lists[1..] {
                list.detach();
            }
            for node in content {
                first.append(node);
            }
            if let NodeValue::List(list) = &mut first.data_mut().value {
                list.tight = tight;
            }
        }
        at += length.max(1);
    }
}

fn list(node: Node<'_>) -> Option<NodeList> {
    match &node.data().value {
        NodeValue::List(list) => Some(*list),
        _ => None,
    }
}

/// How many nodes from the first on are lists of one kind and complete conditionals around such, without blank lines.
fn run_of_lists(nodes: &[Node<'_>], tags: &Tags) -> usize {
    let (mut depth, mut length) = (0_usize, 0);
    let mut kind: Option<NodeList> = None;
    let mut last_line = None;
    for (index, node) in nodes.iter().enumerate() {
        let lines = node.data().sourcepos;
        if last_line.is_some_and(|last| lines.start.line > last + 1) {
            break;
        }
        match (role(node, tags), list(node)) {
            (Some(Role::Begins(Branch { branch: 0, .. })), _) => depth += 1,
            (Some(_), _) if depth == 0 => break,
            (Some(Role::Ends(_)), _) => depth -= 1,
            (Some(Role::Begins(_)), _) => {}
            (None, Some(list)) if kind.is_none_or(|kind| alike(kind, list)) => kind = Some(list),
            (None, _) => break,
        }
        last_line = Some(lines.end.line);
        if depth == 0 {
            length = index + 1;
        }
    }
    length
}

fn alike(one: NodeList, other: NodeList) -> bool {
    (one.list_type, one.delimiter, one.bullet_char)
        == (other.list_type, other.delimiter, other.bullet_char)
}

/// Notes every conditional whose tags do not stand in one place: among the same blocks, in the same line of text, or
/// in the same address.
fn check_homes(root: Node<'_>, margin: &mut Margin<'_>, tags: &Tags) {
    let written = tags.written();
    let mut torn = BTreeSet::new();
    for node in root.descendants() {
        let among_siblings = node.children().filter_map(|child| role(child, tags)).collect();
        let in_texts =
            strings(node).map(|text| tags.conditions(&text).map(|(_, role)| role).collect());
        for home in std::iter::once(among_siblings).chain(in_texts) {
            let home: Vec<Role> = home;
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            for role in &home {
                *counts.entry(role.conditional()).or_default() += 1;
            }
            let is_torn = |(conditional, count): &(usize, usize)| {
                written.get(conditional).is_some_and(|(.., all)| count < all)
            };
            torn.extend(counts.into_iter().filter(is_torn).map(|(conditional, _)| conditional));
        }
    }
    for (tag, range, _) in torn.iter().filter_map(|conditional| written.get(conditional)) {
        let message = format!("`{}` and its `{{% endif %}}` are not in the same place", shown(tag));
        let help = "put all its tags into one paragraph, list item, cell or address, or each alone on a line around \
                    whole blocks";
        margin.note(&rule::MERGE_SYNTAX, range.clone().unwrap_or_default(), message, help);
    }
}

/// The texts of a node that may hold tags.
fn strings(node: Node<'_>) -> impl Iterator<Item = String> {
    let texts = match &node.data().value {
        NodeValue::Link(link) | NodeValue::Image(link) => {
            vec![link.url.clone(), link.title.clone()]
        }
        NodeValue::Alert(alert) => alert.title.iter().cloned().collect(),
        _ => Vec::new(),
    };
    texts.into_iter()
}

/// For whom something is there.
enum Presence {
    /// For all readers.
    Always,
    /// For those who take all branches of one of the lists.
    Any(Vec<Vec<Branch>>),
}

/// A block whose content some readers do not get at all goes with it.
fn leave_nothing_empty<'a>(arena: &'a Arena<'a>, node: Node<'a>, tags: &mut Tags) {
    for child in node.children().collect::<Vec<_>>() {
        leave_nothing_empty(arena, child, tags);
    }
    let may_be_left_out = matches!(
        node.data().value,
        NodeValue::Paragraph
            | NodeValue::Heading(_)
            | NodeValue::BlockQuote
            | NodeValue::MultilineBlockQuote(_)
            | NodeValue::Alert(_)
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::TaskItem(_)
    );
    if may_be_left_out {
        leave_out(arena, node, tags);
    }
}

/// Puts a block between the words of what its content depends on.
fn leave_out<'a>(arena: &'a Arena<'a>, node: Node<'a>, tags: &mut Tags) {
    let children: Vec<Node<'a>> = node.children().collect();
    let Presence::Any(lists) = presence(&children, tags) else { return };
    if lists.is_empty() {
        return;
    }
    if let [first, .., last] = children[..]
        && is_whole(&children, tags)
    {
        node.insert_before(first);
        node.insert_after(last);
        // What is left may depend on the reader, too.
        return leave_out(arena, node, tags);
    }
    let branch = tags.any(lists);
    let at = node.data().sourcepos;
    node.insert_before(new(arena, NodeValue::Raw(tags.begin(branch)), at));
    node.insert_after(new(arena, NodeValue::Raw(tags.end(branch.conditional)), at));
}

/// Whether the nodes are one conditional with one branch.
fn is_whole(nodes: &[Node<'_>], tags: &Tags) -> bool {
    let roles: Vec<Role> = nodes.iter().filter_map(|node| role(node, tags)).collect();
    let Some(Role::Begins(branch)) = nodes.first().and_then(|node| role(node, tags)) else {
        return false;
    };
    let ends =
        nodes.last().and_then(|node| role(node, tags)) == Some(Role::Ends(branch.conditional));
    ends && roles.iter().filter(|role| role.conditional() == branch.conditional).count() == 2
}

/// For whom there is anything among siblings.
fn presence(nodes: &[Node<'_>], tags: &Tags) -> Presence {
    let mut lists = Vec::new();
    let mut at = 0;
    while at < nodes.len() {
        match role(nodes[at], tags) {
            Some(Role::Begins(Branch { conditional, .. })) => {
                let (length, here) = presence_of_conditional(&nodes[at..], conditional, tags);
                match here {
                    Presence::Always => return Presence::Always,
                    Presence::Any(here) => lists.extend(here),
                }
                at += length;
            }
            Some(Role::Ends(_)) => at += 1,
            None if shows_nothing(nodes[at]) => at += 1,
            None => return Presence::Always,
        }
    }
    Presence::Any(lists)
}

/// The length of the conditional that begins with the first node, and for whom it shows anything.
fn presence_of_conditional(
    nodes: &[Node<'_>],
    conditional: usize,
    tags: &Tags,
) -> (usize, Presence) {
    let own = |node: &Node<'_>| role(node, tags).filter(|role| role.conditional() == conditional);
    let cuts: Vec<(usize, Role)> =
        nodes.iter().enumerate().filter_map(|(at, node)| Some((at, own(node)?))).collect();
    let length = cuts.last().map_or(1, |(at, _)| at + 1);
    let mut lists = Vec::new();
    let mut always = 0;
    for pair in cuts.windows(2) {
        let Role::Begins(branch) = pair[0].1 else { continue };
        match presence(&nodes[pair[0].0 + 1..pair[1].0], tags) {
            Presence::Always => {
                always += 1;
                lists.push(vec![branch]);
            }
            Presence::Any(inner) => lists.extend(inner),
        }
    }
    let all = always > tags.conditionals.get(conditional).map_or(0, |known| known.tests.len());
    (length, if all { Presence::Always } else { Presence::Any(lists) })
}

fn shows_nothing(node: Node<'_>) -> bool {
    match &node.data().value {
        NodeValue::Text(text) => text.trim().is_empty(),
        NodeValue::SoftBreak | NodeValue::LineBreak => true,
        _ => false,
    }
}

fn new<'a>(arena: &'a Arena<'a>, value: NodeValue, at: Sourcepos) -> Node<'a> {
    arena.alloc(Ast::new_with_sourcepos(value, at).into())
}
