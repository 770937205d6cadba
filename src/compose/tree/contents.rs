//! The table of contents: `[[toc]]` on a line of its own, or `toc: true` in the head.
//!
//! It stands in the tree as a directive named [`NAME`] that holds a list of links, so that the text can leave it out.

use comrak::Arena;
use comrak::nodes::{
    Ast, ListType, Node, NodeBlockDirective, NodeHeading, NodeLink, NodeValue, Sourcepos,
};

use super::conditions::open_before;
use super::links;
use super::margin::Margin;
use super::shape::list;
use crate::compose::merge::Branch;
use crate::compose::merge::tags::Tags;
use crate::rule;

/// The name of the directive.
pub(in crate::compose) const NAME: &str = "toc";
const COMMAND: &str = "[[toc]]";

/// Puts the table where it is asked for: at the command, or else before the first heading.
pub(super) fn settle<'a>(
    arena: &'a Arena<'a>,
    margin: &mut Margin<'_>,
    root: Node<'a>,
    wanted: bool,
    tags: &mut Tags,
) {
    let commands: Vec<Node<'a>> = root.descendants().filter(|node| is_command(node)).collect();
    let headings = headings(root, tags);
    if headings.is_empty() {
        for command in commands {
            let range = margin.range(command.data().sourcepos);
            let message = "table of contents without headings".to_owned();
            let help = "write headings, as in `## The harbour`, or delete it";
            margin.note(&rule::CONTENTS_EMPTY, range, message, help);
            command.detach();
        }
        return;
    }
    let place = match commands.split_first() {
        Some((first, others)) => {
            for other in others {
                other.detach();
            }
            *first
        }
        None if wanted => {
            let first = for_all(headings[0].node, tags);
            let place = node(arena, NodeValue::Paragraph, first.data().sourcepos);
            first.insert_before(place);
            place
        }
        None => return,
    };
    place.insert_before(table(arena, place.data().sourcepos, &headings, tags));
    place.detach();
}

fn is_command(node: Node<'_>) -> bool {
    let is_text = |child: Node<'_>| matches!(child.data().value, NodeValue::Text(_));
    matches!(node.data().value, NodeValue::Paragraph)
        && node.children().all(is_text)
        && node.collect_text().trim().eq_ignore_ascii_case(COMMAND)
}

/// A heading that the table leads to.
struct Entry<'a> {
    level: u8,
    node: Node<'a>,
    /// Its anchor.
    name: String,
    /// The branches it stands in.
    branches: Vec<Branch>,
}

/// The headings of the two upper levels that stand in no quote or list, with their anchors.
fn headings<'a>(root: Node<'a>, tags: &Tags) -> Vec<Entry<'a>> {
    let level = |node: Node<'_>| match node.data().value {
        NodeValue::Heading(NodeHeading { level, .. }) => level,
        _ => 0,
    };
    let anchors = links::anchors(root, tags).into_iter();
    let mut headings: Vec<_> = anchors
        .filter(|(_, node)| node.parent().is_some_and(|parent| parent.parent().is_none()))
        .map(|(name, node)| Entry {
            level: level(node),
            node,
            name,
            branches: branches(node, tags),
        })
        .collect();
    let top = headings.iter().map(|entry| entry.level).min().unwrap_or(0);
    headings.retain(|entry| entry.level <= top + 1);
    headings
}

fn branches(block: Node<'_>, tags: &Tags) -> Vec<Branch> {
    open_before(block, tags).into_iter().map(|(_, branch)| branch).collect()
}

/// The block, or the tag of the outermost condition around it.
fn for_all<'a>(block: Node<'a>, tags: &Tags) -> Node<'a> {
    open_before(block, tags).first().map_or(block, |(tag, _)| *tag)
}

/// A list of links, the second level in lists of its own; each for those who get its heading.
fn table<'a>(
    arena: &'a Arena<'a>,
    at: Sourcepos,
    headings: &[Entry<'a>],
    tags: &mut Tags,
) -> Node<'a> {
    let top = headings.iter().map(|entry| entry.level).min().unwrap_or(0);
    let directive = NodeBlockDirective { fence_length: 3, fence_offset: 0, info: NAME.to_owned() };
    let table = node(arena, NodeValue::BlockDirective(Box::new(directive)), at);
    let new_list = || node(arena, NodeValue::List(list(ListType::Bullet)), at);
    let outer = new_list();
    table.append(outer);
    let mut last: Option<(Node<'a>, &[Branch])> = None;
    for entry in headings {
        let item = item(arena, at, entry);
        // Within the item of a heading that not all of its readers get, it would be lost.
        let above =
            last.filter(|(_, around)| entry.level > top && entry.branches.starts_with(around));
        match above {
            Some((above, around)) => {
                let inner = above.last_child().filter(|child| is_list(child));
                let inner = inner.unwrap_or_else(|| {
                    let inner = new_list();
                    above.append(inner);
                    inner
                });
                append(arena, inner, item, &entry.branches[around.len()..], tags);
            }
            None => {
                append(arena, outer, item, &entry.branches, tags);
                last = Some((item, &entry.branches));
            }
        }
    }
    table
}

fn item<'a>(arena: &'a Arena<'a>, at: Sourcepos, entry: &Entry<'a>) -> Node<'a> {
    let item = node(arena, NodeValue::Item(list(ListType::Bullet)), at);
    let paragraph = node(arena, NodeValue::Paragraph, at);
    let target = NodeLink { url: format!("#{}", entry.name), title: String::new() };
    let link = node(arena, NodeValue::Link(Box::new(target)), at);
    for part in entry.node.descendants() {
        let value = match &part.data().value {
            value @ (NodeValue::Text(_) | NodeValue::Raw(_)) => value.clone(),
            NodeValue::Code(code) => NodeValue::Text(code.literal.clone().into()),
            NodeValue::SoftBreak | NodeValue::LineBreak => NodeValue::Text(" ".into()),
            _ => continue,
        };
        link.append(node(arena, value, at));
    }
    paragraph.append(link);
    item.append(paragraph);
    item
}

/// Appends an item between the words of the branches it is for.
fn append<'a>(
    arena: &'a Arena<'a>,
    list: Node<'a>,
    item: Node<'a>,
    branches: &[Branch],
    tags: &mut Tags,
) {
    let at = item.data().sourcepos;
    for branch in branches {
        list.append(node(arena, NodeValue::Raw(tags.begin(*branch)), at));
    }
    list.append(item);
    for branch in branches.iter().rev() {
        list.append(node(arena, NodeValue::Raw(tags.end(branch.conditional)), at));
    }
}

fn is_list(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::List(_))
}

fn node<'a>(arena: &'a Arena<'a>, value: NodeValue, at: Sourcepos) -> Node<'a> {
    arena.alloc(Ast::new_with_sourcepos(value, at).into())
}
